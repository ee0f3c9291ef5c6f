/* Calls through the forwarder: real sockets, DTLS and SRTP, with and without loss, garbage and surprises. */
#include "tests/unit/suite.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include <loquat/clock.h>
#include <loquat/plugin/errors.h>
#include <loquat/plugin/event.h>
#include <loquat/plugin/node.h>

#include "base/alloc.h"
#include "tests/server/call.h"

static call c;
static person *ann, *bob, *eve;

static void set_up(void)
{
	call_open(&c);
	ann = call_join(&c, "ann");
	bob = call_join(&c, "bob");
}

static void tear_down(void)
{
	call_close(&c);
	ck_assert_int_eq(lq__alloc_live(), 0);
}

static int bob_sees(call *x) { return bob->video_frames >= 40 && bob->audio_frames >= 15; }
static int bob_sees_more(call *x) { return bob->video_frames >= 160 && bob->audio_frames >= 30; }

static void connect_both(uint32_t codec)
{
	call_publish(ann, codec);
	call_subscribe(bob, ann);
}

START_TEST(frames_arrive_as_they_were_sent)
{
	connect_both(_i ? LQ_CODEC_H264 : LQ_CODEC_VP8);
	call_run(&c, bob_sees);
	ck_assert_uint_eq(bob->wrong, 0);
	ck_assert_uint_eq(bob->gaps, 0);
	ck_assert_uint_ge(bob->key_frames, 1);
	json_t *stats = call_request(bob, json_pack("{s:s}", "type", "stats"));
	const json_t *tracks = json_object_get(json_object_get(stats, "subscribe"), "tracks");
	ck_assert_uint_eq(json_array_size(tracks), 2);
	ck_assert_int_ge(json_integer_value(json_object_get(json_array_get(tracks, 1), "packetsSent")), 40);
	json_decref(stats);
}
END_TEST

START_TEST(both_directions_at_once)
{
	connect_both(LQ_CODEC_VP8);
	call_publish(bob, LQ_CODEC_H264);
	call_subscribe(ann, bob);
	call_run(&c, bob_sees);
	ck_assert_uint_ge(ann->video_frames, 1);
	ck_assert_uint_eq(ann->wrong + bob->wrong, 0);
}
END_TEST

START_TEST(what_is_lost_on_the_way_in_is_asked_for_again)
{
	connect_both(LQ_CODEC_VP8);
	call_run(&c, bob_sees);
	ann->sending.lose_out = 11;
	call_run(&c, bob_sees_more);
	ck_assert_uint_eq(bob->wrong, 0);
	ck_assert_uint_eq(bob->gaps, 0);
	ck_assert(call_counter(&c, "media_nacks_sent_total") > 10);
}
END_TEST

START_TEST(what_is_lost_on_the_way_out_is_sent_again)
{
	connect_both(_i ? LQ_CODEC_H264 : LQ_CODEC_VP8);
	call_run(&c, bob_sees);
	bob->receiving.lose_in = 11;
	call_run(&c, bob_sees_more);
	ck_assert_uint_eq(bob->wrong, 0);
	ck_assert_uint_eq(bob->gaps, 0);
	ck_assert(call_counter(&c, "media_packets_retransmitted_total") > 10);
	ck_assert(call_counter(&c, "media_nacks_sent_total") == 0);
}
END_TEST

static int eve_sees(call *x) { return eve->video_frames >= 20 && eve->audio_frames >= 10; }

static uint32_t bob_had;
static int bob_sees_still_more(call *x) { return bob->video_frames >= bob_had + 10; }

static void ask_ok(person *p, json_t *request)
{
	json_t *m = call_request(p, request);
	ck_assert_str_eq(json_string_value(json_object_get(m, "type")), "ok");
	json_decref(m);
}

/* Whoever sees somebody else misses not one picture, although what it is offered changes each time. */
START_TEST(who_goes_up_and_down_disturbs_nobody)
{
	connect_both(_i ? LQ_CODEC_H264 : LQ_CODEC_VP8);
	eve = call_join(&c, "eve");
	call_run(&c, bob_sees);
	uint32_t keys = bob->key_frames;
	for (int times = 0; times < 10; times++) {
		json_t *ids = json_array();
		call_publish(eve, LQ_CODEC_VP8);
		LQ__EACH(lq__track, t, &eve->client.member->tracks, link)
			if (t->media == LQ_MEDIA_AUDIO)
				json_array_append_new(ids, json_string(t->id));
		ask_ok(bob, json_pack("{s:s, s:o}", "type", "subscribe", "tracks", ids));
		call_answer(bob);
		bob_had = bob->video_frames;
		call_run(&c, bob_sees_still_more);
		ask_ok(eve, json_pack("{s:s, s:s}", "type", "role", "role", "audience"));
		ask_ok(eve, json_pack("{s:s}", "type", "renew"));
		call_answer(bob);
		call_hush(eve);
		bob_had = bob->video_frames;
		call_run(&c, bob_sees_still_more);
		ask_ok(eve, json_pack("{s:s, s:s}", "type", "role", "role", "broadcaster"));
	}
	ck_assert_uint_eq(bob->gaps, 0);
	ck_assert_uint_eq(bob->wrong, 0);
	ck_assert_uint_eq(bob->key_frames, keys); /* none had to be asked for */
}
END_TEST

START_TEST(grades_are_as_the_figures)
{
	static const struct { double loss, round_trip, jitter; int grade; } t[] = {
		{0, 0, 0, 1}, {0.01, 150, 30, 1}, {0.011, 0, 0, 2}, {0, 151, 0, 2}, {0, 0, 31, 2}, {0.04, 250, 60, 2}, {0.05, 0, 0, 3}, {0.10, 400, 100, 3},
		{0.11, 0, 0, 4}, {0, 500, 0, 4}, {0.2, 800, 200, 4}, {0.21, 0, 0, 5}, {0, 900, 0, 5}, {0, 0, 300, 5}, {1, 10000, 10000, 5}};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		ck_assert_int_eq(lq__quality_grade(t[i].loss, t[i].round_trip, t[i].jitter), t[i].grade);
}
END_TEST

static int64_t next_look;
static struct { int up, down; } told[2]; /* what bob was told: of ann and of himself */

/* As loquatd's timer does, a little faster. */
static void look_and_hear(void)
{
	json_t *m, *member;
	size_t i;
	int64_t t = lq_clock_now(lq_clock_real());
	if (t < next_look)
		return;
	next_look = t + 1500 * LQ_MSEC;
	lq__quality_tick(c.service.rooms, t);
	while ((m = call_take(bob, "quality"))) {
		json_array_foreach(json_object_get(m, "members"), i, member) {
			int is_bob = !strcmp(json_string_value(json_object_get(member, "user")), "bob");
			told[is_bob].up = (int)json_integer_value(json_object_get(member, "up"));
			told[is_bob].down = (int)json_integer_value(json_object_get(member, "down"));
		}
		json_decref(m);
	}
}

static int all_is_well(call *x) { look_and_hear(); return told[0].up == 1 && told[1].down == 1; }
static int ann_is_bad(call *x) { look_and_hear(); return told[0].up == 5; }
static int bob_is_bad(call *x) { look_and_hear(); return told[1].down == 5 && told[0].up == 1; }

START_TEST(a_bad_way_is_told_with_whose_it_is)
{
	memset(told, 0, sizeof told);
	connect_both(LQ_CODEC_VP8);
	call_run(&c, all_is_well);
	ck_assert_int_eq(told[0].down, 0); /* she receives nothing */
	ck_assert_int_eq(told[1].up, 0);
	ann->sending.lose_out = 3;
	call_run(&c, ann_is_bad);
	ck_assert_int_le(told[1].down, 2); /* what did not come to us is not bob's way's fault */
	ann->sending.lose_out = 0;
	call_run(&c, all_is_well);
	bob->receiving.lose_in = 3;
	call_run(&c, bob_is_bad);
	bob->receiving.lose_in = 0;
	call_run(&c, all_is_well);
}
END_TEST

static int ann_is_down(call *x) { look_and_hear(); return told[0].up == 6; }

static int eve_sees(call *x);
static int64_t wait_until;

/* A second of the call, for reports to come, and then a look. */
static int looked(call *x)
{
	int64_t t = lq_clock_now(lq_clock_real());
	if (!next_look) {
		wait_until = t + LQ_SEC;
		next_look = 1;
	}
	if (t < wait_until)
		return 0;
	lq__quality_tick(c.service.rooms, t);
	return 1;
}

START_TEST(a_way_that_carries_nothing_is_down)
{
	memset(told, 0, sizeof told);
	connect_both(LQ_CODEC_VP8);
	call_run(&c, all_is_well);
	ann->sending.lose_out = 1; /* all of it */
	call_run(&c, ann_is_down);
	ann->sending.lose_out = 0;
	call_run(&c, all_is_well);
	eve = call_join(&c, "eve"); /* who comes later is told everything */
	lq__quality_tick(c.service.rooms, lq_clock_now(lq_clock_real()));
	json_t *all = call_take(eve, "quality"), *bobs;
	ck_assert_uint_eq(json_array_size(json_object_get(all, "members")), 2);
	json_decref(all);
	/* The audience is not seen: not here either. */
	call_subscribe(eve, ann);
	lq__member_set_role(eve->client.member, 1);
	call_run(&c, eve_sees);
	for (int i = 0; !eve->client.member->quality.down; i++) {
		ck_assert_int_lt(i, 20);
		next_look = 0;
		call_run(&c, looked);
	}
	while ((bobs = call_take(bob, "quality"))) {
		char *text = json_dumps(bobs, 0);
		ck_assert_ptr_null(strstr(text, "\"eve\""));
		free(text);
		json_decref(bobs);
	}
	int own = 0;
	while ((all = call_take(eve, "quality"))) {
		char *text = json_dumps(all, 0);
		own |= strstr(text, "\"eve\"") != NULL;
		free(text);
		json_decref(all);
	}
	ck_assert(own);
}
END_TEST

START_TEST(a_latecomer_begins_with_a_key_frame)
{
	connect_both(LQ_CODEC_VP8);
	call_run(&c, bob_sees);
	int asked = ann->keys_asked;
	eve = call_join(&c, "eve");
	call_subscribe(eve, ann);
	call_run(&c, eve_sees);
	ck_assert_int_eq(ann->keys_asked, asked + 1);
	ck_assert_uint_ge(eve->key_frames, 1);
	ck_assert_uint_eq(eve->wrong + eve->gaps + bob->wrong + bob->gaps, 0);
}
END_TEST

static int64_t now(void)
{
	return lq_clock_now(lq_clock_real());
}

static int asked_before;

static int all_ask_until_ann_hears(call *x)
{
	lq_session_request_key_frame(bob->receiving.session, "1", now());
	lq_session_request_key_frame(eve->receiving.session, "1", now());
	return bob_sees_more(x) && ann->keys_asked > asked_before;
}

START_TEST(key_frame_requests_are_throttled)
{
	connect_both(LQ_CODEC_VP8);
	eve = call_join(&c, "eve");
	call_subscribe(eve, ann);
	call_run(&c, eve_sees);
	int64_t began = now();
	asked_before = ann->keys_asked;
	call_run(&c, all_ask_until_ann_hears);
	int64_t intervals = (now() - began) / (300 * LQ_MSEC);
	ck_assert_int_le(ann->keys_asked, asked_before + intervals + 2);
}
END_TEST

static void garbage(leg *from)
{
	uint8_t data[1400], out[256];
	for (size_t kind = 0; kind < 8; kind++) {
		size_t len = 20 + kind * 100;
		RAND_bytes(data, sizeof data);
		data[0] = (uint8_t[]){data[0], 0x80, 0x80, 22, 0x90, 0, 20, 0xbf}[kind];
		data[1] = (uint8_t[]){data[1], 96, 200, 254, 127, 1, 254, 72}[kind];
		call_send_raw(from, data, len);
	}
	/* The right name with the wrong password, and nobody's name. */
	char name[300];
	snprintf(name, sizeof name, "%.128s:x", lq_session_remote(bob->receiving.session)->ice_ufrag);
	call_send_raw(from, out, lq_stun_build_request(out, sizeof out, data, name, "not the password at all", 1, 1, 1, 1));
	call_send_raw(from, out, lq_stun_build_request(out, sizeof out, data, "a:b", "not the password at all", 1, 1, 1, 1));
}

static leg *noise_from;
static int noisy_until_bob_sees_more(call *x)
{
	garbage(noise_from);
	return bob_sees_more(x);
}

START_TEST(garbage_disturbs_nobody)
{
	connect_both(LQ_CODEC_VP8);
	call_run(&c, bob_sees);
	/* From a stranger, then from the callers' own addresses. */
	eve = call_join(&c, "eve");
	call_publish(eve, LQ_CODEC_VP8);
	eve->publishing = 0;
	leg *from[] = {&eve->sending, &ann->sending, &bob->receiving};
	noise_from = from[_i];
	call_run(&c, noisy_until_bob_sees_more);
	ck_assert_uint_eq(bob->wrong + bob->gaps, 0);
	ck_assert(call_counter(&c, "media_dropped_stun_total") > 10);
	ck_assert(call_counter(&c, "media_dropped_unknown_total") > 10);
	if (_i)
		ck_assert(call_counter(&c, "media_dropped_auth_total") > 10);
}
END_TEST

static int dtls_failed(call *x) { return call_counter(x, "media_dtls_failed_total") > 0; }

START_TEST(a_wrong_fingerprint_gets_no_media)
{
	bob->lies = 1;
	connect_both(LQ_CODEC_VP8);
	call_run(&c, dtls_failed);
	ck_assert_uint_eq(bob->video_frames + bob->audio_frames, 0);
}
END_TEST

static int bob_is_told(call *x) { return bob->receiving.state == LQ_STATE_CLOSED; }

START_TEST(who_leaves_says_good_bye)
{
	connect_both(LQ_CODEC_VP8);
	call_run(&c, bob_sees);
	call_leave(bob);
	call_run(&c, bob_is_told);
	ck_assert_int_eq(bob->closed, LQ_CLOSE_NORMAL);
}
END_TEST

static int ann_is_seen_again(call *x) { return bob->video_frames >= 120; }

START_TEST(a_track_that_goes_makes_room_for_the_next)
{
	connect_both(LQ_CODEC_VP8);
	call_run(&c, bob_sees);
	call_leave(ann);
	call_answer(bob);
	json_decref(call_take(bob, "user_left"));
	eve = call_join(&c, "eve");
	call_publish(eve, LQ_CODEC_H264);
	bob->last_video = -1;
	call_subscribe(bob, eve);
	call_run(&c, ann_is_seen_again);
	ck_assert_uint_eq(bob->wrong + bob->gaps, 0);
	json_t *stats = call_request(bob, json_pack("{s:s}", "type", "stats"));
	ck_assert_uint_eq(json_array_size(json_object_get(json_object_get(stats, "subscribe"), "tracks")), 2);
	json_decref(stats);
}
END_TEST

/* Repeats a request while the first, then the second … allocation fails, until none does. */
static json_t *until_memory_suffices(person *p, const json_t *request, const char *type)
{
	for (long n = 1;; n++) {
		lq__alloc_fail_at(n);
		json_t *m = call_request(p, json_deep_copy(request));
		lq__alloc_fail_at(0);
		const char *got = json_string_value(json_object_get(m, "type"));
		if (!strcmp(got, type))
			return m;
		ck_assert_str_eq(got, "error");
		ck_assert_int_lt(n, 1000);
		json_decref(m);
	}
}

START_TEST(memory_that_is_missing_is_an_answer)
{
	static char offer[65536];
	const uint32_t vp8 = LQ_CODEC_VP8;
	const lq_session_config config = {.direction = LQ_SEND};
	lq_session *s;
	ck_assert_int_eq(lq_session_create(&config, &s), 0);
	ck_assert_int_eq(lq_session_set_local_ice(s, "abcd", "abcdefghijklmnopqrstuvwx", NULL, 0), 0);
	ck_assert_int_eq(lq_session_add_track(s, "v", LQ_MEDIA_VIDEO, &vp8, 1, "s v"), 0);
	ck_assert_int_gt(lq_session_describe(s, offer, sizeof offer), 0);
	lq_session_destroy(s);
	json_t *publish = json_pack("{s:s, s:s, s:[{s:s, s:s}]}", "type", "publish", "sdp", offer, "tracks", "mid", "v", "kind", "video");
	json_t *m = until_memory_suffices(ann, publish, "published");
	json_t *subscribe = json_pack("{s:s, s:[O]}", "type", "subscribe", "tracks", json_object_get(json_array_get(json_object_get(m, "tracks"), 0), "track"));
	json_decref(m);
	json_decref(until_memory_suffices(bob, subscribe, "ok"));
	json_decref(publish);
	json_decref(subscribe);
	ck_assert_uint_eq(ann->client.member->n_tracks, 1);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("media");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, frames_arrive_as_they_were_sent, 0, 2);
	tcase_add_loop_test(t, who_goes_up_and_down_disturbs_nobody, 0, 2);
	tcase_add_test(t, both_directions_at_once);
	tcase_add_test(t, what_is_lost_on_the_way_in_is_asked_for_again);
	tcase_add_loop_test(t, what_is_lost_on_the_way_out_is_sent_again, 0, 2);
	tcase_add_test(t, grades_are_as_the_figures);
	tcase_add_test(t, a_bad_way_is_told_with_whose_it_is);
	tcase_add_test(t, a_way_that_carries_nothing_is_down);
	tcase_add_test(t, a_latecomer_begins_with_a_key_frame);
	tcase_add_test(t, key_frame_requests_are_throttled);
	tcase_add_loop_test(t, garbage_disturbs_nobody, 0, 3);
	tcase_add_test(t, a_wrong_fingerprint_gets_no_media);
	tcase_add_test(t, who_leaves_says_good_bye);
	tcase_add_test(t, a_track_that_goes_makes_room_for_the_next);
	tcase_add_test(t, memory_that_is_missing_is_an_answer);
	return run_case("server/media", t);
}
