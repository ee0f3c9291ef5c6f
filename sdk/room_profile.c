/* A room's profile: a call, or a few who speak to many. `profile` is what the app wants a room to be that it makes, `live` what the room is and our media follow. */
#include <stdio.h>

#include <loquat/log.h>

#include "ask.h"
#include "handles.h"

static char *build(int64_t id, const lq__ask *a)
{
	return lq__req_profile(id, a->on);
}

static int ask(lq_room *room, int live)
{
	lq__ask *a = lq__ask_new(room, LQ__REQ_PROFILE, build, NULL, NULL);
	if (!a)
		return LQ_ENOMEM;
	a->on = live;
	return lq__ask_post(a);
}

int lq_room_profile_set(lq_room *room, lq_room_profile profile)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	if (!room || (unsigned)profile > LQ_PROFILE_LIVE)
		return LQ_EINVAL;
	pthread_mutex_lock(&room->lock);
	int is_open = room->state == LQ__OPEN, in_room = room->state == LQ__JOINED, r = (is_open || in_room) && !atomic_load(&room->closed) ? 0 : LQ_ESTATE;
	if (!r && is_open) {
		room->profile = profile;
		room->live = profile == LQ_PROFILE_LIVE;
	}
	pthread_mutex_unlock(&room->lock);
	return r || is_open ? r : ask(room, profile == LQ_PROFILE_LIVE);
}

const lq_profile *lq__room_media_profile(lq_room *room)
{
	pthread_mutex_lock(&room->lock);
	int live = room->live;
	pthread_mutex_unlock(&room->lock);
	return live && room->engine->live ? room->engine->live : room->engine->profile;
}

static void work(lq__job *job)
{
	lq_room *room = job->room;
	lq_diag *diag = lq_diag_create();
	if (room->media)
		job->code = lq__media_profile(room->media, lq__room_media_profile(room), diag);
	if (job->code)
		snprintf(job->error, sizeof job->error, "the room's profile has changed, but not all that we send: %s", lq_diag_count(diag) ? lq_diag_text(diag, 0) : lq_error_text(job->code));
	lq_diag_destroy(diag);
}

static void done(lq__job *job)
{
	if (job->code)
		lq__room_warn(job->room, LQ_ON_WARNING, job->code, job->error);
	lq__job_free(job);
}

void lq__profile_is(lq_room *room, int live, int tell)
{
	pthread_mutex_lock(&room->lock);
	int changes = room->live != live;
	room->live = live;
	pthread_mutex_unlock(&room->lock);
	lq__job *job = changes ? lq__job_new(room, 0, work, done) : NULL;
	if (job)
		lq__job_post(job);
	else if (changes)
		lq__room_warn(room, LQ_ON_ERROR, LQ_ENOMEM, "no memory to follow the room's profile");
	if (changes || tell)
		lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_ROOM_PROFILE, .profile = live ? LQ_PROFILE_LIVE : LQ_PROFILE_COMMUNICATION});
}
