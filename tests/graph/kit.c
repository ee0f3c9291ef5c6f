#include "tests/graph/kit.h"

#include <time.h>

static kit_record records[64];
static pthread_mutex_t records_lock = PTHREAD_MUTEX_INITIALIZER;

kit_record *kit_seen(const char *tag)
{
	pthread_mutex_lock(&records_lock);
	kit_record *r = records;
	while (*r->tag && strcmp(r->tag, tag))
		r++;
	if (!*r->tag) {
		ck_assert(r < records + COUNT(records) - 1);
		snprintf(r->tag, sizeof r->tag, "%s", tag);
		pthread_mutex_init(&r->lock, NULL);
		pthread_cond_init(&r->changed, NULL);
		r->first = r->last = -1;
		r->last_pts = LQ_TIME_NONE;
	}
	pthread_mutex_unlock(&records_lock);
	return r;
}

static void forget(void)
{
	for (kit_record *r = records; *r->tag; r++) {
		pthread_mutex_destroy(&r->lock);
		pthread_cond_destroy(&r->changed);
	}
	memset(records, 0, sizeof records);
}

static void wait_for(pthread_mutex_t *lock, pthread_cond_t *changed, const long *what, long at_least)
{
	struct timespec end;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 30;
	int r = 0;
	pthread_mutex_lock(lock);
	while (*what < at_least && !r)
		r = pthread_cond_timedwait(changed, lock, &end);
	long got = *what;
	pthread_mutex_unlock(lock);
	ck_assert_msg(got >= at_least, "waited for %ld, got %ld", at_least, got);
}

void kit_wait(kit_record *r, const long *what, long at_least)
{
	wait_for(&r->lock, &r->changed, what, at_least);
}

long kit_get(kit_record *r, const long *what)
{
	pthread_mutex_lock(&r->lock);
	long value = *what;
	pthread_mutex_unlock(&r->lock);
	return value;
}

void kit_gate(kit_record *r, int closed)
{
	pthread_mutex_lock(&r->lock);
	r->gate = closed;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

static void on_event(void *arg, lq_node *node, const lq_event *e)
{
	kit *k = arg;
	pthread_mutex_lock(&k->lock);
	if (e->type == LQ_EVENT_ERROR) {
		k->errors++;
		snprintf(k->error, sizeof k->error, "%s: %s", lq_node_name(node), e->text);
	} else if (e->type == LQ_EVENT_DROPPED) {
		k->drops += (long)e->value;
	} else if (e->type == LQ_EVENT_EOS) {
		k->eos++;
	}
	pthread_cond_broadcast(&k->changed);
	pthread_mutex_unlock(&k->lock);
}

void kit_wait_event(kit *k, const long *what, long at_least)
{
	wait_for(&k->lock, &k->changed, what, at_least);
}

static void no_log(void *arg, uint32_t level, const char *area, const char *text)
{
}

void kit_init(kit *k, int threads, int converters)
{
	memset(k, 0, sizeof *k);
	k->allocations = lq__alloc_live();
	pthread_mutex_init(&k->lock, NULL);
	pthread_cond_init(&k->changed, NULL);
	if (!getenv("LQ_LOG"))
		lq_log_set_sink(no_log, NULL);
	k->diag = lq_diag_create();
	ck_assert_int_eq(lq_registry_create(&k->registry), 0);
	ck_assert_msg(!lq_registry_add(k->registry, &kit_plugin, k->diag), "%s", lq_diag_text(k->diag, 0));
	if (converters)
		ck_assert_int_eq(lq_registry_add(k->registry, &kit_converters, k->diag), 0);
	k->clock = threads ? NULL : lq_clock_virtual(LQ_SEC);
	lq_graph_config config = {.registry = k->registry, .clock = k->clock, .threads = threads, .event_fn = on_event, .event_arg = k};
	ck_assert_int_eq(lq_graph_create(&config, &k->graph), 0);
}

void kit_finish(kit *k)
{
	lq__graph_remove(k->graph, NULL);
	ck_assert_uint_eq(lq__pool_live(k->graph->pool), 0);
	for (kit_record *r = records; *r->tag; r++) {
		ck_assert_int_eq(r->creates, r->destroys);
		ck_assert_int_eq(r->starts, r->stops);
		ck_assert_int_eq(r->add_ports, r->remove_ports);
		ck_assert_int_le(r->max_inside, 1);
	}
	lq_graph_destroy(k->graph);
	lq_clock_destroy(k->clock);
	lq_registry_destroy(k->registry);
	lq_diag_destroy(k->diag);
	pthread_mutex_destroy(&k->lock);
	pthread_cond_destroy(&k->changed);
	ck_assert_int_eq(lq__alloc_live(), k->allocations);
	forget();
}

void kit_check_message(kit *k, const char *part)
{
	for (size_t i = 0; i < lq_diag_count(k->diag); i++)
		if (strstr(lq_diag_text(k->diag, i), part))
			return;
	for (size_t i = 0; i < lq_diag_count(k->diag); i++)
		fprintf(stderr, "message: %s\n", lq_diag_text(k->diag, i));
	ck_abort_msg("no message has: %s", part);
}

lq_node *kit_node(kit *k, const char *name, const char *use, const char *loop, const char *group, const char *params)
{
	lq_param_text list[16] = {{"tag", name}};
	size_t n = 1;
	char copy[400], *save = NULL;
	lq_node *node = NULL;
	snprintf(copy, sizeof copy, "%s", params ? params : "");
	for (char *t = strtok_r(copy, ",", &save); t; t = strtok_r(NULL, ",", &save)) {
		char *value = strchr(t, '=');
		*value++ = 0;
		size_t at = !strcmp(t, "tag") ? 0 : n++;
		list[at] = (lq_param_text){t, value};
	}
	lq_node_config config = {.name = name, .use = use, .loop = loop, .group = group, .params = list, .n_params = n};
	int r = lq_graph_add_node(k->graph, &config, name, k->diag, &node);
	ck_assert_msg(!r, "%s", lq_diag_text(k->diag, 0));
	return node;
}

lq_link *kit_link(kit *k, lq_node *from, lq_node *to, uint32_t policy, uint32_t buffers)
{
	lq_queue_config q = {.policy = policy, .buffers = buffers};
	lq_link *link = NULL;
	int r = lq_graph_link(k->graph, from, NULL, to, NULL, policy ? &q : NULL, "link", k->diag, &link);
	ck_assert_msg(!r, "%s", lq_diag_text(k->diag, 0));
	return link;
}

typedef struct wanted {
	const char *node, *name;
	double value;
} wanted;

static void one_stat(void *arg, const char *node, uint32_t port, const char *name, double value)
{
	wanted *w = arg;
	if (!strcmp(node, w->node) && !strcmp(name, w->name))
		w->value = value;
}

double kit_stat(kit *k, const char *node, const char *name)
{
	wanted w = {node, name, -1};
	lq_graph_stats(k->graph, one_stat, &w);
	return w.value;
}
