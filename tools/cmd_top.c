/* loquat top: the nodes and queues of a running process, with what flows through them. */
#include "tool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control.h"

static const char help[] =
	"usage: loquat top [PID] [OPTIONS]\n\n"
	"Shows the nodes and the links of a running `loquat run`, `join` or `demo`: buffers a second, what waits in queues, what was dropped. PID is\n"
	"needed only where several run. Until that process ends, or Ctrl-C.\n\n"
	"  --interval N   seconds between two looks, over which rates are measured (default: 1)\n"
	"  --once         one look, then end\n"
	"  --json         a JSON object a line for each look, with every figure of every node, for programs\n";

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static double number(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

/* The link of another look that this one is. */
static const json_t *same_link(const json_t *links, const json_t *link)
{
	static const char *const keys[] = {"from", "from_port", "to", "to_port"};
	json_t *other;
	size_t i, k;
	json_array_foreach((json_t *)links, i, other) {
		for (k = 0; k < 4 && !strcmp(text(other, keys[k]), text(link, keys[k])); k++)
			;
		if (k == 4 && number(other, "passed") <= number(link, "passed"))
			return other;
	}
	return NULL;
}

/* Adds "passedPerSecond" and "droppedPerSecond" to each link; 0 for one that was not there before. */
static void add_rates(json_t *now, const json_t *before)
{
	double seconds = (number(now, "time") - number(before, "time")) / 1e9;
	json_t *link;
	size_t i;
	json_array_foreach(json_object_get(now, "links"), i, link) {
		const json_t *old = same_link(json_object_get(before, "links"), link);
		double passed = old && seconds > 0 ? (number(link, "passed") - number(old, "passed")) / seconds : 0;
		double dropped = old && seconds > 0 ? (number(link, "dropped") - number(old, "dropped")) / seconds : 0;
		json_object_set_new(link, "passedPerSecond", json_real(passed));
		json_object_set_new(link, "droppedPerSecond", json_real(dropped));
	}
}

/* Buffers a second through a node's links at one side; an output that feeds several counts once. */
static double node_rate(const json_t *links, const char *node, const char *side, const char *port)
{
	double sum = 0;
	json_t *link, *earlier;
	size_t i, k;
	json_array_foreach((json_t *)links, i, link) {
		int counted = strcmp(text(link, side), node) != 0;
		for (k = 0; !counted && k < i && !strcmp(side, "from"); k++) {
			earlier = json_array_get(links, k);
			counted = !strcmp(text(earlier, side), node) && !strcmp(text(earlier, port), text(link, port));
		}
		if (!counted)
			sum += number(link, "passedPerSecond");
	}
	return sum;
}

static double errors_of(const json_t *node)
{
	json_t *f;
	size_t i;
	json_array_foreach(json_object_get(node, "figures"), i, f)
		if (!strcmp(text(f, "name"), "errors"))
			return number(f, "value");
	return 0;
}

static void print_nodes(const json_t *look)
{
	const json_t *links = json_object_get(look, "links");
	json_t *n;
	size_t i;
	printf("%-28s %-20s %-10s %-8s %8s %8s %7s\n", "NODE", "USES", "LOOP", "STATE", "IN/s", "OUT/s", "ERRORS");
	json_array_foreach(json_object_get(look, "nodes"), i, n)
		printf("%-28s %-20s %-10s %-8s %8.1f %8.1f %7.0f\n", text(n, "name"), text(n, "use"), text(n, "loop"), text(n, "state"),
		       node_rate(links, text(n, "name"), "to", "to_port"), node_rate(links, text(n, "name"), "from", "from_port"), errors_of(n));
}

static void print_links(const json_t *look)
{
	json_t *l;
	size_t i;
	printf("\n%-44s %-17s %9s %4s %8s %9s %7s  %s\n", "LINK", "QUEUE", "DEPTH", "MAX", "/s", "DROPPED", "/s", "FORMAT");
	json_array_foreach(json_object_get(look, "links"), i, l) {
		const json_t *q = json_object_get(l, "queue");
		char ends[300], depth[40] = "", most[20] = "";
		snprintf(ends, sizeof ends, "%s.%s -> %s.%s", text(l, "from"), text(l, "from_port"), text(l, "to"), text(l, "to_port"));
		if (q) {
			snprintf(depth, sizeof depth, "%.0f/%.0f", number(q, "depth"), number(q, "limit"));
			snprintf(most, sizeof most, "%.0f", number(q, "maxDepth"));
		}
		printf("%-44s %-17s %9s %4s %8.1f %9.0f %7.1f  %s%s\n", ends, q ? text(q, "policy") : "direct", depth, most, number(l, "passedPerSecond"),
		       number(l, "dropped"), number(l, "droppedPerSecond"), text(l, "format"), json_is_true(json_object_get(l, "muted")) ? " (muted)" : "");
	}
}

static void show(const json_t *look, pid_t pid, int as_json)
{
	if (as_json) {
		json_dumpf(look, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		if (isatty(1))
			fputs("\033[H\033[J", stdout);
		printf("process %d\n\n", (int)pid);
		print_nodes(look);
		print_links(look);
		if (!isatty(1))
			putchar('\n');
	}
	fflush(stdout);
}

static int watch(pid_t pid, long interval, int once, int as_json)
{
	json_t *before = control_ask("top", pid, "graph", NULL), *now = NULL;
	while (before && !tool_interrupted()) {
		struct timespec pause = {.tv_sec = interval};
		if (nanosleep(&pause, NULL) && errno == EINTR)
			break;
		now = control_ask("top", pid, "graph", NULL);
		if (!now)
			break;
		json_object_set_new(now, "pid", json_integer(pid));
		add_rates(now, before);
		show(now, pid, as_json);
		json_decref(before);
		before = now;
		if (once)
			break;
	}
	int status = before && now ? TOOL_OK : TOOL_FAILED;
	json_decref(before);
	return tool_interrupted() ? TOOL_OK : status;
}

int cmd_top(int argc, char **argv)
{
	static const struct option options[] = {
		{"help", no_argument, NULL, 'h'}, {"interval", required_argument, NULL, 'i'}, {"once", no_argument, NULL, 'o'}, {"json", no_argument, NULL, 'j'}, {0}};
	long interval = 1;
	int once = 0, as_json = 0;
	pid_t pid = 0;
	for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;)
		switch (c) {
		case 'h': fputs(help, stdout); return TOOL_OK;
		case 'i':
			if (tool_number("top", "--interval", optarg, 1, 3600, &interval))
				return TOOL_USAGE;
			break;
		case 'o': once = 1; break;
		case 'j': as_json = 1; break;
		default: return tool_usage("top");
		}
	if (optind + 1 < argc || (optind < argc && !control_is_pid(argv[optind], &pid)))
		return tool_error(TOOL_USAGE, "top", "\"%s\" is not the number of a process", argv[argc - 1]);
	if ((pid = control_pick("top", pid)) < 0)
		return TOOL_FAILED;
	tool_catch_signals();
	return watch(pid, interval, once, as_json);
}
