#include "task.h"

#include <stddef.h>

void lq__tasks_init(lq__tasks *q)
{
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->changed, NULL);
	q->first = NULL;
	q->last = &q->first;
	q->stop = 0;
}

void lq__tasks_finish(lq__tasks *q)
{
	pthread_cond_destroy(&q->changed);
	pthread_mutex_destroy(&q->lock);
}

void lq__tasks_post(lq__tasks *q, lq__task *task)
{
	task->next = NULL;
	pthread_mutex_lock(&q->lock);
	*q->last = task;
	q->last = &task->next;
	pthread_cond_signal(&q->changed);
	pthread_mutex_unlock(&q->lock);
}

static lq__task *take(lq__tasks *q, int wait)
{
	pthread_mutex_lock(&q->lock);
	while (wait && !q->first && !q->stop)
		pthread_cond_wait(&q->changed, &q->lock);
	lq__task *t = q->first;
	if (t) {
		q->first = t->next;
		if (!q->first)
			q->last = &q->first;
	}
	pthread_mutex_unlock(&q->lock);
	return t;
}

void lq__tasks_run(lq__tasks *q)
{
	lq__task *t;
	while ((t = take(q, 0)))
		t->run(t);
}

void lq__tasks_serve(lq__tasks *q)
{
	lq__task *t;
	while ((t = take(q, 1)))
		t->run(t);
}

void lq__tasks_stop(lq__tasks *q)
{
	pthread_mutex_lock(&q->lock);
	q->stop = 1;
	pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->lock);
}
