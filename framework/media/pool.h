/* The pool's inside, shared by buffer.c and intern.c: counted lifetime, and free lists of memory by size class. */
#ifndef LQ_MEDIA_POOL_H
#define LQ_MEDIA_POOL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "media/arena.h"
#include "media/buffer.h"

enum { LQ__BLOCK_ALIGN = 64, LQ__BLOCK_CLASSES = 83 };
#define LQ__BLOCK_MAX (1u << 28) /* bytes; no frame that we carry is near this */

/* A block of memory with a buffer at its front. */
typedef struct lq__block {
	lq_buffer pub;
	lq__pool *pool;
	atomic_uint refs;
	uint32_t class, capacity;
	uint8_t *data; /* aligned; capacity bytes */
	lq__segment *segment; /* where data lies, or what is wrapped; borrowed; NULL: memory of this process alone */
	lq_free_fn release; /* wrapped memory */
	void *opaque;
	struct lq__block *next; /* in a free list */
} lq__block;

typedef struct lq__interned {
	lq_format pub;
	lq__pool *pool;
	atomic_uint refs;
	struct lq__interned *next;
	uint8_t extra[];
} lq__interned;

struct lq__pool {
	atomic_size_t refs; /* the owner, each live buffer and each live format */
	atomic_size_t live_formats;
	atomic_size_t idle_bytes; /* what is kept at most */
	_Atomic(lq__arena *) arena; /* NULL until other processes are to see the buffers */
	struct lq__free_list {
		pthread_mutex_t lock;
		lq__block *first;
		uint32_t n, most; /* idle blocks, and the most there have been */
		size_t charged;   /* bytes of those, part of idle_bytes */
	} lists[LQ__BLOCK_CLASSES];
	pthread_mutex_t formats_lock;
	lq__interned *formats;
};

void lq__pool_ref(lq__pool *pool);
void lq__pool_unref(lq__pool *pool);

/* A block with room for `bytes` (0: none), counted as live; put gives it back. NULL: no memory. */
lq__block *lq__block_get(lq__pool *pool, uint32_t bytes);
void lq__block_put(lq__block *block);

#endif
