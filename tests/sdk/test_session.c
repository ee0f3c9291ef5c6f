/* Sessions and calls of the SDK with the real server: lost connections, threads, handles, messages and attributes. The flow is tests/flows/c1.c. */
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "loquatd.h"
#include "relay.h"

static loquatd server;
static relay *line;

static void setup(void)
{
	server = loquatd_start(NULL);
	line = relay_start(server.url);
}

static void teardown(void)
{
	relay_stop(line);
	loquatd_stop(&server, SIGTERM);
}

static lq_session *start_login(lq_engine *e, const char *url, const char *user, uint32_t reconnect_ms)
{
	lq_session *s = NULL;
	ck_assert_int_eq(lq_session_open(e, &s), 0);
	ck_assert_int_eq(lq_session_login(s, &(lq_login_params){.size = sizeof(lq_login_params), .server = url, .user = user, .reconnect_ms = reconnect_ms}), 0);
	return s;
}

static lq_session *logged_in(lq_engine *e, const char *url, const char *user)
{
	lq_session *s = start_login(e, url, user, 0);
	const lq_sdk_event *ev = await(e, NULL, LQ_ON_LOGGED_IN);
	ck_assert_msg(!ev->code, "login: %s", ev->text);
	return s;
}

static lq_call *invite(lq_session *s, const char *user)
{
	const char *users[] = {user};
	lq_call *call = NULL;
	lq_call_params p = {.size = sizeof p, .users = users, .n_users = 1, .type = LQ_CALL_AUDIO, .microphone = LQ_OFF};
	ck_assert_int_eq(lq_call_invite(s, &p, &call), 0);
	return call;
}

static void await_state(lq_engine *e, lq_connection_state state)
{
	while (await(e, NULL, LQ_ON_CONNECTION)->state != (int)state)
		;
}

START_TEST(wrong_arguments_are_told_at_once)
{
	lq_engine *e = engine_new(NULL);
	const char *self[] = {"a b"}, *many[33] = {"x"};
	static char long_text[8002];
	lq_session *s;
	lq_call *call;
	ck_assert_int_eq(lq_session_open(NULL, &s), LQ_EINVAL);
	ck_assert_int_eq(lq_session_open(e, &s), 0);
	lq_login_params p = {.size = sizeof p, .user = "a b"};
	ck_assert_int_eq(lq_session_login(s, &p), LQ_EINVAL);
	p.user = NULL;
	ck_assert_int_eq(lq_session_login(s, &p), LQ_EINVAL);
	p = (lq_login_params){.size = sizeof p, .user = "ann", .server = "http://x"};
	ck_assert_int_eq(lq_session_login(s, &p), LQ_EINVAL);
	p = (lq_login_params){.size = sizeof p, .user = "ann", .device = "x y"};
	ck_assert_int_eq(lq_session_login(s, &p), LQ_EINVAL);
	ck_assert_int_eq(lq_session_login(s, &(lq_login_params){.user = "ann"}), LQ_EINVAL);
	ck_assert_int_eq(lq_session_send(s, "bob", "x"), LQ_ESTATE);
	ck_assert_int_eq(lq_session_watch(s, "bob", 1), LQ_ESTATE);
	lq_call_params c = {.size = sizeof c, .users = self, .n_users = 1, .type = LQ_CALL_AUDIO};
	ck_assert_int_eq(lq_call_invite(s, &c, &call), LQ_EINVAL);
	c.users = many;
	c.n_users = 33;
	ck_assert_int_eq(lq_call_invite(s, &c, &call), LQ_ERANGE);
	c.n_users = 0;
	ck_assert_int_eq(lq_call_invite(s, &c, &call), LQ_EINVAL);
	memset(long_text, 'x', sizeof long_text - 1);
	c = (lq_call_params){.size = sizeof c, .users = many, .n_users = 1, .type = LQ_CALL_AUDIO, .attachment = long_text};
	ck_assert_int_eq(lq_call_invite(s, &c, &call), LQ_ERANGE);
	ck_assert_int_eq(lq_call_accept(NULL, NULL), LQ_EINVAL);
	ck_assert_int_eq(lq_call_verdict((lq_call_op)9, LQ_CALL_IDLE), LQ_EINVAL);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(no_server_is_a_failed_login)
{
	lq_engine *e = engine_new(NULL);
	relay_refuse(line, 1);
	lq_session *s = start_login(e, relay_url(line), "ann", 0);
	const lq_sdk_event *ev = await(e, NULL, LQ_ON_LOGGED_IN);
	ck_assert_int_eq(ev->code, LQ_ECONN);
	ck_assert_int_eq(lq_session_logout(s), 0);
	relay_refuse(line, 0);
	ck_assert_int_eq(lq_session_login(s, &(lq_login_params){.size = sizeof(lq_login_params), .server = relay_url(line), .user = "ann"}), 0);
	ck_assert_int_eq(await(e, NULL, LQ_ON_LOGGED_IN)->code, 0);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(a_lost_connection_comes_back_and_nothing_was_missed)
{
	lq_engine *e = engine_new(NULL);
	lq_session *ann = logged_in(e, relay_url(line), "ann");
	logged_in(e, server.url, "bob");
	lq_call *call = invite(ann, "bob"), *mine = await(e, NULL, LQ_ON_CALL_INVITED)->call;
	ck_assert_int_eq(lq_session_watch(ann, "nobody", 1), 0); /* its answer says that the call's has come */
	await(e, NULL, LQ_ON_PRESENCE);
	relay_refuse(line, 1);
	relay_cut(line);
	await_state(e, LQ_CONN_RECONNECTING);
	ck_assert_int_eq(lq_call_accept(mine, &(lq_accept_params){.size = sizeof(lq_accept_params), .microphone = LQ_OFF}), 0);
	ck_assert_ptr_eq(await(e, NULL, LQ_ON_CALL_ACCEPTED)->call, mine);
	ck_assert_int_eq(lq_session_send(ann, "bob", "when I am back"), 0); /* waits */
	relay_refuse(line, 0);
	const lq_sdk_event *ev = await(e, NULL, LQ_ON_CALL_ACCEPTED);
	ck_assert_ptr_eq(ev->call, call);
	ck_assert_str_eq(ev->user, "bob");
	ck_assert_ptr_nonnull(ev->room);
	ck_assert_int_eq(await(e, NULL, LQ_ON_MESSAGE_SENT)->code, 0);
	ck_assert_str_eq(await(e, NULL, LQ_ON_MESSAGE)->text, "when I am back");
	ck_assert_int_eq(lq_call_hangup(call), 0);
	ck_assert_int_eq(await(e, NULL, LQ_ON_CALL_ENDED)->reason, LQ_CALL_END_HANGUP);
	ck_assert_int_eq(await(e, NULL, LQ_ON_CALL_ENDED)->reason, LQ_CALL_END_HANGUP);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(a_connection_that_stays_lost_ends_the_session)
{
	lq_engine *e = engine_new(NULL);
	lq_session *ann = start_login(e, relay_url(line), "ann", 600);
	await(e, NULL, LQ_ON_LOGGED_IN);
	lq_call *call = invite(ann, "bob");
	relay_refuse(line, 1);
	relay_cut(line);
	const lq_sdk_event *ev = await(e, NULL, LQ_ON_CALL_ENDED);
	ck_assert_ptr_eq(ev->call, call);
	ck_assert(ev->reason == LQ_CALL_END_LOST || ev->reason == LQ_CALL_END_FAILED);
	ck_assert_int_eq(await(e, NULL, LQ_ON_LOGGED_OUT)->code, LQ_ECONN);
	ck_assert_int_eq(lq_call_hangup(call), LQ_ESTATE);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(logging_in_twice_and_out_twice_is_harmless)
{
	lq_engine *e = engine_new(NULL);
	lq_session *s = logged_in(e, server.url, "ann");
	const lq_sdk_event *ev;
	ck_assert_int_eq(lq_session_login(s, &(lq_login_params){.size = sizeof(lq_login_params), .server = server.url, .user = "ann"}), LQ_ESTATE);
	ck_assert_int_eq(lq_session_logout(s), 0);
	ck_assert_int_eq(lq_session_logout(s), 0);
	ck_assert_int_eq(await(e, NULL, LQ_ON_LOGGED_OUT)->code, 0);
	ck_assert_int_eq(lq_engine_poll(e, 0, &ev), LQ_ETIMEDOUT);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(closed_handles_send_no_events_and_leave_the_call)
{
	lq_engine *e = engine_new(NULL);
	lq_session *ann = logged_in(e, server.url, "ann"), *bob = logged_in(e, server.url, "bob");
	lq_call_close(invite(ann, "bob"));
	lq_call *mine = await(e, NULL, LQ_ON_CALL_INVITED)->call;
	const lq_sdk_event *ev = await(e, NULL, LQ_ON_CALL_ENDED);
	ck_assert_ptr_eq(ev->call, mine);
	ck_assert_int_eq(ev->reason, LQ_CALL_END_CANCELLED);
	lq_call_close(mine);
	lq_call_close(NULL);
	lq_call *call = invite(ann, "bob");
	mine = await(e, NULL, LQ_ON_CALL_INVITED)->call;
	ck_assert_int_eq(lq_call_accept(mine, NULL), 0);
	while (await(e, NULL, LQ_ON_CALL_ACCEPTED)->call != call)
		;
	lq_session_close(ann);
	while ((ev = await(e, NULL, LQ_ON_CALL_ENDED))->call != mine)
		;
	ck_assert_int_eq(ev->reason, LQ_CALL_END_LEFT);
	lq_session_close(bob);
	lq_session_close(NULL);
	ck_assert_int_eq(lq_engine_poll(e, 0, &ev), LQ_ETIMEDOUT);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(calls_that_nobody_closes_have_a_limit)
{
	lq_engine *e = engine_new(NULL);
	lq_session *ann = logged_in(e, server.url, "ann"), *bob = logged_in(e, server.url, "bob");
	for (int i = 0; i < 65; i++) {
		lq_call *call = invite(ann, "bob");
		if (i < 64) {
			await(e, NULL, LQ_ON_CALL_INVITED);
		} else {
			ck_assert_int_eq(await(e, NULL, LQ_ON_WARNING)->code, LQ_EFULL);
		}
		ck_assert_int_eq(lq_call_cancel(call), 0);
		while (await(e, NULL, LQ_ON_CALL_ENDED)->call != call)
			;
		await(e, NULL, LQ_ON_CALL_RECORD);
		await(e, NULL, LQ_ON_CALL_RECORD);
		lq_call_close(call);
	}
	ck_assert_ptr_nonnull(bob);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(presence_is_told)
{
	lq_engine *e = engine_new(NULL);
	lq_session *ann = logged_in(e, server.url, "ann");
	ck_assert_int_eq(lq_session_watch(ann, "bob", 1), 0);
	ck_assert_int_eq(await(e, NULL, LQ_ON_PRESENCE)->on, 0);
	lq_session *bob = logged_in(e, server.url, "bob");
	ck_assert_int_eq(await(e, NULL, LQ_ON_PRESENCE)->on, 1);
	ck_assert_int_eq(lq_session_logout(bob), 0);
	const lq_sdk_event *ev = await(e, NULL, LQ_ON_PRESENCE);
	ck_assert_int_eq(ev->on, 0);
	ck_assert_str_eq(ev->user, "bob");
	lq_engine_destroy(e);
}
END_TEST

START_TEST(members_send_messages_and_set_attributes)
{
	lq_engine *e = engine_new(NULL);
	lq_room *ann = joined(e, server.url, "ann", LQ_OFF, LQ_OFF);
	static char long_text[65538], name[66];
	memset(long_text, 'x', sizeof long_text - 1);
	memset(name, 'n', sizeof name - 1);
	ck_assert_int_eq(lq_room_attribute_set(ann, 1, "topic", "tea"), 0);
	const lq_sdk_event *ev = await(e, ann, LQ_ON_ATTRIBUTE);
	ck_assert(!strcmp(ev->name, "topic") && !strcmp(ev->text, "tea") && !*ev->user && ev->on && !ev->existed);
	lq_room *bob = joined(e, server.url, "bob", LQ_OFF, LQ_OFF);
	ev = await(e, bob, LQ_ON_ATTRIBUTE);
	ck_assert(!strcmp(ev->text, "tea") && ev->existed);
	ck_assert_int_eq(lq_room_attribute_set(ann, 0, "hand", "up"), 0);
	ck_assert_str_eq(await(e, bob, LQ_ON_ATTRIBUTE)->user, "ann");
	ck_assert_int_eq(lq_room_attribute_set(ann, 0, "hand", NULL), 0);
	ck_assert_int_eq(await(e, bob, LQ_ON_ATTRIBUTE)->on, 0);
	ck_assert_int_eq(lq_room_attribute_set(ann, 0, name, ""), LQ_ERANGE);
	ck_assert_int_eq(lq_room_attribute_set(ann, 0, "n", long_text), LQ_ERANGE);
	ck_assert_int_eq(lq_room_send(ann, NULL, "to all"), 0);
	ck_assert_int_eq(await(e, ann, LQ_ON_MESSAGE_SENT)->code, 0);
	ev = await(e, bob, LQ_ON_MESSAGE);
	ck_assert(!strcmp(ev->user, "ann") && !strcmp(ev->text, "to all") && !ev->on);
	ck_assert_int_eq(lq_room_send(ann, "bob", "to bob"), 0);
	ck_assert_int_eq(await(e, bob, LQ_ON_MESSAGE)->on, 1);
	await(e, ann, LQ_ON_MESSAGE_SENT);
	ck_assert_int_eq(lq_room_send(ann, "nobody", "x"), 0);
	ev = await(e, ann, LQ_ON_MESSAGE_SENT);
	ck_assert(ev->code == LQ_ENOENT && !strcmp(ev->user, "nobody"));
	ck_assert_int_eq(lq_room_send(ann, NULL, ""), LQ_ERANGE);
	ck_assert_int_eq(lq_room_send(ann, NULL, long_text), LQ_ERANGE);
	ck_assert_int_eq(lq_room_leave(ann), 0);
	await(e, ann, LQ_ON_LEFT);
	ck_assert_int_eq(lq_room_send(ann, NULL, "x"), LQ_ESTATE);
	lq_engine_destroy(e);
}
END_TEST

/* ---- callbacks and threads ---- */

typedef struct recorder {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int ended, events_after;
	lq_session *session;
} recorder;

/* Answers, hangs up and closes from inside the callback. */
static void answer(const lq_sdk_event *ev, void *arg)
{
	recorder *r = arg;
	if (ev->type == LQ_ON_CALL_INVITED)
		lq_call_accept(ev->call, &(lq_accept_params){.size = sizeof(lq_accept_params), .microphone = LQ_OFF});
	if (ev->type == LQ_ON_CALL_ACCEPTED && !strcmp(ev->user, "bob"))
		lq_call_hangup(ev->call);
	if (ev->type == LQ_ON_CALL_ENDED)
		lq_call_close(ev->call);
	pthread_mutex_lock(&r->lock);
	r->ended += ev->type == LQ_ON_CALL_ENDED;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

START_TEST(a_callback_may_answer_and_close)
{
	recorder r = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
	lq_engine *bob_engine = engine_with(answer, &r), *e = engine_new(NULL);
	start_login(bob_engine, server.url, "bob", 0);
	lq_session *ann = logged_in(e, server.url, "ann");
	for (int i = 1; i <= 20; i++) {
		lq_call *call = invite(ann, "bob");
		while (await(e, NULL, LQ_ON_CALL_ENDED)->call != call)
			;
		await(e, NULL, LQ_ON_CALL_RECORD);
		lq_call_close(call);
	}
	pthread_mutex_lock(&r.lock);
	while (r.ended < 20)
		pthread_cond_wait(&r.changed, &r.lock);
	pthread_mutex_unlock(&r.lock);
	lq_engine_destroy(bob_engine);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(engines_with_sessions_come_and_go)
{
	for (int i = 0; i < 40; i++) {
		lq_engine *e = engine_new(NULL);
		lq_session *s = start_login(e, i % 5 ? relay_url(line) : server.url, "ann", 0);
		if (i % 2 && !await(e, NULL, LQ_ON_LOGGED_IN)->code)
			invite(s, "bob");
		if (i % 3 == 1)
			relay_cut(line);
		lq_engine_destroy(e);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session");
	TCase *t = tcase_create("session");
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, wrong_arguments_are_told_at_once);
	tcase_add_test(t, no_server_is_a_failed_login);
	tcase_add_test(t, a_lost_connection_comes_back_and_nothing_was_missed);
	tcase_add_test(t, a_connection_that_stays_lost_ends_the_session);
	tcase_add_test(t, logging_in_twice_and_out_twice_is_harmless);
	tcase_add_test(t, closed_handles_send_no_events_and_leave_the_call);
	tcase_add_test(t, calls_that_nobody_closes_have_a_limit);
	tcase_add_test(t, presence_is_told);
	tcase_add_test(t, members_send_messages_and_set_attributes);
	tcase_add_test(t, a_callback_may_answer_and_close);
	tcase_add_test(t, engines_with_sessions_come_and_go);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
