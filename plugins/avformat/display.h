/* How a stream's picture is to be shown: phones record on their side, television has pixels that are not square. */
#ifndef LQ_PLUGINS_AVFORMAT_DISPLAY_H
#define LQ_PLUGINS_AVFORMAT_DISPLAY_H

#include <libavformat/avformat.h>

/* By how much it is to be turned, clockwise: 0, 90, 180 or 270 degrees. */
int display_turn(AVStream *stream);

/* Its size when it is turned and its pixels are square. */
void display_size(AVStream *stream, uint32_t *width, uint32_t *height);

#endif
