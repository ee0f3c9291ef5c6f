/* What members of a room tell each other: texts, and attributes that stay. */
#include <string.h>

#include <loquat/plugin/errors.h>

#include "server/message.h"
#include "server/room_private.h"

static size_t bytes_of(json_t *attributes)
{
	const char *name;
	json_t *value;
	size_t n = 0;
	json_object_foreach(attributes, name, value)
		n += strlen(name) + json_string_length(value);
	return n;
}

static int apply(json_t **to, const json_t *changes)
{
	json_t *next = *to ? json_copy(*to) : json_object(), *value;
	const char *name;
	int failed = !next;
	json_object_foreach((json_t *)changes, name, value)
		failed |= json_is_null(value) ? json_object_del(next, name), 0 : json_object_set(next, name, value);
	int e = failed ? LQ_ENOMEM : bytes_of(next) > LQ_ATTRIBUTES_MAX ? LQ_EFULL : 0;
	if (e) {
		json_decref(next);
		return e;
	}
	json_decref(*to);
	*to = next;
	return 0;
}

int lq__member_set_attributes(lq__member *m, int of_room, const json_t *attributes)
{
	int e = apply(of_room ? &m->room->attributes : &m->attributes, attributes);
	json_t *event = e ? NULL : json_pack("{s:s, s:s, s:s, s:O}", "type", "attributes", "of", of_room ? "room" : "user", "user", m->user, "attributes", attributes);
	if (m->audience)
		lq__member_event(m, event); /* the others do not know of it */
	else
		lq__room_event(m->room, NULL, event);
	return e;
}

int lq__member_message(lq__member *m, const char *to, const char *text)
{
	if (!*to) {
		lq__room_event(m->room, m, json_pack("{s:s, s:s, s:s, s:b}", "type", "message", "from", m->user, "text", text, "private", 0));
		return 0;
	}
	LQ__EACH(lq__member, other, &m->room->members, link)
		if (!other->guest_of && !strcmp(other->user, to)) {
			lq__member_event(other, json_pack("{s:s, s:s, s:s, s:b}", "type", "message", "from", m->user, "text", text, "private", 1));
			return 0;
		}
	return LQ_ENOENT;
}
