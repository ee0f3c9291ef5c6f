/* What is to be told by webhook, and has not been yet: each room's in order, bounded, tried again with back-off. No sockets, no clock, no threads. */
#ifndef LQ_SERVER_HOOKS_QUEUE_H
#define LQ_SERVER_HOOKS_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/names.h"

#define LQ_HOOKS_MAX 1000               /* events; what comes beyond is dropped */
#define LQ_HOOKS_BYTES (8 * 1024 * 1024) /* of all their texts */
#define LQ_HOOKS_SENDING 4              /* at a time, each of another room */
#define LQ_HOOKS_BACK_OFF INT64_C(500000000)      /* ns, then twice as long each time */
#define LQ_HOOKS_BACK_OFF_MAX INT64_C(30000000000)
#define LQ_HOOKS_AGE_MAX INT64_C(3600000000000)   /* what could not be told for so long is dropped */

typedef struct lq__hook {
	lq__link link;
	char *body; /* with its NUL */
	size_t len;
	int64_t since;
} lq__hook;

/* A room with events that wait; only the first of them is sent. */
typedef struct lq__hook_room {
	lq__link link, hooks;
	char name[LQ_ROOM_NAME_MAX + 1];
	uint32_t tries;
	int64_t due;
	int sending;
} lq__hook_room;

typedef struct lq__hook_queue {
	lq__link rooms;
	uint32_t n, n_sending;
	size_t bytes;
	uint64_t sent, retries, dropped;
} lq__hook_queue;

void lq__hooks_init(lq__hook_queue *q);
void lq__hooks_finish(lq__hook_queue *q);
/* Takes body (lq__malloc). LQ_EFULL, LQ_ENOMEM: it is dropped and counted. */
int lq__hooks_put(lq__hook_queue *q, const char *room, char *body, int64_t now);
/* The room whose first event is to be sent now, which it is from then on; NULL: none, then *due is when to ask again, INT64_MAX: when something has changed. */
lq__hook_room *lq__hooks_next(lq__hook_queue *q, int64_t now, int64_t *due);
const lq__hook *lq__hooks_first(const lq__hook_room *room);
/* How it went: ok, or it is tried again; 1: it was dropped instead. The room may be gone afterwards. */
int lq__hooks_done(lq__hook_queue *q, lq__hook_room *room, int ok, int64_t now);

#endif
