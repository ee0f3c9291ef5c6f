/* A function of a room, run on the control thread. */
#ifndef LQ_SDK_ROOM_TASK_H
#define LQ_SDK_ROOM_TASK_H

#include <loquat/loquat.h>

/* [any] 0, LQ_ENOMEM, or LQ_EFULL when too many are under way. */
int lq__room_run(lq_room *room, void (*fn)(lq_room *room));

#endif
