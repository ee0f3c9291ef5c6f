/* says: submits a buffer without pts on port "out" */
#define ON_BUFFER(n, b) b->pts = LQ_TIME_NONE
#include "node.h"
