#include "bench/cost.h"

#include <loquat/log.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int over;

int cost_create(const lq_host *host, const lq_value *values, void **self)
{
	cost_node *n = calloc(1, sizeof *n);
	if (!n)
		return LQ_ENOMEM;
	n->host = host;
	*self = n;
	return 0;
}

void cost_destroy(void *self)
{
	cost_node *n = self;
	n->host->format_unref(n->host, n->out);
	free(n);
}

int cost_set_output(void *self, uint32_t port, const lq_format *fmt)
{
	cost_node *n = self;
	n->host->format_ref(n->host, fmt);
	n->host->format_unref(n->host, n->out);
	n->out = fmt;
	return 0;
}

void cost_check(int r, const lq_diag *diag)
{
	if (r >= 0)
		return;
	fprintf(stderr, "%s\n", lq_diag_count(diag) ? lq_diag_text(diag, 0) : lq_error_text(r));
	exit(1);
}

void cost_on_event(void *arg, lq_node *n, const lq_event *e)
{
	if (e->type != LQ_EVENT_EOS || strcmp(lq_node_descriptor(n)->id, "cost.sink"))
		return;
	pthread_mutex_lock(&lock);
	over = 1;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
}

void cost_wait(void)
{
	pthread_mutex_lock(&lock);
	while (!over)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

int64_t cost_processor(int who)
{
	struct rusage u;
	getrusage(who, &u);
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * LQ_SEC + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000;
}
