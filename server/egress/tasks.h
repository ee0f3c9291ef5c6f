/* Egress tasks: processes that join a room unseen and send what happens there to servers and files. What state each is in, when it is started again, and what is told of
 * it. No processes, no pipes, no clock: times (ns) and what processes say come in, what is to be done goes out through the host's callbacks. One thread. */
#ifndef LQ_SERVER_EGRESS_TASKS_H
#define LQ_SERVER_EGRESS_TASKS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/names.h"
#include "server/egress/spec.h"
#include "server/egress/status.h"
#include "server/room.h"

#define LQ_EGRESS_ROOM_MAX 6    /* tasks of one room that have not ended */
#define LQ_EGRESS_TASKS_MAX 200 /* likewise, of the server */
#define LQ_EGRESS_ENDED_MAX 100 /* that have ended, and can be looked up */
#define LQ_EGRESS_COMMANDS_MAX 8 /* of one task that wait for their answer */
#define LQ_EGRESS_RESTARTS_MAX 5 /* in LQ_EGRESS_RESTARTS_SPAN; the next one is not made */
#define LQ_EGRESS_RESTARTS_SPAN INT64_C(60000000000)
#define LQ_EGRESS_BACK_OFF INT64_C(500000000)     /* then twice as long each time */
#define LQ_EGRESS_SILENCE_MAX INT64_C(60000000000) /* a process that says nothing for so long hangs */
#define LQ_EGRESS_REFUSED_MAX 1000                 /* lines of one process that make no sense; then it has gone mad */
#define LQ_EGRESS_STOP_MAX INT64_C(8000000000)     /* to close its files */
#define LQ_EGRESS_ANSWER_MAX INT64_C(5000000000)

typedef enum lq__egress_state {
	LQ_EGRESS_STARTING = 1,
	LQ_EGRESS_RUNNING,
	LQ_EGRESS_WAITING,    /* it runs, and a target has lost its server */
	LQ_EGRESS_RESTARTING, /* its process is gone, and the next one comes */
	LQ_EGRESS_STOPPING,
	LQ_EGRESS_ENDED,
	LQ_EGRESS_FAILED
} lq__egress_state;
#define LQ_EGRESS_STATES (LQ_EGRESS_FAILED + 1)

typedef struct lq__egress_target {
	lq__egress_says state; /* 0: nothing said yet */
	int code;
	char text[LQ_EGRESS_TEXT_MAX + 1];
} lq__egress_target;

typedef struct lq__egress_task {
	lq__link link, commands;
	struct lq__egress *egress;
	char id[LQ_SID_SIZE], room[LQ_ROOM_NAME_MAX + 1], room_sid[LQ_SID_SIZE];
	json_t *spec;
	json_t *record; /* the names that its files have now; NULL: none */
	lq__egress_state state;
	int code; /* why it is in this state; 0 nothing is wrong */
	char text[LQ_EGRESS_TEXT_MAX + 1];
	int64_t made_ms, ended_ms; /* Unix */
	uint32_t restarts;
	int64_t restarted[LQ_EGRESS_RESTARTS_MAX]; /* the last ones */
	int64_t due;   /* restarting: when; stopping: when it is killed */
	int64_t heard; /* when its process last said something */
	void *process; /* the host's; NULL: none */
	int gave_up;   /* the process said that it has failed: with this code, for this cause */
	char cause[LQ_EGRESS_TEXT_MAX + 1];
	lq__egress_lines lines;
	uint64_t refused; /* lines of the processes before */
	lq__egress_target targets[LQ_EGRESS_TARGETS_MAX]; /* those of `to`, then those of `record` */
	json_t *figures; /* the last ones of this process; NULL */
	int64_t last_command;
} lq__egress_task;

typedef void (*lq__egress_answered)(void *who, int64_t id, int code, const char *text);

typedef struct lq__egress_host {
	/* A process for the task. `error` gets why there is none. */
	int (*start)(void *arg, lq__egress_task *t, void **process, char *error, size_t size);
	int (*tell)(void *process, const json_t *command); /* negative: it does not take it */
	void (*stop)(void *process);                       /* it is to end */
	void (*kill)(void *process);
	void (*changed)(void *arg, const lq__egress_task *t);
	void *arg;
} lq__egress_host;

typedef struct lq__egress_figures {
	uint64_t started, restarts, failed, refused_lines;
	uint32_t living;
} lq__egress_figures;

typedef struct lq__egress {
	lq__egress_host host;
	lq__link tasks; /* the oldest first */
	uint32_t n_ended;
	lq__egress_figures figures;
} lq__egress;

void lq__egress_init(lq__egress *e, const lq__egress_host *host);
void lq__egress_finish(lq__egress *e); /* no process runs any more; waiting commands are not answered */

/* The spec has been checked. LQ_EFULL: `error` names the limit; else why it could not be started. */
int lq__egress_start(lq__egress *e, const char *room, const char *room_sid, const json_t *spec, int64_t now, int64_t unix_ms, lq__egress_task **out, char *error, size_t size);
int lq__egress_stop(lq__egress_task *t, int64_t now); /* LQ_ESTATE: it has ended */
/* The process is asked; fn is called once, later, unless `who` is forgotten before. LQ_ESTATE, LQ_EAGAIN: not now, see `error`. */
int lq__egress_layout(lq__egress_task *t, const json_t *layout, int64_t now, lq__egress_answered fn, void *who, int64_t id, char *error, size_t size);
void lq__egress_forget(lq__egress *e, const void *who);
void lq__egress_room_ended(lq__egress *e, const char *room_sid, int64_t now);
void lq__egress_stop_all(lq__egress *e, int64_t now);

/* From the processes. */
void lq__egress_received(lq__egress_task *t, const char *bytes, size_t n, int64_t now);
void lq__egress_exited(lq__egress_task *t, int wait_status, int64_t now, int64_t unix_ms);
int64_t lq__egress_tick(lq__egress *e, int64_t now, int64_t unix_ms); /* when it is to be called next, INT64_MAX */

lq__egress_task *lq__egress_find(const lq__egress *e, const char *room, const char *id); /* NULL: no such task, also one that has ended is found */
int lq__egress_has_ended(const lq__egress_task *t);
const char *lq__egress_state_name(lq__egress_state s);
uint32_t lq__egress_count(const lq__egress *e, lq__egress_state s);

/* New references. Nothing in them is secret. */
json_t *lq__egress_task_json(const lq__egress_task *t);
json_t *lq__egress_list_json(const lq__egress *e, const char *room);
json_t *lq__egress_event_json(const lq__egress_task *t); /* for all members: nothing of where it is sent */

#endif
