/* Rights end with a token, each at its own time. Half a minute before the member is told, so that it can get a new token. */
#ifndef LQ_SERVER_GRANTS_H
#define LQ_SERVER_GRANTS_H

#include "server/room.h"
#include "server/token.h"

#define LQ_TOKEN_WARN_MS 30000

void lq__grants_begin(lq__member *m, const lq__grant *grant, int64_t unix_ms); /* of a member that has just joined */
/* What a member may do from now on; it is told of what it may not any more. */
void lq__grants_set(lq__member *m, const lq__grant *grant, int64_t unix_ms);
/* Warnings and ends that are due, but for that of the membership. Returns when the next one is (Unix ms); INT64_MAX. */
int64_t lq__grants_tick(lq__member *m, int64_t unix_ms);

/* Also for sessions. New reference. expires: Unix seconds, 0 never; INT64_MAX: no warning. */
json_t *lq__token_will_expire(const char *scope, int64_t ms_left);
int64_t lq__token_warn_at(int64_t expires);

#endif
