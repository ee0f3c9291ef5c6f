/* The processes of tasks: started by posix_spawn, told by their standard input, heard by their standard output, both on the server's event loop. */
#ifndef LQ_SERVER_EGRESS_PROCESS_H
#define LQ_SERVER_EGRESS_PROCESS_H

#include <jansson.h>
#include <libwebsockets.h>
#include <stddef.h>

#include "base/list.h"

#define LQ_PROCESS_QUEUE_MAX (256 * 1024) /* bytes that one has not taken yet */

typedef struct lq__process lq__process;

typedef struct lq__processes {
	struct lws_vhost *vhost; /* with the protocol LQ_PROCESS_PROTOCOL */
	const char *program;
	const char *dir; /* where they run; NULL: where we do */
	void (*received)(void *arg, const char *bytes, size_t n);
	void (*exited)(void *arg, int wait_status); /* all that it said has been received; the process is gone afterwards */
	lq__link all;
} lq__processes;

#define LQ_PROCESS_PROTOCOL "loquat.process"
int lq__process_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

/* `arg`: of received and exited. 0 or LQ_E*, then `error` says why. */
int lq__process_start(lq__processes *all, void *arg, lq__process **out, char *error, size_t size);
int lq__process_tell(lq__process *p, const json_t *command); /* as one line; LQ_EAGAIN: its queue is full, LQ_ENOMEM */
void lq__process_close_input(lq__process *p);                /* after what it was told; its end */
void lq__process_kill(lq__process *p);
void lq__processes_reap(lq__processes *all); /* after SIGCHLD */

#endif
