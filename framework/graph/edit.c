/* Edits of a running graph: taking them down. New nodes are made here already, so that what is wrong with one is told at once. */
#include "graph/edit.h"

static lq_node *last_node(const lq_graph *g)
{
	lq_node *n = g->nodes;
	while (n && n->next)
		n = n->next;
	return n;
}

static lq_link *last_link(const lq_graph *g)
{
	lq_link *l = g->links;
	while (l && l->next)
		l = l->next;
	return l;
}

int lq_edit_create(lq_graph *graph, lq_edit **out)
{
	if (!graph || !out)
		return LQ_EINVAL;
	if (lq__loop_is_any())
		return LQ_EREENTRANT;
	if (!graph->nodes)
		return LQ_ESTATE;
	lq_edit *e = lq__calloc(1, sizeof *e);
	if (!e)
		return LQ_ENOMEM;
	e->graph = graph;
	e->last_node = last_node(graph);
	e->last_link = last_link(graph);
	pthread_mutex_init(&e->lock, NULL);
	pthread_cond_init(&e->told, NULL);
	*out = e;
	return 0;
}

lq_node *lq__edit_nodes(const lq_edit *e)
{
	return e->last_node->next;
}

lq_link *lq__edit_links(const lq_edit *e)
{
	return e->last_link ? e->last_link->next : e->graph->links;
}

int lq__edit_has(const lq_edit *e, const lq_node *node)
{
	const lq_node *n = lq__edit_nodes(e);
	while (n && n != node)
		n = n->next;
	return n != NULL;
}

const lq__change *lq__edit_change(const lq_edit *e, const lq_node *old)
{
	for (size_t i = 0; i < e->n_changes; i++)
		if (e->changes[i].old == old)
			return &e->changes[i];
	return NULL;
}

int lq__edit_inserts(const lq__change *change, const lq_link *link)
{
	return change->at == link || (change->behind && change->behind == link->out);
}

static void drop_links(lq_edit *e)
{
	for (lq_link *l; (l = lq__edit_links(e)); ) {
		while (l->next) /* tails stand behind their links */
			l = l->next;
		lq__link_destroy(l);
	}
	e->n_gone = 0;
}

/* Nothing of an edit that was not carried out stays. */
void lq__edit_take_back(lq_edit *e)
{
	for (lq_node *n = lq__edit_nodes(e); n; n = n->next)
		lq__stop(n);
	drop_links(e);
	for (lq_node *n; (n = lq__edit_nodes(e)); )
		lq__graph_drop_node(n);
}

/* Only the nodes that were asked for stay, as they were made. */
void lq__edit_unplan(lq_edit *e)
{
	for (lq_node *n = lq__edit_nodes(e); n; n = n->next)
		lq__stop(n);
	drop_links(e);
	for (lq_node *n = lq__edit_nodes(e), *next; n; n = next) {
		next = n->next;
		if (n->converter)
			lq__graph_drop_node(n);
		else
			lq__forget_formats(n);
	}
}

void lq_edit_destroy(lq_edit *e)
{
	if (!e)
		return;
	if (!e->over)
		lq__edit_take_back(e);
	for (size_t i = 0; i < e->n_changes; i++)
		lq__free(e->changes[i].place);
	lq__free(e->cuts.list);
	pthread_mutex_destroy(&e->lock);
	pthread_cond_destroy(&e->told);
	lq__free(e);
}

static int note(lq_edit *e, lq__change change, const char *place, lq_diag *diag)
{
	if (place && !(change.place = lq__strdup(place)))
		return lq_diag_add(diag, LQ_ENOMEM, place, "%s", lq_error_text(LQ_ENOMEM));
	e->changes[e->n_changes++] = change;
	return 0;
}

static int must_run(const lq_edit *e, const lq_node *node, const char *place, lq_diag *diag)
{
	int state = atomic_load(&node->state);
	if (e->over)
		return lq_diag_add(diag, LQ_ESTATE, place, "this edit is over");
	if (e->n_changes == EDIT_CHANGES)
		return lq_diag_add(diag, LQ_EFULL, place, "an edit has at most %d changes", EDIT_CHANGES);
	if (node->graph != e->graph || lq__edit_has(e, node))
		return lq_diag_add(diag, LQ_EINVAL, place, "%s is not a node that runs in this graph", node->name);
	if (state == NODE_NEW)
		return lq_diag_add(diag, LQ_ESTATE, place, "%s has not been started: change it before it is", node->name);
	return 0;
}

static int can_change(const lq_edit *e, const lq_node *node, const char *place, lq_diag *diag)
{
	int r = must_run(e, node, place, diag);
	if (!r && lq__edit_change(e, node))
		r = lq_diag_add(diag, LQ_EBUSY, place, "%s is changed by this edit already", node->name);
	return r;
}

static lq_node *end_of(const lq_link *l)
{
	return l->tail ? l->tail->to : l->to;
}

/* The old one's parameters, under the new ones. */
static int merge_params(const lq_node *old, lq_node_config *config, lq_param_text **list)
{
	const lq__params *p = old->params;
	lq_param_text *all = lq__calloc(config->n_params + p->n, sizeof *all);
	size_t n = 0;
	if (!all)
		return LQ_ENOMEM;
	for (; n < config->n_params; n++)
		all[n] = config->params[n];
	for (uint32_t i = 0; i < p->n; i++) {
		const char *name = p->desc->params[i].name;
		size_t k = 0;
		while (k < config->n_params && strcmp(config->params[k].name, name))
			k++;
		if (p->texts[i] && k == config->n_params)
			all[n++] = (lq_param_text){name, p->texts[i]};
	}
	config->params = *list = all;
	config->n_params = n;
	return 0;
}

static int make(lq_edit *e, const lq_node *old, lq_node_config config, const char *place, lq_diag *diag, lq_node **out)
{
	char use[200];
	lq_param_text *merged = NULL;
	int r = 0;
	config.name = config.name ? config.name : old->name;
	config.loop = config.loop ? config.loop : old->named_loop->name;
	config.group = config.group ? config.group : old->group;
	config.base_dir = config.base_dir ? config.base_dir : old->base_dir;
	config.user = config.user ? config.user : old->user;
	if (!config.use) {
		snprintf(use, sizeof use, "%s@%s", old->desc->id, old->plugin->name);
		config.use = use;
		r = merge_params(old, &config, &merged);
	}
	const lq_node *twin = lq_graph_find(e->graph, config.name);
	if (r)
		lq_diag_add(diag, r, place, "%s", lq_error_text(r));
	else if (twin && twin != old)
		r = lq_diag_add(diag, LQ_EEXIST, place, "there is a node \"%s\" already", config.name);
	else
		r = lq__graph_add_node(e->graph, &config, place, diag, out);
	lq__free(merged);
	return r;
}

int lq_edit_replace(lq_edit *e, lq_node *old, const lq_node_config *config, const char *place, lq_diag *diag, lq_node **out)
{
	lq_node *fresh;
	lq_node_config own;
	if (lq__loop_is_any())
		return LQ_EREENTRANT;
	if (!e || !old || !config)
		return lq_diag_add(diag, LQ_EINVAL, place, "which node is to be replaced, and by what?");
	int r = can_change(e, old, place, diag);
	if (!r && old->converter)
		r = lq_diag_add(diag, LQ_EINVAL, place, "%s is a converter, which comes and goes with what needs it", old->name);
	own = *config;
	own.isolate |= old->proxy != NULL;
	if (!r)
		r = make(e, old, own, place, diag, &fresh);
	if (!r)
		r = note(e, (lq__change){.old = old, .fresh = fresh}, place, diag);
	if (!r && out)
		*out = fresh;
	return r;
}

static int check_end(const lq_edit *e, const lq_link *link, const char *place, lq_diag *diag)
{
	const lq_node *next = end_of(link);
	const lq__change *c = lq__edit_change(e, next);
	int r = must_run(e, next, place, diag);
	if (!r && c && !c->fresh)
		r = lq_diag_add(diag, LQ_EBUSY, place, "%s is taken out by this edit", next->name);
	return r;
}

/* change.at or change.behind is set; `link` is one of those that are meant. */
static int insert(lq_edit *e, lq_link *link, lq__change change, const lq_node_config *config, const char *place, lq_diag *diag, lq_node **out)
{
	int r = must_run(e, link->from, place, diag);
	for (lq_link *l = e->graph->links; l && !r; l = l->next)
		if (lq__edit_inserts(&change, l))
			r = check_end(e, l, place, diag);
	if (!r && lq_graph_find(e->graph, config->name))
		r = lq_diag_add(diag, LQ_EEXIST, place, "there is a node \"%s\" already", config->name);
	if (!r)
		r = make(e, end_of(link), *config, place, diag, &change.fresh);
	if (!r)
		r = note(e, change, place, diag);
	if (!r && out)
		*out = change.fresh;
	return r;
}

static int check_inserted(const lq_edit *e, const void *where, const lq_node_config *config, const char *place, lq_diag *diag)
{
	if (lq__loop_is_any())
		return LQ_EREENTRANT;
	if (!e || !where || !config || !config->name || !config->use)
		return lq_diag_add(diag, LQ_EINVAL, place, "a node that is put in needs a place, a name and an id");
	return 0;
}

int lq_edit_insert(lq_edit *e, lq_link *link, const lq_node_config *config, const char *place, lq_diag *diag, lq_node **out)
{
	int r = check_inserted(e, link, config, place, diag);
	return r ? r : insert(e, link, (lq__change){.at = link}, config, place, diag, out);
}

static int find_output(lq_node *node, const char *port, const char *place, lq_diag *diag, lq_link **out)
{
	lq_link *found = NULL;
	for (lq_link *l = node->graph->links; l; l = l->next) {
		if (l->from != node || l->is_tail || (port && strcmp(l->out->desc->name, port)))
			continue;
		if (found && found->out != l->out)
			return lq_diag_add(diag, LQ_EINVAL, place, "behind which output of %s: \"%s\" or \"%s\"?", node->name, found->out->desc->name,
			                   l->out->desc->name);
		found = found ? found : l;
	}
	if (!found)
		return lq_diag_add(diag, LQ_ENOENT, place, "nothing is linked to %s%s%s", port ? "output \"" : "an output of ", port ? port : node->name,
		                   port ? "\"" : "");
	*out = found;
	return 0;
}

int lq_edit_insert_behind(lq_edit *e, lq_node *node, const char *port, const lq_node_config *config, const char *place, lq_diag *diag, lq_node **out)
{
	lq_link *link = NULL;
	int r = check_inserted(e, node, config, place, diag);
	if (!r)
		r = find_output(node, port, place, diag, &link);
	return r ? r : insert(e, link, (lq__change){.behind = link->out}, config, place, diag, out);
}

int lq_edit_remove(lq_edit *e, lq_node *node, const char *place, lq_diag *diag)
{
	uint32_t ins = 0, outs = 0;
	if (lq__loop_is_any())
		return LQ_EREENTRANT;
	if (!e || !node)
		return lq_diag_add(diag, LQ_EINVAL, place, "which node is to be taken out?");
	int r = can_change(e, node, place, diag);
	for (lq_link *l = e->graph->links; l && !r; l = l->next)
		for (size_t i = 0; end_of(l) == node && !r && i < e->n_changes; i++)
			if (lq__edit_inserts(&e->changes[i], l))
				r = lq_diag_add(diag, LQ_EBUSY, place, "this edit puts %s in front of %s", e->changes[i].fresh->name, node->name);
	if (r)
		return r;
	while (lq_node_link(node, LQ_IN, ins))
		ins++;
	while (lq_node_link(node, LQ_OUT, outs))
		outs++;
	if (outs && ins != 1)
		return lq_diag_add(diag, LQ_EINVAL, place, "%s cannot be taken out: it has %u inputs, and others need what it gives", node->name, ins);
	return note(e, (lq__change){.old = node}, place, diag);
}
