/* How a picture lies in a window. */
#ifndef LQ_SDL_FIT_H
#define LQ_SDL_FIT_H

#include <SDL.h>

enum { LQ__FIT = 0, LQ__STRETCH = 1, LQ__CROP = 2 }; /* rows of the parameter "scale" */

/* Which part of a picture of pw x ph (src) goes where in a window of ww x wh (dst). All sizes are above zero. */
void lq__sdl_fit(int mode, int pw, int ph, int ww, int wh, SDL_Rect *src, SDL_Rect *dst);

#endif
