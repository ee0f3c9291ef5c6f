#include <math.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_OPUS
#include <opus.h>
#endif

#include "media/chirp.h"
#include "tests/unit/suite.h"

#define SEC INT64_C(1000000000)
enum { RATE = LQ_CHIRP_RATE, SECONDS = 5, N = SECONDS * RATE };

typedef struct found {
	int n;
	int64_t times[64];
	float fits[64];
} found;

static void note(void *arg, int64_t time, float fit)
{
	found *f = arg;
	ck_assert_int_lt(f->n, 64);
	f->times[f->n] = time;
	f->fits[f->n++] = fit;
}

static uint32_t seed;

static float noise(float level)
{
	seed = seed * 1664525u + 1013904223u;
	return level * ((float)(seed >> 8) / 8388608 - 1);
}

static float *sound(void)
{
	float *x = malloc(N * sizeof *x);
	lq_chirp_fill(x, N, 0);
	return x;
}

/* In pieces of 480 samples, as sound arrives. */
static void listen(const float *x, size_t n, int64_t start, found *f)
{
	lq_chirp_detector *d = malloc(sizeof *d);
	lq_chirp_detect_init(d);
	for (size_t at = 0; at < n; at += 480)
		lq_chirp_detect_push(d, x + at, n - at < 480 ? n - at : 480, start + (int64_t)at * SEC / RATE, note, f);
	lq_chirp_detect_flush(d, note, f);
	free(d);
}

static void check_times(const found *f, int n, int64_t first, int64_t tolerance)
{
	ck_assert_int_eq(f->n, n);
	for (int i = 0; i < n; i++) {
		ck_assert_int_gt(f->times[i] - (first + i * SEC), -tolerance);
		ck_assert_int_lt(f->times[i] - (first + i * SEC), tolerance);
	}
}

START_TEST(chirps_are_found_where_they_start)
{
	static const int64_t starts[] = {0, 1234567890123, -7 * SEC};
	float *x = sound();
	found f = {0};
	listen(x, N, starts[_i], &f);
	check_times(&f, SECONDS, starts[_i], 20000);
	for (int i = 0; i < f.n; i++)
		ck_assert_float_gt(f.fits[i], 0.95f);
	free(x);
}
END_TEST

START_TEST(time_between_two_samples_is_resolved)
{
	enum { SHIFT = 777 };
	float *x = malloc((N + SHIFT) * sizeof *x);
	memset(x, 0, SHIFT * sizeof *x);
	lq_chirp_fill(x + SHIFT, N, 0);
	found f = {0};
	listen(x + _i, N + SHIFT - (size_t)_i, 0, &f);
	check_times(&f, SECONDS, (int64_t)(SHIFT - _i) * SEC / RATE, 20000);
	free(x);
}
END_TEST

START_TEST(level_does_not_matter)
{
	static const float gains[] = {2, 0.1f, 0.01f, -0.5f};
	float *x = sound();
	for (size_t i = 0; i < N; i++)
		x[i] *= gains[_i];
	found f = {0};
	listen(x, N, 0, &f);
	check_times(&f, SECONDS, 0, 50000);
	free(x);
}
END_TEST

START_TEST(noise_and_a_tone_over_it_do_not_matter)
{
	float *x = sound();
	for (size_t i = 0; i < N; i++)
		x[i] += noise(0.25f) + 0.1f * (float)sin(2 * 3.14159265 * 440 * (double)i / RATE);
	found f = {0};
	listen(x, N, 0, &f);
	check_times(&f, SECONDS, 0, 200000);
	free(x);
}
END_TEST

START_TEST(other_sounds_are_no_chirps)
{
	enum { LONG = 60 * RATE };
	float *x = malloc(LONG * sizeof *x);
	double phase = 0;
	for (size_t i = 0; i < LONG; i++) {
		double t = (double)i / RATE, f = 200 + 150 * sin(6 * t) + 800 * fmod(t, 0.4);
		phase += 2 * 3.14159265 * f / RATE;
		x[i] = _i == 0 ? noise(0.5f) : _i == 1 ? (float)(0.3 * sin(phase) + 0.2 * sin(3 * phase)) : _i == 2 ? (i % 4800 ? 0 : 1) : 0;
	}
	found f = {0};
	listen(x, LONG, 0, &f);
	ck_assert_int_eq(f.n, 0);
	free(x);
}
END_TEST

START_TEST(an_echo_is_not_told_twice)
{
	float *x = sound();
	for (size_t i = N - 1; i >= 1200; i--)
		x[i] += 0.6f * x[i - 1200];
	found f = {0};
	listen(x, N, 0, &f);
	check_times(&f, SECONDS, 0, 100000);
	free(x);
}
END_TEST

START_TEST(a_jump_in_time_starts_anew)
{
	float *x = sound();
	found f = {0};
	lq_chirp_detector *d = malloc(sizeof *d);
	lq_chirp_detect_init(d);
	lq_chirp_detect_push(d, x, RATE, 0, note, &f);
	lq_chirp_detect_push(d, x, 480, 10 * SEC, note, &f); /* half a chirp, then a gap in it */
	lq_chirp_detect_push(d, x + 480, RATE - 480, 20 * SEC, note, &f);
	lq_chirp_detect_push(d, x, RATE, 30 * SEC, note, &f);
	lq_chirp_detect_flush(d, note, &f);
	ck_assert_int_eq(f.n, 2);
	ck_assert_int_lt(llabs(f.times[0]), 20000);
	ck_assert_int_lt(llabs(f.times[1] - 30 * SEC), 20000);
	free(d);
	free(x);
}
END_TEST

START_TEST(pieces_of_any_length_give_the_same)
{
	float *x = sound();
	found a = {0}, b = {0};
	listen(x, N, 0, &a);
	lq_chirp_detector *d = malloc(sizeof *d);
	lq_chirp_detect_init(d);
	for (size_t at = 0, n; at < N; at += n) {
		n = 1 + (size_t)(noise(0.5f) * 1000 + 500) % 1000;
		n = n > N - at ? N - at : n;
		lq_chirp_detect_push(d, x + at, n, (int64_t)at * SEC / RATE, note, &b);
	}
	lq_chirp_detect_flush(d, note, &b);
	ck_assert_int_eq(a.n, b.n);
	for (int i = 0; i < a.n; i++)
		ck_assert_int_lt(llabs(a.times[i] - b.times[i]), 3);
	free(d);
	free(x);
}
END_TEST

START_TEST(fill_and_add_agree_with_single_samples)
{
	float x[2000], y[2000];
	lq_chirp_fill(x, 2000, 47000);
	for (int i = 0; i < 2000; i++)
		y[i] = i < 1000 ? 0 : lq_chirp_sample(i - 1000);
	ck_assert_mem_eq(x, y, sizeof x);
	ck_assert_uint_eq(lq_chirp_add(x, 2000, 47000), 960);
	ck_assert_float_eq(x[1300], 2 * y[1300]);
	ck_assert_uint_eq(lq_chirp_add(x, 2000, 2000), 0);
	float peak = 0;
	for (int i = 0; i < 2000; i++)
		peak = fmaxf(peak, fabsf(y[i]));
	ck_assert_float_le(peak, 0.5f);
	ck_assert_float_gt(peak, 0.49f);
}
END_TEST

#ifdef HAVE_OPUS
START_TEST(opus_keeps_it_in_its_place)
{
	static const int apps[] = {OPUS_APPLICATION_VOIP, OPUS_APPLICATION_AUDIO, OPUS_APPLICATION_RESTRICTED_LOWDELAY};
	static const int rates[] = {24000, 32000, 64000};
	int err, ahead, rate = rates[_i % 3], app = apps[_i / 3];
	OpusEncoder *e = opus_encoder_create(RATE, 1, app, &err);
	OpusDecoder *d = opus_decoder_create(RATE, 1, &err);
	opus_encoder_ctl(e, OPUS_SET_BITRATE(rate));
	opus_encoder_ctl(e, OPUS_GET_LOOKAHEAD(&ahead));
	float *x = sound(), *y = malloc(N * sizeof *y);
	for (size_t i = 0; i < N; i++)
		x[i] += 0.05f * (float)sin(2 * 3.14159265 * 440 * (double)i / RATE);
	for (int at = 0; at < N; at += 960) {
		unsigned char packet[1500];
		int n = opus_encode_float(e, x + at, 960, packet, sizeof packet);
		ck_assert_int_eq(opus_decode_float(d, packet, n, y + at, 960, 0), 960);
	}
	found f = {0};
	listen(y, N, 0, &f);
	check_times(&f, SECONDS, (int64_t)ahead * SEC / RATE, 500000);
	opus_encoder_destroy(e);
	opus_decoder_destroy(d);
	free(x);
	free(y);
}
END_TEST
#endif

int main(void)
{
	TCase *t = tcase_create("chirp");
	tcase_add_loop_test(t, chirps_are_found_where_they_start, 0, 3);
	tcase_add_loop_test(t, time_between_two_samples_is_resolved, 0, 4);
	tcase_add_loop_test(t, level_does_not_matter, 0, 4);
	tcase_add_test(t, noise_and_a_tone_over_it_do_not_matter);
	tcase_add_loop_test(t, other_sounds_are_no_chirps, 0, 4);
	tcase_add_test(t, an_echo_is_not_told_twice);
	tcase_add_test(t, a_jump_in_time_starts_anew);
	tcase_add_test(t, pieces_of_any_length_give_the_same);
	tcase_add_test(t, fill_and_add_agree_with_single_samples);
#ifdef HAVE_OPUS
	tcase_add_loop_test(t, opus_keeps_it_in_its_place, 0, 9);
#endif
	return run_case("chirp", t);
}
