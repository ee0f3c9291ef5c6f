/* loquat graph: draw a profile. */
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/profile.h>

#include "picture.h"

static const char help[] =
	"usage: loquat graph PROFILE [-o FILE.svg|FILE.dot]\n\n"
	"Draws the graphs of a profile, as nodes of this installation would make them up, as Graphviz DOT on standard output, or to a file: .svg is\n"
	"drawn by Graphviz where it is installed. (A running call is drawn by `loquat join --graph FILE`.)\n";

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

int cmd_graph(int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {"output", required_argument, NULL, 'o'}, {0}};
	const char *file = NULL;
	for (int c; (c = getopt_long(argc, argv, "ho:", options, NULL)) != -1;)
		switch (c) {
		case 'h': fputs(help, stdout); return TOOL_OK;
		case 'o': file = optarg; break;
		default: return tool_usage("graph");
		}
	if (optind + 1 != argc)
		return tool_error(TOOL_USAGE, "graph", "which profile? See `loquat graph --help`");
	lq_registry *reg = tool_registry("graph");
	if (!reg)
		return TOOL_FAILED;
	lq_diag *diag = lq_diag_create();
	lq_profile *profile = NULL;
	char *dot = NULL;
	int status = TOOL_FAILED;
	if (!lq_profile_load(argv[optind], diag, &profile) && !lq_profile_check(profile, reg, diag))
		dot = draw(profile, reg, diag);
	if (dot && file)
		status = picture_write("graph", dot, file) ? TOOL_FAILED : TOOL_OK;
	else if (dot)
		status = fputs(dot, stdout) < 0 ? TOOL_FAILED : TOOL_OK;
	else
		tool_diag(diag);
	free(dot);
	lq_profile_destroy(profile);
	lq_diag_destroy(diag);
	lq_registry_destroy(reg);
	return status;
}
