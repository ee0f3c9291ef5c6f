/* The structure of one layer: which keys there are and of what type. Everything wrong is reported at once. */
#include "profile/profile.h"

#include <ctype.h>

typedef struct checker {
	const char *file;
	lq_diag *diag;
	int partial; /* lies upon another layer: may have nulls, and need not be complete */
} checker;

static void wrong(const checker *c, int code, const char *path, const char *text)
{
	char place[2 * PATH_ROOM];
	snprintf(place, sizeof place, "%s%s%s", c->file, *path ? ": " : "", path);
	lq_diag_add(c->diag, code, place, "%s", text);
}

static const char *type_name(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT: return "an object";
	case JSON_ARRAY: return "an array";
	case JSON_STRING: return "a string";
	case JSON_INTEGER: return "a whole number";
	case JSON_REAL: return "a number";
	case JSON_TRUE: case JSON_FALSE: return "true or false";
	default: return "null";
	}
}

static int must_be(const checker *c, const char *path, const json_t *v, int ok, const char *what)
{
	char text[200];
	if (ok)
		return 1;
	snprintf(text, sizeof text, "must be %s, not %s", what, type_name(v));
	wrong(c, LQ_EINVAL, path, text);
	return 0;
}

static void join(char *out, const char *path, const char *key)
{
	snprintf(out, PATH_ROOM, "%.250s%s%.250s", path, *path ? "." : "", key);
}

static void item(char *out, const char *path, size_t i)
{
	snprintf(out, PATH_ROOM, "%.480s[%zu]", path, i);
}

/* Is this a key that says nothing but "take it away"? */
static int is_removal(const checker *c, const json_t *v)
{
	return c->partial && json_is_null(v);
}

static void unknown_key(const checker *c, const char *path, const char *key, const char *const *known)
{
	char at[PATH_ROOM], text[300], all[200] = "";
	lq__nearest near = {0};
	for (size_t i = 0, n = 0; known[i]; i++) {
		lq__nearest_try(&near, key, known[i]);
		n += (size_t)snprintf(all + n, sizeof all - n, "%s%s", i ? ", " : "", known[i]);
	}
	join(at, path, key);
	if (near.best)
		snprintf(text, sizeof text, "unknown key; did you mean \"%s\"?", near.best);
	else
		snprintf(text, sizeof text, "unknown key; known here: %s", all);
	wrong(c, LQ_ENOENT, at, text);
}

static void check_keys(const checker *c, const char *path, const json_t *object, const char *const *known)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)object, key, value) {
		size_t i = 0;
		while (known[i] && strcmp(known[i], key))
			i++;
		if (!known[i])
			unknown_key(c, path, key, known);
	}
}

static int is_name(const char *s)
{
	size_t n = strlen(s);
	if (!n || n > 63)
		return 0;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '-' && *s != '_')
			return 0;
	return 1;
}

/* Calls `each` for the members of an object of named things. */
static void check_members(const checker *c, const char *path, const json_t *object, void (*each)(const checker *, const char *, const json_t *))
{
	char at[PATH_ROOM];
	const char *key;
	json_t *value;
	if (!object || is_removal(c, object) || !must_be(c, path, object, json_is_object(object), "an object"))
		return;
	json_object_foreach((json_t *)object, key, value) {
		join(at, path, key);
		if (!is_name(key))
			wrong(c, LQ_EINVAL, at, "a name has 1 to 63 letters, digits, - or _");
		else if (!is_removal(c, value))
			each(c, at, value);
	}
}

static void check_string(const checker *c, const char *path, const json_t *object, const char *key)
{
	char at[PATH_ROOM];
	const json_t *v = json_object_get(object, key);
	join(at, path, key);
	if (v && !is_removal(c, v) && must_be(c, at, v, json_is_string(v), "a string") && !json_string_length(v))
		wrong(c, LQ_EINVAL, at, "must not be empty");
}

static void check_choice(const checker *c, const char *path, const json_t *object, const char *key, const char *const *choices)
{
	char at[PATH_ROOM], text[200] = "must be one of: ";
	const json_t *v = json_object_get(object, key);
	size_t n = strlen(text);
	join(at, path, key);
	if (!v || is_removal(c, v) || !must_be(c, at, v, json_is_string(v), "a string"))
		return;
	for (size_t i = 0; choices[i]; i++) {
		if (!strcmp(choices[i], json_string_value(v)))
			return;
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", i ? ", " : "", choices[i]);
	}
	wrong(c, LQ_EINVAL, at, text);
}

static void check_range(const checker *c, const char *path, const json_t *object, const char *key, json_int_t min, json_int_t max)
{
	char at[PATH_ROOM], text[200];
	const json_t *v = json_object_get(object, key);
	join(at, path, key);
	if (!v || is_removal(c, v) || !must_be(c, at, v, json_is_integer(v), "a whole number"))
		return;
	json_int_t i = json_integer_value(v);
	if (i >= min && i <= max)
		return;
	snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT " is not between %" JSON_INTEGER_FORMAT " and %" JSON_INTEGER_FORMAT, i, min, max);
	wrong(c, LQ_ERANGE, at, text);
}

static void check_loop(const checker *c, const char *path, const json_t *loop)
{
	static const char *const keys[] = {"priority", NULL}, *const priorities[] = {"normal", "realtime", NULL};
	if (!must_be(c, path, loop, json_is_object(loop), "an object"))
		return;
	check_keys(c, path, loop, keys);
	check_choice(c, path, loop, "priority", priorities);
}

static void check_use(const checker *c, const char *node_path, const json_t *use)
{
	char path[PATH_ROOM];
	join(path, node_path, "use");
	if (json_is_string(use) && json_string_length(use))
		return;
	if (!must_be(c, path, use, json_is_array(use), "an id like \"codec.opus.enc\" or an array of ids"))
		return;
	if (!json_array_size(use) || json_array_size(use) > MAX_ALTERNATIVES) {
		wrong(c, LQ_ERANGE, path, "must name 1 to 16 ids");
		return;
	}
	for (size_t i = 0; i < json_array_size(use); i++) {
		const json_t *id = json_array_get(use, i);
		char at[PATH_ROOM];
		item(at, path, i);
		if (must_be(c, at, id, json_is_string(id), "a string") && !json_string_length(id))
			wrong(c, LQ_EINVAL, at, "must not be empty");
	}
}

static void check_param(const checker *c, const char *path, const json_t *v)
{
	must_be(c, path, v, json_is_string(v) || json_is_number(v) || json_is_boolean(v), "a string, a number, true or false");
}

static void check_bool(const checker *c, const char *path, const json_t *object, const char *key)
{
	char at[PATH_ROOM];
	const json_t *v = json_object_get(object, key);
	join(at, path, key);
	if (v && !is_removal(c, v))
		must_be(c, at, v, json_is_boolean(v), "true or false");
}

static void check_node(const checker *c, const char *path, const json_t *node)
{
	static const char *const keys[] = {"use", "loop", "params", "isolate", "summary", NULL};
	char at[PATH_ROOM];
	if (!must_be(c, path, node, json_is_object(node), "an object"))
		return;
	check_keys(c, path, node, keys);
	check_string(c, path, node, "loop");
	check_bool(c, path, node, "isolate");
	check_string(c, path, node, "summary");
	const json_t *use = json_object_get(node, "use");
	if (use)
		check_use(c, path, use);
	join(at, path, "params");
	check_members(c, at, json_object_get(node, "params"), check_param);
	if (json_object_size(json_object_get(node, "params")) > MAX_PARAMS)
		wrong(c, LQ_ERANGE, at, "more than 128 parameters");
}

static void check_chain(const checker *c, const char *path, const json_t *chain)
{
	char at[PATH_ROOM];
	lq__element e;
	if (!must_be(c, path, chain, json_is_array(chain), "an array of nodes"))
		return;
	if (json_array_size(chain) < 2)
		wrong(c, LQ_EINVAL, path, "a chain links at least two nodes");
	for (size_t i = 0; i < json_array_size(chain); i++) {
		const json_t *v = json_array_get(chain, i);
		item(at, path, i);
		if (must_be(c, at, v, json_is_string(v), "a string") && lq__element_parse(json_string_value(v), &e))
			wrong(c, LQ_EINVAL, at, "must be \"node\" or \"node.port\"");
	}
}

static void check_chains(const checker *c, const char *graph_path, const json_t *chains)
{
	char path[PATH_ROOM], at[PATH_ROOM];
	join(path, graph_path, "chains");
	if (!chains || is_removal(c, chains) || !must_be(c, path, chains, json_is_array(chains), "an array of chains"))
		return;
	for (size_t i = 0; i < json_array_size(chains); i++) {
		item(at, path, i);
		check_chain(c, at, json_array_get(chains, i));
	}
}

static void check_queue(const checker *c, const char *path, const json_t *queue)
{
	static const char *const keys[] = {"buffers", "ms", "policy", NULL};
	static const char *const policies[] = {"block", "drop-oldest", "latest", "drop-to-keyframe", NULL};
	if (!must_be(c, path, queue, json_is_object(queue), "an object"))
		return;
	check_keys(c, path, queue, keys);
	check_range(c, path, queue, "buffers", 1, 4096);
	check_range(c, path, queue, "ms", 1, 600000);
	check_choice(c, path, queue, "policy", policies);
}

static void check_queues(const checker *c, const char *graph_path, const json_t *queues)
{
	char path[PATH_ROOM], at[PATH_ROOM];
	const char *key;
	json_t *value;
	lq__element from, to;
	join(path, graph_path, "queues");
	if (!queues || is_removal(c, queues) || !must_be(c, path, queues, json_is_object(queues), "an object"))
		return;
	json_object_foreach((json_t *)queues, key, value) {
		join(at, path, key);
		if (lq__queue_key_parse(key, &from, &to))
			wrong(c, LQ_EINVAL, at, "a queue is named \"node->node\"");
		else if (!is_removal(c, value))
			check_queue(c, at, value);
	}
}

static void check_graph(const checker *c, const char *path, const json_t *graph)
{
	static const char *const keys[] = {"nodes", "chains", "queues", "summary", NULL};
	char at[PATH_ROOM];
	if (!must_be(c, path, graph, json_is_object(graph), "an object"))
		return;
	check_keys(c, path, graph, keys);
	check_string(c, path, graph, "summary");
	join(at, path, "nodes");
	check_members(c, at, json_object_get(graph, "nodes"), check_node);
	check_chains(c, path, json_object_get(graph, "chains"));
	check_queues(c, path, json_object_get(graph, "queues"));
}

static void check_version(const checker *c, const json_t *root)
{
	const json_t *v = json_object_get(root, "loquat_profile");
	if (!v && !c->partial)
		wrong(c, LQ_EINVAL, "", "\"loquat_profile\": 1 is missing: is this a profile?");
	else if (v && !(json_is_integer(v) && json_integer_value(v) == 1))
		wrong(c, LQ_ENOTSUP, "loquat_profile", "this Loquat reads version 1 only");
}

void lq__profile_structure(const json_t *root, const char *file, int is_patch, lq_diag *diag)
{
	static const char *const keys[] = {"loquat_profile", "name", "summary", "extends", "loops", "graphs", NULL};
	checker c = {file, diag, is_patch};
	check_keys(&c, "", root, keys);
	check_version(&c, root);
	check_string(&c, "", root, "name");
	check_string(&c, "", root, "summary");
	check_string(&c, "", root, "extends");
	check_members(&c, "loops", json_object_get(root, "loops"), check_loop);
	check_members(&c, "graphs", json_object_get(root, "graphs"), check_graph);
}
