#include "turn.h"

#include <stddef.h>

void turn_plane(int degrees, const uint8_t *from, int from_stride, uint8_t *to, uint32_t to_stride, uint32_t w, uint32_t h)
{
	/* Where the picture's first byte comes from, and how far the next one to the right and the next one below are from there. */
	ptrdiff_t stride = from_stride, first, right, below;
	switch (degrees) {
	case 90: first = stride * (w - 1), right = -stride, below = 1; break;
	case 180: first = stride * (h - 1) + w - 1, right = -1, below = -stride; break;
	case 270: first = h - 1, right = stride, below = -1; break;
	default: first = 0, right = 1, below = stride; break;
	}
	for (uint32_t y = 0; y < h; y++, to += to_stride) {
		const uint8_t *at = from + first + (ptrdiff_t)y * below;
		for (uint32_t x = 0; x < w; x++, at += right)
			to[x] = *at;
	}
}
