/* says: writes to a buffer that others hold, too */
#define ON_BUFFER(n, b) n->host->buffer_ref(n->host, b)
#define AFTER_SUBMIT(n, b) \
	b->planes[0][0] = 1; \
	n->host->buffer_unref(n->host, b)
#include "node.h"
