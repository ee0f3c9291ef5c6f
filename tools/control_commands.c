/* What a running process answers on its control socket. A command gets the graph where it may be used, its arguments as text, and an
 * object to put its answer into. */
#include "control.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <loquat/log.h>
#include <loquat/loquat.h>

#include "tool.h"

#define MAX_ARGS 16

typedef struct call {
	const struct control_command *command;
	const char *args[MAX_ARGS];
	size_t n_args;
	json_t *answer;
	lq_diag *diag;
} call;

struct control_command {
	const char *name, *args;
	size_t n_args;
	int more; /* PARAM=TEXT may follow */
	int (*run)(lq_graph *graph, call *c);
};

typedef struct search {
	lq_graph *graph;
	const char *name;
	lq_node *found;
	size_t n;
	char all[800];
} search;

static int is_tail(const char *name, const char *tail)
{
	size_t n = strlen(name), m = strlen(tail);
	return n > m && name[n - m - 1] == '/' && !strcmp(name + n - m, tail);
}

static void on_name(void *arg, const char *node, uint32_t port, const char *name, double value)
{
	search *s = arg;
	if (strcmp(name, "errors"))
		return; /* each node has this figure once */
	size_t used = strlen(s->all);
	snprintf(s->all + used, sizeof s->all - used, "%s%s", used ? ", " : "", node);
	if (!is_tail(node, s->name))
		return;
	s->found = lq_graph_find(s->graph, node);
	s->n++;
}

/* A node by its whole name ("run/cam"), or by its last part where that says enough. */
static lq_node *find_node(lq_graph *graph, const char *name, lq_diag *diag)
{
	search s = {.graph = graph, .name = name};
	lq_node *node = lq_graph_find(graph, name);
	if (node)
		return node;
	lq_graph_stats(graph, on_name, &s);
	if (s.n == 1)
		return s.found;
	lq_diag_add(diag, LQ_ENOENT, NULL, s.n ? "several nodes are called \"%s\": %s" : "there is no node \"%s\"; there are: %s", name, s.all);
	return NULL;
}

/* The node that the first argument names, told in the answer. */
static lq_node *first_node(lq_graph *graph, call *c)
{
	lq_node *node = find_node(graph, c->args[0], c->diag);
	if (node)
		json_object_set_new(c->answer, "node", json_string(lq_node_name(node)));
	return node;
}

static int run_set(lq_graph *graph, call *c)
{
	lq_node *node = first_node(graph, c);
	lq_param_text text = {c->args[1], c->args[2]};
	return node ? lq_node_change(node, &(lq_node_config){.params = &text, .n_params = 1}, lq_node_name(node), c->diag) : LQ_ENOENT;
}

/* Arguments PARAM=TEXT. Names are copied to `names`. */
typedef struct params {
	lq_param_text list[MAX_ARGS];
	char names[MAX_ARGS][64];
	size_t n;
} params;

static int parse_params(call *c, size_t first, size_t end, params *p)
{
	p->n = 0;
	for (size_t i = first; i < end; i++) {
		const char *eq = strchr(c->args[i], '=');
		size_t n = eq ? (size_t)(eq - c->args[i]) : 0;
		if (!n || n >= sizeof *p->names)
			return lq_diag_add(c->diag, LQ_EPARSE, NULL, "\"%s\" is not PARAM=TEXT", c->args[i]);
		snprintf(p->names[p->n], sizeof *p->names, "%.*s", (int)n, c->args[i]);
		p->list[p->n] = (lq_param_text){p->names[p->n], eq + 1};
		p->n++;
	}
	return 0;
}

static int ask_swap(lq_graph *graph, lq_edit *e, call *c, size_t first, size_t end)
{
	params p;
	if (end - first < 2)
		return lq_diag_add(c->diag, LQ_EINVAL, NULL, "swap takes NODE USE [PARAM=TEXT ...], and more of these after a +");
	lq_node *node = find_node(graph, c->args[first], c->diag);
	int r = node ? parse_params(c, first + 2, end, &p) : LQ_ENOENT;
	if (r)
		return r;
	lq_node_config config = {.use = c->args[first + 1], .params = p.list, .n_params = p.n};
	return lq_edit_replace(e, node, &config, c->args[first], c->diag, NULL);
}

/* Several nodes change at once: an encoder and its decoder, with a "+" between. */
static int run_swap(lq_graph *graph, call *c)
{
	lq_edit *e;
	int r = lq_edit_create(graph, &e);
	if (r)
		return r;
	for (size_t first = 0, end; first < c->n_args && !r; first = end + 1) {
		for (end = first; end < c->n_args && strcmp(c->args[end], "+"); )
			end++;
		r = ask_swap(graph, e, c, first, end);
	}
	if (!r)
		r = lq_edit_commit(e, 0, c->diag);
	lq_edit_destroy(e);
	return r;
}

/* The new node's name stands beside the old one's: "run/cam" and "blur" give "run/blur". */
static int run_insert(lq_graph *graph, call *c)
{
	char name[300], behind[100];
	params p;
	snprintf(behind, sizeof behind, "%s", c->args[0]);
	char *port = strchr(behind, '.');
	if (port)
		*port++ = 0;
	lq_node *node = find_node(graph, behind, c->diag);
	int r = node ? parse_params(c, 3, c->n_args, &p) : LQ_ENOENT;
	if (r)
		return r;
	const char *full = lq_node_name(node), *slash = strrchr(full, '/');
	snprintf(name, sizeof name, "%.*s%s", slash ? (int)(slash - full + 1) : 0, full, c->args[1]);
	json_object_set_new(c->answer, "node", json_string(name));
	return lq_node_insert_behind(node, port, &(lq_node_config){.name = name, .use = c->args[2], .params = p.list, .n_params = p.n}, c->args[1], c->diag);
}

static int run_remove(lq_graph *graph, call *c)
{
	lq_node *node = first_node(graph, c);
	return node ? lq_node_take_out(node, c->args[0], c->diag) : LQ_ENOENT;
}

static int run_dot(lq_graph *graph, call *c)
{
	char *dot = lq_graph_dot(graph);
	if (!dot)
		return LQ_ENOMEM;
	json_object_set_new(c->answer, "dot", json_string(dot));
	free(dot);
	return 0;
}

static void on_figure(void *arg, const char *node, uint32_t port, const char *name, double value)
{
	json_t *nodes = arg, *figures = json_object_get(nodes, node);
	if (!figures) {
		figures = json_array();
		json_object_set_new(nodes, node, figures);
	}
	json_array_append_new(figures, json_pack("{s:i, s:s, s:f}", "port", (int)port, "name", name, "value", value));
}

static json_t *node_json(lq_graph *graph, const char *name, json_t *figures)
{
	static const char *const kinds[] = {"?", "capture", "codec", "transport", "renderer", "filter"};
	const lq_node *n = lq_graph_find(graph, name);
	const lq_node_desc *d = lq_node_descriptor(n);
	const char *kind = kinds[d->kind < sizeof kinds / sizeof *kinds ? d->kind : 0];
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:O}", "name", name, "use", d->id, "kind", kind, "loop", lq_node_loop(n), "state", lq_node_state(n), "figures", figures);
}

static void on_link(void *arg, const lq_link_info *l)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:b}", "from", l->from, "from_port", l->from_port, "to", l->to, "to_port", l->to_port,
	                      "format", l->format, "passed", (json_int_t)l->passed, "dropped", (json_int_t)l->dropped, "muted", l->muted);
	if (l->converter)
		json_object_set_new(o, "converter", json_pack("{s:s, s:s}", "use", l->converter, "format", l->converted));
	if (l->policy)
		json_object_set_new(o, "queue", json_pack("{s:s, s:i, s:i, s:i}", "policy", l->policy, "depth", (int)l->depth, "maxDepth", (int)l->max_depth,
		                                          "limit", (int)l->limit));
	json_array_append_new(arg, o);
}

static int run_graph(lq_graph *graph, call *c)
{
	json_t *figures = json_object(), *nodes = json_array(), *links = json_array(), *value;
	const char *name;
	lq_graph_stats(graph, on_figure, figures);
	json_object_foreach(figures, name, value)
		json_array_append_new(nodes, node_json(graph, name, value));
	lq_graph_links(graph, on_link, links);
	json_object_set_new(c->answer, "time", json_integer(tool_now()));
	json_object_set_new(c->answer, "nodes", nodes);
	json_object_set_new(c->answer, "links", links);
	json_decref(figures);
	return 0;
}

static const struct control_command commands[] = {
	{"graph", "", 0, 0, run_graph},
	{"dot", "", 0, 0, run_dot},
	{"set", "NODE PARAM VALUE", 3, 0, run_set},
	{"swap", "NODE USE [PARAM=TEXT ...] [+ NODE USE ...]", 2, 1, run_swap},
	{"insert", "NODE NAME USE [PARAM=TEXT ...]", 3, 1, run_insert},
	{"remove", "NODE", 1, 0, run_remove},
};
#define N_COMMANDS (sizeof commands / sizeof *commands)

static int with_graph(lq_graph *graph, void *arg)
{
	call *c = arg;
	return c->command->run(graph, c);
}

static json_t *info(const control_config *config)
{
	json_t *names = json_array();
	for (size_t i = 0; i < N_COMMANDS; i++)
		json_array_append_new(names, json_pack("{s:s, s:s}", "name", commands[i].name, "args", commands[i].args));
	json_t *o = json_pack("{s:b, s:i, s:s, s:s, s:o}", "ok", 1, "pid", (int)getpid(), "what", config->what, "version", lq_version(), "commands", names);
	if (config->participants)
		json_object_set(o, "participants", config->participants);
	return o;
}

/* "why" of the first message, and all of them where there are several. Takes the answer's reference. */
static json_t *fail(json_t *answer, int code, const lq_diag *diag)
{
	json_t *all = json_array();
	for (size_t i = 0; i < lq_diag_count(diag); i++)
		json_array_append_new(all, json_string(lq_diag_text(diag, i)));
	json_object_set_new(answer, "ok", json_false());
	json_object_set_new(answer, "code", json_string(lq_error_name(code)));
	json_object_set_new(answer, "error", lq_diag_count(diag) ? json_incref(json_array_get(all, 0)) : json_string(lq_error_text(code)));
	json_object_set_new(answer, "messages", all);
	return answer;
}

/* 0, or a code after a message. */
static int take_args(call *c, const json_t *args)
{
	size_t n = json_array_size(args);
	if (n > MAX_ARGS || n < c->command->n_args || (n > c->command->n_args && !c->command->more))
		return lq_diag_add(c->diag, LQ_EINVAL, NULL, "%s takes %s", c->command->name, *c->command->args ? c->command->args : "no arguments");
	for (size_t i = 0; i < n; i++)
		if (!(c->args[i] = json_string_value(json_array_get(args, i))))
			return lq_diag_add(c->diag, LQ_EINVAL, NULL, "the arguments of %s are strings", c->command->name);
	c->n_args = n;
	return 0;
}

static int find_command(call *c, const char *name)
{
	char all[200] = "info";
	for (size_t i = 0; i < N_COMMANDS; i++) {
		size_t used = strlen(all);
		if (!strcmp(commands[i].name, name))
			c->command = &commands[i];
		snprintf(all + used, sizeof all - used, ", %s", commands[i].name);
	}
	return c->command ? 0 : lq_diag_add(c->diag, LQ_ENOENT, NULL, "there is no command \"%.80s\"; there are: %s", name, all);
}

json_t *control_answer(const control_config *config, json_t *request)
{
	const char *name = json_string_value(json_object_get(request, "cmd"));
	call c = {.answer = json_object(), .diag = lq_diag_create()};
	int r;
	if (name && !strcmp(name, "info")) {
		json_decref(c.answer);
		lq_diag_destroy(c.diag);
		return info(config);
	}
	if (!name)
		r = lq_diag_add(c.diag, LQ_EINVAL, NULL, "a request has a \"cmd\"");
	else if (!(r = find_command(&c, name)) && !(r = take_args(&c, json_object_get(request, "args"))) && !config->with_graph)
		r = lq_diag_add(c.diag, LQ_ESTATE, NULL, "this process has no graph of its own");
	else if (!r && (r = config->with_graph(config->owner, with_graph, &c)) == LQ_ESTATE && !lq_diag_count(c.diag))
		lq_diag_add(c.diag, r, NULL, "there is no graph yet");
	if (r)
		fail(c.answer, r, c.diag);
	else
		json_object_set_new(c.answer, "ok", json_true());
	lq_diag_destroy(c.diag);
	return c.answer;
}
