/* filter.relay: what comes encoded leaves as it is, and what a call cannot have so, anew. */
#include <math.h>
#include <string.h>

#include "testhost.h"

enum { OUT = 1, W = 160, H = 96, FPS = 30 };

static th_env *env;
static th_node *source, *relay, *decoder;

static void set_up(void)
{
	env = th_env_new();
	env->now = 100 * LQ_SEC;
	source = th_open(env, "ffmpeg", "codec.h264.enc", NULL);
	decoder = th_open(env, "ffmpeg", "codec.h264.dec", NULL);
	relay = th_open(env, "ffmpeg", "filter.relay", NULL);
	ck_assert_int_eq(th_set_format(source, 0, th_video(LQ_CODEC_RAW, LQ_PIXEL_I420, W, H, FPS)), 0);
	ck_assert_int_eq(th_set_format(relay, 0, th_video(LQ_CODEC_H264, 0, W, H, FPS)), 0);
}

static void tear_down(void)
{
	th_close(source);
	th_close(decoder);
	th_close(relay);
	th_env_free(env);
}

static lq_buffer *packet(uint32_t n)
{
	ck_assert_int_eq(th_send(source, 0, th_picture(env, W, H, FPS, n)), 0);
	lq_buffer *b = th_take(source, 1);
	ck_assert_ptr_nonnull(b);
	return b;
}

static int same_bytes(const lq_buffer *a, const lq_buffer *b)
{
	return a->size == b->size && !memcmp(a->planes[0], b->planes[0], a->size);
}

/* Picture n through the relay and a decoder. Returns whether it has passed as it was; *key: whether it left as a key frame. */
static int through(uint32_t n, int *key)
{
	lq_buffer *in = packet(n), *before = lq__buffer_ref(in), *out;
	ck_assert_int_eq(th_send(relay, 0, in), 0);
	ck_assert_uint_eq(th_count(relay, OUT), 1);
	out = th_take(relay, OUT);
	ck_assert_int_eq(out->pts, before->pts);
	int same = same_bytes(out, before);
	*key = (out->flags & LQ_BUFFER_KEY) != 0;
	ck_assert_int_eq(th_send(decoder, 0, out), 0);
	lq_buffer *shown = th_take(decoder, OUT), *picture = th_picture(env, W, H, FPS, n);
	ck_assert_ptr_nonnull(shown);
	ck_assert_double_gt(th_psnr(shown, picture), 27);
	th_free(env, shown);
	th_free(env, picture);
	th_free(env, before);
	return same;
}

START_TEST(what_comes_encoded_leaves_as_it_is)
{
	int key;
	for (uint32_t n = 0; n < 60; n++)
		ck_assert(through(n, &key));
	ck_assert_double_eq(th_stat(relay, OUT, "packetsPassed"), 60);
	ck_assert_uint_eq(th_saw(relay, LQ_EVENT_WARNING), 0);
}
END_TEST

START_TEST(other_codecs_pass_whatever_is_asked_for)
{
	static const uint8_t data[] = {1, 2, 3, 4};
	const lq_format formats[] = {th_video(LQ_CODEC_VP8, 0, W, H, FPS), th_video(LQ_CODEC_VP9, 0, W, H, FPS), th_audio(LQ_CODEC_OPUS, 0, 48000, 2)};
	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(th_set_format(relay, 0, formats[i]), 0);
		ck_assert_int_eq(th_event(relay, LQ_EVENT_KEY_FRAME, 0), 0);
		ck_assert_int_eq(th_send(relay, 0, th_packet(env, formats[i], data, sizeof data)), 0);
		lq_buffer *b = th_take(relay, OUT);
		ck_assert(b && b->size == sizeof data && !memcmp(b->planes[0], data, sizeof data));
		th_free(env, b);
	}
	ck_assert_double_eq(th_stat(relay, OUT, "spells"), 0);
}
END_TEST

START_TEST(a_key_frame_that_is_far_is_made_and_the_sources_next_one_ends_that)
{
	int key = 0, made_after = -1, passed = 1;
	uint32_t n = 0;
	for (; n < 60; n++)
		ck_assert(through(n, &key));
	ck_assert_int_eq(th_event(relay, LQ_EVENT_KEY_FRAME, 0), 0);
	for (uint32_t i = 0; made_after < 0 && i < 30; i++, n++) {
		passed = through(n, &key); /* nobody misses a picture meanwhile */
		made_after = key ? (int)i : -1;
	}
	ck_assert_int_ge(made_after, 0);
	ck_assert(!passed);
	for (uint32_t i = 0; i < 20; i++, n++)
		ck_assert(!through(n, &key));
	ck_assert_int_eq(th_event(source, LQ_EVENT_KEY_FRAME, 0), 0);
	ck_assert(through(n++, &key));
	ck_assert(key);
	for (uint32_t i = 0; i < 20; i++, n++)
		ck_assert(through(n, &key));
	ck_assert_double_eq(th_stat(relay, OUT, "spells"), 1);
}
END_TEST

START_TEST(a_key_frame_that_comes_soon_is_waited_for)
{
	int key;
	for (uint32_t n = 0; n < 60; n++) {
		if (n % 15 == 0)
			th_event(source, LQ_EVENT_KEY_FRAME, 0);
		ck_assert(through(n, &key));
		if (n > 20)
			ck_assert_int_eq(th_event(relay, LQ_EVENT_KEY_FRAME, 0), 0);
	}
	ck_assert_double_eq(th_stat(relay, OUT, "spells"), 0);
}
END_TEST

/* Times as a stream with B-frames has them; the first packet gives it away. */
START_TEST(b_frames_are_encoded_anew_and_told_once)
{
	size_t out = 0;
	for (uint32_t n = 0; n < 40; n++) {
		lq_buffer *b = packet(n);
		b->dts = b->pts - 2 * LQ_SEC / FPS;
		ck_assert_int_eq(th_send(relay, 0, b), 0);
		for (lq_buffer *o; (o = th_take(relay, OUT)); out++) {
			ck_assert(out || o->flags & LQ_BUFFER_KEY);
			ck_assert_int_eq(o->dts, LQ_TIME_NONE);
			th_free(env, o);
		}
	}
	ck_assert_uint_ge(out, 30);
	ck_assert_uint_eq(th_saw(relay, LQ_EVENT_WARNING), 1);
	ck_assert_double_eq(th_stat(relay, OUT, "packetsPassed"), 0);
}
END_TEST

START_TEST(a_group_that_is_too_long_to_be_kept_is_decoded_before)
{
	uint32_t n;
	for (n = 0; n < 800; n++) {
		ck_assert_int_eq(th_send(relay, 0, packet(n)), 0);
		th_drop(relay, OUT);
	}
	ck_assert_double_eq(th_stat(relay, OUT, "spells"), 1);
	for (; n < 1000; n++) {
		ck_assert_int_eq(th_send(relay, 0, packet(n)), 0);
		th_drop(relay, OUT);
	}
	ck_assert_double_gt(th_stat(relay, OUT, "framesEncodedAnew"), 100);
}
END_TEST

START_TEST(what_is_no_access_unit_is_dropped_and_counted)
{
	static const uint8_t garbage[] = {0xff, 0, 1, 2, 3};
	const lq_format h264 = th_video(LQ_CODEC_H264, 0, W, H, FPS);
	ck_assert_int_eq(th_send(relay, 0, th_packet(env, h264, garbage, sizeof garbage)), 0);
	ck_assert_uint_eq(th_count(relay, OUT), 0);
	ck_assert_double_eq(th_stat(relay, 0, "packetsDropped"), 1);
	ck_assert_int_eq(th_event(relay, LQ_EVENT_KEY_FRAME, 0), 0); /* there is nothing to make one of */
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("relay");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, what_comes_encoded_leaves_as_it_is);
	tcase_add_test(t, other_codecs_pass_whatever_is_asked_for);
	tcase_add_test(t, a_key_frame_that_is_far_is_made_and_the_sources_next_one_ends_that);
	tcase_add_test(t, a_key_frame_that_comes_soon_is_waited_for);
	tcase_add_test(t, b_frames_are_encoded_anew_and_told_once);
	tcase_add_test(t, a_group_that_is_too_long_to_be_kept_is_decoded_before);
	tcase_add_test(t, what_is_no_access_unit_is_dropped_and_counted);
	return th_main("plugins/relay", t, NULL);
}
