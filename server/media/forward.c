/* A track on its way to one subscriber: the header is written anew, so that what the subscriber sees is one stream of its own. */
#include <string.h>

#include <loquat/plugin/buffer.h>

#include "server/media/track.h"
#include "webrtc/payload.h"

#define SECOND INT64_C(1000000000)
#define REPORTS_APART (INT64_C(60) << 32) /* between the last reports of two layers */

/* The sender's reports tell which moments of two layers are the same; without them the time that has passed has to do. */
static uint32_t next_timestamp(const lq__forward *f, const lq__media_track *t, const lq__slot *slot)
{
	const lq__media_track *old = f->place.track;
	int64_t now = f->peer->worker->now, rate = t->config.clock_rate;
	uint32_t passed = f->last_ts + (uint32_t)((now - f->last_at) * rate / SECOND);
	if (old == t || old->sr_at == LQ_TIME_NONE || t->sr_at == LQ_TIME_NONE)
		return passed;
	int64_t apart = (int64_t)(t->sr.ntp - old->sr.ntp); /* 32.32 fixed point seconds */
	if (apart > REPORTS_APART || apart < -REPORTS_APART)
		return passed;
	uint32_t exact = f->place.ts_offset - f->place.ts_shift + old->sr.rtp + (uint32_t)(apart * rate >> 32) + (slot->timestamp - t->sr.rtp);
	int32_t off = lq_ts_diff(exact, passed);
	return off < rate && off > -rate ? exact : passed; /* reports that lie are of no use */
}

void lq__forward_join(lq__forward *f, lq__media_track *t, const lq__slot *slot)
{
	lq__place p = {.track = t, .generation = t->generation, .seq_offset = f->place.seq_offset, .ts_offset = f->place.ts_offset};
	uint16_t seq = (uint16_t)slot->seq;
	if (f->started) {
		/* A frame that ended in its midst leaves a gap, so that nobody glues it to the next. */
		uint16_t next = (uint16_t)(f->last_seq + 1 + (t->config.media == LQ_MEDIA_VIDEO && !f->last_marker));
		uint32_t ts = next_timestamp(f, t, slot);
		if (lq_ts_diff(ts, f->last_ts) <= 0) {
			p.ts_shift = f->last_ts + t->config.clock_rate / 1000 - ts;
			ts += p.ts_shift;
		}
		p.seq_offset = (uint16_t)(next - seq);
		p.ts_offset = ts - slot->timestamp;
		p.from = slot->seq;
		p.picture_offset = slot->picture >= 0 ? (uint16_t)(f->last_picture + 1 - slot->picture) & 0x7fff : 0;
		p.tl0_offset = slot->tl0 >= 0 ? (uint8_t)(f->last_tl0 + 1 - slot->tl0) : 0;
		f->before = f->place;
	} else {
		f->last_picture = slot->picture >= 0 ? (uint16_t)(slot->picture - 1) & 0x7fff : 0;
		f->last_tl0 = (uint8_t)(slot->tl0 - 1);
	}
	f->started = 1;
	f->place = p;
	f->place.first_seq = (uint16_t)(seq + p.seq_offset);
	f->last_seq = (uint16_t)(f->place.first_seq - 1);
}

void lq__forward_begin(lq__forward *f)
{
	if (!lq__peer_ready(f->peer))
		return;
	f->waiting_for_key = f->track->config.media == LQ_MEDIA_VIDEO;
	if (f->waiting_for_key) {
		lq__layers_aim(f);
		lq__track_want_key(f->track);
	}
	lq__forward_sr(f);
}

/* 24 bits of 6.18 fixed point seconds. */
static void write_send_time(uint8_t out[3], int64_t now)
{
	uint32_t t = (uint32_t)(((uint64_t)(now % (64 * SECOND)) << 18) / SECOND);
	out[0] = (uint8_t)(t >> 16);
	out[1] = (uint8_t)(t >> 8);
	out[2] = (uint8_t)t;
}

/* Header and payload into the buffer; `rtx`: as RFC 4588 has it. Returns the length, 0: too long. */
static size_t write_packet(lq__forward *f, const lq__place *p, lq__datagram *d, const lq__slot *slot, const lq_rtp *head, int rtx)
{
	const lq__forward_config *c = &f->config;
	uint8_t send_time[3];
	lq_rtp_ext ext[4];
	uint32_t n = 0;
	uint16_t original = (uint16_t)(slot->seq + p->seq_offset);
	write_send_time(send_time, f->peer->worker->now);
	if (c->mid_ext && !f->reported)
		ext[n++] = (lq_rtp_ext){c->mid_ext, (uint8_t)strlen(c->mid), (const uint8_t *)c->mid};
	if (c->send_time_ext)
		ext[n++] = (lq_rtp_ext){c->send_time_ext, sizeof send_time, send_time};
	if (c->capture_time_ext && slot->capture_len)
		ext[n++] = (lq_rtp_ext){c->capture_time_ext, slot->capture_len, slot->capture};
	if (c->level_ext && slot->level_len)
		ext[n++] = (lq_rtp_ext){c->level_ext, slot->level_len, slot->level};
	size_t at = lq_rtp_write(d->data, LQ_DATAGRAM_MAX, head, ext, n);
	if (!at || at + 2 + slot->len > LQ_DATAGRAM_MAX)
		return 0;
	if (rtx) {
		d->data[at++] = (uint8_t)(original >> 8);
		d->data[at++] = (uint8_t)original;
	}
	memcpy(d->data + at, slot->payload, slot->len);
	lq_payload_move_ids(p->track->config.codec, d->data + at, slot->len, p->picture_offset, p->tl0_offset);
	return at + slot->len;
}

static void note_ids(lq__forward *f, const lq__slot *slot)
{
	uint16_t picture = (uint16_t)(slot->picture + f->place.picture_offset) & 0x7fff;
	uint16_t ahead = (uint16_t)(picture - f->last_picture) & 0x7fff;
	if (slot->picture >= 0 && ahead && ahead < 0x4000)
		f->last_picture = picture;
	if (slot->tl0 >= 0)
		f->last_tl0 = (uint8_t)(slot->tl0 + f->place.tl0_offset);
}

static void note_sent(lq__forward *f, const lq__slot *slot, uint16_t seq, uint32_t timestamp)
{
	f->packets++;
	f->octets += slot->len;
	if (lq_seq_diff(seq, f->last_seq) > 0) {
		f->last_seq = seq;
		f->last_ts = timestamp;
		f->last_at = f->peer->worker->now;
		f->last_marker = slot->marker;
		note_ids(f, slot);
		if ((uint16_t)(seq - f->place.first_seq) > LQ_RING_VIDEO)
			f->before.track = NULL; /* nobody asks for it any more */
	}
	lq__add(&f->packets_sent, 1);
	lq__add(&f->bytes_sent, slot->len);
}

static void send_slot(lq__forward *f, const lq__slot *slot)
{
	lq__worker *w = f->peer->worker;
	if (slot->seq < f->place.from) { /* it comes late, from before the change */
		lq__add(&w->count.dropped_late, 1);
		return;
	}
	lq_rtp head = {.marker = slot->marker, .payload_type = f->config.pt, .seq = (uint16_t)(slot->seq + f->place.seq_offset),
	               .timestamp = slot->timestamp + f->place.ts_offset, .ssrc = f->config.ssrc};
	lq__datagram *d = lq__socket_next(w);
	size_t len = write_packet(f, &f->place, d, slot, &head, 0);
	if (!len) {
		lq__add(&w->count.dropped_long, 1);
		return;
	}
	note_sent(f, slot, head.seq, head.timestamp);
	lq__add(&w->count.packets_forwarded, 1);
	lq__peer_send_rtp(f->peer, d, len);
}

/* A key frame whose first packet came late: what came before it of the rest. */
static void catch_up(lq__forward *f, const lq__slot *slot)
{
	const lq__media_track *t = f->track;
	for (int64_t seq = slot->seq + 1; seq <= t->highest; seq++)
		if (t->ring[seq & t->mask].seq == seq)
			send_slot(f, &t->ring[seq & t->mask]);
}

void lq__forward_packet(lq__forward *f, const lq__slot *slot, int key)
{
	lq__media_track *t = f->track;
	if (!lq__peer_ready(f->peer))
		return;
	if (f->waiting_for_key && !key) {
		lq__track_want_key(t); /* the request before may be lost, or its key frame sent before we were ready */
		return;
	}
	int first = f->waiting_for_key || !f->started;
	f->waiting_for_key = 0;
	if (!f->started || f->place.track != t || f->place.generation != t->generation)
		lq__forward_join(f, t, slot);
	send_slot(f, slot);
	if (f->next && f->last_marker)
		lq__layers_frame_end(f);
	if (!first)
		return;
	catch_up(f, slot);
	if (f->main->n_layers > 1)
		lq__forward_sr(f);
	if (f->main->n_layers > 1 || f->wished)
		lq__layers_told(f);
}

/* The publisher's own report: its NTP time is kept, so that the receiver can put sound and picture in step. */
void lq__forward_sr(lq__forward *f)
{
	const lq__media_track *t = f->track;
	if (t->sr_at == LQ_TIME_NONE || !lq__peer_ready(f->peer) || (f->started && (f->place.track != t || f->place.generation != t->generation)))
		return;
	lq__datagram *d = lq__socket_next(f->peer->worker);
	lq_sender_info info = {t->sr.ntp, t->sr.rtp + f->place.ts_offset, f->packets, f->octets};
	size_t len = lq_rtcp_write_sr(d->data, LQ_DATAGRAM_MAX, 0, f->config.ssrc, &info, NULL, 0);
	len = lq_rtcp_write_sdes(d->data, LQ_DATAGRAM_MAX, len, f->config.ssrc, f->config.cname);
	f->sr_id = (uint32_t)(info.ntp >> 16);
	f->sr_sent = f->peer->worker->now;
	if (len)
		lq__peer_send_rtcp(f->peer, d, len);
}

static int within_budget(lq__forward *f)
{
	int64_t now = f->peer->worker->now;
	if (now - f->budget_at >= SECOND) {
		f->budget_at = now;
		f->budget = LQ_RTX_BUDGET;
	}
	return f->budget && f->budget--;
}

/* What was sent before another layer came has other numbers. */
static const lq__place *place_of(const lq__forward *f, uint16_t seq)
{
	const lq__place *p = f->before.track && lq_seq_diff(seq, f->place.first_seq) < 0 ? &f->before : &f->place;
	return f->started && p->generation == p->track->generation ? p : NULL;
}

void lq__forward_nack(lq__forward *f, uint16_t seq)
{
	lq__worker *w = f->peer->worker;
	const lq__place *p = f->config.rtx_pt ? place_of(f, seq) : NULL;
	if (!p)
		return;
	const lq__slot *slot = lq__track_slot(p->track, (uint16_t)(seq - p->seq_offset));
	if (!slot || !within_budget(f)) {
		lq__add(&w->count.dropped_nacks, 1);
		return;
	}
	lq_rtp head = {.marker = slot->marker, .payload_type = f->config.rtx_pt, .seq = f->rtx_seq++, .timestamp = slot->timestamp + p->ts_offset,
	               .ssrc = f->config.rtx_ssrc};
	lq__datagram *d = lq__socket_next(w);
	size_t len = write_packet(f, p, d, slot, &head, 1);
	if (!len)
		return;
	lq__add(&w->count.packets_retransmitted, 1);
	lq__add(&f->packets_retransmitted, 1);
	lq__peer_send_rtp(f->peer, d, len);
}
