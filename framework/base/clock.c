#include <loquat/clock.h>

#include <assert.h>
#include <stdatomic.h>
#include <time.h>

#include "base/alloc.h"

struct lq_clock {
	int is_virtual;
	_Atomic int64_t now;
};

lq_clock *lq_clock_real(void)
{
	static lq_clock real;
	return &real;
}

lq_clock *lq_clock_virtual(int64_t start)
{
	lq_clock *c = lq__calloc(1, sizeof *c);
	if (c) {
		c->is_virtual = 1;
		atomic_init(&c->now, start);
	}
	return c;
}

void lq_clock_destroy(lq_clock *clock)
{
	if (clock && clock->is_virtual)
		lq__free(clock);
}

int64_t lq_clock_now(const lq_clock *clock)
{
	if (clock->is_virtual)
		return atomic_load_explicit(&((lq_clock *)clock)->now, memory_order_acquire);
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

void lq_clock_set(lq_clock *clock, int64_t time)
{
	assert(clock->is_virtual && time >= atomic_load(&clock->now));
	atomic_store_explicit(&clock->now, time, memory_order_release);
}

int lq_clock_is_virtual(const lq_clock *clock)
{
	return clock->is_virtual;
}
