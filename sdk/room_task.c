#include "room_task.h"

#include <stdlib.h>

#include "room.h"

typedef struct room_task {
	lq__task task; /* first */
	lq_room *room;
	void (*fn)(lq_room *room);
} room_task;

static void run(lq__task *task)
{
	room_task *t = (room_task *)task;
	t->fn(t->room);
	atomic_fetch_sub(&t->room->n_api, 1);
	lq__room_unref(t->room);
	free(t);
}

int lq__room_run(lq_room *room, void (*fn)(lq_room *room))
{
	if (atomic_load(&room->n_api) >= LQ__API_MAX)
		return LQ_EFULL;
	room_task *t = calloc(1, sizeof *t);
	if (!t)
		return LQ_ENOMEM;
	t->task.run = run;
	t->room = room;
	t->fn = fn;
	atomic_fetch_add(&room->n_api, 1);
	lq__room_ref(room);
	lq__control_post(room->engine->control, &t->task);
	return 0;
}
