/* lq_graph_link: from names of ports to a link. */
#include "graph/graph.h"


static int rows_meet(const lq_port_desc *out, const lq_port_desc *in)
{
	return out->direction == LQ_OUT && in->direction == LQ_IN && (!out->media || !in->media || out->media == in->media);
}

static int is_named(const lq_port_desc *row, const char *name)
{
	return !name || !strcmp(row->name, name);
}

static void list_ports(const lq_node_desc *d, uint32_t direction, char *out, size_t size)
{
	size_t used = 0;
	snprintf(out, size, "none");
	for (uint32_t i = 0; i < d->n_ports && used < size; i++)
		if (d->ports[i].direction == direction)
			used += (size_t)snprintf(out + used, size - used, "%s%s (%s)", used ? ", " : "", d->ports[i].name, lq__media_name(d->ports[i].media));
}

static int has_port(const lq_node_desc *d, uint32_t direction, const char *name)
{
	for (uint32_t i = 0; i < d->n_ports; i++)
		if (d->ports[i].direction == direction && is_named(&d->ports[i], name))
			return 1;
	return 0;
}

static int no_port(const lq_node_desc *d, uint32_t direction, const char *name, const char *place, lq_diag *diag)
{
	char ports[300];
	const char *what = direction == LQ_OUT ? "output" : "input";
	list_ports(d, direction, ports, sizeof ports);
	if (!name)
		return lq_diag_add(diag, LQ_ENOENT, place, "%s has no %s", d->id, what);
	return lq_diag_add(diag, LQ_ENOENT, place, "%s has no %s \"%s\"; it has: %s", d->id, what, name, ports);
}

/* How many pairs of rows fit; the first one. `skip`: inputs with these flags do not count. */
static int pairs(const lq_node_desc *from, const char *from_port, const lq_node_desc *to, const char *to_port, uint32_t skip, uint32_t *out, uint32_t *in)
{
	int n = 0;
	for (uint32_t o = 0; o < from->n_ports; o++)
		for (uint32_t i = 0; i < to->n_ports; i++)
			if (rows_meet(&from->ports[o], &to->ports[i]) && is_named(&from->ports[o], from_port) && is_named(&to->ports[i], to_port) && !(to->ports[i].flags & skip) &&
			    !n++) {
				*out = o;
				*in = i;
			}
	return n;
}

/* Finds the one pair of rows that fits. Where ports are not named the media decides, then which input is not optional. */
int lq__connect_rows(const lq_node_desc *from, const char *from_port, const lq_node_desc *to, const char *to_port, const char *place, lq_diag *diag,
                     uint32_t *out, uint32_t *in)
{
	char outs[300], ins[300];
	if (!has_port(from, LQ_OUT, from_port))
		return no_port(from, LQ_OUT, from_port, place, diag);
	if (!has_port(to, LQ_IN, to_port))
		return no_port(to, LQ_IN, to_port, place, diag);
	int n = pairs(from, from_port, to, to_port, 0, out, in);
	if (n == 1 || (n > 1 && pairs(from, from_port, to, to_port, LQ_PORT_OPTIONAL, out, in) == 1))
		return 0;
	list_ports(from, LQ_OUT, outs, sizeof outs);
	list_ports(to, LQ_IN, ins, sizeof ins);
	if (n)
		return lq_diag_add(diag, LQ_EINVAL, place, "say which ports: %s has %s; %s has %s", from->id, outs, to->id, ins);
	return lq_diag_add(diag, LQ_EFORMAT, place, "%s%s%s (%s) does not fit %s%s%s (%s)", from->id, from_port ? "." : "", from_port ? from_port : "", outs,
	                   to->id, to_port ? "." : "", to_port ? to_port : "", ins);
}

/* Whether loop `a` may wait, over `block` queues, for loop `b`. */
static int waits_for(const lq_graph *g, const lq__loop *a, const lq__loop *b, int depth)
{
	if (a == b)
		return 1;
	for (const lq_link *l = g->links; l && depth < 64; l = l->next)
		if (l->queue_config.policy == LQ_QUEUE_BLOCK && l->from->loop == a && l->to->loop != a && waits_for(g, l->to->loop, b, depth + 1))
			return 1;
	return 0;
}

static int check_queue(lq_graph *g, const lq_node *from, const lq_node *to, const lq_queue_config *q, const char *place, lq_diag *diag)
{
	if (!q)
		return 0;
	if (q->policy > LQ_QUEUE_DROP_TO_KEYFRAME || q->buffers > MAX_BUFFERS)
		return lq_diag_add(diag, LQ_ERANGE, place, "a queue holds 1 to %d buffers", MAX_BUFFERS);
	if (q->policy == LQ_QUEUE_BLOCK && from->loop != to->loop && waits_for(g, to->loop, from->loop, 0))
		return lq_diag_add(diag, LQ_EINVAL, place, "with this \"block\" queue the loops %s and %s would wait for each other", from->loop->name,
		                   to->loop->name);
	return 0;
}

static int port_of_row(lq_node *node, uint32_t row, const char *place, lq_diag *diag, lq__port **out)
{
	if (node->desc->ports[row].flags & LQ_PORT_MANY)
		return lq__node_add_port(node, row, place, diag, out);
	*out = lq__node_port(node, row);
	return 0;
}

static int is_full(const lq_graph *g, const lq__port *out)
{
	int n = 0;
	for (const lq_link *l = g->links; l && out; l = l->next)
		n += l->out == out;
	return n >= MAX_FAN_OUT;
}

static void give_back(lq_node *node, lq__port *port)
{
	if (port && port->desc->flags & LQ_PORT_MANY)
		lq__node_remove_port(node, port);
}

/* Links rows; `shared` is an output that another link of the same stream made already, or NULL. */
int lq__graph_link_rows(lq_graph *graph, lq_node *from, uint32_t out_row, lq__port *shared, lq_node *to, uint32_t in_row,
                        const lq_queue_config *queue, const char *place, lq_diag *diag, lq_link **result)
{
	lq__port *out = shared, *in = NULL;
	lq_link *link = NULL;
	if (!(to->desc->ports[in_row].flags & LQ_PORT_MANY) && lq__node_port(to, in_row)->link)
		return lq_diag_add(diag, LQ_EBUSY, place, "input \"%s\" of %s has a link already", to->desc->ports[in_row].name, to->name);
	int r = check_queue(graph, from, to, queue, place, diag);
	if (!r && is_full(graph, shared ? shared : lq__node_port(from, out_row)))
		r = lq_diag_add(diag, LQ_EFULL, place, "output \"%s\" of %s has %d links, which is the limit", from->desc->ports[out_row].name, from->name,
		                MAX_FAN_OUT);
	if (!r && !shared)
		r = port_of_row(from, out_row, place, diag, &out);
	if (r)
		return r;
	r = port_of_row(to, in_row, place, diag, &in);
	if (!r && (r = lq__link_create(graph, from, out, to, in, &link)))
		lq_diag_add(diag, r, place, "%s", lq_error_text(r));
	if (r) {
		give_back(to, in);
		if (!shared)
			give_back(from, out);
		return r;
	}
	if (queue)
		link->queue_config = *queue;
	if (result)
		*result = link;
	return 0;
}

int lq_graph_link(lq_graph *graph, lq_node *from, const char *from_port, lq_node *to, const char *to_port, const lq_queue_config *queue,
                  const char *place, lq_diag *diag, lq_link **out)
{
	uint32_t out_row, in_row;
	if (lq__loop_is_any())
		return LQ_EREENTRANT;
	if (!from || !to)
		return lq_diag_add(diag, LQ_EINVAL, place, "a link needs two nodes");
	int r = lq__connect_rows(from->desc, from_port, to->desc, to_port, place, diag, &out_row, &in_row);
	return r ? r : lq__graph_link_rows(graph, from, out_row, NULL, to, in_row, queue, place, diag, out);
}
