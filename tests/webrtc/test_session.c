/* Two sessions over a simulated link on a virtual clock. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/plugin/errors.h>
#include <loquat/plugin/event.h>
#include <loquat/plugin/node.h>

#include "pair.h"
#include "webrtc/sdp_answer.h"
#include "webrtc/session_internal.h"

static pair p;

static void dump(const char *what)
{
	for (uint32_t i = 0; i < p.n_tracks && getenv("PAIR_DUMP"); i++) {
		const pair_track *t = &p.tracks[i];
		printf("%s %s: sent %u received %u keys %u lost %u disc %u wrong %u ", what, t->mid, t->sent, t->received, t->keys, t->lost, t->discontinuities,
		       t->wrong);
		printf("due %.1f..%.1f late %.1f latency mean %.1f max %.1f capture error %.1f\n", t->due_min / 1e6, t->due_max / 1e6, t->late_max / 1e6,
		       t->received ? t->latency_sum / 1e6 / t->received : 0, t->latency_max / 1e6, t->capture_error_max / 1e6);
	}
}

static void check_connected(void)
{
	ck_assert_msg(p.state_a == LQ_STATE_CONNECTED, "state %d %s", p.state_a, p.reason_a);
	ck_assert_int_eq(p.state_b, LQ_STATE_CONNECTED);
}

START_TEST(clean_link_delivers_everything_at_once)
{
	static const uint32_t codecs[] = {LQ_CODEC_VP8, LQ_CODEC_H264};
	pair_config c = {.forth = {.delay = LQ_MSEC, .seed = 1}, .back = {.delay = LQ_MSEC, .seed = 2}, .video_codec = codecs[_i], .audio = 1};
	pair_open(&p, &c);
	pair_run(&p, 10 * LQ_SEC);
	dump("clean");
	check_connected();
	const pair_track *a = &p.tracks[0], *v = &p.tracks[1];
	ck_assert_uint_ge(v->sent, 298);
	ck_assert_uint_le(v->sent - v->received, 1);
	ck_assert_uint_eq(v->wrong + a->wrong, 0);
	ck_assert_uint_eq(v->keys, 1);
	ck_assert_uint_ge(a->sent, 498);
	ck_assert_uint_le(a->sent - a->received, 2);
	ck_assert_uint_eq(a->lost, 0);
	ck_assert_int_le(v->due_max, 25 * LQ_MSEC);  /* the key frame is paced */
	ck_assert_int_le(v->latency_sum / v->received, 2 * LQ_MSEC);
	ck_assert_int_le(a->due_max, 25 * LQ_MSEC);
	ck_assert_int_eq(v->backwards + a->backwards, 0);
	ck_assert_int_le(v->capture_error_max, LQ_MSEC / 100);
	ck_assert_int_le(a->capture_error_max, LQ_MSEC / 100);
	ck_assert_uint_eq((uint32_t)pair_stat(p.b, "1", "pliCount"), 0);
	ck_assert_uint_eq((uint32_t)pair_stat(p.b, "1", "nackCount"), 0);
	ck_assert_double_eq(pair_stat(p.b, "", "badPackets"), 0);
	ck_assert_double_le(pair_stat(p.a, "1", "roundTripTime"), 0.004);
	pair_close(&p);
}
END_TEST

/* Loss in 1/100, by index. */
static const int losses[] = {1, 5, 10, 20};

START_TEST(loss_is_repaired_by_rtx)
{
	int loss = losses[_i % 4], seed = _i / 4;
	pair_config c = {.forth = {.delay = 5 * LQ_MSEC, .loss = loss / 100.0, .seed = (uint64_t)seed},
	                 .back = {.delay = 5 * LQ_MSEC, .seed = (uint64_t)seed + 50},
	                 .video_codec = seed % 2 ? LQ_CODEC_H264 : LQ_CODEC_VP8, .audio = 1};
	pair_open(&p, &c);
	pair_run(&p, 10 * LQ_SEC);
	dump("loss");
	check_connected();
	const pair_track *a = &p.tracks[0], *v = &p.tracks[1];
	ck_assert_uint_eq(v->wrong + a->wrong, 0);
	ck_assert_uint_ge(v->sent, 270);
	/* From the first on that came after the handshake, which suffers from the loss, too, every single one. */
	ck_assert_int_le(v->first_number, 60);
	ck_assert_int_eq(v->received, v->last_number - v->first_number + 1);
	ck_assert_int_ge(v->last_number, v->sent - 8);
	ck_assert_uint_eq(v->discontinuities, 0);
	/* Each sound that did not come was concealed, once. */
	int inserted = (int)pair_stat(p.b, "0", "insertedSamplesForDeceleration") / 960;
	int removed = (int)pair_stat(p.b, "0", "removedSamplesForAcceleration") / 960;
	int64_t too_many = a->lost - inserted + removed - (a->last_number - a->first_number + 1 - a->received);
	ck_assert_msg(too_many >= 0 && too_many <= 3, "%d more", (int)too_many); /* those on their way at the end */
	ck_assert_uint_gt((uint32_t)pair_stat(p.b, "1", "nackCount"), 0);
	ck_assert_uint_gt((uint32_t)pair_stat(p.a, "1", "retransmittedPacketsSent"), 0);
	ck_assert_double_eq(pair_stat(p.b, "0", "concealedSamples"), (a->lost - inserted) * 960.0);
	pair_close(&p);
}
END_TEST

START_TEST(reordering_is_no_loss)
{
	pair_config c = {.forth = {.delay = 20 * LQ_MSEC, .reorder = 0.1, .hold = 4 * LQ_MSEC, .seed = (uint64_t)_i}, .back = {.delay = 20 * LQ_MSEC},
	                 .video_codec = LQ_CODEC_VP8, .audio = 1};
	pair_open(&p, &c);
	pair_run(&p, 10 * LQ_SEC);
	dump("reorder");
	const pair_track *a = &p.tracks[0], *v = &p.tracks[1];
	ck_assert_uint_eq(v->wrong + a->wrong + a->lost + v->discontinuities, 0);
	ck_assert_uint_le(v->sent - v->received, 2);
	ck_assert_uint_le(a->sent - a->received, 3);
	ck_assert_double_eq(pair_stat(p.b, "1", "packetsLost"), 0);
	pair_close(&p);
}
END_TEST

START_TEST(jitter_is_taken_up)
{
	pair_config c = {.forth = {.delay = 20 * LQ_MSEC, .jitter = 60 * LQ_MSEC, .seed = (uint64_t)_i}, .back = {.delay = 20 * LQ_MSEC},
	                 .video_codec = LQ_CODEC_H264, .audio = 1};
	pair_open(&p, &c);
	pair_run(&p, 20 * LQ_SEC);
	dump("jitter");
	const pair_track *a = &p.tracks[0], *v = &p.tracks[1];
	ck_assert_uint_eq(v->wrong + a->wrong, 0);
	ck_assert_uint_le(v->sent - v->received, 4);
	ck_assert_uint_le(a->lost, 40); /* 4 % while it learns */
	pair_run(&p, LQ_SEC);
	uint32_t lost = a->lost;
	pair_run(&p, 20 * LQ_SEC);
	ck_assert_uint_le(a->lost - lost, 30);
	ck_assert_int_le(a->due_of_capture, 150 * LQ_MSEC);
	pair_close(&p);
}
END_TEST

START_TEST(unrecoverable_loss_asks_for_a_key_frame)
{
	pair_config c = {.forth = {.delay = 10 * LQ_MSEC, .seed = 1}, .back = {.delay = 10 * LQ_MSEC},
	                 .video_codec = _i % 2 ? LQ_CODEC_VP8 : LQ_CODEC_H264, .audio = 1};
	pair_open(&p, &c);
	pair_run(&p, 3 * LQ_SEC);
	p.drop_from = p.now;
	p.drop_until = p.now + 3 * LQ_SEC; /* longer than the sender's history */
	pair_run(&p, 4 * LQ_SEC);
	dump("outage");
	const pair_track *a = &p.tracks[0], *v = &p.tracks[1];
	ck_assert_uint_eq(v->wrong, 0);
	ck_assert_uint_ge(v->keys, 2);
	ck_assert_uint_ge(v->discontinuities, 1);
	ck_assert_uint_ge((uint32_t)pair_stat(p.a, "1", "pliCount"), 1);
	ck_assert_int_ge(v->last_number, (int64_t)v->sent - 2); /* it plays again */
	ck_assert_int_ge(a->last_number, (int64_t)a->sent - 3);
	ck_assert_int_le(a->due_of_capture, 50 * LQ_MSEC);
	/* What was lost counts, though only its beginning was made up. */
	ck_assert_uint_lt(a->lost, 12);
	ck_assert_double_ge(pair_stat(p.b, "0", "concealedSamples"), 145 * 960.0);
	ck_assert_double_le(pair_stat(p.b, "0", "concealedSamples"), 155 * 960.0);
	pair_close(&p);
}
END_TEST

START_TEST(key_frame_asked_for_too_soon_comes_later)
{
	pair_config c = {.forth = {.seed = 1}, .video_codec = LQ_CODEC_VP8};
	pair_open(&p, &c);
	pair_run(&p, LQ_SEC);
	uint32_t keys = p.tracks[0].keys;
	lq__key_frame_asked(p.a->tracks[0], p.now);
	pair_run(&p, 50 * LQ_MSEC);
	ck_assert_uint_eq(p.tracks[0].keys, keys + 1);
	lq__key_frame_asked(p.a->tracks[0], p.now); /* another receiver, behind a forwarder */
	pair_run(&p, 100 * LQ_MSEC);
	ck_assert_uint_eq(p.tracks[0].keys, keys + 1);
	pair_run(&p, 300 * LQ_MSEC);
	ck_assert_uint_eq(p.tracks[0].keys, keys + 2);
	pair_close(&p);
}
END_TEST

START_TEST(long_round_trip_still_repairs)
{
	pair_config c = {.forth = {.delay = 50 * LQ_MSEC, .loss = 0.03, .seed = (uint64_t)_i}, .back = {.delay = 50 * LQ_MSEC, .loss = 0.03, .seed = 7},
	                 .video_codec = LQ_CODEC_VP8, .audio = 1};
	pair_open(&p, &c);
	pair_run(&p, 20 * LQ_SEC);
	dump("rtt");
	const pair_track *v = &p.tracks[1];
	ck_assert_uint_eq(v->wrong, 0);
	ck_assert_uint_ge(v->received + 30, v->sent);
	ck_assert_double_ge(pair_stat(p.a, "1", "roundTripTime"), 0.09);
	ck_assert_double_le(pair_stat(p.a, "1", "roundTripTime"), 0.12);
	ck_assert_uint_gt(p.loss_reports, 10);
	pair_close(&p);
}
END_TEST

START_TEST(burst_loss_never_damages_a_frame)
{
	pair_config c = {.forth = {.delay = 20 * LQ_MSEC, .loss = 0.15, .burst = 8, .jitter = 10 * LQ_MSEC, .reorder = 0.05, .hold = 10 * LQ_MSEC},
	                 .back = {.delay = 20 * LQ_MSEC, .loss = 0.1, .seed = (uint64_t)_i}, .video_codec = _i % 2 ? LQ_CODEC_VP8 : LQ_CODEC_H264,
	                 .audio = 1, .key_every = 150};
	c.forth.seed = (uint64_t)_i + 1;
	pair_open(&p, &c);
	pair_run(&p, 20 * LQ_SEC);
	dump("burst");
	check_connected();
	ck_assert_uint_eq(p.tracks[0].wrong + p.tracks[1].wrong, 0);
	ck_assert_uint_ge(p.tracks[1].received * 10, p.tracks[1].sent * 8);
	pair_close(&p);
}
END_TEST

START_TEST(narrow_link_loses_but_recovers)
{
	/* 1.3 Mbit/s for a mean of 1.1: key frames overflow the queue. */
	pair_config c = {.forth = {.rate = 1300000, .queue = 30, .delay = 15 * LQ_MSEC, .seed = 3}, .back = {.delay = 15 * LQ_MSEC},
	                 .video_codec = LQ_CODEC_VP8, .audio = 1, .key_every = 90};
	pair_open(&p, &c);
	pair_run(&p, 20 * LQ_SEC);
	dump("narrow");
	ck_assert_uint_eq(p.tracks[0].wrong + p.tracks[1].wrong, 0);
	ck_assert_uint_ge(p.tracks[1].received * 10, p.tracks[1].sent * 9);
	pair_close(&p);
}
END_TEST

START_TEST(sound_and_picture_come_into_step)
{
	/* The sound is 120 ms late at the sender: the picture waits, but 10 ms are left. In the second case the sender's clock is an hour wrong. */
	pair_config c = {.forth = {.delay = 10 * LQ_MSEC, .seed = 1}, .back = {.delay = 10 * LQ_MSEC}, .video_codec = LQ_CODEC_VP8, .audio = 1,
	                 .audio_hold = 120 * LQ_MSEC};
	if (_i == 1)
		c.wall_offset = 3600 * LQ_SEC;
	pair_open(&p, &c);
	pair_run(&p, 10 * LQ_SEC);
	dump("sync");
	const pair_track *a = &p.tracks[0], *v = &p.tracks[1];
	int64_t skew = a->due_of_capture - v->due_of_capture;
	ck_assert_msg(skew > -20 * LQ_MSEC && skew <= 11 * LQ_MSEC, "skew %.1f ms", skew / 1e6);
	ck_assert_int_le(a->due_of_capture, 160 * LQ_MSEC);
	if (_i == 1)
		ck_assert_int_le(v->capture_error_max, 40 * LQ_MSEC);
	pair_close(&p);
}
END_TEST

START_TEST(picture_that_is_late_holds_the_sound)
{
	/* A picture of 60 kB a frame takes its time on the line. */
	pair_config c = {.forth = {.rate = 6000000, .queue = 200, .delay = 10 * LQ_MSEC, .jitter = 150 * LQ_MSEC, .seed = 1},
	                 .back = {.delay = 10 * LQ_MSEC},
	                 .video_codec = LQ_CODEC_VP8, .audio = 1, .frame_bytes = 15000};
	pair_open(&p, &c);
	pair_run(&p, 20 * LQ_SEC);
	dump("late picture");
	int64_t skew = p.tracks[0].due_of_capture - p.tracks[1].due_of_capture;
	ck_assert_msg(skew > -60 * LQ_MSEC && skew <= 60 * LQ_MSEC, "skew %.1f ms", skew / 1e6);
	pair_close(&p);
}
END_TEST

START_TEST(clock_drift_is_followed)
{
	pair_config c = {.forth = {.delay = 10 * LQ_MSEC, .seed = 1}, .back = {.delay = 10 * LQ_MSEC}, .audio = 1, .audio_ppm = _i ? -500 : 500};
	pair_open(&p, &c);
	pair_run(&p, 300 * LQ_SEC); /* 150 ms of drift */
	dump("drift");
	const pair_track *a = &p.tracks[0];
	ck_assert_uint_eq(a->wrong, 0);
	ck_assert_int_le(llabs((int64_t)pair_stat(p.b, "0", "concealedSamples")), 2 * 960);
	double in = pair_stat(p.b, "0", "insertedSamplesForDeceleration"), out = pair_stat(p.b, "0", "removedSamplesForAcceleration");
	ck_assert_double_le(in + out, 10 * 960.0);
	ck_assert_int_le(a->due_of_capture, 60 * LQ_MSEC);
	pair_close(&p);
}
END_TEST

START_TEST(garbage_is_counted_and_harmless)
{
	pair_config c = {.forth = {.delay = LQ_MSEC, .seed = 1}, .back = {.delay = LQ_MSEC}, .video_codec = LQ_CODEC_VP8, .audio = 1};
	pair_open(&p, &c);
	pair_run(&p, LQ_SEC);
	uint64_t random = 5;
	for (int i = 0; i < 6000; i++) {
		uint8_t junk[1600];
		size_t len = (size_t)(simlink_random(&random) * sizeof junk);
		for (size_t k = 0; k < len; k++)
			junk[k] = (uint8_t)(simlink_random(&random) * 256);
		if (len && i % 4)
			junk[0] = (uint8_t)(i % 4 == 1 ? 22 : 0x80); /* what looks like DTLS, RTP, RTCP */
		if (len > 1 && i % 4 == 3)
			junk[1] = (uint8_t)(200 + i % 8);
		lq_session_input(p.b, junk, len, p.now);
		lq_session_input(p.a, junk, len, p.now);
	}
	pair_run(&p, LQ_SEC);
	dump("garbage");
	check_connected();
	ck_assert_double_ge(pair_stat(p.b, "", "badPackets"), 3000);
	ck_assert_uint_le(p.tracks[1].sent - p.tracks[1].received, 1);
	ck_assert_uint_eq(p.tracks[0].wrong + p.tracks[1].wrong + p.tracks[0].lost, 0);
	pair_close(&p);
}
END_TEST

START_TEST(offers_add_and_remove_tracks)
{
	pair_config c = {.forth = {.delay = 5 * LQ_MSEC, .seed = 1}, .back = {.delay = 5 * LQ_MSEC}, .audio = 1};
	pair_open(&p, &c);
	pair_run(&p, LQ_SEC);
	ck_assert_uint_eq(lq_session_codec(p.b, "1"), LQ_CODEC_NONE);
	pair_add(&p, "1", LQ_MEDIA_VIDEO, LQ_CODEC_H264);
	pair_add(&p, "2", LQ_MEDIA_VIDEO, LQ_CODEC_VP8);
	pair_negotiate(&p);
	ck_assert_uint_eq(lq_session_codec(p.b, "1"), LQ_CODEC_H264);
	ck_assert_uint_eq(lq_session_codec(p.a, "2"), LQ_CODEC_VP8);
	pair_run(&p, LQ_SEC);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_ge(p.tracks[i].received, 28);
	pair_remove(&p, "1");
	pair_negotiate(&p);
	ck_assert_uint_eq(lq_session_codec(p.b, "1"), LQ_CODEC_NONE);
	uint32_t before = p.tracks[1].received;
	pair_run(&p, LQ_SEC);
	ck_assert_uint_eq(p.tracks[1].received, before);
	ck_assert_uint_ge(p.tracks[2].received, 57);
	pair_add(&p, "1", LQ_MEDIA_VIDEO, LQ_CODEC_H264); /* the same place again */
	pair_negotiate(&p);
	pair_run(&p, LQ_SEC);
	dump("re-offer");
	ck_assert_uint_ge(p.tracks[1].received, 28);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(p.tracks[i].wrong, 0);
	ck_assert_uint_eq(p.tracks[0].lost, 0);
	pair_close(&p);
}
END_TEST

START_TEST(large_frames_are_spread_small_ones_are_not)
{
	pair_config c = {.forth = {.seed = 1}, .video_codec = LQ_CODEC_VP8, .frame_bytes = 4000};
	pair_open(&p, &c);
	pair_run(&p, 2 * LQ_SEC);
	dump("pacer");
	const pair_track *v = &p.tracks[0];
	/* A key frame of 12 to 16 kB is 11 to 15 packets: two bursts, 5 ms. All others leave at once. */
	ck_assert_int_ge(v->latency_max, 4 * LQ_MSEC);
	ck_assert_int_le(v->latency_max, 6 * LQ_MSEC);
	ck_assert_int_le(v->latency_sum, 6 * LQ_MSEC);
	pair_close(&p);
}
END_TEST

START_TEST(closing_is_told)
{
	pair_config c = {.forth = {.delay = LQ_MSEC, .seed = 1}, .back = {.delay = LQ_MSEC}, .audio = 1};
	pair_open(&p, &c);
	pair_run(&p, LQ_SEC);
	check_connected();
	lq_session_destroy(p.b);
	p.b = NULL;
	simlink_run(p.back, p.now + LQ_SEC);
	ck_assert_int_eq(p.state_a, LQ_STATE_CLOSED);
	lq_session_destroy(p.a);
	simlink_destroy(p.forth);
	simlink_destroy(p.back);
}
END_TEST

/* Sets s's remote description: the answer to its own, with the other options. */
static int answer(lq_session *s, const lq_sdp_answer_options *o, const char *layers)
{
	static char text[LQ_SDP_MAX_TEXT];
	lq_sdp offer, answer;
	char error[200] = "";
	ck_assert_int_eq(lq_session_set_local_ice(s, "abcd", "abcdefghijklmnopqrstuvwx", NULL, 0), 0);
	ck_assert_int_gt(lq_session_describe(s, text, sizeof text), 0);
	ck_assert_int_eq(lq_sdp_parse(text, strlen(text), &offer, error, sizeof error), 0);
	ck_assert_int_eq(lq_sdp_answer(&offer, o, &answer), 0);
	for (const char *l = layers; *l; l++)
		ck_assert_int_eq(lq_sdp_add_layer(&answer.media[0], (const char[]){*l, 0}, LQ_SDP_RECVONLY), 0);
	answer.fingerprint_len = 32;
	strcpy(answer.fingerprint_hash, "sha-256");
	strcpy(answer.ice_ufrag, "efgh");
	strcpy(answer.ice_pwd, "abcdefghijklmnopqrstuvwx");
	ck_assert_int_gt(lq_sdp_write(&answer, text, sizeof text), 0);
	int e = lq_session_set_remote(s, text, error, sizeof error);
	lq_sdp_free(&offer);
	lq_sdp_free(&answer);
	return e;
}

/* A sender's three encodings and an answer that takes those in `layers` ("": knows no simulcast). */
static lq_session *answered(const char *layers)
{
	static const uint32_t vp8 = LQ_CODEC_VP8;
	static const char *const exts[] = {LQ_EXT_MID, LQ_EXT_RID, LQ_EXT_REPAIRED_RID};
	const lq_sdp_answer_options o = {.codecs = &vp8, .n_codecs = 1, .rtx = 1, .direction = LQ_SDP_RECVONLY, .setup = LQ_SETUP_PASSIVE, .exts = exts, .n_exts = 3};
	lq_session *s;
	ck_assert_int_eq(lq_session_create(&(lq_session_config){.direction = LQ_SEND}, &s), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(lq_session_add_track(s, (const char *[]){"1/h", "1/m", "1/l"}[i], LQ_MEDIA_VIDEO, &vp8, 1, "a b"), 0);
	ck_assert_int_eq(answer(s, &o, layers), 0);
	return s;
}

START_TEST(encodings_that_are_taken_are_sent)
{
	static const char *const taken[] = {"", "h", "hm", "hml", "l"}, *const sent[] = {"h", "h", "hm", "hml", "l"};
	lq_session *s = answered(taken[_i]);
	for (const char *l = "hml"; *l; l++) {
		const char name[] = {'1', '/', *l, 0};
		ck_assert_msg((lq_session_codec(s, name) != LQ_CODEC_NONE) == (strchr(sent[_i], *l) != NULL), "%s with an answer for \"%s\"", name, taken[_i]);
	}
	ck_assert_uint_eq(lq_session_codec(s, "1"), LQ_CODEC_NONE);
	lq_session_destroy(s);
}
END_TEST

START_TEST(a_section_has_one_track_or_encodings)
{
	static const uint32_t vp8 = LQ_CODEC_VP8;
	static char text[LQ_SDP_MAX_TEXT];
	lq_session *s = answered("hml");
	ck_assert_int_eq(lq_session_add_track(s, "1", LQ_MEDIA_VIDEO, &vp8, 1, ""), LQ_EEXIST);
	ck_assert_int_eq(lq_session_add_track(s, "1/h", LQ_MEDIA_VIDEO, &vp8, 1, ""), LQ_EEXIST);
	ck_assert_int_eq(lq_session_add_track(s, "1/x", LQ_MEDIA_AUDIO, &vp8, 1, ""), LQ_EEXIST);
	ck_assert_int_eq(lq_session_add_track(s, "2/", LQ_MEDIA_VIDEO, &vp8, 1, ""), LQ_EINVAL);
	ck_assert_int_eq(lq_session_add_track(s, "2/a b", LQ_MEDIA_VIDEO, &vp8, 1, ""), LQ_EINVAL);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(lq_session_remove_track(s, (const char *[]){"1/h", "1/m", "1/l"}[i]), 0);
	ck_assert_int_gt(lq_session_describe(s, text, sizeof text), 0);
	ck_assert_ptr_nonnull(strstr(text, "m=video 0 "));
	ck_assert_int_eq(lq_session_add_track(s, "1", LQ_MEDIA_VIDEO, &vp8, 1, "a b"), 0); /* in the same place */
	ck_assert_int_gt(lq_session_describe(s, text, sizeof text), 0);
	ck_assert(strstr(text, "m=video 9 ") && !strstr(text, "m=video 0 ") && !strstr(text, "a=simulcast") && strstr(text, "a=ssrc:"));
	lq_session_destroy(s);
}
END_TEST

/* As WHEP has it: the player offers, and the server says which of it there is. */
START_TEST(receiver_that_says_what_it_wants_offers)
{
	static const uint32_t codecs[] = {LQ_CODEC_H264, LQ_CODEC_VP8}, opus = LQ_CODEC_OPUS;
	static const uint32_t has[][2] = {{LQ_CODEC_VP8, LQ_CODEC_OPUS}, {LQ_CODEC_VP9, LQ_CODEC_OPUS}};
	static char text[LQ_SDP_MAX_TEXT];
	const lq_sdp_answer_options o = {.codecs = has[_i], .n_codecs = 2, .rtx = 1, .direction = LQ_SDP_SENDONLY, .setup = LQ_SETUP_PASSIVE};
	lq_session *s;
	ck_assert_int_eq(lq_session_create(&(lq_session_config){.direction = LQ_RECEIVE}, &s), 0);
	ck_assert_int_eq(lq_session_add_track(s, "0", LQ_MEDIA_AUDIO, &opus, 1, NULL), 0);
	ck_assert_int_eq(lq_session_add_track(s, "1", LQ_MEDIA_VIDEO, codecs, 2, NULL), 0);
	ck_assert_int_eq(lq_session_add_track(s, "2/h", LQ_MEDIA_VIDEO, codecs, 2, NULL), LQ_EINVAL);
	ck_assert_int_eq(lq_session_set_local_ice(s, "abcd", "abcdefghijklmnopqrstuvwx", NULL, 0), 0);
	ck_assert_int_gt(lq_session_describe(s, text, sizeof text), 0);
	ck_assert(strstr(text, "a=recvonly") && strstr(text, "a=setup:actpass") && !strstr(text, "a=ssrc:") && !strstr(text, "a=msid:"));
	ck_assert_int_eq(answer(s, &o, ""), 0);
	ck_assert_uint_eq(lq_session_codec(s, "0"), LQ_CODEC_OPUS);
	ck_assert_uint_eq(lq_session_codec(s, "1"), _i ? LQ_CODEC_NONE : LQ_CODEC_VP8);
	ck_assert_int_eq(lq_session_add_track(s, "2", LQ_MEDIA_VIDEO, codecs, 1, NULL), LQ_ESTATE);
	lq_session_destroy(s);
}
END_TEST

START_TEST(wrong_descriptions_get_an_answer)
{
	pair_config c = {.forth = {.seed = 1}};
	char error[200], text[20000], changed[20000];
	pair_open(&p, &c);
	pair_add(&p, "0", LQ_MEDIA_AUDIO, LQ_CODEC_OPUS);
	ck_assert_int_eq(lq_session_describe(p.b, text, sizeof text), LQ_ESTATE);
	ck_assert_int_gt(lq_session_describe(p.a, text, sizeof text), 0);
	ck_assert_int_eq(lq_session_describe(p.a, changed, 100), LQ_ENOSPACE);
	ck_assert_int_eq(lq_session_set_remote(p.b, "rubbish", error, sizeof error), LQ_EPARSE);
	strcpy(changed, text);
	char *at = strstr(changed, "a=fingerprint");
	at[2] = 'x';
	ck_assert_int_eq(lq_session_set_remote(p.b, changed, error, sizeof error), LQ_EPARSE);
	ck_assert_str_eq(error, "a=fingerprint is missing");
	ck_assert_int_eq(lq_session_set_remote(p.a, text, error, sizeof error), LQ_EPARSE);
	ck_assert_str_eq(error, "a=setup of an answer must be active or passive");
	ck_assert_int_eq(lq_session_set_remote(p.b, text, error, sizeof error), 0);
	ck_assert_int_eq(lq_session_add_track(p.a, "0", LQ_MEDIA_AUDIO, (uint32_t[]){LQ_CODEC_OPUS}, 1, ""), LQ_EEXIST);
	ck_assert_int_eq(lq_session_add_track(p.a, "has space", LQ_MEDIA_AUDIO, (uint32_t[]){LQ_CODEC_OPUS}, 1, ""), LQ_EINVAL);
	pair_close(&p);
}
END_TEST

START_TEST(a_minute_of_a_bad_link)
{
	pair_config c = {.forth = {.rate = 4000000, .delay = 30 * LQ_MSEC, .jitter = 20 * LQ_MSEC, .loss = 0.05, .burst = 2, .seed = 11},
	                 .back = {.delay = 30 * LQ_MSEC, .loss = 0.02, .seed = 12}, .video_codec = LQ_CODEC_H264, .audio = 1};
	pair_open(&p, &c);
	pair_run(&p, 60 * LQ_SEC);
	dump("minute");
	const pair_track *a = &p.tracks[0], *v = &p.tracks[1];
	ck_assert_uint_eq(v->wrong + a->wrong, 0);
	ck_assert_uint_ge(v->received * 100, v->sent * 97);
	ck_assert_uint_ge((a->received + a->lost) * 100, a->sent * 98);
	pair_close(&p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session");
	TCase *t = tcase_create("session");
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, clean_link_delivers_everything_at_once, 0, 2);
	tcase_add_loop_test(t, loss_is_repaired_by_rtx, 0, 48);
	tcase_add_loop_test(t, reordering_is_no_loss, 0, 12);
	tcase_add_loop_test(t, jitter_is_taken_up, 0, 6);
	tcase_add_test(t, key_frame_asked_for_too_soon_comes_later);
	tcase_add_loop_test(t, unrecoverable_loss_asks_for_a_key_frame, 0, 2);
	tcase_add_loop_test(t, long_round_trip_still_repairs, 0, 12);
	tcase_add_loop_test(t, burst_loss_never_damages_a_frame, 0, 24);
	tcase_add_test(t, narrow_link_loses_but_recovers);
	tcase_add_loop_test(t, sound_and_picture_come_into_step, 0, 2);
	tcase_add_test(t, picture_that_is_late_holds_the_sound);
	tcase_add_loop_test(t, clock_drift_is_followed, 0, 2);
	tcase_add_test(t, garbage_is_counted_and_harmless);
	tcase_add_test(t, offers_add_and_remove_tracks);
	tcase_add_test(t, large_frames_are_spread_small_ones_are_not);
	tcase_add_test(t, closing_is_told);
	tcase_add_loop_test(t, encodings_that_are_taken_are_sent, 0, 5);
	tcase_add_test(t, a_section_has_one_track_or_encodings);
	tcase_add_loop_test(t, receiver_that_says_what_it_wants_offers, 0, 2);
	tcase_add_test(t, wrong_descriptions_get_an_answer);
	tcase_add_test(t, a_minute_of_a_bad_link);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
