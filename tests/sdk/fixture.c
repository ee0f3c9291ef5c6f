#include "fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static lq_engine *make(const char *patch, lq_event_cb cb, void *user_data)
{
	char error[2000], profile[1000], plugins[1000];
	const char *src = getenv("top_srcdir"), *build = getenv("top_builddir");
	lq_engine *e = NULL;
	snprintf(profile, sizeof profile, "%s/tests/sdk/test.json", src ? src : "..");
	snprintf(plugins, sizeof plugins, "%s/tests/sdk/.libs", build ? build : ".");
	lq_engine_config c = {.size = sizeof c, .profile = profile, .profile_patch = patch, .plugin_path = plugins, .event_cb = cb, .user_data = user_data};
	int r = lq_engine_create(&c, &e, error, sizeof error);
	ck_assert_msg(!r, "engine: %s", error);
	return e;
}

lq_engine *engine_new(const char *patch)
{
	return make(patch, NULL, NULL);
}

lq_engine *engine_with(lq_event_cb cb, void *user_data)
{
	return make(NULL, cb, user_data);
}

lq_room *room_new(lq_engine *e, lq_switch publish, lq_switch subscribe)
{
	lq_room_options o = {.size = sizeof o, .auto_publish_audio = publish, .auto_publish_video = publish, .auto_subscribe_audio = subscribe,
	                     .auto_subscribe_video = subscribe};
	lq_room *room = NULL;
	ck_assert_int_eq(lq_room_open(e, "a room", &o, &room), 0);
	return room;
}

int room_join(lq_room *room, const char *server, const char *user)
{
	return lq_room_join(room, &(lq_join_params){.size = sizeof(lq_join_params), .server = server, .user = user});
}

const lq_sdk_event *await_stream(lq_engine *e, const lq_room *room, lq_sdk_event_type type, const char *user, lq_track_kind kind)
{
	const lq_sdk_event *ev;
	for (;;) {
		int r = lq_engine_poll(e, 30000, &ev);
		ck_assert_msg(!r, "no event of type %d came", type);
		if (ev->type != type || (room && ev->room != room) || (user && strcmp(ev->user, user)) || (kind && ev->kind != kind)) {
			/* what is passed over helps to see why a test fails */
			lq_log(LQ_LOG_INFO, "test", "event %d code %d user %s kind %d: %s", ev->type, ev->code, ev->user, ev->kind, ev->text);
			continue;
		}
		return ev;
	}
}

const lq_sdk_event *await(lq_engine *e, const lq_room *room, lq_sdk_event_type type)
{
	return await_stream(e, room, type, NULL, 0);
}

lq_room *joined(lq_engine *e, const char *server, const char *user, lq_switch publish, lq_switch subscribe)
{
	lq_room *room = room_new(e, publish, subscribe);
	ck_assert_int_eq(room_join(room, server, user), 0);
	const lq_sdk_event *ev = await(e, room, LQ_ON_JOINED);
	ck_assert_msg(!ev->code, "join: %s", ev->text);
	return room;
}
