/* Choosing a plugin for an isolated node. Its description is enough for that: the plugin itself is loaded by the helper, and only there. */
#include "isolate/proxy.h"

#include "plugin/registry.h"
#include "plugin/spawn.h"

/* Ops follow when the helper has loaded the plugin. Without thread flags: it is the helper that has the threads. NULL: no memory. */
static lq__proxy *new_proxy(const lq_node_info *info, const char *file, const lq_node_config *config)
{
	char use[300];
	pthread_condattr_t attr;
	lq__proxy *p = lq__calloc(1, sizeof *p);
	if (!p)
		return NULL;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&p->starter.lock, NULL);
	pthread_cond_init(&p->starter.changed, &attr);
	pthread_condattr_destroy(&attr);
	snprintf(use, sizeof use, "%s@%s", info->desc->id, info->plugin->name);
	p->desc = *info->desc;
	p->desc.flags &= ~(uint32_t)(LQ_NODE_BLOCKING | LQ_NODE_OWN_THREAD);
	p->starter.fd = -1;
	p->file = lq__strdup(file);
	p->use = lq__strdup(use);
	p->name = lq__strdup(config->name);
	lq__helper_find("loquat-node", "LQ_NODE_PROGRAM", p->starter.program, sizeof p->starter.program);
	if (p->file && p->use && p->name)
		return p;
	lq__proxy_destroy(p);
	return NULL;
}

void lq__proxy_destroy(lq__proxy *p)
{
	if (!p)
		return;
	p->is_stopping = 1;
	lq__proxy_farewell(p);
	pthread_mutex_destroy(&p->starter.lock);
	pthread_cond_destroy(&p->starter.changed);
	lq__bytes_finish(&p->reply);
	lq__bytes_finish(&p->listed);
	lq__free(p->file);
	lq__free(p->use);
	lq__free(p->name);
	lq__free(p);
}

static int loop_priority(const lq_graph *graph, const char *name)
{
	for (const lq__loop *l = graph->loops; l; l = l->next)
		if (!l->own && !strcmp(l->name, name ? name : "main"))
			return l->priority;
	return 0;
}

/* Lets the helper load the plugin and ask it whether it works here. */
static int load(lq__proxy *p, char *why, size_t size)
{
	p->has_reply = 0;
	int r = lq__proxy_launch(p);
	if (!r) {
		lq__proxy_say_load(p);
		r = lq__proxy_wait(p, p->last_request, "load");
	}
	if (!r) {
		lq__reader reader = {p->reply.data, p->reply.data + p->reply.n, 0};
		p->has = lq__read_u32(&reader);
		lq__proxy_set_ops(p);
		return 0;
	}
	if (p->has_reply)
		snprintf(why, size, "%s", p->reply_text[0] ? p->reply_text : lq_error_text(r));
	else
		snprintf(why, size, "its helper process %s", p->death);
	return r;
}

/* What cannot be isolated, whatever its plugin is like. */
static int check_kind(const lq_node_desc *desc, const char *file, const char *place, lq_diag *diag)
{
	if (desc->kind == LQ_KIND_TRANSPORT)
		return lq_diag_add(diag, LQ_ENOTSUP, place, "%s is a transport, and those cannot be isolated", desc->id);
	if (!file)
		return lq_diag_add(diag, LQ_ENOTSUP, place, "%s is part of this program, and cannot be isolated", desc->id);
	return 0;
}

int lq__proxy_find(lq_graph *graph, const lq_node_config *config, const char *place, lq_diag *diag, lq_node_info *info)
{
	const lq_registry *reg = graph->config.registry;
	char why[700], reasons[1400] = "";
	const char *file;
	size_t n = 0;
	int first = lq__registry_describe(reg, config->use, place, diag, info);
	if (first)
		return first;
	if (lq__pool_share(graph->pool))
		return lq_diag_add(diag, LQ_ENOMEM, place, "%s", lq_error_text(LQ_ENOMEM));
	for (size_t i = 0; !lq__registry_candidate(reg, config->use, i, info, &file); i++) {
		int r = check_kind(info->desc, file, place, diag);
		if (r)
			return r;
		lq__proxy *p = new_proxy(info, file, config);
		if (!p)
			return lq_diag_add(diag, LQ_ENOMEM, place, "%s", lq_error_text(LQ_ENOMEM));
		p->priority = loop_priority(graph, config->loop);
		if (!(r = load(p, why, sizeof why))) {
			info->desc = &p->desc;
			return 0;
		}
		lq__proxy_destroy(p);
		first = first ? first : r;
		if (n < sizeof reasons)
			n += (size_t)snprintf(reasons + n, sizeof reasons - n, "%s%s: %s", n ? "; " : "", info->plugin->name, why);
	}
	return lq_diag_add(diag, first, place, "\"%s\" cannot work here: %s", config->use, reasons);
}
