/* People with devices, for tests of server/calls: requests go in, what each device is sent is written down, the time is set by hand. */
#ifndef LQ_TESTS_SERVER_PEOPLE_H
#define LQ_TESTS_SERVER_PEOPLE_H

#include "server/calls/calls.h"

#define SECOND INT64_C(1000000000)
#define GRACE (10 * SECOND)
#define PHONES 12

typedef struct phone {
	lq__device *device; /* NULL: kicked, lost or logged out */
	char user[140], session[20], kicked[40];
	uint64_t seq; /* of the last event that came */
	json_t *inbox;  /* events not yet looked at */
	json_t *answer; /* of the last request or login */
	int deaf;       /* the socket is gone, nobody knows yet */
} phone;

extern lq__calls *calls;
extern phone phones[PHONES];
extern int64_t now;
extern json_t *records; /* as the host got them */

void people_set_up(void);
void people_tear_down(void);

void log_in(phone *p, const char *user, const char *device); /* device "": one is made */
int try_log_in(phone *p, const lq__login *l, char *error);
void lose(phone *p);
void log_out(phone *p);

/* 0 or the error; last_error says more. */
int ask(phone *p, lq__call_request r);
int do_op(phone *p, lq__call_op op);
int call(phone *p, const char *user); /* sound only */
extern lq__call_error last_error;

void until(int64_t time); /* lets the time-outs come */

/* Everything that came since the last look, as "type:detail type:detail ..."; detail is the user, or what matters most. */
const char *told(phone *p);
/* The first waiting event of this type, taken out; NULL. A borrowed reference until the next call. */
const json_t *take(phone *p, const char *type);
const char *get_text(const json_t *o, const char *key);
int64_t get_number(const json_t *o, const char *key);
/* "status caller>callee,callee duration" of each record since the last look. */
const char *recorded(void);

#endif
