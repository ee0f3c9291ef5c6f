/* What a device asks for: checked against the matrix, then done. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <loquat/plugin/errors.h>

#include "base/alloc.h"
#include "server/calls/private.h"

int lq__call_refuse(lq__call_error *e, int code, int detail, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, args);
	va_end(args);
	e->code = code;
	e->detail = detail;
	return code;
}

void lq__call_answer_ok(const lq__call_request *r)
{
	r->answer(r->arg, json_pack("{s:s}", "type", "ok"));
}

/* ---- may it be done? ---- */

static lq__call_state state_of(const lq__seat *s)
{
	return !s ? LQ__CALL_IDLE : s->state == LQ_SEAT_RINGING ? LQ__CALL_CALLED : s->call->answered ? LQ__CALL_IN_CALL : LQ__CALL_CALLING;
}

/* A call of another device of the account is not this one's; but it is in the way of a new one. */
static lq__seat *seat_of(const lq__device *d, lq__call_op op)
{
	lq__seat *s = d->account->seat;
	return s && s->state == LQ_SEAT_IN && s->device != d && op != LQ__CALL_OP_call ? NULL : s;
}

static int was_in_record(const lq__calls *c, const char *call, const char *user)
{
	size_t i, j;
	json_t *record, *u;
	json_array_foreach(c->records, i, record) {
		if (strcmp(json_string_value(json_object_get(record, "call")), call))
			continue;
		json_array_foreach(json_object_get(record, "users"), j, u)
			if (!strcmp(json_string_value(json_object_get(u, "user")), user))
				return 1;
	}
	return 0;
}

/* The call that is named is not the one that this device is in: why? */
static int other_call(const lq__device *d, const lq__call_request *r, lq__call_error *e)
{
	const lq__calls *c = d->account->calls;
	LQ__EACH(lq__call, call, &c->calls, link) {
		const lq__seat *s = strcmp(call->id, r->call) ? NULL : lq__seat_find(call, d->account->user);
		if (strcmp(call->id, r->call))
			continue;
		if (!s)
			return lq__call_refuse(e, LQ_ENOENT, LQ_CALL_NOT_IN, "call: you have no part in it");
		if (s->state == LQ_SEAT_IN)
			return lq__call_refuse(e, LQ_ENOENT, LQ_CALL_WAS_ACCEPTED, "call: another device of yours has accepted it");
		if (s->state == LQ_SEAT_OUT && s->status == LQ_CALL_REJECTED)
			return lq__call_refuse(e, LQ_ENOENT, LQ_CALL_WAS_REJECTED, "call: it has been rejected");
		return lq__call_refuse(e, LQ_ENOENT, LQ_CALL_OVER, "call: the invitation is over");
	}
	if (was_in_record(c, r->call, d->account->user))
		return lq__call_refuse(e, LQ_ENOENT, LQ_CALL_OVER, "call: it is over");
	return lq__call_refuse(e, LQ_ENOENT, LQ_CALL_NONE, "call: there is no such call");
}

/* What the operation means here, or the refusal. */
static int judge(const lq__device *d, const lq__call_request *r, lq__seat *s, lq__call_op *op, lq__call_error *e)
{
	lq__call_state state = state_of(s);
	int verdict = lq__call_verdict(r->op, state);
	*op = verdict == LQ__CALL_CANCEL ? LQ__CALL_OP_cancel : verdict == LQ__CALL_REJECT ? LQ__CALL_OP_reject : r->op;
	if (verdict < LQ__CALL_REFUSED)
		return 0;
	const char *where = s && s->state == LQ_SEAT_IN && s->device != d ? " on another device" : "";
	return lq__call_refuse(e, LQ_ESTATE, verdict, "%s is not possible while %s%s", lq__call_op_name(r->op), lq__call_state_name(state), where);
}

static int check_users(const lq__device *d, const lq__call_request *r, uint32_t taken, lq__call_error *e)
{
	if (!r->n_users)
		return lq__call_refuse(e, LQ_EINVAL, 0, "users: say whom to call");
	if (taken + r->n_users > LQ_CALL_USERS_MAX)
		return lq__call_refuse(e, LQ_EFULL, LQ_CALL_TOO_MANY, "users: at most %d can be called in one call", LQ_CALL_USERS_MAX);
	for (uint32_t i = 0; i < r->n_users; i++) {
		if (lq__user_id_check(r->users[i], strlen(r->users[i])))
			return lq__call_refuse(e, LQ_EINVAL, 0, "users[%u]: not a user id", i);
		if (!strcmp(r->users[i], d->account->user))
			return lq__call_refuse(e, LQ_EINVAL, 0, "users[%u]: nobody can call themselves", i);
		for (uint32_t j = 0; j < i; j++)
			if (!strcmp(r->users[i], r->users[j]))
				return lq__call_refuse(e, LQ_EINVAL, 0, "users[%u]: named twice", i);
	}
	return 0;
}

/* ---- calling and inviting ---- */

static json_t *called_users(const lq__call *call, uint32_t first)
{
	static const char *const states[] = {"", "offline", "ringing", "", "busy"};
	json_t *users = json_array();
	uint32_t i = 0;
	LQ__EACH(lq__seat, s, &call->seats, link)
		if (i++ >= first)
			json_array_append_new(users, json_pack("{s:s, s:s}", "user", s->account->user, "state", states[s->state]));
	return users;
}

/* New seats are those from number `first` on. On failure they are gone again. */
static int add_seats(lq__call *call, const lq__call_request *r, lq__account *inviter, uint32_t first)
{
	for (uint32_t i = 0; i < r->n_users; i++)
		if (!lq__seat_create(call, r->users[i], inviter)) {
			while (call->n_seats > first) {
				lq__seat *s = LQ__ENTRY(call->seats.prev, lq__seat, link);
				lq__list_remove(&s->link);
				call->n_seats--;
				lq__account_unref(s->inviter);
				lq__account_unref(s->account);
				lq__free(s);
			}
			return LQ_ENOMEM;
		}
	return 0;
}

/* The answer comes before anything that happens because of it. */
static void ring(lq__call *call, const lq__call_request *r, uint32_t first, const char *answer)
{
	char last[LQ_USER_ID_MAX + 1] = "";
	uint32_t i = 0;
	LQ__EACH(lq__seat, s, &call->seats, link)
		if (i++ >= first)
			lq__seat_ring(s);
	r->answer(r->arg, json_pack("{s:s, s:s, s:o}", "type", answer, "call", call->id, "users", called_users(call, first)));
	i = 0;
	LQ__EACH(lq__seat, s, &call->seats, link)
		if (i++ >= first && s->state == LQ_SEAT_OUT) {
			lq__seat_tell_busy(s);
			snprintf(last, sizeof last, "%s", s->account->user);
		}
	lq__call_check(call, "busy", last);
}

static int no_memory(lq__call_error *e)
{
	return lq__call_refuse(e, LQ_ENOMEM, 0, "the server is out of memory");
}

static int do_call(lq__device *d, const lq__call_request *r, lq__call_error *e)
{
	lq__calls *c = d->account->calls;
	int error = check_users(d, r, 0, e);
	if (error)
		return error;
	if (r->timeout_ms < 0 || r->timeout_ms > LQ_CALL_TIMEOUT_MAX)
		return lq__call_refuse(e, LQ_ERANGE, 0, "timeout_ms: 1 to %d", LQ_CALL_TIMEOUT_MAX);
	if (r->attachment && json_dumpb(r->attachment, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY) > LQ_CALL_ATTACHMENT_MAX)
		return lq__call_refuse(e, LQ_ERANGE, 0, "attachment: at most %d bytes as JSON", LQ_CALL_ATTACHMENT_MAX);
	if (strlen(r->group) > LQ_CALL_GROUP_MAX || lq__nickname_check(r->group, strlen(r->group)))
		return lq__call_refuse(e, LQ_EINVAL, 0, "group: at most %d bytes without control characters", LQ_CALL_GROUP_MAX);
	if (c->figures.calls >= LQ_CALLS_MAX)
		return lq__call_refuse(e, LQ_EFULL, 0, "the server has %d calls and takes no more", LQ_CALLS_MAX);
	lq__call *call = lq__call_create(c, d, r);
	if (!call)
		return no_memory(e);
	if (add_seats(call, r, d->account, 1)) {
		lq__call_destroy(call);
		return no_memory(e);
	}
	ring(call, r, 1, "calling");
	return 0;
}

static int do_invite(lq__device *d, lq__seat *s, const lq__call_request *r, lq__call_error *e)
{
	lq__call *call = s->call;
	uint32_t first = call->n_seats;
	int error = check_users(d, r, call->n_seats - 1, e);
	if (error)
		return error;
	for (uint32_t i = 0; i < r->n_users; i++)
		if (lq__seat_find(call, r->users[i]))
			return lq__call_refuse(e, LQ_EEXIST, LQ_CALL_ALREADY_IN, "users[%u]: %.64s has been called in this call", i, r->users[i]);
	if (add_seats(call, r, d->account, first))
		return no_memory(e);
	call->is_group = 1;
	json_t *m = lq__call_message(call, "call_users");
	json_object_set_new(m, "users", lq__call_users(call));
	json_object_set_new(m, "user", json_string(d->account->user));
	lq__call_event(call, s, m);
	ring(call, r, first, "invited");
	return 0;
}

/* ---- answering ---- */

static json_t *token_for(const lq__seat *s)
{
	const lq__calls_host *host = &s->call->calls->host;
	return host->token(host->arg, s->call->room, s->account->user);
}

static void tell_elsewhere(lq__seat *s, lq__device *here, int accepted)
{
	json_t *m = lq__call_message(s->call, "call_elsewhere");
	json_object_set_new(m, "accepted", json_boolean(accepted));
	lq__account_event(s->account, here, m);
	lq__account_event(s->account, here, lq__call_ended(s->call, "elsewhere", s->account->user, accepted ? LQ_CALL_COMPLETE : LQ_CALL_REJECTED));
}

static void tell_accepted(const lq__seat *who)
{
	LQ__EACH(lq__seat, s, &who->call->seats, link) {
		if (s == who || s->state != LQ_SEAT_IN)
			continue;
		json_t *m = lq__call_message(s->call, "call_accepted");
		json_object_set_new(m, "user", json_string(who->account->user));
		json_object_set_new(m, "room", json_string(s->call->room));
		json_object_set_new(m, "token", token_for(s));
		lq__device_event(s->device, m);
	}
}

static void do_accept(lq__device *d, lq__seat *s, const lq__call_request *r)
{
	lq__call *call = s->call;
	lq__calls *c = call->calls;
	s->state = LQ_SEAT_IN;
	s->device = d;
	s->joined = c->now;
	if (!call->answered)
		call->answered_at = c->now;
	call->answered = 1;
	json_t *in = json_array();
	LQ__EACH(lq__seat, other, &call->seats, link)
		if (other != s && other->state == LQ_SEAT_IN)
			json_array_append_new(in, json_string(other->account->user));
	r->answer(r->arg, json_pack("{s:s, s:s, s:s, s:o, s:s, s:o}", "type", "accepted", "call", call->id, "room", call->room, "token", token_for(s), "media",
	                            call->video ? "video" : "audio", "users", in));
	tell_elsewhere(s, d, 1);
	tell_accepted(s);
}

static int do_reject(lq__device *d, lq__seat *s, const lq__call_request *r, lq__call_error *e)
{
	lq__call *call = s->call;
	lq__account *a = s->account;
	if (strlen(r->reason) > LQ_CALL_REASON_MAX)
		return lq__call_refuse(e, LQ_ERANGE, 0, "reason: at most %d bytes", LQ_CALL_REASON_MAX);
	lq__call_answer_ok(r);
	lq__seat_out(s, LQ_CALL_REJECTED);
	tell_elsewhere(s, d, 0);
	lq__device_event(d, lq__call_ended(call, "rejected", a->user, LQ_CALL_REJECTED));
	json_t *m = lq__call_message(call, "call_rejected");
	json_object_set_new(m, "user", json_string(a->user));
	json_object_set_new(m, "reason", json_string(r->reason));
	lq__call_event(call, s, m);
	lq__call_check(call, "rejected", a->user);
	return 0;
}

/* ---- the way in ---- */

static int perform(lq__device *d, lq__seat *s, lq__call_op op, const lq__call_request *r, lq__call_error *e)
{
	switch (op) {
	case LQ__CALL_OP_call: return do_call(d, r, e);
	case LQ__CALL_OP_invite: return do_invite(d, s, r, e);
	case LQ__CALL_OP_reject: return do_reject(d, s, r, e);
	case LQ__CALL_OP_type: return lq__call_type(s, r, e);
	case LQ__CALL_OP_type_reply: return lq__call_type_reply(s, r, e);
	case LQ__CALL_OP_accept: do_accept(d, s, r); return 0;
	default: break;
	}
	lq__call_answer_ok(r);
	if (op == LQ__CALL_OP_leave)
		lq__seat_leave(s, "left");
	else
		lq__call_end(s->call, op == LQ__CALL_OP_hangup ? "hangup" : "cancelled", d->account->user);
	return 0;
}

int lq__calls_request(lq__device *d, const lq__call_request *r, int64_t now, lq__call_error *error)
{
	lq__seat *s = seat_of(d, r->op);
	lq__call_op op;
	d->account->calls->now = now;
	if (r->op != LQ__CALL_OP_call && *r->call && (!s || strcmp(s->call->id, r->call)))
		return other_call(d, r, error);
	int e = judge(d, r, s, &op, error);
	return e ? e : perform(d, s, op, r, error);
}
