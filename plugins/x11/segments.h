/* Shared memory that the X server draws into and that goes downstream without a copy: a few segments, each in use or free. They live until
 * the last buffer around them is gone, also when the node is destroyed before. */
#ifndef LQ_PLUGINS_X11_SEGMENTS_H
#define LQ_PLUGINS_X11_SEGMENTS_H

#include <stddef.h>
#include <stdint.h>
#include <xcb/shm.h>
#include <xcb/xcb.h>

enum { LQ__SEGMENTS = 6 };

typedef struct lq__segments lq__segments;

typedef struct lq__segment {
	uint8_t *data;
	xcb_shm_seg_t id;
	lq__segments *owner;
	_Atomic int busy;
} lq__segment;

/* NULL: no memory, or the server is not on this machine. */
lq__segments *lq__segments_create(xcb_connection_t *c, size_t bytes);
/* The node lets go; the server forgets the segments. NULL is fine. */
void lq__segments_drop(lq__segments *s, xcb_connection_t *c);

/* A free segment, now in use; NULL when all are downstream. */
lq__segment *lq__segment_take(lq__segments *s);
/* [any thread] An lq_free_fn: the segment is free again. */
void lq__segment_release(void *segment);

#endif
