/* How tasks look to others. */
#include <string.h>

#include <loquat/log.h>
#include <loquat/plugin/errors.h>

#include "server/egress/tasks.h"

const char *lq__egress_state_name(lq__egress_state s)
{
	static const char *const names[LQ_EGRESS_STATES] = {"", "starting", "running", "waiting", "restarting", "stopping", "ended", "failed"};
	return s < LQ_EGRESS_STATES ? names[s] : "";
}

static const char *says_name(lq__egress_says s)
{
	static const char *const names[] = {"starting", "starting", "connecting", "running", "waiting", "failed", "ended"};
	return s < sizeof names / sizeof *names ? names[s] : "";
}

static json_t *target_json(const lq__egress_target *s, const char *url)
{
	char shown[LQ_EGRESS_URL_MAX + 8];
	lq__egress_url_public(url, shown, sizeof shown);
	return json_pack("{s:s, s:s, s:s*, s:s*}", "url", shown, "state", says_name(s->state), "code", s->code ? lq_error_name(s->code) : NULL, "text", *s->text ? s->text : NULL);
}

static json_t *targets_json(const lq__egress_task *t)
{
	json_t *all = json_array(), *v;
	const json_t *names = t->record ? t->record : json_object_get(t->spec, "record");
	size_t i, n = json_array_size(json_object_get(t->spec, "to"));
	json_array_foreach(json_object_get(t->spec, "to"), i, v)
		json_array_append_new(all, target_json(&t->targets[i], json_string_value(v)));
	json_array_foreach((json_t *)names, i, v)
		json_array_append_new(all, target_json(&t->targets[n + i], json_string_value(v)));
	return all;
}

json_t *lq__egress_task_json(const lq__egress_task *t)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s*, s:s*, s:I, s:I, s:o, s:O*}", "task", t->id, "room", t->room, "room_sid", t->room_sid, "state",
	                      lq__egress_state_name(t->state), "code", t->code ? lq_error_name(t->code) : NULL, "text", *t->text ? t->text : NULL, "restarts",
	                      (json_int_t)t->restarts, "started_ms", (json_int_t)t->made_ms, "targets", targets_json(t), "figures", t->figures);
	if (o && t->ended_ms)
		json_object_set_new(o, "ended_ms", json_integer((json_int_t)t->ended_ms));
	const char *name;
	json_t *v;
	json_object_foreach(t->spec, name, v)
		if (o && strcmp(name, "to") && strcmp(name, "record"))
			json_object_set(o, name, v);
	return o;
}

json_t *lq__egress_list_json(const lq__egress *e, const char *room)
{
	json_t *all = json_array();
	LQ__EACH(lq__egress_task, t, &e->tasks, link)
		if (!strcmp(t->room, room))
			json_array_append_new(all, lq__egress_task_json(t));
	return all;
}

/* Words with an address are left out, whatever is left of it. */
static void without_addresses(const char *text, char *out)
{
	size_t used = 0;
	while (*text) {
		size_t word = strcspn(text, " "), space = strspn(text + word, " ");
		char copy[LQ_EGRESS_TEXT_MAX + 1];
		memcpy(copy, text, word);
		copy[word] = 0;
		const char *put = strstr(copy, "://") ? "…" : copy;
		memcpy(out + used, put, strlen(put));
		used += strlen(put);
		memcpy(out + used, text + word, space);
		used += space;
		text += word + space;
	}
	out[used] = 0;
}

json_t *lq__egress_event_json(const lq__egress_task *t)
{
	char text[LQ_EGRESS_TEXT_MAX + 1];
	without_addresses(t->text, text);
	return json_pack("{s:s, s:s, s:s, s:s*, s:s*}", "type", "egress", "task", t->id, "state", lq__egress_state_name(t->state), "code",
	                 t->code ? lq_error_name(t->code) : NULL, "text", *text ? text : NULL);
}
