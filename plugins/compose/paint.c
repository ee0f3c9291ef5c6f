#include "paint.h"

#include <libavutil/imgutils.h>
#include <stdlib.h>
#include <string.h>

#include "label.h"

int planes_make(plane_set *p, uint32_t w, uint32_t h)
{
	planes_free(p);
	if (av_image_alloc(p->data, p->stride, (int)w, (int)h, AV_PIX_FMT_YUV420P, 64) < 0)
		return LQ_ENOMEM;
	p->w = w;
	p->h = h;
	return 0;
}

void planes_free(plane_set *p)
{
	av_freep(&p->data[0]);
	memset(p, 0, sizeof *p);
}

void planes_fill(plane_set *p, const uint8_t yuv[3])
{
	for (int k = 0; k < 3; k++)
		memset(p->data[k], yuv[k], (size_t)p->stride[k] * ((p->h + (k ? 1 : 0)) >> (k ? 1 : 0)));
}

void tile_cache_finish(tile_cache *c)
{
	sws_freeContext(c->sws);
	planes_free(&c->scaled);
	free(c->label);
	memset(c, 0, sizeof *c);
}

static void copy_rows(uint8_t *to, uint32_t to_stride, const uint8_t *from, uint32_t from_stride, uint32_t w, uint32_t h)
{
	for (; h; h--, to += to_stride, from += from_stride)
		memcpy(to, from, w);
}

static void copy_planes(uint8_t *const from[], const int stride[], const rect *to, lq_buffer *canvas)
{
	for (int k = 0; k < 3; k++) {
		int half = k != 0;
		copy_rows(canvas->planes[k] + (to->y >> half) * canvas->strides[k] + (to->x >> half), canvas->strides[k], from[k], (uint32_t)stride[k],
		          to->w >> half, to->h >> half);
	}
}

void paint_background(const plane_set *background, lq_buffer *canvas)
{
	rect all = {0, 0, background->w, background->h};
	copy_planes(background->data, background->stride, &all, canvas);
}

/* The input's planes from the corner of what is shown on. */
static void corner(const lq_buffer *buf, const rect *from, uint8_t *planes[4], int strides[4])
{
	uint32_t pixel = buf->format->pixel;
	for (uint32_t k = 0; k < 4; k++) {
		planes[k] = k < buf->n_planes ? buf->planes[k] : NULL;
		strides[k] = k < buf->n_planes ? (int)buf->strides[k] : 0;
		if (!planes[k])
			continue;
		uint32_t half = k > 0, bytes = pixel == LQ_PIXEL_YUYV ? 2 : pixel == LQ_PIXEL_BGRA || pixel == LQ_PIXEL_RGBA ? 4 : 1;
		uint32_t x = pixel == LQ_PIXEL_NV12 && half ? from->x : (from->x >> half) * bytes;
		planes[k] += (size_t)(from->y >> half) * buf->strides[k] + x;
	}
}

static int same_geometry(const tile *a, const tile *b)
{
	return !memcmp(&a->from, &b->from, sizeof a->from) && a->to.w == b->to.w && a->to.h == b->to.h;
}

static int prepare(tile_cache *c, const tile *t, uint32_t pixel, int flags)
{
	if (c->sws && c->pixel == pixel && same_geometry(&c->t, t)) {
		if (c->t.input != t->input)
			c->serial = 0;
		c->t = *t;
		return 0;
	}
	sws_freeContext(c->sws);
	c->sws = sws_getContext((int)t->from.w, (int)t->from.h, lq__av_pixel(pixel), (int)t->to.w, (int)t->to.h, AV_PIX_FMT_YUV420P, flags, NULL, NULL, NULL);
	c->t = *t;
	c->pixel = pixel;
	c->serial = 0;
	if (!c->sws)
		return LQ_ENOMEM;
	return c->scaled.w == t->to.w && c->scaled.h == t->to.h ? 0 : planes_make(&c->scaled, t->to.w, t->to.h);
}

static int name_it(tile_cache *c, const tile *t, const char *name, uint32_t height)
{
	if (c->label && c->label_h == height && !strcmp(c->name, name))
		return 0;
	free(c->label);
	c->label = label_make(name, height, &c->label_w, &c->label_h);
	strcpy(c->name, name);
	return c->label ? 0 : LQ_ENOMEM;
}

/* At the tile's lower left: no colour, and its own brightness. */
static int paint_name(tile_cache *c, const tile *t, const char *name, lq_buffer *canvas)
{
	uint32_t height = label_height(t->to.h);
	int r = name_it(c, t, name, height);
	if (r || t->to.h < 4 * height)
		return r;
	uint32_t margin = height / 2 & ~1u, w = c->label_w + 2 * margin > t->to.w ? (t->to.w - 2 * margin) & ~1u : c->label_w;
	uint32_t x = t->to.x + margin, y = (t->to.y + t->to.h - margin - height) & ~1u;
	copy_rows(canvas->planes[0] + y * canvas->strides[0] + x, canvas->strides[0], c->label, c->label_w, w, height);
	for (int k = 1; k < 3; k++)
		for (uint32_t row = 0; row < height / 2; row++)
			memset(canvas->planes[k] + (y / 2 + row) * canvas->strides[k] + x / 2, 128, w / 2);
	return 0;
}

int paint_tile(tile_cache *c, const tile *t, const char *name, const lq_buffer *buf, uint64_t serial, int flags, lq_buffer *canvas)
{
	uint8_t *planes[4];
	int strides[4], r;
	corner(buf, &t->from, planes, strides);
	if (buf->format->pixel == LQ_PIXEL_I420 && t->from.w == t->to.w && t->from.h == t->to.h) {
		copy_planes(planes, strides, &t->to, canvas);
		return t->show_name && *name ? paint_name(c, t, name, canvas) : 0;
	}
	if ((r = prepare(c, t, buf->format->pixel, flags)))
		return r;
	if (c->serial != serial)
		sws_scale(c->sws, (const uint8_t *const *)planes, strides, 0, (int)t->from.h, c->scaled.data, c->scaled.stride);
	c->serial = serial;
	copy_planes(c->scaled.data, c->scaled.stride, &t->to, canvas);
	return t->show_name && *name ? paint_name(c, t, name, canvas) : 0;
}
