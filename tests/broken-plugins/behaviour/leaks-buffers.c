/* says: leaks */
#define AFTER_SUBMIT(n, b) n->kept[0] = n->host->buffer_ref(n->host, buf)
#include "node.h"
