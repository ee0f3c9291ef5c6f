/* A room's media change over from one profile to another while they run: parameters that may change at once are set, nodes with others are exchanged in one edit for each
 * track. What is not as the old profile has it, the app has set, and that stays. [media thread] */
#include <stdio.h>
#include <string.h>

#include "choices.h"
#include "encode.h"
#include "media_private.h"
#include "room.h"

enum { NODES_MAX = 8, PARAMS_MAX = 16, VALUE_ROOM = 128 };

typedef struct changeover {
	lq__media *m;
	const lq_profile *from, *to;
	lq__entry *entry;
	int keeps_rate, keeps_sound; /* the app has said the bit rate; how its sound is encoded */
	lq_node *nodes[NODES_MAX];
	size_t n_nodes;
} changeover;

typedef struct settings {
	lq_param_text items[PARAMS_MAX];
	char values[PARAMS_MAX][VALUE_ROOM];
	size_t n;
	int all_runtime;
} settings;

static const char *short_name(const lq_node *node)
{
	const char *name = lq_node_name(node), *slash = strrchr(name, '/');
	return slash ? slash + 1 : name;
}

/* A further encoding of a picture has the best one's parameters, but for its rate. */
static const char *profile_name(const lq_node *node, const char *encoder)
{
	const char *name = short_name(node);
	return !strncmp(name, LQ__LAYER_PREFIX, strlen(LQ__LAYER_PREFIX)) ? encoder : name;
}

static int is_kept(const changeover *c, const lq_node *node, const char *param)
{
	int is_codec = lq_node_descriptor(node)->kind == LQ_KIND_CODEC, is_rate = !strcmp(param, "bitrate");
	if (c->entry && c->entry->track.kind == LQ_AUDIO)
		return c->keeps_sound && (is_codec || !strcmp(param, "channels"));
	return is_rate && (c->keeps_rate || strcmp(profile_name(node, ""), short_name(node)));
}

/* Whether the two profiles differ in a parameter and the node has it as the old one says; then `out` is what the new one says. */
static int differs(const changeover *c, const char *graph, const char *name, const lq_node *node, const lq_param_desc *d, char out[VALUE_ROOM])
{
	char before[VALUE_ROOM], after[VALUE_ROOM];
	const char *now = lq_node_param(node, d->name), *def = d->def ? d->def : "";
	if (lq_profile_param(c->from, graph, name, d->name, before, sizeof before))
		snprintf(before, sizeof before, "%s", def);
	if (lq_profile_param(c->to, graph, name, d->name, after, sizeof after))
		snprintf(after, sizeof after, "%s", def);
	if (!strcmp(before, after) || strcmp(now ? now : def, before))
		return 0;
	memcpy(out, after, sizeof after);
	return 1;
}

static void collect(const changeover *c, const char *graph, const char *name, const lq_node *node, settings *out)
{
	const lq_node_desc *d = lq_node_descriptor(node);
	out->n = 0;
	out->all_runtime = 1;
	for (uint32_t i = 0; i < d->n_params && out->n < PARAMS_MAX; i++) {
		if (is_kept(c, node, d->params[i].name) || !differs(c, graph, name, node, &d->params[i], out->values[out->n]))
			continue;
		out->items[out->n] = (lq_param_text){d->params[i].name, out->values[out->n]};
		out->all_runtime &= (d->params[i].flags & LQ_PARAM_RUNTIME) != 0;
		out->n++;
	}
}

static int set_all(lq_node *node, const settings *s, lq_diag *diag)
{
	int r = 0;
	for (size_t i = 0; !r && i < s->n; i++)
		r = lq_node_set_param(node, s->items[i].name, s->items[i].value, "profile", diag);
	return r;
}

/* ---- what we send ---- */

/* Our nodes on the way from the source to the encoder; behind an encoder's raw link those of further encodings. */
static void find_nodes(changeover *c, const char *group)
{
	lq_link *l;
	c->n_nodes = 0;
	for (lq_node *n = lq__media_codec(c->m, group, 1); n && lq__in_group(n, group) && c->n_nodes < NODES_MAX; n = l ? lq_link_from(l) : NULL) {
		c->nodes[c->n_nodes++] = n;
		l = lq_node_link(n, LQ_IN, 0);
	}
	for (unsigned i = 1; i < c->entry->n_layers && c->n_nodes < NODES_MAX; i++) {
		lq_node *n = lq__media_layer_encoder(c->m, c->entry, i);
		if (n)
			c->nodes[c->n_nodes++] = n;
	}
}

/* Echo, noise and level are told apart from the app's wishes in voice.c. */
static void note_voice(changeover *c, const char *name)
{
	static const char *const params[LQ__VOICE] = {"echo", "noise", "gain"};
	for (unsigned i = 0; i < LQ__VOICE; i++) {
		char value[sizeof c->entry->voice[0]];
		if (*c->entry->voice[i] && !lq_profile_param(c->to, "publish", name, params[i], value, sizeof value))
			memcpy(c->entry->voice[i], value, sizeof value);
		else if (*c->entry->voice[i] && !lq_profile_param(c->from, "publish", name, params[i], value, sizeof value))
			*c->entry->voice[i] = 0; /* the node's default, seen once it runs */
	}
}

/* All nodes that have to be made anew change places at once, so that formats fit again. */
static int exchange(changeover *c, const char *encoder, lq_diag *diag)
{
	settings s;
	lq_edit *edit = NULL;
	int r = 0, any = 0;
	for (size_t i = 0; !r && i < c->n_nodes; i++) {
		collect(c, "publish", profile_name(c->nodes[i], encoder), c->nodes[i], &s);
		if (!s.n)
			continue;
		if (s.all_runtime)
			continue;
		r = edit ? 0 : lq_edit_create(lq__media_graph(c->m), &edit);
		if (!r)
			r = lq_edit_replace(edit, c->nodes[i], &(lq_node_config){.params = s.items, .n_params = s.n}, "profile", diag, NULL);
		any = 1;
	}
	if (!r && any)
		r = lq_edit_commit(edit, 0, diag);
	lq_edit_destroy(edit);
	return r;
}

static int set_runtime(changeover *c, const char *encoder, lq_diag *diag)
{
	settings s;
	int r = 0;
	for (size_t i = 0; !r && i < c->n_nodes; i++) {
		collect(c, "publish", profile_name(c->nodes[i], encoder), c->nodes[i], &s);
		r = s.all_runtime ? set_all(c->nodes[i], &s, diag) : 0;
	}
	return r;
}

/* How much may wait on the way to the network. */
static void set_queue(changeover *c, const char *group)
{
	lq_queue_config q;
	lq_node *codec = lq__media_codec(c->m, group, 1);
	lq_link *l;
	for (uint32_t i = 0; codec && (l = lq_node_link(codec, LQ_OUT, i)); i++)
		if (lq_link_to(l) == c->m->net && !lq_profile_queue(c->to, "publish", short_name(codec), short_name(c->m->net), &q))
			lq_link_set_time_limit(l, q.ms);
}

static int change_local(changeover *c, lq_diag *diag)
{
	char group[LQ__GROUP_MAX], encoder[64];
	lq__group_name(&c->entry->track, group);
	find_nodes(c, group);
	if (!c->n_nodes) /* it comes encoded */
		return 0;
	snprintf(encoder, sizeof encoder, "%s", short_name(c->nodes[0]));
	int r = exchange(c, encoder, diag);
	if (r)
		return r;
	find_nodes(c, group);
	r = set_runtime(c, encoder, diag);
	set_queue(c, group);
	if (c->entry->track.kind == LQ_AUDIO) {
		note_voice(c, "aec");
		lq__voice_apply(c->m->config.room, c->m, &c->entry->track);
		lq__volume_apply(c->m->config.room, c->m, &c->entry->track);
		lq__device_volume_apply(c->m->config.room, c->m, &c->entry->track);
	}
	return r;
}

/* ---- what we receive ---- */

static void change_remote(changeover *c)
{
	char group[LQ__GROUP_MAX];
	lq_queue_config q;
	lq_link *l;
	lq__group_name(&c->entry->track, group);
	lq_node *decoder = lq__media_codec(c->m, group, 0);
	for (uint32_t i = 0; decoder && (l = lq_node_link(decoder, LQ_IN, i)); i++)
		if (lq_link_from(l) == c->m->net && !lq_profile_queue(c->to, "subscribe", short_name(c->m->net), short_name(decoder), &q))
			lq_link_set_time_limit(l, q.ms);
}

static void choices_of(changeover *c)
{
	lq_room *room = c->m->config.room;
	lq__encode e;
	lq__encode_of(room, c->entry->track.stream, &e);
	c->keeps_rate = e.n && e.layers[0].bitrate;
	pthread_mutex_lock(&room->lock);
	c->keeps_sound = room->choices.audio_profile != 0;
	pthread_mutex_unlock(&room->lock);
}

int lq__media_profile(lq__media *m, const lq_profile *to, lq_diag *diag)
{
	changeover c = {.m = m, .from = m->config.profile, .to = to};
	settings s;
	int r = 0;
	if (to == m->config.profile)
		return 0;
	collect(&c, "shared", short_name(m->net), m->net, &s);
	if (s.all_runtime)
		r = set_all(m->net, &s, diag);
	for (lq__entry *e = m->tracks; e; e = e->next) {
		c.entry = e;
		if (*e->track.user) {
			change_remote(&c);
			continue;
		}
		choices_of(&c);
		int failed = change_local(&c, diag);
		r = r ? r : failed;
	}
	m->config.profile = to; /* of what comes from now on, too */
	return r;
}
