#include "views.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"
#include "names.h"
#include "views_private.h"

enum { VIEWS_MAX = 4096 };

struct lq__views {
	pthread_mutex_t lock;
	pthread_cond_t idle;
	lq__view *first;
	unsigned n;
	const void *owner;
	lq__first_frame_fn first_fn;
	void *arg;
};

struct lq__view {
	lq__view *next;
	lq__views *views;
	char user[LQ__USER_MAX + 1];
	lq_stream stream;
	lq_track_kind kind;
	unsigned taps;
	lq_frame_cb cb;
	void *data;
	unsigned running;  /* callbacks at this moment */
	pthread_t runner;  /* of the latest */
};

int lq__views_create(const void *owner, lq__first_frame_fn first, void *arg, lq__views **out)
{
	lq__views *v = calloc(1, sizeof *v);
	if (!v)
		return LQ_ENOMEM;
	pthread_mutex_init(&v->lock, NULL);
	pthread_cond_init(&v->idle, NULL);
	v->owner = owner;
	v->first_fn = first;
	v->arg = arg;
	*out = v;
	return 0;
}

static void drop(lq__views *views, lq__view *view)
{
	for (lq__view **p = &views->first; *p; p = &(*p)->next)
		if (*p == view) {
			*p = view->next;
			views->n--;
			free(view);
			return;
		}
}

void lq__views_destroy(lq__views *views)
{
	if (!views)
		return;
	while (views->first)
		drop(views, views->first);
	pthread_cond_destroy(&views->idle);
	pthread_mutex_destroy(&views->lock);
	free(views);
}

/* With the lock held. */
static lq__view *find(lq__views *views, const char *user, lq_stream stream, lq_track_kind kind, int make)
{
	lq__view *v;
	for (v = views->first; v; v = v->next)
		if (v->stream == stream && v->kind == kind && !strcmp(v->user, user))
			return v;
	if (!make || views->n >= VIEWS_MAX || !(v = calloc(1, sizeof *v)))
		return NULL;
	snprintf(v->user, sizeof v->user, "%s", user);
	v->views = views;
	v->stream = stream;
	v->kind = kind;
	v->next = views->first;
	views->first = v;
	views->n++;
	return v;
}

/* Whether a callback of the view runs that is not the one we are inside of. */
static int busy(lq__views *views, const lq__view *v)
{
	return v->running && !(lq__inside_of(views->owner) == LQ__INSIDE_FRAME && pthread_equal(v->runner, pthread_self()));
}

int lq__views_set(lq__views *views, const char *user, lq_stream stream, lq_track_kind kind, lq_frame_cb cb, void *data)
{
	int r = 0;
	pthread_mutex_lock(&views->lock);
	lq__view *v = find(views, user, stream, kind, cb != NULL);
	if (v) {
		v->cb = cb;
		v->data = data;
		v->taps++; /* keeps it while we wait */
		while (busy(views, v))
			pthread_cond_wait(&views->idle, &views->lock);
		v->taps--;
		if (!v->taps && !v->cb && !v->running)
			drop(views, v);
	} else if (cb) {
		r = LQ_EFULL;
	}
	pthread_mutex_unlock(&views->lock);
	return r;
}

void lq__views_clear(lq__views *views)
{
	pthread_mutex_lock(&views->lock);
	for (lq__view *v = views->first; v; v = v->next)
		v->cb = NULL;
	/* The list may change while we wait: begin anew. */
	for (lq__view *v = views->first; v; )
		if (busy(views, v)) {
			pthread_cond_wait(&views->idle, &views->lock);
			v = views->first;
		} else {
			v = v->next;
		}
	pthread_mutex_unlock(&views->lock);
}

lq__view *lq__views_ref(lq__views *views, const char *user, lq_stream stream, lq_track_kind kind)
{
	pthread_mutex_lock(&views->lock);
	lq__view *v = find(views, user, stream, kind, 1);
	if (v)
		v->taps++;
	pthread_mutex_unlock(&views->lock);
	return v;
}

void lq__view_unref(lq__view *v)
{
	lq__views *views = v->views;
	pthread_mutex_lock(&views->lock);
	if (!--v->taps && !v->cb && !v->running)
		drop(views, v);
	pthread_mutex_unlock(&views->lock);
}

void lq__view_first(lq__view *v, uint32_t width, uint32_t height)
{
	v->views->first_fn(v->views->arg, v->user, v->stream, v->kind, width, height);
}

void lq__view_frame(lq__view *v, lq_frame *frame)
{
	lq__views *views = v->views;
	pthread_mutex_lock(&views->lock);
	lq_frame_cb cb = v->cb;
	void *data = v->data;
	if (cb) {
		v->running++;
		v->runner = pthread_self();
	}
	pthread_mutex_unlock(&views->lock);
	if (!cb)
		return;
	frame->size = sizeof *frame;
	frame->kind = v->kind;
	frame->user = v->user;
	frame->stream = v->stream;
	lq__inside before = lq__inside_enter(views->owner, LQ__INSIDE_FRAME);
	cb(frame, data);
	lq__inside_leave(before);
	pthread_mutex_lock(&views->lock);
	v->running--;
	pthread_cond_broadcast(&views->idle);
	pthread_mutex_unlock(&views->lock);
}
