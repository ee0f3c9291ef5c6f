#include "tests/isolate/rig.h"

#include <dirent.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#undef fail /* of the library check: hosts have an op of that name */

static rig *the_rig;

typedef struct feed {
	const lq_host *host;
	const lq_format *out;
	int media;
	uint32_t w, h;
	int64_t n;
} feed;

enum { P_MEDIA, P_SIZE };
static const char *const medias[] = {"video", "audio", "h264", NULL};

static int feed_create(const lq_host *host, const lq_value *p, void **self)
{
	feed *f = calloc(1, sizeof *f);
	if (!f)
		return LQ_ENOMEM;
	*f = (feed){.host = host, .media = (int)p[P_MEDIA].i, .w = p[P_SIZE].num, .h = p[P_SIZE].den};
	*self = f;
	return 0;
}

static void feed_destroy(void *self)
{
	feed *f = self;
	f->host->format_unref(f->host, f->out);
	free(f);
}

static int feed_formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	const feed *f = self;
	if (i)
		return LQ_END;
	*out = (lq_format){.struct_size = sizeof *out, .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_RAW, .pixel = LQ_PIXEL_I420, .width = f->w, .height = f->h,
	                   .fps_num = 30, .fps_den = 1};
	if (f->media == 1)
		*out = (lq_format){.struct_size = sizeof *out, .media = LQ_MEDIA_AUDIO, .codec = LQ_CODEC_RAW, .sample = LQ_SAMPLE_S16, .rate = 48000, .channels = 1};
	if (f->media == 2) {
		out->codec = LQ_CODEC_H264;
		out->pixel = 0;
	}
	return 0;
}

static int feed_set_format(void *self, uint32_t port, const lq_format *fmt)
{
	feed *f = self;
	f->host->format_ref(f->host, fmt);
	f->host->format_unref(f->host, f->out);
	f->out = fmt;
	return 0;
}

static int feed_start(void *self)
{
	feed *f = self;
	return f->host->watch(f->host, &the_rig->feed_fd, &(short){POLLIN}, 1);
}

static void fill(const feed *f, lq_buffer *b)
{
	uint32_t rows = f->media == 0 ? f->h : 1;
	for (uint32_t i = 0; i < b->n_planes; i++, rows = (f->h + 1) / 2)
		for (uint32_t y = 0; y < rows; y++)
			for (uint32_t x = 0; x < (b->size ? b->size : b->strides[i]); x++)
				b->planes[i][y * b->strides[i] + x] = (uint8_t)(x + 3 * y + (uint64_t)f->n * 5 + i * 40);
}

static int feed_run(void *self, int64_t now)
{
	feed *f = self;
	uint64_t one;
	if (read(the_rig->feed_fd, &one, sizeof one) < 0)
		return 0;
	lq_buffer *b = f->host->buffer_new(f->host, f->out, 960);
	if (!b)
		return LQ_ENOMEM;
	fill(f, b);
	b->samples = f->media == 1 ? 480 : 0;
	b->pts = b->capture_time = f->n++ * LQ_SEC / 30;
	b->flags = f->media == 2 && f->n % 10 == 1 ? LQ_BUFFER_KEY : 0;
	b->priority = 1;
	return f->host->submit(f->host, 0, b);
}

static int sink_create(const lq_host *host, const lq_value *p, void **self)
{
	*self = the_rig;
	return 0;
}

static void sink_destroy(void *self)
{
}

static void add_row(rig *r, const uint8_t *data, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		r->sum = (r->sum ^ data[i]) * UINT64_C(1099511628211);
}

static int sink_render(void *self, uint32_t port, lq_buffer *b)
{
	rig *r = self;
	const lq_format *f = b->format;
	if (!b->n_planes)
		return 0;
	pthread_mutex_lock(&r->lock);
	uint32_t rows = f->height, width = f->width;
	if (!b->size)
		for (uint32_t i = 0; i < b->n_planes; i++, rows = (f->height + 1) / 2, width = (f->width + 1) / 2)
			for (uint32_t y = 0; y < rows; y++)
				add_row(r, b->planes[i] + y * b->strides[i], width);
	add_row(r, b->planes[0], b->size);
	memcpy(r->first, b->planes[0], sizeof r->first);
	r->frames++;
	r->keys += (b->flags & LQ_BUFFER_KEY) != 0;
	r->gaps += (b->flags & LQ_BUFFER_DISCONTINUITY) != 0;
	r->falls += b->pts <= r->last_pts;
	r->last_pts = b->pts;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
	return 0;
}

static const lq_param_desc params[] = {
	[P_MEDIA] = {"media", LQ_PARAM_CHOICE, 0, NULL, "video", 0, 0, medias, "What it sends."},
	[P_SIZE] = {"size", LQ_PARAM_SIZE, 0, NULL, "320x180", 16, 4096, NULL, "Size of the picture."}};
static const lq_port_desc feed_ports[] = {{"out", LQ_OUT, LQ_MEDIA_NONE, 0}}, sink_ports[] = {{"in", LQ_IN, LQ_MEDIA_NONE, 0}};
static const lq_node_ops feed_ops = {.create = feed_create, .destroy = feed_destroy, .formats = feed_formats, .set_format = feed_set_format,
                                     .start = feed_start, .run = feed_run};
static const lq_node_ops sink_ops = {.create = sink_create, .destroy = sink_destroy};
static const lq_node_desc feed_node = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_CAPTURE, .id = "rig.feed", .summary = "For tests.", .rank = 100, .ports = feed_ports, .n_ports = 1,
	.params = params, .n_params = COUNT(params), .ops = &feed_ops, .kind_ops = &(lq_capture_ops){NULL}};
static const lq_node_desc sink_node = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_RENDERER, .id = "rig.sink", .summary = "For tests.", .rank = 100, .ports = sink_ports, .n_ports = 1,
	.ops = &sink_ops, .kind_ops = &(lq_renderer_ops){.render = sink_render}};
static const lq_node_desc *const nodes[] = {&feed_node, &sink_node};
static const lq_plugin plugin = {
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "rig", .version = "1", .licence = "Apache-2.0", .summary = "For tests.",
	.nodes = nodes, .n_nodes = 2};

static void on_event(void *arg, lq_node *node, const lq_event *e)
{
	rig *r = arg;
	pthread_mutex_lock(&r->lock);
	r->warnings += e->type == LQ_EVENT_WARNING;
	r->errors += e->type == LQ_EVENT_ERROR;
	r->ends += e->type == LQ_EVENT_EOS;
	if (e->type == LQ_EVENT_WARNING || e->type == LQ_EVENT_ERROR)
		snprintf(r->text, sizeof r->text, "%s", e->text);
	if (e->type == LQ_EVENT_LEVEL) {
		r->levels++;
		r->level_sum = r->level_sum * 31 + (uint64_t)e->value;
	}
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

static void no_log(void *arg, uint32_t level, const char *area, const char *text)
{
}

static void scan(rig *r, const char *dir)
{
	char path[1000];
	const char *build = getenv("top_builddir");
	snprintf(path, sizeof path, "%s/%s", build ? build : ".", dir);
	ck_assert_int_eq(lq_registry_scan(r->registry, path), 0);
}

void rig_init(rig *r)
{
	memset(r, 0, sizeof *r);
	r->allocations = lq__alloc_live();
	the_rig = r;
	r->last_pts = -1;
	r->feed_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC | EFD_SEMAPHORE);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
	if (!getenv("LQ_LOG"))
		lq_log_set_sink(no_log, NULL);
	r->diag = lq_diag_create();
	ck_assert_int_eq(lq_registry_create(&r->registry), 0);
	ck_assert_int_eq(lq_registry_add(r->registry, &plugin, r->diag), 0);
	scan(r, "tests/isolate/.libs");
	scan(r, "plugins/.libs");
	ck_assert_int_eq(lq_graph_create(&(lq_graph_config){.registry = r->registry, .threads = 1, .event_fn = on_event, .event_arg = r}, &r->graph), 0);
}

void rig_finish(rig *r)
{
	lq__graph_remove(r->graph, NULL);
	ck_assert_uint_eq(lq__pool_live(r->graph->pool), 0);
	lq_graph_destroy(r->graph);
	lq_registry_destroy(r->registry);
	lq_diag_destroy(r->diag);
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->changed);
	close(r->feed_fd);
	ck_assert_int_eq(lq__alloc_live(), r->allocations);
	ck_assert_int_eq(rig_count_maps("memfd:loquat"), 0);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* there is no child, dead or alive */
}

int rig_try(rig *r, const char *name, const char *use, int isolate, const char *texts, lq_node **out)
{
	lq_param_text list[16];
	size_t n = 0;
	char copy[400], *save = NULL;
	snprintf(copy, sizeof copy, "%s", texts ? texts : "");
	for (char *t = strtok_r(copy, ",", &save); t; t = strtok_r(NULL, ",", &save)) {
		char *value = strchr(t, '=');
		*value++ = 0;
		list[n++] = (lq_param_text){t, value};
	}
	lq_node_config config = {.name = name, .use = use, .loop = "one", .params = list, .n_params = n, .isolate = isolate};
	return lq_graph_add_node(r->graph, &config, name, r->diag, out);
}

lq_node *rig_node(rig *r, const char *name, const char *use, int isolate, const char *texts)
{
	lq_node *node = NULL;
	int err = rig_try(r, name, use, isolate, texts, &node);
	ck_assert_msg(!err, "%s", lq_diag_text(r->diag, lq_diag_count(r->diag) - 1));
	return node;
}

void rig_link(rig *r, lq_node *from, lq_node *to)
{
	ck_assert_int_eq(lq_graph_link(r->graph, from, NULL, to, NULL, NULL, "link", r->diag, NULL), 0);
}

void rig_start(rig *r)
{
	int err = lq_graph_start(r->graph, NULL, r->diag);
	ck_assert_msg(!err, "%s", lq_diag_text(r->diag, lq_diag_count(r->diag) - 1));
}

void rig_chain(rig *r, const char *use, int isolate, const char *texts, const char *media)
{
	r->feed = rig_node(r, "feed", "rig.feed", 0, media);
	lq_node *node = rig_node(r, "node", use, isolate, texts);
	r->sink = rig_node(r, "sink", "rig.sink", 0, NULL);
	rig_link(r, r->feed, node);
	rig_link(r, node, r->sink);
	rig_start(r);
}

void rig_push(rig *r, int n)
{
	uint64_t add = (uint64_t)n;
	ck_assert_int_eq(write(r->feed_fd, &add, sizeof add), sizeof add);
}

long rig_get(rig *r, const long *what)
{
	pthread_mutex_lock(&r->lock);
	long value = *what;
	pthread_mutex_unlock(&r->lock);
	return value;
}

/* Waits for a while; returns what there is. */
static long wait_ms(rig *r, const long *what, long at_least, long ms)
{
	struct timespec end;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_nsec += ms % 1000 * 1000000;
	end.tv_sec += ms / 1000 + end.tv_nsec / 1000000000;
	end.tv_nsec %= 1000000000;
	int err = 0;
	pthread_mutex_lock(&r->lock);
	while (*what < at_least && !err)
		err = pthread_cond_timedwait(&r->changed, &r->lock, &end);
	long got = *what;
	pthread_mutex_unlock(&r->lock);
	return got;
}

void rig_wait(rig *r, const long *what, long at_least)
{
	long got = wait_ms(r, what, at_least, 30000);
	ck_assert_msg(got >= at_least, "waited for %ld, got %ld; %s", at_least, got, r->text);
}

void rig_pump(rig *r, int n)
{
	long frames = rig_get(r, &r->frames);
	for (int i = 1; i <= n; i++) {
		rig_push(r, 1);
		rig_wait(r, &r->frames, frames + i);
	}
}

void rig_pump_until(rig *r, const long *what, long at_least)
{
	for (int i = 0; i < 30000 / 5; i++) {
		rig_push(r, 1);
		if (wait_ms(r, what, at_least, 5) >= at_least)
			return;
	}
	ck_abort_msg("waited for %ld, got %ld; %s", at_least, rig_get(r, what), r->text);
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

double rig_stat(rig *r, const char *node, const char *name)
{
	wanted w = {node, name, -1};
	lq_graph_stats(r->graph, one_stat, &w);
	return w.value;
}

void rig_wait_stat(rig *r, const char *node, const char *name, double at_least)
{
	for (int i = 0; i < 6000 && rig_stat(r, node, name) < at_least; i++)
		poll(NULL, 0, 5);
	double got = rig_stat(r, node, name);
	ck_assert_msg(got >= at_least, "%s.%s: waited for %g, got %g; %s", node, name, at_least, got, r->text);
}

void rig_kill(rig *r, const char *node, int how)
{
	int pid = 0;
	for (int i = 0; i < 6000 && pid <= 0; i++) {
		pid = (int)rig_stat(r, node, "helperPid");
		if (pid <= 0)
			poll(NULL, 0, 5);
	}
	ck_assert_int_gt(pid, 1);
	ck_assert_int_eq(kill(pid, how), 0);
}

void rig_check_message(rig *r, const char *part)
{
	for (size_t i = 0; i < lq_diag_count(r->diag); i++)
		if (strstr(lq_diag_text(r->diag, i), part))
			return;
	for (size_t i = 0; i < lq_diag_count(r->diag); i++)
		fprintf(stderr, "message: %s\n", lq_diag_text(r->diag, i));
	ck_abort_msg("no message has: %s", part);
}

int rig_count_fds(void)
{
	int n = 0;
	DIR *d = opendir("/proc/self/fd");
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

int rig_count_maps(const char *part)
{
	char line[1000];
	int n = 0;
	FILE *f = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof line, f))
		n += strstr(line, part) != NULL;
	fclose(f);
	return n;
}
