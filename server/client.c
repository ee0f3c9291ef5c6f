#include "server/client.h"

#include <stdio.h>
#include <string.h>

#include <loquat/clock.h>
#include <loquat/log.h>
#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>

#include "server/egress/service.h"
#include "server/grants.h"
#include "server/hooks/hooks.h"
#include "server/message.h"
#include "server/publish.h"
#include "server/room_requests.h"
#include "server/session.h"
#include "server/stage.h"
#include "server/subscribe.h"
#include "server/token.h"

void lq__client_answer(lq__client *c, const lq__message *request, json_t *answer)
{
	if (request->has_id)
		json_object_set_new(answer, "id", json_integer((json_int_t)request->id));
	if (answer && c->member && request->has_id && request->type > LQ_MSG_JOIN && request->type != LQ_MSG_STATS && request->type != LQ_MSG_PING)
		lq__member_answered(c->member, answer);
	if (answer)
		c->send(c->arg, answer);
	json_decref(answer);
}

/* A text that may hold pieces of what a stranger sent; jansson takes valid UTF-8 only. */
static json_t *safe_string(const char *text)
{
	json_t *s = json_string(text);
	char copy[512];
	if (s)
		return s;
	snprintf(copy, sizeof copy, "%s", text);
	for (char *p = copy; *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	return json_string(copy);
}

void lq__client_refusal(lq__client *c, const lq__message *request, int code, int detail, const char *text)
{
	json_t *answer = json_pack("{s:s, s:s, s:o}", "type", "error", "code", lq_error_name(code), "message", safe_string(text));
	if (detail)
		json_object_set_new(answer, "detail", json_integer(detail));
	lq__client_answer(c, request, answer);
}

void lq__client_error(lq__client *c, const lq__message *request, int code, const char *text)
{
	lq__client_refusal(c, request, code, 0, text);
}

void lq__client_ok(lq__client *c, const lq__message *request)
{
	lq__client_answer(c, request, json_pack("{s:s}", "type", "ok"));
}

static void strike(lq__client *c)
{
	c->service->refused_messages++;
	if (++c->strikes == LQ_CLIENT_STRIKES)
		c->close(c->arg, LQ_CLOSE_POLICY, "too many bad messages");
}

void lq__client_refuse(lq__client *c, const char *why)
{
	static const lq__message none;
	lq__client_error(c, &none, LQ_EPROTO, why);
	strike(c);
}

/* ---- requests ---- */

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

/* The process of a task: it comes with a token of this server's own, and needs nothing else. */
static int is_task(lq__client *c, const lq__message *m, int64_t unix_ms, char user[LQ_USER_ID_MAX + 1])
{
	const lq__egress_service *egress = c->service->egress;
	if (!egress || !*m->token || !lq__egress_admits(egress, m->token, m->room, unix_ms / 1000, user))
		return 0;
	c->grant = (lq__grant){.subscribe = 1};
	return 1;
}

static void on_join(lq__client *c, const lq__message *m, int64_t now, int64_t unix_ms)
{
	char error[256];
	lq__join join = {.room = m->room, .user = m->user, .name = m->name, .device = m->device, .session = m->session, .seq = (uint64_t)m->seq,
	                 .password = m->password, .info = m->info, .must_exist = m->must_exist,
	                 .audience = m->audience, .live = m->live};
	char task_user[LQ_USER_ID_MAX + 1];
	int e = 0;
	if (is_task(c, m, unix_ms, task_user)) {
		join.user = task_user;
		join.egress = join.audience = join.must_exist = 1;
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

static void on_leave(lq__client *c, const lq__message *m)
{
	lq__member *member = c->member;
	c->member = NULL;
	lq_log(LQ_LOG_INFO, "room", "%s left %s", member->user, member->room->name);
	lq__member_leave(member, "left");
	lq__client_answer(c, m, json_pack("{s:s}", "type", "left"));
	c->close(c->arg, LQ_CLOSE_NORMAL, "left");
}

static void on_publish(lq__client *c, const lq__message *m)
{
	char error[256] = "";
	json_t *answer = NULL;
	int e = lq__publish(c->service->media, c->member, m, &answer, error, sizeof error);
	if (e) {
		lq__client_error(c, m, e, error);
		return;
	}
	lq__client_answer(c, m, answer);
	lq__publish_announce(c->member);
}

/* Each id must be of a track of that room, or nothing is done. */
static int find_tracks(lq__client *c, const lq__message *m, lq__track **out)
{
	char error[128];
	for (uint32_t i = 0; i < m->n_ids; i++) {
		out[i] = lq__room_find_track(c->member->room, m->ids[i]);
		if (!out[i]) {
			snprintf(error, sizeof error, "tracks[%u]: there is no track \"%.32s\" in this room", i, m->ids[i]);
			lq__client_error(c, m, LQ_ENOENT, error);
			return LQ_ENOENT;
		}
	}
	return 0;
}

static void on_unpublish(lq__client *c, const lq__message *m)
{
	lq__track *tracks[LQ_MESSAGE_IDS];
	if (find_tracks(c, m, tracks))
		return;
	for (uint32_t i = 0; i < m->n_ids; i++)
		if (tracks[i]->member != c->member) {
			lq__client_error(c, m, LQ_EPERM, "unpublish.tracks: only one's own tracks can be unpublished");
			return;
		}
	lq__client_ok(c, m);
	for (uint32_t i = 0; i < m->n_ids; i++) {
		lq__track *t = lq__room_find_track(c->member->room, m->ids[i]); /* an id may be there twice */
		if (t)
			lq__track_remove(t);
	}
}

static void on_mute(lq__client *c, const lq__message *m)
{
	lq__track *t = lq__room_find_track(c->member->room, m->track);
	if (!t) {
		lq__client_error(c, m, LQ_ENOENT, "mute.track: there is no such track in this room");
	} else if (t->member != c->member) {
		lq__client_error(c, m, LQ_EPERM, "mute.track: only one's own tracks can be muted");
	} else {
		lq__client_ok(c, m);
		lq__track_mute(t, m->muted);
	}
}

static void on_subscribe(lq__client *c, const lq__message *m)
{
	lq__track *tracks[LQ_MESSAGE_IDS];
	char error[256] = "";
	if (find_tracks(c, m, tracks))
		return;
	int e = m->type == LQ_MSG_SUBSCRIBE ? lq__subscribe(c->service->media, c->member, tracks, m->n_ids, m->layer, error, sizeof error) : 0;
	if (e) {
		lq__client_error(c, m, e, error);
		return;
	}
	if (m->type == LQ_MSG_UNSUBSCRIBE)
		lq__unsubscribe(c->member, tracks, m->n_ids);
	lq__client_ok(c, m);
	lq__subscribe_offer(c->member);
}

static void on_layer(lq__client *c, const lq__message *m)
{
	lq__track *t = lq__room_find_track(c->member->room, m->track);
	int e = t ? lq__subscribe_layer(c->member, t, m->layer) : LQ_ENOENT;
	if (!e)
		lq__client_ok(c, m);
	else
		lq__client_error(c, m, e, e == LQ_ENOENT ? "layer.track: there is no such track in this room" :
		                          e == LQ_ESTATE ? "layer.track: it is not subscribed" : "the server is out of memory");
}

static void on_answer(lq__client *c, const lq__message *m)
{
	char error[256] = "";
	int e = lq__subscribe_answer(c->member, m, error, sizeof error);
	if (e) {
		lq__client_error(c, m, e, error);
		return;
	}
	lq__client_ok(c, m);
	lq__subscribe_offer(c->member);
}

/* Its peer connections are no more: what it published and subscribed ends, and it begins anew. */
static void on_renew(lq__client *c, const lq__message *m)
{
	lq__member *member = c->member;
	lq__subscribe_close(member);
	LQ__EACH(lq__track, t, &member->tracks, link)
		lq__track_remove(t);
	lq__publish_close(member);
	lq__client_ok(c, m);
}

static void on_stats(lq__client *c, const lq__message *m)
{
	json_t *answer = json_pack("{s:s, s:o, s:o}", "type", "stats", "publish", lq__publish_stats(c->member), "subscribe", lq__subscribe_stats(c->member));
	lq__client_answer(c, m, answer);
}

static void on_message(lq__client *c, const lq__message *m)
{
	int e = lq__member_message(c->member, m->to, m->text);
	if (e)
		lq__client_error(c, m, e, "message.to: there is no such user in this room");
	else
		lq__client_ok(c, m);
}

static void on_attributes(lq__client *c, const lq__message *m)
{
	int of_room = !strcmp(m->scope, "room");
	if (of_room && !c->member->may_publish) {
		lq__client_error(c, m, LQ_EPERM, "attributes.of: who may not publish may not change the room's attributes");
		return;
	}
	int e = lq__member_set_attributes(c->member, of_room, m->attributes);
	if (e)
		lq__client_error(c, m, e, "attributes: there would be more than 64 KiB of them");
	else
		lq__client_ok(c, m);
}

/* What others have to take is limited in a second. */
static int too_much(lq__client *c, const lq__message *m, size_t len, int64_t now)
{
	int64_t second = now / 1000000000;
	if (m->type != LQ_MSG_MESSAGE && m->type != LQ_MSG_ATTRIBUTES)
		return 0;
	if (second != c->window) {
		c->window = second;
		c->window_messages = c->window_bytes = 0;
	}
	if (c->window_messages >= LQ_CLIENT_MESSAGES || c->window_bytes + len > LQ_CLIENT_BYTES) {
		lq__client_error(c, m, LQ_EAGAIN, "at most 100 messages and 256 KiB of them in a second: wait");
		return 1;
	}
	c->window_messages++;
	c->window_bytes += (uint32_t)len;
	return 0;
}

/* Whether the request makes sense on this connection now; else it is answered. */
static int in_order(lq__client *c, const lq__message *m)
{
	const char *wrong = NULL;
	if (m->type == LQ_MSG_JOIN || m->type == LQ_MSG_LOGIN)
		wrong = !c->joined ? NULL : c->device ? "this connection has logged in already" : "this connection has joined already";
	else if (m->type == LQ_MSG_MESSAGE || m->type == LQ_MSG_TOKEN)
		wrong = c->member || c->device ? NULL : "join or log in first";
	else if (m->type > LQ_MSG_LOGIN)
		wrong = c->device ? NULL : "log in first";
	else
		wrong = c->member ? NULL : "join first";
	if (wrong)
		lq__client_error(c, m, LQ_ESTATE, wrong);
	return !wrong;
}

/* The process of a task looks and listens, and does nothing that others could see. */
static int is_allowed(lq__client *c, const lq__message *m)
{
	static const lq__message_type allowed[] = {LQ_MSG_SUBSCRIBE, LQ_MSG_UNSUBSCRIBE, LQ_MSG_ANSWER, LQ_MSG_LAYER, LQ_MSG_RENEW, LQ_MSG_STATS, LQ_MSG_LEAVE};
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
		if (!c->member || !c->member->egress || m->type == allowed[i])
			return 1;
	if (m->type == LQ_MSG_CAMERAS) /* as every client says of itself */
		lq__client_ok(c, m);
	else
		lq__client_error(c, m, LQ_EPERM, "a task only looks and listens");
	return 0;
}

/* A request whose answer may have been lost with a socket gets it again, and is not done again. */
static int done_already(lq__client *c, const lq__message *m)
{
	const json_t *answer = c->member && m->again && m->has_id ? lq__member_find_answer(c->member, m->id) : NULL;
	if (answer)
		c->send(c->arg, answer);
	return answer != NULL;
}

static void dispatch(lq__client *c, const lq__message *m, size_t len, int64_t now, int64_t unix_ms)
{
	if (m->type == LQ_MSG_PING) {
		lq__client_answer(c, m, json_pack("{s:s}", "type", "pong"));
		return;
	}
	if (!in_order(c, m) || !is_allowed(c, m) || done_already(c, m) || too_much(c, m, len, now))
		return;
	if (c->device || m->type == LQ_MSG_LOGIN) {
		lq__session_request(c, m, now, unix_ms);
		return;
	}
	switch (m->type) {
	case LQ_MSG_JOIN: on_join(c, m, now, unix_ms); break;
	case LQ_MSG_LEAVE: on_leave(c, m); break;
	case LQ_MSG_PUBLISH: on_publish(c, m); break;
	case LQ_MSG_UNPUBLISH: on_unpublish(c, m); break;
	case LQ_MSG_MUTE: on_mute(c, m); break;
	case LQ_MSG_SUBSCRIBE:
	case LQ_MSG_UNSUBSCRIBE: on_subscribe(c, m); break;
	case LQ_MSG_ANSWER: on_answer(c, m); break;
	case LQ_MSG_LAYER: on_layer(c, m); break;
	case LQ_MSG_MESSAGE: on_message(c, m); break;
	case LQ_MSG_ATTRIBUTES: on_attributes(c, m); break;
	case LQ_MSG_RENEW: on_renew(c, m); break;
	case LQ_MSG_STATS: on_stats(c, m); break;
	case LQ_MSG_EGRESS_START:
	case LQ_MSG_EGRESS_LAYOUT:
	case LQ_MSG_EGRESS_STOP:
	case LQ_MSG_EGRESS_LIST: lq__egress_member_request(c, m); break;
	default: lq__room_member_request(c, m, unix_ms); break;
	}
}

static void alive(lq__client *c, int64_t now, int pong)
{
	if (c->member)
		c->member->seen = now;
	if (c->device)
		lq__device_alive(c->device, now, pong);
}

void lq__client_text(lq__client *c, const char *text, size_t len, int64_t now, int64_t unix_ms)
{
	lq__message m;
	char error[256];
	if (c->strikes >= LQ_CLIENT_STRIKES)
		return;
	alive(c, now, 0);
	int e = lq__message_parse(text, len, &m, error, sizeof error);
	if (!e)
		dispatch(c, &m, len, now, unix_ms);
	else
		lq__client_error(c, &m, e, error);
	lq__message_finish(&m);
	if (e == LQ_EPROTO)
		strike(c);
}

void lq__client_alive(lq__client *c, int64_t now)
{
	alive(c, now, 1);
}

void lq__client_closed(lq__client *c, int clean, int64_t now)
{
	lq__member *m = c->member;
	c->member = NULL;
	lq__egress_request_forget(c->service->egress, c);
	if (c->device)
		lq__session_closed(c, now);
	if (!m)
		return;
	lq_log(LQ_LOG_INFO, "room", "%s %s %s", m->user, clean ? "left" : "was lost from", m->room->name);
	if (clean)
		lq__member_leave(m, "left");
	else
		lq__member_lost(m, now);
}

/* ---- what the rooms ask for ---- */

static void host_send(void *conn, const json_t *message)
{
	lq__client *c = conn;
	c->send(c->arg, message);
}

static void host_kicked(void *conn, const char *reason)
{
	lq__client *c = conn;
	c->member = NULL;
	c->close(c->arg, LQ_CLOSE_NORMAL, reason);
}

static void host_leaving(void *arg, lq__member *m)
{
	lq__subscribe_close(m);
}

static void host_left(void *arg, lq__member *m)
{
	lq__publish_close(m);
}

static void host_track_leaving(void *arg, lq__track *t)
{
	lq__subscribe_track_leaving(t);
	lq__publish_track_leaving(t);
}

static void host_settled(void *arg, lq__room *room)
{
	LQ__EACH(lq__member, m, &room->members, link)
		lq__subscribe_offer(m);
}

static void host_unsubscribe_all(void *arg, lq__member *m)
{
	lq__unsubscribe_all(m);
}

static void host_news(void *arg, const char *event, const lq__room *room, json_t *details)
{
	lq__service *s = arg;
	int ended = s->egress && !strcmp(event, "room_ended");
	if (s->hooks)
		lq__hooks_tell(s->hooks, event, room->name, room->sid, details, lq__service_unix_ms(s, lq_clock_now(lq_clock_real())));
	else
		json_decref(details);
	if (ended)
		lq__egress_service_room_ended(s->egress, room);
}

static int host_track_lent(void *arg, lq__track *t)
{
	return lq__publish_track_lend(t);
}

static int64_t host_media_seen(void *arg, lq__member *m)
{
	int64_t a = lq__publish_seen(m), b = lq__subscribe_seen(m);
	return a > b ? a : b;
}

lq__rooms_host lq__client_rooms_host(lq__service *service)
{
	return (lq__rooms_host){host_send, host_kicked, host_leaving, host_left, host_track_leaving, host_settled, host_media_seen, service, host_unsubscribe_all, host_news, host_track_lent};
}
