/* A node as JSON: what its descriptor says, and what only the node itself can say. */
#include "inspect_node.h"

#include <stdio.h>

#include <loquat/graph.h>

const char *inspect_kind(uint32_t kind)
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
	json_t *o = json_pack("{s:s, s:s, s:b, s:b, s:b, s:b, s:s}", "name", p->name, "type", type_name(p->type), "runtime", !!(p->flags & LQ_PARAM_RUNTIME),
	                      "required", !!(p->flags & LQ_PARAM_REQUIRED), "secret", !!(p->flags & LQ_PARAM_SECRET), "file", !!(p->flags & LQ_PARAM_FILE), "help",
	                      p->help);
	if (p->unit)
		json_object_set_new(o, "unit", json_string(p->unit));
	if (p->def)
		json_object_set_new(o, "default", json_string(p->def));
	if (p->min != 0 || p->max != 0) {
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

json_t *inspect_node(const lq_node_info *info)
{
	const lq_node_desc *d = info->desc;
	json_t *ports = json_array(), *params = json_array();
	for (uint32_t i = 0; i < d->n_ports; i++)
		json_array_append_new(ports, port_json(&d->ports[i]));
	for (uint32_t i = 0; i < d->n_params; i++)
		json_array_append_new(params, param_json(&d->params[i]));
	return json_pack("{s:s, s:s, s:s, s:i, s:s, s:b, s:b, s:b, s:b, s:b, s:o, s:o}", "id", d->id, "kind", inspect_kind(d->kind), "plugin", info->plugin->name, "rank",
	                 (int)d->rank, "summary", d->summary, "live", !!(d->flags & LQ_NODE_LIVE), "blocking", !!(d->flags & LQ_NODE_BLOCKING), "own_thread",
	                 !!(d->flags & LQ_NODE_OWN_THREAD), "gpl", !!(d->flags & LQ_NODE_GPL), "pure", !!(d->flags & LQ_NODE_PURE), "ports", ports, "parameters", params);
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

/* The formats of each port of a node that is made with its defaults, and never started. */
static void add_formats(lq_registry *reg, const char *use, json_t *ports, lq_diag *diag)
{
	char text[128];
	lq_clock *clock = lq_clock_virtual(0);
	lq_graph *graph = NULL;
	lq_node *node = NULL;
	lq_graph_config config = {.registry = reg, .clock = clock};
	if (clock && !lq_graph_create(&config, &graph))
		lq_graph_add_node(graph, &(lq_node_config){.name = "it", .use = use}, NULL, diag, &node);
	for (uint32_t row = 0; node && row < json_array_size(ports); row++) {
		json_t *list = json_array();
		for (uint32_t i = 0; !lq_node_format(node, row, i, text, sizeof text); i++)
			json_array_append_new(list, json_string(text));
		json_object_set_new(json_array_get(ports, row), "formats", list);
	}
	lq_graph_destroy(graph);
	lq_clock_destroy(clock);
}

/* The plugin's own descriptors have taken the place of the description when it could be loaded. */
static const lq_node_desc *loaded(const lq_registry *reg, const lq_node_info *info)
{
	lq_node_info now;
	for (size_t i = 0; !lq_registry_node(reg, i, &now); i++)
		if (!strcmp(now.desc->id, info->desc->id) && !strcmp(now.plugin->name, info->plugin->name))
			return now.desc;
	return info->desc;
}

json_t *inspect_node_live(lq_registry *reg, const lq_node_info *info)
{
	char use[160];
	json_t *o = inspect_node(info);
	lq_diag *diag = lq_diag_create();
	lq_node_info found;
	snprintf(use, sizeof use, "%s@%s", info->desc->id, info->plugin->name);
	int works = !lq_registry_find(reg, use, NULL, diag, &found);
	json_object_set_new(o, "works_here", json_boolean(works));
	if (works)
		add_formats(reg, use, json_object_get(o, "ports"), diag);
	if (lq_diag_count(diag))
		json_object_set_new(o, works ? "formats_unknown" : "reason", json_string(lq_diag_text(diag, 0)));
	json_object_set_new(o, "devices", devices_json(loaded(reg, info)));
	lq_diag_destroy(diag);
	return o;
}
