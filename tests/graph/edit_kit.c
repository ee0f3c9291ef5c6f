#include "tests/graph/edit_kit.h"

kit k;

void edit_begin(void)
{
	kit_init(&k, 0, 1);
}

void edit_end(void)
{
	kit_finish(&k);
}

void start(void)
{
	int r = lq_graph_start(k.graph, NULL, k.diag);
	ck_assert_msg(!r, "%s", lq_diag_text(k.diag, 0));
}

void run(int64_t ms)
{
	ck_assert_int_eq(lq_graph_run_until(k.graph, lq_clock_now(k.clock) + ms * LQ_MSEC), 0);
}

lq_edit *edit(void)
{
	lq_edit *e;
	ck_assert_int_eq(lq_edit_create(k.graph, &e), 0);
	return e;
}

const char *last_message(void)
{
	size_t n = lq_diag_count(k.diag);
	return n ? lq_diag_text(k.diag, n - 1) : "";
}

lq_node *replace(lq_edit *e, const char *name, const char *use, const char *tag, const char *param, const char *value)
{
	lq_param_text params[] = {{"tag", tag}, {param, value}};
	lq_node_config c = {.use = use, .params = params, .n_params = param ? 2 : 1};
	lq_node *fresh = NULL, *old = lq_graph_find(k.graph, name);
	int r = lq_edit_replace(e, old, &c, name, k.diag, &fresh);
	ck_assert_msg(!r, "%s", last_message());
	ck_assert_str_eq(lq_node_name(fresh), name);
	return fresh;
}

void commit(lq_edit *e)
{
	int r = lq_edit_commit(e, 0, k.diag);
	ck_assert_msg(!r, "%s", last_message());
	lq_edit_destroy(e);
}

void fails(lq_edit *e, int code, const char *words)
{
	ck_assert_int_eq(lq_edit_commit(e, 0, k.diag), code);
	kit_check_message(&k, words);
	lq_edit_destroy(e);
}

void swap(const char *name, const char *use, const char *tag, const char *param, const char *value)
{
	lq_edit *e = edit();
	replace(e, name, use, tag, param, value);
	commit(e);
}

void check_whole(const char *tag)
{
	const kit_record *r = kit_seen(tag);
	ck_assert_int_eq(r->gaps, 0);
	ck_assert_int_eq(r->back, 0);
	ck_assert_int_eq(r->max_step, 10 * LQ_MSEC);
}

void build_chain(int loops, const char *source)
{
	static const char *const names[2][4] = {{"one", "one", "one", "one"}, {"one", "two", "three", "four"}};
	const char *const *on = names[loops > 1];
	lq_node *a = kit_node(&k, "a", "kit.source", on[0], NULL, source), *e = kit_node(&k, "enc", "kit.enc", on[1], NULL, NULL);
	lq_node *d = kit_node(&k, "dec", "kit.dec", on[2], NULL, NULL), *s = kit_node(&k, "s", "kit.sink", on[3], NULL, NULL);
	kit_link(&k, a, e, 0, 0);
	kit_link(&k, e, d, 0, 0);
	kit_link(&k, d, s, 0, 0);
	start();
	run(100);
}
