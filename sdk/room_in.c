/* What the server says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/log.h>

#include "room.h"

void lq__room_stream_event(lq_room *room, lq_sdk_event_type type, const lq__member *m, lq_stream stream, lq_track_kind kind, const lq__track *t)
{
	lq__room_event(room, &(lq_sdk_event){.type = type, .user = m->user, .stream = stream, .kind = kind, .width = t->width, .height = t->height,
	                                     .text = type == LQ_ON_STREAM_PUBLISHED ? t->codec : "", .muted = t->muted});
}

/* Returns the slot, or NULL when the track makes no sense. */
lq__track *lq__room_put_track(lq_room *room, lq__member *m, const lq__msg_track *in)
{
	if (!in->kind || strlen(in->id) >= LQ__ID_MAX || strlen(in->codec) >= sizeof((lq__track *)0)->codec) {
		lq_log(LQ_LOG_WARNING, "sdk", "room \"%s\": the server sent an incomplete track of %s", room->name, m->user);
		return NULL;
	}
	lq__track *t = &m->tracks[in->stream][in->kind - 1];
	pthread_mutex_lock(&room->lock);
	*t = (lq__track){.present = 1, .muted = in->muted, .width = in->width, .height = in->height};
	snprintf(t->id, sizeof t->id, "%s", in->id);
	snprintf(t->codec, sizeof t->codec, "%s", in->codec);
	pthread_mutex_unlock(&room->lock);
	return t;
}

void lq__room_drop_track(lq_room *room, lq__member *m, lq_stream stream, lq_track_kind kind)
{
	lq__track *t = &m->tracks[stream][kind - 1];
	lq__unsubscribe(room, m, stream, kind, 0);
	pthread_mutex_lock(&room->lock);
	t->present = 0;
	pthread_mutex_unlock(&room->lock);
	lq__room_stream_event(room, LQ_ON_STREAM_UNPUBLISHED, m, stream, kind, t);
}

void lq__room_user_event(lq_room *room, const lq__member *m, int existed)
{
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_USER_JOINED, .user = m->user, .name = m->name, .attachment = m->info,
	                                     .existed = existed, .guest_room = m->guest_room, .guest_user = m->guest_user});
}

lq__member *lq__room_add_member(lq_room *room, const lq__msg_member *in)
{
	if (lq__member_find(room, in->user))
		return NULL;
	lq__member *m = lq__member_add(room, in);
	if (!m)
		lq__room_warn(room, LQ_ON_WARNING, LQ_EFULL, "more members than can be kept: one is not shown");
	return m;
}

/* Before LQ_ON_JOINED, so that lq_room_members is right from then on. */
static void take_snapshot(lq_room *room, const lq__msg *msg)
{
	for (uint32_t i = 0; i < msg->n_members; i++) {
		const lq__msg_member *in = &msg->members[i];
		lq__member *m = lq__room_add_member(room, in);
		for (uint32_t j = 0; m && j < in->n_tracks; j++)
			lq__room_put_track(room, m, &msg->tracks[in->first_track + j]);
		if (m)
			lq__has_compare(room, m, in, 0);
	}
}

/* Everybody who is there is told of before anybody's streams, and all wanted streams are asked for in one request. */
static void tell_snapshot(lq_room *room, uint32_t n_tracks)
{
	const char **wanted = calloc(n_tracks ? n_tracks : 1, sizeof *wanted);
	uint32_t n = 0;
	for (const lq__member *m = room->members; m; m = m->next)
		lq__room_user_event(room, m, 1);
	for (const lq__member *m = room->members; m; m = m->next)
		for (unsigned i = 0; i < 2 * LQ__STREAMS; i++) {
			const lq__track *t = &m->tracks[i / 2][i % 2];
			lq_track_kind kind = (lq_track_kind)(i % 2 + 1);
			if (!t->present)
				continue;
			lq__room_stream_event(room, LQ_ON_STREAM_PUBLISHED, m, (lq_stream)(i / 2), kind, t);
			if (wanted && lq__wants(room, m->user, (lq_stream)(i / 2), kind))
				wanted[n++] = t->id;
		}
	if (n)
		lq__subscribe(room, wanted, n);
	free(wanted);
}

/* What it takes to go on from here on another socket. */
static void keep_place(lq_room *room, const lq__msg *msg)
{
	pthread_mutex_lock(&room->lock); /* the API reads it */
	snprintf(room->self, sizeof room->self, "%s", msg->user);
	pthread_mutex_unlock(&room->lock);
	snprintf(room->session, sizeof room->session, "%s", msg->session);
	room->resume_ms = msg->resume_ms;
	if (!msg->resumed)
		room->seq = msg->seq;
}

static void media_started(lq__job *job)
{
	if (job->code)
		lq__room_warn(job->room, LQ_ON_ERROR, job->code, job->error);
	lq__job_free(job);
}

/* For a profile that sends the room on, whoever is in it. */
static void start_media(lq_room *room)
{
	lq__job *job = lq__job_new(room, 0, lq__work_media, media_started);
	if (job)
		lq__job_post(job);
	else
		lq__room_warn(room, LQ_ON_ERROR, LQ_ENOMEM, "no memory for the room's media");
}

static void on_joined(lq_room *room, const lq__msg *msg)
{
	lq__request *req = lq__room_take_request(room, msg->id);
	if (!req || req->type != LQ__REQ_JOIN || (room->joined_reported && !room->lost) || room->finishing) {
		lq__request_free(req);
		return;
	}
	lq__request_free(req);
	pthread_mutex_lock(&room->lock);
	int leaving = room->state == LQ__LEAVING; /* a leave is on its way to us */
	if (!leaving)
		room->state = LQ__JOINED;
	pthread_mutex_unlock(&room->lock);
	if (leaving)
		return;
	keep_place(room, msg);
	if (room->joined_reported) {
		lq__room_back(room, msg);
		return;
	}
	lq__timer_cancel(room->engine->control, &room->timer);
	room->joined_reported = 1;
	take_snapshot(room, msg);
	if (room->options.media_at_join == LQ_ON)
		start_media(room);
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_CONNECTION, .state = LQ_CONN_CONNECTED});
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_JOINED, .room_sid = msg->room_sid, .user = msg->user, .name = msg->name,
	                                     .elapsed_ms = lq__room_elapsed(room)});
	tell_snapshot(room, msg->n_tracks);
	lq__tell_attributes(room, "", msg->attributes, 1);
	for (uint32_t i = 0; i < msg->n_members; i++)
		lq__tell_attributes(room, msg->members[i].user, msg->members[i].attributes, 1);
	lq__publish_offer(room);
	lq__audio_report_start(room);
	lq__quality_start(room, msg->user);
	lq__role_joined(room);
	lq__profile_is(room, msg->live, 0);
	lq__stage_joined(room, msg);
	lq__cameras_announce(room);
}

/* Without rejoining, a place that is gone is a connection that was lost for too long. */
static void join_refused(lq_room *room, int code, const char *text)
{
	int over = room->lost && code == LQ_ENOENT && room->options.auto_rejoin == LQ_OFF;
	if (room->lost)
		lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_CONNECTION, .state = LQ_CONN_FAILED, .text = text});
	lq__room_finish(room, over ? LQ_ECONN : code, over ? "the connection was lost for too long" : text, 0);
}

void lq__request_failed(lq_room *room, const lq__request *req, int code, const char *text)
{
	lq__req_type type = req ? req->type : LQ__REQ_OTHER;
	if (type == LQ__REQ_JOIN)
		join_refused(room, code, text);
	else if (type == LQ__REQ_PUBLISH)
		lq__publish_failed(room, code, text);
	else if (type == LQ__REQ_SUBSCRIBE)
		lq__subscribe_failed(room, req, code, text);
	else if (type == LQ__REQ_MESSAGE)
		lq__message_answered(room, req, code, text);
	else if (type > LQ__REQ_OTHER)
		lq__room_answered(room, req, code, text);
	else if (type != LQ__REQ_MEDIA || code != LQ_ENOENT) /* else it is about a track that the server has dropped already */
		lq__room_warn(room, LQ_ON_WARNING, code, text);
}

static void on_error(lq_room *room, const lq__msg *msg)
{
	lq__request *req = lq__room_take_request(room, msg->id);
	lq_log(LQ_LOG_INFO, "sdk", "room \"%s\": the server says %s: %s", room->name, lq_error_name(msg->code), msg->text);
	lq__request_failed(room, req, msg->code, msg->text);
	lq__request_free(req);
}

void lq__room_drop_member(lq_room *room, lq__member *m, const char *reason)
{
	for (unsigned i = 0; i < 2 * LQ__STREAMS; i++)
		if (m->tracks[i / 2][i % 2].present)
			lq__room_drop_track(room, m, (lq_stream)(i / 2), (lq_track_kind)(i % 2 + 1));
	char user[LQ__USER_MAX + 1], name[LQ__USER_MAX + 1];
	snprintf(user, sizeof user, "%s", m->user);
	snprintf(name, sizeof name, "%s", m->name);
	lq__member_remove(room, m); /* first, so that the list of members agrees with the event */
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_USER_LEFT, .user = user, .name = name, .text = reason});
}

static void on_user_left(lq_room *room, const lq__msg *msg)
{
	lq__member *m = lq__member_find(room, msg->user);
	if (m)
		lq__room_drop_member(room, m, msg->reason);
}

static void on_track_published(lq_room *room, const lq__msg *msg)
{
	const lq__msg_track *in = msg->tracks;
	lq__member *m = lq__member_find(room, in->user);
	if (!m)
		return;
	if (m->tracks[in->stream][in->kind - 1].present)
		lq__room_drop_track(room, m, in->stream, in->kind);
	lq__track *t = lq__room_put_track(room, m, in);
	if (!t)
		return;
	lq__room_stream_event(room, LQ_ON_STREAM_PUBLISHED, m, in->stream, in->kind, t);
	lq__has_track(room, m, in->stream, in->kind, 1, msg->text);
	if (lq__wants(room, in->user, in->stream, in->kind))
		lq__subscribe(room, (const char *const[]){t->id}, 1);
}

static void on_track_event(lq_room *room, const lq__msg *msg)
{
	lq__member *m;
	lq_stream stream;
	lq_track_kind kind;
	lq__track *t = lq__track_find(room, msg->tracks->id, &m, &stream, &kind);
	if (!t)
		return;
	if (msg->type == LQ__MSG_TRACK_UNPUBLISHED) {
		lq__room_drop_track(room, m, stream, kind);
		lq__has_track(room, m, stream, kind, 0, msg->text);
		return;
	}
	pthread_mutex_lock(&room->lock);
	t->muted = msg->tracks->muted;
	pthread_mutex_unlock(&room->lock);
	lq__room_stream_event(room, LQ_ON_STREAM_MUTED, m, stream, kind, t);
	lq__track_muted(room, m, stream, kind, t);
}

static void on_layer(lq_room *room, const lq__msg *msg)
{
	lq__member *m;
	lq_stream stream;
	lq_track_kind kind;
	lq__track *t = lq__track_find(room, msg->tracks->id, &m, &stream, &kind);
	if (t && t->sub != LQ__SUB_NONE)
		lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_LAYER, .user = m->user, .stream = stream, .kind = kind, .layer = msg->layer,
		                                     .width = msg->tracks->width, .height = msg->tracks->height});
}

static void on_kicked(lq_room *room, const lq__msg *msg)
{
	static const struct { const char *reason; int code; } codes[] = {
		{"duplicate", LQ_EDUPLICATE}, {"kicked", LQ_EPERM}, {"token_expired", LQ_ETOKEN}, {"room_closed", LQ_END},
	};
	int code = LQ_EPERM;
	if (!strcmp(msg->reason, "timeout") || !strcmp(msg->reason, "shutdown")) { /* it did not mean us: we come back */
		lq__room_lose(room, msg->reason);
		return;
	}
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (!strcmp(codes[i].reason, msg->reason))
			code = codes[i].code;
	lq__room_finish(room, code, *msg->text ? msg->text : msg->reason, 0);
}

static void on_ok(lq_room *room, const lq__msg *msg)
{
	lq__request *req = lq__room_take_request(room, msg->id);
	if (msg->id && msg->id == room->renewing)
		room->renewing = 0;
	if (req && req->type == LQ__REQ_RENEW)
		lq__room_renew_now(room);
	else if (req && req->type == LQ__REQ_MESSAGE)
		lq__message_answered(room, req, 0, "");
	else if (req)
		lq__room_answered(room, req, 0, msg->user);
	lq__request_free(req);
}

/* Events have numbers, the others have none. */
static int is_news(lq_room *room, const lq__msg *msg)
{
	if (msg->seq && msg->seq <= room->seq)
		return 0;
	if (msg->seq)
		room->seq = msg->seq;
	return 1;
}

/* Before `joined` and while leaving, only what ends these states counts. */
static void dispatch(lq_room *room, const lq__msg *msg)
{
	lq__member *m;
	lq__request *req;
	if (room->finishing) {
		if (msg->type == LQ__MSG_LEFT)
			lq__room_signal_done(room);
		return;
	}
	switch (msg->type) {
	case LQ__MSG_JOINED:
		on_joined(room, msg);
		return;
	case LQ__MSG_ERROR:
		on_error(room, msg);
		return;
	case LQ__MSG_KICKED:
		on_kicked(room, msg);
		return;
	default:
		break;
	}
	if (!room->joined_reported || !is_news(room, msg))
		return;
	switch (msg->type) {
	case LQ__MSG_PUBLISHED:
		req = lq__room_take_request(room, msg->id);
		if (req) /* else it is about media that was */
			lq__publish_answered(room, msg);
		lq__request_free(req);
		return;
	case LQ__MSG_OFFER:
		lq__on_offer(room, msg);
		return;
	case LQ__MSG_USER_JOINED:
		if ((m = lq__room_add_member(room, msg->members))) {
			lq__room_user_event(room, m, 0);
			lq__has_cameras(room, m, msg->cameras);
			lq__tell_attributes(room, msg->user, msg->attributes, 0);
		}
		return;
	case LQ__MSG_USER_LEFT:
		on_user_left(room, msg);
		return;
	case LQ__MSG_TRACK_PUBLISHED:
		on_track_published(room, msg);
		return;
	case LQ__MSG_TRACK_UNPUBLISHED:
	case LQ__MSG_TRACK_MUTED:
		on_track_event(room, msg);
		return;
	case LQ__MSG_LAYER:
		on_layer(room, msg);
		return;
	case LQ__MSG_QUALITY:
		lq__on_quality(room, msg);
		return;
	case LQ__MSG_MESSAGE:
		lq__on_message(room, msg);
		return;
	case LQ__MSG_ATTRIBUTES:
		lq__on_attributes(room, msg);
		return;
	case LQ__MSG_DEVICE:
		lq__on_device(room, msg);
		return;
	case LQ__MSG_CONTROL:
		lq__on_control(room, msg);
		return;
	case LQ__MSG_MUTE: /* an administrator wants it */
		lq__publish_mute(room, msg->device.stream, msg->device.kind, msg->flag);
		lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_STREAM_MUTED, .user = room->self, .stream = msg->device.stream, .kind = msg->device.kind, .muted = msg->flag});
		return;
	case LQ__MSG_DEFAULT_CAMERA:
		lq__on_default_camera(room, msg);
		return;
	case LQ__MSG_CAMERAS:
		if ((m = lq__member_find(room, msg->user)))
			lq__has_cameras(room, m, msg->cameras);
		return;
	case LQ__MSG_TOKEN_WILL_EXPIRE:
		lq__on_token_will_expire(room, msg);
		return;
	case LQ__MSG_TOKEN_EXPIRED:
		lq__on_token_expired(room, msg);
		return;
	case LQ__MSG_STAGE_REQUEST:
		lq__on_stage_request(room, msg);
		return;
	case LQ__MSG_GUEST:
		lq__on_guest(room, msg);
		return;
	case LQ__MSG_STAGE_ANSWER:
		lq__on_stage_answer(room, msg);
		return;
	case LQ__MSG_EGRESS:
		lq__on_egress(room, msg);
		return;
	case LQ__MSG_EGRESS_STARTED:
	case LQ__MSG_EGRESS_LIST:
		lq__on_egress_answer(room, msg);
		return;
	case LQ__MSG_ROOM_PROFILE:
		lq__profile_is(room, msg->live, 1);
		return;
	case LQ__MSG_ROOM_LOCKED:
		lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_ROOM_LOCKED, .on = msg->flag});
		return;
	default:
		on_ok(room, msg);
		return;
	}
}

void lq__room_message(lq_room *room, const char *text, size_t len)
{
	char error[256];
	lq__msg msg;
	int r = lq__msg_parse(text, len, &msg, error, sizeof error);
	if (r) {
		char line[320];
		snprintf(line, sizeof line, "message from the server ignored: %s", r == LQ_ENOMEM ? lq_error_text(r) : error);
		lq__room_warn(room, LQ_ON_WARNING, r, line);
		return;
	}
	dispatch(room, &msg);
	lq__msg_finish(&msg);
}
