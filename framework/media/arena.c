#include "media/arena.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "base/alloc.h"

enum { PAGE = 4096 };
#define SEGMENT_SIZE ((size_t)16 << 20) /* a larger block gets a segment of its own size */

/* A segment and which of its pages are taken. */
typedef struct part {
	struct part *next;
	lq__segment *segment;
	size_t pages, taken, hint; /* hint: where to look first */
	uint8_t used[];            /* a byte a page */
} part;

struct lq__arena {
	pthread_mutex_t lock;
	part *parts;
	size_t bytes;
};

static size_t pages_of(size_t bytes)
{
	return (bytes + PAGE - 1) / PAGE;
}

lq__arena *lq__arena_create(void)
{
	lq__arena *a = lq__calloc(1, sizeof *a);
	if (a)
		pthread_mutex_init(&a->lock, NULL);
	return a;
}

static void drop_part(lq__arena *a, part *p)
{
	part **at = &a->parts;
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	a->bytes -= p->segment->size;
	atomic_store(&p->segment->retired, 1);
	lq__segment_unref(p->segment);
	lq__free(p);
}

void lq__arena_destroy(lq__arena *a)
{
	if (!a)
		return;
	while (a->parts)
		drop_part(a, a->parts);
	pthread_mutex_destroy(&a->lock);
	lq__free(a);
}

static part *new_part(lq__arena *a, size_t pages)
{
	size_t n = pages > SEGMENT_SIZE / PAGE ? pages : SEGMENT_SIZE / PAGE;
	if (n * PAGE > LQ__ARENA_MAX - a->bytes)
		return NULL;
	part *p = lq__calloc(1, sizeof *p + n);
	if (!p)
		return NULL;
	if (lq__segment_create(n * PAGE, &p->segment)) {
		lq__free(p);
		return NULL;
	}
	p->pages = n;
	p->next = a->parts;
	a->parts = p;
	a->bytes += n * PAGE;
	return p;
}

/* The first run of `n` free pages in [from, to), or `to`. */
static size_t find_run(const part *p, size_t n, size_t from, size_t to)
{
	for (size_t i = from, run = 0; i < to; i++) {
		run = p->used[i] ? 0 : run + 1;
		if (run == n)
			return i + 1 - n;
	}
	return to;
}

static uint8_t *take(part *p, size_t n)
{
	if (p->pages - p->taken < n)
		return NULL;
	size_t at = find_run(p, n, p->hint, p->pages);
	if (at == p->pages && (at = find_run(p, n, 0, p->pages)) == p->pages)
		return NULL;
	memset(p->used + at, 1, n);
	p->taken += n;
	p->hint = at + n;
	return p->segment->base + at * PAGE;
}

uint8_t *lq__arena_get(lq__arena *a, size_t bytes, lq__segment **segment)
{
	uint8_t *data = NULL;
	size_t n = pages_of(bytes);
	pthread_mutex_lock(&a->lock);
	part *p = a->parts;
	while (p && !(data = take(p, n)))
		p = p->next;
	if (!p && (p = new_part(a, n)))
		data = take(p, n);
	if (data)
		*segment = p->segment;
	pthread_mutex_unlock(&a->lock);
	return data;
}

void lq__arena_put(lq__arena *a, lq__segment *segment, uint8_t *data, size_t bytes)
{
	size_t at = (size_t)(data - segment->base) / PAGE, n = pages_of(bytes);
	pthread_mutex_lock(&a->lock);
	part *p = a->parts;
	while (p->segment != segment)
		p = p->next;
	assert(p->taken >= n && p->used[at]);
	memset(p->used + at, 0, n);
	p->taken -= n;
	if (p->hint > at)
		p->hint = at;
	if (!p->taken && a->parts->next) /* an empty one is kept, so that a buffer that comes and goes costs no segment each time */
		drop_part(a, p);
	pthread_mutex_unlock(&a->lock);
}
