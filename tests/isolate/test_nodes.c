/* An isolated node does what it does in-process: each kind, with the same bytes, without copies, and told the same things. */
#include "tests/isolate/rig.h"

static rig r;

static void begin(void)
{
	rig_init(&r);
}

static void end(void)
{
	rig_finish(&r);
}

typedef struct seen {
	long frames, keys;
	uint64_t sum;
} seen;

/* What comes out of a node for the same input, here and in a helper. */
static seen see(const char *use, int isolate, const char *params, const char *media)
{
	rig_chain(&r, use, isolate, params, media);
	rig_pump(&r, 20);
	seen s = {r.frames, r.keys, r.sum};
	ck_assert_int_eq(r.falls, 0);
	if (isolate)
		ck_assert_int_eq((int)rig_stat(&r, "node", "framesDropped"), 0);
	lq_graph_remove(r.graph, NULL);
	r.frames = r.keys = 0;
	r.sum = 0;
	r.last_pts = -1;
	return s;
}

static const struct {
	const char *use, *params, *media;
} cases[] = {
	{"iso.filter", NULL, NULL}, {"iso.filter", "how=invert", NULL}, {"iso.filter", "how=own", "media=audio"}, {"iso.filter", "how=invert", "media=audio"},
	{"iso.mix", "how=invert", NULL}, {"iso.enc", NULL, NULL}, {"codec.h264.enc", "bitrate=300000", NULL}};

START_TEST(same_bytes_come_out)
{
	seen here = see(cases[_i].use, 0, cases[_i].params, cases[_i].media), there = see(cases[_i].use, 1, cases[_i].params, cases[_i].media);
	ck_assert_int_eq(there.frames, here.frames);
	ck_assert_int_eq(there.keys, here.keys);
	ck_assert(there.sum == here.sum);
}
END_TEST

static seen decode(int isolate)
{
	r.feed = rig_node(&r, "feed", "rig.feed", 0, NULL);
	lq_node *enc = rig_node(&r, "enc", "codec.h264.enc", 0, NULL), *dec = rig_node(&r, "dec", "codec.h264.dec", isolate, NULL);
	r.sink = rig_node(&r, "sink", "rig.sink", 0, NULL);
	rig_link(&r, r.feed, enc);
	rig_link(&r, enc, dec);
	rig_link(&r, dec, r.sink);
	rig_start(&r);
	rig_pump(&r, 20);
	seen s = {r.frames, r.keys, r.sum};
	lq_graph_remove(r.graph, NULL);
	r.frames = 0;
	r.sum = 0;
	r.last_pts = -1;
	return s;
}

START_TEST(a_decoder_decodes_the_same)
{
	seen here = decode(0), there = decode(1);
	ck_assert_int_eq(there.frames, here.frames);
	ck_assert(there.sum == here.sum);
}
END_TEST

static const char *const captures[] = {"iso.count", "iso.blocking", "iso.own"};

static seen capture(const char *use, int isolate, int ends)
{
	lq_node *c = rig_node(&r, "c", use, isolate, "count=50");
	r.sink = rig_node(&r, "sink", "rig.sink", 0, NULL);
	ck_assert_int_eq(lq_graph_link(r.graph, c, NULL, r.sink, NULL, &(lq_queue_config){.policy = LQ_QUEUE_DROP_OLDEST}, "link", r.diag, NULL), 0);
	rig_start(&r);
	rig_wait(&r, &r.frames, 50);
	if (ends)
		rig_wait(&r, &r.ends, 2); /* the capture's and the sink's */
	seen s = {r.frames, r.keys, r.sum};
	ck_assert_int_eq(r.falls, 0);
	lq_graph_remove(r.graph, NULL);
	r.frames = r.ends = 0;
	r.sum = 0;
	r.last_pts = -1;
	return s;
}

START_TEST(a_capture_captures_the_same_and_ends)
{
	int ends = _i < 2; /* a thread of its own says nothing of the end */
	seen here = capture(captures[_i], 0, ends), there = capture(captures[_i], 1, ends);
	ck_assert_int_eq(there.frames, here.frames);
	ck_assert(there.sum == here.sum);
}
END_TEST

static uint64_t render(int isolate)
{
	r.feed = rig_node(&r, "feed", "rig.feed", 0, "media=audio");
	lq_node *sink = rig_node(&r, "s", "iso.sink", isolate, NULL);
	rig_link(&r, r.feed, sink);
	rig_start(&r);
	for (int i = 1; i <= 20; i++) {
		rig_push(&r, 1);
		rig_wait(&r, &r.levels, i);
	}
	lq_graph_remove(r.graph, NULL);
	uint64_t sum = r.level_sum;
	r.level_sum = 0;
	r.levels = 0;
	return sum;
}

START_TEST(a_renderer_gets_the_same)
{
	uint64_t here = render(0);
	ck_assert(render(1) == here);
}
END_TEST

START_TEST(nothing_is_copied_on_the_way_to_an_encoder_and_back)
{
	lq_node *cam = rig_node(&r, "cam", "capture.pattern", 0, "size=640x360"), *enc = rig_node(&r, "enc", "codec.h264.enc", 1, NULL);
	r.sink = rig_node(&r, "sink", "rig.sink", 0, NULL);
	rig_link(&r, cam, enc);
	rig_link(&r, enc, r.sink);
	rig_start(&r);
	rig_wait(&r, &r.frames, 30);
	ck_assert_int_eq((int)rig_stat(&r, "enc", "copied"), 0);
}
END_TEST

START_TEST(nothing_is_copied_between_two_helpers)
{
	r.feed = rig_node(&r, "feed", "rig.feed", 0, NULL);
	lq_node *a = rig_node(&r, "a", "iso.filter", 1, "how=invert"), *b = rig_node(&r, "b", "iso.filter", 1, NULL);
	r.sink = rig_node(&r, "sink", "rig.sink", 0, NULL);
	rig_link(&r, r.feed, a);
	rig_link(&r, a, b);
	rig_link(&r, b, r.sink);
	rig_start(&r);
	rig_pump(&r, 200);
	ck_assert_int_eq((int)rig_stat(&r, "a", "copied"), 0);
	ck_assert_int_eq((int)rig_stat(&r, "b", "copied"), 0);
}
END_TEST

START_TEST(memory_of_the_nodes_own_is_copied_and_counted)
{
	rig_chain(&r, "iso.filter", 1, "how=own", "media=audio");
	rig_pump(&r, 10);
	ck_assert_int_eq((int)rig_stat(&r, "node", "copied"), 10);
}
END_TEST

START_TEST(the_plugin_is_never_in_this_program)
{
	rig_chain(&r, "iso.filter", 1, NULL, NULL);
	rig_pump(&r, 3);
	ck_assert_int_eq(rig_count_maps("isotest.so"), 0);
	ck_assert_int_gt(rig_count_maps("memfd:loquat"), 0);
}
END_TEST

START_TEST(parameters_change_on_the_way)
{
	rig_chain(&r, "iso.filter", 1, "how=invert", NULL);
	rig_pump(&r, 3);
	ck_assert_int_eq(lq_node_set_param(lq_graph_find(r.graph, "node"), "level", "5", NULL, r.diag), 0);
	rig_pump(&r, 3);
	ck_assert_int_eq((int)rig_stat(&r, "node", "level"), 5);
}
END_TEST

START_TEST(key_frame_requests_and_rates_arrive)
{
	int64_t got[2];
	rig_chain(&r, "iso.enc", 1, NULL, NULL);
	rig_pump(&r, 2);
	lq_node *enc = lq_graph_find(r.graph, "node");
	ck_assert_int_eq(lq_node_send_event(enc, &(lq_event){.struct_size = sizeof(lq_event), .type = LQ_EVENT_TARGET_RATE, .value = 123456}), 0);
	ck_assert_int_eq(lq_node_send_event(enc, &(lq_event){.struct_size = sizeof(lq_event), .type = LQ_EVENT_KEY_FRAME}), 0);
	rig_pump(&r, 2);
	memcpy(got, r.first, sizeof got);
	ck_assert_int_eq(got[0], 1);
	ck_assert_int_eq(got[1], 123456);
}
END_TEST

START_TEST(errors_are_told_and_end_the_node)
{
	rig_chain(&r, "iso.filter", 1, "wrong=error,where=process", NULL);
	rig_pump_until(&r, &r.errors, 1);
	ck_assert_msg(strstr(r.text, "process: it did not want to") != NULL, "%s", r.text);
	rig_pump_until(&r, &r.errors, 2);
	ck_assert_msg(strstr(r.text, "stopped after 100 errors in a row") != NULL, "%s", r.text);
	ck_assert_int_ge((int)rig_stat(&r, "node", "errors"), 100);
}
END_TEST

START_TEST(a_mixer_gets_and_loses_inputs_while_it_runs)
{
	rig_chain(&r, "iso.mix", 1, NULL, NULL);
	rig_pump(&r, 3);
	for (int i = 0; i < 5; i++) {
		lq_node *more = NULL;
		lq_node_config config = {.name = "more", .use = "rig.feed", .loop = "one", .group = "more"};
		ck_assert_int_eq(lq_graph_add_node(r.graph, &config, "more", r.diag, &more), 0);
		rig_link(&r, more, lq_graph_find(r.graph, "node"));
		ck_assert_int_eq(lq_graph_start(r.graph, "more", r.diag), 0);
		ck_assert_int_eq(lq_graph_remove(r.graph, "more"), 0);
	}
	ck_assert_int_eq((int)rig_stat(&r, "node", "restarts"), 0);
}
END_TEST

START_TEST(stop_and_start_again)
{
	for (int i = 0; i < 3; i++)
		see("iso.filter", 1, NULL, NULL);
}
END_TEST

START_TEST(what_cannot_be_isolated_is_refused)
{
	lq_node *n;
	ck_assert_int_eq(rig_try(&r, "net", "transport.webrtc", 1, NULL, &n), LQ_ENOTSUP);
	rig_check_message(&r, "net: transport.webrtc is a transport, and those cannot be isolated");
	ck_assert_int_eq(rig_try(&r, "s", "rig.sink", 1, NULL, &n), LQ_ENOTSUP);
	rig_check_message(&r, "s: rig.sink is part of this program, and cannot be isolated");
	ck_assert_int_eq(rig_try(&r, "x", "iso.filtre", 1, NULL, &n), LQ_ENOENT);
	rig_check_message(&r, "x: unknown node \"iso.filtre\"; did you mean \"iso.filter\"?");
	ck_assert_int_eq(rig_try(&r, "x", "iso.filter", 1, "level=256", &n), LQ_ERANGE);
}
END_TEST

START_TEST(a_graph_without_threads_refuses)
{
	lq_graph *g;
	lq_node *n;
	lq_clock *clock = lq_clock_virtual(LQ_SEC);
	ck_assert_int_eq(lq_graph_create(&(lq_graph_config){.registry = r.registry, .clock = clock}, &g), 0);
	lq_node_config config = {.name = "c", .use = "iso.count", .isolate = 1};
	ck_assert_int_eq(lq_graph_add_node(g, &config, "c", r.diag, &n), 0);
	ck_assert_int_eq(lq_graph_start(g, NULL, r.diag), LQ_ENOTSUP);
	rig_check_message(&r, "\"isolate\" needs a graph with threads");
	lq_graph_destroy(g);
	lq_clock_destroy(clock);
}
END_TEST

#define PROFILE(nodes, chain) "{\"loquat_profile\":1,\"name\":\"p\",\"graphs\":{\"run\":{\"nodes\":{" nodes "},\"chains\":[" chain "]}}}"

static lq_profile *parse(const char *text)
{
	lq_profile *p = NULL;
	int err = lq_profile_parse(text, strlen(text), "p.json", r.diag, &p);
	ck_assert_msg(!err, "%s", lq_diag_text(r.diag, 0));
	return p;
}

START_TEST(a_profile_isolates_by_a_key)
{
	lq_profile *p = parse(PROFILE("\"c\":{\"use\":\"iso.count\",\"isolate\":true,\"params\":{\"count\":20}},\"s\":{\"use\":\"rig.sink\"}", "[\"c\",\"s\"]"));
	lq_profile_load_plugins(p, r.registry);
	ck_assert_int_eq(lq_profile_check(p, r.registry, r.diag), 0);
	ck_assert_int_eq(lq_profile_build(p, r.graph, &(lq_profile_build_config){.graph_name = "run", .group = "run"}, r.diag), 0);
	ck_assert_int_eq(lq_graph_start(r.graph, "run", r.diag), 0);
	rig_wait(&r, &r.frames, 20);
	ck_assert_int_gt((int)rig_stat(&r, "run/c", "helperPid"), 0);
	ck_assert_int_eq(rig_count_maps("isotest.so"), 0);
	lq_profile_destroy(p);
}
END_TEST

START_TEST(a_profile_that_isolates_a_transport_is_wrong)
{
	lq_profile *p = parse(PROFILE("\"net\":{\"use\":\"transport.webrtc\",\"isolate\":true}", ""));
	ck_assert_int_eq(lq_profile_check(p, r.registry, r.diag), LQ_ENOTSUP);
	rig_check_message(&r, "p.json: graphs.run.nodes.net.isolate: transport.webrtc is a transport, and those cannot be isolated");
	lq_profile_destroy(p);
}
END_TEST

START_TEST(what_takes_the_place_of_an_isolated_node_is_isolated)
{
	rig_chain(&r, "iso.filter", 1, "level=1", NULL);
	rig_pump(&r, 3);
	lq_edit *e;
	ck_assert_int_eq(lq_edit_create(r.graph, &e), 0);
	ck_assert_int_eq(lq_edit_replace(e, lq_graph_find(r.graph, "node"), &(lq_node_config){.use = "iso.pure"}, "node", r.diag, NULL), 0);
	rig_push(&r, 20);
	int err = lq_edit_commit(e, 0, r.diag);
	ck_assert_msg(!err, "%s", lq_diag_text(r.diag, 0));
	lq_edit_destroy(e);
	rig_pump(&r, 3);
	ck_assert_int_gt((int)rig_stat(&r, "node", "helperPid"), 0);
	ck_assert_str_eq(lq_node_descriptor(lq_graph_find(r.graph, "node"))->id, "iso.pure");
	ck_assert_int_eq(r.falls, 0);
}
END_TEST

START_TEST(the_drawing_shows_it)
{
	rig_chain(&r, "iso.filter", 1, NULL, NULL);
	char *dot = lq_graph_dot(r.graph);
	ck_assert_ptr_nonnull(strstr(dot, "in a helper process"));
	free(dot);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("nodes");
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_loop_test(t, same_bytes_come_out, 0, COUNT(cases));
	tcase_add_test(t, a_decoder_decodes_the_same);
	tcase_add_loop_test(t, a_capture_captures_the_same_and_ends, 0, COUNT(captures));
	tcase_add_test(t, a_renderer_gets_the_same);
	tcase_add_test(t, nothing_is_copied_on_the_way_to_an_encoder_and_back);
	tcase_add_test(t, nothing_is_copied_between_two_helpers);
	tcase_add_test(t, memory_of_the_nodes_own_is_copied_and_counted);
	tcase_add_test(t, the_plugin_is_never_in_this_program);
	tcase_add_test(t, parameters_change_on_the_way);
	tcase_add_test(t, key_frame_requests_and_rates_arrive);
	tcase_add_test(t, errors_are_told_and_end_the_node);
	tcase_add_test(t, a_mixer_gets_and_loses_inputs_while_it_runs);
	tcase_add_test(t, stop_and_start_again);
	tcase_add_test(t, what_cannot_be_isolated_is_refused);
	tcase_add_test(t, a_graph_without_threads_refuses);
	tcase_add_test(t, a_profile_isolates_by_a_key);
	tcase_add_test(t, a_profile_that_isolates_a_transport_is_wrong);
	tcase_add_test(t, what_takes_the_place_of_an_isolated_node_is_isolated);
	tcase_add_test(t, the_drawing_shows_it);
	return run_case("isolated nodes", t);
}
