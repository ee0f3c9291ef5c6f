/* The `loquat` command. */
#include "tool.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <loquat/loquat.h>

static const struct command {
	const char *name, *summary;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"demo", "a room server and two participants in a call, on this machine", cmd_demo},
	{"join", "take part in a room", cmd_join},
	{"publish", "a stream or a file into a room", cmd_publish},
	{"broadcast", "send a room to servers, playlists and files", cmd_broadcast},
	{"inspect", "list plugins and nodes, or describe one node", cmd_inspect},
	{"check", "check profiles without opening a device", cmd_check},
	{"graph", "draw a profile's graph, or the one that runs", cmd_graph},
	{"top", "what flows through a running graph", cmd_top},
	{"ctl", "change a running graph", cmd_ctl},
	{"new-plugin", "write a plugin to begin from", cmd_new_plugin},
	{"run", "run a profile's graph on this machine, without a room", cmd_run},
	{"token", "make an access token", cmd_token},
	{"validate-plugin", "put a plugin to the test", cmd_validate_plugin},
};
#define N_COMMANDS (sizeof commands / sizeof *commands)

static volatile sig_atomic_t interrupted;

int tool_error(int status, const char *name, const char *fmt, ...)
{
	va_list args;
	fprintf(stderr, "loquat %s: ", name);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return status;
}

int tool_diag(const lq_diag *diag)
{
	for (size_t i = 0; i < lq_diag_count(diag); i++)
		fprintf(stderr, "%s\n", lq_diag_text(diag, i));
	return TOOL_FAILED;
}

int tool_usage(const char *name)
{
	return tool_error(TOOL_USAGE, name, "see `loquat %s --help`", name);
}

int tool_number(const char *name, const char *option, const char *text, long min, long max, long *out)
{
	char *end;
	errno = 0;
	long v = strtol(text, &end, 10);
	if (errno || end == text || *end || v < min || v > max) {
		tool_error(TOOL_USAGE, name, "%s: \"%s\" is not a number from %ld to %ld", option, text, min, max);
		return -1;
	}
	*out = v;
	return 0;
}

lq_registry *tool_registry(const char *name)
{
	lq_registry *reg = NULL;
	if (lq_registry_create(&reg)) {
		tool_error(TOOL_FAILED, name, "out of memory");
		return NULL;
	}
	if (lq_registry_scan_default(reg)) {
		tool_error(TOOL_FAILED, name, "there is no plugin folder: install Loquat, or set LQ_PLUGIN_PATH to the folder of the plugins");
		lq_registry_destroy(reg);
		return NULL;
	}
	return reg;
}

static void on_signal(int sig)
{
	interrupted = 1;
}

void tool_catch_signals(void)
{
	struct sigaction sa = {.sa_handler = on_signal};
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int tool_interrupted(void)
{
	return interrupted;
}

int64_t tool_now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static void help(FILE *out)
{
	fputs("usage: loquat COMMAND [OPTIONS]\n\n", out);
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  %-15s %s\n", commands[i].name, commands[i].summary);
	fputs("\n`loquat COMMAND --help` describes a command. Exit status: 0 done, 1 failed, 2 wrong usage.\n", out);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (!strcmp(name, commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
		help(stdout);
		return TOOL_OK;
	}
	if (!strcmp(name, "--version")) {
		printf("loquat %s\n", lq_version());
		return TOOL_OK;
	}
	if (*name)
		fprintf(stderr, "loquat: there is no command \"%s\"\n", name);
	help(stderr);
	return TOOL_USAGE;
}
