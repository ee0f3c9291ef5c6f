#include "server/room.h"

#include <stdio.h>
#include <string.h>

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>

#include "base/alloc.h"
#include "server/grants.h"
#include "server/room_private.h"

static lq__link *bucket(lq__rooms *rooms, const char *name)
{
	uint32_t h = 2166136261u;
	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 16777619u;
	return &rooms->buckets[h % LQ_ROOM_BUCKETS];
}

lq__rooms *lq__rooms_create(const lq__rooms_host *host, uint32_t n_workers, int64_t member_timeout)
{
	lq__rooms *rooms = lq__calloc(1, sizeof *rooms);
	if (!rooms)
		return NULL;
	rooms->host = *host;
	rooms->n_workers = n_workers ? n_workers : 1;
	rooms->member_timeout = rooms->grace = member_timeout;
	rooms->load = lq__calloc(rooms->n_workers, sizeof *rooms->load);
	lq__list_init(&rooms->members);
	lq__list_init(&rooms->hidden);
	lq__list_init(&rooms->made);
	for (size_t i = 0; i < LQ_ROOM_BUCKETS; i++)
		lq__list_init(&rooms->buckets[i]);
	if (!rooms->load) {
		lq__free(rooms);
		return NULL;
	}
	return rooms;
}

void lq__rooms_destroy(lq__rooms *rooms)
{
	if (!rooms)
		return;
	LQ__EACH(lq__member, m, &rooms->members, all)
		lq__member_kick(m, "shutdown", "kicked");
	LQ__EACH(lq__member, m, &rooms->hidden, all)
		lq__member_kick(m, "shutdown", "kicked");
	LQ__EACH(lq__room, room, &rooms->made, made_link) {
		room->made = 0;
		lq__room_release(room);
	}
	lq__free(rooms->load);
	lq__free(rooms);
}

lq__room *lq__room_find(lq__rooms *rooms, const char *name)
{
	LQ__EACH(lq__room, room, bucket(rooms, name), link)
		if (!strcmp(room->name, name))
			return room;
	return NULL;
}

lq__room *lq__room_create(lq__rooms *rooms, const char *name)
{
	lq__room *room = lq__calloc(1, sizeof *room);
	if (!room)
		return NULL;
	room->rooms = rooms;
	snprintf(room->name, sizeof room->name, "%s", name);
	lq__sid(room->sid);
	lq__list_init(&room->members);
	lq__list_init(&room->made_link);
	for (uint32_t i = 1; i < rooms->n_workers; i++)
		if (rooms->load[i] < rooms->load[room->worker])
			room->worker = i;
	lq__list_append(bucket(rooms, name), &room->link);
	rooms->figures.rooms++;
	lq__room_news(room, "room_started", NULL);
	return room;
}

uint32_t lq__room_people(const lq__room *room)
{
	return room->n_members - room->n_hidden;
}

void lq__room_news(const lq__room *room, const char *event, json_t *details)
{
	const lq__rooms_host *host = &room->rooms->host;
	if (host->news)
		host->news(host->arg, event, room, details);
	else
		json_decref(details);
}

void lq__member_news(const lq__member *m, const char *event, const char *reason)
{
	if (!m->egress && m->room->rooms->host.news)
		lq__room_news(m->room, event, json_pack("{s:s, s:s, s:s, s:s*}", "user", m->user, "name", m->name, "role", m->audience ? "audience" : "broadcaster", "reason", reason));
}

/* The room ends with its last member, unless it was made on request. */
void lq__room_release(lq__room *room)
{
	if (lq__room_people(room) || room->made)
		return;
	if (room->n_hidden) {
		lq__room_close(room);
		return;
	}
	lq__guests_send_home(room);
	lq__room_news(room, "room_ended", NULL);
	lq__list_remove(&room->made_link);
	room->rooms->figures.rooms--;
	json_decref(room->attributes);
	lq__list_remove(&room->link);
	lq__free(room);
}

lq__member *lq__room_member(const lq__room *room, const char *user)
{
	LQ__EACH(lq__member, m, &room->members, link)
		if (!strcmp(m->user, user))
			return m;
	return NULL;
}

lq__member *lq__rooms_find(lq__rooms *rooms, const char *room, const char *user)
{
	const lq__room *r = lq__room_find(rooms, room);
	return r ? lq__room_member(r, user) : NULL;
}

static int check_join(const lq__join *j, char *error, size_t size)
{
	int e = lq__room_name_check(j->room, strlen(j->room));
	if (e) {
		snprintf(error, size, e == LQ_ERANGE ? "join.room: a room name has 1 to %d bytes, this one has %zu" :
		         "join.room: a room name has letters, digits, space and !#$%%&()+-:;<=.>?@[]^_{}|~, only", LQ_ROOM_NAME_MAX, strlen(j->room));
		return e;
	}
	e = *j->user ? lq__user_id_check(j->user, strlen(j->user)) : 0;
	if (e) {
		snprintf(error, size, e == LQ_ERANGE ? "join.user: a user id has 1 to %d bytes, this one has %zu" :
		         "join.user: a user id has letters, digits and _@-. only", LQ_USER_ID_MAX, strlen(j->user));
		return e;
	}
	e = lq__nickname_check(j->name, strlen(j->name));
	if (e) {
		snprintf(error, size, "join.name: at most %d bytes without control characters", LQ_NICKNAME_MAX);
		return e;
	}
	if (strlen(j->device) > LQ_DEVICE_NAME_MAX) {
		snprintf(error, size, "join.device: at most %d bytes, this one has %zu", LQ_DEVICE_NAME_MAX, strlen(j->device));
		return LQ_ERANGE;
	}
	if (strlen(j->info) <= LQ_INFO_MAX)
		return 0;
	snprintf(error, size, "join.info: at most %d bytes, this one has %zu", LQ_INFO_MAX, strlen(j->info));
	return LQ_ERANGE;
}

static lq__member *create_member(lq__room *room, const lq__join *j, void *conn, int64_t now)
{
	lq__member *m = lq__calloc(1, sizeof *m);
	if (!m)
		return NULL;
	lq__list_init(&m->tracks);
	lq__list_init(&m->guests);
	lq__list_init(&m->guest_link);
	m->room = room;
	m->conn = conn;
	m->seen = now;
	m->expires = j->expires;
	m->may_publish = j->may_publish;
	m->may_subscribe = j->may_subscribe;
	m->audience = j->audience;
	m->egress = j->egress;
	lq__sid(m->session);
	snprintf(m->user, sizeof m->user, "%s%s", *j->user ? "" : "user-", *j->user ? j->user : m->session);
	snprintf(m->device, sizeof m->device, "%s", j->device);
	m->nth = j->nth;
	snprintf(m->name, sizeof m->name, "%s", *j->name ? j->name : m->user);
	snprintf(m->info, sizeof m->info, "%s", j->info);
	room->empty_since = 0;
	lq__list_append(&room->members, &m->link);
	lq__list_append(m->egress ? &room->rooms->hidden : &room->rooms->members, &m->all);
	room->n_members++;
	room->n_hidden += m->egress != 0;
	room->rooms->load[room->worker]++;
	room->rooms->figures.members += !m->egress;
	room->rooms->figures.joins += !m->egress;
	return m;
}

static int no_memory(char *error, size_t size)
{
	snprintf(error, size, "the server is out of memory");
	return LQ_ENOMEM;
}

lq__join lq__join_filled(const lq__join *j)
{
	lq__join full = *j;
	full.device = j->device ? j->device : "";
	full.session = j->session ? j->session : "";
	full.password = j->password ? j->password : "";
	full.info = j->info ? j->info : "";
	return full;
}

static int is_same(const lq__member *m, const lq__join *j)
{
	return !strcmp(m->session, j->session) || (*m->device && !strcmp(m->device, j->device));
}

int lq__rooms_join(lq__rooms *rooms, const lq__join *asked, void *conn, int64_t now, lq__member **out, char *error, size_t error_size)
{
	const lq__join full = lq__join_filled(asked), *join = &full;
	int e = check_join(join, error, error_size);
	if (e)
		return e;
	lq__room *room = lq__room_find(rooms, join->room);
	lq__member *old = room && *join->user ? lq__room_member(room, join->user) : NULL;
	if (old && lq__join_is_late(old, join)) {
		snprintf(error, error_size, "duplicate: this device has joined once more since");
		return LQ_EDUPLICATE;
	}
	if ((e = lq__room_admit(room, join, old, error, error_size)))
		return e;
	if (!room && rooms->figures.rooms >= LQ_ROOMS_MAX) {
		snprintf(error, error_size, "the server has %d rooms and takes no more", LQ_ROOMS_MAX);
		return LQ_EFULL;
	}
	if (!room) {
		if (!(room = lq__room_create(rooms, join->room)))
			return no_memory(error, error_size);
		room->live = join->live;
	}
	/* The new one enters first, so that the room does not end between the two. */
	lq__member *m = create_member(room, join, conn, now);
	if (!m) {
		lq__room_release(room);
		return no_memory(error, error_size);
	}
	if (old) /* what could not be gone on with is no duplicate */
		lq__member_kick(old, "duplicate", *join->session && is_same(old, join) ? "timeout" : "duplicate");
	m->entered = 1; /* what was told before is in its snapshot */
	lq__member_appears(m);
	lq__member_news(m, "member_joined", NULL);
	*out = m;
	return 0;
}

void lq__member_leave(lq__member *m, const char *reason)
{
	lq__room *room = m->room;
	lq__rooms *rooms = room->rooms;
	rooms->host.leaving(rooms->host.arg, m);
	lq__stage_forget(m, "left", NULL);
	lq__guests_recall(m, reason, 0);
	LQ__EACH(lq__track, t, &m->tracks, link)
		lq__track_end(t);
	rooms->host.left(rooms->host.arg, m);
	lq__member_disappears(m, reason);
	lq__member_news(m, "member_left", reason);
	lq__list_remove(&m->link);
	lq__list_remove(&m->all);
	room->n_members--;
	room->n_hidden -= m->egress != 0;
	rooms->load[room->worker]--;
	rooms->figures.members -= !m->egress;
	json_decref(m->attributes);
	json_decref(m->cameras);
	lq__control_forget(m);
	lq__log_clear(&m->log);
	lq__log_clear(&m->answers);
	lq__free(m);
	rooms->host.settled(rooms->host.arg, room);
	lq__room_release(room);
}

void lq__member_kick(lq__member *m, const char *event_reason, const char *reason)
{
	lq__member_put_out(m, event_reason, reason, "");
}

void lq__member_put_out(lq__member *m, const char *event_reason, const char *reason, const char *text)
{
	lq__rooms *rooms = m->room->rooms;
	void *conn = m->conn;
	rooms->figures.kicks++;
	lq__member_end_noted(m, event_reason);
	lq__member_event(m, json_pack("{s:s, s:s, s:s*}", "type", "kicked", "reason", event_reason, "text", *text ? text : NULL));
	lq__member_leave(m, reason);
	if (conn)
		rooms->host.kicked(conn, event_reason);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t tick(lq__rooms *rooms, lq__link *members, int64_t now, int64_t unix_ms)
{
	int64_t next = INT64_MAX;
	LQ__EACH(lq__member, m, members, all) {
		int64_t media = m->conn ? rooms->host.media_seen(rooms->host.arg, m) : LQ_TIME_NONE;
		if (m->expires && unix_ms >= m->expires * 1000) {
			lq__member_kick(m, "token_expired", "kicked");
		} else if (!m->conn) {
			if (now < m->lost_until) {
				next = earlier(next, lq__stage_tick(m, unix_ms));
				continue;
			}
			rooms->figures.timeouts++;
			lq__member_leave(m, "timeout");
		} else if (now - (media > m->seen ? media : m->seen) > rooms->member_timeout) {
			rooms->figures.timeouts++;
			lq__member_kick(m, "timeout", "timeout");
		} else {
			next = earlier(next, lq__grants_tick(m, unix_ms));
			next = earlier(next, lq__control_tick(m, unix_ms));
			next = earlier(next, lq__stage_tick(m, unix_ms));
		}
	}
	return next;
}

int64_t lq__rooms_tick(lq__rooms *rooms, int64_t now, int64_t unix_ms)
{
	int64_t next = tick(rooms, &rooms->members, now, unix_ms), other = tick(rooms, &rooms->hidden, now, unix_ms);
	lq__room_admin_tick(rooms, unix_ms);
	return earlier(next, other);
}

void lq__rooms_figures_get(const lq__rooms *rooms, lq__rooms_figures *out)
{
	*out = rooms->figures;
}
