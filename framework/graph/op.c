/* Calling a node's ops on its loop, and what becomes of their results. */
#include "graph/graph.h"

#include <assert.h>

#define REPORT_EVERY LQ_SEC
#define BLOCKING_PAUSE (10 * LQ_MSEC) /* between reads of a blocking capture when there are no threads */

/* While a node is inside an op, buffers that come back to it wait. */
void lq__node_enter(lq_node *node)
{
	assert(lq__loop_is_current(node->loop) && !node->busy);
	node->busy = 1;
	node->fail_text[0] = 0;
}

static void give_up(lq_node *node);

void lq__node_leave(lq_node *node)
{
	while (node->n_pending) {
		lq__pending p = node->pending[node->first_pending];
		node->first_pending = (node->first_pending + 1) % MAX_PENDING;
		node->n_pending--;
		lq__link_receive(p.link, p.buf);
	}
	node->busy = 0;
	if (node->give_up)
		give_up(node);
}

static void tell(lq_node *node, uint32_t type, int64_t value, const char *text)
{
	lq_event e = {.struct_size = sizeof e, .type = type, .value = value, .text = text};
	if (node->graph->config.event_fn)
		node->graph->config.event_fn(node->graph->config.event_arg, node, &e);
}

/* What the node left with `fail`, or the error's own text. */
static const char *reason_of(const lq_node *node, int code)
{
	return node->fail_text[0] ? node->fail_text : lq_error_text(code);
}

static void give_up(lq_node *node)
{
	char text[640];
	node->give_up = 0;
	if (atomic_load(&node->state) != NODE_RUNNING)
		return;
	snprintf(text, sizeof text, "stopped after %d errors in a row: %s", GIVE_UP_ERRORS, reason_of(node, LQ_EIO));
	lq__node_stop(node);
	atomic_store(&node->state, NODE_FAILED);
	lq_log(LQ_LOG_ERROR, node->name, "%s", text);
	tell(node, LQ_EVENT_ERROR, LQ_EIO, text);
}

/* Counts an error; tells of the first one of a row, and at most once a second. */
void lq__node_result(lq_node *node, const char *op, int code)
{
	char text[640];
	lq_edit *trial = atomic_load_explicit(&node->trial, memory_order_relaxed);
	if (trial)
		lq__edit_result(trial, node, code);
	if (code >= 0 || code == LQ_EAGAIN) {
		node->errors_in_row = 0;
		return;
	}
	atomic_fetch_add(&node->errors, 1);
	/* one track without a way out must not end a transport's others; it tells of its state by events */
	if (++node->errors_in_row >= GIVE_UP_ERRORS && node->desc->kind != LQ_KIND_TRANSPORT)
		node->give_up = 1;
	int64_t now = lq_clock_now(node->graph->clock);
	if (trial || node->errors_in_row > 1 || (node->last_report != LQ_TIME_NONE && now - node->last_report < REPORT_EVERY))
		return;
	node->last_report = now;
	snprintf(text, sizeof text, "%s: %s", op, reason_of(node, code));
	lq_log(LQ_LOG_WARNING, node->name, "%s", text);
	tell(node, LQ_EVENT_ERROR, code, text);
}

static int is_reading_capture(const lq_node *node)
{
	return node->desc->kind == LQ_KIND_CAPTURE && ((const lq_capture_ops *)node->desc->kind_ops)->read;
}

/* A capture has come to its end. */
void lq__node_ended(lq_node *node)
{
	node->ended = 1;
	lq__submit_eos(node);
	tell(node, LQ_EVENT_EOS, 0, NULL);
}

static void read_once(lq_node *node, int64_t deadline)
{
	int64_t next = LQ_TIME_NONE;
	node->fail_text[0] = 0;
	int r = ((const lq_capture_ops *)node->desc->kind_ops)->read(node->self, deadline, &next);
	if (r == LQ_END) {
		lq__node_ended(node);
		return;
	}
	lq__node_result(node, "read", r);
	if (r < 0 && next == LQ_TIME_NONE) /* a device that fails at once must not be asked without a pause */
		next = lq_clock_now(node->graph->clock) + BLOCKING_PAUSE;
	if (node->own_loop && !node->graph->config.threads && next == LQ_TIME_NONE)
		next = lq_clock_now(node->graph->clock) + BLOCKING_PAUSE;
	if (next != LQ_TIME_NONE)
		lq__wake_at(node, next);
}

/* A blocking capture's turn, on its own thread. */
void lq__node_read(lq_node *node, int64_t deadline)
{
	lq__node_enter(node);
	read_once(node, deadline);
	lq__node_leave(node);
}

/* The time asked for has come, or a descriptor is ready. */
void lq__node_run(lq_node *node, int64_t now)
{
	if (atomic_load(&node->state) != NODE_RUNNING)
		return;
	lq__node_enter(node);
	if (node->desc->ops->run)
		lq__node_result(node, "run", node->desc->ops->run(node->self, now));
	/* a blocking capture with a thread reads in its own rhythm */
	if (is_reading_capture(node) && !node->ended && !(node->own_loop && node->graph->config.threads))
		read_once(node, now);
	lq__node_leave(node);
}

/* To the nodes that feed this one: what a node does not want passes on upstream. */
void lq__node_pass_on(lq_node *node, const lq_event *event)
{
	for (uint32_t i = 0; i < node->n_ports; i++) {
		const lq__port *p = node->ports[i];
		if (!p || !p->link)
			continue;
		lq_event e = *event;
		e.port = p->link->from_port;
		lq__loop_post_event(p->link->from->loop, p->link->from, &e);
	}
}

void lq__node_event(lq_node *node, const lq_event *event)
{
	int r = LQ_ENOTSUP;
	if (event->type == LQ_EVENT_TARGET_RATE)
		node->target_rate = event->value;
	if (atomic_load(&node->state) != NODE_RUNNING)
		return;
	if (node->desc->ops->event) {
		lq__node_enter(node);
		r = node->desc->ops->event(node->self, event);
		if (r != LQ_ENOTSUP)
			lq__node_result(node, "event", r);
		lq__node_leave(node);
	}
	if (r == LQ_ENOTSUP)
		lq__node_pass_on(node, event);
}

int lq__node_start(lq_node *node)
{
	int r = 0;
	lq__node_enter(node);
	node->ended = 0;
	node->errors_in_row = 0;
	if (node->desc->ops->start)
		r = node->desc->ops->start(node->self);
	if (r >= 0) {
		atomic_store(&node->state, NODE_RUNNING);
		if (is_reading_capture(node) && !(node->own_loop && node->graph->config.threads))
			lq__wake_at(node, lq_clock_now(node->graph->clock));
	}
	lq__node_leave(node);
	return r < 0 ? r : 0;
}

/* Also after an error: the device is let go in any case. */
void lq__node_stop(lq_node *node)
{
	if (atomic_load(&node->state) != NODE_RUNNING)
		return;
	lq__node_enter(node);
	if (node->desc->ops->stop)
		node->desc->ops->stop(node->self);
	atomic_store(&node->state, NODE_STOPPED);
	lq__node_leave(node);
	node->n_fds = 0;
	node->loop->polls_stale = 1;
	pthread_mutex_lock(&node->loop->lock);
	lq__timer_clear(node->loop, node);
	pthread_mutex_unlock(&node->loop->lock);
}

void lq__node_flush(lq_node *node)
{
	int (*flush)(void *) = NULL;
	if (node->desc->kind == LQ_KIND_CODEC)
		flush = ((const lq_codec_ops *)node->desc->kind_ops)->flush;
	else if (node->desc->kind == LQ_KIND_FILTER)
		flush = ((const lq_filter_ops *)node->desc->kind_ops)->flush;
	else if (node->desc->kind == LQ_KIND_RENDERER)
		flush = ((const lq_renderer_ops *)node->desc->kind_ops)->flush;
	if (flush)
		lq__node_result(node, "flush", flush(node->self));
}
