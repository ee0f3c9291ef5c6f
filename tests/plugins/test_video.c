/* The video encoders and decoders. */
#include <math.h>
#include <string.h>

#include "media/barcode.h"
#include "testhost.h"

typedef struct pair {
	const char *enc_plugin, *enc, *dec;
	uint32_t codec;
} pair;

static const pair pairs[] = {{"ffmpeg", "codec.h264.enc", "codec.h264.dec", LQ_CODEC_H264},
                             {"vpx", "codec.vp8.enc", "codec.vp8.dec", LQ_CODEC_VP8},
                             {"vpx", "codec.vp9.enc", "codec.vp9.dec", LQ_CODEC_VP9}};
enum { W = 320, H = 180, FPS = 30, N_PAIRS = 3 };

static th_env *env;

static void set_up(void)
{
	env = th_env_new();
}

static void tear_down(void)
{
	th_env_free(env);
}

static th_node *open_encoder(int i, const char *params)
{
	th_node *e = th_open(env, pairs[i].enc_plugin, pairs[i].enc, params);
	ck_assert_int_eq(th_set_format(e, 0, th_video(LQ_CODEC_RAW, LQ_PIXEL_I420, W, H, FPS)), 0);
	return e;
}

static th_node *open_decoder(int i)
{
	th_node *d = th_open(env, "ffmpeg", pairs[i].dec, NULL);
	ck_assert_int_eq(th_set_format(d, 0, th_video(pairs[i].codec, 0, 0, 0, 0)), 0);
	return d;
}

static void encode(th_node *e, uint32_t from, uint32_t to)
{
	for (uint32_t n = from; n < to; n++)
		ck_assert_int_eq(th_send(e, 0, th_picture(env, W, H, FPS, n)), 0);
}

START_TEST(pictures_come_back_alike_and_with_their_times)
{
	th_node *e = open_encoder(_i, "bitrate=2000000"), *d = open_decoder(_i);
	encode(e, 0, 30);
	ck_assert_int_eq(th_pump(e, 1, d, 0), 0);
	ck_assert_uint_eq(th_count(d, 1), 30);
	double worst = 100;
	for (uint32_t n = 0; n < 30; n++) {
		lq_buffer *in = th_picture(env, W, H, FPS, n), *out = th_take(d, 1);
		double p = th_psnr(in, out);
		worst = p < worst ? p : worst;
		ck_assert_int_eq(out->pts, in->pts);
		ck_assert_int_eq(out->capture_time, in->capture_time);
		ck_assert_int_eq(out->duration, in->duration);
		ck_assert_uint_eq(out->format->pixel, LQ_PIXEL_I420);
		th_free(env, in);
		th_free(env, out);
	}
	ck_assert_double_gt(worst, 28);
	ck_assert_double_eq(th_stat(d, 1, "framesDecoded"), 30);
	ck_assert_double_eq(th_stat(e, 1, "keyFramesEncoded"), 1);
	ck_assert_uint_eq(th_asked(d, LQ_EVENT_KEY_FRAME), 0);
	th_close(e);
	th_close(d);
}
END_TEST

/* Noise that changes with each frame needs bits at any rate. The format says 30 frames a second whatever `fps` is. */
static lq_buffer *noisy(uint32_t n, uint32_t fps)
{
	lq_buffer *b = th_picture(env, W, H, FPS, n);
	uint32_t random = n + 1;
	for (uint32_t y = 0; y < H; y++)
		for (uint32_t x = 0; x < W; x++) {
			random = random * 1664525 + 1013904223;
			b->planes[0][y * b->strides[0] + x] = (uint8_t)(b->planes[0][y * b->strides[0] + x] / 2 + (random >> 26));
		}
	b->pts = b->capture_time = (int64_t)n * LQ_SEC / fps;
	b->duration = LQ_SEC / fps;
	return b;
}

static double kbits_of_second(th_node *e, uint32_t second, uint32_t fps)
{
	double bytes = 0;
	for (uint32_t n = second * fps; n < (second + 1) * fps; n++)
		ck_assert_int_eq(th_send(e, 0, noisy(n, fps)), 0);
	for (lq_buffer *b; (b = th_take(e, 1));) {
		bytes += b->size;
		th_free(env, b);
	}
	return bytes * 8 / 1000;
}

START_TEST(a_new_rate_is_obeyed_at_once)
{
	th_node *e = open_encoder(_i, "bitrate=1200000");
	for (uint32_t s = 0; s < 3; s++)
		kbits_of_second(e, s, FPS);
	ck_assert_double_eq_tol(kbits_of_second(e, 3, FPS), 1200, 300);
	ck_assert_int_eq(th_event(e, LQ_EVENT_TARGET_RATE, 400000), 0);
	ck_assert_double_lt(kbits_of_second(e, 4, FPS), 620);
	ck_assert_double_eq_tol(kbits_of_second(e, 5, FPS), 400, 100);
	ck_assert_int_eq(th_set(e, "bitrate", "800000"), 0);
	kbits_of_second(e, 6, FPS);
	ck_assert_double_eq_tol(kbits_of_second(e, 7, FPS), 800, 200);
	th_close(e);
}
END_TEST

START_TEST(the_rate_holds_at_a_third_of_the_frames)
{
	th_node *e = open_encoder(_i, "bitrate=600000");
	for (uint32_t s = 0; s < 4; s++)
		kbits_of_second(e, s, 10);
	ck_assert_double_eq_tol(kbits_of_second(e, 4, 10), 600, 200);
	th_close(e);
}
END_TEST

static uint32_t keys(th_node *e)
{
	uint32_t n = 0;
	for (lq_buffer *b; (b = th_take(e, 1));) {
		n += b->flags & LQ_BUFFER_KEY;
		ck_assert_uint_eq(b->priority, b->flags & LQ_BUFFER_KEY ? 2 : b->priority);
		th_free(env, b);
	}
	return n;
}

START_TEST(a_key_frame_comes_when_asked_for_and_not_else)
{
	th_node *e = open_encoder(_i, NULL);
	encode(e, 0, 60);
	ck_assert_uint_eq(keys(e), 1);
	ck_assert_int_eq(th_event(e, LQ_EVENT_KEY_FRAME, 0), 0);
	encode(e, 60, 61);
	ck_assert_uint_eq(keys(e), 1);
	encode(e, 61, 90);
	ck_assert_uint_eq(keys(e), 0);
	th_close(e);
}
END_TEST

START_TEST(a_key_interval_is_kept)
{
	th_node *e = open_encoder(_i, "key_interval=1");
	encode(e, 0, 91);
	ck_assert_uint_eq(keys(e), 4);
	th_close(e);
}
END_TEST

/* Of three frames two are missing: an interval is a time, not a number of frames. */
START_TEST(a_key_interval_is_kept_where_frames_are_missing)
{
	th_node *e = open_encoder(0, "key_interval=1");
	for (uint32_t n = 0; n < 91; n += 3)
		ck_assert_int_eq(th_send(e, 0, th_picture(env, W, H, FPS, n)), 0);
	ck_assert_uint_eq(keys(e), 4);
	th_close(e);
}
END_TEST

START_TEST(the_network_does_not_lower_the_rate_below_its_minimum)
{
	th_node *e = open_encoder(0, "bitrate=800000;min_bitrate=500000");
	ck_assert_int_eq(th_event(e, LQ_EVENT_TARGET_RATE, 100000), 0);
	ck_assert_double_eq(th_stat(e, 1, "targetBitrate"), 500000);
	kbits_of_second(e, 0, FPS);
	ck_assert_double_eq_tol(kbits_of_second(e, 1, FPS), 500, 100);
	ck_assert_int_eq(th_event(e, LQ_EVENT_TARGET_RATE, 900000), 0);
	ck_assert_double_eq(th_stat(e, 1, "targetBitrate"), 800000);
	th_close(e);
}
END_TEST

START_TEST(a_new_size_starts_with_a_key_frame)
{
	th_node *e = open_encoder(_i, NULL), *d = open_decoder(_i);
	encode(e, 0, 5);
	for (uint32_t n = 5; n < 10; n++)
		ck_assert_int_eq(th_send(e, 0, th_picture(env, 160, 120, FPS, n)), 0);
	ck_assert_int_eq(th_pump(e, 1, d, 0), 0);
	ck_assert_uint_eq(th_count(d, 1), 10);
	for (uint32_t n = 0; n < 10; n++) {
		lq_buffer *b = th_take(d, 1);
		ck_assert_uint_eq(b->format->width, n < 5 ? W : 160);
		ck_assert_uint_eq(b->format->height, n < 5 ? H : 120);
		th_free(env, b);
	}
	th_close(e);
	th_close(d);
}
END_TEST

START_TEST(after_a_loss_a_key_frame_is_asked_for_and_waited_for)
{
	th_node *e = open_encoder(_i, NULL), *d = open_decoder(_i);
	encode(e, 0, 10);
	for (uint32_t n = 0; n < 10; n++) {
		lq_buffer *b = th_take(e, 1);
		if (n == 4) {
			th_free(env, b);
			continue;
		}
		b->flags |= n == 5 ? LQ_BUFFER_DISCONTINUITY : 0;
		ck_assert_int_eq(th_send(d, 0, b), 0);
	}
	ck_assert_uint_eq(th_count(d, 1), 4);
	ck_assert_uint_eq(th_asked(d, LQ_EVENT_KEY_FRAME), 1);
	env->now += 400 * LQ_MSEC;
	th_event(e, LQ_EVENT_KEY_FRAME, 0);
	encode(e, 10, 15);
	ck_assert_int_eq(th_pump(e, 1, d, 0), 0);
	ck_assert_uint_eq(th_count(d, 1), 9);
	ck_assert_double_eq(th_stat(d, 1, "framesDropped"), 5);
	th_close(e);
	th_close(d);
}
END_TEST

START_TEST(damage_is_survived)
{
	th_node *e = open_encoder(_i, NULL), *d = open_decoder(_i);
	uint32_t random = 12345;
	for (uint32_t n = 0; n < 60; n++) {
		if (n % 10 == 0)
			th_event(e, LQ_EVENT_KEY_FRAME, 0);
		encode(e, n, n + 1);
		lq_buffer *b = th_take(e, 1);
		for (int k = 0; b && k < 8; k++) {
			random = random * 1664525 + 1013904223;
			b->planes[0][random % b->size] ^= (uint8_t)(random >> 24);
		}
		if (b)
			ck_assert_int_eq(th_send(d, 0, b), 0);
		env->now += LQ_SEC / FPS;
	}
	ck_assert_uint_gt(th_asked(d, LQ_EVENT_KEY_FRAME), 0);
	th_close(e);
	th_close(d);
}
END_TEST

START_TEST(the_bar_code_survives)
{
	th_node *p = th_open(env, "testsrc", "capture.pattern", "size=320x180;label=test");
	th_node *e = open_encoder(_i, "bitrate=150000"), *d = open_decoder(_i);
	ck_assert_int_eq(th_start(p), 0);
	ck_assert_int_eq(th_run_until(p, 2 * LQ_SEC), 0);
	ck_assert_int_eq(th_pump(p, 0, e, 0), 0);
	ck_assert_int_eq(th_pump(e, 1, d, 0), 0);
	uint32_t got = 0;
	for (lq_buffer *b; (b = th_take(d, 1));) {
		uint32_t frame, ms;
		ck_assert_int_eq(lq_barcode_read(b->planes[0], b->strides[0], W, H, &frame, &ms), 0);
		ck_assert_uint_eq(ms, (uint32_t)(b->capture_time / LQ_MSEC));
		got++;
		th_free(env, b);
	}
	ck_assert_uint_gt(got, 30);
	th_close(p);
	th_close(e);
	th_close(d);
}
END_TEST

START_TEST(end_of_stream_passes)
{
	th_node *e = open_encoder(_i, NULL), *d = open_decoder(_i);
	lq_buffer *b = th_picture(env, W, H, FPS, 0), *last = NULL;
	b->flags |= LQ_BUFFER_EOS;
	ck_assert_int_eq(th_send(e, 0, b), 0);
	ck_assert_int_eq(th_pump(e, 1, d, 0), 0);
	ck_assert_uint_eq(th_count(d, 1), 2);
	th_free(env, th_take(d, 1));
	last = th_take(d, 1);
	ck_assert(last->flags & LQ_BUFFER_EOS);
	th_free(env, last);
	th_close(e);
	th_close(d);
}
END_TEST

START_TEST(unlinked_outputs_are_no_failure)
{
	th_node *e = open_encoder(_i, NULL);
	e->unlinked = 1;
	encode(e, 0, 3);
	th_close(e);
}
END_TEST

START_TEST(many_come_and_go)
{
	for (int k = 0; k < 100; k++) {
		th_node *e = open_encoder(_i, NULL), *d = open_decoder(_i);
		if (k % 25 == 0)
			encode(e, 0, 2);
		th_pump(e, 1, d, 0);
		th_close(e);
		th_close(d);
	}
}
END_TEST

START_TEST(pictures_outlive_their_decoder)
{
	th_node *e = open_encoder(_i, NULL), *d = open_decoder(_i);
	encode(e, 0, 2);
	th_pump(e, 1, d, 0);
	lq_buffer *b = th_take(d, 1), *ref = th_picture(env, W, H, FPS, 0);
	th_close(e);
	th_close(d);
	ck_assert_double_gt(th_psnr(b, ref), 25);
	th_free(env, b);
	th_free(env, ref);
}
END_TEST

/* Annex B: SPS and PPS before every IDR, as the format promises. */
START_TEST(h264_key_frames_carry_parameter_sets)
{
	th_node *e = open_encoder(0, NULL);
	encode(e, 0, 3);
	th_event(e, LQ_EVENT_KEY_FRAME, 0);
	encode(e, 3, 6);
	for (lq_buffer *b; (b = th_take(e, 1));) {
		uint32_t seen = 0;
		for (uint32_t i = 0; i + 3 < b->size; i++)
			if (!b->planes[0][i] && !b->planes[0][i + 1] && b->planes[0][i + 2] == 1)
				seen |= 1u << (b->planes[0][i + 3] & 31);
		ck_assert_int_eq((seen & (1u << 7 | 1u << 8 | 1u << 5)) == (1u << 7 | 1u << 8 | 1u << 5), (b->flags & LQ_BUFFER_KEY) != 0);
		th_free(env, b);
	}
	th_close(e);
}
END_TEST

START_TEST(h264_odd_sizes_are_refused_with_a_reason)
{
	th_node *e = th_open(env, "ffmpeg", "codec.h264.enc", NULL);
	ck_assert_int_eq(th_set_format(e, 0, th_video(LQ_CODEC_RAW, LQ_PIXEL_I420, 321, 180, 30)), LQ_EFORMAT);
	ck_assert_str_eq(e->error, "the H.264 encoder needs an even width and height, not 321x180");
	th_close(e);
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("video");
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_loop_test(c, pictures_come_back_alike_and_with_their_times, 0, N_PAIRS);
	tcase_add_loop_test(c, a_new_rate_is_obeyed_at_once, 0, N_PAIRS);
	tcase_add_loop_test(c, the_rate_holds_at_a_third_of_the_frames, 0, N_PAIRS);
	tcase_add_loop_test(c, a_key_frame_comes_when_asked_for_and_not_else, 0, N_PAIRS);
	tcase_add_loop_test(c, a_key_interval_is_kept, 0, N_PAIRS);
	tcase_add_test(c, a_key_interval_is_kept_where_frames_are_missing);
	tcase_add_test(c, the_network_does_not_lower_the_rate_below_its_minimum);
	tcase_add_loop_test(c, a_new_size_starts_with_a_key_frame, 0, N_PAIRS);
	tcase_add_loop_test(c, after_a_loss_a_key_frame_is_asked_for_and_waited_for, 0, N_PAIRS);
	tcase_add_loop_test(c, damage_is_survived, 0, N_PAIRS);
	tcase_add_loop_test(c, the_bar_code_survives, 0, N_PAIRS);
	tcase_add_loop_test(c, end_of_stream_passes, 0, N_PAIRS);
	tcase_add_loop_test(c, unlinked_outputs_are_no_failure, 0, N_PAIRS);
	tcase_add_loop_test(c, many_come_and_go, 0, N_PAIRS);
	tcase_add_loop_test(c, pictures_outlive_their_decoder, 0, N_PAIRS);
	tcase_add_test(c, h264_key_frames_carry_parameter_sets);
	tcase_add_test(c, h264_odd_sizes_are_refused_with_a_reason);
	return th_main("plugins/video", c, NULL);
}
