/* Egress tasks whose processes are said to be there, on a virtual clock: for tests of server/egress. */
#ifndef TEST_SERVER_EGRESS_RIG_H
#define TEST_SERVER_EGRESS_RIG_H

#include "tests/unit/suite.h"

#include <loquat/plugin/errors.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "server/egress/spec.h"
#include "server/egress/status.h"
#include "server/egress/tasks.h"

#define SECOND INT64_C(1000000000)
#define MS INT64_C(1000000)
#define KILLED 9              /* wait statuses */
#define EXITED(n) ((n) << 8)

extern lq__egress egress;
extern char log_text[65536], egress_error[512];
extern int64_t now;
extern int start_result, tell_result; /* what starting a process and telling it something come to */
extern int n_processes;

void egress_set_up(void);
void egress_tear_down(void); /* nothing is left */

/* Everything that was to be done since the last time. */
void did(const char *text);

int try_start(const char *room, const char *spec, lq__egress_task **out);
lq__egress_task *start(const char *room);
lq__egress_task *running(const char *room);
void says(lq__egress_task *t, const char *text); /* its process */
int64_t pass(int64_t time);                      /* returns when the next thing is due */

#endif
