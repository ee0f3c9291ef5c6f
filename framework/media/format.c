#include "media/format.h"

#include <loquat/plugin/errors.h>
#include <stdio.h>
#include <string.h>

static int fps_equal(const lq_format *a, const lq_format *b)
{
	return (uint64_t)a->fps_num * b->fps_den == (uint64_t)b->fps_num * a->fps_den && !a->fps_num == !b->fps_num;
}

static int extra_equal(const lq_format *a, const lq_format *b)
{
	return a->extra_size == b->extra_size && (!a->extra_size || !memcmp(a->extra, b->extra, a->extra_size));
}

int lq__format_equal(const lq_format *a, const lq_format *b)
{
	return a == b || (a->media == b->media && a->codec == b->codec && a->pixel == b->pixel && a->width == b->width && a->height == b->height &&
	                  fps_equal(a, b) && a->sample == b->sample && a->rate == b->rate && a->channels == b->channels && extra_equal(a, b));
}

static int both(uint32_t a, uint32_t b, uint32_t *out)
{
	*out = a ? a : b;
	return !a || !b || a == b;
}

int lq__format_match(const lq_format *a, const lq_format *b, lq_format *out)
{
	lq_format m = {.struct_size = sizeof m};
	int ok = both(a->media, b->media, &m.media) && both(a->codec, b->codec, &m.codec) && both(a->pixel, b->pixel, &m.pixel) &&
	         both(a->width, b->width, &m.width) && both(a->height, b->height, &m.height) && both(a->sample, b->sample, &m.sample) &&
	         both(a->rate, b->rate, &m.rate) && both(a->channels, b->channels, &m.channels);
	if (!ok || (a->fps_num && b->fps_num && !fps_equal(a, b)) || (a->extra_size && b->extra_size && !extra_equal(a, b)))
		return LQ_EFORMAT;
	const lq_format *fps = a->fps_num ? a : b, *extra = a->extra_size ? a : b;
	m.fps_num = fps->fps_num;
	m.fps_den = fps->fps_den;
	m.extra_size = extra->extra_size;
	m.extra = extra->extra;
	*out = m;
	return 0;
}

int lq__format_is_complete(const lq_format *f)
{
	if (f->codec != LQ_CODEC_RAW)
		return f->media && f->codec;
	if (f->media == LQ_MEDIA_VIDEO)
		return f->pixel && f->width && f->height;
	return f->media == LQ_MEDIA_AUDIO && f->sample && f->rate && f->channels;
}

const char *lq__media_name(uint32_t media)
{
	static const char *const names[] = {"any", "audio", "video"};
	return media < sizeof names / sizeof *names ? names[media] : "?";
}

const char *lq__codec_name(uint32_t codec)
{
	switch (codec) {
	case LQ_CODEC_NONE: return "any";
	case LQ_CODEC_RAW: return "raw";
	case LQ_CODEC_H264: return "h264";
	case LQ_CODEC_VP8: return "vp8";
	case LQ_CODEC_VP9: return "vp9";
	case LQ_CODEC_AV1: return "av1";
	case LQ_CODEC_H265: return "h265";
	case LQ_CODEC_OPUS: return "opus";
	case LQ_CODEC_AAC: return "aac";
	case LQ_CODEC_PCMU: return "pcmu";
	case LQ_CODEC_PCMA: return "pcma";
	}
	return "?";
}

const char *lq__pixel_name(uint32_t pixel)
{
	static const char *const names[] = {"any", "I420", "NV12", "YUYV", "BGRA", "RGBA"};
	return pixel < sizeof names / sizeof *names ? names[pixel] : "?";
}

const char *lq__sample_name(uint32_t sample)
{
	static const char *const names[] = {"any", "S16", "F32"};
	return sample < sizeof names / sizeof *names ? names[sample] : "?";
}

uint32_t lq__sample_bytes(uint32_t sample)
{
	return sample == LQ_SAMPLE_S16 ? 2 : sample == LQ_SAMPLE_F32 ? 4 : 0;
}

/* Appends, with a space before the first character when asked; stops quietly at the end. */
#define ADD(...) (n += n < size ? (size_t)snprintf(out + n, size - n, __VA_ARGS__) : 0)

static void video_text(const lq_format *f, char *out, size_t size)
{
	size_t n = strlen(out);
	if (f->pixel)
		ADD(" %s", lq__pixel_name(f->pixel));
	if (f->width && f->height)
		ADD(" %ux%u", f->width, f->height);
	else if (f->width || f->height)
		ADD(f->width ? " %ux*" : " *x%u", f->width ? f->width : f->height);
	if (f->fps_num && f->fps_den && f->fps_num % f->fps_den)
		ADD("@%u/%u", f->fps_num, f->fps_den);
	else if (f->fps_num && f->fps_den)
		ADD("@%u", f->fps_num / f->fps_den);
}

static void audio_text(const lq_format *f, char *out, size_t size)
{
	size_t n = strlen(out);
	if (f->sample)
		ADD(" %s", lq__sample_name(f->sample));
	if (f->rate)
		ADD(" %u Hz", f->rate);
	if (f->channels)
		ADD(" %u ch", f->channels);
}

const char *lq__format_text(const lq_format *f, char *out, size_t size)
{
	size_t n = 0;
	out[0] = 0;
	if (f->media || f->codec)
		ADD("%s/%s", lq__media_name(f->media), lq__codec_name(f->codec));
	else
		ADD("any");
	if (f->media != LQ_MEDIA_AUDIO)
		video_text(f, out, size);
	if (f->media != LQ_MEDIA_VIDEO)
		audio_text(f, out, size);
	return out;
}
