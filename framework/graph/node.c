/* Making and ending nodes, and their ports. Ops run on the node's loop, so most of this is a call over there. */
#include "graph/graph.h"

#include "isolate/proxy.h"

typedef struct node_call {
	lq_node *node;
	int (*fn)(lq_node *node, void *arg);
	void *arg;
} node_call;

static int run_node_call(void *arg)
{
	node_call *c = arg;
	lq_node *node = c->node;
	node->fail_text[0] = 0;
	int r = c->fn(node, c->arg);
	if (r < 0)
		snprintf(node->graph->reason, sizeof node->graph->reason, "%s", node->fail_text);
	return r;
}

/* [control] Why the last call failed: what the node left with `fail`, or the error's own text. */
const char *lq__call_reason(const lq_node *node, int code)
{
	return node->graph->reason[0] ? node->graph->reason : lq_error_text(code);
}

/* [control] Runs fn on the node's loop and waits for it. */
int lq__node_call(lq_node *node, int (*fn)(lq_node *node, void *arg), void *arg)
{
	node_call c = {node, fn, arg};
	return lq__loop_call(node->loop, run_node_call, &c);
}

lq__port *lq__node_port(const lq_node *node, uint32_t number)
{
	return number < node->n_ports ? node->ports[number] : NULL;
}

/* [loop] Puts a port into the table, at `number`. */
static int insert_port(lq_node *node, uint32_t row, uint32_t number, lq__port **out)
{
	lq__port *p = lq__calloc(1, sizeof *p);
	if (!p)
		return LQ_ENOMEM;
	p->desc = &node->desc->ports[row];
	p->number = number;
	p->row = row;
	pthread_mutex_lock(&node->lock);
	if (number >= node->n_ports) {
		lq__port **ports = lq__realloc(node->ports, (number + 1) * sizeof(lq__port *));
		if (!ports) {
			pthread_mutex_unlock(&node->lock);
			lq__free(p);
			return LQ_ENOMEM;
		}
		node->ports = ports;
		while (node->n_ports <= number)
			node->ports[node->n_ports++] = NULL;
	}
	node->ports[number] = p;
	pthread_mutex_unlock(&node->lock);
	if (out)
		*out = p;
	return 0;
}

static void remove_port(lq_node *node, lq__port *port)
{
	pthread_mutex_lock(&node->lock);
	node->ports[port->number] = NULL;
	pthread_mutex_unlock(&node->lock);
	lq__format_unref(port->format);
	lq__format_unref(port->fixed);
	lq__free(port);
}

typedef struct new_port {
	uint32_t row;
	lq__port *port;
} new_port;

static int add_port_on_loop(lq_node *node, void *arg)
{
	new_port *np = arg;
	uint32_t number = node->desc->n_ports;
	while (lq__node_port(node, number))
		number++;
	if (number >= MAX_PORTS)
		return LQ_EFULL;
	int r = insert_port(node, np->row, number, &np->port);
	if (r || !node->desc->ops->add_port)
		return r;
	lq__node_enter(node);
	r = node->desc->ops->add_port(node->self, np->row, number);
	lq__node_leave(node);
	if (r < 0) {
		remove_port(node, np->port);
		return r;
	}
	return 0;
}

/* [control] A port of a MANY template. */
int lq__node_add_port(lq_node *node, uint32_t row, const char *place, lq_diag *diag, lq__port **out)
{
	new_port np = {.row = row};
	int r = lq__node_call(node, add_port_on_loop, &np);
	if (r < 0)
		return lq_diag_add(diag, r, place, "%s: no further port \"%s\": %s", node->name, node->desc->ports[row].name,
		                   lq__call_reason(node, r));
	*out = np.port;
	return 0;
}

static int remove_port_on_loop(lq_node *node, void *arg)
{
	lq__port *port = arg;
	if (node->desc->ops->remove_port) {
		lq__node_enter(node);
		node->desc->ops->remove_port(node->self, port->number);
		lq__node_leave(node);
	}
	remove_port(node, port);
	return 0;
}

void lq__node_remove_port(lq_node *node, lq__port *port)
{
	lq__node_call(node, remove_port_on_loop, port);
}

static int create_on_loop(lq_node *node, void *arg)
{
	int r = lq__loop_add_node(node->loop, node);
	for (uint32_t i = 0; !r && i < node->desc->n_ports; i++)
		if (!(node->desc->ports[i].flags & LQ_PORT_MANY))
			r = insert_port(node, i, i, NULL);
	if (r)
		return r;
	lq__node_enter(node);
	r = node->desc->ops->create(&node->host, node->params ? node->params->values : NULL, &node->self);
	node->created = r >= 0;
	lq__node_leave(node);
	return r < 0 ? r : 0;
}

static int destroy_on_loop(lq_node *node, void *arg)
{
	lq__node_stop(node);
	if (node->created && node->desc->ops->destroy)
		node->desc->ops->destroy(node->self);
	node->created = 0;
	lq__loop_drop_node(node->loop, node);
	return 0;
}

static int has_kind_ops(const lq_node_desc *d)
{
	switch (d->kind) {
	case LQ_KIND_CODEC:
		return d->kind_ops && ((const lq_codec_ops *)d->kind_ops)->send;
	case LQ_KIND_FILTER:
		return d->kind_ops && ((const lq_filter_ops *)d->kind_ops)->process;
	case LQ_KIND_RENDERER:
		return d->kind_ops && ((const lq_renderer_ops *)d->kind_ops)->render;
	case LQ_KIND_TRANSPORT:
		return d->kind_ops && ((const lq_transport_ops *)d->kind_ops)->send;
	case LQ_KIND_CAPTURE:
		return d->kind_ops && (((const lq_capture_ops *)d->kind_ops)->read || !(d->flags & LQ_NODE_BLOCKING));
	}
	return 0;
}

static int copy_strings(lq_node *node, const lq_node_config *config)
{
	node->name = lq__strdup(config->name);
	node->group = lq__strdup(config->group ? config->group : "");
	if (config->base_dir)
		node->base_dir = lq__strdup(config->base_dir);
	return node->name && node->group && (!config->base_dir || node->base_dir) ? 0 : LQ_ENOMEM;
}

static int choose_loop(lq_node *node, const lq_node_config *config)
{
	lq_graph *g = node->graph;
	const char *name = config->loop ? config->loop : "main";
	lq__loop *named;
	int r = lq_graph_loop(g, name, 0);
	if (r)
		return r;
	for (named = g->loops; named->own || strcmp(named->name, name); )
		named = named->next;
	node->named_loop = named;
	if (!(node->desc->flags & LQ_NODE_BLOCKING) || node->desc->kind != LQ_KIND_CAPTURE) {
		node->loop = named;
		return 0;
	}
	node->own_loop = 1;
	return lq__loop_create(g, node->name, named->priority, node, &node->loop);
}

int lq__node_create(lq_graph *graph, const lq_node_config *config, const lq_node_info *info, const char *place, lq_diag *diag, lq_node **out)
{
	lq_node *node = lq__calloc(1, sizeof *node);
	if (!node || pthread_mutex_init(&node->lock, NULL) || pthread_cond_init(&node->submitted, NULL)) {
		lq__proxy_destroy(lq__proxy_of(info->desc));
		lq__free(node);
		return lq_diag_add(diag, LQ_ENOMEM, place, "%s", lq_error_text(LQ_ENOMEM));
	}
	node->graph = graph;
	node->desc = info->desc;
	node->plugin = info->plugin;
	node->proxy = lq__proxy_of(info->desc);
	node->user = config->user;
	node->wake = node->last_report = LQ_TIME_NONE;
	lq__host_init(node);
	int r = copy_strings(node, config);
	if (!r && !has_kind_ops(node->desc))
		r = lq_diag_add(diag, LQ_ENOTSUP, place, "%s lacks an op that its kind needs", node->desc->id);
	else if (!r && !(r = lq__params_resolve(node->desc, config->params, config->n_params, config->base_dir, place, diag, &node->params)))
		r = choose_loop(node, config);
	if (!r) {
		r = lq__node_call(node, create_on_loop, NULL);
		if (r)
			lq_diag_add(diag, r, place, "%s: %s", node->desc->id, lq__call_reason(node, r));
	} else if (r == LQ_ENOMEM) {
		lq_diag_add(diag, r, place, "%s", lq_error_text(r));
	}
	if (r) {
		lq__node_destroy(node);
		return r;
	}
	*out = node;
	return 0;
}

/* [control] The node has no links any more. */
void lq__node_destroy(lq_node *node)
{
	if (!node)
		return;
	if (node->loop)
		lq__node_call(node, destroy_on_loop, NULL);
	if (node->own_loop)
		lq__loop_destroy(node->loop);
	for (uint32_t i = 0; i < node->n_ports; i++)
		if (node->ports[i])
			remove_port(node, node->ports[i]);
	pthread_mutex_destroy(&node->lock);
	pthread_cond_destroy(&node->submitted);
	lq__proxy_destroy(node->proxy);
	lq__params_destroy(node->params);
	lq__free(node->ports);
	lq__free(node->name);
	lq__free(node->group);
	lq__free(node->base_dir);
	lq__free(node);
}
