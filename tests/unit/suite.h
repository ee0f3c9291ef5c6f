/* What every test program here has in common. */
#ifndef TEST_SUITE_H
#define TEST_SUITE_H

#include <check.h>
#include <stddef.h>
#include <stdlib.h>

/* Runs a suite of one case; the result is main's. */
static inline int run_case(const char *name, TCase *t)
{
	Suite *s = suite_create(name);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

#endif
