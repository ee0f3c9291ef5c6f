/* The `loquat` command: what its subcommands share. */
#ifndef LQ_TOOLS_TOOL_H
#define LQ_TOOLS_TOOL_H

#include <getopt.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>
#include <loquat/diag.h>
#include <loquat/registry.h>

/* Exit statuses of every command. */
enum { TOOL_OK = 0, TOOL_FAILED = 1, TOOL_USAGE = 2 };

/* A subcommand gets its own argv (argv[0] is its name) and returns an exit status. */
int cmd_broadcast(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_ctl(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_graph(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_join(int argc, char **argv);
int cmd_new_plugin(int argc, char **argv);
int cmd_publish(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_token(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_validate_plugin(int argc, char **argv);

/* Prints "loquat NAME: text" to stderr and returns status. */
int tool_error(int status, const char *name, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Prints all messages of a diag to stderr and returns TOOL_FAILED. */
int tool_diag(const lq_diag *diag);
/* A getopt_long result that is no option: says where help is. TOOL_USAGE. */
int tool_usage(const char *name);
/* Parses a whole number in [min, max]; on failure says so for `option` and returns -1. */
int tool_number(const char *name, const char *option, const char *text, long min, long max, long *out);
/* A registry with all plugins of the installation; NULL after an error message. */
lq_registry *tool_registry(const char *name);

/* 1 after SIGINT or SIGTERM once tool_catch_signals was called. */
void tool_catch_signals(void);
int tool_interrupted(void);
int64_t tool_now(void); /* CLOCK_MONOTONIC, ns */

#endif
