/* The requests about egress tasks, as texts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "names.h"
#include "protocol.h"

static json_t *texts(const char *const *list, uint32_t n)
{
	json_t *array = n ? json_array() : NULL;
	for (uint32_t i = 0; i < n; i++)
		if (json_array_append_new(array, json_string(list[i]))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

/* A name stays one, "{…}" is JSON. NULL: it is not, or not UTF-8. */
static json_t *layout_json(const char *layout)
{
	return layout[strspn(layout, " \t\r\n")] == '{' ? json_loads(layout, JSON_REJECT_DUPLICATES, NULL) : json_string(layout);
}

static json_t *number(uint32_t n)
{
	return n ? json_integer(n) : NULL;
}

int lq__egress_start_fields(const lq_egress_spec *s, char **out)
{
	char size[32];
	json_t *layout = s->layout && *s->layout ? layout_json(s->layout) : NULL, *to = texts(s->to, s->n_to), *record = texts(s->record, s->n_record);
	int wrong = (s->layout && *s->layout && !layout) || (s->n_to && !to) || (s->n_record && !record);
	snprintf(size, sizeof size, "%ux%u", s->width, s->height);
	json_t *o = json_pack("{s:o*, s:o*, s:o*, s:s*, s:o*, s:o*, s:o*, s:o*, s:s*, s:s*}", "to", to, "record", record, "layout", layout, "size", s->width || s->height ? size : NULL, "fps",
	                      number(s->fps), "bitrate", number(s->bitrate), "audio_bitrate", number(s->audio_bitrate), "give_up", number(s->give_up), "user", s->user,
	                      "stream", s->user ? lq__stream_label(s->stream) : NULL);
	if (wrong) {
		json_decref(o);
		return LQ_EPARSE;
	}
	*out = lq__json_dump(o);
	return *out ? 0 : LQ_EINVAL; /* a text is not UTF-8 */
}

int lq__egress_layout_fields(const char *task, const char *layout, char **out)
{
	json_t *l = layout_json(layout);
	if (!l)
		return LQ_EPARSE;
	*out = lq__json_dump(json_pack("{s:s, s:o}", "task", task, "layout", l));
	return *out ? 0 : LQ_EINVAL;
}

int lq__egress_task_fields(const char *task, char **out)
{
	*out = lq__json_dump(json_pack("{s:s}", "task", task));
	return *out ? 0 : LQ_EINVAL;
}

char *lq__msg_tasks(void *tasks)
{
	return tasks ? json_dumps(tasks, JSON_COMPACT) : NULL;
}

char *lq__req_egress(int64_t id, const char *type, const char *fields)
{
	json_t *o = json_loads(fields, 0, NULL);
	if (!o)
		return NULL;
	json_object_set_new(o, "type", json_string(type));
	json_object_set_new(o, "id", json_integer((json_int_t)id));
	return lq__json_dump(o);
}
