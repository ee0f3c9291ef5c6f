/* One direction of a simulated network path on a virtual clock: rate with a queue, delay, jitter, loss alone or in bursts, reordering. The same
 * seed gives the same run. */
#ifndef LQ_TEST_SIMLINK_H
#define LQ_TEST_SIMLINK_H

#include <stddef.h>
#include <stdint.h>

typedef struct simlink_config {
	uint64_t rate;    /* bit/s, 0: without limit */
	uint32_t queue;   /* what may wait for the rate, in packets of 1200 bytes; 0: 100 */
	int64_t delay;    /* ns */
	int64_t jitter;   /* ns added at random, 0 to this; keeps the order */
	double loss;      /* 0 to 1 */
	double burst;     /* mean length of a loss, in packets; up to 1: each alone */
	double reorder;   /* share of packets that are held back … */
	int64_t hold;     /* … so much, ns */
	uint64_t seed;
} simlink_config;

typedef void (*simlink_fn)(void *arg, const uint8_t *data, size_t len, int64_t now);
typedef struct simlink simlink;

simlink *simlink_create(const simlink_config *config, simlink_fn deliver, void *arg);
void simlink_destroy(simlink *l);
void simlink_set(simlink *l, const simlink_config *config); /* the seed stays */
void simlink_send(simlink *l, const uint8_t *data, size_t len, int64_t now);
int64_t simlink_next(const simlink *l); /* INT64_MAX: nothing under way */
void simlink_run(simlink *l, int64_t now);

typedef struct simlink_stats {
	uint64_t sent, lost, overflowed, delivered;
} simlink_stats;
simlink_stats simlink_get_stats(const simlink *l);

/* A random number in 0 … 1. */
double simlink_random(uint64_t *state);

#endif
