/* The host table that each node gets: the thin way from a plugin into the graph. */
#include "graph/graph.h"

#include <assert.h>

static lq_node *node_of(const lq_host *host)
{
	return host->host_data;
}

static int64_t host_now(const lq_host *host)
{
	return lq_clock_now(node_of(host)->graph->clock);
}

static void host_log(const lq_host *host, uint32_t level, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	lq_logv(level, node_of(host)->name, fmt, args);
	va_end(args);
}

static int host_fail(const lq_host *host, int code, const char *fmt, ...)
{
	lq_node *node = node_of(host);
	va_list args;
	va_start(args, fmt);
	vsnprintf(node->fail_text, sizeof node->fail_text, fmt, args);
	va_end(args);
	return code;
}

static const lq_format *host_format_new(const lq_host *host, const lq_format *fmt)
{
	return lq__format_new(node_of(host)->graph->pool, fmt);
}

static const lq_format *host_format_ref(const lq_host *host, const lq_format *fmt)
{
	return lq__format_ref(fmt);
}

static void host_format_unref(const lq_host *host, const lq_format *fmt)
{
	lq__format_unref(fmt);
}

static lq_buffer *host_buffer_new(const lq_host *host, const lq_format *fmt, uint32_t size)
{
	return lq__buffer_new(node_of(host)->graph->pool, fmt, size);
}

static lq_buffer *host_buffer_wrap(const lq_host *host, const lq_format *fmt, lq_free_fn release, void *opaque)
{
	return lq__buffer_wrap(node_of(host)->graph->pool, fmt, release, opaque);
}

static lq_buffer *host_buffer_ref(const lq_host *host, lq_buffer *buf)
{
	return lq__buffer_ref(buf);
}

static void host_buffer_unref(const lq_host *host, lq_buffer *buf)
{
	lq__buffer_unref(buf);
}

static lq_buffer *host_buffer_writable(const lq_host *host, lq_buffer *buf)
{
	return lq__buffer_writable(buf);
}

static int host_submit(const lq_host *host, uint32_t port, lq_buffer *buf)
{
	return lq__node_submit(node_of(host), port, buf);
}

static void host_event(const lq_host *host, const lq_event *event)
{
	lq_node *node = node_of(host);
	if (node->graph->config.event_fn)
		node->graph->config.event_fn(node->graph->config.event_arg, node, event);
}

static void host_upstream(const lq_host *host, uint32_t number, const lq_event *event)
{
	lq_node *node = node_of(host);
	pthread_mutex_lock(&node->lock);
	lq__port *port = lq__node_port(node, number);
	lq_link *link = port ? port->link : NULL;
	if (link) {
		lq_event e = *event;
		e.port = link->from_port;
		lq__loop_post_event(link->from->loop, link->from, &e);
	}
	pthread_mutex_unlock(&node->lock);
}

static void host_wake_at(const lq_host *host, int64_t time)
{
	lq__wake_at(node_of(host), time);
}

/* Room for one more set of `n` descriptors in the loop's list. */
static int reserve_polls(lq__loop *l, const lq_node *node, uint32_t n)
{
	size_t need = 1 + n;
	for (const lq_node *i = l->nodes; i; i = i->next_loop)
		need += i == node ? 0 : i->n_fds;
	if (need <= l->poll_room)
		return 0;
	struct pollfd *polls = lq__realloc(l->polls, need * sizeof *polls);
	if (polls)
		l->polls = polls;
	lq_node **nodes = lq__realloc(l->poll_nodes, need * sizeof(lq_node *));
	if (nodes)
		l->poll_nodes = nodes;
	if (!polls || !nodes)
		return LQ_ENOMEM;
	l->poll_room = need;
	return 0;
}

static int host_watch(const lq_host *host, const int *fds, const short *events, uint32_t n)
{
	lq_node *node = node_of(host);
	assert(lq__loop_is_current(node->loop));
	if (n > MAX_FDS)
		return LQ_EFULL;
	if (reserve_polls(node->loop, node, n))
		return LQ_ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		node->fds[i] = fds[i];
		node->fd_events[i] = events[i];
	}
	node->n_fds = n;
	node->loop->polls_stale = 1;
	return 0;
}

static const void *host_extension(const lq_host *host, const char *id)
{
	const lq_clock *clock = node_of(host)->graph->clock;
	return !strcmp(id, LQ_HOST_VIRTUAL_CLOCK) && lq_clock_is_virtual(clock) ? clock : NULL;
}

void lq__host_init(lq_node *node)
{
	node->host = (lq_host){
		.struct_size = sizeof(lq_host), .abi_minor = LQ_ABI_MINOR, .host_data = node,
		.now = host_now, .log = host_log, .fail = host_fail,
		.format_new = host_format_new, .format_ref = host_format_ref, .format_unref = host_format_unref,
		.buffer_new = host_buffer_new, .buffer_wrap = host_buffer_wrap, .buffer_ref = host_buffer_ref,
		.buffer_unref = host_buffer_unref, .buffer_writable = host_buffer_writable,
		.submit = host_submit, .event = host_event, .upstream = host_upstream,
		.wake_at = host_wake_at, .watch = host_watch, .extension = host_extension};
	if (node->graph->adapt)
		node->graph->adapt(node);
}
