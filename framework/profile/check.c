/* lq_profile_check: a profile against what the registry offers. No node is made and no device opened. */
#include "profile/profile.h"

#include "graph/graph.h"

#define MAX_INPUTS 1024

/* The inputs that chains feed, to find those that nothing feeds and those that two do. */
typedef struct fed {
	const json_t *node;
	uint32_t row;
} fed;

typedef struct checker {
	const lq_profile *profile;
	const lq_registry *registry;
	lq_diag *diag; /* places are paths */
	const char *graph;
	fed inputs[MAX_INPUTS];
	size_t n_inputs;
} checker;

static void check_params(checker *c, const char *place, const json_t *node, const lq_node_desc *desc)
{
	char params[PATH_ROOM + 8];
	lq__param_list *list = lq__malloc(sizeof *list);
	snprintf(params, sizeof params, "%s.params", place);
	if (!list || lq__param_list_fill(c->registry, node, desc, list))
		lq_diag_add(c->diag, LQ_ENOMEM, params, "%s", lq_error_text(LQ_ENOMEM));
	else
		lq__params_resolve(desc, list->items, list->n, NULL, params, c->diag, NULL);
	lq__free(list);
}

static void check_isolation(checker *c, const char *place, const json_t *node, const lq_node_desc *desc)
{
	char isolate[PATH_ROOM + 8];
	snprintf(isolate, sizeof isolate, "%s.isolate", place);
	if (lq__node_is_isolated(node) && desc->kind == LQ_KIND_TRANSPORT)
		lq_diag_add(c->diag, LQ_ENOTSUP, isolate, "%s is a transport, and those cannot be isolated", desc->id);
}

/* Every alternative that is there is checked; that some are not there is what they are for. */
static void check_node(checker *c, const char *name, const json_t *node)
{
	char place[PATH_ROOM], use[PATH_ROOM + 24];
	const char *uses[MAX_ALTERNATIVES];
	size_t n = lq__node_uses(node, uses), known = 0;
	lq_node_info info;
	snprintf(place, sizeof place, "graphs.%s.nodes.%s", c->graph, name);
	for (size_t i = 0; i < n; i++)
		if (!lq__registry_by_id(c->registry, uses[i], &info)) {
			known++;
			check_params(c, place, node, info.desc);
			check_isolation(c, place, node, info.desc);
		}
	for (size_t i = 0; i < n && !known; i++) {
		snprintf(use, sizeof use, n > 1 ? "%s.use[%zu]" : "%s.use", place, i);
		lq_registry_find(c->registry, uses[i], use, c->diag, &info);
	}
}

static void feed(checker *c, const char *place, const json_t *node, const lq_node_desc *desc, uint32_t row, const char *name)
{
	if (desc->ports[row].flags & LQ_PORT_MANY)
		return;
	for (size_t i = 0; i < c->n_inputs; i++)
		if (c->inputs[i].node == node && c->inputs[i].row == row) {
			lq_diag_add(c->diag, LQ_EBUSY, place, "input \"%s\" of %s is linked twice", desc->ports[row].name, name);
			return;
		}
	if (c->n_inputs < MAX_INPUTS)
		c->inputs[c->n_inputs++] = (fed){node, row};
}

static void check_pair(checker *c, const char *place, const char *from, const char *to, int is_first)
{
	lq__element a, b;
	uint32_t out, in;
	lq__element_parse(from, &a);
	lq__element_parse(to, &b);
	const json_t *na = lq__profile_node(c->profile, c->graph, a.node, NULL), *nb = lq__profile_node(c->profile, c->graph, b.node, NULL);
	const lq_node_desc *da = lq__node_known(c->registry, na), *db = lq__node_known(c->registry, nb);
	if (!da || !db) /* said already */
		return;
	if (!lq__connect_rows(da, lq__out_name(da, &a, is_first), db, *b.port ? b.port : NULL, place, c->diag, &out, &in))
		feed(c, place, nb, db, in, b.node);
}

static void check_chains(checker *c, const json_t *chains)
{
	char place[PATH_ROOM];
	for (size_t i = 0; i < json_array_size(chains); i++) {
		const json_t *chain = json_array_get(chains, i);
		for (size_t k = 0; k + 1 < json_array_size(chain); k++) {
			snprintf(place, sizeof place, "graphs.%s.chains[%zu][%zu]", c->graph, i, k + 1);
			check_pair(c, place, json_string_value(json_array_get(chain, k)), json_string_value(json_array_get(chain, k + 1)), !k);
		}
	}
}

static int is_fed(const checker *c, const json_t *node, uint32_t row)
{
	for (size_t i = 0; i < c->n_inputs; i++)
		if (c->inputs[i].node == node && c->inputs[i].row == row)
			return 1;
	return 0;
}

/* Inputs of shared nodes may be fed by any other graph, so those are seen when they start only. */
static void check_inputs(checker *c, const json_t *nodes)
{
	char place[PATH_ROOM];
	const char *name;
	json_t *node;
	json_object_foreach((json_t *)nodes, name, node) {
		const lq_node_desc *d = lq__node_known(c->registry, node);
		for (uint32_t i = 0; d && i < d->n_ports; i++) {
			if (d->ports[i].direction != LQ_IN || d->ports[i].flags & (LQ_PORT_OPTIONAL | LQ_PORT_MANY) || is_fed(c, node, i))
				continue;
			snprintf(place, sizeof place, "graphs.%s.nodes.%s", c->graph, name);
			lq_diag_add(c->diag, LQ_EPIPE, place, "no chain feeds input \"%s\" of %s", d->ports[i].name, d->id);
		}
	}
}

static void check_graph(checker *c, const json_t *graph)
{
	const char *name;
	json_t *node;
	const json_t *nodes = json_object_get(graph, "nodes");
	json_object_foreach((json_t *)nodes, name, node)
		check_node(c, name, node);
	c->n_inputs = 0;
	check_chains(c, json_object_get(graph, "chains"));
	if (strcmp(c->graph, SHARED))
		check_inputs(c, nodes);
}

int lq_profile_check(const lq_profile *profile, const lq_registry *registry, lq_diag *diag)
{
	checker *c = lq__calloc(1, sizeof *c);
	lq_diag *own = lq_diag_create();
	json_t *graph;
	int r = c && own ? 0 : LQ_ENOMEM;
	if (!r) {
		c->profile = profile;
		c->registry = registry;
		c->diag = own;
		json_object_foreach(json_object_get(profile->json, "graphs"), c->graph, graph)
			check_graph(c, graph);
		lq__profile_name_files(profile, own, diag);
		r = lq_diag_count(own) ? lq_diag_code(own, 0) : 0;
	}
	lq_diag_destroy(own);
	lq__free(c);
	return r;
}
