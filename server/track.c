/* Tracks of members, and the events that tell of them. */
#include <stdio.h>
#include <string.h>

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>

#include "base/alloc.h"
#include "server/message.h"
#include "server/room_private.h"

static void send_event(lq__member *m, json_t *event, size_t bytes)
{
	const lq__rooms_host *host = &m->room->rooms->host;
	m->seq++;
	lq__log_put(&m->log, event, bytes, LQ_MEMBER_EVENTS, LQ_MEMBER_BYTES);
	if (m->conn && !json_object_set_new(event, "seq", json_integer((json_int_t)m->seq)))
		host->send(m->conn, event);
}

static size_t bytes_of(const json_t *event)
{
	return json_dumpb(event, NULL, 0, JSON_COMPACT);
}

void lq__member_event(lq__member *m, json_t *event)
{
	if (event)
		send_event(m, event, bytes_of(event));
	json_decref(event);
}

void lq__room_event(lq__room *room, const lq__member *except, json_t *event)
{
	size_t bytes = event ? bytes_of(event) : 0;
	if (event)
		LQ__EACH(lq__member, m, &room->members, link)
			if (m != except && m->entered)
				send_event(m, event, bytes);
	json_decref(event);
}

int lq__track_create(lq__member *m, uint32_t media, uint32_t stream, const char *mid, lq__track **out)
{
	if (m->n_tracks >= LQ_MEMBER_TRACKS_MAX)
		return LQ_EFULL;
	if (strlen(mid) >= sizeof((lq__track *)0)->mid)
		return LQ_ERANGE;
	LQ__EACH(lq__track, t, &m->tracks, link)
		if (t->media == media && t->stream == stream)
			return LQ_EEXIST;
	lq__track *t = lq__calloc(1, sizeof *t);
	if (!t)
		return LQ_ENOMEM;
	lq__sid(t->id);
	snprintf(t->mid, sizeof t->mid, "%s", mid);
	t->member = m;
	t->media = media;
	t->stream = stream;
	lq__list_init(&t->copies);
	lq__list_init(&t->copy_link);
	lq__list_append(&m->tracks, &t->link);
	m->n_tracks++;
	m->room->rooms->figures.tracks++;
	*out = t;
	return 0;
}

static void track_news(const lq__track *t, const char *event)
{
	if (t->member->room->rooms->host.news)
		lq__room_news(t->member->room, event, json_pack("{s:o}", "track", lq__track_json(t)));
}

void lq__track_announce(lq__track *t)
{
	t->announced = 1;
	json_t *event = json_pack("{s:s, s:o}", "type", "track_published", "track", lq__track_json(t));
	lq__control_opened(t, event);
	lq__room_event(t->member->room, t->member, event);
	track_news(t, "track_published");
	lq__guests_track_announced(t);
}

void lq__track_end(lq__track *t)
{
	lq__member *m = t->member;
	lq__rooms *rooms = m->room->rooms;
	lq__guests_track_ending(t);
	json_t *event = t->announced ? json_pack("{s:s, s:s, s:s, s:s*}", "type", "track_unpublished", "track", t->id, "user", m->user, "by",
	                                         *t->closed_by ? t->closed_by : NULL) : NULL;
	if (t->announced)
		track_news(t, "track_unpublished");
	rooms->host.track_leaving(rooms->host.arg, t);
	lq__list_remove(&t->link);
	lq__list_remove(&t->copy_link);
	m->n_tracks--;
	rooms->figures.tracks--;
	lq__free(t);
	lq__room_event(m->room, m, event);
}

void lq__track_remove(lq__track *t)
{
	lq__room *room = t->member->room;
	lq__track_end(t);
	room->rooms->host.settled(room->rooms->host.arg, room);
}

void lq__track_mute(lq__track *t, int muted)
{
	if (t->muted == !!muted)
		return;
	t->muted = !!muted;
	lq__room_event(t->member->room, t->member,
	               json_pack("{s:s, s:s, s:s, s:b}", "type", "track_muted", "track", t->id, "user", t->member->user, "muted", t->muted));
	lq__guests_track_muted(t);
}

void lq__track_tell_layer(const lq__track *t, lq__member *to, uint32_t layer, uint32_t width, uint32_t height)
{
	lq__member_event(to, json_pack("{s:s, s:s, s:s, s:s, s:i, s:i}", "type", "layer", "track", t->id, "user", t->member->user, "layer",
	                               lq__layer_name(layer), "width", (int)width, "height", (int)height));
}

lq__track *lq__room_find_track(const lq__room *room, const char *id)
{
	LQ__EACH(lq__member, m, &room->members, link)
		LQ__EACH(lq__track, t, &m->tracks, link)
			if (!strcmp(t->id, id))
				return t;
	return NULL;
}

lq__track *lq__track_by_mid(const lq__member *m, const char *mid)
{
	LQ__EACH(lq__track, t, &m->tracks, link)
		if (!strcmp(t->mid, mid))
			return t;
	return NULL;
}

static const char *codec_name(uint32_t codec)
{
	switch (codec) {
	case LQ_CODEC_OPUS: return "opus";
	case LQ_CODEC_H264: return "H264";
	case LQ_CODEC_VP8: return "VP8";
	case LQ_CODEC_VP9: return "VP9";
	default: return "";
	}
}

static json_t *layers_json(const lq__track *t)
{
	json_t *layers = t->n_layers > 1 ? json_array() : NULL;
	for (uint32_t i = 0; layers && i < t->n_layers; i++)
		json_array_append_new(layers, json_pack("{s:i, s:i}", "width", (int)t->layers[i].width, "height", (int)t->layers[i].height));
	return layers;
}

json_t *lq__track_json(const lq__track *t)
{
	const lq__track *size = t->of ? t->of : t;
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:i, s:i, s:o*}", "id", t->id, "user", t->member->user, "kind", lq__kind_name(t->media),
	                 "stream", lq__stream_name(t->stream), "codec", codec_name(t->codec), "muted", t->muted, "width", (int)size->width,
	                 "height", (int)size->height, "layers", layers_json(size));
}

json_t *lq__guest_json(const lq__member *m)
{
	return m->guest_of ? json_pack("{s:s, s:s}", "room", m->guest_of->room->name, "user", m->guest_of->user) : NULL;
}

json_t *lq__member_json(const lq__member *m)
{
	json_t *tracks = json_array();
	LQ__EACH(lq__track, t, &m->tracks, link)
		json_array_append_new(tracks, lq__track_json(t));
	return json_pack("{s:s, s:s, s:o, s:O*, s:s*, s:o*, s:O*, s:s*, s:o*}", "user", m->user, "name", m->name, "tracks", tracks, "attributes", m->attributes, "info",
	                 *m->info ? m->info : NULL, "devices", lq__control_json(m), "cameras", m->cameras, "default_camera",
	                 m->default_camera ? lq__stream_name(m->default_camera) : NULL, "guest", lq__guest_json(m));
}

json_t *lq__member_snapshot(const lq__member *me)
{
	json_t *members = json_array();
	LQ__EACH(lq__member, m, &me->room->members, link)
		if (m != me && !m->audience)
			json_array_append_new(members, lq__member_json(m));
	return members;
}
