#include "ring.h"

#include <string.h>

int lq__ring_init(lq__ring *r, uint32_t channels, uint32_t target, uint32_t period)
{
	memset(r, 0, sizeof *r);
	r->target = target > period ? target : period;
	r->high = 2 * r->target + period;
	return lq__fifo_init(&r->fifo, channels, 4 * r->high);
}

void lq__ring_finish(lq__ring *r)
{
	lq__fifo_finish(&r->fifo);
}

uint32_t lq__ring_fill(const lq__ring *r)
{
	return lq__fifo_fill(&r->fifo);
}

uint32_t lq__ring_write(lq__ring *r, const float *in, uint32_t n)
{
	return lq__fifo_write(&r->fifo, in, n);
}

uint32_t lq__ring_read(lq__ring *r, float *out, uint32_t n)
{
	uint32_t fill = lq__ring_fill(r), give = 0;
	if (fill > r->high) {
		uint32_t skip = fill - r->target;
		atomic_fetch_add_explicit(&r->skipped, skip, memory_order_relaxed);
		lq__fifo_read(&r->fifo, NULL, skip);
		fill -= skip;
	}
	if (!r->primed && fill >= r->target)
		r->primed = 1;
	if (r->primed) {
		give = fill < n ? fill : n;
		lq__fifo_read(&r->fifo, out, give);
		if (give < n) {
			atomic_fetch_add_explicit(&r->underruns, 1, memory_order_relaxed);
			r->primed = 0;
		}
	}
	if (give < n)
		memset(out + (size_t)give * r->fifo.channels, 0, (size_t)(n - give) * r->fifo.channels * sizeof *out);
	if (atomic_load_explicit(&r->fifo.read, memory_order_relaxed) > 0) /* it has begun */
		atomic_fetch_add_explicit(&r->silent, n - give, memory_order_relaxed);
	return give;
}
