/* srtp.c against code of its own: key derivation, AES-CM and AES-GCM packet transforms written here from RFC 3711 and RFC 7714 on bare
 * block cipher, HMAC and AEAD calls. That code is first proved on the vectors printed in the RFCs. */
#include <check.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/plugin/errors.h>

#include "webrtc/srtp.h"

static size_t unhex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	for (unsigned v; sscanf(hex + 2 * n, "%2x", &v) == 1; n++)
		out[n] = (uint8_t)v;
	return n;
}

static void assert_hex(const uint8_t *data, size_t len, const char *hex)
{
	uint8_t want[512];
	ck_assert_uint_eq(unhex(hex, want), len);
	ck_assert_mem_eq(data, want, len);
}

/* ---- the reference ---- */

static void aes_ctr(const uint8_t *key, const uint8_t iv[16], uint8_t *data, size_t len)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n;
	EVP_EncryptInit_ex(c, EVP_aes_128_ctr(), NULL, key, iv);
	EVP_EncryptUpdate(c, data, &n, data, (int)len);
	EVP_CIPHER_CTX_free(c);
}

/* RFC 3711 §4.3, RFC 7714 §11: the salt is padded to 112 bits, the label sits at its byte 7. */
static void derive(const uint8_t *master, size_t salt_len, uint8_t label, uint8_t *out, size_t len)
{
	uint8_t iv[16] = {0};
	memcpy(iv, master + 16, salt_len);
	iv[7] ^= label;
	memset(out, 0, len);
	aes_ctr(master, iv, out, len);
}

/* RFC 3711 §4.1.1 */
static void cm_iv(const uint8_t salt[14], uint32_t ssrc, uint64_t index, uint8_t iv[16])
{
	memcpy(iv, salt, 14);
	iv[14] = iv[15] = 0;
	for (int i = 0; i < 4; i++)
		iv[4 + i] ^= (uint8_t)(ssrc >> (24 - 8 * i));
	for (int i = 0; i < 6; i++)
		iv[8 + i] ^= (uint8_t)(index >> (40 - 8 * i));
}

/* RFC 7714 §8.1 and §9.1: the same layout for a 48-bit index (ROC and SEQ) and a 31-bit SRTCP index. */
static void gcm_iv(const uint8_t salt[12], uint32_t ssrc, uint64_t index, uint8_t iv[12])
{
	memcpy(iv, salt, 12);
	for (int i = 0; i < 4; i++)
		iv[2 + i] ^= (uint8_t)(ssrc >> (24 - 8 * i));
	for (int i = 0; i < 6; i++)
		iv[6 + i] ^= (uint8_t)(index >> (40 - 8 * i));
}

static void gcm(const uint8_t *key, const uint8_t iv[12], const uint8_t *aad, size_t aad_len, const uint8_t *aad2, size_t aad2_len, uint8_t *data,
                size_t len)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n;
	EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, key, iv);
	EVP_EncryptUpdate(c, NULL, &n, aad, (int)aad_len);
	if (aad2_len)
		EVP_EncryptUpdate(c, NULL, &n, aad2, (int)aad2_len);
	EVP_EncryptUpdate(c, data, &n, data, (int)len);
	EVP_EncryptFinal_ex(c, data + len, &n);
	EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, data + len);
	EVP_CIPHER_CTX_free(c);
}

static size_t sha1_80(const uint8_t *key, uint8_t *packet, size_t len, size_t tag_at)
{
	uint8_t mac[20];
	unsigned n;
	HMAC(EVP_sha1(), key, 20, packet, len, mac, &n);
	memcpy(packet + tag_at, mac, 10);
	return tag_at + 10;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static size_t reference_rtp(uint16_t profile, const uint8_t *master, uint32_t roc, uint8_t *p, size_t len)
{
	uint8_t key[16], salt[14], auth[20], iv[16];
	uint64_t index = (uint64_t)roc << 16 | (uint64_t)p[2] << 8 | p[3];
	size_t salt_len = profile == LQ_SRTP_AEAD_AES_128_GCM ? 12 : 14;
	derive(master, salt_len, 0, key, 16);
	derive(master, salt_len, 1, auth, 20);
	derive(master, salt_len, 2, salt, salt_len);
	if (profile == LQ_SRTP_AEAD_AES_128_GCM) {
		gcm_iv(salt, be32(p + 8), index, iv);
		gcm(key, iv, p, 12, NULL, 0, p + 12, len - 12);
		return len + 16;
	}
	cm_iv(salt, be32(p + 8), index, iv);
	aes_ctr(key, iv, p + 12, len - 12);
	put32(p + len, roc);
	return sha1_80(auth, p, len + 4, len);
}

static size_t reference_rtcp(uint16_t profile, const uint8_t *master, uint32_t index, uint8_t *p, size_t len)
{
	uint8_t key[16], salt[14], auth[20], iv[16], e[4];
	size_t salt_len = profile == LQ_SRTP_AEAD_AES_128_GCM ? 12 : 14;
	derive(master, salt_len, 3, key, 16);
	derive(master, salt_len, 4, auth, 20);
	derive(master, salt_len, 5, salt, salt_len);
	put32(e, index | 1u << 31);
	if (profile == LQ_SRTP_AEAD_AES_128_GCM) {
		gcm_iv(salt, be32(p + 4), index, iv);
		gcm(key, iv, p, 8, e, 4, p + 8, len - 8);
		memcpy(p + len + 16, e, 4);
		return len + 20;
	}
	cm_iv(salt, be32(p + 4), index, iv);
	aes_ctr(key, iv, p + 8, len - 8);
	memcpy(p + len, e, 4);
	return sha1_80(auth, p, len + 4, len + 4);
}

/* ---- the reference is right ---- */

#define MASTER "E1F97A0D3E018BE0D64FA32C06DE41390EC675AD498AFEEBB6960B3AABE6"

START_TEST(rfc3711_key_derivation_B3)
{
	uint8_t master[30], out[94];
	unhex(MASTER, master);
	derive(master, 14, 0, out, 16);
	assert_hex(out, 16, "C61E7A93744F39EE10734AFE3FF7A087");
	derive(master, 14, 2, out, 14);
	assert_hex(out, 14, "30CBBC08863D8C85D49DB34A9AE1");
	derive(master, 14, 1, out, 94);
	assert_hex(out, 94,
	           "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCEE049646C43D9327AD175578EF72270986371C10C9A369AC2F94A8C5FBCDDDC25"
	           "6D6E919A48B610EF17C2041E474035766B68642C59BBFC2F34DB60DBDFB2");
}
END_TEST

START_TEST(rfc3711_keystream_B2)
{
	uint8_t key[16], salt[14], iv[16], out[48] = {0};
	unhex("2B7E151628AED2A6ABF7158809CF4F3C", key);
	unhex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD", salt);
	cm_iv(salt, 0, 0, iv);
	aes_ctr(key, iv, out, sizeof out);
	assert_hex(out, 48, "E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB41E95B3BB0A2E8DD477901E4FCA894C0");
}
END_TEST

START_TEST(rfc7714_srtp_packet_16_1_1)
{
	uint8_t key[16], salt[12], iv[12], p[128];
	unhex("000102030405060708090a0b0c0d0e0f", key);
	unhex("517569642070726f2071756f", salt);
	size_t len = unhex("8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573", p);
	gcm_iv(salt, be32(p + 8), 0xf17b, iv);
	assert_hex(iv, 12, "51753c6580c2726f20718414");
	gcm(key, iv, p, 12, NULL, 0, p + 12, len - 12);
	assert_hex(p, len + 16,
	           "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce");
}
END_TEST

START_TEST(rfc7714_srtcp_packet_17_1)
{
	uint8_t key[16], salt[12], iv[12], p[128], e[4];
	unhex("000102030405060708090a0b0c0d0e0f", key);
	unhex("517569642070726f2071756f", salt);
	size_t len = unhex("81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef", p);
	gcm_iv(salt, be32(p + 4), 0x5d4, iv);
	assert_hex(iv, 12, "517524055203726f207170bb");
	put32(e, 0x800005d4);
	gcm(key, iv, p, 8, e, 4, p + 8, len - 8);
	assert_hex(p, len + 16,
	           "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275bc84aa45896cf4d2fc5abf87245d9"
	           "eade");
}
END_TEST

/* ---- srtp.c agrees with it ---- */

static const uint16_t profiles[2] = {LQ_SRTP_AEAD_AES_128_GCM, LQ_SRTP_AES_CM_128_HMAC_SHA1_80};

static lq_srtp_keys make_keys(uint16_t profile)
{
	lq_srtp_keys k = {.profile = profile, .key_len = 16, .salt_len = profile == LQ_SRTP_AEAD_AES_128_GCM ? 12 : 14};
	unhex(MASTER, k.send);
	unhex(MASTER, k.receive);
	return k;
}

static lq_srtp *make(uint16_t profile)
{
	lq_srtp_keys k = make_keys(profile);
	lq_srtp *s;
	ck_assert_int_eq(lq_srtp_create(&k, 0, &s), 0);
	return s;
}

static size_t rtp(uint8_t *p, uint16_t seq, size_t payload)
{
	unhex("800f1234decafbadcafebabe", p);
	p[2] = (uint8_t)(seq >> 8);
	p[3] = (uint8_t)seq;
	for (size_t i = 0; i < payload; i++)
		p[12 + i] = (uint8_t)(i * 7 + seq);
	return 12 + payload;
}

START_TEST(packet_of_libsrtp_self_test)
{
	lq_srtp *s = make(LQ_SRTP_AES_CM_128_HMAC_SHA1_80);
	_Alignas(4) uint8_t p[128];
	size_t len = unhex("800f1234decafbadcafebabeabababababababababababababababab", p);
	ck_assert_int_eq(lq_srtp_protect(s, p, &len), 0);
	assert_hex(p, len, "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb");
	lq_srtp_destroy(s);
}
END_TEST

START_TEST(rtp_equals_reference_across_rollover)
{
	lq_srtp *s = make(profiles[_i]);
	lq_srtp_keys k = make_keys(profiles[_i]);
	for (uint32_t n = 0; n < 40; n++) {
		_Alignas(4) uint8_t a[1300], b[1300];
		uint32_t seq = 0xffff - 20 + n;
		size_t len = rtp(a, (uint16_t)seq, n * 29), got = len;
		memcpy(b, a, len);
		ck_assert_int_eq(lq_srtp_protect(s, a, &got), 0);
		ck_assert_uint_eq(got, reference_rtp(profiles[_i], k.send, seq >> 16, b, len));
		ck_assert_uint_le(got, len + LQ_SRTP_OVERHEAD);
		ck_assert_mem_eq(a, b, got);
	}
	lq_srtp_destroy(s);
}
END_TEST

START_TEST(rtcp_equals_reference)
{
	lq_srtp *s = make(profiles[_i]);
	lq_srtp_keys k = make_keys(profiles[_i]);
	for (uint32_t n = 1; n < 20; n++) {
		_Alignas(4) uint8_t a[256], b[256];
		size_t len = unhex("81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef", a), got = len;
		memcpy(b, a, len);
		ck_assert_int_eq(lq_srtp_protect_rtcp(s, a, &got), 0);
		ck_assert_uint_eq(got, reference_rtcp(profiles[_i], k.send, n, b, len));
		ck_assert_uint_le(got, len + LQ_SRTP_OVERHEAD);
		ck_assert_mem_eq(a, b, got);
	}
	lq_srtp_destroy(s);
}
END_TEST

START_TEST(packets_come_back_and_replays_do_not)
{
	lq_srtp *a = make(profiles[_i]), *b = make(profiles[_i]);
	_Alignas(4) uint8_t p[300], q[300], plain[300];
	for (uint16_t seq = 65530; seq != 200; seq++) {
		size_t len = rtp(p, seq, 100), was = len;
		memcpy(plain, p, len);
		ck_assert_int_eq(lq_srtp_protect(a, p, &len), 0);
		memcpy(q, p, len);
		size_t again = len, bad = len;
		ck_assert_int_eq(lq_srtp_unprotect(b, p, &len), 0);
		ck_assert_uint_eq(len, was);
		ck_assert_mem_eq(p, plain, len);
		memcpy(p, q, again);
		ck_assert_int_eq(lq_srtp_unprotect(b, p, &again), LQ_ECRYPTO);
		q[bad - 1] ^= 1;
		ck_assert_int_eq(lq_srtp_unprotect(b, q, &bad), LQ_ECRYPTO);
	}
	size_t len = unhex("80c900014d617273", p);
	ck_assert_int_eq(lq_srtp_protect_rtcp(a, p, &len), 0);
	memcpy(q, p, len);
	size_t again = len;
	ck_assert_int_eq(lq_srtp_unprotect_rtcp(b, p, &len), 0);
	assert_hex(p, len, "80c900014d617273");
	ck_assert_int_eq(lq_srtp_unprotect_rtcp(b, q, &again), LQ_ECRYPTO);
	lq_srtp_destroy(a);
	lq_srtp_destroy(b);
}
END_TEST

START_TEST(sending_twice_must_be_asked_for)
{
	for (int resend = 0; resend < 2; resend++) {
		lq_srtp_keys k = make_keys(profiles[_i]);
		lq_srtp *s;
		_Alignas(4) uint8_t first[300], second[300];
		size_t len = rtp(first, 500, 100), again = rtp(second, 500, 100);
		ck_assert_int_eq(lq_srtp_create(&k, resend, &s), 0);
		ck_assert_int_eq(lq_srtp_protect(s, first, &len), 0);
		ck_assert_int_eq(lq_srtp_protect(s, second, &again), resend ? 0 : LQ_ECRYPTO);
		if (resend)
			ck_assert_mem_eq(first, second, len);
		lq_srtp_destroy(s);
	}
}
END_TEST

START_TEST(garbage_is_refused)
{
	lq_srtp *s = make(profiles[_i]);
	unsigned seed = 3;
	for (size_t n = 0; n < 20000; n++) {
		_Alignas(4) uint8_t p[200];
		size_t len = n % sizeof p, rtcp = len;
		for (size_t i = 0; i < len; i++)
			p[i] = (uint8_t)rand_r(&seed);
		if (len)
			p[0] = (uint8_t)(0x80 | (p[0] & 0x3f));
		ck_assert_int_lt(lq_srtp_unprotect(s, p, &len), 0);
		ck_assert_int_lt(lq_srtp_unprotect_rtcp(s, p, &rtcp), 0);
	}
	lq_srtp_keys k = make_keys(profiles[_i]);
	lq_srtp *none;
	k.profile = 99;
	ck_assert_int_eq(lq_srtp_create(&k, 0, &none), LQ_ENOTSUP);
	lq_srtp_destroy(s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("srtp");
	TCase *t = tcase_create("srtp");
	tcase_add_test(t, rfc3711_key_derivation_B3);
	tcase_add_test(t, rfc3711_keystream_B2);
	tcase_add_test(t, rfc7714_srtp_packet_16_1_1);
	tcase_add_test(t, rfc7714_srtcp_packet_17_1);
	tcase_add_test(t, packet_of_libsrtp_self_test);
	tcase_add_loop_test(t, rtp_equals_reference_across_rollover, 0, 2);
	tcase_add_loop_test(t, rtcp_equals_reference, 0, 2);
	tcase_add_loop_test(t, packets_come_back_and_replays_do_not, 0, 2);
	tcase_add_loop_test(t, sending_twice_must_be_asked_for, 0, 2);
	tcase_add_loop_test(t, garbage_is_refused, 0, 2);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
