/* Converters: nodes that negotiation puts into a link whose ends are raw and have nothing in common. The link ends at the converter, its
 * tail goes on to the old end. */
#include "graph/graph.h"


static const char *converter_for(const lq_link *link, const lq_format *fmt)
{
	if (fmt->codec != LQ_CODEC_RAW)
		return NULL;
	for (uint32_t i = 0; i < link->n_accepts; i++)
		if (link->accepts[i].media == fmt->media && (!link->accepts[i].codec || link->accepts[i].codec == LQ_CODEC_RAW))
			return fmt->media == LQ_MEDIA_VIDEO ? "filter.scale" : "filter.resample";
	return NULL;
}

static lq__port *first_port(const lq_node *node, uint32_t direction)
{
	for (uint32_t i = 0; i < node->n_ports; i++)
		if (node->ports[i] && node->ports[i]->desc->direction == direction)
			return node->ports[i];
	return NULL;
}

static int make_node(lq_link *link, const char *use, const char *group, lq_diag *diag, lq_node **out)
{
	char name[300];
	snprintf(name, sizeof name, "%.100s->%.100s/%s%u", link->from->name, link->to->name, use, ++link->graph->n_converters);
	lq_node_config config = {.name = name, .use = use, .loop = link->to->named_loop->name, .group = group};
	int r = lq_graph_add_node(link->graph, &config, link->to->name, diag, out);
	if (!r)
		(*out)->converter = 1;
	return r;
}

static void redirect(lq_link *link, lq_node *to, lq__port *in)
{
	link->to = to;
	link->in = in;
	link->to_port = in->number;
	lq__link_plug(link);
}

/* Takes the converter out again. */
void lq__unconvert(lq_link *link)
{
	lq_graph *g = link->graph;
	lq_node *conv = link->to;
	lq_link *tail = link->tail;
	lq__link_reset(link);
	lq__link_reset(tail);
	redirect(link, tail->to, tail->in);
	link->tail = NULL;
	for (lq_link **p = &g->links; *p; p = &(*p)->next)
		if (*p == tail) {
			*p = tail->next;
			break;
		}
	lq__free(tail);
	lq__graph_drop_node(conv);
}

static int splice(lq_link *link, lq_node *conv, lq_diag *diag)
{
	lq__port *in = first_port(conv, LQ_IN), *out = first_port(conv, LQ_OUT);
	if (!in || !out)
		return lq_diag_add(diag, LQ_ENOTSUP, conv->desc->id, "a converter needs one input and one output");
	lq_node *to = link->to;
	lq__port *to_in = link->in;
	int r = (link->instead ? lq__link_new : lq__link_create)(link->graph, conv, out, to, to_in, &link->tail);
	if (r)
		return lq_diag_add(diag, r, conv->name, "%s", lq_error_text(r));
	link->tail->is_tail = 1;
	link->tail->instead = link->instead;
	link->instead = NULL;
	redirect(link, conv, in);
	return 0;
}

/* [control] Puts a converter into a link that got no format, or says why that cannot be. */
int lq__convert(lq_link *link, const lq_format *fmt, const lq_format *list, uint32_t n, const char *group, lq_diag *diag)
{
	const char *use = link->from->converter || link->is_tail || link->tail ? NULL : converter_for(link, fmt);
	char why[80] = "";
	lq_node_info info;
	lq_node *conv;
	if (!use)
		return lq__no_common_format(link, list, n, "", diag);
	if (lq_registry_find(link->graph->config.registry, use, NULL, NULL, &info)) {
		snprintf(why, sizeof why, "there is no %s to convert", use);
		return lq__no_common_format(link, list, n, why, diag);
	}
	int r = make_node(link, use, group, diag, &conv);
	if (r)
		return r;
	r = splice(link, conv, diag);
	if (r) {
		lq__graph_drop_node(conv);
		return r;
	}
	r = lq__negotiate_port(link->from, link->out, group, diag);
	if (!r)
		r = lq__negotiate_node(conv, group, diag);
	return r; /* what is half made is taken back by the start that failed */
}
