/* A filter that does everything right: it darkens pictures. Each plugin of this folder puts one wrong thing in the place of a right one, by a
 * macro before it includes this. */
#ifndef TEST_BEHAVIOUR_NODE_H
#define TEST_BEHAVIOUR_NODE_H

#include <loquat/plugin/plugin.h>

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct node {
	const lq_host *host;
	lq_buffer *kept[10000];
	uint32_t n;
	int64_t shade;
	pthread_t thread;
	char *text;
} node;

#ifndef ON_CREATE
#define ON_CREATE(n, params)
#endif
#ifndef ON_DESTROY
#define ON_DESTROY(n) free(n)
#endif
#ifndef ON_START
#define ON_START(n)
#endif
#ifndef ON_STOP
#define ON_STOP(n)
#endif
#ifndef ON_BUFFER /* between buffer_writable and submit */
#define ON_BUFFER(n, b)
#endif
#ifndef ON_PROCESS /* first of all */
#define ON_PROCESS(n, buf)
#endif
#ifndef AFTER_SUBMIT
#define AFTER_SUBMIT(n, b)
#endif
#ifndef ON_FORMATS
#define ON_FORMATS(i)
#endif
#ifndef ON_STATS
#define ON_STATS(fn, arg)
#endif
#ifndef CHECK_MEMORY
#define CHECK_MEMORY(b) \
	if (!(b)) \
		return LQ_ENOMEM
#endif
#ifndef ON_SET_PARAM
#define ON_SET_PARAM(n, value)
#endif
#ifndef SHADE_DEFAULT
#define SHADE_DEFAULT "1"
#endif
#ifndef OUT_PORT
#define OUT_PORT 1
#endif
#ifndef RESULT
#define RESULT 0
#endif

static int create(const lq_host *host, const lq_value *params, void **self)
{
	node *n = calloc(1, sizeof *n);
	if (!n)
		return LQ_ENOMEM;
	n->host = host;
	n->shade = params[0].i;
	ON_CREATE(n, params);
	*self = n;
	return 0;
}

static void destroy(void *self)
{
	node *n = self;
	ON_DESTROY(n);
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	*out = (lq_format){.struct_size = sizeof *out, .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_RAW, .pixel = LQ_PIXEL_I420};
	ON_FORMATS(i);
	return i ? LQ_END : 0;
}

static int start(void *self)
{
	node *n = self;
	(void)n;
	ON_START(n);
	return 0;
}

static void stop(void *self)
{
	node *n = self;
	(void)n;
	ON_STOP(n);
}

static int process(void *self, uint32_t port, lq_buffer *buf)
{
	node *n = self;
	ON_PROCESS(n, buf);
	if (!buf->n_planes)
		return 0;
	lq_buffer *b = n->host->buffer_writable(n->host, n->host->buffer_ref(n->host, buf));
	CHECK_MEMORY(b);
	b->planes[0][0] = (uint8_t)(b->planes[0][0] / (n->shade + 1));
	ON_BUFFER(n, b);
	int r = n->host->submit(n->host, OUT_PORT, b);
	AFTER_SUBMIT(n, b);
	return r && r != LQ_EPIPE ? r : RESULT;
}

static int set_param(void *self, uint32_t index, const lq_value *value)
{
	ON_SET_PARAM((node *)self, value);
	((node *)self)->shade = value->i;
	return 0;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	ON_STATS(fn, arg);
}

static const lq_param_desc params[] = {
	{"shade", LQ_PARAM_INT, LQ_PARAM_RUNTIME, NULL, SHADE_DEFAULT, 0, 10, NULL, "How dark."},
	{"label", LQ_PARAM_STRING, 0, NULL, "none", 0, 0, NULL, "A name."},
};
static const lq_port_desc ports[] = {{"in", LQ_IN, LQ_MEDIA_VIDEO, 0}, {"out", LQ_OUT, LQ_MEDIA_VIDEO, 0}};
#ifdef HAS_RUN
static int run(void *self, int64_t now);
#else

#endif
static const lq_node_ops ops = {
#ifdef HAS_RUN
                                .run = run,
#endif
                                .create = create, .destroy = destroy, .formats = formats, .start = start, .stop = stop, .set_param = set_param,
                                .stats = stats};
static const lq_filter_ops filter_ops = {.process = process};
static const lq_node_desc desc = {
	.struct_size = sizeof desc, .kind = LQ_KIND_FILTER, .id = "filter.shade", .summary = "Darkens", .rank = 1, .ports = ports, .n_ports = 2,
	.params = params, .n_params = 2, .ops = &ops, .kind_ops = &filter_ops};
static const lq_node_desc *const nodes[] = {&desc};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "shade", .version = "1", .licence = "Apache-2.0", .summary = "Darkens",
	.nodes = nodes, .n_nodes = 1};

#endif
