#include "webrtc/stun.h"

#include <arpa/inet.h>
#include <loquat/plugin/errors.h>
#include <string.h>

#include "test.h"

/* RFC 5769 */
static const char password[] = "VOkJxbRl1RmTxUk/WvJxBt";
static const uint8_t request[] =
	"\x00\x01\x00\x58\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"
	"\x80\x22\x00\x10STUN test client"
	"\x00\x24\x00\x04\x6e\x00\x01\xff"
	"\x80\x29\x00\x08\x93\x2f\xf9\xb1\x51\x26\x3b\x36"
	"\x00\x06\x00\x09\x65\x76\x74\x6a\x3a\x68\x36\x76\x59\x20\x20\x20"
	"\x00\x08\x00\x14\x9a\xea\xa7\x0c\xbf\xd8\xcb\x56\x78\x1e\xf2\xb5\xb2\xd3\xf2\x49\xc1\xb5\x71\xa2"
	"\x80\x28\x00\x04\xe5\x7a\x3b\xcf";
static const uint8_t response4[] =
	"\x01\x01\x00\x3c\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"
	"\x80\x22\x00\x0b\x74\x65\x73\x74\x20\x76\x65\x63\x74\x6f\x72\x20"
	"\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43"
	"\x00\x08\x00\x14\x2b\x91\xf5\x99\xfd\x9e\x90\xc3\x8c\x74\x89\xf9\x2a\xf9\xba\x53\xf0\x6b\xe7\xd7"
	"\x80\x28\x00\x04\xc0\x7d\x4c\x96";
static const uint8_t response6[] =
	"\x01\x01\x00\x48\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"
	"\x80\x22\x00\x0b\x74\x65\x73\x74\x20\x76\x65\x63\x74\x6f\x72\x20"
	"\x00\x20\x00\x14\x00\x02\xa1\x47\x01\x13\xa9\xfa\xa5\xd3\xf1\x79\xbc\x25\xf4\xb5\xbe\xd2\xb9\xd9"
	"\x00\x08\x00\x14\xa3\x82\x95\x4e\x4b\xe6\x7b\xf1\x17\x84\xc9\x7c\x82\x92\xc2\x75\xbf\xe3\xed\x41"
	"\x80\x28\x00\x04\xc8\xfb\x0b\x4c";
static const uint8_t transaction[12] = "\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae";

#define LEN(x) (sizeof(x) - 1)

START_TEST(reads_the_rfc_5769_request)
{
	lq_stun m;
	ck_assert_int_eq(lq_stun_parse(request, LEN(request), &m), 0);
	ck_assert_uint_eq(m.type, LQ_STUN_BINDING_REQUEST);
	ck_assert_mem_eq(m.transaction, transaction, 12);
	ck_assert_uint_eq(m.username_len, 9);
	ck_assert_mem_eq(m.username, "evtj:h6vY", 9);
	ck_assert_uint_eq(m.priority, 0x6e0001ff);
	ck_assert(m.controlled && !m.controlling && !m.use_candidate);
	ck_assert(m.tie_breaker == 0x932ff9b151263b36);
	ck_assert(m.has_integrity && m.has_fingerprint && !m.n_unknown);
	ck_assert_int_eq(lq_stun_check(request, LEN(request), &m, password), 0);
	ck_assert_int_eq(lq_stun_check(request, LEN(request), &m, "wrong"), LQ_ECRYPTO);
}
END_TEST

START_TEST(reads_the_rfc_5769_responses)
{
	lq_stun m;
	char text[80];
	ck_assert_int_eq(lq_stun_parse(response4, LEN(response4), &m), 0);
	ck_assert_int_eq(lq_stun_check(response4, LEN(response4), &m, password), 0);
	lq_addr_format(&m.mapped, text, sizeof text);
	ck_assert_str_eq(text, "192.0.2.1:32853");
	ck_assert_int_eq(lq_stun_parse(response6, LEN(response6), &m), 0);
	ck_assert_int_eq(lq_stun_check(response6, LEN(response6), &m, password), 0);
	lq_addr_format(&m.mapped, text, sizeof text);
	ck_assert_str_eq(text, "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
}
END_TEST

START_TEST(every_flipped_bit_is_noticed)
{
	uint8_t copy[LEN(request)];
	for (size_t i = 0; i < 8 * LEN(request); i++) {
		lq_stun m;
		memcpy(copy, request, sizeof copy);
		copy[i / 8] ^= (uint8_t)(1 << i % 8);
		int e = lq_stun_parse(copy, sizeof copy, &m);
		ck_assert_msg(e || lq_stun_check(copy, sizeof copy, &m, password) || !m.has_fingerprint, "bit %zu", i);
	}
}
END_TEST

START_TEST(truncated_messages_are_refused)
{
	lq_stun m;
	for (size_t n = 0; n < LEN(request); n++)
		ck_assert_int_eq(lq_stun_parse(request, n, &m), LQ_EPARSE);
}
END_TEST

START_TEST(wrong_attribute_sizes_are_refused)
{
	static const struct {
		uint16_t type, len;
	} bad[] = {{0x0008, 19}, {0x0024, 3}, {0x0020, 7}, {0x0020, 12}, {0x0001, 4}, {0x802A, 4}, {0x8029, 9}, {0x0009, 3}, {0x8028, 8}, {0x0006, 514}};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		uint8_t b[700] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42};
		size_t padded = (bad[i].len + 3u) & ~3u;
		lq_stun m;
		b[2] = (uint8_t)((padded + 4) >> 8);
		b[3] = (uint8_t)(padded + 4);
		b[20] = (uint8_t)(bad[i].type >> 8);
		b[21] = (uint8_t)bad[i].type;
		b[22] = (uint8_t)(bad[i].len >> 8);
		b[23] = (uint8_t)bad[i].len;
		b[25] = 1;
		ck_assert_msg(lq_stun_parse(b, 24 + padded, &m) == LQ_EPARSE, "attribute %04x of %u bytes", bad[i].type, bad[i].len);
	}
}
END_TEST

START_TEST(unknown_required_attributes_are_listed_and_bounded)
{
	uint8_t b[20 + 12 * 4] = {0, 1, 0, 48, 0x21, 0x12, 0xa4, 0x42};
	lq_stun m;
	for (int i = 0; i < 12; i++) {
		b[20 + 4 * i] = i % 2 ? 0xC0 : 0x7F; /* every second one is optional */
		b[21 + 4 * i] = (uint8_t)i;
	}
	ck_assert_int_eq(lq_stun_parse(b, sizeof b, &m), 0);
	ck_assert_uint_eq(m.n_unknown, 6);
	ck_assert_uint_eq(m.unknown[1], 0x7F02);
	for (int i = 0; i < 12; i++)
		b[20 + 4 * i] = 0x7F;
	ck_assert_int_eq(lq_stun_parse(b, sizeof b, &m), 0);
	ck_assert_uint_eq(m.n_unknown, 8);
}
END_TEST

START_TEST(a_built_request_reads_back)
{
	uint8_t b[256];
	lq_stun m;
	size_t n = lq_stun_build_request(b, sizeof b, transaction, "them:us", "secret", 77, 1, 0x0102030405060708, 1);
	ck_assert_uint_gt(n, 20);
	ck_assert_int_eq(lq_stun_parse(b, n, &m), 0);
	ck_assert_int_eq(lq_stun_check(b, n, &m, "secret"), 0);
	ck_assert(m.controlling && m.use_candidate && m.has_fingerprint);
	ck_assert_uint_eq(m.priority, 77);
	ck_assert(m.tie_breaker == 0x0102030405060708);
	ck_assert_mem_eq(m.username, "them:us", 7);
	for (size_t size = 0; size < n; size++)
		ck_assert_uint_eq(lq_stun_build_request(b, size, transaction, "them:us", "secret", 77, 1, 1, 1), 0);
}
END_TEST

START_TEST(built_responses_read_back)
{
	uint8_t b[256];
	lq_stun q, m;
	lq_addr a;
	lq_stun_parse(request, LEN(request), &q);
	static const char *const hosts[] = {"127.0.0.1", "::1", "2001:db8::7"};
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(lq_addr_parse(hosts[i], 5000, &a), 0);
		size_t n = lq_stun_build_success(b, sizeof b, &q, &a, password);
		ck_assert_int_eq(lq_stun_parse(b, n, &m), 0);
		ck_assert_int_eq(lq_stun_check(b, n, &m, password), 0);
		ck_assert_uint_eq(m.type, LQ_STUN_BINDING_SUCCESS);
		ck_assert(lq_addr_equal(&a, &m.mapped));
	}
	lq_addr_parse("::ffff:127.0.0.1", 5000, &a); /* as a socket for both families shows it */
	ck_assert_int_eq(lq_stun_parse(b, lq_stun_build_success(b, sizeof b, &q, &a, password), &m), 0);
	lq_addr_parse("127.0.0.1", 5000, &a);
	ck_assert(lq_addr_equal(&a, &m.mapped));
	size_t n = lq_stun_build_error(b, sizeof b, &q, 487, "Role Conflict", password);
	ck_assert_int_eq(lq_stun_parse(b, n, &m), 0);
	ck_assert_uint_eq(m.type, LQ_STUN_BINDING_ERROR);
	ck_assert_uint_eq(m.error_code, 487);
}
END_TEST

START_TEST(addresses_compare_hash_and_print)
{
	lq_addr a, b;
	char text[80];
	ck_assert_int_eq(lq_addr_parse("10.1.2.3", 80, &a), 0);
	ck_assert_int_eq(lq_addr_parse("10.1.2.3", 81, &b), 0);
	ck_assert(lq_addr_equal(&a, &a) && !lq_addr_equal(&a, &b));
	ck_assert_uint_eq(lq_addr_hash(&a), lq_addr_hash(&a));
	ck_assert_uint_ne(lq_addr_hash(&a), lq_addr_hash(&b));
	ck_assert_int_eq(lq_addr_parse("fe80::1", 80, &b), 0);
	ck_assert(!lq_addr_equal(&a, &b));
	lq_addr_format(&b, text, sizeof text);
	ck_assert_str_eq(text, "[fe80::1]:80");
	ck_assert_int_eq(lq_addr_parse("localhost", 80, &b), LQ_EPARSE);
	memset(&a, 0, sizeof a);
	ck_assert(!lq_addr_equal(&a, &a)); /* nowhere is no place */
	lq_addr_format(&a, text, sizeof text);
	ck_assert_str_eq(text, "none");
}
END_TEST

START_TEST(the_local_ufrag_names_the_receiver)
{
	const char *ufrag;
	size_t n;
	ck_assert_int_eq(lq_stun_local_ufrag(request, LEN(request), &ufrag, &n), 0);
	ck_assert_uint_eq(n, 4);
	ck_assert_mem_eq(ufrag, "evtj", 4);
	ck_assert_int_eq(lq_stun_local_ufrag(response4, LEN(response4), &ufrag, &n), LQ_EPARSE);
}
END_TEST

RUN_TESTS("stun", reads_the_rfc_5769_request, reads_the_rfc_5769_responses, every_flipped_bit_is_noticed, truncated_messages_are_refused,
          wrong_attribute_sizes_are_refused, unknown_required_attributes_are_listed_and_bounded, a_built_request_reads_back,
          built_responses_read_back, addresses_compare_hash_and_print, the_local_ufrag_names_the_receiver)
