/* A call through a real server, whose encoder runs in a helper process that crashes again and again: the far side goes on seeing pictures. */
#include <check.h>
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/sdk/fixture.h"
#include "tests/sdk/loquatd.h"
#include "tests/sdk/watcher.h"
#include "tests/unit/suite.h"

enum { KILLS = 100 };

static loquatd server;

static void teardown(void)
{
	loquatd_stop(&server, SIGTERM);
}

static void watch(const lq_frame *f, void *arg)
{
	watcher *w = arg;
	pthread_mutex_lock(&w->lock);
	w->frames++;
	w->width = f->width;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

/* A child of this process that runs loquat-node, 0: there is none just now. */
static pid_t find_helper(void)
{
	char path[300], line[300], comm[64];
	int ppid, found = 0;
	struct dirent *e;
	DIR *d = opendir("/proc");
	while (!found && (e = readdir(d))) {
		int pid = atoi(e->d_name);
		snprintf(path, sizeof path, "/proc/%d/stat", pid);
		FILE *f = pid ? fopen(path, "r") : NULL;
		if (!f)
			continue;
		if (fgets(line, sizeof line, f) && sscanf(line, "%*d (%63[^)]) %*c %d", comm, &ppid) == 2 && ppid == getpid() && !strcmp(comm, "loquat-node"))
			found = pid;
		fclose(f);
	}
	closedir(d);
	return found;
}

START_TEST(the_far_side_sees_pictures_through_100_crashes_of_the_encoder)
{
	watcher v = WATCHER;
	unsigned seed = 3;
	pid_t last = 0;
	int killed = 0;
	server = loquatd_start(NULL);
	lq_engine *e = engine_real("{\"graphs\":{\"publish\":{\"nodes\":{\"venc\":{\"use\":\"codec.h264.enc\",\"isolate\":true,\"params\":{\"bitrate\":400000}}}}}}");
	lq_room *bob = room_new(e, LQ_OFF, LQ_DEFAULT);
	lq_view_frames(bob, "alice", LQ_STREAM_MAIN, LQ_VIDEO, watch, &v);
	ck_assert_int_eq(room_join(bob, server.url, "bob"), 0);
	lq_room *alice = joined(e, server.url, "alice", LQ_DEFAULT, LQ_OFF);
	frames_after(&v, 30);
	while (killed < KILLS) {
		pid_t pid = find_helper();
		if (pid && pid != last && !kill(pid, SIGSEGV)) {
			last = pid;
			killed++;
		}
		if (killed % 10 == 0)
			frames_after(&v, 1); /* between the crashes, too */
		poll(NULL, 0, 20 + (int)(rand_r(&seed) % 100));
	}
	frames_after(&v, 30);
	ck_assert_uint_eq(watcher_now(&v).width, 320);
	ck_assert_ptr_nonnull(strstr(await(e, alice, LQ_ON_WARNING)->text, "its helper process crashed (SIGSEGV); it is started again"));
	lq_engine_destroy(e);
}
END_TEST

int main(void)
{
	setenv("LQ_ISOLATE_BACKOFF_MS", "1", 1);
	setenv("LQ_ISOLATE_BACKOFF_MAX_MS", "20", 1);
	TCase *t = tcase_create("call");
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, the_far_side_sees_pictures_through_100_crashes_of_the_encoder);
	return run_case("calls with helpers", t);
}
