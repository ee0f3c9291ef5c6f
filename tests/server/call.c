#include "tests/server/call.h"

#include <arpa/inet.h>
#include <check.h>
#include <openssl/rand.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <loquat/clock.h>
#include <loquat/plugin/errors.h>
#include <loquat/plugin/event.h>
#include <loquat/plugin/node.h>

#include "server/message.h"
#include "tests/server/wire.h"
#include "webrtc/ice_lite.h"
#include "webrtc/payload.h"
#include "webrtc/rtp.h"

#define VIDEO_PERIOD (10 * LQ_MSEC) /* faster than life: the test takes less long */
#define AUDIO_PERIOD (20 * LQ_MSEC)
#define FRAME_BYTES 3000 /* three packets */

static int64_t now(void)
{
	return lq_clock_now(lq_clock_real());
}

/* ---- content: a frame says its number everywhere ---- */

static size_t make_video(uint8_t *out, uint32_t codec, int key, uint32_t number)
{
	static const uint8_t vp8_key[] = {0x10, 0x20, 0x20, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01}, vp8_delta[] = {0x11, 0x20, 0x20};
	static const uint8_t h264_key[] = {0, 0, 0, 1, 0x67, 0x42, 0xe0, 0x1f, 0x96, 0x54, 0x05, 0x01, 0xed, 0, 0, 0, 1, 0x68, 0xce, 0x38, 0x80, 0, 0, 0, 1, 0x65};
	static const uint8_t h264_delta[] = {0, 0, 0, 1, 0x41};
	const uint8_t *head = codec == LQ_CODEC_VP8 ? (key ? vp8_key : vp8_delta) : (key ? h264_key : h264_delta);
	size_t n = codec == LQ_CODEC_VP8 ? (key ? sizeof vp8_key : sizeof vp8_delta) : (key ? sizeof h264_key : sizeof h264_delta);
	memcpy(out, head, n);
	for (size_t i = 0; i < FRAME_BYTES; i++)
		out[n + i] = (uint8_t)(0x10 | ((number >> (4 * (i % 8))) & 15)); /* no byte is 0 */
	return n + FRAME_BYTES;
}

/* ---- layers: the same frames, whose key frames say different sizes ---- */

static const uint32_t widths[CALL_LAYERS] = {1280, 640, 320}, heights[CALL_LAYERS] = {720, 368, 176};
static const char *const layer_names[CALL_LAYERS] = {"v/h", "v/m", "v/l"};

static void put_bits(uint8_t *out, uint32_t *at, uint32_t value, int n)
{
	while (n--) {
		out[*at / 8] = (uint8_t)(out[*at / 8] | (value >> n & 1) << (7 - *at % 8));
		++*at;
	}
}

static void put_golomb(uint8_t *out, uint32_t *at, uint32_t value)
{
	int n = 0;
	while (value + 1 >= 2u << n)
		n++;
	put_bits(out, at, value + 1, 2 * n + 1);
}

/* H.264 key frame's head with a parameter set of this size. */
static size_t h264_head(uint8_t *out, uint32_t width, uint32_t height)
{
	static const uint8_t rest[] = {0, 0, 0, 1, 0x68, 0xce, 0x38, 0x80, 0, 0, 0, 1, 0x65};
	uint32_t at = 8 * 8;
	memset(out, 0, 64);
	memcpy(out, (uint8_t[]){0, 0, 0, 1, 0x67, 0x42, 0xe0, 0x1f}, 8);
	put_golomb(out, &at, 0);
	put_golomb(out, &at, 0);
	put_golomb(out, &at, 2);
	put_golomb(out, &at, 1);
	put_bits(out, &at, 0, 1);
	put_golomb(out, &at, width / 16 - 1);
	put_golomb(out, &at, height / 16 - 1);
	put_bits(out, &at, 0x19, 5); /* frames, 8x8, no cropping, no VUI, the end */
	size_t n = (at + 7) / 8;
	memcpy(out + n, rest, sizeof rest);
	return n + sizeof rest;
}

/* Writes the size into a key frame whose head is that of make_video. */
static size_t make_layer(uint8_t *out, uint32_t codec, int key, uint32_t number, uint32_t width, uint32_t height)
{
	static uint8_t whole[FRAME_BYTES + 64];
	size_t len = make_video(whole, codec, key, number), head = len - FRAME_BYTES;
	if (key && codec == LQ_CODEC_VP8) {
		whole[6] = (uint8_t)width;
		whole[7] = (uint8_t)(width >> 8);
		whole[8] = (uint8_t)height;
		whole[9] = (uint8_t)(height >> 8);
	}
	size_t n = key && codec == LQ_CODEC_H264 ? h264_head(out, width, height) : head;
	if (n == head && !(key && codec == LQ_CODEC_H264))
		memcpy(out, whole, head);
	memcpy(out + n, whole + head, FRAME_BYTES);
	return n + FRAME_BYTES;
}

/* The layer that a key frame is of, -1: another's. */
static int layer_of(uint32_t codec, const uint8_t *data, size_t len, uint32_t number)
{
	static uint8_t want[FRAME_BYTES + 64];
	for (int i = 0; i < CALL_LAYERS; i++)
		if (make_layer(want, codec, 1, number, widths[i], heights[i]) == len && !memcmp(want, data, len))
			return i;
	return -1;
}

static uint32_t number_of(const uint8_t *end)
{
	uint32_t n = 0;
	for (size_t i = 0; i < 8; i++)
		n |= (uint32_t)(end[i] & 15) << (4 * i);
	return n;
}

static void on_video(person *p, const lq_session_frame *f)
{
	static uint8_t want[FRAME_BYTES + 64];
	int key = !!(f->flags & LQ_BUFFER_KEY);
	uint32_t number = f->len > FRAME_BYTES ? number_of(f->data + f->len - FRAME_BYTES) : 0;
	size_t len = make_video(want, f->codec, key, number);
	int layer = key ? layer_of(f->codec, f->data, f->len, number) : -1, change = layer >= 0 && p->width && widths[layer] != p->width;
	p->wrong += layer < 0 && (len != f->len || memcmp(want, f->data, len));
	/* A change may give the last pictures' moments once more, or leave one out; never more. */
	p->gaps += p->last_video >= 0 && number != p->last_video + 1 && !(change && number + 10 >= p->last_video && number <= p->last_video + 3);
	p->blind_gaps += p->last_video >= 0 && number != p->last_video + 1 && !key;
	p->changes += change;
	if (layer >= 0) {
		p->width = widths[layer];
		p->height = heights[layer];
	}
	p->last_video = number;
	p->key_frames += key;
	p->video_frames++;
}

static void on_frame(void *arg, const lq_session_frame *f)
{
	person *p = ((leg *)arg)->person;
	if (f->codec != LQ_CODEC_OPUS)
		on_video(p, f);
	else if (f->flags & LQ_BUFFER_LOST)
		p->audio_lost++;
	else
		p->audio_frames++;
}

static void send_video(person *p)
{
	static uint8_t data[FRAME_BYTES + 64];
	int key = p->key_wanted || !p->videos;
	int64_t t = now();
	size_t len = make_video(data, lq_session_codec(p->sending.session, "v"), key, p->videos);
	if (lq_session_send(p->sending.session, "v", data, len, key ? LQ_BUFFER_KEY : 0, t, t, t))
		return;
	p->videos++;
	p->key_wanted = 0;
}

static void send_layers(person *p)
{
	static uint8_t data[FRAME_BYTES + 64];
	int64_t t = now();
	for (uint32_t i = 0; i < p->n_layers; i++) {
		if (p->layers_silent & 1u << i)
			continue;
		uint32_t bit = 1u << i;
		int key = !!(p->layer_keys & bit) || !p->videos;
		size_t len = make_layer(data, lq_session_codec(p->sending.session, layer_names[i]), key, p->videos, widths[i], heights[i]);
		if (!lq_session_send(p->sending.session, layer_names[i], data, len, key ? LQ_BUFFER_KEY : 0, t, t, t))
			p->layer_keys &= ~bit;
	}
	p->videos++;
}

static void send_audio(person *p)
{
	uint8_t data[81] = {31 << 3};
	int64_t t = now();
	if (!lq_session_send(p->sending.session, "a", data, sizeof data, 0, t, t, t))
		p->audios++;
}

/* ---- the wires ---- */

static void address_of_server(leg *l, struct sockaddr_in *out)
{
	*out = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(lq__media_port(l->call->service.media, l->person->worker)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

void call_send_raw(leg *l, const void *data, size_t len)
{
	struct sockaddr_in to;
	address_of_server(l, &to);
	ck_assert_int_eq((int)sendto(l->socket, data, len, 0, (struct sockaddr *)&to, sizeof to), (int)len);
}

static int is_lost(const uint8_t *data, size_t len, uint32_t *count, uint32_t every)
{
	return lq_packet_classify(data, len) == LQ_PACKET_RTP && every && ++*count % every == 0;
}

static void on_send(void *arg, const uint8_t *data, size_t len)
{
	leg *l = arg;
	if (!is_lost(data, len, &l->rtp_out, l->lose_out))
		call_send_raw(l, data, len);
}

static void on_state(void *arg, int state, const char *reason)
{
	((leg *)arg)->state = state;
}

static void on_key_request(void *arg, const char *mid)
{
	person *p = ((leg *)arg)->person;
	for (uint32_t i = 0; i < CALL_LAYERS; i++)
		if (!strcmp(mid, layer_names[i]))
			p->layer_keys |= 1u << i;
	p->key_wanted = 1;
	p->keys_asked++;
}

void call_watch_packets(person *p)
{
	lq_srtp_keys keys;
	ck_assert_int_eq(wire_keys(p->receiving.session, &keys), 0);
	ck_assert_int_eq(lq_srtp_create(&keys, 0, &p->srtp), 0);
}

/* On loopback nothing is overtaken: what is not in order was not sent in order. */
static void watch_packet(person *p, const uint8_t *data, size_t len)
{
	uint8_t copy[2048];
	lq_rtp rtp;
	lq_payload_info info;
	memcpy(copy, data, len);
	if (lq_packet_classify(data, len) != LQ_PACKET_RTP || lq_srtp_unprotect(p->srtp, copy, &len) || lq_rtp_parse(copy, len, &rtp))
		return;
	uint32_t codec = rtp.payload_type == 96 ? LQ_CODEC_VP8 : rtp.payload_type == 102 ? LQ_CODEC_H264 : LQ_CODEC_NONE;
	if (codec == LQ_CODEC_NONE || lq_payload_inspect(codec, rtp.payload, rtp.payload_len, &info))
		return;
	if (p->packets++) {
		int fresh = rtp.timestamp != p->last_ts;
		p->seq_gaps += (uint16_t)(rtp.seq - p->last_seq) != 1;
		p->ts_back += lq_ts_diff(rtp.timestamp, p->last_ts) < 0;
		p->id_gaps += codec == LQ_CODEC_VP8 && (uint16_t)(info.picture_id - p->last_id) % 0x8000 != fresh;
	}
	p->last_seq = rtp.seq;
	p->last_ts = rtp.timestamp;
	p->last_id = (uint16_t)info.picture_id;
}

static void check_path(leg *l)
{
	uint8_t out[256], transaction[12];
	char username[300];
	const lq_sdp *remote = lq_session_remote(l->session);
	if (!remote || l->connected || now() < l->next_check)
		return;
	l->next_check = now() + 20 * LQ_MSEC;
	RAND_bytes(transaction, sizeof transaction);
	snprintf(username, sizeof username, "%.128s:%s", remote->ice_ufrag, l->ufrag);
	call_send_raw(l, out, lq_stun_build_request(out, sizeof out, transaction, username, remote->ice_pwd, 1000, 1, 1, 1));
}

static void read_leg(leg *l)
{
	uint8_t data[2048];
	ssize_t n;
	while ((n = recv(l->socket, data, sizeof data, MSG_DONTWAIT)) > 0) {
		if (lq_stun_is(data, (size_t)n)) {
			lq_stun m;
			ck_assert_int_eq(lq_stun_parse(data, (size_t)n, &m), 0);
			if (m.type == LQ_STUN_BINDING_SUCCESS && !l->connected) {
				l->connected = 1;
				ck_assert_int_eq(lq_session_connected(l->session, now()), 0);
			}
		} else if (!is_lost(data, (size_t)n, &l->rtp_in, l->lose_in)) {
			if (l->person->srtp && l == &l->person->receiving)
				watch_packet(l->person, data, (size_t)n);
			lq_session_input(l->session, data, (size_t)n, now());
		}
	}
}

static void run_leg(leg *l)
{
	if (!l->session)
		return;
	check_path(l);
	read_leg(l);
	lq_session_timeout(l->session, now());
}

static void open_leg(leg *l, int direction)
{
	const char *candidate = "candidate:1 1 udp 2130706431 127.0.0.1 9 typ host";
	const lq_session_config config = {.direction = direction, .arg = l, .callbacks = {on_send, on_frame, on_state, on_key_request}};
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	ck_assert_int_eq(lq_session_create(&config, &l->session), 0);
	ck_assert_int_eq(lq_ice_credentials(l->ufrag, l->pwd), 0);
	ck_assert_int_eq(lq_session_set_local_ice(l->session, l->ufrag, l->pwd, &candidate, 1), 0);
	l->socket = socket(AF_INET, SOCK_DGRAM, 0);
	ck_assert_int_eq(bind(l->socket, (struct sockaddr *)&any, sizeof any), 0);
}

static void close_leg(leg *l)
{
	if (!l->session)
		return;
	lq_session_destroy(l->session);
	close(l->socket);
	l->session = NULL;
}

/* ---- messages ---- */

static void on_message(void *arg, const json_t *message)
{
	json_array_append_new(((person *)arg)->inbox, json_deep_copy(message));
}

static void on_close(void *arg, int status, const char *reason)
{
	((person *)arg)->closed = status;
}

json_t *call_take(person *p, const char *type)
{
	size_t i;
	json_t *m;
	json_array_foreach(p->inbox, i, m)
		if (!strcmp(json_string_value(json_object_get(m, "type")), type)) {
			json_incref(m);
			json_array_remove(p->inbox, i);
			return m;
		}
	return NULL;
}

json_t *call_request(person *p, json_t *request)
{
	size_t i;
	json_t *m;
	json_object_set_new(request, "id", json_integer(4711));
	char *text = json_dumps(request, 0);
	json_decref(request);
	lq__client_text(&p->client, text, strlen(text), now(), 0);
	free(text);
	json_array_foreach(p->inbox, i, m)
		if (json_integer_value(json_object_get(m, "id")) == 4711) {
			json_incref(m);
			json_array_remove(p->inbox, i);
			return m;
		}
	ck_abort_msg("no answer");
	return NULL;
}

static json_t *request_ok(person *p, json_t *request, const char *type)
{
	json_t *m = call_request(p, request);
	ck_assert_msg(!strcmp(json_string_value(json_object_get(m, "type")), type), "%s", json_dumps(m, 0));
	return m;
}

/* ---- life ---- */

void call_open(call *c)
{
	call_open_workers(c, 1);
}

void call_open_workers(call *c, uint32_t workers)
{
	char error[256] = "";
	const char *candidate = "127.0.0.1";
	const lq__media_config config = {"127.0.0.1", 0, workers, &candidate, 1};
	memset(c, 0, sizeof *c);
	c->service = (lq__service){.app_id = "loquat", .debug = 1};
	ck_assert_msg(!lq__media_create(&config, &c->service.media, error, sizeof error), "%s", error);
	const lq__rooms_host host = lq__client_rooms_host(&c->service);
	c->service.rooms = lq__rooms_create(&host, workers, 10 * LQ_SEC);
	ck_assert_ptr_nonnull(c->service.rooms);
}

void call_close(call *c)
{
	for (uint32_t i = 0; i < c->n_people; i++) {
		close_leg(&c->people[i].sending);
		close_leg(&c->people[i].receiving);
		lq_srtp_destroy(c->people[i].srtp);
	}
	lq__rooms_destroy(c->service.rooms);
	lq__media_destroy(c->service.media);
	for (uint32_t i = 0; i < c->n_people; i++)
		json_decref(c->people[i].inbox);
}

person *call_join(call *c, const char *user)
{
	return call_join_room(c, "r", user);
}

person *call_join_room(call *c, const char *room, const char *user)
{
	person *p = &c->people[c->n_people++];
	*p = (person){.user = user, .inbox = json_array(), .last_video = -1};
	p->sending.call = p->receiving.call = c;
	p->sending.person = p->receiving.person = p;
	p->client = (lq__client){.service = &c->service, .arg = p, .send = on_message, .close = on_close};
	json_decref(request_ok(p, json_pack("{s:s, s:i, s:s, s:s}", "type", "join", "v", 1, "room", room, "user", user), "joined"));
	p->worker = p->client.member->room->worker;
	return p;
}

void call_publish(person *p, uint32_t video_codec)
{
	static char text[65536];
	char error[200] = "";
	const uint32_t opus = LQ_CODEC_OPUS;
	open_leg(&p->sending, LQ_SEND);
	ck_assert_int_eq(lq_session_add_track(p->sending.session, "a", LQ_MEDIA_AUDIO, &opus, 1, "s a"), 0);
	ck_assert_int_eq(lq_session_add_track(p->sending.session, "v", LQ_MEDIA_VIDEO, &video_codec, 1, "s v"), 0);
	ck_assert_int_gt(lq_session_describe(p->sending.session, text, sizeof text), 0);
	json_t *m = request_ok(p, json_pack("{s:s, s:s, s:[{s:s, s:s}, {s:s, s:s}]}", "type", "publish", "sdp", text, "tracks", "mid", "a", "kind", "audio", "mid",
	                                    "v", "kind", "video"), "published");
	int e = lq_session_set_remote(p->sending.session, json_string_value(json_object_get(m, "sdp")), error, sizeof error);
	ck_assert_msg(!e, "%s", error);
	json_decref(m);
	p->publishing = 1;
}

json_t *call_layers_request(person *p, uint32_t codec, uint32_t n, int by_ssrc)
{
	static char text[65536];
	open_leg(&p->sending, LQ_SEND);
	p->n_layers = n;
	for (uint32_t i = 0; i < n; i++)
		ck_assert_int_eq(lq_session_add_track(p->sending.session, layer_names[i], LQ_MEDIA_VIDEO, &codec, 1, "s v"), 0);
	ck_assert_int_gt(lq_session_describe(p->sending.session, text, sizeof text), 0);
	if (by_ssrc)
		wire_group_by_ssrc(p->sending.session, text, sizeof text);
	return json_pack("{s:s, s:s, s:[{s:s, s:s}]}", "type", "publish", "sdp", text, "tracks", "mid", "v", "kind", "video");
}

void call_publish_layers(person *p, uint32_t codec, uint32_t n, int by_ssrc)
{
	char error[200] = "";
	json_t *m = request_ok(p, call_layers_request(p, codec, n, by_ssrc), "published");
	lq_session *s = p->sending.session;
	int e = lq_session_set_remote(s, json_string_value(json_object_get(m, "sdp")), error, sizeof error);
	ck_assert_msg(!e, "%s", error);
	if (by_ssrc)
		wire_send_all(s);
	json_decref(m);
	p->publishing = 1;
}

void call_answer(person *p)
{
	static char text[65536];
	char error[200] = "";
	json_t *offer = call_take(p, "offer");
	ck_assert_ptr_nonnull(offer);
	if (!p->receiving.session)
		open_leg(&p->receiving, LQ_RECEIVE);
	int e = lq_session_set_remote(p->receiving.session, json_string_value(json_object_get(offer, "sdp")), error, sizeof error);
	ck_assert_msg(!e, "%s", error);
	ck_assert_int_gt(lq_session_describe(p->receiving.session, text, sizeof text), 0);
	char *digit = strstr(text, "a=fingerprint:sha-256 ") + strlen("a=fingerprint:sha-256 ");
	if (p->lies)
		*digit = *digit == '0' ? '1' : '0';
	json_decref(request_ok(p, json_pack("{s:s, s:s, s:O}", "type", "answer", "sdp", text, "rev", json_object_get(offer, "rev")), "ok"));
	json_decref(offer);
}

void call_subscribe(person *p, const person *to)
{
	call_subscribe_member(p, to->client.member);
}

void call_subscribe_member(person *p, const lq__member *to)
{
	json_t *ids = json_array();
	LQ__EACH(lq__track, t, &to->tracks, link)
		json_array_append_new(ids, json_string(t->id));
	json_decref(request_ok(p, json_pack("{s:s, s:o}", "type", "subscribe", "tracks", ids), "ok"));
	call_answer(p);
}

void call_hush(person *p)
{
	close_leg(&p->sending);
	p->sending.state = p->sending.connected = 0;
	p->publishing = 0;
}

void call_leave(person *p)
{
	json_decref(request_ok(p, json_pack("{s:s}", "type", "leave"), "left"));
	p->publishing = 0;
}

static void run_person(person *p)
{
	int64_t t = now();
	run_leg(&p->sending);
	run_leg(&p->receiving);
	if (!p->publishing || p->sending.state != LQ_STATE_CONNECTED)
		return;
	if (t >= p->next_video) {
		p->next_video = t + VIDEO_PERIOD;
		if (p->n_layers)
			send_layers(p);
		else
			send_video(p);
	}
	if (!p->n_layers && t >= p->next_audio) {
		p->next_audio = t + AUDIO_PERIOD;
		send_audio(p);
	}
}

void call_run(call *c, int (*done)(call *c))
{
	int64_t limit = now() + 30 * LQ_SEC;
	while (!done(c)) {
		struct pollfd fds[2 * CALL_PEOPLE];
		nfds_t n = 0;
		ck_assert_msg(now() < limit, "it does not come about: %u video and %u audio frames, %u gaps, width %u, %d keys asked, %u sent; the third: %u, width %u",
		              c->people[1].video_frames, c->people[1].audio_frames, c->people[1].gaps, c->people[1].width, c->people[0].keys_asked,
		              c->people[0].videos, c->people[2].video_frames, c->people[2].width);
		for (uint32_t i = 0; i < c->n_people; i++) {
			leg *legs[] = {&c->people[i].sending, &c->people[i].receiving};
			run_person(&c->people[i]);
			for (int k = 0; k < 2; k++)
				if (legs[k]->session)
					fds[n++] = (struct pollfd){legs[k]->socket, POLLIN, 0};
		}
		poll(fds, n, 2); /* frames, checks and time-outs are due at any time */
		lq__media_reap(c->service.media);
	}
}

typedef struct wanted {
	const char *name;
	double value;
} wanted;

static void on_counter(void *arg, const char *name, const char *help, uint64_t value)
{
	wanted *w = arg;
	if (!strcmp(w->name, name))
		w->value = (double)value;
}

double call_counter(call *c, const char *name)
{
	wanted w = {name, -1};
	lq__media_counters(c->service.media, on_counter, &w);
	ck_assert_msg(w.value >= 0, "no counter %s", name);
	return w.value;
}
