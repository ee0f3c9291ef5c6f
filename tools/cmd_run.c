/* loquat run: a profile's graph on this machine, without a room. */
#include "tool.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <loquat/log.h>
#include <loquat/profile.h>

#include "control.h"
#include "picture.h"

static const char help[] =
	"usage: loquat run PROFILE [OPTIONS]\n\n"
	"Runs one graph of a profile (\"preview\", or a file of yours) until its sources end, its window is closed or Ctrl-C.\n\n"
	"  --graph NAME           which graph of the profile (default: run)\n"
	"  --set NODE.PARAM=TEXT  a parameter over the profile's; may be repeated\n"
	"  --seconds N            stop after N seconds\n"
	"  --virtual              without threads, on a clock that jumps from one event to the next: as fast as it goes, and the same each time.\n"
	"                         Nodes that work with a device or the network cannot do that\n"
	"  --stats                print every figure of every node and queue at the end\n"
	"  --draw FILE            at the end, draw the running graph to a .svg or .dot file\n";

struct run {
	const char *profile, *graph_name, *draw;
	const char *sets[64];
	int n_sets, stats, virtual;
	long seconds;
	atomic_int over, failed;
	int wake; /* eventfd: over was set, or someone asks */

	/* A question of the control socket's thread, which this one answers: the graph has one [control] thread. */
	pthread_mutex_t lock;
	pthread_cond_t answered;
	control_graph_fn ask; /* NULL: nobody asks */
	void *ask_arg;
	int answer, closed;
};

static void wake(struct run *r)
{
	if (eventfd_write(r->wake, 1))
		perror("loquat run");
}

static void end(struct run *r)
{
	atomic_store(&r->over, 1);
	wake(r);
}

/* The control's thread. */
static int with_graph(void *owner, control_graph_fn fn, void *arg)
{
	struct run *r = owner;
	pthread_mutex_lock(&r->lock);
	r->ask = fn;
	r->ask_arg = arg;
	r->answer = LQ_ESTATE;
	wake(r);
	while (r->ask && !r->closed)
		pthread_cond_wait(&r->answered, &r->lock);
	int result = r->answer;
	r->ask = NULL;
	pthread_mutex_unlock(&r->lock);
	return result;
}

static void answer_question(struct run *r, lq_graph *graph)
{
	pthread_mutex_lock(&r->lock);
	if (r->ask) {
		r->answer = r->ask(graph, r->ask_arg);
		r->ask = NULL;
		pthread_cond_signal(&r->answered);
	}
	pthread_mutex_unlock(&r->lock);
}

static void refuse_questions(struct run *r)
{
	pthread_mutex_lock(&r->lock);
	r->closed = 1;
	pthread_cond_signal(&r->answered);
	pthread_mutex_unlock(&r->lock);
}

static void on_event(void *arg, lq_node *node, const lq_event *e)
{
	struct run *r = arg;
	if (e->type == LQ_EVENT_WARNING) {
		fprintf(stderr, "loquat run: %s: %s\n", lq_node_name(node), e->text ? e->text : lq_error_text((int)e->value));
	} else if (e->type == LQ_EVENT_ERROR) {
		fprintf(stderr, "loquat run: %s: %s: %s\n", lq_node_name(node), lq_error_text((int)e->value), e->text ? e->text : "");
		atomic_store(&r->failed, 1);
		end(r);
	} else if (e->type == LQ_EVENT_DATA) {
		printf("data %s: %s\n", lq_node_name(node), e->text ? e->text : "");
		fflush(stdout);
	} else if (e->type == LQ_EVENT_CLOSED || e->type == LQ_EVENT_EOS) {
		end(r);
	}
}

/* "node.param=text" as a merge patch. */
static int apply_set(struct run *r, lq_profile *profile, const char *set, lq_diag *diag)
{
	const char *dot = strchr(set, '.'), *eq = strchr(set, '=');
	if (!dot || !eq || eq < dot)
		return lq_diag_add(diag, LQ_EPARSE, "--set", "\"%s\" is not NODE.PARAM=TEXT", set);
	json_t *o = json_object(), *params = json_object(), *node = json_pack("{s:o}", "params", params), *nodes = json_object();
	char key[128];
	snprintf(key, sizeof key, "%.*s", (int)(eq - dot - 1), dot + 1);
	json_object_set_new(params, key, json_string(eq + 1));
	snprintf(key, sizeof key, "%.*s", (int)(dot - set), set);
	json_object_set_new(nodes, key, node);
	json_object_set_new(o, "graphs", json_pack("{s:{s:o}}", r->graph_name, "nodes", nodes));
	char *text = json_dumps(o, 0);
	int result = text ? lq_profile_patch(profile, text, "--set", diag) : LQ_ENOMEM;
	free(text);
	json_decref(o);
	return result;
}

static void on_stat(void *arg, const char *node, uint32_t port, const char *name, double value)
{
	printf("%-20s %3u  %-24s %.10g\n", node, port, name, value);
}

static void wait_for_end(struct run *r, lq_graph *graph)
{
	int64_t end_time = tool_now() + r->seconds * 1000000000;
	while (!tool_interrupted() && !atomic_load(&r->over)) {
		struct pollfd p = {.fd = r->wake, .events = POLLIN};
		int64_t left = (end_time - tool_now()) / 1000000 + 1;
		eventfd_t n;
		if (r->seconds && left <= 0)
			break;
		if (poll(&p, 1, r->seconds && left < 1000 ? (int)left : 1000) == 1 && !eventfd_read(r->wake, &n))
			answer_question(r, graph);
	}
}

/* ---- --virtual ---- */

#define SLICE (100 * LQ_MSEC) /* of virtual time, between two looks at the world */

typedef struct judging {
	lq_graph *graph;
	lq_diag *diag;
} judging;

/* What a node works with that knows no virtual time; NULL nothing. */
static const char *real_thing(const lq_node_desc *d)
{
	if (d->kind == LQ_KIND_TRANSPORT && d->flags & LQ_NODE_LIVE)
		return "the network";
	if (d->flags & LQ_NODE_OWN_THREAD)
		return "a thread of its own";
	if (d->flags & LQ_NODE_BLOCKING || (d->kind == LQ_KIND_CAPTURE && ((const lq_capture_ops *)d->kind_ops)->devices) ||
	    (d->kind == LQ_KIND_RENDERER && ((const lq_renderer_ops *)d->kind_ops)->devices))
		return "a device";
	return NULL;
}

static void judge_node(void *arg, const char *name, uint32_t port, const char *figure, double value)
{
	const judging *j = arg;
	if (strcmp(figure, "errors")) /* each node has this one once */
		return;
	const lq_node_desc *d = lq_node_descriptor(lq_graph_find(j->graph, name));
	const char *what = real_thing(d);
	if (what)
		lq_diag_add(j->diag, LQ_ENOTSUP, name, "%s works with %s, whose time is real: it cannot run with --virtual", d->id, what);
}

static int judge(lq_graph *graph, lq_diag *diag)
{
	judging j = {graph, diag};
	lq_graph_stats(graph, judge_node, &j);
	return lq_diag_count(diag) ? LQ_ENOTSUP : 0;
}

static int run_virtual(struct run *r, lq_graph *graph, lq_clock *clock)
{
	int64_t start = lq_clock_now(clock), end_time = r->seconds ? start + r->seconds * LQ_SEC : INT64_MAX;
	int bad = 0;
	while (!bad && !tool_interrupted() && !atomic_load(&r->over) && lq_clock_now(clock) < end_time) {
		int64_t next = lq_clock_now(clock) + SLICE;
		bad = lq_graph_run_until(graph, next < end_time ? next : end_time);
		answer_question(r, graph);
	}
	return bad ? tool_error(TOOL_FAILED, "run", "%s", lq_error_text(bad)) : 0;
}

static int run_and_serve(struct run *r, lq_graph *graph, lq_clock *clock)
{
	char what[PATH_MAX + 8];
	int bad = 0;
	snprintf(what, sizeof what, "run %s", r->profile);
	control *c = control_start(&(control_config){.what = what, .with_graph = with_graph, .owner = r});
	if (clock)
		bad = run_virtual(r, graph, clock);
	else
		wait_for_end(r, graph);
	refuse_questions(r);
	control_stop(c);
	return bad;
}

static int finish(const struct run *r, lq_graph *graph)
{
	if (r->stats)
		lq_graph_stats(graph, on_stat, NULL);
	if (!r->draw)
		return 0;
	char *dot = lq_graph_dot(graph);
	int bad = !dot || picture_write("run", dot, r->draw);
	free(dot);
	return bad;
}

static int run_graph(struct run *r, const lq_profile *profile, lq_graph *graph, lq_clock *clock, lq_diag *diag)
{
	lq_profile_build_config build = {.graph_name = r->graph_name, .group = r->graph_name};
	int bad = lq_profile_build(profile, graph, &build, diag);
	if (!bad && clock)
		bad = judge(graph, diag);
	if (!bad)
		bad = lq_graph_start(graph, r->graph_name, diag);
	if (!bad)
		bad = run_and_serve(r, graph, clock);
	return bad ? bad : finish(r, graph);
}

static int run(struct run *r, lq_registry *reg, lq_diag *diag)
{
	lq_profile *profile = NULL;
	lq_graph *graph = NULL;
	lq_clock *clock = r->virtual ? lq_clock_virtual(LQ_SEC) : NULL;
	lq_graph_config config = {.registry = reg, .clock = clock, .threads = !r->virtual, .event_fn = on_event, .event_arg = r};
	int bad = r->virtual && !clock ? LQ_ENOMEM : lq_profile_load(r->profile, diag, &profile);
	for (int i = 0; !bad && i < r->n_sets; i++)
		bad = apply_set(r, profile, r->sets[i], diag);
	if (!bad)
		bad = lq_profile_check(profile, reg, diag);
	if (!bad)
		bad = lq_graph_create(&config, &graph);
	if (!bad)
		bad = run_graph(r, profile, graph, clock, diag);
	lq_graph_destroy(graph);
	lq_clock_destroy(clock);
	lq_profile_destroy(profile);
	return bad || atomic_load(&r->failed) ? TOOL_FAILED : TOOL_OK;
}

int cmd_run(int argc, char **argv)
{
	static const struct option options[] = {
		{"help", no_argument, NULL, 'h'}, {"graph", required_argument, NULL, 'g'}, {"set", required_argument, NULL, 's'},
		{"seconds", required_argument, NULL, 'n'}, {"stats", no_argument, NULL, 't'}, {"draw", required_argument, NULL, 'd'},
		{"virtual", no_argument, NULL, 'v'}, {0}};
	struct run r = {.graph_name = "run", .lock = PTHREAD_MUTEX_INITIALIZER, .answered = PTHREAD_COND_INITIALIZER};
	for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;)
		switch (c) {
		case 'h': fputs(help, stdout); return TOOL_OK;
		case 'g': r.graph_name = optarg; break;
		case 's':
			if (r.n_sets == 64)
				return tool_error(TOOL_USAGE, "run", "at most 64 times --set");
			r.sets[r.n_sets++] = optarg;
			break;
		case 'n':
			if (tool_number("run", "--seconds", optarg, 1, 86400 * 365, &r.seconds))
				return TOOL_USAGE;
			break;
		case 't': r.stats = 1; break;
		case 'd': r.draw = optarg; break;
		case 'v': r.virtual = 1; break;
		default: return tool_usage("run");
		}
	if (optind + 1 != argc)
		return tool_error(TOOL_USAGE, "run", "which profile? See `loquat run --help`");
	r.profile = argv[optind];
	lq_registry *reg = tool_registry("run");
	if (!reg)
		return TOOL_FAILED;
	tool_catch_signals();
	r.wake = eventfd(0, EFD_CLOEXEC);
	lq_diag *diag = lq_diag_create();
	int status = run(&r, reg, diag);
	if (lq_diag_count(diag))
		tool_diag(diag);
	lq_diag_destroy(diag);
	lq_registry_destroy(reg);
	close(r.wake);
	return status;
}
