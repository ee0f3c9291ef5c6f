/* How a picture lies in a window, in SDL's words. */
#ifndef LQ_SDL_FIT_H
#define LQ_SDL_FIT_H

#include <SDL.h>

/* lq__fit of common/fit.h. */
void lq__sdl_fit(int mode, int pw, int ph, int ww, int wh, SDL_Rect *src, SDL_Rect *dst);

#endif
