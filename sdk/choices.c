#include "choices.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handles.h"
#include "room.h"

static lq__chosen *place_of(lq_room *room, int is_speaker, lq_stream stream, lq_track_kind kind)
{
	return is_speaker ? &room->choices.speaker : &room->choices.tracks[stream][kind - 1];
}

void lq__choices_of(lq_room *room, const lq__media_track *track, lq__choice_list *out)
{
	lq__binding b;
	out->n = 0;
	if (track && *track->user) {
		lq__views_binding(room->views, track->user, track->stream, &b);
		if (track->kind == LQ_VIDEO && b.bound) /* the profile's own renderer is not needed */
			out->at[out->n++] = (lq_profile_override){.kind = LQ_KIND_RENDERER, .use = LQ__TAP_ID};
		return;
	}
	pthread_mutex_lock(&room->lock);
	lq_audio_profile profile = track && track->kind == LQ_AUDIO ? room->choices.audio_profile : 0;
	out->device = *(track ? place_of(room, 0, track->stream, track->kind) : place_of(room, 1, 0, 0));
	pthread_mutex_unlock(&room->lock);
	if (*out->device.id) {
		out->params[out->n][0] = (lq_param_text){out->device.param, out->device.device};
		out->at[out->n] = (lq_profile_override){.kind = track ? LQ_KIND_CAPTURE : LQ_KIND_RENDERER, .use = out->device.use,
		                                           .params = out->params[out->n], .n_params = 1, .keeps = 1};
		out->n++;
	}
	if (track)
		lq__screen_choice(room, track, out);
	if (track)
		lq__encode_choice(room, track, out);
	lq__audio_profile_overrides(profile, out);
}

void lq__choice_param(lq__choice_list *list, const char *name, const char *format, ...)
{
	va_list args;
	size_t n = list->at[0].n_params;
	if (n == LQ__CHOICE_PARAMS_MAX)
		return;
	va_start(args, format);
	vsnprintf(list->texts[n], sizeof list->texts[n], format, args);
	va_end(args);
	list->params[0][n] = (lq_param_text){name, list->texts[n]};
	list->at[0].n_params++;
}

/* ---- while it runs ---- */

static int is_in(const lq_node *node, const char *group)
{
	size_t n = strlen(group);
	return !strncmp(lq_node_name(node), group, n) && lq_node_name(node)[n] == '/';
}

/* The node that a local track begins with. */
lq_node *lq__media_source(lq__media *m, const lq__media_track *t)
{
	char group[LQ__GROUP_MAX];
	lq_node *node = NULL;
	lq_link *l;
	lq__group_name(t, group);
	lq_node *net = lq_graph_find(lq__media_graph(m), "shared/net");
	for (uint32_t i = 0; !node && (l = lq_node_link(net, LQ_IN, i)); i++)
		node = is_in(lq_link_from(l), group) ? lq_link_from(l) : NULL;
	while (node && lq_node_descriptor(node)->kind != LQ_KIND_CAPTURE)
		node = (l = lq_node_link(node, LQ_IN, 0)) ? lq_link_from(l) : NULL;
	return node;
}

/* The shared node that plays sound. */
static lq_node *speaker_of(lq__media *m)
{
	lq_node *node = lq_graph_find(lq__media_graph(m), "shared/speaker");
	return node && lq_node_descriptor(node)->kind == LQ_KIND_RENDERER ? node : NULL;
}

/* Parameters of the old node that the new one has as well go on. */
static size_t carry_over(const lq_node *old, const lq_node_desc *desc, const lq__change *c, lq_param_text *out, size_t max)
{
	size_t n = 0;
	out[n++] = c->settings[0];
	for (uint32_t i = 0; i < desc->n_params && n < max; i++) {
		const char *name = desc->params[i].name, *text = lq_node_param(old, name);
		if (text && strcmp(name, c->settings[0].name) && strcmp(name, "volume")) /* which is not a factor everywhere, and set anew */
			out[n++] = (lq_param_text){name, text};
	}
	return n;
}

int lq__media_select(lq__media *m, const lq__media_track *t, const lq__change *c, lq_diag *diag)
{
	enum { MAX = 32 };
	lq_param_text params[MAX];
	lq_node_info info;
	int is_speaker = c->type == LQ__CHANGE_SPEAKER;
	lq_node *old = is_speaker ? speaker_of(m) : lq__media_has(m, t) ? lq__media_source(m, t) : NULL;
	if (!old)
		return is_speaker ? lq_diag_add(diag, LQ_ENOTSUP, "shared", "the profile has no node \"speaker\"") : 0;
	int r = lq_registry_find(lq__media_registry(m), c->use, c->name, diag, &info);
	if (r)
		return r;
	size_t n = carry_over(old, info.desc, c, params, MAX);
	return lq_node_change(old, &(lq_node_config){.use = c->use, .params = params, .n_params = n}, c->name, diag);
}

void lq__volumes_again(lq_room *room, lq__media *m, const lq__media_track *t, const lq__change *c)
{
	lq__volume_apply(room, m, t);
	lq__device_volume_apply(room, m, c->type == LQ__CHANGE_SPEAKER ? NULL : t);
	lq__voice_apply(room, m, t);
}

/* ---- requests ---- */

static int good(lq_device_kind kind, lq_stream stream)
{
	return kind >= LQ_DEVICE_CAMERA && kind <= LQ_DEVICE_SCREEN && (unsigned)stream < LQ__STREAMS;
}

static lq_track_kind media_of(lq_device_kind kind)
{
	return kind == LQ_DEVICE_CAMERA || kind == LQ_DEVICE_SCREEN ? LQ_VIDEO : LQ_AUDIO;
}

void lq__choice_failed(lq_room *room, const lq__media_track *track, const lq__change *c)
{
	pthread_mutex_lock(&room->lock);
	lq__chosen *now = place_of(room, c->type == LQ__CHANGE_SPEAKER, track->stream, track->kind);
	if (!strcmp(now->id, c->name)) /* else another was chosen since */
		*now = c->before ? *c->before : (lq__chosen){0};
	pthread_mutex_unlock(&room->lock);
}

static lq__change *change_to(const lq__chosen *chosen, const lq__chosen *before, int is_speaker)
{
	lq__change *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	c->type = is_speaker ? LQ__CHANGE_SPEAKER : LQ__CHANGE_SOURCE;
	c->node = strdup("device");
	c->use = strdup(chosen->use);
	c->name = strdup(chosen->id);
	c->before = malloc(sizeof *c->before);
	c->settings[0] = (lq_param_text){strdup(chosen->param), strdup(chosen->device)};
	c->n_settings = 1;
	if (c->node && c->use && c->name && c->before && c->settings[0].name && c->settings[0].value) {
		*c->before = *before;
		return c;
	}
	lq__change_free(c);
	return NULL;
}

int lq_device_select(lq_room *room, lq_device_kind kind, lq_stream stream, const char *id)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	lq__chosen chosen = {0};
	if (!room || !good(kind, stream) || (id && !*id))
		return LQ_EINVAL;
	int is_speaker = kind == LQ_DEVICE_SPEAKER, r = lq__devices_find(room->engine->devices, kind, id, &chosen);
	if (r)
		return r;
	pthread_mutex_lock(&room->lock);
	lq__chosen *place = place_of(room, is_speaker, stream, media_of(kind));
	lq__change *c = change_to(&chosen, place, is_speaker);
	if (c)
		*place = id ? chosen : (lq__chosen){0};
	pthread_mutex_unlock(&room->lock);
	return c ? lq__room_request_change(room, NULL, is_speaker ? 0 : stream, media_of(kind), c) : LQ_ENOMEM;
}

int lq_device_selected(lq_room *room, lq_device_kind kind, lq_stream stream, char *id, size_t size)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	if (!room || !good(kind, stream) || !id || !size)
		return LQ_EINVAL;
	pthread_mutex_lock(&room->lock);
	const lq__chosen *c = place_of(room, kind == LQ_DEVICE_SPEAKER, stream, media_of(kind));
	int r = strlen(c->id) < size ? 0 : LQ_ENOSPACE;
	if (!r)
		strcpy(id, c->id);
	pthread_mutex_unlock(&room->lock);
	return r;
}
