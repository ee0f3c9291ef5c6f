/* A graph for tests of isolation: the plugins of the build and tests/isolate's, which are described and not loaded, a source that sends when it is told to,
 * and a sink that remembers what it got.
 *
 *   rig.feed   capture: rig_push sends buffers with pictures (or sound, or H.264 that is none) made from their number
 *   rig.sink   renderer: what it got is in the rig */
#ifndef TEST_ISOLATE_RIG_H
#define TEST_ISOLATE_RIG_H

#include <loquat/graph.h>
#include <loquat/log.h>
#include <loquat/profile.h>

#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "graph/graph.h"
#include "tests/unit/suite.h"

typedef struct rig {
	lq_registry *registry;
	lq_graph *graph;
	lq_diag *diag;
	lq_node *feed, *sink;
	int feed_fd;
	long allocations;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* under lock: what the sink got */
	long frames, keys, gaps, falls;
	int64_t last_pts;
	uint64_t sum;
	uint8_t first[16]; /* the beginning of the last buffer */
	/* what the app was told */
	long warnings, errors, ends, levels;
	uint64_t level_sum;
	char text[600];
} rig;

void rig_init(rig *r);
void rig_finish(rig *r); /* and nothing is left: no memory, no descriptor, no process */
int rig_try(rig *r, const char *name, const char *use, int isolate, const char *params, lq_node **out); /* "how=invert,level=3" */
lq_node *rig_node(rig *r, const char *name, const char *use, int isolate, const char *params);
void rig_link(rig *r, lq_node *from, lq_node *to);
void rig_start(rig *r);
void rig_chain(rig *r, const char *use, int isolate, const char *params, const char *media); /* feed, node "node", sink; started */
void rig_push(rig *r, int n);
long rig_get(rig *r, const long *what);
void rig_wait(rig *r, const long *what, long at_least); /* fails after 30 s */
void rig_pump(rig *r, int n); /* pushes one by one, each when the one before has come out */
void rig_pump_until(rig *r, const long *what, long at_least); /* pushes again and again */
double rig_stat(rig *r, const char *node, const char *name);
void rig_wait_stat(rig *r, const char *node, const char *name, double at_least);
void rig_kill(rig *r, const char *node, int how); /* its helper */
void rig_check_message(rig *r, const char *part);
int rig_count_fds(void);
int rig_count_maps(const char *part);

#endif
