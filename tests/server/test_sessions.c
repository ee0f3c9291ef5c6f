/* Sessions without sockets: what a device that comes back gets, presence, and messages. */
#include "tests/unit/suite.h"

#include <loquat/plugin/errors.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "people.h"

static phone *const ann = &phones[0], *const bob = &phones[1], *const bob2 = &phones[2], *const eve = &phones[3];

static int resumed(const phone *p)
{
	return json_is_true(json_object_get(p->answer, "resumed"));
}

START_TEST(a_device_that_comes_back_gets_what_it_missed)
{
	log_in(ann, "ann", "");
	log_in(bob, "bob", "phone");
	ck_assert_int_eq(lq__device_message(ann->device, "bob", "one"), 1);
	ck_assert_str_eq(told(bob), "message:ann");
	bob->deaf = 1;
	ck_assert_int_eq(lq__device_message(ann->device, "bob", "two"), 1);
	lose(bob);
	ck_assert_int_eq(call(ann, "bob"), 0); /* rings nowhere: nobody is there */
	until(GRACE - 1);
	log_in(bob, "bob", "phone");
	ck_assert(resumed(bob));
	ck_assert_str_eq(told(bob), "message:ann call_invited:ann");
	lq__device_alive(bob->device, 0, 1);
}
END_TEST

START_TEST(a_call_survives_a_lost_socket)
{
	log_in(ann, "ann", "laptop");
	log_in(bob, "bob", "");
	ck_assert_int_eq(call(ann, "bob"), 0);
	lose(ann);
	ck_assert_int_eq(do_op(bob, LQ__CALL_OP_accept), 0);
	until(GRACE - 1);
	log_in(ann, "ann", "laptop");
	ck_assert(resumed(ann));
	const json_t *c = json_array_get(json_object_get(ann->answer, "calls"), 0);
	ck_assert_str_eq(get_text(c, "state"), "in_call");
	ck_assert_uint_eq(strlen(get_text(c, "room")), 5 + 32);
	ck_assert_str_eq(told(ann), "call_accepted:bob");
	until(100 * SECOND);
	ck_assert_str_eq(recorded(), "");
	ck_assert_int_eq(do_op(ann, LQ__CALL_OP_hangup), 0);
}
END_TEST

START_TEST(a_new_program_on_the_same_device_starts_anew_but_hears_of_its_call)
{
	log_in(ann, "ann", "laptop");
	log_in(bob, "bob", "");
	ck_assert_int_eq(call(ann, "bob"), 0);
	lose(ann);
	*ann->session = 0;
	log_in(ann, "ann", "laptop");
	ck_assert(!resumed(ann));
	ck_assert_str_eq(get_text(json_array_get(json_object_get(ann->answer, "calls"), 0), "state"), "calling");
	ck_assert_int_eq(do_op(ann, LQ__CALL_OP_cancel), 0);
}
END_TEST

START_TEST(the_same_device_takes_its_place_again)
{
	log_in(bob, "bob", "phone");
	log_in(bob2, "bob", "phone");
	ck_assert_str_eq(told(bob), "kicked:duplicate");
	ck_assert_str_eq(bob->kicked, "duplicate");
	ck_assert(!resumed(bob2));
}
END_TEST

START_TEST(too_much_missed_is_a_new_start)
{
	char text[20];
	log_in(ann, "ann", "");
	log_in(bob, "bob", "phone");
	bob->deaf = 1;
	for (int i = 0; i < 65; i++) {
		snprintf(text, sizeof text, "%d", i);
		ck_assert_int_eq(lq__device_message(ann->device, "bob", text), 1);
	}
	lose(bob);
	log_in(bob, "bob", "phone");
	ck_assert(!resumed(bob));
	ck_assert_str_eq(told(bob), "");
}
END_TEST

START_TEST(what_has_surely_come_is_not_kept)
{
	long before;
	log_in(ann, "ann", "");
	log_in(bob, "bob", "phone");
	lq__device_message(ann->device, "bob", "one");
	lq__device_alive(bob->device, 0, 1); /* of a ping that may be older than the message */
	before = lq__alloc_live();
	lq__device_alive(bob->device, 0, 1);
	ck_assert_int_eq(lq__alloc_live(), before);
	told(bob);
	lose(bob);
	uint64_t seq = bob->seq;
	bob->seq = 0; /* a client that says that it has nothing cannot be served from there */
	log_in(bob, "bob", "phone");
	ck_assert(!resumed(bob));
	ck_assert_uint_eq(seq, 1);
}
END_TEST

START_TEST(presence_is_told_to_those_who_watch)
{
	const char *users[] = {"bob", "eve"};
	json_t *list = NULL;
	log_in(ann, "ann", "");
	log_in(eve, "eve", "");
	ck_assert_int_eq(lq__device_watch(ann->device, users, 2, &list), 0);
	ck_assert(json_is_false(json_object_get(json_array_get(list, 0), "online")));
	ck_assert(json_is_true(json_object_get(json_array_get(list, 1), "online")));
	json_decref(list);
	log_in(bob, "bob", "");
	log_in(bob2, "bob", "");
	ck_assert_str_eq(told(ann), "presence:bob");
	log_out(bob);
	ck_assert_str_eq(told(ann), "");
	lose(bob2);
	const char *one[] = {"bob"};
	ck_assert_str_eq(told(ann), "presence:bob");
	lq__device_unwatch(ann->device, one, 1);
	log_in(bob, "bob", "");
	log_out(eve);
	ck_assert_str_eq(told(ann), "presence:eve");
}
END_TEST

START_TEST(watching_has_a_limit)
{
	static char names[LQ_WATCHED_MAX + 1][16];
	const char *users[LQ_WATCHED_MAX + 1], *bad[] = {"a b"};
	json_t *list = NULL;
	for (int i = 0; i <= LQ_WATCHED_MAX; i++) {
		snprintf(names[i], sizeof names[i], "u%d", i);
		users[i] = names[i];
	}
	log_in(ann, "ann", "");
	ck_assert_int_eq(lq__device_watch(ann->device, users, LQ_WATCHED_MAX + 1, &list), LQ_EFULL);
	ck_assert_int_eq(lq__device_watch(ann->device, bad, 1, &list), LQ_EINVAL);
	ck_assert_int_eq(lq__device_watch(ann->device, users, LQ_WATCHED_MAX, &list), 0);
	json_decref(list);
	ck_assert_int_eq(lq__device_watch(ann->device, users, LQ_WATCHED_MAX, &list), 0); /* the same ones */
	json_decref(list);
}
END_TEST

START_TEST(an_account_has_so_many_devices)
{
	char error[256];
	for (int i = 0; i < LQ_DEVICES_MAX; i++)
		log_in(&phones[i], "bob", "");
	lq__login l = {.user = "bob", .name = "", .device = "", .session = ""};
	ck_assert_int_eq(try_log_in(&phones[LQ_DEVICES_MAX], &l, error), LQ_EFULL);
	log_out(&phones[3]);
	ck_assert_int_eq(try_log_in(&phones[LQ_DEVICES_MAX], &l, error), 0);
}
END_TEST

START_TEST(bad_names_are_refused_with_the_reason)
{
	char error[256];
	lq__login l = {.user = "a b", .name = "", .device = "", .session = ""};
	ck_assert_int_eq(try_log_in(ann, &l, error), LQ_EINVAL);
	ck_assert_str_eq(error, "login.user: a user id has letters, digits and _@-. only");
	l.user = "";
	ck_assert_int_eq(try_log_in(ann, &l, error), LQ_ERANGE);
	l.user = "ann";
	l.device = "x y";
	ck_assert_int_eq(try_log_in(ann, &l, error), LQ_EINVAL);
	l.device = "";
	l.name = "\n";
	ck_assert_int_eq(try_log_in(ann, &l, error), LQ_EINVAL);
	ck_assert_ptr_null(ann->device);
}
END_TEST

START_TEST(silence_and_an_expired_token_end_a_session)
{
	char error[256];
	lq__login l = {.user = "eve", .name = "", .device = "", .session = "", .expires = 1000};
	log_in(ann, "ann", "laptop");
	log_in(bob, "bob", "");
	ck_assert_int_eq(try_log_in(eve, &l, error), 0);
	lq__device_alive(ann->device, 5, 0);
	lq__device_alive(bob->device, 20, 0);
	lq__device_alive(eve->device, 20, 0);
	lq__calls_reap(calls, 10, 999999, now);
	ck_assert_str_eq(ann->kicked, "timeout");
	ck_assert_str_eq(eve->kicked, "");
	lq__calls_reap(calls, 10, 1000000, now);
	ck_assert_str_eq(eve->kicked, "token_expired");
	ck_assert_str_eq(bob->kicked, "");
	log_in(ann, "ann", "laptop");
	ck_assert(resumed(ann));
}
END_TEST

START_TEST(a_lost_device_is_forgotten_after_a_while)
{
	lq__calls_figures f;
	log_in(ann, "ann", "");
	log_in(bob, "bob", "");
	lose(ann);
	until(GRACE);
	lq__calls_figures_get(calls, &f);
	ck_assert_uint_eq(f.devices, 1);
	ck_assert_int_eq(lq__calls_next(calls), LQ_CALL_TIME_NEVER);
	log_out(bob);
	lq__calls_figures_get(calls, &f);
	ck_assert_uint_eq(f.devices, 0);
}
END_TEST

START_TEST(messages_reach_all_other_devices)
{
	log_in(ann, "ann", "");
	log_in(bob, "bob", "");
	log_in(bob2, "bob", "");
	ck_assert_int_eq(lq__device_message(ann->device, "bob", "hello"), 2);
	ck_assert_str_eq(get_text(take(bob, "message"), "text"), "hello");
	ck_assert_str_eq(told(bob2), "message:ann");
	ck_assert_int_eq(lq__device_message(bob->device, "bob", "to myself"), 1);
	ck_assert_str_eq(told(bob2), "message:bob");
	ck_assert_str_eq(told(bob), "");
	ck_assert_int_eq(lq__device_message(ann->device, "nobody", "hello"), 0);
}
END_TEST

START_TEST(logging_out_leaves_the_call)
{
	log_in(ann, "ann", "");
	log_in(bob, "bob", "");
	ck_assert_int_eq(call(ann, "bob"), 0);
	log_out(ann);
	ck_assert_str_eq(told(bob), "call_invited:ann call_cancelled:ann call_ended:cancelled call_record:2");
	log_in(ann, "ann", "");
	ck_assert_int_eq(call(ann, "bob"), 0);
	ck_assert_int_eq(do_op(bob, LQ__CALL_OP_accept), 0);
	told(bob);
	log_out(ann);
	ck_assert_str_eq(told(bob), "call_left:ann call_ended:left call_record:1");
}
END_TEST

START_TEST(memory_that_is_missing_is_an_answer)
{
	char error[256];
	lq__login l = {.user = "ann", .name = "", .device = "", .session = ""};
	int e, n = 1;
	do {
		lq__alloc_fail_at(n++);
		e = try_log_in(ann, &l, error);
		lq__alloc_fail_at(0);
		ck_assert(!e || e == LQ_ENOMEM);
	} while (e);
	ck_assert_int_eq(n, 4);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("sessions");
	tcase_add_checked_fixture(t, people_set_up, people_tear_down);
	tcase_add_test(t, a_device_that_comes_back_gets_what_it_missed);
	tcase_add_test(t, a_call_survives_a_lost_socket);
	tcase_add_test(t, a_new_program_on_the_same_device_starts_anew_but_hears_of_its_call);
	tcase_add_test(t, the_same_device_takes_its_place_again);
	tcase_add_test(t, too_much_missed_is_a_new_start);
	tcase_add_test(t, what_has_surely_come_is_not_kept);
	tcase_add_test(t, presence_is_told_to_those_who_watch);
	tcase_add_test(t, watching_has_a_limit);
	tcase_add_test(t, an_account_has_so_many_devices);
	tcase_add_test(t, bad_names_are_refused_with_the_reason);
	tcase_add_test(t, silence_and_an_expired_token_end_a_session);
	tcase_add_test(t, a_lost_device_is_forgotten_after_a_while);
	tcase_add_test(t, messages_reach_all_other_devices);
	tcase_add_test(t, logging_out_leaves_the_call);
	tcase_add_test(t, memory_that_is_missing_is_an_answer);
	return run_case("server/sessions", t);
}
