/* The plugins as the core sees them: tables that hold, and whole graphs of them on a virtual clock. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <loquat/graph.h>

#include "plugin/param.h"

static lq_registry *reg;
static lq_clock *vclock;
static lq_graph *graph;
static lq_diag *diag;

static void set_up(void)
{
	lq_graph_config config = {0};
	diag = lq_diag_create();
	vclock = lq_clock_virtual(50 * LQ_SEC);
	ck_assert_int_eq(lq_registry_create(&reg), 0);
	ck_assert_int_eq(lq_registry_scan_default(reg), 0);
	config.registry = reg;
	config.clock = vclock;
	ck_assert_int_eq(lq_graph_create(&config, &graph), 0);
}

static void tear_down(void)
{
	lq_graph_destroy(graph);
	lq_registry_destroy(reg);
	lq_clock_destroy(vclock);
	lq_diag_destroy(diag);
}

static lq_node *add(const char *name, const char *use, const char *param, const char *value)
{
	lq_param_text text = {param, value};
	lq_node_config c = {.name = name, .use = use, .params = &text, .n_params = param ? 1 : 0};
	lq_node *node = NULL;
	int r = lq_graph_add_node(graph, &c, name, diag, &node);
	ck_assert_msg(r == 0, "%s", lq_diag_text(diag, 0));
	return node;
}

static void join(lq_node *from, const char *from_port, lq_node *to, const char *to_port)
{
	int r = lq_graph_link(graph, from, from_port, to, to_port, NULL, "link", diag, NULL);
	ck_assert_msg(r == 0, "%s", lq_diag_text(diag, 0));
}

static void run(int64_t duration)
{
	int r = lq_graph_start(graph, "", diag);
	ck_assert_msg(r == 0, "%s", lq_diag_text(diag, 0));
	ck_assert_int_eq(lq_graph_run_until(graph, lq_clock_now(vclock) + duration), 0);
}

typedef struct wanted {
	const char *node, *name;
	double value;
} wanted;

static void on_stat(void *arg, const char *node, uint32_t port, const char *name, double value)
{
	wanted *w = arg;
	if (!strcmp(node, w->node) && !strcmp(name, w->name))
		w->value = value;
}

static double stat_of(const char *node, const char *name)
{
	wanted w = {node, name, -1};
	lq_graph_stats(graph, on_stat, &w);
	return w.value;
}

START_TEST(every_table_is_sound)
{
	lq_node_info info;
	char text[256];
	for (size_t i = 0; !lq_registry_node(reg, i, &info); i++)
		ck_assert_msg(lq__param_table_check(info.desc, text, sizeof text) == 0, "%s: %s", info.desc->id, text);
	for (size_t i = 0; i < lq_registry_plugin_count(reg); i++) {
		lq_plugin_info p;
		ck_assert_int_eq(lq_registry_plugin(reg, i, &p), 0);
		ck_assert_msg(p.plugin != NULL, "%s: %s", p.file, p.reason);
	}
}
END_TEST

START_TEST(picture_and_sound_pass_through_codecs)
{
	static const char *const codecs[] = {"h264", "vp8", "vp9"};
	char enc[32], dec[32];
	snprintf(enc, sizeof enc, "codec.%s.enc", codecs[_i]);
	snprintf(dec, sizeof dec, "codec.%s.dec", codecs[_i]);
	lq_node *cam = add("cam", "capture.pattern", "size", "320x180"), *venc = add("venc", enc, NULL, NULL), *vdec = add("vdec", dec, NULL, NULL);
	lq_node *window = add("window", "render.null", NULL, NULL), *mic = add("mic", "capture.tone", "rate", "44100");
	lq_node *aenc = add("aenc", "codec.opus.enc", NULL, NULL), *adec = add("adec", "codec.opus.dec", NULL, NULL);
	lq_node *mix = add("mix", "filter.audiomix", NULL, NULL), *speaker = add("speaker", "render.null", NULL, NULL);
	join(cam, NULL, venc, NULL);
	join(venc, NULL, vdec, NULL);
	join(vdec, NULL, window, NULL);
	join(mic, NULL, aenc, NULL); /* a resampler goes between by itself */
	join(aenc, NULL, adec, NULL);
	join(adec, NULL, mix, "in");
	join(mix, NULL, speaker, NULL);
	run(2 * LQ_SEC);
	ck_assert_double_ge(stat_of("window", "framesRendered"), 55);
	ck_assert_double_ge(stat_of("speaker", "framesRendered"), 199);
	ck_assert_double_ge(stat_of("mix", "samplesPlayed"), 90000);
}
END_TEST

START_TEST(a_recording_plays)
{
	char dir[] = "/tmp/lq-graph-XXXXXX", file[64];
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof file, "%s/a.mkv", dir);
	lq_node *cam = add("cam", "capture.pattern", "size", "320x180"), *venc = add("venc", "codec.h264.enc", NULL, NULL);
	lq_node *mic = add("mic", "capture.tone", NULL, NULL), *aenc = add("aenc", "codec.opus.enc", NULL, NULL);
	lq_node *record = add("record", "render.file", "file", file);
	join(cam, NULL, venc, NULL);
	join(venc, NULL, record, "video");
	join(mic, NULL, aenc, NULL);
	join(aenc, NULL, record, "audio");
	run(2 * LQ_SEC);
	ck_assert_int_eq(lq_graph_remove(graph, ""), 0);

	lq_node *source = add("source", "capture.file", "file", file), *stamp = add("stamp", "filter.barcode", NULL, NULL);
	lq_node *window = add("window", "render.null", NULL, NULL), *speaker = add("speaker", "render.null", NULL, NULL);
	lq_node *again = add("again", "codec.vp8.enc", NULL, NULL);
	join(source, "video", stamp, NULL);
	join(stamp, NULL, again, NULL);
	join(again, NULL, window, NULL);
	join(source, "audio", speaker, NULL);
	run(5 * LQ_SEC);
	ck_assert_double_ge(stat_of("window", "framesRendered"), 130);
	ck_assert_double_ge(stat_of("speaker", "framesRendered"), 200);
	unlink(file);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

START_TEST(a_scaler_goes_between_by_itself_or_on_request)
{
	lq_node *cam = add("cam", "capture.pattern", "size", "640x360"), *scale = add("scale", "filter.scale", "size", "320x180");
	lq_node *venc = add("venc", "codec.vp8.enc", NULL, NULL), *vdec = add("vdec", "codec.vp8.dec", NULL, NULL);
	lq_node *window = add("window", "render.null", NULL, NULL);
	join(cam, NULL, scale, NULL);
	join(scale, NULL, venc, NULL);
	join(venc, NULL, vdec, NULL);
	join(vdec, NULL, window, NULL);
	run(LQ_SEC);
	ck_assert_double_eq(stat_of("vdec", "frameWidth"), 320);
	ck_assert_double_eq(stat_of("vdec", "frameHeight"), 180);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("plugins/graph");
	TCase *c = tcase_create("graph");
	tcase_set_timeout(c, 120);
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, every_table_is_sound);
	tcase_add_loop_test(c, picture_and_sound_pass_through_codecs, 0, 3);
	tcase_add_test(c, a_recording_plays);
	tcase_add_test(c, a_scaler_goes_between_by_itself_or_on_request);
	suite_add_tcase(s, c);
	SRunner *runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
