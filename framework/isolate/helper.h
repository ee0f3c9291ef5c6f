/* One helper process as its graph sees it: the socket, the memory that both see, and which buffers are over there. It says nothing about what the
 * node is or does; that is proxy.h.
 *
 * What a helper sends is not trusted: a plugin that has gone astray in its memory may have written it. */
#ifndef LQ_ISOLATE_HELPER_H
#define LQ_ISOLATE_HELPER_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "isolate/outbox.h"

typedef struct lq__helper lq__helper;

/* A result that the graph still holds. Under helper->lock, but for what is set before and read after its life. */
typedef struct lq__result {
	lq__helper *helper;
	uint32_t number;
	int busy; /* until the helper has been told that it is free */
	lq__segment *segment; /* one reference, or */
	lq_buffer *input;     /* one of ours that came back, one reference */
} lq__result;

struct lq__helper {
	atomic_uint refs; /* its owner, and each result that the graph holds */
	pid_t pid;
	pthread_mutex_t lock; /* [any] results, freed, and that fd stays open while it is used */
	int fd;               /* -1: closed */
	uint32_t freed[LQ__WIRE_RESULTS], n_freed; /* not yet told */
	lq__result results[LQ__WIRE_RESULTS];

	/* [loop] */
	lq_buffer *inputs[LQ__WIRE_INPUTS]; /* over there; one reference each */
	uint8_t in_op[LQ__WIRE_INPUTS];     /* its op has not returned */
	uint32_t n_inputs, n_in_op, last_input;
	lq__segment *mapped[LQ__WIRE_SEGMENTS];
	uint64_t mapped_bytes;
	const lq_format *learned[LQ__WIRE_FORMATS];
	lq__outbox out;
	uint8_t *room; /* LQ__WIRE_MAX: the message that is being read */
	int fds[LQ__WIRE_FDS];
	uint32_t n_fds, next_fd;
	const char *fault; /* what was wrong in the last message that was */
};

/* Takes over fd and pid (0: somebody else's), also when there is no memory. */
int lq__helper_open(int fd, pid_t pid, lq__helper **out);

/* [loop] The socket is closed, which ends the helper's process in time; our buffers come back. Returns how many were in an op. What the graph still
 * holds of its memory stays valid. */
uint32_t lq__helper_close(lq__helper *h);

/* [loop] Sends what has gathered in h->out. LQ_EAGAIN: its socket is full, all that is kept; LQ_EPIPE. */
int lq__helper_flush(lq__helper *h);

/* [loop] Gives it a buffer, with `flags` added: borrows buf. *copied is raised when its memory could not be shared. LQ_EFULL: the helper has as many as it
 * may have; LQ_ENOMEM; LQ_EAGAIN; LQ_EPIPE. */
int lq__helper_give(lq__helper *h, lq__pool *pool, uint32_t port, lq_buffer *buf, uint32_t flags, uint64_t *copied);

/* [loop] The next message, to be read record by record with lq__helper_record. LQ_EAGAIN: nothing has come; LQ_EPIPE: its process is gone. LQ_EPROTO,
 * fault says why. */
int lq__helper_receive(lq__helper *h, lq__reader *message);

/* [loop] Works off a record that is about memory; 0 or 1 when it was one, LQ_ENOTSUP when it is for someone else, LQ_EPROTO, LQ_ENOMEM. A result comes out
 * as a buffer, whose reference is the caller's, and its port; 1: the helper had to copy it, LQ_EAGAIN: there was no memory for it, it is dropped. */
int lq__helper_record(lq__helper *h, lq__pool *pool, uint32_t type, lq__reader *r, lq_buffer **result, uint32_t *port);

/* [loop] An op has returned for an input; 0, or LQ_EPROTO: there was no such input. */
int lq__helper_taken(lq__helper *h, uint32_t number);

/* [loop] Tells of segments that are not used any more, and of results that are free. */
void lq__helper_tidy(lq__helper *h);

/* For the result of waitpid, as "crashed (SIGSEGV)" or "ended (exit status 1)". */
void lq__helper_death(int status, char *out, size_t size);

#endif
