/* JSON Merge Patch (RFC 7386), with one rule more: a node that comes to use something else does not inherit the parameters of the old one. */
#include "profile/profile.h"

static int merge(json_t *target, json_t *patch)
{
	const char *key;
	json_t *value;
	json_object_foreach(patch, key, value) {
		json_t *old = json_object_get(target, key);
		if (json_is_null(value)) {
			json_object_del(target, key);
			continue;
		}
		if (!json_is_object(value)) {
			if (json_object_set_new(target, key, json_deep_copy(value)))
				return LQ_ENOMEM;
			continue;
		}
		if (!json_is_object(old)) { /* also new objects are merged, so that their nulls go */
			old = json_object();
			if (json_object_set_new(target, key, old))
				return LQ_ENOMEM;
		}
		if (merge(old, value))
			return LQ_ENOMEM;
	}
	return 0;
}

static void drop_params(json_t *nodes, json_t *patch)
{
	const char *name;
	json_t *node;
	json_object_foreach(patch, name, node) {
		json_t *old = json_object_get(nodes, name), *use = json_object_get(node, "use");
		if (old && use && !json_equal(use, json_object_get(old, "use")))
			json_object_del(old, "params");
	}
}

int lq__profile_merge(json_t *target, json_t *patch)
{
	const char *name;
	json_t *graph;
	json_object_foreach(json_object_get(patch, "graphs"), name, graph)
		drop_params(json_object_get(json_object_get(json_object_get(target, "graphs"), name), "nodes"), json_object_get(graph, "nodes"));
	return merge(target, patch);
}
