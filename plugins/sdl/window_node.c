/* render.window: shows each frame at its due time. The node only decides when; the SDL thread draws. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/due_queue.h"
#include "fit.h"
#include "sdl.h"
#include "window.h"

enum { P_TITLE, P_SIZE, P_X, P_Y, P_FULLSCREEN, P_MIRROR, P_SCALE, P_RENDERER, N_PARAMS };

typedef struct window_node {
	const lq_host *host;
	lq__sdl_look look;
	uint32_t width, height; /* of the pictures, as negotiated */
	lq__sdl_window *window; /* while started */
	lq_due_queue early;
	uint64_t received, late, dropped;
	lq__sdl_counts before; /* of windows closed by stop */
} window_node;

/* Is somebody listening at a local X display (":0")? Others are left to SDL to find out. */
static int local_x_answers(const char *display)
{
	if (display[0] != ':')
		return 1;
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	snprintf(a.sun_path, sizeof a.sun_path, "/tmp/.X11-unix/X%d", atoi(display + 1));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 1;
	int rc = connect(fd, (struct sockaddr *)&a, sizeof a);
	close(fd);
	return rc == 0;
}

static int probe(char *text, size_t size)
{
	const char *driver = getenv("SDL_VIDEODRIVER"), *x = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");
	if (driver && (!strcmp(driver, "dummy") || !strcmp(driver, "offscreen")))
		return 0;
	if (wayland && *wayland)
		return 0;
	if (!x || !*x) {
		snprintf(text, size, "no display: neither DISPLAY nor WAYLAND_DISPLAY is set");
		return LQ_ENODEV;
	}
	if (!local_x_answers(x)) {
		snprintf(text, size, "no display: no X server answers at DISPLAY=%s", x);
		return LQ_ENODEV;
	}
	return 0;
}

static void set_look(lq__sdl_look *look, uint32_t i, const lq_value *v)
{
	switch (i) {
	case P_TITLE:
		snprintf(look->title, sizeof look->title, "%s", v->s);
		break;
	case P_SIZE:
		look->width = v->num;
		look->height = v->den;
		break;
	case P_X:
		look->x = (int)v->i;
		break;
	case P_Y:
		look->y = (int)v->i;
		break;
	case P_FULLSCREEN:
		look->fullscreen = (int)v->i;
		break;
	case P_MIRROR:
		look->mirror = (int)v->i;
		break;
	case P_SCALE:
		look->scale = (int)v->i;
		break;
	case P_RENDERER:
		look->software = (int)v->i;
		break;
	default:
		break;
	}
}

static int create(const lq_host *host, const lq_value *params, void **self)
{
	window_node *n = calloc(1, sizeof *n);
	if (!n)
		return LQ_ENOMEM;
	n->host = host;
	for (uint32_t i = 0; i < N_PARAMS; i++)
		set_look(&n->look, i, &params[i]);
	*self = n;
	return 0;
}

static int flush(void *self)
{
	window_node *n = self;
	n->dropped += lq_due_clear(&n->early, n->host);
	return 0;
}

static void stop(void *self)
{
	window_node *n = self;
	flush(n);
	if (!n->window)
		return;
	lq__sdl_counts c;
	lq__sdl_window_counts(n->window, &c);
	n->before.shown += c.shown;
	n->before.replaced += c.replaced;
	n->before.undrawn += c.undrawn;
	lq__sdl_window_close(n->window);
	n->window = NULL;
}

static void destroy(void *self)
{
	if (!self)
		return;
	stop(self);
	free(self);
}

static const uint32_t pixels[] = {LQ_PIXEL_I420, LQ_PIXEL_NV12, LQ_PIXEL_BGRA};

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	if (i >= sizeof pixels / sizeof *pixels)
		return LQ_END;
	*out = (lq_format){.struct_size = sizeof *out, .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_RAW, .pixel = pixels[i]};
	return 0;
}

static int can_show(const lq_format *f)
{
	if (f->media != LQ_MEDIA_VIDEO || f->codec != LQ_CODEC_RAW || !f->width || !f->height || f->width > 16384 || f->height > 16384)
		return 0;
	return f->pixel == LQ_PIXEL_I420 || f->pixel == LQ_PIXEL_NV12 || f->pixel == LQ_PIXEL_BGRA;
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	window_node *n = self;
	if (fmt->media != LQ_MEDIA_VIDEO || fmt->codec != LQ_CODEC_RAW)
		return n->host->fail(n->host, LQ_EFORMAT, "a window shows raw video only");
	n->width = fmt->width;
	n->height = fmt->height;
	return 0;
}

static int start(void *self)
{
	window_node *n = self;
	return lq__sdl_window_open(n->host, &n->look, n->width, n->height, &n->window);
}

/* Shows the newest frame that is due; older ones are dropped. */
static int run(void *self, int64_t now)
{
	window_node *n = self;
	uint32_t due = 0;
	for (uint32_t i = 0; i < n->early.count; i++)
		if (lq_due_is(lq_due_at(&n->early, i), 0, now))
			due = i + 1;
	for (; due > 1; due--)
		n->dropped += lq_due_release(n->host, lq_due_pop(&n->early));
	if (due)
		lq__sdl_window_show(n->window, lq_due_pop(&n->early));
	lq_buffer *first = lq_due_at(&n->early, 0);
	if (first)
		n->host->wake_at(n->host, first->pts);
	return 0;
}

static int render(void *self, uint32_t port, lq_buffer *buf)
{
	window_node *n = self;
	if (!n->window)
		return LQ_ESTATE;
	if (buf->n_planes == 0)
		return 0; /* an empty end of stream */
	if (!can_show(buf->format))
		return n->host->fail(n->host, LQ_EFORMAT, "a frame that a window cannot show (pixel format %u, %ux%u)", buf->format->pixel,
		                     buf->format->width, buf->format->height);
	int64_t now = n->host->now(n->host);
	n->received++;
	n->late += buf->pts != LQ_TIME_NONE && now - buf->pts > 20 * LQ_MSEC;
	n->dropped += lq_due_release(n->host, lq_due_push(&n->early, n->host->buffer_ref(n->host, buf)));
	return run(n, now);
}

static int64_t latency(void *self)
{
	window_node *n = self;
	lq__sdl_counts c = {0};
	if (n->window)
		lq__sdl_window_counts(n->window, &c);
	return c.cost;
}

static int set_param(void *self, uint32_t index, const lq_value *value)
{
	window_node *n = self;
	set_look(&n->look, index, value);
	if (n->window)
		lq__sdl_window_set_look(n->window, &n->look);
	return 0;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	window_node *n = self;
	lq__sdl_counts c = {0};
	if (n->window)
		lq__sdl_window_counts(n->window, &c);
	const lq_stat all[] = {
		{"framesReceived", (double)n->received},
		{"framesRendered", (double)(n->before.shown + c.shown)},
		{"framesDropped", (double)(n->dropped + n->before.replaced + n->before.undrawn + c.replaced + c.undrawn)},
		{"framesLate", (double)n->late},
		{"renderLatencyMs", (double)c.cost / LQ_MSEC},
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		fn(arg, 0, &all[i]);
}

static const char *const scales[] = {"fit", "stretch", "crop", NULL};
static const char *const renderers[] = {"auto", "software", NULL};
static const lq_param_desc params[N_PARAMS] = {
	[P_TITLE] = {"title", LQ_PARAM_STRING, LQ_PARAM_RUNTIME, NULL, "Loquat", 0, 0, NULL, "Title of the window."},
	[P_SIZE] = {"size", LQ_PARAM_SIZE, 0, "px", "0x0", 0, 16384, NULL, "First size of the window; 0x0 is that of the picture."},
	[P_X] = {"x", LQ_PARAM_INT, 0, "px", "-1", -1, 32767, NULL, "Left edge; -1 leaves it to the window manager."},
	[P_Y] = {"y", LQ_PARAM_INT, 0, "px", "-1", -1, 32767, NULL, "Top edge; -1 leaves it to the window manager."},
	[P_FULLSCREEN] = {"fullscreen", LQ_PARAM_BOOL, LQ_PARAM_RUNTIME, NULL, "false", 0, 0, NULL, "Fill the whole screen."},
	[P_MIRROR] = {"mirror", LQ_PARAM_BOOL, LQ_PARAM_RUNTIME, NULL, "false", 0, 0, NULL, "Swap left and right, as one expects of oneself."},
	[P_SCALE] = {"scale", LQ_PARAM_CHOICE, LQ_PARAM_RUNTIME, NULL, "fit", 0, 0, scales,
                     "How the picture fills the window: with bars, out of shape, or cut."},
	[P_RENDERER] = {"renderer", LQ_PARAM_CHOICE, 0, NULL, "auto", 0, 0, renderers, "Who draws: the graphics card if there is one, or the processor."},
};

static const lq_port_desc ports[] = {{"in", LQ_IN, LQ_MEDIA_VIDEO, 0}};
static const lq_node_ops ops = {
	.probe = probe,
	.create = create,
	.destroy = destroy,
	.formats = formats,
	.set_format = set_format,
	.start = start,
	.stop = stop,
	.run = run,
	.set_param = set_param,
	.stats = stats,
};
static const lq_renderer_ops renderer_ops = {.render = render, .flush = flush, .latency = latency};

const lq_node_desc lq__sdl_window_desc = {
	.struct_size = sizeof(lq_node_desc),
	.kind = LQ_KIND_RENDERER,
	.id = "render.window",
	.summary = "Shows video in a window (SDL)",
	.rank = 100,
	.flags = LQ_NODE_LIVE,
	.ports = ports,
	.n_ports = 1,
	.n_params = N_PARAMS,
	.params = params,
	.ops = &ops,
	.kind_ops = &renderer_ops,
};
