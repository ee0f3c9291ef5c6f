#include "courier.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>

#include "base/alloc.h"

#define MAX_WAITING 8

typedef struct list {
	http_exchange *first, **end;
	int n;
} list;

struct courier {
	http_client *client;
	void (*done)(void *arg);
	void *arg;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t change;
	list waiting, over;
	int stopping;
	int64_t stop_at;
};

static int64_t clock_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * LQ_SEC + t.tv_nsec;
}

static void put(list *l, http_exchange *x)
{
	x->next = NULL;
	if (l->first)
		*l->end = x;
	else
		l->first = x;
	l->end = &x->next;
	l->n++;
}

static http_exchange *take(list *l)
{
	http_exchange *x = l->first;
	if (x) {
		l->first = x->next;
		l->n--;
	}
	return x;
}

/* ---- the thread ---- */

static int is_late(void *arg)
{
	courier *c = arg;
	pthread_mutex_lock(&c->lock);
	int late = c->stopping && clock_now() > c->stop_at;
	pthread_mutex_unlock(&c->lock);
	return late;
}

/* NULL: it is time to end. */
static http_exchange *next(courier *c)
{
	pthread_mutex_lock(&c->lock);
	while (!c->waiting.first && !c->stopping)
		pthread_cond_wait(&c->change, &c->lock);
	http_exchange *x = take(&c->waiting);
	pthread_mutex_unlock(&c->lock);
	return x;
}

/* [locked] Nobody will hear of the session that this has made, so it is ended. */
static void give_back(courier *c, const http_exchange *made)
{
	http_exchange *x = made->location && !strcmp(made->method, "POST") ? http_new(0, "DELETE", made->location, NULL, NULL) : NULL;
	if (x)
		put(&c->waiting, x);
}

static void hand_over(courier *c, http_exchange *x)
{
	pthread_mutex_lock(&c->lock);
	if (c->stopping)
		give_back(c, x);
	put(&c->over, x);
	pthread_mutex_unlock(&c->lock);
}

static void *work(void *arg)
{
	courier *c = arg;
	for (http_exchange *x; (x = next(c));) {
		http_perform(c->client, x, is_late, c);
		hand_over(c, x);
		c->done(c->arg);
	}
	return NULL;
}

/* ---- the loop's side ---- */

int courier_start(const http_options *o, void (*done)(void *arg), void *arg, courier **out)
{
	courier *c = lq__calloc(1, sizeof *c);
	if (c)
		c->client = http_client_new(o);
	if (!c || !c->client) {
		lq__free(c);
		return LQ_ENOMEM;
	}
	c->done = done;
	c->arg = arg;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->change, NULL);
	if (!pthread_create(&c->thread, NULL, work, c)) {
		*out = c;
		return 0;
	}
	http_client_free(c->client);
	lq__free(c);
	return LQ_ENOMEM;
}

int courier_send(courier *c, http_exchange *x)
{
	int e = 0;
	pthread_mutex_lock(&c->lock);
	if (c->waiting.n == MAX_WAITING)
		e = LQ_EFULL;
	else
		put(&c->waiting, x);
	pthread_cond_signal(&c->change);
	pthread_mutex_unlock(&c->lock);
	if (e)
		http_free(x);
	return e;
}

http_exchange *courier_take(courier *c)
{
	pthread_mutex_lock(&c->lock);
	http_exchange *x = take(&c->over);
	pthread_mutex_unlock(&c->lock);
	return x;
}

void courier_stop(courier *c, int64_t linger)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->stopping = 1;
	c->stop_at = clock_now() + linger;
	for (const http_exchange *x = c->over.first; x; x = x->next)
		give_back(c, x);
	pthread_cond_signal(&c->change);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	for (http_exchange *x; (x = take(&c->waiting)) || (x = take(&c->over));)
		http_free(x);
	http_client_free(c->client);
	pthread_cond_destroy(&c->change);
	pthread_mutex_destroy(&c->lock);
	lq__free(c);
}
