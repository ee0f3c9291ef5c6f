/* says: submits after stop */
#define ON_PROCESS(n, buf) \
	if (!n->kept[0]) \
	n->kept[0] = n->host->buffer_ref(n->host, buf)
#define ON_DESTROY(n) \
	if (n->kept[0]) \
		n->host->submit(n->host, 1, n->kept[0]); \
	free(n)
#include "node.h"
