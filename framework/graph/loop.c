/* Loops: creating and ending them, and what other threads hand over to them. loop_run.c is what a loop does. */
#include "graph/graph.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LOCK_TRIES 100
#define LOCK_PAUSE 20

static int init_locks(lq__loop *l)
{
	pthread_mutexattr_t attr;
	if (pthread_mutexattr_init(&attr))
		return LQ_ENOMEM;
	/* a real-time loop must not wait for a normal thread that is not scheduled */
	pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	int failed = pthread_mutex_init(&l->lock, &attr) || pthread_mutex_init(&l->read_lock, &attr) || pthread_cond_init(&l->call_done, NULL);
	pthread_mutexattr_destroy(&attr);
	return failed ? LQ_ENOMEM : 0;
}

/* Raises a loop to real-time; threads that nodes start there do not inherit it. */
void lq__loop_set_priority(lq__loop *l, int priority)
{
	struct sched_param param = {.sched_priority = sched_get_priority_min(SCHED_RR)};
	l->priority = priority;
	if (!priority || !l->has_thread)
		return;
	int err = pthread_setschedparam(l->thread, SCHED_RR | SCHED_RESET_ON_FORK, &param);
	if (err)
		lq_log(LQ_LOG_INFO, AREA, "loop %s: no real-time priority: %s", l->name, strerror(err));
}

static int start_thread(lq__loop *l)
{
	l->efd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (l->efd < 0)
		return LQ_EIO;
	if (pthread_create(&l->thread, NULL, lq__loop_main, l))
		return LQ_ENOMEM;
	l->has_thread = 1;
	char name[16];
	snprintf(name, sizeof name, "lq-%.12s", l->name);
	pthread_setname_np(l->thread, name);
	lq__loop_set_priority(l, l->priority);
	return 0;
}

int lq__loop_create(lq_graph *graph, const char *name, int priority, lq_node *blocking, lq__loop **out)
{
	lq__loop *l = lq__calloc(1, sizeof *l);
	if (!l)
		return LQ_ENOMEM;
	l->efd = -1;
	l->graph = graph;
	l->priority = priority;
	l->blocking = blocking;
	l->own = blocking != NULL;
	l->calls_end = &l->calls;
	l->events_end = &l->events;
	l->ready_end = &l->ready;
	l->polls_stale = 1;
	if (init_locks(l)) {
		lq__free(l);
		return LQ_ENOMEM;
	}
	l->name = lq__strdup(name);
	l->polls = lq__calloc(1, sizeof *l->polls);
	l->poll_nodes = lq__calloc(1, sizeof *l->poll_nodes);
	l->poll_room = 1;
	int r = l->name && l->polls && l->poll_nodes ? 0 : LQ_ENOMEM;
	if (!r && graph->config.threads)
		r = start_thread(l);
	if (r) {
		lq__loop_destroy(l);
		return r;
	}
	lq__loop **end = &graph->loops;
	while (*end)
		end = &(*end)->next;
	*end = l;
	*out = l;
	return 0;
}

static void unlist(lq__loop *l)
{
	for (lq__loop **p = &l->graph->loops; *p; p = &(*p)->next)
		if (*p == l) {
			*p = l->next;
			return;
		}
}

void lq__loop_destroy(lq__loop *l)
{
	if (!l)
		return;
	unlist(l);
	if (l->has_thread) {
		pthread_mutex_lock(&l->lock);
		l->quit = 1;
		lq__loop_notify_unlock(l);
		pthread_join(l->thread, NULL);
	}
	while (l->events) {
		lq__message *m = l->events;
		l->events = m->next;
		lq__free(m);
	}
	if (l->efd >= 0)
		close(l->efd);
	pthread_mutex_destroy(&l->lock);
	pthread_mutex_destroy(&l->read_lock);
	pthread_cond_destroy(&l->call_done);
	lq__free(l->heap);
	lq__free(l->polls);
	lq__free(l->poll_nodes);
	lq__free(l->name);
	lq__free(l);
}

/* What is done under loop->lock takes less than going to sleep for it does, so this tries for a moment first. */
void lq__loop_lock(lq__loop *l)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (!pthread_mutex_trylock(&l->lock))
			return;
		for (int k = 0; k < LOCK_PAUSE; k++)
			atomic_signal_fence(memory_order_seq_cst);
	}
	pthread_mutex_lock(&l->lock);
}

/* Unlocks loop->lock and makes sure that the loop looks at what was left there. */
void lq__loop_notify_unlock(lq__loop *l)
{
	int sleeping = l->sleeping;
	const lq_node *blocking = l->blocking;
	l->sleeping = 0;
	pthread_mutex_unlock(&l->lock);
	if (sleeping) {
		uint64_t one = 1;
		while (write(l->efd, &one, sizeof one) < 0 && errno == EINTR)
			;
	}
	if (!blocking || lq__loop_is_current(l))
		return;
	pthread_mutex_lock(&l->read_lock);
	if (l->reading) {
		const lq_capture_ops *ops = blocking->desc->kind_ops;
		if (ops->wake)
			ops->wake(blocking->self);
	}
	pthread_mutex_unlock(&l->read_lock);
}

/* [control] Runs fn on the loop and waits for it. */
int lq__loop_call(lq__loop *l, int (*fn)(void *arg), void *arg)
{
	lq__call call = {.fn = fn, .arg = arg};
	pthread_mutex_lock(&l->lock);
	*l->calls_end = &call;
	l->calls_end = &call.next;
	lq__loop_notify_unlock(l);
	if (!l->has_thread) {
		lq__loop_calls(l);
		return call.result;
	}
	pthread_mutex_lock(&l->lock);
	while (!call.done)
		pthread_cond_wait(&l->call_done, &l->lock);
	pthread_mutex_unlock(&l->lock);
	return call.result;
}

/* A second request for a key frame says nothing new while the first one waits. */
static int is_repeated(const lq__loop *l, const lq_node *node, const lq_event *event)
{
	if (event->type != LQ_EVENT_KEY_FRAME)
		return 0;
	for (const lq__message *m = l->events; m; m = m->next)
		if (m->node == node && m->event.type == event->type && m->event.port == event->port)
			return 1;
	return 0;
}

/* [any] */
int lq__loop_post_event(lq__loop *l, lq_node *node, const lq_event *event)
{
	size_t text = event->text ? strlen(event->text) + 1 : 0;
	lq__message *m = lq__malloc(sizeof *m + text);
	if (!m)
		return LQ_ENOMEM;
	*m = (lq__message){.node = node, .event = *event};
	m->event.struct_size = sizeof m->event;
	if (text)
		m->event.text = memcpy(m->text, event->text, text);
	pthread_mutex_lock(&l->lock);
	int repeated = is_repeated(l, node, event);
	if (repeated || l->n_events >= MAX_EVENTS) {
		pthread_mutex_unlock(&l->lock);
		lq__free(m);
		if (repeated)
			return 0;
		atomic_fetch_add(&l->events_dropped, 1);
		return LQ_EFULL;
	}
	*l->events_end = m;
	l->events_end = &m->next;
	l->n_events++;
	lq__loop_notify_unlock(l);
	return 0;
}

/* [loop] */
int lq__loop_add_node(lq__loop *l, lq_node *node)
{
	size_t n = 1;
	for (lq_node *i = l->nodes; i; i = i->next_loop)
		n++;
	pthread_mutex_lock(&l->lock);
	int r = lq__timer_reserve(l, n);
	pthread_mutex_unlock(&l->lock);
	if (r)
		return r;
	node->next_loop = l->nodes;
	l->nodes = node;
	return 0;
}

static void drop_events(lq__loop *l, const lq_node *node)
{
	for (lq__message **p = &l->events; *p; ) {
		lq__message *m = *p;
		if (m->node != node) {
			p = &m->next;
			continue;
		}
		*p = m->next;
		l->n_events--;
		lq__free(m);
	}
	l->events_end = &l->events;
	while (*l->events_end)
		l->events_end = &(*l->events_end)->next;
}

/* [loop] Forgets all that is kept for a node that goes away. */
void lq__loop_drop_node(lq__loop *l, lq_node *node)
{
	for (lq_node **p = &l->nodes; *p; p = &(*p)->next_loop)
		if (*p == node) {
			*p = node->next_loop;
			break;
		}
	pthread_mutex_lock(&l->lock);
	lq__timer_clear(l, node);
	drop_events(l, node);
	if (l->blocking == node)
		l->blocking = NULL;
	pthread_mutex_unlock(&l->lock);
	l->polls_stale = 1;
}
