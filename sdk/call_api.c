/* What an app calls on a call: what the state matrix refuses, as far as it is known here, is refused at once; the rest is the server's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/call_matrix.h"

#include "session.h"

int lq_call_verdict(lq_call_op op, lq_call_state state)
{
	if ((unsigned)op >= LQ__CALL_OPS || (unsigned)state >= LQ__CALL_STATES)
		return LQ_EINVAL;
	return lq__call_verdict((lq__call_op)op, (lq__call_state)state);
}

/* ---- calling ---- */

static int check_users(const char *const *users, uint32_t n)
{
	if (!users || !n)
		return LQ_EINVAL;
	if (n > LQ__CALL_USERS_MAX)
		return LQ_ERANGE;
	for (uint32_t i = 0; i < n; i++)
		if (!users[i] || lq__user_check(users[i]))
			return LQ_EINVAL;
	return 0;
}

static int check_invite(const lq_call_params *p)
{
	if (p->size < sizeof *p || (p->type != LQ_CALL_AUDIO && p->type != LQ_CALL_VIDEO) || (p->room_options && p->room_options->size < sizeof *p->room_options))
		return LQ_EINVAL;
	if ((p->attachment && strlen(p->attachment) > LQ__ATTACHMENT_MAX) || (p->group && strlen(p->group) > LQ__USER_MAX))
		return LQ_ERANGE;
	return check_users(p->users, p->n_users);
}

static lq_call_state session_state(const lq_session *s)
{
	for (const lq_call *call = s->calls; call; call = call->next)
		if (call->state != LQ_CALL_IDLE && !call->closed)
			return call->state;
	return LQ_CALL_IDLE;
}

static void remember(lq_call *call, const struct lq_room_options *options, lq_switch camera, lq_switch microphone)
{
	if (options)
		call->options = *options;
	call->camera = camera;
	call->microphone = microphone;
}

int lq_call_invite(lq_session *s, const lq_call_params *p, lq_call **out)
{
	if (lq__is_dead(s))
		return LQ_ESTATE;
	if (!s || !p || !out)
		return LQ_EINVAL;
	int e = check_invite(p);
	if (e)
		return e;
	pthread_mutex_lock(&s->lock);
	e = lq__session_online_check(s);
	if (!e && lq_call_verdict(LQ_CALL_OP_CALL, session_state(s)))
		e = LQ_ESTATE;
	lq_call *call = e ? NULL : lq__call_new(s, p->type, LQ_CALL_CALLING);
	if (call) {
		int64_t id = ++s->next_id;
		remember(call, p->room_options, p->camera, p->microphone);
		e = lq__session_post(s, call, LQ__SREQ_CALL, id, NULL, lq__sreq_call(id, p, s->ring_ms));
		if (e) { /* it is the first of the list */
			s->calls = call->next;
			s->n_calls--;
		}
	} else if (!e) {
		e = LQ_EFULL;
	}
	pthread_mutex_unlock(&s->lock);
	if (e && call)
		lq__call_unref(call);
	if (!e)
		*out = call;
	return e;
}

/* ---- in a call ---- */

/* Locks; on failure it is unlocked again. */
static int begin(lq_call *call, lq_call_op op, int64_t *id)
{
	lq_session *s = call->session;
	pthread_mutex_lock(&s->lock);
	int e = lq__session_online_check(s);
	if (!e && call->ended && (op == LQ_CALL_OP_ACCEPT || op == LQ_CALL_OP_REJECT))
		e = LQ_ENOENT;
	if (!e && (call->closed || (op == LQ_CALL_OP_ACCEPT && call->answering) || lq_call_verdict(op, call->state) >= LQ__CALL_REFUSED))
		e = LQ_ESTATE;
	if (e)
		pthread_mutex_unlock(&s->lock);
	else
		*id = ++s->next_id;
	return e;
}

static int finish(lq_call *call, int64_t id, char *text)
{
	int e = lq__session_post(call->session, call, LQ__SREQ_OTHER, id, NULL, text);
	pthread_mutex_unlock(&call->session->lock);
	return e;
}

int lq_call_accept(lq_call *call, const lq_accept_params *p)
{
	if (lq__is_dead(call))
		return LQ_ESTATE;
	int64_t id;
	if (!call || (p && (p->size < sizeof *p || (p->room_options && p->room_options->size < sizeof *p->room_options))))
		return LQ_EINVAL;
	int e = begin(call, LQ_CALL_OP_ACCEPT, &id);
	if (e)
		return e;
	call->answering = 1;
	if (p)
		remember(call, p->room_options, p->camera, p->microphone);
	e = lq__session_post(call->session, call, LQ__SREQ_ACCEPT, id, NULL, lq__sreq_op(id, "call_accept", call->id));
	call->answering = !e;
	pthread_mutex_unlock(&call->session->lock);
	return e;
}

int lq_call_reject(lq_call *call, const char *reason)
{
	if (lq__is_dead(call))
		return LQ_ESTATE;
	int64_t id;
	if (!call)
		return LQ_EINVAL;
	if (reason && strlen(reason) > LQ__USER_MAX)
		return LQ_ERANGE;
	int e = begin(call, LQ_CALL_OP_REJECT, &id);
	return e ? e : finish(call, id, lq__sreq_reject(id, call->id, reason));
}

static int plain(lq_call *call, lq_call_op op, const char *type)
{
	int64_t id;
	if (!call)
		return LQ_EINVAL;
	int e = begin(call, op, &id);
	return e ? e : finish(call, id, lq__sreq_op(id, type, call->id));
}

int lq_call_cancel(lq_call *call)
{
	if (lq__is_dead(call))
		return LQ_ESTATE;
	return plain(call, LQ_CALL_OP_CANCEL, "call_cancel");
}

int lq_call_hangup(lq_call *call)
{
	if (lq__is_dead(call))
		return LQ_ESTATE;
	return plain(call, LQ_CALL_OP_HANGUP, "call_hangup");
}

int lq_call_leave(lq_call *call)
{
	if (lq__is_dead(call))
		return LQ_ESTATE;
	return plain(call, LQ_CALL_OP_LEAVE, "call_leave");
}

int lq_call_add(lq_call *call, const char *const *users, uint32_t n)
{
	if (lq__is_dead(call))
		return LQ_ESTATE;
	int64_t id;
	int e = call ? check_users(users, n) : LQ_EINVAL;
	if (!e)
		e = begin(call, LQ_CALL_OP_INVITE, &id);
	return e ? e : finish(call, id, lq__sreq_add(id, call->id, users, n));
}

int lq_call_type_switch(lq_call *call, lq_call_type type, lq_switch confirm)
{
	if (lq__is_dead(call))
		return LQ_ESTATE;
	int64_t id;
	if (!call || (type != LQ_CALL_AUDIO && type != LQ_CALL_VIDEO) || (unsigned)confirm > LQ_OFF)
		return LQ_EINVAL;
	int e = begin(call, LQ_CALL_OP_TYPE, &id);
	return e ? e : finish(call, id, lq__sreq_switch(id, call->id, type, confirm));
}

int lq_call_type_reply(lq_call *call, int agree)
{
	if (lq__is_dead(call))
		return LQ_ESTATE;
	int64_t id;
	if (!call)
		return LQ_EINVAL;
	int e = begin(call, LQ_CALL_OP_TYPE_REPLY, &id);
	return e ? e : finish(call, id, lq__sreq_type_reply(id, call->id, agree));
}

/* ---- what it is ---- */

lq_call_state lq_call_state_get(lq_call *call)
{
	if (lq__is_dead(call))
		return LQ_CALL_IDLE;
	if (!call)
		return LQ_CALL_IDLE;
	pthread_mutex_lock(&call->session->lock);
	lq_call_state state = call->state;
	pthread_mutex_unlock(&call->session->lock);
	return state;
}

lq_call_type lq_call_type_get(lq_call *call)
{
	if (lq__is_dead(call))
		return 0;
	if (!call)
		return 0;
	pthread_mutex_lock(&call->session->lock);
	lq_call_type type = call->type;
	pthread_mutex_unlock(&call->session->lock);
	return type;
}

void lq_call_id(lq_call *call, char out[40])
{
	*out = 0;
	if (!call || lq__is_dead(call))
		return;
	pthread_mutex_lock(&call->session->lock);
	memcpy(out, call->id, sizeof call->id);
	pthread_mutex_unlock(&call->session->lock);
}

lq_room *lq_call_room(lq_call *call)
{
	if (lq__is_dead(call))
		return NULL;
	if (!call)
		return NULL;
	pthread_mutex_lock(&call->session->lock);
	lq_room *room = call->room;
	pthread_mutex_unlock(&call->session->lock);
	return room;
}

/* ---- closing ---- */

static void do_close(lq__task *task)
{
	lq_call *call = lws_container_of(task, lq_call, close_task);
	lq_session *s = call->session;
	pthread_mutex_lock(&s->lock);
	for (lq_call **p = &s->calls; *p; p = &(*p)->next)
		if (*p == call) {
			*p = call->next;
			s->n_calls--;
			break;
		}
	int over = call->ended;
	call->ended = 1;
	pthread_mutex_unlock(&s->lock);
	if (!over && s->signal && s->reported)
		lq__signal_send(s->signal, lq__sreq_op(0, call->state == LQ_CALL_IN_CALL ? "call_leave" : "call_hangup", call->id));
	lq__call_unref(call);
}

void lq_call_close(lq_call *call)
{
	if (lq__is_dead(call))
		return;
	if (!call)
		return;
	lq_session *s = call->session;
	pthread_mutex_lock(&s->lock);
	lq__handle_gone(call);
	int again = call->closed;
	lq_room *room = call->room;
	call->closed = 1;
	call->room = NULL;
	pthread_mutex_unlock(&s->lock);
	if (again)
		return;
	lq__session_ref(s); /* the call may be gone before this is over */
	lq_room_close(room);
	lq__events_purge(s->engine->events, call);
	call->close_task.run = do_close;
	lq__control_post(s->engine->control, &call->close_task);
	lq__session_unref(s);
}
