/* Sessions and calls; loquat.h includes this. docs/calls.md says how calls work.
 *
 * A *session* is a login of a user on this device: presence, messages and calls go over it. It has a connection of its own, restores it when it is
 * lost, and then has missed nothing. A *call* is a handle: made by lq_call_invite, or given by LQ_ON_CALL_INVITED; LQ_ON_CALL_ENDED is its last event.
 * When it is accepted the SDK joins the call's room by itself: with microphone, and with camera in a video call; the room's events come
 * as those of any other. The server decides what is allowed; what cannot be, as far as is known here, is refused at once. */
#ifndef LOQUAT_CALL_H
#define LOQUAT_CALL_H

#include <loquat/loquat.h>

LQ_API_BEGIN

typedef enum lq_call_type { LQ_CALL_AUDIO = 1, LQ_CALL_VIDEO = 2 } lq_call_type;
typedef enum lq_call_state { LQ_CALL_IDLE = 0, LQ_CALL_CALLING, LQ_CALL_CALLED, LQ_CALL_IN_CALL } lq_call_state;
typedef enum lq_call_op {
	LQ_CALL_OP_CALL = 0, LQ_CALL_OP_HANGUP, LQ_CALL_OP_LEAVE, LQ_CALL_OP_CANCEL, LQ_CALL_OP_ACCEPT, LQ_CALL_OP_REJECT, LQ_CALL_OP_TYPE,
	LQ_CALL_OP_TYPE_REPLY, LQ_CALL_OP_INVITE
} lq_call_op;

/* As in the record. */
typedef enum lq_call_status {
	LQ_CALL_COMPLETE = 1, LQ_CALL_CANCELLED, LQ_CALL_REJECTED, LQ_CALL_TIMED_OUT, LQ_CALL_BUSY
} lq_call_status;

/* Why a call ended for this device. */
typedef enum lq_call_reason {
	LQ_CALL_END_HANGUP = 1, /* somebody hung up, for all */
	LQ_CALL_END_LEFT,       /* we left, or too few were left */
	LQ_CALL_END_CANCELLED,
	LQ_CALL_END_REJECTED,
	LQ_CALL_END_TIMEOUT,
	LQ_CALL_END_BUSY,
	LQ_CALL_END_ELSEWHERE,  /* another device of ours answered */
	LQ_CALL_END_LOST,       /* somebody's connection, or ours */
	LQ_CALL_END_FAILED      /* the server did not make it: LQ_ON_CALL_FAILED came before */
} lq_call_reason;

typedef enum lq_call_change { LQ_CALL_CHANGE_ASKED = 1, LQ_CALL_CHANGE_REFUSED, LQ_CALL_CHANGED } lq_call_change;

/* ---- sessions ---- */

/* How a user proves who it is. */
typedef enum lq_login_mode {
	LQ_LOGIN_TOKEN = 0,
	LQ_LOGIN_SECRET /* by the MD5 of the app's secret, on a server that allows it: the session may do everything, and rooms are joined with it (lq_join_params.session) */
} lq_login_mode;

typedef struct lq_login_params {
	size_t size;
	const char *server;    /* as in lq_join_params */
	const char *user;      /* required: 1 to 128 bytes of a-z A-Z 0-9 _ @ - . */
	const char *name;      /* shown to others; NULL: user */
	const char *token;     /* with the right `call`; NULL on a server in debug mode */
	const char *device;    /* at most 64 such bytes; NULL: made up */
	uint32_t timeout_ms;   /* of the login; 0: 10,000 */
	lq_login_mode mode;
	const char *app_id;     /* with LQ_LOGIN_SECRET; NULL: "loquat" */
	const char *secret_md5; /* likewise: 32 hexadecimal digits */
	const char *auth_code;  /* sent with the login; loquatd itself asks for none; at most 1,024 bytes; NULL none */
	void *ctx;              /* comes back in LQ_ON_LOGGED_IN, and goes nowhere else */
	uint32_t reconnect_ms; /* so long a lost connection is tried to be restored; 0: 60,000 */
} lq_login_params;

int lq_session_open(lq_engine *engine, lq_session **out);
int lq_session_login(lq_session *session, const lq_login_params *params); /* LQ_ON_LOGGED_IN follows, exactly one */
/* As lq_room_token_update. LQ_ON_TOKEN_WILL_EXPIRE comes 30 s ahead; without a new one the session is logged out. */
int lq_session_token_update(lq_session *session, const char *token);
int lq_session_logout(lq_session *session); /* leaves its call; LQ_ON_LOGGED_OUT follows, when it was logged in */

/* Logs out if need be. The handle, its calls and their rooms are gone, and none of their events comes any more. Waits as lq_room_close does.
 * NULL is fine. */
void lq_session_close(lq_session *session);

/* 1 to 65,536 bytes to all devices of a user. LQ_ON_MESSAGE_SENT follows (LQ_ENOENT: not logged in; messages are not kept). */
int lq_session_send(lq_session *session, const char *user, const char *text);
int lq_session_watch(lq_session *session, const char *user, int on); /* LQ_ON_PRESENCE at once, and whenever it changes; at most 200 users */

/* ---- rooms that are made on request ---- */

typedef struct lq_room_spec {
	size_t size;
	const char *name;       /* NULL: the server picks a number, which is the room's name */
	const char *password;   /* needed to join; at most 128 bytes; NULL none */
	uint32_t max_members;   /* 0: as many as the server takes, 500 */
	lq_switch locked;       /* default off; see lq_room_lock */
	lq_switch keep;         /* default off: the room is gone 30 minutes after the last member; on: it stays until it is destroyed */
	uint32_t max_open_mics; /* 0: 8 */
	uint32_t max_cameras;   /* of one member at a time; 0: 8, which is also the most */
	uint32_t max_broadcasters; /* who are no audience; 0: no limit */
} lq_room_spec;

/* Need the right `admin` in the session's token. The results are events with the same ctx, LQ_EPERM without the right. LQ_ESTATE: not logged in. */
int lq_room_create(lq_session *session, const lq_room_spec *spec, void *ctx); /* LQ_ON_ROOM_CREATED; LQ_EEXIST: there is such a room. NULL: defaults */
/* LQ_ON_ROOM_DESTROYED; LQ_ENOENT. Who is in the room gets LQ_ON_LEFT, LQ_END. Any room can be destroyed, also one that nobody made. */
int lq_room_destroy(lq_session *session, const char *name, void *ctx);
/* LQ_ON_ROOM_LOCKED; LQ_ENOENT. Into a locked room nobody can enter (LQ_EBUSY) who is not in it already. */
int lq_room_lock(lq_session *session, const char *name, int on);

/* ---- calls ---- */

/* How long we ring others, and others ring us, in ms: 1 to 120,000 (LQ_ERANGE); 0: 30,000. From the next call on. */
int lq_call_timeout_set(lq_session *session, uint32_t ms);

typedef struct lq_call_params {
	size_t size;
	const char *const *users; /* 1 to 32 */
	uint32_t n_users;
	lq_call_type type;
	const char *attachment;   /* free text for the called, at most 8,000 bytes; NULL none */
	const char *group;        /* an id of the app's for a group; NULL none */
	lq_switch camera, microphone;              /* published when the call is accepted; default on, the camera in video calls only */
	const struct lq_room_options *room_options; /* of the room; NULL: defaults. What is published is as above */
} lq_call_params;

/* LQ_ESTATE: not logged in, or in a call. The call is LQ_CALL_CALLING when it returns. */
int lq_call_invite(lq_session *session, const lq_call_params *params, lq_call **out);

typedef struct lq_accept_params {
	size_t size;
	lq_switch camera, microphone;
	const struct lq_room_options *room_options;
} lq_accept_params;

/* LQ_ESTATE: not possible in the call's state (lq_call_verdict says which number that is); accept and reject of a call that has ended give
 * LQ_ENOENT. What the server refuses later is told by LQ_ON_CALL_FAILED. */
int lq_call_accept(lq_call *call, const lq_accept_params *params); /* NULL: defaults. LQ_ON_CALL_ACCEPTED with our own name follows */
int lq_call_reject(lq_call *call, const char *reason);             /* at most 128 bytes; NULL none */
int lq_call_cancel(lq_call *call);
int lq_call_hangup(lq_call *call); /* ends it for all; before it was accepted: cancels or rejects it */
int lq_call_leave(lq_call *call);  /* the others go on */
int lq_call_add(lq_call *call, const char *const *users, uint32_t n);

/* To sound alone at once, to video when the others agree; confirm LQ_ON or LQ_OFF says otherwise. LQ_ON_CALL_TYPE tells; camera and
 * sending follow by themselves. */
int lq_call_type_switch(lq_call *call, lq_call_type type, lq_switch confirm);
int lq_call_type_reply(lq_call *call, int agree); /* to LQ_CALL_CHANGE_ASKED */

lq_call_state lq_call_state_get(lq_call *call); /* LQ_CALL_IDLE: it has ended */
lq_call_type lq_call_type_get(lq_call *call);
void lq_call_id(lq_call *call, char out[40]);   /* "" before the server has it */
lq_room *lq_call_room(lq_call *call);           /* NULL before it was accepted; it lives as long as the call's handle, and is not to be closed */

/* Ends it for us if need be; handle and room are gone and no event of them comes any more. Calls that nobody closes are closed with their
 * session, which holds 64 handles at most. NULL is fine. */
void lq_call_close(lq_call *call);

/* The state matrix (docs/calls.md): 0 it is done, 1 it means cancel, 2 it means reject, else the number that refuses it; LQ_EINVAL. */
int lq_call_verdict(lq_call_op op, lq_call_state state);

LQ_API_END

#endif
