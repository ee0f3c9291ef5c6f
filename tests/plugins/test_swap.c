/* Real plugins change places while a graph runs: cameras, encoders with their decoders, bitrates, a filter. $LQ_SWAPS says how many times (100). */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/graph.h>

#define INTERVAL (LQ_SEC / 60)

/* What arrived at the far end. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	long frames, back;
	int64_t last, step, max_step; /* ns; the longest since `max_step` was cleared */
	uint32_t width;
} seen = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .last = LQ_TIME_NONE};

static int create(const lq_host *host, const lq_value *params, void **self)
{
	*self = &seen;
	return 0;
}

static void destroy(void *self)
{
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	*out = (lq_format){.struct_size = sizeof *out, .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_RAW, .pixel = LQ_PIXEL_I420};
	return i ? LQ_END : 0;
}

static int render(void *self, uint32_t port, lq_buffer *buf)
{
	pthread_mutex_lock(&seen.lock);
	if (seen.last != LQ_TIME_NONE) {
		seen.step = buf->pts - seen.last;
		seen.back += seen.step <= 0;
		seen.max_step = seen.step > seen.max_step ? seen.step : seen.max_step;
	}
	seen.last = buf->pts;
	seen.width = buf->format->width;
	seen.frames++;
	pthread_cond_broadcast(&seen.changed);
	pthread_mutex_unlock(&seen.lock);
	return 0;
}

static const lq_port_desc ports[] = {{"in", LQ_IN, LQ_MEDIA_VIDEO, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats};
static const lq_renderer_ops renderer = {.render = render};
static const lq_node_desc eye = {.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_RENDERER, .id = "render.eye", .summary = "Looks.", .rank = 100,
	.ports = ports, .n_ports = 1, .ops = &ops, .kind_ops = &renderer};
static const lq_node_desc *const nodes[] = {&eye};
static const lq_plugin plugin = {.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "eye", .version = "1", .licence = "Apache-2.0",
	.summary = "For this test.", .nodes = nodes, .n_nodes = 1};

static lq_registry *registry;
static lq_graph *graph;
static lq_diag *diag;
static uint64_t seed = 88172645463325252u;

static uint32_t random_below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % n;
}

static const char *why(void)
{
	size_t n = lq_diag_count(diag);
	return n ? lq_diag_text(diag, n - 1) : "no message";
}

static lq_node *add(const char *name, const char *use, const char *loop, const lq_param_text *params, size_t n)
{
	lq_node_config c = {.name = name, .use = use, .loop = loop, .params = params, .n_params = n};
	lq_node *node = NULL;
	int r = lq_graph_add_node(graph, &c, name, diag, &node);
	ck_assert_msg(!r, "%s", why());
	return node;
}

static void join(lq_node *from, lq_node *to)
{
	lq_queue_config block = {.policy = LQ_QUEUE_BLOCK, .buffers = 32};
	int r = lq_graph_link(graph, from, NULL, to, NULL, &block, "link", diag, NULL);
	ck_assert_msg(!r, "%s", why());
}

static void set_up(void)
{
	lq_graph_config config = {.threads = 1};
	lq_param_text cam[] = {{"size", "160x96"}, {"fps", "60"}}, enc[] = {{"bitrate", "300000"}, {"threads", "1"}};
	diag = lq_diag_create();
	ck_assert_int_eq(lq_registry_create(&registry), 0);
	ck_assert_int_eq(lq_registry_scan_default(registry), 0);
	ck_assert_msg(!lq_registry_add(registry, &plugin, diag), "%s", why());
	config.registry = registry;
	ck_assert_int_eq(lq_graph_create(&config, &graph), 0);
	lq_node *c = add("cam", "capture.pattern", "a", cam, 2), *e = add("enc", "codec.h264.enc", "b", enc, 2);
	lq_node *d = add("dec", "codec.h264.dec", "c", NULL, 0), *s = add("eye", "render.eye", "c", NULL, 0);
	join(c, e);
	join(e, d);
	join(d, s);
	int r = lq_graph_start(graph, NULL, diag);
	ck_assert_msg(!r, "%s", why());
}

static void tear_down(void)
{
	lq_graph_destroy(graph);
	lq_registry_destroy(registry);
	lq_diag_destroy(diag);
}

/* n frames more; the longest step among them. */
static int64_t await_frames(long n)
{
	pthread_mutex_lock(&seen.lock);
	long end = seen.frames + n;
	while (seen.frames < end)
		pthread_cond_wait(&seen.changed, &seen.lock);
	int64_t step = seen.max_step;
	ck_assert_int_eq(seen.back, 0);
	pthread_mutex_unlock(&seen.lock);
	return step;
}

static void forget_steps(void)
{
	pthread_mutex_lock(&seen.lock);
	seen.max_step = 0;
	pthread_mutex_unlock(&seen.lock);
}

static int vp8;

static int swap_codecs(void)
{
	lq_edit *e;
	vp8 = !vp8;
	ck_assert_int_eq(lq_edit_create(graph, &e), 0);
	lq_node_config enc = {.use = vp8 ? "codec.vp8.enc" : "codec.h264.enc"}, dec = {.use = vp8 ? "codec.vp8.dec" : "codec.h264.dec"};
	int r = lq_edit_replace(e, lq_graph_find(graph, "enc"), &enc, "enc", diag, NULL);
	if (!r)
		r = lq_edit_replace(e, lq_graph_find(graph, "dec"), &dec, "dec", diag, NULL);
	if (!r)
		r = lq_edit_commit(e, 20 * LQ_SEC, diag);
	lq_edit_destroy(e);
	return r;
}

static int swap_one(const char *name, const char *use, const char *param, const char *value)
{
	lq_param_text p[] = {{param, value}, {"fps", "60"}};
	return lq_node_change(lq_graph_find(graph, name), &(lq_node_config){.use = use, .params = p, .n_params = strcmp(name, "cam") ? 1 : 2}, name, diag);
}

static int filter_in_or_out(void)
{
	lq_node *f = lq_graph_find(graph, "mark");
	if (f)
		return lq_node_take_out(f, "mark", diag);
	return lq_node_insert_behind(lq_graph_find(graph, "cam"), NULL, &(lq_node_config){.name = "mark", .use = "filter.barcode"}, "mark", diag);
}

static int swap(uint32_t what)
{
	static const char *const sizes[] = {"160x96", "96x64", "320x180"}, *const rates[] = {"200000", "400000", "800000"};
	switch (what) {
	case 0: return swap_one("cam", "capture.pattern", "size", sizes[random_below(3)]);
	case 1: return swap_one("enc", NULL, "bitrate", rates[random_below(3)]);
	case 2: return swap_one("enc", NULL, "key_interval", random_below(2) ? "1" : "5");
	case 3: return filter_in_or_out();
	case 4: return swap_one("dec", vp8 ? "codec.vp8.dec" : "codec.h264.dec", "threads", "1");
	default: return swap_codecs();
	}
}

START_TEST(plugins_change_places_without_a_gap)
{
	const char *text = getenv("LQ_SWAPS");
	long n = text ? atol(text) : 100;
	lq_clock *clock = lq_clock_real();
	await_frames(10);
	for (long i = 0; i < n; i++) {
		uint32_t what = random_below(6);
		forget_steps();
		int64_t begin = lq_clock_now(clock);
		int r = swap(what);
		int64_t took = lq_clock_now(clock) - begin;
		ck_assert_msg(!r, "swap %ld (%u): %s", i, what, why());
		int64_t step = await_frames(2 + (long)random_below(4));
		/* a stall of the whole machine shows in `took`, too */
		ck_assert_msg(step <= 2 * INTERVAL + took, "swap %ld (%u): %lld ms between two frames, the swap took %lld ms", i, what,
		              (long long)(step / LQ_MSEC), (long long)(took / LQ_MSEC));
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("swap");
	Suite *s = suite_create("swap");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, plugins_change_places_without_a_gap);
	tcase_set_timeout(t, 300);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
