/* Receiving: whose packet is it, undoing RTX, the jitter buffers' clockwork. */
#include <string.h>

#include <loquat/plugin/errors.h>

#include "base/alloc.h"
#include "bytes.h"
#include "session_internal.h"

#define KEY_AFTER (200 * LQ_MSEC) /* without a picture for so long: ask for a key frame */
#define MAX_NACKS 120             /* a question */
#define VIDEO_RATE 90000
#define STREAM_TIME_MAX (INT64_C(1) << 45) /* 12 years of video */

int lq__receiver_create(lq__track *t)
{
	lq__receiver *r = lq__calloc(1, sizeof *r);
	if (!r)
		return LQ_ENOMEM;
	r->last_key_request = LQ_TIME_NONE;
	r->delay.per_mille = 950;
	r->last_transit = INT64_MIN;
	int e = t->media == LQ_MEDIA_VIDEO ? lq__jitter_video_create(&r->video)
	                                   : lq__jitter_audio_create(t->rate, t->session->config.min_delay_ms * LQ_MSEC, &r->audio);
	if (e) {
		lq__receiver_destroy(r);
		return e;
	}
	t->receive = r;
	return 0;
}

void lq__receiver_destroy(lq__receiver *r)
{
	if (!r)
		return;
	lq__jitter_video_destroy(r->video);
	lq__jitter_audio_destroy(r->audio);
	lq__free(r);
}

void lq__receiver_close(lq__track *t)
{
	lq_session *s = t->session;
	for (uint32_t i = 0; i < s->n_streams;) {
		if (s->streams[i].track == t)
			s->streams[i] = s->streams[--s->n_streams];
		else
			i++;
	}
	lq__receiver_destroy(t->receive);
	t->receive = NULL;
}

/* ---- whose packet is it? ---- */

static lq__track *track_by_mid(const lq_session *s, const lq_rtp *rtp)
{
	for (uint32_t i = 0; i < s->n_tracks; i++) {
		lq__track *t = s->tracks[i];
		size_t n;
		const uint8_t *mid = t->active && t->ext_mid ? lq_rtp_ext_find(rtp, t->ext_mid, &n) : NULL;
		if (mid && n == strlen(t->mid) && !memcmp(mid, t->mid, n))
			return t;
	}
	return NULL;
}

static lq__track *track_by_ssrc(const lq_session *s, uint32_t ssrc)
{
	for (uint32_t i = 0; i < s->n_tracks; i++) {
		const lq_sdp_media *m = s->tracks[i]->active ? s->tracks[i]->remote : NULL;
		for (uint32_t k = 0; m && k < m->n_ssrcs; k++)
			if (m->ssrcs[k].ssrc == ssrc || (m->ssrcs[k].rtx && m->ssrcs[k].rtx == ssrc))
				return s->tracks[i];
	}
	return NULL;
}

/* Only when one track alone has that payload type. */
static lq__track *track_by_pt(const lq_session *s, uint8_t pt)
{
	lq__track *found = NULL;
	for (uint32_t i = 0; i < s->n_tracks; i++) {
		lq__track *t = s->tracks[i];
		if (!t->active || !lq_sdp_codec_by_pt(t->remote, pt))
			continue;
		if (found)
			return NULL;
		found = t;
	}
	return found;
}

static lq__track *track_of(lq_session *s, const lq_rtp *rtp)
{
	for (uint32_t i = 0; i < s->n_streams; i++)
		if (s->streams[i].ssrc == rtp->ssrc)
			return s->streams[i].track;
	lq__track *t = track_by_mid(s, rtp);
	if (!t)
		t = track_by_ssrc(s, rtp->ssrc);
	if (!t)
		t = track_by_pt(s, rtp->payload_type);
	if (!t)
		return NULL;
	uint32_t i = s->n_streams < MAX_STREAMS ? s->n_streams++ : s->next_stream++ % MAX_STREAMS;
	s->streams[i] = (lq__stream){.ssrc = rtp->ssrc, .track = t};
	return t;
}

/* ---- statistics of RFC 3550 ---- */

static void count(lq__track *t, int64_t seq, uint32_t timestamp, int64_t now)
{
	lq__receiver *r = t->receive;
	if (!r->received++)
		r->base_seq = r->highest = seq;
	r->highest = seq > r->highest ? seq : r->highest;
	int64_t rate = t->rate, arrival = now / LQ_SEC * rate + now % LQ_SEC * rate / LQ_SEC;
	int64_t transit = (int32_t)((uint32_t)arrival - timestamp);
	if (r->last_transit != INT64_MIN) {
		int32_t d = (int32_t)(uint32_t)(transit - r->last_transit);
		r->jitter += ((d < 0 ? -(double)d : d) - r->jitter) / 16;
	}
	r->last_transit = transit;
}

/* ---- media packets ---- */

static uint64_t capture_ntp(const lq__track *t, const lq_rtp *rtp)
{
	size_t n;
	const uint8_t *p = t->ext_capture_time ? lq_rtp_ext_find(rtp, t->ext_capture_time, &n) : NULL;
	return p && n >= 8 ? lq__get64(p) : 0;
}

/* Timestamps that jump to and fro (by up to 2^31 each time) must not add up to something that has no time any more. */
int64_t lq__stream_time(lq__receiver *r, uint32_t timestamp)
{
	int64_t t = lq_unwrap_ts(&r->ts, timestamp);
	if (t < STREAM_TIME_MAX && t > -STREAM_TIME_MAX)
		return t;
	r->ts.started = r->sr.known = 0;
	return lq_unwrap_ts(&r->ts, timestamp);
}

static int put_audio(lq__track *t, uint32_t codec, const lq_rtp *rtp, int64_t seq, int64_t now)
{
	lq__receiver *r = t->receive;
	lq__audio_packet p = {.seq = seq, .timestamp = lq__stream_time(r, rtp->timestamp), .codec = codec, .data = rtp->payload, .len = rtp->payload_len,
	                      .capture_ntp = capture_ntp(t, rtp), .now = now};
	return lq__jitter_audio_put(r->audio, &p);
}

static int put_video(lq__track *t, uint32_t codec, const lq_rtp *rtp, int64_t seq, int64_t now)
{
	lq__receiver *r = t->receive;
	if (lq__nack_received(&r->nack, seq, now))
		lq__jitter_video_skip(r->video);
	lq__video_packet p = {.seq = seq, .codec = codec, .rtp = rtp, .capture_ntp = capture_ntp(t, rtp), .now = now};
	return lq__jitter_video_put(r->video, &p);
}

static void media_packet(lq__track *t, uint32_t codec, const lq_rtp *rtp, int repair, int64_t now)
{
	lq__receiver *r = t->receive;
	int64_t seq = lq_unwrap_seq(&r->seq, rtp->seq);
	if (!repair)
		count(t, seq, rtp->timestamp, now);
	int e = r->audio ? put_audio(t, codec, rtp, seq, now) : put_video(t, codec, rtp, seq, now);
	if (e == LQ_EPARSE)
		t->session->bad_packets++;
	else if (e)
		r->sum.discarded++;
}

/* The sender has begun a new stream for this track. */
static int rebind(lq__track *t, uint32_t ssrc)
{
	if (t->receive && t->receive->bound) {
		lq__receiver *old = t->receive;
		t->receive = NULL;
		int e = lq__receiver_create(t);
		if (e) {
			t->receive = old;
			return e;
		}
		t->receive->sum = old->sum;
		lq__receiver_destroy(old);
	}
	t->receive->bound = 1;
	t->receive->ssrc = ssrc;
	return 0;
}

/* RFC 4588 §4: the original sequence number, then the original payload. */
static void repair_packet(lq__track *t, const lq_sdp_codec *rtx, const lq_rtp *rtp, int64_t now)
{
	const lq_sdp_codec *c = rtx->apt < 128 ? lq_sdp_codec_by_pt(t->remote, (uint8_t)rtx->apt) : NULL;
	if (!c || !t->receive->bound || rtp->payload_len < 2)
		return; /* padding */
	lq_rtp original = *rtp;
	original.seq = lq__get16(rtp->payload);
	original.ssrc = t->receive->ssrc;
	original.payload_type = c->pt;
	original.payload += 2;
	original.payload_len -= 2;
	t->receive->sum.retransmitted++;
	media_packet(t, lq_sdp_codec_id(c), &original, 1, now);
}

void lq__receive_rtp(lq_session *s, const uint8_t *packet, size_t len, int64_t now)
{
	lq_rtp rtp;
	if (lq_rtp_parse(packet, len, &rtp)) {
		s->bad_packets++;
		return;
	}
	lq__track *t = track_of(s, &rtp);
	const lq_sdp_codec *c = t ? lq_sdp_codec_by_pt(t->remote, rtp.payload_type) : NULL;
	if (!c) {
		s->unknown_packets++;
		return;
	}
	t->receive->sum.packets++;
	t->receive->sum.bytes += len;
	uint32_t codec = lq_sdp_codec_id(c);
	if (codec == LQ_CODEC_NONE && c->apt != 0xffff)
		repair_packet(t, c, &rtp, now);
	else if (codec == LQ_CODEC_NONE || (t->media == LQ_MEDIA_VIDEO && c->rate != VIDEO_RATE))
		s->unknown_packets++;
	else if ((!t->receive->bound || t->receive->ssrc != rtp.ssrc) && rebind(t, rtp.ssrc))
		s->unknown_packets++;
	else
		media_packet(t, codec, &rtp, 0, now);
	lq__receive_poll(t, now);
}

/* ---- the clockwork ---- */

static void ask_missing(lq__track *t, int64_t now)
{
	lq__receiver *r = t->receive;
	uint16_t seqs[MAX_NACKS];
	lq__nack_forget(&r->nack, lq__jitter_video_position(r->video));
	if (!(t->feedback & LQ_FB_NACK))
		return;
	uint32_t n = lq__nack_ask(&r->nack, now, seqs, MAX_NACKS);
	if (n) {
		r->sum.nack_count += n;
		lq__ask_packets(t, seqs, n, now);
	}
}

static int64_t key_space(const lq__receiver *r)
{
	return r->nack.rtt > KEY_REQUEST_SPACE ? r->nack.rtt : KEY_REQUEST_SPACE;
}

static void ask_key(lq__track *t, int64_t now)
{
	lq__receiver *r = t->receive;
	if (!r->bound || (r->last_key_request != LQ_TIME_NONE && now - r->last_key_request < key_space(r)))
		return;
	r->last_key_request = now;
	r->key_wanted = 0;
	r->sum.pli_count++;
	lq__ask_key_frame(t, now);
}

static void play_frames(lq__track *t, int64_t now)
{
	lq__video_frame f;
	while (lq__jitter_video_frame(t->receive->video, &f)) {
		if (f.key)
			t->receive->key_wanted = 0;
		lq__play_video(t, &f, now);
	}
}

/* Since when the picture stands still for want of packets; LQ_TIME_NONE: it does not. */
static int64_t stalled(const lq__receiver *r)
{
	return lq__jitter_video_wants_key(r->video) ? LQ_TIME_NONE : lq__jitter_video_blocked(r->video);
}

static void poll_video(lq__track *t, int64_t now)
{
	lq__receiver *r = t->receive;
	int64_t limit = t->session->config.max_video_delay_ms * LQ_MSEC;
	play_frames(t, now);
	int64_t since = stalled(r);
	if (since != LQ_TIME_NONE && (now - since >= limit || (now - since >= KEY_AFTER && lq__jitter_video_has_key(r->video)))) {
		lq__jitter_video_skip(r->video);
		play_frames(t, now);
		since = stalled(r);
	}
	ask_missing(t, now);
	if (lq__jitter_video_wants_key(r->video) || r->key_wanted || (since != LQ_TIME_NONE && now - since >= KEY_AFTER))
		ask_key(t, now);
}

void lq__receive_poll(lq__track *t, int64_t now)
{
	lq__audio_frame f;
	if (t->receive->video)
		poll_video(t, now);
	else
		while (lq__jitter_audio_frame(t->receive->audio, now, &f))
			lq__play_audio(t, &f, now);
}

int64_t lq__receive_next(const lq__track *t)
{
	const lq__receiver *r = t->receive;
	if (r->audio)
		return lq__jitter_audio_next(r->audio);
	int64_t next = t->feedback & LQ_FB_NACK ? lq__nack_next(&r->nack) : LQ_TIME_NONE, since = stalled(r);
	int64_t ask = r->last_key_request == LQ_TIME_NONE ? LQ_TIME_NONE : r->last_key_request + key_space(r);
	if (since != LQ_TIME_NONE) {
		next = lq__earlier(next, since + t->session->config.max_video_delay_ms * LQ_MSEC);
		next = lq__earlier(next, ask > since + KEY_AFTER ? ask : since + KEY_AFTER);
	}
	if (r->bound && (lq__jitter_video_wants_key(r->video) || r->key_wanted))
		next = lq__earlier(next, ask);
	return next;
}

int lq_session_request_key_frame(lq_session *s, const char *mid, int64_t now)
{
	lq__track *t = lq__track_find(s, mid);
	if (!t || !t->receive || !t->receive->video)
		return LQ_ENOENT;
	t->receive->key_wanted = 1;
	if (s->srtp)
		ask_key(t, now);
	return 0;
}
