/* capture.plasma: a capture in one file. It paints moving clouds of colour at a steady rate, as a camera would deliver its frames.
 *
 *     { "use": "capture.plasma", "params": { "size": "320x180", "speed": 2.5 } } */
#include <loquat/plugin/plugin.h>

#include <stdlib.h>

enum { P_SIZE, P_FPS, P_SPEED }; /* rows of the parameter table, below */

typedef struct plasma {
	const lq_host *host;
	const lq_format *format;
	uint32_t width, height, fps_num, fps_den;
	double speed;
	int64_t due; /* time of the next frame */
	uint64_t frames;
} plasma;

/* What port 0 can deliver: entry 0, and no other. All is known, so nothing is left for negotiation. */
static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	const plasma *p = self;
	if (i)
		return LQ_END;
	*out = (lq_format){.struct_size = sizeof *out, .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_RAW, .pixel = LQ_PIXEL_I420,
	                   .width = p->width, .height = p->height, .fps_num = p->fps_num, .fps_den = p->fps_den};
	return 0;
}

static void destroy(void *self)
{
	plasma *p = self;
	if (p->format)
		p->host->format_unref(p->host, p->format);
	free(p);
}

/* The host has checked the values against the table and filled in what was not given. */
static int create(const lq_host *host, const lq_value *params, void **self)
{
	plasma *p = calloc(1, sizeof *p);
	if (!p)
		return LQ_ENOMEM;
	p->host = host;
	p->width = params[P_SIZE].num;
	p->height = params[P_SIZE].den;
	p->fps_num = params[P_FPS].num;
	p->fps_den = params[P_FPS].den;
	p->speed = params[P_SPEED].f;
	*self = p;
	return 0;
}

static int set_format(void *self, uint32_t port, const lq_format *format)
{
	plasma *p = self;
	if (p->format)
		p->host->format_unref(p->host, p->format);
	p->format = p->host->format_ref(p->host, format);
	return 0;
}

static int start(void *self)
{
	plasma *p = self;
	p->due = p->host->now(p->host);
	return 0;
}

static uint8_t wave(uint32_t at)
{
	at %= 256;
	return (uint8_t)(at < 128 ? 32 + at : 287 - at);
}

static void paint(const plasma *p, lq_buffer *buf, uint32_t t)
{
	for (uint32_t i = 0; i < 3; i++) {
		uint32_t w = i ? (p->width + 1) / 2 : p->width, h = i ? (p->height + 1) / 2 : p->height;
		for (uint32_t y = 0; y < h; y++)
			for (uint32_t x = 0; x < w; x++)
				buf->planes[i][y * buf->strides[i] + x] = wave(wave(x + t) + wave(y * (i + 1) + t / 2) + t * (i + 1) / 3);
	}
}

/* Called when *next has come: sends what is due, says when to call again. No loop, no sleep, no thread. */
static int read(void *self, int64_t deadline, int64_t *next)
{
	plasma *p = self;
	int64_t now = p->host->now(p->host), frame = LQ_SEC * p->fps_den / p->fps_num;
	if (now < p->due) {
		*next = p->due;
		return 0;
	}
	int64_t time = p->due + (now - p->due) / frame * frame; /* late: frames are left out, not made up for */
	*next = p->due = time + frame;
	lq_buffer *buf = p->host->buffer_new(p->host, p->format, 0);
	if (!buf)
		return LQ_ENOMEM;
	paint(p, buf, (uint32_t)((double)(time / LQ_MSEC) * p->speed / 16));
	buf->pts = buf->capture_time = time;
	buf->duration = frame;
	p->frames++;
	int r = p->host->submit(p->host, 0, buf); /* takes our reference */
	return r == LQ_EPIPE ? 0 : r;             /* nothing is linked there: no fault of ours */
}

/* Only for parameters with LQ_PARAM_RUNTIME. */
static int set_param(void *self, uint32_t index, const lq_value *value)
{
	((plasma *)self)->speed = value->f;
	return 0;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	fn(arg, 0, &(lq_stat){.name = "frames", .value = (double)((plasma *)self)->frames});
}

static const lq_param_desc params[] = {
	[P_SIZE] = {"size", LQ_PARAM_SIZE, 0, "pixels", "640x360", 16, 4096, NULL, "Size of the picture."},
	[P_FPS] = {"fps", LQ_PARAM_FRACTION, 0, "1/s", "30/1", 1, 240, NULL, "Frame rate."},
	[P_SPEED] = {"speed", LQ_PARAM_FLOAT, LQ_PARAM_RUNTIME, NULL, "1", 0, 10, NULL, "How fast the clouds move."},
};
static const lq_port_desc ports[] = {{"out", LQ_OUT, LQ_MEDIA_VIDEO, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .set_format = set_format, .start = start,
                                .set_param = set_param, .stats = stats};
static const lq_capture_ops capture_ops = {.read = read};
static const lq_node_desc node = {
	.struct_size = sizeof node, .kind = LQ_KIND_CAPTURE, .id = "capture.plasma", .summary = "Moving clouds of colour", .rank = 100,
	.flags = LQ_NODE_LIVE, .ports = ports, .n_ports = 1, .params = params, .n_params = 3, .ops = &ops, .kind_ops = &capture_ops};
static const lq_node_desc *const nodes[] = {&node};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "plasma", .version = "1.0", .licence = "Apache-2.0",
	.summary = "An example of a capture", .nodes = nodes, .n_nodes = 1};
