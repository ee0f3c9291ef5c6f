/* What the conformance programs of the known flows share: a server of their own, one engine with virtual devices that is polled on this one
 * thread, events that wait until they are asked for, and a line of output for each numbered check. */
#ifndef FLOW_H
#define FLOW_H

#include <stdint.h>
#include <sys/types.h>

#include <loquat/loquat.h>

typedef struct flow_server {
	pid_t pid;
	char url[64];
} flow_server;

/* args: more options, ends with NULL. Ends the program when it does not start. */
flow_server flow_server_start(const char *const *args);
void flow_server_stop(flow_server *s, int signal); /* and waits; more than once is fine */

extern lq_engine *flow_engine;
void flow_engine_start(void);
void flow_engine_start_fast(double clock_rate);

/* What an event has to be; what is 0 or NULL does not matter. */
typedef struct flow_want {
	lq_session *session;
	lq_room *room;
	lq_call *call;
	const char *user;
	lq_track_kind kind;
	int stream;       /* 1 + an lq_stream */
	lq_stage stage;
} flow_want;

/* Waits at most 30 s for such an event; others wait until they are asked for. Without one the check has failed, and what is returned is an
 * event of no type. Valid until the next call. */
const lq_sdk_event *flow_await(lq_sdk_event_type type, flow_want want);
/* How many such events have come. Everything that the server said before now to this session has come when it returns. */
int flow_count(lq_sdk_event_type type, flow_want want);
void flow_fetch(int timeout_ms); /* the next event, which waits then */
void flow_forget(void); /* all that waits */
int64_t flow_now_ms(void);

typedef struct flow_check {
	const char *id;
	void (*run)(void);
} flow_check;

/* Runs them all (or the one that is named), says "ID ok" or why not; returns the exit status. */
int flow_run(const flow_check *checks, const char *only, void (*tidy)(void));
int flow_failed(void);
void flow_fail(const char *file, int line, const char *what);

#define EXPECT(condition) \
	do { \
		if (flow_failed() || !(condition)) { \
			flow_fail(__FILE__, __LINE__, #condition); \
			return; \
		} \
	} while (0)

#endif
