/* capture.screen: an X11 screen, a window, or a part of either, by the server's shared-memory extension. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xcb/shm.h>
#include <xcb/xcb.h>
#include <xcb/xfixes.h>

#include "common/util.h"
#include "segments.h"
#include "x11_nodes.h"

enum { P_DISPLAY, P_WINDOW, P_X, P_Y, P_SIZE, P_FPS, P_CURSOR };

typedef struct screen {
	const lq_host *host;
	char display[128];
	xcb_window_t window; /* 0: the whole screen */
	int64_t x, y;
	uint32_t want_width, want_height; /* 0: what is there */
	uint32_t fps_num, fps_den;
	int cursor;

	xcb_connection_t *c;
	const xcb_screen_t *root;
	lq__segments *segments;
	uint32_t width, height; /* of the captured part */
	int root_x, root_y;     /* where a window lies */
	const lq_format *format;
	int64_t start, number; /* of the grid of frames */
	uint64_t frames, dropped;
} screen;

static void disconnect(screen *s)
{
	lq__segments_drop(s->segments, s->c);
	s->segments = NULL;
	if (s->c)
		xcb_disconnect(s->c);
	s->c = NULL;
}

static const xcb_screen_t *screen_number(const xcb_setup_t *setup, int number)
{
	xcb_screen_iterator_t it = xcb_setup_roots_iterator(setup);
	while (number-- > 0 && it.rem > 1)
		xcb_screen_next(&it);
	return it.rem ? it.data : NULL;
}

/* Four bytes a pixel, blue first: what every server of today has. */
static int has_bgra(const xcb_setup_t *setup, const xcb_screen_t *root)
{
	for (xcb_format_iterator_t it = xcb_setup_pixmap_formats_iterator(setup); it.rem; xcb_format_next(&it))
		if (it.data->depth == root->root_depth)
			return it.data->bits_per_pixel == 32 && setup->image_byte_order == XCB_IMAGE_ORDER_LSB_FIRST;
	return 0;
}

static int has_shm(xcb_connection_t *c)
{
	const xcb_query_extension_reply_t *e = xcb_get_extension_data(c, &xcb_shm_id);
	return e && e->present;
}

/* XFixes wants to be greeted before it is used. */
static int has_cursor(xcb_connection_t *c)
{
	const xcb_query_extension_reply_t *e = xcb_get_extension_data(c, &xcb_xfixes_id);
	xcb_xfixes_query_version_reply_t *v = NULL;
	if (e && e->present)
		v = xcb_xfixes_query_version_reply(c, xcb_xfixes_query_version(c, 4, 0), NULL);
	free(v);
	return v != NULL;
}

static int connect_display(screen *s)
{
	int number = 0;
	const char *name = *s->display ? s->display : getenv("DISPLAY");
	if (!name || !*name)
		return s->host->fail(s->host, LQ_ENODEV, "no X display: DISPLAY is not set; set it, or the parameter display");
	s->c = xcb_connect(name, &number);
	if (xcb_connection_has_error(s->c))
		return s->host->fail(s->host, LQ_ENODEV, "the X display %s cannot be reached", name);
	s->root = screen_number(xcb_get_setup(s->c), number);
	if (!s->root || !has_bgra(xcb_get_setup(s->c), s->root))
		return s->host->fail(s->host, LQ_ENOTSUP, "the X display %s has no screen with 32 bits a pixel", name);
	if (!has_shm(s->c))
		return s->host->fail(s->host, LQ_ENOTSUP, "the X display %s has no shared memory (MIT-SHM): it must be on this machine", name);
	s->cursor = s->cursor && has_cursor(s->c);
	return 0;
}

static xcb_drawable_t target(const screen *s)
{
	return s->window ? s->window : s->root->root;
}

/* The part to capture within the window as it is now; even sides, as encoders want them. LQ_END: a window is gone, and with it the source. */
static int find_region(screen *s, uint32_t *width, uint32_t *height)
{
	xcb_get_geometry_reply_t *g = xcb_get_geometry_reply(s->c, xcb_get_geometry(s->c, target(s)), NULL);
	if (!g && s->window && !xcb_connection_has_error(s->c))
		return s->format ? LQ_END : s->host->fail(s->host, LQ_ENOENT, "there is no window %u", s->window);
	if (!g)
		return s->host->fail(s->host, LQ_EIO, "the X server has gone");
	int64_t w = g->width - s->x, h = g->height - s->y;
	int rw = g->width, rh = g->height;
	free(g);
	if (s->want_width)
		w = s->want_width;
	if (s->want_height)
		h = s->want_height;
	if (w < 2 || h < 2 || s->x + w > rw || s->y + h > rh)
		return s->host->fail(s->host, LQ_ERANGE, "the region %lldx%lld at %lld,%lld is not within the %s of %dx%d", (long long)w, (long long)h,
		                     (long long)s->x, (long long)s->y, s->window ? "window" : "screen", rw, rh);
	*width = (uint32_t)w & ~1u;
	*height = (uint32_t)h & ~1u;
	return 0;
}

static int open_display(screen *s)
{
	int r = s->c ? 0 : connect_display(s);
	if (!r)
		r = find_region(s, &s->width, &s->height);
	if (r)
		disconnect(s);
	return r;
}

static void destroy(void *self)
{
	screen *s = self;
	disconnect(s);
	lq__format_drop(s->host, &s->format);
	free(s);
}

static int create(const lq_host *host, const lq_value *params, void **self)
{
	screen *s = calloc(1, sizeof *s);
	if (!s)
		return LQ_ENOMEM;
	s->host = host;
	snprintf(s->display, sizeof s->display, "%s", params[P_DISPLAY].s);
	s->window = (xcb_window_t)params[P_WINDOW].i;
	s->x = params[P_X].i;
	s->y = params[P_Y].i;
	s->want_width = params[P_SIZE].num;
	s->want_height = params[P_SIZE].den;
	s->fps_num = params[P_FPS].num;
	s->fps_den = params[P_FPS].den;
	s->cursor = (int)params[P_CURSOR].i;
	*self = s;
	return 0;
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	screen *s = self;
	if (i)
		return LQ_END;
	if (!s->c) {
		int r = open_display(s);
		if (r)
			return r;
	}
	*out = lq__video_format(LQ_CODEC_RAW, LQ_PIXEL_BGRA, s->width, s->height);
	out->fps_num = s->fps_num;
	out->fps_den = s->fps_den;
	return 0;
}

static int64_t grid_time(const screen *s, int64_t number)
{
	return s->start + (int64_t)((double)number * 1e9 * s->fps_den / s->fps_num);
}

/* Memory and format for the region's present size. */
static int use_region(screen *s)
{
	lq_format f;
	int r = formats(s, 0, 0, &f);
	if (r)
		return r;
	lq__segments_drop(s->segments, s->c);
	s->segments = lq__segments_create(s->c, (size_t)s->width * s->height * 4);
	if (!s->segments)
		return s->host->fail(s->host, LQ_ENOMEM, "no shared memory could be had with the X server");
	return lq__format_replace(s->host, &s->format, &f);
}

static int start(void *self)
{
	screen *s = self;
	int r = open_display(s);
	s->start = s->host->now(s->host);
	s->number = 0;
	return r ? r : use_region(s);
}

static void stop(void *self)
{
	disconnect(self);
}

/* The pointer over the picture; its pixels are ARGB with alpha multiplied in. */
static void draw_cursor(screen *s, uint8_t *data)
{
	xcb_xfixes_get_cursor_image_reply_t *c = xcb_xfixes_get_cursor_image_reply(s->c, xcb_xfixes_get_cursor_image(s->c), NULL);
	if (!c)
		return;
	const uint32_t *pixels = xcb_xfixes_get_cursor_image_cursor_image(c);
	int64_t left = c->x - c->xhot - s->x - s->root_x, top = c->y - c->yhot - s->y - s->root_y;
	for (int64_t y = top < 0 ? -top : 0; y < c->height && top + y < s->height; y++)
		for (int64_t x = left < 0 ? -left : 0; x < c->width && left + x < s->width; x++) {
			uint32_t p = pixels[y * c->width + x], clear = 255 - (p >> 24);
			uint8_t *d = data + ((size_t)(top + y) * s->width + (size_t)(left + x)) * 4;
			for (int i = 0; i < 3; i++)
				d[i] = (uint8_t)((p >> (8 * i) & 255) + d[i] * clear / 255);
		}
	free(c);
}

/* A window moves, and has another size at any time. */
static int follow_window(screen *s)
{
	uint32_t w = s->width, h = s->height;
	int e = find_region(s, &s->width, &s->height);
	if (e)
		return e;
	xcb_translate_coordinates_reply_t *t =
		xcb_translate_coordinates_reply(s->c, xcb_translate_coordinates(s->c, s->window, s->root->root, 0, 0), NULL);
	s->root_x = t ? t->dst_x : 0;
	s->root_y = t ? t->dst_y : 0;
	free(t);
	return w == s->width && h == s->height ? 0 : use_region(s);
}

static lq_buffer *wrap(screen *s, lq__segment *seg, int64_t now)
{
	lq_buffer *buf = s->host->buffer_wrap(s->host, s->format, lq__segment_release, seg);
	if (!buf)
		return NULL;
	buf->n_planes = 1;
	buf->planes[0] = seg->data;
	buf->strides[0] = s->width * 4;
	buf->size = s->width * s->height * 4;
	buf->pts = buf->capture_time = now;
	buf->duration = grid_time(s, 1) - grid_time(s, 0);
	buf->flags = LQ_BUFFER_KEY;
	buf->priority = 1;
	return buf;
}

static int grab(screen *s, int64_t now)
{
	int moved = s->window ? follow_window(s) : 0;
	if (moved)
		return moved;
	lq__segment *seg = lq__segment_take(s->segments);
	if (!seg) {
		s->dropped++;
		return 0;
	}
	xcb_generic_error_t *error = NULL;
	xcb_shm_get_image_reply_t *r =
		xcb_shm_get_image_reply(s->c, xcb_shm_get_image(s->c, target(s), (int16_t)s->x, (int16_t)s->y, (uint16_t)s->width, (uint16_t)s->height,
	                                                    ~0u, XCB_IMAGE_FORMAT_Z_PIXMAP, seg->id, 0), &error);
	int ok = r != NULL;
	free(r);
	free(error);
	if (!ok) {
		/* The screen or window became smaller, is not to be seen, or has gone: the region says which. */
		lq__segment_release(seg);
		s->dropped++;
		uint32_t w = s->width, h = s->height;
		int e = find_region(s, &s->width, &s->height);
		return e || (w == s->width && h == s->height) ? e : use_region(s);
	}
	if (s->cursor)
		draw_cursor(s, seg->data);
	lq_buffer *buf = wrap(s, seg, now);
	if (!buf) {
		lq__segment_release(seg);
		return LQ_ENOMEM;
	}
	s->frames++;
	return lq__submit(s->host, 0, buf);
}

static int read_screen(void *self, int64_t deadline, int64_t *next)
{
	screen *s = self;
	int64_t now = s->host->now(s->host);
	if (now < grid_time(s, s->number)) {
		*next = grid_time(s, s->number);
		return 0;
	}
	while (grid_time(s, s->number + 1) <= now) {
		s->number++;
		s->dropped++;
	}
	*next = grid_time(s, ++s->number);
	return grab(s, now);
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const screen *s = self;
	lq__stat(fn, arg, 0, "frames", (double)s->frames);
	lq__stat(fn, arg, 0, "framesDropped", (double)s->dropped);
}

static int probe(char *text, size_t size)
{
	const char *name = getenv("DISPLAY");
	if (!name || !*name) {
		snprintf(text, size, "no X display: DISPLAY is not set");
		return LQ_ENODEV;
	}
	xcb_connection_t *c = xcb_connect(name, NULL);
	int bad = xcb_connection_has_error(c);
	xcb_disconnect(c);
	if (bad)
		snprintf(text, size, "the X display %s cannot be reached", name);
	return bad ? LQ_ENODEV : 0;
}

/* The screens of the display, as what the parameter display takes. */
static int devices(uint32_t i, lq_device *out)
{
	const char *name = getenv("DISPLAY");
	int number = 0;
	if (!name || !*name)
		return LQ_END;
	xcb_connection_t *c = xcb_connect(name, &number);
	const xcb_setup_t *setup = xcb_connection_has_error(c) ? NULL : xcb_get_setup(c);
	int there = setup && i < setup->roots_len;
	if (there) {
		const xcb_screen_t *root = screen_number(setup, (int)i);
		size_t host = strcspn(name, ":"), all = host + strcspn(name + host, ".");
		memset(out, 0, sizeof *out);
		out->struct_size = sizeof *out;
		snprintf(out->id, sizeof out->id, "%.*s.%u", (int)all, name, i);
		snprintf(out->name, sizeof out->name, "Screen %u, %ux%u", i, root->width_in_pixels, root->height_in_pixels);
		out->is_default = (int)i == number;
	}
	xcb_disconnect(c);
	return there ? 0 : LQ_END;
}

static const lq_param_desc params[] = {
	[P_DISPLAY] = {"display", LQ_PARAM_STRING, 0, NULL, "", 0, 0, NULL, "The X display, such as :0; empty: the variable DISPLAY."},
	[P_WINDOW] = {"window", LQ_PARAM_INT, 0, NULL, "0", 0, 4294967295.0, NULL, "X11 id of a window to capture instead of the screen; 0: the screen."},
	[P_X] = {"x", LQ_PARAM_INT, 0, "pixels", "0", 0, 32767, NULL, "Left edge of the captured part."},
	[P_Y] = {"y", LQ_PARAM_INT, 0, "pixels", "0", 0, 32767, NULL, "Its top edge."},
	[P_SIZE] = {"size", LQ_PARAM_SIZE, 0, "pixels", "0x0", 0, 0, NULL, "Its size; 0x0: all that is right of and below the edges."},
	[P_FPS] = {"fps", LQ_PARAM_FRACTION, 0, "1/s", "30/1", 0.1, 240, NULL, "Frame rate."},
	[P_CURSOR] = {"cursor", LQ_PARAM_BOOL, 0, NULL, "true", 0, 0, NULL, "Draw the mouse pointer."},
};
static const lq_port_desc ports[] = {{"out", LQ_OUT, LQ_MEDIA_VIDEO, 0}};
static const lq_node_ops ops = {
	.probe = probe, .create = create, .destroy = destroy, .formats = formats, .start = start, .stop = stop, .stats = stats};
static const lq_capture_ops capture_ops = {.devices = devices, .read = read_screen};

const lq_node_desc lq__screen = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_CAPTURE, .id = "capture.screen", .summary = "An X11 screen, a window, or a part of either",
	.rank = 100, .flags = LQ_NODE_LIVE, .ports = ports, .n_ports = LQ__COUNT(ports), .params = params, .n_params = LQ__COUNT(params),
	.ops = &ops, .kind_ops = &capture_ops};
