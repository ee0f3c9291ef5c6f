/* The groups of a room's graph: what they are called, and where they join the transport and the taps. */
#include "media_private.h"

#include <stdio.h>
#include <string.h>

void lq__group_name(const lq__media_track *t, char out[LQ__GROUP_MAX])
{
	const char *stream = lq__stream_label(t->stream), *kind = lq__kind_label(t->kind);
	if (lq__is_local(t))
		snprintf(out, LQ__GROUP_MAX, "publish/%s/%s", stream, kind);
	else
		snprintf(out, LQ__GROUP_MAX, "subscribe/%s/%s/%s", t->user, stream, kind);
}

int lq__group_parse(const char *node, lq__media_track *out)
{
	char stream[16], kind[16], user[LQ__USER_MAX + 1] = "";
	int used = 0;
	if (!strncmp(node, LQ__VIEW_PREFIX, sizeof LQ__VIEW_PREFIX - 1))
		node += sizeof LQ__VIEW_PREFIX - 1;
	if ((sscanf(node, "publish/%15[^/]/%15[^/]%n", stream, kind, &used) != 2 || !used) &&
	    (sscanf(node, "subscribe/%128[^/]/%15[^/]/%15[^/]%n", user, stream, kind, &used) != 3 || !used))
		return LQ_ENOENT;
	if (lq__stream_parse(stream, &out->stream) || (strcmp(kind, "audio") && strcmp(kind, "video")))
		return LQ_ENOENT;
	out->kind = strcmp(kind, "audio") ? LQ_VIDEO : LQ_AUDIO;
	memcpy(out->user, user, sizeof user);
	return 0;
}

int lq__in_group(const lq_node *node, const char *group)
{
	size_t n = strlen(group);
	const char *name = lq_node_name(node);
	return !strncmp(name, group, n) && name[n] == '/';
}

/* Is it of a further encoding? */
static int is_layer(const lq_node *node, const char *group)
{
	return !strncmp(lq_node_name(node) + strlen(group) + 1, LQ__LAYER_PREFIX, strlen(LQ__LAYER_PREFIX));
}

lq_link *lq__media_net_link(lq__media *m, const char *group, int local)
{
	lq_link *l;
	for (uint32_t i = 0; (l = lq_node_link(m->net, local ? LQ_IN : LQ_OUT, i)); i++)
		if (lq__in_group(local ? lq_link_from(l) : lq_link_to(l), group) && !(local && is_layer(lq_link_from(l), group)))
			return l;
	return NULL;
}

const char *lq__out_port_name(const lq_link *l)
{
	const lq_node_desc *d = lq_node_descriptor(lq_link_from(l));
	uint32_t port = lq_link_from_port(l);
	return port < d->n_ports ? d->ports[port].name : NULL;
}

/* Without one (no memory) a sound is only not in the reports. */
static void add_meter(lq__media *m, const lq__media_track *t, lq_node *tap)
{
	lq__meter *meter = lq__meter_ref(lq__room_meters(m->config.room), t->user, t->stream);
	if (meter && lq_node_call(tap, lq__tap_meter, meter, "meter", NULL))
		lq__meter_unref(meter);
}

int lq__media_tap(lq__media *m, const lq__media_track *t, const char *group, lq_link *l, lq_diag *diag)
{
	char name[LQ__GROUP_MAX + 8];
	lq_node *from = lq_link_from(l), *tap;
	snprintf(name, sizeof name, "%s/tap", group);
	lq_node_config nc = {.name = name, .use = LQ__TAP_ID, .loop = lq_node_loop(from), .group = group};
	int r = lq_graph_add_node(m->graph, &nc, name, diag, &tap);
	if (r)
		return r;
	lq__view *view = lq__views_ref(m->config.views, t->user, t->stream, t->kind);
	if (!view)
		return LQ_ENOMEM;
	if ((r = lq_node_call(tap, lq__tap_attach, view, name, diag))) {
		lq__view_unref(view);
		return r;
	}
	if (t->kind == LQ_AUDIO && m->config.room)
		add_meter(m, t, tap);
	return lq_graph_link(m->graph, from, lq__out_port_name(l), tap, "in", NULL, name, diag, NULL);
}

lq_node *lq__media_codec(lq__media *m, const char *group, int local)
{
	lq_link *l = lq__media_net_link(m, group, local);
	for (; l; l = lq_node_link(local ? lq_link_from(l) : lq_link_to(l), local ? LQ_IN : LQ_OUT, 0)) {
		lq_node *n = local ? lq_link_from(l) : lq_link_to(l);
		if (!lq__in_group(n, group))
			return NULL;
		if (lq_node_descriptor(n)->kind == LQ_KIND_CODEC)
			return n;
	}
	return NULL;
}

lq_link *lq__media_raw(lq__media *m, const lq__media_track *t)
{
	char group[LQ__GROUP_MAX];
	lq__group_name(t, group);
	lq_node *codec = lq__media_codec(m, group, lq__is_local(t));
	return codec ? lq_node_link(codec, lq__is_local(t) ? LQ_IN : LQ_OUT, 0) : NULL;
}
