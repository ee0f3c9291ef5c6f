#include "webrtc/stun.h"

#include <loquat/plugin/errors.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "webrtc/bytes.h"
#include "webrtc/stun_wire.h"

int lq_stun_is(const uint8_t *data, size_t len)
{
	if (len < STUN_HEADER || data[0] > 3 || lq__get32(data + 4) != STUN_COOKIE)
		return 0;
	size_t body = lq__get16(data + 2);
	return body % 4 == 0 && body + STUN_HEADER == len;
}

/* Bitwise: some 100 bytes a second and peer need no table. */
uint32_t lq__stun_crc32(const uint8_t *data, size_t len)
{
	uint32_t crc = 0xFFFFFFFFu;
	for (size_t i = 0; i < len; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1u)));
	}
	return ~crc;
}

int lq__stun_integrity(const uint8_t *data, size_t offset, const char *password, uint8_t mac[20])
{
	uint8_t copy[STUN_MAX];
	unsigned int n = 0;
	if (offset < STUN_HEADER || offset > sizeof copy)
		return LQ_ECRYPTO;
	memcpy(copy, data, offset);
	lq__put16(copy + 2, (uint16_t)(offset + 24 - STUN_HEADER));
	return HMAC(EVP_sha1(), password, (int)strlen(password), copy, offset, mac, &n) && n == 20 ? 0 : LQ_ECRYPTO;
}

static int read_address(const uint8_t *v, size_t len, const uint8_t *header, int xored, lq_addr *out)
{
	uint8_t key[16] = {0};
	lq_addr a;
	memset(&a, 0, sizeof a);
	if (len < 8)
		return LQ_EPARSE;
	if (xored)
		memcpy(key, header + 4, 16); /* the cookie and the transaction */
	uint8_t port[2] = {v[2] ^ key[0], v[3] ^ key[1]};
	if (v[1] == 1 && len == 8) {
		uint8_t *ip = (uint8_t *)&a.in4.sin_addr;
		for (int i = 0; i < 4; i++)
			ip[i] = v[4 + i] ^ key[i];
		a.in4.sin_family = AF_INET;
		memcpy(&a.in4.sin_port, port, 2);
		a.len = sizeof a.in4;
	} else if (v[1] == 2 && len == 20) {
		for (int i = 0; i < 16; i++)
			a.in6.sin6_addr.s6_addr[i] = v[4 + i] ^ key[i];
		a.in6.sin6_family = AF_INET6;
		memcpy(&a.in6.sin6_port, port, 2);
		a.len = sizeof a.in6;
	} else {
		return LQ_EPARSE;
	}
	*out = a;
	return 0;
}

static int read_role(const uint8_t *v, size_t len, int *role, uint64_t *tie_breaker)
{
	if (len != 8)
		return LQ_EPARSE;
	*role = 1;
	*tie_breaker = lq__get64(v);
	return 0;
}

static int read_error_code(const uint8_t *v, size_t len, uint16_t *code)
{
	if (len < 4 || (v[2] & 7) < 3 || (v[2] & 7) > 6 || v[3] > 99)
		return LQ_EPARSE;
	*code = (uint16_t)((v[2] & 7) * 100 + v[3]);
	return 0;
}

static int read_username(const uint8_t *v, size_t len, lq_stun *out)
{
	if (len > 513)
		return LQ_EPARSE;
	if (!out->username) {
		out->username = (const char *)v;
		out->username_len = (uint16_t)len;
	}
	return 0;
}

static int read_fingerprint(const uint8_t *data, size_t total, size_t at, size_t len, lq_stun *out)
{
	if (len != 4 || at + 8 != total || lq__get32(data + at + 4) != (lq__stun_crc32(data, at) ^ STUN_FINGERPRINT_XOR))
		return LQ_EPARSE;
	out->has_fingerprint = 1;
	return 0;
}

static void note_unknown(uint16_t type, lq_stun *out)
{
	if (type < 0x8000 && out->n_unknown < sizeof out->unknown / sizeof *out->unknown)
		out->unknown[out->n_unknown++] = type;
}

static int read_attribute(const uint8_t *data, size_t at, uint16_t type, size_t len, lq_stun *out)
{
	const uint8_t *v = data + at + 4;
	switch (type) {
	case STUN_USERNAME:
		return read_username(v, len, out);
	case STUN_MESSAGE_INTEGRITY:
		if (len != 20)
			return LQ_EPARSE;
		out->has_integrity = 1;
		out->integrity_offset = at;
		return 0;
	case STUN_ERROR_CODE:
		return read_error_code(v, len, &out->error_code);
	case STUN_XOR_MAPPED_ADDRESS:
		return read_address(v, len, data, 1, &out->mapped);
	case STUN_MAPPED_ADDRESS:
		return out->mapped.len ? 0 : read_address(v, len, data, 0, &out->mapped);
	case STUN_PRIORITY:
		if (len != 4)
			return LQ_EPARSE;
		out->priority = lq__get32(v);
		return 0;
	case STUN_USE_CANDIDATE:
		out->use_candidate = 1;
		return 0;
	case STUN_ICE_CONTROLLING:
		return read_role(v, len, &out->controlling, &out->tie_breaker);
	case STUN_ICE_CONTROLLED:
		return read_role(v, len, &out->controlled, &out->tie_breaker);
	case STUN_UNKNOWN_ATTRIBUTES:
	case STUN_REALM:
	case STUN_NONCE:
	case STUN_MESSAGE_INTEGRITY_SHA256:
		return 0;
	default:
		note_unknown(type, out);
		return 0;
	}
}

int lq_stun_parse(const uint8_t *data, size_t len, lq_stun *out)
{
	if (!lq_stun_is(data, len) || len > STUN_MAX)
		return LQ_EPARSE;
	memset(out, 0, sizeof *out);
	out->type = lq__get16(data);
	memcpy(out->transaction, data + 8, 12);
	for (size_t at = STUN_HEADER; at < len;) {
		if (len - at < 4)
			return LQ_EPARSE;
		uint16_t type = lq__get16(data + at);
		size_t n = lq__get16(data + at + 2), padded = (n + 3) & ~(size_t)3;
		if (padded > len - at - 4)
			return LQ_EPARSE;
		int e = 0;
		/* What follows the integrity is not protected by it: only the fingerprint counts. */
		if (type == STUN_FINGERPRINT)
			e = read_fingerprint(data, len, at, n, out);
		else if (!out->has_integrity)
			e = read_attribute(data, at, type, n, out);
		if (e)
			return e;
		at += 4 + padded;
	}
	return 0;
}

int lq_stun_check(const uint8_t *data, size_t len, const lq_stun *msg, const char *password)
{
	uint8_t mac[20];
	if (!msg->has_integrity || msg->integrity_offset + 24 > len)
		return LQ_ECRYPTO;
	if (lq__stun_integrity(data, msg->integrity_offset, password, mac))
		return LQ_ECRYPTO;
	return CRYPTO_memcmp(mac, data + msg->integrity_offset + 4, 20) ? LQ_ECRYPTO : 0;
}

int lq_stun_local_ufrag(const uint8_t *data, size_t len, const char **ufrag, size_t *n)
{
	lq_stun msg;
	if (lq_stun_parse(data, len, &msg) || msg.type != LQ_STUN_BINDING_REQUEST || !msg.username)
		return LQ_EPARSE;
	const char *colon = memchr(msg.username, ':', msg.username_len);
	if (!colon || colon == msg.username)
		return LQ_EPARSE;
	*ufrag = msg.username;
	*n = (size_t)(colon - msg.username);
	return 0;
}
