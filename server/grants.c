#include "server/grants.h"

#include <loquat/log.h>

#include "server/room_private.h"
#include "server/stage.h"

enum { WARNED_ROOM = 1, WARNED_PUBLISH = 2, WARNED_SUBSCRIBE = 4 };

json_t *lq__token_will_expire(const char *scope, int64_t ms_left)
{
	return json_pack("{s:s, s:s, s:I}", "type", "token_will_expire", "scope", scope, "ms_left", (json_int_t)(ms_left > 0 ? ms_left : 0));
}

int64_t lq__token_warn_at(int64_t expires)
{
	return expires ? expires * 1000 - LQ_TOKEN_WARN_MS : INT64_MAX;
}

/* ---- members ---- */

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Returns when there is something to say. */
static int64_t warn(lq__member *m, int bit, const char *scope, int64_t expires, int64_t unix_ms)
{
	int64_t at = lq__token_warn_at(expires);
	if (m->warned & bit || at == INT64_MAX)
		return INT64_MAX;
	if (unix_ms < at)
		return at;
	m->warned |= bit;
	lq__member_event(m, lq__token_will_expire(scope, expires * 1000 - unix_ms));
	return INT64_MAX;
}

static void tell_expired(lq__member *m, const char *scope)
{
	lq_log(LQ_LOG_INFO, "room", "%s may not %s in %s any more", m->user, scope, m->room->name);
	lq__member_event(m, json_pack("{s:s, s:s}", "type", "token_expired", "scope", scope));
}

static void lose_publish(lq__member *m)
{
	m->may_publish = 0;
	if (m->on_stage) /* by a host's word, whatever the token says */
		return;
	lq__member_drop_tracks(m);
	tell_expired(m, "publish");
}

static void lose_subscribe(lq__member *m)
{
	const lq__rooms_host *host = &m->room->rooms->host;
	m->may_subscribe = 0;
	if (host->unsubscribe_all)
		host->unsubscribe_all(host->arg, m);
	tell_expired(m, "subscribe");
}

/* A right that ends with the whole, or later, has no end of its own. */
static int64_t own_end(int64_t end, int64_t whole)
{
	return end && (!whole || end < whole) ? end : 0;
}

int64_t lq__grants_tick(lq__member *m, int64_t unix_ms)
{
	int64_t due = warn(m, WARNED_ROOM, "room", m->expires, unix_ms), publish = m->pub_expires, subscribe = m->sub_expires;
	if (m->expires)
		due = earlier(due, m->expires * 1000);
	if (publish && m->may_publish) {
		if (unix_ms >= publish * 1000)
			lose_publish(m);
		else
			due = earlier(due, earlier(publish * 1000, warn(m, WARNED_PUBLISH, "publish", publish, unix_ms)));
	}
	if (subscribe && m->may_subscribe) {
		if (unix_ms >= subscribe * 1000)
			lose_subscribe(m);
		else
			due = earlier(due, earlier(subscribe * 1000, warn(m, WARNED_SUBSCRIBE, "subscribe", subscribe, unix_ms)));
	}
	return due;
}

static int host_of(const lq__grant *g)
{
	return !g->admin && !g->control ? LQ__NO_HOST : g->expires ? LQ__HOST : LQ__HOST_WHEN_UP;
}

void lq__grants_begin(lq__member *m, const lq__grant *g, int64_t unix_ms)
{
	m->may_publish = m->may_subscribe = 0;
	m->host = host_of(g); /* who waits is in its snapshot */
	lq__grants_set(m, g, unix_ms);
}

void lq__grants_set(lq__member *m, const lq__grant *g, int64_t unix_ms)
{
	int could_publish = m->may_publish, could_subscribe = m->may_subscribe, was_host = lq__stage_is_host(m);
	m->expires = g->expires;
	m->pub_expires = own_end(g->pub_expires, g->expires);
	m->sub_expires = own_end(g->sub_expires, g->expires);
	m->may_publish = g->publish && !(m->pub_expires && unix_ms >= m->pub_expires * 1000);
	m->may_subscribe = g->subscribe && !(m->sub_expires && unix_ms >= m->sub_expires * 1000);
	m->warned = 0;
	m->host = host_of(g);
	lq__stage_host_changed(m, was_host);
	if (could_publish && !m->may_publish)
		lose_publish(m);
	if (could_subscribe && !m->may_subscribe)
		lose_subscribe(m);
}
