/* Rooms: joining, members, leaving, being thrown out, in both forms of events. No media. */
#include <check.h>
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_server.h"
#include "fixture.h"

static fake_server *server;

static void teardown(void)
{
	fake_server_stop(server);
	server = NULL;
}

static const char *serve(fake_mode mode, const char *error)
{
	server = fake_server_start(mode, error);
	return fake_server_url(server);
}

START_TEST(room_names_are_1_to_64_allowed_bytes)
{
	static const struct { const char *name; int result; } t[] = {
		{"", LQ_ERANGE}, {"a", 0}, {"my room", 0}, {"!#$%&()+-:;<=.>?@[]^_{}|~,", 0}, {"a/b", LQ_EINVAL}, {"a\"b", LQ_EINVAL}, {"\xc3\xa4", LQ_EINVAL},
		{"tab\t", LQ_EINVAL}, {"it's", LQ_EINVAL}, {"a*b", LQ_EINVAL}, {"back\\", LQ_EINVAL}, {"`", LQ_EINVAL},
		{"1234567890123456789012345678901234567890123456789012345678901234", 0},
		{"12345678901234567890123456789012345678901234567890123456789012345", LQ_ERANGE},
	};
	lq_engine *e = engine_new(NULL);
	int good = 0;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		lq_room *room = NULL;
		ck_assert_int_eq(lq_room_name_check(t[i].name, strlen(t[i].name)), t[i].result);
		ck_assert_int_eq(lq_room_open(e, t[i].name, NULL, &room), t[i].result);
		ck_assert(!room == !!t[i].result);
		lq_room_close(room);
	}
	for (int c = 0; c < 256; c++)
		good += !lq_room_name_check((char[]){(char)c}, 1);
	ck_assert_int_eq(good, 89);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(wrong_join_arguments_are_told_at_once)
{
	lq_engine *e = engine_new(NULL);
	lq_room *room = room_new(e, LQ_OFF, LQ_OFF);
	char long_name[200];
	memset(long_name, 'x', sizeof long_name);
	long_name[sizeof long_name - 1] = 0;
	const struct { lq_join_params p; int result; } t[] = {
		{{.server = "http://x"}, LQ_EINVAL}, {{.server = "x:0"}, LQ_EINVAL}, {{.server = "x:70000"}, LQ_EINVAL}, {{.server = "x:80y"}, LQ_EINVAL},
		{{.server = "[::1"}, LQ_EINVAL}, {{.server = ""}, LQ_EINVAL}, {{.server = "x:-1"}, LQ_EINVAL}, {{.user = "a b"}, LQ_EINVAL},
		{{.user = long_name}, LQ_ERANGE}, {{.name = long_name}, LQ_ERANGE},
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		lq_join_params p = t[i].p;
		p.size = sizeof p;
		ck_assert_int_eq(lq_room_join(room, &p), t[i].result);
	}
	ck_assert_int_eq(lq_room_join(room, &(lq_join_params){0}), LQ_EINVAL);
	ck_assert_int_eq(lq_room_join(NULL, NULL), LQ_EINVAL);
	ck_assert_int_eq(lq_subscribe(room, "bob", LQ_STREAM_MAIN, LQ_VIDEO), LQ_ESTATE);
	ck_assert_int_eq(lq_publish(room, (lq_stream)9, LQ_VIDEO), LQ_EINVAL);
	ck_assert_int_eq(lq_publish(room, LQ_STREAM_MAIN, 0), LQ_EINVAL);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(existing_members_come_before_new_ones)
{
	const char *url = serve(FAKE_NORMAL, NULL);
	lq_engine *e = engine_new(NULL);
	lq_room *alice = joined(e, url, "alice", LQ_OFF, LQ_OFF);
	lq_room *bob = room_new(e, LQ_OFF, LQ_OFF);
	ck_assert_int_eq(room_join(bob, url, "bob"), 0);
	const lq_sdk_event *ev = await(e, bob, LQ_ON_JOINED);
	ck_assert_str_eq(ev->user, "bob");
	ck_assert_str_eq(ev->room_sid, "sid1");
	ev = await(e, bob, LQ_ON_USER_JOINED);
	ck_assert_str_eq(ev->user, "alice");
	ck_assert_int_eq(ev->existed, 1);
	lq_room *carol = joined(e, url, "carol", LQ_OFF, LQ_OFF);
	ev = await(e, bob, LQ_ON_USER_JOINED);
	ck_assert_str_eq(ev->user, "carol");
	ck_assert_int_eq(ev->existed, 0);
	lq_member m[4];
	ck_assert_int_eq(lq_room_members(bob, m, 4), 2);
	ck_assert_str_eq(m[0].user, "alice");
	ck_assert_int_eq(lq_room_members(bob, NULL, 0), 2);
	ck_assert_int_eq(lq_room_leave(carol), 0);
	ev = await(e, bob, LQ_ON_USER_LEFT);
	ck_assert_str_eq(ev->user, "carol");
	ck_assert_str_eq(ev->text, "left");
	ck_assert_int_eq(lq_room_members(alice, m, 4), 1);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(leaving_gives_one_left_and_nothing_after_it)
{
	const char *url = serve(FAKE_NORMAL, NULL);
	lq_engine *e = engine_new(NULL);
	lq_room *room = joined(e, url, "alice", LQ_OFF, LQ_OFF);
	ck_assert_int_eq(room_join(room, url, "alice"), LQ_ESTATE);
	ck_assert_int_eq(lq_room_leave(room), 0);
	ck_assert_int_eq(lq_room_leave(room), 0);
	const lq_sdk_event *ev = await(e, room, LQ_ON_LEFT);
	ck_assert_int_eq(ev->code, 0);
	ck_assert_int_eq(lq_room_leave(room), 0);
	ck_assert_int_eq(lq_engine_poll(e, 0, &ev), LQ_ETIMEDOUT);
	ck_assert_int_eq(fake_server_count(server, "leave"), 1);
	/* and again */
	ck_assert_int_eq(room_join(room, url, "alice"), 0);
	ck_assert_int_eq(await(e, room, LQ_ON_JOINED)->code, 0);
	ck_assert_int_eq(lq_room_leave(room), 0);
	await(e, room, LQ_ON_LEFT);
	ck_assert_int_eq(lq_engine_poll(e, 0, &ev), LQ_ETIMEDOUT);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(a_deaf_server_does_not_hold_up_leaving)
{
	const char *url = serve(FAKE_DEAF, NULL);
	lq_engine *e = engine_new(NULL);
	lq_room *room = joined(e, url, "alice", LQ_OFF, LQ_OFF);
	ck_assert_int_eq(lq_room_leave(room), 0);
	ck_assert_int_eq(await(e, room, LQ_ON_LEFT)->code, 0);
	lq_engine_destroy(e);
}
END_TEST

/* The one result of a join that fails; no LQ_ON_LEFT follows it. */
static void expect_failed_join(const char *url, uint32_t timeout_ms, int code)
{
	lq_engine *e = engine_new(NULL);
	lq_room *room = room_new(e, LQ_OFF, LQ_OFF);
	const lq_sdk_event *ev;
	ck_assert_int_eq(lq_room_join(room, &(lq_join_params){.size = sizeof(lq_join_params), .server = url, .user = "alice", .timeout_ms = timeout_ms}), 0);
	ev = await(e, room, LQ_ON_JOINED);
	ck_assert_int_eq(ev->code, code);
	ck_assert(*ev->text);
	ck_assert_int_eq(lq_room_leave(room), 0);
	ck_assert_int_eq(lq_engine_poll(e, 0, &ev), LQ_ETIMEDOUT);
	lq_engine_destroy(e);
}

START_TEST(refusals_map_to_error_codes)
{
	static const struct { const char *name; int code; } t[] = {
		{"ETOKEN", LQ_ETOKEN}, {"EPERM", LQ_EPERM}, {"EFULL", LQ_EFULL}, {"EINVAL", LQ_EINVAL}, {"ENEVERHEARD", LQ_EPROTO},
	};
	const char *url = serve(FAKE_REFUSE, t[_i].name);
	expect_failed_join(url, 0, t[_i].code);
}
END_TEST

START_TEST(a_silent_server_times_out)
{
	expect_failed_join(serve(FAKE_SILENT, NULL), 50, LQ_ETIMEDOUT);
}
END_TEST

START_TEST(no_server_is_a_failed_connection)
{
	char url[64];
	snprintf(url, sizeof url, "%s", serve(FAKE_NORMAL, NULL));
	teardown();
	expect_failed_join(url, 0, LQ_ECONN);
}
END_TEST

START_TEST(leaving_while_joining_fails_the_join)
{
	const char *url = serve(FAKE_SILENT, NULL);
	lq_engine *e = engine_new(NULL);
	lq_room *room = room_new(e, LQ_OFF, LQ_OFF);
	const lq_sdk_event *ev;
	ck_assert_int_eq(room_join(room, url, "alice"), 0);
	ck_assert_int_eq(lq_room_leave(room), 0);
	ck_assert_int_eq(await(e, room, LQ_ON_JOINED)->code, LQ_ESTATE);
	ck_assert_int_eq(lq_engine_poll(e, 0, &ev), LQ_ETIMEDOUT);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(being_kicked_says_why)
{
	static const struct { const char *reason; int code; } t[] = {
		{"duplicate", LQ_EDUPLICATE}, {"kicked", LQ_EPERM}, {"token_expired", LQ_ETOKEN}, {"room_closed", LQ_END},
	};
	const char *url = serve(FAKE_NORMAL, NULL);
	lq_engine *e = engine_new(NULL);
	lq_room *room = joined(e, url, "alice", LQ_OFF, LQ_OFF);
	const lq_sdk_event *ev;
	fake_server_kick(server, "alice", t[_i].reason);
	ev = await(e, room, LQ_ON_LEFT);
	ck_assert_int_eq(ev->code, t[_i].code);
	ck_assert_str_eq(ev->text, t[_i].reason);
	ck_assert_int_eq(lq_engine_poll(e, 0, &ev), LQ_ETIMEDOUT);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(a_server_that_dies_is_reported)
{
	const char *url = serve(FAKE_NORMAL, NULL);
	lq_engine *e = engine_new(NULL);
	lq_room *room;
	ck_assert_int_eq(lq_room_open(e, "a room", &(lq_room_options){.size = sizeof(lq_room_options), .rejoin_ms = 300}, &room), 0);
	ck_assert_int_eq(room_join(room, url, "alice"), 0);
	ck_assert_int_eq(await(e, room, LQ_ON_JOINED)->code, 0);
	ck_assert_int_eq(await(e, room, LQ_ON_CONNECTION)->state, LQ_CONN_CONNECTING);
	ck_assert_int_eq(await(e, room, LQ_ON_CONNECTION)->state, LQ_CONN_CONNECTED);
	teardown();
	ck_assert_int_eq(await(e, room, LQ_ON_CONNECTION)->state, LQ_CONN_RECONNECTING);
	ck_assert_int_eq(await(e, room, LQ_ON_CONNECTION)->state, LQ_CONN_FAILED);
	ck_assert_int_eq(await(e, room, LQ_ON_LEFT)->code, LQ_ECONN);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(garbage_from_the_server_is_a_warning)
{
	const char *url = serve(FAKE_GARBAGE, NULL);
	lq_engine *e = engine_new(NULL);
	lq_room *room = room_new(e, LQ_OFF, LQ_OFF);
	ck_assert_int_eq(room_join(room, url, "alice"), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(await(e, room, LQ_ON_WARNING)->code, LQ_EPROTO);
	ck_assert_int_eq(await(e, room, LQ_ON_JOINED)->code, 0);
	lq_engine_destroy(e);
}
END_TEST

/* ---- callbacks ---- */

typedef struct recorder {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	lq_engine *engine;
	int joined, left, after_left, destroy_result, close_on_join;
	pthread_t thread;
	int threads_differ;
} recorder;

static void record(const lq_sdk_event *ev, void *arg)
{
	recorder *r = arg;
	pthread_mutex_lock(&r->lock);
	r->threads_differ |= r->joined && !pthread_equal(r->thread, pthread_self());
	r->thread = pthread_self();
	r->after_left += r->left;
	r->joined += ev->type == LQ_ON_JOINED;
	r->left += ev->type == LQ_ON_LEFT;
	lq_engine *e = r->engine;
	pthread_mutex_unlock(&r->lock);
	if (ev->type == LQ_ON_JOINED) {
		int result = e ? lq_engine_destroy(e) : 0;
		pthread_mutex_lock(&r->lock);
		r->destroy_result = result;
		pthread_mutex_unlock(&r->lock);
		if (r->close_on_join)
			lq_room_close(ev->room);
	}
	pthread_mutex_lock(&r->lock);
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

static void recorder_wait(recorder *r, const int *what)
{
	pthread_mutex_lock(&r->lock);
	while (!*what)
		pthread_cond_wait(&r->changed, &r->lock);
	pthread_mutex_unlock(&r->lock);
}

START_TEST(callbacks_come_on_one_thread_and_cannot_destroy_the_engine)
{
	recorder r = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
	const char *url = serve(FAKE_NORMAL, NULL);
	const lq_sdk_event *ev;
	r.engine = engine_with(record, &r);
	lq_room *room = room_new(r.engine, LQ_OFF, LQ_OFF);
	ck_assert_int_eq(lq_engine_poll(r.engine, 0, &ev), LQ_ESTATE);
	ck_assert_int_eq(room_join(room, url, "alice"), 0);
	recorder_wait(&r, &r.joined);
	ck_assert_int_eq(lq_room_leave(room), 0);
	recorder_wait(&r, &r.left);
	ck_assert_int_eq(lq_engine_destroy(r.engine), 0);
	ck_assert_int_eq(r.destroy_result, LQ_EREENTRANT);
	ck_assert_int_eq(r.joined, 1);
	ck_assert_int_eq(r.left, 1);
	ck_assert_int_eq(r.after_left, 0);
	ck_assert(!r.threads_differ);
}
END_TEST

START_TEST(a_room_may_be_closed_in_its_own_callback)
{
	recorder r = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .close_on_join = 1};
	const char *url = serve(FAKE_NORMAL, NULL);
	lq_engine *e = engine_with(record, &r);
	ck_assert_int_eq(room_join(room_new(e, LQ_OFF, LQ_OFF), url, "alice"), 0);
	recorder_wait(&r, &r.joined);
	ck_assert_int_eq(lq_engine_destroy(e), 0);
	ck_assert_int_eq(r.joined, 1);
	ck_assert_int_eq(r.left, 0);
}
END_TEST

START_TEST(a_closed_room_sends_no_events)
{
	const char *url = serve(FAKE_NORMAL, NULL);
	lq_engine *e = engine_new(NULL);
	const lq_sdk_event *ev;
	lq_room *room = joined(e, url, "alice", LQ_OFF, LQ_OFF);
	lq_room_close(room);
	lq_room *second = room_new(e, LQ_OFF, LQ_OFF);
	lq_room_close(second);
	lq_room_close(NULL);
	ck_assert_int_eq(lq_engine_poll(e, 0, &ev), LQ_ETIMEDOUT);
	lq_engine_destroy(e);
	ck_assert_int_eq(lq_engine_destroy(NULL), 0);
}
END_TEST

static int open_files(void)
{
	int n = 0;
	DIR *dir = opendir("/proc/self/fd");
	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

START_TEST(a_hundred_engines_come_and_go)
{
	const char *url = serve(FAKE_NORMAL, NULL);
	lq_engine_destroy(engine_new(NULL)); /* what libraries open once and keep */
	int before = open_files();
	for (int i = 0; i < 100; i++) {
		lq_engine *e = engine_new(NULL);
		lq_room *room = room_new(e, LQ_OFF, LQ_OFF);
		if (i % 2)
			ck_assert_int_eq(room_join(room, url, "alice"), 0);
		if (i % 4 == 1)
			await(e, room, LQ_ON_JOINED);
		lq_engine_destroy(e);
	}
	ck_assert_int_le(open_files(), before + 4); /* sockets of the server in this process that are just being closed */
}
END_TEST

START_TEST(a_bad_profile_is_told_line_by_line)
{
	char error[4000];
	lq_engine *e = NULL;
	lq_engine_config c = {.size = sizeof c, .profile = "/does/not/exist.json", .plugin_path = "."};
	ck_assert_int_ne(lq_engine_create(&c, &e, error, sizeof error), 0);
	ck_assert_ptr_null(e);
	ck_assert_msg(strstr(error, "/does/not/exist.json"), "%s", error);
	ck_assert_int_eq(lq_engine_create(&(lq_engine_config){0}, &e, NULL, 0), LQ_EINVAL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("room");
	TCase *t = tcase_create("room");
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, room_names_are_1_to_64_allowed_bytes);
	tcase_add_test(t, wrong_join_arguments_are_told_at_once);
	tcase_add_test(t, existing_members_come_before_new_ones);
	tcase_add_test(t, leaving_gives_one_left_and_nothing_after_it);
	tcase_add_test(t, a_deaf_server_does_not_hold_up_leaving);
	tcase_add_loop_test(t, refusals_map_to_error_codes, 0, 5);
	tcase_add_test(t, a_silent_server_times_out);
	tcase_add_test(t, no_server_is_a_failed_connection);
	tcase_add_test(t, leaving_while_joining_fails_the_join);
	tcase_add_loop_test(t, being_kicked_says_why, 0, 4);
	tcase_add_test(t, a_server_that_dies_is_reported);
	tcase_add_test(t, garbage_from_the_server_is_a_warning);
	tcase_add_test(t, callbacks_come_on_one_thread_and_cannot_destroy_the_engine);
	tcase_add_test(t, a_room_may_be_closed_in_its_own_callback);
	tcase_add_test(t, a_closed_room_sends_no_events);
	tcase_add_test(t, a_hundred_engines_come_and_go);
	tcase_add_test(t, a_bad_profile_is_told_line_by_line);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
