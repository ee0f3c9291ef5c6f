/* Short looks at the server without a node: is it there, and what has it? On a main loop of their own, without a thread. */
#include <pulse/pulseaudio.h>
#include <stdio.h>
#include <string.h>

#include "pulse.h"

#define PATIENCE 180000 /* us for a whole look */
#define MAX_DEVICES 64

typedef struct look {
	pa_mainloop *loop;
	pa_context *context;
	pa_usec_t deadline;
	char default_name[128];
	lq_device devices[MAX_DEVICES];
	uint8_t is_monitor[MAX_DEVICES];
	uint32_t n;
} look;

/* Lets libpulse work until something has happened. 0: time is up. */
static int turn(look *l)
{
	pa_usec_t now = pa_rtclock_now();
	if (now >= l->deadline)
		return 0;
	if (pa_mainloop_prepare(l->loop, (int)(l->deadline - now)) < 0)
		return 0;
	return pa_mainloop_poll(l->loop) >= 0 && pa_mainloop_dispatch(l->loop) >= 0;
}

static void look_end(look *l)
{
	if (l->context) {
		pa_context_disconnect(l->context);
		pa_context_unref(l->context);
	}
	if (l->loop)
		pa_mainloop_free(l->loop);
}

/* `text` gets the reason of a failure. look_end in any case. */
static int look_begin(look *l, char *text, size_t size)
{
	*l = (look){.deadline = pa_rtclock_now() + PATIENCE};
	l->loop = pa_mainloop_new();
	l->context = l->loop ? pa_context_new(pa_mainloop_get_api(l->loop), "Loquat") : NULL;
	if (!l->context) {
		snprintf(text, size, "out of memory");
		return LQ_ENOMEM;
	}
	int asked = pa_context_connect(l->context, NULL, PA_CONTEXT_NOAUTOSPAWN, NULL) >= 0, in_time = 1;
	pa_context_state_t state = PA_CONTEXT_FAILED;
	while (asked && in_time && (state = pa_context_get_state(l->context)) != PA_CONTEXT_READY && PA_CONTEXT_IS_GOOD(state))
		in_time = turn(l);
	if (state == PA_CONTEXT_READY)
		return 0;
	snprintf(text, size, "no PulseAudio server: %s", in_time ? pa_strerror(pa_context_errno(l->context)) : "it does not answer");
	return LQ_ENODEV;
}

/* Waits for an answer and releases `op`, which may be NULL. */
static int finish(look *l, pa_operation *op)
{
	int in_time = op != NULL;
	while (in_time && pa_operation_get_state(op) == PA_OPERATION_RUNNING)
		in_time = turn(l);
	if (op)
		pa_operation_unref(op);
	return in_time;
}

static void add(look *l, const char *name, const char *description, int is_monitor)
{
	if (l->n == MAX_DEVICES)
		return;
	lq_device *d = &l->devices[l->n];
	*d = (lq_device){.struct_size = sizeof *d, .is_default = !strcmp(name, l->default_name)};
	snprintf(d->id, sizeof d->id, "%s", name);
	snprintf(d->name, sizeof d->name, "%s", description ? description : name);
	l->is_monitor[l->n++] = is_monitor != 0;
}

static void on_sink(pa_context *c, const pa_sink_info *i, int end, void *arg)
{
	if (i && !end)
		add(arg, i->name, i->description, 0);
}

static void on_source(pa_context *c, const pa_source_info *i, int end, void *arg)
{
	if (i && !end)
		add(arg, i->name, i->description, i->monitor_of_sink != PA_INVALID_INDEX);
}

static void on_server(pa_context *c, const pa_server_info *i, void *arg)
{
	look *l = arg;
	if (i)
		snprintf(l->default_name, sizeof l->default_name, "%s", i->default_sink_name ? i->default_sink_name : "");
}

static void on_server_source(pa_context *c, const pa_server_info *i, void *arg)
{
	look *l = arg;
	if (i)
		snprintf(l->default_name, sizeof l->default_name, "%s", i->default_source_name ? i->default_source_name : "");
}

int lq__pulse_probe(char *text, size_t size)
{
	look l;
	int r = look_begin(&l, text, size);
	look_end(&l);
	return r;
}

/* Monitors come last: who opens the first microphone does not want to hear the speaker. */
static const lq_device *pick(const look *l, uint32_t i)
{
	for (int monitors = 0; monitors < 2; monitors++)
		for (uint32_t k = 0; k < l->n; k++)
			if (l->is_monitor[k] == monitors && i-- == 0)
				return &l->devices[k];
	return NULL;
}

int lq__pulse_device(int sinks, uint32_t i, lq_device *out)
{
	look l;
	char text[160];
	const lq_device *found = NULL;
	if (!look_begin(&l, text, sizeof text) && finish(&l, pa_context_get_server_info(l.context, sinks ? on_server : on_server_source, &l)) &&
	    finish(&l, sinks ? pa_context_get_sink_info_list(l.context, on_sink, &l) : pa_context_get_source_info_list(l.context, on_source, &l)))
		found = pick(&l, i);
	if (found)
		*out = *found;
	look_end(&l);
	return found ? 0 : LQ_END;
}
