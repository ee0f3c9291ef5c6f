/* A test's own eyes and hands on an X display. */
#ifndef LQ_TESTS_XLOOK_H
#define LQ_TESTS_XLOOK_H

#include <stdint.h>
#include <xcb/xcb.h>

typedef struct xlook {
	xcb_connection_t *c;
	xcb_screen_t *screen;
} xlook;

void xlook_open(xlook *x); /* DISPLAY; fails the test */
void xlook_close(xlook *x);
uint32_t xlook_pixel(xlook *x, int px, int py); /* of the root: 0xRRGGBB */
xcb_window_t xlook_find(xlook *x, const char *title); /* a top-level window by its name, 0 when there is none */
void xlook_ask_close(xlook *x, xcb_window_t w);       /* as a window manager's close button does */
xcb_window_t xlook_paint(xlook *x, int px, int py, int w, int h, uint32_t rgb); /* a plain window, mapped and painted */

/* Are two 0xRRGGBB alike within d a channel? */
int xlook_like(uint32_t a, uint32_t b, int d);

#endif
