/* WebSocket connections: collects messages, queues answers, pings. What a message means is client.c's. */
#include <stdio.h>
#include <string.h>

#include <loquat/log.h>

#include "base/alloc.h"
#include "server/message.h"
#include "server/server.h"
#include "server/session.h"

#define QUEUE_BYTES_MAX (8u * 1024 * 1024) /* unsent, of one connection */
#define JOIN_TIMEOUT INT64_C(10000000000) /* ns for a new connection to join or log in */
#define CLOSE_SECONDS 3                   /* for the last messages and the close to be taken */

typedef struct outgoing {
	lq__link link;
	size_t len;
	unsigned char data[]; /* LWS_PRE bytes and the text */
} outgoing;

typedef struct connection {
	lq__link link, queue;
	lq__server *server;
	struct lws *wsi;
	lq__client client;
	size_t queued;
	char *text; /* of the message being received */
	size_t len, room;
	int too_long, want_ping;
	int closing, close_status, peer_closed;
	char close_reason[64];
	int64_t opened;
} connection;

const size_t lq__ws_session_size = sizeof(connection);

/* ---- out ---- */

static void overflow(connection *c)
{
	if (c->closing)
		return;
	c->closing = 1;
	c->server->overflows++;
	lq_log(LQ_LOG_WARNING, "ws", "a client does not read what it is sent: closed");
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
}

static void send_json(void *arg, const json_t *message)
{
	connection *c = arg;
	size_t len = json_dumpb(message, NULL, 0, JSON_COMPACT);
	if (!len || c->closing)
		return;
	outgoing *o = c->queued + len <= QUEUE_BYTES_MAX ? lq__malloc(sizeof *o + LWS_PRE + len) : NULL;
	if (!o) {
		overflow(c);
		return;
	}
	o->len = json_dumpb(message, (char *)o->data + LWS_PRE, len, JSON_COMPACT);
	c->queued += o->len;
	lq__list_append(&c->queue, &o->link);
	lws_callback_on_writable(c->wsi);
}

static void close_connection(void *arg, int status, const char *reason)
{
	connection *c = arg;
	if (c->closing)
		return;
	c->closing = 1;
	c->close_status = status;
	snprintf(c->close_reason, sizeof c->close_reason, "%s", reason);
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_CLOSE_SEND, CLOSE_SECONDS);
	lws_callback_on_writable(c->wsi);
}

static void free_outgoing(connection *c, outgoing *o)
{
	c->queued -= o->len;
	lq__list_remove(&o->link);
	lq__free(o);
}

static int write_ping(connection *c)
{
	unsigned char ping[LWS_PRE + 4] = {0}; /* libwebsockets tells nothing of pongs without content */
	memcpy(ping + LWS_PRE, "ping", 4);
	c->want_ping = 0;
	return lws_write(c->wsi, ping + LWS_PRE, 4, LWS_WRITE_PING);
}

static int on_writable(connection *c)
{
	if (!lq__list_empty(&c->queue)) {
		outgoing *o = LQ__ENTRY(c->queue.next, outgoing, link);
		int n = lws_write(c->wsi, o->data + LWS_PRE, o->len, LWS_WRITE_TEXT);
		free_outgoing(c, o);
		if (n < 0)
			return -1;
	} else if (c->closing) {
		lws_close_reason(c->wsi, (enum lws_close_status)c->close_status, (unsigned char *)c->close_reason, strlen(c->close_reason));
		return -1;
	} else if (c->want_ping && write_ping(c) < 0) {
		return -1;
	}
	if (!lq__list_empty(&c->queue) || c->closing || c->want_ping)
		lws_callback_on_writable(c->wsi);
	return 0;
}

/* ---- in ---- */

static int collect(connection *c, const void *in, size_t len)
{
	if (c->len + len > LQ_MESSAGE_MAX)
		return -1;
	if (c->len + len > c->room) {
		size_t room = c->room ? c->room : 4096;
		while (room < c->len + len)
			room *= 2;
		char *text = lq__realloc(c->text, room);
		if (!text)
			return -1;
		c->text = text;
		c->room = room;
	}
	if (len)
		memcpy(c->text + c->len, in, len);
	c->len += len;
	return 0;
}

static void on_receive(connection *c, const void *in, size_t len)
{
	if (c->closing)
		return;
	if (!c->too_long && collect(c, in, len)) {
		char why[64];
		snprintf(why, sizeof why, "a message has at most %d bytes", LQ_MESSAGE_MAX);
		c->too_long = 1;
		lq__client_refuse(&c->client, why);
	}
	if (!lws_is_final_fragment(c->wsi))
		return;
	if (c->too_long)
		c->too_long = 0;
	else if (lws_frame_is_binary(c->wsi))
		lq__client_refuse(&c->client, "a message is a text frame, this one is binary");
	else
		lq__client_text(&c->client, c->text ? c->text : "", c->len, c->server->now, lq__service_unix_ms(&c->server->service, c->server->now));
	c->len = 0;
}

/* ---- life ---- */

static int on_filter(struct lws *wsi, lq__server *s)
{
	char path[16];
	if (lws_hdr_copy(wsi, path, sizeof path, WSI_TOKEN_GET_URI) < 0 || strcmp(path, "/v1"))
		return -1;
	return s->n_connections >= LQ_CONNECTIONS_MAX || !s->service.rooms ? -1 : 0; /* none: the server is stopping */
}

static void on_open(connection *c, lq__server *s, struct lws *wsi)
{
	lq__list_init(&c->queue);
	c->server = s;
	c->wsi = wsi;
	c->opened = s->now;
	c->client = (lq__client){.service = &s->service, .arg = c, .send = send_json, .close = close_connection};
	lq__list_append(&s->connections, &c->link);
	s->n_connections++;
}

static void on_closed(connection *c)
{
	c->closing = 1;
	lq__client_closed(&c->client, c->peer_closed, c->server->now);
	LQ__EACH(outgoing, o, &c->queue, link)
		free_outgoing(c, o);
	lq__free(c->text);
	c->text = NULL;
	lq__list_remove(&c->link);
	c->server->n_connections--;
}

static int close_code(const unsigned char *in, size_t len)
{
	return len < 2 ? LQ_CLOSE_NORMAL : in[0] << 8 | in[1];
}

static int on_event(connection *c, struct lws *wsi, enum lws_callback_reasons reason, void *in, size_t len)
{
	switch (reason) {
	case LWS_CALLBACK_RECEIVE:
		on_receive(c, in, len);
		return 0;
	case LWS_CALLBACK_RECEIVE_PONG:
		lq__client_alive(&c->client, c->server->now);
		return 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return on_writable(c);
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		c->peer_closed = close_code(in, len) != LQ_CLOSE_RETURNS;
		return 0;
	case LWS_CALLBACK_CLOSED:
		on_closed(c);
		return 0;
	default:
		return 0;
	}
}

int lq__ws_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	lq__server *s = lws_context_user(lws_get_context(wsi));
	connection *c = user;
	s->now = lq__server_now();
	if (reason == LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION)
		return on_filter(wsi, s);
	if (reason == LWS_CALLBACK_ESTABLISHED)
		on_open(c, s, wsi);
	else if (c && c->server) { /* a failed upgrade is closed without having been established */
		int r = on_event(c, wsi, reason, in, len);
		lq__server_schedule_calls(s);
		return r;
	}
	return 0;
}

void lq__ws_tick(lq__server *s)
{
	int64_t ping_every = (int64_t)(s->options->member_timeout * 1e9 / 3);
	int ping = s->now - s->last_ping >= ping_every;
	if (ping) {
		s->last_ping = s->now;
		s->pings++;
	}
	LQ__EACH(connection, c, &s->connections, link) {
		if (!c->client.joined && s->now - c->opened > JOIN_TIMEOUT)
			close_connection(c, LQ_CLOSE_POLICY, "no join and no login");
		if (ping && !c->closing) {
			c->want_ping = 1;
			lws_callback_on_writable(c->wsi);
		}
	}
}

void lq__ws_close_all(lq__server *s)
{
	LQ__EACH(connection, c, &s->connections, link)
		close_connection(c, LWS_CLOSE_STATUS_GOINGAWAY, "shutdown");
}
