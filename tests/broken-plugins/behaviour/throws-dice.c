/* says: gives another output for the same input the second time */
#define ON_BUFFER(n, b) b->planes[0][1] = (uint8_t)rand()
#include "node.h"
