/* The way from the node's loop to its I/O thread: one thread puts packets in, another takes them out, and neither waits for the other.
 * The ring owns a reference to each packet in it. */
#ifndef LQ_PLUGINS_BROADCAST_PACKET_RING_H
#define LQ_PLUGINS_BROADCAST_PACKET_RING_H

#include <loquat/plugin/buffer.h>
#include <stdatomic.h>

enum { RING_SLOTS = 2048 };

typedef struct ring_item {
	uint32_t port;
	lq_buffer *buf;
} ring_item;

typedef struct packet_ring {
	ring_item items[RING_SLOTS];
	atomic_uint head, tail;     /* counts, not places: put in, taken out */
	_Atomic int64_t taken_time; /* of the last packet that was taken out */
} packet_ring;

static inline uint32_t ring_count(const packet_ring *r)
{
	return atomic_load_explicit(&r->head, memory_order_acquire) - atomic_load_explicit(&r->tail, memory_order_acquire);
}

/* [producer] Takes the reference where it returns 1; 0: full. `time`: of the packet. */
static inline int ring_put(packet_ring *r, uint32_t port, lq_buffer *buf, int64_t time)
{
	uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	if (head - atomic_load_explicit(&r->tail, memory_order_acquire) == RING_SLOTS)
		return 0;
	if (!ring_count(r)) /* nobody takes anything now */
		atomic_store_explicit(&r->taken_time, time, memory_order_relaxed);
	r->items[head % RING_SLOTS] = (ring_item){port, buf};
	atomic_store_explicit(&r->head, head + 1, memory_order_release);
	return 1;
}

/* [consumer] Entry `i` from the oldest, which stays in; NULL behind the newest. */
static inline const ring_item *ring_peek(const packet_ring *r, uint32_t i)
{
	return i < ring_count(r) ? &r->items[(atomic_load_explicit(&r->tail, memory_order_relaxed) + i) % RING_SLOTS] : NULL;
}

/* [consumer] The oldest, which ring_peek has shown; the reference goes to the caller. `time`: where the media stands then. */
static inline ring_item ring_take(packet_ring *r, int64_t time)
{
	uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	ring_item item = r->items[tail % RING_SLOTS];
	atomic_store_explicit(&r->taken_time, time, memory_order_relaxed);
	atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
	return item;
}

/* [producer] How much media waits, ns, with a packet of this time at its end. */
static inline int64_t ring_depth(const packet_ring *r, int64_t time)
{
	return ring_count(r) ? time - atomic_load_explicit(&r->taken_time, memory_order_relaxed) : 0;
}

#endif
