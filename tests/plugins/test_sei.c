/* Application data inside H.264: what is written is read, by ours and by FFmpeg; limits; damaged input. */
#include <libavcodec/avcodec.h>
#include <stdlib.h>
#include <string.h>

#include "testhost.h"

enum { OUT = 1, W = 160, H = 96 };

static th_env *env;
static th_node *source, *writer, *reader;
static char got[32][6000];
static int64_t got_pts[32];
static int n_got;

/* The test host keeps no texts. */
static void on_event(const lq_host *host, const lq_event *e)
{
	ck_assert_uint_eq(e->type, LQ_EVENT_DATA);
	ck_assert_int_lt(n_got, 32);
	strcpy(got[n_got], e->text);
	got_pts[n_got++] = e->value;
}

static void open_both(const char *params)
{
	writer = th_open(env, "sei", "filter.sei.write", params);
	reader = th_open(env, "sei", "filter.sei.read", params);
	reader->host.event = on_event;
}

static void set_up(void)
{
	env = th_env_new();
	env->now = 100 * LQ_SEC;
	n_got = 0;
	source = th_open(env, "ffmpeg", "codec.h264.enc", NULL);
	ck_assert_int_eq(th_set_format(source, 0, th_video(LQ_CODEC_RAW, LQ_PIXEL_I420, W, H, 30)), 0);
}

static void tear_down(void)
{
	th_close(source);
	th_close(writer);
	th_close(reader);
	th_env_free(env);
}

static lq_buffer *picture(uint32_t n)
{
	ck_assert_int_eq(th_send(source, 0, th_picture(env, W, H, 30, n)), 0);
	lq_buffer *b = th_take(source, 1);
	ck_assert_ptr_nonnull(b);
	return b;
}

/* Picture n through both; returns what came out. */
static lq_buffer *pass(uint32_t n)
{
	ck_assert_int_eq(th_send(writer, 0, picture(n)), 0);
	lq_buffer *b = th_take(writer, OUT);
	ck_assert_ptr_nonnull(b);
	lq__buffer_ref(b);
	ck_assert_int_eq(th_send(reader, 0, b), 0);
	th_drop(reader, OUT);
	return b;
}

static void nothing_more(uint32_t n)
{
	int before = n_got;
	th_free(env, pass(n));
	ck_assert_int_eq(n_got, before);
}

START_TEST(a_message_goes_with_the_next_picture)
{
	open_both(NULL);
	nothing_more(0);
	ck_assert_int_eq(th_set(writer, "send", "score 2:1 — größer"), 0);
	lq_buffer *b = pass(1);
	ck_assert_int_eq(n_got, 1);
	ck_assert_str_eq(got[0], "score 2:1 — größer");
	ck_assert_int_eq(got_pts[0], b->pts);
	ck_assert_int_eq(b->pts, LQ_SEC / 30);
	th_free(env, b);
	nothing_more(2);
}
END_TEST

START_TEST(several_messages_keep_their_order)
{
	open_both(NULL);
	for (int i = 0; i < 10; i++) {
		char text[20];
		snprintf(text, sizeof text, "message %d", i);
		ck_assert_int_eq(th_set(writer, "send", text), 0);
	}
	th_free(env, pass(0));
	ck_assert_int_eq(n_got, 10);
	ck_assert_str_eq(got[0], "message 0");
	ck_assert_str_eq(got[9], "message 9");
}
END_TEST

/* Zeros need escapes, 255 bytes another size byte. */
static const struct { size_t size; uint8_t byte; } bodies[] = {{0, 0}, {1, 0}, {2, 0}, {3, 1}, {238, 7}, {239, 7}, {240, 7}, {494, 0}, {4095, 3}, {4096, 0}, {4096, 255}};

static void encode(const uint8_t *data, size_t size, char *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < size; i += 3) {
		uint32_t v = (uint32_t)data[i] << 16 | (i + 1 < size ? data[i + 1] << 8 : 0) | (i + 2 < size ? data[i + 2] : 0);
		char four[4] = {digits[v >> 18], digits[v >> 12 & 63], i + 1 < size ? digits[v >> 6 & 63] : '=', i + 2 < size ? digits[v & 63] : '='};
		memcpy(out, four, 4);
		out += 4;
	}
	*out = 0;
}

/* Our reader and FFmpeg's decoder both find the bytes, and the picture is the same as without. */
START_TEST(any_bytes_come_through_and_others_can_read_them)
{
	static uint8_t data[4096];
	static char text[6000];
	open_both("encoding=base64");
	memset(data, bodies[_i].byte, sizeof data);
	for (size_t i = 5; i < sizeof data; i += 7)
		data[i] = (uint8_t)(i * 31);
	encode(data, bodies[_i].size, text);
	ck_assert_int_eq(th_set(writer, "send", text), 0);
	lq_buffer *b = pass(0);
	ck_assert_int_eq(n_got, 1);
	ck_assert_str_eq(got[0], text);

	AVCodecContext *av = avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_H264));
	AVPacket *p = av_packet_alloc();
	AVFrame *f = av_frame_alloc();
	int found = 0;
	av->flags |= AV_CODEC_FLAG_LOW_DELAY;
	ck_assert_int_eq(avcodec_open2(av, NULL, NULL), 0);
	ck_assert_int_eq(av_new_packet(p, (int)b->size), 0);
	memcpy(p->data, b->planes[0], b->size);
	ck_assert_int_eq(avcodec_send_packet(av, p), 0);
	ck_assert_int_eq(avcodec_send_packet(av, NULL), 0);
	ck_assert_int_eq(avcodec_receive_frame(av, f), 0);
	ck_assert_int_eq(f->decode_error_flags, 0);
	for (int i = 0; i < f->nb_side_data; i++) {
		const AVFrameSideData *s = f->side_data[i];
		if (s->type == AV_FRAME_DATA_SEI_UNREGISTERED && !memcmp(s->data, "loquat", 6)) {
			ck_assert_uint_eq(s->size, 16 + bodies[_i].size);
			found += !memcmp(s->data + 16, data, bodies[_i].size);
		}
	}
	ck_assert_int_eq(found, 1);
	av_frame_free(&f);
	av_packet_free(&p);
	avcodec_free_context(&av);
	th_free(env, b);
}
END_TEST

START_TEST(the_stream_is_the_same_but_for_the_message)
{
	open_both(NULL);
	lq_buffer *b = picture(0);
	uint32_t size = b->size;
	uint8_t *before = malloc(size);
	memcpy(before, b->planes[0], size);
	b->capture_time = 7;
	uint32_t flags = b->flags;
	ck_assert_int_eq(th_set(writer, "send", "x"), 0);
	ck_assert_int_eq(th_send(writer, 0, b), 0);
	b = th_take(writer, OUT);
	ck_assert_uint_gt(b->size, size);
	ck_assert_uint_le(b->size, size + 40);
	ck_assert_uint_eq(b->flags, flags);
	ck_assert_int_eq(b->capture_time, 7);
	uint32_t same = 0, tail = 0;
	while (same < size && b->planes[0][same] == before[same])
		same++;
	while (tail < size && b->planes[0][b->size - 1 - tail] == before[size - 1 - tail])
		tail++;
	ck_assert_uint_ge(same + tail, size); /* one piece was put in */
	free(before);
	th_free(env, b);
}
END_TEST

START_TEST(too_much_is_refused_with_the_reason)
{
	static char big[5000];
	open_both(NULL);
	memset(big, 'a', 4097);
	ck_assert_int_eq(th_set(writer, "send", big), LQ_ERANGE);
	ck_assert_str_eq(writer->error, "a message has at most 4096 bytes");
	big[4096] = 0;
	ck_assert_int_eq(th_set(writer, "send", big), 0);
	for (uint32_t i = 1; i < 10; i++) {
		ck_assert_int_eq(th_set(writer, "send", "b"), 0);
		th_free(env, pass(i));
	}
	ck_assert_int_eq(th_set(writer, "send", "c"), LQ_EFULL);
	ck_assert_str_eq(writer->error, "at most 10 messages a second");
	env->now += LQ_SEC;
	ck_assert_int_eq(th_set(writer, "send", "d"), 0);
	th_free(env, pass(20));
	ck_assert_str_eq(got[n_got - 1], "d");
}
END_TEST

START_TEST(without_pictures_only_ten_wait)
{
	open_both(NULL);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(th_set(writer, "send", "a"), 0);
	env->now += LQ_SEC;
	ck_assert_int_eq(th_set(writer, "send", "b"), LQ_EFULL);
	ck_assert_str_eq(writer->error, "10 messages wait for a picture already");
}
END_TEST

START_TEST(wrong_base64_is_refused)
{
	static const char *const wrong[] = {"a", "ab=c", "a b=", "====", "YWJ\xc3"};
	open_both("encoding=base64");
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		ck_assert_int_eq(th_set(writer, "send", wrong[i]), LQ_EPARSE);
		ck_assert_str_eq(writer->error, "this is no base64 of at most 4096 bytes");
	}
}
END_TEST

/* A sender that keeps to no limit. */
START_TEST(a_flood_is_dropped_and_counted)
{
	open_both(NULL);
	ck_assert_int_eq(th_set(writer, "send", "again"), 0);
	lq_buffer *b = pass(0);
	for (int i = 0; i < 30; i++) {
		lq__buffer_ref(b);
		ck_assert_int_eq(th_send(reader, 0, b), 0);
	}
	ck_assert_int_eq(n_got, 10);
	ck_assert_double_eq(th_stat(reader, 0, "messagesDropped"), 21);
	th_free(env, b);
}
END_TEST

START_TEST(what_is_no_text_is_not_told_as_text)
{
	open_both("encoding=base64");
	th_close(reader);
	reader = th_open(env, "sei", "filter.sei.read", NULL);
	ck_assert_int_eq(th_set(writer, "send", "AAEC"), 0);
	th_free(env, pass(0));
	ck_assert_double_eq(th_stat(reader, 0, "messagesNotText"), 1);
	ck_assert_uint_eq(th_saw(reader, LQ_EVENT_DATA), 0);
}
END_TEST

/* Cut off anywhere, and with any byte spoilt: nothing breaks, and the packet goes on. */
START_TEST(damaged_messages_do_no_harm)
{
	open_both(NULL);
	reader->host.event = env ? writer->host.event : NULL;
	ck_assert_int_eq(th_set(writer, "send", "a message of some length, so that there is something to spoil"), 0);
	lq_buffer *b = pass(0);
	uint8_t unit[2048];
	uint32_t size = b->size < sizeof unit ? b->size : sizeof unit;
	memcpy(unit, b->planes[0], size);
	for (uint32_t i = 0; i < size; i++) {
		ck_assert_int_eq(th_send(reader, 0, th_packet(env, th_video(LQ_CODEC_H264, 0, W, H, 30), unit, i + 1)), 0);
		unit[i] ^= 0x41;
		ck_assert_int_eq(th_send(reader, 0, th_packet(env, th_video(LQ_CODEC_H264, 0, W, H, 30), unit, size)), 0);
		unit[i] ^= 0x41;
	}
	ck_assert_double_eq((double)th_count(reader, OUT) + th_stat(reader, OUT, "packetsDropped"), 2 * size);
	ck_assert_uint_ge(th_count(reader, OUT), 2 * size - 11); /* all but those whose start code is gone */
	th_drop(reader, OUT);
	th_free(env, b);
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("sei");
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, a_message_goes_with_the_next_picture);
	tcase_add_test(c, several_messages_keep_their_order);
	tcase_add_loop_test(c, any_bytes_come_through_and_others_can_read_them, 0, sizeof bodies / sizeof *bodies);
	tcase_add_test(c, the_stream_is_the_same_but_for_the_message);
	tcase_add_test(c, too_much_is_refused_with_the_reason);
	tcase_add_test(c, without_pictures_only_ten_wait);
	tcase_add_test(c, wrong_base64_is_refused);
	tcase_add_test(c, a_flood_is_dropped_and_counted);
	tcase_add_test(c, what_is_no_text_is_not_told_as_text);
	tcase_add_test(c, damaged_messages_do_no_harm);
	return th_main("plugins/sei", c, NULL);
}
