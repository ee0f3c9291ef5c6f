/* The graph's public face: making it, its loops and nodes, and talking to a node. All [control]. */
#include "graph/graph.h"

#include "isolate/proxy.h"

int lq_graph_create(const lq_graph_config *config, lq_graph **out)
{
	if (!config || !config->registry || !out)
		return LQ_EINVAL;
	lq_clock *clock = config->clock ? config->clock : lq_clock_real();
	if (!config->threads != !!lq_clock_is_virtual(clock)) /* threads cannot wait for a clock that someone else moves */
		return LQ_EINVAL;
	lq_graph *g = lq__calloc(1, sizeof *g);
	if (!g)
		return LQ_ENOMEM;
	g->config = *config;
	g->clock = clock;
	g->pool = lq__pool_create();
	if (!g->pool) {
		lq__free(g);
		return LQ_ENOMEM;
	}
	*out = g;
	return 0;
}

void lq_graph_destroy(lq_graph *graph)
{
	if (!graph)
		return;
	lq__graph_remove(graph, NULL);
	while (graph->loops)
		lq__loop_destroy(graph->loops);
	size_t left = lq__pool_destroy(graph->pool);
	if (left)
		lq_log(LQ_LOG_ERROR, AREA, "%zu buffers were not given back", left);
	lq__free(graph);
}

int lq_graph_loop(lq_graph *graph, const char *name, int priority)
{
	lq__loop *l;
	if (!name || !*name)
		return LQ_EINVAL;
	for (l = graph->loops; l; l = l->next)
		if (!l->own && !strcmp(l->name, name)) {
			if (priority && !l->priority)
				lq__loop_set_priority(l, priority);
			return 0;
		}
	return lq__loop_create(graph, name, priority, NULL, &l);
}

lq_node *lq_graph_find(lq_graph *graph, const char *name)
{
	lq_node *n = graph->nodes;
	while (n && strcmp(n->name, name))
		n = n->next;
	return n;
}

int lq_graph_add_node(lq_graph *graph, const lq_node_config *config, const char *place, lq_diag *diag, lq_node **out)
{
	if (lq__loop_is_any())
		return LQ_EREENTRANT;
	if (!config || !config->name || !*config->name || !config->use)
		return lq_diag_add(diag, LQ_EINVAL, place, "a node needs a name and an id");
	if (lq_graph_find(graph, config->name))
		return lq_diag_add(diag, LQ_EEXIST, place, "there is a node \"%s\" already", config->name);
	return lq__graph_add_node(graph, config, place, diag, out);
}

/* The name may be that of a node which the new one is to replace. */
int lq__graph_add_node(lq_graph *graph, const lq_node_config *config, const char *place, lq_diag *diag, lq_node **out)
{
	lq_node_info info;
	lq_node *node, **end = &graph->nodes;
	int r = config->isolate ? lq__proxy_find(graph, config, place, diag, &info)
	                        : lq_registry_find(graph->config.registry, config->use, place, diag, &info);
	if (r)
		return r;
	r = lq__node_create(graph, config, &info, place, diag, &node);
	if (r)
		return r;
	while (*end)
		end = &(*end)->next;
	*end = node;
	if (out)
		*out = node;
	return 0;
}

/* Takes a node without links out of the graph and ends it. */
void lq__graph_drop_node(lq_node *node)
{
	for (lq_node **p = &node->graph->nodes; *p; p = &(*p)->next)
		if (*p == node) {
			*p = node->next;
			break;
		}
	lq__node_destroy(node);
}

const char *lq_node_name(const lq_node *node)
{
	return node->name;
}

const char *lq_node_loop(const lq_node *node)
{
	return node->named_loop->name;
}

const char *lq_node_state(const lq_node *node)
{
	static const char *const names[] = {[NODE_NEW] = "new", [NODE_RUNNING] = "running", [NODE_STOPPED] = "stopped", [NODE_FAILED] = "failed"};
	return names[atomic_load(&node->state)];
}

const lq_node_desc *lq_node_descriptor(const lq_node *node)
{
	return node->desc;
}

void *lq_node_user(const lq_node *node)
{
	return node->user;
}

typedef struct user_call {
	lq_node_fn fn;
	void *arg;
} user_call;

static int user_call_on_loop(lq_node *node, void *arg)
{
	user_call *c = arg;
	lq__node_enter(node);
	int r = c->fn(node->desc, node->self, c->arg);
	lq__node_leave(node);
	return r;
}

int lq_node_call(lq_node *node, lq_node_fn fn, void *arg, const char *place, lq_diag *diag)
{
	user_call c = {fn, arg};
	if (!node || !fn)
		return LQ_EINVAL;
	if (lq__loop_is_any())
		return LQ_EREENTRANT;
	int r = lq__node_call(node, user_call_on_loop, &c);
	if (r < 0)
		lq_diag_add(diag, r, place, "%s: %s", node->desc->id, lq__call_reason(node, r));
	return r;
}

static int set_param_on_loop(lq_node *node, void *arg)
{
	const uint32_t *index = arg;
	lq__node_enter(node);
	int r = node->desc->ops->set_param ? node->desc->ops->set_param(node->self, *index, &node->params->values[*index]) : LQ_ENOTSUP;
	lq__node_leave(node);
	return r;
}

int lq_node_set_param(lq_node *node, const char *name, const char *value, const char *place, lq_diag *diag)
{
	uint32_t index;
	if (lq__loop_is_any())
		return LQ_EREENTRANT;
	int r = lq__params_set(node->params, name, value, 1, node->base_dir, place, diag, &index);
	if (r)
		return r;
	r = lq__node_call(node, set_param_on_loop, &index);
	if (r < 0)
		return lq_diag_add(diag, r, place, "%s: %s: %s", node->desc->id, name, lq__call_reason(node, r));
	return 0;
}

const char *lq_node_param(const lq_node *node, const char *name)
{
	uint32_t index;
	return node && name && node->params && !lq__param_find(node->desc, name, NULL, NULL, &index) ? node->params->texts[index] : NULL;
}

int lq_node_send_event(lq_node *node, const lq_event *event)
{
	return node && event ? lq__loop_post_event(node->loop, node, event) : LQ_EINVAL;
}
