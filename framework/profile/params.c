/* The parameters of a profile's node as text, for one of its alternatives. */
#include "profile/profile.h"

static int knows(const lq_node_desc *d, const char *name)
{
	for (uint32_t i = 0; i < d->n_params; i++)
		if (!strcmp(d->params[i].name, name))
			return 1;
	return 0;
}

/* Does another alternative have the parameter? Then it is meant for that one. */
static int another_knows(const lq_registry *registry, const json_t *node, const lq_node_desc *desc, const char *name)
{
	const char *uses[MAX_ALTERNATIVES];
	size_t n = lq__node_uses(node, uses);
	lq_node_info info;
	for (size_t i = 0; i < n; i++)
		if (!lq__registry_by_id(registry, uses[i], &info) && info.desc != desc && knows(info.desc, name))
			return 1;
	return 0;
}

static const char *as_text(const json_t *v, char *number, size_t size)
{
	if (json_is_string(v))
		return json_string_value(v);
	if (json_is_boolean(v))
		return json_is_true(v) ? "true" : "false";
	if (json_is_integer(v))
		snprintf(number, size, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else
		snprintf(number, size, "%.15g", json_real_value(v));
	return number;
}

int lq_profile_param(const lq_profile *profile, const char *graph, const char *node, const char *param, char *out, size_t size)
{
	char number[32];
	const json_t *json = lq__profile_node(profile, graph, node, NULL), *v = json_object_get(json_object_get(json, "params"), param);
	if (!v || json_is_null(v))
		return LQ_ENOENT;
	return (size_t)snprintf(out, size, "%s", as_text(v, number, sizeof number)) < size ? 0 : LQ_ENOSPACE;
}

int lq__param_list_fill(const lq_registry *registry, const json_t *node, const lq_node_desc *desc, lq__param_list *out)
{
	const char *name;
	json_t *value;
	out->n = 0;
	json_object_foreach(json_object_get(node, "params"), name, value) {
		if (out->n == MAX_PARAMS)
			return LQ_EFULL;
		if (!knows(desc, name) && another_knows(registry, node, desc, name))
			continue;
		out->items[out->n].name = name;
		out->items[out->n].value = as_text(value, out->numbers[out->n], sizeof out->numbers[out->n]);
		out->n++;
	}
	return 0;
}

static size_t place_of(const lq__param_list *list, const char *name)
{
	size_t i = 0;
	while (i < list->n && strcmp(list->items[i].name, name))
		i++;
	return i;
}

int lq__param_list_lay(const lq_profile_override *over, const lq_node_desc *desc, lq__param_list *list)
{
	for (size_t i = 0; over && i < over->n_params; i++) {
		const lq_param_text *p = &over->params[i];
		if (!over->use && !knows(desc, p->name))
			continue;
		size_t at = place_of(list, p->name);
		if (at == MAX_PARAMS)
			return LQ_EFULL;
		list->items[at] = *p;
		list->n += at == list->n;
	}
	return 0;
}
