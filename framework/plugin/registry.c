#include "plugin/registry.h"

#include <loquat/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "plugin/check.h"
#include "plugin/loader.h"

int lq_registry_create(lq_registry **out)
{
	lq_registry *reg = lq__calloc(1, sizeof *reg);
	if (!reg)
		return LQ_ENOMEM;
	*out = reg;
	return 0;
}

static void finish_entry(lq__entry *e)
{
	if (e->is_loaded)
		lq__plugin_release(e->plugin);
	lq__image_destroy(e->image);
	lq__free(e->file);
	lq__free(e->reason);
}

void lq_registry_destroy(lq_registry *reg)
{
	if (!reg)
		return;
	for (size_t i = 0; i < reg->n; i++)
		finish_entry(&reg->entries[i]);
	lq__free(reg->entries);
	lq__free(reg->nodes);
	lq__free(reg);
}

static int by_id_and_rank(const void *a, const void *b)
{
	const lq_node_info *x = a, *y = b;
	int d = strcmp(x->desc->id, y->desc->id);
	if (!d)
		d = (x->desc->rank < y->desc->rank) - (x->desc->rank > y->desc->rank);
	return d ? d : strcmp(x->plugin->name, y->plugin->name);
}

static int add_nodes(lq_registry *reg, const lq_plugin *plugin)
{
	lq_node_info *nodes = lq__realloc(reg->nodes, (reg->n_nodes + plugin->n_nodes) * sizeof *nodes);
	if (!nodes)
		return LQ_ENOMEM;
	reg->nodes = nodes;
	for (uint32_t i = 0; i < plugin->n_nodes; i++)
		nodes[reg->n_nodes++] = (lq_node_info){plugin->nodes[i], plugin};
	qsort(nodes, reg->n_nodes, sizeof *nodes, by_id_and_rank);
	return 0;
}

/* An empty entry at the end, which counts only once reg->n is raised. */
static lq__entry *new_entry(lq_registry *reg)
{
	if (reg->n == reg->room) {
		size_t room = reg->room ? 2 * reg->room : 16;
		lq__entry *e = lq__realloc(reg->entries, room * sizeof *e);
		if (!e)
			return NULL;
		reg->entries = e;
		reg->room = room;
	}
	memset(&reg->entries[reg->n], 0, sizeof *reg->entries);
	return &reg->entries[reg->n];
}

static const lq__entry *by_name(const lq_registry *reg, const char *name)
{
	for (size_t i = 0; i < reg->n; i++)
		if (reg->entries[i].plugin && !strcmp(reg->entries[i].plugin->name, name))
			return &reg->entries[i];
	return NULL;
}

/* Into the list of nodes, when the name is free. */
static int admit(lq_registry *reg, const lq__entry *found, char *text, size_t size)
{
	const lq__entry *other = by_name(reg, found->plugin->name);
	if (other) {
		snprintf(text, size, "there is a plugin \"%s\" already, from %s", other->plugin->name, other->file ? other->file : "this program");
		return LQ_EEXIST;
	}
	int err = found->is_loaded ? lq__plugin_acquire(found->plugin) : 0;
	if (err) {
		snprintf(text, size, "its init failed: %s", lq_error_text(err));
		return err;
	}
	err = add_nodes(reg, found->plugin);
	if (err && found->is_loaded)
		lq__plugin_release(found->plugin);
	return err;
}

int lq__registry_take(lq_registry *reg, lq__entry *found, char *text, size_t size)
{
	lq__entry own = *found, *e = new_entry(reg);
	if (!e)
		own.code = LQ_ENOMEM;
	else if (!own.code)
		own.code = admit(reg, &own, text, size);
	if (own.code) {
		own.plugin = NULL;
		own.is_loaded = 0;
		own.reason = own.code == LQ_ENOMEM ? NULL : lq__strdup(text);
		if (!own.reason) {
			finish_entry(&own);
			return LQ_ENOMEM;
		}
	}
	*e = own;
	reg->n++;
	return own.code;
}

static int no_memory(const char *place, lq_diag *diag)
{
	return lq_diag_add(diag, LQ_ENOMEM, place, "%s", lq_error_text(LQ_ENOMEM));
}

int lq_registry_add(lq_registry *reg, const lq_plugin *plugin, lq_diag *diag)
{
	char text[768];
	lq__entry *e = new_entry(reg), own = {.plugin = plugin, .is_loaded = 1};
	if (!e)
		return no_memory("built-in plugin", diag);
	int err = lq__plugin_check(plugin, text, sizeof text);
	if (!err)
		err = admit(reg, &own, text, sizeof text);
	if (err == LQ_ENOMEM)
		return no_memory("built-in plugin", diag);
	if (err)
		return lq_diag_add(diag, err, "built-in plugin", "%s", text);
	*e = own;
	reg->n++;
	return 0;
}

int lq__registry_knows(const lq_registry *reg, const char *path)
{
	for (size_t i = 0; i < reg->n; i++)
		if (reg->entries[i].file && !strcmp(reg->entries[i].file, path))
			return 1;
	return 0;
}

char *lq__full_path(const char *file)
{
	char *real = realpath(file, NULL), *own = lq__strdup(real ? real : file);
	free(real);
	return own;
}

int lq_registry_load(lq_registry *reg, const char *file, lq_diag *diag)
{
	char text[768];
	lq__entry found = {.file = lq__full_path(file)};
	if (!found.file)
		return no_memory(file, diag);
	if (lq__registry_knows(reg, found.file)) {
		lq__free(found.file);
		return lq_diag_add(diag, LQ_EEXIST, file, "is in the registry already");
	}
	found.code = lq__loader_open(found.file, &found.plugin, text, sizeof text);
	if (!found.code)
		found.code = lq__plugin_check(found.plugin, text, sizeof text);
	found.is_loaded = !found.code;
	int err = lq__registry_take(reg, &found, text, sizeof text);
	if (err == LQ_ENOMEM)
		return no_memory(file, diag);
	return err ? lq_diag_add(diag, err, file, "%s", text) : 0;
}

size_t lq_registry_plugin_count(const lq_registry *reg)
{
	return reg->n;
}

int lq_registry_plugin(const lq_registry *reg, size_t i, lq_plugin_info *out)
{
	if (i >= reg->n)
		return LQ_END;
	const lq__entry *e = &reg->entries[i];
	*out = (lq_plugin_info){e->plugin, e->file, e->reason, e->code, e->is_loaded};
	return 0;
}

int lq_registry_node(const lq_registry *reg, size_t i, lq_node_info *out)
{
	if (i >= reg->n_nodes)
		return LQ_END;
	*out = reg->nodes[i];
	return 0;
}
