/* Views as the app binds them, and subscriptions that follow them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "room.h"

static void post_view(lq_room *room, const char *user, lq_stream stream)
{
	lq__job *job = lq__job_for(room, user, stream, LQ_VIDEO, lq__work_view, NULL);
	if (!job) {
		lq__room_warn(room, LQ_ON_ERROR, LQ_ENOMEM, "no memory for a view");
		return;
	}
	lq__job_post(job);
}

void lq__view_follow(lq_room *room, const char *user, lq_stream stream)
{
	if (room->options.auto_subscribe_video != LQ_BY_VIEW || !room->active || room->finishing || !room->joined_reported)
		return;
	lq__member *m = lq__member_find(room, user);
	lq__track *t = m ? &m->tracks[stream][LQ_VIDEO - 1] : NULL;
	if (!t || !t->present)
		return;
	int visible = lq__views_is_visible(room->views, user, stream);
	if (visible && t->sub == LQ__SUB_NONE)
		lq__subscribe(room, (const char *const[]){t->id}, 1);
	else if (!visible)
		lq__unsubscribe(room, m, stream, LQ_VIDEO, 1);
}

void lq__view_closed(lq_room *room, const lq__media_track *t)
{
	lq__views_hide(room->views, t->user, t->stream);
	post_view(room, t->user, t->stream);
	lq__view_follow(room, t->user, t->stream);
}

void lq__view_shown(lq_room *room, const lq__media_track *t)
{
	uint32_t w, h;
	if (lq__views_rendered(room->views, t->user, t->stream, &w, &h))
		lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_FIRST_FRAME, .user = t->user, .stream = t->stream, .kind = t->kind, .width = w, .height = h,
		                                     .stage = LQ_STAGE_RENDERED, .elapsed_ms = lq__room_elapsed(room)});
}

static void do_view(lq__api_task *t)
{
	if (t->room->finishing || atomic_load(&t->room->closed))
		return;
	post_view(t->room, t->user, t->stream);
	lq__view_follow(t->room, t->user, t->stream);
}

static int good(const lq_view_params *p)
{
	return p->size >= sizeof *p && (unsigned)p->scale <= LQ_SCALE_CROP && (unsigned)p->mirror <= LQ_OFF && p->window <= UINT32_MAX;
}

int lq_view_bind(lq_room *room, const char *user, lq_stream stream, const lq_view_params *params)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	if (!room || (unsigned)stream >= LQ__STREAMS || (user && *user && lq__user_check(user)) || (params && !good(params)))
		return LQ_EINVAL;
	user = user ? user : "";
	int r = lq__views_bind(room->views, user, stream, params);
	return r ? r : lq__room_request(room, *user ? user : NULL, stream, LQ_VIDEO, 0, do_view);
}

static void mirrored(lq__job *job)
{
	if (job->code)
		lq__room_warn(job->room, LQ_ON_WARNING, job->code, job->error);
	lq__job_free(job);
}

static void do_mirror(lq__api_task *t)
{
	if (t->room->finishing || atomic_load(&t->room->closed))
		return;
	lq__job *job = lq__job_new(t->room, LQ__STREAMS, lq__work_mirror, mirrored);
	if (!job) {
		lq__room_warn(t->room, LQ_ON_ERROR, LQ_ENOMEM, "no memory to mirror the picture");
		return;
	}
	for (unsigned i = 0; i < LQ__STREAMS; i++) {
		job->tracks[i].stream = (lq_stream)i;
		job->tracks[i].kind = LQ_VIDEO;
	}
	lq__job_post(job);
}

int lq_mirror_set(lq_room *room, lq_mirror mirror)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	if (!room || (unsigned)mirror > LQ_MIRROR_RENDER_AND_ENCODE)
		return LQ_EINVAL;
	lq__views_set_mirror(room->views, mirror);
	return lq__room_request(room, NULL, LQ_STREAM_MAIN, LQ_VIDEO, 0, do_mirror);
}
