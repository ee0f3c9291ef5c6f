/* says: sends no key frame within 50 pictures of LQ_EVENT_KEY_FRAME */
#include <loquat/plugin/plugin.h>

static const lq_host *the_host;
static const lq_format h264 = {.struct_size = sizeof h264, .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_H264, .width = 64, .height = 64};

static int create(const lq_host *host, const lq_value *params, void **self)
{
	the_host = host;
	*self = &the_host;
	return 0;
}

static void destroy(void *self)
{
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	*out = h264;
	return i ? LQ_END : 0;
}

static int read(void *self, int64_t deadline, int64_t *next)
{
	const lq_format *f = the_host->format_new(the_host, &h264);
	lq_buffer *b = f ? the_host->buffer_new(the_host, f, 100) : NULL;
	if (f)
		the_host->format_unref(the_host, f);
	*next = the_host->now(the_host) + 20 * LQ_MSEC;
	if (!b)
		return LQ_ENOMEM;
	b->pts = the_host->now(the_host);
	the_host->submit(the_host, 0, b);
	return 0;
}

static int event(void *self, const lq_event *e)
{
	return e->type == LQ_EVENT_KEY_FRAME ? 0 : LQ_ENOTSUP;
}

static const lq_port_desc ports[] = {{"out", LQ_OUT, LQ_MEDIA_VIDEO, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .event = event};
static const lq_capture_ops capture_ops = {.read = read};
static const lq_node_desc desc = {
	.struct_size = sizeof desc, .kind = LQ_KIND_CAPTURE, .id = "capture.stubborn", .summary = "Never sends a key frame", .rank = 1,
	.ports = ports, .n_ports = 1, .ops = &ops, .kind_ops = &capture_ops};
static const lq_node_desc *const nodes[] = {&desc};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "stubborn", .version = "1", .licence = "Apache-2.0",
	.summary = "Never sends a key frame", .nodes = nodes, .n_nodes = 1};
