/* Loquat: egress tasks, by which the server sends a room to servers and files. Included by loquat.h, whose rules hold here, too. */
#ifndef LOQUAT_EGRESS_H
#define LOQUAT_EGRESS_H

#include <loquat/loquat.h>

LQ_API_BEGIN

/* ---- egress tasks ----
 *
 * A task is a process beside the server that joins the room unseen, mixes what happens there, or forwards one stream, and sends it away (docs/broadcast.md). The requests need the right
 * `admin` in our token. Each is answered by one LQ_ON_EGRESS_RESULT with its ctx; what becomes of a task everybody in the room hears by LQ_ON_EGRESS. All: LQ_ESTATE not joined. */

/* The state in LQ_ON_EGRESS. */
typedef enum lq_egress_state {
	LQ_EGRESS_STARTING = 1,
	LQ_EGRESS_RUNNING,    /* code: one of several targets has failed */
	LQ_EGRESS_WAITING,    /* a target has lost its server, and is connected again */
	LQ_EGRESS_RESTARTING, /* its process is gone; the next one goes on with the same layout, and in new files */
	LQ_EGRESS_STOPPING,
	LQ_EGRESS_ENDED,      /* the last state, as is the next one */
	LQ_EGRESS_FAILED
} lq_egress_state;

/* Which request an LQ_ON_EGRESS_RESULT is of. */
typedef enum lq_egress_request { LQ_EGRESS_REQUEST_START = 1, LQ_EGRESS_REQUEST_LAYOUT, LQ_EGRESS_REQUEST_STOP, LQ_EGRESS_REQUEST_LIST } lq_egress_request;

typedef struct lq_egress_spec {
	size_t size;
	const char *const *to;     /* addresses: rtmp, rtmps, srt, http, https; or names of .m3u8 and .mpd in the server's folder */
	uint32_t n_to;
	const char *const *record; /* names of files in the server's folder: .mp4, .mkv, .webm, .flv, .ts. At most 8 with those of `to`, at least one */
	uint32_t n_record;
	const char *layout;        /* "grid", "speaker", "side-by-side", or JSON; NULL: grid */
	uint32_t width, height;    /* of the picture; 0: 1280x720 */
	uint32_t fps;              /* 0: 30 */
	uint32_t bitrate, audio_bitrate; /* bit/s; 0: what the server's profile says */
	const char *user;          /* this user's stream alone, not encoded again where the target carries its codec; NULL: the mix of all */
	lq_stream stream;
	uint32_t give_up;          /* seconds after which a target that cannot be reached has failed; 0: the server's 60 */
} lq_egress_spec;

/* LQ_EINVAL: no target, or one is NULL; LQ_ERANGE: more than 8; LQ_EPARSE: the layout is no JSON. The result has the task's id as name; or code and text: LQ_EPERM, LQ_EFULL the
 * room has 6, LQ_EINVAL and LQ_ERANGE with the field. */
int lq_egress_start(lq_room *room, const lq_egress_spec *spec, void *ctx);
/* The result is what the task says of it: LQ_ENOENT it names nobody, LQ_EINVAL …; LQ_ETIMEDOUT: nothing within 5 s. A refused one changes nothing. */
int lq_egress_layout(lq_room *room, const char *task, const char *layout, void *ctx);
/* The result comes at once, LQ_EGRESS_ENDED when its files are closed. */
int lq_egress_stop(lq_room *room, const char *task, void *ctx);
/* The result's text is a JSON array of tasks, as in docs/protocol.md, those that have ended among them. */
int lq_egress_list(lq_room *room, void *ctx);

LQ_API_END

#endif
