#include "ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/log.h>

lq__ask *lq__ask_new(lq_room *room, lq__req_type type, char *(*build)(int64_t id, const lq__ask *a), const char *user, const char *text)
{
	size_t n = text ? strlen(text) : 0;
	lq__ask *a = calloc(1, sizeof *a + n + 1);
	if (!a)
		return NULL;
	a->room = room;
	a->type = type;
	a->build = build;
	snprintf(a->user, sizeof a->user, "%s", user ? user : "");
	memcpy(a->text, text ? text : "", n);
	return a;
}

static void describe(lq__request *req, const lq__ask *a)
{
	req->type = a->type;
	req->stream = a->stream;
	req->kind = a->kind;
	req->on = a->on;
	req->ctx = a->ctx;
	memcpy(req->user, a->user, sizeof req->user);
	memcpy(req->room_name, a->room_name, sizeof req->room_name);
}

static void run(lq__task *task)
{
	lq__ask *a = (lq__ask *)task;
	lq_room *room = a->room;
	int64_t id = lq__room_id(room);
	int r = room->active && !room->finishing ? 0 : LQ_ESTATE;
	char *text = r ? NULL : a->build(id, a);
	if (!r)
		r = text ? lq__room_send(room, id, a->type, text) : LQ_EINVAL; /* not UTF-8 */
	if (!r) {
		describe(lq__room_find_request(room, id), a);
	} else {
		lq__request req = {0};
		describe(&req, a);
		lq__room_answered(room, &req, r, r == LQ_ESTATE ? "the room is being left" : lq_error_text(r));
	}
	atomic_fetch_sub(&room->n_api, 1);
	lq__room_unref(room);
	free(a);
}

int lq__ask_post(lq__ask *a)
{
	lq_room *room = a->room;
	a->task.run = run;
	pthread_mutex_lock(&room->lock);
	int r = room->state != LQ__JOINED ? LQ_ESTATE : atomic_load(&room->n_api) >= LQ__API_MAX ? LQ_EFULL : 0;
	if (!r) {
		atomic_fetch_add(&room->n_api, 1);
		lq__room_ref(room);
		lq__control_post(room->engine->control, &a->task);
	}
	pthread_mutex_unlock(&room->lock);
	if (r)
		free(a);
	return r;
}

/* ---- answers ---- */

void lq__room_answered(lq_room *room, const lq__request *req, int code, const char *text)
{
	lq_sdk_event e = {.user = req->user, .stream = req->stream, .kind = req->kind, .on = req->on, .code = code, .text = text};
	if (!*req->user && req->type >= LQ__REQ_CONTROL)
		e.user = room->self;
	switch (req->type) {
	case LQ__REQ_KICK: e.type = LQ_ON_KICKED; break;
	case LQ__REQ_CONTROL: e.type = LQ_ON_CONTROLLED; break;
	case LQ__REQ_DEFAULT_CAMERA:
		if (!code) /* everybody is told, we too */
			return;
		e.type = LQ_ON_DEFAULT_CAMERA;
		break;
	case LQ__REQ_PROFILE:
		if (!code) /* everybody is told, we too */
			return;
		e = (lq_sdk_event){.type = LQ_ON_ROOM_PROFILE, .profile = req->on ? LQ_PROFILE_LIVE : LQ_PROFILE_COMMUNICATION, .code = code, .text = text};
		break;
	case LQ__REQ_TOKEN: lq__token_answered(room, code, text); return;
	case LQ__REQ_ROLE: lq__role_answered(room, req->on, code, text); return;
	case LQ__REQ_STAGE_REQUEST:
	case LQ__REQ_STAGE_ANSWER:
	case LQ__REQ_STAGE_REMOVE: lq__stage_answered(room, req, code, text); return;
	case LQ__REQ_GUEST_ADD:
	case LQ__REQ_GUEST_REMOVE: lq__guest_answered(room, req, code, text); return;
	case LQ__REQ_EGRESS_START:
	case LQ__REQ_EGRESS_LAYOUT:
	case LQ__REQ_EGRESS_STOP:
	case LQ__REQ_EGRESS_LIST: lq__egress_answered(room, req, "", code, text); return;
	default: return;
	}
	lq__room_event(room, &e);
}
