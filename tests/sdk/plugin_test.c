/* A plugin of simple nodes for tests of the SDK: a source, a codec that copies, a sink, and a transport that carries packets within this process,
 * from the port that published a track to all ports that subscribed to it. Its descriptions are lines "mid track"; a receiving port's mid is "r" and
 * the track. */
#include <loquat/plugin/plugin.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 32
#define HEIGHT 16
#define SAMPLES 480
#define PICTURE (WIDTH * HEIGHT * 3 / 2)

static lq_format video_raw(void)
{
	return (lq_format){.struct_size = sizeof(lq_format), .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_RAW, .pixel = LQ_PIXEL_I420, .width = WIDTH,
	                   .height = HEIGHT, .fps_num = 100, .fps_den = 1};
}

static lq_format audio_raw(void)
{
	return (lq_format){.struct_size = sizeof(lq_format), .media = LQ_MEDIA_AUDIO, .codec = LQ_CODEC_RAW, .sample = LQ_SAMPLE_F32, .rate = 48000,
	                   .channels = 1};
}

static lq_format packet_of(uint32_t media)
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

static int sink_render(void *self, uint32_t port, lq_buffer *buf)
{
	((node *)self)->n++;
	return 0;
}

static void sink_stats(void *self, lq_stat_fn fn, void *arg)
{
	fn(arg, 0, &(lq_stat){"framesShown", (double)((node *)self)->n});
}

/* ---- transport.test ---- */

enum { MAX_PORTS = 64, MAX_QUEUED = 8, MAX_DATA = 4096 };

typedef struct packet {
	uint32_t size;
	int64_t pts, capture_time;
	uint8_t data[MAX_DATA];
} packet;

typedef struct tport {
	struct transport *owner;
	int used, sends, listens;
	uint32_t number, media;
	char mid[64], track[64];
	packet queue[MAX_QUEUED]; /* the oldest is dropped when full */
	unsigned first, n;
} tport;

typedef struct transport {
	const lq_host *host;
	struct transport *next;
	const lq_format *formats[2]; /* audio, video packets */
	char describe_later;
	int asked[2];
	tport ports[MAX_PORTS];
} transport;

static pthread_mutex_t air = PTHREAD_MUTEX_INITIALIZER; /* of all transports' ports */
static transport *transports;

static int transport_create(const lq_host *host, const lq_value *params, void **self)
{
	transport *t = calloc(1, sizeof *t);
	lq_format a = packet_of(LQ_MEDIA_AUDIO), v = packet_of(LQ_MEDIA_VIDEO);
	if (!t)
		return LQ_ENOMEM;
	t->host = host;
	t->describe_later = (char)params[0].i;
	t->formats[0] = host->format_new(host, &a);
	t->formats[1] = host->format_new(host, &v);
	pthread_mutex_lock(&air);
	t->next = transports;
	transports = t;
	pthread_mutex_unlock(&air);
	*self = t;
	return 0;
}

static void transport_destroy(void *self)
{
	transport *t = self;
	pthread_mutex_lock(&air);
	for (transport **p = &transports; *p; p = &(*p)->next)
		if (*p == t) {
			*p = t->next;
			break;
		}
	pthread_mutex_unlock(&air);
	t->host->format_unref(t->host, t->formats[0]);
	t->host->format_unref(t->host, t->formats[1]);
	free(t);
}

static tport *port_of(transport *t, uint32_t number)
{
	for (int i = 0; i < MAX_PORTS; i++)
		if (t->ports[i].used && t->ports[i].number == number)
			return &t->ports[i];
	return NULL;
}

static int add_port(void *self, uint32_t tmpl, uint32_t port)
{
	transport *t = self;
	for (int i = 0; i < MAX_PORTS; i++) {
		tport *p = &t->ports[i];
		if (p->used)
			continue;
		pthread_mutex_lock(&air);
		memset(p, 0, sizeof *p);
		p->owner = t;
		p->used = 1;
		p->number = port;
		p->sends = tmpl < 2;
		p->media = tmpl % 2 ? LQ_MEDIA_VIDEO : LQ_MEDIA_AUDIO;
		pthread_mutex_unlock(&air);
		return 0;
	}
	return LQ_EFULL;
}

static void remove_port(void *self, uint32_t port)
{
	tport *p = port_of(self, port);
	pthread_mutex_lock(&air);
	if (p)
		p->used = 0;
	pthread_mutex_unlock(&air);
}

static int transport_formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	const tport *p = port_of(self, port);
	if (i || !p)
		return LQ_END;
	*out = packet_of(p->media);
	return 0;
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	return 0;
}

static int transport_open(void *self, uint32_t direction, const char *url)
{
	return 0;
}

static void transport_close(void *self, uint32_t direction)
{
}

static int transport_bind(void *self, uint32_t port, const char *id)
{
	tport *p = port_of(self, port);
	if (!p)
		return LQ_ENOENT;
	pthread_mutex_lock(&air);
	snprintf(p->mid, sizeof p->mid, "%s", id);
	pthread_mutex_unlock(&air);
	return 0;
}

static int transport_describe(void *self, uint32_t direction, char *out, size_t size)
{
	transport *t = self;
	if (t->describe_later && !t->asked[direction]++) {
		t->host->event(t->host, &(lq_event){.struct_size = sizeof(lq_event), .type = LQ_EVENT_DESCRIPTION, .direction = direction});
		return LQ_EAGAIN;
	}
	snprintf(out, size, "test\n");
	for (int i = 0; i < MAX_PORTS; i++)
		if (t->ports[i].used && t->ports[i].sends == (direction == LQ_SEND))
			snprintf(out + strlen(out), size - strlen(out), "%s\n", t->ports[i].mid);
	return 0;
}

static int transport_set_remote(void *self, uint32_t direction, const char *text)
{
	transport *t = self;
	const char *want = direction == LQ_SEND ? "answer\n" : "offer\n";
	if (strncmp(text, want, strlen(want)))
		return t->host->fail(t->host, LQ_EPARSE, "not a description of the test transport");
	pthread_mutex_lock(&air);
	for (int i = 0; i < MAX_PORTS; i++) {
		tport *p = &t->ports[i];
		char line[80];
		snprintf(line, sizeof line, "\n%.60s ", p->mid);
		const char *at = p->used && p->sends == (direction == LQ_SEND) ? strstr(text, line) : NULL;
		if (at)
			sscanf(at + strlen(line), "%63s", p->track);
	}
	pthread_mutex_unlock(&air);
	return 0;
}

static void deliver(const tport *from, const lq_buffer *b)
{
	for (transport *t = transports; t; t = t->next)
		for (int i = 0; i < MAX_PORTS; i++) {
			tport *p = &t->ports[i];
			if (!p->used || p->sends || strcmp(p->mid + (*p->mid == 'r'), from->track))
				continue;
			if (p->n == MAX_QUEUED) {
				p->first = (p->first + 1) % MAX_QUEUED;
				p->n--;
			}
			packet *k = &p->queue[(p->first + p->n++) % MAX_QUEUED];
			k->size = b->size;
			k->pts = b->pts;
			k->capture_time = b->capture_time;
			memcpy(k->data, b->planes[0], b->size);
			t->host->wake_at(t->host, 0);
		}
}

static int transport_send(void *self, uint32_t port, lq_buffer *b)
{
	const tport *p = port_of(self, port);
	if (!p || b->size > MAX_DATA || (b->flags & LQ_BUFFER_EOS && !b->size))
		return 0;
	pthread_mutex_lock(&air);
	if (*p->track)
		deliver(p, b);
	pthread_mutex_unlock(&air);
	return 0;
}

static lq_buffer *take(transport *t, tport *p)
{
	packet k = {0};
	pthread_mutex_lock(&air);
	int have = p->used && p->n;
	if (have) {
		k = p->queue[p->first];
		p->first = (p->first + 1) % MAX_QUEUED;
		p->n--;
	}
	pthread_mutex_unlock(&air);
	lq_buffer *b = have ? t->host->buffer_new(t->host, t->formats[p->media == LQ_MEDIA_VIDEO], k.size) : NULL;
	if (b) {
		memcpy(b->planes[0], k.data, k.size);
		b->pts = k.pts;
		b->capture_time = k.capture_time;
		b->flags = LQ_BUFFER_KEY;
	}
	return b;
}

static int transport_run(void *self, int64_t now)
{
	transport *t = self;
	lq_buffer *b;
	for (int i = 0; i < MAX_PORTS; i++)
		while ((b = take(t, &t->ports[i])))
			t->host->submit(t->host, t->ports[i].number, b);
	return 0;
}

/* ---- descriptors ---- */

static const char *const media_names[] = {"audio", "video", NULL};
static const lq_param_desc capture_params[] = {
	{.name = "media", .type = LQ_PARAM_CHOICE, .def = "audio", .choices = media_names, .help = "What to make."},
	{.name = "fail", .type = LQ_PARAM_BOOL, .def = "false", .help = "Do not start."},
	{.name = "end_after", .type = LQ_PARAM_INT, .def = "0", .min = 0, .max = 1000000, .help = "End after so many buffers."},
};
static const lq_param_desc transport_params[] = {
	{.name = "describe_later", .type = LQ_PARAM_BOOL, .def = "false", .help = "The description is not there at once."},
};

static const lq_port_desc out_port[] = {{"out", LQ_OUT, LQ_MEDIA_NONE, 0}};
static const lq_port_desc in_port[] = {{"in", LQ_IN, LQ_MEDIA_NONE, 0}};
static const lq_port_desc codec_ports[] = {{"in", LQ_IN, LQ_MEDIA_NONE, 0}, {"out", LQ_OUT, LQ_MEDIA_NONE, 0}};
static const lq_port_desc transport_ports[] = {
	{"audio", LQ_IN, LQ_MEDIA_AUDIO, LQ_PORT_MANY | LQ_PORT_OPTIONAL},
	{"video", LQ_IN, LQ_MEDIA_VIDEO, LQ_PORT_MANY | LQ_PORT_OPTIONAL},
	{"audio", LQ_OUT, LQ_MEDIA_AUDIO, LQ_PORT_MANY | LQ_PORT_OPTIONAL},
	{"video", LQ_OUT, LQ_MEDIA_VIDEO, LQ_PORT_MANY | LQ_PORT_OPTIONAL},
};

static const lq_node_ops capture_node = {.create = capture_create, .destroy = node_destroy, .formats = capture_formats,
                                         .set_format = capture_set_format, .start = capture_start};
static const lq_node_ops enc_node = {.create = node_create, .destroy = node_destroy, .formats = enc_formats, .set_format = codec_set_format};
static const lq_node_ops dec_node = {.create = node_create, .destroy = node_destroy, .formats = dec_formats, .set_format = codec_set_format};
static const lq_node_ops sink_node = {.create = node_create, .destroy = node_destroy, .formats = sink_formats, .set_format = set_format,
                                      .stats = sink_stats};
static const lq_node_ops transport_node = {.create = transport_create, .destroy = transport_destroy, .add_port = add_port, .remove_port = remove_port,
                                           .formats = transport_formats, .set_format = set_format, .run = transport_run};
static const lq_capture_ops capture_ops = {.read = capture_read};
static const lq_codec_ops codec_ops = {.send = codec_send};
static const lq_renderer_ops renderer_ops = {.render = sink_render};
static const lq_transport_ops transport_ops = {.open = transport_open, .close = transport_close, .bind = transport_bind, .describe = transport_describe,
                                               .set_remote = transport_set_remote, .send = transport_send};

#define NODE(k, i, o, kops, p) .struct_size = sizeof(lq_node_desc), .kind = k, .id = i, .summary = "A node for tests", .rank = 100, .ops = &o, \
	.kind_ops = &kops, .ports = p, .n_ports = sizeof p / sizeof *p

static const lq_node_desc capture = {NODE(LQ_KIND_CAPTURE, "capture.test", capture_node, capture_ops, out_port), .flags = LQ_NODE_LIVE,
                                     .params = capture_params, .n_params = 3};
static const lq_node_desc enc = {NODE(LQ_KIND_CODEC, "codec.test.enc", enc_node, codec_ops, codec_ports)};
static const lq_node_desc dec = {NODE(LQ_KIND_CODEC, "codec.test.dec", dec_node, codec_ops, codec_ports)};
static const lq_node_desc sink = {NODE(LQ_KIND_RENDERER, "render.test", sink_node, renderer_ops, in_port)};
static const lq_node_desc transport_desc = {NODE(LQ_KIND_TRANSPORT, "transport.test", transport_node, transport_ops, transport_ports),
                                            .flags = LQ_NODE_LIVE, .params = transport_params, .n_params = 1};
static const lq_node_desc *const nodes[] = {&capture, &enc, &dec, &sink, &transport_desc};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "sdktest", .version = "1",
                                                   .licence = "Apache-2.0", .summary = "Nodes for tests of the SDK", .nodes = nodes, .n_nodes = 5};
