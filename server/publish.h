/* The publishing side of a member: its offers, answered; its tracks, opened in the media worker. [control] */
#ifndef LQ_SERVER_PUBLISH_H
#define LQ_SERVER_PUBLISH_H

#include "server/message.h"
#include "server/room.h"

struct lq__media;
typedef struct lq__publisher lq__publisher;

/* Answers a `publish` request. On success *answer is the `published` message and the new tracks are not yet announced; a request that is
 * refused has changed nothing. */
int lq__publish(struct lq__media *media, lq__member *m, const lq__message *request, json_t **answer, char *error, size_t error_size);
/* Tells the others of tracks that lq__publish made and removed. */
void lq__publish_announce(lq__member *m);
void lq__publish_close(lq__member *m);
void lq__publish_track_leaving(lq__track *t);
int lq__publish_track_lend(lq__track *t); /* a guest's gets its source. LQ_ENOMEM */
int64_t lq__publish_seen(const lq__member *m);
struct lq__peer_stats;
void lq__publish_figures(const lq__member *m, struct lq__peer_stats *out); /* unchanged where there is no connection */
json_t *lq__publish_stats(const lq__member *m);

/* {"host", "port"} of a worker. */
json_t *lq__publish_ice_json(const struct lq__media *media, uint32_t worker);

#endif
