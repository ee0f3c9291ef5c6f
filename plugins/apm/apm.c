/* filter.aec: takes out of what a microphone hears what the speaker plays, noise besides, and evens its level out; by WebRTC's audio processing module, in chunks
 * of 10 ms. Without a far end there is nothing to take out, and the rest works all the same. */
#include <stdlib.h>
#include <string.h>

#include "../common/util.h"
#include "processing.h"

enum { PORT_IN, PORT_FAR, PORT_OUT };
enum { P_ECHO, P_NOISE, P_GAIN, P_LATENCY, P_CHANNELS };
#define GAP (20 * LQ_MSEC) /* times that differ more begin anew */
#define MAX_DELAY 500      /* ms, what the library takes */

/* What is put together to a whole chunk. */
typedef struct chunk {
	float planes[APM_CHANNELS][APM_CHUNK];
	uint32_t n, channels;
	int64_t pts, capture_time; /* of its first sample */
} chunk;

typedef struct canceller {
	const lq_host *host;
	apm_processing *apm;
	apm_settings settings;
	int64_t latency; /* ms */
	uint32_t only;   /* channels that it takes; 0: what comes */
	const lq_format *out;
	uint32_t flags; /* of the next buffer */
	chunk near, far;
	uint64_t chunks, far_chunks, discontinuities;
} canceller;

typedef int (*chunk_fn)(canceller *c, chunk *k);

static void destroy(void *self)
{
	canceller *c = self;
	lq__format_drop(c->host, &c->out);
	apm_destroy(c->apm);
	free(c);
}

static int configure(canceller *c)
{
	c->near.n = 0;
	int r = apm_configure(c->apm, &c->settings);
	return r ? c->host->fail(c->host, LQ_EIO, "WebRTC's audio processing refuses these settings (its code %d)", r) : 0;
}

static int create(const lq_host *host, const lq_value *params, void **self)
{
	canceller *c = calloc(1, sizeof *c);
	if (!c)
		return LQ_ENOMEM;
	*c = (canceller){.host = host, .apm = apm_create(), .latency = params[P_LATENCY].i, .only = (uint32_t)params[P_CHANNELS].i,
	                 .settings = {.echo = (int)params[P_ECHO].i, .noise = (int)params[P_NOISE].i, .gain = (int)params[P_GAIN].i}};
	int r = c->apm ? configure(c) : LQ_ENOMEM;
	if (r)
		destroy(c);
	else
		*self = c;
	return r;
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	static const uint32_t samples[] = {LQ_SAMPLE_F32, LQ_SAMPLE_S16};
	const canceller *c = self;
	uint32_t channels = c->near.channels;
	if (port == PORT_OUT && channels) {
		*out = lq__audio_format(LQ_CODEC_RAW, LQ_SAMPLE_F32, APM_RATE, channels);
		return i ? LQ_END : 0;
	}
	if (i >= (port == PORT_OUT ? 2 : 4))
		return LQ_END;
	uint32_t n = 1 + i % 2;
	*out = lq__audio_format(LQ_CODEC_RAW, port == PORT_OUT ? LQ_SAMPLE_F32 : samples[i / 2], APM_RATE, c->only && port != PORT_FAR ? c->only : n);
	return 0;
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	canceller *c = self;
	if (fmt->codec != LQ_CODEC_RAW || fmt->rate != APM_RATE || fmt->channels < 1 || fmt->channels > APM_CHANNELS ||
	    (fmt->sample != LQ_SAMPLE_F32 && (port == PORT_OUT || fmt->sample != LQ_SAMPLE_S16)))
		return c->host->fail(c->host, LQ_EFORMAT, "echoes are taken out of raw sound of 48000 Hz with 1 or 2 channels");
	if (port == PORT_OUT)
		return lq__format_replace(c->host, &c->out, fmt);
	chunk *k = port == PORT_FAR ? &c->far : &c->near;
	k->n = k->channels == fmt->channels ? k->n : 0;
	k->channels = fmt->channels;
	if (port == PORT_IN && c->out && c->out->channels != fmt->channels) {
		lq_format out = lq__audio_format(LQ_CODEC_RAW, LQ_SAMPLE_F32, APM_RATE, fmt->channels);
		return lq__format_replace(c->host, &c->out, &out);
	}
	return 0;
}

/* From when a far chunk came here until its echo does: until it is heard, and from hearing until now. */
static int delay_ms(const canceller *c, const chunk *near)
{
	int64_t heard = near->capture_time != LQ_TIME_NONE ? near->capture_time : near->pts;
	int64_t since = heard == LQ_TIME_NONE ? 0 : (c->host->now(c->host) - heard) / LQ_MSEC;
	return (int)lq__clamp(c->latency + since, 0, MAX_DELAY);
}

static int give_near(canceller *c, chunk *k)
{
	uint32_t channels = k->channels;
	int r = apm_near(c->apm, k->planes, channels, delay_ms(c, k));
	if (r)
		return c->host->fail(c->host, LQ_EIO, "WebRTC's audio processing has failed (its code %d)", r);
	lq_buffer *out = c->host->buffer_new(c->host, c->out, APM_CHUNK * channels * 4);
	if (!out)
		return LQ_ENOMEM;
	float *to = (float *)(void *)out->planes[0];
	for (uint32_t i = 0; i < APM_CHUNK; i++)
		for (uint32_t p = 0; p < channels; p++)
			to[i * channels + p] = k->planes[p][i];
	out->samples = APM_CHUNK;
	out->pts = k->pts;
	out->duration = lq__samples_to_ns(APM_CHUNK, APM_RATE);
	out->capture_time = k->capture_time;
	out->flags = LQ_BUFFER_KEY | c->flags;
	c->flags = 0;
	c->chunks++;
	return lq__submit(c->host, PORT_OUT, out);
}

static int give_far(canceller *c, chunk *k)
{
	int r = apm_far(c->apm, k->planes, k->channels);
	c->far_chunks++;
	return r ? c->host->fail(c->host, LQ_EIO, "WebRTC's audio processing has failed with the far end (its code %d)", r) : 0;
}

static void append(chunk *k, const lq_buffer *buf, uint32_t from, uint32_t n)
{
	uint32_t channels = buf->format->channels;
	for (uint32_t p = 0; p < channels; p++) {
		const float *f = (const float *)(const void *)buf->planes[0] + from * channels + p;
		const int16_t *s = (const int16_t *)(const void *)buf->planes[0] + from * channels + p;
		for (uint32_t i = 0; i < n; i++)
			k->planes[p][k->n + i] = buf->format->sample == LQ_SAMPLE_F32 ? f[i * channels] : (float)s[i * channels] * (1.0f / 32768);
	}
	k->n += n;
}

/* The times of what is held follow the newest buffer's; where they jump, what is held is of another time and goes. */
static void follow_time(canceller *c, chunk *k, const lq_buffer *buf)
{
	int64_t held = lq__samples_to_ns(k->n, APM_RATE);
	int64_t off = k->n && k->pts != LQ_TIME_NONE && buf->pts != LQ_TIME_NONE ? buf->pts - (k->pts + held) : 0;
	if (off > GAP || off < -GAP) {
		c->discontinuities++;
		k->n = 0;
		held = 0;
	}
	k->pts = lq__time_add(buf->pts, -held);
	k->capture_time = lq__time_add(buf->capture_time, -held);
}

static int chunks_of(canceller *c, chunk *k, const lq_buffer *buf, chunk_fn give)
{
	int r = 0;
	uint32_t room = buf->size / (lq__sample_size(buf->format->sample) * buf->format->channels);
	uint32_t samples = buf->samples < room ? buf->samples : room;
	if (samples)
		follow_time(c, k, buf);
	for (uint32_t done = 0, n; done < samples && !r; done += n) {
		n = APM_CHUNK - k->n < samples - done ? APM_CHUNK - k->n : samples - done;
		append(k, buf, done, n);
		if (k->n < APM_CHUNK)
			continue;
		r = give(c, k);
		k->n = 0;
		k->pts = lq__time_add(k->pts, lq__samples_to_ns(APM_CHUNK, APM_RATE));
		k->capture_time = lq__time_add(k->capture_time, lq__samples_to_ns(APM_CHUNK, APM_RATE));
	}
	return r;
}

static int is_active(const canceller *c)
{
	return c->settings.echo || c->settings.noise || c->settings.gain;
}

static int process(void *self, uint32_t port, lq_buffer *buf)
{
	canceller *c = self;
	int near = port == PORT_IN, r = 0;
	chunk *k = near ? &c->near : &c->far;
	if (k->channels != buf->format->channels && (r = set_format(c, port, buf->format)))
		return r;
	if (near)
		c->flags |= buf->flags & LQ_BUFFER_DISCONTINUITY;
	if (near && !is_active(c) && buf->format->sample == LQ_SAMPLE_F32)
		return lq__submit(c->host, PORT_OUT, c->host->buffer_ref(c->host, buf));
	r = chunks_of(c, k, buf, near ? give_near : give_far);
	if (near && buf->flags & LQ_BUFFER_EOS)
		lq__submit_eos(c->host, PORT_OUT, c->out, buf->pts);
	return r;
}

static int set_param(void *self, uint32_t index, const lq_value *value)
{
	canceller *c = self;
	switch (index) {
	case P_ECHO: c->settings.echo = (int)value->i; break;
	case P_NOISE: c->settings.noise = (int)value->i; break;
	case P_GAIN: c->settings.gain = (int)value->i; break;
	case P_LATENCY: c->latency = value->i; return 0;
	default: return LQ_ENOTSUP;
	}
	return configure(c);
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const canceller *c = self;
	lq__stat(fn, arg, PORT_OUT, "chunksProcessed", (double)c->chunks);
	lq__stat(fn, arg, PORT_OUT, "discontinuities", (double)c->discontinuities);
	lq__stat(fn, arg, PORT_FAR, "chunksProcessed", (double)c->far_chunks);
	lq__stat(fn, arg, PORT_IN, "echoReturnLossEnhancement", (double)apm_echo_reduction(c->apm));
}

static const char *const channel_names[] = {"any", "1", "2", NULL};
static const char *const levels[] = {"off", "low", "moderate", "high", NULL};
static const lq_param_desc params[] = {
	[P_ECHO] = {"echo", LQ_PARAM_BOOL, LQ_PARAM_RUNTIME, NULL, "true", 0, 0, NULL, "Take out what is heard of the far end."},
	[P_NOISE] = {"noise", LQ_PARAM_CHOICE, LQ_PARAM_RUNTIME, NULL, "moderate", 0, 0, levels, "How much steady noise is lowered."},
	[P_GAIN] = {"gain", LQ_PARAM_BOOL, LQ_PARAM_RUNTIME, NULL, "true", 0, 0, NULL, "Make quiet voices louder."},
	[P_LATENCY] = {"latency", LQ_PARAM_INT, LQ_PARAM_RUNTIME, "ms", "40", 0, 500, NULL, "About how long the far end takes from here to the air. The echo is looked for around that."},
	[P_CHANNELS] = {"channels", LQ_PARAM_CHOICE, 0, NULL, "1", 0, 0, channel_names, "What it takes of the microphone: mono, stereo, or what comes."},
};
static const lq_port_desc ports[] = {[PORT_IN] = {"in", LQ_IN, LQ_MEDIA_AUDIO, 0}, [PORT_FAR] = {"far", LQ_IN, LQ_MEDIA_AUDIO, LQ_PORT_OPTIONAL},
                                     [PORT_OUT] = {"out", LQ_OUT, LQ_MEDIA_AUDIO, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .set_format = set_format, .set_param = set_param, .stats = stats};
static const lq_filter_ops filter_ops = {.process = process};

static const lq_node_desc node = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_FILTER, .id = "filter.aec", .summary = "Takes echo and noise out of a microphone's sound", .rank = 100,
	.flags = LQ_NODE_PURE, .ports = ports, .n_ports = LQ__COUNT(ports), .params = params, .n_params = LQ__COUNT(params), .ops = &ops, .kind_ops = &filter_ops};
static const lq_node_desc *const nodes[] = {&node};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "apm", .version = "0.1", .licence = "Apache-2.0",
	.summary = "Echo, noise and level by WebRTC's audio processing", .nodes = nodes, .n_nodes = LQ__COUNT(nodes)};
