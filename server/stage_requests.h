/* Requests about the stage, and about guests of other rooms. */
#ifndef LQ_SERVER_STAGE_REQUESTS_H
#define LQ_SERVER_STAGE_REQUESTS_H

#include "server/client.h"

void lq__stage_member_request(lq__client *c, const struct lq__message *m, int64_t unix_ms);
void lq__guest_member_request(lq__client *c, const struct lq__message *m, int64_t unix_ms);

#endif
