/* says: touches a buffer that it has released or given away by submit */
#define AFTER_SUBMIT(n, b) n->shade += b->pts == 5
#include "node.h"
