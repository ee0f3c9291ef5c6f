#include "overlay.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <loquat/profile.h>

int overlay_open(overlay *o, const char *name, lq_diag *diag)
{
	lq_profile *profile = NULL;
	int r = lq_profile_load(name, diag, &profile);
	*o = (overlay){0};
	if (r)
		return r;
	char *text = lq_profile_json(profile);
	o->before = text ? json_loads(text, 0, NULL) : NULL;
	o->now = json_deep_copy(o->before);
	free(text);
	lq_profile_destroy(profile);
	return o->now ? 0 : lq_diag_add(diag, LQ_ENOMEM, name, "out of memory");
}

void overlay_close(overlay *o)
{
	json_decref(o->before);
	json_decref(o->now);
}

/* A merge patch cannot say "drop this member" by leaving it out: what the original has and the new one has not becomes null. */
static void nulls_for_missing(json_t *now, const json_t *before)
{
	const char *key;
	json_t *old;
	json_object_foreach((json_t *)before, key, old) {
		json_t *new = json_object_get(now, key);
		if (!new)
			json_object_set_new(now, key, json_null());
		else if (json_is_object(new) && json_is_object(old))
			nulls_for_missing(new, old);
	}
}

/* What is as it was need not be said, and stays as it is in a profile that this one is laid over as well. A node that is another one has only what is said here. */
static void without_same(json_t *now, const json_t *before)
{
	const char *key;
	json_t *old;
	json_object_foreach((json_t *)before, key, old) {
		json_t *new = json_object_get(now, key), *use = json_object_get(new, "use");
		if (json_equal(new, old))
			json_object_del(now, key);
		else if (json_is_object(new) && json_is_object(old) && (!use || json_equal(use, json_object_get(old, "use"))))
			without_same(new, old);
	}
}

char *overlay_patch(overlay *o)
{
	nulls_for_missing(o->now, o->before);
	without_same(o->now, o->before);
	return json_dumps(o->now, JSON_COMPACT);
}

json_t *overlay_graph(const overlay *o, const char *name)
{
	return json_object_get(json_object_get(o->now, "graphs"), name);
}

void overlay_node(json_t *graph, const char *name, json_t *node)
{
	json_object_set_new(json_object_get(graph, "nodes"), name, node);
}

void overlay_param(json_t *graph, const char *node, const char *param, json_t *value)
{
	json_t *n = json_object_get(json_object_get(graph, "nodes"), node);
	json_t *params = json_object_get(n, "params");
	if (n && !params) {
		params = json_object();
		json_object_set_new(n, "params", params);
	}
	if (params)
		json_object_set_new(params, param, value);
	else
		json_decref(value);
}

void overlay_chain(json_t *graph, json_t *chain)
{
	json_array_append_new(json_object_get(graph, "chains"), chain);
}

json_t *overlay_path(const char *file)
{
	char cwd[PATH_MAX], path[2 * PATH_MAX];
	if (*file == '/' || !getcwd(cwd, sizeof cwd))
		return json_string(file);
	snprintf(path, sizeof path, "%s/%s", cwd, file);
	return json_string(path);
}
