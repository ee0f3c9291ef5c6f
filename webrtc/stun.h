/* STUN messages (RFC 8489) with the ICE attributes (RFC 8445): parse, check, build. Sans-IO. */
#ifndef LQ_WEBRTC_STUN_H
#define LQ_WEBRTC_STUN_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

enum { LQ_STUN_BINDING_REQUEST = 0x0001, LQ_STUN_BINDING_INDICATION = 0x0011, LQ_STUN_BINDING_SUCCESS = 0x0101, LQ_STUN_BINDING_ERROR = 0x0111 };

typedef struct lq_addr {
	union {
		struct sockaddr sa;
		struct sockaddr_in in4;
		struct sockaddr_in6 in6;
	};
	uint32_t len;
} lq_addr;

int lq_addr_equal(const lq_addr *a, const lq_addr *b);
uint32_t lq_addr_hash(const lq_addr *a);
/* "127.0.0.1:5000", "[::1]:5000" */
void lq_addr_format(const lq_addr *a, char *out, size_t size);
int lq_addr_parse(const char *host, uint16_t port, lq_addr *out); /* literal addresses only */

/* A parsed message; pointers point into the datagram. Absent attributes are NULL / 0. */
typedef struct lq_stun {
	uint16_t type;
	uint8_t transaction[12];
	const char *username; /* not NUL-terminated */
	uint16_t username_len;
	int has_integrity, has_fingerprint;
	size_t integrity_offset; /* of the attribute, in the datagram */
	int use_candidate;
	uint32_t priority;
	int controlling, controlled; /* which role attribute is present */
	uint64_t tie_breaker;
	lq_addr mapped; /* XOR-MAPPED-ADDRESS, else MAPPED-ADDRESS; len 0: none */
	uint16_t error_code;
	uint16_t unknown[8]; /* comprehension-required attributes that we do not know */
	uint32_t n_unknown;
} lq_stun;

/* 1 when the datagram can only be STUN (RFC 7983 first byte 0..3, magic cookie, length). */
int lq_stun_is(const uint8_t *data, size_t len);
/* 0 or LQ_EPARSE. A present FINGERPRINT is checked. */
int lq_stun_parse(const uint8_t *data, size_t len, lq_stun *out);
/* 0 when MESSAGE-INTEGRITY is there and right for the short-term password, else LQ_ECRYPTO. */
int lq_stun_check(const uint8_t *data, size_t len, const lq_stun *msg, const char *password);
/* The first half of the USERNAME of a binding request, which is the receiver's ufrag: finds the peer that a first datagram is for. Points into
 * the datagram, no NUL. Nothing is authenticated by this. 0 or LQ_EPARSE. */
int lq_stun_local_ufrag(const uint8_t *data, size_t len, const char **ufrag, size_t *n);

/* Builders. Write to out (128 bytes are enough without a long username) and return the length, 0 when it does not fit; password NULL: no
 * integrity. FINGERPRINT is always added. */
size_t lq_stun_build_request(uint8_t *out, size_t size, const uint8_t transaction[12], const char *username, const char *password, uint32_t priority,
                             int controlling, uint64_t tie_breaker, int use_candidate);
size_t lq_stun_build_success(uint8_t *out, size_t size, const lq_stun *request, const lq_addr *mapped, const char *password);
size_t lq_stun_build_error(uint8_t *out, size_t size, const lq_stun *request, uint16_t code, const char *reason, const char *password);

#endif
