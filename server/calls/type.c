/* A running call becomes a video call, or one of sound alone: at once, or when all others agree. */
#include <loquat/plugin/errors.h>

#include "server/calls/private.h"

#define ASK_TIME INT64_C(30000000000) /* ns to answer */

/* state: "asked", "refused" (by whom), "changed". */
static json_t *type_event(const lq__call *call, const char *state, int video, const char *user)
{
	json_t *m = lq__call_message(call, "call_type");
	json_object_set_new(m, "state", json_string(state));
	json_object_set_new(m, "media", json_string(video ? "video" : "audio"));
	json_object_set_new(m, "user", json_string(user));
	return m;
}

static void change(lq__call *call, int video, const char *user)
{
	call->asker = NULL;
	call->video = video;
	lq__call_event(call, NULL, type_event(call, "changed", video, user));
}

static void refuse(lq__call *call, const char *user)
{
	int video = call->wanted_video;
	call->asker = NULL;
	lq__call_event(call, NULL, type_event(call, "refused", video, user));
}

static int anybody_asked(const lq__call *call)
{
	LQ__EACH(lq__seat, s, &call->seats, link)
		if (s->state == LQ_SEAT_IN && s->asked)
			return 1;
	return 0;
}

int lq__call_type(lq__seat *me, const lq__call_request *r, lq__call_error *error)
{
	lq__call *call = me->call;
	if (call->asker)
		return lq__call_refuse(error, LQ_EBUSY, 0, "a change of the type is being asked for already");
	if (call->video == r->video)
		return lq__call_refuse(error, LQ_EEXIST, 0, "it is such a call already");
	lq__call_answer_ok(r);
	if (r->confirm < 0 ? !r->video : !r->confirm) {
		change(call, r->video, me->account->user);
		return 0;
	}
	LQ__EACH(lq__seat, s, &call->seats, link)
		s->asked = s != me && s->state == LQ_SEAT_IN;
	call->asker = me;
	call->wanted_video = r->video;
	call->ask_deadline = call->calls->now + ASK_TIME;
	lq__wake_at(call->calls, call->ask_deadline);
	lq__call_event(call, me, type_event(call, "asked", r->video, me->account->user));
	return 0;
}

int lq__call_type_reply(lq__seat *me, const lq__call_request *r, lq__call_error *error)
{
	lq__call *call = me->call;
	if (!call->asker || !me->asked)
		return lq__call_refuse(error, LQ_ENOENT, 0, "nobody asks for a change of the type");
	lq__call_answer_ok(r);
	me->asked = 0;
	if (!r->agree)
		refuse(call, me->account->user);
	else if (!anybody_asked(call))
		change(call, call->wanted_video, call->asker->account->user);
	return 0;
}

void lq__call_type_seat_gone(lq__seat *s)
{
	lq__call *call = s->call;
	if (!call->asker)
		return;
	s->asked = 0;
	if (call->asker == s)
		refuse(call, s->account->user);
	else if (!anybody_asked(call))
		change(call, call->wanted_video, call->asker->account->user);
}

void lq__call_type_timeout(lq__call *call)
{
	refuse(call, "");
}
