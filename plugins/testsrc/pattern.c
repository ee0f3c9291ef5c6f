/* capture.pattern: a moving picture at a steady rate.
 *
 * Frames lie on a grid of the graph's clock: frame k belongs to time k / fps, so that several sources of one machine agree and the second
 * begins at the same moment in picture and sound. A frame that is due late is left out, never made up for. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/util.h"
#include "draw.h"
#include "media/barcode.h"
#include "testsrc_nodes.h"

enum { P_SIZE, P_FPS, P_PATTERN, P_BARCODE, P_FLASH, P_LABEL, P_MARK };
enum { MOVING, BARS, NOISE, BLACK };
enum { LABEL_MAX = 64, WAVE = 1024 };

typedef struct pattern {
	const lq_host *host;
	const lq_format *format;
	uint32_t width, height, fps_num, fps_den;
	int kind, barcode, flash;
	int64_t mark;        /* where in each second the flash lies */
	char label[LABEL_MAX];
	uint32_t hue;        /* by the label, so that two participants look different */
	int64_t grid;        /* the next frame's place in the clock's grid */
	uint32_t number;     /* of frames since start, left out ones included */
	uint64_t sent, dropped;
	uint32_t random;
	uint8_t *waves[3];   /* a wave for each plane, long enough for a row from any place in it */
} pattern;

static int64_t grid_time(const pattern *p, int64_t k)
{
	int64_t per = (int64_t)p->fps_den * LQ_SEC;
	return k / p->fps_num * per + k % p->fps_num * per / p->fps_num;
}

/* The last frame whose time is not after t. */
static int64_t grid_at(const pattern *p, int64_t t)
{
	int64_t k = (int64_t)((double)t / 1e9 * p->fps_num / p->fps_den);
	while (grid_time(p, k) > t)
		k--;
	while (grid_time(p, k + 1) <= t)
		k++;
	return k;
}

static uint32_t hash(const char *s)
{
	uint32_t h = 2166136261u;
	while (*s)
		h = (h ^ (uint8_t)*s++) * 16777619u;
	return h;
}

static int make_waves(pattern *p)
{
	static const double middle[3] = {105, 128, 128}, swing[3] = {45, 34, 34};
	for (int i = 0; i < 3; i++) {
		uint8_t *w = p->waves[i] = malloc(WAVE + p->width);
		if (!w)
			return LQ_ENOMEM;
		for (uint32_t x = 0; x < WAVE + p->width; x++) {
			double turn = 2 * 3.14159265358979 * (x % WAVE) / WAVE;
			w[x] = (uint8_t)(middle[i] + swing[i] * sin(turn * (i ? 1 : 2) + i * 1.7 + p->hue % 628 * 0.01));
		}
	}
	return 0;
}

static void destroy(void *self)
{
	pattern *p = self;
	for (int i = 0; i < 3; i++)
		free(p->waves[i]);
	lq__format_drop(p->host, &p->format);
	free(p);
}

static int create(const lq_host *host, const lq_value *params, void **self)
{
	pattern *p = calloc(1, sizeof *p);
	if (!p)
		return LQ_ENOMEM;
	p->host = host;
	p->width = params[P_SIZE].num;
	p->height = params[P_SIZE].den;
	p->fps_num = params[P_FPS].num;
	p->fps_den = params[P_FPS].den;
	p->kind = (int)params[P_PATTERN].i;
	p->barcode = (int)params[P_BARCODE].i;
	p->flash = (int)params[P_FLASH].i;
	p->mark = params[P_MARK].i * LQ_MSEC;
	snprintf(p->label, sizeof p->label, "%s", params[P_LABEL].s);
	p->hue = hash(p->label);
	p->random = p->hue | 1;
	int r = 0;
	if (!p->fps_num || !p->fps_den || p->fps_num / p->fps_den > 1000 || (uint64_t)p->fps_num * p->fps_den > 1000000000)
		r = host->fail(host, LQ_ERANGE, "fps %u/%u: at most 1000, in numbers of ordinary size", p->fps_num, p->fps_den);
	r = r ? r : make_waves(p);
	if (r)
		destroy(p);
	else
		*self = p;
	return r;
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	pattern *p = self;
	if (i)
		return LQ_END;
	*out = lq__video_format(LQ_CODEC_RAW, LQ_PIXEL_I420, p->width, p->height);
	out->fps_num = p->fps_num;
	out->fps_den = p->fps_den;
	return 0;
}

static int start(void *self)
{
	pattern *p = self;
	lq_format f;
	formats(p, 0, 0, &f);
	p->grid = grid_at(p, p->host->now(p->host) - 1) + 1;
	p->number = 0;
	return lq__format_replace(p->host, &p->format, &f);
}

void lq__grey_strip(lq_buffer *buf, uint32_t rows)
{
	for (uint32_t plane = 1; plane < 3; plane++)
		for (uint32_t y = 0; y < (rows + 1) / 2; y++)
			memset(buf->planes[plane] + (size_t)y * buf->strides[plane], 128, (buf->format->width + 1) / 2);
}

/* Slanted waves that slide: one copy a row. */
static void draw_waves(const pattern *p, const canvas *c, uint32_t n)
{
	for (int i = 0; i < 3; i++) {
		int w = i ? (c->w + 1) / 2 : c->w, h = i ? (c->h + 1) / 2 : c->h;
		for (int y = 0; y < h; y++) {
			uint32_t from = (uint32_t)y * (i ? 2 : 1) * (i == 2 ? 2 : 1) + n * (i == 1 ? 2 : 3);
			memcpy(c->planes[i] + (size_t)y * c->strides[i], p->waves[i] + from % WAVE, (size_t)w);
		}
	}
}

static void draw_bars(const canvas *c, uint32_t n)
{
	static const colour bars[] = {{180, 128, 128}, {162, 44, 142}, {131, 156, 44}, {112, 72, 58},
	                              {84, 184, 198},  {65, 100, 212}, {35, 212, 114}};
	const int count = (int)LQ__COUNT(bars);
	for (int i = 0; i < count; i++)
		draw_fill(c, i * c->w / count / 2 * 2, 0, (c->w + count) / count, c->h, bars[i]);
	draw_fill(c, (int)(n * 4 % (uint32_t)c->w) / 2 * 2, 0, 8, c->h, (colour){225, 128, 128});
}

static void draw_noise(pattern *p, const canvas *c)
{
	draw_fill(c, 0, 0, c->w, c->h, (colour){128, 128, 128});
	for (int y = 0; y < c->h; y++)
		for (int x = 0; x < c->w; x++) {
			p->random ^= p->random << 13;
			p->random ^= p->random >> 17;
			p->random ^= p->random << 5;
			c->planes[0][(size_t)y * c->strides[0] + (size_t)x] = (uint8_t)(32 + (p->random & 0x7f));
		}
}

/* Back and forth between 0 and span. */
static int bounce(uint32_t at, int span)
{
	if (span <= 0)
		return 0;
	int m = (int)(at % (uint32_t)(2 * span));
	return m < span ? m : 2 * span - m;
}

static void draw_balls(const pattern *p, const canvas *c, uint32_t n)
{
	static const colour colours[] = {{150, 60, 180}, {160, 190, 70}, {170, 90, 60}};
	int top = p->barcode ? (int)lq_barcode_height((uint32_t)c->h) : 0, r = c->h / 10;
	double step = (double)c->w / 320 * 60 * p->fps_den / p->fps_num; /* the same speed at any size and rate */
	for (uint32_t i = 0; i < LQ__COUNT(colours); i++) {
		int radius = r - (int)i * r / 5;
		int x = bounce((uint32_t)(n * step * (1 + i * 0.31)) + p->hue % 97 * i, c->w - 2 * radius);
		int y = bounce((uint32_t)(n * step * (0.7 + i * 0.23)) + p->hue % 61, c->h - top - 2 * radius);
		draw_ball(c, x + radius, top + y + radius, radius, colours[i]);
	}
}

static void draw_texts(const pattern *p, const canvas *c, int64_t time)
{
	char text[64];
	int dot = c->h / 120 ? c->h / 120 : 1, big = 2 * dot;
	int64_t ms = time / LQ_MSEC;
	draw_text(c, (c->w - draw_text_width(big, p->label)) / 2, c->h / 2 - 4 * big, big, p->label);
	snprintf(text, sizeof text, "%02d:%02d:%02d.%03d", (int)(ms / 3600000 % 24), (int)(ms / 60000 % 60), (int)(ms / 1000 % 60), (int)(ms % 1000));
	draw_text(c, 6 * dot, c->h - 12 * dot, dot, text);
	snprintf(text, sizeof text, "#%u", p->number);
	draw_text(c, c->w - 6 * dot - draw_text_width(dot, text), c->h - 12 * dot, dot, text);
}

static void draw(pattern *p, lq_buffer *buf, int64_t time)
{
	canvas c = draw_on(buf);
	uint32_t n = p->number, strip = p->barcode ? lq_barcode_height(p->height) : 0;
	if (p->flash && (time + LQ_SEC - p->mark) % LQ_SEC < grid_time(p, 1)) {
		draw_fill(&c, 0, 0, c.w, c.h, (colour){40, 128, 128});
		lq_flash_write(buf->planes[0], buf->strides[0], p->width, p->height);
	} else if (p->kind == NOISE) {
		draw_noise(p, &c);
	} else if (p->kind == BLACK) {
		draw_fill(&c, 0, 0, c.w, c.h, (colour){16, 128, 128});
	} else {
		if (p->kind == BARS)
			draw_bars(&c, n);
		else
			draw_waves(p, &c, n);
		draw_balls(p, &c, n);
		draw_texts(p, &c, time);
	}
	if (strip && !lq_barcode_write(buf->planes[0], buf->strides[0], p->width, p->height, n, (uint32_t)(time / LQ_MSEC)))
		lq__grey_strip(buf, strip);
}

static int read(void *self, int64_t deadline, int64_t *next)
{
	pattern *p = self;
	int64_t now = p->host->now(p->host), latest = grid_at(p, now);
	if (latest < p->grid) {
		*next = grid_time(p, p->grid);
		return 0;
	}
	p->dropped += (uint64_t)(latest - p->grid);
	p->number += (uint32_t)(latest - p->grid);
	*next = grid_time(p, latest + 1);
	lq_buffer *buf = p->host->buffer_new(p->host, p->format, 0);
	if (!buf)
		return LQ_ENOMEM;
	buf->pts = buf->capture_time = grid_time(p, latest);
	buf->duration = *next - buf->pts;
	buf->flags = LQ_BUFFER_KEY;
	buf->priority = 1;
	draw(p, buf, buf->pts);
	p->grid = latest + 1;
	p->number++;
	p->sent++;
	return lq__submit(p->host, 0, buf);
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const pattern *p = self;
	lq__stat(fn, arg, 0, "frames", (double)p->sent);
	lq__stat(fn, arg, 0, "framesDropped", (double)p->dropped);
}

static const char *const pattern_names[] = {"moving", "bars", "noise", "black", NULL};
static const lq_param_desc params[] = {
	[P_SIZE] = {"size", LQ_PARAM_SIZE, 0, "pixels", "1280x720", 16, 8192, NULL, "Size of the picture."},
	[P_FPS] = {"fps", LQ_PARAM_FRACTION, 0, "1/s", "30/1", 0, 0, NULL, "Frame rate."},
	[P_PATTERN] = {"pattern", LQ_PARAM_CHOICE, 0, NULL, "moving", 0, 0, pattern_names, "What is drawn."},
	[P_BARCODE] = {"barcode", LQ_PARAM_BOOL, 0, NULL, "true", 0, 0, NULL, "Draw frame number and time as a strip of bars at the top."},
	[P_FLASH] = {"flash", LQ_PARAM_BOOL, 0, NULL, "true", 0, 0, NULL, "Make the first frame of each second white, in step with the tone's chirp."},
	[P_LABEL] = {"label", LQ_PARAM_STRING, 0, NULL, "", 0, 0, NULL, "Text in the middle; it also chooses the colours."},
	[P_MARK] = {"mark", LQ_PARAM_INT, 0, "ms", "0", 0, 999, NULL, "Where in each second the flash lies, so that several sources are told apart."},
};
static const lq_port_desc ports[] = {{"out", LQ_OUT, LQ_MEDIA_VIDEO, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .start = start, .stats = stats};
static const lq_capture_ops capture_ops = {.read = read};

const lq_node_desc lq__pattern = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_CAPTURE, .id = "capture.pattern", .summary = "A moving test picture with a frame bar code",
	.rank = 100, .flags = LQ_NODE_LIVE | LQ_NODE_PURE, .ports = ports, .n_ports = LQ__COUNT(ports), .params = params, .n_params = LQ__COUNT(params),
	.ops = &ops, .kind_ops = &capture_ops};
