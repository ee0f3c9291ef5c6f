#include "job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/log.h>

#include "room.h"

lq__job *lq__job_new(lq_room *room, uint32_t n_tracks, lq__job_fn work, lq__job_fn done)
{
	lq__job *job = calloc(1, sizeof *job + n_tracks * sizeof *job->tracks);
	if (!job)
		return NULL;
	job->room = room;
	job->work = work;
	job->done = done;
	job->life = room->life;
	job->n_tracks = n_tracks;
	lq__room_ref(room);
	return job;
}

void lq__job_free(lq__job *job)
{
	if (!job)
		return;
	lq__room_unref(job->room);
	free(job->sdp);
	free(job->path);
	lq__change_free(job->change);
	free(job);
}

static void run_done(lq__task *task)
{
	lq__job *job = (lq__job *)task;
	int always = job->work == lq__work_destroy;
	if (job->done && (always || !job->room->finishing))
		job->done(job);
	else
		lq__job_free(job);
}

static void run_work(lq__task *task)
{
	lq__job *job = (lq__job *)task;
	job->work(job);
	job->task.run = run_done;
	lq__control_post(job->room->engine->control, task);
}

void lq__job_post(lq__job *job)
{
	job->task.run = run_work;
	lq__tasks_post(&job->room->engine->media, &job->task);
}

lq__job *lq__job_for(lq_room *room, const char *user, lq_stream stream, lq_track_kind kind, lq__job_fn work, lq__job_fn done)
{
	lq__job *job = lq__job_new(room, 1, work, done);
	if (!job)
		return NULL;
	snprintf(job->tracks[0].user, sizeof job->tracks[0].user, "%s", user);
	job->tracks[0].stream = stream;
	job->tracks[0].kind = kind;
	return job;
}

static void keep_error(char *out, size_t size, int code, const lq_diag *diag)
{
	size_t n = 0;
	*out = 0;
	for (size_t i = 0; i < lq_diag_count(diag) && n < size; i++)
		n += (size_t)snprintf(out + n, size - n, "%s%s", n ? "\n" : "", lq_diag_text(diag, i));
	if (!*out)
		snprintf(out, size, "%s", lq_error_text(code));
}

static int set_result(lq__job *job, int code, lq_diag *diag)
{
	job->code = code;
	if (code && code != LQ_EAGAIN)
		keep_error(job->error, sizeof job->error, code, diag);
	if (diag)
		lq_diag_clear(diag);
	return code;
}

static int ensure_media(lq__job *job, lq_diag *diag)
{
	lq_room *room = job->room;
	if (room->media)
		return 0;
	lq__media_config config = {
		.registry = room->engine->registry,
		.profile = lq__room_media_profile(room),
		.views = room->views,
		.room = room,
		.event_fn = lq__room_graph_event,
		.event_arg = room,
	};
	return set_result(job, lq__media_create(&config, diag, &room->media), diag);
}

static void track_result(lq__media_track *t, int code, lq_diag *diag)
{
	t->code = code;
	if (code)
		keep_error(t->error, sizeof t->error, code, diag);
	lq_diag_clear(diag);
}

/* Runs fn with diagnostics and the room's media there. */
static void with_media(lq__job *job, void (*fn)(lq__job *, lq__media *, lq_diag *))
{
	lq_diag *diag = lq_diag_create();
	if (!diag)
		set_result(job, LQ_ENOMEM, NULL);
	else if (!ensure_media(job, diag))
		fn(job, job->room->media, diag);
	lq_diag_destroy(diag);
}

static void describe(lq__job *job, lq__media *m, lq_diag *diag)
{
	char *text = NULL;
	if (set_result(job, lq__media_describe(m, job->direction, &text, diag), diag))
		return;
	free(job->sdp);
	job->sdp = text;
}

void lq__work_describe(lq__job *job)
{
	with_media(job, describe);
}

/* A view that cannot be shown is no failure of its stream. */
static void show(lq__job *job, lq__media *m, const lq__media_track *t, lq_diag *diag)
{
	char error[400];
	int r = lq__media_view(m, t, diag);
	if (r) {
		keep_error(error, sizeof error, r, diag);
		lq__room_event(job->room, &(lq_sdk_event){.type = LQ_ON_ERROR, .user = t->user, .stream = t->stream, .kind = t->kind, .code = r, .text = error});
	}
	lq_diag_clear(diag);
}

static void preview(lq__job *job, lq__media *m, lq_diag *diag)
{
	for (uint32_t i = 0; i < job->n_tracks; i++) {
		lq__media_track *t = &job->tracks[i];
		track_result(t, lq__media_preview(m, t, diag), diag);
		show(job, m, t, diag);
	}
}

void lq__work_preview(lq__job *job)
{
	with_media(job, preview);
}

void lq__work_unpublish(lq__job *job)
{
	for (uint32_t i = 0; job->room->media && i < job->n_tracks; i++)
		lq__media_unpublish(job->room->media, &job->tracks[i]);
}

static void view(lq__job *job, lq__media *m, lq_diag *diag)
{
	for (uint32_t i = 0; i < job->n_tracks; i++)
		show(job, m, &job->tracks[i], diag);
}

void lq__work_view(lq__job *job)
{
	if (job->room->media)
		with_media(job, view);
}

static void mirror(lq__job *job, lq__media *m, lq_diag *diag)
{
	for (uint32_t i = 0; i < job->n_tracks; i++) {
		int r = lq__media_mirror(m, &job->tracks[i], diag);
		if (r && !job->code)
			set_result(job, r, diag);
		lq_diag_clear(diag);
	}
}

void lq__work_mirror(lq__job *job)
{
	if (job->room->media)
		with_media(job, mirror);
}

static void snapshot(lq__job *job, lq__media *m, lq_diag *diag)
{
	set_result(job, lq__media_snapshot(m, &job->tracks[0], job->id, job->path, diag), diag);
}

void lq__work_snapshot(lq__job *job)
{
	if (job->room->media)
		with_media(job, snapshot);
	else
		set_result(job, LQ_ENOENT, NULL);
}

void lq__work_snapshot_end(lq__job *job)
{
	if (job->room->media)
		lq__media_snapshot_end(job->room->media, job->id);
}

static void publish(lq__job *job, lq__media *m, lq_diag *diag)
{
	int any = 0;
	for (uint32_t i = 0; i < job->n_tracks; i++) {
		lq__media_track *t = &job->tracks[i];
		track_result(t, lq__media_publish(m, t, diag), diag);
		any |= !t->code;
		show(job, m, t, diag);
	}
	job->direction = LQ_SEND;
	if (any)
		describe(job, m, diag);
}

void lq__work_publish(lq__job *job)
{
	with_media(job, publish);
}

static void nothing_more(lq__job *job, lq__media *m, lq_diag *diag)
{
}

void lq__work_media(lq__job *job)
{
	with_media(job, nothing_more);
}

static void set_answer(lq__job *job, lq__media *m, lq_diag *diag)
{
	set_result(job, lq__media_set_remote(m, LQ_SEND, job->sdp, diag), diag);
}

void lq__work_set_answer(lq__job *job)
{
	with_media(job, set_answer);
}

static void offer(lq__job *job, lq__media *m, lq_diag *diag)
{
	if (set_result(job, lq__media_set_remote(m, LQ_RECEIVE, job->sdp, diag), diag))
		return;
	for (uint32_t i = 0; i < job->n_tracks; i++) {
		lq__media_track *t = &job->tracks[i];
		if (!lq__media_has(m, t))
			track_result(t, lq__media_subscribe(m, t, diag), diag);
		show(job, m, t, diag);
	}
	job->direction = LQ_RECEIVE;
	describe(job, m, diag);
}

void lq__work_offer(lq__job *job)
{
	with_media(job, offer);
}

static void encode(lq__job *job, lq__media *m, lq_diag *diag)
{
	set_result(job, lq__media_encode(m, &job->tracks[0], diag), diag);
}

void lq__work_encode(lq__job *job)
{
	if (job->room->media)
		with_media(job, encode);
	else
		set_result(job, LQ_ENOENT, NULL);
}

void lq__work_remove(lq__job *job)
{
	for (uint32_t i = 0; job->room->media && i < job->n_tracks; i++)
		lq__media_remove(job->room->media, &job->tracks[i]);
}

void lq__work_mute(lq__job *job)
{
	for (uint32_t i = 0; job->room->media && i < job->n_tracks; i++)
		lq__media_mute(job->room->media, &job->tracks[i], job->muted);
}

static void change(lq__job *job, lq__media *m, lq_diag *diag)
{
	if (!set_result(job, lq__media_change(m, &job->tracks[0], job->change, diag), diag))
		lq__volumes_again(job->room, m, &job->tracks[0], job->change);
}

/* A device that is chosen while nothing runs is only remembered. */
void lq__work_change(lq__job *job)
{
	int is_device = job->change->type == LQ__CHANGE_SOURCE || job->change->type == LQ__CHANGE_SPEAKER;
	if (job->room->media || !is_device)
		with_media(job, change);
}

void lq__work_anew(lq__job *job)
{
	if (job->room->media)
		lq__media_anew(job->room->media);
}

void lq__work_destroy(lq__job *job)
{
	lq__media_destroy(job->room->media);
	job->room->media = NULL;
}

void lq__job_remove(lq_room *room, const char *user, lq_stream stream, lq_track_kind kind)
{
	lq__job *job = lq__job_for(room, user, stream, kind, lq__work_remove, NULL);
	if (!job) {
		lq__room_warn(room, LQ_ON_ERROR, LQ_ENOMEM, "a track's media could not be removed");
		return;
	}
	lq__job_post(job);
}

void lq__job_describe_later(lq__job *job, uint32_t direction)
{
	lq__describing *d = &job->room->describing[direction];
	job->work = lq__work_describe;
	if (d->changed) {
		d->changed = 0;
		lq__job_post(job);
	} else {
		d->waiting = job;
	}
}
