/* says: crashes in create with */
#define ON_CREATE(n, params) \
	if (strlen(params[1].s) > 1000) \
	abort()
#include "node.h"
