/* filter.scale: another size or pixel format, by libswscale. Pictures that fit already pass through untouched. */
#include <libswscale/swscale.h>
#include <stdlib.h>

#include "../common/av.h"
#include "ffmpeg_nodes.h"

enum { P_SIZE, P_QUALITY, P_FPS };

typedef struct scaler {
	const lq_host *host;
	const lq_format *in;     /* of the last picture */
	const lq_format *wanted; /* the output's negotiated format; its size may be 0: as the input */
	const lq_format *out;    /* complete, for `in` */
	uint32_t width, height;  /* parameter, 0: none */
	uint32_t fps_num, fps_den;
	int64_t next;            /* pts of the next picture, LQ_TIME_NONE: any */
	int flags;
	struct SwsContext *sws;
	uint64_t passed, scaled, left_out;
} scaler;

static int create(const lq_host *host, const lq_value *params, void **self)
{
	static const int flags[] = {SWS_FAST_BILINEAR, SWS_BILINEAR, SWS_BICUBIC};
	scaler *s = calloc(1, sizeof *s);
	if (!s)
		return LQ_ENOMEM;
	s->host = host;
	s->width = params[P_SIZE].num;
	s->height = params[P_SIZE].den;
	s->flags = flags[params[P_QUALITY].i];
	s->fps_num = params[P_FPS].num;
	s->fps_den = params[P_FPS].den;
	s->next = LQ_TIME_NONE;
	*self = s;
	return 0;
}

static void destroy(void *self)
{
	scaler *s = self;
	sws_freeContext(s->sws);
	lq__format_drop(s->host, &s->in);
	lq__format_drop(s->host, &s->wanted);
	lq__format_drop(s->host, &s->out);
	free(s);
}

/* Input: every pixel format. Output: the input's pixel format before others and its size before any size. */
static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	static const uint32_t pixels[] = {LQ_PIXEL_I420, LQ_PIXEL_NV12, LQ_PIXEL_YUYV, LQ_PIXEL_BGRA, LQ_PIXEL_RGBA};
	const uint32_t n = LQ__COUNT(pixels);
	scaler *s = self;
	int fixed = s->width && s->height;
	if (i >= (port == 0 || fixed || !s->in || !s->in->width ? n : 2 * n))
		return LQ_END;
	uint32_t first = port && s->in ? s->in->pixel : LQ_PIXEL_I420, k = i % n;
	uint32_t pixel = k == 0 ? first : pixels[k - 1] < first ? pixels[k - 1] : pixels[k];
	*out = lq__video_format(LQ_CODEC_RAW, pixel, 0, 0);
	if (port == 1) {
		out->width = fixed ? s->width : s->in && i < n ? s->in->width : 0;
		out->height = fixed ? s->height : s->in && i < n ? s->in->height : 0;
		out->fps_num = s->in ? s->in->fps_num : 0;
		out->fps_den = s->in ? s->in->fps_den : 0;
	}
	return 0;
}

static int update(scaler *s)
{
	lq_format f;
	if (!s->in || !s->wanted || !s->in->width || !s->in->height)
		return 0;
	f = *s->wanted;
	f.width = f.width ? f.width : s->width ? s->width : s->in->width;
	f.height = f.height ? f.height : s->height ? s->height : s->in->height;
	f.fps_num = s->in->fps_num;
	f.fps_den = s->in->fps_den;
	return lq__format_replace(s->host, &s->out, &f);
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	scaler *s = self;
	if (fmt->codec != LQ_CODEC_RAW || lq__av_pixel(fmt->pixel) == AV_PIX_FMT_NONE)
		return s->host->fail(s->host, LQ_EFORMAT, "the scaler takes raw pictures only");
	int r = lq__format_replace(s->host, port ? &s->wanted : &s->in, fmt);
	return r ? r : update(s);
}

static int same_picture(const lq_format *a, const lq_format *b)
{
	return a->pixel == b->pixel && a->width == b->width && a->height == b->height;
}

static lq_buffer *scale(scaler *s, const lq_buffer *buf)
{
	const lq_format *i = s->in, *o = s->out;
	int from[4], to[4];
	s->sws = sws_getCachedContext(s->sws, (int)i->width, (int)i->height, lq__av_pixel(i->pixel), (int)o->width, (int)o->height,
	                              lq__av_pixel(o->pixel), s->flags, NULL, NULL, NULL);
	lq_buffer *out = s->sws ? s->host->buffer_new(s->host, o, 0) : NULL;
	if (!out)
		return NULL;
	for (int k = 0; k < 4; k++) {
		from[k] = (int)buf->strides[k];
		to[k] = (int)out->strides[k];
	}
	sws_scale(s->sws, (const uint8_t *const *)buf->planes, from, 0, (int)i->height, out->planes, to);
	lq__buffer_times(out, buf);
	out->flags = buf->flags;
	return out;
}

/* Pictures lie on a grid, so that 20 of 30 a second are two of three. */
static int is_left_out(scaler *s, int64_t pts)
{
	int64_t period = s->fps_num ? (int64_t)s->fps_den * LQ_SEC / s->fps_num : 0;
	if (!period || pts == LQ_TIME_NONE)
		return 0;
	if (s->next != LQ_TIME_NONE && pts < s->next - period / 8 && s->next - pts <= period)
		return 1;
	s->next = s->next == LQ_TIME_NONE || pts - s->next >= period || s->next - pts > period ? pts + period : s->next + period;
	return 0;
}

static int process(void *self, uint32_t port, lq_buffer *buf)
{
	scaler *s = self;
	if (buf->n_planes && is_left_out(s, buf->pts)) {
		s->left_out++;
		return 0;
	}
	int r = buf->format != s->in ? set_format(s, 0, buf->format) : 0;
	if (r)
		return r;
	if (!s->out)
		return s->host->fail(s->host, LQ_ESTATE, "the scaler's output has no format yet");
	if (!buf->n_planes)
		return buf->flags & LQ_BUFFER_EOS ? lq__submit_eos(s->host, 1, s->out, buf->pts) : 0;
	if (same_picture(s->in, s->out)) {
		s->passed++;
		return lq__submit(s->host, 1, s->host->buffer_ref(s->host, buf));
	}
	lq_buffer *out = scale(s, buf);
	if (!out)
		return LQ_ENOMEM;
	s->scaled++;
	return lq__submit(s->host, 1, out);
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const scaler *s = self;
	lq__stat(fn, arg, 1, "framesPassed", (double)s->passed);
	lq__stat(fn, arg, 1, "framesScaled", (double)s->scaled);
	lq__stat(fn, arg, 1, "framesLeftOut", (double)s->left_out);
}

static const char *const qualities[] = {"fast", "bilinear", "bicubic", NULL};
static const lq_param_desc params[] = {
	[P_SIZE] = {"size", LQ_PARAM_SIZE, 0, NULL, "0x0", 0, 16384, NULL, "Size of the output; 0x0: what the next node wants, else as it is."},
	[P_QUALITY] = {"quality", LQ_PARAM_CHOICE, 0, NULL, "bilinear", 0, 0, qualities, "How pixels are interpolated."},
	[P_FPS] = {"fps", LQ_PARAM_FRACTION, 0, "1/s", "0/1", 0, 0, NULL, "Highest frame rate, other pictures are left out; 0: all are taken."},
};
static const lq_port_desc ports[] = {{"in", LQ_IN, LQ_MEDIA_VIDEO, 0}, {"out", LQ_OUT, LQ_MEDIA_VIDEO, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .set_format = set_format, .stats = stats};
static const lq_filter_ops filter_ops = {.process = process};

const lq_node_desc lq__scale = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_FILTER, .id = "filter.scale", .summary = "Scales and converts raw pictures", .rank = 100,
	.flags = LQ_NODE_GPL | LQ_NODE_PURE, .ports = ports, .n_ports = LQ__COUNT(ports), .params = params, .n_params = LQ__COUNT(params), .ops = &ops,
	.kind_ops = &filter_ops};
