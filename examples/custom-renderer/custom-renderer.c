/* render.text: a renderer in one file, in C11 that is also C++17. It draws each picture with characters, on the terminal or to a file.
 *
 *     { "use": "render.text", "params": { "columns": 60, "file": "picture.txt" } } */
#include <loquat/plugin/plugin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { P_COLUMNS, P_FILE, N_PARAMS }; /* rows of the parameter table, below */

typedef struct text {
	const lq_host *host;
	FILE *out;
	char *file;
	uint32_t columns, width, height;
	uint64_t frames;
} text;

static void destroy(void *self)
{
	text *t = (text *)self;
	free(t->file);
	free(t);
}

/* The host has checked the values against the table and filled in what was not given. Strings are its own: copy them. */
static int create(const lq_host *host, const lq_value *params, void **self)
{
	text *t = (text *)calloc(1, sizeof *t);
	if (!t)
		return LQ_ENOMEM;
	t->host = host;
	t->columns = (uint32_t)params[P_COLUMNS].i;
	t->file = strdup(params[P_FILE].s);
	if (!t->file) {
		destroy(t);
		return LQ_ENOMEM;
	}
	*self = t;
	return 0;
}

/* What port 0 takes: entry 0, and no other. Zero fields are open: any size, any frame rate. */
static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	if (i)
		return LQ_END;
	memset(out, 0, sizeof *out);
	out->struct_size = sizeof *out;
	out->media = LQ_MEDIA_VIDEO;
	out->codec = LQ_CODEC_RAW;
	out->pixel = LQ_PIXEL_I420;
	return 0;
}

/* Before start, and again when the picture's size changes in mid-stream. */
static int set_format(void *self, uint32_t port, const lq_format *format)
{
	text *t = (text *)self;
	t->width = format->width;
	t->height = format->height;
	return 0;
}

/* Devices are opened here, not in create, and let go in stop. */
static int start(void *self)
{
	text *t = (text *)self;
	t->out = fopen(t->file, "w");
	if (!t->out)
		return t->host->fail(t->host, LQ_EIO, "%s cannot be written", t->file);
	return 0;
}

static void stop(void *self)
{
	text *t = (text *)self;
	if (t->out)
		fclose(t->out);
	t->out = NULL;
}

/* Borrows the buffer: what is to be kept needs buffer_ref. */
static int render(void *self, uint32_t port, lq_buffer *buf)
{
	static const char shades[] = " .:-=+*#%@";
	text *t = (text *)self;
	if (!buf->n_planes) /* an empty buffer: the end of the stream */
		return 0;
	uint32_t rows = t->columns * t->height / t->width / 2; /* a character is twice as high as wide */
	if (!strcmp(t->file, "/dev/stdout")) /* home: over the last picture */
		fputs("\033[H", t->out);
	for (uint32_t y = 0; y < rows; y++) {
		const uint8_t *row = buf->planes[0] + (size_t)(y * t->height / rows) * buf->strides[0];
		for (uint32_t x = 0; x < t->columns; x++)
			fputc(shades[row[x * t->width / t->columns] * (sizeof shades - 1) / 256], t->out);
		fputc('\n', t->out);
	}
	if (fflush(t->out))
		return t->host->fail(t->host, LQ_EIO, "writing failed");
	if (!t->frames++) {
		lq_event first = {sizeof first, LQ_EVENT_FIRST_BUFFER, port, 0, t->host->now(t->host), NULL};
		t->host->event(t->host, &first);
	}
	return 0;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	lq_stat frames = {"framesRendered", (double)((text *)self)->frames};
	fn(arg, 0, &frames);
}

static const lq_param_desc params[N_PARAMS] = {
	{"columns", LQ_PARAM_INT, 0, "characters", "80", 8, 400, NULL, "Width of the picture in characters."},
	{"file", LQ_PARAM_STRING, LQ_PARAM_FILE, NULL, "/dev/stdout", 0, 0, NULL, "Where to write."},
};
static const lq_port_desc ports[] = {{"in", LQ_IN, LQ_MEDIA_VIDEO, 0}};
static const lq_node_ops ops = {
	NULL, create, destroy, NULL, NULL, formats, set_format, start, stop, NULL, NULL, NULL, stats, NULL}; /* in the order of node.h */
static const lq_renderer_ops renderer_ops = {render, NULL, NULL, NULL};
static const lq_node_desc node = {
	sizeof node, LQ_KIND_RENDERER, "render.text", "Pictures as characters", 50, 0, ports, 1, N_PARAMS, params, &ops, &renderer_ops};
static const lq_node_desc *const nodes[] = {&node};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	sizeof(lq_plugin), LQ_ABI_MINOR, "textview", "1.0", "Apache-2.0", "An example of a renderer", nodes, 1, 0, NULL, NULL};
