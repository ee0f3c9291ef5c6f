/* A session's life at the server: offer, answer, connection, its loss, the next one, its end. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "plugins/common/util.h"
#include "whip_node.h"

#define FIRST_BACK_OFF (LQ_SEC / 2)
#define STEADY (10 * LQ_SEC) /* a connection that has held for so long was a good one */
#define GATHER_TIME (2 * LQ_SEC)
#define LINGER LQ_SEC
#define SETTLE (300 * LQ_MSEC) /* where one track comes another may come, too */
#define FULL_RATE 100000000 /* bit/s: of a new connection nothing is known */
#define SDP "application/sdp"

enum { LOOK_UP, ASK, ANSWER, END };

static int64_t now_of(const whip *p)
{
	return p->w.host->now(p->w.host);
}

static void enter(whip *p, int phase, int64_t limit)
{
	p->phase = phase;
	p->until = limit ? now_of(p) + limit : LQ_TIME_NONE;
	p->w.host->wake_at(p->w.host, now_of(p));
}

static void tell_state(whip *p, int state, const char *text)
{
	if (state == p->state)
		return;
	p->state = state;
	lq_event e = {.struct_size = sizeof e, .type = LQ_EVENT_STATE, .direction = p->kind->direction, .value = state, .text = text};
	p->w.host->event(p->w.host, &e);
}

/* Of the connection: comes in the midst of its own work, so it is only noted. */
void whip_note(lq__webrtc *w, const lq_event *e)
{
	whip *p = (whip *)w;
	if (e->type == LQ_EVENT_STATE) {
		p->peer_state = (int)e->value;
		snprintf(p->peer_reason, sizeof p->peer_reason, "%s", e->text ? e->text : "");
	}
	p->codec_changed |= e->type == LQ_EVENT_DESCRIPTION && e->value == 1;
	w->host->wake_at(w->host, w->host->now(w->host));
}

/* ---- the end of a session ---- */

static void end_session(whip *p)
{
	http_exchange *x = p->session_url ? http_new(END, "DELETE", p->session_url, NULL, NULL) : NULL;
	if (x)
		courier_send(p->courier, x);
	lq__free(p->session_url);
	p->session_url = NULL;
	*p->session_etag = 0;
}

static void close_peer(whip *p)
{
	lq__peer_close(&p->w, (int)p->kind->direction);
	p->peer_state = LQ_STATE_NEW;
	p->codec_changed = 0;
	end_session(p);
}

static void give_up(whip *p, int code, const char *text)
{
	enter(p, PHASE_IDLE, 0);
	tell_state(p, LQ_STATE_FAILED, text);
	lq__tell(p->w.host, LQ_EVENT_ERROR, 0, code, text);
}

/* `least`: the server wants to be left alone for so long. */
static void fail(whip *p, int code, const char *why, int64_t least)
{
	char text[WHY_TEXT];
	int64_t now = now_of(p), wait = p->back_off > least ? p->back_off : least;
	int steady = p->phase == PHASE_OPEN && now - p->opened_at > STEADY;
	p->failures++;
	close_peer(p);
	p->lost_at = p->lost_at == LQ_TIME_NONE ? now : p->lost_at;
	if (p->opt.give_up && now - p->lost_at >= p->opt.give_up) {
		snprintf(text, sizeof text, "%s: %s; given up", p->where, why);
		give_up(p, code, text);
		return;
	}
	if (steady)
		wait = p->back_off = FIRST_BACK_OFF;
	snprintf(text, sizeof text, "%s: %s; trying again in %.1f s", p->where, why, (double)wait / 1e9);
	enter(p, PHASE_WAIT, wait);
	tell_state(p, LQ_STATE_DISCONNECTED, text);
	lq__tell(p->w.host, LQ_EVENT_WARNING, 0, code, text);
	p->back_off = p->back_off * 2 < p->opt.retry ? p->back_off * 2 : p->opt.retry;
}

/* ---- the beginning ---- */

static int look_up(whip *p)
{
	http_exchange *x = p->looked_up || !p->w.n_servers ? NULL : http_new(LOOK_UP, "", "", NULL, NULL);
	p->looked_up = 1;
	if (!x)
		return 0;
	memcpy(x->servers, p->w.servers, sizeof x->servers);
	x->n_servers = p->w.n_servers;
	if (courier_send(p->courier, x))
		return 0;
	enter(p, PHASE_LOOK_UP, 0);
	return 1;
}

static void begin(whip *p)
{
	static const char *const mids[] = {"0", "1"};
	tell_state(p, LQ_STATE_CONNECTING, p->where);
	if (!p->w.ports) {
		enter(p, PHASE_WAIT, 0);
		return;
	}
	if (look_up(p))
		return;
	for (lq__port *port = p->w.ports; port; port = port->next)
		strcpy(port->mid, mids[port->media == LQ_MEDIA_VIDEO]);
	*p->w.why = 0;
	p->need_key = 1;
	p->last_pts = LQ_TIME_NONE;
	if (lq__peer_open(&p->w, (int)p->kind->direction, 1))
		fail(p, LQ_EIO, p->w.why, 0);
	else
		enter(p, PHASE_GATHER, GATHER_TIME);
}

/* NULL: not yet. Owned by the caller. */
static char *description(whip *p)
{
	char *text = lq__malloc(LQ_SDP_MAX_TEXT);
	lq__peer *peer = p->w.peers[p->kind->direction];
	if (!lq__ice_is_gathered(peer->ice) && p->until != LQ_TIME_NONE && now_of(p) >= p->until) {
		p->w.host->log(p->w.host, LQ_LOG_WARNING, "not all STUN and TURN servers answer; going on without them");
		lq__ice_stop_gathering(peer->ice);
	}
	int e = text ? lq__describe(&p->w, p->kind->direction, text, LQ_SDP_MAX_TEXT) : LQ_ENOMEM;
	if (!e)
		return text;
	lq__free(text);
	if (e != LQ_EAGAIN)
		fail(p, e, *p->w.why ? p->w.why : "no description can be made", 0);
	return NULL;
}

static void send_description(whip *p, int what, const char *method, const char *url, int next)
{
	char *sdp = description(p);
	if (!sdp)
		return;
	http_exchange *x = http_new(what, method, url, SDP, sdp);
	lq__free(sdp);
	if (x && what == ANSWER)
		memcpy(x->etag, p->session_etag, sizeof x->etag);
	if (!x || courier_send(p->courier, x))
		fail(p, LQ_ENOMEM, "no request can be made", 0);
	else
		enter(p, next, 0); /* the request has its own time limit */
}

/* ---- what the server answers ---- */

static void keep_session(whip *p, http_exchange *x)
{
	lq__free(p->session_url);
	p->session_url = x->location;
	x->location = NULL;
	memcpy(p->session_etag, x->answer_etag, sizeof p->session_etag);
	if (x->n_servers) { /* with addresses; for what comes later: this connection has its candidates */
		memcpy(p->w.servers, x->servers, sizeof p->w.servers);
		p->w.n_servers = x->n_servers;
	}
}

/* WHEP: instead of an answer an offer of the server's own. */
static int take_counter_offer(whip *p, const char *sdp)
{
	int direction = (int)p->kind->direction;
	lq__peer_close(&p->w, direction);
	p->peer_state = LQ_STATE_NEW;
	int e = lq__peer_open(&p->w, direction, 0);
	if (!e)
		e = lq__set_remote(&p->w, (uint32_t)direction, sdp);
	if (!e)
		enter(p, PHASE_COUNTER, GATHER_TIME);
	return e;
}

static const char *missing(const whip *p, const lq__port *port)
{
	if (lq_session_codec(p->w.peers[port->direction]->session, port->mid) != LQ_CODEC_NONE)
		return NULL;
	return port->media == LQ_MEDIA_VIDEO ? "picture" : "sound";
}

/* The mids of an offer are the server's: the first section of each kind is ours. */
static void bind_offered(whip *p)
{
	const lq_sdp *d = lq_session_remote(p->w.peers[p->kind->direction]->session);
	for (lq__port *port = p->w.ports; port; port = port->next)
		for (uint32_t i = d->n_media; i--;)
			if (d->media[i].media == port->media)
				strcpy(port->mid, d->media[i].mid);
}

/* A track that the server does not take, or has not got, is told; without any there is no session. */
static int check_tracks(whip *p)
{
	int left = 0;
	char text[WHY_TEXT];
	for (const lq__port *port = p->w.ports; port; port = port->next) {
		const char *name = missing(p, port);
		left += !name;
		if (!name)
			continue;
		snprintf(text, sizeof text, p->kind->direction == LQ_SEND ? "%s: the server does not take this codec of the %s" : "%s: the server has no %s in a codec that is taken here",
		         p->where, name);
		lq__tell(p->w.host, LQ_EVENT_WARNING, port->port, LQ_EFORMAT, text);
	}
	return left;
}

static void on_asked(whip *p, http_exchange *x)
{
	const char *sdp = x->answer && !strncmp(x->answer, "v=0", 3) ? x->answer : NULL;
	if (x->code) {
		fail(p, x->code, x->why, 0);
		return;
	}
	keep_session(p, x);
	int counter = x->status == 406 && sdp && p->session_url && p->kind->direction == LQ_RECEIVE;
	if (x->status > 299 && !counter) {
		fail(p, x->status == 401 || x->status == 403 ? LQ_EPERM : x->status == 404 ? LQ_ENOENT : x->status == 503 ? LQ_EBUSY : LQ_EPROTO, x->why, x->retry_after);
		return;
	}
	if (!p->session_url)
		p->w.host->log(p->w.host, LQ_LOG_WARNING, "%s: the answer has no Location: this session can be ended only by leaving it", p->where);
	char why[WHY_TEXT] = "the answer is no description (SDP); is this the right URL?";
	int e = !sdp ? LQ_EPROTO : counter ? take_counter_offer(p, sdp) : lq__set_remote(&p->w, p->kind->direction, sdp);
	if (e && sdp)
		snprintf(why, sizeof why, "the server's description cannot be used: %s", p->w.why);
	if (e)
		fail(p, e, why, 0);
	else if (counter)
		bind_offered(p);
	else if (!check_tracks(p))
		fail(p, LQ_EFORMAT, "the server takes none of the tracks", 0);
	else
		enter(p, PHASE_CONNECT, p->opt.timeout);
}

static void on_answered(whip *p, const http_exchange *x)
{
	if (x->code || x->status > 299)
		fail(p, x->code ? x->code : LQ_EPROTO, x->why, x->retry_after);
	else if (!check_tracks(p))
		fail(p, LQ_EFORMAT, "the server has none of the tracks", 0);
	else
		enter(p, PHASE_CONNECT, p->opt.timeout);
}

static void on_exchange(whip *p, http_exchange *x)
{
	if (x->what == LOOK_UP && p->phase == PHASE_LOOK_UP) {
		memcpy(p->w.servers, x->servers, sizeof p->w.servers);
		begin(p);
	} else if (x->what == ASK && p->phase == PHASE_ASK)
		on_asked(p, x);
	else if (x->what == ANSWER && p->phase == PHASE_ANSWER)
		on_answered(p, x);
	else if (x->what == END && (x->code || x->status > 299))
		p->w.host->log(p->w.host, LQ_LOG_INFO, "%s: the session's end: %s", p->where, x->why);
}

/* ---- the connection ---- */

static void on_open(whip *p)
{
	p->connects++;
	p->opened_at = now_of(p);
	p->lost_at = LQ_TIME_NONE;
	enter(p, PHASE_OPEN, STEADY);
	tell_state(p, LQ_STATE_CONNECTED, p->where);
	for (const lq__port *port = p->w.ports; port && p->kind->direction == LQ_SEND && !p->w.steady; port = port->next)
		if (port->media == LQ_MEDIA_VIDEO) {
			lq_event rate = {.struct_size = sizeof rate, .type = LQ_EVENT_TARGET_RATE, .port = port->port, .value = FULL_RATE};
			p->w.host->upstream(p->w.host, port->port, &rate);
		}
}

static int is_lost(const whip *p)
{
	return p->peer_state == LQ_STATE_FAILED || p->peer_state == LQ_STATE_CLOSED || p->peer_state == LQ_STATE_DISCONNECTED;
}

static void watch_connection(whip *p, int64_t now)
{
	if (is_lost(p))
		fail(p, LQ_ECONN, p->peer_reason, 0);
	else if (p->phase == PHASE_CONNECT && p->peer_state == LQ_STATE_CONNECTED)
		on_open(p);
	else if (p->phase == PHASE_CONNECT && now >= p->until)
		fail(p, LQ_ETIMEDOUT, "the server has answered, but no media connection comes about", 0);
	else if (p->phase == PHASE_OPEN && p->codec_changed) { /* WHIP has no second offer in a session */
		close_peer(p);
		begin(p);
	} else if (p->phase == PHASE_OPEN && now >= p->until)
		p->back_off = FIRST_BACK_OFF;
}

void whip_tracks_changed(whip *p)
{
	if (!p->courier || p->phase == PHASE_IDLE)
		return;
	p->renew_at = now_of(p) + SETTLE;
	p->w.host->wake_at(p->w.host, p->renew_at);
}

/* A session's tracks are those of its offer. What is being asked has to be answered first. */
static void renew(whip *p, int64_t now)
{
	if (p->renew_at == LQ_TIME_NONE || now < p->renew_at || p->phase == PHASE_LOOK_UP || p->phase == PHASE_ASK || p->phase == PHASE_ANSWER)
		return;
	p->renew_at = LQ_TIME_NONE;
	if (p->phase == PHASE_IDLE || (p->phase == PHASE_WAIT && p->until != LQ_TIME_NONE))
		return; /* the next one will have them */
	close_peer(p);
	begin(p);
}

void whip_step(whip *p)
{
	int64_t now = now_of(p);
	for (http_exchange *x; p->courier && (x = courier_take(p->courier)); http_free(x))
		on_exchange(p, x);
	renew(p, now);
	switch (p->phase) {
	case PHASE_GATHER:
		send_description(p, ASK, "POST", p->opt.url, PHASE_ASK);
		break;
	case PHASE_COUNTER:
		send_description(p, ANSWER, "PATCH", p->session_url, PHASE_ANSWER);
		break;
	case PHASE_CONNECT:
	case PHASE_OPEN:
		watch_connection(p, now);
		break;
	case PHASE_WAIT:
		if (p->until != LQ_TIME_NONE && now >= p->until)
			begin(p);
		break;
	default:
		break;
	}
	if (p->until != LQ_TIME_NONE && p->until > now)
		p->w.host->wake_at(p->w.host, p->until);
	if (p->renew_at != LQ_TIME_NONE && p->renew_at > now)
		p->w.host->wake_at(p->w.host, p->renew_at);
}

/* ---- life ---- */

static void on_done(void *arg)
{
	const whip *p = arg;
	p->w.host->wake_at(p->w.host, now_of(p));
}

int whip_start(whip *p)
{
	const http_options o = {.token = p->opt.token, .ca_file = p->opt.ca_file, .tls_verify = p->opt.tls_verify, .timeout = p->opt.timeout};
	int e = p->courier ? 0 : courier_start(&o, on_done, p, &p->courier);
	if (e)
		return p->w.host->fail(p->w.host, e, "no thread can be made");
	p->back_off = FIRST_BACK_OFF;
	p->lost_at = p->renew_at = LQ_TIME_NONE;
	begin(p);
	return 0;
}

void whip_stop(whip *p)
{
	if (!p->courier)
		return;
	close_peer(p);
	courier_stop(p->courier, LINGER);
	p->courier = NULL;
	enter(p, PHASE_IDLE, 0);
	tell_state(p, LQ_STATE_CLOSED, NULL);
}
