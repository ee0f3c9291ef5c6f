#include "protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "media.h"
#include "names.h"

typedef struct parser {
	lq__msg *msg;
	char *error;
	size_t error_size;
} parser;

static int wrong(parser *p, const char *what, const char *field)
{
	snprintf(p->error, p->error_size, "%s \"%s\"", what, field);
	return LQ_EPROTO;
}

/* An absent string is "". */
static int get_string(parser *p, json_t *obj, const char *key, int required, const char **out)
{
	json_t *v = json_object_get(obj, key);
	*out = "";
	if (!v || json_is_null(v))
		return required ? wrong(p, "missing field", key) : 0;
	if (!json_is_string(v))
		return wrong(p, "not a string:", key);
	*out = json_string_value(v);
	return required && !**out ? wrong(p, "empty field", key) : 0;
}

static int get_int(parser *p, json_t *obj, const char *key, int required, int64_t *out)
{
	json_t *v = json_object_get(obj, key);
	*out = 0;
	if (!v)
		return required ? wrong(p, "missing field", key) : 0;
	if (!json_is_integer(v))
		return wrong(p, "not an integer:", key);
	*out = json_integer_value(v);
	return *out < 0 ? wrong(p, "negative:", key) : 0;
}

static uint32_t get_size(json_t *obj, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(obj, key));
	return n > 0 && n <= 65536 ? (uint32_t)n : 0;
}

static int get_track(parser *p, json_t *obj, const char *id_key, lq__msg_track *t)
{
	const char *kind, *stream;
	int r;
	if (!json_is_object(obj))
		return wrong(p, "not an object:", "track");
	if ((r = get_string(p, obj, id_key, 1, &t->id)) || (r = get_string(p, obj, "user", 0, &t->user)) || (r = get_string(p, obj, "mid", 0, &t->mid)) ||
	    (r = get_string(p, obj, "codec", 0, &t->codec)) || (r = get_string(p, obj, "kind", 0, &kind)) || (r = get_string(p, obj, "stream", 0, &stream)))
		return r;
	if (*kind && strcmp(kind, "audio") && strcmp(kind, "video"))
		return wrong(p, "unknown kind", kind);
	t->kind = !*kind ? 0 : !strcmp(kind, "audio") ? LQ_AUDIO : LQ_VIDEO;
	if (*stream && lq__stream_parse(stream, &t->stream))
		return wrong(p, "unknown stream", stream);
	t->muted = json_is_true(json_object_get(obj, "muted"));
	t->width = get_size(obj, "width");
	t->height = get_size(obj, "height");
	return 0;
}

static int get_tracks(parser *p, json_t *array, const char *id_key)
{
	lq__msg *m = p->msg;
	if (!array)
		return 0;
	if (!json_is_array(array))
		return wrong(p, "not an array:", "tracks");
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

static int get_attributes(parser *p, json_t *obj, void **out)
{
	json_t *attributes = json_object_get(obj, "attributes"), *value;
	const char *name;
	*out = attributes;
	if (attributes && !json_is_object(attributes))
		return wrong(p, "not an object:", "attributes");
	json_object_foreach(attributes, name, value)
		if (!json_is_string(value) && !json_is_null(value))
			return wrong(p, "neither a string nor null:", name);
	return 0;
}

static int get_info(parser *p, json_t *obj, const char **out)
{
	int r = get_string(p, obj, "info", 0, out);
	return !r && strlen(*out) > LQ__INFO_MAX ? wrong(p, "too long:", "info") : r;
}

static int room_for_members(parser *p, const json_t *array)
{
	size_t n = json_array_size(array);
	if (!json_is_array(array))
		return wrong(p, "not an array:", "members");
	p->msg->members = calloc(n ? n : 1, sizeof *p->msg->members);
	return p->msg->members ? 0 : LQ_ENOMEM;
}

/* Where a guest comes from. */
static int get_guest(parser *p, json_t *obj, lq__msg_member *m)
{
	json_t *guest = json_object_get(obj, "guest");
	int r;
	m->guest_room = m->guest_user = "";
	if (!guest)
		return 0;
	if ((r = get_string(p, guest, "room", 1, &m->guest_room)) || (r = get_string(p, guest, "user", 1, &m->guest_user)))
		return r;
	return strlen(m->guest_room) > LQ__ROOM_MAX || strlen(m->guest_user) > LQ__USER_MAX ? wrong(p, "too long:", "guest") : 0;
}

static int get_members(parser *p, json_t *array)
{
	lq__msg *m = p->msg;
	int e = room_for_members(p, array);
	if (e)
		return e;
	for (size_t i = 0; i < json_array_size(array); i++) {
		json_t *obj = json_array_get(array, i);
		lq__msg_member *b = &m->members[i];
		int r;
		if (!json_is_object(obj))
			return wrong(p, "not an object:", "members");
		b->first_track = m->n_tracks;
		if ((r = get_string(p, obj, "user", 1, &b->user)) || (r = get_string(p, obj, "name", 0, &b->name)) ||
		    (r = get_tracks(p, json_object_get(obj, "tracks"), "id")))
			return r;
		if ((r = get_attributes(p, obj, &b->attributes)) || (r = get_info(p, obj, &b->info)) ||
		    (r = get_string(p, obj, "default_camera", 0, &b->default_camera)) || (r = get_guest(p, obj, b)))
			return r;
		b->devices = json_object_get(obj, "devices");
		b->cameras = json_object_get(obj, "cameras");
		b->n_tracks = m->n_tracks - b->first_track;
		m->n_members++;
	}
	return 0;
}

/* Who a message speaks of goes into an event, whose strings have no bound of their own. */
static int get_user(parser *p, json_t *obj)
{
	lq__msg *m = p->msg;
	int r;
	if ((r = get_string(p, obj, "user", 1, &m->user)) || (r = get_string(p, obj, "name", 0, &m->name)))
		return r;
	return strlen(m->user) > LQ__USER_MAX ? wrong(p, "too long:", "user") : 0;
}

/* Rooms that are not said to be live are calls. */
static int get_live(parser *p, json_t *obj, int required)
{
	const char *profile = "";
	int r = get_string(p, obj, "profile", required, &profile);
	p->msg->live = !r && !strcmp(profile, "live");
	return r;
}

static int parse_room_profile(parser *p, json_t *obj)
{
	return get_live(p, obj, 1);
}

static int parse_joined(parser *p, json_t *obj)
{
	int r;
	if ((r = get_user(p, obj)) || (r = get_string(p, obj, "room_sid", 0, &p->msg->room_sid)) || (r = get_attributes(p, obj, &p->msg->attributes)) ||
	    (r = get_string(p, obj, "session", 0, &p->msg->session)) || (r = get_int(p, obj, "resume_ms", 0, &p->msg->resume_ms)) || (r = get_live(p, obj, 0)))
		return r;
	p->msg->waiting = json_object_get(obj, "waiting");
	p->msg->resumed = json_is_true(json_object_get(obj, "resumed"));
	return p->msg->resumed ? 0 : get_members(p, json_object_get(obj, "members"));
}

static int parse_sdp(parser *p, json_t *obj)
{
	int r = get_string(p, obj, "sdp", 1, &p->msg->sdp);
	return r ? r : get_tracks(p, json_object_get(obj, "tracks"), "track");
}

static int parse_offer(parser *p, json_t *obj)
{
	int r = get_int(p, obj, "rev", 1, &p->msg->rev);
	return r ? r : parse_sdp(p, obj);
}

static int parse_error(parser *p, json_t *obj)
{
	const char *code;
	int r;
	if ((r = get_string(p, obj, "code", 1, &code)) || (r = get_string(p, obj, "message", 0, &p->msg->text)))
		return r;
	p->msg->code = lq__error_code(code);
	return 0;
}

static int parse_user_event(parser *p, json_t *obj)
{
	int r = get_user(p, obj);
	if (!r)
		r = get_info(p, obj, &p->msg->info);
	if (!r)
		r = get_attributes(p, obj, &p->msg->attributes);
	p->msg->cameras = json_object_get(obj, "cameras");
	return r ? r : get_string(p, obj, "reason", 0, &p->msg->reason);
}

static int parse_user_joined(parser *p, json_t *obj)
{
	lq__msg *m = p->msg;
	int r = parse_user_event(p, obj);
	if (r)
		return r;
	if (!(m->members = calloc(1, sizeof *m->members)))
		return LQ_ENOMEM;
	m->n_members = 1;
	*m->members = (lq__msg_member){.user = m->user, .name = m->name, .info = m->info, .default_camera = ""};
	return get_guest(p, obj, m->members);
}

/* What a guest that was asked for is called. */
static int parse_ok(parser *p, json_t *obj)
{
	return get_string(p, obj, "user", 0, &p->msg->user);
}

static int parse_guest(parser *p, json_t *obj)
{
	int r = get_user(p, obj);
	p->msg->flag = json_is_true(json_object_get(obj, "on"));
	if (r || (r = get_string(p, obj, "room", 1, &p->msg->guest_room)) || (r = get_string(p, obj, "reason", 0, &p->msg->reason)))
		return r;
	return strlen(p->msg->guest_room) > LQ__ROOM_MAX ? wrong(p, "too long:", "room") : 0;
}

static int one_track(parser *p, json_t *obj, const char *id_key)
{
	lq__msg *m = p->msg;
	m->tracks = calloc(1, sizeof *m->tracks);
	if (!m->tracks)
		return LQ_ENOMEM;
	m->n_tracks = 1;
	return get_track(p, obj, id_key, m->tracks);
}

static int get_by(parser *p, json_t *obj)
{
	int r = get_string(p, obj, "by", 0, &p->msg->text);
	return !r && strlen(p->msg->text) > LQ__USER_MAX ? wrong(p, "too long:", "by") : r;
}

static int parse_track_published(parser *p, json_t *obj)
{
	int r = one_track(p, json_object_get(obj, "track"), "id");
	if (r || (r = get_by(p, obj)))
		return r;
	return !*p->msg->tracks->user || !p->msg->tracks->kind ? wrong(p, "incomplete", "track") : 0;
}

static int parse_track_event(parser *p, json_t *obj)
{
	int r = get_by(p, obj);
	return r ? r : one_track(p, obj, "track");
}

static int parse_layer(parser *p, json_t *obj)
{
	const char *name;
	int r = one_track(p, obj, "track");
	if (r || (r = get_string(p, obj, "layer", 1, &name)))
		return r;
	for (lq_layer l = LQ_LAYER_HIGH; l <= LQ_LAYER_LOW; l++)
		if (!strcmp(name, lq__layer_label(l))) {
			p->msg->layer = l;
			return 0;
		}
	return wrong(p, "unknown layer", name);
}

static int parse_kicked(parser *p, json_t *obj)
{
	int r = get_string(p, obj, "text", 0, &p->msg->text);
	return r ? r : get_string(p, obj, "reason", 0, &p->msg->reason);
}

static int read_place(parser *p, json_t *obj, lq__msg_device *d)
{
	const char *kind, *stream;
	int r;
	if ((r = get_string(p, obj, "kind", 1, &kind)) || (r = get_string(p, obj, "stream", 1, &stream)) || (r = get_string(p, obj, "by", 0, &p->msg->text)))
		return r;
	d->kind = !strcmp(kind, "video") ? LQ_VIDEO : LQ_AUDIO;
	if (strlen(p->msg->text) > LQ__USER_MAX)
		return wrong(p, "too long:", "by");
	return lq__stream_parse(stream, &d->stream) || (d->kind == LQ_AUDIO && strcmp(kind, "audio")) ? wrong(p, "unknown device", kind) : 0;
}

static lq_device_state read_state(const char *state)
{
	return !strcmp(state, "opening") ? LQ_DEVICE_OPENING : !strcmp(state, "none") ? LQ_DEVICE_NONE : LQ_DEVICE_CLOSED;
}

static int parse_device(parser *p, json_t *obj)
{
	const char *state;
	int r = get_user(p, obj);
	if (r || (r = read_place(p, obj, &p->msg->device)) || (r = get_string(p, obj, "state", 1, &state)))
		return r;
	p->msg->device.state = read_state(state);
	return 0;
}

static int parse_control(parser *p, json_t *obj)
{
	p->msg->flag = json_is_true(json_object_get(obj, "on"));
	return read_place(p, obj, &p->msg->device);
}

static int parse_mute(parser *p, json_t *obj)
{
	p->msg->flag = json_is_true(json_object_get(obj, "muted"));
	return read_place(p, obj, &p->msg->device);
}

static int parse_cameras(parser *p, json_t *obj)
{
	p->msg->cameras = json_object_get(obj, "cameras");
	return get_user(p, obj);
}

static int parse_default_camera(parser *p, json_t *obj)
{
	const char *stream;
	int r = get_user(p, obj);
	if (r || (r = get_string(p, obj, "stream", 1, &stream)) || (r = get_string(p, obj, "by", 0, &p->msg->text)))
		return r;
	return lq__stream_parse(stream, &p->msg->device.stream) ? wrong(p, "unknown stream", stream) : 0;
}

int lq__msg_device_at(void *devices, uint32_t i, lq__msg_device *out)
{
	const json_t *v = json_array_get(devices, i);
	const char *kind = json_string_value(json_object_get(v, "kind")), *stream = json_string_value(json_object_get(v, "stream"));
	const char *state = json_string_value(json_object_get(v, "state"));
	if (!kind || !stream || !state || lq__stream_parse(stream, &out->stream))
		return 0;
	out->kind = !strcmp(kind, "video") ? LQ_VIDEO : LQ_AUDIO;
	out->state = read_state(state);
	return 1;
}

int lq__msg_camera_at(void *cameras, uint32_t i, lq_stream *stream, const char **name)
{
	const json_t *v = json_array_get(cameras, i);
	const char *label = json_string_value(json_object_get(v, "stream"));
	*name = json_string_value(json_object_get(v, "name"));
	return label && *name && !lq__stream_parse(label, stream);
}

static int parse_scope(parser *p, json_t *obj)
{
	return get_string(p, obj, "scope", 1, &p->msg->text);
}

static int parse_will_expire(parser *p, json_t *obj)
{
	int r = parse_scope(p, obj);
	return r ? r : get_int(p, obj, "ms_left", 1, &p->msg->rev);
}

int lq__msg_waiting_at(void *waiting, uint32_t i, const char **user, const char **name)
{
	const json_t *v = json_array_get(waiting, i), *n = json_object_get(v, "name");
	*user = json_string_value(json_object_get(v, "user"));
	*name = json_is_string(n) ? json_string_value(n) : "";
	return *user && **user && strlen(*user) <= LQ__USER_MAX;
}

static int parse_stage_request(parser *p, json_t *obj)
{
	int r = get_user(p, obj);
	p->msg->flag = json_is_true(json_object_get(obj, "on"));
	if (!r)
		r = get_by(p, obj);
	return r ? r : get_string(p, obj, "reason", 0, &p->msg->reason);
}

static int parse_stage_answer(parser *p, json_t *obj)
{
	static const char *const states[] = {[LQ_STAGE_REFUSED] = "refused", [LQ_STAGE_ACCEPTED] = "accepted", [LQ_STAGE_TIMEOUT] = "timeout", [LQ_STAGE_REMOVED] = "removed"};
	const char *state;
	int r = get_string(p, obj, "state", 1, &state);
	if (!r)
		r = get_by(p, obj);
	if (r || (r = get_string(p, obj, "reason", 0, &p->msg->reason)))
		return r;
	for (int i = LQ_STAGE_REFUSED; i <= LQ_STAGE_REMOVED; i++)
		if (!strcmp(state, states[i])) {
			p->msg->flag = i;
			return 0;
		}
	return wrong(p, "unknown state", state);
}

static int parse_task(parser *p, json_t *obj)
{
	return get_string(p, obj, "task", 1, &p->msg->name);
}

static int parse_egress_list(parser *p, json_t *obj)
{
	p->msg->tasks = json_object_get(obj, "tasks");
	return json_is_array((json_t *)p->msg->tasks) ? 0 : wrong(p, "not an array:", "tasks");
}

static int parse_egress(parser *p, json_t *obj)
{
	static const char *const states[] = {"starting", "running", "waiting", "restarting", "stopping", "ended", "failed"};
	const char *state, *code;
	int r = parse_task(p, obj);
	if (r || (r = get_string(p, obj, "state", 1, &state)) || (r = get_string(p, obj, "code", 0, &code)) || (r = get_string(p, obj, "text", 0, &p->msg->text)))
		return r;
	p->msg->code = *code ? lq__error_code(code) : 0;
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		if (!strcmp(state, states[i]))
			p->msg->flag = (int)i + LQ_EGRESS_STARTING;
	return p->msg->flag ? 0 : wrong(p, "unknown state", state);
}

static int parse_locked(parser *p, json_t *obj)
{
	p->msg->flag = json_is_true(json_object_get(obj, "locked"));
	return 0;
}

static int parse_message(parser *p, json_t *obj)
{
	lq__msg *m = p->msg;
	int r;
	if ((r = get_string(p, obj, "from", 1, &m->user)) || (r = get_string(p, obj, "text", 1, &m->text)))
		return r;
	m->flag = json_is_true(json_object_get(obj, "private"));
	return strlen(m->user) > LQ__USER_MAX ? wrong(p, "too long:", "from") : 0;
}

static int parse_attributes(parser *p, json_t *obj)
{
	const char *of;
	int r;
	if ((r = get_user(p, obj)) || (r = get_string(p, obj, "of", 1, &of)))
		return r;
	p->msg->flag = !strcmp(of, "room");
	return get_attributes(p, obj, &p->msg->attributes);
}

/* Ints from 0 to 6. */
static int get_grade(parser *p, json_t *obj, const char *key, int *out)
{
	json_int_t n = json_integer_value(json_object_get(obj, key));
	if (!json_is_integer(json_object_get(obj, key)) || n < 0 || n > 6)
		return wrong(p, "not a number from 0 to 6:", key);
	*out = (int)n;
	return 0;
}

static int parse_quality(parser *p, json_t *obj)
{
	lq__msg *m = p->msg;
	json_t *array = json_object_get(obj, "members");
	int e = room_for_members(p, array);
	if (e)
		return e;
	for (size_t i = 0; i < json_array_size(array); i++) {
		json_t *member = json_array_get(array, i);
		lq__msg_member *b = &m->members[i];
		int r;
		if (!json_is_object(member))
			return wrong(p, "not an object:", "members");
		if ((r = get_string(p, member, "user", 1, &b->user)) || (r = get_grade(p, member, "up", &b->up)) || (r = get_grade(p, member, "down", &b->down)))
			return r;
		m->n_members++;
	}
	return 0;
}

static const struct {
	const char *name;
	lq__msg_type type;
	int (*parse)(parser *p, json_t *obj);
} types[] = {
	{"joined", LQ__MSG_JOINED, parse_joined},
	{"published", LQ__MSG_PUBLISHED, parse_sdp},
	{"ok", LQ__MSG_OK, parse_ok},
	{"error", LQ__MSG_ERROR, parse_error},
	{"left", LQ__MSG_LEFT, NULL},
	{"pong", LQ__MSG_PONG, NULL},
	{"stats", LQ__MSG_STATS, NULL},
	{"offer", LQ__MSG_OFFER, parse_offer},
	{"user_joined", LQ__MSG_USER_JOINED, parse_user_joined},
	{"user_left", LQ__MSG_USER_LEFT, parse_user_event},
	{"track_published", LQ__MSG_TRACK_PUBLISHED, parse_track_published},
	{"track_unpublished", LQ__MSG_TRACK_UNPUBLISHED, parse_track_event},
	{"track_muted", LQ__MSG_TRACK_MUTED, parse_track_event},
	{"layer", LQ__MSG_LAYER, parse_layer},
	{"kicked", LQ__MSG_KICKED, parse_kicked},
	{"quality", LQ__MSG_QUALITY, parse_quality},
	{"message", LQ__MSG_MESSAGE, parse_message},
	{"attributes", LQ__MSG_ATTRIBUTES, parse_attributes},
	{"room_locked", LQ__MSG_ROOM_LOCKED, parse_locked},
	{"room_profile", LQ__MSG_ROOM_PROFILE, parse_room_profile},
	{"device", LQ__MSG_DEVICE, parse_device},
	{"control", LQ__MSG_CONTROL, parse_control},
	{"mute", LQ__MSG_MUTE, parse_mute},
	{"cameras", LQ__MSG_CAMERAS, parse_cameras},
	{"default_camera", LQ__MSG_DEFAULT_CAMERA, parse_default_camera},
	{"token_will_expire", LQ__MSG_TOKEN_WILL_EXPIRE, parse_will_expire},
	{"token_expired", LQ__MSG_TOKEN_EXPIRED, parse_scope},
	{"stage_request", LQ__MSG_STAGE_REQUEST, parse_stage_request},
	{"stage_answer", LQ__MSG_STAGE_ANSWER, parse_stage_answer},
	{"guest", LQ__MSG_GUEST, parse_guest},
	{"egress", LQ__MSG_EGRESS, parse_egress},
	{"egress_started", LQ__MSG_EGRESS_STARTED, parse_task},
	{"egress_list", LQ__MSG_EGRESS_LIST, parse_egress_list},
};

static int parse_object(parser *p, json_t *obj)
{
	lq__msg *m = p->msg;
	const char *type;
	int r;
	if (!json_is_object(obj)) {
		snprintf(p->error, p->error_size, "not a JSON object");
		return LQ_EPROTO;
	}
	if ((r = get_string(p, obj, "type", 1, &type)) || (r = get_int(p, obj, "id", 0, &m->id)) || (r = get_int(p, obj, "seq", 0, &m->seq)))
		return r;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (!strcmp(type, types[i].name)) {
			m->type = types[i].type;
			return types[i].parse ? types[i].parse(p, obj) : 0;
		}
	return 0;
}

int lq__msg_parse(const char *text, size_t len, lq__msg *out, char *error, size_t error_size)
{
	json_error_t je;
	parser p = {.msg = out, .error = error, .error_size = error_size};
	*out = (lq__msg){.room_sid = "", .user = "", .name = "", .sdp = "", .reason = "", .text = "", .info = "", .session = "", .guest_room = ""};
	if (len > LQ__MESSAGE_MAX) {
		snprintf(error, error_size, "message of %zu bytes exceeds %d", len, LQ__MESSAGE_MAX);
		return LQ_EPROTO;
	}
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &je);
	if (!root) {
		snprintf(error, error_size, "JSON, byte %d: %s", je.position, je.text);
		return LQ_EPROTO;
	}
	out->json = root;
	int r = parse_object(&p, root);
	if (r)
		lq__msg_finish(out);
	return r;
}

void lq__msg_finish(lq__msg *m)
{
	free(m->tracks);
	free(m->members);
	json_decref(m->json);
	*m = (lq__msg){0};
}

void lq__msg_attributes(void *attributes, void (*fn)(void *arg, const char *name, const char *value), void *arg)
{
	json_t *value;
	const char *name;
	json_object_foreach((json_t *)attributes, name, value)
		fn(arg, name, json_string_value(value));
}

void lq__msg_attributes_merge(void **known, void *changes)
{
	json_t *value, *all = *known;
	const char *name;
	if (!changes || (!all && !(all = *known = json_object())))
		return;
	json_object_foreach((json_t *)changes, name, value) {
		if (json_is_null(value))
			json_object_del(all, name);
		else
			json_object_set(all, name, value);
	}
}

void lq__msg_attributes_free(void *known)
{
	json_decref(known);
}

int lq__msg_attributes_equal(void *known, void *now)
{
	return json_equal(known, now);
}

void lq__msg_attributes_differ(void *known, void *now, void (*fn)(void *arg, const char *name, const char *value), void *arg)
{
	json_t *value;
	const char *name;
	json_object_foreach((json_t *)known, name, value)
		if (!json_object_get(now, name))
			fn(arg, name, NULL);
	json_object_foreach((json_t *)now, name, value)
		if (!json_equal(json_object_get(known, name), value))
			fn(arg, name, json_string_value(value));
}

int lq__error_code(const char *name)
{
#define CODE(n, number, text) \
	if (!strcmp(name, #n)) \
		return -(number);
	LQ_ERRORS(CODE)
#undef CODE
	return LQ_EPROTO;
}
