/* Flow B1, the video call: each numbered check against a real loquatd, with virtual devices. `b1 [CHECK]` */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "tests/sdk/relay.h"

enum { RATE = 20, SLOW_RATE = 2 }; /* how much faster the clocks run: a lost member is kept for half a second, or for five */

static flow_server server, slow, safe; /* in debug mode; with a slower clock; with tokens */
static relay *cable;                   /* to the first, or to the slow one */
static char secret[] = "a secret for this test only";

/* ---- people ---- */

enum { ROOMS = 16 };
static lq_room *rooms[ROOMS];
static int n_rooms, round_number;

static const char *room_name(const char *what)
{
	static char names[4][40];
	static int i;
	char *n = names[i++ % 4];
	snprintf(n, sizeof names[0], "%s-%d", what, round_number);
	return n;
}

static lq_room *open_room(const char *what, const lq_room_options *o)
{
	lq_room *room = NULL;
	lq_room_options defaults = {.size = sizeof defaults};
	if (lq_room_open(flow_engine, room_name(what), o ? o : &defaults, &room))
		flow_fail(__FILE__, __LINE__, "lq_room_open");
	else
		rooms[n_rooms++] = room;
	return room;
}

static int join(lq_room *room, const char *url, const char *user, const char *token)
{
	return lq_room_join(room, &(lq_join_params){.size = sizeof(lq_join_params), .server = url, .user = user, .token = token});
}

static const lq_room_options quiet = {.size = sizeof quiet, .auto_publish_audio = LQ_OFF, .auto_publish_video = LQ_OFF};

/* In the room "r", with nothing published. */
static lq_room *enter_at(const char *url, const char *user)
{
	lq_room *room = open_room("r", &quiet);
	if (!room || join(room, url, user, NULL) || flow_await(LQ_ON_JOINED, (flow_want){.room = room})->code)
		flow_fail(__FILE__, __LINE__, "the join failed");
	return room;
}

static lq_room *enter(const char *user)
{
	return enter_at(server.url, user);
}

static void tidy(void)
{
	while (n_rooms)
		lq_room_close(rooms[--n_rooms]);
	if (cable)
		relay_stop(cable);
	cable = NULL;
	flow_forget();
	round_number++;
}

/* How many such events have come, when all that the server said until now is there. */
static int count(lq_room *room, lq_sdk_event_type type, const char *user, lq_track_kind kind)
{
	lq_room_send(room, "nobody", "?");
	flow_await(LQ_ON_MESSAGE_SENT, (flow_want){.room = room, .user = "nobody"});
	return flow_count(type, (flow_want){.room = room, .user = user, .kind = kind});
}

static int state(lq_room *room)
{
	return flow_await(LQ_ON_CONNECTION, (flow_want){.room = room})->state;
}

/* Lets events come for so long. */
static void pass(int ms)
{
	int64_t end = flow_now_ms() + ms;
	while (flow_now_ms() < end)
		flow_fetch((int)(end - flow_now_ms()));
}

/* What `loquat token` makes, with the server's secret. */
static const char *token(const char *options)
{
	static char text[2][2000];
	static int i;
	char *t = text[i++ % 2], command[1000];
	const char *build = getenv("top_builddir");
	setenv("LQ_SECRET", secret, 1);
	snprintf(command, sizeof command, "%s/loquat token --room '*' %s", build ? build : ".", options);
	FILE *f = popen(command, "r");
	if (!f || !fgets(t, sizeof text[0], f))
		flow_fail(__FILE__, __LINE__, "loquat token");
	if (f && pclose(f))
		flow_fail(__FILE__, __LINE__, "loquat token");
	t[strcspn(t, "\n")] = 0;
	return t;
}

/* ---- engine and room ---- */

static void b1_01(void)
{
	char error[500];
	lq_engine *second = NULL;
	lq_engine_config c = {.size = sizeof c, .single = LQ_ON};
	EXPECT(lq_engine_create(&c, &second, error, sizeof error) == LQ_ESTATE && strstr(error, "already"));
	c = (lq_engine_config){.size = sizeof c, .app_id = ""};
	EXPECT(lq_engine_create(&c, &second, error, sizeof error) == LQ_EINVAL && strstr(error, "app_id"));
	EXPECT(lq_engine_create(&c, NULL, NULL, 0) == LQ_EINVAL);
	EXPECT(!second && lq_engine_destroy(NULL) == 0);
}

static void b1_02(void)
{
	static const struct { const char *name; int result; } t[] = {
		{"", LQ_ERANGE}, {"a/b", LQ_EINVAL}, {"a\"b", LQ_EINVAL}, {"\xe6\x88\xbf", LQ_EINVAL}, {"room_1@example-a.b", 0},
		{"1234567890123456789012345678901234567890123456789012345678901234", 0}, {"12345678901234567890123456789012345678901234567890123456789012345", LQ_ERANGE},
	};
	lq_room *room;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		room = NULL;
		EXPECT(lq_room_open(flow_engine, t[i].name, NULL, &room) == t[i].result);
		EXPECT(!room == !!t[i].result);
		lq_room_close(room);
	}
	EXPECT(lq_room_open(flow_engine, NULL, NULL, &room) == LQ_EINVAL);
}

static void b1_03(void)
{
	lq_room *one = open_room("one", &quiet), *two = open_room("two", &quiet), *friend = open_room("two", &quiet);
	EXPECT(!join(one, server.url, "ann", NULL) && !join(two, server.url, "ann", NULL));
	EXPECT(!flow_await(LQ_ON_JOINED, (flow_want){.room = one})->code && !flow_await(LQ_ON_JOINED, (flow_want){.room = two})->code);
	EXPECT(!join(friend, server.url, "bob", NULL) && !flow_await(LQ_ON_JOINED, (flow_want){.room = friend})->code);
	EXPECT(!strcmp(flow_await(LQ_ON_USER_JOINED, (flow_want){.room = two})->user, "bob"));
	EXPECT(!lq_publish(two, LQ_STREAM_MAIN, LQ_AUDIO));
	EXPECT(flow_await(LQ_ON_STREAM_PUBLISHED, (flow_want){.room = friend, .user = "ann"})->kind == LQ_AUDIO);
	EXPECT(count(one, LQ_ON_USER_JOINED, NULL, 0) == 0 && count(one, LQ_ON_LOCAL_PUBLISHED, NULL, 0) == 0);
	EXPECT(!lq_room_leave(one) && !flow_await(LQ_ON_LEFT, (flow_want){.room = one})->code);
	EXPECT(!lq_room_send(two, "bob", "still here") && !strcmp(flow_await(LQ_ON_MESSAGE, (flow_want){.room = friend})->text, "still here"));
}

/* ---- capture and publishing ---- */

static void b1_04(void)
{
	lq_room *bob = enter("bob"), *ann = open_room("r", &quiet);
	EXPECT(!lq_preview_start(ann, LQ_STREAM_MAIN));
	const lq_sdk_event *e = flow_await(LQ_ON_FIRST_FRAME, (flow_want){.room = ann, .kind = LQ_VIDEO});
	EXPECT(!*e->user && e->stage == LQ_STAGE_CAPTURED);
	EXPECT(!join(ann, server.url, "ann", NULL) && !flow_await(LQ_ON_JOINED, (flow_want){.room = ann})->code);
	flow_await(LQ_ON_USER_JOINED, (flow_want){.room = bob, .user = "ann"});
	EXPECT(count(ann, LQ_ON_LOCAL_PUBLISHED, NULL, 0) == 0);
	EXPECT(count(bob, LQ_ON_STREAM_PUBLISHED, "ann", 0) == 0);
	EXPECT(!lq_publish(ann, LQ_STREAM_MAIN, LQ_VIDEO));
	EXPECT(flow_await(LQ_ON_STREAM_PUBLISHED, (flow_want){.room = bob, .user = "ann"})->kind == LQ_VIDEO);
	EXPECT(!lq_preview_stop(ann, LQ_STREAM_MAIN));
}

/* What is said before the join beats the options, for its kind. */
static void before_join(lq_track_kind kind)
{
	static const lq_room_options all = {.size = sizeof all};
	lq_track_kind other = kind == LQ_AUDIO ? LQ_VIDEO : LQ_AUDIO;
	lq_room *bob = enter("bob"), *ann = open_room("r", &quiet), *eve = open_room("r", &all);
	EXPECT(!lq_publish(ann, LQ_STREAM_MAIN, kind) && !join(ann, server.url, "ann", NULL));
	EXPECT(flow_await(LQ_ON_STREAM_PUBLISHED, (flow_want){.room = bob, .user = "ann"})->kind == kind);
	EXPECT(flow_await(LQ_ON_LOCAL_PUBLISHED, (flow_want){.room = ann, .kind = kind})->code == 0);
	EXPECT(count(bob, LQ_ON_STREAM_PUBLISHED, "ann", other) == 0);
	EXPECT(!lq_unpublish(eve, LQ_STREAM_MAIN, kind) && !join(eve, server.url, "eve", NULL));
	EXPECT(flow_await(LQ_ON_STREAM_PUBLISHED, (flow_want){.room = bob, .user = "eve"})->kind == other);
	EXPECT(flow_await(LQ_ON_LOCAL_PUBLISHED, (flow_want){.room = eve, .kind = other})->code == 0);
	EXPECT(count(bob, LQ_ON_STREAM_PUBLISHED, "eve", kind) == 0);
	EXPECT(!lq_unpublish(ann, LQ_STREAM_MAIN, kind));
	EXPECT(flow_await(LQ_ON_STREAM_UNPUBLISHED, (flow_want){.room = bob, .user = "ann"})->kind == kind);
}

static void b1_05(void)
{
	before_join(LQ_VIDEO);
}

static void b1_06(void)
{
	before_join(LQ_AUDIO);
}

static void b1_07(void)
{
	static const struct { int asked, ms, n; } t[] = {{50, 100, 60}, {100, 100, 40}, {250, 250, 24}, {1000, 1000, 8}}; /* on the engine's clock */
	static const lq_room_options sound = {.size = sizeof sound, .auto_publish_video = LQ_OFF};
	lq_room *bob = open_room("r", &sound), *ann = open_room("r", &sound);
	EXPECT(!join(bob, server.url, "bob", NULL) && !join(ann, server.url, "ann", NULL));
	EXPECT(flow_await(LQ_ON_SUBSCRIBED, (flow_want){.room = ann, .user = "bob", .kind = LQ_AUDIO})->code == 0);
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		EXPECT(!lq_audio_report(ann, &(lq_audio_report_params){.size = sizeof(lq_audio_report_params), .interval_ms = t[i].asked}));
		flow_await(LQ_ON_AUDIO_REPORT, (flow_want){.room = ann});
		flow_await(LQ_ON_AUDIO_REPORT, (flow_want){.room = ann});
		int64_t began = flow_now_ms();
		for (int k = 0; k < t[i].n; k++)
			EXPECT(flow_await(LQ_ON_AUDIO_REPORT, (flow_want){.room = ann})->type);
		int64_t took = flow_now_ms() - began, wanted = (int64_t)t[i].n * t[i].ms / RATE;
		EXPECT(took > wanted * 3 / 4 - t[i].ms / RATE && took < wanted * 2 + 3000); /* a busy machine may be late */
	}
	const lq_sdk_event *e = flow_await(LQ_ON_AUDIO_REPORT, (flow_want){.room = ann});
	int mine = 0, theirs = 0;
	for (uint32_t i = 0; i < e->n_volumes; i++) {
		mine |= !*e->volumes[i].user && e->volumes[i].volume > 0;
		theirs |= !strcmp(e->volumes[i].user, "bob");
	}
	EXPECT(mine && theirs);
	EXPECT(!lq_audio_report(ann, &(lq_audio_report_params){.size = sizeof(lq_audio_report_params), .interval_ms = 0}));
	EXPECT(count(ann, LQ_ON_AUDIO_REPORT, NULL, 0) <= 1);
	flow_forget();
	pass(500);
	EXPECT(flow_count(LQ_ON_AUDIO_REPORT, (flow_want){.room = ann}) == 0);
}

/* ---- joining ---- */

static void b1_08(void)
{
	char info[202];
	lq_room *bob = enter("bob"), *ann = open_room("r", &quiet);
	memset(info, 'x', 201);
	info[201] = 0;
	lq_join_params p = {.size = sizeof p, .server = server.url, .user = "ann", .user_info = info};
	EXPECT(lq_room_join(ann, &p) == LQ_ERANGE);
	info[200] = 0;
	EXPECT(lq_room_join(ann, &p) == 0);
	EXPECT(!strcmp(flow_await(LQ_ON_USER_JOINED, (flow_want){.room = bob})->attachment, info));
	lq_room *late = enter("late");
	EXPECT(!strcmp(flow_await(LQ_ON_USER_JOINED, (flow_want){.room = late, .user = "ann"})->attachment, info));
}

static int subscribed(lq_room *room, lq_track_kind kind)
{
	lq_member m[3];
	int n = 0;
	count(room, LQ_ON_SUBSCRIBED, NULL, 0);
	n = flow_count(LQ_ON_SUBSCRIBED, (flow_want){.room = room, .user = "bob", .kind = kind});
	return n == 0 && lq_room_members(room, m, 3) >= 1 ? 0 : n == 1 ? 1 : -1;
}

static void b1_09(void)
{
	lq_room *bob = open_room("r", NULL);
	EXPECT(!join(bob, server.url, "bob", NULL));
	flow_await(LQ_ON_LOCAL_PUBLISHED, (flow_want){.room = bob, .kind = LQ_AUDIO});
	flow_await(LQ_ON_LOCAL_PUBLISHED, (flow_want){.room = bob, .kind = LQ_VIDEO});
	for (int i = 0; i < 8; i++) {
		lq_switch publish = i & 1 ? LQ_ON : LQ_OFF, audio = i & 2 ? LQ_ON : LQ_OFF, video = i & 4 ? LQ_ON : LQ_OFF;
		lq_room_options o = {.size = sizeof o, .auto_publish_audio = publish, .auto_publish_video = publish, .auto_subscribe_audio = audio,
		                     .auto_subscribe_video = video};
		lq_room *ann = open_room("r", &o);
		EXPECT(!join(ann, server.url, "ann", NULL) && !flow_await(LQ_ON_JOINED, (flow_want){.room = ann})->code);
		if (publish == LQ_ON) {
			EXPECT(flow_await(LQ_ON_STREAM_PUBLISHED, (flow_want){.room = bob, .user = "ann", .kind = LQ_AUDIO})->type);
			EXPECT(flow_await(LQ_ON_STREAM_PUBLISHED, (flow_want){.room = bob, .user = "ann", .kind = LQ_VIDEO})->type);
		}
		if (audio == LQ_ON)
			EXPECT(flow_await(LQ_ON_SUBSCRIBED, (flow_want){.room = ann, .user = "bob", .kind = LQ_AUDIO})->code == 0);
		if (video == LQ_ON)
			EXPECT(flow_await(LQ_ON_SUBSCRIBED, (flow_want){.room = ann, .user = "bob", .kind = LQ_VIDEO})->code == 0);
		EXPECT(subscribed(ann, LQ_AUDIO) == 0 && subscribed(ann, LQ_VIDEO) == 0);
		EXPECT(count(bob, LQ_ON_STREAM_PUBLISHED, "ann", 0) == 0);
		EXPECT(!lq_room_leave(ann) && !flow_await(LQ_ON_LEFT, (flow_want){.room = ann})->code);
		flow_await(LQ_ON_USER_LEFT, (flow_want){.room = bob, .user = "ann"});
	}
}

static void b1_10(void)
{
	lq_room *ann = open_room("r", &quiet);
	char user[130];
	memset(user, 'u', 129);
	user[129] = 0;
	EXPECT(join(ann, server.url, "a b", NULL) == LQ_EINVAL);
	EXPECT(join(ann, server.url, user, NULL) == LQ_ERANGE);
	user[128] = 0;
	EXPECT(join(ann, server.url, user, NULL) == 0);
	EXPECT(join(ann, server.url, user, NULL) == LQ_ESTATE);
	EXPECT(!strcmp(flow_await(LQ_ON_JOINED, (flow_want){.room = ann})->user, user));
	EXPECT(join(ann, server.url, user, NULL) == LQ_ESTATE);
}

static void b1_11(void)
{
	lq_room *ann = open_room("r", &quiet);
	int64_t began = flow_now_ms();
	EXPECT(!join(ann, server.url, "ann", NULL));
	const lq_sdk_event *e = flow_await(LQ_ON_JOINED, (flow_want){.room = ann});
	EXPECT(e->code == 0 && e->join_type == 0 && *e->room_sid && !strcmp(e->user, "ann") && e->elapsed_ms <= flow_now_ms() - began + 1);
	EXPECT(count(ann, LQ_ON_JOINED, NULL, 0) == 0);
}

static void b1_12(void)
{
	lq_room *bob = enter("bob"), *ann = open_room("r", &quiet);
	EXPECT(!lq_room_role_set(ann, LQ_ROLE_AUDIENCE) && !join(ann, server.url, "ann", NULL));
	EXPECT(flow_await(LQ_ON_JOINED, (flow_want){.room = ann})->code == 0);
	EXPECT(!strcmp(flow_await(LQ_ON_USER_JOINED, (flow_want){.room = ann})->user, "bob"));
	EXPECT(count(bob, LQ_ON_USER_JOINED, NULL, 0) == 0 && lq_room_members(bob, NULL, 0) == 0);
	EXPECT(lq_publish(ann, LQ_STREAM_MAIN, LQ_AUDIO) == LQ_EPERM);
	EXPECT(!lq_room_role_set(ann, LQ_ROLE_BROADCASTER) && !flow_await(LQ_ON_ROLE, (flow_want){.room = ann})->code);
	EXPECT(!strcmp(flow_await(LQ_ON_USER_JOINED, (flow_want){.room = bob})->user, "ann"));
	EXPECT(!lq_room_role_set(ann, LQ_ROLE_AUDIENCE));
	EXPECT(!strcmp(flow_await(LQ_ON_USER_LEFT, (flow_want){.room = bob})->text, "invisible"));
}

/* ---- lost connections ---- */

static void cut(lq_room *room)
{
	relay_refuse(cable, 1);
	relay_cut(cable);
	while (!flow_failed() && state(room) != LQ_CONN_RECONNECTING)
		;
}

static void b1_13(void)
{
	cable = relay_start(slow.url);
	lq_room *ann = enter_at(relay_url(cable), "ann"), *eve = enter_at(slow.url, "eve");
	EXPECT(!strcmp(flow_await(LQ_ON_USER_JOINED, (flow_want){.room = ann})->user, "eve"));
	cut(ann);
	lq_room *bob = enter_at(slow.url, "bob");
	EXPECT(!lq_room_send(bob, "ann", "hello") && !flow_await(LQ_ON_MESSAGE_SENT, (flow_want){.room = bob})->code);
	pass(3000 / SLOW_RATE);
	relay_refuse(cable, 0);
	EXPECT(state(ann) == LQ_CONN_CONNECTED);
	EXPECT(!strcmp(flow_await(LQ_ON_USER_JOINED, (flow_want){.room = ann})->user, "bob"));
	EXPECT(!strcmp(flow_await(LQ_ON_MESSAGE, (flow_want){.room = ann})->text, "hello"));
	EXPECT(count(ann, LQ_ON_USER_JOINED, NULL, 0) == 0 && count(ann, LQ_ON_MESSAGE, NULL, 0) == 0 && count(ann, LQ_ON_JOINED, NULL, 0) == 0);
	EXPECT(count(eve, LQ_ON_USER_LEFT, NULL, 0) == 0);
}

static void b1_14(void)
{
	cable = relay_start(server.url);
	lq_room *ann = enter_at(relay_url(cable), "ann"), *bob = enter("bob"), *dan = enter("dan");
	flow_await(LQ_ON_USER_JOINED, (flow_want){.room = ann, .user = "bob"});
	flow_await(LQ_ON_USER_JOINED, (flow_want){.room = ann, .user = "dan"});
	EXPECT(!lq_publish(ann, LQ_STREAM_MAIN, LQ_AUDIO));
	flow_await(LQ_ON_STREAM_PUBLISHED, (flow_want){.room = bob, .user = "ann"});
	flow_await(LQ_ON_LOCAL_PUBLISHED, (flow_want){.room = ann});
	cut(ann);
	EXPECT(!strcmp(flow_await(LQ_ON_USER_LEFT, (flow_want){.room = bob, .user = "ann"})->text, "timeout"));
	lq_room_leave(dan);
	flow_await(LQ_ON_LEFT, (flow_want){.room = dan});
	enter("eve");
	pass(30000 / RATE);
	relay_refuse(cable, 0);
	const lq_sdk_event *e = flow_await(LQ_ON_JOINED, (flow_want){.room = ann});
	EXPECT(e->code == 0 && e->join_type == 1 && !strcmp(e->user, "ann"));
	EXPECT(!strcmp(flow_await(LQ_ON_USER_LEFT, (flow_want){.room = ann})->user, "dan"));
	EXPECT(!strcmp(flow_await(LQ_ON_USER_JOINED, (flow_want){.room = ann})->user, "eve"));
	EXPECT(flow_await(LQ_ON_STREAM_PUBLISHED, (flow_want){.room = bob, .user = "ann"})->kind == LQ_AUDIO); /* restored */
	EXPECT(count(ann, LQ_ON_USER_JOINED, NULL, 0) == 0 && count(ann, LQ_ON_USER_LEFT, NULL, 0) == 0 && count(ann, LQ_ON_JOINED, NULL, 0) == 0);
}

static void b1_15(void)
{
	lq_room_options o = quiet;
	o.rejoin_ms = 20000;
	cable = relay_start(server.url);
	lq_room *ann = open_room("r", &o), *none = open_room("r", &quiet);
	EXPECT(!join(ann, relay_url(cable), "ann", NULL));
	EXPECT(state(ann) == LQ_CONN_CONNECTING && state(ann) == LQ_CONN_CONNECTED);
	relay_cut(cable);
	EXPECT(state(ann) == LQ_CONN_RECONNECTING && state(ann) == LQ_CONN_CONNECTED);
	cut(ann);
	EXPECT(state(ann) == LQ_CONN_FAILED);
	EXPECT(flow_await(LQ_ON_LEFT, (flow_want){.room = ann})->code == LQ_ECONN);
	EXPECT(!join(none, "ws://127.0.0.1:1", "ann", NULL));
	EXPECT(state(none) == LQ_CONN_CONNECTING && state(none) == LQ_CONN_FAILED);
	EXPECT(flow_await(LQ_ON_JOINED, (flow_want){.room = none})->code == LQ_ECONN);
}

/* ---- leaving ---- */

static void b1_16(void)
{
	lq_room *bob = enter("bob"), *ann = enter("ann");
	EXPECT(lq_screen_stop(ann) == LQ_ESTATE); /* stop only if I share */
	EXPECT(!lq_publish(ann, LQ_STREAM_SUB, LQ_VIDEO)); /* where screens are shared; this machine may have none */
	EXPECT(flow_await(LQ_ON_STREAM_PUBLISHED, (flow_want){.room = bob, .user = "ann"})->stream == LQ_STREAM_SUB);
	EXPECT(!lq_room_leave(ann) && !lq_room_leave(ann));
	EXPECT(flow_await(LQ_ON_LEFT, (flow_want){.room = ann})->code == 0);
	EXPECT(flow_await(LQ_ON_STREAM_UNPUBLISHED, (flow_want){.room = bob, .user = "ann"})->stream == LQ_STREAM_SUB);
	EXPECT(flow_await(LQ_ON_USER_LEFT, (flow_want){.room = bob, .user = "ann"})->type);
	EXPECT(lq_room_leave(ann) == 0 && flow_count(LQ_ON_LEFT, (flow_want){.room = ann}) == 0);
	lq_room_close(ann);
	EXPECT(lq_room_leave(ann) == LQ_ESTATE);
	rooms[n_rooms - 1] = NULL;
	lq_room *again = enter("ann");
	lq_room_close(again); /* without leaving: no event, but others hear of it */
	rooms[n_rooms - 1] = NULL;
	EXPECT(!strcmp(flow_await(LQ_ON_USER_LEFT, (flow_want){.room = bob, .user = "ann"})->text, "left"));
	EXPECT(flow_count(LQ_ON_LEFT, (flow_want){.room = again}) == 0);
}

/* ---- pictures ---- */

enum { COLUMNS = 64 };

typedef struct picture {
	atomic_int frames, width, height;
	char user[20];
	lq_stream stream;
	double profile[COLUMNS]; /* mean brightness from left to right, of the last frame */
} picture;

static void look(const lq_frame *f, void *arg)
{
	picture *p = arg;
	uint32_t step = f->width / COLUMNS;
	if (step)
		for (uint32_t c = 0; c < COLUMNS; c++) {
			double sum = 0;
			for (uint32_t y = f->height / 4; y < f->height / 2; y += 4)
				sum += f->planes[0][y * f->strides[0] + c * step + step / 2];
			p->profile[c] = sum;
		}
	snprintf(p->user, sizeof p->user, "%s", f->user);
	p->stream = f->stream;
	atomic_store(&p->width, (int)f->width);
	atomic_store(&p->height, (int)f->height);
	atomic_fetch_add(&p->frames, 1);
}

static int frames(picture *p, int n)
{
	int64_t end = flow_now_ms() + 30000;
	int before = atomic_load(&p->frames);
	while (atomic_load(&p->frames) < before + n && flow_now_ms() < end)
		flow_fetch(20);
	return atomic_load(&p->frames) >= before + n;
}

static void view(lq_room *room, const char *user, lq_stream stream, picture *p)
{
	lq_view_bind(room, user, stream, p ? &(lq_view_params){.size = sizeof(lq_view_params), .on_frame = look, .user_data = p} : NULL);
}

static int becomes(picture *p, int width, int height)
{
	int64_t end = flow_now_ms() + 30000;
	while ((atomic_load(&p->width) != width || atomic_load(&p->height) != height) && flow_now_ms() < end)
		flow_fetch(20);
	return atomic_load(&p->width) == width && atomic_load(&p->height) == height;
}

static void b1_17(void)
{
	static picture theirs;
	lq_video_layer l[4] = {{.size = sizeof *l, .width = 320, .height = 180, .fps = 15, .bitrate = 300000}, {.size = sizeof *l}, {.size = sizeof *l}, {.size = sizeof *l}};
	lq_room *ann = enter("ann"), *bob = enter("bob");
	EXPECT(lq_video_encode_set(ann, LQ_STREAM_MAIN, l, 4) == LQ_EINVAL || lq_video_encode_set(ann, LQ_STREAM_MAIN, l, 4) == LQ_ERANGE);
	EXPECT(!lq_video_encode_set(ann, LQ_STREAM_MAIN, l, 1) && !lq_publish(ann, LQ_STREAM_MAIN, LQ_VIDEO)); /* before */
	view(bob, "ann", LQ_STREAM_MAIN, &theirs);
	EXPECT(becomes(&theirs, 320, 180));
	l[0].width = 240;
	l[0].height = 136;
	EXPECT(!lq_video_encode_set(ann, LQ_STREAM_MAIN, l, 1)); /* and while it runs */
	EXPECT(becomes(&theirs, 240, 136));
	l[0].width = 320;
	l[0].height = 180;
	EXPECT(!lq_layer_set(bob, "ann", LQ_STREAM_MAIN, LQ_LAYER_LOW) && !lq_video_encode_set(ann, LQ_STREAM_MAIN, l, 2));
	EXPECT(becomes(&theirs, 160, 90));
	EXPECT(!lq_layer_set(bob, "ann", LQ_STREAM_MAIN, LQ_LAYER_HIGH));
	EXPECT(becomes(&theirs, 320, 180));
	view(bob, "ann", LQ_STREAM_MAIN, NULL);
}

static void b1_18(void)
{
	static picture mine, theirs, other_room;
	lq_room *ann = open_room("r", &quiet), *bob = open_room("r", &quiet), *elsewhere = open_room("other", &quiet);
	view(ann, NULL, LQ_STREAM_MAIN, &mine); /* before there is anything to see */
	view(bob, "ann", LQ_STREAM_MAIN, &theirs);
	view(elsewhere, "ann", LQ_STREAM_MAIN, &other_room);
	EXPECT(!lq_publish(ann, LQ_STREAM_MAIN, LQ_VIDEO));
	EXPECT(!join(ann, server.url, "ann", NULL) && !join(bob, server.url, "bob", NULL) && !join(elsewhere, server.url, "bob", NULL));
	EXPECT(frames(&mine, 5) && frames(&theirs, 5));
	EXPECT(!*mine.user && !strcmp(theirs.user, "ann") && theirs.stream == LQ_STREAM_MAIN && !other_room.frames);
	view(bob, "ann", LQ_STREAM_MAIN, NULL);
	int before = atomic_load(&theirs.frames);
	EXPECT(frames(&mine, 10));
	EXPECT(atomic_load(&theirs.frames) == before);
	view(ann, NULL, LQ_STREAM_MAIN, NULL);
}

/* 1: as it is, -1: mirrored, 0: neither. */
static int side(const picture *p, const picture *as_it_is)
{
	double same = 0, turned = 0;
	for (int c = 0; c < COLUMNS; c++) {
		double a = p->profile[c] - as_it_is->profile[c], b = p->profile[c] - as_it_is->profile[COLUMNS - 1 - c];
		same += a * a;
		turned += b * b;
	}
	return same < turned / 4 ? 1 : turned < same / 4 ? -1 : 0;
}

static void b1_20(void)
{
	static picture raw, mine, theirs;
	static const struct { lq_mirror mirror; int mine, theirs; } t[] = {{LQ_MIRROR_NONE, 1, 1}, {LQ_MIRROR_RENDER, -1, 1}, {LQ_MIRROR_RENDER_AND_ENCODE, -1, -1}};
	lq_room *ann = enter("ann"), *bob = enter("bob");
	EXPECT(!lq_mirror_set(ann, LQ_MIRROR_NONE));
	EXPECT(!lq_publish(ann, LQ_STREAM_MAIN, LQ_VIDEO));
	do { /* not the white flash of a second's beginning, which is its own mirror image */
		view(ann, NULL, LQ_STREAM_MAIN, &raw);
		EXPECT(frames(&raw, 5));
		view(ann, NULL, LQ_STREAM_MAIN, &mine); /* `raw` stays as it was unmirrored */
	} while (side(&raw, &raw) != 1);
	view(bob, "ann", LQ_STREAM_MAIN, &theirs);
	for (int i = 0; i < 3; i++) {
		EXPECT(!lq_mirror_set(ann, t[i].mirror));
		int64_t end = flow_now_ms() + 20000;
		do /* what is under way is still as it was */
			EXPECT(frames(&mine, 1) && frames(&theirs, 1));
		while ((side(&mine, &raw) != t[i].mine || side(&theirs, &raw) != t[i].theirs) && flow_now_ms() < end);
		EXPECT(side(&mine, &raw) == t[i].mine && side(&theirs, &raw) == t[i].theirs);
	}
	view(ann, NULL, LQ_STREAM_MAIN, NULL);
	view(bob, "ann", LQ_STREAM_MAIN, NULL);
}

static void b1_19(void)
{
	lq_room *ann = enter("ann");
	EXPECT(lq_audio_route_set(ann, LQ_ROUTE_SPEAKER) == LQ_ENOTSUP && lq_audio_route_set(ann, LQ_ROUTE_EARPIECE) == LQ_ENOTSUP);
}

/* ---- sound ---- */

typedef struct sound {
	atomic_int frames, loud;
	int64_t last, gap; /* ns */
} sound;

static void listen(const lq_frame *f, void *arg)
{
	sound *s = arg;
	double energy = 0;
	for (uint32_t i = 0; i < f->n_samples * f->channels; i++)
		energy += (double)f->samples[i] * (double)f->samples[i];
	if (s->last && f->pts - s->last > s->gap)
		s->gap = f->pts - s->last;
	s->last = f->pts;
	atomic_fetch_add(&s->loud, energy > 1e-4 * f->n_samples);
	atomic_fetch_add(&s->frames, 1);
}

static int hears(sound *s, int more)
{
	int64_t end = flow_now_ms() + 30000;
	int before = atomic_load(&s->loud);
	while (atomic_load(&s->loud) < before + more && flow_now_ms() < end)
		flow_fetch(20);
	return atomic_load(&s->loud) >= before + more;
}

static void b1_21(void)
{
	static sound s;
	static const lq_audio_profile t[] = {LQ_AUDIO_MUSIC_STEREO, LQ_AUDIO_STANDARD, LQ_AUDIO_MUSIC, LQ_AUDIO_SPEECH};
	lq_room *ann = enter("ann"), *bob = enter("bob");
	EXPECT(!lq_audio_profile_set(ann, LQ_AUDIO_SPEECH) && !lq_publish(ann, LQ_STREAM_MAIN, LQ_AUDIO)); /* before */
	EXPECT(!lq_view_frames(bob, "ann", LQ_STREAM_MAIN, LQ_AUDIO, listen, &s));
	EXPECT(hears(&s, 25));
	flow_forget();
	for (int i = 0; i < 4; i++) { /* and in the call, without a gap */
		EXPECT(!lq_audio_profile_set(ann, t[i]));
		const lq_sdk_event *e = flow_await(LQ_ON_CHANGED, (flow_want){.room = ann});
		EXPECT(e->code == 0 && !strcmp(e->name, "audio_profile"));
		EXPECT(hears(&s, 25));
	}
	EXPECT(lq_audio_profile_set(ann, (lq_audio_profile)99) == LQ_EINVAL);
	lq_view_frames(bob, "ann", LQ_STREAM_MAIN, LQ_AUDIO, NULL, NULL);
	EXPECT(s.gap < 1000000000); /* of 20 ms, if the machine is not busy */
}

/* ---- tokens, and being put out ---- */

static lq_room *enter_safely(const char *user, const char *options)
{
	lq_room *room = open_room("r", &quiet);
	if (!room || join(room, safe.url, user, token(options)) || flow_await(LQ_ON_JOINED, (flow_want){.room = room})->code)
		flow_fail(__FILE__, __LINE__, "the join failed");
	return room;
}

static void b1_22(void)
{
	const char *bad[] = {NULL, "abc", token("--user bob"), token("--user ann --ttl -60")};
	for (int i = 0; i < 4; i++) {
		lq_room *ann = open_room("r", &quiet);
		EXPECT(!join(ann, safe.url, "ann", bad[i]));
		EXPECT(flow_await(LQ_ON_JOINED, (flow_want){.room = ann})->code == LQ_ETOKEN);
		EXPECT(flow_count(LQ_ON_LEFT, (flow_want){.room = ann}) == 0);
	}
	enter_safely("ann", "--user ann");
}

static void b1_23(void)
{
	lq_room *ann = enter_safely("ann", "--user ann --no-publish");
	EXPECT(!lq_publish(ann, LQ_STREAM_MAIN, LQ_AUDIO));
	EXPECT(flow_await(LQ_ON_LOCAL_PUBLISHED, (flow_want){.room = ann, .kind = LQ_AUDIO})->code == LQ_EPERM);
	EXPECT(!lq_room_send(ann, "ann", "still in the room"));
}

static void b1_24(void)
{
	lq_room *first = enter("ann"), *bob = enter("bob"), *second = enter("ann");
	EXPECT(flow_await(LQ_ON_LEFT, (flow_want){.room = first})->code == LQ_EDUPLICATE);
	EXPECT(!strcmp(flow_await(LQ_ON_USER_LEFT, (flow_want){.room = bob, .user = "ann"})->text, "duplicate"));
	EXPECT(count(second, LQ_ON_LEFT, NULL, 0) == 0);
}

static void b1_25(void)
{
	lq_room *admin = enter_safely("admin", "--user admin --admin"), *ann = enter_safely("ann", "--user ann");
	EXPECT(!lq_room_kick(ann, "admin", NULL) && flow_await(LQ_ON_KICKED, (flow_want){.room = ann})->code == LQ_EPERM);
	EXPECT(!lq_room_kick(admin, "ann", "too loud") && flow_await(LQ_ON_KICKED, (flow_want){.room = admin})->code == 0);
	const lq_sdk_event *e = flow_await(LQ_ON_LEFT, (flow_want){.room = ann});
	EXPECT(e->code == LQ_EPERM && !strcmp(e->text, "too loud"));
	EXPECT(!strcmp(flow_await(LQ_ON_USER_LEFT, (flow_want){.room = admin, .user = "ann"})->text, "kicked"));
}

static void b1_26(void)
{
	lq_room *ann = enter("ann");
	lq_session *session;
	EXPECT(!lq_session_open(flow_engine, &session));
	lq_login_params p = {.size = sizeof p, .server = server.url, .user = "host"};
	EXPECT(!lq_session_login(session, &p) && !flow_await(LQ_ON_LOGGED_IN, (flow_want){.session = session})->code);
	EXPECT(!lq_room_destroy(session, room_name("r"), NULL));
	const lq_sdk_event *e = flow_await(LQ_ON_LEFT, (flow_want){.room = ann});
	int code = e->code, named = !strcmp(e->text, "room_closed");
	lq_session_close(session);
	EXPECT(code == LQ_END && named);
}

/* Its clock begins with the check, since tokens end on it. */
static void b1_27(void)
{
	static const lq_token_scope order[] = {LQ_TOKEN_SUBSCRIBE, LQ_TOKEN_PUBLISH, LQ_TOKEN_ROOM};
	lq_room_options talks = {.size = sizeof talks, .auto_publish_video = LQ_OFF};
	flow_server_stop(&safe, SIGTERM);
	safe = flow_server_start((const char *const[]){"--secret", secret, "--clock-rate", "10", NULL});
	lq_room *ann = enter_safely("ann", "--user ann --ttl 70 --publish-ttl 60 --subscribe-ttl 50"), *bob = enter_safely("bob", "--user bob --ttl 75");
	lq_room *eve = open_room("r", &talks);
	EXPECT(!join(eve, safe.url, "eve", token("--user eve --publish-ttl 60")));
	EXPECT(flow_await(LQ_ON_STREAM_PUBLISHED, (flow_want){.room = bob, .user = "eve"})->kind == LQ_AUDIO);
	for (int i = 0; i < 3; i++) { /* onSubscribePrivilegeTokenWillExpire, onPublishPrivilegeTokenWillExpire, onTokenWillExpire */
		const lq_sdk_event *e = flow_await(LQ_ON_TOKEN_WILL_EXPIRE, (flow_want){.room = ann});
		EXPECT(e->scope == order[i] && e->elapsed_ms <= 30000 && e->elapsed_ms > 10000); /* a busy machine may be late */
	}
	EXPECT(!lq_room_token_update(ann, "abc") && flow_await(LQ_ON_TOKEN_UPDATED, (flow_want){.room = ann})->code == LQ_ETOKEN);
	EXPECT(!lq_room_token_update(ann, token("--user ann --ttl 36000")) && flow_await(LQ_ON_TOKEN_UPDATED, (flow_want){.room = ann})->code == 0);
	EXPECT(flow_await(LQ_ON_TOKEN_EXPIRED, (flow_want){.room = eve})->scope == LQ_TOKEN_PUBLISH);
	EXPECT(flow_await(LQ_ON_STREAM_UNPUBLISHED, (flow_want){.room = ann, .user = "eve"})->kind == LQ_AUDIO);
	EXPECT(flow_await(LQ_ON_LEFT, (flow_want){.room = bob})->code == LQ_ETOKEN); /* nobody renewed it */
	EXPECT(count(ann, LQ_ON_LEFT, NULL, 0) == 0 && count(ann, LQ_ON_TOKEN_WILL_EXPIRE, NULL, 0) == 0);
}

static void b1_28(void)
{
	lq_room *bob = enter("bob");
	cable = relay_start(server.url);
	lq_room *ann = enter_at(relay_url(cable), "ann");
	EXPECT(!lq_room_leave(ann) && !strcmp(flow_await(LQ_ON_USER_LEFT, (flow_want){.room = bob})->text, "left"));
	ann = enter_at(relay_url(cable), "ann");
	cut(ann);
	EXPECT(!strcmp(flow_await(LQ_ON_USER_LEFT, (flow_want){.room = bob})->text, "timeout"));
	lq_room *eve = enter("eve");
	EXPECT(!lq_room_role_set(eve, LQ_ROLE_AUDIENCE) && !strcmp(flow_await(LQ_ON_USER_LEFT, (flow_want){.room = bob})->text, "invisible"));
	lq_room *dan = enter("dan");
	EXPECT(!lq_room_kick(bob, "dan", NULL) && !strcmp(flow_await(LQ_ON_USER_LEFT, (flow_want){.room = bob})->text, "kicked"));
	EXPECT(flow_await(LQ_ON_LEFT, (flow_want){.room = dan})->code == LQ_EPERM);
}

static const flow_check checks[] = {
	{"B1-01", b1_01}, {"B1-02", b1_02}, {"B1-03", b1_03}, {"B1-04", b1_04}, {"B1-05", b1_05}, {"B1-06", b1_06}, {"B1-07", b1_07}, {"B1-08", b1_08},
	{"B1-09", b1_09}, {"B1-10", b1_10}, {"B1-11", b1_11}, {"B1-12", b1_12}, {"B1-13", b1_13}, {"B1-14", b1_14}, {"B1-15", b1_15}, {"B1-16", b1_16},
	{"B1-17", b1_17}, {"B1-18", b1_18}, {"B1-19", b1_19}, {"B1-20", b1_20}, {"B1-21", b1_21}, {"B1-22", b1_22}, {"B1-23", b1_23}, {"B1-24", b1_24}, {"B1-25", b1_25}, {"B1-26", b1_26}, {"B1-27", b1_27}, {"B1-28", b1_28}, {0},
};

int main(int argc, char **argv)
{
	server = flow_server_start((const char *const[]){"--debug", "--clock-rate", "20", NULL});
	slow = flow_server_start((const char *const[]){"--debug", "--clock-rate", "2", NULL});
	safe = flow_server_start((const char *const[]){"--secret", secret, "--clock-rate", "20", NULL});
	flow_engine_start_fast(RATE);
	int status = flow_run(checks, argc > 1 ? argv[1] : NULL, tidy);
	lq_engine_destroy(flow_engine);
	flow_server_stop(&server, SIGTERM);
	flow_server_stop(&slow, SIGTERM);
	flow_server_stop(&safe, SIGTERM);
	return status;
}
