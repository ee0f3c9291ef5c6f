/* Buffers that notice misuse. Each lies in pages of its own: what is behind it cannot be touched, what has been released cannot be touched
 * either, and what is shared cannot be written. Wrong addresses end in a signal handler, which knows the pages and says what happened. */
#include "validate.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { N_SLOTS = 16384, TAIL = 64, SIDE_MAX = 16384, QUARANTINE = 2000 };

typedef struct slot {
	uint8_t *map; /* NULL: never used */
	size_t size;  /* without the guard page behind */
	lq_buffer *buf;
	uint32_t refs; /* 0: released, its pages cannot be touched */
	uint32_t serial, capacity;
	lq_free_fn release;
	void *opaque;
	char op[64]; /* that made it */
} slot;

static slot slots[N_SLOTS];
static uint32_t n_slots, n_live, serial, first_dead;
static uint32_t fail_in;
static int failed;
static size_t page = 4096;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

int v_fail_allocation(uint32_t n)
{
	int did = failed;
	failed = 0;
	fail_in = n;
	return did;
}

int v_allocation_fails(void)
{
	if (!fail_in || --fail_in)
		return 0;
	failed = 1;
	return 1;
}

/* Where a buffer's slot was when it was made, by the pages of its address; another buffer may have come to the same place since. */
static uint16_t hints[1 << 16];

static uint16_t *hint_of(const void *p)
{
	return &hints[(uintptr_t)p / page % (sizeof hints / sizeof *hints)];
}

static slot *slot_of(const void *p)
{
	slot *likely = &slots[*hint_of(p)];
	if (likely->map && (const void *)likely->buf == p)
		return likely;
	for (uint32_t i = n_slots; i-- > 0;)
		if (slots[i].map && (const void *)slots[i].buf == p)
			return &slots[i];
	return NULL;
}

static void protect(slot *s, int how)
{
	mprotect(s->map, s->size, how);
}

/* ---- faults ---- */

static const uint8_t *gone_hosts[N_SLOTS];
static uint32_t n_gone;

void v_host_is_gone(const void *host)
{
	gone_hosts[n_gone++ % N_SLOTS] = host;
}

static const char *words_for(const void *address, int write)
{
	const uint8_t *a = address;
	for (uint32_t i = 0; i < n_gone && i < N_SLOTS; i++)
		if (a >= gone_hosts[i] && a < gone_hosts[i] + page)
			return "calls the host after destroy";
	for (uint32_t i = 0; i < n_slots; i++) {
		const slot *s = &slots[i];
		if (!s->map || a < s->map || a >= s->map + s->size + page)
			continue;
		if (a >= s->map + s->size)
			return write ? "writes beyond the end of a buffer" : "reads beyond the end of a buffer";
		if (!s->refs)
			return "touches a buffer that it has released or given away by submit";
		return "writes to a buffer that others hold, too: buffer_writable gives one that may be written";
	}
	return NULL;
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	int write = 0;
#if defined(__x86_64__)
	write = (((ucontext_t *)context)->uc_mcontext.gregs[REG_ERR] & 2) != 0;
#endif
	const char *words = sig == SIGSEGV || sig == SIGBUS ? words_for(info->si_addr, write) : NULL;
	if (words)
		v_die(words);
	signal(sig, SIG_DFL); /* the parent tells by the signal */
	raise(sig);
}

void v_catch_faults(void)
{
	static uint8_t stack[65536];
	stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
	struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	sigaltstack(&alternative, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	page = (size_t)sysconf(_SC_PAGESIZE);
}

/* ---- allocation ---- */

/* A slot that is free for use: a new one, or the one released longest ago. */
static slot *take_slot(void)
{
	if (n_slots < QUARANTINE)
		return &slots[n_slots++];
	for (uint32_t i = 0; i < n_slots; i++) {
		slot *s = &slots[(first_dead + i) % n_slots];
		if (s->refs)
			continue;
		first_dead = (first_dead + i + 1) % n_slots;
		munmap(s->map, s->size + page);
		memset(s, 0, sizeof *s);
		return s;
	}
	return n_slots < N_SLOTS ? &slots[n_slots++] : NULL;
}

/* The data ends where the guard page begins, but for rounding. */
static slot *allocate(const lq_format *fmt, uint32_t bytes)
{
	size_t head = (sizeof(lq_buffer) + 63) / 64 * 64, data = (bytes + 63) / 64 * 64, need = (head + data + page - 1) / page * page;
	uint8_t *map = mmap(NULL, need + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return NULL;
	mprotect(map + need, page, PROT_NONE);
	pthread_mutex_lock(&lock);
	slot *s = take_slot();
	if (!s) {
		pthread_mutex_unlock(&lock);
		munmap(map, need + page);
		return NULL;
	}
	*s = (slot){.map = map, .size = need, .buf = (lq_buffer *)(map + (need - head - data)), .refs = 1, .serial = ++serial, .capacity = bytes};
	*hint_of(s->buf) = (uint16_t)(s - slots);
	snprintf(s->op, sizeof s->op, "%s", v_trace_now()->op);
	n_live++;
	pthread_mutex_unlock(&lock);
	*s->buf = (lq_buffer){.struct_size = sizeof(lq_buffer), .format = v_format_ref(fmt), .pts = LQ_TIME_NONE, .dts = LQ_TIME_NONE,
	                      .capture_time = LQ_TIME_NONE};
	return s;
}

static uint32_t rounded(uint32_t n)
{
	return (n + 63) & ~63u;
}

/* The planes of a picture; returns the bytes that they need. */
static uint64_t lay_out(const lq_format *f, lq_buffer *b, uint8_t *at)
{
	uint32_t w = f->width, h = f->height, half_w = (w + 1) / 2, half_h = (h + 1) / 2, n = 1;
	uint32_t widths[3] = {w, half_w, half_w}, rows[3] = {h, half_h, half_h};
	if (!w || !h || w > SIDE_MAX || h > SIDE_MAX)
		return 0;
	switch (f->pixel) {
	case LQ_PIXEL_I420: n = 3; break;
	case LQ_PIXEL_NV12: n = 2, widths[1] = 2 * half_w; break;
	case LQ_PIXEL_YUYV: widths[0] = 4 * half_w; break;
	case LQ_PIXEL_BGRA:
	case LQ_PIXEL_RGBA: widths[0] = 4 * w; break;
	default: return 0;
	}
	uint64_t bytes = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (b) {
			b->planes[i] = at + bytes;
			b->strides[i] = rounded(widths[i]);
			b->n_planes = n;
		}
		bytes += (uint64_t)rounded(widths[i]) * rows[i];
	}
	return bytes;
}

static int is_picture(const lq_format *f)
{
	return f->media == LQ_MEDIA_VIDEO && f->codec == LQ_CODEC_RAW;
}

lq_buffer *v_buffer_new(const lq_format *fmt, uint32_t size)
{
	uint64_t bytes = is_picture(fmt) ? lay_out(fmt, NULL, NULL) : size;
	if ((is_picture(fmt) && !bytes) || bytes > 256u << 20)
		return NULL;
	slot *s = allocate(fmt, (uint32_t)bytes + TAIL);
	if (!s)
		return NULL;
	lq_buffer *b = s->buf;
	uint8_t *data = (uint8_t *)b + (sizeof(lq_buffer) + 63) / 64 * 64;
	if (is_picture(fmt)) {
		lay_out(fmt, b, data);
		memset(data, 0xa5, bytes); /* what a pool gives is not zero either */
	} else {
		b->planes[0] = data;
		b->n_planes = 1;
		b->size = size;
		memset(data, 0xa5, size);
	}
	return b;
}

lq_buffer *v_buffer_wrap(const lq_format *fmt, lq_free_fn release, void *opaque)
{
	slot *s = allocate(fmt, 0);
	if (!s)
		return NULL;
	s->capacity = 0;
	s->release = release;
	s->opaque = opaque;
	return s->buf;
}

/* ---- references ---- */

lq_buffer *v_buffer_ref(lq_buffer *buf)
{
	pthread_mutex_lock(&lock);
	slot *s = slot_of(buf);
	if (!s || !s->refs)
		v_find(s ? "takes a reference to a buffer that it has released" : "takes a reference to something that is no buffer");
	else if (++s->refs == 2)
		protect(s, PROT_READ);
	pthread_mutex_unlock(&lock);
	return buf;
}

/* The last reference goes: the bytes behind the data must be untouched. */
static void check_tail(const slot *s)
{
	const lq_buffer *b = s->buf;
	if (!s->capacity || is_picture(b->format))
		return;
	const uint8_t *tail = (const uint8_t *)b + (sizeof(lq_buffer) + 63) / 64 * 64 + s->capacity - TAIL;
	for (int i = 0; i < TAIL; i++)
		if (tail[i]) {
			v_find("writes beyond the end of a buffer (of %u bytes)", s->capacity - TAIL);
			return;
		}
}

void v_buffer_unref(lq_buffer *buf)
{
	if (!buf)
		return;
	pthread_mutex_lock(&lock);
	slot *s = slot_of(buf);
	if (!s || !s->refs) {
		v_find(s ? "releases a buffer twice" : "releases something that is no buffer");
		pthread_mutex_unlock(&lock);
		return;
	}
	if (--s->refs) {
		if (s->refs == 1)
			protect(s, PROT_READ | PROT_WRITE);
		pthread_mutex_unlock(&lock);
		return;
	}
	check_tail(s);
	lq_free_fn release = s->release;
	void *opaque = s->opaque;
	const lq_format *fmt = buf->format;
	protect(s, PROT_NONE);
	n_live--;
	pthread_mutex_unlock(&lock);
	if (release)
		release(opaque);
	v_format_unref(fmt);
}

static void copy(lq_buffer *to, const lq_buffer *from)
{
	lq_buffer fresh = *to;
	*to = *from;
	to->format = fresh.format;
	memcpy(to->planes, fresh.planes, sizeof to->planes);
	memcpy(to->strides, fresh.strides, sizeof to->strides);
	to->n_planes = fresh.n_planes;
	if (!is_picture(from->format)) {
		if (from->size)
			memcpy(to->planes[0], from->planes[0], from->size);
		return;
	}
	for (uint32_t i = 0; i < to->n_planes; i++) {
		uint32_t rows = i ? (from->format->height + 1) / 2 : from->format->height;
		uint32_t bytes = to->strides[i] < from->strides[i] ? to->strides[i] : from->strides[i];
		for (uint32_t y = 0; y < rows; y++)
			memcpy(to->planes[i] + (size_t)y * to->strides[i], from->planes[i] + (size_t)y * from->strides[i], bytes);
	}
}

lq_buffer *v_buffer_writable(lq_buffer *buf)
{
	pthread_mutex_lock(&lock);
	slot *s = slot_of(buf);
	int own = s && s->refs == 1 && s->capacity, dead = !s || !s->refs;
	pthread_mutex_unlock(&lock);
	if (dead)
		v_find("asks for a writable copy of a buffer that it has released");
	if (own || dead)
		return buf;
	lq_buffer *fresh = v_allocation_fails() ? NULL : v_buffer_new(buf->format, buf->size);
	if (fresh)
		copy(fresh, buf);
	v_buffer_unref(buf);
	return fresh;
}

uint32_t v_buffers_live(void)
{
	return n_live;
}

const char *v_buffers_oldest(void)
{
	const slot *oldest = NULL;
	for (uint32_t i = 0; i < n_slots; i++)
		if (slots[i].refs && (!oldest || slots[i].serial < oldest->serial))
			oldest = &slots[i];
	return oldest && *oldest->op ? oldest->op : "no op";
}

int v_buffer_is_shared(const lq_buffer *buf)
{
	pthread_mutex_lock(&lock);
	const slot *s = slot_of(buf);
	int yes = s && s->refs > 1;
	pthread_mutex_unlock(&lock);
	return yes;
}

/* Bytes that rows of plane i need at least, and how many there are; 0: there is no such plane. */
static uint32_t plane_needs(const lq_format *f, uint32_t i, uint32_t *rows)
{
	uint32_t half = (f->width + 1) / 2;
	*rows = i ? (f->height + 1) / 2 : f->height;
	switch (f->pixel) {
	case LQ_PIXEL_I420: return i == 0 ? f->width : i < 3 ? half : 0;
	case LQ_PIXEL_NV12: return i == 0 ? f->width : i < 2 ? 2 * half : 0;
	case LQ_PIXEL_YUYV: return i == 0 ? 4 * half : 0;
	default: return i == 0 ? 4 * f->width : 0;
	}
}

static int is_inside(const slot *s, const uint8_t *data, uint64_t size)
{
	return !s->capacity || (data >= s->map && data <= s->map + s->size && size <= (uint64_t)(s->map + s->size - data));
}

const char *v_buffer_misfit(const lq_buffer *b)
{
	const slot *s = slot_of(b);
	uint32_t rows, bytes;
	if (!is_picture(b->format))
		return is_inside(s, b->planes[0], b->size) && (!s->capacity || b->size <= s->capacity - TAIL) ? NULL : "more bytes than its buffer has";
	for (uint32_t i = 0; (bytes = i < 4 ? plane_needs(b->format, i, &rows) : 0); i++) {
		if (i >= b->n_planes || !b->planes[i])
			return "fewer planes than its pixel format has";
		if (b->strides[i] < bytes)
			return "rows that are shorter than the width";
		if (!is_inside(s, b->planes[i], (uint64_t)b->strides[i] * (rows - 1) + bytes))
			return "rows that lie outside its buffer";
	}
	return NULL;
}

int v_buffer_is_ours(const lq_buffer *buf)
{
	pthread_mutex_lock(&lock);
	const slot *s = slot_of(buf);
	int yes = s && s->refs;
	pthread_mutex_unlock(&lock);
	return yes;
}
