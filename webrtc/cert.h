/* Private to the DTLS files: what a certificate holds. */
#ifndef LQ_WEBRTC_CERT_H
#define LQ_WEBRTC_CERT_H

#include <openssl/ssl.h>

#include "dtls.h"

struct lq_cert {
	SSL_CTX *ctx; /* with certificate, key and all options; each connection takes a reference */
	uint8_t fingerprint[32];
};

#endif
