/* The stage: the audience asks to come up, hosts answer, and whoever is up can be sent down again. A host's word also gives the right to publish, as long
 * as its member stays up. As room.h: no sockets, no clock. */
#ifndef LQ_SERVER_STAGE_H
#define LQ_SERVER_STAGE_H

#include "server/room.h"

#define LQ_STAGE_TIMEOUT_MS 60000 /* so long a request waits for an answer */
#define LQ_STAGE_WAITING_MAX 500  /* requests that wait in a room */

/* A member of the audience asks to come up (on), or asks no more. LQ_ESTATE: it is up; LQ_EEXIST: it has asked; LQ_EFULL. `error` gets the reason. */
int lq__stage_request(lq__member *m, int on, int64_t unix_ms, char *error, size_t size);
/* `by` answers. Accepted, the user is broadcaster at once. LQ_ENOENT: it does not ask (any more); LQ_EFULL: the stage is. */
int lq__stage_answer(const lq__member *by, const char *user, int accept, const char *reason, char *error, size_t size);
/* Back to the audience. LQ_ENOENT: no such user is up; LQ_EPERM: it is a guest of another room. */
int lq__stage_remove(const lq__member *by, const char *user, const char *reason, char *error, size_t size);

int lq__stage_is_host(const lq__member *m); /* hears of requests */
json_t *lq__stage_json(const lq__member *m); /* who waits, for a host that joins; NULL: nobody, or not for this member. New reference */
void lq__stage_host_changed(lq__member *m, int was_host); /* it is told who waits, or that this is not its business any more */
/* Whether one more may be up, `old` leaving for it (NULL: nobody). LQ_EFULL. */
int lq__stage_admit(const lq__room *room, const lq__member *old, char *error, size_t size);

#endif
