/* Negotiation: one pass from source to sink. A port's list meets the lists of all that it feeds, upstream's order decides; where both ends are
 * raw and nothing is common a converter goes between. Inputs are set before outputs are asked. */
#include "graph/graph.h"


typedef struct format_list {
	const lq__port *port;
	lq_format items[MAX_FORMATS];
	uint32_t n;
} format_list;

static int ask_on_loop(lq_node *node, void *arg)
{
	format_list *list = arg;
	lq__node_enter(node);
	int r = lq__formats_list(node, list->port, list->items, &list->n);
	lq__node_leave(node);
	return r;
}

typedef struct new_format {
	lq__port *port;
	lq_link *link; /* its consumer side, or NULL for an output */
	const lq_format *fmt;
} new_format;

static int set_on_loop(lq_node *node, void *arg)
{
	new_format *nf = arg;
	lq__node_enter(node);
	int r = lq__set_format(node, nf->port, nf->fmt);
	lq__node_leave(node);
	if (!r && nf->link) {
		lq__format_unref(nf->link->format);
		nf->link->format = lq__format_ref(nf->fmt);
		nf->link->negotiated = 1;
	}
	return r;
}

static int set_format(lq_node *node, lq__port *port, lq_link *link, const lq_format *fmt, lq_diag *diag)
{
	char name[LQ__FORMAT_TEXT_MAX];
	new_format nf = {port, link, fmt};
	int r = lq__node_call(node, set_on_loop, &nf);
	if (r)
		lq_diag_add(diag, r, node->name, "port \"%s\" does not take %s: %s", port->desc->name, lq__format_text(fmt, name, sizeof name),
		            lq__call_reason(node, r));
	return r;
}

static int ask(lq_node *node, format_list *list, lq_diag *diag)
{
	int r = lq__node_call(node, ask_on_loop, list);
	if (r)
		return lq_diag_add(diag, r, node->name, "no formats of port \"%s\": %s", list->port->desc->name, lq__call_reason(node, r));
	return 0;
}

/* Keeps the consumer's list with the link: a change of format while running is decided without asking across loops. */
static int ask_consumer(lq_link *link, lq_diag *diag)
{
	format_list list = {.port = link->in};
	int r = ask(link->to, &list, diag);
	if (r)
		return r;
	lq__free(link->accepts);
	link->n_accepts = list.n;
	link->accepts = lq__calloc(list.n, sizeof *link->accepts);
	if (!link->accepts)
		return lq_diag_add(diag, LQ_ENOMEM, link->to->name, "%s", lq_error_text(LQ_ENOMEM));
	for (uint32_t i = 0; i < list.n; i++) {
		link->accepts[i] = list.items[i];
		link->accepts[i].extra = NULL; /* the node's own memory */
		link->accepts[i].extra_size = 0;
	}
	return 0;
}

/* How many of the links take *fmt, which is narrowed to what they all take. */
static int meet(const lq__candidates *c, lq_format *fmt)
{
	int n = 0;
	for (const lq_link *l = c->first; l; l = c->next(c, l))
		n += !lq__formats_match(fmt, l->accepts, l->n_accepts, fmt);
	return n;
}

/* The entry that most links take, the first of equals. With entries that no link takes it is the first one. */
int lq__choose_format(const lq__candidates *c, const lq_format *list, uint32_t n, const lq_format *hint, lq_format *out)
{
	int best = -1;
	for (uint32_t i = 0; i < n; i++) {
		lq_format f = list[i];
		int met = meet(c, &f);
		if (met > best) {
			best = met;
			*out = f;
		}
	}
	if (best >= 0)
		lq__formats_fix(out, hint);
	return best;
}

static const lq_link *next_open(const lq__candidates *c, const lq_link *l)
{
	for (l = l ? l->next : c->port_links; l; l = l->next)
		if (l->out == c->port && !l->negotiated)
			return l;
	return NULL;
}

int lq__no_common_format(lq_link *link, const lq_format *list, uint32_t n, const char *why, lq_diag *diag)
{
	char offers[700], takes[700], place[256];
	lq__formats_text(list, n, offers, sizeof offers);
	lq__formats_text(link->accepts, link->n_accepts, takes, sizeof takes);
	snprintf(place, sizeof place, "%s.%s -> %s.%s", link->from->name, link->out->desc->name, link->to->name, link->in->desc->name);
	return lq_diag_add(diag, LQ_EFORMAT, place, "no common format%s%s: the first offers %s; the second takes %s", *why ? ", and " : "", why, offers,
	                   takes);
}

/* The format of an input of the same media, for what the output leaves open. What a transport receives has nothing to do with what it sends. */
static const lq_format *input_hint(const lq_node *node, const lq__port *port)
{
	if (node->desc->kind == LQ_KIND_TRANSPORT)
		return NULL;
	for (uint32_t i = 0; i < node->n_ports; i++) {
		const lq__port *p = node->ports[i];
		if (p && p->desc->direction == LQ_IN && p->format && (!port->desc->media || p->format->media == port->desc->media))
			return p->format;
	}
	return NULL;
}

/* The consumer runs with the stream that this link takes over: the first buffer brings it the new format. */
static int settle_later(lq_link *link, const lq_format *fmt)
{
	link->format = lq__format_ref(fmt);
	link->negotiated = 1;
	return 0;
}

static int settle_links(lq_node *node, lq__port *port, const lq_format *fmt, const format_list *list, const char *group, lq_diag *diag)
{
	lq_format both;
	for (lq_link *l = node->graph->links; l; l = l->next) {
		if (l->out != port || l->negotiated)
			continue;
		int r;
		if (!lq__formats_match(fmt, l->accepts, l->n_accepts, &both))
			r = l->instead ? settle_later(l, fmt) : set_format(l->to, l->in, l, fmt, diag);
		else
			r = lq__convert(l, fmt, list->items, list->n, group, diag);
		if (r)
			return r;
	}
	return 0;
}

/* [control] Finds the format of an output and of all links behind it that have none yet. */
int lq__negotiate_port(lq_node *node, lq__port *port, const char *group, lq_diag *diag)
{
	lq__candidates c = {.port = port, .port_links = node->graph->links, .next = next_open};
	c.first = next_open(&c, NULL);
	if (!c.first)
		return 0;
	format_list list = {.port = port};
	lq_format chosen;
	int r = 0;
	for (lq_link *l = node->graph->links; l && !r; l = l->next)
		if (l->out == port && !l->negotiated)
			r = ask_consumer(l, diag);
	if (r)
		return r;
	if (port->format)
		list.items[list.n++] = *port->format; /* running already: others live with this */
	else if ((r = ask(node, &list, diag)))
		return r;
	if (lq__choose_format(&c, list.items, list.n, input_hint(node, port), &chosen) < 0)
		return lq_diag_add(diag, LQ_EFORMAT, node->name, "port \"%s\" offers no format", port->desc->name);
	const lq_format *fmt = lq__format_new(node->graph->pool, &chosen);
	if (!fmt)
		return lq_diag_add(diag, LQ_ENOMEM, node->name, "%s", lq_error_text(LQ_ENOMEM));
	r = set_format(node, port, NULL, fmt, diag);
	if (!r)
		r = settle_links(node, port, fmt, &list, group, diag);
	lq__format_unref(fmt);
	return r;
}

int lq__negotiate_node(lq_node *node, const char *group, lq_diag *diag)
{
	for (uint32_t i = 0; i < node->n_ports; i++) {
		lq__port *p = node->ports[i];
		int r = p && p->desc->direction == LQ_OUT ? lq__negotiate_port(node, p, group, diag) : 0;
		if (r)
			return r;
	}
	return 0;
}

static lq__port *port_of_row(lq_node *node, uint32_t row)
{
	for (uint32_t i = 0; i < node->n_ports; i++)
		if (node->ports[i] && node->ports[i]->row == row)
			return node->ports[i];
	return NULL;
}

int lq_node_format(lq_node *node, uint32_t row, uint32_t i, char *out, size_t size)
{
	char text[LQ__FORMAT_TEXT_MAX];
	if (row >= node->desc->n_ports)
		return LQ_ENOENT;
	lq__port *port = port_of_row(node, row);
	int r = port ? 0 : lq__node_add_port(node, row, NULL, NULL, &port);
	format_list list = {.port = port};
	if (!r)
		r = ask(node, &list, NULL);
	if (r)
		return r;
	if (i >= list.n)
		return LQ_END;
	return (size_t)snprintf(out, size, "%s", lq__format_text(&list.items[i], text, sizeof text)) < size ? 0 : LQ_ENOSPACE;
}
