/* loquat inspect: what plugins and nodes there are. */
#include "inspect_node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/log.h>
#include <loquat/profile.h>

static const char help[] =
	"usage: loquat inspect [--rescan] [--json] [NODE]\n"
	"       loquat inspect --schema\n\n"
	"Without NODE: all plugins with version, licence and file, their nodes, and the plugins that could not be loaded with the reason.\n"
	"With NODE (\"codec.h264.enc\", or \"codec.h264.enc@ffmpeg\"): its ports, parameters and devices.\n\n"
	"  --rescan  look at all plugins anew, whatever is known of them\n"
	"  --json    the same as one JSON object\n"
	"  --schema  a JSON Schema (draft 2020-12) of profiles, with the nodes and parameters of this installation: for editors\n";

static json_t *all_json(const lq_registry *reg)
{
	json_t *plugins = json_array(), *broken = json_array(), *nodes = json_array();
	lq_plugin_info info;
	lq_node_info node;
	for (size_t i = 0; !lq_registry_plugin(reg, i, &info); i++)
		if (info.plugin)
			json_array_append_new(plugins, json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", info.plugin->name, "version", info.plugin->version, "licence",
			                                         info.plugin->licence, "summary", info.plugin->summary, "file", info.file ? info.file : ""));
		else
			json_array_append_new(broken, json_pack("{s:s, s:s, s:s}", "file", info.file, "error", lq_error_name(info.code), "reason", info.reason));
	for (size_t i = 0; !lq_registry_node(reg, i, &node); i++)
		json_array_append_new(nodes, inspect_node(&node));
	return json_pack("{s:o, s:o, s:o}", "plugins", plugins, "not_loaded", broken, "nodes", nodes);
}

static void print_all(const lq_registry *reg)
{
	lq_plugin_info info;
	lq_node_info node;
	for (size_t i = 0; !lq_registry_plugin(reg, i, &info); i++) {
		if (!info.plugin)
			continue;
		printf("%s %s  %s  [%s]\n", info.plugin->name, info.plugin->version, info.plugin->summary, info.plugin->licence);
		if (info.file)
			printf("  %s\n", info.file);
		for (size_t k = 0; !lq_registry_node(reg, k, &node); k++)
			if (node.plugin == info.plugin)
				printf("    %-22s %-9s rank %-4d %s\n", node.desc->id, inspect_kind(node.desc->kind), (int)node.desc->rank, node.desc->summary);
	}
	for (size_t i = 0; !lq_registry_plugin(reg, i, &info); i++)
		if (!info.plugin)
			printf("NOT LOADED %s\n  %s\n", info.file, info.reason);
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static void print_list(const char *before, const json_t *list, const char *after)
{
	size_t i;
	json_t *item;
	if (!json_array_size(list))
		return;
	json_array_foreach(list, i, item)
		printf("%s%s", i ? ", " : before, json_string_value(item));
	fputs(after, stdout);
}

static void print_param(const json_t *p)
{
	printf("    %-16s %s", text_of(p, "name"), text_of(p, "type"));
	print_list(" (", json_object_get(p, "choices"), ")");
	if (json_object_get(p, "max"))
		printf(" %.10g to %.10g", json_number_value(json_object_get(p, "min")), json_number_value(json_object_get(p, "max")));
	if (*text_of(p, "unit"))
		printf(" %s", text_of(p, "unit"));
	if (json_is_true(json_object_get(p, "required")))
		fputs(", required", stdout);
	else
		printf(", default %s", *text_of(p, "default") ? text_of(p, "default") : "\"\"");
	printf("%s\n%21s%s\n", json_is_true(json_object_get(p, "runtime")) ? ", may change while running" : "", "", text_of(p, "help"));
}

static void print_port(const json_t *p)
{
	printf("    %-16s %s %s%s%s\n", text_of(p, "name"), text_of(p, "direction"), text_of(p, "media"),
	       json_is_true(json_object_get(p, "many")) ? ", any number" : "", json_is_true(json_object_get(p, "optional")) ? ", optional" : "");
	print_list("                     ", json_object_get(p, "formats"), "\n");
}

static void print_flags(const json_t *o)
{
	static const char *const flags[][2] = {{"live", "live"}, {"blocking", "blocking: gets a thread of its own"},
	                                       {"own_thread", "has a thread of its own"}, {"gpl", "loads GPL code"}, {"pure", "only computes"}};
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (json_is_true(json_object_get(o, flags[i][0])))
			printf(", %s", flags[i][1]);
}

static void print_node(const json_t *o)
{
	size_t i;
	json_t *item;
	printf("%s@%s: %s\n  kind %s, rank %d", text_of(o, "id"), text_of(o, "plugin"), text_of(o, "summary"), text_of(o, "kind"),
	       (int)json_integer_value(json_object_get(o, "rank")));
	print_flags(o);
	if (*text_of(o, "reason"))
		printf("\n  %s", text_of(o, "reason"));
	if (*text_of(o, "formats_unknown"))
		printf("\n  formats are not known before it has its parameters: %s", text_of(o, "formats_unknown"));
	puts("\n  ports:");
	json_array_foreach(json_object_get(o, "ports"), i, item)
		print_port(item);
	if (json_array_size(json_object_get(o, "parameters")))
		puts("  parameters:");
	json_array_foreach(json_object_get(o, "parameters"), i, item)
		print_param(item);
	if (json_array_size(json_object_get(o, "devices")))
		puts("  devices:");
	json_array_foreach(json_object_get(o, "devices"), i, item)
		printf("    %s  %s\n", text_of(item, "id"), text_of(item, "name"));
}

/* By name alone: a node that cannot work here can still be described. */
static int find_node(const lq_registry *reg, const char *use, lq_node_info *out)
{
	size_t len = strcspn(use, "@");
	lq_node_info node;
	int found = 0;
	for (size_t i = 0; !lq_registry_node(reg, i, &node); i++) {
		if (strlen(node.desc->id) != len || strncmp(node.desc->id, use, len) || (use[len] && strcmp(use + len + 1, node.plugin->name)))
			continue;
		if (!found || node.desc->rank > out->desc->rank)
			*out = node;
		found = 1;
	}
	return found ? 0 : LQ_ENOENT;
}

static int print_json(json_t *o)
{
	int bad = !o || json_dumpf(o, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(o);
	return bad ? tool_error(TOOL_FAILED, "inspect", "cannot be written") : TOOL_OK;
}

static int inspect_one(lq_registry *reg, const char *use, int as_json)
{
	lq_node_info node;
	if (find_node(reg, use, &node)) {
		lq_diag *diag = lq_diag_create();
		lq_registry_find(reg, use, NULL, diag, &node); /* says what is near */
		tool_diag(diag);
		lq_diag_destroy(diag);
		return TOOL_FAILED;
	}
	json_t *o = inspect_node_live(reg, &node);
	if (as_json)
		return print_json(o);
	print_node(o);
	json_decref(o);
	return TOOL_OK;
}

static int inspect(lq_registry *reg, const char *use, int as_json)
{
	if (use)
		return inspect_one(reg, use, as_json);
	if (as_json)
		return print_json(all_json(reg));
	print_all(reg);
	return TOOL_OK;
}

static int print_schema(const lq_registry *reg)
{
	char *text = lq_profile_schema(reg);
	if (!text)
		return tool_error(TOOL_FAILED, "inspect", "out of memory");
	puts(text);
	free(text);
	return TOOL_OK;
}

int cmd_inspect(int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {"json", no_argument, NULL, 'j'},
	                                        {"rescan", no_argument, NULL, 'r'}, {"schema", no_argument, NULL, 's'}, {0}};
	int as_json = 0, as_schema = 0;
	for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;)
		switch (c) {
		case 'h': fputs(help, stdout); return TOOL_OK;
		case 'j': as_json = 1; break;
		case 'r': lq_registry_forget_scans(); break;
		case 's': as_schema = 1; break;
		default: return tool_usage("inspect");
		}
	if (argc - optind > !as_schema)
		return tool_error(TOOL_USAGE, "inspect", as_schema ? "--schema takes no node" : "one node at a time, please");
	lq_registry *reg = tool_registry("inspect");
	if (!reg)
		return TOOL_FAILED;
	int status = as_schema ? print_schema(reg) : inspect(reg, optind < argc ? argv[optind] : NULL, as_json);
	lq_registry_destroy(reg);
	return status;
}
