/* What is on its way to the other side of an isolated node, either way: the message that gathers, and which segments and formats that side has been
 * told of. One thread at a time. */
#ifndef LQ_ISOLATE_OUTBOX_H
#define LQ_ISOLATE_OUTBOX_H

#include "isolate/wire.h"
#include "media/pool.h"

typedef struct lq__outbox {
	lq__bytes bytes; /* records */
	int fds[LQ__WIRE_FDS];
	uint32_t n_fds;
	lq__segment *shown[LQ__WIRE_SEGMENTS];
	const lq_format *told[LQ__WIRE_FORMATS];
	uint32_t next_told;
} lq__outbox;

void lq__outbox_finish(lq__outbox *o);

/* Sends what has gathered, if anything has. Errors as of lq__wire_send: all is kept then. */
int lq__outbox_send(lq__outbox *o, int fd);

/* The number by which the other side knows the format; it is told when it does not yet. */
uint32_t lq__outbox_format(lq__outbox *o, const lq_format *fmt);

/* The other side can see the segment from then on. LQ_EAGAIN: what has gathered must be sent first; LQ_EFULL: it sees as many as it may. */
int lq__outbox_segment(lq__outbox *o, lq__segment *s);

/* Tells of segments that the pool has given up. */
void lq__outbox_forget_retired(lq__outbox *o);

/* The offsets of the planes in the buffer's segment; 0: it is in none, or a plane lies outside of it. */
int lq__outbox_locate(const lq_buffer *buf, lq__wire_buffer *w);

/* The next free one of n places, behind *last, which it becomes; n: there is none. */
uint32_t lq__outbox_number(lq_buffer *const *places, uint32_t n, uint32_t *last);

#endif
