/* A plugin of simple nodes for tests of the SDK: a source, a codec that copies, a sink, and the transport of transport_test.c. */
#include "plugin_test.h"

#include <stdlib.h>
#include <string.h>

lq_format video_raw(void)
{
	return (lq_format){.struct_size = sizeof(lq_format), .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_RAW, .pixel = LQ_PIXEL_I420, .width = WIDTH,
	                   .height = HEIGHT, .fps_num = 100, .fps_den = 1};
}

lq_format audio_raw(void)
{
	return (lq_format){.struct_size = sizeof(lq_format), .media = LQ_MEDIA_AUDIO, .codec = LQ_CODEC_RAW, .sample = LQ_SAMPLE_F32, .rate = 48000,
	                   .channels = 1};
}

lq_format packet_of(uint32_t media)
{
	lq_format f = media == LQ_MEDIA_VIDEO ? video_raw() : audio_raw();
	f.codec = media == LQ_MEDIA_VIDEO ? LQ_CODEC_VP8 : LQ_CODEC_OPUS;
	f.pixel = LQ_PIXEL_NONE;
	f.sample = LQ_SAMPLE_NONE;
	return f;
}

/* What a node with one input and one output keeps. */
typedef struct node {
	const lq_host *host;
	uint32_t media;
	const lq_format *out;
	int64_t next;
	uint64_t n;
	int fail, end_after;
} node;

static int node_create(const lq_host *host, const lq_value *params, void **self)
{
	node *n = calloc(1, sizeof *n);
	if (!n)
		return LQ_ENOMEM;
	n->host = host;
	*self = n;
	return 0;
}

static void node_destroy(void *self)
{
	node *n = self;
	if (n->out)
		n->host->format_unref(n->host, n->out);
	free(n);
}

static int make_out(node *n, const lq_format *f)
{
	if (n->out)
		n->host->format_unref(n->host, n->out);
	n->out = n->host->format_new(n->host, f);
	return n->out ? 0 : LQ_ENOMEM;
}

/* ---- capture.test ---- */

static int capture_create(const lq_host *host, const lq_value *params, void **self)
{
	int r = node_create(host, params, self);
	if (r)
		return r;
	node *n = *self;
	n->media = params[0].i ? LQ_MEDIA_VIDEO : LQ_MEDIA_AUDIO;
	n->fail = (int)params[1].i;
	n->end_after = (int)params[2].i;
	return 0;
}

static int capture_formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	if (i)
		return LQ_END;
	*out = ((node *)self)->media == LQ_MEDIA_VIDEO ? video_raw() : audio_raw();
	return 0;
}

static int capture_set_format(void *self, uint32_t port, const lq_format *fmt)
{
	return make_out(self, fmt);
}

static int capture_start(void *self)
{
	node *n = self;
	if (n->fail)
		return n->host->fail(n->host, LQ_ENODEV, "the test device is not there");
	n->next = n->host->now(n->host);
	return 0;
}

static int capture_read(void *self, int64_t deadline, int64_t *next)
{
	node *n = self;
	int64_t now = n->host->now(n->host);
	if (n->end_after && n->n >= (uint64_t)n->end_after)
		return LQ_END;
	if (now >= n->next) {
		lq_buffer *b = n->host->buffer_new(n->host, n->out, SAMPLES * sizeof(float));
		if (!b)
			return LQ_ENOMEM;
		b->pts = b->capture_time = n->next;
		b->duration = 10 * LQ_MSEC;
		if (n->media == LQ_MEDIA_VIDEO) {
			for (int y = 0; y < HEIGHT; y++)
				memset(b->planes[0] + (size_t)y * b->strides[0], (int)(16 + n->n % 200), WIDTH);
		} else {
			b->samples = SAMPLES;
			for (int i = 0; i < SAMPLES; i++)
				((float *)(void *)b->planes[0])[i] = 0.5f;
		}
		n->n++;
		n->next += 10 * LQ_MSEC;
		n->host->submit(n->host, 0, b);
	}
	*next = n->next;
	return 0;
}

/* ---- codec.test.enc and .dec ---- */

static int is_packet(const lq_format *f)
{
	return f->codec != LQ_CODEC_RAW;
}

/* The decoder's and the encoder's lists differ only in which port carries packets. */
static int codec_formats(void *self, uint32_t port, uint32_t i, lq_format *out, int packets)
{
	const node *n = self;
	if (i > (port ? 0u : 1u))
		return LQ_END;
	uint32_t media = port ? n->media : i ? LQ_MEDIA_AUDIO : LQ_MEDIA_VIDEO;
	*out = packets ? packet_of(media) : media == LQ_MEDIA_VIDEO ? video_raw() : audio_raw();
	if (packets && !port) {
		out->width = out->height = out->fps_num = out->fps_den = 0;
		out->rate = out->channels = 0;
	}
	return 0;
}

static int enc_formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	return codec_formats(self, port, i, out, port == 1);
}

static int dec_formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	return codec_formats(self, port, i, out, port == 0);
}

static int codec_set_format(void *self, uint32_t port, const lq_format *fmt)
{
	node *n = self;
	if (port)
		return make_out(n, fmt);
	n->media = fmt->media;
	return 0;
}

static void pack(const lq_buffer *in, lq_buffer *out, int encode)
{
	uint8_t *p = encode ? out->planes[0] : in->planes[0];
	const lq_buffer *raw = encode ? in : out;
	for (int plane = 0; plane < 3; plane++) {
		int w = plane ? WIDTH / 2 : WIDTH, h = plane ? HEIGHT / 2 : HEIGHT;
		for (int y = 0; y < h; y++, p += w) {
			uint8_t *row = raw->planes[plane] + (size_t)y * raw->strides[plane];
			if (encode)
				memcpy(p, row, (size_t)w);
			else
				memcpy(row, p, (size_t)w);
		}
	}
}

static int codec_send(void *self, uint32_t port, lq_buffer *buf)
{
	node *n = self;
	int encode = is_packet(n->out);
	uint32_t size = n->media == LQ_MEDIA_VIDEO ? PICTURE : SAMPLES * sizeof(float);
	if ((buf->flags & LQ_BUFFER_EOS && !buf->size && !buf->n_planes) || (!encode && buf->size != size))
		return 0;
	lq_buffer *b = n->host->buffer_new(n->host, n->out, size);
	if (!b)
		return LQ_ENOMEM;
	b->pts = buf->pts;
	b->capture_time = buf->capture_time;
	b->duration = buf->duration;
	b->flags = LQ_BUFFER_KEY;
	b->samples = n->media == LQ_MEDIA_AUDIO && !encode ? SAMPLES : 0;
	if (n->media == LQ_MEDIA_VIDEO)
		pack(buf, b, encode);
	else
		memcpy(b->planes[0], buf->planes[0], size);
	return n->host->submit(n->host, 0 + 1, b) == LQ_ENOMEM ? LQ_ENOMEM : 0;
}

/* ---- render.test ---- */

static int sink_formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	if (i > 1)
		return LQ_END;
	*out = (lq_format){.struct_size = sizeof *out, .media = i ? LQ_MEDIA_AUDIO : LQ_MEDIA_VIDEO, .codec = LQ_CODEC_RAW};
	return 0;
}

static int sink_set_format(void *self, uint32_t port, const lq_format *fmt)
{
	return 0;
}

static int sink_render(void *self, uint32_t port, lq_buffer *buf)
{
	((node *)self)->n++;
	return 0;
}

static void sink_stats(void *self, lq_stat_fn fn, void *arg)
{
	fn(arg, 0, &(lq_stat){"framesShown", (double)((node *)self)->n});
}

/* ---- descriptors ---- */

static const char *const media_names[] = {"audio", "video", NULL};
static const lq_param_desc capture_params[] = {
	{.name = "media", .type = LQ_PARAM_CHOICE, .def = "audio", .choices = media_names, .help = "What to make."},
	{.name = "fail", .type = LQ_PARAM_BOOL, .def = "false", .help = "Do not start."},
	{.name = "end_after", .type = LQ_PARAM_INT, .def = "0", .min = 0, .max = 1000000, .help = "End after so many buffers."},
};
static const lq_port_desc out_port[] = {{"out", LQ_OUT, LQ_MEDIA_NONE, 0}};
static const lq_port_desc in_port[] = {{"in", LQ_IN, LQ_MEDIA_NONE, 0}};
static const lq_port_desc codec_ports[] = {{"in", LQ_IN, LQ_MEDIA_NONE, 0}, {"out", LQ_OUT, LQ_MEDIA_NONE, 0}};
static const lq_node_ops capture_node = {.create = capture_create, .destroy = node_destroy, .formats = capture_formats,
                                         .set_format = capture_set_format, .start = capture_start};
static const lq_node_ops enc_node = {.create = node_create, .destroy = node_destroy, .formats = enc_formats, .set_format = codec_set_format};
static const lq_node_ops dec_node = {.create = node_create, .destroy = node_destroy, .formats = dec_formats, .set_format = codec_set_format};
static const lq_node_ops sink_node = {.create = node_create, .destroy = node_destroy, .formats = sink_formats, .set_format = sink_set_format,
                                      .stats = sink_stats};
static const lq_capture_ops capture_ops = {.read = capture_read};
static const lq_codec_ops codec_ops = {.send = codec_send};
static const lq_renderer_ops renderer_ops = {.render = sink_render};
#define NODE(k, i, o, kops, p) .struct_size = sizeof(lq_node_desc), .kind = k, .id = i, .summary = "A node for tests", .rank = 100, .ops = &o, \
	.kind_ops = &kops, .ports = p, .n_ports = sizeof p / sizeof *p

static const lq_node_desc capture = {NODE(LQ_KIND_CAPTURE, "capture.test", capture_node, capture_ops, out_port), .flags = LQ_NODE_LIVE,
                                     .params = capture_params, .n_params = 3};
static const lq_node_desc enc = {NODE(LQ_KIND_CODEC, "codec.test.enc", enc_node, codec_ops, codec_ports)};
static const lq_node_desc dec = {NODE(LQ_KIND_CODEC, "codec.test.dec", dec_node, codec_ops, codec_ports)};
static const lq_node_desc sink = {NODE(LQ_KIND_RENDERER, "render.test", sink_node, renderer_ops, in_port)};
static const lq_node_desc *const nodes[] = {&capture, &enc, &dec, &sink, &transport_test};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "sdktest", .version = "1",
                                                   .licence = "Apache-2.0", .summary = "Nodes for tests of the SDK", .nodes = nodes, .n_nodes = 5};
