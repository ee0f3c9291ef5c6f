/* The recent delays of a stream's packets against its own time: the least one is the path, what is above it is jitter. */
#ifndef LQ_WEBRTC_DELAY_H
#define LQ_WEBRTC_DELAY_H

#include <stdint.h>

#define LQ__DELAY_WINDOW 256

typedef struct lq__delay {
	int64_t ring[LQ__DELAY_WINDOW];
	uint32_t n, head, fresh;
	uint32_t per_mille; /* the quantile; set before the first sample */
	int64_t base, high; /* the least delay and the quantile */
} lq__delay;

/* delay: local arrival time minus the stream's time, ns, any constant apart. */
void lq__delay_add(lq__delay *d, int64_t delay);
/* The quantile above the least. */
static inline int64_t lq__delay_jitter(const lq__delay *d) { return d->high - d->base; }

#endif
