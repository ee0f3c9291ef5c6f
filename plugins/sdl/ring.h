/* A lock-free queue of sound between one writer (the node) and one reader (the sound card's callback). It plays only once
 * `target` frames are there, and again after each underrun; when more than twice that has piled up, the reader skips to `target`,
 * so that delay does not stay. Every skip and underrun is counted. */
#ifndef LQ_SDL_RING_H
#define LQ_SDL_RING_H

#include "../common/fifo.h"

typedef struct lq__ring {
	lq__fifo fifo;
	uint32_t target, high;                       /* frames */
	_Atomic uint64_t underruns, silent, skipped; /* times, frames, frames */
	int primed;                                  /* the reader's */
} lq__ring;

/* [no reader, no writer] `period` is what the reader takes at once. Returns 0 or LQ_ENOMEM. */
int lq__ring_init(lq__ring *r, uint32_t channels, uint32_t target, uint32_t period);
void lq__ring_finish(lq__ring *r);

/* [writer] Returns how many frames had room. */
uint32_t lq__ring_write(lq__ring *r, const float *in, uint32_t n);

/* [reader] Always fills out; returns how many frames were not silence. */
uint32_t lq__ring_read(lq__ring *r, float *out, uint32_t n);

/* [any] */
uint32_t lq__ring_fill(const lq__ring *r);

#endif
