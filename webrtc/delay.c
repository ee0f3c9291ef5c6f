#include "delay.h"

#include <stdlib.h>
#include <string.h>

#define EVERY 8 /* samples between two evaluations once there are enough */

static int ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

void lq__delay_add(lq__delay *d, int64_t delay)
{
	d->ring[d->head] = delay;
	d->head = (d->head + 1) % LQ__DELAY_WINDOW;
	d->n += d->n < LQ__DELAY_WINDOW;
	if (d->n > 2 * EVERY && ++d->fresh < EVERY)
		return;
	d->fresh = 0;
	int64_t sorted[LQ__DELAY_WINDOW];
	memcpy(sorted, d->ring, d->n * sizeof *sorted);
	qsort(sorted, d->n, sizeof *sorted, ascending);
	d->base = sorted[0];
	d->high = sorted[(uint64_t)(d->n - 1) * d->per_mille / 1000];
}
