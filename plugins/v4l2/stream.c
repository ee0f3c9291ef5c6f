#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <loquat/plugin/errors.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FRAMES 8
#define DEVICES 64 /* /dev/video0 to 63: as many as Linux has minors for */

struct lq__stream {
	int fd;
	struct v4l2_pix_format pix;
	lq__frame frame[FRAMES];
	uint32_t n_frames;

	pthread_mutex_t lock; /* frames come back on any thread */
	uint32_t queued, lent;
	int on, closed;
};

static int retry(int fd, unsigned long request, void *arg)
{
	int rc;
	do
		rc = ioctl(fd, request, arg);
	while (rc < 0 && errno == EINTR);
	return rc;
}

static int code_of(int e)
{
	return e == EBUSY ? LQ_EBUSY : e == EACCES || e == EPERM ? LQ_EPERM : e == ENOENT || e == ENODEV || e == ENXIO ? LQ_ENODEV : LQ_EIO;
}

static int failed(const char *what, const char *path, char *text, size_t size)
{
	int e = errno;
	snprintf(text, size, "%s %s: %s", what, path, e == EBUSY ? "another program uses it" : strerror(e));
	return code_of(e);
}

static int query(int fd, struct v4l2_capability *cap)
{
	if (retry(fd, VIDIOC_QUERYCAP, cap) < 0)
		return -1;
	uint32_t caps = cap->capabilities & V4L2_CAP_DEVICE_CAPS ? cap->device_caps : cap->capabilities;
	return caps & V4L2_CAP_VIDEO_CAPTURE && caps & V4L2_CAP_STREAMING ? 0 : -1;
}

int lq__v4l2_open(const char *path, char *text, size_t size)
{
	struct stat st;
	struct v4l2_capability cap;
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return failed("cannot open the camera", path, text, size);
	if (fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && query(fd, &cap) == 0)
		return fd;
	close(fd);
	snprintf(text, size, "%s is not a camera: it captures no video", path);
	return LQ_ENODEV;
}

int lq__v4l2_find(uint32_t skip, char *path, size_t path_size, char *name, size_t name_size)
{
	for (int i = 0; i < DEVICES; i++) {
		char p[32];
		struct v4l2_capability cap;
		snprintf(p, sizeof p, "/dev/video%d", i);
		int fd = open(p, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			continue;
		int usable = query(fd, &cap) == 0;
		close(fd);
		if (!usable || skip-- > 0)
			continue;
		snprintf(path, path_size, "%s", p);
		snprintf(name, name_size, "%.32s", (const char *)cap.card);
		return 0;
	}
	return LQ_END;
}

static int set_mode(lq__stream *s, const lq__mode *mode, const char *path, char *text, size_t size)
{
	struct v4l2_format f = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	f.fmt.pix = (struct v4l2_pix_format){.width = mode->width, .height = mode->height, .pixelformat = mode->fourcc, .field = V4L2_FIELD_ANY};
	if (retry(s->fd, VIDIOC_S_FMT, &f) < 0)
		return failed("cannot set the format of", path, text, size);
	s->pix = f.fmt.pix;
	if (s->pix.width != mode->width || s->pix.height != mode->height || s->pix.pixelformat != mode->fourcc) {
		snprintf(text, size, "%s does not deliver %ux%u after all, but %ux%u", path, mode->width, mode->height, s->pix.width, s->pix.height);
		return LQ_EFORMAT;
	}
	struct v4l2_streamparm p = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	p.parm.capture.timeperframe = (struct v4l2_fract){mode->fps_den, mode->fps_num};
	if (mode->fps_den)
		retry(s->fd, VIDIOC_S_PARM, &p); /* cameras of one rate refuse this */
	return 0;
}

/* [lock held] */
static int give(lq__stream *s, lq__frame *f)
{
	struct v4l2_buffer b = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = f->index};
	if (retry(s->fd, VIDIOC_QBUF, &b) < 0)
		return -1;
	s->queued++;
	return 0;
}

static int map_frames(lq__stream *s, const char *path, char *text, size_t size)
{
	struct v4l2_requestbuffers r = {.count = FRAMES, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
	if (retry(s->fd, VIDIOC_REQBUFS, &r) < 0)
		return failed("cannot get memory for frames from", path, text, size);
	if (r.count < 2) {
		snprintf(text, size, "%s has memory for %u frames only", path, r.count);
		return LQ_EIO;
	}
	while (s->n_frames < r.count && s->n_frames < FRAMES) {
		struct v4l2_buffer b = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = s->n_frames};
		if (retry(s->fd, VIDIOC_QUERYBUF, &b) < 0)
			return failed("cannot ask for a frame of", path, text, size);
		lq__frame *f = &s->frame[s->n_frames];
		void *m = mmap(NULL, b.length, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, b.m.offset);
		if (m == MAP_FAILED)
			return failed("cannot map a frame of", path, text, size);
		*f = (lq__frame){.stream = s, .index = s->n_frames++, .data = m, .room = b.length};
		if (give(s, f) < 0)
			return failed("cannot hand a frame to", path, text, size);
	}
	return 0;
}

static void stream_free(lq__stream *s)
{
	for (uint32_t i = 0; i < s->n_frames; i++)
		munmap(s->frame[i].data, s->frame[i].room);
	if (s->fd >= 0)
		close(s->fd);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

int lq__stream_open(const char *path, const lq__mode *mode, lq__stream **out, char *text, size_t size)
{
	lq__stream *s = calloc(1, sizeof *s);
	if (!s) {
		snprintf(text, size, "out of memory");
		return LQ_ENOMEM;
	}
	pthread_mutex_init(&s->lock, NULL);
	int rc = s->fd = lq__v4l2_open(path, text, size), type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	if (rc >= 0)
		rc = set_mode(s, mode, path, text, size);
	if (rc >= 0)
		rc = map_frames(s, path, text, size);
	if (rc >= 0 && retry(s->fd, VIDIOC_STREAMON, &type) < 0)
		rc = failed("cannot start", path, text, size);
	if (rc < 0) {
		stream_free(s);
		return rc;
	}
	s->on = 1;
	*out = s;
	return 0;
}

void lq__stream_close(lq__stream *s)
{
	if (!s)
		return;
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	pthread_mutex_lock(&s->lock);
	s->on = 0;
	s->closed = 1;
	retry(s->fd, VIDIOC_STREAMOFF, &type);
	/* Others may want the camera while our last frames are still on their way: mapped memory outlives the descriptor. */
	close(s->fd);
	s->fd = -1;
	int unused = s->lent == 0;
	pthread_mutex_unlock(&s->lock);
	if (unused)
		stream_free(s);
}

int lq__stream_fd(const lq__stream *s)
{
	return s->fd;
}

const struct v4l2_pix_format *lq__stream_pix(const lq__stream *s)
{
	return &s->pix;
}

int lq__stream_take(lq__stream *s, lq__frame **out)
{
	struct v4l2_buffer b = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
	if (retry(s->fd, VIDIOC_DQBUF, &b) < 0)
		return errno == EAGAIN ? LQ_EAGAIN : errno == ENODEV ? LQ_ENODEV : LQ_EIO;
	if (b.index >= s->n_frames)
		return LQ_EIO;
	pthread_mutex_lock(&s->lock);
	s->queued--;
	s->lent++;
	pthread_mutex_unlock(&s->lock);
	s->frame[b.index].info = b;
	*out = &s->frame[b.index];
	return 0;
}

void lq__frame_release(void *frame)
{
	lq__frame *f = frame;
	lq__stream *s = f->stream;
	pthread_mutex_lock(&s->lock);
	if (s->on)
		give(s, f); /* fails when the camera has gone: the next take says so */
	int last = --s->lent == 0 && s->closed;
	pthread_mutex_unlock(&s->lock);
	if (last)
		stream_free(s);
}

uint32_t lq__stream_left(lq__stream *s)
{
	pthread_mutex_lock(&s->lock);
	uint32_t n = s->queued;
	pthread_mutex_unlock(&s->lock);
	return n;
}

int lq__stream_control(lq__stream *s, uint32_t id, int32_t value)
{
	struct v4l2_control c = {.id = id, .value = value};
	return retry(s->fd, VIDIOC_S_CTRL, &c) < 0 ? LQ_ENOTSUP : 0;
}
