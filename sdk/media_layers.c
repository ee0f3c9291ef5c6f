/* A local picture in several encodings: what the profile builds is the best, and beside its encoder hang a scaler and an encoder for each other one. [media thread] */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "media_private.h"

enum { PARAMS_MAX = 32, NAME_ROOM = LQ__GROUP_MAX + 24, DEFAULT_RATE = 1500000, RATE_FLOOR = 30000 };

static const char *const rids[LQ__LAYERS_MAX][LQ__LAYERS_MAX] = {{"h"}, {"h", "l"}, {"h", "m", "l"}};

static void node_name(const lq__entry *e, unsigned i, const char *what, char out[NAME_ROOM])
{
	char group[LQ__GROUP_MAX];
	lq__group_name(&e->track, group);
	snprintf(out, NAME_ROOM, "%s/" LQ__LAYER_PREFIX "%u.%s", group, i, what);
}

static lq_node *capture_of(lq_node *node)
{
	lq_link *l;
	while (node && lq_node_descriptor(node)->kind != LQ_KIND_CAPTURE)
		node = (l = lq_node_link(node, LQ_IN, 0)) ? lq_link_from(l) : NULL;
	return node;
}

static int has_param(const lq_node *node, const char *name)
{
	const lq_node_desc *d = lq_node_descriptor(node);
	for (uint32_t i = 0; i < d->n_params; i++)
		if (!strcmp(d->params[i].name, name))
			return 1;
	return 0;
}

/* As it was given, or its default. */
static const char *param_of(const lq_node *node, const char *name)
{
	const lq_node_desc *d = lq_node_descriptor(node);
	const char *text = lq_node_param(node, name);
	for (uint32_t i = 0; !text && i < d->n_params; i++)
		if (!strcmp(d->params[i].name, name))
			text = d->params[i].def;
	return text;
}

/* Fills in what the app left open; the first layer's size is known when the source says it. */
static void complete(lq_node *encoder, lq__encode *want)
{
	lq_node *cam = capture_of(encoder);
	const char *size = cam ? param_of(cam, "size") : NULL, *rate = param_of(encoder, "bitrate");
	lq_video_layer *l = want->layers;
	if (!l[0].width && (!size || sscanf(size, "%" SCNu32 "x%" SCNu32, &l[0].width, &l[0].height) != 2))
		l[0].width = l[0].height = 0;
	if (!l[0].bitrate)
		l[0].bitrate = rate ? (uint32_t)strtoul(rate, NULL, 10) : DEFAULT_RATE;
	for (unsigned i = 1; i < want->n; i++) {
		if (!l[i].width) {
			l[i].width = l[i - 1].width / 2 & ~1u;
			l[i].height = l[i - 1].height / 2 & ~1u;
		}
		if (!l[i].bitrate)
			l[i].bitrate = l[i - 1].bitrate / 3 > RATE_FLOOR ? l[i - 1].bitrate / 3 : RATE_FLOOR;
		if (!l[i].fps)
			l[i].fps = l[i - 1].fps;
	}
}

static size_t encoder_params(const lq_node *encoder, const char *bitrate, lq_param_text out[PARAMS_MAX])
{
	const lq_node_desc *d = lq_node_descriptor(encoder);
	size_t n = 0;
	for (uint32_t i = 0; i < d->n_params && n < PARAMS_MAX; i++) {
		const char *name = d->params[i].name, *text = strcmp(name, "bitrate") ? lq_node_param(encoder, name) : bitrate;
		if (text)
			out[n++] = (lq_param_text){name, text};
	}
	return n;
}

typedef struct texts {
	char size[24], fps[16], bitrate[16];
	lq_param_text scale[2];
	size_t n_scale;
} texts;

static void texts_of(const lq_video_layer *l, texts *t)
{
	t->n_scale = 0;
	snprintf(t->size, sizeof t->size, "%" PRIu32 "x%" PRIu32, l->width, l->height);
	snprintf(t->fps, sizeof t->fps, "%" PRIu32 "/1", l->fps);
	snprintf(t->bitrate, sizeof t->bitrate, "%" PRIu32, l->bitrate);
	t->scale[t->n_scale++] = (lq_param_text){"size", t->size};
	if (l->fps)
		t->scale[t->n_scale++] = (lq_param_text){"fps", t->fps};
}

static int add_layer(lq__media *m, lq__entry *e, unsigned i, lq_node *encoder, lq_diag *diag)
{
	char group[LQ__GROUP_MAX], scaler_name[NAME_ROOM], encoder_name[NAME_ROOM];
	lq_param_text params[PARAMS_MAX];
	texts t;
	lq_node *scaler, *fresh;
	lq_link *raw = lq_node_link(encoder, LQ_IN, 0), *out;
	lq__group_name(&e->track, group);
	node_name(e, i, "scale", scaler_name);
	node_name(e, i, "enc", encoder_name);
	texts_of(&e->layers[i], &t);
	if (!e->layers[i].width)
		return lq_diag_add(diag, LQ_EINVAL, group, "the source does not say its size: lq_video_encode_set must say it for layer %u", i);
	lq_node_config sc = {.name = scaler_name, .use = "filter.scale", .loop = lq_node_loop(encoder), .group = group, .params = t.scale, .n_params = t.n_scale};
	lq_node_config ec = {.name = encoder_name, .use = lq_node_descriptor(encoder)->id, .loop = lq_node_loop(encoder), .group = group, .params = params,
	                     .n_params = encoder_params(encoder, t.bitrate, params)};
	lq_queue_config latest = {.policy = LQ_QUEUE_LATEST, .buffers = 1}, packets = {.policy = LQ_QUEUE_DROP_TO_KEYFRAME, .ms = 200};
	int r = lq_graph_add_node(m->graph, &sc, scaler_name, diag, &scaler);
	if (!r)
		r = lq_graph_add_node(m->graph, &ec, encoder_name, diag, &fresh);
	if (!r)
		r = lq_graph_link(m->graph, lq_link_from(raw), lq__out_port_name(raw), scaler, "in", &latest, scaler_name, diag, NULL);
	if (!r)
		r = lq_graph_link(m->graph, scaler, "out", fresh, "in", NULL, encoder_name, diag, NULL);
	if (!r)
		r = lq_graph_link(m->graph, fresh, "out", m->net, "video", &packets, encoder_name, diag, &out);
	if (!r)
		e->layer_ports[i] = lq_link_to_port(out);
	return r;
}

int lq__media_layers_build(lq__media *m, lq__entry *e, lq_diag *diag)
{
	char group[LQ__GROUP_MAX];
	lq__encode want = {0};
	lq__group_name(&e->track, group);
	lq_node *encoder = lq__media_codec(m, group, 1);
	if (m->config.room && e->track.kind == LQ_VIDEO)
		lq__encode_of(m->config.room, e->track.stream, &want);
	if (!want.n)
		return 0;
	if (encoder)
		complete(encoder, &want);
	else if (want.n > 1)
		return lq_diag_add(diag, LQ_ENOTSUP, group, "the profile has no encoder here, so there is one layer only");
	memcpy(e->layers, want.layers, sizeof e->layers);
	e->n_layers = want.n;
	int r = 0;
	for (unsigned i = 1; !r && i < want.n; i++)
		r = add_layer(m, e, i, encoder, diag);
	return r;
}

lq_node *lq__media_layer_encoder(lq__media *m, const lq__entry *e, unsigned i)
{
	char name[NAME_ROOM];
	node_name(e, i, "enc", name);
	return lq_graph_find(m->graph, name);
}

/* ---- the transport ---- */

const char *lq__media_layer_rid(const lq__entry *e, unsigned i)
{
	return rids[e->n_layers - 1][i];
}

/* The transport shares out what the network takes by what each layer may need. */
static void tell_rate(lq__media *m, uint32_t port, uint32_t bitrate)
{
	lq_node_send_event(m->net, &(lq_event){.struct_size = sizeof(lq_event), .type = LQ_EVENT_TARGET_RATE, .port = port, .value = bitrate});
}

int lq__media_layers_bind(lq__media *m, lq__entry *e, const char *mid, lq_diag *diag)
{
	char name[LQ__ID_MAX + 8];
	int r = 0;
	e->layer_ports[0] = e->port;
	for (unsigned i = 0; !r && i < e->n_layers; i++) {
		snprintf(name, sizeof name, "%s%s%s", mid, *mid ? "/" : "", *mid ? lq__media_layer_rid(e, i) : "");
		r = lq__media_bind_port(m, LQ_SEND, e->layer_ports[i], name, diag);
		if (!r && *mid)
			tell_rate(m, e->layer_ports[i], e->layers[i].bitrate);
	}
	return r;
}

void lq__media_layers_mute(lq__media *m, const lq__entry *e, int muted)
{
	for (unsigned i = 1; i < e->n_layers; i++) {
		char name[NAME_ROOM];
		node_name(e, i, "scale", name);
		lq_node *scaler = lq_graph_find(m->graph, name), *encoder = lq__media_layer_encoder(m, e, i);
		if (!scaler || !encoder)
			continue;
		lq_link_set_muted(lq_node_link(scaler, LQ_IN, 0), muted);
		if (!muted)
			lq_node_send_event(encoder, &(lq_event){.struct_size = sizeof(lq_event), .type = LQ_EVENT_KEY_FRAME});
	}
}

/* ---- while it runs ---- */

static int set_rate(lq__media *m, lq__entry *e, unsigned i, lq_node *encoder, uint32_t bitrate, lq_diag *diag)
{
	char text[16];
	snprintf(text, sizeof text, "%" PRIu32, bitrate);
	int r = lq_node_set_param(encoder, "bitrate", text, "encode", diag);
	if (!r && e->n_layers > 1)
		tell_rate(m, e->layer_ports[i], bitrate);
	return r;
}

static int replace(lq_edit *edit, lq_node *old, const lq_param_text *params, size_t n, lq_diag *diag)
{
	return old ? lq_edit_replace(edit, old, &(lq_node_config){.params = params, .n_params = n}, "encode", diag, NULL) : LQ_ENOENT;
}

/* Source, scalers and encoders in one go, so that formats fit again. */
static int exchange(lq__media *m, lq__entry *e, lq_node *encoder, const lq__encode *want, lq_diag *diag)
{
	lq_node *cam = capture_of(encoder);
	lq_edit *edit;
	texts t;
	if (!cam || !has_param(cam, "size") || !has_param(cam, "fps"))
		return LQ_ENOTSUP;
	int r = lq_edit_create(m->graph, &edit);
	if (r)
		return r;
	texts_of(&want->layers[0], &t);
	if (t.n_scale == 1 && (strcmp(t.size, "0x0"))) /* as before */
		t.scale[t.n_scale++] = (lq_param_text){"fps", param_of(cam, "fps")};
	r = replace(edit, cam, t.scale, t.n_scale, diag);
	if (!r)
		r = replace(edit, encoder, &(lq_param_text){"bitrate", t.bitrate}, 1, diag);
	for (unsigned i = 1; !r && i < want->n; i++) {
		char name[NAME_ROOM];
		node_name(e, i, "scale", name);
		texts_of(&want->layers[i], &t);
		r = replace(edit, lq_graph_find(m->graph, name), t.scale, t.n_scale, diag);
		if (!r)
			r = replace(edit, lq__media_layer_encoder(m, e, i), &(lq_param_text){"bitrate", t.bitrate}, 1, diag);
	}
	if (!r)
		r = lq_edit_commit(edit, 0, diag);
	lq_edit_destroy(edit);
	for (unsigned i = 0; !r && e->n_layers > 1 && i < want->n; i++)
		tell_rate(m, e->layer_ports[i], want->layers[i].bitrate);
	return r;
}

static int same_pictures(const lq__entry *e, const lq__encode *want)
{
	for (unsigned i = 0; i < want->n; i++) {
		const lq_video_layer *a = &e->layers[i], *b = &want->layers[i];
		if (a->width != b->width || a->height != b->height || a->fps != b->fps)
			return 0;
	}
	return 1;
}

/* Rates alone are set; what else differs is exchanged, or (LQ_ENOTSUP and others) has to be made anew. */
int lq__media_encode(lq__media *m, const lq__media_track *track, lq_diag *diag)
{
	char group[LQ__GROUP_MAX];
	lq__encode want;
	lq__entry *e = lq__media_find(m, track);
	if (!e)
		return LQ_ENOENT;
	lq__group_name(track, group);
	lq_node *encoder = lq__media_codec(m, group, 1);
	lq__encode_of(m->config.room, track->stream, &want);
	if (!encoder || !want.n || want.n != (e->n_layers ? e->n_layers : 1))
		return LQ_ENOTSUP;
	complete(encoder, &want);
	int r = 0, same = e->n_layers && same_pictures(e, &want);
	if (!same && want.layers[0].width)
		r = exchange(m, e, encoder, &want, diag);
	for (unsigned i = 0; !r && same && i < want.n; i++)
		r = set_rate(m, e, i, i ? lq__media_layer_encoder(m, e, i) : encoder, want.layers[i].bitrate, diag);
	if (r)
		return r == LQ_ENOENT ? LQ_ENOTSUP : r;
	memcpy(e->layers, want.layers, sizeof e->layers);
	e->n_layers = want.n;
	return 0;
}
