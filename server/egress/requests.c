/* What members ask of tasks; it needs the right `admin`. */
#include <stdio.h>

#include <loquat/plugin/errors.h>

#include "server/egress/service.h"
#include "server/message.h"

static void on_start(lq__client *c, const lq__message *m)
{
	char error[LQ_EGRESS_TEXT_MAX + 1] = "";
	lq__egress_task *t;
	int e = lq__egress_request_start(c->service->egress, c->member->room, m->egress, "egress_start", &t, error, sizeof error);
	if (e)
		lq__client_error(c, m, e, error);
	else
		lq__client_answer(c, m, json_pack("{s:s, s:s}", "type", "egress_started", "task", t->id));
}

static void layout_answered(void *who, int64_t id, int code, const char *text)
{
	lq__client *c = who;
	const lq__message m = {.type = LQ_MSG_EGRESS_LAYOUT, .has_id = 1, .id = id};
	if (code)
		lq__client_error(c, &m, code, text);
	else
		lq__client_ok(c, &m);
}

/* Who has given no id is not waiting for an answer. */
static void on_layout(lq__client *c, const lq__message *m)
{
	char error[LQ_EGRESS_TEXT_MAX + 1] = "";
	int e = lq__egress_request_layout(c->service->egress, c->member->room, m->task, m->layout_json, layout_answered, m->has_id ? c : NULL, m->id, error, sizeof error);
	if (e)
		lq__client_error(c, m, e, error);
}

static void on_stop(lq__client *c, const lq__message *m)
{
	int e = lq__egress_request_stop(c->service->egress, c->member->room, m->task);
	if (e)
		lq__client_error(c, m, e, e == LQ_ENOENT ? "egress_stop.task: there is no such task in this room" : "egress_stop.task: it has ended already");
	else
		lq__client_ok(c, m);
}

void lq__egress_member_request(lq__client *c, const lq__message *m)
{
	if (!c->grant.admin) {
		lq__client_error(c, m, LQ_EPERM, "the token gives no right to make or change tasks (admin)");
		return;
	}
	switch (m->type) {
	case LQ_MSG_EGRESS_START: on_start(c, m); break;
	case LQ_MSG_EGRESS_LAYOUT: on_layout(c, m); break;
	case LQ_MSG_EGRESS_STOP: on_stop(c, m); break;
	default: lq__client_answer(c, m, json_pack("{s:s, s:o}", "type", "egress_list", "tasks", lq__egress_request_list(c->service->egress, c->member->room->name))); break;
	}
}
