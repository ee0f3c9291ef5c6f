/* What room.c and track.c share. */
#ifndef LQ_SERVER_ROOM_PRIVATE_H
#define LQ_SERVER_ROOM_PRIVATE_H

#include "server/room.h"

#define LQ_ROOM_BUCKETS 1024
#define LQ_ENDED_MAX 256

/* A membership that was ended for good, so that a client which has not heard of it cannot go on with it. */
typedef struct lq__ended {
	char session[LQ_SID_SIZE];
	uint8_t why;
} lq__ended;

struct lq__rooms {
	lq__rooms_host host;
	uint32_t n_workers;
	int64_t member_timeout, grace;
	uint32_t *load; /* members per worker */
	lq__rooms_figures figures;
	uint32_t n_ended;
	lq__ended ended[LQ_ENDED_MAX]; /* the last ones */
	lq__link members; /* all, of every room */
	lq__link buckets[LQ_ROOM_BUCKETS];
};

lq__member *lq__rooms_find(lq__rooms *rooms, const char *room, const char *user); /* NULL: not there */
lq__join lq__join_filled(const lq__join *j); /* "" where there is NULL */
void lq__member_end_noted(const lq__member *m, const char *reason);

/* As lq__track_remove, but others may follow: the host is not told that this was all. */
void lq__track_end(lq__track *t);

/* Sends an event with each member's next sequence number; they take the reference to it. */
void lq__member_event(lq__member *m, json_t *event);
void lq__room_event(lq__room *room, const lq__member *except, json_t *event); /* except NULL: to all */

#endif
