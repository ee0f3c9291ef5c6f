/* Flow C1, the call component: each numbered check against a real loquatd, with virtual devices. `c1 [CHECK]`; it starts itself again as a caller
 * that is killed. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flow.h"

enum { RATE = 5 }; /* how much faster the server's clock runs */

static flow_server server;
static const char *program;

/* ---- people ---- */

enum { PEOPLE = 8, CALLS = 16 };
static lq_session *people[PEOPLE];
static int n_people, round_number;

/* New names for each check, so that none hears of another's calls. */
static const char *name(const char *who)
{
	static char names[8][40];
	static int i;
	char *n = names[i++ % 8];
	snprintf(n, sizeof names[0], "%s-%d", who, round_number);
	return n;
}

static lq_session *log_in_at(const char *url, const char *user, const char *device, const char *token)
{
	lq_session *s = NULL;
	lq_session_open(flow_engine, &s);
	people[n_people++] = s;
	lq_login_params p = {.size = sizeof p, .server = url, .user = user, .device = device, .token = token, .reconnect_ms = 2000};
	if (lq_session_login(s, &p))
		flow_fail(__FILE__, __LINE__, "lq_session_login");
	return s;
}

static lq_session *log_in(const char *who)
{
	lq_session *s = log_in_at(server.url, name(who), NULL, NULL);
	if (flow_await(LQ_ON_LOGGED_IN, (flow_want){.session = s})->code)
		flow_fail(__FILE__, __LINE__, "the login failed");
	return s;
}

static void tidy(void)
{
	while (n_people)
		lq_session_close(people[--n_people]);
	flow_forget();
	round_number++;
}

static int call_type(lq_session *from, const char *who, lq_call_type type, lq_call **out)
{
	const char *users[] = {name(who)};
	return lq_call_invite(from, &(lq_call_params){.size = sizeof(lq_call_params), .users = users, .n_users = 1, .type = type}, out);
}

/* Sound only, without devices: most checks are not about media. */
static lq_call *call(lq_session *from, const char *who)
{
	const char *users[] = {name(who)};
	lq_call *c = NULL;
	if (lq_call_invite(from, &(lq_call_params){.size = sizeof(lq_call_params), .users = users, .n_users = 1, .type = LQ_CALL_AUDIO, .microphone = LQ_OFF}, &c))
		flow_fail(__FILE__, __LINE__, "lq_call_invite");
	return c;
}

static lq_call *invited(lq_session *who)
{
	return flow_await(LQ_ON_CALL_INVITED, (flow_want){.session = who})->call;
}

static int accept_quietly(lq_call *c)
{
	return lq_call_accept(c, &(lq_accept_params){.size = sizeof(lq_accept_params), .microphone = LQ_OFF, .camera = LQ_OFF});
}

static const lq_sdk_event *ended(lq_call *c)
{
	return flow_await(LQ_ON_CALL_ENDED, (flow_want){.call = c});
}

static const lq_sdk_event *record(lq_session *s)
{
	return flow_await(LQ_ON_CALL_RECORD, (flow_want){.session = s});
}

/* Two in a call. */
static void connect(lq_session *a, const char *b_name, lq_session *b, lq_call **from, lq_call **to)
{
	*from = call(a, b_name);
	*to = invited(b);
	if (accept_quietly(*to))
		flow_fail(__FILE__, __LINE__, "lq_call_accept");
	flow_await(LQ_ON_CALL_ACCEPTED, (flow_want){.call = *from});
	flow_await(LQ_ON_CALL_ACCEPTED, (flow_want){.call = *to});
}

/* ---- the checks ---- */

static void c1_01(void)
{
	lq_session *s;
	lq_call *c;
	EXPECT(!lq_session_open(flow_engine, &s));
	people[n_people++] = s;
	EXPECT(call_type(s, "bob", LQ_CALL_AUDIO, &c) == LQ_ESTATE);
}

static void c1_02(void)
{
	lq_session *ann = log_in("ann");
	EXPECT(lq_call_timeout_set(ann, 120001) == LQ_ERANGE);
	EXPECT(!lq_call_timeout_set(ann, 120000));
	EXPECT(!lq_call_timeout_set(ann, 2000));
	lq_call *c = call(ann, "nobody");
	uint32_t after = flow_await(LQ_ON_CALL_TIMEOUT, (flow_want){.call = c})->elapsed_ms;
	EXPECT(after >= 2000 && after < 2500);
}

static void c1_03(void)
{
	lq_session *ann = log_in("ann"), *bob = log_in("bob");
	lq_call *c;
	EXPECT(!call_type(ann, "bob", LQ_CALL_VIDEO, &c));
	EXPECT(lq_call_state_get(c) == LQ_CALL_CALLING);
	EXPECT(lq_call_state_get(invited(bob)) == LQ_CALL_CALLED);
}

/* As published. */
static const int published[][4] = {
	[LQ_CALL_OP_CALL] = {0, 20002, 20003, 20004}, [LQ_CALL_OP_HANGUP] = {20005, 1, 2, 0}, [LQ_CALL_OP_LEAVE] = {20009, 20010, 20011, 0},
	[LQ_CALL_OP_CANCEL] = {20013, 0, 20015, 20016}, [LQ_CALL_OP_ACCEPT] = {20017, 20018, 0, 20020}, [LQ_CALL_OP_REJECT] = {20021, 20022, 0, 20024},
	[LQ_CALL_OP_TYPE] = {20025, 20026, 20027, 0}, [LQ_CALL_OP_TYPE_REPLY] = {20025, 20026, 20027, 0}, [LQ_CALL_OP_INVITE] = {20029, 0, 20031, 0},
};

static int try(lq_session *s, lq_call *c, lq_call_op op)
{
	const char *users[] = {name("dan")};
	lq_call *other;
	switch (op) {
	case LQ_CALL_OP_CALL: return call_type(s, "dan", LQ_CALL_AUDIO, &other);
	case LQ_CALL_OP_HANGUP: return lq_call_hangup(c);
	case LQ_CALL_OP_LEAVE: return lq_call_leave(c);
	case LQ_CALL_OP_CANCEL: return lq_call_cancel(c);
	case LQ_CALL_OP_ACCEPT: return accept_quietly(c);
	case LQ_CALL_OP_REJECT: return lq_call_reject(c, NULL);
	case LQ_CALL_OP_TYPE: return lq_call_type_switch(c, LQ_CALL_VIDEO, LQ_DEFAULT);
	case LQ_CALL_OP_TYPE_REPLY: return lq_call_type_reply(c, 1);
	default: return lq_call_add(c, users, 1);
	}
}

static void cell(lq_call_op op, lq_call_state state)
{
	lq_session *ann = log_in("ann"), *bob = log_in("bob");
	lq_call *c = NULL, *other = NULL;
	int verdict = published[op][state], expected = verdict >= 20000 ? LQ_ESTATE : 0;
	EXPECT(lq_call_verdict(op, state) == verdict);
	if (state == LQ_CALL_CALLED) {
		call(bob, "ann");
		c = invited(ann);
	} else if (state == LQ_CALL_IN_CALL) {
		connect(ann, "bob", bob, &c, &other);
	} else {
		c = call(ann, "bob");
		other = invited(bob);
	}
	if (state == LQ_CALL_IDLE) {
		EXPECT(!lq_call_cancel(c));
		EXPECT(ended(c)->type);
		if (op == LQ_CALL_OP_ACCEPT || op == LQ_CALL_OP_REJECT)
			expected = LQ_ENOENT;
	}
	EXPECT(lq_call_state_get(c) == state);
	EXPECT(try(ann, c, op) == expected);
}

static void c1_04(void)
{
	for (int op = 0; op <= LQ_CALL_OP_INVITE; op++)
		for (int state = 0; state < 4; state++) {
			cell((lq_call_op)op, (lq_call_state)state);
			if (flow_failed()) {
				printf("# operation %d in state %d\n", op, state);
				return;
			}
			tidy();
		}
}

static void c1_05(void)
{
	lq_session *ann = log_in("ann"), *bob = log_in("bob");
	const char *users[] = {name("bob"), name("eve")};
	char id[40], all[100];
	lq_call *c;
	snprintf(all, sizeof all, "%s,%s", users[0], users[1]);
	EXPECT(!lq_call_invite(ann, &(lq_call_params){.size = sizeof(lq_call_params), .users = users, .n_users = 2, .type = LQ_CALL_VIDEO,
	                                              .attachment = "{\"call\":\"testValue\"}", .group = "the group"}, &c));
	const lq_sdk_event *e = flow_await(LQ_ON_CALL_INVITED, (flow_want){.session = bob});
	lq_call_id(c, id);
	EXPECT(!strcmp(e->user, name("ann")) && !strcmp(e->name, name("ann")));
	EXPECT(!strcmp(e->users, all));
	EXPECT(e->call_type == LQ_CALL_VIDEO && e->on);
	EXPECT(!strcmp(e->attachment, "{\"call\":\"testValue\"}"));
	EXPECT(!strcmp(e->group, "the group"));
	EXPECT(strlen(e->call_id) == 32 && !strcmp(e->call_id, id));
}

static void c1_06(void)
{
	lq_session *ann = log_in("ann");
	lq_call *c = call(ann, "bob");
	EXPECT(flow_count(LQ_ON_CALL_FAILED, (flow_want){.session = ann}) == 0);
	lq_session *bob = log_in("bob");
	lq_call *mine = invited(bob);
	EXPECT(mine && !accept_quietly(mine));
	EXPECT(flow_await(LQ_ON_CALL_ACCEPTED, (flow_want){.call = c})->type);
}

static void c1_07(void)
{
	lq_session *ann = log_in("ann");
	lq_call *c = call(ann, "bob");
	EXPECT(!lq_call_cancel(c));
	EXPECT(ended(c)->reason == LQ_CALL_END_CANCELLED);
	lq_session *bob = log_in("bob");
	EXPECT(flow_count(LQ_ON_CALL_INVITED, (flow_want){.session = bob}) == 0);
	/* Of two that wait, the newest that was not cancelled is shown. */
	lq_session *eve = log_in("eve"), *dan;
	call(ann, "dan");
	EXPECT(flow_count(LQ_ON_CALL_INVITED, (flow_want){.session = ann}) == 0);
	call(bob, "dan");
	EXPECT(flow_count(LQ_ON_CALL_INVITED, (flow_want){.session = bob}) == 0);
	lq_call *last = call(eve, "dan");
	EXPECT(!lq_call_cancel(last) && ended(last)->type);
	dan = log_in("dan");
	EXPECT(!strcmp(flow_await(LQ_ON_CALL_INVITED, (flow_want){.session = dan})->user, name("bob")));
	EXPECT(flow_count(LQ_ON_CALL_INVITED, (flow_want){.session = dan}) == 0);
}

static void sees_and_hears(lq_room *room, const char *who)
{
	EXPECT(flow_await(LQ_ON_FIRST_FRAME, (flow_want){.room = room, .user = who, .kind = LQ_VIDEO})->width == 320);
	EXPECT(flow_await(LQ_ON_FIRST_FRAME, (flow_want){.room = room, .user = who, .kind = LQ_AUDIO})->type);
}

static void c1_08(void)
{
	lq_session *ann = log_in("ann"), *bob = log_in("bob");
	lq_call *c, *mine;
	EXPECT(!call_type(ann, "bob", LQ_CALL_VIDEO, &c));
	mine = invited(bob);
	EXPECT(!lq_call_accept(mine, NULL));
	lq_room *a = flow_await(LQ_ON_CALL_ACCEPTED, (flow_want){.call = c})->room, *b = flow_await(LQ_ON_CALL_ACCEPTED, (flow_want){.call = mine})->room;
	EXPECT(a && b && a != b && a == lq_call_room(c));
	sees_and_hears(a, name("bob"));
	sees_and_hears(b, name("ann"));
}

static void c1_09(void)
{
	lq_session *ann = log_in("ann"), *bob = log_in("bob");
	lq_call *c = call(ann, "bob"), *mine = invited(bob);
	EXPECT(!lq_call_cancel(c));
	EXPECT(ended(c)->type);
	/* Whether this side knows already or the server has to say so. */
	int r = accept_quietly(mine);
	EXPECT(!r || r == LQ_ENOENT);
	if (!r) {
		const lq_sdk_event *e = flow_await(LQ_ON_CALL_FAILED, (flow_want){.call = mine});
		EXPECT(e->code == LQ_ENOENT && e->detail == 10408);
	}
	EXPECT(ended(mine)->reason == LQ_CALL_END_CANCELLED);
	EXPECT(accept_quietly(mine) == LQ_ENOENT);
	EXPECT(lq_call_room(mine) == NULL);
}

static void c1_10(void)
{
	lq_session *ann = log_in("ann"), *bob = log_in("bob");
	lq_call *c = call(ann, "bob"), *mine = invited(bob);
	EXPECT(!lq_call_reject(mine, "not now"));
	EXPECT(ended(mine)->reason == LQ_CALL_END_REJECTED);
	EXPECT(ended(c)->reason == LQ_CALL_END_REJECTED);
	EXPECT(lq_call_state_get(c) == LQ_CALL_IDLE);
	EXPECT(call(bob, "ann"));
}

static void c1_11(void)
{
	lq_session *ann = log_in("ann"), *bob = log_in("bob");
	lq_call *c, *mine;
	c = call(ann, "bob");
	mine = invited(bob);
	EXPECT(!accept_quietly(mine));
	const lq_sdk_event *e = flow_await(LQ_ON_CALL_ACCEPTED, (flow_want){.call = c});
	EXPECT(!strcmp(e->user, name("bob"))); /* not the own name */
	EXPECT(lq_call_state_get(c) == LQ_CALL_IN_CALL);
}

static void c1_12(void)
{
	lq_session *ann = log_in("ann"), *bob = log_in("bob");
	lq_call *c = call(ann, "bob");
	EXPECT(!lq_call_reject(invited(bob), "in a meeting"));
	const lq_sdk_event *e = flow_await(LQ_ON_CALL_REJECTED, (flow_want){.call = c});
	EXPECT(!strcmp(e->user, name("bob")) && !strcmp(e->text, "in a meeting"));
}

static void c1_13(void)
{
	lq_session *ann = log_in("ann"), *bob = log_in("bob"), *eve = log_in("eve");
	lq_call *a, *b, *c;
	connect(ann, "bob", bob, &a, &b);
	int64_t start = flow_now_ms();
	c = call(eve, "bob");
	EXPECT(!strcmp(flow_await(LQ_ON_CALL_BUSY, (flow_want){.call = c})->user, name("bob")));
	EXPECT(flow_now_ms() - start < 1000); /* no timer is involved, on a busy machine either */
	EXPECT(ended(c)->reason == LQ_CALL_END_BUSY);
	EXPECT(flow_count(LQ_ON_CALL_TIMEOUT, (flow_want){.session = eve}) == 0);
	EXPECT(flow_count(LQ_ON_CALL_INVITED, (flow_want){.session = bob}) == 0);
	EXPECT(lq_call_state_get(b) == LQ_CALL_IN_CALL && lq_call_state_get(a) == LQ_CALL_IN_CALL);
	EXPECT(!lq_call_hangup(b) && ended(a)->reason == LQ_CALL_END_HANGUP);
	/* Two callers at the same moment: one rings, one hears busy, never both or none. */
	a = call(ann, "bob");
	c = call(eve, "bob");
	b = invited(bob);
	EXPECT(!accept_quietly(b));
	EXPECT(flow_await(LQ_ON_CALL_ACCEPTED, (flow_want){.call = b})->type);
	EXPECT(flow_await(LQ_ON_CALL_BUSY, (flow_want){.user = name("bob")})->call == c || lq_call_state_get(c) == LQ_CALL_IN_CALL);
	EXPECT((lq_call_state_get(a) == LQ_CALL_IN_CALL) + (lq_call_state_get(c) == LQ_CALL_IN_CALL) <= 1);
}

static void c1_14(void)
{
	lq_session *ann = log_in("ann"), *bob = log_in("bob");
	int64_t start = flow_now_ms();
	lq_call *c = call(ann, "bob"), *mine = invited(bob);
	const lq_sdk_event *e = flow_await(LQ_ON_CALL_TIMEOUT, (flow_want){.call = c});
	int64_t took = (flow_now_ms() - start) * RATE;
	EXPECT(e->elapsed_ms >= 30000 && e->elapsed_ms <= 30500);
	EXPECT(took >= 29500);
	e = flow_await(LQ_ON_CALL_TIMEOUT, (flow_want){.call = mine});
	EXPECT(e->elapsed_ms >= 30000 && e->elapsed_ms <= 30500);
	EXPECT(ended(c)->reason == LQ_CALL_END_TIMEOUT && ended(mine)->reason == LQ_CALL_END_TIMEOUT);
	EXPECT(flow_count(LQ_ON_CALL_BUSY, (flow_want){.session = ann}) == 0);
}

static void c1_15(void)
{
	lq_session *ann = log_in("ann"), *bob = log_in("bob");
	lq_call *c = call(ann, "bob"), *mine = invited(bob);
	EXPECT(!lq_call_cancel(c));
	EXPECT(!strcmp(flow_await(LQ_ON_CALL_CANCELLED, (flow_want){.call = c})->user, name("ann")));
	EXPECT(!strcmp(flow_await(LQ_ON_CALL_CANCELLED, (flow_want){.call = mine})->user, name("ann")));
	EXPECT(ended(mine)->reason == LQ_CALL_END_CANCELLED);
}

static void c1_16(void)
{
	lq_session *ann = log_in("ann"), *bob = log_in("bob"), *eve = log_in("eve");
	const char *two[] = {name("bob"), name("eve")};
	lq_call *a, *b, *e;
	EXPECT(!lq_call_invite(ann, &(lq_call_params){.size = sizeof(lq_call_params), .users = two, .n_users = 2, .type = LQ_CALL_AUDIO, .microphone = LQ_OFF}, &a));
	b = invited(bob);
	e = invited(eve);
	EXPECT(!accept_quietly(b) && !accept_quietly(e));
	EXPECT(flow_await(LQ_ON_CALL_ACCEPTED, (flow_want){.call = a, .user = name("bob")})->type);
	EXPECT(flow_await(LQ_ON_CALL_ACCEPTED, (flow_want){.call = a, .user = name("eve")})->type);
	EXPECT(flow_await(LQ_ON_CALL_ACCEPTED, (flow_want){.call = b})->type && flow_await(LQ_ON_CALL_ACCEPTED, (flow_want){.call = e})->type);
	EXPECT(!lq_call_leave(b));
	EXPECT(ended(b)->reason == LQ_CALL_END_LEFT);
	EXPECT(!strcmp(flow_await(LQ_ON_CALL_LEFT, (flow_want){.call = a})->user, name("bob")));
	EXPECT(lq_call_state_get(a) == LQ_CALL_IN_CALL && lq_call_state_get(e) == LQ_CALL_IN_CALL);
	const char *dan[] = {name("dan")};
	lq_session *d = log_in("dan");
	EXPECT(!lq_call_add(e, dan, 1));
	EXPECT(!strcmp(flow_await(LQ_ON_CALL_INVITED, (flow_want){.session = d})->user, name("eve")));
	EXPECT(!lq_call_hangup(e));
	const lq_sdk_event *last = ended(a);
	EXPECT(last->reason == LQ_CALL_END_HANGUP && !strcmp(last->user, name("eve")));
	EXPECT(flow_await(LQ_ON_CALL_CANCELLED, (flow_want){.session = d})->type);
	/* While calling it cancels, while called it rejects. */
	a = call(ann, "bob");
	b = invited(bob);
	EXPECT(!lq_call_hangup(a) && ended(b)->reason == LQ_CALL_END_CANCELLED);
	EXPECT(ended(a)->type);
	a = call(ann, "bob");
	b = invited(bob);
	EXPECT(!lq_call_hangup(b) && ended(a)->reason == LQ_CALL_END_REJECTED);
}

static void c1_17(void)
{
	static const char *const debug[] = {"--debug", NULL}, *const safe[] = {"--secret", "a secret for tests, 32 bytes long", NULL};
	flow_server own = flow_server_start(debug), strict = flow_server_start(safe);
	lq_session *ann = log_in_at(own.url, name("ann"), "laptop", NULL), *bob = log_in_at(own.url, name("bob"), NULL, NULL), *again;
	lq_call *a, *b;
	int wrong = flow_await(LQ_ON_LOGGED_IN, (flow_want){.session = log_in_at(strict.url, name("eve"), NULL, "no token")})->code;
	flow_server_stop(&strict, SIGTERM);
	flow_await(LQ_ON_LOGGED_IN, (flow_want){.session = ann});
	flow_await(LQ_ON_LOGGED_IN, (flow_want){.session = bob});
	connect(ann, "bob", bob, &a, &b);
	again = log_in_at(own.url, name("ann"), "laptop", NULL);
	int duplicate = flow_await(LQ_ON_LOGGED_OUT, (flow_want){.session = ann})->code;
	int lost = ended(a)->reason;
	flow_await(LQ_ON_LOGGED_IN, (flow_want){.session = again});
	flow_server_stop(&own, SIGKILL);
	EXPECT(wrong == LQ_ETOKEN);
	EXPECT(duplicate == LQ_EDUPLICATE && lost == LQ_CALL_END_LOST);
	const lq_sdk_event *e;
	do
		e = flow_await(LQ_ON_CONNECTION, (flow_want){.session = again});
	while (e->type && e->state != LQ_CONN_RECONNECTING);
	EXPECT(flow_await(LQ_ON_LOGGED_OUT, (flow_want){.session = again})->code == LQ_ECONN);
}

static void c1_18(void)
{
	lq_session *ann = log_in("ann"), *bob[3] = {log_in("bob"), log_in("bob"), log_in("bob")};
	lq_call *a = call(ann, "bob"), *ring[3];
	for (int i = 0; i < 3; i++)
		ring[i] = invited(bob[i]);
	EXPECT(!accept_quietly(ring[1]));
	EXPECT(flow_await(LQ_ON_CALL_ELSEWHERE, (flow_want){.call = ring[0]})->on == 1);
	EXPECT(flow_await(LQ_ON_CALL_ELSEWHERE, (flow_want){.call = ring[2]})->on == 1);
	EXPECT(ended(ring[0])->reason == LQ_CALL_END_ELSEWHERE && ended(ring[2])->reason == LQ_CALL_END_ELSEWHERE);
	EXPECT(flow_count(LQ_ON_CALL_ACCEPTED, (flow_want){.session = ann}) == 1);
	EXPECT(flow_count(LQ_ON_CALL_ELSEWHERE, (flow_want){.session = bob[1]}) == 0);
	EXPECT(!lq_call_hangup(a) && ended(ring[1])->type && ended(a)->type);
	a = call(ann, "bob");
	for (int i = 0; i < 3; i++)
		ring[i] = invited(bob[i]);
	EXPECT(!lq_call_reject(ring[2], NULL));
	EXPECT(flow_await(LQ_ON_CALL_ELSEWHERE, (flow_want){.call = ring[0]})->on == 0);
	EXPECT(flow_await(LQ_ON_CALL_ELSEWHERE, (flow_want){.call = ring[1]})->on == 0);
	EXPECT(flow_count(LQ_ON_CALL_REJECTED, (flow_want){.session = ann}) == 1);
}

/* Another process, which calls and is killed. */
static pid_t killed_caller(const char *user, const char *callee)
{
	pid_t pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl(program, program, "--call", server.url, user, callee, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static void c1_19(void)
{
	lq_session *ann = log_in("ann"), *bob = log_in("bob"), *eve = log_in("eve");
	lq_call *a, *b;
	connect(ann, "bob", bob, &a, &b);
	lq_call *busy = call(eve, "bob");
	EXPECT(ended(busy)->status == LQ_CALL_BUSY);
	EXPECT(record(eve)->status == LQ_CALL_BUSY && record(bob)->status == LQ_CALL_BUSY);
	EXPECT(!lq_call_hangup(a) && ended(a)->type);
	const lq_sdk_event *e = record(ann);
	EXPECT(e->status == LQ_CALL_COMPLETE && !strcmp(e->user, name("ann")) && !strcmp(e->name, name("bob")) && e->call_type == LQ_CALL_AUDIO);
	EXPECT(record(bob)->status == LQ_CALL_COMPLETE);
	a = call(ann, "bob");
	invited(bob);
	EXPECT(!lq_call_cancel(a) && record(ann)->status == LQ_CALL_CANCELLED && record(bob)->status == LQ_CALL_CANCELLED);
	call(ann, "bob");
	EXPECT(!lq_call_reject(invited(bob), NULL) && record(ann)->status == LQ_CALL_REJECTED && record(bob)->status == LQ_CALL_REJECTED);
	lq_call_timeout_set(ann, 1000);
	call(ann, "bob");
	invited(bob);
	EXPECT(record(ann)->status == LQ_CALL_TIMED_OUT && record(bob)->status == LQ_CALL_TIMED_OUT);
	pid_t pid = killed_caller(name("zoe"), name("bob"));
	lq_call *ring = invited(bob);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EXPECT(ended(ring)->reason == LQ_CALL_END_CANCELLED);
	e = record(bob);
	EXPECT(e->status == LQ_CALL_CANCELLED && !strcmp(e->user, name("zoe")));
	EXPECT(flow_count(LQ_ON_CALL_RECORD, (flow_want){.session = ann}) == 0);
	EXPECT(flow_count(LQ_ON_CALL_RECORD, (flow_want){.session = bob}) == 0);
}

static void c1_20(void)
{
	lq_session *ann = log_in("ann"), *bob = log_in("bob");
	lq_call *c, *mine;
	EXPECT(!call_type(ann, "bob", LQ_CALL_VIDEO, &c));
	mine = invited(bob);
	EXPECT(!lq_call_accept(mine, NULL));
	lq_room *a = flow_await(LQ_ON_CALL_ACCEPTED, (flow_want){.call = c})->room, *b = flow_await(LQ_ON_CALL_ACCEPTED, (flow_want){.call = mine})->room;
	EXPECT(flow_await(LQ_ON_STREAM_PUBLISHED, (flow_want){.room = b, .user = name("ann"), .kind = LQ_AUDIO})->type);
	EXPECT(flow_await(LQ_ON_STREAM_PUBLISHED, (flow_want){.room = b, .user = name("ann"), .kind = LQ_VIDEO})->type);
	EXPECT(flow_await(LQ_ON_LOCAL_PUBLISHED, (flow_want){.room = a, .kind = LQ_VIDEO})->code == 0);
	EXPECT(!lq_mute(a, LQ_STREAM_MAIN, LQ_AUDIO, 1));
	EXPECT(flow_await(LQ_ON_STREAM_MUTED, (flow_want){.room = b, .kind = LQ_AUDIO})->muted == 1);
	EXPECT(!lq_mute(a, LQ_STREAM_MAIN, LQ_AUDIO, 0));
	EXPECT(flow_await(LQ_ON_STREAM_MUTED, (flow_want){.room = b, .kind = LQ_AUDIO})->muted == 0);
	EXPECT(!lq_unpublish(a, LQ_STREAM_MAIN, LQ_VIDEO));
	EXPECT(flow_await(LQ_ON_STREAM_UNPUBLISHED, (flow_want){.room = b, .user = name("ann"), .kind = LQ_VIDEO})->type);
	EXPECT(!lq_call_hangup(c));
	EXPECT(flow_await(LQ_ON_LEFT, (flow_want){.room = b})->type && flow_await(LQ_ON_LEFT, (flow_want){.room = a})->type);
}

static void c1_21(void)
{
	lq_session *ann = log_in("ann"), *bob = log_in("bob");
	lq_call *c, *mine;
	EXPECT(!call_type(ann, "bob", LQ_CALL_VIDEO, &c));
	mine = invited(bob);
	EXPECT(!lq_call_accept(mine, NULL));
	lq_room *b = flow_await(LQ_ON_CALL_ACCEPTED, (flow_want){.call = mine})->room;
	EXPECT(flow_await(LQ_ON_STREAM_PUBLISHED, (flow_want){.room = b, .user = name("ann"), .kind = LQ_VIDEO})->type);
	EXPECT(!lq_call_type_switch(c, LQ_CALL_AUDIO, LQ_DEFAULT));
	const lq_sdk_event *e = flow_await(LQ_ON_CALL_TYPE, (flow_want){.call = mine});
	EXPECT(e->change == LQ_CALL_CHANGED && e->call_type == LQ_CALL_AUDIO && !strcmp(e->user, name("ann")));
	EXPECT(flow_await(LQ_ON_STREAM_UNPUBLISHED, (flow_want){.room = b, .user = name("ann"), .kind = LQ_VIDEO})->type);
	EXPECT(flow_await(LQ_ON_CALL_TYPE, (flow_want){.call = c})->change == LQ_CALL_CHANGED);
	EXPECT(lq_call_type_get(c) == LQ_CALL_AUDIO);
	for (int agree = 0; agree < 2; agree++) {
		EXPECT(!lq_call_type_switch(c, LQ_CALL_VIDEO, LQ_DEFAULT));
		e = flow_await(LQ_ON_CALL_TYPE, (flow_want){.call = mine});
		EXPECT(e->change == LQ_CALL_CHANGE_ASKED && e->call_type == LQ_CALL_VIDEO);
		EXPECT(lq_call_type_get(c) == LQ_CALL_AUDIO);
		EXPECT(!lq_call_type_reply(mine, agree));
		EXPECT(flow_await(LQ_ON_CALL_TYPE, (flow_want){.call = c})->change == (agree ? LQ_CALL_CHANGED : LQ_CALL_CHANGE_REFUSED));
		EXPECT(flow_await(LQ_ON_CALL_TYPE, (flow_want){.call = mine})->change == (agree ? LQ_CALL_CHANGED : LQ_CALL_CHANGE_REFUSED));
	}
	EXPECT(flow_await(LQ_ON_STREAM_PUBLISHED, (flow_want){.room = b, .user = name("ann"), .kind = LQ_VIDEO})->type);
}

static void c1_22(void)
{
	lq_session *ann = log_in("ann"), *bob = log_in("bob");
	lq_call *c;
	EXPECT(!lq_session_logout(bob));
	EXPECT(flow_await(LQ_ON_LOGGED_OUT, (flow_want){.session = bob})->code == 0);
	EXPECT(call_type(bob, "ann", LQ_CALL_AUDIO, &c) == LQ_ESTATE);
	EXPECT(lq_session_send(bob, name("ann"), "x") == LQ_ESTATE);
	call(ann, "bob");
	EXPECT(flow_count(LQ_ON_CALL_INVITED, (flow_want){.session = ann}) == 0); /* the server has rung by now */
	EXPECT(flow_count(LQ_ON_CALL_INVITED, (flow_want){.session = bob}) == 0);
	lq_login_params p = {.size = sizeof p, .server = server.url, .user = name("bob")};
	EXPECT(!lq_session_login(bob, &p));
	EXPECT(flow_await(LQ_ON_LOGGED_IN, (flow_want){.session = bob})->code == 0);
	EXPECT(invited(bob));
}

static const flow_check checks[] = {
	{"C1-01", c1_01}, {"C1-02", c1_02}, {"C1-03", c1_03}, {"C1-04", c1_04}, {"C1-05", c1_05}, {"C1-06", c1_06}, {"C1-07", c1_07}, {"C1-08", c1_08},
	{"C1-09", c1_09}, {"C1-10", c1_10}, {"C1-11", c1_11}, {"C1-12", c1_12}, {"C1-13", c1_13}, {"C1-14", c1_14}, {"C1-15", c1_15}, {"C1-16", c1_16},
	{"C1-17", c1_17}, {"C1-18", c1_18}, {"C1-19", c1_19}, {"C1-20", c1_20}, {"C1-21", c1_21}, {"C1-22", c1_22}, {0},
};

/* The one to be killed: calls, and goes on until then. */
static void call_until_killed(char **argv)
{
	const char *users[] = {argv[4]};
	lq_session *s = NULL;
	lq_call *c;
	flow_engine_start();
	snprintf(server.url, sizeof server.url, "%s", argv[2]);
	s = log_in_at(server.url, argv[3], NULL, NULL);
	flow_await(LQ_ON_LOGGED_IN, (flow_want){.session = s});
	lq_call_invite(s, &(lq_call_params){.size = sizeof(lq_call_params), .users = users, .n_users = 1, .type = LQ_CALL_AUDIO}, &c);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	static const char *const args[] = {"--debug", "--clock-rate", "5", NULL};
	program = argv[0];
	if (argc == 5 && !strcmp(argv[1], "--call"))
		call_until_killed(argv);
	server = flow_server_start(args);
	flow_engine_start();
	int status = flow_run(checks, argc > 1 ? argv[1] : NULL, tidy);
	lq_engine_destroy(flow_engine);
	flow_server_stop(&server, SIGTERM);
	return status;
}
