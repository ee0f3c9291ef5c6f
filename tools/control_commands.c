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

static int run_set(lq_graph *graph, call *c)
{
	lq_node *node = find_node(graph, c->args[0], c->diag);
	if (!node)
		return LQ_ENOENT;
	json_object_set_new(c->answer, "node", json_string(lq_node_name(node)));
	return lq_node_set_param(node, c->args[1], c->args[2], lq_node_name(node), c->diag);
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
	{"graph", "", 0, run_graph},
	{"dot", "", 0, run_dot},
	{"set", "NODE PARAM VALUE", 3, run_set},
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
	if (n != c->command->n_args)
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
