#include "protocol_fields.h"

#include <stdlib.h>
#include <string.h>

#include "names.h"

int lq__field_int(lq__parser *p, json_t *obj, const char *key, int required, int64_t *out)
{
	json_t *v = json_object_get(obj, key);
	*out = 0;
	if (!v)
		return required ? lq__field_wrong(p, "missing field", key) : 0;
	if (!json_is_integer(v))
		return lq__field_wrong(p, "not an integer:", key);
	*out = json_integer_value(v);
	return *out < 0 ? lq__field_wrong(p, "negative:", key) : 0;
}

static uint32_t get_size(json_t *obj, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(obj, key));
	return n > 0 && n <= 65536 ? (uint32_t)n : 0;
}

static int get_track(lq__parser *p, json_t *obj, const char *id_key, lq__msg_track *t)
{
	const char *kind, *stream;
	int r;
	if (!json_is_object(obj))
		return lq__field_wrong(p, "not an object:", "track");
	if ((r = lq__field_string(p, obj, id_key, 1, &t->id)) || (r = lq__field_string(p, obj, "user", 0, &t->user)) || (r = lq__field_string(p, obj, "mid", 0, &t->mid)) ||
	    (r = lq__field_string(p, obj, "codec", 0, &t->codec)) || (r = lq__field_string(p, obj, "kind", 0, &kind)) || (r = lq__field_string(p, obj, "stream", 0, &stream)))
		return r;
	if (*kind && strcmp(kind, "audio") && strcmp(kind, "video"))
		return lq__field_wrong(p, "unknown kind", kind);
	t->kind = !*kind ? 0 : !strcmp(kind, "audio") ? LQ_AUDIO : LQ_VIDEO;
	if (*stream && lq__stream_parse(stream, &t->stream))
		return lq__field_wrong(p, "unknown stream", stream);
	t->muted = json_is_true(json_object_get(obj, "muted"));
	t->width = get_size(obj, "width");
	t->height = get_size(obj, "height");
	return 0;
}

int lq__field_tracks(lq__parser *p, json_t *array, const char *id_key)
{
	lq__msg *m = p->msg;
	if (!array)
		return 0;
	if (!json_is_array(array))
		return lq__field_wrong(p, "not an array:", "tracks");
	size_t n = json_array_size(array);
	if (!n)
		return 0;
	lq__msg_track *more = realloc(m->tracks, (m->n_tracks + n) * sizeof *more);
	if (!more)
		return LQ_ENOMEM;
	m->tracks = more;
	for (size_t i = 0; i < n; i++) {
		lq__msg_track *t = &m->tracks[m->n_tracks];
		memset(t, 0, sizeof *t);
		int r = get_track(p, json_array_get(array, i), id_key, t);
		if (r)
			return r;
		m->n_tracks++;
	}
	return 0;
}

int lq__field_attributes(lq__parser *p, json_t *obj, void **out)
{
	json_t *attributes = json_object_get(obj, "attributes"), *value;
	const char *name;
	*out = attributes;
	if (attributes && !json_is_object(attributes))
		return lq__field_wrong(p, "not an object:", "attributes");
	json_object_foreach(attributes, name, value)
		if (!json_is_string(value) && !json_is_null(value))
			return lq__field_wrong(p, "neither a string nor null:", name);
	return 0;
}

int lq__field_info(lq__parser *p, json_t *obj, const char **out)
{
	int r = lq__field_string(p, obj, "info", 0, out);
	return !r && strlen(*out) > LQ__INFO_MAX ? lq__field_wrong(p, "too long:", "info") : r;
}

int lq__field_member_room(lq__parser *p, const json_t *array)
{
	size_t n = json_array_size(array);
	if (!json_is_array(array))
		return lq__field_wrong(p, "not an array:", "members");
	p->msg->members = calloc(n ? n : 1, sizeof *p->msg->members);
	return p->msg->members ? 0 : LQ_ENOMEM;
}

/* Where a guest comes from. */
int lq__field_guest(lq__parser *p, json_t *obj, lq__msg_member *m)
{
	json_t *guest = json_object_get(obj, "guest");
	int r;
	m->guest_room = m->guest_user = "";
	if (!guest)
		return 0;
	if ((r = lq__field_string(p, guest, "room", 1, &m->guest_room)) || (r = lq__field_string(p, guest, "user", 1, &m->guest_user)))
		return r;
	return strlen(m->guest_room) > LQ__ROOM_MAX || strlen(m->guest_user) > LQ__USER_MAX ? lq__field_wrong(p, "too long:", "guest") : 0;
}

int lq__field_members(lq__parser *p, json_t *array)
{
	lq__msg *m = p->msg;
	int e = lq__field_member_room(p, array);
	if (e)
		return e;
	for (size_t i = 0; i < json_array_size(array); i++) {
		json_t *obj = json_array_get(array, i);
		lq__msg_member *b = &m->members[i];
		int r;
		if (!json_is_object(obj))
			return lq__field_wrong(p, "not an object:", "members");
		b->first_track = m->n_tracks;
		if ((r = lq__field_string(p, obj, "user", 1, &b->user)) || (r = lq__field_string(p, obj, "name", 0, &b->name)) ||
		    (r = lq__field_tracks(p, json_object_get(obj, "tracks"), "id")))
			return r;
		if ((r = lq__field_attributes(p, obj, &b->attributes)) || (r = lq__field_info(p, obj, &b->info)) ||
		    (r = lq__field_string(p, obj, "default_camera", 0, &b->default_camera)) || (r = lq__field_guest(p, obj, b)))
			return r;
		b->devices = json_object_get(obj, "devices");
		b->cameras = json_object_get(obj, "cameras");
		b->n_tracks = m->n_tracks - b->first_track;
		m->n_members++;
	}
	return 0;
}

/* Who a message speaks of goes into an event, whose strings have no bound of their own. */
int lq__field_user(lq__parser *p, json_t *obj)
{
	lq__msg *m = p->msg;
	int r;
	if ((r = lq__field_string(p, obj, "user", 1, &m->user)) || (r = lq__field_string(p, obj, "name", 0, &m->name)))
		return r;
	return strlen(m->user) > LQ__USER_MAX ? lq__field_wrong(p, "too long:", "user") : 0;
}

int lq__field_track(lq__parser *p, json_t *obj, const char *id_key)
{
	lq__msg *m = p->msg;
	m->tracks = calloc(1, sizeof *m->tracks);
	if (!m->tracks)
		return LQ_ENOMEM;
	m->n_tracks = 1;
	return get_track(p, obj, id_key, m->tracks);
}

int lq__field_by(lq__parser *p, json_t *obj)
{
	int r = lq__field_string(p, obj, "by", 0, &p->msg->text);
	return !r && strlen(p->msg->text) > LQ__USER_MAX ? lq__field_wrong(p, "too long:", "by") : r;
}

int lq__field_place(lq__parser *p, json_t *obj, lq__msg_device *d)
{
	const char *kind, *stream;
	int r;
	if ((r = lq__field_string(p, obj, "kind", 1, &kind)) || (r = lq__field_string(p, obj, "stream", 1, &stream)) || (r = lq__field_string(p, obj, "by", 0, &p->msg->text)))
		return r;
	d->kind = !strcmp(kind, "video") ? LQ_VIDEO : LQ_AUDIO;
	if (strlen(p->msg->text) > LQ__USER_MAX)
		return lq__field_wrong(p, "too long:", "by");
	return lq__stream_parse(stream, &d->stream) || (d->kind == LQ_AUDIO && strcmp(kind, "audio")) ? lq__field_wrong(p, "unknown device", kind) : 0;
}
