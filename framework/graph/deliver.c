/* The way of a buffer: out of an output port, over a link, into the op of the node behind it. */
#include "graph/graph.h"

#include <assert.h>

/* A muted stream of raw sound goes on as silence, so that what comes after keeps its rhythm. NULL: dropped. */
static lq_buffer *mute(lq_link *link, lq_buffer *buf)
{
	if (buf->flags & LQ_BUFFER_EOS)
		return buf;
	if (buf->format->media == LQ_MEDIA_AUDIO && buf->format->codec == LQ_CODEC_RAW && buf->planes[0] && (buf = lq__buffer_writable(buf))) {
		memset(buf->planes[0], 0, buf->size);
		return buf;
	}
	lq__buffer_unref(buf);
	atomic_fetch_add(&link->dropped, 1);
	if (link->queue.ring)
		lq__queue_muted(link);
	return NULL;
}

static int give(lq_link *link, lq_buffer *buf)
{
	if (atomic_load_explicit(&link->muted, memory_order_relaxed) && !(buf = mute(link, buf)))
		return 0;
	if (link->queue.ring)
		return lq__queue_push(link, buf);
	lq__link_deliver(link, buf);
	return 0;
}

/* Consumes the reference; every link but the last gets one of its own. */
static int fan_out(lq_link *const *links, uint32_t n, lq_buffer *buf)
{
	int r = LQ_EPIPE;
	if (!n)
		lq__buffer_unref(buf);
	for (uint32_t i = 0; i < n; i++)
		if (!give(links[i], i + 1 < n ? lq__buffer_ref(buf) : buf))
			r = 0;
	return r;
}

static int is_moment(const lq__cut *cut, const lq_buffer *buf)
{
	return cut && (!cut->at_key || buf->flags & LQ_BUFFER_KEY);
}

/* The links of an output; what they get is about to go. LQ_EINVAL: no such output. */
static int look_up(lq_node *node, uint32_t number, const lq_buffer *buf, int locked, lq_link **links, uint32_t *n)
{
	lq__port *port = lq__node_port(node, number);
	if (!port || port->desc->direction != LQ_OUT || !buf->format)
		return LQ_EINVAL;
	if (is_moment(port->cut, buf)) {
		if (!locked)
			pthread_mutex_lock(&node->lock);
		lq__port_cut(node, port);
		if (!locked)
			pthread_mutex_unlock(&node->lock);
	}
	port->eos = (buf->flags & LQ_BUFFER_EOS) != 0;
	for (lq_link *l = port->links; l && *n < MAX_FAN_OUT; l = l->next_out)
		links[(*n)++] = l;
	return 0;
}

/* A thread of the node's own. Its links may change meanwhile, so that it looks them up under the lock, but does not keep that while it
 * waits in a queue; who takes a link away waits until it is through (lq__node_await_submits). */
static int submit_from_own_thread(lq_node *node, uint32_t number, lq_buffer *buf)
{
	lq_link *links[MAX_FAN_OUT];
	uint32_t n = 0;
	pthread_mutex_lock(&node->lock);
	int r = look_up(node, number, buf, 1, links, &n);
	node->submits_begun++;
	pthread_mutex_unlock(&node->lock);
	if (r)
		lq__buffer_unref(buf);
	else
		r = fan_out(links, n, buf);
	pthread_mutex_lock(&node->lock);
	node->submits_done++;
	pthread_cond_broadcast(&node->submitted);
	pthread_mutex_unlock(&node->lock);
	return r;
}

/* [control] Until no submit that began before is under way. */
void lq__node_await_submits(lq_node *node)
{
	pthread_mutex_lock(&node->lock);
	uint64_t begun = node->submits_begun;
	while (node->submits_done < begun)
		pthread_cond_wait(&node->submitted, &node->lock);
	pthread_mutex_unlock(&node->lock);
}

/* See lq_host.submit. */
int lq__node_submit(lq_node *node, uint32_t number, lq_buffer *buf)
{
	lq_link *links[MAX_FAN_OUT];
	uint32_t n = 0;
	if (!buf)
		return LQ_EINVAL;
	if (node->desc->flags & LQ_NODE_OWN_THREAD)
		return submit_from_own_thread(node, number, buf);
	assert(lq__loop_is_current(node->loop));
	int r = look_up(node, number, buf, 0, links, &n);
	if (r) {
		lq__buffer_unref(buf);
		return r;
	}
	return fan_out(links, n, buf);
}

static int has_data(const lq_buffer *buf)
{
	return buf->planes[0] || buf->flags & LQ_BUFFER_LOST;
}

static int call_op(lq_node *node, uint32_t port, lq_buffer *buf, const char **op)
{
	switch (node->desc->kind) {
	case LQ_KIND_CODEC:
		*op = "send";
		return ((const lq_codec_ops *)node->desc->kind_ops)->send(node->self, port, buf);
	case LQ_KIND_FILTER:
		*op = "process";
		return ((const lq_filter_ops *)node->desc->kind_ops)->process(node->self, port, buf);
	case LQ_KIND_RENDERER:
		*op = "render";
		return ((const lq_renderer_ops *)node->desc->kind_ops)->render(node->self, port, buf);
	case LQ_KIND_TRANSPORT:
		*op = "send";
		return ((const lq_transport_ops *)node->desc->kind_ops)->send(node->self, port, buf);
	}
	return LQ_ENOTSUP;
}

static int all_inputs_ended(const lq_node *node)
{
	for (uint32_t i = 0; i < node->n_ports; i++) {
		const lq__port *p = node->ports[i];
		if (p && p->link && !p->link->eos)
			return 0;
	}
	return 1;
}

/* The end of a stream flushes a node once all its inputs have ended, and goes on behind it where the node has not sent it on itself. */
static void end_of_stream(lq_link *link)
{
	lq_node *node = link->to;
	if (link->eos)
		return;
	link->eos = 1;
	if (node->desc->kind == LQ_KIND_TRANSPORT || !all_inputs_ended(node))
		return;
	lq__node_flush(node);
	lq__submit_eos(node);
	if (node->desc->kind == LQ_KIND_RENDERER && node->graph->config.event_fn) {
		lq_event e = {.struct_size = sizeof e, .type = LQ_EVENT_EOS, .port = link->to_port};
		node->graph->config.event_fn(node->graph->config.event_arg, node, &e);
	}
}

/* An empty last buffer on every output that has not sent one. */
void lq__submit_eos(lq_node *node)
{
	for (uint32_t i = 0; i < node->n_ports; i++) {
		lq__port *p = node->ports[i];
		if (!p || p->desc->direction != LQ_OUT || p->eos || !p->format || !p->links)
			continue;
		lq_buffer *buf = lq__buffer_wrap(node->graph->pool, p->format, NULL, NULL);
		if (!buf)
			continue; /* no memory: the stream ends without a word */
		buf->flags = LQ_BUFFER_EOS;
		lq__node_submit(node, i, buf);
	}
}

static void deliver_one(lq_link *link, lq_buffer *buf)
{
	lq_node *node = link->to;
	const char *op = "set_format";
	int r = 0;
	int is_empty_end = buf->flags & LQ_BUFFER_EOS && !has_data(buf);
	if (buf->format != link->format && !is_empty_end)
		r = lq__link_change_format(link, buf->format);
	if (r == LQ_EAGAIN) { /* refused before, and said so then */
		atomic_fetch_add(&link->dropped, 1);
		return;
	}
	if (!r) {
		if (link->eos && !(buf->flags & LQ_BUFFER_EOS))
			link->eos = 0;
		node->fail_text[0] = 0;
		if (buf->pts != LQ_TIME_NONE)
			link->last_pts = buf->pts;
		atomic_fetch_add_explicit(&link->passed, 1, memory_order_relaxed);
		r = call_op(node, link->to_port, buf, &op);
	} else {
		atomic_fetch_add(&link->dropped, 1);
	}
	lq__node_result(node, op, r);
	if (buf->flags & LQ_BUFFER_EOS)
		end_of_stream(link);
}

/* A node that a cycle leads back to, while it is in its op, takes the buffer after it has returned. */
static void pend(lq_link *link, lq_buffer *buf)
{
	lq_node *node = link->to;
	if (node->n_pending == MAX_PENDING) {
		atomic_fetch_add(&link->dropped, 1);
		lq__buffer_unref(buf);
		return;
	}
	node->pending[(node->first_pending + node->n_pending++) % MAX_PENDING] = (lq__pending){link, buf};
}

/* [loop of to] Consumes the reference. */
void lq__link_deliver(lq_link *link, lq_buffer *buf)
{
	lq_node *node = link->to;
	assert(lq__loop_is_current(node->loop));
	if (node->busy) {
		pend(link, buf);
		return;
	}
	lq__node_enter(node);
	lq__link_receive(link, buf);
	lq__node_leave(node);
}

/* The same once the way into the node is free: out of a queue, or of the pending ones. */
void lq__link_receive(lq_link *link, lq_buffer *buf)
{
	lq_node *node = link->to;
	if (atomic_load_explicit(&node->state, memory_order_relaxed) == NODE_RUNNING)
		deliver_one(link, buf);
	else
		atomic_fetch_add(&link->dropped, 1);
	lq__buffer_unref(buf);
}
