#include "fit.h"

#include "common/fit.h"

static SDL_Rect rect(lq__rect r)
{
	return (SDL_Rect){r.x, r.y, r.w, r.h};
}

void lq__sdl_fit(int mode, int pw, int ph, int ww, int wh, SDL_Rect *src, SDL_Rect *dst)
{
	lq__rect from, to;
	lq__fit(mode, pw, ph, ww, wh, &from, &to);
	*src = rect(from);
	*dst = rect(to);
}
