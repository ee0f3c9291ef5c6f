/* What a task's process says on its standard output: lines of JSON. It is not trusted: lines are bounded, what makes no sense is counted and passed over. Pure. */
#ifndef LQ_SERVER_EGRESS_STATUS_H
#define LQ_SERVER_EGRESS_STATUS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define LQ_EGRESS_LINE_MAX 16384
#define LQ_EGRESS_TEXT_MAX 300

typedef struct lq__egress_lines {
	char *text; /* of the line that has begun; NULL: none yet */
	size_t len;
	int too_long;
	uint64_t refused; /* lines that were too long, or could not be kept for want of memory */
} lq__egress_lines;

/* Calls fn for each whole line, without its end. */
void lq__egress_lines_put(lq__egress_lines *l, const char *bytes, size_t n, void (*fn)(void *arg, const char *line, size_t len), void *arg);
void lq__egress_lines_reset(lq__egress_lines *l); /* and frees; `refused` stays */

typedef enum lq__egress_event { LQ_EGRESS_EV_STATE = 1, LQ_EGRESS_EV_TARGET, LQ_EGRESS_EV_FIGURES, LQ_EGRESS_EV_ANSWER } lq__egress_event;
typedef enum lq__egress_says { LQ_EGRESS_SAYS_STARTING = 1, LQ_EGRESS_SAYS_CONNECTING, LQ_EGRESS_SAYS_RUNNING, LQ_EGRESS_SAYS_WAITING, LQ_EGRESS_SAYS_FAILED, LQ_EGRESS_SAYS_ENDED } lq__egress_says;

typedef struct lq__egress_status {
	lq__egress_event event;
	lq__egress_says state; /* state, target */
	uint32_t index;        /* target */
	int64_t id;            /* answer */
	int code;              /* 0 or LQ_E*; of a code that is not known LQ_EPROTO */
	char text[LQ_EGRESS_TEXT_MAX + 1];
	json_t *root;          /* figures: all of them */
} lq__egress_status;

/* 0 or LQ_EPROTO: this is no line of ours. Call lq__egress_status_finish in every case. */
int lq__egress_status_read(const char *line, size_t len, lq__egress_status *out);
void lq__egress_status_finish(lq__egress_status *s);

#endif
