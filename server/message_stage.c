/* Requests about the stage. */
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
