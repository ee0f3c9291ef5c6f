/* Flow M1, a call between computers: each numbered check against a real loquatd, with virtual devices. `m1 [CHECK]`; it starts itself again as a
 * member that is killed. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/devices/devhost.h"
#include "tests/sdk/relay.h"

#include "flow.h"

#define SECRET "a secret for tests, 32 bytes long"

static flow_server server, safe;
static const char *program;

/* ---- rooms ---- */

enum { ROOMS = 8 };
static lq_room *rooms[ROOMS];
static int n_rooms, round_number;

static const char *room_name(void)
{
	static char name[40];
	snprintf(name, sizeof name, "room %d", round_number);
	return name;
}

/* As the flow has it: sound is published and heard by itself, pictures are not. */
static lq_room_options as_published(void)
{
	return (lq_room_options){.size = sizeof(lq_room_options), .auto_publish_video = LQ_OFF, .auto_subscribe_video = LQ_OFF};
}

static lq_room_options quiet(void)
{
	return (lq_room_options){.size = sizeof(lq_room_options), .auto_publish_audio = LQ_OFF, .auto_publish_video = LQ_OFF, .auto_subscribe_audio = LQ_OFF,
	                         .auto_subscribe_video = LQ_OFF};
}

static lq_room *open_named(const char *name, lq_room_options o)
{
	lq_room *room = NULL;
	if (lq_room_open(flow_engine, name, &o, &room))
		flow_fail(__FILE__, __LINE__, "lq_room_open");
	rooms[n_rooms++] = room;
	return room;
}

static lq_room *open_room(lq_room_options o)
{
	return open_named(room_name(), o);
}

static int join_at(lq_room *room, const char *url, const char *user)
{
	return lq_room_join(room, &(lq_join_params){.size = sizeof(lq_join_params), .server = url, .user = user});
}

/* The result of the join. */
static int join(lq_room *room, const char *user)
{
	int r = join_at(room, server.url, user);
	return r ? r : flow_await(LQ_ON_JOINED, (flow_want){.room = room})->code;
}

static lq_room *joined(const char *user, lq_room_options o)
{
	lq_room *room = open_room(o);
	if (join(room, user))
		flow_fail(__FILE__, __LINE__, "the join failed");
	return room;
}

static void tidy(void)
{
	while (n_rooms)
		lq_room_close(rooms[--n_rooms]);
	flow_forget();
	round_number++;
}

/* All that the server said to `room` before now has come when this returns. */
static void settle(lq_room *room)
{
	if (!lq_room_attribute_set(room, 0, "settle", "x"))
		flow_await(LQ_ON_ATTRIBUTE, (flow_want){.room = room});
}

static int count(lq_room *room, lq_sdk_event_type type, const char *user)
{
	settle(room);
	return flow_count(type, (flow_want){.room = room, .user = user});
}

static int video(lq_room *room, lq_stream stream)
{
	return lq_publish(room, stream, LQ_VIDEO);
}

static const lq_sdk_event *told(lq_room *room, lq_sdk_event_type type, const char *user, lq_stream stream, lq_track_kind kind)
{
	return flow_await(type, (flow_want){.room = room, .user = user, .stream = 1 + (int)stream, .kind = kind});
}

static const lq_sdk_event *first_frame(lq_room *room, const char *user, lq_stream stream, lq_stage stage)
{
	return flow_await(LQ_ON_FIRST_FRAME, (flow_want){.room = room, .user = user, .stream = 1 + (int)stream, .kind = LQ_VIDEO, .stage = stage});
}

/* ---- what is seen ---- */

typedef struct eye {
	int frames;
	uint32_t width, height;
} eye;
static pthread_mutex_t eyes = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t seen = PTHREAD_COND_INITIALIZER;

static void on_frame(const lq_frame *f, void *arg)
{
	eye *e = arg;
	pthread_mutex_lock(&eyes);
	e->frames++;
	e->width = f->width;
	e->height = f->height;
	pthread_cond_broadcast(&seen);
	pthread_mutex_unlock(&eyes);
}

static int look(lq_room *room, const char *user, lq_stream stream, eye *e)
{
	return lq_view_bind(room, user, stream, &(lq_view_params){.size = sizeof(lq_view_params), .on_frame = on_frame, .user_data = e});
}

/* Waits at most 30 s for n more. */
static int sees(eye *e, int n)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += flow_failed() ? 0 : 30;
	pthread_mutex_lock(&eyes);
	for (n += e->frames; e->frames < n;)
		if (pthread_cond_timedwait(&seen, &eyes, &until) == ETIMEDOUT)
			break;
	int ok = e->frames >= n;
	pthread_mutex_unlock(&eyes);
	return ok;
}

static eye now(eye *e)
{
	pthread_mutex_lock(&eyes);
	eye copy = *e;
	pthread_mutex_unlock(&eyes);
	return copy;
}

/* Nothing comes for a third of a second, at last. */
static int sees_nothing(eye *e)
{
	for (int i = 0; i < 60; i++) {
		int before = now(e).frames;
		usleep(330000);
		if (now(e).frames == before)
			return 1;
	}
	return 0;
}

/* ---- the engine ---- */

static void m1_01(void)
{
	EXPECT(flow_engine != NULL);
	EXPECT(*lq_version());
}

static lq_engine_config config(void)
{
	return (lq_engine_config){.size = sizeof(lq_engine_config), .app_id = "m1"};
}

static void m1_02(void)
{
	char error[1000];
	lq_engine *e = NULL;
	lq_engine_config c = config();
	int r = lq_engine_create(&c, &e, error, sizeof error);
	if (r)
		printf("# %s\n", error);
	EXPECT(!r);
	EXPECT(!lq_engine_destroy(e));
}

static void m1_03(void)
{
	lq_engine *e = NULL;
	lq_engine_config c = config();
	c.app_id = "";
	EXPECT(lq_engine_create(&c, &e, NULL, 0) == LQ_EINVAL);
	c = config();
	c.log_dir = "/nowhere/at/all";
	EXPECT(lq_engine_create(&c, &e, NULL, 0) == LQ_EIO);
	c = config();
	c.single = LQ_ON; /* initialised a second time */
	EXPECT(lq_engine_create(&c, &e, NULL, 0) == LQ_ESTATE);
}

static void m1_04(void)
{
	EXPECT(lq_engine_feature(flow_engine, "devices") == 0);
	EXPECT(lq_engine_feature(flow_engine, "no such thing") == LQ_ENOTSUP);
}

static void m1_05(void)
{
	lq_room *a = open_room(quiet());
	EXPECT(!lq_room_profile_set(a, LQ_PROFILE_LIVE));
	EXPECT(!lq_room_profile_set(a, LQ_PROFILE_COMMUNICATION));
	EXPECT(!join(a, "ann"));
	EXPECT(!lq_room_profile_set(a, LQ_PROFILE_LIVE)); /* in the room, too: for everybody */
	EXPECT(flow_await(LQ_ON_ROOM_PROFILE, (flow_want){.room = a})->profile == LQ_PROFILE_LIVE);
}

static void m1_06(void)
{
	lq_room *a = joined("ann", quiet()), *b = open_room(quiet());
	EXPECT(!lq_room_profile_set(b, LQ_PROFILE_LIVE));
	EXPECT(!lq_room_role_set(b, LQ_ROLE_AUDIENCE));
	EXPECT(!join(b, "bob"));
	EXPECT(lq_publish(b, LQ_STREAM_MAIN, LQ_AUDIO) == LQ_EPERM);
	EXPECT(count(a, LQ_ON_USER_JOINED, NULL) == 0);
	EXPECT(!lq_room_role_set(b, LQ_ROLE_BROADCASTER));
	EXPECT(flow_await(LQ_ON_ROLE, (flow_want){.room = b})->code == 0);
	EXPECT(flow_await(LQ_ON_USER_JOINED, (flow_want){.room = a, .user = "bob"})->type);
	EXPECT(!lq_publish(b, LQ_STREAM_MAIN, LQ_AUDIO));
	EXPECT(told(a, LQ_ON_STREAM_PUBLISHED, "bob", LQ_STREAM_MAIN, LQ_AUDIO)->type);
}

/* ---- devices ---- */

enum { DEVICES = 16 };

static void m1_07(void)
{
	static lq_device_info first[DEVICES], again[DEVICES];
	int n = lq_devices(flow_engine, LQ_DEVICE_CAMERA, first, DEVICES);
	EXPECT(n > 0);
	EXPECT(lq_devices(flow_engine, LQ_DEVICE_CAMERA, again, DEVICES) == n);
	for (int i = 0; i < n && i < DEVICES; i++)
		EXPECT(!strcmp(first[i].id, again[i].id) && *first[i].name);
	EXPECT(lq_devices(flow_engine, LQ_DEVICE_SCREEN, NULL, 0) >= 0); /* none is fine */
}

static void m1_08(void)
{
	static lq_device_info d[DEVICES];
	eye e = {0};
	lq_room *a = joined("ann", quiet()), *b = joined("bob", (lq_room_options){.size = sizeof(lq_room_options), .auto_publish_audio = LQ_OFF, .auto_publish_video = LQ_OFF});
	int n = lq_devices(flow_engine, LQ_DEVICE_CAMERA, d, DEVICES);
	EXPECT(n >= 2);
	EXPECT(lq_device_select(a, LQ_DEVICE_CAMERA, LQ_STREAM_MAIN, "no such camera") == LQ_ENODEV);
	EXPECT(!lq_device_select(a, LQ_DEVICE_CAMERA, LQ_STREAM_MAIN, d[0].id));
	EXPECT(flow_await(LQ_ON_CHANGED, (flow_want){.room = a})->code == 0);
	EXPECT(!look(b, "ann", LQ_STREAM_MAIN, &e) && !video(a, LQ_STREAM_MAIN) && sees(&e, 5));
	EXPECT(!lq_device_select(a, LQ_DEVICE_CAMERA, LQ_STREAM_MAIN, d[1].id));
	EXPECT(flow_await(LQ_ON_CHANGED, (flow_want){.room = a})->code == 0);
	EXPECT(sees(&e, 5));
	EXPECT(count(b, LQ_ON_STREAM_UNPUBLISHED, NULL) == 0);
	look(b, "ann", LQ_STREAM_MAIN, NULL);
	lq_view_bind(b, "ann", LQ_STREAM_MAIN, NULL);
}

/* ---- local views ---- */

static void m1_09(void)
{
	lq_room *a = open_room(quiet()), *b = open_room(quiet());
	EXPECT(!lq_preview_start(a, LQ_STREAM_MAIN));
	const lq_sdk_event *f = first_frame(a, "", LQ_STREAM_MAIN, LQ_STAGE_CAPTURED);
	EXPECT(f->width == 640 && f->height == 480);
	lq_video_layer layer = {.size = sizeof layer, .width = 320, .height = 180};
	EXPECT(!lq_video_encode_set(b, LQ_STREAM_MAIN, &layer, 1));
	EXPECT(!lq_preview_start(b, LQ_STREAM_MAIN));
	f = first_frame(b, "", LQ_STREAM_MAIN, LQ_STAGE_CAPTURED);
	EXPECT(f->width == 320 && f->height == 180);
}

static void local_view(lq_stream stream)
{
	eye e = {0};
	lq_room *a = open_room(quiet());
	EXPECT(!look(a, NULL, stream, &e));
	EXPECT(!lq_preview_start(a, stream));
	EXPECT(sees(&e, 5));
	EXPECT(!lq_view_bind(a, NULL, stream, NULL));
	int frames = now(&e).frames;
	EXPECT(first_frame(a, "", stream, LQ_STAGE_CAPTURED)->type && now(&e).frames == frames);
}

static void m1_10(void)
{
	local_view(LQ_STREAM_MAIN);
}

static void m1_11(void)
{
	local_view(LQ_STREAM_SUB);
}

static void m1_12(void)
{
	lq_room *a = open_room(quiet());
	EXPECT(!lq_preview_start(a, LQ_STREAM_MAIN));
	EXPECT(!lq_preview_start(a, LQ_STREAM_SUB));
	EXPECT(lq_preview_start(a, LQ_STREAM_MAIN) == LQ_EEXIST);
	EXPECT(first_frame(a, "", LQ_STREAM_MAIN, LQ_STAGE_CAPTURED)->type);
	EXPECT(first_frame(a, "", LQ_STREAM_SUB, LQ_STAGE_CAPTURED)->type);
	EXPECT(!join(a, "ann"));
	lq_room *b = joined("bob", quiet());
	EXPECT(count(b, LQ_ON_STREAM_PUBLISHED, "ann") == 0); /* seen by ourselves alone */
}

static void m1_13(void)
{
	eye e = {0};
	lq_room *a = open_room(quiet());
	EXPECT(!look(a, NULL, LQ_STREAM_MAIN, &e) && !lq_preview_start(a, LQ_STREAM_MAIN) && sees(&e, 3));
	EXPECT(lq_preview_stop(a, LQ_STREAM_SUB) == LQ_ESTATE);
	EXPECT(sees(&e, 3));
	EXPECT(!lq_preview_stop(a, LQ_STREAM_MAIN) && sees_nothing(&e));
	lq_view_bind(a, NULL, LQ_STREAM_MAIN, NULL);
}

static void m1_14(void)
{
	eye own = {0}, other = {0};
	lq_room *a = joined("ann", quiet()), *b = joined("bob", quiet());
	EXPECT(!look(a, NULL, LQ_STREAM_MAIN, &own) && !look(b, "ann", LQ_STREAM_MAIN, &other));
	EXPECT(!video(a, LQ_STREAM_MAIN));
	EXPECT(told(a, LQ_ON_LOCAL_PUBLISHED, "", LQ_STREAM_MAIN, LQ_VIDEO)->code == 0 && sees(&own, 3));
	EXPECT(told(b, LQ_ON_STREAM_PUBLISHED, "ann", LQ_STREAM_MAIN, LQ_VIDEO)->type);
	EXPECT(!lq_subscribe(b, "ann", LQ_STREAM_MAIN, LQ_VIDEO) && sees(&other, 3));
	EXPECT(!lq_unpublish(a, LQ_STREAM_MAIN, LQ_VIDEO));
	EXPECT(told(b, LQ_ON_STREAM_UNPUBLISHED, "ann", LQ_STREAM_MAIN, LQ_VIDEO)->type && sees_nothing(&own));
	/* On or off, it is so again in the next room. */
	EXPECT(!video(a, LQ_STREAM_MAIN) && told(b, LQ_ON_STREAM_PUBLISHED, "ann", LQ_STREAM_MAIN, LQ_VIDEO)->type);
	EXPECT(!lq_room_leave(a) && flow_await(LQ_ON_LEFT, (flow_want){.room = a})->code == 0 && !join(a, "ann"));
	EXPECT(told(b, LQ_ON_STREAM_PUBLISHED, "ann", LQ_STREAM_MAIN, LQ_VIDEO)->type);
	lq_view_bind(a, NULL, LQ_STREAM_MAIN, NULL);
	lq_view_bind(b, "ann", LQ_STREAM_MAIN, NULL);
}

/* ---- joining ---- */

static void m1_15(void)
{
	EXPECT(!join(open_room(quiet()), "ann")); /* no token, on a server in debug mode */
}

static void m1_16(void)
{
	lq_room *a = open_room(quiet());
	EXPECT(!join_at(a, safe.url, "ann"));
	EXPECT(flow_await(LQ_ON_JOINED, (flow_want){.room = a})->code == LQ_ETOKEN);
}

static void m1_17(void)
{
	static const char all[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 !#$%&()+-:;<=.>?@[]^_{}|~,";
	char name[66];
	memset(name, 'a', 65);
	EXPECT(sizeof all - 1 == 89);
	EXPECT(lq_room_name_check(name, 0) == LQ_ERANGE && !lq_room_name_check(name, 1) && !lq_room_name_check(name, 64));
	EXPECT(lq_room_name_check(name, 65) == LQ_ERANGE);
	for (const char *c = all; *c; c++)
		EXPECT(!lq_room_name_check(c, 1));
	for (const char *c = "'*/\\`\"\n"; *c; c++)
		EXPECT(lq_room_name_check(c, 1) == LQ_EINVAL);
	for (int i = 0; i < 32; i++)
		memcpy(name + 2 * i, "\xc3\xa9", 2); /* 32 characters, 64 bytes */
	EXPECT(lq_room_name_check(name, 64) == LQ_EINVAL);
	name[0] = 0;
	lq_room *room = NULL;
	EXPECT(lq_room_open(flow_engine, name, NULL, &room) == LQ_ERANGE);
}

static void m1_18(void)
{
	lq_room *a = joined("ann", quiet()), *b = open_named("another", quiet());
	EXPECT(!join(b, "bob"));
	EXPECT(lq_room_members(b, NULL, 0) == 0 && lq_room_members(a, NULL, 0) == 0);
	EXPECT(count(a, LQ_ON_USER_JOINED, NULL) == 0);
}

static void m1_19(void)
{
	lq_room *a = open_room(quiet());
	EXPECT(!join_at(a, server.url, "ann")); /* nobody has made this room */
	const lq_sdk_event *e = flow_await(LQ_ON_JOINED, (flow_want){.room = a});
	EXPECT(e->code == 0 && *e->room_sid);
	char sid[80];
	snprintf(sid, sizeof sid, "%s", e->room_sid);
	lq_room *b = open_room(quiet());
	EXPECT(!join_at(b, server.url, "bob"));
	EXPECT(!strcmp(flow_await(LQ_ON_JOINED, (flow_want){.room = b})->room_sid, sid)); /* for trouble shooting: the same for both */
}

static void m1_20(void)
{
	lq_room *a = joined("ann", quiet()), *other = joined("ann", quiet());
	EXPECT(flow_await(LQ_ON_LEFT, (flow_want){.room = a})->code == LQ_EDUPLICATE);
	EXPECT(lq_room_members(other, NULL, 0) == 0);
}

static void m1_21(void)
{
	char first[130];
	lq_room *a = open_room(quiet()), *b = open_room(quiet());
	EXPECT(!join_at(a, server.url, "0") && !join_at(b, server.url, "0"));
	const lq_sdk_event *e = flow_await(LQ_ON_JOINED, (flow_want){.room = a});
	EXPECT(e->code == 0 && *e->user && strcmp(e->user, "0"));
	snprintf(first, sizeof first, "%s", e->user);
	e = flow_await(LQ_ON_JOINED, (flow_want){.room = b});
	EXPECT(e->code == 0 && *e->user && strcmp(e->user, first));
}

/* Defined: what is published before is remembered, and happens with the join. */
static void m1_22(void)
{
	lq_room *b = joined("bob", quiet()), *a = open_room(quiet());
	EXPECT(!video(a, LQ_STREAM_MAIN));
	EXPECT(count(b, LQ_ON_STREAM_PUBLISHED, "ann") == 0);
	EXPECT(lq_subscribe(a, "bob", LQ_STREAM_MAIN, LQ_VIDEO) == LQ_ESTATE);
	EXPECT(!join(a, "ann"));
	EXPECT(told(a, LQ_ON_LOCAL_PUBLISHED, "", LQ_STREAM_MAIN, LQ_VIDEO)->code == 0);
	EXPECT(told(b, LQ_ON_STREAM_PUBLISHED, "ann", LQ_STREAM_MAIN, LQ_VIDEO)->type);
}

/* ---- others ---- */

static void m1_23(void)
{
	lq_room *a = joined("ann", quiet()), *b = open_room(quiet());
	lq_join_params p = {.size = sizeof p, .server = server.url, .user = "bob", .name = "Bob B."};
	EXPECT(!lq_room_join(b, &p) && flow_await(LQ_ON_JOINED, (flow_want){.room = b})->code == 0);
	const lq_sdk_event *e = flow_await(LQ_ON_USER_JOINED, (flow_want){.room = b, .user = "ann"});
	EXPECT(e->existed);
	e = flow_await(LQ_ON_USER_JOINED, (flow_want){.room = a, .user = "bob"});
	EXPECT(!e->existed && !strcmp(e->name, "Bob B."));
	EXPECT(count(a, LQ_ON_USER_JOINED, NULL) == 0 && count(b, LQ_ON_USER_JOINED, NULL) == 0);
}

static pid_t start_member(const char *user)
{
	pid_t pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl(program, program, "--join", server.url, room_name(), user, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static void m1_24(void)
{
	lq_room *a = joined("ann", quiet());
	pid_t pid = start_member("bob");
	EXPECT(pid > 0 && flow_await(LQ_ON_USER_JOINED, (flow_want){.room = a, .user = "bob"})->type);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EXPECT(!strcmp(flow_await(LQ_ON_USER_LEFT, (flow_want){.room = a, .user = "bob"})->text, "timeout"));
	lq_room *c = joined("carol", quiet());
	EXPECT(!lq_room_leave(c));
	EXPECT(!strcmp(flow_await(LQ_ON_USER_LEFT, (flow_want){.room = a, .user = "carol"})->text, "left"));
}

static void starts_and_stops(lq_stream stream, lq_track_kind kind)
{
	lq_room *a = joined("ann", quiet()), *b = joined("bob", quiet());
	for (int i = 0; i < 2; i++) {
		EXPECT(!lq_publish(a, stream, kind));
		const lq_sdk_event *e = told(b, LQ_ON_STREAM_PUBLISHED, "ann", stream, kind);
		EXPECT(e->type && *e->text);
		EXPECT(!lq_unpublish(a, stream, kind) && told(b, LQ_ON_STREAM_UNPUBLISHED, "ann", stream, kind)->type);
	}
}

static void m1_25(void)
{
	starts_and_stops(LQ_STREAM_MAIN, LQ_VIDEO);
}

static void m1_26(void)
{
	eye main_eye = {0}, sub_eye = {0};
	lq_room *a = joined("ann", quiet()), *b = joined("bob", quiet());
	EXPECT(!look(b, "ann", LQ_STREAM_MAIN, &main_eye) && !look(b, "ann", LQ_STREAM_SUB, &sub_eye));
	EXPECT(!video(a, LQ_STREAM_MAIN) && !video(a, LQ_STREAM_SUB));
	EXPECT(told(b, LQ_ON_STREAM_PUBLISHED, "ann", LQ_STREAM_MAIN, LQ_VIDEO)->type);
	EXPECT(told(b, LQ_ON_STREAM_PUBLISHED, "ann", LQ_STREAM_SUB, LQ_VIDEO)->type);
	EXPECT(!lq_subscribe(b, "ann", LQ_STREAM_SUB, LQ_VIDEO) && sees(&sub_eye, 3) && now(&main_eye).frames == 0);
	EXPECT(!lq_subscribe(b, "ann", LQ_STREAM_MAIN, LQ_VIDEO) && sees(&main_eye, 3));
	EXPECT(!lq_unpublish(a, LQ_STREAM_SUB, LQ_VIDEO) && told(b, LQ_ON_STREAM_UNPUBLISHED, "ann", LQ_STREAM_SUB, LQ_VIDEO)->type);
	EXPECT(sees(&main_eye, 3) && sees_nothing(&sub_eye));
	EXPECT(flow_count(LQ_ON_STREAM_UNPUBLISHED, (flow_want){.room = b}) == 0);
	lq_view_bind(b, "ann", LQ_STREAM_MAIN, NULL);
	lq_view_bind(b, "ann", LQ_STREAM_SUB, NULL);
}

static void m1_27(void)
{
	starts_and_stops(LQ_STREAM_MAIN, LQ_AUDIO);
}

static void m1_28(void)
{
	static const lq_track_kind kinds[] = {LQ_AUDIO, LQ_VIDEO};
	eye own = {0};
	lq_room *a = joined("ann", quiet()), *b = joined("bob", quiet());
	EXPECT(!look(a, NULL, LQ_STREAM_MAIN, &own));
	for (int i = 0; i < 2; i++) {
		EXPECT(!lq_publish(a, LQ_STREAM_MAIN, kinds[i]) && told(b, LQ_ON_STREAM_PUBLISHED, "ann", LQ_STREAM_MAIN, kinds[i])->type);
		for (int muted = 1; muted >= 0; muted--) {
			EXPECT(!lq_mute(a, LQ_STREAM_MAIN, kinds[i], muted));
			EXPECT(told(b, LQ_ON_STREAM_MUTED, "ann", LQ_STREAM_MAIN, kinds[i])->muted == muted);
			EXPECT(kinds[i] != LQ_VIDEO || sees(&own, 3)); /* what we see of ourselves goes on */
		}
	}
	EXPECT(count(b, LQ_ON_STREAM_UNPUBLISHED, NULL) == 0);
	lq_view_bind(a, NULL, LQ_STREAM_MAIN, NULL);
}

static void m1_29(void)
{
	eye before = {0}, after = {0};
	lq_room *b = joined("bob", (lq_room_options){.size = sizeof(lq_room_options), .auto_publish_audio = LQ_OFF, .auto_publish_video = LQ_OFF});
	EXPECT(!look(b, "ann", LQ_STREAM_MAIN, &before)); /* before she is there */
	lq_room *a = joined("ann", quiet());
	EXPECT(!video(a, LQ_STREAM_MAIN) && sees(&before, 3));
	EXPECT(!look(b, "ann", LQ_STREAM_MAIN, &after) && sees(&after, 3)); /* another canvas */
	int frames = now(&before).frames;
	EXPECT(sees(&after, 3) && now(&before).frames == frames);
	EXPECT(!lq_view_bind(b, "ann", LQ_STREAM_MAIN, NULL)); /* none */
	frames = now(&after).frames;
	EXPECT(sees_nothing(&after) && now(&after).frames == frames);
}

static void m1_30(void)
{
	eye e = {0};
	lq_room *a = open_room(quiet()), *b = joined("bob", quiet());
	lq_video_layer layers[] = {{.size = sizeof *layers, .width = 320, .height = 240}, {.size = sizeof *layers, .width = 160, .height = 120}};
	EXPECT(!lq_video_encode_set(a, LQ_STREAM_MAIN, layers, 2) && !video(a, LQ_STREAM_MAIN) && !join(a, "ann"));
	EXPECT(!look(b, "ann", LQ_STREAM_MAIN, &e));
	EXPECT(lq_subscribe(b, "nobody", LQ_STREAM_MAIN, LQ_VIDEO) == LQ_ENOENT && lq_subscribe(b, "ann", LQ_STREAM_SUB, LQ_VIDEO) == LQ_ENOENT);
	EXPECT(told(b, LQ_ON_STREAM_PUBLISHED, "ann", LQ_STREAM_MAIN, LQ_VIDEO)->type && sees_nothing(&e) && now(&e).frames == 0);
	EXPECT(!lq_subscribe(b, "ann", LQ_STREAM_MAIN, LQ_VIDEO) && sees(&e, 5) && now(&e).width == 320);
	EXPECT(!lq_layer_set(b, "ann", LQ_STREAM_MAIN, LQ_LAYER_LOW));
	for (int i = 0; i < 600 && now(&e).width != 160; i++)
		EXPECT(sees(&e, 1));
	EXPECT(now(&e).width == 160);
	EXPECT(!lq_unsubscribe(b, "ann", LQ_STREAM_MAIN, LQ_VIDEO) && sees_nothing(&e));
	lq_view_bind(b, "ann", LQ_STREAM_MAIN, NULL);
}

static void m1_31(void)
{
	lq_room *a = joined("ann", quiet()), *b = joined("bob", quiet());
	eye e = {0};
	EXPECT(!look(b, "ann", LQ_STREAM_MAIN, &e) && !video(a, LQ_STREAM_MAIN) && told(b, LQ_ON_STREAM_PUBLISHED, "ann", LQ_STREAM_MAIN, LQ_VIDEO)->type);
	for (int i = 0; i < 3; i++) {
		EXPECT(!lq_subscribe(b, "ann", LQ_STREAM_MAIN, LQ_VIDEO));
		const lq_sdk_event *f = first_frame(b, "ann", LQ_STREAM_MAIN, LQ_STAGE_DECODED);
		EXPECT(f->width == 320 && f->height == 240);
		EXPECT(sees(&e, 10) && flow_count(LQ_ON_FIRST_FRAME, (flow_want){.room = b}) == 0);
		EXPECT(!lq_unsubscribe(b, "ann", LQ_STREAM_MAIN, LQ_VIDEO));
	}
	lq_view_bind(b, "ann", LQ_STREAM_MAIN, NULL);
}

static int screen_is(lq_room *room, lq_screen_state state)
{
	return flow_await(LQ_ON_SCREEN, (flow_want){.room = room})->state == (int)state;
}

static void m1_32(void)
{
	lq_room *a = joined("ann", quiet()), *b = joined("bob", quiet());
	EXPECT(lq_screen_stop(a) == LQ_ESTATE);
	EXPECT(!lq_screen_start(a, NULL) && lq_screen_start(a, NULL) == LQ_EEXIST);
	EXPECT(screen_is(a, LQ_SCREEN_STARTED) && told(b, LQ_ON_STREAM_PUBLISHED, "ann", LQ_STREAM_SUB, LQ_VIDEO)->type);
	EXPECT(!lq_mute(a, LQ_STREAM_SUB, LQ_VIDEO, 1) && screen_is(a, LQ_SCREEN_PAUSED));
	EXPECT(!lq_mute(a, LQ_STREAM_SUB, LQ_VIDEO, 0) && screen_is(a, LQ_SCREEN_RESUMED));
	EXPECT(!lq_screen_stop(a) && screen_is(a, LQ_SCREEN_STOPPED) && told(b, LQ_ON_STREAM_UNPUBLISHED, "ann", LQ_STREAM_SUB, LQ_VIDEO)->type);
}

/* ---- the connection ---- */

static int connection_is(lq_room *room, lq_connection_state state)
{
	return flow_await(LQ_ON_CONNECTION, (flow_want){.room = room})->state == (int)state;
}

static void m1_33(void)
{
	relay *r = relay_start(server.url);
	lq_room *a = open_room(quiet());
	int ok = !join_at(a, relay_url(r), "ann") && flow_await(LQ_ON_JOINED, (flow_want){.room = a})->code == 0;
	ok = ok && connection_is(a, LQ_CONN_CONNECTING) && connection_is(a, LQ_CONN_CONNECTED);
	relay_cut(r);
	ok = ok && connection_is(a, LQ_CONN_RECONNECTING) && connection_is(a, LQ_CONN_CONNECTED);
	ok = ok && count(a, LQ_ON_LEFT, NULL) == 0;
	lq_room_close(rooms[--n_rooms]);
	relay_stop(r);
	EXPECT(ok);
}

static void m1_34(void)
{
	lq_room *a = joined("ann", as_published()), *b = joined("bob", as_published());
	flow_want want = {.room = a};
	int known = 0;
	EXPECT(flow_await(LQ_ON_NETWORK_QUALITY, want)->type);
	int64_t from = flow_now_ms();
	for (int i = 0; i < 3; i++) {
		const lq_sdk_event *e = flow_await(LQ_ON_NETWORK_QUALITY, want);
		EXPECT(e->n_qualities == 2 && !*e->qualities[0].user && !strcmp(e->qualities[1].user, "bob"));
		for (uint32_t k = 0; k < 2; k++) {
			EXPECT(e->qualities[k].up >= 0 && e->qualities[k].up <= 6 && e->qualities[k].down >= 0 && e->qualities[k].down <= 6);
			known |= e->qualities[k].up > 0;
		}
	}
	int64_t period = (flow_now_ms() - from) / 3;
	EXPECT(period >= 1800 && period <= 2200);
	EXPECT(known && b);
}

static void m1_35(void)
{
	lq_room *a = joined("ann", quiet());
	EXPECT(!lq_view_bind(a, NULL, LQ_STREAM_MAIN, &(lq_view_params){.size = sizeof(lq_view_params), .window = 0x7fffff00}));
	EXPECT(!lq_preview_start(a, LQ_STREAM_MAIN)); /* the window does not exist */
	const lq_sdk_event *e = flow_await(LQ_ON_ERROR, (flow_want){.room = a});
	EXPECT(e->code < 0 && *e->text);
	char value[8193];
	memset(value, 'x', 8192);
	value[8192] = 0;
	for (int i = 0; i < 9; i++) { /* one more than there is room for */
		char name[2] = {(char)('a' + i), 0};
		EXPECT(!lq_room_attribute_set(a, 1, name, value));
	}
	e = flow_await(LQ_ON_WARNING, (flow_want){.room = a});
	EXPECT(e->code == LQ_EFULL && *e->text);
}

static void m1_36(void)
{
	lq_room *a = joined("ann", as_published()), *b = joined("bob", as_published());
	EXPECT(told(a, LQ_ON_FIRST_FRAME, "bob", LQ_STREAM_MAIN, LQ_AUDIO)->type);
	EXPECT(told(b, LQ_ON_FIRST_FRAME, "ann", LQ_STREAM_MAIN, LQ_AUDIO)->type);
	EXPECT(count(a, LQ_ON_STREAM_PUBLISHED, NULL) == 1); /* sound, and no picture */
}

static void m1_37(void)
{
	lq_room_options o = quiet();
	o.strict_leave = LQ_ON;
	lq_room *a = open_room(o);
	EXPECT(lq_room_leave(a) == LQ_ESTATE);
	EXPECT(!join(a, "ann") && !lq_room_leave(a));
	int again = lq_room_leave(a); /* it may be over already */
	EXPECT(again == LQ_EEXIST || again == LQ_ESTATE);
	EXPECT(flow_await(LQ_ON_LEFT, (flow_want){.room = a})->code == 0 && lq_room_leave(a) == LQ_ESTATE);
	lq_room *b = open_room(quiet());
	EXPECT(!lq_room_leave(b));
}

static void m1_38(void)
{
	char path[1000];
	int status = -1;
	const char *build = getenv("top_builddir");
	snprintf(path, sizeof path, "%s/tests/flows/m1-load", build ? build : ".");
	pid_t pid = fork();
	if (!pid) {
		execl(path, path, server.url, (char *)NULL);
		_exit(127);
	}
	EXPECT(pid > 0 && waitpid(pid, &status, 0) == pid);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static const flow_check checks[] = {
	{"M1-01", m1_01}, {"M1-02", m1_02}, {"M1-03", m1_03}, {"M1-04", m1_04}, {"M1-05", m1_05}, {"M1-06", m1_06}, {"M1-07", m1_07}, {"M1-08", m1_08},
	{"M1-09", m1_09}, {"M1-10", m1_10}, {"M1-11", m1_11}, {"M1-12", m1_12}, {"M1-13", m1_13}, {"M1-14", m1_14}, {"M1-15", m1_15}, {"M1-16", m1_16},
	{"M1-17", m1_17}, {"M1-18", m1_18}, {"M1-19", m1_19}, {"M1-20", m1_20}, {"M1-21", m1_21}, {"M1-22", m1_22}, {"M1-23", m1_23}, {"M1-24", m1_24},
	{"M1-25", m1_25}, {"M1-26", m1_26}, {"M1-27", m1_27}, {"M1-28", m1_28}, {"M1-29", m1_29}, {"M1-30", m1_30}, {"M1-31", m1_31}, {"M1-32", m1_32},
	{"M1-33", m1_33}, {"M1-34", m1_34}, {"M1-35", m1_35}, {"M1-36", m1_36}, {"M1-37", m1_37}, {"M1-38", m1_38}, {0},
};

/* The one to be killed: joins, and stays until then. */
static void join_until_killed(char **argv)
{
	lq_room *room = NULL;
	lq_room_options o = quiet();
	flow_engine_start();
	if (!lq_room_open(flow_engine, argv[3], &o, &room))
		join_at(room, argv[2], argv[4]);
	for (;;)
		pause();
}

/* What a program finds that is installed. */
static void set_paths(void)
{
	char path[1000];
	const char *src = getenv("top_srcdir"), *build = getenv("top_builddir");
	snprintf(path, sizeof path, "%s/plugins/.libs", build ? build : ".");
	setenv("LQ_PLUGIN_PATH", path, 0);
	snprintf(path, sizeof path, "%s/profiles", src ? src : "..");
	setenv("LQ_PROFILE_PATH", path, 0);
}

int main(int argc, char **argv)
{
	static const char *const debug[] = {"--debug", "--clock-rate", "5", NULL}, *const secret[] = {"--secret", SECRET, NULL};
	program = argv[0];
	set_paths();
	if (argc == 5 && !strcmp(argv[1], "--join"))
		join_until_killed(argv);
	int xvfb = dev_xvfb("640x480x24");
	server = flow_server_start(debug);
	safe = flow_server_start(secret);
	flow_engine_start();
	int status = flow_run(checks, argc > 1 ? argv[1] : NULL, tidy);
	lq_engine_destroy(flow_engine);
	flow_server_stop(&server, SIGTERM);
	flow_server_stop(&safe, SIGTERM);
	dev_kill(xvfb);
	return status;
}
