/* A room's inside. Its state lives on the control thread; what the API reads at once is under `lock`; `media` is the media thread's.
 *
 * OPEN -> JOINING -> JOINED -> LEAVING -> OPEN. A room whose connection is lost stays JOINED while that is restored (reconnect.c). Whatever ends a join goes through lq__room_finish, which tears socket and media down and then
 * emits the one last event: LQ_ON_LEFT when LQ_ON_JOINED had been successful, else the failed LQ_ON_JOINED. */
#ifndef LQ_SDK_ROOM_H
#define LQ_SDK_ROOM_H

#include <stdatomic.h>

#include "audio_report.h"
#include "change.h"
#include "choices.h"
#include "encode.h"
#include "engine.h"
#include "job.h"
#include "media.h"
#include "protocol.h"
#include "quality.h"
#include "signalling.h"

enum { LQ__MEMBERS_MAX = 10000, LQ__REQUESTS_MAX = 1024, LQ__API_MAX = 1024, LQ__GRAPH_EVENTS_MAX = 256, LQ__LEAVE_MS = 500, LQ__REQUEST_BYTES_MAX = 4 * 1024 * 1024,
       LQ__REJOIN_MS = 60000, LQ__RENEWALS_MAX = 5, LQ__ROOM_RETRY_FIRST_MS = 200, LQ__ROOM_RETRY_MAX_MS = 5000 };

typedef enum lq__room_state { LQ__OPEN, LQ__JOINING, LQ__JOINED, LQ__LEAVING } lq__room_state;
typedef enum lq__sub_state { LQ__SUB_NONE, LQ__SUB_ASKED, LQ__SUB_LIVE } lq__sub_state;

/* A remote track. */
typedef struct lq__track {
	int present, muted;
	int wanted_again; /* it was subscribed when the right to it ended */
	int told; /* it was subscribed before the connection was lost: nobody need hear that it is so again */
	lq__sub_state sub;
	char id[LQ__ID_MAX], codec[16];
	uint32_t width, height;
} lq__track;

enum { LQ__CAMERAS_MAX = 8, LQ__LENT_MAX = 16 };

/* What a member has: member_control.c. */
typedef struct lq__has {
	uint8_t state[1 + LQ__STREAMS]; /* lq_device_state: the microphone, then a camera a stream */
	lq_stream default_camera;
	uint32_t n_cameras;
	lq__has_camera cameras[LQ__CAMERAS_MAX];
	char by[1 + LQ__STREAMS][LQ__USER_MAX + 1]; /* our own: who asked last */
} lq__has;

typedef struct lq__member {
	struct lq__member *next;
	char user[LQ__USER_MAX + 1], name[LQ__USER_MAX + 1], info[LQ__INFO_MAX + 1];
	lq__has has;
	char guest_room[LQ__ROOM_MAX + 1], guest_user[LQ__USER_MAX + 1]; /* "": it is here itself */
	int here; /* in the new picture of the room, while it is compared */
	void *attributes; /* as they were told */
	lq__track tracks[LQ__STREAMS][2]; /* [stream][kind - 1] */
	int up, down; /* control thread: lq_quality */
} lq__member;

/* A local track. */
typedef struct lq__pub {
	int wanted;    /* the app or an option asked for it */
	int said;      /* the app itself did: options do not count */
	int building;  /* on its way to the media thread */
	int told;      /* it was published before the connection was lost: nobody need hear that it is so again */
	int built;     /* it has its group in the graph */
	int offered;   /* it is part of the offer under way */
	int gone;      /* the server has dropped it */
	int asked;     /* somebody has asked to open it */
	int muted;
	int preview;   /* the app asked to see it */
	int renew;     /* it is to be made from something else */
	int running;   /* it has its group, or one is being made, for that */
	char mid[LQ__ID_MAX];
	char track[LQ__ID_MAX]; /* the server's id; "" before it is published */
	lq__media_track made;   /* its layers */
} lq__pub;

/* MEDIA: of tracks and descriptions, without meaning once media is begun anew. RENEW: whether the server hears us, then media is. KEPT: as good after a rejoin as before. From KICK on: asks (ask.c). */
typedef enum lq__req_type {
	LQ__REQ_JOIN, LQ__REQ_PUBLISH, LQ__REQ_SUBSCRIBE, LQ__REQ_MEDIA, LQ__REQ_RENEW, LQ__REQ_MESSAGE, LQ__REQ_KEPT, LQ__REQ_OTHER, LQ__REQ_KICK, LQ__REQ_ROLE, LQ__REQ_PROFILE, LQ__REQ_TOKEN, LQ__REQ_CONTROL,
	LQ__REQ_DEFAULT_CAMERA, LQ__REQ_STAGE_REQUEST, LQ__REQ_STAGE_ANSWER, LQ__REQ_STAGE_REMOVE,
	LQ__REQ_GUEST_ADD, LQ__REQ_GUEST_REMOVE,
	LQ__REQ_EGRESS_START, LQ__REQ_EGRESS_LAYOUT, LQ__REQ_EGRESS_STOP, LQ__REQ_EGRESS_LIST
} lq__req_type;

/* A request that waits for its answer. */
typedef struct lq__request {
	struct lq__request *next;
	int64_t id;
	lq__req_type type;
	unsigned sent;               /* on which socket; 0: on none yet */
	char *text;                  /* to be sent, perhaps again; NULL: a join */
	size_t len;
	char user[LQ__USER_MAX + 1]; /* message: to whom; asks: whose, as the rest here */
	char room_name[LQ__ROOM_MAX + 1];
	lq_stream stream;
	lq_track_kind kind;
	int on;
	void *ctx;                   /* the app's */
	uint32_t n_tracks;
	char tracks[][LQ__ID_MAX]; /* subscribe: which */
} lq__request;

/* Where the text of a description is awaited (the transport said LQ_EAGAIN). */
typedef struct lq__describing {
	lq__job *waiting; /* to be tried again */
	int changed;      /* LQ_EVENT_DESCRIPTION came since the job was posted */
} lq__describing;

/* What our sub stream shows instead of a camera. */
typedef struct lq__screen {
	int on, sound, cursor, x, y;
	uint32_t width, height, fps;
	uint64_t window;
	char display[64], sound_device[256];
} lq__screen;

/* A picture that is to be written. */
typedef struct lq__snapshot {
	struct lq__snapshot *next;
	uint32_t id;
	int64_t until;
	char user[LQ__USER_MAX + 1];
	lq_stream stream;
	char path[];
} lq__snapshot;

/* A call of the API on its way to the control thread. */
typedef struct lq__api_task {
	lq__task task; /* first */
	lq_room *room;
	void (*fn)(struct lq__api_task *t);
	lq_stream stream;
	lq_track_kind kind;
	int on;
	char user[LQ__USER_MAX + 1];
	lq__change *change;
	lq__snapshot *snapshot;
} lq__api_task;

struct lq_room {
	lq_engine *engine;
	lq_room *next;
	atomic_int refs;
	atomic_int closed;    /* the handle is gone: no events any more */
	atomic_int n_api;     /* tasks of the API under way */
	atomic_int n_events;  /* events of the graph under way */
	lq__task close_task;  /* lq_room_close must not fail */
	char name[LQ__ROOM_MAX + 1];
	lq_room_options options;
	lq__views *views;

	pthread_mutex_t lock;
	lq__room_state state;
	lq__member *members;
	unsigned n_members;
	int audience; /* roles.c */
	lq__has has;  /* ourselves */
	lq_room_profile profile; /* room_profile.c */
	int live;
	lq__choices choices;
	atomic_int volumes_posted[LQ__STREAMS + 1]; /* tasks of device_volume.c under way */
	lq__audio_report report;
	lq__room_quality quality; /* control thread */

	/* under the lock, too: what the app asked for */
	unsigned previews, n_snapshots; /* previews: bit by stream */
	lq__screen screen;
	lq__encode encode[LQ__STREAMS];
	lq__wish *wishes;
	unsigned n_wishes;

	/* written by lq_room_join while the state is OPEN */
	lq__server server;
	char *user, *display, *token, *password, *info;
	lq_session *login; /* referenced; NULL: none */
	uint32_t timeout_ms;
	int64_t join_time;

	/* control thread */
	int audience_now;
	int stage_asked, stage_up; /* stage.c: we wait for an answer; a host has let us up */
	struct lq__waiting *waiting; /* who asks to come up, where we are host */
	unsigned n_waiting;
	char lent[LQ__LENT_MAX][LQ__ROOM_MAX + 1]; /* rooms that we are shown in */
	unsigned n_lent;
	int may_not_publish, may_not_subscribe; /* until there is another token */
	char *token_asked; /* on its way to the server */
	int active, finishing, joined_reported, signal_done, media_done, disposed;
	int finish_code;
	char finish_text[512];
	lq__signal *signal;
	lq__timer timer;
	int64_t next_id;
	lq__request *requests; /* the oldest first */
	unsigned n_requests;
	size_t request_bytes;
	lq__pub pubs[LQ__STREAMS][2];
	int pub_busy, pub_dirty;
	int pub_again; /* what the transport sends has to be negotiated anew */
	char *offer; /* ours, ready to be sent */
	int offer_busy;
	lq__describing describing[2];
	lq__snapshot *snapshots;
	lq__timer snapshot_timer;
	uint32_t next_snapshot;
	int had_media; /* without a join: previews */

	/* control thread: what is needed to go on after a loss */
	unsigned socket;   /* how many there were */
	int lost;          /* there is no connection, or one that has not joined yet */
	int64_t lost_time;
	uint32_t retry_ms;
	int64_t resume_ms; /* for how long the server waits for us */
	char self[LQ__USER_MAX + 1], session[LQ__ID_MAX];
	int64_t nth;       /* of the engine's joins */
	int64_t seq;       /* of the last event */
	int64_t rev;       /* of the last offer */
	unsigned life;     /* how often media was begun anew */
	void *attributes, *own; /* the room's, and our own, as they were told */
	int media_was_up[2]; /* by LQ_SEND, LQ_RECEIVE */
	int renew;         /* media has lost its way to the server: it is to begin anew */
	int renewals;      /* how often it did since it last worked */
	int64_t renewing;  /* the request to the server, 0: answered. Until then offers are of the old connection */
	int restoring;     /* our own are on their way to the server again */

	lq__media *media; /* media thread */
};

/* ---- room.c ---- */
void lq__room_ref(lq_room *room);
void lq__room_unref(lq_room *room);
void lq__room_event(lq_room *room, lq_sdk_event *event); /* [any] fills in size and room, pushes unless closed */
void lq__room_warn(lq_room *room, lq_sdk_event_type type, int code, const char *text);
uint32_t lq__room_elapsed(const lq_room *room);
/* control thread: */
void lq__room_start(lq_room *room);
void lq__room_finish(lq_room *room, int code, const char *text, int graceful);
void lq__room_signal_done(lq_room *room);
void lq__room_maybe_complete(lq_room *room);
void lq__room_dispose(lq_room *room); /* the closed handle: leaves, then drops it from the engine */

/* ---- reconnect.c ---- */
void lq__room_lose(lq_room *room, const char *reason);
int lq__room_connect(lq_room *room); /* opens the socket, on which the join is sent */
void lq__room_back(lq_room *room, const lq__msg *joined); /* the server has us again, resumed or anew */
void lq__room_lost_timer(lq_room *room);
/* Media on new connections, as soon as the server is known to hear us; others see the streams go and come back. */
void lq__room_renew(lq_room *room);
void lq__room_renew_now(lq_room *room); /* if it is still wanted */

/* ---- rejoin.c ---- */
void lq__room_subscribe_again(lq_room *room);
void lq__room_differences(lq_room *room, const lq__msg *joined);

/* ---- room_out.c: requests ---- */
int64_t lq__room_id(lq_room *room);
int lq__room_send(lq_room *room, int64_t id, lq__req_type type, char *text); /* takes text */
int lq__room_send_message(lq_room *room, int64_t id, const char *user, char *text); /* takes text */
int lq__room_send_tracks(lq_room *room, const char *type, lq__req_type kind, const char *const *ids, uint32_t n);
lq__request *lq__room_find_request(lq_room *room, int64_t id); /* NULL unknown */
lq__request *lq__room_take_request(lq_room *room, int64_t id); /* NULL unknown; free() */
void lq__request_free(lq__request *req); /* NULL is fine */
void lq__room_drop_requests(lq_room *room);
void lq__room_send_again(lq_room *room);      /* on a new socket: all that have no answer yet */
void lq__room_drop_joins(lq_room *room); /* of sockets that are lost: each has its own */
void lq__room_drop_media_requests(lq_room *room); /* those of the media that was */
void lq__room_fail_requests(lq_room *room);   /* those that make no sense any more after a rejoin */

/* ---- room_in.c: the server's messages ---- */
void lq__room_message(lq_room *room, const char *text, size_t len);
void lq__request_failed(lq_room *room, const lq__request *req, int code, const char *text);
lq__member *lq__room_add_member(lq_room *room, const lq__msg_member *in); /* NULL: it is there, or cannot be kept */
lq__track *lq__room_put_track(lq_room *room, lq__member *m, const lq__msg_track *in); /* NULL: it makes no sense */
void lq__room_drop_track(lq_room *room, lq__member *m, lq_stream stream, lq_track_kind kind);
void lq__room_drop_member(lq_room *room, lq__member *m, const char *reason);
void lq__room_user_event(lq_room *room, const lq__member *m, int existed);
void lq__room_stream_event(lq_room *room, lq_sdk_event_type type, const lq__member *m, lq_stream stream, lq_track_kind kind, const lq__track *t);

/* ---- ask.c ---- */
void lq__room_answered(lq_room *room, const lq__request *req, int code, const char *text);

/* ---- roles.c ---- */
int lq__is_audience(lq_room *room); /* [any] as the app wants it */
/* control thread: */
int lq__role_for_join(lq_room *room); /* what the join has to say */
void lq__role_joined(lq_room *room);
void lq__role_answered(lq_room *room, int audience, int code, const char *text);

/* ---- egress.c: control thread ---- */
void lq__egress_answered(lq_room *room, const lq__request *req, const char *task, int code, const char *text); /* task "": the one that was asked about */
void lq__on_egress(lq_room *room, const lq__msg *msg);
void lq__on_egress_answer(lq_room *room, const lq__msg *msg);

/* ---- stage.c: control thread ---- */
void lq__stage_answered(lq_room *room, const lq__request *req, int code, const char *text);
void lq__on_stage_request(lq_room *room, const lq__msg *msg);
void lq__on_stage_answer(lq_room *room, const lq__msg *msg);
void lq__stage_joined(lq_room *room, const lq__msg *joined);
void lq__stage_rejoined(lq_room *room, const lq__msg *joined);
void lq__stage_clear(lq_room *room);

/* ---- guest.c: control thread ---- */
void lq__guest_answered(lq_room *room, const lq__request *req, int code, const char *text);
void lq__on_guest(lq_room *room, const lq__msg *msg);
void lq__guest_rejoined(lq_room *room);

/* ---- room_profile.c ---- */
const lq_profile *lq__room_media_profile(lq_room *room); /* [any] which our media are made from */
void lq__profile_is(lq_room *room, int live, int tell);  /* [control thread] the server says so; tell: also when we know it */

/* ---- member_control.c ---- */
void lq__has_track(lq_room *room, lq__member *m, lq_stream stream, lq_track_kind kind, int on, const char *by);
void lq__has_compare(lq_room *room, lq__member *m, const lq__msg_member *in, int tell);
void lq__has_restore(lq_room *room);
void lq__has_cameras(lq_room *room, lq__member *m, void *cameras);
lq_device_state lq__has_state(const lq__has *has, lq_stream stream, lq_track_kind kind); /* with the lock held */
void lq__on_device(lq_room *room, const lq__msg *msg);
void lq__on_default_camera(lq_room *room, const lq__msg *msg);
void lq__on_control(lq_room *room, const lq__msg *msg);
void lq__own_track(lq_room *room, lq_stream stream, lq_track_kind kind, int on);
void lq__own_track_failed(lq_room *room, lq_stream stream, lq_track_kind kind, int code);
void lq__cameras_announce(lq_room *room);

/* ---- tokens.c ---- */
lq_token_scope lq__token_scope(const char *name);
void lq__on_token_will_expire(lq_room *room, const lq__msg *msg);
void lq__on_token_expired(lq_room *room, const lq__msg *msg);
void lq__token_answered(lq_room *room, int code, const char *text);

/* ---- room_api.c, change.c: both take c ---- */
int lq__room_request_change(lq_room *room, const char *user, lq_stream stream, lq_track_kind kind, lq__change *c);
void lq__room_change(lq_room *room, const lq__media_track *track, lq__change *c);

/* [any] Checks, and has fn run on the control thread. user may be NULL: ourselves. */
int lq__room_request(lq_room *room, const char *user, lq_stream stream, lq_track_kind kind, int on, void (*fn)(lq__api_task *));
int lq__room_request_snapshot(lq_room *room, lq__snapshot *s, void (*fn)(lq__api_task *));

/* ---- preview.c ---- */
void lq__preview_sync(lq_room *room); /* makes previews follow what is wanted */

/* ---- view_api.c ---- */
void lq__view_follow(lq_room *room, const char *user, lq_stream stream); /* LQ_BY_VIEW */
void lq__view_closed(lq_room *room, const lq__media_track *t);
void lq__view_shown(lq_room *room, const lq__media_track *t);

/* ---- snapshot.c ---- */
void lq__snapshot_done(lq_room *room, uint32_t id, int code, const char *text);
void lq__snapshots_end(lq_room *room); /* there will be no more pictures */

/* ---- screen.c ---- */
void lq__screen_choice(lq_room *room, const lq__media_track *t, lq__choice_list *out); /* [media thread] the screen, or a preview's size */
void lq__screen_state(lq_room *room, lq_stream stream, lq_track_kind kind, lq_screen_state state, int code, const char *text);
void lq__screen_left(lq_room *room);

/* ---- room_data.c: messages and attributes ---- */
void lq__on_message(lq_room *room, const lq__msg *msg);
void lq__on_attributes(lq_room *room, const lq__msg *msg);
void lq__tell_attributes(lq_room *room, const char *user, void *attributes, int existed); /* user "": the room's */
void lq__attributes_differ(lq_room *room, const char *user, void **known, void *now);
void lq__message_answered(lq_room *room, const lq__request *req, int code, const char *text);

/* ---- members.c ---- */
lq__member *lq__member_find(lq_room *room, const char *user);
lq__member *lq__member_add(lq_room *room, const lq__msg_member *in); /* NULL: too many, or no memory */
void lq__member_remove(lq_room *room, lq__member *m);
void lq__members_clear(lq_room *room);
lq__track *lq__track_find(lq_room *room, const char *id, lq__member **member, lq_stream *stream, lq_track_kind *kind);

/* ---- subscribe.c ---- */
int lq__wants(const lq_room *room, const char *user, lq_stream stream, lq_track_kind kind); /* auto subscribe */
void lq__subscribe(lq_room *room, const char *const *ids, uint32_t n);
void lq__track_muted(lq_room *room, const lq__member *m, lq_stream stream, lq_track_kind kind, const lq__track *t); /* mixers follow */
void lq__subscribe_failed(lq_room *room, const lq__request *req, int code, const char *text);
void lq__unsubscribe(lq_room *room, lq__member *m, lq_stream stream, lq_track_kind kind, int tell_server);
void lq__on_offer(lq_room *room, const lq__msg *msg);
void lq__mark_live(lq_room *room, const lq__media_track *t);

/* ---- publish.c ---- */
void lq__publish_auto(lq_room *room);
void lq__publish_dropped(lq_room *room); /* the server has dropped all that was published */
void lq__publish_sync(lq_room *room); /* makes what is published follow what is wanted */
void lq__publish_offer(lq_room *room);
void lq__publish_again(lq_room *room); /* the same tracks with other codecs */
void lq__publish_answered(lq_room *room, const lq__msg *msg);
void lq__publish_failed(lq_room *room, int code, const char *text);
void lq__publish_anew(lq_room *room); /* what was published, on a new connection */
void lq__publish_mute(lq_room *room, lq_stream stream, lq_track_kind kind, int muted);

/* ---- room_graph.c: what the graph says ---- */
void lq__room_graph_event(void *arg, lq_node *node, const lq_event *event); /* [any loop] */
void lq__room_first_frame(void *arg, const char *user, lq_stream stream, lq_track_kind kind, uint32_t width, uint32_t height);

#endif
