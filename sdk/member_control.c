/* Microphones and cameras of members: opened and closed by others or by ourselves, and what is known of them. A device is open when its track is
 * published, so most of this follows from tracks; the server tells the rest. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "handles.h"

/* The microphone, then a camera a stream; -1: neither. */
static int place(lq_stream stream, lq_track_kind kind)
{
	if (kind == LQ_AUDIO)
		return stream == LQ_STREAM_MAIN ? 0 : -1;
	return stream != LQ_STREAM_SUB && (unsigned)stream < LQ__STREAMS ? 1 + (int)stream : -1;
}

static const char *id_of(lq_room *room, const lq__member *m)
{
	return m ? m->user : room->self;
}

/* m NULL: ourselves. by "": the member itself. */
static void set_state(lq_room *room, lq__member *m, int i, lq_device_state state, const char *by)
{
	lq__has *has = m ? &m->has : &room->has;
	if (i < 0)
		return;
	pthread_mutex_lock(&room->lock);
	lq_device_state old = (lq_device_state)has->state[i];
	has->state[i] = (uint8_t)state;
	pthread_mutex_unlock(&room->lock);
	if (old == LQ_DEVICE_UNKNOWN)
		old = LQ_DEVICE_CLOSED;
	if (old == state)
		return;
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_MEMBER_DEVICE, .user = id_of(room, m), .stream = i ? (lq_stream)(i - 1) : LQ_STREAM_MAIN,
	                                     .kind = i ? LQ_VIDEO : LQ_AUDIO, .device_state = state, .old_state = old, .name = *by ? by : id_of(room, m)});
}

/* ---- what follows from tracks ---- */

void lq__has_track(lq_room *room, lq__member *m, lq_stream stream, lq_track_kind kind, int on, const char *by)
{
	set_state(room, m, place(stream, kind), on ? LQ_DEVICE_OPEN : LQ_DEVICE_CLOSED, by);
}

/* As the server says that they are. tell: events for what differs. */
void lq__has_compare(lq_room *room, lq__member *m, const lq__msg_member *in, int tell)
{
	uint8_t now[1 + LQ__STREAMS];
	lq__msg_device d;
	for (int i = 0; i < 1 + LQ__STREAMS; i++)
		now[i] = m->tracks[i ? i - 1 : 0][i ? 1 : 0].present ? LQ_DEVICE_OPEN : LQ_DEVICE_CLOSED;
	for (uint32_t n = 0; lq__msg_device_at(in->devices, n, &d); n++)
		if (place(d.stream, d.kind) >= 0)
			now[place(d.stream, d.kind)] = (uint8_t)d.state;
	for (int i = 0; tell && i < 1 + LQ__STREAMS; i++)
		if (i != 1 + LQ_STREAM_SUB)
			set_state(room, m, i, (lq_device_state)now[i], "");
	pthread_mutex_lock(&room->lock);
	memcpy(m->has.state, now, sizeof now);
	m->has.default_camera = LQ_STREAM_MAIN;
	if (*in->default_camera)
		lq__stream_parse(in->default_camera, &m->has.default_camera);
	pthread_mutex_unlock(&room->lock);
	lq__has_cameras(room, m, in->cameras);
}

/* Our place is a new one: what the server knew of us it has to hear again. */
void lq__has_restore(lq_room *room)
{
	pthread_mutex_lock(&room->lock);
	room->has.n_cameras = 0;
	lq_stream stream = room->has.default_camera;
	pthread_mutex_unlock(&room->lock);
	lq__cameras_announce(room);
	if (stream == LQ_STREAM_MAIN)
		return;
	int64_t id = lq__room_id(room);
	lq__room_send(room, id, LQ__REQ_KEPT, lq__req_default_camera(id, "", stream));
}

void lq__has_cameras(lq_room *room, lq__member *m, void *cameras)
{
	const char *name;
	lq_stream stream;
	pthread_mutex_lock(&room->lock);
	m->has.n_cameras = 0;
	while (m->has.n_cameras < LQ__CAMERAS_MAX && lq__msg_camera_at(cameras, m->has.n_cameras, &stream, &name)) {
		lq__has_camera *c = &m->has.cameras[m->has.n_cameras++];
		c->stream = stream;
		snprintf(c->name, sizeof c->name, "%s", name);
	}
	pthread_mutex_unlock(&room->lock);
}

/* ---- what the server says ---- */

static lq__member *who(lq_room *room, const char *user, int *found)
{
	lq__member *m = strcmp(user, room->self) ? lq__member_find(room, user) : NULL;
	*found = m || !strcmp(user, room->self);
	return m;
}

void lq__on_device(lq_room *room, const lq__msg *msg)
{
	int found;
	lq__member *m = who(room, msg->user, &found);
	if (found)
		set_state(room, m, place(msg->device.stream, msg->device.kind), msg->device.state, msg->text);
}

void lq__on_default_camera(lq_room *room, const lq__msg *msg)
{
	int found;
	lq__member *m = who(room, msg->user, &found);
	if (!found)
		return;
	pthread_mutex_lock(&room->lock);
	(m ? &m->has : &room->has)->default_camera = msg->device.stream;
	pthread_mutex_unlock(&room->lock);
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_DEFAULT_CAMERA, .user = msg->user, .stream = msg->device.stream, .kind = LQ_VIDEO, .name = msg->text});
}

static void report(lq_room *room, lq_stream stream, lq_track_kind kind, int none)
{
	int64_t id = lq__room_id(room);
	lq__room_send(room, id, LQ__REQ_MEDIA, lq__req_device(id, stream, kind, none));
}

/* We are to open or close one. */
void lq__on_control(lq_room *room, const lq__msg *msg)
{
	lq_stream stream = msg->device.stream;
	lq_track_kind kind = msg->device.kind;
	int i = place(stream, kind), others = *msg->text && strcmp(msg->text, room->self);
	if (i < 0)
		return;
	lq__pub *p = &room->pubs[stream][kind - 1];
	if (msg->flag && others && room->options.remote_control == LQ_OFF) {
		report(room, stream, kind, 0);
		return;
	}
	snprintf(room->has.by[i], sizeof room->has.by[i], "%s", msg->text);
	p->wanted = msg->flag;
	p->said = 1;
	p->asked = msg->flag;
	if (!msg->flag)
		p->gone = p->built; /* the server has taken it already */
	lq__publish_sync(room);
}

/* ---- our own ---- */

void lq__own_track(lq_room *room, lq_stream stream, lq_track_kind kind, int on)
{
	int i = place(stream, kind);
	if (i < 0)
		return;
	room->pubs[stream][kind - 1].asked = 0;
	set_state(room, NULL, i, on ? LQ_DEVICE_OPEN : LQ_DEVICE_CLOSED, room->has.by[i]);
	*room->has.by[i] = 0;
	lq__cameras_announce(room);
}

/* What was asked of us cannot be done. */
void lq__own_track_failed(lq_room *room, lq_stream stream, lq_track_kind kind, int code)
{
	lq__pub *p = &room->pubs[stream][kind - 1];
	if (place(stream, kind) < 0 || !p->asked)
		return;
	p->asked = 0;
	report(room, stream, kind, code == LQ_ENODEV || code == LQ_ENOENT);
}

/* Those that are chosen or published; the main one is always there. */
static int own_cameras(lq_room *room, lq__has_camera *out)
{
	int n = 0;
	for (unsigned s = 0; s < LQ__STREAMS && n < LQ__CAMERAS_MAX; s++) {
		const char *chosen = room->choices.tracks[s][LQ_VIDEO - 1].id;
		if (s == LQ_STREAM_SUB || (s && !*chosen && !room->pubs[s][LQ_VIDEO - 1].wanted))
			continue;
		out[n].stream = (lq_stream)s;
		snprintf(out[n++].name, sizeof out->name, "%s", *chosen ? chosen : "default");
	}
	return n;
}

void lq__cameras_announce(lq_room *room)
{
	lq__has_camera all[LQ__CAMERAS_MAX];
	memset(all, 0, sizeof all);
	pthread_mutex_lock(&room->lock);
	int n = own_cameras(room, all);
	int same = n == (int)room->has.n_cameras && !memcmp(all, room->has.cameras, sizeof all);
	memcpy(room->has.cameras, all, sizeof all);
	room->has.n_cameras = (uint32_t)n;
	pthread_mutex_unlock(&room->lock);
	if (same || !room->joined_reported || room->finishing)
		return;
	int64_t id = lq__room_id(room);
	lq__room_send(room, id, LQ__REQ_KEPT, lq__req_cameras(id, all, (uint32_t)n));
}

/* ---- what the app asks ---- */

static char *build_control(int64_t id, const lq__ask *a)
{
	return lq__req_control(id, a->user, a->stream, a->kind, a->on);
}

static char *build_default(int64_t id, const lq__ask *a)
{
	return lq__req_default_camera(id, a->user, a->stream);
}

/* Ourselves or a member; with the lock held. NULL: not there. */
static lq__has *has_of(lq_room *room, const char *user)
{
	lq__member *m;
	if (!user || !*user || !strcmp(user, room->self))
		return &room->has;
	m = lq__member_find(room, user);
	return m ? &m->has : NULL;
}

static int ask(lq_room *room, lq__req_type type, const char *user, lq_stream stream, lq_track_kind kind, int on)
{
	if (!room || (user && *user && lq__user_check(user)))
		return LQ_EINVAL;
	if (stream == LQ_STREAM_DEFAULT_CAMERA && kind == LQ_VIDEO && type == LQ__REQ_CONTROL) {
		pthread_mutex_lock(&room->lock);
		const lq__has *has = has_of(room, user);
		stream = has ? has->default_camera : LQ_STREAM_MAIN;
		pthread_mutex_unlock(&room->lock);
	}
	if (place(stream, kind) < 0)
		return LQ_EINVAL;
	lq__ask *a = lq__ask_new(room, type, type == LQ__REQ_CONTROL ? build_control : build_default, user, NULL);
	if (!a)
		return LQ_ENOMEM;
	a->stream = stream;
	a->kind = kind;
	a->on = on != 0;
	return lq__ask_post(a);
}

int lq_member_mic_set(lq_room *room, const char *user, int on)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	return ask(room, LQ__REQ_CONTROL, user, LQ_STREAM_MAIN, LQ_AUDIO, on);
}

int lq_member_camera_set(lq_room *room, const char *user, lq_stream stream, int on)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	return ask(room, LQ__REQ_CONTROL, user, stream, LQ_VIDEO, on);
}

int lq_member_default_camera_set(lq_room *room, const char *user, lq_stream stream)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	return ask(room, LQ__REQ_DEFAULT_CAMERA, user, stream, LQ_VIDEO, 1);
}

/* ---- what is known ---- */

int lq_member_default_camera_get(lq_room *room, const char *user)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	if (!room)
		return LQ_EINVAL;
	pthread_mutex_lock(&room->lock);
	const lq__has *has = has_of(room, user);
	int r = room->state != LQ__JOINED ? LQ_ESTATE : has ? (int)has->default_camera : LQ_ENOENT;
	pthread_mutex_unlock(&room->lock);
	return r;
}

lq_device_state lq__has_state(const lq__has *has, lq_stream stream, lq_track_kind kind)
{
	lq_device_state state = (lq_device_state)has->state[place(stream, kind)];
	return state == LQ_DEVICE_UNKNOWN ? LQ_DEVICE_CLOSED : state;
}

lq_device_state lq_member_device_state(lq_room *room, const char *user, lq_stream stream, lq_track_kind kind)
{
	if (lq__is_dead(room))
		return LQ_DEVICE_UNKNOWN;
	if (!room || place(stream, kind) < 0)
		return LQ_DEVICE_UNKNOWN;
	pthread_mutex_lock(&room->lock);
	const lq__has *has = room->state == LQ__JOINED ? has_of(room, user) : NULL;
	lq_device_state state = has ? lq__has_state(has, stream, kind) : LQ_DEVICE_UNKNOWN;
	pthread_mutex_unlock(&room->lock);
	return state;
}

static void fill(const lq__has *has, lq_stream stream, const char *name, lq_camera_info *out)
{
	out->size = sizeof *out;
	out->stream = stream;
	out->state = lq__has_state(has, stream, LQ_VIDEO);
	out->is_default = has->default_camera == stream;
	snprintf(out->name, sizeof out->name, "%s", name);
}

int lq_member_cameras(lq_room *room, const char *user, lq_camera_info *out, size_t max)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	if (!room || (max && !out))
		return LQ_EINVAL;
	int n = 0;
	pthread_mutex_lock(&room->lock);
	const lq__has *has = has_of(room, user);
	int r = room->state != LQ__JOINED ? LQ_ESTATE : has ? 0 : LQ_ENOENT;
	for (unsigned s = 0; !r && s < LQ__STREAMS; s++) {
		const char *name = NULL;
		for (uint32_t i = 0; i < has->n_cameras; i++)
			if (has->cameras[i].stream == s)
				name = has->cameras[i].name;
		int shown = s != LQ_STREAM_SUB && (name || lq__has_state(has, (lq_stream)s, LQ_VIDEO) >= LQ_DEVICE_OPEN);
		if (shown && (size_t)n < max)
			fill(has, (lq_stream)s, name ? name : "", &out[n]);
		n += shown;
	}
	pthread_mutex_unlock(&room->lock);
	return r ? r : n;
}
