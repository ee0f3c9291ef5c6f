/* What the parts of a merged profile say of each other: nodes in chains, loops, queues. Places are paths; load.c adds the files. */
#include "profile/profile.h"

static void try_names(lq__nearest *near, const char *wanted, const json_t *object)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)object, key, value)
		lq__nearest_try(near, wanted, key);
}

static void unknown(lq_diag *diag, const char *place, const char *what, const char *name, const lq__nearest *near)
{
	if (near->best)
		lq_diag_add(diag, LQ_ENOENT, place, "unknown %s \"%s\"; did you mean \"%s\"?", what, name, near->best);
	else
		lq_diag_add(diag, LQ_ENOENT, place, "unknown %s \"%s\"", what, name);
}

static void refer_nodes(const lq_profile *p, const char *graph, const json_t *nodes, lq_diag *diag)
{
	char place[PATH_ROOM];
	const char *name;
	json_t *node, *loops = json_object_get(p->json, "loops");
	json_object_foreach((json_t *)nodes, name, node) {
		const char *loop = json_string_value(json_object_get(node, "loop"));
		snprintf(place, sizeof place, "graphs.%s.nodes.%s", graph, name);
		if (!json_object_get(node, "use"))
			lq_diag_add(diag, LQ_EINVAL, place, "\"use\" is missing: which plugin node is it?");
		if (!loop || !strcmp(loop, "main") || json_object_get(loops, loop))
			continue;
		lq__nearest near = {0};
		try_names(&near, loop, loops);
		strncat(place, ".loop", sizeof place - strlen(place) - 1);
		unknown(diag, place, "loop", loop, &near);
	}
}

static void refer_element(const lq_profile *p, const char *graph, const char *place, const char *text, lq_diag *diag)
{
	lq__element e;
	if (lq__element_parse(text, &e) || lq__profile_node(p, graph, e.node, NULL))
		return;
	lq__nearest near = {0};
	try_names(&near, e.node, json_object_get(lq__profile_graph(p, graph), "nodes"));
	try_names(&near, e.node, json_object_get(lq__profile_graph(p, SHARED), "nodes"));
	unknown(diag, place, "node", e.node, &near);
}

static void refer_chains(const lq_profile *p, const char *graph, const json_t *chains, lq_diag *diag)
{
	char place[PATH_ROOM];
	for (size_t i = 0; i < json_array_size(chains); i++) {
		const json_t *chain = json_array_get(chains, i);
		for (size_t k = 0; k < json_array_size(chain); k++) {
			snprintf(place, sizeof place, "graphs.%s.chains[%zu][%zu]", graph, i, k);
			refer_element(p, graph, place, json_string_value(json_array_get(chain, k)), diag);
		}
	}
}

/* Whether a chain has this link. */
static int has_link(const json_t *chains, const lq__element *from, const lq__element *to)
{
	lq__element a, b;
	for (size_t i = 0; i < json_array_size(chains); i++) {
		const json_t *chain = json_array_get(chains, i);
		for (size_t k = 0; k + 1 < json_array_size(chain); k++) {
			if (lq__element_parse(json_string_value(json_array_get(chain, k)), &a) ||
			    lq__element_parse(json_string_value(json_array_get(chain, k + 1)), &b))
				continue;
			if (!strcmp(a.node, from->node) && !strcmp(b.node, to->node) && (!*from->port || !strcmp(a.port, from->port)) &&
			    (!*to->port || !strcmp(b.port, to->port)))
				return 1;
		}
	}
	return 0;
}

static void refer_queues(const char *graph, const json_t *queues, const json_t *chains, lq_diag *diag)
{
	char place[PATH_ROOM];
	const char *key;
	json_t *value;
	lq__element from, to;
	json_object_foreach((json_t *)queues, key, value) {
		if (lq__queue_key_parse(key, &from, &to) || has_link(chains, &from, &to))
			continue;
		snprintf(place, sizeof place, "graphs.%s.queues.%s", graph, key);
		lq_diag_add(diag, LQ_ENOENT, place, "no chain of this graph links %s to %s", from.node, to.node);
	}
}

void lq__profile_refer(const lq_profile *profile, lq_diag *diag)
{
	const char *name;
	json_t *graph, *graphs = json_object_get(profile->json, "graphs");
	if (!json_object_size(graphs))
		lq_diag_add(diag, LQ_EINVAL, "graphs", "a profile needs at least one graph");
	json_object_foreach(graphs, name, graph) {
		const json_t *chains = json_object_get(graph, "chains");
		refer_nodes(profile, name, json_object_get(graph, "nodes"), diag);
		refer_chains(profile, name, chains, diag);
		refer_queues(name, json_object_get(graph, "queues"), chains, diag);
	}
}
