/* @ID@: where pictures go, goes here. It measures how bright they are, and says so once a second. */
#include <loquat/plugin/plugin.h>

#include <stdlib.h>

enum { P_EVERY }; /* rows of the parameter table, below */

typedef struct node {
	const lq_host *host;
	uint32_t width, height;
	int64_t every, said; /* said: when it last spoke */
	double brightness;
	uint64_t frames;
} node;

static void destroy(void *self)
{
	free(self);
}

/* The host has checked the values against the table and filled in what was not given. */
static int create(const lq_host *host, const lq_value *params, void **self)
{
	node *n = calloc(1, sizeof *n);
	if (!n)
		return LQ_ENOMEM;
	n->host = host;
	n->every = params[P_EVERY].i * LQ_MSEC;
	*self = n;
	return 0;
}

/* What the port takes, the best first. Fields that are 0 mean "any". */
static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	if (i)
		return LQ_END;
	*out = (lq_format){.struct_size = sizeof *out, .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_RAW, .pixel = LQ_PIXEL_I420};
	return 0;
}

/* Before start, and again when the picture's size changes in mid-stream. */
static int set_format(void *self, uint32_t port, const lq_format *format)
{
	node *n = self;
	n->width = format->width;
	n->height = format->height;
	return 0;
}

/* Open the device here, and let it go in stop. `return n->host->fail(n->host, LQ_EIO, "…")` tells the user why it does not work. */
static int start(void *self)
{
	((node *)self)->said = LQ_TIME_NONE;
	return 0;
}

static void stop(void *self)
{
}

static double average(const node *n, const lq_buffer *buf)
{
	uint64_t sum = 0;
	for (uint32_t y = 0; y < n->height; y++)
		for (uint32_t x = 0; x < n->width; x++)
			sum += buf->planes[0][(size_t)y * buf->strides[0] + x];
	return (double)sum / n->width / n->height;
}

/* Borrows the buffer: what is to be kept needs buffer_ref. buf->pts is when it is due. */
static int render(void *self, uint32_t port, lq_buffer *buf)
{
	node *n = self;
	int64_t now = n->host->now(n->host);
	if (!buf->n_planes) /* an empty buffer: the end of the stream */
		return 0;
	n->brightness = average(n, buf);
	if (!n->frames++) {
		lq_event first = {.struct_size = sizeof first, .type = LQ_EVENT_FIRST_BUFFER, .port = port, .value = now};
		n->host->event(n->host, &first);
	}
	if (n->said == LQ_TIME_NONE || now - n->said >= n->every) {
		n->said = now;
		n->host->log(n->host, LQ_LOG_INFO, "brightness %.1f", n->brightness);
	}
	return 0;
}

/* Only for parameters with LQ_PARAM_RUNTIME. */
static int set_param(void *self, uint32_t index, const lq_value *value)
{
	((node *)self)->every = value->i * LQ_MSEC;
	return 0;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const node *n = self;
	fn(arg, 0, &(lq_stat){.name = "framesRendered", .value = (double)n->frames});
	fn(arg, 0, &(lq_stat){.name = "brightness", .value = n->brightness});
}

static const lq_param_desc params[] = {
	[P_EVERY] = {"every", LQ_PARAM_INT, LQ_PARAM_RUNTIME, "ms", "1000", 1, 3600000, NULL, "How often the brightness is logged."},
};
static const lq_port_desc ports[] = {{"in", LQ_IN, LQ_MEDIA_VIDEO, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .set_format = set_format, .start = start, .stop = stop,
                                .set_param = set_param, .stats = stats};
static const lq_renderer_ops renderer_ops = {.render = render};
static const lq_node_desc desc = {
	.struct_size = sizeof desc, .kind = LQ_KIND_RENDERER, .id = "@ID@", .summary = "Measures how bright pictures are", .rank = 50,
	.ports = ports, .n_ports = 1, .params = params, .n_params = 1, .ops = &ops, .kind_ops = &renderer_ops};
static const lq_node_desc *const nodes[] = {&desc};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "@NAME@", .version = "0.1", .licence = "Apache-2.0",
	.summary = "A renderer", .nodes = nodes, .n_nodes = 1};
