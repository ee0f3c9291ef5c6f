/* Formats that notice misuse, and what can be said about them. */
#include "validate.h"

#include <stdio.h>
#include <string.h>

enum { N_FORMATS = 4096, EXTRA_MAX = 512 };

static struct {
	lq_format f;
	uint32_t refs;
	uint8_t extra[EXTRA_MAX];
} formats[N_FORMATS];
static uint32_t next, live;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int equal(const lq_format *a, const lq_format *b)
{
	return a->media == b->media && a->codec == b->codec && a->pixel == b->pixel && a->width == b->width && a->height == b->height &&
	       a->fps_num == b->fps_num && a->fps_den == b->fps_den && a->sample == b->sample && a->rate == b->rate && a->channels == b->channels &&
	       a->extra_size == b->extra_size && (!a->extra_size || !memcmp(a->extra, b->extra, a->extra_size));
}

/* Equal formats give the same pointer. Slots of released ones are taken again as late as possible. */
const lq_format *v_format_new(const lq_format *fmt)
{
	if (!fmt || fmt->struct_size != sizeof *fmt) {
		v_find("makes a format whose struct_size is not set");
		return NULL;
	}
	pthread_mutex_lock(&lock);
	uint32_t i = 0;
	while (i < N_FORMATS && !(formats[i].refs && equal(&formats[i].f, fmt)))
		i++;
	if (i == N_FORMATS) {
		for (i = next; formats[i % N_FORMATS].refs && i < next + N_FORMATS; i++)
			;
		i %= N_FORMATS;
		next = (i + 1) % N_FORMATS;
		formats[i].f = *fmt;
		formats[i].f.extra_size = fmt->extra_size < EXTRA_MAX ? fmt->extra_size : EXTRA_MAX;
		if (fmt->extra_size)
			memcpy(formats[i].extra, fmt->extra, formats[i].f.extra_size);
		formats[i].f.extra = fmt->extra_size ? formats[i].extra : NULL;
		live++;
	}
	formats[i].refs++;
	pthread_mutex_unlock(&lock);
	return &formats[i].f;
}

static uint32_t *refs_of(const lq_format *fmt)
{
	size_t offset = (size_t)((const char *)fmt - (const char *)formats);
	if (!fmt || (const char *)fmt < (const char *)formats || offset >= sizeof formats || offset % sizeof *formats)
		return NULL;
	return &formats[offset / sizeof *formats].refs;
}

const lq_format *v_format_ref(const lq_format *fmt)
{
	uint32_t *refs = refs_of(fmt);
	pthread_mutex_lock(&lock);
	if (!refs || !*refs)
		v_find("takes a reference to a format that %s", refs ? "it has released" : "the host did not make");
	else
		++*refs;
	pthread_mutex_unlock(&lock);
	return fmt;
}

void v_format_unref(const lq_format *fmt)
{
	uint32_t *refs = refs_of(fmt);
	if (!fmt)
		return;
	pthread_mutex_lock(&lock);
	if (!refs || !*refs) {
		v_find("releases a format %s", refs ? "twice" : "that the host did not make");
	} else if (!--*refs) {
		memset((void *)fmt, 0xdb, sizeof *fmt);
		live--;
	}
	pthread_mutex_unlock(&lock);
}

uint32_t v_formats_live(void)
{
	return live;
}

int v_format_is_ours(const lq_format *fmt)
{
	const uint32_t *refs = refs_of(fmt);
	return refs && *refs;
}

const char *v_format_text(const lq_format *f, char *out, size_t size)
{
	static const char *const pixels[] = {"", " I420", " NV12", " YUYV", " BGRA", " RGBA"}, *const samples[] = {"", " S16", " F32"};
	if (f->media == LQ_MEDIA_AUDIO)
		snprintf(out, size, "audio, codec %u%s, %u Hz, %u channels", f->codec, f->sample < 3 ? samples[f->sample] : "?", f->rate, f->channels);
	else
		snprintf(out, size, "media %u, codec %u%s, %ux%u", f->media, f->codec, f->pixel < 6 ? pixels[f->pixel] : "?", f->width, f->height);
	return out;
}

static int fits(uint32_t listed, uint32_t is)
{
	return !listed || listed == is;
}

int v_format_matches(const lq_format *l, const lq_format *f)
{
	return fits(l->media, f->media) && fits(l->codec, f->codec) && fits(l->pixel, f->pixel) && fits(l->width, f->width) && fits(l->height, f->height) &&
	       fits(l->sample, f->sample) && fits(l->rate, f->rate) && fits(l->channels, f->channels);
}
