/* The room protocol as a client reads it. */
#include <loquat/plugin/errors.h>
#include <string.h>

#include "fuzz.h"
#include "sdk/protocol.h"

static void touch(const char *s)
{
	MUST(s != NULL);
	MUST(strlen(s) <= LQ__MESSAGE_MAX);
}

static void touch_all(const lq__msg *m)
{
	touch(m->room_sid);
	touch(m->user);
	touch(m->name);
	touch(m->sdp);
	touch(m->reason);
	touch(m->text);
	MUST(m->id >= 0 && m->seq >= 0 && m->rev >= 0 && m->code <= 0);
	for (uint32_t i = 0; i < m->n_tracks; i++) {
		const lq__msg_track *t = &m->tracks[i];
		touch(t->id);
		touch(t->user);
		touch(t->mid);
		touch(t->codec);
		MUST((unsigned)t->stream < 4 && (unsigned)t->kind <= LQ_VIDEO);
		MUST(t->width <= 65536 && t->height <= 65536);
	}
	for (uint32_t i = 0; i < m->n_members; i++) {
		touch(m->members[i].user);
		touch(m->members[i].name);
		MUST(m->members[i].first_track + m->members[i].n_tracks <= m->n_tracks);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	lq__msg m;
	char error[256] = "";
	if (lq__msg_parse((const char *)data, size, &m, error, sizeof error)) {
		MUST(error[0] && strlen(error) < sizeof error);
		return 0;
	}
	touch_all(&m);
	lq__msg_finish(&m);
	return 0;
}
