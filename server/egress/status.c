#include "server/egress/status.h"

#include <stdio.h>
#include <string.h>

#include <loquat/plugin/errors.h>

#include "base/alloc.h"
#include "server/egress/spec.h"

/* ---- lines ---- */

static void collect(lq__egress_lines *l, const char *bytes, size_t n)
{
	if (l->too_long)
		return;
	if (!l->text && !(l->text = lq__malloc(LQ_EGRESS_LINE_MAX)))
		l->too_long = 1;
	else if (l->len + n > LQ_EGRESS_LINE_MAX)
		l->too_long = 1;
	else if (n)
		memcpy(l->text + l->len, bytes, n);
	l->len += l->too_long ? 0 : n;
}

void lq__egress_lines_put(lq__egress_lines *l, const char *bytes, size_t n, void (*fn)(void *arg, const char *line, size_t len), void *arg)
{
	while (n) {
		const char *end = memchr(bytes, '\n', n);
		size_t part = end ? (size_t)(end - bytes) : n;
		collect(l, bytes, part);
		if (!end)
			return;
		if (l->too_long)
			l->refused++;
		else
			fn(arg, l->text, l->len);
		l->len = 0;
		l->too_long = 0;
		bytes += part + 1;
		n -= part + 1;
	}
}

void lq__egress_lines_reset(lq__egress_lines *l)
{
	lq__free(l->text);
	*l = (lq__egress_lines){.refused = l->refused};
}

/* ---- one line ---- */

static int find(const char *name, const char *const *names)
{
	for (int i = 0; name && names[i]; i++)
		if (!strcmp(name, names[i]))
			return i + 1;
	return 0;
}

static int error_code(const char *name)
{
	if (!name || !*name || !strcmp(name, "OK"))
		return 0;
#define CODE(n, number, text) \
	if (!strcmp(name, #n)) \
		return -(number);
	LQ_ERRORS(CODE)
#undef CODE
	return LQ_EPROTO;
}

static const char *string_of(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

/* What a line has of the four kinds' fields; whether that makes sense. */
static int take(const json_t *o, lq__egress_status *s)
{
	static const char *const events[] = {"state", "target", "figures", "answer", NULL};
	static const char *const states[] = {"starting", "connecting", "running", "waiting", "failed", "ended", NULL};
	const json_t *index = json_object_get(o, "index"), *id = json_object_get(o, "id");
	const char *text = string_of(o, "text");
	s->event = (lq__egress_event)find(string_of(o, "event"), events);
	s->state = (lq__egress_says)find(string_of(o, "state"), states);
	s->code = error_code(string_of(o, "code"));
	lq__egress_text_public(text ? text : "", s->text, sizeof s->text);
	switch (s->event) {
	case LQ_EGRESS_EV_STATE: return s->state && s->state != LQ_EGRESS_SAYS_CONNECTING && s->state != LQ_EGRESS_SAYS_WAITING;
	case LQ_EGRESS_EV_TARGET:
		if (!json_is_integer(index) || json_integer_value(index) < 0 || json_integer_value(index) >= LQ_EGRESS_TARGETS_MAX)
			return 0;
		s->index = (uint32_t)json_integer_value(index);
		return s->state && s->state != LQ_EGRESS_SAYS_STARTING;
	case LQ_EGRESS_EV_ANSWER:
		s->id = json_integer_value(id);
		return json_is_integer(id) && string_of(o, "code");
	case LQ_EGRESS_EV_FIGURES: return 1;
	default: return 0;
	}
}

int lq__egress_status_read(const char *line, size_t len, lq__egress_status *out)
{
	memset(out, 0, sizeof *out);
	out->root = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	return json_is_object(out->root) && take(out->root, out) ? 0 : LQ_EPROTO;
}

void lq__egress_status_finish(lq__egress_status *s)
{
	json_decref(s->root);
	s->root = NULL;
}
