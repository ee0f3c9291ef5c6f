/* Who speaks and who only listens. The audience is not seen: the others hear neither of its coming nor of its going, and it publishes nothing. */
#include <loquat/log.h>

#include "server/room_private.h"
#include "server/stage.h"

static json_t *joined_event(const lq__member *m)
{
	return json_pack("{s:s, s:s, s:s, s:s*, s:O*, s:O*, s:o*}", "type", "user_joined", "user", m->user, "name", m->name, "info", *m->info ? m->info : NULL, "attributes",
	                 m->attributes, "cameras", m->cameras, "guest", lq__guest_json(m));
}

void lq__member_appears(lq__member *m)
{
	if (!m->audience)
		lq__room_event(m->room, m, joined_event(m));
}

void lq__member_disappears(lq__member *m, const char *reason)
{
	if (!m->audience)
		lq__room_event(m->room, m, json_pack("{s:s, s:s, s:s}", "type", "user_left", "user", m->user, "reason", reason));
}

void lq__member_drop_tracks(lq__member *m)
{
	lq__rooms *rooms = m->room->rooms;
	LQ__EACH(lq__track, t, &m->tracks, link)
		lq__track_end(t);
	rooms->host.settled(rooms->host.arg, m->room);
}

int lq__member_may_publish(const lq__member *m)
{
	return m->may_publish || m->on_stage;
}

void lq__member_set_role(lq__member *m, int audience)
{
	int was_host = lq__stage_is_host(m);
	if (m->audience == !!audience)
		return;
	lq_log(LQ_LOG_INFO, "room", "%s is %s of %s now", m->user, audience ? "audience" : "broadcaster", m->room->name);
	if (audience) {
		lq__guests_recall(m, "invisible", 1);
		lq__member_drop_tracks(m);
		lq__member_disappears(m, "invisible");
		m->audience = 1;
		m->on_stage = 0;
	} else {
		lq__stage_forget(m, "withdrawn", NULL);
		m->audience = 0;
		lq__member_appears(m);
	}
	lq__stage_host_changed(m, was_host);
}
