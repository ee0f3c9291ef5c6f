#include "handles.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include <loquat/plugin/errors.h>

enum { BUCKETS = 256 };

typedef struct alive {
	struct alive *next;
	const void *handle;
} alive;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static alive *buckets[BUCKETS];

static alive **place(const void *handle)
{
	alive **p = &buckets[((uintptr_t)handle >> 5) % BUCKETS];
	while (*p && (*p)->handle != handle)
		p = &(*p)->next;
	return p;
}

int lq__handle_born(const void *handle)
{
	alive *a = calloc(1, sizeof *a);
	if (!a)
		return LQ_ENOMEM;
	a->handle = handle;
	pthread_mutex_lock(&lock);
	*place(handle) = a;
	pthread_mutex_unlock(&lock);
	return 0;
}

void lq__handle_gone(const void *handle)
{
	pthread_mutex_lock(&lock);
	alive **p = place(handle), *a = *p;
	if (a)
		*p = a->next;
	pthread_mutex_unlock(&lock);
	free(a);
}

int lq__is_dead(const void *handle)
{
	pthread_mutex_lock(&lock);
	int dead = handle && !*place(handle);
	pthread_mutex_unlock(&lock);
	return dead;
}
