/* render.speaker on SDL's audio: float samples through a small ring to the callback of the sound card. */
#include <SDL.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/due_queue.h"
#include "ring.h"
#include "sdl.h"

enum { P_DEVICE, P_LATENCY, N_PARAMS };

typedef struct speaker {
	const lq_host *host;
	char device[128];
	uint32_t latency_ms;
	uint32_t rate, channels; /* as negotiated */
	SDL_AudioDeviceID card;  /* while started, else 0 */
	uint32_t period;         /* frames that the card takes at once */
	lq__ring ring;
	lq_due_queue early;
	_Atomic int64_t first_time; /* when sound was first played */
	int first_told;
	uint64_t played, dropped; /* frames handed to the ring, and not */
} speaker;

static int probe(char *text, size_t size)
{
	if (lq__sdl_init(SDL_INIT_AUDIO) < 0) {
		snprintf(text, size, "SDL has no sound: %s", SDL_GetError());
		return LQ_ENODEV;
	}
	const char *driver = SDL_GetCurrentAudioDriver();
	int works = driver && (!strcmp(driver, "dummy") || !strcmp(driver, "disk") || SDL_GetNumAudioDevices(0) != 0);
	if (!works)
		snprintf(text, size, "SDL finds no sound card (driver %s)", driver ? driver : "none");
	lq__sdl_quit(SDL_INIT_AUDIO);
	return works ? 0 : LQ_ENODEV;
}

static int devices(uint32_t i, lq_device *out)
{
	if (lq__sdl_init(SDL_INIT_AUDIO) < 0)
		return LQ_END;
	int n = SDL_GetNumAudioDevices(0), rc = LQ_END;
	const char *name = (int64_t)i < n ? SDL_GetAudioDeviceName((int)i, 0) : NULL;
	if (name) {
		*out = (lq_device){.struct_size = sizeof *out, .is_default = i == 0};
		snprintf(out->id, sizeof out->id, "%s", name);
		snprintf(out->name, sizeof out->name, "%s", name);
		rc = 0;
	}
	lq__sdl_quit(SDL_INIT_AUDIO);
	return rc;
}

static int create(const lq_host *host, const lq_value *params, void **self)
{
	speaker *s = calloc(1, sizeof *s);
	if (!s)
		return LQ_ENOMEM;
	s->host = host;
	s->latency_ms = (uint32_t)params[P_LATENCY].i;
	snprintf(s->device, sizeof s->device, "%s", params[P_DEVICE].s);
	*self = s;
	return 0;
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	if (i > 1)
		return LQ_END;
	*out = (lq_format){.struct_size = sizeof *out, .media = LQ_MEDIA_AUDIO, .codec = LQ_CODEC_RAW, .sample = LQ_SAMPLE_F32, .rate = 48000};
	out->channels = i == 0 ? 2 : 1;
	return 0;
}

static int set_format(void *self, uint32_t port, const lq_format *f)
{
	speaker *s = self;
	if (f->media != LQ_MEDIA_AUDIO || f->codec != LQ_CODEC_RAW || f->sample != LQ_SAMPLE_F32 || !f->rate || !f->channels || f->channels > 8)
		return s->host->fail(s->host, LQ_EFORMAT, "a speaker plays raw F32 sound only");
	if (s->card && (f->rate != s->rate || f->channels != s->channels))
		return s->host->fail(s->host, LQ_ESTATE, "rate and channels cannot change while the speaker plays");
	s->rate = f->rate;
	s->channels = f->channels;
	return 0;
}

/* SDL's audio thread. */
static void play(void *arg, Uint8 *out, int bytes)
{
	speaker *s = arg;
	uint32_t frames = (uint32_t)bytes / (uint32_t)(s->channels * sizeof(float));
	if (lq__ring_read(&s->ring, (float *)(void *)out, frames) && atomic_load_explicit(&s->first_time, memory_order_relaxed) == 0)
		atomic_store(&s->first_time, s->host->now(s->host));
}

/* The largest power of two of samples that is at most half of the latency asked for: cards and SDL like it so. */
static Uint16 period_for(const speaker *s)
{
	uint32_t half = s->rate * s->latency_ms / 2000, p = 128;
	while (p * 2 <= half && p < 8192)
		p *= 2;
	return (Uint16)p;
}

static int start(void *self)
{
	speaker *s = self;
	if (!s->rate)
		return s->host->fail(s->host, LQ_ESTATE, "no format is set");
	if (lq__sdl_init(SDL_INIT_AUDIO) < 0)
		return s->host->fail(s->host, LQ_ENODEV, "SDL has no sound: %s", SDL_GetError());
	s->period = period_for(s);
	SDL_AudioSpec want = {.freq = (int)s->rate, .format = AUDIO_F32SYS, .channels = (Uint8)s->channels, .samples = (Uint16)s->period,
	                      .callback = play, .userdata = s};
	if (lq__ring_init(&s->ring, s->channels, s->rate * s->latency_ms / 1000, s->period) < 0) {
		lq__sdl_quit(SDL_INIT_AUDIO);
		return LQ_ENOMEM;
	}
	s->card = SDL_OpenAudioDevice(*s->device ? s->device : NULL, 0, &want, NULL, 0);
	if (!s->card) {
		s->host->fail(s->host, LQ_ENODEV, "cannot open the sound card%s%s: %s", *s->device ? " " : "", s->device, SDL_GetError());
		lq__ring_finish(&s->ring);
		lq__sdl_quit(SDL_INIT_AUDIO);
		return LQ_ENODEV;
	}
	SDL_PauseAudioDevice(s->card, 0);
	return 0;
}

static int flush(void *self)
{
	speaker *s = self;
	s->dropped += lq_due_clear(&s->early, s->host);
	return 0;
}

static void stop(void *self)
{
	speaker *s = self;
	flush(s);
	if (!s->card)
		return;
	SDL_CloseAudioDevice(s->card);
	s->card = 0;
	s->dropped += lq__ring_fill(&s->ring);
	lq__ring_finish(&s->ring);
	lq__sdl_quit(SDL_INIT_AUDIO);
}

static void destroy(void *self)
{
	if (!self)
		return;
	stop(self);
	free(self);
}

/* From the ring to the ear: what is kept in the ring, and the card's own buffer. */
static int64_t latency(void *self)
{
	speaker *s = self;
	return s->card ? (int64_t)(s->ring.target + s->period) * LQ_SEC / s->rate : 0;
}

static void tell_first(speaker *s)
{
	int64_t t = atomic_load(&s->first_time);
	if (s->first_told || t == 0)
		return;
	s->first_told = 1;
	lq_event ev = {.struct_size = sizeof ev, .type = LQ_EVENT_FIRST_BUFFER, .value = t};
	s->host->event(s->host, &ev);
}

/* A buffer goes to the ring so early that it is heard at its due time. */
static int run(void *self, int64_t now)
{
	speaker *s = self;
	int64_t lead = latency(s);
	lq_buffer *b;
	tell_first(s);
	while ((b = lq_due_at(&s->early, 0)) && lq_due_is(b, lead, now)) {
		uint32_t took = lq__ring_write(&s->ring, (const float *)(const void *)b->planes[0], b->samples);
		s->played += took;
		s->dropped += b->samples - took;
		s->host->buffer_unref(s->host, lq_due_pop(&s->early));
	}
	if (b)
		s->host->wake_at(s->host, b->pts - lead);
	return 0;
}

static int render(void *self, uint32_t port, lq_buffer *buf)
{
	speaker *s = self;
	if (!s->card)
		return LQ_ESTATE;
	if (!buf->n_planes || !buf->samples)
		return 0; /* an empty end of stream */
	if (buf->format->rate != s->rate || buf->format->channels != s->channels || buf->format->sample != LQ_SAMPLE_F32 ||
	    buf->size < (uint64_t)buf->samples * s->channels * sizeof(float))
		return s->host->fail(s->host, LQ_EFORMAT, "sound of another format than was negotiated");
	s->dropped += lq_due_release(s->host, lq_due_push(&s->early, s->host->buffer_ref(s->host, buf)));
	return run(s, s->host->now(s->host));
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	speaker *s = self;
	double rate = s->rate ? s->rate : 1;
	const lq_stat all[] = {
		{"totalSamplesCount", (double)s->played},
		{"synthesizedSamplesEvents", (double)atomic_load(&s->ring.underruns)},
		{"synthesizedSamplesDuration", (double)atomic_load(&s->ring.silent) / rate},
		{"droppedSamples", (double)(s->dropped + atomic_load(&s->ring.skipped))},
		{"bufferedMs", s->card ? lq__ring_fill(&s->ring) * 1000.0 / rate : 0},
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		fn(arg, 0, &all[i]);
}

static const lq_param_desc params[N_PARAMS] = {
	[P_DEVICE] = {"device", LQ_PARAM_STRING, 0, NULL, "", 0, 0, NULL, "Id of the sound card; empty is the system's choice."},
	[P_LATENCY] = {"latency", LQ_PARAM_INT, 0, "ms", "30", 10, 500, NULL, "Sound kept ahead of the card against jitter."},
};

static const lq_port_desc ports[] = {{"in", LQ_IN, LQ_MEDIA_AUDIO, 0}};
static const lq_node_ops ops = {
	.probe = probe,
	.create = create,
	.destroy = destroy,
	.formats = formats,
	.set_format = set_format,
	.start = start,
	.stop = stop,
	.run = run,
	.stats = stats,
};
static const lq_renderer_ops renderer_ops = {.render = render, .flush = flush, .latency = latency, .devices = devices};

/* Ranked below PulseAudio's own: SDL would only add a layer on top of it. */
const lq_node_desc lq__sdl_speaker_desc = {
	.struct_size = sizeof(lq_node_desc),
	.kind = LQ_KIND_RENDERER,
	.id = "render.speaker",
	.summary = "Plays sound (SDL)",
	.rank = 80,
	.flags = LQ_NODE_LIVE,
	.ports = ports,
	.n_ports = 1,
	.n_params = N_PARAMS,
	.params = params,
	.ops = &ops,
	.kind_ops = &renderer_ops,
};
