/* The room as it was known before a connection was lost, and as it is: what differs is told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "room.h"

/* A track that only has got another id is the same to the app. */
static int is_same(const lq__track *t, const lq__msg_track *in)
{
	return t->present && !strcmp(t->codec, in->codec);
}

static const lq__msg_track *find(const lq__msg *msg, const lq__msg_member *in, lq_stream stream, lq_track_kind kind)
{
	for (uint32_t i = 0; i < in->n_tracks; i++) {
		const lq__msg_track *t = &msg->tracks[in->first_track + i];
		if (t->stream == stream && t->kind == kind)
			return t;
	}
	return NULL;
}

static void renew(lq_room *room, lq__member *m, const lq__msg_track *in)
{
	lq__track *t = &m->tracks[in->stream][in->kind - 1], before = *t;
	if (!lq__room_put_track(room, m, in))
		return;
	t->told = before.told || before.sub == LQ__SUB_LIVE;
	t->sub = before.sub == LQ__SUB_NONE ? LQ__SUB_NONE : LQ__SUB_ASKED; /* is asked for with the others */
	if (before.muted != t->muted)
		lq__room_stream_event(room, LQ_ON_STREAM_MUTED, m, in->stream, in->kind, t);
}

static void compare_tracks(lq_room *room, lq__member *m, const lq__msg *msg, const lq__msg_member *in)
{
	for (unsigned i = 0; i < 2 * LQ__STREAMS; i++) {
		lq_stream stream = (lq_stream)(i / 2);
		lq_track_kind kind = (lq_track_kind)(i % 2 + 1);
		lq__track *t = &m->tracks[stream][kind - 1];
		const lq__msg_track *now = find(msg, in, stream, kind);
		if (now && is_same(t, now)) {
			renew(room, m, now);
			continue;
		}
		if (t->present)
			lq__room_drop_track(room, m, stream, kind);
		if (!now || !(t = lq__room_put_track(room, m, now)))
			continue;
		lq__room_stream_event(room, LQ_ON_STREAM_PUBLISHED, m, stream, kind, t);
		t->sub = lq__wants(room, m->user, stream, kind) ? LQ__SUB_ASKED : LQ__SUB_NONE;
	}
}

/* ---- members ---- */

static lq__member *member_of(lq_room *room, const lq__msg_member *in)
{
	lq__member *m = lq__member_find(room, in->user);
	if (m || !(m = lq__room_add_member(room, in)))
		return m;
	lq__room_user_event(room, m, 1);
	return m;
}

static void drop_the_gone(lq_room *room, const lq__msg *msg)
{
	for (lq__member *m = room->members; m; m = m->next)
		m->here = 0;
	for (uint32_t i = 0; i < msg->n_members; i++) {
		lq__member *m = lq__member_find(room, msg->members[i].user);
		if (m)
			m->here = 1;
	}
	for (lq__member *m = room->members, *next; m; m = next) {
		next = m->next;
		if (!m->here)
			lq__room_drop_member(room, m, "left");
	}
}

/* All wanted streams in one request. */
static void subscribe(lq_room *room)
{
	uint32_t n = 0;
	for (const lq__member *m = room->members; m; m = m->next)
		for (unsigned i = 0; i < 2 * LQ__STREAMS; i++)
			n += m->tracks[i / 2][i % 2].sub == LQ__SUB_ASKED;
	const char **ids = calloc(n ? n : 1, sizeof *ids);
	n = 0;
	for (const lq__member *m = room->members; ids && m; m = m->next)
		for (unsigned i = 0; i < 2 * LQ__STREAMS; i++)
			if (m->tracks[i / 2][i % 2].sub == LQ__SUB_ASKED)
				ids[n++] = m->tracks[i / 2][i % 2].id;
	if (n)
		lq__subscribe(room, ids, n);
	free(ids);
}

void lq__room_subscribe_again(lq_room *room)
{
	for (lq__member *m = room->members; m; m = m->next)
		for (unsigned i = 0; i < 2 * LQ__STREAMS; i++) {
			lq__track *t = &m->tracks[i / 2][i % 2];
			t->told |= t->sub == LQ__SUB_LIVE;
			t->sub = t->sub == LQ__SUB_NONE ? LQ__SUB_NONE : LQ__SUB_ASKED;
		}
	subscribe(room);
}

void lq__room_differences(lq_room *room, const lq__msg *msg)
{
	drop_the_gone(room, msg);
	for (uint32_t i = 0; i < msg->n_members; i++)
		member_of(room, &msg->members[i]);
	for (uint32_t i = 0; i < msg->n_members; i++) {
		lq__member *m = lq__member_find(room, msg->members[i].user);
		if (m) {
			compare_tracks(room, m, msg, &msg->members[i]);
			lq__has_compare(room, m, &msg->members[i], 1);
		}
	}
	lq__attributes_differ(room, "", &room->attributes, msg->attributes);
	for (uint32_t i = 0; i < msg->n_members; i++) {
		lq__member *m = lq__member_find(room, msg->members[i].user);
		if (m)
			lq__attributes_differ(room, m->user, &m->attributes, msg->members[i].attributes);
	}
	subscribe(room);
}
