/* Previews: a camera that runs for its views alone. Its media is that of a published stream, which is not bound to the transport yet, so publishing it
 * later is a matter of binding it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "room.h"

static lq__pub *pub(lq_room *room, lq_stream stream)
{
	return &room->pubs[stream][LQ_VIDEO - 1];
}

static void forget(lq_room *room, lq_stream stream)
{
	pub(room, stream)->preview = pub(room, stream)->running = 0;
	pthread_mutex_lock(&room->lock);
	room->previews &= ~(1u << stream);
	pthread_mutex_unlock(&room->lock);
}

static void started(lq__job *job)
{
	lq_room *room = job->room;
	const lq__media_track *t = &job->tracks[0];
	int code = job->code ? job->code : t->code;
	if (code) {
		forget(room, t->stream);
		lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_ERROR, .stream = t->stream, .kind = LQ_VIDEO, .code = code, .text = job->code ? job->error : t->error});
	}
	lq__job_free(job);
	lq__preview_sync(room);
}

static void start(lq_room *room, lq_stream stream)
{
	lq__job *job = lq__job_for(room, "", stream, LQ_VIDEO, lq__work_preview, started);
	if (!job) {
		forget(room, stream);
		lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_ERROR, .stream = stream, .kind = LQ_VIDEO, .code = LQ_ENOMEM, .text = "no memory for the preview"});
		return;
	}
	job->tracks[0].preview = 1;
	pub(room, stream)->running = 1;
	room->had_media = 1;
	lq__job_post(job);
}

/* What is published, or about to be, needs nothing of us. */
void lq__preview_sync(lq_room *room)
{
	if (room->finishing)
		return;
	for (unsigned i = 0; i < LQ__STREAMS; i++) {
		lq_stream stream = (lq_stream)i;
		lq__pub *p = pub(room, stream);
		if (p->built || (room->pub_busy && p->wanted))
			continue;
		if (p->preview && !p->running) {
			start(room, stream);
		} else if (!p->preview && p->running) {
			p->running = 0;
			lq__job_remove(room, "", stream, LQ_VIDEO);
		}
	}
}

static void do_preview(lq__api_task *t)
{
	if (atomic_load(&t->room->closed))
		return;
	pub(t->room, t->stream)->preview = t->on;
	lq__preview_sync(t->room);
}

static int request(lq_room *room, lq_stream stream, int on)
{
	if (!room || (unsigned)stream >= LQ__STREAMS)
		return LQ_EINVAL;
	unsigned bit = 1u << stream;
	pthread_mutex_lock(&room->lock);
	int is_on = (room->previews & bit) != 0;
	int r = is_on != on ? 0 : on ? LQ_EEXIST : LQ_ESTATE;
	if (!r)
		room->previews ^= bit;
	pthread_mutex_unlock(&room->lock);
	if (!r && (r = lq__room_request(room, NULL, stream, LQ_VIDEO, on, do_preview))) {
		pthread_mutex_lock(&room->lock);
		room->previews ^= bit;
		pthread_mutex_unlock(&room->lock);
	}
	return r;
}

int lq_preview_start(lq_room *room, lq_stream stream)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	return request(room, stream, 1);
}

int lq_preview_stop(lq_room *room, lq_stream stream)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	return request(room, stream, 0);
}
