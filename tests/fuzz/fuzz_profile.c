/* The profile reader: a profile, and behind a zero byte a patch to it. Both are checked against a registry with a node of each kind. */
#include <loquat/profile.h>
#include <string.h>

#include "fuzz.h"

static int create(const lq_host *host, const lq_value *params, void **self)
{
	return LQ_ENOTSUP; /* no node is made by reading a profile */
}

static void destroy(void *self)
{
	MUST(!self);
}

static int take(void *self, uint32_t port, lq_buffer *buf)
{
	return LQ_ENOTSUP;
}

static const lq_node_ops ops = {.create = create, .destroy = destroy};
static const lq_capture_ops capture_ops = {0};
static const lq_codec_ops codec_ops = {.send = take};
static const lq_filter_ops filter_ops = {.process = take};
static const lq_renderer_ops renderer_ops = {.render = take};
static const lq_transport_ops transport_ops = {.send = take};

static const char *const modes[] = {"fast", "good", NULL};
static const lq_param_desc params[] = {
	{"bitrate", LQ_PARAM_INT, LQ_PARAM_RUNTIME, "bit/s", "1500000", 1000, 20000000, NULL, "Target."},
	{"gain", LQ_PARAM_FLOAT, 0, NULL, "1.0", 0, 10, NULL, "Gain."},
	{"fec", LQ_PARAM_BOOL, 0, NULL, "false", 0, 0, NULL, "Redundancy."},
	{"mode", LQ_PARAM_CHOICE, 0, NULL, "fast", 0, 0, modes, "Mode."},
	{"size", LQ_PARAM_SIZE, 0, NULL, "1280x720", 16, 8192, NULL, "Size."},
	{"fps", LQ_PARAM_FRACTION, 0, NULL, "30/1", 1, 240, NULL, "Rate."},
	{"file", LQ_PARAM_STRING, LQ_PARAM_REQUIRED | LQ_PARAM_FILE, NULL, NULL, 0, 0, NULL, "File."},
};

static const lq_port_desc out[] = {{"out", LQ_OUT, LQ_MEDIA_VIDEO, 0}};
static const lq_port_desc in[] = {{"in", LQ_IN, LQ_MEDIA_NONE, 0}};
static const lq_port_desc in_out[] = {{"in", LQ_IN, LQ_MEDIA_NONE, 0}, {"out", LQ_OUT, LQ_MEDIA_NONE, 0}};
#define ANY_NUMBER (LQ_PORT_MANY | LQ_PORT_OPTIONAL)
static const lq_port_desc mixer[] = {{"in", LQ_IN, LQ_MEDIA_AUDIO, ANY_NUMBER}, {"out", LQ_OUT, LQ_MEDIA_AUDIO, LQ_PORT_OPTIONAL}};
static const lq_port_desc network[] = {{"audio", LQ_IN, LQ_MEDIA_AUDIO, ANY_NUMBER}, {"video", LQ_IN, LQ_MEDIA_VIDEO, ANY_NUMBER},
                                       {"audio", LQ_OUT, LQ_MEDIA_AUDIO, ANY_NUMBER}, {"video", LQ_OUT, LQ_MEDIA_VIDEO, ANY_NUMBER}};

#define NODE(kind_, id_, flags_, ports_, n_params_, kind_ops_) \
	{ \
		.struct_size = sizeof(lq_node_desc), .kind = kind_, .id = id_, .summary = "For fuzzing", .rank = 100, .flags = flags_, .ports = ports_, \
		.n_ports = sizeof ports_ / sizeof *ports_, .n_params = n_params_, .params = params, .ops = &ops, .kind_ops = kind_ops_ \
	}

static const lq_node_desc camera = NODE(LQ_KIND_CAPTURE, "capture.camera", LQ_NODE_OWN_THREAD, out, 6, &capture_ops);
static const lq_node_desc file = NODE(LQ_KIND_CAPTURE, "capture.file", LQ_NODE_OWN_THREAD, out, 7, &capture_ops);
static const lq_node_desc encoder = NODE(LQ_KIND_CODEC, "codec.enc", 0, in_out, 6, &codec_ops);
static const lq_node_desc mix = NODE(LQ_KIND_FILTER, "filter.mix", 0, mixer, 2, &filter_ops);
static const lq_node_desc window = NODE(LQ_KIND_RENDERER, "render.window", 0, in, 0, &renderer_ops);
static const lq_node_desc net = NODE(LQ_KIND_TRANSPORT, "transport.net", 0, network, 1, &transport_ops);
static const lq_node_desc *const nodes[] = {&camera, &file, &encoder, &mix, &window, &net};
static const lq_plugin plugin = {.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "fuzz", .version = "1", .licence = "Apache-2.0",
                                 .summary = "Nodes of every kind", .nodes = nodes, .n_nodes = sizeof nodes / sizeof *nodes};

static const lq_registry *registry(lq_diag *diag)
{
	static lq_registry *reg;
	if (!reg) {
		MUST(!lq_registry_create(&reg));
		MUST(!lq_registry_add(reg, &plugin, diag));
	}
	return reg;
}

/* An error has a message, and success has none. */
static void agree(int result, const lq_diag *diag)
{
	MUST(result <= 0 && (result != 0) == (lq_diag_count(diag) != 0));
	for (size_t i = 0; i < lq_diag_count(diag); i++)
		MUST(*lq_diag_text(diag, i));
}

static void check(const lq_profile *profile, lq_diag *diag)
{
	lq_diag_clear(diag);
	agree(lq_profile_check(profile, registry(diag), diag), diag);
}

/* What is written reads as what it was. */
static void write_and_read(const lq_profile *profile, lq_diag *diag)
{
	lq_profile *again;
	char *json = lq_profile_json(profile);
	MUST(json && lq_profile_name(profile));
	lq_diag_clear(diag);
	MUST(!lq_profile_parse(json, strlen(json), "again.json", diag, &again));
	char *second = lq_profile_json(again);
	MUST(second && !strcmp(json, second));
	lq_profile_destroy(again);
	free(second);
	free(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
	size_t n = zero ? (size_t)(zero - data) : size;
	lq_diag *diag = lq_diag_create();
	lq_profile *profile = NULL;
	int e = lq_profile_parse((const char *)data, n, "fuzz.json", diag, &profile);
	agree(e, diag);
	if (!e) {
		check(profile, diag);
		write_and_read(profile, diag);
		char *patch = zero ? strndup((const char *)zero + 1, size - n - 1) : NULL;
		lq_diag_clear(diag);
		if (patch)
			agree(lq_profile_patch(profile, patch, "patch.json", diag), diag);
		check(profile, diag);
		write_and_read(profile, diag);
		free(patch);
	}
	lq_profile_destroy(profile);
	lq_diag_destroy(diag);
	return 0;
}
