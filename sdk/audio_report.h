/* The volume report of a room, and the volumes that its app has set. */
#ifndef LQ_SDK_AUDIO_REPORT_H
#define LQ_SDK_AUDIO_REPORT_H

#include "control.h"
#include "media.h"
#include "meters.h"
#include "speaker.h"

enum { LQ__VOLUMES_MAX = 1024, LQ__VOLUME_TOP = 400 };

typedef struct lq__volume_set {
	struct lq__volume_set *next;
	char user[LQ__USER_MAX + 1];
	lq_stream stream;
	int percent;
} lq__volume_set;

typedef struct lq__audio_report {
	lq__meters meters;
	/* under the room's lock */
	int interval_ms; /* 0: off */
	double smooth;
	int vad;
	lq__volume_set *volumes;
	unsigned n_volumes;
	/* control thread */
	lq__timer timer;
	int64_t next; /* ms */
	lq__speaker speaker;
	/* [any] */
	atomic_int volumes_posted; /* a task that applies them is under way */
} lq__audio_report;

void lq__audio_report_init(lq__audio_report *r);
void lq__audio_report_finish(lq__audio_report *r);

/* [control thread] With the room joined, and when it is left. */
void lq__audio_report_start(lq_room *room);
void lq__audio_report_stop(lq_room *room);

#endif
