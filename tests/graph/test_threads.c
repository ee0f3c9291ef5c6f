/* The same graph with threads: own threads, blocking devices, removal under load. Nothing here depends on how fast the machine is. */
#include "tests/graph/kit.h"

#include <time.h>

static kit k;

static void begin(void)
{
	kit_init(&k, 1, 1);
}

static void end(void)
{
	kit_finish(&k);
}

static void start(const char *group)
{
	int r = lq_graph_start(k.graph, group, k.diag);
	ck_assert_msg(!r, "%s", lq_diag_text(k.diag, lq_diag_count(k.diag) - 1));
}

START_TEST(chain_over_three_loops_keeps_order)
{
	lq_node *a = kit_node(&k, "a", "kit.source", "one", NULL, "period=1"), *e = kit_node(&k, "e", "kit.enc", "two", NULL, NULL);
	lq_node *b = kit_node(&k, "b", "kit.sink", "three", NULL, NULL);
	lq_graph_loop(k.graph, "three", 1);
	kit_link(&k, a, e, LQ_QUEUE_BLOCK, 4);
	kit_link(&k, e, b, LQ_QUEUE_BLOCK, 4);
	start(NULL);
	kit_wait(kit_seen("b"), &kit_seen("b")->buffers, 200);
	ck_assert_int_eq(kit_get(kit_seen("b"), &kit_seen("b")->gaps), 0);
	ck_assert_int_eq(kit_get(kit_seen("b"), &kit_seen("b")->first), 0);
}
END_TEST

START_TEST(blocking_capture_reads_on_a_thread_of_its_own)
{
	lq_node *c = kit_node(&k, "c", "kit.blocking", "one", NULL, NULL), *b = kit_node(&k, "b", "kit.sink", "one", NULL, NULL);
	lq_node *a = kit_node(&k, "a", "kit.source", "one", NULL, "period=1"), *d = kit_node(&k, "d", "kit.sink", "one", NULL, NULL);
	kit_link(&k, c, b, 0, 0);
	kit_link(&k, a, d, 0, 0);
	start(NULL);
	kit_wait(kit_seen("c"), &kit_seen("c")->reads, 1);
	kit_wait(kit_seen("d"), &kit_seen("d")->buffers, 50); /* the loop it is named to does not wait for it */
	ck_assert_int_eq(kit_get(kit_seen("b"), &kit_seen("b")->buffers), 0);
	ck_assert_int_eq(lq_node_set_param(c, "count", "7", NULL, k.diag), 0); /* control gets in between reads */
	kit_push(kit_seen("c"), 5);
	kit_wait(kit_seen("b"), &kit_seen("b")->buffers, 1);
}
END_TEST

START_TEST(own_thread_passes_a_queue_on_the_same_loop)
{
	lq_node *o = kit_node(&k, "o", "kit.own", "one", NULL, NULL), *b = kit_node(&k, "b", "kit.sink", "one", NULL, NULL);
	kit_link(&k, o, b, 0, 0);
	start(NULL);
	kit_wait(kit_seen("b"), &kit_seen("b")->buffers, 1000);
	ck_assert_int_eq(kit_get(kit_seen("b"), &kit_seen("b")->max_inside), 1);
}
END_TEST

START_TEST(block_never_holds_up_the_end)
{
	lq_node *o = kit_node(&k, "o", "kit.own", "one", "g", NULL), *b = kit_node(&k, "b", "kit.sink", "one", "g", NULL);
	lq_node *a = kit_node(&k, "a", "kit.source", "two", "g", "period=0"), *d = kit_node(&k, "d", "kit.sink", "three", "g", NULL);
	kit_link(&k, o, b, LQ_QUEUE_BLOCK, 1);
	kit_link(&k, a, d, LQ_QUEUE_BLOCK, 1);
	start("g");
	kit_wait(kit_seen("b"), &kit_seen("b")->buffers, 100);
	kit_wait(kit_seen("d"), &kit_seen("d")->buffers, 100);
	ck_assert_int_eq(lq_graph_remove(k.graph, "g"), 0);
	ck_assert_int_eq(kit_seen("b")->gaps, 0);
	ck_assert_uint_eq(lq__pool_live(k.graph->pool), 0);
}
END_TEST

START_TEST(links_come_and_go_while_a_thread_waits_for_room)
{
	lq_node *o = kit_node(&k, "o", "kit.own", "one", "g", NULL), *b = kit_node(&k, "b", "kit.sink", "one", "g", NULL);
	kit_link(&k, o, b, LQ_QUEUE_BLOCK, 1);
	start("g");
	for (int i = 0; i < 20; i++) {
		long seen = kit_get(kit_seen("b"), &kit_seen("b")->buffers);
		lq_node *c = kit_node(&k, "c", "kit.sink", "one", "more", NULL);
		kit_link(&k, o, c, LQ_QUEUE_BLOCK, 1);
		start("more");
		kit_wait(kit_seen("b"), &kit_seen("b")->buffers, seen + 20);
		ck_assert_int_eq(lq_graph_remove(k.graph, "more"), 0);
	}
	ck_assert_int_ge(kit_seen("c")->buffers, 1);
	ck_assert_int_eq(kit_get(kit_seen("b"), &kit_seen("b")->gaps), 0);
}
END_TEST

START_TEST(slow_sink_makes_only_its_own_queue_drop)
{
	lq_node *a = kit_node(&k, "a", "kit.push", "one", NULL, NULL);
	lq_node *slow = kit_node(&k, "slow", "kit.sink", "two", NULL, NULL), *fast = kit_node(&k, "fast", "kit.sink", "three", NULL, NULL);
	kit_link(&k, a, slow, LQ_QUEUE_DROP_OLDEST, 4);
	kit_link(&k, a, fast, LQ_QUEUE_BLOCK, 4);
	start(NULL);
	kit_gate(kit_seen("slow"), 1);
	kit_push(kit_seen("a"), 1);
	kit_wait(kit_seen("slow"), &kit_seen("slow")->inside, 1);
	kit_push(kit_seen("a"), 100);
	kit_wait(kit_seen("fast"), &kit_seen("fast")->buffers, 101);
	kit_wait_event(&k, &k.drops, 1);
	kit_gate(kit_seen("slow"), 0);
	kit_wait(kit_seen("slow"), &kit_seen("slow")->buffers, 5);
	ck_assert_int_eq(kit_get(kit_seen("slow"), &kit_seen("slow")->last), 100);
	ck_assert_int_eq(kit_stat(&k, "slow", "dropped"), 96);
	ck_assert_int_eq(kit_stat(&k, "fast", "dropped"), 0);
}
END_TEST

static void add_source(int i, lq_node *mix, lq_node *transport)
{
	char name[16], group[16];
	snprintf(group, sizeof group, "g%d", i);
	snprintf(name, sizeof name, "s%d", i);
	lq_node *s = kit_node(&k, name, "kit.source", "one", group, "tag=s,period=1");
	snprintf(name, sizeof name, "p%d", i);
	lq_node *p = kit_node(&k, name, "kit.pass", "two", group, "tag=p");
	kit_link(&k, s, p, 0, 0);
	kit_link(&k, p, mix, 0, 0);
	snprintf(name, sizeof name, "o%d", i);
	lq_node *o = kit_node(&k, name, "kit.own", "one", group, "tag=o,media=h264");
	lq_link *up;
	ck_assert_int_eq(lq_graph_link(k.graph, o, NULL, transport, "video", NULL, NULL, k.diag, &up), 0);
	snprintf(name, sizeof name, "d%d", i);
	lq_node *d = kit_node(&k, name, "kit.dec", "two", group, "tag=d");
	snprintf(name, sizeof name, "w%d", i);
	lq_node *w = kit_node(&k, name, "kit.sink", "three", group, "tag=w");
	ck_assert_int_eq(lq_graph_link(k.graph, transport, "video", d, NULL, NULL, NULL, k.diag, NULL), 0);
	kit_link(&k, d, w, 0, 0);
	start(group);
}

START_TEST(groups_come_and_go_under_load)
{
	lq_node *mix = kit_node(&k, "mix", "kit.mix", "three", "shared", NULL), *out = kit_node(&k, "out", "kit.sink", "three", "shared", NULL);
	lq_node *t = kit_node(&k, "t", "kit.transport", "net", "shared", NULL);
	kit_link(&k, mix, out, 0, 0);
	start("shared");
	for (int i = 0; i < 30; i++) {
		char group[16];
		add_source(i, mix, t);
		long seen = kit_get(kit_seen("out"), &kit_seen("out")->buffers), shown = kit_get(kit_seen("w"), &kit_seen("w")->buffers);
		kit_push(kit_seen("t"), 20);
		kit_wait(kit_seen("out"), &kit_seen("out")->buffers, seen + 5);
		kit_wait(kit_seen("w"), &kit_seen("w")->buffers, shown + 1);
		snprintf(group, sizeof group, "g%d", i - 2);
		if (i >= 2)
			ck_assert_int_eq(lq_graph_remove(k.graph, group), 0);
		char *dot = lq_graph_dot(k.graph);
		ck_assert_ptr_nonnull(dot);
		free(dot);
	}
}
END_TEST

static int say_no(const lq_node_desc *desc, void *self, void *arg)
{
	return LQ_ESTATE;
}

START_TEST(calls_run_on_the_nodes_loop_and_tell_why_they_fail)
{
	lq_node *a = kit_node(&k, "a", "kit.source", "one", NULL, NULL), *b = kit_node(&k, "b", "kit.sink", "one", NULL, NULL);
	kit_link(&k, a, b, 0, 0);
	start(NULL);
	ck_assert_int_eq(lq_node_call(a, say_no, NULL, "net", k.diag), LQ_ESTATE);
	kit_check_message(&k, "net: kit.source: not possible in this state");
}
END_TEST

START_TEST(events_reach_a_busy_loop_in_bounds)
{
	lq_node *a = kit_node(&k, "a", "kit.source", "one", NULL, NULL), *e = kit_node(&k, "e", "kit.enc", "one", NULL, NULL);
	lq_node *b = kit_node(&k, "b", "kit.sink", "one", NULL, NULL);
	kit_link(&k, a, e, 0, 0);
	kit_link(&k, e, b, 0, 0);
	kit_gate(kit_seen("b"), 1);
	start(NULL);
	kit_wait(kit_seen("b"), &kit_seen("b")->inside, 1); /* the loop stands still */
	lq_event event = {.struct_size = sizeof event, .type = LQ_EVENT_TARGET_RATE, .value = 500000};
	int full = 0;
	for (int i = 0; i < 1000; i++)
		full += lq_node_send_event(e, &event) == LQ_EFULL;
	ck_assert_int_eq(full, 1000 - 256);
	kit_gate(kit_seen("b"), 0);
	kit_wait(kit_seen("e"), &kit_seen("e")->events, 256);
}
END_TEST

START_TEST(clock_and_threads_must_fit)
{
	lq_clock *clock = lq_clock_virtual(0);
	lq_graph *g;
	lq_graph_config config = {.registry = k.registry, .clock = clock, .threads = 1};
	ck_assert_int_eq(lq_graph_create(&config, &g), LQ_EINVAL);
	config.clock = NULL;
	config.threads = 0;
	ck_assert_int_eq(lq_graph_create(&config, &g), LQ_EINVAL);
	lq_clock_destroy(clock);
	ck_assert_int_eq(lq_graph_run_until(k.graph, 0), LQ_ESTATE);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("threads");
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, chain_over_three_loops_keeps_order);
	tcase_add_test(t, blocking_capture_reads_on_a_thread_of_its_own);
	tcase_add_test(t, own_thread_passes_a_queue_on_the_same_loop);
	tcase_add_test(t, block_never_holds_up_the_end);
	tcase_add_test(t, links_come_and_go_while_a_thread_waits_for_room);
	tcase_add_test(t, slow_sink_makes_only_its_own_queue_drop);
	tcase_add_test(t, groups_come_and_go_under_load);
	tcase_add_test(t, calls_run_on_the_nodes_loop_and_tell_why_they_fail);
	tcase_add_test(t, events_reach_a_busy_loop_in_bounds);
	tcase_add_test(t, clock_and_threads_must_fit);
	return run_case("threads", t);
}
