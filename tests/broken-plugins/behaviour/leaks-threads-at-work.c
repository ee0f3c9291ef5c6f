/* says: leaves threads behind each time that it works */
static void *run_on(void *self);
#define ON_START(n) pthread_create(&n->thread, NULL, run_on, n)
#include "node.h"

static void *run_on(void *self)
{
	pause();
	return NULL;
}
