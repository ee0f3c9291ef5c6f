/* Looking things up in a merged profile. */
#include "profile/profile.h"

#include "media/format.h"

/* "node" or "node.port" */
int lq__element_parse(const char *text, lq__element *out)
{
	const char *dot = strchr(text, '.');
	size_t n = dot ? (size_t)(dot - text) : strlen(text), m = dot ? strlen(dot + 1) : 0;
	if (!n || n >= sizeof out->node || m >= sizeof out->port || (dot && !m) || strcspn(text, " >") != strlen(text))
		return LQ_EINVAL;
	snprintf(out->node, sizeof out->node, "%.*s", (int)n, text);
	snprintf(out->port, sizeof out->port, "%s", dot ? dot + 1 : "");
	return 0;
}

int lq__queue_key_parse(const char *key, lq__element *from, lq__element *to)
{
	char left[160];
	const char *arrow = strstr(key, "->");
	if (!arrow || (size_t)(arrow - key) >= sizeof left)
		return LQ_EINVAL;
	snprintf(left, sizeof left, "%.*s", (int)(arrow - key), key);
	return lq__element_parse(left, from) || lq__element_parse(arrow + 2, to) ? LQ_EINVAL : 0;
}

uint32_t lq__queue_policy_parse(const char *name)
{
	static const char *const names[] = {"none", "block", "drop-oldest", "latest", "drop-to-keyframe"};
	for (uint32_t i = 0; name && i < sizeof names / sizeof *names; i++)
		if (!strcmp(names[i], name))
			return i;
	return LQ_QUEUE_NONE;
}

const json_t *lq__profile_graph(const lq_profile *profile, const char *graph)
{
	return json_object_get(json_object_get(profile->json, "graphs"), graph);
}

/* A node of the graph, or of the shared one. *home is where it was found. */
const json_t *lq__profile_node(const lq_profile *profile, const char *graph, const char *node, const char **home)
{
	const json_t *n = json_object_get(json_object_get(lq__profile_graph(profile, graph), "nodes"), node);
	const char *where = graph;
	if (!n) {
		where = SHARED;
		n = json_object_get(json_object_get(lq__profile_graph(profile, SHARED), "nodes"), node);
	}
	if (home)
		*home = where;
	return n;
}

size_t lq__node_uses(const json_t *node, const char *uses[MAX_ALTERNATIVES])
{
	const json_t *use = json_object_get(node, "use");
	size_t n = 0;
	if (json_is_string(use))
		uses[n++] = json_string_value(use);
	for (; json_is_array(use) && n < json_array_size(use) && n < MAX_ALTERNATIVES; n++)
		uses[n] = json_string_value(json_array_get(use, n));
	return n;
}

/* In a helper process: its plugin is not loaded here. */
int lq__node_is_isolated(const json_t *node)
{
	return json_is_true(json_object_get(node, "isolate"));
}

static const char *explicit_loop(const lq_profile *profile, const char *graph, const char *element)
{
	lq__element e;
	if (lq__element_parse(element, &e))
		return NULL;
	return json_string_value(json_object_get(lq__profile_node(profile, graph, e.node, NULL), "loop"));
}

static const char *inherited_loop(const lq_profile *profile, const char *graph, const char *node, int step)
{
	size_t i;
	json_t *chain;
	lq__element e;
	json_array_foreach(json_object_get(lq__profile_graph(profile, graph), "chains"), i, chain) {
		int n = (int)json_array_size(chain), k = 0;
		while (k < n && (lq__element_parse(json_string_value(json_array_get(chain, (size_t)k)), &e) || strcmp(e.node, node)))
			k++;
		if (k == n)
			continue;
		for (k += step; k >= 0 && k < n; k += step) {
			const char *loop = explicit_loop(profile, graph, json_string_value(json_array_get(chain, (size_t)k)));
			if (loop)
				return loop;
		}
	}
	return NULL;
}

/* The loop that a node names, else that of the nearest node before it in a chain, else of the nearest behind it, else "main". */
const char *lq__node_loop(const lq_profile *profile, const char *graph, const char *node)
{
	const char *loop = explicit_loop(profile, graph, node);
	if (!loop)
		loop = inherited_loop(profile, graph, node, -1);
	if (!loop)
		loop = inherited_loop(profile, graph, node, 1);
	return loop ? loop : "main";
}

static int fits(const lq__element *pattern, const lq__element *e)
{
	return !strcmp(pattern->node, e->node) && (!*pattern->port || !strcmp(pattern->port, e->port));
}

/* The queue that is named for a link; LQ_ENOENT when there is none. */
int lq__queue_find(const json_t *graph, const lq__element *from, const lq__element *to, lq_queue_config *out)
{
	const char *key;
	json_t *q;
	json_object_foreach(json_object_get(graph, "queues"), key, q) {
		lq__element a, b;
		if (lq__queue_key_parse(key, &a, &b) || !fits(&a, from) || !fits(&b, to))
			continue;
		out->policy = lq__queue_policy_parse(json_string_value(json_object_get(q, "policy")));
		out->buffers = (uint32_t)json_integer_value(json_object_get(q, "buffers"));
		out->ms = (uint32_t)json_integer_value(json_object_get(q, "ms"));
		return 0;
	}
	return LQ_ENOENT;
}

int lq_profile_queue(const lq_profile *profile, const char *graph, const char *from, const char *to, lq_queue_config *out)
{
	lq__element a = {.port = ""}, b = {.port = ""};
	snprintf(a.node, sizeof a.node, "%s", from);
	snprintf(b.node, sizeof b.node, "%s", to);
	return lq__queue_find(lq__profile_graph(profile, graph), &a, &b, out);
}

/* The node of the highest rank for "id" or "id@plugin", without asking whether it works here. */
int lq__registry_by_id(const lq_registry *registry, const char *use, lq_node_info *out)
{
	size_t n = strcspn(use, "@");
	const char *plugin = use[n] ? use + n + 1 : NULL;
	lq_node_info info;
	int found = 0;
	for (size_t i = 0; !lq_registry_node(registry, i, &info); i++)
		if (strlen(info.desc->id) == n && !strncmp(info.desc->id, use, n) && (!plugin || !strcmp(info.plugin->name, plugin)) &&
		    (!found || info.desc->rank > out->desc->rank)) {
			*out = info;
			found = 1;
		}
	return found ? 0 : LQ_ENOENT;
}

/* The first alternative of a node that the registry has; NULL: none. */
const lq_node_desc *lq__node_known(const lq_registry *registry, const json_t *node)
{
	const char *uses[MAX_ALTERNATIVES];
	size_t n = lq__node_uses(node, uses);
	lq_node_info info;
	for (size_t i = 0; i < n; i++)
		if (!lq__registry_by_id(registry, uses[i], &info))
			return info.desc;
	return NULL;
}

/* The media that all ports of a direction with this name have; 0 when they differ or take any. */
static uint32_t port_media(const lq_node_desc *d, uint32_t direction, const char *name)
{
	uint32_t media = 0;
	for (uint32_t i = 0; i < d->n_ports; i++) {
		const lq_port_desc *p = &d->ports[i];
		if (p->direction != direction || (*name && strcmp(p->name, name)))
			continue;
		if (!p->media || (media && media != p->media))
			return 0;
		media = p->media;
	}
	return media;
}

/* The media of a chain: what its start sends, or where that may be anything, what the first node behind it that knows takes or sends. */
uint32_t lq__chain_media(const lq_profile *profile, const lq_registry *registry, const char *graph, const json_t *chain)
{
	for (size_t i = 0; i < json_array_size(chain); i++) {
		lq__element e;
		if (lq__element_parse(json_string_value(json_array_get(chain, i)), &e))
			return 0;
		const json_t *node = lq__profile_node(profile, graph, e.node, NULL);
		const lq_node_desc *d = node ? lq__node_known(registry, node) : NULL;
		uint32_t media = d && i ? port_media(d, LQ_IN, e.port) : 0;
		if (d && !media)
			media = port_media(d, LQ_OUT, i ? "" : e.port);
		if (media)
			return media;
	}
	return 0;
}

/* In the middle of a chain a port is the input's; where the output has that name too it is meant as well. */
const char *lq__out_name(const lq_node_desc *d, const lq__element *e, int is_first)
{
	if (!*e->port)
		return NULL;
	if (is_first)
		return e->port;
	for (uint32_t i = 0; i < d->n_ports; i++)
		if (d->ports[i].direction == LQ_OUT && !strcmp(d->ports[i].name, e->port))
			return e->port;
	return NULL;
}


void lq_profile_load_plugins(const lq_profile *profile, lq_registry *registry)
{
	const char *graph_name, *name, *uses[MAX_ALTERNATIVES];
	json_t *graph, *node;
	lq_node_info info;
	json_object_foreach(json_object_get(profile->json, "graphs"), graph_name, graph)
		json_object_foreach(json_object_get(graph, "nodes"), name, node)
			for (size_t i = 0, n = lq__node_is_isolated(node) ? 0 : lq__node_uses(node, uses); i < n; i++)
				lq_registry_find(registry, uses[i], NULL, NULL, &info);
}
