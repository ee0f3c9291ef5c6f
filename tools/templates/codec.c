/* @ID@: an encoder goes here. It is one of the simplest there are: G.711 µ-law, a byte a sample. */
#include <loquat/plugin/plugin.h>

#include <stdlib.h>

enum { P_GAIN, IN = 0, OUT = 1 }; /* rows of the parameter and the port table, below */

typedef struct node {
	const lq_host *host;
	const lq_format *out;
	double gain;
	uint64_t packets;
} node;

static void destroy(void *self)
{
	node *n = self;
	if (n->out)
		n->host->format_unref(n->host, n->out);
	free(n);
}

/* The host has checked the values against the table and filled in what was not given. */
static int create(const lq_host *host, const lq_value *params, void **self)
{
	node *n = calloc(1, sizeof *n);
	if (!n)
		return LQ_ENOMEM;
	n->host = host;
	n->gain = params[P_GAIN].f;
	*self = n;
	return 0;
}

/* Raw sound comes in, packets go out. Where upstream has another rate or more channels the graph puts a converter between. */
static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	if (i)
		return LQ_END;
	*out = (lq_format){.struct_size = sizeof *out, .media = LQ_MEDIA_AUDIO, .codec = port == IN ? LQ_CODEC_RAW : LQ_CODEC_PCMU,
	                   .sample = port == IN ? LQ_SAMPLE_S16 : LQ_SAMPLE_NONE, .rate = 8000, .channels = 1};
	return 0;
}

static int set_format(void *self, uint32_t port, const lq_format *format)
{
	node *n = self;
	if (port == IN)
		return 0;
	if (n->out)
		n->host->format_unref(n->host, n->out);
	n->out = n->host->format_ref(n->host, format);
	return 0;
}

/* ITU-T G.711, table 2a */
static uint8_t ulaw(int sample)
{
	int sign = sample < 0 ? 0x80 : 0, v = (sample < 0 ? -sample : sample) + 132, exponent = 7;
	v = v > 32767 ? 32767 : v;
	while (exponent && !(v & 0x80 << exponent))
		exponent--;
	return (uint8_t)~(sign | exponent << 4 | ((v >> (exponent + 3)) & 15));
}

/* Borrows the buffer. A codec may send none, one or several packets for it. */
static int send(void *self, uint32_t port, lq_buffer *buf)
{
	node *n = self;
	if (!buf->n_planes) /* an empty buffer: the end of the stream, which the graph sends on */
		return 0;
	lq_buffer *packet = n->host->buffer_new(n->host, n->out, buf->samples);
	if (!packet)
		return LQ_ENOMEM;
	for (uint32_t i = 0; i < buf->samples; i++) {
		double v = ((const int16_t *)(const void *)buf->planes[0])[i] * n->gain;
		packet->planes[0][i] = ulaw((int)(v < -32768 ? -32768 : v > 32767 ? 32767 : v));
	}
	packet->pts = buf->pts;
	packet->duration = buf->duration;
	packet->capture_time = buf->capture_time;
	packet->flags = LQ_BUFFER_KEY | (buf->flags & LQ_BUFFER_DISCONTINUITY);
	packet->priority = 2;
	n->packets++;
	int r = n->host->submit(n->host, OUT, packet); /* takes our reference */
	return r == LQ_EPIPE ? 0 : r;                  /* nothing is linked there: no fault of ours */
}

/* Submit what is held back; here there is nothing. */
static int flush(void *self)
{
	return 0;
}

/* LQ_EVENT_KEY_FRAME, _TARGET_RATE and _LOSS come here. What is not known passes on upstream. */
static int event(void *self, const lq_event *e)
{
	return LQ_ENOTSUP;
}

/* Only for parameters with LQ_PARAM_RUNTIME. */
static int set_param(void *self, uint32_t index, const lq_value *value)
{
	((node *)self)->gain = value->f;
	return 0;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	fn(arg, OUT, &(lq_stat){.name = "packetsEncoded", .value = (double)((node *)self)->packets});
}

static const lq_param_desc params[] = {
	[P_GAIN] = {"gain", LQ_PARAM_FLOAT, LQ_PARAM_RUNTIME, NULL, "1", 0, 8, NULL, "Factor for each sample."},
};
static const lq_port_desc ports[] = {[IN] = {"in", LQ_IN, LQ_MEDIA_AUDIO, 0}, [OUT] = {"out", LQ_OUT, LQ_MEDIA_AUDIO, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .set_format = set_format, .set_param = set_param,
                                .event = event, .stats = stats};
static const lq_codec_ops codec_ops = {.send = send, .flush = flush};
static const lq_node_desc desc = {
	.struct_size = sizeof desc, .kind = LQ_KIND_CODEC, .id = "@ID@", .summary = "G.711 µ-law encoder", .rank = 100,
	.ports = ports, .n_ports = 2, .params = params, .n_params = 1, .ops = &ops, .kind_ops = &codec_ops};
static const lq_node_desc *const nodes[] = {&desc};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "@NAME@", .version = "0.1", .licence = "Apache-2.0",
	.summary = "A codec", .nodes = nodes, .n_nodes = 1};
