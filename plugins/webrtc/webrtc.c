/* transport.webrtc: encoded tracks to and from another WebRTC peer, usually a room server. See README.md. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "plugins/common/util.h"
#include "webrtc/srtp.h"
#include "webrtc_node.h"

/* ---- life ---- */

enum { PARAM_INTERFACE, PARAM_LOCAL_ADDRESS, PARAM_STUN_SERVER, PARAM_MIN_DELAY, PARAM_MAX_DELAY, N_PARAMS };

static void destroy(void *self)
{
	lq__webrtc_finish(self);
	lq__free(self);
}

static int create(const lq_host *host, const lq_value *params, void **self)
{
	lq__webrtc *w = lq__calloc(1, sizeof *w);
	if (!w)
		return LQ_ENOMEM;
	const lq__webrtc_options o = {.interface = params[PARAM_INTERFACE].s, .local_address = params[PARAM_LOCAL_ADDRESS].s,
	                              .stun_server = params[PARAM_STUN_SERVER].s, .min_delay = (uint32_t)params[PARAM_MIN_DELAY].i,
	                              .max_delay = (uint32_t)params[PARAM_MAX_DELAY].i};
	int e = lq__webrtc_init(w, host, &o);
	if (e) {
		destroy(w);
		return e;
	}
	*self = w;
	return 0;
}

static int run(void *self, int64_t now)
{
	lq__turn(self, now);
	return 0;
}

/* ---- ports ---- */

static int add_port(void *self, uint32_t tmpl, uint32_t port)
{
	return lq__ports_add(self, tmpl, port);
}

static void remove_port(void *self, uint32_t port)
{
	lq__ports_remove(self, port);
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	return lq__port_formats(self, port, i, out);
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	lq__webrtc *w = self;
	lq__port *p = lq__port_find(w, port);
	if (!p)
		return LQ_ENOENT;
	if (p->direction == LQ_SEND)
		lq__port_sends(w, p, fmt->codec);
	return 0;
}

static int on_event(void *self, const lq_event *event)
{
	return lq__webrtc_event(self, event);
}

/* ---- transport ---- */

static int transport_open(void *self, uint32_t direction, const char *url)
{
	lq__webrtc *w = self;
	if (direction > LQ_RECEIVE)
		return LQ_EINVAL;
	int e = lq__peer_open(w, (int)direction, direction == LQ_SEND);
	if (!e)
		lq__turn(w, w->host->now(w->host));
	return e;
}

static void transport_close(void *self, uint32_t direction)
{
	lq__webrtc *w = self;
	if (direction > LQ_RECEIVE)
		return;
	lq__peer_close(w, (int)direction);
	lq__turn(w, w->host->now(w->host));
}

static int transport_bind(void *self, uint32_t port, const char *mid)
{
	lq__webrtc *w = self;
	lq__port *p = lq__port_find(w, port);
	size_t n = strlen(mid);
	if (!p)
		return LQ_ENOENT;
	if (!n) {
		lq__port_unbind(w, p);
		return 0;
	}
	if (n >= sizeof p->mid)
		return w->host->fail(w->host, LQ_EINVAL, "a track's name has 1 to %zu bytes", sizeof p->mid - 1);
	if (p->added)
		return w->host->fail(w->host, LQ_ESTATE, "port %u is track %s already", port, p->mid);
	const lq__port *other = lq__port_by_mid(w, p->direction, mid);
	if (other && other != p)
		return w->host->fail(w->host, LQ_EEXIST, "track %s is bound to port %u", mid, other->port);
	memcpy(p->mid, mid, n + 1);
	return 0;
}

static int transport_describe(void *self, uint32_t direction, char *out, size_t size)
{
	return lq__describe(self, direction, out, size);
}

static int transport_set_remote(void *self, uint32_t direction, const char *text)
{
	lq__webrtc *w = self;
	int e = lq__set_remote(w, direction, text);
	lq__turn(w, w->host->now(w->host));
	return e;
}

static int transport_send(void *self, uint32_t port, lq_buffer *buf)
{
	lq__webrtc *w = self;
	lq__port *p = lq__port_find(w, port);
	if (!p)
		return LQ_ENOENT;
	if (!buf->size)
		return 0; /* the end of a stream */
	lq__webrtc_send(w, p, buf);
	return 0;
}

/* Of the connection that receives, also of the next one. */
static int set_param(void *self, uint32_t index, const lq_value *value)
{
	lq__webrtc *w = self;
	if (index == PARAM_MIN_DELAY)
		w->min_delay = (uint32_t)value->i;
	else if (index == PARAM_MAX_DELAY)
		w->max_delay = (uint32_t)value->i;
	else
		return LQ_ENOTSUP;
	if (w->peers[LQ_RECEIVE])
		lq_session_set_delays(w->peers[LQ_RECEIVE]->session, w->min_delay, w->max_delay);
	return 0;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	lq__webrtc_stats(self, fn, arg);
}

/* ---- the descriptor ---- */

static const lq_port_desc ports[] = {
	[PORT_AUDIO_IN] = {"audio", LQ_IN, LQ_MEDIA_AUDIO, LQ_PORT_OPTIONAL | LQ_PORT_MANY},
	[PORT_VIDEO_IN] = {"video", LQ_IN, LQ_MEDIA_VIDEO, LQ_PORT_OPTIONAL | LQ_PORT_MANY},
	[PORT_AUDIO_OUT] = {"audio", LQ_OUT, LQ_MEDIA_AUDIO, LQ_PORT_OPTIONAL | LQ_PORT_MANY},
	[PORT_VIDEO_OUT] = {"video", LQ_OUT, LQ_MEDIA_VIDEO, LQ_PORT_OPTIONAL | LQ_PORT_MANY},
};

static const lq_param_desc params[] = {
	[PARAM_INTERFACE] = {"interface", LQ_PARAM_STRING, 0, NULL, "", 0, 0, NULL, "Network interface to use; empty: all."},
	[PARAM_LOCAL_ADDRESS] = {"local_address", LQ_PARAM_STRING, 0, NULL, "", 0, 0, NULL, "Local IP address to use; empty: all."},
	[PARAM_STUN_SERVER] = {"stun_server", LQ_PARAM_STRING, 0, NULL, "", 0, 0, NULL, "STUN server, host or host:port; empty: none."},
	[PARAM_MIN_DELAY] = {"min_delay", LQ_PARAM_INT, LQ_PARAM_RUNTIME, "ms", "0", 0, 2000, NULL, "Least delay of the jitter buffers."},
	[PARAM_MAX_DELAY] = {"max_delay", LQ_PARAM_INT, LQ_PARAM_RUNTIME, "ms", "500", 100, 5000, NULL, "How long a missing video packet is waited for."},
};

static const lq_node_ops ops = {
	.create = create, .destroy = destroy, .add_port = add_port, .remove_port = remove_port, .formats = formats, .set_format = set_format,
	.run = run, .set_param = set_param, .event = on_event, .stats = stats,
};

static const lq_transport_ops transport_ops = {
	.open = transport_open, .close = transport_close, .bind = transport_bind, .describe = transport_describe,
	.set_remote = transport_set_remote, .send = transport_send,
};

static const lq_node_desc node = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_TRANSPORT, .id = "transport.webrtc",
	.summary = "WebRTC peer connections, one to send and one to receive (ICE, DTLS-SRTP; H.264, VP8, VP9, Opus)",
	.rank = 100, .flags = LQ_NODE_LIVE, .ports = ports, .n_ports = N_TEMPLATES, .n_params = N_PARAMS, .params = params,
	.ops = &ops, .kind_ops = &transport_ops,
};

static const lq_node_desc *const nodes[] = {&node};

static int init(void)
{
	lq_srtp_init();
	return 0;
}

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "webrtc", .version = "0.1.0", .licence = "Apache-2.0",
	.summary = "WebRTC on libnice, OpenSSL and libsrtp", .nodes = nodes, .n_nodes = 1, .init = init,
};
