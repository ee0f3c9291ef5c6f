/* transport.whip publishes by WHIP, transport.whep plays by WHEP. See README.md. */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "plugins/common/util.h"
#include "webrtc/srtp.h"
#include "whip_node.h"

const whip_kind whip_publish = {"WHIP", LQ_SEND}, whip_play = {"WHEP", LQ_RECEIVE};

enum {
	PARAM_URL, PARAM_TOKEN, PARAM_TLS_VERIFY, PARAM_CA_FILE, PARAM_TIMEOUT, PARAM_RETRY, PARAM_GIVE_UP, PARAM_ICE_SERVERS, PARAM_INTERFACE,
	PARAM_LOCAL_ADDRESS, PARAM_ADAPT, N_WHIP_PARAMS, PARAM_MIN_DELAY = PARAM_ADAPT, PARAM_MAX_DELAY, PARAM_VIDEO_CODEC, N_WHEP_PARAMS
};
enum { AUDIO, VIDEO };

static const char *const codec_names[] = {"linked", "h264", "vp8", "vp9", NULL};
static const uint32_t codec_ids[] = {LQ_CODEC_NONE, LQ_CODEC_H264, LQ_CODEC_VP8, LQ_CODEC_VP9};

/* ---- life ---- */

void whip_where(const char *url, char out[WHERE_TEXT])
{
	const char *host = strstr(url, "://");
	host = host ? host + 3 : url;
	size_t n = strcspn(host, "/?#");
	const char *at = memchr(host, '@', n);
	if (at) {
		n -= (size_t)(at + 1 - host);
		snprintf(out, WHERE_TEXT, "%.*s%.*s", (int)(host - url), url, (int)n, at + 1);
	} else {
		snprintf(out, WHERE_TEXT, "%.*s%.*s", (int)(host - url), url, (int)n, host);
	}
}

/* "https://TOKEN@host/path": for who has only a URL to say it in. */
static int take_token(whip *p)
{
	char *host = strstr(p->opt.url, "://") + 3, *at = memchr(host, '@', strcspn(host, "/?#"));
	if (!at)
		return 0;
	char *token = lq__strndup(host, (size_t)(at - host));
	if (!token)
		return LQ_ENOMEM;
	lq__free(p->opt.token);
	p->opt.token = token;
	memmove(host, at + 1, strlen(at + 1) + 1);
	return 0;
}

static int check_url(whip *p)
{
	const char *url = p->opt.url;
	whip_where(url, p->where);
	if (!strncasecmp(url, "http://", 7) || !strncasecmp(url, "https://", 8))
		return take_token(p);
	return p->w.host->fail(p->w.host, LQ_EINVAL, "%s: this is no URL for %s, which looks like https://host/path", p->where, p->kind->name);
}

static int take_servers(whip *p, const char *list)
{
	const char *bad = list;
	int n = lq__ice_servers_parse(list, p->w.servers, LQ__ICE_SERVERS, &bad);
	if (n >= 0) {
		p->w.n_servers = (uint32_t)n;
		return 0;
	}
	size_t place = (size_t)(bad - list);
	if (n == LQ_EFULL)
		return p->w.host->fail(p->w.host, n, "ice_servers: at most %d", LQ__ICE_SERVERS);
	if (n == LQ_ENOTSUP)
		return p->w.host->fail(p->w.host, n, "ice_servers: at character %zu: stuns and turns are not spoken: use stun or turn", place + 1);
	return p->w.host->fail(p->w.host, n, "ice_servers: at character %zu: each looks like stun:host:port or turn:user:secret@host:port", place + 1);
}

static int take_params(whip *p, const lq_value *v)
{
	whip_options *o = &p->opt;
	o->url = lq__strdup(v[PARAM_URL].s);
	o->token = lq__strdup(v[PARAM_TOKEN].s);
	o->ca_file = lq__strdup(v[PARAM_CA_FILE].s);
	o->tls_verify = (int)v[PARAM_TLS_VERIFY].i;
	o->timeout = v[PARAM_TIMEOUT].i * LQ_MSEC;
	o->retry = v[PARAM_RETRY].i * LQ_MSEC;
	o->give_up = v[PARAM_GIVE_UP].i * LQ_MSEC;
	p->w.steady = p->kind->direction == LQ_SEND && !v[PARAM_ADAPT].i;
	if (p->kind->direction == LQ_RECEIVE)
		o->codec = codec_ids[v[PARAM_VIDEO_CODEC].i];
	if (!o->url || !o->token || !o->ca_file)
		return LQ_ENOMEM;
	return take_servers(p, v[PARAM_ICE_SERVERS].s);
}

static void destroy(void *self)
{
	whip *p = self;
	whip_stop(p);
	lq__webrtc_finish(&p->w);
	lq__free(p->opt.url);
	lq__free(p->opt.token);
	lq__free(p->opt.ca_file);
	lq__free(p);
}

static int create(const lq_host *host, const whip_kind *kind, const lq_value *params, void **self)
{
	whip *p = lq__calloc(1, sizeof *p);
	if (!p)
		return LQ_ENOMEM;
	lq__webrtc_options o = {.interface = params[PARAM_INTERFACE].s, .local_address = params[PARAM_LOCAL_ADDRESS].s, .stun_server = ""};
	if (kind->direction == LQ_RECEIVE) {
		o.min_delay = (uint32_t)params[PARAM_MIN_DELAY].i;
		o.max_delay = (uint32_t)params[PARAM_MAX_DELAY].i;
	}
	p->kind = kind;
	p->until = p->lost_at = p->renew_at = LQ_TIME_NONE;
	int e = lq__webrtc_init(&p->w, host, &o);
	p->w.tell = whip_note;
	p->w.session_port[LQ_RECEIVE] = 0;
	e = e ? e : take_params(p, params);
	e = e || !*p->opt.url ? e : check_url(p);
	if (e) {
		destroy(p);
		return e;
	}
	*self = p;
	return 0;
}

static int create_whip(const lq_host *host, const lq_value *params, void **self)
{
	return create(host, &whip_publish, params, self);
}

static int create_whep(const lq_host *host, const lq_value *params, void **self)
{
	return create(host, &whip_play, params, self);
}

static int start(void *self)
{
	whip *p = self;
	return *p->opt.url ? whip_start(p) : 0;
}

static void stop(void *self)
{
	whip_stop(self);
}

static int run(void *self, int64_t now)
{
	whip *p = self;
	lq__turn(&p->w, now);
	whip_step(p);
	return 0;
}

/* ---- ports ---- */

static int add_port(void *self, uint32_t tmpl, uint32_t port)
{
	whip *p = self;
	uint32_t media = tmpl == VIDEO ? LQ_MEDIA_VIDEO : LQ_MEDIA_AUDIO;
	for (const lq__port *o = p->w.ports; o; o = o->next)
		if (o->media == media)
			return p->w.host->fail(p->w.host, LQ_EFULL, "%s carries at most 1 %s track", p->kind->name, tmpl == VIDEO ? "video" : "audio");
	whip_tracks_changed(p);
	return lq__ports_add(&p->w, p->kind->direction == LQ_SEND ? PORT_AUDIO_IN + tmpl : PORT_AUDIO_OUT + tmpl, port);
}

static void remove_port(void *self, uint32_t port)
{
	whip *p = self;
	lq__ports_remove(&p->w, port);
	whip_tracks_changed(p);
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	whip *p = self;
	int e = lq__port_formats(&p->w, port, i, out);
	if (e || out->media != LQ_MEDIA_VIDEO || p->opt.codec == LQ_CODEC_NONE)
		return e;
	out->codec = p->opt.codec;
	return i ? LQ_END : 0;
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	whip *p = self;
	lq__port *at = lq__port_find(&p->w, port);
	if (!at)
		return LQ_ENOENT;
	if (p->kind->direction == LQ_SEND)
		lq__port_sends(&p->w, at, fmt->codec);
	else
		at->codec = fmt->codec; /* what is asked for */
	return 0;
}

static int on_event(void *self, const lq_event *event)
{
	return lq__webrtc_event(self, event);
}

/* ---- transport ---- */

static int transport_open(void *self, uint32_t direction, const char *url)
{
	whip *p = self;
	if (direction != p->kind->direction)
		return p->w.host->fail(p->w.host, LQ_ENOTSUP, direction == LQ_SEND ? "WHEP only plays; transport.whip publishes" : "WHIP only publishes; transport.whep plays");
	if (p->courier)
		return p->w.host->fail(p->w.host, LQ_ESTATE, "it is open already");
	char *copy = url ? lq__strdup(url) : NULL;
	if (url && !copy)
		return LQ_ENOMEM;
	if (copy) {
		lq__free(p->opt.url);
		p->opt.url = copy;
	}
	if (!*p->opt.url)
		return p->w.host->fail(p->w.host, LQ_EINVAL, "there is no URL");
	int e = check_url(p);
	return e ? e : whip_start(p);
}

static void transport_close(void *self, uint32_t direction)
{
	whip *p = self;
	if (direction == p->kind->direction)
		whip_stop(p);
}

static void drop(whip *p, const lq_buffer *buf)
{
	p->dropped++;
	p->gap++;
	p->groups += buf->format->media == LQ_MEDIA_VIDEO && buf->flags & LQ_BUFFER_KEY;
}

/* Pictures that go back in time are B-frames, which receivers of WebRTC do not put in order. */
static int is_ordered(whip *p, const lq_buffer *buf, uint32_t port)
{
	int ordered = p->last_pts == LQ_TIME_NONE || buf->pts == LQ_TIME_NONE || buf->pts > p->last_pts || buf->flags & LQ_BUFFER_DISCONTINUITY;
	if (ordered)
		p->last_pts = buf->pts;
	else if (!p->disordered++)
		lq__tell(p->w.host, LQ_EVENT_ERROR, port, LQ_EFORMAT, "WebRTC cannot carry B-frames: encode without them");
	return ordered;
}

static void take_picture(whip *p, const lq_buffer *buf)
{
	if (!p->need_key || !(buf->flags & LQ_BUFFER_KEY))
		return;
	p->need_key = 0;
	if (p->gap && p->connects > 1)
		lq__tell(p->w.host, LQ_EVENT_DROPPED, 0, (int64_t)p->gap, "lost while there was no connection");
	p->gap = 0;
}

static int transport_send(void *self, uint32_t port, lq_buffer *buf)
{
	whip *p = self;
	lq__port *at = lq__port_find(&p->w, port);
	if (!at)
		return p->w.host->fail(p->w.host, LQ_EINVAL, "there is no track %u", port);
	int video = at->media == LQ_MEDIA_VIDEO;
	if (!buf->size || buf->flags & LQ_BUFFER_LOST)
		return 0;
	if (p->phase != PHASE_OPEN) {
		lq__port_sends(&p->w, at, buf->format->codec);
		drop(p, buf);
		return 0;
	}
	if (video)
		take_picture(p, buf);
	if ((video && (p->need_key || !is_ordered(p, buf, port))) || lq__webrtc_send(&p->w, at, buf)) {
		drop(p, buf);
		return 0;
	}
	p->packets++;
	p->bytes += buf->size;
	return 0;
}

/* ---- figures ---- */

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	whip *p = self;
	if (p->kind->direction == LQ_SEND) {
		lq__stat(fn, arg, 0, "packetsSent", (double)p->packets);
		lq__stat(fn, arg, 0, "bytesSent", (double)p->bytes);
		lq__stat(fn, arg, 0, "packetsDropped", (double)p->dropped);
		lq__stat(fn, arg, 0, "groupsDropped", (double)p->groups);
		lq__stat(fn, arg, 0, "disordered", (double)p->disordered);
	}
	lq__stat(fn, arg, 0, "connections", (double)p->connects);
	lq__stat(fn, arg, 0, "failures", (double)p->failures);
	if (!p->w.peers[p->kind->direction])
		lq__stat(fn, arg, 0, "state", p->state);
	lq__webrtc_stats(&p->w, fn, arg);
}

/* ---- the descriptors ---- */

static const lq_port_desc whip_ports[] = {[AUDIO] = {"audio", LQ_IN, LQ_MEDIA_AUDIO, LQ_PORT_OPTIONAL | LQ_PORT_MANY},
                                          [VIDEO] = {"video", LQ_IN, LQ_MEDIA_VIDEO, LQ_PORT_OPTIONAL | LQ_PORT_MANY}};
static const lq_port_desc whep_ports[] = {[AUDIO] = {"audio", LQ_OUT, LQ_MEDIA_AUDIO, LQ_PORT_OPTIONAL | LQ_PORT_MANY},
                                          [VIDEO] = {"video", LQ_OUT, LQ_MEDIA_VIDEO, LQ_PORT_OPTIONAL | LQ_PORT_MANY}};

#define SHARED(url_help) \
	[PARAM_URL] = {"url", LQ_PARAM_STRING, LQ_PARAM_SECRET, NULL, "", 0, 0, NULL, url_help}, \
	[PARAM_TOKEN] = {"token", LQ_PARAM_STRING, LQ_PARAM_SECRET, NULL, "", 0, 0, NULL, "Bearer token that the server wants; empty: none."}, \
	[PARAM_TLS_VERIFY] = {"tls_verify", LQ_PARAM_BOOL, 0, NULL, "true", 0, 0, NULL, "The server's certificate must be trusted."}, \
	[PARAM_CA_FILE] = {"ca_file", LQ_PARAM_STRING, LQ_PARAM_FILE, NULL, "", 0, 0, NULL, "Certificates to trust, PEM; empty: the system's."}, \
	[PARAM_TIMEOUT] = {"timeout", LQ_PARAM_INT, 0, "ms", "10000", 100, 60000, NULL, "How long the server's answer, and then connecting, may take."}, \
	[PARAM_RETRY] = {"retry", LQ_PARAM_INT, 0, "ms", "10000", 500, 600000, NULL, "Longest wait before it connects again; the first is 500 ms, and each twice the one before."}, \
	[PARAM_GIVE_UP] = {"give_up", LQ_PARAM_INT, 0, "ms", "0", 0, 86400000, NULL, "Fails when there was no connection for so long; 0: never."}, \
	[PARAM_ICE_SERVERS] = {"ice_servers", LQ_PARAM_STRING, LQ_PARAM_SECRET, NULL, "", 0, 0, NULL, "stun:host:port and turn:user:secret@host:port, separated by blanks; the server may name others."}, \
	[PARAM_INTERFACE] = {"interface", LQ_PARAM_STRING, 0, NULL, "", 0, 0, NULL, "Network interface to use; empty: all."}, \
	[PARAM_LOCAL_ADDRESS] = {"local_address", LQ_PARAM_STRING, 0, NULL, "", 0, 0, NULL, "Local IP address to use; empty: all."}

static const lq_param_desc whip_params[] = {
	SHARED("The WHIP endpoint, https://host/path; https://TOKEN@host/path gives the token, too."),
	[PARAM_ADAPT] = {"adapt", LQ_PARAM_BOOL, 0, NULL, "true", 0, 0, NULL, "Encoders follow what the server can take; false where an encoder feeds others, too."},
};
static const lq_param_desc whep_params[] = {
	SHARED("The WHEP endpoint, https://host/path; https://TOKEN@host/path gives the token, too."),
	[PARAM_MIN_DELAY] = {"min_delay", LQ_PARAM_INT, 0, "ms", "0", 0, 2000, NULL, "Least delay of the jitter buffers."},
	[PARAM_MAX_DELAY] = {"max_delay", LQ_PARAM_INT, 0, "ms", "500", 100, 5000, NULL, "How long a missing video packet is waited for."},
	[PARAM_VIDEO_CODEC] = {"video_codec", LQ_PARAM_CHOICE, 0, NULL, "linked", 0, 0, codec_names, "The picture's codec to ask for; linked: the first that what is linked takes."},
};

#define OPS(kind) \
	static const lq_node_ops kind##_ops = {.create = create_##kind, .destroy = destroy, .add_port = add_port, .remove_port = remove_port, \
	                                       .formats = formats, .set_format = set_format, .start = start, .stop = stop, .run = run, .event = on_event, \
	                                       .stats = stats}
OPS(whip);
OPS(whep);

static const lq_transport_ops transport_ops = {.open = transport_open, .close = transport_close, .send = transport_send};

static const lq_node_desc whip_desc = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_TRANSPORT, .id = "transport.whip",
	.summary = "Publishes to a WHIP server by WebRTC (H.264, VP8, VP9; Opus)",
	.rank = 100, .flags = LQ_NODE_LIVE, .ports = whip_ports, .n_ports = 2, .params = whip_params, .n_params = N_WHIP_PARAMS,
	.ops = &whip_ops, .kind_ops = &transport_ops,
};
static const lq_node_desc whep_desc = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_TRANSPORT, .id = "transport.whep",
	.summary = "Plays from a WHEP server by WebRTC (H.264, VP8, VP9; Opus)",
	.rank = 100, .flags = LQ_NODE_LIVE, .ports = whep_ports, .n_ports = 2, .params = whep_params, .n_params = N_WHEP_PARAMS,
	.ops = &whep_ops, .kind_ops = &transport_ops,
};

static const lq_node_desc *const nodes[] = {&whip_desc, &whep_desc};

static int init(void)
{
	lq_srtp_init();
	return curl_global_init(CURL_GLOBAL_DEFAULT) ? LQ_EIO : 0;
}

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "whip", .version = "0.1.0", .licence = "Apache-2.0",
	.summary = "WHIP and WHEP: WebRTC by HTTP, on libcurl and libnice", .nodes = nodes, .n_nodes = 2, .init = init,
};
