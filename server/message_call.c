/* Requests of sessions and calls, and what members of a room tell each other. */
#include <stdio.h>
#include <string.h>

#include <loquat/plugin/errors.h>

#include "server/calls/calls.h"
#include "server/reader.h"

static int read_ring_ms(lq__reader *r, const json_t *o, int required, lq__message *m)
{
	int e = lq__read_integer(r, o, "ring_ms", required, &m->ring_ms);
	if (!e && (m->ring_ms < 0 || m->ring_ms > LQ_CALL_TIMEOUT_MAX))
		e = lq__read_fail(r, LQ_ERANGE, "%s.ring_ms: 0 to %d", r->type, LQ_CALL_TIMEOUT_MAX);
	return e;
}

int lq__read_resume(lq__reader *r, const json_t *o, lq__message *m)
{
	int e = lq__read_string(r, o, "device", LQ_OPTIONAL, &m->device);
	if (!e)
		e = lq__read_string(r, o, "session", LQ_OPTIONAL, &m->session);
	if (!e)
		e = lq__read_integer(r, o, "seq", LQ_OPTIONAL, &m->seq);
	if (!e && m->seq < 0)
		e = lq__read_fail(r, LQ_ERANGE, "%s.seq: must not be negative", r->type);
	return e;
}

int lq__read_login(lq__reader *r, const json_t *o, lq__message *m)
{
	int e = lq__read_version(r, o);
	if (!e)
		e = lq__read_string(r, o, "user", LQ_REQUIRED, &m->user);
	if (!e)
		e = lq__read_string(r, o, "name", LQ_OPTIONAL, &m->name);
	if (!e)
		e = lq__read_string(r, o, "token", LQ_OPTIONAL, &m->token);
	if (!e)
		e = lq__read_resume(r, o, m);
	if (!e)
		e = lq__read_secret(r, o, m);
	return e ? e : read_ring_ms(r, o, LQ_OPTIONAL, m);
}

int lq__read_ring(lq__reader *r, const json_t *o, lq__message *m)
{
	return read_ring_ms(r, o, LQ_REQUIRED, m);
}

int lq__read_users(lq__reader *r, const json_t *o, lq__message *m)
{
	return lq__read_ids(r, o, "users", m);
}

static int op_of(const char *type, lq__call_op *out)
{
	if (!strcmp(type, "call")) {
		*out = LQ__CALL_OP_call;
		return 0;
	}
	for (int op = 0; op < LQ__CALL_OPS; op++)
		if (!strcmp(type + strlen("call_"), lq__call_op_name((lq__call_op)op))) {
			*out = (lq__call_op)op;
			return 0;
		}
	return LQ_ENOTSUP;
}

static int read_media(lq__reader *r, const json_t *o, lq__message *m)
{
	const char *media = "";
	int e = lq__read_string(r, o, "media", LQ_REQUIRED, &media);
	m->video = !strcmp(media, "video");
	if (!e && !m->video && strcmp(media, "audio"))
		e = lq__read_fail(r, LQ_EINVAL, "%s.media: must be audio or video, is \"%.32s\"", r->type, media);
	return e;
}

static int read_new_call(lq__reader *r, const json_t *o, lq__message *m)
{
	int e = lq__read_ids(r, o, "users", m);
	if (!e)
		e = read_media(r, o, m);
	if (!e)
		e = lq__read_integer(r, o, "timeout_ms", LQ_OPTIONAL, &m->timeout_ms);
	if (!e)
		e = lq__read_string(r, o, "group", LQ_OPTIONAL, &m->group);
	m->attachment = json_object_get(o, "attachment");
	return e;
}

int lq__read_call(lq__reader *r, const json_t *o, lq__message *m)
{
	m->confirm = -1;
	int e = op_of(r->type, &m->op);
	if (!e)
		e = lq__read_string(r, o, "call", LQ_OPTIONAL, &m->call);
	if (e)
		return e;
	switch (m->op) {
	case LQ__CALL_OP_call:
		return read_new_call(r, o, m);
	case LQ__CALL_OP_invite:
		return lq__read_ids(r, o, "users", m);
	case LQ__CALL_OP_reject:
		return lq__read_string(r, o, "reason", LQ_OPTIONAL, &m->reason);
	case LQ__CALL_OP_type:
		e = read_media(r, o, m);
		return e ? e : lq__read_boolean(r, o, "confirm", LQ_OPTIONAL, &m->confirm);
	case LQ__CALL_OP_type_reply:
		return lq__read_boolean(r, o, "agree", LQ_REQUIRED, &m->agree);
	default:
		return 0;
	}
}

int lq__read_text(lq__reader *r, const json_t *o, lq__message *m)
{
	int e = lq__read_string(r, o, "to", LQ_OPTIONAL, &m->to);
	if (!e)
		e = lq__read_string(r, o, "text", LQ_REQUIRED, &m->text);
	if (!e && (!*m->text || strlen(m->text) > LQ_TEXT_MAX))
		e = lq__read_fail(r, LQ_ERANGE, "message.text: 1 to %d bytes, this one has %zu", LQ_TEXT_MAX, strlen(m->text));
	return e;
}

static int check_attribute(lq__reader *r, const char *name, const json_t *value)
{
	size_t n = strlen(name);
	if (!n || n > LQ_ATTRIBUTE_NAME_MAX)
		return lq__read_fail(r, LQ_ERANGE, "attributes.attributes: a name has 1 to %d bytes, \"%.70s\" has %zu", LQ_ATTRIBUTE_NAME_MAX, name, n);
	if (!json_is_string(value) && !json_is_null(value))
		return lq__read_fail(r, LQ_EINVAL, "attributes.attributes.%.64s: must be a string or null, is %s", name, lq__json_type_name(value));
	if (json_string_length(value) > LQ_ATTRIBUTE_VALUE_MAX)
		return lq__read_fail(r, LQ_ERANGE, "attributes.attributes.%.64s: at most %d bytes, this has %zu", name, LQ_ATTRIBUTE_VALUE_MAX,
		                     json_string_length(value));
	return 0;
}

int lq__read_attributes(lq__reader *r, const json_t *o, lq__message *m)
{
	json_t *attributes, *value;
	const char *name;
	int e = lq__read_string(r, o, "of", LQ_REQUIRED, &m->scope);
	if (!e && strcmp(m->scope, "room") && strcmp(m->scope, "user"))
		e = lq__read_fail(r, LQ_EINVAL, "attributes.of: must be room or user, is \"%.32s\"", m->scope);
	if (!e)
		e = lq__read_field(r, o, "attributes", LQ_REQUIRED, lq__is_object, "an object", &attributes);
	if (e)
		return e;
	json_object_foreach(attributes, name, value)
		if ((e = check_attribute(r, name, value)))
			return e;
	m->attributes = attributes;
	return 0;
}
