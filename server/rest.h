/* Rooms over HTTP, for administrators: docs/protocol.md, "HTTP on the same port". No sockets: a request in, a status and JSON out. */
#ifndef LQ_SERVER_REST_H
#define LQ_SERVER_REST_H

#include "server/client.h"

#define LQ_REST_BODY_MAX 65536

typedef struct lq__rest_request {
	const char *method; /* "GET", "POST", "DELETE" */
	const char *path;   /* "/v1/rooms…", decoded */
	const char *token;  /* "": none */
	const char *body;
	size_t len;
} lq__rest_request;

int lq__rest_is(const char *path); /* whether it is one of these */
/* JSON to free(); NULL: there is none (204), or no memory (500). */
char *lq__rest(lq__service *service, const lq__rest_request *request, int64_t unix_ms, unsigned *status);

#endif
