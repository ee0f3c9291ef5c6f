/* loquat ctl: change the graph of a running process. */
#include "tool.h"

#include <stdio.h>
#include <string.h>

#include "control.h"

static const char help[] =
	"usage: loquat ctl [PID] COMMAND [ARGUMENTS]\n"
	"       loquat ctl [--json]\n\n"
	"Asks a running `loquat run`, `join` or `demo` to change its graph. PID is needed only where several run. Without a command it lists what\n"
	"runs, as JSON with --json.\n\n"
	"  set NODE PARAM VALUE            a parameter; where it cannot change while the node runs, another instance takes over\n"
	"  swap NODE USE [PARAM=TEXT ...] [+ NODE USE ...]\n"
	"                                  puts another plugin node in its place; with + several at once, as an encoder and its decoder\n"
	"  insert NODE NAME USE [PARAM=TEXT ...]\n"
	"                                  puts a new node, called NAME, behind an output of NODE (NODE.PORT where it has several)\n"
	"  remove NODE                     takes a node out; what feeds it feeds what it fed\n\n"
	"NODE is the name in the profile, or the whole name where several are called so (\"publish/main/video/cam\"). Streams change over between two\n"
	"buffers, encoded video at a key frame. When the new node cannot be made, does not start or fails at once, the old one goes on.\n";

static int list(int as_json)
{
	json_t *all = control_list(), *one;
	size_t i;
	if (as_json) {
		json_dumpf(all, stdout, JSON_INDENT(2));
		putchar('\n');
	} else {
		json_array_foreach(all, i, one)
			printf("%8d  %s\n", (int)json_integer_value(json_object_get(one, "pid")), json_string_value(json_object_get(one, "what")));
		if (!json_array_size(all))
			puts("nothing is running");
	}
	json_decref(all);
	return TOOL_OK;
}

/* What else the answer says, a line each. */
static void print(const json_t *answer)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)answer, key, value)
		if (json_is_string(value))
			printf("%s: %s\n", key, json_string_value(value));
}

int cmd_ctl(int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {"json", no_argument, NULL, 'j'}, {0}};
	int as_json = 0;
	pid_t pid = 0;
	/* "+": behind the command nothing is an option, so that a value may be negative. */
	for (int c; (c = getopt_long(argc, argv, "+h", options, NULL)) != -1;)
		switch (c) {
		case 'h': fputs(help, stdout); return TOOL_OK;
		case 'j': as_json = 1; break;
		default: return tool_usage("ctl");
		}
	if (optind == argc)
		return list(as_json);
	if (control_is_pid(argv[optind], &pid) && ++optind == argc)
		return tool_error(TOOL_USAGE, "ctl", "which command? See `loquat ctl --help`");
	const char *command = argv[optind++];
	json_t *args = json_array();
	for (; optind < argc; optind++)
		json_array_append_new(args, json_string(argv[optind]));
	if ((pid = control_pick("ctl", pid)) < 0) {
		json_decref(args);
		return TOOL_FAILED;
	}
	json_t *answer = control_ask("ctl", pid, command, args);
	if (answer && as_json) {
		json_dumpf(answer, stdout, JSON_COMPACT);
		putchar('\n');
	} else if (answer) {
		print(answer);
	}
	json_decref(answer);
	return answer ? TOOL_OK : TOOL_FAILED;
}
