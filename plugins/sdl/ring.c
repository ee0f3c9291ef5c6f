#include "ring.h"

#include <loquat/plugin/errors.h>
#include <stdlib.h>
#include <string.h>

int lq__ring_init(lq__ring *r, uint32_t channels, uint32_t target, uint32_t period)
{
	memset(r, 0, sizeof *r);
	r->channels = channels;
	r->target = target > period ? target : period;
	r->high = 2 * r->target + period;
	r->frames = 4 * r->high;
	r->data = calloc((size_t)r->frames * channels, sizeof *r->data);
	return r->data ? 0 : LQ_ENOMEM;
}

void lq__ring_finish(lq__ring *r)
{
	free(r->data);
	r->data = NULL;
}

uint32_t lq__ring_fill(const lq__ring *r)
{
	uint64_t read = atomic_load_explicit(&r->read, memory_order_acquire);
	uint64_t written = atomic_load_explicit(&r->written, memory_order_acquire);
	return written > read ? (uint32_t)(written - read) : 0;
}

/* Copies n frames from or to the ring at absolute position `at`, in at most two pieces. */
static void copy(const lq__ring *r, uint64_t at, float *out, const float *in, uint32_t n)
{
	while (n) {
		uint32_t pos = (uint32_t)(at % r->frames), part = r->frames - pos < n ? r->frames - pos : n;
		size_t samples = (size_t)part * r->channels;
		float *cell = r->data + (size_t)pos * r->channels;
		if (in) {
			memcpy(cell, in, samples * sizeof *cell);
			in += samples;
		} else {
			memcpy(out, cell, samples * sizeof *cell);
			out += samples;
		}
		at += part;
		n -= part;
	}
}

uint32_t lq__ring_write(lq__ring *r, const float *in, uint32_t n)
{
	uint64_t written = atomic_load_explicit(&r->written, memory_order_relaxed);
	uint32_t room = r->frames - lq__ring_fill(r);
	if (n > room)
		n = room;
	copy(r, written, NULL, in, n);
	atomic_store_explicit(&r->written, written + n, memory_order_release);
	return n;
}

uint32_t lq__ring_read(lq__ring *r, float *out, uint32_t n)
{
	uint64_t read = atomic_load_explicit(&r->read, memory_order_relaxed);
	uint32_t fill = lq__ring_fill(r), give = 0;
	if (fill > r->high) {
		uint32_t skip = fill - r->target;
		atomic_fetch_add_explicit(&r->skipped, skip, memory_order_relaxed);
		read += skip;
		fill -= skip;
	}
	if (!r->primed && fill >= r->target)
		r->primed = 1;
	if (r->primed) {
		give = fill < n ? fill : n;
		copy(r, read, out, NULL, give);
		if (give < n) {
			atomic_fetch_add_explicit(&r->underruns, 1, memory_order_relaxed);
			r->primed = 0;
		}
	}
	if (give < n)
		memset(out + (size_t)give * r->channels, 0, (size_t)(n - give) * r->channels * sizeof *out);
	if (read + give > 0)
		atomic_fetch_add_explicit(&r->silent, n - give, memory_order_relaxed);
	atomic_store_explicit(&r->read, read + give, memory_order_release);
	return give;
}
