/* The test sources: what they carry can be read back, and time rules them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

START_TEST(the_flash_lies_where_it_is_asked_for)
{
	th_node *p = pattern("size=320x180;fps=30/1;mark=400");
	ck_assert_int_eq(th_run_until(p, 12 * LQ_SEC - 1), 0);
	for (uint32_t i = 0; i < 60; i++) {
		lq_buffer *b = th_take(p, 0);
		ck_assert_int_eq(lq_flash_is(b->planes[0], b->strides[0], 320, 180), i % 30 == 12);
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

START_TEST(a_chirp_comes_each_second)
{
	static const char *const params[] = {"", "channels=2;frame_ms=10", "rate=44100", "sample=S16", "mark=400", "mark=400;drift=100"};
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
		ck_assert_int_eq(f.n, _i < 4 ? 3 : 4);
		for (int i = 0; i < f.n; i++)
			ck_assert_int_le(llabs(f.times[i] - (_i < 4 ? (11 + i) * LQ_SEC : (10 + i) * LQ_SEC + 400 * LQ_MSEC)), LQ_MSEC);
	}
	th_close(t);
}
END_TEST

START_TEST(a_card_with_a_clock_of_its_own_has_more_or_fewer_samples_a_second)
{
	static const struct { const char *params; int64_t ppm; } cards[] = {{"chirp=false", 0}, {"chirp=false;drift=1000", 1000}, {"chirp=false;drift=-1000", -1000}};
	th_node *t = th_open(env, "testsrc", "capture.tone", cards[_i].params);
	int64_t samples = 0, end = LQ_TIME_NONE, start = env->now;
	ck_assert_int_eq(th_start(t), 0);
	for (int second = 1; second <= 100; second++) {
		ck_assert_int_eq(th_run_until(t, start + second * LQ_SEC), 0);
		for (lq_buffer *b; (b = th_take(t, 0)); th_free(env, b)) {
			ck_assert(end == LQ_TIME_NONE || b->pts == end);
			end = b->pts + b->duration;
			samples += b->samples;
		}
	}
	ck_assert_int_le(llabs(samples - (100 * 48000 + 48 * cards[_i].ppm / 10)), 960); /* of a hundred seconds; a buffer is on its way */
	ck_assert_int_le(llabs(end - env->now), 21 * LQ_MSEC);
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

/* ---- virtual devices ---- */

static const char *folder(void)
{
	static char path[] = "/tmp/loquat-virtual-XXXXXX";
	static int made;
	if (!made++)
		ck_assert_ptr_nonnull(mkdtemp(path));
	setenv("LQ_VIRTUAL_DEVICES", path, 1);
	return path;
}

static void plug(const char *device, int in)
{
	char path[200];
	snprintf(path, sizeof path, "%s/%s", folder(), device);
	FILE *f = in ? fopen(path, "w") : NULL;
	ck_assert(in ? f && !fclose(f) : !unlink(path));
}

static void tidy_folder(void)
{
	ck_assert_int_eq(rmdir(folder()), 0);
	unsetenv("LQ_VIRTUAL_DEVICES");
}

START_TEST(a_virtual_camera_ends_when_it_is_pulled_out)
{
	int64_t next;
	plug("camera-a", 1);
	th_node *p = th_open(env, "testsrc", "capture.camera.virtual", "device=a;size=160x90;fps=10/1");
	const lq_capture_ops *ops = p->desc->kind_ops;
	lq_device d;
	ck_assert_int_eq(ops->devices(0, &d), 0);
	ck_assert_str_eq(d.id, "a");
	ck_assert_str_eq(d.name, "a");
	ck_assert_int_eq(ops->devices(1, &d), LQ_END);
	ck_assert_int_eq(th_start(p), 0);
	ck_assert_int_eq(th_run_until(p, 11 * LQ_SEC - 1), 0);
	ck_assert_uint_eq(th_count(p, 0), 10);
	plug("camera-a", 0);
	env->now += 150 * LQ_MSEC;
	ck_assert_int_eq(ops->read(p->self, env->now, &next), LQ_END);
	ck_assert_uint_eq(th_saw(p, LQ_EVENT_ERROR), 1);
	ck_assert_uint_eq(th_saw(p, LQ_EVENT_DEVICE), 1);
	ck_assert_int_eq(ops->read(p->self, env->now, &next), LQ_END);
	ck_assert_uint_eq(th_saw(p, LQ_EVENT_ERROR), 1);
	th_stop(p);
	ck_assert_int_eq(p->desc->ops->start(p->self), LQ_ENODEV);
	th_close(p);
	int r;
	p = th_try_open(env, "testsrc", "capture.camera.virtual", "device=b", &r);
	ck_assert_int_eq(r, LQ_ENODEV);
	ck_assert_str_eq(p->error, "there is no virtual camera \"b\"");
	th_close(p);
	tidy_folder();
}
END_TEST

static double pitch_of(const char *params, double *level)
{
	th_node *p = th_open(env, "testsrc", "capture.microphone.virtual", params);
	ck_assert_int_eq(th_start(p), 0);
	ck_assert_int_eq(th_run_until(p, env->now + 100 * LQ_MSEC), 0);
	lq_buffer *b = th_take(p, 0);
	double best = 0, at = 0;
	for (double hz = 300; hz < 1600; hz += 50) {
		double power = th_power((const float *)(const void *)b->planes[0], b->samples, 1, hz, 48000);
		at = power > best ? hz : at;
		best = power > best ? power : best;
	}
	*level = best;
	th_free(env, b);
	th_close(p);
	return at;
}

START_TEST(virtual_microphones_differ_in_pitch_and_have_a_volume)
{
	double a, b, quiet;
	double first = pitch_of("device=head", &a), second = pitch_of("device=room", &b);
	ck_assert_double_eq(first, 950);
	ck_assert_double_eq(second, 700);
	ck_assert_double_eq_tol(a, 0.2, 0.01);
	pitch_of("device=head;volume=0", &quiet);
	ck_assert_double_lt(quiet, 1e-6);
	th_node *p = th_open(env, "testsrc", "capture.microphone.virtual", "");
	ck_assert_int_eq(th_start(p), 0);
	ck_assert_int_eq(th_set(p, "volume", "0.5"), 0);
	ck_assert_int_eq(th_run_until(p, env->now + 50 * LQ_MSEC), 0);
	lq_buffer *buf = th_take(p, 0);
	ck_assert_double_eq_tol(th_power((const float *)(const void *)buf->planes[0], buf->samples, 1, 950, 48000), 0.1, 0.005);
	th_free(env, buf);
	th_close(p);
}
END_TEST

START_TEST(the_virtual_speaker_says_how_loud_it_is)
{
	plug("speaker-a", 1);
	th_node *p = th_open(env, "testsrc", "render.speaker.virtual", "");
	ck_assert_int_eq(th_set_format(p, 0, th_audio(LQ_CODEC_RAW, LQ_SAMPLE_F32, 48000, 1)), 0);
	ck_assert_int_eq(th_start(p), 0);
	ck_assert_int_eq(th_set(p, "volume", "0.5"), 0);
	ck_assert_int_eq(th_send(p, 0, th_tone(env, LQ_SAMPLE_F32, 48000, 1, 480, 0, 1000)), 0);
	double level = th_stat(p, 0, "audioLevel");
	ck_assert(level > 0.1 && level <= 0.5);
	ck_assert_double_eq(th_stat(p, 0, "totalSamplesCount"), 480);
	ck_assert_uint_eq(th_saw(p, LQ_EVENT_FIRST_BUFFER), 1);
	plug("speaker-a", 0);
	env->now += 200 * LQ_MSEC;
	ck_assert_int_eq(th_send(p, 0, th_tone(env, LQ_SAMPLE_F32, 48000, 1, 480, 480, 1000)), 0);
	ck_assert_double_eq(th_stat(p, 0, "droppedSamples"), 480);
	ck_assert_uint_eq(th_saw(p, LQ_EVENT_ERROR), 1);
	th_close(p);
	tidy_folder();
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("testsrc");
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, frames_come_on_a_grid_with_bar_code);
	tcase_add_test(c, the_flash_lies_where_it_is_asked_for);
	tcase_add_test(c, late_frames_are_left_out);
	tcase_add_loop_test(c, every_pattern_and_odd_size_draws, 0, 6);
	tcase_add_test(c, the_picture_moves);
	tcase_add_loop_test(c, a_chirp_comes_each_second, 0, 6);
	tcase_add_loop_test(c, a_card_with_a_clock_of_its_own_has_more_or_fewer_samples_a_second, 0, 3);
	tcase_add_test(c, a_slow_reader_loses_old_sound_and_is_told);
	tcase_add_test(c, the_filter_stamps_a_copy);
	tcase_add_test(c, an_impossible_rate_is_refused);
	tcase_add_test(c, a_virtual_camera_ends_when_it_is_pulled_out);
	tcase_add_test(c, virtual_microphones_differ_in_pitch_and_have_a_volume);
	tcase_add_test(c, the_virtual_speaker_says_how_loud_it_is);
	return th_main("plugins/testsrc", c, NULL);
}
