/* says: calls the host after destroy */
static void *run(void *self);
#define ON_CREATE(n, params) pthread_create(&n->thread, NULL, run, n)
#define ON_DESTROY(n) n->n = 1
#include "node.h"

static void *run(void *self)
{
	node *n = self;
	while (n->host->now(n->host))
		;
	return NULL;
}
