/* What of a message is read, or kept, later: attributes, devices, cameras, who waits. */
#include <string.h>

#include <jansson.h>

#include "names.h"
#include "protocol.h"

int lq__msg_device_at(void *devices, uint32_t i, lq__msg_device *out)
{
	const json_t *v = json_array_get(devices, i);
	const char *kind = json_string_value(json_object_get(v, "kind")), *stream = json_string_value(json_object_get(v, "stream"));
	const char *state = json_string_value(json_object_get(v, "state"));
	if (!kind || !stream || !state || lq__stream_parse(stream, &out->stream))
		return 0;
	out->kind = !strcmp(kind, "video") ? LQ_VIDEO : LQ_AUDIO;
	out->state = lq__device_state_parse(state);
	return 1;
}

int lq__msg_camera_at(void *cameras, uint32_t i, lq_stream *stream, const char **name)
{
	const json_t *v = json_array_get(cameras, i);
	const char *label = json_string_value(json_object_get(v, "stream"));
	*name = json_string_value(json_object_get(v, "name"));
	return label && *name && !lq__stream_parse(label, stream);
}

int lq__msg_waiting_at(void *waiting, uint32_t i, const char **user, const char **name)
{
	const json_t *v = json_array_get(waiting, i), *n = json_object_get(v, "name");
	*user = json_string_value(json_object_get(v, "user"));
	*name = json_is_string(n) ? json_string_value(n) : "";
	return *user && **user && strlen(*user) <= LQ__USER_MAX;
}

void lq__msg_attributes(void *attributes, void (*fn)(void *arg, const char *name, const char *value), void *arg)
{
	json_t *value;
	const char *name;
	json_object_foreach((json_t *)attributes, name, value)
		fn(arg, name, json_string_value(value));
}

void lq__msg_attributes_merge(void **known, void *changes)
{
	json_t *value, *all = *known;
	const char *name;
	if (!changes || (!all && !(all = *known = json_object())))
		return;
	json_object_foreach((json_t *)changes, name, value) {
		if (json_is_null(value))
			json_object_del(all, name);
		else
			json_object_set(all, name, value);
	}
}

void lq__msg_attributes_free(void *known)
{
	json_decref(known);
}

int lq__msg_attributes_equal(void *known, void *now)
{
	return json_equal(known, now);
}

void lq__msg_attributes_differ(void *known, void *now, void (*fn)(void *arg, const char *name, const char *value), void *arg)
{
	json_t *value;
	const char *name;
	json_object_foreach((json_t *)known, name, value)
		if (!json_object_get(now, name))
			fn(arg, name, NULL);
	json_object_foreach((json_t *)now, name, value)
		if (!json_equal(json_object_get(known, name), value))
			fn(arg, name, json_string_value(value));
}
