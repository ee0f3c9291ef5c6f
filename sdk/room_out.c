/* Requests to the server, and which of them wait for an answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "room.h"

int64_t lq__room_id(lq_room *room)
{
	return ++room->next_id;
}

static lq__request *remember(lq_room *room, int64_t id, lq__req_type type, uint32_t n_tracks)
{
	lq__request *req = room->n_requests < LQ__REQUESTS_MAX ? calloc(1, sizeof *req + n_tracks * sizeof *req->tracks) : NULL;
	if (!req)
		return NULL;
	req->id = id;
	req->type = type;
	req->n_tracks = n_tracks;
	req->next = room->requests;
	room->requests = req;
	room->n_requests++;
	return req;
}

lq__request *lq__room_take_request(lq_room *room, int64_t id)
{
	for (lq__request **p = &room->requests; *p; p = &(*p)->next)
		if ((*p)->id == id) {
			lq__request *req = *p;
			*p = req->next;
			room->n_requests--;
			return req;
		}
	return NULL;
}

void lq__room_drop_requests(lq_room *room)
{
	while (room->requests) {
		lq__request *req = lq__room_take_request(room, room->requests->id);
		lq__room_answered(room, req, LQ_ECONN, "the room was left before the server answered");
		free(req);
	}
}

int lq__room_send(lq_room *room, int64_t id, lq__req_type type, char *text)
{
	lq__request *req = text && room->signal ? remember(room, id, type, 0) : NULL;
	if (!req) {
		int r = !text ? LQ_ENOMEM : !room->signal ? LQ_ECONN : LQ_EFULL;
		free(text);
		return r;
	}
	int r = lq__signal_send(room->signal, text);
	if (r)
		free(lq__room_take_request(room, id));
	return r;
}

int lq__room_send_message(lq_room *room, int64_t id, const char *user, char *text)
{
	int r = lq__room_send(room, id, LQ__REQ_MESSAGE, text);
	if (!r)
		snprintf(room->requests->user, sizeof room->requests->user, "%s", user);
	return r;
}

int lq__room_send_tracks(lq_room *room, const char *type, lq__req_type kind, const char *const *ids, uint32_t n)
{
	int64_t id = lq__room_id(room);
	char *text = room->signal ? lq__req_tracks(id, type, ids, n) : NULL;
	lq__request *req = text ? remember(room, id, kind, n) : NULL;
	if (!req) {
		free(text);
		return room->signal ? LQ_ENOMEM : LQ_ECONN;
	}
	for (uint32_t i = 0; i < n; i++)
		snprintf(req->tracks[i], LQ__ID_MAX, "%s", ids[i]);
	int r = lq__signal_send(room->signal, text);
	if (r)
		free(lq__room_take_request(room, id));
	return r;
}
