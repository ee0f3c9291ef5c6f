/* Links: how they are made, plugged in and out, and muted. */
#include "graph/graph.h"

static int plug_on_loop(lq_node *node, void *arg)
{
	lq_link *link = arg;
	pthread_mutex_lock(&node->lock);
	link->in->link = link;
	pthread_mutex_unlock(&node->lock);
	return 0;
}

/* [control] Makes the link its input port's. */
void lq__link_plug(lq_link *link)
{
	lq__node_call(link->to, plug_on_loop, link);
}

/* [control] Adds the link to the graph, not yet to its input port. */
int lq__link_new(lq_graph *graph, lq_node *from, lq__port *out, lq_node *to, lq__port *in, lq_link **result)
{
	lq_link *link = lq__calloc(1, sizeof *link);
	if (!link)
		return LQ_ENOMEM;
	link->graph = graph;
	link->from = from;
	link->out = out;
	link->from_port = out->number;
	link->to = to;
	link->in = in;
	link->to_port = in->number;
	link->last_pts = LQ_TIME_NONE;
	lq_link **end = &graph->links;
	while (*end)
		end = &(*end)->next;
	*end = link;
	*result = link;
	return 0;
}

/* [control] Adds the link to the graph and to its input port; buffers flow once it is attached. */
int lq__link_create(lq_graph *graph, lq_node *from, lq__port *out, lq_node *to, lq__port *in, lq_link **result)
{
	int r = lq__link_new(graph, from, out, to, in, result);
	if (!r)
		lq__link_plug(*result);
	return r;
}

/* What a queue without a named policy does depends on what flows through it. */
static uint32_t default_policy(const lq_format *fmt)
{
	if (fmt->media == LQ_MEDIA_AUDIO)
		return LQ_QUEUE_DROP_OLDEST;
	return fmt->codec == LQ_CODEC_RAW ? LQ_QUEUE_LATEST : LQ_QUEUE_DROP_TO_KEYFRAME;
}

/* Direct call or queue, now that the format is known. A `block` queue within one loop would wait for itself: there a direct call is
 * the same thing. */
int lq__link_prepare(lq_link *link)
{
	const lq_queue_config *c = &link->queue_config;
	int same = link->from->loop == link->to->loop && !(link->from->desc->flags & LQ_NODE_OWN_THREAD);
	link->is_direct = same && (c->policy == LQ_QUEUE_NONE || c->policy == LQ_QUEUE_BLOCK);
	if (link->queue.ring || (link->is_direct && !link->instead)) /* what takes over is held back at first */
		return 0;
	return lq__queue_open(link, c->policy ? c->policy : default_policy(link->format), c->buffers, c->ms);
}

/* [loop of from] Under its lock. */
static void attach(lq_link *link)
{
	lq_link **end = &link->out->links;
	while (*end)
		end = &(*end)->next_out;
	*end = link;
	link->next_out = NULL;
	link->attached = 1;
	link->out->eos = 0;
}

static void detach(lq_link *link)
{
	for (lq_link **p = &link->out->links; *p; p = &(*p)->next_out)
		if (*p == link) {
			*p = link->next_out;
			break;
		}
	link->attached = 0;
}

static int attach_on_loop(lq_node *node, void *arg)
{
	pthread_mutex_lock(&node->lock);
	attach(arg);
	pthread_mutex_unlock(&node->lock);
	return 0;
}

/* [control] From now on the source's buffers go over this link. */
void lq__link_attach(lq_link *link)
{
	if (!link->attached)
		lq__node_call(link->from, attach_on_loop, link);
}

/* [loop of node, or a thread of its own] Under node->lock: the moment that the port's cut has waited for. */
void lq__port_cut(lq_node *node, lq__port *port)
{
	lq__cut *cut = port->cut;
	for (uint32_t i = 0; i < cut->n_off; i++)
		detach(cut->off[i]);
	for (uint32_t i = 0; i < cut->n_on; i++)
		attach(cut->on[i]);
	port->cut = NULL;
	lq_edit *edit = cut->edit;
	atomic_store(&cut->done, 1); /* *cut may be gone from here on; the edit waits for node->lock before it goes */
	lq__edit_poke(edit);
}

static int detach_on_loop(lq_node *node, void *arg)
{
	pthread_mutex_lock(&node->lock);
	detach(arg);
	pthread_mutex_unlock(&node->lock);
	return 0;
}

/* [control] No new buffers after this; the queue stays as it is. */
void lq__link_unhook(lq_link *link)
{
	if (!link->attached)
		return;
	lq__node_call(link->from, detach_on_loop, link);
	if (link->from->desc->flags & LQ_NODE_OWN_THREAD)
		lq__node_await_submits(link->from);
}

/* [control] No new buffers after this; what is queued may still be taken. A producer that waits is let go first. */
void lq__link_detach(lq_link *link)
{
	if (!link->attached)
		return;
	lq__queue_close(link);
	lq__link_unhook(link);
}

static int finish_on_loop(lq_node *node, void *arg)
{
	lq_link *link = arg;
	lq__queue_finish(link);
	link->queue.closed = 0;
	link->eos = 0;
	lq__format_unref(link->format);
	lq__format_unref(link->refused);
	link->format = link->refused = NULL;
	return 0;
}

/* [control] Back to what it was before negotiation: nothing queued, no format. */
void lq__link_reset(lq_link *link)
{
	lq__link_detach(link);
	lq__node_call(link->to, finish_on_loop, link);
	lq__free(link->accepts);
	link->accepts = NULL;
	link->n_accepts = 0;
	link->negotiated = 0;
}

static int unplug_on_loop(lq_node *node, void *arg)
{
	lq_link *link = arg;
	pthread_mutex_lock(&node->lock);
	if (link->in->link == link)
		link->in->link = NULL;
	pthread_mutex_unlock(&node->lock);
	return 0;
}

static int in_use(const lq_graph *g, const lq__port *port)
{
	for (const lq_link *l = g->links; l; l = l->next)
		if (l->out == port || l->in == port)
			return 1;
	return 0;
}

/* [control] Takes the link out of everything. Ports of MANY templates go with their last link. */
void lq__link_destroy(lq_link *link)
{
	lq_graph *g = link->graph;
	lq__link_reset(link);
	lq__node_call(link->to, unplug_on_loop, link);
	for (lq_link **p = &g->links; *p; p = &(*p)->next)
		if (*p == link) {
			*p = link->next;
			break;
		}
	for (lq_link *l = g->links; l; l = l->next)
		if (l->tail == link)
			l->tail = NULL;
	if (link->out->desc->flags & LQ_PORT_MANY && !in_use(g, link->out))
		lq__node_remove_port(link->from, link->out);
	if (link->in->desc->flags & LQ_PORT_MANY && !in_use(g, link->in))
		lq__node_remove_port(link->to, link->in);
	lq__free(link->bridge);
	lq__free(link);
}

lq_node *lq_link_from(const lq_link *link)
{
	return link->from;
}

lq_node *lq_link_to(const lq_link *link)
{
	return link->to;
}

uint32_t lq_link_from_port(const lq_link *link)
{
	return link->from_port;
}

uint32_t lq_link_to_port(const lq_link *link)
{
	return link->to_port;
}

lq_link *lq_node_link(const lq_node *node, uint32_t direction, uint32_t i)
{
	for (lq_link *l = node->graph->links; l; l = l->next)
		if ((direction == LQ_OUT ? l->from : l->to) == node && !i--)
			return l;
	return NULL;
}

/* A stream that was dropped for a while can be decoded again from a key frame only. */
void lq_link_set_muted(lq_link *link, int muted)
{
	int before = atomic_exchange(&link->muted, muted != 0);
	if (!before || muted)
		return;
	lq_event e = {.struct_size = sizeof e, .type = LQ_EVENT_KEY_FRAME, .port = link->from_port};
	lq__loop_post_event(link->from->loop, link->from, &e);
}

typedef struct fixed_format {
	lq__port *port;
	const lq_format *fmt;
} fixed_format;

static int fix_on_loop(lq_node *node, void *arg)
{
	const fixed_format *f = arg;
	lq__format_unref(f->port->fixed);
	f->port->fixed = f->fmt;
	return 0;
}

/* [control] What will come out of the link's source, known from outside (a description), so that the source need not be asked. */
int lq__link_fix_format(lq_link *link, const lq_format *fmt, lq_diag *diag)
{
	fixed_format f = {link->out, lq__format_new(link->graph->pool, fmt)};
	if (!f.fmt)
		return lq_diag_add(diag, LQ_ENOMEM, link->from->name, "%s", lq_error_text(LQ_ENOMEM));
	lq__node_call(link->from, fix_on_loop, &f);
	return 0;
}
