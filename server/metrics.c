/* /metrics in Prometheus' text format. */
#include <stdarg.h>
#include <stdio.h>

#include <loquat/plugin/host.h>

#include "server/hooks/hooks.h"
#include "server/media/media.h"
#include "server/server.h"

typedef struct sheet {
	char *out;
	size_t size, len;
} sheet;

static void print(sheet *s, const char *fmt, ...) LQ_PRINTF(2, 3);
static void print(sheet *s, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(s->out + s->len, s->size - s->len, fmt, args);
	va_end(args);
	if (n > 0 && (size_t)n < s->size - s->len)
		s->len += (size_t)n; /* a line that does not fit is left out */
}

static void metric(sheet *s, const char *type, const char *name, const char *help, uint64_t value)
{
	print(s, "# HELP loquat_%s %s\n# TYPE loquat_%s %s\nloquat_%s %llu\n", name, help, name, type, name, (unsigned long long)value);
}

static void counter(void *arg, const char *name, const char *help, uint64_t value)
{
	metric(arg, "counter", name, help, value);
}

static void egress_metrics(sheet *s, const lq__egress_service *e)
{
	const lq__egress_figures *f = &e->tasks.figures;
	print(s, "# HELP loquat_egress_tasks Egress tasks by state.\n# TYPE loquat_egress_tasks gauge\n");
	for (lq__egress_state state = LQ_EGRESS_STARTING; state < LQ_EGRESS_ENDED; state++)
		print(s, "loquat_egress_tasks{state=\"%s\"} %u\n", lq__egress_state_name(state), lq__egress_count(&e->tasks, state));
	counter(s, "egress_started_total", "Egress tasks that were started.", f->started);
	counter(s, "egress_failed_total", "Egress tasks that failed.", f->failed);
	counter(s, "egress_restarts_total", "Processes of egress tasks that were started again.", f->restarts);
	counter(s, "egress_refused_lines_total", "Lines of such processes that made no sense.", f->refused_lines);
}

static void hooks_metrics(sheet *s, lq__hooks *hooks)
{
	lq__hooks_figures f = {0};
	if (hooks)
		lq__hooks_figures_get(hooks, &f);
	metric(s, "gauge", "webhooks_waiting", "Events that have not been told yet.", f.waiting);
	counter(s, "webhooks_total", "Events that were told by webhook.", f.sent);
	counter(s, "webhook_retries_total", "Attempts that failed.", f.retries);
	counter(s, "webhooks_dropped_total", "Events that could not be told.", f.dropped);
}

size_t lq__metrics(const lq__server *server, char *out, size_t size)
{
	sheet s = {out, size, 0};
	lq__rooms_figures f;
	out[0] = 0;
	lq__rooms_figures_get(server->service.rooms, &f);
	metric(&s, "gauge", "uptime_seconds", "Since loquatd started.", (uint64_t)(lq__server_now() - server->started) / 1000000000u);
	metric(&s, "gauge", "connections", "Open WebSocket connections.", server->n_connections);
	metric(&s, "gauge", "rooms", "Rooms with members.", f.rooms);
	metric(&s, "gauge", "members", "Members in all rooms.", f.members);
	metric(&s, "gauge", "tracks", "Published tracks.", f.tracks);
	lq__calls_figures calls;
	lq__calls_figures_get(server->service.calls, &calls);
	metric(&s, "gauge", "sessions", "Devices that are logged in, or waited for.", calls.devices);
	metric(&s, "gauge", "calls", "Calls that ring or run.", calls.calls);
	counter(&s, "calls_total", "Calls that ended.", calls.calls_total);
	counter(&s, "session_messages_total", "Messages from user to user.", calls.messages);
	counter(&s, "lost_session_events_total", "Events that could not be made for want of memory.", calls.lost_events);
	counter(&s, "joins_total", "Successful joins.", f.joins);
	counter(&s, "kicks_total", "Members that the server put out.", f.kicks);
	counter(&s, "member_timeouts_total", "Members that gave no sign of life.", f.timeouts);
	counter(&s, "member_losses_total", "Members whose socket was lost.", f.losses);
	counter(&s, "resumes_total", "Members that came back on another socket and went on.", f.resumes);
	counter(&s, "refused_messages_total", "Messages that were no requests.", server->service.refused_messages);
	counter(&s, "refused_tokens_total", "Joins refused because of the token.", server->service.refused_tokens);
	counter(&s, "overflows_total", "Connections closed because they did not read.", server->overflows);
	egress_metrics(&s, &server->egress);
	hooks_metrics(&s, server->service.hooks);
	lq__media_counters(server->service.media, counter, &s);
	return s.len;
}
