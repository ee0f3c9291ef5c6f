/* Without threads and on a virtual clock, the same graph with the same inputs gives the same bytes: twice in a program, in two programs, and
 * however the run is cut up. Graphs of our own plugins between a source and sinks that are built in here; a sink keeps a digest of all
 * that it gets: bytes, times, flags and formats. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <loquat/profile.h>

#include "tests/unit/suite.h"

#undef fail /* of the library check: hosts have an op of that name */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { HOUR = 300 };
#else
enum { HOUR = 3600 };
#endif
enum { SECONDS = 8, N_SINKS = 8, BURST = 6, CHANGE_AT = 90 };

/* ---- digests ---- */

typedef struct digest {
	uint64_t hash, buffers;
} digest;

static digest sinks[N_SINKS];

/* FNV-1a */
static void add(digest *d, const void *data, size_t n)
{
	const uint8_t *p = data;
	for (size_t i = 0; i < n; i++)
		d->hash = (d->hash ^ p[i]) * UINT64_C(0x100000001b3);
}

static void add_format(digest *d, const lq_format *f)
{
	const uint32_t fields[] = {f->media, f->codec, f->pixel, f->width, f->height, f->fps_num, f->fps_den, f->sample, f->rate, f->channels, f->extra_size};
	add(d, fields, sizeof fields);
	add(d, f->extra, f->extra_size);
}

static void add_buffer(digest *d, const lq_buffer *b)
{
	const lq_format *f = b->format;
	const int64_t times[] = {b->pts, b->dts, b->duration, b->capture_time};
	const uint32_t fields[] = {b->flags, b->size, b->samples, b->n_planes, b->layer, b->priority};
	d->buffers++;
	add_format(d, f);
	add(d, times, sizeof times);
	add(d, fields, sizeof fields);
	if (b->n_planes && (f->codec != LQ_CODEC_RAW || f->media == LQ_MEDIA_AUDIO))
		add(d, b->planes[0], b->size);
	else
		for (uint32_t i = 0; i < b->n_planes; i++)
			for (uint32_t y = 0; y < (i ? (f->height + 1) / 2 : f->height); y++)
				add(d, b->planes[i] + (size_t)y * b->strides[i], i ? (f->width + 1) / 2 : f->width);
}

/* ---- the nodes of this test ---- */

typedef struct self {
	const lq_host *host;
	const lq_format *format;
	int64_t number, seed; /* of a sink: which one */
	uint32_t noise;
} self;

static int create(const lq_host *host, const lq_value *params, void **out)
{
	self *s = calloc(1, sizeof *s);
	if (!s)
		return LQ_ENOMEM;
	s->host = host;
	s->seed = params[0].i;
	s->noise = (uint32_t)params[0].i + 1;
	*out = s;
	return 0;
}

static void destroy(void *arg)
{
	self *s = arg;
	s->host->format_unref(s->host, s->format);
	free(s);
}

static lq_format picture_format(uint32_t w, uint32_t h)
{
	return (lq_format){.struct_size = sizeof(lq_format), .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_RAW, .pixel = LQ_PIXEL_I420, .width = w, .height = h,
	                   .fps_num = 25, .fps_den = 1};
}

static int scene_formats(void *arg, uint32_t port, uint32_t i, lq_format *out)
{
	*out = picture_format(176, 144);
	return i ? LQ_END : 0;
}

static int sink_formats(void *arg, uint32_t port, uint32_t i, lq_format *out)
{
	*out = (lq_format){.struct_size = sizeof *out};
	return i ? LQ_END : 0;
}

/* Noise that drifts, so that an encoder has something to do. */
static void draw(self *s, lq_buffer *b)
{
	for (uint32_t i = 0; i < b->n_planes; i++)
		for (uint32_t y = 0; y < (i ? b->format->height / 2 : b->format->height); y++)
			for (uint32_t x = 0; x < (i ? b->format->width / 2 : b->format->width); x++) {
				s->noise = s->noise * 1664525 + 1013904223;
				b->planes[i][(size_t)y * b->strides[i] + x] = (uint8_t)(x + y + (uint32_t)s->number * 3 + (s->noise >> 28));
			}
}

static int scene_submit(self *s)
{
	lq_format f = s->number >= CHANGE_AT ? picture_format(128, 96) : picture_format(176, 144);
	const lq_format *format = s->host->format_new(s->host, &f);
	lq_buffer *b = format ? s->host->buffer_new(s->host, format, 0) : NULL;
	s->host->format_unref(s->host, s->format);
	s->format = format;
	if (!b)
		return LQ_ENOMEM;
	draw(s, b);
	b->pts = b->capture_time = LQ_SEC + s->number++ * 40 * LQ_MSEC;
	b->duration = 40 * LQ_MSEC;
	b->flags = LQ_BUFFER_KEY;
	return s->host->submit(s->host, 0, b);
}

/* Several pictures at once, so that queues overflow. */
static int scene_read(void *arg, int64_t deadline, int64_t *next)
{
	self *s = arg;
	int r = 0;
	for (int i = 0; i < BURST && !r; i++)
		r = scene_submit(s);
	*next = s->host->now(s->host) + BURST * 40 * LQ_MSEC;
	return r;
}

static int sink_render(void *arg, uint32_t port, lq_buffer *buf)
{
	const self *s = arg;
	add_buffer(&sinks[s->seed], buf);
	return 0;
}

static const lq_param_desc params[] = {{"n", LQ_PARAM_INT, 0, NULL, "0", 0, N_SINKS - 1, NULL, "A source's seed; a sink's number."}};
static const lq_port_desc out_port[] = {{"out", LQ_OUT, LQ_MEDIA_VIDEO, 0}}, in_port[] = {{"in", LQ_IN, LQ_MEDIA_NONE, 0}};
static const lq_node_ops scene_ops = {.create = create, .destroy = destroy, .formats = scene_formats};
static const lq_node_ops sink_ops = {.create = create, .destroy = destroy, .formats = sink_formats};
static const lq_capture_ops capture_ops = {.read = scene_read};
static const lq_renderer_ops renderer_ops = {.render = sink_render};
static const lq_node_desc scene = {.struct_size = sizeof scene, .kind = LQ_KIND_CAPTURE, .id = "test.scene", .summary = "Pictures in bursts", .rank = 1,
                                   .ports = out_port, .n_ports = 1, .params = params, .n_params = 1, .ops = &scene_ops, .kind_ops = &capture_ops};
static const lq_node_desc sink = {.struct_size = sizeof sink, .kind = LQ_KIND_RENDERER, .id = "test.sink", .summary = "A digest of what comes", .rank = 1,
                                  .ports = in_port, .n_ports = 1, .params = params, .n_params = 1, .ops = &sink_ops, .kind_ops = &renderer_ops};
static const lq_node_desc *const nodes[] = {&scene, &sink};
static const lq_plugin plugin = {.struct_size = sizeof plugin, .abi_minor = LQ_ABI_MINOR, .name = "determinism", .version = "1", .licence = "Apache-2.0",
                                 .summary = "A source and sinks", .nodes = nodes, .n_nodes = 2};

/* ---- the graphs ---- */

#define HEAD "{\"loquat_profile\":1,\"name\":\"t\",\"loops\":{\"a\":{},\"b\":{},\"c\":{}},\"graphs\":{\"run\":{\"nodes\":{"
#define SINK(name, n, loop) "\"" name "\":{\"use\":\"test.sink\",\"loop\":\"" loop "\",\"params\":{\"n\":" #n "}}"
#define TONE(name, rate, channels, hz) \
	"\"" name "\":{\"use\":\"capture.tone\",\"loop\":\"b\",\"params\":{\"rate\":" #rate ",\"channels\":" #channels ",\"frequency\":" #hz "}}"
#define NODE(name, id, loop) "\"" name "\":{\"use\":\"" id "\",\"loop\":\"" loop "\"}"

static const struct graph {
	const char *name, *profile;
	int n_sinks;
} graphs[] = {
	/* Every policy, and queues that overflow. */
	{"queues",
	 HEAD NODE("src", "test.scene", "a") "," NODE("enc", "codec.h264.enc", "a") "," SINK("block", 0, "b") "," SINK("oldest", 1, "b") "," SINK("latest", 2, "c")
	 "," SINK("keyed", 3, "c") "},\"chains\":[[\"src\",\"block\"],[\"src\",\"oldest\"],[\"src\",\"latest\"],[\"src\",\"enc\",\"keyed\"]],"
	 "\"queues\":{\"src->block\":{\"policy\":\"block\",\"buffers\":2},\"src->oldest\":{\"policy\":\"drop-oldest\",\"buffers\":3},"
	 "\"src->latest\":{\"policy\":\"latest\"},\"enc->keyed\":{\"policy\":\"drop-to-keyframe\",\"buffers\":3}}}}}", 4},
	/* Fan-out, scaling, encoders and decoders of each kind. */
	{"codecs",
	 HEAD "\"cam\":{\"use\":\"capture.pattern\",\"loop\":\"a\",\"params\":{\"size\":\"320x180\",\"fps\":\"25/1\"}},"
	 "\"small\":{\"use\":\"filter.scale\",\"loop\":\"b\",\"params\":{\"size\":\"160x90\"}}," NODE("h264", "codec.h264.enc", "a") "," NODE("h264d", "codec.h264.dec", "c")
	 "," NODE("vp8", "codec.vp8.enc", "b") "," NODE("vp8d", "codec.vp8.dec", "c") "," NODE("vp9", "codec.vp9.enc", "b") "," SINK("raw", 0, "b") "," SINK("a", 1, "c") "," SINK("b", 2, "c")
	 "," SINK("c", 3, "c") "," SINK("d", 4, "b") "," SINK("e", 5, "b")
	 "},\"chains\":[[\"cam\",\"raw\"],[\"cam\",\"h264\",\"h264d\",\"a\"],[\"h264\",\"d\"],[\"cam\",\"small\",\"vp8\",\"vp8d\",\"b\"],[\"vp8\",\"e\"],[\"small\",\"vp9\",\"c\"]]}}}", 6},
	/* A mixer with three inputs, two of them resampled by themselves, Opus behind it. */
	{"mixer",
	 HEAD TONE("one", 48000, 1, 440) "," TONE("two", 44100, 2, 523.25) "," TONE("three", 16000, 1, 700) "," NODE("mix", "filter.audiomix", "a") "," NODE("enc", "codec.opus.enc", "a")
	 "," NODE("dec", "codec.opus.dec", "c") "," SINK("mixed", 0, "b") "," SINK("opus", 1, "a") "," SINK("heard", 2, "c")
	 "},\"chains\":[[\"one\",\"mix\",\"mixed\"],[\"two\",\"mix\"],[\"three\",\"mix\"],[\"mix\",\"enc\",\"opus\"],[\"enc\",\"dec\",\"heard\"]]}}}", 3},
	/* Pictures that change their size in mid-stream. */
	{"change",
	 HEAD NODE("src", "test.scene", "a") "," NODE("h264", "codec.h264.enc", "a") "," NODE("h264d", "codec.h264.dec", "b") "," NODE("vp8", "codec.vp8.enc", "b")
	 ",\"fixed\":{\"use\":\"filter.scale\",\"loop\":\"c\",\"params\":{\"size\":\"64x48\"}}," SINK("a", 0, "c") "," SINK("b", 1, "b") "," SINK("c", 2, "c")
	 "},\"chains\":[[\"src\",\"h264\",\"h264d\",\"a\"],[\"src\",\"vp8\",\"b\"],[\"src\",\"fixed\",\"c\"]],"
	 "\"queues\":{\"src->vp8\":{\"policy\":\"drop-oldest\",\"buffers\":20},\"src->fixed\":{\"policy\":\"drop-oldest\",\"buffers\":20}}}}}", 3},
	/* What an hour is made of. */
	{"call",
	 HEAD "\"cam\":{\"use\":\"capture.pattern\",\"loop\":\"a\",\"params\":{\"size\":\"320x180\",\"fps\":\"5/1\"}}," TONE("mic", 48000, 1, 440) ","
	 NODE("mix", "filter.audiomix", "b") "," SINK("show", 0, "a") "," SINK("hear", 1, "c")
	 "},\"chains\":[[\"cam\",\"show\"],[\"mic\",\"mix\",\"hear\"]]}}}", 2},
	{"opus",
	 HEAD TONE("mic", 48000, 1, 440) "," NODE("mix", "filter.audiomix", "b") "," NODE("enc", "codec.opus.enc", "b") "," SINK("hear", 0, "c")
	 "},\"chains\":[[\"mic\",\"mix\",\"enc\",\"hear\"]]}}}", 1},
};

static const struct graph *find(const char *name)
{
	for (size_t i = 0; i < COUNT(graphs); i++)
		if (!strcmp(graphs[i].name, name))
			return &graphs[i];
	return NULL;
}

static void add_figure(void *arg, const char *node, uint32_t port, const char *name, double value)
{
	digest *d = arg;
	add(d, node, strlen(node));
	add(d, name, strlen(name));
	add(d, &port, sizeof port);
	add(d, &value, sizeof value);
	d->buffers += !strcmp(name, "dropped") ? (uint64_t)value : 0;
}

static void must(int r, const lq_diag *diag)
{
	if (r) {
		fprintf(stderr, "%d: %s\n", r, lq_diag_count(diag) ? lq_diag_text(diag, 0) : "no reason");
		abort();
	}
}

/* Runs a graph for a while, in steps of so much of its time, and writes down all digests, with that of the figures last. */
static void digest_of(const struct graph *g, int seed, int64_t seconds, int64_t step, char *out, size_t size)
{
	lq_registry *reg = NULL;
	lq_graph *graph = NULL;
	lq_profile *profile = NULL;
	lq_diag *diag = lq_diag_create();
	lq_clock *clock = lq_clock_virtual(LQ_SEC);
	lq_graph_config config = {.clock = clock};
	char patch[100];
	digest figures = {0};
	size_t used = 0;
	memset(sinks, 0, sizeof sinks);
	must(lq_registry_create(&reg), diag);
	must(lq_registry_scan_default(reg), diag);
	must(lq_registry_add(reg, &plugin, diag), diag);
	config.registry = reg;
	must(lq_profile_parse(g->profile, strlen(g->profile), g->name, diag, &profile), diag);
	snprintf(patch, sizeof patch, "{\"graphs\":{\"run\":{\"nodes\":{\"src\":{\"params\":{\"n\":%d}}}}}}", seed);
	if (seed)
		must(lq_profile_patch(profile, patch, "seed", diag), diag);
	must(lq_graph_create(&config, &graph), diag);
	must(lq_profile_build(profile, graph, &(lq_profile_build_config){.graph_name = "run", .group = "run"}, diag), diag);
	must(lq_graph_start(graph, "run", diag), diag);
	for (int64_t t = 0; t < seconds * LQ_SEC; t += step)
		must(lq_graph_run_until(graph, LQ_SEC + (t + step < seconds * LQ_SEC ? t + step : seconds * LQ_SEC)), diag);
	lq_graph_stats(graph, add_figure, &figures);
	lq_graph_destroy(graph); /* what still waits is rendered */
	for (int i = 0; i < N_SINKS; i++)
		used += (size_t)snprintf(out + used, size - used, "%016llx %llu ", (unsigned long long)sinks[i].hash, (unsigned long long)sinks[i].buffers);
	snprintf(out + used, size - used, "%016llx %llu\n", (unsigned long long)figures.hash, (unsigned long long)figures.buffers);
	lq_profile_destroy(profile);
	lq_registry_destroy(reg);
	lq_clock_destroy(clock);
	lq_diag_destroy(diag);
}

/* The same in a program of its own. */
static void digest_elsewhere(const struct graph *g, int64_t seconds, char *out, size_t size)
{
	char self_path[4096], command[4200];
	ssize_t n = readlink("/proc/self/exe", self_path, sizeof self_path - 1);
	ck_assert_int_gt(n, 0);
	self_path[n] = 0;
	snprintf(command, sizeof command, "'%s' %s %lld", self_path, g->name, (long long)seconds);
	FILE *f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(fgets(out, (int)size, f));
	ck_assert_int_eq(pclose(f), 0);
}

typedef char digests[600];

START_TEST(the_same_graph_gives_the_same_bytes)
{
	const struct graph *g = &graphs[_i];
	digests first, second, elsewhere;
	digest_of(g, 0, SECONDS, LQ_SEC, first, sizeof first);
	for (int i = 0; i < g->n_sinks; i++)
		ck_assert_msg(sinks[i].buffers > 10, "sink %d of %s got %llu buffers", i, g->name, (unsigned long long)sinks[i].buffers);
	digest_of(g, 0, SECONDS, LQ_SEC, second, sizeof second);
	ck_assert_str_eq(first, second);
	digest_elsewhere(g, SECONDS, elsewhere, sizeof elsewhere);
	ck_assert_str_eq(first, elsewhere);
}
END_TEST

START_TEST(queues_that_overflow_drop_the_same)
{
	digests first;
	digest_of(find("queues"), 0, SECONDS, LQ_SEC, first, sizeof first);
	ck_assert_uint_gt(sinks[0].buffers, sinks[1].buffers);
	ck_assert_uint_gt(sinks[1].buffers, sinks[2].buffers);
	ck_assert_uint_gt(sinks[0].buffers, sinks[3].buffers);
}
END_TEST

START_TEST(it_does_not_matter_how_the_run_is_cut_up)
{
	const struct graph *g = &graphs[_i];
	digests whole, pieces;
	digest_of(g, 0, SECONDS, SECONDS * LQ_SEC, whole, sizeof whole);
	digest_of(g, 0, SECONDS, 7 * LQ_MSEC, pieces, sizeof pieces);
	ck_assert_str_eq(whole, pieces);
}
END_TEST

START_TEST(another_input_gives_other_bytes)
{
	digests first, second;
	digest_of(find("queues"), 0, SECONDS, LQ_SEC, first, sizeof first);
	digest_of(find("queues"), 1, SECONDS, LQ_SEC, second, sizeof second);
	ck_assert_str_ne(first, second);
}
END_TEST

START_TEST(an_hour_of_media_takes_seconds_and_is_the_same)
{
	const struct graph *g = find(_i ? "opus" : "call");
	int64_t seconds = _i ? HOUR / 12 : HOUR;
	struct timespec a, b;
	digests here, elsewhere;
	clock_gettime(CLOCK_MONOTONIC, &a);
	digest_of(g, 0, seconds, LQ_SEC, here, sizeof here);
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%s: %lld s of media in %.1f s\n", g->name, (long long)seconds, (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9);
	digest_elsewhere(g, seconds, elsewhere, sizeof elsewhere);
	ck_assert_str_eq(here, elsewhere);
}
END_TEST

int main(int argc, char **argv)
{
	if (argc == 3 && find(argv[1])) {
		digests d;
		digest_of(find(argv[1]), 0, atoll(argv[2]), LQ_SEC, d, sizeof d);
		fputs(d, stdout);
		return EXIT_SUCCESS;
	}
	TCase *t = tcase_create("determinism");
	tcase_add_loop_test(t, the_same_graph_gives_the_same_bytes, 0, COUNT(graphs));
	tcase_add_loop_test(t, it_does_not_matter_how_the_run_is_cut_up, 0, COUNT(graphs));
	tcase_add_test(t, queues_that_overflow_drop_the_same);
	tcase_add_test(t, another_input_gives_other_bytes);
	tcase_add_loop_test(t, an_hour_of_media_takes_seconds_and_is_the_same, 0, 2);
	return run_case("plugins/determinism", t);
}
