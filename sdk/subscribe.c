/* Remote tracks: asking for them, and answering the server's offers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/log.h>

#include "room.h"

int lq__wants(const lq_room *room, const char *user, lq_stream stream, lq_track_kind kind)
{
	if (kind == LQ_VIDEO && room->options.auto_subscribe_video == LQ_BY_VIEW)
		return lq__views_is_visible(room->views, user, stream);
	return (kind == LQ_AUDIO ? room->options.auto_subscribe_audio : room->options.auto_subscribe_video) != LQ_OFF;
}

static void set_sub(lq_room *room, lq__track *t, lq__sub_state sub)
{
	pthread_mutex_lock(&room->lock);
	t->sub = sub;
	pthread_mutex_unlock(&room->lock);
}

static void report(lq_room *room, const char *user, lq_stream stream, lq_track_kind kind, int code, const char *text)
{
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_SUBSCRIBED, .user = user, .stream = stream, .kind = kind, .code = code, .text = text});
}

static void failed(lq_room *room, const char *id, int code, const char *text)
{
	lq__member *m;
	lq_stream stream;
	lq_track_kind kind;
	lq__track *t = lq__track_find(room, id, &m, &stream, &kind);
	if (!t || t->sub != LQ__SUB_ASKED)
		return;
	set_sub(room, t, LQ__SUB_NONE);
	t->told = 0;
	report(room, m->user, stream, kind, code, text);
}

void lq__subscribe(lq_room *room, const char *const *ids, uint32_t n)
{
	lq__member *m;
	lq_stream stream;
	lq_track_kind kind;
	for (uint32_t i = 0; i < n; i++)
		set_sub(room, lq__track_find(room, ids[i], &m, &stream, &kind), LQ__SUB_ASKED);
	int r = lq__room_send_tracks(room, "subscribe", LQ__REQ_SUBSCRIBE, ids, n);
	for (uint32_t i = 0; i < n; i++) {
		if (r)
			failed(room, ids[i], r, lq_error_text(r));
		else if (lq__track_find(room, ids[i], &m, &stream, &kind) && kind == LQ_VIDEO)
			lq__layer_tell(room, m->user, stream, ids[i]);
	}
}

void lq__subscribe_failed(lq_room *room, const lq__request *req, int code, const char *text)
{
	for (uint32_t i = 0; i < req->n_tracks; i++)
		failed(room, req->tracks[i], code, text);
}

void lq__unsubscribe(lq_room *room, lq__member *m, lq_stream stream, lq_track_kind kind, int tell_server)
{
	lq__track *t = &m->tracks[stream][kind - 1];
	if (t->sub == LQ__SUB_NONE)
		return;
	set_sub(room, t, LQ__SUB_NONE);
	t->told = 0;
	lq__job_remove(room, m->user, stream, kind);
	if (tell_server)
		lq__room_send_tracks(room, "unsubscribe", LQ__REQ_MEDIA, (const char *const[]){t->id}, 1);
}

void lq__track_muted(lq_room *room, const lq__member *m, lq_stream stream, lq_track_kind kind, const lq__track *t)
{
	lq__job *job = t->sub == LQ__SUB_NONE ? NULL : lq__job_for(room, m->user, stream, kind, lq__work_mute, NULL);
	if (!job)
		return;
	job->muted = t->muted;
	lq__job_post(job);
}

/* ---- offers ---- */

static void send_answer(lq__job *job)
{
	lq_room *room = job->room;
	int64_t id = lq__room_id(room);
	int r = lq__room_send(room, id, LQ__REQ_MEDIA, lq__req_answer(id, job->sdp, job->rev));
	if (r)
		lq__room_warn(room, LQ_ON_ERROR, r, "the answer to the server's offer could not be sent");
}

/* A track that cannot be played is given back, so that the server need not send it. */
static void track_done(lq_room *room, const lq__media_track *t, int code, const char *text)
{
	lq__member *m = lq__member_find(room, t->user);
	lq__track *track = m ? &m->tracks[t->stream][t->kind - 1] : NULL;
	if (!track || !track->present || track->sub == LQ__SUB_NONE) {
		lq__job_remove(room, t->user, t->stream, t->kind);
		return;
	}
	if (track->sub == LQ__SUB_LIVE)
		return;
	set_sub(room, track, code ? LQ__SUB_NONE : LQ__SUB_LIVE);
	if (code || !track->told)
		report(room, t->user, t->stream, t->kind, code, text);
	track->told = 0;
	if (code)
		lq__room_send_tracks(room, "unsubscribe", LQ__REQ_MEDIA, (const char *const[]){track->id}, 1);
}

static void offer_done(lq__job *job)
{
	lq_room *room = job->room;
	if (job->life != room->life) { /* its connection is no more */
		lq__job_free(job);
		return;
	}
	if (job->code == LQ_EAGAIN) {
		lq__job_describe_later(job, LQ_RECEIVE);
		return;
	}
	room->offer_busy = 0;
	if (!job->code)
		send_answer(job);
	else
		lq__room_warn(room, LQ_ON_ERROR, job->code, job->error);
	for (uint32_t i = 0; i < job->n_tracks; i++) {
		const lq__media_track *t = &job->tracks[i];
		track_done(room, t, job->code ? job->code : t->code, job->code ? job->error : t->error);
	}
	lq__job_free(job);
}

/* Offers leave out who a track is when we should know; what we know already fills it in. */
static int fill(lq_room *room, const lq__msg_track *in, lq__media_track *out)
{
	lq__member *m;
	lq__track *t = lq__track_find(room, in->id, &m, &out->stream, &out->kind);
	if (!t || t->sub == LQ__SUB_NONE || strlen(in->mid) >= sizeof out->mid || !*in->mid)
		return 0;
	memcpy(out->user, m->user, sizeof out->user);
	memcpy(out->name, m->name, sizeof out->name);
	out->muted = t->muted;
	snprintf(out->mid, sizeof out->mid, "%s", in->mid);
	snprintf(out->codec, sizeof out->codec, "%s", t->codec);
	out->width = t->width;
	out->height = t->height;
	return 1;
}

void lq__on_offer(lq_room *room, const lq__msg *msg)
{
	if (room->renewing || msg->rev <= room->rev)
		return; /* sent once more after a loss */
	room->rev = msg->rev;
	if (room->offer_busy) {
		lq__room_warn(room, LQ_ON_WARNING, LQ_EPROTO, "the server made an offer while another was under way: ignored");
		return;
	}
	lq__job *job = lq__job_new(room, msg->n_tracks, lq__work_offer, offer_done);
	if (!job || !(job->sdp = strdup(msg->sdp))) {
		lq__job_free(job);
		lq__room_warn(room, LQ_ON_ERROR, LQ_ENOMEM, "no memory for the server's offer");
		return;
	}
	job->rev = msg->rev;
	job->n_tracks = 0;
	for (uint32_t i = 0; i < msg->n_tracks; i++)
		job->n_tracks += (uint32_t)fill(room, &msg->tracks[i], &job->tracks[job->n_tracks]);
	room->offer_busy = 1;
	room->describing[LQ_RECEIVE].changed = 0;
	lq__job_post(job);
}
