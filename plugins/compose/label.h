/* Names as small pictures: white on dark, one byte a pixel. */
#ifndef LQ_PLUGINS_COMPOSE_LABEL_H
#define LQ_PLUGINS_COMPOSE_LABEL_H

#include <stdint.h>

/* For a tile of this height; even. */
uint32_t label_height(uint32_t tile_height);

/* w, h: what it has, both even. free() it; NULL: no memory. */
uint8_t *label_make(const char *text, uint32_t height, uint32_t *w, uint32_t *h);

#endif
