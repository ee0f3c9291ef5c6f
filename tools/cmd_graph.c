/* loquat graph: draw a profile, or the graph of a running process. */
#include "tool.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <loquat/profile.h>

#include "control.h"
#include "picture.h"

static const char help[] =
	"usage: loquat graph PROFILE [-o FILE.svg|FILE.dot]\n"
	"       loquat graph --live [PID] [-o FILE.svg|FILE.dot] [--watch]\n\n"
	"Draws the graphs of a profile, as nodes of this installation would make them up, as Graphviz DOT on standard output, or to a file: .svg is\n"
	"drawn by Graphviz where it is installed.\n\n"
	"  --live    the graph of a running `loquat run`, `join` or `demo` instead, with formats, what waits in queues, and what was dropped; PID is\n"
	"            needed only where several run\n"
	"  --watch   draw FILE anew every second, until that process ends, or Ctrl-C\n";

/* Builds every graph of the profile as a group of one graph, unstarted; fallbacks are resolved on the way. */
static char *draw(const lq_profile *profile, lq_registry *reg, lq_diag *diag)
{
	lq_graph *graph = NULL;
	lq_clock *clock = lq_clock_virtual(0); /* nothing runs */
	lq_graph_config config = {.registry = reg, .clock = clock};
	char *text = lq_profile_json(profile), *dot = NULL;
	json_t *json = text ? json_loads(text, 0, NULL) : NULL, *value;
	const char *name;
	int bad = !clock || lq_graph_create(&config, &graph);
	/* `shared` first: the others refer to it. */
	if (!bad && json_object_get(json_object_get(json, "graphs"), "shared"))
		bad = lq_profile_build(profile, graph, &(lq_profile_build_config){.graph_name = "shared", .group = "shared"}, diag);
	json_object_foreach(json_object_get(json, "graphs"), name, value)
		if (!bad && strcmp(name, "shared"))
			bad = lq_profile_build(profile, graph, &(lq_profile_build_config){.graph_name = name, .group = name}, diag);
	if (!bad)
		dot = lq_graph_dot(graph);
	lq_graph_destroy(graph);
	lq_clock_destroy(clock);
	json_decref(json);
	free(text);
	return dot;
}

static int put(const char *dot, const char *file)
{
	if (!file)
		return fputs(dot, stdout) < 0 ? TOOL_FAILED : TOOL_OK;
	return picture_write("graph", dot, file) ? TOOL_FAILED : TOOL_OK;
}

static int of_profile(const char *name, const char *file)
{
	lq_registry *reg = tool_registry("graph");
	if (!reg)
		return TOOL_FAILED;
	lq_diag *diag = lq_diag_create();
	lq_profile *profile = NULL;
	char *dot = NULL;
	if (!lq_profile_load(name, diag, &profile) && !lq_profile_check(profile, reg, diag))
		dot = draw(profile, reg, diag);
	int status = dot ? put(dot, file) : tool_diag(diag);
	free(dot);
	lq_profile_destroy(profile);
	lq_diag_destroy(diag);
	lq_registry_destroy(reg);
	return status;
}

/* Who looks at the file while it is drawn anew sees the old drawing or the new one. */
static int replace(const char *dot, const char *file)
{
	char beside[PATH_MAX];
	const char *dot_at = strrchr(file, '.'), *slash = strrchr(file, '/');
	const char *suffix = dot_at && (!slash || dot_at > slash) ? dot_at : "";
	if (snprintf(beside, sizeof beside, "%s.new%s", file, suffix) >= (int)sizeof beside)
		return tool_error(TOOL_FAILED, "graph", "%s: %s", file, strerror(ENAMETOOLONG));
	if (put(dot, beside))
		return TOOL_FAILED;
	return rename(beside, file) ? tool_error(TOOL_FAILED, "graph", "%s: %s", file, strerror(errno)) : TOOL_OK;
}

static int of_process(pid_t pid, const char *file, int watch)
{
	int status = TOOL_FAILED;
	if ((pid = control_pick("graph", pid)) < 0)
		return TOOL_FAILED;
	do {
		json_t *answer = control_ask("graph", pid, "dot", NULL);
		const char *dot = json_string_value(json_object_get(answer, "dot"));
		status = !dot ? TOOL_FAILED : watch ? replace(dot, file) : put(dot, file);
		json_decref(answer);
		if (watch && !status)
			nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
	} while (watch && !status && !tool_interrupted());
	return status;
}

int cmd_graph(int argc, char **argv)
{
	static const struct option options[] = {
		{"help", no_argument, NULL, 'h'}, {"output", required_argument, NULL, 'o'}, {"live", no_argument, NULL, 'l'}, {"watch", no_argument, NULL, 'w'}, {0}};
	const char *file = NULL;
	int live = 0, watch = 0;
	pid_t pid = 0;
	for (int c; (c = getopt_long(argc, argv, "ho:", options, NULL)) != -1;)
		switch (c) {
		case 'h': fputs(help, stdout); return TOOL_OK;
		case 'o': file = optarg; break;
		case 'l': live = 1; break;
		case 'w': watch = 1; break;
		default: return tool_usage("graph");
		}
	if (watch && (!live || !file))
		return tool_error(TOOL_USAGE, "graph", "--watch draws a running graph to a file: --live -o FILE --watch");
	if (live && (optind + 1 < argc || (optind < argc && !control_is_pid(argv[optind], &pid))))
		return tool_error(TOOL_USAGE, "graph", "--live takes the number of a process, not \"%s\"", argv[argc - 1]);
	if (!live && optind + 1 != argc)
		return tool_error(TOOL_USAGE, "graph", "which profile? See `loquat graph --help`");
	tool_catch_signals();
	return live ? of_process(pid, file, watch) : of_profile(argv[optind], file);
}
