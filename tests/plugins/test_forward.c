/* filter.forward: packets as they are, key frames asked for in time, parameter sets before each. */
#include <string.h>

#include "testhost.h"

enum { IN, OUT };

static th_env *env;
static th_node *node;

static const uint8_t with_sets[] = {0, 0, 0, 1, 0x67, 1, 2, 3, 0, 0, 0, 1, 0x68, 4, 5, 0, 0, 1, 0x65, 6, 7, 8}, key[] = {0, 0, 0, 1, 0x65, 9, 9}, delta[] = {0, 0, 0, 1, 0x41, 1, 1};

static void set_up(void)
{
	env = th_env_new();
	env->now = 100 * LQ_SEC;
	node = NULL;
}

static void tear_down(void)
{
	if (node)
		th_close(node);
	th_env_free(env);
}

static void open_for(const char *params, lq_format fmt)
{
	node = th_open(env, "forward", "filter.forward", params);
	ck_assert_int_eq(th_set_format(node, IN, fmt), 0);
	ck_assert_int_eq(th_start(node), 0);
}

static lq_format h264(void)
{
	return th_video(LQ_CODEC_H264, 0, 0, 0, 0);
}

static void send(const void *data, uint32_t size, uint32_t flags)
{
	lq_buffer *b = th_packet(env, h264(), data, size);
	b->flags = flags;
	b->pts = env->now;
	b->capture_time = env->now - LQ_SEC;
	ck_assert_int_eq(th_send(node, IN, b), 0);
}

/* What came out is these bytes. */
static void gives(const void *data, uint32_t size)
{
	lq_buffer *b = th_take(node, OUT);
	ck_assert_ptr_nonnull(b);
	ck_assert_uint_eq(b->size, size);
	ck_assert_mem_eq(b->planes[0], data, size);
	ck_assert_int_eq(b->pts, env->now);
	ck_assert_int_eq(b->capture_time, env->now - LQ_SEC);
	th_free(env, b);
}

START_TEST(packets_pass_without_a_copy)
{
	open_for("codecs=h264 vp8", h264());
	lq_buffer *b = th_packet(env, h264(), delta, sizeof delta);
	const uint8_t *data = b->planes[0];
	ck_assert_int_eq(th_send(node, IN, b), 0);
	b = th_take(node, OUT);
	ck_assert_ptr_eq(b->planes[0], data);
	th_free(env, b);
	ck_assert_double_eq(th_stat(node, OUT, "packetsForwarded"), 1);
}
END_TEST

START_TEST(parameter_sets_come_before_each_key_frame)
{
	uint8_t expected[sizeof with_sets + sizeof key];
	open_for("", h264());
	send(key, sizeof key, LQ_BUFFER_KEY); /* none are known yet */
	gives(key, sizeof key);
	send(with_sets, sizeof with_sets, LQ_BUFFER_KEY);
	gives(with_sets, sizeof with_sets);
	send(delta, sizeof delta, 0);
	gives(delta, sizeof delta);
	send(key, sizeof key, LQ_BUFFER_KEY);
	memcpy(expected, with_sets, 15);
	memcpy(expected + 15, key, sizeof key);
	gives(expected, 15 + sizeof key);
	ck_assert_double_eq(th_stat(node, OUT, "parameterSetsInserted"), 1);
}
END_TEST

START_TEST(key_frames_are_asked_for_in_time)
{
	open_for("ask_interval=2000", h264());
	send(with_sets, sizeof with_sets, LQ_BUFFER_KEY);
	int64_t begin = env->now;
	for (; env->now < begin + 1990 * LQ_MSEC; env->now += 30 * LQ_MSEC)
		send(delta, sizeof delta, 0);
	ck_assert_uint_eq(th_asked(node, LQ_EVENT_KEY_FRAME), 0);
	for (; env->now < begin + 2600 * LQ_MSEC; env->now += 30 * LQ_MSEC)
		send(delta, sizeof delta, 0);
	ck_assert_uint_eq(th_asked(node, LQ_EVENT_KEY_FRAME), 2); /* once more: a request may be lost */
	send(key, sizeof key, LQ_BUFFER_KEY);
	begin = env->now;
	for (; env->now < begin + 1990 * LQ_MSEC; env->now += 30 * LQ_MSEC)
		send(delta, sizeof delta, 0);
	ck_assert_uint_eq(th_asked(node, LQ_EVENT_KEY_FRAME), 2);
	th_drop(node, OUT);
}
END_TEST

START_TEST(what_is_no_packet_is_dropped_and_counted)
{
	open_for("", h264());
	send("garbage", 7, 0);
	send(delta, sizeof delta, LQ_BUFFER_LOST);
	ck_assert_uint_eq(th_count(node, OUT), 0);
	ck_assert_double_eq(th_stat(node, OUT, "packetsDropped"), 2);
}
END_TEST

START_TEST(only_the_codecs_that_are_said_are_taken)
{
	int e;
	node = th_open(env, "forward", "filter.forward", "codecs=vp8 vp9");
	ck_assert_int_eq(th_set_format(node, IN, h264()), LQ_EFORMAT);
	ck_assert_str_eq(node->error, "this codec is not forwarded here");
	ck_assert_int_eq(th_set_format(node, IN, th_video(LQ_CODEC_VP9, 0, 0, 0, 0)), 0);
	th_close(node);
	node = th_try_open(env, "forward", "filter.forward", "codecs=h264 mpeg2", &e);
	ck_assert_int_eq(e, LQ_EINVAL);
	ck_assert_str_eq(node->error, "codecs: \"mpeg2\" is none of h264, vp8, vp9, av1, h265, opus, aac");
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("forward");
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, packets_pass_without_a_copy);
	tcase_add_test(c, parameter_sets_come_before_each_key_frame);
	tcase_add_test(c, key_frames_are_asked_for_in_time);
	tcase_add_test(c, what_is_no_packet_is_dropped_and_counted);
	tcase_add_test(c, only_the_codecs_that_are_said_are_taken);
	return th_main("plugins/forward", c, NULL);
}
