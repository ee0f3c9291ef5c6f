/* How loud each sound of a room is: taps add, a report takes. Nothing is added up while nobody wants to know. */
#ifndef LQ_SDK_METERS_H
#define LQ_SDK_METERS_H

#include <pthread.h>
#include <stdatomic.h>

#include <loquat/loquat.h>

#include "names.h"

typedef struct lq__meter {
	struct lq__meter *next;
	struct lq__meters *of;
	char user[LQ__USER_MAX + 1]; /* "" ourselves */
	lq_stream stream;
	unsigned refs; /* under the lock */
	/* [any] sums of squares in 2^-32 of full scale, and how many samples; both wrap around */
	_Atomic uint64_t energy, samples;
	/* the report's */
	uint64_t last_energy, last_samples;
	double level; /* smoothed, 1 is a sine of full scale */
} lq__meter;

typedef struct lq__meters {
	pthread_mutex_t lock;
	lq__meter *first;
	unsigned n;
	atomic_int on;
} lq__meters;

void lq__meters_init(lq__meters *m);
void lq__meters_finish(lq__meters *m);

/* [any] The meter of a sound; NULL: no memory, or too many. */
lq__meter *lq__meter_ref(lq__meters *m, const char *user, lq_stream stream);
void lq__meter_unref(lq__meter *meter); /* NULL is fine */
void lq__meter_add(lq__meter *meter, const float *samples, uint32_t n); /* [loop] */

/* [one thread] Fills in what each was like since the last time: user points into the meter, and is valid until `release`, which has to follow. smooth: 0 to 1, the new
 * level's part. Returns how many. */
uint32_t lq__meters_take(lq__meters *m, double smooth, lq_volume *out, uint32_t max);
void lq__meters_release(lq__meters *m);

lq__meters *lq__room_meters(lq_room *room);

/* A level as it is shown. */
int lq__level_volume(double level); /* 0..255 */
double lq__level_db(double level);  /* -127..0 */

#endif
