/* codec.h264.dec, codec.vp8.dec, codec.vp9.dec: low delay, and the decoder's own pictures without a copy.
 *
 * After a loss nothing is shown until the next key frame, which is asked for; with `conceal` damaged pictures are shown meanwhile. */
#include <libavcodec/avcodec.h>
#include <libswscale/swscale.h>
#include <stdlib.h>
#include <string.h>

#include "../common/av.h"
#include "ffmpeg_nodes.h"

#define N_TIMES 32 /* packets that a decoder may hold at once, and more */
#define ASK_INTERVAL (300 * LQ_MSEC)

enum { P_THREADS, P_CONCEAL };

typedef struct packet_times {
	int64_t pts, capture_time, duration;
} packet_times;

typedef struct decoder {
	const lq_host *host;
	uint32_t codec;
	AVCodecContext *av;
	AVPacket *packet;
	AVFrame *frame;
	struct SwsContext *sws; /* for streams that are not 4:2:0 with 8 bits */
	const lq_format *out;
	packet_times times[N_TIMES];
	uint32_t next_time;
	int conceal, wait_key;
	int64_t asked;
	uint64_t received, decoded, keys, dropped, errors, asks;
} decoder;

static enum AVCodecID av_codec(uint32_t codec)
{
	return codec == LQ_CODEC_H264 ? AV_CODEC_ID_H264 : codec == LQ_CODEC_VP8 ? AV_CODEC_ID_VP8 : AV_CODEC_ID_VP9;
}

static void destroy(void *self)
{
	decoder *d = self;
	avcodec_free_context(&d->av);
	av_packet_free(&d->packet);
	av_frame_free(&d->frame);
	sws_freeContext(d->sws);
	lq__format_drop(d->host, &d->out);
	free(d);
}

static int open_codec(decoder *d, int threads)
{
	const AVCodec *codec = avcodec_find_decoder(av_codec(d->codec));
	if (!codec)
		return d->host->fail(d->host, LQ_ENOLIB, "this FFmpeg has no decoder for %s", avcodec_get_name(av_codec(d->codec)));
	d->av = avcodec_alloc_context3(codec);
	d->packet = av_packet_alloc();
	d->frame = av_frame_alloc();
	if (!d->av || !d->packet || !d->frame)
		return LQ_ENOMEM;
	d->av->flags |= AV_CODEC_FLAG_LOW_DELAY;
	d->av->pkt_timebase = lq__av_ns;
	d->av->thread_count = threads;
	d->av->thread_type = FF_THREAD_SLICE; /* frame threads would add a frame of delay each */
	int r = avcodec_open2(d->av, codec, NULL);
	return r < 0 ? d->host->fail(d->host, LQ_EIO, "cannot open the %s decoder: %s", codec->name, lq__av_error(r).s) : 0;
}

static int create(const lq_host *host, const lq_value *params, void **self, uint32_t codec)
{
	decoder *d = calloc(1, sizeof *d);
	if (!d)
		return LQ_ENOMEM;
	d->host = host;
	d->codec = codec;
	d->conceal = (int)params[P_CONCEAL].i;
	d->wait_key = 1;
	d->asked = LQ_TIME_NONE;
	int r = open_codec(d, (int)params[P_THREADS].i);
	if (r) {
		destroy(d);
		return r;
	}
	*self = d;
	return 0;
}

static int create_h264(const lq_host *host, const lq_value *params, void **self)
{
	return create(host, params, self, LQ_CODEC_H264);
}

static int create_vp8(const lq_host *host, const lq_value *params, void **self)
{
	return create(host, params, self, LQ_CODEC_VP8);
}

static int create_vp9(const lq_host *host, const lq_value *params, void **self)
{
	return create(host, params, self, LQ_CODEC_VP9);
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	decoder *d = self;
	if (i)
		return LQ_END;
	*out = port == 0 ? lq__video_format(d->codec, 0, 0, 0) : lq__video_format(LQ_CODEC_RAW, LQ_PIXEL_I420, 0, 0);
	return 0;
}

/* The size of the picture comes with the stream, so there is nothing to remember of either side's format. */
static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	decoder *d = self;
	if (port == 0 && fmt->codec != d->codec)
		return d->host->fail(d->host, LQ_EFORMAT, "this node decodes %s only", avcodec_get_name(av_codec(d->codec)));
	return 0;
}

static void ask(decoder *d)
{
	int64_t now = d->host->now(d->host);
	if (d->asked != LQ_TIME_NONE && now - d->asked < ASK_INTERVAL)
		return;
	d->asked = now;
	d->asks++;
	lq__ask_key_frame(d->host, 0);
}

static const packet_times *times_of(const decoder *d, int64_t pts)
{
	for (uint32_t i = 1; i <= N_TIMES; i++) {
		const packet_times *t = &d->times[(d->next_time - i) % N_TIMES];
		if (t->pts == pts)
			return t;
	}
	return NULL;
}

static int set_output(decoder *d, const AVFrame *frame)
{
	uint32_t w = (uint32_t)frame->width, h = (uint32_t)frame->height;
	if (d->out && d->out->width == w && d->out->height == h)
		return 0;
	lq_format f = lq__video_format(LQ_CODEC_RAW, LQ_PIXEL_I420, w, h);
	return lq__format_replace(d->host, &d->out, &f);
}

static lq_buffer *convert(decoder *d, const AVFrame *f)
{
	lq_buffer *buf = d->host->buffer_new(d->host, d->out, 0);
	d->sws = sws_getCachedContext(d->sws, f->width, f->height, f->format, f->width, f->height, AV_PIX_FMT_YUV420P, SWS_BILINEAR, NULL, NULL,
	                              NULL);
	if (!buf || !d->sws) {
		d->host->buffer_unref(d->host, buf);
		return NULL;
	}
	int strides[4] = {(int)buf->strides[0], (int)buf->strides[1], (int)buf->strides[2], 0};
	sws_scale(d->sws, (const uint8_t *const *)f->data, f->linesize, 0, f->height, buf->planes, strides);
	return buf;
}

static int submit_frame(decoder *d)
{
	AVFrame *f = d->frame;
	const packet_times *t = times_of(d, f->pts == AV_NOPTS_VALUE ? f->best_effort_timestamp : f->pts);
	int damaged = f->decode_error_flags || f->flags & AV_FRAME_FLAG_CORRUPT, key = f->key_frame;
	int same = (f->format == AV_PIX_FMT_YUV420P || f->format == AV_PIX_FMT_YUVJ420P) && lq__av_is_plain(f);
	int r = set_output(d, f);
	if (r)
		return r;
	if (damaged)
		ask(d);
	lq_buffer *buf = same ? lq__av_wrap_picture(d->host, d->out, f) : convert(d, f);
	av_frame_unref(f);
	if (!buf)
		return LQ_ENOMEM;
	buf->pts = t ? t->pts : LQ_TIME_NONE;
	buf->capture_time = t ? t->capture_time : LQ_TIME_NONE;
	buf->duration = t ? t->duration : 0;
	buf->flags = (damaged ? LQ_BUFFER_CORRUPT : 0) | (key ? LQ_BUFFER_KEY : 0);
	d->decoded++;
	d->keys += key != 0;
	return lq__submit(d->host, 1, buf);
}

static int receive(decoder *d)
{
	int r = 0, got;
	while (!(got = avcodec_receive_frame(d->av, d->frame))) {
		int sent = submit_frame(d);
		r = r ? r : sent;
	}
	if (got != AVERROR(EAGAIN) && got != AVERROR_EOF) {
		d->errors++;
		ask(d);
	}
	return r;
}

static int drain(decoder *d)
{
	avcodec_send_packet(d->av, NULL);
	int r = receive(d);
	avcodec_flush_buffers(d->av);
	return r;
}

static int decode(decoder *d, const lq_buffer *buf)
{
	d->times[d->next_time++ % N_TIMES] = (packet_times){buf->pts, buf->capture_time, buf->duration};
	/* A copy: the decoder wants room behind the data and keeps the packet. */
	if (av_new_packet(d->packet, (int)buf->size) < 0)
		return LQ_ENOMEM;
	memcpy(d->packet->data, buf->planes[0], buf->size);
	d->packet->pts = lq__av_pts(buf->pts);
	d->packet->dts = buf->dts == LQ_TIME_NONE ? d->packet->pts : buf->dts;
	int sent = avcodec_send_packet(d->av, d->packet);
	av_packet_unref(d->packet);
	if (sent < 0) { /* damaged */
		d->errors++;
		d->wait_key = !d->conceal;
		ask(d);
		return 0;
	}
	return receive(d);
}

static int send(void *self, uint32_t port, lq_buffer *buf)
{
	decoder *d = self;
	int r = 0, key = buf->flags & LQ_BUFFER_KEY;
	if (buf->flags & (LQ_BUFFER_DISCONTINUITY | LQ_BUFFER_LOST) && !key) {
		d->wait_key |= !d->conceal;
		ask(d);
	}
	if (key)
		d->wait_key = 0;
	if (buf->size && !(buf->flags & LQ_BUFFER_LOST)) {
		d->received++;
		if (d->wait_key) {
			d->dropped++;
			ask(d);
		} else {
			r = decode(d, buf);
		}
	}
	if (buf->flags & LQ_BUFFER_EOS) {
		int drained = drain(d);
		r = r ? r : drained;
		if (d->out)
			lq__submit_eos(d->host, 1, d->out, buf->pts);
	}
	return r;
}

static int flush(void *self)
{
	decoder *d = self;
	int r = drain(d);
	d->wait_key = 1;
	return r;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const decoder *d = self;
	lq__stat(fn, arg, 1, "framesReceived", (double)d->received);
	lq__stat(fn, arg, 1, "framesDecoded", (double)d->decoded);
	lq__stat(fn, arg, 1, "keyFramesDecoded", (double)d->keys);
	lq__stat(fn, arg, 1, "framesDropped", (double)d->dropped);
	lq__stat(fn, arg, 1, "decodeErrors", (double)d->errors);
	lq__stat(fn, arg, 0, "keyFramesRequested", (double)d->asks);
	if (d->out) {
		lq__stat(fn, arg, 1, "frameWidth", d->out->width);
		lq__stat(fn, arg, 1, "frameHeight", d->out->height);
	}
}

static const lq_param_desc params[] = {
	[P_THREADS] = {"threads", LQ_PARAM_INT, 0, NULL, "1", 0, 16, NULL, "Threads for slices of a picture; 0: one a processor."},
	[P_CONCEAL] = {"conceal", LQ_PARAM_BOOL, 0, NULL, "false", 0, 0, NULL, "Show damaged pictures after a loss instead of waiting for a key frame."},
};
static const lq_port_desc ports[] = {{"in", LQ_IN, LQ_MEDIA_VIDEO, 0}, {"out", LQ_OUT, LQ_MEDIA_VIDEO, 0}};
static const lq_codec_ops codec_ops = {.send = send, .flush = flush};

#define DECODER(codec, node_id, text) \
	static const lq_node_ops codec##_ops = { \
		.create = create_##codec, .destroy = destroy, .formats = formats, .set_format = set_format, .stats = stats}; \
	const lq_node_desc lq__##codec##_decoder = { \
		.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_CODEC, .id = node_id, .summary = text, .rank = 100, .flags = LQ_NODE_GPL | LQ_NODE_PURE, \
		.ports = ports, .n_ports = LQ__COUNT(ports), .params = params, .n_params = LQ__COUNT(params), .ops = &codec##_ops, \
		.kind_ops = &codec_ops}

DECODER(h264, "codec.h264.dec", "H.264 decoder (FFmpeg)");
DECODER(vp8, "codec.vp8.dec", "VP8 decoder (FFmpeg)");
DECODER(vp9, "codec.vp9.dec", "VP9 decoder (FFmpeg)");
