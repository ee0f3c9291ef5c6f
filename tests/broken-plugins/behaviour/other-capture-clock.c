/* says: submits a capture_time of another clock than host->now on port "out" */
#define ON_BUFFER(n, b) b->capture_time = 5 * LQ_SEC
#include "node.h"
