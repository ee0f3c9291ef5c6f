/* A thread that carries HTTP requests, one after the other, so that the node's loop never waits for them. */
#ifndef LQ_PLUGINS_WHIP_COURIER_H
#define LQ_PLUGINS_WHIP_COURIER_H

#include "http.h"

typedef struct courier courier;

/* `done` is called on the courier's thread when an exchange is over. The options' texts must outlive it. */
int courier_start(const http_options *o, void (*done)(void *arg), void *arg, courier **out);

/* [loop] Consumes the exchange. LQ_EFULL when too many wait. */
int courier_send(courier *c, http_exchange *x);

/* [loop] The next that is over, for http_free; NULL: none. */
http_exchange *courier_take(courier *c);

/* [loop] What is queued has `linger` ns in all to be carried out. A POST that has just made a session has it ended, too. */
void courier_stop(courier *c, int64_t linger);

#endif
