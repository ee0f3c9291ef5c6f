/* What the server says to a session. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/log.h>

#include "session.h"

/* ---- answers ---- */

void lq__session_request_failed(lq_session *s, lq__srequest *r, int code, int detail, const char *text)
{
	lq_sdk_event e = {.type = LQ_ON_CALL_FAILED, .code = code, .detail = detail, .text = text, .call = r->call};
	lq_log(LQ_LOG_INFO, "sdk", "session: %s: %s", lq_error_name(code), text);
	if (r->type == LQ__SREQ_ACCEPT) {
		pthread_mutex_lock(&s->lock);
		r->call->answering = 0;
		pthread_mutex_unlock(&s->lock);
	}
	if (r->call)
		lq__call_event(r->call, &e);
	if (r->type == LQ__SREQ_CALL)
		lq__call_end(r->call, LQ_CALL_END_FAILED, NULL);
	if (r->type == LQ__SREQ_MESSAGE)
		lq__session_event(s, &(lq_sdk_event){.type = LQ_ON_MESSAGE_SENT, .user = r->user, .code = code, .text = text});
	else if (r->type == LQ__SREQ_TOKEN)
		lq__session_token_answered(s, code, text);
	else if (r->type >= LQ__SREQ_ROOM_CREATE)
		lq__session_room_answered(s, r, code, NULL, text);
	else if (!r->call && r->type != LQ__SREQ_LOGIN)
		lq__session_event(s, &(lq_sdk_event){.type = LQ_ON_WARNING, .code = code, .text = text});
	lq__srequest_free(r);
}

static void on_calling(lq_session *s, lq_call *call, const lq__smsg *msg)
{
	pthread_mutex_lock(&s->lock);
	snprintf(call->id, sizeof call->id, "%s", msg->call);
	pthread_mutex_unlock(&s->lock);
}

/* Nobody here knows this call (any more): it is not to go on without us. */
static void hang_up(lq_session *s, const char *call)
{
	if (s->signal)
		lq__signal_send(s->signal, lq__sreq_op(0, "call_hangup", call));
}

/* What we thought and what the server says: it is right. When we went on where we were, the events that follow tell the rest. */
static void compare_calls(lq_session *s, const lq__smsg *msg)
{
	for (uint32_t i = 0; i < msg->n_calls; i++) {
		const lq__smsg_call *c = &msg->calls[i];
		lq_call *call = lq__call_find(s, c->id);
		if (!call || call->closed)
			hang_up(s, c->id);
		else if (!msg->flag && *c->room && call->state == LQ_CALL_CALLING)
			lq__call_join(call, c->room, c->token, s->user, 0);
	}
	if (msg->flag)
		return;
	for (lq_call *call = lq__call_first(s), *next; call; call = next) {
		int there = !*call->id; /* the server has yet to hear of it */
		next = call->next;
		for (uint32_t i = 0; i < msg->n_calls; i++)
			there |= !strcmp(call->id, msg->calls[i].id);
		if (!there)
			lq__call_end(call, LQ_CALL_END_LOST, NULL);
	}
}

static void on_logged_in(lq_session *s, const lq__smsg *msg)
{
	lq__session_online(s, msg);
	compare_calls(s, msg);
}

static void on_answer(lq_session *s, const lq__smsg *msg)
{
	lq__srequest *r = lq__session_take_request(s, msg->id);
	if (!r)
		return;
	if (r->type == LQ__SREQ_LOGIN && msg->type == LQ__SMSG_LOGGED_IN)
		on_logged_in(s, msg);
	else if (r->type == LQ__SREQ_LOGIN && msg->type == LQ__SMSG_ERROR)
		lq__session_finish(s, msg->code, msg->text);
	else if (msg->type == LQ__SMSG_ERROR) {
		lq__session_request_failed(s, r, msg->code, msg->detail, msg->text);
		return;
	} else if (r->type == LQ__SREQ_CALL && msg->type == LQ__SMSG_CALLING)
		on_calling(s, r->call, msg);
	else if (r->type == LQ__SREQ_ACCEPT && msg->type == LQ__SMSG_ACCEPTED)
		lq__call_join(r->call, msg->room, msg->token, s->user, msg->elapsed_ms);
	else if (r->type == LQ__SREQ_MESSAGE)
		lq__session_event(s, &(lq_sdk_event){.type = LQ_ON_MESSAGE_SENT, .user = r->user});
	else if (r->type == LQ__SREQ_TOKEN)
		lq__session_token_answered(s, 0, "");
	else if (r->type >= LQ__SREQ_ROOM_CREATE)
		lq__session_room_answered(s, r, 0, msg, "");
	lq__srequest_free(r);
}

/* ---- events ---- */

static void on_presence(lq_session *s, const lq__smsg *msg)
{
	const char *user = msg->user;
	int online = msg->flag;
	if (*user) {
		lq__session_event(s, &(lq_sdk_event){.type = LQ_ON_PRESENCE, .user = user, .on = online});
		return;
	}
	for (uint32_t i = 0; (user = lq__smsg_presence(msg, i, &online)); i++)
		lq__session_event(s, &(lq_sdk_event){.type = LQ_ON_PRESENCE, .user = user, .on = online});
}

static void on_kicked(lq_session *s, const lq__smsg *msg)
{
	if (!strcmp(msg->reason, "duplicate"))
		lq__session_finish(s, LQ_EDUPLICATE, msg->reason);
	else if (!strcmp(msg->reason, "token_expired"))
		lq__session_finish(s, LQ_ETOKEN, msg->reason);
	/* Else the server or the way to it has trouble: the socket closes, and we try again. */
}

static void on_invited(lq_session *s, const lq__smsg *msg)
{
	if (lq__call_find(s, msg->call))
		return; /* it rings again because we came back */
	pthread_mutex_lock(&s->lock);
	lq_call *call = s->closed ? NULL : lq__call_new(s, msg->media, LQ_CALL_CALLED);
	if (call)
		snprintf(call->id, sizeof call->id, "%s", msg->call);
	pthread_mutex_unlock(&s->lock);
	if (!call) {
		lq__session_event(s, &(lq_sdk_event){.type = LQ_ON_WARNING, .code = LQ_EFULL, .text = "a call cannot be shown: close those that have ended"});
		return;
	}
	lq__call_event(call, &(lq_sdk_event){.type = LQ_ON_CALL_INVITED, .user = msg->user, .name = msg->caller, .users = msg->users, .call_type = (int)msg->media,
	                                     .attachment = msg->attachment, .group = msg->group_id, .on = msg->flag, .elapsed_ms = msg->elapsed_ms});
}

static void on_type(lq_call *call, const lq__smsg *msg)
{
	int change = !strcmp(msg->state, "asked") ? LQ_CALL_CHANGE_ASKED : !strcmp(msg->state, "changed") ? LQ_CALL_CHANGED : LQ_CALL_CHANGE_REFUSED;
	if (change == LQ_CALL_CHANGED && msg->media)
		lq__call_set_type(call, msg->media);
	lq__call_event(call, &(lq_sdk_event){.type = LQ_ON_CALL_TYPE, .user = msg->user, .change = change, .call_type = (int)msg->media,
	                                     .elapsed_ms = msg->elapsed_ms});
}

static void on_ended(lq_call *call, const lq__smsg *msg)
{
	static const struct { const char *name; lq_call_reason reason; } reasons[] = {
		{"hangup", LQ_CALL_END_HANGUP}, {"left", LQ_CALL_END_LEFT}, {"cancelled", LQ_CALL_END_CANCELLED}, {"rejected", LQ_CALL_END_REJECTED},
		{"timeout", LQ_CALL_END_TIMEOUT}, {"busy", LQ_CALL_END_BUSY}, {"elsewhere", LQ_CALL_END_ELSEWHERE},
	};
	lq_call_reason reason = LQ_CALL_END_LOST;
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (!strcmp(reasons[i].name, msg->reason))
			reason = reasons[i].reason;
	lq__call_end(call, reason, msg);
}

static void on_call_event(lq_session *s, const lq__smsg *msg)
{
	static const struct { lq__smsg_type type; lq_sdk_event_type event; } plain[] = {
		{LQ__SMSG_CALL_REJECTED, LQ_ON_CALL_REJECTED}, {LQ__SMSG_CALL_BUSY, LQ_ON_CALL_BUSY}, {LQ__SMSG_CALL_TIMEOUT, LQ_ON_CALL_TIMEOUT},
		{LQ__SMSG_CALL_CANCELLED, LQ_ON_CALL_CANCELLED}, {LQ__SMSG_CALL_ELSEWHERE, LQ_ON_CALL_ELSEWHERE}, {LQ__SMSG_CALL_USERS, LQ_ON_CALL_USERS},
		{LQ__SMSG_CALL_LEFT, LQ_ON_CALL_LEFT},
	};
	lq_call *call = lq__call_find(s, msg->call);
	if (!call || call->ended)
		return;
	if (msg->type == LQ__SMSG_CALL_ACCEPTED)
		lq__call_join(call, msg->room, msg->token, msg->user, msg->elapsed_ms);
	else if (msg->type == LQ__SMSG_CALL_TYPE)
		on_type(call, msg);
	else if (msg->type == LQ__SMSG_CALL_ENDED)
		on_ended(call, msg);
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		if (plain[i].type == msg->type)
			lq__call_event(call, &(lq_sdk_event){.type = plain[i].event, .user = msg->user, .text = msg->reason, .users = msg->users, .on = msg->flag,
			                                     .elapsed_ms = msg->elapsed_ms});
}

static void on_record(lq_session *s, const lq__smsg *msg)
{
	lq__session_event(s, &(lq_sdk_event){.type = LQ_ON_CALL_RECORD, .call_id = msg->call, .status = msg->status, .user = msg->caller, .name = msg->callee,
	                                     .users = msg->users, .call_type = (int)msg->media, .duration_s = msg->duration_s, .text = msg->reason,
	                                     .group = msg->group_id, .on = msg->flag});
}

static void dispatch(lq_session *s, const lq__smsg *msg)
{
	if (msg->seq) {
		if (msg->seq <= s->seq)
			return; /* it came before the connection was lost */
		s->seq = msg->seq;
	}
	switch (msg->type) {
	case LQ__SMSG_KICKED:
		on_kicked(s, msg);
		return;
	case LQ__SMSG_PRESENCE:
		on_presence(s, msg);
		break;
	case LQ__SMSG_TOKEN_WILL_EXPIRE:
		lq__session_event(s, &(lq_sdk_event){.type = LQ_ON_TOKEN_WILL_EXPIRE, .scope = LQ_TOKEN_SESSION, .elapsed_ms = msg->elapsed_ms});
		break;
	case LQ__SMSG_MESSAGE:
		lq__session_event(s, &(lq_sdk_event){.type = LQ_ON_MESSAGE, .user = msg->user, .text = msg->text, .on = 1});
		break;
	case LQ__SMSG_CALL_INVITED:
		on_invited(s, msg);
		break;
	case LQ__SMSG_CALL_RECORD:
		on_record(s, msg);
		break;
	default:
		if (msg->type > LQ__SMSG_CALL_INVITED)
			on_call_event(s, msg);
		break;
	}
	if (msg->id)
		on_answer(s, msg);
}

void lq__session_message(lq_session *s, const char *text, size_t len)
{
	char error[256];
	lq__smsg msg;
	int e = lq__smsg_parse(text, len, &msg, error, sizeof error);
	if (e) {
		char line[320];
		snprintf(line, sizeof line, "message from the server ignored: %s", error);
		lq__session_event(s, &(lq_sdk_event){.type = LQ_ON_WARNING, .code = e, .text = line});
		return;
	}
	dispatch(s, &msg);
	lq__smsg_finish(&msg);
}
