#include "device_test.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <loquat/log.h>

#include "engine.h"
#include "events.h"
#include "handles.h"
#include "meters.h"
#include "views.h"

enum { SHORTEST_MS = 100, USUAL_MS = 200, LONGEST_MS = 3600000 };

struct lq__device_test {
	lq_engine *engine;
	lq__chosen device;
	int is_speaker;
	lq_graph *graph;
	lq__meters meters;
	/* of a microphone: the thread that reports */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int interval_ms, has_thread, stop;
};

/* ---- on the media thread, which makes and ends all graphs ---- */

typedef struct asking {
	lq__task task; /* first */
	void (*fn)(struct asking *a);
	lq__device_test *test;
	pthread_mutex_t lock;
	pthread_cond_t answered;
	int done, result;
} asking;

static void run(lq__task *task)
{
	asking *a = (asking *)task;
	a->fn(a);
	pthread_mutex_lock(&a->lock);
	a->done = 1;
	pthread_cond_signal(&a->answered);
	pthread_mutex_unlock(&a->lock);
}

static int ask(lq__device_test *t, void (*fn)(asking *))
{
	asking a = {.task = {.run = run}, .fn = fn, .test = t};
	pthread_mutex_init(&a.lock, NULL);
	pthread_cond_init(&a.answered, NULL);
	lq__tasks_post(&t->engine->media, &a.task);
	pthread_mutex_lock(&a.lock);
	while (!a.done)
		pthread_cond_wait(&a.answered, &a.lock);
	pthread_mutex_unlock(&a.lock);
	pthread_cond_destroy(&a.answered);
	pthread_mutex_destroy(&a.lock);
	return a.result;
}

/* [any loop] */
static void on_event(void *arg, lq_node *node, const lq_event *event)
{
	const lq__device_test *t = arg;
	if (event->type != LQ_EVENT_ERROR && event->type != LQ_EVENT_WARNING)
		return;
	lq__events_push(t->engine->events, &(lq_sdk_event){.type = LQ_ON_WARNING, .code = event->value < 0 ? (int)event->value : LQ_EIO, .name = t->device.id,
	                                                   .text = event->text});
}

static int attach_meter(lq__device_test *t, lq_node *tap, lq_diag *diag)
{
	lq__meter *meter = lq__meter_ref(&t->meters, "", LQ_STREAM_MAIN);
	int r = meter ? lq_node_call(tap, lq__tap_meter, meter, "meter", diag) : LQ_ENOMEM;
	if (r)
		lq__meter_unref(meter);
	return r;
}

static int build(lq__device_test *t, lq_diag *diag)
{
	const lq_param_text param = {t->device.param, t->device.device};
	lq_node *source, *sink;
	lq_node_config from = {.name = "source", .use = t->is_speaker ? "capture.tone" : t->device.use, .group = "test"};
	lq_node_config to = {.name = "sink", .use = t->is_speaker ? t->device.use : LQ__TAP_ID, .group = "test"};
	lq_node_config *device = t->is_speaker ? &to : &from;
	device->params = &param;
	device->n_params = 1;
	int r = lq_graph_add_node(t->graph, &from, "device test", diag, &source);
	if (!r)
		r = lq_graph_add_node(t->graph, &to, "device test", diag, &sink);
	if (!r && !t->is_speaker)
		r = attach_meter(t, sink, diag);
	if (!r)
		r = lq_graph_link(t->graph, source, NULL, sink, "in", NULL, "device test", diag, NULL);
	return r ? r : lq_graph_start(t->graph, "test", diag);
}

static void start_graph(asking *a)
{
	lq__device_test *t = a->test;
	lq_graph_config gc = {.registry = t->engine->registry, .threads = 1, .event_fn = on_event, .event_arg = t};
	lq_diag *diag = lq_diag_create();
	a->result = diag ? lq_graph_create(&gc, &t->graph) : LQ_ENOMEM;
	if (!a->result)
		a->result = build(t, diag);
	if (a->result)
		lq_log(LQ_LOG_WARNING, "devices", "test of %s: %s", t->device.id, diag && lq_diag_count(diag) ? lq_diag_text(diag, 0) : lq_error_text(a->result));
	lq_diag_destroy(diag);
}

static void stop_graph(asking *a)
{
	lq_graph_destroy(a->test->graph);
}

/* ---- the report ---- */

static void report(lq__device_test *t)
{
	lq_volume v;
	uint32_t n = lq__meters_take(&t->meters, 1, &v, 1);
	if (n)
		v.speaking = v.db > -45;
	lq__events_push(t->engine->events, &(lq_sdk_event){.type = LQ_ON_AUDIO_REPORT, .name = t->device.id, .volumes = &v, .n_volumes = n});
	lq__meters_release(&t->meters);
}

static void *report_loop(void *arg)
{
	lq__device_test *t = arg;
	struct timespec next;
	clock_gettime(CLOCK_MONOTONIC, &next);
	pthread_mutex_lock(&t->lock);
	while (!t->stop) {
		next.tv_sec += t->interval_ms / 1000;
		next.tv_nsec += t->interval_ms % 1000 * 1000000L;
		next.tv_sec += next.tv_nsec / 1000000000L;
		next.tv_nsec %= 1000000000L;
		while (!t->stop && pthread_cond_timedwait(&t->changed, &t->lock, &next) == 0)
			;
		if (!t->stop)
			report(t);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

/* ---- start and stop ---- */

static lq__device_test *test_new(lq_engine *engine, int is_speaker, int interval_ms)
{
	pthread_condattr_t attr;
	lq__device_test *t = calloc(1, sizeof *t);
	if (!t)
		return NULL;
	t->engine = engine;
	t->is_speaker = is_speaker;
	t->interval_ms = interval_ms <= 0 ? USUAL_MS : interval_ms < SHORTEST_MS ? SHORTEST_MS : interval_ms;
	lq__meters_init(&t->meters);
	atomic_store(&t->meters.on, 1);
	pthread_mutex_init(&t->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&t->changed, &attr);
	pthread_condattr_destroy(&attr);
	return t;
}

static void test_end(lq__device_test *t)
{
	pthread_mutex_lock(&t->lock);
	t->stop = 1;
	pthread_cond_broadcast(&t->changed);
	pthread_mutex_unlock(&t->lock);
	if (t->has_thread)
		pthread_join(t->thread, NULL);
	if (t->graph)
		ask(t, stop_graph);
	lq__meters_finish(&t->meters);
	pthread_cond_destroy(&t->changed);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static int test_begin(lq__device_test *t)
{
	int r = ask(t, start_graph);
	if (!r && !t->is_speaker) {
		t->has_thread = !pthread_create(&t->thread, NULL, report_loop, t);
		r = t->has_thread ? 0 : LQ_ENOMEM;
	}
	return r;
}

static lq__device_test **place_of(lq_engine *engine, lq_device_kind kind)
{
	return kind == LQ_DEVICE_MICROPHONE ? &engine->device_tests[0] : kind == LQ_DEVICE_SPEAKER ? &engine->device_tests[1] : NULL;
}

int lq_device_test_start(lq_engine *engine, lq_device_kind kind, const char *id, int interval_ms)
{
	if (lq__is_dead(engine))
		return LQ_ESTATE;
	lq__device_test **place = engine ? place_of(engine, kind) : NULL;
	if (!place || (id && !*id))
		return LQ_EINVAL;
	if (interval_ms > LONGEST_MS)
		return LQ_ERANGE;
	if (lq__inside_of(engine) == LQ__INSIDE_FRAME)
		return LQ_EREENTRANT;
	lq__device_test *t = test_new(engine, kind == LQ_DEVICE_SPEAKER, interval_ms);
	if (!t)
		return LQ_ENOMEM;
	pthread_mutex_lock(&engine->test_lock);
	int r = *place ? LQ_EEXIST : lq__devices_find(engine->devices, kind, id, &t->device);
	if (!r)
		r = test_begin(t);
	if (!r)
		*place = t;
	pthread_mutex_unlock(&engine->test_lock);
	if (r)
		test_end(t);
	return r;
}

static int stop(lq_engine *engine, lq__device_test **place)
{
	pthread_mutex_lock(&engine->test_lock);
	lq__device_test *t = *place;
	*place = NULL;
	pthread_mutex_unlock(&engine->test_lock);
	if (!t)
		return LQ_ESTATE;
	test_end(t);
	return 0;
}

int lq_device_test_stop(lq_engine *engine, lq_device_kind kind)
{
	if (lq__is_dead(engine))
		return LQ_ESTATE;
	lq__device_test **place = engine ? place_of(engine, kind) : NULL;
	if (!place)
		return LQ_EINVAL;
	if (lq__inside_of(engine) == LQ__INSIDE_FRAME)
		return LQ_EREENTRANT;
	return stop(engine, place);
}

void lq__device_tests_stop(lq_engine *engine)
{
	for (size_t i = 0; i < sizeof engine->device_tests / sizeof *engine->device_tests; i++)
		stop(engine, &engine->device_tests[i]);
}
