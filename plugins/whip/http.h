/* One HTTP request and its answer, by libcurl. Blocks; on the courier's thread. */
#ifndef LQ_PLUGINS_WHIP_HTTP_H
#define LQ_PLUGINS_WHIP_HTTP_H

#include "plugins/webrtc/ice_server.h"

#define HTTP_WHY 200
#define HTTP_ETAG 128

typedef struct http_options {
	const char *token, *ca_file; /* "": none */
	int tls_verify;
	int64_t timeout; /* ns, of each request */
} http_options;

typedef struct http_exchange {
	struct http_exchange *next; /* the courier's */
	int what;                   /* the sender's */
	const char *method, *type;  /* type: of the body */
	char *url, *body;           /* owned; body may be NULL. url "": only names are looked up */
	char etag[HTTP_ETAG];       /* for If-Match; "": none */

	int code;                   /* 0: there is an answer, whatever its status; else LQ_E* and why not in `why` */
	char why[HTTP_WHY];         /* also for a status above 299: "404 Not Found: no such stream" */
	long status;
	char *answer, *location;    /* owned; location is absolute, NULL none */
	int is_sdp;
	size_t answer_len;
	char answer_etag[HTTP_ETAG];
	int64_t retry_after;        /* ns, 0 not said */
	lq__ice_server servers[LQ__ICE_SERVERS]; /* TURN servers with their addresses */
	uint32_t n_servers;
} http_exchange;

/* A request, with copies of url and body. NULL: no memory. */
http_exchange *http_new(int what, const char *method, const char *url, const char *type, const char *body);
void http_free(http_exchange *x);

typedef struct http_client http_client;
http_client *http_client_new(const http_options *o);
void http_client_free(http_client *c);

/* `give_up` is asked several times a second whether to go on. */
void http_perform(http_client *c, http_exchange *x, int (*give_up)(void *arg), void *arg);

#endif
