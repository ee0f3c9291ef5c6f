/* Tracks of one worker for receivers of another. The source's worker copies each packet into a ring, the mirror's takes it out and forwards it as if it had come from a publisher;
 * requests for key frames go back. Nothing is encoded or sent over the network twice. */
#ifndef LQ_SERVER_MEDIA_RELAY_H
#define LQ_SERVER_MEDIA_RELAY_H

#include "server/media/track.h"

typedef struct lq__relay_entry {
	uint32_t generation; /* of the source */
	uint32_t size;       /* of its last key frame */
	int8_t key;          /* one can begin with this packet; -1: it is no packet but the sender's report */
	lq_sender_info sr;
	lq__slot slot;
} lq__relay_entry;

/* Between an encoding and its mirror: one writes, one reads. */
struct lq__relay {
	lq__link link; /* of the source */
	lq__media_track *from, *to;
	uint32_t mask, generation;   /* generation: that came last; the reader's */
	_Atomic uint32_t head, tail; /* written, read */
	atomic_int key_wanted;
	lq__relay_entry *ring;
};

/* The source's worker: */
void lq__relay_packet(lq__media_track *t, const lq__slot *slot, int key); /* to all its mirrors */
void lq__relay_report(lq__media_track *t);
void lq__relay_tick(lq__media_track *t);
/* The mirror's worker: */
void lq__relay_take(lq__worker *w);
void lq__relay_want_key(lq__relay *r);

#endif
