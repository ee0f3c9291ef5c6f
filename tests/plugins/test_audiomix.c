/* The audio mixer. */
#include <math.h>
#include <string.h>

#include "testhost.h"

enum { OUT = 1, A = 2, B = 3 };

static th_env *env;

static void set_up(void)
{
	env = th_env_new();
	env->now = 5 * LQ_SEC;
}

static void tear_down(void)
{
	th_env_free(env);
}

static th_node *mixer(const char *params, uint32_t inputs, uint32_t channels)
{
	th_node *m = th_open(env, "audiomix", "filter.audiomix", params);
	for (uint32_t i = 0; i < inputs; i++) {
		ck_assert_int_eq(m->desc->ops->add_port(m->self, 0, A + i), 0);
		ck_assert_int_eq(th_set_format(m, A + i, th_audio(LQ_CODEC_RAW, LQ_SAMPLE_F32, 48000, 1)), 0);
	}
	ck_assert_int_eq(th_set_format(m, OUT, th_audio(LQ_CODEC_RAW, LQ_SAMPLE_F32, 48000, channels)), 0);
	ck_assert_int_eq(th_start(m), 0);
	return m;
}

/* 20 ms of a tone, due at `pts`. */
static void push(th_node *m, uint32_t port, int64_t pts, uint64_t at, double hz, double factor)
{
	lq_buffer *b = th_tone(env, LQ_SAMPLE_F32, 48000, 1, 960, at, hz);
	for (uint32_t i = 0; i < 960; i++)
		((float *)(void *)b->planes[0])[i] *= (float)factor;
	b->pts = pts;
	ck_assert_int_eq(th_send(m, port, b), 0);
}

static float heard[48000 * 6];

static size_t collect(th_node *m, int64_t *first_pts)
{
	size_t n = 0;
	int64_t expected = LQ_TIME_NONE;
	for (lq_buffer *b; (b = th_take(m, OUT));) {
		if (expected == LQ_TIME_NONE && first_pts)
			*first_pts = b->pts;
		ck_assert(expected == LQ_TIME_NONE || b->pts == expected);
		expected = b->pts + 10 * LQ_MSEC;
		ck_assert_uint_eq(b->samples, 480);
		for (uint32_t i = 0; i < 480 && n < 48000 * 6; i++)
			heard[n++] = ((float *)(void *)b->planes[0])[i * b->format->channels];
		th_free(env, b);
	}
	return n;
}

START_TEST(silence_without_inputs)
{
	th_node *m = mixer(NULL, 0, 2);
	ck_assert_int_eq(th_run_until(m, 6 * LQ_SEC - 1), 0);
	size_t n = collect(m, NULL);
	ck_assert_uint_eq(n, 48000);
	for (size_t i = 0; i < n; i++)
		ck_assert_float_eq(heard[i], 0);
	th_close(m);
}
END_TEST

START_TEST(inputs_are_added_up)
{
	th_node *m = mixer(NULL, 2, 1 + (uint32_t)_i);
	for (int k = 0; k < 50; k++) {
		int64_t t = 5 * LQ_SEC + k * 20 * LQ_MSEC;
		push(m, A, t, (uint64_t)k * 960, 500, 1);
		push(m, B, t, (uint64_t)k * 960, 1500, 0.5);
		ck_assert_int_eq(th_run_until(m, t + 20 * LQ_MSEC - 1), 0);
	}
	size_t n = collect(m, NULL);
	ck_assert_double_eq_tol(th_power(heard, n, 1, 500, 48000), 0.4, 0.01);
	ck_assert_double_eq_tol(th_power(heard, n, 1, 1500, 48000), 0.2, 0.01);
	ck_assert_double_eq(th_stat(m, A, "underruns"), 0);
	ck_assert_double_eq(th_stat(m, A, "samplesPlayed"), 48000);
	th_close(m);
}
END_TEST

static int set_gain(th_node *m, uint32_t port, int64_t value)
{
	return m->desc->ops->event(m->self, &(lq_event){.struct_size = sizeof(lq_event), .type = LQ_EVENT_INPUT_GAIN, .port = port, .value = value});
}

START_TEST(an_input_has_a_gain_of_its_own)
{
	th_node *m = mixer(NULL, 2, 1);
	float jump = 0;
	ck_assert_int_eq(set_gain(m, 99, 500), LQ_ENOTSUP);
	ck_assert_int_eq(th_event(m, LQ_EVENT_KEY_FRAME, 0), LQ_ENOTSUP);
	for (int k = 0; k < 100; k++) {
		int64_t t = 5 * LQ_SEC + k * 20 * LQ_MSEC;
		if (k == 50)
			ck_assert_int_eq(set_gain(m, A, 2000), 0);
		push(m, A, t, (uint64_t)k * 960, 500, 0.5);
		push(m, B, t, (uint64_t)k * 960, 1500, 0.25);
		ck_assert_int_eq(th_run_until(m, t + 20 * LQ_MSEC - 1), 0);
	}
	size_t n = collect(m, NULL);
	ck_assert_double_eq_tol(th_power(heard, n / 2, 1, 500, 48000), 0.2, 0.005);
	ck_assert_double_eq_tol(th_power(heard + n / 2 + 960, n / 2 - 960, 1, 500, 48000), 0.4, 0.01);
	ck_assert_double_eq_tol(th_power(heard + n / 2 + 960, n / 2 - 960, 1, 1500, 48000), 0.1, 0.005);
	for (size_t i = n / 2 - 2000; i < n / 2 + 2000; i++)
		jump = fabsf(heard[i + 1] - heard[i]) > jump ? fabsf(heard[i + 1] - heard[i]) : jump;
	ck_assert_float_lt(jump, 0.05f); /* no click: as steep as the tones are themselves */
	th_close(m);
}
END_TEST

START_TEST(loud_sums_are_bent_below_one)
{
	th_node *m = mixer("gain=2", 2, 2);
	push(m, A, env->now, 0, 500, 2);
	push(m, B, env->now, 0, 500, 2);
	ck_assert_int_eq(th_run_until(m, env->now + 19 * LQ_MSEC), 0);
	size_t n = collect(m, NULL);
	float top = 0;
	for (size_t i = 0; i < n; i++)
		top = fabsf(heard[i]) > top ? fabsf(heard[i]) : top;
	ck_assert_float_le(top, 1.0f);
	ck_assert_float_gt(top, 0.9f);
	ck_assert_double_gt(th_stat(m, OUT, "samplesClipped"), 0);
	th_close(m);
}
END_TEST

START_TEST(sound_waits_until_it_is_due)
{
	th_node *m = mixer(NULL, 1, 2);
	push(m, A, env->now + 37 * LQ_MSEC, 0, 500, 1);
	ck_assert_int_eq(th_run_until(m, env->now + 100 * LQ_MSEC), 0);
	size_t n = collect(m, NULL), first = 0;
	while (first < n && fabsf(heard[first]) < 1e-4f)
		first++;
	ck_assert_uint_ge(first, 37 * 48);
	ck_assert_uint_le(first, 37 * 48 + 4);
	th_close(m);
}
END_TEST

START_TEST(late_sound_is_heard_at_once)
{
	th_node *m = mixer(NULL, 1, 2);
	ck_assert_int_eq(th_run_until(m, env->now + 5 * LQ_MSEC), 0);
	push(m, A, env->now - 200 * LQ_MSEC, 0, 500, 1);
	ck_assert_int_eq(th_run_until(m, env->now + 10 * LQ_MSEC), 0);
	size_t n = collect(m, NULL);
	ck_assert_uint_eq(n, 960);
	ck_assert_double_gt(th_power(heard + 480, 480, 1, 500, 48000), 0.3);
	th_close(m);
}
END_TEST

/* It comes 80 ms after it was due. */
START_TEST(with_slack_late_sound_is_still_in_its_place)
{
	th_node *m = mixer("slack=100", 1, 1);
	int64_t begin = env->now, first;
	ck_assert_int_eq(th_run_until(m, begin + 280 * LQ_MSEC), 0);
	push(m, A, begin + 200 * LQ_MSEC, 0, 1000, 1);
	ck_assert_int_eq(th_run_until(m, begin + 500 * LQ_MSEC), 0);
	size_t n = collect(m, &first), at = 0;
	ck_assert_int_eq(first, begin);
	while (at < n && !heard[at])
		at++;
	ck_assert_uint_ge(at, 9600);
	ck_assert_uint_le(at, 9602); /* a sine begins with 0 */
	ck_assert_uint_ge(n, 48 * 390);
	th_close(m);
}
END_TEST

START_TEST(a_wrong_time_far_ahead_does_not_mute)
{
	th_node *m = mixer(NULL, 1, 2);
	push(m, A, env->now + 3600 * LQ_SEC, 0, 500, 1);
	ck_assert_int_eq(th_run_until(m, env->now + 9 * LQ_MSEC), 0);
	collect(m, NULL);
	ck_assert_double_gt(th_power(heard, 480, 1, 500, 48000), 0.3);
	th_close(m);
}
END_TEST

START_TEST(running_dry_is_silence_and_counted)
{
	th_node *m = mixer(NULL, 1, 2);
	push(m, A, env->now, 0, 500, 1);
	ck_assert_int_eq(th_run_until(m, env->now + 99 * LQ_MSEC), 0);
	ck_assert_double_eq(th_stat(m, A, "underruns"), 1);
	ck_assert_double_eq(th_stat(m, A, "silentSamples"), 8 * 480);
	th_close(m);
}
END_TEST

/* A sender whose clock runs 0.5 % fast: nothing may pile up. */
START_TEST(a_fast_clock_adds_no_delay)
{
	th_node *m = mixer(NULL, 1, 2);
	int64_t t = env->now;
	for (uint64_t k = 0; k < 1500; k++) {
		int64_t at = t + (int64_t)k * 19900 * 1000;
		ck_assert_int_eq(th_run_until(m, at), 0);
		push(m, A, at, k * 960, 500, 1);
	}
	ck_assert_double_le(th_stat(m, A, "samplesWaiting"), 48 * 60);
	ck_assert_double_gt(th_stat(m, A, "removedSamplesForAcceleration"), 3000);
	ck_assert_double_eq(th_stat(m, A, "samplesOverflowed"), 0);
	th_close(m);
}
END_TEST

START_TEST(a_flood_is_bounded_and_counted)
{
	th_node *m = mixer(NULL, 1, 2);
	for (uint64_t k = 0; k < 100; k++)
		push(m, A, env->now + (int64_t)k * 20 * LQ_MSEC, k * 960, 500, 1);
	ck_assert_double_le(th_stat(m, A, "samplesWaiting"), 48 * 400);
	ck_assert_double_eq(th_stat(m, A, "samplesOverflowed"), 96000 - 48 * 400);
	th_close(m);
}
END_TEST

START_TEST(a_long_stop_is_left_out)
{
	th_node *m = mixer(NULL, 0, 2);
	env->now += 10 * LQ_SEC;
	ck_assert_int_eq(m->desc->ops->run(m->self, env->now), 0);
	ck_assert_uint_le(th_count(m, OUT), 2);
	ck_assert_double_gt(th_stat(m, OUT, "ticksSkipped"), 990);
	th_close(m);
}
END_TEST

START_TEST(inputs_come_and_go)
{
	th_node *m = mixer(NULL, 0, 2);
	for (uint32_t k = 0; k < 1000; k++) {
		ck_assert_int_eq(m->desc->ops->add_port(m->self, 0, A + k), 0);
		push(m, A + k, env->now, 0, 500, 1);
		ck_assert_int_eq(th_run_until(m, env->now + 10 * LQ_MSEC), 0);
		m->desc->ops->remove_port(m->self, A + k);
		th_drop(m, OUT);
	}
	for (uint32_t k = 0; k < 64; k++)
		ck_assert_int_eq(m->desc->ops->add_port(m->self, 0, A + k), 0);
	ck_assert_int_eq(m->desc->ops->add_port(m->self, 0, 99), LQ_EFULL);
	ck_assert_str_eq(m->error, "the mixer has at most 64 inputs");
	th_close(m);
}
END_TEST

START_TEST(levels_are_told)
{
	th_node *m = mixer("level_ms=100", 1, 2);
	push(m, A, env->now, 0, 500, 1);
	ck_assert_int_eq(th_run_until(m, env->now + 250 * LQ_MSEC), 0);
	ck_assert_uint_eq(th_saw(m, LQ_EVENT_LEVEL), 3);
	ck_assert_uint_eq(m->events[0].port, A);
	ck_assert_int_eq(m->events[0].value, 400);
	ck_assert_int_eq(m->events[1].value, 0);
	th_close(m);
}
END_TEST

START_TEST(one_input_keeps_its_capture_time)
{
	th_node *m = mixer(NULL, 1, 2);
	lq_buffer *b = th_tone(env, LQ_SAMPLE_S16, 48000, 2, 960, 0, 500);
	b->pts = env->now;
	b->capture_time = 1234 * LQ_MSEC;
	ck_assert_int_eq(th_send(m, A, b), 0);
	ck_assert_int_eq(th_run_until(m, env->now + 19 * LQ_MSEC), 0);
	for (int i = 0; i < 2; i++) {
		b = th_take(m, OUT);
		ck_assert_int_eq(b->capture_time, (1234 + 10 * i) * LQ_MSEC);
		th_free(env, b);
	}
	th_close(m);
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("audiomix");
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, silence_without_inputs);
	tcase_add_loop_test(c, inputs_are_added_up, 0, 2);
	tcase_add_test(c, an_input_has_a_gain_of_its_own);
	tcase_add_test(c, loud_sums_are_bent_below_one);
	tcase_add_test(c, sound_waits_until_it_is_due);
	tcase_add_test(c, late_sound_is_heard_at_once);
	tcase_add_test(c, with_slack_late_sound_is_still_in_its_place);
	tcase_add_test(c, a_wrong_time_far_ahead_does_not_mute);
	tcase_add_test(c, running_dry_is_silence_and_counted);
	tcase_add_test(c, a_fast_clock_adds_no_delay);
	tcase_add_test(c, a_flood_is_bounded_and_counted);
	tcase_add_test(c, a_long_stop_is_left_out);
	tcase_add_test(c, inputs_come_and_go);
	tcase_add_test(c, levels_are_told);
	tcase_add_test(c, one_input_keeps_its_capture_time);
	return th_main("plugins/audiomix", c, NULL);
}
