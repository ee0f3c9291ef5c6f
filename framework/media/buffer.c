#include "media/buffer.h"

#include <assert.h>
#include <string.h>

#include "media/format.h"
#include "media/pool.h"

enum { SIDE_MAX = 16384, TAIL = LQ__BUFFER_TAIL };

/* Where the planes of a picture lie within one block. */
typedef struct layout {
	uint32_t n;
	uint32_t strides[4], rows[4], widths[4]; /* widths: used bytes a row */
} layout;

static uint32_t align(uint32_t n)
{
	return (n + LQ__BLOCK_ALIGN - 1) & ~(uint32_t)(LQ__BLOCK_ALIGN - 1);
}

static void add_plane(layout *l, uint32_t width, uint32_t rows)
{
	l->widths[l->n] = width;
	l->strides[l->n] = align(width);
	l->rows[l->n++] = rows;
}

static int is_picture(const lq_format *f)
{
	return f->media == LQ_MEDIA_VIDEO && f->codec == LQ_CODEC_RAW;
}

static int lay_out(const lq_format *f, layout *l)
{
	uint32_t w = f->width, h = f->height, cw = (w + 1) / 2, ch = (h + 1) / 2;
	*l = (layout){0};
	if (!w || !h || w > SIDE_MAX || h > SIDE_MAX)
		return 0;
	switch (f->pixel) {
	case LQ_PIXEL_I420:
		add_plane(l, w, h);
		add_plane(l, cw, ch);
		add_plane(l, cw, ch);
		break;
	case LQ_PIXEL_NV12:
		add_plane(l, w, h);
		add_plane(l, 2 * cw, ch);
		break;
	case LQ_PIXEL_YUYV:
		add_plane(l, 4 * cw, h);
		break;
	case LQ_PIXEL_BGRA:
	case LQ_PIXEL_RGBA:
		add_plane(l, 4 * w, h);
		break;
	}
	return l->n;
}

static lq__block *of(const lq_buffer *buf)
{
	return (lq__block *)buf;
}

static lq_buffer *set_up(lq__block *b, const lq_format *fmt)
{
	b->pub = (lq_buffer){.struct_size = sizeof b->pub, .format = lq__format_ref(fmt),
	                     .pts = LQ_TIME_NONE, .dts = LQ_TIME_NONE, .capture_time = LQ_TIME_NONE};
	b->release = NULL;
	b->opaque = NULL;
	return &b->pub;
}

static lq_buffer *new_picture(lq__pool *pool, const lq_format *fmt)
{
	layout l;
	uint64_t bytes = TAIL;
	if (!lay_out(fmt, &l))
		return NULL;
	for (uint32_t i = 0; i < l.n; i++)
		bytes += (uint64_t)l.strides[i] * l.rows[i];
	lq__block *b = bytes <= LQ__BLOCK_MAX ? lq__block_get(pool, (uint32_t)bytes) : NULL;
	if (!b)
		return NULL;
	lq_buffer *buf = set_up(b, fmt);
	uint8_t *p = b->data;
	for (uint32_t i = 0; i < l.n; p += (size_t)l.strides[i] * l.rows[i], i++) {
		buf->planes[i] = p;
		buf->strides[i] = l.strides[i];
	}
	buf->n_planes = l.n;
	return buf;
}

lq_buffer *lq__buffer_new(lq__pool *pool, const lq_format *fmt, uint32_t size)
{
	if (is_picture(fmt))
		return new_picture(pool, fmt);
	lq__block *b = size <= LQ__BLOCK_MAX - TAIL ? lq__block_get(pool, size + TAIL) : NULL;
	if (!b)
		return NULL;
	lq_buffer *buf = set_up(b, fmt);
	buf->planes[0] = b->data;
	buf->n_planes = 1;
	buf->size = size;
	memset(b->data + size, 0, TAIL); /* bit readers of decoders look beyond the end */
	return buf;
}

lq_buffer *lq__buffer_wrap(lq__pool *pool, const lq_format *fmt, lq_free_fn release, void *opaque)
{
	lq__block *b = lq__block_get(pool, 0);
	if (!b)
		return NULL;
	set_up(b, fmt);
	b->release = release;
	b->opaque = opaque;
	return &b->pub;
}

lq_buffer *lq__buffer_ref(lq_buffer *buf)
{
	unsigned n = atomic_fetch_add_explicit(&of(buf)->refs, 1, memory_order_relaxed);
	assert(n);
	(void)n;
	return buf;
}

void lq__buffer_unref(lq_buffer *buf)
{
	if (!buf)
		return;
	lq__block *b = of(buf);
	unsigned n = atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel);
	assert(n);
	if (n != 1)
		return;
	if (b->release)
		b->release(b->opaque);
	lq__format_unref(buf->format);
	lq__block_put(b);
}

int lq__buffer_is_writable(const lq_buffer *buf)
{
	const lq__block *b = of(buf);
	return b->capacity && atomic_load_explicit(&b->refs, memory_order_acquire) == 1;
}

static void copy_picture(lq_buffer *to, const lq_buffer *from)
{
	layout l;
	lay_out(from->format, &l);
	for (uint32_t i = 0; i < l.n; i++)
		for (uint32_t y = 0; y < l.rows[i]; y++)
			memcpy(to->planes[i] + (size_t)y * to->strides[i], from->planes[i] + (size_t)y * from->strides[i], l.widths[i]);
}

lq_buffer *lq__buffer_copy(lq__pool *pool, const lq_buffer *buf)
{
	lq_buffer *copy = lq__buffer_new(pool, buf->format, buf->size);
	if (!copy)
		return NULL;
	if (is_picture(buf->format))
		copy_picture(copy, buf);
	else if (buf->size)
		memcpy(copy->planes[0], buf->planes[0], buf->size);
	copy->flags = buf->flags;
	copy->pts = buf->pts;
	copy->dts = buf->dts;
	copy->duration = buf->duration;
	copy->capture_time = buf->capture_time;
	copy->samples = buf->samples;
	copy->layer = buf->layer;
	copy->priority = buf->priority;
	return copy;
}

lq_buffer *lq__buffer_writable(lq_buffer *buf)
{
	if (lq__buffer_is_writable(buf))
		return buf;
	lq_buffer *copy = lq__buffer_copy(of(buf)->pool, buf);
	lq__buffer_unref(buf);
	return copy;
}

uint32_t lq__plane_count(const lq_format *fmt)
{
	layout l;
	return (uint32_t)lay_out(fmt, &l);
}

uint64_t lq__plane_bytes(const lq_format *fmt, uint32_t i, uint32_t stride)
{
	layout l;
	lay_out(fmt, &l);
	return i < l.n && stride >= l.widths[i] ? (uint64_t)stride * (l.rows[i] - 1) + l.widths[i] : 0;
}
