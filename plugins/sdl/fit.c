#include "fit.h"

static int scaled(int size, int num, int den)
{
	int64_t v = ((int64_t)size * num + den / 2) / den;
	return v < 1 ? 1 : (int)v;
}

/* The largest centred rectangle of shape aw:ah inside bw x bh. */
static SDL_Rect inside(int aw, int ah, int bw, int bh)
{
	SDL_Rect r = {0, 0, bw, bh};
	if ((int64_t)aw * bh > (int64_t)bw * ah)
		r.h = scaled(bw, ah, aw);
	else
		r.w = scaled(bh, aw, ah);
	r.x = (bw - r.w) / 2;
	r.y = (bh - r.h) / 2;
	return r;
}

void lq__sdl_fit(int mode, int pw, int ph, int ww, int wh, SDL_Rect *src, SDL_Rect *dst)
{
	*src = (SDL_Rect){0, 0, pw, ph};
	*dst = (SDL_Rect){0, 0, ww, wh};
	if (mode == LQ__FIT)
		*dst = inside(pw, ph, ww, wh);
	else if (mode == LQ__CROP)
		*src = inside(ww, wh, pw, ph);
}
