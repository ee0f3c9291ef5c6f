#include "testhost.h"

#include <dlfcn.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static th_node *of(const lq_host *host)
{
	return host->host_data;
}

static int64_t host_now(const lq_host *host)
{
	return of(host)->env->now;
}

static void host_log(const lq_host *host, uint32_t level, const char *fmt, ...)
{
	va_list args;
	if (level > LQ_LOG_WARNING)
		return;
	va_start(args, fmt);
	fprintf(stderr, "%s: ", of(host)->desc->id);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
}

static int host_fail(const lq_host *host, int code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	vsnprintf(of(host)->error, sizeof of(host)->error, fmt, args);
	va_end(args);
	return code;
}

static const lq_format *host_format_new(const lq_host *host, const lq_format *fmt)
{
	return lq__format_new(of(host)->env->pool, fmt);
}

static const lq_format *host_format_ref(const lq_host *host, const lq_format *fmt)
{
	return lq__format_ref(fmt);
}

static void host_format_unref(const lq_host *host, const lq_format *fmt)
{
	lq__format_unref(fmt);
}

static lq_buffer *host_buffer_new(const lq_host *host, const lq_format *fmt, uint32_t size)
{
	return lq__buffer_new(of(host)->env->pool, fmt, size);
}

static lq_buffer *host_buffer_wrap(const lq_host *host, const lq_format *fmt, lq_free_fn release, void *opaque)
{
	return lq__buffer_wrap(of(host)->env->pool, fmt, release, opaque);
}

static lq_buffer *host_buffer_ref(const lq_host *host, lq_buffer *buf)
{
	return lq__buffer_ref(buf);
}

static void host_buffer_unref(const lq_host *host, lq_buffer *buf)
{
	lq__buffer_unref(buf);
}

static lq_buffer *host_buffer_writable(const lq_host *host, lq_buffer *buf)
{
	return lq__buffer_writable(buf);
}

static int host_submit(const lq_host *host, uint32_t port, lq_buffer *buf)
{
	th_node *node = of(host);
	ck_assert_uint_lt(port, TH_PORTS);
	ck_assert_ptr_nonnull(buf->format);
	if (node->unlinked) {
		lq__buffer_unref(buf);
		return LQ_EPIPE;
	}
	th_queue *q = &node->out[port];
	if (q->n == q->room) {
		q->room = q->room ? 2 * q->room : 64;
		q->items = realloc(q->items, q->room * sizeof *q->items);
	}
	q->items[q->n++] = buf;
	return 0;
}

static void keep(th_seen *list, size_t *n, uint32_t port, const lq_event *e)
{
	if (*n < TH_EVENTS)
		list[(*n)++] = (th_seen){e->type, port, e->value};
}

static void host_event(const lq_host *host, const lq_event *e)
{
	keep(of(host)->events, &of(host)->n_events, e->port, e);
}

static void host_upstream(const lq_host *host, uint32_t port, const lq_event *e)
{
	keep(of(host)->upstream, &of(host)->n_upstream, port, e);
}

static void host_wake_at(const lq_host *host, int64_t time)
{
	th_node *node = of(host);
	if (node->wake == LQ_TIME_NONE || time < node->wake)
		node->wake = time;
}

static int host_watch(const lq_host *host, const int *fds, const short *events, uint32_t n)
{
	return LQ_ENOTSUP;
}

static const void *host_extension(const lq_host *host, const char *id)
{
	return NULL;
}

static const lq_host host_table = {
	.struct_size = sizeof(lq_host), .abi_minor = LQ_ABI_MINOR, .now = host_now, .log = host_log, .fail = host_fail,
	.format_new = host_format_new, .format_ref = host_format_ref, .format_unref = host_format_unref, .buffer_new = host_buffer_new,
	.buffer_wrap = host_buffer_wrap, .buffer_ref = host_buffer_ref, .buffer_unref = host_buffer_unref,
	.buffer_writable = host_buffer_writable, .submit = host_submit, .event = host_event, .upstream = host_upstream,
	.wake_at = host_wake_at, .watch = host_watch, .extension = host_extension};

th_env *th_env_new(void)
{
	th_env *env = calloc(1, sizeof *env);
	ck_assert_ptr_nonnull(env);
	env->pool = lq__pool_create();
	ck_assert_ptr_nonnull(env->pool);
	return env;
}

void th_env_free(th_env *env)
{
	ck_assert_uint_eq(lq__pool_live(env->pool), 0);
	ck_assert_uint_eq(lq__pool_live_formats(env->pool), 0);
	lq__pool_destroy(env->pool);
	free(env);
}

const lq_plugin *th_plugin(const char *name)
{
	const char *dir = getenv("LQ_PLUGIN_PATH");
	char file[1024];
	snprintf(file, sizeof file, "%s/%s.so", dir ? dir : "plugins/.libs", name);
	void *lib = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	ck_assert_msg(lib != NULL, "%s", dlerror());
	const lq_plugin *plugin = dlsym(lib, LQ_PLUGIN_SYMBOL);
	ck_assert_ptr_nonnull(plugin);
	ck_assert_uint_eq(plugin->abi_minor, LQ_ABI_MINOR);
	return plugin;
}

static const lq_node_desc *find_node(const char *name, const char *id)
{
	const lq_plugin *plugin = th_plugin(name);
	if (plugin->init)
		ck_assert_int_eq(plugin->init(), 0);
	for (uint32_t i = 0; i < plugin->n_nodes; i++)
		if (!strcmp(plugin->nodes[i]->id, id))
			return plugin->nodes[i];
	ck_abort_msg("plugin %s has no node %s", name, id);
	return NULL;
}

static int parse_choice(const lq_param_desc *p, const char *text)
{
	for (int i = 0; p->choices[i]; i++)
		if (!strcmp(p->choices[i], text))
			return i;
	ck_abort_msg("%s: no choice %s", p->name, text);
	return -1;
}

/* Enough of the core's rules for well-formed values. */
static void parse(const lq_param_desc *p, const char *text, lq_value *v)
{
	*v = (lq_value){.type = p->type, .is_set = v->is_set, .s = text};
	switch (p->type) {
	case LQ_PARAM_BOOL: v->i = !strcmp(text, "true"); break;
	case LQ_PARAM_INT: v->i = atoll(text); break;
	case LQ_PARAM_FLOAT: v->f = atof(text); break;
	case LQ_PARAM_CHOICE: v->i = parse_choice(p, text); break;
	case LQ_PARAM_SIZE: ck_assert_int_eq(sscanf(text, "%ux%u", &v->num, &v->den), 2); break;
	case LQ_PARAM_FRACTION:
		v->den = 1;
		ck_assert_int_ge(sscanf(text, "%u/%u", &v->num, &v->den), 1);
		break;
	}
	if ((p->type == LQ_PARAM_INT) && (p->min != 0 || p->max != 0))
		ck_assert(v->i >= p->min && v->i <= p->max);
}

static uint32_t param_index(const th_node *node, const char *name, size_t n)
{
	for (uint32_t i = 0; i < node->desc->n_params; i++)
		if (strlen(node->desc->params[i].name) == n && !strncmp(node->desc->params[i].name, name, n))
			return i;
	ck_abort_msg("%s has no parameter %.*s", node->desc->id, (int)n, name);
	return 0;
}

static void set_value(th_node *node, uint32_t i, const char *text, size_t n)
{
	free(node->texts[i]);
	node->texts[i] = strndup(text, n);
	parse(&node->desc->params[i], node->texts[i], &node->values[i]);
}

static void resolve(th_node *node, const char *params)
{
	ck_assert_uint_le(node->desc->n_params, TH_PARAMS);
	for (uint32_t i = 0; i < node->desc->n_params; i++)
		if (node->desc->params[i].def)
			set_value(node, i, node->desc->params[i].def, strlen(node->desc->params[i].def));
	for (const char *p = params ? params : ""; *p;) {
		size_t name = strcspn(p, "="), value = strcspn(p + name + 1, ";");
		uint32_t i = param_index(node, p, name);
		node->values[i].is_set = 1;
		set_value(node, i, p + name + 1, value);
		p += name + 1 + value;
		p += *p == ';';
	}
	for (uint32_t i = 0; i < node->desc->n_params; i++)
		ck_assert_msg(node->texts[i] != NULL, "%s is required", node->desc->params[i].name);
}

th_node *th_try_open(th_env *env, const char *plugin, const char *id, const char *params, int *result)
{
	th_node *node = calloc(1, sizeof *node);
	ck_assert_ptr_nonnull(node);
	node->host = host_table;
	node->host.host_data = node;
	node->env = env;
	node->wake = node->next = LQ_TIME_NONE;
	node->desc = find_node(plugin, id);
	resolve(node, params);
	*result = node->desc->ops->create(&node->host, node->values, &node->self);
	return node;
}

th_node *th_open(th_env *env, const char *plugin, const char *id, const char *params)
{
	int r;
	th_node *node = th_try_open(env, plugin, id, params, &r);
	ck_assert_msg(r == 0, "%s: %d %s", id, r, node->error);
	return node;
}

void th_close(th_node *node)
{
	for (uint32_t i = 0; i < TH_PORTS; i++) {
		th_drop(node, i);
		free(node->out[i].items);
	}
	if (node->self)
		node->desc->ops->destroy(node->self);
	for (uint32_t i = 0; i < TH_PARAMS; i++)
		free(node->texts[i]);
	free(node);
}

int th_set_format(th_node *node, uint32_t port, lq_format fmt)
{
	const lq_format *f = lq__format_new(node->env->pool, &fmt);
	int r = node->desc->ops->set_format ? node->desc->ops->set_format(node->self, port, f) : 0;
	lq__format_unref(f);
	return r;
}

int th_start(th_node *node)
{
	node->next = node->env->now;
	return node->desc->ops->start ? node->desc->ops->start(node->self) : 0;
}

void th_stop(th_node *node)
{
	if (node->desc->ops->stop)
		node->desc->ops->stop(node->self);
}

int th_send(th_node *node, uint32_t port, lq_buffer *buf)
{
	const void *k = node->desc->kind_ops;
	int r = LQ_ENOTSUP;
	switch (node->desc->kind) {
	case LQ_KIND_CODEC: r = ((const lq_codec_ops *)k)->send(node->self, port, buf); break;
	case LQ_KIND_FILTER: r = ((const lq_filter_ops *)k)->process(node->self, port, buf); break;
	case LQ_KIND_RENDERER: r = ((const lq_renderer_ops *)k)->render(node->self, port, buf); break;
	}
	lq__buffer_unref(buf);
	return r;
}

int th_flush(th_node *node)
{
	const void *k = node->desc->kind_ops;
	int (*flush)(void *) = node->desc->kind == LQ_KIND_CODEC    ? ((const lq_codec_ops *)k)->flush
	                       : node->desc->kind == LQ_KIND_FILTER ? ((const lq_filter_ops *)k)->flush
	                                                            : ((const lq_renderer_ops *)k)->flush;
	return flush ? flush(node->self) : 0;
}

int th_set(th_node *node, const char *name, const char *value)
{
	uint32_t i = param_index(node, name, strlen(name));
	ck_assert(node->desc->params[i].flags & LQ_PARAM_RUNTIME);
	set_value(node, i, value, strlen(value));
	return node->desc->ops->set_param(node->self, i, &node->values[i]);
}

int th_event(th_node *node, uint32_t type, int64_t value)
{
	lq_event e = {.struct_size = sizeof e, .type = type, .value = value};
	return node->desc->ops->event(node->self, &e);
}

typedef struct wanted_stat {
	uint32_t port;
	const char *name;
	double value;
} wanted_stat;

static void on_stat(void *arg, uint32_t port, const lq_stat *stat)
{
	wanted_stat *w = arg;
	if (w->port == port && !strcmp(w->name, stat->name))
		w->value = stat->value;
}

double th_stat(th_node *node, uint32_t port, const char *name)
{
	wanted_stat w = {port, name, NAN};
	node->desc->ops->stats(node->self, on_stat, &w);
	return w.value;
}

static size_t of_type(const th_seen *list, size_t n, uint32_t type)
{
	size_t found = 0;
	for (size_t i = 0; i < n; i++)
		found += list[i].type == type;
	return found;
}

size_t th_saw(const th_node *node, uint32_t type)
{
	return of_type(node->events, node->n_events, type);
}

size_t th_asked(const th_node *node, uint32_t type)
{
	return of_type(node->upstream, node->n_upstream, type);
}

int th_run_until(th_node *node, int64_t time)
{
	int capture = node->desc->kind == LQ_KIND_CAPTURE, r = 0;
	const lq_capture_ops *k = capture ? node->desc->kind_ops : NULL;
	while (!r) {
		int64_t *due = capture && k->read ? &node->next : &node->wake, at = *due;
		if (at == LQ_TIME_NONE || at > time)
			break;
		if (at > node->env->now)
			node->env->now = at;
		*due = LQ_TIME_NONE;
		r = due == &node->next ? k->read(node->self, node->env->now, &node->next) : node->desc->ops->run(node->self, node->env->now);
	}
	if (time > node->env->now)
		node->env->now = time;
	return r;
}

size_t th_count(const th_node *node, uint32_t port)
{
	return node->out[port].n - node->out[port].head;
}

lq_buffer *th_take(th_node *node, uint32_t port)
{
	th_queue *q = &node->out[port];
	lq_buffer *buf = q->head < q->n ? q->items[q->head++] : NULL;
	if (q->head == q->n)
		q->head = q->n = 0;
	return buf;
}

void th_drop(th_node *node, uint32_t port)
{
	for (lq_buffer *b; (b = th_take(node, port));)
		lq__buffer_unref(b);
}

void th_free(th_env *env, lq_buffer *buf)
{
	lq__buffer_unref(buf);
}

int th_pump(th_node *from, uint32_t port, th_node *to, uint32_t to_port)
{
	int r = 0;
	for (lq_buffer *b; (b = th_take(from, port));) {
		int sent = th_send(to, to_port, b);
		r = r ? r : sent;
	}
	return r;
}

int th_main(const char *name, TCase *first, ...)
{
	Suite *suite = suite_create(name);
	va_list args;
	va_start(args, first);
	for (TCase *c = first; c; c = va_arg(args, TCase *)) {
		tcase_set_timeout(c, 120);
		suite_add_tcase(suite, c);
	}
	va_end(args);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
