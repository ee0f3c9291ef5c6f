#include "media_private.h"

#include <stdlib.h>
#include <string.h>

#include "choices.h"

lq__entry *lq__media_find(lq__media *m, const lq__media_track *t)
{
	for (lq__entry *e = m->tracks; e; e = e->next)
		if (e->track.stream == t->stream && e->track.kind == t->kind && !strcmp(e->track.user, t->user))
			return e;
	return NULL;
}

static int build_shared(lq__media *m, lq_diag *diag)
{
	lq__choice_list choices = {0};
	if (m->config.room)
		lq__choices_of(m->config.room, NULL, &choices);
	lq_profile_build_config bc = {.graph_name = "shared", .group = "shared", .overrides = choices.at, .n_overrides = choices.n};
	return lq_profile_build(m->config.profile, m->graph, &bc, diag);
}

int lq__media_create(const lq__media_config *config, lq_diag *diag, lq__media **out)
{
	lq__media *m = calloc(1, sizeof *m);
	int r;
	if (!m)
		return LQ_ENOMEM;
	m->config = *config;
	lq_graph_config gc = {.registry = config->registry, .threads = 1, .event_fn = config->event_fn, .event_arg = config->event_arg};
	if ((r = lq_graph_create(&gc, &m->graph)))
		goto fail;
	if ((r = build_shared(m, diag)))
		goto fail;
	m->net = lq_graph_find(m->graph, "shared/net");
	if (!m->net || lq_node_descriptor(m->net)->kind != LQ_KIND_TRANSPORT) {
		r = lq_diag_add(diag, LQ_EINVAL, lq_profile_name(config->profile), "graphs.shared.nodes.net: a room needs a transport of this name");
		goto fail;
	}
	if ((r = lq_graph_start(m->graph, "shared", diag)))
		goto fail;
	if (config->room)
		lq__device_volume_apply(config->room, m, NULL);
	*out = m;
	return 0;
fail:
	lq__media_destroy(m);
	return r;
}

void lq__media_anew(lq__media *m)
{
	for (lq__entry *e = m->tracks, *next; e; e = next) {
		next = e->next;
		if (!lq__is_local(&e->track))
			lq__media_remove(m, &e->track);
	}
	lq__media_close(m, LQ_SEND);
	lq__media_close(m, LQ_RECEIVE);
}

/* What is sent elsewhere: it ends before those who are in it go. */
static void close_outlet(void *arg, const lq_link_info *info)
{
	lq__media *m = arg;
	lq_node *to = lq_link_to(info->link);
	if (to != m->net && lq_node_descriptor(to)->kind == LQ_KIND_TRANSPORT)
		lq__media_close_node(to, LQ_SEND);
}

void lq__media_destroy(lq__media *m)
{
	if (!m)
		return;
	lq_graph_links(m->graph, close_outlet, m);
	while (m->tracks)
		lq__media_remove(m, &m->tracks->track);
	lq__media_close(m, LQ_SEND);
	lq__media_close(m, LQ_RECEIVE);
	lq_graph_destroy(m->graph);
	free(m);
}

lq_graph *lq__media_graph(lq__media *m)
{
	return m->graph;
}

lq_registry *lq__media_registry(lq__media *m)
{
	return m->config.registry;
}
