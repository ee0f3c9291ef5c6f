/* Pictures onto the canvas. All memory is made when the layout or a picture's size changes, none for a frame. */
#ifndef LQ_PLUGINS_COMPOSE_PAINT_H
#define LQ_PLUGINS_COMPOSE_PAINT_H

#include <libswscale/swscale.h>

#include "../common/av.h"
#include "layout.h"

typedef struct plane_set {
	uint8_t *data[4];
	int stride[4];
	uint32_t w, h;
} plane_set;

/* I420, zeroed. LQ_ENOMEM. */
int planes_make(plane_set *p, uint32_t w, uint32_t h);
void planes_free(plane_set *p);
void planes_fill(plane_set *p, const uint8_t yuv[3]);

/* What is kept of a tile between frames: the scaled picture, and its name as a small picture. */
typedef struct tile_cache {
	struct SwsContext *sws;
	tile t;
	uint32_t pixel;
	plane_set scaled;
	uint64_t serial; /* of the input's picture in `scaled`; 0: none */
	uint8_t *label;
	uint32_t label_w, label_h;
	char name[NAME_SIZE];
} tile_cache;

void tile_cache_finish(tile_cache *c);

/* Draws a picture, the serial-th of its input, as `t` says, with its name where that is wanted. flags: libswscale's. LQ_ENOMEM. */
int paint_tile(tile_cache *c, const tile *t, const char *name, const lq_buffer *buf, uint64_t serial, int flags, lq_buffer *canvas);

void paint_background(const plane_set *background, lq_buffer *canvas);

/* A file's first picture, fitted to the canvas so that it fills it. host->fail says why not. */
int image_load(const lq_host *host, const char *file, plane_set *out);

#endif
