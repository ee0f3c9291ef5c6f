#include "ice.h"

#include <gio/gio.h>
#include <nice/agent.h>
#include <nice/interfaces.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <loquat/plugin/errors.h>

#include "base/alloc.h"

#define SOCKET_BUFFER (2 << 20) /* a key frame comes as a burst */
#define PACING_MS 10u
#define COMPONENT 1             /* RTP and RTCP in one */

struct lq__ice {
	lq__ice_config config;
	NiceAgent *agent;
	guint stream;
	int gathered, connected;
	int has_remote;
};

/* ---- local addresses ---- */

static int add_address(NiceAgent *agent, const char *text)
{
	NiceAddress address;
	nice_address_init(&address);
	return nice_address_set_from_string(&address, text) && nice_agent_add_local_address(agent, &address);
}

/* All of the machine's, and 127.0.0.1 last: libnice leaves it out, but there are machines that have nothing else, and servers on the same one. */
static int add_all_addresses(NiceAgent *agent)
{
	GList *found = nice_interfaces_get_local_ips(FALSE);
	int n = 0;
	for (GList *l = found; l; l = l->next)
		if (strncmp(l->data, "fe80:", 5))
			n += add_address(agent, l->data);
	g_list_free_full(found, g_free);
	return n + add_address(agent, "127.0.0.1");
}

static int add_addresses(NiceAgent *agent, const lq__ice_config *c, char *error, size_t error_size)
{
	if (*c->local_address) {
		if (add_address(agent, c->local_address))
			return 0;
		snprintf(error, error_size, "local_address: \"%s\" is no IP address", c->local_address);
		return LQ_EINVAL;
	}
	if (*c->interface) {
		char *ip = nice_interfaces_get_ip_for_interface((char *)c->interface);
		int ok = ip && add_address(agent, ip);
		g_free(ip);
		if (ok)
			return 0;
		snprintf(error, error_size, "interface: \"%s\" has no address or does not exist", c->interface);
		return LQ_ENODEV;
	}
	if (add_all_addresses(agent))
		return 0;
	snprintf(error, error_size, "this machine has no IP address");
	return LQ_ENODEV;
}

/* "host" or "host:port" */
static void set_stun_server(NiceAgent *agent, const char *server)
{
	const char *colon = strrchr(server, ':');
	char *host = colon ? g_strndup(server, (gsize)(colon - server)) : g_strdup(server);
	g_object_set(agent, "stun-server", host, "stun-server-port", colon ? (guint)g_ascii_strtoull(colon + 1, NULL, 10) : 3478u, NULL);
	g_free(host);
}

/* TURN servers are a stream's. */
static int use_relays(lq__ice *ice)
{
	const lq__ice_config *c = &ice->config;
	int ok = 1;
	for (uint32_t i = 0; i < c->n_servers && ok; i++) {
		const lq__ice_server *s = &c->servers[i];
		ok = !s->relay || nice_agent_set_relay_info(ice->agent, ice->stream, COMPONENT, s->host, s->port, s->user, s->secret,
		                                            s->tcp ? NICE_RELAY_TYPE_TURN_TCP : NICE_RELAY_TYPE_TURN_UDP);
	}
	return ok;
}

static void use_stun(NiceAgent *agent, const lq__ice_config *c)
{
	if (*c->stun_server) {
		set_stun_server(agent, c->stun_server);
		return;
	}
	for (uint32_t i = 0; i < c->n_servers; i++)
		if (!c->servers[i].relay) {
			g_object_set(agent, "stun-server", c->servers[i].host, "stun-server-port", (guint)c->servers[i].port, NULL);
			return;
		}
}

/* ---- signals ---- */

static void on_gathered(NiceAgent *agent, guint stream, gpointer arg)
{
	lq__ice *ice = arg;
	GPtrArray *sockets = nice_agent_get_sockets(agent, stream, COMPONENT);
	int size = SOCKET_BUFFER;
	for (guint i = 0; sockets && i < sockets->len; i++) {
		int fd = g_socket_get_fd(sockets->pdata[i]);
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size); /* the kernel gives what it may */
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	}
	if (sockets)
		g_ptr_array_unref(sockets);
	ice->gathered = 1;
	ice->config.gathered(ice->config.arg);
}

static void on_state(NiceAgent *agent, guint stream, guint component, guint state, gpointer arg)
{
	lq__ice *ice = arg;
	if ((state == NICE_COMPONENT_STATE_CONNECTED || state == NICE_COMPONENT_STATE_READY) && !ice->connected) {
		ice->connected = 1;
		ice->config.connected(ice->config.arg);
	} else if (state == NICE_COMPONENT_STATE_FAILED && ice->has_remote) {
		ice->config.failed(ice->config.arg);
	}
}

static void on_datagram(NiceAgent *agent, guint stream, guint component, guint len, gchar *data, gpointer arg)
{
	lq__ice *ice = arg;
	ice->config.datagram(ice->config.arg, (const uint8_t *)data, len);
}

/* ---- life ---- */

/* Names of servers are looked up by GLib, which answers in the context that is the thread's then. */
static int begin(lq__ice *ice)
{
	const lq__ice_config *c = &ice->config;
	g_main_context_push_thread_default(c->context);
	ice->stream = nice_agent_add_stream(ice->agent, 1);
	int ok = ice->stream && use_relays(ice) && nice_agent_attach_recv(ice->agent, ice->stream, COMPONENT, c->context, on_datagram, ice) &&
	         nice_agent_gather_candidates(ice->agent, ice->stream);
	g_main_context_pop_thread_default(c->context);
	return ok;
}

lq__ice *lq__ice_create(const lq__ice_config *config, char *error, size_t error_size)
{
	lq__ice *ice = lq__calloc(1, sizeof *ice);
	if (!ice) {
		snprintf(error, error_size, "out of memory");
		return NULL;
	}
	ice->config = *config;
	ice->agent = nice_agent_new_full(config->context, NICE_COMPATIBILITY_RFC5245, NICE_AGENT_OPTION_CONSENT_FRESHNESS);
	g_object_set(ice->agent, "controlling-mode", (gboolean)config->controlling, "upnp", FALSE, "ice-tcp", FALSE, NULL);
	g_object_set(ice->agent, "stun-pacing-timer", PACING_MS, NULL);
	use_stun(ice->agent, config);
	if (add_addresses(ice->agent, config, error, error_size)) {
		lq__ice_destroy(ice);
		return NULL;
	}
	g_signal_connect(ice->agent, "candidate-gathering-done", G_CALLBACK(on_gathered), ice);
	g_signal_connect(ice->agent, "component-state-changed", G_CALLBACK(on_state), ice);
	if (!begin(ice)) {
		snprintf(error, error_size, "no socket could be opened");
		lq__ice_destroy(ice);
		return NULL;
	}
	return ice;
}

void lq__ice_destroy(lq__ice *ice)
{
	if (!ice)
		return;
	g_signal_handlers_disconnect_by_data(ice->agent, ice);
	if (ice->stream)
		nice_agent_remove_stream(ice->agent, ice->stream);
	g_object_unref(ice->agent);
	lq__free(ice);
}

int lq__ice_is_gathered(const lq__ice *ice)
{
	return ice->gathered;
}

void lq__ice_stop_gathering(lq__ice *ice)
{
	ice->gathered = 1;
}

/* ---- descriptions ---- */

static int is_loopback(const char *candidate)
{
	return strstr(candidate, " 127.") != NULL || strstr(candidate, " ::1 ") != NULL;
}

int lq__ice_describe(lq__ice *ice, lq__ice_description *out)
{
	gchar *ufrag = NULL, *pwd = NULL;
	memset(out, 0, sizeof *out);
	if (!nice_agent_get_local_credentials(ice->agent, ice->stream, &ufrag, &pwd))
		return LQ_ESTATE;
	g_strlcpy(out->ufrag, ufrag, sizeof out->ufrag);
	g_strlcpy(out->pwd, pwd, sizeof out->pwd);
	g_free(ufrag);
	g_free(pwd);
	GSList *list = nice_agent_get_local_candidates(ice->agent, ice->stream, COMPONENT);
	/* The loopback address is of no use to others, unless there is nothing else. */
	for (int loopback = 0; loopback < 2 && !(loopback && out->n); loopback++)
		for (GSList *l = list; l && out->n < LQ__ICE_CANDIDATES; l = l->next) {
			gchar *line = nice_agent_generate_local_candidate_sdp(ice->agent, l->data);
			if (line && g_str_has_prefix(line, "a=") && is_loopback(line) == loopback && strlen(line + 2) < sizeof *out->candidates)
				strcpy(out->candidates[out->n++], line + 2);
			g_free(line);
		}
	g_slist_free_full(list, (GDestroyNotify)nice_candidate_free);
	return 0;
}

int lq__ice_set_remote(lq__ice *ice, const char *ufrag, const char *pwd, int lite, const char *candidates, size_t stride, uint32_t n)
{
	if (lite)
		g_object_set(ice->agent, "controlling-mode", TRUE, NULL);
	if (!nice_agent_set_remote_credentials(ice->agent, ice->stream, ufrag, pwd))
		return LQ_EPARSE;
	ice->has_remote = 1;
	GSList *list = NULL;
	for (uint32_t i = 0; i < n; i++) {
		char line[256];
		snprintf(line, sizeof line, "a=%s", candidates + i * stride);
		NiceCandidate *c = nice_agent_parse_remote_candidate_sdp(ice->agent, ice->stream, line);
		if (c && c->component_id == COMPONENT && c->transport == NICE_CANDIDATE_TRANSPORT_UDP)
			list = g_slist_append(list, c);
		else if (c)
			nice_candidate_free(c); /* TCP, or of RTCP alone */
	}
	int taken = list ? nice_agent_set_remote_candidates(ice->agent, ice->stream, COMPONENT, list) : 0;
	g_slist_free_full(list, (GDestroyNotify)nice_candidate_free);
	return taken < 0 ? 0 : taken;
}

int lq__ice_send(lq__ice *ice, const uint8_t *data, size_t len)
{
	return nice_agent_send(ice->agent, ice->stream, COMPONENT, (guint)len, (const gchar *)data) == (gint)len ? 0 : LQ_EAGAIN;
}
