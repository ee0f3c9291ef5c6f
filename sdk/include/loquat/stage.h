/* Loquat: on the stage. Included by loquat.h, whose rules hold here, too. */
#ifndef LOQUAT_STAGE_H
#define LOQUAT_STAGE_H

#include <loquat/loquat.h>

LQ_API_BEGIN

/* ---- the stage ----
 *
 * Who is audience asks to come up, hosts answer. Hosts are those whose token has the right `admin` or `control`; on a server in debug mode all who are up. Whoever is let up is
 * broadcaster at once (LQ_ON_ROLE) and publishes what was wanted before and what the options say, also with a token that has no right to publish: the host's word
 * gives it, for as long as one stays up. All of these: LQ_ESTATE not joined. */

/* What came of a request: the state in LQ_ON_STAGE_ANSWER. */
typedef enum lq_stage_result {
	LQ_STAGE_REFUSED = 0,
	LQ_STAGE_ACCEPTED = 1,
	LQ_STAGE_TIMEOUT = 2, /* nobody answered for 60 s: ask again */
	LQ_STAGE_REMOVED = 3  /* sent down again; without name: the connection was lost for too long, and a host's word with it */
} lq_stage_result;

/* on 0: it is withdrawn. LQ_ON_STAGE_REQUEST with user "" follows: whether the hosts have it (LQ_EEXIST: they have it already, LQ_ESTATE: we are up, LQ_EFULL: 500
 * wait). LQ_ON_STAGE_ANSWER comes when they have answered. */
int lq_stage_request(lq_room *room, int on);

/* A host's. reason: told to the user, at most 256 bytes; NULL none. LQ_ON_STAGE_ANSWER with that user follows: LQ_EPERM, LQ_ENOENT it does not ask, or another host has answered;
 * LQ_EFULL the room takes no more broadcasters (lq_room_spec). */
int lq_stage_answer(lq_room *room, const char *user, int accept, const char *reason);

/* A host's: back to the audience, which the user is told with the reason. LQ_ON_STAGE_ANSWER follows, as above; LQ_ENOENT: it is not up. */
int lq_stage_remove(lq_room *room, const char *user, const char *reason);

/* ---- guests from other rooms ----
 *
 * A broadcaster of another room of the server who is shown in ours, too: a member like the others (LQ_ON_USER_JOINED with guest_room and guest_user), whose streams come and go as in its
 * own room. It sends nothing twice. It goes when it is removed, leaves its room, becomes audience or is put out, and when either room ends. It can be controlled and put out only there. Both rooms
 * may show each other's hosts. */

/* Needs the right `admin` in our token, and a token (at most 8,192 bytes) with that right for the other room; NULL where ours is for all rooms. LQ_ON_GUEST follows, with what the user is called
 * here ("bob@kitchen"), or LQ_EPERM, LQ_ETOKEN, LQ_ENOENT no such user is up there, LQ_EEXIST, LQ_EFULL (16 guests of a room, 8 other rooms of a user), LQ_EINVAL our own room or a guest there. */
int lq_guest_add(lq_room *room, const char *from_room, const char *user, const char *token);
int lq_guest_remove(lq_room *room, const char *guest); /* by what it is called here. LQ_ON_GUEST follows: LQ_ENOENT */

/* We are shown in that room no more. LQ_ON_GUEST with user "" follows: LQ_ENOENT we were not. */
int lq_guest_leave(lq_room *room, const char *other_room);

LQ_API_END

#endif
