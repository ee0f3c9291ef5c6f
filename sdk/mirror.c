/* filter.mirror: left and right swapped in what our camera gives, for who wants to be seen so. */
#include <stdlib.h>

#include "views.h"

typedef struct mirror {
	const lq_host *host;
	lq_format in;
	const lq_format *out;
} mirror;

static int create(const lq_host *host, const lq_value *params, void **self)
{
	mirror *m = calloc(1, sizeof *m);
	if (!m)
		return LQ_ENOMEM;
	m->host = host;
	*self = m;
	return 0;
}

static void destroy(void *self)
{
	mirror *m = self;
	if (m->out)
		m->host->format_unref(m->host, m->out);
	free(m);
}

static const uint32_t pixels[] = {LQ_PIXEL_I420, LQ_PIXEL_NV12, LQ_PIXEL_BGRA};

/* What goes in comes out. */
static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	const mirror *m = self;
	int known = port && m->in.media;
	if (i >= (known ? 1 : sizeof pixels / sizeof *pixels))
		return LQ_END;
	*out = known ? m->in : (lq_format){.struct_size = sizeof *out, .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_RAW, .pixel = pixels[i]};
	return 0;
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	mirror *m = self;
	if (!port) {
		m->in = *fmt;
		return 0;
	}
	const lq_format *made = m->host->format_new(m->host, fmt);
	if (!made)
		return LQ_ENOMEM;
	if (m->out)
		m->host->format_unref(m->host, m->out);
	m->out = made;
	return 0;
}

static int process(void *self, uint32_t port, lq_buffer *buf)
{
	mirror *m = self;
	const lq_format *f = buf->format;
	if (!buf->n_planes)
		return 0; /* the end of the stream */
	lq_buffer *b = m->out ? m->host->buffer_new(m->host, m->out, 0) : NULL;
	if (!b)
		return m->out ? LQ_ENOMEM : LQ_ESTATE;
	for (uint32_t i = 0; i < buf->n_planes; i++) {
		int half = i && f->pixel != LQ_PIXEL_BGRA;
		lq__flip_plane(buf->planes[i], buf->strides[i], b->planes[i], b->strides[i], half ? (f->width + 1) / 2 : f->width,
		               half ? (f->height + 1) / 2 : f->height, f->pixel == LQ_PIXEL_BGRA ? 4 : half && f->pixel == LQ_PIXEL_NV12 ? 2 : 1);
	}
	b->pts = buf->pts;
	b->dts = buf->dts;
	b->duration = buf->duration;
	b->capture_time = buf->capture_time;
	b->flags = buf->flags;
	b->priority = buf->priority;
	int r = m->host->submit(m->host, 1, b);
	return r == LQ_EPIPE ? 0 : r;
}

static const lq_port_desc ports[] = {{"in", LQ_IN, LQ_MEDIA_VIDEO, 0}, {"out", LQ_OUT, LQ_MEDIA_VIDEO, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .set_format = set_format};
static const lq_filter_ops filter_ops = {.process = process};
const lq_node_desc lq__mirror_desc = {
	.struct_size = sizeof(lq_node_desc),
	.kind = LQ_KIND_FILTER,
	.id = LQ__MIRROR_ID,
	.summary = "Swaps left and right",
	.rank = 100,
	.flags = LQ_NODE_PURE,
	.ports = ports,
	.n_ports = 2,
	.ops = &ops,
	.kind_ops = &filter_ops,
};
