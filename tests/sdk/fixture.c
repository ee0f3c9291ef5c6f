#include "fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Events that were not what a test waited for at the time, the oldest first. */
enum { MAX_KEPT = 512 };
typedef struct kept_event {
	lq_sdk_event event;
	char user[130], name[130], text[4200], room_sid[80], attachment[300];
} kept_event;
static kept_event kept[MAX_KEPT], found;
static int n_kept;

static lq_engine *make(const char *profile_name, const char *plugin_dir, const char *patch, lq_event_cb cb, void *user_data, double rate)
{
	char error[2000], profile[1000], plugins[1000];
	const char *src = getenv("top_srcdir"), *build = getenv("top_builddir");
	lq_engine *e = NULL;
	n_kept = 0;
	snprintf(profile, sizeof profile, "%s/tests/sdk/%s", src ? src : "..", profile_name);
	snprintf(plugins, sizeof plugins, "%s/%s", build ? build : ".", plugin_dir);
	lq_engine_config c = {.size = sizeof c, .profile = profile, .profile_patch = patch, .plugin_path = plugins, .event_cb = cb, .user_data = user_data, .clock_rate = rate};
	int r = lq_engine_create(&c, &e, error, sizeof error);
	ck_assert_msg(!r, "engine: %s", error);
	return e;
}

lq_engine *engine_new(const char *patch)
{
	return make("test.json", "tests/sdk/.libs", patch, NULL, NULL, 0);
}

lq_engine *engine_real(const char *patch)
{
	return make("call.json", "plugins/.libs", patch, NULL, NULL, 0);
}

lq_engine *engine_fast(double clock_rate)
{
	return make("call.json", "plugins/.libs", NULL, NULL, NULL, clock_rate);
}

lq_engine *engine_with(lq_event_cb cb, void *user_data)
{
	return make("test.json", "tests/sdk/.libs", NULL, cb, user_data, 0);
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

static void point(kept_event *k)
{
	k->event.user = k->user;
	k->event.name = k->name;
	k->event.text = k->text;
	k->event.room_sid = k->room_sid;
	k->event.attachment = k->attachment;
}

static void keep(const lq_sdk_event *ev)
{
	ck_assert_int_lt(n_kept, MAX_KEPT);
	kept_event *k = &kept[n_kept++];
	k->event = *ev;
	snprintf(k->user, sizeof k->user, "%s", ev->user);
	snprintf(k->name, sizeof k->name, "%s", ev->name);
	snprintf(k->text, sizeof k->text, "%s", ev->text);
	snprintf(k->room_sid, sizeof k->room_sid, "%s", ev->room_sid);
	snprintf(k->attachment, sizeof k->attachment, "%s", ev->attachment);
}

static int is(const kept_event *k, const lq_room *room, lq_sdk_event_type type, const char *user, lq_track_kind kind)
{
	return k->event.type == type && (!room || k->event.room == room) && (!user || !strcmp(k->user, user)) && (!kind || k->event.kind == kind);
}

static void print_kept(void)
{
	for (const kept_event *k = kept; k < kept + n_kept; k++)
		fprintf(stderr, "passed over: event %d code %d user \"%s\" kind %d: %s\n", k->event.type, k->event.code, k->user, k->event.kind, k->text);
}

const lq_sdk_event *await_stream(lq_engine *e, const lq_room *room, lq_sdk_event_type type, const char *user, lq_track_kind kind)
{
	const lq_sdk_event *ev;
	for (int i = 0;; i++) {
		if (i == n_kept) {
			int r = lq_engine_poll(e, 30000, &ev);
			if (r)
				print_kept();
			ck_assert_msg(!r, "no event of type %d came", type);
			keep(ev);
		}
		if (!is(&kept[i], room, type, user, kind))
			continue;
		found = kept[i];
		point(&found);
		memmove(&kept[i], &kept[i + 1], (size_t)(--n_kept - i) * sizeof *kept);
		return &found.event;
	}
}

void fetch_events(lq_engine *e, int ms)
{
	const lq_sdk_event *ev;
	if (!lq_engine_poll(e, ms, &ev))
		keep(ev);
	while (!lq_engine_poll(e, 0, &ev))
		keep(ev);
}

const lq_sdk_event *await_or_none(lq_engine *e, const lq_room *room, lq_sdk_event_type type)
{
	fetch_events(e, 0);
	for (int i = 0; i < n_kept; i++)
		if (is(&kept[i], room, type, NULL, 0))
			return await(e, room, type);
	return NULL;
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
