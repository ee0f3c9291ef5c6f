#include "plugin/check.h"

#include <stdio.h>
#include <string.h>

#include "plugin/param.h"
#include "plugin/value.h"

enum { NAME_MAX_BYTES = 63 };

#define BAD(code, ...) (snprintf(text, size, __VA_ARGS__), (code))

/* Lower-case letters, digits and `more`, a letter first. */
static int is_name(const char *s, const char *more)
{
	if (!s || *s < 'a' || *s > 'z' || strlen(s) > NAME_MAX_BYTES)
		return 0;
	for (; *s; s++)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9') || strchr(more, *s)))
			return 0;
	return 1;
}

static const char *shown(const char *s)
{
	return s ? s : "(none)";
}

static int check_row(const lq_param_desc *d, char *text, size_t size)
{
	char why[256];
	lq_value v;
	if (d->type < LQ_PARAM_BOOL || d->type > LQ_PARAM_FRACTION)
		return BAD(LQ_EINVAL, "parameter %s has the unknown type %u", d->name, d->type);
	if (!d->help)
		return BAD(LQ_EINVAL, "parameter %s has no help", d->name);
	if (d->type == LQ_PARAM_CHOICE && (!d->choices || !d->choices[0]))
		return BAD(LQ_EINVAL, "parameter %s is a choice of nothing", d->name);
	if ((d->flags & LQ_PARAM_FILE) && d->type != LQ_PARAM_STRING)
		return BAD(LQ_EINVAL, "parameter %s is a file, but not a string", d->name);
	if (!(d->min <= d->max))
		return BAD(LQ_EINVAL, "parameter %s has a minimum above its maximum", d->name);
	if (d->flags & LQ_PARAM_REQUIRED)
		return d->def ? BAD(LQ_EINVAL, "parameter %s is required, but has a default", d->name) : 0;
	if (!d->def)
		return BAD(LQ_EINVAL, "parameter %s has no default and is not required", d->name);
	if (lq__value_parse(d, d->def, &v, why, sizeof why))
		return BAD(LQ_EINVAL, "default of parameter %s: %s", d->name, why);
	return 0;
}

int lq__param_table_check(const lq_node_desc *desc, char *text, size_t size)
{
	if (desc->n_params > LQ__PARAMS_MAX)
		return BAD(LQ_EINVAL, "claims %u parameters, at most %d are allowed", desc->n_params, LQ__PARAMS_MAX);
	if (desc->n_params && !desc->params)
		return BAD(LQ_EINVAL, "has no table of its %u parameters", desc->n_params);
	for (uint32_t i = 0; i < desc->n_params; i++) {
		const char *name = desc->params[i].name;
		if (!is_name(name, "_-."))
			return BAD(LQ_EINVAL, "parameter %u has the bad name \"%.64s\"", i, shown(name));
		for (uint32_t k = 0; k < i; k++)
			if (!strcmp(desc->params[k].name, name))
				return BAD(LQ_EINVAL, "has two parameters %s", name);
		int err = check_row(&desc->params[i], text, size);
		if (err)
			return err;
	}
	return 0;
}

static int check_ports(const lq_node_desc *d, char *text, size_t size)
{
	if (!d->n_ports || d->n_ports > LQ__PORTS_MAX)
		return BAD(LQ_EINVAL, "claims %u ports, 1 to %d are allowed", d->n_ports, LQ__PORTS_MAX);
	if (!d->ports)
		return BAD(LQ_EINVAL, "has no table of its %u ports", d->n_ports);
	for (uint32_t i = 0; i < d->n_ports; i++) {
		const lq_port_desc *p = &d->ports[i];
		if (!is_name(p->name, "_-"))
			return BAD(LQ_EINVAL, "port %u has the bad name \"%.64s\"", i, shown(p->name));
		if (p->direction != LQ_IN && p->direction != LQ_OUT)
			return BAD(LQ_EINVAL, "port %s has the unknown direction %u", p->name, p->direction);
		if (p->media > LQ_MEDIA_VIDEO)
			return BAD(LQ_EINVAL, "port %s has the unknown media %u", p->name, p->media);
		if (p->direction == LQ_OUT && d->kind == LQ_KIND_RENDERER)
			return BAD(LQ_EINVAL, "is a renderer with the output %s", p->name);
		if (p->direction == LQ_IN && d->kind == LQ_KIND_CAPTURE)
			return BAD(LQ_EINVAL, "is a capture with the input %s", p->name);
		for (uint32_t k = 0; k < i; k++)
			if (!strcmp(d->ports[k].name, p->name) && d->ports[k].direction == p->direction)
				return BAD(LQ_EINVAL, "has two ports %s of one direction", p->name);
	}
	if (d->kind == LQ_KIND_CODEC && (d->n_ports != 2 || d->ports[0].direction != LQ_IN || d->ports[1].direction != LQ_OUT))
		return BAD(LQ_EINVAL, "is a codec, whose ports must be one input and then one output");
	return 0;
}

/* The op without which a kind has no use, NULL when all is there. */
static const char *missing_op(const lq_node_desc *d)
{
	if (!d->ops)
		return "ops";
	if (!d->ops->create || !d->ops->destroy)
		return d->ops->create ? "destroy" : "create";
	const lq_capture_ops *capture = d->kind_ops;
	if (d->kind == LQ_KIND_CAPTURE)
		return (d->flags & LQ_NODE_OWN_THREAD) || d->ops->run || (capture && capture->read) ? NULL : "read";
	if (!d->kind_ops)
		return "kind_ops";
	switch (d->kind) {
	case LQ_KIND_CODEC: return ((const lq_codec_ops *)d->kind_ops)->send ? NULL : "send";
	case LQ_KIND_FILTER: return ((const lq_filter_ops *)d->kind_ops)->process ? NULL : "process";
	case LQ_KIND_RENDERER: return ((const lq_renderer_ops *)d->kind_ops)->render ? NULL : "render";
	}
	return NULL;
}

static int check_node(const lq_node_desc *d, int with_ops, char *text, size_t size)
{
	if (d->struct_size != sizeof *d)
		return BAD(LQ_EABI, "descriptor has %u bytes, not %zu", d->struct_size, sizeof *d);
	if (d->kind < LQ_KIND_CAPTURE || d->kind > LQ_KIND_RENDERER)
		return BAD(LQ_EINVAL, "has the unknown kind %u", d->kind);
	if (!d->summary)
		return BAD(LQ_EINVAL, "has no summary");
	const char *op = with_ops ? missing_op(d) : NULL;
	if (op)
		return BAD(LQ_EINVAL, "lacks %s", op);
	int err = check_ports(d, text, size);
	return err ? err : lq__param_table_check(d, text, size);
}

static int check_head(const lq_plugin *p, char *text, size_t size)
{
	if (p->abi_minor != LQ_ABI_MINOR)
		return BAD(LQ_EABI, "built for plugin ABI %d.%u, this is %d.%d: rebuild it", LQ_ABI_MAJOR, p->abi_minor, LQ_ABI_MAJOR, LQ_ABI_MINOR);
	if (p->struct_size != sizeof *p)
		return BAD(LQ_EABI, "descriptor has %u bytes, not %zu", p->struct_size, sizeof *p);
	if (!is_name(p->name, "_-"))
		return BAD(LQ_EINVAL, "has the bad name \"%.64s\"", shown(p->name));
	const char *lack = !p->version ? "version" : !p->licence ? "licence" : !p->summary ? "summary" : NULL;
	if (lack)
		return BAD(LQ_EINVAL, "has no %s", lack);
	if (!p->n_nodes || p->n_nodes > LQ__NODES_MAX)
		return BAD(LQ_EINVAL, "claims %u nodes, 1 to %d are allowed", p->n_nodes, LQ__NODES_MAX);
	if (!p->nodes)
		return BAD(LQ_EINVAL, "has no table of its %u nodes", p->n_nodes);
	return 0;
}

static int check_plugin(const lq_plugin *p, int with_ops, char *text, size_t size)
{
	char why[512];
	int err = check_head(p, text, size);
	if (err)
		return err;
	for (uint32_t i = 0; i < p->n_nodes; i++) {
		const lq_node_desc *d = p->nodes[i];
		if (!d)
			return BAD(LQ_EINVAL, "node %u is NULL", i);
		if (!is_name(d->id, "._-"))
			return BAD(LQ_EINVAL, "node %u has the bad id \"%.64s\"", i, shown(d->id));
		for (uint32_t k = 0; k < i; k++)
			if (!strcmp(p->nodes[k]->id, d->id))
				return BAD(LQ_EINVAL, "has two nodes %s", d->id);
		err = check_node(d, with_ops, why, sizeof why);
		if (err)
			return BAD(err, "node %s: %s", d->id, why);
	}
	return 0;
}

int lq__plugin_check(const lq_plugin *p, char *text, size_t size)
{
	return check_plugin(p, 1, text, size);
}

int lq__plugin_check_static(const lq_plugin *p, char *text, size_t size)
{
	return check_plugin(p, 0, text, size);
}
