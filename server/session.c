#include "server/session.h"

#include <string.h>
#include <time.h>

#include <loquat/clock.h>
#include <loquat/log.h>
#include <loquat/plugin/errors.h>

#include "server/message.h"
#include "server/room_requests.h"
#include "server/secret.h"
#include "server/token.h"

#define ROOM_TOKEN_SECONDS 86400 /* a call may last that long */

int64_t lq__session_call_time(const lq__service *s, int64_t now)
{
	return (int64_t)((double)(now - s->clock_zero) * s->clock_rate);
}

int64_t lq__service_unix_ms(const lq__service *s, int64_t now)
{
	struct timespec wall;
	if (s->clock_rate != 1)
		return s->unix_zero + lq__session_call_time(s, now) / 1000000;
	clock_gettime(CLOCK_REALTIME, &wall); /* which may be set, and goes on while the machine sleeps */
	return (int64_t)wall.tv_sec * 1000 + wall.tv_nsec / 1000000;
}

int64_t lq__session_next(const lq__service *s, int64_t now)
{
	int64_t next = lq__calls_next(s->calls), left = next == LQ_CALL_TIME_NEVER ? next : next - lq__session_call_time(s, now);
	return left == LQ_CALL_TIME_NEVER ? left : left <= 0 ? 0 : (int64_t)((double)left / s->clock_rate) + 1;
}

/* ---- requests ---- */

/* Who knows the secret may do everything. */
static int check_secret(lq__client *c, const lq__message *m, lq__grant *grant, char *error, size_t size)
{
	const lq__service *s = c->service;
	*grant = LQ__GRANT_ALL;
	if (s->allow_secret && s->secret)
		return lq__secret_check(s->secret, s->app_id, m->app_id, m->secret_md5, error, size);
	snprintf(error, size, "login.secret_md5: this server lets nobody in by secret (loquatd --allow-secret): log in with a token");
	return LQ_EPERM;
}

static int check_access(lq__client *c, const lq__message *m, const char *user, int64_t unix_ms, lq__grant *grant, char *error, size_t size)
{
	const lq__service *s = c->service;
	const char *request = m->type == LQ_MSG_LOGIN ? "login" : "token_update";
	lq__token_want want = {s->secret, s->app_id, NULL, user, unix_ms / 1000, request};
	if (*m->secret_md5)
		return check_secret(c, m, grant, error, size);
	int e = lq__client_grant(c, &want, m->token, grant, error, size);
	if (!e && !grant->call) {
		snprintf(error, size, "%s.token: it gives no right to log in (call)", request);
		e = LQ_EPERM;
	}
	return e;
}

static void on_token(lq__client *c, const lq__message *m, int64_t unix_ms)
{
	char error[256];
	lq__grant grant;
	int e = check_access(c, m, lq__device_user(c->device), unix_ms, &grant, error, sizeof error);
	if (e) {
		c->service->refused_tokens++;
		lq__client_error(c, m, e, error);
		return;
	}
	c->grant = grant;
	lq__device_renew(c->device, grant.expires);
	lq__client_ok(c, m);
}

static void on_login(lq__client *c, const lq__message *m, int64_t now, int64_t unix_ms)
{
	char error[256];
	json_t *answer = NULL;
	lq__service *s = c->service;
	int64_t call_time = lq__session_call_time(s, now);
	lq__login login = {.user = m->user, .name = m->name, .device = m->device, .session = m->session, .seq = (uint64_t)m->seq, .ring_ms = m->ring_ms};
	lq__grant grant;
	int e = check_access(c, m, m->user, unix_ms, &grant, error, sizeof error);
	login.expires = e ? 0 : grant.expires;
	login.trusted = !e && *m->secret_md5;
	if (e)
		s->refused_tokens++;
	else
		e = lq__calls_login(s->calls, &login, c, call_time, &c->device, &answer, error, sizeof error);
	if (e) {
		lq__client_error(c, m, e, error);
		return;
	}
	c->joined = 1;
	c->grant = grant;
	lq__device_alive(c->device, now, 0);
	lq_log(LQ_LOG_INFO, "session", "%s logged in", m->user);
	lq__client_answer(c, m, answer);
	lq__device_enter(c->device, call_time);
}

static void on_logout(lq__client *c, const lq__message *m, int64_t now)
{
	lq__device *d = c->device;
	c->device = NULL;
	lq_log(LQ_LOG_INFO, "session", "%s logged out", lq__device_user(d));
	lq__device_logout(d, lq__session_call_time(c->service, now));
	lq__client_answer(c, m, json_pack("{s:s}", "type", "logged_out"));
	c->close(c->arg, LQ_CLOSE_NORMAL, "logged out");
}

static void on_watch(lq__client *c, const lq__message *m)
{
	json_t *users = NULL;
	int e = lq__device_watch(c->device, m->ids, m->n_ids, &users);
	if (e)
		lq__client_error(c, m, e, e == LQ_EFULL ? "watch.users: at most 200 users can be watched" : "watch.users: not a user id");
	else
		lq__client_answer(c, m, json_pack("{s:s, s:o}", "type", "presence", "users", users));
}

static void on_message(lq__client *c, const lq__message *m)
{
	uint32_t n = *m->to ? lq__device_message(c->device, m->to, m->text) : 0;
	if (n)
		lq__client_answer(c, m, json_pack("{s:s, s:i}", "type", "sent", "devices", (int)n));
	else if (*m->to)
		lq__client_error(c, m, LQ_ENOENT, "message.to: that user is not logged in; messages are not kept");
	else
		lq__client_error(c, m, LQ_EINVAL, "message.to: missing");
}

typedef struct answering {
	lq__client *client;
	const lq__message *request;
} answering;

static void answer_call(void *arg, json_t *answer)
{
	const answering *a = arg;
	lq__client_answer(a->client, a->request, answer);
}

static void on_call(lq__client *c, const lq__message *m, int64_t now)
{
	answering a = {c, m};
	lq__call_error error = {0};
	lq__call_request r = {
		.op = m->op, .call = m->call, .users = m->ids, .n_users = m->n_ids, .video = m->video, .timeout_ms = m->timeout_ms, .attachment = m->attachment,
		.group = m->group, .reason = m->reason, .confirm = m->confirm, .agree = m->agree, .answer = answer_call, .arg = &a,
	};
	if (lq__calls_request(c->device, &r, lq__session_call_time(c->service, now), &error))
		lq__client_refusal(c, m, error.code, error.detail, error.text);
}

void lq__session_request(lq__client *c, const lq__message *m, int64_t now, int64_t unix_ms)
{
	switch (m->type) {
	case LQ_MSG_LOGIN: on_login(c, m, now, unix_ms); break;
	case LQ_MSG_LOGOUT: on_logout(c, m, now); break;
	case LQ_MSG_WATCH: on_watch(c, m); break;
	case LQ_MSG_UNWATCH:
		lq__device_unwatch(c->device, m->ids, m->n_ids);
		lq__client_ok(c, m);
		break;
	case LQ_MSG_RING:
		lq__device_ring(c->device, m->ring_ms);
		lq__client_ok(c, m);
		break;
	case LQ_MSG_MESSAGE: on_message(c, m); break;
	case LQ_MSG_TOKEN: on_token(c, m, unix_ms); break;
	case LQ_MSG_ROOM_CREATE:
	case LQ_MSG_ROOM_DESTROY:
	case LQ_MSG_ROOM_LOCK: lq__room_session_request(c, m); break;
	default: on_call(c, m, now); break;
	}
}

void lq__session_closed(lq__client *c, int64_t now)
{
	lq__device *d = c->device;
	c->device = NULL;
	lq_log(LQ_LOG_INFO, "session", "%s lost its connection", lq__device_user(d));
	lq__device_lost(d, lq__session_call_time(c->service, now));
}

/* ---- what the calls ask for ---- */

static void host_send(void *conn, const json_t *message)
{
	lq__client *c = conn;
	c->send(c->arg, message);
}

static void host_kicked(void *conn, const char *reason)
{
	lq__client *c = conn;
	c->device = NULL;
	c->close(c->arg, LQ_CLOSE_NORMAL, reason);
}

static json_t *host_token(void *arg, const char *room, const char *user)
{
	const lq__service *s = arg;
	int64_t unix_now = lq__service_unix_ms(s, lq_clock_now(lq_clock_real())) / 1000;
	char *token = s->secret ? lq__token_make(s->secret, s->app_id, room, user, unix_now + ROOM_TOKEN_SECONDS) : NULL;
	json_t *text = json_string(token ? token : "");
	free(token);
	return text;
}

static void host_record(void *arg, const json_t *record)
{
	const lq__service *s = arg;
	if (!s->call_records)
		return;
	if (json_dumpf(record, s->call_records, JSON_COMPACT) || fputc('\n', s->call_records) == EOF || fflush(s->call_records))
		lq_log(LQ_LOG_ERROR, "session", "a call's record could not be written: %m");
}

lq__calls_host lq__session_calls_host(lq__service *service)
{
	return (lq__calls_host){host_send, host_kicked, host_token, host_record, service};
}

int lq__session_start(lq__service *s, double clock_rate, int64_t grace, int64_t now, int64_t unix_ms)
{
	lq__calls_host host = lq__session_calls_host(s);
	s->clock_rate = clock_rate;
	s->clock_zero = now;
	s->unix_zero = unix_ms;
	s->calls = lq__calls_create(&host, grace, unix_ms);
	return s->calls ? 0 : LQ_ENOMEM;
}

/* ---- HTTP ---- */

char *lq__session_records(const lq__service *s, const char *token, int64_t unix_ms, int *status, char *why, size_t size)
{
	lq__token_want want = {s->secret, s->app_id, NULL, NULL, unix_ms / 1000, "calls"};
	lq__grant grant = {.admin = 1};
	*status = 401;
	if (s->secret && (!s->debug || *token) && lq__token_check(token, &want, &grant, why, size))
		return NULL;
	*status = 403;
	snprintf(why, size, "the token gives no right to see calls (admin)");
	if (!grant.admin)
		return NULL;
	json_t *all = json_pack("{s:o}", "calls", lq__calls_records(s->calls));
	char *text = all ? json_dumps(all, JSON_COMPACT) : NULL;
	json_decref(all);
	*status = text ? 200 : 500;
	snprintf(why, size, "the server is out of memory");
	return text;
}
