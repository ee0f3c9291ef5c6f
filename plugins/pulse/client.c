#include "client.h"

#include <stdio.h>
#include <string.h>

#include "../common/util.h"
#include "pulse.h"

#define OPEN_PATIENCE (3 * LQ_SEC)
#define MAX_ATTEMPTS 6
#define FIRST_PAUSE (250 * LQ_MSEC) /* doubles with each attempt */

enum { DOWN, CONNECTING, UP, FAILED };

/* [pulse] */
static void changed(lq__client *c, int state)
{
	c->state = state;
	atomic_store(&c->news, 1);
	pa_threaded_mainloop_signal(c->loop, 0);
	c->host->wake_at(c->host, c->host->now(c->host));
}

/* [pulse] Keeps the first reason. */
static void failed(lq__client *c, const char *what)
{
	if (c->state == FAILED || c->state == DOWN)
		return;
	snprintf(c->reason, sizeof c->reason, "%s: %s", what, pa_strerror(pa_context_errno(c->context)));
	changed(c, FAILED);
}

static void on_stream_state(pa_stream *s, void *arg)
{
	lq__client *c = arg;
	char what[170];
	pa_stream_state_t state = pa_stream_get_state(s);
	if (state == PA_STREAM_READY) {
		changed(c, UP);
	} else if (!PA_STREAM_IS_GOOD(state)) {
		if (c->state == UP)
			snprintf(what, sizeof what, "PulseAudio took the %s away", c->is_playback ? "speaker" : "microphone");
		else
			snprintf(what, sizeof what, "PulseAudio gives no %s%s%s", c->is_playback ? "speaker" : "microphone", *c->device ? " " : "", c->device);
		failed(c, what);
	}
}

static void make_stream(lq__client *c)
{
	const pa_sample_spec spec = {.format = PA_SAMPLE_FLOAT32NE, .rate = LQ__PULSE_RATE, .channels = (uint8_t)c->channels};
	const pa_stream_flags_t flags = PA_STREAM_ADJUST_LATENCY | PA_STREAM_AUTO_TIMING_UPDATE | PA_STREAM_INTERPOLATE_TIMING;
	const char *device = *c->device ? c->device : NULL;
	c->stream = pa_stream_new(c->context, c->is_playback ? "speaker" : "microphone", &spec, NULL);
	if (!c->stream) {
		failed(c, "PulseAudio makes no stream");
		return;
	}
	pa_stream_set_state_callback(c->stream, on_stream_state, c);
	c->prepare(c->arg, c->stream);
	int r = c->is_playback ? pa_stream_connect_playback(c->stream, device, &c->attr, flags, NULL, NULL)
	                       : pa_stream_connect_record(c->stream, device, &c->attr, flags);
	if (r < 0)
		failed(c, "PulseAudio connects no stream");
}

static void on_change_of_devices(pa_context *context, pa_subscription_event_type_t type, uint32_t index, void *arg)
{
	lq__client *c = arg;
	uint32_t what = type & PA_SUBSCRIPTION_EVENT_TYPE_MASK, of = type & PA_SUBSCRIPTION_EVENT_FACILITY_MASK;
	if (what == PA_SUBSCRIPTION_EVENT_CHANGE && of != PA_SUBSCRIPTION_EVENT_SERVER) /* of a volume, mostly */
		return;
	atomic_store(&c->devices_changed, 1);
	atomic_store(&c->news, 1);
	c->host->wake_at(c->host, c->host->now(c->host));
}

static void on_context_state(pa_context *context, void *arg)
{
	lq__client *c = arg;
	pa_context_state_t state = pa_context_get_state(context);
	if (state == PA_CONTEXT_READY) {
		pa_context_set_subscribe_callback(context, on_change_of_devices, c);
		pa_subscription_mask_t mask = PA_SUBSCRIPTION_MASK_SERVER | (c->is_playback ? PA_SUBSCRIPTION_MASK_SINK : PA_SUBSCRIPTION_MASK_SOURCE);
		pa_operation *op = pa_context_subscribe(context, mask, NULL, NULL);
		if (op)
			pa_operation_unref(op);
		make_stream(c);
	} else if (!PA_CONTEXT_IS_GOOD(state)) {
		failed(c, c->state == UP ? "the PulseAudio server has gone" : "no PulseAudio server");
	}
}

/* [loop, under lock] */
static void drop(lq__client *c)
{
	c->state = DOWN;
	if (c->stream) {
		pa_stream_set_state_callback(c->stream, NULL, NULL);
		pa_stream_set_read_callback(c->stream, NULL, NULL);
		pa_stream_set_write_callback(c->stream, NULL, NULL);
		pa_stream_set_underflow_callback(c->stream, NULL, NULL);
		pa_stream_set_started_callback(c->stream, NULL, NULL);
		pa_stream_disconnect(c->stream);
		pa_stream_unref(c->stream);
	}
	if (c->context) {
		pa_context_set_state_callback(c->context, NULL, NULL);
		pa_context_set_subscribe_callback(c->context, NULL, NULL);
		pa_context_disconnect(c->context);
		pa_context_unref(c->context);
	}
	c->stream = NULL;
	c->context = NULL;
}

/* [loop, under lock] Sets out; what becomes of it comes by callback. Returns LQ_ENOMEM when not even that. */
static int set_out(lq__client *c)
{
	drop(c);
	c->reason[0] = 0;
	c->context = pa_context_new(pa_threaded_mainloop_get_api(c->loop), "Loquat");
	if (!c->context)
		return LQ_ENOMEM;
	c->state = CONNECTING;
	pa_context_set_state_callback(c->context, on_context_state, c);
	if (pa_context_connect(c->context, NULL, PA_CONTEXT_NOAUTOSPAWN, NULL) < 0)
		failed(c, "no PulseAudio server");
	return 0;
}

static void on_time_out(pa_mainloop_api *api, pa_time_event *e, const struct timeval *tv, void *arg)
{
	lq__client *c = arg;
	c->timed_out = 1;
	pa_threaded_mainloop_signal(c->loop, 0);
}

/* [loop, under lock] */
static int wait_for_it(lq__client *c)
{
	c->timed_out = 0;
	pa_time_event *timer = pa_context_rttime_new(c->context, pa_rtclock_now() + OPEN_PATIENCE / 1000, on_time_out, c);
	if (!timer)
		return LQ_ENOMEM;
	while (c->state == CONNECTING && !c->timed_out)
		pa_threaded_mainloop_wait(c->loop);
	pa_threaded_mainloop_get_api(c->loop)->time_free(timer);
	if (c->state == UP)
		return 0;
	return c->host->fail(c->host, LQ_ENODEV, "%s", c->state == FAILED ? c->reason : "the PulseAudio server does not answer");
}

int lq__client_open(lq__client *c)
{
	c->timer = LQ_TIME_NONE;
	c->attempts = 0;
	c->loop = pa_threaded_mainloop_new();
	if (!c->loop)
		return LQ_ENOMEM;
	if (pa_threaded_mainloop_start(c->loop) < 0) {
		pa_threaded_mainloop_free(c->loop);
		c->loop = NULL;
		return c->host->fail(c->host, LQ_ENOMEM, "no thread for libpulse");
	}
	pa_threaded_mainloop_lock(c->loop);
	int r = set_out(c);
	if (!r)
		r = wait_for_it(c);
	atomic_store(&c->news, 0); /* what comes after the unlock is news */
	pa_threaded_mainloop_unlock(c->loop);
	if (r)
		lq__client_close(c);
	return r;
}

void lq__client_close(lq__client *c)
{
	if (!c->loop)
		return;
	pa_threaded_mainloop_lock(c->loop);
	drop(c);
	pa_threaded_mainloop_unlock(c->loop);
	pa_threaded_mainloop_stop(c->loop);
	pa_threaded_mainloop_free(c->loop);
	c->loop = NULL;
}

static int get_state(lq__client *c, char *reason, size_t size)
{
	pa_threaded_mainloop_lock(c->loop);
	int state = c->state;
	snprintf(reason, size, "%s", c->reason);
	pa_threaded_mainloop_unlock(c->loop);
	return state;
}

/* What was up has gone, or an attempt has failed: once more, later. */
static void on_failure(lq__client *c, const char *reason, int64_t now)
{
	char text[300];
	pa_threaded_mainloop_lock(c->loop);
	drop(c);
	pa_threaded_mainloop_unlock(c->loop);
	if (c->attempts == MAX_ATTEMPTS) {
		snprintf(text, sizeof text, "%s; gave up after %d attempts", reason, MAX_ATTEMPTS);
		c->timer = LQ_TIME_NONE;
		lq__tell(c->host, LQ_EVENT_ERROR, 0, LQ_ECONN, text);
		return;
	}
	if (!c->attempts) {
		snprintf(text, sizeof text, "%s; trying again", reason);
		lq__tell(c->host, LQ_EVENT_ERROR, 0, LQ_ECONN, text);
	}
	c->timer = now + (FIRST_PAUSE << c->attempts++);
}

static void on_up(lq__client *c)
{
	c->timer = LQ_TIME_NONE;
	if (!c->attempts)
		return;
	c->attempts = 0;
	c->reconnects++;
	c->host->log(c->host, LQ_LOG_INFO, "PulseAudio is back");
	lq__tell(c->host, LQ_EVENT_DEVICE, 0, 0, NULL);
}

int64_t lq__client_run(lq__client *c, int64_t now)
{
	char reason[200];
	if (!c->loop)
		return LQ_TIME_NONE;
	if (atomic_exchange(&c->devices_changed, 0))
		lq__tell(c->host, LQ_EVENT_DEVICE, 0, 0, NULL);
	int due = c->timer != LQ_TIME_NONE && now >= c->timer;
	if (!atomic_exchange(&c->news, 0) && !due)
		return c->timer;
	int state = get_state(c, reason, sizeof reason);
	if (state == UP) {
		on_up(c);
	} else if (state == FAILED) {
		on_failure(c, reason, now);
	} else if (due && state == CONNECTING) {
		on_failure(c, "the PulseAudio server does not answer", now);
	} else if (due) {
		pa_threaded_mainloop_lock(c->loop);
		int r = set_out(c);
		pa_threaded_mainloop_unlock(c->loop);
		c->timer = now + OPEN_PATIENCE;
		if (r)
			on_failure(c, "out of memory", now);
	}
	return c->timer;
}
