/* A picture drawn into the pixels of a window: scaled, cut or with bars, mirrored. */
#ifndef LQ_PLUGINS_X11_PAINT_H
#define LQ_PLUGINS_X11_PAINT_H

#include <stdint.h>

#include <loquat/plugin/buffer.h>

/* Fills width x height pixels of four bytes, blue first, with an I420 picture; `scale` as in common/fit.h. `columns` has room for `width`. */
void lq__paint(const lq_buffer *picture, int scale, int mirror, uint8_t *out, uint32_t width, uint32_t height, uint32_t *columns);

#endif
