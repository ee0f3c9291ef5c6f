/* What becomes of a node when its helper ends: its buffers come back, the app is told, and a new helper is started and told all that the node was told
 * before. Nothing of that makes the loop wait. */
#include "isolate/proxy.h"

#include <signal.h>
#include <sys/wait.h>

#include "plugin/spawn.h"

#define REPORT_EVERY LQ_SEC
#define TICK LQ_SEC

static int is_running(const lq__proxy *p)
{
	return p->node && !p->is_stopping && !p->node->ended && atomic_load(&p->node->state) == NODE_RUNNING;
}

static void watch(lq__proxy *p)
{
	if (is_running(p))
		p->host->watch(p->host, p->helper ? &p->helper->fd : NULL, &(short){POLLIN}, p->helper != NULL);
}

/* Tells once of each death, and at most once a second. */
static void tell(lq__proxy *p)
{
	char text[480];
	int64_t now = lq__proxy_now();
	if (p->is_told || !p->node)
		return;
	p->is_told = 1;
	if (!is_running(p) || (p->last_report && now - p->last_report < REPORT_EVERY))
		return;
	p->last_report = now;
	snprintf(text, sizeof text, "its helper process %s; it is started again", p->death);
	lq_log(LQ_LOG_WARNING, p->name, "%s", text);
	lq_event e = {.struct_size = sizeof e, .type = LQ_EVENT_WARNING, .value = LQ_ECRASH, .text = text};
	p->host->event(p->host, &e);
}

static void explain(lq__proxy *p, int status)
{
	if (status != -1 && WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS && p->last_words[0])
		snprintf(p->death, sizeof p->death, "was ended: system call not allowed by its sandbox (%s)", p->last_words);
	else
		lq__helper_death(status, p->death, sizeof p->death);
}

/* The time until the next start: none at first, then twice as much each time, as long as helpers do not live long. */
static int64_t next_delay(lq__proxy *p, int64_t now)
{
	int64_t base = lq__proxy_limit("LQ_ISOLATE_BACKOFF_MS", 100), max = lq__proxy_limit("LQ_ISOLATE_BACKOFF_MAX_MS", 5000);
	if (p->state == LQ__PROXY_UP && now - p->up_since >= lq__proxy_limit("LQ_ISOLATE_SETTLED_MS", 10000))
		p->delay = 0;
	int64_t delay = p->delay;
	p->delay = delay ? 2 * delay : base;
	if (p->delay > max)
		p->delay = max;
	return delay;
}

static void start_later(lq__proxy *p, pid_t old)
{
	int64_t now = lq__proxy_now(), delay = next_delay(p, now);
	p->state = LQ__PROXY_STARTING;
	if (!lq__starter_begin(&p->starter, old, now + delay))
		return;
	p->state = LQ__PROXY_DOWN; /* no thread to be had: tick tries again */
	if (old)
		lq__helper_reap(old);
}

void lq__proxy_died(lq__proxy *p, const char *why)
{
	pid_t pid = p->helper->pid;
	int running = is_running(p);
	p->lost += lq__helper_close(p->helper);
	p->helper = NULL;
	p->ping = p->awaited = 0;
	p->errors_before += p->errors;
	p->results_dropped_before += p->results_dropped;
	p->errors = p->results_dropped = 0;
	p->mark_out = UINT64_MAX;
	p->mark_in = 1;
	p->is_told = 0;
	p->death[0] = 0;
	if (why)
		snprintf(p->death, sizeof p->death, "%s", why);
	kill(pid, SIGKILL); /* where it has died already that changes nothing */
	if (running) {
		watch(p);
		start_later(p, pid);
	} else {
		int status = lq__helper_reap(pid);
		p->state = LQ__PROXY_DOWN;
		if (!why)
			explain(p, status);
	}
	if (p->death[0])
		tell(p);
}

int lq__proxy_launch(lq__proxy *p)
{
	int fd;
	pid_t pid;
	int error = lq__helper_start(p->starter.program, &fd, &pid);
	if (!error && !lq__helper_open(fd, pid, &p->helper)) {
		p->last_words[0] = 0;
		return 0;
	}
	if (!error) {
		kill(pid, SIGKILL);
		lq__helper_reap(pid);
	}
	snprintf(p->death, sizeof p->death, "cannot be started: %.200s: %s", p->starter.program, error ? strerror(error) : lq_error_text(LQ_ENOMEM));
	return LQ_EIO;
}

void lq__proxy_say_load(lq__proxy *p)
{
	size_t begin;
	lq__bytes *b = lq__proxy_begin(p, LQ__DO_LOAD, &begin);
	lq__bytes_string(b, p->file);
	lq__bytes_string(b, p->use);
	lq__bytes_string(b, p->name);
	lq__bytes_u32(b, (uint32_t)p->priority);
	lq__proxy_end(p, begin);
}

void lq__proxy_value_text(const lq_param_desc *row, const lq_value *v, char *out, size_t size)
{
	switch (row->type) {
	case LQ_PARAM_BOOL: snprintf(out, size, "%s", v->i ? "true" : "false"); break;
	case LQ_PARAM_INT: snprintf(out, size, "%lld", (long long)v->i); break;
	case LQ_PARAM_FLOAT: snprintf(out, size, "%.17g", v->f); break;
	case LQ_PARAM_SIZE: snprintf(out, size, "%ux%u", v->num, v->den); break;
	case LQ_PARAM_FRACTION: snprintf(out, size, "%u/%u", v->num, v->den); break;
	default: out[0] = 0;
	}
}

void lq__proxy_add_value(lq__proxy *p, lq__bytes *b, uint32_t index)
{
	const lq_param_desc *row = &p->desc.params[index];
	const lq_value *v = &p->node->params->values[index];
	char text[64];
	lq__proxy_value_text(row, v, text, sizeof text);
	lq__bytes_string(b, row->name);
	lq__bytes_string(b, row->type == LQ_PARAM_STRING || row->type == LQ_PARAM_CHOICE ? v->s : text);
}

/* The parameters as they are now. */
void lq__proxy_say_create(lq__proxy *p)
{
	size_t begin;
	uint32_t n = 0;
	lq__bytes *b = lq__proxy_begin(p, LQ__DO_CREATE, &begin);
	for (uint32_t i = 0; i < p->desc.n_params; i++)
		n += p->node->params->values[i].is_set != 0;
	lq__bytes_u32(b, n);
	for (uint32_t i = 0; i < p->desc.n_params; i++)
		if (p->node->params->values[i].is_set)
			lq__proxy_add_value(p, b, i);
	lq__proxy_end(p, begin);
}

static void say_ports(lq__proxy *p)
{
	size_t begin;
	for (uint32_t i = p->desc.n_ports; i < p->node->n_ports; i++) {
		if (!p->node->ports[i])
			continue;
		lq__bytes *b = lq__proxy_begin(p, LQ__DO_ADD_PORT, &begin);
		lq__bytes_u32(b, p->node->ports[i]->row);
		lq__bytes_u32(b, i);
		lq__proxy_end(p, begin);
	}
}

static void say_formats(lq__proxy *p, uint32_t direction)
{
	size_t begin;
	for (uint32_t i = 0; i < p->node->n_ports; i++) {
		const lq__port *port = p->node->ports[i];
		if (!port || port->desc->direction != direction || !port->format)
			continue;
		lq__bytes *b = lq__proxy_begin(p, LQ__DO_SET_FORMAT, &begin);
		lq__bytes_u32(b, i);
		lq__wire_format(b, port->format);
		lq__proxy_end(p, begin);
	}
}

static void say_event(lq__proxy *p, const lq_event *e)
{
	if (!e->type)
		return;
	size_t begin = lq__record_begin(&p->helper->out.bytes, LQ__DO_EVENT);
	lq__wire_event(&p->helper->out.bytes, e);
	lq__proxy_end(p, begin);
}

/* All that was said to the node before, in one go; the answer to the last of it makes the helper UP. */
static void replay(lq__proxy *p)
{
	size_t begin;
	p->state = LQ__PROXY_REPLAYING;
	p->started = lq__proxy_now();
	p->params_changed = 0;
	lq__proxy_say_load(p);
	if (p->is_created) {
		lq__proxy_say_create(p);
		say_ports(p);
		say_formats(p, LQ_IN);
		say_formats(p, LQ_OUT);
	}
	if (is_running(p)) {
		lq__proxy_begin(p, LQ__DO_START, &begin);
		lq__proxy_end(p, begin);
	}
	p->replay_end = p->last_request;
	if (is_running(p)) {
		say_event(p, &p->rate);
		say_event(p, &p->loss);
	}
}

static void say_params(lq__proxy *p)
{
	size_t begin;
	for (uint32_t i = 0; i < p->desc.n_params; i++) {
		if (!(p->desc.params[i].flags & LQ_PARAM_RUNTIME))
			continue;
		lq__bytes *b = lq__proxy_begin(p, LQ__DO_SET_PARAM, &begin);
		lq__proxy_add_value(p, b, i);
		lq__proxy_end(p, begin);
	}
}

/* What the node could not take while there was no helper is tried again; a decoder needs a key frame to begin with. */
static void ask_anew(lq__proxy *p)
{
	lq_event e = {.struct_size = sizeof e, .type = LQ_EVENT_KEY_FRAME};
	for (uint32_t i = 0; i < p->node->n_ports; i++) {
		const lq__port *port = p->node->ports[i];
		if (!port || !port->link)
			continue;
		lq__format_unref(port->link->refused);
		port->link->refused = NULL;
		if (port->format && port->format->media == LQ_MEDIA_VIDEO && port->format->codec > LQ_CODEC_RAW) {
			p->skip_to_key = 1;
			p->host->upstream(p->host, i, &e);
		}
	}
}

int lq__proxy_replied(lq__proxy *p, uint32_t request, int code)
{
	if (p->state != LQ__PROXY_REPLAYING)
		return 0;
	if (code < 0)
		return LQ_ESTATE;
	if (request != p->replay_end)
		return 0;
	p->state = LQ__PROXY_UP;
	p->up_since = lq__proxy_now();
	p->restarts++;
	if (p->params_changed)
		say_params(p);
	if (is_running(p)) {
		ask_anew(p);
		lq_log(LQ_LOG_INFO, p->name, "its helper process is up again");
	}
	return 0;
}

int lq__proxy_bring_up(lq__proxy *p)
{
	if (p->state == LQ__PROXY_UP)
		return 0;
	p->has_reply = 0;
	lq__proxy_cancel(p);
	if (!p->helper) {
		int r = lq__proxy_launch(p);
		if (r)
			return r;
		replay(p);
		watch(p);
	}
	return lq__proxy_wait(p, p->replay_end, "restart");
}

/* The starter has news. */
static void look_at_starter(lq__proxy *p)
{
	lq__starter *s = &p->starter;
	pthread_mutex_lock(&s->lock);
	int reaped = s->reaped, finished = s->finished, status = s->status;
	pthread_mutex_unlock(&s->lock);
	if (reaped && !p->is_told) {
		if (!p->death[0])
			explain(p, status);
		tell(p);
	}
	if (!finished)
		return;
	pthread_join(s->thread, NULL);
	s->is_running = 0;
	int fd = s->fd;
	s->fd = -1;
	if (!s->error && !lq__helper_open(fd, s->pid, &p->helper)) {
		p->last_words[0] = 0;
		replay(p);
		watch(p);
		return;
	}
	if (!s->error)
		kill(s->pid, SIGKILL);
	snprintf(p->death, sizeof p->death, "cannot be started: %.200s: %s", s->program, s->error ? strerror(s->error) : lq_error_text(LQ_ENOMEM));
	p->is_told = 0;
	tell(p);
	start_later(p, s->error ? 0 : s->pid);
}

/* A helper whose loop stands still does not answer. */
static void ping(lq__proxy *p, int64_t now)
{
	size_t begin;
	int64_t limit = lq__proxy_limit("LQ_ISOLATE_TIMEOUT_MS", 5000);
	char why[80];
	int64_t since = p->state == LQ__PROXY_REPLAYING ? p->started : p->ping ? p->ping_time : now;
	if (now - since > limit) {
		snprintf(why, sizeof why, "did not answer within %lld ms", (long long)(limit / LQ_MSEC));
		lq__proxy_died(p, why);
		return;
	}
	if (p->state == LQ__PROXY_UP && !p->ping) {
		lq__proxy_begin(p, LQ__DO_PING, &begin);
		lq__proxy_end(p, begin);
		p->ping = p->last_request;
		p->ping_time = now;
	}
	lq__helper_tidy(p->helper);
}

void lq__proxy_tick(lq__proxy *p, int64_t now)
{
	if (p->state == LQ__PROXY_STARTING)
		look_at_starter(p);
	int is_due = now >= p->next_tick;
	if (is_due)
		p->next_tick = now + TICK;
	p->host->wake_at(p->host, p->next_tick);
	if (!is_due)
		return;
	if (p->state == LQ__PROXY_DOWN && is_running(p))
		start_later(p, 0);
	else if (p->helper)
		ping(p, now);
}

void lq__proxy_cancel(lq__proxy *p)
{
	lq__starter_end(&p->starter);
	if (p->state == LQ__PROXY_STARTING)
		p->state = LQ__PROXY_DOWN;
}

/* What the node still has to say, while it ends, is heard. */
void lq__proxy_farewell(lq__proxy *p)
{
	lq__proxy_cancel(p);
	if (!p->helper)
		return;
	size_t begin = lq__record_begin(&p->helper->out.bytes, LQ__DO_BYE);
	lq__proxy_end(p, begin);
	lq__proxy_wait(p, 0, "good-bye"); /* there is no such request: what ends it is its end */
}
