#include "protocol.h"

#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "protocol_fields.h"

/* Rooms that are not said to be live are calls. */
static int get_live(lq__parser *p, json_t *obj, int required)
{
	const char *profile = "";
	int r = lq__field_string(p, obj, "profile", required, &profile);
	p->msg->live = !r && !strcmp(profile, "live");
	return r;
}

static int parse_room_profile(lq__parser *p, json_t *obj)
{
	return get_live(p, obj, 1);
}

static int parse_joined(lq__parser *p, json_t *obj)
{
	int r;
	if ((r = lq__field_user(p, obj)) || (r = lq__field_string(p, obj, "room_sid", 0, &p->msg->room_sid)) || (r = lq__field_attributes(p, obj, &p->msg->attributes)) ||
	    (r = lq__field_string(p, obj, "session", 0, &p->msg->session)) || (r = lq__field_int(p, obj, "resume_ms", 0, &p->msg->resume_ms)) || (r = get_live(p, obj, 0)))
		return r;
	p->msg->waiting = json_object_get(obj, "waiting");
	p->msg->resumed = json_is_true(json_object_get(obj, "resumed"));
	return p->msg->resumed ? 0 : lq__field_members(p, json_object_get(obj, "members"));
}

static int parse_sdp(lq__parser *p, json_t *obj)
{
	int r = lq__field_string(p, obj, "sdp", 1, &p->msg->sdp);
	return r ? r : lq__field_tracks(p, json_object_get(obj, "tracks"), "track");
}

static int parse_offer(lq__parser *p, json_t *obj)
{
	int r = lq__field_int(p, obj, "rev", 1, &p->msg->rev);
	return r ? r : parse_sdp(p, obj);
}

static int parse_error(lq__parser *p, json_t *obj)
{
	const char *code;
	int r;
	if ((r = lq__field_string(p, obj, "code", 1, &code)) || (r = lq__field_string(p, obj, "message", 0, &p->msg->text)))
		return r;
	p->msg->code = lq__error_code(code);
	return 0;
}

static int parse_user_event(lq__parser *p, json_t *obj)
{
	int r = lq__field_user(p, obj);
	if (!r)
		r = lq__field_info(p, obj, &p->msg->info);
	if (!r)
		r = lq__field_attributes(p, obj, &p->msg->attributes);
	p->msg->cameras = json_object_get(obj, "cameras");
	return r ? r : lq__field_string(p, obj, "reason", 0, &p->msg->reason);
}

static int parse_user_joined(lq__parser *p, json_t *obj)
{
	lq__msg *m = p->msg;
	int r = parse_user_event(p, obj);
	if (r)
		return r;
	if (!(m->members = calloc(1, sizeof *m->members)))
		return LQ_ENOMEM;
	m->n_members = 1;
	*m->members = (lq__msg_member){.user = m->user, .name = m->name, .info = m->info, .default_camera = ""};
	return lq__field_guest(p, obj, m->members);
}

/* What a guest that was asked for is called. */
static int parse_ok(lq__parser *p, json_t *obj)
{
	return lq__field_string(p, obj, "user", 0, &p->msg->user);
}

static int parse_guest(lq__parser *p, json_t *obj)
{
	int r = lq__field_user(p, obj);
	p->msg->flag = json_is_true(json_object_get(obj, "on"));
	if (r || (r = lq__field_string(p, obj, "room", 1, &p->msg->guest_room)) || (r = lq__field_string(p, obj, "reason", 0, &p->msg->reason)))
		return r;
	return strlen(p->msg->guest_room) > LQ__ROOM_MAX ? lq__field_wrong(p, "too long:", "room") : 0;
}

static int parse_track_published(lq__parser *p, json_t *obj)
{
	int r = lq__field_track(p, json_object_get(obj, "track"), "id");
	if (r || (r = lq__field_by(p, obj)))
		return r;
	return !*p->msg->tracks->user || !p->msg->tracks->kind ? lq__field_wrong(p, "incomplete", "track") : 0;
}

static int parse_track_event(lq__parser *p, json_t *obj)
{
	int r = lq__field_by(p, obj);
	return r ? r : lq__field_track(p, obj, "track");
}

static int parse_layer(lq__parser *p, json_t *obj)
{
	const char *name;
	int r = lq__field_track(p, obj, "track");
	if (r || (r = lq__field_string(p, obj, "layer", 1, &name)))
		return r;
	for (lq_layer l = LQ_LAYER_HIGH; l <= LQ_LAYER_LOW; l++)
		if (!strcmp(name, lq__layer_label(l))) {
			p->msg->layer = l;
			return 0;
		}
	return lq__field_wrong(p, "unknown layer", name);
}

static int parse_kicked(lq__parser *p, json_t *obj)
{
	int r = lq__field_string(p, obj, "text", 0, &p->msg->text);
	return r ? r : lq__field_string(p, obj, "reason", 0, &p->msg->reason);
}

static int parse_device(lq__parser *p, json_t *obj)
{
	const char *state;
	int r = lq__field_user(p, obj);
	if (r || (r = lq__field_place(p, obj, &p->msg->device)) || (r = lq__field_string(p, obj, "state", 1, &state)))
		return r;
	p->msg->device.state = lq__device_state_parse(state);
	return 0;
}

static int parse_control(lq__parser *p, json_t *obj)
{
	p->msg->flag = json_is_true(json_object_get(obj, "on"));
	return lq__field_place(p, obj, &p->msg->device);
}

static int parse_mute(lq__parser *p, json_t *obj)
{
	p->msg->flag = json_is_true(json_object_get(obj, "muted"));
	return lq__field_place(p, obj, &p->msg->device);
}

static int parse_cameras(lq__parser *p, json_t *obj)
{
	p->msg->cameras = json_object_get(obj, "cameras");
	return lq__field_user(p, obj);
}

static int parse_default_camera(lq__parser *p, json_t *obj)
{
	const char *stream;
	int r = lq__field_user(p, obj);
	if (r || (r = lq__field_string(p, obj, "stream", 1, &stream)) || (r = lq__field_string(p, obj, "by", 0, &p->msg->text)))
		return r;
	return lq__stream_parse(stream, &p->msg->device.stream) ? lq__field_wrong(p, "unknown stream", stream) : 0;
}

static int parse_scope(lq__parser *p, json_t *obj)
{
	return lq__field_string(p, obj, "scope", 1, &p->msg->text);
}

static int parse_will_expire(lq__parser *p, json_t *obj)
{
	int r = parse_scope(p, obj);
	return r ? r : lq__field_int(p, obj, "ms_left", 1, &p->msg->rev);
}

static int parse_stage_request(lq__parser *p, json_t *obj)
{
	int r = lq__field_user(p, obj);
	p->msg->flag = json_is_true(json_object_get(obj, "on"));
	if (!r)
		r = lq__field_by(p, obj);
	return r ? r : lq__field_string(p, obj, "reason", 0, &p->msg->reason);
}

static int parse_stage_answer(lq__parser *p, json_t *obj)
{
	static const char *const states[] = {[LQ_STAGE_REFUSED] = "refused", [LQ_STAGE_ACCEPTED] = "accepted", [LQ_STAGE_TIMEOUT] = "timeout", [LQ_STAGE_REMOVED] = "removed"};
	const char *state;
	int r = lq__field_string(p, obj, "state", 1, &state);
	if (!r)
		r = lq__field_by(p, obj);
	if (r || (r = lq__field_string(p, obj, "reason", 0, &p->msg->reason)))
		return r;
	for (int i = LQ_STAGE_REFUSED; i <= LQ_STAGE_REMOVED; i++)
		if (!strcmp(state, states[i])) {
			p->msg->flag = i;
			return 0;
		}
	return lq__field_wrong(p, "unknown state", state);
}

static int parse_task(lq__parser *p, json_t *obj)
{
	return lq__field_string(p, obj, "task", 1, &p->msg->name);
}

static int parse_egress_list(lq__parser *p, json_t *obj)
{
	p->msg->tasks = json_object_get(obj, "tasks");
	return json_is_array((json_t *)p->msg->tasks) ? 0 : lq__field_wrong(p, "not an array:", "tasks");
}

static int parse_egress(lq__parser *p, json_t *obj)
{
	static const char *const states[] = {"starting", "running", "waiting", "restarting", "stopping", "ended", "failed"};
	const char *state, *code;
	int r = parse_task(p, obj);
	if (r || (r = lq__field_string(p, obj, "state", 1, &state)) || (r = lq__field_string(p, obj, "code", 0, &code)) || (r = lq__field_string(p, obj, "text", 0, &p->msg->text)))
		return r;
	p->msg->code = *code ? lq__error_code(code) : 0;
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		if (!strcmp(state, states[i]))
			p->msg->flag = (int)i + LQ_EGRESS_STARTING;
	return p->msg->flag ? 0 : lq__field_wrong(p, "unknown state", state);
}

static int parse_locked(lq__parser *p, json_t *obj)
{
	p->msg->flag = json_is_true(json_object_get(obj, "locked"));
	return 0;
}

static int parse_message(lq__parser *p, json_t *obj)
{
	lq__msg *m = p->msg;
	int r;
	if ((r = lq__field_string(p, obj, "from", 1, &m->user)) || (r = lq__field_string(p, obj, "text", 1, &m->text)))
		return r;
	m->flag = json_is_true(json_object_get(obj, "private"));
	return strlen(m->user) > LQ__USER_MAX ? lq__field_wrong(p, "too long:", "from") : 0;
}

static int parse_attributes(lq__parser *p, json_t *obj)
{
	const char *of;
	int r;
	if ((r = lq__field_user(p, obj)) || (r = lq__field_string(p, obj, "of", 1, &of)))
		return r;
	p->msg->flag = !strcmp(of, "room");
	return lq__field_attributes(p, obj, &p->msg->attributes);
}

/* Ints from 0 to 6. */
static int get_grade(lq__parser *p, json_t *obj, const char *key, int *out)
{
	json_int_t n = json_integer_value(json_object_get(obj, key));
	if (!json_is_integer(json_object_get(obj, key)) || n < 0 || n > 6)
		return lq__field_wrong(p, "not a number from 0 to 6:", key);
	*out = (int)n;
	return 0;
}

static int parse_quality(lq__parser *p, json_t *obj)
{
	lq__msg *m = p->msg;
	json_t *array = json_object_get(obj, "members");
	int e = lq__field_member_room(p, array);
	if (e)
		return e;
	for (size_t i = 0; i < json_array_size(array); i++) {
		json_t *member = json_array_get(array, i);
		lq__msg_member *b = &m->members[i];
		int r;
		if (!json_is_object(member))
			return lq__field_wrong(p, "not an object:", "members");
		if ((r = lq__field_string(p, member, "user", 1, &b->user)) || (r = get_grade(p, member, "up", &b->up)) || (r = get_grade(p, member, "down", &b->down)))
			return r;
		m->n_members++;
	}
	return 0;
}

static const struct {
	const char *name;
	lq__msg_type type;
	int (*parse)(lq__parser *p, json_t *obj);
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

static int parse_object(lq__parser *p, json_t *obj)
{
	lq__msg *m = p->msg;
	const char *type;
	int r;
	if ((r = lq__field_string(p, obj, "type", 1, &type)) || (r = lq__field_int(p, obj, "id", 0, &m->id)) || (r = lq__field_int(p, obj, "seq", 0, &m->seq)))
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
	lq__parser p = {.msg = out, .fault = {error, error_size}};
	json_t *root;
	*out = (lq__msg){.room_sid = "", .user = "", .name = "", .sdp = "", .reason = "", .text = "", .info = "", .session = "", .guest_room = ""};
	int r = lq__json_load(&p.fault, text, len, &root);
	if (r)
		return r;
	out->json = root;
	if ((r = parse_object(&p, root)))
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

int lq__error_code(const char *name)
{
#define CODE(n, number, text) \
	if (!strcmp(name, #n)) \
		return -(number);
	LQ_ERRORS(CODE)
#undef CODE
	return LQ_EPROTO;
}
