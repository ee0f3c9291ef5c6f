#include "webrtc/sdp_answer.h"

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>
#include <stdio.h>
#include <string.h>

int lq_sdp_media_alive(const lq_sdp_media *m)
{
	return m->port || m->bundle_only;
}

const lq_sdp_media *lq_sdp_media_by_mid(const lq_sdp *sdp, const char *mid)
{
	for (uint32_t i = 0; i < sdp->n_media; i++)
		if (!strcmp(sdp->media[i].mid, mid))
			return &sdp->media[i];
	return NULL;
}

int lq_sdp_bundle_add(lq_sdp *sdp, const char *mid)
{
	size_t used = strlen(sdp->bundle);
	int n = snprintf(sdp->bundle + used, sizeof sdp->bundle - used, "%s%s", used ? " " : "", mid);
	if (n >= 0 && (size_t)n < sizeof sdp->bundle - used)
		return 0;
	sdp->bundle[used] = 0;
	return LQ_ENOSPACE;
}

int lq_sdp_bundled(const lq_sdp *sdp, const char *mid)
{
	size_t n = strlen(mid);
	for (const char *p = sdp->bundle; *p && n;) {
		size_t len = strcspn(p, " ");
		if (len == n && !memcmp(p, mid, n))
			return 1;
		p += len + (p[len] == ' ');
	}
	return 0;
}

static int has_pt(const lq_sdp_media *m, uint8_t pt)
{
	return lq_sdp_codec_by_pt(m, pt) != NULL;
}

static void take_codec(lq_sdp_media *to, const lq_sdp_codec *c, uint32_t feedback)
{
	if (to->n_codecs == LQ_SDP_MAX_CODECS || has_pt(to, c->pt))
		return;
	to->codecs[to->n_codecs] = *c;
	to->codecs[to->n_codecs++].feedback &= feedback;
}

static void take_codecs(lq_sdp_media *to, const lq_sdp_media *from, const lq_sdp_answer_options *o)
{
	for (uint32_t i = 0; i < o->n_codecs && !(o->first_only && to->n_codecs); i++) {
		const lq_sdp_codec *c = lq_sdp_codec_find(from, o->codecs[i]);
		if (c)
			take_codec(to, c, o->feedback);
	}
	uint32_t n = to->n_codecs;
	for (uint32_t i = 0; o->rtx && i < n; i++) {
		const lq_sdp_codec *rtx = lq_sdp_rtx_for(from, to->codecs[i].pt);
		if (rtx)
			take_codec(to, rtx, 0);
	}
}

static void take_exts(lq_sdp_media *to, const lq_sdp_media *from, const lq_sdp_answer_options *o)
{
	for (uint32_t i = 0; i < from->n_exts; i++)
		for (uint32_t k = 0; k < o->n_exts; k++)
			if (!strcmp(from->exts[i].uri, o->exts[k])) {
				to->exts[to->n_exts++] = from->exts[i];
				break;
			}
}

/* Encodings are told apart by their RIDs in the packets, so both sides must do that extension. */
static void take_layers(lq_sdp_media *to, const lq_sdp_media *from, const lq_sdp_answer_options *o)
{
	const lq_sdp_rid *layers[LQ_SDP_MAX_RIDS];
	uint32_t n = lq_sdp_layers(from, LQ_SDP_SENDONLY, layers, LQ_SDP_MAX_RIDS), taken = 0;
	if (!lq_sdp_ext_id(to, LQ_EXT_RID))
		return;
	for (uint32_t i = 0; i < n && taken < o->max_layers; i++)
		if (lq_sdp_rid_allows(layers[i], to->codecs[0].pt))
			taken += !lq_sdp_add_layer(to, layers[i]->id, LQ_SDP_RECVONLY);
}

static int any_alive(const lq_sdp *sdp)
{
	for (uint32_t i = 0; i < sdp->n_media; i++)
		if (lq_sdp_media_alive(&sdp->media[i]))
			return 1;
	return 0;
}

/* One transport is all that we have: without a BUNDLE group only one section can use it. */
static int acceptable(const lq_sdp *offer, const lq_sdp_media *m, const lq_sdp *answer)
{
	return m->media != LQ_MEDIA_NONE && lq_sdp_media_alive(m) && m->rtcp_mux && m->mid[0] && strstr(m->proto, "RTP/SAVPF") &&
	       (offer->bundle[0] ? lq_sdp_bundled(offer, m->mid) : !any_alive(answer));
}

static void reject(lq_sdp_media *to, const lq_sdp_media *from)
{
	to->port = 0;
	to->direction = LQ_SDP_INACTIVE;
	if (!to->n_codecs && from->n_codecs) /* a format must stand in the line */
		take_codec(to, &from->codecs[0], 0);
}

static int answer_media(const lq_sdp *offer, const lq_sdp_media *from, const lq_sdp_answer_options *o, lq_sdp *answer)
{
	lq_sdp_media *to = lq_sdp_add(answer);
	if (!to)
		return LQ_ENOMEM;
	to->media = from->media;
	memcpy(to->kind, from->kind, sizeof to->kind);
	memcpy(to->proto, from->proto, sizeof to->proto);
	memcpy(to->fmt, from->fmt, sizeof to->fmt);
	memcpy(to->mid, from->mid, sizeof to->mid);
	if (acceptable(offer, from, answer))
		take_codecs(to, from, o);
	if (!to->n_codecs) {
		reject(to, from);
		return 0;
	}
	uint32_t reversed = (from->direction & LQ_SDP_SENDONLY ? LQ_SDP_RECVONLY : 0) | (from->direction & LQ_SDP_RECVONLY ? LQ_SDP_SENDONLY : 0);
	to->direction = reversed & o->direction;
	to->port = 9;
	to->rtcp_mux = 1;
	to->rtcp_rsize = from->rtcp_rsize;
	take_exts(to, from, o);
	take_layers(to, from, o);
	return offer->bundle[0] ? lq_sdp_bundle_add(answer, to->mid) : 0;
}

int lq_sdp_answer(const lq_sdp *offer, const lq_sdp_answer_options *options, lq_sdp *answer)
{
	memset(answer, 0, sizeof *answer);
	if (options->setup != LQ_SETUP_ACTIVE && options->setup != LQ_SETUP_PASSIVE)
		return LQ_EINVAL;
	answer->setup = offer->setup == LQ_SETUP_ACTIVE ? LQ_SETUP_PASSIVE : offer->setup == LQ_SETUP_PASSIVE ? LQ_SETUP_ACTIVE : options->setup;
	for (uint32_t i = 0; i < offer->n_media; i++) {
		int e = answer_media(offer, &offer->media[i], options, answer);
		if (e)
			return e;
	}
	return 0;
}
