#include "webrtc/ice_lite.h"

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>
#include <stdio.h>
#include <string.h>

#include "test.h"
#include "webrtc/stun_wire.h"

static lq_ice_lite ice;
static uint8_t reply[256];
static size_t reply_len;
static int changed;
static lq_addr alice, bob;

static void setup(void)
{
	ck_assert_int_eq(lq_ice_lite_init(&ice), 0);
	ck_assert_int_eq(lq_ice_lite_set_remote(&ice, "peer"), 0);
	ck_assert_int_eq(lq_addr_parse("127.0.0.1", 4000, &alice), 0);
	ck_assert_int_eq(lq_addr_parse("127.0.0.1", 4001, &bob), 0);
}

static int check_from(const lq_addr *from, const char *remote, const char *pwd, uint32_t priority, int controlling, int nominate, int64_t now)
{
	static const uint8_t transaction[12] = "transaction!";
	uint8_t b[256];
	char username[300];
	snprintf(username, sizeof username, "%s:%s", ice.ufrag, remote);
	size_t n = lq_stun_build_request(b, sizeof b, transaction, username, pwd, priority, controlling, 1, nominate);
	return lq_ice_lite_input(&ice, b, n, from, now, reply, sizeof reply, &reply_len, &changed);
}

static int good(const lq_addr *from, uint32_t priority, int nominate, int64_t now)
{
	return check_from(from, "peer", ice.pwd, priority, 1, nominate, now);
}

static lq_stun answer(void)
{
	lq_stun m;
	ck_assert_int_eq(lq_stun_parse(reply, reply_len, &m), 0);
	ck_assert_mem_eq(m.transaction, "transaction!", 12);
	return m;
}

START_TEST(a_good_check_is_answered_with_the_mapped_address)
{
	setup();
	ck_assert_int_eq(good(&alice, 5, 0, 100), 0);
	lq_stun m = answer();
	ck_assert_uint_eq(m.type, LQ_STUN_BINDING_SUCCESS);
	ck_assert(lq_addr_equal(&m.mapped, &alice));
	ck_assert_int_eq(lq_stun_check(reply, reply_len, &m, ice.pwd), 0);
	ck_assert(m.has_fingerprint);
	ck_assert(changed && lq_addr_equal(&ice.selected, &alice) && !ice.nominated);
}
END_TEST

START_TEST(nomination_beats_the_first_address)
{
	setup();
	good(&alice, 9, 0, 1);
	ck_assert_int_eq(good(&bob, 5, 0, 2), 0);
	ck_assert(!changed);
	ck_assert_int_eq(good(&bob, 5, 1, 3), 0);
	ck_assert(changed && ice.nominated && lq_addr_equal(&ice.selected, &bob));
	good(&bob, 5, 1, 4);
	ck_assert(!changed);
}
END_TEST

START_TEST(of_aggressive_nominations_the_highest_priority_wins)
{
	setup();
	good(&alice, 5, 1, 1);
	good(&bob, 9, 1, 2);
	ck_assert(changed && lq_addr_equal(&ice.selected, &bob));
	good(&alice, 5, 1, 3);
	ck_assert(!changed && lq_addr_equal(&ice.selected, &bob));
}
END_TEST

START_TEST(a_peer_that_moves_is_followed)
{
	setup();
	good(&bob, 9, 1, 1);
	good(&alice, 5, 1, 2);
	ck_assert(!changed);
	good(&alice, 5, 1, 3); /* again, and bob's no more */
	ck_assert(changed && lq_addr_equal(&ice.selected, &alice));
	good(&bob, 9, 0, 4); /* kept warm, not nominated */
	ck_assert(!changed);
}
END_TEST

START_TEST(wrong_credentials_are_refused_with_401)
{
	setup();
	ck_assert_int_eq(check_from(&alice, "peer", "wrong", 1, 1, 1, 1), LQ_ECRYPTO);
	ck_assert_uint_eq(answer().error_code, 401);
	ck_assert(!answer().has_integrity);
	ck_assert_int_eq(check_from(&alice, "mallory", ice.pwd, 1, 1, 1, 1), LQ_ECRYPTO);
	ck_assert_uint_eq(answer().error_code, 401);
	ck_assert_uint_eq(ice.selected.len, 0);
	ck_assert(!changed && ice.refused == 2 && !ice.checks);
}
END_TEST

START_TEST(a_check_without_integrity_is_refused_with_400)
{
	setup();
	ck_assert_int_eq(check_from(&alice, "peer", NULL, 1, 1, 1, 1), LQ_EPROTO);
	ck_assert_uint_eq(answer().error_code, 400);
}
END_TEST

START_TEST(a_controlled_peer_gets_487)
{
	setup();
	ck_assert_int_eq(check_from(&alice, "peer", ice.pwd, 1, 0, 0, 1), LQ_EPROTO);
	lq_stun m = answer();
	ck_assert_uint_eq(m.error_code, 487);
	ck_assert_int_eq(lq_stun_check(reply, reply_len, &m, ice.pwd), 0);
	ck_assert_uint_eq(ice.selected.len, 0);
}
END_TEST

START_TEST(unknown_required_attributes_get_420_and_their_list)
{
	uint8_t b[256] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 't', 'r', 'a', 'n', 's', 'a', 'c', 't', 'i', 'o', 'n', '!'};
	setup();
	memcpy(b + 20, "\x7f\x11\0\0\0\6\0\x15", 8);
	snprintf((char *)b + 28, 30, "%s:peer", ice.ufrag);
	memcpy(b + 52, "\0\x08\0\x14", 4); /* 21 characters and 3 of padding before */
	ck_assert_int_eq(lq__stun_integrity(b, 52, ice.pwd, b + 56), 0);
	b[3] = 56;
	ck_assert_int_eq(lq_ice_lite_input(&ice, b, 76, &alice, 1, reply, sizeof reply, &reply_len, &changed), LQ_EPROTO);
	lq_stun m = answer();
	ck_assert_uint_eq(m.error_code, 420);
	ck_assert_int_eq(lq_stun_check(reply, reply_len, &m, ice.pwd), 0);
	ck_assert(memmem(reply, reply_len, "\0\x0a\0\2\x7f\x11", 6) != NULL);
}
END_TEST

START_TEST(before_the_peer_is_described_any_ufrag_of_it_is_taken)
{
	setup();
	ice.remote_ufrag[0] = 0;
	ck_assert_int_eq(check_from(&alice, "whoever", ice.pwd, 1, 1, 1, 1), 0);
	lq_ice_lite_set_remote(&ice, "peer");
	ck_assert_int_eq(check_from(&alice, "whoever", ice.pwd, 1, 1, 1, 1), LQ_ECRYPTO);
}
END_TEST

START_TEST(consent_ends_30_seconds_after_the_last_check)
{
	setup();
	ck_assert(!lq_ice_lite_alive(&ice, 0));
	ck_assert(lq_ice_lite_expires(&ice) == LQ_TIME_NONE);
	good(&alice, 1, 1, 10 * LQ_SEC);
	ck_assert(lq_ice_lite_expires(&ice) == 40 * LQ_SEC);
	check_from(&alice, "peer", "wrong", 1, 1, 1, 20 * LQ_SEC); /* consents to nothing */
	ck_assert(lq_ice_lite_alive(&ice, 40 * LQ_SEC - 1));
	ck_assert(!lq_ice_lite_alive(&ice, 40 * LQ_SEC));
}
END_TEST

START_TEST(what_is_no_request_gets_no_answer)
{
	uint8_t b[64] = {0};
	lq_stun q = {.transaction = "abc"};
	setup();
	ck_assert_int_eq(lq_ice_lite_input(&ice, b, sizeof b, &alice, 1, reply, sizeof reply, &reply_len, &changed), LQ_EPARSE);
	ck_assert_uint_eq(reply_len, 0);
	size_t n = lq_stun_build_success(b, sizeof b, &q, &alice, ice.pwd);
	ck_assert_int_eq(lq_ice_lite_input(&ice, b, n, &alice, 1, reply, sizeof reply, &reply_len, &changed), LQ_EPARSE);
	ck_assert_uint_eq(reply_len, 0);
}
END_TEST

START_TEST(credentials_are_long_enough_and_differ)
{
	lq_ice_lite other;
	setup();
	ck_assert_int_eq(lq_ice_lite_init(&other), 0);
	ck_assert_uint_eq(strlen(ice.ufrag), 16);
	ck_assert_uint_eq(strlen(ice.pwd), 32);
	ck_assert_uint_eq(strspn(ice.pwd, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"), 32);
	ck_assert_str_ne(ice.ufrag, other.ufrag);
	ck_assert_str_ne(ice.pwd, other.pwd);
}
END_TEST

RUN_TESTS("ice_lite", a_good_check_is_answered_with_the_mapped_address, nomination_beats_the_first_address,
          of_aggressive_nominations_the_highest_priority_wins, a_peer_that_moves_is_followed, wrong_credentials_are_refused_with_401,
          a_check_without_integrity_is_refused_with_400, a_controlled_peer_gets_487, unknown_required_attributes_get_420_and_their_list,
          before_the_peer_is_described_any_ufrag_of_it_is_taken,
          consent_ends_30_seconds_after_the_last_check, what_is_no_request_gets_no_answer, credentials_are_long_enough_and_differ)
