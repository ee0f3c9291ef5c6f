/* Snapshots: each is a node on the stream's picture for as long as it takes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/clock.h>
#include <loquat/log.h>

#include "room.h"

enum { SNAPSHOTS_MAX = 16, PATH_MAX_BYTES = 4096 };
#define PATIENCE (5 * LQ_SEC)

static void finish(lq_room *room, lq__snapshot *s, int code, const char *text)
{
	uint32_t w = 0, h = 0;
	if (!code)
		lq__views_size(room->views, s->user, s->stream, &w, &h);
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_SNAPSHOT, .user = s->user, .stream = s->stream, .kind = LQ_VIDEO, .name = s->path, .width = w,
	                                     .height = h, .code = code, .text = text});
	pthread_mutex_lock(&room->lock);
	room->n_snapshots--;
	pthread_mutex_unlock(&room->lock);
	free(s);
}

static lq__snapshot *take(lq_room *room, uint32_t id)
{
	for (lq__snapshot **p = &room->snapshots; *p; p = &(*p)->next)
		if ((*p)->id == id) {
			lq__snapshot *s = *p;
			*p = s->next;
			return s;
		}
	return NULL;
}

static void set_timer(lq_room *room);

void lq__snapshot_done(lq_room *room, uint32_t id, int code, const char *text)
{
	lq__snapshot *s = take(room, id);
	if (!s)
		return;
	finish(room, s, code, text);
	lq__job *job = lq__job_new(room, 0, lq__work_snapshot_end, NULL);
	if (job) {
		job->id = id;
		lq__job_post(job);
	}
	set_timer(room);
}

static void on_timer(lq__timer *timer)
{
	lq_room *room = lws_container_of(timer, lq_room, snapshot_timer);
	int64_t now = lq_clock_now(lq_clock_real());
	for (lq__snapshot *s = room->snapshots, *next; s; s = next) {
		next = s->next;
		if (s->until <= now)
			lq__snapshot_done(room, s->id, LQ_ETIMEDOUT, "no picture came within 5 s");
	}
	set_timer(room);
}

static void set_timer(lq_room *room)
{
	int64_t first = INT64_MAX, now = lq_clock_now(lq_clock_real());
	for (const lq__snapshot *s = room->snapshots; s; s = s->next)
		if (s->until < first)
			first = s->until;
	room->snapshot_timer.fn = on_timer;
	if (room->snapshots)
		lq__timer_set(room->engine->control, &room->snapshot_timer, first > now ? (uint32_t)((first - now) / LQ_MSEC) + 1 : 1);
	else
		lq__timer_cancel(room->engine->control, &room->snapshot_timer);
}

void lq__snapshots_end(lq_room *room)
{
	if (!room->snapshots)
		return;
	for (lq__snapshot *s; (s = room->snapshots);) {
		room->snapshots = s->next;
		finish(room, s, LQ_ESTATE, "the stream has ended");
	}
	lq__timer_cancel(room->engine->control, &room->snapshot_timer);
}

static void begun(lq__job *job)
{
	if (job->code)
		lq__snapshot_done(job->room, job->id, job->code, job->error);
	lq__job_free(job);
}

static void do_snapshot(lq__api_task *t)
{
	lq_room *room = t->room;
	lq__snapshot *s = t->snapshot;
	int ends = room->finishing || atomic_load(&room->closed);
	lq__job *job = ends ? NULL : lq__job_for(room, s->user, s->stream, LQ_VIDEO, lq__work_snapshot, begun);
	if (!job || !(job->path = strdup(s->path))) {
		lq__job_free(job);
		finish(room, s, ends ? LQ_ESTATE : LQ_ENOMEM, ends ? "the stream has ended" : lq_error_text(LQ_ENOMEM));
		return;
	}
	s->id = job->id = ++room->next_snapshot;
	s->until = lq_clock_now(lq_clock_real()) + PATIENCE;
	s->next = room->snapshots;
	room->snapshots = s;
	lq__job_post(job);
	set_timer(room);
}

int lq_snapshot(lq_room *room, const char *user, lq_stream stream, const char *path)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	if (!room || (unsigned)stream >= LQ__STREAMS || (user && *user && lq__user_check(user)) || !path || !*path)
		return LQ_EINVAL;
	if (strlen(path) > PATH_MAX_BYTES)
		return LQ_ERANGE;
	lq__snapshot *s = calloc(1, sizeof *s + strlen(path) + 1);
	if (!s)
		return LQ_ENOMEM;
	snprintf(s->user, sizeof s->user, "%s", user ? user : "");
	s->stream = stream;
	memcpy(s->path, path, strlen(path) + 1);
	pthread_mutex_lock(&room->lock);
	int r = room->n_snapshots < SNAPSHOTS_MAX ? 0 : LQ_EFULL;
	room->n_snapshots += !r;
	pthread_mutex_unlock(&room->lock);
	if (!r && (r = lq__room_request_snapshot(room, s, do_snapshot))) {
		pthread_mutex_lock(&room->lock);
		room->n_snapshots--;
		pthread_mutex_unlock(&room->lock);
	}
	if (r)
		free(s);
	return r;
}
