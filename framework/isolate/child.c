#include "isolate/child.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Waits for one message. Only the main thread reads until the node is made. LQ_EPIPE: the graph is gone. */
static int wait_message(lq__child *c, lq__reader *out)
{
	struct pollfd p = {c->fd, POLLIN, 0};
	size_t size = 0;
	int r;
	while ((r = lq__wire_receive(c->fd, c->room, &size, c->fds, &c->n_fds)) == LQ_EAGAIN)
		poll(&p, 1, -1);
	*out = (lq__reader){c->room, c->room + size, 0};
	return r;
}

/* Warnings and worse, or what LQ_LOG asks for, go where the program's own lines go. */
static void log_line(void *arg, uint32_t level, const char *area, const char *text)
{
	lq__child *c = arg;
	size_t begin;
	lq__bytes *b = lq__outlet_begin(c, LQ__SAY_LOG, &begin);
	lq__bytes_u32(b, level);
	lq__bytes_string(b, text);
	lq__outlet_end(c, begin);
}

static int refuse(lq__child *c, uint32_t request, int code, const lq_diag *diag)
{
	lq__outlet_reply(c, request, code, lq_diag_count(diag) ? lq_diag_text(diag, 0) : NULL);
	return code;
}

static uint32_t ops_of(const lq_node_desc *d)
{
	const lq_node_ops *o = d->ops;
	uint32_t mask = (o->formats ? LQ__HAS_FORMATS : 0) | (o->event ? LQ__HAS_EVENT : 0) | (o->set_param ? LQ__HAS_SET_PARAM : 0);
	if ((d->kind == LQ_KIND_CODEC && ((const lq_codec_ops *)d->kind_ops)->flush) || (d->kind == LQ_KIND_FILTER && ((const lq_filter_ops *)d->kind_ops)->flush) ||
	    (d->kind == LQ_KIND_RENDERER && ((const lq_renderer_ops *)d->kind_ops)->flush))
		mask |= LQ__HAS_FLUSH;
	if (d->kind == LQ_KIND_RENDERER && ((const lq_renderer_ops *)d->kind_ops)->latency)
		mask |= LQ__HAS_LATENCY;
	return mask;
}

typedef struct wish {
	char *use, *name;
	uint32_t priority;
} wish;

/* Loads the one plugin and asks whether the node can work here. */
static int load(lq__child *c, wish *w, lq_diag *diag)
{
	lq__reader message, r;
	uint32_t type;
	lq_node_info info;
	int code = wait_message(c, &message);
	if (code || !lq__record_next(&message, &type, &r) || type != LQ__DO_LOAD)
		return LQ_EPIPE;
	uint32_t request = lq__read_u32(&r);
	const char *file = lq__read_chars(&r), *use = lq__read_chars(&r), *name = lq__read_chars(&r);
	w->priority = lq__read_u32(&r);
	if (r.bad || !file || !use || !name || !(w->use = lq__strdup(use)) || !(w->name = lq__strdup(name)))
		return LQ_EPIPE;
	code = lq_registry_load(c->registry, file, diag);
	if (!code)
		code = lq_registry_find(c->registry, use, NULL, diag, &info);
	if (code)
		return refuse(c, request, code, diag);
	size_t begin;
	lq__bytes *b = lq__outlet_begin(c, LQ__SAY_REPLY, &begin);
	lq__bytes_u32(b, request);
	lq__bytes_u32(b, 0);
	lq__bytes_string(b, NULL);
	lq__bytes_u32(b, ops_of(info.desc));
	lq__outlet_end(c, begin);
	return 0;
}

static int make_node(lq__child *c, const wish *w, lq__reader *r, lq_diag *diag)
{
	lq_param_text params[256];
	uint32_t n = lq__read_u32(r);
	for (uint32_t i = 0; i < n && i < 256; i++)
		params[i] = (lq_param_text){lq__read_chars(r), lq__read_chars(r)};
	if (r->bad || n > 256)
		return LQ_EPROTO;
	int code = lq_graph_loop(c->graph, "main", w->priority != 0);
	lq_node_config config = {.name = w->name, .use = w->use, .group = "node", .params = params, .n_params = n};
	return code ? code : lq_graph_add_node(c->graph, &config, NULL, diag, &c->node);
}

static int create(lq__child *c, const wish *w, lq_diag *diag)
{
	lq__reader message, r;
	uint32_t type;
	if (wait_message(c, &message) || !lq__record_next(&message, &type, &r) || type != LQ__DO_CREATE)
		return LQ_EPIPE; /* the graph did not want it after all */
	uint32_t request = lq__read_u32(&r);
	int code = make_node(c, w, &r, diag);
	if (code && c->graph->reason[0]) { /* the node's own words, where they end up before the user with the node's name */
		lq__outlet_reply(c, request, code, c->graph->reason);
		return code;
	}
	if (code)
		return refuse(c, request, code, diag);
	lq__outlet_reply(c, request, 0, NULL);
	return 0;
}

static int start_bridge(lq__child *c)
{
	lq_node_config config = {.name = "isolate bridge", .use = "isolate.bridge", .group = "bridge"};
	int code = lq_graph_add_node(c->graph, &config, NULL, NULL, &c->bridge);
	return code ? code : lq_graph_start(c->graph, "bridge", NULL);
}

/* The loop does the work; here is only seen when the graph has gone, be the loop in an endless op or not. 0: it said good-bye. */
static int wait_for_end(lq__child *c)
{
	struct pollfd p[2] = {{c->leave_fd, POLLIN, 0}, {c->fd, POLLRDHUP, 0}};
	for (;;) {
		int n = poll(p, 2, -1);
		if (n > 0 && p[0].revents)
			return 0;
		if (n > 0 && p[1].revents)
			return LQ_EPIPE;
	}
}

static int set_up(lq__child *c)
{
	pthread_mutexattr_t attr;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&c->lock, &attr);
	pthread_mutexattr_destroy(&attr);
	c->leave_fd = eventfd(0, EFD_CLOEXEC);
	c->room = lq__malloc(LQ__WIRE_MAX);
	int r = c->leave_fd >= 0 && c->room ? lq_registry_create(&c->registry) : LQ_ENOMEM;
	if (!r)
		r = lq_registry_add(c->registry, &lq__bridge_plugin, NULL);
	if (!r)
		r = lq_graph_create(&(lq_graph_config){.registry = c->registry, .threads = 1, .event_fn = lq__outlet_event, .event_arg = c}, &c->graph);
	if (!r)
		r = lq__pool_share(c->graph->pool);
	if (!r)
		c->graph->adapt = lq__outlet_adapt;
	return r;
}

static void finish(lq__child *c)
{
	lq__graph_remove(c->graph, NULL); /* the node's last words still go out */
	lq_log_set_sink(NULL, NULL);
	lq__outlet_finish(c);
	for (uint32_t i = 0; i < LQ__WIRE_FORMATS; i++)
		lq__format_unref(c->formats[i]);
	for (uint32_t i = 0; i < LQ__WIRE_SEGMENTS; i++)
		lq__segment_unref(c->segments[i]);
	lq_graph_destroy(c->graph);
	lq_registry_destroy(c->registry);
	close(c->leave_fd);
	lq__free(c->room);
	pthread_mutex_destroy(&c->lock);
	lq__free(c);
}

int lq__child_main(int fd, lq__confine_fn confine)
{
	wish w = {0};
	lq__child *c = lq__calloc(1, sizeof *c);
	lq_diag *diag = lq_diag_create();
	if (!c || !diag)
		return 1;
	c->fd = fd;
	c->confine = confine;
	lq__the_child = c;
	int r = set_up(c);
	if (!r) {
		lq_log_set_sink(log_line, c);
		r = load(c, &w, diag);
	}
	if (!r)
		r = create(c, &w, diag);
	if (!r)
		r = start_bridge(c);
	if (!r)
		r = wait_for_end(c);
	if (r == LQ_EPIPE || !c->graph)
		_exit(r != 0);
	int is_confined = c->is_confined;
	finish(c);
	lq_diag_destroy(diag);
	lq__free(w.use);
	lq__free(w.name);
	if (is_confined)
		_exit(0); /* what runs at exit may need what is forbidden now */
	return 0;
}
