/* Edits of a running graph that fail: what they leave, and what they say. */
#include "tests/graph/edit_kit.h"

static void check_goes_on(const char *tag)
{
	long before = kit_seen(tag)->buffers;
	run(100);
	ck_assert_int_ge(kit_seen(tag)->buffers, before + 9);
	ck_assert_int_eq(kit_seen(tag)->back, 0);
	ck_assert_int_eq(k.errors, 0); /* what fails in a trial is told by the edit, not as trouble of the call */
}

START_TEST(node_that_cannot_be_made_leaves_all_as_it_is)
{
	build_chain(_i, NULL);
	lq_edit *e = edit();
	lq_param_text p[] = {{"tag", "b"}, {"fail", "create"}};
	lq_node_config c = {.use = "kit.enc", .params = p, .n_params = 2};
	ck_assert_int_eq(lq_edit_replace(e, lq_graph_find(k.graph, "enc"), &c, "enc", k.diag, NULL), LQ_ENODEV);
	kit_check_message(&k, "enc: kit.enc: no such thing here");
	c.use = "kit.ecn";
	ck_assert_int_eq(lq_edit_replace(e, lq_graph_find(k.graph, "enc"), &c, "enc", k.diag, NULL), LQ_ENOENT);
	kit_check_message(&k, "did you mean \"kit.enc\"?");
	lq_edit_destroy(e);
	check_goes_on("s");
	check_whole("s");
}
END_TEST

START_TEST(node_that_does_not_start_leaves_all_as_it_is)
{
	build_chain(_i, NULL);
	lq_edit *e = edit();
	replace(e, "enc", "kit.enc", "b", "fail", "start");
	fails(e, LQ_EBUSY, "did not start: the device is in use by somebody else");
	check_goes_on("s");
	check_whole("s");
}
END_TEST

START_TEST(node_that_takes_no_format_leaves_all_as_it_is)
{
	build_chain(_i, NULL);
	lq_edit *e = edit();
	replace(e, "enc", "kit.enc", "b", "fail", "format");
	fails(e, LQ_EFORMAT, "not this one, please");
	check_goes_on("s");
	check_whole("s");
}
END_TEST

START_TEST(node_that_fails_at_its_first_buffer_gives_the_stream_back)
{
	build_chain(_i, NULL);
	lq_edit *e = edit();
	replace(e, "enc", "kit.enc", "b", "fail", "op");
	fails(e, LQ_EIO, "failed: the paper is out; what was there goes on (1 buffer was lost)");
	check_goes_on("s");
	ck_assert_int_eq(kit_seen("s")->gaps, 1); /* that one */
	ck_assert_int_eq(kit_seen("s")->max_step, 20 * LQ_MSEC);
}
END_TEST

START_TEST(decoder_that_fails_gives_the_stream_back_at_a_key_frame)
{
	build_chain(_i, NULL);
	lq_edit *e = edit();
	replace(e, "dec", "kit.dec", "b", "fail", "op");
	fails(e, LQ_EIO, "failed: the paper is out");
	check_goes_on("s");
	ck_assert_int_eq(kit_seen("s")->gaps, 1);
}
END_TEST

START_TEST(capture_that_gives_nothing_leaves_all_as_it_is)
{
	build_chain(_i, NULL);
	lq_edit *e = edit();
	replace(e, "a", "kit.push", "b", NULL, NULL);
	ck_assert_int_eq(lq_edit_commit(e, LQ_SEC, k.diag), LQ_ETIMEDOUT);
	kit_check_message(&k, "a: kit.push gave nothing within 1000 ms; what was there goes on");
	lq_edit_destroy(e);
	check_goes_on("s");
	check_whole("s");
}
END_TEST

START_TEST(capture_that_fails_leaves_all_as_it_is)
{
	build_chain(_i, NULL);
	lq_edit *e = edit();
	replace(e, "a", "kit.source", "b", "fail", "read");
	fails(e, LQ_EIO, "failed: the cable is out");
	check_goes_on("s");
	check_whole("s");
}
END_TEST

START_TEST(missing_key_frame_leaves_all_as_it_is)
{
	lq_node *a = kit_node(&k, "a", "kit.source", "one", NULL, "media=h264,key_every=1000000"), *d = kit_node(&k, "dec", "kit.dec", "two", NULL, NULL);
	lq_node *s = kit_node(&k, "s", "kit.sink", "two", NULL, NULL);
	kit_link(&k, a, d, 0, 0);
	kit_link(&k, d, s, 0, 0);
	start();
	run(50);
	lq_edit *e = edit();
	replace(e, "dec", "kit.dec", "dec2", NULL, NULL);
	fails(e, LQ_ETIMEDOUT, "a: kit.source gave no key frame within 2000 ms");
	check_goes_on("s");
	check_whole("s");
	ck_assert_int_eq(kit_seen("dec2")->buffers, 0);
}
END_TEST

START_TEST(device_that_only_one_can_have_changes_hands)
{
	build_chain(_i, "exclusive=true");
	lq_edit *e = edit();
	lq_param_text p = {"size", "32x32"};
	ck_assert_int_eq(lq_edit_replace(e, lq_graph_find(k.graph, "a"), &(lq_node_config){.params = &p, .n_params = 1}, "a", k.diag, NULL), 0);
	commit(e);
	ck_assert_uint_eq(lq_diag_count(k.diag), 0);
	check_goes_on("s");
	ck_assert_int_eq(kit_seen("enc")->format.width, 32);
}
END_TEST

START_TEST(device_goes_back_when_the_new_node_cannot_use_it)
{
	build_chain(_i, NULL);
	run(5);
	lq_edit *e = edit();
	replace(e, "a", "kit.source", "b", "fail", "start");
	fails(e, LQ_EBUSY, "did not start: the device is in use by somebody else");
	ck_assert_int_eq(kit_seen("a")->stops, 1);
	ck_assert_int_eq(kit_seen("a")->starts, 2);
	check_goes_on("s");
}
END_TEST

START_TEST(wrong_requests_are_told)
{
	build_chain(_i, NULL);
	lq_node *a = lq_graph_find(k.graph, "a"), *enc = lq_graph_find(k.graph, "enc"), *late = kit_node(&k, "late", "kit.sink", NULL, NULL, NULL);
	lq_edit *e = edit();
	ck_assert_int_eq(lq_edit_remove(e, a, "x", k.diag), LQ_EINVAL);
	kit_check_message(&k, "x: a cannot be taken out: it has 0 inputs, and others need what it gives");
	ck_assert_int_eq(lq_edit_replace(e, late, &(lq_node_config){.use = "kit.sink"}, "x", k.diag, NULL), LQ_ESTATE);
	kit_check_message(&k, "x: late has not been started");
	ck_assert_int_eq(lq_edit_insert(e, lq_node_link(a, LQ_OUT, 0), &(lq_node_config){.name = "dec", .use = "kit.pass"}, "x", k.diag, NULL), LQ_EEXIST);
	kit_check_message(&k, "x: there is a node \"dec\" already");
	ck_assert_int_eq(lq_edit_remove(e, enc, "x", k.diag), 0);
	ck_assert_int_eq(lq_edit_remove(e, enc, "x", k.diag), LQ_EBUSY);
	kit_check_message(&k, "x: enc is changed by this edit already");
	ck_assert_int_eq(lq_edit_insert(e, lq_node_link(a, LQ_OUT, 0), &(lq_node_config){.name = "f", .use = "kit.pass"}, "x", k.diag, NULL), LQ_EBUSY);
	kit_check_message(&k, "x: enc is taken out by this edit");
	ck_assert_int_eq(lq_edit_commit(e, 0, k.diag), LQ_EFORMAT); /* the decoder does not take raw pictures */
	kit_check_message(&k, "no common format");
	ck_assert_int_eq(lq_edit_commit(e, 0, k.diag), LQ_ESTATE);
	lq_edit_destroy(e);
	check_goes_on("s");
	check_whole("s");
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("edit_failures");
	tcase_add_checked_fixture(t, edit_begin, edit_end);
	tcase_add_loop_test(t, node_that_cannot_be_made_leaves_all_as_it_is, 1, 3);
	tcase_add_loop_test(t, node_that_does_not_start_leaves_all_as_it_is, 1, 3);
	tcase_add_loop_test(t, node_that_takes_no_format_leaves_all_as_it_is, 1, 3);
	tcase_add_loop_test(t, node_that_fails_at_its_first_buffer_gives_the_stream_back, 1, 3);
	tcase_add_loop_test(t, decoder_that_fails_gives_the_stream_back_at_a_key_frame, 1, 3);
	tcase_add_loop_test(t, capture_that_gives_nothing_leaves_all_as_it_is, 1, 3);
	tcase_add_loop_test(t, capture_that_fails_leaves_all_as_it_is, 1, 3);
	tcase_add_test(t, missing_key_frame_leaves_all_as_it_is);
	tcase_add_loop_test(t, device_that_only_one_can_have_changes_hands, 1, 3);
	tcase_add_loop_test(t, device_goes_back_when_the_new_node_cannot_use_it, 1, 3);
	tcase_add_loop_test(t, wrong_requests_are_told, 1, 3);
	return run_case("edit_failures", t);
}
