/* The queue's policy: when more media waits than `buffer` allows, pictures are dropped up to a key frame, then sound, too; both keep their own times,
 * so they stay in step. What is dropped is counted and told. */
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>

#include "outlet.h"

#define ASK_INTERVAL (500 * LQ_MSEC)
#define TELL_INTERVAL (5 * LQ_SEC)

int64_t outlet_time(const outlet *o, const lq_buffer *buf)
{
	return o->opt.capture_clock && buf->capture_time != LQ_TIME_NONE && buf->dts == LQ_TIME_NONE ? buf->capture_time : buf->pts;
}

static void ask_key(outlet *o, outlet_track *t, int64_t now)
{
	if (t->asked != LQ_TIME_NONE && now - t->asked < ASK_INTERVAL)
		return;
	t->asked = now;
	lq__ask_key_frame(o->host, atomic_load(&t->port));
}

/* What comes before a track's first key frame was never meant to go. */
static void count_drop(outlet *o, const outlet_track *t, const lq_buffer *buf, int64_t now)
{
	if (!t->taken && !o->dropping && !o->dropping_audio) {
		atomic_fetch_add(&o->skipped, 1);
		return;
	}
	if (!o->gap_packets++)
		o->gap_start = now;
	o->dropped++;
	o->dropped_bytes += buf->size;
}

/* A gap is over: what was lost in it is told. */
static void end_gap(outlet *o, int64_t now)
{
	char text[200];
	snprintf(text, sizeof text, "%.100s: %llu packets dropped within %.1f s", o->where, (unsigned long long)o->gap_packets,
	         (double)(now - o->gap_start) / 1e9);
	lq__tell(o->host, LQ_EVENT_DROPPED, PORT_VIDEO, (int64_t)o->gap_packets, text);
	o->gap_packets = 0;
}

static void begin_dropping(outlet *o, int64_t now)
{
	char text[300];
	o->dropping = 1;
	if (o->told != LQ_TIME_NONE && now - o->told < TELL_INTERVAL)
		return;
	o->told = now;
	snprintf(text, sizeof text, "%.150s: takes less than the media needs; pictures are dropped up to the next key frame", o->where);
	lq__tell(o->host, LQ_EVENT_WARNING, PORT_VIDEO, LQ_EFULL, text);
}

static int waits_for_key(const outlet *o)
{
	for (int i = 0; i < OUTLET_SLOTS; i++)
		if (atomic_load(&o->tracks[i].linked) && o->tracks[i].need_key)
			return 1;
	return 0;
}

/* Whether the queue has room again for a whole group. */
static int has_room(const outlet *o, int64_t depth)
{
	return depth <= o->opt.buffer / 2 && ring_count(&o->ring) < RING_SLOTS / 2;
}

static int admits_video(outlet *o, outlet_track *t, const lq_buffer *buf, int64_t depth, int64_t now)
{
	int key = (buf->flags & LQ_BUFFER_KEY) != 0;
	if (!o->dropping && (depth > o->opt.buffer || ring_count(&o->ring) >= RING_SLOTS - 256))
		begin_dropping(o, now);
	if (o->dropping) {
		o->groups += !t->need_key || key;
		t->need_key = 1;
		if (!has_room(o, depth))
			return 0;
		o->dropping = 0;
	}
	if (t->need_key && !key) {
		ask_key(o, t, now);
		return 0;
	}
	t->need_key = 0;
	return 1;
}

/* Sound needs little: it goes on while pictures are dropped and those before them get away, unless nothing moves at all. */
static int admits_audio(outlet *o, int64_t depth)
{
	if (depth > 4 * o->opt.buffer || ring_count(&o->ring) >= RING_SLOTS - 64)
		o->dropping_audio = 1;
	else if (depth <= o->opt.buffer)
		o->dropping_audio = 0;
	return !o->dropping_audio;
}

/* While the worker works it will make room. */
static void wait_for_room(outlet *o)
{
	struct pollfd p = {.fd = o->room, .events = POLLIN};
	eventfd_t n;
	for (int phase; ring_count(&o->ring) > RING_SLOTS * 3 / 4 && ((phase = atomic_load(&o->phase)) == PHASE_FIRST || phase == PHASE_OPEN);)
		if (poll(&p, 1, 100) == 1)
			eventfd_read(o->room, &n);
}

void outlet_admit(outlet *o, uint32_t slot, lq_buffer *buf)
{
	if (o->patient)
		wait_for_room(o);
	outlet_track *t = &o->tracks[slot];
	int64_t now = o->host->now(o->host), time = outlet_time(o, buf);
	int phase = atomic_load(&o->phase), video = atomic_load(&t->media) == LQ_MEDIA_VIDEO;
	int64_t depth = phase == PHASE_OPEN && !o->patient ? ring_depth(&o->ring, time) : 0;
	if (phase == PHASE_EARLY) {
		t->need_key = video;
		t->taken = 0;
		atomic_fetch_add(&o->skipped, 1);
		return;
	}
	if (phase == PHASE_IDLE || phase == PHASE_CLOSED) {
		o->groups += video && buf->flags & LQ_BUFFER_KEY;
		o->dropping = o->dropping_audio = 0;
		t->need_key = video;
		count_drop(o, t, buf, now);
		return;
	}
	if (video ? !admits_video(o, t, buf, depth, now) : !admits_audio(o, depth)) {
		count_drop(o, t, buf, now);
		return;
	}
	lq_buffer *own = o->host->buffer_ref(o->host, buf);
	if (!ring_put(&o->ring, slot | atomic_load(&t->generation) << 8, own, time)) {
		o->host->buffer_unref(o->host, own);
		t->need_key = video;
		count_drop(o, t, buf, now);
		return;
	}
	t->taken++;
	if (!o->dropping && !o->dropping_audio && o->gap_packets && !waits_for_key(o))
		end_gap(o, now);
}
