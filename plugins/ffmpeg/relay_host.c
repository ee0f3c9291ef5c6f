/* The host of filter.relay's encoder: the relay's own, but what the encoder submits stays here. */
#include <stdio.h>

#include "relay.h"

static const lq_host *outer(const lq_host *host)
{
	return ((const relay *)host->host_data)->host;
}

static int64_t now(const lq_host *host)
{
	return outer(host)->now(outer(host));
}

static void log_line(const lq_host *host, uint32_t level, const char *fmt, ...)
{
	char text[400];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	outer(host)->log(outer(host), level, "%s", text);
}

static int fail(const lq_host *host, int code, const char *fmt, ...)
{
	char text[400];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	return outer(host)->fail(outer(host), code, "%s", text);
}

static const lq_format *format_new(const lq_host *host, const lq_format *fmt)
{
	return outer(host)->format_new(outer(host), fmt);
}

static const lq_format *format_ref(const lq_host *host, const lq_format *fmt)
{
	return outer(host)->format_ref(outer(host), fmt);
}

static void format_unref(const lq_host *host, const lq_format *fmt)
{
	outer(host)->format_unref(outer(host), fmt);
}

static lq_buffer *buffer_new(const lq_host *host, const lq_format *fmt, uint32_t size)
{
	return outer(host)->buffer_new(outer(host), fmt, size);
}

static lq_buffer *buffer_wrap(const lq_host *host, const lq_format *fmt, lq_free_fn release, void *opaque)
{
	return outer(host)->buffer_wrap(outer(host), fmt, release, opaque);
}

static lq_buffer *buffer_ref(const lq_host *host, lq_buffer *buf)
{
	return outer(host)->buffer_ref(outer(host), buf);
}

static void buffer_unref(const lq_host *host, lq_buffer *buf)
{
	outer(host)->buffer_unref(outer(host), buf);
}

static lq_buffer *buffer_writable(const lq_host *host, lq_buffer *buf)
{
	return outer(host)->buffer_writable(outer(host), buf);
}

static int submit(const lq_host *host, uint32_t port, lq_buffer *buf)
{
	return relay_take_packet((relay *)host->host_data, buf);
}

/* An encoder asks nobody and waits for nothing. */
static void no_event(const lq_host *host, const lq_event *event)
{
}

static void no_upstream(const lq_host *host, uint32_t port, const lq_event *event)
{
}

static void no_wake(const lq_host *host, int64_t time)
{
}

static int no_watch(const lq_host *host, const int *fds, const short *events, uint32_t n)
{
	return LQ_ENOTSUP;
}

static const void *extension(const lq_host *host, const char *id)
{
	return outer(host)->extension ? outer(host)->extension(outer(host), id) : NULL;
}

void relay_host_init(relay *r)
{
	r->inner = (lq_host){.struct_size = sizeof(lq_host), .abi_minor = r->host->abi_minor, .host_data = r, .now = now, .log = log_line, .fail = fail, .format_new = format_new,
	                     .format_ref = format_ref, .format_unref = format_unref, .buffer_new = buffer_new, .buffer_wrap = buffer_wrap, .buffer_ref = buffer_ref,
	                     .buffer_unref = buffer_unref, .buffer_writable = buffer_writable, .submit = submit, .event = no_event, .upstream = no_upstream, .wake_at = no_wake,
	                     .watch = no_watch, .extension = extension};
}
