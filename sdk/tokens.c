/* Tokens that end: what the server says of them, and new ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "handles.h"
#include "session.h"

lq_token_scope lq__token_scope(const char *name)
{
	static const char *const names[] = {"room", "publish", "subscribe", "session"};
	for (int i = 0; i < 4; i++)
		if (!strcmp(names[i], name))
			return (lq_token_scope)(LQ_TOKEN_ROOM + i);
	return 0;
}

/* ---- rooms ---- */

void lq__on_token_will_expire(lq_room *room, const lq__msg *msg)
{
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_TOKEN_WILL_EXPIRE, .scope = lq__token_scope(msg->text),
	                                     .elapsed_ms = msg->rev < UINT32_MAX ? (uint32_t)msg->rev : UINT32_MAX});
}

static void for_tracks(lq_room *room, void (*fn)(lq_room *room, lq__member *m, lq_stream stream, lq_track_kind kind, lq__track *t))
{
	for (lq__member *m = room->members; m; m = m->next)
		for (unsigned i = 0; i < 2 * LQ__STREAMS; i++)
			if (m->tracks[i / 2][i % 2].present)
				fn(room, m, (lq_stream)(i / 2), (lq_track_kind)(i % 2 + 1), &m->tracks[i / 2][i % 2]);
}

static void lose(lq_room *room, lq__member *m, lq_stream stream, lq_track_kind kind, lq__track *t)
{
	t->wanted_again = t->sub != LQ__SUB_NONE;
	lq__unsubscribe(room, m, stream, kind, 0);
}

static void find_again(lq_room *room, lq__member *m, lq_stream stream, lq_track_kind kind, lq__track *t)
{
	int wanted = t->wanted_again || lq__wants(room, m->user, stream, kind);
	t->wanted_again = 0;
	if (wanted && t->sub == LQ__SUB_NONE)
		lq__subscribe(room, (const char *const[]){t->id}, 1);
}

/* The server has stopped it already. */
void lq__on_token_expired(lq_room *room, const lq__msg *msg)
{
	lq_token_scope scope = lq__token_scope(msg->text);
	if (scope == LQ_TOKEN_PUBLISH) {
		room->may_not_publish = 1;
		lq__publish_dropped(room);
		lq__publish_sync(room);
	} else if (scope == LQ_TOKEN_SUBSCRIBE) {
		room->may_not_subscribe = 1;
		for_tracks(room, lose);
	}
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_TOKEN_EXPIRED, .scope = scope});
}

static char *build(int64_t id, const lq__ask *a)
{
	free(a->room->token_asked);
	a->room->token_asked = strdup(a->text);
	return lq__req_token(id, a->text);
}

void lq__token_answered(lq_room *room, int code, const char *text)
{
	if (!code && room->token_asked) {
		pthread_mutex_lock(&room->lock); /* the next join goes with it */
		free(room->token);
		room->token = room->token_asked;
		pthread_mutex_unlock(&room->lock);
		room->token_asked = NULL;
	}
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_TOKEN_UPDATED, .code = code, .text = text});
	if (code || room->finishing)
		return;
	if (room->may_not_subscribe) {
		room->may_not_subscribe = 0;
		for_tracks(room, find_again);
	}
	room->may_not_publish = 0; /* what the new token does not give the server says next */
	lq__publish_sync(room);
}

int lq_room_token_update(lq_room *room, const char *token)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	if (!room || !token || !*token)
		return LQ_EINVAL;
	if (strlen(token) > LQ__TOKEN_MAX)
		return LQ_ERANGE;
	lq__ask *a = lq__ask_new(room, LQ__REQ_TOKEN, build, NULL, token);
	return a ? lq__ask_post(a) : LQ_ENOMEM;
}

/* ---- sessions ---- */

void lq__session_token_answered(lq_session *s, int code, const char *text)
{
	pthread_mutex_lock(&s->lock);
	if (!code && s->token_asked) {
		free(s->token);
		s->token = s->token_asked;
		s->token_asked = NULL;
	}
	pthread_mutex_unlock(&s->lock);
	lq__session_event(s, &(lq_sdk_event){.type = LQ_ON_TOKEN_UPDATED, .code = code, .text = text});
}

int lq_session_token_update(lq_session *s, const char *token)
{
	if (lq__is_dead(s))
		return LQ_ESTATE;
	if (!s || !token || !*token)
		return LQ_EINVAL;
	if (strlen(token) > LQ__TOKEN_MAX)
		return LQ_ERANGE;
	char *copy = strdup(token);
	if (!copy)
		return LQ_ENOMEM;
	pthread_mutex_lock(&s->lock);
	int e = lq__session_online_check(s);
	if (!e) {
		int64_t id = ++s->next_id;
		e = lq__session_post_about(s, LQ__SREQ_TOKEN, id, NULL, 0, NULL, lq__req_token(id, token));
	}
	if (!e) {
		free(s->token_asked);
		s->token_asked = copy;
		copy = NULL;
	}
	pthread_mutex_unlock(&s->lock);
	free(copy);
	return e;
}
