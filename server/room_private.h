/* What room.c and track.c share. */
#ifndef LQ_SERVER_ROOM_PRIVATE_H
#define LQ_SERVER_ROOM_PRIVATE_H

#include "server/room.h"

#define LQ_ROOM_BUCKETS 1024

struct lq__rooms {
	lq__rooms_host host;
	uint32_t n_workers;
	int64_t member_timeout;
	uint32_t *load; /* members per worker */
	lq__rooms_figures figures;
	lq__link members; /* all, of every room */
	lq__link buckets[LQ_ROOM_BUCKETS];
};

/* As lq__track_remove, but others may follow: the host is not told that this was all. */
void lq__track_end(lq__track *t);

/* Sends an event with each member's next sequence number; they take the reference to it. */
void lq__member_event(lq__member *m, json_t *event);
void lq__room_event(lq__room *room, const lq__member *except, json_t *event); /* except NULL: to all */

#endif
