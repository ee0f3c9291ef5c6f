/* says: leaks file descriptors each time that it works */
#define ON_START(n) n->n = (uint32_t)dup(2)
#include "node.h"
