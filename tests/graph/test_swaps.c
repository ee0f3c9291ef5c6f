/* A thousand edits at random moments of a graph with threads: cameras, codecs, filters, renderers and a mixer's sources. Nothing is lost that had not to
 * be, and no time goes back. */
#include "tests/graph/kit.h"

static kit k;
static uint64_t seed;

static void begin(void)
{
	kit_init(&k, 1, 1);
	seed = 88172645463325252u;
}

static void end(void)
{
	kit_finish(&k);
}

static uint32_t random_below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % n;
}

/* camera -> enc -> dec -> s on three loops without a queue that drops; a tone and an own thread's sound -> mix -> out */
static void build(void)
{
	lq_node *cam = kit_node(&k, "cam", "kit.camera", "one", NULL, "period=1"), *enc = kit_node(&k, "enc", "kit.enc", "two", NULL, NULL);
	lq_node *dec = kit_node(&k, "dec", "kit.dec", "three", NULL, NULL), *s = kit_node(&k, "s", "kit.sink", "three", NULL, NULL);
	lq_node *tone = kit_node(&k, "tone", "kit.tone", "one", NULL, "media=audio,period=1"), *mix = kit_node(&k, "mix", "kit.mix", "two", NULL, "media=audio");
	lq_node *own = kit_node(&k, "own", "kit.own", "one", NULL, "media=audio"), *out = kit_node(&k, "out", "kit.sink", "three", NULL, NULL);
	kit_link(&k, cam, enc, LQ_QUEUE_BLOCK, 64);
	kit_link(&k, enc, dec, LQ_QUEUE_BLOCK, 64);
	kit_link(&k, dec, s, 0, 0);
	kit_link(&k, tone, mix, 0, 0);
	kit_link(&k, own, mix, LQ_QUEUE_BLOCK, 2);
	kit_link(&k, mix, out, LQ_QUEUE_BLOCK, 8);
	int r = lq_graph_start(k.graph, NULL, k.diag);
	ck_assert_msg(!r, "%s", lq_diag_text(k.diag, 0));
}

static int replace(lq_edit *e, const char *name, const char *use, const char *param, const char *value)
{
	lq_param_text p[] = {{"tag", name}, {"period", "1"}, {param, value}};
	lq_node_config c = {.use = use, .params = p, .n_params = param ? 3 : 2};
	return lq_edit_replace(e, lq_graph_find(k.graph, name), &c, name, k.diag, NULL);
}

static const char *codec = "h264";

static int change_codec(lq_edit *e)
{
	codec = strcmp(codec, "h264") ? "h264" : "vp8";
	int r = replace(e, "enc", "kit.enc", "codec", codec);
	if (!r && lq_graph_find(k.graph, "f"))
		r = replace(e, "f", "kit.pass", NULL, NULL);
	return r ? r : replace(e, "dec", "kit.dec", "codec", codec);
}

static int filter_in_or_out(lq_edit *e)
{
	lq_node *f = lq_graph_find(k.graph, "f");
	lq_node_config c = {.name = "f", .use = "kit.pass"};
	if (f)
		return lq_edit_remove(e, f, "f", k.diag);
	const char *behind[] = {"cam", "enc", "dec"};
	return lq_edit_insert(e, lq_node_link(lq_graph_find(k.graph, behind[random_below(3)]), LQ_OUT, 0), &c, "f", k.diag, NULL);
}

static int ask(lq_edit *e, uint32_t what)
{
	static const char *const sizes[] = {"32x32", "48x48", "64x48"};
	switch (what) {
	case 0: return replace(e, "cam", "kit.camera", "size", sizes[random_below(3)]);
	case 1: return replace(e, "enc", "kit.enc", "codec", codec);
	case 2: return replace(e, "dec", "kit.dec", "codec", codec);
	case 3: return change_codec(e);
	case 4: return filter_in_or_out(e);
	case 5: return replace(e, "s", "kit.sink", NULL, NULL);
	case 6: return replace(e, "own", "kit.own", "media", "audio");
	default: return replace(e, "mix", "kit.mix", "media", "audio");
	}
}

static void check_told(lq_edit *e, int r, uint32_t what)
{
	ck_assert_msg(!r, "edit %u: %s", what, lq_diag_count(k.diag) ? lq_diag_text(k.diag, lq_diag_count(k.diag) - 1) : lq_error_text(r));
	lq_edit_destroy(e);
}

START_TEST(thousand_edits_at_random_moments)
{
	build();
	kit_record *s = kit_seen("s"), *out = kit_seen("out");
	for (int i = 0; i < 1000; i++) {
		kit_wait(s, &s->buffers, kit_get(s, &s->buffers) + (long)random_below(4));
		lq_edit *e;
		uint32_t what = random_below(8);
		ck_assert_int_eq(lq_edit_create(k.graph, &e), 0);
		int r = ask(e, what);
		check_told(e, r ? r : lq_edit_commit(e, 30 * LQ_SEC, k.diag), what);
	}
	kit_wait(s, &s->buffers, kit_get(s, &s->buffers) + 10);
	kit_wait(out, &out->buffers, kit_get(out, &out->buffers) + 10);
	pthread_mutex_lock(&s->lock);
	ck_assert_int_eq(s->back, 0);
	pthread_mutex_unlock(&s->lock);
	ck_assert_int_eq(k.errors, 0);
}
END_TEST

START_TEST(codecs_change_without_a_single_loss)
{
	build();
	kit_record *s = kit_seen("s");
	for (int i = 0; i < 200; i++) {
		kit_wait(s, &s->buffers, kit_get(s, &s->buffers) + (long)random_below(4));
		lq_edit *e;
		ck_assert_int_eq(lq_edit_create(k.graph, &e), 0);
		int r = ask(e, 1 + random_below(3));
		check_told(e, r ? r : lq_edit_commit(e, 30 * LQ_SEC, k.diag), 1);
	}
	kit_wait(s, &s->buffers, kit_get(s, &s->buffers) + 10);
	ck_assert_int_eq(kit_get(s, &s->gaps), 0);
}
END_TEST

/* Whatever a node that fails does to an edit, the stream goes on. */
START_TEST(failures_at_random_moments_lose_no_more_than_what_they_were_fed)
{
	static const char *const where[] = {"create", "start", "format", "op"};
	static const char *const nodes[][2] = {{"enc", "kit.enc"}, {"dec", "kit.dec"}, {"s", "kit.sink"}, {"mix", "kit.mix"}};
	build();
	kit_record *s = kit_seen("s");
	for (int i = 0; i < 200; i++) {
		lq_edit *e;
		const char *const *n = nodes[random_below(4)];
		kit_wait(s, &s->buffers, kit_get(s, &s->buffers) + (long)random_below(3));
		ck_assert_int_eq(lq_edit_create(k.graph, &e), 0);
		int r = replace(e, n[0], n[1], "fail", where[random_below(4)]);
		if (!r)
			r = lq_edit_commit(e, 30 * LQ_SEC, k.diag);
		ck_assert_int_ne(r, 0);
		ck_assert_uint_gt(lq_diag_count(k.diag), 0);
		lq_diag_clear(k.diag);
		lq_edit_destroy(e);
	}
	kit_wait(s, &s->buffers, kit_get(s, &s->buffers) + 10);
	pthread_mutex_lock(&s->lock);
	ck_assert_int_eq(s->back, 0);
	pthread_mutex_unlock(&s->lock);
	ck_assert_int_eq(k.errors, 0);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("swaps");
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, thousand_edits_at_random_moments);
	tcase_add_test(t, codecs_change_without_a_single_loss);
	tcase_add_test(t, failures_at_random_moments_lose_no_more_than_what_they_were_fed);
	Suite *suite = suite_create("swaps");
	tcase_set_timeout(t, 300);
	suite_add_tcase(suite, t);
	SRunner *r = srunner_create(suite);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
