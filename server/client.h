/* One client's connection as the room protocol sees it: requests in, answers and events out. No sockets. */
#ifndef LQ_SERVER_CLIENT_H
#define LQ_SERVER_CLIENT_H

#include <stdio.h>

#include "server/calls/calls.h"
#include "server/room.h"
#include "server/token.h"

#define LQ_CLIENT_STRIKES 10 /* bad messages after which the socket is closed */
#define LQ_CLOSE_POLICY 1008
#define LQ_CLOSE_NORMAL 1000
#define LQ_CLOSE_RETURNS 4000           /* from a client that gives this socket up, and will come back on another */
#define LQ_CLIENT_MESSAGES 100          /* texts and attributes that one client may send in a second */
#define LQ_CLIENT_BYTES (256 * 1024) /* and how much */

struct lq__egress_service;
struct lq__hooks;
struct lq__media;
struct lq__message;

/* What all clients share. */
typedef struct lq__service {
	lq__rooms *rooms;
	lq__calls *calls;
	struct lq__media *media;
	const char *app_id, *secret; /* secret NULL: none, then debug is set */
	int debug, allow_secret; /* allow_secret: logins by the MD5 of the secret, too */
	double clock_rate;  /* how much faster than the real one the server's clock runs; 0: not at all */
	int64_t clock_zero; /* the real time when it shows 0 */
	int64_t unix_zero;  /* and what Unix time it was then, in ms: tokens and rooms live by this clock, too */
	FILE *call_records; /* NULL: none */
	uint64_t refused_messages, refused_tokens;
	struct lq__egress_service *egress; /* NULL: none can be made */
	struct lq__hooks *hooks;           /* NULL: nobody is told */
} lq__service;

typedef struct lq__client {
	lq__service *service;
	void *arg; /* of the callbacks */
	void (*send)(void *arg, const json_t *message);
	void (*close)(void *arg, int status, const char *reason); /* after what was sent */
	lq__member *member;                                       /* NULL before join and after leaving */
	lq__device *device;                                       /* NULL before login and after logging out */
	int joined, strikes;                                      /* joined: or logged in */
	lq__grant grant;                                          /* what it may do since then */
	int64_t window;                                           /* the second that messages are counted in */
	uint32_t window_messages, window_bytes;
} lq__client;

/* One whole text message. */
void lq__client_text(lq__client *c, const char *text, size_t len, int64_t now, int64_t unix_ms);
/* A message that is none: binary, too long. */
void lq__client_refuse(lq__client *c, const char *why);
void lq__client_alive(lq__client *c, int64_t now);             /* a pong came */
void lq__client_closed(lq__client *c, int clean, int64_t now); /* the socket is gone; clean: its owner said good-bye */

/* The callbacks that lq__rooms_create wants; arg is the lq__service. Connections are lq__client. */
lq__rooms_host lq__client_rooms_host(lq__service *service);

/* For the handlers of requests: an answer with the request's id. `answer` is taken; NULL: out of memory. */
void lq__client_answer(lq__client *c, const struct lq__message *request, json_t *answer);
void lq__client_error(lq__client *c, const struct lq__message *request, int code, const char *text);
void lq__client_refusal(lq__client *c, const struct lq__message *request, int code, int detail, const char *text); /* detail 0: none */
/* What a token gives, or none in debug mode. */
int lq__client_grant(lq__client *c, const lq__token_want *want, const char *token, lq__grant *out, char *error, size_t size);
void lq__client_ok(lq__client *c, const struct lq__message *request);

#endif
