/* says: submits two buffers of the same pts on port "out" */
#define ON_BUFFER(n, b) b->pts -= b->pts % (40 * LQ_MSEC)
#include "node.h"
