/* A picture and a tone through a whole graph: source, encoder, transport.webrtc over 127.0.0.1, decoder, renderer; the other direction of the same
 * node pair likewise. On the machine's clock, with generous deadlines. */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <loquat/graph.h>

#define DEADLINE_S 30

/* ---- a renderer that counts ---- */

typedef struct seen {
	uint32_t buffers, lost;
	int64_t latency_sum, latency_max, ahead_min;
	uint32_t media, codec;
} seen;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static seen seen_of[4]; /* by the parameter `index` */
static int described[2][2], state[2][2];

typedef struct sink {
	const lq_host *host;
	int index;
} sink;

static int sink_create(const lq_host *host, const lq_value *params, void **self)
{
	sink *s = calloc(1, sizeof *s);
	if (!s)
		return LQ_ENOMEM;
	*s = (sink){host, (int)params[0].i};
	*self = s;
	return 0;
}

static int sink_formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	*out = (lq_format){.struct_size = sizeof *out, .media = i ? LQ_MEDIA_AUDIO : LQ_MEDIA_VIDEO, .codec = LQ_CODEC_RAW};
	return i < 2 ? 0 : LQ_END;
}

static int sink_set_format(void *self, uint32_t port, const lq_format *fmt)
{
	return 0;
}

static int sink_render(void *self, uint32_t port, lq_buffer *buf)
{
	sink *s = self;
	int64_t now = s->host->now(s->host), latency = now - buf->capture_time, ahead = buf->pts - now;
	pthread_mutex_lock(&lock);
	seen *k = &seen_of[s->index];
	k->media = buf->format->media;
	k->latency_sum += latency;
	k->latency_max = latency > k->latency_max ? latency : k->latency_max;
	k->ahead_min = !k->buffers || ahead < k->ahead_min ? ahead : k->ahead_min;
	k->buffers++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	return 0;
}

static const lq_port_desc sink_ports[] = {{"in", LQ_IN, LQ_MEDIA_NONE, 0}};
static const lq_param_desc sink_params[] = {{"index", LQ_PARAM_INT, 0, NULL, "0", 0, 3, NULL, "Where to count."}};
static const lq_node_ops sink_ops = {
	.create = sink_create, .destroy = free, .formats = sink_formats, .set_format = sink_set_format};
static const lq_renderer_ops sink_renderer_ops = {.render = sink_render};
static const lq_node_desc sink_desc = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_RENDERER, .id = "test.sink", .summary = "Counts.", .rank = 100, .ports = sink_ports, .n_ports = 1,
	.params = sink_params, .n_params = 1, .ops = &sink_ops, .kind_ops = &sink_renderer_ops};
static const lq_node_desc *const sink_nodes[] = {&sink_desc};
static const lq_plugin sink_plugin = {
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "test", .version = "1", .licence = "Apache-2.0", .summary = "A sink.",
	.nodes = sink_nodes, .n_nodes = 1};

/* ---- the graph ---- */

static lq_registry *registry;
static lq_graph *graph;
static lq_diag *diag;
static lq_node *net[2];

static const char *diag_text(void)
{
	const char *text = lq_diag_text(diag, 0);
	return text ? text : "no reason";
}

static void on_event(void *arg, lq_node *node, const lq_event *e)
{
	int i = node == net[1];
	pthread_mutex_lock(&lock);
	if (e->type == LQ_EVENT_DESCRIPTION)
		described[i][e->direction] = 1;
	else if (e->type == LQ_EVENT_STATE)
		state[i][e->direction] = (int)e->value;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static lq_node *add(const char *name, const char *use, const char *loop, const char *param, const char *value)
{
	lq_param_text params[1] = {{param, value}};
	lq_node_config c = {.name = name, .use = use, .loop = loop, .params = params, .n_params = param ? 1 : 0};
	lq_node *node;
	ck_assert_msg(!lq_graph_add_node(graph, &c, name, diag, &node), "%s", diag_text());
	return node;
}

static lq_link *join(lq_node *from, const char *out, lq_node *to, const char *in)
{
	lq_link *link;
	ck_assert_msg(!lq_graph_link(graph, from, out, to, in, NULL, "link", diag, &link), "%s", diag_text());
	return link;
}

typedef struct request {
	uint32_t direction, port;
	const char *mid;
	char text[65536];
} request;

static int do_open(const lq_node_desc *desc, void *self, void *arg)
{
	return ((const lq_transport_ops *)desc->kind_ops)->open(self, ((request *)arg)->direction, NULL);
}

static int do_bind(const lq_node_desc *desc, void *self, void *arg)
{
	const request *r = arg;
	return ((const lq_transport_ops *)desc->kind_ops)->bind(self, r->port, r->mid);
}

static int do_describe(const lq_node_desc *desc, void *self, void *arg)
{
	request *r = arg;
	return ((const lq_transport_ops *)desc->kind_ops)->describe(self, r->direction, r->text, sizeof r->text);
}

static int do_set_remote(const lq_node_desc *desc, void *self, void *arg)
{
	const request *r = arg;
	return ((const lq_transport_ops *)desc->kind_ops)->set_remote(self, r->direction, r->text);
}

static int call(int i, lq_node_fn fn, request *r)
{
	return lq_node_call(net[i], fn, r, "net", diag);
}

static void bind_port(int i, uint32_t port, const char *mid)
{
	request r = {.port = port, .mid = mid};
	ck_assert_msg(!call(i, do_bind, &r), "%s", diag_text());
}

/* Waits until *what has the value. */
static void wait_for(const int *what, int value)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += DEADLINE_S;
	pthread_mutex_lock(&lock);
	while (*what != value)
		ck_assert_int_eq(pthread_cond_timedwait(&changed, &lock, &until), 0);
	pthread_mutex_unlock(&lock);
}

static void wait_for_buffers(int index, uint32_t n)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += DEADLINE_S;
	pthread_mutex_lock(&lock);
	while (seen_of[index].buffers < n)
		ck_assert_msg(!pthread_cond_timedwait(&changed, &lock, &until), "%u of %u buffers at %d", seen_of[index].buffers, n, index);
	pthread_mutex_unlock(&lock);
}

static void describe(int i, request *r)
{
	int e = call(i, do_describe, r);
	if (e == LQ_EAGAIN) {
		wait_for(&described[i][r->direction], 1);
		e = call(i, do_describe, r);
	}
	ck_assert_msg(!e, "%d %s", e, diag_text());
}

static void negotiate(int from, int to)
{
	static request r;
	r.direction = LQ_SEND;
	describe(from, &r);
	r.direction = LQ_RECEIVE;
	ck_assert_msg(!call(to, do_set_remote, &r), "%s", diag_text());
	describe(to, &r);
	r.direction = LQ_SEND;
	ck_assert_msg(!call(from, do_set_remote, &r), "%s", diag_text());
}

/* Picture and tone from net[from] to net[to]; the sinks count at `index` and the next. */
static void connect_nets(int from, int to, const char *codec, int index)
{
	char name[8][32], use[32], at[2][4];
	static const char *const what[] = {"cam", "venc", "vdec", "window", "mic", "aenc", "adec", "speaker"};
	for (int i = 0; i < 8; i++)
		snprintf(name[i], sizeof name[i], "%s%d", what[i], from);
	snprintf(at[0], sizeof at[0], "%d", index);
	snprintf(at[1], sizeof at[1], "%d", index + 1);
	lq_node *cam = add(name[0], "capture.pattern", "video", "size", "320x180"), *mic = add(name[4], "capture.tone", "audio", NULL, NULL);
	snprintf(use, sizeof use, "codec.%s.enc", codec);
	lq_node *venc = add(name[1], use, "video", "bitrate", "300000"), *aenc = add(name[5], "codec.opus.enc", "audio", NULL, NULL);
	snprintf(use, sizeof use, "codec.%s.dec", codec);
	lq_node *vdec = add(name[2], use, "video", NULL, NULL), *adec = add(name[6], "codec.opus.dec", "audio", NULL, NULL);
	lq_node *window = add(name[3], "test.sink", "video", "index", at[0]), *speaker = add(name[7], "test.sink", "audio", "index", at[1]);
	join(cam, "out", venc, "in");
	join(mic, "out", aenc, "in");
	bind_port(from, lq_link_to_port(join(venc, "out", net[from], "video")), "v");
	bind_port(from, lq_link_to_port(join(aenc, "out", net[from], "audio")), "a");
	bind_port(to, lq_link_from_port(join(net[to], "video", vdec, "in")), "v");
	bind_port(to, lq_link_from_port(join(net[to], "audio", adec, "in")), "a");
	join(vdec, "out", window, "in");
	join(adec, "out", speaker, "in");
}

static void setup(void)
{
	lq_graph_config c = {.threads = 1, .event_fn = on_event};
	memset(seen_of, 0, sizeof seen_of);
	memset(described, 0, sizeof described);
	memset(state, 0, sizeof state);
	ck_assert_int_eq(lq_registry_create(&registry), 0);
	diag = lq_diag_create();
	ck_assert_ptr_nonnull(diag);
	ck_assert_int_eq(lq_registry_scan_default(registry), 0);
	ck_assert_int_eq(lq_registry_add(registry, &sink_plugin, diag), 0);
	c.registry = registry;
	ck_assert_int_eq(lq_graph_create(&c, &graph), 0);
	for (int i = 0; i < 2; i++)
		net[i] = add(i ? "net1" : "net0", "transport.webrtc", "net", "local_address", "127.0.0.1");
	for (int i = 0; i < 2; i++)
		for (uint32_t d = 0; d < 2; d++) {
			request r = {.direction = d};
			ck_assert_msg(!call(i, do_open, &r), "%s", diag_text());
		}
}

static void teardown(void)
{
	lq_graph_destroy(graph);
	lq_registry_destroy(registry);
	lq_diag_destroy(diag);
}

static void report(int index)
{
	const seen *k = &seen_of[index];
	if (getenv("SHOW") && k->buffers)
		printf("%d: %u buffers, latency mean %.1f max %.1f ms, least time to play %.1f ms\n", index, k->buffers, k->latency_sum / 1e6 / k->buffers,
		       k->latency_max / 1e6, k->ahead_min / 1e6);
}

START_TEST(picture_and_sound_go_both_ways)
{
	connect_nets(0, 1, "vp8", 0);
	connect_nets(1, 0, "h264", 2);
	ck_assert_msg(!lq_graph_start(graph, "", diag), "%s", diag_text());
	negotiate(0, 1);
	negotiate(1, 0);
	for (int i = 0; i < 4; i++)
		wait_for(&state[i / 2][i % 2], LQ_STATE_CONNECTED);
	wait_for_buffers(0, 60);
	wait_for_buffers(1, 100);
	wait_for_buffers(2, 60);
	wait_for_buffers(3, 100);
	for (int i = 0; i < 4; i++)
		report(i);
	ck_assert_uint_eq(seen_of[0].media, LQ_MEDIA_VIDEO);
	ck_assert_uint_eq(seen_of[3].media, LQ_MEDIA_AUDIO);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("webrtc in a graph");
	TCase *t = tcase_create("graph");
	tcase_set_timeout(t, 180);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, picture_and_sound_go_both_ways);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
