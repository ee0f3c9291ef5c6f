#include "input.h"

#include <math.h>
#include <string.h>

#include "../common/util.h"

enum {
	TOLERANCE = MIX_RATE / 200,      /* 5 ms: times that differ less are the same */
	MAX_AHEAD = MIX_RATE * 3 / 10,   /* sound that is due later than this has a wrong time: it is played at once */
	KEEP = MIX_RATE / 100,           /* what may stay waiting when there is nothing to gain from it: one tick */
	CUT = MIX_RATE / 200,            /* 5 ms are cut out or doubled at a time, blended over their whole length */
	WATCH_TICKS = 100                /* a second without less waiting is enough to see that it is not needed */
};

void mix_input_init(mix_input *in)
{
	memset(in, 0, sizeof *in);
	in->due = in->capture_time = LQ_TIME_NONE;
	in->low = MIX_RING;
	in->gain = in->wanted = 1;
}

static float *at(mix_input *in, uint32_t i)
{
	return in->ring[(in->head + i) % MIX_RING];
}

static void drop(mix_input *in, uint32_t n)
{
	int64_t t = lq__samples_to_ns(n, MIX_RATE);
	in->head = (in->head + n) % MIX_RING;
	in->n -= n;
	in->due = lq__time_add(in->due, t);
	in->capture_time = lq__time_add(in->capture_time, t);
}

/* Makes room for n more; the oldest go. */
static void reserve(mix_input *in, uint32_t n)
{
	if (in->n + n <= MIX_RING)
		return;
	uint32_t excess = in->n + n - MIX_RING;
	in->overflow += excess;
	drop(in, excess < in->n ? excess : in->n);
}

static void append_silence(mix_input *in, uint32_t n)
{
	reserve(in, n);
	for (uint32_t i = 0; i < n; i++)
		memset(at(in, in->n++), 0, sizeof in->ring[0]);
}

static void append(mix_input *in, const lq_buffer *buf, uint32_t from, uint32_t n)
{
	uint32_t channels = buf->format->channels;
	const float *f = (const float *)(const void *)buf->planes[0] + (size_t)from * channels;
	const int16_t *s = (const int16_t *)(const void *)buf->planes[0] + (size_t)from * channels;
	reserve(in, n);
	for (uint32_t i = 0; i < n; i++) {
		float *to = at(in, in->n++);
		for (uint32_t c = 0; c < 2; c++) {
			uint32_t k = i * channels + (channels > 1 ? c : 0);
			to[c] = buf->format->sample == LQ_SAMPLE_S16 ? (float)s[k] * (1.0f / 32768) : f[k];
		}
		float level = fabsf(to[0]) > fabsf(to[1]) ? fabsf(to[0]) : fabsf(to[1]);
		in->peak = level > in->peak ? level : in->peak;
	}
}

/* Fits a buffer's time to what is waiting: a gap becomes silence, small differences are believed as they are. */
static void follow_time(mix_input *in, const lq_buffer *buf)
{
	int64_t held = lq__samples_to_ns(in->n, MIX_RATE);
	if (in->n && in->due != LQ_TIME_NONE && buf->pts != LQ_TIME_NONE) {
		int64_t gap = lq__ns_to_samples(buf->pts - (in->due + held), MIX_RATE);
		if (gap > TOLERANCE && gap <= MAX_AHEAD)
			append_silence(in, (uint32_t)gap);
		else if (gap > MAX_AHEAD)
			drop(in, in->n);
		held = lq__samples_to_ns(in->n, MIX_RATE);
	}
	in->due = lq__time_add(buf->pts, -held);
	in->capture_time = lq__time_add(buf->capture_time, -held);
}

void mix_input_push(mix_input *in, const lq_buffer *buf)
{
	uint32_t frame = buf->format->channels * lq__sample_size(buf->format->sample);
	uint32_t n = buf->samples < buf->size / frame ? buf->samples : buf->size / frame;
	uint32_t from = n > MIX_RING ? n - MIX_RING : 0;
	in->ended = (buf->flags & LQ_BUFFER_EOS) != 0;
	if (!n)
		return;
	follow_time(in, buf);
	in->buffers++;
	in->received += n;
	in->overflow += from;
	append(in, buf, from, n - from);
}

/* Leaves out CUT samples at the head: what is before them turns into what is behind. */
static void cut(mix_input *in)
{
	for (uint32_t i = 0; i < CUT; i++) {
		float w = (float)i / CUT, *a = at(in, i), *b = at(in, i + CUT);
		b[0] = a[0] * (1 - w) + b[0] * w;
		b[1] = a[1] * (1 - w) + b[1] * w;
	}
	drop(in, CUT);
	in->removed += CUT;
	in->surplus -= CUT;
}

/* Once a second: whatever stayed waiting all the time, and is late besides, waits for nothing. */
static void watch(mix_input *in, int64_t time)
{
	in->low = in->n < in->low ? in->n : in->low;
	if (++in->ticks < WATCH_TICKS)
		return;
	int64_t late = in->due == LQ_TIME_NONE ? MIX_RING : lq__ns_to_samples(time - in->due, MIX_RATE);
	int64_t extra = late < in->low ? late : in->low;
	in->surplus = extra > KEEP ? (uint32_t)(extra - KEEP / 2) / CUT * CUT : 0;
	in->low = MIX_RING;
	in->ticks = 0;
}

/* Samples of silence before the head's are due, at most a tick. */
static uint32_t lead(const mix_input *in, int64_t time)
{
	if (in->playing || in->due == LQ_TIME_NONE)
		return 0;
	int64_t ahead = lq__ns_to_samples(in->due - time, MIX_RATE);
	return ahead <= 0 || ahead > MAX_AHEAD ? 0 : ahead > MIX_TICK ? MIX_TICK : (uint32_t)ahead;
}

uint32_t mix_input_pull(mix_input *in, int64_t time, float gain, float out[MIX_TICK][2], int64_t *capture_time)
{
	uint32_t skip = in->n ? lead(in, time) : 0, n = MIX_TICK - skip < in->n ? MIX_TICK - skip : in->n;
	*capture_time = LQ_TIME_NONE;
	if (!n) {
		in->underruns += in->playing && !in->n && !in->ended;
		in->silence += MIX_TICK;
		in->playing = in->playing && in->n;
		return 0;
	}
	if (in->surplus >= CUT && in->n >= n + CUT)
		cut(in);
	if (in->capture_time != LQ_TIME_NONE)
		*capture_time = in->capture_time - lq__samples_to_ns(skip, MIX_RATE);
	float own = gain * in->gain, step = gain * (in->wanted - in->gain) / (float)n;
	for (uint32_t i = 0; i < n; i++, own += step) {
		const float *s = at(in, i);
		out[skip + i][0] += own * s[0];
		out[skip + i][1] += own * s[1];
	}
	in->gain = in->wanted;
	drop(in, n);
	in->played += n;
	in->silence += MIX_TICK - n;
	in->underruns += skip + n < MIX_TICK && !in->ended;
	in->playing = skip + n == MIX_TICK;
	watch(in, time + LQ_SEC * MIX_TICK / MIX_RATE);
	return n;
}
