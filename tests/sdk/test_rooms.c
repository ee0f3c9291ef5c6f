/* Rooms with rules, with the real server: made on request, entered by their number, locked, ended; who is kicked; what is said before the join. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fixture.h"
#include "loquatd.h"

static loquatd server;

static void setup(void)
{
	server = loquatd_start(NULL);
}

static void teardown(void)
{
	loquatd_stop(&server, SIGTERM);
}

static lq_session *logged_in(lq_engine *e, const char *user)
{
	lq_session *s = NULL;
	ck_assert_int_eq(lq_session_open(e, &s), 0);
	ck_assert_int_eq(lq_session_login(s, &(lq_login_params){.size = sizeof(lq_login_params), .server = server.url, .user = user}), 0);
	ck_assert_int_eq(await(e, NULL, LQ_ON_LOGGED_IN)->code, 0);
	return s;
}

/* Without devices. */
static lq_room *quiet(lq_engine *e, const char *name, lq_room_options o)
{
	lq_room *room = NULL;
	o.size = sizeof o;
	o.auto_publish_audio = o.auto_publish_video = LQ_OFF;
	ck_assert_int_eq(lq_room_open(e, name, &o, &room), 0);
	return room;
}

static int enter(lq_engine *e, lq_room *room, lq_join_params p)
{
	p.size = sizeof p;
	p.server = server.url;
	ck_assert_int_eq(lq_room_join(room, &p), 0);
	return await(e, room, LQ_ON_JOINED)->code;
}

static lq_room *entered(lq_engine *e, const char *name, const char *user)
{
	lq_room *room = quiet(e, name, (lq_room_options){0});
	ck_assert_int_eq(enter(e, room, (lq_join_params){.user = user}), 0);
	return room;
}

START_TEST(a_room_is_made_entered_and_ended)
{
	lq_engine *e = engine_real(NULL);
	lq_session *s = logged_in(e, "ann");
	char number[65], url[200];
	int ctx;
	ck_assert_int_eq(lq_room_create(s, &(lq_room_spec){.size = sizeof(lq_room_spec), .password = "sesame", .max_members = 2, .keep = LQ_ON}, &ctx), 0);
	const lq_sdk_event *ev = await(e, NULL, LQ_ON_ROOM_CREATED);
	ck_assert_msg(!ev->code, "%s", ev->text);
	ck_assert_ptr_eq(ev->ctx, &ctx);
	ck_assert_ptr_eq(ev->session, s);
	ck_assert_uint_eq(strlen(ev->name), 8);
	snprintf(number, sizeof number, "%s", ev->name);
	snprintf(url, sizeof url, "http://%s/?room=%s", server.url + strlen("ws://"), number);
	ck_assert_str_eq(ev->text, url);
	lq_room *bob = quiet(e, number, (lq_room_options){.create = LQ_ROOM_MUST_EXIST}), *eve = quiet(e, number, (lq_room_options){0});
	lq_room *dan = quiet(e, number, (lq_room_options){0});
	ck_assert_int_eq(enter(e, bob, (lq_join_params){.user = "bob"}), LQ_EPERM);
	ck_assert_int_eq(enter(e, bob, (lq_join_params){.user = "bob", .password = "Sesame"}), LQ_EPERM);
	ck_assert_int_eq(enter(e, bob, (lq_join_params){.user = "bob", .password = "sesame"}), 0);
	ck_assert_int_eq(lq_room_lock(s, number, 1), 0);
	ck_assert_int_eq(await(e, bob, LQ_ON_ROOM_LOCKED)->on, 1);
	ev = await(e, NULL, LQ_ON_ROOM_LOCKED);
	ck_assert(ev->session == s && !ev->code && ev->on == 1 && !strcmp(ev->name, number));
	ck_assert_int_eq(enter(e, eve, (lq_join_params){.user = "eve", .password = "sesame"}), LQ_EBUSY);
	ck_assert_int_eq(lq_room_lock(s, number, 0), 0);
	ck_assert_int_eq(await(e, bob, LQ_ON_ROOM_LOCKED)->on, 0);
	ck_assert_int_eq(enter(e, eve, (lq_join_params){.user = "eve", .password = "sesame"}), 0);
	ck_assert_int_eq(enter(e, dan, (lq_join_params){.user = "dan", .password = "sesame"}), LQ_EFULL);
	ck_assert_int_eq(lq_room_destroy(s, number, &ctx), 0);
	ev = await(e, bob, LQ_ON_LEFT);
	ck_assert_int_eq(ev->code, LQ_END);
	ck_assert_str_eq(ev->text, "room_closed");
	ck_assert_int_eq(await(e, eve, LQ_ON_LEFT)->code, LQ_END);
	ev = await(e, NULL, LQ_ON_ROOM_DESTROYED);
	ck_assert(!ev->code && ev->ctx == &ctx && !strcmp(ev->name, number));
	ck_assert_int_eq(enter(e, bob, (lq_join_params){.user = "bob"}), LQ_ENOENT);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(what_a_session_asks_of_rooms_is_answered)
{
	lq_engine *e = engine_real(NULL);
	lq_session *s = NULL;
	char long_text[200];
	memset(long_text, 'x', sizeof long_text);
	long_text[sizeof long_text - 1] = 0;
	lq_room_spec spec = {.size = sizeof spec};
	ck_assert_int_eq(lq_session_open(e, &s), 0);
	ck_assert_int_eq(lq_room_create(s, NULL, NULL), LQ_ESTATE);
	ck_assert_int_eq(lq_room_destroy(s, "r", NULL), LQ_ESTATE);
	ck_assert_int_eq(lq_room_lock(s, "r", 1), LQ_ESTATE);
	ck_assert_int_eq(lq_room_create(NULL, NULL, NULL), LQ_EINVAL);
	ck_assert_int_eq(lq_room_destroy(s, NULL, NULL), LQ_EINVAL);
	ck_assert_int_eq(lq_room_lock(s, "a/b", 1), LQ_EINVAL);
	lq_session_close(s);
	s = logged_in(e, "ann");
	ck_assert_int_eq(lq_room_create(s, &(lq_room_spec){0}, NULL), LQ_EINVAL);
	spec.name = long_text;
	ck_assert_int_eq(lq_room_create(s, &spec, NULL), LQ_ERANGE);
	spec = (lq_room_spec){.size = sizeof spec, .password = long_text};
	ck_assert_int_eq(lq_room_create(s, &spec, NULL), LQ_ERANGE);
	spec = (lq_room_spec){.size = sizeof spec, .password = "\xff"};
	ck_assert_int_eq(lq_room_create(s, &spec, NULL), LQ_EINVAL);
	spec = (lq_room_spec){.size = sizeof spec, .max_cameras = 9};
	ck_assert_int_eq(lq_room_create(s, &spec, NULL), 0);
	ck_assert_int_eq(await(e, NULL, LQ_ON_ROOM_CREATED)->code, LQ_ERANGE);
	spec = (lq_room_spec){.size = sizeof spec, .name = "twice"};
	ck_assert_int_eq(lq_room_create(s, &spec, NULL), 0);
	ck_assert_int_eq(await(e, NULL, LQ_ON_ROOM_CREATED)->code, 0);
	ck_assert_int_eq(lq_room_create(s, &spec, NULL), 0);
	ck_assert_int_eq(await(e, NULL, LQ_ON_ROOM_CREATED)->code, LQ_EEXIST);
	ck_assert_int_eq(lq_room_destroy(s, "never made", NULL), 0);
	ck_assert_int_eq(await(e, NULL, LQ_ON_ROOM_DESTROYED)->code, LQ_ENOENT);
	ck_assert_int_eq(lq_room_lock(s, "never made", 1), 0);
	ck_assert_int_eq(await(e, NULL, LQ_ON_ROOM_LOCKED)->code, LQ_ENOENT);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(what_a_user_says_of_itself_is_shown)
{
	lq_engine *e = engine_real(NULL);
	char info[202];
	memset(info, 'i', sizeof info);
	info[201] = 0;
	lq_room *ann = quiet(e, "infos", (lq_room_options){0}), *bob = quiet(e, "infos", (lq_room_options){0});
	ck_assert_int_eq(lq_room_join(ann, &(lq_join_params){.size = sizeof(lq_join_params), .server = server.url, .user_info = info}), LQ_ERANGE);
	info[200] = 0;
	ck_assert_int_eq(enter(e, ann, (lq_join_params){.user = "ann", .user_info = info}), 0);
	ck_assert_int_eq(enter(e, bob, (lq_join_params){.user = "bob", .user_info = "hello"}), 0);
	ck_assert_str_eq(await(e, ann, LQ_ON_USER_JOINED)->attachment, "hello");
	ck_assert_str_eq(await(e, bob, LQ_ON_USER_JOINED)->attachment, info);
	lq_member m;
	ck_assert_int_eq(lq_room_members(bob, &m, 1), 1);
	ck_assert_str_eq(m.info, info);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(the_user_0_is_any)
{
	lq_engine *e = engine_real(NULL);
	lq_room *room = quiet(e, "r", (lq_room_options){0});
	ck_assert_int_eq(lq_room_join(room, &(lq_join_params){.size = sizeof(lq_join_params), .server = server.url, .user = "0"}), 0);
	ck_assert_int_eq(strncmp(await(e, room, LQ_ON_JOINED)->user, "user-", 5), 0);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(who_is_kicked_hears_why)
{
	lq_engine *e = engine_real(NULL);
	lq_room *ann = entered(e, "r", "ann"), *bob = entered(e, "r", "bob");
	char reason[258];
	memset(reason, 'r', sizeof reason);
	reason[257] = 0;
	ck_assert_int_eq(lq_room_kick(ann, "bob", reason), LQ_ERANGE);
	ck_assert_int_eq(lq_room_kick(ann, "b b", NULL), LQ_EINVAL);
	ck_assert_int_eq(lq_room_kick(ann, NULL, NULL), LQ_EINVAL);
	ck_assert_int_eq(lq_room_kick(NULL, "bob", NULL), LQ_EINVAL);
	ck_assert_int_eq(lq_room_kick(ann, "bob", "too loud"), 0);
	const lq_sdk_event *ev = await(e, bob, LQ_ON_LEFT);
	ck_assert_int_eq(ev->code, LQ_EPERM);
	ck_assert_str_eq(ev->text, "too loud");
	ev = await(e, ann, LQ_ON_USER_LEFT);
	ck_assert(!strcmp(ev->user, "bob") && !strcmp(ev->text, "kicked"));
	ev = await(e, ann, LQ_ON_KICKED);
	ck_assert(!strcmp(ev->user, "bob") && !ev->code);
	ck_assert_int_eq(lq_room_kick(ann, "bob", NULL), 0);
	ck_assert_int_eq(await(e, ann, LQ_ON_KICKED)->code, LQ_ENOENT);
	ck_assert_int_eq(lq_room_kick(ann, "ann", NULL), 0);
	ck_assert_int_eq(await(e, ann, LQ_ON_KICKED)->code, LQ_EINVAL);
	ck_assert_int_eq(lq_room_kick(bob, "ann", NULL), LQ_ESTATE);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(strict_leaving_says_when_there_is_nothing_to_leave)
{
	lq_engine *e = engine_real(NULL);
	lq_room *room = quiet(e, "r", (lq_room_options){.strict_leave = LQ_ON}), *lax = quiet(e, "r", (lq_room_options){0});
	ck_assert_int_eq(lq_room_leave(lax), 0);
	ck_assert_int_eq(lq_room_leave(room), LQ_ESTATE);
	ck_assert_int_eq(enter(e, room, (lq_join_params){.user = "ann"}), 0);
	ck_assert_int_eq(lq_room_leave(room), 0);
	int again = lq_room_leave(room); /* it may be over already */
	ck_assert(again == LQ_EEXIST || again == LQ_ESTATE);
	await(e, room, LQ_ON_LEFT);
	ck_assert_int_eq(lq_room_leave(room), LQ_ESTATE);
	lq_engine_destroy(e);
}
END_TEST

/* The kinds that are published within one join, as bits. */
static unsigned published(lq_engine *e, lq_room *room, lq_room *watcher)
{
	unsigned kinds = 0;
	ck_assert_int_eq(enter(e, room, (lq_join_params){.user = "ann"}), 0);
	ck_assert_int_eq(lq_publish(room, LQ_STREAM_SUB, LQ_VIDEO), 0); /* comes last */
	for (;;) {
		const lq_sdk_event *ev = await(e, watcher, LQ_ON_STREAM_PUBLISHED);
		if (ev->stream == LQ_STREAM_SUB)
			break;
		kinds |= ev->kind;
	}
	lq_unpublish(room, LQ_STREAM_SUB, LQ_VIDEO);
	lq_room_leave(room);
	await(e, room, LQ_ON_LEFT);
	return kinds;
}

START_TEST(what_is_said_before_the_join_beats_the_options)
{
	lq_engine *e = engine_real(NULL);
	lq_room_options on = {.size = sizeof on}, off = {.size = sizeof off, .auto_publish_audio = LQ_OFF, .auto_publish_video = LQ_OFF};
	lq_room *watcher = quiet(e, "r", (lq_room_options){.auto_subscribe_audio = LQ_OFF, .auto_subscribe_video = LQ_OFF}), *room;
	ck_assert_int_eq(enter(e, watcher, (lq_join_params){.user = "watcher"}), 0);
	ck_assert_int_eq(lq_room_open(e, "r", &on, &room), 0);
	ck_assert_int_eq(lq_unpublish(room, LQ_STREAM_MAIN, LQ_VIDEO), 0);
	ck_assert_uint_eq(published(e, room, watcher), LQ_AUDIO);
	ck_assert_uint_eq(published(e, room, watcher), LQ_AUDIO); /* and the next time */
	ck_assert_int_eq(lq_publish(room, LQ_STREAM_MAIN, LQ_VIDEO), 0);
	ck_assert_uint_eq(published(e, room, watcher), LQ_AUDIO | LQ_VIDEO);
	lq_room_close(room);
	ck_assert_int_eq(lq_room_open(e, "r", &off, &room), 0);
	ck_assert_uint_eq(published(e, room, watcher), 0);
	ck_assert_int_eq(lq_publish(room, LQ_STREAM_MAIN, LQ_AUDIO), 0);
	ck_assert_uint_eq(published(e, room, watcher), LQ_AUDIO);
	lq_engine_destroy(e);
}
END_TEST

static void await_stream_of(lq_engine *e, lq_room *room, lq_sdk_event_type type, const char *user)
{
	await_stream(e, room, type, user, LQ_AUDIO);
	await_stream(e, room, type, user, LQ_VIDEO);
}

START_TEST(the_audience_is_not_seen_and_does_not_publish)
{
	lq_engine *e = engine_real(NULL);
	lq_room *ann = entered(e, "stage", "ann"), *eve;
	lq_member m[3];
	ck_assert_int_eq(lq_room_open(e, "stage", NULL, &eve), 0); /* publishes by itself */
	ck_assert_int_eq(lq_room_profile_set(eve, (lq_room_profile)2), LQ_EINVAL);
	ck_assert_int_eq(lq_room_role_set(eve, (lq_role)2), LQ_EINVAL);
	ck_assert_int_eq(lq_room_role_set(NULL, LQ_ROLE_AUDIENCE), LQ_EINVAL);
	ck_assert_int_eq(lq_room_profile_set(eve, LQ_PROFILE_LIVE), 0);
	ck_assert_int_eq(lq_room_role_set(eve, LQ_ROLE_AUDIENCE), 0);
	ck_assert_int_eq(lq_publish(eve, LQ_STREAM_MAIN, LQ_VIDEO), LQ_EPERM);
	ck_assert_int_eq(lq_screen_start(eve, NULL), LQ_EPERM);
	ck_assert_int_eq(enter(e, eve, (lq_join_params){.user = "eve"}), 0);
	ck_assert_int_eq(await(e, eve, LQ_ON_ROOM_PROFILE)->profile, LQ_PROFILE_COMMUNICATION); /* it was made as that */
	ck_assert_int_eq(lq_room_profile_set(eve, LQ_PROFILE_LIVE), 0);
	ck_assert_int_eq(await(e, ann, LQ_ON_ROOM_PROFILE)->profile, LQ_PROFILE_LIVE);
	ck_assert_int_eq(await(e, eve, LQ_ON_ROOM_PROFILE)->profile, LQ_PROFILE_LIVE);
	ck_assert_int_eq(lq_publish(eve, LQ_STREAM_MAIN, LQ_VIDEO), LQ_EPERM);
	ck_assert_int_eq(lq_room_send(eve, NULL, "here"), 0);
	await(e, ann, LQ_ON_MESSAGE); /* so she would have been seen */
	ck_assert_int_eq(lq_room_members(ann, m, 3), 0);
	/* on the stage */
	ck_assert_int_eq(lq_room_role_set(eve, LQ_ROLE_BROADCASTER), 0);
	const lq_sdk_event *ev = await(e, eve, LQ_ON_ROLE);
	ck_assert(!ev->code && ev->role == LQ_ROLE_BROADCASTER && !*ev->user);
	ev = await(e, ann, LQ_ON_USER_JOINED);
	ck_assert(!strcmp(ev->user, "eve") && !ev->existed);
	await_stream_of(e, ann, LQ_ON_STREAM_PUBLISHED, "eve");
	/* and off */
	ck_assert_int_eq(lq_room_role_set(eve, LQ_ROLE_AUDIENCE), 0);
	ev = await(e, eve, LQ_ON_ROLE);
	ck_assert(!ev->code && ev->role == LQ_ROLE_AUDIENCE);
	await_stream_of(e, ann, LQ_ON_STREAM_UNPUBLISHED, "eve");
	ck_assert_str_eq(await(e, ann, LQ_ON_USER_LEFT)->text, "invisible");
	ck_assert_int_eq(lq_room_members(ann, m, 3), 0);
	/* again: what was published is */
	ck_assert_int_eq(lq_room_role_set(eve, LQ_ROLE_BROADCASTER), 0);
	await_stream_of(e, ann, LQ_ON_STREAM_PUBLISHED, "eve");
	ck_assert_int_eq(lq_room_members(ann, m, 3), 1);
	ck_assert_int_eq(m[0].role, LQ_ROLE_BROADCASTER);
	/* the audience goes without a sound */
	ck_assert_int_eq(lq_room_role_set(eve, LQ_ROLE_AUDIENCE), 0);
	ck_assert_str_eq(await(e, ann, LQ_ON_USER_LEFT)->text, "invisible");
	ck_assert_int_eq(lq_room_leave(eve), 0);
	await(e, eve, LQ_ON_LEFT);
	ck_assert_int_eq(lq_room_role_set(eve, LQ_ROLE_BROADCASTER), 0); /* for the next join */
	ck_assert_int_eq(enter(e, eve, (lq_join_params){.user = "eve"}), 0);
	await_stream_of(e, ann, LQ_ON_STREAM_PUBLISHED, "eve");
	lq_engine_destroy(e);
}
END_TEST

START_TEST(a_role_may_change_while_joining)
{
	lq_engine *e = engine_real(NULL);
	lq_room *ann = entered(e, "stage", "ann"), *eve = quiet(e, "stage", (lq_room_options){0});
	ck_assert_int_eq(lq_room_join(eve, &(lq_join_params){.size = sizeof(lq_join_params), .server = server.url, .user = "eve"}), 0);
	ck_assert_int_eq(lq_room_role_set(eve, LQ_ROLE_AUDIENCE), 0);
	ck_assert_int_eq(await(e, eve, LQ_ON_JOINED)->code, 0);
	ck_assert_int_eq(lq_room_send(eve, NULL, "here"), 0);
	await(e, ann, LQ_ON_MESSAGE);
	ck_assert_int_eq(lq_publish(eve, LQ_STREAM_MAIN, LQ_VIDEO), LQ_EPERM);
	ck_assert_int_eq(lq_room_members(ann, NULL, 0), 0);
	lq_engine_destroy(e);
}
END_TEST

/* ---- microphones and cameras ---- */

static void expect_device(lq_engine *e, lq_room *at, const char *user, lq_stream stream, lq_track_kind kind, lq_device_state state, const char *by)
{
	for (;;) {
		const lq_sdk_event *ev = await_stream(e, at, LQ_ON_MEMBER_DEVICE, user, kind);
		if (ev->stream != stream)
			continue;
		ck_assert_msg(ev->device_state == state && !strcmp(ev->name, by), "state %d by \"%s\", not %d by \"%s\"", ev->device_state, ev->name, state, by);
		return;
	}
}

START_TEST(devices_are_opened_and_closed_by_others_and_by_oneself)
{
	lq_engine *e = engine_real(NULL);
	lq_room *ann = entered(e, "r", "ann"), *bob = entered(e, "r", "bob");
	lq_room *all[] = {ann, bob};
	lq_member m;
	await(e, ann, LQ_ON_USER_JOINED);
	ck_assert_int_eq(lq_member_device_state(ann, "bob", LQ_STREAM_MAIN, LQ_AUDIO), LQ_DEVICE_CLOSED);
	ck_assert_int_eq(lq_member_device_state(ann, "nobody", LQ_STREAM_MAIN, LQ_AUDIO), LQ_DEVICE_UNKNOWN);
	ck_assert_int_eq(lq_member_mic_set(ann, "bob", 1), 0);
	const lq_sdk_event *ev = await(e, ann, LQ_ON_CONTROLLED);
	ck_assert(!ev->code && !strcmp(ev->user, "bob") && ev->kind == LQ_AUDIO && ev->on);
	for (int i = 0; i < 2; i++) {
		expect_device(e, all[i], "bob", LQ_STREAM_MAIN, LQ_AUDIO, LQ_DEVICE_OPENING, "ann");
		expect_device(e, all[i], "bob", LQ_STREAM_MAIN, LQ_AUDIO, LQ_DEVICE_OPEN, "ann");
	}
	await_stream(e, ann, LQ_ON_FIRST_FRAME, "bob", LQ_AUDIO); /* he is heard */
	ck_assert_int_eq(lq_room_members(ann, &m, 1), 1);
	ck_assert(m.microphone == LQ_DEVICE_OPEN && m.camera == LQ_DEVICE_CLOSED);
	ck_assert_int_eq(lq_member_mic_set(ann, "bob", 0), 0);
	for (int i = 0; i < 2; i++)
		expect_device(e, all[i], "bob", LQ_STREAM_MAIN, LQ_AUDIO, LQ_DEVICE_CLOSED, "ann");
	ck_assert_int_eq(lq_room_members(ann, &m, 1), 1);
	ck_assert(m.tracks == 0 && m.microphone == LQ_DEVICE_CLOSED);
	/* ourselves, two cameras */
	for (int camera = 0; camera < 2; camera++) {
		ck_assert_int_eq(lq_member_camera_set(bob, camera ? "bob" : NULL, LQ_STREAM_CAMERA(camera), 1), 0);
		ck_assert_str_eq(await(e, bob, LQ_ON_CONTROLLED)->user, "bob");
		for (int i = 0; i < 2; i++) {
			expect_device(e, all[i], "bob", LQ_STREAM_CAMERA(camera), LQ_VIDEO, LQ_DEVICE_OPENING, "bob");
			expect_device(e, all[i], "bob", LQ_STREAM_CAMERA(camera), LQ_VIDEO, LQ_DEVICE_OPEN, "bob");
		}
	}
	lq_camera_info c[9];
	ck_assert_int_eq(lq_member_cameras(ann, "bob", c, 9), 2);
	ck_assert(c[0].stream == LQ_STREAM_CAMERA(0) && c[0].is_default && c[0].state == LQ_DEVICE_OPEN);
	ck_assert(c[1].stream == LQ_STREAM_CAMERA(1) && !c[1].is_default && c[1].state == LQ_DEVICE_OPEN);
	ck_assert_int_eq(lq_member_cameras(bob, NULL, NULL, 0), 2);
	ck_assert_int_eq(lq_member_cameras(ann, "nobody", NULL, 0), LQ_ENOENT);
	/* what is closed by the app itself is told alike */
	ck_assert_int_eq(lq_unpublish(bob, LQ_STREAM_MAIN, LQ_VIDEO), 0);
	for (int i = 0; i < 2; i++)
		expect_device(e, all[i], "bob", LQ_STREAM_MAIN, LQ_VIDEO, LQ_DEVICE_CLOSED, "bob");
	/* the default camera */
	ck_assert_int_eq(lq_member_default_camera_set(ann, "bob", LQ_STREAM_CAMERA(1)), 0);
	for (int i = 0; i < 2; i++) {
		ev = await(e, all[i], LQ_ON_DEFAULT_CAMERA);
		ck_assert(!strcmp(ev->user, "bob") && ev->stream == LQ_STREAM_CAMERA(1) && !strcmp(ev->name, "ann"));
	}
	ck_assert_int_eq(lq_member_default_camera_get(ann, "bob"), LQ_STREAM_CAMERA(1));
	ck_assert_int_eq(lq_member_default_camera_get(bob, NULL), LQ_STREAM_CAMERA(1));
	ck_assert_int_eq(lq_member_default_camera_get(bob, "ann"), LQ_STREAM_MAIN);
	ck_assert_int_eq(lq_member_camera_set(ann, "bob", LQ_STREAM_DEFAULT_CAMERA, 0), 0);
	for (int i = 0; i < 2; i++)
		expect_device(e, all[i], "bob", LQ_STREAM_CAMERA(1), LQ_VIDEO, LQ_DEVICE_CLOSED, "ann");
	/* a newcomer sees it as it is */
	ck_assert_int_eq(lq_member_camera_set(ann, "bob", LQ_STREAM_DEFAULT_CAMERA, 1), 0);
	expect_device(e, ann, "bob", LQ_STREAM_CAMERA(1), LQ_VIDEO, LQ_DEVICE_OPENING, "ann");
	expect_device(e, ann, "bob", LQ_STREAM_CAMERA(1), LQ_VIDEO, LQ_DEVICE_OPEN, "ann");
	lq_room *eve = entered(e, "r", "eve");
	ck_assert_int_eq(lq_member_default_camera_get(eve, "bob"), LQ_STREAM_CAMERA(1));
	ck_assert_int_eq(lq_member_device_state(eve, "bob", LQ_STREAM_CAMERA(1), LQ_VIDEO), LQ_DEVICE_OPEN);
	ck_assert_int_eq(lq_member_device_state(eve, "bob", LQ_STREAM_MAIN, LQ_VIDEO), LQ_DEVICE_CLOSED);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(control_has_its_limits)
{
	lq_engine *e = engine_real(NULL);
	lq_session *s = logged_in(e, "boss");
	ck_assert_int_eq(lq_room_create(s, &(lq_room_spec){.size = sizeof(lq_room_spec), .name = "small", .max_open_mics = 1, .max_cameras = 1}, NULL), 0);
	ck_assert_int_eq(await(e, NULL, LQ_ON_ROOM_CREATED)->code, 0);
	lq_room *ann = entered(e, "small", "ann"), *bob = entered(e, "small", "bob");
	ck_assert_int_eq(lq_member_mic_set(NULL, "bob", 1), LQ_EINVAL);
	ck_assert_int_eq(lq_member_mic_set(ann, "b b", 1), LQ_EINVAL);
	ck_assert_int_eq(lq_member_camera_set(ann, "bob", LQ_STREAM_SUB, 1), LQ_EINVAL);
	ck_assert_int_eq(lq_member_camera_set(ann, "bob", (lq_stream)9, 1), LQ_EINVAL);
	ck_assert_int_eq(lq_member_default_camera_set(ann, "bob", LQ_STREAM_SUB), LQ_EINVAL);
	ck_assert_int_eq(lq_member_mic_set(ann, "nobody", 1), 0);
	ck_assert_int_eq(await(e, ann, LQ_ON_CONTROLLED)->code, LQ_ENOENT);
	/* one microphone */
	ck_assert_int_eq(lq_member_mic_set(ann, NULL, 1), 0);
	expect_device(e, bob, "ann", LQ_STREAM_MAIN, LQ_AUDIO, LQ_DEVICE_OPENING, "ann");
	expect_device(e, bob, "ann", LQ_STREAM_MAIN, LQ_AUDIO, LQ_DEVICE_OPEN, "ann");
	ck_assert_int_eq(lq_member_mic_set(ann, "bob", 1), 0);
	expect_device(e, bob, "bob", LQ_STREAM_MAIN, LQ_AUDIO, LQ_DEVICE_OPENING, "ann");
	/* published past it: only the microphone is refused */
	ck_assert_int_eq(lq_publish(bob, LQ_STREAM_MAIN, LQ_AUDIO), 0);
	ck_assert_int_eq(lq_publish(bob, LQ_STREAM_MAIN, LQ_VIDEO), 0);
	ck_assert_int_eq(await_stream(e, bob, LQ_ON_LOCAL_PUBLISHED, NULL, LQ_AUDIO)->code, LQ_EFULL);
	ck_assert_int_eq(await_stream(e, bob, LQ_ON_LOCAL_PUBLISHED, NULL, LQ_VIDEO)->code, 0);
	ck_assert_int_eq(lq_member_device_state(bob, NULL, LQ_STREAM_MAIN, LQ_AUDIO), LQ_DEVICE_OPENING);
	/* one camera */
	ck_assert_int_eq(lq_publish(bob, LQ_STREAM_THIRD, LQ_VIDEO), 0);
	const lq_sdk_event *ev = await_stream(e, bob, LQ_ON_LOCAL_PUBLISHED, NULL, LQ_VIDEO);
	ck_assert(ev->code == LQ_EFULL && ev->stream == LQ_STREAM_THIRD);
	ck_assert_int_eq(lq_room_leave(ann), 0);
	await(e, ann, LQ_ON_LEFT);
	ck_assert_int_eq(lq_member_mic_set(bob, NULL, 1), 0); /* asked again */
	expect_device(e, bob, "bob", LQ_STREAM_MAIN, LQ_AUDIO, LQ_DEVICE_OPEN, "bob");
	ck_assert_int_eq(lq_member_mic_set(ann, "bob", 1), LQ_ESTATE);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(a_member_may_keep_others_from_opening_its_devices)
{
	lq_engine *e = engine_real(NULL);
	lq_room *ann = entered(e, "r", "ann"), *bob = quiet(e, "r", (lq_room_options){.remote_control = LQ_OFF});
	ck_assert_int_eq(enter(e, bob, (lq_join_params){.user = "bob"}), 0);
	ck_assert_int_eq(lq_member_camera_set(ann, "bob", LQ_STREAM_MAIN, 1), 0);
	expect_device(e, ann, "bob", LQ_STREAM_MAIN, LQ_VIDEO, LQ_DEVICE_OPENING, "ann");
	expect_device(e, ann, "bob", LQ_STREAM_MAIN, LQ_VIDEO, LQ_DEVICE_CLOSED, "bob");
	ck_assert_int_eq(lq_member_camera_set(bob, NULL, LQ_STREAM_MAIN, 1), 0); /* himself he may */
	expect_device(e, ann, "bob", LQ_STREAM_MAIN, LQ_VIDEO, LQ_DEVICE_OPENING, "bob");
	expect_device(e, ann, "bob", LQ_STREAM_MAIN, LQ_VIDEO, LQ_DEVICE_OPEN, "bob");
	ck_assert_int_eq(lq_member_camera_set(ann, "bob", LQ_STREAM_MAIN, 0), 0);
	expect_device(e, ann, "bob", LQ_STREAM_MAIN, LQ_VIDEO, LQ_DEVICE_CLOSED, "ann");
	lq_engine_destroy(e);
}
END_TEST

/* ---- tokens ---- */

enum { RATE = 10 }; /* how much faster the server's clock runs */

static int64_t unix_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Seconds from now on the server's clock, which began to be ahead at `began`; publish and subscribe 0: as long as the whole. */
static const char *token(int64_t began, int64_t whole, int64_t publish, int64_t subscribe)
{
	static char text[1000];
	char command[1200], rights[100] = "";
	const char *build = getenv("top_builddir");
	int64_t ahead = (unix_ms() - began) * (RATE - 1) / 1000;
	if (publish)
		snprintf(rights, sizeof rights, "--publish-ttl %lld --subscribe-ttl %lld", (long long)(ahead + publish), (long long)(ahead + subscribe));
	snprintf(command, sizeof command, "%s/loquat token --room r --user ann --secret sesame --ttl %lld %s", build ? build : ".", (long long)(ahead + whole), rights);
	FILE *f = popen(command, "r");
	ck_assert(f && fgets(text, sizeof text, f));
	pclose(f);
	text[strcspn(text, "\n")] = 0;
	return text;
}

static void await_scope(lq_engine *e, lq_room *room, lq_sdk_event_type type, lq_token_scope scope)
{
	const lq_sdk_event *ev = await(e, room, type);
	ck_assert_int_eq(ev->scope, scope);
	if (type == LQ_ON_TOKEN_WILL_EXPIRE)
		ck_assert_msg(ev->elapsed_ms >= 28000 && ev->elapsed_ms <= 30000, "%u ms left", ev->elapsed_ms);
}

START_TEST(rights_end_and_come_back_with_a_new_token)
{
	lq_engine *e = engine_real(NULL);
	loquatd_stop(&server, SIGTERM);
	server = loquatd_start_with((const char *const[]){"--secret", "sesame", "--clock-rate", "10", "--member-timeout", "300", NULL});
	int64_t began = unix_ms();
	lq_room *bob = entered(e, "r", "bob"), *ann = quiet(e, "r", (lq_room_options){0});
	ck_assert_int_eq(lq_publish(bob, LQ_STREAM_MAIN, LQ_VIDEO), 0);
	ck_assert_int_eq(lq_publish(ann, LQ_STREAM_MAIN, LQ_VIDEO), 0);
	ck_assert_int_eq(lq_room_token_update(ann, "x"), LQ_ESTATE);
	ck_assert_int_eq(enter(e, ann, (lq_join_params){.user = "ann", .token = token(began, 3600, 60, 70)}), 0);
	await_stream(e, bob, LQ_ON_STREAM_PUBLISHED, "ann", LQ_VIDEO);
	ck_assert_int_eq(await_stream(e, ann, LQ_ON_SUBSCRIBED, "bob", LQ_VIDEO)->code, 0);
	await_scope(e, ann, LQ_ON_TOKEN_WILL_EXPIRE, LQ_TOKEN_PUBLISH);
	await_scope(e, ann, LQ_ON_TOKEN_WILL_EXPIRE, LQ_TOKEN_SUBSCRIBE);
	await_scope(e, ann, LQ_ON_TOKEN_EXPIRED, LQ_TOKEN_PUBLISH);
	await_stream(e, bob, LQ_ON_STREAM_UNPUBLISHED, "ann", LQ_VIDEO);
	await_scope(e, ann, LQ_ON_TOKEN_EXPIRED, LQ_TOKEN_SUBSCRIBE);
	ck_assert_int_eq(lq_room_token_update(ann, NULL), LQ_EINVAL);
	ck_assert_int_eq(lq_room_token_update(ann, "rubbish"), 0);
	ck_assert_int_eq(await(e, ann, LQ_ON_TOKEN_UPDATED)->code, LQ_ETOKEN);
	ck_assert_int_eq(lq_room_token_update(ann, token(began, 50, 0, 0)), 0);
	ck_assert_int_eq(await(e, ann, LQ_ON_TOKEN_UPDATED)->code, 0);
	await_stream(e, bob, LQ_ON_STREAM_PUBLISHED, "ann", LQ_VIDEO);
	ck_assert_int_eq(await_stream(e, ann, LQ_ON_SUBSCRIBED, "bob", LQ_VIDEO)->code, 0);
	await_scope(e, ann, LQ_ON_TOKEN_WILL_EXPIRE, LQ_TOKEN_ROOM);
	ck_assert_int_eq(await(e, ann, LQ_ON_LEFT)->code, LQ_ETOKEN);
	lq_engine_destroy(e);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rooms");
	TCase *t = tcase_create("rooms");
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_room_is_made_entered_and_ended);
	tcase_add_test(t, what_a_session_asks_of_rooms_is_answered);
	tcase_add_test(t, what_a_user_says_of_itself_is_shown);
	tcase_add_test(t, the_user_0_is_any);
	tcase_add_test(t, who_is_kicked_hears_why);
	tcase_add_test(t, strict_leaving_says_when_there_is_nothing_to_leave);
	tcase_add_test(t, what_is_said_before_the_join_beats_the_options);
	tcase_add_test(t, the_audience_is_not_seen_and_does_not_publish);
	tcase_add_test(t, a_role_may_change_while_joining);
	tcase_add_test(t, devices_are_opened_and_closed_by_others_and_by_oneself);
	tcase_add_test(t, control_has_its_limits);
	tcase_add_test(t, a_member_may_keep_others_from_opening_its_devices);
	tcase_add_test(t, rights_end_and_come_back_with_a_new_token);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
