/* The tracks of a room: their groups are built, bound to the transport, muted, changed and taken down. */
#include "media_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/log.h>

#include "choices.h"

typedef lq__entry entry;

static int build(lq__media *m, const lq__media_track *t, const char *group, const lq_format *in, lq_diag *diag)
{
	lq__choice_list choices = {0};
	if (m->config.room)
		lq__choices_of(m->config.room, t, &choices);
	lq_profile_build_config bc = {
		.graph_name = lq__is_local(t) ? "publish" : "subscribe",
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
	int local = lq__is_local(&e->track);
	lq_link *l = lq__media_net_link(m, group, local);
	if (!l)
		return lq_diag_add(diag, LQ_ENOENT, lq_profile_name(m->config.profile), "graphs.%s has no chain %s net.%s", local ? "publish" : "subscribe",
		                   local ? "to" : "from", lq__kind_label(e->track.kind));
	e->port = local ? lq_link_to_port(l) : lq_link_from_port(l);
	return 0;
}

/* mid "": the port is no part of the description any more. */
static int bind(lq__media *m, entry *e, const char *mid, lq_diag *diag)
{
	uint32_t direction = lq__is_local(&e->track) ? LQ_SEND : LQ_RECEIVE;
	return e->n_layers > 1 ? lq__media_layers_bind(m, e, mid, diag) : lq__media_bind_port(m, direction, e->port, mid, diag);
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
	lq_link *l = encoder ? lq_node_link(encoder, LQ_IN, 0) : lq__media_net_link(m, group, 1);
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
	return (r = lq__media_tap(m, &e->track, group, raw, diag)) ? r : lq_graph_start(m->graph, group, diag);
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
	if (raw && (r = lq__media_tap(m, &e->track, group, raw, diag)))
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

/* What is previewed already goes on as it is. */
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
	if (lq__is_local(t))
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
