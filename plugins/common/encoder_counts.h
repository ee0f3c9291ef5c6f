/* What a video encoder counts, and how it says so (names of W3C webrtc-stats). */
#ifndef LQ_PLUGINS_COMMON_ENCODER_COUNTS_H
#define LQ_PLUGINS_COMMON_ENCODER_COUNTS_H

#include "util.h"

typedef struct lq__encoder_counts {
	uint64_t frames, keys, bytes;
	double qp_sum;
	int64_t time; /* spent in encoding, ns */
} lq__encoder_counts;

static inline void lq__count_picture(lq__encoder_counts *c, int key, size_t size, double qp)
{
	c->frames++;
	c->keys += key != 0;
	c->bytes += size;
	c->qp_sum += qp;
}

/* Of an encoder with the ports in (0) and out (1). */
static inline void lq__encoder_stats(const lq__encoder_counts *c, int64_t bitrate, double fps, lq_stat_fn fn, void *arg)
{
	lq__stat(fn, arg, 1, "framesEncoded", (double)c->frames);
	lq__stat(fn, arg, 1, "keyFramesEncoded", (double)c->keys);
	lq__stat(fn, arg, 1, "bytesEncoded", (double)c->bytes);
	lq__stat(fn, arg, 1, "qpSum", c->qp_sum);
	lq__stat(fn, arg, 1, "totalEncodeTime", (double)c->time / 1e9);
	lq__stat(fn, arg, 1, "targetBitrate", (double)bitrate);
	lq__stat(fn, arg, 0, "framesPerSecond", fps);
}

#endif
