/* Guests: users of other rooms who are shown in ours, and ourselves where we are shown besides. */
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "handles.h"

static char *build_add(int64_t id, const lq__ask *a)
{
	return lq__req_guest_add(id, a->room_name, a->user, a->text);
}

static char *build_remove(int64_t id, const lq__ask *a)
{
	return lq__req_guest_remove(id, a->user, a->room_name);
}

static int ask(lq_room *room, lq__req_type type, const char *user, const char *from, const char *token)
{
	lq__ask *a = lq__ask_new(room, type, type == LQ__REQ_GUEST_ADD ? build_add : build_remove, user, token);
	if (!a)
		return LQ_ENOMEM;
	snprintf(a->room_name, sizeof a->room_name, "%s", from ? from : "");
	a->on = type == LQ__REQ_GUEST_ADD;
	return lq__ask_post(a);
}

static int check_room(const char *name)
{
	return name ? lq_room_name_check(name, strlen(name)) : LQ_EINVAL;
}

int lq_guest_add(lq_room *room, const char *from_room, const char *user, const char *token)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	int r = !room || !user || lq__user_check(user) ? LQ_EINVAL : check_room(from_room);
	if (!r && token && strlen(token) > LQ__TOKEN_MAX)
		r = LQ_ERANGE;
	return r ? r : ask(room, LQ__REQ_GUEST_ADD, user, from_room, token);
}

int lq_guest_remove(lq_room *room, const char *guest)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	if (!room || !guest || lq__user_check(guest))
		return LQ_EINVAL;
	return ask(room, LQ__REQ_GUEST_REMOVE, guest, NULL, NULL);
}

int lq_guest_leave(lq_room *room, const char *other_room)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	int r = room ? check_room(other_room) : LQ_EINVAL;
	return r ? r : ask(room, LQ__REQ_GUEST_REMOVE, NULL, other_room, NULL);
}

void lq__guest_answered(lq_room *room, const lq__request *req, int code, const char *text)
{
	lq_sdk_event e = {.type = LQ_ON_GUEST, .user = req->user, .on = req->on, .guest_room = req->room_name, .code = code, .text = text};
	if (!code && !*req->user) /* we are told as the one who was lent */
		return;
	if (req->on) {
		e.guest_user = req->user;
		e.user = code ? "" : text; /* what it is called here */
		e.text = code ? text : "";
	}
	lq__room_event(room, &e);
}

/* ---- where we are shown ---- */

void lq__on_guest(lq_room *room, const lq__msg *msg)
{
	unsigned i = 0;
	while (i < room->n_lent && strcmp(room->lent[i], msg->guest_room))
		i++;
	if (msg->flag && i == room->n_lent && i < LQ__LENT_MAX)
		snprintf(room->lent[room->n_lent++], sizeof room->lent[0], "%s", msg->guest_room);
	else if (!msg->flag && i < room->n_lent)
		memmove(room->lent[i], room->lent[--room->n_lent], sizeof room->lent[0]);
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_GUEST, .on = msg->flag, .guest_room = msg->guest_room, .guest_user = msg->user, .text = msg->reason});
}

/* The member that was lent is no more. */
void lq__guest_rejoined(lq_room *room)
{
	while (room->n_lent)
		lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_GUEST, .guest_room = room->lent[--room->n_lent], .text = "the connection was lost for too long"});
}
