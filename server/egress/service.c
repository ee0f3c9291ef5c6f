#include "server/egress/service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <loquat/clock.h>
#include <loquat/log.h>
#include <loquat/plugin/errors.h>

#include "server/hooks/hooks.h"
#include "server/room_private.h"
#include "server/session.h"

#define NO_TASKS "this server makes no tasks"
#define USER_PREFIX "egress-"
#define TOKEN_SECONDS (INT64_C(366) * 86400) /* it is good as long as the task lives, and no longer */

static int64_t clock_now(void)
{
	return lq_clock_now(lq_clock_real());
}

static int64_t unix_ms(const lq__egress_service *e)
{
	return lq__service_unix_ms(e->service, clock_now());
}

/* ---- files ---- */

/* "show.mp4", then "show-2.mp4": what has been recorded is never written over. */
static json_t *free_name(const char *dir, const char *name)
{
	const char *dot = strrchr(name, '.');
	char file[LQ_EGRESS_FILE_MAX + 16], path[4096];
	for (int n = 1; n < 100000; n++) {
		if (n == 1)
			snprintf(file, sizeof file, "%s", name);
		else
			snprintf(file, sizeof file, "%.*s-%d%s", (int)(dot - name), name, n, dot);
		if (snprintf(path, sizeof path, "%s/%s", dir, file) >= (int)sizeof path || (access(path, F_OK) && errno == ENOENT))
			return json_string(file);
	}
	return NULL;
}

static void make_folders(const char *dir, const char *name)
{
	char path[4096];
	if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
		return;
	for (char *p = path + strlen(dir) + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = 0;
		if (mkdir(path, 0777) && errno != EEXIST)
			lq_log(LQ_LOG_WARNING, "egress", "%s: %m", path); /* what follows from it the process tells */
	}
}

static void choose_files(lq__egress_task *t, const char *dir)
{
	json_t *v;
	size_t i;
	json_decref(t->record);
	t->record = dir && json_object_get(t->spec, "record") ? json_array() : NULL;
	json_array_foreach(json_object_get(t->spec, "to"), i, v)
		if (dir && lq__egress_is_file(json_string_value(v)))
			make_folders(dir, json_string_value(v));
	json_array_foreach(json_object_get(t->spec, "record"), i, v) {
		make_folders(dir, json_string_value(v));
		json_array_append_new(t->record, free_name(dir, json_string_value(v)));
	}
}

/* ---- what the tasks ask for ---- */

static void user_of(const lq__egress_task *t, char out[LQ_USER_ID_MAX + 1])
{
	snprintf(out, LQ_USER_ID_MAX + 1, USER_PREFIX "%s", t->id);
}

static json_t *first_command(const lq__egress_service *e, const lq__egress_task *t)
{
	char user[LQ_USER_ID_MAX + 1];
	user_of(t, user);
	char *token = lq__token_make_egress(e->key, e->service->app_id, t->room, user, unix_ms(e) / 1000 + TOKEN_SECONDS, t->id);
	json_t *command = token ? json_pack("{s:s, s:s, s:s, s:s}", "command", "start", "server", e->server, "room", t->room, "token", token) : NULL;
	free(token);
	if (command && (json_object_update(command, t->spec) || (t->record && json_object_set(command, "record", t->record)))) {
		json_decref(command);
		return NULL;
	}
	return command;
}

static int start_process(void *arg, lq__egress_task *t, void **process, char *error, size_t size)
{
	lq__egress_service *e = arg;
	lq__process *p = NULL;
	choose_files(t, e->processes.dir);
	json_t *command = first_command(e, t);
	int r = command ? lq__process_start(&e->processes, t, &p, error, size) : LQ_ENOMEM;
	if (!r && lq__process_tell(p, command))
		lq__process_kill(p); /* its end is seen as any other's */
	if (!command)
		snprintf(error, size, "the server is out of memory");
	json_decref(command);
	if (!r)
		*process = p;
	return r;
}

static int tell_process(void *process, const json_t *command)
{
	return lq__process_tell(process, command);
}

static void stop_process(void *process)
{
	json_t *command = json_pack("{s:s, s:i}", "command", "stop", "id", 0);
	lq__process_tell(process, command); /* the end of its input says the same */
	json_decref(command);
	lq__process_close_input(process);
}

static void kill_process(void *process)
{
	lq__process_kill(process);
}

static void on_changed(void *arg, const lq__egress_task *t)
{
	const lq__egress_service *e = arg;
	lq__room *room = e->service->rooms ? lq__room_find(e->service->rooms, t->room) : NULL;
	lq_log(t->code ? LQ_LOG_WARNING : LQ_LOG_INFO, "egress", "task %s of %s is %s%s%s", t->id, t->room, lq__egress_state_name(t->state), *t->text ? ": " : "", t->text);
	if (e->service->hooks)
		lq__hooks_tell(e->service->hooks, lq__egress_has_ended(t) ? "egress_ended" : t->state == LQ_EGRESS_STARTING && !t->restarts ? "egress_started" : "egress_updated", t->room,
		               t->room_sid, lq__egress_task_json(t), unix_ms(e));
	if (room && !strcmp(room->sid, t->room_sid))
		lq__room_event(room, NULL, lq__egress_event_json(t));
}

static void on_received(void *arg, const char *bytes, size_t n)
{
	lq__egress_task *t = arg;
	lq__egress_received(t, bytes, n, clock_now());
}

static void on_exited(void *arg, int wait_status)
{
	lq__egress_task *t = arg;
	const lq__egress_service *e = t->egress->host.arg;
	lq__egress_exited(t, wait_status, clock_now(), unix_ms(e));
}

/* ---- life ---- */

void lq__egress_service_init(lq__egress_service *e, lq__service *service, struct lws_vhost *vhost, const char *host, int port, const char *program, const char *dir)
{
	const lq__egress_host tasks_host = {start_process, tell_process, stop_process, kill_process, on_changed, e};
	memset(e, 0, sizeof *e);
	e->service = service;
	e->processes = (lq__processes){.vhost = vhost, .program = program, .dir = dir, .received = on_received, .exited = on_exited};
	lq__list_init(&e->processes.all);
	lq__egress_init(&e->tasks, &tasks_host);
	snprintf(e->server, sizeof e->server, "ws://%s:%d", strcmp(host, "0.0.0.0") ? host : "127.0.0.1", port);
	for (size_t i = 0; i < 4; i++)
		lq__sid(e->key + 16 * i);
}

void lq__egress_service_finish(lq__egress_service *e)
{
	if (e->service)
		lq__egress_finish(&e->tasks);
}

int64_t lq__egress_service_turn(lq__egress_service *e, int ended)
{
	if (ended)
		lq__processes_reap(&e->processes);
	int64_t now = clock_now(), next = lq__egress_tick(&e->tasks, now, unix_ms(e));
	return next == INT64_MAX ? next : next > now ? next - now : 0;
}

int lq__egress_service_busy(const lq__egress_service *e)
{
	return e->service && !lq__list_empty(&e->processes.all);
}

/* ---- requests ---- */

int lq__egress_request_start(lq__egress_service *e, const lq__room *room, const json_t *spec, const char *field, lq__egress_task **out, char *error, size_t size)
{
	if (!e) {
		snprintf(error, size, "%s: " NO_TASKS, field);
		return LQ_ENOTSUP;
	}
	if (!e->processes.dir && lq__egress_spec_has_files(spec)) {
		snprintf(error, size, "%s.%s: this server writes no files (loquatd --egress-dir DIR)", field, json_array_size(json_object_get(spec, "record")) ? "record" : "to");
		return LQ_EPERM;
	}
	return lq__egress_start(&e->tasks, room->name, room->sid, spec, clock_now(), unix_ms(e), out, error, size);
}

int lq__egress_request_stop(lq__egress_service *e, const lq__room *room, const char *task)
{
	lq__egress_task *t = e ? lq__egress_find(&e->tasks, room->name, task) : NULL;
	return t ? lq__egress_stop(t, clock_now()) : LQ_ENOENT;
}

int lq__egress_request_layout(lq__egress_service *e, const lq__room *room, const char *task, const json_t *layout, lq__egress_answered fn, void *who, int64_t id, char *error, size_t size)
{
	lq__egress_task *t = e ? lq__egress_find(&e->tasks, room->name, task) : NULL;
	if (t)
		return lq__egress_layout(t, layout, clock_now(), fn, who, id, error, size);
	snprintf(error, size, "there is no such task in this room");
	return LQ_ENOENT;
}

json_t *lq__egress_request_list(const lq__egress_service *e, const char *room)
{
	return e ? lq__egress_list_json(&e->tasks, room) : json_array();
}

void lq__egress_request_forget(lq__egress_service *e, const void *who)
{
	if (e)
		lq__egress_forget(&e->tasks, who);
}

void lq__egress_service_room_ended(lq__egress_service *e, const lq__room *room)
{
	lq__egress_room_ended(&e->tasks, room->sid, clock_now());
}

int lq__egress_admits(const lq__egress_service *e, const char *token, const char *room, int64_t unix_s, char user_out[LQ_USER_ID_MAX + 1])
{
	char error[256];
	lq__token_want want = {e->key, e->service->app_id, room, NULL, unix_s, NULL};
	lq__grant grant;
	if (lq__token_check(token, &want, &grant, error, sizeof error))
		return 0;
	const lq__egress_task *t = lq__egress_find(&e->tasks, room, grant.egress);
	const lq__room *r = lq__room_find(e->service->rooms, room);
	if (!t || !r || lq__egress_has_ended(t) || strcmp(r->sid, t->room_sid))
		return -1;
	user_of(t, user_out);
	return 1;
}
