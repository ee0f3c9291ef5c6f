/* An arena: memory of a pool that other processes can see, in segments that come and go with the need, up to a limit. [any] thread.
 *
 * It hands out whole pages, since it is asked only where the pool's free lists have nothing. */
#ifndef LQ_MEDIA_ARENA_H
#define LQ_MEDIA_ARENA_H

#include "media/segment.h"

#define LQ__ARENA_MAX ((size_t)512 << 20) /* bytes of all segments */

typedef struct lq__arena lq__arena;

lq__arena *lq__arena_create(void); /* NULL: no memory */
void lq__arena_destroy(lq__arena *arena); /* all memory was given back. NULL is fine */

/* `bytes` at a page's beginning, or NULL: the limit is reached, or no memory. *segment is where they lie; it is there until they are freed. */
uint8_t *lq__arena_get(lq__arena *arena, size_t bytes, lq__segment **segment);
void lq__arena_put(lq__arena *arena, lq__segment *segment, uint8_t *data, size_t bytes);

#endif
