/* A window on the SDL thread, with a mailbox of one frame. */
#ifndef LQ_SDL_WINDOW_H
#define LQ_SDL_WINDOW_H

#include <loquat/plugin/host.h>

typedef struct lq__sdl_window lq__sdl_window;

typedef struct lq__sdl_look {
	char title[128];
	uint32_t width, height; /* first size of the window, 0: the picture's */
	int x, y;               /* -1: the window manager's choice */
	int fullscreen, mirror, scale, software;
} lq__sdl_look;

typedef struct lq__sdl_counts {
	uint64_t shown, replaced, undrawn;
	int64_t cost; /* ns from hand-over to the screen, smoothed */
} lq__sdl_counts;

/* [loop] Opens the window for pictures of about pw x ph. Fails through host->fail. */
int lq__sdl_window_open(const lq_host *host, const lq__sdl_look *look, uint32_t pw, uint32_t ph, lq__sdl_window **out);
void lq__sdl_window_close(lq__sdl_window *w); /* waits until it is gone; NULL is fine */

/* [loop] Hands a frame over, consuming the reference. A frame still waiting there is replaced and counted. Never blocks. */
void lq__sdl_window_show(lq__sdl_window *w, lq_buffer *buf);

/* [loop] Title, full screen, mirror and scale may change. */
void lq__sdl_window_set_look(lq__sdl_window *w, const lq__sdl_look *look);
void lq__sdl_window_counts(lq__sdl_window *w, lq__sdl_counts *out);

#endif
