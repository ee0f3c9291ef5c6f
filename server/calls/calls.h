/* Sessions, presence and calls: who is logged in with which devices, who calls whom, and how each call ended. One thread, no sockets, no clock:
 * messages and times come in, messages go out through the host's callbacks, and the next time-out is asked for.
 *
 * An *account* is a user; a *device* is one login of it, which outlives its socket for a while, so that a client that comes back gets
 * what it missed. An account is in one call at a time. What is allowed in which state is base/call_matrix.def. Times are ns on the clock of
 * calls, which may run faster than the real one. */
#ifndef LQ_SERVER_CALLS_H
#define LQ_SERVER_CALLS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/call_matrix.h"

#define LQ_CALL_USERS_MAX 32          /* called in one call, over its whole life */
#define LQ_CALLS_MAX 10000            /* at a time */
#define LQ_CALL_RECORDS_MAX 1000      /* kept in memory */
#define LQ_DEVICES_MAX 10             /* of one account */
#define LQ_DEVICE_ID_MAX 64           /* bytes, as of a user id */
#define LQ_WATCHED_MAX 200            /* users whose presence one device watches */
#define LQ_CALL_TIMEOUT_DEFAULT 30000 /* ms */
#define LQ_CALL_TIMEOUT_MAX 120000
#define LQ_CALL_ATTACHMENT_MAX 8192   /* bytes as JSON */
#define LQ_CALL_GROUP_MAX 128
#define LQ_CALL_REASON_MAX 128
#define LQ_CALL_TIME_NEVER INT64_MAX

typedef struct lq__calls lq__calls;
typedef struct lq__device lq__device;

/* How a call ended, as the record says. */
typedef enum lq__call_status { LQ_CALL_COMPLETE = 1, LQ_CALL_CANCELLED, LQ_CALL_REJECTED, LQ_CALL_TIMEOUT, LQ_CALL_BUSY } lq__call_status;

/* What signalling says when a call, rather than the state, is the reason of a refusal. */
enum {
	LQ_CALL_NONE = 10404,       /* there is no such call */
	LQ_CALL_NOT_IN = 10406,     /* this user has no part in it */
	LQ_CALL_ALREADY_IN = 10407, /* the invited user has a part in it already */
	LQ_CALL_OVER = 10408,       /* the invitation is over */
	LQ_CALL_WAS_REJECTED = 10409,
	LQ_CALL_WAS_ACCEPTED = 10410,
	LQ_CALL_TOO_MANY = 10419
};

typedef struct lq__calls_host {
	void (*send)(void *conn, const json_t *message);
	void (*kicked)(void *conn, const char *reason);                        /* the device is gone, or has another socket */
	json_t *(*token)(void *arg, const char *room, const char *user);       /* for the call's room: a new reference */
	void (*record)(void *arg, const json_t *record);                       /* a call ended */
	void *arg;
} lq__calls_host;

/* grace: ns that a device without a socket is waited for. unix_zero: Unix ms at time 0. NULL: no memory. */
lq__calls *lq__calls_create(const lq__calls_host *host, int64_t grace, int64_t unix_zero);
/* Every device is kicked with "shutdown", every call is recorded. NULL is fine. */
void lq__calls_destroy(lq__calls *c);
int64_t lq__calls_next(const lq__calls *c); /* when lq__calls_tick has something to do; LQ_CALL_TIME_NEVER */
void lq__calls_tick(lq__calls *c, int64_t now);
json_t *lq__calls_records(const lq__calls *c); /* an array, the newest last: a new reference */

typedef struct lq__calls_figures {
	uint64_t devices, calls, calls_total, messages, lost_events;
} lq__calls_figures;
void lq__calls_figures_get(const lq__calls *c, lq__calls_figures *out);

/* ---- devices ---- */

typedef struct lq__login {
	const char *user, *name, *device; /* device "": one is made */
	const char *session;              /* of the login that this one goes on with; "" none */
	uint64_t seq;                     /* of the last event that came then */
	int64_t ring_ms;                  /* this device rings at most so long; 0: as the caller says */
	int64_t expires;                  /* Unix seconds when the token ends, 0: never */
	int trusted;                      /* it knew the server's secret */
} lq__login;

/* The answer (a new reference) is to be sent before lq__device_enter is called, which sends what was missed and the invitations that wait.
 * The same device being there already goes on with the new socket. */
int lq__calls_login(lq__calls *c, const lq__login *login, void *conn, int64_t now, lq__device **out, json_t **answer, char *error, size_t size);
void lq__device_enter(lq__device *d, int64_t now);
void lq__device_lost(lq__device *d, int64_t now);   /* its socket is gone; d may be, too */
void lq__device_logout(lq__device *d, int64_t now); /* d is gone */
void lq__device_alive(lq__device *d, int64_t real_now, int pong);
int lq__calls_trusted(lq__calls *c, const char *user, const char *session); /* whether this session of the user's is */
const char *lq__device_user(const lq__device *d);
/* Devices that gave no sign of life since `before` (ns, real) or whose token ended lose their socket. */
int64_t lq__calls_reap(lq__calls *c, int64_t before, int64_t unix_ms, int64_t now); /* when a token ends or is warned of next: Unix ms */
void lq__device_renew(lq__device *d, int64_t expires); /* it has a new token */

void lq__device_ring(lq__device *d, int64_t ring_ms);
/* Presence of users, now and from now on: an array (a new reference). LQ_EFULL, LQ_EINVAL: not a user id. */
int lq__device_watch(lq__device *d, const char *const *users, uint32_t n, json_t **out);
void lq__device_unwatch(lq__device *d, const char *const *users, uint32_t n);
/* Returns how many devices of that user are logged in and got it. */
uint32_t lq__device_message(lq__device *d, const char *to, const char *text);

/* ---- calls ---- */

typedef struct lq__call_request {
	lq__call_op op;
	const char *call;               /* "": the one that this device is in */
	const char *const *users;       /* call, invite */
	uint32_t n_users;
	int video;                      /* call, type */
	int64_t timeout_ms;             /* call; 0: the default */
	const json_t *attachment;       /* call; NULL none */
	const char *group, *reason;     /* call; reject */
	int confirm;                    /* type: -1 default (to video yes, to audio no), 0, 1 */
	int agree;                      /* type_reply */
	void (*answer)(void *arg, json_t *answer); /* called once on success, before any event of it; takes the reference */
	void *arg;
} lq__call_request;

typedef struct lq__call_error {
	int code, detail; /* LQ_E*; a number of the matrix or of signalling, 0 none */
	char text[256];
} lq__call_error;

/* 0, or the code in `error`, then nothing has changed. */
int lq__calls_request(lq__device *d, const lq__call_request *r, int64_t now, lq__call_error *error);

#endif
