/* The frame rate that an encoder really gets: frames counted over a second of media time. */
#ifndef LQ_PLUGINS_COMMON_FRAME_RATE_H
#define LQ_PLUGINS_COMMON_FRAME_RATE_H

#include <loquat/plugin/buffer.h>

typedef struct lq__frame_rate {
	int64_t start, last;
	uint32_t n;
	double fps; /* 0: not known yet */
} lq__frame_rate;

static inline void lq__frame_rate_reset(lq__frame_rate *m)
{
	*m = (lq__frame_rate){.start = LQ_TIME_NONE, .last = LQ_TIME_NONE};
}

/* Counts a frame. Returns 1 when fps has been measured anew. */
static inline int lq__frame_rate_add(lq__frame_rate *m, int64_t pts)
{
	if (pts == LQ_TIME_NONE)
		return 0;
	if (m->last == LQ_TIME_NONE || pts <= m->last || pts - m->last > 2 * LQ_SEC) {
		m->start = m->last = pts;
		m->n = 0;
		return 0;
	}
	m->last = pts;
	m->n++;
	if (pts - m->start < LQ_SEC)
		return 0;
	m->fps = (double)m->n * 1e9 / (double)(pts - m->start);
	m->start = pts;
	m->n = 0;
	return 1;
}

#endif
