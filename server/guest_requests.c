/* Requests about guests. */
#include <loquat/plugin/errors.h>

#include "server/guest.h"
#include "server/message.h"
#include "server/room_private.h"
#include "server/stage_requests.h"

/* The right to lend somebody out is the other room's: of a token for all rooms, or of one that is given for that. */
static int may_lend(lq__client *c, const lq__message *m, int64_t unix_ms, char *error, size_t size)
{
	const lq__service *s = c->service;
	lq__token_want want = {s->secret, s->app_id, m->room, NULL, unix_ms / 1000, "guest_add"};
	lq__grant grant = c->grant;
	int e = *m->token ? lq__client_grant(c, &want, m->token, &grant, error, size) : 0;
	if (e) {
		c->service->refused_tokens++;
		return e;
	}
	if (grant.admin && (*m->token || !*grant.room))
		return 0;
	snprintf(error, size, "guest_add.token: %s (admin)", *m->token ? "it gives no right to lend out users of that room" : "missing: one with the right to that room is needed");
	return LQ_EPERM;
}

static void on_add(lq__client *c, const lq__message *m, int64_t unix_ms)
{
	char error[256] = "";
	lq__room *there = lq__room_find(c->service->rooms, m->room);
	lq__member *guest;
	int e = may_lend(c, m, unix_ms, error, sizeof error);
	if (!e && !there) {
		snprintf(error, sizeof error, "guest_add.room: there is no such room");
		e = LQ_ENOENT;
	}
	if (!e)
		e = lq__guest_add(c->member->room, there, m->user, &guest, error, sizeof error);
	if (e)
		lq__client_error(c, m, e, error);
	else
		lq__client_answer(c, m, json_pack("{s:s, s:s}", "type", "ok", "user", guest->user));
}

/* Whoever is lent may end that itself. */
static void on_remove(lq__client *c, const lq__message *m)
{
	int e = *m->room ? lq__guest_leave(c->member, m->room) : c->grant.admin ? lq__guest_remove(c->member->room, m->user) : LQ_EPERM;
	if (!e)
		lq__client_ok(c, m);
	else if (e == LQ_EPERM)
		lq__client_error(c, m, e, "the token gives no right to remove guests (admin)");
	else
		lq__client_error(c, m, e, *m->room ? "guest_remove.room: you are no guest of that room" : "guest_remove.user: there is no such guest in this room");
}

void lq__guest_member_request(lq__client *c, const lq__message *m, int64_t unix_ms)
{
	if (m->type == LQ_MSG_GUEST_REMOVE)
		on_remove(c, m);
	else if (!c->grant.admin)
		lq__client_error(c, m, LQ_EPERM, "the token gives no right to bring guests here (admin)");
	else
		on_add(c, m, unix_ms);
}
