/* The subscribing side of a member: the tracks that it wants, offered to it; forwarding opened when it has answered. [control] */
#ifndef LQ_SERVER_SUBSCRIBE_H
#define LQ_SERVER_SUBSCRIBE_H

#include "server/message.h"
#include "server/room.h"

struct lq__media;
typedef struct lq__subscriber lq__subscriber;

/* All of the tracks or none. layer: LQ_LAYER_*, of those that were not subscribed before. */
int lq__subscribe(struct lq__media *media, lq__member *m, lq__track *const *tracks, uint32_t n, uint32_t layer, char *error, size_t error_size);
/* Another layer of a track. LQ_ESTATE when it is not subscribed, LQ_ENOMEM. */
int lq__subscribe_layer(lq__member *m, lq__track *t, uint32_t layer);
void lq__unsubscribe(lq__member *m, lq__track *const *tracks, uint32_t n);
void lq__unsubscribe_all(lq__member *m);
/* Sends an offer when there is something new to offer and none is under way. */
void lq__subscribe_offer(lq__member *m);
/* The member has a new socket: it gets the offer that it may not have got. */
void lq__subscribe_resume(lq__member *m);
int lq__subscribe_answer(lq__member *m, const lq__message *request, char *error, size_t error_size);
void lq__subscribe_close(lq__member *m);
/* Nobody gets this track any more. */
void lq__subscribe_track_leaving(lq__track *t);
int64_t lq__subscribe_seen(const lq__member *m);
struct lq__peer_stats;
void lq__subscribe_figures(const lq__member *m, struct lq__peer_stats *out); /* unchanged where there is no connection */
json_t *lq__subscribe_stats(const lq__member *m);

#endif
