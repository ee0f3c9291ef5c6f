/* The queue of events between the engine and the app: bounded, strings owned, handed out by a thread of its own or by polling.
 *
 * Drop policy: when LQ__EVENTS_MAX wait, a new event is dropped and counted, unless it is one of the few that an app must get (the
 * last LQ__EVENTS_RESERVED places are theirs). The loss is told by one LQ_ON_WARNING (LQ_EFULL) once there is room again. */
#ifndef LQ_SDK_EVENTS_H
#define LQ_SDK_EVENTS_H

#include <loquat/loquat.h>

enum { LQ__EVENTS_MAX = 4096, LQ__EVENTS_RESERVED = 64 };

typedef struct lq__events lq__events;

int lq__events_create(lq_event_cb cb, void *user_data, const void *owner, lq__events **out); /* cb NULL: polling */
void lq__events_destroy(lq__events *ev); /* [control] drops what waits; waits for a running callback. NULL is fine */

/* [any] Copies the event with its strings (NULL becomes ""). Never blocks. */
void lq__events_push(lq__events *ev, const lq_sdk_event *event);

/* [any] Drops what waits for a room, a session or a call and waits until a callback for it on another thread is over. The caller sees to it that
 * nothing more is pushed for it. */
void lq__events_purge(lq__events *ev, const void *object);

int lq__events_poll(lq__events *ev, int timeout_ms, const lq_sdk_event **out);

/* What kind of callback of `owner` (an engine) this thread is inside of. Stats, frames and events all tell. */
enum { LQ__INSIDE_NONE = 0, LQ__INSIDE_EVENT = 1, LQ__INSIDE_FRAME = 2 };
typedef struct lq__inside {
	const void *owner;
	int what;
} lq__inside;
lq__inside lq__inside_enter(const void *owner, int what); /* returns what was before, for lq__inside_leave */
void lq__inside_leave(lq__inside before);
int lq__inside_of(const void *owner);

#endif
