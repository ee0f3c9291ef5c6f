/* Egress tasks without processes, on a virtual clock: states, restarts, limits, what processes may say. */
#include "tests/unit/suite.h"

#include <loquat/plugin/errors.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "server/egress/spec.h"
#include "server/egress/status.h"
#include "server/egress/tasks.h"

#define SECOND INT64_C(1000000000)
#define MS INT64_C(1000000)
#define KILLED 9              /* wait statuses */
#define EXITED(n) ((n) << 8)

static lq__egress egress;
static char log_text[65536];
static int64_t now;
static int start_result, tell_result, n_processes;
static char error[512];

static void note(const char *fmt, const char *a, const char *b, const char *c)
{
	size_t n = strlen(log_text);
	snprintf(log_text + n, sizeof log_text - n, fmt, a, b, c);
}

/* Everything that was to be done since the last time. */
static void did(const char *text)
{
	ck_assert_str_eq(log_text, text);
	*log_text = 0;
}

static int on_start(void *arg, lq__egress_task *t, void **process, char *why, size_t size)
{
	if (start_result) {
		snprintf(why, size, "there is no such program");
		return start_result;
	}
	*process = t;
	n_processes++;
	note("process starts%s%s%s\n", "", "", "");
	return 0;
}

static int on_tell(void *process, const json_t *command)
{
	char *text = json_dumps(command, JSON_COMPACT | JSON_SORT_KEYS);
	if (!tell_result)
		note("told %s%s%s\n", text, "", "");
	free(text);
	return tell_result;
}

static void on_stop(void *process) { note("stop%s%s%s\n", "", "", ""); }
static void on_kill(void *process) { note("kill%s%s%s\n", "", "", ""); }

static void on_changed(void *arg, const lq__egress_task *t)
{
	note("%s %s %s\n", lq__egress_state_name(t->state), t->code ? "wrong" : "-", t->text);
}

static void set_up(void)
{
	const lq__egress_host host = {on_start, on_tell, on_stop, on_kill, on_changed, NULL};
	lq__egress_init(&egress, &host);
	*log_text = 0;
	now = 100 * SECOND;
	start_result = tell_result = n_processes = 0;
}

static void tear_down(void)
{
	lq__egress_finish(&egress);
	ck_assert_int_eq(lq__alloc_live(), 0);
}

static int try_start(const char *room, const char *spec, lq__egress_task **out)
{
	json_t *o = json_loads(spec, 0, NULL);
	int e = lq__egress_start(&egress, room, room, o, now, 1000, out, error, sizeof error);
	json_decref(o);
	return e;
}

static lq__egress_task *start(const char *room)
{
	lq__egress_task *t = NULL;
	ck_assert_msg(!try_start(room, "{\"to\": [\"rtmp://host/app/key\", \"srt://host:1\"], \"record\": [\"a.mp4\"]}", &t), "%s", error);
	return t;
}

static void says(lq__egress_task *t, const char *text)
{
	lq__egress_received(t, text, strlen(text), now);
}

static lq__egress_task *running(const char *room)
{
	lq__egress_task *t = start(room);
	says(t, "{\"event\":\"state\",\"state\":\"starting\"}\n{\"event\":\"state\",\"state\":\"running\"}\n");
	*log_text = 0;
	return t;
}

static int64_t pass(int64_t time)
{
	now += time;
	return lq__egress_tick(&egress, now, 2000);
}

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
	ck_assert_str_eq(error, "there is no such program");
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
	*answers = *error = 0;
	int e = lq__egress_layout(t, l, now, on_answer, (void *)"ann", id, error, sizeof error);
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
	lq__egress_layout(t, l, now, on_answer, ann, 8, error, sizeof error);
	json_decref(l);
	lq__egress_forget(&egress, ann);
	says(t, "{\"event\":\"answer\",\"id\":2,\"code\":\"OK\"}\n");
	ck_assert_str_eq(answers, "");
	ck_assert_str_eq(json_string_value(json_object_get(t->spec, "layout")), "speaker"); /* it is done all the same */
	lq__egress_exited(t, KILLED, now, 3000);
	ck_assert_str_eq(answers, "ann 7 -4 the task is being restarted: try again when it runs\n");
	ck_assert_int_eq(layout(t, "grid", 9), LQ_ESTATE);
	ck_assert_str_eq(error, "the task is being restarted: try again when it runs");
}
END_TEST

START_TEST(commands_are_bounded)
{
	lq__egress_task *t = running("r");
	for (int i = 0; i < LQ_EGRESS_COMMANDS_MAX; i++)
		ck_assert_int_eq(layout(t, "grid", i), 0);
	ck_assert_int_eq(layout(t, "grid", 99), LQ_EAGAIN);
	ck_assert_str_eq(error, "the task has not answered the last 8 changes yet: wait");
	pass(5 * SECOND);
	tell_result = LQ_EAGAIN;
	ck_assert_int_eq(layout(t, "grid", 99), LQ_EAGAIN);
	ck_assert_str_eq(error, "the task does not listen: try again");
}
END_TEST

/* ---- limits ---- */

START_TEST(a_room_has_six_tasks)
{
	lq__egress_task *t, *first = start("r");
	for (int i = 1; i < 6; i++)
		start("r");
	ck_assert_int_eq(try_start("r", "{\"to\": [\"srt://h:1\"]}", &t), LQ_EFULL);
	ck_assert_str_eq(error, "the room has 6 tasks, more are not possible: stop one first");
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
	ck_assert_str_eq(error, "the server has 200 tasks and takes no more");
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

/* ---- what processes may say ---- */

START_TEST(nonsense_is_counted_and_passed_over)
{
	static const char *const lines[] = {
		"", "nonsense", "[]", "{}", "{\"event\":\"gossip\"}", "{\"event\":\"state\"}", "{\"event\":\"state\",\"state\":\"waiting\"}", "{\"event\":\"state\",\"state\":7}",
		"{\"event\":\"target\",\"state\":\"running\"}", "{\"event\":\"target\",\"index\":-1,\"state\":\"running\"}", "{\"event\":\"target\",\"index\":8,\"state\":\"running\"}",
		"{\"event\":\"answer\",\"code\":\"OK\"}", "{\"event\":\"answer\",\"id\":1}", "{\"event\":\"answer\",\"id\":\"1\",\"code\":\"OK\"}", "\xff\xfe",
	};
	lq__egress_task *t = start("r");
	*log_text = 0;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		says(t, lines[i]);
		says(t, "\n");
		ck_assert_uint_eq(egress.figures.refused_lines, i + 1);
	}
	did("");
	says(t, "{\"event\":\"state\",\"state\":\"running\",\"more\":[1]}\n");
	did("running - \n");
}
END_TEST

START_TEST(a_process_that_says_nothing_but_nonsense_is_killed)
{
	lq__egress_task *t = running("r");
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < LQ_EGRESS_REFUSED_MAX; i++)
			says(t, "nonsense\n");
		did("");
		says(t, "nonsense\nnonsense\n");
		says(t, "nonsense\n");
		did("kill\n"); /* once */
		lq__egress_exited(t, KILLED, now, 3000);
		pass(1000 * MS);
		ck_assert_int_eq(t->state, LQ_EGRESS_STARTING); /* and the next one begins anew */
		*log_text = 0;
	}
}
END_TEST

START_TEST(a_line_without_an_end_is_not_kept)
{
	static char much[LQ_EGRESS_LINE_MAX];
	lq__egress_task *t = start("r");
	*log_text = 0;
	memset(much, ' ', sizeof much);
	lq__egress_received(t, much, sizeof much, now);
	for (int i = 0; i < 100; i++)
		lq__egress_received(t, much, sizeof much, now);
	says(t, "{\"event\":\"state\",\"state\":\"running\"}\n"); /* the end of that line */
	did("");
	ck_assert_uint_eq(egress.figures.refused_lines, 1);
	says(t, "{\"event\":\"state\",\"state\":\"running\"}\n");
	did("running - \n");
}
END_TEST

START_TEST(codes_and_texts_are_kept_within_bounds)
{
	char line[2000] = "{\"event\":\"target\",\"index\":0,\"state\":\"waiting\",\"code\":\"EWHATEVER\",\"text\":\"";
	lq__egress_task *t = running("r");
	for (int i = 0; i < 300; i++)
		strcat(line, "ä");
	strcat(line, "\"}\n");
	says(t, line);
	ck_assert_int_eq(t->code, LQ_EPROTO);
	ck_assert_uint_eq(strlen(t->text), LQ_EGRESS_TEXT_MAX);
	json_t *o = lq__egress_event_json(t);
	ck_assert_ptr_nonnull(o); /* it is UTF-8 still */
	json_decref(o);
}
END_TEST

/* ---- how it looks ---- */

static void shows(const char *url, const char *expected)
{
	char out[LQ_EGRESS_URL_MAX + 8];
	lq__egress_url_public(url, out, sizeof out);
	ck_assert_str_eq(out, expected);
}

START_TEST(no_key_is_shown)
{
	shows("rtmp://host/app/key", "rtmp://host/app/…");
	shows("rtmp://user:pass@host:1935/app/deep/key?x=y", "rtmp://host:1935/app/deep/…");
	shows("rtmp://host/key", "rtmp://host/…");
	shows("rtmp://a@b@host", "rtmp://host");
	shows("srt://host:1?passphrase=secret", "srt://host:1…");
	shows("https://host/whip/endpoint", "https://host/whip/…");
	shows("https://user@host/live/show.m3u8?sig=1", "https://host/live/…");
	shows("https://host/live/show.m3u8", "https://host/live/show.m3u8");
	shows("live/show.m3u8", "live/show.m3u8");
	char out[100];
	lq__egress_text_public("to rtmp://h/a/key: no; \"srt://h:1?p=q\", and http://u:p@h", out, sizeof out);
	ck_assert_str_eq(out, "to rtmp://h/a/…: no; \"srt://h:1…\", and http://h");
	lq__egress_text_public("://", out, sizeof out);
	ck_assert_str_eq(out, "://");
	lq__egress_text_public("rtmp://host/application/key is much too long for this", out, 20);
	ck_assert_str_eq(out, "rtmp://host/applica");
}
END_TEST

START_TEST(lists_and_events_have_no_secrets)
{
	lq__egress_task *t = running("r");
	says(t, "{\"event\":\"target\",\"index\":0,\"state\":\"waiting\",\"code\":\"ECONN\",\"text\":\"rtmp://host/app/key: nobody listens there\"}\n");
	says(t, "{\"event\":\"figures\",\"seconds\":1.5}\n");
	json_t *list = lq__egress_list_json(&egress, "r"), *event = lq__egress_event_json(t);
	char expected[1000], *text = json_dumps(list, JSON_COMPACT);
	snprintf(expected, sizeof expected,
	         "[{\"task\":\"%s\",\"room\":\"r\",\"room_sid\":\"r\",\"state\":\"waiting\",\"code\":\"ECONN\",\"text\":\"rtmp://host/app/…: nobody listens there\","
	         "\"restarts\":0,\"started_ms\":1000,\"targets\":[{\"url\":\"rtmp://host/app/…\",\"state\":\"waiting\",\"code\":\"ECONN\",\"text\":\"rtmp://host/app/…: nobody listens there\"},"
	         "{\"url\":\"srt://host:1\",\"state\":\"starting\"},{\"url\":\"a.mp4\",\"state\":\"starting\"}],\"figures\":{\"seconds\":1.5}}]", t->id);
	ck_assert_str_eq(text, expected);
	free(text);
	text = json_dumps(event, JSON_COMPACT);
	snprintf(expected, sizeof expected, "{\"type\":\"egress\",\"task\":\"%s\",\"state\":\"waiting\",\"code\":\"ECONN\",\"text\":\"… nobody listens there\"}", t->id);
	ck_assert_str_eq(text, expected);
	free(text);
	json_decref(list);
	json_decref(event);
}
END_TEST

/* ---- what may be asked for ---- */

static void refused(const char *spec, int code, const char *expected)
{
	char why[256] = "";
	lq__reader r = {why, sizeof why, "egress"};
	json_error_t je;
	json_t *o = json_loads(spec, 0, &je);
	ck_assert_msg(o != NULL, "%s: %s", spec, je.text);
	ck_assert_msg(lq__egress_spec_check(&r, o) == code, "%s: %s", spec, why);
	ck_assert_msg(!strcmp(why, expected), "%s: %s", spec, why);
	json_decref(o);
}

START_TEST(what_is_wrong_is_named)
{
	refused("{}", LQ_EINVAL, "egress.to: missing: say where it is sent (to), or recorded (record)");
	refused("{\"to\":[]}", LQ_EINVAL, "egress.to: missing: say where it is sent (to), or recorded (record)");
	refused("{\"to\":\"rtmp://h/a/k\"}", LQ_EINVAL, "egress.to: must be an array of strings, is a string");
	refused("{\"to\":[7]}", LQ_EINVAL, "egress.to[0]: must be a string, is an integer");
	refused("{\"to\":[\"srt://h:1\",\"ftp://h/f\"]}", LQ_EINVAL, "egress.to[1]: must be an address of rtmp, rtmps, srt, http or https");
	refused("{\"to\":[\"show.mp4\"]}", LQ_EINVAL, "egress.to[0]: must be an address of rtmp, rtmps, srt, http or https, or a name that ends in .m3u8 or .mpd");
	refused("{\"to\":[\"../show.m3u8\"]}", LQ_EINVAL, "egress.to[0]: must be a relative name of letters, digits, space and -_. whose parts do not begin with a dot");
	refused("{\"to\":[\"rtmp://\"]}", LQ_EINVAL, "egress.to[0]: this is no address: it names no host");
	refused("{\"to\":[\"rtmp://h/a b\"]}", LQ_EINVAL, "egress.to[0]: this is no address: it has spaces or control characters");
	refused("{\"to\":[\"srt://h:1\",\"srt://h:1\"]}", LQ_EEXIST, "egress.to[1]: the same as to[0]");
	refused("{\"to\":[\"a://b\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\"]}", LQ_EFULL, "egress.to: 9 of them, at most 8 are taken");
	refused("{\"to\":[\"srt://1\",\"srt://2\",\"srt://3\",\"srt://4\"],\"record\":[\"1.ts\",\"2.ts\",\"3.ts\",\"4.ts\",\"5.ts\"]}", LQ_EFULL,
	        "egress.record: 9 targets with those in to, at most 8 are taken");
	refused("{\"record\":[\"/etc/a.mp4\"]}", LQ_EINVAL, "egress.record[0]: must be a relative name of letters, digits, space and -_. whose parts do not begin with a dot");
	refused("{\"record\":[\"a//b.mp4\"]}", LQ_EINVAL, "egress.record[0]: must be a relative name of letters, digits, space and -_. whose parts do not begin with a dot");
	refused("{\"record\":[\"a.exe\"]}", LQ_EINVAL, "egress.record[0]: must end in .mp4, .mkv, .webm, .flv or .ts");
	refused("{\"record\":[\"a.webm\"]}", LQ_EFORMAT, "egress.record[0]: WebM holds no H.264: use .mkv or .mp4");
	refused("{\"record\":[\"a.webm\"],\"user\":\"ann\"}", 0, "");
	refused("{\"record\":[\"a.mp4\"],\"give_up\":-1}", LQ_ERANGE, "egress.give_up: must be 0 to 86400, is -1");
	refused("{\"record\":[\".mp4\"]}", LQ_EINVAL, "egress.record[0]: must end in .mp4, .mkv, .webm, .flv or .ts");
	refused("{\"record\":[\"a.ts\"],\"layout\":\"pile\"}", LQ_EINVAL, "egress.layout: must be grid, speaker, side-by-side or an object, is \"pile\"");
	refused("{\"record\":[\"a.ts\"],\"layout\":[]}", LQ_EINVAL, "egress.layout: must be an object or a name, is an array");
	refused("{\"record\":[\"a.ts\"],\"size\":\"720p\"}", LQ_EINVAL, "egress.size: must be as 1280x720, each even and from 64 to 4096, is \"720p\"");
	refused("{\"record\":[\"a.ts\"],\"size\":\"1281x720\"}", LQ_EINVAL, "egress.size: must be as 1280x720, each even and from 64 to 4096, is \"1281x720\"");
	refused("{\"record\":[\"a.ts\"],\"size\":\"1280x720x\"}", LQ_EINVAL, "egress.size: must be as 1280x720, each even and from 64 to 4096, is \"1280x720x\"");
	refused("{\"record\":[\"a.ts\"],\"fps\":61}", LQ_ERANGE, "egress.fps: must be 1 to 60, is 61");
	refused("{\"record\":[\"a.ts\"],\"fps\":29.97}", LQ_EINVAL, "egress.fps: must be an integer, is a number with a fraction");
	refused("{\"record\":[\"a.ts\"],\"bitrate\":1}", LQ_ERANGE, "egress.bitrate: must be 50000 to 20000000, is 1");
	refused("{\"record\":[\"a.ts\"],\"audio_bitrate\":1}", LQ_ERANGE, "egress.audio_bitrate: must be 16000 to 320000, is 1");
	refused("{\"record\":[\"a.ts\"],\"user\":\"a b\"}", LQ_EINVAL, "egress.user: this is no user id");
	refused("{\"record\":[\"a.ts\"],\"stream\":\"main\"}", LQ_EINVAL, "egress.stream: whose? user is missing");
	refused("{\"record\":[\"a.ts\"],\"user\":\"ann\",\"stream\":\"tenth\"}", LQ_EINVAL, "egress.stream: must be main, sub or third to ninth, is \"tenth\"");
	refused("{\"to\":[\"rtmps://h/a/k\",\"https://h/whip\",\"a/b-c.m3u8\"],\"record\":[\"my show.mp4\"],\"layout\":{\"layout\":\"grid\"},\"size\":\"1280x720\",\"fps\":30,"
	        "\"bitrate\":2500000,\"audio_bitrate\":128000,\"user\":\"ann\",\"stream\":\"sub\",\"more\":1}", 0, "");
}
END_TEST

START_TEST(layouts_and_names_have_a_length)
{
	char why[256];
	lq__reader r = {why, sizeof why, "layout"};
	char *much = malloc(LQ_EGRESS_LAYOUT_MAX + 1);
	memset(much, 'x', LQ_EGRESS_LAYOUT_MAX);
	much[LQ_EGRESS_LAYOUT_MAX] = 0;
	json_t *o = json_pack("{s:s}", "title", much);
	ck_assert_int_eq(lq__egress_layout_check(&r, o), LQ_ERANGE);
	ck_assert_str_eq(why, "layout.layout: at most 16384 bytes, this one has 16396");
	json_decref(o);
	much[LQ_EGRESS_FILE_MAX + 1] = 0;
	memcpy(much + LQ_EGRESS_FILE_MAX - 3, ".mp4", 4);
	o = json_pack("{s:[s]}", "record", much);
	ck_assert_int_eq(lq__egress_spec_check(&r, o), LQ_ERANGE);
	ck_assert_str_eq(why, "layout.record[0]: a file name has at most 200 bytes, this one has 201");
	json_decref(o);
	ck_assert_int_eq(lq__egress_layout_check(&r, NULL), LQ_EINVAL);
	ck_assert_str_eq(why, "layout.layout: missing");
	free(much);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("egress");
	tcase_add_checked_fixture(t, set_up, tear_down);
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
	tcase_add_test(t, nonsense_is_counted_and_passed_over);
	tcase_add_test(t, a_process_that_says_nothing_but_nonsense_is_killed);
	tcase_add_test(t, a_line_without_an_end_is_not_kept);
	tcase_add_test(t, codes_and_texts_are_kept_within_bounds);
	tcase_add_test(t, no_key_is_shown);
	tcase_add_test(t, lists_and_events_have_no_secrets);
	tcase_add_test(t, what_is_wrong_is_named);
	tcase_add_test(t, layouts_and_names_have_a_length);
	return run_case("server/egress", t);
}
