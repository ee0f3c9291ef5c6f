#include "server/room_requests.h"

#include <stdio.h>
#include <string.h>

#include <loquat/log.h>
#include <loquat/plugin/errors.h>

#include "server/control.h"
#include "server/grants.h"
#include "server/message.h"
#include "server/room_admin.h"
#include "server/stage.h"
#include "server/stage_requests.h"

static int may(lq__client *c, const lq__message *m, int right, const char *text)
{
	if (!right)
		lq__client_error(c, m, LQ_EPERM, text);
	return right;
}

/* The page of the browser client; where the server is found the client knows better. */
static json_t *path_of(const char *room)
{
	char path[16 + 3 * LQ_ROOM_NAME_MAX] = "/?room=";
	size_t n = strlen(path);
	for (const char *p = room; *p; p++)
		n += (size_t)snprintf(path + n, sizeof path - n, (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ? "%c" : "%%%02X", *p);
	return json_string(path);
}

static void on_create(lq__client *c, const lq__message *m)
{
	char error[256];
	lq__room *room;
	lq__room_spec spec = {.name = m->room, .password = m->password, .max_members = m->max_members, .max_mics = m->max_mics, .max_cameras = m->max_cameras, .max_broadcasters = m->max_broadcasters,
	                      .locked = m->locked, .keep = m->keep, .live = m->live};
	int e = lq__room_make(c->service->rooms, &spec, &room, error, sizeof error);
	if (e) {
		lq__client_error(c, m, e, error);
		return;
	}
	lq_log(LQ_LOG_INFO, "room", "%s is made", room->name);
	lq__client_answer(c, m, json_pack("{s:s, s:s, s:s, s:o}", "type", "room_created", "room", room->name, "room_sid", room->sid, "path", path_of(room->name)));
}

void lq__room_session_request(lq__client *c, const lq__message *m)
{
	int e, right = c->grant.admin && (!*c->grant.room || !strcmp(c->grant.room, m->room));
	if (!may(c, m, right, "the token gives no right to make, lock or destroy this room (admin)"))
		return;
	if (m->type == LQ_MSG_ROOM_CREATE) {
		on_create(c, m);
		return;
	}
	e = m->type == LQ_MSG_ROOM_LOCK ? lq__room_lock(c->service->rooms, m->room, m->locked) : lq__room_end(c->service->rooms, m->room);
	if (e)
		lq__client_error(c, m, e, "room: there is no such room");
	else
		lq__client_ok(c, m);
}

static void answer_kick(lq__client *c, const lq__message *m, int e)
{
	if (e)
		lq__client_error(c, m, e, e == LQ_EPERM ? "kick.user: is a guest of another room: guest_remove sends it back" : "kick.user: there is no such user in this room");
	else
		lq__client_ok(c, m);
}

static void on_kick(lq__client *c, const lq__message *m)
{
	if (!may(c, m, c->grant.admin, "the token gives no right to kick others (admin)"))
		return;
	if (!strcmp(m->user, c->member->user))
		lq__client_error(c, m, LQ_EINVAL, "kick.user: this is yourself: leave instead");
	else
		answer_kick(c, m, lq__room_kick(c->member->room, m->user, m->reason));
}

static void on_profile(lq__client *c, const lq__message *m)
{
	if (!may(c, m, c->grant.admin, "the token gives no right to change what kind of room this is (admin)"))
		return;
	lq__room_set_profile(c->member->room, m->live);
	lq__client_ok(c, m);
}

static void on_token(lq__client *c, const lq__message *m, int64_t unix_ms)
{
	char error[256];
	lq__member *member = c->member;
	lq__token_want want = {c->service->secret, c->service->app_id, member->room->name, member->user, unix_ms / 1000, "token_update"};
	lq__grant grant;
	int e = lq__client_grant(c, &want, m->token, &grant, error, sizeof error);
	if (e) {
		c->service->refused_tokens++;
		lq__client_error(c, m, e, error);
		return;
	}
	c->grant = grant;
	lq__client_ok(c, m);
	lq__grants_set(member, &grant, unix_ms);
}

/* Who is meant: "" oneself. NULL: it has been answered. */
static lq__member *target(lq__client *c, const lq__message *m, const char *field)
{
	char error[120];
	lq__member *me = c->member, *other = *m->user ? lq__room_member(me->room, m->user) : me;
	if (!other || (other->audience && other != me)) {
		snprintf(error, sizeof error, "%s.user: there is no such user in this room", field);
		lq__client_error(c, m, LQ_ENOENT, error);
		return NULL;
	}
	if (other->guest_of) {
		snprintf(error, sizeof error, "%s.user: is a guest of another room, where alone it can be controlled", field);
		lq__client_error(c, m, LQ_EPERM, error);
		return NULL;
	}
	if (other == me || c->grant.control || c->grant.admin)
		return other;
	lq__client_error(c, m, LQ_EPERM, "the token gives no right to control others' microphones and cameras (control)");
	return NULL;
}

static void answer(lq__client *c, const lq__message *m, int e, const char *error)
{
	if (e)
		lq__client_error(c, m, e, error);
	else
		lq__client_ok(c, m);
}

static void on_control(lq__client *c, const lq__message *m)
{
	char error[256] = "";
	lq__member *other = target(c, m, "control");
	if (other)
		answer(c, m, lq__control(other, m->media, m->stream, m->on, c->member->user, error, sizeof error), error);
}

static void on_default_camera(lq__client *c, const lq__message *m)
{
	char error[256] = "";
	lq__member *other = target(c, m, "default_camera");
	if (other)
		answer(c, m, lq__default_camera_set(other, m->stream, c->member->user, error, sizeof error), error);
}

static void on_device(lq__client *c, const lq__message *m)
{
	char error[256] = "";
	answer(c, m, lq__control_report(c->member, m->media, m->stream, m->none, error, sizeof error), error);
}

static void on_role(lq__client *c, const lq__message *m)
{
	char error[256] = "";
	int e = m->audience || !c->member->audience ? 0 : lq__stage_admit(c->member->room, NULL, error, sizeof error);
	if (!e)
		lq__member_set_role(c->member, m->audience);
	answer(c, m, e, error);
}

void lq__room_member_request(lq__client *c, const lq__message *m, int64_t unix_ms)
{
	switch (m->type) {
	case LQ_MSG_KICK: on_kick(c, m); break;
	case LQ_MSG_ROLE: on_role(c, m); break;
	case LQ_MSG_ROOM_PROFILE: on_profile(c, m); break;
	case LQ_MSG_TOKEN: on_token(c, m, unix_ms); break;
	case LQ_MSG_CONTROL: on_control(c, m); break;
	case LQ_MSG_DEVICE: on_device(c, m); break;
	case LQ_MSG_DEFAULT_CAMERA: on_default_camera(c, m); break;
	case LQ_MSG_CAMERAS:
		lq__member_set_cameras(c->member, m->cameras);
		lq__client_ok(c, m);
		break;
	case LQ_MSG_GUEST_ADD:
	case LQ_MSG_GUEST_REMOVE: lq__guest_member_request(c, m, unix_ms); break;
	default: lq__stage_member_request(c, m, unix_ms); break;
	}
}
