/* What a graph and the helper process of one of its nodes say to each other: messages of records over a socket that keeps messages whole
 * (SOCK_SEQPACKET). Native endian, since both are of one build. Media does not go through it: a buffer's record says where in a shared segment its
 * bytes lie.
 *
 * Requests have a number and are answered in their order by LQ__SAY_REPLY. */
#ifndef LQ_ISOLATE_WIRE_H
#define LQ_ISOLATE_WIRE_H

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/event.h>

#include "plugin/bytes.h"

enum {
	LQ__WIRE_MAX = 160 << 10, /* bytes of a message */
	LQ__WIRE_FDS = 16,        /* segments that come with one message */
	LQ__WIRE_INPUTS = 256,    /* buffers that a helper may hold */
	LQ__WIRE_RESULTS = 128,   /* results that the graph may hold */
	LQ__WIRE_SEGMENTS = 64,   /* of either side */
	LQ__WIRE_FORMATS = 16,    /* that buffers refer to, of either side */
	LQ__WIRE_LISTED = 32      /* formats in one answer */
};

/* To the helper. Those with [r] begin with the request's number. */
enum {
	LQ__DO_LOAD = 1,    /* [r] file, use, name, priority: answered with a mask of LQ__HAS_* */
	LQ__DO_CREATE,      /* [r] n, then name and value of each parameter that was set */
	LQ__DO_ADD_PORT,    /* [r] row, port */
	LQ__DO_REMOVE_PORT, /* [r] port */
	LQ__DO_FORMATS,     /* [r] port: answered with n and the formats */
	LQ__DO_SET_FORMAT,  /* [r] port, format */
	LQ__DO_START,       /* [r] */
	LQ__DO_STOP,        /* [r] */
	LQ__DO_FLUSH,       /* [r] */
	LQ__DO_SET_PARAM,   /* [r] name, value */
	LQ__DO_STATS,       /* [r] answered with n, then port, name and value of each */
	LQ__DO_LATENCY,     /* [r] answered with it */
	LQ__DO_PING,        /* [r] */
	LQ__DO_EVENT,       /* an event */
	LQ__DO_BYE,
	/* both ways */
	LQ__SAY_SEGMENT, /* id, size; its descriptor comes with the message */
	LQ__SAY_FORGET,  /* id: no buffer will lie in that segment any more */
	LQ__SAY_FORMAT,  /* number, format: what buffers mean by that number from now on */
	LQ__SAY_BUFFER,  /* lq__wire_buffer */
	LQ__SAY_FREE,    /* number: that buffer of the other side is not needed any more */
	/* to the graph */
	LQ__SAY_REPLY,    /* request, code, text or nothing, then what was asked */
	LQ__SAY_TAKEN,    /* number of a buffer: the op has returned */
	LQ__SAY_EVENT,    /* an event to the app */
	LQ__SAY_UPSTREAM, /* an event to what feeds its port */
	LQ__SAY_PASS,     /* an event that the node has no use for */
	LQ__SAY_LOG,      /* level, text */
	LQ__SAY_GAVE_UP,  /* text: the node was stopped, it only made errors */
	LQ__SAY_FORBIDDEN /* text: the system call that its sandbox did not allow */
};

enum { LQ__HAS_FORMATS = 1, LQ__HAS_FLUSH = 2, LQ__HAS_LATENCY = 4, LQ__HAS_EVENT = 8, LQ__HAS_SET_PARAM = 16 };

/* Where a buffer's bytes are: nowhere (it is the empty end of a stream), in a segment of who sends it, or in a buffer that came from the other side. */
enum { LQ__IN_NOTHING = 0, LQ__IN_SEGMENT = 1, LQ__IN_INPUT = 2 };

typedef struct lq__wire_buffer {
	uint32_t number; /* of the sender's: what LQ__SAY_TAKEN and LQ__SAY_FREE mean */
	uint32_t port, format, flags;
	int64_t pts, dts, duration, capture_time;
	uint64_t offsets[4]; /* of planes, in the segment; within IN_INPUT in that buffer's segment */
	uint32_t strides[4];
	uint32_t n_planes, size, samples;
	uint16_t layer, priority;
	uint32_t where;  /* LQ__IN_* */
	uint32_t source; /* the segment's id, or the input's number */
	uint32_t copied; /* 1: its memory could not be shared as it was */
	uint32_t reserved;
} lq__wire_buffer;

/* A record: type, size of what follows, and that. */
size_t lq__record_begin(lq__bytes *b, uint32_t type);
void lq__record_end(lq__bytes *b, size_t begin);

/* The next record of a message; 0: there is none, or r->bad. */
int lq__record_next(lq__reader *r, uint32_t *type, lq__reader *body);

void lq__wire_format(lq__bytes *b, const lq_format *fmt);
void lq__wire_event(lq__bytes *b, const lq_event *event);

/* What comes out is in the bounds that the headers set; text and extra point into the message. Else r->bad. */
void lq__wire_read_format(lq__reader *r, lq_format *out);
void lq__wire_read_event(lq__reader *r, lq_event *out);
void lq__wire_read_buffer(lq__reader *r, lq__wire_buffer *out);

/* Does a buffer of this format lie within a segment of `size` bytes, or within the range [from, to) of it? */
int lq__wire_buffer_fits(const lq__wire_buffer *w, const lq_format *fmt, uint64_t from, uint64_t to);

/* Copies what is said of a buffer beside its memory. */
void lq__wire_describe(lq__wire_buffer *w, const lq_buffer *buf);
void lq__wire_apply(const lq__wire_buffer *w, lq_buffer *buf);

/* One message, never waiting. LQ_EAGAIN: the socket is full, or empty; LQ_EPIPE: the other side is gone; LQ_EPROTO: what came is no message of ours.
 * What was received belongs to the caller, descriptors too. */
int lq__wire_send(int fd, const lq__bytes *message, const int *fds, uint32_t n_fds);
int lq__wire_receive(int fd, uint8_t *room, size_t *size, int fds[LQ__WIRE_FDS], uint32_t *n_fds);

#endif
