#include "signalling.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <loquat/log.h>

#include "protocol.h"

enum { MAX_QUEUED = 2048, MAX_QUEUED_BYTES = 4 * 1024 * 1024, LOOKS = 9 /* within the time of silence */ };

typedef struct packet {
	struct packet *next;
	size_t len;
	unsigned char data[]; /* LWS_PRE bytes of room, then the text */
} packet;

struct lq__signal {
	struct lws *wsi;
	lq__signal_handler handler;
	void *arg;
	int opening, established, detached;
	lq__control *control;
	lq__timer timer;
	uint32_t silence_ms;
	lws_usec_t heard; /* when the server last gave a sign of life */
	int want_ping;
	packet *first, **last;
	unsigned n_queued;
	size_t queued_bytes;
	char *in; /* a message that comes in pieces */
	size_t in_len, in_room;
};

static void free_signal(lq__signal *s)
{
	lq__timer_cancel(s->control, &s->timer);
	for (packet *p = s->first, *next; p; p = next) {
		next = p->next;
		free(p);
	}
	free(s->in);
	free(s);
}

/* ---- signs of life ---- */

/* Whether the machine has lost the address that the socket speaks from: packets would leave in vain, or not at all. */
static int has_lost_address(const lq__signal *s)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof a;
	int fd = lws_get_socket_fd(s->wsi);
	if (fd < 0 || getsockname(fd, (struct sockaddr *)&a, &len) || (a.ss_family != AF_INET && a.ss_family != AF_INET6))
		return 0;
	if (a.ss_family == AF_INET)
		((struct sockaddr_in *)&a)->sin_port = 0;
	else
		((struct sockaddr_in6 *)&a)->sin6_port = 0;
	int probe = socket(a.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int lost = probe >= 0 && bind(probe, (struct sockaddr *)&a, len) && errno == EADDRNOTAVAIL;
	if (probe >= 0)
		close(probe);
	return lost;
}

static void watch(lq__signal *s)
{
	lq__timer_set(s->control, &s->timer, s->silence_ms / LOOKS);
}

static void give_up(lq__signal *s, const char *reason)
{
	lws_set_wsi_user(s->wsi, NULL);
	lws_set_timeout(s->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	s->wsi = NULL;
	s->handler.closed(s->arg, reason); /* s may be gone */
}

static void on_timer(lq__timer *timer)
{
	lq__signal *s = lws_container_of(timer, lq__signal, timer);
	lws_usec_t silent = lws_now_usecs() - s->heard, limit = (lws_usec_t)s->silence_ms * LWS_US_PER_MS;
	if (!s->wsi || s->detached)
		return;
	if (silent > limit) {
		give_up(s, "the server does not answer any more");
		return;
	}
	if (has_lost_address(s)) {
		give_up(s, LQ__SIGNAL_MOVED);
		return;
	}
	if (silent > limit / 3) {
		s->want_ping = 1;
		lws_callback_on_writable(s->wsi);
	}
	watch(s);
}

static int write_ping(lq__signal *s)
{
	unsigned char ping[LWS_PRE + 4] = {0};
	memcpy(ping + LWS_PRE, "ping", 4);
	s->want_ping = 0;
	return lws_write(s->wsi, ping + LWS_PRE, 4, LWS_WRITE_PING);
}

/* ---- life ---- */

int lq__signal_open(lq__control *c, const lq__server *server, uint32_t silence_ms, const lq__signal_handler *handler, void *arg, lq__signal **out)
{
	lq__signal *s = calloc(1, sizeof *s);
	if (!s)
		return LQ_ENOMEM;
	s->control = c;
	s->timer.fn = on_timer;
	s->silence_ms = silence_ms;
	s->handler = *handler;
	s->arg = arg;
	s->last = &s->first;
	s->opening = 1;
	struct lws_client_connect_info info = {
		.context = lq__control_lws(c),
		.address = server->host,
		.host = server->host,
		.origin = server->host,
		.port = server->port,
		.path = "/v1",
		.protocol = LQ__SIGNAL_PROTOCOL,
		.local_protocol_name = LQ__SIGNAL_PROTOCOL,
		.userdata = s,
		.pwsi = &s->wsi,
	};
	struct lws *wsi = lws_client_connect_via_info(&info);
	s->opening = 0;
	if (!wsi || !s->wsi) {
		if (s->wsi)
			lws_set_wsi_user(s->wsi, NULL);
		free_signal(s);
		return LQ_ECONN;
	}
	*out = s;
	return 0;
}

int lq__signal_send(lq__signal *s, char *text)
{
	size_t len = text ? strlen(text) : 0;
	int r = !text ? LQ_ENOMEM : !s->wsi ? LQ_ECONN : s->n_queued >= MAX_QUEUED || s->queued_bytes + len > MAX_QUEUED_BYTES ? LQ_EFULL : 0;
	packet *p = r ? NULL : malloc(sizeof *p + LWS_PRE + len);
	if (!p) {
		free(text);
		return r ? r : LQ_ENOMEM;
	}
	p->next = NULL;
	p->len = len;
	memcpy(p->data + LWS_PRE, text, len);
	free(text);
	*s->last = p;
	s->last = &p->next;
	s->n_queued++;
	s->queued_bytes += len;
	if (s->established)
		lws_callback_on_writable(s->wsi);
	return 0;
}

void lq__signal_abort(lq__signal *s)
{
	if (!s)
		return;
	if (!s->wsi) {
		free_signal(s);
		return;
	}
	s->detached = 1;
	lws_set_timeout(s->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

void lq__signal_close(lq__signal *s)
{
	if (!s)
		return;
	if (!s->wsi) {
		free_signal(s);
		return;
	}
	s->detached = 1;
	if (s->established) {
		lws_set_timeout(s->wsi, PENDING_TIMEOUT_USER_OK, 1);
		lws_callback_on_writable(s->wsi);
	} else {
		lws_set_timeout(s->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	}
}

static int write_one(lq__signal *s)
{
	packet *p = s->first;
	if (s->want_ping && !s->detached)
		return write_ping(s) < 0 ? -1 : (lws_callback_on_writable(s->wsi), 0);
	if (p) {
		s->first = p->next;
		if (!s->first)
			s->last = &s->first;
		s->n_queued--;
		s->queued_bytes -= p->len;
		int n = lws_write(s->wsi, p->data + LWS_PRE, p->len, LWS_WRITE_TEXT);
		free(p);
		if (n < 0)
			return -1;
	}
	if (s->first) {
		lws_callback_on_writable(s->wsi);
	} else if (s->detached) {
		lws_close_reason(s->wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
		return -1;
	}
	return 0;
}

static int grow(lq__signal *s, size_t need)
{
	size_t room = s->in_room ? s->in_room : 4096;
	while (room < need)
		room *= 2;
	char *p = room > s->in_room ? realloc(s->in, room) : s->in;
	if (!p)
		return LQ_ENOMEM;
	s->in = p;
	s->in_room = room;
	return 0;
}

static int receive(lq__signal *s, const char *data, size_t len)
{
	if (s->detached)
		return 0;
	if (s->in_len + len > LQ__MESSAGE_MAX || lws_frame_is_binary(s->wsi) || grow(s, s->in_len + len)) {
		lws_close_reason(s->wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, NULL, 0);
		return -1;
	}
	if (len)
		memcpy(s->in + s->in_len, data, len);
	s->in_len += len;
	if (!lws_is_final_fragment(s->wsi))
		return 0;
	len = s->in_len;
	s->in_len = 0;
	s->handler.message(s->arg, s->in, len);
	return 0;
}

/* The socket is gone; so are we, if nobody holds us any more. */
static void gone(lq__signal *s, const char *reason, size_t len)
{
	char text[160];
	lws_set_wsi_user(s->wsi, NULL);
	s->wsi = NULL;
	if (s->opening)
		return;
	if (s->detached) {
		free_signal(s);
		return;
	}
	snprintf(text, sizeof text, "%.*s", (int)len, reason ? reason : "");
	s->handler.closed(s->arg, *text ? text : "the server closed the connection");
}

int lq__signal_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	lq__signal *s = user;
	if (!s)
		return 0;
	switch (reason) {
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		s->established = 1;
		s->heard = lws_now_usecs();
		watch(s);
		if (!s->detached)
			s->handler.opened(s->arg);
		lws_callback_on_writable(wsi);
		return 0;
	case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
		s->heard = lws_now_usecs();
		return 0;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		s->heard = lws_now_usecs();
		return receive(s, in, len);
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		return write_one(s);
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		s->wsi = wsi;
		gone(s, in, in ? len : 0);
		return 0;
	case LWS_CALLBACK_CLIENT_CLOSED:
	case LWS_CALLBACK_WSI_DESTROY: /* the only one to come when a connection is given up half-way */
		s->wsi = wsi;
		gone(s, NULL, 0);
		return 0;
	default:
		return 0;
	}
}
