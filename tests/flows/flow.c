#include "flow.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

lq_engine *flow_engine;

static void die(const char *why)
{
	fprintf(stderr, "%s\n", why);
	exit(99);
}

/* ---- the server ---- */

static void run_server(const char *const *args, int out)
{
	char path[1000];
	const char *build = getenv("top_builddir"), *argv[20] = {path, "--host", "127.0.0.1", "--port", "0", "--log-level", "warning"};
	int n = 7;
	snprintf(path, sizeof path, "%s/loquatd", build ? build : ".");
	while (*args && n < 19)
		argv[n++] = *args++;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(out, STDOUT_FILENO);
	execv(path, (char *const *)argv);
	_exit(127);
}

flow_server flow_server_start(const char *const *args)
{
	flow_server s = {0};
	int ends[2], port = 0;
	char line[256];
	if (pipe2(ends, O_CLOEXEC) || (s.pid = fork()) < 0)
		die("no process for the server");
	if (!s.pid)
		run_server(args, ends[1]);
	close(ends[1]);
	FILE *f = fdopen(ends[0], "r");
	const char *at = f && fgets(line, sizeof line, f) ? strstr(line, "\"port\":") : NULL;
	if (!at || sscanf(at, "\"port\":%d", &port) != 1)
		die("loquatd did not start");
	fclose(f);
	snprintf(s.url, sizeof s.url, "ws://127.0.0.1:%d", port);
	return s;
}

void flow_server_stop(flow_server *s, int how)
{
	int status = 0;
	if (s->pid <= 0)
		return;
	kill(s->pid, how);
	waitpid(s->pid, &status, 0);
	s->pid = 0;
	if (how == SIGTERM && (!WIFEXITED(status) || WEXITSTATUS(status)))
		die("loquatd did not end well");
}

/* ---- events ---- */

enum { KEPT = 1024, STRINGS = 10 };
static lq_sdk_event kept[KEPT], found;
static int n_kept;

static const char *const *strings(const lq_sdk_event *e)
{
	static const char *all[STRINGS];
	const char *now[] = {e->user, e->name, e->text, e->room_sid, e->call_id, e->users, e->attachment, e->group, e->guest_room, e->guest_user};
	memcpy(all, now, sizeof now);
	return all;
}

static void copy(lq_sdk_event *to, const lq_sdk_event *from)
{
	*to = *from;
	to->user = strdup(from->user);
	to->name = strdup(from->name);
	to->text = strdup(from->text);
	to->room_sid = strdup(from->room_sid);
	to->call_id = strdup(from->call_id);
	to->users = strdup(from->users);
	to->attachment = strdup(from->attachment);
	to->group = strdup(from->group);
	to->guest_room = strdup(from->guest_room);
	to->guest_user = strdup(from->guest_user);
}

static void clear(lq_sdk_event *e)
{
	for (int i = 0; e->size && i < STRINGS; i++)
		free((char *)strings(e)[i]);
	memset(e, 0, sizeof *e);
}

void flow_forget(void)
{
	const lq_sdk_event *e;
	while (!lq_engine_poll(flow_engine, 0, &e))
		;
	while (n_kept)
		clear(&kept[--n_kept]);
	clear(&found);
}

static int fetch(int timeout_ms)
{
	const lq_sdk_event *e;
	int r = lq_engine_poll(flow_engine, timeout_ms, &e);
	if (r)
		return r;
	if (n_kept == KEPT)
		die("more events than can be kept");
	copy(&kept[n_kept++], e);
	return 0;
}

void flow_fetch(int timeout_ms)
{
	fetch(timeout_ms);
}

static int is(const lq_sdk_event *e, lq_sdk_event_type type, const flow_want *w)
{
	return e->type == type && (!w->session || e->session == w->session) && (!w->room || e->room == w->room) && (!w->call || e->call == w->call) &&
	       (!w->user || !strcmp(e->user, w->user)) && (!w->kind || e->kind == w->kind) && (!w->stream || (int)e->stream == w->stream - 1) &&
	       (!w->stage || e->stage == w->stage);
}

static void show_kept(lq_sdk_event_type type)
{
	printf("# no event of type %d; these came:\n", type);
	for (int i = 0; i < n_kept; i++)
		printf("#   type %d session %p call %p user \"%s\" code %d reason %d: %s\n", kept[i].type, (void *)kept[i].session, (void *)kept[i].call, kept[i].user,
		       kept[i].code, kept[i].reason, kept[i].text);
}

const lq_sdk_event *flow_await(lq_sdk_event_type type, flow_want want)
{
	static const lq_sdk_event none = {.user = "", .name = "", .text = "", .room_sid = "", .call_id = "", .users = "", .attachment = "", .group = "", .guest_room = "", .guest_user = ""};
	int64_t until = flow_now_ms() + 30000;
	for (int i = 0;; i++) {
		if (i == n_kept && (flow_failed() || fetch((int)(until - flow_now_ms() > 0 ? until - flow_now_ms() : 0)))) {
			if (!flow_failed())
				show_kept(type);
			flow_fail(__FILE__, (int)type, "no event of this type came");
			return &none;
		}
		if (!is(&kept[i], type, &want))
			continue;
		clear(&found);
		found = kept[i];
		memmove(&kept[i], &kept[i + 1], (size_t)(--n_kept - i) * sizeof *kept);
		return &found;
	}
}

/* The answer to a question comes after all that was said before. */
int flow_count(lq_sdk_event_type type, flow_want want)
{
	int n = 0;
	if (want.session && !lq_session_watch(want.session, "nobody-at-all", 1))
		flow_await(LQ_ON_PRESENCE, (flow_want){.session = want.session, .user = "nobody-at-all"});
	while (!fetch(0))
		;
	for (int i = 0; i < n_kept; i++)
		n += is(&kept[i], type, &want);
	return n;
}

int64_t flow_now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- engine and checks ---- */

void flow_engine_start(void)
{
	flow_engine_start_fast(0);
}

void flow_engine_start_fast(double clock_rate)
{
	char error[2000], profile[1000], plugins[1000];
	const char *src = getenv("top_srcdir"), *build = getenv("top_builddir");
	snprintf(profile, sizeof profile, "%s/tests/sdk/call.json", src ? src : "..");
	snprintf(plugins, sizeof plugins, "%s/plugins/.libs", build ? build : ".");
	lq_engine_config c = {.size = sizeof c, .profile = profile, .plugin_path = plugins, .clock_rate = clock_rate, .virtual_devices = LQ_ON};
	if (lq_engine_create(&c, &flow_engine, error, sizeof error))
		die(error);
}

static char reason[600];

int flow_failed(void)
{
	return *reason != 0;
}

void flow_fail(const char *file, int line, const char *what)
{
	if (!*reason)
		snprintf(reason, sizeof reason, "%s:%d: %s", file, line, what);
}

int flow_run(const flow_check *checks, const char *only, void (*tidy)(void))
{
	int failed = 0, ran = 0;
	for (; checks->id; checks++) {
		if (only && strcmp(only, checks->id))
			continue;
		*reason = 0;
		checks->run();
		printf(*reason ? "%s FAILED: %s\n" : "%s ok\n", checks->id, reason);
		fflush(stdout);
		failed += *reason != 0;
		ran++;
		tidy();
	}
	return failed || !ran;
}
