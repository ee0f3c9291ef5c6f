/* A JSON Schema (draft 2020-12) of profiles as a registry's plugins make them: structure.c and value.c once more, for editors.
 *
 * A profile that extends another one may leave things out, and take things away with null, so all is there twice: for a `whole` profile and for a
 * `layer`. What a schema cannot say (that a chain's node exists, the range of a number inside a string) is left to lq_profile_check. */
#include "profile/profile.h"

#include <stdarg.h>

#define NAME "^[A-Za-z0-9_-]{1,63}$"
#define ELEMENT "[^ >.]{1,63}(\\.[^ >]{1,63})?"

typedef struct maker {
	const lq_registry *registry;
	int layer;
	int failed;
} maker;

static json_t *pack(maker *m, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	json_t *v = json_vpack_ex(NULL, 0, fmt, args);
	va_end(args);
	m->failed |= !v;
	return v;
}

/* Both take the value over. */
static void put(maker *m, json_t *object, const char *key, json_t *value)
{
	m->failed |= json_object_set_new(object, key, value) != 0;
}

static void append(maker *m, json_t *array, json_t *value)
{
	m->failed |= json_array_append_new(array, value) != 0;
}

static json_t *ref(maker *m, const char *what, const char *name)
{
	char text[256];
	snprintf(text, sizeof text, "#/$defs/%s-%s%s", m->layer ? "layer" : "whole", what, name);
	return pack(m, "{s:s}", "$ref", text);
}

static void define(maker *m, json_t *defs, const char *what, const char *name, json_t *value)
{
	char text[256];
	snprintf(text, sizeof text, "%s-%s%s", m->layer ? "layer" : "whole", what, name);
	put(m, defs, text, value);
}

/* In a layer null takes the thing away. */
static json_t *or_null(maker *m, json_t *schema)
{
	return m->layer ? pack(m, "{s:[{s:s}, o]}", "anyOf", "type", "null", schema) : schema;
}

static json_t *text(maker *m, const char *description)
{
	return or_null(m, pack(m, "{s:s, s:i, s:s}", "type", "string", "minLength", 1, "description", description));
}

static json_t *object(maker *m, json_t *properties)
{
	return pack(m, "{s:s, s:b, s:o}", "type", "object", "additionalProperties", 0, "properties", properties);
}

static json_t *members(maker *m, const char *pattern, json_t *each)
{
	return or_null(m, pack(m, "{s:s, s:{s:s}, s:o}", "type", "object", "propertyNames", "pattern", pattern, "additionalProperties", or_null(m, each)));
}

static json_t *bounded(maker *m, const char *type, const lq_param_desc *p)
{
	json_t *s = pack(m, "{s:s}", "type", type);
	if (p->min == 0 && p->max == 0)
		return s;
	put(m, s, "minimum", json_real(p->min));
	put(m, s, "maximum", json_real(p->max));
	return s;
}

/* A regular expression for the whole numbers from lo (at least 1) to hi, as long as there is room: blocks of 10, 100, … from lo on. */
static size_t range_pattern(char *out, size_t size, int64_t lo, int64_t hi)
{
	size_t n = 0;
	while (lo <= hi && n < size) {
		int64_t block = 1, digits = 0, more = 0;
		while (lo % (10 * block) == 0 && lo + 10 * block - 1 <= hi) {
			block *= 10;
			digits++;
		}
		int64_t first = lo / block % 10, prefix = lo / block / 10;
		while (first + more < 9 && lo + (more + 2) * block - 1 <= hi)
			more++;
		n += (size_t)snprintf(out + n, size - n, "%s", n ? "|" : "");
		if (prefix && n < size)
			n += (size_t)snprintf(out + n, size - n, "%lld", (long long)prefix);
		if (n < size)
			n += (size_t)snprintf(out + n, size - n, "[%lld-%lld][0-9]{%lld}", (long long)first, (long long)(first + more), (long long)digits);
		lo += (more + 1) * block;
	}
	return n;
}

static int is_bounded(const lq_param_desc *p)
{
	return (p->min != 0 || p->max != 0) && p->min > -1e9 && p->max < 1e9;
}

/* A whole number in a string. */
static void int_pattern(const lq_param_desc *p, char *out, size_t size)
{
	char plus[600] = "", minus[600] = "";
	if (!is_bounded(p)) {
		snprintf(out, size, "^[+-]?[0-9]+$");
		return;
	}
	int64_t lo = (int64_t)p->min, hi = (int64_t)p->max;
	range_pattern(plus, sizeof plus, lo > 1 ? lo : 1, hi);
	range_pattern(minus, sizeof minus, hi < -1 ? -hi : 1, -lo);
	snprintf(out, size, "^(%s%s%s%s%s%s)$", lo <= 0 && hi >= 0 ? "[+-]?0+|" : "", *plus ? "\\+?0*(" : "", plus, *plus ? *minus ? ")|" : ")" : "",
	         *minus ? "-0*(" : "", minus);
	if (*minus)
		snprintf(out + strlen(out) - 2, 4, "))$");
}

/* "1280x720", and "0x0" where that is allowed. */
static void size_pattern(const lq_param_desc *p, char *out, size_t size)
{
	char side[600] = "[1-9][0-9]*";
	if (is_bounded(p))
		range_pattern(side, sizeof side, p->min > 1 ? (int64_t)p->min : 1, (int64_t)p->max);
	snprintf(out, size, "^(?=[0-9]{1,9}x[0-9]{1,9}$)(%s0*(%s)x0*(%s))$", is_bounded(p) && p->min > 0 ? "" : "0+x0+|", side, side);
}

/* Every way to write it that the parameter's text form allows. */
static json_t *choices(maker *m, const lq_param_desc *p)
{
	json_t *list = json_array();
	for (const char *const *c = p->choices; *c; c++) {
		json_t *number = json_loads(*c, JSON_DECODE_ANY, NULL);
		append(m, list, json_string(*c));
		if (json_is_integer(number) || json_is_boolean(number))
			append(m, list, json_incref(number));
		json_decref(number);
	}
	return pack(m, "{s:o}", "enum", list);
}

static json_t *number_or(maker *m, json_t *number, const char *pattern)
{
	return pack(m, "{s:[o, {s:s, s:s}]}", "anyOf", number, "type", "string", "pattern", pattern);
}

static json_t *value(maker *m, const lq_param_desc *p)
{
	char pattern[1500];
	json_t *n;
	switch (p->type) {
	case LQ_PARAM_BOOL:
		return pack(m, "{s:[b, b, i, i, s, s, s, s, s, s, s, s]}", "enum", 1, 0, 0, 1, "false", "true", "0", "1", "no", "yes", "off", "on");
	case LQ_PARAM_INT:
		int_pattern(p, pattern, sizeof pattern);
		return number_or(m, bounded(m, "integer", p), pattern);
	case LQ_PARAM_FLOAT: return number_or(m, bounded(m, "number", p), "^[0-9+.eE-]+$");
	case LQ_PARAM_CHOICE: return choices(m, p);
	case LQ_PARAM_SIZE:
		size_pattern(p, pattern, sizeof pattern);
		return pack(m, "{s:s, s:s}", "type", "string", "pattern", pattern);
	case LQ_PARAM_FRACTION:
		n = bounded(m, "integer", p);
		if (p->min < 0 || (p->min == 0 && p->max == 0))
			put(m, n, "minimum", json_integer(0));
		return number_or(m, n, "^[0-9]{1,9}(/(?=[0-9]{1,9}$)0*[1-9][0-9]*)?$");
	default: return pack(m, "{s:[s, s, s]}", "type", "string", "number", "boolean");
	}
}

static json_t *param(maker *m, const lq_param_desc *p)
{
	char help[600];
	json_t *s = or_null(m, value(m, p));
	snprintf(help, sizeof help, "%s%s%s%s", p->help, p->unit ? " (" : "", p->unit ? p->unit : "", p->unit ? ")" : "");
	put(m, s, "description", json_string(help));
	if (p->def)
		put(m, s, "default", json_string(p->def));
	return s;
}

/* The parameters of a node; other ones are not forbidden here, since another alternative may have them. */
static json_t *param_table(maker *m, const lq_node_desc *d)
{
	json_t *properties = json_object(), *required = json_array();
	for (uint32_t i = 0; i < d->n_params; i++) {
		put(m, properties, d->params[i].name, param(m, &d->params[i]));
		if ((d->params[i].flags & LQ_PARAM_REQUIRED) && !m->layer)
			append(m, required, json_string(d->params[i].name));
	}
	return or_null(m, pack(m, "{s:s, s:o, s:o}", "type", "object", "properties", properties, "required", required));
}

static void full_name(const lq_node_info *n, char *out, size_t size)
{
	snprintf(out, size, "%s@%s", n->desc->id, n->plugin->name);
}

/* What in `use` means this node: "id@plugin", and "id" where it is the first of its name. */
static void add_names(maker *m, size_t i, const lq_node_info *n, json_t *list)
{
	char full[160];
	lq_node_info before;
	full_name(n, full, sizeof full);
	append(m, list, json_string(full));
	if (!i || lq_registry_node(m->registry, i - 1, &before) || strcmp(before.desc->id, n->desc->id))
		append(m, list, json_string(n->desc->id));
}

static json_t *condition(maker *m, json_t *use, json_t *params_too, json_t *then)
{
	json_t *properties = pack(m, "{s:o}", "use", use), *required = pack(m, "[s]", "use");
	if (params_too) {
		put(m, properties, "params", params_too);
		append(m, required, json_string("params"));
	}
	return pack(m, "{s:{s:o, s:o}, s:o}", "if", "properties", properties, "required", required, "then", then);
}

/* The parameters that a node's `use` implies: as the only one, and as an alternative. */
static void add_node_rules(maker *m, size_t i, const lq_node_info *n, json_t *rules)
{
	char full[160];
	int needed = 0;
	json_t *names = json_array();
	full_name(n, full, sizeof full);
	add_names(m, i, n, names);
	for (uint32_t k = 0; k < n->desc->n_params; k++)
		needed |= (n->desc->params[k].flags & LQ_PARAM_REQUIRED) && !m->layer;
	json_t *alone = ref(m, "params-", full), *among = ref(m, "params-", full);
	put(m, alone, "unevaluatedProperties", json_false());
	json_t *then_alone = pack(m, "{s:{s:o}}", "properties", "params", alone), *then_among = pack(m, "{s:{s:o}}", "properties", "params", among);
	if (needed) {
		put(m, then_alone, "required", pack(m, "[s]", "params"));
		put(m, then_among, "required", pack(m, "[s]", "params"));
	}
	append(m, rules, condition(m, pack(m, "{s:O}", "enum", names), NULL, then_alone));
	append(m, rules, condition(m, pack(m, "{s:s, s:{s:o}}", "type", "array", "contains", "enum", names), NULL, then_among));
}

/* With alternatives, a parameter must be known to one of them. `known`: by name, what in `use` knows it. */
static void add_alternative_rules(maker *m, json_t *known, json_t *rules)
{
	const char *name;
	json_t *uses, *names = json_array();
	json_object_foreach(known, name, uses) {
		append(m, names, json_string(name));
		append(m, rules, condition(m, pack(m, "{s:s}", "type", "array"), pack(m, "{s:s, s:[s]}", "type", "object", "required", name),
		                           pack(m, "{s:{s:{s:{s:O}}}}", "properties", "use", "contains", "enum", uses)));
	}
	append(m, rules, condition(m, pack(m, "{s:s}", "type", "array"), NULL,
	                           pack(m, "{s:{s:{s:{s:o}}}}", "properties", "params", "propertyNames", "enum", names)));
}

static json_t *node_rules(maker *m, json_t *defs)
{
	char full[160];
	lq_node_info n;
	json_t *rules = json_array(), *known = json_object();
	for (size_t i = 0; !lq_registry_node(m->registry, i, &n); i++) {
		full_name(&n, full, sizeof full);
		define(m, defs, "params-", full, param_table(m, n.desc));
		add_node_rules(m, i, &n, rules);
		for (uint32_t k = 0; k < n.desc->n_params; k++) {
			const char *name = n.desc->params[k].name;
			if (!json_object_get(known, name))
				put(m, known, name, json_array());
			add_names(m, i, &n, json_object_get(known, name));
		}
	}
	add_alternative_rules(m, known, rules);
	json_decref(known);
	return rules;
}

static json_t *all_names(maker *m)
{
	lq_node_info n;
	json_t *list = json_array();
	for (size_t i = 0; !lq_registry_node(m->registry, i, &n); i++)
		add_names(m, i, &n, list);
	return list;
}

static json_t *use_schema(maker *m)
{
	/* Any text will do beside one that is known; that one is mentioned first for editors. */
	json_t *any = pack(m, "{s:[{s:s}, {s:s, s:i}]}", "anyOf", "$ref", "#/$defs/use", "type", "string", "minLength", 1);
	json_t *list = pack(m, "{s:s, s:o, s:i, s:i, s:{s:s}}", "type", "array", "items", any, "minItems", 1, "maxItems", MAX_ALTERNATIVES, "contains", "$ref",
	                    "#/$defs/use");
	return pack(m, "{s:[{s:s}, o], s:s}", "anyOf", "$ref", "#/$defs/use", list, "description", "the plugin node, or alternatives in their order");
}

static json_t *node_schema(maker *m, json_t *defs)
{
	json_t *params = members(m, NAME, pack(m, "{s:[s, s, s]}", "type", "string", "number", "boolean"));
	if (!m->layer)
		put(m, params, "maxProperties", json_integer(MAX_PARAMS));
	json_t *isolate = or_null(m, pack(m, "{s:s, s:s}", "type", "boolean", "description", "whether it runs in a helper process"));
	json_t *s = object(m, pack(m, "{s:o, s:o, s:o, s:o, s:o}", "use", use_schema(m), "loop", text(m, "the loop that runs it"), "params", params, "isolate",
	                           isolate, "summary", text(m, "for people")));
	if (!m->layer)
		put(m, s, "required", pack(m, "[s]", "use"));
	put(m, s, "allOf", node_rules(m, defs));
	return s;
}

static json_t *queue_schema(maker *m)
{
	json_t *policy = pack(m, "{s:[s, s, s, s]}", "enum", "block", "drop-oldest", "latest", "drop-to-keyframe");
	json_t *buffers = pack(m, "{s:s, s:i, s:i}", "type", "integer", "minimum", 1, "maximum", 4096);
	json_t *ms = pack(m, "{s:s, s:i, s:i}", "type", "integer", "minimum", 1, "maximum", 600000);
	return object(m, pack(m, "{s:o, s:o, s:o}", "buffers", or_null(m, buffers), "ms", or_null(m, ms), "policy", or_null(m, policy)));
}

static json_t *graph_schema(maker *m)
{
	json_t *element = pack(m, "{s:s, s:s}", "type", "string", "pattern", "^" ELEMENT "$");
	json_t *chain = pack(m, "{s:s, s:i, s:o}", "type", "array", "minItems", 2, "items", element);
	json_t *chains = or_null(m, pack(m, "{s:s, s:o}", "type", "array", "items", chain));
	return object(m, pack(m, "{s:o, s:o, s:o, s:o}", "nodes", members(m, NAME, ref(m, "node", "")), "chains", chains, "queues",
	                      members(m, "^" ELEMENT "->" ELEMENT "$", queue_schema(m)), "summary", text(m, "for people")));
}

static json_t *profile_schema(maker *m, json_t *defs)
{
	define(m, defs, "node", "", node_schema(m, defs));
	json_t *loop = object(m, pack(m, "{s:o}", "priority", or_null(m, pack(m, "{s:[s, s]}", "enum", "normal", "realtime"))));
	json_t *graphs = members(m, NAME, graph_schema(m));
	json_t *version = pack(m, "{s:i, s:s}", "const", 1, "description", "the version of the format");
	if (!m->layer)
		put(m, graphs, "minProperties", json_integer(1));
	json_t *s = object(m, pack(m, "{s:o, s:o, s:o, s:o, s:o, s:o}", "loquat_profile", version, "name", text(m, "for people"), "summary",
	                           text(m, "for people"), "extends", text(m, "the profile that this one changes"), "loops", members(m, NAME, loop),
	                           "graphs", graphs));
	if (!m->layer)
		put(m, s, "required", pack(m, "[s, s]", "loquat_profile", "graphs"));
	return s;
}

char *lq_profile_schema(const lq_registry *registry)
{
	maker m = {.registry = registry};
	char *out = NULL;
	json_t *defs = json_object();
	put(&m, defs, "use", pack(&m, "{s:o}", "enum", all_names(&m)));
	for (m.layer = 0; m.layer < 2; m.layer++)
		define(&m, defs, "profile", "", profile_schema(&m, defs));
	m.layer = 0;
	json_t *whole = ref(&m, "profile", "");
	m.layer = 1;
	json_t *extends = pack(&m, "{s:{s:{s:s}}, s:[s]}", "properties", "extends", "type", "string", "required", "extends");
	json_t *root = pack(&m, "{s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "$schema", "https://json-schema.org/draft/2020-12/schema", "title", "Loquat profile",
	                    "type", "object", "if", extends, "then", ref(&m, "profile", ""), "else", whole, "$defs", defs);
	if (!m.failed)
		out = json_dumps(root, JSON_INDENT(1));
	json_decref(root);
	return out;
}
