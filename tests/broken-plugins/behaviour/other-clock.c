/* says: submits pts of another clock than host->now on port "out" */
#include <time.h>
#define ON_BUFFER(n, b) \
	struct timespec ts; \
	clock_gettime(CLOCK_REALTIME, &ts); \
	b->pts = ts.tv_sec * LQ_SEC + ts.tv_nsec
#include "node.h"
