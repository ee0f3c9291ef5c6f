#include "draw.h"

#include <string.h>

#include "font.h"

enum { GLYPH_W = 5, GLYPH_H = 7, ADVANCE = 6 };

canvas draw_on(const lq_buffer *buf)
{
	canvas c = {.w = (int)buf->format->width, .h = (int)buf->format->height};
	for (int i = 0; i < 3; i++) {
		c.planes[i] = buf->planes[i];
		c.strides[i] = buf->strides[i];
	}
	return c;
}

static void fill_plane(uint8_t *p, uint32_t stride, int x0, int y0, int x1, int y1, uint8_t value)
{
	if (x1 > x0)
		for (int y = y0; y < y1; y++)
			memset(p + (size_t)y * stride + x0, value, (size_t)(x1 - x0));
}

void draw_fill(const canvas *c, int x, int y, int w, int h, colour col)
{
	int x0 = x < 0 ? 0 : x, y0 = y < 0 ? 0 : y, x1 = x + w > c->w ? c->w : x + w, y1 = y + h > c->h ? c->h : y + h;
	fill_plane(c->planes[0], c->strides[0], x0, y0, x1, y1, col.y);
	fill_plane(c->planes[1], c->strides[1], x0 / 2, y0 / 2, (x1 + 1) / 2, (y1 + 1) / 2, col.u);
	fill_plane(c->planes[2], c->strides[2], x0 / 2, y0 / 2, (x1 + 1) / 2, (y1 + 1) / 2, col.v);
}

/* Brighter the nearer to a spot at the upper left. */
static uint8_t shade(int base, int dx, int dy, int radius)
{
	int sx = dx + radius / 3, sy = dy + radius / 3;
	int light = base + 60 - 90 * (sx * sx + sy * sy) / (radius * radius);
	return (uint8_t)(light < 20 ? 20 : light > 225 ? 225 : light);
}

void draw_ball(const canvas *c, int x, int y, int radius, colour col)
{
	int r2 = radius * radius;
	for (int dy = -radius; dy <= radius; dy++) {
		int py = y + dy;
		if (py < 0 || py >= c->h)
			continue;
		for (int dx = -radius; dx <= radius; dx++) {
			int px = x + dx;
			if (px < 0 || px >= c->w || dx * dx + dy * dy > r2)
				continue;
			c->planes[0][(size_t)py * c->strides[0] + (size_t)px] = shade(col.y, dx, dy, radius);
			c->planes[1][(size_t)(py / 2) * c->strides[1] + (size_t)(px / 2)] = col.u;
			c->planes[2][(size_t)(py / 2) * c->strides[2] + (size_t)(px / 2)] = col.v;
		}
	}
}

static void luma_dot(const canvas *c, int x, int y, int dot, uint8_t value)
{
	int x1 = x + dot > c->w ? c->w : x + dot, y1 = y + dot > c->h ? c->h : y + dot;
	fill_plane(c->planes[0], c->strides[0], x < 0 ? 0 : x, y < 0 ? 0 : y, x1, y1, value);
}

static void draw_glyph(const canvas *c, int x, int y, int dot, const uint8_t *rows, uint8_t value)
{
	for (int r = 0; r < GLYPH_H; r++)
		for (int k = 0; k < GLYPH_W; k++)
			if (rows[r] >> (GLYPH_W - 1 - k) & 1)
				luma_dot(c, x + k * dot, y + r * dot, dot, value);
}

void draw_text(const canvas *c, int x, int y, int dot, const char *text)
{
	int shift = dot / 2 ? dot / 2 : 1;
	for (; *text && x < c->w; text++, x += ADVANCE * dot) {
		const uint8_t *rows = font_glyph(*text);
		if (!rows)
			continue;
		draw_glyph(c, x + shift, y + shift, dot, rows, 30);
		draw_glyph(c, x, y, dot, rows, 225);
	}
}

int draw_text_width(int dot, const char *text)
{
	return (int)strlen(text) * ADVANCE * dot;
}
