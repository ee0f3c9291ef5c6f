/* says: submits pts that go back on port "out" */
#define ON_BUFFER(n, b) b->pts -= 40 * LQ_MSEC * n->n++
#include "node.h"
