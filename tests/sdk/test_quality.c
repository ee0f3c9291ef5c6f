/* How good connections are, as an app is told. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fixture.h"
#include "loquatd.h"

static loquatd server;

static void teardown(void)
{
	loquatd_stop(&server, SIGTERM);
}

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static const lq_sdk_event *next_quality(lq_engine *e, lq_room *room)
{
	const lq_sdk_event *ev;
	do
		ck_assert_int_eq(lq_engine_poll(e, 30000, &ev), 0);
	while (ev->type != LQ_ON_NETWORK_QUALITY || ev->room != room);
	return ev;
}

START_TEST(it_is_told_every_two_seconds)
{
	server = loquatd_start(NULL);
	lq_engine *e = engine_real(NULL);
	lq_room *alice = room_new(e, LQ_OFF, LQ_OFF);
	ck_assert_int_eq(room_join(alice, server.url, "alice"), 0);
	const lq_sdk_event *ev = next_quality(e, alice);
	int64_t first = now_ms();
	ck_assert_uint_eq(ev->n_qualities, 1);
	ck_assert_str_eq(ev->qualities[0].user, "");
	ck_assert_int_eq(ev->qualities[0].up, 0); /* nothing is sent or received */
	ck_assert_int_eq(ev->qualities[0].down, 0);
	next_quality(e, alice);
	next_quality(e, alice);
	int64_t t = now_ms() - first;
	ck_assert_msg(t >= 3800 && t < 15000, "two periods took %d ms", (int)t);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(members_are_graded_up_and_down)
{
	server = loquatd_start(NULL);
	lq_engine *e = engine_real(NULL);
	lq_room *alice = joined(e, server.url, "alice", LQ_ON, LQ_DEFAULT), *bob = joined(e, server.url, "bob", LQ_OFF, LQ_DEFAULT);
	int64_t limit = now_ms() + 60000;
	for (int up = 0, down = 0, own = 0; up < 1 || up > 2 || down < 1 || down > 2 || own;) {
		ck_assert_int_lt(now_ms(), limit);
		const lq_sdk_event *ev = next_quality(e, bob);
		ck_assert_uint_eq(ev->n_qualities, 2);
		ck_assert_str_eq(ev->qualities[0].user, "");
		ck_assert_str_eq(ev->qualities[1].user, "alice");
		up = ev->qualities[1].up;
		down = ev->qualities[0].down;
		own = ev->qualities[0].up;
		ck_assert_int_eq(ev->qualities[1].down, 0);
	}
	lq_room_leave(alice);
	await(e, alice, LQ_ON_LEFT);
	while (next_quality(e, bob)->n_qualities != 1)
		;
	lq_engine_destroy(e);
}
END_TEST

typedef struct sheet {
	double received, sum_received, sent, sum_sent, members, duration, round_trip, lost;
} sheet;

static void collect(const char *owner, const char *name, double value, void *arg)
{
	sheet *s = arg;
	int room = !strcmp(owner, "room"), node = !strncmp(owner, "node/", 5);
	if (!strcmp(name, "bytesReceived") && !node)
		*(room ? &s->received : &s->sum_received) += value;
	else if (!strcmp(name, "bytesSent") && !node)
		*(room ? &s->sent : &s->sum_sent) += value;
	else if (room && !strcmp(name, "members"))
		s->members = value;
	else if (room && !strcmp(name, "duration"))
		s->duration = value;
	else if (room && !strcmp(name, "currentRoundTripTime"))
		s->round_trip = value;
}

START_TEST(a_room_has_figures_of_its_own)
{
	server = loquatd_start(NULL);
	lq_engine *e = engine_real(NULL);
	lq_room *alice = joined(e, server.url, "alice", LQ_ON, LQ_DEFAULT), *bob = joined(e, server.url, "bob", LQ_ON, LQ_DEFAULT);
	await_stream(e, alice, LQ_ON_FIRST_FRAME, "bob", LQ_VIDEO);
	await_stream(e, alice, LQ_ON_FIRST_FRAME, "bob", LQ_AUDIO);
	int64_t limit = now_ms() + 60000;
	sheet s;
	do {
		ck_assert_int_lt(now_ms(), limit);
		s = (sheet){0};
		ck_assert_int_eq(lq_room_stats(alice, collect, &s), 0);
		ck_assert_double_eq(s.received, s.sum_received);
		ck_assert_double_eq(s.sent, s.sum_sent);
		ck_assert_double_eq(s.members, 1);
		ck_assert(s.duration > 0);
		nanosleep(&(struct timespec){0, 50000000}, NULL);
	} while (!(s.received > 1000) || !(s.sent > 1000) || !(s.round_trip > 0)); /* reports come once a second */
	ck_assert(s.round_trip < 30);
	lq_room_leave(bob);
	lq_engine_destroy(e);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("quality");
	TCase *t = tcase_create("quality");
	tcase_set_timeout(t, 180);
	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, it_is_told_every_two_seconds);
	tcase_add_test(t, members_are_graded_up_and_down);
	tcase_add_test(t, a_room_has_figures_of_its_own);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
