/* Sending: access units to packets, header extensions, pacing, resending. */
#include <string.h>

#include <loquat/plugin/errors.h>
#include <loquat/plugin/event.h>

#include "base/alloc.h"
#include "bytes.h"
#include "session_internal.h"

#define VIDEO_SLOTS 1024
#define AUDIO_SLOTS 64
#define DEFAULT_RTT (20 * LQ_MSEC)
#define HEADER_MAX 72 /* fixed part and extensions without a RID; the number of an RTX packet */

int lq__sender_create(lq__track *t)
{
	lq__sender *snd = lq__calloc(1, sizeof *snd);
	if (!snd)
		return LQ_ENOMEM;
	struct {
		uint32_t ssrc, rtx_ssrc, ts;
		uint16_t seq, rtx_seq;
	} r;
	int e = lq__history_create(t->media == LQ_MEDIA_VIDEO ? VIDEO_SLOTS : AUDIO_SLOTS, &snd->history);
	if (!e)
		e = lq__random(&r, sizeof r);
	if (e) {
		lq__sender_destroy(snd);
		return e;
	}
	t->ssrc = r.ssrc;
	t->rtx_ssrc = r.rtx_ssrc == r.ssrc ? r.ssrc + 1 : r.rtx_ssrc;
	snd->seq = r.seq & 0x7fff; /* no roll-over within the first packets, RFC 3711 §3.3.1 */
	snd->rtx_seq = r.rtx_seq & 0x7fff;
	snd->base_ts = r.ts;
	snd->last_pts = snd->last_capture = snd->next_report = snd->last_key_request = LQ_TIME_NONE;
	t->send = snd;
	return 0;
}

void lq__sender_destroy(lq__sender *snd)
{
	if (!snd)
		return;
	lq__history_destroy(snd->history);
	lq__free(snd);
}

/* ---- one packet out ---- */

/* abs-send-time: 24 bits, 6.18 seconds, of the moment when the packet really leaves. */
static void stamp(const lq__track *t, uint8_t *packet, size_t len, int64_t now)
{
	lq_rtp rtp;
	size_t n;
	if (!t->ext_send_time || lq_rtp_parse(packet, len, &rtp))
		return;
	const uint8_t *p = lq_rtp_ext_find(&rtp, t->ext_send_time, &n);
	if (!p || n != 3)
		return;
	uint64_t v = lq__ns_to_ntp(now + t->session->config.wall_offset + NTP_UNIX) >> 14;
	lq__put24(packet + (p - packet), (uint32_t)v & 0xffffff);
}

static void transmit(lq__track *t, const uint8_t *packet, size_t len)
{
	_Alignas(4) uint8_t out[LQ_RTP_MAX + LQ_SRTP_OVERHEAD];
	memcpy(out, packet, len);
	if (lq_srtp_protect(t->session->srtp, out, &len))
		return;
	t->send->packets_sent++;
	t->send->bytes_sent += len;
	t->session->config.callbacks.send(t->session->config.arg, out, len);
}

static void transmit_first(lq__track *t, uint16_t seq, int64_t now)
{
	size_t len;
	uint8_t *packet = lq__history_first(t->send->history, seq, now, &len);
	if (!packet)
		return;
	stamp(t, packet, len, now);
	transmit(t, packet, len);
}

/* What is the RID of the original is the repaired RID of its repair (RFC 8852); both have the same length. */
static void rename_rid(const lq__track *t, const lq_rtp *rtp, uint8_t *packet)
{
	size_t n;
	const uint8_t *p = t->ext_rid ? lq_rtp_ext_find(rtp, t->ext_rid, &n) : NULL;
	if (!p || !t->ext_repaired_rid)
		return;
	uint8_t *head = packet + (p - rtp->ext) + (rtp->header_len - rtp->ext_len);
	if (rtp->ext_profile == 0xBEDE)
		head[-1] = (uint8_t)(t->ext_repaired_rid << 4 | (head[-1] & 15));
	else
		head[-2] = t->ext_repaired_rid;
}

/* RFC 4588: the original with the RTX stream's numbers, and its sequence number before the payload. */
static void transmit_again(lq__track *t, uint16_t seq, int64_t now)
{
	lq__sender *snd = t->send;
	size_t len;
	const uint8_t *packet = lq__history_again(snd->history, seq, now, snd->rtt ? snd->rtt : DEFAULT_RTT, &len);
	lq_rtp rtp;
	if (!packet)
		return;
	snd->retransmitted++;
	if (t->rtx_pt == NO_PT || lq_rtp_parse(packet, len, &rtp)) {
		transmit(t, packet, len); /* the same to the last bit, see srtp.h */
		return;
	}
	uint8_t out[LQ_RTP_MAX];
	memcpy(out, packet, rtp.header_len);
	rename_rid(t, &rtp, out);
	out[1] = (uint8_t)((out[1] & 0x80) | t->rtx_pt);
	lq__put16(out + 2, snd->rtx_seq++);
	lq__put32(out + 8, t->rtx_ssrc);
	lq__put16(out + rtp.header_len, seq);
	memcpy(out + rtp.header_len + 2, packet + rtp.header_len, len - rtp.header_len);
	stamp(t, out, len + 2, now);
	transmit(t, out, len + 2);
}

void lq__pace(lq_session *s, int64_t now)
{
	lq__paced p;
	while (lq__pacer_pop(&s->pacer, now, &p)) {
		lq__track *t = s->tracks[p.track];
		if (!t->send || !t->active)
			continue;
		if (p.repair)
			transmit_again(t, p.seq, now);
		else
			transmit_first(t, p.seq, now);
	}
}

void lq__resend(lq__track *t, uint16_t seq)
{
	lq__pacer_push(&t->session->pacer, (lq__paced){.track = t->index, .seq = seq, .repair = 1});
}

/* A request that comes too soon waits: the key frame of the one before may have been gone when this asker came. */
void lq__key_frame_asked(lq__track *t, int64_t now)
{
	lq__sender *snd = t->send;
	snd->key_frame_owed = snd->last_key_request != LQ_TIME_NONE && now - snd->last_key_request < KEY_REQUEST_SPACE;
	if (snd->key_frame_owed)
		return;
	snd->last_key_request = now;
	if (t->session->config.callbacks.key_frame_request)
		t->session->config.callbacks.key_frame_request(t->session->config.arg, t->name);
}

/* ---- one access unit in ---- */

typedef struct packetizer {
	lq__track *track;
	uint32_t timestamp;
	uint64_t capture_ntp; /* until it has gone into the first packet */
	int marker;           /* audio: after a pause */
	int64_t now;
} packetizer;

static size_t write_header(packetizer *k, uint8_t *out, int marker)
{
	lq__track *t = k->track;
	lq_rtp_ext exts[4];
	uint8_t capture[8];
	static const uint8_t send_time[3];
	size_t n = 0;
	if (t->ext_mid)
		exts[n++] = (lq_rtp_ext){.id = t->ext_mid, .len = (uint8_t)strlen(t->mid), .data = (const uint8_t *)t->mid};
	if (t->ext_rid)
		exts[n++] = (lq_rtp_ext){.id = t->ext_rid, .len = (uint8_t)strlen(t->rid), .data = (const uint8_t *)t->rid};
	if (t->ext_send_time)
		exts[n++] = (lq_rtp_ext){.id = t->ext_send_time, .len = 3, .data = send_time};
	if (t->ext_capture_time && k->capture_ntp) {
		lq__put64(capture, k->capture_ntp);
		exts[n++] = (lq_rtp_ext){.id = t->ext_capture_time, .len = 8, .data = capture};
		k->capture_ntp = 0;
	}
	lq_rtp rtp = {.marker = (uint8_t)marker, .payload_type = t->pt, .seq = t->send->seq, .timestamp = k->timestamp, .ssrc = t->ssrc};
	return lq_rtp_write(out, LQ_RTP_MAX, &rtp, exts, n);
}

static int on_payload(void *arg, const uint8_t *payload, size_t len, int last)
{
	packetizer *k = arg;
	lq__track *t = k->track;
	uint8_t *out = lq__history_slot(t->send->history, t->send->seq);
	size_t header = write_header(k, out, t->media == LQ_MEDIA_VIDEO ? last : k->marker);
	if (!header || header + len > LQ_RTP_MAX)
		return LQ_ENOSPACE;
	memcpy(out + header, payload, len);
	uint16_t seq = t->send->seq++;
	lq__history_set(t->send->history, seq, header + len);
	t->send->payload_bytes += len;
	if (t->media == LQ_MEDIA_VIDEO)
		return lq__pacer_push(&t->session->pacer, (lq__paced){.track = t->index, .seq = seq});
	transmit_first(t, seq, k->now); /* sound never waits behind a picture */
	return 0;
}

/* Small deviations of an audio source's pts are not the stream's business: its timestamps count samples. */
static uint32_t timestamp_of(const lq__track *t, int64_t pts)
{
	const lq__sender *snd = t->send;
	int64_t rate = t->rate;
	uint32_t ts = snd->base_ts + (uint32_t)(pts / LQ_SEC * rate + pts % LQ_SEC * rate / LQ_SEC);
	if (t->media != LQ_MEDIA_AUDIO || snd->last_pts == LQ_TIME_NONE)
		return ts;
	int32_t off = lq_ts_diff(ts, snd->last_ts);
	return off > -(int32_t)rate / 100 && off < (int32_t)rate / 100 ? snd->last_ts : ts;
}

static size_t header_max(const lq__track *t)
{
	return HEADER_MAX + (t->ext_rid ? 4 + strlen(t->rid) : 0);
}

static int send_frame(lq__track *t, const uint8_t *data, size_t len, uint32_t flags, int64_t pts, int64_t capture_time, int64_t now)
{
	lq__sender *snd = t->send;
	uint32_t ts = timestamp_of(t, pts);
	int64_t capture = capture_time == LQ_TIME_NONE ? now : capture_time;
	packetizer k = {.track = t, .timestamp = ts, .now = now, .capture_ntp = lq__ns_to_ntp(capture + t->session->config.wall_offset + NTP_UNIX)};
	k.marker = snd->last_pts == LQ_TIME_NONE || flags & LQ_BUFFER_DISCONTINUITY;
	snd->payloader.codec = t->codec;
	int e = lq_payload_split(&snd->payloader, data, len, !!(flags & LQ_BUFFER_KEY), LQ_RTP_MAX - header_max(t), on_payload, &k);
	if (e)
		return e;
	/* For audio: where the next packet belongs. */
	snd->last_ts = t->media == LQ_MEDIA_AUDIO ? ts + lq__audio_samples(t->codec, data, len) : ts;
	snd->last_pts = pts;
	snd->last_capture = capture - (int64_t)(int32_t)(ts - snd->last_ts) * LQ_SEC / t->rate;
	snd->frames_sent++;
	return 0;
}

int lq_session_send(lq_session *s, const char *mid, const uint8_t *data, size_t len, uint32_t flags, int64_t pts, int64_t capture_time, int64_t now)
{
	lq__track *t = lq__track_find(s, mid);
	if (!t || !t->send)
		return LQ_ENOENT;
	if (!s->srtp || !t->active || s->state != LQ_STATE_CONNECTED) {
		t->send->frames_dropped++;
		return LQ_ESTATE;
	}
	uint16_t seq = t->send->seq;
	int e = LQ_EFULL;
	if (flags & LQ_BUFFER_KEY)
		t->send->key_frame_owed = 0;
	else if (t->send->key_frame_owed)
		lq__key_frame_asked(t, now);
	if (t->media == LQ_MEDIA_AUDIO || lq__pacer_room(&s->pacer, (uint32_t)(len / (LQ_RTP_MAX - header_max(t))) + 16))
		e = send_frame(t, data, len, flags, pts, capture_time, now);
	if (e) {
		t->send->frames_dropped++;
		t->send->seq += t->send->seq != seq; /* a hole behind half a frame, so that nobody takes it for a whole one */
		if (t->media == LQ_MEDIA_VIDEO)
			lq__key_frame_asked(t, now);
		return e;
	}
	lq__pace(s, now);
	if (t->send->next_report == LQ_TIME_NONE)
		lq__send_report(t, now); /* early, so that sound and picture come into step soon */
	return 0;
}
