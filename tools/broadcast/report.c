#include "report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <loquat/log.h>

#include "graph.h"

static void print(json_t *o)
{
	json_dumpf(o, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
	putchar('\n');
	fflush(stdout);
	json_decref(o);
}

static void add_reason(json_t *o, int code, const char *text)
{
	if (code)
		json_object_set_new(o, "code", json_string(lq_error_name(code)));
	if (code && *text)
		json_object_set_new(o, "text", json_string(text));
}

void report_state(report *r, const char *state, int code, const char *text)
{
	r->state = state;
	if (r->json) {
		json_t *o = json_pack("{s:s, s:s}", "event", "state", "state", state);
		add_reason(o, code, text);
		print(o);
	} else {
		fprintf(code ? stderr : stdout, "%s%s%s\n", code ? "loquat broadcast: " : "", code ? "" : state, code ? text : "");
		fflush(stdout);
	}
}

/* ---- targets ---- */

static void tell_target(report *r, int i, const char *state)
{
	const target *t = &r->spec->targets[i];
	int wrong = !strcmp(state, "waiting") || !strcmp(state, "failed");
	r->targets[i].state = state;
	if (r->json) {
		json_t *o = json_pack("{s:s, s:i, s:s, s:s}", "event", "target", "index", i, "url", t->where, "state", state);
		add_reason(o, wrong ? r->targets[i].code : 0, r->targets[i].text);
		print(o);
	} else {
		printf("%s: %s%s%s\n", t->where, state, wrong ? ": " : "", wrong ? r->targets[i].text : "");
		fflush(stdout);
	}
}

/* Without what the node's name adds. */
void report_trouble(report *r, int i, int code, const char *text)
{
	char place[40];
	int n = snprintf(place, sizeof place, "shared/" TARGET_NODE "%d: ", i);
	r->targets[i].code = code;
	snprintf(r->targets[i].text, sizeof r->targets[i].text, "%s", strncmp(text, place, (size_t)n) ? text : text + n);
}

/* While it is tried again and again it waits all the time. */
void report_target(report *r, int i, lq_connection_state state)
{
	const char *before = r->targets[i].state ? r->targets[i].state : "";
	int waiting = !strcmp(before, "waiting");
	switch (state) {
	case LQ_CONN_CONNECTING:
		if (!waiting)
			tell_target(r, i, "connecting");
		break;
	case LQ_CONN_CONNECTED: tell_target(r, i, "running"); break;
	case LQ_CONN_RECONNECTING: tell_target(r, i, "waiting"); break;
	case LQ_CONN_FAILED: tell_target(r, i, "failed"); break;
	default: break;
	}
}

int report_failed(const report *r, int i)
{
	return r->targets[i].state && !strcmp(r->targets[i].state, "failed");
}

void report_ended(report *r)
{
	for (int i = 0; i < r->spec->n_targets; i++)
		if (r->targets[i].state && !report_failed(r, i))
			tell_target(r, i, "ended");
}

/* ---- figures ---- */

typedef struct figures {
	const spec *spec;
	json_t *targets, *all;
} figures;

static json_t *number(double v)
{
	return v == floor(v) && fabs(v) < 1e15 ? json_integer((json_int_t)v) : json_real(v);
}

static void on_figure(const char *owner, const char *name, double value, void *arg)
{
	static const char *const wanted[] = {"packetsSent", "bytesSent", "packetsDropped", "groupsDropped", "connections", "failures"};
	static const char place[] = "node/shared/";
	figures *f = arg;
	if (f->spec->user && strstr(owner, "/in_") && !strcmp(name, "packetsForwarded"))
		json_object_set_new(f->all, "frames", number(value));
	if (strncmp(owner, place, sizeof place - 1))
		return;
	int i = broadcast_target(f->spec, owner + sizeof place - 1);
	if (!strcmp(owner + sizeof place - 1, "compose") && !strcmp(name, "framesComposed"))
		json_object_set_new(f->all, "frames", number(value));
	for (size_t k = 0; i >= 0 && k < sizeof wanted / sizeof *wanted; k++)
		if (!strcmp(wanted[k], name))
			json_object_set_new(json_array_get(f->targets, (size_t)i), name, number(value));
}

void report_figures(const report *r, lq_room *room, double seconds)
{
	figures f = {r->spec, json_array(), NULL};
	if (!r->json)
		return;
	f.all = json_pack("{s:s, s:f, s:o, s:i}", "event", "figures", "seconds", round(seconds * 10) / 10, "targets", f.targets, "frames", 0);
	for (int i = 0; i < r->spec->n_targets; i++)
		json_array_append_new(f.targets, json_pack("{s:i}", "index", i));
	if (room)
		lq_room_stats(room, on_figure, &f);
	print(f.all);
}

void report_answer(const report *r, const json_t *id, int code, const char *text)
{
	json_t *o = json_pack("{s:s, s:s, s:s}", "event", "answer", "code", lq_error_name(code), "text", text);
	if (id)
		json_object_set(o, "id", (json_t *)id);
	print(o);
}
