/* On the stage, with the real SDK and server: an audience of twenty asks, comes up, is seen, and goes down again, and those who stay see nothing of it but that. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flow.h"
#include "tests/sdk/relay.h"

enum { AUDIENCE = 20, TIMES = 10, ROOMS = 32 };

static flow_server server;
static lq_room *rooms[ROOMS];
static int n_rooms;

static lq_room *enter_at(const char *url, const char *name, const char *user, lq_role role, lq_room_options o)
{
	lq_room *r = NULL;
	o.size = sizeof o;
	if (lq_room_open(flow_engine, name, &o, &r) || lq_room_role_set(r, role) ||
	    lq_room_join(r, &(lq_join_params){.size = sizeof(lq_join_params), .server = url, .user = user}) || flow_await(LQ_ON_JOINED, (flow_want){.room = r})->code)
		flow_fail(__FILE__, __LINE__, user);
	return rooms[n_rooms++] = r;
}

static lq_room *enter(const char *name, const char *user, lq_role role)
{
	return enter_at(server.url, name, user, role, (lq_room_options){0});
}

/* Who need not see anything: many of them cost little. */
static lq_room *enter_blind(const char *name, const char *user, lq_role role)
{
	return enter_at(server.url, name, user, role, (lq_room_options){.auto_subscribe_audio = LQ_OFF, .auto_subscribe_video = LQ_OFF});
}

static void tidy(void)
{
	while (n_rooms)
		lq_room_close(rooms[--n_rooms]);
	flow_forget();
}

static int asked(lq_room *r)
{
	return lq_stage_request(r, 1) ? -1 : flow_await(LQ_ON_STAGE_REQUEST, (flow_want){.room = r, .user = ""})->code;
}

static int heard(lq_room *host, const char *user, int on)
{
	const lq_sdk_event *e = flow_await(LQ_ON_STAGE_REQUEST, (flow_want){.room = host, .user = user});
	return e->type && e->on == on;
}

static int answered(lq_room *r, lq_stage_result state)
{
	const lq_sdk_event *e = flow_await(LQ_ON_STAGE_ANSWER, (flow_want){.room = r, .user = ""});
	return e->type && e->state == (int)state;
}

static int is_role(lq_room *r, lq_role role)
{
	const lq_sdk_event *e = flow_await(LQ_ON_ROLE, (flow_want){.room = r});
	return e->type && !e->code && e->role == role;
}

static int sees(lq_room *r, const char *user)
{
	return flow_await(LQ_ON_FIRST_FRAME, (flow_want){.room = r, .user = user, .kind = LQ_VIDEO, .stage = LQ_STAGE_DECODED})->type != 0;
}

static int gone(lq_room *r, const char *user)
{
	return flow_await(LQ_ON_USER_LEFT, (flow_want){.room = r, .user = user})->type != 0;
}

/* ---- twenty who listen ---- */

static void an_audience_comes_up_and_goes_down(void)
{
	char user[16];
	lq_room *ann = enter("show", "ann", LQ_ROLE_BROADCASTER), *listener = enter("show", "listener", LQ_ROLE_AUDIENCE), *people[AUDIENCE];
	for (int i = 0; i < AUDIENCE; i++) {
		snprintf(user, sizeof user, "p%d", i);
		people[i] = enter_blind("show", user, LQ_ROLE_AUDIENCE);
	}
	EXPECT(sees(listener, "ann"));
	for (int i = 0; i < AUDIENCE; i++) {
		snprintf(user, sizeof user, "p%d", i);
		EXPECT(!asked(people[i]) && heard(ann, user, 1));
	}
	EXPECT(asked(people[0]) == LQ_EEXIST);
	EXPECT(asked(ann) == LQ_ESTATE);
	EXPECT(lq_room_members(ann, NULL, 0) == 0); /* nobody is seen yet */
	for (int again = 0; again < 2; again++) {
		EXPECT(!lq_stage_answer(ann, "p3", 1, "welcome") && heard(ann, "p3", 0));
		EXPECT(!flow_await(LQ_ON_STAGE_ANSWER, (flow_want){.room = ann, .user = "p3"})->code);
		EXPECT(answered(people[3], LQ_STAGE_ACCEPTED) && is_role(people[3], LQ_ROLE_BROADCASTER));
		EXPECT(sees(ann, "p3") && sees(listener, "p3"));
		EXPECT(!lq_stage_remove(ann, "p3", "thank you"));
		const lq_sdk_event *e = flow_await(LQ_ON_STAGE_ANSWER, (flow_want){.room = people[3], .user = ""});
		EXPECT(e->state == LQ_STAGE_REMOVED && !strcmp(e->name, "ann") && !strcmp(e->text, "thank you"));
		EXPECT(is_role(people[3], LQ_ROLE_AUDIENCE) && gone(ann, "p3") && gone(listener, "p3"));
		EXPECT(lq_publish(people[3], LQ_STREAM_MAIN, LQ_VIDEO) == LQ_EPERM);
		EXPECT(!asked(people[3]) && heard(ann, "p3", 1));
	}
	lq_room *bob = enter_blind("show", "bob", LQ_ROLE_BROADCASTER); /* a host that comes later */
	for (int i = 0; i < AUDIENCE; i++) {
		snprintf(user, sizeof user, "p%d", i);
		EXPECT(heard(bob, user, 1));
	}
	EXPECT(!lq_stage_answer(bob, "p5", 0, NULL) && answered(people[5], LQ_STAGE_REFUSED) && heard(ann, "p5", 0));
	EXPECT(!lq_stage_answer(ann, "p5", 1, NULL) && flow_await(LQ_ON_STAGE_ANSWER, (flow_want){.room = ann, .user = "p5"})->code == LQ_ENOENT);
	EXPECT(!lq_stage_request(people[6], 0) && heard(ann, "p6", 0));
	EXPECT(!lq_room_leave(people[7]) && heard(ann, "p7", 0));
	EXPECT(lq_stage_answer(ann, "a b", 1, NULL) == LQ_EINVAL && lq_stage_remove(people[7], "ann", NULL) == LQ_ESTATE);
}

/* ---- time and losses ---- */

static void nobody_answers(void)
{
	lq_room *ann = enter_blind("quiet", "ann", LQ_ROLE_BROADCASTER), *eve = enter_blind("quiet", "eve", LQ_ROLE_AUDIENCE);
	EXPECT(!asked(eve) && heard(ann, "eve", 1));
	EXPECT(answered(eve, LQ_STAGE_TIMEOUT) && heard(ann, "eve", 0));
	EXPECT(!asked(eve) && heard(ann, "eve", 1));
}

/* A short cut: nothing is lost. A long one: a wish is told again, a host's word has ended, and both know it. */
static void links_are_cut(void)
{
	relay *link = relay_start(server.url), *other = relay_start(server.url);
	lq_room *ann = enter_at(relay_url(other), "cut", "ann", LQ_ROLE_BROADCASTER, (lq_room_options){0});
	lq_room *eve = enter_at(relay_url(link), "cut", "eve", LQ_ROLE_AUDIENCE, (lq_room_options){0});
	EXPECT(!asked(eve) && heard(ann, "eve", 1));
	relay_cut(link);
	EXPECT(!lq_stage_answer(ann, "eve", 1, NULL));
	EXPECT(answered(eve, LQ_STAGE_ACCEPTED) && is_role(eve, LQ_ROLE_BROADCASTER) && sees(ann, "eve") && heard(ann, "eve", 0));
	relay_refuse(link, 1);
	relay_cut(link);
	EXPECT(gone(ann, "eve"));
	relay_refuse(link, 0);
	EXPECT(answered(eve, LQ_STAGE_REMOVED) && is_role(eve, LQ_ROLE_AUDIENCE));
	EXPECT(!asked(eve) && heard(ann, "eve", 1));
	relay_refuse(link, 1);
	relay_cut(link);
	EXPECT(heard(ann, "eve", 0));
	relay_refuse(link, 0);
	EXPECT(heard(ann, "eve", 1)); /* by itself */
	relay_refuse(other, 1);
	relay_cut(other);
	EXPECT(!flow_await(LQ_ON_CONNECTION, (flow_want){.room = ann})->code);
	EXPECT(!lq_stage_request(eve, 0) && !flow_await(LQ_ON_STAGE_REQUEST, (flow_want){.room = eve, .user = ""})->code);
	relay_refuse(other, 0);
	EXPECT(heard(ann, "eve", 0));
	tidy();
	relay_stop(link);
	relay_stop(other);
}

/* ---- those who stay ---- */

typedef struct figures {
	double frames, freezes;
} figures;

static void on_figure(const char *owner, const char *name, double value, void *arg)
{
	figures *f = arg;
	if (!strcmp(owner, "ann/main/video") && !strcmp(name, "framesDecoded"))
		f->frames = value;
	if (!strcmp(owner, "ann/main/video") && !strcmp(name, "freezeCount"))
		f->freezes = value;
}

static figures figures_of(lq_room *r)
{
	figures f = {0};
	lq_room_stats(r, on_figure, &f);
	return f;
}

static int goes_on(lq_room *r, double *frames)
{
	int64_t until = flow_now_ms() + 30000;
	double before = *frames;
	while ((*frames = figures_of(r).frames) < before + 5 && flow_now_ms() < until)
		flow_fetch(20);
	return *frames >= before + 5;
}

static void others_go_on_while_one_goes_up_and_down(void)
{
	lq_room *ann = enter("steady", "ann", LQ_ROLE_BROADCASTER), *bob = enter("steady", "bob", LQ_ROLE_AUDIENCE), *eve = enter("steady", "eve", LQ_ROLE_AUDIENCE);
	double frames = 0;
	EXPECT(sees(bob, "ann") && goes_on(bob, &frames));
	for (int i = 0; i < TIMES; i++) {
		EXPECT(!asked(eve) && !lq_stage_answer(ann, "eve", 1, NULL) && sees(bob, "eve") && goes_on(bob, &frames));
		EXPECT(!lq_stage_remove(ann, "eve", NULL) && gone(bob, "eve") && goes_on(bob, &frames));
		EXPECT(answered(eve, LQ_STAGE_ACCEPTED) && answered(eve, LQ_STAGE_REMOVED));
	}
	EXPECT(flow_count(LQ_ON_STREAM_UNPUBLISHED, (flow_want){.room = bob, .user = "ann"}) == 0);
	EXPECT(flow_count(LQ_ON_FIRST_FRAME, (flow_want){.room = bob, .user = "ann", .kind = LQ_VIDEO, .stage = LQ_STAGE_DECODED}) == 0); /* it did not begin anew */
}

/* ---- guests ---- */

static int hears_guest(lq_room *r, const char *user, int on)
{
	const lq_sdk_event *e = flow_await(LQ_ON_GUEST, (flow_want){.room = r, .user = user});
	return e->type && !e->code && e->on == on;
}

/* Two hosts of two rooms are seen in both, by hosts and audience. */
static void guests_come_and_go(void)
{
	lq_member members[2];
	lq_room *ann = enter("here", "ann", LQ_ROLE_BROADCASTER), *bob = enter("there", "bob", LQ_ROLE_BROADCASTER), *eve = enter("here", "eve", LQ_ROLE_AUDIENCE);
	EXPECT(!lq_guest_add(ann, "there", "bob", NULL) && hears_guest(ann, "bob@there", 1));
	const lq_sdk_event *e = flow_await(LQ_ON_GUEST, (flow_want){.room = bob, .user = ""});
	EXPECT(e->on && !strcmp(e->guest_room, "here") && !strcmp(e->guest_user, "bob@there"));
	e = flow_await(LQ_ON_USER_JOINED, (flow_want){.room = eve, .user = "bob@there"});
	EXPECT(!strcmp(e->guest_room, "there") && !strcmp(e->guest_user, "bob") && !strcmp(e->name, "bob"));
	EXPECT(lq_room_members(ann, members, 2) == 1 && !strcmp(members[0].user, "bob@there") && !strcmp(members[0].guest_room, "there") && !strcmp(members[0].guest_user, "bob"));
	EXPECT(sees(ann, "bob@there") && sees(eve, "bob@there"));
	EXPECT(!lq_guest_add(bob, "here", "ann", NULL) && hears_guest(bob, "ann@here", 1) && hears_guest(ann, "", 1)); /* and the other way */
	EXPECT(sees(bob, "ann@here"));
	EXPECT(!lq_mute(bob, LQ_STREAM_MAIN, LQ_VIDEO, 1) && flow_await(LQ_ON_STREAM_MUTED, (flow_want){.room = eve, .user = "bob@there", .kind = LQ_VIDEO})->muted);
	EXPECT(!lq_guest_remove(ann, "bob@there") && hears_guest(ann, "bob@there", 0) && hears_guest(bob, "", 0) && gone(eve, "bob@there") && gone(ann, "bob@there"));
	EXPECT(!lq_guest_leave(ann, "there") && hears_guest(ann, "", 0) && gone(bob, "ann@here"));
	EXPECT(!lq_guest_leave(ann, "there") && flow_await(LQ_ON_GUEST, (flow_want){.room = ann})->code == LQ_ENOENT);
	EXPECT(!lq_guest_add(ann, "nowhere", "bob", NULL) && flow_await(LQ_ON_GUEST, (flow_want){.room = ann})->code == LQ_ENOENT);
	EXPECT(lq_guest_add(ann, "a/b", "bob", NULL) == LQ_EINVAL && lq_guest_add(ann, "there", "a b", NULL) == LQ_EINVAL && lq_guest_remove(ann, NULL) == LQ_EINVAL);
	EXPECT(!lq_guest_add(ann, "there", "bob", NULL) && hears_guest(ann, "bob@there", 1) && hears_guest(bob, "", 1));
	EXPECT(!lq_room_leave(bob) && gone(ann, "bob@there") && gone(eve, "bob@there"));
}

static const flow_check checks[] = {
	{"ST-01", an_audience_comes_up_and_goes_down}, {"ST-02", nobody_answers}, {"ST-03", links_are_cut}, {"ST-04", others_go_on_while_one_goes_up_and_down},
	{"ST-05", guests_come_and_go}, {0},
};

int main(int argc, char **argv)
{
	static const char *const args[] = {"--debug", "--clock-rate", "10", "--workers", "2", NULL};
	server = flow_server_start(args);
	flow_engine_start_fast(10);
	int status = flow_run(checks, argc > 1 ? argv[1] : NULL, tidy);
	lq_engine_destroy(flow_engine);
	flow_server_stop(&server, SIGTERM);
	return status;
}
