/* What a plugin may not touch, because it belongs to the whole program: its working folder, environment, locale, signals, standard output. */
#include "validate.h"

#include <fenv.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

enum { N_SIGNALS = 32, MAX_VARIABLES = 1000 };

static struct {
	char cwd[PATH_MAX], locale[256];
	char *variables[MAX_VARIABLES + 1];
	void (*handlers[N_SIGNALS])(int);
	sigset_t blocked;
	mode_t mask;
	off_t written;
	int rounding;
} before;

static mode_t mask_now(void)
{
	mode_t m = umask(0);
	umask(m);
	return m;
}

/* Standard output is a file of ours. */
static off_t written(void)
{
	fflush(stdout);
	off_t n = lseek(STDOUT_FILENO, 0, SEEK_CUR);
	return n < 0 ? 0 : n;
}

static void (*handler_of(int sig))(int)
{
	struct sigaction sa;
	return sigaction(sig, NULL, &sa) ? SIG_DFL : sa.sa_handler;
}

void v_world_save(void)
{
	if (!getcwd(before.cwd, sizeof before.cwd))
		before.cwd[0] = 0;
	snprintf(before.locale, sizeof before.locale, "%s", setlocale(LC_ALL, NULL));
	for (int i = 0; environ[i] && i < MAX_VARIABLES; i++)
		before.variables[i] = strdup(environ[i]);
	for (int sig = 1; sig < N_SIGNALS; sig++)
		before.handlers[sig] = handler_of(sig);
	pthread_sigmask(SIG_SETMASK, NULL, &before.blocked);
	before.mask = mask_now();
	before.written = written();
	before.rounding = fegetround();
}

static int has(char *const *list, const char *entry)
{
	for (; *list; list++)
		if (!strcmp(*list, entry))
			return 1;
	return 0;
}

static void check_environment(void)
{
	for (int i = 0; environ[i]; i++)
		if (i < MAX_VARIABLES && !has(before.variables, environ[i]))
			v_find("sets the environment variable %.*s: other threads may be reading it", (int)strcspn(environ[i], "="), environ[i]);
	for (int i = 0; before.variables[i]; i++) {
		char name[200];
		snprintf(name, sizeof name, "%.*s", (int)strcspn(before.variables[i], "="), before.variables[i]);
		if (!getenv(name))
			v_find("removes the environment variable %s", name);
	}
}

static void check_signals(void)
{
	sigset_t blocked;
	/* SIGPIPE ignored is what libraries for the network do, and harms nobody. */
	for (int sig = 1; sig < N_SIGNALS; sig++)
		if (handler_of(sig) != before.handlers[sig] && !(sig == SIGPIPE && handler_of(sig) == SIG_IGN))
			v_find("changes what the program does on signal SIG%s: signals belong to the program", sigabbrev_np(sig) ? sigabbrev_np(sig) : "?");
	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	for (int sig = 1; sig < N_SIGNALS; sig++)
		if (sigismember(&blocked, sig) != sigismember(&before.blocked, sig))
			v_find("leaves signal SIG%s %s on the host's thread", sigabbrev_np(sig) ? sigabbrev_np(sig) : "?",
			       sigismember(&blocked, sig) ? "blocked" : "unblocked");
}

void v_world_check(void)
{
	char cwd[PATH_MAX];
	if (getcwd(cwd, sizeof cwd) && strcmp(cwd, before.cwd)) {
		v_find("changes the working folder of the whole program, to %.200s", cwd);
		if (chdir(before.cwd))
			v_skip("the folder of the checks is gone");
	}
	if (strcmp(setlocale(LC_ALL, NULL), before.locale))
		v_find("changes the locale of the whole program, from %.80s to %.80s", before.locale, setlocale(LC_ALL, NULL));
	check_environment();
	check_signals();
	if (mask_now() != before.mask)
		v_find("changes the umask of the whole program");
	if (written() > before.written)
		v_find("writes to standard output, which is the program's: host->log takes messages");
	if (fegetround() != before.rounding)
		v_find("leaves another rounding mode for floating point behind");
}
