/* Clocks: the monotonic one, and a virtual one that a test moves. Times are ns. */
#ifndef LOQUAT_CLOCK_H
#define LOQUAT_CLOCK_H

#include <loquat/api.h>
#include <stdint.h>

LQ_API_BEGIN

typedef struct lq_clock lq_clock;

/* The process's CLOCK_MONOTONIC; not to be destroyed. */
lq_clock *lq_clock_real(void);

/* A clock that stands still until told. [any] for now, [control] for the rest. NULL: no memory. */
lq_clock *lq_clock_virtual(int64_t start);
void lq_clock_destroy(lq_clock *clock); /* NULL and the real one are fine */
int64_t lq_clock_now(const lq_clock *clock);
void lq_clock_set(lq_clock *clock, int64_t time); /* virtual only, never back */
int lq_clock_is_virtual(const lq_clock *clock);

LQ_API_END
#endif
