/* Requests to the server. Each is kept until its answer has come, so that it can be sent again on another socket; without one it waits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/log.h>

#include "room.h"

int64_t lq__room_id(lq_room *room)
{
	return ++room->next_id;
}

void lq__request_free(lq__request *req)
{
	if (!req)
		return;
	free(req->text);
	free(req);
}

/* Takes text. */
static lq__request *remember(lq_room *room, int64_t id, lq__req_type type, char *text, uint32_t n_tracks)
{
	size_t len = strlen(text);
	int full = room->n_requests >= LQ__REQUESTS_MAX || room->request_bytes + len > LQ__REQUEST_BYTES_MAX;
	lq__request *req = full ? NULL : calloc(1, sizeof *req + n_tracks * sizeof *req->tracks), **last = &room->requests;
	if (!req) {
		free(text);
		return NULL;
	}
	req->id = id;
	req->type = type;
	req->text = text;
	req->len = len;
	req->n_tracks = n_tracks;
	while (*last)
		last = &(*last)->next;
	*last = req;
	room->n_requests++;
	room->request_bytes += len;
	return req;
}

lq__request *lq__room_find_request(lq_room *room, int64_t id)
{
	lq__request *req = room->requests;
	while (req && req->id != id)
		req = req->next;
	return req;
}

lq__request *lq__room_take_request(lq_room *room, int64_t id)
{
	for (lq__request **p = &room->requests; *p; p = &(*p)->next)
		if ((*p)->id == id) {
			lq__request *req = *p;
			*p = req->next;
			room->n_requests--;
			room->request_bytes -= req->len;
			return req;
		}
	return NULL;
}

void lq__room_drop_requests(lq_room *room)
{
	while (room->requests) {
		lq__request *req = lq__room_take_request(room, room->requests->id);
		lq__room_answered(room, req, LQ_ECONN, "the room was left before the server answered");
		lq__request_free(req);
	}
}

/* A request that cannot leave for lack of a connection waits for one; only a join begins it. */
static int send_now(lq_room *room, lq__request *req)
{
	int waits = room->lost && req->type != LQ__REQ_JOIN, r;
	if (waits)
		return 0;
	r = room->signal ? lq__signal_send(room->signal, req->sent ? lq__req_again(req->text) : strdup(req->text)) : LQ_ECONN;
	req->sent = room->socket;
	return r;
}

/* Takes text. NULL: *result says why not. */
static lq__request *request(lq_room *room, int64_t id, lq__req_type type, char *text, uint32_t n_tracks, int *result)
{
	lq__request *req = text ? remember(room, id, type, text, n_tracks) : NULL;
	*result = req ? send_now(room, req) : text ? LQ_EFULL : LQ_ENOMEM;
	if (req && *result) {
		lq__request_free(lq__room_take_request(room, id));
		req = NULL;
	}
	return req;
}

int lq__room_send(lq_room *room, int64_t id, lq__req_type type, char *text)
{
	int r;
	request(room, id, type, text, 0, &r);
	return r;
}

int lq__room_send_message(lq_room *room, int64_t id, const char *user, char *text)
{
	int r;
	lq__request *req = request(room, id, LQ__REQ_MESSAGE, text, 0, &r);
	if (req)
		snprintf(req->user, sizeof req->user, "%s", user);
	return r;
}

int lq__room_send_tracks(lq_room *room, const char *type, lq__req_type kind, const char *const *ids, uint32_t n)
{
	int r;
	int64_t id = lq__room_id(room);
	lq__request *req = request(room, id, kind, lq__req_tracks(id, type, ids, n), n, &r);
	for (uint32_t i = 0; req && i < n; i++)
		snprintf(req->tracks[i], LQ__ID_MAX, "%s", ids[i]);
	return r;
}

/* ---- after a loss ---- */

void lq__room_send_again(lq_room *room)
{
	for (lq__request *req = room->requests, *next; req; req = next) {
		next = req->next;
		int r = req->sent == room->socket ? 0 : send_now(room, req);
		if (!r)
			continue;
		lq__request_failed(room, req, r, lq_error_text(r));
		lq__request_free(lq__room_take_request(room, req->id));
	}
}

void lq__room_drop_joins(lq_room *room)
{
	for (lq__request *req = room->requests, *next; req; req = next) {
		next = req->next;
		if (req->type == LQ__REQ_JOIN)
			lq__request_free(lq__room_take_request(room, req->id));
	}
}

void lq__room_drop_media_requests(lq_room *room)
{
	for (lq__request *req = room->requests, *next; req; req = next) {
		next = req->next;
		if (req->type == LQ__REQ_PUBLISH || req->type == LQ__REQ_SUBSCRIBE || req->type == LQ__REQ_MEDIA)
			lq__request_free(lq__room_take_request(room, req->id));
	}
}

/* Of media there is nothing to be told, as it is all done anew. What the server may have done or not is not done again. */
void lq__room_fail_requests(lq_room *room)
{
	for (lq__request *req = room->requests, *next; req; req = next) {
		int tells = req->type == LQ__REQ_MESSAGE || req->type >= LQ__REQ_OTHER, waits = (tells && !req->sent) || req->type == LQ__REQ_KEPT;
		next = req->next;
		if (waits) {
			req->sent = 0;
			continue;
		}
		if (tells)
			lq__request_failed(room, req, LQ_ECONN, "the connection to the server was lost meanwhile");
		lq__request_free(lq__room_take_request(room, req->id));
	}
}
