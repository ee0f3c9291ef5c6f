/* An instance of a node in the hands of the validator: ops are called as a graph calls them, and every result is looked at. */
#include "validate.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUN_MAX 100000 /* turns in one stretch of time without a result: a node that asks for the next one at once, without end */
#define BUSY_MAX 2000  /* turns with results: a source that is as fast as it may be */

_Thread_local v_instance *v_current;

int v_is_expected(int code)
{
	return code == LQ_ENODEV || code == LQ_ENOTSUP || code == LQ_EIO || code == LQ_EBUSY || code == LQ_ENOENT || code == LQ_EPERM;
}

void v_enter(v_instance *v, const char *op)
{
	v->loop = pthread_self();
	v->reason[0] = 0;
	snprintf(v_trace_now()->op, sizeof v_trace_now()->op, "%s", op);
	v->op = op;
	v_current = v;
}

static int is_error(int code)
{
#define IS_ERROR(name, number, text) || code == -(number)
	return 0 LQ_ERRORS(IS_ERROR);
#undef IS_ERROR
}

static void check_listed(v_instance *v);

int v_leave(v_instance *v, int result)
{
	if (result > 0)
		v_find("returns %d from %s: an op returns 0 or a negative LQ_E*", result, v->op);
	else if (result < 0 && !is_error(result))
		v_find("returns %d from %s, which is no LQ_E*", result, v->op);
	v->op = NULL;
	v_current = NULL;
	v_trace_now()->op[0] = 0;
	check_listed(v);
	return result;
}

static void add_port(v_instance *v, uint32_t number, uint32_t row)
{
	v->ports[number] = (v_port){.used = 1, .row = row, .desc = &v->desc->ports[row], .last_pts = LQ_TIME_NONE};
}

v_instance *v_create(const lq_node_desc *desc, const lq_value *values, int *result)
{
	v_instance *v = calloc(1, sizeof *v);
	if (!v)
		v_skip("no memory");
	v->desc = desc;
	v->now = V_EPOCH;
	v->wake = v->next_read = LQ_TIME_NONE;
	v->real_time = (desc->flags & (LQ_NODE_BLOCKING | LQ_NODE_OWN_THREAD)) != 0;
	pthread_mutex_init(&v->lock, NULL);
	for (uint32_t i = 0; i < desc->n_ports; i++)
		if (!(desc->ports[i].flags & LQ_PORT_MANY))
			add_port(v, i, i);
	v_host_init(v);
	int r = V_OP(v, "create", desc->ops->create(v->host, values, &v->self));
	v->created = r >= 0;
	v->state = V_CREATED;
	uint32_t number = desc->n_ports;
	for (uint32_t i = 0; v->created && i < desc->n_ports; i++) {
		if (!(desc->ports[i].flags & LQ_PORT_MANY) || (desc->ops->add_port && V_OP(v, "add_port", desc->ops->add_port(v->self, i, number)) < 0))
			continue;
		add_port(v, number++, i);
	}
	*result = r;
	return v;
}

void v_destroy_beside(v_instance *v)
{
	v_stop(v);
	for (uint32_t i = v->desc->n_ports; i < V_PORTS; i++)
		if (v->ports[i].used && v->desc->ops->remove_port) {
			v_enter(v, "remove_port");
			v->desc->ops->remove_port(v->self, i);
			v_leave(v, 0);
		}
	if (v->created) {
		v_enter(v, "destroy");
		v->state = V_GONE;
		v->desc->ops->destroy(v->self);
		v->op = NULL;
		v_current = NULL;
		v_trace_now()->op[0] = 0;
	}
	v_host_release(v);
	for (uint32_t i = 0; i < V_PORTS; i++) {
		v_format_unref(v->ports[i].format);
		v_format_unref(v->ports[i].pending);
	}
	v_host_finish(v);
	pthread_mutex_destroy(&v->lock);
	free(v);
}

void v_destroy(v_instance *v)
{
	int created = v->created;
	v_destroy_beside(v);
	if (v_buffers_live())
		v_find(created ? "leaks %u buffers; the oldest was made in %s" : "a create that fails leaks %u buffers; the oldest was made in %s",
		       v_buffers_live(), v_buffers_oldest());
	if (v_formats_live())
		v_find(created ? "leaks %u formats" : "a create that fails leaks %u formats", v_formats_live());
}

/* ---- formats ---- */

int v_list(v_instance *v, uint32_t port, lq_format *out, uint32_t room)
{
	uint32_t n = 0;
	int r = 0;
	if (!v->desc->ops->formats) {
		out[0] = (lq_format){.struct_size = sizeof *out, .media = v->ports[port].desc->media};
		return 1;
	}
	for (; n < room; n++) {
		out[n] = (lq_format){.struct_size = sizeof *out};
		r = V_OP(v, "formats", v->desc->ops->formats(v->self, port, n, &out[n]));
		if (r < 0)
			break;
		if (out[n].struct_size != sizeof *out)
			v_find("lists a format whose struct_size is not set, on port \"%s\"", v->ports[port].desc->name);
	}
	if (n == room)
		v_find("lists more than %u formats on port \"%s\": the end of the list is LQ_END", room, v->ports[port].desc->name);
	else if (r != LQ_END && !v_is_expected(r) && !*v->reason) /* a device that is not as asked is an answer, with its reason */
		v_find("ends the list of formats of port \"%s\" with %d instead of LQ_END", v->ports[port].desc->name, r);
	return (int)n;
}

/* Whether what was submitted is what is listed. */
static void check_listed(v_instance *v)
{
	lq_format list[V_LISTED];
	char text[128];
	if (v->state != V_RUNNING)
		return;
	for (uint32_t i = 0; i < V_PORTS; i++) {
		v_port *p = &v->ports[i];
		pthread_mutex_lock(&v->lock);
		const lq_format *f = p->pending;
		p->pending = NULL;
		pthread_mutex_unlock(&v->lock);
		if (!f)
			continue;
		int n = v_list(v, i, list, V_LISTED), k = 0;
		while (k < n && !v_format_matches(&list[k], f))
			k++;
		if (k == n)
			v_find("submits a format that is not in the list of port \"%s\": %s", p->desc->name, v_format_text(f, text, sizeof text));
		v_format_unref(f);
	}
}

static int set_format(v_instance *v, uint32_t port, const lq_format *fmt)
{
	const lq_format *f = v_format_new(fmt);
	int r = v->desc->ops->set_format ? V_OP(v, "set_format", v->desc->ops->set_format(v->self, port, f)) : 0;
	if (r < 0) {
		v_format_unref(f);
		return r;
	}
	v_format_unref(v->ports[port].format);
	v->ports[port].format = f;
	return 0;
}

int v_set_input(v_instance *v, uint32_t port, const lq_format *fmt)
{
	return set_format(v, port, fmt);
}

/* An input's format, as the hint for an output of the same media. */
static const lq_format *hint_for(const v_instance *v, uint32_t media)
{
	for (uint32_t i = 0; i < V_PORTS; i++)
		if (v->ports[i].used && v->ports[i].desc->direction == LQ_IN && v->ports[i].format && (!media || v->ports[i].format->media == media))
			return v->ports[i].format;
	return NULL;
}

/* Takes the first of a port's formats that can be set. */
static int settle(v_instance *v, uint32_t port)
{
	lq_format list[V_LISTED];
	int n = v_list(v, port, list, V_LISTED), r = LQ_EFORMAT;
	for (int i = 0; i < n; i++) {
		uint32_t media = list[i].media ? list[i].media : v->ports[port].desc->media;
		const lq_format *hint = v->ports[port].desc->direction == LQ_OUT ? hint_for(v, media) : NULL;
		lq_format f = v_complete(&list[i], v->ports[port].desc->media, hint);
		r = set_format(v, port, &f);
		if (r >= 0)
			return 0;
		if (v->ports[port].desc->direction == LQ_IN && !v->reason[0] && r != LQ_ENOMEM)
			v_find("refuses a format that it lists on port \"%s\", and gives no reason with fail", v->ports[port].desc->name);
	}
	return n ? r : LQ_EFORMAT;
}

int v_negotiate(v_instance *v)
{
	for (uint32_t direction = LQ_IN; direction <= LQ_OUT; direction++)
		for (uint32_t i = 0; i < V_PORTS; i++) {
			int r = v->ports[i].used && v->ports[i].desc->direction == direction ? settle(v, i) : 0;
			if (r < 0)
				return r;
		}
	return 0;
}

/* ---- running ---- */

int v_start(v_instance *v)
{
	v_enter(v, "start");
	v->state = V_RUNNING;
	int r = v_leave(v, v->desc->ops->start ? v->desc->ops->start(v->self) : 0);
	if (r < 0)
		v->state = V_CREATED;
	if (r >= 0 && v->desc->kind == LQ_KIND_CAPTURE)
		v->next_read = v_now(v);
	for (uint32_t i = 0; i < V_PORTS; i++)
		v->ports[i].last_pts = LQ_TIME_NONE, v->ports[i].ended = 0;
	return r;
}

void v_stop(v_instance *v)
{
	if (v->state != V_RUNNING)
		return;
	v_enter(v, "stop");
	if (v->desc->ops->stop)
		v->desc->ops->stop(v->self);
	v_leave(v, 0);
	v->state = V_STOPPED;
	v->wake = LQ_TIME_NONE;
	v->fd_count = 0;
}

int v_give(v_instance *v, uint32_t port, lq_buffer *buf)
{
	const lq_node_desc *d = v->desc;
	int r = LQ_ENOTSUP;
	lq_buffer *shared = v_buffer_ref(buf); /* somebody else holds it too: it must not be written */
	switch (d->kind) {
	case LQ_KIND_CODEC: r = V_OP(v, "send", ((const lq_codec_ops *)d->kind_ops)->send(v->self, port, buf)); break;
	case LQ_KIND_FILTER: r = V_OP(v, "process", ((const lq_filter_ops *)d->kind_ops)->process(v->self, port, buf)); break;
	case LQ_KIND_RENDERER: r = V_OP(v, "render", ((const lq_renderer_ops *)d->kind_ops)->render(v->self, port, buf)); break;
	case LQ_KIND_TRANSPORT: r = V_OP(v, "send", ((const lq_transport_ops *)d->kind_ops)->send(v->self, port, buf)); break;
	}
	v_buffer_unref(shared);
	v_buffer_unref(buf);
	return r;
}

int v_feed(v_instance *v, uint32_t port)
{
	v_port *p = &v->ports[port];
	lq_buffer *buf = v_media(p->format, p->frames_in++);
	if (!buf)
		return LQ_ENOTSUP;
	buf->pts += V_EPOCH;
	buf->capture_time = buf->pts;
	p->fed_pts = buf->pts;
	return v_give(v, port, buf);
}

static int is_fed(const v_port *p)
{
	return p->used && p->desc->direction == LQ_IN && p->format;
}

void v_feed_all(v_instance *v, uint32_t n)
{
	for (uint32_t k = 0; k < n; k++) {
		for (uint32_t i = 0; i < V_PORTS; i++)
			if (is_fed(&v->ports[i]))
				v_feed(v, i);
		v_run(v, 20 * LQ_MSEC);
	}
}

static void turn(v_instance *v, int64_t now, int64_t end)
{
	const lq_capture_ops *capture = v->desc->kind == LQ_KIND_CAPTURE ? v->desc->kind_ops : NULL;
	int woken = v->wake != LQ_TIME_NONE && v->wake <= now;
	if (woken)
		v->wake = LQ_TIME_NONE;
	if (woken && v->desc->ops->run)
		V_OP(v, "run", v->desc->ops->run(v->self, now));
	if (!capture || !capture->read || (!woken && (v->next_read == LQ_TIME_NONE || v->next_read > now)))
		return;
	v->next_read = LQ_TIME_NONE;
	int64_t next = LQ_TIME_NONE;
	int r = V_OP(v, "read", capture->read(v->self, v->desc->flags & LQ_NODE_BLOCKING ? end : now, &next));
	if (r == LQ_END)
		return;
	v->next_read = v->desc->flags & LQ_NODE_BLOCKING && next == LQ_TIME_NONE ? v_now(v) : next;
	if (r < 0 && next == LQ_TIME_NONE)
		v->next_read = now + 10 * LQ_MSEC;
}

static int64_t next_turn(const v_instance *v)
{
	if (v->wake == LQ_TIME_NONE)
		return v->next_read;
	return v->next_read == LQ_TIME_NONE || v->wake < v->next_read ? v->wake : v->next_read;
}

/* Runs the node when a descriptor is ready; waits for it where time is real. */
static void poll_fds(v_instance *v, int64_t until)
{
	struct pollfd p[V_FDS];
	int64_t wait = v->real_time ? (until - v_now(v)) / LQ_MSEC : 0;
	for (int i = 0; i < v->fd_count; i++)
		p[i] = (struct pollfd){.fd = v->fds[i], .events = v->fd_events[i]};
	if (poll(p, (nfds_t)v->fd_count, wait < 0 ? 0 : (int)wait) > 0 && v->desc->ops->run)
		V_OP(v, "run", v->desc->ops->run(v->self, v_now(v)));
}

static uint64_t submitted(const v_instance *v)
{
	uint64_t n = 0;
	for (uint32_t i = 0; i < V_PORTS; i++)
		n += v->ports[i].count;
	return n;
}

/* Lets time pass: a virtual clock jumps from one turn to the next. */
void v_run(v_instance *v, int64_t ns)
{
	int64_t end = v_now(v) + ns;
	uint64_t before = submitted(v);
	for (int i = 0; i < (submitted(v) == before ? RUN_MAX : BUSY_MAX) && v->state == V_RUNNING; i++) {
		int64_t next = next_turn(v), until = next == LQ_TIME_NONE || next > end ? end : next;
		if (v->real_time || v->fd_count)
			poll_fds(v, until);
		if (!v->real_time && until > v->now)
			v->now = until;
		if (v_now(v) >= end && (next == LQ_TIME_NONE || next > end))
			return;
		turn(v, v_now(v), end);
		if (v->real_time && v_now(v) >= end)
			return;
	}
	if (v->state == V_RUNNING && submitted(v) == before)
		v_find("asks for its next turn at once, again and again, so that time does not pass");
	v->now = v->now < end ? end : v->now;
}

int v_flush(v_instance *v)
{
	const lq_node_desc *d = v->desc;
	int (*flush)(void *) = d->kind == LQ_KIND_CODEC      ? ((const lq_codec_ops *)d->kind_ops)->flush
	                       : d->kind == LQ_KIND_FILTER   ? ((const lq_filter_ops *)d->kind_ops)->flush
	                       : d->kind == LQ_KIND_RENDERER ? ((const lq_renderer_ops *)d->kind_ops)->flush
	                                                     : NULL;
	return flush ? V_OP(v, "flush", flush(v->self)) : 0;
}

/* An empty buffer that says that the stream has ended, then a flush: as a graph does it. */
void v_end_inputs(v_instance *v)
{
	for (uint32_t i = 0; i < V_PORTS; i++) {
		if (!is_fed(&v->ports[i]))
			continue;
		lq_buffer *end = v_buffer_wrap(v->ports[i].format, NULL, NULL);
		end->flags = LQ_BUFFER_EOS;
		v_give(v, i, end);
	}
	v_flush(v);
}

int v_event(v_instance *v, uint32_t type, uint32_t port, int64_t value)
{
	lq_event e = {.struct_size = sizeof e, .type = type, .port = port, .value = value};
	return v->desc->ops->event ? V_OP(v, "event", v->desc->ops->event(v->self, &e)) : LQ_ENOTSUP;
}

v_instance *v_open(const lq_node_desc *desc, const lq_value *values)
{
	int r;
	v_instance *v = v_create(desc, values, &r);
	if (r < 0 && !v_is_expected(r))
		v_find("create fails with its own defaults: %d%s%s", r, *v->reason ? ", " : "", v->reason);
	if (r < 0)
		v_skip("create says: %s", *v->reason ? v->reason : "it cannot work here");
	r = v_negotiate(v);
	if (r < 0) {
		v_find("takes none of the formats that it lists: %d%s%s", r, *v->reason ? ", " : "", v->reason);
		v_skip("it has no format");
	}
	r = v_start(v);
	if (r < 0 && !v_is_expected(r))
		v_find("start fails with its own defaults: %d%s%s", r, *v->reason ? ", " : "", v->reason);
	if (r < 0)
		v_skip("start says: %s", *v->reason ? v->reason : "it cannot work here");
	return v;
}
