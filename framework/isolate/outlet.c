/* What leaves a helper: results without a copy, events, and which of the graph's buffers are free. Any thread of the node may be here. The lock is
 * recursive, since what a released buffer was wrapped around may hold others. */
#include "isolate/child.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "media/pool.h"

/* Under lock. Waits while the graph does not read: its limit is the socket's. A graph that is gone ends the process. */
static void flush(lq__child *c)
{
	struct pollfd p = {c->fd, POLLOUT, 0};
	int r;
	if (!c->out.bytes.n)
		return;
	while ((r = lq__outbox_send(&c->out, c->fd)) == LQ_EAGAIN)
		poll(&p, 1, -1);
	if (r)
		_exit(1); /* also where there was no memory: the graph sees us end, and begins anew */
}

static int must_wait(const lq__child *c)
{
	return c->is_held && pthread_equal(c->holder, pthread_self()) && c->out.bytes.n < LQ__WIRE_MAX / 2 && c->out.n_fds < LQ__WIRE_FDS;
}

lq__bytes *lq__outlet_begin(lq__child *c, uint32_t type, size_t *begin)
{
	pthread_mutex_lock(&c->lock);
	*begin = lq__record_begin(&c->out.bytes, type);
	return &c->out.bytes;
}

void lq__outlet_end(lq__child *c, size_t begin)
{
	lq__record_end(&c->out.bytes, begin);
	if (!must_wait(c))
		flush(c);
	pthread_mutex_unlock(&c->lock);
}

/* From here to let_go, what this thread sends goes in one message. */
void lq__outlet_hold(lq__child *c)
{
	pthread_mutex_lock(&c->lock);
	c->is_held = 1;
	c->holder = pthread_self();
	pthread_mutex_unlock(&c->lock);
}

void lq__outlet_let_go(lq__child *c)
{
	pthread_mutex_lock(&c->lock);
	c->is_held = 0;
	flush(c);
	pthread_mutex_unlock(&c->lock);
}

void lq__outlet_reply(lq__child *c, uint32_t request, int code, const char *text)
{
	size_t begin;
	lq__bytes *b = lq__outlet_begin(c, LQ__SAY_REPLY, &begin);
	lq__bytes_u32(b, request);
	lq__bytes_u32(b, (uint32_t)code);
	lq__bytes_string(b, text && *text ? text : NULL);
	lq__outlet_end(c, begin);
}

/* The last reference to a buffer of the graph's has gone. */
void lq__outlet_free_input(void *opaque)
{
	lq__child_input *in = opaque;
	lq__segment_unref(in->segment);
	in->segment = NULL;
	size_t begin;
	lq__bytes *b = lq__outlet_begin(in->child, LQ__SAY_FREE, &begin);
	lq__bytes_u32(b, in->number);
	lq__outlet_end(in->child, begin);
}

/* Under lock, like all below. */
static int show_segment(lq__child *c, lq__segment *s)
{
	int r = lq__outbox_segment(&c->out, s);
	if (r != LQ_EAGAIN)
		return r;
	flush(c);
	return lq__outbox_segment(&c->out, s);
}

static lq__block *of(lq_buffer *buf)
{
	return (lq__block *)buf;
}

/* Finds out how the memory can be seen from outside; makes a copy that can be where it cannot. Consumes the reference. NULL: dropped. */
static lq_buffer *make_visible(lq__child *c, lq_buffer *buf, lq__wire_buffer *w)
{
	lq__block *b = of(buf);
	lq__wire_describe(w, buf);
	if (!w->n_planes)
		return buf;
	if (lq__outbox_locate(buf, w)) {
		int is_input = b->release == lq__outlet_free_input;
		w->where = is_input ? LQ__IN_INPUT : LQ__IN_SEGMENT;
		w->source = is_input ? ((lq__child_input *)b->opaque)->number : b->segment->id;
		if (is_input || !show_segment(c, b->segment))
			return buf;
	}
	lq_buffer *copy = lq__buffer_copy(c->graph->pool, buf);
	lq__buffer_unref(buf);
	if (!copy)
		return NULL;
	b = of(copy);
	lq__wire_describe(w, copy);
	w->where = LQ__IN_SEGMENT;
	w->copied = 1;
	if (!lq__outbox_locate(copy, w) || show_segment(c, b->segment)) {
		lq__buffer_unref(copy);
		return NULL;
	}
	w->source = b->segment->id;
	return copy;
}

/* lq_host.submit of the node: what the graph cannot take is dropped and counted. */
static int submit(const lq_host *host, uint32_t port, lq_buffer *buf)
{
	lq__child *c = lq__the_child;
	lq__wire_buffer w;
	if (!buf)
		return LQ_EINVAL;
	pthread_mutex_lock(&c->lock);
	uint32_t number = lq__outbox_number(c->results, LQ__WIRE_RESULTS, &c->last_result);
	lq_buffer *drop = number == LQ__WIRE_RESULTS ? buf : NULL, *out = drop ? NULL : make_visible(c, buf, &w);
	if (out) {
		w.number = number;
		w.port = port;
		w.format = lq__outbox_format(&c->out, out->format);
		c->results[number] = out;
		size_t begin = lq__record_begin(&c->out.bytes, LQ__SAY_BUFFER);
		lq__bytes_add(&c->out.bytes, &w, sizeof w);
		lq__outlet_end(c, begin);
		return 0;
	}
	pthread_mutex_unlock(&c->lock);
	atomic_fetch_add(&c->dropped, 1);
	lq__buffer_unref(drop);
	return 0;
}

void lq__outlet_result_freed(lq__child *c, uint32_t number)
{
	lq_buffer *buf = NULL;
	pthread_mutex_lock(&c->lock);
	if (number < LQ__WIRE_RESULTS) {
		buf = c->results[number];
		c->results[number] = NULL;
	}
	pthread_mutex_unlock(&c->lock);
	lq__buffer_unref(buf);
}

static void upstream(const lq_host *host, uint32_t port, const lq_event *event)
{
	size_t begin;
	lq_event e = *event;
	e.port = port;
	lq__bytes *b = lq__outlet_begin(lq__the_child, LQ__SAY_UPSTREAM, &begin);
	lq__wire_event(b, &e);
	lq__outlet_end(lq__the_child, begin);
}

/* Before the node sees its host. */
void lq__outlet_adapt(lq_node *node)
{
	if (node->plugin == &lq__bridge_plugin)
		return;
	node->host.submit = submit;
	node->host.upstream = upstream;
}

/* Events of the node, and the graph's own about it. */
void lq__outlet_event(void *arg, lq_node *node, const lq_event *event)
{
	lq__child *c = arg;
	size_t begin;
	int gave_up = event->type == LQ_EVENT_ERROR && atomic_load(&node->state) == NODE_FAILED;
	lq__bytes *b = lq__outlet_begin(c, gave_up ? LQ__SAY_GAVE_UP : LQ__SAY_EVENT, &begin);
	if (gave_up)
		lq__bytes_string(b, event->text ? event->text : "");
	else
		lq__wire_event(b, event);
	lq__outlet_end(c, begin);
}

/* The node is gone: nobody sends any more. */
void lq__outlet_finish(lq__child *c)
{
	for (uint32_t i = 0; i < LQ__WIRE_RESULTS; i++)
		lq__buffer_unref(c->results[i]);
	lq__outbox_finish(&c->out);
}
