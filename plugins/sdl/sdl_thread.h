/* The one thread of the process that calls SDL's video functions.
 *
 * SDL wants windows made, drawn and listened to on one thread, but each render.window lives on the loop that its profile says. So all
 * windows share this thread: it starts with the first window and ends with the last. Hand-over to it is bounded: a call waits for its
 * answer, and a frame goes to the window's mailbox of one (window.c). */
#ifndef LQ_SDL_THREAD_H
#define LQ_SDL_THREAD_H

#include <stddef.h>

/* What the thread serves. `update` is called after each kick, `event` for each SDL event (a union SDL_Event); both on the thread. */
typedef struct lq__sdl_client {
	struct lq__sdl_client *next;
	void (*update)(struct lq__sdl_client *client);
	void (*event)(struct lq__sdl_client *client, const void *sdl_event);
} lq__sdl_client;

/* [any but the thread] Starts the thread if need be. `text` gets the reason of a failure. Pair with leave. */
int lq__sdl_enter(char *text, size_t size);
void lq__sdl_leave(void);

/* [between enter and leave] Runs fn on the thread and waits for its result. */
int lq__sdl_call(int (*fn)(void *arg), void *arg);

/* [between enter and leave] Has every client's update called soon. Never blocks. */
void lq__sdl_kick(void);

/* [the thread] */
void lq__sdl_add(lq__sdl_client *client);
void lq__sdl_remove(lq__sdl_client *client);

#endif
