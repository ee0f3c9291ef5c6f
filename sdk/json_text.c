#include "json_text.h"

#include <stdio.h>

#include "protocol.h"

int lq__fault_field(const lq__fault *f, const char *what, const char *field)
{
	snprintf(f->text, f->size, "%s \"%s\"", what, field);
	return LQ_EPROTO;
}

int lq__json_load(const lq__fault *f, const char *text, size_t len, json_t **out)
{
	json_error_t je;
	if (len > LQ__MESSAGE_MAX) {
		snprintf(f->text, f->size, "message of %zu bytes exceeds %d", len, LQ__MESSAGE_MAX);
		return LQ_EPROTO;
	}
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &je);
	if (!root) {
		snprintf(f->text, f->size, "JSON, byte %d: %s", je.position, je.text);
		return LQ_EPROTO;
	}
	if (!json_is_object(root)) {
		snprintf(f->text, f->size, "not a JSON object");
		json_decref(root);
		return LQ_EPROTO;
	}
	*out = root;
	return 0;
}

int lq__json_string(const lq__fault *f, const json_t *obj, const char *key, int required, const char **out)
{
	const json_t *v = json_object_get(obj, key);
	*out = "";
	if (!v || json_is_null(v))
		return required ? lq__fault_field(f, "missing field", key) : 0;
	if (!json_is_string(v))
		return lq__fault_field(f, "not a string:", key);
	*out = json_string_value(v);
	return required && !**out ? lq__fault_field(f, "empty field", key) : 0;
}

char *lq__json_dump(json_t *obj)
{
	char *text = obj ? json_dumps(obj, JSON_COMPACT) : NULL;
	json_decref(obj);
	return text;
}
