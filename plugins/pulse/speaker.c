/* render.speaker: buffers wait for their time on the node's loop and go through a bounded queue to libpulse's thread. The server's own
 * buffer holds what is kept against jitter: it begins to play, and begins again after it ran dry, when that is filled. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../common/due_queue.h"
#include "../common/fifo.h"
#include "../common/util.h"
#include "client.h"
#include "pulse.h"

enum { P_DEVICE, P_LATENCY, P_VOLUME };

#define ROOM LQ__PULSE_RATE             /* frames */
#define STEP (LQ__PULSE_RATE / 100)     /* 10 ms */
#define DEVICE_SLOWNESS 16

typedef struct speaker {
	const lq_host *host;
	lq__client client;
	uint32_t latency_ms, channels;
	int has_format;
	float volume;
	lq_due_queue early;
	lq__fifo fifo;
	int efd; /* wakes libpulse's thread: there is sound; -1 while stopped */

	/* [pulse] */
	pa_io_event *io;
	/* [any] */
	_Atomic uint32_t largest;   /* frames of the largest buffer */
	_Atomic int64_t device;     /* the sound card's own delay, ns */
	_Atomic int64_t latency;    /* of all behind the queue, as measured, ns */
	_Atomic int64_t first_time; /* when sound was first played, 0 not yet */
	_Atomic uint64_t played, skipped, underruns;
	/* [loop] */
	int first_told;
	uint64_t dropped;
} speaker;

static int create(const lq_host *host, const lq_value *params, void **self)
{
	speaker *s = calloc(1, sizeof *s);
	if (!s)
		return LQ_ENOMEM;
	s->host = host;
	s->efd = -1;
	s->latency_ms = (uint32_t)params[P_LATENCY].i;
	s->volume = (float)params[P_VOLUME].f;
	snprintf(s->client.device, sizeof s->client.device, "%s", params[P_DEVICE].s);
	*self = s;
	return 0;
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	if (i > 1)
		return LQ_END;
	*out = lq__audio_format(LQ_CODEC_RAW, LQ_SAMPLE_F32, LQ__PULSE_RATE, 2 - i);
	return 0;
}

static int fits(const lq_format *f)
{
	return f->media == LQ_MEDIA_AUDIO && f->codec == LQ_CODEC_RAW && f->sample == LQ_SAMPLE_F32 && f->rate == LQ__PULSE_RATE && f->channels >= 1 &&
	       f->channels <= 2;
}

static int set_format(void *self, uint32_t port, const lq_format *f)
{
	speaker *s = self;
	if (!fits(f))
		return s->host->fail(s->host, LQ_EFORMAT, "the speaker takes raw F32 sound of 48000 Hz with 1 or 2 channels");
	if (s->client.loop && f->channels != s->channels)
		return s->host->fail(s->host, LQ_ESTATE, "the number of channels cannot change while the speaker plays");
	s->channels = f->channels;
	s->has_format = 1;
	return 0;
}

/* [pulse] */
static void measure(speaker *s, pa_stream *stream)
{
	pa_usec_t usec;
	int negative = 0;
	const pa_timing_info *t = pa_stream_get_timing_info(stream);
	if (!t || pa_stream_get_latency(stream, &usec, &negative) < 0)
		return;
	int64_t device = (int64_t)t->sink_usec * 1000, known = atomic_load(&s->device);
	atomic_store(&s->device, known ? known + (device - known) / DEVICE_SLOWNESS : device);
	atomic_store(&s->latency, negative ? 0 : (int64_t)usec * 1000);
}

/* [pulse] What piles up because the sound card's clock is slower than ours would be heard ever later. */
static void skip_excess(speaker *s)
{
	uint32_t fill = lq__fifo_fill(&s->fifo), largest = atomic_load(&s->largest);
	if (fill > 2 * largest + STEP)
		atomic_fetch_add(&s->skipped, lq__fifo_read(&s->fifo, NULL, fill - largest));
}

/* [pulse] Gives the server what it has room for. */
static void pump(speaker *s)
{
	pa_stream *stream = s->client.stream;
	if (!stream || pa_stream_get_state(stream) != PA_STREAM_READY)
		return;
	size_t frame = s->channels * sizeof(float), room = pa_stream_writable_size(stream), fill;
	while (room != (size_t)-1 && room >= frame && (fill = lq__fifo_fill(&s->fifo)) > 0) {
		void *to;
		size_t n = fill * frame < room ? fill * frame : room;
		if (pa_stream_begin_write(stream, &to, &n) < 0 || n < frame)
			break;
		uint32_t got = lq__fifo_read(&s->fifo, to, (uint32_t)(n / frame));
		if (pa_stream_write(stream, to, got * frame, NULL, 0, PA_SEEK_RELATIVE) < 0)
			break;
		atomic_fetch_add(&s->played, got);
		room -= got * frame;
	}
	skip_excess(s);
	measure(s, stream);
}

static void on_room(pa_stream *stream, size_t bytes, void *arg)
{
	pump(arg);
}

static void on_kick(pa_mainloop_api *api, pa_io_event *e, int fd, pa_io_event_flags_t flags, void *arg)
{
	uint64_t count;
	if (read(fd, &count, sizeof count) == sizeof count)
		pump(arg);
}

static void on_underflow(pa_stream *stream, void *arg)
{
	speaker *s = arg;
	atomic_fetch_add(&s->underruns, 1);
}

static void on_started(pa_stream *stream, void *arg)
{
	speaker *s = arg;
	if (atomic_load(&s->first_time))
		return;
	int64_t now = s->host->now(s->host);
	atomic_store(&s->first_time, now ? now : 1);
	s->host->wake_at(s->host, now);
}

/* [pulse] */
static void prepare(void *arg, pa_stream *stream)
{
	speaker *s = arg;
	pa_stream_set_write_callback(stream, on_room, s);
	pa_stream_set_underflow_callback(stream, on_underflow, s);
	pa_stream_set_started_callback(stream, on_started, s);
}

static void stop(void *self)
{
	speaker *s = self;
	s->dropped += lq_due_clear(&s->early, s->host);
	if (s->io) {
		pa_threaded_mainloop_lock(s->client.loop);
		pa_threaded_mainloop_get_api(s->client.loop)->io_free(s->io);
		pa_threaded_mainloop_unlock(s->client.loop);
		s->io = NULL;
	}
	lq__client_close(&s->client);
	if (s->efd >= 0)
		close(s->efd);
	s->efd = -1;
	lq__fifo_finish(&s->fifo);
}

static int open_stream(speaker *s)
{
	uint32_t ms = LQ__PULSE_RATE / 1000 * s->channels * (uint32_t)sizeof(float);
	s->client.host = s->host;
	s->client.is_playback = 1;
	s->client.channels = s->channels;
	s->client.attr = (pa_buffer_attr){.tlength = s->latency_ms * ms, .prebuf = s->latency_ms / 2 * ms, .minreq = 5 * ms, .maxlength = 1000 * ms,
	                                  .fragsize = UINT32_MAX};
	s->client.prepare = prepare;
	s->client.arg = s;
	int r = lq__client_open(&s->client);
	if (r)
		return r;
	pa_threaded_mainloop_lock(s->client.loop);
	pa_mainloop_api *api = pa_threaded_mainloop_get_api(s->client.loop);
	s->io = api->io_new(api, s->efd, PA_IO_EVENT_INPUT, on_kick, s);
	pa_threaded_mainloop_unlock(s->client.loop);
	return s->io ? 0 : LQ_ENOMEM;
}

static int start(void *self)
{
	speaker *s = self;
	if (!s->has_format)
		return s->host->fail(s->host, LQ_ESTATE, "no format is set");
	s->efd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int r = s->efd < 0 || lq__fifo_init(&s->fifo, s->channels, ROOM) ? LQ_ENOMEM : open_stream(s);
	if (r)
		stop(s);
	return r;
}

static void destroy(void *self)
{
	stop(self);
	free(self);
}

/* From render to the ear: what the server holds against jitter, and the sound card. */
static int64_t latency(void *self)
{
	speaker *s = self;
	return s->client.loop ? s->latency_ms / 2 * LQ_MSEC + atomic_load(&s->device) : 0;
}

/* Into the queue, at the volume that is set. */
static void push(speaker *s, const lq_buffer *buf)
{
	const float *in = (const float *)(const void *)buf->planes[0];
	float loud[2 * STEP];
	for (uint32_t done = 0, n; done < buf->samples; done += n) {
		n = buf->samples - done < STEP ? buf->samples - done : STEP;
		const float *from = in + (size_t)done * s->channels;
		for (uint32_t i = 0; s->volume != 1 && i < n * s->channels; i++)
			loud[i] = from[i] * s->volume;
		s->dropped += n - lq__fifo_write(&s->fifo, s->volume != 1 ? loud : from, n);
	}
	if (buf->samples > atomic_load(&s->largest))
		atomic_store(&s->largest, buf->samples);
}

static void tell_first(speaker *s)
{
	int64_t t = atomic_load(&s->first_time);
	if (s->first_told || !t)
		return;
	s->first_told = 1;
	lq__tell(s->host, LQ_EVENT_FIRST_BUFFER, 0, t, NULL);
}

/* A buffer goes out so early that it is heard at its due time. */
static int run(void *self, int64_t now)
{
	speaker *s = self;
	int64_t lead = latency(s), again = lq__client_run(&s->client, now);
	lq_buffer *b;
	int any = 0;
	tell_first(s);
	for (; (b = lq_due_at(&s->early, 0)) && lq_due_is(b, lead, now); any = 1) {
		push(s, b);
		s->host->buffer_unref(s->host, lq_due_pop(&s->early));
	}
	if (any && eventfd_write(s->efd, 1) < 0)
		return s->host->fail(s->host, LQ_EIO, "eventfd");
	if (b)
		s->host->wake_at(s->host, b->pts - lead);
	if (again != LQ_TIME_NONE)
		s->host->wake_at(s->host, again);
	return 0;
}

static int render(void *self, uint32_t port, lq_buffer *buf)
{
	speaker *s = self;
	if (!s->client.loop)
		return LQ_ESTATE;
	if (!buf->n_planes || !buf->samples)
		return 0; /* an empty end of stream */
	if (!fits(buf->format) || buf->format->channels != s->channels || buf->size < (uint64_t)buf->samples * s->channels * sizeof(float))
		return s->host->fail(s->host, LQ_EFORMAT, "sound of another format than was negotiated");
	s->dropped += lq_due_release(s->host, lq_due_push(&s->early, s->host->buffer_ref(s->host, buf)));
	return run(s, s->host->now(s->host));
}

static int set_param(void *self, uint32_t index, const lq_value *value)
{
	speaker *s = self;
	if (index != P_VOLUME)
		return LQ_ENOTSUP;
	s->volume = (float)value->f;
	return 0;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	speaker *s = self;
	double waiting = s->client.loop ? lq__fifo_fill(&s->fifo) * 1e3 / LQ__PULSE_RATE : 0;
	lq__stat(fn, arg, 0, "totalSamplesCount", (double)atomic_load(&s->played));
	lq__stat(fn, arg, 0, "synthesizedSamplesEvents", (double)atomic_load(&s->underruns));
	lq__stat(fn, arg, 0, "droppedSamples", (double)(s->dropped + atomic_load(&s->skipped)));
	lq__stat(fn, arg, 0, "bufferedMs", waiting);
	lq__stat(fn, arg, 0, "latencyMs", waiting + (double)atomic_load(&s->latency) / 1e6);
	lq__stat(fn, arg, 0, "reconnects", (double)s->client.reconnects);
}

static int devices(uint32_t i, lq_device *out)
{
	return lq__pulse_device(1, i, out);
}

static const lq_param_desc params[] = {
	[P_DEVICE] = {"device", LQ_PARAM_STRING, 0, NULL, "", 0, 0, NULL, "Name of the sink; empty: the server's default."},
	[P_LATENCY] = {"latency_ms", LQ_PARAM_INT, 0, "ms", "40", 20, 500, NULL, "Sound kept ahead in the server, its sound card included."},
	[P_VOLUME] = {"volume", LQ_PARAM_FLOAT, LQ_PARAM_RUNTIME, NULL, "1", 0, 8, NULL, "Factor for the sound; 0: silent."},
};
static const lq_port_desc ports[] = {{"in", LQ_IN, LQ_MEDIA_AUDIO, 0}};
static const lq_node_ops ops = {.probe = lq__pulse_probe, .create = create, .destroy = destroy, .formats = formats, .set_format = set_format,
                                .start = start, .stop = stop, .run = run, .set_param = set_param, .stats = stats};
static const lq_renderer_ops renderer_ops = {.render = render, .latency = latency, .devices = devices};

const lq_node_desc lq__pulse_speaker = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_RENDERER, .id = "render.speaker", .summary = "Plays sound (PulseAudio)", .rank = 100,
	.flags = LQ_NODE_LIVE, .ports = ports, .n_ports = LQ__COUNT(ports), .params = params, .n_params = LQ__COUNT(params), .ops = &ops,
	.kind_ops = &renderer_ops};
