/* Egress tasks: what the app asks of them, and what it hears. */
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "handles.h"

enum { TARGETS_MAX = 8, TASK_MAX = 64 };

static const char *const types[] = {"egress_start", "egress_layout", "egress_stop", "egress_list"};

static char *build(int64_t id, const lq__ask *a)
{
	return lq__req_egress(id, types[a->type - LQ__REQ_EGRESS_START], a->text);
}

/* Takes fields. */
static int ask(lq_room *room, lq__req_type type, const char *task, char *fields, void *ctx)
{
	lq__ask *a = lq__ask_new(room, type, build, task, fields);
	free(fields);
	if (!a)
		return LQ_ENOMEM;
	a->ctx = ctx;
	return lq__ask_post(a);
}

static int check_targets(const char *const *list, uint32_t n)
{
	for (uint32_t i = 0; i < n && i < TARGETS_MAX; i++)
		if (!list || !list[i])
			return LQ_EINVAL;
	return 0;
}

static int check_task(const char *task)
{
	return task && *task && strlen(task) <= TASK_MAX ? 0 : LQ_EINVAL;
}

int lq_egress_start(lq_room *room, const lq_egress_spec *spec, void *ctx)
{
	char *fields = NULL;
	if (lq__is_dead(room))
		return LQ_ESTATE;
	if (!room || !spec || spec->size < sizeof *spec || spec->n_to + spec->n_record == 0 || (unsigned)spec->stream >= LQ__STREAMS)
		return LQ_EINVAL;
	if (spec->n_to > TARGETS_MAX || spec->n_record > TARGETS_MAX - spec->n_to)
		return LQ_ERANGE;
	int r = check_targets(spec->to, spec->n_to);
	r = r ? r : check_targets(spec->record, spec->n_record);
	r = r ? r : lq__egress_start_fields(spec, &fields);
	return r ? r : ask(room, LQ__REQ_EGRESS_START, NULL, fields, ctx);
}

int lq_egress_layout(lq_room *room, const char *task, const char *layout, void *ctx)
{
	char *fields = NULL;
	if (lq__is_dead(room))
		return LQ_ESTATE;
	int r = room && layout ? check_task(task) : LQ_EINVAL;
	r = r ? r : lq__egress_layout_fields(task, layout, &fields);
	return r ? r : ask(room, LQ__REQ_EGRESS_LAYOUT, task, fields, ctx);
}

int lq_egress_stop(lq_room *room, const char *task, void *ctx)
{
	char *fields = NULL;
	if (lq__is_dead(room))
		return LQ_ESTATE;
	int r = room ? check_task(task) : LQ_EINVAL;
	r = r ? r : lq__egress_task_fields(task, &fields);
	return r ? r : ask(room, LQ__REQ_EGRESS_STOP, task, fields, ctx);
}

int lq_egress_list(lq_room *room, void *ctx)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	char *fields = room ? strdup("{}") : NULL;
	if (!fields)
		return room ? LQ_ENOMEM : LQ_EINVAL;
	return ask(room, LQ__REQ_EGRESS_LIST, NULL, fields, ctx);
}

void lq__egress_answered(lq_room *room, const lq__request *req, const char *task, int code, const char *text)
{
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_EGRESS_RESULT, .state = (int)(req->type - LQ__REQ_EGRESS_START) + LQ_EGRESS_REQUEST_START, .name = *task ? task : req->user,
	                                     .code = code, .text = text, .ctx = req->ctx});
}

void lq__on_egress(lq_room *room, const lq__msg *msg)
{
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_EGRESS, .name = msg->name, .state = msg->flag, .code = msg->code, .text = msg->text});
}

void lq__on_egress_answer(lq_room *room, const lq__msg *msg)
{
	lq__request *req = lq__room_take_request(room, msg->id);
	char *list = msg->type == LQ__MSG_EGRESS_LIST ? lq__msg_tasks(msg->tasks) : NULL;
	if (req && req->type >= LQ__REQ_EGRESS_START && req->type <= LQ__REQ_EGRESS_LIST)
		lq__egress_answered(room, req, msg->name, 0, list ? list : "");
	free(list);
	lq__request_free(req);
}
