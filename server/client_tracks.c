/* A member's requests about tracks: its own, and those that it gets. */
#include "server/client_requests.h"

#include <stdio.h>

#include <loquat/plugin/errors.h>

#include "server/message.h"
#include "server/publish.h"
#include "server/subscribe.h"

static void on_publish(lq__client *c, const lq__message *m)
{
	char error[256] = "";
	json_t *answer = NULL;
	int e = lq__publish(c->service->media, c->member, m, &answer, error, sizeof error);
	if (e) {
		lq__client_error(c, m, e, error);
		return;
	}
	lq__client_answer(c, m, answer);
	lq__publish_announce(c->member);
}

/* The tracks of those ids, how many. Some may have gone while the request was on its way, which is no fault of the others; -1: all have, and the client was told. */
static int find_tracks(lq__client *c, const lq__message *m, lq__track **out)
{
	char error[128];
	int n = 0;
	for (uint32_t i = 0; i < m->n_ids; i++)
		if ((out[n] = lq__room_find_track(c->member->room, m->ids[i])))
			n++;
	if (n || !m->n_ids)
		return n;
	snprintf(error, sizeof error, "tracks[0]: there is no track \"%.32s\" in this room", m->ids[0]);
	lq__client_error(c, m, LQ_ENOENT, error);
	return -1;
}

static void answer_found(lq__client *c, const lq__message *m)
{
	json_t *missing = NULL;
	for (uint32_t i = 0; i < m->n_ids; i++)
		if (!lq__room_find_track(c->member->room, m->ids[i])) {
			missing = missing ? missing : json_array();
			json_array_append_new(missing, json_string(m->ids[i]));
		}
	lq__client_answer(c, m, json_pack("{s:s, s:o*}", "type", "ok", "missing", missing));
}

static void on_unpublish(lq__client *c, const lq__message *m)
{
	lq__track *tracks[LQ_MESSAGE_IDS];
	int n = find_tracks(c, m, tracks);
	if (n < 0)
		return;
	for (int i = 0; i < n; i++)
		if (tracks[i]->member != c->member) {
			lq__client_error(c, m, LQ_EPERM, "unpublish.tracks: only one's own tracks can be unpublished");
			return;
		}
	answer_found(c, m);
	for (uint32_t i = 0; i < m->n_ids; i++) {
		lq__track *t = lq__room_find_track(c->member->room, m->ids[i]); /* an id may be there twice */
		if (t)
			lq__track_remove(t);
	}
}

static void on_mute(lq__client *c, const lq__message *m)
{
	lq__track *t = lq__room_find_track(c->member->room, m->track);
	if (!t) {
		lq__client_error(c, m, LQ_ENOENT, "mute.track: there is no such track in this room");
	} else if (t->member != c->member) {
		lq__client_error(c, m, LQ_EPERM, "mute.track: only one's own tracks can be muted");
	} else {
		lq__client_ok(c, m);
		lq__track_mute(t, m->muted);
	}
}

static void on_subscribe(lq__client *c, const lq__message *m)
{
	lq__track *tracks[LQ_MESSAGE_IDS];
	char error[256] = "";
	int n = find_tracks(c, m, tracks);
	if (n < 0)
		return;
	int e = m->type == LQ_MSG_SUBSCRIBE ? lq__subscribe(c->service->media, c->member, tracks, (uint32_t)n, m->layer, error, sizeof error) : 0;
	if (e) {
		lq__client_error(c, m, e, error);
		return;
	}
	if (m->type == LQ_MSG_UNSUBSCRIBE)
		lq__unsubscribe(c->member, tracks, (uint32_t)n);
	answer_found(c, m);
	lq__subscribe_offer(c->member);
}

static void on_layer(lq__client *c, const lq__message *m)
{
	lq__track *t = lq__room_find_track(c->member->room, m->track);
	int e = t ? lq__subscribe_layer(c->member, t, m->layer) : LQ_ENOENT;
	if (!e)
		lq__client_ok(c, m);
	else
		lq__client_error(c, m, e, e == LQ_ENOENT ? "layer.track: there is no such track in this room" :
		                          e == LQ_ESTATE ? "layer.track: it is not subscribed" : "the server is out of memory");
}

static void on_answer(lq__client *c, const lq__message *m)
{
	char error[256] = "";
	int e = lq__subscribe_answer(c->member, m, error, sizeof error);
	if (e) {
		lq__client_error(c, m, e, error);
		return;
	}
	lq__client_ok(c, m);
	lq__subscribe_offer(c->member);
}

/* Its peer connections are no more: what it published and subscribed ends, and it begins anew. */
static void on_renew(lq__client *c, const lq__message *m)
{
	lq__member *member = c->member;
	lq__subscribe_close(member);
	LQ__EACH(lq__track, t, &member->tracks, link)
		lq__track_remove(t);
	lq__publish_close(member);
	lq__client_ok(c, m);
}

int lq__client_track_request(lq__client *c, const lq__message *m)
{
	switch (m->type) {
	case LQ_MSG_PUBLISH: on_publish(c, m); break;
	case LQ_MSG_UNPUBLISH: on_unpublish(c, m); break;
	case LQ_MSG_MUTE: on_mute(c, m); break;
	case LQ_MSG_SUBSCRIBE:
	case LQ_MSG_UNSUBSCRIBE: on_subscribe(c, m); break;
	case LQ_MSG_ANSWER: on_answer(c, m); break;
	case LQ_MSG_LAYER: on_layer(c, m); break;
	case LQ_MSG_RENEW: on_renew(c, m); break;
	default: return 0;
	}
	return 1;
}
