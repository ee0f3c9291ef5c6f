/* loquat validate-plugin: is a plugin fit for calls? */
#include "../tool.h"
#include "validate.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <loquat/log.h>

static const char help[] =
	"usage: loquat validate-plugin FILE.so… [OPTIONS]\n\n"
	"Puts plugins to the test, as a host that watches every step: 1,000 lives, media of all listed formats, none and too much of it, changes of\n"
	"format in mid-stream, every parameter at its edges, events, failing allocations. Says in plain words what is wrong, one line each. A node that\n"
	"needs a device which is not there is skipped.\n\n"
	"  --node ID      only this node; may be repeated\n"
	"  --check NAME   only this check; may be repeated\n"
	"  --set P=TEXT   a parameter where its default does not do, for example a file; may be repeated\n"
	"  --timeout N    seconds that a check may take (default: 60)\n"
	"  --verbose      name each check as it is made\n\n"
	"Exit status: 0 nothing is wrong, 1 something is, 2 wrong usage.\n";

enum { MAX_NAMES = 16, MAX_LINES = 512 };

struct validate {
	const char *file, *path; /* as it was said, and from anywhere */
	const char *nodes[MAX_NAMES], *checks[MAX_NAMES];
	int n_nodes, n_checks, verbose;
	long timeout;
	v_settings settings;
	v_trace *trace; /* shared with the child */
	int findings, passed, skipped;
};

/* In the child: the plugin, or a finding. */
static const lq_plugin *load(const char *file)
{
	lq_registry *reg = NULL;
	lq_plugin_info info;
	if (lq_registry_create(&reg))
		v_skip("no memory");
	if (lq_registry_load(reg, file, NULL)) {
		v_find("cannot be loaded: %s", lq_registry_plugin(reg, 0, &info) ? "out of memory" : info.reason);
		return NULL;
	}
	lq_registry_plugin(reg, 0, &info);
	return info.plugin;
}

/* Tells the parent which nodes there are: "=ID", with a TAB and the reason where it cannot work here. */
static void list_nodes(const struct validate *c, int fd)
{
	const lq_plugin *p = load(c->path);
	for (uint32_t i = 0; p && i < p->n_nodes; i++) {
		char why[256] = "";
		const lq_node_desc *d = p->nodes[i];
		snprintf(c->trace->op, sizeof c->trace->op, "probe");
		int r = d->ops->probe ? d->ops->probe(why, sizeof why) : 0;
		c->trace->op[0] = 0;
		if (r > 0)
			v_find("%s: returns %d from probe: an op returns 0 or a negative LQ_E*", d->id, r);
		if (r && !*why)
			snprintf(why, sizeof why, "its probe says %s", lq_error_text(r));
		dprintf(fd, "=%s\t%s\n", d->id, r ? why : "");
	}
}

static void run_check(const struct validate *c, const char *id, const v_check *check)
{
	const lq_plugin *p = load(c->path);
	v_world_check();
	for (uint32_t i = 0; p && i < p->n_nodes; i++)
		if (!strcmp(p->nodes[i]->id, id))
			check->run(p->nodes[i]);
	if (p && p->exit) {
		snprintf(c->trace->op, sizeof c->trace->op, "exit");
		p->exit();
		c->trace->op[0] = 0;
	}
	v_step("%s", "");
	v_world_check();
}

/* Reads until the child closes its end or the time is over; returns the text, which the caller frees. */
static char *read_all(int fd, long seconds, int *late)
{
	size_t size = 0, room = 65536;
	char *text = malloc(room);
	int64_t end = tool_now() + seconds * 1000000000;
	for (*late = 0; text;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left = (end - tool_now()) / 1000000;
		if (left <= 0 || poll(&p, 1, (int)left) == 0) {
			*late = 1;
			break;
		}
		ssize_t n = read(fd, text + size, room - 1 - size);
		if (n <= 0)
			break;
		size += (size_t)n;
		if (size == room - 1)
			break; /* says more than anybody wants to read */
	}
	if (text)
		text[size] = 0;
	return text;
}

static void finding(struct validate *c, const char *node, const char *text)
{
	printf("%s: %s%s%s\n", c->file, node ? node : "", node ? ": " : "", text);
	c->findings++;
}

/* How a child ended that did not end well. */
static void check_end(struct validate *c, const char *node, const char *check, int status, int late)
{
	char text[400];
	const v_trace *t = c->trace;
	const char *in = *t->op ? " in " : "", *step = *t->step ? ", " : "";
	if (late)
		snprintf(text, sizeof text, "hangs%s%s (check %s%s%s): no end after %ld seconds", in, t->op, check, step, t->step, c->timeout);
	else if (WIFSIGNALED(status))
		snprintf(text, sizeof text, "crashes%s%s with %s (check %s%s%s)", in, t->op, strsignal(WTERMSIG(status)), check, step, t->step);
	else if (WEXITSTATUS(status) && WEXITSTATUS(status) != 3)
		snprintf(text, sizeof text, "ends the whole program%s%s with status %d (check %s%s%s)", in, t->op, WEXITSTATUS(status), check, step, t->step);
	else
		return;
	finding(c, node, text);
}

/* What a plugin writes to the terminal is not ours; what it writes to standard output is counted (world.c). */
static void silence(void)
{
	int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC), counted = memfd_create("stdout", MFD_CLOEXEC);
	if (nothing >= 0) {
		dup2(counted >= 0 ? counted : nothing, STDOUT_FILENO);
		dup2(nothing, STDERR_FILENO);
		close(nothing);
	}
	if (counted >= 0)
		close(counted);
}

/* Files that a node writes by a relative name, or by any name that is tried, go into a folder that is removed. */
static void go_to_scratch(const v_settings *s)
{
	if (chdir(s->dir))
		v_skip("there is no folder %s any more", s->dir);
}

/* Runs a check, or lists the nodes where there is none, in a process of its own. Returns what it said. */
static char *in_child(struct validate *c, const char *node, const v_check *check)
{
	int fds[2], late, status = 0;
	*c->trace = (v_trace){0};
	fflush(stdout);
	if (pipe(fds))
		return NULL;
	pid_t pid = fork();
	if (!pid) {
		close(fds[0]);
		silence();
		v_report_to(fds[1], c->trace);
		v_catch_faults();
		v_set_defaults(&c->settings);
		go_to_scratch(&c->settings);
		v_world_save();
		if (check)
			run_check(c, node, check);
		else
			list_nodes(c, fds[1]);
		_exit(0);
	}
	close(fds[1]);
	char *said = pid > 0 ? read_all(fds[0], c->timeout, &late) : NULL;
	close(fds[0]);
	if (pid > 0) {
		if (late)
			kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		check_end(c, node, check ? check->name : "load", status, said ? late : 0);
	}
	return said;
}

/* Prints a child's findings, each once a node. Returns the reason of a skip, NULL none. */
static const char *take_lines(struct validate *c, const char *node, char *said, char **seen, int *n_seen)
{
	const char *skip = NULL;
	for (char *l = said ? strtok(said, "\n") : NULL; l; l = strtok(NULL, "\n")) {
		int known = 0;
		char *words = strchr(l, ' ');
		if (!words)
			continue;
		*words++ = 0; /* what is before it is the kind; faults have but their words */
		const char *kind = strcmp(l, "!fault") ? l : words;
		if (*l == '-')
			skip = words;
		if (*l != '!')
			continue;
		for (int i = 0; i < *n_seen; i++)
			known |= !strcmp(seen[i], kind);
		if (known)
			continue;
		if (*n_seen < MAX_LINES)
			seen[(*n_seen)++] = strdup(kind);
		finding(c, node, words);
	}
	return skip;
}

static int is_wanted(const char *name, const char *const *names, int n)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return 1;
	return !n;
}

static void validate_node(struct validate *c, const char *node)
{
	char *seen[MAX_LINES], reason[600] = "";
	int n_seen = 0, before = c->findings;
	for (uint32_t i = 0; i < v_n_checks; i++) {
		if (!is_wanted(v_checks[i].name, c->checks, c->n_checks))
			continue;
		if (c->verbose)
			printf("%s: %s: check %s\n", c->file, node, v_checks[i].name);
		char *said = in_child(c, node, &v_checks[i]);
		const char *skip = take_lines(c, node, said, seen, &n_seen);
		if (skip)
			snprintf(reason, sizeof reason, "%s", skip);
		free(said);
	}
	if (*reason && before == c->findings) {
		printf("%s: %s: skipped in part: %s\n", c->file, node, reason);
		c->skipped++;
	} else if (before == c->findings) {
		c->passed++;
	}
	while (n_seen)
		free(seen[--n_seen]);
}

static void validate_file(struct validate *c)
{
	char *seen[MAX_LINES], *rest, *said = in_child(c, NULL, NULL), *copy = said ? strdup(said) : NULL;
	int n_seen = 0, any = 0;
	take_lines(c, NULL, copy, seen, &n_seen);
	for (char *l = said ? strtok_r(said, "\n", &rest) : NULL; l; l = strtok_r(NULL, "\n", &rest)) {
		char *why = strchr(l, '\t');
		if (*l != '=' || !why)
			continue;
		*why++ = 0;
		if (!is_wanted(l + 1, c->nodes, c->n_nodes))
			continue;
		any = 1;
		if (*why) {
			printf("%s: %s: skipped: %s\n", c->file, l + 1, why);
			c->skipped++;
		} else {
			validate_node(c, l + 1);
		}
	}
	if (!any && !c->findings)
		finding(c, NULL, "has no such node");
	while (n_seen)
		free(seen[--n_seen]);
	free(copy);
	free(said);
}

static int add_name(const char **names, int *n, const char *name)
{
	if (*n == MAX_NAMES)
		return tool_error(TOOL_USAGE, "validate-plugin", "at most %d names", MAX_NAMES);
	names[(*n)++] = name;
	return 0;
}

static int add_setting(v_settings *s, char *text)
{
	char *eq = strchr(text, '=');
	if (!eq || s->n == (int)(sizeof s->names / sizeof *s->names))
		return tool_error(TOOL_USAGE, "validate-plugin", eq ? "too many times --set" : "--set: \"%s\" is not PARAM=TEXT", text);
	*eq = 0;
	s->names[s->n] = text;
	char *file = eq[1] != '/' && strchr(eq + 1, '.') ? realpath(eq + 1, NULL) : NULL; /* the checks run elsewhere */
	s->values[s->n++] = file ? file : eq + 1;
	return 0;
}

/* A folder for what nodes write, and its end. */
static int make_dir(v_settings *s)
{
	snprintf(s->dir, sizeof s->dir, "/tmp/loquat-validate-XXXXXX");
	return mkdtemp(s->dir) ? 0 : tool_error(TOOL_FAILED, "validate-plugin", "there is no room in /tmp");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	return remove(path);
}

static void remove_dir(const v_settings *s)
{
	nftw(s->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int is_check(const char *name)
{
	for (uint32_t i = 0; i < v_n_checks; i++)
		if (!strcmp(v_checks[i].name, name))
			return 1;
	fprintf(stderr, "loquat validate-plugin: there is no check \"%s\"; there are", name);
	for (uint32_t i = 0; i < v_n_checks; i++)
		fprintf(stderr, "%s %s", i ? "," : "", v_checks[i].name);
	fputc('\n', stderr);
	return 0;
}

static int parse(struct validate *c, int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'h'},        {"node", required_argument, NULL, 'n'},
	                                        {"check", required_argument, NULL, 'c'}, {"timeout", required_argument, NULL, 't'},
	                                        {"set", required_argument, NULL, 's'},   {"verbose", no_argument, NULL, 'v'},
	                                        {0}};
	int bad = 0;
	for (int o; !bad && (o = getopt_long(argc, argv, "h", options, NULL)) != -1;)
		switch (o) {
		case 'h': fputs(help, stdout); return -1;
		case 'v': c->verbose = 1; break;
		case 'n': bad = add_name(c->nodes, &c->n_nodes, optarg); break;
		case 'c': bad = !is_check(optarg) || add_name(c->checks, &c->n_checks, optarg) ? TOOL_USAGE : 0; break;
		case 's': bad = add_setting(&c->settings, optarg); break;
		case 't': bad = tool_number("validate-plugin", "--timeout", optarg, 1, 3600, &c->timeout) ? TOOL_USAGE : 0; break;
		default: bad = tool_usage("validate-plugin");
		}
	if (!bad && optind == argc)
		bad = tool_error(TOOL_USAGE, "validate-plugin", "which file? See `loquat validate-plugin --help`");
	return bad;
}

/* The allocator's caches count as memory in use and fill slowly; without them a leak shows to the byte. glibc reads this when a program starts. */
static void count_exactly(char **argv)
{
	static const char no_caches[] = "glibc.malloc.tcache_count=0";
	const char *now = getenv("GLIBC_TUNABLES");
	char with[1000];
	if (now && strstr(now, no_caches))
		return;
	snprintf(with, sizeof with, "%s%s%s", no_caches, now ? ":" : "", now ? now : "");
	if (!setenv("GLIBC_TUNABLES", with, 1))
		execv("/proc/self/exe", argv);
}

int cmd_validate_plugin(int argc, char **argv)
{
	count_exactly(argv - 1); /* with the program's name */
	struct validate c = {.timeout = 60};
	int total = 0, bad = parse(&c, argc, argv);
	if (bad)
		return bad < 0 ? TOOL_OK : bad;
	c.trace = mmap(NULL, sizeof *c.trace, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c.trace == MAP_FAILED)
		return tool_error(TOOL_FAILED, "validate-plugin", "out of memory");
	if (make_dir(&c.settings))
		return TOOL_FAILED;
	for (int i = optind; i < argc; i++) {
		char path[PATH_MAX];
		c.file = argv[i];
		c.path = realpath(argv[i], path) ? path : argv[i];
		c.findings = c.passed = c.skipped = 0;
		validate_file(&c);
		printf("%s: %d node%s passed, %d skipped, %d finding%s\n", c.file, c.passed, c.passed == 1 ? "" : "s", c.skipped, c.findings,
		       c.findings == 1 ? "" : "s");
		total += c.findings;
	}
	remove_dir(&c.settings);
	return total ? TOOL_FAILED : TOOL_OK;
}
