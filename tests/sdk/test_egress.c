/* Egress tasks by the SDK, with the real server and the real process: a recording begins, is changed and ends, all hear of it, and what is wrong is told. */
#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "loquatd.h"

static loquatd server;
static char dir[] = "/tmp/loquat-egress-XXXXXX";

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	server = loquatd_start_with((const char *const[]){"--egress-dir", dir, NULL});
}

static void teardown(void)
{
	char path[600];
	loquatd_stop(&server, SIGTERM);
	DIR *d = opendir(dir);
	for (struct dirent *e; d && (e = readdir(d)); ) {
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		unlink(path);
	}
	closedir(d);
	ck_assert_int_eq(rmdir(dir), 0);
}

static lq_egress_spec spec_of(const char *const *record, uint32_t n)
{
	return (lq_egress_spec){.size = sizeof(lq_egress_spec), .record = record, .n_record = n, .width = 320, .height = 180, .fps = 15};
}

/* States come one by one; what is in between does not matter. */
static const lq_sdk_event *await_state(lq_engine *e, lq_room *room, lq_egress_state state)
{
	const lq_sdk_event *ev;
	do
		ev = await(e, room, LQ_ON_EGRESS);
	while (ev->state != (int)state);
	return ev;
}

static int result(lq_engine *e, lq_room *room, lq_egress_request request, const char *task, int *ctx)
{
	const lq_sdk_event *ev = await(e, room, LQ_ON_EGRESS_RESULT);
	ck_assert_int_eq(ev->state, (int)request);
	ck_assert_ptr_eq(ev->ctx, ctx);
	ck_assert_str_eq(ev->name, task);
	return ev->code;
}

START_TEST(a_recording_begins_changes_and_ends)
{
	lq_engine *e = engine_real(NULL);
	lq_room *ann = joined(e, server.url, "ann", LQ_OFF, LQ_OFF), *bob = joined(e, server.url, "bob", LQ_OFF, LQ_OFF);
	lq_egress_spec spec = spec_of((const char *const[]){"show.mkv"}, 1);
	char task[65], path[600];
	struct stat s;
	int ctx;
	ck_assert_int_eq(lq_egress_start(ann, &spec, &ctx), 0);
	const lq_sdk_event *ev = await(e, ann, LQ_ON_EGRESS_RESULT);
	ck_assert_msg(!ev->code && ev->state == LQ_EGRESS_REQUEST_START && ev->ctx == &ctx && *ev->name, "%d: %s", ev->code, ev->text);
	snprintf(task, sizeof task, "%s", ev->name);
	ck_assert_str_eq(await_state(e, bob, LQ_EGRESS_STARTING)->name, task); /* everybody hears of it */
	ck_assert_int_eq(await_state(e, bob, LQ_EGRESS_RUNNING)->code, 0);
	await_state(e, ann, LQ_EGRESS_RUNNING);
	ck_assert_int_eq(lq_room_members(ann, NULL, 0), 1); /* and sees nobody more */
	ck_assert_int_eq(lq_egress_layout(ann, task, "side-by-side", &ctx), 0);
	ck_assert_int_eq(result(e, ann, LQ_EGRESS_REQUEST_LAYOUT, task, &ctx), 0);
	ck_assert_int_eq(lq_egress_layout(ann, task, "{\"layout\": \"speaker\", \"speaker\": \"zoe\"}", &ctx), 0);
	ck_assert_int_eq(result(e, ann, LQ_EGRESS_REQUEST_LAYOUT, task, &ctx), LQ_ENOENT);
	const char *sent;
	for (int i = 0; i < 600; i++) { /* its figures are there once a second */
		ck_assert_int_eq(lq_egress_list(ann, &ctx), 0);
		ev = await(e, ann, LQ_ON_EGRESS_RESULT);
		ck_assert_msg(!ev->code && ev->state == LQ_EGRESS_REQUEST_LIST && strstr(ev->text, task) && strstr(ev->text, "show.mkv"), "%s", ev->text);
		sent = strstr(ev->text, "\"bytesSent\":");
		if (sent && atol(sent + strlen("\"bytesSent\":")) > 10000)
			break;
		fetch_events(e, 100);
	}
	ck_assert_int_eq(lq_egress_stop(bob, task, NULL), 0);
	ck_assert_int_eq(result(e, bob, LQ_EGRESS_REQUEST_STOP, task, NULL), 0);
	ck_assert_int_eq(await_state(e, ann, LQ_EGRESS_ENDED)->code, 0);
	snprintf(path, sizeof path, "%s/show.mkv", dir);
	ck_assert_msg(!stat(path, &s) && s.st_size > 1000, "%s", path);
	ck_assert_int_eq(lq_egress_stop(ann, task, &ctx), 0);
	ck_assert_int_eq(result(e, ann, LQ_EGRESS_REQUEST_STOP, task, &ctx), LQ_ESTATE);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(what_the_server_refuses_is_told)
{
	lq_engine *e = engine_real(NULL);
	lq_room *ann = joined(e, server.url, "ann", LQ_OFF, LQ_OFF);
	lq_egress_spec spec = spec_of((const char *const[]){"../show.mkv"}, 1);
	ck_assert_int_eq(lq_egress_start(ann, &spec, NULL), 0);
	const lq_sdk_event *ev = await(e, ann, LQ_ON_EGRESS_RESULT);
	ck_assert_int_eq(ev->code, LQ_EINVAL);
	ck_assert_ptr_nonnull(strstr(ev->text, "egress_start.record[0]: must be a relative name"));
	ck_assert_int_eq(lq_egress_stop(ann, "none", NULL), 0);
	ck_assert_int_eq(result(e, ann, LQ_EGRESS_REQUEST_STOP, "none", NULL), LQ_ENOENT);
	ck_assert_int_eq(lq_egress_layout(ann, "none", "grid", NULL), 0);
	ck_assert_int_eq(result(e, ann, LQ_EGRESS_REQUEST_LAYOUT, "none", NULL), LQ_ENOENT);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(what_makes_no_sense_is_refused_at_once)
{
	lq_engine *e = engine_real(NULL);
	lq_room *room = NULL;
	const char *const nine[9] = {"a.ts", "b.ts", "c.ts", "d.ts", "e.ts", "f.ts", "g.ts", "h.ts", "i.ts"}, *const none[1] = {NULL};
	lq_egress_spec spec = spec_of(nine, 1), wrong;
	ck_assert_int_eq(lq_room_open(e, "r", NULL, &room), 0);
	ck_assert_int_eq(lq_egress_start(room, &spec, NULL), LQ_ESTATE);
	ck_assert_int_eq(lq_egress_list(room, NULL), LQ_ESTATE);
	ck_assert_int_eq(lq_egress_list(NULL, NULL), LQ_EINVAL);
	ck_assert_int_eq(lq_egress_start(NULL, &spec, NULL), LQ_EINVAL);
	ck_assert_int_eq(lq_egress_start(room, NULL, NULL), LQ_EINVAL);
	ck_assert_int_eq(lq_egress_start(room, &(lq_egress_spec)LQ_INIT(lq_egress_spec), NULL), LQ_EINVAL);
	wrong = spec_of(none, 1);
	ck_assert_int_eq(lq_egress_start(room, &wrong, NULL), LQ_EINVAL);
	wrong = spec_of(nine, 9);
	ck_assert_int_eq(lq_egress_start(room, &wrong, NULL), LQ_ERANGE);
	wrong = spec_of(nine, 8);
	wrong.to = nine;
	wrong.n_to = UINT32_MAX;
	ck_assert_int_eq(lq_egress_start(room, &wrong, NULL), LQ_ERANGE);
	wrong = spec;
	wrong.layout = "{\"layout\":";
	ck_assert_int_eq(lq_egress_start(room, &wrong, NULL), LQ_EPARSE);
	wrong = spec;
	wrong.size = 8;
	ck_assert_int_eq(lq_egress_start(room, &wrong, NULL), LQ_EINVAL);
	wrong = spec;
	wrong.stream = (lq_stream)9;
	ck_assert_int_eq(lq_egress_start(room, &wrong, NULL), LQ_EINVAL);
	ck_assert_int_eq(lq_egress_layout(room, "t", "{", NULL), LQ_EPARSE);
	ck_assert_int_eq(lq_egress_layout(room, "t", NULL, NULL), LQ_EINVAL);
	ck_assert_int_eq(lq_egress_layout(room, "", "grid", NULL), LQ_EINVAL);
	ck_assert_int_eq(lq_egress_stop(room, NULL, NULL), LQ_EINVAL);
	lq_room_close(room);
	ck_assert_int_eq(lq_egress_stop(room, "t", NULL), LQ_ESTATE);
	lq_engine_destroy(e);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("egress");
	TCase *t = tcase_create("egress");
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_recording_begins_changes_and_ends);
	tcase_add_test(t, what_the_server_refuses_is_told);
	tcase_add_test(t, what_makes_no_sense_is_refused_at_once);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
