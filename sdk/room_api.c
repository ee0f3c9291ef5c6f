/* What an app calls on a room: checks at once, work on the control thread. */
#include <stdlib.h>
#include <string.h>

#include <loquat/clock.h>

#include "room.h"
#include "session.h"

typedef lq__api_task api_task;

static void task_drop(api_task *t)
{
	atomic_fetch_sub(&t->room->n_api, 1);
	lq__room_unref(t->room);
	free(t);
}

static void run(lq__task *task)
{
	api_task *t = (api_task *)task;
	t->fn(t);
	task_drop(t);
}

static api_task *task_new(lq_room *room, void (*fn)(api_task *))
{
	api_task *t = calloc(1, sizeof *t);
	if (!t)
		return NULL;
	t->task.run = run;
	t->room = room;
	t->fn = fn;
	atomic_fetch_add(&room->n_api, 1);
	lq__room_ref(room);
	return t;
}

static void post(api_task *t)
{
	lq__control_post(t->room->engine->control, &t->task);
}

/* ---- open and close ---- */

int lq_room_open(lq_engine *engine, const char *name, const lq_room_options *options, lq_room **out)
{
	if (lq__is_dead(engine))
		return LQ_ESTATE;
	if (!engine || !name || !out || (options && options->size < sizeof *options))
		return LQ_EINVAL;
	if (options && (unsigned)options->create > LQ_ROOM_MUST_EXIST)
		return LQ_EINVAL;
	int r = lq_room_name_check(name, strlen(name));
	if (r)
		return r;
	lq_room *room = calloc(1, sizeof *room);
	if (!room)
		return LQ_ENOMEM;
	if ((r = lq__views_create(engine, lq__room_first_frame, room, &room->views)) || (r = lq__handle_born(room))) {
		lq__views_destroy(room->views);
		free(room);
		return r;
	}
	atomic_init(&room->refs, 1);
	pthread_mutex_init(&room->lock, NULL);
	lq__audio_report_init(&room->report);
	room->engine = engine;
	memcpy(room->name, name, strlen(name));
	if (options)
		room->options = *options;
	pthread_mutex_lock(&engine->lock);
	room->next = engine->rooms;
	engine->rooms = room;
	pthread_mutex_unlock(&engine->lock);
	*out = room;
	return 0;
}

static void do_close(lq__task *task)
{
	lq_room *room = lws_container_of(task, lq_room, close_task);
	lq__room_dispose(room);
	lq__room_unref(room);
}

/* The order matters: no event is pushed once `closed` is set, then what waits is dropped, then the work is told. */
void lq_room_close(lq_room *room)
{
	if (lq__is_dead(room))
		return;
	if (!room)
		return;
	pthread_mutex_lock(&room->lock);
	lq__handle_gone(room);
	int again = atomic_exchange(&room->closed, 1);
	if (!again)
		lq__room_ref(room);
	pthread_mutex_unlock(&room->lock);
	if (again)
		return;
	lq__events_purge(room->engine->events, room);
	lq__views_clear(room->views);
	room->close_task.run = do_close;
	lq__control_post(room->engine->control, &room->close_task);
}

/* ---- join and leave ---- */

static void do_join(api_task *t)
{
	if (!atomic_load(&t->room->closed))
		lq__room_start(t->room);
}

static int copy(const char *from, char **to)
{
	free(*to);
	*to = NULL;
	return from && *from && !(*to = strdup(from)) ? LQ_ENOMEM : 0;
}

static int check_params(const lq_join_params *p, lq__server *server)
{
	int r = p->server || !p->session ? lq__server_parse(p->server ? p->server : "127.0.0.1", server) : 0;
	if (!r && p->user && *p->user)
		r = lq__user_check(p->user);
	if (!r && ((p->name && strlen(p->name) > LQ__USER_MAX) || (p->user_info && strlen(p->user_info) > LQ__INFO_MAX) || (p->password && strlen(p->password) > 128)))
		r = LQ_ERANGE;
	return r;
}

/* The room is joined as the session's user, at its server. */
static int by_session(const lq_join_params *p, lq__server *server, char *user)
{
	lq_session *s = p->session;
	pthread_mutex_lock(&s->lock);
	int r = lq__session_online_check(s);
	if (!r && p->user && *p->user && strcmp(p->user, s->user))
		r = LQ_EINVAL;
	if (!r) {
		memcpy(user, s->user, strlen(s->user) + 1);
		if (!p->server)
			*server = s->server;
	}
	pthread_mutex_unlock(&s->lock);
	return r;
}

int lq_room_join(lq_room *room, const lq_join_params *params)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	lq_join_params defaults = LQ_INIT(lq_join_params);
	const lq_join_params *p = params ? params : &defaults;
	lq__server server;
	if (!room || p->size < sizeof *p)
		return LQ_EINVAL;
	char user[LQ__USER_MAX + 1] = "";
	int r = check_params(p, &server);
	if (!r && p->session)
		r = by_session(p, &server, user);
	if (r)
		return r;
	api_task *t = task_new(room, do_join);
	if (!t)
		return LQ_ENOMEM;
	pthread_mutex_lock(&room->lock);
	if (room->state != LQ__OPEN || atomic_load(&room->closed))
		r = LQ_ESTATE;
	else if (copy(*user ? user : p->user && strcmp(p->user, "0") ? p->user : "", &room->user) || copy(p->password, &room->password) || copy(p->user_info, &room->info) ||
	          copy(p->name, &room->display) || copy(p->token, &room->token))
		r = LQ_ENOMEM;
	if (!r) {
		room->server = server;
		if (p->session)
			lq__session_ref(p->session);
		if (room->login)
			lq__session_unref(room->login);
		room->login = p->session;
		room->timeout_ms = p->timeout_ms ? p->timeout_ms : 10000;
		room->join_time = lq_clock_now(lq_clock_real());
		room->live = room->profile == LQ_PROFILE_LIVE;
		room->state = LQ__JOINING;
		post(t);
	}
	pthread_mutex_unlock(&room->lock);
	if (r)
		task_drop(t);
	return r;
}

static void do_leave(api_task *t)
{
	lq_room *room = t->room;
	int joined = room->joined_reported;
	lq__room_finish(room, joined ? 0 : LQ_ESTATE, joined ? "" : "left before the join was complete", 1);
}

int lq_room_leave(lq_room *room)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	if (!room)
		return LQ_EINVAL;
	api_task *t = task_new(room, do_leave);
	if (!t)
		return LQ_ENOMEM;
	pthread_mutex_lock(&room->lock);
	int act = room->state == LQ__JOINING || room->state == LQ__JOINED;
	int strict = room->options.strict_leave == LQ_ON;
	int r = act || !strict ? 0 : room->state == LQ__LEAVING ? LQ_EEXIST : LQ_ESTATE;
	if (act) {
		room->state = LQ__LEAVING;
		post(t);
	}
	pthread_mutex_unlock(&room->lock);
	if (!act)
		task_drop(t);
	return r;
}

/* ---- streams ---- */

static int good(lq_stream stream, lq_track_kind kind)
{
	return (unsigned)stream < LQ__STREAMS && (kind == LQ_AUDIO || kind == LQ_VIDEO);
}

int lq__room_request(lq_room *room, const char *user, lq_stream stream, lq_track_kind kind, int on, void (*fn)(api_task *))
{
	if (!room || !good(stream, kind) || (user && lq__user_check(user)))
		return LQ_EINVAL;
	if (atomic_load(&room->n_api) >= LQ__API_MAX)
		return LQ_EFULL;
	api_task *t = task_new(room, fn);
	if (!t)
		return LQ_ENOMEM;
	t->stream = stream;
	t->kind = kind;
	t->on = on;
	if (user)
		memcpy(t->user, user, strlen(user) + 1);
	post(t);
	return 0;
}

int lq__room_request_snapshot(lq_room *room, lq__snapshot *s, void (*fn)(api_task *))
{
	api_task *t = task_new(room, fn);
	if (!t)
		return LQ_ENOMEM;
	t->snapshot = s;
	post(t);
	return 0;
}

static void do_publish(api_task *t)
{
	lq__pub *p = &t->room->pubs[t->stream][t->kind - 1];
	p->wanted = t->on;
	p->said = 1;
	lq__publish_sync(t->room);
}

int lq_publish(lq_room *room, lq_stream stream, lq_track_kind kind)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	if (room && lq__is_audience(room))
		return LQ_EPERM;
	return lq__room_request(room, NULL, stream, kind, 1, do_publish);
}

int lq_unpublish(lq_room *room, lq_stream stream, lq_track_kind kind)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	return lq__room_request(room, NULL, stream, kind, 0, do_publish);
}

static void do_mute(api_task *t)
{
	lq__publish_mute(t->room, t->stream, t->kind, t->on);
}

int lq_mute(lq_room *room, lq_stream stream, lq_track_kind kind, int muted)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	return lq__room_request(room, NULL, stream, kind, muted != 0, do_mute);
}

static void do_subscribe(api_task *t)
{
	lq_room *room = t->room;
	lq__member *m = room->active && !room->finishing ? lq__member_find(room, t->user) : NULL;
	lq__track *track = m ? &m->tracks[t->stream][t->kind - 1] : NULL;
	if (!track || !track->present)
		return;
	if (!t->on)
		lq__unsubscribe(room, m, t->stream, t->kind, 1);
	else if (track->sub == LQ__SUB_NONE)
		lq__subscribe(room, (const char *const[]){track->id}, 1);
}

/* A track that goes away before its turn is told of by LQ_ON_STREAM_UNPUBLISHED. */
static int known(lq_room *room, const char *user, lq_stream stream, lq_track_kind kind)
{
	if (!room || !user || !good(stream, kind))
		return LQ_EINVAL;
	pthread_mutex_lock(&room->lock);
	lq__member *m = lq__member_find(room, user);
	int r = room->state != LQ__JOINED ? LQ_ESTATE : !m || !m->tracks[stream][kind - 1].present ? LQ_ENOENT : 0;
	pthread_mutex_unlock(&room->lock);
	return r;
}

int lq_subscribe(lq_room *room, const char *user, lq_stream stream, lq_track_kind kind)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	int r = known(room, user, stream, kind);
	return r ? r : lq__room_request(room, user, stream, kind, 1, do_subscribe);
}

int lq_unsubscribe(lq_room *room, const char *user, lq_stream stream, lq_track_kind kind)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	int r = known(room, user, stream, kind);
	return r ? r : lq__room_request(room, user, stream, kind, 0, do_subscribe);
}

static void do_change(api_task *t)
{
	lq__media_track track = {.stream = t->stream, .kind = t->kind};
	memcpy(track.user, t->user, sizeof track.user);
	lq__room_change(t->room, &track, t->change);
}

int lq__room_request_change(lq_room *room, const char *user, lq_stream stream, lq_track_kind kind, lq__change *c)
{
	int r = room && good(stream, kind) && !(user && *user && lq__user_check(user)) ? 0 : LQ_EINVAL;
	if (!r && atomic_load(&room->n_api) >= LQ__API_MAX)
		r = LQ_EFULL;
	api_task *t = r ? NULL : task_new(room, do_change);
	if (!t) {
		lq__change_free(c);
		return r ? r : LQ_ENOMEM;
	}
	t->stream = stream;
	t->kind = kind;
	t->change = c;
	if (user)
		memcpy(t->user, user, strlen(user) + 1);
	post(t);
	return 0;
}

int lq_view_frames(lq_room *room, const char *user, lq_stream stream, lq_track_kind kind, lq_frame_cb on_frame, void *user_data)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	if (!room || !good(stream, kind) || (user && *user && lq__user_check(user)))
		return LQ_EINVAL;
	return lq__views_set(room->views, user ? user : "", stream, kind, on_frame, user_data);
}
