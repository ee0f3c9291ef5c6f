#include "plugin/scanner.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"

#define PROGRAM "loquat-scan"
enum { LIMIT_MS = 5000 };

static int64_t now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

static int limit_ms(void)
{
	const char *text = getenv("LQ_SCAN_TIMEOUT_MS");
	int ms = text ? atoi(text) : 0;
	return ms > 0 ? ms : LIMIT_MS;
}

/* The program lies where it was installed beside this library, wherever that was moved to; or in the build tree, one above it. */
static int beside_library(char *out, size_t size)
{
	Dl_info info;
	const char *slash = dladdr((void *)(uintptr_t)lq__scanner_ask, &info) && info.dli_fname ? strrchr(info.dli_fname, '/') : NULL;
	if (!slash)
		return 0;
	int n = (int)(slash - info.dli_fname);
	snprintf(out, size, "%.*s/loquat/" PROGRAM, n, info.dli_fname);
	if (!access(out, X_OK))
		return 1;
	snprintf(out, size, "%.*s/../" PROGRAM, n, info.dli_fname);
	return n >= 6 && !strncmp(slash - 6, "/.libs", 6) && !access(out, X_OK);
}

static void find_program(char *out, size_t size)
{
	const char *given = secure_getenv("LQ_SCAN_PROGRAM");
	if (given && *given)
		snprintf(out, size, "%s", given);
	else if (!beside_library(out, size))
		snprintf(out, size, "%s", LQ_HELPER_DIR "/" PROGRAM);
}

/* The child gets nothing of the program's but its environment and stderr: no descriptors, no handlers, no blocked signals. */
static int spawn(const char *program, int socket, pid_t *pid)
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
	if (!(r = posix_spawn_file_actions_adddup2(&files, socket, LQ__SCAN_FD)) &&
	    !(r = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)) &&
	    !(r = posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0)) &&
	    !(r = posix_spawn_file_actions_addclosefrom_np(&files, LQ__SCAN_FD + 1)))
		r = posix_spawn(pid, program, &files, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return r;
}

static int start(lq__scanner *s, char *text, size_t size)
{
	char program[LQ__SCAN_PATH_MAX];
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		snprintf(text, size, "cannot be looked at: %s", strerror(errno));
		return LQ_EIO;
	}
	find_program(program, sizeof program);
	int r = spawn(program, pair[1], &s->pid);
	close(pair[1]);
	if (r) {
		close(pair[0]);
		s->pid = 0;
		snprintf(text, size, "cannot be looked at: %s: %s", program, strerror(r));
		return LQ_EIO;
	}
	s->fd = pair[0];
	return 0;
}

/* Ends the child, if it still lives; its wait status, or -1 when someone else has taken it. */
static int end(lq__scanner *s, int kill_it)
{
	int status = -1;
	pid_t r;
	close(s->fd);
	if (kill_it)
		kill(s->pid, SIGKILL);
	while ((r = waitpid(s->pid, &status, 0)) < 0 && errno == EINTR)
		;
	s->pid = 0;
	return r < 0 ? -1 : status;
}

void lq__scanner_close(lq__scanner *s)
{
	if (s->pid)
		end(s, 1);
}

static int send_all(int fd, const void *data, size_t n)
{
	const uint8_t *at = data;
	while (n) {
		ssize_t r = send(fd, at, n, MSG_NOSIGNAL);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return LQ_EPIPE;
		at += r;
		n -= (size_t)r;
	}
	return 0;
}

static int receive_all(int fd, void *data, size_t n, int64_t deadline)
{
	uint8_t *at = data;
	while (n) {
		int64_t left = deadline - now_ms();
		struct pollfd p = {fd, POLLIN, 0};
		int ready = left > 0 ? poll(&p, 1, (int)left) : 0;
		if (!ready)
			return LQ_ETIMEDOUT;
		ssize_t r = ready < 0 ? -1 : recv(fd, at, n, MSG_DONTWAIT);
		if (r < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (r <= 0)
			return LQ_EPIPE;
		at += r;
		n -= (size_t)r;
	}
	return 0;
}

/* 0; LQ_EPIPE: the child died; LQ_ETIMEDOUT; LQ_EPROTO: it sent nonsense; LQ_ENOMEM. */
static int exchange(lq__scanner *s, const char *file, lq__bytes *out)
{
	int64_t deadline = now_ms() + limit_ms();
	uint32_t n = (uint32_t)strlen(file);
	int r = send_all(s->fd, &n, sizeof n);
	if (!r)
		r = send_all(s->fd, file, n);
	if (!r)
		r = receive_all(s->fd, &n, sizeof n, deadline);
	if (!r && n > LQ__SCAN_FINDING_MAX)
		return LQ_EPROTO;
	uint8_t *data = r ? NULL : lq__malloc(n);
	if (!r)
		r = data ? receive_all(s->fd, data, n, deadline) : LQ_ENOMEM;
	lq__finding f = {0};
	if (!r)
		r = lq__finding_read(data, n, &f) == LQ_EPARSE ? LQ_EPROTO : 0;
	lq__image_destroy(f.image);
	if (!r)
		lq__bytes_add(out, data, n);
	lq__free(data);
	return r;
}

static void tell_death(int status, lq__bytes *out)
{
	char why[128];
	if (status != -1 && WIFSIGNALED(status)) {
		const char *name = sigabbrev_np(WTERMSIG(status));
		snprintf(why, sizeof why, "crashed while it was loaded (SIG%s)", name ? name : "?");
	} else if (status != -1 && WIFEXITED(status)) {
		snprintf(why, sizeof why, "ended the process that loaded it (exit status %d)", WEXITSTATUS(status));
	} else {
		snprintf(why, sizeof why, "crashed while it was loaded");
	}
	lq__finding_write(out, LQ_ECRASH, LQ__KEEP_A_DAY, why, NULL);
}

static void tell_failure(lq__scanner *s, int code, lq__bytes *out)
{
	char why[128];
	int status = end(s, code != LQ_EPIPE);
	if (code == LQ_EPIPE) {
		tell_death(status, out);
	} else if (code == LQ_ETIMEDOUT) {
		snprintf(why, sizeof why, "timed out: not loaded within %d ms", limit_ms());
		lq__finding_write(out, code, LQ__KEEP_A_DAY, why, NULL);
	} else {
		lq__finding_write(out, LQ_EINVAL, LQ__KEEP_A_DAY, "disturbed the process that loaded it", NULL);
	}
}

int lq__scanner_ask(lq__scanner *s, const char *file, lq__bytes *out, char *text, size_t size)
{
	int is_fresh = !s->pid, r = is_fresh ? start(s, text, size) : 0;
	if (r)
		return r;
	r = exchange(s, file, out);
	if (r && r != LQ_ENOMEM && r != LQ_ETIMEDOUT && !is_fresh) { /* perhaps a plugin from before did that: this one alone */
		end(s, 1);
		if (start(s, text, size))
			return LQ_EIO;
		r = exchange(s, file, out);
	}
	if (r == LQ_ENOMEM)
		end(s, 1);
	else if (r)
		tell_failure(s, r, out);
	return r == LQ_ENOMEM || out->failed ? LQ_ENOMEM : 0;
}
