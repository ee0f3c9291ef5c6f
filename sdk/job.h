/* Jobs: work of a room that runs on the engine's media thread, whose result comes back to the control thread. */
#ifndef LQ_SDK_JOB_H
#define LQ_SDK_JOB_H

#include <stddef.h>

#include "change.h"
#include "media.h"
#include "task.h"

typedef struct lq__job lq__job;
typedef void (*lq__job_fn)(lq__job *job);

struct lq__job {
	lq__task task; /* first */
	lq_room *room; /* referenced */
	lq__job_fn work; /* media thread */
	lq__job_fn done; /* control thread, while the room is not being left; else the job is just freed. NULL: nothing to do */
	unsigned life;   /* the room's when it was made: whether it is about the media of now */
	int code;
	char error[1024];
	uint32_t direction; /* describe */
	char *sdp;          /* in or out; freed with the job */
	int64_t rev;
	int muted;
	uint32_t id; /* snapshot */
	char *path;  /* likewise; freed with the job */
	lq__change *change; /* freed with the job */
	uint32_t n_tracks;
	lq__media_track tracks[];
};

lq__job *lq__job_new(lq_room *room, uint32_t n_tracks, lq__job_fn work, lq__job_fn done); /* NULL: no memory */
/* Of one track; user "": our own. NULL: no memory. */
lq__job *lq__job_for(lq_room *room, const char *user, lq_stream stream, lq_track_kind kind, lq__job_fn work, lq__job_fn done);
void lq__job_post(lq__job *job);
void lq__job_free(lq__job *job);

/* Works. */
void lq__work_media(lq__job *job);      /* makes it */
void lq__work_publish(lq__job *job);    /* builds the tracks, then describes */
void lq__work_describe(lq__job *job);
void lq__work_set_answer(lq__job *job); /* sdp */
void lq__work_offer(lq__job *job);      /* sdp in, builds the tracks, sdp out */
void lq__work_remove(lq__job *job);     /* tracks */
void lq__work_encode(lq__job *job);     /* tracks[0] */
void lq__work_mute(lq__job *job);       /* tracks, muted */
void lq__work_change(lq__job *job);     /* tracks[0], change */
void lq__work_preview(lq__job *job);    /* tracks */
void lq__work_unpublish(lq__job *job);  /* tracks: they go on as previews */
void lq__work_view(lq__job *job);       /* tracks: their windows */
void lq__work_mirror(lq__job *job);     /* tracks */
void lq__work_snapshot(lq__job *job);   /* tracks[0], id, path */
void lq__work_snapshot_end(lq__job *job); /* id */
void lq__work_anew(lq__job *job);    /* closes the connections and removes what was received; what is captured goes on */
void lq__work_destroy(lq__job *job);    /* all of the room's media */

/* [control thread] Removes the media of one track. */
void lq__job_remove(lq_room *room, const char *user, lq_stream stream, lq_track_kind kind);

/* [control thread] The transport has no description yet: the job describes it when there is one. */
void lq__job_describe_later(lq__job *job, uint32_t direction);

#endif
