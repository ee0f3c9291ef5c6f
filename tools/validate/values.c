/* Values of parameters: the defaults, and the edges of each range. The host has checked what a plugin says of them. */
#include "validate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_TEXT = 5000 };

static int64_t choice(const lq_param_desc *d, const char *name)
{
	int64_t i = 0;
	while (d->choices[i] && strcmp(d->choices[i], name))
		i++;
	return i;
}

static lq_value parse(const lq_param_desc *d, const char *text)
{
	lq_value v = {.type = d->type, .s = ""};
	switch (d->type) {
	case LQ_PARAM_BOOL: v.i = !strcmp(text, "true") || !strcmp(text, "1") || !strcmp(text, "yes") || !strcmp(text, "on"); break;
	case LQ_PARAM_INT: v.f = (double)(v.i = strtoll(text, NULL, 10)); break;
	case LQ_PARAM_FLOAT: v.f = strtod(text, NULL); break;
	case LQ_PARAM_STRING: v.s = text; break;
	case LQ_PARAM_CHOICE:
		v.i = choice(d, text);
		v.s = d->choices[v.i] ? d->choices[v.i] : "";
		break;
	case LQ_PARAM_SIZE: sscanf(text, "%ux%u", &v.num, &v.den); break;
	case LQ_PARAM_FRACTION:
		v.den = 1;
		sscanf(text, "%u/%u", &v.num, &v.den);
		v.f = v.den ? (double)v.num / v.den : 0;
		break;
	}
	return v;
}

static const v_settings none, *settings = &none;

void v_set_defaults(const v_settings *s)
{
	settings = s;
}

/* Something for a parameter that has no default. */
static const char *stand_in(const lq_param_desc *d)
{
	static char number[32], path[128];
	if (d->type == LQ_PARAM_CHOICE)
		return d->choices[0];
	if (d->type == LQ_PARAM_STRING && d->flags & LQ_PARAM_FILE) {
		snprintf(path, sizeof path, "%s/file.mkv", settings->dir);
		return path;
	}
	if (d->type == LQ_PARAM_STRING)
		return "validate";
	snprintf(number, sizeof number, d->type == LQ_PARAM_SIZE ? "%.0fx%.0f" : "%.0f", d->max > 1 ? d->min : 1, d->max > 1 ? d->min : 1);
	return number;
}

void v_defaults(const lq_node_desc *desc, lq_value *values)
{
	for (uint32_t i = 0; i < desc->n_params && i < V_PARAMS; i++) {
		const lq_param_desc *d = &desc->params[i];
		const char *text = d->def ? d->def : stand_in(d);
		for (int k = 0; k < settings->n; k++)
			if (!strcmp(settings->names[k], d->name))
				text = settings->values[k];
		values[i] = parse(d, text);
		values[i].is_set = text != d->def;
	}
}

static const char *long_text(void)
{
	static char text[LONG_TEXT + 1];
	for (int i = 0; i < LONG_TEXT; i++)
		text[i] = "x\xc3\xa4y"[i % 4];
	return text;
}

static int edge_of_number(const lq_param_desc *d, uint32_t i, lq_value *out)
{
	static const double free_edges[] = {0, 1, -1, 2147483647, -2147483648.0, 9e18, -9e18};
	int bounded = d->min != d->max || d->min != 0;
	if (i >= (bounded ? 2 : sizeof free_edges / sizeof *free_edges))
		return 0;
	out->f = bounded ? (i ? d->max : d->min) : free_edges[i];
	out->i = (int64_t)out->f;
	return 1;
}

static int edge_of_size(const lq_param_desc *d, uint32_t i, lq_value *out)
{
	int bounded = d->min != d->max || d->min != 0;
	uint32_t low = bounded ? (uint32_t)d->min : 0, high = bounded ? (uint32_t)d->max : 999999999;
	uint32_t edges[][2] = {{low, low}, {high, high}, {low ? low : 1, high}, {high, low ? low : 1}, {low + 1, low + 3}};
	if (i >= sizeof edges / sizeof *edges)
		return 0;
	out->num = edges[i][0];
	out->den = edges[i][1];
	return 1;
}

static int edge_of_fraction(const lq_param_desc *d, uint32_t i, lq_value *out)
{
	int bounded = d->min != d->max || d->min != 0;
	uint32_t low = bounded ? (uint32_t)d->min : 0, high = bounded ? (uint32_t)d->max : 999999999;
	uint32_t edges[][2] = {{low, 1}, {high, 1}, {bounded ? low * 1000 : 1, bounded ? 1000 : 999999999}, {30000, 1001}};
	if (i >= sizeof edges / sizeof *edges)
		return 0;
	out->num = edges[i][0];
	out->den = edges[i][1];
	out->f = (double)out->num / out->den;
	return !bounded || (out->f >= d->min && out->f <= d->max);
}

static void say(const lq_value *v, char *text, size_t size)
{
	switch (v->type) {
	case LQ_PARAM_FLOAT: snprintf(text, size, "%g", v->f); break;
	case LQ_PARAM_STRING: snprintf(text, size, strlen(v->s) > 40 ? "\"%.8s…\" (a long text)" : "\"%s\"", v->s); break;
	case LQ_PARAM_CHOICE: snprintf(text, size, "%s", v->s); break;
	case LQ_PARAM_SIZE: snprintf(text, size, "%ux%u", v->num, v->den); break;
	case LQ_PARAM_FRACTION: snprintf(text, size, "%u/%u", v->num, v->den); break;
	default: snprintf(text, size, "%lld", (long long)v->i);
	}
}

int v_edge(const lq_param_desc *d, uint32_t i, lq_value *out, char *text, size_t size)
{
	const char *const texts[] = {"", long_text(), "%s%n/../\\\"'\n", "\xe2\x82\xac"};
	int more = 0;
	*out = (lq_value){.type = d->type, .is_set = 1, .s = ""};
	switch (d->type) {
	case LQ_PARAM_BOOL:
		out->i = i;
		more = i < 2;
		break;
	case LQ_PARAM_INT:
	case LQ_PARAM_FLOAT: more = edge_of_number(d, i, out); break;
	case LQ_PARAM_STRING:
		more = i < sizeof texts / sizeof *texts;
		out->s = more ? texts[i] : "";
		break;
	case LQ_PARAM_CHOICE:
		more = d->choices[i] != NULL;
		out->i = i;
		out->s = more ? d->choices[i] : "";
		break;
	case LQ_PARAM_SIZE: more = edge_of_size(d, i, out); break;
	case LQ_PARAM_FRACTION: more = edge_of_fraction(d, i, out); break;
	}
	if (more)
		say(out, text, size);
	return more;
}
