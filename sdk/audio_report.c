#include "audio_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/clock.h>

#include "handles.h"
#include "media_private.h"
#include "room.h"
#include "room_task.h"

enum { SHORTEST_MS = 100, LONGEST_MS = 3600000, REPORTED_MAX = 512, HOLD_MS = 300 };

void lq__audio_report_init(lq__audio_report *r)
{
	lq__meters_init(&r->meters);
	atomic_init(&r->volumes_posted, 0);
}

void lq__audio_report_finish(lq__audio_report *r)
{
	for (lq__volume_set *v; (v = r->volumes); free(v))
		r->volumes = v->next;
	lq__meters_finish(&r->meters);
}

lq__meters *lq__room_meters(lq_room *room)
{
	return &room->report.meters;
}

/* ---- the report ---- */

static int64_t now_ms(void)
{
	return lq_clock_now(lq_clock_real()) / LQ_MSEC;
}

/* Under the room's lock. What was not set is 100. */
static int percent_of(const lq_room *room, const char *user, lq_stream stream)
{
	for (const lq__volume_set *v = room->report.volumes; v; v = v->next)
		if (v->stream == stream && !strcmp(v->user, user))
			return v->percent;
	return 100;
}

/* Ours as others hear it: what is muted is silent, what is made louder is louder. */
static void adjust_own(lq_room *room, lq_volume *v)
{
	pthread_mutex_lock(&room->lock);
	int percent = percent_of(room, "", v->stream);
	pthread_mutex_unlock(&room->lock);
	double level = v->volume / 255.0 * percent / 100;
	if (room->pubs[v->stream][LQ_AUDIO - 1].muted)
		level = 0;
	else if (percent == 100)
		return;
	level = level < 1 ? level : 1;
	v->volume = lq__level_volume(level);
	v->db = (float)lq__level_db(level);
}

static void tell_speaker(lq_room *room, const lq__speaker *s)
{
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_ACTIVE_SPEAKER, .user = s->user, .on = s->anybody});
}

static void report(lq_room *room, int interval, double smooth, int vad)
{
	lq__audio_report *r = &room->report;
	lq_volume *v = malloc(REPORTED_MAX * sizeof *v);
	if (!v) {
		lq__room_warn(room, LQ_ON_WARNING, LQ_ENOMEM, "no memory for a report of volumes");
		return;
	}
	uint32_t n = lq__meters_take(&r->meters, smooth, v, REPORTED_MAX);
	for (uint32_t i = 0; i < n; i++) {
		if (!*v[i].user)
			adjust_own(room, &v[i]);
		v[i].speaking = vad && v[i].db > LQ__SPEAKING_DB;
	}
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_AUDIO_REPORT, .volumes = v, .n_volumes = n});
	int changed = lq__speaker_update(&r->speaker, v, n, now_ms(), interval < HOLD_MS ? HOLD_MS : 0);
	lq__meters_release(&r->meters);
	free(v);
	if (changed)
		tell_speaker(room, &r->speaker);
}

/* Each in its turn, however late one is; those that were missed altogether are left out. */
static void set_timer(lq_room *room, int interval)
{
	lq__audio_report *r = &room->report;
	int64_t now = now_ms();
	r->next += lq__engine_ms(room->engine, (uint32_t)interval);
	if (r->next < now)
		r->next = now;
	lq__timer_set(room->engine->control, &r->timer, (uint32_t)(r->next - now));
}

static void on_timer(lq__timer *timer)
{
	lq_room *room = lws_container_of(timer, lq_room, report.timer);
	pthread_mutex_lock(&room->lock);
	int interval = room->report.interval_ms, vad = room->report.vad;
	double smooth = room->report.smooth;
	pthread_mutex_unlock(&room->lock);
	if (!interval || !room->joined_reported || room->finishing)
		return;
	report(room, interval, smooth, vad);
	set_timer(room, interval);
}

void lq__audio_report_stop(lq_room *room)
{
	lq__timer_cancel(room->engine->control, &room->report.timer);
	atomic_store(&room->report.meters.on, 0);
	room->report.speaker = (lq__speaker){0};
}

void lq__audio_report_start(lq_room *room)
{
	lq__audio_report *r = &room->report;
	pthread_mutex_lock(&room->lock);
	int interval = r->interval_ms;
	pthread_mutex_unlock(&room->lock);
	lq__timer_cancel(room->engine->control, &r->timer);
	atomic_store(&r->meters.on, interval > 0);
	if (!interval || !room->joined_reported || room->finishing)
		return;
	r->timer.fn = on_timer;
	r->next = now_ms();
	set_timer(room, interval);
}

int lq_audio_report(lq_room *room, const lq_audio_report_params *p)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	if (!room || !p || p->size < sizeof *p || !(p->smooth >= 0 && p->smooth <= 1))
		return LQ_EINVAL;
	if (p->interval_ms > LONGEST_MS)
		return LQ_ERANGE;
	pthread_mutex_lock(&room->lock);
	room->report.interval_ms = p->interval_ms <= 0 ? 0 : p->interval_ms < SHORTEST_MS ? SHORTEST_MS : p->interval_ms;
	room->report.smooth = p->smooth > 0 ? p->smooth : 1;
	room->report.vad = p->vad == LQ_ON;
	pthread_mutex_unlock(&room->lock);
	return lq__room_run(room, lq__audio_report_start);
}

/* ---- volumes ---- */

/* An encoder applies it to our own sound, so that it holds for any source. */
static void set_own_gain(lq_node *node, int64_t value, lq_room *room)
{
	while (node && lq_node_descriptor(node)->kind != LQ_KIND_CODEC) {
		lq_link *in = lq_node_link(node, LQ_IN, 0);
		node = in ? lq_link_from(in) : NULL;
	}
	char text[32];
	snprintf(text, sizeof text, "%.3f", value / 1000.0);
	if (!node || lq_node_set_param(node, "gain", text, "volume", NULL))
		lq__room_warn(room, LQ_ON_WARNING, LQ_ENOTSUP, "the volume of our sound cannot be set: it comes encoded, or its encoder has no \"gain\"");
}

static void put(lq_room *room, lq__media *m, const lq__media_track *t, int percent)
{
	char group[LQ__GROUP_MAX];
	lq_link *l;
	if (*t->user) {
		lq__media_tell_sinks(m, t, &(lq_event){.type = LQ_EVENT_INPUT_GAIN, .value = percent * 10});
		return;
	}
	lq__group_name(t, group);
	lq_node *net = lq_graph_find(lq__media_graph(m), "shared/net");
	for (uint32_t i = 0; (l = lq_node_link(net, LQ_IN, i)); i++)
		if (lq__in_group(lq_link_from(l), group))
			set_own_gain(lq_link_from(l), percent * 10, room);
}

void lq__volume_apply(lq_room *room, lq__media *m, const lq__media_track *t)
{
	if (t->kind != LQ_AUDIO)
		return;
	pthread_mutex_lock(&room->lock);
	int percent = percent_of(room, t->user, t->stream);
	pthread_mutex_unlock(&room->lock);
	if (percent != 100)
		put(room, m, t, percent);
}

/* Copies them, since the graph is not to be touched under a lock. */
static lq__volume_set *copy_all(lq_room *room, unsigned *n)
{
	pthread_mutex_lock(&room->lock);
	lq__volume_set *all = calloc(room->report.n_volumes ? room->report.n_volumes : 1, sizeof *all);
	*n = 0;
	for (const lq__volume_set *v = room->report.volumes; all && v; v = v->next)
		all[(*n)++] = *v;
	pthread_mutex_unlock(&room->lock);
	return all;
}

static void work_volumes(lq__job *job)
{
	lq_room *room = job->room;
	unsigned n;
	atomic_store(&room->report.volumes_posted, 0);
	lq__volume_set *all = copy_all(room, &n);
	for (unsigned i = 0; all && room->media && i < n; i++) {
		lq__media_track t = {.stream = all[i].stream, .kind = LQ_AUDIO};
		memcpy(t.user, all[i].user, sizeof t.user);
		if (lq__media_has(room->media, &t))
			put(room, room->media, &t, all[i].percent);
	}
	free(all);
}

/* Under the room's lock. */
static int remember(lq_room *room, const char *user, lq_stream stream, int percent)
{
	lq__volume_set *v = room->report.volumes;
	while (v && (v->stream != stream || strcmp(v->user, user)))
		v = v->next;
	if (!v) {
		if (room->report.n_volumes == LQ__VOLUMES_MAX)
			return LQ_EFULL;
		if (!(v = calloc(1, sizeof *v)))
			return LQ_ENOMEM;
		memcpy(v->user, user, strlen(user) + 1);
		v->stream = stream;
		v->next = room->report.volumes;
		room->report.volumes = v;
		room->report.n_volumes++;
	}
	v->percent = percent;
	return 0;
}

static int good(const char *user, lq_stream stream)
{
	return (unsigned)stream < LQ__STREAMS && (!*user || !lq__user_check(user));
}

int lq_volume_set(lq_room *room, const char *user, lq_stream stream, int percent)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	user = user ? user : "";
	if (!room || !good(user, stream))
		return LQ_EINVAL;
	if (percent < 0 || percent > LQ__VOLUME_TOP)
		return LQ_ERANGE;
	pthread_mutex_lock(&room->lock);
	int r = remember(room, user, stream, percent);
	pthread_mutex_unlock(&room->lock);
	if (r || atomic_exchange(&room->report.volumes_posted, 1))
		return r;
	lq__job *job = lq__job_new(room, 0, work_volumes, NULL);
	if (job)
		lq__job_post(job);
	else
		atomic_store(&room->report.volumes_posted, 0);
	return job ? 0 : LQ_ENOMEM;
}

int lq_volume_get(lq_room *room, const char *user, lq_stream stream)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	user = user ? user : "";
	if (!room || !good(user, stream))
		return LQ_EINVAL;
	pthread_mutex_lock(&room->lock);
	int percent = percent_of(room, user, stream);
	pthread_mutex_unlock(&room->lock);
	return percent;
}
