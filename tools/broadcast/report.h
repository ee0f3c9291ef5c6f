/* What a broadcast says of itself: lines for people, or JSON objects for programs (docs/broadcast.md). */
#ifndef LQ_TOOLS_BROADCAST_REPORT_H
#define LQ_TOOLS_BROADCAST_REPORT_H

#include "spec.h"

typedef struct report {
	const spec *spec;
	int json;
	struct {
		const char *state;
		int code; /* of the last trouble */
		char text[320];
	} targets[TARGETS_MAX];
	const char *state;
} report;

/* "starting", "running", "failed", "ended". code and text: what is wrong. */
void report_state(report *r, const char *state, int code, const char *text);

/* Something went wrong with a target; a change of its state may follow from it. */
void report_trouble(report *r, int target, int code, const char *text);
/* LQ_ON_TRANSPORT. */
void report_target(report *r, int target, lq_connection_state state);
int report_failed(const report *r, int target);
/* All that has not failed has ended. */
void report_ended(report *r);

/* Once a second; room NULL: not yet. */
void report_figures(const report *r, lq_room *room, double seconds);

/* The answer to a command; id NULL: it had none. */
void report_answer(const report *r, const json_t *id, int code, const char *text);

#endif
