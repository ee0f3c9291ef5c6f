#include "webrtc/sdp.h"

#include <inttypes.h>
#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct writer {
	char *out;
	size_t size, len;
} writer;

static void put(writer *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(writer *w, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	size_t left = w->len < w->size ? w->size - w->len : 0;
	int n = vsnprintf(left ? w->out + w->len : NULL, left, fmt, args);
	va_end(args);
	w->len += n > 0 ? (size_t)n : 0;
}

static void put_session(writer *w, const lq_sdp *s)
{
	put(w, "v=0\r\no=- %" PRIu64 " %" PRIu64 " IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n", s->session_id, s->session_version);
	if (s->ice_lite)
		put(w, "a=ice-lite\r\n");
	if (s->bundle[0])
		put(w, "a=group:BUNDLE %s\r\n", s->bundle);
	put(w, "a=msid-semantic: WMS *\r\n");
}

static void put_transport(writer *w, const lq_sdp *s)
{
	static const char *const setups[] = {"", "actpass", "active", "passive"};
	if (s->ice_ufrag[0])
		put(w, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", s->ice_ufrag, s->ice_pwd);
	if (s->trickle)
		put(w, "a=ice-options:trickle\r\n");
	if (s->fingerprint_len) {
		put(w, "a=fingerprint:%s ", s->fingerprint_hash);
		for (uint32_t i = 0; i < s->fingerprint_len; i++)
			put(w, "%s%02X", i ? ":" : "", s->fingerprint[i]);
		put(w, "\r\n");
	}
	if (s->setup != LQ_SETUP_NONE && s->setup <= LQ_SETUP_PASSIVE)
		put(w, "a=setup:%s\r\n", setups[s->setup]);
}

static void put_candidates(writer *w, const lq_sdp *s)
{
	for (uint32_t i = 0; i < s->n_candidates; i++)
		put(w, "a=%s\r\n", s->candidates[i]);
	if (s->end_of_candidates)
		put(w, "a=end-of-candidates\r\n");
}

static void put_codec(writer *w, const lq_sdp_codec *c)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} feedback[] = {{LQ_FB_REMB, "goog-remb"}, {LQ_FB_TWCC, "transport-cc"}, {LQ_FB_FIR, "ccm fir"}, {LQ_FB_NACK, "nack"}, {LQ_FB_PLI, "nack pli"}};
	if (c->name[0]) {
		put(w, "a=rtpmap:%u %s/%" PRIu32, c->pt, c->name, c->rate);
		put(w, c->channels > 1 ? "/%u\r\n" : "\r\n", c->channels);
	}
	for (size_t i = 0; i < sizeof feedback / sizeof *feedback; i++)
		if (c->feedback & feedback[i].bit)
			put(w, "a=rtcp-fb:%u %s\r\n", c->pt, feedback[i].name);
	if (c->fmtp[0])
		put(w, "a=fmtp:%u %s\r\n", c->pt, c->fmtp);
}

static void put_rid(writer *w, const lq_sdp_rid *rid)
{
	const char *sep = " pt=";
	put(w, "a=rid:%s %s", rid->id, rid->direction == LQ_SDP_SENDONLY ? "send" : "recv");
	for (unsigned pt = 0; pt < 128; pt++)
		if (rid->pts[pt / 8] & 1 << pt % 8) {
			put(w, "%s%u", sep, pt);
			sep = ",";
		}
	put(w, "\r\n");
}

/* Sent and received encodings keep their places among each other, where they alternate in the list. */
static void put_simulcast(writer *w, const lq_sdp_media *m)
{
	uint32_t direction = 0;
	for (uint32_t i = 0; i < m->n_rids; i++)
		put_rid(w, &m->rids[i]);
	for (uint32_t i = 0; i < m->n_rids && m->rids[i].simulcast; i++) {
		const lq_sdp_rid *rid = &m->rids[i];
		if (!i)
			put(w, "a=simulcast:");
		if (rid->direction == direction)
			put(w, ";");
		else
			put(w, "%s%s ", i ? " " : "", rid->direction == LQ_SDP_SENDONLY ? "send" : "recv");
		put(w, "%s%s", rid->paused ? "~" : "", rid->id);
		direction = rid->direction;
	}
	if (direction)
		put(w, "\r\n");
}

static void put_sources(writer *w, const lq_sdp_media *m)
{
	for (uint32_t i = 0; i < m->n_sims; i++)
		put(w, i ? " %" PRIu32 : "a=ssrc-group:SIM %" PRIu32, m->sims[i]);
	if (m->n_sims)
		put(w, "\r\n");
	for (uint32_t i = 0; i < m->n_ssrcs; i++)
		if (m->ssrcs[i].rtx)
			put(w, "a=ssrc-group:FID %" PRIu32 " %" PRIu32 "\r\n", m->ssrcs[i].ssrc, m->ssrcs[i].rtx);
	for (uint32_t i = 0; i < m->n_ssrcs; i++) {
		uint32_t both[2] = {m->ssrcs[i].ssrc, m->ssrcs[i].rtx};
		for (int k = 0; k < 2 && both[k]; k++)
			put(w, "a=ssrc:%" PRIu32 " cname:%s\r\n", both[k], m->cname[0] ? m->cname : "-");
	}
}

static void put_media_line(writer *w, const lq_sdp_media *m)
{
	put(w, "m=%s %u %s", m->kind, m->port, m->proto);
	for (uint32_t i = 0; i < m->n_codecs; i++)
		put(w, " %u", m->codecs[i].pt);
	if (!m->n_codecs)
		put(w, " %s", m->fmt[0] ? m->fmt : "0");
	put(w, "\r\nc=IN IP4 0.0.0.0\r\n");
}

static void put_media(writer *w, const lq_sdp *s, const lq_sdp_media *m, int with_candidates)
{
	static const char *const directions[] = {"inactive", "sendonly", "recvonly", "sendrecv"};
	int alive = m->port || m->bundle_only;
	put_media_line(w, m);
	if (alive && m->bandwidth)
		put(w, "b=AS:%" PRIu32 "\r\n", m->bandwidth);
	if (with_candidates)
		put_candidates(w, s);
	if (alive)
		put_transport(w, s);
	if (m->mid[0])
		put(w, "a=mid:%s\r\n", m->mid);
	if (m->bundle_only)
		put(w, "a=bundle-only\r\n");
	for (uint32_t i = 0; i < m->n_exts; i++)
		put(w, "a=extmap:%u %s\r\n", m->exts[i].id, m->exts[i].uri);
	if (m->n_codecs)
		put(w, "a=%s\r\n", directions[m->direction & LQ_SDP_SENDRECV]);
	if (m->msid[0])
		put(w, "a=msid:%s\r\n", m->msid);
	if (m->rtcp_mux)
		put(w, "a=rtcp-mux\r\n");
	if (m->rtcp_rsize)
		put(w, "a=rtcp-rsize\r\n");
	for (uint32_t i = 0; i < m->n_codecs; i++)
		put_codec(w, &m->codecs[i]);
	put_simulcast(w, m);
	put_sources(w, m);
}

int lq_sdp_write(const lq_sdp *sdp, char *out, size_t size)
{
	writer w = {out, size, 0};
	int given = 0;
	put_session(&w, sdp);
	for (uint32_t i = 0; i < sdp->n_media; i++) {
		const lq_sdp_media *m = &sdp->media[i];
		int with_candidates = !given && (m->port || m->bundle_only);
		given |= with_candidates;
		put_media(&w, sdp, m, with_candidates);
	}
	return w.len < size ? (int)w.len : LQ_ENOSPACE;
}
