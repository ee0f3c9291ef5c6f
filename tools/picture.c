#include "picture.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool.h"

extern char **environ;

static int write_text(const char *name, const char *text, FILE *f, const char *file)
{
	int bad = !f || fputs(text, f) < 0;
	if (f && fclose(f))
		bad = 1;
	return bad ? tool_error(-1, name, "%s could not be written", file) : 0;
}

/* Runs `dot -Tsvg -o file` with the text on its standard input. */
static int draw(const char *name, const char *text, const char *file)
{
	int fds[2], status = 0;
	pid_t pid;
	char *argv[] = {"dot", "-Tsvg", "-o", (char *)file, NULL};
	posix_spawn_file_actions_t actions;
	if (pipe(fds))
		return tool_error(-1, name, "no pipe could be made");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[0], 0);
	posix_spawn_file_actions_addclose(&actions, fds[1]);
	int r = posix_spawnp(&pid, "dot", &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[0]);
	if (r) {
		close(fds[1]);
		return tool_error(-1, name, "%s: Graphviz's `dot` is not installed; install graphviz, or write a .dot file", file);
	}
	r = write_text(name, text, fdopen(fds[1], "w"), file);
	waitpid(pid, &status, 0);
	if (!r && status)
		r = tool_error(-1, name, "%s: Graphviz's `dot` failed", file);
	return r;
}

int picture_write(const char *name, const char *dot, const char *file)
{
	size_t n = strlen(file);
	if (n > 4 && !strcmp(file + n - 4, ".svg"))
		return draw(name, dot, file);
	return write_text(name, dot, fopen(file, "w"), file);
}
