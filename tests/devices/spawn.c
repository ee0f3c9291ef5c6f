/* Programs that a test needs beside it: an X server, a sound server. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "devhost.h"

/* These run before the tests, too: check's own assertions only work inside one. */
static void need(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s failed\n", what);
	exit(1);
}

int dev_has_program(const char *name)
{
	char path[4096], file[4200];
	snprintf(path, sizeof path, "%s", getenv("PATH") ? getenv("PATH") : "/usr/bin");
	char *save = NULL;
	for (char *d = strtok_r(path, ":", &save); d; d = strtok_r(NULL, ":", &save)) {
		snprintf(file, sizeof file, "%s/%s", d, name);
		if (access(file, X_OK) == 0)
			return 1;
	}
	return 0;
}

int dev_spawn(char *const argv[], int *out_fd)
{
	int p[2] = {-1, -1};
	if (out_fd)
		need(pipe(p) == 0, "pipe");
	int parent = getpid(), pid = fork();
	need(pid >= 0, "fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		if (out_fd)
			dup2(p[1], 1);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (out_fd) {
		close(p[1]);
		*out_fd = p[0];
	}
	return pid;
}

void dev_kill(int pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int dev_xvfb(const char *screen)
{
	if (!dev_has_program("Xvfb")) {
		printf("SKIP: there is no Xvfb (install xvfb)\n");
		exit(77);
	}
	int fd;
	char *argv[] = {"Xvfb", "-displayfd", "1", "-screen", "0", (char *)(uintptr_t)screen, "-nolisten", "tcp", "-noreset", NULL};
	int pid = dev_spawn(argv, &fd);
	char text[16] = {0}, display[32];
	size_t n = 0;
	while (n < sizeof text - 1 && !strchr(text, '\n')) {
		struct pollfd p = {fd, POLLIN, 0};
		need(poll(&p, 1, 20000) == 1, "waiting for Xvfb");
		ssize_t got = read(fd, text + n, sizeof text - 1 - n);
		need(got > 0, "Xvfb");
		n += (size_t)got;
	}
	close(fd);
	snprintf(display, sizeof display, ":%d", atoi(text));
	setenv("DISPLAY", display, 1);
	unsetenv("WAYLAND_DISPLAY");
	return pid;
}
