/* says: gives another output when a second instance works beside it */
static unsigned char last[4096];
#define ON_BUFFER(n, b) \
	for (uint32_t i = 0; i < b->format->width; i++) { \
		b->planes[0][i] = (uint8_t)(b->planes[0][i] / 2 + last[i] / 2); \
		last[i] = buf->planes[0][i]; \
	}
#define ON_START(n) memset(last, 0, sizeof last)
#include "node.h"
