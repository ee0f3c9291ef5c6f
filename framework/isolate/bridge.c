/* What reads the graph's messages in a helper: a node of its own on the loop of the isolated one, so that it may call that one's ops. */
#include "isolate/child.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "media/pool.h"

lq__child *lq__the_child;

/* A request on its way to the node's loop, which is another one where the node blocks. */
typedef struct request {
	lq__child *child;
	uint32_t type;
	uint32_t number;
	lq__reader *body;
} request;

/* The graph is trusted to speak our language; when it does not, one of us is broken. */
static void must(int ok)
{
	if (!ok)
		_exit(1);
}

static int add_port(lq_node *n, lq__reader *r)
{
	uint32_t row = lq__read_u32(r), port = lq__read_u32(r);
	return n->desc->ops->add_port ? n->desc->ops->add_port(n->self, row, port) : 0;
}

static int remove_port(lq_node *n, lq__reader *r)
{
	if (n->desc->ops->remove_port)
		n->desc->ops->remove_port(n->self, lq__read_u32(r));
	return 0;
}

/* Answers itself, since there is more to say than a code. */
static int list_formats(lq__child *c, uint32_t number, lq__reader *r)
{
	lq_node *n = c->node;
	lq_format list[LQ__WIRE_LISTED];
	uint32_t port = lq__read_u32(r), count = 0;
	int code = 0;
	while (count < LQ__WIRE_LISTED) {
		list[count] = (lq_format){.struct_size = sizeof *list};
		code = n->desc->ops->formats ? n->desc->ops->formats(n->self, port, count, &list[count]) : LQ_END;
		if (code < 0)
			break;
		count++;
	}
	size_t begin;
	lq__bytes *b = lq__outlet_begin(c, LQ__SAY_REPLY, &begin);
	lq__bytes_u32(b, number);
	lq__bytes_u32(b, (uint32_t)(code == LQ_END ? 0 : code));
	lq__bytes_string(b, n->fail_text[0] ? n->fail_text : NULL);
	lq__bytes_u32(b, count);
	for (uint32_t i = 0; i < count; i++) {
		if (b->n > LQ__WIRE_MAX / 3) /* a second configuration record of this size has no use in a list */
			list[i].extra_size = 0;
		lq__wire_format(b, &list[i]);
	}
	lq__outlet_end(c, begin);
	return 1;
}

static int set_format(lq__child *c, lq__reader *r)
{
	lq_node *n = c->node;
	lq_format f = {.struct_size = sizeof f};
	uint32_t port = lq__read_u32(r);
	lq__wire_read_format(r, &f);
	must(!r->bad);
	const lq_format *fmt = lq__format_new(c->graph->pool, &f);
	if (!fmt)
		return LQ_ENOMEM;
	int code = n->desc->ops->set_format ? n->desc->ops->set_format(n->self, port, fmt) : 0;
	lq__format_unref(fmt);
	return code;
}

static int set_param(lq_node *n, lq__reader *r)
{
	uint32_t index;
	const char *name = lq__read_chars(r), *value = lq__read_chars(r);
	must(name && value);
	int code = lq__params_set(n->params, name, value, 1, NULL, NULL, NULL, &index);
	if (code)
		return code;
	return n->desc->ops->set_param ? n->desc->ops->set_param(n->self, index, &n->params->values[index]) : LQ_ENOTSUP;
}

typedef struct figures {
	lq__bytes list;
	uint32_t n;
} figures;

static void add_figure(void *arg, uint32_t port, const lq_stat *stat)
{
	figures *f = arg;
	if (f->list.n > LQ__WIRE_MAX / 3)
		return;
	lq__bytes_u32(&f->list, port);
	lq__bytes_string(&f->list, stat->name);
	lq__bytes_add(&f->list, &stat->value, sizeof stat->value);
	f->n++;
}

static int stats(lq__child *c, uint32_t number)
{
	figures f = {{0}, 0};
	if (c->node->desc->ops->stats)
		c->node->desc->ops->stats(c->node->self, add_figure, &f);
	add_figure(&f, 0, &(lq_stat){"errors", (double)atomic_load(&c->node->errors)});
	add_figure(&f, 0, &(lq_stat){"resultsDropped", (double)atomic_load(&c->dropped)});
	size_t begin;
	lq__bytes *b = lq__outlet_begin(c, LQ__SAY_REPLY, &begin);
	lq__bytes_u32(b, number);
	lq__bytes_u32(b, (uint32_t)(f.list.failed ? LQ_ENOMEM : 0));
	lq__bytes_string(b, NULL);
	lq__bytes_u32(b, f.n);
	lq__bytes_add(b, f.list.data, f.list.n);
	lq__outlet_end(c, begin);
	lq__bytes_finish(&f.list);
	return 1;
}

static int latency(lq__child *c, uint32_t number)
{
	const lq_renderer_ops *ops = c->node->desc->kind_ops;
	int64_t ns = ops->latency ? ops->latency(c->node->self) : 0;
	size_t begin;
	lq__bytes *b = lq__outlet_begin(c, LQ__SAY_REPLY, &begin);
	lq__bytes_u32(b, number);
	lq__bytes_u32(b, 0);
	lq__bytes_string(b, NULL);
	lq__bytes_u64(b, (uint64_t)ns);
	lq__outlet_end(c, begin);
	return 1;
}

/* 1: answered. */
static int call_op(request *q)
{
	lq_node *n = q->child->node;
	switch (q->type) {
	case LQ__DO_ADD_PORT: return add_port(n, q->body);
	case LQ__DO_REMOVE_PORT: return remove_port(n, q->body);
	case LQ__DO_FORMATS: return list_formats(q->child, q->number, q->body);
	case LQ__DO_SET_FORMAT: return set_format(q->child, q->body);
	case LQ__DO_SET_PARAM: return set_param(n, q->body);
	case LQ__DO_STATS: return stats(q->child, q->number);
	case LQ__DO_LATENCY: return latency(q->child, q->number);
	case LQ__DO_FLUSH: lq__node_flush(n); return 0;
	}
	return 0; /* LQ__DO_PING */
}

static int start(lq__child *c)
{
	char why[256];
	int code = lq__node_start(c->node);
	if (code || c->is_confined || !c->confine || !(c->node->desc->flags & LQ_NODE_PURE))
		return code;
	code = c->confine(why, sizeof why);
	c->is_confined = !code;
	if (code)
		lq_log(LQ_LOG_WARNING, c->node->name, "runs without a sandbox: %s", why);
	return 0;
}

static int request_on_loop(lq_node *n, void *arg)
{
	request *q = arg;
	int code = 0;
	if (q->type == LQ__DO_START) {
		code = start(q->child);
	} else if (q->type == LQ__DO_STOP) {
		lq__node_stop(n);
	} else {
		lq__node_enter(n);
		code = call_op(q);
		lq__node_leave(n);
	}
	if (code <= 0)
		lq__outlet_reply(q->child, q->number, code, code < 0 ? n->fail_text : NULL);
	return 0;
}

/* On the loop of the node, which is mostly this one. */
static void on_node(lq_node *n, int (*fn)(lq_node *n, void *arg), void *arg)
{
	if (lq__loop_is_current(n->loop))
		fn(n, arg);
	else
		lq__node_call(n, fn, arg);
}

static int event_on_loop(lq_node *n, void *arg)
{
	const lq_event *e = arg;
	int code = LQ_ENOTSUP;
	if (atomic_load(&n->state) == NODE_RUNNING && n->desc->ops->event) {
		lq__node_enter(n);
		code = n->desc->ops->event(n->self, e);
		if (code != LQ_ENOTSUP)
			lq__node_result(n, "event", code);
		lq__node_leave(n);
	}
	if (code == LQ_ENOTSUP) {
		size_t begin;
		lq__bytes *b = lq__outlet_begin(lq__the_child, LQ__SAY_PASS, &begin);
		lq__wire_event(b, e);
		lq__outlet_end(lq__the_child, begin);
	}
	return 0;
}

static void map_segment(lq__child *c, lq__reader *r)
{
	uint32_t i = 0, id = lq__read_u32(r);
	uint64_t size = lq__read_u64(r);
	while (i < LQ__WIRE_SEGMENTS && c->segments[i])
		i++;
	must(!r->bad && i < LQ__WIRE_SEGMENTS && c->next_fd < c->n_fds && !lq__segment_map(id, c->fds[c->next_fd++], size, &c->segments[i]));
}

static lq__segment **find_segment(lq__child *c, uint32_t id)
{
	for (uint32_t i = 0; i < LQ__WIRE_SEGMENTS; i++)
		if (c->segments[i] && c->segments[i]->id == id)
			return &c->segments[i];
	return NULL;
}

static void forget_segment(lq__child *c, lq__reader *r)
{
	lq__segment **s = find_segment(c, lq__read_u32(r));
	must(s != NULL);
	lq__segment_unref(*s);
	*s = NULL;
}

static void learn_format(lq__child *c, lq__reader *r)
{
	lq_format f = {.struct_size = sizeof f};
	uint32_t i = lq__read_u32(r);
	lq__wire_read_format(r, &f);
	must(!r->bad && i < LQ__WIRE_FORMATS);
	const lq_format *fmt = lq__format_new(c->graph->pool, &f);
	must(fmt != NULL);
	lq__format_unref(c->formats[i]);
	c->formats[i] = fmt;
}

/* A buffer around the graph's memory, read-only here. NULL: no memory. */
static lq_buffer *wrap(lq__child *c, const lq__wire_buffer *w)
{
	const lq_format *fmt = c->formats[w->format];
	lq__segment **s = w->n_planes ? find_segment(c, w->source) : NULL;
	lq__child_input *in = &c->inputs[w->number];
	must(!w->n_planes || s);
	lq_buffer *buf = lq__buffer_wrap(c->graph->pool, fmt, lq__outlet_free_input, in);
	if (!buf)
		return NULL;
	*in = (lq__child_input){.child = c, .number = w->number, .segment = s ? lq__segment_ref(*s) : NULL};
	((lq__block *)buf)->segment = in->segment;
	lq__wire_apply(w, buf);
	for (uint32_t i = 0; i < w->n_planes; i++)
		buf->planes[i] = (*s)->base + w->offsets[i];
	return buf;
}

static void media_op(lq_node *n, uint32_t port, lq_buffer *buf)
{
	if (atomic_load(&n->state) != NODE_RUNNING)
		return;
	lq__node_enter(n);
	if (!buf)
		lq__node_result(n, "send", LQ_ENOMEM);
	else if (n->desc->kind == LQ_KIND_CODEC)
		lq__node_result(n, "send", ((const lq_codec_ops *)n->desc->kind_ops)->send(n->self, port, buf));
	else if (n->desc->kind == LQ_KIND_FILTER)
		lq__node_result(n, "process", ((const lq_filter_ops *)n->desc->kind_ops)->process(n->self, port, buf));
	else if (n->desc->kind == LQ_KIND_RENDERER)
		lq__node_result(n, "render", ((const lq_renderer_ops *)n->desc->kind_ops)->render(n->self, port, buf));
	lq__node_leave(n);
}

static void take_buffer(lq__child *c, lq__reader *r)
{
	lq__wire_buffer w = {0};
	lq__wire_read_buffer(r, &w);
	must(!r->bad && w.number < LQ__WIRE_INPUTS && w.format < LQ__WIRE_FORMATS && c->formats[w.format]);
	lq_buffer *buf = wrap(c, &w);
	media_op(c->node, w.port, buf);
	size_t begin;
	lq__bytes *b = lq__outlet_begin(c, LQ__SAY_TAKEN, &begin);
	lq__bytes_u32(b, w.number);
	lq__outlet_end(c, begin);
	if (buf)
		lq__buffer_unref(buf);
	else
		lq__outlet_free_input(&(lq__child_input){.child = c, .number = w.number});
}

static void take_event(lq__child *c, lq__reader *r)
{
	lq_event e = {.struct_size = sizeof e};
	lq__wire_read_event(r, &e);
	must(!r->bad);
	on_node(c->node, event_on_loop, &e);
}

static void take_record(lq__child *c, uint32_t type, lq__reader *r)
{
	switch (type) {
	case LQ__SAY_BUFFER: take_buffer(c, r); break;
	case LQ__SAY_FREE: lq__outlet_result_freed(c, lq__read_u32(r)); break;
	case LQ__SAY_SEGMENT: map_segment(c, r); break;
	case LQ__SAY_FORGET: forget_segment(c, r); break;
	case LQ__SAY_FORMAT: learn_format(c, r); break;
	case LQ__DO_EVENT: take_event(c, r); break;
	case LQ__DO_BYE: must(eventfd_write(c->leave_fd, 1) == 0); break;
	default: {
		request q = {c, type, lq__read_u32(r), r};
		on_node(c->node, request_on_loop, &q);
	}
	}
	must(!r->bad);
}

static int run(void *self, int64_t now)
{
	lq__child *c = lq__the_child;
	size_t size;
	for (int i = 0; i < 8 && !lq__wire_receive(c->fd, c->room, &size, c->fds, &c->n_fds); i++) {
		lq__reader message = {c->room, c->room + size, 0}, body;
		uint32_t type;
		c->next_fd = 0;
		lq__outlet_hold(c);
		while (lq__record_next(&message, &type, &body))
			take_record(c, type, &body);
		must(!message.bad);
		lq__outlet_let_go(c);
	}
	return 0;
}

static const lq_host *bridge_host;

static int create(const lq_host *host, const lq_value *values, void **self)
{
	bridge_host = host;
	*self = NULL;
	return 0;
}

static void destroy(void *self)
{
}

static int start_bridge(void *self)
{
	return bridge_host->watch(bridge_host, &lq__the_child->fd, &(short){POLLIN}, 1);
}

static const lq_port_desc ports[] = {{"out", LQ_OUT, LQ_MEDIA_NONE, LQ_PORT_OPTIONAL}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .start = start_bridge, .run = run};
static const lq_node_desc node = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_CAPTURE, .id = "isolate.bridge", .summary = "Reads what the graph sends.", .rank = 100,
	.ports = ports, .n_ports = 1, .ops = &ops, .kind_ops = &(lq_capture_ops){0}};
static const lq_node_desc *const nodes[] = {&node};
const lq_plugin lq__bridge_plugin = {
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "isolate", .version = "1", .licence = "Apache-2.0",
	.summary = "The way into a helper process.", .nodes = nodes, .n_nodes = 1};
