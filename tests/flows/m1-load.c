/* `m1-load SERVER`: loads libloquat, uses it, unloads it, a hundred times; fails when something is left behind. */
#include <dirent.h>
#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/loquat.h>

enum { WARM = 10, TIMES = 100 };

/* A sanitizer's search for leaks stumbles over thread-local memory of unloaded libraries; here memory is counted. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static void *lib;

static void *find(const char *name)
{
	void *f = dlsym(lib, name);
	if (!f) {
		printf("m1-load: %s\n", dlerror());
		exit(1);
	}
	return f;
}
#define CALL(name) ((__typeof__(&name))find(#name))

static int entries(const char *path)
{
	int n = 0;
	DIR *d = opendir(path);
	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

/* Engine, room, preview, join, frames; then all of it is destroyed, the first time in the middle of everything. */
static int use(const char *server, int orderly)
{
	char error[1000] = "";
	lq_engine *engine = NULL;
	lq_room *room = NULL;
	const lq_sdk_event *e;
	lq_room_options o = {.size = sizeof o, .auto_publish_audio = LQ_OFF, .auto_publish_video = LQ_OFF};
	lq_join_params p = {.size = sizeof p, .server = server};
	lq_engine_config c = {.size = sizeof c, .app_id = "m1"};
	int r = CALL(lq_engine_create)(&c, &engine, error, sizeof error);
	if (r) {
		printf("m1-load: engine: %s\n", error);
		return r;
	}
	r = CALL(lq_room_open)(engine, "m1 load", &o, &room);
	if (!r)
		r = CALL(lq_preview_start)(room, LQ_STREAM_MAIN);
	if (!r)
		r = CALL(lq_room_join)(room, &p);
	for (int have = 0; !r && orderly && have != 3;) {
		r = CALL(lq_engine_poll)(engine, 30000, &e);
		have |= r ? 0 : e->type == LQ_ON_JOINED && !e->code ? 1 : e->type == LQ_ON_FIRST_FRAME ? 2 : 0;
	}
	int d = CALL(lq_engine_destroy)(engine);
	return r ? r : d;
}

static int once(const char *path, const char *server, int i)
{
	lib = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!lib) {
		printf("m1-load: %s\n", dlerror());
		return -1;
	}
	int r = use(server, i % 4 != 1);
	if (r)
		printf("m1-load: round %d: %d\n", i, r);
	dlclose(lib);
	return r;
}

int main(int argc, char **argv)
{
	char path[1000];
	const char *build = getenv("top_builddir");
	size_t before = 0;
	int files = 0;
	snprintf(path, sizeof path, "%s/.libs/libloquat.so", build ? build : ".");
	if (argc < 2)
		return 2;
	for (int i = 0; i < TIMES; i++) {
		if (once(path, argv[1], i))
			return 1;
		if (i == WARM) {
			before = mallinfo2().uordblks;
			files = entries("/proc/self/fd");
		}
	}
	size_t now = mallinfo2().uordblks;
	printf("# m1-load: %zu bytes in use after %d rounds, %zu after %d; %d threads\n", before, WARM, now, TIMES, entries("/proc/self/task") - 2);
	if (entries("/proc/self/fd") > files || entries("/proc/self/task") - 2 != 1)
		return printf("m1-load: descriptors or threads are left\n"), 1;
	return now > before + 90 * 1024 ? printf("m1-load: memory is left\n"), 1 : 0; /* a KiB a round */
}
