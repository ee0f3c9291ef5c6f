#include "isolate/wire.h"

#include <errno.h>
#include <loquat/plugin/errors.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "media/buffer.h"
#include "media/format.h"

#define TIME_MAX (INT64_C(1) << 62)
enum { EXTRA_MAX = 1 << 16, SIDE_MAX = 16384, RATE_MAX = 10000000, KNOWN_FLAGS = 0x1f, TEXT_MAX = 16 << 10 };

size_t lq__record_begin(lq__bytes *b, uint32_t type)
{
	lq__bytes_u32(b, type);
	lq__bytes_u32(b, 0);
	return b->n;
}

void lq__record_end(lq__bytes *b, size_t begin)
{
	uint32_t n = (uint32_t)(b->n - begin);
	if (!b->failed)
		memcpy(b->data + begin - sizeof n, &n, sizeof n);
}

int lq__record_next(lq__reader *r, uint32_t *type, lq__reader *body)
{
	if (r->bad || r->at == r->end)
		return 0;
	*type = lq__read_u32(r);
	uint32_t n = lq__read_u32(r);
	const uint8_t *data = lq__read_bytes(r, n);
	if (r->bad)
		return 0;
	*body = (lq__reader){data, data + n, 0};
	return 1;
}

/* The fields between struct_size and extra, in their order. */
void lq__wire_format(lq__bytes *b, const lq_format *f)
{
	const uint32_t fields[] = {f->media, f->codec, f->pixel, f->width, f->height, f->fps_num, f->fps_den, f->sample, f->rate, f->channels, f->extra_size};
	lq__bytes_add(b, fields, sizeof fields);
	lq__bytes_add(b, f->extra, f->extra_size);
}

void lq__wire_read_format(lq__reader *r, lq_format *out)
{
	lq_format f = {.struct_size = sizeof f};
	uint32_t *const fields[] = {&f.media, &f.codec, &f.pixel, &f.width, &f.height, &f.fps_num, &f.fps_den, &f.sample, &f.rate, &f.channels, &f.extra_size};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		*fields[i] = lq__read_u32(r);
	if (f.media > LQ_MEDIA_VIDEO || f.pixel > LQ_PIXEL_RGBA || f.width > SIDE_MAX || f.height > SIDE_MAX || f.sample > LQ_SAMPLE_F32 ||
	    f.rate > RATE_MAX || f.channels > 8 || f.extra_size > EXTRA_MAX)
		r->bad = 1;
	f.extra = f.extra_size ? lq__read_bytes(r, f.extra_size) : NULL;
	if (!r->bad)
		*out = f;
}

void lq__wire_event(lq__bytes *b, const lq_event *e)
{
	lq__bytes_u32(b, e->type);
	lq__bytes_u32(b, e->port);
	lq__bytes_u32(b, e->direction);
	lq__bytes_u64(b, (uint64_t)e->value);
	uint32_t n = e->text ? (uint32_t)strnlen(e->text, TEXT_MAX) : UINT32_MAX;
	lq__bytes_u32(b, n);
	if (e->text) {
		lq__bytes_add(b, e->text, n);
		lq__bytes_add(b, "", 1);
	}
}

void lq__wire_read_event(lq__reader *r, lq_event *out)
{
	lq_event e = {.struct_size = sizeof e, .type = lq__read_u32(r), .port = lq__read_u32(r), .direction = lq__read_u32(r),
	              .value = (int64_t)lq__read_u64(r)};
	e.text = lq__read_chars(r);
	if (!r->bad)
		*out = e;
}

static int is_time(int64_t t)
{
	return t == LQ_TIME_NONE || (t > -TIME_MAX && t < TIME_MAX);
}

static int64_t sane_time(int64_t t)
{
	return is_time(t) ? t : LQ_TIME_NONE;
}

void lq__wire_read_buffer(lq__reader *r, lq__wire_buffer *out)
{
	lq__wire_buffer w;
	const uint8_t *data = lq__read_bytes(r, sizeof w);
	if (!data)
		return;
	memcpy(&w, data, sizeof w);
	if (w.n_planes > 4 || w.where > LQ__IN_INPUT || !w.n_planes != !w.where || w.flags & ~(uint32_t)KNOWN_FLAGS || !is_time(w.pts) || !is_time(w.dts) ||
	    !is_time(w.capture_time) || w.duration < 0 || w.duration >= TIME_MAX)
		r->bad = 1;
	else
		*out = w;
}

static int lies_in(uint64_t at, uint64_t bytes, uint64_t from, uint64_t to)
{
	return at >= from && at <= to && bytes <= to - at;
}

static int picture_fits(const lq__wire_buffer *w, const lq_format *fmt, uint64_t from, uint64_t to)
{
	if (!w->n_planes || w->n_planes != lq__plane_count(fmt))
		return 0;
	for (uint32_t i = 0; i < w->n_planes; i++) {
		uint64_t bytes = lq__plane_bytes(fmt, i, w->strides[i]);
		if (!bytes || !lies_in(w->offsets[i], bytes + LQ__BUFFER_TAIL, from, to))
			return 0;
	}
	return 1;
}

int lq__wire_buffer_fits(const lq__wire_buffer *w, const lq_format *fmt, uint64_t from, uint64_t to)
{
	if (!w->n_planes)
		return !w->size && !w->samples;
	if (fmt->media == LQ_MEDIA_VIDEO && fmt->codec == LQ_CODEC_RAW)
		return picture_fits(w, fmt, from, to);
	int is_sound = fmt->media == LQ_MEDIA_AUDIO && fmt->codec == LQ_CODEC_RAW;
	if (is_sound && (!fmt->channels || (uint64_t)w->samples * fmt->channels * lq__sample_bytes(fmt->sample) > w->size))
		return 0;
	return w->n_planes == 1 && lies_in(w->offsets[0], (uint64_t)w->size + LQ__BUFFER_TAIL, from, to);
}

void lq__wire_describe(lq__wire_buffer *w, const lq_buffer *buf)
{
	*w = (lq__wire_buffer){.flags = buf->flags & KNOWN_FLAGS, .pts = sane_time(buf->pts), .dts = sane_time(buf->dts),
	                       .duration = buf->duration < 0 || buf->duration >= TIME_MAX ? 0 : buf->duration, .capture_time = sane_time(buf->capture_time),
	                       .n_planes = buf->planes[0] ? buf->n_planes : 0, .samples = buf->samples, .layer = buf->layer, .priority = buf->priority};
	w->size = w->n_planes ? buf->size : 0;
	w->samples = w->n_planes ? buf->samples : 0;
	for (uint32_t i = 0; i < w->n_planes && i < 4; i++)
		w->strides[i] = buf->strides[i];
}

void lq__wire_apply(const lq__wire_buffer *w, lq_buffer *buf)
{
	buf->flags = w->flags;
	buf->pts = w->pts;
	buf->dts = w->dts;
	buf->duration = w->duration;
	buf->capture_time = w->capture_time;
	buf->n_planes = w->n_planes;
	buf->size = w->size;
	buf->samples = w->samples;
	buf->layer = w->layer;
	buf->priority = w->priority;
	for (uint32_t i = 0; i < w->n_planes; i++)
		buf->strides[i] = w->strides[i];
}

int lq__wire_send(int fd, const lq__bytes *message, const int *fds, uint32_t n_fds)
{
	union {
		char room[CMSG_SPACE(sizeof(int) * LQ__WIRE_FDS)];
		struct cmsghdr align;
	} control;
	struct iovec io = {message->data, message->n};
	struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};
	if (n_fds) {
		m.msg_control = control.room;
		m.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * n_fds);
	}
	ssize_t r;
	while ((r = sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT)) < 0 && errno == EINTR)
		;
	if (r >= 0)
		return 0;
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == ETOOMANYREFS ? LQ_EAGAIN : LQ_EPIPE;
}

static void take_descriptors(struct msghdr *m, int fds[LQ__WIRE_FDS], uint32_t *n_fds)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n && *n_fds < LQ__WIRE_FDS; i++)
			memcpy(&fds[(*n_fds)++], CMSG_DATA(c) + i * sizeof(int), sizeof(int));
	}
}

int lq__wire_receive(int fd, uint8_t *room, size_t *size, int fds[LQ__WIRE_FDS], uint32_t *n_fds)
{
	union {
		char room[CMSG_SPACE(sizeof(int) * LQ__WIRE_FDS)];
		struct cmsghdr align;
	} control;
	struct iovec io = {room, LQ__WIRE_MAX};
	struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
	ssize_t r;
	*n_fds = 0;
	while ((r = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
		;
	if (r < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? LQ_EAGAIN : LQ_EPIPE;
	take_descriptors(&m, fds, n_fds);
	if (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		while (*n_fds)
			close(fds[--*n_fds]);
		return LQ_EPROTO;
	}
	*size = (size_t)r;
	return r ? 0 : LQ_EPIPE; /* nobody sends an empty message */
}
