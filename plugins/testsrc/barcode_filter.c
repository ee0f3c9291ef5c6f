/* filter.barcode: puts the frame bar code into pictures of any source. */
#include <stdlib.h>

#include "../common/util.h"
#include "media/barcode.h"
#include "testsrc_nodes.h"

typedef struct stamper {
	const lq_host *host;
	const lq_format *in;
	uint32_t number;
	uint64_t unstamped;
} stamper;

static int create(const lq_host *host, const lq_value *params, void **self)
{
	stamper *s = calloc(1, sizeof *s);
	if (!s)
		return LQ_ENOMEM;
	s->host = host;
	*self = s;
	return 0;
}

static void destroy(void *self)
{
	stamper *s = self;
	lq__format_drop(s->host, &s->in);
	free(s);
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	if (i)
		return LQ_END;
	stamper *s = self;
	*out = port && s->in ? *s->in : lq__video_format(LQ_CODEC_RAW, LQ_PIXEL_I420, 0, 0);
	return 0;
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	stamper *s = self;
	return port ? 0 : lq__format_replace(s->host, &s->in, fmt);
}

static int process(void *self, uint32_t port, lq_buffer *buf)
{
	stamper *s = self;
	const lq_format *f = buf->format;
	lq_buffer *own = s->host->buffer_ref(s->host, buf);
	int64_t time = buf->capture_time != LQ_TIME_NONE ? buf->capture_time : buf->pts != LQ_TIME_NONE ? buf->pts : s->host->now(s->host);
	if (!buf->n_planes)
		return lq__submit(s->host, 1, own);
	own = s->host->buffer_writable(s->host, own);
	if (!own)
		return LQ_ENOMEM;
	if (lq_barcode_write(own->planes[0], own->strides[0], f->width, f->height, s->number++, (uint32_t)(time / LQ_MSEC)))
		s->unstamped++; /* too small */
	else
		lq__grey_strip(own, lq_barcode_height(f->height));
	return lq__submit(s->host, 1, own);
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const stamper *s = self;
	lq__stat(fn, arg, 1, "frames", s->number);
	lq__stat(fn, arg, 1, "framesTooSmall", (double)s->unstamped);
}

static const lq_port_desc ports[] = {{"in", LQ_IN, LQ_MEDIA_VIDEO, 0}, {"out", LQ_OUT, LQ_MEDIA_VIDEO, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .set_format = set_format, .stats = stats};
static const lq_filter_ops filter_ops = {.process = process};

const lq_node_desc lq__barcode_filter = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_FILTER, .id = "filter.barcode", .summary = "Stamps frame number and time into pictures",
	.rank = 100, .flags = LQ_NODE_PURE, .ports = ports, .n_ports = LQ__COUNT(ports), .ops = &ops, .kind_ops = &filter_ops};
