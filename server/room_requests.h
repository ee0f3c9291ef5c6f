/* Requests about rooms: from sessions, which make and end them, and from members, who do things to each other. */
#ifndef LQ_SERVER_ROOM_REQUESTS_H
#define LQ_SERVER_ROOM_REQUESTS_H

#include "server/client.h"

struct lq__message;

/* room_create, room_destroy, room_lock. */
void lq__room_session_request(lq__client *c, const struct lq__message *m);
/* kick, role, token_update, control, device, cameras, default_camera. */
void lq__room_member_request(lq__client *c, const struct lq__message *m, int64_t unix_ms);

#endif
