#include "convert.h"

#include "turn.h"

#define GAP (30 * LQ_MSEC)

static int fits(const lq_format *f, const AVFrame *frame)
{
	return frame->format == AV_PIX_FMT_YUV420P && (uint32_t)frame->width == f->width && (uint32_t)frame->height == f->height &&
	       lq__av_is_plain(frame);
}

/* Into I420 of a size. Returns 0 or LQ_ENOMEM. */
static int scale(picture_maker *p, const AVFrame *frame, int w, int h, uint8_t *const planes[], const int strides[])
{
	p->sws = sws_getCachedContext(p->sws, frame->width, frame->height, frame->format, w, h, AV_PIX_FMT_YUV420P, SWS_BICUBIC, NULL, NULL, NULL);
	if (!p->sws)
		return LQ_ENOMEM;
	sws_scale(p->sws, (const uint8_t *const *)frame->data, frame->linesize, 0, frame->height, planes, strides);
	return 0;
}

/* Scaled first, as it lies; then turned. */
static int scale_and_turn(picture_maker *p, const AVFrame *frame, lq_buffer *buf)
{
	int across = p->turn % 180, r = LQ_ENOMEM;
	AVFrame *lying = av_frame_alloc();
	if (lying) {
		lying->format = AV_PIX_FMT_YUV420P;
		lying->width = (int)(across ? p->out->height : p->out->width);
		lying->height = (int)(across ? p->out->width : p->out->height);
		r = av_frame_get_buffer(lying, 0) < 0 ? LQ_ENOMEM : scale(p, frame, lying->width, lying->height, lying->data, lying->linesize);
	}
	for (int i = 0; !r && i < 3; i++)
		turn_plane(p->turn, lying->data[i], lying->linesize[i], buf->planes[i], buf->strides[i], i ? (p->out->width + 1) / 2 : p->out->width, i ? (p->out->height + 1) / 2 : p->out->height);
	av_frame_free(&lying);
	return r;
}

lq_buffer *make_picture(picture_maker *p, AVFrame *frame)
{
	if (!p->turn && fits(p->out, frame))
		return lq__av_wrap_picture(p->host, p->out, frame);
	lq_buffer *buf = p->host->buffer_new(p->host, p->out, 0);
	if (buf) {
		int strides[4] = {(int)buf->strides[0], (int)buf->strides[1], (int)buf->strides[2], 0};
		if (p->turn ? scale_and_turn(p, frame, buf) : scale(p, frame, (int)p->out->width, (int)p->out->height, buf->planes, strides)) {
			p->host->buffer_unref(p->host, buf);
			buf = NULL;
		}
	}
	av_frame_unref(frame);
	return buf;
}

void sound_restart(sound_maker *s)
{
	swr_free(&s->swr);
	s->anchor = LQ_TIME_NONE;
}

static int open_swr(sound_maker *s, const AVFrame *frame)
{
	AVChannelLayout from, to;
	if (frame->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
		av_channel_layout_default(&from, frame->ch_layout.nb_channels);
	else if (av_channel_layout_copy(&from, &frame->ch_layout) < 0)
		return LQ_ENOMEM;
	av_channel_layout_default(&to, (int)s->out->channels);
	int r = swr_alloc_set_opts2(&s->swr, &to, lq__av_sample(s->out->sample), (int)s->out->rate, &from, frame->format, frame->sample_rate, 0, NULL);
	av_channel_layout_uninit(&from);
	if (r < 0 || swr_init(s->swr) < 0) {
		swr_free(&s->swr);
		return s->host->fail(s->host, LQ_EFORMAT, "cannot convert sound of %d Hz", frame->sample_rate);
	}
	s->in_rate = frame->sample_rate;
	s->in_format = frame->format;
	s->in_channels = frame->ch_layout.nb_channels;
	return 0;
}

/* Returns 1 where the sound has a gap or changes its kind. */
static int begins_anew(const sound_maker *s, const AVFrame *frame, int64_t time)
{
	if (!s->swr || s->anchor == LQ_TIME_NONE || s->in_rate != frame->sample_rate || s->in_format != frame->format ||
	    s->in_channels != frame->ch_layout.nb_channels)
		return 1;
	int64_t off = time - (s->anchor + lq__samples_to_ns(s->in, (uint32_t)s->in_rate));
	return off > GAP || off < -GAP;
}

int make_sound(sound_maker *s, const AVFrame *frame, int64_t time, lq_buffer **out)
{
	int anew = begins_anew(s, frame, time), r;
	uint32_t bytes = s->out->channels * lq__sample_size(s->out->sample);
	*out = NULL;
	if (anew) {
		int first = s->anchor == LQ_TIME_NONE;
		sound_restart(s);
		if ((r = open_swr(s, frame)))
			return r;
		s->anchor = time;
		s->in = s->made = 0;
		anew = !first;
	}
	int room = swr_get_out_samples(s->swr, frame->nb_samples);
	lq_buffer *buf = s->host->buffer_new(s->host, s->out, (uint32_t)(room > 0 ? room : 1) * bytes);
	if (!buf)
		return LQ_ENOMEM;
	int got = swr_convert(s->swr, buf->planes, room, (const uint8_t **)frame->extended_data, frame->nb_samples);
	s->in += frame->nb_samples;
	if (got <= 0) {
		s->host->buffer_unref(s->host, buf);
		return got < 0 ? LQ_EIO : 0;
	}
	buf->samples = (uint32_t)got;
	buf->size = buf->samples * bytes;
	buf->pts = s->anchor + lq__samples_to_ns(s->made, s->out->rate);
	buf->duration = lq__samples_to_ns(got, s->out->rate);
	buf->flags = LQ_BUFFER_KEY | (anew ? LQ_BUFFER_DISCONTINUITY : 0);
	s->made += got;
	*out = buf;
	return 0;
}
