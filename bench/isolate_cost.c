/* What it costs to run a node in a helper process: the time that a frame takes from the source to the sink, and processor time, here and in the helper.
 *
 *     isolate_cost NODE 0|1 FRAMES FPS
 *
 * NODE (codec.h264.enc, filter.scale, …) stands between a source of moving pictures of 1280x720 and a sink. Prints the quantiles of the latency in microseconds,
 * processor time a frame (of both processes) and the frames that did not arrive, as JSON. */
#include "bench/cost.h"

#include <loquat/log.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define WARM_UP 10 /* frames that are not counted */
enum { WIDTH = 1280, HEIGHT = 720, MAX_FRAMES = 100000 };

static int64_t latencies[MAX_FRAMES]; /* sink's loop; read by main after the end */
static size_t n_latencies;
static int frames, fps, half;

static int source_formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	if (i)
		return LQ_END;
	*out = (lq_format){.struct_size = sizeof *out, .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_RAW, .pixel = LQ_PIXEL_I420, .width = WIDTH, .height = HEIGHT,
	                   .fps_num = (uint32_t)fps, .fps_den = 1};
	return 0;
}

/* What a scaler is to make. */
static int sink_formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	if (i)
		return LQ_END;
	*out = (lq_format){.struct_size = sizeof *out, .media = LQ_MEDIA_VIDEO};
	if (half) {
		out->width = WIDTH / 2;
		out->height = HEIGHT / 2;
	}
	return 0;
}

static void draw(lq_buffer *b, int shift)
{
	for (uint32_t i = 0; i < b->n_planes; i++)
		for (uint32_t y = 0; y < (i ? HEIGHT / 2 : HEIGHT); y++)
			memset(b->planes[i] + y * b->strides[i], (int)((y + (uint32_t)shift * 2) / 8 * 5 & 0xff), i ? WIDTH / 2 : WIDTH);
}

/* The picture's time is when it leaves, so that the sink sees what it took. */
static int read_one(void *self, int64_t deadline, int64_t *next)
{
	cost_node *n = self;
	if (n->n == frames)
		return LQ_END;
	lq_buffer *b = n->host->buffer_new(n->host, n->out, 0);
	if (!b)
		return LQ_ENOMEM;
	draw(b, n->n++);
	b->flags = LQ_BUFFER_KEY;
	b->priority = 1;
	n->due = (n->due ? n->due : n->host->now(n->host)) + LQ_SEC / fps;
	*next = n->due;
	b->pts = b->capture_time = n->host->now(n->host);
	return n->host->submit(n->host, 0, b);
}

static int render(void *self, uint32_t port, lq_buffer *b)
{
	cost_node *n = self;
	if (b->n_planes && n->n++ >= WARM_UP && n_latencies < MAX_FRAMES)
		latencies[n_latencies++] = n->host->now(n->host) - b->pts;
	return 0;
}

static const lq_port_desc source_ports[] = {{"out", LQ_OUT, LQ_MEDIA_VIDEO, 0}}, sink_ports[] = {{"in", LQ_IN, LQ_MEDIA_VIDEO, 0}};
static const lq_node_ops source_ops = {.create = cost_create, .destroy = cost_destroy, .formats = source_formats, .set_format = cost_set_output};
static const lq_node_ops sink_ops = {.create = cost_create, .destroy = cost_destroy, .formats = sink_formats};
static const lq_capture_ops capture = {.read = read_one};
static const lq_renderer_ops renderer = {.render = render};
static const lq_node_desc source_node = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_CAPTURE, .id = "cost.source", .summary = "Moving bars.", .rank = 100, .ports = source_ports,
	.n_ports = 1, .ops = &source_ops, .kind_ops = &capture};
static const lq_node_desc sink_node = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_RENDERER, .id = "cost.sink", .summary = "Looks at the clock.", .rank = 100, .ports = sink_ports,
	.n_ports = 1, .ops = &sink_ops, .kind_ops = &renderer};
static const lq_node_desc *const nodes[] = {&source_node, &sink_node};
static const lq_plugin plugin = {
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "cost", .version = "1", .licence = "Apache-2.0", .summary = "Source and sink.",
	.nodes = nodes, .n_nodes = COUNT(nodes)};

static lq_node *add(lq_graph *g, lq_diag *diag, const char *name, const char *use, int isolate)
{
	lq_node *n = NULL;
	cost_check(lq_graph_add_node(g, &(lq_node_config){.name = name, .use = use, .isolate = isolate}, name, diag, &n), diag);
	return n;
}

static void run(lq_registry *reg, lq_diag *diag, const char *use, int isolate)
{
	lq_graph *g;
	cost_check(lq_graph_create(&(lq_graph_config){.registry = reg, .threads = 1, .event_fn = cost_on_event}, &g), diag);
	lq_node *source = add(g, diag, "source", "cost.source", 0), *middle = add(g, diag, "middle", use, isolate), *sink = add(g, diag, "sink", "cost.sink", 0);
	cost_check(lq_graph_link(g, source, NULL, middle, NULL, NULL, "link", diag, NULL), diag);
	cost_check(lq_graph_link(g, middle, NULL, sink, NULL, NULL, "link", diag, NULL), diag);
	cost_check(lq_graph_start(g, NULL, diag), diag);
	cost_wait();
	lq_graph_destroy(g); /* and the helper has been waited for, so that its time is known */
}

static int by_value(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static double quantile(double q)
{
	return n_latencies ? (double)latencies[(size_t)(q * (double)(n_latencies - 1))] / 1000 : 0;
}

int main(int argc, char **argv)
{
	frames = argc == 5 ? atoi(argv[3]) : 0;
	fps = argc == 5 ? atoi(argv[4]) : 0;
	if (frames <= WARM_UP || frames > MAX_FRAMES || fps < 1 || (strcmp(argv[2], "0") && strcmp(argv[2], "1"))) {
		fprintf(stderr, "usage: isolate_cost NODE 0|1 FRAMES FPS\n");
		return 2;
	}
	lq_registry *reg;
	lq_diag *diag = lq_diag_create();
	half = !strcmp(argv[1], "filter.scale");
	cost_check(lq_registry_create(&reg), diag);
	cost_check(lq_registry_add(reg, &plugin, diag), diag);
	cost_check(lq_registry_scan_default(reg), diag);
	int64_t own = cost_processor(RUSAGE_SELF), others = cost_processor(RUSAGE_CHILDREN);
	run(reg, diag, argv[1], atoi(argv[2]));
	own = cost_processor(RUSAGE_SELF) - own;
	others = cost_processor(RUSAGE_CHILDREN) - others;
	qsort(latencies, n_latencies, sizeof *latencies, by_value);
	printf("{\"p50\": %.1f, \"p95\": %.1f, \"p99\": %.1f, \"cpu\": %.1f, \"lost\": %d}\n", quantile(0.5), quantile(0.95), quantile(0.99),
	       (double)(own + others) / frames / 1000, frames - WARM_UP - (int)n_latencies);
	lq_registry_destroy(reg);
	lq_diag_destroy(diag);
	return 0;
}
