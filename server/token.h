/* Access tokens: JWT, HS256. Checked, and made for the rooms of calls. */
#ifndef LQ_SERVER_TOKEN_H
#define LQ_SERVER_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#include "base/names.h"

typedef struct lq__grant {
	int64_t expires; /* Unix seconds */
	int64_t pub_expires, sub_expires; /* of the rights to publish and to subscribe; 0: with the whole */
	int publish, subscribe, admin, call, control;
	char room[LQ_ROOM_NAME_MAX + 1]; /* "": any */
	char egress[33]; /* a task's id; "": none */
} lq__grant;

/* On a server in debug mode, without a token. */
#define LQ__GRANT_ALL ((lq__grant){.publish = 1, .subscribe = 1, .admin = 1, .call = 1, .control = 1})

/* What a token must say. With a room: let `user` ("": any) into it. Without (NULL): let `user` log in, or `user` NULL: nothing of the kind. */
typedef struct lq__token_want {
	const char *secret, *app_id, *room, *user;
	int64_t unix_now;
	const char *request; /* for the place in an error; NULL: "join" */
} lq__token_want;

/* 0 or LQ_ETOKEN; `error` gets what is wrong with it. */
int lq__token_check(const char *token, const lq__token_want *want, lq__grant *out, char *error, size_t error_size);

/* A token for `user` to join `room` until `expires`, to free(); NULL: no memory. */
char *lq__token_make(const char *secret, const char *app_id, const char *room, const char *user, int64_t expires);

/* Likewise, for the process of an egress task. */
char *lq__token_make_egress(const char *secret, const char *app_id, const char *room, const char *user, int64_t expires, const char *task);

#endif
