/* Segments: pieces of memory that two processes share (memfd). One process makes a segment and writes to it; all others map it read-only, and the
 * kernel sees to that: it is sealed against growing, shrinking and further writable mappings. */
#ifndef LQ_MEDIA_SEGMENT_H
#define LQ_MEDIA_SEGMENT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* Counted; [any] thread. `id` is unique in the process that made it. */
typedef struct lq__segment {
	atomic_uint refs;
	atomic_int retired; /* its maker uses it no more */
	uint32_t id;
	int fd;
	uint8_t *base;
	size_t size; /* bytes, a multiple of the page */
} lq__segment;

/* A new one, writable here. LQ_ENOMEM. */
int lq__segment_create(size_t size, lq__segment **out);

/* Maps what another process sent. Takes over fd in any case. LQ_EPROTO: it has another size, or could shrink under our feet; LQ_ENOMEM. */
int lq__segment_map(uint32_t id, int fd, uint64_t size, lq__segment **out);

lq__segment *lq__segment_ref(lq__segment *segment);
void lq__segment_unref(lq__segment *segment); /* NULL is fine */

#endif
