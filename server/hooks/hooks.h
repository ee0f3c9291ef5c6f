/* Webhooks: what happens in rooms is posted to an address of the operator's, signed. A thread of its own does it, since names have to be looked up, and whoever listens
 * may be slow. docs/protocol.md, "Webhooks". */
#ifndef LQ_SERVER_HOOKS_HOOKS_H
#define LQ_SERVER_HOOKS_HOOKS_H

#include <jansson.h>
#include <stdint.h>

typedef struct lq__hooks lq__hooks;

typedef struct lq__hooks_figures {
	uint64_t sent, retries, dropped;
	uint32_t waiting;
} lq__hooks_figures;

/* 0 or a negative LQ_E*, then `error` says why. url: of http or https, see lq__hooks_url_check. */
int lq__hooks_create(const char *url, const char *secret, lq__hooks **out, char *error, size_t size);
/* Tells what waits for at most `ns` more. NULL is fine. */
void lq__hooks_destroy(lq__hooks *h, int64_t ns);
/* Never waits. Takes details, which may be NULL. */
void lq__hooks_tell(lq__hooks *h, const char *event, const char *room, const char *room_sid, json_t *details, int64_t unix_ms);
void lq__hooks_figures_get(lq__hooks *h, lq__hooks_figures *out);
int lq__hooks_url_check(const char *url); /* 0, LQ_EINVAL */

#endif
