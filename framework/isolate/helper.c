#include "isolate/helper.h"

#include <loquat/plugin/errors.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "media/format.h"

enum { FREE_BATCH = 4 }; /* free results that are told at once; fewer go along with the next buffer */
#define MAPPED_MAX ((uint64_t)1 << 30)

int lq__helper_open(int fd, pid_t pid, lq__helper **out)
{
	lq__helper *h = lq__calloc(1, sizeof *h);
	if (!h || !(h->room = lq__malloc(LQ__WIRE_MAX))) {
		lq__free(h);
		close(fd);
		return LQ_ENOMEM;
	}
	atomic_init(&h->refs, 1);
	pthread_mutex_init(&h->lock, NULL);
	h->fd = fd;
	h->pid = pid;
	for (uint32_t i = 0; i < LQ__WIRE_RESULTS; i++)
		h->results[i] = (lq__result){.helper = h, .number = i};
	*out = h;
	return 0;
}

static void unref(lq__helper *h)
{
	if (atomic_fetch_sub_explicit(&h->refs, 1, memory_order_acq_rel) != 1)
		return;
	pthread_mutex_destroy(&h->lock);
	lq__free(h->room);
	lq__free(h);
}

static void close_descriptors(lq__helper *h)
{
	while (h->next_fd < h->n_fds)
		close(h->fds[h->next_fd++]);
}

uint32_t lq__helper_close(lq__helper *h)
{
	uint32_t in_op = h->n_in_op;
	close_descriptors(h);
	pthread_mutex_lock(&h->lock);
	close(h->fd);
	h->fd = -1;
	pthread_mutex_unlock(&h->lock);
	for (uint32_t i = 0; i < LQ__WIRE_INPUTS; i++)
		lq__buffer_unref(h->inputs[i]);
	for (uint32_t i = 0; i < LQ__WIRE_SEGMENTS; i++)
		lq__segment_unref(h->mapped[i]);
	for (uint32_t i = 0; i < LQ__WIRE_FORMATS; i++)
		lq__format_unref(h->learned[i]);
	lq__outbox_finish(&h->out);
	unref(h);
	return in_op;
}

/* Under lock. */
static void say_freed(lq__helper *h, lq__bytes *b)
{
	for (uint32_t i = 0; i < h->n_freed; i++) {
		size_t begin = lq__record_begin(b, LQ__SAY_FREE);
		lq__bytes_u32(b, h->freed[i]);
		lq__record_end(b, begin);
		h->results[h->freed[i]].busy = 0;
	}
	h->n_freed = 0;
}

/* [any] The graph needs a result no more. The message is built where it costs no memory, since this may be any thread at any time. */
static void free_result(void *opaque)
{
	lq__result *res = opaque;
	lq__helper *h = res->helper;
	uint8_t room[FREE_BATCH * 12];
	lq__bytes b = {room, 0, sizeof room, 0};
	pthread_mutex_lock(&h->lock);
	lq__segment *segment = res->segment;
	lq_buffer *input = res->input;
	res->segment = NULL;
	res->input = NULL;
	if (h->fd >= 0) {
		h->freed[h->n_freed++] = res->number;
		uint32_t n = h->n_freed;
		if (n == FREE_BATCH) {
			say_freed(h, &b);
			if (lq__wire_send(h->fd, &b, NULL, 0))
				for (; h->n_freed < n; h->n_freed++) /* they go with the next message */
					h->results[h->freed[h->n_freed]].busy = 1;
		}
	}
	pthread_mutex_unlock(&h->lock);
	lq__segment_unref(segment);
	lq__buffer_unref(input);
	unref(h);
}

int lq__helper_flush(lq__helper *h)
{
	pthread_mutex_lock(&h->lock);
	say_freed(h, &h->out.bytes);
	pthread_mutex_unlock(&h->lock);
	return lq__outbox_send(&h->out, h->fd);
}

static lq__segment *segment_of(const lq_buffer *buf)
{
	return ((const lq__block *)buf)->segment;
}

/* A reference to the buffer, or to a copy of it that can be seen from there. NULL: no memory, or no room for a further segment. */
static lq_buffer *make_visible(lq__helper *h, lq__pool *pool, lq_buffer *buf, lq__wire_buffer *w, uint64_t *copied)
{
	lq__wire_describe(w, buf);
	if (!w->n_planes)
		return lq__buffer_ref(buf);
	lq_buffer *own = lq__outbox_locate(buf, w) ? lq__buffer_ref(buf) : lq__buffer_copy(pool, buf);
	if (!own)
		return NULL;
	if (own != buf) {
		++*copied;
		lq__wire_describe(w, own);
	}
	if (!lq__outbox_locate(own, w) || lq__outbox_segment(&h->out, segment_of(own))) {
		lq__buffer_unref(own);
		return NULL;
	}
	w->where = LQ__IN_SEGMENT;
	w->source = segment_of(own)->id;
	return own;
}

int lq__helper_give(lq__helper *h, lq__pool *pool, uint32_t port, lq_buffer *buf, uint32_t flags, uint64_t *copied)
{
	lq__wire_buffer w;
	if (h->out.bytes.n > LQ__WIRE_MAX / 2)
		return LQ_EAGAIN;
	uint32_t number = lq__outbox_number(h->inputs, LQ__WIRE_INPUTS, &h->last_input);
	if (number == LQ__WIRE_INPUTS)
		return LQ_EFULL;
	lq_buffer *own = make_visible(h, pool, buf, &w, copied);
	if (!own)
		return LQ_ENOMEM;
	w.number = number;
	w.port = port;
	w.flags |= flags;
	w.format = lq__outbox_format(&h->out, own->format);
	h->inputs[number] = own;
	h->in_op[number] = 1;
	h->n_inputs++;
	h->n_in_op++;
	size_t begin = lq__record_begin(&h->out.bytes, LQ__SAY_BUFFER);
	lq__bytes_add(&h->out.bytes, &w, sizeof w);
	lq__record_end(&h->out.bytes, begin);
	int r = lq__helper_flush(h);
	return r == LQ_EAGAIN ? 0 : r; /* it goes with the next message */
}

int lq__helper_receive(lq__helper *h, lq__reader *message)
{
	size_t size = 0;
	close_descriptors(h);
	int r = lq__wire_receive(h->fd, h->room, &size, h->fds, &h->n_fds);
	h->next_fd = 0;
	if (r == LQ_EPROTO)
		h->fault = "a message too large";
	*message = (lq__reader){h->room, h->room + size, 0};
	return r;
}

static int wrong(lq__helper *h, const char *what)
{
	h->fault = what;
	return LQ_EPROTO;
}

static lq__segment **find_mapped(lq__helper *h, uint32_t id)
{
	for (uint32_t i = 0; i < LQ__WIRE_SEGMENTS; i++)
		if (h->mapped[i] && h->mapped[i]->id == id)
			return &h->mapped[i];
	return NULL;
}

static int map_segment(lq__helper *h, lq__reader *r)
{
	uint32_t i = 0, id = lq__read_u32(r);
	uint64_t size = lq__read_u64(r);
	while (i < LQ__WIRE_SEGMENTS && h->mapped[i])
		i++;
	if (r->bad || find_mapped(h, id) || h->next_fd >= h->n_fds || !size)
		return wrong(h, "a segment that is none");
	if (i == LQ__WIRE_SEGMENTS || size > MAPPED_MAX - h->mapped_bytes)
		return wrong(h, "too much memory");
	int code = lq__segment_map(id, h->fds[h->next_fd++], size, &h->mapped[i]);
	if (code)
		return code == LQ_EPROTO ? wrong(h, "memory that is not sealed") : code;
	h->mapped_bytes += size;
	return 0;
}

static int forget_segment(lq__helper *h, lq__reader *r)
{
	lq__segment **s = find_mapped(h, lq__read_u32(r));
	if (!s)
		return wrong(h, "a segment that is none");
	h->mapped_bytes -= (*s)->size;
	lq__segment_unref(*s);
	*s = NULL;
	return 0;
}

static int learn_format(lq__helper *h, lq__pool *pool, lq__reader *r)
{
	lq_format f = {.struct_size = sizeof f};
	uint32_t i = lq__read_u32(r);
	lq__wire_read_format(r, &f);
	if (r->bad || i >= LQ__WIRE_FORMATS || !lq__format_is_complete(&f))
		return wrong(h, "a format that is none");
	const lq_format *fmt = lq__format_new(pool, &f);
	if (!fmt)
		return LQ_ENOMEM;
	lq__format_unref(h->learned[i]);
	h->learned[i] = fmt;
	return 0;
}

static int free_input(lq__helper *h, uint32_t i)
{
	if (i >= LQ__WIRE_INPUTS || !h->inputs[i] || h->in_op[i])
		return wrong(h, "a buffer back that it has not got");
	lq__buffer_unref(h->inputs[i]);
	h->inputs[i] = NULL;
	h->n_inputs--;
	return 0;
}

int lq__helper_taken(lq__helper *h, uint32_t i)
{
	if (i >= LQ__WIRE_INPUTS || !h->inputs[i] || !h->in_op[i])
		return wrong(h, "word of a buffer that it has not got");
	h->in_op[i] = 0;
	h->n_in_op--;
	return 0;
}

/* Where a result lies, as far as its sender may use that: *from to *to of a segment. */
static int find_memory(lq__helper *h, const lq__wire_buffer *w, lq__segment **segment, uint64_t *from, uint64_t *to)
{
	if (w->where == LQ__IN_SEGMENT) {
		lq__segment **s = find_mapped(h, w->source);
		if (!s)
			return 0;
		*segment = *s;
		*from = 0;
		*to = (*s)->size;
		return 1;
	}
	lq_buffer *input = w->source < LQ__WIRE_INPUTS ? h->inputs[w->source] : NULL;
	const lq__block *b = (const lq__block *)input;
	if (!input || !b->segment || !input->planes[0])
		return 0;
	*segment = b->segment;
	*from = b->capacity ? (uint64_t)(b->data - b->segment->base) : 0;
	*to = b->capacity ? *from + b->capacity : b->segment->size;
	return 1;
}

static int take_result(lq__helper *h, lq__pool *pool, lq__reader *r, lq_buffer **out, uint32_t *port)
{
	lq__wire_buffer w = {0};
	lq__segment *segment = NULL;
	uint64_t from = 0, to = 0;
	lq__wire_read_buffer(r, &w);
	if (r->bad || w.number >= LQ__WIRE_RESULTS || w.format >= LQ__WIRE_FORMATS || !h->learned[w.format])
		return wrong(h, "a buffer that is none");
	if (w.where != LQ__IN_NOTHING && !find_memory(h, &w, &segment, &from, &to))
		return wrong(h, "a buffer in memory that is not its own");
	const lq_format *fmt = h->learned[w.format];
	if (!lq__wire_buffer_fits(&w, fmt, from, to))
		return wrong(h, "a buffer that does not lie in its memory");
	lq__result *res = &h->results[w.number];
	pthread_mutex_lock(&h->lock);
	int busy = res->busy;
	pthread_mutex_unlock(&h->lock);
	if (busy)
		return wrong(h, "a buffer twice");
	lq_buffer *buf = lq__buffer_wrap(pool, fmt, free_result, res);
	pthread_mutex_lock(&h->lock);
	if (!buf) { /* dropped */
		res->busy = 1;
		h->freed[h->n_freed++] = w.number;
		pthread_mutex_unlock(&h->lock);
		return LQ_EAGAIN;
	}
	res->busy = 1;
	res->segment = w.where == LQ__IN_SEGMENT ? lq__segment_ref(segment) : NULL;
	res->input = w.where == LQ__IN_INPUT ? lq__buffer_ref(h->inputs[w.source]) : NULL;
	pthread_mutex_unlock(&h->lock);
	atomic_fetch_add_explicit(&h->refs, 1, memory_order_relaxed);
	((lq__block *)buf)->segment = segment;
	lq__wire_apply(&w, buf);
	for (uint32_t i = 0; i < w.n_planes; i++)
		buf->planes[i] = segment->base + w.offsets[i];
	*out = buf;
	*port = w.port;
	return w.copied ? 1 : 0;
}

int lq__helper_record(lq__helper *h, lq__pool *pool, uint32_t type, lq__reader *r, lq_buffer **result, uint32_t *port)
{
	switch (type) {
	case LQ__SAY_BUFFER: return take_result(h, pool, r, result, port);
	case LQ__SAY_FREE: return free_input(h, lq__read_u32(r));
	case LQ__SAY_FORMAT: return learn_format(h, pool, r);
	case LQ__SAY_SEGMENT: return map_segment(h, r);
	case LQ__SAY_FORGET: return forget_segment(h, r);
	}
	return LQ_ENOTSUP;
}

void lq__helper_tidy(lq__helper *h)
{
	lq__outbox_forget_retired(&h->out);
	lq__helper_flush(h);
}

void lq__helper_death(int status, char *out, size_t size)
{
	if (status != -1 && WIFSIGNALED(status)) {
		const char *name = sigabbrev_np(WTERMSIG(status));
		snprintf(out, size, "crashed (SIG%s)", name ? name : "?");
	} else if (status != -1 && WIFEXITED(status)) {
		snprintf(out, size, "ended (exit status %d)", WEXITSTATUS(status));
	} else {
		snprintf(out, size, "ended");
	}
}
