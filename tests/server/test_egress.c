/* Egress tasks without processes, on a virtual clock: states, restarts, commands, limits. */
#include "tests/server/egress_rig.h"

/* ---- life ---- */

START_TEST(a_task_starts_runs_and_ends)
{
	lq__egress_task *t = start("r");
	did("process starts\nstarting - \n");
	says(t, "{\"event\":\"state\",\"state\":\"starting\"}\n");
	did("");
	says(t, "{\"event\":\"state\",\"st");
	says(t, "ate\":\"running\"}\n");
	did("running - \n");
	ck_assert_int_eq(lq__egress_stop(t, now), 0);
	ck_assert_int_eq(lq__egress_stop(t, now), 0); /* said twice, done once */
	did("stop\nstopping - \n");
	lq__egress_exited(t, EXITED(0), now, 3000);
	did("ended - \n");
	ck_assert_int_eq(lq__egress_stop(t, now), LQ_ESTATE);
	ck_assert_ptr_eq(lq__egress_find(&egress, "r", t->id), t);
	ck_assert_ptr_null(lq__egress_find(&egress, "elsewhere", t->id));
	ck_assert_int_eq(pass(1000 * SECOND), INT64_MAX);
}
END_TEST

START_TEST(a_task_that_waits_for_a_server_says_which_is_wrong)
{
	lq__egress_task *t = running("r");
	says(t, "{\"event\":\"target\",\"index\":0,\"state\":\"waiting\",\"code\":\"ECONN\",\"text\":\"rtmp://host/app/key: nobody listens there\"}\n");
	did("waiting wrong rtmp://host/app/…: nobody listens there\n");
	says(t, "{\"event\":\"target\",\"index\":1,\"state\":\"failed\",\"code\":\"EPERM\",\"text\":\"refused\"}\n");
	did("");
	says(t, "{\"event\":\"target\",\"index\":0,\"state\":\"running\"}\n");
	did("running wrong refused\n"); /* one that is lost does not end the others */
	says(t, "{\"event\":\"target\",\"index\":3,\"state\":\"failed\"}\n"); /* there is none */
	says(t, "{\"event\":\"target\",\"index\":1,\"state\":\"running\"}\n");
	did("running - \n");
}
END_TEST

START_TEST(what_failed_for_good_is_not_started_again)
{
	lq__egress_task *t = running("r");
	says(t, "{\"event\":\"state\",\"state\":\"failed\",\"code\":\"EPERM\",\"text\":\"the key is wrong\"}\n");
	did("");
	lq__egress_exited(t, EXITED(1), now, 3000);
	did("failed wrong the key is wrong\n");
	ck_assert_int_eq(t->code, LQ_EPERM);
	t = running("r");
	says(t, "{\"event\":\"state\",\"state\":\"failed\",\"code\":\"EINVAL\",\"text\":\"no such size\"}\n");
	lq__egress_exited(t, EXITED(2), now, 3000);
	did("failed wrong no such size\n");
	t = running("r");
	lq__egress_exited(t, EXITED(2), now, 3000);
	did("failed wrong the process does not take what it was told\n");
	ck_assert_uint_eq(egress.figures.failed, 3);
	ck_assert_uint_eq(egress.figures.living, 0);
	ck_assert_int_eq(pass(1000 * SECOND), INT64_MAX);
	did("");
}
END_TEST

/* ---- restarts ---- */

START_TEST(a_killed_task_is_started_again)
{
	lq__egress_task *t = running("r");
	lq__egress_exited(t, KILLED, now, 3000);
	did("restarting wrong the process was killed by signal 9 (Killed); it is restarted in 0.5 s\n");
	ck_assert_int_eq(pass(499 * MS), now + 1 * MS);
	did("");
	pass(1 * MS);
	did("process starts\nstarting - \n");
	says(t, "{\"event\":\"state\",\"state\":\"running\"}\n");
	did("running - \n");
	ck_assert_uint_eq(t->restarts, 1);
}
END_TEST

START_TEST(restarts_take_longer_each_time_and_come_to_an_end)
{
	static const int ms[] = {500, 1000, 2000, 4000, 8000};
	lq__egress_task *t = running("r");
	for (int i = 0; i < LQ_EGRESS_RESTARTS_MAX; i++) {
		lq__egress_exited(t, EXITED(0), now, 3000);
		ck_assert_int_eq(t->state, LQ_EGRESS_RESTARTING);
		pass(ms[i] * MS - 1);
		ck_assert_int_eq(t->state, LQ_EGRESS_RESTARTING);
		pass(1);
		ck_assert_int_eq(t->state, LQ_EGRESS_STARTING);
	}
	*log_text = 0;
	lq__egress_exited(t, EXITED(7), now, 3000);
	did("failed wrong the process ended with status 7 without saying why; it was restarted 5 times within a minute, and is not any more\n");
	ck_assert_int_eq(t->code, LQ_ECRASH);
}
END_TEST

START_TEST(restarts_of_long_ago_do_not_count)
{
	lq__egress_task *t = running("r");
	for (int i = 0; i < 20; i++) {
		lq__egress_exited(t, KILLED, now, 3000);
		pass(500 * MS);
		ck_assert_int_eq(t->state, LQ_EGRESS_STARTING);
		says(t, "{\"event\":\"state\",\"state\":\"running\"}\n");
		now += 61 * SECOND;
	}
	ck_assert_uint_eq(t->restarts, 20);
}
END_TEST

START_TEST(a_process_that_says_nothing_is_killed)
{
	lq__egress_task *t = running("r");
	ck_assert_int_eq(pass(59 * SECOND), now + 1 * SECOND);
	says(t, "{\"event\":\"figures\",\"seconds\":1}\n");
	pass(59 * SECOND);
	did("");
	pass(1 * SECOND);
	did("kill\n");
	lq__egress_exited(t, KILLED, now, 3000);
	ck_assert_int_eq(t->state, LQ_EGRESS_RESTARTING);
}
END_TEST

START_TEST(a_process_that_does_not_stop_is_killed)
{
	lq__egress_task *t = running("r");
	lq__egress_stop(t, now);
	did("stop\nstopping - \n");
	ck_assert_int_eq(pass(0), now + LQ_EGRESS_STOP_MAX);
	pass(LQ_EGRESS_STOP_MAX);
	did("kill\n");
	lq__egress_exited(t, KILLED, now, 3000);
	did("ended - \n");
}
END_TEST

START_TEST(stopping_between_two_processes_ends_it)
{
	lq__egress_task *t = running("r");
	lq__egress_exited(t, KILLED, now, 3000);
	*log_text = 0;
	lq__egress_stop(t, now);
	did("stopping - \n");
	pass(0);
	did("ended - \n");
	pass(10 * SECOND);
	did("");
}
END_TEST

START_TEST(what_does_not_start_again_is_tried_again)
{
	lq__egress_task *t = running("r");
	lq__egress_exited(t, KILLED, now, 3000);
	*log_text = 0;
	start_result = LQ_ENOENT;
	pass(500 * MS);
	did("restarting wrong there is no such program; it is restarted in 1.0 s\n");
	start_result = 0;
	pass(1000 * MS);
	did("process starts\nstarting - \n");
	start_result = LQ_ENOENT;
	ck_assert_int_eq(try_start("r", "{\"record\": [\"a.mp4\"]}", &t), LQ_ENOENT); /* at first it is the answer */
	ck_assert_str_eq(egress_error, "there is no such program");
}
END_TEST

/* ---- commands ---- */

static char answers[1000];

static void on_answer(void *who, int64_t id, int code, const char *text)
{
	size_t n = strlen(answers);
	snprintf(answers + n, sizeof answers - n, "%s %d %d %s\n", (const char *)who, (int)id, code, text);
}

static int layout(lq__egress_task *t, const char *name, int64_t id)
{
	json_t *l = json_string(name);
	*answers = *egress_error = 0;
	int e = lq__egress_layout(t, l, now, on_answer, (void *)"ann", id, egress_error, sizeof egress_error);
	json_decref(l);
	return e;
}

START_TEST(a_layout_is_what_the_task_says_of_it)
{
	lq__egress_task *t = running("r");
	ck_assert_int_eq(layout(t, "grid", 7), 0);
	did("told {\"command\":\"layout\",\"id\":1,\"layout\":\"grid\"}\n");
	ck_assert_str_eq(answers, "");
	says(t, "{\"event\":\"answer\",\"id\":5,\"code\":\"OK\"}\n"); /* to what? */
	ck_assert_str_eq(answers, "");
	says(t, "{\"event\":\"answer\",\"id\":1,\"code\":\"OK\",\"text\":\"\"}\n");
	ck_assert_str_eq(answers, "ann 7 0 \n");
	ck_assert_str_eq(json_string_value(json_object_get(t->spec, "layout")), "grid"); /* the next process begins with it */
	ck_assert_int_eq(layout(t, "speaker", 8), 0);
	says(t, "{\"event\":\"answer\",\"id\":2,\"code\":\"EINVAL\",\"text\":\"nobody is called so\"}\n");
	ck_assert_str_eq(answers, "ann 8 -1 nobody is called so\n");
	ck_assert_str_eq(json_string_value(json_object_get(t->spec, "layout")), "grid");
}
END_TEST

START_TEST(an_answer_that_does_not_come_is_not_waited_for)
{
	lq__egress_task *t = running("r");
	ck_assert_int_eq(layout(t, "grid", 7), 0);
	ck_assert_int_eq(pass(0), now + 5 * SECOND);
	pass(5 * SECOND);
	ck_assert_str_eq(answers, "ann 7 -16 the task has not answered within 5 s\n");
	says(t, "{\"event\":\"answer\",\"id\":1,\"code\":\"OK\"}\n");
	ck_assert_str_eq(answers, "ann 7 -16 the task has not answered within 5 s\n");
}
END_TEST

START_TEST(who_is_gone_gets_no_answer)
{
	lq__egress_task *t = running("r");
	ck_assert_int_eq(layout(t, "grid", 7), 0);
	json_t *l = json_string("speaker");
	static char ann[] = "ann";
	lq__egress_layout(t, l, now, on_answer, ann, 8, egress_error, sizeof egress_error);
	json_decref(l);
	lq__egress_forget(&egress, ann);
	says(t, "{\"event\":\"answer\",\"id\":2,\"code\":\"OK\"}\n");
	ck_assert_str_eq(answers, "");
	ck_assert_str_eq(json_string_value(json_object_get(t->spec, "layout")), "speaker"); /* it is done all the same */
	lq__egress_exited(t, KILLED, now, 3000);
	ck_assert_str_eq(answers, "ann 7 -4 the task is being restarted: try again when it runs\n");
	ck_assert_int_eq(layout(t, "grid", 9), LQ_ESTATE);
	ck_assert_str_eq(egress_error, "the task is being restarted: try again when it runs");
}
END_TEST

START_TEST(commands_are_bounded)
{
	lq__egress_task *t = running("r");
	for (int i = 0; i < LQ_EGRESS_COMMANDS_MAX; i++)
		ck_assert_int_eq(layout(t, "grid", i), 0);
	ck_assert_int_eq(layout(t, "grid", 99), LQ_EAGAIN);
	ck_assert_str_eq(egress_error, "the task has not answered the last 8 changes yet: wait");
	pass(5 * SECOND);
	tell_result = LQ_EAGAIN;
	ck_assert_int_eq(layout(t, "grid", 99), LQ_EAGAIN);
	ck_assert_str_eq(egress_error, "the task does not listen: try again");
}
END_TEST

/* ---- limits ---- */

START_TEST(a_room_has_six_tasks)
{
	lq__egress_task *t, *first = start("r");
	for (int i = 1; i < 6; i++)
		start("r");
	ck_assert_int_eq(try_start("r", "{\"to\": [\"srt://h:1\"]}", &t), LQ_EFULL);
	ck_assert_str_eq(egress_error, "the room has 6 tasks, more are not possible: stop one first");
	start("q");
	lq__egress_stop(first, now);
	ck_assert_int_eq(try_start("r", "{\"to\": [\"srt://h:1\"]}", &t), LQ_EFULL); /* not yet gone */
	lq__egress_exited(first, EXITED(0), now, 0);
	ck_assert_int_eq(try_start("r", "{\"to\": [\"srt://h:1\"]}", &t), 0);
}
END_TEST

START_TEST(the_server_has_a_limit)
{
	lq__egress_task *t;
	char room[20];
	for (int i = 0; i < LQ_EGRESS_TASKS_MAX; i++) {
		snprintf(room, sizeof room, "r%d", i);
		start(room);
	}
	ck_assert_int_eq(try_start("r", "{\"to\": [\"srt://h:1\"]}", &t), LQ_EFULL);
	ck_assert_str_eq(egress_error, "the server has 200 tasks and takes no more");
}
END_TEST

START_TEST(the_last_hundred_that_ended_are_known)
{
	char first[LQ_SID_SIZE] = "", second[LQ_SID_SIZE] = "";
	for (int i = 0; i < LQ_EGRESS_ENDED_MAX + 1; i++) {
		lq__egress_task *t = start("r");
		if (i < 2)
			strcpy(i ? second : first, t->id);
		lq__egress_stop(t, now);
		lq__egress_exited(t, EXITED(0), now, 0);
	}
	ck_assert_ptr_null(lq__egress_find(&egress, "r", first));
	ck_assert_ptr_nonnull(lq__egress_find(&egress, "r", second));
	ck_assert_uint_eq(lq__egress_count(&egress, LQ_EGRESS_ENDED), LQ_EGRESS_ENDED_MAX);
}
END_TEST

START_TEST(tasks_end_with_their_room)
{
	lq__egress_task *a = running("r"), *b = running("q");
	lq__egress_room_ended(&egress, "r", now);
	ck_assert_int_eq(a->state, LQ_EGRESS_STOPPING);
	ck_assert_int_eq(b->state, LQ_EGRESS_RUNNING);
	lq__egress_stop_all(&egress, now);
	ck_assert_int_eq(b->state, LQ_EGRESS_STOPPING);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("egress");
	tcase_add_checked_fixture(t, egress_set_up, egress_tear_down);
	tcase_add_test(t, a_task_starts_runs_and_ends);
	tcase_add_test(t, a_task_that_waits_for_a_server_says_which_is_wrong);
	tcase_add_test(t, what_failed_for_good_is_not_started_again);
	tcase_add_test(t, a_killed_task_is_started_again);
	tcase_add_test(t, restarts_take_longer_each_time_and_come_to_an_end);
	tcase_add_test(t, restarts_of_long_ago_do_not_count);
	tcase_add_test(t, a_process_that_says_nothing_is_killed);
	tcase_add_test(t, a_process_that_does_not_stop_is_killed);
	tcase_add_test(t, stopping_between_two_processes_ends_it);
	tcase_add_test(t, what_does_not_start_again_is_tried_again);
	tcase_add_test(t, a_layout_is_what_the_task_says_of_it);
	tcase_add_test(t, an_answer_that_does_not_come_is_not_waited_for);
	tcase_add_test(t, who_is_gone_gets_no_answer);
	tcase_add_test(t, commands_are_bounded);
	tcase_add_test(t, a_room_has_six_tasks);
	tcase_add_test(t, the_server_has_a_limit);
	tcase_add_test(t, the_last_hundred_that_ended_are_known);
	tcase_add_test(t, tasks_end_with_their_room);
	return run_case("server/egress", t);
}
