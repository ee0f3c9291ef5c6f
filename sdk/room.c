/* The life of a room on the control thread: connecting, joining, leaving. */
#include "room.h"
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/clock.h>
#include <loquat/log.h>

void lq__room_ref(lq_room *room)
{
	atomic_fetch_add_explicit(&room->refs, 1, memory_order_relaxed);
}

void lq__room_unref(lq_room *room)
{
	if (atomic_fetch_sub_explicit(&room->refs, 1, memory_order_acq_rel) > 1)
		return;
	lq__members_clear(room);
	lq__views_destroy(room->views);
	lq__wishes_free(room);
	lq__audio_report_finish(&room->report);
	pthread_mutex_destroy(&room->lock);
	free(room->user);
	free(room->display);
	free(room->token);
	free(room->token_asked);
	if (room->login)
		lq__session_unref(room->login);
	free(room->password);
	free(room->info);
	free(room);
}

void lq__room_event(lq_room *room, lq_sdk_event *event)
{
	event->size = sizeof *event;
	event->room = room;
	pthread_mutex_lock(&room->lock);
	if (!atomic_load(&room->closed))
		lq__events_push(room->engine->events, event);
	pthread_mutex_unlock(&room->lock);
}

void lq__room_warn(lq_room *room, lq_sdk_event_type type, int code, const char *text)
{
	lq_log(type == LQ_ON_ERROR ? LQ_LOG_ERROR : LQ_LOG_INFO, "sdk", "room \"%s\": %s", room->name, text);
	lq__room_event(room, &(lq_sdk_event){.type = type, .code = code, .text = text});
}

uint32_t lq__room_elapsed(const lq_room *room)
{
	return !room->join_time ? 0 : (uint32_t)((lq_clock_now(lq_clock_real()) - room->join_time) / LQ_MSEC);
}

static void connection(lq_room *room, lq_connection_state state, const char *text)
{
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_CONNECTION, .state = state, .text = text});
}

/* ---- the socket ---- */

static void on_opened(void *arg)
{
	lq_room *room = arg;
	int64_t id = lq__room_id(room);
	int audience = lq__role_for_join(room) || room->stage_up; /* a host's word is for the membership that was */
	pthread_mutex_lock(&room->lock); /* the token may be renewed at any time */
	char *text = lq__req_join(id, &(lq__join_request){.room = room->name, .user = *room->self ? room->self : room->user, .name = room->display,
	                                                  .token = room->token, .password = room->password, .info = room->info,
	                                                  .must_exist = room->options.create == LQ_ROOM_MUST_EXIST, .device = room->engine->device, .nth = room->nth,
	                                                  .session = room->session, .seq = room->seq, .only_resume = room->options.auto_rejoin == LQ_OFF,
	                                                  .login = room->login ? room->login->id : NULL, .audience = audience, .live = room->live});
	pthread_mutex_unlock(&room->lock);
	int r = lq__room_send(room, id, LQ__REQ_JOIN, text);
	if (r)
		lq__room_finish(room, text ? r : LQ_EINVAL, text ? lq_error_text(r) : "a name, the token, the password or the info is not UTF-8", 0);
}

static void on_message(void *arg, const char *text, size_t len)
{
	lq__room_message(arg, text, len);
}

static void on_closed(void *arg, const char *reason)
{
	lq_room *room = arg;
	lq__signal_close(room->signal);
	room->signal = NULL;
	if (room->finishing) {
		lq__room_signal_done(room);
	} else if (room->joined_reported) {
		lq__room_lose(room, reason);
	} else {
		connection(room, LQ_CONN_FAILED, reason);
		lq__room_finish(room, LQ_ECONN, reason, 0);
	}
}

int lq__room_connect(lq_room *room)
{
	static const lq__signal_handler handler = {on_opened, on_message, on_closed};
	room->socket++;
	return lq__signal_open(room->engine->control, &room->server, lq__engine_silence_ms(room->engine), &handler, room, &room->signal);
}

static void on_timer(lq__timer *timer)
{
	lq_room *room = lws_container_of(timer, lq_room, timer);
	if (room->finishing)
		lq__room_signal_done(room);
	else if (room->lost)
		lq__room_lost_timer(room);
	else
		lq__room_finish(room, LQ_ETIMEDOUT, "the server did not answer in time", 0);
}

void lq__room_start(lq_room *room)
{
	char text[300];
	room->active = 1;
	room->finishing = room->joined_reported = room->signal_done = room->media_done = room->lost = room->restoring = room->renew = 0;
	room->renewing = room->renewals = 0;
	room->media_was_up[0] = room->media_was_up[1] = 0;
	room->next_id = room->seq = room->rev = 0;
	*room->self = *room->session = 0;
	lq__role_for_join(room);
	room->may_not_publish = room->may_not_subscribe = 0;
	room->nth = ++room->engine->joins;
	room->timer.fn = on_timer;
	connection(room, LQ_CONN_CONNECTING, room->server.host);
	int r = lq__room_connect(room);
	if (r) {
		snprintf(text, sizeof text, "cannot connect to %s:%u", room->server.host, room->server.port);
		lq__room_finish(room, r, text, 0);
		return;
	}
	lq__timer_set(room->engine->control, &room->timer, room->timeout_ms);
	lq__publish_auto(room); /* devices and encoders start while the server is on its way */
}

/* ---- the end ---- */

static void remove_from_engine(lq_room *room)
{
	lq_engine *engine = room->engine;
	pthread_mutex_lock(&engine->lock);
	for (lq_room **p = &engine->rooms; *p; p = &(*p)->next)
		if (*p == room) {
			*p = room->next;
			break;
		}
	if (!engine->rooms)
		pthread_cond_broadcast(&engine->empty);
	pthread_mutex_unlock(&engine->lock);
	lq__room_unref(room);
}

static void clear(lq_room *room)
{
	pthread_mutex_lock(&room->lock);
	memset(&room->has, 0, sizeof room->has);
	pthread_mutex_unlock(&room->lock);
	lq__room_drop_requests(room);
	free(room->offer);
	room->offer = NULL;
	room->pub_busy = room->pub_dirty = room->offer_busy = 0;
	for (unsigned i = 0; i < 2 * LQ__STREAMS; i++) {
		lq__pub *p = &room->pubs[i / 2][i % 2];
		p->built = p->building = p->offered = p->told = p->running = p->gone = 0;
		*p->track = 0;
	}
	for (unsigned d = 0; d < 2; d++) {
		lq__job_free(room->describing[d].waiting);
		room->describing[d] = (lq__describing){0};
	}
	lq__members_clear(room);
	lq__stage_clear(room);
	lq__msg_attributes_free(room->attributes);
	lq__msg_attributes_free(room->own);
	room->attributes = room->own = NULL;
}

void lq__room_maybe_complete(lq_room *room)
{
	lq_sdk_event e = {.code = room->finish_code, .text = room->finish_text, .elapsed_ms = lq__room_elapsed(room)};
	if (!room->signal_done || !room->media_done)
		return;
	clear(room);
	lq__snapshots_end(room);
	if (room->joined_reported)
		lq__screen_left(room);
	e.type = room->joined_reported ? LQ_ON_LEFT : LQ_ON_JOINED;
	room->active = room->finishing = 0;
	pthread_mutex_lock(&room->lock);
	room->state = LQ__OPEN;
	pthread_mutex_unlock(&room->lock);
	lq__room_event(room, &e);
	if (room->disposed)
		remove_from_engine(room);
	else
		lq__preview_sync(room);
}

void lq__room_signal_done(lq_room *room)
{
	lq__timer_cancel(room->engine->control, &room->timer);
	lq__signal_close(room->signal);
	room->signal = NULL;
	room->signal_done = 1;
	lq__room_maybe_complete(room);
}

static void media_done(lq__job *job)
{
	lq_room *room = job->room;
	room->media_done = 1;
	lq__room_maybe_complete(room);
	lq__job_free(job);
}

static void stop_media(lq_room *room)
{
	lq__job *job = lq__job_new(room, 0, lq__work_destroy, media_done);
	if (job) {
		lq__job_post(job);
		return;
	}
	lq__room_warn(room, LQ_ON_ERROR, LQ_ENOMEM, "the room's media could not be stopped");
	room->media_done = 1;
}

void lq__room_finish(lq_room *room, int code, const char *text, int graceful)
{
	if (!room->active || room->finishing)
		return;
	room->finishing = 1;
	lq__audio_report_stop(room);
	lq__quality_stop(room);
	room->finish_code = code;
	snprintf(room->finish_text, sizeof room->finish_text, "%s", text ? text : "");
	pthread_mutex_lock(&room->lock);
	room->state = LQ__LEAVING;
	pthread_mutex_unlock(&room->lock);
	stop_media(room);
	if (graceful && room->signal && room->joined_reported && !room->lost) {
		int64_t id = lq__room_id(room);
		lq__timer_set(room->engine->control, &room->timer, LQ__LEAVE_MS);
		if (!lq__room_send(room, id, LQ__REQ_OTHER, lq__req_plain(id, "leave")))
			return;
	}
	lq__room_signal_done(room);
}

static void media_disposed(lq__job *job)
{
	remove_from_engine(job->room);
	lq__job_free(job);
}

static void dispose_media(lq_room *room)
{
	lq__job *job = lq__job_new(room, 0, lq__work_destroy, media_disposed);
	room->finishing = 1;
	lq__snapshots_end(room);
	if (job)
		lq__job_post(job);
	else
		remove_from_engine(room);
}

void lq__room_dispose(lq_room *room)
{
	room->disposed = 1;
	if (room->active)
		lq__room_finish(room, 0, "", 1);
	else if (room->had_media)
		dispose_media(room);
	else
		remove_from_engine(room);
}
