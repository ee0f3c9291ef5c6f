/* The cut: an output's old links give way to the new ones between two of its buffers, at a key frame where what comes after can begin with nothing
 * else. */
#include "graph/edit.h"

static lq__cutting *cut_of(lq__cuts *c, lq_edit *e, lq_node *node, lq__port *port)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->list[i].port == port)
			return &c->list[i];
	c->list[c->n] = (lq__cutting){.node = node, .port = port, .cut.edit = e};
	return &c->list[c->n++];
}

/* Decoding, sending and recording can begin with a key frame only. */
static int needs_key(const lq_edit *e, const lq_link *l)
{
	return lq__link_is_coded_video(l) && lq__edit_has(e, l->to) && l->to->desc->kind != LQ_KIND_FILTER;
}

int lq__cuts_find(lq_edit *e)
{
	lq__cuts *c = &e->cuts;
	size_t n = e->n_gone;
	for (const lq_link *l = lq__edit_links(e); l; l = l->next)
		n++;
	c->list = lq__calloc(n, sizeof *c->list);
	if (!c->list)
		return lq_diag_add(e->diag, LQ_ENOMEM, NULL, "%s", lq_error_text(LQ_ENOMEM));
	for (size_t i = 0; i < e->n_gone; i++) {
		lq_link *l = e->gone[i];
		if (l->is_tail || lq__edit_change(e, l->from))
			continue;
		lq__cutting *k = cut_of(c, e, l->from, l->out);
		k->cut.off[k->cut.n_off++] = l;
	}
	for (lq_link *l = lq__edit_links(e); l; l = l->next) {
		if (lq__edit_has(e, l->from))
			continue;
		lq__cutting *k = cut_of(c, e, l->from, l->out);
		if (k->cut.n_on == MAX_FAN_OUT)
			return lq_diag_add(e->diag, LQ_EFULL, l->from->name, "output \"%s\" would have more than %d links", l->out->desc->name, MAX_FAN_OUT);
		k->cut.on[k->cut.n_on++] = l;
		k->cut.at_key |= needs_key(e, l);
	}
	return 0;
}

static uint64_t flowed(const lq__cut *cut)
{
	uint64_t n = 0;
	for (uint32_t i = 0; i < cut->n_off; i++)
		n += atomic_load(&cut->off[i]->passed) + atomic_load(&cut->off[i]->dropped);
	return n;
}

static int cut_on_loop(lq_node *node, void *arg)
{
	lq__cutting *k = arg;
	pthread_mutex_lock(&node->lock);
	if (!atomic_load(&k->cut.done)) {
		k->port->cut = &k->cut;
		lq__port_cut(node, k->port);
	}
	pthread_mutex_unlock(&node->lock);
	return 0;
}

static int arm_on_loop(lq_node *node, void *arg)
{
	lq__cutting *k = arg;
	pthread_mutex_lock(&node->lock);
	k->port->cut = &k->cut;
	pthread_mutex_unlock(&node->lock);
	return 0;
}

static int disarm_on_loop(lq_node *node, void *arg)
{
	lq__cutting *k = arg;
	pthread_mutex_lock(&node->lock);
	k->port->cut = NULL;
	pthread_mutex_unlock(&node->lock);
	return 0;
}

static void ask_for_key(lq_node *node, const lq__port *port)
{
	lq_event event = {.struct_size = sizeof event, .type = LQ_EVENT_KEY_FRAME, .port = port->number};
	lq__loop_post_event(node->loop, node, &event);
}

static void arm(lq__cuts *c)
{
	for (size_t i = 0; i < c->n; i++) {
		lq__cutting *k = &c->list[i];
		if (!k->cut.at_key)
			continue;
		k->flowed = flowed(&k->cut);
		lq__node_call(k->node, arm_on_loop, k);
		ask_for_key(k->node, k->port);
	}
}

static int all_done(lq_edit *e)
{
	for (size_t i = 0; i < e->cuts.n; i++)
		if (e->cuts.list[i].cut.at_key && !atomic_load(&e->cuts.list[i].cut.done))
			return 0;
	return 1;
}

static int any_done(lq_edit *e)
{
	for (size_t i = 0; i < e->cuts.n; i++)
		if (atomic_load(&e->cuts.list[i].cut.done))
			return 1;
	return 0;
}

/* A source that waits for its key frame, but sends. */
static const lq__cutting *late(lq_edit *e)
{
	for (size_t i = 0; i < e->cuts.n; i++) {
		const lq__cutting *k = &e->cuts.list[i];
		if (k->cut.at_key && !atomic_load(&k->cut.done) && flowed(&k->cut) != k->flowed)
			return k;
	}
	return NULL;
}

static void await_keys(lq_edit *e)
{
	int64_t begin = lq_clock_now(e->graph->clock);
	if (!lq__edit_await(e, all_done, begin + (LQ__EDIT_IDLE < e->patience ? LQ__EDIT_IDLE : e->patience)) && late(e))
		lq__edit_await(e, all_done, begin + e->patience);
}

/* After this no thread is between the old and the new links. */
static void settle_cuts(lq__cuts *c)
{
	for (size_t i = 0; i < c->n; i++) {
		lq__cutting *k = &c->list[i];
		lq__node_call(k->node, cut_on_loop, k);
		if (k->node->desc->flags & LQ_NODE_OWN_THREAD)
			lq__node_await_submits(k->node);
	}
}

/* Waits for key frames where they are needed. A source that sends nothing at all is cut without one. */
int lq__cuts_make(lq_edit *e)
{
	lq__cuts *c = &e->cuts;
	arm(c);
	await_keys(e);
	const lq__cutting *k = late(e);
	if (!k || any_done(e)) {
		settle_cuts(c);
		return 0;
	}
	for (size_t i = 0; i < c->n; i++)
		lq__node_call(c->list[i].node, disarm_on_loop, &c->list[i]);
	return lq_diag_add(e->diag, LQ_ETIMEDOUT, k->node->name, "%s gave no key frame within %lld ms; what was there goes on", k->node->desc->id,
	                   (long long)(e->patience / LQ_MSEC));
}

/* The other way round: the old part is fed again. */
void lq__cuts_undo(lq_edit *e)
{
	lq__cuts *c = &e->cuts;
	for (size_t i = 0; i < c->n; i++) {
		lq__cutting *k = &c->list[i], off = {.node = k->node, .port = k->port, .cut.edit = e}, on = off;
		memcpy(off.cut.off, k->cut.on, sizeof off.cut.off);
		off.cut.n_off = k->cut.n_on;
		memcpy(on.cut.on, k->cut.off, sizeof on.cut.on);
		on.cut.n_on = k->cut.n_off;
		on.cut.at_key = k->cut.at_key;
		lq__node_call(k->node, cut_on_loop, &off);
		*k = on;
	}
	arm(c);
	await_keys(e);
	settle_cuts(c);
}
