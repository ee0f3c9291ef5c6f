#include "encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "room.h"

enum { SIZE_MIN = 16, SIZE_MAX_ = 8192, RATE_MIN = 30000, RATE_MAX = 20000000, FPS_MAX = 240 };

/* ---- what we send ---- */

void lq__encode_of(lq_room *room, lq_stream stream, lq__encode *out)
{
	pthread_mutex_lock(&room->lock);
	*out = room->encode[stream];
	pthread_mutex_unlock(&room->lock);
}

void lq__encode_choice(lq_room *room, const lq__media_track *t, lq__choice_list *out)
{
	lq__encode e;
	lq__encode_of(room, t->stream, &e);
	const lq_video_layer *l = &e.layers[0];
	if (t->kind != LQ_VIDEO || !e.n)
		return;
	pthread_mutex_lock(&room->lock);
	int screen = t->stream == LQ_STREAM_SUB && room->screen.on;
	pthread_mutex_unlock(&room->lock);
	if (!out->n)
		out->at[out->n++] = (lq_profile_override){.kind = LQ_KIND_CAPTURE, .params = out->params[0]};
	if (l->width && !screen)
		lq__choice_param(out, "size", "%" PRIu32 "x%" PRIu32, l->width, l->height);
	if (l->fps)
		lq__choice_param(out, "fps", "%" PRIu32 "/1", l->fps);
	if (!l->bitrate)
		return;
	snprintf(out->bitrate, sizeof out->bitrate, "%" PRIu32, l->bitrate);
	out->params[out->n][0] = (lq_param_text){"bitrate", out->bitrate};
	out->at[out->n] = (lq_profile_override){.kind = LQ_KIND_CODEC, .params = out->params[out->n], .n_params = 1};
	out->n++;
}

static int check_layer(const lq_video_layer *l, const lq_video_layer *before)
{
	if (l->size < sizeof *l || !l->width != !l->height)
		return LQ_EINVAL;
	if ((l->width && (l->width < SIZE_MIN || l->width > SIZE_MAX_ || l->height < SIZE_MIN || l->height > SIZE_MAX_)) || l->fps > FPS_MAX)
		return LQ_ERANGE;
	if ((l->bitrate && (l->bitrate < RATE_MIN || l->bitrate > RATE_MAX)) || (l->bitrate && l->min_bitrate > l->bitrate) || l->min_bitrate > RATE_MAX)
		return LQ_ERANGE;
	if (before && before->width && l->width && (l->width > before->width || l->height > before->height))
		return LQ_EINVAL;
	return 0;
}

static void changed(lq__job *job)
{
	lq_room *room = job->room;
	const lq__media_track *t = &job->tracks[0];
	lq__pub *p = &room->pubs[t->stream][LQ_VIDEO - 1];
	if (job->code && job->code != LQ_ENOENT && p->built) { /* not while it runs: then anew */
		p->renew = 1;
		lq__publish_sync(room);
	} else if (job->code && job->code != LQ_ENOENT && p->running && !room->pub_busy) {
		p->running = 0;
		lq__job_remove(room, "", t->stream, LQ_VIDEO);
		lq__preview_sync(room);
	}
	if (job->code != LQ_ENOENT)
		lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_CHANGED, .stream = t->stream, .kind = LQ_VIDEO, .name = "encode"});
	lq__job_free(job);
}

/* What is not running yet will be made as it was said. */
static void do_encode(lq__api_task *t)
{
	lq_room *room = t->room;
	const lq__pub *p = &room->pubs[t->stream][LQ_VIDEO - 1];
	if (room->finishing || (!p->built && !p->running && !room->pub_busy))
		return;
	lq__job *job = lq__job_for(room, "", t->stream, LQ_VIDEO, lq__work_encode, changed);
	if (!job) {
		lq__room_warn(room, LQ_ON_ERROR, LQ_ENOMEM, "no memory to change how a picture is encoded");
		return;
	}
	lq__job_post(job);
}

int lq_video_encode_set(lq_room *room, lq_stream stream, const lq_video_layer *layers, unsigned n)
{
	lq__encode e = {.n = n};
	if (!room || (unsigned)stream >= LQ__STREAMS || n > LQ__LAYERS_MAX || (n && !layers))
		return LQ_EINVAL;
	for (unsigned i = 0; i < n; i++) {
		int r = check_layer(&layers[i], i ? &layers[i - 1] : NULL);
		if (r)
			return r;
		e.layers[i] = layers[i];
		e.layers[i].width &= ~1u;
		e.layers[i].height &= ~1u;
	}
	pthread_mutex_lock(&room->lock);
	room->encode[stream] = e;
	pthread_mutex_unlock(&room->lock);
	return lq__room_request(room, NULL, stream, LQ_VIDEO, 1, do_encode);
}

/* ---- what others send ---- */

static lq__wish *wish_of(lq_room *room, const char *user, lq_stream stream)
{
	lq__wish *w = room->wishes;
	while (w && (w->stream != stream || strcmp(w->user, user)))
		w = w->next;
	return w;
}

static void send_wish(lq_room *room, const char *track, lq_layer layer)
{
	int64_t id = lq__room_id(room);
	lq__room_send(room, id, LQ__REQ_MEDIA, lq__req_layer(id, track, layer));
}

void lq__layer_tell(lq_room *room, const char *user, lq_stream stream, const char *track)
{
	pthread_mutex_lock(&room->lock);
	const lq__wish *w = wish_of(room, user, stream);
	int layer = w ? (int)w->layer : -1;
	pthread_mutex_unlock(&room->lock);
	if (layer >= 0)
		send_wish(room, track, (lq_layer)layer);
}

static void do_layer(lq__api_task *t)
{
	lq_room *room = t->room;
	lq__member *m = room->active && !room->finishing ? lq__member_find(room, t->user) : NULL;
	const lq__track *track = m ? &m->tracks[t->stream][LQ_VIDEO - 1] : NULL;
	if (track && track->present && track->sub != LQ__SUB_NONE)
		send_wish(room, track->id, (lq_layer)t->on);
}

int lq_layer_set(lq_room *room, const char *user, lq_stream stream, lq_layer layer)
{
	int r = 0;
	if (!room || !user || lq__user_check(user) || (unsigned)stream >= LQ__STREAMS || (unsigned)layer > LQ_LAYER_LOW)
		return LQ_EINVAL;
	pthread_mutex_lock(&room->lock);
	lq__wish *w = wish_of(room, user, stream);
	if (!w && room->n_wishes >= LQ__WISHES_MAX) {
		r = LQ_EFULL;
	} else if (!w && !(w = calloc(1, sizeof *w))) {
		r = LQ_ENOMEM;
	} else if (!*w->user) {
		memcpy(w->user, user, strlen(user) + 1);
		w->stream = stream;
		w->next = room->wishes;
		room->wishes = w;
		room->n_wishes++;
	}
	if (!r)
		w->layer = layer;
	pthread_mutex_unlock(&room->lock);
	return r ? r : lq__room_request(room, user, stream, LQ_VIDEO, (int)layer, do_layer);
}

void lq__wishes_free(lq_room *room)
{
	while (room->wishes) {
		lq__wish *w = room->wishes;
		room->wishes = w->next;
		free(w);
	}
}
