#include "loquatd.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void run(const char *const *options, int out)
{
	char path[1000];
	const char *build = getenv("top_builddir"), *argv[20] = {path, "--host", "127.0.0.1", "--port", "0", "--log-level", "warning"};
	int n = 7;
	snprintf(path, sizeof path, "%s/loquatd", build ? build : ".");
	while (*options && n < 19)
		argv[n++] = *options++;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(out, STDOUT_FILENO);
	execv(path, (char *const *)argv);
	_exit(127);
}

static loquatd start(const char *const *options)
{
	loquatd d = {0};
	int ends[2], port = 0;
	char line[256];
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	d.pid = fork();
	ck_assert_int_ge(d.pid, 0);
	if (!d.pid)
		run(options, ends[1]);
	close(ends[1]);
	FILE *f = fdopen(ends[0], "r");
	const char *at = fgets(line, sizeof line, f) ? strstr(line, "\"port\":") : NULL;
	ck_assert_msg(at && sscanf(at, "\"port\":%d", &port) == 1, "loquatd did not start");
	fclose(f);
	snprintf(d.url, sizeof d.url, "ws://127.0.0.1:%d", port);
	return d;
}

loquatd loquatd_start(const char *secret)
{
	return start(secret ? (const char *const[]){"--secret", secret, NULL} : (const char *const[]){"--debug", NULL});
}

loquatd loquatd_start_with(const char *const *options)
{
	const char *all[16] = {"--debug"};
	for (int n = 1; n < 15 && *options; )
		all[n++] = *options++;
	return start(all);
}

void loquatd_stop(loquatd *d, int how)
{
	if (d->pid <= 0)
		return;
	int status = 0;
	kill(d->pid, how);
	waitpid(d->pid, &status, 0);
	d->pid = 0;
	ck_assert_msg(how == SIGKILL || (WIFEXITED(status) && WEXITSTATUS(status) == 0), "loquatd ended with wait status %d", status);
}
