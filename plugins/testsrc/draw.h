/* Drawing into I420 pictures. Coordinates are luma pixels; whatever lies outside the picture is clipped. */
#ifndef LQ_PLUGINS_TESTSRC_DRAW_H
#define LQ_PLUGINS_TESTSRC_DRAW_H

#include <loquat/plugin/buffer.h>
#include <stdint.h>

typedef struct canvas {
	uint8_t *planes[3];
	uint32_t strides[3];
	int w, h;
} canvas;

typedef struct colour {
	uint8_t y, u, v;
} colour;

canvas draw_on(const lq_buffer *buf);
void draw_fill(const canvas *c, int x, int y, int w, int h, colour col);

/* A ball with a light spot, its middle at x, y. */
void draw_ball(const canvas *c, int x, int y, int radius, colour col);

/* Text of 5x7 dots, each `dot` pixels wide, with a dark shadow. Letters are upper case; what the font lacks is blank. */
void draw_text(const canvas *c, int x, int y, int dot, const char *text);
int draw_text_width(int dot, const char *text);

#endif
