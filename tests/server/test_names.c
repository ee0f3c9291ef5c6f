/* Names of rooms, users and nicknames. */
#include "tests/unit/suite.h"

#include <loquat/plugin/errors.h>
#include <string.h>

#include "base/names.h"

static int room(const char *s) { return lq__room_name_check(s, strlen(s)); }
static int user(const char *s) { return lq__user_id_check(s, strlen(s)); }

START_TEST(a_room_name_has_1_to_64_bytes)
{
	char name[66];
	memset(name, 'a', sizeof name);
	ck_assert_int_eq(lq__room_name_check(name, 0), LQ_ERANGE);
	ck_assert_int_eq(lq__room_name_check(name, 1), 0);
	ck_assert_int_eq(lq__room_name_check(name, 64), 0);
	ck_assert_int_eq(lq__room_name_check(name, 65), LQ_ERANGE);
}
END_TEST

START_TEST(a_room_name_has_89_characters_to_choose_from)
{
	int allowed = 0;
	for (int c = 0; c < 256; c++) {
		char b = (char)c;
		allowed += !lq__room_name_check(&b, 1);
	}
	ck_assert_int_eq(allowed, 89);
	ck_assert_int_eq(room("Kitchen 2 (left), {a}|b~"), 0);
	ck_assert_int_eq(room("a/b"), LQ_EINVAL);
	ck_assert_int_eq(room("a\"b"), LQ_EINVAL);
	ck_assert_int_eq(room("k\303\274che"), LQ_EINVAL);
	ck_assert_int_eq(lq__room_name_check("a\0b", 3), LQ_EINVAL);
}
END_TEST

START_TEST(a_user_id_has_1_to_128_plain_bytes)
{
	char id[130];
	memset(id, 'u', sizeof id);
	ck_assert_int_eq(lq__user_id_check(id, 0), LQ_ERANGE);
	ck_assert_int_eq(lq__user_id_check(id, 128), 0);
	ck_assert_int_eq(lq__user_id_check(id, 129), LQ_ERANGE);
	ck_assert_int_eq(user("Ann.B-c_d@example"), 0);
	ck_assert_int_eq(user("ann b"), LQ_EINVAL);
}
END_TEST

START_TEST(a_nickname_may_be_anything_that_prints)
{
	char name[130];
	memset(name, 'n', sizeof name);
	ck_assert_int_eq(lq__nickname_check("", 0), 0);
	ck_assert_int_eq(lq__nickname_check("J\303\266rg \"x\"", 9), 0);
	ck_assert_int_eq(lq__nickname_check("a\nb", 3), LQ_EINVAL);
	ck_assert_int_eq(lq__nickname_check(name, 129), LQ_ERANGE);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("names");
	tcase_add_test(t, a_room_name_has_1_to_64_bytes);
	tcase_add_test(t, a_room_name_has_89_characters_to_choose_from);
	tcase_add_test(t, a_user_id_has_1_to_128_plain_bytes);
	tcase_add_test(t, a_nickname_may_be_anything_that_prints);
	return run_case("server/names", t);
}
