/* The times that a loop's nodes want to be woken at: a binary heap that allocates when nodes come, never when timers are set. */
#include "graph/graph.h"

static int earlier(const lq__loop *l, size_t a, size_t b)
{
	return l->heap[a]->wake < l->heap[b]->wake;
}

static void swap(lq__loop *l, size_t a, size_t b)
{
	lq_node *n = l->heap[a];
	l->heap[a] = l->heap[b];
	l->heap[b] = n;
	l->heap[a]->heap_slot = a;
	l->heap[b]->heap_slot = b;
}

static void up(lq__loop *l, size_t i)
{
	for (; i > 1 && earlier(l, i, i / 2); i /= 2)
		swap(l, i, i / 2);
}

static void down(lq__loop *l, size_t i)
{
	for (size_t c; (c = 2 * i) <= l->n_heap; i = c) {
		if (c < l->n_heap && earlier(l, c + 1, c))
			c++;
		if (!earlier(l, c, i))
			break;
		swap(l, c, i);
	}
}

int lq__timer_reserve(lq__loop *loop, size_t n)
{
	if (n + 1 <= loop->heap_room)
		return 0;
	size_t room = 2 * (n + 1);
	lq_node **heap = lq__realloc(loop->heap, room * sizeof *heap);
	if (!heap)
		return LQ_ENOMEM;
	loop->heap = heap;
	loop->heap_room = room;
	return 0;
}

/* Sets the time, or keeps an earlier one. */
void lq__timer_set(lq__loop *loop, lq_node *node, int64_t time)
{
	if (!node->heap_slot) {
		node->wake = time;
		node->heap_slot = ++loop->n_heap;
		loop->heap[node->heap_slot] = node;
	} else if (time < node->wake) {
		node->wake = time;
	}
	up(loop, node->heap_slot);
}

void lq__timer_clear(lq__loop *loop, lq_node *node)
{
	size_t i = node->heap_slot;
	if (!i)
		return;
	swap(loop, i, loop->n_heap--);
	node->heap_slot = 0;
	if (i <= loop->n_heap) {
		up(loop, i);
		down(loop, i);
	}
}

/* Takes the next node whose time has come. */
lq_node *lq__timer_due(lq__loop *loop, int64_t now)
{
	if (!loop->n_heap || loop->heap[1]->wake > now)
		return NULL;
	lq_node *node = loop->heap[1];
	lq__timer_clear(loop, node);
	return node;
}

void lq__wake_at(lq_node *node, int64_t time)
{
	lq__loop_lock(node->loop);
	lq__timer_set(node->loop, node, time);
	lq__loop_notify_unlock(node->loop);
}
