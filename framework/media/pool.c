#include "media/pool.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define POISON(p, n) __asan_poison_memory_region(p, n)
#define UNPOISON(p, n) __asan_unpoison_memory_region(p, n)
#else
#define POISON(p, n) ((void)0)
#define UNPOISON(p, n) ((void)0)
#endif

/* A class keeps as many idle blocks as fit KEEP_BYTES, within these limits; the whole pool keeps at most IDLE_MAX. */
#define KEEP_BYTES (16u << 20)
#define IDLE_MAX ((size_t)64 << 20)
enum { KEEP_MIN = 4, KEEP_MAX = 128, SMALLEST_LOG2 = 8 };

/* Four classes an octave from 256 bytes on, so that at most a fifth of a block is wasted. Class 0 has no memory: for wrapped buffers. */
static uint32_t class_of(uint32_t bytes, uint32_t *capacity)
{
	if (!bytes) {
		*capacity = 0;
		return 0;
	}
	if (bytes <= 1u << SMALLEST_LOG2) {
		*capacity = 1u << SMALLEST_LOG2;
		return 1;
	}
	uint32_t k = 31 - (uint32_t)__builtin_clz(bytes - 1), step = 1u << (k - 2);
	uint32_t quarter = (bytes - (1u << k) + step - 1) / step;
	*capacity = (1u << k) + quarter * step;
	return (k - SMALLEST_LOG2) * 4 + quarter + 1;
}

static uint32_t keep_of(uint32_t capacity)
{
	uint32_t n = capacity ? KEEP_BYTES / capacity : KEEP_MAX;
	return n < KEEP_MIN ? KEEP_MIN : n > KEEP_MAX ? KEEP_MAX : n;
}

lq__pool *lq__pool_create(void)
{
	lq__pool *pool = lq__calloc(1, sizeof *pool);
	if (!pool)
		return NULL;
	atomic_init(&pool->refs, 1);
	pthread_mutexattr_t attr; /* tries for a moment before it sleeps: makers and users of buffers meet here, briefly */
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ADAPTIVE_NP);
	for (uint32_t i = 0; i < LQ__BLOCK_CLASSES; i++)
		pthread_mutex_init(&pool->lists[i].lock, &attr);
	pthread_mutexattr_destroy(&attr);
	pthread_mutex_init(&pool->formats_lock, NULL);
	return pool;
}

static void free_chain(lq__pool *pool, lq__block *b)
{
	while (b) {
		lq__block *next = b->next;
		UNPOISON(b->data, b->capacity);
		if (b->segment)
			lq__arena_put(atomic_load(&pool->arena), b->segment, b->data, b->capacity);
		lq__free(b);
		b = next;
	}
}

static lq__block *take_list(lq__pool *pool, uint32_t class)
{
	struct lq__free_list *list = &pool->lists[class];
	pthread_mutex_lock(&list->lock);
	lq__block *first = list->first;
	atomic_fetch_sub(&pool->idle_bytes, list->charged);
	list->first = NULL;
	list->n = list->most = 0;
	list->charged = 0;
	pthread_mutex_unlock(&list->lock);
	return first;
}

void lq__pool_ref(lq__pool *pool)
{
	atomic_fetch_add_explicit(&pool->refs, 1, memory_order_relaxed);
}

void lq__pool_unref(lq__pool *pool)
{
	if (atomic_fetch_sub_explicit(&pool->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (uint32_t i = 0; i < LQ__BLOCK_CLASSES; i++) {
		free_chain(pool, take_list(pool, i));
		pthread_mutex_destroy(&pool->lists[i].lock);
	}
	lq__arena_destroy(atomic_load(&pool->arena));
	pthread_mutex_destroy(&pool->formats_lock);
	lq__free(pool);
}

size_t lq__pool_destroy(lq__pool *pool)
{
	if (!pool)
		return 0;
	size_t live = lq__pool_live(pool);
	lq__pool_unref(pool);
	return live;
}

/* All references but the owner's and the formats'. */
size_t lq__pool_live(const lq__pool *pool)
{
	return atomic_load(&pool->refs) - 1 - atomic_load(&pool->live_formats);
}

size_t lq__pool_live_formats(const lq__pool *pool)
{
	return atomic_load(&pool->live_formats);
}

int lq__pool_share(lq__pool *pool)
{
	if (atomic_load(&pool->arena))
		return 0;
	lq__arena *arena = lq__arena_create();
	if (!arena)
		return LQ_ENOMEM;
	atomic_store(&pool->arena, arena);
	for (uint32_t i = 1; i < LQ__BLOCK_CLASSES; i++)
		free_chain(pool, take_list(pool, i));
	return 0;
}

/* Where there is an arena the memory lies there; when that is full it is this process's own. */
static lq__block *block_new(lq__pool *pool, uint32_t class, uint32_t capacity)
{
	lq__segment *segment = NULL;
	lq__arena *arena = capacity ? atomic_load_explicit(&pool->arena, memory_order_acquire) : NULL;
	uint8_t *data = arena ? lq__arena_get(arena, capacity, &segment) : NULL;
	lq__block *b = lq__malloc(sizeof *b + (data ? 0 : LQ__BLOCK_ALIGN + capacity));
	if (!b) {
		if (data)
			lq__arena_put(arena, segment, data, capacity);
		return NULL;
	}
	memset(b, 0, sizeof *b);
	b->class = class;
	b->capacity = capacity;
	b->segment = segment;
	b->data = data ? data : (uint8_t *)(((uintptr_t)(b + 1) + LQ__BLOCK_ALIGN - 1) & ~(uintptr_t)(LQ__BLOCK_ALIGN - 1));
	return b;
}

lq__block *lq__block_get(lq__pool *pool, uint32_t bytes)
{
	uint32_t capacity, class = class_of(bytes, &capacity);
	assert(class < LQ__BLOCK_CLASSES);
	struct lq__free_list *list = &pool->lists[class];
	pthread_mutex_lock(&list->lock);
	lq__block *b = list->first;
	if (b) {
		list->first = b->next;
		list->n--;
	}
	pthread_mutex_unlock(&list->lock);
	if (b)
		UNPOISON(b->data, capacity);
	else
		b = block_new(pool, class, capacity);
	if (!b)
		return NULL;
	b->pool = pool;
	b->next = NULL;
	atomic_store_explicit(&b->refs, 1, memory_order_relaxed);
	lq__pool_ref(pool);
	return b;
}

/* Sizes that went out of use (another resolution) must not keep those in use from being kept. */
static void trim_others(lq__pool *pool, uint32_t class)
{
	for (uint32_t i = 0; i < LQ__BLOCK_CLASSES; i++)
		if (i != class)
			free_chain(pool, take_list(pool, i));
}

/* A block from before there was an arena would have to be copied each time. */
static int is_private(const lq__pool *pool, const lq__block *b)
{
	return b->capacity && !b->segment && atomic_load_explicit(&pool->arena, memory_order_relaxed);
}

void lq__block_put(lq__block *b)
{
	lq__pool *pool = b->pool;
	if (!b->capacity)
		b->segment = NULL; /* of what was wrapped */
	struct lq__free_list *list = &pool->lists[b->class];
	if (atomic_load_explicit(&pool->idle_bytes, memory_order_relaxed) + b->capacity > IDLE_MAX)
		trim_others(pool, b->class);
	POISON(b->data, b->capacity);
	pthread_mutex_lock(&list->lock);
	int keep = list->n < keep_of(b->capacity) && !is_private(pool, b);
	if (keep) {
		b->next = list->first;
		list->first = b;
		if (++list->n > list->most) { /* the pool's figure is touched only when a list grows beyond what it has had */
			list->most = list->n;
			list->charged += b->capacity;
			atomic_fetch_add(&pool->idle_bytes, b->capacity);
		}
	}
	pthread_mutex_unlock(&list->lock);
	if (!keep) {
		b->next = NULL;
		free_chain(pool, b);
	}
	lq__pool_unref(pool);
}
