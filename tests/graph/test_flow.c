/* How buffers and events flow: direct calls, queues and their policies, fan-out, cycles, errors. All on a virtual clock. */
#include "tests/graph/kit.h"

static kit k;

static void begin(void)
{
	kit_init(&k, 0, 1);
}

static void end(void)
{
	kit_finish(&k);
}

static void start(const char *group)
{
	int r = lq_graph_start(k.graph, group, k.diag);
	ck_assert_msg(!r, "%s", lq_diag_text(k.diag, 0));
}

static void run(int64_t ms)
{
	ck_assert_int_eq(lq_graph_run_until(k.graph, lq_clock_now(k.clock) + ms * LQ_MSEC), 0);
}

START_TEST(source_runs_in_its_rhythm)
{
	lq_node *a = kit_node(&k, "a", "kit.source", "one", NULL, "period=20"), *b = kit_node(&k, "b", "kit.sink", "one", NULL, NULL);
	kit_link(&k, a, b, 0, 0);
	start(NULL);
	run(1000);
	ck_assert_int_eq(kit_seen("b")->buffers, 51); /* at 0 and at 1000 too */
	ck_assert_int_eq(kit_seen("b")->gaps, 0);
	ck_assert_int_eq(kit_stat(&k, "b", "depth"), -1); /* a direct call has no queue */
	ck_assert_int_eq(kit_stat(&k, "b", "passed"), 51);
}
END_TEST

START_TEST(links_between_loops_pass_a_queue)
{
	lq_node *a = kit_node(&k, "a", "kit.source", "one", NULL, NULL), *b = kit_node(&k, "b", "kit.sink", "two", NULL, NULL);
	kit_link(&k, a, b, 0, 0);
	start(NULL);
	run(100);
	ck_assert_int_eq(kit_seen("b")->buffers, 11);
	ck_assert_int_eq(kit_stat(&k, "b", "depth"), 0);
	ck_assert_int_eq(kit_stat(&k, "b", "maxDepth"), 1);
}
END_TEST

static void push_ten(const char *media, uint32_t policy, uint32_t buffers)
{
	char params[64];
	snprintf(params, sizeof params, "media=%s,key_every=5", media);
	lq_node *a = kit_node(&k, "a", "kit.push", "one", NULL, params), *b = kit_node(&k, "b", "kit.sink", "two", NULL, NULL);
	kit_link(&k, a, b, policy, buffers);
	start(NULL);
	kit_push(kit_seen("a"), 10);
	run(10);
}

START_TEST(queue_drops_oldest_when_full)
{
	push_ten("video", LQ_QUEUE_DROP_OLDEST, 4);
	ck_assert_int_eq(kit_seen("b")->first, 6);
	ck_assert_int_eq(kit_seen("b")->buffers, 4);
	ck_assert_int_eq(kit_stat(&k, "b", "dropped"), 6);
	ck_assert_int_eq(kit_stat(&k, "b", "maxDepth"), 4);
	ck_assert_int_ge(k.drops, 1); /* the app was told */
}
END_TEST

START_TEST(queue_latest_keeps_the_newest_only)
{
	push_ten("video", LQ_QUEUE_LATEST, 0);
	ck_assert_int_eq(kit_seen("b")->first, 9);
	ck_assert_int_eq(kit_seen("b")->buffers, 1);
	ck_assert_int_eq(kit_stat(&k, "b", "dropped"), 9);
}
END_TEST

START_TEST(queue_block_loses_nothing)
{
	push_ten("video", LQ_QUEUE_BLOCK, 2);
	ck_assert_int_eq(kit_seen("b")->buffers, 10);
	ck_assert_int_eq(kit_seen("b")->gaps, 0);
	ck_assert_int_eq(kit_stat(&k, "b", "dropped"), 0);
}
END_TEST

START_TEST(queue_drops_to_the_next_key_frame)
{
	push_ten("h264", LQ_QUEUE_DROP_TO_KEYFRAME, 3);
	/* 0 1 2 fill it, 3 and 4 are dropped, key frame 5 clears it, 8 and 9 are dropped again */
	ck_assert_int_eq(kit_seen("b")->first, 5);
	ck_assert_int_eq(kit_seen("b")->last, 7);
	ck_assert_int_eq(kit_seen("b")->gaps, 0);
	ck_assert_int_eq(kit_stat(&k, "b", "dropped"), 7);
}
END_TEST

START_TEST(dropping_asks_the_encoder_for_a_key_frame)
{
	lq_node *a = kit_node(&k, "a", "kit.push", "one", NULL, NULL), *e = kit_node(&k, "e", "kit.enc", "one", NULL, "key_every=100");
	lq_node *b = kit_node(&k, "b", "kit.sink", "two", NULL, NULL);
	kit_link(&k, a, e, 0, 0);
	kit_link(&k, e, b, LQ_QUEUE_NONE, 2); /* encoded video: drop-to-keyframe by itself */
	start(NULL);
	kit_push(kit_seen("a"), 1);
	run(1);
	ck_assert_int_eq(kit_seen("e")->key_events, 0);
	kit_push(kit_seen("a"), 100);
	run(1);
	ck_assert_int_eq(kit_seen("e")->key_events, 1);
}
END_TEST

START_TEST(queue_is_limited_by_time)
{
	lq_node *a = kit_node(&k, "a", "kit.source", "one", NULL, "period=10"), *b = kit_node(&k, "b", "kit.sink", "two", NULL, NULL);
	lq_queue_config q = {.policy = LQ_QUEUE_DROP_OLDEST, .ms = 50};
	lq_link *link;
	ck_assert_int_eq(lq_graph_link(k.graph, a, NULL, b, NULL, &q, NULL, k.diag, &link), 0);
	start(NULL);
	run(0);
	lq_buffer *buf = lq__buffer_new(k.graph->pool, link->format, 0);
	for (int i = 0; i < 20; i++) {
		lq_buffer *one = lq__buffer_writable(lq__buffer_ref(buf));
		one->pts = i * 10 * LQ_MSEC;
		lq__queue_push(link, one);
	}
	lq__buffer_unref(buf);
	ck_assert_uint_eq(link->queue.n, 6); /* 140 to 190 ms */
}
END_TEST

START_TEST(output_feeds_many_inputs)
{
	lq_node *a = kit_node(&k, "a", "kit.source", "one", NULL, NULL);
	lq_node *b = kit_node(&k, "b", "kit.sink", "one", NULL, NULL), *c = kit_node(&k, "c", "kit.sink", "two", NULL, NULL);
	kit_link(&k, a, b, 0, 0);
	kit_link(&k, a, c, 0, 0);
	start(NULL);
	run(100);
	ck_assert_int_eq(kit_seen("b")->buffers, 11);
	ck_assert_int_eq(kit_seen("c")->buffers, 11);
	ck_assert_uint_eq(kit_seen("b")->sum, kit_seen("c")->sum);
}
END_TEST

START_TEST(node_in_a_cycle_gets_its_buffer_after_returning)
{
	lq_node *s = kit_node(&k, "s", "kit.source", "one", NULL, NULL), *a = kit_node(&k, "a", "kit.loop", "one", NULL, NULL);
	lq_node *b = kit_node(&k, "b", "kit.loop", "one", NULL, NULL);
	ck_assert_int_eq(lq_graph_link(k.graph, s, NULL, a, "in", NULL, NULL, k.diag, NULL), 0);
	ck_assert_int_eq(lq_graph_link(k.graph, a, NULL, b, "in", NULL, NULL, k.diag, NULL), 0);
	ck_assert_int_eq(lq_graph_link(k.graph, b, NULL, a, "back", NULL, NULL, k.diag, NULL), 0);
	start(NULL);
	run(100);
	ck_assert_int_eq(kit_seen("b")->buffers, 11);
	ck_assert_int_eq(kit_seen("a")->buffers, 22);
	ck_assert_int_eq(kit_seen("a")->max_inside, 1);
}
END_TEST

START_TEST(first_error_is_reported_and_the_graph_goes_on)
{
	lq_node *a = kit_node(&k, "a", "kit.source", "one", NULL, NULL);
	lq_node *b = kit_node(&k, "b", "kit.sink", "one", NULL, "fail=op"), *c = kit_node(&k, "c", "kit.sink", "one", NULL, NULL);
	kit_link(&k, a, b, 0, 0);
	kit_link(&k, a, c, 0, 0);
	start(NULL);
	run(500);
	ck_assert_int_eq(k.errors, 1);
	ck_assert_str_eq(k.error, "b: render: the paper is out");
	ck_assert_int_eq(kit_stat(&k, "b", "errors"), 51);
	run(1000);
	ck_assert_str_eq(k.error, "b: stopped after 100 errors in a row: the paper is out");
	ck_assert_int_eq(kit_seen("b")->stops, 1);
	ck_assert_int_eq(kit_seen("b")->buffers, 100);
	ck_assert_int_eq(kit_seen("c")->buffers, 151);
}
END_TEST

START_TEST(transport_is_never_given_up)
{
	lq_node *a = kit_node(&k, "a", "kit.source", "one", NULL, "media=h264"), *t = kit_node(&k, "t", "kit.transport", "one", NULL, "fail=op");
	ck_assert_int_eq(lq_graph_link(k.graph, a, NULL, t, "video", NULL, NULL, k.diag, NULL), 0);
	start(NULL);
	run(2000);
	ck_assert_int_eq(kit_seen("t")->buffers, 201);
	ck_assert_int_eq(kit_seen("t")->stops, 0);
	ck_assert_int_eq(k.errors, 1);
}
END_TEST

START_TEST(source_that_fails_is_asked_with_pauses_and_given_up)
{
	lq_node *a = kit_node(&k, "a", "kit.source", "one", NULL, "fail=read"), *b = kit_node(&k, "b", "kit.sink", "one", NULL, NULL);
	kit_link(&k, a, b, 0, 0);
	start(NULL);
	run(10000);
	ck_assert_int_eq(kit_seen("a")->reads, 100);
	ck_assert_str_eq(k.error, "a: stopped after 100 errors in a row: the cable is out");
}
END_TEST

START_TEST(end_of_stream_flushes_what_is_behind)
{
	lq_node *a = kit_node(&k, "a", "kit.source", "one", NULL, "count=5"), *e = kit_node(&k, "e", "kit.enc", "one", NULL, NULL);
	lq_node *b = kit_node(&k, "b", "kit.sink", "two", NULL, NULL);
	kit_link(&k, a, e, 0, 0);
	kit_link(&k, e, b, 0, 0);
	start(NULL);
	run(1000);
	ck_assert_int_eq(kit_seen("b")->buffers, 5);
	ck_assert_int_eq(kit_seen("e")->ends, 1);
	ck_assert_int_eq(kit_seen("b")->ends, 1);
	ck_assert_int_eq(kit_seen("e")->flushes, 1);
	ck_assert_int_eq(kit_seen("b")->flushes, 1);
	ck_assert_int_eq(k.eos, 2); /* the source's and the renderer's */
}
END_TEST

START_TEST(event_passes_nodes_that_do_not_want_it)
{
	lq_node *a = kit_node(&k, "a", "kit.source", "one", NULL, NULL), *e = kit_node(&k, "e", "kit.enc", "one", NULL, NULL);
	lq_node *p = kit_node(&k, "p", "kit.pass", "two", NULL, NULL), *b = kit_node(&k, "b", "kit.sink", "one", NULL, NULL);
	kit_link(&k, a, e, 0, 0);
	kit_link(&k, e, p, 0, 0);
	kit_link(&k, p, b, 0, 0);
	start(NULL);
	lq_event event = {.struct_size = sizeof event, .type = LQ_EVENT_KEY_FRAME};
	ck_assert_int_eq(lq_node_send_event(b, &event), 0);
	ck_assert_int_eq(lq_node_send_event(b, &event), 0); /* the same again says nothing new */
	run(1);
	ck_assert_int_eq(kit_seen("e")->key_events, 1);
}
END_TEST

START_TEST(muted_sound_goes_on_as_silence_and_pictures_stop)
{
	lq_node *a = kit_node(&k, "a", "kit.push", "one", NULL, "media=audio"), *b = kit_node(&k, "b", "kit.sink", "one", NULL, NULL);
	lq_node *c = kit_node(&k, "c", "kit.push", "one", NULL, NULL), *d = kit_node(&k, "d", "kit.sink", "one", NULL, NULL);
	lq_link *sound = kit_link(&k, a, b, 0, 0), *picture = kit_link(&k, c, d, 0, 0);
	start(NULL);
	lq_link_set_muted(sound, 1);
	lq_link_set_muted(picture, 1);
	kit_push(kit_seen("a"), 3);
	kit_push(kit_seen("c"), 3);
	run(1);
	ck_assert_int_eq(kit_seen("b")->buffers, 3);
	ck_assert_int_eq(kit_seen("b")->last, 0); /* all zero */
	ck_assert_int_eq(kit_seen("d")->buffers, 0);
	ck_assert_int_eq(kit_stat(&k, "d", "dropped"), 3);
	lq_link_set_muted(picture, 0);
	kit_push(kit_seen("c"), 1);
	run(1);
	ck_assert_int_eq(kit_seen("d")->buffers, 1);
}
END_TEST

static uint64_t one_run(void)
{
	kit_init(&k, 0, 1);
	lq_node *a = kit_node(&k, "a", "kit.source", "one", NULL, "period=7"), *e = kit_node(&k, "e", "kit.enc", "two", NULL, NULL);
	lq_node *d = kit_node(&k, "d", "kit.dec", "three", NULL, NULL), *b = kit_node(&k, "b", "kit.sink", "one", NULL, NULL);
	lq_node *c = kit_node(&k, "c", "kit.blocking", "one", NULL, NULL), *f = kit_node(&k, "f", "kit.sink", "two", NULL, "tag=b");
	kit_link(&k, a, e, LQ_QUEUE_DROP_OLDEST, 3);
	kit_link(&k, e, d, 0, 0);
	kit_link(&k, d, b, 0, 0);
	kit_link(&k, c, f, 0, 0);
	start(NULL);
	kit_push(kit_seen("c"), 5);
	run(3000);
	uint64_t sum = kit_seen("b")->sum;
	ck_assert_int_gt(kit_seen("b")->buffers, 400);
	kit_finish(&k);
	return sum;
}

START_TEST(run_on_the_virtual_clock_is_the_same_each_time)
{
	uint64_t first = one_run();
	ck_assert_uint_eq(first, one_run());
}
END_TEST

START_TEST(calls_and_parameters_reach_the_node)
{
	lq_node *a = kit_node(&k, "a", "kit.source", "one", NULL, NULL), *b = kit_node(&k, "b", "kit.sink", "one", NULL, NULL);
	kit_link(&k, a, b, 0, 0);
	start(NULL);
	ck_assert_int_eq(lq_node_set_param(a, "count", "3", "here", k.diag), 0);
	run(1000);
	ck_assert_int_eq(kit_seen("b")->buffers, 3);
	ck_assert_int_lt(lq_node_set_param(a, "coumt", "3", "here", k.diag), 0);
	kit_check_message(&k, "did you mean \"count\"");
	ck_assert_int_lt(lq_node_set_param(a, "period", "3", "here", k.diag), 0);
	ck_assert_str_eq(lq_node_loop(a), "one");
}
END_TEST

START_TEST(drawing_names_everything)
{
	lq_node *a = kit_node(&k, "cam", "kit.source", "one", NULL, NULL), *b = kit_node(&k, "screen", "kit.sink", "two", NULL, NULL);
	kit_link(&k, a, b, LQ_QUEUE_LATEST, 2);
	start(NULL);
	run(10);
	char *dot = lq_graph_dot(k.graph);
	ck_assert_ptr_nonnull(strstr(dot, "loop one"));
	ck_assert_ptr_nonnull(strstr(dot, "cam\\nkit.source@kit"));
	ck_assert_ptr_nonnull(strstr(dot, "video/raw I420 64x48\\nlatest 0/2\\npassed 2, dropped 0"));
	free(dot);
}
END_TEST

/* More reads at one time than a loop makes in a turn: none may be forgotten. */
START_TEST(a_source_without_pauses_sends_all)
{
	lq_node *a = kit_node(&k, "a", "kit.source", "one", NULL, "period=0,count=2500"), *b = kit_node(&k, "b", "kit.sink", "one", NULL, NULL);
	kit_link(&k, a, b, 0, 0);
	ck_assert_int_eq(lq_graph_start(k.graph, NULL, k.diag), 0);
	ck_assert_int_eq(lq_graph_run_until(k.graph, lq_clock_now(k.clock)), 0);
	ck_assert_int_eq(kit_get(kit_seen("b"), &kit_seen("b")->buffers), 2500);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("flow");
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, a_source_without_pauses_sends_all);
	tcase_add_test(t, source_runs_in_its_rhythm);
	tcase_add_test(t, links_between_loops_pass_a_queue);
	tcase_add_test(t, queue_drops_oldest_when_full);
	tcase_add_test(t, queue_latest_keeps_the_newest_only);
	tcase_add_test(t, queue_block_loses_nothing);
	tcase_add_test(t, queue_drops_to_the_next_key_frame);
	tcase_add_test(t, dropping_asks_the_encoder_for_a_key_frame);
	tcase_add_test(t, queue_is_limited_by_time);
	tcase_add_test(t, output_feeds_many_inputs);
	tcase_add_test(t, node_in_a_cycle_gets_its_buffer_after_returning);
	tcase_add_test(t, first_error_is_reported_and_the_graph_goes_on);
	tcase_add_test(t, transport_is_never_given_up);
	tcase_add_test(t, source_that_fails_is_asked_with_pauses_and_given_up);
	tcase_add_test(t, end_of_stream_flushes_what_is_behind);
	tcase_add_test(t, event_passes_nodes_that_do_not_want_it);
	tcase_add_test(t, muted_sound_goes_on_as_silence_and_pictures_stop);
	tcase_add_test(t, calls_and_parameters_reach_the_node);
	tcase_add_test(t, drawing_names_everything);
	TCase *alone = tcase_create("alone");
	tcase_add_test(alone, run_on_the_virtual_clock_is_the_same_each_time);
	Suite *s = suite_create("flow");
	suite_add_tcase(s, t);
	suite_add_tcase(s, alone);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
