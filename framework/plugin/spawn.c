#include "plugin/spawn.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The program lies where it was installed beside this library, wherever that was moved to; or in the build tree, one above it. */
static int beside_library(const char *name, char *out, size_t size)
{
	Dl_info info;
	const char *slash = dladdr((void *)(uintptr_t)lq__helper_find, &info) && info.dli_fname ? strrchr(info.dli_fname, '/') : NULL;
	if (!slash)
		return 0;
	int n = (int)(slash - info.dli_fname);
	snprintf(out, size, "%.*s/loquat/%s", n, info.dli_fname, name);
	if (!access(out, X_OK))
		return 1;
	snprintf(out, size, "%.*s/../%s", n, info.dli_fname, name);
	return n >= 6 && !strncmp(slash - 6, "/.libs", 6) && !access(out, X_OK);
}

void lq__helper_find(const char *name, const char *variable, char *out, size_t size)
{
	const char *given = secure_getenv(variable);
	if (given && *given)
		snprintf(out, size, "%s", given);
	else if (!beside_library(name, out, size))
		snprintf(out, size, "%s/%s", LQ_HELPER_DIR, name);
}

int lq__helper_spawn(const char *program, int socket, pid_t *pid)
{
	char *const argv[] = {(char *)program, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int r = posix_spawn_file_actions_init(&files);
	if (r)
		return r;
	if ((r = posix_spawnattr_init(&attr))) {
		posix_spawn_file_actions_destroy(&files);
		return r;
	}
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (!(r = posix_spawn_file_actions_adddup2(&files, socket, LQ__HELPER_FD)) &&
	    !(r = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)) &&
	    !(r = posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0)) &&
	    !(r = posix_spawn_file_actions_addclosefrom_np(&files, LQ__HELPER_FD + 1)))
		r = posix_spawn(pid, program, &files, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return r;
}

int lq__helper_reap(pid_t pid)
{
	int status = -1;
	pid_t r;
	while ((r = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
		;
	return r < 0 ? -1 : status;
}
