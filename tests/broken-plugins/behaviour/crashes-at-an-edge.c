/* says: crashes in create with Segmentation fault (check parameters, shade = 10) */
#define ON_CREATE(n, params) \
	if (params[0].i == 10) \
	*(volatile int *)16 = 1
#include "node.h"
