/* The background picture. */
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avstring.h>

#include "paint.h"

static int decode_first(AVFormatContext *av, AVCodecContext *codec, AVPacket *p, AVFrame *f, int stream)
{
	int r = 0;
	while (r >= 0 && (r = av_read_frame(av, p)) >= 0) {
		if (p->stream_index == stream)
			r = avcodec_send_packet(codec, p);
		av_packet_unref(p);
		if (r >= 0 && (r = avcodec_receive_frame(codec, f)) >= 0)
			return 0;
		r = r == AVERROR(EAGAIN) ? 0 : r;
	}
	avcodec_send_packet(codec, NULL);
	return avcodec_receive_frame(codec, f);
}

static int read_frame(AVFormatContext *av, AVFrame *f)
{
	const AVCodec *codec = NULL;
	int stream = av_find_best_stream(av, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
	AVCodecContext *c = stream < 0 ? NULL : avcodec_alloc_context3(codec);
	AVPacket *p = av_packet_alloc();
	int r = stream < 0 ? stream : c && p ? avcodec_parameters_to_context(c, av->streams[stream]->codecpar) : AVERROR(ENOMEM);
	if (c)
		c->thread_count = 1;
	r = r < 0 ? r : avcodec_open2(c, codec, NULL);
	r = r < 0 ? r : decode_first(av, c, p, f, stream);
	av_packet_free(&p);
	avcodec_free_context(&c);
	return r;
}

/* Scaled so that it fills the canvas, which is what is there already; the rest is cut off. */
static int fill(const AVFrame *f, plane_set *out)
{
	uint64_t fw = (uint64_t)f->width, fh = (uint64_t)f->height;
	uint32_t w = fw * out->h > fh * out->w ? (uint32_t)(fw * out->h / fh) : out->w, h = fw * out->h > fh * out->w ? out->h : (uint32_t)(fh * out->w / fw);
	plane_set big = {{0}};
	w = (w < out->w ? out->w : w) & ~1u;
	h = (h < out->h ? out->h : h) & ~1u;
	struct SwsContext *sws = sws_getContext(f->width, f->height, f->format, (int)w, (int)h, AV_PIX_FMT_YUV420P, SWS_BICUBIC, NULL, NULL, NULL);
	int r = !sws || w > 16384 || h > 16384 ? LQ_ENOMEM : planes_make(&big, w, h);
	if (!r) {
		sws_scale(sws, (const uint8_t *const *)f->data, f->linesize, 0, f->height, big.data, big.stride);
		for (int k = 0; k < 3; k++)
			for (uint32_t y = 0, half = k > 0; y < out->h >> half; y++)
				memcpy(out->data[k] + y * (uint32_t)out->stride[k],
				       big.data[k] + (y + ((h - out->h) / 4 * 2 >> half)) * (uint32_t)big.stride[k] + ((w - out->w) / 4 * 2 >> half), out->w >> half);
	}
	planes_free(&big);
	sws_freeContext(sws);
	return r;
}

int image_load(const lq_host *host, const char *file, plane_set *out)
{
	AVFormatContext *av = NULL;
	AVFrame *f = av_frame_alloc();
	AVDictionary *options = NULL;
	char *url = av_asprintf("file:%s", file); /* so that no name is taken for a protocol */
	av_dict_set(&options, "protocol_whitelist", "file", 0);
	int r = f && url ? avformat_open_input(&av, url, NULL, &options) : AVERROR(ENOMEM);
	r = r < 0 ? r : avformat_find_stream_info(av, NULL);
	r = r < 0 ? r : read_frame(av, f);
	int e = r < 0 ? host->fail(host, r == AVERROR(ENOENT) ? LQ_ENOENT : LQ_EFORMAT, "cannot use %s as background: %s", file, lq__av_error(r).s) : fill(f, out);
	av_dict_free(&options);
	av_free(url);
	avformat_close_input(&av);
	av_frame_free(&f);
	return e;
}
