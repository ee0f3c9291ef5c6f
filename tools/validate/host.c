/* The host table of an instance: each function checks what it is told before it does it. */
#include "validate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define FAR (600 * LQ_SEC) /* times that differ more are of different clocks */

static v_instance *of(const lq_host *host)
{
	v_instance *v = host->host_data;
	if (v_current && v_current != v)
		v_find("calls the host of another instance: what is static is shared by all instances of a node");
	return v;
}

static int on_loop(const v_instance *v)
{
	return v->op && pthread_equal(v->loop, pthread_self());
}

int64_t v_now(const v_instance *v)
{
	struct timespec ts;
	if (!v->real_time)
		return v->now;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * LQ_SEC + ts.tv_nsec;
}

static int64_t host_now(const lq_host *host)
{
	return v_now(of(host));
}

static void host_log(const lq_host *host, uint32_t level, const char *fmt, ...)
{
	char text[256];
	va_list args;
	of(host);
	if (level > LQ_LOG_TRACE)
		v_find("logs with the level %u, which does not exist", level);
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args); /* arguments that do not fit crash here, and not in a call */
	va_end(args);
}

static int host_fail(const lq_host *host, int code, const char *fmt, ...)
{
	v_instance *v = of(host);
	va_list args;
	if (!on_loop(v))
		v_find("calls fail outside an op: nobody will read its reason");
	va_start(args, fmt);
	vsnprintf(v->reason, sizeof v->reason, fmt, args);
	va_end(args);
	if (code >= 0)
		v_find("calls fail with the code %d: a negative LQ_E* is needed", code);
	return code;
}

static const lq_format *host_format_new(const lq_host *host, const lq_format *fmt)
{
	return v_allocation_fails() ? NULL : v_format_new(fmt);
}

static const lq_format *host_format_ref(const lq_host *host, const lq_format *fmt)
{
	return v_format_ref(fmt);
}

static void host_format_unref(const lq_host *host, const lq_format *fmt)
{
	v_format_unref(fmt);
}

static int is_good_format(const lq_format *fmt)
{
	if (v_format_is_ours(fmt))
		return 1;
	v_find("makes a buffer of a format that did not come from format_new, or was released");
	return 0;
}

static lq_buffer *host_buffer_new(const lq_host *host, const lq_format *fmt, uint32_t size)
{
	return !is_good_format(fmt) || v_allocation_fails() ? NULL : v_buffer_new(fmt, size);
}

static lq_buffer *host_buffer_wrap(const lq_host *host, const lq_format *fmt, lq_free_fn release, void *opaque)
{
	return !is_good_format(fmt) || v_allocation_fails() ? NULL : v_buffer_wrap(fmt, release, opaque);
}

static lq_buffer *host_buffer_ref(const lq_host *host, lq_buffer *buf)
{
	return v_buffer_ref(buf);
}

static void host_buffer_unref(const lq_host *host, lq_buffer *buf)
{
	v_buffer_unref(buf);
}

static lq_buffer *host_buffer_writable(const lq_host *host, lq_buffer *buf)
{
	return v_buffer_writable(buf);
}

/* ---- what is submitted ---- */

/* Near the host's time, or that of something that came in. */
static int is_near(const v_instance *v, int64_t time)
{
	int64_t now = v_now(v);
	if (time > now - FAR && time < now + FAR)
		return 1;
	for (uint32_t i = 0; i < V_PORTS; i++) {
		int64_t fed = v->ports[i].fed_pts;
		if (v->ports[i].used && fed && time > fed - FAR && time < fed + FAR)
			return 1;
	}
	return 0;
}

static void check_clock(const v_instance *v, const v_port *p, const lq_buffer *b)
{
	if (!is_near(v, b->pts))
		v_find("submits pts of another clock than host->now on port \"%s\": %lld when it is %lld", p->desc->name, (long long)b->pts, (long long)v_now(v));
	if (b->capture_time != LQ_TIME_NONE && !is_near(v, b->capture_time))
		v_find("submits a capture_time of another clock than host->now on port \"%s\": %lld when it is %lld", p->desc->name,
		       (long long)b->capture_time, (long long)v_now(v));
}

static void check_time(const v_instance *v, v_port *p, const lq_buffer *b)
{
	if (b->pts == LQ_TIME_NONE) {
		if (!(b->flags & LQ_BUFFER_EOS) || b->n_planes)
			v_find("submits a buffer without pts on port \"%s\"", p->desc->name);
		return;
	}
	if (p->last_pts != LQ_TIME_NONE && b->pts < p->last_pts)
		v_find("submits pts that go back on port \"%s\": %lld after %lld", p->desc->name, (long long)b->pts, (long long)p->last_pts);
	if (p->last_pts != LQ_TIME_NONE && b->pts == p->last_pts && b->n_planes && b->format->codec == LQ_CODEC_RAW)
		v_find("submits two buffers of the same pts on port \"%s\"", p->desc->name);
	check_clock(v, p, b);
	if (b->duration < 0)
		v_find("submits a buffer with the duration %lld on port \"%s\"", (long long)b->duration, p->desc->name);
	p->last_pts = b->pts;
}

static void check_sound(const v_port *p, const lq_buffer *b)
{
	const lq_format *f = b->format;
	uint64_t wanted = (uint64_t)b->samples * f->channels * (f->sample == LQ_SAMPLE_S16 ? 2 : 4);
	if (!f->rate || !f->channels || !f->sample)
		v_find("submits sound of no rate, no channels or no sample format on port \"%s\"", p->desc->name);
	else if (wanted != b->size)
		v_find("submits sound on port \"%s\" with %u bytes for %u samples of %u channels", p->desc->name, b->size, b->samples, f->channels);
}

/* Annex B, with the parameter sets before each key frame, and a key frame where it is said to be one. */
static void check_h264(const v_port *p, const lq_buffer *b)
{
	const uint8_t *d = b->planes[0];
	int sets = 0, idr = 0;
	if (b->size < 5 || d[0] || d[1] || (d[2] != 1 && (d[2] || d[3] != 1))) {
		v_find("submits H.264 that does not begin with a start code on port \"%s\": Annex B access units are needed", p->desc->name);
		return;
	}
	for (uint32_t i = 3; i < b->size; i++)
		if (!d[i - 3] && !d[i - 2] && d[i - 1] == 1) {
			sets |= (d[i] & 31) == 7 ? 1 : (d[i] & 31) == 8 ? 2 : 0;
			idr |= (d[i] & 31) == 5;
		}
	if (b->flags & LQ_BUFFER_KEY && !idr)
		v_find("marks H.264 as a key frame that is none on port \"%s\"", p->desc->name);
	else if (!(b->flags & LQ_BUFFER_KEY) && idr)
		v_find("does not mark a key frame with LQ_BUFFER_KEY on port \"%s\"", p->desc->name);
	else if (idr && sets != 3)
		v_find("submits a key frame without its parameter sets (SPS and PPS) on port \"%s\"", p->desc->name);
}

static void check_content(const v_port *p, const lq_buffer *b)
{
	const char *misfit;
	const lq_format *f = b->format;
	int raw = f->codec == LQ_CODEC_RAW;
	if (b->flags & (LQ_BUFFER_EOS | LQ_BUFFER_LOST) && !b->n_planes)
		return;
	if (!b->n_planes || !b->planes[0])
		v_find("submits a buffer without data on port \"%s\"", p->desc->name);
	else if (raw && f->media == LQ_MEDIA_VIDEO && (!f->width || !f->height || !f->pixel))
		v_find("submits a picture of no size on port \"%s\"", p->desc->name);
	else if ((misfit = v_buffer_misfit(b)))
		v_find("submits a buffer with %s on port \"%s\"", misfit, p->desc->name);
	else if (raw && f->media == LQ_MEDIA_AUDIO)
		check_sound(p, b);
	else if (!raw && !b->size)
		v_find("submits an empty packet on port \"%s\"", p->desc->name);
	else if (f->codec == LQ_CODEC_H264 && b->size)
		check_h264(p, b);
}

static void check_format(v_port *p, const lq_format *f)
{
	if (p->desc->media && f->media != p->desc->media)
		v_find("submits media %u on port \"%s\", whose media is %u", f->media, p->desc->name, p->desc->media);
	if (p->pending == f)
		return;
	v_format_unref(p->pending);
	p->pending = v_format_ref(f);
}

/* Whether this may be submitted at all; says why not. */
static int may_submit(v_instance *v, uint32_t port, const lq_buffer *buf)
{
	int own_thread = v->desc->flags & LQ_NODE_OWN_THREAD;
	if (!buf) {
		v_find("submits NULL");
		return 0;
	}
	if (!v_buffer_is_ours(buf)) {
		v_find("submits a buffer that it has released or given away by submit");
		return 0;
	}
	if (!own_thread && !on_loop(v))
		v_find(v->op ? "submits on another thread than that of its ops, without the flag OWN_THREAD"
		             : "submits outside an op, without the flag OWN_THREAD");
	if (v->state != V_RUNNING)
		v_find(v->state >= V_STOPPED ? "submits after stop" : "submits before start");
	if (port >= V_PORTS || !v->ports[port].used || v->ports[port].desc->direction != LQ_OUT) {
		v_find("submits on port %u, which is no output of it", port);
		return 0;
	}
	if (!v_format_is_ours(buf->format)) {
		v_find("submits a buffer whose format is not one of the host's");
		return 0;
	}
	return 1;
}

static void check_end(v_port *p, const lq_buffer *b)
{
	if (p->ended)
		v_find(b->flags & LQ_BUFFER_EOS ? "submits the end of the stream twice on port \"%s\"" : "submits after the end of the stream on port \"%s\"", p->desc->name);
	p->ended |= (b->flags & LQ_BUFFER_EOS) != 0;
}

/* FNV-1a, of what was submitted in which order. */
static void hash(v_instance *v, const void *data, size_t n)
{
	const uint8_t *p = data;
	for (size_t i = 0; i < n; i++)
		v->hash = (v->hash ^ p[i]) * UINT64_C(0x100000001b3);
}

static void hash_buffer(v_instance *v, uint32_t port, const lq_buffer *b)
{
	const lq_format *f = b->format;
	int picture = f->media == LQ_MEDIA_VIDEO && f->codec == LQ_CODEC_RAW;
	hash(v, &port, sizeof port);
	hash(v, &b->pts, sizeof b->pts);
	hash(v, &b->flags, sizeof b->flags);
	hash(v, &f->width, 2 * sizeof f->width);
	if (!picture && b->n_planes)
		hash(v, b->planes[0], b->size);
	for (uint32_t y = 0; picture && b->n_planes && y < f->height; y++)
		hash(v, b->planes[0] + (size_t)y * b->strides[0], f->width);
}

/* Takes the reference. What the node goes on holding is held on, so that it may not be written any more. */
static void take(v_instance *v, lq_buffer *buf)
{
	if (!v_buffer_is_shared(buf)) {
		v_buffer_unref(buf);
		return;
	}
	lq_buffer **place = &v->held[v->n_held++ % V_HELD];
	v_buffer_unref(*place);
	*place = buf;
}

void v_host_release(v_instance *v)
{
	for (uint32_t i = 0; i < V_HELD; i++) {
		v_buffer_unref(v->held[i]);
		v->held[i] = NULL;
	}
}

static int host_submit(const lq_host *host, uint32_t port, lq_buffer *buf)
{
	v_instance *v = of(host);
	int unlinked = v->unlinked;
	if (__atomic_fetch_add(&v->submitting, 1, __ATOMIC_ACQ_REL))
		v_find("submits on two threads at once");
	pthread_mutex_lock(&v->lock);
	if (may_submit(v, port, buf)) {
		v_port *p = &v->ports[port];
		check_end(p, buf);
		check_time(v, p, buf);
		check_content(p, buf);
		check_format(p, buf->format);
		p->count += buf->n_planes > 0;
		p->bytes += buf->size;
		p->keys += (buf->flags & LQ_BUFFER_KEY) != 0;
		if (v->hashing)
			hash_buffer(v, port, buf);
		take(v, buf);
		pthread_mutex_unlock(&v->lock);
	} else {
		pthread_mutex_unlock(&v->lock);
	}
	__atomic_fetch_sub(&v->submitting, 1, __ATOMIC_ACQ_REL);
	return unlinked ? LQ_EPIPE : 0;
}

/* ---- the rest ---- */

static void check_event(const lq_event *e)
{
	if (!e)
		v_find("sends NULL as an event");
	else if (e->struct_size != sizeof *e)
		v_find("sends an event whose struct_size is not set");
}

static void host_event(const lq_host *host, const lq_event *e)
{
	check_event(e);
	if (e && e->type == LQ_EVENT_EOS)
		of(host)->eos = 1;
	if (e && e->type == LQ_EVENT_ERROR && e->value >= 0)
		v_find("sends LQ_EVENT_ERROR with the value %lld: a negative LQ_E* is needed", (long long)e->value);
}

static void host_upstream(const lq_host *host, uint32_t port, const lq_event *e)
{
	const v_instance *v = of(host);
	check_event(e);
	if (port >= V_PORTS || !v->ports[port].used || v->ports[port].desc->direction != LQ_IN)
		v_find("sends an event upstream on port %u, which is no input of it", port);
}

static void host_wake_at(const lq_host *host, int64_t time)
{
	v_instance *v = of(host);
	pthread_mutex_lock(&v->lock);
	if (!v->desc->ops->run && v->desc->kind != LQ_KIND_CAPTURE)
		v_find("asks to be woken, but has no op run");
	if (v->wake == LQ_TIME_NONE || time < v->wake)
		v->wake = time;
	pthread_mutex_unlock(&v->lock);
}

static int host_watch(const lq_host *host, const int *fds, const short *events, uint32_t n)
{
	v_instance *v = of(host);
	if (!on_loop(v))
		v_find("calls watch outside an op");
	if (n > V_FDS)
		return LQ_EFULL;
	v->fd_count = (int)n;
	if (n) {
		memcpy(v->fds, fds, n * sizeof *fds);
		memcpy(v->fd_events, events, n * sizeof *events);
	}
	return 0;
}

static const void *host_extension(const lq_host *host, const char *id)
{
	return NULL;
}

void v_host_init(v_instance *v)
{
	v->host = mmap(NULL, sizeof *v->host, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (v->host == MAP_FAILED)
		v_skip("no memory");
	*v->host = (lq_host){
		.struct_size = sizeof(lq_host), .abi_minor = LQ_ABI_MINOR, .host_data = v, .now = host_now, .log = host_log, .fail = host_fail,
		.format_new = host_format_new, .format_ref = host_format_ref, .format_unref = host_format_unref, .buffer_new = host_buffer_new,
		.buffer_wrap = host_buffer_wrap, .buffer_ref = host_buffer_ref, .buffer_unref = host_buffer_unref,
		.buffer_writable = host_buffer_writable, .submit = host_submit, .event = host_event, .upstream = host_upstream,
		.wake_at = host_wake_at, .watch = host_watch, .extension = host_extension};
	mprotect(v->host, sizeof *v->host, PROT_READ);
}

/* From here on nothing of it may be called. */
void v_host_finish(v_instance *v)
{
	mprotect(v->host, sizeof *v->host, PROT_NONE);
	v_host_is_gone(v->host);
}
