/* RTCP: reports to publishers, what subscribers report and ask for. */
#include <string.h>

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>

#include "server/media/relay.h"

#define SECOND INT64_C(1000000000)
#define REPORT_INTERVAL SECOND
#define VIDEO_BITRATE 3000000 /* bit/s that a browser may send per video track */
#define LAYERS_BITRATE 1500000 /* more, for the lower layers of a track */
#define AUDIO_BITRATE 128000
#define BLOCKS_MAX 31

/* ---- in ---- */

static lq__media_track *track_by_ssrc(lq__peer *p, uint32_t ssrc)
{
	LQ__EACH(lq__media_track, t, &p->tracks, link)
		if (t->config.ssrc == ssrc)
			return t;
	return NULL;
}

static lq__forward *forward_by_ssrc(lq__peer *p, uint32_t ssrc)
{
	LQ__EACH(lq__forward, f, &p->forwards, peer_link)
		if (f->config.ssrc == ssrc)
			return f;
	return NULL;
}

static void on_sender_report(lq__peer *p, const lq_rtcp *r)
{
	lq__media_track *t = track_by_ssrc(p, r->ssrc);
	if (!t)
		return;
	lq__track_report(t, &r->sender);
	lq__relay_report(t);
}

/* A receiver counts what never came to us as lost, too: that is not its way's fault. */
static void count_loss(lq__peer *p, lq__forward *f, const lq_report_block *b)
{
	uint32_t expected = b->highest_seq - f->reported_seq, sent = f->packets - f->reported_packets;
	uint16_t numbers = (uint16_t)(f->last_seq - f->reported_last);
	int first = !f->reported;
	f->reported_seq = b->highest_seq;
	f->reported_packets = f->packets;
	f->reported_last = f->last_seq;
	if (first || expected > 65535)
		return;
	uint32_t lost = expected * b->fraction_lost / 256, ours = numbers > sent ? numbers - sent : 0;
	lq__add(&p->packets_reported, expected);
	lq__add(&p->packets_unreceived, lost > ours ? lost - ours : 0);
}

/* What a receiver says of our way to it. */
static void on_block(lq__peer *p, lq__forward *f, const lq_report_block *b)
{
	int64_t held = (int64_t)b->delay_since_sr * SECOND / 65536, trip = p->worker->now - f->sr_sent - held;
	count_loss(p, f, b);
	f->reported = 1;
	lq__add(&p->reports, 1);
	if (b->last_sr && b->last_sr == f->sr_id && trip >= 0)
		atomic_store_explicit(&p->round_trip, (uint64_t)trip / 1000 + 1, memory_order_relaxed);
	if (f->track->config.media == LQ_MEDIA_AUDIO && f->track->config.clock_rate)
		atomic_store_explicit(&p->jitter_out, b->jitter * UINT64_C(1000000) / f->track->config.clock_rate, memory_order_relaxed);
}

static void on_blocks(lq__peer *p, const lq_rtcp *r)
{
	lq_report_block b;
	for (uint32_t i = 0; !lq_rtcp_block(r, i, &b); i++) {
		lq__forward *f = forward_by_ssrc(p, b.ssrc);
		if (f)
			on_block(p, f, &b);
	}
}

static void on_nack(void *arg, uint16_t seq)
{
	lq__forward *f = arg;
	lq__add(&f->nacks_received, 1);
	lq__forward_nack(f, seq);
}

static void on_key_request(lq__forward *f)
{
	if (!f)
		return;
	lq__add(&f->plis_received, 1);
	lq__track_want_key(f->track);
}

static void on_transport_feedback(lq__peer *p, const lq_rtcp *r)
{
	lq__forward *f = r->count == LQ_RTPFB_NACK ? forward_by_ssrc(p, r->media_ssrc) : NULL;
	if (f && lq_rtcp_nacks(r, on_nack, f))
		lq__add(&p->worker->count.dropped_malformed, 1);
}

static void on_payload_feedback(lq__peer *p, const lq_rtcp *r)
{
	uint32_t ssrc;
	uint8_t seq;
	if (r->count == LQ_PSFB_PLI)
		on_key_request(forward_by_ssrc(p, r->media_ssrc));
	else if (r->count == LQ_PSFB_FIR)
		for (uint32_t i = 0; !lq_rtcp_fir(r, i, &ssrc, &seq); i++)
			on_key_request(forward_by_ssrc(p, ssrc));
}

void lq__feedback_rtcp(lq__peer *p, const uint8_t *data, size_t len)
{
	size_t pos = 0;
	lq_rtcp r;
	int e;
	while (!(e = lq_rtcp_next(data, len, &pos, &r))) {
		switch (r.type) {
		case LQ_RTCP_SR:
			on_sender_report(p, &r);
			on_blocks(p, &r);
			break;
		case LQ_RTCP_RR: on_blocks(p, &r); break;
		case LQ_RTCP_RTPFB: on_transport_feedback(p, &r); break;
		case LQ_RTCP_PSFB: on_payload_feedback(p, &r); break;
		default: break;
		}
	}
	if (e != LQ_END)
		lq__add(&p->worker->count.dropped_malformed, 1);
}

/* ---- out ---- */

/* RFC 3550 A.3 */
static void fill_block(lq__media_track *t, lq_report_block *b)
{
	int64_t now = t->worker->now;
	uint64_t expected = (uint64_t)(t->highest - t->first);
	int64_t lost = (int64_t)(expected - t->received);
	uint64_t expected_now = expected - t->expected_before, received_now = t->received - t->received_before;
	lq__add(&t->peer->packets_expected, expected_now);
	lq__add(&t->peer->packets_missed, expected_now > received_now ? expected_now - received_now : 0);
	if (t->config.media == LQ_MEDIA_AUDIO && t->config.clock_rate)
		atomic_store_explicit(&t->peer->jitter_in, (uint64_t)(t->jitter * 1e6 / t->config.clock_rate), memory_order_relaxed);
	t->expected_before = expected;
	t->received_before = t->received;
	atomic_store_explicit(&t->packets_lost, lost > 0 ? (uint64_t)lost : 0, memory_order_relaxed);
	*b = (lq_report_block){.ssrc = t->config.ssrc, .highest_seq = (uint32_t)t->highest, .jitter = (uint32_t)t->jitter};
	b->lost = lost > 0x7fffff ? 0x7fffff : lost < -0x800000 ? -0x800000 : (int32_t)lost;
	if (expected_now > received_now)
		b->fraction_lost = (uint8_t)((expected_now - received_now) * 255 / expected_now);
	if (t->sr_at != LQ_TIME_NONE) {
		b->last_sr = (uint32_t)(t->sr.ntp >> 16);
		b->delay_since_sr = (uint32_t)((now - t->sr_at) * 65536 / INT64_C(1000000000));
	}
}

/* What a track may take is told with the first of its layers that came; a sender that is told of less would never begin with the others. */
static uint64_t bitrate_of(const lq__media_track *t)
{
	const lq__media_track *main = t->main;
	if (t->config.media != LQ_MEDIA_VIDEO)
		return AUDIO_BITRATE;
	for (uint32_t i = 0; i < main->n_layers && main->layers[i] != t; i++)
		if (main->layers[i]->highest >= 0)
			return 0;
	return VIDEO_BITRATE + (main->n_layers > 1 ? LAYERS_BITRATE : 0);
}

void lq__feedback_report(lq__peer *p)
{
	lq_report_block blocks[BLOCKS_MAX];
	uint32_t ssrcs[BLOCKS_MAX], n = 0;
	uint64_t bitrate = 0;
	p->report_at = p->worker->now + REPORT_INTERVAL;
	LQ__EACH(lq__media_track, t, &p->tracks, link) {
		if (t->highest < 0 || n == BLOCKS_MAX)
			continue;
		bitrate += bitrate_of(t);
		ssrcs[n] = t->config.ssrc;
		fill_block(t, &blocks[n++]);
	}
	if (!n)
		return;
	lq__datagram *d = lq__socket_next(p->worker);
	size_t len = lq_rtcp_write_rr(d->data, LQ_DATAGRAM_MAX, 0, p->ssrc, blocks, n);
	len = lq_rtcp_write_sdes(d->data, LQ_DATAGRAM_MAX, len, p->ssrc, "loquatd");
	len = lq_rtcp_write_remb(d->data, LQ_DATAGRAM_MAX, len, p->ssrc, bitrate, ssrcs, n);
	if (len)
		lq__peer_send_rtcp(p, d, len);
}

/* Feedback is sent behind an empty receiver report, as compound packets want it. */
static size_t begin(const lq__media_track *t, lq__datagram *d)
{
	return lq_rtcp_write_rr(d->data, LQ_DATAGRAM_MAX, 0, t->peer->ssrc, NULL, 0);
}

void lq__feedback_nack(lq__media_track *t, const uint16_t *seqs, uint32_t n)
{
	if (!lq__peer_ready(t->peer))
		return;
	lq__datagram *d = lq__socket_next(t->worker);
	size_t len = lq_rtcp_write_nack(d->data, LQ_DATAGRAM_MAX, begin(t, d), t->peer->ssrc, t->config.ssrc, seqs, n);
	lq__add(&t->nacks_sent, n);
	lq__add(&t->worker->count.nacks_sent, n);
	if (len)
		lq__peer_send_rtcp(t->peer, d, len);
}

void lq__feedback_pli(lq__media_track *t)
{
	if (!t->config.pli || !t->config.ssrc)
		return;
	lq__datagram *d = lq__socket_next(t->worker);
	size_t len = lq_rtcp_write_pli(d->data, LQ_DATAGRAM_MAX, begin(t, d), t->peer->ssrc, t->config.ssrc);
	lq__add(&t->plis_sent, 1);
	lq__add(&t->worker->count.plis_sent, 1);
	if (len)
		lq__peer_send_rtcp(t->peer, d, len);
}
