/* Starting and removing a group while the rest runs. */
#include "graph/graph.h"


/* The nodes that take part are marked by order > 0, which is their place from source to sink. */
static int takes_part(const lq_node *node)
{
	return node->order > 0;
}

static int has_open_input(const lq_graph *g, const lq_node *node)
{
	for (const lq_link *l = g->links; l; l = l->next)
		if (l->to == node && l->from->order < 0)
			return 1;
	return 0;
}

/* Sorts the marked nodes (order < 0) from source to sink; where a cycle has no beginning, the oldest node makes one. */
void lq__sort_nodes(lq_graph *g)
{
	for (int place = 1;; place++) {
		lq_node *pick = NULL, *any = NULL;
		for (lq_node *n = g->nodes; n && !pick; n = n->next) {
			if (n->order >= 0)
				continue;
			any = any ? any : n;
			if (!has_open_input(g, n))
				pick = n;
		}
		if (!pick && !any)
			return;
		(pick ? pick : any)->order = place;
	}
}

static int in_group(const lq_node *n, const char *group)
{
	return !group || !strcmp(n->group, group);
}

static size_t mark(lq_graph *g, const char *group, int not_running)
{
	size_t count = 0;
	for (lq_node *n = g->nodes; n; n = n->next) {
		int take = in_group(n, group) && !(not_running && atomic_load(&n->state) == NODE_RUNNING);
		n->order = take ? -1 : 0;
		count += take;
	}
	lq__sort_nodes(g);
	return count;
}

/* A link between nodes that run already: a recorder of the shared graph that is fed by this group's track. */
static int is_bridge(const lq_link *l, const char *group)
{
	return l->bridge && (!group || !strcmp(l->bridge, group));
}

/* The node at a place in the order, NULL behind the last. */
lq_node *lq__node_at(const lq_graph *g, int place)
{
	lq_node *n = g->nodes;
	while (n && n->order != place)
		n = n->next;
	return n;
}

int lq__check_inputs(const lq_graph *g, lq_diag *diag)
{
	int r = 0;
	for (const lq_node *n = g->nodes; n; n = n->next)
		for (uint32_t i = 0; takes_part(n) && i < n->n_ports; i++) {
			const lq__port *p = n->ports[i];
			if (p && p->desc->direction == LQ_IN && !(p->desc->flags & (LQ_PORT_OPTIONAL | LQ_PORT_MANY)) && !p->link)
				r = lq_diag_add(diag, LQ_EPIPE, n->name, "nothing is linked to input \"%s\"", p->desc->name);
		}
	return r;
}

static int check_neighbours(const lq_graph *g, lq_diag *diag)
{
	for (const lq_link *l = g->links; l; l = l->next) {
		const lq_node *other = takes_part(l->from) ? l->to : l->from;
		if (takes_part(l->from) == takes_part(l->to) || atomic_load(&other->state) == NODE_RUNNING)
			continue;
		const lq_node *mine = other == l->to ? l->from : l->to;
		return lq_diag_add(diag, LQ_ESTATE, mine->name, "%s, which it is linked to, does not run", other->name);
	}
	return 0;
}

/* What comes from running nodes first, then the group from source to sink. */
static int negotiate(lq_graph *g, const char *group, lq_diag *diag)
{
	int r = 0;
	for (lq_link *l = g->links; l && !r; l = l->next)
		if (((takes_part(l->to) && !takes_part(l->from)) || is_bridge(l, group)) && !l->negotiated)
			r = lq__negotiate_port(l->from, l->out, group, diag);
	for (int i = 1; !r && lq__node_at(g, i); i++)
		r = lq__negotiate_node(lq__node_at(g, i), group, diag);
	return r;
}

int lq__prepare_links(lq_graph *g, lq_diag *diag)
{
	for (lq_link *l = g->links; l; l = l->next) {
		if (!l->negotiated || l->attached)
			continue;
		if (l->queue_config.policy == LQ_QUEUE_DROP_TO_KEYFRAME && (l->format->media != LQ_MEDIA_VIDEO || l->format->codec == LQ_CODEC_RAW))
			return lq_diag_add(diag, LQ_EINVAL, l->from->name, "the queue to %s cannot be \"drop-to-keyframe\": only encoded video has key frames",
			                   l->to->name);
		int r = lq__link_prepare(l);
		if (r)
			return lq_diag_add(diag, r, l->from->name, "the queue to %s: %s", l->to->name, lq_error_text(r));
	}
	return 0;
}

static int start_on_loop(lq_node *node, void *arg)
{
	return lq__node_start(node);
}

static int stop_on_loop(lq_node *node, void *arg)
{
	lq__node_stop(node);
	return 0;
}

/* [control] */
void lq__stop(lq_node *node)
{
	lq__node_call(node, stop_on_loop, NULL);
}

/* [control] */
int lq__restart(lq_node *node)
{
	return lq__node_call(node, start_on_loop, NULL);
}

/* A node whose ways out are opened before it starts. */
int lq__start_in_place(lq_graph *g, lq_node *n, lq_diag *diag)
{
	for (lq_link *l = g->links; l; l = l->next)
		if (l->from == n)
			lq__link_attach(l);
	int r = lq__node_call(n, start_on_loop, NULL);
	return r ? lq_diag_add(diag, r, n->name, "%s did not start: %s", n->desc->id, lq__call_reason(n, r)) : 0;
}

/* From sink to source. */
static int start_nodes(lq_graph *g, const char *group, int last, lq_diag *diag)
{
	for (int i = last; i > 0; i--) {
		int r = lq__start_in_place(g, lq__node_at(g, i), diag);
		if (r)
			return r;
	}
	for (lq_link *l = g->links; l; l = l->next)
		if ((takes_part(l->to) && !takes_part(l->from)) || is_bridge(l, group))
			lq__link_attach(l);
	return 0;
}

static int forget_formats(lq_node *node, void *arg)
{
	atomic_store(&node->state, NODE_NEW);
	for (uint32_t i = 0; i < node->n_ports; i++)
		if (node->ports[i]) {
			lq__format_unref(node->ports[i]->format);
			node->ports[i]->format = NULL;
		}
	return 0;
}

/* [control] As if nothing had been negotiated. */
void lq__forget_formats(lq_node *node)
{
	lq__node_call(node, forget_formats, NULL);
}

/* A start that failed leaves the group as it was before. */
static void take_back(lq_graph *g, const char *group)
{
	for (int i = 1; lq__node_at(g, i); i++)
		lq__stop(lq__node_at(g, i));
	for (lq_link *l = g->links; l; l = l->next)
		if (takes_part(l->from) || takes_part(l->to) || is_bridge(l, group)) {
			if (l->tail)
				lq__unconvert(l); /* frees a link behind this one */
			lq__link_reset(l);
		}
	for (lq_node *n = g->nodes; n; n = n->next)
		if (takes_part(n))
			lq__forget_formats(n);
}

int lq_graph_start(lq_graph *graph, const char *group, lq_diag *diag)
{
	group = group ? group : "";
	if (lq__loop_is_any())
		return LQ_EREENTRANT;
	if (!mark(graph, group, 1))
		return 0;
	int r = lq__check_inputs(graph, diag);
	if (!r)
		r = check_neighbours(graph, diag);
	if (r)
		return r;
	r = negotiate(graph, group, diag);
	int last = (int)mark(graph, group, 1); /* converters have come */
	if (!r)
		r = lq__prepare_links(graph, diag);
	if (!r)
		r = start_nodes(graph, group, last, diag);
	if (r)
		take_back(graph, group);
	return r;
}

int lq_graph_negotiate(lq_graph *graph, const char *group, lq_diag *diag)
{
	group = group ? group : "";
	if (lq__loop_is_any())
		return LQ_EREENTRANT;
	if (!mark(graph, group, 1))
		return 0;
	int r = lq__check_inputs(graph, diag);
	return r ? r : negotiate(graph, group, diag);
}

/* [loop] A recorder writes what still waits for it. */
void lq__drain_inputs(lq_node *node)
{
	for (uint32_t i = 0; i < node->n_ports; i++) {
		lq_link *l = node->ports[i] ? node->ports[i]->link : NULL;
		if (!l || !l->queue.ring)
			continue;
		for (lq_buffer *buf; (buf = lq__queue_pop(l)); )
			lq__link_deliver(l, buf);
	}
}

static int drain_on_loop(lq_node *node, void *arg)
{
	lq__drain_inputs(node);
	return 0;
}

/* A thread of the node's own that waits for room must not be waited for by `stop`. */
static void free_own_thread(lq_graph *g, const lq_node *node)
{
	for (lq_link *l = g->links; l; l = l->next)
		if (l->from == node && node->desc->flags & LQ_NODE_OWN_THREAD && l->queue.policy == LQ_QUEUE_BLOCK && l->queue.ring)
			lq__queue_close(l);
}

static void stop_nodes(lq_graph *g, const char *group)
{
	for (lq_link *l = g->links; l; l = l->next)
		if ((takes_part(l->to) && !takes_part(l->from)) || is_bridge(l, group))
			lq__link_detach(l);
	for (int i = 1; lq__node_at(g, i); i++) {
		lq_node *n = lq__node_at(g, i);
		free_own_thread(g, n);
		if (n->desc->kind == LQ_KIND_RENDERER)
			lq__node_call(n, drain_on_loop, NULL);
		lq__stop(n);
		for (lq_link *l = g->links; l; l = l->next)
			if (l->from == n)
				lq__link_detach(l);
	}
}

/* A NULL group is all of them. */
void lq__graph_remove(lq_graph *g, const char *group)
{
	mark(g, group, 0);
	stop_nodes(g, group);
	for (lq_link *l = g->links, *next; l; l = next) {
		next = l->next;
		if (takes_part(l->from) || takes_part(l->to) || is_bridge(l, group))
			lq__link_destroy(l);
	}
	for (lq_node *n = g->nodes, *next; n; n = next) {
		next = n->next;
		if (takes_part(n))
			lq__graph_drop_node(n);
	}
}

int lq_graph_remove(lq_graph *graph, const char *group)
{
	group = group ? group : "";
	if (lq__loop_is_any())
		return LQ_EREENTRANT;
	for (const lq_node *n = graph->nodes; n; n = n->next)
		if (in_group(n, group)) {
			lq__graph_remove(graph, group);
			return 0;
		}
	return LQ_ENOENT;
}
