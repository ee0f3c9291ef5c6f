#include "server/stage_requests.h"

#include <loquat/plugin/errors.h>

#include "server/message.h"
#include "server/stage.h"

static void answer(lq__client *c, const lq__message *m, int e, const char *error)
{
	if (e)
		lq__client_error(c, m, e, error);
	else
		lq__client_ok(c, m);
}

void lq__stage_member_request(lq__client *c, const lq__message *m, int64_t unix_ms)
{
	char error[256] = "";
	if (m->type == LQ_MSG_STAGE_REQUEST)
		answer(c, m, lq__stage_request(c->member, m->on, unix_ms, error, sizeof error), error);
	else if (!c->grant.admin && !c->grant.control)
		lq__client_error(c, m, LQ_EPERM, "the token gives no right to say who is on the stage (admin or control)");
	else if (m->type == LQ_MSG_STAGE_ANSWER)
		answer(c, m, lq__stage_answer(c->member, m->user, m->on, m->reason, error, sizeof error), error);
	else
		answer(c, m, lq__stage_remove(c->member, m->user, m->reason, error, sizeof error), error);
}
