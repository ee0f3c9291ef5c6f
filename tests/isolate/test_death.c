/* What happens when a helper ends, hangs or lies: the graph goes on, says why, and the node comes back as it was. */
#include "tests/isolate/rig.h"

#include <time.h>
#include <unistd.h>

static rig r;

static void begin(void)
{
	setenv("LQ_ISOLATE_BACKOFF_MS", "1", 1);
	setenv("LQ_ISOLATE_BACKOFF_MAX_MS", "10", 1);
	rig_init(&r);
}

static void end(void)
{
	rig_finish(&r);
}

static void nap(long us)
{
	nanosleep(&(struct timespec){0, us * 1000}, NULL);
}

START_TEST(a_call_survives_100_crashes_of_its_encoder)
{
	unsigned seed = 1;
	lq_node *cam = rig_node(&r, "cam", "capture.pattern", 0, "size=320x180,fps=60/1"), *enc = rig_node(&r, "enc", "codec.h264.enc", 1, NULL);
	lq_node *dec = rig_node(&r, "dec", "codec.h264.dec", 0, NULL);
	r.sink = rig_node(&r, "sink", "rig.sink", 0, NULL);
	rig_link(&r, cam, enc);
	rig_link(&r, enc, dec);
	rig_link(&r, dec, r.sink);
	rig_start(&r);
	rig_wait(&r, &r.frames, 5);
	rig_kill(&r, "enc", SIGSEGV); /* what is made once has been made then */
	rig_wait_stat(&r, "enc", "restarts", 1);
	rig_wait(&r, &r.frames, rig_get(&r, &r.frames) + 5);
	int fds = rig_count_fds(), maps = rig_count_maps("");
	long live = lq__alloc_live();
	for (int i = 2; i <= 101; i++) {
		long frames = rig_get(&r, &r.frames);
		rig_kill(&r, "enc", SIGSEGV);
		rig_wait_stat(&r, "enc", "restarts", i);
		rig_wait(&r, &r.frames, frames + 1);
		nap(rand_r(&seed) % 20000); /* any moment of its work */
	}
	rig_wait(&r, &r.frames, rig_get(&r, &r.frames) + 5);
	ck_assert_int_eq((int)rig_stat(&r, "enc", "restarts"), 101);
	ck_assert_int_gt((int)rig_stat(&r, "enc", "framesLost"), 0);
	ck_assert_int_eq(r.falls, 0);
	ck_assert_int_ge(r.warnings, 1);
	ck_assert_int_eq(r.errors, 0);
	ck_assert_int_le(abs(rig_count_fds() - fds), 2); /* the memory of what is on its way just now */
	ck_assert_int_le(abs(rig_count_maps("") - maps), 8);
	ck_assert_int_le(labs(lq__alloc_live() - live), 64);
}
END_TEST

static const int signals[] = {SIGSEGV, SIGKILL, SIGABRT, SIGTERM};

START_TEST(the_app_is_told_of_the_signal)
{
	char part[64];
	rig_chain(&r, "iso.filter", 1, NULL, NULL);
	rig_pump(&r, 3);
	rig_kill(&r, "node", signals[_i]);
	rig_pump_until(&r, &r.warnings, 1);
	snprintf(part, sizeof part, "its helper process crashed (SIG%s); it is started again", sigabbrev_np(signals[_i]));
	ck_assert_str_eq(r.text, part);
	rig_pump_until(&r, &r.frames, rig_get(&r, &r.frames) + 3);
	ck_assert_int_eq(rig_get(&r, &r.gaps), 1);
}
END_TEST

START_TEST(an_exit_is_told)
{
	rig_chain(&r, "iso.filter", 1, "wrong=exit,where=process", NULL);
	rig_pump_until(&r, &r.warnings, 1);
	ck_assert_str_eq(r.text, "its helper process ended (exit status 7); it is started again");
	ck_assert_int_eq(rig_get(&r, &r.frames), 0);
	ck_assert_int_ge((int)rig_stat(&r, "node", "framesLost"), 1);
}
END_TEST

START_TEST(a_hang_is_ended)
{
	setenv("LQ_ISOLATE_TIMEOUT_MS", "1000", 1);
	rig_chain(&r, "iso.filter", 1, "wrong=hang,where=process", NULL);
	rig_push(&r, 3);
	rig_wait(&r, &r.warnings, 1);
	ck_assert_str_eq(r.text, "its helper process did not answer within 1000 ms; it is started again");
	unsetenv("LQ_ISOLATE_TIMEOUT_MS");
}
END_TEST

static const struct {
	const char *params, *message;
	int code;
} starts[] = {
	{"wrong=crash,where=create", "n: iso.filter: its helper process crashed (SIGSEGV)", LQ_ECRASH},
	{"wrong=exit,where=create", "n: iso.filter: its helper process ended (exit status 7)", LQ_ECRASH},
	{"wrong=error,where=create", "n: iso.filter: it did not want to", LQ_EIO},
	{"wrong=hang,where=create", "n: iso.filter: its helper process did not answer within 1000 ms (create)", LQ_ETIMEDOUT}};

START_TEST(a_create_that_goes_wrong_says_how)
{
	lq_node *n;
	setenv("LQ_ISOLATE_TIMEOUT_MS", "1000", 1);
	ck_assert_int_eq(rig_try(&r, "n", "iso.filter", 1, starts[_i].params, &n), starts[_i].code);
	rig_check_message(&r, starts[_i].message);
	unsetenv("LQ_ISOLATE_TIMEOUT_MS");
}
END_TEST

START_TEST(a_start_that_goes_wrong_says_how_and_can_be_tried_again)
{
	r.feed = rig_node(&r, "feed", "rig.feed", 0, NULL);
	lq_node *node = rig_node(&r, "node", "iso.filter", 1, _i ? "wrong=crash,where=format" : "wrong=crash,where=start");
	r.sink = rig_node(&r, "sink", "rig.sink", 0, NULL);
	rig_link(&r, r.feed, node);
	rig_link(&r, node, r.sink);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(lq_graph_start(r.graph, NULL, r.diag), LQ_ECRASH);
		rig_check_message(&r, "its helper process crashed (SIGSEGV)");
		lq_diag_clear(r.diag);
	}
}
END_TEST

START_TEST(without_the_program_there_is_a_reason)
{
	lq_node *n;
	char *program = strdup(getenv("LQ_NODE_PROGRAM"));
	setenv("LQ_NODE_PROGRAM", "/nowhere/loquat-node", 1);
	ck_assert_int_eq(rig_try(&r, "n", "iso.filter", 1, NULL, &n), LQ_EIO);
	rig_check_message(&r, "its helper process cannot be started: /nowhere/loquat-node: No such file or directory");
	setenv("LQ_NODE_PROGRAM", program, 1);
	free(program);
}
END_TEST

START_TEST(parameters_and_rates_survive_a_restart)
{
	int64_t got[2];
	rig_chain(&r, "iso.enc", 1, NULL, NULL);
	rig_pump(&r, 2);
	lq_node *enc = lq_graph_find(r.graph, "node");
	ck_assert_int_eq(lq_node_set_param(enc, "level", "77", NULL, r.diag), 0);
	ck_assert_int_eq(lq_node_send_event(enc, &(lq_event){.struct_size = sizeof(lq_event), .type = LQ_EVENT_TARGET_RATE, .value = 98765}), 0);
	rig_pump(&r, 2);
	rig_kill(&r, "node", SIGKILL);
	rig_wait_stat(&r, "node", "restarts", 1);
	ck_assert_int_eq((int)rig_stat(&r, "node", "level"), 77);
	rig_pump_until(&r, &r.frames, rig_get(&r, &r.frames) + 2);
	memcpy(got, r.first, sizeof got);
	ck_assert_int_eq(got[1], 98765);
}
END_TEST

START_TEST(parameters_set_while_there_is_no_helper_are_kept)
{
	rig_chain(&r, "iso.filter", 1, NULL, NULL);
	rig_pump(&r, 2);
	for (int i = 1; i <= 20; i++) {
		char text[12];
		rig_kill(&r, "node", SIGKILL);
		snprintf(text, sizeof text, "%d", i);
		ck_assert_int_eq(lq_node_set_param(lq_graph_find(r.graph, "node"), "level", text, NULL, r.diag), 0);
		rig_wait_stat(&r, "node", "restarts", i);
		ck_assert_int_eq((int)rig_stat(&r, "node", "level"), i);
	}
}
END_TEST

START_TEST(a_decoder_that_comes_back_gets_a_key_frame)
{
	r.feed = rig_node(&r, "feed", "rig.feed", 0, NULL);
	lq_node *enc = rig_node(&r, "enc", "codec.h264.enc", 0, NULL), *dec = rig_node(&r, "dec", "codec.h264.dec", 1, NULL);
	r.sink = rig_node(&r, "sink", "rig.sink", 0, NULL);
	rig_link(&r, r.feed, enc);
	rig_link(&r, enc, dec);
	rig_link(&r, dec, r.sink);
	rig_start(&r);
	rig_pump(&r, 5);
	ck_assert_int_eq((int)rig_stat(&r, "enc", "keyFramesEncoded"), 1);
	rig_kill(&r, "dec", SIGSEGV);
	rig_pump_until(&r, &r.frames, 10);
	ck_assert_int_ge((int)rig_stat(&r, "enc", "keyFramesEncoded"), 2);
	ck_assert_int_eq((int)rig_stat(&r, "dec", "decodeErrors"), 0);
}
END_TEST

START_TEST(a_mixer_comes_back_with_all_its_inputs)
{
	rig_chain(&r, "iso.mix", 1, NULL, NULL);
	rig_pump(&r, 3);
	rig_kill(&r, "node", SIGSEGV);
	rig_pump_until(&r, &r.frames, 6);
	ck_assert_int_eq((int)rig_stat(&r, "node", "errors"), 0);
}
END_TEST

static const char *const captures[] = {"iso.count", "iso.blocking", "iso.own"};

START_TEST(a_capture_comes_back)
{
	lq_node *c = rig_node(&r, "c", captures[_i], 1, NULL);
	r.sink = rig_node(&r, "sink", "rig.sink", 0, NULL);
	rig_link(&r, c, r.sink);
	rig_start(&r);
	rig_wait(&r, &r.frames, 5);
	for (int i = 1; i <= 3; i++) {
		long n = rig_get(&r, &r.frames);
		rig_kill(&r, "c", SIGSEGV);
		rig_wait_stat(&r, "c", "restarts", i);
		rig_wait(&r, &r.frames, n + 20);
	}
}
END_TEST

START_TEST(the_graph_may_end_at_any_moment_of_a_restart)
{
	unsigned seed = 7;
	for (int i = 0; i < 30; i++) {
		rig_chain(&r, "iso.filter", 1, NULL, NULL);
		rig_push(&r, 2);
		rig_kill(&r, "node", SIGKILL);
		nap(rand_r(&seed) % 30000);
		ck_assert_int_eq(lq_graph_remove(r.graph, ""), 0);
	}
}
END_TEST

START_TEST(starts_are_further_and_further_apart)
{
	setenv("LQ_ISOLATE_BACKOFF_MS", "50", 1);
	setenv("LQ_ISOLATE_BACKOFF_MAX_MS", "200", 1);
	rig_chain(&r, "iso.filter", 1, NULL, NULL);
	rig_pump(&r, 1);
	int64_t begin_time = lq_clock_now(lq_clock_real());
	for (int i = 1; i <= 5; i++) {
		rig_kill(&r, "node", SIGKILL);
		rig_wait_stat(&r, "node", "restarts", i);
	}
	ck_assert_int_ge(lq_clock_now(lq_clock_real()) - begin_time, (0 + 50 + 100 + 200 + 200) * LQ_MSEC);
}
END_TEST

START_TEST(a_pure_node_that_opens_a_file_is_ended)
{
	rig_chain(&r, "iso.pure", 1, "wrong=open,where=process", NULL);
	rig_pump_until(&r, &r.warnings, 1);
	if (strstr(r.text, "crashed") || rig_get(&r, &r.frames)) /* built without libseccomp, or a sanitizer has its own way */
		return;
	ck_assert_str_eq(r.text, "its helper process was ended: system call not allowed by its sandbox (openat); it is started again");
}
END_TEST

START_TEST(a_pure_node_may_have_threads)
{
	rig_chain(&r, "iso.pure", 1, "wrong=thread,where=process,how=invert", NULL);
	rig_pump(&r, 10);
	ck_assert_int_eq((int)rig_stat(&r, "node", "restarts"), 0);
}
END_TEST

static const char *const lies[] = {"garbage", "offset", "planes", "segment", "unsealed", "small", "format", "port", "twice", "taken", "free", "record", "flags"};

START_TEST(a_helper_that_sends_nonsense_is_ended)
{
	char program[1000], *before = strdup(getenv("LQ_NODE_PROGRAM"));
	snprintf(program, sizeof program, "%s/tests/isolate/liar", getenv("top_builddir") ? getenv("top_builddir") : ".");
	setenv("LQ_NODE_PROGRAM", program, 1);
	setenv("LQ_TEST_LIE", lies[_i], 1);
	rig_chain(&r, "iso.filter", 1, NULL, NULL);
	rig_push(&r, 1);
	rig_wait(&r, &r.warnings, 1);
	ck_assert_msg(strstr(r.text, "its helper process was ended: it sent ") != NULL, "%s", r.text);
	ck_assert_int_eq(rig_get(&r, &r.frames), !strcmp(lies[_i], "twice"));
	setenv("LQ_NODE_PROGRAM", before, 1);
	free(before);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("death");
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, a_call_survives_100_crashes_of_its_encoder);
	tcase_add_loop_test(t, the_app_is_told_of_the_signal, 0, COUNT(signals));
	tcase_add_test(t, an_exit_is_told);
	tcase_add_test(t, a_hang_is_ended);
	tcase_add_loop_test(t, a_create_that_goes_wrong_says_how, 0, COUNT(starts));
	tcase_add_loop_test(t, a_start_that_goes_wrong_says_how_and_can_be_tried_again, 0, 2);
	tcase_add_test(t, without_the_program_there_is_a_reason);
	tcase_add_test(t, parameters_and_rates_survive_a_restart);
	tcase_add_test(t, parameters_set_while_there_is_no_helper_are_kept);
	tcase_add_test(t, a_decoder_that_comes_back_gets_a_key_frame);
	tcase_add_test(t, a_mixer_comes_back_with_all_its_inputs);
	tcase_add_loop_test(t, a_capture_comes_back, 0, COUNT(captures));
	tcase_add_test(t, the_graph_may_end_at_any_moment_of_a_restart);
	tcase_add_test(t, starts_are_further_and_further_apart);
	tcase_add_test(t, a_pure_node_that_opens_a_file_is_ended);
	tcase_add_test(t, a_pure_node_may_have_threads);
	tcase_add_loop_test(t, a_helper_that_sends_nonsense_is_ended, 0, COUNT(lies));
	return run_case("death of helpers", t);
}
