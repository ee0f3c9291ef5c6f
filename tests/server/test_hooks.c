/* The queue of webhooks on a virtual clock: order, back-off, limits. */
#include "tests/unit/suite.h"

#include <loquat/plugin/errors.h>
#include <string.h>

#include "base/alloc.h"
#include "server/hooks/hooks.h"
#include "server/hooks/queue.h"

#define SECOND INT64_C(1000000000)

static lq__hook_queue queue;
static int64_t due;

static void set_up(void) { lq__hooks_init(&queue); }

static void tear_down(void)
{
	lq__hooks_finish(&queue);
	ck_assert_uint_eq(queue.n, 0);
	ck_assert_uint_eq(queue.bytes, 0);
	ck_assert_int_eq(lq__alloc_live(), 0);
}

static int put(const char *room, const char *body, int64_t now)
{
	return lq__hooks_put(&queue, room, lq__strdup(body), now);
}

static lq__hook_room *next_is(int64_t now, const char *body)
{
	lq__hook_room *r = lq__hooks_next(&queue, now, &due);
	if (!body) {
		ck_assert_ptr_null(r);
		return NULL;
	}
	ck_assert_ptr_nonnull(r);
	ck_assert_str_eq(lq__hooks_first(r)->body, body);
	return r;
}

START_TEST(rooms_do_not_wait_for_each_other_but_their_events_do)
{
	put("r", "1", 0);
	put("r", "2", 0);
	put("q", "3", 0);
	lq__hook_room *r = next_is(0, "1"), *q = next_is(0, "3");
	next_is(0, NULL);
	ck_assert_int_eq(due, INT64_MAX);
	lq__hooks_done(&queue, q, 1, 0);
	next_is(0, NULL);
	lq__hooks_done(&queue, r, 1, 0);
	r = next_is(0, "2");
	lq__hooks_done(&queue, r, 1, 0);
	next_is(0, NULL);
	ck_assert_uint_eq(queue.sent, 3);
	ck_assert(lq__list_empty(&queue.rooms));
}
END_TEST

START_TEST(what_fails_is_tried_again_later_each_time)
{
	static const int64_t waits[] = {1, 2, 4, 8, 16, 32, 60, 60, 60}; /* half seconds */
	int64_t now = 0;
	put("r", "1", 0);
	put("r", "2", 0);
	for (size_t i = 0; i < COUNT(waits); i++) {
		ck_assert_int_eq(lq__hooks_done(&queue, next_is(now, "1"), 0, now), 0);
		next_is(now + waits[i] * SECOND / 2 - 1, NULL);
		ck_assert_int_eq(due, now + waits[i] * SECOND / 2);
		now = due;
	}
	lq__hooks_done(&queue, next_is(now, "1"), 1, now);
	lq__hooks_done(&queue, next_is(now, "2"), 0, now);
	next_is(now, NULL);
	ck_assert_int_eq(due, now + SECOND / 2); /* the back-off begins anew */
	ck_assert_uint_eq(queue.retries, COUNT(waits) + 1);
}
END_TEST

START_TEST(only_so_many_are_sent_at_a_time)
{
	lq__hook_room *r[LQ_HOOKS_SENDING];
	for (int i = 0; i <= LQ_HOOKS_SENDING; i++)
		put((const char[]){(char)('a' + i), 0}, "x", 0);
	for (int i = 0; i < LQ_HOOKS_SENDING; i++)
		r[i] = next_is(0, "x");
	next_is(0, NULL);
	lq__hooks_done(&queue, r[2], 1, 0);
	next_is(0, "x");
}
END_TEST

START_TEST(it_is_bounded_and_counts_what_it_drops)
{
	for (int i = 0; i < LQ_HOOKS_MAX; i++)
		ck_assert_int_eq(put("r", "x", 0), 0);
	ck_assert_int_eq(put("r", "x", 0), LQ_EFULL);
	ck_assert_int_eq(lq__hooks_put(&queue, "r", NULL, 0), LQ_ENOMEM);
	ck_assert_uint_eq(queue.dropped, 2);
	lq__hooks_done(&queue, next_is(0, "x"), 1, 0);
	ck_assert_int_eq(put("r", "x", 0), 0);
}
END_TEST

START_TEST(it_is_bounded_in_bytes)
{
	char *much = lq__malloc(LQ_HOOKS_BYTES / 2 + 1);
	memset(much, 'x', LQ_HOOKS_BYTES / 2);
	much[LQ_HOOKS_BYTES / 2] = 0;
	ck_assert_int_eq(put("r", much, 0), 0);
	ck_assert_int_eq(put("r", much, 0), 0);
	ck_assert_int_eq(put("r", "x", 0), LQ_EFULL);
	lq__free(much);
}
END_TEST

START_TEST(what_nobody_took_for_an_hour_is_dropped)
{
	put("r", "1", 0);
	put("r", "2", 1800 * SECOND);
	ck_assert_int_eq(lq__hooks_done(&queue, next_is(3600 * SECOND - 1, "1"), 0, 3600 * SECOND - 1), 0);
	ck_assert_int_eq(lq__hooks_done(&queue, next_is(3601 * SECOND, "1"), 0, 3601 * SECOND), 1);
	next_is(3601 * SECOND, NULL);
	ck_assert_int_eq(due, 3631 * SECOND);
	lq__hooks_done(&queue, next_is(due, "2"), 1, due);
	ck_assert_uint_eq(queue.dropped, 1);
	ck_assert_uint_eq(queue.sent, 1);
}
END_TEST

START_TEST(addresses_are_looked_at)
{
	ck_assert_int_eq(lq__hooks_url_check("http://127.0.0.1:8080/hooks?a=b"), 0);
	ck_assert_int_eq(lq__hooks_url_check("https://example.org"), 0);
	static const char *const wrong[] = {"", "example.org", "ftp://example.org/", "http://", "http:///path", "https://h:0/", "http://h:99999/", "http://h /x"};
	for (size_t i = 0; i < COUNT(wrong); i++)
		ck_assert_msg(lq__hooks_url_check(wrong[i]) == LQ_EINVAL, "%s", wrong[i]);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("hooks");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, rooms_do_not_wait_for_each_other_but_their_events_do);
	tcase_add_test(t, what_fails_is_tried_again_later_each_time);
	tcase_add_test(t, only_so_many_are_sent_at_a_time);
	tcase_add_test(t, it_is_bounded_and_counts_what_it_drops);
	tcase_add_test(t, it_is_bounded_in_bytes);
	tcase_add_test(t, what_nobody_took_for_an_hour_is_dropped);
	tcase_add_test(t, addresses_are_looked_at);
	return run_case("server/hooks", t);
}
