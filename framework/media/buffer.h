/* Buffers and interned formats of one graph. All functions are [any] thread, but for creating and destroying the pool.
 *
 * Freed buffers are kept in bounded free lists by size, so that in the steady state no frame costs an allocation. */
#ifndef LQ_MEDIA_BUFFER_H
#define LQ_MEDIA_BUFFER_H

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/host.h>
#include <stddef.h>

typedef struct lq__pool lq__pool;

lq__pool *lq__pool_create(void); /* NULL: no memory */

/* Returns how many buffers are still referenced, which is a leak of their holder: 0 is right. Those stay valid, and the memory of the pool
 * goes with the last of them. NULL is fine. */
size_t lq__pool_destroy(lq__pool *pool);

/* From now on the memory of new buffers lies where other processes can be let see it. LQ_ENOMEM. */
int lq__pool_share(lq__pool *pool);

size_t lq__pool_live(const lq__pool *pool);         /* buffers referenced now */
size_t lq__pool_live_formats(const lq__pool *pool); /* formats referenced now */

/* See the functions of the same names in lq_host. NULL: no memory, or a format or size beyond the limits. */
const lq_format *lq__format_new(lq__pool *pool, const lq_format *fmt);
const lq_format *lq__format_ref(const lq_format *fmt);
void lq__format_unref(const lq_format *fmt); /* NULL is fine */

lq_buffer *lq__buffer_new(lq__pool *pool, const lq_format *fmt, uint32_t size);
lq_buffer *lq__buffer_wrap(lq__pool *pool, const lq_format *fmt, lq_free_fn release, void *opaque);
lq_buffer *lq__buffer_ref(lq_buffer *buf);
void lq__buffer_unref(lq_buffer *buf); /* NULL is fine */
lq_buffer *lq__buffer_writable(lq_buffer *buf);
int lq__buffer_is_writable(const lq_buffer *buf);

/* A private copy in the pool's memory, with all that is said beside the data. NULL: no memory. */
lq_buffer *lq__buffer_copy(lq__pool *pool, const lq_buffer *buf);

/* Bytes that plane `i` takes with a stride, 0 where the format has no such plane (raw video) or the stride is too small for it. */
uint64_t lq__plane_bytes(const lq_format *fmt, uint32_t i, uint32_t stride);
uint32_t lq__plane_count(const lq_format *fmt); /* raw video; 0 where width or height is out of range */

enum { LQ__BUFFER_TAIL = 64 }; /* bytes behind a buffer's end that may be read */

#endif
