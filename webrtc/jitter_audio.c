#include "jitter_audio.h"

#include <string.h>

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>

#include "base/alloc.h"
#include "delay.h"

#define SLOTS 256
#define LEAD (10 * LQ_MSEC)        /* a packet leaves so long before it is due: time to decode and mix */
#define CONCEAL_WAIT (8 * LQ_MSEC) /* of which a late packet may use so much */
#define MIN_TARGET (10 * LQ_MSEC)
#define MAX_TARGET (500 * LQ_MSEC)
#define MAX_STRETCH 5 /* packets concealed in a row while nothing comes; then silence */
#define MAX_JUMP 10   /* s */
#define DTX_LEN 2     /* Opus: a packet of at most that says that the silence begins */

typedef struct packet {
	int64_t seq, timestamp, arrival;
	uint8_t *data; /* NULL: empty slot */
	size_t len;
	uint32_t codec, samples;
	uint64_t capture_ntp;
} packet;

struct lq__jitter_audio {
	int64_t rate;
	int64_t min_delay, extra;
	packet slots[SLOTS];
	packet playing; /* the one that was handed out */
	uint32_t n;
	int started, idle;       /* idle: nothing came for long, or it is silent; the next packet sets the time */
	int dtx, discontinuity;
	int64_t last, highest;   /* sequence numbers: played last, received highest */
	int64_t next_ts, next_play;
	uint32_t samples, codec; /* of the last packet */
	size_t mean_len;
	uint32_t stretched;      /* packets concealed while nothing was there */
	int concealing;
	int64_t off_since;       /* since when the delay is too long or too short */
	int off_sign;
	lq__delay delay;
	lq__jitter_audio_stats stats;
};

static int64_t ns(const lq__jitter_audio *j, int64_t samples)
{
	return samples / j->rate * LQ_SEC + samples % j->rate * LQ_SEC / j->rate;
}

int lq__jitter_audio_create(uint32_t rate, int64_t min_delay, lq__jitter_audio **out)
{
	lq__jitter_audio *j = lq__calloc(1, sizeof *j);
	if (!j)
		return LQ_ENOMEM;
	j->rate = rate;
	j->min_delay = min_delay;
	j->delay.per_mille = 970;
	j->samples = rate / 50;
	*out = j;
	return 0;
}

static packet *get(const lq__jitter_audio *j, int64_t seq)
{
	const packet *p = &j->slots[(uint64_t)seq % SLOTS];
	return p->data && p->seq == seq ? (packet *)p : NULL;
}

static void drop(lq__jitter_audio *j, packet *p)
{
	lq__free(p->data);
	p->data = NULL;
	j->n--;
}

static void flush(lq__jitter_audio *j)
{
	for (uint32_t i = 0; i < SLOTS; i++)
		if (j->slots[i].data) {
			j->stats.discarded++;
			drop(j, &j->slots[i]);
		}
	j->delay.n = j->delay.head = j->delay.fresh = 0;
	j->started = j->idle = j->dtx = 0;
	j->stretched = 0;
}

void lq__jitter_audio_destroy(lq__jitter_audio *j)
{
	if (!j)
		return;
	flush(j);
	lq__free(j->playing.data);
	lq__free(j);
}

static int64_t target(const lq__jitter_audio *j)
{
	int64_t t = lq__delay_jitter(&j->delay);
	t = t < MIN_TARGET ? MIN_TARGET : t > MAX_TARGET ? MAX_TARGET : t;
	return (t < j->min_delay ? j->min_delay : t) + j->extra;
}

/* Play-out time minus stream time, as it should be. */
static int64_t ideal(const lq__jitter_audio *j)
{
	return j->delay.base + target(j);
}

int64_t lq__jitter_audio_latency(const lq__jitter_audio *j)
{
	return ideal(j) - j->extra + LEAD;
}

int64_t lq__jitter_audio_now(const lq__jitter_audio *j)
{
	return (j->started && !j->idle ? j->next_play - ns(j, j->next_ts) : ideal(j)) + LEAD;
}

int64_t lq__jitter_audio_base(const lq__jitter_audio *j)
{
	return j->delay.base;
}

void lq__jitter_audio_set_min_delay(lq__jitter_audio *j, int64_t min_delay)
{
	j->min_delay = min_delay;
}

void lq__jitter_audio_set_extra(lq__jitter_audio *j, int64_t extra)
{
	j->extra = extra;
}

/* ---- packets in ---- */

static void restart(lq__jitter_audio *j, const lq__audio_packet *p)
{
	flush(j);
	j->discontinuity |= j->last != 0;
	j->started = j->idle = 1;
	j->last = j->highest = p->seq - 1;
	j->next_ts = p->timestamp;
}

/* After a pause the first packet sets the time anew. What was lost meanwhile was silence. */
static void resume(lq__jitter_audio *j, const lq__audio_packet *p)
{
	int64_t lost = p->seq - j->last - 1 - j->stretched;
	if (!j->dtx && lost > 0) {
		j->stats.concealed_samples += (uint64_t)lost * j->samples;
		j->stats.silent_concealed_samples += (uint64_t)lost * j->samples;
		j->stats.total_samples += (uint64_t)lost * j->samples;
	}
	j->discontinuity |= !j->dtx && j->stats.total_samples > 0;
	j->idle = 0;
	j->stretched = 0;
	j->off_sign = 0;
	j->last = p->seq - 1;
	j->next_ts = p->timestamp;
	int64_t at = ns(j, p->timestamp) + ideal(j);
	j->next_play = at > p->now ? at : p->now;
}

int lq__jitter_audio_put(lq__jitter_audio *j, const lq__audio_packet *in)
{
	uint32_t samples = lq__audio_samples(in->codec, in->data, in->len);
	if (!samples)
		return LQ_EPARSE;
	int64_t jump = in->timestamp - j->next_ts;
	if (!j->started || in->seq >= j->last + SLOTS || in->seq < j->last - SLOTS || jump > MAX_JUMP * j->rate || jump < -MAX_JUMP * j->rate)
		restart(j, in);
	lq__delay_add(&j->delay, in->now - ns(j, in->timestamp));
	if (in->seq <= j->last) {
		j->stats.discarded++;
		return LQ_END;
	}
	if (get(j, in->seq))
		return LQ_EEXIST;
	packet p = {.seq = in->seq, .timestamp = in->timestamp, .arrival = in->now, .len = in->len, .codec = in->codec, .samples = samples,
	            .capture_ntp = in->capture_ntp, .data = lq__malloc(in->len)};
	if (!p.data)
		return LQ_ENOMEM;
	if (j->idle)
		resume(j, in);
	memcpy(p.data, in->data, in->len);
	j->slots[(uint64_t)in->seq % SLOTS] = p;
	j->n++;
	j->highest = in->seq > j->highest ? in->seq : j->highest;
	return 0;
}

/* ---- packets out ---- */

static packet *head(const lq__jitter_audio *j)
{
	if (!j->n)
		return NULL;
	for (int64_t s = j->last + 1; s <= j->highest; s++) {
		packet *p = get(j, s);
		if (p)
			return p;
	}
	return NULL;
}

/* The period was concealed while nothing was there: was that packet lost, or is it only late? */
static void settle(lq__jitter_audio *j, const packet *p)
{
	int64_t gap = (p->timestamp - j->next_ts) / j->samples, lost = p->seq - j->last - 1;
	int64_t covered = gap < j->stretched ? gap : j->stretched;
	if (covered > 0) {
		j->next_ts += covered * j->samples;
		j->last += lost < covered ? lost : covered;
	}
	j->stretched = 0;
}

static int emit_lost(lq__jitter_audio *j, const packet *after, lq__audio_frame *out)
{
	*out = (lq__audio_frame){.codec = j->codec, .lost = 1, .timestamp = j->next_ts, .due = j->next_play + LEAD, .duration = ns(j, j->samples)};
	if (after) {
		out->data = after->data;
		out->len = after->len;
	}
	j->stats.total_samples += j->samples;
	j->next_play += out->duration;
	return 1;
}

static void count_concealed(lq__jitter_audio *j)
{
	j->stats.concealed_samples += j->samples;
	j->stats.concealment_events += !j->concealing;
	j->concealing = 1;
}

static void take(lq__jitter_audio *j, packet *p)
{
	lq__free(j->playing.data);
	j->playing = *p;
	p->data = NULL;
	j->n--;
	j->last = j->playing.seq;
	j->next_ts = j->playing.timestamp + j->playing.samples;
	j->samples = j->playing.samples;
	j->codec = j->playing.codec;
	j->dtx = j->playing.len <= DTX_LEN && j->playing.codec == LQ_CODEC_OPUS;
	j->mean_len = (j->mean_len * 15 + j->playing.len) / 16;
}

static int emit(lq__jitter_audio *j, packet *p, int64_t now, lq__audio_frame *out)
{
	take(j, p);
	p = &j->playing;
	*out = (lq__audio_frame){.codec = p->codec, .discontinuity = (uint8_t)j->discontinuity, .timestamp = p->timestamp, .due = j->next_play + LEAD,
	                         .duration = ns(j, p->samples), .capture_ntp = p->capture_ntp, .data = p->data, .len = p->len};
	j->discontinuity = j->concealing = 0;
	j->stats.total_samples += p->samples;
	j->stats.emitted_samples += p->samples;
	j->stats.delay_seconds += (double)(now - p->arrival) / 1e9 * p->samples;
	j->next_play += out->duration;
	return 1;
}

/* How long the delay may be wrong before a packet is left out or put in: large errors and quiet moments allow quick action. */
static int64_t patience(const lq__jitter_audio *j, int64_t error, size_t len)
{
	if (error < 0)
		return 200 * LQ_MSEC;
	if (error > 200 * LQ_MSEC)
		return 40 * LQ_MSEC;
	return len < j->mean_len / 2 || error > 80 * LQ_MSEC ? 200 * LQ_MSEC : 2 * LQ_SEC;
}

/* -1: put a packet in, 1: leave one out. */
static int correction(lq__jitter_audio *j, int64_t now, size_t len)
{
	int64_t error = j->next_play - ns(j, j->next_ts) - ideal(j), period = ns(j, j->samples);
	int sign = error > period * 9 / 10 ? 1 : error < -period * 3 / 4 ? -1 : 0;
	if (sign != j->off_sign) {
		j->off_sign = sign;
		j->off_since = now;
	}
	if (!sign || now - j->off_since < patience(j, error, len))
		return 0;
	j->off_since = now;
	return sign;
}

static int play(lq__jitter_audio *j, packet *p, int64_t now, lq__audio_frame *out)
{
	int c = correction(j, now, p->len);
	if (c < 0) {
		j->stats.inserted_samples += j->samples;
		return emit_lost(j, NULL, out);
	}
	packet *after = c > 0 ? get(j, p->seq + 1) : NULL;
	if (after) {
		j->stats.removed_samples += p->samples;
		take(j, p);
		p = after;
	}
	return emit(j, p, now, out);
}

static int underrun(lq__jitter_audio *j, lq__audio_frame *out)
{
	if (j->dtx || j->stretched == MAX_STRETCH) {
		j->idle = 1;
		return 0;
	}
	j->stretched++;
	count_concealed(j);
	return emit_lost(j, NULL, out);
}

int lq__jitter_audio_frame(lq__jitter_audio *j, int64_t now, lq__audio_frame *out)
{
	if (!j->started || j->idle || now < j->next_play)
		return 0;
	packet *p = head(j);
	if (!p)
		return now < j->next_play + CONCEAL_WAIT ? 0 : underrun(j, out);
	if (j->stretched)
		settle(j, p);
	int64_t gap = p->timestamp - j->next_ts;
	if (gap <= (int64_t)j->samples / 2)
		return play(j, p, now, out);
	if (p->seq > j->last + 1) {
		if (now < j->next_play + CONCEAL_WAIT)
			return 0;
		int adjacent = p->seq == j->last + 2;
		j->last++;
		count_concealed(j);
		emit_lost(j, adjacent ? p : NULL, out);
		j->next_ts += j->samples;
		return 1;
	}
	j->next_play += ns(j, gap); /* nothing is missing: the sender was silent */
	j->next_ts = p->timestamp;
	return lq__jitter_audio_frame(j, now, out);
}

int64_t lq__jitter_audio_next(const lq__jitter_audio *j)
{
	if (!j->started || j->idle)
		return LQ_TIME_NONE;
	const packet *p = head(j);
	int there = p && (p->seq == j->last + 1 || p->timestamp - j->next_ts <= ((int64_t)j->stretched * 2 + 1) * j->samples / 2);
	return there ? j->next_play : j->next_play + CONCEAL_WAIT;
}

void lq__jitter_audio_get_stats(const lq__jitter_audio *j, lq__jitter_audio_stats *out)
{
	*out = j->stats;
	out->target = target(j);
}

/* ---- durations ---- */

/* RFC 6716 §3.1: the first byte says how long a frame is and how many there are. */
static uint32_t opus_samples(const uint8_t *data, size_t len)
{
	static const uint16_t silk[4] = {480, 960, 1920, 2880}, hybrid[2] = {480, 960}, celt[4] = {120, 240, 480, 960};
	uint32_t config = data[0] >> 3, one, n;
	one = config < 12 ? silk[config & 3] : config < 16 ? hybrid[config & 1] : celt[config & 3];
	switch (data[0] & 3) {
	case 0:
		n = 1;
		break;
	case 3:
		n = len > 1 ? data[1] & 63 : 0;
		break;
	default:
		n = 2;
	}
	return n * one <= 5760 ? n * one : 0;
}

uint32_t lq__audio_samples(uint32_t codec, const uint8_t *data, size_t len)
{
	if (!len)
		return 0;
	return codec == LQ_CODEC_OPUS ? opus_samples(data, len) : (uint32_t)len;
}
