#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

void child_program(const char *name, char *out, size_t size)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	snprintf(out, size, "%s", name);
	if (n <= 0)
		return;
	self[n] = 0;
	char *slash = strrchr(self, '/');
	if (!slash)
		return;
	snprintf(slash + 1, sizeof self - (size_t)(slash + 1 - self), "%s", name);
	if (!access(self, X_OK))
		snprintf(out, size, "%s", self);
}

int child_start(child *c, char *const argv[])
{
	int fds[2];
	posix_spawn_file_actions_t actions;
	memset(c, 0, sizeof *c);
	c->out = -1;
	if (pipe2(fds, O_CLOEXEC))
		return -1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], 1);
	int r = posix_spawnp(&c->pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	if (r) {
		close(fds[0]);
		c->pid = 0;
		errno = r;
		return -1;
	}
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	c->out = fds[0];
	return 0;
}

void child_read(child *c, void (*fn)(void *arg, char *line), void *arg)
{
	while (c->out >= 0) {
		ssize_t n = read(c->out, c->line + c->used, sizeof c->line - 1 - c->used);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			close(c->out);
			c->out = -1;
			return;
		}
		c->used += (size_t)n;
		c->line[c->used] = 0;
		char *start = c->line;
		for (char *end; (end = strchr(start, '\n')); start = end + 1) {
			*end = 0;
			fn(arg, start);
		}
		c->used -= (size_t)(start - c->line);
		memmove(c->line, start, c->used);
		if (c->used == sizeof c->line - 1)
			c->used = 0;
	}
}

int child_running(child *c)
{
	if (c->pid && waitpid(c->pid, &c->status, WNOHANG) == c->pid)
		c->pid = 0;
	return c->pid != 0;
}

void child_stop(child *c, int ms)
{
	if (child_running(c)) {
		kill(c->pid, SIGTERM);
		int fd = (int)syscall(SYS_pidfd_open, c->pid, 0);
		struct pollfd p = {.fd = fd, .events = POLLIN};
		if (fd < 0 || poll(&p, 1, ms) != 1)
			kill(c->pid, SIGKILL);
		waitpid(c->pid, &c->status, 0);
		c->pid = 0;
		if (fd >= 0)
			close(fd);
	}
	if (c->out >= 0)
		close(c->out);
	c->out = -1;
}
