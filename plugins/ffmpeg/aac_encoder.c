/* codec.aac.enc: cuts sound of any buffer size into frames of 1024 samples and encodes them with FFmpeg's own encoder. A packet is one raw AAC frame; the
 * AudioSpecificConfig is the format's `extra`. */
#include <stdlib.h>
#include <string.h>

#include "../common/av.h"
#include "ffmpeg_nodes.h"
#include "packets.h"

enum { P_BITRATE, MAX_CHANNELS = 2, FRAME = 1024, HELD = 4 };
#define TIME_TOLERANCE (2 * LQ_MSEC) /* input times may wander this far from the count of samples before they are believed instead */
#define GAP (10 * LQ_MSEC)

typedef struct frame_time {
	int64_t offset;         /* of media time from the encoder's count of samples, ns */
	int64_t capture_offset; /* the same for the capture time; LQ_TIME_NONE: unknown */
	uint32_t flags;
} frame_time;

typedef struct encoder {
	const lq_host *host;
	AVCodecContext *av;
	AVFrame *frame; /* being filled */
	AVPacket *packet;
	const lq_format *in, *out;
	int64_t bitrate;
	uint32_t filled;
	int64_t pts, capture_time; /* of the frame's first sample */
	frame_time times[HELD];    /* of the newest frames: a packet comes out one frame later than its own */
	int64_t count;             /* samples given to the encoder */
	uint32_t flags;            /* for the next frame */
	uint64_t packets, bytes, discontinuities;
} encoder;

static void destroy(void *self)
{
	encoder *e = self;
	avcodec_free_context(&e->av);
	av_frame_free(&e->frame);
	av_packet_free(&e->packet);
	lq__format_drop(e->host, &e->in);
	lq__format_drop(e->host, &e->out);
	free(e);
}

static int create(const lq_host *host, const lq_value *params, void **self)
{
	encoder *e = calloc(1, sizeof *e);
	if (!e)
		return LQ_ENOMEM;
	e->host = host;
	e->bitrate = params[P_BITRATE].i;
	e->pts = e->capture_time = LQ_TIME_NONE;
	e->packet = av_packet_alloc();
	e->frame = av_frame_alloc();
	if (!e->packet || !e->frame) {
		destroy(e);
		return LQ_ENOMEM;
	}
	*self = e;
	return 0;
}

static const int *rate_at(uint32_t i)
{
	static const int rates[] = {48000, 44100, 32000, 24000, 16000};
	return i < LQ__COUNT(rates) ? &rates[i] : NULL;
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	static const struct { uint32_t sample, channels; } inputs[] = {
		{LQ_SAMPLE_F32, 2}, {LQ_SAMPLE_F32, 1}, {LQ_SAMPLE_S16, 2}, {LQ_SAMPLE_S16, 1}};
	encoder *e = self;
	if (port == 0) {
		const int *rate = rate_at(i / LQ__COUNT(inputs));
		if (!rate)
			return LQ_END;
		*out = lq__audio_format(LQ_CODEC_RAW, inputs[i % LQ__COUNT(inputs)].sample, (uint32_t)*rate, inputs[i % LQ__COUNT(inputs)].channels);
		return 0;
	}
	if (i)
		return LQ_END;
	*out = lq__audio_format(LQ_CODEC_AAC, 0, e->in ? e->in->rate : 0, e->in ? e->in->channels : 0);
	return 0;
}

/* ---- opening ---- */

static int new_frame(encoder *e)
{
	av_frame_unref(e->frame);
	e->frame->nb_samples = FRAME;
	e->frame->format = AV_SAMPLE_FMT_FLTP;
	e->frame->sample_rate = e->av->sample_rate;
	e->filled = 0;
	if (av_channel_layout_copy(&e->frame->ch_layout, &e->av->ch_layout) < 0 || av_frame_get_buffer(e->frame, 0) < 0)
		return LQ_ENOMEM;
	return 0;
}

static int set_output(encoder *e)
{
	lq_format f = lq__audio_format(LQ_CODEC_AAC, 0, e->in->rate, e->in->channels);
	f.extra = e->av->extradata;
	f.extra_size = (uint32_t)e->av->extradata_size;
	return lq__format_replace(e->host, &e->out, &f);
}

static int reopen(encoder *e)
{
	const AVCodec *codec = avcodec_find_encoder_by_name("aac");
	avcodec_free_context(&e->av);
	e->av = codec ? avcodec_alloc_context3(codec) : NULL;
	if (!e->av)
		return e->host->fail(e->host, LQ_ENOLIB, "this FFmpeg has no AAC encoder");
	e->av->sample_fmt = AV_SAMPLE_FMT_FLTP;
	e->av->sample_rate = (int)e->in->rate;
	e->av->bit_rate = e->bitrate;
	e->av->time_base = (AVRational){1, (int)e->in->rate};
	e->av->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
	av_channel_layout_default(&e->av->ch_layout, (int)e->in->channels);
	int r = avcodec_open2(e->av, codec, NULL);
	if (r < 0) {
		avcodec_free_context(&e->av);
		return e->host->fail(e->host, LQ_EFORMAT, "AAC cannot encode %u Hz with %u channels: %s", e->in->rate, e->in->channels, lq__av_error(r).s);
	}
	e->count = 0;
	e->pts = e->capture_time = LQ_TIME_NONE;
	r = set_output(e);
	return r ? r : new_frame(e);
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	encoder *e = self;
	if (port != 0)
		return 0;
	if (fmt->codec != LQ_CODEC_RAW || fmt->channels < 1 || fmt->channels > MAX_CHANNELS ||
	    (fmt->sample != LQ_SAMPLE_S16 && fmt->sample != LQ_SAMPLE_F32))
		return e->host->fail(e->host, LQ_EFORMAT, "AAC takes raw sound with 1 or 2 channels");
	uint32_t rate = e->in ? e->in->rate : 0, channels = e->in ? e->in->channels : 0;
	int r = lq__format_replace(e->host, &e->in, fmt);
	return r || (e->av && rate == fmt->rate && channels == fmt->channels) ? r : reopen(e);
}

/* ---- encoding ---- */

static int submit_packet(void *self)
{
	encoder *e = self;
	frame_time *t = &e->times[(e->packet->pts > 0 ? e->packet->pts : 0) / FRAME % HELD];
	int64_t at = lq__samples_to_ns(llabs(e->packet->pts), e->in->rate);
	at = e->packet->pts < 0 ? -at : at;
	lq_buffer *buf = packet_buffer(e->host, e->out, e->packet);
	if (!buf)
		return LQ_ENOMEM;
	buf->pts = t->offset + at;
	buf->capture_time = lq__time_add(t->capture_offset, at);
	buf->duration = lq__samples_to_ns(FRAME, e->in->rate);
	buf->flags = t->flags | LQ_BUFFER_KEY;
	buf->priority = 2;
	t->flags = 0;
	e->packets++;
	e->bytes += (uint64_t)e->packet->size;
	return lq__submit(e->host, 1, buf);
}

static int receive(encoder *e)
{
	return packets_receive(e->av, e->packet, submit_packet, e);
}

/* Encodes the full frame. Its media time may differ a little from the count of samples, which is what the encoder goes by. */
static int encode(encoder *e)
{
	int64_t duration = lq__samples_to_ns(FRAME, e->in->rate), counted = lq__samples_to_ns(e->count, e->in->rate);
	e->times[e->count / FRAME % HELD] = (frame_time){(e->pts == LQ_TIME_NONE ? e->host->now(e->host) : e->pts) - counted, lq__time_add(e->capture_time, -counted), e->flags};
	e->flags = 0;
	e->frame->pts = e->count;
	e->count += FRAME;
	int sent = avcodec_send_frame(e->av, e->frame);
	int r = new_frame(e);
	e->pts = lq__time_add(e->pts, duration);
	e->capture_time = lq__time_add(e->capture_time, duration);
	if (sent < 0)
		return e->host->fail(e->host, LQ_EIO, "AAC cannot encode: %s", lq__av_error(sent).s);
	return r ? r : receive(e);
}

/* The time of the next sample is counted on from the last; the input's own is taken where that no longer fits. */
static void follow_time(encoder *e, const lq_buffer *buf)
{
	int64_t held = lq__samples_to_ns(e->filled, e->in->rate);
	int known = e->pts != LQ_TIME_NONE && buf->pts != LQ_TIME_NONE;
	int64_t off = known ? buf->pts - (e->pts + held) : 0;
	if (off > GAP || off < -GAP || buf->flags & LQ_BUFFER_DISCONTINUITY) {
		e->discontinuities += e->packets > 0;
		e->flags |= e->packets > 0 ? LQ_BUFFER_DISCONTINUITY : 0;
		e->filled = 0;
		known = held = 0;
	}
	if (!known || off > TIME_TOLERANCE || off < -TIME_TOLERANCE || e->capture_time == LQ_TIME_NONE) {
		e->pts = lq__time_add(buf->pts, -held);
		e->capture_time = lq__time_add(buf->capture_time, -held);
	}
}

/* Interleaved to one plane a channel. */
static void append(encoder *e, const lq_buffer *buf, uint32_t from, uint32_t n)
{
	uint32_t channels = e->in->channels;
	for (uint32_t c = 0; c < channels; c++) {
		float *to = (float *)(void *)e->frame->data[c] + e->filled;
		if (e->in->sample == LQ_SAMPLE_F32) {
			const float *s = (const float *)(const void *)buf->planes[0] + from * channels + c;
			for (uint32_t i = 0; i < n; i++)
				to[i] = s[i * channels];
		} else {
			const int16_t *s = (const int16_t *)(const void *)buf->planes[0] + from * channels + c;
			for (uint32_t i = 0; i < n; i++)
				to[i] = (float)s[i * channels] * (1.0f / 32768);
		}
	}
	e->filled += n;
}

/* What is held back comes out, filled up with silence; an encoder that has been drained takes no more, so a new one follows. */
static int flush(void *self)
{
	encoder *e = self;
	int r = 0;
	if (!e->av)
		return 0;
	if (e->filled) {
		for (uint32_t c = 0; c < e->in->channels; c++)
			memset((float *)(void *)e->frame->data[c] + e->filled, 0, (FRAME - e->filled) * sizeof(float));
		r = encode(e);
	}
	avcodec_send_frame(e->av, NULL);
	int drained = receive(e), opened = reopen(e);
	return r ? r : drained ? drained : opened;
}

static int send(void *self, uint32_t port, lq_buffer *buf)
{
	encoder *e = self;
	int r = 0;
	if ((buf->format != e->in || !e->av) && (r = set_format(e, 0, buf->format)))
		return r;
	uint32_t room = buf->size / (lq__sample_size(e->in->sample) * e->in->channels);
	uint32_t samples = buf->samples < room ? buf->samples : room;
	if (samples)
		follow_time(e, buf);
	for (uint32_t done = 0; done < samples && !r;) {
		uint32_t n = FRAME - e->filled < samples - done ? FRAME - e->filled : samples - done;
		append(e, buf, done, n);
		done += n;
		if (e->filled == FRAME)
			r = encode(e);
	}
	if (buf->flags & LQ_BUFFER_EOS) {
		int64_t end = e->pts;
		flush(e);
		return lq__submit_eos(e->host, 1, e->out, end);
	}
	return r;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const encoder *e = self;
	lq__stat(fn, arg, 1, "packetsEncoded", (double)e->packets);
	lq__stat(fn, arg, 1, "bytesEncoded", (double)e->bytes);
	lq__stat(fn, arg, 1, "discontinuities", (double)e->discontinuities);
}

static const lq_param_desc params[] = {
	[P_BITRATE] = {"bitrate", LQ_PARAM_INT, 0, "bit/s", "128000", 16000, 320000, NULL, "Rate of the stream."},
};
static const lq_port_desc ports[] = {{"in", LQ_IN, LQ_MEDIA_AUDIO, 0}, {"out", LQ_OUT, LQ_MEDIA_AUDIO, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .set_format = set_format, .stats = stats};
static const lq_codec_ops codec_ops = {.send = send, .flush = flush};

const lq_node_desc lq__aac_encoder = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_CODEC, .id = "codec.aac.enc", .summary = "AAC-LC encoder (FFmpeg)", .rank = 100,
	.flags = LQ_NODE_GPL | LQ_NODE_PURE, .ports = ports, .n_ports = LQ__COUNT(ports), .params = params, .n_params = LQ__COUNT(params), .ops = &ops,
	.kind_ops = &codec_ops};
