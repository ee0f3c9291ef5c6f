/* What a loop does: calls of [control], events, buffers of queues, timers, watched descriptors; in this order, again and again. */
#include "graph/graph.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

static _Thread_local const lq__loop *current;

int lq__loop_is_current(const lq__loop *loop)
{
	return current == loop;
}

/* This thread is now on that loop; returns the one it was on. */
const lq__loop *lq__loop_become(const lq__loop *loop)
{
	const lq__loop *before = current;
	current = loop;
	return before;
}

/* Whether this is inside an op: [control] functions have no business there. */
int lq__loop_is_any(void)
{
	return current != NULL;
}

/* Works off the calls; returns how many there were. */
int lq__loop_calls(lq__loop *l)
{
	const lq__loop *outer = lq__loop_become(l);
	int n = 0;
	pthread_mutex_lock(&l->lock);
	for (lq__call *c; (c = l->calls); n++) {
		l->calls = c->next;
		if (!l->calls)
			l->calls_end = &l->calls;
		pthread_mutex_unlock(&l->lock);
		int result = c->fn(c->arg);
		pthread_mutex_lock(&l->lock);
		c->result = result;
		c->done = 1; /* from here on *c may be gone */
		pthread_cond_broadcast(&l->call_done);
	}
	pthread_mutex_unlock(&l->lock);
	lq__loop_become(outer);
	return n;
}

static int take_event(lq__loop *l)
{
	pthread_mutex_lock(&l->lock);
	lq__message *m = l->events;
	if (m) {
		l->events = m->next;
		if (!l->events)
			l->events_end = &l->events;
		l->n_events--;
	}
	pthread_mutex_unlock(&l->lock);
	if (!m)
		return 0;
	lq__node_event(m->node, &m->event);
	lq__free(m);
	return 1;
}

static int take_buffers(lq__loop *l)
{
	lq_buffer *bufs[LQ__QUEUE_BATCH];
	uint32_t n;
	lq_link *link = lq__queue_turn(l, bufs, &n);
	for (uint32_t i = 0; i < n; i++)
		lq__link_deliver(link, bufs[i]);
	return link != NULL;
}

static int run_due(lq__loop *l)
{
	int n = 0;
	int64_t now = lq_clock_now(l->graph->clock);
	for (; n < 1000; n++) { /* a node that always wants to run must not keep the others from it */
		pthread_mutex_lock(&l->lock);
		lq_node *node = lq__timer_due(l, now);
		pthread_mutex_unlock(&l->lock);
		if (!node)
			break;
		lq__node_run(node, now);
	}
	return n;
}

/* The descriptors that nodes watch; room was made when they said so. */
static void collect_polls(lq__loop *l)
{
	l->polls[0] = (struct pollfd){.fd = l->efd, .events = POLLIN};
	l->n_polls = 1;
	for (lq_node *n = l->nodes; n; n = n->next_loop)
		for (uint32_t i = 0; i < n->n_fds && l->n_polls < l->poll_room; i++) {
			l->polls[l->n_polls] = (struct pollfd){.fd = n->fds[i], .events = n->fd_events[i]};
			l->poll_nodes[l->n_polls++] = n;
		}
	l->polls_stale = 0;
}

/* Waits at most `timeout` ns (negative: for ever) and runs the nodes whose descriptors are ready. */
static int run_polled(lq__loop *l, int64_t timeout)
{
	struct timespec ts = {.tv_sec = (time_t)(timeout / LQ_SEC), .tv_nsec = (long)(timeout % LQ_SEC)};
	if (l->polls_stale)
		collect_polls(l);
	if (l->n_polls == 1 && (timeout == 0 || l->efd < 0))
		return 0;
	int ready = ppoll(l->polls, l->n_polls, timeout < 0 ? NULL : &ts, NULL), ran = 0;
	if (timeout) {
		lq__loop_lock(l);
		l->sleeping = 0;
		pthread_mutex_unlock(&l->lock);
	}
	if (ready <= 0)
		return 0;
	uint64_t count;
	if (l->polls[0].revents && read(l->efd, &count, sizeof count) < 0 && errno != EAGAIN && errno != EINTR)
		lq_log(LQ_LOG_ERROR, AREA, "loop %s: eventfd: %s", l->name, strerror(errno));
	int64_t now = lq_clock_now(l->graph->clock);
	lq_node *last = NULL; /* a node's descriptors follow each other */
	for (size_t i = 1; i < l->n_polls && !l->polls_stale; i++)
		if (l->polls[i].revents && l->poll_nodes[i] != last) {
			last = l->poll_nodes[i];
			lq__node_run(last, now);
			ran = 1;
		}
	return ran;
}

/* Everything that is due now, but for waiting. Returns whether there was something. One look under the lock tells what there is to do: the lock is
 * where others hand things over, so the loop keeps out of their way. */
int lq__loop_step(lq__loop *l)
{
	const lq__loop *outer = lq__loop_become(l);
	lq__loop_lock(l);
	int calls = l->calls != NULL, events = l->events != NULL, timers = l->n_heap > 0, ready = l->ready != NULL;
	pthread_mutex_unlock(&l->lock);
	int did = calls && lq__loop_calls(l);
	for (int i = 0; events && i < MAX_EVENTS && take_event(l); i++)
		did = 1;
	for (int i = 0; ready && i < 64 && take_buffers(l); i++)
		did = 1;
	did |= timers && run_due(l) > 0;
	did |= run_polled(l, 0);
	lq__loop_become(outer);
	return did;
}

/* The earliest timer; 0 when there is none. */
int lq__loop_next_time(lq__loop *l, int64_t *time)
{
	pthread_mutex_lock(&l->lock);
	int any = l->n_heap > 0;
	if (any)
		*time = l->heap[1]->wake;
	pthread_mutex_unlock(&l->lock);
	return any;
}

/* Under lock: nothing to do but to wait. */
static int is_idle(const lq__loop *l)
{
	return !l->calls && !l->events && !l->ready && !l->quit;
}

static void wait_for_work(lq__loop *l)
{
	int64_t timeout = -1;
	pthread_mutex_lock(&l->lock);
	if (!is_idle(l)) {
		timeout = 0;
	} else {
		if (l->n_heap) {
			timeout = l->heap[1]->wake - lq_clock_now(l->graph->clock);
			timeout = timeout < 0 ? 0 : timeout;
		}
		l->sleeping = timeout != 0;
	}
	pthread_mutex_unlock(&l->lock);
	run_polled(l, timeout);
}

/* A read that other threads can end: they look at `reading` after they have left their work, this looks for work after it has set it. */
static void blocking_read(lq__loop *l)
{
	pthread_mutex_lock(&l->read_lock);
	l->reading = 1;
	pthread_mutex_unlock(&l->read_lock);
	pthread_mutex_lock(&l->lock);
	int idle = is_idle(l);
	pthread_mutex_unlock(&l->lock);
	if (idle)
		lq__node_read(l->blocking, lq_clock_now(l->graph->clock) + READ_SLICE);
	pthread_mutex_lock(&l->read_lock);
	l->reading = 0;
	pthread_mutex_unlock(&l->read_lock);
}

/* A blocking node reads whenever it has no reason to wait. */
static int wants_read(lq__loop *l)
{
	lq_node *n = l->blocking;
	if (!n || atomic_load(&n->state) != NODE_RUNNING || n->ended)
		return 0;
	pthread_mutex_lock(&l->lock);
	int waits = n->heap_slot != 0;
	pthread_mutex_unlock(&l->lock);
	return !waits;
}

static int has_no_calls(lq__loop *l)
{
	pthread_mutex_lock(&l->lock);
	int none = !l->calls;
	pthread_mutex_unlock(&l->lock);
	return none;
}

void *lq__loop_main(void *arg)
{
	lq__loop *l = arg;
	current = l;
	for (;;) {
		int did = lq__loop_step(l);
		if (atomic_load_explicit(&l->quit, memory_order_acquire) && has_no_calls(l))
			return NULL;
		if (wants_read(l))
			blocking_read(l);
		else if (!did)
			wait_for_work(l);
	}
}
