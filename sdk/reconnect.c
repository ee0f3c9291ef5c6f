/* A room whose connection is lost: it is made again, and the room goes on where it was, or is joined anew. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/clock.h>
#include <loquat/log.h>

#include "room.h"

static void connection(lq_room *room, lq_connection_state state, const char *text)
{
	lq_log(LQ_LOG_INFO, "sdk", "room \"%s\": %s%s%s", room->name, state == LQ_CONN_CONNECTED ? "connected again" : state == LQ_CONN_FAILED ? "given up" : "lost",
	       *text ? ": " : "", text);
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_CONNECTION, .state = state, .text = text});
}

static int64_t lost_ms(const lq_room *room)
{
	return (lq_clock_now(lq_clock_real()) - room->lost_time) / LQ_MSEC;
}

/* Real milliseconds. Without rejoining there is no use in trying longer than the server waits. */
static int64_t limit_ms(const lq_room *room)
{
	int64_t limit = lq__engine_ms(room->engine, room->options.rejoin_ms ? room->options.rejoin_ms : LQ__REJOIN_MS);
	return room->options.auto_rejoin == LQ_OFF && room->resume_ms && room->resume_ms < limit ? room->resume_ms : limit;
}

static void give_up(lq_room *room)
{
	static const char why[] = "the connection could not be restored in time";
	connection(room, LQ_CONN_FAILED, why);
	lq__room_finish(room, LQ_ECONN, why, 0);
}

/* The intervals grow, and differ a little, so that all clients of a server that comes back do not come in the same moment. */
static void retry(lq_room *room)
{
	int64_t now = lq_clock_now(lq_clock_real()), left = limit_ms(room) - lost_ms(room);
	uint32_t max = lq__engine_ms(room->engine, LQ__ROOM_RETRY_MAX_MS), wait = room->retry_ms - (uint32_t)(now / 1000 % (room->retry_ms / 4 + 1));
	if (left <= 0) {
		give_up(room);
		return;
	}
	lq__timer_set(room->engine->control, &room->timer, wait < left ? wait : (uint32_t)left);
	room->retry_ms = 2 * room->retry_ms < max ? 2 * room->retry_ms : max;
}

void lq__room_lose(lq_room *room, const char *reason)
{
	room->renew |= !strcmp(reason, LQ__SIGNAL_MOVED);
	lq__signal_abort(room->signal);
	room->signal = NULL;
	lq__room_drop_joins(room);
	if (!room->lost) {
		room->lost = 1;
		room->lost_time = lq_clock_now(lq_clock_real());
		room->retry_ms = lq__engine_ms(room->engine, LQ__ROOM_RETRY_FIRST_MS);
		connection(room, LQ_CONN_RECONNECTING, reason);
	}
	retry(room);
}

/* Time for another try, or the one under way takes too long. */
void lq__room_lost_timer(lq_room *room)
{
	int64_t left = limit_ms(room) - lost_ms(room);
	if (room->signal || left <= 0)
		lq__room_lose(room, "");
	else if (lq__room_connect(room))
		retry(room);
	else
		lq__timer_set(room->engine->control, &room->timer, LQ__ROOM_RETRY_MAX_MS < left ? LQ__ROOM_RETRY_MAX_MS : (uint32_t)left);
}

/* ---- back again ---- */

static void media_anew(lq_room *room)
{
	lq__job *job = lq__job_new(room, 0, lq__work_anew, NULL);
	room->life++;
	room->media_was_up[0] = room->media_was_up[1] = 0;
	room->offer_busy = 0;
	room->rev = 0;
	for (unsigned d = 0; d < 2; d++) {
		lq__job_free(room->describing[d].waiting);
		room->describing[d] = (lq__describing){0};
	}
	if (job)
		lq__job_post(job);
	else
		lq__room_warn(room, LQ_ON_ERROR, LQ_ENOMEM, "no memory to begin media anew");
}

void lq__room_renew_now(lq_room *room)
{
	if (!room->renew)
		return;
	room->renew = 0;
	if (++room->renewals > LQ__RENEWALS_MAX) {
		lq__room_warn(room, LQ_ON_ERROR, LQ_ECONN, "media finds no way to the server");
		return;
	}
	lq_log(LQ_LOG_INFO, "sdk", "room \"%s\": media begins anew", room->name);
	media_anew(room);
	lq__room_drop_media_requests(room);
	room->renewing = lq__room_id(room);
	lq__room_send(room, room->renewing, LQ__REQ_MEDIA, lq__req_plain(room->renewing, "renew"));
	lq__room_subscribe_again(room);
	lq__publish_anew(room);
}

void lq__room_renew(lq_room *room)
{
	int asked = room->renew;
	room->renew = 1;
	if (asked || room->lost || !room->joined_reported || room->finishing)
		return;
	int64_t id = lq__room_id(room);
	if (lq__room_send(room, id, LQ__REQ_RENEW, lq__req_plain(id, "ping")))
		room->renew = 0;
}

static void rejoined(lq_room *room, const lq__msg *msg)
{
	media_anew(room);
	room->renewing = 0;
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_JOINED, .room_sid = msg->room_sid, .user = msg->user, .name = msg->name, .join_type = 1,
	                                     .elapsed_ms = (uint32_t)lost_ms(room)});
	lq__room_fail_requests(room);
	lq__room_differences(room, msg);
	lq__stage_rejoined(room, msg);
	lq__guest_rejoined(room);
	lq__profile_is(room, msg->live, 0);
	lq__publish_anew(room);
	lq__has_restore(room);
	if (room->own) { /* they went with the place that we had */
		int64_t id = lq__room_id(room);
		room->restoring = 1;
		lq__room_send(room, id, LQ__REQ_KEPT, lq__req_attributes(id, 0, room->own));
	}
}

void lq__room_back(lq_room *room, const lq__msg *msg)
{
	room->lost = 0;
	lq__timer_cancel(room->engine->control, &room->timer);
	connection(room, LQ_CONN_CONNECTED, "");
	if (!msg->resumed)
		rejoined(room, msg);
	else
		lq__room_renew_now(room); /* before anything about the media that was */
	room->renew = 0;
	lq__room_send_again(room);
}
