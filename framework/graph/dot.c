/* The graph as a Graphviz drawing: a box for each loop with its nodes, and what flows between them. */
#include "graph/graph.h"

#include <stdlib.h>

/* A quoted string; line ends become Graphviz's own. */
static void quoted(FILE *f, const char *s)
{
	fputc('"', f);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fputc('\\', f);
		fputs(*s == '\n' ? "\\n" : (char[]){*s, 0}, f);
	}
	fputc('"', f);
}

static const char *colour(const lq_node *n)
{
	static const char *const colours[] = {"white", "#d8ecd8", "#dce6f7", "#f3f0d6", "#f5dcdc", "#e6dcf2"};
	if (atomic_load(&n->state) != NODE_RUNNING)
		return "#dddddd";
	return n->desc->kind < sizeof colours / sizeof *colours ? colours[n->desc->kind] : "white";
}

static void draw_node(FILE *f, const lq_node *n)
{
	static const char *const states[] = {"not started", NULL, "stopped", "failed"};
	const char *state = states[atomic_load(&n->state)];
	char label[700];
	int used = snprintf(label, sizeof label, "%s\n%s@%s", n->name, n->desc->id, n->plugin->name);
	if (n->proxy)
		used += snprintf(label + used, sizeof label - (size_t)used, "\nin a helper process");
	if (state)
		snprintf(label + used, sizeof label - (size_t)used, "\n(%s)", state);
	fprintf(f, "    n%p [label=", (const void *)n);
	quoted(f, label);
	fprintf(f, ", fillcolor=\"%s\"%s];\n", colour(n), n->converter ? ", style=\"filled,dashed\"" : "");
}

typedef struct drawing {
	FILE *f;
	lq_link *link;
} drawing;

/* [loop of to] */
static int draw_link(lq_node *node, void *arg)
{
	const drawing *d = arg;
	const lq_link *l = d->link;
	const lq__queue *q = &l->queue;
	char fmt[LQ__FORMAT_TEXT_MAX] = "not negotiated";
	if (l->format)
		lq__format_text(l->format, fmt, sizeof fmt);
	fprintf(d->f, "  n%p -> n%p [label=\"%s\\n", (const void *)l->from, (const void *)l->to, fmt);
	if (q->ring) {
		pthread_mutex_lock(&node->loop->lock);
		fprintf(d->f, "%s %u/%u", lq__queue_policy_name(q->policy), q->n, q->limit);
		pthread_mutex_unlock(&node->loop->lock);
		if (q->max_time)
			fprintf(d->f, ", %lld ms", (long long)(q->max_time / LQ_MSEC));
		fputs("\\n", d->f);
	}
	fprintf(d->f, "passed %llu, dropped %llu%s\"", (unsigned long long)atomic_load(&l->passed), (unsigned long long)atomic_load(&l->dropped),
	        atomic_load(&l->muted) ? ", muted" : "");
	fprintf(d->f, ", taillabel=");
	quoted(d->f, l->out->desc->name);
	fprintf(d->f, ", headlabel=");
	quoted(d->f, l->in->desc->name);
	fprintf(d->f, "%s];\n", q->ring ? ", style=dashed" : "");
	return 0;
}

static void draw_loop(FILE *f, const lq_graph *g, const lq__loop *l, int i)
{
	fprintf(f, "  subgraph cluster_%d {\n    label=", i);
	char label[300];
	snprintf(label, sizeof label, "loop %s%s%s", l->name, l->own ? " (its own)" : "", l->priority ? ", real-time" : "");
	quoted(f, label);
	fputs(";\n", f);
	for (const lq_node *n = g->nodes; n; n = n->next)
		if (n->loop == l)
			draw_node(f, n);
	fputs("  }\n", f);
}

char *lq_graph_dot(lq_graph *graph)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	if (!f)
		return NULL;
	int i = 0;
	fputs("digraph loquat {\n  rankdir=LR;\n  fontname=\"sans-serif\";\n  graph [style=rounded, color=\"#888888\"];\n"
	      "  node [shape=box, style=filled, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=10];\n", f);
	for (const lq__loop *l = graph->loops; l; l = l->next)
		draw_loop(f, graph, l, i++);
	for (lq_link *l = graph->links; l; l = l->next) {
		drawing d = {f, l};
		lq__node_call(l->to, draw_link, &d);
	}
	fputs("}\n", f);
	int failed = ferror(f);
	if (fclose(f) || failed) {
		free(text);
		return NULL;
	}
	return text;
}
