/* Flow R1, rooms that are made and entered by their number: each numbered check against a real loquatd, with virtual devices. `r1 [CHECK]`. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "flow.h"

enum { RATE = 10 }; /* how much faster the server's clock runs */
#define SECRET "correct horse battery staple"
#define SECRET_MD5 "9cc2ae8a1ba7a93da39b46fc1019c481" /* md5sum of it */

static flow_server server;
static int64_t server_began; /* Unix ms */

/* ---- people and rooms ---- */

enum { MANY = 16 };
static lq_session *people[MANY];
static lq_room *rooms[MANY];
static int n_people, n_rooms, round_number;
static char marks[4]; /* what is given along */

static const char *name(const char *who)
{
	static char names[8][40];
	static int i;
	char *n = names[i++ % 8];
	snprintf(n, sizeof names[0], "%s-%d", who, round_number);
	return n;
}

static lq_session *session_new(void)
{
	lq_session *s = NULL;
	lq_session_open(flow_engine, &s);
	return people[n_people++] = s;
}

static lq_login_params by_secret(const char *who)
{
	return (lq_login_params){.size = sizeof(lq_login_params), .server = server.url, .user = name(who), .mode = LQ_LOGIN_SECRET, .app_id = "project",
	                         .secret_md5 = SECRET_MD5, .reconnect_ms = 2000};
}

static int log_in_with(lq_session *s, const lq_login_params *p)
{
	int r = lq_session_login(s, p);
	return r ? r : flow_await(LQ_ON_LOGGED_IN, (flow_want){.session = s})->code;
}

static lq_session *log_in(const char *who)
{
	lq_session *s = session_new();
	lq_login_params p = by_secret(who);
	if (log_in_with(s, &p))
		flow_fail(__FILE__, __LINE__, "the login failed");
	return s;
}

/* Makes a room; number gets its id. */
static int create(lq_session *s, lq_room_spec spec, char number[65])
{
	spec.size = sizeof spec;
	if (lq_room_create(s, &spec, &marks[0]))
		return LQ_ESTATE;
	const lq_sdk_event *e = flow_await(LQ_ON_ROOM_CREATED, (flow_want){.session = s});
	snprintf(number, 65, "%s", e->name);
	return e->code;
}

static lq_room *room_new(const char *number, lq_room_options o)
{
	lq_room *r = NULL;
	o.size = sizeof o;
	o.create = LQ_ROOM_MUST_EXIST;
	o.auto_publish_audio = o.auto_publish_video = LQ_OFF;
	if (lq_room_open(flow_engine, number, &o, &r))
		flow_fail(__FILE__, __LINE__, "lq_room_open");
	return rooms[n_rooms++] = r;
}

static int enter_with(lq_room *r, lq_session *s, const char *password)
{
	int e = lq_room_join(r, &(lq_join_params){.size = sizeof(lq_join_params), .session = s, .password = password});
	return e ? e : flow_await(LQ_ON_JOINED, (flow_want){.room = r})->code;
}

static lq_room *enter(const char *number, lq_session *s)
{
	lq_room *r = room_new(number, (lq_room_options){0});
	if (enter_with(r, s, NULL))
		flow_fail(__FILE__, __LINE__, "the room could not be entered");
	return r;
}

/* Two in a room that they have made. */
typedef struct pair {
	lq_session *sa, *sb;
	lq_room *a, *b;
	char ann[40], bob[40], number[65];
} pair;

static pair two(lq_room_spec spec)
{
	pair p = {.sa = log_in("ann"), .sb = log_in("bob")};
	snprintf(p.ann, sizeof p.ann, "%s", name("ann"));
	snprintf(p.bob, sizeof p.bob, "%s", name("bob"));
	if (create(p.sa, spec, p.number))
		flow_fail(__FILE__, __LINE__, "no room was made");
	p.a = enter(p.number, p.sa);
	p.b = enter(p.number, p.sb);
	flow_await(LQ_ON_USER_JOINED, (flow_want){.room = p.a, .user = p.bob});
	return p;
}

static void tidy(void)
{
	while (n_rooms)
		lq_room_close(rooms[--n_rooms]);
	while (n_people)
		lq_session_close(people[--n_people]);
	flow_forget();
	round_number++;
}

/* ---- tokens ---- */

static int64_t unix_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Made with the tool, which counts from now; the server's clock is ahead of it. */
static const char *token(const char *user, int64_t seconds_left)
{
	static char text[2][1000];
	static int i;
	char *out = text[i++ % 2], command[1000];
	const char *build = getenv("top_builddir");
	int64_t ahead = (unix_ms() - server_began) * (RATE - 1) / 1000;
	snprintf(command, sizeof command, "%s/loquat token --room '*' --user %s --call --admin --secret '%s' --app-id project --ttl %lld", build ? build : ".", user, SECRET,
	         (long long)(ahead + seconds_left));
	FILE *f = popen(command, "r");
	*out = 0;
	if (!f || !fgets(out, sizeof text[0], f))
		flow_fail(__FILE__, __LINE__, "loquat token");
	if (f)
		pclose(f);
	out[strcspn(out, "\n")] = 0;
	return out;
}

static int log_in_by_token(lq_session *s, const char *who, int64_t seconds_left)
{
	lq_login_params p = {.size = sizeof p, .server = server.url, .user = name(who), .token = token(name(who), seconds_left)};
	return log_in_with(s, &p);
}

/* ---- 1: beginning ---- */

static void r1_01(void)
{
	char error[200] = "";
	lq_engine *e = NULL;
	lq_engine_config c = {.size = sizeof c, .single = LQ_ON};
	EXPECT(lq_engine_create(&c, &e, error, sizeof error) == LQ_ESTATE);
	EXPECT(!e && *error);
}

/* ---- 2, 3: logging in ---- */

/* A port that takes connections and says nothing. */
static int silent_port(char *url, size_t size)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)(void *)&a, n) || listen(fd, 8) || getsockname(fd, (struct sockaddr *)(void *)&a, &n))
		flow_fail(__FILE__, __LINE__, "no port");
	snprintf(url, size, "127.0.0.1:%u", ntohs(a.sin_port));
	return fd;
}

static void r1_02(void)
{
	char url[40];
	lq_session *s = session_new();
	lq_login_params p = by_secret("ann");
	int fd = silent_port(url, sizeof url);
	p.server = url;
	p.timeout_ms = 300;
	int64_t began = flow_now_ms();
	int silent = log_in_with(s, &p);
	close(fd);
	EXPECT(silent == LQ_ETIMEDOUT);
	EXPECT(flow_now_ms() - began >= 300);
	EXPECT(log_in_with(s, &p) == LQ_ECONN); /* nobody is there any more */
	p.server = "no such host.";
	EXPECT(lq_session_login(s, &p) == LQ_EINVAL || flow_await(LQ_ON_LOGGED_IN, (flow_want){.session = s})->code == LQ_ECONN);
	p.server = server.url;
	p.timeout_ms = 0;
	EXPECT(!log_in_with(s, &p)); /* it may be tried again */
}

static void r1_03(void)
{
	lq_session *s = session_new();
	lq_login_params p = by_secret("ann");
	p.secret_md5 = "00000000000000000000000000000000";
	EXPECT(log_in_with(s, &p) == LQ_ETOKEN);
	p.secret_md5 = "no MD5";
	EXPECT(log_in_with(s, &p) == LQ_EINVAL);
	p.secret_md5 = NULL;
	EXPECT(log_in_with(s, &p) == LQ_EINVAL);
	p = by_secret("ann");
	p.app_id = "other";
	EXPECT(log_in_with(s, &p) == LQ_ETOKEN);
	p = by_secret("ann");
	EXPECT(!log_in_with(s, &p));
}

static void r1_04(void)
{
	lq_session *s = session_new();
	lq_login_params p = by_secret("ann");
	p.ctx = &marks[1];
	p.secret_md5 = "00000000000000000000000000000000";
	EXPECT(!lq_session_login(s, &p));
	const lq_sdk_event *e = flow_await(LQ_ON_LOGGED_IN, (flow_want){.session = s});
	EXPECT(e->code == LQ_ETOKEN && e->ctx == &marks[1]);
	p.secret_md5 = SECRET_MD5;
	p.ctx = &marks[2];
	EXPECT(!lq_session_login(s, &p));
	e = flow_await(LQ_ON_LOGGED_IN, (flow_want){.session = s});
	EXPECT(!e->code && e->ctx == &marks[2]);
	EXPECT(!strcmp(e->user, name("ann")));
}

static void r1_05(void)
{
	lq_session *s = session_new(), *other = session_new();
	EXPECT(!log_in_by_token(s, "ann", 3600));
	lq_login_params p = {.size = sizeof p, .server = server.url, .user = name("bob"), .token = token(name("ann"), 3600)};
	EXPECT(log_in_with(other, &p) == LQ_ETOKEN);
	p.token = NULL;
	EXPECT(log_in_with(other, &p) == LQ_ETOKEN);
}

static void r1_06(void)
{
	lq_session *s = session_new();
	lq_login_params p = by_secret("ann"), wrong = p;
	wrong.secret_md5 = "00000000000000000000000000000000";
	EXPECT(log_in_with(s, &wrong) == LQ_ETOKEN);
	EXPECT(flow_count(LQ_ON_LOGGED_IN, (flow_want){0}) == 0);
	EXPECT(!lq_session_login(s, &p));
	EXPECT(lq_session_login(s, &p) == LQ_ESTATE);
	EXPECT(!flow_await(LQ_ON_LOGGED_IN, (flow_want){.session = s})->code);
	EXPECT(lq_session_login(s, &p) == LQ_ESTATE);
	EXPECT(flow_count(LQ_ON_LOGGED_IN, (flow_want){.session = s}) == 0);
}

/* ---- 3: tokens that end ---- */

static void r1_07(void)
{
	lq_session *s = session_new();
	EXPECT(!log_in_by_token(s, "ann", 60));
	const lq_sdk_event *e = flow_await(LQ_ON_TOKEN_WILL_EXPIRE, (flow_want){.session = s});
	EXPECT(e->scope == LQ_TOKEN_SESSION);
	EXPECT(e->elapsed_ms >= 29000 && e->elapsed_ms <= 30000);
	EXPECT(flow_count(LQ_ON_TOKEN_WILL_EXPIRE, (flow_want){.session = s}) == 0);
}

static void r1_08(void)
{
	lq_session *s = session_new();
	EXPECT(!log_in_by_token(s, "ann", 45));
	uint32_t left = flow_await(LQ_ON_TOKEN_WILL_EXPIRE, (flow_want){.session = s})->elapsed_ms;
	int64_t end = flow_now_ms() + left / RATE;
	EXPECT(lq_session_token_update(s, "") == LQ_EINVAL);
	EXPECT(!lq_session_token_update(s, "rubbish"));
	EXPECT(flow_await(LQ_ON_TOKEN_UPDATED, (flow_want){.session = s})->code == LQ_ETOKEN);
	EXPECT(!lq_session_token_update(s, token(name("ann"), 3600)));
	EXPECT(!flow_await(LQ_ON_TOKEN_UPDATED, (flow_want){.session = s})->code);
	/* Another that is not renewed ends later than this one would have. */
	lq_session *other = session_new();
	EXPECT(!log_in_by_token(other, "bob", (end - flow_now_ms()) * RATE / 1000 + 3));
	EXPECT(flow_await(LQ_ON_LOGGED_OUT, (flow_want){.session = other})->code == LQ_ETOKEN);
	EXPECT(flow_now_ms() >= end);
	EXPECT(flow_count(LQ_ON_LOGGED_OUT, (flow_want){.session = s}) == 0);
	EXPECT(!lq_session_watch(s, name("bob"), 1));
}

static void r1_09(void)
{
	lq_session *s = session_new();
	EXPECT(!log_in_by_token(s, "ann", 20));
	EXPECT(flow_await(LQ_ON_TOKEN_WILL_EXPIRE, (flow_want){.session = s})->elapsed_ms <= 20000); /* there was less from the start */
	const lq_sdk_event *e = flow_await(LQ_ON_LOGGED_OUT, (flow_want){.session = s});
	EXPECT(e->code == LQ_ETOKEN && *e->text);
	EXPECT(lq_session_token_update(s, token(name("ann"), 3600)) == LQ_ESTATE);
	EXPECT(!log_in_by_token(s, "ann", 3600));
}

static void r1_10(void)
{
	lq_session *s = session_new(), *other = session_new();
	lq_login_params p = by_secret("ann");
	p.device = "phone";
	EXPECT(!log_in_with(s, &p));
	EXPECT(!log_in_with(other, &p));
	const lq_sdk_event *e = flow_await(LQ_ON_LOGGED_OUT, (flow_want){.session = s});
	EXPECT(e->code == LQ_EDUPLICATE && *e->text);
	EXPECT(flow_count(LQ_ON_LOGGED_OUT, (flow_want){.session = other}) == 0);
	p.device = "laptop";
	EXPECT(!log_in_with(s, &p));
}

/* ---- 4: rooms ---- */

static void r1_11(void)
{
	lq_session *s = log_in("ann");
	EXPECT(!lq_room_create(s, &(lq_room_spec){.size = sizeof(lq_room_spec), .keep = LQ_ON}, &marks[3]));
	const lq_sdk_event *e = flow_await(LQ_ON_ROOM_CREATED, (flow_want){.session = s});
	EXPECT(!e->code && e->ctx == &marks[3]);
	EXPECT(strspn(e->name, "0123456789") == strlen(e->name) && strlen(e->name) == 8);
	EXPECT(!strncmp(e->text, "http://", 7) && strstr(e->text, e->name));
	EXPECT(!lq_room_create(s, &(lq_room_spec){.size = sizeof(lq_room_spec), .max_members = 1000}, &marks[3]));
	e = flow_await(LQ_ON_ROOM_CREATED, (flow_want){.session = s});
	EXPECT(e->code == LQ_ERANGE && *e->text && e->ctx == &marks[3]);
}

static void r1_12(void)
{
	lq_session *ann = log_in("ann"), *bob = log_in("bob");
	char one[65], other[65];
	EXPECT(!create(ann, (lq_room_spec){0}, one));
	EXPECT(!create(bob, (lq_room_spec){0}, other));
	EXPECT(strcmp(one, other));
	lq_room *a = enter(one, ann);
	enter(one, bob);
	EXPECT(flow_await(LQ_ON_USER_JOINED, (flow_want){.room = a, .user = name("bob")})->type);
}

/* ---- 5: entering ---- */

static void r1_13(void)
{
	lq_session *ann = log_in("ann"), *bob = log_in("bob"), *eve = log_in("eve");
	char number[65];
	EXPECT(enter_with(room_new("10000000000", (lq_room_options){0}), ann, NULL) == LQ_ENOENT);
	EXPECT(!create(ann, (lq_room_spec){.password = "sesame", .max_members = 2, .keep = LQ_ON}, number));
	lq_room *a = room_new(number, (lq_room_options){0}), *b = room_new(number, (lq_room_options){0}), *e = room_new(number, (lq_room_options){0});
	EXPECT(enter_with(a, ann, NULL) == LQ_EPERM);
	EXPECT(enter_with(a, ann, "wrong") == LQ_EPERM);
	EXPECT(!enter_with(a, ann, "sesame"));
	EXPECT(!lq_room_lock(ann, number, 1) && !flow_await(LQ_ON_ROOM_LOCKED, (flow_want){.session = ann})->code);
	EXPECT(enter_with(b, bob, "sesame") == LQ_EBUSY);
	EXPECT(!lq_room_lock(ann, number, 0) && !flow_await(LQ_ON_ROOM_LOCKED, (flow_want){.session = ann})->code);
	EXPECT(!enter_with(b, bob, "sesame"));
	EXPECT(enter_with(e, eve, "sesame") == LQ_EFULL);
}

static void r1_14(void)
{
	lq_session *s = log_in("ann");
	char number[65];
	EXPECT(!create(s, (lq_room_spec){0}, number));
	lq_room *r = room_new(number, (lq_room_options){0});
	EXPECT(!lq_room_join(r, &(lq_join_params){.size = sizeof(lq_join_params), .session = s}));
	EXPECT(lq_room_join(r, &(lq_join_params){.size = sizeof(lq_join_params), .session = s}) == LQ_ESTATE);
	const lq_sdk_event *e = flow_await(LQ_ON_JOINED, (flow_want){.room = r});
	EXPECT(!e->code && !strcmp(e->user, name("ann")) && *e->room_sid);
	EXPECT(flow_count(LQ_ON_JOINED, (flow_want){.room = r, .session = NULL}) == 0);
	lq_session *other = session_new();
	lq_room *q = room_new(number, (lq_room_options){0});
	EXPECT(lq_room_join(q, &(lq_join_params){.size = sizeof(lq_join_params), .session = other}) == LQ_ESTATE); /* not logged in */
}

static void r1_15(void)
{
	static const char *const args[] = {"--debug", NULL};
	flow_server fragile = flow_server_start(args);
	lq_room *r = NULL;
	lq_room_options o = {.size = sizeof o, .auto_rejoin = LQ_OFF, .rejoin_ms = 300, .auto_publish_audio = LQ_OFF, .auto_publish_video = LQ_OFF};
	lq_room_open(flow_engine, "fragile", &o, &r);
	rooms[n_rooms++] = r;
	lq_join_params p = {.size = sizeof p, .server = fragile.url, .user = "ann"};
	int joined = !lq_room_join(r, &p) && !flow_await(LQ_ON_JOINED, (flow_want){.room = r})->code;
	flow_server_stop(&fragile, SIGKILL);
	EXPECT(joined);
	EXPECT(flow_await(LQ_ON_LEFT, (flow_want){.room = r})->code == LQ_ECONN);
	EXPECT(flow_count(LQ_ON_JOINED, (flow_want){.room = r}) == 0); /* it does not rejoin by itself */
	/* and may enter again */
	lq_session *s = log_in("ann");
	p = (lq_join_params){.size = sizeof p, .session = s};
	EXPECT(!lq_room_join(r, &p) && !flow_await(LQ_ON_JOINED, (flow_want){.room = r})->code);
}

/* ---- 6: microphones and cameras ---- */

static int is_device(lq_room *room, const char *user, lq_stream stream, lq_track_kind kind, lq_device_state old, lq_device_state state, const char *by)
{
	for (;;) {
		const lq_sdk_event *e = flow_await(LQ_ON_MEMBER_DEVICE, (flow_want){.room = room, .user = user, .kind = kind});
		if (flow_failed())
			return 0;
		if (e->stream == stream)
			return e->old_state == old && e->device_state == state && !strcmp(e->name, by);
	}
}

static void opens(const pair *p, const char *user, lq_stream stream, lq_track_kind kind, const char *by)
{
	lq_room *all[] = {p->a, p->b};
	for (int i = 0; i < 2; i++) {
		EXPECT(is_device(all[i], user, stream, kind, LQ_DEVICE_CLOSED, LQ_DEVICE_OPENING, by));
		EXPECT(is_device(all[i], user, stream, kind, LQ_DEVICE_OPENING, LQ_DEVICE_OPEN, by));
	}
}

static void closes(const pair *p, const char *user, lq_stream stream, lq_track_kind kind, const char *by)
{
	lq_room *all[] = {p->a, p->b};
	for (int i = 0; i < 2; i++)
		EXPECT(is_device(all[i], user, stream, kind, LQ_DEVICE_OPEN, LQ_DEVICE_CLOSED, by));
}

static void r1_16(void)
{
	pair p = two((lq_room_spec){0});
	EXPECT(!lq_member_mic_set(p.a, p.bob, 1));
	const lq_sdk_event *e = flow_await(LQ_ON_CONTROLLED, (flow_want){.room = p.a});
	EXPECT(!e->code && !strcmp(e->user, p.bob) && e->kind == LQ_AUDIO && e->on);
	opens(&p, p.bob, LQ_STREAM_MAIN, LQ_AUDIO, p.ann);
	EXPECT(flow_await(LQ_ON_FIRST_FRAME, (flow_want){.room = p.a, .user = p.bob, .kind = LQ_AUDIO})->type);
	EXPECT(!lq_member_mic_set(p.a, p.bob, 0));
	closes(&p, p.bob, LQ_STREAM_MAIN, LQ_AUDIO, p.ann);
	/* oneself; and who is not there */
	EXPECT(!lq_member_mic_set(p.a, NULL, 1));
	opens(&p, p.ann, LQ_STREAM_MAIN, LQ_AUDIO, p.ann);
	EXPECT(!flow_await(LQ_ON_CONTROLLED, (flow_want){.room = p.a})->code && !flow_await(LQ_ON_CONTROLLED, (flow_want){.room = p.a})->code);
	EXPECT(!lq_member_mic_set(p.a, "nobody", 1));
	EXPECT(flow_await(LQ_ON_CONTROLLED, (flow_want){.room = p.a, .user = "nobody"})->code == LQ_ENOENT);
}

static void r1_17(void)
{
	pair p = two((lq_room_spec){0});
	EXPECT(!lq_member_camera_set(p.a, p.bob, LQ_STREAM_MAIN, 1));
	opens(&p, p.bob, LQ_STREAM_MAIN, LQ_VIDEO, p.ann);
	EXPECT(flow_await(LQ_ON_FIRST_FRAME, (flow_want){.room = p.a, .user = p.bob, .kind = LQ_VIDEO})->type);
	EXPECT(!lq_member_camera_set(p.b, NULL, LQ_STREAM_MAIN, 0));
	closes(&p, p.bob, LQ_STREAM_MAIN, LQ_VIDEO, p.bob);
	EXPECT(lq_member_camera_set(p.a, p.bob, LQ_STREAM_SUB, 1) == LQ_EINVAL); /* a screen */
}

static void r1_18(void)
{
	pair p = two((lq_room_spec){.max_open_mics = 1});
	EXPECT(!lq_member_mic_set(p.a, NULL, 1));
	opens(&p, p.ann, LQ_STREAM_MAIN, LQ_AUDIO, p.ann);
	EXPECT(!lq_member_mic_set(p.a, p.bob, 1));
	EXPECT(is_device(p.b, p.bob, LQ_STREAM_MAIN, LQ_AUDIO, LQ_DEVICE_CLOSED, LQ_DEVICE_OPENING, p.ann));
	EXPECT(!lq_member_mic_set(p.a, NULL, 0));
	EXPECT(is_device(p.b, p.ann, LQ_STREAM_MAIN, LQ_AUDIO, LQ_DEVICE_OPEN, LQ_DEVICE_CLOSED, p.ann));
	EXPECT(!lq_room_send(p.a, p.bob, "all of it"));
	EXPECT(flow_await(LQ_ON_MESSAGE, (flow_want){.room = p.b})->type);
	EXPECT(lq_member_device_state(p.b, p.bob, LQ_STREAM_MAIN, LQ_AUDIO) == LQ_DEVICE_OPENING); /* and never opens by itself */
	EXPECT(!lq_member_mic_set(p.b, NULL, 1));
	EXPECT(is_device(p.b, p.bob, LQ_STREAM_MAIN, LQ_AUDIO, LQ_DEVICE_OPENING, LQ_DEVICE_OPEN, p.bob));
}

/* ---- 6: views ---- */

/* A figure of the server's. */
static long long metric(const char *metric_name)
{
	static char text[32768];
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)atoi(strrchr(server.url, ':') + 1))};
	static const char request[] = "GET /metrics HTTP/1.0\r\n\r\n";
	size_t n = 0;
	ssize_t got;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (struct sockaddr *)(void *)&a, sizeof a) || write(fd, request, sizeof request - 1) < 0)
		flow_fail(__FILE__, __LINE__, "no metrics");
	while (n < sizeof text - 1 && (got = read(fd, text + n, sizeof text - 1 - n)) > 0)
		n += (size_t)got;
	close(fd);
	text[n] = 0;
	char line[100];
	snprintf(line, sizeof line, "\n%s ", metric_name);
	const char *at = strstr(text, line);
	return at ? atoll(at + strlen(line)) : -1;
}

static void count(const lq_frame *f, void *user_data)
{
	(void)f;
	atomic_fetch_add((atomic_int *)user_data, 1);
}

static int until(atomic_int *n, int more)
{
	int64_t limit = flow_now_ms() + 30000;
	int from = atomic_load(n);
	while (atomic_load(n) - from < more && flow_now_ms() < limit)
		usleep(5000);
	return atomic_load(n) - from >= more;
}

static int await_stream_event(lq_sdk_event_type type, lq_room *room, const char *user, lq_stream stream)
{
	for (;;) {
		const lq_sdk_event *e = flow_await(type, (flow_want){.room = room, .user = user, .kind = LQ_VIDEO});
		if (flow_failed() || e->stream == stream)
			return !flow_failed() && !e->code;
	}
}

static void r1_19(void)
{
	pair p = two((lq_room_spec){0});
	lq_room_leave(p.a);
	flow_await(LQ_ON_LEFT, (flow_want){.room = p.a});
	lq_room *a = room_new(p.number, (lq_room_options){.auto_subscribe_video = LQ_BY_VIEW});
	static atomic_int frames, own;
	lq_view_params view = {.size = sizeof view, .on_frame = count, .user_data = &frames}, mine = {.size = sizeof mine, .on_frame = count, .user_data = &own};
	EXPECT(!enter_with(a, p.sa, NULL));
	EXPECT(!lq_member_camera_set(a, p.bob, LQ_STREAM_MAIN, 1));
	EXPECT(await_stream_event(LQ_ON_STREAM_PUBLISHED, a, p.bob, LQ_STREAM_MAIN));
	EXPECT(flow_count(LQ_ON_SUBSCRIBED, (flow_want){.room = a}) == 0); /* not without a view */
	EXPECT(!lq_view_bind(a, p.bob, LQ_STREAM_MAIN, &view));
	EXPECT(await_stream_event(LQ_ON_SUBSCRIBED, a, p.bob, LQ_STREAM_MAIN));
	EXPECT(until(&frames, 5));
	view.hidden = 1;
	EXPECT(!lq_view_bind(a, p.bob, LQ_STREAM_MAIN, &view));
	/* The server sends nobody anything any more; what is under way comes to an end. */
	long long before = -1, now = metric("loquat_media_packets_forwarded_total");
	EXPECT(now > 0);
	for (int64_t limit = flow_now_ms() + 30000; before != now && flow_now_ms() < limit; now = metric("loquat_media_packets_forwarded_total")) {
		before = now;
		usleep(300000);
	}
	EXPECT(before == now);
	int shown = atomic_load(&frames);
	view.hidden = 0;
	EXPECT(!lq_view_bind(a, p.bob, LQ_STREAM_MAIN, &view));
	EXPECT(until(&frames, 5) && shown > 0);
	EXPECT(metric("loquat_media_packets_forwarded_total") > now);
	/* ourselves, too */
	EXPECT(!lq_view_bind(p.b, NULL, LQ_STREAM_MAIN, &mine));
	EXPECT(until(&own, 5));
	EXPECT(!lq_view_bind(a, p.bob, LQ_STREAM_MAIN, NULL) && !lq_view_bind(p.b, NULL, LQ_STREAM_MAIN, NULL));
}

static void r1_20(void)
{
	pair p = two((lq_room_spec){0});
	static atomic_int frames[2];
	lq_camera_info c[9];
	for (int i = 0; i < 2; i++) {
		EXPECT(!lq_view_frames(p.a, p.bob, LQ_STREAM_CAMERA(i), LQ_VIDEO, count, &frames[i]));
		EXPECT(!lq_member_camera_set(p.a, p.bob, LQ_STREAM_CAMERA(i), 1));
		opens(&p, p.bob, LQ_STREAM_CAMERA(i), LQ_VIDEO, p.ann);
	}
	EXPECT(until(&frames[0], 3) && until(&frames[1], 3));
	EXPECT(lq_member_cameras(p.a, p.bob, c, 9) == 2);
	EXPECT(c[0].stream == LQ_STREAM_CAMERA(0) && c[0].is_default && c[0].state == LQ_DEVICE_OPEN && *c[0].name);
	EXPECT(c[1].stream == LQ_STREAM_CAMERA(1) && !c[1].is_default && c[1].state == LQ_DEVICE_OPEN);
	EXPECT(lq_member_cameras(p.a, "nobody", c, 9) == LQ_ENOENT);
	EXPECT(lq_member_cameras(p.b, NULL, c, 9) == 2);
	for (int i = 0; i < 2; i++)
		EXPECT(!lq_view_frames(p.a, p.bob, LQ_STREAM_CAMERA(i), LQ_VIDEO, NULL, NULL));
}

static void r1_21(void)
{
	pair p = two((lq_room_spec){0});
	lq_room *all[] = {p.a, p.b};
	EXPECT(lq_member_default_camera_get(p.a, p.bob) == LQ_STREAM_MAIN);
	EXPECT(!lq_member_default_camera_set(p.a, p.bob, LQ_STREAM_CAMERA(2)));
	for (int i = 0; i < 2; i++) {
		const lq_sdk_event *e = flow_await(LQ_ON_DEFAULT_CAMERA, (flow_want){.room = all[i]});
		EXPECT(!e->code && !strcmp(e->user, p.bob) && e->stream == LQ_STREAM_CAMERA(2) && !strcmp(e->name, p.ann));
		EXPECT(lq_member_default_camera_get(all[i], p.bob) == LQ_STREAM_CAMERA(2));
	}
	EXPECT(!lq_member_camera_set(p.a, p.bob, LQ_STREAM_DEFAULT_CAMERA, 1));
	opens(&p, p.bob, LQ_STREAM_CAMERA(2), LQ_VIDEO, p.ann);
	EXPECT(lq_member_default_camera_set(p.a, p.bob, LQ_STREAM_SUB) == LQ_EINVAL);
	EXPECT(lq_member_default_camera_get(p.a, "nobody") == LQ_ENOENT);
}

static void r1_22(void)
{
	pair p = two((lq_room_spec){0});
	lq_video_layer size = {.size = sizeof size, .width = 320, .height = 180, .fps = 15, .bitrate = 300000}, wrong = size;
	wrong.width = 8;
	EXPECT(!lq_video_encode_set(p.b, LQ_STREAM_MAIN, &size, 1));
	EXPECT(lq_video_encode_set(p.b, LQ_STREAM_MAIN, &wrong, 1));
	EXPECT(!lq_member_camera_set(p.a, p.bob, LQ_STREAM_MAIN, 1));
	opens(&p, p.bob, LQ_STREAM_MAIN, LQ_VIDEO, p.ann);
	const lq_sdk_event *e = flow_await(LQ_ON_FIRST_FRAME, (flow_want){.room = p.a, .user = p.bob, .kind = LQ_VIDEO});
	EXPECT(e->width == 320 && e->height == 180);
}

static void r1_23(void)
{
	lq_room *r = room_new("1", (lq_room_options){0});
	lq_audio_config all = {.size = sizeof all, .echo_cancel = LQ_ON, .noise_suppression = LQ_ON, .gain_control = LQ_ON}, off = {.size = sizeof off, .echo_cancel = LQ_OFF};
	int on = lq_audio_config_set(r, &all);
	EXPECT(on == 0 || on == LQ_ENOTSUP); /* as the machine has them */
	EXPECT(!lq_audio_config_set(r, &off));
	EXPECT(lq_audio_config_set(r, NULL) == LQ_EINVAL);
	EXPECT(!lq_audio_profile_set(r, LQ_AUDIO_MUSIC));
	EXPECT(!lq_volume_set(r, NULL, LQ_STREAM_MAIN, 50) && lq_volume_get(r, NULL, LQ_STREAM_MAIN) == 50);
}

/* ---- 7: members ---- */

static void r1_24(void)
{
	pair p = two((lq_room_spec){0});
	lq_session *s = log_in("eve");
	lq_member m[4];
	EXPECT(!lq_member_mic_set(p.b, NULL, 1));
	opens(&p, p.bob, LQ_STREAM_MAIN, LQ_AUDIO, p.bob);
	lq_room *eve = enter(p.number, s);
	EXPECT(lq_room_members(eve, m, 4) == 2);
	for (int i = 0; i < 2; i++) {
		const lq_sdk_event *e = flow_await(LQ_ON_USER_JOINED, (flow_want){.room = eve, .user = m[i].user});
		EXPECT(e->existed && !strcmp(e->name, m[i].name));
		EXPECT(m[i].microphone == (strcmp(m[i].user, p.bob) ? LQ_DEVICE_CLOSED : LQ_DEVICE_OPEN) && m[i].camera == LQ_DEVICE_CLOSED);
	}
	EXPECT(flow_count(LQ_ON_USER_JOINED, (flow_want){.room = eve}) == 0);
	EXPECT(!lq_room_leave(p.b));
	EXPECT(flow_await(LQ_ON_USER_LEFT, (flow_want){.room = eve, .user = p.bob})->type);
	EXPECT(lq_room_members(eve, m, 4) == 1 && !strcmp(m[0].user, p.ann));
}

/* ---- 8: leaving ---- */

static void r1_25(void)
{
	pair p = two((lq_room_spec){0});
	EXPECT(!lq_room_leave(p.b));
	EXPECT(flow_await(LQ_ON_LEFT, (flow_want){.room = p.b})->code == 0);
	EXPECT(!strcmp(flow_await(LQ_ON_USER_LEFT, (flow_want){.room = p.a, .user = p.bob})->text, "left"));
	EXPECT(!lq_room_leave(p.b)); /* at any time */
	EXPECT(flow_count(LQ_ON_LEFT, (flow_want){.room = p.b}) == 0);
	/* no answer is waited for: the server stands still */
	kill(server.pid, SIGSTOP);
	int64_t began = flow_now_ms();
	int r = lq_room_leave(p.a), code = flow_await(LQ_ON_LEFT, (flow_want){.room = p.a})->code;
	int64_t took = flow_now_ms() - began;
	kill(server.pid, SIGCONT);
	EXPECT(!r && !code && took < 20000);
}

static void r1_26(void)
{
	pair p = two((lq_room_spec){.keep = LQ_ON});
	/* left by all it is still there */
	EXPECT(!lq_room_leave(p.a) && !lq_room_leave(p.b));
	flow_await(LQ_ON_LEFT, (flow_want){.room = p.a});
	flow_await(LQ_ON_LEFT, (flow_want){.room = p.b});
	EXPECT(!enter_with(p.a, p.sa, NULL) && !enter_with(p.b, p.sb, NULL));
	EXPECT(!lq_room_destroy(p.sa, p.number, &marks[1]));
	const lq_sdk_event *e = flow_await(LQ_ON_ROOM_DESTROYED, (flow_want){.session = p.sa});
	EXPECT(!e->code && !strcmp(e->name, p.number) && e->ctx == &marks[1]);
	EXPECT(flow_await(LQ_ON_LEFT, (flow_want){.room = p.a})->code == LQ_END);
	EXPECT(flow_await(LQ_ON_LEFT, (flow_want){.room = p.b})->code == LQ_END);
	EXPECT(enter_with(p.b, p.sb, NULL) == LQ_ENOENT);
	EXPECT(!lq_room_destroy(p.sa, p.number, NULL));
	EXPECT(flow_await(LQ_ON_ROOM_DESTROYED, (flow_want){.session = p.sa})->code == LQ_ENOENT);
}

/* ---- 9, 10: the end ---- */

static void r1_27(void)
{
	lq_session *s = log_in("ann");
	EXPECT(!lq_session_logout(s));
	EXPECT(flow_await(LQ_ON_LOGGED_OUT, (flow_want){.session = s})->code == 0);
	EXPECT(lq_room_create(s, NULL, NULL) == LQ_ESTATE);
	EXPECT(lq_room_destroy(s, "10000000", NULL) == LQ_ESTATE);
	EXPECT(lq_session_token_update(s, "x") == LQ_ESTATE);
	lq_login_params p = by_secret("ann");
	EXPECT(!log_in_with(s, &p));
}

static void r1_28(void)
{
	char error[200];
	lq_engine *e = NULL;
	lq_session *s = NULL;
	lq_room *r = NULL;
	const lq_sdk_event *event;
	char profile[1000], plugins[1000];
	const char *src = getenv("top_srcdir"), *build = getenv("top_builddir");
	snprintf(profile, sizeof profile, "%s/tests/sdk/call.json", src ? src : "..");
	snprintf(plugins, sizeof plugins, "%s/plugins/.libs", build ? build : ".");
	lq_engine_config c = {.size = sizeof c, .profile = profile, .plugin_path = plugins};
	lq_login_params login = by_secret("ann");
	EXPECT(!lq_engine_create(&c, &e, error, sizeof error));
	EXPECT(!lq_session_open(e, &s) && !lq_room_open(e, "1", NULL, &r) && !lq_session_login(s, &login));
	EXPECT(!lq_engine_destroy(e));
	EXPECT(lq_engine_poll(e, 0, &event) == LQ_ESTATE);
	EXPECT(lq_session_open(e, &s) == LQ_ESTATE);
	EXPECT(lq_session_login(s, &login) == LQ_ESTATE);
	EXPECT(lq_session_logout(s) == LQ_ESTATE);
	EXPECT(lq_session_token_update(s, "x") == LQ_ESTATE);
	EXPECT(lq_room_create(s, NULL, NULL) == LQ_ESTATE);
	EXPECT(lq_room_destroy(s, "1", NULL) == LQ_ESTATE);
	EXPECT(lq_room_lock(s, "1", 1) == LQ_ESTATE);
	EXPECT(lq_room_open(e, "1", NULL, &r) == LQ_ESTATE);
	EXPECT(lq_room_join(r, NULL) == LQ_ESTATE);
	EXPECT(lq_room_leave(r) == LQ_ESTATE);
	EXPECT(lq_room_kick(r, "bob", NULL) == LQ_ESTATE);
	EXPECT(lq_room_role_set(r, LQ_ROLE_AUDIENCE) == LQ_ESTATE);
	EXPECT(lq_room_profile_set(r, LQ_PROFILE_LIVE) == LQ_ESTATE);
	EXPECT(lq_room_token_update(r, "x") == LQ_ESTATE);
	EXPECT(lq_member_mic_set(r, NULL, 1) == LQ_ESTATE);
	EXPECT(lq_member_camera_set(r, NULL, LQ_STREAM_MAIN, 1) == LQ_ESTATE);
	EXPECT(lq_member_cameras(r, NULL, NULL, 0) == LQ_ESTATE);
	EXPECT(lq_member_default_camera_set(r, NULL, LQ_STREAM_MAIN) == LQ_ESTATE);
	EXPECT(lq_member_default_camera_get(r, NULL) == LQ_ESTATE);
	EXPECT(lq_room_members(r, NULL, 0) == LQ_ESTATE);
	EXPECT(lq_engine_destroy(e) == LQ_ESTATE);
}

static const flow_check checks[] = {
	{"R1-01", r1_01}, {"R1-02", r1_02}, {"R1-03", r1_03}, {"R1-04", r1_04}, {"R1-05", r1_05}, {"R1-06", r1_06}, {"R1-07", r1_07}, {"R1-08", r1_08},
	{"R1-09", r1_09}, {"R1-10", r1_10}, {"R1-11", r1_11}, {"R1-12", r1_12}, {"R1-13", r1_13}, {"R1-14", r1_14}, {"R1-15", r1_15}, {"R1-16", r1_16},
	{"R1-17", r1_17}, {"R1-18", r1_18}, {"R1-19", r1_19}, {"R1-20", r1_20}, {"R1-21", r1_21}, {"R1-22", r1_22}, {"R1-23", r1_23}, {"R1-24", r1_24},
	{"R1-25", r1_25}, {"R1-26", r1_26}, {"R1-27", r1_27}, {"R1-28", r1_28}, {0},
};

int main(int argc, char **argv)
{
	static const char *const args[] = {"--secret", SECRET, "--allow-secret", "--app-id", "project", "--clock-rate", "10", "--member-timeout", "300", NULL};
	server = flow_server_start(args);
	server_began = unix_ms();
	flow_engine_start();
	int failed = flow_run(checks, argc > 1 ? argv[1] : NULL, tidy);
	lq_engine_destroy(flow_engine);
	flow_server_stop(&server, SIGTERM);
	return failed;
}
