/* What an app calls on a session: checks at once, work on the control thread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <loquat/clock.h>

#include "session.h"

int lq_session_open(lq_engine *engine, lq_session **out)
{
	if (lq__is_dead(engine))
		return LQ_ESTATE;
	if (!engine || !out)
		return LQ_EINVAL;
	lq_session *s = calloc(1, sizeof *s);
	if (!s || lq__handle_born(s)) {
		free(s);
		return LQ_ENOMEM;
	}
	atomic_init(&s->refs, 1);
	pthread_mutex_init(&s->lock, NULL);
	s->engine = engine;
	pthread_mutex_lock(&engine->lock);
	s->next = engine->sessions;
	engine->sessions = s;
	pthread_mutex_unlock(&engine->lock);
	*out = s;
	return 0;
}

/* ---- requests ---- */

static void run_request(lq__task *task)
{
	lq__srequest *r = (lq__srequest *)task;
	lq_session *s = r->session;
	atomic_fetch_sub(&s->n_api, 1);
	lq__session_send(s, r);
	lq__session_unref(s);
}

static int post(lq_session *s, lq_call *call, lq__sreq_type type, int64_t id, const char *user, int on, void *ctx, char *text)
{
	lq__srequest *r = text && atomic_load(&s->n_api) < LQ__SESSION_API_MAX ? calloc(1, sizeof *r) : NULL;
	if (!r) {
		free(text);
		return !text ? LQ_EINVAL : LQ_EFULL;
	}
	r->task.run = run_request;
	r->session = s;
	r->call = call;
	r->type = type;
	r->id = id;
	r->text = text;
	r->on = on;
	r->ctx = ctx;
	if (user)
		memcpy(r->user, user, strlen(user) + 1);
	if (call)
		lq__call_ref(call);
	lq__session_ref(s);
	atomic_fetch_add(&s->n_api, 1);
	lq__control_post(s->engine->control, &r->task);
	return 0;
}

int lq__session_post(lq_session *s, lq_call *call, lq__sreq_type type, int64_t id, const char *user, char *text)
{
	return post(s, call, type, id, user, 0, NULL, text);
}

int lq__session_post_about(lq_session *s, lq__sreq_type type, int64_t id, const char *user, int on, void *ctx, char *text)
{
	return post(s, NULL, type, id, user, on, ctx, text);
}

int lq__session_online_check(const lq_session *s)
{
	return s->closed || s->leaving || (s->state != LQ__SESSION_ONLINE && s->state != LQ__SESSION_LOST) ? LQ_ESTATE : 0;
}

int lq_session_send(lq_session *s, const char *user, const char *text)
{
	if (lq__is_dead(s))
		return LQ_ESTATE;
	if (!s || !user || !text || lq__user_check(user))
		return LQ_EINVAL;
	if (!*text || strlen(text) > LQ__TEXT_MAX)
		return LQ_ERANGE;
	pthread_mutex_lock(&s->lock);
	int e = lq__session_online_check(s);
	if (!e) {
		int64_t id = ++s->next_id;
		e = lq__session_post(s, NULL, LQ__SREQ_MESSAGE, id, user, lq__sreq_message(id, user, text));
	}
	pthread_mutex_unlock(&s->lock);
	return e;
}

int lq_session_watch(lq_session *s, const char *user, int on)
{
	if (lq__is_dead(s))
		return LQ_ESTATE;
	if (!s || !user || lq__user_check(user))
		return LQ_EINVAL;
	pthread_mutex_lock(&s->lock);
	int e = lq__session_online_check(s);
	if (!e) {
		int64_t id = ++s->next_id;
		e = lq__session_post(s, NULL, LQ__SREQ_OTHER, id, NULL, lq__sreq_watch(id, user, on));
	}
	pthread_mutex_unlock(&s->lock);
	return e;
}

int lq_call_timeout_set(lq_session *s, uint32_t ms)
{
	if (lq__is_dead(s))
		return LQ_ESTATE;
	int e = 0;
	if (!s)
		return LQ_EINVAL;
	if (ms > LQ__CALL_TIMEOUT_MAX)
		return LQ_ERANGE;
	pthread_mutex_lock(&s->lock);
	s->ring_ms = ms;
	if (!lq__session_online_check(s)) {
		int64_t id = ++s->next_id;
		e = lq__session_post(s, NULL, LQ__SREQ_OTHER, id, NULL, lq__sreq_ring(id, ms));
	}
	pthread_mutex_unlock(&s->lock);
	return e;
}

/* ---- in and out ---- */

typedef struct session_task {
	lq__task task; /* first */
	lq_session *session;
	void (*fn)(lq_session *s);
} session_task;

static void run_task(lq__task *task)
{
	session_task *t = (session_task *)task;
	t->fn(t->session);
	lq__session_unref(t->session);
	free(t);
}

static session_task *task_new(lq_session *s, void (*fn)(lq_session *))
{
	session_task *t = calloc(1, sizeof *t);
	if (!t)
		return NULL;
	t->task.run = run_task;
	t->session = s;
	t->fn = fn;
	lq__session_ref(s);
	return t;
}

static void task_drop(session_task *t)
{
	lq__session_unref(t->session);
	free(t);
}

static int copy(const char *from, char **to)
{
	free(*to);
	*to = NULL;
	return from && *from && !(*to = strdup(from)) ? LQ_ENOMEM : 0;
}

static int is_md5(const char *s)
{
	return s && strlen(s) == 32 && strspn(s, "0123456789abcdefABCDEF") == 32;
}

/* What is not of the mode is not kept. */
static int copy_proof(lq_session *s, const lq_login_params *p)
{
	int secret = p->mode == LQ_LOGIN_SECRET;
	return copy(secret ? NULL : p->token, &s->token) || copy(secret ? (p->app_id ? p->app_id : "loquat") : NULL, &s->app_id) ||
	       copy(secret ? p->secret_md5 : NULL, &s->secret_md5) || copy(p->auth_code, &s->auth_code);
}

static int check_params(const lq_login_params *p, lq__server *server)
{
	if (!p->user || (unsigned)p->mode > LQ_LOGIN_SECRET || (p->mode == LQ_LOGIN_SECRET && !is_md5(p->secret_md5)) || (p->device && *p->device && (strlen(p->device) > 64 || lq__user_check(p->device))))
		return LQ_EINVAL;
	int e = lq__server_parse(p->server ? p->server : "127.0.0.1", server);
	if (!e)
		e = lq__user_check(p->user);
	int long_text = (p->name && strlen(p->name) > LQ__USER_MAX) || (p->auth_code && strlen(p->auth_code) > 1024);
	return !e && long_text ? LQ_ERANGE : e;
}

/* Without a name the server would take us for a new device when we come back. */
static int make_device(lq_session *s, const char *given)
{
	uint8_t random[8];
	char id[20];
	if (given && *given)
		return copy(given, &s->device);
	if (s->device)
		return 0;
	if (getrandom(random, sizeof random, 0) != sizeof random)
		return LQ_EIO;
	for (size_t i = 0; i < sizeof random; i++)
		snprintf(id + 2 * i, 3, "%02x", random[i]);
	return copy(id, &s->device);
}

int lq_session_login(lq_session *s, const lq_login_params *p)
{
	if (lq__is_dead(s))
		return LQ_ESTATE;
	lq__server server;
	if (!s || !p || p->size < sizeof *p)
		return LQ_EINVAL;
	int e = check_params(p, &server);
	session_task *t = e ? NULL : task_new(s, lq__session_start);
	if (!t)
		return e ? e : LQ_ENOMEM;
	pthread_mutex_lock(&s->lock);
	if (s->state != LQ__SESSION_OUT || s->closed)
		e = LQ_ESTATE;
	else if (copy(p->user, &s->user) || copy(p->name, &s->name) || copy_proof(s, p) || make_device(s, p->device))
		e = LQ_ENOMEM;
	if (!e) {
		s->server = server;
		s->ctx = p->ctx;
		s->timeout_ms = p->timeout_ms ? p->timeout_ms : 10000;
		s->reconnect_ms = p->reconnect_ms ? p->reconnect_ms : 60000;
		s->login_time = lq_clock_now(lq_clock_real());
		s->state = LQ__SESSION_CONNECTING;
		lq__control_post(s->engine->control, &t->task);
	}
	pthread_mutex_unlock(&s->lock);
	if (e)
		task_drop(t);
	return e;
}

static void do_logout(lq_session *s)
{
	if (s->signal && s->reported)
		lq__signal_send(s->signal, lq__sreq_op(0, "logout", NULL));
	lq__session_finish(s, s->reported ? 0 : LQ_ESTATE, s->reported ? "" : "logged out before the login was complete");
}

int lq_session_logout(lq_session *s)
{
	if (lq__is_dead(s))
		return LQ_ESTATE;
	if (!s)
		return LQ_EINVAL;
	session_task *t = task_new(s, do_logout);
	if (!t)
		return LQ_ENOMEM;
	pthread_mutex_lock(&s->lock);
	int act = s->state != LQ__SESSION_OUT && !s->leaving;
	if (act) {
		s->leaving = 1;
		lq__control_post(s->engine->control, &t->task);
	}
	pthread_mutex_unlock(&s->lock);
	if (!act)
		task_drop(t);
	return 0;
}

static void do_close(lq__task *task)
{
	lq_session *s = lws_container_of(task, lq_session, close_task);
	lq__session_dispose(s);
	lq__session_unref(s);
}

/* The first call that nobody has closed yet, referenced. */
static lq_call *first_open_call(lq_session *s)
{
	pthread_mutex_lock(&s->lock);
	lq_call *call = s->calls;
	while (call && call->closed)
		call = call->next;
	if (call)
		lq__call_ref(call);
	pthread_mutex_unlock(&s->lock);
	return call;
}

/* As lq_room_close: first nothing is pushed any more, then what waits is dropped, then the work is told. */
void lq_session_close(lq_session *s)
{
	if (lq__is_dead(s))
		return;
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	lq__handle_gone(s);
	int again = s->closed;
	s->closed = 1;
	if (!again)
		lq__session_ref(s);
	pthread_mutex_unlock(&s->lock);
	if (again)
		return;
	for (lq_call *call; (call = first_open_call(s)); lq__call_unref(call))
		lq_call_close(call);
	lq__events_purge(s->engine->events, s);
	s->close_task.run = do_close;
	lq__control_post(s->engine->control, &s->close_task);
}
