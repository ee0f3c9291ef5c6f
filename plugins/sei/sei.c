/* filter.sei.write and filter.sei.read: application data that travels inside H.264, in step with the picture that it came with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/util.h"
#include "sei_bits.h"
#include "text.h"

enum { IN, OUT, A_SECOND = 10, PENDING = A_SECOND, TEXT_MAX = 4 * (SEI_MAX / 3 + 1) + 1 };
enum { TEXT, BASE64 };

/* Ours: no other program takes it for its own. */
static const uint8_t own_uuid[SEI_UUID] = {0x6c, 0x6f, 0x71, 0x75, 0x61, 0x74, 0x4e, 0x1d, 0x9a, 0x52, 0x73, 0x65, 0x69, 0x00, 0x00, 0x01};

/* ---- both ---- */

/* The times of the last so many messages: one more is allowed when the oldest is a second back. */
typedef struct budget {
	int64_t times[A_SECOND];
	uint32_t next;
} budget;

static void budget_init(budget *b)
{
	for (int i = 0; i < A_SECOND; i++)
		b->times[i] = LQ_TIME_NONE;
	b->next = 0;
}

static int budget_take(budget *b, int64_t now)
{
	int64_t *oldest = &b->times[b->next % A_SECOND];
	if (*oldest != LQ_TIME_NONE && now - *oldest < LQ_SEC)
		return 0;
	*oldest = now;
	b->next++;
	return 1;
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	if (i)
		return LQ_END;
	*out = lq__video_format(LQ_CODEC_H264, 0, 0, 0);
	return 0;
}

/* An access unit in Annex B, or the end of the stream. What is neither cannot be passed on as H.264. */
static int is_unit(const lq_buffer *buf)
{
	const uint8_t *p = buf->planes[0];
	if (!buf->size)
		return (buf->flags & LQ_BUFFER_EOS) != 0;
	return buf->size > 3 && !p[0] && !p[1] && (p[2] == 1 || (!p[2] && p[3] == 1));
}

/* ---- write ---- */

typedef struct message {
	size_t size;
	uint8_t data[SEI_MAX];
} message;

typedef struct writer {
	const lq_host *host;
	int encoding;
	budget budget;
	message pending[PENDING];
	uint32_t n;
	uint64_t written, odd;
} writer;

enum { W_ENCODING, W_SEND };

static int write_create(const lq_host *host, const lq_value *params, void **self)
{
	writer *w = calloc(1, sizeof *w);
	if (!w)
		return LQ_ENOMEM;
	w->host = host;
	w->encoding = (int)params[W_ENCODING].i;
	budget_init(&w->budget);
	*self = w;
	return 0;
}

static void write_destroy(void *self)
{
	free(self);
}

static int check_format(const lq_host *host, const lq_format *fmt)
{
	return fmt->codec == LQ_CODEC_H264 ? 0 : host->fail(host, LQ_EFORMAT, "only H.264 can carry these messages");
}

static int write_set_format(void *self, uint32_t port, const lq_format *fmt)
{
	return check_format(((writer *)self)->host, fmt);
}

static int write_set_param(void *self, uint32_t index, const lq_value *value)
{
	writer *w = self;
	message *m = &w->pending[w->n];
	if (index != W_SEND)
		return LQ_ENOTSUP;
	size_t len = strlen(value->s);
	long size = len > TEXT_MAX ? SEI_MAX + 1 : (long)len;
	if (w->n == PENDING)
		return w->host->fail(w->host, LQ_EFULL, "%d messages wait for a picture already", PENDING);
	if (w->encoding == BASE64 && size <= TEXT_MAX) {
		if ((size = text_decode(value->s, m->data, SEI_MAX)) < 0)
			return w->host->fail(w->host, len / 4 * 3 > SEI_MAX + 2 ? LQ_ERANGE : LQ_EPARSE, "this is no base64 of at most %d bytes", SEI_MAX);
	} else if (size <= SEI_MAX) {
		memcpy(m->data, value->s, len);
	}
	if (size > SEI_MAX)
		return w->host->fail(w->host, LQ_ERANGE, "a message has at most %d bytes", SEI_MAX);
	if (!budget_take(&w->budget, w->host->now(w->host)))
		return w->host->fail(w->host, LQ_EFULL, "at most %d messages a second", A_SECOND);
	m->size = (size_t)size;
	w->n++;
	return 0;
}

static lq_buffer *insert(writer *w, const lq_buffer *buf)
{
	size_t room = buf->size, place = sei_place(buf->planes[0], buf->size);
	for (uint32_t i = 0; i < w->n; i++)
		room += sei_room(w->pending[i].size);
	lq_buffer *out = w->host->buffer_new(w->host, buf->format, (uint32_t)room);
	if (!out)
		return NULL;
	size_t n = place;
	memcpy(out->planes[0], buf->planes[0], place);
	for (uint32_t i = 0; i < w->n; i++)
		n += sei_write(own_uuid, w->pending[i].data, w->pending[i].size, out->planes[0] + n);
	memcpy(out->planes[0] + n, buf->planes[0] + place, buf->size - place);
	out->size = (uint32_t)(n + buf->size - place);
	lq__buffer_times(out, buf);
	out->flags = buf->flags;
	out->layer = buf->layer;
	out->priority = buf->priority;
	w->written += w->n;
	w->n = 0;
	return out;
}

static int write_process(void *self, uint32_t port, lq_buffer *buf)
{
	writer *w = self;
	int e = check_format(w->host, buf->format);
	if (e)
		return e;
	if (!is_unit(buf)) {
		w->odd++;
		return 0;
	}
	if (!w->n || !buf->size || sei_place(buf->planes[0], buf->size) == buf->size)
		return lq__submit(w->host, OUT, w->host->buffer_ref(w->host, buf));
	lq_buffer *out = insert(w, buf);
	return out ? lq__submit(w->host, OUT, out) : LQ_ENOMEM;
}

static void write_stats(void *self, lq_stat_fn fn, void *arg)
{
	const writer *w = self;
	lq__stat(fn, arg, OUT, "messagesWritten", (double)w->written);
	lq__stat(fn, arg, OUT, "messagesWaiting", w->n);
	lq__stat(fn, arg, OUT, "packetsDropped", (double)w->odd);
}

/* ---- read ---- */

typedef struct taker {
	const lq_host *host;
	int encoding;
	budget budget;
	int64_t pts;
	uint64_t read, dropped, bad, not_text, odd;
	char text[TEXT_MAX];
} taker;

static int read_create(const lq_host *host, const lq_value *params, void **self)
{
	taker *t = calloc(1, sizeof *t);
	if (!t)
		return LQ_ENOMEM;
	t->host = host;
	t->encoding = (int)params[0].i;
	budget_init(&t->budget);
	*self = t;
	return 0;
}

static int read_set_format(void *self, uint32_t port, const lq_format *fmt)
{
	return check_format(((taker *)self)->host, fmt);
}

static void on_message(void *arg, const uint8_t uuid[SEI_UUID], const uint8_t *data, size_t size)
{
	taker *t = arg;
	if (memcmp(uuid, own_uuid, SEI_UUID))
		return; /* an encoder's own remarks */
	if (t->encoding == TEXT && !text_is(data, size)) {
		t->not_text++;
		return;
	}
	if (!budget_take(&t->budget, t->host->now(t->host))) {
		t->dropped++;
		return;
	}
	if (t->encoding == BASE64) {
		text_encode(data, size, t->text);
	} else {
		memcpy(t->text, data, size);
		t->text[size] = 0;
	}
	t->read++;
	lq__tell(t->host, LQ_EVENT_DATA, IN, t->pts, t->text);
}

static int read_process(void *self, uint32_t port, lq_buffer *buf)
{
	taker *t = self;
	int e = check_format(t->host, buf->format);
	if (e)
		return e;
	if (!is_unit(buf)) {
		t->odd++;
		return 0;
	}
	t->pts = buf->pts;
	if (buf->size)
		t->bad += sei_read(buf->planes[0], buf->size, on_message, t);
	return lq__submit(t->host, OUT, t->host->buffer_ref(t->host, buf));
}

static void read_stats(void *self, lq_stat_fn fn, void *arg)
{
	const taker *t = self;
	lq__stat(fn, arg, IN, "messagesRead", (double)t->read);
	lq__stat(fn, arg, IN, "messagesDropped", (double)t->dropped);
	lq__stat(fn, arg, IN, "messagesDamaged", (double)t->bad);
	lq__stat(fn, arg, IN, "messagesNotText", (double)t->not_text);
	lq__stat(fn, arg, OUT, "packetsDropped", (double)t->odd);
}

/* ---- descriptors ---- */

static const char *const encodings[] = {"text", "base64", NULL};
static const lq_port_desc ports[] = {[IN] = {"in", LQ_IN, LQ_MEDIA_VIDEO, 0}, [OUT] = {"out", LQ_OUT, LQ_MEDIA_VIDEO, 0}};
static const lq_param_desc write_params[] = {
	[W_ENCODING] = {"encoding", LQ_PARAM_CHOICE, 0, NULL, "text", 0, 0, encodings, "How `send` is written."},
	[W_SEND] = {"send", LQ_PARAM_STRING, LQ_PARAM_RUNTIME, NULL, "", 0, 0, NULL, "A message for the next picture: set it for each one; at most 4096 bytes, 10 a second."},
};
static const lq_param_desc read_params[] = {
	{"encoding", LQ_PARAM_CHOICE, 0, NULL, "text", 0, 0, encodings, "How the event DATA tells a message; as text only those that are UTF-8."},
};
static const lq_node_ops write_ops = {.create = write_create, .destroy = write_destroy, .formats = formats, .set_format = write_set_format,
                                      .set_param = write_set_param, .stats = write_stats};
static const lq_node_ops read_ops = {.create = read_create, .destroy = write_destroy, .formats = formats, .set_format = read_set_format, .stats = read_stats};
static const lq_filter_ops write_filter = {.process = write_process}, read_filter = {.process = read_process};

static const lq_node_desc write_node = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_FILTER, .id = "filter.sei.write", .summary = "Puts application data into H.264", .rank = 100, .flags = LQ_NODE_PURE,
	.ports = ports, .n_ports = LQ__COUNT(ports), .params = write_params, .n_params = LQ__COUNT(write_params), .ops = &write_ops, .kind_ops = &write_filter};
static const lq_node_desc read_node = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_FILTER, .id = "filter.sei.read", .summary = "Tells the application data in H.264", .rank = 100, .flags = LQ_NODE_PURE,
	.ports = ports, .n_ports = LQ__COUNT(ports), .params = read_params, .n_params = LQ__COUNT(read_params), .ops = &read_ops, .kind_ops = &read_filter};
static const lq_node_desc *const nodes[] = {&write_node, &read_node};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "sei", .version = "0.1", .licence = "Apache-2.0",
	.summary = "Application data inside H.264", .nodes = nodes, .n_nodes = LQ__COUNT(nodes)};
