/* A published track: packets in, kept in the ring, handed to every forward; gaps are asked for again. */
#include <string.h>

#include <loquat/plugin/buffer.h>

#include "server/media/relay.h"
#include "webrtc/payload.h"

#define KEY_INTERVAL INT64_C(300000000) /* ns between two key frame requests */
#define NACK_DELAY INT64_C(5000000)     /* a packet may be overtaken */
#define NACK_REPEAT INT64_C(50000000)
#define EARLY_REPORT INT64_C(100000000)

/* ---- which track a packet belongs to ---- */

void lq__track_begin_anew(lq__media_track *t, uint32_t ssrc)
{
	for (uint32_t i = 0; i <= t->mask; i++)
		t->ring[i].seq = -1;
	t->config.ssrc = ssrc;
	t->generation++;
	t->unwrap = (lq_unwrap){0};
	t->highest = -1;
	t->n_missing = 0;
	t->received = t->expected_before = t->received_before = 0;
	t->jitter = 0;
	t->sr_at = LQ_TIME_NONE;
}

/* A new offer may name other numbers; what was learnt stays when it names none. */
void lq__track_reconfigure(lq__media_track *t, const lq__track_config *config)
{
	uint32_t ssrc = t->config.ssrc, rtx_ssrc = t->config.rtx_ssrc;
	t->config = *config;
	if (!t->config.rtx_ssrc)
		t->config.rtx_ssrc = rtx_ssrc;
	if (!t->config.ssrc)
		t->config.ssrc = ssrc;
	else if (t->config.ssrc != ssrc)
		lq__track_begin_anew(t, t->config.ssrc);
}

static int mid_matches(const lq__media_track *t, const lq_rtp *rtp)
{
	size_t len;
	const uint8_t *mid = t->config.mid_ext ? lq_rtp_ext_find(rtp, t->config.mid_ext, &len) : NULL;
	return mid && len == strlen(t->config.mid) && !memcmp(mid, t->config.mid, len);
}

static int rid_matches(const lq__media_track *t, const lq_rtp *rtp, uint8_t ext)
{
	size_t len;
	const uint8_t *rid = ext ? lq_rtp_ext_find(rtp, ext, &len) : NULL;
	return rid && len == strlen(t->config.rid) && !memcmp(rid, t->config.rid, len);
}

/* Whether a packet from an SSRC that is new may be this encoding's, or its repair. A repair that says its own RID is one, too. */
static int is_of(const lq__media_track *t, const lq_rtp *rtp)
{
	int repair = t->config.rtx_pt && rtp->payload_type == t->config.rtx_pt;
	if (!mid_matches(t, rtp))
		return 0;
	return !*t->config.rid || (repair && rid_matches(t, rtp, t->config.repaired_rid_ext)) || rid_matches(t, rtp, t->config.rid_ext);
}

/* By SSRC; one that is new by MID, RID and payload type, and then learnt. */
static lq__media_track *find_track(lq__peer *p, const lq_rtp *rtp)
{
	LQ__EACH(lq__media_track, t, &p->tracks, link)
		if (rtp->ssrc == t->config.ssrc || (t->config.rtx_pt && rtp->ssrc == t->config.rtx_ssrc))
			return t;
	LQ__EACH(lq__media_track, t, &p->tracks, link) {
		if (!is_of(t, rtp))
			continue;
		if (rtp->payload_type == t->config.pt)
			lq__track_begin_anew(t, rtp->ssrc);
		else if (t->config.rtx_pt && rtp->payload_type == t->config.rtx_pt)
			t->config.rtx_ssrc = rtp->ssrc;
		else
			continue;
		return t;
	}
	return NULL;
}

/* ---- gaps ---- */

static void forget_missing(lq__media_track *t, uint32_t i)
{
	t->missing[i] = t->missing[--t->n_missing];
}

static void note_gap(lq__media_track *t, int64_t from, int64_t to)
{
	if (!t->config.nack)
		return;
	if (to - from > LQ_MISSING_MAX - (int64_t)t->n_missing) {
		/* More than can be waited for: only a key frame helps. */
		t->n_missing = 0;
		lq__track_want_key(t);
		return;
	}
	for (int64_t s = from; s < to; s++)
		t->missing[t->n_missing++] = (lq__missing){s, t->worker->now + NACK_DELAY, 0};
}

static void note_arrival(lq__media_track *t, int64_t seq)
{
	for (uint32_t i = 0; i < t->n_missing; i++)
		if (t->missing[i].seq == seq) {
			forget_missing(t, i);
			return;
		}
}

static int compare(uint16_t a, uint16_t b, uint16_t base)
{
	return (uint16_t)(a - base) > (uint16_t)(b - base);
}

/* In ascending order, as the packet format wants them; they are few. */
static void sort(uint16_t *seqs, uint32_t n, uint16_t base)
{
	for (uint32_t i = 1; i < n; i++)
		for (uint32_t k = i; k > 0 && compare(seqs[k - 1], seqs[k], base); k--) {
			uint16_t s = seqs[k];
			seqs[k] = seqs[k - 1];
			seqs[k - 1] = s;
		}
}

static void ask_for_missing(lq__media_track *t)
{
	uint16_t seqs[LQ_MISSING_MAX];
	uint32_t n = 0;
	int64_t now = t->worker->now;
	for (uint32_t i = 0; i < t->n_missing;) {
		lq__missing *m = &t->missing[i];
		if (m->tries >= LQ_NACK_TRIES || m->seq <= t->highest - (int64_t)t->mask) {
			forget_missing(t, i);
			continue;
		}
		if (m->ask_at <= now) {
			m->ask_at = now + NACK_REPEAT;
			m->tries++;
			seqs[n++] = (uint16_t)m->seq;
		}
		i++;
	}
	if (!n)
		return;
	sort(seqs, n, (uint16_t)(t->highest - LQ_RING_VIDEO));
	lq__feedback_nack(t, seqs, n);
}

/* ---- key frames ---- */

/* A request, or the key frame that it brought, may be lost: who cannot begin without one goes on asking. */
static int is_awaited(const lq__media_track *t)
{
	if (!lq__list_empty(&t->comers))
		return 1;
	LQ__EACH(lq__forward, f, &t->forwards, link)
		if (f->waiting_for_key)
			return 1;
	return 0;
}

static void ask_for_key(lq__media_track *t)
{
	int64_t now = t->worker->now;
	if (!t->key_wanted || (t->key_asked_at != LQ_TIME_NONE && now - t->key_asked_at < KEY_INTERVAL) || (t->peer && !lq__peer_ready(t->peer)))
		return;
	t->key_wanted = is_awaited(t);
	t->key_asked_at = now;
	if (t->relay)
		lq__relay_want_key(t->relay);
	else
		lq__feedback_pli(t);
}

void lq__track_want_key(lq__media_track *t)
{
	if (t->config.media != LQ_MEDIA_VIDEO)
		return;
	t->key_wanted = 1;
	ask_for_key(t);
}

void lq__track_tick(lq__media_track *t)
{
	if (t->n_layers > 1)
		lq__layers_tick(t);
	if (t->n_missing)
		ask_for_missing(t);
	lq__relay_tick(t);
	ask_for_key(t);
}

/* ---- packets ---- */

static void note_jitter(lq__media_track *t, uint32_t timestamp)
{
	double transit = (double)t->worker->now * t->config.clock_rate / 1e9 - timestamp;
	double d = transit - t->transit;
	t->transit = transit;
	if (t->received > 1 && d > -1e6 && d < 1e6) /* not over a wrap of the timestamp */
		t->jitter += ((d < 0 ? -d : d) - t->jitter) / 16;
}

static void copy_element(const lq_rtp *rtp, uint8_t id, uint8_t *out, uint8_t *out_len, size_t max)
{
	size_t len;
	const uint8_t *data = id ? lq_rtp_ext_find(rtp, id, &len) : NULL;
	*out_len = data && len <= max ? (uint8_t)len : 0;
	if (*out_len)
		memcpy(out, data, *out_len);
}

static lq__slot *store(lq__media_track *t, const lq_rtp *rtp, int64_t seq, const uint8_t *payload, size_t len, const lq_payload_info *info)
{
	lq__slot *s = &t->ring[seq & t->mask];
	s->seq = seq;
	s->timestamp = rtp->timestamp;
	s->marker = rtp->marker;
	s->len = (uint16_t)len;
	s->picture = t->config.codec == LQ_CODEC_VP8 ? info->picture_id : -1;
	s->tl0 = t->config.codec == LQ_CODEC_VP8 ? info->tl0_index : -1;
	copy_element(rtp, t->config.level_ext, s->level, &s->level_len, sizeof s->level);
	copy_element(rtp, t->config.capture_time_ext, s->capture, &s->capture_len, sizeof s->capture);
	memcpy(s->payload, payload, len);
	return s;
}

/* Whether the packet is new; keeps the count of what is there and what is not. */
static int note_seq(lq__media_track *t, int64_t seq)
{
	if (t->highest < 0)
		t->first = t->highest = seq - 1;
	if (seq <= t->highest - (int64_t)t->mask || t->ring[seq & t->mask].seq == seq)
		return 0;
	if (seq > t->highest) {
		if (seq > t->highest + 1)
			note_gap(t, t->highest + 1, seq);
		t->highest = seq;
	} else {
		note_arrival(t, seq);
	}
	return 1;
}

/* Whether one can begin with this packet of a key frame's start. Parameter sets and picture may come in packets of their own: one key frame all the same, and
 * where sets are sent, without them the picture is of no use. */
static int note_key(lq__media_track *t, uint32_t timestamp, const uint8_t *payload, size_t len)
{
	uint32_t width, height;
	int known = lq__get(&t->key_frames) && timestamp == t->key_timestamp, sized = !lq_payload_size(t->config.codec, payload, len, &width, &height);
	int begins = sized || (!known && !atomic_load_explicit(&t->size, memory_order_relaxed));
	if (sized)
		atomic_store_explicit(&t->size, width << 16 | (height & 0xffff), memory_order_relaxed);
	if (!known)
		lq__add(&t->key_frames, 1);
	t->key_timestamp = timestamp;
	if (begins)
		t->key_wanted = 0;
	return begins;
}

static void hand_on(lq__media_track *t, const lq__slot *slot, int key)
{
	lq__add(&t->packets_received, 1);
	lq__add(&t->bytes_received, slot->len);
	LQ__EACH(lq__forward, f, &t->forwards, link)
		lq__forward_packet(f, slot, key);
	if (key && !lq__list_empty(&t->comers))
		lq__layers_key(t, slot);
}

static void receive(lq__media_track *t, const lq_rtp *rtp, uint16_t seq16, const uint8_t *payload, size_t len, int repaired)
{
	lq__worker *w = t->worker;
	lq_payload_info info = {.picture_id = -1, .tl0_index = -1};
	/* Counted from one round up, so that packets before the first one are positive, too. */
	int64_t seq = lq_unwrap_seq(&t->unwrap, seq16) + 65536;
	if (!note_seq(t, seq)) {
		lq__add(&w->count.dropped_late, 1);
		return;
	}
	if (!repaired) { /* reports tell what the network does, not how it was made good */
		t->received++;
		note_jitter(t, rtp->timestamp);
	}
	if (t->peer->report_at == LQ_TIME_NONE)
		t->peer->report_at = w->now + EARLY_REPORT;
	t->last_at = w->now;
	int key = t->config.media == LQ_MEDIA_VIDEO && len && !lq_payload_inspect(t->config.codec, payload, len, &info) && info.key && info.start;
	lq__slot *slot = store(t, rtp, seq, payload, len, &info);
	key = key && note_key(t, rtp->timestamp, payload, len);
	lq__add(&w->count.packets_received, 1);
	hand_on(t, slot, key);
	lq__relay_packet(t, slot, key);
}

void lq__track_mirrored(lq__media_track *t, const lq__slot *slot, int key, uint32_t size)
{
	lq__slot *mine = &t->ring[slot->seq & t->mask];
	if (!note_seq(t, slot->seq)) {
		lq__add(&t->worker->count.dropped_late, 1);
		return;
	}
	t->last_at = t->worker->now;
	atomic_store_explicit(&t->size, size, memory_order_relaxed);
	memcpy(mine, slot, offsetof(lq__slot, payload) + slot->len);
	t->key_wanted &= !key;
	hand_on(t, mine, key);
}

void lq__track_report(lq__media_track *t, const lq_sender_info *sr)
{
	t->sr = *sr;
	t->sr_at = t->worker->now;
	LQ__EACH(lq__forward, f, &t->forwards, link)
		lq__forward_sr(f);
}

/* RFC 4588: the first two bytes of the payload are the original sequence number. */
static void receive_rtx(lq__media_track *t, const lq_rtp *rtp)
{
	if (rtp->payload_len < 2 || t->highest < 0)
		return; /* padding, to probe the bandwidth */
	uint16_t seq = (uint16_t)(rtp->payload[0] << 8 | rtp->payload[1]);
	lq__add(&t->packets_repaired, 1);
	receive(t, rtp, seq, rtp->payload + 2, rtp->payload_len - 2, 1);
}

void lq__track_rtp(lq__peer *p, const uint8_t *data, size_t len)
{
	lq_rtp rtp;
	lq__worker *w = p->worker;
	if (lq_rtp_parse(data, len, &rtp)) {
		lq__add(&w->count.dropped_malformed, 1);
		return;
	}
	lq__media_track *t = find_track(p, &rtp);
	if (!t || (rtp.payload_type != t->config.pt && rtp.payload_type != t->config.rtx_pt)) {
		lq__add(&w->count.dropped_track, 1);
		return;
	}
	if (rtp.payload_len > LQ_PAYLOAD_MAX)
		lq__add(&w->count.dropped_long, 1);
	else if (rtp.payload_type == t->config.pt)
		receive(t, &rtp, rtp.seq, rtp.payload, rtp.payload_len, 0);
	else
		receive_rtx(t, &rtp);
}

const lq__slot *lq__track_slot(const lq__media_track *t, uint16_t seq)
{
	if (t->highest < 0)
		return NULL;
	int64_t full = t->highest + lq_seq_diff(seq, (uint16_t)t->highest);
	const lq__slot *s = full >= 0 ? &t->ring[full & t->mask] : NULL;
	return s && s->seq == full ? s : NULL;
}
