#include "quality.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/clock.h>

#include "room.h"

enum { DOWN = 6 };

static int64_t now_ms(void)
{
	return lq_clock_now(lq_clock_real()) / LQ_MSEC;
}

static void tell(lq_room *room)
{
	const lq__room_quality *own = &room->quality;
	lq_quality *list = malloc((room->n_members + 1) * sizeof *list);
	uint32_t n = 1;
	if (!list) {
		lq__room_warn(room, LQ_ON_WARNING, LQ_ENOMEM, "no memory to tell how good the connections are");
		return;
	}
	list[0] = room->lost ? (lq_quality){"", DOWN, DOWN} : (lq_quality){"", own->up, own->down};
	for (const lq__member *m = room->members; m && n <= room->n_members; m = m->next)
		list[n++] = (lq_quality){m->user, m->up, m->down};
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_NETWORK_QUALITY, .qualities = list, .n_qualities = n});
	free(list);
}

static void set_timer(lq_room *room)
{
	lq__room_quality *q = &room->quality;
	int64_t now = now_ms();
	q->next += lq__engine_ms(room->engine, LQ__QUALITY_MS);
	if (q->next < now)
		q->next = now;
	lq__timer_set(room->engine->control, &q->timer, (uint32_t)(q->next - now));
}

static void on_timer(lq__timer *timer)
{
	lq_room *room = lws_container_of(timer, lq_room, quality.timer);
	if (!room->joined_reported || room->finishing)
		return;
	tell(room);
	set_timer(room);
}

void lq__quality_start(lq_room *room, const char *self)
{
	lq__room_quality *q = &room->quality;
	snprintf(q->self, sizeof q->self, "%s", self);
	lq__timer_cancel(room->engine->control, &q->timer);
	q->timer.fn = on_timer;
	q->next = now_ms();
	set_timer(room);
}

void lq__quality_stop(lq_room *room)
{
	lq__timer_cancel(room->engine->control, &room->quality.timer);
	room->quality.up = room->quality.down = 0;
}

void lq__on_quality(lq_room *room, const lq__msg *msg)
{
	for (uint32_t i = 0; i < msg->n_members; i++) {
		const lq__msg_member *in = &msg->members[i];
		lq__member *m = lq__member_find(room, in->user);
		if (!strcmp(in->user, room->quality.self)) {
			room->quality.up = in->up;
			room->quality.down = in->down;
		} else if (m) {
			m->up = in->up;
			m->down = in->down;
		}
	}
}
