/* Requests about rooms themselves and what members do to each other. */
#include <stdio.h>
#include <string.h>

#include <loquat/plugin/errors.h>

#include "server/reader.h"
#include "server/room_admin.h"

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

int lq__read_kick(lq__reader *r, const json_t *o, lq__message *m)
{
	int e = lq__read_string(r, o, "user", LQ_REQUIRED, &m->user);
	if (!e)
		e = lq__read_string(r, o, "reason", LQ_OPTIONAL, &m->reason);
	if (!e && strlen(m->reason) > LQ_KICK_REASON_MAX)
		e = lq__read_fail(r, LQ_ERANGE, "%s.reason: at most %d bytes", r->type, LQ_KICK_REASON_MAX);
	return e;
}
