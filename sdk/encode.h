/* How our pictures are encoded, and which layers of others' we want: kept with the room. */
#ifndef LQ_SDK_ENCODE_H
#define LQ_SDK_ENCODE_H

#include "choices.h"

enum { LQ__LAYERS_MAX = 3, LQ__WISHES_MAX = 4096 };

typedef struct lq__encode {
	unsigned n; /* 0: as the profile says */
	lq_video_layer layers[LQ__LAYERS_MAX];
} lq__encode;

/* A layer that is wanted of somebody, who need not be there. */
typedef struct lq__wish {
	struct lq__wish *next;
	char user[LQ__USER_MAX + 1];
	lq_stream stream;
	lq_layer layer;
} lq__wish;

void lq__encode_of(lq_room *room, lq_stream stream, lq__encode *out); /* [any] */
/* [media thread] Lays it over what a local picture is built from. */
void lq__encode_choice(lq_room *room, const lq__media_track *t, lq__choice_list *out);

/* [control thread] Tells the server of a track that was just asked for, if it is not to be the best layer. */
void lq__layer_tell(lq_room *room, const char *user, lq_stream stream, const char *track);
void lq__wishes_free(lq_room *room);

#endif
