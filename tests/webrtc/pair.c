#include "pair.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/plugin/errors.h>
#include <loquat/plugin/event.h>
#include <loquat/plugin/node.h>

#define VIDEO_PERIOD (LQ_SEC / 30)
#define AUDIO_PERIOD (20 * LQ_MSEC)

/* ---- content: number and a pattern made of it, in the least that a payload format accepts ---- */

static size_t size_of_frame(uint32_t bytes, int key, int64_t number)
{
	return (size_t)((key ? 6 : 1) * bytes) / 2 + (size_t)((uint64_t)number * 7919 % bytes) + 40;
}

static void fill(uint8_t *p, size_t len, int64_t number)
{
	for (size_t i = 0; i < len; i++) /* never 0, so that no start code comes about */
		p[i] = (uint8_t)(1 + ((uint64_t)number * 31 + i * 7) % 250);
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(0x10 | ((number >> (4 * i)) & 15));
}

static int64_t number_of(const uint8_t *p)
{
	int64_t n = 0;
	for (int i = 0; i < 8; i++)
		n |= (int64_t)(p[i] & 15) << (4 * i);
	return n;
}

static size_t make_vp8(uint8_t *out, size_t len, int key, int64_t number)
{
	size_t n = 3;
	out[0] = (uint8_t)(0x10 | !key);
	out[1] = out[2] = 0x20;
	if (key) {
		static const uint8_t start[7] = {0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01};
		memcpy(out + 3, start, 7);
		n = 10;
	}
	fill(out + n, len, number);
	return n + len;
}

static size_t make_h264(uint8_t *out, size_t len, int key, int64_t number)
{
	static const uint8_t sets[] = {0, 0, 0, 1, 0x67, 0x42, 0xe0, 0x1f, 0x96, 0x54, 0x05, 0x01, 0xed, 0, 0, 0, 1, 0x68, 0xce, 0x38, 0x80};
	size_t n = 0;
	if (key) {
		memcpy(out, sets, sizeof sets);
		n = sizeof sets;
	}
	/* Two slices. */
	for (int i = 0; i < 2; i++) {
		uint8_t head[5] = {0, 0, 0, 1, key ? 0x65 : 0x41};
		memcpy(out + n, head, 5);
		fill(out + n + 5, len / 2, number);
		n += 5 + len / 2;
	}
	return n;
}

static size_t make(uint8_t *out, uint32_t codec, uint32_t bytes, int key, int64_t number)
{
	size_t len = size_of_frame(bytes, key, number);
	if (codec == LQ_CODEC_OPUS) {
		out[0] = 31 << 3; /* CELT, 20 ms, one frame */
		fill(out + 1, 80, number);
		return 81;
	}
	return codec == LQ_CODEC_H264 ? make_h264(out, len, key, number) : make_vp8(out, len, key, number);
}

static size_t number_at(uint32_t codec, int key)
{
	return codec == LQ_CODEC_OPUS ? 1 : codec == LQ_CODEC_H264 ? (key ? 26 : 5) : key ? 10 : 3;
}

/* ---- the receiver ---- */

static pair_track *find(pair *p, const char *mid)
{
	for (uint32_t i = 0; i < p->n_tracks; i++)
		if (!strcmp(p->tracks[i].mid, mid))
			return &p->tracks[i];
	return NULL;
}

static int64_t period(const pair *p, const pair_track *t)
{
	return t->media == LQ_MEDIA_VIDEO ? VIDEO_PERIOD : AUDIO_PERIOD - (int64_t)(AUDIO_PERIOD * p->config.audio_ppm / 1e6);
}

static void note_times(pair *p, pair_track *t, int64_t captured, const lq_session_frame *f)
{
	int64_t off = f->due - captured, latency = p->now - captured, error = llabs(f->capture_time - captured);
	t->due_of_capture = off;
	t->due_min = !t->received || off < t->due_min ? off : t->due_min;
	t->due_max = !t->received || off > t->due_max ? off : t->due_max;
	t->late_max = p->now - f->due > t->late_max ? p->now - f->due : t->late_max;
	t->latency_sum += latency;
	t->latency_max = latency > t->latency_max ? latency : t->latency_max;
	t->capture_error_max = error > t->capture_error_max ? error : t->capture_error_max;
	t->backwards += t->received && f->due < t->last_due;
	t->last_due = f->due;
	t->first_at = t->received ? t->first_at : p->now;
}

static void on_frame(void *arg, const lq_session_frame *f)
{
	static uint8_t want[1 << 20];
	pair *p = arg;
	pair_track *t = find(p, f->mid);
	ck_assert_ptr_nonnull(t);
	ck_assert_uint_eq(f->codec, t->codec);
	if (f->flags & LQ_BUFFER_LOST) {
		t->lost++;
		return;
	}
	int key = t->media == LQ_MEDIA_VIDEO && f->flags & LQ_BUFFER_KEY;
	int64_t number = f->len > number_at(t->codec, key) + 8 ? number_of(f->data + number_at(t->codec, key)) : -1;
	size_t len = number >= 0 ? make(want, t->codec, p->config.frame_bytes, key, number) : 0;
	if (number <= t->last_number || len != f->len || memcmp(want, f->data, len)) {
		t->wrong++;
		return;
	}
	if (t->media == LQ_MEDIA_VIDEO && number != t->last_number + 1 && !(key && f->flags & LQ_BUFFER_DISCONTINUITY) && t->last_number >= 0)
		t->wrong++; /* a gap that nobody was told of */
	t->first_number = t->received ? t->first_number : number;
	note_times(p, t, t->next_due + number * period(p, t), f);
	t->last_number = number;
	t->discontinuities += !!(f->flags & LQ_BUFFER_DISCONTINUITY);
	t->keys += !!key;
	t->received++;
}

static void on_state_a(void *arg, int state, const char *reason)
{
	pair *p = arg;
	p->state_a = state;
	strncpy(p->reason_a, reason ? reason : "", sizeof p->reason_a - 1);
}

static void on_state_b(void *arg, int state, const char *reason)
{
	((pair *)arg)->state_b = state;
}

static void on_key_request(void *arg, const char *mid)
{
	find(arg, mid)->ask_key = 1;
}

static void on_loss(void *arg, const char *mid, uint32_t per_mille)
{
	pair *p = arg;
	p->loss_reports++;
	p->loss_per_mille = per_mille;
}

/* ---- the wires ---- */

static void send_a(void *arg, const uint8_t *data, size_t len)
{
	pair *p = arg;
	ck_assert_uint_le(len, 1232);
	if (p->now < p->drop_from || p->now >= p->drop_until)
		simlink_send(p->forth, data, len, p->now);
}

static void send_b(void *arg, const uint8_t *data, size_t len)
{
	pair *p = arg;
	simlink_send(p->back, data, len, p->now);
}

static void to_b(void *arg, const uint8_t *data, size_t len, int64_t now)
{
	lq_session_input(((pair *)arg)->b, data, len, now);
}

static void to_a(void *arg, const uint8_t *data, size_t len, int64_t now)
{
	lq_session_input(((pair *)arg)->a, data, len, now);
}

/* ---- life ---- */

void pair_open(pair *p, const pair_config *config)
{
	memset(p, 0, sizeof *p);
	p->config = *config;
	p->config.frame_bytes = config->frame_bytes ? config->frame_bytes : 4000;
	p->now = 1000 * LQ_SEC;
	p->random = config->forth.seed + 99;
	lq_session_config a = {.direction = LQ_SEND, .arg = p, .wall_offset = 1700000000 * LQ_SEC + config->wall_offset,
	                       .callbacks = {.send = send_a, .state = on_state_a, .key_frame_request = on_key_request, .loss = on_loss}};
	lq_session_config b = {.direction = LQ_RECEIVE, .arg = p, .wall_offset = 1700000000 * LQ_SEC, .max_video_delay_ms = config->max_video_delay_ms,
	                       .callbacks = {.send = send_b, .state = on_state_b, .frame = on_frame}};
	ck_assert_int_eq(lq_session_create(&a, &p->a), 0);
	ck_assert_int_eq(lq_session_create(&b, &p->b), 0);
	p->forth = simlink_create(&config->forth, to_b, p);
	p->back = simlink_create(&config->back, to_a, p);
	const char *candidate = "candidate:1 1 udp 2130706431 127.0.0.1 5000 typ host";
	ck_assert_int_eq(lq_session_set_local_ice(p->a, "aaaa", "aaaaaaaaaaaaaaaaaaaaaaaa", &candidate, 1), 0);
	ck_assert_int_eq(lq_session_set_local_ice(p->b, "bbbb", "bbbbbbbbbbbbbbbbbbbbbbbb", &candidate, 1), 0);
	if (config->audio)
		pair_add(p, "0", LQ_MEDIA_AUDIO, LQ_CODEC_OPUS);
	if (config->video_codec)
		pair_add(p, "1", LQ_MEDIA_VIDEO, config->video_codec);
	if (p->n_tracks) {
		pair_negotiate(p);
		pair_connect(p);
	}
}

pair_track *pair_add(pair *p, const char *mid, uint32_t media, uint32_t codec)
{
	pair_track *t = find(p, mid);
	if (!t)
		t = &p->tracks[p->n_tracks++];
	*t = (pair_track){.media = media, .codec = codec, .last_number = -1, .late_max = INT64_MIN};
	strcpy(t->mid, mid);
	t->next_frame = t->next_due = p->now + (media == LQ_MEDIA_VIDEO ? 7 : 3) * LQ_MSEC;
	ck_assert_int_eq(lq_session_add_track(p->a, mid, media, &codec, 1, "stream track"), 0);
	return t;
}

void pair_remove(pair *p, const char *mid)
{
	find(p, mid)->removed = 1;
	ck_assert_int_eq(lq_session_remove_track(p->a, mid), 0);
}

void pair_negotiate(pair *p)
{
	static char text[65536];
	char error[200] = "";
	int n = lq_session_describe(p->a, text, sizeof text);
	ck_assert_int_gt(n, 0);
	ck_assert_msg(!lq_session_set_remote(p->b, text, error, sizeof error), "offer: %s\n%s", error, text);
	n = lq_session_describe(p->b, text, sizeof text);
	ck_assert_int_gt(n, 0);
	ck_assert_msg(!lq_session_set_remote(p->a, text, error, sizeof error), "answer: %s\n%s", error, text);
}

void pair_connect(pair *p)
{
	ck_assert_int_eq(lq_session_connected(p->a, p->now), 0);
	ck_assert_int_eq(lq_session_connected(p->b, p->now), 0);
}

void pair_close(pair *p)
{
	lq_session_destroy(p->a);
	lq_session_destroy(p->b);
	simlink_destroy(p->forth);
	simlink_destroy(p->back);
}

static void send_frame(pair *p, pair_track *t)
{
	static uint8_t data[1 << 20];
	int video = t->media == LQ_MEDIA_VIDEO, key = video && (t->ask_key || !t->sent || (p->config.key_every && t->sent % p->config.key_every == 0));
	size_t len = make(data, t->codec, p->config.frame_bytes, key, t->sent);
	int64_t captured = t->next_due + (int64_t)t->sent * period(p, t);
	int asked = t->ask_key;
	t->ask_key = 0; /* sending may ask anew */
	int e = lq_session_send(p->a, t->mid, data, len, key ? LQ_BUFFER_KEY : 0, captured, captured, p->now);
	if (!e) {
		t->sent++;
	} else {
		t->ask_key |= asked;
		t->next_due += period(p, t); /* frame 0 is the first that could be sent */
	}
	t->next_frame = t->next_due + (int64_t)t->sent * period(p, t) + (video ? 0 : p->config.audio_hold);
	if (t->next_frame <= p->now)
		t->next_frame = p->now + 1;
}

static int64_t earliest(pair *p)
{
	int64_t next = simlink_next(p->forth), other = simlink_next(p->back);
	int64_t times[2] = {lq_session_next(p->a), lq_session_next(p->b)};
	next = other < next ? other : next;
	for (int i = 0; i < 2; i++)
		next = times[i] != LQ_TIME_NONE && times[i] < next ? times[i] : next;
	for (uint32_t i = 0; i < p->n_tracks; i++)
		if (!p->tracks[i].removed && p->tracks[i].next_frame < next)
			next = p->tracks[i].next_frame;
	return next;
}

void pair_run(pair *p, int64_t length)
{
	int64_t until = p->now + length;
	uint32_t standing = 0;
	for (int64_t next; (next = earliest(p)) <= until;) {
		standing = next > p->now ? 0 : standing + 1;
		ck_assert_msg(standing < 1000, "time stands still");
		p->now = next > p->now ? next : p->now;
		simlink_run(p->forth, p->now);
		simlink_run(p->back, p->now);
		for (uint32_t i = 0; i < p->n_tracks; i++)
			if (!p->tracks[i].removed && p->tracks[i].next_frame <= p->now)
				send_frame(p, &p->tracks[i]);
		lq_session_timeout(p->a, p->now);
		lq_session_timeout(p->b, p->now);
	}
	p->now = until;
}

/* ---- statistics ---- */

typedef struct wanted {
	const char *mid, *name;
	double value;
	int found;
} wanted;

static void on_stat(void *arg, const char *mid, const char *name, double value)
{
	wanted *w = arg;
	if (!strcmp(w->mid, mid) && !strcmp(w->name, name)) {
		w->value = value;
		w->found = 1;
	}
}

double pair_stat(lq_session *s, const char *mid, const char *name)
{
	wanted w = {mid, name, 0, 0};
	lq_session_stats(s, on_stat, &w);
	ck_assert_msg(w.found, "no statistic %s of %s", name, mid);
	return w.value;
}
