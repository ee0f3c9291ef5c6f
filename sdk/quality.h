/* How good everybody's connection is, as the server grades it; told every 2 s. [control thread] */
#ifndef LQ_SDK_QUALITY_H
#define LQ_SDK_QUALITY_H

#include "control.h"
#include "names.h"
#include "protocol.h"

enum { LQ__QUALITY_MS = 2000 };

typedef struct lq__room_quality {
	lq__timer timer;
	int64_t next; /* ms */
	char self[LQ__USER_MAX + 1];
	int up, down; /* ours; those of others are in lq__member */
} lq__room_quality;

void lq__quality_start(lq_room *room, const char *self); /* with the room joined; again is fine */
void lq__quality_stop(lq_room *room);
void lq__on_quality(lq_room *room, const lq__msg *msg);

#endif
