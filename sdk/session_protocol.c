#include "session_protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "names.h"
#include "protocol.h"

/* ---- messages ---- */

typedef struct parser {
	lq__smsg *msg;
	lq__fault fault;
} parser;

static int wrong(parser *p, const char *what, const char *field)
{
	return lq__fault_field(&p->fault, what, field);
}

static int get_string(parser *p, const json_t *obj, const char *key, const char **out)
{
	return lq__json_string(&p->fault, obj, key, 0, out);
}

static int get_number(parser *p, const json_t *obj, const char *key, int64_t max, int64_t *out)
{
	json_t *v = json_object_get(obj, key);
	*out = 0;
	if (v && !json_is_integer(v))
		return wrong(p, "not an integer:", key);
	*out = json_integer_value(v);
	return *out < 0 || *out > max ? wrong(p, "out of range:", key) : 0;
}

static int get_media(parser *p, const json_t *obj, lq_call_type *out)
{
	const char *media;
	int r = get_string(p, obj, "media", &media);
	*out = 0;
	if (r || !*media)
		return r;
	*out = !strcmp(media, "video") ? LQ_CALL_VIDEO : LQ_CALL_AUDIO;
	return !strcmp(media, "video") || !strcmp(media, "audio") ? 0 : wrong(p, "unknown media", media);
}

/* Ids, or objects that have one; the caller of a record is among them and left out. */
static int get_users(parser *p, const json_t *obj)
{
	const json_t *array = json_object_get(obj, "users"), *v;
	size_t i, n = 0;
	lq__smsg *m = p->msg;
	json_array_foreach(array, i, v) {
		const char *user = json_string_value(json_is_object(v) ? json_object_get(v, "user") : v);
		if (!user || !*user || lq__user_check(user))
			return wrong(p, "no user id in", "users");
		if (m->type == LQ__SMSG_CALL_RECORD && !strcmp(user, m->caller))
			continue;
		if (n + strlen(user) + 2 > sizeof m->users)
			return m->type == LQ__SMSG_PRESENCE ? 0 : wrong(p, "too many", "users");
		n += (size_t)snprintf(m->users + n, sizeof m->users - n, "%s%s", n ? "," : "", user);
	}
	return 0;
}

static int get_attachment(parser *p, const json_t *obj)
{
	json_t *v = json_object_get(obj, "attachment");
	lq__smsg *m = p->msg;
	if (!v || json_is_null(v))
		return 0;
	if (json_is_string(v)) {
		m->attachment = json_string_value(v);
		return 0;
	}
	m->owned = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
	m->attachment = m->owned ? m->owned : "";
	return m->owned ? 0 : LQ_ENOMEM;
}

static int get_calls(parser *p, const json_t *obj)
{
	const json_t *array = json_object_get(obj, "calls"), *v;
	size_t i;
	lq__smsg *m = p->msg;
	json_array_foreach(array, i, v) {
		lq__smsg_call *c = &m->calls[m->n_calls];
		int r;
		if (m->n_calls == sizeof m->calls / sizeof *m->calls)
			return 0;
		if ((r = get_string(p, v, "call", &c->id)) || (r = get_string(p, v, "room", &c->room)) || (r = get_string(p, v, "token", &c->token)) ||
		    (r = get_media(p, v, &c->type)))
			return r;
		if (!*c->id || strlen(c->id) >= LQ__CALL_ID_MAX)
			return wrong(p, "no call id in", "calls");
		m->n_calls++;
	}
	return 0;
}

static int get_error(parser *p, const json_t *obj)
{
	const char *code;
	int r;
	if (p->msg->type != LQ__SMSG_ERROR)
		return 0;
	if ((r = get_string(p, obj, "code", &code)) || (r = get_string(p, obj, "message", &p->msg->text)))
		return r;
	p->msg->code = lq__error_code(code);
	return 0;
}

/* All messages have their fields from one set, so one reader does for all. */
static int get_fields(parser *p, const json_t *obj, const char *flag)
{
	lq__smsg *m = p->msg;
	int64_t detail, status, duration, elapsed;
	const struct { const char *key; const char **to; } strings[] = {
		{"call", &m->call}, {"user", &m->user}, {"text", &m->text}, {"reason", &m->reason}, {"room", &m->room}, {"token", &m->token},
		{"session", &m->session}, {"caller", &m->caller}, {"callee", &m->callee}, {"group_id", &m->group_id}, {"state", &m->state}, {"path", &m->path},
	};
	int r = 0;
	for (size_t i = 0; i < sizeof strings / sizeof *strings && !r; i++)
		r = get_string(p, obj, strings[i].key, strings[i].to);
	if (!r && json_object_get(obj, "from"))
		r = get_string(p, obj, "from", &m->user);
	if (r || (r = get_number(p, obj, "detail", 99999, &detail)) || (r = get_number(p, obj, "status", 5, &status)) ||
	    (r = get_number(p, obj, "duration_s", UINT32_MAX, &duration)) || (r = get_number(p, obj, m->type == LQ__SMSG_TOKEN_WILL_EXPIRE ? "ms_left" : "elapsed_ms", INT64_MAX, &elapsed)) ||
	    (r = get_media(p, obj, &m->media)) || (r = get_error(p, obj)) || (r = get_users(p, obj)) || (r = get_attachment(p, obj)) || (r = get_calls(p, obj)))
		return r;
	if (strlen(m->call) >= LQ__CALL_ID_MAX || strlen(m->session) >= LQ__CALL_ID_MAX || strlen(m->user) > LQ__USER_MAX)
		return wrong(p, "too long:", "call, session or user");
	m->detail = (int)detail;
	m->status = (int)status;
	m->duration_s = (uint32_t)duration;
	m->elapsed_ms = elapsed > UINT32_MAX ? UINT32_MAX : (uint32_t)elapsed;
	m->flag = flag && json_is_true(json_object_get(obj, flag));
	return 0;
}

/* Those of a call name it. */
static const struct {
	const char *name;
	lq__smsg_type type;
	const char *flag;
} types[] = {
	{"logged_in", LQ__SMSG_LOGGED_IN, "resumed"}, {"ok", LQ__SMSG_OK, NULL}, {"error", LQ__SMSG_ERROR, NULL}, {"calling", LQ__SMSG_CALLING, NULL},
	{"invited", LQ__SMSG_OK, NULL}, {"accepted", LQ__SMSG_ACCEPTED, NULL}, {"sent", LQ__SMSG_SENT, NULL}, {"presence", LQ__SMSG_PRESENCE, "online"},
	{"room_created", LQ__SMSG_ROOM_CREATED, NULL}, {"token_will_expire", LQ__SMSG_TOKEN_WILL_EXPIRE, NULL}, {"message", LQ__SMSG_MESSAGE, "private"}, {"kicked", LQ__SMSG_KICKED, NULL}, {"call_invited", LQ__SMSG_CALL_INVITED, "group"},
	{"call_accepted", LQ__SMSG_CALL_ACCEPTED, NULL}, {"call_rejected", LQ__SMSG_CALL_REJECTED, NULL}, {"call_busy", LQ__SMSG_CALL_BUSY, NULL},
	{"call_timeout", LQ__SMSG_CALL_TIMEOUT, NULL}, {"call_cancelled", LQ__SMSG_CALL_CANCELLED, NULL}, {"call_elsewhere", LQ__SMSG_CALL_ELSEWHERE, "accepted"},
	{"call_users", LQ__SMSG_CALL_USERS, NULL}, {"call_left", LQ__SMSG_CALL_LEFT, NULL}, {"call_type", LQ__SMSG_CALL_TYPE, NULL},
	{"call_ended", LQ__SMSG_CALL_ENDED, NULL}, {"call_record", LQ__SMSG_CALL_RECORD, "group"},
};

static int parse_object(parser *p, const json_t *obj)
{
	lq__smsg *m = p->msg;
	const char *type;
	int r;
	if ((r = get_string(p, obj, "type", &type)) || (r = get_number(p, obj, "id", INT64_MAX, &m->id)) || (r = get_number(p, obj, "seq", INT64_MAX, &m->seq)))
		return r;
	if (!*type)
		return wrong(p, "missing field", "type");
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (!strcmp(type, types[i].name)) {
			m->type = types[i].type;
			r = get_fields(p, obj, types[i].flag);
			return r ? r : m->type >= LQ__SMSG_CALL_INVITED && !*m->call ? wrong(p, "missing field", "call") : 0;
		}
	return 0;
}

int lq__smsg_parse(const char *text, size_t len, lq__smsg *out, char *error, size_t error_size)
{
	parser p = {.msg = out, .fault = {error, error_size}};
	json_t *root;
	memset(out, 0, sizeof *out);
	out->call = out->user = out->text = out->reason = out->room = out->token = out->session = out->caller = out->callee = out->group_id = out->state = "";
	out->attachment = out->path = "";
	int r = lq__json_load(&p.fault, text, len, &root);
	if (r)
		return r;
	out->json = root;
	r = parse_object(&p, root);
	if (r == LQ_ENOMEM)
		snprintf(error, error_size, "out of memory");
	if (r)
		lq__smsg_finish(out);
	return r;
}

void lq__smsg_finish(lq__smsg *m)
{
	free(m->owned);
	json_decref(m->json);
	m->owned = m->json = NULL;
}

const char *lq__smsg_presence(const lq__smsg *m, uint32_t i, int *online)
{
	const json_t *v = json_array_get(json_object_get(m->json, "users"), i);
	*online = json_is_true(json_object_get(v, "online"));
	return json_string_value(json_object_get(v, "user"));
}

/* ---- requests ---- */

static json_t *users_of(const char *const *users, uint32_t n)
{
	json_t *array = json_array();
	for (uint32_t i = 0; i < n; i++)
		json_array_append_new(array, json_string(users[i]));
	return array;
}

static const char *media_of(lq_call_type type)
{
	return type == LQ_CALL_VIDEO ? "video" : "audio";
}

char *lq__sreq_login(int64_t id, const lq__login_request *l)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:i, s:s, s:s*, s:s*, s:s*, s:s*, s:I, s:i, s:s*, s:s*, s:s*}", "type", "login", "id", (json_int_t)id, "v", 1, "user", l->user, "name",
	                               lq__given(l->name), "token", lq__given(l->token), "device", lq__given(l->device), "session", lq__given(l->session), "seq", (json_int_t)l->seq,
	                               "ring_ms", (int)l->ring_ms, "app_id", lq__given(l->app_id), "secret_md5", lq__given(l->secret_md5), "auth_code", lq__given(l->auth_code)));
}

char *lq__sreq_call(int64_t id, const lq_call_params *p, uint32_t timeout_ms)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:o, s:s, s:i, s:s*, s:s*}", "type", "call", "id", (json_int_t)id, "users", users_of(p->users, p->n_users), "media",
	                               media_of(p->type), "timeout_ms", (int)timeout_ms, "attachment", lq__given(p->attachment), "group", lq__given(p->group)));
}

char *lq__sreq_op(int64_t id, const char *type, const char *call)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:s*}", "type", type, "id", (json_int_t)id, "call", lq__given(call)));
}

char *lq__sreq_reject(int64_t id, const char *call, const char *reason)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:s*, s:s*}", "type", "call_reject", "id", (json_int_t)id, "call", lq__given(call), "reason", lq__given(reason)));
}

char *lq__sreq_add(int64_t id, const char *call, const char *const *users, uint32_t n)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:s*, s:o}", "type", "call_invite", "id", (json_int_t)id, "call", lq__given(call), "users", users_of(users, n)));
}

char *lq__sreq_switch(int64_t id, const char *call, lq_call_type type, lq_switch confirm)
{
	json_t *o = json_pack("{s:s, s:I, s:s*, s:s}", "type", "call_type", "id", (json_int_t)id, "call", lq__given(call), "media", media_of(type));
	if (o && confirm != LQ_DEFAULT)
		json_object_set_new(o, "confirm", json_boolean(confirm == LQ_ON));
	return lq__json_dump(o);
}

char *lq__sreq_type_reply(int64_t id, const char *call, int agree)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:s*, s:b}", "type", "call_type_reply", "id", (json_int_t)id, "call", lq__given(call), "agree", agree));
}

char *lq__sreq_ring(int64_t id, uint32_t ms)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:i}", "type", "ring_timeout", "id", (json_int_t)id, "ring_ms", (int)ms));
}

char *lq__sreq_message(int64_t id, const char *to, const char *text)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:s*, s:s}", "type", "message", "id", (json_int_t)id, "to", lq__given(to), "text", text));
}

char *lq__sreq_room_create(int64_t id, const lq_room_spec *s)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:s*, s:s*, s:I, s:b, s:b, s:I, s:I, s:I}", "type", "room_create", "id", (json_int_t)id, "room", lq__given(s->name), "password",
	                               lq__given(s->password), "max_members", (json_int_t)s->max_members, "locked", s->locked == LQ_ON, "keep", s->keep == LQ_ON,
	                               "max_open_mics", (json_int_t)s->max_open_mics, "max_cameras", (json_int_t)s->max_cameras, "max_broadcasters", (json_int_t)s->max_broadcasters));
}

char *lq__sreq_room(int64_t id, const char *type, const char *room)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:s}", "type", type, "id", (json_int_t)id, "room", room));
}

char *lq__sreq_room_lock(int64_t id, const char *room, int locked)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:s, s:b}", "type", "room_lock", "id", (json_int_t)id, "room", room, "locked", locked));
}

char *lq__sreq_watch(int64_t id, const char *user, int on)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:o}", "type", on ? "watch" : "unwatch", "id", (json_int_t)id, "users", users_of(&user, 1)));
}
