#include "segments.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/shm.h>

struct lq__segments {
	lq__segment items[LQ__SEGMENTS];
	atomic_int refs; /* the node, and each segment downstream */
};

static void unref(lq__segments *s)
{
	if (atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (int i = 0; i < LQ__SEGMENTS; i++)
		if (s->items[i].data)
			shmdt(s->items[i].data);
	free(s);
}

static int attach(lq__segment *seg, xcb_connection_t *c, size_t bytes)
{
	int id = shmget(IPC_PRIVATE, bytes, IPC_CREAT | 0600);
	if (id < 0)
		return -1;
	void *data = shmat(id, NULL, 0);
	xcb_generic_error_t *error = NULL;
	if (data != (void *)-1) {
		seg->data = data;
		seg->id = xcb_generate_id(c);
		error = xcb_request_check(c, xcb_shm_attach_checked(c, seg->id, (uint32_t)id, 0));
	}
	shmctl(id, IPC_RMID, NULL); /* gone with the last who uses it */
	int bad = data == (void *)-1 || error;
	free(error);
	return bad ? -1 : 0;
}

lq__segments *lq__segments_create(xcb_connection_t *c, size_t bytes)
{
	lq__segments *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	atomic_init(&s->refs, 1);
	for (int i = 0; i < LQ__SEGMENTS; i++) {
		s->items[i].owner = s;
		if (attach(&s->items[i], c, bytes)) {
			lq__segments_drop(s, c);
			return NULL;
		}
	}
	return s;
}

void lq__segments_drop(lq__segments *s, xcb_connection_t *c)
{
	if (!s)
		return;
	for (int i = 0; i < LQ__SEGMENTS; i++)
		if (s->items[i].id)
			xcb_shm_detach(c, s->items[i].id);
	unref(s);
}

lq__segment *lq__segment_take(lq__segments *s)
{
	for (int i = 0; i < LQ__SEGMENTS; i++)
		if (!atomic_exchange_explicit(&s->items[i].busy, 1, memory_order_acquire)) {
			atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
			return &s->items[i];
		}
	return NULL;
}

void lq__segment_release(void *segment)
{
	lq__segment *seg = segment;
	lq__segments *s = seg->owner;
	atomic_store_explicit(&seg->busy, 0, memory_order_release);
	unref(s);
}
