#include "server/client.h"

#include <stdio.h>
#include <string.h>

#include <loquat/clock.h>
#include <loquat/log.h>
#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>

#include "server/client_requests.h"
#include "server/egress/service.h"
#include "server/hooks/hooks.h"
#include "server/message.h"
#include "server/publish.h"
#include "server/room_requests.h"
#include "server/session.h"
#include "server/subscribe.h"

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

static void on_leave(lq__client *c, const lq__message *m)
{
	lq__member *member = c->member;
	c->member = NULL;
	lq_log(LQ_LOG_INFO, "room", "%s left %s", member->user, member->room->name);
	lq__member_leave(member, "left");
	lq__client_answer(c, m, json_pack("{s:s}", "type", "left"));
	c->close(c->arg, LQ_CLOSE_NORMAL, "left");
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
	if (lq__client_track_request(c, m))
		return;
	switch (m->type) {
	case LQ_MSG_JOIN: lq__client_join(c, m, now, unix_ms); break;
	case LQ_MSG_LEAVE: on_leave(c, m); break;
	case LQ_MSG_MESSAGE: on_message(c, m); break;
	case LQ_MSG_ATTRIBUTES: on_attributes(c, m); break;
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
