/* A client that logged in: its requests, and what server/calls asks for. */
#ifndef LQ_SERVER_SESSION_H
#define LQ_SERVER_SESSION_H

#include "server/client.h"

struct lq__message;

void lq__session_request(lq__client *c, const struct lq__message *m, int64_t now, int64_t unix_ms);
void lq__session_closed(lq__client *c, int64_t now);

/* The callbacks that lq__calls_create wants; arg is the lq__service. Connections are lq__client. */
lq__calls_host lq__session_calls_host(lq__service *service);

/* Makes service->calls; unix_ms: now. */
int lq__session_start(lq__service *service, double clock_rate, int64_t grace, int64_t now, int64_t unix_ms);
int64_t lq__session_call_time(const lq__service *service, int64_t now); /* what the clock of calls shows */
int64_t lq__service_unix_ms(const lq__service *service, int64_t now);   /* the same as Unix time, in ms */
int64_t lq__session_next(const lq__service *service, int64_t now);      /* real ns until lq__calls_tick; LQ_CALL_TIME_NEVER */

/* The answer to GET /v1/calls: JSON to free(), or NULL, then *status and *why say why not. `token` "": none was given. */
char *lq__session_records(const lq__service *service, const char *token, int64_t unix_ms, int *status, char *why, size_t size);

#endif
