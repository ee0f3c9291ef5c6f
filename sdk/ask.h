/* What an app asks of a room's server: checked and copied at once, sent on the control thread, and answered by one event each. */
#ifndef LQ_SDK_ASK_H
#define LQ_SDK_ASK_H

#include "room.h"

typedef struct lq__ask {
	lq__task task; /* first */
	lq_room *room; /* referenced */
	lq__req_type type;
	lq_stream stream;
	lq_track_kind kind;
	int on;
	void *ctx; /* for the answer; lq__ask_new leaves it NULL */
	char user[LQ__USER_MAX + 1], room_name[LQ__ROOM_MAX + 1];
	char *(*build)(int64_t id, const struct lq__ask *a); /* the request */
	char text[];
} lq__ask;

/* NULL: no memory. user and text may be NULL. */
lq__ask *lq__ask_new(lq_room *room, lq__req_type type, char *(*build)(int64_t id, const lq__ask *a), const char *user, const char *text);
/* [any] Takes it. LQ_ESTATE: not joined, LQ_EFULL. */
int lq__ask_post(lq__ask *a);

#endif
