/* @ID@: what it captures goes here. It paints a bar that moves, so that there is something to see from the first minute on. */
#include <loquat/plugin/plugin.h>

#include <stdlib.h>
#include <string.h>

enum { P_SIZE, P_FPS, P_BRIGHTNESS }; /* rows of the parameter table, below */

typedef struct node {
	const lq_host *host;
	const lq_format *format;
	uint32_t width, height, fps_num, fps_den;
	double brightness;
	int64_t due; /* time of the next frame */
	uint64_t frames;
} node;

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
	n->width = params[P_SIZE].num;
	n->height = params[P_SIZE].den;
	n->fps_num = params[P_FPS].num;
	n->fps_den = params[P_FPS].den;
	n->brightness = params[P_BRIGHTNESS].f;
	*self = n;
	return 0;
}

/* What the port can deliver, the best first. Fields that are 0 mean "any". */
static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	const node *n = self;
	if (i)
		return LQ_END;
	*out = (lq_format){.struct_size = sizeof *out, .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_RAW, .pixel = LQ_PIXEL_I420,
	                   .width = n->width, .height = n->height, .fps_num = n->fps_num, .fps_den = n->fps_den};
	return 0;
}

static int set_format(void *self, uint32_t port, const lq_format *format)
{
	node *n = self;
	if (n->format)
		n->host->format_unref(n->host, n->format);
	n->format = n->host->format_ref(n->host, format);
	return 0;
}

/* Open the device here, and let it go in stop. `return n->host->fail(n->host, LQ_EIO, "…")` tells the user why it does not work. */
static int start(void *self)
{
	node *n = self;
	n->due = n->host->now(n->host);
	return 0;
}

static void stop(void *self)
{
}

static void paint(const node *n, lq_buffer *buf)
{
	uint32_t bar = (uint32_t)(n->frames * 4 % n->width), chroma_rows = (n->height + 1) / 2;
	for (uint32_t y = 0; y < n->height; y++) {
		uint8_t *row = buf->planes[0] + (size_t)y * buf->strides[0];
		for (uint32_t x = 0; x < n->width; x++)
			row[x] = (uint8_t)(16 + (x >= bar && x < bar + n->width / 8 ? 219 : y * 100 / n->height) * n->brightness);
	}
	memset(buf->planes[1], 110, (size_t)chroma_rows * buf->strides[1]);
	memset(buf->planes[2], 140, (size_t)chroma_rows * buf->strides[2]);
}

/* Called when *next has come: sends what is due, says when to call again. */
static int read(void *self, int64_t deadline, int64_t *next)
{
	node *n = self;
	int64_t now = n->host->now(n->host), frame = LQ_SEC * n->fps_den / n->fps_num;
	if (now < n->due) {
		*next = n->due;
		return 0;
	}
	int64_t time = n->due + (now - n->due) / frame * frame; /* late: frames are left out, not made up for */
	*next = n->due = time + frame;
	lq_buffer *buf = n->host->buffer_new(n->host, n->format, 0);
	if (!buf)
		return LQ_ENOMEM;
	paint(n, buf);
	buf->pts = buf->capture_time = time;
	buf->duration = frame;
	n->frames++;
	int r = n->host->submit(n->host, 0, buf); /* takes our reference */
	return r == LQ_EPIPE ? 0 : r;             /* nothing is linked there: no fault of ours */
}

/* Only for parameters with LQ_PARAM_RUNTIME. */
static int set_param(void *self, uint32_t index, const lq_value *value)
{
	((node *)self)->brightness = value->f;
	return 0;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	fn(arg, 0, &(lq_stat){.name = "frames", .value = (double)((node *)self)->frames});
}

static const lq_param_desc params[] = {
	[P_SIZE] = {"size", LQ_PARAM_SIZE, 0, "pixels", "640x360", 16, 4096, NULL, "Size of the picture."},
	[P_FPS] = {"fps", LQ_PARAM_FRACTION, 0, "1/s", "30/1", 1, 240, NULL, "Frame rate."},
	[P_BRIGHTNESS] = {"brightness", LQ_PARAM_FLOAT, LQ_PARAM_RUNTIME, NULL, "1", 0, 1, NULL, "How bright the bar is."},
};
static const lq_port_desc ports[] = {{"out", LQ_OUT, LQ_MEDIA_VIDEO, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .set_format = set_format, .start = start, .stop = stop,
                                .set_param = set_param, .stats = stats};
static const lq_capture_ops capture_ops = {.read = read};
static const lq_node_desc desc = {
	.struct_size = sizeof desc, .kind = LQ_KIND_CAPTURE, .id = "@ID@", .summary = "A bar that moves", .rank = 100, .flags = LQ_NODE_LIVE,
	.ports = ports, .n_ports = 1, .params = params, .n_params = 3, .ops = &ops, .kind_ops = &capture_ops};
static const lq_node_desc *const nodes[] = {&desc};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "@NAME@", .version = "0.1", .licence = "Apache-2.0",
	.summary = "A capture", .nodes = nodes, .n_nodes = 1};
