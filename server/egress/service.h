/* Egress tasks in the server: who may ask for them, the processes behind them, who is told. */
#ifndef LQ_SERVER_EGRESS_SERVICE_H
#define LQ_SERVER_EGRESS_SERVICE_H

#include "server/client.h"
#include "server/egress/process.h"
#include "server/egress/tasks.h"

typedef struct lq__egress_service {
	lq__egress tasks;
	lq__processes processes;
	lq__service *service;
	char server[64]; /* what processes connect to */
	char key[65];    /* what their tokens are signed with; of this run alone */
} lq__egress_service;

/* program and dir: of lq__processes; dir NULL: nothing can be written to files. */
void lq__egress_service_init(lq__egress_service *e, lq__service *service, struct lws_vhost *vhost, const char *host, int port, const char *program, const char *dir);
void lq__egress_service_finish(lq__egress_service *e);
/* Once in each turn of the loop: ends of processes (`ended`: there was a SIGCHLD) and what is due are seen to. In how many ns it is to be called next, INT64_MAX. */
int64_t lq__egress_service_turn(lq__egress_service *e, int ended);
int lq__egress_service_busy(const lq__egress_service *e); /* whether processes run */

/* As in tasks.h, with the checks of what this server allows. `e` may be NULL: LQ_ENOTSUP. */
int lq__egress_request_start(lq__egress_service *e, const lq__room *room, const json_t *spec, const char *field, lq__egress_task **out, char *error, size_t size);

int lq__egress_request_stop(lq__egress_service *e, const lq__room *room, const char *task); /* LQ_ENOENT, LQ_ESTATE: it has ended */
/* See lq__egress_layout. LQ_ENOENT. */
int lq__egress_request_layout(lq__egress_service *e, const lq__room *room, const char *task, const json_t *layout, lq__egress_answered fn, void *who, int64_t id, char *error, size_t size);
json_t *lq__egress_request_list(const lq__egress_service *e, const char *room);
void lq__egress_request_forget(lq__egress_service *e, const void *who); /* it does not wait for answers any more */
void lq__egress_service_room_ended(lq__egress_service *e, const lq__room *room);

/* Whether a token is that of a task for this room: 1, and under which name it joins (user_out); -1: the task has ended; 0: it is none. */
int lq__egress_admits(const lq__egress_service *e, const char *token, const char *room, int64_t unix_s, char user_out[LQ_USER_ID_MAX + 1]);

/* ---- requests.c: of members ---- */
struct lq__message;
void lq__egress_member_request(lq__client *c, const struct lq__message *m);

#endif
