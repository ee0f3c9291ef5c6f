/* says: leaks file descriptors */
#define ON_CREATE(n, params) n->n = (uint32_t)dup(2)
#include "node.h"
