#include "server/codecs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/plugin/buffer.h>

/* A payload type means one format in all of a bundle, so H.264 has one for each profile. */
static const struct {
	uint32_t codec, media, profile;
	uint8_t pt, rtx_pt, channels;
	uint32_t rate;
	const char *name, *fmtp;
} table[] = {
	{LQ_CODEC_OPUS, LQ_MEDIA_AUDIO, 0, 111, 0, 2, 48000, "opus", "minptime=10;useinbandfec=1"},
	{LQ_CODEC_VP8, LQ_MEDIA_VIDEO, 0, 96, 97, 0, 90000, "VP8", ""},
	{LQ_CODEC_VP9, LQ_MEDIA_VIDEO, 0, 98, 99, 0, 90000, "VP9", "profile-id=0"},
	{LQ_CODEC_H264, LQ_MEDIA_VIDEO, 0, 102, 103, 0, 90000, "H264", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"},
	{LQ_CODEC_H264, LQ_MEDIA_VIDEO, 1, 104, 105, 0, 90000, "H264", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f"},
	{LQ_CODEC_H264, LQ_MEDIA_VIDEO, 2, 106, 107, 0, 90000, "H264", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f"},
	{LQ_CODEC_H264, LQ_MEDIA_VIDEO, 3, 108, 109, 0, 90000, "H264", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f"},
};
#define N_TABLE (sizeof table / sizeof *table)

int lq__codec_forwarded(uint32_t codec, uint32_t media)
{
	for (size_t i = 0; i < N_TABLE; i++)
		if (table[i].codec == codec && table[i].media == media)
			return 1;
	return 0;
}

uint32_t lq__codec_profile(const lq_sdp_codec *c)
{
	const char *p = strstr(c->fmtp, "profile-level-id=");
	if (lq_sdp_codec_id(c) != LQ_CODEC_H264)
		return 0;
	unsigned long id = p ? strtoul(p + strlen("profile-level-id="), NULL, 16) : 0x42001f;
	switch (id >> 16) {
	case 0x4d: return 2;
	case 0x64: return 3;
	default: return id & 0x4000 ? 0 : 1; /* constraint_set1: Constrained Baseline */
	}
}

static lq_sdp_codec *add_codec(lq_sdp_media *m, uint8_t pt, const char *name, uint32_t rate, uint8_t channels, const char *fmtp)
{
	lq_sdp_codec *c = &m->codecs[m->n_codecs++];
	*c = (lq_sdp_codec){.pt = pt, .rate = rate, .channels = channels, .apt = 0xffff};
	snprintf(c->name, sizeof c->name, "%s", name);
	snprintf(c->fmtp, sizeof c->fmtp, "%s", fmtp);
	return c;
}

static void add_ext(lq_sdp_media *m, uint8_t id, const char *uri)
{
	lq_sdp_ext *e = &m->exts[m->n_exts++];
	e->id = id;
	snprintf(e->uri, sizeof e->uri, "%s", uri);
}

void lq__codec_offer(uint32_t codec, uint32_t profile, lq_sdp_media *out)
{
	for (size_t i = 0; i < N_TABLE; i++) {
		if (table[i].codec != codec || table[i].profile != profile)
			continue;
		lq_sdp_codec *c = add_codec(out, table[i].pt, table[i].name, table[i].rate, table[i].channels, table[i].fmtp);
		if (table[i].rtx_pt) {
			char apt[16];
			c->feedback = LQ_FB_NACK | LQ_FB_PLI | LQ_FB_FIR;
			snprintf(apt, sizeof apt, "apt=%u", table[i].pt);
			add_codec(out, table[i].rtx_pt, "rtx", table[i].rate, 0, apt)->apt = table[i].pt;
		}
	}
	add_ext(out, 1, LQ_EXT_MID);
	add_ext(out, 2, LQ_EXT_ABS_SEND_TIME);
	add_ext(out, 3, LQ_EXT_ABS_CAPTURE_TIME);
	if (out->media == LQ_MEDIA_AUDIO)
		add_ext(out, 4, LQ_EXT_AUDIO_LEVEL);
}
