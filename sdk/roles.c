/* Roles in a room. `audience` is the role that the app wants, `audience_now` (control thread) the one that the server knows of: who is
 * audience by either publishes nothing. */
#include <stdlib.h>

#include "ask.h"
#include "handles.h"

int lq__is_audience(lq_room *room)
{
	pthread_mutex_lock(&room->lock);
	int audience = room->audience;
	pthread_mutex_unlock(&room->lock);
	return audience;
}

/* Tracks go before the server is told. */
static char *build(int64_t id, const lq__ask *a)
{
	lq__publish_sync(a->room);
	return lq__req_role(id, a->on);
}

static int ask(lq_room *room, int audience)
{
	lq__ask *a = lq__ask_new(room, LQ__REQ_ROLE, build, NULL, NULL);
	if (!a)
		return LQ_ENOMEM;
	a->on = audience;
	return lq__ask_post(a);
}

int lq__role_for_join(lq_room *room)
{
	return room->audience_now = lq__is_audience(room);
}

void lq__role_joined(lq_room *room)
{
	int audience = lq__is_audience(room);
	int r = audience != room->audience_now ? ask(room, audience) : 0;
	if (r)
		lq__role_answered(room, audience, r, "the role could not be changed");
}

void lq__role_answered(lq_room *room, int audience, int code, const char *text)
{
	if (!code) {
		room->audience_now = audience;
		room->stage_up &= !audience;
		room->stage_asked &= audience;
	}
	pthread_mutex_lock(&room->lock);
	if (code)
		room->audience = room->audience_now;
	pthread_mutex_unlock(&room->lock);
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_ROLE, .role = audience ? LQ_ROLE_AUDIENCE : LQ_ROLE_BROADCASTER, .code = code, .text = text});
	if (audience && !code)
		lq__publish_dropped(room);
	lq__publish_auto(room);
}

int lq_room_role_set(lq_room *room, lq_role role)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	if (lq__is_dead(room))
		return LQ_ESTATE;
	int audience = role == LQ_ROLE_AUDIENCE;
	if (!room || (unsigned)role > LQ_ROLE_AUDIENCE)
		return LQ_EINVAL;
	pthread_mutex_lock(&room->lock);
	int before = room->audience, in_room = room->state == LQ__JOINED;
	int r = room->state == LQ__LEAVING || atomic_load(&room->closed) ? LQ_ESTATE : 0;
	if (!r)
		room->audience = audience;
	pthread_mutex_unlock(&room->lock);
	if (r || !in_room)
		return r;
	if ((r = ask(room, audience))) {
		pthread_mutex_lock(&room->lock);
		room->audience = before;
		pthread_mutex_unlock(&room->lock);
	}
	return r;
}
