/* What all nodes with WebRTC connections do alike: life, events, packets out, figures. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "plugins/common/util.h"
#include "webrtc_node.h"

/* ---- life ---- */

int lq__webrtc_init(lq__webrtc *w, const lq_host *host, const lq__webrtc_options *o)
{
	w->host = host;
	w->context = g_main_context_new();
	w->interface = lq__strdup(o->interface);
	w->local_address = lq__strdup(o->local_address);
	w->stun_server = lq__strdup(o->stun_server);
	w->session_port[LQ_RECEIVE] = PORT_AUDIO_OUT;
	w->min_delay = o->min_delay;
	w->max_delay = o->max_delay;
	return w->interface && w->local_address && w->stun_server ? lq_cert_create(&w->cert) : LQ_ENOMEM;
}

void lq__webrtc_finish(lq__webrtc *w)
{
	g_main_context_acquire(w->context);
	for (int i = 0; i < 2; i++)
		lq__peer_close(w, i);
	while (w->ports)
		lq__ports_remove(w, w->ports->port);
	while (g_main_context_iteration(w->context, FALSE)) {
	}
	g_main_context_release(w->context);
	g_main_context_unref(w->context);
	lq_cert_destroy(w->cert);
	lq__free(w->interface);
	lq__free(w->local_address);
	lq__free(w->stun_server);
}

/* ---- events ---- */

int lq__webrtc_fail(lq__webrtc *w, int code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	vsnprintf(w->why, sizeof w->why, fmt, args);
	va_end(args);
	return w->host->fail(w->host, code, "%s", w->why);
}

void lq__webrtc_tell(lq__webrtc *w, const lq_event *e)
{
	if (w->tell)
		w->tell(w, e);
	else
		w->host->event(w->host, e);
}

int lq__webrtc_event(lq__webrtc *w, const lq_event *event)
{
	lq__port *p = lq__port_find(w, event->port);
	if (event->type == LQ_EVENT_TARGET_RATE && p && p->direction == LQ_SEND) {
		p->ceiling = event->value > 0 ? event->value : 0;
		return 0;
	}
	if (event->type != LQ_EVENT_KEY_FRAME || !p || p->direction != LQ_RECEIVE || !w->peers[LQ_RECEIVE])
		return 0;
	int64_t now = w->host->now(w->host);
	lq_session_request_key_frame(w->peers[LQ_RECEIVE]->session, p->mid, now);
	lq__turn(w, now);
	return 0;
}

/* ---- packets out ---- */

int lq__webrtc_send(lq__webrtc *w, lq__port *p, const lq_buffer *buf)
{
	lq__peer *peer = w->peers[LQ_SEND];
	lq__port_sends(w, p, buf->format->codec);
	if (!peer || !p->added || p->codec != lq_session_codec(peer->session, p->mid)) {
		p->dropped++;
		return LQ_ESTATE;
	}
	int64_t now = w->host->now(w->host), pts = buf->pts == LQ_TIME_NONE ? now : buf->pts;
	lq_session_send(peer->session, p->mid, buf->planes[0], buf->size, buf->flags, pts, buf->capture_time, now);
	int64_t next = lq_session_next(peer->session);
	if (next != LQ_TIME_NONE)
		w->host->wake_at(w->host, next);
	return 0;
}

/* ---- figures ---- */

typedef struct sink {
	lq__webrtc *w;
	uint32_t direction;
	lq_stat_fn fn;
	void *arg;
} sink;

static void on_stat(void *arg, const char *mid, const char *name, double value)
{
	const sink *k = arg;
	const lq__port *p = lq__port_by_mid(k->w, k->direction, mid);
	if (p && *mid)
		lq__stat(k->fn, k->arg, p->port, name, value);
	else if (!*mid)
		lq__stat(k->fn, k->arg, k->w->session_port[k->direction], name, value);
}

void lq__webrtc_stats(lq__webrtc *w, lq_stat_fn fn, void *arg)
{
	for (uint32_t i = 0; i < 2; i++) {
		sink k = {w, i, fn, arg};
		if (!w->peers[i])
			continue;
		lq_session_stats(w->peers[i]->session, on_stat, &k);
		on_stat(&k, "", "unsentDatagrams", (double)w->peers[i]->unsent);
		on_stat(&k, "", "state", w->peers[i]->state);
	}
	for (const lq__port *p = w->ports; p; p = p->next)
		lq__stat(fn, arg, p->port, "portDropped", (double)p->dropped);
	lq__stat(fn, arg, w->session_port[LQ_RECEIVE], "unboundFrames", (double)w->unbound);
}
