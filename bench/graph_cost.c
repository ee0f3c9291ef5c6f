/* What the graph itself costs: a source, FILTERS filters that hand on what they get, and a sink; none of them does anything.
 *
 *     graph_cost direct|queue FILTERS BUFFERS
 *
 * direct: one loop, driven by this thread. queue: the sink is on a loop, and so on a thread, of its own, behind a blocking queue as long as
 * GStreamer's. Prints wall and processor time in nanoseconds a buffer, as JSON. */
#include "bench/cost.h"

#include <loquat/log.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define QUEUE_BUFFERS 200 /* the default of GStreamer's queue */
#define MAX_FILTERS 64
#define MAX_COUNT 100000000

static uint64_t arrived; /* sink's loop; read by main after the end */

static int source_create(const lq_host *host, const lq_value *values, void **self)
{
	int r = cost_create(host, values, self);
	if (!r)
		((cost_node *)*self)->n = values[0].i;
	return r;
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	if (i)
		return LQ_END;
	*out = (lq_format){.struct_size = sizeof *out, .media = LQ_MEDIA_AUDIO, .codec = LQ_CODEC_RAW, .sample = LQ_SAMPLE_S16, .rate = 48000, .channels = 1};
	return 0;
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	return 0;
}

static int read_one(void *self, int64_t deadline, int64_t *next)
{
	cost_node *n = self;
	if (!n->n--)
		return LQ_END;
	lq_buffer *b = n->host->buffer_new(n->host, n->out, 64);
	if (!b)
		return LQ_ENOMEM;
	b->samples = 32;
	*next = deadline + 1; /* the virtual clock has to go on */
	return n->host->submit(n->host, 0, b);
}

static int pass(void *self, uint32_t port, lq_buffer *b)
{
	cost_node *n = self;
	return b->flags & LQ_BUFFER_EOS ? 0 : n->host->submit(n->host, 1, n->host->buffer_ref(n->host, b));
}

static int render(void *self, uint32_t port, lq_buffer *b)
{
	arrived += !(b->flags & LQ_BUFFER_EOS);
	return 0;
}

static const lq_port_desc source_ports[] = {{"out", LQ_OUT, LQ_MEDIA_AUDIO, 0}};
static const lq_port_desc pass_ports[] = {{"in", LQ_IN, LQ_MEDIA_AUDIO, 0}, {"out", LQ_OUT, LQ_MEDIA_AUDIO, 0}};
static const lq_port_desc sink_ports[] = {{"in", LQ_IN, LQ_MEDIA_AUDIO, 0}};
static const lq_param_desc source_params[] = {{"count", LQ_PARAM_INT, 0, NULL, "1", 1, MAX_COUNT, NULL, "Buffers until the end."}};
static const lq_node_ops source_ops = {.create = source_create, .destroy = cost_destroy, .formats = formats, .set_format = cost_set_output};
static const lq_node_ops ops = {.create = cost_create, .destroy = cost_destroy, .formats = formats, .set_format = set_format};
static const lq_capture_ops capture = {.read = read_one};
static const lq_filter_ops filter = {.process = pass};
static const lq_renderer_ops renderer = {.render = render};

#define NODE(kind_, id_, ports_, ops_, kind_ops_) \
	.struct_size = sizeof(lq_node_desc), .kind = kind_, .id = id_, .summary = "Does nothing.", .rank = 100, .ports = ports_, \
	.n_ports = COUNT(ports_), .ops = &ops_, .kind_ops = &kind_ops_

static const lq_node_desc source_node = {
	NODE(LQ_KIND_CAPTURE, "cost.source", source_ports, source_ops, capture), .params = source_params, .n_params = COUNT(source_params)};
static const lq_node_desc pass_node = {NODE(LQ_KIND_FILTER, "cost.pass", pass_ports, ops, filter)};
static const lq_node_desc sink_node = {NODE(LQ_KIND_RENDERER, "cost.sink", sink_ports, ops, renderer)};
static const lq_node_desc *const nodes[] = {&source_node, &pass_node, &sink_node};
static const lq_plugin plugin = {
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "cost", .version = "1", .licence = "Apache-2.0",
	.summary = "Nodes that do nothing.", .nodes = nodes, .n_nodes = COUNT(nodes)};

static int64_t wall(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * LQ_SEC + t.tv_nsec;
}

static lq_node *add(lq_graph *g, lq_diag *diag, const char *name, const char *use, const char *loop, const char *count)
{
	lq_param_text text = {"count", count};
	lq_node_config c = {.name = name, .use = use, .loop = loop, .params = &text, .n_params = count ? 1 : 0};
	lq_node *n = NULL;
	cost_check(lq_graph_add_node(g, &c, name, diag, &n), diag);
	return n;
}

static void build(lq_graph *g, lq_diag *diag, int queue, int filters, const char *count)
{
	lq_queue_config block = {.policy = LQ_QUEUE_BLOCK, .buffers = QUEUE_BUFFERS};
	lq_node *last = add(g, diag, "source", "cost.source", "one", count);
	for (int i = 0; i < filters; i++) {
		char name[16];
		snprintf(name, sizeof name, "pass%d", i);
		lq_node *n = add(g, diag, name, "cost.pass", "one", NULL);
		cost_check(lq_graph_link(g, last, NULL, n, NULL, NULL, "link", diag, NULL), diag);
		last = n;
	}
	lq_node *sink = add(g, diag, "sink", "cost.sink", queue ? "two" : "one", NULL);
	cost_check(lq_graph_link(g, last, NULL, sink, NULL, queue ? &block : NULL, "link", diag, NULL), diag);
}

static void run(lq_graph *g, lq_clock *clock, lq_diag *diag)
{
	cost_check(lq_graph_start(g, NULL, diag), diag);
	if (clock)
		cost_check(lq_graph_run_until(g, lq_clock_now(clock) + MAX_COUNT + 1), diag);
	cost_wait();
}

int main(int argc, char **argv)
{
	int queue = argc == 4 && !strcmp(argv[1], "queue"), filters = argc == 4 ? atoi(argv[2]) : -1;
	long count = argc == 4 ? atol(argv[3]) : 0;
	if (argc != 4 || (!queue && strcmp(argv[1], "direct")) || filters < 0 || filters > MAX_FILTERS || count < 1 || count > MAX_COUNT) {
		fprintf(stderr, "usage: graph_cost direct|queue FILTERS BUFFERS\n");
		return 2;
	}
	lq_diag *diag = lq_diag_create();
	lq_clock *clock = queue ? NULL : lq_clock_virtual(LQ_SEC);
	lq_graph_config config = {.clock = clock, .threads = queue, .event_fn = cost_on_event};
	lq_graph *g;
	cost_check(lq_registry_create(&config.registry), diag);
	cost_check(lq_registry_add(config.registry, &plugin, diag), diag);
	cost_check(lq_graph_create(&config, &g), diag);
	build(g, diag, queue, filters, argv[3]);
	int64_t begin = wall(), used = cost_processor(RUSAGE_SELF);
	run(g, clock, diag);
	begin = wall() - begin;
	used = cost_processor(RUSAGE_SELF) - used;
	lq_graph_destroy(g);
	printf("{\"wall\": %.1f, \"cpu\": %.1f}\n", (double)begin / (double)count, (double)used / (double)count);
	if (arrived != (uint64_t)count)
		fprintf(stderr, "graph_cost: %llu of %ld arrived\n", (unsigned long long)arrived, count);
	lq_registry_destroy(config.registry);
	lq_clock_destroy(clock);
	lq_diag_destroy(diag);
	return arrived != (uint64_t)count;
}
