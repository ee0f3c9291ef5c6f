#include "webrtc/payload.h"

#include <loquat/plugin/errors.h>
#include <string.h>

#include "test.h"
#include "webrtc/rtp.h"

#define MAX_PAYLOADS 4000

static struct {
	uint8_t data[LQ_RTP_MAX];
	size_t len;
	int last;
} sent[MAX_PAYLOADS];
static uint32_t n_sent;

static int keep(void *arg, const uint8_t *payload, size_t len, int last)
{
	ck_assert_uint_lt(n_sent, MAX_PAYLOADS);
	ck_assert_uint_le(len, sizeof sent[0].data);
	memcpy(sent[n_sent].data, payload, len);
	sent[n_sent].len = len;
	sent[n_sent++].last = last;
	return 0;
}

static int split(lq_payloader *p, const void *au, size_t len, size_t max)
{
	n_sent = 0;
	int e = lq_payload_split(p, au, len, 0, max, keep, NULL);
	for (uint32_t i = 0; !e && i < n_sent; i++) {
		ck_assert_uint_le(sent[i].len, max);
		ck_assert_int_eq(sent[i].last, i + 1 == n_sent);
	}
	return e;
}

static uint8_t joined[1 << 21];

static size_t join_all(uint32_t codec)
{
	lq_unpacker u = {.codec = codec};
	size_t used = 0;
	for (uint32_t i = 0; i < n_sent; i++)
		ck_assert_int_eq(lq_payload_join(&u, sent[i].data, sent[i].len, joined, sizeof joined, &used), 0);
	return used;
}

static lq_payload_info inspect(uint32_t codec, const void *payload, size_t len)
{
	lq_payload_info info;
	ck_assert_int_eq(lq_payload_inspect(codec, payload, len, &info), 0);
	return info;
}

static uint32_t seed = 1;

static uint32_t rnd(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

/* RFC 6184 5.7.1: two NAL units in a STAP-A. */
START_TEST(a_stap_a_is_undone)
{
	static const uint8_t stap[] = "\x78\x00\x03\x67\x01\x02\x00\x02\x68\x03";
	lq_unpacker u = {.codec = LQ_CODEC_H264};
	size_t used = 0;
	ck_assert_int_eq(lq_payload_join(&u, stap, sizeof stap - 1, joined, sizeof joined, &used), 0);
	ck_assert_uint_eq(used, 13);
	ck_assert_mem_eq(joined, "\0\0\0\1\x67\1\2\0\0\0\1\x68\3", 13);
	lq_payload_info info = inspect(LQ_CODEC_H264, stap, sizeof stap - 1);
	ck_assert(info.key && info.start && info.end && info.picture_id == -1);
}
END_TEST

/* RFC 6184 5.8: the NAL unit's header is made of the indicator's F and NRI and the FU header's type. */
START_TEST(fu_a_fragments_are_undone)
{
	lq_unpacker u = {.codec = LQ_CODEC_H264};
	size_t used = 0;
	ck_assert_int_eq(lq_payload_join(&u, (const uint8_t *)"\x7c\x85\x11\x22", 4, joined, sizeof joined, &used), 0);
	ck_assert_int_eq(lq_payload_join(&u, (const uint8_t *)"\x7c\x05\x33", 3, joined, sizeof joined, &used), 0);
	ck_assert_int_eq(lq_payload_join(&u, (const uint8_t *)"\x7c\x45\x44", 3, joined, sizeof joined, &used), 0);
	ck_assert_uint_eq(used, 9);
	ck_assert_mem_eq(joined, "\0\0\0\1\x65\x11\x22\x33\x44", 9);
	ck_assert(inspect(LQ_CODEC_H264, "\x7c\x85\x11", 3).key && inspect(LQ_CODEC_H264, "\x7c\x85\x11", 3).start);
	ck_assert(!inspect(LQ_CODEC_H264, "\x7c\x45\x11", 3).key && inspect(LQ_CODEC_H264, "\x7c\x45\x11", 3).end);
}
END_TEST

START_TEST(parameter_sets_travel_together_and_slices_in_even_fragments)
{
	uint8_t au[3100] = "\0\0\0\1\x67\x42\xe0\x1f\0\0\0\1\x68\xce\0\0\1\x65";
	lq_payloader p = {.codec = LQ_CODEC_H264};
	memset(au + 18, 0xAB, sizeof au - 18);
	ck_assert_int_eq(split(&p, au, sizeof au, 1100), 0);
	ck_assert_uint_eq(n_sent, 4);
	ck_assert_mem_eq(sent[0].data, "\x78\x00\x04\x67\x42\xe0\x1f\x00\x02\x68\xce", 11);
	ck_assert_uint_eq(sent[0].len, 11);
	size_t rest = sizeof au - 18; /* 3082 bytes in three */
	ck_assert_uint_eq(sent[1].len, 2 + rest / 3);
	ck_assert_uint_eq(sent[1].len + sent[2].len + sent[3].len, rest + 6);
	ck_assert(sent[3].len - sent[1].len <= 1);
	ck_assert(sent[1].data[0] == 0x7c && sent[1].data[1] == 0x85 && sent[2].data[1] == 0x05 && sent[3].data[1] == 0x45);
}
END_TEST

/* An Annex B access unit of random NAL units, no start code inside. Returns its length. */
static size_t random_au(uint8_t *out, size_t most)
{
	size_t n = 0, units = 1 + rnd(6);
	for (size_t i = 0; i < units; i++) {
		size_t len = 1 + rnd(rnd(3) ? 60 : (uint32_t)most);
		memcpy(out + n, "\0\0\0\1", 4);
		n += 4;
		out[n++] = (uint8_t)(rnd(4) << 5 | (1 + rnd(8)));
		for (size_t k = 1; k < len; k++)
			out[n++] = (uint8_t)(1 + rnd(255));
	}
	return n;
}

START_TEST(h264_comes_back_as_it_went)
{
	static uint8_t au[400000];
	for (int round = 0; round < 400; round++) {
		size_t most = round % 20 ? 3000 : 60000, max = LQ_PAYLOAD_MIN + rnd(LQ_RTP_MAX - LQ_PAYLOAD_MIN + 1);
		size_t n = random_au(au, most);
		lq_payloader p = {.codec = LQ_CODEC_H264};
		ck_assert_int_eq(split(&p, au, n, max), 0);
		ck_assert_uint_eq(join_all(LQ_CODEC_H264), n);
		ck_assert_mem_eq(joined, au, n);
	}
}
END_TEST

START_TEST(delimiters_filler_and_zeros_are_left_out)
{
	static const uint8_t au[] = "\0\0\0\1\x09\xf0\0\0\1\x0c\xff\xff\x80\0\0\0\0\1\x41\x9a\0\0\0";
	lq_payloader p = {.codec = LQ_CODEC_H264};
	ck_assert_int_eq(split(&p, au, sizeof au - 1, 1000), 0);
	ck_assert_uint_eq(n_sent, 1);
	ck_assert_uint_eq(sent[0].len, 2);
	ck_assert_mem_eq(sent[0].data, "\x41\x9a", 2);
	ck_assert(!inspect(LQ_CODEC_H264, sent[0].data, 2).key);
}
END_TEST

START_TEST(what_is_no_annex_b_is_refused_before_anything_is_sent)
{
	static const struct {
		const char *au;
		size_t len;
	} bad[] = {{"", 0}, {"\0\0\0", 3}, {"\x65\x88\x84", 3}, {"\0\0\1", 3}, {"\0\0\1\x09\xf0", 5}, {"\1\0\0\1\x65", 5},
	           {"\0\0\1\x65\x01\0\0\1\x1c\x85", 10}, {"\0\0\1\x60\1", 5}};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		lq_payloader p = {.codec = LQ_CODEC_H264};
		ck_assert_msg(split(&p, bad[i].au, bad[i].len, 1000) == LQ_EPARSE, "case %zu", i);
		ck_assert_uint_eq(n_sent, 0);
	}
}
END_TEST

static void join_fails(uint32_t codec, const char *first, size_t first_len, const char *second, size_t len)
{
	lq_unpacker u = {.codec = codec};
	size_t used = 0;
	if (first)
		ck_assert_int_eq(lq_payload_join(&u, (const uint8_t *)first, first_len, joined, sizeof joined, &used), 0);
	uint8_t *exact = malloc(len ? len : 1);
	memcpy(exact, second, len);
	ck_assert_int_eq(lq_payload_join(&u, exact, len, joined, sizeof joined, &used), LQ_EPARSE);
	free(exact);
}

START_TEST(h264_payloads_out_of_order_or_broken_are_refused)
{
	join_fails(LQ_CODEC_H264, NULL, 0, "", 0);
	join_fails(LQ_CODEC_H264, NULL, 0, "\x7c\x05\1", 3);                    /* no beginning */
	join_fails(LQ_CODEC_H264, "\x7c\x85\1", 3, "\x7c\x85\1", 3);            /* a beginning within */
	join_fails(LQ_CODEC_H264, "\x7c\x85\1", 3, "\x41\1", 2);                /* another unit within */
	join_fails(LQ_CODEC_H264, NULL, 0, "\x7c\x85", 2);                      /* nothing in it */
	join_fails(LQ_CODEC_H264, NULL, 0, "\x7c\x9c\1", 3);                    /* a fragment of a fragment */
	join_fails(LQ_CODEC_H264, NULL, 0, "\x78", 1);                          /* an empty STAP-A */
	join_fails(LQ_CODEC_H264, NULL, 0, "\x78\0\0", 3);                      /* an empty unit */
	join_fails(LQ_CODEC_H264, NULL, 0, "\x78\0\3\x41\1", 5);                /* longer than there is */
	join_fails(LQ_CODEC_H264, NULL, 0, "\x78\0\2\x41\1\0", 6);              /* half a size */
	join_fails(LQ_CODEC_H264, NULL, 0, "\x78\0\2\x78\1", 5);                /* a STAP in a STAP */
	join_fails(LQ_CODEC_H264, NULL, 0, "\x79\0\0\0\1\x41", 6);              /* STAP-B: mode 2 */
	join_fails(LQ_CODEC_H264, NULL, 0, "\x60", 1);                          /* type 0 */
}
END_TEST

START_TEST(a_frame_left_open_does_not_spoil_the_next)
{
	lq_unpacker u = {.codec = LQ_CODEC_H264};
	size_t used = 0;
	lq_payload_join(&u, (const uint8_t *)"\x7c\x85\1", 3, joined, sizeof joined, &used);
	used = 0;
	ck_assert_int_eq(lq_payload_join(&u, (const uint8_t *)"\x41\1", 2, joined, sizeof joined, &used), 0);
}
END_TEST

START_TEST(a_full_buffer_is_told)
{
	lq_unpacker u = {.codec = LQ_CODEC_H264};
	for (size_t size = 0; size < 6; size++) {
		size_t used = 0;
		ck_assert_int_eq(lq_payload_join(&u, (const uint8_t *)"\x41\1", 2, joined, size, &used), LQ_ENOSPACE);
	}
	lq_unpacker v = {.codec = LQ_CODEC_VP8};
	size_t used = 0;
	ck_assert_int_eq(lq_payload_join(&v, (const uint8_t *)"\x10\1\2\3", 4, joined, 2, &used), LQ_ENOSPACE);
}
END_TEST

/* RFC 7741 4.6: the examples of descriptors. */
START_TEST(vp8_descriptors_of_the_rfc_are_read)
{
	/* 4.6.1 key frame in one packet; 4.6.2 begin and middle of a frame; 4.6.3 with layers; 4.6.4 15-bit picture id */
	lq_payload_info i = inspect(LQ_CODEC_VP8, "\x90\x80\x11\x00\x00\x00", 6);
	ck_assert(i.start && i.key && i.picture_id == 17);
	i = inspect(LQ_CODEC_VP8, "\x80\x80\x11\x00", 4);
	ck_assert(!i.start && !i.key && i.picture_id == 17);
	i = inspect(LQ_CODEC_VP8, "\x90\xe0\x11\x05\x60\x01", 6);
	ck_assert(i.start && !i.key && i.picture_id == 17 && i.temporal_id == 1);
	i = inspect(LQ_CODEC_VP8, "\x90\x80\x92\x67\x01", 5);
	ck_assert(i.start && i.picture_id == 4711);
	i = inspect(LQ_CODEC_VP8, "\x90\xf0\x92\x67\x05\xe3\x00", 7); /* everything */
	ck_assert(i.key && i.picture_id == 4711 && i.temporal_id == 3);
	i = inspect(LQ_CODEC_VP8, "\x10\x00", 2); /* nothing */
	ck_assert(i.key && i.picture_id == -1);
	i = inspect(LQ_CODEC_VP8, "\x11\x00", 2); /* the second partition */
	ck_assert(!i.start && !i.key);
}
END_TEST

START_TEST(short_vp8_descriptors_are_refused)
{
	static const char all[] = "\x90\xf0\x92\x67\x05\xe3";
	lq_payload_info info;
	for (size_t n = 0; n < sizeof all; n++) {
		uint8_t *exact = malloc(n ? n : 1);
		memcpy(exact, all, n);
		ck_assert_int_eq(lq_payload_inspect(LQ_CODEC_VP8, exact, n, &info), LQ_EPARSE);
		free(exact);
	}
	join_fails(LQ_CODEC_VP8, NULL, 0, "\x80\x00\x01", 3);          /* no beginning */
	join_fails(LQ_CODEC_VP8, "\x10\1", 2, "\x10\1", 2);            /* two beginnings */
}
END_TEST

static void assert_round_trips(uint32_t codec, const uint8_t *first, size_t first_len)
{
	static uint8_t au[100000];
	for (int round = 0; round < 300; round++) {
		size_t n = first_len + rnd(round % 20 ? 5000 : 90000), max = LQ_PAYLOAD_MIN + rnd(LQ_RTP_MAX - LQ_PAYLOAD_MIN + 1);
		lq_payloader p = {.codec = codec, .picture_id = 0x7FFF};
		for (size_t i = 0; i < n; i++)
			au[i] = (uint8_t)rnd(256);
		memcpy(au, first, first_len);
		ck_assert_int_eq(split(&p, au, n, max), 0);
		ck_assert_uint_eq(p.picture_id, 0); /* 15 bits */
		ck_assert_uint_eq(join_all(codec), n);
		ck_assert_mem_eq(joined, au, n);
		for (uint32_t i = 0; i < n_sent; i++) {
			lq_payload_info info = inspect(codec, sent[i].data, sent[i].len);
			ck_assert_int_eq(info.picture_id, 0x7FFF);
			ck_assert_int_eq(info.start, i == 0);
			ck_assert_int_eq(info.key, i == 0);
			ck_assert(sent[0].len <= sent[i].len && sent[i].len - sent[0].len <= 1); /* balanced */
		}
	}
}

START_TEST(vp8_comes_back_as_it_went)
{
	assert_round_trips(LQ_CODEC_VP8, (const uint8_t *)"\x10\x02\x00\x9d\x01\x2a\x40\x01\xf0\x00", 10);
}
END_TEST

START_TEST(vp9_comes_back_as_it_went)
{
	assert_round_trips(LQ_CODEC_VP9, (const uint8_t *)"\x82\x49\x83\x42", 4);
}
END_TEST

START_TEST(what_is_no_vp8_or_vp9_is_refused)
{
	lq_payloader p = {.codec = LQ_CODEC_VP8}, q = {.codec = LQ_CODEC_VP9};
	ck_assert_int_eq(split(&p, "\x10\x02\x00\x9d\x01\x2b\x40\x01\xf0\x00", 10, 100), LQ_EPARSE); /* wrong start code */
	ck_assert_int_eq(split(&p, "\x11\x02", 2, 100), LQ_EPARSE);
	ck_assert_int_eq(split(&p, "\x10\x02\x00\x9d", 4, 100), LQ_EPARSE);
	ck_assert_int_eq(split(&q, "", 0, 100), LQ_EPARSE);
	ck_assert_int_eq(split(&q, "\x42", 1, 100), LQ_EPARSE); /* wrong frame marker */
	ck_assert(p.picture_id == 0 && q.picture_id == 0);
}
END_TEST

START_TEST(vp9_frames_are_marked)
{
	lq_payloader p = {.codec = LQ_CODEC_VP9};
	uint8_t au[500] = {0x86}; /* profile 0, an inter frame */
	ck_assert_int_eq(split(&p, au, sizeof au, 200), 0);
	ck_assert_uint_eq(n_sent, 3);
	ck_assert(sent[0].data[0] == 0xC8 && sent[1].data[0] == 0xC0 && sent[2].data[0] == 0xC4);
	au[0] = 0xB0; /* profile 3 has one bit more before show_existing_frame */
	ck_assert_int_eq(split(&p, au, 10, 200), 0);
	ck_assert_uint_eq(sent[0].data[0], 0x8C);
	au[0] = 0x88; /* show_existing_frame is no key frame */
	ck_assert_int_eq(split(&p, au, 10, 200), 0);
	ck_assert_uint_eq(sent[0].data[0], 0xCC);
}
END_TEST

START_TEST(vp9_descriptors_are_read_with_every_field)
{
	/* I P L F B E V: id, layer, two references, a structure of two layers with sizes and a group of two pictures */
	static const char all[] = "\xFE\x92\x67\x54\x03\x04"
	                          "\x38\x01\x40\x00\xB4\x02\x80\x01\x68\x02\x04\x01\x28\x01\x02"
	                          "\x86";
	lq_payload_info i = inspect(LQ_CODEC_VP9, all, sizeof all - 1);
	ck_assert(i.picture_id == 4711 && i.temporal_id == 2 && i.spatial_id == 2 && !i.start && i.end && !i.key);
	for (size_t n = 0; n + 1 < sizeof all; n++) {
		uint8_t *exact = malloc(n ? n : 1);
		memcpy(exact, all, n);
		ck_assert_int_eq(lq_payload_inspect(LQ_CODEC_VP9, exact, n, &i), LQ_EPARSE);
		free(exact);
	}
	i = inspect(LQ_CODEC_VP9, "\xA8\x11\x20\x07\x82", 5); /* I L B, non-flexible: TL0PICIDX follows the layer */
	ck_assert(i.start && i.key && i.picture_id == 17 && i.temporal_id == 1);
	lq_payload_info none;
	ck_assert_int_eq(lq_payload_inspect(LQ_CODEC_VP9, (const uint8_t *)"\x50\x01\x01\x01\x01\x82", 6, &none), LQ_EPARSE); /* four references */
}
END_TEST

START_TEST(a_vp9_picture_may_have_layers)
{
	lq_unpacker u = {.codec = LQ_CODEC_VP9};
	size_t used = 0;
	ck_assert_int_eq(lq_payload_join(&u, (const uint8_t *)"\x2C\x00\x01\x82", 4, joined, sizeof joined, &used), 0);
	ck_assert_int_eq(lq_payload_join(&u, (const uint8_t *)"\x2C\x02\x01\x86", 4, joined, sizeof joined, &used), 0);
	ck_assert_uint_eq(used, 2);
	join_fails(LQ_CODEC_VP9, NULL, 0, "\x2C\x02\x01\x86", 4);
}
END_TEST

START_TEST(a_key_frame_says_its_size)
{
	static const uint8_t vp8[] = {0x90, 0x80, 0x81, 0x23, 0x10, 0x20, 0x20, 0x9d, 0x01, 0x2a, 0x80, 0x42, 0x68, 0x81};
	static const uint8_t vp9[] = {0x88, 0x01, 0x82, 0x49, 0x83, 0x42, 0x20, 0x27, 0xf0, 0x16, 0x70};
	static const uint8_t baseline[] = {0x67, 0x42, 0xe0, 0x1f, 0x96, 0x54, 0x05, 0x01, 0xed};
	/* x264, High, 1920x1080, cropped from 1088 rows; with emulation prevention in its VUI */
	static const uint8_t high[] = {0x67, 0x64, 0x00, 0x28, 0xac, 0xd9, 0x40, 0x78, 0x02, 0x27, 0xe5, 0xc0, 0x44, 0x00, 0x00, 0x03, 0x00, 0x04};
	uint8_t stap[sizeof high + 8] = {24, 0, 2, 9, 0x10, 0, sizeof high};
	uint32_t w, h;
	ck_assert_int_eq(lq_payload_size(LQ_CODEC_VP8, vp8, sizeof vp8, &w, &h), 0);
	ck_assert(w == 640 && h == 360);
	ck_assert_int_eq(lq_payload_size(LQ_CODEC_VP9, vp9, sizeof vp9, &w, &h), 0);
	ck_assert_msg(w == 640 && h == 360, "%ux%u", w, h);
	ck_assert_int_eq(lq_payload_size(LQ_CODEC_H264, baseline, sizeof baseline, &w, &h), 0);
	ck_assert_msg(w == 640 && h == 480, "%ux%u", w, h);
	memcpy(stap + 7, high, sizeof high);
	ck_assert_int_eq(lq_payload_size(LQ_CODEC_H264, high, sizeof high, &w, &h), 0);
	ck_assert_msg(w == 1920 && h == 1080, "%ux%u", w, h);
	ck_assert_int_eq(lq_payload_size(LQ_CODEC_H264, stap, 7 + sizeof high, &w, &h), 0);
	ck_assert_msg(w == 1920 && h == 1080, "%ux%u", w, h);
	for (size_t n = 0; n < sizeof vp8; n++)
		ck_assert_int_eq(lq_payload_size(LQ_CODEC_VP8, vp8, n, &w, &h), LQ_ENOENT);
	for (size_t n = 0; n < 6; n++)
		ck_assert_int_eq(lq_payload_size(LQ_CODEC_H264, baseline, n, &w, &h), LQ_ENOENT);
	ck_assert_int_eq(lq_payload_size(LQ_CODEC_H264, (const uint8_t[]){0x65, 1, 2, 3}, 4, &w, &h), LQ_ENOENT);
	ck_assert_int_eq(lq_payload_size(LQ_CODEC_OPUS, vp8, sizeof vp8, &w, &h), LQ_ENOENT);
}
END_TEST

START_TEST(ids_of_vp8_are_moved_in_place)
{
	/* 15 bits and TL0PICIDX; 7 bits; neither. */
	uint8_t both[] = {0x90, 0xe0, 0xff, 0xfe, 0xff, 0x40, 0x10}, small[] = {0x90, 0x80, 0x7f, 0x10}, none[] = {0x10, 0x10}, vp9[] = {0x88, 0x82, 0x49, 0x83, 0x42};
	lq_payload_move_ids(LQ_CODEC_VP8, both, sizeof both, 3, 2);
	lq_payload_info info = inspect(LQ_CODEC_VP8, both, sizeof both);
	ck_assert(info.picture_id == 1 && info.tl0_index == 1 && info.temporal_id == 1 && both[2] == 0x80);
	lq_payload_move_ids(LQ_CODEC_VP8, small, sizeof small, 2, 2);
	ck_assert_int_eq(inspect(LQ_CODEC_VP8, small, sizeof small).picture_id, 1);
	ck_assert_int_eq(inspect(LQ_CODEC_VP8, small, sizeof small).tl0_index, -1);
	lq_payload_move_ids(LQ_CODEC_VP8, none, sizeof none, 2, 2);
	ck_assert(none[0] == 0x10 && none[1] == 0x10);
	lq_payload_move_ids(LQ_CODEC_VP9, vp9, sizeof vp9, 2, 2);
	ck_assert_uint_eq(vp9[1], 0x82);
	lq_payload_move_ids(LQ_CODEC_VP8, both, 4, 2, 2); /* too short: as it is */
	ck_assert_uint_eq(both[3], 1);
}
END_TEST

START_TEST(a_sound_packet_is_a_payload)
{
	lq_payloader p = {.codec = LQ_CODEC_OPUS};
	ck_assert_int_eq(split(&p, "\xfc\xff\xfe", 3, 1000), 0);
	ck_assert_uint_eq(n_sent, 1);
	ck_assert_uint_eq(join_all(LQ_CODEC_OPUS), 3);
	ck_assert(inspect(LQ_CODEC_OPUS, "\xfc", 1).key);
	ck_assert_int_eq(split(&p, "", 0, 1000), LQ_EPARSE);
	ck_assert_int_eq(split(&p, joined, 1001, 1000), LQ_ENOSPACE);
	join_fails(LQ_CODEC_OPUS, NULL, 0, "", 0);
	join_fails(LQ_CODEC_OPUS, "a", 1, "b", 1);
}
END_TEST

static int refuse(void *arg, const uint8_t *payload, size_t len, int last)
{
	return LQ_EFULL;
}

START_TEST(errors_of_the_caller_and_its_arguments_come_back)
{
	lq_payloader p = {.codec = LQ_CODEC_VP8}, none = {.codec = LQ_CODEC_H265};
	lq_unpacker u = {.codec = LQ_CODEC_AV1};
	lq_payload_info info;
	size_t used = 0;
	ck_assert_int_eq(lq_payload_split(&p, (const uint8_t *)"\x11\x02\x03", 3, 0, 100, refuse, NULL), LQ_EFULL);
	ck_assert_int_eq(split(&p, "\x11\x02\x03", 3, LQ_PAYLOAD_MIN - 1), LQ_ERANGE);
	ck_assert_int_eq(split(&p, joined, 0, 100), LQ_EPARSE);
	ck_assert_int_eq(split(&none, "\x11\x02\x03", 3, 100), LQ_ENOTSUP);
	ck_assert_int_eq(lq_payload_inspect(LQ_CODEC_AV1, joined, 3, &info), LQ_ENOTSUP);
	ck_assert_int_eq(lq_payload_join(&u, joined, 3, joined, 10, &used), LQ_ENOTSUP);
}
END_TEST

RUN_TESTS("payload", a_stap_a_is_undone, fu_a_fragments_are_undone, parameter_sets_travel_together_and_slices_in_even_fragments,
          h264_comes_back_as_it_went, delimiters_filler_and_zeros_are_left_out, what_is_no_annex_b_is_refused_before_anything_is_sent,
          h264_payloads_out_of_order_or_broken_are_refused, a_frame_left_open_does_not_spoil_the_next,
          a_full_buffer_is_told, vp8_descriptors_of_the_rfc_are_read, short_vp8_descriptors_are_refused,
          vp8_comes_back_as_it_went, vp9_comes_back_as_it_went, what_is_no_vp8_or_vp9_is_refused, vp9_frames_are_marked,
          vp9_descriptors_are_read_with_every_field, a_vp9_picture_may_have_layers, a_key_frame_says_its_size, ids_of_vp8_are_moved_in_place, a_sound_packet_is_a_payload,
          errors_of_the_caller_and_its_arguments_come_back)
