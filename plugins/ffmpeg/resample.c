/* filter.resample: another rate, number of channels or sample format, by libswresample. Times follow the samples. */
#include <libswresample/swresample.h>
#include <stdlib.h>

#include "../common/av.h"
#include "ffmpeg_nodes.h"

enum { P_RATE, P_CHANNELS };

typedef struct resampler {
	const lq_host *host;
	const lq_format *in, *wanted, *out;
	uint32_t rate, channels; /* parameters, 0: none */
	SwrContext *swr;         /* NULL: in and out are the same */
	uint64_t samples;
} resampler;

static int create(const lq_host *host, const lq_value *params, void **self)
{
	resampler *s = calloc(1, sizeof *s);
	if (!s)
		return LQ_ENOMEM;
	s->host = host;
	s->rate = (uint32_t)params[P_RATE].i;
	s->channels = (uint32_t)params[P_CHANNELS].i;
	*self = s;
	return 0;
}

static void destroy(void *self)
{
	resampler *s = self;
	swr_free(&s->swr);
	lq__format_drop(s->host, &s->in);
	lq__format_drop(s->host, &s->wanted);
	lq__format_drop(s->host, &s->out);
	free(s);
}

/* Output: as the input first, then whatever the other side likes. */
static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	resampler *s = self;
	const lq_format *in = port ? s->in : NULL;
	uint32_t first = in && in->sample ? in->sample : LQ_SAMPLE_F32;
	if (i >= (in ? 4u : 2u))
		return LQ_END;
	*out = lq__audio_format(LQ_CODEC_RAW, i % 2 ? LQ_SAMPLE_F32 + LQ_SAMPLE_S16 - first : first, 0, 0);
	if (port == 1) {
		out->rate = s->rate ? s->rate : in && i < 2 ? in->rate : 0;
		out->channels = s->channels ? s->channels : in && i < 2 ? in->channels : 0;
	}
	return 0;
}

/* One voice in one or two channels is equally loud; libswresample's own rule takes 3 dB away or adds them. */
static int keep_level(resampler *s)
{
	static const double spread[] = {1, 1}, mean[] = {0.5, 0.5};
	if (s->in->channels == 1 && s->out->channels == 2)
		return swr_set_matrix(s->swr, spread, 1);
	if (s->in->channels == 2 && s->out->channels == 1)
		return swr_set_matrix(s->swr, mean, 2);
	return 0;
}

static int open_resampler(resampler *s)
{
	AVChannelLayout from, to;
	swr_free(&s->swr);
	if (s->in->sample == s->out->sample && s->in->rate == s->out->rate && s->in->channels == s->out->channels)
		return 0;
	av_channel_layout_default(&from, (int)s->in->channels);
	av_channel_layout_default(&to, (int)s->out->channels);
	int r = swr_alloc_set_opts2(&s->swr, &to, lq__av_sample(s->out->sample), (int)s->out->rate, &from, lq__av_sample(s->in->sample),
	                            (int)s->in->rate, 0, NULL);
	if (r >= 0)
		r = keep_level(s);
	if (r >= 0)
		r = swr_init(s->swr);
	if (r >= 0)
		return 0;
	swr_free(&s->swr);
	return s->host->fail(s->host, LQ_EFORMAT, "cannot resample %u Hz with %u channels to %u Hz with %u: %s", s->in->rate, s->in->channels,
	                     s->out->rate, s->out->channels, lq__av_error(r).s);
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	resampler *s = self;
	if (fmt->codec != LQ_CODEC_RAW || lq__av_sample(fmt->sample) == AV_SAMPLE_FMT_NONE)
		return s->host->fail(s->host, LQ_EFORMAT, "the resampler takes raw sound only");
	int r = lq__format_replace(s->host, port ? &s->wanted : &s->in, fmt);
	if (r || !s->in || !s->wanted || !s->in->rate || !s->in->channels)
		return r;
	lq_format f = *s->wanted;
	f.rate = f.rate ? f.rate : s->rate ? s->rate : s->in->rate;
	f.channels = f.channels ? f.channels : s->channels ? s->channels : s->in->channels;
	r = lq__format_replace(s->host, &s->out, &f);
	return r ? r : open_resampler(s);
}

/* Converts n samples (in NULL: what is held back) and sends them with the time of the first sample that comes out. */
static int convert(resampler *s, const uint8_t *in, uint32_t n, const lq_buffer *times)
{
	int64_t held = swr_get_delay(s->swr, LQ_SEC);
	int room = swr_get_out_samples(s->swr, (int)n);
	uint32_t frame = lq__sample_size(s->out->sample) * s->out->channels;
	lq_buffer *out = s->host->buffer_new(s->host, s->out, (uint32_t)(room > 0 ? room : 1) * frame);
	if (!out)
		return LQ_ENOMEM;
	int got = swr_convert(s->swr, out->planes, room, in ? &in : NULL, (int)n);
	if (got <= 0) {
		s->host->buffer_unref(s->host, out);
		return got < 0 ? LQ_EIO : 0;
	}
	out->samples = (uint32_t)got;
	out->size = out->samples * frame;
	out->duration = lq__samples_to_ns(got, s->out->rate);
	if (times) {
		out->pts = lq__time_add(times->pts, -held);
		out->capture_time = lq__time_add(times->capture_time, -held);
		out->flags = times->flags & LQ_BUFFER_DISCONTINUITY;
	}
	s->samples += out->samples;
	return lq__submit(s->host, 1, out);
}

static int flush(void *self)
{
	resampler *s = self;
	int r = s->swr ? convert(s, NULL, 0, NULL) : 0;
	return r ? r : s->swr ? open_resampler(s) : 0;
}

static int process(void *self, uint32_t port, lq_buffer *buf)
{
	resampler *s = self;
	int r = buf->format != s->in ? set_format(s, 0, buf->format) : 0;
	if (r)
		return r;
	if (!s->out)
		return s->host->fail(s->host, LQ_ESTATE, "the resampler's output has no format yet");
	if (!s->swr)
		return lq__submit(s->host, 1, s->host->buffer_ref(s->host, buf));
	if (buf->flags & LQ_BUFFER_DISCONTINUITY)
		r = flush(s);
	if (!r && buf->samples)
		r = convert(s, buf->planes[0], buf->samples, buf);
	if (buf->flags & LQ_BUFFER_EOS) {
		flush(s);
		lq__submit_eos(s->host, 1, s->out, buf->pts);
	}
	return r;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	lq__stat(fn, arg, 1, "samplesConverted", (double)((const resampler *)self)->samples);
}

static const lq_param_desc params[] = {
	[P_RATE] = {"rate", LQ_PARAM_INT, 0, "Hz", "0", 0, 384000, NULL, "Rate of the output; 0: what the next node wants."},
	[P_CHANNELS] = {"channels", LQ_PARAM_INT, 0, NULL, "0", 0, 8, NULL, "Channels of the output; 0: what the next node wants."},
};
static const lq_port_desc ports[] = {{"in", LQ_IN, LQ_MEDIA_AUDIO, 0}, {"out", LQ_OUT, LQ_MEDIA_AUDIO, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .set_format = set_format, .stats = stats};
static const lq_filter_ops filter_ops = {.process = process, .flush = flush};

const lq_node_desc lq__resample = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_FILTER, .id = "filter.resample", .summary = "Converts rate, channels and sample format",
	.rank = 100, .flags = LQ_NODE_GPL | LQ_NODE_PURE, .ports = ports, .n_ports = LQ__COUNT(ports), .params = params, .n_params = LQ__COUNT(params), .ops = &ops,
	.kind_ops = &filter_ops};
