/* What the host offers a node: one table a node, given to `create` and valid until `destroy` returns. A plugin links nothing
 * of Loquat; every call goes through here.
 *
 * Thread tags: [loop] inside one of the node's own ops; [any] any thread at any time between create and destroy. */
#ifndef LOQUAT_PLUGIN_HOST_H
#define LOQUAT_PLUGIN_HOST_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>
#include <loquat/plugin/event.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { LQ_LOG_FATAL = 0, LQ_LOG_ERROR = 1, LQ_LOG_WARNING = 2, LQ_LOG_INFO = 3, LQ_LOG_DEBUG = 4, LQ_LOG_TRACE = 5 };

typedef void (*lq_free_fn)(void *opaque);

#if defined(__GNUC__)
#define LQ_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define LQ_PRINTF(fmt, args)
#endif

typedef struct lq_host lq_host;
struct lq_host {
	uint32_t struct_size;
	uint32_t abi_minor;
	void *host_data; /* the host's own */

	/* [any] The graph's clock, ns. Virtual in tests: never read another clock for media time. */
	int64_t (*now)(const lq_host *host);

	/* [any] A line for the log; the host adds node and time. */
	void (*log)(const lq_host *host, uint32_t level, const char *fmt, ...) LQ_PRINTF(3, 4);

	/* [loop] Keeps text as the reason of the LQ_E* that the current op is about to return. */
	int (*fail)(const lq_host *host, int code, const char *fmt, ...) LQ_PRINTF(3, 4);

	/* [any] An immutable copy of *fmt with one reference; equal formats of one host give the same pointer. NULL: no memory. */
	const lq_format *(*format_new)(const lq_host *host, const lq_format *fmt);
	const lq_format *(*format_ref)(const lq_host *host, const lq_format *fmt);
	void (*format_unref)(const lq_host *host, const lq_format *fmt);

	/* [any] A writable buffer with one reference, from a pool. Raw video: planes and strides are laid out (64-byte aligned rows)
	 * and `size` is ignored. Raw audio and packets: planes[0] has room for `size` bytes, 64 zero bytes follow it, and buffer->size is set
	 * to `size`. Other fields are zero, times LQ_TIME_NONE. fmt comes from format_new or from another buffer; the buffer holds its own
	 * reference. NULL: no memory, or larger than 256 MiB or 16384 pixels a side. */
	lq_buffer *(*buffer_new)(const lq_host *host, const lq_format *fmt, uint32_t size);

	/* [any] The same around foreign memory, without a copy: the caller fills planes, strides and size; `release(opaque)` is called
	 * on any thread when the last reference goes. On NULL release is not called. */
	lq_buffer *(*buffer_wrap)(const lq_host *host, const lq_format *fmt, lq_free_fn release, void *opaque);
	lq_buffer *(*buffer_ref)(const lq_host *host, lq_buffer *buf);
	void (*buffer_unref)(const lq_host *host, lq_buffer *buf); /* NULL is fine */

	/* [any] Consumes a reference; returns the same buffer where it is the only one, else a private copy. Wrapped memory may be shared
	 * outside (a decoder's reference picture), so a wrapped buffer is always copied. NULL: no memory (buf is released then, too). */
	lq_buffer *(*buffer_writable)(const lq_host *host, lq_buffer *buf);

	/* Sends a buffer out of an output port and consumes the reference. [loop] in an op of this node; nodes flagged
	 * LQ_NODE_OWN_THREAD may call it on [any] one thread at a time. Returns 0, or LQ_EPIPE when nothing is linked there (the buffer
	 * is released all the same). */
	int (*submit)(const lq_host *host, uint32_t port, lq_buffer *buf);

	/* [any] Tells the app. */
	void (*event)(const lq_host *host, const lq_event *event);

	/* [any] Tells the node that feeds input `port`; it gets the event in its `event` op on its own loop. */
	void (*upstream)(const lq_host *host, uint32_t port, const lq_event *event);

	/* [any] Asks for `run` at `time` (or as soon as possible when it is past). The earliest of all requests counts. */
	void (*wake_at)(const lq_host *host, int64_t time);

	/* [loop] Replaces the set of file descriptors that make `run` be called when ready. events[] are poll(2) flags. */
	int (*watch)(const lq_host *host, const int *fds, const short *events, uint32_t n);

	/* [any] Later additions by name, NULL when unknown: LQ_HOST_... below. */
	const void *(*extension)(const lq_host *host, const char *id);
};

/* Not NULL where the graph's clock is virtual: then nothing is ever late, and a node with a thread of its own waits for that instead of dropping. */
#define LQ_HOST_VIRTUAL_CLOCK "loquat.virtual-clock"

#ifdef __cplusplus
}
#endif
#endif
