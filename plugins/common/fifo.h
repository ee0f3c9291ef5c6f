/* A lock-free queue of sound between one writer and one reader on two threads. Bounded: what has no room is not taken. */
#ifndef LQ_PLUGINS_COMMON_FIFO_H
#define LQ_PLUGINS_COMMON_FIFO_H

#include <stdatomic.h>
#include <stdint.h>

typedef struct lq__fifo {
	float *data;
	uint32_t room, channels;       /* room: frames (one sample of each channel) */
	_Atomic uint64_t written, read; /* frames since the start */
} lq__fifo;

/* Returns 0 or LQ_ENOMEM. */
int lq__fifo_init(lq__fifo *f, uint32_t channels, uint32_t frames);
void lq__fifo_finish(lq__fifo *f); /* once more is fine */

/* [writer] `in` NULL: silence. Returns how many frames had room. */
uint32_t lq__fifo_write(lq__fifo *f, const float *in, uint32_t n);

/* [reader] `out` NULL: skips. Returns how many frames there were. */
uint32_t lq__fifo_read(lq__fifo *f, float *out, uint32_t n);

/* [any] Frames that wait. */
uint32_t lq__fifo_fill(const lq__fifo *f);

#endif
