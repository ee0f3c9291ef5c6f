/* The checks of every kind of node: lives, media, and what a host may do to it at any time. */
#include "validate.h"

#include <dirent.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIVES = 1000, WARM_UP = 100, FLOOD = 6000, HELD_MAX = 5000, LEAK_MIN = 8, WORKING_LIVES = 41, WORKING_LEAK_MIN = 1024 };

const v_check v_checks[] = {
	{"lifecycle", v_check_lifecycle},   {"restart", v_check_restart}, {"flow", v_check_flow},         {"twins", v_check_twins},
	{"starve", v_check_starve},         {"flood", v_check_flood},     {"change", v_check_change},     {"unlinked", v_check_unlinked},
	{"garbage", v_check_garbage},       {"events", v_check_events},   {"parameters", v_check_parameters}, {"memory", v_check_memory},
	{"stats", v_check_stats},           {"transport", v_check_transport}, {"questions", v_check_questions},
};
const uint32_t v_n_checks = sizeof v_checks / sizeof *v_checks;

static uint32_t entries(const char *dir)
{
	DIR *d = opendir(dir);
	uint32_t n = 0;
	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

typedef struct holdings {
	size_t memory;
	uint32_t fds, threads;
} holdings;

static holdings held_now(void)
{
	struct mallinfo2 m = mallinfo2();
	return (holdings){m.uordblks + m.hblkhd, entries("/proc/self/fd"), entries("/proc/self/task")};
}

/* Lives in which it works, too, leave nothing behind. Libraries fill caches meanwhile, so only much memory counts. */
void v_check_restart(const lq_node_desc *desc)
{
	lq_value values[V_PARAMS];
	holdings before = {0}, after;
	v_defaults(desc, values);
	for (int i = 0; i < WORKING_LIVES; i++) {
		v_instance *v = v_open(desc, values);
		v_feed_all(v, 3);
		v_destroy(v);
		if (i == WORKING_LIVES / 2)
			before = held_now();
	}
	after = held_now();
	double lives = WORKING_LIVES - WORKING_LIVES / 2 - 1, leak = ((double)after.memory - (double)before.memory) / lives;
	if (leak >= WORKING_LEAK_MIN)
		v_find("leaks about %.0f bytes of memory each time that it works", leak);
	if (after.fds > before.fds + 2)
		v_find("leaks file descriptors each time that it works: %u, and %u before", after.fds, before.fds);
	if (after.threads > before.threads + 2)
		v_find("leaves threads behind each time that it works: %u, and %u before", after.threads, before.threads);
}

/* What an instance gives for the same input, with another one at work beside it, or none. */
static uint64_t output_of(const lq_node_desc *desc, const lq_value *values, int twin)
{
	v_instance *v = v_open(desc, values), *other = twin ? v_open(desc, values) : NULL;
	v->hashing = 1;
	for (uint32_t i = 0; i < 20; i++) {
		v_feed_all(v, 1);
		for (uint32_t port = 0; other && port < V_PORTS; port++)
			if (other->ports[port].used)
				other->ports[port].frames_in += 7; /* other media */
		if (other)
			v_feed_all(other, 1);
	}
	uint64_t hash = v->hash;
	if (other) {
		v_destroy_beside(other);
		v_feed_all(v, 3); /* it does not live by the other one */
	}
	v_destroy(v);
	return hash;
}

/* Instances know nothing of each other, and the same input gives the same output. */
void v_check_twins(const lq_node_desc *desc)
{
	lq_value values[V_PARAMS];
	v_defaults(desc, values);
	if (desc->flags & (LQ_NODE_BLOCKING | LQ_NODE_OWN_THREAD) || desc->kind == LQ_KIND_TRANSPORT)
		return;
	uint64_t alone = output_of(desc, values, 0), again = output_of(desc, values, 0);
	if (alone != again)
		v_find("gives another output for the same input the second time: it uses a clock or chance of its own, or what it did not set");
	else if (output_of(desc, values, 1) != alone)
		v_find("gives another output when a second instance works beside it: what is static is shared by all instances");
}

/* 1,000 lives leave nothing behind: no memory, no descriptor, no thread. The first ones may fill caches. */
void v_check_lifecycle(const lq_node_desc *desc)
{
	lq_value values[V_PARAMS];
	holdings before = {0}, after;
	v_defaults(desc, values);
	for (int i = 0; i < LIVES; i++) {
		int r;
		v_instance *v = v_create(desc, values, &r);
		if (r < 0 && !v_is_expected(r))
			v_find("create fails with its own defaults: %d%s%s", r, *v->reason ? ", " : "", v->reason);
		if (r < 0)
			v_skip("create says: %s", *v->reason ? v->reason : "it cannot work here");
		v_negotiate(v);
		v_destroy(v);
		if (i == WARM_UP)
			before = held_now();
	}
	after = held_now();
	double leak = ((double)after.memory - (double)before.memory) / (LIVES - WARM_UP);
	if (leak >= LEAK_MIN)
		v_find("leaks about %.0f bytes of memory an instance", leak);
	if (after.fds > before.fds + 2)
		v_find("leaks file descriptors: %u after %d instances, %u before", after.fds, LIVES, before.fds);
	if (after.threads > before.threads + 2)
		v_find("leaks threads: %u after %d instances, %u before", after.threads, LIVES, before.threads);
}

/* Media in, media out, the end of the stream, and the same again after a stop. */
void v_check_flow(const lq_node_desc *desc)
{
	lq_value values[V_PARAMS];
	v_defaults(desc, values);
	v_instance *v = v_open(desc, values);
	for (int round = 0; round < 2; round++) {
		v_step("round %d", round + 1);
		v_feed_all(v, 60);
		v_run(v, v->real_time ? 200 * LQ_MSEC : LQ_SEC);
		v_end_inputs(v);
		v_run(v, 20 * LQ_MSEC);
		v_stop(v);
		if (!round && v_start(v) < 0) {
			v_find("starts, stops, and does not start again: %s", v->reason);
			break;
		}
	}
	for (uint32_t i = 0; i < V_PORTS; i++)
		if (v->ports[i].used && v->ports[i].desc->direction == LQ_OUT && !v->ports[i].count && desc->kind == LQ_KIND_CAPTURE && !v->real_time)
			v_find("delivers nothing on port \"%s\" in two seconds", v->ports[i].desc->name);
	v_run(v, 100 * LQ_MSEC);
	v_destroy(v);
}

/* Nothing comes in: it waits, ends, starts again. */
void v_check_starve(const lq_node_desc *desc)
{
	lq_value values[V_PARAMS];
	v_defaults(desc, values);
	v_instance *v = v_open(desc, values);
	v_run(v, v->real_time ? 200 * LQ_MSEC : 10 * LQ_SEC);
	v_flush(v);
	v_stop(v);
	if (v_start(v) >= 0) {
		v_end_inputs(v);
		v_run(v, 20 * LQ_MSEC);
	}
	v_destroy(v);
}

/* More than it can take, at once: it may drop, it may not collect. */
void v_check_flood(const lq_node_desc *desc)
{
	lq_value values[V_PARAMS];
	v_defaults(desc, values);
	v_instance *v = v_open(desc, values);
	for (uint32_t i = 0; i < V_PORTS; i++)
		for (int k = 0; k < FLOOD && v->ports[i].used && v->ports[i].desc->direction == LQ_IN; k++) {
			v_feed(v, i);
			if (v_buffers_live() > HELD_MAX) {
				v_find("keeps %u buffers that nobody has asked for yet: a queue without a limit", v_buffers_live());
				k = FLOOD;
			}
		}
	v_run(v, 100 * LQ_MSEC);
	v_destroy(v);
}

/* Another of the formats that it lists, in mid-stream; a refusal is an answer. */
static void change_to(v_instance *v, uint32_t port, lq_format f)
{
	char text[128];
	f = v_complete(&f, v->ports[port].desc->media, NULL);
	v_step("a change to %s", v_format_text(&f, text, sizeof text));
	if (v_set_input(v, port, &f) < 0)
		return;
	for (int i = 0; i < 4; i++)
		v_feed(v, port);
	v_run(v, 80 * LQ_MSEC);
}

void v_check_change(const lq_node_desc *desc)
{
	static const uint32_t sizes[][2] = {{96, 64}, {33, 17}, {16, 16}, {128, 128}};
	lq_value values[V_PARAMS];
	lq_format list[V_LISTED];
	v_defaults(desc, values);
	v_instance *v = v_open(desc, values);
	v_feed_all(v, 5);
	for (uint32_t i = 0; i < V_PORTS; i++) {
		if (!v->ports[i].used || v->ports[i].desc->direction != LQ_IN)
			continue;
		int n = v_list(v, i, list, V_LISTED);
		for (int k = 0; k < n && k < 12; k++)
			change_to(v, i, list[k]);
		for (uint32_t k = 0; k < 4 && n; k++)
			if (v->ports[i].format->media == LQ_MEDIA_VIDEO && v->ports[i].format->codec == LQ_CODEC_RAW && !list[0].width) {
				list[0].width = sizes[k][0];
				list[0].height = sizes[k][1];
				change_to(v, i, list[0]);
				list[0].width = list[0].height = 0;
			}
	}
	v_destroy(v);
}

/* Nobody listens: that is no error of the node's. */
void v_check_unlinked(const lq_node_desc *desc)
{
	lq_value values[V_PARAMS];
	v_defaults(desc, values);
	v_instance *v = v_open(desc, values);
	v->unlinked = 1;
	for (int k = 0; k < 30; k++)
		for (uint32_t i = 0; i < V_PORTS; i++)
			if (v->ports[i].used && v->ports[i].desc->direction == LQ_IN && v_feed(v, i) == LQ_EPIPE)
				v_find("answers LQ_EPIPE when nothing is linked to its output: a graph takes that for a failure of the node");
	v_run(v, 100 * LQ_MSEC);
	v_destroy(v);
}

/* Packets that are none, and claims that are not true. */
void v_check_garbage(const lq_node_desc *desc)
{
	lq_value values[V_PARAMS];
	uint32_t seed = 1;
	v_defaults(desc, values);
	v_instance *v = v_open(desc, values);
	for (uint32_t i = 0; i < V_PORTS; i++) {
		const lq_format *f = v->ports[i].format;
		if (!v->ports[i].used || v->ports[i].desc->direction != LQ_IN || f->codec == LQ_CODEC_RAW)
			continue;
		for (uint32_t k = 0; k < 300; k++) {
			lq_buffer *b = v_buffer_new(f, k % 7 ? k * 5 : k % 3);
			for (uint32_t n = 0; n < b->size; n++)
				b->planes[0][n] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
			b->pts = v->ports[i].fed_pts = V_EPOCH + (int64_t)v->ports[i].frames_in++ * 20 * LQ_MSEC;
			b->flags = k % 5 == 0 ? LQ_BUFFER_KEY : k % 11 == 0 ? LQ_BUFFER_LOST | LQ_BUFFER_DISCONTINUITY : 0;
			b->duration = 20 * LQ_MSEC;
			v_give(v, i, b);
		}
		v_feed_all(v, 10);
	}
	v_end_inputs(v);
	v_destroy(v);
}

static void on_stat(void *arg, uint32_t port, const lq_stat *stat)
{
	const v_instance *v = arg;
	const char *letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._";
	if (!stat || !stat->name || !*stat->name)
		v_find("gives a figure without a name");
	else if (stat->name[strspn(stat->name, letters)])
		v_find("names a figure \"%.40s\": letters and digits only, as in webrtc-stats", stat->name);
	else if (!isfinite(stat->value))
		v_find("gives a figure \"%s\" that is no number", stat->name);
	if (port >= V_PORTS || (port >= v->desc->n_ports && !v->ports[port].used))
		v_find("gives a figure of port %u, which it does not have", port);
}

/* Figures can be asked for at any time. */
void v_check_stats(const lq_node_desc *desc)
{
	lq_value values[V_PARAMS];
	if (!desc->ops->stats)
		return;
	v_defaults(desc, values);
	v_instance *v = v_open(desc, values);
	for (int i = 0; i < 3; i++) {
		v_enter(v, "stats");
		desc->ops->stats(v->self, on_stat, v);
		v_leave(v, 0);
		if (i == 0)
			v_feed_all(v, 5);
		else
			v_stop(v);
	}
	v_destroy(v);
}
