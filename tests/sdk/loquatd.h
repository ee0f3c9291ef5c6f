/* The real server, as a child process of a test. */
#ifndef SDK_TEST_LOQUATD_H
#define SDK_TEST_LOQUATD_H

#include <sys/types.h>

typedef struct loquatd {
	pid_t pid;
	char url[64];
} loquatd;

/* Waits until it is ready. secret NULL: debug mode. Ends the test on failure. */
loquatd loquatd_start(const char *secret);
/* In debug mode with more options, which end with NULL. */
loquatd loquatd_start_with(const char *const *options);
void loquatd_stop(loquatd *d, int signal); /* and waits for its end; more than once is fine */

#endif
