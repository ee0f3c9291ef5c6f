/* Rooms that are made on request, with rules of their own; and what administrators do to rooms and members. Rooms that nobody made end with
 * their last member and have no rules. As room.h: no sockets, no clock. */
#ifndef LQ_SERVER_ROOM_ADMIN_H
#define LQ_SERVER_ROOM_ADMIN_H

#include "server/room.h"

#define LQ_ROOM_EMPTY_MS INT64_C(1800000) /* so long a made room that is not kept stays without members */
#define LQ_ROOM_MICS_DEFAULT 8
#define LQ_ROOM_CAMERAS_DEFAULT 8         /* of one member; also the limit */

typedef struct lq__room_spec {
	const char *name, *password; /* name "": a number is made; password "": none */
	int64_t max_members;         /* 0: as many as a room can have */
	int64_t max_mics, max_cameras; /* open at a time: of all, of one member; 0: the defaults */
	int64_t max_broadcasters;      /* on the stage at a time; 0: no limit */
	int locked, keep, live;
} lq__room_spec;

/* LQ_EEXIST: it is there already (made, or with members); LQ_ERANGE, LQ_EINVAL: `error` names the field. */
int lq__room_make(lq__rooms *rooms, const lq__room_spec *spec, lq__room **out, char *error, size_t size);
/* Any room: its members are kicked with "room_closed". LQ_ENOENT. */
int lq__room_end(lq__rooms *rooms, const char *name);
/* Nobody enters a locked room, but members that come back. Members are told when it changes. LQ_ENOENT. */
int lq__room_lock(lq__rooms *rooms, const char *name, int locked);
/* A call, or a few who speak to many. Members are told when it changes. */
void lq__room_set_profile(lq__room *room, int live);
/* The reason is told to the kicked; "": none. LQ_ENOENT: not in the room; LQ_EPERM: a guest of another. */
int lq__room_kick(lq__room *room, const char *user, const char *reason);

/* New references, for administrators. */
json_t *lq__rooms_json(const lq__rooms *rooms);
json_t *lq__room_json(const lq__room *room);
json_t *lq__room_members_json(const lq__room *room);

#endif
