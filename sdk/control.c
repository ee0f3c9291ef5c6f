#include "control.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/log.h>
#include <loquat/plugin/errors.h>

#include "signalling.h"

struct lq__control {
	struct lws_context *lws;
	lq__tasks tasks;
	pthread_t thread;
	atomic_int stop;
};

static const struct lws_protocols protocols[] = {
	{LQ__SIGNAL_PROTOCOL, lq__signal_callback, 0, 16384, 0, NULL, 0},
	{NULL, NULL, 0, 0, 0, NULL, 0},
};

static void emit_log(int level, const char *line)
{
	size_t n = strcspn(line, "\n");
	lq_log(level & LLL_ERR ? LQ_LOG_INFO : LQ_LOG_DEBUG, "sdk", "libwebsockets: %.*s", (int)n, line);
}

/* libwebsockets' log is one per process, and loud when a connection is refused, which we report ourselves. */
static void quiet_log(void)
{
	lws_set_log_level(LLL_ERR | LLL_WARN, emit_log);
}

/* libwebsockets may stay when this library is unloaded. */
__attribute__((destructor)) static void log_of_its_own(void)
{
	lws_set_log_level(LLL_ERR | LLL_WARN, NULL);
}

static void *run(void *arg)
{
	lq__control *c = arg;
	while (!atomic_load(&c->stop)) {
		lws_service(c->lws, 0);
		lq__tasks_run(&c->tasks);
	}
	lq__tasks_run(&c->tasks);
	return NULL;
}

int lq__control_create(lq__control **out)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = protocols,
		.gid = (gid_t)-1,
		.uid = (uid_t)-1,
		.fd_limit_per_thread = 1024, /* else one entry for each descriptor that the process may open */
		.connect_timeout_secs = 10,
	};
	lq__control *c = calloc(1, sizeof *c);
	if (!c)
		return LQ_ENOMEM;
	pthread_once(&once, quiet_log);
	lq__tasks_init(&c->tasks);
	c->lws = lws_create_context(&info);
	if (!c->lws)
		goto fail;
	if (pthread_create(&c->thread, NULL, run, c))
		goto fail;
	*out = c;
	return 0;
fail:
	if (c->lws)
		lws_context_destroy(c->lws);
	lq__tasks_finish(&c->tasks);
	free(c);
	return LQ_ENOMEM;
}

void lq__control_destroy(lq__control *c)
{
	if (!c)
		return;
	atomic_store(&c->stop, 1);
	lws_cancel_service(c->lws);
	pthread_join(c->thread, NULL);
	lws_context_destroy(c->lws);
	lq__tasks_finish(&c->tasks);
	free(c);
}

void lq__control_post(lq__control *c, lq__task *task)
{
	lq__tasks_post(&c->tasks, task);
	lws_cancel_service(c->lws);
}

struct lws_context *lq__control_lws(lq__control *c)
{
	return c->lws;
}

static void on_timer(lws_sorted_usec_list_t *sul)
{
	lq__timer *timer = lws_container_of(sul, lq__timer, sul);
	timer->fn(timer);
}

void lq__timer_set(lq__control *c, lq__timer *timer, uint32_t ms)
{
	lws_sul_schedule(c->lws, 0, &timer->sul, on_timer, (lws_usec_t)ms * LWS_US_PER_MS);
}

void lq__timer_cancel(lq__control *c, lq__timer *timer)
{
	lws_sul_schedule(c->lws, 0, &timer->sul, on_timer, LWS_SET_TIMER_USEC_CANCEL);
}
