/* The room protocol as a client reads it. */
#include <loquat/plugin/errors.h>
#include <string.h>

#include "fuzz.h"
#include "sdk/protocol.h"
#include "sdk/session_protocol.h"

static void touch(const char *s)
{
	MUST(s != NULL);
	MUST(strlen(s) <= LQ__MESSAGE_MAX);
}

static void touch_attribute(void *arg, const char *name, const char *value)
{
	touch(name);
	if (value)
		touch(value);
}

static void touch_all(const lq__msg *m)
{
	touch(m->room_sid);
	touch(m->user);
	touch(m->name);
	touch(m->sdp);
	touch(m->reason);
	touch(m->text);
	MUST(m->id >= 0 && m->seq >= 0 && m->rev >= 0 && m->code <= 0 && (unsigned)m->layer <= LQ_LAYER_LOW);
	for (uint32_t i = 0; i < m->n_tracks; i++) {
		const lq__msg_track *t = &m->tracks[i];
		touch(t->id);
		touch(t->user);
		touch(t->mid);
		touch(t->codec);
		MUST((unsigned)t->stream <= LQ_STREAM_NINTH && (unsigned)t->kind <= LQ_VIDEO);
		MUST(t->width <= 65536 && t->height <= 65536);
	}
	lq__msg_attributes(m->attributes, touch_attribute, NULL);
	for (uint32_t i = 0; i < m->n_members; i++) {
		lq__msg_attributes(m->members[i].attributes, touch_attribute, NULL);
		touch(m->members[i].user);
		touch(m->members[i].name);
		MUST(m->members[i].first_track + m->members[i].n_tracks <= m->n_tracks);
	}
}

static void touch_session(const lq__smsg *m)
{
	const char *strings[] = {m->call, m->user, m->text, m->reason, m->room, m->token, m->session, m->caller, m->callee, m->group_id, m->state, m->attachment};
	int online;
	for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
		touch(strings[i]);
	MUST(m->id >= 0 && m->seq >= 0 && m->code <= 0 && m->status >= 0 && m->status <= 5);
	MUST(strlen(m->call) < LQ__CALL_ID_MAX && strlen(m->users) < sizeof m->users && m->n_calls <= 4);
	for (uint32_t i = 0; i < m->n_calls; i++)
		MUST(*m->calls[i].id && strlen(m->calls[i].id) < LQ__CALL_ID_MAX && m->calls[i].room && m->calls[i].token);
	for (uint32_t i = 0; m->type == LQ__SMSG_PRESENCE && i < 10; i++)
		lq__smsg_presence(m, i, &online);
}

/* The same text as a session reads it. */
static void try_session(const uint8_t *data, size_t size)
{
	static lq__smsg m;
	char error[256] = "";
	if (lq__smsg_parse((const char *)data, size, &m, error, sizeof error)) {
		MUST(error[0] && strlen(error) < sizeof error);
		return;
	}
	touch_session(&m);
	lq__smsg_finish(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	lq__msg m;
	try_session(data, size);
	char error[256] = "";
	if (lq__msg_parse((const char *)data, size, &m, error, sizeof error)) {
		MUST(error[0] && strlen(error) < sizeof error);
		return 0;
	}
	touch_all(&m);
	lq__msg_finish(&m);
	return 0;
}
