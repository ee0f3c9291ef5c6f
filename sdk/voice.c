/* Echo, noise and level of our microphones: the node "aec" that the profile's `publish` may have. What a test source, a file or an app's own plugin gives is left as it is, unless the
 * app wants it otherwise: only a room with a speaker in it has an echo. */
#include <stdio.h>
#include <string.h>

#include "choices.h"
#include "handles.h"
#include "media_private.h"
#include "room.h"

static const struct {
	const char *name, *on, *off;
} settings[LQ__VOICE] = {{"echo", "true", "false"}, {"noise", "moderate", "off"}, {"gain", "true", "false"}};

static lq_node *node_of(lq__media *m, const lq__media_track *t)
{
	char name[LQ__GROUP_MAX + 8];
	lq__group_name(t, name);
	strcat(name, "/aec");
	lq_node *node = lq_graph_find(lq__media_graph(m), name);
	return node && !strcmp(lq_node_descriptor(node)->id, "filter.aec") ? node : NULL;
}

static int is_microphone(lq__media *m, const lq__media_track *t)
{
	const lq_node *source = lq__media_source(m, t);
	return source && !strcmp(lq_node_descriptor(source)->id, "capture.microphone");
}

static const char *value_of(const lq_node *node, const char *name)
{
	const lq_node_desc *d = lq_node_descriptor(node);
	const char *given = lq_node_param(node, name);
	for (uint32_t i = 0; !given && i < d->n_params; i++)
		if (!strcmp(d->params[i].name, name))
			given = d->params[i].def;
	return given ? given : "";
}

static const char *wanted(const lq__entry *e, unsigned i, lq_switch s, int microphone)
{
	int profile_has_it = strcmp(e->voice[i], settings[i].off) != 0;
	if (s == LQ_OFF || (s != LQ_ON && !microphone))
		return settings[i].off;
	return profile_has_it || s != LQ_ON ? e->voice[i] : settings[i].on;
}

void lq__voice_apply(lq_room *room, lq__media *m, const lq__media_track *t)
{
	lq__entry *e = *t->user || t->kind != LQ_AUDIO ? NULL : lq__media_find(m, t);
	lq_node *node = e ? node_of(m, t) : NULL;
	if (!node)
		return;
	lq_switch switches[LQ__VOICE];
	pthread_mutex_lock(&room->lock);
	memcpy(switches, room->choices.voice, sizeof switches);
	pthread_mutex_unlock(&room->lock);
	int microphone = is_microphone(m, t);
	for (unsigned i = 0; i < LQ__VOICE; i++) {
		const char *now = value_of(node, settings[i].name);
		if (!*e->voice[i])
			snprintf(e->voice[i], sizeof e->voice[i], "%s", now);
		const char *want = wanted(e, i, switches[i], microphone);
		if (strcmp(now, want) && lq_node_set_param(node, settings[i].name, want, "voice", NULL))
			lq__room_warn(room, LQ_ON_WARNING, LQ_EIO, "the microphone's sound could not be set as it should be");
	}
}

static void work(lq__job *job)
{
	lq_room *room = job->room;
	for (int s = 0; room->media && s < LQ__STREAMS; s++)
		lq__voice_apply(room, room->media, &(lq__media_track){.stream = (lq_stream)s, .kind = LQ_AUDIO});
}

int lq_audio_config_set(lq_room *room, const lq_audio_config *config)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	if (!room || !config || config->size < sizeof *config)
		return LQ_EINVAL;
	const lq_switch to[LQ__VOICE] = {config->echo_cancel, config->noise_suppression, config->gain_control};
	int any = 0;
	for (unsigned i = 0; i < LQ__VOICE; i++) {
		if (to[i] > LQ_OFF)
			return LQ_EINVAL;
		any |= to[i] == LQ_ON;
	}
	if (any && !room->engine->has_voice)
		return LQ_ENOTSUP;
	lq__job *job = lq__job_new(room, 0, work, NULL);
	if (!job)
		return LQ_ENOMEM;
	pthread_mutex_lock(&room->lock);
	for (unsigned i = 0; i < LQ__VOICE; i++)
		if (to[i])
			room->choices.voice[i] = to[i];
	pthread_mutex_unlock(&room->lock);
	lq__job_post(job);
	return 0;
}
