/* The control thread: HTTP and WebSocket on one port, on libwebsockets. */
#ifndef LQ_SERVER_SERVER_H
#define LQ_SERVER_SERVER_H

#include <libwebsockets.h>

#include "server/client.h"
#include "server/egress/service.h"
#include "server/options.h"

typedef struct lq__server {
	const lq__options *options;
	struct lws_context *context;
	struct lws_vhost *vhost;
	lq__service service;
	lq__link connections;
	uint32_t n_connections;
	uint64_t overflows; /* connections closed because they did not read */
	uint64_t pings;
	lws_sorted_usec_list_t tick, calls, quality, egress_due;
	lq__egress_service egress;
	int64_t now;       /* ns, read once per callback */
	int64_t last_ping; /* ns */
	int64_t next_quality; /* ns */
	int64_t started;
} lq__server;

#define LQ_CONNECTIONS_MAX 20000

/* libwebsockets callbacks. */
int lq__http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);
int lq__ws_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);
extern const size_t lq__ws_session_size, lq__http_session_size;

void lq__server_schedule_calls(lq__server *s); /* something may have changed when calls have their next time-out */

/* Pings, time-outs; called some times per member time-out. */
void lq__ws_tick(lq__server *s);
void lq__ws_close_all(lq__server *s);
int64_t lq__server_now(void);

/* Prometheus text; returns its length, never more than size - 1. */
size_t lq__metrics(const lq__server *s, char *out, size_t size);

#endif
