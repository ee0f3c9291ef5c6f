/* Who speaks: the loudest, with some inertia, so that a cough does not take the floor. Time is passed in. */
#ifndef LQ_SDK_SPEAKER_H
#define LQ_SDK_SPEAKER_H

#include <loquat/loquat.h>

#include "names.h"

#define LQ__SPEAKING_DB (-45.0f) /* louder than this is speech, as far as a level can tell */

typedef struct lq__speaker {
	int anybody;
	char user[LQ__USER_MAX + 1]; /* "" ourselves */
	int64_t heard;               /* ms: when the speaker was last heard */
	int has_rival;
	char rival[LQ__USER_MAX + 1];
	int64_t rival_since;
} lq__speaker;

/* Takes the levels at now_ms and returns 1 when the speaker has changed. hold_ms: how long somebody louder has to be it. */
int lq__speaker_update(lq__speaker *s, const lq_volume *volumes, uint32_t n, int64_t now_ms, int64_t hold_ms);

#endif
