#include "server/rest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/log.h>
#include <loquat/plugin/errors.h>

#include "server/egress/service.h"
#include "server/guest.h"
#include "server/message.h"
#include "server/reader.h"
#include "server/room_admin.h"
#include "server/room_private.h"

#define PREFIX "/v1/rooms"
#define SEGMENTS 4 /* room, "members" or "egress", user or task, what */

typedef struct rest {
	lq__service *service;
	const lq__rest_request *request;
	int64_t unix_ms;
	unsigned status;
	int all_rooms; /* the token is for them all */
	char path[1024], *at[SEGMENTS]; /* what follows the prefix; NULL: there is no more */
	json_t *body;                   /* NULL: none */
	char error[256];
} rest;

int lq__rest_is(const char *path)
{
	size_t n = strlen(PREFIX);
	return !strncmp(path, PREFIX, n) && (!path[n] || path[n] == '/');
}

/* ---- answers ---- */

static unsigned status_of(int code)
{
	switch (code) {
	case LQ_ENOENT: return 404;
	case LQ_ETOKEN: return 401;
	case LQ_EPERM: return 403;
	case LQ_EEXIST:
	case LQ_ESTATE: return 409;
	case LQ_EAGAIN: return 429;
	case LQ_ETIMEDOUT: return 504;
	case LQ_EFULL: return 503;
	case LQ_ENOTSUP: return 405;
	case LQ_ENOMEM: return 500;
	default: return 400;
	}
}

static json_t *error_json(int code, const char *text)
{
	json_t *message = json_string(text);
	return json_pack("{s:s, s:o}", "code", lq_error_name(code), "message", message ? message : json_string("it is not UTF-8"));
}

static json_t *fail(rest *r, int code, const char *fmt, ...) LQ_PRINTF(3, 4);
static json_t *fail(rest *r, int code, const char *fmt, ...)
{
	va_list args;
	char text[300];
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	r->status = status_of(code);
	return error_json(code, text);
}

static int fail_with(rest *r, int code, const char *why)
{
	snprintf(r->error, sizeof r->error, "%s", why);
	return code;
}

static json_t *done(rest *r, int e)
{
	if (e)
		return fail(r, e, "%s", *r->error ? r->error : "there is no such room or user");
	r->status = 204;
	return NULL;
}

/* ---- who asks ---- */

static json_t *check_access(rest *r)
{
	lq__service *s = r->service;
	lq__token_want want = {s->secret, s->app_id, NULL, NULL, r->unix_ms / 1000, "rooms"};
	lq__grant grant = LQ__GRANT_ALL;
	int e = s->secret && (!s->debug || *r->request->token) ? lq__token_check(r->request->token, &want, &grant, r->error, sizeof r->error) : 0;
	if (e)
		return fail(r, e, "%s", r->error);
	r->all_rooms = grant.admin && !*grant.room;
	if (!grant.admin || (*grant.room && (!r->at[0] || strcmp(grant.room, r->at[0]))))
		return fail(r, LQ_EPERM, "the token gives no right to administer %s (admin)", r->at[0] ? "this room" : "all rooms");
	return NULL;
}

/* ---- requests ---- */

static json_t *on_create(rest *r)
{
	lq__message m = {.room = "", .password = ""};
	lq__reader reader = {r->error, sizeof r->error, "room_create"};
	lq__room *room = NULL;
	int e = r->body ? lq__read_room_create(&reader, r->body, &m) : 0;
	lq__room_spec spec = {.name = m.room, .password = m.password, .max_members = m.max_members, .max_mics = m.max_mics, .max_cameras = m.max_cameras, .max_broadcasters = m.max_broadcasters,
	                      .locked = m.locked, .keep = m.keep, .live = m.live};
	if (!e)
		e = lq__room_make(r->service->rooms, &spec, &room, r->error, sizeof r->error);
	if (e)
		return fail(r, e, "%s", r->error);
	r->status = 201;
	return lq__room_json(room);
}

static json_t *on_lock(rest *r)
{
	int locked = 0;
	lq__reader reader = {r->error, sizeof r->error, "lock"};
	int e = lq__read_boolean(&reader, r->body, "locked", LQ_REQUIRED, &locked);
	return done(r, e ? e : lq__room_lock(r->service->rooms, r->at[0], locked));
}

static json_t *kick(rest *r, lq__room *room, const char *user, const char *reason)
{
	int e = lq__room_kick(room, user, reason);
	return done(r, e == LQ_EPERM ? fail_with(r, e, "kick: is a guest of another room: DELETE …/guests/GUEST sends it back") : e);
}

static json_t *on_profile(rest *r, lq__room *room)
{
	lq__message m = {.live = 0};
	lq__reader reader = {r->error, sizeof r->error, "profile"};
	int e = r->body ? lq__read_room_profile(&reader, r->body, &m) : lq__read_fail(&reader, LQ_EINVAL, "profile.profile: missing");
	if (!e)
		lq__room_set_profile(room, m.live);
	return done(r, e);
}

static json_t *on_kick(rest *r, lq__room *room)
{
	lq__message m = {.user = r->at[2], .reason = ""};
	lq__reader reader = {r->error, sizeof r->error, "kick"};
	int e = lq__read_string(&reader, r->body, "reason", LQ_OPTIONAL, &m.reason);
	if (!e && strlen(m.reason) > LQ_KICK_REASON_MAX)
		e = lq__read_fail(&reader, LQ_ERANGE, "kick.reason: at most %d bytes", LQ_KICK_REASON_MAX);
	return e ? done(r, e) : kick(r, room, m.user, m.reason);
}

/* The member's app is told to mute; the others are told that it is. */
static json_t *on_mute(rest *r, lq__room *room)
{
	const char *kind = "", *stream = "main";
	int muted = 0;
	lq__reader reader = {r->error, sizeof r->error, "mute"};
	lq__member *m = lq__room_member(room, r->at[2]);
	int e = lq__read_string(&reader, r->body, "kind", LQ_REQUIRED, &kind);
	if (!e)
		e = lq__read_string(&reader, r->body, "stream", LQ_OPTIONAL, &stream);
	if (!e)
		e = lq__read_boolean(&reader, r->body, "muted", LQ_REQUIRED, &muted);
	if (!e && m && m->guest_of)
		e = fail_with(r, LQ_EPERM, "mute: is a guest of another room, where alone it can be muted");
	if (e || !m)
		return done(r, e ? e : LQ_ENOENT);
	LQ__EACH(lq__track, t, &m->tracks, link)
		if (!strcmp(lq__kind_name(t->media), kind) && !strcmp(lq__stream_name(t->stream), stream)) {
			lq__member_event(m, json_pack("{s:s, s:s, s:s, s:b}", "type", "mute", "kind", kind, "stream", stream, "muted", muted));
			lq__track_mute(t, muted);
			return done(r, 0);
		}
	return fail(r, LQ_ENOENT, "mute: %s has published no such track", m->user);
}

/* ---- tasks ---- */

static json_t *on_egress_start(rest *r, lq__room *room)
{
	lq__reader reader = {r->error, sizeof r->error, "egress"};
	lq__egress_task *t = NULL;
	int e = r->body ? lq__egress_spec_check(&reader, r->body) : lq__read_fail(&reader, LQ_EINVAL, "egress.to: missing: say where it is sent (to), or recorded (record)");
	if (!e)
		e = lq__egress_request_start(r->service->egress, room, r->body, "egress", &t, r->error, sizeof r->error);
	if (e)
		return fail(r, e, "%s", r->error);
	r->status = 201;
	return lq__egress_task_json(t);
}

static json_t *on_egress_layout(rest *r, lq__room *room)
{
	lq__reader reader = {r->error, sizeof r->error, "layout"};
	const json_t *layout = json_object_get(r->body, "layout");
	int e = lq__egress_layout_check(&reader, layout);
	if (!e)
		e = lq__egress_request_layout(r->service->egress, room, r->at[2], layout, r->request->later, r->request->who, 0, r->error, sizeof r->error);
	if (e)
		return fail(r, e, "%s", r->error);
	r->status = 0;
	return NULL;
}

static const lq__egress_task *task_of(const rest *r)
{
	return r->at[2] && r->service->egress ? lq__egress_find(&r->service->egress->tasks, r->at[0], r->at[2]) : NULL;
}

/* What its tasks have come to can be seen when a room is gone, too. */
static json_t *past_egress(rest *r)
{
	const lq__egress_task *t = task_of(r);
	json_t *list = r->at[2] ? NULL : lq__egress_request_list(r->service->egress, r->at[0]);
	if (t && !r->at[3])
		return lq__egress_task_json(t);
	if (json_array_size(list))
		return json_pack("{s:o}", "tasks", list);
	json_decref(list);
	return fail(r, LQ_ENOENT, "there is no such room");
}

static json_t *on_egress(rest *r, lq__room *room, const char *method)
{
	const lq__egress_task *t = task_of(r);
	int get = !strcmp(method, "GET"), post = !strcmp(method, "POST");
	if (!r->at[2] && get)
		return json_pack("{s:o}", "tasks", lq__egress_request_list(r->service->egress, room->name));
	if (!r->at[2])
		return post ? on_egress_start(r, room) : fail(r, LQ_ENOTSUP, "what egress takes: GET, POST");
	if (!t)
		return fail(r, LQ_ENOENT, "there is no such task in this room");
	if (r->at[3] && strcmp(r->at[3], "layout"))
		return fail(r, LQ_ENOENT, "a task has a layout");
	if (r->at[3])
		return post ? on_egress_layout(r, room) : fail(r, LQ_ENOTSUP, "layout: POST only");
	if (get)
		return lq__egress_task_json(t);
	return strcmp(method, "DELETE") ? fail(r, LQ_ENOTSUP, "what a task takes: GET, DELETE, POST …/layout")
	                                : lq__egress_request_stop(r->service->egress, room, r->at[2]) ? fail(r, LQ_ESTATE, "the task has ended already") : done(r, 0);
}

static json_t *on_guest_add(rest *r, lq__room *here)
{
	lq__message m = {.room = "", .user = "", .token = ""};
	lq__reader reader = {r->error, sizeof r->error, "guest_add"};
	lq__member *guest;
	int e = r->all_rooms ? lq__read_guest_add(&reader, r->body, &m) : fail_with(r, LQ_EPERM, "guests need a token for all rooms: they belong to two");
	lq__room *there = e ? NULL : lq__room_find(r->service->rooms, m.room);
	if (!e && !there)
		e = fail_with(r, LQ_ENOENT, "guest_add.room: there is no such room");
	if (!e)
		e = lq__guest_add(here, there, m.user, &guest, r->error, sizeof r->error);
	if (e)
		return fail(r, e, "%s", r->error);
	r->status = 201;
	return json_pack("{s:s, s:s, s:s}", "guest", guest->user, "room", m.room, "user", m.user);
}

/* ---- which ---- */

static json_t *guests(rest *r, lq__room *room, const char *method)
{
	if (!r->at[2] && !strcmp(method, "POST"))
		return on_guest_add(r, room);
	if (r->at[2] && !r->at[3] && !strcmp(method, "DELETE"))
		return done(r, lq__guest_remove(room, r->at[2]));
	return fail(r, LQ_ENOTSUP, "what guests take: POST, DELETE …/GUEST");
}


static json_t *member(rest *r, lq__room *room, const char *method)
{
	if (!r->at[3] && !strcmp(method, "DELETE"))
		return kick(r, room, r->at[2], "");
	if (r->at[3] && !strcmp(r->at[3], "kick") && !strcmp(method, "POST"))
		return on_kick(r, room);
	if (r->at[3] && !strcmp(r->at[3], "mute") && !strcmp(method, "POST"))
		return on_mute(r, room);
	return fail(r, LQ_ENOTSUP, "what a member takes: DELETE, POST …/kick, POST …/mute");
}

static json_t *of_room(rest *r, const char *method)
{
	lq__room *room = lq__room_find(r->service->rooms, r->at[0]);
	if (!room && r->at[1] && !strcmp(r->at[1], "egress") && !strcmp(method, "GET"))
		return past_egress(r);
	if (!room)
		return fail(r, LQ_ENOENT, "there is no such room");
	if (!r->at[1]) {
		if (!strcmp(method, "GET"))
			return lq__room_json(room);
		return strcmp(method, "DELETE") ? fail(r, LQ_ENOTSUP, "what a room takes: GET, DELETE, GET …/members, POST …/lock and …/profile, GET and POST …/egress") : done(r, lq__room_end(r->service->rooms, r->at[0]));
	}
	if (!strcmp(r->at[1], "lock") && !r->at[2])
		return strcmp(method, "POST") ? fail(r, LQ_ENOTSUP, "lock: POST only") : on_lock(r);
	if (!strcmp(r->at[1], "profile") && !r->at[2])
		return strcmp(method, "POST") ? fail(r, LQ_ENOTSUP, "profile: POST only") : on_profile(r, room);
	if (!strcmp(r->at[1], "egress"))
		return on_egress(r, room, method);
	if (!strcmp(r->at[1], "guests"))
		return guests(r, room, method);
	if (strcmp(r->at[1], "members"))
		return fail(r, LQ_ENOENT, "a room has members, guests, lock, profile and egress");
	if (r->at[2])
		return member(r, room, method);
	return strcmp(method, "GET") ? fail(r, LQ_ENOTSUP, "members: GET only") : json_pack("{s:o}", "members", lq__room_members_json(room));
}

static json_t *route(rest *r)
{
	const char *method = r->request->method;
	json_error_t e;
	json_t *refused = check_access(r);
	if (refused)
		return refused;
	if (r->request->len && !(r->body = json_loadb(r->request->body, r->request->len, JSON_REJECT_DUPLICATES, &e)))
		return fail(r, LQ_EPARSE, "no JSON: line %d, column %d: %s", e.line, e.column, e.text);
	if (r->body && !json_is_object(r->body))
		return fail(r, LQ_EPARSE, "the body must be a JSON object, is %s", lq__json_type_name(r->body));
	if (r->at[0])
		return of_room(r, method);
	if (!strcmp(method, "GET"))
		return json_pack("{s:o}", "rooms", lq__rooms_json(r->service->rooms));
	return strcmp(method, "POST") ? fail(r, LQ_ENOTSUP, "what rooms take: GET, POST") : on_create(r);
}

static int split(rest *r)
{
	const char *rest_of = r->request->path + strlen(PREFIX);
	char *save = NULL;
	int n = 0;
	if (snprintf(r->path, sizeof r->path, "%s", rest_of) >= (int)sizeof r->path)
		return LQ_ERANGE;
	for (char *s = strtok_r(r->path, "/", &save); s; s = strtok_r(NULL, "/", &save)) {
		if (n == SEGMENTS)
			return LQ_ENOENT;
		r->at[n++] = s;
	}
	return 0;
}

char *lq__rest(lq__service *service, const lq__rest_request *request, int64_t unix_ms, unsigned *status)
{
	rest r = {.service = service, .request = request, .unix_ms = unix_ms, .status = 200};
	int e = split(&r);
	json_t *answer = e ? fail(&r, LQ_ENOENT, "there is nothing at this address") : route(&r);
	char *text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
	if (!text && r.status && r.status != 204)
		r.status = 500;
	json_decref(answer);
	json_decref(r.body);
	*status = r.status;
	return text;
}

char *lq__rest_later(int code, const char *text, unsigned *status)
{
	json_t *answer = code ? error_json(code, text) : NULL;
	char *body = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
	*status = !code ? 204 : body ? status_of(code) : 500;
	json_decref(answer);
	return body;
}
