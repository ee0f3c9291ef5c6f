/* Many members of one room who join, leave or close their handle at random. In the end all who are there know the same members, and when they have gone nothing of
 * them is left: no member, socket, thread or memory, here or in the server.
 * LQ_CHURN: how many (60), LQ_CHURN_SECONDS: for how long (6). */
#include <arpa/inet.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flow.h"

enum { ENGINES = 5, MOST = 1000 };

typedef struct guest {
	lq_room *room; /* NULL: not there */
	int joined, leaving;
} guest;

static lq_engine *engines[ENGINES];
static guest guests[MOST];
static int n_guests, failed, joins, leaves;
static flow_server server;

/* The sanitizers keep memory that was freed; what leaks they tell themselves. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { KEEPS_FREED = 1 };
#else
enum { KEEPS_FREED = 0 };
#endif

static void wrong(const char *what, long is, long should)
{
	printf("# %s: %ld instead of %ld\n", what, is, should);
	failed++;
}

static int setting(const char *name, int otherwise)
{
	const char *text = getenv(name);
	return text ? atoi(text) : otherwise;
}

/* ---- what is there ---- */

static int count_in(const char *path)
{
	int n = 0;
	DIR *d = opendir(path);
	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

static int files_of(pid_t pid)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	return count_in(path);
}

static long memory_of(pid_t pid)
{
	char path[64];
	long pages = 0, all;
	snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
	FILE *f = fopen(path, "r");
	if (!f || fscanf(f, "%ld %ld", &all, &pages) != 2)
		pages = 0;
	if (f)
		fclose(f);
	return pages * sysconf(_SC_PAGESIZE) / 1024;
}

/* A figure of the server's /metrics. */
static long metric(const char *name)
{
	static char text[65536];
	char wanted[100];
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(strrchr(server.url, ':') + 1)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t n = 0;
	ssize_t got;
	static const char request[] = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
	if (!connect(fd, (struct sockaddr *)&to, sizeof to) && write(fd, request, strlen(request)) > 0)
		while (n < sizeof text - 1 && (got = read(fd, text + n, sizeof text - 1 - n)) > 0)
			n += (size_t)got;
	close(fd);
	text[n] = 0;
	snprintf(wanted, sizeof wanted, "\nloquat_%s ", name);
	const char *at = strstr(text, wanted);
	return at ? atol(at + strlen(wanted)) : -1;
}

static int until(long (*value)(const char *), const char *name, long should)
{
	int64_t end = flow_now_ms() + 30000;
	while (value(name) != should && flow_now_ms() < end)
		usleep(20000); /* between two questions to the server */
	return value(name) == should;
}

/* ---- coming and going ---- */

static guest *guest_of(const lq_room *room)
{
	for (int i = 0; i < n_guests; i++)
		if (guests[i].room == room)
			return &guests[i];
	return NULL;
}

static void fetch(int ms)
{
	const lq_sdk_event *e;
	for (int i = 0; i < ENGINES; i++)
		for (int n = 0; n < 2000 && !lq_engine_poll(engines[i], i || n ? 0 : ms, &e); n++) {
			guest *g = e->room ? guest_of(e->room) : NULL;
			if (!g)
				continue;
			if (e->type == LQ_ON_JOINED) {
				if (e->code && e->code != LQ_ESTATE)
					wrong("a join gave", e->code, 0);
				g->joined = !e->code;
				joins++;
			}
			if (e->type == LQ_ON_LEFT || (e->type == LQ_ON_JOINED && e->code)) {
				if (e->code && e->code != LQ_ESTATE)
					wrong("a leave gave", e->code, 0);
				leaves++;
				lq_room_close(g->room);
				*g = (guest){0};
			}
		}
}

static void come(int i)
{
	guest *g = &guests[i];
	char user[20];
	lq_room_options o = {.size = sizeof o, .auto_publish_audio = LQ_OFF, .auto_publish_video = LQ_OFF, .auto_subscribe_audio = LQ_OFF, .auto_subscribe_video = LQ_OFF};
	snprintf(user, sizeof user, "guest-%d", i);
	if (lq_room_open(engines[i % ENGINES], "churn", &o, &g->room) ||
	    lq_room_join(g->room, &(lq_join_params){.size = sizeof(lq_join_params), .server = server.url, .user = user, .timeout_ms = 60000}))
		wrong("a guest that could come", 0, 1);
}

static void act(void)
{
	int i = (int)(random() % n_guests);
	guest *g = &guests[i];
	if (!g->room) {
		come(i);
	} else if (random() % 3 == 0) {
		lq_room_close(g->room); /* joined or not yet */
		*g = (guest){0};
	} else if (!g->leaving) {
		g->leaving = 1;
		lq_room_leave(g->room);
	}
}

static void churn(int seconds)
{
	int64_t end = flow_now_ms() + seconds * 1000;
	for (int i = 0; i < n_guests / 2; i++)
		come(2 * i);
	while (flow_now_ms() < end) {
		act();
		fetch(2);
	}
}

/* All who are there, and nobody else, are known to each. */
static int agree(void)
{
	int there = 0, all = 1;
	for (int i = 0; i < n_guests; i++)
		there += guests[i].room != NULL;
	for (int i = 0; i < n_guests; i++)
		if (guests[i].room)
			all &= guests[i].joined && !guests[i].leaving && lq_room_members(guests[i].room, NULL, 0) == there - 1;
	return all;
}

static void settle(void)
{
	int64_t end = flow_now_ms() + 60000;
	while (!agree() && flow_now_ms() < end)
		fetch(20);
	if (!agree())
		wrong("guests that agree on who is there", 0, 1);
	for (int i = 0; i < n_guests; i++) {
		lq_room_close(guests[i].room);
		guests[i] = (guest){0};
	}
	if (!until(metric, "members", 0) || !until(metric, "rooms", 0) || !until(metric, "connections", 0))
		wrong("members, rooms or connections of the server", metric("members") + metric("rooms") + metric("connections"), 0);
}

int main(void)
{
	char error[500], profile[1000], plugins[1000];
	const char *src = getenv("top_srcdir"), *build = getenv("top_builddir");
	int seconds = setting("LQ_CHURN_SECONDS", 6);
	long memory[2], server_memory[2];
	n_guests = setting("LQ_CHURN", 60);
	n_guests = n_guests < 10 ? 10 : n_guests > 500 ? 500 : n_guests;
	snprintf(profile, sizeof profile, "%s/tests/sdk/call.json", src ? src : "..");
	snprintf(plugins, sizeof plugins, "%s/plugins/.libs", build ? build : ".");
	lq_engine_config c = {.size = sizeof c, .profile = profile, .plugin_path = plugins};
	server = flow_server_start((const char *const[]){"--debug", NULL});
	for (int i = 0; i < ENGINES; i++)
		if (lq_engine_create(&c, &engines[i], error, sizeof error)) {
			printf("# %s\n", error);
			return 1;
		}
	int files = 0, threads = 0, server_files = 0;
	for (int round = 0; round < 2; round++) { /* what libraries keep from the first one on is not a loss */
		churn(round ? seconds : seconds / 3 + 1);
		settle();
		memory[round] = memory_of(getpid());
		server_memory[round] = memory_of(server.pid);
		if (!round) {
			files = files_of(getpid());
			threads = count_in("/proc/self/task");
			server_files = files_of(server.pid);
		}
	}
	if (files_of(getpid()) > files)
		wrong("open files", files_of(getpid()), files);
	if (count_in("/proc/self/task") != threads)
		wrong("threads", count_in("/proc/self/task"), threads);
	int64_t end = flow_now_ms() + 30000;
	while (files_of(server.pid) > server_files && flow_now_ms() < end)
		usleep(20000); /* the socket of our last question is just being closed */
	if (files_of(server.pid) > server_files)
		wrong("the server's open files", files_of(server.pid), server_files);
	if (!KEEPS_FREED && memory[1] > memory[0] * 5 / 4 + 8192)
		wrong("memory in KiB", memory[1], memory[0]);
	if (!KEEPS_FREED && server_memory[1] > server_memory[0] * 5 / 4 + 8192)
		wrong("the server's memory in KiB", server_memory[1], server_memory[0]);
	printf("%s: %d guests, %d joins, memory %ld and %ld KiB, the server's %ld and %ld KiB\n", failed ? "FAILED" : "ok", n_guests, joins, memory[0], memory[1],
	       server_memory[0], server_memory[1]);
	for (int i = 0; i < ENGINES; i++)
		lq_engine_destroy(engines[i]);
	flow_server_stop(&server, SIGTERM);
	return failed != 0 || joins < n_guests;
}
