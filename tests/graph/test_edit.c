/* Edits of a running graph: what changes over, and when. */
#include "tests/graph/edit_kit.h"

START_TEST(encoder_changes_without_a_loss)
{
	build_chain(_i, NULL);
	swap("enc", "kit.enc", "enc2", NULL, NULL);
	run(100);
	check_whole("s");
	ck_assert_int_eq(kit_seen("enc")->destroys, 1);
	ck_assert_int_eq(kit_seen("enc2")->first, kit_seen("enc")->last + 1);
	ck_assert_int_eq(kit_seen("enc")->flushes, 1);
	ck_assert_int_ge(kit_seen("enc2")->buffers, 10);
}
END_TEST

START_TEST(decoder_changes_at_a_key_frame)
{
	build_chain(_i, NULL);
	run(30);
	swap("dec", "kit.dec", "dec2", NULL, NULL);
	run(100);
	check_whole("s");
	ck_assert_uint_eq(kit_seen("dec2")->first_flags & LQ_BUFFER_KEY, LQ_BUFFER_KEY);
	ck_assert_int_eq(kit_seen("dec2")->first, kit_seen("dec")->last + 1);
	ck_assert_int_eq(kit_seen("enc")->key_events, 1); /* it was asked for one */
}
END_TEST

START_TEST(codec_changes_on_both_sides_at_once)
{
	build_chain(_i, NULL);
	lq_edit *e = edit();
	replace(e, "enc", "kit.enc", "enc2", "codec", "vp8");
	replace(e, "dec", "kit.dec", "dec2", "codec", "vp8");
	commit(e);
	run(100);
	check_whole("s");
	ck_assert_uint_eq(kit_seen("dec2")->format.codec, LQ_CODEC_VP8);
	ck_assert_uint_eq(kit_seen("dec2")->first_flags & LQ_BUFFER_KEY, LQ_BUFFER_KEY);
	ck_assert_int_eq(kit_seen("dec2")->first, kit_seen("dec")->last + 1);
}
END_TEST

START_TEST(codec_cannot_change_on_one_side_alone)
{
	build_chain(_i, NULL);
	lq_edit *e = edit();
	replace(e, "enc", "kit.enc", "enc2", "codec", "vp8");
	fails(e, LQ_EFORMAT, "no common format: the first offers video/vp8");
	run(100);
	check_whole("s");
	ck_assert_int_eq(kit_seen("enc2")->destroys, 1);
	ck_assert_int_eq(kit_seen("enc")->destroys, 0);
}
END_TEST

START_TEST(capture_changes_when_the_new_one_has_given_its_first)
{
	build_chain(_i, NULL);
	run(5); /* between two of the old one's */
	swap("a", "kit.camera", "b", "size", "32x32");
	run(200);
	ck_assert_int_eq(kit_seen("s")->back, 0);
	ck_assert_int_le(kit_seen("s")->max_step, 20 * LQ_MSEC); /* one interval and the start, which takes no time here */
	ck_assert_int_eq(kit_seen("enc")->format.width, 32);
	ck_assert_int_eq(kit_seen("a")->destroys, 1);
	ck_assert_int_ge(kit_seen("b")->sent, 20);
}
END_TEST

START_TEST(capture_and_encoder_change_together)
{
	build_chain(_i, NULL);
	lq_edit *e = edit();
	replace(e, "a", "kit.camera", "b", "pixel", "i420");
	replace(e, "enc", "kit.enc", "enc2", NULL, NULL);
	commit(e);
	run(100);
	ck_assert_int_eq(kit_seen("s")->back, 0);
	ck_assert_int_le(kit_seen("s")->max_step, 20 * LQ_MSEC);
	ck_assert_int_eq(kit_seen("enc2")->first, 0);
}
END_TEST

START_TEST(capture_of_packets_changes_at_its_key_frame)
{
	lq_node *a = kit_node(&k, "a", "kit.source", "one", NULL, "media=h264"), *d = kit_node(&k, "dec", "kit.dec", "two", NULL, NULL);
	lq_node *s = kit_node(&k, "s", "kit.sink", "two", NULL, NULL);
	kit_link(&k, a, d, 0, 0);
	kit_link(&k, d, s, 0, 0);
	start();
	run(55);
	swap("a", "kit.source", "b", "media", "h264");
	run(200);
	ck_assert_int_eq(kit_seen("s")->back, 0);
	ck_assert_int_eq(kit_seen("dec")->last, 20); /* the new one's 0 was there before the old one's next */
	ck_assert_int_eq(kit_seen("dec")->gaps, 1);
}
END_TEST

START_TEST(renderer_changes_and_the_old_one_shows_what_it_has)
{
	build_chain(_i, NULL);
	swap("s", "kit.sink", "s2", NULL, NULL);
	run(100);
	ck_assert_int_eq(kit_seen("s2")->first, kit_seen("s")->last + 1);
	ck_assert_int_eq(kit_seen("s")->gaps, 0);
	check_whole("s2");
}
END_TEST

START_TEST(filter_comes_and_goes)
{
	build_chain(_i, NULL);
	lq_edit *e = edit();
	lq_param_text tag = {"tag", "f"};
	lq_node *f, *dec = lq_graph_find(k.graph, "dec");
	ck_assert_int_eq(lq_edit_insert(e, lq_node_link(dec, LQ_OUT, 0), &(lq_node_config){.name = "f", .use = "kit.pass", .params = &tag, .n_params = 1}, "f",
	                                k.diag, &f), 0);
	commit(e);
	run(100);
	long seen = kit_seen("f")->buffers;
	ck_assert_int_ge(seen, 9);
	e = edit();
	ck_assert_int_eq(lq_edit_remove(e, f, "f", k.diag), 0);
	commit(e);
	run(100);
	ck_assert_int_eq(kit_seen("f")->destroys, 1);
	check_whole("s");
	ck_assert_ptr_null(lq_graph_find(k.graph, "f"));
	ck_assert_ptr_eq(lq_link_to(lq_node_link(dec, LQ_OUT, 0)), lq_graph_find(k.graph, "s"));
}
END_TEST

START_TEST(filters_come_in_their_order_and_one_goes_as_another_comes)
{
	build_chain(_i, NULL);
	lq_node *a = lq_graph_find(k.graph, "a"), *f, *g;
	lq_param_text tag = {"tag", "f"};
	lq_edit *e = edit();
	lq_link *l = lq_node_link(a, LQ_OUT, 0);
	ck_assert_int_eq(lq_edit_insert(e, l, &(lq_node_config){.name = "f", .use = "kit.pass", .params = &tag, .n_params = 1}, "f", k.diag, &f), 0);
	tag.value = "g";
	ck_assert_int_eq(lq_edit_insert(e, l, &(lq_node_config){.name = "g", .use = "kit.pass", .params = &tag, .n_params = 1}, "g", k.diag, &g), 0);
	commit(e);
	ck_assert_ptr_eq(lq_link_to(lq_node_link(f, LQ_OUT, 0)), g);
	run(50);
	e = edit();
	replace(e, "f", "kit.pass", "h", NULL, NULL);
	ck_assert_int_eq(lq_edit_remove(e, g, "g", k.diag), 0);
	commit(e);
	run(50);
	ck_assert_ptr_eq(lq_link_to(lq_node_link(lq_graph_find(k.graph, "f"), LQ_OUT, 0)), lq_graph_find(k.graph, "enc"));
	check_whole("s");
}
END_TEST

START_TEST(filter_behind_an_output_is_before_all_that_it_feeds)
{
	build_chain(_i, NULL);
	lq_node *a = lq_graph_find(k.graph, "a"), *two = kit_node(&k, "two", "kit.sink", "one", "more", NULL);
	kit_link(&k, a, two, LQ_QUEUE_BLOCK, 4);
	ck_assert_int_eq(lq_graph_start(k.graph, "more", k.diag), 0);
	run(50);
	lq_param_text tag = {"tag", "f"};
	lq_node_config c = {.name = "f", .use = "kit.pass", .group = "", .loop = "one", .params = &tag, .n_params = 1};
	int r = lq_node_insert_behind(a, NULL, &c, "f", k.diag);
	ck_assert_msg(!r, "%s", last_message());
	lq_node *f = lq_graph_find(k.graph, "f");
	ck_assert_ptr_eq(lq_link_to(lq_node_link(a, LQ_OUT, 0)), f);
	ck_assert_ptr_null(lq_node_link(a, LQ_OUT, 1));
	ck_assert_ptr_nonnull(lq_node_link(f, LQ_OUT, 1));
	run(50);
	check_whole("s");
	check_whole("two");
	ck_assert_int_eq(lq_node_take_out(f, "f", k.diag), 0);
	run(50);
	ck_assert_ptr_nonnull(lq_node_link(a, LQ_OUT, 1));
	check_whole("s");
	check_whole("two");
}
END_TEST

START_TEST(parameters_that_may_change_do_so_in_place)
{
	build_chain(_i, NULL);
	lq_node *a = lq_graph_find(k.graph, "a");
	lq_param_text p = {"count", "15"};
	ck_assert_int_eq(lq_node_change(a, &(lq_node_config){.params = &p, .n_params = 1}, "a", k.diag), 0);
	ck_assert_ptr_eq(lq_graph_find(k.graph, "a"), a);
	run(100);
	ck_assert_int_eq(kit_seen("s")->buffers, 15);
}
END_TEST

START_TEST(parameters_that_cannot_change_make_another_instance)
{
	build_chain(_i, "size=32x32,period=10");
	lq_edit *e = edit();
	lq_param_text p = {"size", "48x48"};
	lq_node *fresh;
	ck_assert_int_eq(lq_edit_replace(e, lq_graph_find(k.graph, "a"), &(lq_node_config){.params = &p, .n_params = 1}, "a", k.diag, &fresh), 0);
	commit(e);
	run(50);
	ck_assert_int_eq(kit_seen("enc")->format.width, 48);
	ck_assert_int_eq(kit_seen("s")->back, 0);
	ck_assert_int_eq(kit_seen("a")->creates, 2); /* its tag was taken over */
	ck_assert_ptr_eq(lq_graph_find(k.graph, "a"), fresh);
}
END_TEST

START_TEST(converter_comes_where_one_is_needed_and_goes_with_it)
{
	lq_node *a = kit_node(&k, "a", "kit.source", "one", NULL, NULL), *s = kit_node(&k, "s", "kit.sink", "two", NULL, "media=video,pixel=i420");
	kit_link(&k, a, s, 0, 0);
	start();
	run(50);
	swap("a", "kit.source", "b", "pixel", "nv12");
	run(50);
	ck_assert_str_eq(lq_node_descriptor(lq_link_to(lq_node_link(lq_graph_find(k.graph, "a"), LQ_OUT, 0)))->id, "filter.scale");
	swap("a", "kit.source", "c", NULL, NULL);
	run(50);
	ck_assert_ptr_eq(lq_link_to(lq_node_link(lq_graph_find(k.graph, "a"), LQ_OUT, 0)), s);
	ck_assert_int_eq(kit_seen("s")->back, 0);
	ck_assert_int_ge(kit_seen("s")->buffers, 15);
	ck_assert_int_eq(kit_seen("none")->creates, 1); /* the converter's tag */
	ck_assert_int_eq(kit_seen("none")->destroys, 1);
}
END_TEST

START_TEST(ports_of_what_stays_keep_their_numbers)
{
	lq_node *a = kit_node(&k, "a", "kit.source", "one", NULL, NULL), *e = kit_node(&k, "enc", "kit.enc", "one", NULL, NULL);
	lq_node *t = kit_node(&k, "t", "kit.transport", "two", NULL, NULL), *d = kit_node(&k, "dec", "kit.dec", "one", NULL, NULL);
	lq_node *s = kit_node(&k, "s", "kit.sink", "one", NULL, NULL);
	lq_link *up = kit_link(&k, e, t, 0, 0), *down = kit_link(&k, t, d, 0, 0);
	uint32_t in = lq_link_to_port(up), out = lq_link_from_port(down);
	kit_link(&k, a, e, 0, 0);
	kit_link(&k, d, s, 0, 0);
	start();
	run(50);
	swap("enc", "kit.enc", "enc2", NULL, NULL);
	swap("dec", "kit.dec", "dec2", NULL, NULL); /* nothing comes: no key frame is waited for */
	run(50);
	ck_assert_uint_eq(lq_link_to_port(lq_node_link(t, LQ_IN, 0)), in);
	ck_assert_uint_eq(lq_link_from_port(lq_node_link(t, LQ_OUT, 0)), out);
	ck_assert_int_eq(kit_seen("t")->add_ports, 2);
	ck_assert_int_eq(kit_seen("t")->remove_ports, 0);
	ck_assert_int_eq(kit_seen("t")->gaps, 0);
	ck_assert_int_gt(kit_seen("t")->buffers, 10);
}
END_TEST

START_TEST(mixer_with_several_inputs_changes)
{
	lq_node *mix = kit_node(&k, "mix", "kit.mix", "two", NULL, "media=audio"), *s = kit_node(&k, "s", "kit.sink", "three", NULL, NULL);
	for (int i = 0; i < 3; i++)
		kit_link(&k, kit_node(&k, (char[]){(char)('a' + i), 0}, "kit.tone", "one", NULL, "media=audio"), mix, 0, 0);
	kit_link(&k, mix, s, 0, 0);
	start();
	run(50);
	long before = kit_seen("s")->buffers;
	swap("mix", "kit.mix", "mix2", "media", "audio");
	run(50);
	ck_assert_int_eq(kit_seen("mix2")->add_ports, 3);
	ck_assert_int_eq(kit_seen("mix")->remove_ports, 3);
	ck_assert_int_ge(kit_seen("s")->buffers, before + 15);
	ck_assert_int_eq(kit_seen("mix")->buffers + kit_seen("mix2")->buffers, kit_seen("s")->buffers);
}
END_TEST

START_TEST(muted_stays_muted)
{
	build_chain(_i, NULL);
	lq_link_set_muted(lq_node_link(lq_graph_find(k.graph, "a"), LQ_OUT, 0), 1);
	run(50);
	swap("enc", "kit.enc", "enc2", NULL, NULL);
	run(50);
	ck_assert_int_eq(kit_seen("enc2")->buffers, 0);
	lq_link_set_muted(lq_node_link(lq_graph_find(k.graph, "a"), LQ_OUT, 0), 0);
	run(50);
	ck_assert_int_ge(kit_seen("enc2")->buffers, 5);
}
END_TEST

/* What an encoder gets is muted; who knows nothing of the filter that came between unmutes what the encoder gets. */
START_TEST(filter_in_a_muted_link_is_not_muted_itself)
{
	build_chain(_i, NULL);
	lq_node *a = lq_graph_find(k.graph, "a"), *enc = lq_graph_find(k.graph, "enc"), *two = kit_node(&k, "two", "kit.sink", "one", "more", NULL);
	kit_link(&k, a, two, LQ_QUEUE_BLOCK, 4);
	ck_assert_int_eq(lq_graph_start(k.graph, "more", k.diag), 0);
	lq_link_set_muted(lq_node_link(enc, LQ_IN, 0), 1);
	run(50);
	lq_param_text tag = {"tag", "f"};
	lq_node_config c = {.name = "f", .use = "kit.pass", .group = "", .loop = "one", .params = &tag, .n_params = 1};
	int r = lq_node_insert_behind(a, NULL, &c, "f", k.diag);
	ck_assert_msg(!r, "%s", last_message());
	long before = kit_seen("enc")->buffers, others = kit_seen("two")->buffers;
	run(50);
	ck_assert_int_eq(kit_seen("enc")->buffers, before);
	ck_assert_int_ge(kit_seen("two")->buffers, others + 4);
	lq_link_set_muted(lq_node_link(enc, LQ_IN, 0), 0);
	run(50);
	ck_assert_int_ge(kit_seen("enc")->buffers, before + 4);
	lq_link_set_muted(lq_node_link(enc, LQ_IN, 0), 1);
	ck_assert_int_eq(lq_node_take_out(lq_graph_find(k.graph, "f"), "f", k.diag), 0);
	before = kit_seen("enc")->buffers;
	run(50);
	ck_assert_int_eq(kit_seen("enc")->buffers, before);
	lq_link_set_muted(lq_node_link(enc, LQ_IN, 0), 0);
	run(50);
	ck_assert_int_ge(kit_seen("enc")->buffers, before + 4);
}
END_TEST

START_TEST(muted_capture_changes_and_stays_muted)
{
	build_chain(_i, NULL);
	lq_link_set_muted(lq_node_link(lq_graph_find(k.graph, "a"), LQ_OUT, 0), 1);
	run(50);
	int before = (int)kit_seen("enc")->buffers;
	swap("a", "kit.camera", "b", NULL, NULL); /* though nothing of it comes through */
	run(50);
	ck_assert_int_eq(kit_seen("enc")->buffers, before);
	ck_assert_int_eq(kit_seen("a")->destroys, 1);
	lq_link_set_muted(lq_node_link(lq_graph_find(k.graph, "a"), LQ_OUT, 0), 0);
	run(100);
	ck_assert_int_ge(kit_seen("enc")->buffers, before + 5);
	ck_assert_int_eq(kit_seen("s")->back, 0);
}
END_TEST

START_TEST(rate_of_the_network_is_told_to_the_new_encoder)
{
	build_chain(_i, NULL);
	lq_event event = {.struct_size = sizeof event, .type = LQ_EVENT_TARGET_RATE, .value = 300000};
	lq_node_send_event(lq_graph_find(k.graph, "enc"), &event);
	run(10);
	swap("enc", "kit.enc", "enc2", NULL, NULL);
	run(10);
	ck_assert_int_eq(kit_seen("enc2")->events - kit_seen("enc2")->key_events, 1);
}
END_TEST

START_TEST(figures_go_on)
{
	build_chain(_i, NULL);
	double before = kit_stat(&k, "s", "passed");
	swap("dec", "kit.dec", "dec2", NULL, NULL);
	ck_assert_double_ge(kit_stat(&k, "s", "passed"), before);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("edit");
	tcase_add_checked_fixture(t, edit_begin, edit_end);
	tcase_add_loop_test(t, encoder_changes_without_a_loss, 1, 3);
	tcase_add_loop_test(t, decoder_changes_at_a_key_frame, 1, 3);
	tcase_add_loop_test(t, codec_changes_on_both_sides_at_once, 1, 3);
	tcase_add_loop_test(t, codec_cannot_change_on_one_side_alone, 1, 3);
	tcase_add_loop_test(t, capture_changes_when_the_new_one_has_given_its_first, 1, 3);
	tcase_add_loop_test(t, capture_and_encoder_change_together, 1, 3);
	tcase_add_test(t, capture_of_packets_changes_at_its_key_frame);
	tcase_add_loop_test(t, renderer_changes_and_the_old_one_shows_what_it_has, 1, 3);
	tcase_add_loop_test(t, filter_comes_and_goes, 1, 3);
	tcase_add_loop_test(t, filters_come_in_their_order_and_one_goes_as_another_comes, 1, 3);
	tcase_add_loop_test(t, filter_behind_an_output_is_before_all_that_it_feeds, 1, 3);
	tcase_add_loop_test(t, parameters_that_may_change_do_so_in_place, 1, 3);
	tcase_add_loop_test(t, parameters_that_cannot_change_make_another_instance, 1, 3);
	tcase_add_test(t, converter_comes_where_one_is_needed_and_goes_with_it);
	tcase_add_test(t, ports_of_what_stays_keep_their_numbers);
	tcase_add_test(t, mixer_with_several_inputs_changes);
	tcase_add_loop_test(t, muted_stays_muted, 1, 3);
	tcase_add_loop_test(t, filter_in_a_muted_link_is_not_muted_itself, 1, 3);
	tcase_add_loop_test(t, muted_capture_changes_and_stays_muted, 1, 3);
	tcase_add_loop_test(t, rate_of_the_network_is_told_to_the_new_encoder, 1, 3);
	tcase_add_loop_test(t, figures_go_on, 1, 3);
	return run_case("edit", t);
}
