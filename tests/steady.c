/* Runs a test and watches the machine beside it: one of real time that fails while the machine stood still says nothing, and runs again.
 *
 *   steady PROGRAM [ARGUMENT…]
 *
 * The exit status is the test's. A standstill is a sleep of 10 ms that took STANDSTILL longer: not a busy machine, on which a sleeper wakes in time, but one
 * whose processors were taken away, by the host of a virtual one or by the kernel's own work. Each is told in the log. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 3, STEP_MS = 10, STANDSTILL_MS = 80, SKIPPED = 77 };

static struct {
	pthread_mutex_t lock;
	int over, n;
	int64_t longest; /* ms */
} watch = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

static int note(int64_t late)
{
	pthread_mutex_lock(&watch.lock);
	watch.n += late >= STANDSTILL_MS;
	watch.longest = late > watch.longest ? late : watch.longest;
	int over = watch.over;
	pthread_mutex_unlock(&watch.lock);
	return over;
}

static void *look(void *arg)
{
	int64_t before = now_ms(), now;
	do {
		nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000}, NULL);
		now = now_ms();
		int64_t late = now - before - STEP_MS;
		before = now;
		if (note(late))
			break;
	} while (1);
	return arg;
}

static int run(char **argv)
{
	int status;
	pid_t pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		execvp(argv[0], argv);
		fprintf(stderr, "steady: %s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	if (pid < 0)
		return 99;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 99;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	fprintf(stderr, "steady: %s: ended by signal %d\n", argv[0], WTERMSIG(status));
	return 128 + WTERMSIG(status);
}

static int watched(char **argv)
{
	pthread_t thread;
	watch.over = watch.n = 0;
	watch.longest = 0;
	if (pthread_create(&thread, NULL, look, NULL))
		return run(argv);
	int status = run(argv);
	pthread_mutex_lock(&watch.lock);
	watch.over = 1;
	pthread_mutex_unlock(&watch.lock);
	pthread_join(thread, NULL);
	return status;
}

int main(int argc, char **argv)
{
	int status = 2;
	if (argc < 2) {
		fprintf(stderr, "usage: steady PROGRAM [ARGUMENT...]\n");
		return status;
	}
	for (int i = 1; i <= TRIES; i++) {
		status = watched(argv + 1);
		if (!status || status == SKIPPED || !watch.n || i == TRIES)
			break;
		printf("# the machine stood still %d time%s, for up to %lld ms, and the test failed: once more\n", watch.n, watch.n == 1 ? "" : "s", (long long)watch.longest);
		fflush(stdout);
	}
	if (watch.n)
		printf("# the machine stood still %d time%s, for up to %lld ms\n", watch.n, watch.n == 1 ? "" : "s", (long long)watch.longest);
	return status;
}
