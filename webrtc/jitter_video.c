#include "jitter_video.h"

#include <string.h>

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>

#include "base/alloc.h"
#include "payload.h"

#define SLOTS 2048
#define MAX_WAITING 512
#define MAX_FRAME (8u << 20)

typedef struct packet {
	int64_t seq;
	uint8_t *data; /* NULL: empty slot */
	uint16_t len;
	uint8_t marker, key, starts; /* key: of a key frame's start; starts: surely a frame's first packet */
	uint32_t codec, timestamp;
	uint64_t capture_ntp;
	int64_t arrival;
} packet;

struct lq__jitter_video {
	packet slots[SLOTS];
	uint32_t n;
	int started, need_key, discontinuity;
	int64_t next;          /* first packet of the next frame; with need_key: the lowest of use */
	int64_t highest;
	int64_t blocked;
	uint32_t stale;        /* packets far behind in a row: the sender has begun anew */
	uint64_t dropped;
	uint32_t last_dropped; /* timestamp + 1, so that a frame counts once */
	uint8_t *frame;
	size_t frame_size;
};

int lq__jitter_video_create(lq__jitter_video **out)
{
	lq__jitter_video *j = lq__calloc(1, sizeof *j);
	if (!j)
		return LQ_ENOMEM;
	j->need_key = 1;
	j->blocked = LQ_TIME_NONE;
	*out = j;
	return 0;
}

static packet *slot(const lq__jitter_video *j, int64_t seq)
{
	return (packet *)&j->slots[(uint64_t)seq % SLOTS];
}

static packet *get(const lq__jitter_video *j, int64_t seq)
{
	packet *p = slot(j, seq);
	return p->data && p->seq == seq ? p : NULL;
}

static void drop(lq__jitter_video *j, packet *p)
{
	lq__free(p->data);
	p->data = NULL;
	j->n--;
}

static void drop_unused(lq__jitter_video *j, packet *p)
{
	if (p->len && j->last_dropped != p->timestamp + 1) {
		j->last_dropped = p->timestamp + 1;
		j->dropped++;
	}
	drop(j, p);
}

static void drop_below(lq__jitter_video *j, int64_t seq)
{
	for (int64_t s = j->next; s < seq && s <= j->highest; s++) {
		packet *p = get(j, s);
		if (p)
			drop_unused(j, p);
	}
	j->next = seq;
}

static void reset(lq__jitter_video *j, int64_t seq)
{
	for (uint32_t i = 0; i < SLOTS; i++)
		if (j->slots[i].data)
			drop_unused(j, &j->slots[i]);
	j->next = j->highest = seq;
	j->need_key = j->discontinuity = 1;
	j->stale = 0;
}

void lq__jitter_video_destroy(lq__jitter_video *j)
{
	if (!j)
		return;
	reset(j, 0);
	lq__free(j->frame);
	lq__free(j);
}

/* ---- packets in ---- */

static int begins_frame(uint32_t codec, const uint8_t *p, size_t len, const lq_payload_info *info)
{
	if (!info->start)
		return 0;
	if (codec != LQ_CODEC_H264)
		return 1;
	/* A NAL unit of H.264 does not say whether others come before it, but a parameter set or a delimiter opens an access unit. */
	uint8_t type = p[0] & 31;
	if (type == 24 && len > 3)
		type = p[3] & 31;
	return type == 7 || type == 9;
}

/* Where does the stream stand? 0: take the packet. */
static int place(lq__jitter_video *j, int64_t seq)
{
	if (!j->started) {
		j->started = 1;
		j->next = j->highest = seq;
		return 0;
	}
	if (seq >= j->next + SLOTS) {
		reset(j, seq);
		return 0;
	}
	if (seq < j->next) {
		/* Before the first frame an earlier packet may still be the key frame's beginning. */
		if (j->need_key && !j->discontinuity && j->highest - seq < SLOTS) {
			j->next = seq;
			return 0;
		}
		if (j->next - seq > SLOTS && ++j->stale > 100) {
			reset(j, seq);
			return 0;
		}
		return LQ_END;
	}
	j->stale = 0;
	return get(j, seq) ? LQ_EEXIST : 0;
}

int lq__jitter_video_put(lq__jitter_video *j, const lq__video_packet *in)
{
	const lq_rtp *rtp = in->rtp;
	lq_payload_info info = {0};
	if (rtp->payload_len && lq_payload_inspect(in->codec, rtp->payload, rtp->payload_len, &info))
		return LQ_EPARSE;
	int e = place(j, in->seq);
	if (e)
		return e;
	packet *p = slot(j, in->seq);
	uint8_t *data = lq__malloc(rtp->payload_len);
	if (!data)
		return LQ_ENOMEM;
	if (p->data)
		drop_unused(j, p);
	if (rtp->payload_len)
		memcpy(data, rtp->payload, rtp->payload_len);
	*p = (packet){.seq = in->seq, .data = data, .len = (uint16_t)rtp->payload_len, .marker = rtp->marker, .key = info.key, .codec = in->codec,
	              .timestamp = rtp->timestamp, .capture_ntp = in->capture_ntp, .arrival = in->now};
	p->starts = rtp->payload_len && begins_frame(in->codec, rtp->payload, rtp->payload_len, &info);
	j->n++;
	j->highest = in->seq > j->highest ? in->seq : j->highest;
	if (j->blocked == LQ_TIME_NONE)
		j->blocked = in->now;
	return 0;
}

/* ---- frames out ---- */

/* The last packet of the frame that begins at `first`. 0 when something is missing. */
static int frame_end(const lq__jitter_video *j, int64_t first, int64_t *last)
{
	const packet *p = get(j, first);
	uint32_t timestamp = p->timestamp;
	for (int64_t s = first; (p = get(j, s)); s++) {
		if (p->timestamp != timestamp) { /* the marker was missing */
			*last = s - 1;
			return 1;
		}
		if (p->marker) {
			*last = s;
			return 1;
		}
	}
	return 0;
}

/* The first packet of the frame that `s` belongs to. 0 when that is not sure yet. */
static int frame_start(const lq__jitter_video *j, int64_t s, int64_t *first)
{
	const packet *p = get(j, s), *before;
	uint32_t timestamp = p->timestamp;
	for (; (before = get(j, s - 1)) && before->timestamp == timestamp && !before->marker && before->len; s--)
		p = before;
	*first = s;
	return before || p->starts;
}

/* The lowest key frame whose beginning is there; `whole` asks for all of it. */
static int find_key(const lq__jitter_video *j, int64_t from, int whole, int64_t *first)
{
	int64_t last;
	for (int64_t s = from; s <= j->highest; s++) {
		const packet *p = get(j, s);
		if (p && p->key && frame_start(j, s, first) && *first >= from && (!whole || frame_end(j, *first, &last)))
			return 1;
	}
	return 0;
}

static int reserve(lq__jitter_video *j, size_t size)
{
	if (size <= j->frame_size)
		return 0;
	uint8_t *p = size <= MAX_FRAME ? lq__realloc(j->frame, size) : NULL;
	if (!p)
		return LQ_ENOMEM;
	j->frame = p;
	j->frame_size = size;
	return 0;
}

static int join(lq__jitter_video *j, int64_t first, int64_t last, lq__video_frame *out)
{
	size_t size = 64;
	for (int64_t s = first; s <= last; s++)
		size += 2 * (size_t)get(j, s)->len + 8; /* start codes for each of an aggregate's smallest units */
	int e = reserve(j, size);
	const packet *p = get(j, first);
	lq_unpacker u = {.codec = p->codec};
	*out = (lq__video_frame){.codec = p->codec, .timestamp = p->timestamp, .first_arrival = p->arrival, .complete = p->arrival};
	for (int64_t s = first; s <= last && !e; s++) {
		p = get(j, s);
		if (!p->len)
			continue;
		e = lq_payload_join(&u, p->data, p->len, j->frame, j->frame_size, &out->len);
		out->key |= p->key;
		out->capture_ntp = out->capture_ntp ? out->capture_ntp : p->capture_ntp;
		out->first_arrival = p->arrival < out->first_arrival ? p->arrival : out->first_arrival;
		out->complete = p->arrival > out->complete ? p->arrival : out->complete;
	}
	out->data = j->frame;
	return e || u.in_fragment ? LQ_EPARSE : 0;
}

/* Packets without payload are padding for bandwidth probes. */
static void skip_padding(lq__jitter_video *j)
{
	for (packet *p; (p = get(j, j->next)) && !p->len; j->next++)
		drop(j, p);
}

/* A frame has left or all is given up: what remains has been waiting since its first arrival. */
static void note_blocked(lq__jitter_video *j)
{
	j->blocked = LQ_TIME_NONE;
	for (int64_t s = j->next; j->n && s <= j->highest; s++) {
		const packet *p = get(j, s);
		if (p && (j->blocked == LQ_TIME_NONE || p->arrival < j->blocked))
			j->blocked = p->arrival;
	}
}

static int start_at_key(lq__jitter_video *j)
{
	int64_t first;
	if (!find_key(j, j->next, 0, &first)) {
		if (j->highest - j->next > MAX_WAITING) /* a key frame's beginning, repaired, comes later than that never */
			drop_below(j, j->highest - MAX_WAITING);
		return 0;
	}
	drop_below(j, first);
	j->need_key = 0;
	return 1;
}

int lq__jitter_video_frame(lq__jitter_video *j, lq__video_frame *out)
{
	for (;;) {
		if (!j->n || (j->need_key && !start_at_key(j)))
			return 0;
		skip_padding(j);
		int64_t last;
		if (!get(j, j->next) || !frame_end(j, j->next, &last))
			return 0;
		int e = join(j, j->next, last, out);
		for (int64_t s = j->next; s <= last; s++)
			drop(j, get(j, s));
		j->next = last + 1;
		note_blocked(j);
		if (!e) {
			out->discontinuity = (uint8_t)j->discontinuity;
			j->discontinuity = 0;
			return 1;
		}
		j->dropped++;
		j->need_key = j->discontinuity = 1;
	}
}

int64_t lq__jitter_video_blocked(const lq__jitter_video *j)
{
	return j->n ? j->blocked : LQ_TIME_NONE;
}

int lq__jitter_video_wants_key(const lq__jitter_video *j)
{
	return j->need_key;
}

int lq__jitter_video_has_key(const lq__jitter_video *j)
{
	int64_t first;
	return j->n && find_key(j, j->next + 1, 1, &first);
}

int lq__jitter_video_skip(lq__jitter_video *j)
{
	j->need_key = j->discontinuity = 1;
	int64_t first;
	if (j->n && find_key(j, j->next + 1, 0, &first)) {
		drop_below(j, first);
		j->need_key = 0;
		note_blocked(j);
		return 1;
	}
	drop_below(j, j->highest + 1);
	j->blocked = LQ_TIME_NONE;
	return 0;
}

int64_t lq__jitter_video_position(const lq__jitter_video *j)
{
	return j->started ? j->next : INT64_MIN;
}

uint64_t lq__jitter_video_dropped(const lq__jitter_video *j)
{
	return j->dropped;
}
