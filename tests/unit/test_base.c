#include <loquat/clock.h>
#include <loquat/diag.h>
#include <loquat/log.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/nearest.h"
#include "tests/unit/suite.h"

START_TEST(memory_is_counted)
{
	long live = lq__alloc_live(), count = lq__alloc_count();
	char *a = lq__malloc(0), *b = lq__calloc(3, 4), *c = lq__strdup("loquat"), *d = lq__strndup("loquat", 3);
	ck_assert(a && b && c && d);
	ck_assert_str_eq(c, "loquat");
	ck_assert_str_eq(d, "loq");
	for (int i = 0; i < 12; i++)
		ck_assert_int_eq(b[i], 0);
	ck_assert_int_eq(lq__alloc_live(), live + 4);
	a = lq__realloc(a, 1000);
	ck_assert_int_eq(lq__alloc_live(), live + 4);
	ck_assert_int_eq(lq__alloc_count(), count + 5);
	lq__free(a);
	lq__free(b);
	lq__free(c);
	lq__free(d);
	lq__free(NULL);
	ck_assert_int_eq(lq__alloc_live(), live);
}
END_TEST

START_TEST(allocations_fail_from_the_chosen_one_on)
{
	lq__alloc_fail_at(2);
	char *a = lq__malloc(8);
	ck_assert_ptr_nonnull(a);
	ck_assert_ptr_null(lq__malloc(8));
	ck_assert_ptr_null(lq__calloc(1, 8));
	ck_assert_ptr_null(lq__strdup("x"));
	ck_assert_ptr_null(lq__realloc(NULL, 8));
	ck_assert_ptr_null(lq__realloc(a, 16)); /* a is still whole */
	a[7] = 1;
	lq__alloc_fail_at(0);
	char *b = lq__realloc(a, 16);
	ck_assert_int_eq(b[7], 1);
	lq__free(b);
}
END_TEST

START_TEST(a_product_that_overflows_is_refused)
{
	volatile size_t half = SIZE_MAX / 2;
	ck_assert_ptr_null(lq__calloc(half, 3));
}
END_TEST

START_TEST(the_real_clock_never_goes_back)
{
	lq_clock *c = lq_clock_real();
	ck_assert(!lq_clock_is_virtual(c));
	int64_t last = 0;
	for (int i = 0; i < 1000; i++) {
		int64_t now = lq_clock_now(c);
		ck_assert_int_ge(now, last);
		last = now;
	}
	lq_clock_destroy(c);
	lq_clock_destroy(NULL);
	ck_assert_ptr_eq(lq_clock_real(), c);
}
END_TEST

START_TEST(a_virtual_clock_stands_still_until_told)
{
	lq_clock *c = lq_clock_virtual(5);
	ck_assert(lq_clock_is_virtual(c));
	ck_assert_int_eq(lq_clock_now(c), 5);
	ck_assert_int_eq(lq_clock_now(c), 5);
	lq_clock_set(c, INT64_C(1) << 60);
	ck_assert_int_eq(lq_clock_now(c), INT64_C(1) << 60);
	lq_clock_destroy(c);
	lq__alloc_fail_at(1);
	ck_assert_ptr_null(lq_clock_virtual(0));
	lq__alloc_fail_at(0);
}
END_TEST

START_TEST(messages_carry_place_and_code)
{
	lq_diag *d = lq_diag_create();
	ck_assert_int_eq(lq_diag_add(d, LQ_ERANGE, "a.json: x", "%d is too much", 7), LQ_ERANGE);
	ck_assert_int_eq(lq_diag_add(d, LQ_EINVAL, NULL, "plain"), LQ_EINVAL);
	ck_assert_int_eq(lq_diag_add(d, LQ_EINVAL, "", "also plain"), LQ_EINVAL);
	ck_assert_uint_eq(lq_diag_count(d), 3);
	ck_assert_str_eq(lq_diag_text(d, 0), "a.json: x: 7 is too much");
	ck_assert_str_eq(lq_diag_text(d, 1), "plain");
	ck_assert_str_eq(lq_diag_text(d, 2), "also plain");
	ck_assert_ptr_null(lq_diag_text(d, 3));
	ck_assert_int_eq(lq_diag_code(d, 0), LQ_ERANGE);
	ck_assert_int_eq(lq_diag_code(d, 9), 0);
	lq_diag_clear(d);
	ck_assert_uint_eq(lq_diag_count(d), 0);
	lq_diag_destroy(d);
	ck_assert_int_eq(lq__alloc_live(), 0);
}
END_TEST

START_TEST(nowhere_to_report_is_fine)
{
	ck_assert_int_eq(lq_diag_add(NULL, LQ_EIO, "x", "y"), LQ_EIO);
	ck_assert_uint_eq(lq_diag_count(NULL), 0);
	ck_assert_ptr_null(lq_diag_text(NULL, 0));
	lq_diag_destroy(NULL);
}
END_TEST

START_TEST(messages_are_bounded_in_number_and_length)
{
	static char place[5000];
	memset(place, 'p', sizeof place - 1);
	lq_diag *d = lq_diag_create();
	lq_diag_add(d, LQ_EIO, place, "text");
	ck_assert_uint_lt(strlen(lq_diag_text(d, 0)), 2048);
	lq_diag_add(d, LQ_EIO, "x", "%s", place);
	ck_assert_uint_lt(strlen(lq_diag_text(d, 1)), 2048);
	for (int i = 0; i < 3000; i++)
		lq_diag_add(d, LQ_EIO, NULL, "%d", i);
	ck_assert_uint_eq(lq_diag_count(d), 1000);
	lq_diag_destroy(d);
}
END_TEST

START_TEST(a_message_that_finds_no_memory_is_left_out)
{
	for (long n = 1; n < 4; n++) {
		lq__alloc_fail_at(n);
		lq_diag *d = lq_diag_create();
		if (d)
			ck_assert_int_eq(lq_diag_add(d, LQ_EIO, "x", "y"), LQ_EIO);
		lq__alloc_fail_at(0);
		ck_assert_uint_eq(lq_diag_count(d), 0);
		lq_diag_destroy(d);
		ck_assert_int_eq(lq__alloc_live(), 0);
	}
}
END_TEST

static struct { int n; uint32_t level; char area[32], text[2048]; } logged;

static void keep(void *arg, uint32_t level, const char *area, const char *text)
{
	ck_assert_ptr_eq(arg, &logged);
	logged.n++;
	logged.level = level;
	snprintf(logged.area, sizeof logged.area, "%s", area);
	snprintf(logged.text, sizeof logged.text, "%s", text);
}

START_TEST(only_the_wanted_levels_are_logged)
{
	unsetenv("LQ_LOG");
	lq_log_set_sink(keep, &logged);
	lq_log(LQ_LOG_INFO, "graph", "no");
	ck_assert_int_eq(logged.n, 0);
	lq_log(LQ_LOG_WARNING, "graph", "%s %d", "yes", 1);
	ck_assert_int_eq(logged.n, 1);
	ck_assert_str_eq(logged.area, "graph");
	ck_assert_str_eq(logged.text, "yes 1");
	lq_log_set_level(LQ_LOG_TRACE);
	lq_log(LQ_LOG_TRACE, "graph", "all");
	ck_assert_int_eq(logged.n, 2);
	lq_log_set_level(LQ_LOG_FATAL);
	lq_log(LQ_LOG_ERROR, "graph", "no");
	ck_assert_int_eq(logged.n, 2);
}
END_TEST

START_TEST(the_environment_sets_levels_by_area)
{
	setenv("LQ_LOG", "error,webrtc=debug,web=info,bad=never", 1);
	lq_log_set_sink(keep, &logged);
	lq_log(LQ_LOG_WARNING, "graph", "no");
	lq_log(LQ_LOG_DEBUG, "web", "no");
	lq_log(LQ_LOG_WARNING, "bad", "no");
	ck_assert_int_eq(logged.n, 0);
	lq_log(LQ_LOG_ERROR, "graph", "yes");
	lq_log(LQ_LOG_DEBUG, "webrtc", "yes");
	lq_log(LQ_LOG_INFO, "web", "yes");
	ck_assert_int_eq(logged.n, 3);
}
END_TEST

START_TEST(a_long_line_is_cut)
{
	static char line[5000];
	memset(line, 'x', sizeof line - 1);
	lq_log_set_sink(keep, &logged);
	lq_log(LQ_LOG_ERROR, "a", "%s", line);
	ck_assert_uint_eq(strlen(logged.text), 1023);
}
END_TEST

START_TEST(level_names_are_parsed)
{
	uint32_t level = 99;
	ck_assert_int_eq(lq_log_level_parse("debug", &level), 0);
	ck_assert_uint_eq(level, LQ_LOG_DEBUG);
	ck_assert_int_eq(lq_log_level_parse("Fatal", &level), 0);
	ck_assert_uint_eq(level, LQ_LOG_FATAL);
	ck_assert_int_eq(lq_log_level_parse("loud", &level), LQ_EINVAL);
	ck_assert_int_eq(lq_log_level_parse("", &level), LQ_EINVAL);
	ck_assert_uint_eq(level, LQ_LOG_FATAL);
}
END_TEST

START_TEST(errors_have_names_and_texts)
{
#define CHECK(name, number, text) \
	ck_assert_int_eq(LQ_##name, -number); \
	ck_assert_str_eq(lq_error_name(LQ_##name), #name); \
	ck_assert_str_eq(lq_error_text(LQ_##name), text);
	LQ_ERRORS(CHECK)
	ck_assert_str_eq(lq_error_name(0), "OK");
	ck_assert_str_eq(lq_error_text(0), "success");
	ck_assert_str_eq(lq_error_name(-9999), "unknown");
	ck_assert_str_eq(lq_error_text(5), "unknown error");
}
END_TEST

static const struct { const char *a, *b; unsigned distance; } distances[] = {
	{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"bitrate", "bitrate", 0}, {"bitrat", "bitrate", 1}, {"BitRate", "bitrate", 0},
	{"kitten", "sitting", 3}, {"ab", "ba", 1}, {"flim", "film", 1}, {"abcdef", "ghijkl", 6},
};

START_TEST(edits_are_counted)
{
	ck_assert_uint_eq(lq__edit_distance(distances[_i].a, distances[_i].b), distances[_i].distance);
	ck_assert_uint_eq(lq__edit_distance(distances[_i].b, distances[_i].a), distances[_i].distance);
}
END_TEST

START_TEST(long_words_are_cut_not_overrun)
{
	static char a[1000], b[1000];
	memset(a, 'a', sizeof a - 1);
	memset(b, 'b', sizeof b - 1);
	ck_assert_uint_eq(lq__edit_distance(a, b), 63);
}
END_TEST

START_TEST(the_nearest_is_suggested_only_when_near)
{
	static const char *const names[] = {"fps", "size", "bitrate", "bitdepth"};
	lq__nearest n = {0}, far = {0}, tiny = {0};
	for (size_t i = 0; i < COUNT(names); i++) {
		lq__nearest_try(&n, "bitrte", names[i]);
		lq__nearest_try(&far, "transport", names[i]);
		lq__nearest_try(&tiny, "x", names[i]);
	}
	ck_assert_str_eq(n.best, "bitrate");
	ck_assert_ptr_null(far.best);
	ck_assert_ptr_null(tiny.best);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("base");
	tcase_add_test(t, memory_is_counted);
	tcase_add_test(t, allocations_fail_from_the_chosen_one_on);
	tcase_add_test(t, a_product_that_overflows_is_refused);
	tcase_add_test(t, the_real_clock_never_goes_back);
	tcase_add_test(t, a_virtual_clock_stands_still_until_told);
	tcase_add_test(t, messages_carry_place_and_code);
	tcase_add_test(t, nowhere_to_report_is_fine);
	tcase_add_test(t, messages_are_bounded_in_number_and_length);
	tcase_add_test(t, a_message_that_finds_no_memory_is_left_out);
	tcase_add_test(t, only_the_wanted_levels_are_logged);
	tcase_add_test(t, the_environment_sets_levels_by_area);
	tcase_add_test(t, a_long_line_is_cut);
	tcase_add_test(t, level_names_are_parsed);
	tcase_add_test(t, errors_have_names_and_texts);
	tcase_add_loop_test(t, edits_are_counted, 0, COUNT(distances));
	tcase_add_test(t, long_words_are_cut_not_overrun);
	tcase_add_test(t, the_nearest_is_suggested_only_when_near);
	return run_case("base", t);
}
