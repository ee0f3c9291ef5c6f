/* Who is where on the canvas: layouts that name members, and who is big while nobody is named. */
#ifndef LQ_TOOLS_BROADCAST_STAGE_H
#define LQ_TOOLS_BROADCAST_STAGE_H

#include "spec.h"

/* Takes effect with the next picture. Names that nobody in the room has, and whatever else is wrong with it, give a negative LQ_E* and the reason, and the old one stays. */
int stage_layout(lq_room *room, const json_t *layout, char error[SPEC_ERROR]);

/* Whether all whom a layout names are in the room. LQ_ENOENT with the reason. */
int stage_check(lq_room *room, const json_t *layout, char error[SPEC_ERROR]);

/* Whether the user is in the room. Likewise. */
int stage_check_user(lq_room *room, const char *user, char error[SPEC_ERROR]);

typedef struct stage {
	char speaker[129]; /* who spoke last and has a picture */
	char big[160];     /* as the canvas was told */
} stage;

/* After an event that may change who is big: a speaker, a screen that is shared or no longer, somebody who left. */
void stage_event(stage *s, lq_room *room, const lq_sdk_event *e);

#endif
