/* Which names rooms, users and nicknames may have: one rule for the SDK and the server. */
#ifndef LQ_BASE_NAMES_H
#define LQ_BASE_NAMES_H

#include <stddef.h>

#define LQ_ROOM_NAME_MAX 64
#define LQ_USER_ID_MAX 128
#define LQ_NICKNAME_MAX 128

/* 0; LQ_ERANGE: too short or too long; LQ_EINVAL: a byte that is not allowed. */
int lq__room_name_check(const char *name, size_t len); /* 1 to 64 bytes of letters, digits, space and !#$%&()+-:;<=.>?@[]^_{}|~, */
int lq__user_id_check(const char *user, size_t len);   /* 1 to 128 bytes of letters, digits and _@-. */
int lq__nickname_check(const char *name, size_t len);  /* at most 128 bytes, no control characters */

#endif
