/* render.speaker of SDL on its dummy driver, and the ring below it. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "devhost.h"
#include "plugins/sdl/ring.h"

static lq_buffer *tone(dev_host *h, uint32_t frames, int64_t pts)
{
	lq_format f = dev_audio(1);
	lq_buffer *b = dev_buffer(h, &f, frames * 4);
	for (uint32_t i = 0; i < frames; i++)
		((float *)(void *)b->planes[0])[i] = 0.25f;
	b->samples = frames;
	b->pts = pts;
	return b;
}

START_TEST(ring_starts_at_its_target_and_again_after_an_underrun)
{
	lq__ring r;
	float in[100], out[50];
	for (int i = 0; i < 100; i++)
		in[i] = (float)(i + 1);
	ck_assert_int_eq(lq__ring_init(&r, 1, 100, 50), 0);
	ck_assert_uint_eq(lq__ring_write(&r, in, 60), 60);
	ck_assert_uint_eq(lq__ring_read(&r, out, 50), 0); /* below the target: silence, nothing taken */
	ck_assert_uint_eq(lq__ring_write(&r, in + 60, 40), 40);
	ck_assert_uint_eq(lq__ring_read(&r, out, 50), 50);
	ck_assert_float_eq(out[0], 1);
	ck_assert_uint_eq(lq__ring_read(&r, out, 50), 50);
	ck_assert_float_eq(out[49], 100);
	ck_assert_uint_eq(lq__ring_read(&r, out, 50), 0);
	ck_assert_float_eq(out[0], 0);
	ck_assert_uint_eq(atomic_load(&r.underruns), 1);
	lq__ring_write(&r, in, 60);
	ck_assert_uint_eq(lq__ring_read(&r, out, 50), 0);
	lq__ring_finish(&r);
}
END_TEST

START_TEST(ring_skips_what_piles_up)
{
	lq__ring r;
	float in[1000], out[50];
	for (int i = 0; i < 1000; i++)
		in[i] = (float)i;
	lq__ring_init(&r, 1, 100, 50); /* high water 250, room 1000 */
	ck_assert_uint_eq(lq__ring_write(&r, in, 1000), 1000);
	ck_assert_uint_eq(lq__ring_write(&r, in, 10), 0);
	ck_assert_uint_eq(lq__ring_read(&r, out, 50), 50);
	ck_assert_float_eq(out[0], 900);
	ck_assert_uint_eq(atomic_load(&r.skipped), 900);
	ck_assert_uint_eq(lq__ring_fill(&r), 50);
	lq__ring_finish(&r);
}
END_TEST

static void open_speaker(dev_host *h, const char *params)
{
	ck_assert_int_eq(dev_open(h, "sdl", "render.speaker", params), 0);
	lq_format f = dev_audio(1);
	ck_assert_msg(dev_start(h, &f) == 0, "%s", h->fail);
}

/* A machine that is busy may come late, with more than the ring holds: then the rest is dropped, and counted. */
static int played(dev_host *h, void *arg)
{
	return dev_stat(h, "totalSamplesCount") + dev_stat(h, "droppedSamples") >= *(double *)arg;
}

START_TEST(speaker_plays_and_tells_the_first_sound)
{
	dev_host h;
	open_speaker(&h, "latency=20");
	int64_t t = h.frozen = dev_now();
	for (int i = 0; i < 40; i++) /* spread over 400 ms: early ones wait */
		ck_assert_int_eq(dev_render(&h, tone(&h, 480, t + i * 10 * LQ_MSEC)), 0);
	ck_assert_double_lt(dev_stat(&h, "totalSamplesCount"), 40 * 480);
	ck_assert_double_eq(dev_stat(&h, "droppedSamples"), 0);
	h.frozen = 0;
	double all = 40 * 480;
	ck_assert_int_eq(dev_wait(&h, played, &all, 20000), 1);
	ck_assert_int_ge(dev_now() - t, 300 * LQ_MSEC);
	ck_assert_double_gt(dev_stat(&h, "totalSamplesCount"), 0);
	dev_render(&h, tone(&h, 480, LQ_TIME_NONE));
	ck_assert_int_ge(dev_wait_event(&h, LQ_EVENT_FIRST_BUFFER, 20000), 0);
	int64_t latency = ((const lq_renderer_ops *)h.desc->kind_ops)->latency(h.self);
	ck_assert_int_ge(latency, 20 * LQ_MSEC);
	ck_assert_int_le(latency, 45 * LQ_MSEC);
	dev_close(&h);
}
END_TEST

START_TEST(speaker_counts_what_it_cannot_take)
{
	dev_host h;
	open_speaker(&h, "latency=20");
	for (int i = 0; i < 200; i++)
		dev_render(&h, tone(&h, 4800, LQ_TIME_NONE));
	ck_assert_double_gt(dev_stat(&h, "droppedSamples"), 100 * 4800);
	lq_format f = dev_audio(2);
	ck_assert_int_eq(dev_render(&h, dev_buffer(&h, &f, 64)), 0); /* empty: no samples */
	lq_buffer *b = dev_buffer(&h, &f, 64);
	b->samples = 8;
	ck_assert_int_eq(dev_render(&h, b), LQ_EFORMAT);
	dev_close(&h);
}
END_TEST

START_TEST(an_unknown_card_is_an_error)
{
	dev_host h;
	ck_assert_int_eq(dev_open(&h, "sdl", "render.speaker", "device=no such card"), 0);
	lq_format f = dev_audio(1);
	setenv("SDL_AUDIODRIVER", "no-such-driver", 1);
	ck_assert_int_eq(dev_start(&h, &f), LQ_ENODEV);
	ck_assert_ptr_nonnull(strstr(h.fail, "SDL has no sound"));
	char text[200];
	ck_assert_int_eq(h.desc->ops->probe(text, sizeof text), LQ_ENODEV);
	setenv("SDL_AUDIODRIVER", "dummy", 1);
	ck_assert_int_eq(h.desc->ops->probe(text, sizeof text), 0);
	dev_close(&h);
}
END_TEST

int main(void)
{
	setenv("SDL_AUDIODRIVER", "dummy", 1);
	TCase *t = tcase_create("speaker");
	tcase_set_timeout(t, 120);
	tcase_add_test(t, ring_starts_at_its_target_and_again_after_an_underrun);
	tcase_add_test(t, ring_skips_what_piles_up);
	tcase_add_test(t, speaker_plays_and_tells_the_first_sound);
	tcase_add_test(t, speaker_counts_what_it_cannot_take);
	tcase_add_test(t, an_unknown_card_is_an_error);
	Suite *s = suite_create("sdl speaker");
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
