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
	/* Where the answer of what takes a while goes: once, unless `who` is forgotten before (lq__egress_request_forget). */
	void (*later)(void *who, int64_t id, int code, const char *text);
	void *who;
} lq__rest_request;

int lq__rest_is(const char *path); /* whether it is one of these */
/* JSON to free(); NULL: there is none (204), or no memory (500). *status 0: the answer comes later. */
char *lq__rest(lq__service *service, const lq__rest_request *request, int64_t unix_ms, unsigned *status);
char *lq__rest_later(int code, const char *text, unsigned *status); /* what `later` was told, likewise */

#endif
