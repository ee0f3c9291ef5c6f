#include "plugin/registry.h"

#include <dirent.h>
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

void lq_registry_destroy(lq_registry *reg)
{
	if (!reg)
		return;
	for (size_t i = 0; i < reg->n; i++) {
		if (reg->entries[i].plugin)
			lq__plugin_release(reg->entries[i].plugin);
		lq__free(reg->entries[i].file);
		lq__free(reg->entries[i].reason);
	}
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

/* Checks, initialises and takes in. */
static int admit(lq_registry *reg, const lq_plugin *plugin, char *text, size_t size)
{
	int err = lq__plugin_check(plugin, text, size);
	if (err)
		return err;
	const lq__entry *other = by_name(reg, plugin->name);
	if (other) {
		snprintf(text, size, "there is a plugin \"%s\" already, from %s", plugin->name, other->file ? other->file : "this program");
		return LQ_EEXIST;
	}
	err = lq__plugin_acquire(plugin);
	if (err) {
		snprintf(text, size, "its init failed: %s", lq_error_text(err));
		return err;
	}
	err = add_nodes(reg, plugin);
	if (err) {
		lq__plugin_release(plugin);
		snprintf(text, size, "%s", lq_error_text(err));
	}
	return err;
}

static int no_memory(const char *place, lq_diag *diag)
{
	return lq_diag_add(diag, LQ_ENOMEM, place, "%s", lq_error_text(LQ_ENOMEM));
}

int lq_registry_add(lq_registry *reg, const lq_plugin *plugin, lq_diag *diag)
{
	char text[768];
	lq__entry *e = new_entry(reg);
	if (!e)
		return no_memory("built-in plugin", diag);
	int err = admit(reg, plugin, text, sizeof text);
	if (err)
		return lq_diag_add(diag, err, "built-in plugin", "%s", text);
	e->plugin = plugin;
	reg->n++;
	return 0;
}

static int is_known(const lq_registry *reg, const char *path)
{
	for (size_t i = 0; i < reg->n; i++)
		if (reg->entries[i].file && !strcmp(reg->entries[i].file, path))
			return 1;
	return 0;
}

/* A copy of ours of the file's full path. One that is not there keeps its name, for the message. */
static char *full_path(const char *file)
{
	char *real = realpath(file, NULL), *own = lq__strdup(real ? real : file);
	free(real);
	return own;
}

int lq_registry_load(lq_registry *reg, const char *file, lq_diag *diag)
{
	char text[768];
	const lq_plugin *plugin = NULL;
	lq__entry *e = new_entry(reg);
	char *path = e ? full_path(file) : NULL;
	if (!path)
		return no_memory(file, diag);
	if (is_known(reg, path)) {
		lq__free(path);
		return lq_diag_add(diag, LQ_EEXIST, file, "is in the registry already");
	}
	int err = lq__loader_open(path, &plugin, text, sizeof text);
	if (!err)
		err = admit(reg, plugin, text, sizeof text);
	e->file = path;
	e->code = err;
	if (err)
		e->reason = lq__strdup(text);
	else
		e->plugin = plugin;
	if (err && !e->reason) {
		lq__free(path);
		return no_memory(file, diag);
	}
	reg->n++;
	if (err)
		lq_log(err == LQ_EEXIST ? LQ_LOG_DEBUG : LQ_LOG_WARNING, "registry", "%s: %s", path, text);
	return err ? lq_diag_add(diag, err, file, "%s", text) : 0;
}

static int is_so(const struct dirent *d)
{
	size_t n = strlen(d->d_name);
	return n > 3 && d->d_name[0] != '.' && !strcmp(d->d_name + n - 3, ".so");
}

int lq_registry_scan(lq_registry *reg, const char *dir)
{
	struct dirent **names;
	int n = scandir(dir, &names, is_so, alphasort), err = 0;
	if (n < 0)
		return LQ_ENOENT;
	for (int i = 0; i < n; i++) {
		size_t size = strlen(dir) + strlen(names[i]->d_name) + 2;
		char *path = lq__malloc(size);
		if (path) {
			snprintf(path, size, "%s/%s", dir, names[i]->d_name);
			if (lq_registry_load(reg, path, NULL) == LQ_ENOMEM)
				err = LQ_ENOMEM;
		} else {
			err = LQ_ENOMEM;
		}
		lq__free(path);
		free(names[i]);
	}
	free(names);
	return err;
}

int lq_registry_scan_default(lq_registry *reg)
{
	const char *path = getenv("LQ_PLUGIN_PATH");
	if (!path || !*path)
		return lq_registry_scan(reg, LQ_PLUGIN_DIR);
	int result = LQ_ENOENT;
	while (*path) {
		size_t n = strcspn(path, ":");
		char *dir = n ? lq__strndup(path, n) : NULL;
		int err = n ? dir ? lq_registry_scan(reg, dir) : LQ_ENOMEM : LQ_ENOENT;
		if (err == LQ_ENOENT && n)
			lq_log(LQ_LOG_WARNING, "registry", "%s: no such folder (from LQ_PLUGIN_PATH)", dir);
		if (result != LQ_ENOMEM && err != LQ_ENOENT)
			result = err;
		lq__free(dir);
		path += n + (path[n] == ':');
	}
	return result;
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
	*out = (lq_plugin_info){e->plugin, e->file, e->reason, e->code};
	return 0;
}

int lq_registry_node(const lq_registry *reg, size_t i, lq_node_info *out)
{
	if (i >= reg->n_nodes)
		return LQ_END;
	*out = reg->nodes[i];
	return 0;
}
