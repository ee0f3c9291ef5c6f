/* Peer connections and their clockwork: the GMainContext of libnice, turned by the node's loop without ever waiting. */
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "webrtc_node.h"

#define MAX_RATE 100000000 /* bit/s */
#define AUDIO_RATE 50000
#define MAX_TURNS 64 /* of the context a call: other nodes of the loop want to run, too */

void lq__peer_state(lq__peer *p, int state, const char *reason)
{
	lq__webrtc *w = p->node;
	if (state == p->state)
		return;
	p->state = state;
	lq_event e = {.struct_size = sizeof e, .type = LQ_EVENT_STATE, .direction = (uint32_t)p->direction, .value = state, .text = reason};
	lq__webrtc_tell(w, &e);
}

/* ---- what ICE says ---- */

static void on_gathered(void *arg)
{
	lq__peer *p = arg;
	lq__webrtc *w = p->node;
	if (!p->wants_description)
		return;
	p->wants_description = 0;
	lq_event e = {.struct_size = sizeof e, .type = LQ_EVENT_DESCRIPTION, .direction = (uint32_t)p->direction};
	lq__webrtc_tell(w, &e);
}

static void on_connected(void *arg)
{
	lq__peer *p = arg;
	lq__webrtc *w = p->node;
	lq_session_connected(p->session, w->host->now(w->host));
}

static void on_failed(void *arg)
{
	lq__peer *p = arg;
	int was = p->state == LQ_STATE_CONNECTED;
	lq__peer_state(p, LQ_STATE_FAILED, was ? "the other side does not answer any more" : "ICE found no way to the other side");
}

static void on_datagram(void *arg, const uint8_t *data, size_t len)
{
	lq__peer *p = arg;
	lq__webrtc *w = p->node;
	lq_session_input(p->session, data, len, w->host->now(w->host));
}

/* ---- what the session says ---- */

static void on_send(void *arg, const uint8_t *data, size_t len)
{
	lq__peer *p = arg;
	p->unsent += p->ice && lq__ice_send(p->ice, data, len) != 0;
}

static void on_state(void *arg, int state, const char *reason)
{
	lq__peer_state(arg, state, reason);
}

static void on_frame(void *arg, const lq_session_frame *f)
{
	lq__peer *p = arg;
	lq__port_frame(p->node, f);
}

static void tell_upstream(lq__peer *p, const char *mid, uint32_t type, int64_t value)
{
	lq__webrtc *w = p->node;
	const lq__port *port = lq__port_by_mid(w, LQ_SEND, mid);
	if (!port)
		return;
	lq_event e = {.struct_size = sizeof e, .type = type, .port = port->port, .value = value};
	w->host->upstream(w->host, port->port, &e);
}

static void on_key_request(void *arg, const char *mid)
{
	tell_upstream(arg, mid, LQ_EVENT_KEY_FRAME, 0);
}

static void on_loss(void *arg, const char *mid, uint32_t per_mille)
{
	tell_upstream(arg, mid, LQ_EVENT_LOSS, per_mille);
}

static int is_picture(const lq__port *p)
{
	return p->direction == LQ_SEND && p->added && p->media == LQ_MEDIA_VIDEO;
}

static int same_track(const lq__port *a, const lq__port *b)
{
	size_t n = lq__port_mid(a);
	return n == lq__port_mid(b) && !memcmp(a->mid, b->mid, n);
}

/* The port that stands for a track: of several encodings the best, which was made first. */
static int is_best(const lq__webrtc *w, const lq__port *p)
{
	for (const lq__port *o = w->ports; o; o = o->next)
		if (is_picture(o) && o->port < p->port && same_track(o, p))
			return 0;
	return 1;
}

/* What the lower encodings of this track take of its share. They come first, so that something is left of it for everybody. */
static int64_t below(const lq__webrtc *w, const lq__port *p, int64_t share)
{
	int64_t sum = 0;
	for (const lq__port *o = w->ports; o; o = o->next)
		if (is_picture(o) && o->port > p->port && same_track(o, p))
			sum += o->ceiling;
	return sum < share ? sum : share;
}

/* The pictures share what the other side can take, less a little for the sound. */
static void on_rate(void *arg, uint64_t bitrate)
{
	lq__peer *p = arg;
	lq__webrtc *w = p->node;
	int64_t pictures = 0, left = (int64_t)(bitrate < MAX_RATE ? bitrate : MAX_RATE);
	for (const lq__port *port = w->ports; port; port = port->next) {
		pictures += is_picture(port) && is_best(w, port);
		left -= port->direction == LQ_SEND && port->added && port->media == LQ_MEDIA_AUDIO ? AUDIO_RATE : 0;
	}
	for (const lq__port *port = w->ports; port; port = port->next) {
		if (!is_picture(port) || left <= 0 || w->steady)
			continue;
		int64_t share = left / pictures, own = share - below(w, port, share);
		tell_upstream(p, port->mid, LQ_EVENT_TARGET_RATE, port->ceiling && own > port->ceiling ? port->ceiling : own);
	}
}

/* ---- life ---- */

static int open_session(lq__webrtc *w, lq__peer *p)
{
	struct timespec wall;
	clock_gettime(CLOCK_REALTIME, &wall);
	lq_session_config c = {.direction = p->direction, .cert = w->cert, .arg = p, .max_video_delay_ms = w->max_delay, .min_delay_ms = w->min_delay};
	c.wall_offset = wall.tv_sec * LQ_SEC + wall.tv_nsec - w->host->now(w->host);
	c.callbacks = (lq_session_callbacks){.send = on_send, .frame = on_frame, .state = on_state, .key_frame_request = on_key_request, .loss = on_loss,
	                                     .rate = on_rate};
	return lq_session_create(&c, &p->session);
}

int lq__peer_open(lq__webrtc *w, int direction, int offers)
{
	char error[200] = "";
	if (w->peers[direction])
		return LQ_ESTATE;
	lq__peer *p = lq__calloc(1, sizeof *p);
	if (!p)
		return LQ_ENOMEM;
	p->node = w;
	p->direction = direction;
	p->offers = offers;
	p->state = LQ_STATE_NEW;
	w->peers[direction] = p;
	int e = open_session(w, p);
	lq__ice_config c = {.context = w->context, .controlling = offers, .interface = w->interface, .local_address = w->local_address,
	                    .stun_server = w->stun_server, .servers = w->servers, .n_servers = w->n_servers, .arg = p, .gathered = on_gathered, .connected = on_connected, .failed = on_failed,
	                    .datagram = on_datagram};
	if (!e && !(p->ice = lq__ice_create(&c, error, sizeof error)))
		e = lq__webrtc_fail(w, LQ_EIO, "%s", error);
	if (e)
		lq__peer_close(w, direction);
	return e;
}

void lq__peer_close(lq__webrtc *w, int direction)
{
	lq__peer *p = w->peers[direction];
	if (!p)
		return;
	for (lq__port *port = w->ports; port; port = port->next)
		if (port->direction == (uint32_t)direction)
			port->added = 0;
	lq_session_destroy(p->session); /* says good-bye, so ICE must still be there */
	lq__ice_destroy(p->ice);
	w->peers[direction] = NULL;
	lq__free(p);
}

/* ---- the clockwork ---- */

static void watch(lq__webrtc *w, const GPollFD *fds, uint32_t n)
{
	int changed = n != w->n_fds;
	for (uint32_t i = 0; i < n; i++) {
		changed |= w->fds[i] != fds[i].fd || w->events[i] != (short)fds[i].events;
		w->fds[i] = fds[i].fd;
		w->events[i] = (short)fds[i].events; /* GLib's flags are those of poll */
	}
	w->n_fds = n;
	if (changed)
		w->host->watch(w->host, w->fds, w->events, n);
}

/* One round of the context, without waiting. Returns whether anything was dispatched; *timeout is when it wants to run again, ms or -1. */
static int turn_context(lq__webrtc *w, gint *timeout)
{
	GPollFD fds[MAX_FDS];
	gint priority;
	g_main_context_prepare(w->context, &priority);
	gint n = g_main_context_query(w->context, priority, timeout, fds, MAX_FDS);
	uint32_t used = (uint32_t)(n < MAX_FDS ? n : MAX_FDS);
	g_poll(fds, used, 0);
	int ready = g_main_context_check(w->context, priority, fds, (gint)used);
	if (ready)
		g_main_context_dispatch(w->context);
	watch(w, fds, used);
	return ready;
}

static void wake(lq__webrtc *w, int64_t now, gint timeout)
{
	if (timeout >= 0)
		w->host->wake_at(w->host, now + timeout * LQ_MSEC);
	for (int i = 0; i < 2; i++) {
		int64_t next = w->peers[i] ? lq_session_next(w->peers[i]->session) : LQ_TIME_NONE;
		if (next != LQ_TIME_NONE)
			w->host->wake_at(w->host, next);
	}
}

void lq__turn(lq__webrtc *w, int64_t now)
{
	gint timeout = -1;
	if (w->turning || !g_main_context_acquire(w->context))
		return;
	w->turning = 1;
	g_main_context_push_thread_default(w->context);
	int turns = 0;
	while (turns < MAX_TURNS && turn_context(w, &timeout))
		turns++;
	if (turns == MAX_TURNS)
		timeout = 0;
	for (int i = 0; i < 2; i++)
		if (w->peers[i])
			lq_session_timeout(w->peers[i]->session, w->host->now(w->host));
	g_main_context_pop_thread_default(w->context);
	g_main_context_release(w->context);
	w->turning = 0;
	wake(w, now, timeout);
}
