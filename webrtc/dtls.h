/* DTLS 1.2 with DTLS-SRTP (RFC 6347, 5764), on OpenSSL. Sans-IO: datagrams in, datagrams out, a time-out. */
#ifndef LQ_WEBRTC_DTLS_H
#define LQ_WEBRTC_DTLS_H

#include <stddef.h>
#include <stdint.h>

/* A certificate with its key; one serves many connections on one thread at a time each. */
typedef struct lq_cert lq_cert;
int lq_cert_create(lq_cert **out); /* self-signed ECDSA P-256, 30 days */
void lq_cert_destroy(lq_cert *cert);
const uint8_t *lq_cert_fingerprint(const lq_cert *cert); /* SHA-256, 32 bytes */

enum { LQ_DTLS_CLIENT = 0, LQ_DTLS_SERVER = 1 };
enum { LQ_DTLS_NEW = 0, LQ_DTLS_HANDSHAKE, LQ_DTLS_OPEN, LQ_DTLS_CLOSED, LQ_DTLS_FAILED };
/* RFC 5764, 7714 */
enum { LQ_SRTP_NONE = 0, LQ_SRTP_AES_CM_128_HMAC_SHA1_80 = 1, LQ_SRTP_AEAD_AES_128_GCM = 7 };

/* Keying material for one direction each: key and salt joined as SRTP wants them (30 or 28 bytes). */
typedef struct lq_srtp_keys {
	uint16_t profile;
	uint32_t key_len, salt_len;
	uint8_t send[46], receive[46];
} lq_srtp_keys;

typedef struct lq_dtls lq_dtls;
/* `output` is called from start, input and timeout for each datagram to send. */
typedef void (*lq_dtls_output_fn)(void *arg, const uint8_t *data, size_t len);
int lq_dtls_create(const lq_cert *cert, int role, lq_dtls_output_fn output, void *arg, lq_dtls **out);
void lq_dtls_destroy(lq_dtls *dtls);
/* The fingerprint that the peer's certificate must have ("sha-256" and the like). May come after the handshake began; OPEN is reached only
 * when it matched. */
int lq_dtls_set_fingerprint(lq_dtls *dtls, const char *hash, const uint8_t *fingerprint, size_t len);
int lq_dtls_start(lq_dtls *dtls, int64_t now); /* a client sends its hello */
int lq_dtls_input(lq_dtls *dtls, const uint8_t *data, size_t len, int64_t now);
int64_t lq_dtls_next(const lq_dtls *dtls); /* time of the next time-out, LQ_TIME_NONE */
int lq_dtls_timeout(lq_dtls *dtls, int64_t now);
int lq_dtls_state(const lq_dtls *dtls);
const char *lq_dtls_error(const lq_dtls *dtls); /* why FAILED */
int lq_dtls_keys(const lq_dtls *dtls, lq_srtp_keys *out); /* LQ_ESTATE unless OPEN */
void lq_dtls_close(lq_dtls *dtls);                        /* sends close_notify */

#endif
