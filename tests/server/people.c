#include "people.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

lq__calls *calls;
phone phones[PHONES];
int64_t now;
json_t *records;
lq__call_error last_error;
static json_t *taken;

static void host_send(void *conn, const json_t *message)
{
	phone *p = conn;
	if (p->deaf)
		return;
	if (strcmp(get_text(message, "type"), "kicked"))
		ck_assert_int_eq(get_number(message, "seq"), (int64_t)++p->seq);
	json_array_append_new(p->inbox, json_deep_copy(message));
}

static void host_kicked(void *conn, const char *reason)
{
	phone *p = conn;
	snprintf(p->kicked, sizeof p->kicked, "%s", reason);
	p->device = NULL;
}

static json_t *host_token(void *arg, const char *room, const char *user)
{
	char text[300];
	snprintf(text, sizeof text, "token of %s", user);
	return json_string(text);
}

static void host_record(void *arg, const json_t *record)
{
	json_array_append_new(records, json_deep_copy(record));
}

void people_set_up(void)
{
	const lq__calls_host host = {host_send, host_kicked, host_token, host_record, NULL};
	now = 0;
	records = json_array();
	memset(phones, 0, sizeof phones);
	calls = lq__calls_create(&host, GRACE, 1000000);
	ck_assert_ptr_nonnull(calls);
}

void people_tear_down(void)
{
	lq__calls_destroy(calls);
	ck_assert_int_eq(lq__alloc_live(), 0);
	for (phone *p = phones; p < phones + PHONES; p++) {
		json_decref(p->inbox);
		json_decref(p->answer);
	}
	json_decref(records);
	json_decref(taken);
	taken = NULL;
}

int try_log_in(phone *p, const lq__login *l, char *error)
{
	json_t *answer = NULL;
	int e = lq__calls_login(calls, l, p, now, &p->device, &answer, error, 256);
	if (e)
		return e;
	json_decref(p->answer);
	p->answer = answer;
	p->deaf = 0;
	*p->kicked = 0;
	if (!p->inbox)
		p->inbox = json_array();
	snprintf(p->user, sizeof p->user, "%s", l->user);
	snprintf(p->session, sizeof p->session, "%s", get_text(answer, "session"));
	p->seq = (uint64_t)get_number(answer, "seq");
	lq__device_alive(p->device, 0, 0);
	lq__device_enter(p->device, now);
	return 0;
}

void log_in(phone *p, const char *user, const char *device)
{
	char error[256] = "";
	lq__login l = {.user = user, .name = "", .device = device, .session = p->session, .seq = p->seq};
	ck_assert_msg(!try_log_in(p, &l, error), "%s", error);
}

void lose(phone *p)
{
	lq__device *d = p->device;
	p->device = NULL;
	lq__device_lost(d, now);
}

void log_out(phone *p)
{
	lq__device *d = p->device;
	p->device = NULL;
	lq__device_logout(d, now);
}

static void take_answer(void *arg, json_t *answer)
{
	phone *p = arg;
	json_decref(p->answer);
	p->answer = answer;
}

int ask(phone *p, lq__call_request r)
{
	r.call = r.call ? r.call : "";
	r.group = r.group ? r.group : "";
	r.reason = r.reason ? r.reason : "";
	r.answer = take_answer;
	r.arg = p;
	memset(&last_error, 0, sizeof last_error);
	json_decref(p->answer);
	p->answer = NULL;
	int e = lq__calls_request(p->device, &r, now, &last_error);
	ck_assert_int_eq(e, last_error.code);
	ck_assert(!e == !!p->answer);
	return e;
}

int do_op(phone *p, lq__call_op op)
{
	return ask(p, (lq__call_request){.op = op});
}

int call(phone *p, const char *user)
{
	return ask(p, (lq__call_request){.op = LQ__CALL_OP_call, .users = &user, .n_users = 1});
}

void until(int64_t time)
{
	while (lq__calls_next(calls) <= time) {
		now = lq__calls_next(calls) > now ? lq__calls_next(calls) : now;
		lq__calls_tick(calls, now);
	}
	now = time;
}

const char *get_text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

int64_t get_number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static const char *detail(const json_t *m, const char *type)
{
	if (!strcmp(type, "call_ended"))
		return get_text(m, "reason");
	if (!strcmp(type, "call_elsewhere"))
		return json_is_true(json_object_get(m, "accepted")) ? "accepted" : "rejected";
	if (!strcmp(type, "call_type"))
		return get_text(m, "state");
	if (!strcmp(type, "call_invited") || !strcmp(type, "message"))
		return get_text(m, "from");
	if (!strcmp(type, "kicked"))
		return get_text(m, "reason");
	if (!strcmp(type, "call_record")) {
		static char status[20];
		snprintf(status, sizeof status, "%d", (int)get_number(m, "status"));
		return status;
	}
	return get_text(m, "user");
}

const char *told(phone *p)
{
	static char text[2000];
	size_t i, n = 0;
	json_t *m;
	*text = 0;
	json_array_foreach(p->inbox, i, m) {
		const char *type = get_text(m, "type");
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s:%s", n ? " " : "", type, detail(m, type));
	}
	json_array_clear(p->inbox);
	return text;
}

const json_t *take(phone *p, const char *type)
{
	size_t i;
	json_t *m;
	json_array_foreach(p->inbox, i, m)
		if (!strcmp(get_text(m, "type"), type)) {
			json_decref(taken);
			taken = json_incref(m);
			json_array_remove(p->inbox, i);
			return taken;
		}
	return NULL;
}

const char *recorded(void)
{
	static char text[2000];
	size_t i, j, n = 0;
	json_t *r, *u;
	*text = 0;
	json_array_foreach(records, i, r) {
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%d", n ? " " : "", (int)get_number(r, "status"));
		json_array_foreach(json_object_get(r, "users"), j, u)
			n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", j == 1 ? ">" : j ? "," : " ", get_text(u, "user"));
		n += (size_t)snprintf(text + n, sizeof text - n, " %ds", (int)get_number(r, "duration_s"));
	}
	json_array_clear(records);
	return text;
}
