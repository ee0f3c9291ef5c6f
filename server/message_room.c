/* Requests about rooms themselves and what members do to each other. */
#include <stdio.h>
#include <string.h>

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>

#include "server/reader.h"
#include "server/room_admin.h"
#include "server/secret.h"

/* One of two words; *out stays as it is when the field is absent. */
static int read_choice(lq__reader *r, const json_t *o, const char *key, const char *no, const char *yes, int required, int *out)
{
	const char *word = *out ? yes : no;
	int e = lq__read_string(r, o, key, required, &word);
	if (!e && strcmp(word, no) && strcmp(word, yes))
		return lq__read_fail(r, LQ_EINVAL, "%s.%s: must be %s or %s, is \"%.32s\"", r->type, key, no, yes, word);
	*out = !strcmp(word, yes);
	return e;
}

static int read_profile(lq__reader *r, const json_t *o, lq__message *m)
{
	return read_choice(r, o, "profile", "communication", "live", LQ_OPTIONAL, &m->live);
}

int lq__read_room_profile(lq__reader *r, const json_t *o, lq__message *m)
{
	return read_choice(r, o, "profile", "communication", "live", LQ_REQUIRED, &m->live);
}

int lq__read_role(lq__reader *r, const json_t *o, lq__message *m)
{
	return read_choice(r, o, "role", "broadcaster", "audience", LQ_REQUIRED, &m->audience);
}

int lq__read_join_options(lq__reader *r, const json_t *o, lq__message *m)
{
	if (!strcmp(m->user, "0"))
		m->user = ""; /* as systems with numbers say it */
	int e = read_choice(r, o, "create", "auto", "must_exist", LQ_OPTIONAL, &m->must_exist);
	if (!e)
		e = lq__read_string(r, o, "password", LQ_OPTIONAL, &m->password);
	if (!e)
		e = lq__read_string(r, o, "info", LQ_OPTIONAL, &m->info);
	if (!e)
		e = lq__read_string(r, o, "login", LQ_OPTIONAL, &m->login);
	if (!e)
		e = lq__read_integer(r, o, "nth", LQ_OPTIONAL, &m->nth);
	if (!e && m->nth < 0)
		e = lq__read_fail(r, LQ_ERANGE, "join.nth: must not be negative");
	if (!e)
		e = read_choice(r, o, "role", "broadcaster", "audience", LQ_OPTIONAL, &m->audience);
	return e ? e : read_profile(r, o, m);
}

int lq__read_room_create(lq__reader *r, const json_t *o, lq__message *m)
{
	int e = lq__read_string(r, o, "room", LQ_OPTIONAL, &m->room);
	if (!e)
		e = lq__read_string(r, o, "password", LQ_OPTIONAL, &m->password);
	if (!e)
		e = lq__read_boolean(r, o, "locked", LQ_OPTIONAL, &m->locked);
	if (!e)
		e = lq__read_boolean(r, o, "keep", LQ_OPTIONAL, &m->keep);
	if (!e)
		e = lq__read_integer(r, o, "max_members", LQ_OPTIONAL, &m->max_members);
	if (!e)
		e = lq__read_integer(r, o, "max_open_mics", LQ_OPTIONAL, &m->max_mics);
	if (!e)
		e = lq__read_integer(r, o, "max_cameras", LQ_OPTIONAL, &m->max_cameras);
	if (!e)
		e = lq__read_integer(r, o, "max_broadcasters", LQ_OPTIONAL, &m->max_broadcasters);
	return e ? e : read_profile(r, o, m);
}

int lq__read_room_destroy(lq__reader *r, const json_t *o, lq__message *m)
{
	return lq__read_string(r, o, "room", LQ_REQUIRED, &m->room);
}

int lq__read_room_lock(lq__reader *r, const json_t *o, lq__message *m)
{
	int e = lq__read_string(r, o, "room", LQ_REQUIRED, &m->room);
	return e ? e : lq__read_boolean(r, o, "locked", LQ_REQUIRED, &m->locked);
}

int lq__read_token(lq__reader *r, const json_t *o, lq__message *m)
{
	return lq__read_string(r, o, "token", LQ_REQUIRED, &m->token);
}

static int read_stream(lq__reader *r, const json_t *o, int required, lq__message *m)
{
	const char *stream = "main";
	int e = lq__read_string(r, o, "stream", required, &stream);
	if (!e && lq__stream_parse(stream, &m->stream))
		e = lq__read_fail(r, LQ_EINVAL, "%s.stream: must be main, sub or third to ninth, is \"%.32s\"", r->type, stream);
	return e;
}

static int read_device_place(lq__reader *r, const json_t *o, lq__message *m)
{
	int video = 0, e = read_choice(r, o, "kind", "audio", "video", LQ_REQUIRED, &video);
	m->media = video ? LQ_MEDIA_VIDEO : LQ_MEDIA_AUDIO;
	return e ? e : read_stream(r, o, LQ_OPTIONAL, m);
}

int lq__read_control(lq__reader *r, const json_t *o, lq__message *m)
{
	int e = read_device_place(r, o, m);
	if (!e)
		e = lq__read_string(r, o, "user", LQ_OPTIONAL, &m->user);
	return e ? e : lq__read_boolean(r, o, "on", LQ_REQUIRED, &m->on);
}

int lq__read_device(lq__reader *r, const json_t *o, lq__message *m)
{
	int e = read_device_place(r, o, m);
	return e ? e : read_choice(r, o, "state", "closed", "none", LQ_REQUIRED, &m->none);
}

int lq__read_default_camera(lq__reader *r, const json_t *o, lq__message *m)
{
	int e = lq__read_string(r, o, "user", LQ_OPTIONAL, &m->user);
	return e ? e : read_stream(r, o, LQ_REQUIRED, m);
}

static int check_camera(lq__reader *r, const json_t *o, size_t i)
{
	uint32_t stream;
	const char *name = json_string_value(json_object_get(o, "name")), *label = json_string_value(json_object_get(o, "stream"));
	if (!label || lq__stream_parse(label, &stream) || stream == 1)
		return lq__read_fail(r, LQ_EINVAL, "cameras.cameras[%zu].stream: must be main or third to ninth", i);
	if (!name || strlen(name) > LQ_CAMERA_NAME_MAX)
		return lq__read_fail(r, LQ_EINVAL, "cameras.cameras[%zu].name: must be a string of at most %d bytes", i, LQ_CAMERA_NAME_MAX);
	return json_object_size(o) == 2 ? 0 : lq__read_fail(r, LQ_EINVAL, "cameras.cameras[%zu]: has a stream and a name only", i);
}

int lq__read_cameras(lq__reader *r, const json_t *o, lq__message *m)
{
	json_t *list, *v;
	size_t i;
	int e = lq__read_field(r, o, "cameras", LQ_REQUIRED, lq__is_array, "an array", &list);
	if (e)
		return e;
	if (json_array_size(list) > LQ_ROOM_CAMERAS_DEFAULT)
		return lq__read_fail(r, LQ_EFULL, "cameras.cameras: at most %d are taken", LQ_ROOM_CAMERAS_DEFAULT);
	json_array_foreach(list, i, v)
		if ((e = check_camera(r, v, i)))
			return e;
	m->cameras = list;
	return 0;
}

int lq__read_secret(lq__reader *r, const json_t *o, lq__message *m)
{
	int e = lq__read_string(r, o, "app_id", LQ_OPTIONAL, &m->app_id);
	if (!e)
		e = lq__read_string(r, o, "secret_md5", LQ_OPTIONAL, &m->secret_md5);
	if (!e)
		e = lq__read_string(r, o, "auth_code", LQ_OPTIONAL, &m->auth_code);
	if (!e && strlen(m->auth_code) > LQ_AUTH_CODE_MAX)
		e = lq__read_fail(r, LQ_ERANGE, "%s.auth_code: at most %d bytes", r->type, LQ_AUTH_CODE_MAX);
	return e;
}

int lq__read_kick(lq__reader *r, const json_t *o, lq__message *m)
{
	int e = lq__read_string(r, o, "user", LQ_REQUIRED, &m->user);
	if (!e)
		e = lq__read_string(r, o, "reason", LQ_OPTIONAL, &m->reason);
	if (!e && strlen(m->reason) > LQ_KICK_REASON_MAX)
		e = lq__read_fail(r, LQ_ERANGE, "%s.reason: at most %d bytes", r->type, LQ_KICK_REASON_MAX);
	return e;
}
