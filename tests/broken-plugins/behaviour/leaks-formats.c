/* says: leaks 1 formats */
#define ON_PROCESS(n, buf) n->host->format_ref(n->host, buf->format)
#include "node.h"
