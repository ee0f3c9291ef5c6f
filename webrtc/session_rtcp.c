/* RTCP in and out: reports, questions for packets and key frames. */
#include <string.h>

#include <loquat/plugin/errors.h>
#include <loquat/plugin/node.h>

#include "session_internal.h"

#define SENDER_REPORT_EVERY LQ_SEC
#define MAX_BLOCKS 31

/* ---- in ---- */

static lq__track *sent_track(const lq_session *s, uint32_t ssrc)
{
	for (uint32_t i = 0; i < s->n_tracks; i++)
		if (s->tracks[i]->send && s->tracks[i]->active && s->tracks[i]->ssrc == ssrc)
			return s->tracks[i];
	return NULL;
}

static lq__track *received_track(const lq_session *s, uint32_t ssrc)
{
	for (uint32_t i = 0; i < s->n_tracks; i++)
		if (s->tracks[i]->receive && s->tracks[i]->receive->bound && s->tracks[i]->receive->ssrc == ssrc)
			return s->tracks[i];
	return NULL;
}

static int64_t wall(const lq_session *s, int64_t now)
{
	return now + s->config.wall_offset + NTP_UNIX;
}

static void on_sender_report(lq_session *s, const lq_rtcp *p, int64_t now)
{
	lq__track *t = received_track(s, p->ssrc);
	if (!t)
		return;
	lq__receiver *r = t->receive;
	r->sr_middle = (uint32_t)(p->sender.ntp >> 16);
	r->sr_arrival = now;
	if (!r->ts.started)
		lq_unwrap_ts(&r->ts, p->sender.rtp);
	/* Near the last timestamp, without moving it. */
	r->sr = (lq__sr_map){.known = 1, .ntp = lq__ntp_to_ns(p->sender.ntp), .rtp = r->ts.last + lq_ts_diff(p->sender.rtp, (uint32_t)r->ts.last)};
}

static void on_block(lq_session *s, const lq_report_block *b, int64_t now)
{
	lq__track *t = sent_track(s, b->ssrc);
	if (!t)
		return;
	lq__sender *snd = t->send;
	snd->fraction_lost = b->fraction_lost;
	snd->lost = b->lost;
	snd->remote_jitter = b->jitter;
	if (b->last_sr) {
		/* RFC 3550 §6.4.1, in units of 1/65536 s */
		uint32_t units = (uint32_t)(lq__ns_to_ntp(wall(s, now)) >> 16) - b->last_sr - b->delay_since_sr;
		int64_t rtt = (int64_t)units * LQ_SEC / 65536;
		if (units < 10 * 65536)
			snd->rtt = snd->rtt ? snd->rtt + (rtt - snd->rtt) / 4 : rtt;
	}
	if (s->config.callbacks.loss)
		s->config.callbacks.loss(s->config.arg, t->name, b->fraction_lost * 1000u / 256);
}

static void on_nack(void *arg, uint16_t seq)
{
	lq__track *t = arg;
	t->send->nack_count++;
	lq__resend(t, seq);
}

static void on_payload_feedback(lq_session *s, const lq_rtcp *p, int64_t now)
{
	lq__track *t;
	uint32_t ssrc;
	uint8_t seq;
	uint64_t rate;
	switch (p->count) {
	case LQ_PSFB_PLI:
		if ((t = sent_track(s, p->media_ssrc))) {
			t->send->pli_count++;
			lq__key_frame_asked(t, now);
		}
		break;
	case LQ_PSFB_FIR:
		for (uint32_t i = 0; !lq_rtcp_fir(p, i, &ssrc, &seq); i++)
			if ((t = sent_track(s, ssrc))) {
				t->send->fir_count++;
				lq__key_frame_asked(t, now);
			}
		break;
	case LQ_PSFB_AFB:
		if (!lq_rtcp_remb(p, &rate) && s->config.callbacks.rate)
			s->config.callbacks.rate(s->config.arg, rate);
		break;
	}
}

static void on_packet(lq_session *s, const lq_rtcp *p, int64_t now)
{
	lq_report_block b;
	lq__track *t;
	switch (p->type) {
	case LQ_RTCP_SR:
		on_sender_report(s, p, now);
		/* fall through */
	case LQ_RTCP_RR:
		for (uint32_t i = 0; !lq_rtcp_block(p, i, &b); i++)
			on_block(s, &b, now);
		break;
	case LQ_RTCP_RTPFB:
		if (p->count == LQ_RTPFB_NACK && (t = sent_track(s, p->media_ssrc)) && t->media == LQ_MEDIA_VIDEO)
			lq_rtcp_nacks(p, on_nack, t);
		break;
	case LQ_RTCP_PSFB:
		on_payload_feedback(s, p, now);
		break;
	}
}

void lq__receive_rtcp(lq_session *s, const uint8_t *packet, size_t len, int64_t now)
{
	size_t pos = 0;
	lq_rtcp p;
	int e;
	while (!(e = lq_rtcp_next(packet, len, &pos, &p)))
		on_packet(s, &p, now);
	if (e != LQ_END)
		s->bad_packets++;
	lq__pace(s, now);
}

/* ---- out ---- */

typedef struct compound {
	_Alignas(4) uint8_t data[DATAGRAM_MAX];
	size_t len;
} compound;

#define ROOM (DATAGRAM_MAX - LQ_SRTP_OVERHEAD < LQ_RTP_MAX ? DATAGRAM_MAX - LQ_SRTP_OVERHEAD : LQ_RTP_MAX)

void lq__send_report(lq__track *t, int64_t now)
{
	lq_session *s = t->session;
	lq__sender *snd = t->send;
	snd->next_report = now + SENDER_REPORT_EVERY;
	/* The RTP time of this moment, from what was captured last: so a report ties RTP time to capture time. */
	int64_t since = now - snd->last_capture, rate = t->rate;
	lq_sender_info info = {.ntp = lq__ns_to_ntp(wall(s, now)), .rtp = snd->last_ts + (uint32_t)(since / LQ_SEC * rate + since % LQ_SEC * rate / LQ_SEC),
	                       .packets = (uint32_t)snd->packets_sent, .octets = (uint32_t)snd->payload_bytes};
	compound c;
	c.len = lq_rtcp_write_sr(c.data, ROOM, 0, t->ssrc, &info, NULL, 0);
	c.len = lq_rtcp_write_sdes(c.data, ROOM, c.len, t->ssrc, s->cname);
	lq__send_rtcp(s, c.data, c.len);
}

/* RFC 3550 A.3 */
static lq_report_block block_of(lq__track *t, int64_t now)
{
	lq__receiver *r = t->receive;
	uint64_t expected = (uint64_t)(r->highest - r->base_seq + 1);
	int64_t since = (int64_t)(expected - r->expected_prior), lost = since - (int64_t)(r->received - r->received_prior);
	r->expected_prior = expected;
	r->received_prior = r->received;
	int64_t total = (int64_t)(expected - r->received);
	lq_report_block b = {.ssrc = r->ssrc, .highest_seq = (uint32_t)r->highest, .jitter = (uint32_t)r->jitter, .last_sr = r->sr_middle};
	b.fraction_lost = (uint8_t)(since > 0 && lost > 0 ? (lost * 256 / since > 255 ? 255 : lost * 256 / since) : 0);
	b.lost = (int32_t)(total > 0x7fffff ? 0x7fffff : total < -0x800000 ? -0x800000 : total);
	if (r->sr_middle)
		b.delay_since_sr = (uint32_t)((now - r->sr_arrival) * 65536 / LQ_SEC);
	return b;
}

static uint32_t blocks(lq_session *s, lq_report_block *out, uint32_t *from, int64_t now)
{
	uint32_t n = 0;
	for (; *from < s->n_tracks && n < MAX_BLOCKS; ++*from) {
		lq__track *t = s->tracks[*from];
		if (t->receive && t->receive->received)
			out[n++] = block_of(t, now);
	}
	return n;
}

void lq__receiver_reports(lq_session *s, int64_t now)
{
	lq_report_block b[MAX_BLOCKS];
	uint32_t from = 0, n;
	while ((n = blocks(s, b, &from, now))) {
		compound c;
		c.len = lq_rtcp_write_rr(c.data, ROOM, 0, s->ssrc, b, n);
		c.len = lq_rtcp_write_sdes(c.data, ROOM, c.len, s->ssrc, s->cname);
		lq__send_rtcp(s, c.data, c.len);
	}
}

/* Feedback needs a report before it (RFC 4585 §3.1); an empty one is enough. */
static size_t begin_feedback(lq_session *s, compound *c)
{
	c->len = lq_rtcp_write_rr(c->data, ROOM, 0, s->ssrc, NULL, 0);
	return c->len = lq_rtcp_write_sdes(c->data, ROOM, c->len, s->ssrc, s->cname);
}

void lq__ask_packets(lq__track *t, const uint16_t *seqs, uint32_t n, int64_t now)
{
	compound c;
	begin_feedback(t->session, &c);
	c.len = lq_rtcp_write_nack(c.data, ROOM, c.len, t->session->ssrc, t->receive->ssrc, seqs, n);
	lq__send_rtcp(t->session, c.data, c.len);
}

void lq__ask_key_frame(lq__track *t, int64_t now)
{
	compound c;
	begin_feedback(t->session, &c);
	c.len = lq_rtcp_write_pli(c.data, ROOM, c.len, t->session->ssrc, t->receive->ssrc);
	lq__send_rtcp(t->session, c.data, c.len);
}
