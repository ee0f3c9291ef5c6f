/* A plugin for tests of isolation: nodes that work, and nodes that go wrong where their parameters say so.
 *
 *   iso.filter   hands on: the same buffer, an inverted copy, or memory of its own; iso.pure is the same and says that it only computes
 *   iso.mix      MANY inputs, handed on to one output
 *   iso.enc      raw video to "h264": a packet says how many key frames were asked for and which rate was given
 *   iso.count    capture of `count` buffers; iso.blocking and iso.own are the same with threads
 *   iso.sink     renderer that tells a sum of what it gets by LQ_EVENT_LEVEL */
#include <fcntl.h>
#include <loquat/plugin/plugin.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { P_HOW, P_WRONG, P_WHERE, P_LEVEL, P_COUNT };
static const char *const hows[] = {"same", "invert", "own", NULL};
static const char *const wrongs[] = {"nothing", "crash", "hang", "exit", "error", "open", "thread", NULL};
static const char *const wheres[] = {"nowhere", "create", "format", "start", "process", NULL};

typedef struct node {
	const lq_host *host;
	int how, wrong, where, level, count;
	const lq_format *in, *out;
	int64_t n, keys, rate;
	pthread_t thread;
	_Atomic int quit;
} node;

static void *nothing(void *arg)
{
	return NULL;
}

static int go_wrong(node *n, const char *where)
{
	pthread_t t;
	if (strcmp(wheres[n->where], where))
		return 0;
	switch (n->wrong) {
	case 1: raise(SIGSEGV); break;
	case 2: for (;;) pause();
	case 3: _exit(7);
	case 4: return n->host->fail(n->host, LQ_EIO, "it did not want to");
	case 5: return open("/etc/hostname", O_RDONLY) < 0 ? LQ_EIO : 0;
	case 6: return pthread_create(&t, NULL, nothing, NULL) || pthread_join(t, NULL) ? LQ_EIO : 0;
	}
	return 0;
}

static int create(const lq_host *host, const lq_value *p, void **self)
{
	node *n = calloc(1, sizeof *n);
	if (!n)
		return LQ_ENOMEM;
	*n = (node){.host = host, .how = (int)p[P_HOW].i, .wrong = (int)p[P_WRONG].i, .where = (int)p[P_WHERE].i, .level = (int)p[P_LEVEL].i,
	            .count = (int)p[P_COUNT].i};
	int r = go_wrong(n, "create");
	if (r) {
		free(n);
		return r;
	}
	*self = n;
	return 0;
}

static void destroy(void *self)
{
	node *n = self;
	n->host->format_unref(n->host, n->in);
	n->host->format_unref(n->host, n->out);
	free(n);
}

static int filter_formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	const node *n = self;
	if (i)
		return LQ_END;
	*out = port == 1 && n->in ? *n->in : (lq_format){.struct_size = sizeof *out};
	return 0;
}

static int mix_formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	return filter_formats(self, port == 0 ? 1 : 0, i, out);
}

static int enc_formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	if (i)
		return LQ_END;
	*out = (lq_format){.struct_size = sizeof *out, .media = LQ_MEDIA_VIDEO, .codec = port ? LQ_CODEC_H264 : LQ_CODEC_RAW};
	return 0;
}

static int source_formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	if (i)
		return LQ_END;
	*out = (lq_format){.struct_size = sizeof *out, .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_RAW, .pixel = LQ_PIXEL_I420, .width = 64, .height = 48};
	return 0;
}

static int keep(node *n, const lq_format **at, const lq_format *fmt)
{
	n->host->format_ref(n->host, fmt);
	n->host->format_unref(n->host, *at);
	*at = fmt;
	return go_wrong(n, "format");
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	node *n = self;
	return keep(n, port == 1 ? &n->out : &n->in, fmt);
}

static int mix_set_format(void *self, uint32_t port, const lq_format *fmt)
{
	node *n = self;
	return keep(n, port == 0 ? &n->out : &n->in, fmt);
}

static int source_set_format(void *self, uint32_t port, const lq_format *fmt)
{
	node *n = self;
	return keep(n, &n->out, fmt);
}

static int start(void *self)
{
	node *n = self;
	n->n = 0;
	return go_wrong(n, "start");
}

static int set_param(void *self, uint32_t index, const lq_value *v)
{
	((node *)self)->level = (int)v->i;
	return 0;
}

/* A small picture with the number in it, which the level changes. */
static lq_buffer *picture(node *n, const lq_format *fmt)
{
	lq_buffer *b = n->host->buffer_new(n->host, fmt, 64);
	if (!b)
		return NULL;
	for (uint32_t i = 0; i < b->n_planes; i++)
		memset(b->planes[i], (int)(n->n + i + (uint32_t)n->level), (size_t)b->strides[i] * (i ? (fmt->height + 1) / 2 : fmt->height));
	b->pts = b->capture_time = n->n * LQ_MSEC;
	n->n++;
	return b;
}

static lq_buffer *inverted(node *n, const lq_buffer *buf)
{
	lq_buffer *b = n->host->buffer_new(n->host, buf->format, buf->size);
	if (!b)
		return NULL;
	uint32_t rows = buf->format->height;
	for (uint32_t i = 0; i < buf->n_planes && rows; i++, rows = (buf->format->height + 1) / 2)
		for (uint32_t k = 0; k < rows * buf->strides[i]; k++)
			b->planes[i][k] = (uint8_t)(buf->planes[i][k] ^ 0xff ^ n->level);
	for (uint32_t k = 0; k < buf->size; k++)
		b->planes[0][k] = (uint8_t)(buf->planes[0][k] ^ 0xff ^ n->level);
	b->pts = buf->pts;
	b->capture_time = buf->capture_time;
	b->samples = buf->samples;
	b->flags = buf->flags;
	return b;
}

static lq_buffer *own_memory(node *n, const lq_buffer *buf)
{
	uint8_t *data = malloc(buf->size + 64);
	lq_buffer *b = data ? n->host->buffer_wrap(n->host, buf->format, free, data) : NULL;
	if (!b) {
		free(data);
		return NULL;
	}
	memcpy(data, buf->planes[0], buf->size);
	b->planes[0] = data;
	b->n_planes = 1;
	b->size = buf->size;
	b->samples = buf->samples;
	b->pts = buf->pts;
	return b;
}

static int process_to(node *n, uint32_t out, lq_buffer *buf)
{
	int r = go_wrong(n, "process");
	if (r || !buf->n_planes)
		return r;
	lq_buffer *b = n->how == 0 ? n->host->buffer_ref(n->host, buf) : n->how == 1 ? inverted(n, buf) : own_memory(n, buf);
	return b ? n->host->submit(n->host, out, b) : LQ_ENOMEM;
}

static int process(void *self, uint32_t port, lq_buffer *buf)
{
	return process_to(self, 1, buf);
}

static int mix_process(void *self, uint32_t port, lq_buffer *buf)
{
	return process_to(self, 0, buf);
}

static int encode(void *self, uint32_t port, lq_buffer *buf)
{
	node *n = self;
	if (!buf->n_planes)
		return 0;
	lq_buffer *b = n->host->buffer_new(n->host, n->out, 16);
	if (!b)
		return LQ_ENOMEM;
	memcpy(b->planes[0], &n->keys, 8);
	memcpy(b->planes[0] + 8, &n->rate, 8);
	b->pts = buf->pts;
	b->flags = n->n++ ? 0 : LQ_BUFFER_KEY;
	b->priority = 1;
	return n->host->submit(n->host, 1, b);
}

static int event(void *self, const lq_event *e)
{
	node *n = self;
	if (e->type == LQ_EVENT_KEY_FRAME)
		n->keys++;
	else if (e->type == LQ_EVENT_TARGET_RATE)
		n->rate = e->value;
	else
		return LQ_ENOTSUP;
	return 0;
}

static int read_one(void *self, int64_t deadline, int64_t *next)
{
	node *n = self;
	if (n->count && n->n >= n->count)
		return LQ_END;
	lq_buffer *b = picture(n, n->out);
	*next = n->host->now(n->host) + LQ_MSEC;
	return b ? n->host->submit(n->host, 0, b) : LQ_ENOMEM;
}

/* A device that has a picture each millisecond. */
static int blocking_read(void *self, int64_t deadline, int64_t *next)
{
	usleep(1000);
	int r = read_one(self, deadline, next);
	*next = LQ_TIME_NONE;
	return r;
}

static void *own_thread(void *arg)
{
	node *n = arg;
	while (!n->quit && (!n->count || n->n < n->count)) {
		lq_buffer *b = picture(n, n->out);
		if (b)
			n->host->submit(n->host, 0, b);
		usleep(1000);
	}
	return NULL;
}

static int own_start(void *self)
{
	node *n = self;
	n->quit = 0;
	return pthread_create(&n->thread, NULL, own_thread, n) ? LQ_ENOMEM : 0;
}

static void own_stop(void *self)
{
	node *n = self;
	n->quit = 1;
	pthread_join(n->thread, NULL);
}

static int render(void *self, uint32_t port, lq_buffer *buf)
{
	node *n = self;
	lq_event e = {.struct_size = sizeof e, .type = LQ_EVENT_LEVEL, .port = port, .value = buf->pts / LQ_MSEC};
	for (uint32_t k = 0; k < buf->size; k++)
		e.value += buf->planes[0][k];
	n->host->event(n->host, &e);
	return go_wrong(n, "process");
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const node *n = self;
	fn(arg, 0, &(lq_stat){"level", n->level});
}

static const lq_param_desc params[] = {
	[P_HOW] = {"how", LQ_PARAM_CHOICE, 0, NULL, "same", 0, 0, hows, "What goes on."},
	[P_WRONG] = {"wrong", LQ_PARAM_CHOICE, 0, NULL, "nothing", 0, 0, wrongs, "What goes wrong."},
	[P_WHERE] = {"where", LQ_PARAM_CHOICE, 0, NULL, "nowhere", 0, 0, wheres, "Where it does."},
	[P_LEVEL] = {"level", LQ_PARAM_INT, LQ_PARAM_RUNTIME, NULL, "0", 0, 255, NULL, "Changes what goes out."},
	[P_COUNT] = {"count", LQ_PARAM_INT, 0, NULL, "0", 0, 1000000, NULL, "Buffers until the end; 0: no end."}};

static const lq_port_desc in_out[] = {{"in", LQ_IN, LQ_MEDIA_NONE, 0}, {"out", LQ_OUT, LQ_MEDIA_NONE, 0}};
static const lq_port_desc video_in_out[] = {{"in", LQ_IN, LQ_MEDIA_VIDEO, 0}, {"out", LQ_OUT, LQ_MEDIA_VIDEO, 0}};
static const lq_port_desc mix_ports[] = {{"out", LQ_OUT, LQ_MEDIA_NONE, 0}, {"in", LQ_IN, LQ_MEDIA_NONE, LQ_PORT_MANY}};
static const lq_port_desc out_port[] = {{"out", LQ_OUT, LQ_MEDIA_VIDEO, 0}};
static const lq_port_desc in_port[] = {{"in", LQ_IN, LQ_MEDIA_NONE, 0}};

#define COMMON .create = create, .destroy = destroy, .set_param = set_param, .stats = stats
static const lq_node_ops filter_ops = {COMMON, .formats = filter_formats, .set_format = set_format, .start = start};
static const lq_node_ops mix_ops = {COMMON, .formats = mix_formats, .set_format = mix_set_format, .start = start};
static const lq_node_ops enc_ops = {COMMON, .formats = enc_formats, .set_format = set_format, .start = start, .event = event};
static const lq_node_ops source_ops = {COMMON, .formats = source_formats, .set_format = source_set_format, .start = start};
static const lq_node_ops own_ops = {COMMON, .formats = source_formats, .set_format = source_set_format, .start = own_start, .stop = own_stop};
static const lq_node_ops sink_ops = {COMMON, .start = start};
static const lq_filter_ops filter = {.process = process}, mix = {.process = mix_process};
static const lq_codec_ops codec = {.send = encode};
static const lq_capture_ops capture = {.read = read_one}, blocking = {.read = blocking_read}, own = {NULL};
static const lq_renderer_ops renderer = {.render = render};

#define NODE(var, kind_, id_, flags_, ports_, ops_, kind_ops_) \
	static const lq_node_desc var = {.struct_size = sizeof(lq_node_desc), .kind = kind_, .id = id_, .summary = "For tests.", .rank = 100, .flags = flags_, \
	                                 .ports = ports_, .n_ports = COUNT(ports_), .params = params, .n_params = COUNT(params), .ops = &ops_, \
	                                 .kind_ops = &kind_ops_};
NODE(filter_node, LQ_KIND_FILTER, "iso.filter", 0, in_out, filter_ops, filter)
NODE(pure_node, LQ_KIND_FILTER, "iso.pure", LQ_NODE_PURE, in_out, filter_ops, filter)
NODE(mix_node, LQ_KIND_FILTER, "iso.mix", 0, mix_ports, mix_ops, mix)
NODE(enc_node, LQ_KIND_CODEC, "iso.enc", 0, video_in_out, enc_ops, codec)
NODE(count_node, LQ_KIND_CAPTURE, "iso.count", LQ_NODE_LIVE, out_port, source_ops, capture)
NODE(blocking_node, LQ_KIND_CAPTURE, "iso.blocking", LQ_NODE_LIVE | LQ_NODE_BLOCKING, out_port, source_ops, blocking)
NODE(own_node, LQ_KIND_CAPTURE, "iso.own", LQ_NODE_LIVE | LQ_NODE_OWN_THREAD, out_port, own_ops, own)
NODE(sink_node, LQ_KIND_RENDERER, "iso.sink", 0, in_port, sink_ops, renderer)

static const lq_node_desc *const nodes[] = {&filter_node, &pure_node, &mix_node, &enc_node, &count_node, &blocking_node, &own_node, &sink_node};
LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "isotest", .version = "1", .licence = "Apache-2.0",
	.summary = "For tests of isolation.", .nodes = nodes, .n_nodes = COUNT(nodes)};
