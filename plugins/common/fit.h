/* How a picture lies in a window. Header only, so that a plugin stays one shared object. */
#ifndef LQ_PLUGINS_COMMON_FIT_H
#define LQ_PLUGINS_COMMON_FIT_H

#include <stdint.h>

enum { LQ__FIT = 0, LQ__STRETCH = 1, LQ__CROP = 2 }; /* rows of the parameter "scale" */

typedef struct lq__rect {
	int x, y, w, h;
} lq__rect;

static inline int lq__fit_scaled(int size, int num, int den)
{
	int64_t v = ((int64_t)size * num + den / 2) / den;
	return v < 1 ? 1 : (int)v;
}

/* The largest centred rectangle of shape aw:ah inside bw x bh. */
static inline lq__rect lq__fit_inside(int aw, int ah, int bw, int bh)
{
	lq__rect r = {0, 0, bw, bh};
	if ((int64_t)aw * bh > (int64_t)bw * ah)
		r.h = lq__fit_scaled(bw, ah, aw);
	else
		r.w = lq__fit_scaled(bh, aw, ah);
	r.x = (bw - r.w) / 2;
	r.y = (bh - r.h) / 2;
	return r;
}

/* Which part of a picture of pw x ph (src) goes where in a window of ww x wh (dst). All sizes are above zero. */
static inline void lq__fit(int mode, int pw, int ph, int ww, int wh, lq__rect *src, lq__rect *dst)
{
	*src = (lq__rect){0, 0, pw, ph};
	*dst = (lq__rect){0, 0, ww, wh};
	if (mode == LQ__FIT)
		*dst = lq__fit_inside(pw, ph, ww, wh);
	else if (mode == LQ__CROP)
		*src = lq__fit_inside(ww, wh, pw, ph);
}

#endif
