/* says: a queue without a limit */
#define ON_PROCESS(n, buf) \
	n->kept[n->n++] = n->host->buffer_ref(n->host, buf); \
	return 0
#define ON_DESTROY(n) \
	while (n->n) \
		n->host->buffer_unref(n->host, n->kept[--n->n]); \
	free(n)
#include "node.h"
