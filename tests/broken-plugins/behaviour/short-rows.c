/* says: submits a buffer with rows that are shorter than the width on port "out" */
#define ON_BUFFER(n, b) b->strides[0] = 8
#include "node.h"
