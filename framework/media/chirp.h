/* The chirp that test sound carries, so that a listener at the other end knows when it was made: once a second 20 ms rising from 0.5 to
 * 6 kHz at amplitude 0.5, in all at 48 kHz mono float. It begins at the first sample of each second; the picture of that moment is white
 * (lq_flash_write). A matched filter finds its time to well below a millisecond, whatever the level, also after a speech codec. */
#ifndef LQ_MEDIA_CHIRP_H
#define LQ_MEDIA_CHIRP_H

#include <stddef.h>
#include <stdint.h>

enum { LQ_CHIRP_RATE = 48000, LQ_CHIRP_SAMPLES = 960, LQ_CHIRP_PERIOD = 48000 };

/* Sample i of the chirp, 0 outside 0 … LQ_CHIRP_SAMPLES-1. */
float lq_chirp_sample(int64_t i);

/* Adds the chirps that fall into samples index … index+n-1 of an endless stream. Returns how many of the samples belong to a chirp. */
size_t lq_chirp_add(float *mono, size_t n, uint64_t index);

/* The same with silence between them. */
void lq_chirp_fill(float *mono, size_t n, uint64_t index);

/* Found: `time` (ns) of the chirp's first sample, and how well it fits, 0 … 1. */
typedef void (*lq_chirp_fn)(void *arg, int64_t time, float fit);

enum { LQ__CHIRP_TAPS = 63, LQ__CHIRP_WINDOW = 320 };

/* A detector in the caller's memory; one thread at a time. The fields are its own. */
typedef struct lq_chirp_detector {
	float low_pass[LQ__CHIRP_TAPS];
	float real[LQ__CHIRP_WINDOW], imaginary[LQ__CHIRP_WINDOW];
	float input[2 * LQ__CHIRP_TAPS], window[2 * LQ__CHIRP_WINDOW]; /* rings written twice, so that each span is contiguous */
	uint32_t input_at, window_at, phase;
	uint32_t filled; /* samples in the window */
	float template_energy;
	int64_t next_time; /* of the next sample; a stream that jumps starts anew */
	float fits[3], magnitudes[3];
	float best_fit;
	int64_t best_time;
	uint32_t hold; /* samples until the best one is told */
} lq_chirp_detector;

void lq_chirp_detect_init(lq_chirp_detector *d);

/* Takes n samples, the first of which sounds at `time` (ns), and calls fn for each chirp, about 70 ms after its start. */
void lq_chirp_detect_push(lq_chirp_detector *d, const float *mono, size_t n, int64_t time, lq_chirp_fn fn, void *arg);

/* The stream ends: tells of a chirp that is still being weighed. */
void lq_chirp_detect_flush(lq_chirp_detector *d, lq_chirp_fn fn, void *arg);

#endif
