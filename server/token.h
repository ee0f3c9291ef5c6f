/* Access tokens: JWT, HS256. */
#ifndef LQ_SERVER_TOKEN_H
#define LQ_SERVER_TOKEN_H

#include <stddef.h>
#include <stdint.h>

typedef struct lq__grant {
	int64_t expires; /* Unix seconds */
	int publish, subscribe, admin;
} lq__grant;

/* What a token must say to let `user` ("": any) into `room`. */
typedef struct lq__token_want {
	const char *secret, *app_id, *room, *user;
	int64_t unix_now;
} lq__token_want;

/* 0 or LQ_ETOKEN; `error` gets what is wrong with it. */
int lq__token_check(const char *token, const lq__token_want *want, lq__grant *out, char *error, size_t error_size);

#endif
