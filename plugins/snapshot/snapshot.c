/* render.snapshot: writes pictures of a stream as PNG. A file appears whole or not at all. */
#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/util.h"

enum { P_FILE, P_MODE, P_INTERVAL };
enum { LAST, FIRST };

typedef struct snapshot {
	const lq_host *host;
	char *file, *temporary;
	int mode, told;
	int64_t interval, written_at;
	lq_buffer *held; /* LAST: not written yet */
	uint64_t frames, written, errors;
} snapshot;

static void destroy(void *self)
{
	snapshot *s = self;
	s->host->buffer_unref(s->host, s->held);
	free(s->file);
	free(s->temporary);
	free(s);
}

static int create(const lq_host *host, const lq_value *params, void **self)
{
	snapshot *s = calloc(1, sizeof *s);
	if (!s)
		return LQ_ENOMEM;
	size_t n = strlen(params[P_FILE].s) + sizeof ".tmp";
	s->host = host;
	s->mode = (int)params[P_MODE].i;
	s->interval = params[P_INTERVAL].i * LQ_MSEC;
	s->written_at = LQ_TIME_NONE;
	s->file = strdup(params[P_FILE].s);
	s->temporary = malloc(n);
	if (!s->file || !s->temporary) {
		destroy(s);
		return LQ_ENOMEM;
	}
	snprintf(s->temporary, n, "%s.tmp", s->file);
	*self = s;
	return 0;
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
	snapshot *s = self;
	if (fmt->codec == LQ_CODEC_RAW && fmt->pixel == LQ_PIXEL_I420)
		return 0;
	return s->host->fail(s->host, LQ_EFORMAT, "a snapshot is made of raw I420 pictures");
}

/* Better to fail now than when the picture is to be written. */
static int start(void *self)
{
	snapshot *s = self;
	FILE *f = fopen(s->temporary, "wb");
	if (!f)
		return s->host->fail(s->host, LQ_EIO, "cannot write %s: %s", s->file, strerror(errno));
	fclose(f);
	unlink(s->temporary);
	return 0;
}

static uint8_t to_byte(int v)
{
	v = (v + 128) >> 8;
	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* BT.601, limited range. */
static void row_to_rgb(const lq_buffer *b, uint32_t y, uint8_t *rgb)
{
	const uint8_t *luma = b->planes[0] + (size_t)y * b->strides[0];
	const uint8_t *u = b->planes[1] + (size_t)(y / 2) * b->strides[1], *v = b->planes[2] + (size_t)(y / 2) * b->strides[2];
	for (uint32_t x = 0; x < b->format->width; x++) {
		int c = 298 * (luma[x] - 16), d = u[x / 2] - 128, e = v[x / 2] - 128;
		*rgb++ = to_byte(c + 409 * e);
		*rgb++ = to_byte(c - 100 * d - 208 * e);
		*rgb++ = to_byte(c + 516 * d);
	}
}

static int write_png(const lq_buffer *b, const uint8_t *rgb, const char *file)
{
	png_image image = {.version = PNG_IMAGE_VERSION, .width = b->format->width, .height = b->format->height, .format = PNG_FORMAT_RGB,
	                   .flags = PNG_IMAGE_FLAG_FAST};
	FILE *f = fopen(file, "wb");
	if (!f)
		return LQ_EIO;
	int ok = png_image_write_to_stdio(&image, f, 0, rgb, 0, NULL);
	png_image_free(&image);
	return fclose(f) || !ok ? LQ_EIO : 0;
}

static int save(snapshot *s, const lq_buffer *b)
{
	uint32_t w = b->format->width, h = b->format->height;
	uint8_t *rgb = malloc((size_t)3 * w * h);
	if (!rgb)
		return LQ_ENOMEM;
	for (uint32_t y = 0; y < h; y++)
		row_to_rgb(b, y, rgb + (size_t)3 * w * y);
	int r = write_png(b, rgb, s->temporary);
	free(rgb);
	if (!r && rename(s->temporary, s->file))
		r = LQ_EIO;
	if (!r) {
		s->written++;
		return 0;
	}
	char text[512];
	snprintf(text, sizeof text, "cannot write %s: %s", s->file, strerror(errno));
	unlink(s->temporary);
	s->errors++;
	if (!s->told++) /* once; the call goes on without the picture */
		lq__tell(s->host, LQ_EVENT_ERROR, 0, r, text);
	return 0;
}

static int is_due(const snapshot *s, int64_t now)
{
	if (s->mode == FIRST && !s->written && !s->errors)
		return 1;
	return s->interval && (s->written_at == LQ_TIME_NONE || now - s->written_at >= s->interval);
}

static int render(void *self, uint32_t port, lq_buffer *buf)
{
	snapshot *s = self;
	int64_t now = s->host->now(s->host);
	if (!buf->n_planes)
		return 0;
	if (buf->format->pixel != LQ_PIXEL_I420 || buf->format->codec != LQ_CODEC_RAW)
		return set_format(s, port, buf->format);
	int first = !s->frames++;
	s->host->buffer_unref(s->host, s->held);
	s->held = NULL;
	if (is_due(s, now)) {
		s->written_at = now;
		int r = save(s, buf);
		if (first && !r && !s->errors)
			lq__tell(s->host, LQ_EVENT_FIRST_BUFFER, port, now, NULL);
		return r;
	}
	if (first)
		lq__tell(s->host, LQ_EVENT_FIRST_BUFFER, port, now, NULL);
	if (s->mode == LAST)
		s->held = s->host->buffer_ref(s->host, buf);
	return 0;
}

static void stop(void *self)
{
	snapshot *s = self;
	if (s->held)
		save(s, s->held);
	s->host->buffer_unref(s->host, s->held);
	s->held = NULL;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const snapshot *s = self;
	lq__stat(fn, arg, 0, "framesRendered", (double)s->frames);
	lq__stat(fn, arg, 0, "filesWritten", (double)s->written);
	lq__stat(fn, arg, 0, "writeErrors", (double)s->errors);
}

static const char *const modes[] = {"last", "first", NULL};
static const lq_param_desc params[] = {
	[P_FILE] = {"file", LQ_PARAM_STRING, LQ_PARAM_REQUIRED | LQ_PARAM_FILE, NULL, NULL, 0, 0, NULL, "The PNG file; replaced by each new picture."},
	[P_MODE] = {"mode", LQ_PARAM_CHOICE, 0, NULL, "last", 0, 0, modes, "Which picture is kept: the last, written when the node stops, or the first."},
	[P_INTERVAL] = {"interval_ms", LQ_PARAM_INT, 0, "ms", "0", 0, 86400000, NULL, "Write a picture this often besides; 0: no."},
};
static const lq_port_desc ports[] = {{"in", LQ_IN, LQ_MEDIA_VIDEO, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .set_format = set_format, .start = start, .stop = stop,
                                .stats = stats};
static const lq_renderer_ops renderer_ops = {.render = render};

static const lq_node_desc node = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_RENDERER, .id = "render.snapshot", .summary = "Writes pictures of a stream as PNG",
	.rank = 100, .ports = ports, .n_ports = LQ__COUNT(ports), .params = params, .n_params = LQ__COUNT(params), .ops = &ops,
	.kind_ops = &renderer_ops};
static const lq_node_desc *const nodes[] = {&node};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "snapshot", .version = "0.1", .licence = "Apache-2.0",
	.summary = "Pictures of a stream as PNG", .nodes = nodes, .n_nodes = LQ__COUNT(nodes)};
