#include "codec_info.h"

#include <string.h>

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

/* Offset of the next start code's first zero at or behind `i`, or size. */
static size_t start_code(const uint8_t *p, size_t i, size_t size)
{
	for (; i + 3 <= size; i++)
		if (!p[i] && !p[i + 1] && p[i + 2] == 1)
			return i;
	return size;
}

/* The parameter sets (NAL types 7 and 8) of an Annex B access unit, with start codes. Returns their size, 0 where one is missing or they
 * do not fit. */
static size_t parameter_sets(const lq_buffer *buf, uint8_t *out, size_t room)
{
	const uint8_t *p = buf->planes[0];
	size_t used = 0, size = buf->size;
	int seen = 0;
	for (size_t at = start_code(p, 0, size); at + 3 < size;) {
		size_t end = start_code(p, at + 3, size), n = end - at;
		int type = p[at + 3] & 31;
		while (end < size && n > 4 && !p[at + n - 1]) /* the zero of a start code of four bytes */
			n--;
		if (type == 7 || type == 8) {
			if (used + n > room)
				return 0;
			memcpy(out + used, p + at, n);
			used += n;
			seen |= 1 << (type - 7);
		}
		at = end;
	}
	return seen == 3 ? used : 0;
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
	uint8_t sets[1024];
	par->codec_type = AVMEDIA_TYPE_VIDEO;
	par->format = AV_PIX_FMT_YUV420P;
	if (par->codec_id == AV_CODEC_ID_H264) {
		size_t n = parameter_sets(buf, sets, sizeof sets);
		int r = n ? set_extra(par, sets, n) : LQ_EAGAIN;
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
	uint8_t sets[1024];
	const lq_format *f = buf->format;
	if (lq__av_codec(f->codec) != par->codec_id)
		return 0;
	if (par->codec_id == AV_CODEC_ID_VP8)
		return vp8_fits(buf, par);
	if (par->codec_id == AV_CODEC_ID_H264) {
		size_t n = parameter_sets(buf, sets, sizeof sets);
		return !n || ((int)n == par->extradata_size && !memcmp(sets, par->extradata, n));
	}
	if (par->codec_id == AV_CODEC_ID_AAC)
		return (int)f->extra_size == par->extradata_size && !memcmp(f->extra, par->extradata, f->extra_size);
	return f->media != LQ_MEDIA_VIDEO || !f->width || !f->height || ((int)f->width == par->width && (int)f->height == par->height);
}
