#include "tests/server/egress_rig.h"

lq__egress egress;
char log_text[65536], egress_error[512];
int64_t now;
int start_result, tell_result, n_processes;

static void note(const char *fmt, const char *a, const char *b, const char *c)
{
	size_t n = strlen(log_text);
	snprintf(log_text + n, sizeof log_text - n, fmt, a, b, c);
}

void did(const char *text)
{
	ck_assert_str_eq(log_text, text);
	*log_text = 0;
}

static int on_start(void *arg, lq__egress_task *t, void **process, char *why, size_t size)
{
	if (start_result) {
		snprintf(why, size, "there is no such program");
		return start_result;
	}
	*process = t;
	n_processes++;
	note("process starts%s%s%s\n", "", "", "");
	return 0;
}

static int on_tell(void *process, const json_t *command)
{
	char *text = json_dumps(command, JSON_COMPACT | JSON_SORT_KEYS);
	if (!tell_result)
		note("told %s%s%s\n", text, "", "");
	free(text);
	return tell_result;
}

static void on_stop(void *process) { note("stop%s%s%s\n", "", "", ""); }
static void on_kill(void *process) { note("kill%s%s%s\n", "", "", ""); }

static void on_changed(void *arg, const lq__egress_task *t)
{
	note("%s %s %s\n", lq__egress_state_name(t->state), t->code ? "wrong" : "-", t->text);
}

void egress_set_up(void)
{
	const lq__egress_host host = {on_start, on_tell, on_stop, on_kill, on_changed, NULL};
	lq__egress_init(&egress, &host);
	*log_text = 0;
	now = 100 * SECOND;
	start_result = tell_result = n_processes = 0;
}

void egress_tear_down(void)
{
	lq__egress_finish(&egress);
	ck_assert_int_eq(lq__alloc_live(), 0);
}

int try_start(const char *room, const char *spec, lq__egress_task **out)
{
	json_t *o = json_loads(spec, 0, NULL);
	int e = lq__egress_start(&egress, room, room, o, now, 1000, out, egress_error, sizeof egress_error);
	json_decref(o);
	return e;
}

lq__egress_task *start(const char *room)
{
	lq__egress_task *t = NULL;
	ck_assert_msg(!try_start(room, "{\"to\": [\"rtmp://host/app/key\", \"srt://host:1\"], \"record\": [\"a.mp4\"]}", &t), "%s", egress_error);
	return t;
}

void says(lq__egress_task *t, const char *text)
{
	lq__egress_received(t, text, strlen(text), now);
}

lq__egress_task *running(const char *room)
{
	lq__egress_task *t = start(room);
	says(t, "{\"event\":\"state\",\"state\":\"starting\"}\n{\"event\":\"state\",\"state\":\"running\"}\n");
	*log_text = 0;
	return t;
}

int64_t pass(int64_t time)
{
	now += time;
	return lq__egress_tick(&egress, now, 2000);
}
