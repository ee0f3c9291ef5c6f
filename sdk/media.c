#include "media_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/log.h>

#include "choices.h"

enum { SDP_MAX = 256 * 1024 };

typedef lq__entry entry;

static int is_local(const lq__media_track *t)
{
	return !*t->user;
}

void lq__group_name(const lq__media_track *t, char out[LQ__GROUP_MAX])
{
	const char *stream = lq__stream_label(t->stream), *kind = lq__kind_label(t->kind);
	if (is_local(t))
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

lq__entry *lq__media_find(lq__media *m, const lq__media_track *t)
{
	for (entry *e = m->tracks; e; e = e->next)
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

static int op_close(const lq_node_desc *desc, void *self, void *arg)
{
	const lq_transport_ops *ops = desc->kind_ops;
	ops->close(self, *(uint32_t *)arg);
	return 0;
}

static void close_direction(lq__media *m, uint32_t direction)
{
	if (m->open[direction])
		lq_node_call(m->net, op_close, &direction, NULL, NULL);
	m->open[direction] = 0;
}

void lq__media_anew(lq__media *m)
{
	for (entry *e = m->tracks, *next; e; e = next) {
		next = e->next;
		if (!is_local(&e->track))
			lq__media_remove(m, &e->track);
	}
	close_direction(m, LQ_SEND);
	close_direction(m, LQ_RECEIVE);
}

/* What is sent elsewhere: it ends before those who are in it go. */
static void close_outlet(void *arg, const lq_link_info *info)
{
	lq__media *m = arg;
	lq_node *to = lq_link_to(info->link);
	uint32_t direction = LQ_SEND;
	if (to != m->net && lq_node_descriptor(to)->kind == LQ_KIND_TRANSPORT)
		lq_node_call(to, op_close, &direction, NULL, NULL);
}

void lq__media_destroy(lq__media *m)
{
	if (!m)
		return;
	lq_graph_links(m->graph, close_outlet, m);
	while (m->tracks)
		lq__media_remove(m, &m->tracks->track);
	close_direction(m, LQ_SEND);
	close_direction(m, LQ_RECEIVE);
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

/* ---- the transport ---- */

typedef struct net_call {
	uint32_t direction, port;
	const char *text;
	char *out;
	size_t size;
} net_call;

static int op_open(const lq_node_desc *desc, void *self, void *arg)
{
	net_call *c = arg;
	return ((const lq_transport_ops *)desc->kind_ops)->open(self, c->direction, NULL);
}

static int op_bind(const lq_node_desc *desc, void *self, void *arg)
{
	net_call *c = arg;
	return ((const lq_transport_ops *)desc->kind_ops)->bind(self, c->port, c->text);
}

static int op_describe(const lq_node_desc *desc, void *self, void *arg)
{
	net_call *c = arg;
	return ((const lq_transport_ops *)desc->kind_ops)->describe(self, c->direction, c->out, c->size);
}

static int op_set_remote(const lq_node_desc *desc, void *self, void *arg)
{
	net_call *c = arg;
	return ((const lq_transport_ops *)desc->kind_ops)->set_remote(self, c->direction, c->text);
}

static int call(lq__media *m, lq_node_fn fn, net_call *c, lq_diag *diag)
{
	return lq_node_call(m->net, fn, c, c->direction == LQ_SEND ? "publish" : "subscribe", diag);
}

static int open_direction(lq__media *m, uint32_t direction, lq_diag *diag)
{
	int r = m->open[direction] ? 0 : call(m, op_open, &(net_call){.direction = direction}, diag);
	if (!r)
		m->open[direction] = 1;
	return r;
}

int lq__media_describe(lq__media *m, uint32_t direction, char **out, lq_diag *diag)
{
	int r = open_direction(m, direction, diag);
	if (r)
		return r;
	net_call c = {.direction = direction, .out = malloc(SDP_MAX), .size = SDP_MAX};
	if (!c.out)
		return LQ_ENOMEM;
	if ((r = call(m, op_describe, &c, diag))) {
		free(c.out);
		return r;
	}
	char *fit = realloc(c.out, strlen(c.out) + 1);
	*out = fit ? fit : c.out;
	return 0;
}

int lq__media_set_remote(lq__media *m, uint32_t direction, const char *sdp, lq_diag *diag)
{
	int r = open_direction(m, direction, diag);
	return r ? r : call(m, op_set_remote, &(net_call){.direction = direction, .text = sdp}, diag);
}

int lq__media_is_transport(lq__media *m, const char *node)
{
	return !strcmp(node, lq_node_name(m->net));
}

const lq__media_track *lq__media_port(lq__media *m, uint32_t direction, uint32_t port)
{
	for (entry *e = m->tracks; e; e = e->next)
		if (e->port == port && is_local(&e->track) == (direction == LQ_SEND))
			return &e->track;
	return NULL;
}

/* ---- groups ---- */

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

/* The link between the transport and a group, of several encodings that of the first; NULL when the profile has no chain for it. */
static lq_link *net_link(lq__media *m, const char *group, int local)
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

/* Puts a tap on the output that feeds link l. */
static int add_tap(lq__media *m, const lq__media_track *t, const char *group, lq_link *l, lq_diag *diag)
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

static int build(lq__media *m, const lq__media_track *t, const char *group, const lq_format *in, lq_diag *diag)
{
	lq__choice_list choices = {0};
	if (m->config.room)
		lq__choices_of(m->config.room, t, &choices);
	lq_profile_build_config bc = {
		.graph_name = is_local(t) ? "publish" : "subscribe",
		.group = group,
		.media = t->kind == LQ_AUDIO ? LQ_MEDIA_AUDIO : LQ_MEDIA_VIDEO,
		.in_format = in,
		.overrides = choices.at,
		.n_overrides = choices.n,
	};
	return lq_profile_build(m->config.profile, m->graph, &bc, diag);
}

static int find_port(lq__media *m, entry *e, const char *group, lq_diag *diag)
{
	int local = is_local(&e->track);
	lq_link *l = net_link(m, group, local);
	if (!l)
		return lq_diag_add(diag, LQ_ENOENT, lq_profile_name(m->config.profile), "graphs.%s has no chain %s net.%s", local ? "publish" : "subscribe",
		                   local ? "to" : "from", lq__kind_label(e->track.kind));
	e->port = local ? lq_link_to_port(l) : lq_link_from_port(l);
	return 0;
}

int lq__media_bind_port(lq__media *m, uint32_t direction, uint32_t port, const char *name, lq_diag *diag)
{
	net_call c = {.direction = direction, .port = port, .text = name};
	int r = open_direction(m, direction, diag);
	return r ? r : call(m, op_bind, &c, diag);
}

/* mid "": the port is no part of the description any more. */
static int bind(lq__media *m, entry *e, const char *mid, lq_diag *diag)
{
	uint32_t direction = is_local(&e->track) ? LQ_SEND : LQ_RECEIVE;
	return e->n_layers > 1 ? lq__media_layers_bind(m, e, mid, diag) : lq__media_bind_port(m, direction, e->port, mid, diag);
}

lq_node *lq__media_codec(lq__media *m, const char *group, int local)
{
	lq_link *l = net_link(m, group, local);
	lq_node *n = !l ? NULL : local ? lq_link_from(l) : lq_link_to(l);
	return n && lq_node_descriptor(n)->kind == LQ_KIND_CODEC ? n : NULL;
}

lq_link *lq__media_raw(lq__media *m, const lq__media_track *t)
{
	char group[LQ__GROUP_MAX];
	lq__group_name(t, group);
	lq_node *codec = lq__media_codec(m, group, is_local(t));
	return codec ? lq_node_link(codec, is_local(t) ? LQ_IN : LQ_OUT, 0) : NULL;
}

static entry *entry_new(const lq__media_track *t)
{
	entry *e = calloc(1, sizeof *e);
	if (e)
		e->track = *t;
	return e;
}

static void keep(lq__media *m, entry *e)
{
	e->next = m->tracks;
	m->tracks = e;
}

/* The encoder's input, so that the app's own preview goes on; for a source that brings packets, the transport's. */
static void apply_mute(lq__media *m, const entry *e)
{
	char group[LQ__GROUP_MAX];
	int muted = e->muted || !e->published;
	lq__group_name(&e->track, group);
	lq_node *encoder = lq__media_codec(m, group, 1);
	lq_link *l = encoder ? lq_node_link(encoder, LQ_IN, 0) : net_link(m, group, 1);
	if (l)
		lq_link_set_muted(l, muted);
	lq__media_layers_mute(m, e, muted);
	if (!muted && encoder)
		lq_node_send_event(encoder, &(lq_event){.struct_size = sizeof(lq_event), .type = LQ_EVENT_KEY_FRAME});
}

/* The tap is on what the encoder gets, behind any converter that the start of the group put in; so it comes second. */
static int start_local(lq__media *m, entry *e, const char *group, lq_diag *diag)
{
	int r;
	if ((r = build(m, &e->track, group, NULL, diag)) || (r = lq__media_layers_build(m, e, diag)) || (r = lq_graph_start(m->graph, group, diag)) || (r = find_port(m, e, group, diag)))
		return r;
	if (e->track.kind == LQ_VIDEO && (r = lq__media_mirror_entry(m, e, diag))) {
		lq_log(LQ_LOG_WARNING, "sdk", "%s is not mirrored: %s", group, lq_error_text(r));
		lq_diag_clear(diag);
	}
	lq_link *raw = lq__media_raw(m, &e->track);
	if (!raw)
		return 0;
	return (r = add_tap(m, &e->track, group, raw, diag)) ? r : lq_graph_start(m->graph, group, diag);
}

static int start_subscribe(lq__media *m, entry *e, const char *group, lq_diag *diag)
{
	static const struct { const char *name; uint32_t codec; } codecs[] = {
		{"opus", LQ_CODEC_OPUS}, {"H264", LQ_CODEC_H264}, {"VP8", LQ_CODEC_VP8}, {"VP9", LQ_CODEC_VP9}, {"AV1", LQ_CODEC_AV1},
		{"H265", LQ_CODEC_H265}, {"PCMU", LQ_CODEC_PCMU}, {"PCMA", LQ_CODEC_PCMA}, {"AAC", LQ_CODEC_AAC},
	};
	lq_format in = {.struct_size = sizeof in, .media = e->track.kind == LQ_AUDIO ? LQ_MEDIA_AUDIO : LQ_MEDIA_VIDEO};
	int r;
	for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
		if (!strcmp(codecs[i].name, e->track.codec))
			in.codec = codecs[i].codec;
	if (!in.codec)
		return lq_diag_add(diag, LQ_ENOTSUP, group, "codec \"%s\" is not known here", e->track.codec);
	if ((r = build(m, &e->track, group, &in, diag)) || (r = find_port(m, e, group, diag)) || (r = bind(m, e, e->track.mid, diag)))
		return r;
	lq_link *raw = lq__media_raw(m, &e->track);
	if (raw && (r = add_tap(m, &e->track, group, raw, diag)))
		return r;
	if ((r = lq_graph_start(m->graph, group, diag)))
		return r;
	lq__media_say_name(m, &e->track);
	return 0;
}

static int add(lq__media *m, const lq__media_track *t, int (*start)(lq__media *, entry *, const char *, lq_diag *), lq_diag *diag)
{
	char group[LQ__GROUP_MAX];
	if (lq__media_find(m, t))
		return LQ_EEXIST;
	entry *e = entry_new(t);
	if (!e)
		return LQ_ENOMEM;
	lq__group_name(t, group);
	int r = start(m, e, group, diag);
	if (!r && m->config.room)
		lq__volume_apply(m->config.room, m, t);
	if (!r)
		keep(m, e);
	if (!r && m->config.room)
		lq__device_volume_apply(m->config.room, m, t);
	if (!r && m->config.room)
		lq__voice_apply(m->config.room, m, t);
	if (!r)
		return 0;
	lq_graph_remove(m->graph, group);
	free(e);
	return r;
}

int lq__media_preview(lq__media *m, const lq__media_track *t, lq_diag *diag)
{
	int r = lq__media_find(m, t) ? 0 : add(m, t, start_local, diag);
	if (!r)
		apply_mute(m, lq__media_find(m, t));
	return r;
}

static void note_layers(const entry *e, lq__media_track *t)
{
	t->n_layers = e->n_layers;
	for (unsigned i = 0; i < e->n_layers; i++) {
		snprintf(t->layers[i].rid, sizeof t->layers[i].rid, "%s", lq__media_layer_rid(e, i));
		t->layers[i].width = e->layers[i].width;
		t->layers[i].height = e->layers[i].height;
	}
}

/* What is previewed already goes on as it is. */
/* How large our picture is, which others are told with it. What comes encoded says so only with its packets. */
static void note_size(lq__media *m, lq__media_track *t)
{
	char name[LQ__GROUP_MAX + 8];
	lq__group_name(t, name);
	strcat(name, "/tap");
	lq_node *tap = t->kind == LQ_VIDEO ? lq_graph_find(m->graph, name) : NULL;
	if (tap)
		lq_node_call(tap, lq__tap_size, t, NULL, NULL);
}

int lq__media_publish(lq__media *m, lq__media_track *t, lq_diag *diag)
{
	entry *e = lq__media_find(m, t);
	int was_there = e != NULL;
	snprintf(t->mid, sizeof t->mid, "%u", (unsigned)t->stream * 2 + (t->kind == LQ_VIDEO));
	if (e && e->published)
		return LQ_EEXIST;
	int r = was_there ? 0 : add(m, t, start_local, diag);
	if (r)
		return r;
	e = lq__media_find(m, t);
	if ((r = bind(m, e, t->mid, diag))) {
		if (!was_there)
			lq__media_remove(m, t);
		return r;
	}
	e->published = 1;
	note_layers(e, t);
	note_size(m, t);
	if (was_there)
		apply_mute(m, e);
	return 0;
}

void lq__media_unpublish(lq__media *m, const lq__media_track *t)
{
	entry *e = lq__media_find(m, t);
	if (!e || !e->published)
		return;
	if (bind(m, e, "", NULL)) {
		lq__media_remove(m, t);
		return;
	}
	e->published = 0;
	apply_mute(m, e);
}

int lq__media_subscribe(lq__media *m, const lq__media_track *t, lq_diag *diag)
{
	return add(m, t, start_subscribe, diag);
}

int lq__media_has(lq__media *m, const lq__media_track *t)
{
	return lq__media_find(m, t) != NULL;
}

void lq__media_remove(lq__media *m, const lq__media_track *t)
{
	char group[LQ__GROUP_MAX];
	entry *e = lq__media_find(m, t);
	if (!e)
		return;
	lq__media_unview(m, e);
	lq__group_name(t, group);
	lq_graph_remove(m->graph, group);
	for (entry **p = &m->tracks; *p; p = &(*p)->next)
		if (*p == e) {
			*p = e->next;
			break;
		}
	free(e);
}

void lq__media_mute(lq__media *m, const lq__media_track *t, int muted)
{
	entry *e = lq__media_find(m, t);
	if (!e)
		return;
	e->muted = muted;
	if (is_local(t))
		apply_mute(m, e);
	else if (t->kind == LQ_VIDEO) /* silence needs no telling */
		lq__media_tell_sinks(m, t, &(lq_event){.type = LQ_EVENT_INPUT_GAIN, .value = muted ? 0 : 1000});
}

int lq__media_change(lq__media *m, const lq__media_track *t, const lq__change *c, lq_diag *diag)
{
	char group[LQ__GROUP_MAX], full[LQ__GROUP_MAX + 64], name[LQ__GROUP_MAX + 64];
	if (c->type == LQ__CHANGE_SOURCE || c->type == LQ__CHANGE_SPEAKER)
		return lq__media_select(m, t, c, diag);
	lq__group_name(t, group);
	snprintf(full, sizeof full, "%s/%.60s", group, c->node);
	if (!lq__media_find(m, t))
		return lq_diag_add(diag, LQ_ENOENT, group, "there is no such stream");
	lq_node *node = lq_graph_find(m->graph, full);
	if (!node)
		return lq_diag_add(diag, LQ_ENOENT, group, "the stream has no node \"%s\"", c->node);
	lq_node_config config = {.use = c->use, .params = c->settings, .n_params = c->n_settings};
	if (c->type == LQ__CHANGE_SWAP)
		return lq_node_change(node, &config, c->node, diag);
	if (c->type == LQ__CHANGE_TAKE_OUT)
		return lq_node_take_out(node, c->node, diag);
	snprintf(name, sizeof name, "%s/%s", group, c->name);
	config.name = name;
	config.group = group;
	return lq_node_insert_behind(node, NULL, &config, c->name, diag);
}
