/* loquat inspect: what plugins and nodes there are. */
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/log.h>
#include <loquat/profile.h>

static const char help[] =
	"usage: loquat inspect [--json] [NODE]\n"
	"       loquat inspect --schema\n\n"
	"Without NODE: all plugins with version, licence and file, their nodes, and the plugins that could not be loaded with the reason.\n"
	"With NODE (\"codec.h264.enc\", or \"codec.h264.enc@ffmpeg\"): its ports, parameters and devices.\n\n"
	"  --json    the same as one JSON object\n"
	"  --schema  a JSON Schema (draft 2020-12) of profiles, with the nodes and parameters of this installation: for editors\n";

static const char *kind_name(uint32_t kind)
{
	static const char *const names[] = {"?", "capture", "codec", "filter", "transport", "renderer"};
	return names[kind < sizeof names / sizeof *names ? kind : 0];
}

static const char *type_name(uint32_t type)
{
	static const char *const names[] = {"?", "bool", "int", "float", "string", "choice", "size", "fraction"};
	return names[type < sizeof names / sizeof *names ? type : 0];
}

static const char *media_name(uint32_t media)
{
	return media == LQ_MEDIA_AUDIO ? "audio" : media == LQ_MEDIA_VIDEO ? "video" : "any";
}

static json_t *port_json(const lq_port_desc *p)
{
	return json_pack("{s:s, s:s, s:s, s:b, s:b}", "name", p->name, "direction", p->direction == LQ_IN ? "in" : "out", "media", media_name(p->media), "optional",
	                 !!(p->flags & LQ_PORT_OPTIONAL), "many", !!(p->flags & LQ_PORT_MANY));
}

static json_t *param_json(const lq_param_desc *p)
{
	json_t *o = json_pack("{s:s, s:s, s:b, s:s}", "name", p->name, "type", type_name(p->type), "runtime", !!(p->flags & LQ_PARAM_RUNTIME), "help",
	                      p->help ? p->help : "");
	if (p->unit)
		json_object_set_new(o, "unit", json_string(p->unit));
	if (p->def)
		json_object_set_new(o, "default", json_string(p->def));
	if (p->min != p->max) {
		json_object_set_new(o, "min", json_real(p->min));
		json_object_set_new(o, "max", json_real(p->max));
	}
	if (p->choices) {
		json_t *a = json_array();
		for (const char *const *c = p->choices; *c; c++)
			json_array_append_new(a, json_string(*c));
		json_object_set_new(o, "choices", a);
	}
	return o;
}

static json_t *devices_json(const lq_node_desc *d)
{
	json_t *a = json_array();
	int (*devices)(uint32_t, lq_device *) = NULL;
	if (d->kind == LQ_KIND_CAPTURE && d->kind_ops)
		devices = ((const lq_capture_ops *)d->kind_ops)->devices;
	else if (d->kind == LQ_KIND_RENDERER && d->kind_ops)
		devices = ((const lq_renderer_ops *)d->kind_ops)->devices;
	for (uint32_t i = 0; devices && i < 256; i++) {
		lq_device dev = {.struct_size = sizeof dev};
		if (devices(i, &dev))
			break;
		json_array_append_new(a, json_pack("{s:s, s:s, s:b}", "id", dev.id, "name", dev.name, "default", (int)dev.is_default));
	}
	return a;
}

static json_t *node_json(const lq_node_info *info, int whole)
{
	const lq_node_desc *d = info->desc;
	json_t *o = json_pack("{s:s, s:s, s:s, s:i, s:s}", "id", d->id, "kind", kind_name(d->kind), "plugin", info->plugin->name, "rank", (int)d->rank, "summary",
	                      d->summary ? d->summary : "");
	if (!whole)
		return o;
	json_t *ports = json_array(), *params = json_array();
	for (uint32_t i = 0; i < d->n_ports; i++)
		json_array_append_new(ports, port_json(&d->ports[i]));
	for (uint32_t i = 0; i < d->n_params; i++)
		json_array_append_new(params, param_json(&d->params[i]));
	json_object_set_new(o, "ports", ports);
	json_object_set_new(o, "parameters", params);
	json_object_set_new(o, "devices", devices_json(d));
	return o;
}

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
		json_array_append_new(nodes, node_json(&node, 1));
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
				printf("    %-22s %-9s rank %-4d %s\n", node.desc->id, kind_name(node.desc->kind), (int)node.desc->rank, node.desc->summary);
	}
	for (size_t i = 0; !lq_registry_plugin(reg, i, &info); i++)
		if (!info.plugin)
			printf("NOT LOADED %s\n  %s\n", info.file, info.reason);
}

static void print_param(const lq_param_desc *p)
{
	printf("    %-16s %s", p->name, type_name(p->type));
	if (p->choices) {
		printf(" (");
		for (const char *const *c = p->choices; *c; c++)
			printf("%s%s", c == p->choices ? "" : ", ", *c);
		printf(")");
	}
	if (p->min != p->max)
		printf(" %.10g to %.10g", p->min, p->max);
	if (p->unit)
		printf(" %s", p->unit);
	printf(p->def ? ", default %s" : ", required%.0s", p->def ? p->def : "");
	printf("%s\n%21s%s\n", p->flags & LQ_PARAM_RUNTIME ? ", may change while running" : "", "", p->help ? p->help : "");
}

static void print_node(const lq_node_info *info)
{
	const lq_node_desc *d = info->desc;
	printf("%s@%s: %s\n  kind %s, rank %d\n  ports:\n", d->id, info->plugin->name, d->summary, kind_name(d->kind), (int)d->rank);
	for (uint32_t i = 0; i < d->n_ports; i++)
		printf("    %-16s %s %s%s%s\n", d->ports[i].name, d->ports[i].direction == LQ_IN ? "in" : "out", media_name(d->ports[i].media),
		       d->ports[i].flags & LQ_PORT_MANY ? ", any number" : "", d->ports[i].flags & LQ_PORT_OPTIONAL ? ", optional" : "");
	if (d->n_params)
		puts("  parameters:");
	for (uint32_t i = 0; i < d->n_params; i++)
		print_param(&d->params[i]);
	json_t *devices = devices_json(d), *dev;
	size_t i;
	if (json_array_size(devices))
		puts("  devices:");
	json_array_foreach(devices, i, dev)
		printf("    %s  %s\n", json_string_value(json_object_get(dev, "id")), json_string_value(json_object_get(dev, "name")));
	json_decref(devices);
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

static int inspect(const lq_registry *reg, const char *use, int as_json)
{
	lq_node_info node;
	lq_diag *diag = lq_diag_create();
	json_t *out = NULL;
	int status = TOOL_OK;
	if (use && find_node(reg, use, &node) && lq_registry_find(reg, use, NULL, diag, &node))
		status = tool_diag(diag);
	else if (as_json)
		out = use ? node_json(&node, 1) : all_json(reg);
	else if (use)
		print_node(&node);
	else
		print_all(reg);
	if (out) {
		json_dumpf(out, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(out);
	}
	lq_diag_destroy(diag);
	return status;
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
	static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {"json", no_argument, NULL, 'j'}, {"schema", no_argument, NULL, 's'}, {0}};
	int as_json = 0, as_schema = 0;
	for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;)
		switch (c) {
		case 'h': fputs(help, stdout); return TOOL_OK;
		case 'j': as_json = 1; break;
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
