#include "server/stage.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <loquat/log.h>
#include <loquat/plugin/errors.h>

#include "server/room_private.h"

/* Where no token says who is host, whoever is up is. */
int lq__stage_is_host(const lq__member *m)
{
	return m->host == LQ__HOST || (m->host == LQ__HOST_WHEN_UP && !m->audience);
}

/* ---- telling ---- */

/* why NULL: it asks; else it does not any more. */
static json_t *asks_event(const lq__member *m, const char *why, const lq__member *by)
{
	return json_pack("{s:s, s:s, s:s, s:b, s:s*, s:s*}", "type", "stage_request", "user", m->user, "name", m->name, "on", !why, "reason", why, "by", by ? by->user : NULL);
}

/* Takes the event. */
static void tell_hosts(const lq__member *about, json_t *event)
{
	LQ__EACH(lq__member, m, &about->room->members, link)
		if (m != about && m->entered && lq__stage_is_host(m))
			lq__member_event(m, json_incref(event));
	json_decref(event);
}

/* by NULL: nobody; reason "": none. */
static void tell_asker(lq__member *m, const char *state, const lq__member *by, const char *reason)
{
	lq__member_event(m, json_pack("{s:s, s:s, s:s*, s:s*}", "type", "stage_answer", "state", state, "by", by ? by->user : NULL, "reason", *reason ? reason : NULL));
}

void lq__stage_host_changed(lq__member *host, int was_host)
{
	int is_host = lq__stage_is_host(host);
	if (is_host == was_host)
		return;
	LQ__EACH(lq__member, m, &host->room->members, link)
		if (m->asks && m != host)
			lq__member_event(host, asks_event(m, is_host ? NULL : "no_host", NULL));
}

json_t *lq__stage_json(const lq__member *host)
{
	json_t *list = NULL;
	if (!lq__stage_is_host(host) || !host->room->n_asking)
		return NULL;
	list = json_array();
	LQ__EACH(lq__member, m, &host->room->members, link)
		if (m->asks)
			json_array_append_new(list, json_pack("{s:s, s:s}", "user", m->user, "name", m->name));
	return list;
}

/* ---- asking ---- */

void lq__stage_forget(lq__member *m, const char *why, const lq__member *by)
{
	if (!m->asks)
		return;
	m->asks = 0;
	m->room->n_asking--;
	tell_hosts(m, asks_event(m, why, by));
}

int lq__stage_request(lq__member *m, int on, int64_t unix_ms, char *error, size_t size)
{
	if (!on) {
		lq__stage_forget(m, "withdrawn", NULL);
		return 0;
	}
	if (!m->audience) {
		snprintf(error, size, "stage_request: you are up already: only the audience asks");
		return LQ_ESTATE;
	}
	if (m->asks) {
		snprintf(error, size, "stage_request: you have asked already: wait for the answer, or withdraw it (on: false)");
		return LQ_EEXIST;
	}
	if (m->room->n_asking >= LQ_STAGE_WAITING_MAX) {
		snprintf(error, size, "stage_request: %d are waiting already: ask again later", LQ_STAGE_WAITING_MAX);
		return LQ_EFULL;
	}
	m->asks = 1;
	m->asked_at = unix_ms;
	m->room->n_asking++;
	tell_hosts(m, asks_event(m, NULL, NULL));
	return 0;
}

int64_t lq__stage_tick(lq__member *m, int64_t unix_ms)
{
	int64_t due = m->asked_at + LQ_STAGE_TIMEOUT_MS;
	if (!m->asks)
		return INT64_MAX;
	if (unix_ms < due)
		return due;
	lq__stage_forget(m, "timeout", NULL);
	tell_asker(m, "timeout", NULL, "");
	return INT64_MAX;
}

/* ---- answering ---- */

int lq__stage_admit(const lq__room *room, const lq__member *old, char *error, size_t size)
{
	uint32_t up = 0;
	LQ__EACH(lq__member, m, &room->members, link)
		up += !m->audience && !m->guest_of && m != old;
	if (!room->max_broadcasters || up < room->max_broadcasters)
		return 0;
	snprintf(error, size, "%" PRIu32 " are on the stage, and it takes no more: somebody has to go down first", room->max_broadcasters);
	return LQ_EFULL;
}

int lq__stage_answer(const lq__member *by, const char *user, int accept, const char *reason, char *error, size_t size)
{
	lq__member *m = lq__room_member(by->room, user);
	if (!m || !m->asks) {
		snprintf(error, size, "stage_answer.user: does not ask, or not any more: another host has answered, or it has withdrawn");
		return LQ_ENOENT;
	}
	int e = accept ? lq__stage_admit(m->room, NULL, error, size) : 0;
	if (e)
		return e;
	lq__stage_forget(m, accept ? "accepted" : "refused", by);
	tell_asker(m, accept ? "accepted" : "refused", by, reason);
	if (accept) {
		m->on_stage = 1;
		lq__member_set_role(m, 0);
	}
	return 0;
}

int lq__stage_remove(const lq__member *by, const char *user, const char *reason, char *error, size_t size)
{
	lq__member *m = lq__room_member(by->room, user);
	if (!m || m->audience) {
		snprintf(error, size, "stage_remove.user: nobody of this name is on the stage");
		return LQ_ENOENT;
	}
	if (m->guest_of) {
		snprintf(error, size, "stage_remove.user: is a guest of another room: guest_remove sends it back");
		return LQ_EPERM;
	}
	lq_log(LQ_LOG_INFO, "room", "%s is sent down by %s in %s", m->user, by->user, m->room->name);
	tell_asker(m, "removed", by, reason);
	lq__member_set_role(m, 1);
	return 0;
}
