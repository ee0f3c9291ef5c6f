#include "server/egress/tasks.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <loquat/log.h>
#include <loquat/plugin/errors.h>

#include "base/alloc.h"

typedef struct command {
	lq__link link;
	int64_t number, until, id;
	json_t *layout;
	lq__egress_answered fn;
	void *who; /* NULL: nobody waits any more */
} command;

void lq__egress_init(lq__egress *e, const lq__egress_host *host)
{
	*e = (lq__egress){.host = *host};
	lq__list_init(&e->tasks);
}

int lq__egress_has_ended(const lq__egress_task *t)
{
	return t->state == LQ_EGRESS_ENDED || t->state == LQ_EGRESS_FAILED;
}

static void set_state(lq__egress_task *t, lq__egress_state state, int code, const char *text)
{
	char copy[LQ_EGRESS_TEXT_MAX + 1];
	if (t->state == state && t->code == code && !strcmp(t->text, text))
		return;
	snprintf(copy, sizeof copy, "%s", text); /* it may be our own */
	t->state = state;
	t->code = code;
	memcpy(t->text, copy, sizeof copy);
	t->egress->host.changed(t->egress->host.arg, t);
}

/* ---- commands ---- */

static void command_free(command *c)
{
	lq__list_remove(&c->link);
	json_decref(c->layout);
	lq__free(c);
}

static void command_answered(command *c, int code, const char *text)
{
	lq__egress_answered fn = c->fn;
	void *who = c->who;
	int64_t id = c->id;
	command_free(c);
	if (who)
		fn(who, id, code, text);
}

static void answer_all(lq__egress_task *t, int code, const char *text)
{
	while (!lq__list_empty(&t->commands))
		command_answered(LQ__ENTRY(t->commands.next, command, link), code, text);
}

static uint32_t n_commands(const lq__egress_task *t)
{
	uint32_t n = 0;
	for (const lq__link *l = t->commands.next; l != &t->commands; l = l->next)
		n++;
	return n;
}

static int refuse(char *error, size_t size, int code, const char *text)
{
	snprintf(error, size, "%s", text);
	return code;
}

int lq__egress_layout(lq__egress_task *t, const json_t *layout, int64_t now, lq__egress_answered fn, void *who, int64_t id, char *error, size_t size)
{
	if (lq__egress_has_ended(t) || t->state == LQ_EGRESS_STOPPING)
		return refuse(error, size, LQ_ESTATE, "the task has ended");
	if (!t->process)
		return refuse(error, size, LQ_ESTATE, "the task is being restarted: try again when it runs");
	if (n_commands(t) >= LQ_EGRESS_COMMANDS_MAX)
		return refuse(error, size, LQ_EAGAIN, "the task has not answered the last 8 changes yet: wait");
	command *c = lq__calloc(1, sizeof *c);
	json_t *copy = json_deep_copy(layout), *line = json_pack("{s:s, s:I, s:O}", "command", "layout", "id", (json_int_t)t->last_command + 1, "layout", copy);
	int e = !c || !line ? LQ_ENOMEM : t->egress->host.tell(t->process, line);
	json_decref(line);
	if (e) {
		lq__free(c);
		json_decref(copy);
		return refuse(error, size, e, e == LQ_ENOMEM ? "the server is out of memory" : "the task does not listen: try again");
	}
	*c = (command){.number = ++t->last_command, .until = now + LQ_EGRESS_ANSWER_MAX, .id = id, .layout = copy, .fn = fn, .who = who};
	lq__list_append(&t->commands, &c->link);
	return 0;
}

void lq__egress_forget(lq__egress *e, const void *who)
{
	LQ__EACH(lq__egress_task, t, &e->tasks, link)
		LQ__EACH(command, c, &t->commands, link)
			if (c->who == who)
				c->who = NULL;
}

static void on_answer(lq__egress_task *t, const lq__egress_status *s)
{
	LQ__EACH(command, c, &t->commands, link) {
		if (c->number != s->id)
			continue;
		if (!s->code) /* so it is what the next process begins with */
			json_object_set(t->spec, "layout", c->layout);
		command_answered(c, s->code, s->text);
		return;
	}
}

/* ---- life ---- */

static void task_free(lq__egress_task *t)
{
	LQ__EACH(command, c, &t->commands, link)
		command_free(c);
	lq__list_remove(&t->link);
	lq__egress_lines_reset(&t->lines);
	json_decref(t->spec);
	json_decref(t->record);
	json_decref(t->figures);
	lq__free(t);
}

void lq__egress_finish(lq__egress *e)
{
	LQ__EACH(lq__egress_task, t, &e->tasks, link)
		task_free(t);
}

/* The oldest of those that have ended is forgotten for a new one. */
static void end(lq__egress_task *t, lq__egress_state state, int code, const char *text, int64_t unix_ms)
{
	lq__egress *e = t->egress;
	e->figures.living--;
	e->figures.failed += state == LQ_EGRESS_FAILED;
	t->ended_ms = unix_ms;
	lq__egress_lines_reset(&t->lines);
	set_state(t, state, code, text);
	answer_all(t, LQ_ESTATE, "the task has ended");
	e->n_ended++;
	LQ__EACH(lq__egress_task, old, &e->tasks, link)
		if (e->n_ended > LQ_EGRESS_ENDED_MAX && lq__egress_has_ended(old) && old != t) {
			e->n_ended--;
			task_free(old);
		}
}

static int launch(lq__egress_task *t, int64_t now, char *error, size_t size)
{
	t->gave_up = 0;
	t->heard = now;
	memset(t->targets, 0, sizeof t->targets);
	json_decref(t->figures); /* they are of one process */
	t->figures = NULL;
	lq__egress_lines_reset(&t->lines);
	t->refused = t->lines.refused;
	return t->egress->host.start(t->egress->host.arg, t, &t->process, error, size);
}

static uint32_t living_in(const lq__egress *e, const char *room_sid)
{
	uint32_t n = 0;
	LQ__EACH(lq__egress_task, t, &e->tasks, link)
		n += !strcmp(t->room_sid, room_sid) && !lq__egress_has_ended(t);
	return n;
}

static int check_limits(const lq__egress *e, const char *room_sid, char *error, size_t size)
{
	if (living_in(e, room_sid) >= LQ_EGRESS_ROOM_MAX) {
		snprintf(error, size, "the room has %d tasks, more are not possible: stop one first", LQ_EGRESS_ROOM_MAX);
		return LQ_EFULL;
	}
	if (e->figures.living >= LQ_EGRESS_TASKS_MAX) {
		snprintf(error, size, "the server has %d tasks and takes no more", LQ_EGRESS_TASKS_MAX);
		return LQ_EFULL;
	}
	return 0;
}

int lq__egress_start(lq__egress *e, const char *room, const char *room_sid, const json_t *spec, int64_t now, int64_t unix_ms, lq__egress_task **out, char *error, size_t size)
{
	int r = check_limits(e, room_sid, error, size);
	if (r)
		return r;
	lq__egress_task *t = lq__calloc(1, sizeof *t);
	if (!t)
		return refuse(error, size, LQ_ENOMEM, "the server is out of memory");
	lq__list_init(&t->link);
	lq__list_init(&t->commands);
	t->egress = e;
	lq__sid(t->id);
	snprintf(t->room, sizeof t->room, "%s", room);
	snprintf(t->room_sid, sizeof t->room_sid, "%s", room_sid);
	t->made_ms = unix_ms;
	t->spec = lq__egress_spec_copy(spec);
	r = t->spec ? launch(t, now, error, size) : refuse(error, size, LQ_ENOMEM, "the server is out of memory");
	if (r) {
		task_free(t);
		return r;
	}
	e->figures.started++;
	e->figures.living++;
	lq__list_append(&e->tasks, &t->link);
	set_state(t, LQ_EGRESS_STARTING, 0, "");
	*out = t;
	return 0;
}

int lq__egress_stop(lq__egress_task *t, int64_t now)
{
	if (lq__egress_has_ended(t))
		return LQ_ESTATE;
	if (t->state == LQ_EGRESS_STOPPING)
		return 0;
	t->due = t->process ? now + LQ_EGRESS_STOP_MAX : now; /* without a process the next tick ends it */
	if (t->process)
		t->egress->host.stop(t->process);
	set_state(t, LQ_EGRESS_STOPPING, 0, "");
	return 0;
}

void lq__egress_room_ended(lq__egress *e, const char *room_sid, int64_t now)
{
	LQ__EACH(lq__egress_task, t, &e->tasks, link)
		if (!strcmp(t->room_sid, room_sid))
			lq__egress_stop(t, now);
}

void lq__egress_stop_all(lq__egress *e, int64_t now)
{
	LQ__EACH(lq__egress_task, t, &e->tasks, link)
		lq__egress_stop(t, now);
}

/* ---- what the process says ---- */

static const lq__egress_target *first_in(const lq__egress_task *t, lq__egress_says state)
{
	for (size_t i = 0; i < LQ_EGRESS_TARGETS_MAX; i++)
		if (t->targets[i].state == state)
			return &t->targets[i];
	return NULL;
}

/* Running, but with what is wrong: a target that waits before one that is lost for good. */
static void set_running(lq__egress_task *t)
{
	const lq__egress_target *waiting = first_in(t, LQ_EGRESS_SAYS_WAITING), *failed = first_in(t, LQ_EGRESS_SAYS_FAILED);
	const lq__egress_target *wrong = waiting ? waiting : failed;
	set_state(t, waiting ? LQ_EGRESS_WAITING : LQ_EGRESS_RUNNING, wrong ? wrong->code : 0, wrong ? wrong->text : "");
}

static void on_state(lq__egress_task *t, const lq__egress_status *s)
{
	if (s->state == LQ_EGRESS_SAYS_FAILED) { /* it is going to end */
		t->gave_up = s->code ? s->code : LQ_EPROTO;
		memcpy(t->cause, s->text, sizeof t->cause);
	} else if (s->state == LQ_EGRESS_SAYS_RUNNING && t->state == LQ_EGRESS_STARTING) {
		set_running(t);
	}
}

static void on_target(lq__egress_task *t, const lq__egress_status *s)
{
	lq__egress_target *target = &t->targets[s->index];
	if (s->index >= json_array_size(json_object_get(t->spec, "to")) + json_array_size(json_object_get(t->spec, "record")))
		return;
	target->state = s->state;
	target->code = s->code;
	memcpy(target->text, s->text, sizeof target->text);
	if (t->state == LQ_EGRESS_RUNNING || t->state == LQ_EGRESS_WAITING)
		set_running(t);
}

static void on_line(void *arg, const char *line, size_t len)
{
	lq__egress_task *t = arg;
	lq__egress_status s;
	if (lq__egress_status_read(line, len, &s))
		t->lines.refused++;
	else if (s.event == LQ_EGRESS_EV_STATE)
		on_state(t, &s);
	else if (s.event == LQ_EGRESS_EV_TARGET)
		on_target(t, &s);
	else if (s.event == LQ_EGRESS_EV_ANSWER)
		on_answer(t, &s);
	else {
		json_object_del(s.root, "event");
		json_decref(t->figures);
		t->figures = json_incref(s.root);
	}
	lq__egress_status_finish(&s);
}

void lq__egress_received(lq__egress_task *t, const char *bytes, size_t n, int64_t now)
{
	uint64_t refused = t->lines.refused;
	t->heard = now;
	lq__egress_lines_put(&t->lines, bytes, n, on_line, t);
	t->egress->figures.refused_lines += t->lines.refused - refused;
	if (t->process && refused - t->refused <= LQ_EGRESS_REFUSED_MAX && t->lines.refused - t->refused > LQ_EGRESS_REFUSED_MAX) {
		lq_log(LQ_LOG_WARNING, "egress", "task %s of %s says nothing but nonsense: its process is killed", t->id, t->room);
		t->egress->host.kill(t->process);
	}
}

/* ---- its end ---- */

static void describe_end(int status, char *out, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(out, size, "the process was killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		snprintf(out, size, "the process ended with status %d without saying why", WEXITSTATUS(status));
	else
		snprintf(out, size, "the process ended without having been asked to");
}

/* How many restarts there were in the last minute. */
static uint32_t recent(const lq__egress_task *t, int64_t now)
{
	uint32_t n = t->restarts < LQ_EGRESS_RESTARTS_MAX ? t->restarts : LQ_EGRESS_RESTARTS_MAX, found = 0;
	for (uint32_t i = 0; i < n; i++)
		found += now - t->restarted[i] < LQ_EGRESS_RESTARTS_SPAN;
	return found;
}

static void restart_later(lq__egress_task *t, const char *why, int64_t now, int64_t unix_ms)
{
	char text[LQ_EGRESS_TEXT_MAX + 1];
	uint32_t n = recent(t, now);
	if (n == LQ_EGRESS_RESTARTS_MAX) {
		snprintf(text, sizeof text, "%.150s; it was restarted %d times within a minute, and is not any more", why, LQ_EGRESS_RESTARTS_MAX);
		end(t, LQ_EGRESS_FAILED, LQ_ECRASH, text, unix_ms);
		return;
	}
	t->due = now + (LQ_EGRESS_BACK_OFF << n);
	snprintf(text, sizeof text, "%.150s; it is restarted in %.1f s", why, (double)(t->due - now) / 1e9);
	set_state(t, LQ_EGRESS_RESTARTING, LQ_ECRASH, text);
	answer_all(t, LQ_ESTATE, "the task is being restarted: try again when it runs");
}

void lq__egress_exited(lq__egress_task *t, int status, int64_t now, int64_t unix_ms)
{
	char why[200];
	int said = t->gave_up && WIFEXITED(status) && (WEXITSTATUS(status) == 1 || WEXITSTATUS(status) == 2);
	t->process = NULL;
	describe_end(status, why, sizeof why);
	if (t->state == LQ_EGRESS_STOPPING)
		end(t, LQ_EGRESS_ENDED, 0, "", unix_ms);
	else if (said)
		end(t, LQ_EGRESS_FAILED, t->gave_up, t->cause, unix_ms);
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
		end(t, LQ_EGRESS_FAILED, LQ_EINVAL, "the process does not take what it was told", unix_ms);
	else
		restart_later(t, why, now, unix_ms);
}

static void restart(lq__egress_task *t, int64_t now, int64_t unix_ms)
{
	char error[LQ_EGRESS_TEXT_MAX + 1] = "";
	t->restarted[t->restarts++ % LQ_EGRESS_RESTARTS_MAX] = now;
	t->egress->figures.restarts++;
	int e = launch(t, now, error, sizeof error);
	if (!e)
		set_state(t, LQ_EGRESS_STARTING, 0, "");
	else
		restart_later(t, error, now, unix_ms);
}

/* Returns when it is to be looked at next. */
static int64_t tick(lq__egress_task *t, int64_t now, int64_t unix_ms)
{
	int64_t next = INT64_MAX;
	LQ__EACH(command, c, &t->commands, link) {
		if (now >= c->until)
			command_answered(c, LQ_ETIMEDOUT, "the task has not answered within 5 s");
		else if (c->until < next)
			next = c->until;
	}
	if (t->state == LQ_EGRESS_RESTARTING && now >= t->due)
		restart(t, now, unix_ms);
	if (t->state == LQ_EGRESS_STOPPING && now >= t->due) {
		if (!t->process) {
			end(t, LQ_EGRESS_ENDED, 0, "", unix_ms);
			return next;
		}
		t->egress->host.kill(t->process);
		t->due = now + LQ_EGRESS_STOP_MAX;
	}
	if (t->state == LQ_EGRESS_RESTARTING || t->state == LQ_EGRESS_STOPPING)
		return t->due < next ? t->due : next;
	if (t->process && now - t->heard >= LQ_EGRESS_SILENCE_MAX) {
		lq_log(LQ_LOG_WARNING, "egress", "task %s of %s has said nothing for a minute: its process is killed", t->id, t->room);
		t->egress->host.kill(t->process);
		t->heard = now;
	}
	return t->process && t->heard + LQ_EGRESS_SILENCE_MAX < next ? t->heard + LQ_EGRESS_SILENCE_MAX : next;
}

int64_t lq__egress_tick(lq__egress *e, int64_t now, int64_t unix_ms)
{
	int64_t next = INT64_MAX;
	for (lq__link *l = e->tasks.next, *after; l != &e->tasks; l = after) {
		lq__egress_task *t = LQ__ENTRY(l, lq__egress_task, link);
		after = l->next;
		int64_t due = lq__egress_has_ended(t) ? INT64_MAX : tick(t, now, unix_ms);
		next = due < next ? due : next;
	}
	return next;
}

/* ---- looking ---- */

lq__egress_task *lq__egress_find(const lq__egress *e, const char *room, const char *id)
{
	LQ__EACH(lq__egress_task, t, &e->tasks, link)
		if (!strcmp(t->id, id) && !strcmp(t->room, room))
			return t;
	return NULL;
}

uint32_t lq__egress_count(const lq__egress *e, lq__egress_state s)
{
	uint32_t n = 0;
	LQ__EACH(lq__egress_task, t, &e->tasks, link)
		n += t->state == s;
	return n;
}
