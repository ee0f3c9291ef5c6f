#include "session.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include <loquat/plugin/errors.h>
#include <loquat/plugin/event.h>
#include <loquat/plugin/node.h>

#include "base/alloc.h"
#include "session_internal.h"

#define SYNC_EVERY (500 * LQ_MSEC)
#define REPORT_EVERY (500 * LQ_MSEC)

int lq__random(void *out, size_t len)
{
	return RAND_bytes(out, (int)len) == 1 ? 0 : LQ_ECRYPTO;
}

int64_t lq__earlier(int64_t a, int64_t b)
{
	if (a == LQ_TIME_NONE)
		return b;
	return b == LQ_TIME_NONE || a < b ? a : b;
}

/* ---- life ---- */

static int init(lq_session *s)
{
	uint64_t id[2];
	int e = lq__random(id, sizeof id);
	if (e)
		return e;
	s->session_id = id[0] >> 2; /* JSEP: positive as a signed number */
	s->ssrc = (uint32_t)id[1];
	snprintf(s->cname, sizeof s->cname, "%016llx", (unsigned long long)id[1]);
	s->cert = s->config.cert;
	if (s->cert)
		return 0;
	e = lq_cert_create(&s->own_cert);
	s->cert = s->own_cert;
	return e;
}

void lq_session_set_delays(lq_session *s, uint32_t min_delay_ms, uint32_t max_video_delay_ms)
{
	s->config.min_delay_ms = min_delay_ms;
	s->config.max_video_delay_ms = max_video_delay_ms ? max_video_delay_ms : 500;
	for (uint32_t i = 0; i < s->n_tracks; i++)
		if (s->tracks[i]->receive && s->tracks[i]->receive->audio)
			lq__jitter_audio_set_min_delay(s->tracks[i]->receive->audio, min_delay_ms * LQ_MSEC);
}

int lq_session_create(const lq_session_config *config, lq_session **out)
{
	lq_session *s = lq__calloc(1, sizeof *s);
	if (!s)
		return LQ_ENOMEM;
	s->config = *config;
	s->config.max_video_delay_ms = config->max_video_delay_ms ? config->max_video_delay_ms : 500;
	s->next_report = s->next_sync = LQ_TIME_NONE;
	s->state = LQ_STATE_NEW;
	s->offers = config->direction == LQ_SEND;
	int e = init(s);
	if (e) {
		lq_session_destroy(s);
		return e;
	}
	*out = s;
	return 0;
}

static void track_destroy(lq__track *t)
{
	lq__sender_destroy(t->send);
	lq__receiver_destroy(t->receive);
	lq__free(t);
}

void lq_session_destroy(lq_session *s)
{
	if (!s)
		return;
	if (s->dtls)
		lq_dtls_close(s->dtls);
	for (uint32_t i = 0; i < s->n_tracks; i++)
		track_destroy(s->tracks[i]);
	lq_sdp_free(&s->remote);
	lq_srtp_destroy(s->srtp);
	lq_dtls_destroy(s->dtls);
	lq_cert_destroy(s->own_cert);
	lq__free(s);
}

/* ---- tracks ---- */

lq__track *lq__track_find(const lq_session *s, const char *name)
{
	for (uint32_t i = 0; i < s->n_tracks; i++)
		if (!strcmp(s->tracks[i]->name, name))
			return s->tracks[i];
	return NULL;
}

const lq__track *lq__track_first(const lq__track *t)
{
	for (uint32_t i = 0; i < t->session->n_tracks; i++) {
		const lq__track *o = t->session->tracks[i];
		if (!o->removed && !strcmp(o->mid, t->mid))
			return o;
	}
	return NULL;
}

lq__track *lq__track_add(lq_session *s, const char *name, uint32_t media)
{
	lq__track *t = s->n_tracks < MAX_TRACKS ? lq__calloc(1, sizeof *t) : NULL;
	if (!t)
		return NULL;
	const char *slash = strchr(name, '/');
	snprintf(t->name, sizeof t->name, "%s", name);
	snprintf(t->mid, sizeof t->mid, "%.*s", slash ? (int)(slash - name) : 32, name);
	snprintf(t->rid, sizeof t->rid, "%s", slash ? slash + 1 : "");
	t->session = s;
	t->media = media;
	t->pt = t->rtx_pt = NO_PT;
	t->index = (uint16_t)s->n_tracks;
	s->tracks[s->n_tracks++] = t;
	return t;
}

static int name_is_valid(const char *name)
{
	size_t n = strcspn(name, "/");
	return n > 0 && n <= 32 && !strpbrk(name, " \t\r\n") && (!name[n] || lq_sdp_rid_valid(name + n + 1, strlen(name + n + 1)));
}

/* A section has one track without a RID, or all of its tracks have one. */
static int fits(const lq_session *s, const char *name, uint32_t media)
{
	size_t n = strcspn(name, "/");
	for (uint32_t i = 0; i < s->n_tracks; i++) {
		const lq__track *o = s->tracks[i];
		if (strlen(o->mid) == n && !memcmp(o->mid, name, n) && (o->media != media || (!o->removed && !*o->rid != !name[n])))
			return 0;
	}
	return 1;
}

static void want(lq__track *t, const uint32_t *codecs, uint32_t n_codecs)
{
	memcpy(t->wanted, codecs, n_codecs * sizeof *codecs);
	t->n_wanted = n_codecs;
}

int lq_session_add_track(lq_session *s, const char *mid, uint32_t media, const uint32_t *codecs, uint32_t n_codecs, const char *msid)
{
	int sends = s->config.direction == LQ_SEND;
	if (!name_is_valid(mid) || !n_codecs || n_codecs > MAX_WANTED || (!sends && strchr(mid, '/')))
		return LQ_EINVAL;
	if (!sends && s->has_remote)
		return LQ_ESTATE;
	lq__track *t = lq__track_find(s, mid);
	if ((t && !t->removed) || !fits(s, mid, media))
		return LQ_EEXIST;
	if (!t && !(t = lq__track_add(s, mid, media)))
		return s->n_tracks == MAX_TRACKS ? LQ_EFULL : LQ_ENOMEM;
	if (sends && !t->send) {
		int e = lq__sender_create(t);
		if (e) {
			t->removed = 1;
			return e;
		}
	}
	t->removed = 0;
	s->offers = 1;
	want(t, codecs, n_codecs);
	snprintf(t->msid, sizeof t->msid, "%s", msid ? msid : "");
	return 0;
}

int lq_session_set_codecs(lq_session *s, const char *mid, const uint32_t *codecs, uint32_t n_codecs)
{
	lq__track *t = lq__track_find(s, mid);
	if (!n_codecs || n_codecs > MAX_WANTED)
		return LQ_EINVAL;
	if (!t || t->removed || !t->send)
		return LQ_ENOENT;
	want(t, codecs, n_codecs);
	return 0;
}

int lq_session_remove_track(lq_session *s, const char *mid)
{
	lq__track *t = lq__track_find(s, mid);
	if (!t || t->removed)
		return LQ_ENOENT;
	t->removed = 1;
	t->active = 0;
	lq__sender_destroy(t->send);
	t->send = NULL;
	return 0;
}

uint32_t lq_session_codec(const lq_session *s, const char *mid)
{
	const lq__track *t = lq__track_find(s, mid);
	return t && t->active ? t->codec : LQ_CODEC_NONE;
}

/* ---- the connection ---- */

void lq__state(lq_session *s, int state, const char *reason)
{
	if (state == s->state)
		return;
	s->state = state;
	if (s->config.callbacks.state)
		s->config.callbacks.state(s->config.arg, state, reason);
}

static void dtls_output(void *arg, const uint8_t *data, size_t len)
{
	lq_session *s = arg;
	s->config.callbacks.send(s->config.arg, data, len);
}

int lq__dtls_open(lq_session *s, int role)
{
	if (s->dtls)
		return 0;
	s->dtls_role = role;
	return lq_dtls_create(s->cert, role, dtls_output, s, &s->dtls);
}

static int open_media(lq_session *s, int64_t now)
{
	lq_srtp_keys keys;
	int e = lq_dtls_keys(s->dtls, &keys);
	if (!e)
		e = lq_srtp_create(&keys, s->config.direction == LQ_SEND, &s->srtp);
	memset(&keys, 0, sizeof keys);
	if (e)
		return e;
	s->next_report = s->next_sync = now + REPORT_EVERY;
	return 0;
}

/* Acts on what the last call has made of the DTLS connection. */
void lq__dtls_check(lq_session *s, int64_t now)
{
	switch (lq_dtls_state(s->dtls)) {
	case LQ_DTLS_OPEN:
		if (s->srtp)
			return;
		if (open_media(s, now)) {
			lq__state(s, LQ_STATE_FAILED, "no SRTP keys");
			return;
		}
		lq__state(s, LQ_STATE_CONNECTED, NULL);
		/* Whatever was encoded so far is gone. */
		for (uint32_t i = 0; i < s->n_tracks; i++)
			if (s->tracks[i]->send && s->tracks[i]->active && s->tracks[i]->media == LQ_MEDIA_VIDEO) {
				lq__key_frame_asked(s->tracks[i], now);
				s->tracks[i]->send->last_key_request = LQ_TIME_NONE; /* the first who asks need not wait */
			}
		return;
	case LQ_DTLS_CLOSED:
		lq__state(s, LQ_STATE_CLOSED, "the other side has closed the connection");
		return;
	case LQ_DTLS_FAILED:
		lq__state(s, LQ_STATE_FAILED, lq_dtls_error(s->dtls));
		return;
	default:
		lq__state(s, LQ_STATE_CONNECTING, NULL);
	}
}

int lq_session_connected(lq_session *s, int64_t now)
{
	if (!s->dtls)
		return LQ_ESTATE;
	if (lq_dtls_state(s->dtls) == LQ_DTLS_NEW)
		lq_dtls_start(s->dtls, now);
	lq__dtls_check(s, now);
	return 0;
}

static void input_dtls(lq_session *s, const uint8_t *data, size_t len, int64_t now)
{
	/* The other side may have the answer before we do: then it is the client. */
	if (!s->dtls && (!s->offers || lq__dtls_open(s, LQ_DTLS_SERVER))) {
		s->bad_packets++;
		return;
	}
	lq_dtls_input(s->dtls, data, len, now);
	lq__dtls_check(s, now);
}

static void input_media(lq_session *s, const uint8_t *data, size_t len, int is_rtcp, int64_t now)
{
	_Alignas(4) uint8_t packet[DATAGRAM_MAX];
	if (!s->srtp || len > sizeof packet) {
		s->bad_packets++;
		return;
	}
	memcpy(packet, data, len);
	if (is_rtcp ? lq_srtp_unprotect_rtcp(s->srtp, packet, &len) : lq_srtp_unprotect(s->srtp, packet, &len)) {
		s->bad_packets++;
		return;
	}
	if (is_rtcp)
		lq__receive_rtcp(s, packet, len, now);
	else if (s->config.direction == LQ_RECEIVE)
		lq__receive_rtp(s, packet, len, now);
	else
		s->bad_packets++; /* nobody sends to a sender */
}

void lq_session_input(lq_session *s, const uint8_t *data, size_t len, int64_t now)
{
	switch (lq_packet_classify(data, len)) {
	case LQ_PACKET_DTLS:
		input_dtls(s, data, len, now);
		break;
	case LQ_PACKET_RTP:
		input_media(s, data, len, 0, now);
		break;
	case LQ_PACKET_RTCP:
		input_media(s, data, len, 1, now);
		break;
	default:
		s->bad_packets++;
	}
}

int lq__send_rtcp(lq_session *s, uint8_t *packet, size_t len)
{
	if (!len || !s->srtp)
		return LQ_ESTATE;
	int e = lq_srtp_protect_rtcp(s->srtp, packet, &len);
	if (!e)
		s->config.callbacks.send(s->config.arg, packet, len);
	return e;
}

/* ---- time ---- */

int64_t lq_session_next(const lq_session *s)
{
	int64_t next = s->dtls ? lq_dtls_next(s->dtls) : LQ_TIME_NONE;
	if (!s->srtp) /* the description's fingerprint may just have opened the connection */
		return s->dtls && s->state != LQ_STATE_FAILED && lq_dtls_state(s->dtls) == LQ_DTLS_OPEN ? 0 : next;
	next = lq__earlier(next, lq__pacer_next(&s->pacer));
	for (uint32_t i = 0; i < s->n_tracks; i++) {
		const lq__track *t = s->tracks[i];
		if (t->send && t->active)
			next = lq__earlier(next, t->send->next_report);
		if (t->receive)
			next = lq__earlier(next, lq__receive_next(t));
	}
	if (s->config.direction == LQ_RECEIVE)
		next = lq__earlier(next, lq__earlier(s->next_report, s->next_sync));
	return next;
}

static void timeout_receive(lq_session *s, int64_t now)
{
	for (uint32_t i = 0; i < s->n_tracks; i++)
		if (s->tracks[i]->receive)
			lq__receive_poll(s->tracks[i], now);
	if (now >= s->next_sync) {
		lq__sync_tracks(s);
		s->next_sync = now + SYNC_EVERY;
	}
	if (now >= s->next_report) {
		lq__receiver_reports(s, now);
		s->next_report = now + REPORT_EVERY;
	}
}

void lq_session_timeout(lq_session *s, int64_t now)
{
	if (s->dtls && !s->srtp && lq_dtls_state(s->dtls) != LQ_DTLS_NEW) {
		lq_dtls_timeout(s->dtls, now);
		lq__dtls_check(s, now);
	}
	if (!s->srtp)
		return;
	if (s->config.direction == LQ_RECEIVE) {
		timeout_receive(s, now);
		return;
	}
	lq__pace(s, now);
	for (uint32_t i = 0; i < s->n_tracks; i++) {
		lq__track *t = s->tracks[i];
		if (t->send && t->active && t->send->next_report != LQ_TIME_NONE && now >= t->send->next_report)
			lq__send_report(t, now);
	}
}
