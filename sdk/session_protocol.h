/* The protocol of sessions and calls (docs/protocol.md), as seen by a client: texts in, typed messages out, and requests as texts. Knows no
 * socket and keeps no state. [any] */
#ifndef LQ_SDK_SESSION_PROTOCOL_H
#define LQ_SDK_SESSION_PROTOCOL_H

#include <loquat/loquat.h>

enum { LQ__CALL_ID_MAX = 40, LQ__CALL_USERS_MAX = 32, LQ__USERS_SIZE = LQ__CALL_USERS_MAX * 129 + 1 };

typedef enum lq__smsg_type {
	LQ__SMSG_OTHER = 0, /* a type that this client does not know: to be ignored */
	LQ__SMSG_LOGGED_IN, LQ__SMSG_OK, LQ__SMSG_ERROR, LQ__SMSG_CALLING, LQ__SMSG_ACCEPTED, LQ__SMSG_SENT, LQ__SMSG_PRESENCE, LQ__SMSG_MESSAGE,
	LQ__SMSG_KICKED, LQ__SMSG_ROOM_CREATED, LQ__SMSG_TOKEN_WILL_EXPIRE, LQ__SMSG_CALL_INVITED, LQ__SMSG_CALL_ACCEPTED, LQ__SMSG_CALL_REJECTED, LQ__SMSG_CALL_BUSY, LQ__SMSG_CALL_TIMEOUT,
	LQ__SMSG_CALL_CANCELLED, LQ__SMSG_CALL_ELSEWHERE, LQ__SMSG_CALL_USERS, LQ__SMSG_CALL_LEFT, LQ__SMSG_CALL_TYPE, LQ__SMSG_CALL_ENDED,
	LQ__SMSG_CALL_RECORD
} lq__smsg_type;

/* A call that the server says we are in. */
typedef struct lq__smsg_call {
	const char *id, *room, *token; /* room "": not accepted yet */
	lq_call_type type;
} lq__smsg_call;

/* Fields that do not apply are "" or 0, strings never NULL. */
typedef struct lq__smsg {
	lq__smsg_type type;
	int64_t id, seq;
	int code, detail; /* of an error */
	const char *call, *user, *text, *reason, *room, *token, *session, *caller, *callee, *group_id, *state, *attachment, *path;
	int flag; /* accepted, group, online, private, resumed: whichever the type has */
	lq_call_type media;
	int status;
	uint32_t duration_s, elapsed_ms;
	char users[LQ__USERS_SIZE]; /* separated by commas */
	lq__smsg_call calls[4];
	uint32_t n_calls;
	void *json;  /* owns the strings */
	char *owned; /* so does this */
} lq__smsg;

/* 0, LQ_EPROTO with the reason in `error`, or LQ_ENOMEM. On success lq__smsg_finish frees. */
int lq__smsg_parse(const char *text, size_t len, lq__smsg *out, char *error, size_t error_size);
void lq__smsg_finish(lq__smsg *msg);
/* Of a list of presences: NULL when there are no more. */
const char *lq__smsg_presence(const lq__smsg *msg, uint32_t i, int *online);

/* Requests: a text to free(), or NULL (no memory, or a string that is not UTF-8). Absent strings are NULL or "". */
typedef struct lq__login_request {
	const char *user, *name, *token, *device, *session, *app_id, *secret_md5, *auth_code;
	int64_t seq;
	uint32_t ring_ms;
} lq__login_request;
char *lq__sreq_login(int64_t id, const lq__login_request *login);
char *lq__sreq_call(int64_t id, const lq_call_params *params, uint32_t timeout_ms);
char *lq__sreq_op(int64_t id, const char *type, const char *call); /* hangup, leave, cancel, accept; logout with call NULL */
char *lq__sreq_reject(int64_t id, const char *call, const char *reason);
char *lq__sreq_add(int64_t id, const char *call, const char *const *users, uint32_t n);
char *lq__sreq_switch(int64_t id, const char *call, lq_call_type type, lq_switch confirm);
char *lq__sreq_type_reply(int64_t id, const char *call, int agree);
char *lq__sreq_ring(int64_t id, uint32_t ms);
char *lq__sreq_message(int64_t id, const char *to, const char *text);
char *lq__sreq_room_create(int64_t id, const lq_room_spec *spec);
char *lq__sreq_room(int64_t id, const char *type, const char *room);
char *lq__sreq_room_lock(int64_t id, const char *room, int locked);
char *lq__sreq_watch(int64_t id, const char *user, int on);

#endif
