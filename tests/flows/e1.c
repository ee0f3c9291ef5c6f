/* Flow E1, an audio and video call on a desktop: each numbered check against a real loquatd, with virtual devices. `e1 [CHECK]` */
#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <loquat/log.h>

#include "config.h"

#include "flow.h"
#include "e1.h"

static flow_server server;

/* ---- rooms ---- */

enum { ROOMS = 16 };
static lq_room *rooms[ROOMS];
static int n_rooms, round_number;

static const char *room_name(void)
{
	static char name[40];
	snprintf(name, sizeof name, "channel %d", round_number);
	return name;
}

/* Sound is published and received, pictures are when they are asked for: the flow's defaults. */
static const lq_room_options usual = {.size = sizeof(lq_room_options), .auto_publish_video = LQ_OFF, .auto_subscribe_video = LQ_OFF};

static lq_room *open_as(const char *name, const lq_room_options *options)
{
	lq_room *room = NULL;
	if (lq_room_open(flow_engine, name, options, &room))
		flow_fail(__FILE__, __LINE__, "lq_room_open");
	else
		rooms[n_rooms++] = room;
	return room;
}

static int join_at(lq_room *room, const char *url, const char *user, const char *token)
{
	return lq_room_join(room, &(lq_join_params){.size = sizeof(lq_join_params), .server = url, .user = user, .token = token});
}

static const lq_sdk_event *joined(lq_room *room)
{
	return flow_await(LQ_ON_JOINED, (flow_want){.room = room});
}

static lq_room *enter_with(const char *name, const char *user, const lq_room_options *options)
{
	lq_room *room = open_as(name, options);
	if (join_at(room, server.url, user, NULL) || joined(room)->code)
		flow_fail(__FILE__, __LINE__, "the join failed");
	return room;
}

static lq_room *enter(const char *user)
{
	return enter_with(room_name(), user, &usual);
}

static void tidy(void)
{
	while (n_rooms)
		lq_room_close(rooms[--n_rooms]);
	flow_forget();
	round_number++;
}

/* All that the server said to this room before now has come when it returns. */
static void settle(lq_room *room)
{
	lq_room_send(room, NULL, "settle");
	flow_await(LQ_ON_MESSAGE_SENT, (flow_want){.room = room});
}

static int count(lq_room *room, lq_sdk_event_type type, const char *user)
{
	return flow_count(type, (flow_want){.room = room, .user = user});
}

/* ---- frames, which come on threads of the SDK ---- */

typedef struct eyes {
	atomic_int frames, width, height, loud;
} eyes;

static void see(const lq_frame *f, void *arg)
{
	eyes *e = arg;
	int loud = 0;
	for (uint32_t i = 0; f->kind == LQ_AUDIO && i < f->n_samples * f->channels; i++)
		loud |= fabsf(f->samples[i]) > 0.01f;
	atomic_store(&e->width, (int)f->width);
	atomic_store(&e->height, (int)f->height);
	atomic_fetch_add(&e->loud, loud);
	atomic_fetch_add(&e->frames, 1);
}

static void until(atomic_int *n, int more)
{
	int64_t limit = flow_now_ms() + 30000;
	int goal = atomic_load(n) + more;
	while (atomic_load(n) < goal && !flow_failed()) {
		if (flow_now_ms() > limit)
			flow_fail(__FILE__, __LINE__, "no frames came");
		usleep(2000); /* between two looks */
	}
}

static void until_width(eyes *e, int width)
{
	int64_t limit = flow_now_ms() + 30000;
	while (atomic_load(&e->width) != width && !flow_failed()) {
		if (flow_now_ms() > limit)
			flow_fail(__FILE__, __LINE__, "no picture of this width came");
		usleep(2000);
	}
}

static int view(lq_room *room, const char *user, eyes *e)
{
	return lq_view_bind(room, user, LQ_STREAM_MAIN, &(lq_view_params){.size = sizeof(lq_view_params), .on_frame = see, .user_data = e});
}

/* ---- engines ---- */

static char profile[1000], plugins[1000], error[2000];
const char *const e1_profile = profile, *const e1_plugins = plugins;

static lq_engine_config config(void)
{
	return (lq_engine_config){.size = sizeof(lq_engine_config), .app_id = "e1", .profile = profile, .plugin_path = plugins};
}

static int make(lq_engine_config c, lq_engine **out)
{
	return lq_engine_create(&c, out, error, sizeof error);
}

static int network_sockets(void)
{
	struct sockaddr_storage a;
	int n = 0;
	for (int fd = 0; fd < 1024; fd++) {
		socklen_t size = sizeof a;
		n += !getsockname(fd, (struct sockaddr *)&a, &size) && (a.ss_family == AF_INET || a.ss_family == AF_INET6);
	}
	return n;
}

static void e1_01(void)
{
	lq_engine *e = NULL;
	int before = network_sockets();
	EXPECT(!make(config(), &e));
	EXPECT(network_sockets() == before); /* nothing can have been sent */
	EXPECT(!strcmp(lq_version(), PACKAGE_VERSION));
	EXPECT(!lq_engine_destroy(e));
}

static void e1_02(void)
{
	lq_engine *e = NULL;
	lq_engine_config c = config();
	c.app_id = "";
	EXPECT(make(c, &e) == LQ_EINVAL && !e && *error);
}

/* The bytes of all files of a folder; the text of the newest goes to `text`. */
static long folder_size(const char *dir, char *text, size_t size)
{
	char path[2000];
	struct stat st;
	long sum = 0;
	DIR *d = opendir(dir);
	for (const struct dirent *f; d && (f = readdir(d));) {
		snprintf(path, sizeof path, "%s/%s", dir, f->d_name);
		if (*f->d_name == '.' || stat(path, &st))
			continue;
		sum += st.st_size;
		FILE *in = text ? fopen(path, "r") : NULL;
		if (in) {
			text[fread(text, 1, size - 1, in)] = 0;
			fclose(in);
		}
	}
	if (d)
		closedir(d);
	return sum;
}

static const char *new_folder(void)
{
	static char dir[100];
	snprintf(dir, sizeof dir, "/tmp/loquat-e1-XXXXXX");
	return mkdtemp(dir);
}

static void remove_folder(const char *dir)
{
	char command[2000];
	snprintf(command, sizeof command, "rm -rf '%s'", dir);
	if (system(command))
		flow_fail(__FILE__, __LINE__, command);
}

static void e1_03(void)
{
	lq_engine *e = NULL;
	lq_engine_config c = config();
	char path[200], text[4000] = "";
	const char *dir = new_folder();
	snprintf(path, sizeof path, "%s/日志目录", dir);
	EXPECT(!mkdir(path, 0700));
	c.log_dir = path;
	EXPECT(!make(c, &e));
	lq_log(LQ_LOG_INFO, "e1", "a line of this check");
	EXPECT(!lq_engine_destroy(e));
	EXPECT(folder_size(path, text, sizeof text) > 0 && strstr(text, "a line of this check"));
	e = NULL;
	c.log_dir = "/proc/no such folder";
	EXPECT(make(c, &e) == LQ_EIO && !e && strstr(error, "/proc/no such folder"));
	remove_folder(dir);
}

static void e1_04(void)
{
	lq_engine *e = NULL;
	lq_engine_config c = config();
	char text[8000] = "";
	c.log_dir = new_folder();
	EXPECT(!make(c, &e));
	lq_log(LQ_LOG_INFO, "e1", "told");
	lq_log(LQ_LOG_DEBUG, "e1", "not to be told");
	EXPECT(!lq_engine_destroy(e));
	EXPECT(folder_size(c.log_dir, text, sizeof text) > 0);
	EXPECT(strstr(text, "told") && !strstr(text, "not to be told"));
	remove_folder(c.log_dir);
}

static long filled(uint32_t max_kb, int lines)
{
	lq_engine *e = NULL;
	lq_engine_config c = config();
	c.log_dir = new_folder();
	c.log_max_kb = max_kb;
	if (make(c, &e)) {
		flow_fail(__FILE__, __LINE__, error);
		return -1;
	}
	for (int i = 0; i < lines; i++)
		lq_log(LQ_LOG_INFO, "e1", "line %d %0200d", i, 0);
	lq_engine_destroy(e);
	long size = folder_size(c.log_dir, NULL, 0);
	remove_folder(c.log_dir);
	return size;
}

static void e1_05(void)
{
	long small = filled(64, 2000), usual_size = filled(0, 120000);
	EXPECT(small > 16 * 1024 && small <= 64 * 1024);
	EXPECT(usual_size > 5 * 1024 * 1024 && usual_size <= 20480L * 1024);
}

static atomic_int errors, calls_after;
static atomic_int reentrant;

static void on_event(const lq_sdk_event *ev, void *arg)
{
	lq_engine **own = arg;
	if (ev->type == LQ_ON_ERROR && ev->code && *ev->text)
		atomic_fetch_add(&errors, 1);
	if (own && *own)
		atomic_store(&reentrant, lq_engine_destroy(*own));
	atomic_fetch_add(&calls_after, 1);
}

static void e1_06(void)
{
	lq_engine *e = NULL;
	lq_room *room = NULL;
	lq_engine_config c = config();
	c.event_cb = on_event; /* before anything is done */
	c.profile_patch = "{\"graphs\":{\"publish\":{\"nodes\":{\"cam\":{\"use\":\"capture.camera.virtual\",\"params\":{\"device\":\"none such\"}}}}}}";
	atomic_store(&errors, 0);
	EXPECT(!make(c, &e));
	EXPECT(!lq_room_open(e, "e", &usual, &room));
	EXPECT(!lq_preview_start(room, LQ_STREAM_MAIN));
	until(&errors, 1);
	EXPECT(!lq_engine_destroy(e));
}

static void e1_07(void)
{
	lq_engine *e = NULL, *again = NULL;
	lq_engine_config c = config();
	c.single = LQ_ON; /* flow_engine is there */
	EXPECT(make(c, &again) == LQ_ESTATE && !again);
	EXPECT(!make(config(), &e)); /* who does not ask for it may have several */
	EXPECT(!lq_engine_destroy(e));
}

/* ---- previews ---- */

static void e1_09(void)
{
	eyes own = {0};
	lq_room *ann = open_as(room_name(), &usual), *bob = enter("bob");
	EXPECT(!view(ann, NULL, &own));
	EXPECT(!lq_preview_start(ann, LQ_STREAM_MAIN));
	until(&own.frames, 5);
	EXPECT(own.width == 640 && own.height == 480);
	EXPECT(lq_preview_start(ann, LQ_STREAM_MAIN) == LQ_EEXIST);
	EXPECT(!join_at(ann, server.url, "ann", NULL) && !joined(ann)->code);
	settle(ann);
	settle(bob);
	EXPECT(!flow_count(LQ_ON_STREAM_PUBLISHED, (flow_want){.room = bob, .kind = LQ_VIDEO}));
	EXPECT(!lq_preview_stop(ann, LQ_STREAM_MAIN));
	EXPECT(lq_preview_stop(ann, LQ_STREAM_MAIN) == LQ_ESTATE);
}

static void e1_10(void)
{
	eyes own = {0};
	lq_room *ann = open_as(room_name(), &usual), *bob = enter("bob");
	EXPECT(!view(ann, NULL, &own) && !lq_preview_start(ann, LQ_STREAM_MAIN));
	until(&own.frames, 2);
	EXPECT(!lq_preview_stop(ann, LQ_STREAM_MAIN));
	EXPECT(!join_at(ann, server.url, "ann", NULL) && !joined(ann)->code);
	EXPECT(!lq_room_leave(ann) && !flow_await(LQ_ON_LEFT, (flow_want){.room = ann})->code);
	/* A preview that is still on goes over into what is published; the camera is not opened anew. */
	EXPECT(!lq_preview_start(ann, LQ_STREAM_MAIN));
	until(&own.frames, 2);
	EXPECT(!join_at(ann, server.url, "ann", NULL) && !joined(ann)->code);
	EXPECT(!lq_publish(ann, LQ_STREAM_MAIN, LQ_VIDEO));
	flow_await(LQ_ON_STREAM_PUBLISHED, (flow_want){.room = bob, .user = "ann", .kind = LQ_VIDEO});
	until(&own.frames, 5);
	EXPECT(!lq_preview_stop(ann, LQ_STREAM_MAIN));
	until(&own.frames, 5); /* what is published goes on */
}

static void e1_11(void)
{
	eyes own = {0};
	lq_room *ann = enter("ann"), *bob = enter("bob");
	settle(bob);
	EXPECT(!flow_count(LQ_ON_STREAM_PUBLISHED, (flow_want){.room = bob, .kind = LQ_VIDEO})); /* off at first */
	EXPECT(!view(ann, NULL, &own));
	EXPECT(!lq_publish(ann, LQ_STREAM_MAIN, LQ_VIDEO));
	EXPECT(flow_await(LQ_ON_STREAM_PUBLISHED, (flow_want){.room = bob, .user = "ann", .kind = LQ_VIDEO})->stream == LQ_STREAM_MAIN);
	until(&own.frames, 5); /* and is shown here */
	EXPECT(!lq_room_leave(ann) && !flow_await(LQ_ON_LEFT, (flow_want){.room = ann})->code);
	EXPECT(!join_at(ann, server.url, "ann", NULL) && !joined(ann)->code);
	EXPECT(flow_await(LQ_ON_STREAM_PUBLISHED, (flow_want){.room = bob, .user = "ann", .kind = LQ_VIDEO})->kind == LQ_VIDEO); /* still on */
	EXPECT(!lq_unpublish(ann, LQ_STREAM_MAIN, LQ_VIDEO));
	EXPECT(flow_await(LQ_ON_STREAM_UNPUBLISHED, (flow_want){.room = bob, .user = "ann", .kind = LQ_VIDEO})->kind == LQ_VIDEO);
}

/* ---- joining ---- */

static void e1_12(void)
{
	lq_room *ann = open_as(room_name(), &usual);
	EXPECT(!join_at(ann, server.url, "ann", NULL));
	EXPECT(join_at(ann, server.url, "ann", NULL) == LQ_ESTATE); /* it is being joined */
	EXPECT(!joined(ann)->code);
	EXPECT(join_at(ann, server.url, "ann", NULL) == LQ_ESTATE);
}

#define SECRET "a secret for tests, 32 bytes long"

static char *make_token(const char *secret, const char *room, const char *user)
{
	static char token[2000];
	char command[2000];
	const char *build = getenv("top_builddir");
	snprintf(command, sizeof command, "'%s/loquat' token --secret '%s' --room '%s' --user '%s'", build ? build : ".", secret, room, user);
	FILE *p = popen(command, "r");
	if (!p || !fgets(token, sizeof token, p))
		flow_fail(__FILE__, __LINE__, "loquat token");
	if (p)
		pclose(p);
	token[strcspn(token, "\n")] = 0;
	return token;
}

static void e1_13(void)
{
	static const char *const args[] = {"--secret", SECRET, NULL};
	flow_server safe = flow_server_start(args);
	lq_room *ann = open_as(room_name(), &usual);
	const lq_sdk_event *e;
	EXPECT(!join_at(ann, safe.url, "ann", NULL));
	e = joined(ann);
	EXPECT(e->code == LQ_ETOKEN && *e->text);
	EXPECT(!join_at(ann, safe.url, "ann", "nonsense") && joined(ann)->code == LQ_ETOKEN);
	EXPECT(!join_at(ann, safe.url, "ann", make_token("another secret", room_name(), "ann")) && joined(ann)->code == LQ_ETOKEN);
	EXPECT(!join_at(ann, safe.url, "ann", make_token(SECRET, "another room", "ann")) && joined(ann)->code == LQ_ETOKEN);
	EXPECT(!join_at(ann, safe.url, "ann", make_token(SECRET, room_name(), "ann")) && !joined(ann)->code);
	tidy();
	flow_server_stop(&safe, SIGTERM);
}

static void e1_14(void)
{
	static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 !#$%&()+-:;<=.>?@[]^_{}|~,";
	static const char *const wrong[] = {"'", "*", "/", "\\", "`", "\"", "\n", "\x7f", "é", "≤"};
	char name[300] = "";
	lq_room *room = NULL;
	EXPECT(strlen(characters) == 89);
	for (const char *c = characters; *c; c++)
		EXPECT(!lq_room_name_check(c, 1));
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		EXPECT(lq_room_name_check(wrong[i], strlen(wrong[i])) == LQ_EINVAL);
		EXPECT(lq_room_open(flow_engine, wrong[i], NULL, &room) == LQ_EINVAL && !room);
	}
	EXPECT(lq_room_name_check("", 0) == LQ_ERANGE && lq_room_open(flow_engine, "", NULL, &room) == LQ_ERANGE);
	memset(name, 'x', 65);
	EXPECT(!lq_room_name_check(name, 1) && !lq_room_name_check(name, 64) && lq_room_name_check(name, 65) == LQ_ERANGE);
	EXPECT(lq_room_open(flow_engine, name, NULL, &room) == LQ_ERANGE);
	*name = 0;
	for (int i = 0; i < 64; i++)
		strcat(name, "é"); /* 64 characters are 128 bytes */
	EXPECT(lq_room_name_check(name, strlen(name)) && lq_room_open(flow_engine, name, NULL, &room) && !room);
	memset(name, 'y', 64);
	name[64] = 0;
	enter_with(name, "ann", &usual); /* and the server takes what the SDK takes */
	enter_with(characters + 25, "ann", &usual);
	enter_with(" ", "ann", &usual);
}

static void e1_15(void)
{
	lq_room *ann = enter_with("one", "ann", &usual), *bob = enter_with("One", "bob", &usual), *eve = enter_with("one", "eve", &usual);
	EXPECT(flow_await(LQ_ON_USER_JOINED, (flow_want){.room = ann, .user = "eve"})->type);
	settle(ann);
	settle(bob);
	settle(eve);
	EXPECT(!count(ann, LQ_ON_USER_JOINED, "bob") && !count(bob, LQ_ON_USER_JOINED, NULL) && !count(eve, LQ_ON_USER_JOINED, "bob"));
}

static void e1_16(void)
{
	lq_room_options must = usual;
	lq_session *session;
	char made[100];
	must.create = LQ_ROOM_MUST_EXIST;
	lq_room *ann = open_as(room_name(), &must);
	EXPECT(!join_at(ann, server.url, "ann", NULL) && joined(ann)->code == LQ_ENOENT);
	lq_room *bob = enter("bob"); /* makes it */
	EXPECT(!join_at(ann, server.url, "ann", NULL) && !joined(ann)->code);
	EXPECT(flow_await(LQ_ON_USER_JOINED, (flow_want){.room = bob, .user = "ann"})->type);
	/* Or it was made before, by the server's interface. */
	EXPECT(!lq_session_open(flow_engine, &session));
	EXPECT(!lq_session_login(session, &(lq_login_params){.size = sizeof(lq_login_params), .server = server.url, .user = "backend"}));
	EXPECT(!flow_await(LQ_ON_LOGGED_IN, (flow_want){.session = session})->code);
	EXPECT(!lq_room_create(session, &(lq_room_spec){.size = sizeof(lq_room_spec), .name = "made before"}, NULL));
	const lq_sdk_event *e = flow_await(LQ_ON_ROOM_CREATED, (flow_want){.session = session});
	EXPECT(!e->code && !strcmp(e->name, "made before"));
	snprintf(made, sizeof made, "%s", e->name);
	lq_room *eve = open_as(made, &must);
	EXPECT(!join_at(eve, server.url, "eve", NULL) && !joined(eve)->code);
	lq_session_close(session);
}

static void e1_17(void)
{
	lq_room *first = enter("ann"), *bob = enter("bob"), *second = enter("ann");
	const lq_sdk_event *e = flow_await(LQ_ON_LEFT, (flow_want){.room = first});
	EXPECT(e->code == LQ_EDUPLICATE);
	EXPECT(!strcmp(flow_await(LQ_ON_USER_LEFT, (flow_want){.room = bob, .user = "ann"})->text, "duplicate"));
	settle(second); /* which stays */
	EXPECT(!count(second, LQ_ON_LEFT, NULL) && count(first, LQ_ON_LEFT, NULL) == 0);
}

static void e1_18(void)
{
	int64_t began = flow_now_ms();
	char sid[100];
	lq_room *ann = open_as(room_name(), &usual);
	EXPECT(!join_at(ann, server.url, "ann", NULL));
	const lq_sdk_event *e = joined(ann);
	EXPECT(!e->code && e->elapsed_ms <= flow_now_ms() - began + 1 && !strcmp(e->user, "ann") && *e->room_sid && !e->join_type);
	snprintf(sid, sizeof sid, "%s", e->room_sid);
	settle(ann);
	EXPECT(!count(ann, LQ_ON_JOINED, NULL));
	lq_room *bob = open_as(room_name(), &usual);
	EXPECT(!join_at(bob, server.url, "bob", NULL));
	EXPECT(!strcmp(joined(bob)->room_sid, sid));
	EXPECT(!lq_room_leave(ann) && !lq_room_leave(bob));
	flow_await(LQ_ON_LEFT, (flow_want){.room = ann});
	flow_await(LQ_ON_LEFT, (flow_want){.room = bob});
	EXPECT(!join_at(bob, server.url, "bob", NULL) && strcmp(joined(bob)->room_sid, sid)); /* another life of the room */
}

/* ---- others ---- */

static void e1_19(void)
{
	static const char *const names[] = {"ann", "bob", "eve", "joe"};
	for (int i = 0; i < 4; i++)
		enter(names[i]);
	flow_forget();
	lq_room *late = open_as(room_name(), &usual);
	EXPECT(!join_at(late, server.url, "late", NULL));
	/* The order in which they come: the join, then who was there, each once. */
	const lq_sdk_event *e;
	int seen = 0, n_joined = 0;
	while (seen < 4) {
		EXPECT(!lq_engine_poll(flow_engine, 30000, &e));
		if (e->room != late)
			continue;
		n_joined += e->type == LQ_ON_JOINED;
		if (e->type != LQ_ON_USER_JOINED)
			continue;
		EXPECT(n_joined == 1 && e->existed);
		for (int i = 0; i < 4; i++)
			seen += !strcmp(e->user, names[i]);
	}
	settle(late);
	EXPECT(!count(late, LQ_ON_USER_JOINED, NULL));
	lq_room *last = enter("last");
	EXPECT(!flow_await(LQ_ON_USER_JOINED, (flow_want){.room = late, .user = "last"})->existed);
	settle(last);
	EXPECT(count(last, LQ_ON_USER_JOINED, NULL) == 5);
}

static void e1_20(void)
{
	lq_room *ann = enter("ann");
	EXPECT(!lq_publish(ann, LQ_STREAM_MAIN, LQ_VIDEO));
	EXPECT(!flow_await(LQ_ON_LOCAL_PUBLISHED, (flow_want){.room = ann, .kind = LQ_VIDEO})->code);
	lq_room *bob = enter("bob");
	const lq_sdk_event *e = flow_await(LQ_ON_STREAM_PUBLISHED, (flow_want){.room = bob, .user = "ann", .kind = LQ_VIDEO});
	EXPECT(e->stream == LQ_STREAM_MAIN && *e->text && e->width == 320 && e->height == 240);
}

static void e1_21(void)
{
	eyes before = {0}, after = {0};
	lq_room *ann = enter("ann"), *bob = enter("bob"), *eve = enter("eve");
	EXPECT(!view(bob, "ann", &before)); /* before there is anything */
	EXPECT(!lq_publish(ann, LQ_STREAM_MAIN, LQ_VIDEO));
	flow_await(LQ_ON_STREAM_PUBLISHED, (flow_want){.room = bob, .user = "ann", .kind = LQ_VIDEO});
	flow_await(LQ_ON_STREAM_PUBLISHED, (flow_want){.room = eve, .user = "ann", .kind = LQ_VIDEO});
	EXPECT(!lq_subscribe(bob, "ann", LQ_STREAM_MAIN, LQ_VIDEO) && !lq_subscribe(eve, "ann", LQ_STREAM_MAIN, LQ_VIDEO));
	until(&before.frames, 5);
	EXPECT(!view(eve, "ann", &after));
	until(&after.frames, 5);
	EXPECT(!lq_view_bind(eve, "ann", LQ_STREAM_MAIN, NULL)); /* unbound */
	int n = atomic_load(&after.frames);
	until(&before.frames, 5);
	EXPECT(atomic_load(&after.frames) == n);
}

static void e1_22(void)
{
	const lq_video_layer layers[] = {{.size = sizeof(lq_video_layer), .width = 320, .height = 240}, {.size = sizeof(lq_video_layer), .width = 160, .height = 120}};
	eyes sight = {0}, own = {0};
	lq_room *ann = enter("ann"), *bob = enter("bob");
	EXPECT(!lq_video_encode_set(ann, LQ_STREAM_MAIN, layers, 2));
	EXPECT(!view(bob, "ann", &sight) && !view(ann, NULL, &own));
	EXPECT(lq_subscribe(bob, "nobody", LQ_STREAM_MAIN, LQ_VIDEO) == LQ_ENOENT && lq_subscribe(bob, "ann", LQ_STREAM_MAIN, LQ_VIDEO) == LQ_ENOENT);
	EXPECT(!lq_publish(ann, LQ_STREAM_MAIN, LQ_VIDEO));
	flow_await(LQ_ON_STREAM_PUBLISHED, (flow_want){.room = bob, .user = "ann", .kind = LQ_VIDEO});
	until(&own.frames, 10);
	settle(bob);
	EXPECT(!atomic_load(&sight.frames));
	EXPECT(!lq_subscribe(bob, "ann", LQ_STREAM_MAIN, LQ_VIDEO));
	EXPECT(!flow_await(LQ_ON_SUBSCRIBED, (flow_want){.room = bob, .user = "ann", .kind = LQ_VIDEO})->code);
	until_width(&sight, 320); /* high is what comes unless told otherwise */
	EXPECT(!lq_layer_set(bob, "ann", LQ_STREAM_MAIN, LQ_LAYER_LOW));
	until_width(&sight, 160);
	EXPECT(!lq_layer_set(bob, "ann", LQ_STREAM_MAIN, LQ_LAYER_HIGH));
	until_width(&sight, 320);
	EXPECT(!lq_unsubscribe(bob, "ann", LQ_STREAM_MAIN, LQ_VIDEO));
	settle(bob);
	until(&own.frames, 5); /* what was on its way has come */
	int n = atomic_load(&sight.frames);
	until(&own.frames, 10);
	EXPECT(atomic_load(&sight.frames) == n);
}

static void e1_23(void)
{
	eyes a = {0}, b = {0};
	lq_room *ann = open_as(room_name(), &usual), *bob = open_as(room_name(), &usual);
	EXPECT(!lq_view_frames(ann, "bob", LQ_STREAM_MAIN, LQ_AUDIO, see, &a) && !lq_view_frames(bob, "ann", LQ_STREAM_MAIN, LQ_AUDIO, see, &b));
	EXPECT(!join_at(ann, server.url, "ann", NULL) && !join_at(bob, server.url, "bob", NULL));
	until(&a.loud, 5);
	until(&b.loud, 5);
}

/* ---- the end ---- */

static void e1_24(void)
{
	lq_room *ann = enter("ann"), *bob = enter("bob"), *never = open_as(room_name(), &usual);
	EXPECT(!lq_room_leave(ann) && !flow_await(LQ_ON_LEFT, (flow_want){.room = ann})->code);
	EXPECT(!strcmp(flow_await(LQ_ON_USER_LEFT, (flow_want){.room = bob, .user = "ann"})->text, "left"));
	EXPECT(!lq_room_leave(ann) && !lq_room_leave(never)); /* at any time, without harm */
	settle(bob);
	EXPECT(!count(ann, LQ_ON_LEFT, NULL) && !count(never, LQ_ON_LEFT, NULL));
	EXPECT(!join_at(ann, server.url, "ann", NULL) && !joined(ann)->code);
}

static void e1_25(void)
{
	lq_room *ann = enter("ann"), *bob = enter("bob");
	const lq_sdk_event *e;
	flow_await(LQ_ON_FIRST_FRAME, (flow_want){.room = ann, .user = "bob", .kind = LQ_AUDIO}); /* all is running */
	EXPECT(!lq_room_leave(ann) && !lq_room_leave(ann));
	flow_await(LQ_ON_USER_LEFT, (flow_want){.room = bob, .user = "ann"});
	flow_await(LQ_ON_LEFT, (flow_want){.room = ann});
	settle(bob);
	EXPECT(!count(ann, LQ_ON_LEFT, NULL));
	flow_forget();
	while (!lq_engine_poll(flow_engine, 300, &e))
		EXPECT(e->room != ann);
}

static void e1_26(void)
{
	lq_engine *e = NULL, *self = NULL;
	lq_room *room = NULL, *bob = enter("bob");
	lq_engine_config c = config();
	c.event_cb = on_event;
	c.user_data = &self;
	atomic_store(&reentrant, 0);
	EXPECT(!make(c, &e));
	EXPECT(!lq_room_open(e, room_name(), &usual, &room) && !join_at(room, server.url, "ann", NULL));
	flow_await(LQ_ON_USER_JOINED, (flow_want){.room = bob, .user = "ann"});
	self = e; /* from now on the function tries to destroy the engine */
	until(&calls_after, 1);
	int64_t limit = flow_now_ms() + 30000;
	for (lq_room_send(room, NULL, "wake"); !atomic_load(&reentrant) && flow_now_ms() < limit;)
		usleep(2000);
	EXPECT(atomic_load(&reentrant) == LQ_EREENTRANT);
	EXPECT(!lq_engine_destroy(e)); /* without leaving */
	int n = atomic_load(&calls_after);
	flow_await(LQ_ON_USER_LEFT, (flow_want){.room = bob, .user = "ann"});
	usleep(100000);
	EXPECT(atomic_load(&calls_after) == n);
	EXPECT(lq_engine_destroy(NULL) == 0);
}

static const flow_check checks[] = {
	{"E1-01", e1_01}, {"E1-02", e1_02}, {"E1-03", e1_03}, {"E1-04", e1_04}, {"E1-05", e1_05}, {"E1-06", e1_06}, {"E1-07", e1_07},
	{"E1-08", e1_08}, {"E1-09", e1_09}, {"E1-10", e1_10}, {"E1-11", e1_11}, {"E1-12", e1_12}, {"E1-13", e1_13}, {"E1-14", e1_14},
	{"E1-15", e1_15}, {"E1-16", e1_16}, {"E1-17", e1_17}, {"E1-18", e1_18}, {"E1-19", e1_19}, {"E1-20", e1_20}, {"E1-21", e1_21},
	{"E1-22", e1_22}, {"E1-23", e1_23}, {"E1-24", e1_24}, {"E1-25", e1_25}, {"E1-26", e1_26}, {NULL, NULL}};

int main(int argc, char **argv)
{
	static const char *const args[] = {"--debug", NULL};
	const char *src = getenv("top_srcdir"), *build = getenv("top_builddir");
	snprintf(profile, sizeof profile, "%s/tests/sdk/call.json", src ? src : "..");
	snprintf(plugins, sizeof plugins, "%s/plugins/.libs", build ? build : ".");
	server = flow_server_start(args);
	flow_engine_start();
	int status = flow_run(checks, argc > 1 ? argv[1] : NULL, tidy);
	lq_engine_destroy(flow_engine);
	flow_server_stop(&server, SIGTERM);
	return status;
}
