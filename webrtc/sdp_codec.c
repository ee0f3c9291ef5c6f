/* What a media section offers: codecs, RTX, extensions. */
#include <ctype.h>
#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>
#include <string.h>
#include <strings.h>

#include "webrtc/sdp.h"

const lq_sdp_codec *lq_sdp_codec_by_pt(const lq_sdp_media *m, uint8_t pt)
{
	for (uint32_t i = 0; i < m->n_codecs; i++)
		if (m->codecs[i].pt == pt)
			return &m->codecs[i];
	return NULL;
}

uint32_t lq_sdp_codec_id(const lq_sdp_codec *c)
{
	static const struct {
		const char *name;
		uint32_t id;
	} known[] = {{"H264", LQ_CODEC_H264}, {"VP8", LQ_CODEC_VP8}, {"VP9", LQ_CODEC_VP9}, {"AV1", LQ_CODEC_AV1}, {"H265", LQ_CODEC_H265},
	             {"opus", LQ_CODEC_OPUS}, {"PCMU", LQ_CODEC_PCMU}, {"PCMA", LQ_CODEC_PCMA}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcasecmp(c->name, known[i].name))
			return known[i].id;
	return LQ_CODEC_NONE;
}

int lq_sdp_fmtp(const lq_sdp_codec *c, const char *name, char *out, size_t size)
{
	size_t n = strlen(name);
	for (const char *p = c->fmtp; *p;) {
		p += strspn(p, "; \t");
		size_t len = strcspn(p, ";");
		if (len > n && !strncasecmp(p, name, n) && p[n] == '=') {
			const char *v = p + n + 1;
			size_t value = len - n - 1;
			while (value && isspace((unsigned char)v[value - 1]))
				value--;
			if (value >= size)
				return LQ_ENOSPACE;
			memcpy(out, v, value);
			out[value] = 0;
			return 0;
		}
		p += len;
	}
	return LQ_ENOENT;
}

static int hex_byte(const char *p)
{
	static const char digits[] = "0123456789abcdef";
	const char *high = p[0] ? strchr(digits, tolower((unsigned char)p[0])) : NULL;
	const char *low = high && p[1] ? strchr(digits, tolower((unsigned char)p[1])) : NULL;
	return low ? (int)((high - digits) << 4 | (low - digits)) : -1;
}

/* 0: not ours. 2: Constrained Baseline, Main or High. 1: Baseline, which in practice is sent as Constrained Baseline. */
static int h264_fit(const lq_sdp_codec *c)
{
	char mode[8], profile[16];
	if (lq_sdp_fmtp(c, "packetization-mode", mode, sizeof mode) || strcmp(mode, "1"))
		return 0;
	if (lq_sdp_fmtp(c, "profile-level-id", profile, sizeof profile))
		return 1; /* RFC 6184 8.1: Baseline */
	int idc = hex_byte(profile), constraints = idc < 0 ? -1 : hex_byte(profile + 2);
	if (constraints < 0 || strlen(profile) != 6)
		return 0;
	if (idc == 0x4d || idc == 0x64)
		return 2;
	return idc != 0x42 ? 0 : constraints & 0x40 ? 2 : 1;
}

static int fit(const lq_sdp_codec *c, uint32_t codec)
{
	char profile[8];
	switch (codec) {
	case LQ_CODEC_H264:
		return c->rate == 90000 ? h264_fit(c) : 0;
	case LQ_CODEC_VP9: /* 8 bits, 4:2:0 */
		return c->rate == 90000 && (lq_sdp_fmtp(c, "profile-id", profile, sizeof profile) || !strcmp(profile, "0")) ? 2 : 0;
	case LQ_CODEC_OPUS:
		return c->rate == 48000 && c->channels == 2 ? 2 : 0;
	default:
		return 2;
	}
}

const lq_sdp_codec *lq_sdp_codec_find(const lq_sdp_media *m, uint32_t codec)
{
	const lq_sdp_codec *best = NULL;
	int best_fit = 0;
	for (uint32_t i = 0; codec && i < m->n_codecs; i++) {
		const lq_sdp_codec *c = &m->codecs[i];
		int f = lq_sdp_codec_id(c) == codec ? fit(c, codec) : 0;
		if (f > best_fit) {
			best = c;
			best_fit = f;
		}
	}
	return best;
}

const lq_sdp_codec *lq_sdp_rtx_for(const lq_sdp_media *m, uint8_t pt)
{
	for (uint32_t i = 0; i < m->n_codecs; i++)
		if (m->codecs[i].apt == pt)
			return &m->codecs[i];
	return NULL;
}

uint8_t lq_sdp_ext_id(const lq_sdp_media *m, const char *uri)
{
	for (uint32_t i = 0; i < m->n_exts; i++)
		if (!strcmp(m->exts[i].uri, uri))
			return m->exts[i].id;
	return 0;
}
