/* The room protocol's requests. */
#include <loquat/plugin/errors.h>
#include <string.h>

#include "fuzz.h"
#include "server/message.h"
#include "server/room.h"

static void touch(const char *s)
{
	MUST(s != NULL);
	MUST(strlen(s) <= LQ_MESSAGE_MAX);
}

static void touch_all(const lq__message *m)
{
	touch(m->room);
	touch(m->user);
	touch(m->name);
	touch(m->token);
	touch(m->sdp);
	touch(m->track);
	touch(m->device);
	touch(m->session);
	touch(m->to);
	touch(m->text);
	touch(m->scope);
	touch(m->call);
	touch(m->group);
	touch(m->reason);
	touch(m->task);
	MUST(m->type != LQ_MSG_EGRESS_START || m->egress);
	MUST(m->type != LQ_MSG_EGRESS_LAYOUT || m->layout_json);
	touch(m->password);
	touch(m->info);
	touch(m->login);
	touch(m->app_id);
	touch(m->secret_md5);
	touch(m->auth_code);
	MUST(m->stream < LQ_MESSAGE_STREAMS);
	MUST(m->type != LQ_MSG_KICK || strlen(m->reason) <= LQ_KICK_REASON_MAX);
	MUST(m->type != LQ_MSG_CALL || m->op < LQ__CALL_OPS);
	MUST(m->type != LQ_MSG_MESSAGE || strlen(m->text) <= LQ_TEXT_MAX);
	MUST(m->n_tracks <= LQ_MESSAGE_TRACKS && m->n_ids <= LQ_MESSAGE_IDS);
	for (uint32_t i = 0; i < m->n_tracks; i++) {
		touch(m->tracks[i].mid);
		touch(lq__kind_name(m->tracks[i].media));
		MUST(*lq__stream_name(m->tracks[i].stream));
	}
	for (uint32_t i = 0; i < m->n_ids; i++)
		touch(m->ids[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	lq__message m;
	char error[200] = "";
	int e = lq__message_parse((const char *)data, size, &m, error, sizeof error);
	if (e)
		MUST(error[0] && strlen(error) < sizeof error);
	else
		touch_all(&m);
	lq__message_finish(&m);
	return 0;
}
