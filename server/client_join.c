/* How a connection becomes a member: by a token, a login or a task's own token, anew or where it was. */
#include "server/client_requests.h"

#include <stdio.h>

#include <loquat/log.h>
#include <loquat/plugin/errors.h>

#include "server/egress/service.h"
#include "server/grants.h"
#include "server/message.h"
#include "server/publish.h"
#include "server/stage.h"
#include "server/subscribe.h"
#include "server/token.h"

/* Debug mode: no token is needed, but one that is given counts. */
int lq__client_grant(lq__client *c, const lq__token_want *want, const char *token, lq__grant *out, char *error, size_t size)
{
	const lq__service *s = c->service;
	*out = LQ__GRANT_ALL;
	return s->secret && (!s->debug || *token) ? lq__token_check(token, want, out, error, size) : 0;
}

static int check_access(lq__client *c, const lq__message *m, int64_t unix_ms, char *error, size_t size)
{
	const lq__service *s = c->service;
	lq__token_want want = {s->secret, s->app_id, m->room, m->user, unix_ms / 1000, NULL};
	lq__grant grant;
	int e = 0;
	if (*m->login) {
		grant = LQ__GRANT_ALL;
		if (!lq__calls_trusted(s->calls, m->user, m->login)) {
			snprintf(error, size, "join.login: that user has no such login by secret: log in first, or join with a token");
			e = LQ_ETOKEN;
		}
	} else {
		e = lq__client_grant(c, &want, m->token, &grant, error, size);
	}
	if (!e)
		c->grant = grant;
	return e;
}

/* Real milliseconds. */
static json_int_t resume_ms(const lq__client *c)
{
	int64_t grace = lq__rooms_grace(c->service->rooms);
	return (json_int_t)(grace / 1000000);
}

static void answer_joined(lq__client *c, const lq__message *request)
{
	const lq__member *m = c->member;
	const lq__room *room = m->room;
	lq__client_answer(c, request,
	                  json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:b, s:I, s:o, s:o, s:O*, s:s*, s:s*, s:o*}", "type", "joined", "room", room->name, "room_sid", room->sid,
	                            "user", m->user, "name", m->name, "session", m->session, "seq", (json_int_t)m->seq, "resumed", 0, "resume_ms", resume_ms(c), "members", lq__member_snapshot(m),
	                            "ice", lq__publish_ice_json(c->service->media, room->worker), "attributes", room->attributes, "role",
	                            m->audience ? "audience" : NULL, "profile", room->live ? "live" : NULL, "waiting", lq__stage_json(m)));
}

/* What was said before stays said: the client gets what it missed, and no picture of the room. */
static void answer_resumed(lq__client *c, const lq__message *request)
{
	lq__member *m = c->member;
	const lq__room *room = m->room;
	lq_log(LQ_LOG_INFO, "room", "%s is back in %s", m->user, room->name);
	lq__client_answer(c, request,
	                  json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:b, s:I, s:o}", "type", "joined", "room", room->name, "room_sid", room->sid, "user",
	                            m->user, "name", m->name, "session", m->session, "seq", (json_int_t)request->seq, "resumed", 1, "resume_ms",
	                            resume_ms(c), "ice", lq__publish_ice_json(c->service->media, room->worker)));
	lq__member_resend(m, (uint64_t)request->seq);
	lq__subscribe_resume(m);
}

/* The process of a task comes with a token of this server's own, and needs nothing else: 1; -1: its task has ended, and it may not come as anybody else either. */
static int is_task(lq__client *c, const lq__message *m, int64_t unix_ms, char user[LQ_USER_ID_MAX + 1])
{
	const lq__egress_service *egress = c->service->egress;
	int is = egress && *m->token ? lq__egress_admits(egress, m->token, m->room, unix_ms / 1000, user) : 0;
	if (is > 0)
		c->grant = (lq__grant){.subscribe = 1};
	return is;
}

void lq__client_join(lq__client *c, const lq__message *m, int64_t now, int64_t unix_ms)
{
	char error[256];
	lq__join join = {.room = m->room, .user = m->user, .name = m->name, .device = m->device, .session = m->session, .seq = (uint64_t)m->seq, .nth = m->nth,
	                 .password = m->password, .info = m->info, .must_exist = m->must_exist,
	                 .audience = m->audience, .live = m->live};
	char task_user[LQ_USER_ID_MAX + 1];
	int e = 0, task = is_task(c, m, unix_ms, task_user);
	if (task > 0) {
		join.user = task_user;
		join.egress = join.audience = join.must_exist = 1;
	} else if (task < 0) {
		snprintf(error, sizeof error, "join.token: it is of an egress task that has ended");
		e = LQ_ETOKEN;
	} else {
		e = check_access(c, m, unix_ms, error, sizeof error);
	}
	if (e)
		c->service->refused_tokens++;
	else
		e = lq__rooms_resume(c->service->rooms, &join, c, now, &c->member, error, sizeof error);
	if (!e) {
		c->joined = 1;
		answer_resumed(c, m);
		return;
	}
	if (e == LQ_ENOENT && !m->only_resume)
		e = lq__rooms_join(c->service->rooms, &join, c, now, &c->member, error, sizeof error);
	if (e) {
		lq__client_error(c, m, e, error);
		return;
	}
	c->joined = 1;
	lq_log(LQ_LOG_INFO, "room", "%s joined %s", c->member->user, c->member->room->name);
	lq__grants_begin(c->member, &c->grant, unix_ms);
	answer_joined(c, m);
}
