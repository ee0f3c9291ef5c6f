/* Small nodes for tests of the graph, built into the program, and what they saw.
 *
 *   kit.source     capture with a rhythm; kit.tone and kit.camera are the same with ports of one media
 *   kit.push       capture that sends when kit_push says so (a watched descriptor)
 *   kit.blocking   capture, BLOCKING: kit_push ends its waiting
 *   kit.own        capture, OWN_THREAD: sends as fast as it is let
 *   kit.pass       filter: hands on what it gets; its output's format is its input's
 *   kit.loop       the same with a second, optional input: for cycles
 *   kit.mix        filter with MANY inputs
 *   kit.enc        codec, raw video to h264 (or vp8); takes key-frame requests. kit.dec the other way
 *   kit.sink       renderer; can be slow (a gate), fail, or take few formats
 *   kit.transport  MANY inputs and outputs; kit_push sends out of all outputs
 *   filter.scale, filter.resample   converters, as negotiation looks for them
 *
 * Every node has a parameter `tag`: kit_seen(tag) is what nodes with that tag saw. */
#ifndef TEST_GRAPH_KIT_H
#define TEST_GRAPH_KIT_H

#include <loquat/graph.h>
#include <loquat/log.h>
#include <loquat/profile.h>

#include <check.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "graph/graph.h"
#include "tests/unit/suite.h"

/* All under `lock`; each change is broadcast. */
typedef struct kit_record {
	char tag[32];
	pthread_mutex_t lock;
	pthread_cond_t changed;
	long creates, destroys, starts, stops, formats, add_ports, remove_ports, reads;
	long buffers, first, last, gaps; /* numbers of what came in */
	uint32_t first_flags;            /* of the first one */
	long back;                       /* buffers whose time was not later than that of the one before */
	int64_t last_pts, max_step;      /* ns; the longest way from one to the next */
	uint64_t sum;                    /* over numbers, times and formats */
	long sent, events, key_events, flushes, ends, inside, max_inside;
	lq_format format; /* the last one set on an input */
	int gate;         /* 1: render waits */
	int push_fd;
} kit_record;

kit_record *kit_seen(const char *tag);
void kit_wait(kit_record *r, const long *what, long at_least); /* fails the test after 30 s */
long kit_get(kit_record *r, const long *what);
void kit_gate(kit_record *r, int closed);
void kit_push(kit_record *r, int n); /* n buffers more */

extern const lq_plugin kit_plugin, kit_converters;

/* A graph with the kit in its registry. The fixture's parts are there until kit_finish, which also asserts that nothing leaked. */
typedef struct kit {
	lq_registry *registry;
	lq_clock *clock;
	lq_graph *graph;
	lq_diag *diag;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	long errors, drops, eos; /* events to the app, under lock */
	char error[512];
	long allocations;
} kit;
void kit_init(kit *k, int threads, int converters);
void kit_finish(kit *k);
void kit_check_message(kit *k, const char *part); /* the diag has it */
void kit_wait_event(kit *k, const long *what, long at_least);

/* "tag=a,size=320x240": parameters by one string. The name is the tag, too, when it is not said. */
lq_node *kit_node(kit *k, const char *name, const char *use, const char *loop, const char *group, const char *params);
lq_link *kit_link(kit *k, lq_node *from, lq_node *to, uint32_t policy, uint32_t buffers);
double kit_stat(kit *k, const char *node, const char *name);

#endif
