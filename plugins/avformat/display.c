#include "display.h"

#include <math.h>

#include <libavutil/display.h>

int display_turn(AVStream *stream)
{
	size_t size;
	const uint8_t *matrix = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
	double degrees = matrix && size >= 9 * sizeof(int32_t) ? -av_display_rotation_get((const int32_t *)(const void *)matrix) : 0; /* its own are anticlockwise */
	return isfinite(degrees) ? ((int)lround(degrees / 90) * 90 % 360 + 360) % 360 : 0;
}

void display_size(AVStream *stream, uint32_t *width, uint32_t *height)
{
	AVRational pixel = av_guess_sample_aspect_ratio(NULL, stream, NULL);
	uint32_t w = (uint32_t)stream->codecpar->width, h = (uint32_t)stream->codecpar->height;
	if (pixel.num > 0 && pixel.den > 0 && pixel.num != pixel.den && av_q2d(pixel) > 0.2 && av_q2d(pixel) < 5)
		w = (uint32_t)lround(w * av_q2d(pixel));
	int across = display_turn(stream) % 180;
	*width = across ? h : w;
	*height = across ? w : h;
}
