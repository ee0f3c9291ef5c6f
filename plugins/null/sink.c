/* render.null: takes any media, counts it and throws it away at once. */
#include <stdlib.h>

#include "../common/util.h"
#include "null_nodes.h"

typedef struct sink {
	const lq_host *host;
	uint64_t frames, bytes, keys, ends;
	int64_t first_pts, last_pts;
} sink;

static int create(const lq_host *host, const lq_value *params, void **self)
{
	sink *s = calloc(1, sizeof *s);
	if (!s)
		return LQ_ENOMEM;
	s->host = host;
	s->first_pts = s->last_pts = LQ_TIME_NONE;
	*self = s;
	return 0;
}

static void destroy(void *self)
{
	free(self);
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	if (i)
		return LQ_END;
	*out = (lq_format){.struct_size = sizeof *out};
	return 0;
}

static int render(void *self, uint32_t port, lq_buffer *buf)
{
	sink *s = self;
	s->ends += (buf->flags & LQ_BUFFER_EOS) != 0;
	if (!buf->n_planes || buf->flags & LQ_BUFFER_LOST)
		return 0;
	if (!s->frames++) {
		s->first_pts = buf->pts;
		lq__tell(s->host, LQ_EVENT_FIRST_BUFFER, port, s->host->now(s->host), NULL);
	}
	s->last_pts = buf->pts;
	s->bytes += buf->size;
	s->keys += (buf->flags & LQ_BUFFER_KEY) != 0;
	return 0;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const sink *s = self;
	lq__stat(fn, arg, 0, "framesRendered", (double)s->frames);
	lq__stat(fn, arg, 0, "keyFramesRendered", (double)s->keys);
	lq__stat(fn, arg, 0, "bytesRendered", (double)s->bytes);
	lq__stat(fn, arg, 0, "streamsEnded", (double)s->ends);
	if (s->first_pts != LQ_TIME_NONE && s->last_pts != LQ_TIME_NONE)
		lq__stat(fn, arg, 0, "mediaTime", (double)(s->last_pts - s->first_pts) / 1e9);
}

static const lq_port_desc ports[] = {{"in", LQ_IN, LQ_MEDIA_NONE, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .stats = stats};
static const lq_renderer_ops renderer_ops = {.render = render};

/* A low rank: a device that works is always better. */
const lq_node_desc lq__null_sink = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_RENDERER, .id = "render.null", .summary = "Discards what it gets and counts it", .rank = 10,
	.flags = LQ_NODE_PURE, .ports = ports, .n_ports = LQ__COUNT(ports), .ops = &ops, .kind_ops = &renderer_ops};
