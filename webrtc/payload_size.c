/* How large a picture is, as the first bytes of its key frame say. */
#include <loquat/plugin/errors.h>

#include "webrtc/payload.h"
#include "webrtc/payload_formats.h"

/* ---- VP8 (RFC 6386 9.1), VP9 (bitstream specification 6.2) ---- */

static int vp8_size(const uint8_t *p, size_t len, uint32_t *width, uint32_t *height)
{
	size_t at = lq__vp8_header(p, len);
	p += at;
	if (!at || len - at < 10 || p[0] & 1 || p[3] != 0x9d || p[4] != 0x01 || p[5] != 0x2a)
		return LQ_ENOENT;
	*width = (p[6] | (uint32_t)p[7] << 8) & 0x3fff;
	*height = (p[8] | (uint32_t)p[9] << 8) & 0x3fff;
	return 0;
}

/* Profile 0, whose header is made of whole bits at known places. */
static int vp9_size(const uint8_t *p, size_t len, uint32_t *width, uint32_t *height)
{
	size_t at = lq__vp9_header(p, len);
	p += at;
	if (!at || len - at < 9 || (p[0] & 0xfc) != 0x80 || p[1] != 0x49 || p[2] != 0x83 || p[3] != 0x42 || p[4] >> 5 == 7)
		return LQ_ENOENT;
	uint64_t bits = 0;
	for (int i = 4; i < 9; i++)
		bits = bits << 8 | p[i];
	*width = ((uint32_t)(bits >> 20) & 0xffff) + 1; /* behind color_space and color_range */
	*height = ((uint32_t)(bits >> 4) & 0xffff) + 1;
	return 0;
}

/* ---- H.264 (7.3.2.1.1) ---- */

typedef struct bits {
	const uint8_t *p;
	size_t len, at; /* bytes; bits of what is left when the emulation prevention is taken out */
	int zeros, bad;
} bits;

static uint32_t bit(bits *b)
{
	if (b->len && b->at % 8 == 0 && b->at && b->zeros >= 2 && *b->p == 3) {
		b->p++;
		b->len--;
		b->zeros = 0;
	}
	if (!b->len) {
		b->bad = 1;
		return 0;
	}
	uint32_t v = *b->p >> (7 - b->at % 8) & 1;
	if (++b->at % 8 == 0) {
		b->zeros = *b->p ? 0 : b->zeros + 1;
		b->p++;
		b->len--;
	}
	return v;
}

static uint32_t number(bits *b, int n)
{
	uint32_t v = 0;
	while (n--)
		v = v << 1 | bit(b);
	return v;
}

static uint32_t golomb(bits *b)
{
	int n = 0;
	while (!b->bad && !bit(b))
		if (++n > 31) {
			b->bad = 1;
			return 0;
		}
	return n ? ((UINT32_C(1) << n) - 1) + number(b, n) : 0;
}

static void skip_scaling_list(bits *b, int n)
{
	int32_t last = 8, next = 8;
	for (int i = 0; i < n && !b->bad; i++) {
		if (next) {
			uint32_t k = golomb(b);
			if (k > 256) { /* the standard has -128 to 127 */
				b->bad = 1;
				return;
			}
			next = (last + (k & 1 ? (int32_t)((k + 1) / 2) : -(int32_t)(k / 2)) + 256) % 256;
		}
		last = next ? next : last;
	}
}

static int is_high(uint32_t profile)
{
	static const uint8_t high[] = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135};
	for (size_t i = 0; i < sizeof high; i++)
		if (profile == high[i])
			return 1;
	return 0;
}

/* Returns chroma_format_idc. */
static uint32_t skip_high(bits *b)
{
	uint32_t chroma = golomb(b);
	if (chroma == 3)
		bit(b);
	golomb(b);
	golomb(b);
	bit(b);
	if (bit(b))
		for (int i = 0; i < (chroma == 3 ? 12 : 8); i++)
			if (bit(b))
				skip_scaling_list(b, i < 6 ? 16 : 64);
	return chroma;
}

static void skip_order_count(bits *b)
{
	uint32_t type = golomb(b);
	if (type == 0)
		golomb(b);
	if (type != 1)
		return;
	bit(b);
	golomb(b);
	golomb(b);
	for (uint32_t n = golomb(b); n && !b->bad; n--)
		golomb(b);
}

static int sps_size(const uint8_t *p, size_t len, uint32_t *width, uint32_t *height)
{
	bits b = {.p = p, .len = len};
	number(&b, 8);
	uint32_t profile = number(&b, 8), chroma = 1, crop[4] = {0};
	number(&b, 16);
	golomb(&b);
	if (is_high(profile))
		chroma = skip_high(&b);
	golomb(&b);
	skip_order_count(&b);
	golomb(&b);
	bit(&b);
	uint32_t wide = golomb(&b) + 1, high = golomb(&b) + 1, frames = bit(&b);
	if (!frames)
		bit(&b);
	bit(&b);
	if (bit(&b))
		for (int i = 0; i < 4; i++)
			crop[i] = golomb(&b);
	uint32_t unit_x = chroma == 1 || chroma == 2 ? 2 : 1, unit_y = (chroma == 1 ? 2 : 1) * (2 - frames);
	if (b.bad || wide > 1024 || high > 1024 || crop[0] > 16384 || crop[1] > 16384 || crop[2] > 16384 || crop[3] > 16384)
		return LQ_ENOENT;
	int64_t w = (int64_t)wide * 16 - (int64_t)(crop[0] + crop[1]) * unit_x, h = (int64_t)high * 16 * (2 - frames) - (int64_t)(crop[2] + crop[3]) * unit_y;
	if (w <= 0 || h <= 0)
		return LQ_ENOENT;
	*width = (uint32_t)w;
	*height = (uint32_t)h;
	return 0;
}

static int h264_size(const uint8_t *p, size_t len, uint32_t *width, uint32_t *height)
{
	uint8_t type = len ? p[0] & 31 : 0;
	if (type == 7)
		return sps_size(p, len, width, height);
	if (type != 24)
		return LQ_ENOENT;
	for (p++, len--; len > 2;) {
		size_t n = (size_t)(p[0] << 8 | p[1]);
		if (n > len - 2)
			return LQ_ENOENT;
		if (n && (p[2] & 31) == 7)
			return sps_size(p + 2, n, width, height);
		p += 2 + n;
		len -= 2 + n;
	}
	return LQ_ENOENT;
}

int lq_payload_size(uint32_t codec, const uint8_t *payload, size_t len, uint32_t *width, uint32_t *height)
{
	switch (codec) {
	case LQ_CODEC_H264:
		return h264_size(payload, len, width, height);
	case LQ_CODEC_VP8:
		return vp8_size(payload, len, width, height);
	case LQ_CODEC_VP9:
		return vp9_size(payload, len, width, height);
	default:
		return LQ_ENOENT;
	}
}

void lq_payload_move_ids(uint32_t codec, uint8_t *payload, size_t len, uint16_t picture, uint8_t tl0)
{
	if (codec == LQ_CODEC_VP8 && (picture || tl0))
		lq__vp8_move_ids(payload, len, picture, tl0);
}
