/* Accounts and their devices: who is logged in, and who wants to know. */
#include <stdio.h>
#include <string.h>

#include <loquat/plugin/errors.h>

#include "base/alloc.h"
#include "server/calls/private.h"
#include "server/grants.h"

lq__calls *lq__calls_create(const lq__calls_host *host, int64_t grace, int64_t unix_zero)
{
	lq__calls *c = lq__calloc(1, sizeof *c);
	if (!c)
		return NULL;
	c->host = *host;
	c->grace = grace;
	c->unix_zero = unix_zero;
	c->next = LQ_CALL_TIME_NEVER;
	c->records = json_array();
	lq__list_init(&c->devices);
	lq__list_init(&c->calls);
	for (size_t i = 0; i < LQ_ACCOUNT_BUCKETS; i++)
		lq__list_init(&c->accounts[i]);
	return c;
}

void lq__calls_figures_get(const lq__calls *c, lq__calls_figures *out)
{
	*out = c->figures;
}

void lq__wake_at(lq__calls *c, int64_t time)
{
	if (time < c->next)
		c->next = time;
}

/* ---- accounts ---- */

static lq__link *bucket(lq__calls *c, const char *user)
{
	uint32_t h = 2166136261u;
	for (; *user; user++)
		h = (h ^ (uint8_t)*user) * 16777619u;
	return &c->accounts[h % LQ_ACCOUNT_BUCKETS];
}

static lq__account *find_account(lq__calls *c, const char *user)
{
	LQ__EACH(lq__account, a, bucket(c, user), link)
		if (!strcmp(a->user, user))
			return a;
	return NULL;
}

lq__account *lq__account_get(lq__calls *c, const char *user)
{
	lq__account *a = find_account(c, user);
	if (a || !(a = lq__calloc(1, sizeof *a)))
		return a;
	a->calls = c;
	snprintf(a->user, sizeof a->user, "%s", user);
	lq__list_init(&a->devices);
	lq__list_init(&a->watchers);
	lq__list_init(&a->waiting);
	lq__list_append(bucket(c, user), &a->link);
	return a;
}

void lq__account_release(lq__account *a)
{
	if (a->refs || !lq__list_empty(&a->devices))
		return;
	lq__list_remove(&a->link);
	lq__free(a);
}

void lq__account_ref(lq__account *a)
{
	a->refs++;
}

void lq__account_unref(lq__account *a)
{
	if (!a)
		return;
	a->refs--;
	lq__account_release(a);
}

int lq__account_online(const lq__account *a)
{
	LQ__EACH(lq__device, d, &a->devices, link)
		if (d->conn)
			return 1;
	return 0;
}

static void tell_presence(lq__account *a)
{
	int online = lq__account_online(a);
	LQ__EACH(lq__watch, w, &a->watchers, of_account)
		lq__device_event(w->device, json_pack("{s:s, s:s, s:b}", "type", "presence", "user", a->user, "online", online));
}

/* ---- logging in ---- */

static int check_login(const lq__login *l, char *error, size_t size)
{
	int e = lq__user_id_check(l->user, strlen(l->user));
	if (e) {
		snprintf(error, size, e == LQ_ERANGE ? "login.user: a user id has 1 to %d bytes" : "login.user: a user id has letters, digits and _@-. only",
		         LQ_USER_ID_MAX);
		return e;
	}
	if ((e = lq__nickname_check(l->name, strlen(l->name)))) {
		snprintf(error, size, "login.name: at most %d bytes without control characters", LQ_NICKNAME_MAX);
		return e;
	}
	if (*l->device && (strlen(l->device) > LQ_DEVICE_ID_MAX || lq__user_id_check(l->device, strlen(l->device)))) {
		snprintf(error, size, "login.device: at most %d letters, digits and _@-.", LQ_DEVICE_ID_MAX);
		return LQ_EINVAL;
	}
	return 0;
}

static lq__device *find_device(const lq__account *a, const char *id)
{
	LQ__EACH(lq__device, d, &a->devices, link)
		if (!strcmp(d->id, id))
			return d;
	return NULL;
}

static lq__device *create_device(lq__account *a, const lq__login *l)
{
	lq__device *d = lq__calloc(1, sizeof *d);
	if (!d)
		return NULL;
	d->account = a;
	lq__sid(d->session);
	snprintf(d->id, sizeof d->id, "%s", *l->device ? l->device : d->session);
	lq__list_init(&d->watches);
	lq__list_append(&a->devices, &d->link);
	lq__list_append(&a->calls->devices, &d->all);
	a->n_devices++;
	a->calls->figures.devices++;
	return d;
}

/* The socket ends; what the device is stays. */
static void drop_socket(lq__device *d, const char *reason)
{
	const lq__calls_host *host = &d->account->calls->host;
	void *conn = d->conn;
	json_t *event = json_pack("{s:s, s:s}", "type", "kicked", "reason", reason); /* has no number: it is of the socket, not of the session */
	d->conn = NULL;
	if (event)
		host->send(conn, event);
	json_decref(event);
	host->kicked(conn, reason);
}

static json_t *answer_of(const lq__device *d)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:b, s:o}", "type", "logged_in", "user", d->account->user, "name", d->name, "device", d->id, "session",
	                 d->session, "seq", (json_int_t)d->resume_from, "resumed", d->resumed, "calls", lq__device_calls(d));
}

static void take_login(lq__device *d, const lq__login *l, void *conn, int resumed)
{
	if (d->conn)
		drop_socket(d, "duplicate");
	if (!resumed) {
		lq__device_forget(d, d->seq);
		lq__sid(d->session);
		d->seq = 0;
	}
	d->resumed = resumed;
	d->resume_from = resumed ? l->seq : 0;
	d->seq_at_pong = d->resume_from;
	d->conn = conn;
	d->entered = 0;
	d->seen = INT64_MAX;
	lq__device_renew(d, l->expires);
	d->trusted = l->trusted;
	d->ring_ms = l->ring_ms;
	snprintf(d->name, sizeof d->name, "%s", *l->name ? l->name : l->user);
}

int lq__calls_login(lq__calls *c, const lq__login *l, void *conn, int64_t now, lq__device **out, json_t **answer, char *error, size_t size)
{
	int e = check_login(l, error, size);
	if (e)
		return e;
	c->now = now;
	lq__account *a = lq__account_get(c, l->user);
	lq__device *d = a && *l->device ? find_device(a, l->device) : NULL;
	if (a && !d && a->n_devices >= LQ_DEVICES_MAX) {
		snprintf(error, size, "%s is logged in with %d devices and can have no more", l->user, LQ_DEVICES_MAX);
		return LQ_EFULL;
	}
	int resumed = d && lq__device_can_resume(d, l->session, l->seq);
	if (!a || (!d && !(d = create_device(a, l)))) {
		if (a)
			lq__account_release(a);
		snprintf(error, size, "the server is out of memory");
		return LQ_ENOMEM;
	}
	take_login(d, l, conn, resumed);
	*answer = answer_of(d);
	*out = d;
	return 0;
}

/* Of several who called meanwhile, the last one rings; to the others the account is busy now. */
static void ring_waiting(lq__account *a)
{
	lq__seat *newest = NULL;
	LQ__EACH(lq__seat, s, &a->waiting, waiting)
		newest = s;
	if (newest)
		lq__seat_ring(newest);
	LQ__EACH(lq__seat, s, &a->waiting, waiting) {
		lq__call *call = s->call;
		lq__seat_ring(s);
		lq__seat_tell_busy(s);
		lq__call_check(call, "busy", a->user);
	}
}

void lq__device_enter(lq__device *d, int64_t now)
{
	lq__account *a = d->account;
	int was_online = 0;
	a->calls->now = now;
	LQ__EACH(lq__device, other, &a->devices, link)
		was_online |= other != d && other->conn && other->entered;
	d->entered = 1;
	lq__device_resend(d);
	if (!was_online)
		tell_presence(a);
	if (a->seat && a->seat->state == LQ_SEAT_RINGING && !d->resumed)
		lq__device_event(d, lq__seat_invitation(a->seat));
	else if (!a->seat)
		ring_waiting(a);
}

/* ---- logging out ---- */

static void destroy_device(lq__device *d)
{
	lq__account *a = d->account;
	LQ__EACH(lq__watch, w, &d->watches, of_device)
		lq__watch_end(w);
	lq__device_forget(d, d->seq);
	lq__list_remove(&d->link);
	lq__list_remove(&d->all);
	a->n_devices--;
	a->calls->figures.devices--;
	lq__free(d);
	lq__account_release(a);
}

static void remove_device(lq__device *d, const char *reason)
{
	lq__seat *s = d->account->seat;
	if (s && s->device == d)
		lq__seat_leave(s, reason);
	destroy_device(d);
}

/* Nobody is left to hear it ring, or to be told. */
static void went_offline(lq__account *a)
{
	if (lq__account_online(a))
		return;
	if (a->seat && a->seat->state == LQ_SEAT_RINGING)
		lq__seat_wait(a->seat);
	tell_presence(a);
}

void lq__device_lost(lq__device *d, int64_t now)
{
	lq__calls *c = d->account->calls;
	c->now = now;
	d->conn = NULL;
	d->lost_until = now + c->grace;
	lq__wake_at(c, d->lost_until);
	went_offline(d->account);
}

void lq__device_logout(lq__device *d, int64_t now)
{
	lq__account *a = d->account;
	a->calls->now = now;
	d->conn = NULL;
	lq__account_ref(a);
	remove_device(d, "left");
	went_offline(a);
	lq__account_unref(a);
}

void lq__device_alive(lq__device *d, int64_t real_now, int pong)
{
	d->seen = real_now;
	if (!pong)
		return;
	/* It answers a ping that was sent after the last pong came, and so after all that was sent until then. */
	lq__device_forget(d, d->seq_at_pong);
	d->seq_at_pong = d->seq;
}

int lq__calls_trusted(lq__calls *c, const char *user, const char *session)
{
	const lq__account *a = c ? find_account(c, user) : NULL;
	if (a)
		LQ__EACH(lq__device, d, &a->devices, link)
			if (!strcmp(d->session, session))
				return d->trusted;
	return 0;
}

const char *lq__device_user(const lq__device *d)
{
	return d->account->user;
}

void lq__device_ring(lq__device *d, int64_t ring_ms)
{
	d->ring_ms = ring_ms;
}

void lq__device_renew(lq__device *d, int64_t expires)
{
	if (d->expires != expires)
		d->warned = 0;
	d->expires = expires;
}

/* Returns when there is something to say or to do about its token. */
static int64_t watch_token(lq__device *d, int64_t unix_ms)
{
	int64_t at = lq__token_warn_at(d->expires);
	if (!d->expires || (!d->warned && unix_ms < at))
		return at;
	if (!d->warned)
		lq__device_event(d, lq__token_will_expire("session", d->expires * 1000 - unix_ms));
	d->warned = 1;
	return d->expires * 1000;
}

int64_t lq__calls_reap(lq__calls *c, int64_t before, int64_t unix_ms, int64_t now)
{
	int64_t next = INT64_MAX;
	LQ__EACH(lq__device, d, &c->devices, all) {
		if (!d->conn)
			continue;
		if (d->expires && unix_ms >= d->expires * 1000) {
			drop_socket(d, "token_expired");
			lq__device_logout(d, now);
		} else if (d->seen < before) {
			drop_socket(d, "timeout");
			lq__device_lost(d, now);
		} else {
			int64_t due = watch_token(d, unix_ms);
			next = due < next ? due : next;
		}
	}
	return next;
}

/* ---- time ---- */

int64_t lq__calls_next(const lq__calls *c)
{
	return c->next;
}

static void tick_devices(lq__calls *c)
{
	LQ__EACH(lq__device, d, &c->devices, all) {
		if (d->conn)
			continue;
		if (d->lost_until <= c->now)
			remove_device(d, "lost");
		else
			lq__wake_at(c, d->lost_until);
	}
}

/* One at a time: the call may end with it. Returns whether there was one. */
static int tick_call(lq__call *call)
{
	lq__calls *c = call->calls;
	if (call->asker && call->ask_deadline <= c->now)
		lq__call_type_timeout(call);
	LQ__EACH(lq__seat, s, &call->seats, link)
		if ((s->state == LQ_SEAT_RINGING || s->state == LQ_SEAT_WAITING) && s->deadline <= c->now) {
			lq__seat_timeout(s);
			return 1;
		}
	LQ__EACH(lq__seat, s, &call->seats, link)
		if (s->state == LQ_SEAT_RINGING || s->state == LQ_SEAT_WAITING)
			lq__wake_at(c, s->deadline);
	if (call->asker)
		lq__wake_at(c, call->ask_deadline);
	return 0;
}

void lq__calls_tick(lq__calls *c, int64_t now)
{
	int again = 1;
	c->now = now;
	if (now < c->next)
		return;
	c->next = LQ_CALL_TIME_NEVER;
	tick_devices(c);
	while (again) {
		again = 0;
		LQ__EACH(lq__call, call, &c->calls, link)
			again |= tick_call(call);
	}
}

void lq__calls_destroy(lq__calls *c)
{
	if (!c)
		return;
	LQ__EACH(lq__call, call, &c->calls, link)
		lq__call_end(call, "shutdown", "");
	while (!lq__list_empty(&c->devices)) {
		lq__device *d = LQ__ENTRY(c->devices.next, lq__device, all);
		if (d->conn)
			drop_socket(d, "shutdown");
		destroy_device(d);
	}
	json_decref(c->records);
	lq__free(c);
}
