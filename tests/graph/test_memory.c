/* Every allocation of building, starting, running, changing and removing a graph fails in turn: nothing crashes and nothing leaks. */
#include "tests/graph/kit.h"

static const char profile_text[] =
	"{\"loquat_profile\":1,\"name\":\"m\",\"loops\":{\"one\":{},\"two\":{\"priority\":\"realtime\"}},\"graphs\":{"
	"\"shared\":{\"nodes\":{\"net\":{\"use\":\"kit.transport\",\"loop\":\"one\"},\"mix\":{\"use\":\"kit.mix\",\"loop\":\"two\"},"
	"\"speaker\":{\"use\":[\"render.none\",\"kit.sink\"]}},\"chains\":[[\"mix\",\"speaker\"]]},"
	"\"publish\":{\"nodes\":{\"cam\":{\"use\":\"kit.source\",\"loop\":\"two\",\"params\":{\"pixel\":\"nv12\",\"change_at\":5}},"
	"\"enc\":{\"use\":\"kit.enc\"},\"dev\":{\"use\":\"kit.blocking\"}},"
	"\"chains\":[[\"cam\",\"enc\",\"net.video\"],[\"dev\",\"mix\"]],"
	"\"queues\":{\"enc->net\":{\"ms\":200,\"policy\":\"drop-to-keyframe\"}}},"
	"\"subscribe\":{\"nodes\":{\"dec\":{\"use\":[\"kit.enc\",\"kit.dec\"]},\"window\":{\"use\":\"kit.sink\"}},"
	"\"chains\":[[\"net.video\",\"dec\",\"window\"]]}}}";

static int add(const lq_profile *p, lq_graph *g, const char *name, const lq_format *in, lq_diag *diag)
{
	lq_profile_build_config c = {.graph_name = name, .group = name, .in_format = in};
	int r = lq_profile_build(p, g, &c, diag);
	return r ? r : lq_graph_start(g, name, diag);
}

/* A camera with a converter and an encoder make way, and a filter comes. */
static int change(lq_graph *g, lq_diag *diag)
{
	lq_edit *e;
	lq_param_text size = {"size", "32x32"};
	lq_node *cam = lq_graph_find(g, "publish/cam"), *enc = lq_graph_find(g, "publish/enc");
	int r = lq_edit_create(g, &e);
	if (r)
		return r;
	r = lq_edit_insert(e, lq_node_link(enc, LQ_OUT, 0), &(lq_node_config){.name = "f", .use = "kit.pass"}, "f", diag, NULL);
	if (!r)
		r = lq_edit_replace(e, cam, &(lq_node_config){.params = &size, .n_params = 1}, "cam", diag, NULL);
	if (!r)
		r = lq_edit_replace(e, enc, &(lq_node_config){.use = "kit.enc"}, "enc", diag, NULL);
	if (!r)
		r = lq_edit_commit(e, 0, diag);
	lq_edit_destroy(e);
	return r;
}

/* 0 when all of it worked. */
static int whole_life(lq_registry *reg)
{
	lq_diag *diag = lq_diag_create();
	lq_clock *clock = lq_clock_virtual(0);
	lq_profile *p = NULL;
	lq_graph *g = NULL;
	lq_format in = {.struct_size = sizeof in, .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_H264};
	lq_graph_config config = {.registry = reg, .clock = clock};
	int r = diag && clock ? 0 : LQ_ENOMEM;
	if (!r)
		r = lq_profile_parse(profile_text, sizeof profile_text - 1, "m.json", diag, &p);
	if (!r)
		r = lq_profile_patch(p, "{\"graphs\":{\"publish\":{\"nodes\":{\"cam\":{\"params\":{\"period\":20}}}}}}", "patch", diag);
	if (!r)
		r = lq_profile_check(p, reg, diag);
	if (!r)
		r = lq_graph_create(&config, &g);
	if (!r)
		r = add(p, g, "shared", NULL, diag);
	if (!r)
		r = add(p, g, "publish", NULL, diag);
	if (!r)
		r = add(p, g, "subscribe", &in, diag);
	if (!r)
		r = lq_graph_run_until(g, LQ_SEC);
	if (!r)
		r = change(g, diag);
	if (!r)
		r = lq_graph_run_until(g, 2 * LQ_SEC);
	if (!r)
		r = lq_graph_remove(g, "publish");
	if (r && getenv("KIT_VERBOSE"))
		for (size_t i = 0; i < lq_diag_count(diag); i++)
			fprintf(stderr, "%s\n", lq_diag_text(diag, i));
	lq_graph_destroy(g);
	lq_profile_destroy(p);
	lq_clock_destroy(clock);
	lq_diag_destroy(diag);
	return r;
}

static void no_log(void *arg, uint32_t level, const char *area, const char *text)
{
}

static lq_registry *begin(void)
{
	lq_registry *reg;
	lq_log_set_sink(no_log, NULL);
	ck_assert_int_eq(lq_registry_create(&reg), 0);
	ck_assert_int_eq(lq_registry_add(reg, &kit_plugin, NULL), 0);
	ck_assert_int_eq(lq_registry_add(reg, &kit_converters, NULL), 0);
	return reg;
}

START_TEST(a_life_without_failures)
{
	lq_registry *reg = begin();
	long live = lq__alloc_live();
	ck_assert_int_eq(whole_life(reg), 0);
	ck_assert_int_eq(lq__alloc_live(), live);
	lq_registry_destroy(reg);
}
END_TEST

START_TEST(each_allocation_fails_in_turn)
{
	lq_registry *reg = begin();
	long live = lq__alloc_live(), before = lq__alloc_count(), n = 1;
	ck_assert_int_eq(whole_life(reg), 0);
	long all = lq__alloc_count() - before;
	ck_assert_int_gt(all, 50);
	for (; n <= all; n++) {
		lq__alloc_fail_at(n);
		whole_life(reg);
		lq__alloc_fail_at(0);
		ck_assert_msg(lq__alloc_live() == live, "allocation %ld of %ld: %ld left", n, all, lq__alloc_live() - live);
	}
	lq_registry_destroy(reg);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("memory");
	tcase_add_test(t, a_life_without_failures);
	tcase_add_test(t, each_allocation_fails_in_turn);
	return run_case("memory", t);
}
