/* says: writes to a buffer that others hold, too */
#define ON_PROCESS(n, buf) \
	if (buf->n_planes) \
	buf->planes[0][5] = 7
#include "node.h"
