#include "cert.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <loquat/plugin/errors.h>

#include "base/alloc.h"

#define DAY (24 * 60 * 60)

/* The chain says nothing, every peer signs itself: it is the fingerprint that counts, see dtls.c. */
static int accept_any(int ok, X509_STORE_CTX *store)
{
	return 1;
}

static int name_it(X509 *x509)
{
	uint8_t serial[8];
	if (RAND_bytes(serial, sizeof serial) != 1)
		return 0;
	serial[0] &= 0x7f; /* positive */
	BIGNUM *bn = BN_bin2bn(serial, sizeof serial, NULL);
	int ok = bn && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x509));
	BN_free(bn);
	X509_NAME *name = X509_get_subject_name(x509);
	return ok && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"loquat", -1, -1, 0) && X509_set_issuer_name(x509, name);
}

static X509 *self_signed(EVP_PKEY *key)
{
	X509 *x509 = X509_new();
	if (!x509)
		return NULL;
	/* Valid from yesterday on: clocks of peers differ. */
	if (X509_set_version(x509, X509_VERSION_3) && name_it(x509) && X509_gmtime_adj(X509_getm_notBefore(x509), -DAY) &&
	    X509_gmtime_adj(X509_getm_notAfter(x509), 30 * DAY) && X509_set_pubkey(x509, key) && X509_sign(x509, key, EVP_sha256()))
		return x509;
	X509_free(x509);
	return NULL;
}

static SSL_CTX *make_ctx(X509 *x509, EVP_PKEY *key)
{
	SSL_CTX *ctx = SSL_CTX_new(DTLS_method());
	if (!ctx)
		return NULL;
	SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION);
	SSL_CTX_set_max_proto_version(ctx, DTLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_QUERY_MTU | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any);
	SSL_CTX_set_read_ahead(ctx, 1); /* a datagram holds several records */
	if (SSL_CTX_use_certificate(ctx, x509) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1 &&
	    SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES") == 1 && SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384") == 1 &&
	    SSL_CTX_set_tlsext_use_srtp(ctx, "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80") == 0)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

int lq_cert_create(lq_cert **out)
{
	lq_cert *cert = lq__calloc(1, sizeof *cert);
	if (!cert)
		return LQ_ENOMEM;
	unsigned len = sizeof cert->fingerprint;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x509 = key ? self_signed(key) : NULL;
	if (x509 && X509_digest(x509, EVP_sha256(), cert->fingerprint, &len))
		cert->ctx = make_ctx(x509, key);
	X509_free(x509);
	EVP_PKEY_free(key);
	if (!cert->ctx) {
		lq__free(cert);
		return LQ_ECRYPTO;
	}
	*out = cert;
	return 0;
}

void lq_cert_destroy(lq_cert *cert)
{
	if (!cert)
		return;
	SSL_CTX_free(cert->ctx);
	lq__free(cert);
}

const uint8_t *lq_cert_fingerprint(const lq_cert *cert)
{
	return cert->fingerprint;
}
