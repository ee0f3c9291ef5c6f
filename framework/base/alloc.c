#include "base/alloc.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static atomic_long count, live, fail_at;

static int may(void)
{
	long n = atomic_fetch_add_explicit(&count, 1, memory_order_relaxed) + 1;
	long f = atomic_load_explicit(&fail_at, memory_order_relaxed);
	return !f || n < f;
}

static void *counted(void *p)
{
	if (p)
		atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
	return p;
}

void *lq__malloc(size_t size)
{
	return may() ? counted(malloc(size ? size : 1)) : NULL;
}

void *lq__calloc(size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		return NULL;
	return may() ? counted(calloc(n ? n : 1, size ? size : 1)) : NULL;
}

void *lq__realloc(void *p, size_t size)
{
	if (!p)
		return lq__malloc(size);
	return may() ? realloc(p, size ? size : 1) : NULL;
}

void lq__free(void *p)
{
	if (p)
		atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
	free(p);
}

char *lq__strndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *p = lq__malloc(len + 1);
	if (p) {
		memcpy(p, s, len);
		p[len] = 0;
	}
	return p;
}

char *lq__strdup(const char *s)
{
	return lq__strndup(s, strlen(s));
}

void lq__alloc_fail_at(long n)
{
	atomic_store(&fail_at, n ? atomic_load(&count) + n : 0);
}

long lq__alloc_count(void)
{
	return atomic_load(&count);
}

long lq__alloc_live(void)
{
	return atomic_load(&live);
}
