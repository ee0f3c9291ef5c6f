#include "server/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>
#include <loquat/plugin/host.h>

static const char *const stream_names[LQ_MESSAGE_STREAMS] = {"main", "sub", "third", "fourth"};

const char *lq__stream_name(uint32_t stream)
{
	return stream < LQ_MESSAGE_STREAMS ? stream_names[stream] : "";
}

const char *lq__kind_name(uint32_t media)
{
	return media == LQ_MEDIA_AUDIO ? "audio" : media == LQ_MEDIA_VIDEO ? "video" : "";
}

/* Where an error is put. */
typedef struct reader {
	char *error;
	size_t size;
	const char *type; /* of the message, for the place in an error */
} reader;

static int fail(reader *r, int code, const char *fmt, ...) LQ_PRINTF(3, 4);
static int fail(reader *r, int code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	if (r->error && r->size)
		vsnprintf(r->error, r->size, fmt, args);
	va_end(args);
	return code;
}

static const char *type_name(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT: return "an object";
	case JSON_ARRAY: return "an array";
	case JSON_STRING: return "a string";
	case JSON_INTEGER: return "an integer";
	case JSON_REAL: return "a number with a fraction";
	case JSON_TRUE:
	case JSON_FALSE: return "a boolean";
	default: return "null";
	}
}

enum { OPTIONAL = 0, REQUIRED = 1 };

/* null counts as absent. *out stays as it is when the field is absent. */
static int get(reader *r, const json_t *o, const char *key, int required, int (*is)(const json_t *), const char *what, json_t **out)
{
	json_t *v = json_object_get(o, key);
	*out = NULL;
	if (!v || json_is_null(v))
		return required ? fail(r, LQ_EINVAL, "%s.%s: missing", r->type, key) : 0;
	if (!is(v))
		return fail(r, LQ_EINVAL, "%s.%s: must be %s, is %s", r->type, key, what, type_name(v));
	*out = v;
	return 0;
}

static int is_string(const json_t *v) { return json_is_string(v); }
static int is_integer(const json_t *v) { return json_is_integer(v); }
static int is_boolean(const json_t *v) { return json_is_boolean(v); }
static int is_array(const json_t *v) { return json_is_array(v); }

static int get_string(reader *r, const json_t *o, const char *key, int required, const char **out)
{
	json_t *v;
	int e = get(r, o, key, required, is_string, "a string", &v);
	if (v)
		*out = json_string_value(v);
	return e;
}

static int get_integer(reader *r, const json_t *o, const char *key, int required, int64_t *out)
{
	json_t *v;
	int e = get(r, o, key, required, is_integer, "an integer", &v);
	if (v)
		*out = json_integer_value(v);
	return e;
}

static int read_join(reader *r, const json_t *o, lq__message *m)
{
	int64_t version = 0;
	int e = get_integer(r, o, "v", REQUIRED, &version);
	if (!e && version != 1)
		e = fail(r, LQ_ENOTSUP, "join.v: version %lld is not spoken here, only 1", (long long)version);
	if (!e)
		e = get_string(r, o, "room", REQUIRED, &m->room);
	if (!e)
		e = get_string(r, o, "user", OPTIONAL, &m->user);
	if (!e)
		e = get_string(r, o, "name", OPTIONAL, &m->name);
	return e ? e : get_string(r, o, "token", OPTIONAL, &m->token);
}

static int read_stream(reader *r, const char *name, size_t i, uint32_t *out)
{
	for (uint32_t s = 0; s < LQ_MESSAGE_STREAMS; s++)
		if (!strcmp(name, stream_names[s])) {
			*out = s;
			return 0;
		}
	return fail(r, LQ_EINVAL, "publish.tracks[%zu].stream: must be main, sub, third or fourth, is \"%.32s\"", i, name);
}

static int read_track(reader *r, const json_t *o, size_t i, lq__message_track *t)
{
	const char *kind = "", *stream = stream_names[0];
	char place[40];
	reader inner = *r;
	snprintf(place, sizeof place, "publish.tracks[%zu]", i);
	inner.type = place;
	if (!json_is_object(o))
		return fail(r, LQ_EINVAL, "%s: must be an object, is %s", place, type_name(o));
	int e = get_string(&inner, o, "mid", REQUIRED, &t->mid);
	if (!e)
		e = get_string(&inner, o, "kind", REQUIRED, &kind);
	if (!e)
		e = get_string(&inner, o, "stream", OPTIONAL, &stream);
	if (e)
		return e;
	t->media = !strcmp(kind, "audio") ? LQ_MEDIA_AUDIO : !strcmp(kind, "video") ? LQ_MEDIA_VIDEO : LQ_MEDIA_NONE;
	if (!t->media)
		return fail(r, LQ_EINVAL, "%s.kind: must be audio or video, is \"%.32s\"", place, kind);
	return read_stream(r, stream, i, &t->stream);
}

static int read_publish(reader *r, const json_t *o, lq__message *m)
{
	json_t *tracks, *t;
	size_t i;
	int e = get_string(r, o, "sdp", REQUIRED, &m->sdp);
	if (!e)
		e = get(r, o, "tracks", REQUIRED, is_array, "an array", &tracks);
	if (e)
		return e;
	if (json_array_size(tracks) > LQ_MESSAGE_TRACKS)
		return fail(r, LQ_EFULL, "publish.tracks: %zu tracks, at most %d are taken", json_array_size(tracks), LQ_MESSAGE_TRACKS);
	json_array_foreach(tracks, i, t) {
		if ((e = read_track(r, t, i, &m->tracks[i])))
			return e;
		m->n_tracks++;
	}
	return 0;
}

static int read_ids(reader *r, const json_t *o, lq__message *m)
{
	json_t *tracks, *t;
	size_t i;
	int e = get(r, o, "tracks", REQUIRED, is_array, "an array of track ids", &tracks);
	if (e)
		return e;
	if (json_array_size(tracks) > LQ_MESSAGE_IDS)
		return fail(r, LQ_EFULL, "%s.tracks: %zu ids, at most %d are taken", r->type, json_array_size(tracks), LQ_MESSAGE_IDS);
	json_array_foreach(tracks, i, t) {
		if (!json_is_string(t))
			return fail(r, LQ_EINVAL, "%s.tracks[%zu]: must be a string, is %s", r->type, i, type_name(t));
		m->ids[m->n_ids++] = json_string_value(t);
	}
	return 0;
}

static int read_mute(reader *r, const json_t *o, lq__message *m)
{
	json_t *v;
	int e = get_string(r, o, "track", REQUIRED, &m->track);
	if (!e)
		e = get(r, o, "muted", REQUIRED, is_boolean, "a boolean", &v);
	if (!e)
		m->muted = json_is_true(v);
	return e;
}

static int read_answer(reader *r, const json_t *o, lq__message *m)
{
	int e = get_string(r, o, "sdp", REQUIRED, &m->sdp);
	return e ? e : get_integer(r, o, "rev", REQUIRED, &m->rev);
}

static const struct {
	const char *name;
	lq__message_type type;
	int (*read)(reader *r, const json_t *o, lq__message *m);
} types[] = {
	{"join", LQ_MSG_JOIN, read_join},
	{"publish", LQ_MSG_PUBLISH, read_publish},
	{"unpublish", LQ_MSG_UNPUBLISH, read_ids},
	{"mute", LQ_MSG_MUTE, read_mute},
	{"subscribe", LQ_MSG_SUBSCRIBE, read_ids},
	{"unsubscribe", LQ_MSG_UNSUBSCRIBE, read_ids},
	{"answer", LQ_MSG_ANSWER, read_answer},
	{"stats", LQ_MSG_STATS, NULL},
	{"leave", LQ_MSG_LEAVE, NULL},
	{"ping", LQ_MSG_PING, NULL},
};

static int read_object(reader *r, const json_t *o, lq__message *m)
{
	const json_t *type = json_object_get(o, "type"), *id = json_object_get(o, "id");
	if (json_is_integer(id)) {
		m->has_id = 1;
		m->id = json_integer_value(id);
	} else if (id && !json_is_null(id)) {
		return fail(r, LQ_EPROTO, "id: must be an integer, is %s", type_name(id));
	}
	if (!json_is_string(type))
		return fail(r, LQ_EPROTO, type ? "type: must be a string, is %s" : "type: missing%s", type ? type_name(type) : "");
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (!strcmp(types[i].name, json_string_value(type))) {
			m->type = types[i].type;
			r->type = types[i].name;
			return types[i].read ? types[i].read(r, o, m) : 0;
		}
	return fail(r, LQ_ENOTSUP, "type: \"%.32s\" is not known", json_string_value(type));
}

int lq__message_parse(const char *text, size_t len, lq__message *out, char *error, size_t error_size)
{
	reader r = {error, error_size, ""};
	json_error_t e;
	memset(out, 0, sizeof *out);
	out->room = out->user = out->name = out->token = out->sdp = out->track = "";
	if (len > LQ_MESSAGE_MAX)
		return fail(&r, LQ_EPROTO, "the message has more than %d bytes", LQ_MESSAGE_MAX);
	out->root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &e);
	if (!out->root) {
		int code = json_error_code(&e) == json_error_out_of_memory ? LQ_ENOMEM : LQ_EPROTO;
		return fail(&r, code, "no JSON: line %d, column %d: %s", e.line, e.column, e.text);
	}
	if (!json_is_object(out->root))
		return fail(&r, LQ_EPROTO, "the message must be a JSON object, is %s", type_name(out->root));
	return read_object(&r, out->root, out);
}

void lq__message_finish(lq__message *m)
{
	json_decref(m->root);
	m->root = NULL;
}
