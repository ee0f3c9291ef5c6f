/* A format that changes while the graph runs: the first buffer of the new format sets the consumer anew, and what leaves it. */
#include "graph/graph.h"


static const lq_link *next_attached(const lq__candidates *c, const lq_link *l)
{
	return l->next_out;
}

/* [loop] A new format for an output when the old one is no longer among what the node can send. What is behind it learns of it by the first
 * buffer. A converter follows its input as far as its consumer allows. */
static int change_output(lq_node *node, lq__port *port, const lq_format *input)
{
	lq_format list[MAX_FORMATS], both;
	uint32_t n;
	int r = lq__formats_list(node, port, list, &n);
	if (r)
		return r;
	if (!node->converter && port->format && !lq__formats_match(port->format, list, n, &both))
		return 0;
	lq__candidates c = {.port = port, .first = port->links, .next = next_attached};
	if (lq__choose_format(&c, list, n, input, &both) < 0)
		return LQ_EFORMAT;
	const lq_format *fmt = lq__format_new(node->graph->pool, &both);
	if (!fmt)
		return LQ_ENOMEM;
	r = lq__set_format(node, port, fmt);
	lq__format_unref(fmt);
	return r;
}

static int change_outputs(lq_node *node, const lq_format *input)
{
	if (node->desc->kind != LQ_KIND_CODEC && node->desc->kind != LQ_KIND_FILTER)
		return 0;
	for (uint32_t i = 0; i < node->n_ports; i++) {
		lq__port *p = node->ports[i];
		int r = p && p->desc->direction == LQ_OUT && p->links ? change_output(node, p, input) : 0;
		if (r)
			return r;
	}
	return 0;
}

static int refuse(lq_link *link, const lq_format *fmt, int code)
{
	lq__format_unref(link->refused);
	link->refused = lq__format_ref(fmt);
	return code;
}

/* [loop of to] LQ_EAGAIN: refused before. */
int lq__link_change_format(lq_link *link, const lq_format *fmt)
{
	lq_node *node = link->to;
	lq_format list[MAX_FORMATS], both;
	char takes[300], name[LQ__FORMAT_TEXT_MAX];
	uint32_t n;
	if (fmt == link->refused)
		return LQ_EAGAIN;
	int r = lq__formats_list(node, link->in, list, &n);
	if (!r && lq__formats_match(fmt, list, n, &both)) {
		lq__formats_text(list, n, takes, sizeof takes);
		snprintf(node->fail_text, sizeof node->fail_text, "the format changed to %s, but this takes %s", lq__format_text(fmt, name, sizeof name), takes);
		return refuse(link, fmt, LQ_EFORMAT);
	}
	if (!r)
		r = lq__set_format(node, link->in, fmt);
	if (!r)
		r = change_outputs(node, fmt);
	if (r)
		return refuse(link, fmt, r);
	lq__format_unref(link->refused);
	lq__format_unref(link->format);
	link->refused = NULL;
	link->format = lq__format_ref(fmt);
	atomic_fetch_add(&link->format_changes, 1);
	lq_log(LQ_LOG_INFO, node->name, "port %u: format is now %s", link->to_port, lq__format_text(fmt, name, sizeof name));
	return 0;
}
