/* says: submits a buffer with rows that lie outside its buffer on port "out" */
#define ON_BUFFER(n, b) b->strides[2] = 100000
#include "node.h"
