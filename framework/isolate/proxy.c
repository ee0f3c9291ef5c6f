#include "isolate/proxy.h"

#include <loquat/plugin/plugin.h>

enum { PICTURES = 4, OTHERS = 64 }; /* buffers that may be over there before their op has returned */

static int is_running(const lq__proxy *p)
{
	return atomic_load(&p->node->state) == NODE_RUNNING;
}

/* A request that is nothing but its port, or nothing at all. */
static int ask(lq__proxy *p, uint32_t type, const uint32_t *port, const char *what)
{
	size_t begin;
	lq__bytes *b = lq__proxy_begin(p, type, &begin);
	if (port)
		lq__bytes_u32(b, *port);
	lq__proxy_end(p, begin);
	return lq__proxy_wait(p, p->last_request, what);
}

/* Whether the helper can be asked about a port. Control waits for a new helper; the loop, which comes with the media, does not, and asks again. */
static int need(lq__proxy *p, uint32_t number)
{
	const lq__port *port = lq__node_port(p->node, number);
	if (p->state == LQ__PROXY_UP)
		return 0;
	if (is_running(p) && port && port->format)
		return LQ_EAGAIN;
	return lq__proxy_fail(p, lq__proxy_bring_up(p));
}

static int create(const lq_host *host, const lq_value *params, void **self)
{
	lq_node *node = host->host_data;
	lq__proxy *p = node->proxy;
	p->node = node;
	p->host = p->starter.host = host;
	p->has_reply = 0;
	int r = p->helper ? 0 : LQ_ECRASH;
	if (!r) {
		lq__proxy_say_create(p);
		r = lq__proxy_wait(p, p->last_request, "create");
	}
	if (r < 0) {
		r = lq__proxy_fail(p, r);
		p->node = NULL;
		return r;
	}
	p->is_created = 1;
	p->state = LQ__PROXY_UP;
	p->up_since = lq__proxy_now();
	*self = p;
	return 0;
}

static void destroy(void *self)
{
	lq__proxy *p = self;
	p->is_stopping = 1;
	lq__proxy_farewell(p);
	p->node = NULL;
}

static int add_port(void *self, uint32_t row, uint32_t port)
{
	lq__proxy *p = self;
	if (p->state != LQ__PROXY_UP) /* the port is in the node's table already, and so in what a new helper is told */
		return lq__proxy_fail(p, lq__proxy_bring_up(p));
	size_t begin;
	lq__bytes *b = lq__proxy_begin(p, LQ__DO_ADD_PORT, &begin);
	lq__bytes_u32(b, row);
	lq__bytes_u32(b, port);
	lq__proxy_end(p, begin);
	return lq__proxy_fail(p, lq__proxy_wait(p, p->last_request, "add_port"));
}

static void remove_port(void *self, uint32_t port)
{
	lq__proxy *p = self;
	if (p->state == LQ__PROXY_REPLAYING)
		lq__proxy_bring_up(p);
	if (p->state == LQ__PROXY_UP)
		ask(p, LQ__DO_REMOVE_PORT, &port, "remove_port");
}

/* Keeps the whole list, whose entries are then asked for one by one. */
static int fetch_list(lq__proxy *p, uint32_t port)
{
	int r = need(p, port);
	if (!r)
		r = lq__proxy_fail(p, ask(p, LQ__DO_FORMATS, &port, "formats"));
	if (r < 0)
		return r;
	p->listed.n = 0;
	lq__bytes_add(&p->listed, p->reply.data, p->reply.n);
	if (p->listed.failed)
		return LQ_ENOMEM;
	lq__reader reader = {p->listed.data, p->listed.data + p->listed.n, 0};
	uint32_t n = lq__read_u32(&reader);
	for (uint32_t i = 0; i < n && i < LQ__WIRE_LISTED; i++)
		lq__wire_read_format(&reader, &p->list[i]);
	if (reader.bad || n > LQ__WIRE_LISTED)
		return p->host->fail(p->host, LQ_EPROTO, "its helper process answers nonsense");
	p->n_list = n;
	p->list_port = port;
	return 0;
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	lq__proxy *p = self;
	int r = i && p->list_port == port ? 0 : fetch_list(p, port);
	if (r < 0)
		return r;
	if (i >= p->n_list)
		return LQ_END;
	*out = p->list[i];
	return 0;
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	lq__proxy *p = self;
	int r = need(p, port);
	if (r)
		return r;
	size_t begin;
	lq__bytes *b = lq__proxy_begin(p, LQ__DO_SET_FORMAT, &begin);
	lq__bytes_u32(b, port);
	lq__wire_format(b, fmt);
	lq__proxy_end(p, begin);
	return lq__proxy_fail(p, lq__proxy_wait(p, p->last_request, "set_format"));
}

static int start(void *self)
{
	lq__proxy *p = self;
	if (!p->node->graph->config.threads)
		return p->host->fail(p->host, LQ_ENOTSUP, "\"isolate\" needs a graph with threads");
	p->is_stopping = 0;
	int r = lq__proxy_fail(p, lq__proxy_bring_up(p));
	if (!r)
		r = lq__proxy_fail(p, ask(p, LQ__DO_START, NULL, "start"));
	if (r < 0)
		return r;
	p->up_since = lq__proxy_now();
	p->delay = 0;
	p->mark_out = 0;
	p->mark_in = p->skip_to_key = 0;
	p->rate.type = p->loss.type = 0;
	p->next_tick = p->up_since;
	p->host->wake_at(p->host, p->next_tick);
	return p->host->watch(p->host, &p->helper->fd, &(short){POLLIN}, 1);
}

static void stop(void *self)
{
	lq__proxy *p = self;
	p->is_stopping = 1;
	lq__proxy_cancel(p);
	if (p->state == LQ__PROXY_UP)
		ask(p, LQ__DO_STOP, NULL, "stop");
	else if (p->helper)
		lq__proxy_died(p, "was stopped");
}

static int run(void *self, int64_t now)
{
	lq__proxy *p = self;
	if (p->helper)
		lq__proxy_dispatch(p);
	lq__proxy_tick(p, now);
	return 0;
}

static int set_param(void *self, uint32_t index, const lq_value *value)
{
	lq__proxy *p = self;
	p->params_changed = 1;
	if (p->state != LQ__PROXY_UP) /* the value is in the node's table already, and so in what a new helper is told */
		return 0;
	size_t begin;
	lq__bytes *b = lq__proxy_begin(p, LQ__DO_SET_PARAM, &begin);
	lq__proxy_add_value(p, b, index);
	lq__proxy_end(p, begin);
	int r = lq__proxy_wait(p, p->last_request, "set_param");
	return p->has_reply ? lq__proxy_fail(p, r) : 0;
}

static int event(void *self, const lq_event *e)
{
	lq__proxy *p = self;
	lq_event *kept = e->type == LQ_EVENT_TARGET_RATE ? &p->rate : e->type == LQ_EVENT_LOSS ? &p->loss : NULL;
	if (kept) {
		*kept = *e;
		kept->text = NULL;
	}
	if (p->state != LQ__PROXY_UP)
		return 0;
	size_t begin = lq__record_begin(&p->helper->out.bytes, LQ__DO_EVENT);
	lq__wire_event(&p->helper->out.bytes, e);
	lq__proxy_end(p, begin);
	return 0;
}

static void own_stat(lq_stat_fn fn, void *arg, const char *name, double value)
{
	fn(arg, 0, &(lq_stat){name, value});
}

/* Its own figures and the graph's count of errors, which happen over there. */
static void pass_figures(lq__proxy *p, lq_stat_fn fn, void *arg)
{
	lq__reader r = {p->reply.data, p->reply.data + p->reply.n, 0};
	uint32_t n = lq__read_u32(&r);
	for (uint32_t i = 0; i < n && !r.bad; i++) {
		uint32_t port = lq__read_u32(&r);
		const char *name = lq__read_chars(&r);
		const uint8_t *data = lq__read_bytes(&r, sizeof(double));
		double value;
		if (!name || !data)
			return;
		memcpy(&value, data, sizeof value);
		if (!strcmp(name, "errors"))
			p->errors = value;
		else if (!strcmp(name, "resultsDropped"))
			p->results_dropped = value;
		else
			fn(arg, port, &(lq_stat){name, value});
	}
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	lq__proxy *p = self;
	if (p->state == LQ__PROXY_UP && !ask(p, LQ__DO_STATS, NULL, "stats"))
		pass_figures(p, fn, arg);
	double errors = p->errors + p->errors_before;
	if (errors >= 0 && errors < 1e15)
		atomic_store(&p->node->errors, (uint64_t)errors);
	own_stat(fn, arg, "restarts", (double)p->restarts);
	own_stat(fn, arg, "framesLost", (double)p->lost);
	own_stat(fn, arg, "framesDropped", (double)p->dropped + p->results_dropped + p->results_dropped_before);
	own_stat(fn, arg, "copied", (double)p->copied);
	own_stat(fn, arg, "helperPid", p->helper ? (double)p->helper->pid : 0);
}

static int is_encoded_video(const lq_buffer *buf)
{
	return buf->format->media == LQ_MEDIA_VIDEO && buf->format->codec > LQ_CODEC_RAW;
}

/* A buffer that does not get over: what depends on it is of no use either. */
static void drop(lq__proxy *p, uint32_t port, const lq_buffer *buf)
{
	lq_event e = {.struct_size = sizeof e, .type = LQ_EVENT_KEY_FRAME};
	p->dropped++;
	p->mark_in = 1;
	if (!is_encoded_video(buf) || !buf->priority)
		return;
	p->skip_to_key = 1;
	p->host->upstream(p->host, port, &e);
}

static int is_full(const lq__proxy *p, const lq_buffer *buf)
{
	int is_picture = buf->format->media == LQ_MEDIA_VIDEO && buf->format->codec == LQ_CODEC_RAW;
	return p->helper->n_in_op >= (is_picture ? PICTURES : OTHERS) && !(buf->flags & LQ_BUFFER_EOS);
}

/* send, process and render. */
static int give(void *self, uint32_t port, lq_buffer *buf)
{
	lq__proxy *p = self;
	if (p->state != LQ__PROXY_UP) {
		p->lost++;
		return 0;
	}
	if (p->skip_to_key && is_encoded_video(buf) && !(buf->flags & (LQ_BUFFER_KEY | LQ_BUFFER_EOS))) {
		p->dropped++;
		return 0;
	}
	if (is_full(p, buf)) {
		drop(p, port, buf);
		return 0;
	}
	int r = lq__helper_give(p->helper, p->node->graph->pool, port, buf, p->mark_in ? LQ_BUFFER_DISCONTINUITY : 0, &p->copied);
	if (r && r != LQ_EPIPE) { /* EPIPE: the loop is about to see that it is gone, and counts what is over there as lost */
		drop(p, port, buf);
		return 0;
	}
	p->mark_in = 0;
	if (is_encoded_video(buf))
		p->skip_to_key = 0;
	return 0;
}

/* What is still over there comes out before it returns. */
static int flush(void *self)
{
	lq__proxy *p = self;
	if (p->state != LQ__PROXY_UP)
		return 0;
	int r = ask(p, LQ__DO_FLUSH, NULL, "flush");
	return p->has_reply ? lq__proxy_fail(p, r) : 0;
}

static int64_t latency(void *self)
{
	lq__proxy *p = self;
	if (p->state == LQ__PROXY_UP && !ask(p, LQ__DO_LATENCY, NULL, "latency")) {
		lq__reader r = {p->reply.data, p->reply.data + p->reply.n, 0};
		p->last_latency = (int64_t)lq__read_u64(&r);
	}
	return p->last_latency;
}

lq__proxy *lq__proxy_of(const lq_node_desc *desc)
{
	return desc->ops && desc->ops->create == create ? (lq__proxy *)((uint8_t *)desc - offsetof(lq__proxy, desc)) : NULL;
}

/* The ops that the plugin has, too: what is missing means something. */
void lq__proxy_set_ops(lq__proxy *p)
{
	p->ops = (lq_node_ops){.create = create, .destroy = destroy, .add_port = add_port, .remove_port = remove_port, .set_format = set_format,
	                       .start = start, .stop = stop, .run = run, .stats = stats};
	p->ops.formats = p->has & LQ__HAS_FORMATS ? formats : NULL;
	p->ops.event = p->has & LQ__HAS_EVENT ? event : NULL;
	p->ops.set_param = p->has & LQ__HAS_SET_PARAM ? set_param : NULL;
	p->desc.ops = &p->ops;
	p->desc.kind_ops = &p->kind_ops;
	switch (p->desc.kind) {
	case LQ_KIND_CODEC: p->kind_ops.codec = (lq_codec_ops){give, flush}; break;
	case LQ_KIND_FILTER: p->kind_ops.filter = (lq_filter_ops){give, flush}; break;
	case LQ_KIND_RENDERER: p->kind_ops.renderer = (lq_renderer_ops){give, flush, p->has & LQ__HAS_LATENCY ? latency : NULL, NULL}; break;
	default: p->kind_ops.capture = (lq_capture_ops){NULL, NULL, NULL};
	}
}
