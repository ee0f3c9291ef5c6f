/* What administrators do: to members of a room that they are in, and over a session to rooms as such. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "handles.h"
#include "session.h"

enum { REASON_MAX = 256, PASSWORD_MAX = 128 };

/* ---- members ---- */

static char *build_kick(int64_t id, const lq__ask *a)
{
	return lq__req_kick(id, a->user, a->text);
}

int lq_room_kick(lq_room *room, const char *user, const char *reason)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	if (lq__is_dead(room))
		return LQ_ESTATE;
	if (!room || !user || lq__user_check(user))
		return LQ_EINVAL;
	if (reason && strlen(reason) > REASON_MAX)
		return LQ_ERANGE;
	lq__ask *a = lq__ask_new(room, LQ__REQ_KICK, build_kick, user, reason);
	return a ? lq__ask_post(a) : LQ_ENOMEM;
}

/* ---- rooms ---- */

static int check_spec(const lq_room_spec *s)
{
	int r = s->name && *s->name ? lq_room_name_check(s->name, strlen(s->name)) : 0;
	if (r)
		return r;
	return s->password && strlen(s->password) > PASSWORD_MAX ? LQ_ERANGE : 0;
}

/* Text is made once the session is sure to take it, with its id. */
static int post(lq_session *s, lq__sreq_type type, const char *name, int on, void *ctx, const lq_room_spec *spec)
{
	pthread_mutex_lock(&s->lock);
	int e = lq__session_online_check(s);
	if (!e) {
		int64_t id = ++s->next_id;
		char *text = spec ? lq__sreq_room_create(id, spec) : type == LQ__SREQ_ROOM_LOCK ? lq__sreq_room_lock(id, name, on) : lq__sreq_room(id, "room_destroy", name);
		e = lq__session_post_about(s, type, id, name, on, ctx, text);
	}
	pthread_mutex_unlock(&s->lock);
	return e;
}

int lq_room_create(lq_session *s, const lq_room_spec *spec, void *ctx)
{
	if (lq__is_dead(s))
		return LQ_ESTATE;
	if (lq__is_dead(s))
		return LQ_ESTATE;
	lq_room_spec defaults = LQ_INIT(lq_room_spec);
	const lq_room_spec *p = spec ? spec : &defaults;
	if (!s || p->size < sizeof *p)
		return LQ_EINVAL;
	int e = check_spec(p);
	return e ? e : post(s, LQ__SREQ_ROOM_CREATE, p->name, 0, ctx, p);
}

int lq_room_destroy(lq_session *s, const char *name, void *ctx)
{
	if (lq__is_dead(s))
		return LQ_ESTATE;
	if (lq__is_dead(s))
		return LQ_ESTATE;
	int e = s && name ? lq_room_name_check(name, strlen(name)) : LQ_EINVAL;
	return e ? e : post(s, LQ__SREQ_ROOM_DESTROY, name, 0, ctx, NULL);
}

int lq_room_lock(lq_session *s, const char *name, int on)
{
	if (lq__is_dead(s))
		return LQ_ESTATE;
	if (lq__is_dead(s))
		return LQ_ESTATE;
	int e = s && name ? lq_room_name_check(name, strlen(name)) : LQ_EINVAL;
	return e ? e : post(s, LQ__SREQ_ROOM_LOCK, name, on != 0, NULL, NULL);
}

/* "http://host:port" and the path that the server knows. */
static void address(const lq_session *s, const char *path, char *out, size_t size)
{
	int v6 = strchr(s->server.host, ':') != NULL;
	snprintf(out, size, "http://%s%s%s:%u%s", v6 ? "[" : "", s->server.host, v6 ? "]" : "", s->server.port, path);
}

void lq__session_room_answered(lq_session *s, const lq__srequest *r, int code, const lq__smsg *msg, const char *text)
{
	char url[700] = "";
	lq_sdk_event e = {.code = code, .name = r->user, .text = text, .on = r->on, .ctx = r->ctx};
	e.type = r->type == LQ__SREQ_ROOM_CREATE ? LQ_ON_ROOM_CREATED : r->type == LQ__SREQ_ROOM_LOCK ? LQ_ON_ROOM_LOCKED : LQ_ON_ROOM_DESTROYED;
	if (!code && r->type == LQ__SREQ_ROOM_CREATE) {
		address(s, msg->path, url, sizeof url);
		e.name = msg->room;
		e.text = url;
	}
	lq__session_event(s, &e);
}
