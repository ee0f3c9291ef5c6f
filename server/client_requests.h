/* Requests that a client's connection hands on. */
#ifndef LQ_SERVER_CLIENT_REQUESTS_H
#define LQ_SERVER_CLIENT_REQUESTS_H

#include "server/client.h"

void lq__client_join(lq__client *c, const struct lq__message *m, int64_t now, int64_t unix_ms);

/* Returns 0 when it is no request about tracks, which the caller then has to answer. */
int lq__client_track_request(lq__client *c, const struct lq__message *m);

#endif
