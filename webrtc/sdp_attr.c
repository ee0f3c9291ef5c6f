/* The attributes of SDP. Those that we do not know are stepped over. */
#include "webrtc/sdp_attr.h"

#include <ctype.h>
#include <loquat/plugin/errors.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static int session_only(sdp_reader *r)
{
	return r->media == NULL;
}

/* Transport values are taken at session level, or from the first section that is alive and has them. */
static int takes(sdp_reader *r, uint32_t *of)
{
	if (session_only(r))
		return !*of;
	if (!r->media->port && !r->media->bundle_only)
		return 0;
	if (!*of)
		*of = r->sdp->n_media;
	return *of == r->sdp->n_media;
}

static int copy_all(sdp_reader *r, const char *v, char *out, size_t size)
{
	return lq__sdp_copy(r, v, strlen(v), out, size);
}

static int on_group(sdp_reader *r, const char *v)
{
	if (!session_only(r) || strncmp(v, "BUNDLE", 6) || (v[6] && v[6] != ' '))
		return 0;
	v += 6;
	return copy_all(r, v + strspn(v, " "), r->sdp->bundle, sizeof r->sdp->bundle);
}

static int on_ufrag(sdp_reader *r, const char *v)
{
	return takes(r, &r->ice_of) ? copy_all(r, v, r->sdp->ice_ufrag, sizeof r->sdp->ice_ufrag) : 0;
}

static int on_pwd(sdp_reader *r, const char *v)
{
	return takes(r, &r->ice_of) ? copy_all(r, v, r->sdp->ice_pwd, sizeof r->sdp->ice_pwd) : 0;
}

static int on_ice_lite(sdp_reader *r, const char *v)
{
	r->sdp->ice_lite = 1;
	return 0;
}

static int on_ice_options(sdp_reader *r, const char *v)
{
	const char *word;
	for (size_t n; (n = lq__sdp_word(&v, &word));)
		if (n == 7 && !memcmp(word, "trickle", 7))
			r->sdp->trickle = 1;
	return 0;
}

static int hex(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

static int on_fingerprint(sdp_reader *r, const char *v)
{
	lq_sdp *s = r->sdp;
	const char *word;
	size_t n = lq__sdp_word(&v, &word), len = 0;
	uint32_t of = r->fingerprint_of;
	if (!takes(r, &r->fingerprint_of))
		return 0;
	if (of != r->fingerprint_of) /* a section's own replaces the session's */
		s->fingerprint_len = 0;
	if (s->fingerprint_len && !strcmp(s->fingerprint_hash, "sha-256")) /* of several, SHA-256 is taken */
		return 0;
	if (lq__sdp_copy(r, word, n, s->fingerprint_hash, sizeof s->fingerprint_hash))
		return LQ_EPARSE;
	for (char *p = s->fingerprint_hash; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	s->fingerprint_len = 0;
	for (v += strspn(v, " "); *v; v += *v == ':') {
		int high = hex(v[0]), low = high < 0 ? -1 : hex(v[1]);
		if (low < 0 || (v[2] && v[2] != ':') || (v[2] == ':' && !v[3]))
			return lq__sdp_fail(r, "wants pairs of hexadecimal digits with colons between");
		if (len == sizeof s->fingerprint)
			return lq__sdp_fail(r, "more than %zu bytes", sizeof s->fingerprint);
		s->fingerprint[len++] = (uint8_t)(high << 4 | low);
		v += 2;
	}
	if (!n || !len)
		return lq__sdp_fail(r, "wants a hash and its value");
	s->fingerprint_len = (uint32_t)len;
	return 0;
}

static int on_setup(sdp_reader *r, const char *v)
{
	static const char *const names[] = {"", "actpass", "active", "passive"};
	if (!takes(r, &r->setup_of))
		return 0;
	for (uint32_t i = LQ_SETUP_ACTPASS; i <= LQ_SETUP_PASSIVE; i++) {
		if (!strcmp(v, names[i])) {
			r->sdp->setup = i;
			return 0;
		}
	}
	return lq__sdp_fail(r, "'%.20s' is none of actpass, active, passive", v);
}

static int on_candidate(sdp_reader *r, const char *v)
{
	lq_sdp *s = r->sdp;
	if (!takes(r, &r->candidates_of))
		return 0;
	if (s->n_candidates == LQ_SDP_MAX_CANDIDATES)
		return lq__sdp_fail(r, "more than %d candidates", LQ_SDP_MAX_CANDIDATES);
	char *out = s->candidates[s->n_candidates];
	memcpy(out, "candidate:", 10);
	if (copy_all(r, v, out + 10, sizeof s->candidates[0] - 10))
		return LQ_EPARSE;
	s->n_candidates++;
	return 0;
}

static int on_end_of_candidates(sdp_reader *r, const char *v)
{
	r->sdp->end_of_candidates = 1;
	return 0;
}

static int set_direction(sdp_reader *r, uint32_t direction)
{
	*(r->media ? &r->media->direction : &r->direction) = direction;
	return 0;
}

static int on_sendrecv(sdp_reader *r, const char *v)
{
	return set_direction(r, LQ_SDP_SENDRECV);
}

static int on_sendonly(sdp_reader *r, const char *v)
{
	return set_direction(r, LQ_SDP_SENDONLY);
}

static int on_recvonly(sdp_reader *r, const char *v)
{
	return set_direction(r, LQ_SDP_RECVONLY);
}

static int on_inactive(sdp_reader *r, const char *v)
{
	return set_direction(r, LQ_SDP_INACTIVE);
}

static int on_extmap(sdp_reader *r, const char *v)
{
	uint32_t *n = r->media ? &r->media->n_exts : &r->n_exts;
	lq_sdp_ext *list = r->media ? r->media->exts : r->exts;
	uint64_t id;
	const char *uri;
	if (lq__sdp_number(&v, 65535, &id))
		return lq__sdp_fail(r, "wants a number");
	v += *v == '/' ? strcspn(v, " ") : 0; /* a direction */
	size_t len = lq__sdp_word(&v, &uri);
	if (!len)
		return lq__sdp_fail(r, "wants a URI");
	if (!id || id > 255 || len >= sizeof list->uri) /* cannot be carried, or is none of ours */
		return 0;
	for (uint32_t i = 0; i < *n; i++)
		if (list[i].id == id)
			return lq__sdp_fail(r, "number %u is there twice", (unsigned)id);
	if (*n == LQ_SDP_MAX_EXTS)
		return lq__sdp_fail(r, "more than %d extensions", LQ_SDP_MAX_EXTS);
	list[*n].id = (uint8_t)id;
	memcpy(list[*n].uri, uri, len);
	list[(*n)++].uri[len] = 0;
	return 0;
}

static int on_mid(sdp_reader *r, const char *v)
{
	if (!r->media)
		return 0;
	if (!*v || strchr(v, ' '))
		return lq__sdp_fail(r, "wants one word");
	for (uint32_t i = 0; i + 1 < r->sdp->n_media; i++)
		if (!strcmp(r->sdp->media[i].mid, v))
			return lq__sdp_fail(r, "'%.32s' is there twice", v);
	return copy_all(r, v, r->media->mid, sizeof r->media->mid);
}

static int on_rtcp_mux(sdp_reader *r, const char *v)
{
	if (r->media)
		r->media->rtcp_mux = 1;
	return 0;
}

static int on_rtcp_rsize(sdp_reader *r, const char *v)
{
	if (r->media)
		r->media->rtcp_rsize = 1;
	return 0;
}

static int on_bundle_only(sdp_reader *r, const char *v)
{
	if (r->media)
		r->media->bundle_only = 1;
	return 0;
}

static int on_msid(sdp_reader *r, const char *v)
{
	return r->media && !r->media->msid[0] ? copy_all(r, v, r->media->msid, sizeof r->media->msid) : 0;
}

/* The codec that "PT …" names; NULL with *bad set when there is no number. A payload type that the m= line has not is ignored. */
static lq_sdp_codec *codec_of(sdp_reader *r, const char **v, int *bad)
{
	uint64_t pt;
	*bad = lq__sdp_number(v, 255, &pt) || (**v && **v != ' ');
	if (*bad || !r->media)
		return NULL;
	*v += strspn(*v, " ");
	return (lq_sdp_codec *)lq_sdp_codec_by_pt(r->media, (uint8_t)pt);
}

static int on_rtpmap(sdp_reader *r, const char *v)
{
	int bad;
	uint64_t rate, channels = 1;
	lq_sdp_codec *c = codec_of(r, &v, &bad);
	if (bad)
		return lq__sdp_fail(r, "wants a payload type");
	if (!c)
		return 0;
	size_t n = strcspn(v, "/");
	if (!n || lq__sdp_copy(r, v, n, c->name, sizeof c->name))
		return lq__sdp_fail(r, "wants a name of at most %zu characters", sizeof c->name - 1);
	v += n;
	if (*v++ != '/' || lq__sdp_number(&v, 1000000, &rate) || !rate)
		return lq__sdp_fail(r, "wants a clock rate");
	if (*v == '/' && (v++, lq__sdp_number(&v, 255, &channels)))
		return lq__sdp_fail(r, "the number of channels is a number");
	c->rate = (uint32_t)rate;
	c->channels = (uint8_t)channels;
	return 0;
}

static int on_fmtp(sdp_reader *r, const char *v)
{
	int bad;
	lq_sdp_codec *c = codec_of(r, &v, &bad);
	if (bad)
		return lq__sdp_fail(r, "wants a payload type");
	if (!c)
		return 0;
	if (copy_all(r, v, c->fmtp, sizeof c->fmtp))
		return LQ_EPARSE;
	const char *apt = v;
	uint64_t pt;
	if (!strncasecmp(apt, "apt=", 4) && (apt += 4, !lq__sdp_number(&apt, 127, &pt)))
		c->apt = (uint16_t)pt;
	return 0;
}

static uint32_t feedback_bit(const char *v)
{
	static const struct {
		const char *name;
		uint32_t bit;
	} known[] = {{"nack", LQ_FB_NACK}, {"nack pli", LQ_FB_PLI}, {"ccm fir", LQ_FB_FIR}, {"goog-remb", LQ_FB_REMB}, {"transport-cc", LQ_FB_TWCC}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(v, known[i].name))
			return known[i].bit;
	return 0;
}

static int on_rtcp_fb(sdp_reader *r, const char *v)
{
	int bad;
	if (v[0] == '*' && v[1] == ' ') {
		for (uint32_t i = 0; r->media && i < r->media->n_codecs; i++)
			r->media->codecs[i].feedback |= feedback_bit(v + 2);
		return 0;
	}
	lq_sdp_codec *c = codec_of(r, &v, &bad);
	if (bad)
		return lq__sdp_fail(r, "wants a payload type or *");
	if (c)
		c->feedback |= feedback_bit(v);
	return 0;
}

static int add_ssrc(sdp_reader *r, uint32_t ssrc, uint32_t rtx)
{
	lq_sdp_media *m = r->media;
	for (uint32_t i = 0; i < m->n_ssrcs; i++) {
		if (rtx && m->ssrcs[i].ssrc == rtx) { /* was listed alone before its group was read */
			memmove(&m->ssrcs[i], &m->ssrcs[i + 1], (m->n_ssrcs - i - 1) * sizeof m->ssrcs[0]);
			m->n_ssrcs--;
			i--;
		} else if (m->ssrcs[i].ssrc == ssrc) {
			m->ssrcs[i].rtx = rtx ? rtx : m->ssrcs[i].rtx;
			ssrc = 0;
		} else if (m->ssrcs[i].rtx == ssrc) {
			ssrc = 0;
		}
	}
	if (!ssrc)
		return 0;
	if (m->n_ssrcs == LQ_SDP_MAX_SSRCS)
		return lq__sdp_fail(r, "more than %d sources", LQ_SDP_MAX_SSRCS);
	m->ssrcs[m->n_ssrcs].ssrc = ssrc;
	m->ssrcs[m->n_ssrcs++].rtx = rtx;
	return 0;
}

static int on_ssrc_group(sdp_reader *r, const char *v)
{
	uint64_t ssrc, rtx;
	if (r->media && !strncmp(v, "SIM ", 4))
		return lq__sdp_sim_group(r, v + 4);
	if (!r->media || strncmp(v, "FID ", 4))
		return 0;
	v += 4;
	if (lq__sdp_number(&v, UINT32_MAX, &ssrc) || lq__sdp_number(&v, UINT32_MAX, &rtx) || !ssrc || !rtx || ssrc == rtx)
		return lq__sdp_fail(r, "FID wants two different sources");
	return add_ssrc(r, (uint32_t)ssrc, (uint32_t)rtx);
}

static int on_ssrc(sdp_reader *r, const char *v)
{
	uint64_t ssrc;
	if (!r->media)
		return 0;
	if (lq__sdp_number(&v, UINT32_MAX, &ssrc) || (*v && *v != ' '))
		return lq__sdp_fail(r, "wants a number");
	v += strspn(v, " ");
	if (!strncmp(v, "cname:", 6) && !r->media->cname[0] && copy_all(r, v + 6, r->media->cname, sizeof r->media->cname))
		return LQ_EPARSE;
	if (!strncmp(v, "msid:", 5) && on_msid(r, v + 5))
		return LQ_EPARSE;
	return ssrc ? add_ssrc(r, (uint32_t)ssrc, 0) : 0;
}

static const struct {
	const char *name;
	int (*read)(sdp_reader *r, const char *value);
} attributes[] = {
	{"group", on_group}, {"ice-ufrag", on_ufrag}, {"ice-pwd", on_pwd}, {"ice-lite", on_ice_lite}, {"ice-options", on_ice_options},
	{"fingerprint", on_fingerprint}, {"setup", on_setup}, {"candidate", on_candidate}, {"end-of-candidates", on_end_of_candidates},
	{"sendrecv", on_sendrecv}, {"sendonly", on_sendonly}, {"recvonly", on_recvonly}, {"inactive", on_inactive}, {"extmap", on_extmap},
	{"mid", on_mid}, {"rtcp-mux", on_rtcp_mux}, {"rtcp-rsize", on_rtcp_rsize}, {"bundle-only", on_bundle_only}, {"msid", on_msid},
	{"rtpmap", on_rtpmap}, {"fmtp", on_fmtp}, {"rtcp-fb", on_rtcp_fb}, {"ssrc-group", on_ssrc_group}, {"ssrc", on_ssrc},
	{"rid", lq__sdp_rid}, {"simulcast", lq__sdp_simulcast},
};

int lq__sdp_attribute(sdp_reader *r, const char *text)
{
	size_t n = strcspn(text, ":");
	for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
		if (strlen(attributes[i].name) == n && !memcmp(attributes[i].name, text, n)) {
			snprintf(r->where, sizeof r->where, "a=%s", attributes[i].name);
			return attributes[i].read(r, text + n + (text[n] == ':'));
		}
	}
	return 0;
}

int lq__sdp_complete(sdp_reader *r)
{
	for (uint32_t i = 0; i < r->sdp->n_media; i++) {
		lq_sdp_media *m = &r->sdp->media[i];
		for (uint32_t k = 0; k < m->n_codecs; k++) /* an apt of something else than RTX means nothing */
			if (strcasecmp(m->codecs[k].name, "rtx"))
				m->codecs[k].apt = 0xffff;
		lq__sdp_complete_rids(m);
	}
	return 0;
}
