/* What the reader and the writer of STUN share. */
#ifndef LQ_WEBRTC_STUN_WIRE_H
#define LQ_WEBRTC_STUN_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define STUN_HEADER 20u
#define STUN_COOKIE 0x2112A442u
#define STUN_MAX 1500u /* larger ones are no ICE check */
#define STUN_FINGERPRINT_XOR 0x5354554Eu

enum {
	STUN_MAPPED_ADDRESS = 0x0001,
	STUN_USERNAME = 0x0006,
	STUN_MESSAGE_INTEGRITY = 0x0008,
	STUN_ERROR_CODE = 0x0009,
	STUN_UNKNOWN_ATTRIBUTES = 0x000A,
	STUN_REALM = 0x0014,
	STUN_NONCE = 0x0015,
	STUN_MESSAGE_INTEGRITY_SHA256 = 0x001C,
	STUN_XOR_MAPPED_ADDRESS = 0x0020,
	STUN_PRIORITY = 0x0024,
	STUN_USE_CANDIDATE = 0x0025,
	STUN_FINGERPRINT = 0x8028,
	STUN_ICE_CONTROLLED = 0x8029,
	STUN_ICE_CONTROLLING = 0x802A
};

uint32_t lq__stun_crc32(const uint8_t *data, size_t len);
/* HMAC-SHA1 over the message up to the integrity attribute at `offset`, as if the message ended with that attribute. 0 or LQ_ECRYPTO. */
int lq__stun_integrity(const uint8_t *data, size_t offset, const char *password, uint8_t mac[20]);

#endif
