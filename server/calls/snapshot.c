/* What a device that logs in is told of the call it is in. */
#include "server/calls/private.h"

json_t *lq__call_users(const lq__call *call)
{
	json_t *users = json_array();
	LQ__EACH(lq__seat, s, &call->seats, link)
		if (s->link.prev != &call->seats) /* the caller's is the first */
			json_array_append_new(users, json_string(s->account->user));
	return users;
}

static json_t *users_in(const lq__call *call, const lq__seat *except)
{
	json_t *users = json_array();
	LQ__EACH(lq__seat, s, &call->seats, link)
		if (s != except && s->state == LQ_SEAT_IN)
			json_array_append_new(users, json_string(s->account->user));
	return users;
}

json_t *lq__device_calls(const lq__device *d)
{
	json_t *calls = json_array();
	const lq__seat *s = d->account->seat;
	if (!s || s->device != d)
		return calls;
	const lq__call *call = s->call;
	const lq__calls_host *host = &call->calls->host;
	json_t *m = json_pack("{s:s, s:s, s:s, s:o, s:o}", "call", call->id, "state", call->answered ? "in_call" : "calling", "media",
	                      call->video ? "video" : "audio", "users", lq__call_users(call), "in", users_in(call, s));
	if (call->answered) {
		json_object_set_new(m, "room", json_string(call->room));
		json_object_set_new(m, "token", host->token(host->arg, call->room, s->account->user));
	}
	json_array_append_new(calls, m);
	return calls;
}
