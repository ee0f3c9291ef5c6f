/* How a call ends, for one of those in it and as a whole, and the record of it. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "server/calls/private.h"

#define MS INT64_C(1000000)

json_t *lq__call_ended(const lq__call *call, const char *reason, const char *by, lq__call_status status)
{
	json_t *m = lq__call_message(call, "call_ended");
	int64_t talked = call->answered ? call->calls->now - call->answered_at : 0;
	json_object_set_new(m, "reason", json_string(reason));
	json_object_set_new(m, "user", json_string(by));
	json_object_set_new(m, "status", json_integer(status));
	json_object_set_new(m, "duration_s", json_integer(talked / (1000 * MS)));
	return m;
}

/* ---- the record ---- */

/* Where nobody came: the answer of a person says more than that of a clock, and that more than none. */
static lq__call_status unanswered(const lq__call *call)
{
	static const lq__call_status order[] = {LQ_CALL_REJECTED, LQ_CALL_TIMEOUT, LQ_CALL_BUSY};
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		LQ__EACH(lq__seat, s, &call->seats, link)
			if (s->state == LQ_SEAT_OUT && s->status == order[i])
				return order[i];
	return LQ_CALL_CANCELLED;
}

static json_t *record_users(const lq__call *call)
{
	json_t *users = json_array();
	LQ__EACH(lq__seat, s, &call->seats, link)
		json_array_append_new(users, json_pack("{s:s, s:i, s:i}", "user", s->account->user, "status", (int)s->status, "duration_s", (int)s->duration_s));
	return users;
}

static json_t *record_of(const lq__call *call, lq__call_status status, const char *reason, const char *by)
{
	const lq__calls *c = call->calls;
	const lq__seat *caller = LQ__ENTRY(call->seats.next, lq__seat, link), *callee = LQ__ENTRY(caller->link.next, lq__seat, link);
	int64_t talked = call->answered ? c->now - call->answered_at : 0;
	return json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:I, s:I, s:I, s:o}", "call", call->id, "status", (int)status, "media",
	                 call->video ? "video" : "audio", "caller", caller->account->user, "callee", callee->account->user, "reason", reason, "by", by,
	                 "group", call->is_group, "group_id", call->group, "started_ms", (json_int_t)(c->unix_zero + call->created / MS), "ended_ms",
	                 (json_int_t)(c->unix_zero + c->now / MS), "duration_s", (json_int_t)(talked / (1000 * MS)), "users", record_users(call));
}

static void write_record(lq__call *call, json_t *record)
{
	lq__calls *c = call->calls;
	c->figures.calls_total++;
	if (!record)
		return;
	c->host.record(c->host.arg, record);
	if (json_array_size(c->records) == LQ_CALL_RECORDS_MAX)
		json_array_remove(c->records, 0);
	json_array_append(c->records, record);
	LQ__EACH(lq__seat, s, &call->seats, link) {
		json_t *m = json_copy(record);
		json_object_set_new(m, "type", json_string("call_record"));
		lq__account_event(s->account, NULL, m);
	}
	json_decref(record);
}

json_t *lq__calls_records(const lq__calls *c)
{
	return json_incref(c->records);
}

/* ---- the end ---- */

static void tell_cancelled(const lq__call *call, const char *by, lq__device *d, lq__account *a)
{
	json_t *m = lq__call_message(call, "call_cancelled");
	json_object_set_new(m, "user", json_string(by));
	if (d)
		lq__device_event(d, m);
	else
		lq__account_event(a, NULL, m);
}

static void end_seat(lq__seat *s, const char *reason, const char *by, lq__call_status status)
{
	const lq__call *call = s->call;
	lq__device *d = s->device;
	lq__account *a = s->account;
	if (s->state == LQ_SEAT_OUT)
		return;
	int talked = s->state == LQ_SEAT_IN && call->answered;
	lq__seat_out(s, talked ? LQ_CALL_COMPLETE : d ? status : LQ_CALL_CANCELLED);
	if (!d || !strcmp(reason, "cancelled"))
		tell_cancelled(call, by, d, a);
	if (d)
		lq__device_event(d, lq__call_ended(call, reason, by, status));
	else
		lq__account_event(a, NULL, lq__call_ended(call, "cancelled", by, LQ_CALL_CANCELLED));
}

/* Why an unanswered call ended, from how the last of its users did. */
static const char *reason_of(lq__call_status status)
{
	return status == LQ_CALL_REJECTED ? "rejected" : status == LQ_CALL_TIMEOUT ? "timeout" : status == LQ_CALL_BUSY ? "busy" : "cancelled";
}

void lq__call_end(lq__call *call, const char *reason, const char *by)
{
	char who[LQ_USER_ID_MAX + 1];
	lq__call_status status = call->answered ? LQ_CALL_COMPLETE : unanswered(call);
	snprintf(who, sizeof who, "%s", by);
	LQ__EACH(lq__seat, s, &call->seats, link) {
		/* While somebody rings it was not the users' answers that ended it. */
		if (!call->answered && (s->state == LQ_SEAT_RINGING || s->state == LQ_SEAT_WAITING))
			status = LQ_CALL_CANCELLED;
	}
	call->asker = NULL;
	LQ__EACH(lq__seat, s, &call->seats, link)
		end_seat(s, reason, who, status);
	write_record(call, record_of(call, status, reason, who));
	lq__call_destroy(call);
}

void lq__call_check(lq__call *call, const char *reason, const char *by)
{
	uint32_t in = 0, open = 0;
	LQ__EACH(lq__seat, s, &call->seats, link) {
		in += s->state == LQ_SEAT_IN;
		open += s->state == LQ_SEAT_RINGING || s->state == LQ_SEAT_WAITING;
	}
	if (!call->answered && in && !open)
		lq__call_end(call, reason_of(unanswered(call)), by);
	else if (!in || (call->answered && in + open < 2))
		lq__call_end(call, reason, by);
}

void lq__seat_leave(lq__seat *s, const char *reason)
{
	lq__call *call = s->call;
	lq__device *d = s->device;
	char who[LQ_USER_ID_MAX + 1];
	snprintf(who, sizeof who, "%s", s->account->user);
	if (!call->answered) {
		lq__call_end(call, strcmp(reason, "lost") ? "cancelled" : "lost", who);
		return;
	}
	lq__seat_out(s, LQ_CALL_COMPLETE);
	lq__device_event(d, lq__call_ended(call, reason, who, LQ_CALL_COMPLETE));
	json_t *m = lq__call_message(call, "call_left");
	json_object_set_new(m, "user", json_string(who));
	json_object_set_new(m, "reason", json_string(reason));
	lq__call_event(call, s, m);
	lq__call_check(call, reason, who);
}

void lq__seat_timeout(lq__seat *s)
{
	lq__call *call = s->call;
	lq__account *a = s->account;
	json_t *m = lq__call_message(call, "call_timeout");
	json_object_set_new(m, "user", json_string(a->user));
	lq__seat_out(s, LQ_CALL_TIMEOUT);
	lq__account_event(a, NULL, json_copy(m));
	lq__account_event(a, NULL, lq__call_ended(call, "timeout", a->user, LQ_CALL_TIMEOUT));
	lq__call_event(call, s, m);
	lq__call_check(call, "timeout", a->user);
}
