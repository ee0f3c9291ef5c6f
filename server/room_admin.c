#include "server/room_admin.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include <loquat/log.h>
#include <loquat/plugin/errors.h>

#include "base/alloc.h"
#include "server/room_private.h"
#include "server/stage.h"

/* ---- entering ---- */

/* Takes as long for any wrong password of the same length. */
static int same(const char *a, const char *b)
{
	size_t n = strlen(a);
	unsigned char differs = strlen(b) != n;
	for (size_t i = 0; !differs && i < n; i++)
		differs |= (unsigned char)(a[i] ^ b[i]);
	return !differs;
}

int lq__room_admit(const lq__room *room, const lq__join *join, const lq__member *old, char *error, size_t size)
{
	uint32_t limit = room && room->max_members ? room->max_members : LQ_ROOM_MEMBERS_MAX;
	if (!room && join->must_exist) {
		snprintf(error, size, "join.room: there is no such room");
		return LQ_ENOENT;
	}
	if (!room)
		return 0;
	if (old && old->egress && !join->egress) {
		snprintf(error, size, "join.user: a task has this name");
		return LQ_EPERM;
	}
	if (join->egress)
		return 0;
	if (*room->password && !same(room->password, join->password)) {
		snprintf(error, size, "join.password: %s", *join->password ? "it is wrong" : "missing: the room has one");
		return LQ_EPERM;
	}
	if (old && old->guest_of) {
		snprintf(error, size, "join.user: a guest of another room has this name here");
		return LQ_EEXIST;
	}
	int e = join->audience ? 0 : lq__stage_admit(room, old, error, size);
	if (e || old)
		return e;
	if (room->locked) {
		snprintf(error, size, "the room is locked: nobody can enter now");
		return LQ_EBUSY;
	}
	if (lq__room_people(room) >= limit) {
		snprintf(error, size, "the room has %" PRIu32 " members and takes no more", limit);
		return LQ_EFULL;
	}
	return 0;
}

/* ---- making and ending ---- */

/* A number that is not taken, and that nobody can guess from others. */
static int pick_name(lq__rooms *rooms, char out[LQ_ROOM_NAME_MAX + 1])
{
	for (int tries = 0; tries < 100; tries++) {
		uint32_t r;
		if (getrandom(&r, sizeof r, 0) != sizeof r)
			return LQ_EIO;
		snprintf(out, LQ_ROOM_NAME_MAX + 1, "%" PRIu32, 10000000 + r % 90000000);
		if (!lq__room_find(rooms, out))
			return 0;
	}
	return LQ_EFULL;
}

static int check_range(const char *field, int64_t value, int64_t max, char *error, size_t size)
{
	if (value >= 0 && value <= max)
		return 0;
	snprintf(error, size, "room_create.%s: must be 0 (default) to %" PRId64 ", is %" PRId64, field, max, value);
	return LQ_ERANGE;
}

static int check_spec(const lq__room_spec *s, char *error, size_t size)
{
	int e = *s->name ? lq__room_name_check(s->name, strlen(s->name)) : 0;
	if (e) {
		snprintf(error, size, e == LQ_ERANGE ? "room_create.room: a room name has 1 to %d bytes" :
		         "room_create.room: a room name has letters, digits, space and !#$%%&()+-:;<=.>?@[]^_{}|~, only", LQ_ROOM_NAME_MAX);
		return e;
	}
	if (strlen(s->password) > LQ_PASSWORD_MAX) {
		snprintf(error, size, "room_create.password: at most %d bytes", LQ_PASSWORD_MAX);
		return LQ_ERANGE;
	}
	if ((e = check_range("max_members", s->max_members, LQ_ROOM_MEMBERS_MAX, error, size)) ||
	    (e = check_range("max_open_mics", s->max_mics, LQ_ROOM_MEMBERS_MAX, error, size)))
		return e;
	if ((e = check_range("max_broadcasters", s->max_broadcasters, LQ_ROOM_MEMBERS_MAX, error, size)))
		return e;
	return check_range("max_cameras", s->max_cameras, LQ_ROOM_CAMERAS_DEFAULT, error, size);
}

static void take_spec(lq__room *room, const lq__room_spec *s)
{
	room->made = 1;
	room->keep = s->keep;
	room->locked = s->locked;
	room->live = s->live;
	room->max_members = (uint32_t)s->max_members;
	room->max_mics = s->max_mics ? (uint32_t)s->max_mics : LQ_ROOM_MICS_DEFAULT;
	room->max_cameras = s->max_cameras ? (uint32_t)s->max_cameras : LQ_ROOM_CAMERAS_DEFAULT;
	room->max_broadcasters = (uint32_t)s->max_broadcasters;
	snprintf(room->password, sizeof room->password, "%s", s->password);
	lq__list_append(&room->rooms->made, &room->made_link);
}

int lq__room_make(lq__rooms *rooms, const lq__room_spec *spec, lq__room **out, char *error, size_t size)
{
	char name[LQ_ROOM_NAME_MAX + 1];
	int e = check_spec(spec, error, size);
	if (e)
		return e;
	if (rooms->figures.rooms >= LQ_ROOMS_MAX) {
		snprintf(error, size, "the server has %d rooms and takes no more", LQ_ROOMS_MAX);
		return LQ_EFULL;
	}
	if (!*spec->name && (e = pick_name(rooms, name))) {
		snprintf(error, size, "no number is free for the room");
		return e;
	}
	if (*spec->name && lq__room_find(rooms, spec->name)) {
		snprintf(error, size, "room_create.room: there is such a room already");
		return LQ_EEXIST;
	}
	lq__room *room = lq__room_create(rooms, *spec->name ? spec->name : name);
	if (!room) {
		snprintf(error, size, "the server is out of memory");
		return LQ_ENOMEM;
	}
	take_spec(room, spec);
	*out = room;
	return 0;
}

/* Those who go need not hear of each other. */
void lq__room_close(lq__room *room)
{
	room->made = 1; /* so that it does not end under our hands */
	lq__guests_send_home(room);
	LQ__EACH(lq__member, m, &room->members, link)
		m->entered = 0;
	LQ__EACH(lq__member, m, &room->members, link)
		lq__member_kick(m, "room_closed", "kicked");
	room->made = 0;
	lq__room_release(room);
}

int lq__room_end(lq__rooms *rooms, const char *name)
{
	lq__room *room = lq__room_find(rooms, name);
	if (!room)
		return LQ_ENOENT;
	lq_log(LQ_LOG_INFO, "room", "%s is closed, %" PRIu32 " members have to go", room->name, lq__room_people(room));
	lq__room_close(room);
	return 0;
}

void lq__room_admin_tick(lq__rooms *rooms, int64_t unix_ms)
{
	LQ__EACH(lq__room, room, &rooms->made, made_link) {
		if (lq__room_people(room) || room->keep)
			room->empty_since = 0;
		else if (!room->empty_since)
			room->empty_since = unix_ms;
		else if (unix_ms - room->empty_since >= LQ_ROOM_EMPTY_MS)
			lq__room_close(room);
	}
}

/* ---- ruling ---- */

int lq__room_lock(lq__rooms *rooms, const char *name, int locked)
{
	lq__room *room = lq__room_find(rooms, name);
	if (!room)
		return LQ_ENOENT;
	if (room->locked == !!locked)
		return 0;
	room->locked = !!locked;
	lq__room_event(room, NULL, json_pack("{s:s, s:b}", "type", "room_locked", "locked", room->locked));
	return 0;
}

void lq__room_set_profile(lq__room *room, int live)
{
	if (room->live == !!live)
		return;
	room->live = !!live;
	lq__room_event(room, NULL, json_pack("{s:s, s:s}", "type", "room_profile", "profile", room->live ? "live" : "communication"));
}

int lq__room_kick(lq__room *room, const char *user, const char *reason)
{
	lq__member *m = lq__room_member(room, user);
	if (!m)
		return LQ_ENOENT;
	if (m->guest_of)
		return LQ_EPERM;
	lq_log(LQ_LOG_INFO, "room", "%s is kicked from %s", m->user, room->name);
	lq__member_put_out(m, "kicked", "kicked", reason);
	return 0;
}

/* ---- looking ---- */

json_t *lq__room_json(const lq__room *r)
{
	return json_pack("{s:s, s:s, s:s, s:i, s:b, s:b, s:b, s:b, s:i, s:i, s:i, s:i}", "room", r->name, "profile", r->live ? "live" : "communication", "room_sid", r->sid, "members", (int)lq__room_people(r), "made", r->made,
	                 "keep", r->keep, "locked", r->locked, "password", *r->password != 0, "max_members",
	                 (int)(r->max_members ? r->max_members : LQ_ROOM_MEMBERS_MAX), "max_open_mics", (int)r->max_mics, "max_cameras", (int)r->max_cameras, "max_broadcasters", (int)r->max_broadcasters);
}

json_t *lq__rooms_json(const lq__rooms *rooms)
{
	json_t *all = json_array();
	for (size_t i = 0; i < LQ_ROOM_BUCKETS; i++)
		LQ__EACH(lq__room, r, &rooms->buckets[i], link)
			json_array_append_new(all, lq__room_json(r));
	return all;
}

static json_t *full_json(const lq__member *m)
{
	json_t *o = lq__member_json(m);
	if (o && m->audience)
		json_object_set_new(o, "role", json_string("audience"));
	return o;
}

json_t *lq__room_members_json(const lq__room *room)
{
	json_t *all = json_array();
	LQ__EACH(lq__member, m, &room->members, link)
		if (!m->egress)
			json_array_append_new(all, full_json(m));
	return all;
}
