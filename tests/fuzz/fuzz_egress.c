/* What a task's process says: the input comes in pieces, whose lengths are in its first byte. Whatever it is, the task is in a state that tasks have, and can be shown. */
#include <loquat/plugin/errors.h>
#include <string.h>

#include "fuzz.h"
#include "server/egress/tasks.h"

static int on_start(void *arg, lq__egress_task *t, void **process, char *error, size_t size)
{
	*process = t;
	return 0;
}

static int on_tell(void *process, const json_t *command) { return 0; }
static void on_process(void *process) {}

static void on_changed(void *arg, const lq__egress_task *t)
{
	MUST(t->state == LQ_EGRESS_STARTING || t->state == LQ_EGRESS_RUNNING || t->state == LQ_EGRESS_WAITING);
	MUST(strlen(t->text) <= LQ_EGRESS_TEXT_MAX);
	json_t *event = lq__egress_event_json(t);
	MUST(event != NULL);
	json_decref(event);
}

static void on_answer(void *who, int64_t id, int code, const char *text)
{
	MUST(id == 7 && code <= 0);
	++*(int *)who;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const lq__egress_host host = {on_start, on_tell, on_process, on_process, on_changed, NULL};
	lq__egress egress;
	lq__egress_task *t;
	char error[256], shown[2 * LQ_EGRESS_TEXT_MAX];
	int answers = 0;
	json_t *spec = json_pack("{s:[s,s], s:[s]}", "to", "rtmp://host/app/key", "srt://host:1", "record", "a.mp4"), *layout = json_string("grid");
	lq__egress_init(&egress, &host);
	MUST(!lq__egress_start(&egress, "r", "sid", spec, 0, 0, &t, error, sizeof error));
	MUST(!lq__egress_layout(t, layout, 0, on_answer, &answers, 7, error, sizeof error));
	for (size_t at = 1, n; at < size; at += n) {
		n = data[0] % 64 + 1u;
		n = n < size - at ? n : size - at;
		lq__egress_received(t, (const char *)data + at, n, 0);
	}
	json_t *o = lq__egress_task_json(t);
	MUST(o != NULL && answers <= 1);
	json_decref(o);
	json_decref(spec);
	json_decref(layout);
	lq__egress_finish(&egress);
	char *text = size ? strndup((const char *)data, size < 1000 ? size : 1000) : NULL;
	if (text) {
		lq__egress_text_public(text, shown, sizeof shown);
		MUST(strlen(shown) < sizeof shown);
		lq__egress_url_public(text, shown, sizeof shown);
	}
	free(text);
	return 0;
}
