/* Calls without sockets and without a clock: who is told what, in which order, and what the record says. */
#include "tests/unit/suite.h"

#include <loquat/plugin/errors.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "people.h"

static phone *const ann = &phones[0], *const bob = &phones[1], *const bob2 = &phones[2], *const bob3 = &phones[3], *const eve = &phones[4],
                   *const dan = &phones[5];

static void set_up(void)
{
	people_set_up();
	log_in(ann, "ann", "");
	log_in(bob, "bob", "");
	log_in(eve, "eve", "");
}

static void talking(void)
{
	ck_assert_int_eq(call(ann, "bob"), 0);
	ck_assert_int_eq(do_op(bob, LQ__CALL_OP_accept), 0);
	told(ann);
	told(bob);
}

static int call_group(phone *p, const char *one, const char *two)
{
	const char *users[] = {one, two};
	return ask(p, (lq__call_request){.op = LQ__CALL_OP_call, .users = users, .n_users = 2, .video = 1, .group = "friends"});
}

static int invite(phone *p, const char *user)
{
	return ask(p, (lq__call_request){.op = LQ__CALL_OP_invite, .users = &user, .n_users = 1});
}

START_TEST(an_invitation_says_everything)
{
	const char *users[] = {"bob", "eve"};
	json_t *attachment = json_pack("{s:s}", "call", "testValue");
	ck_assert_int_eq(ask(ann, (lq__call_request){.op = LQ__CALL_OP_call, .users = users, .n_users = 2, .video = 1, .group = "friends", .attachment = attachment,
	                                             .timeout_ms = 5000}), 0);
	const json_t *m = take(bob, "call_invited");
	ck_assert_str_eq(get_text(m, "call"), get_text(ann->answer, "call"));
	ck_assert_str_eq(get_text(m, "from"), "ann");
	ck_assert_str_eq(get_text(m, "caller"), "ann");
	ck_assert_str_eq(get_text(m, "media"), "video");
	ck_assert_str_eq(get_text(m, "group_id"), "friends");
	ck_assert(json_is_true(json_object_get(m, "group")));
	ck_assert(json_equal(json_object_get(m, "attachment"), attachment));
	ck_assert_int_eq(get_number(m, "timeout_ms"), 5000);
	ck_assert_uint_eq(json_array_size(json_object_get(m, "users")), 2);
	ck_assert_ptr_null(json_object_get(m, "room"));
	json_decref(attachment);
}
END_TEST

START_TEST(accepting_brings_both_into_one_room_that_nobody_can_guess)
{
	char room[64];
	ck_assert_int_eq(call(ann, "bob"), 0);
	ck_assert_int_eq(do_op(bob, LQ__CALL_OP_accept), 0);
	snprintf(room, sizeof room, "%s", get_text(bob->answer, "room"));
	ck_assert_uint_eq(strlen(room), 5 + 32);
	ck_assert_str_eq(get_text(bob->answer, "token"), "token of bob");
	const json_t *m = take(ann, "call_accepted");
	ck_assert_str_eq(get_text(m, "room"), room);
	ck_assert_str_eq(get_text(m, "token"), "token of ann");
	now += 61 * SECOND;
	ck_assert_int_eq(do_op(bob, LQ__CALL_OP_hangup), 0);
	m = take(ann, "call_ended");
	ck_assert_int_eq(get_number(m, "duration_s"), 61);
	ck_assert_str_eq(get_text(m, "user"), "bob");
	ck_assert_str_eq(told(ann), "call_record:1");
	ck_assert_str_eq(told(bob), "call_invited:ann call_ended:hangup call_record:1");
	ck_assert_str_eq(recorded(), "1 ann>bob 61s");
	ck_assert_int_eq(call(ann, "bob"), 0);
	ck_assert_int_eq(do_op(bob, LQ__CALL_OP_accept), 0);
	ck_assert_str_ne(get_text(bob->answer, "room"), room);
}
END_TEST

START_TEST(nobody_answering_times_out_on_both_sides_after_30_s)
{
	ck_assert_int_eq(call(ann, "bob"), 0);
	ck_assert_int_eq(lq__calls_next(calls), 30 * SECOND);
	until(30 * SECOND - 1);
	ck_assert_str_eq(told(ann), "");
	until(30 * SECOND);
	ck_assert_int_eq(get_number(take(ann, "call_timeout"), "elapsed_ms"), 30000);
	ck_assert_str_eq(told(ann), "call_ended:timeout call_record:4");
	ck_assert_str_eq(told(bob), "call_invited:ann call_timeout:bob call_ended:timeout call_record:4");
	ck_assert_str_eq(recorded(), "4 ann>bob 0s");
	ck_assert_int_eq(lq__calls_next(calls), LQ_CALL_TIME_NEVER);
}
END_TEST

START_TEST(a_timeout_may_be_set_up_to_120_s)
{
	const char *users[] = {"bob"};
	lq__call_request r = {.op = LQ__CALL_OP_call, .users = users, .n_users = 1, .timeout_ms = 120001};
	ck_assert_int_eq(ask(ann, r), LQ_ERANGE);
	r.timeout_ms = 120000;
	ck_assert_int_eq(ask(ann, r), 0);
	ck_assert_int_eq(lq__calls_next(calls), 120 * SECOND);
	do_op(ann, LQ__CALL_OP_cancel);
	/* A called device may have less patience than the caller. */
	lq__device_ring(bob->device, 7000);
	ck_assert_int_eq(ask(ann, r), 0);
	until(7 * SECOND);
	told(bob);
	ck_assert_str_eq(recorded(), "2 ann>bob 0s 4 ann>bob 0s");
}
END_TEST

START_TEST(one_of_three_devices_answers_and_the_others_stop_ringing)
{
	log_in(bob2, "bob", "");
	log_in(bob3, "bob", "");
	ck_assert_int_eq(call(ann, "bob"), 0);
	ck_assert_str_eq(told(bob3), "call_invited:ann");
	told(bob);
	ck_assert_int_eq(do_op(bob2, LQ__CALL_OP_accept), 0);
	ck_assert_str_eq(told(bob2), "call_invited:ann");
	ck_assert_str_eq(told(bob), "call_elsewhere:accepted call_ended:elsewhere");
	ck_assert_str_eq(told(bob3), "call_elsewhere:accepted call_ended:elsewhere");
	ck_assert_str_eq(told(ann), "call_accepted:bob");
	/* What the others may do now. */
	const char *id = get_text(bob2->answer, "call");
	ck_assert_int_eq(ask(bob, (lq__call_request){.op = LQ__CALL_OP_accept, .call = id}), LQ_ENOENT);
	ck_assert_int_eq(last_error.detail, LQ_CALL_WAS_ACCEPTED);
	ck_assert_int_eq(do_op(bob, LQ__CALL_OP_hangup), LQ_ESTATE);
	ck_assert_int_eq(last_error.detail, 20005);
	ck_assert_int_eq(call(bob, "eve"), LQ_ESTATE);
	ck_assert_str_eq(last_error.text, "call is not possible while in_call on another device");
	ck_assert_int_eq(do_op(bob2, LQ__CALL_OP_hangup), 0);
	ck_assert_str_eq(told(bob), "call_record:1");
	ck_assert_int_eq(call(bob, "eve"), 0);
}
END_TEST

START_TEST(one_of_two_devices_rejects_for_all)
{
	log_in(bob2, "bob", "");
	ck_assert_int_eq(call(ann, "bob"), 0);
	char id[40];
	snprintf(id, sizeof id, "%s", get_text(ann->answer, "call"));
	ck_assert_int_eq(ask(bob2, (lq__call_request){.op = LQ__CALL_OP_reject, .reason = "in a meeting"}), 0);
	ck_assert_str_eq(told(bob), "call_invited:ann call_elsewhere:rejected call_ended:elsewhere call_record:3");
	ck_assert_str_eq(told(bob2), "call_invited:ann call_ended:rejected call_record:3");
	ck_assert_str_eq(get_text(take(ann, "call_rejected"), "reason"), "in a meeting");
	ck_assert_str_eq(told(ann), "call_ended:rejected call_record:3");
	ck_assert_int_eq(ask(bob, (lq__call_request){.op = LQ__CALL_OP_accept, .call = id}), LQ_ENOENT);
	ck_assert_int_eq(last_error.detail, LQ_CALL_OVER);
	ck_assert_str_eq(recorded(), "3 ann>bob 0s");
}
END_TEST

START_TEST(a_cancelled_call_cannot_be_accepted)
{
	char id[40];
	ck_assert_int_eq(call(ann, "bob"), 0);
	snprintf(id, sizeof id, "%s", get_text(ann->answer, "call"));
	ck_assert_int_eq(do_op(ann, LQ__CALL_OP_cancel), 0);
	ck_assert_str_eq(told(ann), "call_cancelled:ann call_ended:cancelled call_record:2");
	ck_assert_str_eq(told(bob), "call_invited:ann call_cancelled:ann call_ended:cancelled call_record:2");
	ck_assert_int_eq(ask(bob, (lq__call_request){.op = LQ__CALL_OP_accept, .call = id}), LQ_ENOENT);
	ck_assert_int_eq(last_error.detail, LQ_CALL_OVER);
	ck_assert_int_eq(ask(eve, (lq__call_request){.op = LQ__CALL_OP_accept, .call = id}), LQ_ENOENT);
	ck_assert_int_eq(last_error.detail, LQ_CALL_NONE);
}
END_TEST

START_TEST(a_call_is_no_business_of_others)
{
	ck_assert_int_eq(call(ann, "bob"), 0);
	ck_assert_int_eq(ask(eve, (lq__call_request){.op = LQ__CALL_OP_accept, .call = get_text(take(bob, "call_invited"), "call")}), LQ_ENOENT);
	ck_assert_int_eq(last_error.detail, LQ_CALL_NOT_IN);
}
END_TEST

START_TEST(of_two_callers_at_the_same_moment_one_hears_busy)
{
	ck_assert_int_eq(call(ann, "bob"), 0);
	ck_assert_int_eq(call(eve, "bob"), 0);
	ck_assert_str_eq(told(eve), "call_busy:bob call_ended:busy call_record:5");
	ck_assert_str_eq(told(ann), "");
	ck_assert_str_eq(told(bob), "call_invited:ann call_record:5");
	ck_assert_int_eq(do_op(bob, LQ__CALL_OP_accept), 0);
	ck_assert_str_eq(told(ann), "call_accepted:bob");
	ck_assert_str_eq(recorded(), "5 eve>bob 0s");
}
END_TEST

START_TEST(a_third_caller_hears_busy_and_the_running_call_goes_on)
{
	talking();
	ck_assert_int_eq(call(eve, "bob"), 0);
	ck_assert_str_eq(told(eve), "call_busy:bob call_ended:busy call_record:5");
	ck_assert_str_eq(told(bob), "call_record:5");
	ck_assert_int_eq(do_op(bob, LQ__CALL_OP_cancel), LQ_ESTATE); /* still in the call */
	ck_assert_int_eq(last_error.detail, 20016);
	until(1000 * SECOND);
	ck_assert_int_eq(do_op(ann, LQ__CALL_OP_hangup), 0);
	ck_assert_str_eq(told(bob), "call_ended:hangup call_record:1");
	ck_assert_str_eq(recorded(), "5 eve>bob 0s 1 ann>bob 1000s");
}
END_TEST

START_TEST(two_who_call_each_other_do_not_both_ring)
{
	ck_assert_int_eq(call(ann, "bob"), 0);
	ck_assert_int_eq(call(bob, "ann"), LQ_ESTATE);
	ck_assert_int_eq(last_error.detail, 20003);
}
END_TEST

START_TEST(who_is_offline_rings_when_they_come)
{
	ck_assert_int_eq(call(ann, "dan"), 0);
	ck_assert_str_eq(get_text(json_array_get(json_object_get(ann->answer, "users"), 0), "state"), "offline");
	until(20 * SECOND);
	log_in(dan, "dan", "");
	ck_assert_int_eq(get_number(take(dan, "call_invited"), "timeout_ms"), 10000);
	ck_assert_int_eq(do_op(dan, LQ__CALL_OP_accept), 0);
	ck_assert_str_eq(told(ann), "call_accepted:dan");
}
END_TEST

START_TEST(who_is_offline_and_does_not_come_times_out)
{
	ck_assert_int_eq(call(ann, "dan"), 0);
	until(30 * SECOND);
	ck_assert_str_eq(told(ann), "call_timeout:dan call_ended:timeout call_record:4");
	log_in(dan, "dan", "");
	ck_assert_str_eq(told(dan), "");
}
END_TEST

START_TEST(of_those_who_called_meanwhile_the_newest_rings)
{
	ck_assert_int_eq(call(ann, "dan"), 0);
	ck_assert_int_eq(call(bob, "dan"), 0);
	ck_assert_int_eq(call(eve, "dan"), 0);
	ck_assert_int_eq(do_op(eve, LQ__CALL_OP_cancel), 0);
	log_in(dan, "dan", "");
	ck_assert_str_eq(get_text(take(dan, "call_invited"), "from"), "bob");
	ck_assert_str_eq(told(ann), "call_busy:dan call_ended:busy call_record:5");
	ck_assert_str_eq(told(bob), "");
	ck_assert_int_eq(do_op(dan, LQ__CALL_OP_accept), 0);
	ck_assert_str_eq(told(bob), "call_accepted:dan");
}
END_TEST

START_TEST(a_caller_that_is_killed_leaves_a_record)
{
	ck_assert_int_eq(call(ann, "bob"), 0);
	lose(ann);
	until(GRACE - 1);
	ck_assert_str_eq(told(bob), "call_invited:ann");
	until(GRACE);
	ck_assert_str_eq(told(bob), "call_cancelled:ann call_ended:cancelled call_record:2");
	ck_assert_str_eq(recorded(), "2 ann>bob 0s");
}
END_TEST

START_TEST(who_is_killed_in_a_call_ends_it_for_the_other_after_a_while)
{
	talking();
	until(100 * SECOND);
	lose(ann);
	until(100 * SECOND + GRACE);
	ck_assert_str_eq(told(bob), "call_left:ann call_ended:lost call_record:1");
	ck_assert_str_eq(recorded(), "1 ann>bob 110s");
}
END_TEST

START_TEST(a_group_call_grows_and_ends_when_one_is_left)
{
	log_in(dan, "dan", "");
	ck_assert_int_eq(call_group(ann, "bob", "eve"), 0);
	ck_assert_int_eq(do_op(bob, LQ__CALL_OP_accept), 0);
	ck_assert_int_eq(do_op(eve, LQ__CALL_OP_accept), 0);
	ck_assert_str_eq(told(ann), "call_accepted:bob call_accepted:eve");
	ck_assert_str_eq(told(bob), "call_invited:ann call_accepted:eve");
	until(5 * SECOND);
	ck_assert_int_eq(invite(bob, "eve"), LQ_EEXIST);
	ck_assert_int_eq(last_error.detail, LQ_CALL_ALREADY_IN);
	ck_assert_int_eq(invite(bob, "dan"), 0);
	const json_t *m = take(dan, "call_invited");
	ck_assert_str_eq(get_text(m, "from"), "bob");
	ck_assert_str_eq(get_text(m, "caller"), "ann");
	ck_assert_int_eq(do_op(dan, LQ__CALL_OP_accept), 0);
	ck_assert_uint_eq(json_array_size(json_object_get(dan->answer, "users")), 3);
	ck_assert_str_eq(told(ann), "call_users:bob call_accepted:dan");
	until(10 * SECOND);
	ck_assert_int_eq(do_op(ann, LQ__CALL_OP_leave), 0);
	ck_assert_str_eq(told(ann), "call_ended:left");
	ck_assert_int_eq(do_op(dan, LQ__CALL_OP_leave), 0);
	told(bob);
	until(12 * SECOND);
	ck_assert_int_eq(do_op(bob, LQ__CALL_OP_leave), 0);
	ck_assert_str_eq(told(eve), "call_invited:ann call_users:bob call_accepted:dan call_left:ann call_left:dan call_left:bob call_ended:left call_record:1");
	ck_assert_str_eq(told(ann), "call_record:1");
	ck_assert_str_eq(recorded(), "1 ann>bob,eve,dan 12s");
}
END_TEST

START_TEST(hanging_up_a_group_call_ends_it_for_all)
{
	ck_assert_int_eq(call_group(ann, "bob", "eve"), 0);
	ck_assert_int_eq(do_op(bob, LQ__CALL_OP_accept), 0);
	told(eve);
	ck_assert_int_eq(do_op(bob, LQ__CALL_OP_hangup), 0);
	ck_assert_str_eq(told(ann), "call_accepted:bob call_ended:hangup call_record:1");
	ck_assert_str_eq(told(eve), "call_cancelled:bob call_ended:cancelled call_record:1");
}
END_TEST

START_TEST(a_group_that_nobody_joins_is_recorded_as_the_best_answer)
{
	log_in(dan, "dan", "");
	ck_assert_int_eq(call(dan, "eve"), 0); /* eve is busy */
	ck_assert_int_eq(call_group(ann, "bob", "eve"), 0);
	ck_assert_str_eq(told(ann), "call_busy:eve");
	ck_assert_int_eq(do_op(bob, LQ__CALL_OP_reject), 0);
	ck_assert_str_eq(told(ann), "call_rejected:bob call_ended:rejected call_record:3");
	ck_assert_str_eq(recorded(), "3 ann>bob,eve 0s");
	ck_assert_int_eq(call_group(ann, "bob", "eve"), 0);
	until(30 * SECOND);
	ck_assert_str_eq(told(ann), "call_busy:eve call_timeout:bob call_ended:timeout call_record:4");
}
END_TEST

START_TEST(a_group_call_goes_on_while_somebody_still_rings)
{
	ck_assert_int_eq(call_group(ann, "bob", "eve"), 0);
	ck_assert_int_eq(do_op(bob, LQ__CALL_OP_accept), 0);
	ck_assert_int_eq(do_op(bob, LQ__CALL_OP_leave), 0);
	ck_assert_str_eq(told(ann), "call_accepted:bob call_left:bob");
	ck_assert_int_eq(do_op(eve, LQ__CALL_OP_accept), 0);
	ck_assert_int_eq(do_op(ann, LQ__CALL_OP_leave), 0);
	ck_assert_str_eq(recorded(), "1 ann>bob,eve 0s");
}
END_TEST

START_TEST(to_sound_alone_needs_no_consent_and_to_video_does)
{
	talking();
	ck_assert_int_eq(ask(ann, (lq__call_request){.op = LQ__CALL_OP_type, .video = 1, .confirm = -1}), 0);
	ck_assert_str_eq(told(bob), "call_type:asked");
	ck_assert_str_eq(told(ann), "");
	ck_assert_int_eq(ask(bob, (lq__call_request){.op = LQ__CALL_OP_type, .video = 1, .confirm = -1}), LQ_EBUSY);
	ck_assert_int_eq(ask(bob, (lq__call_request){.op = LQ__CALL_OP_type_reply, .agree = 0}), 0);
	ck_assert_str_eq(told(ann), "call_type:refused");
	ck_assert_int_eq(ask(ann, (lq__call_request){.op = LQ__CALL_OP_type, .video = 1, .confirm = -1}), 0);
	ck_assert_int_eq(ask(ann, (lq__call_request){.op = LQ__CALL_OP_type_reply, .agree = 1}), LQ_ENOENT);
	ck_assert_int_eq(ask(bob, (lq__call_request){.op = LQ__CALL_OP_type_reply, .agree = 1}), 0);
	ck_assert_str_eq(get_text(take(ann, "call_type"), "media"), "video");
	told(bob);
	ck_assert_int_eq(ask(bob, (lq__call_request){.op = LQ__CALL_OP_type, .video = 1, .confirm = 0}), LQ_EEXIST);
	ck_assert_int_eq(ask(bob, (lq__call_request){.op = LQ__CALL_OP_type, .video = 0, .confirm = -1}), 0);
	ck_assert_str_eq(told(ann), "call_type:changed");
	ck_assert_str_eq(told(bob), "call_type:changed");
}
END_TEST

START_TEST(a_question_about_the_type_ends_in_time)
{
	talking();
	ck_assert_int_eq(ask(ann, (lq__call_request){.op = LQ__CALL_OP_type, .video = 1, .confirm = -1}), 0);
	until(30 * SECOND);
	ck_assert_str_eq(told(ann), "call_type:refused");
	ck_assert_int_eq(ask(bob, (lq__call_request){.op = LQ__CALL_OP_type_reply, .agree = 1}), LQ_ENOENT);
}
END_TEST

START_TEST(nonsense_is_refused_and_changes_nothing)
{
	const char *self[] = {"ann"}, *twice[] = {"bob", "bob"}, *bad[] = {"a b"}, *many[LQ_CALL_USERS_MAX + 1];
	static char names[LQ_CALL_USERS_MAX + 1][16];
	for (int i = 0; i <= LQ_CALL_USERS_MAX; i++) {
		snprintf(names[i], sizeof names[i], "u%d", i);
		many[i] = names[i];
	}
	lq__call_request r = {.op = LQ__CALL_OP_call};
	ck_assert_int_eq(ask(ann, r), LQ_EINVAL);
	r.users = self, r.n_users = 1;
	ck_assert_int_eq(ask(ann, r), LQ_EINVAL);
	r.users = twice, r.n_users = 2;
	ck_assert_int_eq(ask(ann, r), LQ_EINVAL);
	r.users = bad, r.n_users = 1;
	ck_assert_int_eq(ask(ann, r), LQ_EINVAL);
	r.users = many, r.n_users = LQ_CALL_USERS_MAX + 1;
	ck_assert_int_eq(ask(ann, r), LQ_EFULL);
	ck_assert_int_eq(last_error.detail, LQ_CALL_TOO_MANY);
	r.n_users = LQ_CALL_USERS_MAX;
	ck_assert_int_eq(ask(ann, r), 0);
	ck_assert_int_eq(invite(ann, "one-more"), LQ_EFULL);
}
END_TEST

START_TEST(records_are_kept_up_to_a_limit)
{
	for (int i = 0; i < LQ_CALL_RECORDS_MAX + 5; i++) {
		now += SECOND;
		ck_assert_int_eq(call(ann, "bob"), 0);
		ck_assert_int_eq(do_op(ann, LQ__CALL_OP_hangup), 0);
		told(bob);
		told(ann);
	}
	json_t *all = lq__calls_records(calls);
	ck_assert_uint_eq(json_array_size(all), LQ_CALL_RECORDS_MAX);
	ck_assert_int_eq(get_number(json_array_get(all, 0), "started_ms"), 1000000 + 6000);
	json_decref(all);
}
END_TEST

START_TEST(memory_that_is_missing_is_an_answer)
{
	int e, n = 1;
	do {
		lq__alloc_fail_at(n++);
		e = call_group(ann, "bob", "new-one");
		lq__alloc_fail_at(0);
		ck_assert(!e || e == LQ_ENOMEM);
		ck_assert_str_eq(told(bob), e ? "" : "call_invited:ann");
	} while (e);
	ck_assert_int_gt(n, 3);
	n = 1;
	do {
		lq__alloc_fail_at(n++);
		e = invite(ann, "somebody");
		lq__alloc_fail_at(0);
		ck_assert(!e || e == LQ_ENOMEM);
	} while (e);
	ck_assert_int_eq(n, 4);
}
END_TEST

START_TEST(a_server_that_stops_writes_its_records)
{
	talking();
	until(10 * SECOND);
	ck_assert_int_eq(call(eve, "dan"), 0);
	lq__calls_destroy(calls);
	calls = NULL;
	ck_assert_str_eq(ann->kicked, "shutdown");
	ck_assert_str_eq(told(ann), "call_ended:shutdown call_record:1 kicked:shutdown");
	ck_assert_str_eq(recorded(), "1 ann>bob 10s 2 eve>dan 0s");
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("calls");
	tcase_add_checked_fixture(t, set_up, people_tear_down);
	tcase_add_test(t, an_invitation_says_everything);
	tcase_add_test(t, accepting_brings_both_into_one_room_that_nobody_can_guess);
	tcase_add_test(t, nobody_answering_times_out_on_both_sides_after_30_s);
	tcase_add_test(t, a_timeout_may_be_set_up_to_120_s);
	tcase_add_test(t, one_of_three_devices_answers_and_the_others_stop_ringing);
	tcase_add_test(t, one_of_two_devices_rejects_for_all);
	tcase_add_test(t, a_cancelled_call_cannot_be_accepted);
	tcase_add_test(t, a_call_is_no_business_of_others);
	tcase_add_test(t, of_two_callers_at_the_same_moment_one_hears_busy);
	tcase_add_test(t, a_third_caller_hears_busy_and_the_running_call_goes_on);
	tcase_add_test(t, two_who_call_each_other_do_not_both_ring);
	tcase_add_test(t, who_is_offline_rings_when_they_come);
	tcase_add_test(t, who_is_offline_and_does_not_come_times_out);
	tcase_add_test(t, of_those_who_called_meanwhile_the_newest_rings);
	tcase_add_test(t, a_caller_that_is_killed_leaves_a_record);
	tcase_add_test(t, who_is_killed_in_a_call_ends_it_for_the_other_after_a_while);
	tcase_add_test(t, a_group_call_grows_and_ends_when_one_is_left);
	tcase_add_test(t, hanging_up_a_group_call_ends_it_for_all);
	tcase_add_test(t, a_group_that_nobody_joins_is_recorded_as_the_best_answer);
	tcase_add_test(t, a_group_call_goes_on_while_somebody_still_rings);
	tcase_add_test(t, to_sound_alone_needs_no_consent_and_to_video_does);
	tcase_add_test(t, a_question_about_the_type_ends_in_time);
	tcase_add_test(t, nonsense_is_refused_and_changes_nothing);
	tcase_add_test(t, records_are_kept_up_to_a_limit);
	tcase_add_test(t, memory_that_is_missing_is_an_answer);
	tcase_add_test(t, a_server_that_stops_writes_its_records);
	return run_case("server/calls", t);
}
