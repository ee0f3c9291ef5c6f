/* Calls on the control thread: their room, their type, their end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"

void lq__call_ref(lq_call *call)
{
	atomic_fetch_add_explicit(&call->refs, 1, memory_order_relaxed);
}

void lq__call_unref(lq_call *call)
{
	if (atomic_fetch_sub_explicit(&call->refs, 1, memory_order_acq_rel) > 1)
		return;
	lq__session_unref(call->session);
	free(call);
}

lq_call *lq__call_new(lq_session *s, lq_call_type type, lq_call_state state)
{
	lq_call *call = s->n_calls < LQ__SESSION_CALLS_MAX ? calloc(1, sizeof *call) : NULL;
	if (!call || lq__handle_born(call)) {
		free(call);
		return NULL;
	}
	atomic_init(&call->refs, 1);
	lq__session_ref(s);
	call->session = s;
	call->type = type;
	call->state = state;
	call->next = s->calls;
	s->calls = call;
	s->n_calls++;
	return call;
}

lq_call *lq__call_first(lq_session *s)
{
	pthread_mutex_lock(&s->lock);
	lq_call *call = s->calls;
	pthread_mutex_unlock(&s->lock);
	return call;
}

lq_call *lq__call_find(lq_session *s, const char *id)
{
	for (lq_call *call = lq__call_first(s); call; call = call->next)
		if (*call->id && !strcmp(call->id, id))
			return call;
	return NULL;
}

void lq__call_event(lq_call *call, lq_sdk_event *event)
{
	event->call = call;
	event->call_id = call->id;
	lq__session_event(call->session, event);
}

/* ---- the room ---- */

static lq_switch either(int on)
{
	return on ? LQ_ON : LQ_OFF;
}

/* NULL: it could not be made, or the call was closed meanwhile. */
static lq_room *open_room(lq_call *call, const char *name)
{
	lq_session *s = call->session;
	lq_room *room;
	lq_room_options o = call->options;
	o.size = sizeof o;
	o.auto_publish_audio = either(call->microphone != LQ_OFF);
	o.auto_publish_video = either(call->type == LQ_CALL_VIDEO && call->camera != LQ_OFF);
	if (lq_room_open(s->engine, name, &o, &room))
		return NULL;
	pthread_mutex_lock(&s->lock);
	int closed = call->closed;
	if (!closed)
		call->room = room;
	pthread_mutex_unlock(&s->lock);
	if (closed)
		lq_room_close(room);
	return closed ? NULL : room;
}

static void failed(lq_call *call, int code)
{
	lq__call_event(call, &(lq_sdk_event){.type = LQ_ON_CALL_FAILED, .code = code, .text = "the call's room cannot be joined"});
}

static void join_room(lq_call *call, const char *name, const char *token)
{
	lq_session *s = call->session;
	char server[300];
	snprintf(server, sizeof server, strchr(s->server.host, ':') ? "[%s]:%u" : "%s:%u", s->server.host, s->server.port);
	lq_join_params p = {.size = sizeof p, .server = server, .user = s->user, .name = s->name, .token = *token ? token : NULL};
	lq_room *room = open_room(call, name);
	int e = room ? lq_room_join(room, &p) : LQ_ENOMEM;
	if (e && !call->closed)
		failed(call, e);
}

void lq__call_join(lq_call *call, const char *room, const char *token, const char *user, uint32_t elapsed_ms)
{
	lq_session *s = call->session;
	if (call->ended)
		return;
	pthread_mutex_lock(&s->lock);
	int first = call->state != LQ_CALL_IN_CALL;
	call->state = LQ_CALL_IN_CALL;
	pthread_mutex_unlock(&s->lock);
	if (first)
		join_room(call, room, token);
	lq__call_event(call, &(lq_sdk_event){.type = LQ_ON_CALL_ACCEPTED, .user = user, .room = lq_call_room(call), .elapsed_ms = elapsed_ms,
	                                     .call_type = (int)call->type});
}

void lq__call_set_type(lq_call *call, lq_call_type type)
{
	lq_session *s = call->session;
	pthread_mutex_lock(&s->lock);
	call->type = type;
	if (call->room && !call->closed && call->camera != LQ_OFF) {
		if (type == LQ_CALL_VIDEO)
			lq_publish(call->room, LQ_STREAM_MAIN, LQ_VIDEO);
		else
			lq_unpublish(call->room, LQ_STREAM_MAIN, LQ_VIDEO);
	}
	pthread_mutex_unlock(&s->lock);
}

/* ---- the end ---- */

void lq__call_end(lq_call *call, lq_call_reason reason, const lq__smsg *msg)
{
	lq_session *s = call->session;
	lq_sdk_event e = {.type = LQ_ON_CALL_ENDED, .reason = (int)reason};
	if (call->ended)
		return;
	if (msg) {
		e.user = msg->user;
		e.text = msg->reason;
		e.status = msg->status;
		e.duration_s = msg->duration_s;
		e.elapsed_ms = msg->elapsed_ms;
	}
	pthread_mutex_lock(&s->lock);
	call->ended = 1;
	call->state = LQ_CALL_IDLE;
	if (call->room && !call->closed)
		lq_room_leave(call->room);
	pthread_mutex_unlock(&s->lock);
	lq__call_event(call, &e);
}

void lq__calls_end(lq_session *s, lq_call_reason reason)
{
	for (lq_call *call = lq__call_first(s), *next; call; call = next) {
		next = call->next;
		lq__call_end(call, reason, NULL);
	}
}
