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
	lq__link members; /* all, of every room, but for the hidden ones: these may go with any of the others, while one goes through the list */
	lq__link hidden;  /* of egress tasks */
	lq__link made;    /* rooms that were made on request */
	lq__link buckets[LQ_ROOM_BUCKETS];
};

void lq__room_news(const lq__room *room, const char *event, json_t *details); /* takes details */
void lq__member_news(const lq__member *m, const char *event, const char *reason); /* reason NULL: none */
lq__member *lq__rooms_find(lq__rooms *rooms, const char *room, const char *user); /* NULL: not there */
int lq__join_is_late(const lq__member *m, const lq__join *j); /* m is of a later join of the same device */
lq__join lq__join_filled(const lq__join *j); /* "" where there is NULL */
void lq__member_end_noted(const lq__member *m, const char *reason);
/* ---- room.c ---- */
lq__room *lq__room_find(lq__rooms *rooms, const char *name);
lq__room *lq__room_create(lq__rooms *rooms, const char *name); /* NULL: no memory */
void lq__room_release(lq__room *room); /* ends it when nothing holds it */

/* ---- track.c ---- */
json_t *lq__guest_json(const lq__member *m); /* who it is in its own room; NULL: it is here itself */
json_t *lq__member_json(const lq__member *m); /* as others see it */

/* ---- roles.c ---- */
void lq__member_appears(lq__member *m); /* the others are told, unless it is audience */
void lq__member_disappears(lq__member *m, const char *reason);
void lq__member_drop_tracks(lq__member *m);

/* ---- guest.c ---- */
void lq__guests_track_announced(lq__track *t);
void lq__guests_track_ending(lq__track *t);
void lq__guests_track_muted(lq__track *t);
void lq__guests_recall(lq__member *lent, const char *why, int tell_it); /* it is shown nowhere else any more */
void lq__guests_send_home(lq__room *room);                              /* all that it has */

/* ---- stage.c ---- */
void lq__stage_forget(lq__member *m, const char *why, const lq__member *by); /* it asks no more */
int64_t lq__stage_tick(lq__member *m, int64_t unix_ms); /* when it has to look again */

/* ---- control.c ---- */
void lq__control_opened(lq__track *t, json_t *event); /* puts in who asked for it */
int64_t lq__control_tick(lq__member *m, int64_t unix_ms); /* when it has to look again */
json_t *lq__control_json(const lq__member *m); /* what is neither open nor closed; NULL: nothing. New reference */
void lq__control_forget(lq__member *m);

/* ---- room_admin.c ---- */
void lq__room_close(lq__room *room); /* all have to go */
/* Whether this join may enter; room NULL: there is none yet. `old`: the member that it takes the place of. */
int lq__room_admit(const lq__room *room, const lq__join *join, const lq__member *old, char *error, size_t size);
void lq__room_admin_tick(lq__rooms *rooms, int64_t unix_ms); /* rooms that were empty for too long end */

/* As lq__track_remove, but others may follow: the host is not told that this was all. */
void lq__track_end(lq__track *t);

/* Sends an event with each member's next sequence number; they take the reference to it. */
void lq__member_event(lq__member *m, json_t *event);
void lq__room_event(lq__room *room, const lq__member *except, json_t *event); /* except NULL: to all */

#endif
