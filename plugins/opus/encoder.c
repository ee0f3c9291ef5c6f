/* codec.opus.enc: cuts sound of any buffer size into frames and encodes them. */
#include <opus.h>
#include <stdlib.h>
#include <string.h>

#include "../common/util.h"
#include "opus_nodes.h"

#define RATE 48000
#define MAX_CHANNELS 2
#define MAX_FRAME (RATE / 1000 * 60)
#define MAX_PACKET 1500
/* Input times may wander this far from the count of samples before they are believed instead of the count. */
#define TIME_TOLERANCE (2 * LQ_MSEC)

enum { P_BITRATE, P_APPLICATION, P_FRAME_MS, P_COMPLEXITY, P_FEC, P_DTX, P_LOSS, P_GAIN, P_CHANNELS };

typedef struct encoder {
	const lq_host *host;
	OpusEncoder *opus;
	const lq_format *in, *out;
	int max_bitrate; /* as the parameter says: the network can only lower it */
	float gain, wanted_gain; /* it moves to the wanted one within a buffer */
	int bitrate, application, complexity, fec, dtx, loss;
	uint32_t frame; /* samples per channel */
	uint32_t channels; /* of the input; 0: as it comes */

	/* The frame being filled, and the times of its first sample. */
	float pcm[MAX_FRAME * MAX_CHANNELS];
	uint32_t filled;
	int64_t pts, capture_time;
	uint32_t flags; /* for the next packet */

	uint64_t packets, bytes, dtx_frames, discontinuities;
} encoder;

static void apply(encoder *e)
{
	if (!e->opus)
		return;
	opus_encoder_ctl(e->opus, OPUS_SET_BITRATE(e->bitrate));
	opus_encoder_ctl(e->opus, OPUS_SET_COMPLEXITY(e->complexity));
	opus_encoder_ctl(e->opus, OPUS_SET_INBAND_FEC(e->fec));
	opus_encoder_ctl(e->opus, OPUS_SET_DTX(e->dtx));
	opus_encoder_ctl(e->opus, OPUS_SET_PACKET_LOSS_PERC(e->loss));
}

static int create(const lq_host *host, const lq_value *params, void **self)
{
	static const int applications[] = {OPUS_APPLICATION_VOIP, OPUS_APPLICATION_AUDIO, OPUS_APPLICATION_RESTRICTED_LOWDELAY};
	static const uint32_t frames[] = {480, 960, 1920, 2880};
	encoder *e = calloc(1, sizeof *e);
	if (!e)
		return LQ_ENOMEM;
	e->host = host;
	e->pts = e->capture_time = LQ_TIME_NONE;
	e->bitrate = e->max_bitrate = (int)params[P_BITRATE].i;
	e->application = applications[params[P_APPLICATION].i];
	e->frame = frames[params[P_FRAME_MS].i];
	e->complexity = (int)params[P_COMPLEXITY].i;
	e->fec = (int)params[P_FEC].i;
	e->dtx = (int)params[P_DTX].i;
	e->loss = (int)params[P_LOSS].i;
	e->gain = e->wanted_gain = (float)params[P_GAIN].f;
	e->channels = (uint32_t)params[P_CHANNELS].i;
	*self = e;
	return 0;
}

static void destroy(void *self)
{
	encoder *e = self;
	if (e->opus)
		opus_encoder_destroy(e->opus);
	lq__format_drop(e->host, &e->in);
	lq__format_drop(e->host, &e->out);
	free(e);
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	static const struct { uint32_t sample, channels; } inputs[] = {
		{LQ_SAMPLE_F32, 1}, {LQ_SAMPLE_F32, 2}, {LQ_SAMPLE_S16, 1}, {LQ_SAMPLE_S16, 2}};
	encoder *e = self;
	if (port == 0) {
		if (e->channels)
			i = i < 2 ? 2 * i + e->channels - 1 : LQ__COUNT(inputs);
		if (i >= LQ__COUNT(inputs))
			return LQ_END;
		*out = lq__audio_format(LQ_CODEC_RAW, inputs[i].sample, RATE, inputs[i].channels);
		return 0;
	}
	if (i)
		return LQ_END;
	*out = lq__audio_format(LQ_CODEC_OPUS, 0, RATE, e->in ? e->in->channels : 0);
	return 0;
}

static int reopen(encoder *e)
{
	int error;
	OpusEncoder *opus = opus_encoder_create(RATE, (int)e->in->channels, e->application, &error);
	if (!opus)
		return e->host->fail(e->host, LQ_ENOMEM, "libopus: %s", opus_strerror(error));
	if (e->opus)
		opus_encoder_destroy(e->opus);
	e->opus = opus;
	e->filled = 0;
	apply(e);
	return 0;
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	encoder *e = self;
	if (port != 0)
		return 0;
	if (fmt->codec != LQ_CODEC_RAW || fmt->rate != RATE || fmt->channels < 1 || fmt->channels > MAX_CHANNELS ||
	    (fmt->sample != LQ_SAMPLE_S16 && fmt->sample != LQ_SAMPLE_F32))
		return e->host->fail(e->host, LQ_EFORMAT, "Opus takes raw sound of 48000 Hz with 1 or 2 channels");
	uint32_t before = e->in ? e->in->channels : 0;
	int r = lq__format_replace(e->host, &e->in, fmt);
	if (r || before == fmt->channels)
		return r;
	lq_format packet = lq__audio_format(LQ_CODEC_OPUS, 0, RATE, fmt->channels);
	r = lq__format_replace(e->host, &e->out, &packet);
	return r ? r : reopen(e);
}

/* Encodes the full frame and sends it on. A frame that DTX leaves out is counted and not sent. */
static int encode(encoder *e)
{
	uint8_t data[MAX_PACKET];
	int64_t duration = lq__samples_to_ns(e->frame, RATE);
	opus_int32 n = opus_encode_float(e->opus, e->pcm, (int)e->frame, data, sizeof data);
	lq_buffer *packet;
	int r = 0;
	if (n < 0)
		return e->host->fail(e->host, LQ_EIO, "libopus cannot encode: %s", opus_strerror(n));
	if (n <= 2 && e->dtx) {
		e->dtx_frames++;
	} else if ((packet = e->host->buffer_new(e->host, e->out, (uint32_t)n))) {
		memcpy(packet->planes[0], data, (size_t)n);
		packet->pts = e->pts;
		packet->capture_time = e->capture_time;
		packet->duration = duration;
		packet->flags = e->flags | LQ_BUFFER_KEY;
		packet->priority = 2;
		e->flags = 0;
		e->packets++;
		e->bytes += (uint64_t)n;
		r = lq__submit(e->host, 1, packet);
	} else {
		r = LQ_ENOMEM;
	}
	e->pts = lq__time_add(e->pts, duration);
	e->capture_time = lq__time_add(e->capture_time, duration);
	e->filled = 0;
	return r;
}

/* The time of the next sample is counted on from the last; the input's own is taken where that no longer fits. */
static void follow_time(encoder *e, const lq_buffer *buf)
{
	int64_t held = lq__samples_to_ns(e->filled, RATE);
	int64_t off = e->pts == LQ_TIME_NONE || buf->pts == LQ_TIME_NONE ? 0 : buf->pts - (e->pts + held);
	int known = e->pts != LQ_TIME_NONE && buf->pts != LQ_TIME_NONE;
	if (off > 10 * LQ_MSEC || off < -10 * LQ_MSEC || buf->flags & LQ_BUFFER_DISCONTINUITY) {
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

/* What would exceed full scale is cut there. */
static void amplify(encoder *e, float *s, uint32_t n)
{
	uint32_t channels = e->in->channels;
	float gain = e->gain, step = (e->wanted_gain - gain) / (float)n;
	for (uint32_t i = 0; i < n; i++, gain += step)
		for (uint32_t c = 0; c < channels; c++) {
			float v = s[i * channels + c] * gain;
			s[i * channels + c] = v > 1 ? 1 : v < -1 ? -1 : v;
		}
	e->gain = e->wanted_gain;
}

static void append(encoder *e, const lq_buffer *buf, uint32_t from, uint32_t n)
{
	uint32_t channels = e->in->channels, count = n * channels;
	float *to = e->pcm + e->filled * channels;
	if (e->in->sample == LQ_SAMPLE_F32) {
		memcpy(to, (const float *)(const void *)buf->planes[0] + from * channels, count * sizeof *to);
	} else {
		const int16_t *s = (const int16_t *)(const void *)buf->planes[0] + from * channels;
		for (uint32_t i = 0; i < count; i++)
			to[i] = (float)s[i] * (1.0f / 32768);
	}
	if (e->gain != 1 || e->wanted_gain != 1)
		amplify(e, to, n);
	e->filled += n;
}

static int flush(void *self)
{
	encoder *e = self;
	if (!e->opus || !e->filled)
		return 0;
	uint32_t channels = e->in->channels;
	memset(e->pcm + e->filled * channels, 0, (e->frame - e->filled) * channels * sizeof *e->pcm);
	int r = encode(e);
	e->pts = LQ_TIME_NONE;
	return r;
}

static int send(void *self, uint32_t port, lq_buffer *buf)
{
	encoder *e = self;
	int r = 0;
	if (buf->format != e->in && (r = set_format(e, 0, buf->format)))
		return r;
	uint32_t room = buf->size / (lq__sample_size(e->in->sample) * e->in->channels);
	uint32_t samples = buf->samples < room ? buf->samples : room;
	if (samples)
		follow_time(e, buf);
	for (uint32_t done = 0; done < samples;) {
		uint32_t n = e->frame - e->filled < samples - done ? e->frame - e->filled : samples - done;
		append(e, buf, done, n);
		done += n;
		int sent = e->filled == e->frame ? encode(e) : 0;
		r = r ? r : sent;
	}
	if (buf->flags & LQ_BUFFER_EOS) {
		flush(e);
		return lq__submit_eos(e->host, 1, e->out, e->pts);
	}
	return r;
}

static int set_param(void *self, uint32_t index, const lq_value *value)
{
	encoder *e = self;
	switch (index) {
	case P_BITRATE: e->bitrate = e->max_bitrate = (int)value->i; break;
	case P_COMPLEXITY: e->complexity = (int)value->i; break;
	case P_FEC: e->fec = (int)value->i; break;
	case P_DTX: e->dtx = (int)value->i; break;
	case P_LOSS: e->loss = (int)value->i; break;
	case P_GAIN: e->wanted_gain = (float)value->f; return 0;
	default: return LQ_ENOTSUP;
	}
	apply(e);
	return 0;
}

static int event(void *self, const lq_event *event)
{
	encoder *e = self;
	if (event->type == LQ_EVENT_TARGET_RATE)
		e->bitrate = (int)lq__clamp(event->value, 6000, e->max_bitrate);
	else if (event->type == LQ_EVENT_LOSS) /* more than 25 % would spend most of the rate on the copy */
		e->loss = (int)lq__clamp((event->value + 5) / 10, 0, 25);
	else
		return LQ_ENOTSUP;
	apply(e);
	return 0;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const encoder *e = self;
	lq__stat(fn, arg, 1, "packetsEncoded", (double)e->packets);
	lq__stat(fn, arg, 1, "bytesEncoded", (double)e->bytes);
	lq__stat(fn, arg, 1, "dtxFrames", (double)e->dtx_frames);
	lq__stat(fn, arg, 1, "discontinuities", (double)e->discontinuities);
	lq__stat(fn, arg, 1, "targetBitrate", e->bitrate);
}

static const char *const application_names[] = {"voip", "audio", "lowdelay", NULL};
static const char *const frame_names[] = {"10", "20", "40", "60", NULL};

static const char *const channel_names[] = {"any", "1", "2", NULL};

static const lq_param_desc params[] = {
	[P_BITRATE] = {"bitrate", LQ_PARAM_INT, LQ_PARAM_RUNTIME, "bit/s", "32000", 6000, 510000, NULL, "Rate of the stream; lower where the network carries less."},
	[P_APPLICATION] = {"application", LQ_PARAM_CHOICE, 0, NULL, "voip", 0, 0, application_names, "What the encoder is tuned for."},
	[P_FRAME_MS] = {"frame_ms", LQ_PARAM_CHOICE, 0, "ms", "20", 0, 0, frame_names, "Length of a packet."},
	[P_COMPLEXITY] = {"complexity", LQ_PARAM_INT, LQ_PARAM_RUNTIME, NULL, "9", 0, 10, NULL, "Effort: 10 is best and slowest."},
	[P_FEC] = {"fec", LQ_PARAM_BOOL, LQ_PARAM_RUNTIME, NULL, "true", 0, 0, NULL, "Repeat each packet, smaller, in the next one when packets get lost."},
	[P_DTX] = {"dtx", LQ_PARAM_BOOL, LQ_PARAM_RUNTIME, NULL, "false", 0, 0, NULL, "Send almost nothing while there is silence."},
	[P_LOSS] = {"packet_loss", LQ_PARAM_INT, LQ_PARAM_RUNTIME, "%", "0", 0, 100, NULL, "Loss to expect until the far side reports."},
	[P_GAIN] = {"gain", LQ_PARAM_FLOAT, LQ_PARAM_RUNTIME, NULL, "1", 0, 16, NULL, "Factor for the sound before it is encoded; 0: silent."},
	[P_CHANNELS] = {"channels", LQ_PARAM_CHOICE, 0, NULL, "any", 0, 0, channel_names, "What it takes: mono, stereo, or what comes."},
};

static const lq_port_desc ports[] = {{"in", LQ_IN, LQ_MEDIA_AUDIO, 0}, {"out", LQ_OUT, LQ_MEDIA_AUDIO, 0}};

static const lq_node_ops ops = {
	.create = create, .destroy = destroy, .formats = formats, .set_format = set_format, .set_param = set_param, .event = event, .stats = stats};
static const lq_codec_ops codec_ops = {.send = send, .flush = flush};

const lq_node_desc lq__opus_encoder = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_CODEC, .id = "codec.opus.enc", .summary = "Opus encoder", .rank = 100,
	.flags = LQ_NODE_PURE, .ports = ports, .n_ports = LQ__COUNT(ports), .params = params, .n_params = LQ__COUNT(params), .ops = &ops, .kind_ops = &codec_ops};
