/* says: submits a buffer with fewer planes than its pixel format has on port "out" */
#define ON_BUFFER(n, b) b->n_planes = 1
#include "node.h"
