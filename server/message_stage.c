/* Requests about the stage, and about guests of other rooms. */
#include <string.h>

#include <loquat/plugin/errors.h>

#include "server/reader.h"
#include "server/room.h"

static int read_reason(lq__reader *r, const json_t *o, lq__message *m)
{
	int e = lq__read_string(r, o, "reason", LQ_OPTIONAL, &m->reason);
	if (!e && strlen(m->reason) > LQ_KICK_REASON_MAX)
		e = lq__read_fail(r, LQ_ERANGE, "%s.reason: at most %d bytes", r->type, LQ_KICK_REASON_MAX);
	return e;
}

int lq__read_stage_request(lq__reader *r, const json_t *o, lq__message *m)
{
	return lq__read_boolean(r, o, "on", LQ_REQUIRED, &m->on);
}

int lq__read_stage_answer(lq__reader *r, const json_t *o, lq__message *m)
{
	int e = lq__read_string(r, o, "user", LQ_REQUIRED, &m->user);
	if (!e)
		e = lq__read_boolean(r, o, "accept", LQ_REQUIRED, &m->on);
	return e ? e : read_reason(r, o, m);
}

int lq__read_stage_remove(lq__reader *r, const json_t *o, lq__message *m)
{
	int e = lq__read_string(r, o, "user", LQ_REQUIRED, &m->user);
	return e ? e : read_reason(r, o, m);
}

int lq__read_guest_add(lq__reader *r, const json_t *o, lq__message *m)
{
	int e = lq__read_string(r, o, "room", LQ_REQUIRED, &m->room);
	if (!e)
		e = lq__read_string(r, o, "user", LQ_REQUIRED, &m->user);
	return e ? e : lq__read_string(r, o, "token", LQ_OPTIONAL, &m->token);
}

/* A guest of this room, or ourselves as a guest of another. */
int lq__read_guest_remove(lq__reader *r, const json_t *o, lq__message *m)
{
	int e = lq__read_string(r, o, "user", LQ_OPTIONAL, &m->user);
	if (!e)
		e = lq__read_string(r, o, "room", LQ_OPTIONAL, &m->room);
	if (!e && !*m->user == !*m->room)
		e = lq__read_fail(r, LQ_EINVAL, "%s: either user, a guest of this room, or room, where we are one", r->type);
	return e;
}
