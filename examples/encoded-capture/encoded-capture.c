/* capture.chipcam: a stand-in for a camera whose chip delivers H.264. No encoder follows it in a profile, so it obeys what is asked of
 * encoders: LQ_EVENT_KEY_FRAME makes the next picture a key frame, LQ_EVENT_TARGET_RATE says how much it may send.
 * The "chip" writes macroblocks as plain samples (I_PCM, H.264 7.3.5): in a key frame all, else what the rate allows; the rest stays (P_Skip). */
#include <loquat/plugin/plugin.h>
#include <stdlib.h>

enum { WIDTH = 160, HEIGHT = 128, COLUMNS = WIDTH / 16, BLOCKS = COLUMNS * HEIGHT / 16, BLOCK_BYTES = 387, FPS = 15, RATE_MAX = 3500000 };
static const lq_format h264 = {.struct_size = sizeof h264, .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_H264, .width = WIDTH, .height = HEIGHT};

typedef struct chip {
	const lq_host *host;
	const lq_format *format;
	int64_t rate, due;
	uint32_t number, since_key, turn, want_key;
} chip;

typedef struct bits { uint8_t *at; uint32_t n; /* used of *at, 0 to 7 */ } bits;

/* Constrained Baseline 3.1, 160x128, one reference, output in decoding order, no deblocking. */
static const uint8_t parameter_sets[] = {0, 0, 0, 1, 0x67, 0x42, 0xe0, 0x1f, 0xda, 0x0a, 0x11, 0x90, 0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80};

/* No emulation prevention (7.4.1): samples are never 0, and what lies between them has no two zero bytes. */
static void put(bits *b, uint32_t value, uint32_t n)
{
	for (; n--; b->at += ++b->n / 8, b->n %= 8)
		*b->at = (uint8_t)((b->n ? *b->at : 0) | (value >> n & 1) << (7 - b->n));
}

static void ue(bits *b, uint32_t value) /* Exp-Golomb, 9.1 */
{
	uint32_t n = 1;
	while ((value + 1) >> n)
		n++;
	put(b, value + 1, 2 * n - 1);
}

/* One macroblock of a diagonal wave that runs with the picture's number. */
static void block(bits *b, const chip *c, uint32_t mb, uint32_t mb_type)
{
	uint32_t x = mb % COLUMNS * 16, y = mb / COLUMNS * 16;
	ue(b, mb_type), put(b, 0, -b->n % 8);
	for (uint32_t i = 0; i < 256; i++)
		*b->at++ = (uint8_t)(40 + abs((int)((x + i % 16 + y + i / 16 + 3 * c->number) % 128) - 64) * 2);
	for (uint32_t i = 0; i < 128; i++)
		*b->at++ = (uint8_t)(90 + (i < 64 ? x : y) / 2);
}

/* One picture, `count` blocks of it new; returns its size. */
static uint32_t picture(const chip *c, uint8_t *to, int key, uint32_t count)
{
	bits b = {.at = to};
	uint32_t skipped = 0;
	for (size_t i = 0; key && i < sizeof parameter_sets; i++)
		put(&b, parameter_sets[i], 8);
	put(&b, 1, 32), put(&b, key ? 0x65 : 0x41, 8), ue(&b, 0), ue(&b, key ? 7 : 5), ue(&b, 0), put(&b, c->since_key % 16, 4);
	if (key)
		ue(&b, c->number % 2); /* idr_pic_id: neighbours differ */
	put(&b, 0, key ? 2 : 3), ue(&b, 0), ue(&b, 1);
	for (uint32_t mb = 0; mb < BLOCKS; mb++) {
		int stays = (mb + BLOCKS - c->turn) % BLOCKS >= count;
		if (!key && (!stays || mb == BLOCKS - 1))
			ue(&b, skipped + (uint32_t)stays);
		if (!stays)
			block(&b, c, mb, key ? 25 : 30);
		skipped = stays ? skipped + 1 : 0;
	}
	put(&b, 1, 1), put(&b, 0, -b.n % 8);
	return (uint32_t)(b.at - to);
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	*out = h264;
	return i ? LQ_END : 0;
}

static int create(const lq_host *host, const lq_value *params, void **self)
{
	chip *c = calloc(1, sizeof *c);
	if (c)
		*c = (chip){.host = host, .rate = params[0].i, .format = host->format_new(host, &h264)};
	if (!c || !c->format) {
		free(c);
		return LQ_ENOMEM;
	}
	*self = c;
	return 0;
}

static void destroy(void *self)
{
	chip *c = self;
	c->host->format_unref(c->host, c->format);
	free(c);
}

static int start(void *self)
{
	((chip *)self)->want_key = 1;
	return 0;
}

static int read(void *self, int64_t deadline, int64_t *next)
{
	chip *c = self;
	int64_t now = c->host->now(c->host), frame = LQ_SEC / FPS;
	*next = c->due > now ? c->due : now - now % frame + frame;
	lq_buffer *buf = c->due > now ? NULL : c->host->buffer_new(c->host, c->format, BLOCKS * BLOCK_BYTES + 64);
	if (!buf)
		return c->due > now ? 0 : LQ_ENOMEM;
	uint32_t key = c->want_key, count = key ? BLOCKS : (uint32_t)(c->rate / 8 / FPS / BLOCK_BYTES);
	c->since_key = key ? 0 : c->since_key + 1;
	buf->size = picture(c, buf->planes[0], (int)key, count);
	buf->pts = buf->capture_time = *next - frame;
	buf->duration = frame;
	buf->flags = key ? LQ_BUFFER_KEY : 0;
	buf->priority = (uint16_t)(1 + key);
	c->turn = (c->turn + count) % BLOCKS;
	c->due = *next;
	c->want_key = 0;
	c->number++;
	int r = c->host->submit(c->host, 0, buf);
	return r == LQ_EPIPE ? 0 : r; /* nothing is linked there */
}

static int event(void *self, const lq_event *e)
{
	chip *c = self;
	if (e->type == LQ_EVENT_KEY_FRAME)
		c->want_key = 1;
	else if (e->type == LQ_EVENT_TARGET_RATE)
		c->rate = e->value < 0 ? 0 : e->value > RATE_MAX ? RATE_MAX : e->value;
	else
		return LQ_ENOTSUP;
	return 0;
}

static const lq_param_desc params[] = {
	{"bitrate", LQ_PARAM_INT, 0, "bit/s", "600000", 100000, RATE_MAX, NULL, "How much it sends until a target rate comes."}};
static const lq_port_desc ports[] = {{"out", LQ_OUT, LQ_MEDIA_VIDEO, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .start = start, .event = event};
static const lq_capture_ops capture_ops = {.read = read};
static const lq_node_desc node = {
	.struct_size = sizeof node, .kind = LQ_KIND_CAPTURE, .id = "capture.chipcam", .summary = "A camera that encodes by itself", .rank = 100,
	.flags = LQ_NODE_LIVE, .ports = ports, .n_ports = 1, .params = params, .n_params = 1, .ops = &ops, .kind_ops = &capture_ops};
static const lq_node_desc *const nodes[] = {&node};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "chipcam", .version = "1.0", .licence = "Apache-2.0",
	.summary = "An encoded capture, written by hand", .nodes = nodes, .n_nodes = 1};
