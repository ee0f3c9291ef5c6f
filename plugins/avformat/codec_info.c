#include "codec_info.h"

#include <string.h>

#include "../common/parameter_sets.h"

enum { PRE_SKIP = 312 }; /* of libopus at 48 kHz: what a player leaves out at the beginning */

enum AVCodecID lq__av_codec(uint32_t codec)
{
	switch (codec) {
	case LQ_CODEC_H264: return AV_CODEC_ID_H264;
	case LQ_CODEC_VP8: return AV_CODEC_ID_VP8;
	case LQ_CODEC_VP9: return AV_CODEC_ID_VP9;
	case LQ_CODEC_OPUS: return AV_CODEC_ID_OPUS;
	case LQ_CODEC_AAC: return AV_CODEC_ID_AAC;
	default: return AV_CODEC_ID_NONE;
	}
}

static int set_extra(AVCodecParameters *par, const uint8_t *data, size_t size)
{
	uint8_t *copy = av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE);
	if (!copy)
		return LQ_ENOMEM;
	memcpy(copy, data, size);
	av_freep(&par->extradata);
	par->extradata = copy;
	par->extradata_size = (int)size;
	return 0;
}

/* RFC 7845 section 5.1 */
static int opus(const lq_buffer *buf, AVCodecParameters *par)
{
	uint8_t channels = buf->format->channels ? (uint8_t)buf->format->channels : buf->planes[0][0] & 4 ? 2 : 1;
	uint8_t head[19] = {'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 1, channels, PRE_SKIP & 255, PRE_SKIP >> 8, 0x80, 0xbb, 0, 0};
	par->codec_type = AVMEDIA_TYPE_AUDIO;
	par->sample_rate = 48000;
	par->initial_padding = PRE_SKIP;
	par->frame_size = 960;
	av_channel_layout_default(&par->ch_layout, channels);
	return set_extra(par, head, sizeof head);
}

/* ISO/IEC 14496-3: AudioSpecificConfig comes with the format. */
static int aac(const lq_buffer *buf, AVCodecParameters *par)
{
	const lq_format *f = buf->format;
	if (!f->extra_size || !f->rate || !f->channels)
		return LQ_EFORMAT;
	par->codec_type = AVMEDIA_TYPE_AUDIO;
	par->sample_rate = (int)f->rate;
	par->frame_size = 1024;
	av_channel_layout_default(&par->ch_layout, (int)f->channels);
	return set_extra(par, f->extra, f->extra_size);
}

/* Decoding one picture tells its size for any codec. */
static int find_size(const lq_buffer *buf, AVCodecParameters *par)
{
	AVCodecContext *av = avcodec_alloc_context3(avcodec_find_decoder(par->codec_id));
	AVPacket *packet = av_packet_alloc();
	AVFrame *frame = av_frame_alloc();
	int r = LQ_EAGAIN;
	if (!av || !packet || !frame || av_new_packet(packet, (int)buf->size) < 0) {
		r = LQ_ENOMEM;
	} else {
		memcpy(packet->data, buf->planes[0], buf->size);
		av->thread_count = 1;
		if (avcodec_open2(av, NULL, NULL) >= 0 && avcodec_send_packet(av, packet) >= 0 && avcodec_send_packet(av, NULL) >= 0 &&
		    avcodec_receive_frame(av, frame) >= 0) {
			par->width = frame->width;
			par->height = frame->height;
			r = 0;
		}
	}
	av_frame_free(&frame);
	av_packet_free(&packet);
	avcodec_free_context(&av);
	return r;
}

static int video(const lq_buffer *buf, AVCodecParameters *par)
{
	parameter_sets sets = {.size = 0};
	par->codec_type = AVMEDIA_TYPE_VIDEO;
	par->format = AV_PIX_FMT_YUV420P;
	if (par->codec_id == AV_CODEC_ID_H264) {
		parameter_sets_see(&sets, buf->planes[0], buf->size);
		int r = sets.size ? set_extra(par, sets.data, sets.size) : LQ_EAGAIN;
		if (r)
			return r;
	}
	return find_size(buf, par);
}

int lq__codec_parameters(const lq_buffer *buf, AVCodecParameters *par)
{
	par->codec_id = lq__av_codec(buf->format->codec);
	if (!buf->size)
		return LQ_EAGAIN;
	if (par->codec_id == AV_CODEC_ID_AAC)
		return aac(buf, par);
	return buf->format->media == LQ_MEDIA_AUDIO ? opus(buf, par) : video(buf, par);
}

/* RFC 6386 section 9.1: start code and size of a key frame. */
static int vp8_fits(const lq_buffer *buf, const AVCodecParameters *par)
{
	const uint8_t *p = buf->planes[0];
	if (buf->size < 10 || p[3] != 0x9d || p[4] != 1 || p[5] != 0x2a)
		return 1;
	return ((p[6] | p[7] << 8) & 0x3fff) == par->width && ((p[8] | p[9] << 8) & 0x3fff) == par->height;
}

int lq__codec_fits(const lq_buffer *buf, const AVCodecParameters *par)
{
	parameter_sets sets = {.size = 0};
	const lq_format *f = buf->format;
	if (lq__av_codec(f->codec) != par->codec_id)
		return 0;
	if (par->codec_id == AV_CODEC_ID_VP8)
		return vp8_fits(buf, par);
	if (par->codec_id == AV_CODEC_ID_H264) {
		parameter_sets_see(&sets, buf->planes[0], buf->size);
		return !sets.size || ((int)sets.size == par->extradata_size && !memcmp(sets.data, par->extradata, sets.size));
	}
	if (par->codec_id == AV_CODEC_ID_AAC)
		return (int)f->extra_size == par->extradata_size && !memcmp(f->extra, par->extradata, f->extra_size);
	return f->media != LQ_MEDIA_VIDEO || !f->width || !f->height || ((int)f->width == par->width && (int)f->height == par->height);
}
