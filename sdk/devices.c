/* Lists of devices. Nodes whose id is that of a kind ("capture.camera"), or begins with it and a dot ("capture.camera.virtual"), are asked. A device's public id is the
 * plugin's name, a colon, and what the node takes. */
#include "devices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <loquat/clock.h>
#include <loquat/log.h>

#include "engine.h"
#include "events.h"
#include "handles.h"

enum { KINDS = LQ_DEVICE_SCREEN + 1, SOURCES_MAX = 32, DEVICES_MAX = 64, LOOK_MS = 1000 };

static const char *const node_ids[KINDS] = {[LQ_DEVICE_CAMERA] = "capture.camera", [LQ_DEVICE_MICROPHONE] = "capture.microphone",
                                            [LQ_DEVICE_SPEAKER] = "render.speaker", [LQ_DEVICE_SCREEN] = "capture.screen"};

typedef struct source {
	lq_device_kind kind;
	int is_virtual;
	const lq_node_desc *desc;
	const lq_plugin *plugin;
} source;

typedef struct device {
	lq_device_info info;
	const source *source;
	char device[128];
} device;

typedef struct list {
	device at[DEVICES_MAX];
	unsigned n;
} list;

struct lq__devices {
	lq_engine *engine;
	lq_switch virtual_devices;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int has_sources, asking;
	source sources[SOURCES_MAX];
	unsigned n_sources;
	list known[KINDS]; /* as they were last told */
	int watched[KINDS];
	pthread_t thread;
	int has_thread, stop;
};

/* ---- the nodes that know devices ---- */

static lq_device_kind kind_of(const char *id, int *is_virtual)
{
	for (int kind = 1; kind < KINDS; kind++) {
		size_t n = strlen(node_ids[kind]);
		if (!strncmp(id, node_ids[kind], n) && (!id[n] || id[n] == '.')) {
			*is_virtual = !strcmp(id + n, ".virtual");
			return (lq_device_kind)kind;
		}
	}
	return 0;
}

static int (*devices_op(const lq_node_desc *d))(uint32_t, lq_device *)
{
	return d->kind == LQ_KIND_CAPTURE ? ((const lq_capture_ops *)d->kind_ops)->devices : ((const lq_renderer_ops *)d->kind_ops)->devices;
}

static const char *device_param(const lq_node_desc *d)
{
	for (uint32_t i = 0; i < d->n_params; i++)
		if (!strcmp(d->params[i].name, "device") || !strcmp(d->params[i].name, "display"))
			return d->params[i].name;
	return NULL;
}

/* [media thread] */
static void collect(lq__devices *d)
{
	lq_diag *diag = lq_diag_create();
	lq_node_info info;
	int is_virtual;
	for (size_t i = 0; d->n_sources < SOURCES_MAX && !lq_registry_node(d->engine->registry, i, &info); i++) {
		lq_device_kind kind = kind_of(info.desc->id, &is_virtual);
		if (!kind)
			continue;
		if (lq_registry_node_loaded(d->engine->registry, i, diag, &info)) {
			lq_log(LQ_LOG_WARNING, "devices", "%s is left out: %s", info.plugin->name, diag && lq_diag_count(diag) ? lq_diag_text(diag, 0) : "");
			lq_diag_clear(diag);
		} else if (info.desc->kind_ops && devices_op(info.desc) && device_param(info.desc)) {
			d->sources[d->n_sources++] = (source){kind, is_virtual, info.desc, info.plugin};
		}
	}
	lq_diag_destroy(diag);
}

typedef struct question {
	lq__task task; /* first */
	lq__devices *devices;
} question;

static void run_collect(lq__task *task)
{
	lq__devices *d = ((question *)task)->devices;
	collect(d);
	pthread_mutex_lock(&d->lock);
	d->has_sources = 1;
	pthread_cond_broadcast(&d->changed);
	pthread_mutex_unlock(&d->lock);
	free(task);
}

/* With the lock held. The registry is the media thread's. */
static int need_sources(lq__devices *d)
{
	if (d->has_sources)
		return 0;
	if (lq__inside_of(d->engine) == LQ__INSIDE_FRAME)
		return LQ_EREENTRANT;
	if (!d->asking) {
		question *q = calloc(1, sizeof *q);
		if (!q)
			return LQ_ENOMEM;
		q->task.run = run_collect;
		q->devices = d;
		d->asking = 1;
		lq__tasks_post(&d->engine->media, &q->task);
	}
	while (!d->has_sources)
		pthread_cond_wait(&d->changed, &d->lock);
	return 0;
}

/* ---- lists ---- */

static void add_devices(const source *s, list *out)
{
	lq_device found;
	for (uint32_t i = 0; out->n < DEVICES_MAX; i++) {
		found = (lq_device){.struct_size = sizeof found};
		if (devices_op(s->desc)(i, &found))
			return;
		device *d = &out->at[out->n++];
		*d = (device){.info = {.size = sizeof d->info, .is_default = found.is_default != 0, .is_virtual = s->is_virtual}, .source = s};
		snprintf(d->info.id, sizeof d->info.id, "%.120s:%.*s", s->plugin->name, (int)sizeof found.id - 1, found.id);
		snprintf(d->info.name, sizeof d->info.name, "%.*s", (int)sizeof found.name - 1, found.name);
		snprintf(d->device, sizeof d->device, "%.*s", (int)sizeof found.id - 1, found.id);
	}
}

/* Exactly one is the default: the first real one that its plugin calls so, else the first. Real ones come first. */
static void one_default(list *l)
{
	unsigned best = 0;
	while (best < l->n && (!l->at[best].info.is_default || l->at[best].info.is_virtual))
		best++;
	for (unsigned i = 0; i < l->n; i++)
		l->at[i].info.is_default = i == (best < l->n ? best : 0);
}

/* With the lock held. Real devices, then virtual ones where they are wanted. */
static void look(lq__devices *d, lq_device_kind kind, list *out)
{
	out->n = 0;
	for (unsigned i = 0; i < d->n_sources; i++)
		if (d->sources[i].kind == kind && !d->sources[i].is_virtual)
			add_devices(&d->sources[i], out);
	const char *folder = getenv("LQ_VIRTUAL_DEVICES");
	if (d->virtual_devices == LQ_ON || (d->virtual_devices == LQ_DEFAULT && (!out->n || (folder && *folder))))
		for (unsigned i = 0; i < d->n_sources; i++)
			if (d->sources[i].kind == kind && d->sources[i].is_virtual)
				add_devices(&d->sources[i], out);
	one_default(out);
}

static const device *find(const list *l, const char *id)
{
	for (unsigned i = 0; i < l->n; i++)
		if (id ? !strcmp(l->at[i].info.id, id) : l->at[i].info.is_default)
			return &l->at[i];
	return NULL;
}

static void tell(lq__devices *d, lq_device_kind kind, const lq_device_info *info, int there)
{
	lq__events_push(d->engine->events, &(lq_sdk_event){.type = LQ_ON_DEVICE_CHANGED, .device = kind, .name = info->id, .text = info->name, .on = there});
}

/* With the lock held. */
static void tell_differences(lq__devices *d, lq_device_kind kind, const list *now)
{
	list *before = &d->known[kind];
	for (unsigned i = 0; i < before->n; i++)
		if (!find(now, before->at[i].info.id))
			tell(d, kind, &before->at[i].info, 0);
	for (unsigned i = 0; i < now->n; i++)
		if (!find(before, now->at[i].info.id))
			tell(d, kind, &now->at[i].info, 1);
	*before = *now;
}

/* ---- the watch ---- */

static void wait_ms(lq__devices *d, int64_t ms)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (!d->stop && pthread_cond_timedwait(&d->changed, &d->lock, &until) == 0)
		;
}

static void *watch(void *arg)
{
	lq__devices *d = arg;
	list *now = malloc(sizeof *now);
	pthread_mutex_lock(&d->lock);
	while (now && !d->stop) {
		wait_ms(d, LOOK_MS);
		for (int kind = 1; kind < KINDS && !d->stop; kind++)
			if (d->watched[kind]) {
				look(d, (lq_device_kind)kind, now);
				tell_differences(d, (lq_device_kind)kind, now);
			}
	}
	pthread_mutex_unlock(&d->lock);
	free(now);
	return NULL;
}

/* With the lock held. A list that was never asked for has no differences. */
static void begin_watch(lq__devices *d, lq_device_kind kind, const list *now)
{
	if (!d->watched[kind])
		d->known[kind] = *now;
	d->watched[kind] = 1;
	if (!d->has_thread)
		d->has_thread = !pthread_create(&d->thread, NULL, watch, d);
}

int lq__devices_create(lq_engine *engine, lq_switch virtual_devices, lq__devices **out)
{
	pthread_condattr_t attr;
	lq__devices *d = calloc(1, sizeof *d);
	if (!d)
		return LQ_ENOMEM;
	d->engine = engine;
	d->virtual_devices = virtual_devices;
	pthread_mutex_init(&d->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&d->changed, &attr);
	pthread_condattr_destroy(&attr);
	*out = d;
	return 0;
}

void lq__devices_destroy(lq__devices *d)
{
	if (!d)
		return;
	pthread_mutex_lock(&d->lock);
	d->stop = 1;
	pthread_cond_broadcast(&d->changed);
	int join = d->has_thread;
	pthread_mutex_unlock(&d->lock);
	if (join)
		pthread_join(d->thread, NULL);
	pthread_cond_destroy(&d->changed);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

/* ---- what is asked ---- */

int lq_devices(lq_engine *engine, lq_device_kind kind, lq_device_info *out, size_t max)
{
	if (lq__is_dead(engine))
		return LQ_ESTATE;
	if (!engine || kind < LQ_DEVICE_CAMERA || kind > LQ_DEVICE_SCREEN || (!out && max))
		return LQ_EINVAL;
	lq__devices *d = engine->devices;
	list *now = malloc(sizeof *now);
	if (!now)
		return LQ_ENOMEM;
	pthread_mutex_lock(&d->lock);
	int r = need_sources(d);
	if (!r) {
		look(d, kind, now);
		begin_watch(d, kind, now);
		r = (int)now->n;
	}
	pthread_mutex_unlock(&d->lock);
	for (size_t i = 0; r > 0 && i < (size_t)r && i < max; i++)
		out[i] = now->at[i].info;
	free(now);
	return r;
}

int lq__devices_find(lq__devices *d, lq_device_kind kind, const char *id, lq__chosen *out)
{
	list *now = malloc(sizeof *now);
	if (!now)
		return LQ_ENOMEM;
	pthread_mutex_lock(&d->lock);
	int r = need_sources(d);
	const device *found = NULL;
	if (!r) {
		look(d, kind, now);
		found = find(now, id);
		r = found ? 0 : LQ_ENODEV;
	}
	if (found) {
		const lq_node_desc *desc = found->source->desc;
		snprintf(out->id, sizeof out->id, "%s", found->info.id);
		snprintf(out->use, sizeof out->use, "%.64s@%.64s", desc->id, found->source->plugin->name);
		snprintf(out->param, sizeof out->param, "%s", device_param(desc));
		snprintf(out->device, sizeof out->device, "%s", found->device);
	}
	pthread_mutex_unlock(&d->lock);
	free(now);
	return r;
}
