/* capture.tone: a tone that sounds like a device: each buffer is given out when its last sample has sounded. Samples lie on a grid of the
 * graph's clock: sample i belongs to time i / rate, and a chirp begins with each second. A late buffer is left out. With `drift` the card's clock
 * is faster than the graph's by so many ppm, so a second of the graph has some samples more; times and chirps stay the graph's. */
#include <math.h>
#include <stdlib.h>

#include "../common/util.h"
#include "media/chirp.h"
#include "testsrc_nodes.h"

enum { P_RATE, P_CHANNELS, P_FREQUENCY, P_VOLUME, P_CHIRP, P_FRAME_MS, P_SAMPLE, P_DRIFT, P_MARK };

typedef struct tone {
	const lq_host *host;
	const lq_format *format;
	uint32_t rate, channels, sample, frame; /* frame: samples a buffer */
	double frequency, volume;
	int chirp;
	int64_t drift; /* ppm */
	int64_t mark;  /* where in each second the chirp begins, ms */
	int64_t next; /* number of the next buffer on the clock's grid */
	int gap;      /* buffers were left out */
	uint64_t sent, dropped;
} tone;

static int create(const lq_host *host, const lq_value *params, void **self)
{
	tone *t = calloc(1, sizeof *t);
	if (!t)
		return LQ_ENOMEM;
	t->host = host;
	t->rate = (uint32_t)params[P_RATE].i;
	t->channels = (uint32_t)params[P_CHANNELS].i;
	t->frequency = params[P_FREQUENCY].f;
	t->volume = params[P_VOLUME].f;
	t->chirp = (int)params[P_CHIRP].i;
	t->frame = t->rate * (params[P_FRAME_MS].i ? 20u : 10u) / 1000;
	t->sample = params[P_SAMPLE].i ? LQ_SAMPLE_S16 : LQ_SAMPLE_F32;
	t->drift = params[P_DRIFT].i;
	t->mark = params[P_MARK].i;
	*self = t;
	return 0;
}

static void destroy(void *self)
{
	tone *t = self;
	lq__format_drop(t->host, &t->format);
	free(t);
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	tone *t = self;
	if (i)
		return LQ_END;
	*out = lq__audio_format(LQ_CODEC_RAW, t->sample, t->rate, t->channels);
	return 0;
}

/* Graph time of sample i. */
static int64_t sample_time(const tone *t, int64_t i)
{
	int64_t time = lq__samples_to_ns(i, t->rate), million = 1000000 + t->drift;
	return time - time / million * t->drift - time % million * t->drift / million;
}

static int64_t frame_time(const tone *t, int64_t n)
{
	return sample_time(t, n * t->frame);
}

/* The last buffer that begins at or before `time`. */
static int64_t frame_at(const tone *t, int64_t time)
{
	int64_t n = lq__ns_to_samples(time + time / 1000000 * t->drift, t->rate) / t->frame;
	while (frame_time(t, n) > time)
		n--;
	while (frame_time(t, n + 1) <= time)
		n++;
	return n;
}

static int start(void *self)
{
	tone *t = self;
	lq_format f;
	formats(t, 0, 0, &f);
	t->next = frame_at(t, t->host->now(t->host) - 1) + 1;
	t->gap = 0;
	return lq__format_replace(t->host, &t->format, &f);
}

/* The tone's phase at sample i, in radians. */
static double phase_at(const tone *t, int64_t i)
{
	double turns = fmod((double)(i / t->rate % 3600) * t->frequency, 1) + t->frequency * (double)(i % t->rate) / t->rate;
	return 2 * 3.14159265358979 * turns;
}

/* What sounds at sample i: the tone, or the chirp, alone so that it is found easily. */
static float chirp_or(float tone_value, const tone *t, int64_t i)
{
	double place = t->drift ? (double)((sample_time(t, i) + LQ_SEC - t->mark * LQ_MSEC) % LQ_SEC) * LQ_CHIRP_RATE / LQ_SEC :
	                          (double)((i + t->rate - t->mark * t->rate / 1000) % t->rate) * LQ_CHIRP_RATE / t->rate;
	if (!t->chirp || place >= LQ_CHIRP_SAMPLES)
		return tone_value;
	int64_t k = (int64_t)place;
	float part = (float)(place - (double)k);
	return lq_chirp_sample(k) * (1 - part) + lq_chirp_sample(k + 1) * part;
}

/* A vector that turns by the same angle each sample: a sine in a few multiplications. It is set anew each buffer, before rounding shows. */
typedef struct phasor {
	double c, s, step_c, step_s;
} phasor;

static phasor phasor_at(const tone *t, int64_t i)
{
	double phase = phase_at(t, i), step = 2 * 3.14159265358979 * t->frequency / t->rate;
	return (phasor){t->volume * cos(phase), t->volume * sin(phase), cos(step), sin(step)};
}

static float phasor_next(phasor *p)
{
	double s = p->s, c = p->c;
	p->c = c * p->step_c - s * p->step_s;
	p->s = s * p->step_c + c * p->step_s;
	return (float)s;
}

static int submit_frame(tone *t, int64_t n)
{
	lq_buffer *buf = t->host->buffer_new(t->host, t->format, t->frame * t->channels * lq__sample_size(t->sample));
	if (!buf)
		return LQ_ENOMEM;
	float *f = (float *)(void *)buf->planes[0];
	int16_t *s = (int16_t *)(void *)buf->planes[0];
	phasor p = phasor_at(t, n * t->frame);
	for (uint32_t i = 0; i < t->frame; i++) {
		float v = chirp_or(phasor_next(&p), t, n * t->frame + i);
		for (uint32_t c = 0; c < t->channels; c++)
			if (t->sample == LQ_SAMPLE_F32)
				f[i * t->channels + c] = v;
			else
				s[i * t->channels + c] = (int16_t)lrintf(v * 32767);
	}
	buf->samples = t->frame;
	buf->pts = buf->capture_time = frame_time(t, n);
	buf->duration = frame_time(t, n + 1) - buf->pts;
	buf->flags = LQ_BUFFER_KEY | (t->gap ? LQ_BUFFER_DISCONTINUITY : 0);
	buf->priority = 2;
	t->gap = 0;
	t->sent++;
	return lq__submit(t->host, 0, buf);
}

static int read(void *self, int64_t deadline, int64_t *next)
{
	tone *t = self;
	int64_t now = t->host->now(t->host), complete = frame_at(t, now) - 1;
	int r = 0;
	/* A device keeps a little for a slow reader; so the last 100 ms are given out, and what is older is lost. */
	int64_t kept = complete - 100 * LQ_MSEC / frame_time(t, 1);
	if (t->next < kept) {
		t->dropped += (uint64_t)(kept - t->next);
		t->next = kept;
		t->gap = 1;
	}
	while (t->next <= complete && !r)
		r = submit_frame(t, t->next++);
	*next = frame_time(t, t->next + 1);
	return r;
}

static int set_param(void *self, uint32_t index, const lq_value *value)
{
	if (index != P_VOLUME)
		return LQ_ENOTSUP;
	((tone *)self)->volume = value->f;
	return 0;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const tone *t = self;
	lq__stat(fn, arg, 0, "buffers", (double)t->sent);
	lq__stat(fn, arg, 0, "buffersDropped", (double)t->dropped);
}

static const char *const frame_names[] = {"10", "20", NULL};
static const char *const sample_names[] = {"F32", "S16", NULL};
static const lq_param_desc params[] = {
	[P_RATE] = {"rate", LQ_PARAM_INT, 0, "Hz", "48000", 8000, 192000, NULL, "Samples a second."},
	[P_CHANNELS] = {"channels", LQ_PARAM_INT, 0, NULL, "1", 1, 2, NULL, "1 or 2, both with the same sound."},
	[P_FREQUENCY] = {"frequency", LQ_PARAM_FLOAT, 0, "Hz", "440", 20, 20000, NULL, "Pitch of the tone."},
	[P_VOLUME] = {"volume", LQ_PARAM_FLOAT, LQ_PARAM_RUNTIME, NULL, "0.2", 0, 1, NULL, "Amplitude of the tone; the chirp has 0.5."},
	[P_CHIRP] = {"chirp", LQ_PARAM_BOOL, 0, NULL, "true", 0, 0, NULL, "A chirp of 20 ms each second, in step with the picture's flash."},
	[P_FRAME_MS] = {"frame_ms", LQ_PARAM_CHOICE, 0, "ms", "20", 0, 0, frame_names, "Length of a buffer."},
	[P_SAMPLE] = {"sample", LQ_PARAM_CHOICE, 0, NULL, "F32", 0, 0, sample_names, "Sample format."},
	[P_DRIFT] = {"drift", LQ_PARAM_INT, 0, "ppm", "0", -1000, 1000, NULL, "How much faster the card's clock is than the graph's."},
	[P_MARK] = {"mark", LQ_PARAM_INT, 0, "ms", "0", 0, 999, NULL, "Where in each second the chirp begins, so that several sources are told apart."},
};
static const lq_port_desc ports[] = {{"out", LQ_OUT, LQ_MEDIA_AUDIO, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .start = start, .set_param = set_param, .stats = stats};
static const lq_capture_ops capture_ops = {.read = read};

const lq_node_desc lq__tone = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_CAPTURE, .id = "capture.tone", .summary = "A tone with a chirp each second", .rank = 100,
	.flags = LQ_NODE_LIVE | LQ_NODE_PURE, .ports = ports, .n_ports = LQ__COUNT(ports), .params = params, .n_params = LQ__COUNT(params), .ops = &ops,
	.kind_ops = &capture_ops};
