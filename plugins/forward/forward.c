/* filter.forward: encoded packets as they are. It asks for key frames often enough for segments to begin at, and puts parameter sets before them. */
#include <stdlib.h>
#include <string.h>

#include "../common/parameter_sets.h"
#include "../common/util.h"

enum { P_CODECS, P_ASK_INTERVAL };
enum { PORT_IN, PORT_OUT, CODECS_MAX = 8 };

static const struct { const char *name; uint32_t codec, media; } known[] = {
	{"h264", LQ_CODEC_H264, LQ_MEDIA_VIDEO}, {"vp8", LQ_CODEC_VP8, LQ_MEDIA_VIDEO}, {"vp9", LQ_CODEC_VP9, LQ_MEDIA_VIDEO}, {"av1", LQ_CODEC_AV1, LQ_MEDIA_VIDEO},
	{"h265", LQ_CODEC_H265, LQ_MEDIA_VIDEO}, {"opus", LQ_CODEC_OPUS, LQ_MEDIA_AUDIO}, {"aac", LQ_CODEC_AAC, LQ_MEDIA_AUDIO},
};

typedef struct forwarder {
	const lq_host *host;
	uint32_t taken[CODECS_MAX], n_taken; /* places in `known` */
	const lq_format *in;
	int64_t ask_interval, last_key, asked;
	parameter_sets sets;
	uint64_t forwarded, asks, inserted, odd;
} forwarder;

static int take_codec(forwarder *f, const char *name, size_t n)
{
	for (uint32_t i = 0; i < LQ__COUNT(known); i++)
		if (strlen(known[i].name) == n && !strncmp(known[i].name, name, n)) {
			if (f->n_taken < CODECS_MAX)
				f->taken[f->n_taken++] = i;
			return 0;
		}
	return f->host->fail(f->host, LQ_EINVAL, "codecs: \"%.*s\" is none of h264, vp8, vp9, av1, h265, opus, aac", (int)n, name);
}

static int take_codecs(forwarder *f, const char *list)
{
	int e = 0;
	for (size_t n; !e && *(list += strspn(list, " ")); list += n) {
		n = strcspn(list, " ");
		e = take_codec(f, list, n);
	}
	for (uint32_t i = 0; !e && !f->n_taken && i < LQ__COUNT(known); i++)
		f->taken[i] = i;
	f->n_taken = f->n_taken ? f->n_taken : LQ__COUNT(known);
	return e;
}

static int create(const lq_host *host, const lq_value *params, void **self)
{
	forwarder *f = calloc(1, sizeof *f);
	if (!f)
		return LQ_ENOMEM;
	f->host = host;
	f->ask_interval = params[P_ASK_INTERVAL].i * LQ_MSEC;
	f->last_key = f->asked = LQ_TIME_NONE;
	int e = take_codecs(f, params[P_CODECS].s);
	if (e) {
		free(f);
		return e;
	}
	*self = f;
	return 0;
}

static void destroy(void *self)
{
	forwarder *f = self;
	lq__format_drop(f->host, &f->in);
	free(f);
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	const forwarder *f = self;
	if (port == PORT_OUT && f->in) {
		*out = *f->in;
		return i ? LQ_END : 0;
	}
	if (i >= f->n_taken)
		return LQ_END;
	*out = (lq_format){.struct_size = sizeof *out, .media = known[f->taken[i]].media, .codec = known[f->taken[i]].codec};
	return 0;
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	forwarder *f = self;
	if (port == PORT_OUT)
		return 0;
	for (uint32_t i = 0; i < f->n_taken; i++)
		if (known[f->taken[i]].codec == fmt->codec)
			return lq__format_replace(f->host, &f->in, fmt);
	return f->host->fail(f->host, LQ_EFORMAT, "this codec is not forwarded here");
}

/* Asked again after a quarter of it: a request may be lost. */
static void ask_in_time(forwarder *f, int64_t now)
{
	if (!f->ask_interval || now - f->last_key < f->ask_interval || (f->asked != LQ_TIME_NONE && now - f->asked < f->ask_interval / 4))
		return;
	f->asked = now;
	f->asks++;
	lq__ask_key_frame(f->host, PORT_IN);
}

static lq_buffer *with_sets(forwarder *f, const lq_buffer *buf)
{
	lq_buffer *out = f->host->buffer_new(f->host, buf->format, (uint32_t)(f->sets.size + buf->size));
	if (!out)
		return NULL;
	memcpy(out->planes[0], f->sets.data, f->sets.size);
	memcpy(out->planes[0] + f->sets.size, buf->planes[0], buf->size);
	lq__buffer_times(out, buf);
	out->flags = buf->flags;
	out->layer = buf->layer;
	out->priority = buf->priority;
	f->inserted++;
	return out;
}

/* Something to pass on: no place where a packet is missing, and where it says H.264 an access unit in Annex B. */
static int is_packet(const lq_buffer *buf)
{
	const uint8_t *p = buf->planes[0];
	if (buf->flags & LQ_BUFFER_EOS && !buf->size)
		return 1;
	if (!buf->size || buf->flags & LQ_BUFFER_LOST)
		return 0;
	return buf->format->codec != LQ_CODEC_H264 || (buf->size > 3 && !p[0] && !p[1] && (p[2] == 1 || (!p[2] && p[3] == 1)));
}

static int process(void *self, uint32_t port, lq_buffer *buf)
{
	forwarder *f = self;
	int64_t now = f->host->now(f->host);
	int e = !f->in || buf->format->codec != f->in->codec ? set_format(f, PORT_IN, buf->format) : 0, sets = 1;
	if (e)
		return e;
	if (!is_packet(buf)) {
		f->odd++;
		return 0;
	}
	if (buf->format->media == LQ_MEDIA_VIDEO && buf->size) {
		int key = (buf->flags & LQ_BUFFER_KEY) != 0;
		if (f->last_key == LQ_TIME_NONE || key)
			f->last_key = now;
		if (buf->format->codec == LQ_CODEC_H264 && key)
			sets = parameter_sets_see(&f->sets, buf->planes[0], buf->size);
		ask_in_time(f, now);
	}
	lq_buffer *out = sets || !f->sets.size ? f->host->buffer_ref(f->host, buf) : with_sets(f, buf);
	f->forwarded += buf->size > 0;
	return out ? lq__submit(f->host, PORT_OUT, out) : LQ_ENOMEM;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const forwarder *f = self;
	lq__stat(fn, arg, PORT_OUT, "packetsForwarded", (double)f->forwarded);
	lq__stat(fn, arg, PORT_OUT, "packetsDropped", (double)f->odd);
	lq__stat(fn, arg, PORT_OUT, "keyFramesRequested", (double)f->asks);
	lq__stat(fn, arg, PORT_OUT, "parameterSetsInserted", (double)f->inserted);
}

static const lq_param_desc params[] = {
	[P_CODECS] = {"codecs", LQ_PARAM_STRING, 0, NULL, "", 0, 0, NULL, "What is taken, separated by blanks: h264, vp8, vp9, av1, h265, opus, aac; empty: all."},
	[P_ASK_INTERVAL] = {"ask_interval", LQ_PARAM_INT, 0, "ms", "2000", 0, 60000, NULL, "A key frame is asked for when none has come for so long; 0: never."},
};
static const lq_port_desc ports[] = {[PORT_IN] = {"in", LQ_IN, LQ_MEDIA_NONE, 0}, [PORT_OUT] = {"out", LQ_OUT, LQ_MEDIA_NONE, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .set_format = set_format, .stats = stats};
static const lq_filter_ops filter_ops = {.process = process};

static const lq_node_desc node = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_FILTER, .id = "filter.forward", .summary = "Passes encoded packets on as they are", .rank = 100,
	.flags = LQ_NODE_PURE, .ports = ports, .n_ports = LQ__COUNT(ports), .params = params, .n_params = LQ__COUNT(params), .ops = &ops, .kind_ops = &filter_ops};
static const lq_node_desc *const nodes[] = {&node};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "forward", .version = "0.1", .licence = "Apache-2.0",
	.summary = "Packets as they are", .nodes = nodes, .n_nodes = LQ__COUNT(nodes)};
