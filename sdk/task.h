/* Tasks: intrusive, so that posting one cannot fail. What bounds a queue is that each room has a fixed number of them under way. */
#ifndef LQ_SDK_TASK_H
#define LQ_SDK_TASK_H

#include <pthread.h>

typedef struct lq__task lq__task;
struct lq__task {
	lq__task *next;
	void (*run)(lq__task *task); /* may free it or post it elsewhere */
};

typedef struct lq__tasks {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	lq__task *first, **last;
	int stop;
} lq__tasks;

void lq__tasks_init(lq__tasks *q);
void lq__tasks_finish(lq__tasks *q);
void lq__tasks_post(lq__tasks *q, lq__task *task); /* [any] */
void lq__tasks_run(lq__tasks *q);                  /* all that are there now, and those that they post */
void lq__tasks_serve(lq__tasks *q);                /* runs tasks until lq__tasks_stop, and what is left then */
void lq__tasks_stop(lq__tasks *q);                 /* [any] */

#endif
