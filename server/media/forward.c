/* A track on its way to one subscriber: the header is written anew, so that what the subscriber sees is one stream of its own. */
#include <string.h>

#include <loquat/plugin/buffer.h>

#include "server/media/track.h"

#define SECOND INT64_C(1000000000)
#define KEY_PATIENCE INT64_C(500000000) /* ns until a key frame that does not come is asked for again */

/* The first packet, or the first after the sender began anew: numbers go on from what was sent last. */
static void join_on(lq__forward *f, const lq__slot *slot)
{
	const lq__media_track *t = f->track;
	int64_t now = f->peer->worker->now;
	uint16_t seq = (uint16_t)slot->seq;
	if (f->started) {
		f->seq_offset = (uint16_t)(f->last_seq + 1 - seq);
		f->ts_offset = f->last_ts + (uint32_t)((now - f->last_at) * t->config.clock_rate / SECOND) - slot->timestamp;
	}
	f->started = 1;
	f->generation = t->generation;
	f->last_seq = (uint16_t)(seq + f->seq_offset - 1);
}

void lq__forward_begin(lq__forward *f)
{
	if (!lq__peer_ready(f->peer))
		return;
	f->waiting_for_key = f->track->config.media == LQ_MEDIA_VIDEO;
	if (f->waiting_for_key)
		lq__track_want_key(f->track);
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
static size_t write_packet(lq__forward *f, lq__datagram *d, const lq__slot *slot, const lq_rtp *head, int rtx)
{
	const lq__forward_config *c = &f->config;
	uint8_t send_time[3];
	lq_rtp_ext ext[4];
	uint32_t n = 0;
	uint16_t original = (uint16_t)(slot->seq + f->seq_offset);
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
	return at + slot->len;
}

static void note_sent(lq__forward *f, const lq__slot *slot, uint16_t seq, uint32_t timestamp)
{
	f->packets++;
	f->octets += slot->len;
	if (lq_seq_diff(seq, f->last_seq) > 0) {
		f->last_seq = seq;
		f->last_ts = timestamp;
		f->last_at = f->peer->worker->now;
	}
	lq__add(&f->packets_sent, 1);
	lq__add(&f->bytes_sent, slot->len);
}

void lq__forward_packet(lq__forward *f, const lq__slot *slot, int key)
{
	lq__worker *w = f->peer->worker;
	if (!lq__peer_ready(f->peer))
		return;
	if (f->waiting_for_key && !key) {
		lq__track_want_key(f->track); /* the request before may be lost, or its key frame sent before we were ready */
		return;
	}
	f->waiting_for_key = 0;
	if (!f->started || f->generation != f->track->generation)
		join_on(f, slot);
	lq_rtp head = {.marker = slot->marker, .payload_type = f->config.pt, .seq = (uint16_t)(slot->seq + f->seq_offset),
	               .timestamp = slot->timestamp + f->ts_offset, .ssrc = f->config.ssrc};
	lq__datagram *d = lq__socket_next(w);
	size_t len = write_packet(f, d, slot, &head, 0);
	if (!len) {
		lq__add(&w->count.dropped_long, 1);
		return;
	}
	note_sent(f, slot, head.seq, head.timestamp);
	lq__add(&w->count.packets_forwarded, 1);
	lq__peer_send_rtp(f->peer, d, len);
}

/* The publisher's own report: its NTP time is kept, so that the receiver can put sound and picture in step. */
void lq__forward_sr(lq__forward *f)
{
	const lq__media_track *t = f->track;
	if (t->sr_at == LQ_TIME_NONE || !lq__peer_ready(f->peer) || (f->started && f->generation != t->generation))
		return;
	lq__datagram *d = lq__socket_next(f->peer->worker);
	lq_sender_info info = {t->sr.ntp, t->sr.rtp + f->ts_offset, f->packets, f->octets};
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

void lq__forward_nack(lq__forward *f, uint16_t seq)
{
	lq__worker *w = f->peer->worker;
	if (!f->started || !f->config.rtx_pt || f->generation != f->track->generation)
		return;
	const lq__slot *slot = lq__track_slot(f->track, (uint16_t)(seq - f->seq_offset));
	if (!slot || !within_budget(f)) {
		lq__add(&w->count.dropped_nacks, 1);
		return;
	}
	lq_rtp head = {.marker = slot->marker, .payload_type = f->config.rtx_pt, .seq = f->rtx_seq++, .timestamp = slot->timestamp + f->ts_offset,
	               .ssrc = f->config.rtx_ssrc};
	lq__datagram *d = lq__socket_next(w);
	size_t len = write_packet(f, d, slot, &head, 1);
	if (!len)
		return;
	lq__add(&w->count.packets_retransmitted, 1);
	lq__add(&f->packets_retransmitted, 1);
	lq__peer_send_rtp(f->peer, d, len);
}
