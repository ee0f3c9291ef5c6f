/* render.xwindow: draws into a window of the app's, over a connection of its own: whatever toolkit the app uses, none of it is touched. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xcb/shm.h>
#include <xcb/xcb.h>

#include "common/due_queue.h"
#include "common/util.h"
#include "paint.h"
#include "segments.h"
#include "x11_nodes.h"

enum { P_WINDOW, P_DISPLAY, P_SCALE, P_MIRROR, N_PARAMS };

typedef struct view {
	const lq_host *host;
	char display[128];
	xcb_window_t window;
	int scale, mirror;
	xcb_connection_t *c;
	xcb_gcontext_t gc;
	uint8_t depth;
	uint32_t width, height; /* of the window and its memory */
	lq__segments *segments;
	uint32_t *columns;
	lq_due_queue early;
	lq_buffer *shown; /* for when the window was covered */
	int first_shown, closed;
	uint64_t received, drawn, dropped, late;
} view;

static int create(const lq_host *host, const lq_value *params, void **self)
{
	view *v = calloc(1, sizeof *v);
	if (!v)
		return LQ_ENOMEM;
	v->host = host;
	v->window = (xcb_window_t)params[P_WINDOW].i;
	snprintf(v->display, sizeof v->display, "%s", params[P_DISPLAY].s);
	v->scale = (int)params[P_SCALE].i;
	v->mirror = (int)params[P_MIRROR].i;
	*self = v;
	return 0;
}

static int flush(void *self)
{
	view *v = self;
	v->dropped += lq_due_clear(&v->early, v->host);
	return 0;
}

static void stop(void *self)
{
	view *v = self;
	flush(v);
	v->host->buffer_unref(v->host, v->shown);
	v->shown = NULL;
	v->host->watch(v->host, NULL, NULL, 0);
	lq__segments_drop(v->segments, v->c);
	v->segments = NULL;
	if (v->c)
		xcb_disconnect(v->c);
	v->c = NULL;
	free(v->columns);
	v->columns = NULL;
	v->width = v->height = 0;
}

static void destroy(void *self)
{
	stop(self);
	free(self);
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	if (i)
		return LQ_END;
	*out = lq__video_format(LQ_CODEC_RAW, LQ_PIXEL_I420, 0, 0);
	return 0;
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	view *v = self;
	if (fmt->codec == LQ_CODEC_RAW && fmt->pixel == LQ_PIXEL_I420)
		return 0;
	return v->host->fail(v->host, LQ_EFORMAT, "a window is drawn from raw I420 pictures");
}

/* Four bytes a pixel, blue first: what every server of today has. */
static int has_bgra(const view *v)
{
	const xcb_setup_t *setup = xcb_get_setup(v->c);
	for (xcb_format_iterator_t it = xcb_setup_pixmap_formats_iterator(setup); it.rem; xcb_format_next(&it))
		if (it.data->depth == v->depth)
			return it.data->bits_per_pixel == 32 && setup->image_byte_order == XCB_IMAGE_ORDER_LSB_FIRST;
	return 0;
}

/* The window as it is now; its memory follows its size. LQ_ENOENT: it is gone. */
static int look(view *v)
{
	xcb_get_geometry_reply_t *g = xcb_get_geometry_reply(v->c, xcb_get_geometry(v->c, v->window), NULL);
	if (!g)
		return LQ_ENOENT;
	uint32_t w = g->width, h = g->height;
	v->depth = g->depth;
	free(g);
	if (w == v->width && h == v->height)
		return 0;
	lq__segments_drop(v->segments, v->c);
	v->segments = lq__segments_create(v->c, (size_t)w * h * 4);
	free(v->columns);
	v->columns = malloc(w * sizeof *v->columns);
	v->width = v->segments && v->columns ? w : 0;
	v->height = h;
	return v->width ? 0 : LQ_ENOMEM;
}

static int start(void *self)
{
	view *v = self;
	const char *name = *v->display ? v->display : getenv("DISPLAY");
	if (!name || !*name)
		return v->host->fail(v->host, LQ_ENODEV, "no X display: DISPLAY is not set");
	v->c = xcb_connect(name, NULL);
	if (xcb_connection_has_error(v->c))
		return v->host->fail(v->host, LQ_ENODEV, "the X display %s cannot be reached", name);
	const xcb_query_extension_reply_t *shm = xcb_get_extension_data(v->c, &xcb_shm_id);
	if (!shm || !shm->present)
		return v->host->fail(v->host, LQ_ENOTSUP, "the X display %s has no shared memory (MIT-SHM): it must be on this machine", name);
	int r = look(v);
	if (r)
		return v->host->fail(v->host, r, r == LQ_ENOENT ? "there is no window %u on %s" : "no shared memory could be had for window %u of %s", v->window, name);
	if (!has_bgra(v))
		return v->host->fail(v->host, LQ_ENOTSUP, "window %u has no 32 bits a pixel", v->window);
	const uint32_t events = XCB_EVENT_MASK_EXPOSURE | XCB_EVENT_MASK_STRUCTURE_NOTIFY;
	xcb_change_window_attributes(v->c, v->window, XCB_CW_EVENT_MASK, &events);
	v->gc = xcb_generate_id(v->c);
	xcb_create_gc(v->c, v->gc, v->window, 0, NULL);
	xcb_flush(v->c);
	v->closed = v->first_shown = 0;
	int fd = xcb_get_file_descriptor(v->c);
	short ready = POLLIN;
	return v->host->watch(v->host, &fd, &ready, 1);
}

static void gone(view *v)
{
	if (v->closed)
		return;
	v->closed = 1;
	v->host->watch(v->host, NULL, NULL, 0);
	lq__tell(v->host, LQ_EVENT_CLOSED, 0, 0, NULL);
}

/* Waits until the server has taken the picture, so that its memory is free again. */
static void draw(view *v)
{
	int r = v->shown ? look(v) : LQ_EAGAIN;
	if (r == LQ_ENOENT)
		gone(v);
	lq__segment *seg = r ? NULL : lq__segment_take(v->segments);
	if (!seg)
		return;
	lq__paint(v->shown, v->scale, v->mirror, seg->data, v->width, v->height, v->columns);
	xcb_void_cookie_t done = xcb_shm_put_image_checked(v->c, v->window, v->gc, (uint16_t)v->width, (uint16_t)v->height, 0, 0, (uint16_t)v->width,
	                                                   (uint16_t)v->height, 0, 0, v->depth, XCB_IMAGE_FORMAT_Z_PIXMAP, 0, seg->id, 0);
	xcb_generic_error_t *error = xcb_request_check(v->c, done);
	lq__segment_release(seg);
	if (!error)
		v->drawn++;
	if (!error && !v->first_shown++)
		lq__tell(v->host, LQ_EVENT_FIRST_BUFFER, 0, v->host->now(v->host), NULL);
	free(error);
}

/* What the server has to say of the window. */
static int heed(view *v)
{
	xcb_generic_event_t *e;
	int redraw = 0;
	while (!v->closed && (e = xcb_poll_for_event(v->c))) {
		int type = e->response_type & 0x7f;
		redraw |= type == XCB_EXPOSE || type == XCB_CONFIGURE_NOTIFY;
		if (type == XCB_DESTROY_NOTIFY)
			gone(v);
		free(e);
	}
	if (!v->closed && xcb_connection_has_error(v->c))
		gone(v);
	return redraw;
}

/* Shows the newest frame that is due; older ones are dropped. */
static int run(void *self, int64_t now)
{
	view *v = self;
	uint32_t due = 0;
	if (!v->c)
		return 0;
	int redraw = heed(v);
	for (uint32_t i = 0; i < v->early.count; i++)
		if (lq_due_is(lq_due_at(&v->early, i), 0, now))
			due = i + 1;
	for (; due > 1; due--)
		v->dropped += lq_due_release(v->host, lq_due_pop(&v->early));
	if (due) {
		v->host->buffer_unref(v->host, v->shown);
		v->shown = lq_due_pop(&v->early);
	}
	if ((due || redraw) && !v->closed)
		draw(v);
	lq_buffer *first = lq_due_at(&v->early, 0);
	if (first)
		v->host->wake_at(v->host, first->pts);
	return 0;
}

static int render(void *self, uint32_t port, lq_buffer *buf)
{
	view *v = self;
	if (!v->c)
		return LQ_ESTATE;
	if (!buf->n_planes)
		return 0; /* an empty end of stream */
	if (buf->format->pixel != LQ_PIXEL_I420 || buf->format->codec != LQ_CODEC_RAW)
		return set_format(v, port, buf->format);
	v->received++;
	if (v->closed) {
		v->dropped++;
		return 0;
	}
	int64_t now = v->host->now(v->host);
	v->late += buf->pts != LQ_TIME_NONE && now - buf->pts > 20 * LQ_MSEC;
	v->dropped += lq_due_release(v->host, lq_due_push(&v->early, v->host->buffer_ref(v->host, buf)));
	return run(v, now);
}

static int set_param(void *self, uint32_t index, const lq_value *value)
{
	view *v = self;
	if (index == P_SCALE)
		v->scale = (int)value->i;
	else
		v->mirror = (int)value->i;
	if (v->c && !v->closed)
		draw(v);
	return 0;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const view *v = self;
	lq__stat(fn, arg, 0, "framesReceived", (double)v->received);
	lq__stat(fn, arg, 0, "framesRendered", (double)v->drawn);
	lq__stat(fn, arg, 0, "framesDropped", (double)v->dropped);
	lq__stat(fn, arg, 0, "framesLate", (double)v->late);
}

static const char *const scales[] = {"fit", "stretch", "crop", NULL};
static const lq_param_desc params[N_PARAMS] = {
	[P_WINDOW] = {"window", LQ_PARAM_INT, LQ_PARAM_REQUIRED, NULL, NULL, 1, 4294967295.0, NULL, "The window's X11 id. All of it is drawn over."},
	[P_DISPLAY] = {"display", LQ_PARAM_STRING, 0, NULL, "", 0, 0, NULL, "The X display, such as :0; empty: the variable DISPLAY."},
	[P_SCALE] = {"scale", LQ_PARAM_CHOICE, LQ_PARAM_RUNTIME, NULL, "fit", 0, 0, scales,
                     "How the picture fills the window: with bars, out of shape, or cut."},
	[P_MIRROR] = {"mirror", LQ_PARAM_BOOL, LQ_PARAM_RUNTIME, NULL, "false", 0, 0, NULL, "Swap left and right, as one expects of oneself."},
};
static const lq_port_desc ports[] = {{"in", LQ_IN, LQ_MEDIA_VIDEO, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .set_format = set_format, .start = start, .stop = stop,
                                .run = run, .set_param = set_param, .stats = stats};
static const lq_renderer_ops renderer_ops = {.render = render, .flush = flush};

const lq_node_desc lq__xwindow = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_RENDERER, .id = "render.xwindow", .summary = "Draws video into a window of the app's (X11)",
	.rank = 100, .flags = LQ_NODE_LIVE, .ports = ports, .n_ports = LQ__COUNT(ports), .params = params, .n_params = N_PARAMS, .ops = &ops,
	.kind_ops = &renderer_ops};
