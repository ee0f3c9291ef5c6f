#include "server/message.h"

#include <stdio.h>
#include <string.h>

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>

#include "server/reader.h"

static const char *const stream_names[LQ_MESSAGE_STREAMS] = {"main", "sub", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"};

int lq__stream_parse(const char *name, uint32_t *out)
{
	for (uint32_t s = 0; s < LQ_MESSAGE_STREAMS; s++)
		if (!strcmp(name, stream_names[s])) {
			*out = s;
			return 0;
		}
	return LQ_EINVAL;
}

const char *lq__stream_name(uint32_t stream)
{
	return stream < LQ_MESSAGE_STREAMS ? stream_names[stream] : "";
}

const char *lq__kind_name(uint32_t media)
{
	return media == LQ_MEDIA_AUDIO ? "audio" : media == LQ_MEDIA_VIDEO ? "video" : "";
}

static int read_join(lq__reader *r, const json_t *o, lq__message *m)
{
	int e = lq__read_version(r, o);
	if (!e)
		e = lq__read_string(r, o, "room", LQ_REQUIRED, &m->room);
	if (!e)
		e = lq__read_string(r, o, "user", LQ_OPTIONAL, &m->user);
	if (!e)
		e = lq__read_string(r, o, "name", LQ_OPTIONAL, &m->name);
	if (!e)
		e = lq__read_resume(r, o, m);
	if (!e)
		e = lq__read_boolean(r, o, "only_resume", LQ_OPTIONAL, &m->only_resume);
	if (!e)
		e = lq__read_string(r, o, "token", LQ_OPTIONAL, &m->token);
	return e ? e : lq__read_join_options(r, o, m);
}

static const char *const layer_names[] = {"high", "mid", "low"};

const char *lq__layer_name(uint32_t layer)
{
	return layer < LQ_MESSAGE_LAYERS ? layer_names[layer] : "";
}

static int read_layer(lq__reader *r, const json_t *o, int required, uint32_t *out)
{
	const char *name = NULL;
	int e = lq__read_string(r, o, "layer", required, &name);
	if (e || !name)
		return e;
	for (uint32_t i = 0; i < LQ_MESSAGE_LAYERS; i++)
		if (!strcmp(name, layer_names[i])) {
			*out = i;
			return 0;
		}
	return lq__read_fail(r, LQ_EINVAL, "%s.layer: must be high, mid or low, is \"%.32s\"", r->type, name);
}

static int read_size(lq__reader *r, const json_t *o, const char *key, uint32_t *out)
{
	int64_t n = 0;
	int e = lq__read_integer(r, o, key, LQ_OPTIONAL, &n);
	if (!e && (n < 0 || n > 16384))
		return lq__read_fail(r, LQ_EINVAL, "%s.%s: must be 0 to 16384, is %lld", r->type, key, (long long)n);
	*out = (uint32_t)n;
	return e;
}

static int read_layers(lq__reader *r, const json_t *o, lq__message_track *t)
{
	json_t *layers, *l;
	size_t i;
	int e = lq__read_field(r, o, "layers", LQ_OPTIONAL, lq__is_array, "an array", &layers);
	if (!e && json_array_size(layers) > LQ_MESSAGE_LAYERS)
		return lq__read_fail(r, LQ_EFULL, "%s.layers: %zu layers, at most %d are taken", r->type, json_array_size(layers), LQ_MESSAGE_LAYERS);
	json_array_foreach(layers, i, l) {
		char place[56];
		lq__reader inner = *r;
		snprintf(place, sizeof place, "%s.layers[%zu]", r->type, i);
		inner.type = place;
		if (!json_is_object(l))
			return lq__read_fail(r, LQ_EINVAL, "%s: must be an object, is %s", place, lq__json_type_name(l));
		e = lq__read_string(&inner, l, "rid", LQ_REQUIRED, &t->layers[i].rid);
		if (!e)
			e = read_size(&inner, l, "width", &t->layers[i].width);
		if (!e)
			e = read_size(&inner, l, "height", &t->layers[i].height);
		if (e)
			return e;
		t->n_layers++;
	}
	return e;
}

static int read_stream(lq__reader *r, const char *name, size_t i, uint32_t *out)
{
	if (!lq__stream_parse(name, out))
		return 0;
	return lq__read_fail(r, LQ_EINVAL, "publish.tracks[%zu].stream: must be main, sub or third to ninth, is \"%.32s\"", i, name);
}

static int read_track(lq__reader *r, const json_t *o, size_t i, lq__message_track *t)
{
	const char *kind = "", *stream = stream_names[0];
	char place[40];
	lq__reader inner = *r;
	snprintf(place, sizeof place, "publish.tracks[%zu]", i);
	inner.type = place;
	if (!json_is_object(o))
		return lq__read_fail(r, LQ_EINVAL, "%s: must be an object, is %s", place, lq__json_type_name(o));
	int e = lq__read_string(&inner, o, "mid", LQ_REQUIRED, &t->mid);
	if (!e)
		e = lq__read_string(&inner, o, "kind", LQ_REQUIRED, &kind);
	if (!e)
		e = lq__read_string(&inner, o, "stream", LQ_OPTIONAL, &stream);
	if (!e)
		e = read_size(&inner, o, "width", &t->width);
	if (!e)
		e = read_size(&inner, o, "height", &t->height);
	if (!e)
		e = read_layers(&inner, o, t);
	if (e)
		return e;
	t->media = !strcmp(kind, "audio") ? LQ_MEDIA_AUDIO : !strcmp(kind, "video") ? LQ_MEDIA_VIDEO : LQ_MEDIA_NONE;
	if (!t->media)
		return lq__read_fail(r, LQ_EINVAL, "%s.kind: must be audio or video, is \"%.32s\"", place, kind);
	return read_stream(r, stream, i, &t->stream);
}

static int read_publish(lq__reader *r, const json_t *o, lq__message *m)
{
	json_t *tracks, *t;
	size_t i;
	int e = lq__read_string(r, o, "sdp", LQ_REQUIRED, &m->sdp);
	if (!e)
		e = lq__read_field(r, o, "tracks", LQ_REQUIRED, lq__is_array, "an array", &tracks);
	if (e)
		return e;
	if (json_array_size(tracks) > LQ_MESSAGE_TRACKS)
		return lq__read_fail(r, LQ_EFULL, "publish.tracks: %zu tracks, at most %d are taken", json_array_size(tracks), LQ_MESSAGE_TRACKS);
	json_array_foreach(tracks, i, t) {
		if ((e = read_track(r, t, i, &m->tracks[i])))
			return e;
		m->n_tracks++;
	}
	return 0;
}

static int read_ids(lq__reader *r, const json_t *o, lq__message *m)
{
	return lq__read_ids(r, o, "tracks", m);
}

static int read_subscribe(lq__reader *r, const json_t *o, lq__message *m)
{
	int e = lq__read_ids(r, o, "tracks", m);
	return e ? e : read_layer(r, o, LQ_OPTIONAL, &m->layer);
}

static int read_wish(lq__reader *r, const json_t *o, lq__message *m)
{
	int e = lq__read_string(r, o, "track", LQ_REQUIRED, &m->track);
	return e ? e : read_layer(r, o, LQ_REQUIRED, &m->layer);
}

static int read_mute(lq__reader *r, const json_t *o, lq__message *m)
{
	int e = lq__read_string(r, o, "track", LQ_REQUIRED, &m->track);
	return e ? e : lq__read_boolean(r, o, "muted", LQ_REQUIRED, &m->muted);
}

static int read_answer(lq__reader *r, const json_t *o, lq__message *m)
{
	int e = lq__read_string(r, o, "sdp", LQ_REQUIRED, &m->sdp);
	return e ? e : lq__read_integer(r, o, "rev", LQ_REQUIRED, &m->rev);
}

static const struct {
	const char *name;
	lq__message_type type;
	int (*read)(lq__reader *r, const json_t *o, lq__message *m);
} types[] = {
	{"join", LQ_MSG_JOIN, read_join},
	{"publish", LQ_MSG_PUBLISH, read_publish},
	{"unpublish", LQ_MSG_UNPUBLISH, read_ids},
	{"mute", LQ_MSG_MUTE, read_mute},
	{"subscribe", LQ_MSG_SUBSCRIBE, read_subscribe},
	{"layer", LQ_MSG_LAYER, read_wish},
	{"unsubscribe", LQ_MSG_UNSUBSCRIBE, read_ids},
	{"answer", LQ_MSG_ANSWER, read_answer},
	{"renew", LQ_MSG_RENEW, NULL},
	{"stats", LQ_MSG_STATS, NULL},
	{"leave", LQ_MSG_LEAVE, NULL},
	{"ping", LQ_MSG_PING, NULL},
	{"message", LQ_MSG_MESSAGE, lq__read_text},
	{"attributes", LQ_MSG_ATTRIBUTES, lq__read_attributes},
	{"kick", LQ_MSG_KICK, lq__read_kick},
	{"role", LQ_MSG_ROLE, lq__read_role},
	{"token_update", LQ_MSG_TOKEN, lq__read_token},
	{"control", LQ_MSG_CONTROL, lq__read_control},
	{"device", LQ_MSG_DEVICE, lq__read_device},
	{"cameras", LQ_MSG_CAMERAS, lq__read_cameras},
	{"default_camera", LQ_MSG_DEFAULT_CAMERA, lq__read_default_camera},
	{"room_profile", LQ_MSG_ROOM_PROFILE, lq__read_room_profile},
	{"stage_request", LQ_MSG_STAGE_REQUEST, lq__read_stage_request},
	{"stage_answer", LQ_MSG_STAGE_ANSWER, lq__read_stage_answer},
	{"stage_remove", LQ_MSG_STAGE_REMOVE, lq__read_stage_remove},
	{"egress_start", LQ_MSG_EGRESS_START, lq__read_egress_start},
	{"egress_layout", LQ_MSG_EGRESS_LAYOUT, lq__read_egress_layout},
	{"egress_stop", LQ_MSG_EGRESS_STOP, lq__read_egress_task},
	{"egress_list", LQ_MSG_EGRESS_LIST, NULL},
	{"guest_add", LQ_MSG_GUEST_ADD, lq__read_guest_add},
	{"guest_remove", LQ_MSG_GUEST_REMOVE, lq__read_guest_remove},
	{"login", LQ_MSG_LOGIN, lq__read_login},
	{"logout", LQ_MSG_LOGOUT, NULL},
	{"watch", LQ_MSG_WATCH, lq__read_users},
	{"unwatch", LQ_MSG_UNWATCH, lq__read_users},
	{"ring_timeout", LQ_MSG_RING, lq__read_ring},
	{"call", LQ_MSG_CALL, lq__read_call},
	{"call_hangup", LQ_MSG_CALL, lq__read_call},
	{"call_leave", LQ_MSG_CALL, lq__read_call},
	{"call_cancel", LQ_MSG_CALL, lq__read_call},
	{"call_accept", LQ_MSG_CALL, lq__read_call},
	{"call_reject", LQ_MSG_CALL, lq__read_call},
	{"call_type", LQ_MSG_CALL, lq__read_call},
	{"call_type_reply", LQ_MSG_CALL, lq__read_call},
	{"call_invite", LQ_MSG_CALL, lq__read_call},
	{"room_create", LQ_MSG_ROOM_CREATE, lq__read_room_create},
	{"room_destroy", LQ_MSG_ROOM_DESTROY, lq__read_room_destroy},
	{"room_lock", LQ_MSG_ROOM_LOCK, lq__read_room_lock},
};

static int read_object(lq__reader *r, const json_t *o, lq__message *m)
{
	const json_t *type = json_object_get(o, "type"), *id = json_object_get(o, "id");
	if (json_is_integer(id)) {
		m->has_id = 1;
		m->id = json_integer_value(id);
	} else if (id && !json_is_null(id)) {
		return lq__read_fail(r, LQ_EPROTO, "id: must be an integer, is %s", lq__json_type_name(id));
	}
	m->again = json_is_true(json_object_get(o, "again"));
	if (!json_is_string(type))
		return lq__read_fail(r, LQ_EPROTO, type ? "type: must be a string, is %s" : "type: missing%s", type ? lq__json_type_name(type) : "");
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (!strcmp(types[i].name, json_string_value(type))) {
			m->type = types[i].type;
			r->type = types[i].name;
			return types[i].read ? types[i].read(r, o, m) : 0;
		}
	return lq__read_fail(r, LQ_ENOTSUP, "type: \"%.32s\" is not known", json_string_value(type));
}

int lq__message_parse(const char *text, size_t len, lq__message *out, char *error, size_t error_size)
{
	lq__reader r = {error, error_size, ""};
	json_error_t e;
	memset(out, 0, sizeof *out);
	out->room = out->user = out->name = out->token = out->sdp = out->track = "";
	out->password = out->info = out->login = out->app_id = out->secret_md5 = out->auth_code = "";
	out->scope = out->device = out->session = out->to = out->text = out->call = out->group = out->reason = out->task = "";
	if (len > LQ_MESSAGE_MAX)
		return lq__read_fail(&r, LQ_EPROTO, "the message has more than %d bytes", LQ_MESSAGE_MAX);
	out->root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &e);
	if (!out->root) {
		int code = json_error_code(&e) == json_error_out_of_memory ? LQ_ENOMEM : LQ_EPROTO;
		return lq__read_fail(&r, code, "no JSON: line %d, column %d: %s", e.line, e.column, e.text);
	}
	if (!json_is_object(out->root))
		return lq__read_fail(&r, LQ_EPROTO, "the message must be a JSON object, is %s", lq__json_type_name(out->root));
	return read_object(&r, out->root, out);
}

void lq__message_finish(lq__message *m)
{
	json_decref(m->root);
	m->root = NULL;
}
