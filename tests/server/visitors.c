#include "tests/server/visitors.h"

#include <check.h>
#include <jwt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/plugin/buffer.h>

#include "server/media/media.h"

lq__service visited;
int64_t visit_now;
static visitor people[VISITORS];
static unsigned n_people;
static char last_error[512];

static void on_message(void *arg, const json_t *message)
{
	json_array_append_new(((visitor *)arg)->inbox, json_deep_copy(message));
}

static void on_close(void *arg, int status, const char *reason)
{
	((visitor *)arg)->closed = status;
}

void visitors_set_up(int with_tokens)
{
	char error[256] = "";
	const char *candidate = "127.0.0.1";
	const lq__media_config config = {"127.0.0.1", 0, 1, &candidate, 1};
	visit_now = LQ_SEC;
	n_people = 0;
	visited = (lq__service){.app_id = "loquat", .debug = !with_tokens, .secret = with_tokens ? VISITORS_SECRET : NULL};
	ck_assert_msg(!lq__media_create(&config, &visited.media, error, sizeof error), "%s", error);
	const lq__rooms_host host = lq__client_rooms_host(&visited);
	visited.rooms = lq__rooms_create(&host, 1, 10 * LQ_SEC);
	ck_assert_ptr_nonnull(visited.rooms);
}

void visitors_tear_down(void)
{
	lq__rooms_destroy(visited.rooms);
	lq__media_destroy(visited.media);
	for (unsigned i = 0; i < n_people; i++)
		json_decref(people[i].inbox);
}

void visitor_fresh(visitor *v)
{
	v->client = (lq__client){.service = &visited, .arg = v, .send = on_message, .close = on_close};
	json_array_clear(v->inbox);
}

visitor *visitor_new(void)
{
	ck_assert_uint_lt(n_people, VISITORS);
	visitor *v = &people[n_people++];
	*v = (visitor){.inbox = json_array()};
	visitor_fresh(v);
	return v;
}

const char *visit_token(const char *room, const char *claims)
{
	static char text[2048];
	jwt_t *jwt = NULL;
	ck_assert(!jwt_new(&jwt) && !jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)VISITORS_SECRET, (int)strlen(VISITORS_SECRET)));
	ck_assert(!jwt_add_grant(jwt, "app", "loquat") && !jwt_add_grant(jwt, "room", room) && !jwt_add_grant_int(jwt, "exp", 100000) && !jwt_add_grants_json(jwt, claims));
	char *made = jwt_encode_str(jwt);
	snprintf(text, sizeof text, "%s", made);
	free(made);
	jwt_free(jwt);
	return text;
}

static json_t *from_quotes(const char *text)
{
	char copy[8192];
	json_error_t e;
	snprintf(copy, sizeof copy, "%s", text);
	for (char *p = copy; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	json_t *o = json_loads(copy, 0, &e);
	ck_assert_msg(o != NULL, "%s: %s", copy, e.text);
	return o;
}

static json_t *request(visitor *v, json_t *o)
{
	json_t *m;
	size_t i;
	static json_int_t id;
	json_object_set_new(o, "id", json_integer(++id));
	char *text = json_dumps(o, 0);
	json_decref(o);
	lq__client_text(&v->client, text, strlen(text), visit_now, visit_now / 1000000);
	free(text);
	json_array_foreach(v->inbox, i, m)
		if (json_integer_value(json_object_get(m, "id")) == id) {
			json_incref(m);
			json_array_remove(v->inbox, i);
			return m;
		}
	ck_abort_msg("no answer");
	return NULL;
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

json_t *visit_try(visitor *v, const char *room, const char *user, const char *more)
{
	json_t *join = json_pack("{s:s, s:i, s:s, s:s}", "type", "join", "v", 1, "room", room, "user", user), *fields = more ? from_quotes(more) : NULL;
	if (fields)
		json_object_update(join, fields);
	json_decref(fields);
	json_t *m = request(v, join);
	snprintf(v->room, sizeof v->room, "%s", room);
	snprintf(v->user, sizeof v->user, "%s", user);
	snprintf(v->session, sizeof v->session, "%s", text_of(m, "session"));
	v->seq = (uint64_t)json_integer_value(json_object_get(m, "seq"));
	return m;
}

visitor *visit(const char *room, const char *user, const char *more)
{
	visitor *v = visitor_new();
	json_t *m = visit_try(v, room, user, more);
	ck_assert_msg(!strcmp(text_of(m, "type"), "joined"), "%s", text_of(m, "message"));
	json_decref(m);
	return v;
}

const char *visitor_asks(visitor *v, const char *fmt, ...)
{
	static char code[64];
	char text[4096] = "{", inner[4000];
	va_list args;
	va_start(args, fmt);
	vsnprintf(inner, sizeof inner, fmt, args);
	va_end(args);
	snprintf(text, sizeof text, "{%s}", inner);
	json_t *m = request(v, from_quotes(text));
	int failed = !strcmp(text_of(m, "type"), "error");
	snprintf(code, sizeof code, "%s", failed ? text_of(m, "code") : text_of(m, "type"));
	snprintf(last_error, sizeof last_error, "%s", text_of(m, "message"));
	json_decref(m);
	return code;
}

const char *visitor_error(void)
{
	return last_error;
}

const char *visitor_heard(visitor *v)
{
	static char log[16384];
	json_t *m;
	size_t i, n = 0;
	*log = 0;
	json_array_foreach(v->inbox, i, m) {
		ck_assert_int_eq(json_integer_value(json_object_get(m, "seq")), (json_int_t)++v->seq);
		json_object_del(m, "seq");
		char *text = json_dumps(m, JSON_COMPACT | JSON_SORT_KEYS);
		for (char *p = text; *p; p++)
			*p = *p == '"' ? '\'' : *p;
		n += (size_t)snprintf(log + n, sizeof log - n, "%s\n", text);
		free(text);
	}
	json_array_clear(v->inbox);
	return log;
}

void visitor_lose(visitor *v)
{
	lq__client_closed(&v->client, 0, visit_now);
	json_array_clear(v->inbox); /* what was on the way is lost, too */
}

void visitor_resume(visitor *v, const char *room)
{
	visitor_fresh(v);
	json_t *m = request(v, json_pack("{s:s, s:i, s:s, s:s, s:s, s:I}", "type", "join", "v", 1, "room", room, "user", v->user, "session", v->session, "seq",
	                                 (json_int_t)v->seq));
	ck_assert_msg(json_is_true(json_object_get(m, "resumed")), "%s", text_of(m, "message"));
	json_decref(m);
}

/* Everybody gives a sign of life each second. */
void visit_until(int64_t seconds)
{
	for (; visit_now < seconds * LQ_SEC; visit_now += LQ_SEC) {
		for (unsigned i = 0; i < n_people; i++)
			lq__client_alive(&people[i].client, visit_now);
		lq__rooms_tick(visited.rooms, visit_now, visit_now / 1000000);
	}
	lq__rooms_tick(visited.rooms, visit_now, visit_now / 1000000);
}
