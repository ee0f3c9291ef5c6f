/* Which links an edit makes, and which go with it. Ports of nodes that stay are kept: their number is what a transport's track or a mixer's
 * input is known by. */
#include "graph/edit.h"

/* One end of a link to be made: a port that there is, or one of a new node by its name, or by what fits. */
typedef struct end {
	lq_node *node;
	lq__port *port;
	const char *name;
} end;

static const char *named(const lq_node *node, const lq__port *like)
{
	const lq_node_desc *d = node->desc;
	for (uint32_t i = 0; i < d->n_ports; i++)
		if (d->ports[i].direction == like->desc->direction && !strcmp(d->ports[i].name, like->desc->name))
			return d->ports[i].name;
	return NULL;
}

/* Links that an output of an old node had share one output of the new one. */
static lq__port *made_for(const lq_edit *e, const lq_node *fresh, const lq__port *old)
{
	const lq__change *c;
	for (const lq_link *l = lq__edit_links(e); l; l = l->next)
		if (l->from == fresh && l->succeeds && l->succeeds->out == old && (c = lq__edit_change(e, l->succeeds->from)) && c->fresh == fresh)
			return l->out;
	return NULL;
}

static end source_of(const lq_edit *e, const lq_link *l)
{
	const lq__change *c = lq__edit_change(e, l->from);
	while (c && !c->fresh) { /* it is taken out: what feeds it goes on */
		l = lq_node_link(l->from, LQ_IN, 0);
		c = lq__edit_change(e, l->from);
	}
	if (!c)
		return (end){l->from, l->out, l->out->desc->name};
	return (end){c->fresh, made_for(e, c->fresh, l->out), named(c->fresh, l->out)};
}

static end sink_of(const lq_edit *e, const lq_link *l)
{
	const lq_link *last = l->tail ? l->tail : l;
	const lq__change *c = lq__edit_change(e, last->to);
	if (!c)
		return (end){last->to, last->in, last->in->desc->name};
	return (end){c->fresh, NULL, named(c->fresh, last->in)};
}

static int port_of(lq_edit *e, const end *at, uint32_t row, const char *place, lq__port **out)
{
	if (at->port)
		*out = at->port;
	else if (at->node->desc->ports[row].flags & LQ_PORT_MANY)
		return lq__node_add_port(at->node, row, place, e->diag, out);
	else
		*out = lq__node_port(at->node, row);
	return 0;
}

/* A link between two nodes of other groups goes with the group of what it replaces. */
static int set_bridge(lq_link *link, const lq_link *like)
{
	const char *group = like->bridge;
	if (!group && strcmp(like->from->group, link->from->group) && strcmp(like->from->group, link->to->group))
		group = like->from->group;
	return !group || (link->bridge = lq__strdup(group)) ? 0 : LQ_ENOMEM;
}

/* `like` is the link whose stream this one carries on. `muted`: as that one may be; what is muted is what its end gets, so of several links in its place only the last. */
static int join(lq_edit *e, const end *from, const end *to, lq_link *like, const lq_queue_config *queue, int muted, const char *place)
{
	uint32_t out_row, in_row;
	lq__port *out, *in;
	lq_link *link;
	int r = lq__connect_rows(from->node->desc, from->name, to->node->desc, to->name, place, e->diag, &out_row, &in_row);
	if (!r)
		r = port_of(e, from, out_row, place, &out);
	if (!r)
		r = port_of(e, to, in_row, place, &in);
	if (r)
		return r;
	if (!to->port && in->link)
		return lq_diag_add(e->diag, LQ_EBUSY, place, "input \"%s\" of %s would get two links", in->desc->name, to->node->name);
	r = lq__link_new(e->graph, from->node, out, to->node, in, &link);
	if (!r) {
		link->succeeds = like;
		link->queue_config = *queue;
		atomic_store(&link->muted, muted);
		r = set_bridge(link, like);
	}
	if (r)
		return lq_diag_add(e->diag, r, place, "%s", lq_error_text(r));
	if (to->port)
		link->instead = like->tail ? like->tail : like;
	else
		lq__link_plug(link);
	return 0;
}

static const char *place_of(const lq_edit *e, const lq_link *l)
{
	for (size_t i = 0; i < e->n_changes; i++) {
		const lq__change *c = &e->changes[i];
		if (c->place && (lq__edit_inserts(c, l) || c->old == l->from || c->old == (l->tail ? l->tail->to : l->to)))
			return c->place;
	}
	return NULL;
}

/* The links that carry on one that goes: from its source over all nodes that come into it. */
static int succeed(lq_edit *e, lq_link *l)
{
	static const lq_queue_config none;
	const lq_queue_config *queue = &l->queue_config;
	const lq__change *c = lq__edit_change(e, l->tail ? l->tail->to : l->to);
	if (c && !c->fresh)
		return 0; /* goes on where that node's output went */
	end from = source_of(e, l), to = sink_of(e, l);
	for (size_t i = 0; i < e->n_changes; i++) {
		if (!lq__edit_inserts(&e->changes[i], l))
			continue;
		end in = {.node = e->changes[i].fresh};
		int has_input = lq_node_link(in.node, LQ_IN, 0) != NULL; /* behind an output that feeds several */
		int r = has_input ? 0 : join(e, &from, &in, l, queue, 0, place_of(e, l));
		if (r)
			return r;
		from = in;
		queue = &none;
	}
	return join(e, &from, &to, l, queue, atomic_load(&l->muted), place_of(e, l));
}

static int is_touched(const lq_edit *e, const lq_link *l)
{
	for (size_t i = 0; i < e->n_changes; i++)
		if (lq__edit_inserts(&e->changes[i], l))
			return 1;
	return lq__edit_change(e, l->from) || lq__edit_change(e, l->tail ? l->tail->to : l->to);
}

static lq_link *behind(const lq_edit *e, const lq_link *l)
{
	return l == e->last_link ? NULL : l->next;
}

int lq__edit_plan(lq_edit *e)
{
	int r = 0;
	for (lq_link *l = e->last_link ? e->graph->links : NULL; l; l = behind(e, l)) {
		if (l->is_tail || !is_touched(e, l))
			continue;
		if (e->n_gone + 2 > EDIT_LINKS)
			return lq_diag_add(e->diag, LQ_EFULL, NULL, "an edit changes at most %d links", EDIT_LINKS);
		if (l->tail)
			e->gone[e->n_gone++] = l->tail;
		e->gone[e->n_gone++] = l;
		if ((r = succeed(e, l)))
			return r;
	}
	return 0;
}
