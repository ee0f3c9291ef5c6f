/* The figures of nodes and queues. They are read on the loops that write them. */
#include "graph/graph.h"

typedef struct sink {
	lq_graph_stat_fn fn;
	void *arg;
	const lq_node *node;
} sink;

static void pass(void *arg, uint32_t port, const lq_stat *stat)
{
	const sink *s = arg;
	s->fn(s->arg, s->node->name, port, stat->name, stat->value);
}

static void engine(const sink *s, uint32_t port, const char *name, double value)
{
	s->fn(s->arg, s->node->name, port, name, value);
}

static void input_stats(const sink *s, lq_link *l)
{
	uint32_t port = l->to_port;
	engine(s, port, "passed", (double)atomic_load(&l->passed));
	engine(s, port, "dropped", (double)atomic_load(&l->dropped));
	engine(s, port, "formatChanges", (double)atomic_load(&l->format_changes));
	if (!l->queue.ring)
		return;
	pthread_mutex_lock(&s->node->loop->lock);
	uint32_t depth = l->queue.n;
	pthread_mutex_unlock(&s->node->loop->lock);
	engine(s, port, "depth", depth);
	engine(s, port, "maxDepth", atomic_load(&l->max_depth));
}

static int stats_on_loop(lq_node *node, void *arg)
{
	sink *s = arg;
	s->node = node;
	if (node->desc->ops->stats) {
		lq__node_enter(node);
		node->desc->ops->stats(node->self, pass, s);
		lq__node_leave(node);
	}
	engine(s, 0, "errors", (double)atomic_load(&node->errors));
	for (uint32_t i = 0; i < node->n_ports; i++)
		if (node->ports[i] && node->ports[i]->link)
			input_stats(s, node->ports[i]->link);
	return 0;
}

void lq_graph_stats(lq_graph *graph, lq_graph_stat_fn fn, void *arg)
{
	sink s = {fn, arg, NULL};
	for (lq_node *n = graph->nodes; n; n = n->next)
		lq__node_call(n, stats_on_loop, &s);
}

/* [loop of to] */
static int text_on_loop(lq_node *node, void *arg)
{
	lq_link_info *info = arg;
	const lq_link *l = info->link;
	if (l->format)
		lq__format_text(l->format, info->format, sizeof info->format);
	info->passed = atomic_load(&l->passed);
	info->dropped = atomic_load(&l->dropped);
	info->muted = atomic_load(&l->muted);
	if (!l->queue.ring)
		return 0;
	info->policy = lq__queue_policy_name(l->queue.policy);
	info->limit = l->queue.limit;
	info->max_depth = atomic_load(&l->max_depth);
	pthread_mutex_lock(&node->loop->lock);
	info->depth = l->queue.n;
	pthread_mutex_unlock(&node->loop->lock);
	return 0;
}

void lq_graph_links(lq_graph *graph, lq_graph_link_fn fn, void *arg)
{
	for (lq_link *l = graph->links; l; l = l->next) {
		const lq_link *last = l->tail ? l->tail : l;
		lq_link_info info = {.link = l, .from = l->from->name, .from_port = l->out->desc->name, .to = last->to->name, .to_port = last->in->desc->name};
		if (l->is_tail)
			continue;
		if (l->tail) {
			lq_link_info tail = {.link = l->tail};
			lq__node_call(l->tail->to, text_on_loop, &tail);
			memcpy(info.converted, tail.format, sizeof info.converted);
			info.converter = l->to->desc->id;
		}
		lq__node_call(l->to, text_on_loop, &info);
		fn(arg, &info);
	}
}
