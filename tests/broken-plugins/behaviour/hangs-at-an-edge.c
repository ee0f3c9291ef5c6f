/* says: hangs in create (check parameters, label = "") */
#define ON_CREATE(n, params) \
	while (!*params[1].s) \
	usleep(1000)
#include "node.h"
