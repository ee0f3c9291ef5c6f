#include "webrtc/stun.h"

#include <loquat/plugin/errors.h>
#include <string.h>

#include "webrtc/bytes.h"
#include "webrtc/stun_wire.h"

typedef struct writer {
	uint8_t *out;
	size_t size, len;
	int failed;
} writer;

static void begin(writer *w, uint8_t *out, size_t size, uint16_t type, const uint8_t transaction[12])
{
	*w = (writer){out, size < STUN_MAX ? size : STUN_MAX, STUN_HEADER, size < STUN_HEADER};
	if (w->failed)
		return;
	lq__put16(out, type);
	lq__put16(out + 2, 0);
	lq__put32(out + 4, STUN_COOKIE);
	memmove(out + 8, transaction, 12);
}

/* Room for an attribute's value, its padding zeroed; NULL when full. */
static uint8_t *attribute(writer *w, uint16_t type, size_t len)
{
	size_t padded = (len + 3) & ~(size_t)3;
	if (w->failed || padded + 4 > w->size - w->len) {
		w->failed = 1;
		return NULL;
	}
	uint8_t *p = w->out + w->len;
	lq__put16(p, type);
	lq__put16(p + 2, (uint16_t)len);
	memset(p + 4, 0, padded);
	w->len += 4 + padded;
	return p + 4;
}

static void put_bytes(writer *w, uint16_t type, const void *data, size_t len)
{
	uint8_t *p = attribute(w, type, len);
	if (p)
		memcpy(p, data, len);
}

static size_t finish(writer *w, const char *password)
{
	if (password) {
		size_t at = w->len;
		uint8_t *mac = attribute(w, STUN_MESSAGE_INTEGRITY, 20);
		if (!mac || lq__stun_integrity(w->out, at, password, mac))
			return 0;
	}
	size_t at = w->len;
	uint8_t *crc = attribute(w, STUN_FINGERPRINT, 4);
	if (!crc)
		return 0;
	lq__put16(w->out + 2, (uint16_t)(w->len - STUN_HEADER));
	lq__put32(crc, lq__stun_crc32(w->out, at) ^ STUN_FINGERPRINT_XOR);
	return w->len;
}

size_t lq_stun_build_request(uint8_t *out, size_t size, const uint8_t transaction[12], const char *username, const char *password, uint32_t priority,
                             int controlling, uint64_t tie_breaker, int use_candidate)
{
	writer w;
	begin(&w, out, size, LQ_STUN_BINDING_REQUEST, transaction);
	uint8_t *p = attribute(&w, STUN_PRIORITY, 4);
	if (p)
		lq__put32(p, priority);
	p = attribute(&w, controlling ? STUN_ICE_CONTROLLING : STUN_ICE_CONTROLLED, 8);
	if (p)
		lq__put64(p, tie_breaker);
	if (use_candidate)
		attribute(&w, STUN_USE_CANDIDATE, 0);
	if (username)
		put_bytes(&w, STUN_USERNAME, username, strnlen(username, 513));
	return finish(&w, password);
}

static void put_xor_address(writer *w, const lq_addr *a)
{
	const uint8_t *ip = (const uint8_t *)&a->in4.sin_addr, *port = (const uint8_t *)&a->in4.sin_port, *key = w->out + 4;
	size_t n = 4;
	if (a->sa.sa_family == AF_INET6) {
		/* A socket for both families shows IPv4 peers as mapped addresses; they know themselves by IPv4 ones. */
		n = IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr) ? 4 : 16;
		ip = a->in6.sin6_addr.s6_addr + 16 - n;
		port = (const uint8_t *)&a->in6.sin6_port;
	}
	uint8_t *p = attribute(w, STUN_XOR_MAPPED_ADDRESS, 4 + n);
	if (!p)
		return;
	p[1] = n == 16 ? 2 : 1;
	for (size_t i = 0; i < 2; i++)
		p[2 + i] = port[i] ^ key[i];
	for (size_t i = 0; i < n; i++)
		p[4 + i] = ip[i] ^ key[i];
}

size_t lq_stun_build_success(uint8_t *out, size_t size, const lq_stun *request, const lq_addr *mapped, const char *password)
{
	writer w;
	begin(&w, out, size, LQ_STUN_BINDING_SUCCESS, request->transaction);
	put_xor_address(&w, mapped);
	return finish(&w, password);
}

size_t lq_stun_build_error(uint8_t *out, size_t size, const lq_stun *request, uint16_t code, const char *reason, const char *password)
{
	writer w;
	size_t n = strnlen(reason, 127);
	begin(&w, out, size, LQ_STUN_BINDING_ERROR, request->transaction);
	uint8_t *p = attribute(&w, STUN_ERROR_CODE, 4 + n);
	if (p) {
		p[2] = (uint8_t)(code / 100);
		p[3] = (uint8_t)(code % 100);
		memcpy(p + 4, reason, n);
	}
	if (code == 420 && request->n_unknown) {
		p = attribute(&w, STUN_UNKNOWN_ATTRIBUTES, 2 * request->n_unknown);
		for (uint32_t i = 0; p && i < request->n_unknown; i++)
			lq__put16(p + 2 * i, request->unknown[i]);
	}
	return finish(&w, password);
}
