/* Lists of formats: asking a node for them, matching, filling open fields, and text for messages. */
#include "graph/graph.h"


static int is_raw(const lq_format *f)
{
	return f->codec == LQ_CODEC_RAW;
}

/* [loop] The formats of a port; a node that says nothing takes anything of the port's media. */
int lq__formats_list(lq_node *node, const lq__port *port, lq_format *list, uint32_t *n)
{
	*n = 0;
	if (port->fixed) {
		list[(*n)++] = *port->fixed;
		return 0;
	}
	while (node->desc->ops->formats && *n < MAX_FORMATS) {
		lq_format f = {.struct_size = sizeof f};
		int r = node->desc->ops->formats(node->self, port->number, *n, &f);
		if (r == LQ_END)
			return 0;
		if (r < 0)
			return r;
		if (!f.media)
			f.media = port->desc->media;
		list[(*n)++] = f;
	}
	if (!node->desc->ops->formats)
		list[(*n)++] = (lq_format){.struct_size = sizeof *list, .media = port->desc->media};
	return 0;
}

/* The first entry that a format (a pattern) meets. */
int lq__formats_match(const lq_format *fmt, const lq_format *list, uint32_t n, lq_format *out)
{
	for (uint32_t i = 0; i < n; i++)
		if (!lq__format_match(fmt, &list[i], out))
			return 0;
	return LQ_EFORMAT;
}

static void fill(uint32_t *field, uint32_t hint, uint32_t def)
{
	if (!*field)
		*field = hint ? hint : def;
}

/* Fills what is still open: from the hint where that is of the same media, else with the usual. Encoded formats may stay open, since a
 * transport does not know more before its first packet. */
void lq__formats_fix(lq_format *f, const lq_format *hint)
{
	static const lq_format none;
	const lq_format *h = hint && hint->media == f->media ? hint : &none;
	if (!f->codec)
		f->codec = h->codec ? h->codec : LQ_CODEC_RAW;
	if (f->media == LQ_MEDIA_VIDEO) {
		int raw = is_raw(f);
		if (raw)
			fill(&f->pixel, h->pixel, LQ_PIXEL_I420);
		if (!f->width != !f->height) /* one side is given: the hint's shape does not apply */
			h = &none;
		fill(&f->width, h->width, raw ? 1280 : 0);
		fill(&f->height, h->height, raw ? 720 : 0);
		if (!f->fps_num && h->fps_num) {
			f->fps_num = h->fps_num;
			f->fps_den = h->fps_den;
		}
	} else {
		int raw = is_raw(f), fixed = raw || f->codec == LQ_CODEC_OPUS;
		if (raw)
			fill(&f->sample, h->sample, LQ_SAMPLE_F32);
		fill(&f->rate, h->rate, fixed ? 48000 : 0);
		fill(&f->channels, h->channels, raw ? 1 : f->codec == LQ_CODEC_OPUS ? 2 : 0);
	}
}

/* "video/raw I420 1280x720, video/raw NV12" */
void lq__formats_text(const lq_format *list, uint32_t n, char *out, size_t size)
{
	char one[LQ__FORMAT_TEXT_MAX];
	size_t used = 0;
	snprintf(out, size, "nothing");
	for (uint32_t i = 0; i < n && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", lq__format_text(&list[i], one, sizeof one));
}

/* [loop] Tells the node and keeps the format with the port. */
int lq__set_format(lq_node *node, lq__port *port, const lq_format *fmt)
{
	int r = 0;
	if (port->format == fmt)
		return 0;
	if (node->desc->ops->set_format)
		r = node->desc->ops->set_format(node->self, port->number, fmt);
	if (r < 0)
		return r;
	lq__format_unref(port->format);
	port->format = lq__format_ref(fmt);
	return 0;
}
