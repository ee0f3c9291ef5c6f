/* Guests: a broadcaster of one room who is also shown in another. There it is a member without a connection, whose tracks come and go as in its own room; its media is forwarded
 * to both, so nothing is sent or encoded twice. A guest is not lent on. As room.h: no sockets, no clock. */
#ifndef LQ_SERVER_GUEST_H
#define LQ_SERVER_GUEST_H

#include "server/room.h"

#define LQ_ROOM_GUESTS_MAX 16 /* of a room */
#define LQ_MEMBER_LENT_MAX 8  /* rooms that one member is shown in besides its own */

/* LQ_EINVAL: the same room, or a guest there itself; LQ_ENOENT: nobody of this name is up there; LQ_EEXIST, LQ_EFULL, LQ_ENOMEM. *out: as what it is shown here. `error` gets the reason. */
int lq__guest_add(lq__room *here, const lq__room *there, const char *user, lq__member **out, char *error, size_t size);
int lq__guest_remove(lq__room *here, const char *guest);       /* LQ_ENOENT */
int lq__guest_leave(const lq__member *lent, const char *room); /* it is not shown in that room any more. LQ_ENOENT */

#endif
