/* One WebSocket to a server, on the control thread: whole text messages in and out. [control thread] */
#ifndef LQ_SDK_SIGNALLING_H
#define LQ_SDK_SIGNALLING_H

#include <libwebsockets.h>

#include "control.h"
#include "names.h"

#define LQ__SIGNAL_PROTOCOL "loquat.v1"

/* Why a socket is closed whose local address the machine does not have any more. */
#define LQ__SIGNAL_MOVED "the local address is gone"

typedef struct lq__signal lq__signal;

/* None of these is called from inside lq__signal_open or after lq__signal_close; after `closed` nothing more comes. They may close. */
typedef struct lq__signal_handler {
	void (*opened)(void *arg);
	void (*message)(void *arg, const char *text, size_t len);
	void (*closed)(void *arg, const char *reason);
} lq__signal_handler;

/* Within silence_ms of the last sign of life of the server, or when the machine loses the address that the socket has, it is closed. */
int lq__signal_open(lq__control *c, const lq__server *server, uint32_t silence_ms, const lq__signal_handler *handler, void *arg, lq__signal **out);

/* Takes `text` (malloc'd; NULL gives LQ_ENOMEM). LQ_EFULL when the server reads too slowly. */
int lq__signal_send(lq__signal *s, char *text);

/* The handle is gone. What was sent before still leaves, within a second, then the socket is closed cleanly. NULL is fine. */
void lq__signal_close(lq__signal *s);

/* As close, but nothing leaves any more, and no farewell: the server is to wait for us. */
void lq__signal_abort(lq__signal *s);

/* libwebsockets' entry, for the context's list of protocols. */
int lq__signal_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

#endif
