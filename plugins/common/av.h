/* Between FFmpeg's types and ours, for the plugins that use FFmpeg. */
#ifndef LQ_PLUGINS_COMMON_AV_H
#define LQ_PLUGINS_COMMON_AV_H

#include <libavutil/error.h>
#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
#include <libavutil/samplefmt.h>

#include "util.h"

static const AVRational lq__av_ns = {1, 1000000000};

typedef struct lq__av_text {
	char s[AV_ERROR_MAX_STRING_SIZE];
} lq__av_text;

static inline lq__av_text lq__av_error(int code)
{
	lq__av_text t = {{0}};
	av_strerror(code, t.s, sizeof t.s);
	return t;
}

static inline int64_t lq__av_pts(int64_t time)
{
	return time == LQ_TIME_NONE ? AV_NOPTS_VALUE : time;
}

static inline enum AVPixelFormat lq__av_pixel(uint32_t pixel)
{
	switch (pixel) {
	case LQ_PIXEL_I420: return AV_PIX_FMT_YUV420P;
	case LQ_PIXEL_NV12: return AV_PIX_FMT_NV12;
	case LQ_PIXEL_YUYV: return AV_PIX_FMT_YUYV422;
	case LQ_PIXEL_BGRA: return AV_PIX_FMT_BGRA;
	case LQ_PIXEL_RGBA: return AV_PIX_FMT_RGBA;
	default: return AV_PIX_FMT_NONE;
	}
}

static inline enum AVSampleFormat lq__av_sample(uint32_t sample)
{
	return sample == LQ_SAMPLE_S16 ? AV_SAMPLE_FMT_S16 : sample == LQ_SAMPLE_F32 ? AV_SAMPLE_FMT_FLT : AV_SAMPLE_FMT_NONE;
}

static inline void lq__av_release_frame(void *opaque)
{
	AVFrame *frame = opaque;
	av_frame_free(&frame);
}

/* A buffer around the picture of *frame, without a copy; takes the frame's references and leaves it empty. NULL: no memory. */
static inline lq_buffer *lq__av_wrap_picture(const lq_host *host, const lq_format *fmt, AVFrame *frame)
{
	AVFrame *own = av_frame_alloc();
	if (!own)
		return NULL;
	av_frame_move_ref(own, frame);
	lq_buffer *buf = host->buffer_wrap(host, fmt, lq__av_release_frame, own);
	if (!buf) {
		av_frame_free(&own);
		return NULL;
	}
	for (int i = 0; i < 4 && own->data[i]; i++) {
		buf->planes[i] = own->data[i];
		buf->strides[i] = (uint32_t)own->linesize[i];
		buf->n_planes = (uint32_t)i + 1;
	}
	return buf;
}

/* Whether wrapped memory can say what this frame holds: rows from top to bottom. */
static inline int lq__av_is_plain(const AVFrame *frame)
{
	for (int i = 0; i < 4 && frame->data[i]; i++)
		if (frame->linesize[i] <= 0)
			return 0;
	return 1;
}

#endif
