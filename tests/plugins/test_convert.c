/* filter.scale, filter.resample and render.null. */
#include <math.h>
#include <string.h>

#include "testhost.h"

static th_env *env;

static void set_up(void)
{
	env = th_env_new();
}

static void tear_down(void)
{
	th_env_free(env);
}

static th_node *scaler(const char *params, lq_format in, lq_format out)
{
	th_node *s = th_open(env, "ffmpeg", "filter.scale", params);
	ck_assert_int_eq(th_set_format(s, 0, in), 0);
	ck_assert_int_eq(th_set_format(s, 1, out), 0);
	return s;
}

START_TEST(every_pixel_format_and_back)
{
	static const uint32_t pixels[] = {LQ_PIXEL_NV12, LQ_PIXEL_YUYV, LQ_PIXEL_BGRA, LQ_PIXEL_RGBA};
	lq_format i420 = th_video(LQ_CODEC_RAW, LQ_PIXEL_I420, 160, 90, 30), other = th_video(LQ_CODEC_RAW, pixels[_i], 160, 90, 30);
	th_node *there = scaler(NULL, i420, other), *back = scaler(NULL, other, i420);
	lq_buffer *in = th_picture(env, 160, 90, 30, 3);
	ck_assert_int_eq(th_send(there, 0, lq__buffer_ref(in)), 0);
	ck_assert_uint_eq(there->out[1].items[0]->format->pixel, pixels[_i]);
	ck_assert_int_eq(th_pump(there, 1, back, 0), 0);
	lq_buffer *out = th_take(back, 1);
	ck_assert_double_gt(th_psnr(in, out), 38);
	ck_assert_int_eq(out->pts, in->pts);
	ck_assert_int_eq(out->capture_time, in->capture_time);
	th_free(env, in);
	th_free(env, out);
	th_close(there);
	th_close(back);
}
END_TEST

START_TEST(sizes_change_and_content_stays)
{
	th_node *down = scaler("size=320x180", th_video(LQ_CODEC_RAW, LQ_PIXEL_I420, 640, 360, 30), th_video(LQ_CODEC_RAW, LQ_PIXEL_I420, 320, 180, 30));
	th_node *up = scaler(NULL, th_video(LQ_CODEC_RAW, LQ_PIXEL_I420, 320, 180, 30), th_video(LQ_CODEC_RAW, LQ_PIXEL_I420, 640, 360, 30));
	lq_buffer *in = th_picture(env, 640, 360, 30, 0);
	ck_assert_int_eq(th_send(down, 0, lq__buffer_ref(in)), 0);
	ck_assert_uint_eq(down->out[1].items[0]->format->width, 320);
	ck_assert_int_eq(th_pump(down, 1, up, 0), 0);
	lq_buffer *out = th_take(up, 1);
	ck_assert_double_gt(th_psnr(in, out), 24);
	th_free(env, in);
	th_free(env, out);
	th_close(down);
	th_close(up);
}
END_TEST

START_TEST(what_fits_passes_untouched)
{
	lq_format f = th_video(LQ_CODEC_RAW, LQ_PIXEL_I420, 160, 90, 30);
	th_node *s = scaler(NULL, f, f);
	lq_buffer *in = th_picture(env, 160, 90, 30, 0);
	ck_assert_int_eq(th_send(s, 0, lq__buffer_ref(in)), 0);
	lq_buffer *out = th_take(s, 1);
	ck_assert_ptr_eq(in, out);
	th_free(env, in);
	th_free(env, out);
	th_close(s);
}
END_TEST

START_TEST(a_new_input_size_keeps_the_output_size)
{
	th_node *s = scaler(NULL, th_video(LQ_CODEC_RAW, LQ_PIXEL_I420, 160, 90, 30), th_video(LQ_CODEC_RAW, LQ_PIXEL_BGRA, 160, 90, 30));
	ck_assert_int_eq(th_send(s, 0, th_picture(env, 160, 90, 30, 0)), 0);
	ck_assert_int_eq(th_send(s, 0, th_picture(env, 321, 181, 30, 1)), 0);
	th_free(env, th_take(s, 1));
	lq_buffer *out = th_take(s, 1);
	ck_assert_uint_eq(out->format->width, 160);
	ck_assert_uint_eq(out->format->pixel, LQ_PIXEL_BGRA);
	th_free(env, out);
	th_close(s);
}
END_TEST

START_TEST(output_formats_prefer_the_input)
{
	th_node *s = th_open(env, "ffmpeg", "filter.scale", NULL);
	lq_format f;
	uint32_t seen = 0, i = 0;
	ck_assert_int_eq(th_set_format(s, 0, th_video(LQ_CODEC_RAW, LQ_PIXEL_YUYV, 160, 90, 15)), 0);
	for (; !s->desc->ops->formats(s->self, 1, i, &f); i++) {
		if (i == 0)
			ck_assert(f.pixel == LQ_PIXEL_YUYV && f.width == 160 && f.height == 90);
		ck_assert_uint_eq(f.width, i < 5 ? 160 : 0);
		seen |= 1u << f.pixel;
	}
	ck_assert_uint_eq(i, 10);
	ck_assert_uint_eq(seen, 0x3e);
	th_close(s);
}
END_TEST

static th_node *resampler(lq_format in, lq_format out)
{
	th_node *s = th_open(env, "ffmpeg", "filter.resample", NULL);
	ck_assert_int_eq(th_set_format(s, 0, in), 0);
	ck_assert_int_eq(th_set_format(s, 1, out), 0);
	return s;
}

START_TEST(sound_keeps_pitch_level_and_time)
{
	static const struct { uint32_t sample, rate, channels, out_sample, out_rate, out_channels; } cases[] = {
		{LQ_SAMPLE_F32, 44100, 2, LQ_SAMPLE_F32, 48000, 2}, {LQ_SAMPLE_S16, 16000, 1, LQ_SAMPLE_F32, 48000, 2},
		{LQ_SAMPLE_F32, 48000, 2, LQ_SAMPLE_F32, 48000, 1}, {LQ_SAMPLE_F32, 96000, 1, LQ_SAMPLE_F32, 44100, 1}};
	static float all[2 * 96000];
	uint32_t rate = cases[_i].rate, out_rate = cases[_i].out_rate;
	th_node *s = resampler(th_audio(LQ_CODEC_RAW, cases[_i].sample, rate, cases[_i].channels),
	                       th_audio(LQ_CODEC_RAW, cases[_i].out_sample, out_rate, cases[_i].out_channels));
	for (uint32_t at = 0; at < 2 * rate; at += rate / 50)
		ck_assert_int_eq(th_send(s, 0, th_tone(env, cases[_i].sample, rate, cases[_i].channels, rate / 50, at, 1000)), 0);
	size_t n = 0;
	for (lq_buffer *b; (b = th_take(s, 1));) {
		double expected = (double)n / out_rate * 1e9;
		ck_assert_double_eq_tol((double)b->pts, expected, 1e6);
		ck_assert_int_eq(b->pts, b->capture_time);
		for (uint32_t i = 0; i < b->samples; i++)
			all[n++] = ((float *)(void *)b->planes[0])[i * b->format->channels];
		th_free(env, b);
	}
	ck_assert_double_eq_tol((double)n, 2.0 * out_rate, out_rate / 100.0);
	ck_assert_double_eq_tol(th_power(all + out_rate / 2, out_rate, 1, 1000, out_rate), 0.4, 0.01);
	th_close(s);
}
END_TEST

START_TEST(equal_sound_passes_untouched)
{
	lq_format f = th_audio(LQ_CODEC_RAW, LQ_SAMPLE_F32, 48000, 2);
	th_node *s = resampler(f, f);
	lq_buffer *in = th_tone(env, LQ_SAMPLE_F32, 48000, 2, 480, 0, 1000);
	ck_assert_int_eq(th_send(s, 0, lq__buffer_ref(in)), 0);
	lq_buffer *out = th_take(s, 1);
	ck_assert_ptr_eq(in, out);
	th_free(env, in);
	th_free(env, out);
	th_close(s);
}
END_TEST

START_TEST(null_counts_what_it_discards)
{
	th_node *n = th_open(env, "null", "render.null", NULL);
	ck_assert_int_eq(th_send(n, 0, th_picture(env, 64, 48, 30, 0)), 0);
	ck_assert_int_eq(th_send(n, 0, th_picture(env, 64, 48, 30, 30)), 0);
	ck_assert_double_eq(th_stat(n, 0, "framesRendered"), 2);
	ck_assert_double_eq(th_stat(n, 0, "mediaTime"), 1);
	ck_assert_uint_eq(th_saw(n, LQ_EVENT_FIRST_BUFFER), 1);
	th_close(n);
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("convert");
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_loop_test(c, every_pixel_format_and_back, 0, 4);
	tcase_add_test(c, sizes_change_and_content_stays);
	tcase_add_test(c, what_fits_passes_untouched);
	tcase_add_test(c, a_new_input_size_keeps_the_output_size);
	tcase_add_test(c, output_formats_prefer_the_input);
	tcase_add_loop_test(c, sound_keeps_pitch_level_and_time, 0, 4);
	tcase_add_test(c, equal_sound_passes_untouched);
	tcase_add_test(c, null_counts_what_it_discards);
	return th_main("plugins/convert", c, NULL);
}
