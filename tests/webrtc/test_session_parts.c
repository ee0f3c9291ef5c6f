/* The parts of a session, each alone: send history, pacer, NACK list, jitter buffers, synchronisation. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>

#include "base/alloc.h"
#include "webrtc/delay.h"
#include "webrtc/history.h"
#include "webrtc/jitter_audio.h"
#include "webrtc/jitter_video.h"
#include "webrtc/nack.h"
#include "webrtc/pacer.h"
#include "webrtc/sync.h"

#define MS LQ_MSEC

/* ---- history ---- */

START_TEST(history_resends_once_a_round_trip)
{
	lq__history *h;
	size_t len;
	ck_assert_int_eq(lq__history_create(16, &h), 0);
	memset(lq__history_slot(h, 7), 0xab, 100);
	lq__history_set(h, 7, 100);
	ck_assert_ptr_null(lq__history_again(h, 7, 0, 50 * MS, &len)); /* it has not left yet */
	ck_assert_ptr_nonnull(lq__history_first(h, 7, 10 * MS, &len));
	ck_assert_ptr_nonnull(lq__history_again(h, 7, 20 * MS, 50 * MS, &len));
	ck_assert_uint_eq(len, 100);
	ck_assert_ptr_null(lq__history_again(h, 7, 69 * MS, 50 * MS, &len));
	ck_assert_ptr_nonnull(lq__history_again(h, 7, 70 * MS, 50 * MS, &len));
	ck_assert_ptr_null(lq__history_again(h, 7, 3 * LQ_SEC, 50 * MS, &len)); /* too old */
	ck_assert_ptr_null(lq__history_again(h, 8, 70 * MS, 50 * MS, &len));
	lq__history_slot(h, 23);
	ck_assert_ptr_null(lq__history_first(h, 7, 80 * MS, &len)); /* its place is taken */
	lq__history_destroy(h);
}
END_TEST

/* ---- pacer ---- */

START_TEST(pacer_lets_ten_go_in_five_ms_and_repairs_first)
{
	static lq__pacer p;
	lq__paced out;
	memset(&p, 0, sizeof p);
	ck_assert_int_eq(lq__pacer_next(&p), LQ_TIME_NONE);
	for (uint16_t i = 0; i < 15; i++)
		ck_assert_int_eq(lq__pacer_push(&p, (lq__paced){.seq = i}), 0);
	ck_assert_int_eq(lq__pacer_push(&p, (lq__paced){.seq = 99, .repair = 1}), 0);
	int64_t now = LQ_SEC;
	ck_assert_int_eq(lq__pacer_pop(&p, now, &out), 1);
	ck_assert_uint_eq(out.seq, 99);
	for (uint16_t i = 0; i < 9; i++) {
		ck_assert_int_eq(lq__pacer_pop(&p, now, &out), 1);
		ck_assert_uint_eq(out.seq, i);
	}
	ck_assert_int_eq(lq__pacer_pop(&p, now + 4 * MS, &out), 0);
	ck_assert_int_eq(lq__pacer_next(&p), now + 5 * MS);
	for (uint16_t i = 9; i < 15; i++)
		ck_assert_int_eq(lq__pacer_pop(&p, now + 5 * MS, &out), 1);
	ck_assert_int_eq(lq__pacer_pop(&p, now + 5 * MS, &out), 0);
}
END_TEST

START_TEST(pacer_is_bounded)
{
	static lq__pacer p;
	memset(&p, 0, sizeof p);
	ck_assert_int_eq(lq__pacer_room(&p, LQ__PACER_MEDIA), 1);
	for (uint32_t i = 0; i < LQ__PACER_MEDIA; i++)
		ck_assert_int_eq(lq__pacer_push(&p, (lq__paced){.seq = (uint16_t)i}), 0);
	ck_assert_int_eq(lq__pacer_push(&p, (lq__paced){0}), LQ_EFULL);
	ck_assert_int_eq(lq__pacer_room(&p, 1), 0);
	for (uint32_t i = 0; i < LQ__PACER_REPAIR; i++)
		ck_assert_int_eq(lq__pacer_push(&p, (lq__paced){.repair = 1}), 0);
	ck_assert_int_eq(lq__pacer_push(&p, (lq__paced){.repair = 1}), LQ_EFULL);
}
END_TEST

/* ---- NACK ---- */

static uint32_t ask(lq__nack *n, int64_t now, uint16_t *out)
{
	return lq__nack_ask(n, now, out, 32);
}

START_TEST(nack_waits_ten_ms_or_one_packet)
{
	static lq__nack n;
	uint16_t out[32];
	memset(&n, 0, sizeof n);
	lq__nack_received(&n, 100, 0);
	lq__nack_received(&n, 102, 1 * MS);
	ck_assert_uint_eq(ask(&n, 2 * MS, out), 0);
	ck_assert_int_eq(lq__nack_next(&n), 11 * MS);
	ck_assert_uint_eq(ask(&n, 11 * MS, out), 1);
	ck_assert_uint_eq(out[0], 101);
	ck_assert_uint_eq(ask(&n, 12 * MS, out), 0);
	lq__nack_received(&n, 101, 41 * MS); /* 30 ms from question to answer */
	ck_assert_int_eq(lq__nack_next(&n), LQ_TIME_NONE);
	ck_assert_int_eq(n.rtt, 30 * MS);
	lq__nack_received(&n, 104, 50 * MS);
	lq__nack_received(&n, 105, 51 * MS); /* a second one behind the gap: at once */
	ck_assert_uint_eq(ask(&n, 51 * MS, out), 1);
	ck_assert_uint_eq(out[0], 103);
	ck_assert_int_eq(lq__nack_next(&n), 51 * MS + 30 * MS + 10 * MS);
	ck_assert_uint_eq(ask(&n, 91 * MS, out), 1);
	lq__nack_forget(&n, 104);
	ck_assert_uint_eq(n.n, 0);
}
END_TEST

START_TEST(nack_gives_up_on_too_much)
{
	static lq__nack n;
	memset(&n, 0, sizeof n);
	ck_assert_int_eq(lq__nack_received(&n, 0, 0), 0);
	ck_assert_int_eq(lq__nack_received(&n, 1001, 0), 0);
	ck_assert_uint_eq(n.n, 1000);
	ck_assert_int_eq(lq__nack_received(&n, 1003, 0), LQ_EFULL);
	ck_assert_uint_eq(n.n, 0);
	ck_assert_int_eq(lq__nack_received(&n, 1004, 0), 0);
}
END_TEST

/* ---- video ---- */

static int put_video(lq__jitter_video *j, int64_t seq, uint32_t ts, int marker, int first, int key)
{
	uint8_t payload[5] = {first ? 0x10 : 0, (uint8_t)(first && key ? 0 : 1), (uint8_t)seq, 1, 2};
	lq_rtp rtp = {.marker = (uint8_t)marker, .timestamp = ts, .payload = payload, .payload_len = sizeof payload};
	lq__video_packet p = {.seq = seq, .codec = LQ_CODEC_VP8, .rtp = &rtp, .now = seq * MS};
	return lq__jitter_video_put(j, &p);
}

START_TEST(video_begins_at_a_key_frame_and_keeps_order)
{
	lq__jitter_video *j;
	lq__video_frame f;
	ck_assert_int_eq(lq__jitter_video_create(&j), 0);
	put_video(j, 10, 1000, 1, 1, 0);
	ck_assert_int_eq(lq__jitter_video_frame(j, &f), 0);
	ck_assert_int_eq(lq__jitter_video_wants_key(j), 1);
	put_video(j, 13, 3000, 1, 1, 0); /* the frame after the key frame comes first */
	put_video(j, 12, 2000, 1, 0, 1);
	ck_assert_int_eq(lq__jitter_video_frame(j, &f), 0);
	put_video(j, 11, 2000, 0, 1, 1);
	ck_assert_int_eq(lq__jitter_video_frame(j, &f), 1);
	ck_assert_uint_eq(f.timestamp, 2000);
	ck_assert_uint_eq(f.key, 1);
	ck_assert_uint_eq(f.len, 8);
	ck_assert_int_eq(lq__jitter_video_frame(j, &f), 1);
	ck_assert_uint_eq(f.timestamp, 3000);
	ck_assert_int_eq(lq__jitter_video_frame(j, &f), 0);
	ck_assert_int_eq(put_video(j, 12, 2000, 1, 0, 1), LQ_END);
	ck_assert_int_eq(lq__jitter_video_blocked(j), LQ_TIME_NONE);
	lq__jitter_video_destroy(j);
}
END_TEST

START_TEST(video_skips_to_the_next_key_frame)
{
	lq__jitter_video *j;
	lq__video_frame f;
	ck_assert_int_eq(lq__jitter_video_create(&j), 0);
	put_video(j, 1, 100, 1, 1, 1);
	ck_assert_int_eq(lq__jitter_video_frame(j, &f), 1);
	put_video(j, 3, 300, 1, 1, 0);
	put_video(j, 4, 400, 1, 1, 0);
	ck_assert_int_eq(lq__jitter_video_frame(j, &f), 0);
	ck_assert_int_eq(lq__jitter_video_blocked(j), 3 * MS);
	ck_assert_int_eq(lq__jitter_video_has_key(j), 0);
	put_video(j, 5, 500, 1, 1, 1);
	ck_assert_int_eq(lq__jitter_video_has_key(j), 1);
	ck_assert_int_eq(lq__jitter_video_skip(j), 1);
	ck_assert_int_eq(lq__jitter_video_frame(j, &f), 1);
	ck_assert_uint_eq(f.timestamp, 500);
	ck_assert_uint_eq(f.discontinuity, 1);
	ck_assert_uint_eq(lq__jitter_video_dropped(j), 2);
	put_video(j, 7, 700, 1, 1, 0);
	ck_assert_int_eq(lq__jitter_video_skip(j), 0); /* none there: wait for one */
	ck_assert_int_eq(lq__jitter_video_wants_key(j), 1);
	put_video(j, 8, 800, 1, 1, 1);
	ck_assert_int_eq(lq__jitter_video_frame(j, &f), 1);
	ck_assert_uint_eq(f.timestamp, 800);
	lq__jitter_video_destroy(j);
}
END_TEST

START_TEST(video_survives_a_jump_and_is_bounded)
{
	lq__jitter_video *j;
	lq__video_frame f;
	ck_assert_int_eq(lq__jitter_video_create(&j), 0);
	put_video(j, 1, 100, 1, 1, 1);
	ck_assert_int_eq(lq__jitter_video_frame(j, &f), 1);
	for (int64_t s = 3; s < 10000; s++)
		put_video(j, s, (uint32_t)s * 100, 1, 1, 0);
	ck_assert_int_eq(lq__jitter_video_wants_key(j), 1);
	ck_assert_int_eq(put_video(j, 9000000, 5, 1, 1, 1), 0);
	ck_assert_int_eq(lq__jitter_video_frame(j, &f), 1);
	for (int64_t s = 0; s < 200; s++) /* the sender has begun anew far below */
		put_video(j, s, (uint32_t)s * 100, 1, 1, 1);
	ck_assert_int_eq(lq__jitter_video_frame(j, &f), 1);
	ck_assert_uint_eq(f.discontinuity, 1);
	lq__jitter_video_destroy(j);
}
END_TEST

/* ---- audio ---- */

typedef struct listener {
	lq__jitter_audio *j;
	uint32_t played, lost;
	int64_t last_due;
	int with_fec;
} listener;

static int put_audio(lq__jitter_audio *j, int64_t seq, int64_t ts, size_t len, int64_t now)
{
	uint8_t data[100] = {31 << 3, (uint8_t)seq};
	lq__audio_packet p = {.seq = seq, .timestamp = ts, .codec = LQ_CODEC_OPUS, .data = data, .len = len, .now = now};
	return lq__jitter_audio_put(j, &p);
}

static void listen_until(listener *l, int64_t until)
{
	for (int64_t next; (next = lq__jitter_audio_next(l->j)) != LQ_TIME_NONE && next <= until;) {
		lq__audio_frame f;
		if (!lq__jitter_audio_frame(l->j, next, &f))
			continue;
		l->played += !f.lost;
		l->lost += f.lost;
		l->with_fec += f.lost && f.len;
		l->last_due = f.due;
	}
}

START_TEST(audio_plays_each_packet_once_in_its_time)
{
	listener l = {0};
	ck_assert_int_eq(lq__jitter_audio_create(48000, 0, &l.j), 0);
	for (int i = 0; i < 50; i++) {
		listen_until(&l, i * 20 * MS);
		ck_assert_int_eq(put_audio(l.j, i, 960 * i, 80, i * 20 * MS), 0);
	}
	ck_assert_int_eq(put_audio(l.j, 49, 960 * 49, 80, 49 * 20 * MS), LQ_EEXIST);
	listen_until(&l, 49 * 20 * MS + 10 * MS);
	ck_assert_uint_eq(l.played, 50);
	ck_assert_uint_eq(l.lost, 0);
	ck_assert_int_eq(l.last_due, 49 * 20 * MS + 20 * MS);
	lq__jitter_audio_destroy(l.j);
}
END_TEST

START_TEST(audio_lost_packet_brings_the_next_for_fec)
{
	listener l = {0};
	ck_assert_int_eq(lq__jitter_audio_create(48000, 60 * MS, &l.j), 0);
	for (int i = 0; i < 20; i++) {
		listen_until(&l, i * 20 * MS);
		if (i != 10)
			put_audio(l.j, i, 960 * i, 80, i * 20 * MS);
	}
	listen_until(&l, 19 * 20 * MS + 65 * MS);
	ck_assert_uint_eq(l.played, 19);
	ck_assert_uint_eq(l.lost, 1);
	ck_assert_int_eq(l.with_fec, 1);
	ck_assert_int_eq(put_audio(l.j, 10, 9600, 80, 500 * MS), LQ_END); /* too late */
	lq__jitter_audio_stats s;
	lq__jitter_audio_get_stats(l.j, &s);
	ck_assert_uint_eq(s.concealed_samples, 960);
	ck_assert_uint_eq(s.discarded, 1);
	lq__jitter_audio_destroy(l.j);
}
END_TEST

START_TEST(audio_silence_of_dtx_is_no_loss)
{
	listener l = {0};
	int64_t seq = 0, ts = 0;
	ck_assert_int_eq(lq__jitter_audio_create(48000, 0, &l.j), 0);
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 10; i++, ts += 960) {
			listen_until(&l, ts / 48 * MS);
			put_audio(l.j, seq++, ts, i < 9 ? 80 : 1, ts / 48 * MS); /* the last one says: silence */
		}
		ts += 19 * 960; /* 380 ms without a packet */
	}
	listen_until(&l, ts / 48 * MS);
	ck_assert_uint_eq(l.played, 50);
	ck_assert_uint_eq(l.lost, 0);
	lq__jitter_audio_destroy(l.j);
}
END_TEST

START_TEST(audio_late_burst_is_played_not_thrown_away)
{
	listener l = {0};
	ck_assert_int_eq(lq__jitter_audio_create(48000, 0, &l.j), 0);
	for (int i = 0; i < 300; i++) {
		int64_t at = i * 20 * MS;
		if (i >= 100 && i < 104)
			at = 104 * 20 * MS - 1; /* four come 20 to 80 ms late */
		listen_until(&l, at);
		put_audio(l.j, i, 960 * i, 80, at);
	}
	listen_until(&l, 300 * 20 * MS);
	lq__jitter_audio_stats s;
	lq__jitter_audio_get_stats(l.j, &s);
	ck_assert_uint_ge(l.played + s.removed_samples / 960, 296); /* the last ones wait; what is left out gets the delay down */
	ck_assert_uint_le(s.removed_samples / 960, l.lost);
	ck_assert_uint_ge(l.lost, 3);
	ck_assert_uint_le(l.lost, 5);
	ck_assert_int_le(l.last_due - 299 * 20 * MS, 120 * MS);
	lq__jitter_audio_destroy(l.j);
}
END_TEST

START_TEST(audio_timestamp_jump_starts_anew)
{
	listener l = {0};
	ck_assert_int_eq(lq__jitter_audio_create(48000, 0, &l.j), 0);
	for (int i = 0; i < 40; i++) {
		listen_until(&l, i * 20 * MS);
		put_audio(l.j, i, 960 * i + (i >= 20 ? INT64_C(100000000) : 0), 80, i * 20 * MS);
	}
	listen_until(&l, 41 * 20 * MS);
	ck_assert_uint_ge(l.played, 39);
	ck_assert_uint_le(l.lost, 1);
	lq__jitter_audio_destroy(l.j);
}
END_TEST

START_TEST(opus_durations)
{
	static const struct {
		uint8_t data[2];
		size_t len;
		uint32_t samples;
	} cases[] = {{{0 << 3}, 1, 480},           {{1 << 3}, 1, 960},  {{3 << 3}, 1, 2880},        {{12 << 3}, 1, 480}, {{15 << 3}, 1, 960},
	             {{16 << 3}, 1, 120},          {{31 << 3}, 1, 960}, {{31 << 3 | 1}, 1, 1920},   {{31 << 3 | 2}, 1, 1920},
	             {{31 << 3 | 3, 3}, 2, 2880},  {{31 << 3 | 3, 6}, 2, 5760}, {{31 << 3 | 3, 7}, 2, 0}, {{31 << 3 | 3}, 1, 0}, {{0}, 0, 0}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ck_assert_uint_eq(lq__audio_samples(LQ_CODEC_OPUS, cases[i].data, cases[i].len), cases[i].samples);
	ck_assert_uint_eq(lq__audio_samples(LQ_CODEC_PCMU, cases[0].data, 160), 160);
}
END_TEST

/* ---- hostile but authentic packets ---- */

static uint32_t roll(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(*state >> 33);
}

/* Mostly plausible, then suddenly anywhere. */
static int64_t wander(uint64_t *state, int64_t from, int64_t step)
{
	uint32_t r = roll(state);
	if (r % 64)
		return from + (int64_t)(r / 64 % 4) * step;
	int64_t far = (int32_t)(roll(state) << 1);
	return from + (r % 128 ? far : far * step);
}

START_TEST(video_takes_any_packets)
{
	static const uint32_t codecs[] = {LQ_CODEC_VP8, LQ_CODEC_H264, LQ_CODEC_VP9, LQ_CODEC_OPUS, LQ_CODEC_AV1};
	uint64_t state = (uint64_t)_i + 1;
	lq__jitter_video *j;
	lq__video_frame f;
	ck_assert_int_eq(lq__jitter_video_create(&j), 0);
	int64_t seq = 0, ts = 0;
	for (int i = 0; i < 20000; i++) {
		uint8_t payload[40];
		for (size_t k = 0; k < sizeof payload; k++)
			payload[k] = (uint8_t)roll(&state);
		seq = wander(&state, seq, 1);
		ts = wander(&state, ts, 3000);
		lq_rtp rtp = {.marker = roll(&state) % 2, .timestamp = (uint32_t)ts, .payload = payload, .payload_len = roll(&state) % sizeof payload};
		lq__video_packet p = {.seq = seq, .codec = codecs[roll(&state) % 16 < 14 ? (uint32_t)_i % 3 : roll(&state) % 5], .rtp = &rtp, .now = i * MS};
		lq__jitter_video_put(j, &p);
		while (lq__jitter_video_frame(j, &f)) {
		}
		if (roll(&state) % 200 == 0)
			lq__jitter_video_skip(j);
		lq__jitter_video_has_key(j);
	}
	lq__jitter_video_destroy(j);
}
END_TEST

START_TEST(audio_takes_any_packets)
{
	uint64_t state = (uint64_t)_i + 1;
	listener l = {0};
	ck_assert_int_eq(lq__jitter_audio_create(48000, 0, &l.j), 0);
	int64_t seq = 0, ts = 0;
	for (int i = 0; i < 20000; i++) {
		uint8_t data[8];
		for (size_t k = 0; k < sizeof data; k++)
			data[k] = (uint8_t)roll(&state);
		seq = wander(&state, seq, 1);
		ts = wander(&state, ts, 960);
		lq__audio_packet p = {.seq = seq, .timestamp = ts, .codec = LQ_CODEC_OPUS, .data = data, .len = roll(&state) % sizeof data, .now = i * 20 * MS};
		lq__jitter_audio_put(l.j, &p);
		listen_until(&l, i * 20 * MS);
	}
	lq__jitter_audio_destroy(l.j);
}
END_TEST

/* ---- delay and synchronisation ---- */

START_TEST(delay_follows_the_least_and_the_quantile)
{
	static lq__delay d;
	memset(&d, 0, sizeof d);
	d.per_mille = 950;
	for (int i = 0; i < 256; i++)
		lq__delay_add(&d, 1000 * MS + (i % 100) * MS);
	ck_assert_int_eq(d.base, 1000 * MS);
	ck_assert_int_ge(lq__delay_jitter(&d), 90 * MS);
	ck_assert_int_le(lq__delay_jitter(&d), 98 * MS);
	for (int i = 0; i < 264; i++)
		lq__delay_add(&d, 1200 * MS);
	ck_assert_int_eq(d.base, 1200 * MS);
	ck_assert_int_eq(lq__delay_jitter(&d), 0);
}
END_TEST

START_TEST(sync_moves_the_early_one_in_steps)
{
	int64_t audio = 0, video = 0;
	lq__sync_step(34 * MS, 34 * MS, 25 * MS, 10 * MS, &audio, &video); /* within what nobody notices */
	ck_assert_int_eq(audio, 0);
	ck_assert_int_eq(video, 0);
	for (int i = 0; i < 20; i++)
		lq__sync_step(300 * MS, 300 * MS, 100 * MS, 10 * MS, &audio, &video);
	ck_assert_int_eq(audio, 0);
	ck_assert_int_eq(video, 190 * MS);
	lq__sync_step(100 * MS, 100 * MS, 1000 * MS, 10 * MS, &audio, &video);
	ck_assert_int_eq(audio, 40 * MS);
	ck_assert_int_eq(video, 150 * MS);
	for (int i = 0; i < 20; i++)
		lq__sync_step(100 * MS, 100 * MS, 1000 * MS, 10 * MS, &audio, &video);
	ck_assert_int_eq(audio, 200 * MS); /* and no more */
	ck_assert_int_eq(video, 0);
	lq__sync_step(100 * MS, 130 * MS, 100 * MS, 0, &audio, &video); /* sound that still plays later than it should */
	ck_assert_int_eq(video, 30 * MS);
}
END_TEST

START_TEST(ntp_time_goes_both_ways)
{
	static const int64_t times[] = {0, 1, 999999999, INT64_C(3908988800123456789)};
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_le(llabs(lq__ntp_to_ns(lq__ns_to_ntp(times[i])) - times[i]), 1);
	lq__sr_map m = {1, 1000 * LQ_SEC, 90000};
	ck_assert_int_eq(lq__sr_ntp(&m, 135000, 90000), 1000 * LQ_SEC + 500 * MS);
	ck_assert_int_eq(lq__sr_ntp(&m, 45000, 90000), 1000 * LQ_SEC - 500 * MS);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session parts");
	TCase *t = tcase_create("parts");
	tcase_add_test(t, history_resends_once_a_round_trip);
	tcase_add_test(t, pacer_lets_ten_go_in_five_ms_and_repairs_first);
	tcase_add_test(t, pacer_is_bounded);
	tcase_add_test(t, nack_waits_ten_ms_or_one_packet);
	tcase_add_test(t, nack_gives_up_on_too_much);
	tcase_add_test(t, video_begins_at_a_key_frame_and_keeps_order);
	tcase_add_test(t, video_skips_to_the_next_key_frame);
	tcase_add_test(t, video_survives_a_jump_and_is_bounded);
	tcase_add_test(t, audio_plays_each_packet_once_in_its_time);
	tcase_add_test(t, audio_lost_packet_brings_the_next_for_fec);
	tcase_add_test(t, audio_silence_of_dtx_is_no_loss);
	tcase_add_test(t, audio_late_burst_is_played_not_thrown_away);
	tcase_add_test(t, audio_timestamp_jump_starts_anew);
	tcase_add_test(t, opus_durations);
	tcase_add_loop_test(t, video_takes_any_packets, 0, 9);
	tcase_add_loop_test(t, audio_takes_any_packets, 0, 6);
	tcase_add_test(t, delay_follows_the_least_and_the_quantile);
	tcase_add_test(t, sync_moves_the_early_one_in_steps);
	tcase_add_test(t, ntp_time_goes_both_ways);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
