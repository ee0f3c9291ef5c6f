/* Formats of a pool: equal ones are one object, so that a changed pointer is a changed format. */
#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "media/format.h"
#include "media/pool.h"

enum { EXTRA_MAX = 1 << 16 };

static lq__interned *of(const lq_format *fmt)
{
	return (lq__interned *)fmt;
}

static uint32_t gcd(uint32_t a, uint32_t b)
{
	while (b) {
		uint32_t t = a % b;
		a = b;
		b = t;
	}
	return a;
}

/* Unless its last reference is just going on another thread. */
static int ref_if_alive(lq__interned *f)
{
	unsigned n = atomic_load(&f->refs);
	while (n)
		if (atomic_compare_exchange_weak(&f->refs, &n, n + 1))
			return 1;
	return 0;
}

static lq__interned *copy_of(lq__pool *pool, const lq_format *fmt)
{
	lq__interned *f = lq__malloc(sizeof *f + fmt->extra_size);
	if (!f)
		return NULL;
	f->pub = *fmt;
	f->pub.struct_size = sizeof f->pub;
	uint32_t d = gcd(fmt->fps_num, fmt->fps_den);
	f->pub.fps_num = d && fmt->fps_num ? fmt->fps_num / d : 0;
	f->pub.fps_den = d && fmt->fps_num ? fmt->fps_den / d : 0;
	f->pub.extra = fmt->extra_size ? f->extra : NULL;
	if (fmt->extra_size)
		memcpy(f->extra, fmt->extra, fmt->extra_size);
	f->pool = pool;
	atomic_init(&f->refs, 1);
	return f;
}

const lq_format *lq__format_new(lq__pool *pool, const lq_format *fmt)
{
	if (fmt->extra_size > EXTRA_MAX)
		return NULL;
	lq__interned *f;
	pthread_mutex_lock(&pool->formats_lock);
	for (f = pool->formats; f; f = f->next)
		if (lq__format_equal(&f->pub, fmt) && ref_if_alive(f))
			break;
	if (!f && (f = copy_of(pool, fmt))) {
		f->next = pool->formats;
		pool->formats = f;
		atomic_fetch_add(&pool->live_formats, 1);
		lq__pool_ref(pool);
	}
	pthread_mutex_unlock(&pool->formats_lock);
	return f ? &f->pub : NULL;
}

const lq_format *lq__format_ref(const lq_format *fmt)
{
	unsigned n = atomic_fetch_add_explicit(&of(fmt)->refs, 1, memory_order_relaxed);
	assert(n);
	(void)n;
	return fmt;
}

void lq__format_unref(const lq_format *fmt)
{
	if (!fmt || atomic_fetch_sub_explicit(&of(fmt)->refs, 1, memory_order_acq_rel) != 1)
		return;
	lq__interned *f = of(fmt), **at;
	lq__pool *pool = f->pool;
	pthread_mutex_lock(&pool->formats_lock);
	for (at = &pool->formats; *at != f; at = &(*at)->next)
		;
	*at = f->next;
	pthread_mutex_unlock(&pool->formats_lock);
	lq__free(f);
	atomic_fetch_sub(&pool->live_formats, 1);
	lq__pool_unref(pool);
}
