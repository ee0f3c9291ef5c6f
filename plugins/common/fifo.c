#include "fifo.h"

#include <loquat/plugin/errors.h>
#include <stdlib.h>
#include <string.h>

int lq__fifo_init(lq__fifo *f, uint32_t channels, uint32_t frames)
{
	*f = (lq__fifo){.room = frames, .channels = channels};
	f->data = calloc((size_t)frames * channels, sizeof *f->data);
	return f->data ? 0 : LQ_ENOMEM;
}

void lq__fifo_finish(lq__fifo *f)
{
	free(f->data);
	f->data = NULL;
}

uint32_t lq__fifo_fill(const lq__fifo *f)
{
	uint64_t read = atomic_load_explicit(&f->read, memory_order_acquire);
	uint64_t written = atomic_load_explicit(&f->written, memory_order_acquire);
	return written > read ? (uint32_t)(written - read) : 0;
}

/* The frames at an absolute place; *n becomes how many of them lie in one piece. */
static float *piece(const lq__fifo *f, uint64_t at, uint32_t *n)
{
	uint32_t place = (uint32_t)(at % f->room);
	if (*n > f->room - place)
		*n = f->room - place;
	return f->data + (size_t)place * f->channels;
}

uint32_t lq__fifo_write(lq__fifo *f, const float *in, uint32_t n)
{
	uint64_t at = atomic_load_explicit(&f->written, memory_order_relaxed);
	uint32_t free_room = f->room - lq__fifo_fill(f), take = n < free_room ? n : free_room;
	for (uint32_t done = 0; done < take;) {
		uint32_t part = take - done;
		float *to = piece(f, at + done, &part);
		size_t bytes = (size_t)part * f->channels * sizeof *to;
		if (in)
			memcpy(to, in + (size_t)done * f->channels, bytes);
		else
			memset(to, 0, bytes);
		done += part;
	}
	atomic_store_explicit(&f->written, at + take, memory_order_release);
	return take;
}

uint32_t lq__fifo_read(lq__fifo *f, float *out, uint32_t n)
{
	uint64_t at = atomic_load_explicit(&f->read, memory_order_relaxed);
	uint32_t fill = lq__fifo_fill(f), take = n < fill ? n : fill;
	for (uint32_t done = 0; out && done < take;) {
		uint32_t part = take - done;
		const float *from = piece(f, at + done, &part);
		memcpy(out + (size_t)done * f->channels, from, (size_t)part * f->channels * sizeof *from);
		done += part;
	}
	atomic_store_explicit(&f->read, at + take, memory_order_release);
	return take;
}
