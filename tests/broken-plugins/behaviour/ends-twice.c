/* says: submits the end of the stream twice on port "out" */
#define ON_PROCESS(n, buf) \
	if (buf->flags & LQ_BUFFER_EOS) { \
		n->host->submit(n->host, 1, n->host->buffer_ref(n->host, buf)); \
		n->host->submit(n->host, 1, n->host->buffer_ref(n->host, buf)); \
	}
#include "node.h"
