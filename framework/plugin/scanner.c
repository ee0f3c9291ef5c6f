#include "plugin/scanner.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "plugin/spawn.h"

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

static int start(lq__scanner *s, char *text, size_t size)
{
	char program[LQ__SCAN_PATH_MAX];
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		snprintf(text, size, "cannot be looked at: %s", strerror(errno));
		return LQ_EIO;
	}
	lq__helper_find(PROGRAM, "LQ_SCAN_PROGRAM", program, sizeof program);
	int r = lq__helper_spawn(program, pair[1], &s->pid);
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
	close(s->fd);
	if (kill_it)
		kill(s->pid, SIGKILL);
	int status = lq__helper_reap(s->pid);
	s->pid = 0;
	return status;
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
