#include "modes.h"

#include <linux/videodev2.h>
#include <loquat/plugin/errors.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#define MANY 256 /* bound of every enumeration: a driver that never ends its list is broken */

/* Raw ones first, those that encoders take as they are before all. */
static const struct {
	uint32_t fourcc, codec, pixel;
} known[] = {
	{V4L2_PIX_FMT_YUV420, LQ_CODEC_RAW, LQ_PIXEL_I420},
	{V4L2_PIX_FMT_NV12, LQ_CODEC_RAW, LQ_PIXEL_NV12},
	{V4L2_PIX_FMT_YUYV, LQ_CODEC_RAW, LQ_PIXEL_YUYV},
	{V4L2_PIX_FMT_H264, LQ_CODEC_H264, LQ_PIXEL_NONE},
};
#define N_KNOWN (sizeof known / sizeof *known)

static size_t known_index(uint32_t fourcc)
{
	size_t i = 0;
	while (i < N_KNOWN && known[i].fourcc != fourcc)
		i++;
	return i;
}

static double fps(const lq__mode *m)
{
	return m->fps_den ? (double)m->fps_num / m->fps_den : 0;
}

/* How far from the wish, 0: it is the wish. A missing frame rate hurts more than a smaller picture of the same shape. */
static double distance(const lq__mode *wish, const lq__mode *m)
{
	double area = (double)m->width * m->height, want = (double)wish->width * wish->height, d = 0;
	if (want > 0) {
		d += 10 * (area > want ? area / want - 1 : want / area - 1);
		d += (uint64_t)m->width * wish->height != (uint64_t)m->height * wish->width ? 3 : 0;
	}
	double rate = fps(m), want_rate = fps(wish);
	if (rate > 0 && want_rate > 0)
		d += rate < want_rate ? 40 * (1 - rate / want_rate) : rate / want_rate - 1;
	return d;
}

static int is_raw(const lq__mode *m)
{
	return known[known_index(m->fourcc)].codec == LQ_CODEC_RAW;
}

static int before(const lq__mode *wish, const lq__mode *a, const lq__mode *b)
{
	size_t ia = known_index(a->fourcc), ib = known_index(b->fourcc);
	if (is_raw(a) != is_raw(b))
		return is_raw(a);
	double da = distance(wish, a), db = distance(wish, b);
	return da != db ? da < db : ia < ib;
}

/* The entry of a full list to give up for a better one: the last of the kind (raw or encoded) that has more than its share. */
static uint32_t worst(const lq__modes *m, const lq__mode *mode)
{
	uint32_t raw = 0, share = LQ__MODES_MAX * 3 / 4;
	while (raw < m->n && is_raw(&m->mode[raw]))
		raw++;
	return raw > share || (raw == share && is_raw(mode)) ? raw - 1 : m->n - 1;
}

static void insert(lq__modes *m, uint32_t at, const lq__mode *mode)
{
	for (uint32_t i = m->n; i > at; i--)
		m->mode[i] = m->mode[i - 1];
	m->mode[at] = *mode;
	m->n++;
}

void lq__modes_add(lq__modes *m, const lq__mode *mode)
{
	if (known_index(mode->fourcc) == N_KNOWN || mode->width < 2 || mode->height < 2)
		return;
	uint32_t at = 0;
	while (at < m->n && !before(&m->wish, mode, &m->mode[at]))
		at++;
	if (m->n == LQ__MODES_MAX) {
		uint32_t out = worst(m, mode);
		if (at > out && is_raw(mode) == is_raw(&m->mode[out]))
			return;
		for (uint32_t i = out; i + 1 < m->n; i++)
			m->mode[i] = m->mode[i + 1];
		m->n--;
		at -= at > out;
	}
	insert(m, at, mode);
}

static uint32_t clamp(uint32_t v, uint32_t low, uint32_t high, uint32_t step)
{
	if (v <= low || step == 0)
		return low;
	if (v > high)
		v = high;
	return low + (v - low) / step * step;
}

/* An interval of a range: the wish where it lies within. */
static void rate_in_range(lq__mode *mode, const lq__mode *wish, const struct v4l2_frmival_stepwise *s)
{
	double shortest = (double)s->min.numerator / s->min.denominator, longest = (double)s->max.numerator / s->max.denominator;
	double want = fps(wish) > 0 ? 1 / fps(wish) : shortest;
	struct v4l2_fract f = want <= shortest ? s->min : want >= longest ? s->max : (struct v4l2_fract){wish->fps_den, wish->fps_num};
	mode->fps_num = f.denominator;
	mode->fps_den = f.numerator;
}

static void add_rates(lq__modes *m, int fd, lq__mode mode)
{
	struct v4l2_frmivalenum e = {.pixel_format = mode.fourcc, .width = mode.width, .height = mode.height};
	for (; e.index < MANY && ioctl(fd, VIDIOC_ENUM_FRAMEINTERVALS, &e) == 0; e.index++) {
		if (e.type == V4L2_FRMIVAL_TYPE_DISCRETE) {
			mode.fps_num = e.discrete.denominator;
			mode.fps_den = e.discrete.numerator;
		} else {
			rate_in_range(&mode, &m->wish, &e.stepwise);
		}
		lq__modes_add(m, &mode);
		if (e.type != V4L2_FRMIVAL_TYPE_DISCRETE)
			return;
	}
	if (e.index == 0)
		lq__modes_add(m, &mode);
}

static void add_sizes(lq__modes *m, int fd, uint32_t fourcc)
{
	struct v4l2_frmsizeenum e = {.pixel_format = fourcc};
	for (; e.index < MANY && ioctl(fd, VIDIOC_ENUM_FRAMESIZES, &e) == 0; e.index++) {
		lq__mode mode = {.fourcc = fourcc, .width = e.discrete.width, .height = e.discrete.height};
		if (e.type != V4L2_FRMSIZE_TYPE_DISCRETE) {
			const struct v4l2_frmsize_stepwise *s = &e.stepwise;
			uint32_t w = m->wish.width ? m->wish.width : 1280, h = m->wish.height ? m->wish.height : 720;
			mode.width = clamp(w, s->min_width, s->max_width, s->step_width);
			mode.height = clamp(h, s->min_height, s->max_height, s->step_height);
		}
		add_rates(m, fd, mode);
		if (e.type != V4L2_FRMSIZE_TYPE_DISCRETE)
			return;
	}
}

void lq__modes_read(lq__modes *m, int fd)
{
	struct v4l2_fmtdesc e = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	for (; e.index < MANY && ioctl(fd, VIDIOC_ENUM_FMT, &e) == 0; e.index++)
		if (known_index(e.pixelformat) < N_KNOWN)
			add_sizes(m, fd, e.pixelformat);
}

int lq__mode_format(const lq__mode *mode, lq_format *out)
{
	size_t i = known_index(mode->fourcc);
	if (i == N_KNOWN)
		return LQ_EFORMAT;
	*out = (lq_format){.struct_size = sizeof *out, .media = LQ_MEDIA_VIDEO, .codec = known[i].codec, .pixel = known[i].pixel,
	                   .width = mode->width, .height = mode->height, .fps_num = mode->fps_num, .fps_den = mode->fps_den};
	return 0;
}

static int same_rate(const lq__mode *m, const lq_format *f)
{
	return !m->fps_den || !f->fps_den || (uint64_t)m->fps_num * f->fps_den == (uint64_t)f->fps_num * m->fps_den;
}

int lq__modes_find(const lq__modes *m, const lq_format *fmt, lq__mode *out)
{
	for (uint32_t i = 0; i < m->n; i++) {
		lq_format f;
		if (lq__mode_format(&m->mode[i], &f) < 0 || f.codec != fmt->codec || f.width != fmt->width || f.height != fmt->height)
			continue;
		if (f.pixel != fmt->pixel || !same_rate(&m->mode[i], fmt))
			continue;
		*out = m->mode[i];
		return 0;
	}
	return LQ_EFORMAT;
}
