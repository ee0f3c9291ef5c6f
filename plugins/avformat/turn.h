/* Pictures that were recorded lying on their side. */
#ifndef LQ_PLUGINS_AVFORMAT_TURN_H
#define LQ_PLUGINS_AVFORMAT_TURN_H

#include <stdint.h>

/* Turns a plane of bytes clockwise (0, 90, 180 or 270 degrees) into one of width w and height h. */
void turn_plane(int degrees, const uint8_t *from, int from_stride, uint8_t *to, uint32_t to_stride, uint32_t w, uint32_t h);

#endif
