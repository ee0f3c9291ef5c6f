/* Echo, noise and level of a microphone. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "testhost.h"

enum { IN, FAR, OUT, RATE = 48000, CHUNK = 480, SECONDS = 12, N = RATE * SECONDS };

static th_env *env;
static float far_end[N], voice[N], heard[N], out[N];

static void set_up(void)
{
	env = th_env_new();
	env->now = 5 * LQ_SEC;
	memset(out, 0, sizeof out);
}

static void tear_down(void)
{
	th_env_free(env);
}

static float noise(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return (float)(int32_t)*seed / 2147483648.0f;
}

/* Like speech in what counts here: noise from some 400 to 2,500 Hz in syllables of a quarter of a second, with pauses. */
static void speech(float *to, uint32_t seed, float loud)
{
	float low = 0, lower = 0, lowest = 0, envelope = 0, target = 0;
	for (int i = 0; i < N; i++) {
		if (i % (RATE / 4) == 0)
			target = noise(&seed) > -0.3f ? 0.4f + 0.6f * fabsf(noise(&seed)) : 0;
		envelope += (target - envelope) * 0.0008f;
		low += (noise(&seed) - low) * 0.3f;
		lower += (low - lower) * 0.05f;
		lowest += (low - lower - lowest) * 0.05f;
		to[i] = loud * envelope * 3 * (low - lower - lowest);
	}
}

/* The far end as a small room gives it back: late, and from three walls. */
static float echo_at(int i, int delay)
{
	float e = 0;
	if (i >= delay)
		e += 0.35f * far_end[i - delay];
	if (i >= delay + 210)
		e -= 0.15f * far_end[i - delay - 210];
	if (i >= delay + 700)
		e += 0.08f * far_end[i - delay - 700];
	return e;
}

static double level(const float *x, int from, int to)
{
	double sum = 1e-12;
	for (int i = from; i < to; i++)
		sum += (double)x[i] * x[i];
	return 10 * log10(sum / (to - from));
}

static double likeness(const float *a, const float *b, int from, int to)
{
	double ab = 0, aa = 1e-12, bb = 1e-12;
	for (int i = from; i < to; i++)
		ab += (double)a[i] * b[i], aa += (double)a[i] * a[i], bb += (double)b[i] * b[i];
	return ab / sqrt(aa * bb);
}

/* The best likeness within a few milliseconds: the library's filters have a delay of their own. */
static double best_likeness(const float *original, int from, int to)
{
	double best = 0;
	for (int lag = 0; lag < 400; lag++) {
		double l = likeness(original + from - lag, out + from, 0, to - from);
		best = l > best ? l : best;
	}
	return best;
}

static lq_buffer *sound(const float *samples, int at, uint32_t n, uint32_t channels, uint32_t sample)
{
	lq_buffer *b = th_tone(env, sample, RATE, channels, n, 0, 100);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t c = 0; c < channels; c++)
			if (sample == LQ_SAMPLE_F32)
				((float *)(void *)b->planes[0])[i * channels + c] = samples[at + (int)i];
			else
				((int16_t *)(void *)b->planes[0])[i * channels + c] = (int16_t)lrintf(32767 * samples[at + (int)i]);
	b->pts = b->capture_time = env->now;
	return b;
}

static th_node *canceller(const char *params, uint32_t channels, uint32_t sample)
{
	th_node *n = th_open(env, "apm", "filter.aec", params);
	ck_assert_int_eq(th_set_format(n, IN, th_audio(LQ_CODEC_RAW, sample, RATE, channels)), 0);
	ck_assert_int_eq(th_set_format(n, FAR, th_audio(LQ_CODEC_RAW, LQ_SAMPLE_F32, RATE, channels)), 0);
	ck_assert_int_eq(th_set_format(n, OUT, th_audio(LQ_CODEC_RAW, LQ_SAMPLE_F32, RATE, channels)), 0);
	ck_assert_int_eq(th_start(n), 0);
	return n;
}

/* All of `heard` in pieces of `piece` samples, beside the far end if there is one, to `out`. */
static void run(th_node *n, int with_far, uint32_t piece, uint32_t channels, uint32_t sample)
{
	int64_t start = env->now, expected = start;
	int got = 0;
	for (int i = 0; i + (int)piece <= N; i += (int)piece) {
		env->now = start + (int64_t)i * LQ_SEC / RATE;
		if (with_far)
			ck_assert_int_eq(th_send(n, FAR, sound(far_end, i, piece, channels, LQ_SAMPLE_F32)), 0);
		ck_assert_int_eq(th_send(n, IN, sound(heard, i, piece, channels, sample)), 0);
		for (lq_buffer *b; (b = th_take(n, OUT)); expected += 10 * LQ_MSEC) {
			ck_assert_uint_eq(b->samples, CHUNK);
			ck_assert_int_le(llabs(b->pts - expected), LQ_MSEC / 10);
			for (int k = 0; k < CHUNK && got < N; k++)
				out[got++] = ((float *)(void *)b->planes[0])[k * (int)channels];
			th_free(env, b);
		}
	}
	ck_assert_int_ge(got, N - (int)piece - CHUNK);
}

START_TEST(an_echo_is_taken_out)
{
	static const struct { int delay_ms, latency, piece; uint32_t channels, sample; } cases[] = {
		{20, 20, 480, 2, LQ_SAMPLE_F32}, {60, 40, 480, 1, LQ_SAMPLE_F32}, {120, 100, 441, 1, LQ_SAMPLE_S16}, {200, 200, 960, 1, LQ_SAMPLE_F32}};
	char params[64];
	speech(far_end, 7, 0.5f);
	for (int i = 0; i < N; i++)
		heard[i] = echo_at(i, cases[_i].delay_ms * RATE / 1000);
	snprintf(params, sizeof params, "noise=off;gain=false;latency=%d", cases[_i].latency);
	th_node *n = canceller(params, cases[_i].channels, cases[_i].sample);
	run(n, 1, (uint32_t)cases[_i].piece, cases[_i].channels, cases[_i].sample);
	double before = level(heard, N - 4 * RATE, N - RATE), after = level(out, N - 4 * RATE, N - RATE);
	ck_assert_msg(before - after > 20, "the echo has %.1f dB instead of %.1f", after, before);
	th_close(n);
}
END_TEST

START_TEST(a_voice_beside_an_echo_stays)
{
	speech(far_end, 7, 0.3f);
	speech(voice, 1234, 0.5f);
	for (int i = 0; i < N; i++)
		heard[i] = echo_at(i, 40 * RATE / 1000) + (i > 5 * RATE ? voice[i] : 0); /* it listens first */
	th_node *n = canceller("noise=off;gain=false", 1, LQ_SAMPLE_F32);
	run(n, 1, 480, 1, LQ_SAMPLE_F32);
	double l = best_likeness(voice, N - 5 * RATE, N - RATE), change = level(out, N - 5 * RATE, N - RATE) - level(voice, N - 5 * RATE, N - RATE);
	ck_assert_msg(l > 0.75 && change > -6, "likeness %.2f, %.1f dB", l, change);
	th_close(n);
}
END_TEST

START_TEST(without_a_far_end_a_voice_goes_through)
{
	speech(voice, 99, 0.4f);
	memcpy(heard, voice, sizeof heard);
	th_node *n = canceller("noise=off;gain=false", 1, LQ_SAMPLE_F32);
	run(n, 0, 480, 1, LQ_SAMPLE_F32);
	double l = best_likeness(voice, RATE, N - RATE);
	ck_assert_msg(l > 0.95, "likeness %.2f", l);
	ck_assert(fabs(level(out, RATE, N - RATE) - level(voice, RATE, N - RATE)) < 1.5);
	th_close(n);
}
END_TEST

START_TEST(steady_noise_is_lowered)
{
	uint32_t seed = 5;
	for (int i = 0; i < N; i++)
		heard[i] = 0.02f * noise(&seed);
	th_node *n = canceller("echo=false;noise=high;gain=false", 1, LQ_SAMPLE_F32);
	run(n, 0, 480, 1, LQ_SAMPLE_F32);
	double by = level(heard, N - 4 * RATE, N - RATE) - level(out, N - 4 * RATE, N - RATE);
	ck_assert_msg(by > 10, "by %.1f dB", by);
	ck_assert_int_eq(th_set(n, "noise", "off"), 0); /* while it runs */
	run(n, 0, 480, 1, LQ_SAMPLE_F32);
	ck_assert(fabs(level(heard, RATE, N - RATE) - level(out, RATE, N - RATE)) < 1);
	th_close(n);
}
END_TEST

START_TEST(a_quiet_voice_becomes_louder)
{
	speech(voice, 21, 0.02f);
	memcpy(heard, voice, sizeof heard);
	th_node *n = canceller("echo=false;noise=off;gain=true", 1, LQ_SAMPLE_F32);
	run(n, 0, 480, 1, LQ_SAMPLE_F32);
	double by = level(out, N - 4 * RATE, N - RATE) - level(heard, N - 4 * RATE, N - RATE);
	ck_assert_msg(by > 3, "by %.1f dB", by);
	th_close(n);
}
END_TEST

START_TEST(a_jump_in_time_begins_a_new_chunk)
{
	th_node *n = canceller("echo=false;noise=low;gain=false", 1, LQ_SAMPLE_F32);
	ck_assert_int_eq(th_send(n, IN, sound(heard, 0, 300, 1, LQ_SAMPLE_F32)), 0);
	env->now += LQ_SEC;
	ck_assert_int_eq(th_send(n, IN, sound(heard, 0, 480, 1, LQ_SAMPLE_F32)), 0);
	lq_buffer *b = th_take(n, OUT);
	ck_assert_ptr_nonnull(b);
	ck_assert_int_eq(b->pts, env->now);
	ck_assert(th_stat(n, OUT, "discontinuities") == 1);
	th_free(env, b);
	th_close(n);
}
END_TEST

START_TEST(with_all_off_a_sound_goes_through_as_it_is)
{
	th_node *n = canceller("echo=false;noise=off;gain=false", 1, LQ_SAMPLE_F32);
	lq_buffer *in = sound(heard, 0, 300, 1, LQ_SAMPLE_F32);
	const uint8_t *data = in->planes[0];
	ck_assert_int_eq(th_send(n, IN, in), 0);
	lq_buffer *b = th_take(n, OUT);
	ck_assert_ptr_eq(b->planes[0], data);
	ck_assert_uint_eq(b->samples, 300);
	th_free(env, b);
	th_close(n);
}
END_TEST

START_TEST(other_sound_is_refused)
{
	th_node *n = th_open(env, "apm", "filter.aec", NULL);
	ck_assert_int_eq(th_set_format(n, IN, th_audio(LQ_CODEC_RAW, LQ_SAMPLE_F32, 44100, 1)), LQ_EFORMAT);
	ck_assert_ptr_nonnull(strstr(n->error, "48000 Hz"));
	ck_assert_int_eq(th_set_format(n, FAR, th_audio(LQ_CODEC_RAW, LQ_SAMPLE_F32, 48000, 6)), LQ_EFORMAT);
	th_close(n);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("aec");
	TCase *c = tcase_create("aec");
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_set_timeout(c, 120);
	tcase_add_loop_test(c, an_echo_is_taken_out, 0, 4);
	tcase_add_test(c, a_voice_beside_an_echo_stays);
	tcase_add_test(c, without_a_far_end_a_voice_goes_through);
	tcase_add_test(c, steady_noise_is_lowered);
	tcase_add_test(c, a_quiet_voice_becomes_louder);
	tcase_add_test(c, a_jump_in_time_begins_a_new_chunk);
	tcase_add_test(c, with_all_off_a_sound_goes_through_as_it_is);
	tcase_add_test(c, other_sound_is_refused);
	suite_add_tcase(s, c);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
