/* capture.camera: a V4L2 camera. Raw frames go on in the driver's own memory; a camera that encodes H.264 can deliver that. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "common/util.h"
#include "modes.h"
#include "stream.h"
#include "v4l2_nodes.h"

#define KEEP_QUEUED 3 /* frames that the driver must have in hand; below that we copy instead of lending */

enum { P_DEVICE, P_SIZE, P_FPS };

typedef struct camera {
	const lq_host *host;
	char path[128];
	lq__modes modes;
	lq__mode mode; /* as negotiated */
	const lq_format *format;
	lq__stream *stream; /* while started */
	int wake_fd, gone;
	uint32_t last_sequence;
	uint64_t frames, dropped, copied;
} camera;

static int probe(char *text, size_t size)
{
	char path[128], name[128], node[32];
	if (lq__v4l2_find(0, path, sizeof path, name, sizeof name) == 0)
		return 0;
	int there = 0;
	for (int i = 0; i < 64 && !there; i++) {
		snprintf(node, sizeof node, "/dev/video%d", i);
		there = access(node, F_OK) == 0;
	}
	snprintf(text, size, there ? "no camera: none of /dev/video* captures video, or they may not be opened" : "no camera: there is no /dev/video*");
	return LQ_ENODEV;
}

static int devices(uint32_t i, lq_device *out)
{
	lq_device d = {.struct_size = sizeof d, .is_default = i == 0};
	int r = lq__v4l2_find(i, d.id, sizeof d.id, d.name, sizeof d.name);
	if (!r)
		*out = d;
	return r;
}

static void destroy(void *self);

/* Which camera, and what it can do. It is not kept open: others may use it until start. */
static int look_at_device(camera *c)
{
	char text[256], name[128];
	if (!*c->path && lq__v4l2_find(0, c->path, sizeof c->path, name, sizeof name))
		return c->host->fail(c->host, LQ_ENODEV, "there is no camera: no /dev/video* captures video");
	int fd = lq__v4l2_open(c->path, text, sizeof text);
	if (fd < 0)
		return c->host->fail(c->host, fd, "%s", text);
	lq__modes_read(&c->modes, fd);
	close(fd);
	if (!c->modes.n)
		return c->host->fail(c->host, LQ_EFORMAT, "%s offers none of I420, NV12, YUYV and H264", c->path);
	return 0;
}

static int create(const lq_host *host, const lq_value *params, void **self)
{
	camera *c = calloc(1, sizeof *c);
	if (!c)
		return LQ_ENOMEM;
	c->host = host;
	snprintf(c->path, sizeof c->path, "%s", params[P_DEVICE].s);
	c->modes.wish = (lq__mode){.width = params[P_SIZE].num, .height = params[P_SIZE].den, .fps_num = params[P_FPS].num, .fps_den = params[P_FPS].den};
	c->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int r = c->wake_fd < 0 ? host->fail(host, LQ_ENOMEM, "eventfd: %s", strerror(errno)) : look_at_device(c);
	if (r < 0)
		destroy(c);
	else
		*self = c;
	return r;
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	const camera *c = self;
	return i < c->modes.n ? lq__mode_format(&c->modes.mode[i], out) : LQ_END;
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	camera *c = self;
	if (lq__modes_find(&c->modes, fmt, &c->mode))
		return c->host->fail(c->host, LQ_EFORMAT, "%s has no such format", c->path);
	return lq__format_replace(c->host, &c->format, fmt);
}

static int start(void *self)
{
	camera *c = self;
	char text[256];
	if (!c->format)
		return c->host->fail(c->host, LQ_ESTATE, "no format is set");
	c->gone = 0;
	c->last_sequence = UINT32_MAX;
	int r = lq__stream_open(c->path, &c->mode, &c->stream, text, sizeof text);
	return r < 0 ? c->host->fail(c->host, r, "%s", text) : 0;
}

static void stop(void *self)
{
	camera *c = self;
	lq__stream_close(c->stream);
	c->stream = NULL;
}

static void destroy(void *self)
{
	camera *c = self;
	if (!c)
		return;
	stop(c);
	lq__format_drop(c->host, &c->format);
	if (c->wake_fd >= 0)
		close(c->wake_fd);
	free(c);
}

/* Where the planes of a raw frame lie in the driver's memory. Returns the bytes that they take. */
static size_t lay_out(const camera *c, uint8_t *data, lq_buffer *b)
{
	const struct v4l2_pix_format *p = lq__stream_pix(c->stream);
	size_t row = ((size_t)p->width + 1) / 2 * (c->format->pixel == LQ_PIXEL_YUYV ? 4 : 2);
	size_t stride = p->bytesperline > row ? p->bytesperline : row, luma = stride * p->height; /* some drivers say 0 */
	b->planes[0] = data;
	b->strides[0] = (uint32_t)stride;
	b->n_planes = 1;
	if (c->format->pixel == LQ_PIXEL_YUYV)
		return luma;
	size_t chroma_stride = c->format->pixel == LQ_PIXEL_I420 ? stride / 2 : stride, chroma = chroma_stride * ((p->height + 1) / 2);
	b->planes[1] = data + luma;
	b->strides[1] = (uint32_t)chroma_stride;
	b->n_planes = 2;
	if (c->format->pixel == LQ_PIXEL_NV12)
		return luma + chroma;
	b->planes[2] = b->planes[1] + chroma;
	b->strides[2] = (uint32_t)chroma_stride;
	b->n_planes = 3;
	return luma + 2 * chroma;
}

static void copy_planes(const lq_format *f, lq_buffer *to, const lq_buffer *from)
{
	for (uint32_t i = 0; i < from->n_planes; i++) {
		uint32_t rows = i ? (f->height + 1) / 2 : f->height, bytes = f->width;
		if (f->pixel == LQ_PIXEL_YUYV)
			bytes = 2 * ((f->width + 1) / 2 * 2);
		else if (i)
			bytes = (f->width + 1) / 2 * (f->pixel == LQ_PIXEL_NV12 ? 2 : 1);
		for (uint32_t y = 0; y < rows; y++)
			memcpy(to->planes[i] + (size_t)y * to->strides[i], from->planes[i] + (size_t)y * from->strides[i], bytes);
	}
}

/* A raw frame as a buffer; consumes the frame. While the driver has enough others, its memory goes on as it is. */
static lq_buffer *raw_buffer(camera *c, lq__frame *f)
{
	lq_buffer view = {0}, *b = NULL;
	if (lay_out(c, f->data, &view) > f->info.bytesused || f->info.bytesused > f->room) { /* a frame that came short */
		lq__frame_release(f);
		return NULL;
	}
	if (lq__stream_left(c->stream) >= KEEP_QUEUED)
		b = c->host->buffer_wrap(c->host, c->format, lq__frame_release, f);
	if (b) {
		lay_out(c, f->data, b);
		return b;
	}
	b = c->host->buffer_new(c->host, c->format, 0);
	if (b) {
		copy_planes(c->format, b, &view);
		c->copied++;
	}
	lq__frame_release(f);
	return b;
}

/* Is there an IDR or a parameter set in front? Not every driver marks its key frames. */
static int starts_with_key(const uint8_t *d, size_t n)
{
	for (size_t i = 0; i + 3 < n; i++)
		if (d[i] == 0 && d[i + 1] == 0 && d[i + 2] == 1) {
			int type = d[i + 3] & 31;
			if (type == 5 || type == 7)
				return 1;
			if (type == 1)
				return 0;
		}
	return 0;
}

static lq_buffer *encoded_buffer(camera *c, lq__frame *f)
{
	size_t n = f->info.bytesused < f->room ? f->info.bytesused : f->room;
	lq_buffer *b = n ? c->host->buffer_new(c->host, c->format, (uint32_t)n) : NULL;
	if (b) {
		memcpy(b->planes[0], f->data, n);
		int key = f->info.flags & V4L2_BUF_FLAG_KEYFRAME || starts_with_key(f->data, n);
		b->flags |= key ? LQ_BUFFER_KEY : 0;
		b->priority = key ? 2 : 1;
	}
	lq__frame_release(f);
	return b;
}

/* When the driver took the picture, on the graph's clock. */
static int64_t taken_at(const camera *c, const struct v4l2_buffer *info)
{
	int64_t now = c->host->now(c->host);
	struct timespec ts;
	if ((info->flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) != V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC)
		return now;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	int64_t age = ts.tv_sec * LQ_SEC + ts.tv_nsec - (info->timestamp.tv_sec * LQ_SEC + info->timestamp.tv_usec * INT64_C(1000));
	return age >= 0 && age < LQ_SEC ? now - age : now;
}

static int deliver(camera *c, lq__frame *f)
{
	const struct v4l2_buffer info = f->info;
	int raw = c->format->codec == LQ_CODEC_RAW;
	lq_buffer *b = raw ? raw_buffer(c, f) : encoded_buffer(c, f);
	uint32_t missed = c->last_sequence == UINT32_MAX ? 0 : info.sequence - c->last_sequence - 1;
	c->last_sequence = info.sequence;
	c->dropped += missed < 1000 ? missed : 0;
	if (!b) {
		c->dropped++;
		return 0;
	}
	if (raw) {
		b->flags |= LQ_BUFFER_KEY;
		b->priority = 1;
	}
	b->flags |= missed ? LQ_BUFFER_DISCONTINUITY : 0;
	b->flags |= info.flags & V4L2_BUF_FLAG_ERROR ? LQ_BUFFER_CORRUPT : 0;
	b->pts = b->capture_time = taken_at(c, &info);
	if (c->format->fps_num)
		b->duration = LQ_SEC * c->format->fps_den / c->format->fps_num;
	c->frames++;
	return lq__submit(c->host, 0, b);
}

static int unplugged(camera *c)
{
	char text[200];
	c->gone = 1;
	snprintf(text, sizeof text, "the camera %s has gone: was it unplugged?", c->path);
	lq__tell(c->host, LQ_EVENT_ERROR, 0, LQ_ENODEV, text);
	lq__tell(c->host, LQ_EVENT_DEVICE, 0, 0, NULL);
	return LQ_END;
}

/* Waits for the device or for wake, until `deadline` at most. */
static short wait_for_frame(camera *c, int64_t deadline)
{
	struct pollfd p[] = {{lq__stream_fd(c->stream), POLLIN, 0}, {c->wake_fd, POLLIN, 0}};
	int64_t left = deadline - c->host->now(c->host);
	int ms = left <= 0 ? 0 : left > 1000 * LQ_MSEC ? 1000 : (int)((left + LQ_MSEC - 1) / LQ_MSEC);
	uint64_t count;
	if (poll(p, 2, ms) <= 0)
		return 0;
	if (p[1].revents && read(c->wake_fd, &count, sizeof count) < 0)
		c->host->log(c->host, LQ_LOG_DEBUG, "reading the wake descriptor: %s", strerror(errno));
	return p[0].revents;
}

static int read_camera(void *self, int64_t deadline, int64_t *next)
{
	camera *c = self;
	lq__frame *f;
	if (!c->stream || c->gone)
		return LQ_END;
	short ready = wait_for_frame(c, deadline);
	*next = c->host->now(c->host);
	if (!ready)
		return 0;
	int r = lq__stream_take(c->stream, &f);
	if (r == LQ_EAGAIN && !(ready & (POLLERR | POLLHUP)))
		return 0;
	if (r == LQ_EIO && !(ready & POLLHUP))
		return c->host->fail(c->host, LQ_EIO, "%s lost a frame: %s", c->path, strerror(errno));
	return r < 0 ? unplugged(c) : deliver(c, f);
}

static void wake(void *self)
{
	camera *c = self;
	uint64_t one = 1;
	if (write(c->wake_fd, &one, sizeof one) < 0)
		c->host->log(c->host, LQ_LOG_DEBUG, "waking the camera: %s", strerror(errno));
}

/* A camera that encodes is asked as an encoder is. */
static int event(void *self, const lq_event *e)
{
	camera *c = self;
	if (!c->stream || !c->format || c->format->codec == LQ_CODEC_RAW)
		return LQ_ENOTSUP;
	if (e->type == LQ_EVENT_KEY_FRAME)
		return lq__stream_control(c->stream, V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME, 1);
	if (e->type == LQ_EVENT_TARGET_RATE)
		return lq__stream_control(c->stream, V4L2_CID_MPEG_VIDEO_BITRATE, (int32_t)lq__clamp(e->value, 10000, INT32_MAX));
	return LQ_ENOTSUP;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const camera *c = self;
	lq__stat(fn, arg, 0, "frames", (double)c->frames);
	lq__stat(fn, arg, 0, "framesDropped", (double)c->dropped);
	lq__stat(fn, arg, 0, "framesCopied", (double)c->copied);
}

static const lq_param_desc params[] = {
	[P_DEVICE] = {"device", LQ_PARAM_STRING, 0, NULL, "", 0, 0, NULL, "The camera, such as /dev/video0; empty: the first there is."},
	[P_SIZE] = {"size", LQ_PARAM_SIZE, 0, "px", "1280x720", 0, 0, NULL, "The picture wished for; the nearest that the camera has is taken."},
	[P_FPS] = {"fps", LQ_PARAM_FRACTION, 0, "1/s", "30/1", 0.1, 240, NULL, "The frame rate wished for."},
};
static const lq_port_desc ports[] = {{"out", LQ_OUT, LQ_MEDIA_VIDEO, 0}};
static const lq_node_ops ops = {.probe = probe, .create = create, .destroy = destroy, .formats = formats, .set_format = set_format,
                                .start = start, .stop = stop, .event = event, .stats = stats};
static const lq_capture_ops capture_ops = {.devices = devices, .read = read_camera, .wake = wake};

const lq_node_desc lq__camera = {
	.struct_size = sizeof(lq_node_desc),
	.kind = LQ_KIND_CAPTURE,
	.id = "capture.camera",
	.summary = "A camera (Video4Linux)",
	.rank = 100,
	.flags = LQ_NODE_LIVE | LQ_NODE_BLOCKING,
	.ports = ports,
	.n_ports = LQ__COUNT(ports),
	.n_params = LQ__COUNT(params),
	.params = params,
	.ops = &ops,
	.kind_ops = &capture_ops,
};
