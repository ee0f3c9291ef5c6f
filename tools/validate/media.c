/* Streams to feed nodes with: pictures, sound, and small valid packets of some codecs. */
#include "validate.h"

#include <string.h>

enum { SIDE = 64, RATE = 48000, PACKET = 240 };

static uint32_t first(uint32_t a, uint32_t b, uint32_t c)
{
	return a ? a : b ? b : c;
}

static int is_sound_codec(uint32_t codec)
{
	return codec >= LQ_CODEC_OPUS;
}

/* Fills in what a list leaves open: from the hint, else with something usual. */
lq_format v_complete(const lq_format *fmt, uint32_t media, const lq_format *hint)
{
	static const lq_format nothing;
	lq_format f = *fmt;
	const lq_format *h = hint ? hint : &nothing;
	f.media = first(f.media, media, first(h->media, is_sound_codec(f.codec) ? LQ_MEDIA_AUDIO : 0, LQ_MEDIA_VIDEO));
	f.codec = first(f.codec, h->media == f.media ? h->codec : 0, LQ_CODEC_RAW);
	if (h->media != f.media)
		h = &nothing;
	if (f.media == LQ_MEDIA_VIDEO) {
		f.pixel = f.codec == LQ_CODEC_RAW ? first(f.pixel, h->pixel, LQ_PIXEL_I420) : 0;
		f.width = first(f.width, h->width, SIDE);
		f.height = first(f.height, h->height, SIDE);
		if (!f.fps_num) {
			f.fps_num = first(h->fps_num, 0, 50);
			f.fps_den = first(h->fps_den, 0, 1);
		}
	} else {
		f.sample = f.codec == LQ_CODEC_RAW ? first(f.sample, h->sample, LQ_SAMPLE_S16) : 0;
		f.rate = first(f.rate, h->rate, RATE);
		f.channels = first(f.channels, h->channels, 2);
	}
	return f;
}

/* ---- raw ---- */

static lq_buffer *picture(const lq_format *fmt, uint64_t n)
{
	lq_buffer *b = v_buffer_new(fmt, 0);
	for (uint32_t i = 0; b && i < b->n_planes; i++) {
		uint32_t rows = i ? (fmt->height + 1) / 2 : fmt->height;
		for (uint32_t y = 0; y < rows; y++)
			for (uint32_t x = 0; x < b->strides[i]; x++)
				b->planes[i][(size_t)y * b->strides[i] + x] = (uint8_t)(16 + (x * 3 + y * 2 + (uint32_t)n * 5) % 200);
	}
	return b;
}

static lq_buffer *sound(const lq_format *fmt, uint64_t n)
{
	uint32_t samples = fmt->rate / 50, bytes = fmt->sample == LQ_SAMPLE_S16 ? 2 : 4;
	lq_buffer *b = v_buffer_new(fmt, samples * fmt->channels * bytes);
	if (!b)
		return NULL;
	b->samples = samples;
	for (uint32_t i = 0; i < samples * fmt->channels; i++) {
		int wave = (int)((i / fmt->channels + n * samples) * 440 % fmt->rate * 100 / fmt->rate) - 50;
		if (bytes == 2)
			((int16_t *)(void *)b->planes[0])[i] = (int16_t)(wave * 200);
		else
			((float *)(void *)b->planes[0])[i] = (float)wave / 100;
	}
	return b;
}

/* ---- encoded ---- */

typedef struct bits {
	uint8_t *at;
	uint32_t n;
} bits;

static void put(bits *b, uint32_t value, uint32_t n)
{
	for (; n--; b->at += ++b->n / 8, b->n %= 8)
		*b->at = (uint8_t)((b->n ? *b->at : 0) | (value >> n & 1) << (7 - b->n));
}

static void ue(bits *b, uint32_t value)
{
	uint32_t n = 1;
	while ((value + 1) >> n)
		n++;
	put(b, value + 1, 2 * n - 1);
}

/* A key frame of 64x64 in plain samples (ITU-T H.264 7.3.5, I_PCM). */
static uint32_t h264(uint8_t *to, uint64_t n)
{
	static const uint8_t sets[] = {0, 0, 0, 1, 0x67, 0x42, 0xe0, 0x1f, 0xda, 0x10, 0x99, 0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80};
	bits b = {.at = to};
	for (size_t i = 0; i < sizeof sets; i++)
		put(&b, sets[i], 8);
	put(&b, 1, 32), put(&b, 0x65, 8), ue(&b, 0), ue(&b, 7), ue(&b, 0), put(&b, 0, 4), ue(&b, n % 2), put(&b, 0, 2), ue(&b, 0), ue(&b, 1);
	for (uint32_t mb = 0; mb < 16; mb++) {
		ue(&b, 25), put(&b, 0, -b.n % 8);
		memset(b.at, (int)(40 + (mb * 8 + n * 3) % 160), 384);
		b.at += 384;
	}
	put(&b, 1, 1), put(&b, 0, -b.n % 8);
	return (uint32_t)(b.at - to);
}

static lq_buffer *packet(const lq_format *fmt, uint64_t n)
{
	static const uint8_t silence[] = {0xf8, 0xff, 0xfe}; /* Opus, 20 ms, RFC 6716 */
	uint8_t data[8192];
	uint32_t size = PACKET, seed = (uint32_t)n * 2654435761u + 1;
	for (uint32_t i = 0; i < size; i++)
		data[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
	if (fmt->codec == LQ_CODEC_H264)
		size = h264(data, n);
	else if (fmt->codec == LQ_CODEC_OPUS)
		memcpy(data, silence, size = sizeof silence);
	lq_buffer *b = v_buffer_new(fmt, size);
	if (b) {
		memcpy(b->planes[0], data, size);
		b->flags = LQ_BUFFER_KEY;
		b->priority = 2;
	}
	return b;
}

lq_buffer *v_media(const lq_format *fmt, uint64_t n)
{
	int raw = fmt->codec == LQ_CODEC_RAW;
	lq_buffer *b = !raw ? packet(fmt, n) : fmt->media == LQ_MEDIA_VIDEO ? picture(fmt, n) : sound(fmt, n);
	if (!b)
		return NULL;
	if (raw && fmt->media == LQ_MEDIA_VIDEO)
		b->flags = LQ_BUFFER_KEY;
	b->duration = 20 * LQ_MSEC;
	b->pts = (int64_t)n * b->duration;
	return b;
}
