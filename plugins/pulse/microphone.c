/* capture.microphone: libpulse's thread puts what it hears into a bounded queue and wakes the node, which cuts it into buffers of 10 ms. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/fifo.h"
#include "../common/util.h"
#include "client.h"
#include "pulse.h"

enum { P_DEVICE, P_LATENCY, P_VOLUME };

#define FRAMES (LQ__PULSE_RATE / 100)  /* of a buffer */
#define ROOM (LQ__PULSE_RATE / 5)      /* a loop that is held up for longer than 200 ms has lost the moment */
#define CLOCK_JUMP (50 * LQ_MSEC)      /* the device's clock was wrong or has stopped */
#define CLOCK_SLOWNESS 16

typedef struct microphone {
	const lq_host *host;
	const lq_format *format;
	lq__client client;
	uint32_t latency_ms, channels;
	float volume;
	lq__fifo fifo;

	/* [pulse] */
	int clock_known;
	/* [any] */
	_Atomic int64_t epoch; /* frame i of the queue was captured at epoch + i / rate */
	_Atomic int64_t delay; /* how old the sound was when it came, ns */
	_Atomic uint64_t lost, losses; /* frames that had no room, and how often */
	atomic_int gap;        /* the next buffer does not follow on the one before */
	/* [loop] */
	uint64_t losses_seen, captured, skipped;
} microphone;

static int create(const lq_host *host, const lq_value *params, void **self)
{
	microphone *m = calloc(1, sizeof *m);
	if (!m)
		return LQ_ENOMEM;
	m->host = host;
	m->latency_ms = (uint32_t)params[P_LATENCY].i;
	m->volume = (float)params[P_VOLUME].f;
	m->channels = 1;
	snprintf(m->client.device, sizeof m->client.device, "%s", params[P_DEVICE].s);
	*self = m;
	return 0;
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	if (i > 1)
		return LQ_END;
	*out = lq__audio_format(LQ_CODEC_RAW, LQ_SAMPLE_F32, LQ__PULSE_RATE, i + 1);
	return 0;
}

static int set_format(void *self, uint32_t port, const lq_format *f)
{
	microphone *m = self;
	if (f->codec != LQ_CODEC_RAW || f->sample != LQ_SAMPLE_F32 || f->rate != LQ__PULSE_RATE || f->channels < 1 || f->channels > 2)
		return m->host->fail(m->host, LQ_EFORMAT, "the microphone gives raw F32 sound of 48000 Hz with 1 or 2 channels");
	if (m->client.loop && f->channels != m->channels)
		return m->host->fail(m->host, LQ_ESTATE, "the number of channels cannot change while the microphone runs");
	m->channels = f->channels;
	return lq__format_replace(m->host, &m->format, f);
}

/* [pulse] The time of the queue's beginning, by what the server says of its delay; that is uneven, so it is believed slowly. */
static void follow_clock(microphone *m, pa_stream *s, size_t bytes)
{
	pa_usec_t usec;
	int negative = 0;
	if (pa_stream_get_latency(s, &usec, &negative) < 0)
		usec = pa_bytes_to_usec(bytes, pa_stream_get_sample_spec(s)); /* not known yet: as long as it took to fill */
	int64_t delay = negative ? -(int64_t)usec * 1000 : (int64_t)usec * 1000;
	int64_t begin = (int64_t)atomic_load_explicit(&m->fifo.written, memory_order_relaxed);
	int64_t epoch = m->host->now(m->host) - delay - lq__samples_to_ns(begin, LQ__PULSE_RATE), known = atomic_load(&m->epoch);
	if (!m->clock_known || epoch - known > CLOCK_JUMP || known - epoch > CLOCK_JUMP) {
		if (m->clock_known)
			atomic_store(&m->gap, 1);
		m->clock_known = 1;
		known = epoch;
	} else {
		known += (epoch - known) / CLOCK_SLOWNESS;
	}
	atomic_store(&m->epoch, known);
	atomic_store(&m->delay, delay);
}

/* [pulse] */
static void on_sound(pa_stream *s, size_t bytes, void *arg)
{
	microphone *m = arg;
	const void *data;
	size_t n;
	while (pa_stream_readable_size(s) > 0 && pa_stream_peek(s, &data, &n) >= 0 && n > 0) {
		follow_clock(m, s, n);
		uint32_t frames = (uint32_t)(n / (m->channels * sizeof(float)));
		uint32_t took = lq__fifo_write(&m->fifo, data, frames); /* no data: a hole, filled with silence */
		if (took < frames) {
			atomic_fetch_add(&m->lost, frames - took);
			atomic_fetch_add(&m->losses, 1);
		}
		pa_stream_drop(s);
	}
	m->host->wake_at(m->host, m->host->now(m->host));
}

/* [pulse] A new stream begins with a clock of its own. */
static void prepare(void *arg, pa_stream *s)
{
	microphone *m = arg;
	if (m->clock_known)
		atomic_store(&m->gap, 1);
	m->clock_known = 0;
	pa_stream_set_read_callback(s, on_sound, m);
}

static void stop(void *self)
{
	microphone *m = self;
	lq__client_close(&m->client);
	lq__fifo_finish(&m->fifo);
}

static int start(void *self)
{
	microphone *m = self;
	if (!m->format)
		return m->host->fail(m->host, LQ_ESTATE, "no format is set");
	if (lq__fifo_init(&m->fifo, m->channels, ROOM))
		return LQ_ENOMEM;
	m->clock_known = 0;
	atomic_store(&m->gap, 0);
	uint32_t ms = LQ__PULSE_RATE / 1000 * m->channels * (uint32_t)sizeof(float), all = UINT32_MAX;
	m->client.host = m->host;
	m->client.channels = m->channels;
	m->client.attr = (pa_buffer_attr){.fragsize = m->latency_ms * ms, .maxlength = 500 * ms, .tlength = all, .prebuf = all, .minreq = all};
	m->client.prepare = prepare;
	m->client.arg = m;
	int r = lq__client_open(&m->client);
	if (r)
		lq__fifo_finish(&m->fifo);
	return r;
}

static void destroy(void *self)
{
	microphone *m = self;
	stop(m);
	lq__format_drop(m->host, &m->format);
	free(m);
}

/* After a loss what still waits is old: it goes as well. */
static void skip_after_loss(microphone *m)
{
	uint64_t losses = atomic_load(&m->losses);
	if (losses == m->losses_seen)
		return;
	m->losses_seen = losses;
	m->skipped += lq__fifo_read(&m->fifo, NULL, ROOM);
	atomic_store(&m->gap, 1);
}

static int submit_frames(microphone *m)
{
	lq_buffer *buf = m->host->buffer_new(m->host, m->format, FRAMES * m->channels * (uint32_t)sizeof(float));
	if (!buf)
		return LQ_ENOMEM;
	float *to = (float *)(void *)buf->planes[0];
	int64_t first = (int64_t)atomic_load_explicit(&m->fifo.read, memory_order_relaxed);
	lq__fifo_read(&m->fifo, to, FRAMES);
	for (uint32_t i = 0; m->volume != 1 && i < FRAMES * m->channels; i++)
		to[i] *= m->volume;
	buf->samples = FRAMES;
	buf->pts = buf->capture_time = atomic_load(&m->epoch) + lq__samples_to_ns(first, LQ__PULSE_RATE);
	buf->duration = 10 * LQ_MSEC;
	buf->flags = LQ_BUFFER_KEY | (atomic_exchange(&m->gap, 0) ? LQ_BUFFER_DISCONTINUITY : 0);
	buf->priority = 2;
	m->captured += FRAMES;
	return lq__submit(m->host, 0, buf);
}

static int hear(void *self, int64_t deadline, int64_t *next)
{
	microphone *m = self;
	int r = 0;
	if (!m->client.loop)
		return LQ_ESTATE;
	*next = lq__client_run(&m->client, m->host->now(m->host));
	skip_after_loss(m);
	while (!r && lq__fifo_fill(&m->fifo) >= FRAMES)
		r = submit_frames(m);
	return r;
}

static int set_param(void *self, uint32_t index, const lq_value *value)
{
	microphone *m = self;
	if (index != P_VOLUME)
		return LQ_ENOTSUP;
	m->volume = (float)value->f;
	return 0;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	microphone *m = self;
	lq__stat(fn, arg, 0, "totalSamplesCaptured", (double)m->captured);
	lq__stat(fn, arg, 0, "droppedSamples", (double)(atomic_load(&m->lost) + m->skipped));
	lq__stat(fn, arg, 0, "droppedSamplesEvents", (double)atomic_load(&m->losses));
	lq__stat(fn, arg, 0, "captureDelayMs", (double)atomic_load(&m->delay) / 1e6);
	lq__stat(fn, arg, 0, "reconnects", (double)m->client.reconnects);
}

static int devices(uint32_t i, lq_device *out)
{
	return lq__pulse_device(0, i, out);
}

static const lq_param_desc params[] = {
	[P_DEVICE] = {"device", LQ_PARAM_STRING, 0, NULL, "", 0, 0, NULL, "Name of the source; empty: the server's default."},
	[P_LATENCY] = {"latency_ms", LQ_PARAM_INT, 0, "ms", "10", 5, 200, NULL, "How much sound the server gathers before it hands it over."},
	[P_VOLUME] = {"volume", LQ_PARAM_FLOAT, LQ_PARAM_RUNTIME, NULL, "1", 0, 8, NULL, "Factor for the sound; 0: muted."},
};
static const lq_port_desc ports[] = {{"out", LQ_OUT, LQ_MEDIA_AUDIO, 0}};
static const lq_node_ops ops = {.probe = lq__pulse_probe, .create = create, .destroy = destroy, .formats = formats, .set_format = set_format,
                                .start = start, .stop = stop, .set_param = set_param, .stats = stats};
static const lq_capture_ops capture_ops = {.devices = devices, .read = hear};

const lq_node_desc lq__pulse_microphone = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_CAPTURE, .id = "capture.microphone", .summary = "A microphone (PulseAudio)", .rank = 100,
	.flags = LQ_NODE_LIVE, .ports = ports, .n_ports = LQ__COUNT(ports), .params = params, .n_params = LQ__COUNT(params), .ops = &ops,
	.kind_ops = &capture_ops};
