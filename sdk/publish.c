/* Local tracks: what is wanted, what has been built, and what the server has. One offer is under way at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/log.h>

#include "room.h"

#define FOR_EACH_PUB(room, i, p) for (unsigned i = 0; i < 2 * LQ__STREAMS; i++) for (lq__pub *p = &(room)->pubs[i / 2][i % 2]; p; p = NULL)

static lq_stream stream_of(unsigned i)
{
	return (lq_stream)(i / 2);
}

static lq_track_kind kind_of(unsigned i)
{
	return (lq_track_kind)(i % 2 + 1);
}

static void report(lq_room *room, unsigned i, int code, const char *text)
{
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_LOCAL_PUBLISHED, .stream = stream_of(i), .kind = kind_of(i), .code = code, .text = text});
	if (code)
		lq__own_track_failed(room, stream_of(i), kind_of(i), code);
	else
		lq__own_track(room, stream_of(i), kind_of(i), 1);
}

static void mute_media(lq_room *room, unsigned i, int muted)
{
	lq__job *job = lq__job_for(room, "", stream_of(i), kind_of(i), lq__work_mute, NULL);
	if (!job) {
		lq__room_warn(room, LQ_ON_ERROR, LQ_ENOMEM, "no memory to mute");
		return;
	}
	job->muted = muted;
	lq__job_post(job);
}

/* A stream that is previewed goes on for that. */
static void remove_media(lq_room *room, unsigned i)
{
	lq__pub *p = &room->pubs[i / 2][i % 2];
	lq__job *job = p->preview ? lq__job_for(room, "", stream_of(i), kind_of(i), lq__work_unpublish, NULL) : NULL;
	p->built = p->told = 0;
	p->running = job != NULL;
	if (!job) {
		lq__job_remove(room, "", stream_of(i), kind_of(i));
		return;
	}
	lq__job_post(job);
}

void lq__publish_auto(lq_room *room)
{
	lq__pub *main_stream = room->pubs[LQ_STREAM_MAIN];
	if (!room->active || room->finishing)
		return;
	if (!main_stream[LQ_AUDIO - 1].said)
		main_stream[LQ_AUDIO - 1].wanted |= room->options.auto_publish_audio != LQ_OFF;
	if (!main_stream[LQ_VIDEO - 1].said)
		main_stream[LQ_VIDEO - 1].wanted |= room->options.auto_publish_video != LQ_OFF;
	lq__publish_sync(room);
}

/* ---- making the offer ---- */

static void built(lq_room *room, const lq__media_track *t)
{
	unsigned i = t->stream * 2u + t->kind - 1u;
	lq__pub *p = &room->pubs[t->stream][t->kind - 1];
	p->building = 0;
	if (t->code) {
		p->wanted = p->renew = 0; /* of a share that began anew meanwhile, too: it would fail alike */
		report(room, i, t->code, t->error);
		lq__screen_state(room, t->stream, t->kind, LQ_SCREEN_STOPPED, t->code, t->error);
		return;
	}
	p->built = 1;
	lq__screen_state(room, t->stream, t->kind, LQ_SCREEN_STARTED, 0, "");
	snprintf(p->mid, sizeof p->mid, "%s", t->mid);
	p->made = *t;
	if (p->muted)
		mute_media(room, i, 1);
}

static int any_built(lq_room *room)
{
	FOR_EACH_PUB(room, i, p)
		if (p->built)
			return 1;
	return 0;
}

static void finished(lq_room *room)
{
	room->pub_busy = 0;
	free(room->offer);
	room->offer = NULL;
	lq__preview_sync(room);
	if (room->pub_again)
		lq__publish_again(room);
	else if (room->pub_dirty)
		lq__publish_sync(room);
}

static void offer_made(lq__job *job)
{
	lq_room *room = job->room;
	if (job->work == lq__work_publish)
		for (uint32_t i = 0; i < job->n_tracks; i++) {
			if (job->code && job->code != LQ_EAGAIN && !job->tracks[i].code) {
				job->tracks[i].code = job->code;
				snprintf(job->tracks[i].error, sizeof job->tracks[i].error, "%.*s", (int)sizeof job->tracks[i].error - 1, job->error);
				lq__job_remove(room, "", job->tracks[i].stream, job->tracks[i].kind);
				room->pubs[job->tracks[i].stream][job->tracks[i].kind - 1].running = 0;
			}
			built(room, &job->tracks[i]);
		}
	if (job->life != room->life) { /* its connection is no more */
		lq__job_free(job);
		lq__publish_again(room);
		return;
	}
	if (job->code == LQ_EAGAIN) {
		lq__job_describe_later(job, LQ_SEND);
		return;
	}
	if (job->code && job->work == lq__work_describe) {
		lq__publish_failed(room, job->code, job->error);
	} else if (!job->code && job->sdp && any_built(room)) { /* without: nothing new could be made */
		room->offer = job->sdp;
		job->sdp = NULL;
		lq__publish_offer(room);
	} else {
		finished(room);
	}
	lq__job_free(job);
}

static int is_wanted(lq_room *room, const lq__pub *p)
{
	return p->wanted && !room->audience_now && !room->may_not_publish && !lq__is_audience(room);
}

static void remove_unwanted(lq_room *room)
{
	const char *ids[2 * LQ__STREAMS];
	uint32_t n = 0;
	FOR_EACH_PUB(room, i, p)
		if (p->built && (p->gone || p->renew || !is_wanted(room, p))) {
			p->renew = 0;
			if (*p->track && !p->gone)
				ids[n++] = p->track;
			remove_media(room, i);
			lq__own_track(room, stream_of(i), kind_of(i), 0);
		}
	if (n)
		lq__room_send_tracks(room, "unpublish", LQ__REQ_MEDIA, ids, n);
	FOR_EACH_PUB(room, i, p)
		if (!p->built)
			*p->track = p->gone = 0;
}

void lq__publish_dropped(lq_room *room)
{
	FOR_EACH_PUB(room, i, p)
		p->gone = p->built;
}

void lq__publish_sync(lq_room *room)
{
	uint32_t n = 0;
	if (!room->active || room->finishing)
		return;
	room->pub_dirty = room->pub_busy;
	if (room->pub_busy)
		return;
	remove_unwanted(room);
	FOR_EACH_PUB(room, i, p)
		n += is_wanted(room, p) && !p->built && !p->building;
	if (!n)
		return;
	lq__job *job = lq__job_new(room, n, lq__work_publish, offer_made);
	if (!job) {
		lq__room_warn(room, LQ_ON_ERROR, LQ_ENOMEM, "no memory to publish");
		return;
	}
	n = 0;
	FOR_EACH_PUB(room, i, p)
		if (is_wanted(room, p) && !p->built && !p->building) {
			p->building = 1;
			job->tracks[n].stream = stream_of(i);
			job->tracks[n++].kind = kind_of(i);
		}
	room->pub_busy = 1;
	room->describing[LQ_SEND].changed = 0;
	lq__job_post(job);
}

void lq__publish_again(lq_room *room)
{
	room->pub_again = room->pub_busy;
	if (room->pub_busy || !room->active || room->finishing)
		return;
	lq__job *job = any_built(room) ? lq__job_new(room, 0, lq__work_describe, offer_made) : NULL;
	if (!job)
		return;
	job->direction = LQ_SEND;
	room->pub_busy = 1;
	room->describing[LQ_SEND].changed = 0;
	lq__job_post(job);
}

void lq__publish_anew(lq_room *room)
{
	FOR_EACH_PUB(room, i, p) {
		p->told |= *p->track && !p->offered;
		p->offered = 0;
		*p->track = 0;
	}
	free(room->offer);
	room->offer = NULL;
	room->pub_busy = room->pub_dirty = room->pub_again = 0;
	lq__publish_sync(room);
	if (!room->pub_busy)
		lq__publish_again(room);
}

/* Sends the offer when there is one and we are in the room. */
void lq__publish_offer(lq_room *room)
{
	lq__msg_track tracks[2 * LQ__STREAMS];
	uint32_t n = 0;
	if (!room->offer || !room->joined_reported)
		return;
	if (room->audience_now || room->may_not_publish || lq__is_audience(room)) { /* it became so while the offer was made */
		room->pub_dirty = 1;
		finished(room);
		return;
	}
	FOR_EACH_PUB(room, i, p) {
		p->offered = p->built;
		if (p->built)
			tracks[n++] = (lq__msg_track){.mid = p->mid, .kind = kind_of(i), .stream = stream_of(i), .made = &p->made};
	}
	int64_t id = lq__room_id(room);
	int r = lq__room_send(room, id, LQ__REQ_PUBLISH, lq__req_publish(id, room->offer, tracks, n));
	free(room->offer);
	room->offer = NULL;
	if (r)
		lq__publish_failed(room, r, lq_error_text(r));
}

/* ---- the server's answer ---- */

/* A limit that one track would exceed is no reason against the others: the error names its place in the request. -1: all are meant. */
static int refused_one(lq_room *room, int code, const char *text)
{
	unsigned at, n = 0, others = 0;
	int one = -1;
	if (code != LQ_EFULL || sscanf(text, "publish.tracks[%u]", &at) != 1)
		return -1;
	FOR_EACH_PUB(room, i, p) {
		if (!p->offered)
			continue;
		if (n++ == at && p->built && !*p->track)
			one = (int)i;
		else
			others++;
	}
	return others ? one : -1;
}

void lq__publish_failed(lq_room *room, int code, const char *text)
{
	int one = refused_one(room, code, text);
	room->pub_again |= one >= 0;
	FOR_EACH_PUB(room, i, p)
		if (p->built && !*p->track && (one < 0 || (unsigned)one == i)) {
			p->wanted = 0;
			remove_media(room, i);
			report(room, i, code, text);
			lq__screen_state(room, stream_of(i), kind_of(i), LQ_SCREEN_STOPPED, code, text);
		}
	finished(room);
}

static void send_mute(lq_room *room, unsigned i)
{
	lq__pub *p = &room->pubs[i / 2][i % 2];
	int64_t id = lq__room_id(room);
	lq__room_send(room, id, LQ__REQ_MEDIA, lq__req_mute(id, p->track, p->muted));
}

static void answer_set(lq__job *job)
{
	lq_room *room = job->room;
	if (job->life != room->life) {
		lq__job_free(job);
		return;
	}
	if (job->code) {
		FOR_EACH_PUB(room, i, p)
			if (p->offered)
				*p->track = 0;
		lq__publish_failed(room, job->code, job->error);
	} else {
		FOR_EACH_PUB(room, i, p)
			if (p->offered) {
				p->offered = 0;
				if (!p->told || !*p->track)
					report(room, i, *p->track ? 0 : LQ_EPROTO, *p->track ? "" : "the server's answer does not name the track");
				p->told = 0;
				if (p->muted && *p->track)
					send_mute(room, i);
			}
		finished(room);
	}
	lq__job_free(job);
}

/* A re-offer names old tracks again: only those with a new id are news. */
void lq__publish_answered(lq_room *room, const lq__msg *msg)
{
	FOR_EACH_PUB(room, i, p)
		if (p->offered)
			for (uint32_t j = 0; j < msg->n_tracks; j++)
				if (!strcmp(msg->tracks[j].mid, p->mid) && strlen(msg->tracks[j].id) < sizeof p->track) {
					p->offered = strcmp(p->track, msg->tracks[j].id) != 0;
					snprintf(p->track, sizeof p->track, "%s", msg->tracks[j].id);
				}
	lq__job *job = lq__job_new(room, 0, lq__work_set_answer, answer_set);
	if (!job || !(job->sdp = strdup(msg->sdp))) {
		lq__job_free(job);
		lq__publish_failed(room, LQ_ENOMEM, "no memory for the server's answer");
		return;
	}
	lq__job_post(job);
}

void lq__publish_mute(lq_room *room, lq_stream stream, lq_track_kind kind, int muted)
{
	unsigned i = stream * 2u + kind - 1u;
	lq__pub *p = &room->pubs[stream][kind - 1];
	if (p->muted != muted && p->built)
		lq__screen_state(room, stream, kind, muted ? LQ_SCREEN_PAUSED : LQ_SCREEN_RESUMED, 0, "");
	p->muted = muted;
	if (!room->active || room->finishing || (!p->built && !room->pub_busy))
		return;
	mute_media(room, i, muted);
	if (*p->track)
		send_mute(room, i);
}
