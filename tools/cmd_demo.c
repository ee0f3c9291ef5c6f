/* loquat demo: loquatd and two participants, each its own process, in a call on this machine. */
#include "tool.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "control.h"

static const char help[] =
	"usage: loquat demo [OPTIONS]\n\n"
	"Starts loquatd and two participants, alice and bob, each a process of its own, in one room. Each publishes a test picture and a tone and\n"
	"receives the other's. Shows a status line while it runs and a table at the end. Join them with a browser at the address that it prints.\n\n"
	"  --seconds N    how long (default: 20; 0: until Ctrl-C)\n"
	"  --input FILE   both publish this media file, looped\n"
	"  --devices      both use camera, microphone and speaker\n"
	"  --codec NAME   video codec: h264, vp8 or vp9\n"
	"  --headless     no windows and no sound\n"
	"  --out DIR      leave there: stats.json, alice.mkv and bob.mkv (what each received), alice.png, bob.png, call-graph.svg\n\n"
	"Exit status: 0, or 1 when either side saw no picture or heard no sound.\n";

enum { ALICE, BOB, N_PEOPLE };
static const char *const names[N_PEOPLE] = {"alice", "bob"};

struct person {
	child process;
	json_t *status; /* the last line that it printed */
	char record[PATH_MAX], snapshot[PATH_MAX], stats[PATH_MAX], graph[PATH_MAX];
};

struct demo {
	long seconds;
	const char *input, *codec, *out;
	int headless, devices;
	child server;
	long port;
	char url[64];
	struct person people[N_PEOPLE];
};

static void on_server_line(void *arg, char *line)
{
	struct demo *d = arg;
	json_t *o = json_loads(line, 0, NULL);
	if (o && !d->port)
		d->port = (long)json_integer_value(json_object_get(o, "port"));
	json_decref(o);
}

static int start_server(struct demo *d)
{
	char program[PATH_MAX];
	child_program("loquatd", program, sizeof program);
	char *argv[] = {program, "--debug", "--host", "127.0.0.1", "--port", "0", "--log-level", "warning", NULL};
	if (child_start(&d->server, argv))
		return tool_error(TOOL_FAILED, "demo", "%s could not be started: %s", program, strerror(errno));
	int64_t limit = tool_now() + 10 * 1000000000LL;
	while (!d->port && !tool_interrupted()) {
		struct pollfd p = {.fd = d->server.out, .events = POLLIN};
		poll(&p, 1, 100);
		child_read(&d->server, on_server_line, d);
		if (!d->port && (!child_running(&d->server) || tool_now() > limit))
			return tool_error(TOOL_FAILED, "demo", "loquatd did not come up");
	}
	snprintf(d->url, sizeof d->url, "ws://127.0.0.1:%ld", d->port);
	return TOOL_OK;
}

static int start_person(struct demo *d, int who)
{
	struct person *p = &d->people[who];
	char program[PATH_MAX];
	char *argv[40];
	int n = 0;
	child_program("loquat", program, sizeof program);
	const char *fixed[] = {program, "join", "--server", d->url, "--room", "demo", "--user", names[who], "--status-json"};
	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
		argv[n++] = (char *)fixed[i];
	if (d->headless)
		argv[n++] = "--headless";
	if (d->devices)
		argv[n++] = "--devices";
	const char *pairs[][2] = {{"--input", d->input}, {"--codec", d->codec}, {"--record", d->out ? p->record : NULL},
	                          {"--snapshot", d->out ? p->snapshot : NULL}, {"--stats", d->out ? p->stats : NULL},
	                          {"--graph", d->out && who == ALICE ? p->graph : NULL}};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		if (pairs[i][1]) {
			argv[n++] = (char *)pairs[i][0];
			argv[n++] = (char *)pairs[i][1];
		}
	argv[n] = NULL;
	if (child_start(&p->process, argv))
		return tool_error(TOOL_FAILED, "demo", "%s could not be started: %s", program, strerror(errno));
	return TOOL_OK;
}

static void on_person_line(void *arg, char *line)
{
	struct person *p = arg;
	json_t *o = json_loads(line, 0, NULL);
	if (!o || json_object_get(o, "event")) {
		json_decref(o);
		return;
	}
	json_decref(p->status);
	p->status = o;
}

static double number(const json_t *status, const char *group, const char *name)
{
	return json_number_value(json_object_get(group ? json_object_get(status, group) : status, name));
}

static void print_status(const struct demo *d, double seconds)
{
	printf("%s%3.0f s", isatty(1) ? "\r\033[K" : "", seconds);
	for (int i = 0; i < N_PEOPLE; i++) {
		const json_t *s = d->people[i].status;
		if (number(s, "video", "framesDecoded") > 0)
			printf("  |  %s sees %.0fx%.0f %4.1f fps, %.0f ms, hears %.0f %%", names[i], number(s, "video", "frameWidth"), number(s, "video", "frameHeight"),
			       number(s, "video", "framesPerSecond"), number(s, "latency_ms", "p50"), 100 * number(s, "audio", "audioLevel"));
		else
			printf("  |  %s %s", names[i], json_is_true(json_object_get(s, "joined")) ? "waits for the picture" : "joins");
	}
	if (!isatty(1))
		putchar('\n');
	fflush(stdout);
}

/* Watches the children until time is up. TOOL_FAILED when one ended early. */
static int watch(struct demo *d)
{
	int64_t start = tool_now(), next = start + 1000000000;
	while (!tool_interrupted() && (!d->seconds || tool_now() < start + d->seconds * 1000000000)) {
		struct pollfd fds[N_PEOPLE + 1];
		for (int i = 0; i < N_PEOPLE; i++)
			fds[i] = (struct pollfd){.fd = d->people[i].process.out, .events = POLLIN};
		fds[N_PEOPLE] = (struct pollfd){.fd = d->server.out, .events = POLLIN};
		poll(fds, N_PEOPLE + 1, 100);
		child_read(&d->server, on_server_line, d);
		if (!child_running(&d->server))
			return tool_error(TOOL_FAILED, "demo", "loquatd ended");
		for (int i = 0; i < N_PEOPLE; i++) {
			child_read(&d->people[i].process, on_person_line, &d->people[i]);
			if (!child_running(&d->people[i].process))
				return tool_error(TOOL_FAILED, "demo", "%s ended", names[i]);
		}
		if (tool_now() >= next) {
			print_status(d, (double)(next - start) / 1e9);
			next += 1000000000;
		}
	}
	return TOOL_OK;
}

static int watch_and_serve(struct demo *d)
{
	json_t *people = json_array();
	for (int i = 0; i < N_PEOPLE; i++)
		json_array_append_new(people, json_pack("{s:i, s:s}", "pid", (int)d->people[i].process.pid, "what", names[i]));
	control *c = control_start(&(control_config){.what = "demo", .participants = people});
	int status = watch(d);
	control_stop(c);
	json_decref(people);
	return status;
}

static void print_table(const struct demo *d)
{
	static const struct row {
		const char *title, *group, *name, *format;
	} rows[] = {
		{"joined in", NULL, "join_ms", "%.0f ms"},
		{"first picture after", NULL, "first_video_frame_ms", "%.0f ms"},
		{"pictures decoded", "video", "framesDecoded", "%.0f"},
		{"pictures a second", "video", "framesPerSecond", "%.1f"},
		{"freezes", "video", "freezeCount", "%.0f"},
		{"video packets lost", "video", "packetsLost", "%.0f"},
		{"sound samples", "audio", "totalSamplesReceived", "%.0f"},
		{"  of them concealed", "audio", "concealedSamples", "%.0f"},
		{"latency, median", "latency_ms", "p50", "%.0f ms"},
		{"latency, 95 %", "latency_ms", "p95", "%.0f ms"},
		{"picture behind sound", NULL, "av_skew_ms", "%.0f ms"},
	};
	printf("\n%-22s %14s %14s\n", "", names[ALICE], names[BOB]);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		printf("%-22s", rows[i].title);
		for (int k = 0; k < N_PEOPLE; k++) {
			const json_t *s = d->people[k].status, *v = json_object_get(rows[i].group ? json_object_get(s, rows[i].group) : s, rows[i].name);
			char text[32] = "-";
			if (json_is_number(v))
				snprintf(text, sizeof text, rows[i].format, json_number_value(v));
			printf(" %14s", text);
		}
		putchar('\n');
	}
}

static int judge(const struct demo *d)
{
	int status = TOOL_OK;
	for (int i = 0; i < N_PEOPLE; i++) {
		if (number(d->people[i].status, "video", "framesDecoded") < 1)
			status = tool_error(TOOL_FAILED, "demo", "%s saw no picture", names[i]);
		if (number(d->people[i].status, "audio", "totalSamplesReceived") < 1 || number(d->people[i].status, "audio", "audioLevel") <= 0.001)
			status = tool_error(TOOL_FAILED, "demo", "%s heard no sound", names[i]);
	}
	return status;
}

/* The participants' files become one stats.json. */
static int write_stats(const struct demo *d)
{
	char file[PATH_MAX];
	json_t *all = json_object();
	for (int i = 0; i < N_PEOPLE; i++) {
		json_t *one = json_load_file(d->people[i].stats, 0, NULL);
		json_object_set_new(all, names[i], one ? one : json_incref(d->people[i].status));
		unlink(d->people[i].stats);
	}
	json_t *out = json_pack("{s:o}", "participants", all);
	snprintf(file, sizeof file, "%s/stats.json", d->out);
	int bad = json_dump_file(out, file, JSON_INDENT(2));
	json_decref(out);
	if (bad)
		return tool_error(TOOL_FAILED, "demo", "%s could not be written", file);
	printf("\n%s: stats.json, alice.mkv, bob.mkv, alice.png, bob.png, call-graph.svg\n", d->out);
	return TOOL_OK;
}

static int prepare_out(struct demo *d)
{
	if (!d->out)
		return TOOL_OK;
	if (mkdir(d->out, 0777) && errno != EEXIST)
		return tool_error(TOOL_FAILED, "demo", "%s: %s", d->out, strerror(errno));
	for (int i = 0; i < N_PEOPLE; i++) {
		struct person *p = &d->people[i];
		snprintf(p->record, sizeof p->record, "%s/%s.mkv", d->out, names[i]);
		snprintf(p->snapshot, sizeof p->snapshot, "%s/%s.png", d->out, names[i]);
		snprintf(p->stats, sizeof p->stats, "%s/%s.json", d->out, names[i]);
		snprintf(p->graph, sizeof p->graph, "%s/call-graph.svg", d->out);
	}
	return TOOL_OK;
}

static int demo(struct demo *d)
{
	int status = prepare_out(d);
	if (!status)
		status = start_server(d);
	if (!status)
		printf("room server on %s; join with a browser: http://127.0.0.1:%ld/?room=demo\n", d->url, d->port);
	for (int i = 0; !status && i < N_PEOPLE; i++)
		status = start_person(d, i);
	if (!status) {
		status = watch_and_serve(d);
		if (isatty(1))
			putchar('\n');
	}
	for (int i = 0; i < N_PEOPLE; i++)
		if (d->people[i].process.pid || d->people[i].process.out > 0) {
			child_stop(&d->people[i].process, 10000);
			if (d->people[i].process.status && !status)
				status = tool_error(TOOL_FAILED, "demo", "%s failed", names[i]);
		}
	if (!status) {
		print_table(d);
		if (d->out && write_stats(d))
			status = TOOL_FAILED;
		if (judge(d))
			status = TOOL_FAILED;
	}
	child_stop(&d->server, 5000);
	for (int i = 0; i < N_PEOPLE; i++)
		json_decref(d->people[i].status);
	return status;
}

int cmd_demo(int argc, char **argv)
{
	static const struct option options[] = {
		{"help", no_argument, NULL, 'h'}, {"seconds", required_argument, NULL, 's'}, {"input", required_argument, NULL, 'i'}, {"devices", no_argument, NULL, 'd'},
		{"codec", required_argument, NULL, 'c'}, {"headless", no_argument, NULL, 'H'}, {"out", required_argument, NULL, 'o'}, {0}};
	static struct demo d = {.seconds = 20, .server.out = -1};
	for (int o; (o = getopt_long(argc, argv, "h", options, NULL)) != -1;)
		switch (o) {
		case 'h': fputs(help, stdout); return TOOL_OK;
		case 's':
			if (tool_number("demo", "--seconds", optarg, 0, 86400 * 365, &d.seconds))
				return TOOL_USAGE;
			break;
		case 'i': d.input = optarg; break;
		case 'd': d.devices = 1; break;
		case 'c': d.codec = optarg; break;
		case 'H': d.headless = 1; break;
		case 'o': d.out = optarg; break;
		default: return tool_usage("demo");
		}
	if (optind != argc)
		return tool_error(TOOL_USAGE, "demo", "\"%s\": demo takes options only", argv[optind]);
	if (d.input && access(d.input, R_OK))
		return tool_error(TOOL_FAILED, "demo", "--input: %s: %s", d.input, strerror(errno));
	tool_catch_signals();
	return demo(&d);
}
