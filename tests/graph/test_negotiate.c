/* How ends agree on a format, with converters where they must, and what happens when a format changes. */
#include "tests/graph/kit.h"

static kit k;

static void begin(void)
{
	kit_init(&k, 0, 1);
}

static void begin_bare(void)
{
	kit_init(&k, 0, 0);
}

static void end(void)
{
	kit_finish(&k);
}

static int start(void)
{
	return lq_graph_start(k.graph, NULL, k.diag);
}

static void run(int64_t ms)
{
	ck_assert_int_eq(lq_graph_run_until(k.graph, lq_clock_now(k.clock) + ms * LQ_MSEC), 0);
}

static lq_node *inserted(void)
{
	lq_node *n = k.graph->nodes;
	while (n && !n->converter)
		n = n->next;
	return n;
}

START_TEST(source_decides_what_the_sink_leaves_open)
{
	kit_link(&k, kit_node(&k, "a", "kit.source", NULL, NULL, "size=320x240,pixel=nv12"), kit_node(&k, "b", "kit.sink", NULL, NULL, NULL), 0, 0);
	ck_assert_int_eq(start(), 0);
	ck_assert_uint_eq(kit_seen("b")->format.width, 320);
	ck_assert_uint_eq(kit_seen("b")->format.pixel, LQ_PIXEL_NV12);
	ck_assert_ptr_null(inserted());
}
END_TEST

START_TEST(converter_goes_between_raw_pictures_with_nothing_in_common)
{
	lq_node *a = kit_node(&k, "a", "kit.source", "one", NULL, "pixel=nv12"), *b = kit_node(&k, "b", "kit.sink", "two", NULL, "media=video,pixel=i420");
	lq_link *link = kit_link(&k, a, b, 0, 0);
	ck_assert_int_eq(start(), 0);
	ck_assert_ptr_nonnull(inserted());
	ck_assert_str_eq(lq_node_loop(inserted()), "two");
	ck_assert_ptr_eq(lq_link_to(link), inserted());
	ck_assert_ptr_eq(lq_link_to(lq_node_link(inserted(), LQ_OUT, 0)), b);
	run(100);
	ck_assert_int_eq(kit_seen("b")->buffers, 11);
	ck_assert_uint_eq(kit_seen("b")->format.pixel, LQ_PIXEL_I420);
	ck_assert_uint_eq(kit_seen("b")->format.width, 64); /* the size stays what it was */
}
END_TEST

static void print_link(void *arg, const lq_link_info *l)
{
	snprintf(arg, 600, "%s.%s -> %s.%s: %s; %s; %s", l->from, l->from_port, l->to, l->to_port, l->format, l->converter, l->converted);
}

START_TEST(what_would_be_negotiated_can_be_seen_without_starting)
{
	char text[600] = "";
	lq_node *a = kit_node(&k, "a", "kit.source", "one", NULL, "size=320x240,pixel=nv12"), *b = kit_node(&k, "b", "kit.sink", "two", NULL, "media=video,pixel=i420");
	kit_link(&k, a, b, 0, 0);
	ck_assert_int_eq(lq_graph_negotiate(k.graph, NULL, k.diag), 0);
	lq_graph_links(k.graph, print_link, text);
	ck_assert_str_eq(text, "a.out -> b.in: video/raw NV12 320x240; filter.scale; video/raw I420 320x240");
	ck_assert_int_eq(kit_seen("a")->starts + kit_seen("b")->starts, 0);
}
END_TEST

START_TEST(converter_serves_only_the_branch_that_needs_it)
{
	lq_node *a = kit_node(&k, "a", "kit.source", NULL, NULL, "pixel=nv12"), *b = kit_node(&k, "b", "kit.sink", NULL, NULL, "media=video,pixel=i420");
	lq_node *c = kit_node(&k, "c", "kit.sink", NULL, NULL, NULL);
	lq_node *d = kit_node(&k, "d", "kit.sink", NULL, NULL, "media=video,size=32x32,only_size=true");
	kit_link(&k, a, b, 0, 0);
	kit_link(&k, a, c, 0, 0);
	kit_link(&k, a, d, 0, 0);
	ck_assert_msg(!start(), "%s", lq_diag_text(k.diag, 0));
	run(50);
	ck_assert_uint_eq(kit_seen("b")->format.pixel, LQ_PIXEL_I420);
	ck_assert_uint_eq(kit_seen("c")->format.pixel, LQ_PIXEL_NV12);
	ck_assert_uint_eq(kit_seen("d")->format.width, 32);
	ck_assert_int_eq(kit_seen("b")->buffers + kit_seen("c")->buffers + kit_seen("d")->buffers, 18);
}
END_TEST

START_TEST(failure_prints_both_lists)
{
	lq_node *a = kit_node(&k, "a", "kit.source", NULL, NULL, "pixel=nv12"), *b = kit_node(&k, "b", "kit.sink", NULL, NULL, "media=video,pixel=i420");
	kit_link(&k, a, b, 0, 0);
	ck_assert_int_eq(start(), LQ_EFORMAT);
	kit_check_message(&k, "a.out -> b.in: no common format, and there is no filter.scale to convert: the first offers video/raw NV12 64x48; "
	                      "the second takes video/raw I420");
	ck_assert_int_eq(kit_seen("a")->starts, 0);
	/* with a converter there it works: nothing of the failure is left */
	ck_assert_int_eq(lq_registry_add(k.registry, &kit_converters, k.diag), 0);
	ck_assert_int_eq(start(), 0);
	run(10);
	ck_assert_int_eq(kit_seen("b")->buffers, 2);
}
END_TEST

START_TEST(encoded_media_is_never_converted)
{
	lq_node *a = kit_node(&k, "a", "kit.source", NULL, NULL, "media=h264"), *b = kit_node(&k, "b", "kit.sink", NULL, NULL, "media=video");
	kit_link(&k, a, b, 0, 0);
	ck_assert_int_eq(start(), LQ_EFORMAT);
	kit_check_message(&k, "a.out -> b.in: no common format: the first offers video/h264 64x48; the second takes video/raw");
}
END_TEST

START_TEST(node_without_formats_is_named)
{
	kit_link(&k, kit_node(&k, "a", "kit.source", NULL, NULL, "nothing=true"), kit_node(&k, "b", "kit.sink", NULL, NULL, NULL), 0, 0);
	ck_assert_int_eq(start(), LQ_EFORMAT);
	kit_check_message(&k, "a: port \"out\" offers no format");
}
END_TEST

START_TEST(refused_format_tells_the_nodes_reason)
{
	kit_link(&k, kit_node(&k, "a", "kit.source", NULL, NULL, NULL), kit_node(&k, "b", "kit.sink", NULL, NULL, "fail=format"), 0, 0);
	ck_assert_int_eq(start(), LQ_EFORMAT);
	kit_check_message(&k, "b: port \"in\" does not take video/raw I420 64x48: not this one, please");
}
END_TEST

START_TEST(format_that_changes_sets_all_that_is_behind)
{
	lq_node *a = kit_node(&k, "a", "kit.source", "one", NULL, "change_at=5"), *p = kit_node(&k, "p", "kit.pass", "one", NULL, NULL);
	lq_node *e = kit_node(&k, "e", "kit.enc", "two", NULL, NULL), *d = kit_node(&k, "d", "kit.dec", "one", NULL, NULL);
	lq_node *b = kit_node(&k, "b", "kit.sink", "two", NULL, NULL);
	kit_link(&k, a, p, 0, 0);
	kit_link(&k, p, e, 0, 0);
	kit_link(&k, e, d, 0, 0);
	kit_link(&k, d, b, 0, 0);
	ck_assert_int_eq(start(), 0);
	ck_assert_uint_eq(kit_seen("b")->format.width, 64);
	run(200);
	ck_assert_uint_eq(kit_seen("b")->format.width, 128);
	ck_assert_int_eq(kit_seen("b")->formats, 2);
	ck_assert_int_eq(kit_stat(&k, "b", "formatChanges"), 1);
	ck_assert_int_eq(kit_seen("b")->buffers, 21);
	ck_assert_int_eq(kit_seen("b")->gaps, 0);
}
END_TEST

START_TEST(converter_keeps_the_sink_at_its_format)
{
	lq_node *a = kit_node(&k, "a", "kit.source", NULL, NULL, "change_at=5");
	lq_node *b = kit_node(&k, "b", "kit.sink", NULL, NULL, "media=video,size=32x32,only_size=true");
	kit_link(&k, a, b, 0, 0);
	ck_assert_int_eq(start(), 0);
	run(200);
	ck_assert_int_eq(kit_seen("b")->formats, 1);
	ck_assert_int_eq(kit_seen("b")->buffers, 21);
}
END_TEST

START_TEST(change_that_nobody_takes_is_an_error_once)
{
	lq_node *a = kit_node(&k, "a", "kit.source", NULL, NULL, "change_at=5,size=32x32");
	lq_node *b = kit_node(&k, "b", "kit.sink", NULL, NULL, "media=video,size=32x32,only_size=true");
	kit_link(&k, a, b, 0, 0);
	ck_assert_int_eq(start(), 0);
	run(200);
	ck_assert_int_eq(kit_seen("b")->buffers, 5);
	ck_assert_int_eq(k.errors, 1);
	ck_assert_str_eq(k.error, "b: set_format: the format changed to video/raw I420 64x64, but this takes video/raw 32x32");
	ck_assert_int_eq(kit_stat(&k, "b", "dropped"), 16);
}
END_TEST

START_TEST(input_that_must_be_linked_is_named)
{
	kit_node(&k, "b", "kit.sink", NULL, NULL, NULL);
	ck_assert_int_eq(start(), LQ_EPIPE);
	kit_check_message(&k, "b: nothing is linked to input \"in\"");
}
END_TEST

START_TEST(links_say_what_is_wrong_with_them)
{
	lq_node *a = kit_node(&k, "a", "kit.source", "one", NULL, NULL), *b = kit_node(&k, "b", "kit.sink", "two", NULL, NULL);
	lq_node *t = kit_node(&k, "t", "kit.transport", NULL, NULL, NULL), *p = kit_node(&k, "p", "kit.pass", "two", NULL, NULL);
	lq_node *q = kit_node(&k, "q", "kit.pass", "one", NULL, NULL);
	lq_queue_config block = {.policy = LQ_QUEUE_BLOCK, .buffers = 2}, huge = {.buffers = 100000}, key = {.policy = LQ_QUEUE_DROP_TO_KEYFRAME};
	ck_assert_int_eq(lq_graph_link(k.graph, a, "oat", b, NULL, NULL, "here", k.diag, NULL), LQ_ENOENT);
	kit_check_message(&k, "here: kit.source has no output \"oat\"; it has: out (any)");
	ck_assert_int_eq(lq_graph_link(k.graph, b, NULL, a, NULL, NULL, "here", k.diag, NULL), LQ_ENOENT);
	kit_check_message(&k, "here: kit.sink has no output");
	ck_assert_int_eq(lq_graph_link(k.graph, a, NULL, t, NULL, NULL, "here", k.diag, NULL), LQ_EINVAL);
	kit_check_message(&k, "here: say which ports: kit.source has out (any); kit.transport has audio (audio), video (video)");
	ck_assert_int_eq(lq_graph_link(k.graph, t, "video", t, "audio", NULL, "here", k.diag, NULL), LQ_EFORMAT);
	kit_check_message(&k, "does not fit");
	ck_assert_int_eq(lq_graph_link(k.graph, a, NULL, b, NULL, &huge, "here", k.diag, NULL), LQ_ERANGE);
	kit_link(&k, a, b, 0, 0);
	ck_assert_int_eq(lq_graph_link(k.graph, p, NULL, b, NULL, NULL, "here", k.diag, NULL), LQ_EBUSY);
	kit_check_message(&k, "here: input \"in\" of b has a link already");
	ck_assert_int_eq(lq_graph_link(k.graph, p, NULL, q, NULL, &block, "here", k.diag, NULL), 0);
	ck_assert_int_eq(lq_graph_link(k.graph, q, NULL, p, NULL, &block, "here", k.diag, NULL), LQ_EINVAL);
	kit_check_message(&k, "here: with this \"block\" queue the loops one and two would wait for each other");
	ck_assert_int_eq(lq_graph_link(k.graph, q, NULL, p, NULL, &key, "here", k.diag, NULL), 0);
}
END_TEST

START_TEST(raw_pictures_have_no_key_frames_to_drop_to)
{
	kit_link(&k, kit_node(&k, "a", "kit.source", NULL, NULL, NULL), kit_node(&k, "b", "kit.sink", NULL, NULL, NULL), LQ_QUEUE_DROP_TO_KEYFRAME, 4);
	ck_assert_int_eq(start(), LQ_EINVAL);
	kit_check_message(&k, "a: the queue to b cannot be \"drop-to-keyframe\": only encoded video has key frames");
}
END_TEST

START_TEST(group_that_fails_to_start_leaves_the_others_undisturbed)
{
	lq_node *a = kit_node(&k, "a", "kit.source", "one", "first", NULL), *m = kit_node(&k, "m", "kit.mix", "two", "first", NULL);
	lq_node *b = kit_node(&k, "b", "kit.sink", "two", "first", NULL);
	kit_link(&k, a, m, 0, 0);
	kit_link(&k, m, b, 0, 0);
	ck_assert_int_eq(lq_graph_start(k.graph, "first", k.diag), 0);
	run(100);
	lq_node *c = kit_node(&k, "c", "kit.source", "one", "second", "fail=start"), *p = kit_node(&k, "p", "kit.pass", "one", "second", NULL);
	kit_link(&k, c, p, 0, 0);
	kit_link(&k, p, m, 0, 0);
	ck_assert_int_eq(lq_graph_start(k.graph, "second", k.diag), LQ_EBUSY);
	kit_check_message(&k, "c: kit.source did not start: the device is in use by somebody else");
	run(100);
	ck_assert_int_eq(kit_seen("b")->buffers, 21);
	ck_assert_int_eq(kit_seen("p")->starts, kit_seen("p")->stops);
	ck_assert_int_eq(lq_graph_remove(k.graph, "second"), 0);
	ck_assert_int_eq(kit_seen("m")->remove_ports, 1);
	ck_assert_int_eq(lq_graph_remove(k.graph, "third"), LQ_ENOENT);
}
END_TEST

START_TEST(group_cannot_start_before_what_it_is_linked_to)
{
	lq_node *a = kit_node(&k, "a", "kit.source", "one", "first", NULL), *b = kit_node(&k, "b", "kit.sink", "two", "second", NULL);
	kit_link(&k, a, b, 0, 0);
	ck_assert_int_eq(lq_graph_start(k.graph, "second", k.diag), LQ_ESTATE);
	kit_check_message(&k, "b: a, which it is linked to, does not run");
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("negotiate"), *bare = tcase_create("bare");
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_checked_fixture(bare, begin_bare, end);
	tcase_add_test(t, source_decides_what_the_sink_leaves_open);
	tcase_add_test(t, converter_goes_between_raw_pictures_with_nothing_in_common);
	tcase_add_test(t, what_would_be_negotiated_can_be_seen_without_starting);
	tcase_add_test(t, converter_serves_only_the_branch_that_needs_it);
	tcase_add_test(t, encoded_media_is_never_converted);
	tcase_add_test(t, node_without_formats_is_named);
	tcase_add_test(t, refused_format_tells_the_nodes_reason);
	tcase_add_test(t, format_that_changes_sets_all_that_is_behind);
	tcase_add_test(t, converter_keeps_the_sink_at_its_format);
	tcase_add_test(t, input_that_must_be_linked_is_named);
	tcase_add_test(t, links_say_what_is_wrong_with_them);
	tcase_add_test(t, raw_pictures_have_no_key_frames_to_drop_to);
	tcase_add_test(t, group_that_fails_to_start_leaves_the_others_undisturbed);
	tcase_add_test(t, group_cannot_start_before_what_it_is_linked_to);
	tcase_add_test(bare, failure_prints_both_lists);
	tcase_add_test(bare, change_that_nobody_takes_is_an_error_once);
	Suite *s = suite_create("negotiate");
	suite_add_tcase(s, t);
	suite_add_tcase(s, bare);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
