/* What the parts of server/calls share. */
#ifndef LQ_SERVER_CALLS_PRIVATE_H
#define LQ_SERVER_CALLS_PRIVATE_H

#include <loquat/plugin/host.h>

#include "base/list.h"
#include "base/names.h"
#include "server/calls/calls.h"
#include "server/room.h"

#define LQ_ACCOUNT_BUCKETS 1024
#define LQ_KEPT_EVENTS 64 /* of one device: sent, but perhaps not taken */
#define LQ_KEPT_BYTES (256 * 1024)
#define LQ_CALL_ID_SIZE 33
#define LQ_CALL_ROOM_SIZE 38

typedef struct lq__account lq__account;
typedef struct lq__call lq__call;

/* WAITING: called while not logged in anywhere. */
typedef enum lq__seat_state { LQ_SEAT_NEW, LQ_SEAT_WAITING, LQ_SEAT_RINGING, LQ_SEAT_IN, LQ_SEAT_OUT } lq__seat_state;

/* An account's part in a call, from its invitation to the call's end. */
typedef struct lq__seat {
	lq__link link;    /* of the call; the caller's is the first */
	lq__link waiting; /* of the account */
	lq__call *call;
	lq__account *account, *inviter;
	lq__device *device; /* IN: the one that called or accepted */
	lq__seat_state state;
	lq__call_status status; /* OUT */
	int64_t deadline;       /* WAITING, RINGING */
	int64_t joined;
	uint32_t duration_s;
	int asked; /* has yet to say whether the type may change */
} lq__seat;

struct lq__call {
	lq__link link, seats;
	lq__calls *calls;
	char id[LQ_CALL_ID_SIZE], room[LQ_CALL_ROOM_SIZE], group[LQ_CALL_GROUP_MAX + 1];
	json_t *attachment;
	uint32_t n_seats;
	int is_group, video, answered;
	int64_t timeout, created, answered_at;
	lq__seat *asker; /* of a change of type that is not yet decided */
	int wanted_video;
	int64_t ask_deadline;
};

typedef struct lq__watch {
	lq__link of_account, of_device;
	lq__device *device;
	lq__account *account;
} lq__watch;

struct lq__account {
	lq__link link, devices, watchers, waiting;
	lq__calls *calls;
	uint32_t refs; /* seats and watches */
	uint32_t n_devices;
	char user[LQ_USER_ID_MAX + 1];
	lq__seat *seat; /* RINGING or IN; NULL: idle */
};

typedef struct lq__kept {
	json_t *event;
	size_t bytes;
} lq__kept;

struct lq__device {
	lq__link link, all, watches;
	lq__account *account;
	char id[LQ_DEVICE_ID_MAX + 1], name[LQ_NICKNAME_MAX + 1], session[LQ_SID_SIZE];
	void *conn; /* NULL: lost */
	int entered; /* events are sent from then on; those before are kept */
	int resumed; /* it went on with a session that it had */
	int64_t lost_until, seen, expires, ring_ms;
	int warned; /* that its token ends soon */
	int trusted;
	uint32_t n_watches;
	uint64_t seq;                  /* of the last event */
	uint64_t resume_from;          /* what came before, until it entered */
	uint64_t seq_at_pong;          /* the next pong says that all up to here have come */
	lq__kept kept[LQ_KEPT_EVENTS]; /* the last n_kept events; that with number s is at s % LQ_KEPT_EVENTS */
	uint32_t n_kept;
	size_t kept_bytes;
};

struct lq__calls {
	lq__calls_host host;
	int64_t grace, unix_zero, now, next;
	lq__calls_figures figures;
	lq__link devices, calls;
	lq__link accounts[LQ_ACCOUNT_BUCKETS];
	json_t *records;
};

/* ---- accounts.c ---- */
lq__account *lq__account_get(lq__calls *c, const char *user); /* makes it; NULL: no memory */
void lq__account_ref(lq__account *a);
void lq__account_unref(lq__account *a); /* NULL is fine */
void lq__account_release(lq__account *a); /* frees it when nothing holds it */
int lq__account_online(const lq__account *a);
void lq__wake_at(lq__calls *c, int64_t time);

/* ---- events.c: take the reference, NULL is a lost event ---- */
void lq__device_event(lq__device *d, json_t *event);
void lq__account_event(lq__account *a, const lq__device *except, json_t *event);
void lq__call_event(lq__call *call, const lq__seat *except, json_t *event); /* to those who are in it */
json_t *lq__call_message(const lq__call *call, const char *type);           /* with the call's id and its age */
int lq__device_can_resume(const lq__device *d, const char *session, uint64_t seq);
void lq__device_resend(lq__device *d);
void lq__device_forget(lq__device *d, uint64_t seq); /* events up to this one need not be kept */

/* ---- seats.c ---- */
lq__call *lq__call_create(lq__calls *c, lq__device *caller, const lq__call_request *r); /* NULL: no memory */
void lq__call_destroy(lq__call *call);
lq__seat *lq__seat_create(lq__call *call, const char *user, lq__account *inviter); /* NULL: no memory */
lq__seat *lq__seat_find(const lq__call *call, const char *user);
void lq__seat_ring(lq__seat *s);      /* NEW or WAITING: rings, waits, or is busy */
void lq__seat_wait(lq__seat *s);      /* RINGING: nobody is logged in any more */
void lq__seat_tell_busy(lq__seat *s); /* those in the call */
void lq__seat_out(lq__seat *s, lq__call_status status);
json_t *lq__seat_invitation(const lq__seat *s);

/* ---- ending.c ---- */
void lq__call_end(lq__call *call, const char *reason, const char *by);
void lq__call_check(lq__call *call, const char *reason, const char *by); /* ends it when nobody is left to talk to */
void lq__seat_leave(lq__seat *s, const char *reason);
void lq__seat_timeout(lq__seat *s);
json_t *lq__call_ended(const lq__call *call, const char *reason, const char *by, lq__call_status status);

/* ---- type.c ---- */
int lq__call_type(lq__seat *s, const lq__call_request *r, lq__call_error *error);
int lq__call_type_reply(lq__seat *s, const lq__call_request *r, lq__call_error *error);
void lq__call_type_seat_gone(lq__seat *s);
void lq__call_type_timeout(lq__call *call);

/* ---- presence.c ---- */
void lq__watch_end(lq__watch *w);

/* ---- snapshot.c ---- */
json_t *lq__device_calls(const lq__device *d); /* an array: what this device is part of */
json_t *lq__call_users(const lq__call *call);  /* ids of all who were called */

/* ---- requests.c ---- */
int lq__call_refuse(lq__call_error *e, int code, int detail, const char *fmt, ...) LQ_PRINTF(4, 5);
void lq__call_answer_ok(const lq__call_request *r);

#endif
