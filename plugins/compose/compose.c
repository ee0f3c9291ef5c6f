/* filter.compose: any number of pictures on one canvas, at a steady rate. Each output picture shows of every input the newest that is due. */
#include <libavutil/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "paint.h"

enum { P_SIZE, P_FPS, P_LAYOUT, P_IMAGE, P_QUALITY, P_DELAY, P_SPEAKER, P_SLACK };
enum { PORT_IN, PORT_OUT, QUEUE = 24, MAX_CATCH_UP = 2 };
#define FAR (2 * LQ_SEC) /* a time further ahead than this is a broken time stamp: due at once */

typedef struct input {
	uint32_t port;
	char name[NAME_SIZE], label[NAME_SIZE]; /* as its source says */
	int hidden;
	lq_buffer *queue[QUEUE]; /* not due yet, oldest first */
	uint32_t n;
	lq_buffer *shown;
	uint64_t serial, received, dropped; /* serial: of the picture that is shown */
} input;

typedef struct composer {
	const lq_host *host;
	const lq_format *out;
	lq_format format; /* of the output */
	layout layout;
	char *image, *speaker;
	plane_set background;
	int flags, running, dirty, covered;
	int64_t delay, slack; /* slack: how long after its time a picture leaves */
	input inputs[MAX_INPUTS];
	uint32_t n;
	tile tiles[MAX_REGIONS];
	uint32_t n_tiles;
	tile_cache caches[MAX_REGIONS];
	uint64_t tick, skipped, serials;
	int64_t start;
} composer;

/* ---- life ---- */

static void clear_input(composer *c, input *in)
{
	for (uint32_t i = 0; i < in->n; i++)
		c->host->buffer_unref(c->host, in->queue[i]);
	c->host->buffer_unref(c->host, in->shown);
	in->n = 0;
	in->shown = NULL;
}

static void destroy(void *self)
{
	composer *c = self;
	for (uint32_t i = 0; i < c->n; i++)
		clear_input(c, &c->inputs[i]);
	for (int i = 0; i < MAX_REGIONS; i++)
		tile_cache_finish(&c->caches[i]);
	planes_free(&c->background);
	lq__format_drop(c->host, &c->out);
	free(c->image);
	free(c->speaker);
	free(c);
}

static int parse(composer *c, const char *text, layout *out)
{
	char error[LAYOUT_ERROR];
	int e = layout_parse(text, c->format.width, c->format.height, out, error);
	return e ? c->host->fail(c->host, e, "%s", error) : 0;
}

static int paint_canvas(composer *c)
{
	if (*c->image)
		return 0;
	planes_fill(&c->background, c->layout.background);
	return 0;
}

static int set_up(composer *c, const lq_value *params)
{
	static const int flags[] = {SWS_FAST_BILINEAR, SWS_BILINEAR, SWS_BICUBIC};
	c->format = lq__video_format(LQ_CODEC_RAW, LQ_PIXEL_I420, params[P_SIZE].num & ~1u, params[P_SIZE].den & ~1u);
	c->format.fps_num = params[P_FPS].num;
	c->format.fps_den = params[P_FPS].den;
	c->flags = flags[params[P_QUALITY].i];
	c->delay = params[P_DELAY].i * LQ_MSEC;
	c->slack = params[P_SLACK].i * LQ_MSEC;
	c->image = strdup(params[P_IMAGE].s);
	c->speaker = strdup(params[P_SPEAKER].s);
	int e = c->image && c->speaker ? parse(c, params[P_LAYOUT].s, &c->layout) : LQ_ENOMEM;
	e = e ? e : planes_make(&c->background, c->format.width, c->format.height);
	e = e ? e : paint_canvas(c);
	return e || !*c->image ? e : image_load(c->host, c->image, &c->background);
}

static int create(const lq_host *host, const lq_value *params, void **self)
{
	composer *c = calloc(1, sizeof *c);
	if (!c)
		return LQ_ENOMEM;
	c->host = host;
	c->dirty = 1;
	int e = set_up(c, params);
	if (e) {
		destroy(c);
		return e;
	}
	*self = c;
	return 0;
}

/* ---- ports ---- */

static input *find(composer *c, uint32_t port)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (c->inputs[i].port == port)
			return &c->inputs[i];
	return NULL;
}

static int add_port(void *self, uint32_t tmpl, uint32_t port)
{
	composer *c = self;
	if (c->n == MAX_INPUTS)
		return c->host->fail(c->host, LQ_EFULL, "at most %d pictures can be composed", MAX_INPUTS);
	c->inputs[c->n++] = (input){.port = port};
	c->dirty = 1;
	return 0;
}

static void remove_port(void *self, uint32_t port)
{
	composer *c = self;
	input *in = find(c, port);
	if (!in)
		return;
	clear_input(c, in);
	memmove(in, in + 1, (size_t)(&c->inputs[c->n] - (in + 1)) * sizeof *in);
	c->n--;
	c->dirty = 1;
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	static const uint32_t pixels[] = {LQ_PIXEL_I420, LQ_PIXEL_NV12, LQ_PIXEL_YUYV, LQ_PIXEL_BGRA, LQ_PIXEL_RGBA};
	composer *c = self;
	if (i >= (port == PORT_OUT ? 1 : LQ__COUNT(pixels)))
		return LQ_END;
	*out = port == PORT_OUT ? c->format : lq__video_format(LQ_CODEC_RAW, pixels[i], 0, 0);
	return 0;
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	composer *c = self;
	if (fmt->codec != LQ_CODEC_RAW || lq__av_pixel(fmt->pixel) == AV_PIX_FMT_NONE)
		return c->host->fail(c->host, LQ_EFORMAT, "only raw pictures can be composed");
	return port == PORT_OUT ? lq__format_replace(c->host, &c->out, fmt) : 0;
}

/* ---- what is seen ---- */

static uint32_t look(const composer *c, seen_input seen[MAX_INPUTS])
{
	for (uint32_t i = 0; i < c->n; i++) {
		const lq_buffer *b = c->inputs[i].shown;
		seen[i] = (seen_input){c->inputs[i].port, b ? b->format->width : 0, b ? b->format->height : 0, c->inputs[i].name, c->inputs[i].label};
	}
	return c->n;
}

/* Whether the tiles leave nothing of the background: one covers all, or they do together where none lies on another. */
static int covers(const composer *c)
{
	uint64_t area = 0, all = (uint64_t)c->format.width * c->format.height;
	for (uint32_t i = 0; i < c->n_tiles; i++) {
		uint64_t a = (uint64_t)c->tiles[i].to.w * c->tiles[i].to.h;
		if (a == all)
			return 1;
		area += a;
	}
	return area == all && c->layout.kind != LAYOUT_REGIONS;
}

static void arrange(composer *c)
{
	seen_input seen[MAX_INPUTS];
	uint32_t n = look(c, seen);
	c->n_tiles = layout_arrange(&c->layout, c->format.width, c->format.height, seen, n, c->speaker, c->tiles);
	c->covered = covers(c);
	c->dirty = 0;
}

static int is_due(const lq_buffer *b, int64_t time)
{
	return b->pts == LQ_TIME_NONE || b->pts <= time || b->pts - time > FAR;
}

/* The newest picture that is due; a first one, or one of another size, changes the arrangement. */
static void advance(composer *c, input *in, int64_t time)
{
	uint32_t due = 0;
	while (due < in->n && is_due(in->queue[due], time))
		due++;
	if (!due)
		return;
	lq_buffer *next = in->queue[due - 1], *before = in->shown;
	if (!before || before->format != next->format)
		c->dirty = 1;
	for (uint32_t i = 0; i + 1 < due; i++)
		c->host->buffer_unref(c->host, in->queue[i]);
	c->host->buffer_unref(c->host, before);
	memmove(in->queue, in->queue + due, (in->n - due) * sizeof *in->queue);
	in->n -= due;
	in->shown = next;
	in->serial = ++c->serials;
}

static int paint(composer *c, lq_buffer *canvas)
{
	seen_input seen[MAX_INPUTS];
	int e = 0;
	look(c, seen);
	if (!c->covered)
		paint_background(&c->background, canvas);
	for (uint32_t i = 0; i < c->n_tiles && !e; i++) {
		const input *in = &c->inputs[c->tiles[i].input];
		e = paint_tile(&c->caches[i], &c->tiles[i], layout_label(&c->layout, seen, c->tiles[i].input), in->shown, in->serial, c->flags, canvas);
	}
	return e;
}

static int64_t time_of(const composer *c, uint64_t tick)
{
	return c->start + (int64_t)(tick / c->format.fps_num * c->format.fps_den) * LQ_SEC +
	       (int64_t)(tick % c->format.fps_num * c->format.fps_den) * LQ_SEC / c->format.fps_num;
}

static int compose(composer *c)
{
	int64_t time = time_of(c, c->tick);
	for (uint32_t i = 0; i < c->n; i++)
		advance(c, &c->inputs[i], time - c->delay);
	if (c->dirty)
		arrange(c);
	lq_buffer *canvas = c->host->buffer_new(c->host, c->out, 0);
	int e = canvas ? paint(c, canvas) : LQ_ENOMEM;
	if (e) {
		c->host->buffer_unref(c->host, canvas);
		return e;
	}
	canvas->pts = time;
	canvas->duration = time_of(c, c->tick + 1) - time;
	canvas->capture_time = c->n == 1 && c->inputs[0].shown ? c->inputs[0].shown->capture_time : LQ_TIME_NONE; /* several have none */
	canvas->flags = LQ_BUFFER_KEY;
	canvas->priority = 1;
	return lq__submit(c->host, PORT_OUT, canvas);
}

/* ---- ops ---- */

static int start(void *self)
{
	composer *c = self;
	char error[LAYOUT_ERROR];
	seen_input seen[MAX_INPUTS];
	uint32_t n = look(c, seen);
	c->running = 1;
	c->tick = 0;
	c->start = c->host->now(c->host);
	c->host->wake_at(c->host, c->start + c->slack);
	if (n && layout_check(&c->layout, seen, n, error))
		lq__tell(c->host, LQ_EVENT_WARNING, PORT_OUT, LQ_ENOENT, error);
	return 0;
}

static void stop(void *self)
{
	composer *c = self;
	c->running = 0;
}

static int run(void *self, int64_t wall)
{
	composer *c = self;
	int64_t now = wall - c->slack;
	int e = 0;
	if (!c->running || !c->out)
		return 0;
	while (time_of(c, c->tick + MAX_CATCH_UP) <= now) { /* the machine was busy: no burst */
		c->tick++;
		c->skipped++;
	}
	for (; time_of(c, c->tick) <= now && !e; c->tick++)
		e = compose(c);
	c->host->wake_at(c->host, time_of(c, c->tick) + c->slack);
	return e;
}

static int process(void *self, uint32_t port, lq_buffer *buf)
{
	composer *c = self;
	input *in = find(c, port);
	if (!in)
		return c->host->fail(c->host, LQ_EINVAL, "there is no input %u", port);
	if (buf->n_planes && !in->hidden) {
		int e = set_format(c, port, buf->format);
		if (e)
			return e;
		in->received++;
		if (in->n == QUEUE) {
			c->host->buffer_unref(c->host, in->queue[0]);
			memmove(in->queue, in->queue + 1, (QUEUE - 1) * sizeof *in->queue);
			in->n--;
			in->dropped++;
		}
		in->queue[in->n++] = c->host->buffer_ref(c->host, buf);
	}
	if (buf->flags & LQ_BUFFER_EOS) { /* its place goes to the others */
		clear_input(c, in);
		c->dirty = 1;
	}
	return 0;
}

static int set_speaker(composer *c, const char *name)
{
	char *text = strdup(name);
	if (!text)
		return LQ_ENOMEM;
	free(c->speaker);
	c->speaker = text;
	c->dirty = 1;
	return 0;
}

static int set_layout(composer *c, const lq_value *value)
{
	char error[LAYOUT_ERROR];
	seen_input seen[MAX_INPUTS];
	uint32_t n = look(c, seen);
	layout *next = malloc(sizeof *next);
	if (!next)
		return LQ_ENOMEM;
	int e = parse(c, value->s, next);
	if (!e && (e = layout_check(next, seen, n, error)))
		c->host->fail(c->host, e, "%s", error);
	if (!e) {
		c->layout = *next;
		c->dirty = 1;
		paint_canvas(c);
	}
	free(next);
	return e;
}

static int set_param(void *self, uint32_t index, const lq_value *value)
{
	return index == P_LAYOUT ? set_layout(self, value) : index == P_SPEAKER ? set_speaker(self, value->s) : LQ_ENOTSUP;
}

/* Whose picture an input is, and whether it is shown. */
static int event(void *self, const lq_event *e)
{
	composer *c = self;
	input *in = find(c, e->port);
	if (!in || (e->type != LQ_EVENT_INPUT_NAME && e->type != LQ_EVENT_INPUT_LABEL && e->type != LQ_EVENT_INPUT_GAIN))
		return LQ_ENOTSUP;
	if (e->type != LQ_EVENT_INPUT_GAIN)
		snprintf(e->type == LQ_EVENT_INPUT_NAME ? in->name : in->label, NAME_SIZE, "%s", e->text ? e->text : "");
	else if ((in->hidden = !e->value))
		clear_input(c, in); /* so that it does not come back with an old picture */
	c->dirty = 1;
	return 0;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const composer *c = self;
	lq__stat(fn, arg, PORT_OUT, "framesComposed", (double)(c->tick - c->skipped));
	lq__stat(fn, arg, PORT_OUT, "framesSkipped", (double)c->skipped);
	lq__stat(fn, arg, PORT_OUT, "tiles", c->n_tiles);
	for (uint32_t i = 0; i < c->n; i++) {
		lq__stat(fn, arg, c->inputs[i].port, "framesReceived", (double)c->inputs[i].received);
		lq__stat(fn, arg, c->inputs[i].port, "framesDropped", (double)c->inputs[i].dropped);
	}
}

static const char *const qualities[] = {"fast", "bilinear", "bicubic", NULL};
static const lq_param_desc params[] = {
	[P_SIZE] = {"size", LQ_PARAM_SIZE, 0, "pixels", "1280x720", 16, 8192, NULL, "Size of the canvas."},
	[P_FPS] = {"fps", LQ_PARAM_FRACTION, 0, "1/s", "30/1", 1, 240, NULL, "Pictures a second."},
	[P_LAYOUT] = {"layout", LQ_PARAM_STRING, LQ_PARAM_RUNTIME, NULL, "", 0, 0, NULL, "Who is seen where, as JSON (see the plugin's README); empty: a grid."},
	[P_IMAGE] = {"image", LQ_PARAM_STRING, LQ_PARAM_FILE, NULL, "", 0, 0, NULL, "A picture for the background; empty: the layout's colour."},
	[P_QUALITY] = {"quality", LQ_PARAM_CHOICE, 0, NULL, "bilinear", 0, 0, qualities, "How pixels are interpolated."},
	[P_DELAY] = {"delay", LQ_PARAM_INT, 0, "ms", "0", 0, 2000, NULL, "How long pictures are held back, for sound that takes longer."},
	[P_SPEAKER] = {"speaker", LQ_PARAM_STRING, LQ_PARAM_RUNTIME, NULL, "", 0, 0, NULL, "Who is big in the layout speaker where that names nobody; empty: who came first."},
	[P_SLACK] = {"slack", LQ_PARAM_INT, 0, "ms", "0", 0, 500, NULL, "A picture leaves so long after its time, so that what comes late is still in its place."},
};
static const lq_port_desc ports[] = {[PORT_IN] = {"in", LQ_IN, LQ_MEDIA_VIDEO, LQ_PORT_MANY | LQ_PORT_OPTIONAL}, [PORT_OUT] = {"out", LQ_OUT, LQ_MEDIA_VIDEO, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .add_port = add_port, .remove_port = remove_port, .formats = formats,
                                .set_format = set_format, .start = start, .stop = stop, .run = run, .set_param = set_param, .event = event, .stats = stats};
static const lq_filter_ops filter_ops = {.process = process};

static const lq_node_desc node = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_FILTER, .id = "filter.compose", .summary = "Puts any number of pictures on one canvas", .rank = 100,
	.flags = LQ_NODE_LIVE | LQ_NODE_PURE | LQ_NODE_GPL, .ports = ports, .n_ports = LQ__COUNT(ports), .params = params, .n_params = LQ__COUNT(params), .ops = &ops,
	.kind_ops = &filter_ops};
static const lq_node_desc *const nodes[] = {&node};

static int init(void)
{
	av_log_set_level(AV_LOG_FATAL);
	return 0;
}

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "compose", .version = "0.1", .licence = "GPL-2.0-or-later",
	.summary = "Several pictures in one, by libswscale", .nodes = nodes, .n_nodes = LQ__COUNT(nodes), .init = init};
