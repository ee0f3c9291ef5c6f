/* says: without the flag OWN_THREAD */
static void *run(void *self);
#define ON_PROCESS(n, buf) \
	if (!n->kept[0] && buf->n_planes) { \
		n->kept[0] = n->host->buffer_ref(n->host, buf); \
		pthread_create(&n->thread, NULL, run, n); \
		pthread_join(n->thread, NULL); \
		return 0; \
	}
#include "node.h"

static void *run(void *self)
{
	node *n = self;
	n->host->submit(n->host, 1, n->kept[0]);
	return NULL;
}
