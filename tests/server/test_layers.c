/* Tracks in several encodings through the forwarder: who gets which, and that a change cannot be told from one stream. */
#include "tests/unit/suite.h"

#include <stdio.h>
#include <string.h>

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

static uint32_t wanted_width;
static int bob_sees_width(call *x) { return bob->width == wanted_width; }

static uint32_t frames_until;
static int bob_has_frames(call *x) { return bob->video_frames >= frames_until; }

static void until_bob_sees(uint32_t width)
{
	wanted_width = width;
	call_run(&c, bob_sees_width);
	frames_until = bob->video_frames + 20;
	call_run(&c, bob_has_frames);
	ck_assert_uint_eq(bob->width, width);
}

static json_t *event;
static int bob_is_told(call *x) { return (event = call_take(bob, "layer")) != NULL; }

static void bob_hears(const char *layer, uint32_t width, uint32_t height)
{
	call_run(&c, bob_is_told);
	ck_assert_str_eq(json_string_value(json_object_get(event, "layer")), layer);
	ck_assert_str_eq(json_string_value(json_object_get(event, "user")), "ann");
	ck_assert_int_eq(json_integer_value(json_object_get(event, "width")), width);
	ck_assert_int_eq(json_integer_value(json_object_get(event, "height")), height);
	json_decref(event);
}

static const char *track_of(const person *p)
{
	return LQ__ENTRY(p->client.member->tracks.next, lq__track, link)->id;
}

static void wish(person *p, const char *layer)
{
	json_t *m = call_request(p, json_pack("{s:s, s:s, s:s}", "type", "layer", "track", track_of(ann), "layer", layer));
	ck_assert_str_eq(json_string_value(json_object_get(m, "type")), "ok");
	json_decref(m);
}

static void assert_one_stream(const person *p)
{
	ck_assert_uint_eq(p->wrong, 0);
	ck_assert_uint_eq(p->gaps, 0);
	ck_assert_uint_eq(p->seq_gaps + p->ts_back + p->id_gaps, 0);
}

/* VP8 and H.264, by RID and by SSRC. */
static void publish(int i)
{
	call_publish_layers(ann, i & 1 ? LQ_CODEC_H264 : LQ_CODEC_VP8, 3, i >> 1);
	call_subscribe(bob, ann);
}

static int bob_is_connected(call *x) { return bob->receiving.state == LQ_STATE_CONNECTED; }

START_TEST(a_change_of_layer_is_one_stream)
{
	static const char *const names[] = {"low", "mid", "high", "low", "high", "mid"};
	static const uint32_t widths[] = {320, 640, 1280, 320, 1280, 640}, heights[] = {176, 368, 720, 176, 720, 368};
	publish(_i);
	call_run(&c, bob_is_connected);
	call_watch_packets(bob);
	until_bob_sees(1280);
	bob_hears("high", 1280, 720);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		wish(bob, names[i]);
		until_bob_sees(widths[i]);
		bob_hears(names[i], widths[i], heights[i]);
		assert_one_stream(bob);
	}
	ck_assert_ptr_null(call_take(bob, "layer"));
	ck_assert_uint_gt(bob->packets, 100);
	ck_assert_uint_eq(bob->changes, 6);
	ck_assert(call_counter(&c, "media_layer_switches_total") == 6);
	ck_assert(call_counter(&c, "media_nacks_sent_total") == 0);
	ck_assert(call_counter(&c, "media_packets_retransmitted_total") == 0);
	json_t *m = call_request(bob, json_pack("{s:s}", "type", "stats")), *track = json_array_get(json_object_get(json_object_get(m, "subscribe"), "tracks"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(track, "layer")), "mid");
	ck_assert_int_eq(json_integer_value(json_object_get(track, "layerSwitches")), 6);
	ck_assert_int_gt(json_integer_value(json_object_get(track, "bytesSent")), 100000);
	json_decref(m);
	m = call_request(ann, json_pack("{s:s}", "type", "stats"));
	json_t *layers = json_object_get(json_array_get(json_object_get(json_object_get(m, "publish"), "tracks"), 0), "layers");
	ck_assert_uint_eq(json_array_size(layers), 3);
	ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(layers, 2), "frameWidth")), 320);
	ck_assert_int_gt(json_integer_value(json_object_get(json_array_get(layers, 1), "packetsReceived")), 100);
	json_decref(m);
}
END_TEST

static int eve_sees_low(call *x) { return eve->width == 320 && eve->video_frames >= 40 && bob->video_frames >= 40; }

START_TEST(everybody_has_a_layer_of_their_own)
{
	publish(_i);
	eve = call_join(&c, "eve");
	json_t *m = call_request(eve, json_pack("{s:s, s:[s], s:s}", "type", "subscribe", "tracks", track_of(ann), "layer", "low"));
	ck_assert_str_eq(json_string_value(json_object_get(m, "type")), "ok");
	json_decref(m);
	call_answer(eve);
	call_run(&c, eve_sees_low);
	ck_assert_uint_eq(bob->width, 1280);
	ck_assert_uint_eq(eve->changes + bob->changes, 0); /* it was low from the first picture on */
	ck_assert_uint_eq(eve->wrong + eve->gaps + bob->wrong + bob->gaps, 0);
	wish(bob, "low");
	wish(eve, "high");
	until_bob_sees(320);
	ck_assert_uint_eq(eve->width, 1280);
	ck_assert_uint_eq(eve->wrong + eve->gaps + bob->wrong + bob->gaps, 0);
}
END_TEST

START_TEST(what_is_not_sent_is_stood_in_for)
{
	publish(_i);
	until_bob_sees(1280);
	bob_hears("high", 1280, 720);
	ann->layers_silent = 1;
	bob->last_video = -1; /* a pause is no gap of ours */
	until_bob_sees(640);
	bob_hears("mid", 640, 368);
	ann->layers_silent = 3;
	bob->last_video = -1;
	until_bob_sees(320);
	bob_hears("low", 320, 176);
	ann->layers_silent = 0;
	ann->layer_keys = 7;
	until_bob_sees(1280);
	bob_hears("high", 1280, 720);
	wish(bob, "mid");
	until_bob_sees(640);
	bob_hears("mid", 640, 368);
	ann->layers_silent = 6; /* nothing that is lower */
	bob->last_video = -1;
	until_bob_sees(1280);
	bob_hears("high", 1280, 720);
	ck_assert_uint_eq(bob->wrong, 0);
}
END_TEST

static int turn;
static int bob_changes_his_mind(call *x)
{
	static const char *const names[] = {"low", "high", "mid"};
	if (bob->video_frames >= frames_until) {
		frames_until = bob->video_frames + 25;
		wish(bob, names[turn++ % 3]);
	}
	return turn > 15;
}

START_TEST(with_loss_all_is_repaired_across_changes)
{
	publish(_i);
	until_bob_sees(1280);
	ann->sending.lose_out = 37;
	bob->receiving.lose_in = 23;
	turn = 0;
	frames_until = 0;
	call_run(&c, bob_changes_his_mind);
	ck_assert_uint_eq(bob->wrong, 0);
	ck_assert_uint_eq(bob->blind_gaps, 0); /* where the machine stands still for so long that repair is given up, a key frame follows */
	ck_assert_uint_ge(bob->changes, 8);
	ck_assert(call_counter(&c, "media_packets_retransmitted_total") > 20);
}
END_TEST

START_TEST(of_two_layers_the_second_is_low)
{
	call_publish_layers(ann, LQ_CODEC_VP8, 2, 0);
	call_subscribe(bob, ann);
	until_bob_sees(1280);
	bob_hears("high", 1280, 720);
	wish(bob, "mid"); /* there is none */
	until_bob_sees(640);
	bob_hears("low", 640, 368);
	wish(bob, "low");
	bob_hears("low", 640, 368);
	ck_assert_uint_eq(bob->changes, 1);
	assert_one_stream(bob);
}
END_TEST

START_TEST(a_track_of_one_encoding_answers_too)
{
	call_publish(ann, LQ_CODEC_VP8);
	call_subscribe(bob, ann);
	frames_until = 20;
	call_run(&c, bob_has_frames);
	ck_assert_ptr_null(call_take(bob, "layer"));
	LQ__EACH(lq__track, t, &ann->client.member->tracks, link)
		json_decref(call_request(bob, json_pack("{s:s, s:s, s:s}", "type", "layer", "track", t->id, "layer", "low")));
	call_run(&c, bob_is_told);
	json_decref(event);
	ck_assert_uint_eq(bob->wrong + bob->gaps, 0);
}
END_TEST

static void refused(person *p, json_t *request, const char *code, const char *text)
{
	json_t *m = call_request(p, request);
	ck_assert_str_eq(json_string_value(json_object_get(m, "type")), "error");
	ck_assert_str_eq(json_string_value(json_object_get(m, "code")), code);
	ck_assert_str_eq(json_string_value(json_object_get(m, "message")), text);
	json_decref(m);
}

START_TEST(what_is_wrong_gets_an_answer)
{
	json_t *request = call_layers_request(ann, LQ_CODEC_VP8, 3, 0), *track = json_array_get(json_object_get(request, "tracks"), 0);
	json_object_set_new(track, "layers", json_pack("[{s:s}, {s:s}]", "rid", "l", "rid", "x"));
	refused(ann, json_deep_copy(request), "EINVAL", "publish.tracks[0]: layers: the offer's a=simulcast sends no such RID, or it is there twice");
	json_object_set_new(track, "layers", json_pack("[{s:s}, {s:s}]", "rid", "l", "rid", "l"));
	refused(ann, json_deep_copy(request), "EINVAL", "publish.tracks[0]: layers: the offer's a=simulcast sends no such RID, or it is there twice");
	json_object_set_new(track, "layers", json_pack("[{s:s, s:i}]", "rid", "l", "width", -1));
	refused(ann, json_deep_copy(request), "EINVAL", "publish.tracks[0].layers[0].width: must be 0 to 16384, is -1");
	json_object_set_new(track, "layers", json_pack("[{s:s, s:i, s:i}, {s:s}]", "rid", "l", "width", 320, "height", 176, "rid", "h"));
	json_t *m = call_request(ann, request); /* its order counts, not the offer's */
	ck_assert_str_eq(json_string_value(json_object_get(m, "type")), "published");
	ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(m, "sdp")), "a=simulcast:recv l;h\r\n"));
	json_decref(m);
	json_t *told = call_take(bob, "track_published"), *layers = json_object_get(json_object_get(told, "track"), "layers");
	ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(told, "track"), "width")), 320);
	ck_assert_uint_eq(json_array_size(layers), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(layers, 0), "height")), 176);
	json_decref(told);
	refused(bob, json_pack("{s:s, s:s, s:s}", "type", "layer", "track", track_of(ann), "layer", "low"), "ESTATE", "layer.track: it is not subscribed");
	refused(bob, json_pack("{s:s, s:s, s:s}", "type", "layer", "track", "x", "layer", "low"), "ENOENT", "layer.track: there is no such track in this room");
	refused(bob, json_pack("{s:s, s:s, s:s}", "type", "layer", "track", "x", "layer", "top"), "EINVAL", "layer.layer: must be high, mid or low, is \"top\"");
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("layers");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, a_change_of_layer_is_one_stream, 0, 4);
	tcase_add_loop_test(t, everybody_has_a_layer_of_their_own, 0, 4);
	tcase_add_loop_test(t, what_is_not_sent_is_stood_in_for, 0, 2);
	tcase_add_loop_test(t, with_loss_all_is_repaired_across_changes, 0, 4);
	tcase_add_test(t, of_two_layers_the_second_is_low);
	tcase_add_test(t, a_track_of_one_encoding_answers_too);
	tcase_add_test(t, what_is_wrong_gets_an_answer);
	return run_case("server/layers", t);
}
