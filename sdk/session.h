/* A session's inside, and that of its calls. Their state lives on the control thread; what the API checks at once is under `lock`.
 *
 * OUT -> CONNECTING -> ONLINE <-> LOST -> OUT. A socket that is lost is opened again, at growing intervals, until the app or the time says
 * that it is enough; requests made meanwhile wait, in bounds. Whatever ends a login goes through lq__session_finish. */
#ifndef LQ_SDK_SESSION_H
#define LQ_SDK_SESSION_H

#include <stdatomic.h>

#include "engine.h"
#include "names.h"
#include "session_protocol.h"
#include "signalling.h"

enum {
	LQ__SESSION_CALLS_MAX = 64, LQ__SESSION_REQUESTS_MAX = 256, LQ__SESSION_API_MAX = 256, LQ__TEXT_MAX = 65536, LQ__ATTACHMENT_MAX = 8000,
	LQ__CALL_TIMEOUT_MAX = 120000, LQ__RETRY_FIRST_MS = 200, LQ__RETRY_MAX_MS = 5000
};

typedef enum lq__session_state { LQ__SESSION_OUT, LQ__SESSION_CONNECTING, LQ__SESSION_ONLINE, LQ__SESSION_LOST } lq__session_state;
typedef enum lq__sreq_type { LQ__SREQ_LOGIN, LQ__SREQ_CALL, LQ__SREQ_ACCEPT, LQ__SREQ_MESSAGE, LQ__SREQ_OTHER, LQ__SREQ_TOKEN,
	LQ__SREQ_ROOM_CREATE, LQ__SREQ_ROOM_DESTROY, LQ__SREQ_ROOM_LOCK } lq__sreq_type;

/* A request: on its way from the API, waiting for a connection, or for its answer. */
typedef struct lq__srequest {
	lq__task task; /* first */
	struct lq__srequest *next;
	lq_session *session; /* referenced until it is with the session */
	lq_call *call;       /* referenced; NULL: of none */
	lq__sreq_type type;
	int64_t id;
	char *text;          /* NULL: sent */
	char user[LQ__USER_MAX + 1]; /* or the room */
	int on;
	void *ctx;           /* the app's */
} lq__srequest;

struct lq_call {
	lq_call *next; /* of the session, until it is closed */
	lq_session *session; /* referenced */
	atomic_int refs;
	lq__task close_task;
	lq_room_options options;
	lq_switch camera, microphone;

	/* under the session's lock */
	lq_call_state state;
	lq_call_type type;
	atomic_int closed;
	int answering, ended;
	char id[LQ__CALL_ID_MAX];
	lq_room *room;
};

struct lq_session {
	lq_engine *engine;
	lq_session *next;
	atomic_int refs;
	atomic_int n_api;
	lq__task close_task;

	pthread_mutex_t lock;
	_Atomic lq__session_state state; /* changes with the lock held */
	atomic_int closed;
	int leaving; /* a logout is on its way to the control thread */
	lq_call *calls;
	unsigned n_calls;
	int64_t next_id;
	uint32_t ring_ms;

	/* written by lq_session_login while the state is OUT */
	lq__server server;
	char *user, *name, *token, *device, *app_id, *secret_md5, *auth_code;
	void *ctx;
	char *token_asked; /* on its way to the server */
	uint32_t timeout_ms, reconnect_ms;
	int64_t login_time;

	/* control thread */
	int reported; /* the login was successful */
	lq__signal *signal;
	lq__timer timer;
	lq__srequest *waiting, *asked; /* for a connection, the oldest first; for an answer */
	unsigned n_waiting, n_asked;
	char id[LQ__CALL_ID_MAX];
	int64_t seq;
	uint32_t retry_ms;
	int64_t lost_time;
};

/* ---- session.c ---- */
void lq__session_ref(lq_session *s);
void lq__session_unref(lq_session *s);
void lq__session_event(lq_session *s, lq_sdk_event *event); /* [any] fills in size and session, pushes unless it or the call is closed */
/* control thread: */
void lq__session_start(lq_session *s);
void lq__session_online(lq_session *s, const lq__smsg *msg);
void lq__session_finish(lq_session *s, int code, const char *text);
void lq__session_dispose(lq_session *s);
void lq__session_send(lq_session *s, lq__srequest *r); /* takes it */
lq__srequest *lq__session_take_request(lq_session *s, int64_t id);
void lq__srequest_free(lq__srequest *r);

/* ---- session_api.c ---- */
/* [any], with the lock held: posts a request; takes text. */
int lq__session_post(lq_session *s, lq_call *call, lq__sreq_type type, int64_t id, const char *user, char *text);
/* The same, of no call; user: or the room. */
int lq__session_post_about(lq_session *s, lq__sreq_type type, int64_t id, const char *user, int on, void *ctx, char *text);
int lq__session_online_check(const lq_session *s); /* LQ_ESTATE: not logged in */

/* ---- session_in.c ---- */
void lq__session_message(lq_session *s, const char *text, size_t len);
void lq__session_request_failed(lq_session *s, lq__srequest *r, int code, int detail, const char *text);

/* ---- tokens.c ---- */
void lq__session_token_answered(lq_session *s, int code, const char *text);

/* ---- room_admin.c ---- */
void lq__session_room_answered(lq_session *s, const lq__srequest *r, int code, const lq__smsg *msg, const char *text);

/* ---- call.c ---- */
lq_call *lq__call_new(lq_session *s, lq_call_type type, lq_call_state state); /* with the lock held; in the session's list; NULL: full, or no memory */
void lq__call_ref(lq_call *call);
void lq__call_unref(lq_call *call);
lq_call *lq__call_find(lq_session *s, const char *id);
lq_call *lq__call_first(lq_session *s); /* [control thread] calls go away only there, so the list may be followed */
void lq__call_event(lq_call *call, lq_sdk_event *event); /* [any] */
/* control thread: */
void lq__call_join(lq_call *call, const char *room, const char *token, const char *user, uint32_t elapsed_ms);
void lq__call_set_type(lq_call *call, lq_call_type type);
void lq__call_end(lq_call *call, lq_call_reason reason, const lq__smsg *msg); /* msg NULL: no message of the server's says so */
void lq__calls_end(lq_session *s, lq_call_reason reason);

#endif
