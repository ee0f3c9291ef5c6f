/* Members whose socket is lost: they stay for a while, and go on where they were when they come back in time. */
#include <stdio.h>
#include <string.h>

#include <loquat/plugin/errors.h>

#include "server/room_private.h"

void lq__rooms_set_grace(lq__rooms *rooms, int64_t grace)
{
	rooms->grace = grace;
}

int64_t lq__rooms_grace(const lq__rooms *rooms)
{
	return rooms->grace;
}

void lq__member_lost(lq__member *m, int64_t now)
{
	m->conn = NULL;
	m->lost_until = now + m->room->rooms->grace;
	m->room->rooms->figures.losses++;
}

/* ---- what came to an end ---- */

static const struct {
	const char *reason;
	int code;
} ends[] = {{"duplicate", LQ_EDUPLICATE}, {"kicked", LQ_EPERM}, {"token_expired", LQ_ETOKEN}, {"room_closed", LQ_END}};

void lq__member_end_noted(const lq__member *m, const char *reason)
{
	lq__rooms *rooms = m->room->rooms;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (!strcmp(ends[i].reason, reason)) {
			lq__ended *e = &rooms->ended[rooms->n_ended++ % LQ_ENDED_MAX];
			snprintf(e->session, sizeof e->session, "%s", m->session);
			e->why = (uint8_t)i;
		}
}

static int why_ended(const lq__rooms *rooms, const char *session, char *error, size_t size)
{
	for (uint32_t i = 0; i < LQ_ENDED_MAX; i++) {
		const lq__ended *e = &rooms->ended[i];
		if (!*e->session || strcmp(e->session, session))
			continue;
		snprintf(error, size, "%s", ends[e->why].reason);
		return ends[e->why].code;
	}
	return 0;
}

/* ---- coming back ---- */

static int can_resume(const lq__member *m, const lq__join *j)
{
	return m && !strcmp(m->session, j->session) && j->seq <= m->seq && m->seq - j->seq <= m->log.n;
}

int lq__join_is_late(const lq__member *m, const lq__join *j)
{
	return *m->device && !strcmp(m->device, j->device) && j->nth && j->nth < m->nth;
}

/* Whoever sits on its place now came later. */
static int is_another(const lq__member *m, const lq__join *j)
{
	return m && strcmp(m->session, j->session) && *m->device && *j->device && (strcmp(m->device, j->device) || lq__join_is_late(m, j));
}

int lq__rooms_resume(lq__rooms *rooms, const lq__join *asked, void *conn, int64_t now, lq__member **out, char *error, size_t error_size)
{
	const lq__join full = lq__join_filled(asked), *j = &full;
	lq__member *m = *j->session ? lq__rooms_find(rooms, j->room, j->user) : NULL;
	int e = *j->session ? why_ended(rooms, j->session, error, error_size) : 0;
	if (e)
		return e;
	if (m && m->guest_of) /* nobody comes as a guest */
		m = NULL;
	if (is_another(m, j)) {
		snprintf(error, error_size, "duplicate");
		return LQ_EDUPLICATE;
	}
	if (!can_resume(m, j)) {
		snprintf(error, error_size, "join.session: it is over, or too much has happened since");
		return LQ_ENOENT;
	}
	if (m->conn)
		rooms->host.kicked(m->conn, "replaced");
	m->conn = conn;
	m->seen = now;
	rooms->figures.resumes++;
	*out = m;
	return 0;
}

void lq__member_resend(lq__member *m, uint64_t seq)
{
	for (; seq < m->seq; seq++) {
		json_t *event = lq__log_at(&m->log, m->log.n - (uint32_t)(m->seq - seq));
		if (!json_object_set_new(event, "seq", json_integer((json_int_t)seq + 1)))
			m->room->rooms->host.send(m->conn, event);
	}
}

/* ---- answers ---- */

void lq__member_answered(lq__member *m, json_t *answer)
{
	lq__log_put(&m->answers, answer, json_dumpb(answer, NULL, 0, JSON_COMPACT), LQ_MEMBER_ANSWERS, LQ_MEMBER_BYTES);
}

const json_t *lq__member_find_answer(const lq__member *m, int64_t id)
{
	for (uint32_t i = m->answers.n; i-- > 0; ) {
		const json_t *answer = lq__log_at(&m->answers, i);
		if (json_integer_value(json_object_get(answer, "id")) == id)
			return answer;
	}
	return NULL;
}
