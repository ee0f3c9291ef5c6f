/* @ID@: what it does to pictures goes here. It makes them darker or brighter. */
#include <loquat/plugin/plugin.h>

#include <stdlib.h>

enum { P_BRIGHTNESS, IN = 0, OUT = 1 }; /* rows of the parameter and the port table, below */

typedef struct node {
	const lq_host *host;
	const lq_format *format; /* of the input, and so of the output */
	uint8_t table[256];
	uint64_t frames;
} node;

static void make_table(node *n, double brightness)
{
	for (int i = 0; i < 256; i++) {
		double v = 16 + (i - 16) * brightness;
		n->table[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
	}
}

static void destroy(void *self)
{
	node *n = self;
	if (n->format)
		n->host->format_unref(n->host, n->format);
	free(n);
}

/* The host has checked the values against the table and filled in what was not given. */
static int create(const lq_host *host, const lq_value *params, void **self)
{
	node *n = calloc(1, sizeof *n);
	if (!n)
		return LQ_ENOMEM;
	n->host = host;
	make_table(n, params[P_BRIGHTNESS].f);
	*self = n;
	return 0;
}

/* Fields that are 0 mean "any". Inputs are set before outputs are asked: what comes out is what goes in. */
static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	const node *n = self;
	if (i)
		return LQ_END;
	*out = (lq_format){.struct_size = sizeof *out, .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_RAW, .pixel = LQ_PIXEL_I420};
	if (port == OUT && n->format)
		*out = *n->format;
	return 0;
}

/* Before start, and again when the input's format changes in mid-stream. */
static int set_format(void *self, uint32_t port, const lq_format *format)
{
	node *n = self;
	if (port == OUT)
		return 0;
	if (n->format)
		n->host->format_unref(n->host, n->format);
	n->format = n->host->format_ref(n->host, format);
	return 0;
}

/* Borrows the buffer. Others may hold it, too: buffer_writable gives one that may be written, a copy where that is needed. */
static int process(void *self, uint32_t port, lq_buffer *buf)
{
	node *n = self;
	if (!buf->n_planes) /* an empty buffer: the end of the stream, which the graph sends on */
		return 0;
	lq_buffer *mine = n->host->buffer_writable(n->host, n->host->buffer_ref(n->host, buf));
	if (!mine)
		return LQ_ENOMEM;
	for (uint32_t y = 0; y < mine->format->height; y++) {
		uint8_t *row = mine->planes[0] + (size_t)y * mine->strides[0];
		for (uint32_t x = 0; x < mine->format->width; x++)
			row[x] = n->table[row[x]];
	}
	n->frames++;
	int r = n->host->submit(n->host, OUT, mine); /* takes our reference */
	return r == LQ_EPIPE ? 0 : r;                /* nothing is linked there: no fault of ours */
}

/* Only for parameters with LQ_PARAM_RUNTIME. */
static int set_param(void *self, uint32_t index, const lq_value *value)
{
	make_table(self, value->f);
	return 0;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	fn(arg, IN, &(lq_stat){.name = "frames", .value = (double)((node *)self)->frames});
}

static const lq_param_desc params[] = {
	[P_BRIGHTNESS] = {"brightness", LQ_PARAM_FLOAT, LQ_PARAM_RUNTIME, NULL, "1", 0, 4, NULL, "1 leaves the picture as it is."},
};
static const lq_port_desc ports[] = {[IN] = {"in", LQ_IN, LQ_MEDIA_VIDEO, 0}, [OUT] = {"out", LQ_OUT, LQ_MEDIA_VIDEO, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .set_format = set_format, .set_param = set_param,
                                .stats = stats};
static const lq_filter_ops filter_ops = {.process = process};
static const lq_node_desc desc = {
	.struct_size = sizeof desc, .kind = LQ_KIND_FILTER, .id = "@ID@", .summary = "Makes pictures darker or brighter", .rank = 100,
	.ports = ports, .n_ports = 2, .params = params, .n_params = 1, .ops = &ops, .kind_ops = &filter_ops};
static const lq_node_desc *const nodes[] = {&desc};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "@NAME@", .version = "0.1", .licence = "Apache-2.0",
	.summary = "A filter", .nodes = nodes, .n_nodes = 1};
