/* From a profile to a running graph: which nodes are made, of which alternative, on which loop, linked how. */
#include "tests/graph/kit.h"

static kit k;
static lq_profile *profile;

static const char text[] =
	"{\"loquat_profile\":1,\"name\":\"call\",\"loops\":{\"audio\":{\"priority\":\"realtime\"},\"video\":{},\"net\":{}},\"graphs\":{"
	"\"shared\":{\"nodes\":{"
	"  \"net\":{\"use\":\"kit.transport\",\"loop\":\"net\"},\"mix\":{\"use\":\"kit.mix\",\"loop\":\"audio\",\"params\":{\"media\":\"audio\"}},"
	"  \"speaker\":{\"use\":[\"render.speaker\",\"kit.sink\"]}},"
	" \"chains\":[[\"mix\",\"speaker\"]]},"
	"\"publish\":{\"nodes\":{"
	"  \"mic\":{\"use\":\"kit.tone\",\"params\":{\"media\":\"audio\",\"tag\":\"mic\"}},"
	"  \"cam\":{\"use\":[\"kit.camera\",\"kit.push\"],\"loop\":\"video\",\"params\":{\"tag\":\"cam\",\"period\":20}},"
	"  \"venc\":{\"use\":\"kit.enc\",\"params\":{\"tag\":\"venc\"}},\"self\":{\"use\":\"kit.sink\"}},"
	" \"chains\":[[\"mic\",\"mix\"],[\"cam\",\"venc\",\"net.video\"],[\"cam\",\"self\"]],"
	" \"queues\":{\"venc->net\":{\"ms\":200,\"buffers\":10,\"policy\":\"drop-to-keyframe\"}}},"
	"\"subscribe\":{\"nodes\":{"
	"  \"vdec\":{\"use\":[\"kit.enc\",\"kit.dec\"],\"loop\":\"video\"},\"window\":{\"use\":\"kit.sink\",\"params\":{\"tag\":\"window\"}},"
	"  \"file\":{\"use\":\"kit.sink\",\"params\":{\"tag\":\"file\"}}},"
	" \"chains\":[[\"net.video\",\"vdec\",\"window\"],[\"net.video\",\"file\"]]}}}";

static void begin(void)
{
	kit_init(&k, 0, 1);
	profile = NULL;
	ck_assert_msg(!lq_profile_parse(text, sizeof text - 1, "call.json", k.diag, &profile), "%s", lq_diag_text(k.diag, 0));
}

static void end(void)
{
	lq__graph_remove(k.graph, NULL);
	lq_profile_destroy(profile);
	kit_finish(&k);
}

static int build(const char *name, const char *group, uint32_t media, const lq_format *in)
{
	lq_profile_build_config c = {.graph_name = name, .group = group, .media = media, .in_format = in};
	return lq_profile_build(profile, k.graph, &c, k.diag);
}

static void must(int r)
{
	ck_assert_msg(!r, "%s", lq_diag_text(k.diag, 0));
}

START_TEST(call_is_built_from_three_graphs)
{
	lq_format h264 = {.struct_size = sizeof h264, .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_H264};
	must(lq_profile_check(profile, k.registry, k.diag));
	must(build("shared", "shared", 0, NULL));
	must(lq_graph_start(k.graph, "shared", k.diag));
	must(build("publish", "p1", 0, NULL));
	must(lq_graph_start(k.graph, "p1", k.diag));
	must(build("subscribe", "s1", 0, &h264));
	must(lq_graph_start(k.graph, "s1", k.diag));
	ck_assert_int_eq(lq_graph_run_until(k.graph, 2 * LQ_SEC), 0);
	ck_assert_int_eq(kit_seen("venc")->buffers, 51);
	ck_assert_int_eq(kit_seen("none")->creates, 6); /* net, mix, speaker, self, vdec and what it tried first */
	kit_push(kit_seen("none"), 3);
	ck_assert_int_eq(lq_graph_run_until(k.graph, 3 * LQ_SEC), 0);
	ck_assert_int_eq(kit_seen("window")->buffers, 3);
	ck_assert_int_eq(kit_seen("file")->buffers, 3); /* one track, two chains: the same port */
	ck_assert_str_eq(lq_node_descriptor(lq_graph_find(k.graph, "s1/vdec"))->id, "kit.dec");
	ck_assert_str_eq(lq_node_descriptor(lq_graph_find(k.graph, "shared/speaker"))->id, "kit.sink");
	must(lq_graph_remove(k.graph, "p1"));
	must(lq_graph_remove(k.graph, "s1"));
	ck_assert_ptr_null(lq_graph_find(k.graph, "p1/cam"));
}
END_TEST

START_TEST(a_build_may_have_parameters_of_its_own)
{
	const lq_param_text slow[] = {{"period", "50"}, {"nowhere", "1"}}, push[] = {{"tag", "pushed"}}, wrong[] = {{"nowhere", "1"}};
	lq_profile_override o = {.kind = LQ_KIND_CAPTURE, .params = slow, .n_params = 2};
	lq_profile_build_config c = {.graph_name = "publish", .group = "p1", .media = LQ_MEDIA_VIDEO, .overrides = &o, .n_overrides = 1};
	must(build("shared", "shared", 0, NULL));
	must(lq_graph_start(k.graph, "shared", k.diag));
	must(lq_profile_build(profile, k.graph, &c, k.diag));
	must(lq_graph_start(k.graph, "p1", k.diag));
	ck_assert_int_eq(lq_graph_run_until(k.graph, 2 * LQ_SEC), 0);
	ck_assert_int_eq(kit_seen("venc")->buffers, 21); /* 20 ms in the profile gives 51 */
	must(lq_graph_remove(k.graph, "p1"));
	c.group = "p2";
	o = (lq_profile_override){.kind = LQ_KIND_CAPTURE, .use = "kit.push", .params = push, .n_params = 1};
	must(lq_profile_build(profile, k.graph, &c, k.diag));
	ck_assert_str_eq(lq_node_descriptor(lq_graph_find(k.graph, "p2/cam"))->id, "kit.push");
	must(lq_graph_remove(k.graph, "p2"));
	o.params = wrong;
	ck_assert_int_ne(lq_profile_build(profile, k.graph, &c, k.diag), 0);
	ck_assert_ptr_nonnull(strstr(lq_diag_text(k.diag, 0), "nowhere"));
}
END_TEST

START_TEST(shared_recorder_is_fed_by_a_track_that_comes_and_goes)
{
	static const char patch[] =
		"{\"graphs\":{\"shared\":{\"nodes\":{\"record\":{\"use\":\"kit.mix\",\"loop\":\"net\",\"params\":{\"tag\":\"record\"}}}},"
		"\"subscribe\":{\"nodes\":{\"vdec\":null,\"window\":null},\"chains\":[[\"net.video\",\"file\"],[\"net.video\",\"record\"]]}}}";
	lq_format raw = {.struct_size = sizeof raw, .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_RAW, .pixel = LQ_PIXEL_I420, .width = 64, .height = 48};
	must(lq_profile_patch(profile, patch, "patch", k.diag));
	must(build("shared", "shared", 0, NULL));
	must(lq_graph_start(k.graph, "shared", k.diag));
	for (int round = 1; round <= 3; round++) {
		must(build("subscribe", "s1", 0, &raw));
		must(lq_graph_start(k.graph, "s1", k.diag));
		ck_assert_int_eq(lq_graph_run_until(k.graph, round * LQ_SEC), 0);
		kit_push(kit_seen("none"), 3);
		ck_assert_int_eq(lq_graph_run_until(k.graph, round * LQ_SEC + LQ_SEC / 2), 0);
		ck_assert_int_eq(kit_seen("record")->buffers, 3 * round);
		must(lq_graph_remove(k.graph, "s1"));
		ck_assert_ptr_null(lq_node_link(lq_graph_find(k.graph, "shared/record"), LQ_IN, 0));
	}
}
END_TEST

START_TEST(media_keeps_its_chains_only)
{
	must(build("shared", "shared", 0, NULL));
	must(build("publish", "a", LQ_MEDIA_AUDIO, NULL));
	ck_assert_ptr_nonnull(lq_graph_find(k.graph, "a/mic"));
	ck_assert_ptr_null(lq_graph_find(k.graph, "a/cam"));
	must(build("publish", "v", LQ_MEDIA_VIDEO, NULL));
	ck_assert_ptr_null(lq_graph_find(k.graph, "v/mic"));
	ck_assert_ptr_nonnull(lq_graph_find(k.graph, "v/cam"));
	ck_assert_int_eq(build("subscribe", "s", LQ_MEDIA_AUDIO, NULL), LQ_ENOENT);
	kit_check_message(&k, "call.json: graphs.subscribe: no chain for audio");
}
END_TEST

START_TEST(overrides_add_up_and_may_keep_the_profiles_parameters)
{
	const lq_param_text tag = {"tag", "chosen"}, period = {"period", "7"};
	const lq_profile_override both[] = {{.kind = LQ_KIND_CAPTURE, .use = "kit.camera", .params = &tag, .n_params = 1, .keeps = 1},
	                                    {.kind = LQ_KIND_CAPTURE, .params = &period, .n_params = 1},
	                                    {.kind = LQ_KIND_RENDERER, .use = "kit.nothing"}};
	lq_profile_build_config c = {.graph_name = "publish", .group = "p", .media = LQ_MEDIA_VIDEO, .overrides = both, .n_overrides = 1};
	must(build("shared", "shared", 0, NULL));
	must(lq_profile_build(profile, k.graph, &c, k.diag));
	const lq_node *cam = lq_graph_find(k.graph, "p/cam");
	ck_assert_str_eq(lq_node_param(cam, "tag"), "chosen");
	ck_assert_str_eq(lq_node_param(cam, "period"), "20");
	ck_assert_ptr_null(lq_node_param(cam, "nothing"));
	c.group = "q";
	c.n_overrides = 2;
	must(lq_profile_build(profile, k.graph, &c, k.diag));
	cam = lq_graph_find(k.graph, "q/cam");
	ck_assert_str_eq(lq_node_param(cam, "tag"), "chosen");
	ck_assert_str_eq(lq_node_param(cam, "period"), "7");
	c.group = "r";
	c.n_overrides = 3;
	ck_assert_int_eq(lq_profile_build(profile, k.graph, &c, k.diag), LQ_ENOENT);
	ck_assert_ptr_null(lq_graph_find(k.graph, "r/cam")); /* nothing of it stays */
}
END_TEST

START_TEST(loop_is_inherited_along_the_chain)
{
	must(build("shared", "shared", 0, NULL));
	must(build("publish", "p", 0, NULL));
	ck_assert_str_eq(lq_node_loop(lq_graph_find(k.graph, "shared/speaker")), "audio"); /* from the node before */
	ck_assert_str_eq(lq_node_loop(lq_graph_find(k.graph, "p/venc")), "video");
	ck_assert_str_eq(lq_node_loop(lq_graph_find(k.graph, "p/mic")), "audio"); /* none before: from the node behind */
}
END_TEST

START_TEST(queue_is_as_the_profile_says)
{
	must(build("shared", "shared", 0, NULL));
	must(build("publish", "p", 0, NULL));
	lq_link *l = lq_node_link(lq_graph_find(k.graph, "p/venc"), LQ_OUT, 0);
	ck_assert_uint_eq(l->queue_config.policy, LQ_QUEUE_DROP_TO_KEYFRAME);
	ck_assert_uint_eq(l->queue_config.buffers, 10);
	ck_assert_uint_eq(l->queue_config.ms, 200);
	ck_assert_str_eq(lq_node_name(lq_link_to(l)), "shared/net");
	ck_assert_uint_ge(lq_link_to_port(l), 4);
}
END_TEST

START_TEST(reasons_of_all_alternatives_are_told)
{
	lq_format vp8 = {.struct_size = sizeof vp8, .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_VP8};
	must(build("shared", "shared", 0, NULL));
	ck_assert_int_eq(build("subscribe", "s", 0, &vp8), LQ_EFORMAT);
	kit_check_message(&k, "call.json: graphs.subscribe.nodes.vdec: none of the 2 alternatives can be used here");
	kit_check_message(&k, "call.json: graphs.subscribe.nodes.vdec.use[0]: kit.enc does not take video/vp8; it takes video/raw I420");
	kit_check_message(&k, "call.json: graphs.subscribe.nodes.vdec.use[1]: kit.dec does not take video/vp8; it takes video/h264");
	ck_assert_ptr_null(lq_graph_find(k.graph, "s/window")); /* nothing is left */
	ck_assert_ptr_null(lq_graph_find(k.graph, "s/vdec"));
}
END_TEST

START_TEST(alternative_that_cannot_be_made_gives_way)
{
	must(lq_profile_patch(profile, "{\"graphs\":{\"publish\":{\"nodes\":{\"self\":{\"use\":[\"no.such\",\"kit.enc\",\"kit.sink\"],"
	                      "\"params\":{\"fail\":\"create\"}}}}}}", "options", k.diag));
	must(build("shared", "shared", 0, NULL));
	ck_assert_int_eq(build("publish", "p", 0, NULL), LQ_ENODEV);
	kit_check_message(&k, "options: graphs.publish.nodes.self: none of the 3 alternatives can be used here");
	kit_check_message(&k, "options: graphs.publish.nodes.self.use[1]: kit.enc: no such thing here");
}
END_TEST

START_TEST(decoder_is_chosen_for_the_encoder_before_it)
{
	must(lq_profile_patch(profile, "{\"graphs\":{\"loop\":{\"nodes\":{\"cam\":{\"use\":\"kit.camera\"},\"enc\":{\"use\":\"kit.enc\"},"
	                      "\"dec\":{\"use\":[\"kit.enc\",\"kit.dec\"]},\"win\":{\"use\":\"kit.sink\"}},"
	                      "\"chains\":[[\"cam\",\"enc\",\"dec\",\"win\"]]}}}", "options", k.diag));
	must(build("loop", "l", 0, NULL));
	ck_assert_str_eq(lq_node_descriptor(lq_graph_find(k.graph, "l/dec"))->id, "kit.dec");
}
END_TEST

START_TEST(publishing_needs_the_shared_graph)
{
	ck_assert_int_eq(build("publish", "p", 0, NULL), LQ_ESTATE);
	kit_check_message(&k, "call.json: graphs.publish.chains[0][1]: node \"mix\" is in graph \"shared\", which is not built yet");
	ck_assert_int_eq(build("pubish", "p", 0, NULL), LQ_ENOENT);
	kit_check_message(&k, "call.json: there is no graph \"pubish\"; did you mean \"publish\"?");
}
END_TEST

START_TEST(bad_value_is_told_with_its_place)
{
	must(lq_profile_patch(profile, "{\"graphs\":{\"publish\":{\"nodes\":{\"mic\":{\"params\":{\"period\":99999}}}}}}", "options", k.diag));
	must(build("shared", "shared", 0, NULL));
	ck_assert_int_eq(build("publish", "p", LQ_MEDIA_AUDIO, NULL), LQ_ERANGE);
	kit_check_message(&k, "options: graphs.publish.nodes.mic.params.period: 99999 exceeds maximum 10000 ms (kit.tone)");
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("build");
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, a_build_may_have_parameters_of_its_own);
	tcase_add_test(t, call_is_built_from_three_graphs);
	tcase_add_test(t, shared_recorder_is_fed_by_a_track_that_comes_and_goes);
	tcase_add_test(t, media_keeps_its_chains_only);
	tcase_add_test(t, overrides_add_up_and_may_keep_the_profiles_parameters);
	tcase_add_test(t, loop_is_inherited_along_the_chain);
	tcase_add_test(t, queue_is_as_the_profile_says);
	tcase_add_test(t, reasons_of_all_alternatives_are_told);
	tcase_add_test(t, alternative_that_cannot_be_made_gives_way);
	tcase_add_test(t, decoder_is_chosen_for_the_encoder_before_it);
	tcase_add_test(t, publishing_needs_the_shared_graph);
	tcase_add_test(t, bad_value_is_told_with_its_place);
	return run_case("build", t);
}
