/* The life of a session on the control thread: logging in, coming back, logging out. */
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/clock.h>
#include <loquat/log.h>

void lq__session_ref(lq_session *s)
{
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
}

void lq__session_unref(lq_session *s)
{
	if (atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) > 1)
		return;
	pthread_mutex_destroy(&s->lock);
	free(s->user);
	free(s->name);
	free(s->token);
	free(s->token_asked);
	free(s->app_id);
	free(s->secret_md5);
	free(s->auth_code);
	free(s->device);
	free(s);
}

void lq__session_event(lq_session *s, lq_sdk_event *event)
{
	event->size = sizeof *event;
	event->session = s;
	pthread_mutex_lock(&s->lock);
	if (!s->closed && !(event->call && event->call->closed))
		lq__events_push(s->engine->events, event);
	pthread_mutex_unlock(&s->lock);
}

static void set_state(lq_session *s, lq__session_state state)
{
	pthread_mutex_lock(&s->lock);
	s->state = state;
	pthread_mutex_unlock(&s->lock);
}

static void connection(lq_session *s, lq_connection_state state, const char *text)
{
	lq__session_event(s, &(lq_sdk_event){.type = LQ_ON_CONNECTION, .state = state, .text = text});
}

/* ---- requests ---- */

void lq__srequest_free(lq__srequest *r)
{
	if (!r)
		return;
	if (r->call)
		lq__call_unref(r->call);
	free(r->text);
	free(r);
}

lq__srequest *lq__session_take_request(lq_session *s, int64_t id)
{
	for (lq__srequest **p = &s->asked; *p; p = &(*p)->next)
		if ((*p)->id == id) {
			lq__srequest *r = *p;
			*p = r->next;
			s->n_asked--;
			return r;
		}
	return NULL;
}

static void send_now(lq_session *s, lq__srequest *r)
{
	char *text = r->text;
	r->text = NULL;
	int e = s->n_asked < LQ__SESSION_REQUESTS_MAX ? lq__signal_send(s->signal, text) : LQ_EFULL;
	if (s->n_asked >= LQ__SESSION_REQUESTS_MAX)
		free(text);
	if (e) {
		lq__session_request_failed(s, r, e, 0, lq_error_text(e));
		return;
	}
	r->next = s->asked;
	s->asked = r;
	s->n_asked++;
}

void lq__session_send(lq_session *s, lq__srequest *r)
{
	if (s->state == LQ__SESSION_ONLINE) {
		send_now(s, r);
	} else if (s->state == LQ__SESSION_LOST && s->n_waiting < LQ__SESSION_REQUESTS_MAX) {
		lq__srequest **last = &s->waiting;
		while (*last)
			last = &(*last)->next;
		r->next = NULL;
		*last = r;
		s->n_waiting++;
	} else {
		lq__session_request_failed(s, r, LQ_ECONN, 0, "the connection to the server is lost");
	}
}

static void send_waiting(lq_session *s)
{
	while (s->waiting) {
		lq__srequest *r = s->waiting;
		s->waiting = r->next;
		s->n_waiting--;
		send_now(s, r);
	}
}

static void fail_requests(lq_session *s, lq__srequest **list, unsigned *n)
{
	while (*list) {
		lq__srequest *r = *list;
		*list = r->next;
		--*n;
		lq__session_request_failed(s, r, LQ_ECONN, 0, "the connection to the server was lost");
	}
}

/* ---- the socket ---- */

static void lose(lq_session *s, const char *reason);

static void send_login(lq_session *s)
{
	lq__srequest *r = calloc(1, sizeof *r);
	pthread_mutex_lock(&s->lock);
	int64_t id = ++s->next_id;
	lq__login_request login = {.user = s->user, .name = s->name, .token = s->token, .device = s->device, .session = s->id, .seq = s->seq, .ring_ms = s->ring_ms,
	                            .app_id = s->app_id, .secret_md5 = s->secret_md5, .auth_code = s->auth_code};
	pthread_mutex_unlock(&s->lock);
	char *text = r ? lq__sreq_login(id, &login) : NULL;
	if (!text) {
		free(r);
		lq__session_finish(s, LQ_EINVAL, "the name, the token or the code is not UTF-8");
		return;
	}
	r->type = LQ__SREQ_LOGIN;
	r->id = id;
	r->text = text;
	send_now(s, r);
}

static void on_opened(void *arg)
{
	send_login(arg);
}

static void on_message(void *arg, const char *text, size_t len)
{
	lq__session_message(arg, text, len);
}

static void drop_signal(lq_session *s)
{
	lq__signal_close(s->signal);
	s->signal = NULL;
}

static void on_closed(void *arg, const char *reason)
{
	lq_session *s = arg;
	drop_signal(s);
	if (!s->reported)
		lq__session_finish(s, LQ_ECONN, reason);
	else
		lose(s, reason);
}

static int open_signal(lq_session *s)
{
	static const lq__signal_handler handler = {on_opened, on_message, on_closed};
	return lq__signal_open(s->engine->control, &s->server, lq__engine_silence_ms(s->engine), &handler, s, &s->signal);
}

static void retry(lq_session *s)
{
	int64_t lost_ms = (lq_clock_now(lq_clock_real()) - s->lost_time) / LQ_MSEC;
	int64_t limit = lq__engine_ms(s->engine, s->reconnect_ms), max = lq__engine_ms(s->engine, LQ__RETRY_MAX_MS);
	if (lost_ms >= limit) {
		lq__session_finish(s, LQ_ECONN, "the connection could not be restored in time");
		return;
	}
	uint32_t left = (uint32_t)(limit - lost_ms);
	lq__timer_set(s->engine->control, &s->timer, s->retry_ms < left ? s->retry_ms : left);
	s->retry_ms = 2 * s->retry_ms < max ? 2 * s->retry_ms : (uint32_t)max;
}

static void lose(lq_session *s, const char *reason)
{
	int first = s->state == LQ__SESSION_ONLINE;
	if (first) {
		s->lost_time = lq_clock_now(lq_clock_real());
		s->retry_ms = lq__engine_ms(s->engine, LQ__RETRY_FIRST_MS);
		set_state(s, LQ__SESSION_LOST);
		connection(s, LQ_CONN_RECONNECTING, reason);
	}
	fail_requests(s, &s->asked, &s->n_asked);
	retry(s);
}

static void on_timer(lq__timer *timer)
{
	lq_session *s = lws_container_of(timer, lq_session, timer);
	if (s->state == LQ__SESSION_CONNECTING)
		lq__session_finish(s, LQ_ETIMEDOUT, "the server did not answer in time");
	else if (s->signal) { /* a try that took too long */
		drop_signal(s);
		lose(s, "");
	} else if (open_signal(s)) {
		retry(s);
	} else {
		lq__timer_set(s->engine->control, &s->timer, LQ__RETRY_MAX_MS);
	}
}

void lq__session_start(lq_session *s)
{
	s->reported = 0;
	s->seq = 0;
	*s->id = 0;
	s->timer.fn = on_timer;
	connection(s, LQ_CONN_CONNECTING, s->server.host);
	if (open_signal(s))
		lq__session_finish(s, LQ_ECONN, "cannot connect to the server");
	else
		lq__timer_set(s->engine->control, &s->timer, s->timeout_ms);
}

/* ---- in and out ---- */

void lq__session_online(lq_session *s, const lq__smsg *msg)
{
	int again = s->reported;
	lq__timer_cancel(s->engine->control, &s->timer);
	snprintf(s->id, sizeof s->id, "%s", msg->session);
	if (!msg->flag)
		s->seq = 0;
	s->reported = 1;
	set_state(s, LQ__SESSION_ONLINE);
	connection(s, LQ_CONN_CONNECTED, "");
	if (!again)
		lq__session_event(s, &(lq_sdk_event){.type = LQ_ON_LOGGED_IN, .ctx = s->ctx, .user = msg->user,
		                                     .elapsed_ms = (uint32_t)((lq_clock_now(lq_clock_real()) - s->login_time) / LQ_MSEC)});
	send_waiting(s);
}

void lq__session_finish(lq_session *s, int code, const char *text)
{
	char copy[256], user[LQ__USER_MAX + 1];
	int reported = s->reported;
	if (s->state == LQ__SESSION_OUT)
		return;
	snprintf(copy, sizeof copy, "%s", text ? text : "");
	void *ctx = s->ctx;
	snprintf(user, sizeof user, "%s", s->user); /* the next login may begin at once */
	lq__timer_cancel(s->engine->control, &s->timer);
	drop_signal(s);
	lq__calls_end(s, code ? LQ_CALL_END_LOST : LQ_CALL_END_LEFT);
	fail_requests(s, &s->asked, &s->n_asked);
	fail_requests(s, &s->waiting, &s->n_waiting);
	s->reported = 0;
	pthread_mutex_lock(&s->lock);
	s->state = LQ__SESSION_OUT;
	s->leaving = 0;
	pthread_mutex_unlock(&s->lock);
	if (code)
		connection(s, reported ? LQ_CONN_DISCONNECTED : LQ_CONN_FAILED, copy);
	lq__session_event(s, &(lq_sdk_event){.type = reported ? LQ_ON_LOGGED_OUT : LQ_ON_LOGGED_IN, .code = code, .text = copy, .user = user,
	                                     .ctx = reported ? NULL : ctx});
}

void lq__session_dispose(lq_session *s)
{
	lq_engine *engine = s->engine;
	if (s->signal && s->reported)
		lq__signal_send(s->signal, lq__sreq_op(0, "logout", NULL));
	lq__session_finish(s, 0, "");
	pthread_mutex_lock(&engine->lock);
	for (lq_session **p = &engine->sessions; *p; p = &(*p)->next)
		if (*p == s) {
			*p = s->next;
			break;
		}
	pthread_cond_broadcast(&engine->empty);
	pthread_mutex_unlock(&engine->lock);
	lq__session_unref(s);
}
