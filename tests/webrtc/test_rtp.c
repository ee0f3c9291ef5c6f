#include "webrtc/rtp.h"

#include <loquat/plugin/errors.h>
#include <string.h>

#include "test.h"

START_TEST(datagrams_are_told_apart_by_their_first_bytes)
{
	static const struct {
		uint8_t b[2];
		int is;
	} cases[] = {{{0, 1}, LQ_PACKET_STUN}, {{3, 0}, LQ_PACKET_STUN}, {{4, 0}, LQ_PACKET_UNKNOWN}, {{20, 254}, LQ_PACKET_DTLS},
	             {{63, 254}, LQ_PACKET_DTLS},
	             {{64, 0}, LQ_PACKET_UNKNOWN}, {{0x80, 96}, LQ_PACKET_RTP}, {{0x80, 191}, LQ_PACKET_RTP}, {{0x80, 192}, LQ_PACKET_RTCP},
	             {{0x81, 200}, LQ_PACKET_RTCP}, {{0xBF, 223}, LQ_PACKET_RTCP}, {{0x90, 224}, LQ_PACKET_RTP}, {{192, 0}, LQ_PACKET_UNKNOWN}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint8_t b[12] = {cases[i].b[0], cases[i].b[1]};
		ck_assert_int_eq(lq_packet_classify(b, sizeof b), cases[i].is);
		ck_assert_int_eq(lq_packet_classify(b, 1), LQ_PACKET_UNKNOWN);
	}
	uint8_t short_rtp[11] = {0x80, 96}, short_rtcp[7] = {0x80, 200};
	ck_assert_int_eq(lq_packet_classify(short_rtp, sizeof short_rtp), LQ_PACKET_UNKNOWN);
	ck_assert_int_eq(lq_packet_classify(short_rtcp, sizeof short_rtcp), LQ_PACKET_UNKNOWN);
}
END_TEST

START_TEST(reads_a_packet_with_everything)
{
	static const uint8_t b[] = "\xB2\xE0\x12\x34\x01\x02\x03\x04\xAA\xBB\xCC\xDD" /* P X CC=2, M PT=96 */
	                           "\x00\x00\x00\x01\x00\x00\x00\x02"
	                           "\xBE\xDE\x00\x02\x10\x77\x00\x22\x01\x02\x03\x00"
	                           "payload\x00\x00\x03";
	lq_rtp r;
	size_t len;
	ck_assert_int_eq(lq_rtp_parse(b, sizeof b - 1, &r), 0);
	ck_assert(r.marker == 1 && r.payload_type == 96 && r.seq == 0x1234 && r.timestamp == 0x01020304 && r.ssrc == 0xAABBCCDD && r.n_csrc == 2);
	ck_assert(r.ext_profile == 0xBEDE && r.ext_len == 8 && r.header_len == 32 && r.padding == 3);
	ck_assert_uint_eq(r.payload_len, 7);
	ck_assert_mem_eq(r.payload, "payload", 7);
	const uint8_t *e = lq_rtp_ext_find(&r, 1, &len);
	ck_assert(e && len == 1 && *e == 0x77);
	e = lq_rtp_ext_find(&r, 2, &len);
	ck_assert(e && len == 3 && !memcmp(e, "\1\2\3", 3));
	ck_assert(!lq_rtp_ext_find(&r, 3, &len) && !lq_rtp_ext_find(&r, 0, &len) && !lq_rtp_ext_find(&r, 15, &len));
}
END_TEST

START_TEST(broken_packets_are_refused)
{
	static const struct {
		const char *b;
		size_t len;
	} bad[] = {
		{"\x80\x60\0\1\0\0\0\1\0\0\0", 11},                      /* short */
		{"\x40\x60\0\1\0\0\0\1\0\0\0\1", 12},                    /* version 1 */
		{"\x81\x60\0\1\0\0\0\1\0\0\0\1\0\0\0", 15},              /* no room for the CSRC */
		{"\x90\x60\0\1\0\0\0\1\0\0\0\1\xBE\xDE\0", 15},          /* no room for the extension's header */
		{"\x90\x60\0\1\0\0\0\1\0\0\0\1\xBE\xDE\0\1\0\0\0", 19},  /* nor for its body */
		{"\xA0\x60\0\1\0\0\0\1\0\0\0\1", 12},                    /* padding of nothing */
		{"\xA0\x60\0\1\0\0\0\1\0\0\0\1\0", 13},                  /* zero padding */
		{"\xA0\x60\0\1\0\0\0\1\0\0\0\1\3\3", 14},                /* more padding than payload */
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		lq_rtp r;
		uint8_t *exact = malloc(bad[i].len);
		memcpy(exact, bad[i].b, bad[i].len);
		ck_assert_msg(lq_rtp_parse(exact, bad[i].len, &r) == LQ_EPARSE, "case %zu", i);
		free(exact);
	}
}
END_TEST

static lq_rtp with_extension(const void *body, size_t len, uint16_t profile)
{
	return (lq_rtp){.ext_profile = profile, .ext = body, .ext_len = len};
}

START_TEST(extension_elements_never_reach_over_the_end)
{
	size_t len;
	lq_rtp r = with_extension("\x13\1\2\3", 4, 0xBEDE); /* says 4 bytes, has 3 */
	ck_assert(!lq_rtp_ext_find(&r, 1, &len));
	r = with_extension("\1\3ab", 4, 0x1000);
	ck_assert(!lq_rtp_ext_find(&r, 1, &len));
	r = with_extension("\0\0\0\1", 4, 0x1000);
	ck_assert(!lq_rtp_ext_find(&r, 1, &len));
	r = with_extension("\xF0x\x10y", 4, 0xBEDE); /* 15 ends the list */
	ck_assert(!lq_rtp_ext_find(&r, 1, &len));
	r = with_extension("\x10x\0\0", 4, 0x1234); /* unknown profile */
	ck_assert(!lq_rtp_ext_find(&r, 1, &len));
}
END_TEST

START_TEST(two_byte_elements_are_found)
{
	size_t len = 99;
	lq_rtp r = with_extension("\0\x05\0\x64\2ab\0", 8, 0x1003);
	ck_assert(lq_rtp_ext_find(&r, 5, &len) && len == 0);
	const uint8_t *e = lq_rtp_ext_find(&r, 100, &len);
	ck_assert(e && len == 2 && !memcmp(e, "ab", 2));
}
END_TEST

static void round_trip(const lq_rtp_ext *exts, size_t n, uint16_t profile)
{
	uint8_t b[600];
	lq_rtp in = {.marker = 1, .payload_type = 111, .seq = 65535, .timestamp = 0xFFFFFFFF, .ssrc = 7}, out;
	size_t header = lq_rtp_write(b, sizeof b, &in, exts, n);
	ck_assert_uint_gt(header, 0);
	ck_assert_int_eq(lq_rtp_parse(b, header, &out), 0);
	ck_assert(out.marker && out.payload_type == 111 && out.seq == 65535 && out.timestamp == 0xFFFFFFFF && out.ssrc == 7);
	ck_assert_uint_eq(out.header_len, header);
	ck_assert_uint_eq(out.ext_profile, profile);
	for (size_t i = 0; i < n; i++) {
		size_t len;
		const uint8_t *e = lq_rtp_ext_find(&out, exts[i].id, &len);
		ck_assert(e && len == exts[i].len && !memcmp(e, exts[i].data, len));
	}
	for (size_t size = 0; size < header; size++)
		ck_assert_uint_eq(lq_rtp_write(b, size, &in, exts, n), 0);
}

START_TEST(written_headers_read_back)
{
	static const uint8_t data[255] = "0123456789abcdefg";
	const lq_rtp_ext one[] = {{1, 1, data}, {14, 16, data + 1}, {3, 3, data}};
	const lq_rtp_ext two[] = {{1, 1, data}, {200, 255, data}, {3, 0, data}};
	round_trip(NULL, 0, 0);
	round_trip(one, 3, 0xBEDE);
	round_trip(two, 3, 0x1000);
	round_trip(two + 2, 1, 0x1000);
}
END_TEST

START_TEST(numbers_are_unwrapped_across_their_end)
{
	lq_unwrap u = {0};
	ck_assert(lq_unwrap_seq(&u, 65534) == 65534);
	ck_assert(lq_unwrap_seq(&u, 1) == 65537);
	ck_assert(lq_unwrap_seq(&u, 65535) == 65535); /* late */
	ck_assert(lq_unwrap_seq(&u, 2) == 65538);
	lq_unwrap t = {0};
	ck_assert(lq_unwrap_ts(&t, 100) == 100);
	ck_assert(lq_unwrap_ts(&t, UINT32_MAX) == -1); /* before the first */
	ck_assert(lq_unwrap_ts(&t, 0x7FFFFFFE) == 0x7FFFFFFE);
	ck_assert(lq_unwrap_ts(&t, 0xF0000000) == INT64_C(0xF0000000));
	ck_assert(lq_unwrap_ts(&t, 5) == INT64_C(0x100000005));
	ck_assert(lq_seq_diff(0, 65535) > 0 && lq_seq_diff(65535, 0) < 0 && lq_ts_diff(1, UINT32_MAX) == 2);
}
END_TEST

RUN_TESTS("rtp", datagrams_are_told_apart_by_their_first_bytes, reads_a_packet_with_everything, broken_packets_are_refused,
          extension_elements_never_reach_over_the_end, two_byte_elements_are_found, written_headers_read_back, numbers_are_unwrapped_across_their_end)
