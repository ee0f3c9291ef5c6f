/* The engine's control thread: owns the sockets of signalling and the state of all rooms. */
#ifndef LQ_SDK_CONTROL_H
#define LQ_SDK_CONTROL_H

#include <stdint.h>

#include <libwebsockets.h>

#include "task.h"

typedef struct lq__control lq__control;

int lq__control_create(lq__control **out);
void lq__control_destroy(lq__control *c); /* ends the thread after what is posted has run. NULL is fine */
void lq__control_post(lq__control *c, lq__task *task); /* [any] */
struct lws_context *lq__control_lws(lq__control *c);   /* [control thread] */

/* [control thread] One-shot timers. */
typedef struct lq__timer {
	lws_sorted_usec_list_t sul;
	void (*fn)(struct lq__timer *timer);
} lq__timer;
void lq__timer_set(lq__control *c, lq__timer *timer, uint32_t ms);
void lq__timer_cancel(lq__control *c, lq__timer *timer);

#endif
