#include "events.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <loquat/log.h>

#include "event_lists.h"

typedef struct item {
	struct item *next;
	lq_sdk_event event;
	char strings[];
} item;

struct lq__events {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* something was pushed, or stop */
	pthread_cond_t idle;    /* a callback is over */
	item *first, **last;
	unsigned n, dropped;
	item *current; /* handed out, or inside the callback */
	int in_callback, stop;
	lq_event_cb cb;
	void *user_data;
	const void *owner;
	pthread_t thread;
	int has_thread;
};

static _Thread_local lq__inside inside;

lq__inside lq__inside_enter(const void *owner, int what)
{
	lq__inside before = inside;
	inside = (lq__inside){owner, what};
	return before;
}

void lq__inside_leave(lq__inside before)
{
	inside = before;
}

int lq__inside_of(const void *owner)
{
	return inside.owner == owner ? inside.what : LQ__INSIDE_NONE;
}

static const char *put(char **p, const char *s)
{
	const char *at = *p;
	size_t n = s ? strlen(s) : 0;
	if (n)
		memcpy(*p, s, n);
	(*p)[n] = 0;
	*p += n + 1;
	return at;
}

static size_t length(const char *s)
{
	return (s ? strlen(s) : 0) + 1;
}

static item *item_new(const lq_sdk_event *e)
{
	item *it = malloc(sizeof *it + lq__lists_size(e) + length(e->user) + length(e->name) + length(e->text) + length(e->room_sid) + length(e->call_id) +
	                  length(e->users) + length(e->attachment) + length(e->group) + length(e->guest_room) + length(e->guest_user));
	if (!it)
		return NULL;
	it->next = NULL;
	it->event = *e;
	char *p = lq__lists_copy(&it->event, it->strings);
	it->event.size = sizeof it->event;
	it->event.user = put(&p, e->user);
	it->event.name = put(&p, e->name);
	it->event.text = put(&p, e->text);
	it->event.room_sid = put(&p, e->room_sid);
	it->event.call_id = put(&p, e->call_id);
	it->event.users = put(&p, e->users);
	it->event.attachment = put(&p, e->attachment);
	it->event.group = put(&p, e->group);
	it->event.guest_room = put(&p, e->guest_room);
	it->event.guest_user = put(&p, e->guest_user);
	return it;
}

static void append(lq__events *ev, item *it)
{
	*ev->last = it;
	ev->last = &it->next;
	ev->n++;
}

static item *take_first(lq__events *ev)
{
	item *it = ev->first;
	if (!it)
		return NULL;
	ev->first = it->next;
	if (!ev->first)
		ev->last = &ev->first;
	ev->n--;
	return it;
}

/* Called with the lock held and a place just made free. */
static void report_loss(lq__events *ev)
{
	char text[64];
	if (!ev->dropped || ev->n >= LQ__EVENTS_MAX - LQ__EVENTS_RESERVED)
		return;
	snprintf(text, sizeof text, "%u events were lost: they were not fetched in time", ev->dropped);
	item *it = item_new(&(lq_sdk_event){.type = LQ_ON_WARNING, .code = LQ_EFULL, .text = text});
	if (!it)
		return;
	ev->dropped = 0;
	append(ev, it);
}

static int must_arrive(lq_sdk_event_type type)
{
	return type == LQ_ON_JOINED || type == LQ_ON_LEFT || type == LQ_ON_ERROR || type == LQ_ON_LOGGED_IN || type == LQ_ON_LOGGED_OUT ||
	       type == LQ_ON_CALL_ENDED;
}

/* These come again: in a queue that nobody empties they do not take the others' places. */
static int is_periodic(lq_sdk_event_type type)
{
	return type == LQ_ON_AUDIO_REPORT || type == LQ_ON_NETWORK_QUALITY;
}

void lq__events_push(lq__events *ev, const lq_sdk_event *event)
{
	item *it = item_new(event);
	pthread_mutex_lock(&ev->lock);
	unsigned limit = is_periodic(event->type) ? LQ__EVENTS_MAX / 4 : must_arrive(event->type) ? LQ__EVENTS_MAX : LQ__EVENTS_MAX - LQ__EVENTS_RESERVED;
	if (it && ev->n < limit && !ev->stop) {
		append(ev, it);
		it = NULL;
		pthread_cond_signal(&ev->changed);
	} else if (!ev->stop) {
		ev->dropped++;
	}
	pthread_mutex_unlock(&ev->lock);
	free(it);
}

static int is_of(const lq_sdk_event *e, const void *object)
{
	return e->room == object || e->session == object || e->call == object;
}

void lq__events_purge(lq__events *ev, const void *object)
{
	pthread_mutex_lock(&ev->lock);
	for (item **p = &ev->first; *p; ) {
		item *it = *p;
		if (is_of(&it->event, object)) {
			*p = it->next;
			ev->n--;
			free(it);
		} else {
			p = &it->next;
		}
	}
	ev->last = &ev->first;
	while (*ev->last)
		ev->last = &(*ev->last)->next;
	int self = ev->has_thread && pthread_equal(pthread_self(), ev->thread);
	while (!self && ev->in_callback && is_of(&ev->current->event, object))
		pthread_cond_wait(&ev->idle, &ev->lock);
	pthread_mutex_unlock(&ev->lock);
}

static void *run(void *arg)
{
	lq__events *ev = arg;
	pthread_mutex_lock(&ev->lock);
	for (;;) {
		while (!ev->first && !ev->stop)
			pthread_cond_wait(&ev->changed, &ev->lock);
		if (ev->stop)
			break;
		ev->current = take_first(ev);
		report_loss(ev);
		ev->in_callback = 1;
		pthread_mutex_unlock(&ev->lock);
		lq__inside before = lq__inside_enter(ev->owner, LQ__INSIDE_EVENT);
		ev->cb(&ev->current->event, ev->user_data);
		lq__inside_leave(before);
		pthread_mutex_lock(&ev->lock);
		ev->in_callback = 0;
		free(ev->current);
		ev->current = NULL;
		pthread_cond_broadcast(&ev->idle);
	}
	pthread_mutex_unlock(&ev->lock);
	return NULL;
}

int lq__events_poll(lq__events *ev, int timeout_ms, const lq_sdk_event **out)
{
	struct timespec until;
	if (ev->cb)
		return LQ_ESTATE;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += timeout_ms > 0 ? timeout_ms / 1000 : 0;
	until.tv_nsec += timeout_ms > 0 ? timeout_ms % 1000 * 1000000L : 0;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&ev->lock);
	free(ev->current);
	ev->current = NULL;
	for (int r = 0; !ev->first && timeout_ms && r != ETIMEDOUT; )
		r = timeout_ms < 0 ? pthread_cond_wait(&ev->changed, &ev->lock) : pthread_cond_timedwait(&ev->changed, &ev->lock, &until);
	ev->current = take_first(ev);
	report_loss(ev);
	if (ev->current)
		*out = &ev->current->event;
	int r = ev->current ? 0 : LQ_ETIMEDOUT;
	pthread_mutex_unlock(&ev->lock);
	return r;
}

int lq__events_create(lq_event_cb cb, void *user_data, const void *owner, lq__events **out)
{
	lq__events *ev = calloc(1, sizeof *ev);
	pthread_condattr_t attr;
	if (!ev)
		return LQ_ENOMEM;
	ev->last = &ev->first;
	ev->cb = cb;
	ev->user_data = user_data;
	ev->owner = owner;
	pthread_mutex_init(&ev->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&ev->changed, &attr);
	pthread_cond_init(&ev->idle, NULL);
	pthread_condattr_destroy(&attr);
	if (cb) {
		/* The new thread waits for the lock: it must not run before `thread` is known to lq__events_purge. */
		pthread_mutex_lock(&ev->lock);
		ev->has_thread = !pthread_create(&ev->thread, NULL, run, ev);
		pthread_mutex_unlock(&ev->lock);
		if (!ev->has_thread) {
			lq__events_destroy(ev);
			return LQ_ENOMEM;
		}
	}
	*out = ev;
	return 0;
}

void lq__events_destroy(lq__events *ev)
{
	item *it;
	if (!ev)
		return;
	pthread_mutex_lock(&ev->lock);
	ev->stop = 1;
	pthread_cond_broadcast(&ev->changed);
	pthread_mutex_unlock(&ev->lock);
	if (ev->has_thread)
		pthread_join(ev->thread, NULL);
	while ((it = take_first(ev)))
		free(it);
	free(ev->current);
	pthread_cond_destroy(&ev->changed);
	pthread_cond_destroy(&ev->idle);
	pthread_mutex_destroy(&ev->lock);
	free(ev);
}
