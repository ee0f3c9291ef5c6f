/* Volumes of devices: the "volume" of the node, where that is a factor. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "choices.h"
#include "handles.h"
#include "room.h"

enum { TOP = 400 };

/* A source's "volume" that is not 1 at first means something else (an amplitude). */
static int has_volume(const lq_node *node)
{
	const lq_node_desc *d = lq_node_descriptor(node);
	for (uint32_t i = 0; i < d->n_params; i++)
		if (!strcmp(d->params[i].name, "volume"))
			return d->params[i].flags & LQ_PARAM_RUNTIME && !strcmp(d->params[i].def, "1");
	return 0;
}

static int *place_of(lq_room *room, const lq__media_track *t)
{
	return &room->choices.volumes[t ? (unsigned)t->stream : LQ__STREAMS];
}

static int put(lq__media *m, const lq__media_track *t, int percent)
{
	char text[32];
	lq_node *node = t ? lq__media_has(m, t) ? lq__media_source(m, t) : NULL : lq_graph_find(lq__media_graph(m), "shared/speaker");
	snprintf(text, sizeof text, "%.2f", percent / 100.0);
	if (!node)
		return t ? 0 : LQ_ENOTSUP;
	return has_volume(node) ? lq_node_set_param(node, "volume", text, "device", NULL) : LQ_ENOTSUP;
}

void lq__device_volume_apply(lq_room *room, lq__media *m, const lq__media_track *t)
{
	if (t && (*t->user || t->kind != LQ_AUDIO))
		return;
	pthread_mutex_lock(&room->lock);
	int more = *place_of(room, t);
	pthread_mutex_unlock(&room->lock);
	if (more && put(m, t, 100 + more))
		lq__room_warn(room, LQ_ON_WARNING, LQ_ENOTSUP, t ? "this microphone has no volume" : "this speaker has no volume");
}

/* ---- requests ---- */

static void work(lq__job *job)
{
	lq_room *room = job->room;
	const lq__media_track *t = job->n_tracks ? &job->tracks[0] : NULL;
	atomic_store(&room->volumes_posted[t ? t->stream : LQ__STREAMS], 0);
	pthread_mutex_lock(&room->lock);
	int percent = 100 + *place_of(room, t);
	pthread_mutex_unlock(&room->lock);
	if (room->media && put(room->media, t, percent))
		lq__room_warn(room, LQ_ON_WARNING, LQ_ENOTSUP, t ? "this microphone has no volume" : "this speaker has no volume");
}

static int good(lq_device_kind kind, lq_stream stream)
{
	return (kind == LQ_DEVICE_MICROPHONE && (unsigned)stream < LQ__STREAMS) || kind == LQ_DEVICE_SPEAKER;
}

int lq_device_volume_set(lq_room *room, lq_device_kind kind, lq_stream stream, int percent)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	if (!room || !good(kind, stream))
		return LQ_EINVAL;
	if (percent < 0 || percent > TOP)
		return LQ_ERANGE;
	unsigned i = kind == LQ_DEVICE_SPEAKER ? LQ__STREAMS : stream;
	pthread_mutex_lock(&room->lock);
	room->choices.volumes[i] = percent - 100;
	pthread_mutex_unlock(&room->lock);
	if (atomic_exchange(&room->volumes_posted[i], 1))
		return 0;
	lq__job *job = lq__job_new(room, kind != LQ_DEVICE_SPEAKER, work, NULL);
	if (!job) {
		atomic_store(&room->volumes_posted[i], 0);
		return LQ_ENOMEM;
	}
	if (kind != LQ_DEVICE_SPEAKER) {
		job->tracks[0].stream = stream;
		job->tracks[0].kind = LQ_AUDIO;
	}
	lq__job_post(job);
	return 0;
}

int lq_device_volume_get(lq_room *room, lq_device_kind kind, lq_stream stream)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	if (!room || !good(kind, stream))
		return LQ_EINVAL;
	pthread_mutex_lock(&room->lock);
	int percent = 100 + room->choices.volumes[kind == LQ_DEVICE_SPEAKER ? LQ__STREAMS : (unsigned)stream];
	pthread_mutex_unlock(&room->lock);
	return percent;
}
