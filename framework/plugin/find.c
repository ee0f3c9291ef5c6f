/* Choosing a node by what a profile says, and loading the plugin that offers it. */
#include <loquat/log.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "plugin/check.h"
#include "plugin/loader.h"
#include "plugin/registry.h"

enum { ID_MAX = 128 };

typedef struct wanted {
	char id[ID_MAX];
	const char *plugin; /* NULL: any */
} wanted;

static int split(const char *use, wanted *out)
{
	const char *at = strchr(use, '@');
	size_t n = at ? (size_t)(at - use) : strlen(use);
	if (!n || n >= ID_MAX || (at && !at[1]))
		return LQ_EINVAL;
	memcpy(out->id, use, n);
	out->id[n] = 0;
	out->plugin = at ? at + 1 : NULL;
	return 0;
}

/* " (2 plugins could not be loaded: loquat inspect tells why)", or nothing. */
static const char *broken_hint(const lq_registry *reg, char *out, size_t size)
{
	size_t n = 0;
	out[0] = 0;
	for (size_t i = 0; i < reg->n; i++)
		n += !reg->entries[i].plugin && reg->entries[i].code != LQ_EEXIST;
	if (n)
		snprintf(out, size, " (%zu plugin%s could not be loaded: \"loquat inspect\" tells why)", n, n > 1 ? "s" : "");
	return out;
}

/* The entry of a file NAME.so that could not be loaded. */
static const lq__entry *broken(const lq_registry *reg, const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 0; i < reg->n; i++) {
		const char *file = reg->entries[i].file, *base = file ? strrchr(file, '/') : NULL;
		base = base ? base + 1 : file;
		if (!reg->entries[i].plugin && reg->entries[i].code != LQ_EEXIST && base && !strncmp(base, name, n) && !strcmp(base + n, ".so"))
			return &reg->entries[i];
	}
	return NULL;
}

static int unknown_plugin(const lq_registry *reg, const wanted *w, const char *place, lq_diag *diag)
{
	lq__nearest near = {0};
	const lq__entry *e = broken(reg, w->plugin);
	if (e)
		return lq_diag_add(diag, e->code, place, "plugin \"%s\" could not be loaded: %s", w->plugin, e->reason);
	for (size_t i = 0; i < reg->n; i++)
		if (reg->entries[i].plugin)
			lq__nearest_try(&near, w->plugin, reg->entries[i].plugin->name);
	if (near.best)
		return lq_diag_add(diag, LQ_ENOENT, place, "unknown plugin \"%.64s\"; did you mean \"%s\"?", w->plugin, near.best);
	return lq_diag_add(diag, LQ_ENOENT, place, "unknown plugin \"%.64s\"", w->plugin);
}

static int unknown_id(const lq_registry *reg, const wanted *w, const char *place, lq_diag *diag)
{
	lq__nearest near = {0};
	char hint[96];
	for (size_t i = 0; i < reg->n_nodes; i++)
		lq__nearest_try(&near, w->id, reg->nodes[i].desc->id);
	broken_hint(reg, hint, sizeof hint);
	if (near.best)
		return lq_diag_add(diag, LQ_ENOENT, place, "unknown node \"%s\"; did you mean \"%s\"?%s", w->id, near.best, hint);
	return lq_diag_add(diag, LQ_ENOENT, place, "unknown node \"%s\"%s", w->id, hint);
}

static int plugin_is_known(const lq_registry *reg, const char *name)
{
	for (size_t i = 0; i < reg->n; i++)
		if (reg->entries[i].plugin && !strcmp(reg->entries[i].plugin->name, name))
			return 1;
	return 0;
}

/* Nothing was there to probe: says which part of the wish is unknown. */
static int not_found(const lq_registry *reg, const wanted *w, const char *place, lq_diag *diag)
{
	char who[256] = "";
	size_t n = 0;
	if (w->plugin && !plugin_is_known(reg, w->plugin))
		return unknown_plugin(reg, w, place, diag);
	for (size_t i = 0; i < reg->n_nodes && n < sizeof who; i++)
		if (!strcmp(reg->nodes[i].desc->id, w->id))
			n += (size_t)snprintf(who + n, sizeof who - n, "%s%s", n ? ", " : "", reg->nodes[i].plugin->name);
	if (!n)
		return unknown_id(reg, w, place, diag);
	return lq_diag_add(diag, LQ_ENOENT, place, "plugin \"%s\" has no node \"%s\", but these have: %s", w->plugin, w->id, who);
}

static int is_same(const lq_plugin *described, const lq_plugin *real)
{
	if (strcmp(described->name, real->name) || described->n_nodes != real->n_nodes)
		return 0;
	for (uint32_t i = 0; i < real->n_nodes; i++)
		if (strcmp(described->nodes[i]->id, real->nodes[i]->id))
			return 0;
	return 1;
}

int lq__entry_load(const lq_registry *reg, lq__entry *e, char *text, size_t size)
{
	const lq_plugin *real;
	int err = lq__loader_open(e->file, &real, text, size);
	if (!err)
		err = lq__plugin_check(real, text, size);
	if (!err && !is_same(e->plugin, real)) {
		snprintf(text, size, "has changed since it was looked at");
		err = LQ_ESTATE;
	}
	if (err)
		return err;
	if ((err = lq__plugin_acquire(real))) {
		snprintf(text, size, "its init failed: %s", lq_error_text(err));
		return err;
	}
	for (size_t i = 0; i < reg->n_nodes; i++)
		for (uint32_t k = 0; reg->nodes[i].plugin == e->plugin && k < real->n_nodes; k++)
			if (!strcmp(reg->nodes[i].desc->id, real->nodes[k]->id))
				reg->nodes[i] = (lq_node_info){real->nodes[k], real};
	e->plugin = real;
	e->is_loaded = 1;
	return 0;
}

/* Brings the node's plugin into the program, where it is not yet there. */
static int load(const lq_registry *reg, const lq_node_info *node, char *text, size_t size)
{
	for (size_t i = 0; i < reg->n; i++)
		if (reg->entries[i].plugin == node->plugin)
			return reg->entries[i].is_loaded ? 0 : lq__entry_load(reg, &reg->entries[i], text, size);
	return 0;
}

int lq_registry_node_loaded(lq_registry *reg, size_t i, lq_diag *diag, lq_node_info *out)
{
	char why[768];
	lq_node_info node;
	int r = lq_registry_node(reg, i, &node);
	if (r)
		return r;
	if ((r = load(reg, &node, why, sizeof why)))
		return lq_diag_add(diag, r, node.plugin->name, "%s", why);
	return lq_registry_node(reg, i, out);
}

static int probe(const lq_node_desc *desc, char *text, size_t size)
{
	text[0] = 0;
	int err = desc->ops->probe ? desc->ops->probe(text, size) : 0;
	text[size - 1] = 0;
	if (err && !text[0])
		snprintf(text, size, "%s", lq_error_text(err));
	return err;
}

static int is_meant(const lq_node_info *node, const wanted *w)
{
	return !strcmp(node->desc->id, w->id) && (!w->plugin || !strcmp(node->plugin->name, w->plugin));
}

static int bad_name(const char *use, const char *place, lq_diag *diag)
{
	return lq_diag_add(diag, LQ_EINVAL, place, "\"%.128s\" is not a node's name such as codec.h264.enc or codec.h264.enc@ffmpeg", use);
}

int lq__registry_candidate(const lq_registry *reg, const char *use, size_t i, lq_node_info *out, const char **file)
{
	wanted w;
	if (split(use, &w))
		return LQ_EINVAL;
	for (size_t k = 0; k < reg->n_nodes; k++) {
		if (!is_meant(&reg->nodes[k], &w) || i--)
			continue;
		*out = reg->nodes[k];
		*file = NULL;
		for (size_t e = 0; e < reg->n; e++)
			if (reg->entries[e].plugin == out->plugin)
				*file = reg->entries[e].file;
		return 0;
	}
	return LQ_END;
}

int lq__registry_describe(const lq_registry *reg, const char *use, const char *place, lq_diag *diag, lq_node_info *out)
{
	const char *file;
	wanted w;
	if (split(use, &w))
		return bad_name(use, place, diag);
	return lq__registry_candidate(reg, use, 0, out, &file) ? not_found(reg, &w, place, diag) : 0;
}

int lq_registry_find(const lq_registry *reg, const char *use, const char *place, lq_diag *diag, lq_node_info *out)
{
	wanted w;
	char why[768], reasons[1024] = "";
	size_t n = 0;
	int first = 0;
	if (split(use, &w))
		return bad_name(use, place, diag);
	for (size_t i = 0; i < reg->n_nodes; i++) {
		const lq_node_info *node = &reg->nodes[i];
		if (!is_meant(node, &w))
			continue;
		int err = load(reg, node, why, sizeof why);
		if (!err)
			err = probe(node->desc, why, sizeof why);
		if (!err) {
			*out = *node;
			return 0;
		}
		first = first ? first : err;
		if (n < sizeof reasons)
			n += (size_t)snprintf(reasons + n, sizeof reasons - n, "%s%s: %s", n ? "; " : "", node->plugin->name, why);
	}
	if (!first)
		return not_found(reg, &w, place, diag);
	return lq_diag_add(diag, first, place, "\"%s\" cannot work here: %s", w.id, reasons);
}
