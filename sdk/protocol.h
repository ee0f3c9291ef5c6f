/* The room protocol, version 1 (docs/protocol.md), as seen by a client: texts in, typed messages out, and requests as texts. Knows no
 * socket and keeps no state. [any] */
#ifndef LQ_SDK_PROTOCOL_H
#define LQ_SDK_PROTOCOL_H

#include <loquat/loquat.h>

enum { LQ__MESSAGE_MAX = 256 * 1024 };

typedef enum lq__msg_type {
	LQ__MSG_OTHER = 0, /* a type that this client does not know: to be ignored */
	LQ__MSG_JOINED, LQ__MSG_PUBLISHED, LQ__MSG_OK, LQ__MSG_ERROR, LQ__MSG_LEFT, LQ__MSG_PONG, LQ__MSG_STATS,
	LQ__MSG_OFFER,
	LQ__MSG_USER_JOINED, LQ__MSG_USER_LEFT, LQ__MSG_TRACK_PUBLISHED, LQ__MSG_TRACK_UNPUBLISHED, LQ__MSG_TRACK_MUTED, LQ__MSG_LAYER, LQ__MSG_KICKED,
	LQ__MSG_QUALITY, LQ__MSG_MESSAGE, LQ__MSG_ATTRIBUTES, LQ__MSG_ROOM_LOCKED, LQ__MSG_ROOM_PROFILE,
	LQ__MSG_DEVICE, LQ__MSG_CONTROL, LQ__MSG_MUTE, LQ__MSG_CAMERAS, LQ__MSG_DEFAULT_CAMERA, LQ__MSG_TOKEN_WILL_EXPIRE, LQ__MSG_TOKEN_EXPIRED,
	LQ__MSG_STAGE_REQUEST, LQ__MSG_STAGE_ANSWER, LQ__MSG_GUEST,
	LQ__MSG_EGRESS, LQ__MSG_EGRESS_STARTED, LQ__MSG_EGRESS_LIST
} lq__msg_type;

/* Fields that do not apply are "" or 0, strings never NULL. */
typedef struct lq__msg_track {
	const char *id, *user, *mid, *codec;
	lq_stream stream;
	lq_track_kind kind; /* 0 unknown */
	int muted;
	uint32_t width, height;
	const struct lq__media_track *made; /* publish: its layers; NULL none */
} lq__msg_track;

typedef struct lq__msg_device {
	lq_stream stream;
	lq_track_kind kind;
	lq_device_state state;
} lq__msg_device;

typedef struct lq__has_camera {
	lq_stream stream;
	char name[257];
} lq__has_camera;

typedef struct lq__msg_member {
	const char *user, *name, *info;
	uint32_t first_track, n_tracks; /* in lq__msg.tracks */
	void *attributes;               /* for lq__msg_attributes; NULL none */
	void *devices, *cameras;        /* for lq__msg_device_at and lq__msg_camera_at */
	const char *default_camera;
	const char *guest_room, *guest_user; /* of a guest, else "" */
	int up, down;                   /* quality: 0 to 6 */
} lq__msg_member;

typedef struct lq__msg {
	lq__msg_type type;
	int64_t id;  /* of the request, 0 none */
	int64_t seq; /* of the event, 0 none */
	int64_t rev;
	int code;    /* LQ_E* of an error */
	const char *room_sid, *user, *name, *sdp, *reason, *text, *info, *session;
	int resumed;        /* joined: we go on where we were */
	int live;           /* joined, room_profile */
	int64_t resume_ms;  /* joined */
	lq__msg_track *tracks; /* one for the track events */
	uint32_t n_tracks;
	lq__msg_member *members; /* one for user_joined */
	uint32_t n_members;
	void *attributes; /* the room's in `joined`; what changed in an event */
	lq_layer layer;
	void *cameras;    /* cameras, user_joined */
	void *tasks;      /* egress_list: for lq__msg_tasks */
	void *waiting;    /* joined: for lq__msg_waiting_at */
	lq__msg_device device; /* device, control, default_camera; text: by whom */
	const char *guest_room; /* guest: that we are shown in */
	int flag;         /* control, stage_request, guest: on; stage_answer: lq_stage_result; egress: lq_egress_state, name: the task; a message: to us alone; attributes: the room's; room_locked: it is */
	void *json; /* owns the strings */
} lq__msg;

/* 0, LQ_EPROTO with the reason in `error`, or LQ_ENOMEM. On success lq__msg_finish frees. */
int lq__msg_parse(const char *text, size_t len, lq__msg *out, char *error, size_t error_size);
void lq__msg_finish(lq__msg *msg);

/* Each name with its value, NULL where it was taken away; attributes may be NULL. */
void lq__msg_attributes(void *attributes, void (*fn)(void *arg, const char *name, const char *value), void *arg);

/* Attributes that are kept. Merging makes *known if need be, and forgets what is NULL; without memory it stays as it was. */
void lq__msg_attributes_merge(void **known, void *changes);
void lq__msg_attributes_free(void *known); /* NULL is fine */
int lq__msg_attributes_equal(void *known, void *now);
/* Calls fn for each that is not the same in both, with the value of `now`. */
void lq__msg_attributes_differ(void *known, void *now, void (*fn)(void *arg, const char *name, const char *value), void *arg);

/* 0: there are no more, or what is there makes no sense. The name is shortened by who keeps it. */
int lq__msg_device_at(void *devices, uint32_t i, lq__msg_device *out);
int lq__msg_camera_at(void *cameras, uint32_t i, lq_stream *stream, const char **name);

int lq__msg_waiting_at(void *waiting, uint32_t i, const char **user, const char **name); /* likewise */

char *lq__msg_tasks(void *tasks); /* as JSON, free() it; NULL: there are none, or no memory */

/* LQ_E* for a name such as "ETOKEN"; LQ_EPROTO for one that we do not know. */
int lq__error_code(const char *name);

/* Requests: a text to free(), or NULL (no memory, or a string that is not UTF-8). */
typedef struct lq__join_request {
	const char *room, *user, *name, *token, *password, *info; /* NULL or "": absent */
	const char *login; /* the session that we join by */
	int must_exist, audience, live;
	const char *device, *session; /* session: of the join to go on with */
	int64_t seq, nth; /* nth: of the device's joins */
	int only_resume;
} lq__join_request;
char *lq__req_join(int64_t id, const lq__join_request *join);
char *lq__req_again(const char *text); /* the same request, said to have been sent before */
char *lq__req_publish(int64_t id, const char *sdp, const lq__msg_track *tracks, uint32_t n);
char *lq__req_tracks(int64_t id, const char *type, const char *const *ids, uint32_t n); /* subscribe, unsubscribe, unpublish */
char *lq__req_layer(int64_t id, const char *track, lq_layer layer);
char *lq__req_mute(int64_t id, const char *track, int muted);
char *lq__req_answer(int64_t id, const char *sdp, int64_t rev);
char *lq__req_message(int64_t id, const char *to, const char *text); /* to "": all */
char *lq__req_attribute(int64_t id, int of_room, const char *name, const char *value);
char *lq__req_profile(int64_t id, int live);
char *lq__req_role(int64_t id, int audience);
char *lq__req_token(int64_t id, const char *token); /* of sessions, too */
char *lq__req_control(int64_t id, const char *user, lq_stream stream, lq_track_kind kind, int on);
char *lq__req_device(int64_t id, lq_stream stream, lq_track_kind kind, int none);
char *lq__req_cameras(int64_t id, const lq__has_camera *cameras, uint32_t n);
char *lq__req_default_camera(int64_t id, const char *user, lq_stream stream);
char *lq__req_kick(int64_t id, const char *user, const char *reason);
char *lq__req_guest_add(int64_t id, const char *room, const char *user, const char *token);
char *lq__req_guest_remove(int64_t id, const char *user, const char *room); /* one of them "" */
char *lq__req_stage_request(int64_t id, int on);
char *lq__req_stage_answer(int64_t id, const char *user, int accept, const char *reason);
char *lq__req_stage_remove(int64_t id, const char *user, const char *reason);
/* The fields of requests about tasks, as JSON to free(): 0, LQ_EPARSE (the layout), or LQ_EINVAL (not UTF-8, no memory). */
int lq__egress_start_fields(const lq_egress_spec *spec, char **out);
int lq__egress_layout_fields(const char *task, const char *layout, char **out);
int lq__egress_task_fields(const char *task, char **out);
char *lq__req_egress(int64_t id, const char *type, const char *fields);
char *lq__req_attributes(int64_t id, int of_room, void *attributes);
char *lq__req_plain(int64_t id, const char *type); /* leave, ping, stats */

#endif
