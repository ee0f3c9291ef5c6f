/* Edits of one change. */
#include "graph/edit.h"

static int all_runtime(const lq_node *node, const lq_node_config *config)
{
	for (size_t i = 0; i < config->n_params; i++) {
		uint32_t index;
		if (lq__param_find(node->desc, config->params[i].name, NULL, NULL, &index) || !(node->desc->params[index].flags & LQ_PARAM_RUNTIME))
			return 0;
	}
	return config->n_params > 0;
}

static int set_params(lq_node *node, const lq_node_config *config, const char *place, lq_diag *diag)
{
	int r = 0;
	for (size_t i = 0; i < config->n_params && !r; i++)
		r = lq_node_set_param(node, config->params[i].name, config->params[i].value, place, diag);
	return r;
}

/* Commits what was asked for successfully, and ends the edit. */
static int finish(lq_edit *e, int r, lq_diag *diag)
{
	if (!r)
		r = lq_edit_commit(e, 0, diag);
	lq_edit_destroy(e);
	return r;
}

static int begin(const lq_node *node, const char *place, lq_diag *diag, lq_edit **out)
{
	if (!node)
		return lq_diag_add(diag, LQ_EINVAL, place, "which node?");
	int r = lq_edit_create(node->graph, out);
	return r ? lq_diag_add(diag, r, place, "%s", lq_error_text(r)) : 0;
}

int lq_node_change(lq_node *node, const lq_node_config *config, const char *place, lq_diag *diag)
{
	lq_edit *e;
	if (node && config && !config->use && all_runtime(node, config))
		return set_params(node, config, place, diag);
	int r = begin(node, place, diag, &e);
	return r ? r : finish(e, lq_edit_replace(e, node, config, place, diag, NULL), diag);
}

int lq_node_insert_behind(lq_node *node, const char *port, const lq_node_config *config, const char *place, lq_diag *diag)
{
	lq_edit *e;
	int r = begin(node, place, diag, &e);
	return r ? r : finish(e, lq_edit_insert_behind(e, node, port, config, place, diag, NULL), diag);
}

int lq_node_take_out(lq_node *node, const char *place, lq_diag *diag)
{
	lq_edit *e;
	int r = begin(node, place, diag, &e);
	return r ? r : finish(e, lq_edit_remove(e, node, place, diag), diag);
}
