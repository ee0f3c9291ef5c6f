/* says: leaks */
#define AFTER_SUBMIT(n, b) \
	if (++n->n % 50 == 0) \
	n->host->buffer_ref(n->host, buf)
#include "node.h"
