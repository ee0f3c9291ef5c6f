#include "server/room_requests.h"

#include <stdio.h>
#include <string.h>

#include <loquat/log.h>
#include <loquat/plugin/errors.h>

#include "server/message.h"
#include "server/room_admin.h"

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
	lq__room_spec spec = {.name = m->room, .password = m->password, .max_members = m->max_members, .max_mics = m->max_mics, .max_cameras = m->max_cameras,
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

static void on_kick(lq__client *c, const lq__message *m)
{
	if (!may(c, m, c->grant.admin, "the token gives no right to kick others (admin)"))
		return;
	if (!strcmp(m->user, c->member->user))
		lq__client_error(c, m, LQ_EINVAL, "kick.user: this is yourself: leave instead");
	else if (lq__room_kick(c->member->room, m->user, m->reason))
		lq__client_error(c, m, LQ_ENOENT, "kick.user: there is no such user in this room");
	else
		lq__client_ok(c, m);
}

void lq__room_member_request(lq__client *c, const lq__message *m)
{
	switch (m->type) {
	case LQ_MSG_KICK: on_kick(c, m); break;
	case LQ_MSG_ROLE:
		lq__member_set_role(c->member, m->audience);
		lq__client_ok(c, m);
		break;
	default: break;
	}
}
