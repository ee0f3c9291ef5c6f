/* The Opus plugin. */
#include <math.h>
#include <string.h>

#include "testhost.h"

#define HZ 440.0

static th_env *env;

static void set_up(void)
{
	env = th_env_new();
}

static void tear_down(void)
{
	th_env_free(env);
}

static th_node *open_encoder(const char *params)
{
	th_node *e = th_open(env, "opus", "codec.opus.enc", params);
	return e;
}

static th_node *open_decoder(uint32_t sample, uint32_t channels)
{
	th_node *d = th_open(env, "opus", "codec.opus.dec", NULL);
	ck_assert_int_eq(th_set_format(d, 0, th_audio(LQ_CODEC_OPUS, 0, 48000, channels)), 0);
	ck_assert_int_eq(th_set_format(d, 1, th_audio(LQ_CODEC_RAW, sample, 48000, channels)), 0);
	return d;
}

static void feed(th_node *e, uint32_t sample, uint32_t channels, uint32_t chunk, uint64_t from, uint64_t to)
{
	for (uint64_t at = from; at < to; at += chunk)
		ck_assert_int_eq(th_send(e, 0, th_tone(env, sample, 48000, channels, chunk, at, HZ)), 0);
}

/* Share of the tone in what port 1 of a decoder gave; 1: nothing but the tone. */
static double purity(th_node *d, size_t skip, double *amplitude)
{
	static float all[48000 * 4];
	size_t n = 0;
	double energy = 0;
	for (lq_buffer *b; (b = th_take(d, 1));) {
		for (uint32_t i = 0; i < b->samples && n < 48000 * 4; i++)
			all[n++] = ((float *)(void *)b->planes[0])[i * b->format->channels];
		th_free(env, b);
	}
	ck_assert_uint_gt(n, skip);
	for (size_t i = skip; i < n; i++)
		energy += (double)all[i] * all[i];
	*amplitude = th_power(all + skip, n - skip, 1, HZ, 48000);
	return *amplitude * *amplitude / 2 / (energy / (double)(n - skip));
}

START_TEST(a_tone_comes_back_from_any_buffer_size)
{
	static const uint32_t chunks[] = {480, 960, 441, 1024, 5000};
	static const uint32_t samples[] = {LQ_SAMPLE_F32, LQ_SAMPLE_S16};
	th_node *e = open_encoder("bitrate=64000;application=audio"), *d = open_decoder(LQ_SAMPLE_F32, 1u + (uint32_t)_i % 2);
	double amplitude;
	feed(e, samples[_i % 2], 1 + (uint32_t)_i % 2, chunks[_i], 0, 96000);
	ck_assert_uint_ge(th_count(e, 1), 99);
	ck_assert_int_eq(th_pump(e, 1, d, 0), 0);
	ck_assert_double_gt(purity(d, 9600, &amplitude), 0.99);
	ck_assert_double_eq_tol(amplitude, 0.4, 0.03);
	th_close(e);
	th_close(d);
}
END_TEST

START_TEST(packets_carry_exact_times)
{
	th_node *e = open_encoder("frame_ms=20");
	feed(e, LQ_SAMPLE_F32, 1, 700, 0, 96600);
	int64_t expected = 0;
	for (lq_buffer *b; (b = th_take(e, 1)); expected += 20 * LQ_MSEC) {
		ck_assert_int_eq(b->pts, expected);
		ck_assert_int_eq(b->capture_time, expected);
		ck_assert_int_eq(b->duration, 20 * LQ_MSEC);
		th_free(env, b);
	}
	ck_assert_int_gt(expected, 1900 * LQ_MSEC);
	th_close(e);
}
END_TEST

START_TEST(a_jump_in_time_is_followed_and_marked)
{
	th_node *e = open_encoder(NULL);
	feed(e, LQ_SAMPLE_F32, 1, 960, 0, 9600);
	th_drop(e, 1);
	feed(e, LQ_SAMPLE_F32, 1, 960, 96000, 96960);
	lq_buffer *b = th_take(e, 1);
	ck_assert_int_eq(b->pts, 2 * LQ_SEC);
	ck_assert(b->flags & LQ_BUFFER_DISCONTINUITY);
	th_free(env, b);
	th_close(e);
}
END_TEST

static size_t bytes_of_second(th_node *e, uint64_t from)
{
	size_t bytes = 0;
	feed(e, LQ_SAMPLE_F32, 1, 960, from, from + 48000);
	for (lq_buffer *b; (b = th_take(e, 1));) {
		bytes += b->size;
		th_free(env, b);
	}
	return bytes;
}

START_TEST(rate_follows_parameter_and_event)
{
	th_node *e = open_encoder("bitrate=64000;application=audio");
	bytes_of_second(e, 0);
	ck_assert_double_eq_tol((double)bytes_of_second(e, 48000), 8000, 1500);
	ck_assert_int_eq(th_set(e, "bitrate", "24000"), 0);
	ck_assert_double_eq_tol((double)bytes_of_second(e, 96000), 3000, 600);
	ck_assert_int_eq(th_event(e, LQ_EVENT_TARGET_RATE, 12000), 0);
	ck_assert_double_eq_tol((double)bytes_of_second(e, 144000), 1500, 400);
	th_close(e);
}
END_TEST

START_TEST(gain_changes_how_loud_it_is)
{
	th_node *e = open_encoder("bitrate=64000;application=audio;gain=0.5"), *d = open_decoder(LQ_SAMPLE_F32, 1);
	double amplitude;
	feed(e, LQ_SAMPLE_F32, 1, 480, 0, 48000);
	ck_assert_int_eq(th_pump(e, 1, d, 0), 0);
	ck_assert_double_gt(purity(d, 9600, &amplitude), 0.99);
	ck_assert_double_eq_tol(amplitude, 0.2, 0.02);
	ck_assert_int_eq(th_set(e, "gain", "2"), 0);
	feed(e, LQ_SAMPLE_F32, 1, 480, 48000, 96000);
	ck_assert_int_eq(th_pump(e, 1, d, 0), 0);
	ck_assert_double_gt(purity(d, 9600, &amplitude), 0.99);
	ck_assert_double_eq_tol(amplitude, 0.8, 0.05);
	th_close(e);
	th_close(d);
}
END_TEST

START_TEST(dtx_leaves_silence_out)
{
	th_node *e = open_encoder("dtx=true");
	for (int i = 0; i < 100; i++) {
		lq_buffer *b = th_tone(env, LQ_SAMPLE_F32, 48000, 1, 960, (uint64_t)i * 960, 0);
		ck_assert_int_eq(th_send(e, 0, b), 0);
	}
	ck_assert_uint_lt(th_count(e, 1), 40);
	ck_assert_double_gt(th_stat(e, 1, "dtxFrames"), 60);
	th_close(e);
}
END_TEST

/* Passes packets on with every eighth lost; `fec` lets the next packet come along. */
static void lossy(th_node *e, th_node *d, int fec)
{
	lq_buffer *held[128];
	size_t n = 0;
	while (n < 128 && (held[n] = th_take(e, 1)))
		n++;
	for (size_t i = 0; i < n; i++) {
		if (i % 8 == 7 && i + 1 < n) {
			lq_buffer *next = held[i + 1], *lost = th_packet(env, *next->format, next->planes[0], fec ? next->size : 0);
			lost->flags = LQ_BUFFER_LOST;
			lost->pts = held[i]->pts;
			lost->duration = held[i]->duration;
			ck_assert_int_eq(th_send(d, 0, lost), 0);
			th_free(env, held[i]);
		} else {
			ck_assert_int_eq(th_send(d, 0, held[i]), 0);
		}
	}
}

START_TEST(loss_is_concealed)
{
	th_node *e = open_encoder(NULL), *d = open_decoder(LQ_SAMPLE_F32, 1);
	double amplitude;
	feed(e, LQ_SAMPLE_F32, 1, 960, 0, 96000);
	lossy(e, d, 0);
	ck_assert_double_eq(th_stat(d, 1, "concealedSamples"), 12 * 960);
	ck_assert_double_eq(th_stat(d, 1, "concealmentEvents"), 12);
	ck_assert_double_eq(th_stat(d, 1, "totalSamplesReceived"), 96000);
	ck_assert_double_gt(purity(d, 9600, &amplitude), 0.9);
	th_close(e);
	th_close(d);
}
END_TEST

/* Voice, roughly: the encoder repeats only what it takes for speech. */
static void feed_voice(th_node *e, uint64_t from, uint64_t to)
{
	for (uint64_t at = from; at < to; at += 960) {
		lq_buffer *b = th_tone(env, LQ_SAMPLE_F32, 48000, 1, 960, at, HZ);
		float *s = (float *)(void *)b->planes[0];
		for (uint32_t i = 0; i < 960; i++) {
			double t = (double)(at + i) / 48000, v = 0, pitch = 140 * t + 3 * sin(2 * t);
			for (int k = 1; k < 20; k++)
				v += sin(2 * 3.14159265 * pitch * k) / (1 + fabs(k - 4.0) * 0.7);
			s[i] = (float)(0.1 * v * (0.6 + 0.4 * sin(25 * t)));
		}
		ck_assert_int_eq(th_send(e, 0, b), 0);
	}
}

START_TEST(fec_recovers_what_got_lost)
{
	th_node *e = open_encoder("bitrate=32000;fec=true"), *d = open_decoder(LQ_SAMPLE_F32, 1);
	ck_assert_int_eq(th_event(e, LQ_EVENT_LOSS, 200), 0);
	feed_voice(e, 0, 96000);
	lossy(e, d, 1);
	ck_assert_double_ge(th_stat(d, 1, "fecSamples"), 7 * 960); /* of 12: what the encoder held for pauses has no copy */
	ck_assert_double_eq(th_stat(d, 1, "fecSamples") + th_stat(d, 1, "concealedSamples"), 12 * 960);
	ck_assert_double_eq(th_stat(d, 1, "totalSamplesReceived"), 96000);
	th_close(e);
	th_close(d);
}
END_TEST

START_TEST(garbage_is_concealed_and_counted)
{
	th_node *d = open_decoder(LQ_SAMPLE_S16, 2);
	uint8_t bytes[40];
	for (int n = 0; n < 200; n++) {
		for (size_t i = 0; i < sizeof bytes; i++)
			bytes[i] = (uint8_t)(n * 31 + (int)i * 17 + (n ^ (int)i));
		bytes[0] = (uint8_t)n;
		int r = th_send(d, 0, th_packet(env, th_audio(LQ_CODEC_OPUS, 0, 48000, 2), bytes, (uint32_t)(n % 40) + 1));
		ck_assert_int_eq(r, 0);
	}
	ck_assert_uint_ge(th_count(d, 1), 200);
	ck_assert_double_gt(th_stat(d, 1, "decodeErrors"), 0);
	th_close(d);
}
END_TEST

START_TEST(channels_may_change_while_running)
{
	th_node *e = open_encoder(NULL), *d = open_decoder(LQ_SAMPLE_F32, 2);
	feed(e, LQ_SAMPLE_F32, 1, 960, 0, 9600);
	feed(e, LQ_SAMPLE_S16, 2, 960, 9600, 19200);
	ck_assert_uint_eq(th_count(e, 1), 20);
	ck_assert_int_eq(th_pump(e, 1, d, 0), 0);
	ck_assert_uint_eq(th_count(d, 1), 20);
	th_close(e);
	th_close(d);
}
END_TEST

START_TEST(end_of_stream_sends_the_rest)
{
	th_node *e = open_encoder(NULL);
	lq_buffer *b = th_tone(env, LQ_SAMPLE_F32, 48000, 1, 1000, 0, HZ);
	b->flags |= LQ_BUFFER_EOS;
	ck_assert_int_eq(th_send(e, 0, b), 0);
	ck_assert_uint_eq(th_count(e, 1), 3);
	th_free(env, th_take(e, 1));
	th_free(env, th_take(e, 1));
	b = th_take(e, 1);
	ck_assert(b->flags & LQ_BUFFER_EOS);
	th_free(env, b);
	th_close(e);
}
END_TEST

START_TEST(a_thousand_come_and_go)
{
	for (int i = 0; i < 1000; i++) {
		th_node *e = open_encoder(NULL), *d = open_decoder(LQ_SAMPLE_F32, 1);
		th_set_format(e, 0, th_audio(LQ_CODEC_RAW, LQ_SAMPLE_F32, 48000, 1));
		th_close(e);
		th_close(d);
	}
}
END_TEST

START_TEST(a_wrong_format_is_refused_with_a_reason)
{
	th_node *e = open_encoder(NULL);
	ck_assert_int_eq(th_set_format(e, 0, th_audio(LQ_CODEC_RAW, LQ_SAMPLE_F32, 44100, 2)), LQ_EFORMAT);
	ck_assert_str_eq(e->error, "Opus takes raw sound of 48000 Hz with 1 or 2 channels");
	th_close(e);
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("opus");
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_loop_test(c, a_tone_comes_back_from_any_buffer_size, 0, 5);
	tcase_add_test(c, packets_carry_exact_times);
	tcase_add_test(c, a_jump_in_time_is_followed_and_marked);
	tcase_add_test(c, rate_follows_parameter_and_event);
	tcase_add_test(c, gain_changes_how_loud_it_is);
	tcase_add_test(c, dtx_leaves_silence_out);
	tcase_add_test(c, loss_is_concealed);
	tcase_add_test(c, fec_recovers_what_got_lost);
	tcase_add_test(c, garbage_is_concealed_and_counted);
	tcase_add_test(c, channels_may_change_while_running);
	tcase_add_test(c, end_of_stream_sends_the_rest);
	tcase_add_test(c, a_thousand_come_and_go);
	tcase_add_test(c, a_wrong_format_is_refused_with_a_reason);
	return th_main("plugins/opus", c, NULL);
}
