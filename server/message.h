/* Requests of the room protocol: one text into one typed struct. Pure: no sockets, no state. */
#ifndef LQ_SERVER_MESSAGE_H
#define LQ_SERVER_MESSAGE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/call_matrix.h"

#define LQ_MESSAGE_MAX (256 * 1024) /* bytes of one message */
#define LQ_MESSAGE_TRACKS 32        /* tracks in one `publish` */
#define LQ_MESSAGE_IDS 256          /* track ids in one request */
#define LQ_MESSAGE_STREAMS 9
#define LQ_TEXT_MAX 65536           /* bytes of what users tell each other */
#define LQ_ATTRIBUTE_NAME_MAX 64
#define LQ_ATTRIBUTE_VALUE_MAX 8192
#define LQ_ATTRIBUTES_MAX 65536     /* bytes of all names and values of a room, or of a user */

typedef enum lq__message_type {
	LQ_MSG_JOIN = 1,
	LQ_MSG_PUBLISH,
	LQ_MSG_UNPUBLISH,
	LQ_MSG_MUTE,
	LQ_MSG_SUBSCRIBE,
	LQ_MSG_UNSUBSCRIBE,
	LQ_MSG_ANSWER,
	LQ_MSG_LAYER,
	LQ_MSG_RENEW,
	LQ_MSG_STATS,
	LQ_MSG_LEAVE,
	LQ_MSG_PING,
	LQ_MSG_MESSAGE,
	LQ_MSG_ATTRIBUTES,
	LQ_MSG_KICK,
	LQ_MSG_ROLE,
	LQ_MSG_TOKEN, /* of sessions, too */
	LQ_MSG_CONTROL,
	LQ_MSG_DEVICE,
	LQ_MSG_CAMERAS,
	LQ_MSG_DEFAULT_CAMERA,
	LQ_MSG_ROOM_PROFILE,
	LQ_MSG_STAGE_REQUEST,
	LQ_MSG_STAGE_ANSWER,
	LQ_MSG_STAGE_REMOVE,
	LQ_MSG_EGRESS_START,
	LQ_MSG_EGRESS_LAYOUT,
	LQ_MSG_EGRESS_STOP,
	LQ_MSG_EGRESS_LIST,
	LQ_MSG_GUEST_ADD,
	LQ_MSG_GUEST_REMOVE,
	LQ_MSG_LOGIN, /* sessions from here on */
	LQ_MSG_LOGOUT,
	LQ_MSG_WATCH,
	LQ_MSG_UNWATCH,
	LQ_MSG_RING,
	LQ_MSG_CALL,
	LQ_MSG_ROOM_CREATE,
	LQ_MSG_ROOM_DESTROY,
	LQ_MSG_ROOM_LOCK
} lq__message_type;

#define LQ_MESSAGE_LAYERS 3

/* An encoding of a published track. */
typedef struct lq__message_layer {
	const char *rid;
	uint32_t width, height; /* 0 unknown */
} lq__message_layer;

typedef struct lq__message_track {
	const char *mid;
	uint32_t media;  /* LQ_MEDIA_AUDIO, LQ_MEDIA_VIDEO */
	uint32_t stream; /* 0 main … 8 ninth */
	uint32_t width, height, n_layers;
	lq__message_layer layers[LQ_MESSAGE_LAYERS]; /* the best first */
} lq__message_track;

/* Strings are "" when absent and live as long as the message. */
typedef struct lq__message {
	lq__message_type type;
	int has_id, again; /* again: its answer may have got lost */
	int64_t id;
	const char *room, *user, *name, *token; /* join; room: room_...; user: kick */
	const char *password, *info;            /* join; password: room_create */
	const char *login;                      /* join: the session of a login by secret */
	const char *app_id, *secret_md5, *auth_code; /* login */
	int must_exist;                         /* join */
	int audience;                           /* join, role */
	int live;                               /* join, room_create, room_profile */
	uint32_t media, stream;                 /* control, device; stream: default_camera */
	int on, none;                           /* control, stage_request; stage_answer: accepted. device: it is not there, else closed */
	const json_t *cameras;                  /* cameras: [{stream, name}] */
	int locked, keep;                       /* room_create; locked: room_lock */
	int64_t max_members, max_mics, max_cameras, max_broadcasters; /* room_create */
	const char *sdp;                        /* publish, answer */
	int64_t rev;                            /* answer */
	const char *track;                      /* mute, layer */
	uint32_t layer;                         /* layer, subscribe: LQ_LAYER_* */
	int muted;
	uint32_t n_tracks; /* publish */
	lq__message_track tracks[LQ_MESSAGE_TRACKS];
	uint32_t n_ids; /* unpublish, subscribe, unsubscribe: tracks; watch, unwatch, call, call_invite: users */
	const char *ids[LQ_MESSAGE_IDS];
	const char *device, *session;  /* join, login */
	int64_t seq, ring_ms;          /* join, login; login, ring_timeout */
	int64_t nth;                   /* join */
	int only_resume;               /* join */
	const char *to, *text;         /* message */
	const char *scope;             /* attributes: "room" or "user" */
	const json_t *attributes;      /* attributes: strings or null by name */
	lq__call_op op;                /* call and all call_... */
	const char *call, *group, *reason;
	int video, confirm, agree;     /* confirm: -1 not said */
	int64_t timeout_ms;
	const json_t *attachment;      /* NULL none */
	const char *task;              /* egress_layout, egress_stop */
	const json_t *egress;          /* egress_start: what it is to do; checked */
	const json_t *layout_json;     /* egress_layout; checked */
	json_t *root; /* owns the strings */
} lq__message;

/* 0; LQ_EPROTO: no JSON object with a type; LQ_ENOTSUP: a type that is not known; LQ_EINVAL: a field is missing or wrong; LQ_ENOMEM. `error`
 * gets the place and the reason. has_id and id are valid whatever is returned. Call lq__message_finish in every case. */
int lq__message_parse(const char *text, size_t len, lq__message *out, char *error, size_t error_size);
void lq__message_finish(lq__message *m);

int lq__stream_parse(const char *name, uint32_t *out); /* LQ_EINVAL */
const char *lq__stream_name(uint32_t stream); /* "main" … */
const char *lq__kind_name(uint32_t media);   /* "audio", "video" */
const char *lq__layer_name(uint32_t layer);  /* "high", "mid", "low" */

#endif
