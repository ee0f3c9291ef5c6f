#include "paint.h"

#include <string.h>

#include "common/fit.h"

/* Places in the picture are in 1/256 pixels. */
static int64_t place(int at, int size, int from, int span)
{
	int64_t v = ((int64_t)(2 * at + 1) * span * 128) / size - 128 + (int64_t)from * 256;
	return v;
}

static int64_t clamp(int64_t v, int64_t high)
{
	return v < 0 ? 0 : v > high ? high : v;
}

static uint8_t to_byte(int v)
{
	v = (v + 128) >> 8;
	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* BT.601, limited range. */
static void put(uint8_t *out, int y, int u, int v)
{
	int c = 298 * (y - 16);
	out[0] = to_byte(c + 516 * (u - 128));
	out[1] = to_byte(c - 100 * (u - 128) - 208 * (v - 128));
	out[2] = to_byte(c + 409 * (v - 128));
	out[3] = 255;
}

typedef struct row {
	const uint8_t *top, *bottom, *u, *v;
	int fraction; /* of bottom, in 1/256 */
} row;

static row row_at(const lq_buffer *b, int64_t y)
{
	uint32_t h = b->format->height, y0 = (uint32_t)(y >> 8), y1 = y0 + 1 < h ? y0 + 1 : y0, c = (uint32_t)((y + 128) >> 8) / 2;
	if (c > (h - 1) / 2)
		c = (h - 1) / 2;
	return (row){b->planes[0] + (size_t)y0 * b->strides[0], b->planes[0] + (size_t)y1 * b->strides[0], b->planes[1] + (size_t)c * b->strides[1],
	             b->planes[2] + (size_t)c * b->strides[2], (int)(y & 255)};
}

static void paint_row(const row *r, uint32_t picture_width, const uint32_t *columns, int n, uint8_t *out)
{
	for (int i = 0; i < n; i++, out += 4) {
		uint32_t x = columns[i] >> 8, x1 = x + 1 < picture_width ? x + 1 : x, c = (columns[i] + 128) >> 9;
		int fx = (int)(columns[i] & 255);
		int top = r->top[x] * (256 - fx) + r->top[x1] * fx, bottom = r->bottom[x] * (256 - fx) + r->bottom[x1] * fx;
		int y = (top * (256 - r->fraction) + bottom * r->fraction + 32768) >> 16;
		if (c > (picture_width - 1) / 2)
			c = (picture_width - 1) / 2;
		put(out, y, r->u[c], r->v[c]);
	}
}

static void black(uint8_t *out, size_t pixels)
{
	for (size_t i = 0; i < pixels; i++)
		memcpy(out + 4 * i, "\0\0\0\377", 4);
}

void lq__paint(const lq_buffer *b, int scale, int mirror, uint8_t *out, uint32_t width, uint32_t height, uint32_t *columns)
{
	uint32_t pw = b->format->width, ph = b->format->height;
	lq__rect src, dst;
	lq__fit(scale, (int)pw, (int)ph, (int)width, (int)height, &src, &dst);
	for (int i = 0; i < dst.w; i++)
		columns[mirror ? dst.w - 1 - i : i] = (uint32_t)clamp(place(i, dst.w, src.x, src.w), (int64_t)(pw - 1) * 256);
	black(out, (size_t)dst.y * width);
	for (int y = 0; y < dst.h; y++) {
		uint8_t *line = out + (size_t)(dst.y + y) * width * 4;
		row r = row_at(b, clamp(place(y, dst.h, src.y, src.h), (int64_t)(ph - 1) * 256));
		black(line, (size_t)dst.x);
		paint_row(&r, pw, columns, dst.w, line + (size_t)dst.x * 4);
		black(line + (size_t)(dst.x + dst.w) * 4, width - (uint32_t)(dst.x + dst.w));
	}
	black(out + (size_t)(dst.y + dst.h) * width * 4, (size_t)width * (height - (uint32_t)(dst.y + dst.h)));
}
