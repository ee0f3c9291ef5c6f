/* The kit's nodes. One self for all of them; a buffer carries its number in its first bytes. */
#include "tests/graph/kit.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#undef fail /* of the library check: hosts have an op of that name */
#pragma GCC diagnostic ignored "-Woverride-init" /* nodes replace some of the common ops */

enum { P_TAG, P_MEDIA, P_SIZE, P_PIXEL, P_PERIOD, P_COUNT, P_CHANGE_AT, P_KEY_EVERY, P_FAIL, P_TAKES_SIZE, P_NOTHING, P_CODEC, P_EXCLUSIVE };

static const char *const medias[] = {"video", "audio", "h264", NULL};
static const char *const pixels[] = {"any", "i420", "nv12", NULL};
static const char *const codecs[] = {"h264", "vp8", NULL};
static const char *const fails[] = {"never", "create", "start", "format", "op", "read", NULL};

static const lq_param_desc params[] = {
	{"tag", LQ_PARAM_STRING, 0, NULL, "none", 0, 0, NULL, "Name of its record."},
	{"media", LQ_PARAM_CHOICE, 0, NULL, "video", 0, 0, medias, "What it sends or takes."},
	{"size", LQ_PARAM_SIZE, 0, NULL, "64x48", 1, 4096, NULL, "Size of the picture."},
	{"pixel", LQ_PARAM_CHOICE, 0, NULL, "any", 0, 0, pixels, "Pixel format sent or taken."},
	{"period", LQ_PARAM_INT, 0, "ms", "10", 0, 10000, NULL, "Time between buffers."},
	{"count", LQ_PARAM_INT, LQ_PARAM_RUNTIME, NULL, "0", 0, 1000000, NULL, "Buffers until the end; 0: no end."},
	{"change_at", LQ_PARAM_INT, 0, NULL, "0", 0, 1000000, NULL, "The size doubles with this buffer; 0: never."},
	{"key_every", LQ_PARAM_INT, 0, NULL, "10", 1, 1000000, NULL, "Key frames, for h264."},
	{"fail", LQ_PARAM_CHOICE, 0, NULL, "never", 0, 0, fails, "Where it fails."},
	{"only_size", LQ_PARAM_BOOL, 0, NULL, "false", 0, 0, NULL, "A sink takes its size only."},
	{"nothing", LQ_PARAM_BOOL, 0, NULL, "false", 0, 0, NULL, "It has no formats."},
	{"codec", LQ_PARAM_CHOICE, 0, NULL, "h264", 0, 0, codecs, "Of encoder and decoder."},
	{"exclusive", LQ_PARAM_BOOL, 0, NULL, "false", 0, 0, NULL, "One with its tag can run at a time."}};

typedef struct kit_self {
	const lq_host *host;
	kit_record *rec;
	const lq_node_desc *desc;
	lq_value p[COUNT(params)];
	const lq_format *in, *out;
	uint32_t outs[16], n_outs; /* ports of MANY outputs */
	const lq_format *out_formats[16];
	long number;
	int key_wanted;
	pthread_t thread;
	int thread_runs;
	_Atomic int quit;
} kit_self;

#define COUNT_UP(s, what) count_up((s)->rec, &(s)->rec->what)
static void count_up(kit_record *r, long *what)
{
	pthread_mutex_lock(&r->lock);
	(*what)++;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

static int fails_in(const kit_self *s, const char *where)
{
	return !strcmp(fails[s->p[P_FAIL].i], where);
}

static int create(const lq_host *host, const lq_value *values, void **self)
{
	kit_self *s = calloc(1, sizeof *s);
	s->host = host;
	s->rec = kit_seen(values[P_TAG].s);
	memcpy(s->p, values, sizeof s->p);
	if (fails_in(s, "create")) {
		free(s);
		return host->fail(host, LQ_ENODEV, "no such thing here");
	}
	pthread_mutex_lock(&s->rec->lock);
	if (s->rec->creates++ == s->rec->destroys)
		s->rec->push_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC | EFD_SEMAPHORE);
	pthread_mutex_unlock(&s->rec->lock);
	*self = s;
	return 0;
}

static void destroy(void *self)
{
	kit_self *s = self;
	s->host->format_unref(s->host, s->in);
	s->host->format_unref(s->host, s->out);
	for (uint32_t i = 0; i < 16; i++)
		s->host->format_unref(s->host, s->out_formats[i]);
	pthread_mutex_lock(&s->rec->lock);
	if (++s->rec->destroys == s->rec->creates)
		close(s->rec->push_fd);
	pthread_mutex_unlock(&s->rec->lock);
	free(s);
}

static int start(void *self)
{
	kit_self *s = self;
	if (fails_in(s, "start"))
		return s->host->fail(s->host, LQ_EBUSY, "the device is in use by somebody else");
	if (s->p[P_EXCLUSIVE].i && kit_get(s->rec, &s->rec->starts) != kit_get(s->rec, &s->rec->stops))
		return s->host->fail(s->host, LQ_EBUSY, "the device is in use");
	COUNT_UP(s, starts);
	return 0;
}

static void stop(void *self)
{
	COUNT_UP((kit_self *)self, stops);
}

static void own_format(const kit_self *s, lq_format *f)
{
	const char *media = medias[s->p[P_MEDIA].i];
	*f = (lq_format){.struct_size = sizeof *f, .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_RAW};
	if (!strcmp(media, "audio")) {
		f->media = LQ_MEDIA_AUDIO;
		f->sample = LQ_SAMPLE_S16;
		f->rate = 48000;
		f->channels = 1;
		return;
	}
	f->width = s->p[P_SIZE].num;
	f->height = s->p[P_SIZE].den;
	if (!strcmp(media, "h264"))
		f->codec = LQ_CODEC_H264;
	else
		f->pixel = s->p[P_PIXEL].i == 2 ? LQ_PIXEL_NV12 : LQ_PIXEL_I420;
}

static int source_formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	const kit_self *s = self;
	if (i || s->p[P_NOTHING].i)
		return LQ_END;
	own_format(s, out);
	return 0;
}

static int sink_formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	const kit_self *s = self;
	if (i)
		return LQ_END;
	own_format(s, out);
	if (!s->p[P_PIXEL].i)
		out->pixel = 0;
	if (!s->p[P_TAKES_SIZE].i)
		out->width = out->height = 0;
	if (!s->p[P_MEDIA].is_set)
		*out = (lq_format){.struct_size = sizeof *out};
	return 0;
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	kit_self *s = self;
	const lq_format **at = port < s->desc->n_ports && s->desc->ports[port].direction == LQ_OUT ? &s->out : &s->in;
	if (fails_in(s, "format"))
		return s->host->fail(s->host, LQ_EFORMAT, "not this one, please");
	for (uint32_t i = 0; i < s->n_outs; i++)
		if (s->outs[i] == port)
			at = &s->out_formats[i];
	s->host->format_ref(s->host, fmt);
	s->host->format_unref(s->host, *at);
	*at = fmt;
	if (at == &s->in) {
		pthread_mutex_lock(&s->rec->lock);
		s->rec->formats++;
		s->rec->format = *fmt;
		pthread_cond_broadcast(&s->rec->changed);
		pthread_mutex_unlock(&s->rec->lock);
	}
	return 0;
}

static lq_buffer *make(kit_self *s, const lq_format *fmt)
{
	lq_buffer *b = s->host->buffer_new(s->host, fmt, 64);
	if (!b)
		return NULL;
	b->pts = b->capture_time = s->host->now(s->host);
	b->samples = 32;
	b->priority = 1;
	if (fmt->codec == LQ_CODEC_H264 && s->number % s->p[P_KEY_EVERY].i == 0) {
		b->flags |= LQ_BUFFER_KEY;
		b->priority = 2;
	}
	memcpy(b->planes[0], &s->number, sizeof s->number);
	s->number++;
	return b;
}

/* The number that a buffer carries is handed on by all nodes. */
static long number_of(const lq_buffer *b)
{
	long n;
	memcpy(&n, b->planes[0], sizeof n);
	return n;
}

static int send_one(kit_self *s, uint32_t port, const lq_format *fmt)
{
	lq_buffer *b = make(s, fmt);
	if (!b)
		return LQ_ENOMEM;
	COUNT_UP(s, sent);
	return s->host->submit(s->host, port, b);
}

static int change_format(kit_self *s)
{
	lq_format f = *s->out;
	f.width *= 2;
	f.height *= 2;
	const lq_format *fmt = s->host->format_new(s->host, &f);
	if (!fmt)
		return LQ_ENOMEM;
	s->host->format_unref(s->host, s->out);
	s->out = fmt;
	return 0;
}

static int source_read(void *self, int64_t deadline, int64_t *next)
{
	kit_self *s = self;
	COUNT_UP(s, reads);
	if (fails_in(s, "read"))
		return s->host->fail(s->host, LQ_EIO, "the cable is out");
	if (s->p[P_COUNT].i && s->number >= s->p[P_COUNT].i)
		return LQ_END;
	if (s->p[P_CHANGE_AT].i && s->number == s->p[P_CHANGE_AT].i && change_format(s))
		return LQ_ENOMEM;
	*next = s->host->now(s->host) + s->p[P_PERIOD].i * LQ_MSEC;
	int r = send_one(s, 0, s->out);
	return r == LQ_EPIPE ? 0 : r;
}

static int set_param(void *self, uint32_t index, const lq_value *value)
{
	((kit_self *)self)->p[index] = *value;
	return 0;
}

/* kit.push and kit.blocking */

void kit_push(kit_record *r, int n)
{
	uint64_t count = (uint64_t)n;
	ck_assert_int_eq(write(r->push_fd, &count, sizeof count), sizeof count);
}

static int take_push(kit_self *s)
{
	uint64_t count;
	return read(s->rec->push_fd, &count, sizeof count) == sizeof count;
}

static int push_start(void *self)
{
	kit_self *s = self;
	short events = POLLIN;
	int r = start(self);
	return r ? r : s->host->watch(s->host, &s->rec->push_fd, &events, 1);
}

static int push_run(void *self, int64_t now)
{
	kit_self *s = self;
	while (take_push(s))
		send_one(s, 0, s->out);
	return 0;
}

static int blocking_read(void *self, int64_t deadline, int64_t *next)
{
	kit_self *s = self;
	struct pollfd p = {.fd = s->rec->push_fd, .events = POLLIN};
	int64_t wait = (deadline - s->host->now(s->host)) / LQ_MSEC;
	COUNT_UP(s, reads);
	if (poll(&p, 1, wait > 0 ? (int)wait : 0) > 0 && take_push(s) && !s->quit)
		send_one(s, 0, s->out);
	return 0;
}

/* kit.own */

static void *own_main(void *self)
{
	kit_self *s = self;
	while (!s->quit) {
		send_one(s, 0, s->out);
		sched_yield();
	}
	return NULL;
}

static int own_start(void *self)
{
	kit_self *s = self;
	int r = start(self);
	s->quit = 0;
	if (!r && pthread_create(&s->thread, NULL, own_main, s))
		return LQ_ENOMEM;
	return r;
}

static void own_stop(void *self)
{
	kit_self *s = self;
	s->quit = 1;
	pthread_join(s->thread, NULL);
	stop(self);
}

/* Everything with an input */

/* The end of a stream comes as an empty buffer; the graph sends it on. */
static int ends(void *self, const lq_buffer *b)
{
	if (b->n_planes)
		return 0;
	COUNT_UP((kit_self *)self, ends);
	return 1;
}

static int take(void *self, lq_buffer *b)
{
	kit_self *s = self;
	kit_record *r = s->rec;
	long n = number_of(b);
	pthread_mutex_lock(&r->lock);
	if (++r->inside > r->max_inside)
		r->max_inside = r->inside;
	if (r->first < 0) {
		r->first = n;
		r->first_flags = b->flags;
	}
	r->gaps += r->last >= 0 && n != r->last + 1;
	if (r->last_pts != LQ_TIME_NONE && b->pts != LQ_TIME_NONE) {
		r->back += b->pts <= r->last_pts;
		r->max_step = b->pts - r->last_pts > r->max_step ? b->pts - r->last_pts : r->max_step;
	}
	r->last_pts = b->pts;
	r->last = n;
	r->buffers++;
	r->sum = (r->sum ^ (uint64_t)n ^ (uint64_t)b->pts ^ b->format->width) * 0x9E3779B97F4A7C15u;
	pthread_cond_broadcast(&r->changed);
	while (r->gate)
		pthread_cond_wait(&r->changed, &r->lock);
	r->inside--;
	pthread_mutex_unlock(&r->lock);
	return fails_in(s, "op") ? s->host->fail(s->host, LQ_EIO, "the paper is out") : 0;
}

static int render(void *self, uint32_t port, lq_buffer *b)
{
	return ends(self, b) ? 0 : take(self, b);
}

static int flush(void *self)
{
	COUNT_UP((kit_self *)self, flushes);
	return 0;
}

static int pass_formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	const kit_self *s = self;
	if (i)
		return LQ_END;
	if (port == 1 && s->in)
		*out = *s->in;
	return 0;
}

/* What comes back to the second input goes no further. */
static int pass(void *self, uint32_t port, lq_buffer *b)
{
	kit_self *s = self;
	if (ends(self, b))
		return 0;
	int r = take(self, b);
	if (r || port == 2)
		return r;
	r = s->host->submit(s->host, 1, s->host->buffer_ref(s->host, b));
	return r == LQ_EPIPE ? 0 : r;
}

/* A new buffer of the output's format with the number of the old one. */
static int convert(void *self, uint32_t port, lq_buffer *b)
{
	kit_self *s = self;
	if (ends(self, b))
		return 0;
	int r = take(self, b);
	lq_buffer *out = r ? NULL : s->host->buffer_new(s->host, s->out, 64);
	if (!out)
		return r ? r : LQ_ENOMEM;
	long n = number_of(b);
	out->pts = b->pts;
	out->flags = s->out->codec != LQ_CODEC_RAW && (s->key_wanted || s->number++ % s->p[P_KEY_EVERY].i == 0) ? LQ_BUFFER_KEY : 0;
	s->key_wanted = 0;
	out->priority = 1;
	memcpy(out->planes[0], &n, sizeof n);
	r = s->host->submit(s->host, 1, out);
	return r == LQ_EPIPE ? 0 : r;
}

static int codec_event(void *self, const lq_event *e)
{
	COUNT_UP((kit_self *)self, events);
	if (e->type != LQ_EVENT_KEY_FRAME)
		return LQ_ENOTSUP;
	COUNT_UP((kit_self *)self, key_events);
	((kit_self *)self)->key_wanted = 1;
	return 0;
}

static int video_formats(uint32_t codec, const lq_format *size, uint32_t i, lq_format *out)
{
	if (i)
		return LQ_END;
	*out = (lq_format){.struct_size = sizeof *out, .media = LQ_MEDIA_VIDEO, .codec = codec, .pixel = codec == LQ_CODEC_RAW ? LQ_PIXEL_I420 : 0};
	if (size) {
		out->width = size->width;
		out->height = size->height;
	}
	return 0;
}

static uint32_t coded(void *self)
{
	return ((kit_self *)self)->p[P_CODEC].i ? LQ_CODEC_VP8 : LQ_CODEC_H264;
}

static int enc_formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	return port ? video_formats(coded(self), ((kit_self *)self)->in, i, out) : video_formats(LQ_CODEC_RAW, NULL, i, out);
}

static int dec_formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	return port ? video_formats(LQ_CODEC_RAW, ((kit_self *)self)->in, i, out) : video_formats(coded(self), NULL, i, out);
}

static int scale_formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	*out = (lq_format){.struct_size = sizeof *out, .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_RAW};
	return i ? LQ_END : 0;
}

static int resample_formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	*out = (lq_format){.struct_size = sizeof *out, .media = LQ_MEDIA_AUDIO, .codec = LQ_CODEC_RAW};
	return i ? LQ_END : 0;
}

/* MANY */

static int add_port(void *self, uint32_t tmpl, uint32_t port)
{
	kit_self *s = self;
	if (s->n_outs == 8)
		return s->host->fail(s->host, LQ_EFULL, "eight is enough");
	COUNT_UP(s, add_ports);
	if (s->desc->ports[tmpl].direction == LQ_OUT)
		s->outs[s->n_outs++] = port;
	return 0;
}

static void remove_port(void *self, uint32_t port)
{
	kit_self *s = self;
	COUNT_UP(s, remove_ports);
	for (uint32_t i = 0; i < s->n_outs; i++)
		if (s->outs[i] == port) {
			s->host->format_unref(s->host, s->out_formats[i]);
			s->outs[i] = s->outs[--s->n_outs];
			s->out_formats[i] = s->out_formats[s->n_outs];
			s->out_formats[s->n_outs] = NULL;
		}
}

static int mix_formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	return source_formats(self, port, i, out);
}

static int mix(void *self, uint32_t port, lq_buffer *b)
{
	kit_self *s = self;
	if (ends(self, b))
		return 0;
	int r = take(self, b);
	if (!r)
		r = s->host->submit(s->host, 1, s->host->buffer_ref(s->host, b));
	return r == LQ_EPIPE ? 0 : r;
}

static int transport_formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	return video_formats(LQ_CODEC_H264, NULL, i, out);
}

static int transport_send(void *self, uint32_t port, lq_buffer *b)
{
	return ends(self, b) ? 0 : take(self, b);
}

static int transport_run(void *self, int64_t now)
{
	kit_self *s = self;
	while (take_push(s))
		for (uint32_t i = 0; i < s->n_outs; i++)
			if (s->out_formats[i])
				send_one(s, s->outs[i], s->out_formats[i]);
	return 0;
}

static const lq_port_desc out_port[] = {{"out", LQ_OUT, 0, LQ_PORT_OPTIONAL}};
static const lq_port_desc tone_port[] = {{"out", LQ_OUT, LQ_MEDIA_AUDIO, LQ_PORT_OPTIONAL}};
static const lq_port_desc camera_port[] = {{"out", LQ_OUT, LQ_MEDIA_VIDEO, LQ_PORT_OPTIONAL}};
static const lq_port_desc in_port[] = {{"in", LQ_IN, 0, 0}};
static const lq_port_desc in_out[] = {{"in", LQ_IN, 0, 0}, {"out", LQ_OUT, 0, LQ_PORT_OPTIONAL}};
static const lq_port_desc loop_ports[] = {{"in", LQ_IN, 0, 0}, {"out", LQ_OUT, 0, LQ_PORT_OPTIONAL}, {"back", LQ_IN, 0, LQ_PORT_OPTIONAL}};
static const lq_port_desc mix_ports[] = {{"in", LQ_IN, 0, LQ_PORT_MANY}, {"out", LQ_OUT, 0, LQ_PORT_OPTIONAL}};
static const lq_port_desc transport_ports[] = {
	{"audio", LQ_IN, LQ_MEDIA_AUDIO, LQ_PORT_MANY}, {"video", LQ_IN, LQ_MEDIA_VIDEO, LQ_PORT_MANY},
	{"audio", LQ_OUT, LQ_MEDIA_AUDIO, LQ_PORT_MANY}, {"video", LQ_OUT, LQ_MEDIA_VIDEO, LQ_PORT_MANY}};
static const lq_port_desc audio_in_out[] = {{"in", LQ_IN, LQ_MEDIA_AUDIO, 0}, {"out", LQ_OUT, LQ_MEDIA_AUDIO, 0}};
static const lq_port_desc video_in_out[] = {{"in", LQ_IN, LQ_MEDIA_VIDEO, 0}, {"out", LQ_OUT, LQ_MEDIA_VIDEO, 0}};

#define BASE .destroy = destroy, .set_format = set_format, .start = start, .stop = stop, .set_param = set_param

/* Each node has a create of its own that knows the descriptor. */
#define NODE(var, kind_, id_, flags_, ports_, kind_ops_, ...) \
	static int var##_create(const lq_host *host, const lq_value *values, void **self); \
	static const lq_node_ops var##_ops = {.create = var##_create, BASE, __VA_ARGS__}; \
	static const lq_node_desc var = {.struct_size = sizeof(lq_node_desc), .kind = kind_, .id = id_, .summary = "For tests.", .rank = 100, \
		.flags = flags_, .ports = ports_, .n_ports = COUNT(ports_), .n_params = COUNT(params), .params = params, .ops = &var##_ops, \
		.kind_ops = &kind_ops_}; \
	static int var##_create(const lq_host *host, const lq_value *values, void **self) \
	{ \
		int r = create(host, values, self); \
		if (!r) \
			((kit_self *)*self)->desc = &var; \
		return r; \
	}

static const lq_capture_ops source_capture = {.read = source_read}, push_capture = {0}, blocking_capture = {.read = blocking_read};
static const lq_filter_ops pass_filter = {.process = pass, .flush = flush}, convert_filter = {.process = convert}, mix_filter = {.process = mix};
static const lq_codec_ops kit_codec = {.send = convert, .flush = flush};
static const lq_renderer_ops sink_renderer = {.render = render, .flush = flush};
static const lq_transport_ops kit_transport = {.send = transport_send};

NODE(source, LQ_KIND_CAPTURE, "kit.source", 0, out_port, source_capture, .formats = source_formats)
NODE(tone, LQ_KIND_CAPTURE, "kit.tone", 0, tone_port, source_capture, .formats = source_formats)
NODE(camera, LQ_KIND_CAPTURE, "kit.camera", 0, camera_port, source_capture, .formats = source_formats)
NODE(push, LQ_KIND_CAPTURE, "kit.push", LQ_NODE_LIVE, out_port, push_capture, .formats = source_formats, .start = push_start, .run = push_run)
NODE(blocking, LQ_KIND_CAPTURE, "kit.blocking", LQ_NODE_LIVE | LQ_NODE_BLOCKING, out_port, blocking_capture, .formats = source_formats)
NODE(own, LQ_KIND_CAPTURE, "kit.own", LQ_NODE_OWN_THREAD, out_port, push_capture, .formats = source_formats, .start = own_start, .stop = own_stop)
NODE(pass_node, LQ_KIND_FILTER, "kit.pass", 0, in_out, pass_filter, .formats = pass_formats)
NODE(loop_node, LQ_KIND_FILTER, "kit.loop", 0, loop_ports, pass_filter, .formats = pass_formats)
NODE(mix_node, LQ_KIND_FILTER, "kit.mix", 0, mix_ports, mix_filter, .formats = mix_formats, .add_port = add_port, .remove_port = remove_port)
NODE(enc, LQ_KIND_CODEC, "kit.enc", 0, video_in_out, kit_codec, .formats = enc_formats, .event = codec_event)
NODE(dec, LQ_KIND_CODEC, "kit.dec", 0, video_in_out, kit_codec, .formats = dec_formats)
NODE(sink, LQ_KIND_RENDERER, "kit.sink", 0, in_port, sink_renderer, .formats = sink_formats)
NODE(transport, LQ_KIND_TRANSPORT, "kit.transport", LQ_NODE_LIVE, transport_ports, kit_transport, .formats = transport_formats,
     .add_port = add_port, .remove_port = remove_port, .start = push_start, .run = transport_run, .event = codec_event)
NODE(scale, LQ_KIND_FILTER, "filter.scale", 0, video_in_out, convert_filter, .formats = scale_formats)
NODE(resample, LQ_KIND_FILTER, "filter.resample", 0, audio_in_out, convert_filter, .formats = resample_formats)

static const lq_node_desc *const nodes[] = {
	&source, &tone, &camera, &push, &blocking, &own, &pass_node, &loop_node, &mix_node, &enc, &dec, &sink, &transport};
static const lq_node_desc *const converters[] = {&scale, &resample};

const lq_plugin kit_plugin = {.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "kit", .version = "1", .licence = "Apache-2.0",
	.summary = "Nodes for tests.", .nodes = nodes, .n_nodes = COUNT(nodes)};
const lq_plugin kit_converters = {.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "converters", .version = "1",
	.licence = "Apache-2.0", .summary = "Converters for tests.", .nodes = converters, .n_nodes = COUNT(converters)};
