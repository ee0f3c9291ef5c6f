/* The test sources: what they carry can be read back, and time rules them. */
#include <stdlib.h>

#include "media/barcode.h"
#include "media/chirp.h"
#include "testhost.h"

static th_env *env;

static void set_up(void)
{
	env = th_env_new();
	env->now = 10 * LQ_SEC;
}

static void tear_down(void)
{
	th_env_free(env);
}

static th_node *pattern(const char *params)
{
	th_node *p = th_open(env, "testsrc", "capture.pattern", params);
	ck_assert_int_eq(th_start(p), 0);
	return p;
}

START_TEST(frames_come_on_a_grid_with_bar_code)
{
	th_node *p = pattern("size=320x180;fps=30/1");
	ck_assert_int_eq(th_run_until(p, 12 * LQ_SEC - 1), 0);
	ck_assert_uint_eq(th_count(p, 0), 60);
	for (uint32_t i = 0; i < 60; i++) {
		lq_buffer *b = th_take(p, 0);
		uint32_t frame, ms;
		ck_assert_int_eq(b->pts, 10 * LQ_SEC + i / 30 * LQ_SEC + i % 30 * LQ_SEC / 30);
		ck_assert_int_eq(b->capture_time, b->pts);
		ck_assert_int_eq(lq_barcode_read(b->planes[0], b->strides[0], 320, 180, &frame, &ms), 0);
		ck_assert_uint_eq(frame, i);
		ck_assert_uint_eq(ms, (uint32_t)(b->pts / LQ_MSEC));
		ck_assert_int_eq(lq_flash_is(b->planes[0], b->strides[0], 320, 180), i % 30 == 0);
		th_free(env, b);
	}
	th_close(p);
}
END_TEST

START_TEST(late_frames_are_left_out)
{
	th_node *p = pattern("size=160x90;fps=25");
	int64_t next;
	env->now += LQ_SEC; /* nobody read for a second */
	ck_assert_int_eq(((const lq_capture_ops *)p->desc->kind_ops)->read(p->self, env->now, &next), 0);
	ck_assert_uint_eq(th_count(p, 0), 1);
	ck_assert_int_eq(p->out[0].items[0]->pts, 11 * LQ_SEC);
	ck_assert_int_eq(next, 11 * LQ_SEC + 40 * LQ_MSEC);
	ck_assert_double_eq(th_stat(p, 0, "framesDropped"), 25);
	th_close(p);
}
END_TEST

START_TEST(every_pattern_and_odd_size_draws)
{
	static const char *const params[] = {"pattern=moving;size=641x363;label=alice", "pattern=bars;size=640x360", "pattern=noise;size=64x48",
	                                     "pattern=black;size=17x16", "pattern=moving;size=16x16;label=a very long label indeed",
	                                     "size=1920x1080;fps=30000/1001"};
	th_node *p = pattern(params[_i]);
	ck_assert_int_eq(th_run_until(p, 10 * LQ_SEC + 300 * LQ_MSEC), 0);
	ck_assert_uint_ge(th_count(p, 0), 8);
	th_close(p);
}
END_TEST

START_TEST(the_picture_moves)
{
	th_node *p = pattern("size=320x180;flash=false");
	ck_assert_int_eq(th_run_until(p, 10 * LQ_SEC + 100 * LQ_MSEC), 0);
	lq_buffer *a = th_take(p, 0), *b = th_take(p, 0);
	ck_assert_double_lt(th_psnr(a, b), 40);
	th_free(env, a);
	th_free(env, b);
	th_close(p);
}
END_TEST

typedef struct found {
	int64_t times[16];
	int n;
} found;

static void on_chirp(void *arg, int64_t time, float fit)
{
	found *f = arg;
	f->times[f->n++] = time;
}

START_TEST(a_chirp_begins_each_second)
{
	static const char *const params[] = {"", "channels=2;frame_ms=10", "rate=44100", "sample=S16"};
	th_node *t = th_open(env, "testsrc", "capture.tone", params[_i]);
	static lq_chirp_detector d;
	found f = {{0}, 0};
	static float mono[1920];
	env->now += 300 * LQ_MSEC;
	ck_assert_int_eq(th_start(t), 0);
	ck_assert_int_eq(th_run_until(t, 14 * LQ_SEC), 0);
	lq_chirp_detect_init(&d);
	int64_t expected = LQ_TIME_NONE;
	for (lq_buffer *b; (b = th_take(t, 0));) {
		if (expected != LQ_TIME_NONE)
			ck_assert_int_eq(b->pts, expected);
		expected = b->pts + b->duration;
		for (uint32_t i = 0; i < b->samples; i++)
			mono[i] = b->format->sample == LQ_SAMPLE_F32 ? ((float *)(void *)b->planes[0])[i * b->format->channels]
			                                             : (float)((int16_t *)(void *)b->planes[0])[i] / 32768;
		if (b->format->rate == 48000)
			lq_chirp_detect_push(&d, mono, b->samples, b->pts, on_chirp, &f);
		th_free(env, b);
	}
	if (_i != 2) {
		ck_assert_int_eq(f.n, 3);
		for (int i = 0; i < 3; i++)
			ck_assert_int_le(llabs(f.times[i] - (11 + i) * LQ_SEC), LQ_MSEC);
	}
	th_close(t);
}
END_TEST

START_TEST(a_slow_reader_loses_old_sound_and_is_told)
{
	th_node *t = th_open(env, "testsrc", "capture.tone", NULL);
	int64_t next;
	ck_assert_int_eq(th_start(t), 0);
	env->now += LQ_SEC;
	ck_assert_int_eq(((const lq_capture_ops *)t->desc->kind_ops)->read(t->self, env->now, &next), 0);
	ck_assert_uint_le(th_count(t, 0), 6);
	ck_assert(t->out[0].items[0]->flags & LQ_BUFFER_DISCONTINUITY);
	ck_assert_double_gt(th_stat(t, 0, "buffersDropped"), 40);
	th_close(t);
}
END_TEST

START_TEST(the_filter_stamps_a_copy)
{
	th_node *f = th_open(env, "testsrc", "filter.barcode", NULL);
	lq_buffer *in = th_picture(env, 640, 360, 30, 60);
	uint32_t frame, ms;
	lq__buffer_ref(in);
	ck_assert_int_eq(th_send(f, 0, in), 0);
	lq_buffer *out = th_take(f, 1);
	ck_assert_ptr_ne(in, out);
	ck_assert_int_eq(lq_barcode_read(in->planes[0], in->strides[0], 640, 360, &frame, &ms), LQ_ENOENT);
	ck_assert_int_eq(lq_barcode_read(out->planes[0], out->strides[0], 640, 360, &frame, &ms), 0);
	ck_assert_uint_eq(frame, 0);
	ck_assert_uint_eq(ms, 2000);
	ck_assert_int_eq(out->pts, in->pts);
	th_free(env, in);
	th_free(env, out);
	th_close(f);
}
END_TEST

START_TEST(an_impossible_rate_is_refused)
{
	int r;
	th_node *p = th_try_open(env, "testsrc", "capture.pattern", "fps=0/1", &r);
	ck_assert_int_eq(r, LQ_ERANGE);
	ck_assert_str_eq(p->error, "fps 0/1: at most 1000, in numbers of ordinary size");
	th_close(p);
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("testsrc");
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, frames_come_on_a_grid_with_bar_code);
	tcase_add_test(c, late_frames_are_left_out);
	tcase_add_loop_test(c, every_pattern_and_odd_size_draws, 0, 6);
	tcase_add_test(c, the_picture_moves);
	tcase_add_loop_test(c, a_chirp_begins_each_second, 0, 4);
	tcase_add_test(c, a_slow_reader_loses_old_sound_and_is_told);
	tcase_add_test(c, the_filter_stamps_a_copy);
	tcase_add_test(c, an_impossible_rate_is_refused);
	return th_main("plugins/testsrc", c, NULL);
}
