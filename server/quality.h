/* How good the members' connections are: graded from what the media workers count, told to everybody when it changes. [control] */
#ifndef LQ_SERVER_QUALITY_H
#define LQ_SERVER_QUALITY_H

#include <stdint.h>

#define LQ_QUALITY_PERIOD INT64_C(2000000000) /* ns between two looks */

enum { LQ_QUALITY_UNKNOWN = 0, LQ_QUALITY_EXCELLENT, LQ_QUALITY_GOOD, LQ_QUALITY_POOR, LQ_QUALITY_BAD, LQ_QUALITY_VERY_BAD, LQ_QUALITY_DOWN };

/* Of a member. */
typedef struct lq__quality {
	uint64_t expected, missed, reports, reported, unreceived; /* as of the last look */
	uint8_t up, down, changed, audience; /* audience: as of the last look */
	uint8_t silent_up, silent_down; /* looks without anything new */
	const void *told;               /* the connection that has been told everybody's */
} lq__quality;

/* loss: 0 to 1; the worst of the three decides. What is not known is 0. */
int lq__quality_grade(double loss, double round_trip_ms, double jitter_ms);

struct lq__rooms;
/* To be called once a LQ_QUALITY_PERIOD. */
void lq__quality_tick(struct lq__rooms *rooms, int64_t now);

#endif
