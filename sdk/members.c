/* Who is in the room, and what they publish. Changes happen on the control thread, under the room's lock, so that the API can read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "room.h"

lq__member *lq__member_find(lq_room *room, const char *user)
{
	for (lq__member *m = room->members; m; m = m->next)
		if (!strcmp(m->user, user))
			return m;
	return NULL;
}

lq__member *lq__member_add(lq_room *room, const lq__msg_member *in)
{
	lq__member *m = room->n_members < LQ__MEMBERS_MAX ? calloc(1, sizeof *m) : NULL, **p;
	if (!m)
		return NULL;
	snprintf(m->user, sizeof m->user, "%s", in->user);
	snprintf(m->name, sizeof m->name, "%s", *in->name ? in->name : in->user);
	snprintf(m->info, sizeof m->info, "%s", in->info);
	snprintf(m->guest_room, sizeof m->guest_room, "%s", in->guest_room);
	snprintf(m->guest_user, sizeof m->guest_user, "%s", in->guest_user);
	pthread_mutex_lock(&room->lock);
	for (p = &room->members; *p; p = &(*p)->next)
		;
	*p = m;
	room->n_members++;
	pthread_mutex_unlock(&room->lock);
	return m;
}

void lq__member_remove(lq_room *room, lq__member *m)
{
	pthread_mutex_lock(&room->lock);
	for (lq__member **p = &room->members; *p; p = &(*p)->next)
		if (*p == m) {
			*p = m->next;
			room->n_members--;
			break;
		}
	pthread_mutex_unlock(&room->lock);
	lq__msg_attributes_free(m->attributes);
	free(m);
}

void lq__members_clear(lq_room *room)
{
	while (room->members)
		lq__member_remove(room, room->members);
}

lq__track *lq__track_find(lq_room *room, const char *id, lq__member **member, lq_stream *stream, lq_track_kind *kind)
{
	for (lq__member *m = room->members; m; m = m->next)
		for (unsigned s = 0; s < LQ__STREAMS; s++)
			for (unsigned k = 0; k < 2; k++)
				if (m->tracks[s][k].present && !strcmp(m->tracks[s][k].id, id)) {
					*member = m;
					*stream = (lq_stream)s;
					*kind = (lq_track_kind)(k + 1);
					return &m->tracks[s][k];
				}
	return NULL;
}

int lq_room_members(lq_room *room, lq_member *out, size_t max)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	int n = 0;
	if (!room || (max && !out))
		return LQ_EINVAL;
	pthread_mutex_lock(&room->lock);
	for (const lq__member *m = room->members; m; m = m->next, n++) {
		if ((size_t)n >= max)
			continue;
		lq_member *o = &out[n];
		memcpy(o->user, m->user, sizeof o->user);
		memcpy(o->name, m->name, sizeof o->name);
		memcpy(o->info, m->info, sizeof o->info);
		memcpy(o->guest_room, m->guest_room, sizeof o->guest_room);
		memcpy(o->guest_user, m->guest_user, sizeof o->guest_user);
		o->tracks = 0;
		o->role = LQ_ROLE_BROADCASTER;
		o->microphone = lq__has_state(&m->has, LQ_STREAM_MAIN, LQ_AUDIO);
		o->camera = lq__has_state(&m->has, m->has.default_camera, LQ_VIDEO);
		for (unsigned i = 0; i < 2 * LQ__STREAMS; i++)
			o->tracks |= m->tracks[i / 2][i % 2].present ? 1u << i : 0;
	}
	pthread_mutex_unlock(&room->lock);
	return n;
}
