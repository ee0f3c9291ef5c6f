/* Rooms, their members and the tracks that these publish: who is where, and who is told what. One thread, no sockets, no clock, no media:
 * times come in, messages go out through the host's callbacks. */
#ifndef LQ_SERVER_ROOM_H
#define LQ_SERVER_ROOM_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/names.h"
#include "server/log.h"
#include "server/quality.h"

#define LQ_SID_SIZE 17 /* 16 hexadecimal digits and NUL */
#define LQ_ROOM_MEMBERS_MAX 500
#define LQ_ROOMS_MAX 10000
#define LQ_MEMBER_TRACKS_MAX 32
#define LQ_DEVICE_NAME_MAX 64
#define LQ_MEMBER_EVENTS 512  /* of one member: sent, but perhaps not taken */
#define LQ_MEMBER_ANSWERS 1024
#define LQ_MEMBER_BYTES (256 * 1024)
#define LQ_MEMBER_STREAMS 9
#define LQ_CAMERA_NAME_MAX 128
#define LQ_PASSWORD_MAX 128
#define LQ_INFO_MAX 200        /* bytes of what a member says about itself */
#define LQ_KICK_REASON_MAX 256

typedef struct lq__rooms lq__rooms;

typedef struct lq__room {
	lq__link link, members;
	lq__rooms *rooms;
	char name[LQ_ROOM_NAME_MAX + 1], sid[LQ_SID_SIZE];
	uint32_t n_members, n_hidden; /* hidden: of egress tasks, among the members. Guests are not counted */
	uint32_t n_guests;  /* guest.c: from other rooms */
	uint32_t worker; /* all media of a room goes through one worker */
	json_t *attributes; /* NULL: none yet */
	/* room_admin.c */
	lq__link made_link; /* of all that were made on request; else alone */
	int made, keep, locked, live;
	char password[LQ_PASSWORD_MAX + 1]; /* "": none */
	uint32_t max_members, max_mics, max_cameras, max_broadcasters; /* 0: no limit of its own */
	uint32_t n_asking; /* stage.c */
	int64_t empty_since; /* Unix ms; 0: it is not empty, or nobody has looked yet */
} lq__room;

/* Whether a member may say who is on the stage: no; by its token; where there are no tokens. */
enum { LQ__NO_HOST, LQ__HOST, LQ__HOST_WHEN_UP };

typedef struct lq__member {
	lq__link link, all, tracks; /* of the room, of all members everywhere (guests are not); its own tracks */
	lq__room *room;
	char user[LQ_USER_ID_MAX + 1], name[LQ_NICKNAME_MAX + 1], session[LQ_SID_SIZE], info[LQ_INFO_MAX + 1];
	char device[LQ_DEVICE_NAME_MAX + 1]; /* "": it said none */
	int64_t nth;      /* of its device's joins */
	void *conn;       /* the host's; NULL: its socket is lost */
	int64_t lost_until;
	lq__log log;      /* the last events, the newest has number seq */
	lq__log answers;  /* the last answers */
	uint64_t seq;     /* of the last event sent */
	int64_t seen;     /* when a sign of life came */
	int64_t expires;  /* Unix seconds when the token ends, 0: never */
	int64_t pub_expires, sub_expires; /* grants.c: the same of these rights, 0: with the token */
	int warned;
	int entered;      /* events are sent from then on */
	int may_publish, may_subscribe; /* by its token */
	int on_stage;     /* stage.c: a host has let it up, and so it may publish in any case */
	int asks;         /* to be let up, since asked_at, Unix ms */
	int64_t asked_at;
	int host;         /* LQ__HOST... */
	struct lq__devices *devices; /* control.c; NULL: nobody asked for any yet */
	uint32_t default_camera;     /* its stream */
	json_t *cameras;             /* as the member says; NULL: it has not */
	int egress;       /* the process of a task: nobody sees it, and the room does not live by it */
	int audience;     /* roles.c: the others do not see it, and it publishes nothing */
	struct lq__member *guest_of;  /* guest.c: whom it stands for, who is in another room; NULL: it is here itself */
	lq__link guests, guest_link;  /* where it is shown besides; of whom it stands for */
	uint32_t n_guests;
	uint32_t n_tracks;
	json_t *attributes; /* NULL: none yet */
	struct lq__publisher *publisher;   /* media, the host's; NULL before the first publish */
	struct lq__subscriber *subscriber; /* likewise */
	lq__quality quality;
} lq__member;

typedef struct lq__track {
	lq__link link;
	lq__member *member;
	char id[LQ_SID_SIZE], mid[33];
	uint32_t media, stream, codec; /* LQ_MEDIA_*, 0 main … 8 ninth, LQ_CODEC_* */
	uint32_t profile; /* H.264, as lq__codec_profile says */
	int announced, muted;
	char closed_by[LQ_USER_ID_MAX + 1]; /* "": nobody else */
	uint32_t width, height; /* as its publisher says, 0 unknown */
	uint32_t n_layers;      /* 0: there is one encoding without a RID */
	struct {
		char rid[33];
		uint32_t width, height;
	} layers[3];
	struct lq__media_track *source; /* media, the host's */
	struct lq__track *of;        /* a guest's: the track in its own room; NULL: it is one's own */
	lq__link copies, copy_link; /* of guests; of that track */
} lq__track;

typedef struct lq__rooms_host {
	void (*send)(void *conn, const json_t *message);
	void (*kicked)(void *conn, const char *reason);   /* the member is gone: close its connection, forget the member */
	void (*leaving)(void *arg, lq__member *m);        /* before a member's tracks go: nothing is sent to it any more */
	void (*left)(void *arg, lq__member *m);           /* after its tracks went: close its media */
	void (*track_leaving)(void *arg, lq__track *t);   /* before a track goes: nobody may get it any more */
	void (*settled)(void *arg, struct lq__room *room); /* all that was to be told of tracks that went has been told */
	int64_t (*media_seen)(void *arg, lq__member *m);  /* when its media last gave a sign of life, LQ_TIME_NONE */
	void *arg;
	void (*unsubscribe_all)(void *arg, lq__member *m); /* it may not subscribe any more; NULL: there is no media */
	void (*news)(void *arg, const char *event, const struct lq__room *room, json_t *details); /* takes details, which may be NULL; NULL: nobody listens */
	int (*track_lent)(void *arg, lq__track *t);        /* a guest's track is to get its source; NULL: likewise */
} lq__rooms_host;

typedef struct lq__join {
	const char *room, *user, *name; /* user "": one is made; name "": the user */
	int may_publish, may_subscribe;
	int64_t expires;
	const char *device, *session; /* session: of the join that this one goes on with; NULL or "": none */
	uint64_t seq;                 /* the last event that came then */
	int64_t nth;                  /* of the device's joins; 0: it does not say */
	const char *password, *info; /* NULL: none */
	int must_exist;              /* the room is not made by joining it */
	int egress;                  /* of a task */
	int audience, live;          /* live: the room that is made by joining it is one of a few who speak to many */
} lq__join;

lq__rooms *lq__rooms_create(const lq__rooms_host *host, uint32_t n_workers, int64_t member_timeout); /* NULL: no memory */
void lq__rooms_destroy(lq__rooms *rooms); /* every member is kicked with "shutdown" */

/* Makes the room when it is its first member. The same user being there already is kicked as a duplicate. `error` gets the reason. What a room may
 * refuse is in room_admin.h. */
int lq__rooms_join(lq__rooms *rooms, const lq__join *join, void *conn, int64_t now, lq__member **out, char *error, size_t error_size);

/* Goes on with the membership that join->session names. LQ_ENOENT: it is over, or more has happened than is kept; others say why it was ended.
 * The caller answers, then sends what was missed. */
int lq__rooms_resume(lq__rooms *rooms, const lq__join *join, void *conn, int64_t now, lq__member **out, char *error, size_t error_size);
void lq__member_resend(lq__member *m, uint64_t seq); /* all events after seq */
void lq__member_lost(lq__member *m, int64_t now);    /* its socket is gone: it stays for the grace */
void lq__rooms_set_grace(lq__rooms *rooms, int64_t grace); /* ns; the member time-out at first */
int64_t lq__rooms_grace(const lq__rooms *rooms);
void lq__member_answered(lq__member *m, json_t *answer); /* keeps it */
const json_t *lq__member_find_answer(const lq__member *m, int64_t id);

/* reason: "left", "timeout", "kicked", "duplicate". The member is gone afterwards; its connection is not told. */
void lq__member_leave(lq__member *m, const char *reason);
/* As leave, with a `kicked` event to the member before, and its connection is closed. */
void lq__member_kick(lq__member *m, const char *event_reason, const char *reason);
void lq__member_put_out(lq__member *m, const char *event_reason, const char *reason, const char *text); /* text: for the member, "" none */
/* Ends the membership of those that time out, that were lost for too long, and whose token ended. */
int64_t lq__rooms_tick(lq__rooms *rooms, int64_t now, int64_t unix_ms); /* when a right ends or is warned of next: Unix ms, INT64_MAX never */

/* A new track, not yet told to others. LQ_EEXIST when that stream has one of this kind, LQ_EFULL. */
int lq__track_create(lq__member *m, uint32_t media, uint32_t stream, const char *mid, lq__track **out);
void lq__track_announce(lq__track *t);
void lq__track_remove(lq__track *t); /* tells the others, if they know of it */
void lq__track_mute(lq__track *t, int muted);
/* Tells a member which layer of a track comes to it (LQ_LAYER_*), and how large it is. */
void lq__track_tell_layer(const lq__track *t, lq__member *to, uint32_t layer, uint32_t width, uint32_t height);
lq__member *lq__room_member(const lq__room *room, const char *user); /* NULL: not there */
uint32_t lq__room_people(const lq__room *room);                      /* members, without those of tasks */
lq__track *lq__room_find_track(const lq__room *room, const char *id);
lq__track *lq__track_by_mid(const lq__member *m, const char *mid);

int lq__member_may_publish(const lq__member *m);
/* Its tracks go, others see it go ("invisible") or come. */
void lq__member_set_role(lq__member *m, int audience);

/* Strings by name, null takes one away; of the room, or of the member. Everybody in the room is told, also the member. LQ_EFULL: more than
 * LQ_ATTRIBUTES_MAX bytes, nothing is changed. */
int lq__member_set_attributes(lq__member *m, int of_room, const json_t *attributes);
/* A text to all others, or to one (LQ_ENOENT: not in the room). */
int lq__member_message(lq__member *m, const char *to, const char *text);

/* New references. */
json_t *lq__track_json(const lq__track *t);
json_t *lq__member_snapshot(const lq__member *m); /* everybody else */

typedef struct lq__rooms_figures {
	uint64_t rooms, members, tracks, joins, kicks, timeouts, losses, resumes;
} lq__rooms_figures;
void lq__rooms_figures_get(const lq__rooms *rooms, lq__rooms_figures *out);

/* 16 random hexadecimal digits. */
void lq__sid(char out[LQ_SID_SIZE]);

#endif
