/* codec.aac.enc: the times of its packets, of which each comes out one frame later than its own. */
#include <stdlib.h>

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

enum { FRAME = 1024, FRAMES = 10, JUMP = 96000 };

static void feed(th_node *e, uint64_t from)
{
	for (uint64_t at = from; at < from + FRAMES * FRAME; at += FRAME)
		ck_assert_int_eq(th_send(e, 0, th_tone(env, LQ_SAMPLE_F32, 48000, 2, FRAME, at, 440)), 0);
}

START_TEST(a_jump_in_time_lies_between_the_packets_before_and_behind_it)
{
	th_node *e = th_open(env, "ffmpeg", "codec.aac.enc", NULL);
	int n = -1; /* the first packet is the encoder's priming */
	feed(e, 0);
	feed(e, JUMP);
	for (lq_buffer *b; (b = th_take(e, 1)); th_free(env, b), n++) {
		int64_t sample = n < FRAMES ? n * FRAME : JUMP + (n - FRAMES) * FRAME;
		ck_assert_int_le(llabs(b->pts - sample * LQ_SEC / 48000), 10); /* ns, of rounding */
		ck_assert(!!(b->flags & LQ_BUFFER_DISCONTINUITY) == (n == FRAMES));
	}
	ck_assert_int_ge(n, 2 * FRAMES - 2);
	th_close(e);
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("aac");
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, a_jump_in_time_lies_between_the_packets_before_and_behind_it);
	return th_main("plugins/aac", c, NULL);
}
