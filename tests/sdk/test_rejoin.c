/* Rooms whose connection is cut, against the real server: what is missed comes once, a long cut ends in a rejoin, media comes back. */
#include <check.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "loquatd.h"
#include "relay.h"

enum { RATE = 20 }; /* of both clocks: a lost member is kept for half a second */

static loquatd server;
static relay *cable;
static lq_engine *engine;

static void start(double rate)
{
	char text[20];
	snprintf(text, sizeof text, "%g", rate);
	server = loquatd_start_with((const char *const[]){"--clock-rate", text, NULL});
	cable = relay_start(server.url);
	engine = engine_fast(rate);
}

static void teardown(void)
{
	lq_engine_destroy(engine);
	engine = NULL;
	if (cable)
		relay_stop(cable);
	cable = NULL;
	loquatd_stop(&server, SIGTERM);
}

static lq_room *join_with(const char *url, const char *user, lq_room_options o)
{
	lq_room *room;
	o.size = sizeof o;
	ck_assert_int_eq(lq_room_open(engine, "r", &o, &room), 0);
	ck_assert_int_eq(lq_room_join(room, &(lq_join_params){.size = sizeof(lq_join_params), .server = url, .user = user}), 0);
	const lq_sdk_event *e = await(engine, room, LQ_ON_JOINED);
	ck_assert_msg(!e->code, "%s", e->text);
	ck_assert_int_eq(e->join_type, 0);
	ck_assert_int_eq(await(engine, room, LQ_ON_CONNECTION)->state, LQ_CONN_CONNECTING);
	ck_assert_int_eq(await(engine, room, LQ_ON_CONNECTION)->state, LQ_CONN_CONNECTED);
	return room;
}

static const lq_room_options no_media = {.auto_publish_audio = LQ_OFF, .auto_publish_video = LQ_OFF};

static lq_room *join(const char *url, const char *user)
{
	return join_with(url, user, no_media);
}

static void state_is(lq_room *room, lq_connection_state state)
{
	ck_assert_int_eq(await(engine, room, LQ_ON_CONNECTION)->state, (int)state);
}

static void user_is(lq_room *room, lq_sdk_event_type type, const char *user, const char *text)
{
	const lq_sdk_event *e = await(engine, room, type);
	ck_assert_str_eq(e->user, user);
	if (text)
		ck_assert_str_eq(e->text, text);
}

/* Everything that the server has to say to the room has come, and what is left is nothing of this type. */
static void no_more(lq_room *room, lq_sdk_event_type type)
{
	const lq_sdk_event *e;
	ck_assert_int_eq(lq_room_send(room, "nobody", "?"), 0);
	ck_assert_int_eq(await(engine, room, LQ_ON_MESSAGE_SENT)->code, LQ_ENOENT);
	while ((e = await_or_none(engine, room, type)))
		ck_abort_msg("one more event %d: %s %s", type, e->user, e->text);
}

START_TEST(after_a_short_cut_what_was_missed_comes_once)
{
	start(1);
	lq_room *ann = join(relay_url(cable), "ann"), *bob = join(server.url, "bob");
	user_is(ann, LQ_ON_USER_JOINED, "bob", NULL);
	user_is(bob, LQ_ON_USER_JOINED, "ann", NULL);
	relay_refuse(cable, 1);
	relay_cut(cable);
	state_is(ann, LQ_CONN_RECONNECTING);
	lq_room *eve = join(server.url, "eve");
	ck_assert_int_eq(lq_room_send(bob, "ann", "from bob"), 0);
	ck_assert_int_eq(lq_room_send(ann, NULL, "from ann"), 0); /* waits */
	ck_assert_int_eq(lq_room_attribute_set(ann, 0, "hand", "up"), 0);
	ck_assert_int_eq(await(engine, bob, LQ_ON_MESSAGE_SENT)->code, 0);
	relay_refuse(cable, 0);
	state_is(ann, LQ_CONN_CONNECTED);
	user_is(ann, LQ_ON_USER_JOINED, "eve", NULL);
	ck_assert_str_eq(await(engine, ann, LQ_ON_MESSAGE)->text, "from bob");
	ck_assert_int_eq(await(engine, ann, LQ_ON_MESSAGE_SENT)->code, 0);
	ck_assert_str_eq(await(engine, bob, LQ_ON_MESSAGE)->text, "from ann");
	ck_assert_str_eq(await(engine, eve, LQ_ON_MESSAGE)->text, "from ann");
	ck_assert_str_eq(await(engine, bob, LQ_ON_ATTRIBUTE)->text, "up");
	no_more(ann, LQ_ON_JOINED);
	no_more(ann, LQ_ON_USER_JOINED);
	no_more(ann, LQ_ON_USER_LEFT);
	no_more(ann, LQ_ON_MESSAGE);
	no_more(bob, LQ_ON_MESSAGE);
	user_is(bob, LQ_ON_USER_JOINED, "eve", NULL);
	no_more(bob, LQ_ON_USER_JOINED);
	no_more(bob, LQ_ON_USER_LEFT);
}
END_TEST

/* Twenty cuts, each in the midst of messages: all arrive, in order and once. */
START_TEST(messages_survive_many_cuts)
{
	char text[20];
	start(1);
	lq_room *ann = join(relay_url(cable), "ann"), *bob = join(relay_url(cable), "bob");
	for (int i = 0; i < 20; i++) {
		for (int k = 0; k < 3; k++) {
			snprintf(text, sizeof text, "%d", 3 * i + k);
			ck_assert_int_eq(lq_room_send(ann, NULL, text), 0);
			if (k == 1)
				relay_cut(cable);
		}
		state_is(ann, LQ_CONN_RECONNECTING);
		state_is(ann, LQ_CONN_CONNECTED);
	}
	for (int i = 0; i < 60; i++) {
		ck_assert_int_eq(await(engine, ann, LQ_ON_MESSAGE_SENT)->code, 0);
		ck_assert_int_eq(atoi(await(engine, bob, LQ_ON_MESSAGE)->text), i);
	}
	no_more(bob, LQ_ON_MESSAGE);
	no_more(ann, LQ_ON_JOINED);
}
END_TEST

START_TEST(after_a_long_cut_it_joins_by_itself_and_tells_what_differs)
{
	start(RATE);
	lq_room *ann = join(relay_url(cable), "ann"), *bob = join(server.url, "bob"), *dan = join(server.url, "dan");
	user_is(ann, LQ_ON_USER_JOINED, "bob", NULL);
	user_is(ann, LQ_ON_USER_JOINED, "dan", NULL);
	ck_assert_int_eq(lq_room_attribute_set(bob, 1, "topic", "tea"), 0);
	ck_assert_int_eq(lq_room_attribute_set(bob, 1, "stays", "yes"), 0);
	ck_assert_int_eq(lq_room_attribute_set(ann, 0, "mine", "too"), 0);
	for (int i = 0; i < 3; i++)
		await(engine, ann, LQ_ON_ATTRIBUTE);
	relay_refuse(cable, 1);
	relay_cut(cable);
	state_is(ann, LQ_CONN_RECONNECTING);
	ck_assert_int_eq(lq_room_send(ann, NULL, "late"), 0);
	user_is(bob, LQ_ON_USER_LEFT, "ann", "timeout");
	lq_room *eve = join(server.url, "eve");
	ck_assert_int_eq(lq_room_leave(dan), 0);
	await(engine, dan, LQ_ON_LEFT);
	ck_assert_int_eq(lq_room_attribute_set(bob, 1, "topic", "coffee"), 0);
	ck_assert_str_eq(await(engine, eve, LQ_ON_ATTRIBUTE)->name, "topic");
	relay_refuse(cable, 0);
	state_is(ann, LQ_CONN_CONNECTED);
	const lq_sdk_event *e = await(engine, ann, LQ_ON_JOINED);
	ck_assert_int_eq(e->code, 0);
	ck_assert_int_eq(e->join_type, 1);
	ck_assert_str_eq(e->user, "ann");
	ck_assert_uint_ge(e->elapsed_ms, 500);
	user_is(ann, LQ_ON_USER_LEFT, "dan", NULL);
	user_is(ann, LQ_ON_USER_JOINED, "eve", NULL);
	e = await(engine, ann, LQ_ON_ATTRIBUTE);
	ck_assert_str_eq(e->name, "topic");
	ck_assert_str_eq(e->text, "coffee");
	ck_assert_int_eq(await(engine, ann, LQ_ON_MESSAGE_SENT)->code, 0);
	ck_assert_str_eq(await(engine, eve, LQ_ON_MESSAGE)->text, "late");
	user_is(eve, LQ_ON_USER_JOINED, "bob", NULL); /* existed */
	user_is(eve, LQ_ON_USER_JOINED, "dan", NULL);
	user_is(eve, LQ_ON_USER_JOINED, "ann", NULL);
	e = await(engine, eve, LQ_ON_ATTRIBUTE); /* the topic had changed once more */
	while (strcmp(e->name, "mine"))
		e = await(engine, eve, LQ_ON_ATTRIBUTE);
	ck_assert_str_eq(e->user, "ann");
	no_more(ann, LQ_ON_USER_JOINED);
	no_more(ann, LQ_ON_USER_LEFT);
	no_more(ann, LQ_ON_ATTRIBUTE);
	lq_member m[4];
	ck_assert_int_eq(lq_room_members(ann, m, 4), 2);
}
END_TEST

START_TEST(it_gives_up_in_time)
{
	start(RATE);
	lq_room_options o = no_media;
	o.rejoin_ms = 20000;
	lq_room *ann = join_with(relay_url(cable), "ann", o);
	relay_refuse(cable, 1);
	relay_cut(cable);
	state_is(ann, LQ_CONN_RECONNECTING);
	state_is(ann, LQ_CONN_FAILED);
	const lq_sdk_event *e = await(engine, ann, LQ_ON_LEFT);
	ck_assert_int_eq(e->code, LQ_ECONN);
	ck_assert(*e->text);
	ck_assert_int_eq(lq_engine_poll(engine, 0, &e), LQ_ETIMEDOUT);
	relay_refuse(cable, 0);
	ck_assert_int_eq(room_join(ann, relay_url(cable), "ann"), 0); /* the handle can join again */
	ck_assert_int_eq(await(engine, ann, LQ_ON_JOINED)->join_type, 0);
}
END_TEST

START_TEST(without_rejoin_a_long_cut_is_reported_and_a_short_one_is_not)
{
	start(5);
	lq_room_options o = no_media;
	o.auto_rejoin = LQ_OFF;
	lq_room *ann = join_with(relay_url(cable), "ann", o), *bob = join(server.url, "bob");
	relay_cut(cable);
	state_is(ann, LQ_CONN_RECONNECTING);
	state_is(ann, LQ_CONN_CONNECTED);
	relay_refuse(cable, 1);
	relay_cut(cable);
	state_is(ann, LQ_CONN_RECONNECTING);
	user_is(bob, LQ_ON_USER_LEFT, "ann", "timeout");
	relay_refuse(cable, 0);
	ck_assert_int_eq(await(engine, ann, LQ_ON_LEFT)->code, LQ_ECONN);
	user_is(bob, LQ_ON_USER_JOINED, "ann", NULL); /* that was there before */
	no_more(bob, LQ_ON_USER_JOINED);
}
END_TEST

static void restart(int how)
{
	const char *port = strrchr(server.url, ':') + 1;
	char copy[10];
	snprintf(copy, sizeof copy, "%s", port);
	loquatd_stop(&server, how);
	server = loquatd_start_with((const char *const[]){"--clock-rate", "20", "--port", copy, NULL});
}

START_TEST(a_server_that_is_restarted_gets_its_members_back)
{
	start(RATE);
	lq_room *ann = join(server.url, "ann"), *bob = join(server.url, "bob");
	restart(_i ? SIGTERM : SIGKILL);
	state_is(ann, LQ_CONN_RECONNECTING);
	state_is(bob, LQ_CONN_RECONNECTING);
	ck_assert_int_eq(await(engine, ann, LQ_ON_JOINED)->join_type, 1);
	ck_assert_int_eq(await(engine, bob, LQ_ON_JOINED)->join_type, 1);
	state_is(ann, LQ_CONN_CONNECTED);
	state_is(bob, LQ_CONN_CONNECTED);
	ck_assert_int_eq(lq_room_send(ann, "bob", "hello again"), 0);
	ck_assert_str_eq(await(engine, bob, LQ_ON_MESSAGE)->text, "hello again");
	lq_member m[2];
	ck_assert_int_eq(lq_room_members(ann, m, 2), 1);
	ck_assert_int_eq(lq_room_members(bob, m, 2), 1);
}
END_TEST

START_TEST(who_takes_the_place_meanwhile_keeps_it)
{
	start(1);
	lq_room *ann = join(relay_url(cable), "ann");
	relay_refuse(cable, 1);
	relay_cut(cable);
	state_is(ann, LQ_CONN_RECONNECTING);
	lq_room *later = join(server.url, "ann");
	relay_refuse(cable, 0);
	const lq_sdk_event *e = await(engine, ann, LQ_ON_LEFT);
	ck_assert_int_eq(e->code, LQ_EDUPLICATE);
	ck_assert_str_eq(e->text, "duplicate");
	no_more(later, LQ_ON_LEFT);
}
END_TEST

START_TEST(a_lost_room_can_be_left_and_closed)
{
	start(1);
	lq_room *ann = join(relay_url(cable), "ann"), *eve = join(relay_url(cable), "eve");
	relay_refuse(cable, 1);
	relay_cut(cable);
	state_is(ann, LQ_CONN_RECONNECTING);
	ck_assert_int_eq(lq_room_leave(ann), 0);
	ck_assert_int_eq(await(engine, ann, LQ_ON_LEFT)->code, 0);
	state_is(eve, LQ_CONN_RECONNECTING);
	lq_room_close(eve);
}
END_TEST

/* ---- media ---- */

static atomic_int frames[2];

static void count(const lq_frame *f, void *arg)
{
	atomic_fetch_add((atomic_int *)arg, 1);
}

static void more_frames(atomic_int *n, int more)
{
	int before = atomic_load(n);
	for (int i = 0; i < 3000 && atomic_load(n) < before + more; i++)
		fetch_events(engine, 10);
	ck_assert_int_ge(atomic_load(n), before + more);
}

static void published(lq_room *room)
{
	await_stream(engine, room, LQ_ON_LOCAL_PUBLISHED, NULL, LQ_AUDIO);
	await_stream(engine, room, LQ_ON_LOCAL_PUBLISHED, NULL, LQ_VIDEO);
}

static void both_talk(lq_room **ann, lq_room **bob)
{
	*ann = join_with(relay_url(cable), "ann", (lq_room_options){0});
	*bob = join_with(server.url, "bob", (lq_room_options){0});
	published(*ann);
	published(*bob);
	lq_view_frames(*ann, "bob", LQ_STREAM_MAIN, LQ_VIDEO, count, &frames[0]);
	lq_view_frames(*bob, "ann", LQ_STREAM_MAIN, LQ_VIDEO, count, &frames[1]);
	more_frames(&frames[0], 5);
	more_frames(&frames[1], 5);
}

START_TEST(media_goes_on_through_a_short_cut)
{
	lq_room *ann, *bob;
	start(1);
	both_talk(&ann, &bob);
	relay_refuse(cable, 1);
	relay_cut(cable);
	state_is(ann, LQ_CONN_RECONNECTING);
	more_frames(&frames[0], 20);
	more_frames(&frames[1], 20);
	ck_assert_int_eq(lq_unpublish(bob, LQ_STREAM_MAIN, LQ_AUDIO), 0); /* others change meanwhile */
	ck_assert_int_eq(lq_publish(ann, LQ_STREAM_SUB, LQ_VIDEO), 0);    /* and we do, too */
	relay_refuse(cable, 0);
	state_is(ann, LQ_CONN_CONNECTED);
	await_stream(engine, ann, LQ_ON_STREAM_UNPUBLISHED, "bob", LQ_AUDIO);
	ck_assert_int_eq(await_stream(engine, ann, LQ_ON_LOCAL_PUBLISHED, NULL, LQ_VIDEO)->stream, LQ_STREAM_SUB);
	more_frames(&frames[0], 20);
	more_frames(&frames[1], 20);
	no_more(ann, LQ_ON_JOINED);
	no_more(bob, LQ_ON_USER_LEFT);
}
END_TEST

START_TEST(media_comes_back_after_a_long_cut)
{
	lq_room *ann, *bob;
	start(RATE);
	both_talk(&ann, &bob);
	ck_assert_int_eq(lq_mute(ann, LQ_STREAM_MAIN, LQ_AUDIO, 1), 0);
	ck_assert_int_eq(await(engine, bob, LQ_ON_STREAM_MUTED)->muted, 1);
	ck_assert_int_eq(lq_unsubscribe(ann, "bob", LQ_STREAM_MAIN, LQ_AUDIO), 0);
	relay_refuse(cable, 1);
	relay_cut(cable);
	state_is(ann, LQ_CONN_RECONNECTING);
	user_is(bob, LQ_ON_USER_LEFT, "ann", "timeout");
	relay_refuse(cable, 0);
	ck_assert_int_eq(await(engine, ann, LQ_ON_JOINED)->join_type, 1);
	user_is(bob, LQ_ON_USER_JOINED, "ann", NULL);
	more_frames(&frames[0], 20);
	more_frames(&frames[1], 20);
	ck_assert_int_eq(await(engine, bob, LQ_ON_STREAM_MUTED)->muted, 1);
	no_more(ann, LQ_ON_LOCAL_PUBLISHED);
	no_more(ann, LQ_ON_USER_LEFT);
	no_more(ann, LQ_ON_STREAM_UNPUBLISHED);
	lq_member m;
	ck_assert_int_eq(lq_room_members(bob, &m, 1), 1);
	ck_assert_uint_eq(m.tracks, 3);
}
END_TEST

START_TEST(media_comes_back_from_a_restarted_server)
{
	lq_room *ann, *bob;
	start(RATE);
	both_talk(&ann, &bob);
	relay_stop(cable);
	cable = NULL;
	lq_room_leave(ann);
	await(engine, ann, LQ_ON_LEFT);
	ann = join_with(server.url, "ann", (lq_room_options){0});
	published(ann);
	restart(SIGKILL);
	ck_assert_int_eq(await(engine, ann, LQ_ON_JOINED)->join_type, 1);
	ck_assert_int_eq(await(engine, bob, LQ_ON_JOINED)->join_type, 1);
	lq_view_frames(ann, "bob", LQ_STREAM_MAIN, LQ_VIDEO, count, &frames[0]);
	more_frames(&frames[0], 20);
	more_frames(&frames[1], 20);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rejoin");
	TCase *t = tcase_create("rejoin");
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, after_a_short_cut_what_was_missed_comes_once);
	tcase_add_test(t, messages_survive_many_cuts);
	tcase_add_test(t, after_a_long_cut_it_joins_by_itself_and_tells_what_differs);
	tcase_add_test(t, it_gives_up_in_time);
	tcase_add_test(t, without_rejoin_a_long_cut_is_reported_and_a_short_one_is_not);
	tcase_add_loop_test(t, a_server_that_is_restarted_gets_its_members_back, 0, 2);
	tcase_add_test(t, who_takes_the_place_meanwhile_keeps_it);
	tcase_add_test(t, a_lost_room_can_be_left_and_closed);
	tcase_add_test(t, media_goes_on_through_a_short_cut);
	tcase_add_test(t, media_comes_back_after_a_long_cut);
	tcase_add_test(t, media_comes_back_from_a_restarted_server);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
