/* Loquat: the SDK. All that an app includes.
 *
 * An *engine* owns threads, plugins and events. A *room* is a handle that exists before it is joined. Each user in a room publishes
 * *streams* (main, sub = screen, third to ninth = further cameras), each with sound and picture apart; a *view* shows one of them in a window, or hands its
 * frames to the app. A *session* is a login, over which users *call* each other (call.h, included below).
 *
 * Requests return 0 or a negative LQ_E* at once; their results come as events, on the SDK's own thread by callback, or from lq_engine_poll on
 * the thread that calls it. 4,096 events wait at most: what comes then is dropped and told by one LQ_ON_WARNING (LQ_EFULL).
 * A handle that is gone (closed, destroyed) gives LQ_ESTATE, and closing it again does nothing.
 * Structs begin with their size (LQ_INIT) and are valid when the rest is zero. Strings are UTF-8. All functions may be called from any
 * thread, also inside callbacks; only lq_engine_destroy may not (LQ_EREENTRANT). */
#ifndef LOQUAT_LOQUAT_H
#define LOQUAT_LOQUAT_H

#include <stddef.h>
#include <stdint.h>

#include <loquat/api.h>
#include <loquat/plugin/errors.h>

LQ_API_BEGIN

#define LQ_INIT(type) {.size = sizeof(type)}

typedef struct lq_engine lq_engine;
typedef struct lq_room lq_room;
typedef struct lq_session lq_session;
typedef struct lq_call lq_call;

typedef enum lq_stream {
	LQ_STREAM_MAIN = 0,
	LQ_STREAM_SUB = 1, /* the screen */
	LQ_STREAM_THIRD = 2, LQ_STREAM_FOURTH, LQ_STREAM_FIFTH, LQ_STREAM_SIXTH, LQ_STREAM_SEVENTH, LQ_STREAM_EIGHTH, LQ_STREAM_NINTH
} lq_stream;
#define LQ_N_STREAMS 9
/* The cameras of a member: 0 to 7 are main, third, fourth … ninth. */
#define LQ_STREAM_CAMERA(n) ((lq_stream)((n) ? (n) + 1 : 0))
typedef enum lq_track_kind { LQ_AUDIO = 1, LQ_VIDEO = 2 } lq_track_kind;
typedef enum lq_device_kind { LQ_DEVICE_CAMERA = 1, LQ_DEVICE_MICROPHONE = 2, LQ_DEVICE_SPEAKER = 3, LQ_DEVICE_SCREEN = 4 } lq_device_kind;
/* 0 means: what the documentation says. LQ_BY_VIEW (auto_subscribe_video): subscribed while a view is bound to the stream and not hidden. */
typedef enum lq_switch { LQ_DEFAULT = 0, LQ_ON = 1, LQ_OFF = 2, LQ_BY_VIEW = 3 } lq_switch;

/* The audience is not seen: others hear neither of its coming nor of its going, it is not among the members, and it publishes nothing. */
typedef enum lq_role { LQ_ROLE_BROADCASTER = 0, LQ_ROLE_AUDIENCE = 1 } lq_role;

/* A member's microphone or camera. OPENING: it was asked to open, and has not yet; where no more may be open, it stays so until somebody asks again. */
typedef enum lq_device_state { LQ_DEVICE_UNKNOWN = 0, LQ_DEVICE_NONE = 1, LQ_DEVICE_CLOSED = 2, LQ_DEVICE_OPEN = 3, LQ_DEVICE_OPENING = 4 } lq_device_state;

/* What of a token ends. */
typedef enum lq_token_scope { LQ_TOKEN_ROOM = 1, LQ_TOKEN_PUBLISH, LQ_TOKEN_SUBSCRIBE, LQ_TOKEN_SESSION } lq_token_scope;

/* ---- events ---- */

typedef enum lq_sdk_event_type {
	LQ_ON_ERROR = 1,            /* code, text */
	LQ_ON_WARNING,              /* code, text; name: the node of the profile that it comes from, where it is a shared one */
	LQ_ON_JOINED,               /* one for each join, and for each time that the SDK joined again by itself (join_type 1, see Lost connections); result in code (LQ_ETOKEN, LQ_ETIMEDOUT, LQ_ECONN …; LQ_ESTATE: left before
	                               it was complete), text; room_sid, user, elapsed_ms, join_type (0 first, 1 rejoined by itself) */
	LQ_ON_LEFT,                 /* the last event of a room that was joined; code: 0, or why: LQ_ECONN the server is gone, LQ_EDUPLICATE
	                               the same user joined elsewhere, LQ_EPERM kicked (text: the reason given, or "kicked"), LQ_ETOKEN expired,
	                               LQ_END "room_closed"; text */
	LQ_ON_CONNECTION,           /* state, text */
	LQ_ON_USER_JOINED,          /* user, name, existed (was there before us; these come first, right after LQ_ON_JOINED),
	                               attachment: what the user said of itself as it joined; guest_room, guest_user: where it is lent from, and who it is there (stage.h) */
	LQ_ON_USER_LEFT,            /* user, text: "left", "timeout" (it was lost, and did not come back), "kicked", "duplicate", "invisible" (became
	                               audience) */
	LQ_ON_STREAM_PUBLISHED,     /* user, stream, kind, width, height, text: codec */
	LQ_ON_STREAM_UNPUBLISHED,   /* user, stream, kind */
	LQ_ON_STREAM_MUTED,         /* user, stream, kind, muted */
	LQ_ON_LOCAL_PUBLISHED,      /* stream, kind: the server has it. code, text: it is not published, and why */
	LQ_ON_SUBSCRIBED,           /* user, stream, kind: media will come. code, text: it will not, and why */
	LQ_ON_FIRST_FRAME,          /* stage (lq_stage), once for each time that a stream begins; user ("" ourselves), stream, kind, width, height,
	                               elapsed_ms since joining began (before the first join: 0) */
	LQ_ON_VIEW_CLOSED,          /* user, stream: the view's window was closed, by its user or with the app's; it shows nothing any more */
	LQ_ON_LAYER,                /* user, stream, layer, width, height: which of the stream's layers comes now: with the first picture, when it changes, and after
	                               each lq_layer_set once it has been seen to */
	LQ_ON_SNAPSHOT,             /* one for each lq_snapshot: user, stream, name: the path, width, height; code, text: there is no picture, and why */
	LQ_ON_SCREEN,               /* state (lq_screen_state): our own screen share; code, text: why it stopped */
	LQ_ON_CHANGED,              /* user ("" ourselves), stream, kind, name: the node, or the id of a device. code, text: it did not change, and why */
	LQ_ON_AUDIO_REPORT,         /* volumes: of all sounds in the room that we send or receive (lq_audio_report) */
	LQ_ON_ACTIVE_SPEAKER,       /* user: who speaks loudest now ("" ourselves); on: 0 nobody any more (lq_audio_report) */
	LQ_ON_NETWORK_QUALITY,      /* qualities: of all members, ourselves first; every 2 s */
	LQ_ON_TRANSPORT,            /* another transport of the profile's than the room's own, a server or a file that the room is sent to (docs/broadcast.md): name: its node,
	                               state: LQ_CONN_CONNECTING, CONNECTED, RECONNECTING (it tries again), FAILED, DISCONNECTED; text: why, which a warning of the
	                               same name has told before, with its code */
	LQ_ON_STREAM_DATA,          /* application data that came with a stream's picture (filter.sei.read in the stream's chain, docs/broadcast.md): user, stream, kind, text: the data,
	                               at most 4,096 bytes, as text or base64, as the filter is set; name: its node */
	LQ_ON_DEVICE_CHANGED,       /* device, name: its id, text: its name; on: it was plugged in, 0: pulled out. Of the engine (device.h) */

	/* What is asked of a room. */
	LQ_ON_KICKED,               /* the result of lq_room_kick: user, code, text */
	LQ_ON_ROLE,                 /* the result of lq_room_role_set in the room: role, code, text; user "": ourselves */
	LQ_ON_CONTROLLED,           /* the result of lq_member_mic_set or lq_member_camera_set: user, stream, kind, on, code, text. LQ_ON_MEMBER_DEVICE tells the rest */
	LQ_ON_MEMBER_DEVICE,        /* user (an id, also our own), stream, kind, device_state, old_state, name: by whom */
	LQ_ON_DEFAULT_CAMERA,       /* user (likewise), stream, name: by whom; code, text: lq_member_default_camera_set was refused */
	LQ_ON_TOKEN_WILL_EXPIRE,    /* scope, elapsed_ms: what is left, 30 s when it was known in time. Of a room or a session */
	LQ_ON_TOKEN_EXPIRED,        /* scope: LQ_TOKEN_PUBLISH, what was published is gone; LQ_TOKEN_SUBSCRIBE, nothing is received any more. A room or a session
	                               that ends for it tells so by LQ_ON_LEFT or LQ_ON_LOGGED_OUT, LQ_ETOKEN */
	LQ_ON_TOKEN_UPDATED,        /* the result of lq_room_token_update or lq_session_token_update: code, text */
	LQ_ON_ROOM_LOCKED,          /* on: nobody enters any more; in the room. With session set the result of lq_room_lock: name, on, code, text */

	LQ_ON_ROOM_PROFILE,         /* profile: what the room is from now on, or is other than we asked for; or code, text: it could not be changed */

	/* On the stage (stage.h). */
	LQ_ON_STAGE_REQUEST,        /* to hosts: user, name, on: asks to come up. on 0: does not any more, text: why ("accepted", "refused", by the host in group; "withdrawn", "left",
	                               "timeout", "no_host": we are none any more). user "": the result of lq_stage_request: on, code, text */
	LQ_ON_STAGE_ANSWER,         /* user "": to us: state (lq_stage_result), name: by whom, text: the reason given. Else the result of lq_stage_answer or lq_stage_remove: user,
	                               state, code, text */

	LQ_ON_GUEST,                /* user "": we are shown in guest_room (on), by the name guest_user; or no more, text: why. Else the result of lq_guest_add (on; user: its name here, guest_user,
	                               guest_room) or lq_guest_remove: code, text */

	/* Egress tasks (egress.h). */
	LQ_ON_EGRESS,               /* name: the task, state (lq_egress_state), code, text: what is wrong, if anything; to all in the room */
	LQ_ON_EGRESS_RESULT,        /* the result of lq_egress_start and its kin: state (lq_egress_request), name: the task, code, text, ctx; of lq_egress_list text: the tasks */

	/* Of a room, or with session set from user to user. */
	LQ_ON_MESSAGE,              /* user: from whom, text; on: to us alone */
	LQ_ON_MESSAGE_SENT,         /* user: to whom, code, text */
	LQ_ON_ATTRIBUTE,            /* name, text: the value, on: 0 it was taken away; user: whose, or "" the room's; existed: was there before us */

	/* Of a session (call.h). */
	LQ_ON_LOGGED_IN,            /* one for each login; result in code, text; user, elapsed_ms, ctx */
	LQ_ON_LOGGED_OUT,           /* the last event of a session that was logged in; code 0, or why: LQ_ECONN, LQ_EDUPLICATE, LQ_ETOKEN; text */
	LQ_ON_PRESENCE,             /* user, on: is logged in */
	LQ_ON_ROOM_CREATED,         /* the result of lq_room_create, one for each: name: the room's, which everybody enters by, text: the address of its
	                               page; or code and text: why not. ctx */
	LQ_ON_ROOM_DESTROYED,       /* the result of lq_room_destroy: name, code, text, ctx */

	/* Of a call. session, call, call_id in all; elapsed_ms since it began, on the server's clock. */
	LQ_ON_CALL_INVITED,         /* user: who invites us, name: who began it, users, call_type, attachment, group, on: a group call */
	LQ_ON_CALL_ACCEPTED,        /* user (may be ourselves), room: the call's, which is being joined */
	LQ_ON_CALL_REJECTED,        /* user, text: the reason given */
	LQ_ON_CALL_BUSY,            /* user */
	LQ_ON_CALL_TIMEOUT,         /* user: who did not answer, may be ourselves */
	LQ_ON_CALL_CANCELLED,       /* user: by whom */
	LQ_ON_CALL_ELSEWHERE,       /* on: another device of ours accepted; 0: rejected */
	LQ_ON_CALL_USERS,           /* user called more: users are all who were called */
	LQ_ON_CALL_LEFT,            /* user, text: "left" or "lost" */
	LQ_ON_CALL_TYPE,            /* change (lq_call_change), call_type: the one asked for or taken, user */
	LQ_ON_CALL_FAILED,          /* a request was refused: code, detail: its number (docs/calls.md), text */
	LQ_ON_CALL_ENDED,           /* the last of a call: reason (lq_call_reason), status (lq_call_status), duration_s, user: by whom */
	LQ_ON_CALL_RECORD           /* from the server, one for each call that we had to do with: call_id, status, user: caller, name: the first
	                               called, users: all called, call_type, duration_s, text: the reason; call is NULL */
} lq_sdk_event_type;

typedef enum lq_connection_state {
	LQ_CONN_DISCONNECTED = 1, /* of sessions: the server is gone */
	LQ_CONN_CONNECTING,
	LQ_CONN_CONNECTED,
	LQ_CONN_RECONNECTING, /* the connection is lost, text says how, and is being restored; LQ_CONN_CONNECTED or LQ_CONN_FAILED follows */
	LQ_CONN_FAILED        /* it could not be made, a failed LQ_ON_JOINED follows; or not restored in time: LQ_ON_LEFT with LQ_ECONN follows */
} lq_connection_state;

/* How loud a sound is: of LQ_ON_AUDIO_REPORT. */
typedef struct lq_volume {
	const char *user; /* "" ourselves */
	lq_stream stream;
	int volume;   /* 0 to 255, a sine of full scale */
	float db;     /* the same in dB, -127 to 0 */
	int speaking; /* with vad: louder than -45 dB */
} lq_volume;

/* How good a member's connection is, up (what it sends) and down (what it receives): of LQ_ON_NETWORK_QUALITY. 0 unknown (nothing is sent that way), 1 excellent, 2 good,
 * 3 poor, 4 bad, 5 very bad, 6 down; our own is down while the connection to the server is lost. docs/protocol.md says where the limits are. */
typedef struct lq_quality {
	const char *user; /* "" ourselves */
	int up, down;
} lq_quality;

/* How far a stream's first frame is. */
typedef enum lq_stage {
	LQ_STAGE_CAPTURED = 1, /* of ours: from the device */
	LQ_STAGE_DECODED,      /* of others */
	LQ_STAGE_RENDERED      /* besides, where a view has a window: it is on the screen */
} lq_stage;

/* Of a stream that is sent in several qualities, the best first; of two, the second is LQ_LAYER_LOW. */
typedef enum lq_layer { LQ_LAYER_HIGH = 0, LQ_LAYER_MID = 1, LQ_LAYER_LOW = 2 } lq_layer;

typedef enum lq_screen_state {
	LQ_SCREEN_STARTED = 1,
	LQ_SCREEN_PAUSED,  /* muted by lq_mute */
	LQ_SCREEN_RESUMED,
	LQ_SCREEN_STOPPED  /* by lq_screen_stop, by leaving the room, or for the reason in code: LQ_END the shared window is gone … */
} lq_screen_state;

typedef enum lq_room_profile {
	LQ_PROFILE_COMMUNICATION = 0,
	LQ_PROFILE_LIVE = 1 /* a few speak, many listen */
} lq_room_profile;

/* Strings are "" where they do not apply, never NULL, and valid during the callback, or until the next poll. */
typedef struct lq_sdk_event {
	size_t size;
	lq_sdk_event_type type;
	int code;
	lq_room *room; /* NULL: the engine's */
	const char *user, *name, *text, *room_sid;
	lq_stream stream;
	lq_track_kind kind;
	int state; /* lq_connection_state, lq_screen_state or lq_stage_result, as the type says */
	int muted, existed, join_type;
	uint32_t width, height;
	uint32_t elapsed_ms;
	lq_session *session; /* NULL: not of a session */
	lq_call *call;       /* NULL: not of a call */
	const char *call_id, *users, *attachment, *group; /* users: ids, separated by commas */
	int call_type, change, reason, status, detail, on;
	uint32_t duration_s;
	lq_device_kind device; /* 0: none */
	void *ctx; /* what the app gave with its request */
	const lq_volume *volumes; /* lists are valid as long as strings are */
	const lq_quality *qualities;
	uint32_t n_volumes, n_qualities;
	lq_stage stage;
	lq_role role;
	lq_layer layer;
	lq_token_scope scope;
	lq_device_state device_state, old_state;
	const char *guest_room, *guest_user;
	lq_room_profile profile;
} lq_sdk_event;

typedef void (*lq_event_cb)(const lq_sdk_event *event, void *user_data);

/* ---- engine ---- */

typedef enum lq_log_level {
	LQ_LOG_LEVEL_DEFAULT = 0, /* info */
	LQ_LOG_LEVEL_FATAL, LQ_LOG_LEVEL_ERROR, LQ_LOG_LEVEL_WARNING, LQ_LOG_LEVEL_INFO, LQ_LOG_LEVEL_DEBUG, LQ_LOG_LEVEL_TRACE, LQ_LOG_LEVEL_OFF
} lq_log_level;

typedef struct lq_engine_config {
	size_t size;
	const char *app_id;       /* NULL: "loquat"; "": LQ_EINVAL */
	const char *profile;      /* path or name; NULL: "communication" */
	const char *profile_patch;/* JSON Merge Patch over it; NULL none */
	const char *plugin_path;  /* colon-separated folders; NULL: the installation's (or LQ_PLUGIN_PATH) */
	lq_event_cb event_cb;     /* NULL: events are fetched by lq_engine_poll */
	void *user_data;
	lq_switch virtual_devices;/* lists of devices (device.h) have virtual ones. Default: where there are no real ones of a kind, or LQ_VIRTUAL_DEVICES is set */
	double clock_rate;        /* 0: 1. For tests: the SDK's own time-outs and periods pass so many times as fast */
	const char *log_dir;      /* UTF-8; loquat.log is written there, and loquat.1.log is what came before. NULL: none. LQ_EIO: no folder, or not writable.
	                             Engines that name the same folder share the files, with the level and size of the first */
	lq_log_level log_level;   /* 0: info */
	uint32_t log_max_kb;      /* both files together never have more; 0: 20,480 */
	lq_switch single;         /* default off. On: LQ_ESTATE when this process has an engine already */
} lq_engine_config;

/* `error` (may be NULL) gets the reason in words, all messages of a bad profile one a line. */
int lq_engine_create(const lq_engine_config *config, lq_engine **out, char *error, size_t error_size);

/* Leaves all rooms, stops all threads; no callback runs after it returned. NULL is fine. */
int lq_engine_destroy(lq_engine *engine);

/* 0: there is what is called so ("calls", "devices", "screen" …) in this build and with these plugins; LQ_ENOTSUP: there is not, or nobody knows it. */
int lq_engine_feature(lq_engine *engine, const char *name);

/* Waits up to timeout_ms for the next event (0: not at all, -1: without limit). LQ_ETIMEDOUT when there is none; LQ_ESTATE with event_cb set. */
int lq_engine_poll(lq_engine *engine, int timeout_ms, const lq_sdk_event **event);

/* ---- rooms ----
 *
 * Lost connections. When the connection to the server is lost, LQ_ON_CONNECTION says LQ_CONN_RECONNECTING, and the SDK connects again by itself. Requests made
 * meanwhile wait. Media, which has a path of its own, goes on as long as that one works.
 * In time (the server keeps a lost member for 10 s as it is set up at first) the SDK goes on where it was: LQ_CONN_CONNECTED, and all events that were missed, once each and in
 * order, as if nothing had been; others notice nothing. LQ_ON_JOINED does not come.
 * Later, or when the server was started anew, the SDK joins anew: LQ_CONN_CONNECTED, LQ_ON_JOINED with join_type 1, then the difference between the room as it was known
 * and as it is: LQ_ON_USER_LEFT, LQ_ON_USER_JOINED, LQ_ON_STREAM_ ... and LQ_ON_ATTRIBUTE for what has changed only. What was published and subscribed is so again, without
 * events of its own unless it fails. Messages that were on their way are answered by LQ_ON_MESSAGE_SENT with LQ_ECONN.
 * After rejoin_ms it gives up: LQ_CONN_FAILED, then LQ_ON_LEFT with LQ_ECONN. Being thrown out (LQ_EDUPLICATE, LQ_EPERM, LQ_ETOKEN, LQ_END) is final at once. */

typedef enum lq_room_create_policy {
	LQ_ROOM_AUTO = 0,   /* the first to join a name makes the room */
	LQ_ROOM_MUST_EXIST  /* LQ_ENOENT, unless it was made (lq_room_create) or somebody is in it */
} lq_room_create_policy;

typedef struct lq_room_options {
	size_t size;
	lq_switch auto_publish_audio;   /* default on */
	lq_switch auto_publish_video;   /* default on */
	lq_switch auto_subscribe_audio; /* default on */
	lq_switch auto_subscribe_video; /* default on; or LQ_BY_VIEW */
	lq_room_create_policy create;
	lq_switch remote_control; /* default on: others with the right to may open our microphone and cameras; off: only close them */
	lq_switch strict_leave; /* default off: lq_room_leave gives 0 at any time. On: LQ_ESTATE when not joined nor joining, LQ_EEXIST while leaving */
	lq_switch auto_rejoin;          /* default on. Off: a room that cannot be gone on with is left (LQ_ON_LEFT, LQ_ECONN) */
	uint32_t rejoin_ms;             /* for how long a lost connection is tried again; 0: 60,000 */
	lq_switch media_at_join;        /* default off: the profile's graph `shared` runs from the first stream on. On: from the join on, whoever is there; for
	                                   profiles that record the room or send it on. What goes wrong with it is LQ_ON_ERROR */
} lq_room_options;

typedef struct lq_join_params {
	size_t size;
	const char *server; /* "ws://host:port" or "host:port"; NULL: "ws://127.0.0.1:7880" */
	const char *user;   /* NULL, "" or "0": the server picks */
	const char *name;   /* shown to others; NULL: user */
	const char *token;  /* NULL on a server in debug mode */
	lq_session *session;/* a login by secret, by whose right the room is joined: its server and its user. LQ_ESTATE: it is not logged in; NULL none */
	uint32_t timeout_ms;/* 0: 10,000 */
	const char *password; /* of rooms that have one (LQ_EPERM); others do not ask. At most 128 bytes; NULL none */
	const char *user_info;/* shown to others; at most 200 bytes (LQ_ERANGE); NULL none */
} lq_join_params;

/* 0, LQ_ERANGE (not 1 to 64 bytes) or LQ_EINVAL (a character that is not allowed). */
int lq_room_name_check(const char *name, size_t len);

int lq_room_open(lq_engine *engine, const char *name, const lq_room_options *options, lq_room **out); /* options NULL: defaults */
int lq_room_join(lq_room *room, const lq_join_params *params);                                      /* LQ_ON_JOINED follows, exactly one */
int lq_room_leave(lq_room *room);                                                                   /* LQ_ON_LEFT follows, when it was joined */

/* Leaves if need be; the handle is gone and no event or frame of the room comes any more. Waits for a callback of it that runs on another
 * thread, so hold no lock that the callback takes. NULL is fine. */
void lq_room_close(lq_room *room);

typedef struct lq_member {
	char user[129], name[129];
	uint32_t tracks; /* bit 2*stream: audio, bit 2*stream+1: video */
	char info[201];
	lq_role role; /* of those that are seen: LQ_ROLE_BROADCASTER */
	lq_device_state microphone, camera; /* camera: the default one */
	char guest_room[65], guest_user[129]; /* of a guest from another room, else "" */
} lq_member;
/* Copies at most `max` members (ourselves not among them), returns how many there are. */
int lq_room_members(lq_room *room, lq_member *out, size_t max);

/* Before the join: what the room is if this join makes it. In the room (the right `admin`): everybody changes over, and LQ_ON_ROOM_PROFILE follows for all if it was another one; with a code, LQ_EPERM,
 * only here. What is sent and received follows the room: with the engine's profile "communication" a live room has the media of "live-broadcast" (stereo music,
 * steadier and higher rates, key frames every two seconds, longer buffers). Streams go on, and what the app has set itself stays. LQ_ESTATE: joining or leaving. */
int lq_room_profile_set(lq_room *room, lq_room_profile profile);

/* Before the join, at once, or in the room: LQ_ON_ROLE follows. Who becomes audience has nothing published any more, and lq_publish gives LQ_EPERM;
 * who becomes broadcaster publishes what was wanted before, and what the options say. Kept from one join to the next. LQ_ESTATE: leaving. */
int lq_room_role_set(lq_room *room, lq_role role);

/* A new token for this room and this user, in time: LQ_ON_TOKEN_UPDATED follows, with LQ_ETOKEN when it is refused, then the old one goes on. A right that
 * had ended is back with it, and so is what was published or received by it. LQ_ESTATE: not joined; LQ_ERANGE: more than 8,192 bytes. */
int lq_room_token_update(lq_room *room, const char *token);

/* Puts a user out, who is told the reason (at most 256 bytes; NULL none); others hear LQ_ON_USER_LEFT "kicked". Needs the right `admin`. LQ_ON_KICKED
 * follows: LQ_EPERM, LQ_ENOENT no such user, LQ_EINVAL ourselves. LQ_ESTATE: not joined. */
int lq_room_kick(lq_room *room, const char *user, const char *reason);

/* ---- microphones and cameras of members ----
 *
 * user NULL: ourselves. Others' need the right `control` or `admin` in our token. A member opens a device when it is asked to, within 10 s or it is CLOSED again, unless its
 * app has set remote_control to LQ_OFF. Closing is immediate. Rooms that were made on request have limits (lq_room_spec). LQ_ON_CONTROLLED follows: LQ_EPERM, LQ_ENOENT no such
 * member, LQ_ENODEV it has none. LQ_ESTATE: not joined; LQ_EINVAL: the stream sub is a screen. */

#define LQ_STREAM_DEFAULT_CAMERA ((lq_stream)255) /* in lq_member_camera_set: the member's default camera, as known now */

int lq_member_mic_set(lq_room *room, const char *user, int on);
int lq_member_camera_set(lq_room *room, const char *user, lq_stream stream, int on);
lq_device_state lq_member_device_state(lq_room *room, const char *user, lq_stream stream, lq_track_kind kind); /* UNKNOWN: no such member or device */

typedef struct lq_camera_info {
	size_t size;
	lq_stream stream;
	lq_device_state state;
	int is_default;
	char name[257]; /* the id of the device that was chosen (lq_device_select), or "default" */
} lq_camera_info;

/* The main one, and those that were chosen or are open: copies at most `max`, returns how many there are. LQ_ENOENT, LQ_ESTATE. */
int lq_member_cameras(lq_room *room, const char *user, lq_camera_info *out, size_t max);
int lq_member_default_camera_set(lq_room *room, const char *user, lq_stream stream); /* LQ_ON_DEFAULT_CAMERA for everybody */
int lq_member_default_camera_get(lq_room *room, const char *user);                   /* a stream, LQ_ENOENT or LQ_ESTATE */

/* ---- streams ---- */

/* Starts capture (the profile's `publish` graph) and publishes. Before joining, and from one join to the next: remembered, and then what the
 * options say of this kind (auto_publish_...) does not count any more. LQ_EPERM: the audience publishes nothing. */
int lq_publish(lq_room *room, lq_stream stream, lq_track_kind kind);
int lq_unpublish(lq_room *room, lq_stream stream, lq_track_kind kind);
int lq_mute(lq_room *room, lq_stream stream, lq_track_kind kind, int muted); /* still published; sound becomes silence, the picture stops */

/* How a picture of ours is encoded: once, or in two or three layers, of which each receiver has the one that it chooses (lq_layer_set). A field that is 0: of the first
 * layer, what the profile says; of the others, half the size of the layer before, a third of its rate, its frame rate. */
typedef struct lq_video_layer {
	size_t size;
	uint32_t width, height; /* 16 to 8192; odd ones are made even. Both or none; none larger than the layer before */
	uint32_t fps;           /* at most 240 */
	uint32_t bitrate;       /* bit/s at most, 30,000 to 20,000,000 */
	uint32_t min_bitrate;   /* bit/s below which it need not be sent: at most `bitrate` */
} lq_video_layer;
/* Before the stream runs: remembered. While it runs it changes over, which LQ_ON_CHANGED ("encode") tells; another number of layers, or what cannot change while it runs, has it
 * begin anew, so that others see it go and come back. n 1 to 3, the best first; n 0: as the profile says. A screen share has its own size. LQ_EINVAL, LQ_ERANGE. */
int lq_video_encode_set(lq_room *room, lq_stream stream, const lq_video_layer *layers, unsigned n);
/* Which layer of a user's picture is to come. At any time: remembered, from the first subscription on. Where that layer is not sent the next lower one comes, or else a higher
 * one. LQ_ON_LAYER follows when the stream is subscribed. */
int lq_layer_set(lq_room *room, const char *user, lq_stream stream, lq_layer layer);

/* LQ_ESTATE when not joined, LQ_ENOENT when there is no such stream. */
int lq_subscribe(lq_room *room, const char *user, lq_stream stream, lq_track_kind kind);
int lq_unsubscribe(lq_room *room, const char *user, lq_stream stream, lq_track_kind kind);

/* The camera of a stream runs, and views of it (user NULL) get its pictures; nothing is sent. Before the join or in the room. The picture is of 640x480, and stays so
 * when the stream is published: the camera runs on. LQ_ON_FIRST_FRAME (captured), or LQ_ON_ERROR with the stream. A preview goes on after the room is left;
 * the camera is opened anew for that. LQ_EEXIST: it runs already. */
int lq_preview_start(lq_room *room, lq_stream stream);
int lq_preview_stop(lq_room *room, lq_stream stream); /* a published stream goes on. LQ_ESTATE: this one has no preview */

/* Shares the screen, a part of it, or a window as LQ_STREAM_SUB: as lq_publish, remembered before the join. Leaving the room stops it.
 * LQ_ON_SCREEN follows. LQ_EEXIST: one is shared already. */
typedef struct lq_screen_params {
	size_t size;
	const char *display;  /* ":0.0", as lq_devices names it; NULL: the variable DISPLAY */
	uint64_t window;      /* an X11 window; 0: the screen */
	int x, y;             /* left and top edge of the part */
	uint32_t width, height; /* 0: all that is right of and below it */
	uint32_t fps;         /* 0: 15 */
	lq_switch sound;      /* publish what this machine plays, too. Default off */
	const char *sound_device; /* a source of the sound server; NULL: what its default output plays */
	lq_switch cursor;     /* the pointer is in the picture. Default on */
} lq_screen_params;
int lq_screen_start(lq_room *room, const lq_screen_params *params); /* NULL: all of the screen, without sound */
int lq_screen_stop(lq_room *room);                                  /* LQ_ESTATE: none is shared */

/* ---- changes of a running stream ----
 *
 * A stream is made of the nodes that the profile's `publish` (user NULL: ours) or `subscribe` names: "cam", "venc", "vdec". They can change while it runs: streams
 * change over between two buffers, encoded video at a key frame. What cannot be made, does not start or fails at once leaves the old node running. When
 * another codec is chosen for a published stream, it is negotiated anew, and others see the stream go and come back. LQ_ON_CHANGED follows, exactly one for
 * each request that returned 0, unless the room is left meanwhile. Unpublishing forgets the changes. */

/* A parameter as a profile writes it: {"bitrate", "500000"}. */
typedef struct lq_setting {
	const char *name, *value;
} lq_setting;

/* Puts a plugin's node (`use`: its id) in the place of one. With `use` NULL the same goes on with other settings. */
int lq_stream_swap(lq_room *room, const char *user, lq_stream stream, lq_track_kind kind, const char *node, const char *use, const lq_setting *settings,
                   uint32_t n_settings);
/* Puts a filter, from then on called `name`, behind a node. */
int lq_stream_insert(lq_room *room, const char *user, lq_stream stream, lq_track_kind kind, const char *behind, const char *name, const char *use,
                     const lq_setting *settings, uint32_t n_settings);
int lq_stream_take_out(lq_room *room, const char *user, lq_stream stream, lq_track_kind kind, const char *node);
/* ---- messages and attributes ---- */

/* 1 to 65,536 bytes to all others, or to one user (NULL: all). LQ_ON_MESSAGE_SENT follows. At most 100 messages and 256 KiB in a second. */
int lq_room_send(lq_room *room, const char *user, const char *text);
/* Texts that stay: names of 1 to 64 bytes, values of at most 8,192, 64 KiB in all; of the room, or of ourselves. value NULL takes it away.
 * LQ_ON_ATTRIBUTE tells everybody, ourselves too; LQ_ON_WARNING if it is refused. */
int lq_room_attribute_set(lq_room *room, int of_room, const char *name, const char *value);

/* ---- views ---- */

/* A frame for the app: raw I420 video, or interleaved F32 audio. Valid during the call, which comes on a media thread: be quick. */
typedef struct lq_frame {
	size_t size;
	lq_track_kind kind;
	const char *user; /* "" ourselves */
	lq_stream stream;
	int64_t pts;          /* ns, CLOCK_MONOTONIC: when it is due */
	int64_t capture_time; /* ns, CLOCK_MONOTONIC as well as known; INT64_MIN unknown */
	uint32_t width, height;
	const uint8_t *planes[3];
	uint32_t strides[3];
	const float *samples;
	uint32_t n_samples, rate, channels;
} lq_frame;
typedef void (*lq_frame_cb)(const lq_frame *frame, void *user_data);

/* Frames of a remote (user) or local (user NULL) stream go to on_frame, beside what the profile renders. One callback a stream and kind; NULL
 * takes it away and returns when no call is running. May be set before the stream exists. */
int lq_view_frames(lq_room *room, const char *user, lq_stream stream, lq_track_kind kind, lq_frame_cb on_frame, void *user_data);

typedef enum lq_scale { LQ_SCALE_FIT = 0, LQ_SCALE_STRETCH = 1, LQ_SCALE_CROP = 2 } lq_scale; /* with bars, out of shape, cut */

/* Where a stream's picture is shown. A window of the app's, a window of its own, or the app's function: with on_frame and without window there is none. */
typedef struct lq_view_params {
	size_t size;
	uint64_t window;      /* X11 window id of the app's, which is drawn all over; 0: one is made, unless there is on_frame */
	const char *title;    /* of a window that is made; NULL: user and stream */
	lq_scale scale;
	lq_switch mirror;     /* default: as lq_mirror_set says for our own cameras, off for all else */
	int hidden;           /* nothing is drawn, no frame given; with LQ_BY_VIEW nothing is received */
	lq_frame_cb on_frame; /* as in lq_view_frames, but mirrored as the view is */
	void *user_data;
} lq_view_params;

/* One view a stream, beside lq_view_frames; may be bound before the stream is there, and stays when it goes and comes back. Bound again it changes (hidden, scale …); params NULL
 * takes it away, and returns when no on_frame runs. A stream with a view is not shown by the profile's own renderer, from then on until it is subscribed
 * anew. A window that cannot be used is told by LQ_ON_ERROR with user and stream. */
int lq_view_bind(lq_room *room, const char *user, lq_stream stream, const lq_view_params *params);

/* How our own cameras are mirrored: on our screen, as one expects of oneself (default), nowhere, or what is sent, too. */
typedef enum lq_mirror { LQ_MIRROR_RENDER = 0, LQ_MIRROR_NONE = 1, LQ_MIRROR_RENDER_AND_ENCODE = 2 } lq_mirror;
int lq_mirror_set(lq_room *room, lq_mirror mirror);

/* Writes the next picture of a running stream (user NULL: ours) to a PNG file, not mirrored. LQ_ON_SNAPSHOT follows, with LQ_ETIMEDOUT when none came within 5 s. The file appears
 * whole or not at all. LQ_EFULL: 16 are under way. */
int lq_snapshot(lq_room *room, const char *user, lq_stream stream, const char *path);

/* ---- figures ---- */

/* One figure: owner is "alice/main/video" (a remote track), "local/main/video", "room" (sums over all tracks: bytesSent, packetsSent, bytesReceived,
 * packetsReceived, packetsLost of what we receive; currentRoundTripTime in s, members, duration in s since joining began), or "node/NAME" of the graph. Names as in
 * W3C webrtc-stats where they exist. */
typedef void (*lq_stats_cb)(const char *owner, const char *name, double value, void *user_data);
/* fn is called before it returns. LQ_ESTATE: there is no media; LQ_EREENTRANT: inside a frame callback. */
int lq_room_stats(lq_room *room, lq_stats_cb fn, void *user_data);

/* The running graph as Graphviz DOT; free() it. NULL: there is no media, no memory, or this is inside a frame callback. */
char *lq_room_graph(lq_room *room);

/* For tools that look into a running call, or change it: runs fn with the room's graph (loquat/graph.h) on the thread that may use it, waits, and
 * returns its result. fn must not keep the graph and must call no function of this header. LQ_ESTATE: there is no media; LQ_EREENTRANT: inside a
 * frame callback. */
struct lq_graph;
typedef int (*lq_room_graph_fn)(struct lq_graph *graph, void *arg);
int lq_room_with_graph(lq_room *room, lq_room_graph_fn fn, void *arg);

/* "0.1.0" */
const char *lq_version(void);

LQ_API_END

#include <loquat/call.h>
#include <loquat/device.h>
#include <loquat/egress.h>
#include <loquat/stage.h>

#endif
