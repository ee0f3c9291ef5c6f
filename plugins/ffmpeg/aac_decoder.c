/* codec.aac.dec: AAC with its AudioSpecificConfig in the format's `extra`, or ADTS frames without one, to sound as the stream has it. A packet that
 * never came is silence. */
#include <libavcodec/avcodec.h>
#include <stdlib.h>
#include <string.h>

#include "../common/av.h"
#include "ffmpeg_nodes.h"

typedef struct decoder {
	const lq_host *host;
	AVCodecContext *av;
	AVPacket *packet;
	AVFrame *frame;
	const lq_format *in, *out;
	uint64_t decoded, errors, concealed;
} decoder;

static void destroy(void *self)
{
	decoder *d = self;
	avcodec_free_context(&d->av);
	av_packet_free(&d->packet);
	av_frame_free(&d->frame);
	lq__format_drop(d->host, &d->in);
	lq__format_drop(d->host, &d->out);
	free(d);
}

static int create(const lq_host *host, const lq_value *params, void **self)
{
	decoder *d = calloc(1, sizeof *d);
	if (!d)
		return LQ_ENOMEM;
	d->host = host;
	d->packet = av_packet_alloc();
	d->frame = av_frame_alloc();
	if (!d->packet || !d->frame) {
		destroy(d);
		return LQ_ENOMEM;
	}
	*self = d;
	return 0;
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	decoder *d = self;
	if (i)
		return LQ_END;
	*out = port ? lq__audio_format(LQ_CODEC_RAW, LQ_SAMPLE_F32, d->in ? d->in->rate : 0, d->in ? d->in->channels : 0)
	            : lq__audio_format(LQ_CODEC_AAC, 0, 0, 0);
	return 0;
}

static int give_config(decoder *d)
{
	if (!d->in->extra_size)
		return 0;
	d->av->extradata = av_mallocz(d->in->extra_size + AV_INPUT_BUFFER_PADDING_SIZE);
	if (!d->av->extradata)
		return LQ_ENOMEM;
	memcpy(d->av->extradata, d->in->extra, d->in->extra_size);
	d->av->extradata_size = (int)d->in->extra_size;
	return 0;
}

static int reopen(decoder *d)
{
	const AVCodec *codec = avcodec_find_decoder_by_name("aac");
	avcodec_free_context(&d->av);
	d->av = codec ? avcodec_alloc_context3(codec) : NULL;
	if (!d->av)
		return d->host->fail(d->host, LQ_ENOLIB, "this FFmpeg has no AAC decoder");
	d->av->pkt_timebase = lq__av_ns;
	d->av->thread_count = 1;
	int r = give_config(d);
	int opened = r ? r : avcodec_open2(d->av, codec, NULL);
	if (!r && opened >= 0)
		return 0;
	avcodec_free_context(&d->av);
	return r ? r : d->host->fail(d->host, LQ_EFORMAT, "the AAC configuration cannot be used: %s", lq__av_error(opened).s);
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	decoder *d = self;
	if (port)
		return 0;
	if (fmt->codec != LQ_CODEC_AAC)
		return d->host->fail(d->host, LQ_EFORMAT, "the AAC decoder takes AAC only");
	int r = lq__format_replace(d->host, &d->in, fmt);
	return r ? r : reopen(d);
}

static void interleave(const decoder *d, float *to)
{
	uint32_t channels = (uint32_t)d->frame->ch_layout.nb_channels, n = (uint32_t)d->frame->nb_samples;
	for (uint32_t c = 0; c < channels; c++) {
		const float *s = (const float *)(const void *)d->frame->extended_data[c];
		for (uint32_t i = 0; i < n; i++)
			to[i * channels + c] = s[i];
	}
}

static int set_output(decoder *d, uint32_t rate, uint32_t channels)
{
	if (d->out && d->out->rate == rate && d->out->channels == channels)
		return 0;
	lq_format f = lq__audio_format(LQ_CODEC_RAW, LQ_SAMPLE_F32, rate, channels);
	return lq__format_replace(d->host, &d->out, &f);
}

static int submit(decoder *d, const lq_buffer *packet, int64_t *done)
{
	AVFrame *f = d->frame;
	if (f->format != AV_SAMPLE_FMT_FLTP || f->ch_layout.nb_channels < 1 || f->ch_layout.nb_channels > 8 || f->sample_rate <= 0)
		return d->host->fail(d->host, LQ_EFORMAT, "the AAC stream has an odd format");
	int r = set_output(d, (uint32_t)f->sample_rate, (uint32_t)f->ch_layout.nb_channels);
	uint32_t bytes = (uint32_t)f->nb_samples * 4 * (uint32_t)f->ch_layout.nb_channels;
	lq_buffer *buf = r ? NULL : d->host->buffer_new(d->host, d->out, bytes);
	if (!buf)
		return LQ_ENOMEM;
	interleave(d, (float *)(void *)buf->planes[0]);
	buf->samples = (uint32_t)f->nb_samples;
	buf->pts = lq__time_add(packet->pts, *done);
	buf->capture_time = lq__time_add(packet->capture_time, *done);
	buf->duration = lq__samples_to_ns(f->nb_samples, (uint32_t)f->sample_rate);
	buf->flags = LQ_BUFFER_KEY | (packet->flags & LQ_BUFFER_DISCONTINUITY);
	buf->priority = 2;
	*done += buf->duration;
	d->decoded++;
	return lq__submit(d->host, 1, buf);
}

static int conceal(decoder *d, const lq_buffer *packet)
{
	uint32_t n = d->out && packet->duration > 0 && packet->duration < LQ_SEC ? (uint32_t)lq__ns_to_samples(packet->duration, d->out->rate) : 0;
	lq_buffer *buf = n ? d->host->buffer_new(d->host, d->out, n * 4 * d->out->channels) : NULL;
	if (!n)
		return 0;
	if (!buf)
		return LQ_ENOMEM;
	memset(buf->planes[0], 0, buf->size);
	buf->samples = n;
	lq__buffer_times(buf, packet);
	buf->flags = LQ_BUFFER_KEY;
	d->concealed++;
	return lq__submit(d->host, 1, buf);
}

static int decode(decoder *d, const lq_buffer *packet)
{
	int64_t done = 0;
	int r = 0;
	if (av_new_packet(d->packet, (int)packet->size) < 0)
		return LQ_ENOMEM;
	memcpy(d->packet->data, packet->planes[0], packet->size);
	if (avcodec_send_packet(d->av, d->packet) < 0)
		d->errors++;
	av_packet_unref(d->packet);
	while (!r && avcodec_receive_frame(d->av, d->frame) >= 0) {
		r = submit(d, packet, &done);
		av_frame_unref(d->frame);
	}
	return r;
}

static int send(void *self, uint32_t port, lq_buffer *buf)
{
	decoder *d = self;
	int r = buf->format != d->in || !d->av ? set_format(d, 0, buf->format) : 0;
	if (r)
		return r;
	if (buf->flags & LQ_BUFFER_LOST)
		return conceal(d, buf);
	if (buf->size)
		r = decode(d, buf);
	if (!r && buf->flags & LQ_BUFFER_EOS && d->out)
		r = lq__submit_eos(d->host, 1, d->out, buf->pts);
	return r;
}

static int flush(void *self)
{
	decoder *d = self;
	if (d->av)
		avcodec_flush_buffers(d->av);
	return 0;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const decoder *d = self;
	lq__stat(fn, arg, 1, "framesDecoded", (double)d->decoded);
	lq__stat(fn, arg, 1, "framesConcealed", (double)d->concealed);
	lq__stat(fn, arg, 0, "decodeErrors", (double)d->errors);
}

static const lq_port_desc ports[] = {{"in", LQ_IN, LQ_MEDIA_AUDIO, 0}, {"out", LQ_OUT, LQ_MEDIA_AUDIO, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .set_format = set_format, .stats = stats};
static const lq_codec_ops codec_ops = {.send = send, .flush = flush};

const lq_node_desc lq__aac_decoder = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_CODEC, .id = "codec.aac.dec", .summary = "AAC decoder (FFmpeg)", .rank = 100,
	.flags = LQ_NODE_GPL | LQ_NODE_PURE, .ports = ports, .n_ports = LQ__COUNT(ports), .params = NULL, .n_params = 0, .ops = &ops, .kind_ops = &codec_ops};
