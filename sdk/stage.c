/* On the stage: asking to come up, answering, going down. Who waits is known to hosts, so that after a rejoin the difference can be told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "handles.h"

enum { REASON_MAX = 256, WAITING_MAX = 500 };

struct lq__waiting {
	struct lq__waiting *next;
	int here; /* in the new picture of the room */
	char user[LQ__USER_MAX + 1], name[LQ__USER_MAX + 1];
};

/* ---- what the app asks ---- */

static char *build(int64_t id, const lq__ask *a)
{
	switch (a->type) {
	case LQ__REQ_STAGE_REQUEST: return lq__req_stage_request(id, a->on);
	case LQ__REQ_STAGE_ANSWER: return lq__req_stage_answer(id, a->user, a->on, a->text);
	default: return lq__req_stage_remove(id, a->user, a->text);
	}
}

static int ask(lq_room *room, lq__req_type type, const char *user, int on, const char *reason)
{
	lq__ask *a = lq__ask_new(room, type, build, user, reason);
	if (!a)
		return LQ_ENOMEM;
	a->on = on;
	return lq__ask_post(a);
}

static int check(const lq_room *room, const char *user, const char *reason)
{
	if (!room || !user || lq__user_check(user))
		return LQ_EINVAL;
	return reason && strlen(reason) > REASON_MAX ? LQ_ERANGE : 0;
}

int lq_stage_request(lq_room *room, int on)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	return room ? ask(room, LQ__REQ_STAGE_REQUEST, NULL, on != 0, NULL) : LQ_EINVAL;
}

int lq_stage_answer(lq_room *room, const char *user, int accept, const char *reason)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	int r = check(room, user, reason);
	return r ? r : ask(room, LQ__REQ_STAGE_ANSWER, user, accept ? LQ_STAGE_ACCEPTED : LQ_STAGE_REFUSED, reason);
}

int lq_stage_remove(lq_room *room, const char *user, const char *reason)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	int r = check(room, user, reason);
	return r ? r : ask(room, LQ__REQ_STAGE_REMOVE, user, LQ_STAGE_REMOVED, reason);
}

void lq__stage_answered(lq_room *room, const lq__request *req, int code, const char *text)
{
	if (req->type != LQ__REQ_STAGE_REQUEST) {
		lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_STAGE_ANSWER, .user = req->user, .state = req->on, .code = code, .text = text});
		return;
	}
	if (!code || !req->on)
		room->stage_asked = req->on;
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_STAGE_REQUEST, .on = req->on, .code = code, .text = text});
}

/* ---- who waits, for hosts ---- */

static struct lq__waiting **find(lq_room *room, const char *user)
{
	struct lq__waiting **p = &room->waiting;
	while (*p && strcmp((*p)->user, user))
		p = &(*p)->next;
	return p;
}

static void waits(lq_room *room, const char *user, const char *name)
{
	struct lq__waiting **p = find(room, user), *w = *p;
	if (!w && room->n_waiting < WAITING_MAX && (w = calloc(1, sizeof *w))) {
		snprintf(w->user, sizeof w->user, "%s", user);
		snprintf(w->name, sizeof w->name, "%s", name);
		room->n_waiting++;
		*p = w;
		lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_STAGE_REQUEST, .user = w->user, .name = w->name, .on = 1});
	}
	if (w)
		w->here = 1;
}

static void waits_no_more(lq_room *room, struct lq__waiting **p, const char *why, const char *by)
{
	struct lq__waiting *w = *p;
	if (!w)
		return;
	*p = w->next;
	room->n_waiting--;
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_STAGE_REQUEST, .user = w->user, .name = w->name, .text = why, .group = by});
	free(w);
}

void lq__on_stage_request(lq_room *room, const lq__msg *msg)
{
	if (msg->flag)
		waits(room, msg->user, msg->name);
	else
		waits_no_more(room, find(room, msg->user), msg->reason, msg->text);
}

void lq__stage_joined(lq_room *room, const lq__msg *msg)
{
	const char *user, *name;
	for (struct lq__waiting *w = room->waiting; w; w = w->next)
		w->here = 0;
	for (uint32_t i = 0; lq__msg_waiting_at(msg->waiting, i, &user, &name); i++)
		waits(room, user, name);
	for (struct lq__waiting **p = &room->waiting; *p;)
		if ((*p)->here)
			p = &(*p)->next;
		else
			waits_no_more(room, p, "left", "");
}

void lq__stage_clear(lq_room *room)
{
	for (struct lq__waiting *w = room->waiting, *next; w; w = next) {
		next = w->next;
		free(w);
	}
	room->waiting = NULL;
	room->n_waiting = 0;
	room->stage_asked = room->stage_up = 0;
	room->n_lent = 0;
}

/* ---- ourselves ---- */

static void go(lq_room *room, int up)
{
	pthread_mutex_lock(&room->lock);
	room->audience = !up;
	pthread_mutex_unlock(&room->lock);
	room->stage_up = up;
	if (up)
		room->may_not_publish = 0; /* whatever the token says */
	lq__role_answered(room, !up, 0, "");
}

void lq__on_stage_answer(lq_room *room, const lq__msg *msg)
{
	int state = msg->flag;
	room->stage_asked = 0;
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_STAGE_ANSWER, .state = state, .name = msg->text, .text = msg->reason});
	if (state == LQ_STAGE_ACCEPTED || state == LQ_STAGE_REMOVED)
		go(room, state == LQ_STAGE_ACCEPTED);
}

/* A new membership: what was asked for is asked again, and a host's word was for the old one. */
void lq__stage_rejoined(lq_room *room, const lq__msg *msg)
{
	if (room->stage_up) {
		lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_STAGE_ANSWER, .state = LQ_STAGE_REMOVED, .text = "the connection was lost for too long"});
		go(room, 0);
	} else if (room->stage_asked) {
		int64_t id = lq__room_id(room);
		lq__room_send(room, id, LQ__REQ_KEPT, lq__req_stage_request(id, 1));
	}
	lq__stage_joined(room, msg);
}
