/* Calls and the seats in them: made, rung, given up. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "server/calls/private.h"

#define MS INT64_C(1000000)

static void random_id(char *out, const char *prefix)
{
	char a[LQ_SID_SIZE], b[LQ_SID_SIZE];
	lq__sid(a);
	lq__sid(b);
	sprintf(out, "%s%s%s", prefix, a, b);
}

lq__call *lq__call_create(lq__calls *c, lq__device *caller, const lq__call_request *r)
{
	lq__call *call = lq__calloc(1, sizeof *call);
	if (!call)
		return NULL;
	lq__list_init(&call->seats);
	lq__list_append(&c->calls, &call->link);
	c->figures.calls++;
	call->calls = c;
	random_id(call->id, "");
	random_id(call->room, "call-");
	snprintf(call->group, sizeof call->group, "%s", r->group);
	call->attachment = r->attachment ? json_deep_copy(r->attachment) : json_null();
	call->video = r->video;
	call->is_group = r->n_users > 1 || *r->group;
	call->timeout = (r->timeout_ms ? r->timeout_ms : LQ_CALL_TIMEOUT_DEFAULT) * MS;
	call->created = c->now;
	lq__seat *s = call->attachment ? lq__seat_create(call, caller->account->user, caller->account) : NULL;
	if (!s) {
		lq__call_destroy(call);
		return NULL;
	}
	s->device = caller;
	s->state = LQ_SEAT_IN;
	s->joined = c->now;
	caller->account->seat = s;
	return call;
}

void lq__call_destroy(lq__call *call)
{
	LQ__EACH(lq__seat, s, &call->seats, link) {
		lq__list_remove(&s->waiting);
		if (s->account->seat == s)
			s->account->seat = NULL;
		lq__account_unref(s->inviter);
		lq__account_unref(s->account);
		lq__free(s);
	}
	json_decref(call->attachment);
	lq__list_remove(&call->link);
	call->calls->figures.calls--;
	lq__free(call);
}

lq__seat *lq__seat_create(lq__call *call, const char *user, lq__account *inviter)
{
	lq__account *a = lq__account_get(call->calls, user);
	lq__seat *s = a ? lq__calloc(1, sizeof *s) : NULL;
	if (!s) {
		if (a)
			lq__account_release(a);
		return NULL;
	}
	lq__account_ref(a);
	lq__account_ref(inviter);
	s->call = call;
	s->account = a;
	s->inviter = inviter;
	s->deadline = call->calls->now + call->timeout;
	lq__list_init(&s->waiting);
	lq__list_append(&call->seats, &s->link);
	call->n_seats++;
	return s;
}

lq__seat *lq__seat_find(const lq__call *call, const char *user)
{
	LQ__EACH(lq__seat, s, &call->seats, link)
		if (!strcmp(s->account->user, user))
			return s;
	return NULL;
}

json_t *lq__seat_invitation(const lq__seat *s)
{
	const lq__call *call = s->call;
	const lq__seat *caller = LQ__ENTRY(call->seats.next, lq__seat, link);
	json_t *m = lq__call_message(call, "call_invited");
	int64_t left = s->deadline - call->calls->now;
	json_object_set_new(m, "from", json_string(s->inviter->user));
	json_object_set_new(m, "caller", json_string(caller->account->user));
	json_object_set_new(m, "users", lq__call_users(call));
	json_object_set_new(m, "media", json_string(call->video ? "video" : "audio"));
	json_object_set_new(m, "group", json_boolean(call->is_group));
	json_object_set_new(m, "group_id", json_string(call->group));
	json_object_set(m, "attachment", call->attachment);
	json_object_set_new(m, "timeout_ms", json_integer(left > 0 ? left / MS : 0));
	return m;
}

void lq__seat_ring(lq__seat *s)
{
	lq__account *a = s->account;
	lq__calls *c = a->calls;
	if (a->seat) {
		/* A device that lost its socket may still think that this one rings. */
		if (s->state == LQ_SEAT_WAITING)
			lq__account_event(a, NULL, lq__call_ended(s->call, "busy", a->user, LQ_CALL_BUSY));
		lq__seat_out(s, LQ_CALL_BUSY);
		return;
	}
	lq__list_remove(&s->waiting);
	if (lq__account_online(a)) {
		s->state = LQ_SEAT_RINGING;
		a->seat = s;
		LQ__EACH(lq__device, d, &a->devices, link)
			if (d->ring_ms && c->now + d->ring_ms * MS < s->deadline)
				s->deadline = c->now + d->ring_ms * MS;
		lq__account_event(a, NULL, lq__seat_invitation(s));
	} else {
		s->state = LQ_SEAT_WAITING;
		lq__list_append(&a->waiting, &s->waiting);
	}
	lq__wake_at(c, s->deadline);
}

void lq__seat_wait(lq__seat *s)
{
	s->state = LQ_SEAT_WAITING;
	s->account->seat = NULL;
	lq__list_append(&s->account->waiting, &s->waiting);
}

void lq__seat_tell_busy(lq__seat *s)
{
	json_t *m = lq__call_message(s->call, "call_busy");
	json_object_set_new(m, "user", json_string(s->account->user));
	lq__call_event(s->call, s, m);
}

void lq__seat_out(lq__seat *s, lq__call_status status)
{
	lq__call *call = s->call;
	if (s->state == LQ_SEAT_IN && call->answered) {
		int64_t since = s->joined > call->answered_at ? s->joined : call->answered_at;
		s->duration_s = (uint32_t)((call->calls->now - since) / (1000 * MS));
	}
	lq__list_remove(&s->waiting);
	if (s->account->seat == s)
		s->account->seat = NULL;
	s->device = NULL;
	s->state = LQ_SEAT_OUT;
	s->status = status;
	lq__call_type_seat_gone(s);
}
