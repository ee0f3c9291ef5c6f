#include "server/reader.h"

#include <stdarg.h>
#include <stdio.h>

#include <loquat/plugin/errors.h>

int lq__read_fail(lq__reader *r, int code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	if (r->error && r->size)
		vsnprintf(r->error, r->size, fmt, args);
	va_end(args);
	return code;
}

const char *lq__json_type_name(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT: return "an object";
	case JSON_ARRAY: return "an array";
	case JSON_STRING: return "a string";
	case JSON_INTEGER: return "an integer";
	case JSON_REAL: return "a number with a fraction";
	case JSON_TRUE:
	case JSON_FALSE: return "a boolean";
	default: return "null";
	}
}

int lq__read_field(lq__reader *r, const json_t *o, const char *key, int required, int (*is)(const json_t *), const char *what, json_t **out)
{
	json_t *v = json_object_get(o, key);
	*out = NULL;
	if (!v || json_is_null(v))
		return required ? lq__read_fail(r, LQ_EINVAL, "%s.%s: missing", r->type, key) : 0;
	if (!is(v))
		return lq__read_fail(r, LQ_EINVAL, "%s.%s: must be %s, is %s", r->type, key, what, lq__json_type_name(v));
	*out = v;
	return 0;
}

static int is_string(const json_t *v) { return json_is_string(v); }
static int is_integer(const json_t *v) { return json_is_integer(v); }

int lq__is_boolean(const json_t *v)
{
	return json_is_boolean(v);
}

int lq__is_array(const json_t *v)
{
	return json_is_array(v);
}

int lq__is_object(const json_t *v)
{
	return json_is_object(v);
}

int lq__read_string(lq__reader *r, const json_t *o, const char *key, int required, const char **out)
{
	json_t *v;
	int e = lq__read_field(r, o, key, required, is_string, "a string", &v);
	if (v)
		*out = json_string_value(v);
	return e;
}

int lq__read_integer(lq__reader *r, const json_t *o, const char *key, int required, int64_t *out)
{
	json_t *v;
	int e = lq__read_field(r, o, key, required, is_integer, "an integer", &v);
	if (v)
		*out = json_integer_value(v);
	return e;
}

int lq__read_boolean(lq__reader *r, const json_t *o, const char *key, int required, int *out)
{
	json_t *v;
	int e = lq__read_field(r, o, key, required, lq__is_boolean, "a boolean", &v);
	if (v)
		*out = json_is_true(v);
	return e;
}

int lq__read_ids(lq__reader *r, const json_t *o, const char *key, lq__message *m)
{
	json_t *array, *v;
	size_t i;
	int e = lq__read_field(r, o, key, LQ_REQUIRED, lq__is_array, "an array of strings", &array);
	if (e)
		return e;
	if (json_array_size(array) > LQ_MESSAGE_IDS)
		return lq__read_fail(r, LQ_EFULL, "%s.%s: %zu ids, at most %d are taken", r->type, key, json_array_size(array), LQ_MESSAGE_IDS);
	json_array_foreach(array, i, v) {
		if (!json_is_string(v))
			return lq__read_fail(r, LQ_EINVAL, "%s.%s[%zu]: must be a string, is %s", r->type, key, i, lq__json_type_name(v));
		m->ids[m->n_ids++] = json_string_value(v);
	}
	return 0;
}

int lq__read_version(lq__reader *r, const json_t *o)
{
	int64_t version = 0;
	int e = lq__read_integer(r, o, "v", LQ_REQUIRED, &version);
	if (!e && version != 1)
		e = lq__read_fail(r, LQ_ENOTSUP, "%s.v: version %lld is not spoken here, only 1", r->type, (long long)version);
	return e;
}
