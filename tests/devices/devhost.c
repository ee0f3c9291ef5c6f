#include "devhost.h"

#include <check.h>
#include <dlfcn.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

typedef struct cell {
	lq_buffer b;
	_Atomic int refs;
	lq_free_fn release;
	void *opaque;
	uint8_t *memory;
} cell;

static dev_host *of(const lq_host *h)
{
	return (dev_host *)(uintptr_t)h;
}

int64_t dev_now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * LQ_SEC + ts.tv_nsec;
}

static int64_t h_now(const lq_host *host)
{
	int64_t frozen = of(host)->frozen;
	return frozen ? frozen : dev_now();
}

static void h_log(const lq_host *host, uint32_t level, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fprintf(stderr, "[%u] ", level);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

static int h_fail(const lq_host *host, int code, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(of(host)->fail, sizeof of(host)->fail, fmt, ap);
	va_end(ap);
	return code;
}

static void notify(dev_host *h)
{
	uint64_t one = 1;
	ck_assert_int_eq(write(h->notify, &one, sizeof one), sizeof one);
}

static const lq_format *h_format_new(const lq_host *host, const lq_format *fmt)
{
	dev_host *h = of(host);
	pthread_mutex_lock(&h->lock);
	lq_format *f = NULL;
	for (uint32_t i = 0; i < h->n_formats && !f; i++)
		if (!memcmp(h->formats[i], fmt, sizeof *fmt))
			f = h->formats[i];
	if (!f) {
		ck_assert_uint_lt(h->n_formats, 64);
		f = malloc(sizeof *f);
		*f = *fmt;
		h->formats[h->n_formats++] = f;
	}
	pthread_mutex_unlock(&h->lock);
	return f;
}

static const lq_format *h_format_ref(const lq_host *host, const lq_format *fmt)
{
	return fmt;
}

static void h_format_unref(const lq_host *host, const lq_format *fmt) {}

static cell *new_cell(dev_host *h, const lq_format *fmt)
{
	cell *c = calloc(1, sizeof *c);
	c->refs = 1;
	c->b = (lq_buffer){.struct_size = sizeof c->b, .format = h_format_new(&h->host, fmt), .pts = LQ_TIME_NONE, .dts = LQ_TIME_NONE,
	                   .capture_time = LQ_TIME_NONE};
	__atomic_add_fetch(&h->buffers_alive, 1, __ATOMIC_RELAXED);
	return c;
}

static void lay_out(cell *c, const lq_format *f)
{
	uint32_t w = (f->width + 63) & ~63u, ht = f->height, cw = (f->width / 2 + 127) & ~63u, ch = (ht + 1) / 2;
	uint32_t bpp = f->pixel == LQ_PIXEL_BGRA || f->pixel == LQ_PIXEL_RGBA ? 4 : f->pixel == LQ_PIXEL_YUYV ? 2 : 1;
	c->memory = calloc(1, (size_t)w * bpp * ht + 2 * (size_t)w * ch + 2 * (size_t)cw * ch);
	c->b.planes[0] = c->memory;
	c->b.strides[0] = w * bpp;
	c->b.n_planes = 1;
	if (f->pixel == LQ_PIXEL_I420) {
		c->b.planes[1] = c->memory + (size_t)w * ht;
		c->b.planes[2] = c->b.planes[1] + (size_t)cw * ch;
		c->b.strides[1] = c->b.strides[2] = cw;
		c->b.n_planes = 3;
	} else if (f->pixel == LQ_PIXEL_NV12) {
		c->b.planes[1] = c->memory + (size_t)w * ht;
		c->b.strides[1] = 2 * cw;
		c->b.n_planes = 2;
	}
}

static lq_buffer *h_buffer_new(const lq_host *host, const lq_format *fmt, uint32_t size)
{
	cell *c = new_cell(of(host), fmt);
	if (fmt->media == LQ_MEDIA_VIDEO && fmt->codec == LQ_CODEC_RAW) {
		lay_out(c, fmt);
	} else {
		c->memory = c->b.planes[0] = calloc(1, size + 1);
		c->b.size = size;
		c->b.n_planes = 1;
	}
	return &c->b;
}

static lq_buffer *h_buffer_wrap(const lq_host *host, const lq_format *fmt, lq_free_fn release, void *opaque)
{
	cell *c = new_cell(of(host), fmt);
	c->release = release;
	c->opaque = opaque;
	return &c->b;
}

static lq_buffer *h_buffer_ref(const lq_host *host, lq_buffer *buf)
{
	((cell *)buf)->refs++;
	return buf;
}

static void h_buffer_unref(const lq_host *host, lq_buffer *buf)
{
	cell *c = (cell *)buf;
	if (!c || --c->refs > 0)
		return;
	if (c->release)
		c->release(c->opaque);
	free(c->memory);
	free(c);
	__atomic_sub_fetch(&of(host)->buffers_alive, 1, __ATOMIC_RELAXED);
}

static lq_buffer *h_buffer_writable(const lq_host *host, lq_buffer *buf)
{
	ck_assert_int_eq(((cell *)buf)->refs, 1);
	return buf;
}

static int h_submit(const lq_host *host, uint32_t port, lq_buffer *buf)
{
	dev_host *h = of(host);
	pthread_mutex_lock(&h->lock);
	if (h->n_out == DEV_BUFFERS) {
		lq_buffer *old = h->out[0];
		memmove(h->out, h->out + 1, (DEV_BUFFERS - 1) * sizeof *h->out);
		h->n_out--;
		h_buffer_unref(host, old);
	}
	h->out[h->n_out++] = buf;
	pthread_mutex_unlock(&h->lock);
	notify(h);
	return 0;
}

static void h_event(const lq_host *host, const lq_event *event)
{
	dev_host *h = of(host);
	pthread_mutex_lock(&h->lock);
	if (h->n_events < DEV_EVENTS) {
		snprintf(h->texts[h->n_events], sizeof h->texts[0], "%s", event->text ? event->text : "");
		h->events[h->n_events] = *event;
		h->events[h->n_events].text = h->texts[h->n_events];
		h->n_events++;
	}
	pthread_mutex_unlock(&h->lock);
	notify(h);
}

static void h_upstream(const lq_host *host, uint32_t port, const lq_event *event) {}

static void h_wake_at(const lq_host *host, int64_t time)
{
	dev_host *h = of(host);
	pthread_mutex_lock(&h->lock);
	if (time < h->wake)
		h->wake = time;
	pthread_mutex_unlock(&h->lock);
	notify(h);
}

static int h_watch(const lq_host *host, const int *fds, const short *events, uint32_t n)
{
	dev_host *h = of(host);
	ck_assert_uint_le(n, DEV_WATCHES);
	for (uint32_t i = 0; i < n; i++) {
		h->watch_fds[i] = fds[i];
		h->watch_events[i] = events[i];
	}
	h->n_watch = n;
	return 0;
}

static const void *h_extension(const lq_host *host, const char *id)
{
	return NULL;
}

static const lq_host host_table = {
	.struct_size = sizeof(lq_host),
	.abi_minor = LQ_ABI_MINOR,
	.now = h_now,
	.log = h_log,
	.fail = h_fail,
	.format_new = h_format_new,
	.format_ref = h_format_ref,
	.format_unref = h_format_unref,
	.buffer_new = h_buffer_new,
	.buffer_wrap = h_buffer_wrap,
	.buffer_ref = h_buffer_ref,
	.buffer_unref = h_buffer_unref,
	.buffer_writable = h_buffer_writable,
	.submit = h_submit,
	.event = h_event,
	.upstream = h_upstream,
	.wake_at = h_wake_at,
	.watch = h_watch,
	.extension = h_extension,
};

const lq_node_desc *dev_find(const char *plugin, const char *id)
{
	const char *dir = getenv("LQ_PLUGIN_PATH");
	char path[1024];
	snprintf(path, sizeof path, "%s/%s.so", dir ? dir : "plugins/.libs", plugin);
	void *so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	ck_assert_msg(so != NULL, "%s", so ? "" : dlerror());
	const lq_plugin *p = dlsym(so, LQ_PLUGIN_SYMBOL);
	ck_assert_ptr_nonnull(p);
	for (uint32_t i = 0; i < p->n_nodes; i++)
		if (!strcmp(p->nodes[i]->id, id))
			return p->nodes[i];
	ck_abort_msg("%s has no %s", plugin, id);
	return NULL;
}

static void parse_value(const lq_param_desc *d, const char *text, lq_value *v)
{
	*v = (lq_value){.type = d->type, .s = text, .i = atoll(text), .f = atof(text)};
	if (d->type == LQ_PARAM_BOOL)
		v->i = !strcmp(text, "true") || !strcmp(text, "1");
	else if (d->type == LQ_PARAM_SIZE)
		sscanf(text, "%ux%u", &v->num, &v->den);
	else if (d->type == LQ_PARAM_FRACTION && sscanf(text, "%u/%u", &v->num, &v->den) == 1)
		v->den = 1;
	for (int64_t i = 0; d->type == LQ_PARAM_CHOICE && d->choices[i]; i++)
		if (!strcmp(d->choices[i], text))
			v->i = i;
}

int dev_open(dev_host *h, const char *plugin, const char *id, const char *params)
{
	memset(h, 0, sizeof *h);
	h->host = host_table;
	h->wake = INT64_MAX;
	h->next_read = 0;
	h->notify = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&h->lock, NULL);
	h->desc = dev_find(plugin, id);
	char text[1024];
	snprintf(text, sizeof text, "%s", params ? params : "");
	lq_value v[32];
	for (uint32_t i = 0; i < h->desc->n_params; i++)
		parse_value(&h->desc->params[i], h->desc->params[i].def ? h->desc->params[i].def : "", &v[i]);
	char *save = NULL;
	for (char *p = strtok_r(text, ";", &save); p; p = strtok_r(NULL, ";", &save)) {
		char *value = strchr(p, '=');
		*value++ = 0;
		uint32_t i = 0;
		while (i < h->desc->n_params && strcmp(h->desc->params[i].name, p))
			i++;
		ck_assert_uint_lt(i, h->desc->n_params);
		parse_value(&h->desc->params[i], value, &v[i]);
		v[i].is_set = 1;
	}
	return h->desc->ops->create(&h->host, v, &h->self);
}

int dev_set_param(dev_host *h, const char *name, const char *value)
{
	for (uint32_t i = 0; i < h->desc->n_params; i++)
		if (!strcmp(h->desc->params[i].name, name)) {
			lq_value v;
			parse_value(&h->desc->params[i], value, &v);
			return h->desc->ops->set_param(h->self, i, &v);
		}
	return LQ_ENOENT;
}

void dev_close(dev_host *h)
{
	if (h->self) {
		h->desc->ops->stop(h->self);
		h->desc->ops->destroy(h->self);
	}
	for (uint32_t i = 0; i < h->n_out; i++)
		h_buffer_unref(&h->host, h->out[i]);
	ck_assert_int_eq(h->buffers_alive, 0);
	for (uint32_t i = 0; i < h->n_formats; i++)
		free(h->formats[i]);
	close(h->notify);
	pthread_mutex_destroy(&h->lock);
}

int dev_start(dev_host *h, const lq_format *fmt)
{
	int rc = h->desc->ops->set_format ? h->desc->ops->set_format(h->self, 0, fmt) : 0;
	return rc < 0 ? rc : h->desc->ops->start(h->self);
}

lq_format dev_video(uint32_t pixel, uint32_t w, uint32_t ht)
{
	return (lq_format){.struct_size = sizeof(lq_format), .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_RAW, .pixel = pixel, .width = w, .height = ht,
	                   .fps_num = 30, .fps_den = 1};
}

lq_format dev_audio(uint32_t channels)
{
	return (lq_format){.struct_size = sizeof(lq_format), .media = LQ_MEDIA_AUDIO, .codec = LQ_CODEC_RAW, .sample = LQ_SAMPLE_F32, .rate = 48000,
	                   .channels = channels};
}

lq_buffer *dev_buffer(dev_host *h, const lq_format *fmt, uint32_t size)
{
	return h_buffer_new(&h->host, fmt, size);
}

int dev_render(dev_host *h, lq_buffer *buf)
{
	int rc = ((const lq_renderer_ops *)h->desc->kind_ops)->render(h->self, 0, buf);
	h_buffer_unref(&h->host, buf);
	return rc;
}

/* One turn of the loop: waits for whatever comes first, then serves the node. */
static void turn(dev_host *h)
{
	int reads = h->desc->kind == LQ_KIND_CAPTURE && ((const lq_capture_ops *)h->desc->kind_ops)->read != NULL;
	struct pollfd p[DEV_WATCHES + 1] = {{h->notify, POLLIN, 0}};
	for (uint32_t i = 0; i < h->n_watch; i++)
		p[i + 1] = (struct pollfd){h->watch_fds[i], h->watch_events[i], 0};
	pthread_mutex_lock(&h->lock);
	int64_t until = h->wake;
	pthread_mutex_unlock(&h->lock);
	if (reads && h->next_read != LQ_TIME_NONE && h->next_read < until)
		until = h->next_read;
	int64_t left = until - h_now(&h->host);
	if (left > 10 * LQ_MSEC)
		left = 10 * LQ_MSEC; /* the condition may look at the world, which does not notify; a clock that stands still does not come nearer */
	ck_assert_int_ge(poll(p, h->n_watch + 1, left <= 0 ? 0 : (int)((left + LQ_MSEC - 1) / LQ_MSEC)), 0);
	uint64_t count;
	if (p[0].revents && read(h->notify, &count, sizeof count) < 0)
		ck_abort();
	int ready = 0;
	for (uint32_t i = 0; i < h->n_watch; i++)
		ready |= p[i + 1].revents;
	int64_t now = h_now(&h->host);
	pthread_mutex_lock(&h->lock);
	int woken = h->wake <= now;
	if (woken)
		h->wake = INT64_MAX;
	pthread_mutex_unlock(&h->lock);
	if ((woken || ready) && h->desc->ops->run)
		h->desc->ops->run(h->self, now);
	if (reads && ((h->next_read != LQ_TIME_NONE && h->next_read <= now) || woken || ready)) {
		int64_t next = LQ_TIME_NONE;
		if (((const lq_capture_ops *)h->desc->kind_ops)->read(h->self, now + 20 * LQ_MSEC, &next) < 0)
			next = LQ_TIME_NONE;
		h->next_read = next;
	}
}

int dev_wait(dev_host *h, dev_cond cond, void *arg, int ms)
{
	int64_t deadline = dev_now() + ms * LQ_MSEC;
	while (!cond(h, arg)) {
		if (dev_now() >= deadline)
			return 0;
		turn(h);
	}
	return 1;
}

int dev_count_events(dev_host *h, uint32_t type)
{
	pthread_mutex_lock(&h->lock);
	int n = 0;
	for (uint32_t i = 0; i < h->n_events; i++)
		n += h->events[i].type == type;
	pthread_mutex_unlock(&h->lock);
	return n;
}

static int has_event(dev_host *h, void *arg)
{
	return dev_count_events(h, *(uint32_t *)arg) > 0;
}

int dev_wait_event(dev_host *h, uint32_t type, int ms)
{
	if (!dev_wait(h, has_event, &type, ms))
		return -1;
	pthread_mutex_lock(&h->lock);
	int i = 0;
	while (h->events[i].type != type)
		i++;
	pthread_mutex_unlock(&h->lock);
	return i;
}

static int has_buffer(dev_host *h, void *arg)
{
	pthread_mutex_lock(&h->lock);
	int n = (int)h->n_out;
	pthread_mutex_unlock(&h->lock);
	return n > 0;
}

lq_buffer *dev_take(dev_host *h, int ms)
{
	if (!dev_wait(h, has_buffer, NULL, ms))
		return NULL;
	pthread_mutex_lock(&h->lock);
	lq_buffer *b = h->out[0];
	memmove(h->out, h->out + 1, --h->n_out * sizeof *h->out);
	pthread_mutex_unlock(&h->lock);
	return b;
}

typedef struct wanted {
	const char *name;
	double value;
} wanted;

static void match_stat(void *arg, uint32_t port, const lq_stat *stat)
{
	wanted *w = arg;
	if (!strcmp(stat->name, w->name))
		w->value = stat->value;
}

double dev_stat(dev_host *h, const char *name)
{
	wanted w = {name, -1};
	h->desc->ops->stats(h->self, match_stat, &w);
	return w.value;
}
