#include "dtls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/time.h>

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>

#include "base/alloc.h"
#include "cert.h"

#define MTU 1200
#define FIRST_TIMEOUT (50 * LQ_MSEC) /* RFC 6347 says 1 s; on a path that ICE has just measured that is far too long */
#define LAST_TIMEOUT (1600 * LQ_MSEC)
#define ONE_HOUR_US 3600000000u

struct lq_dtls {
	SSL *ssl;
	BIO_METHOD *method;
	int state, role, handshaken;
	lq_dtls_output_fn output;
	void *arg;
	const uint8_t *in; /* the datagram that OpenSSL may read now */
	size_t in_len;
	int64_t next, backoff;
	uint64_t sent;                /* datagrams */
	struct timeval *openssl_time; /* see bio_ctrl */
	const EVP_MD *hash;
	uint8_t fingerprint[EVP_MAX_MD_SIZE];
	size_t fingerprint_len;
	char error[160];
};

/* ---- the BIO: one datagram in at a time, each write is a datagram out ---- */

static int bio_read(BIO *bio, char *out, int size)
{
	lq_dtls *d = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	if (!d->in) {
		BIO_set_retry_read(bio);
		return -1;
	}
	size_t n = d->in_len < (size_t)size ? d->in_len : (size_t)size;
	memcpy(out, d->in, n);
	d->in = NULL;
	return (int)n;
}

static int bio_write(BIO *bio, const char *data, int len)
{
	lq_dtls *d = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	if (len > 0) {
		d->sent++;
		d->output(d->arg, (const uint8_t *)data, (size_t)len);
	}
	return len;
}

/* OpenSSL retransmits only when its own timer, on the system's clock, has run out. Up to version 3.1 it shows that timer to the BIO with
 * DGRAM_SET_NEXT_TIMEOUT; setting it to the past puts our clock in charge. Later versions show a copy: there the timer callback gives
 * OpenSSL the same time-outs as ours, which is as good wherever our clock is a real one. */
static int shows_timer(void)
{
	return OpenSSL_version_num() < 0x30200000ul;
}

static long bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	lq_dtls *d = BIO_get_data(bio);
	switch (cmd) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_PENDING:
		return d->in ? (long)d->in_len : 0;
	case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT:
		d->openssl_time = shows_timer() ? ptr : NULL;
		return 1;
	default:
		return 0; /* anything else here makes OpenSSL believe in features that we lack */
	}
}

static unsigned timer_cb(SSL *ssl, unsigned us)
{
	lq_dtls *d = SSL_get_app_data(ssl);
	return shows_timer() ? ONE_HOUR_US : (unsigned)(d->backoff / 1000);
}

static int make_bio(lq_dtls *d)
{
	d->method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "datagram");
	if (!d->method || !BIO_meth_set_read(d->method, bio_read) || !BIO_meth_set_write(d->method, bio_write) || !BIO_meth_set_ctrl(d->method, bio_ctrl))
		return LQ_ENOMEM;
	BIO *bio = BIO_new(d->method);
	if (!bio)
		return LQ_ENOMEM;
	BIO_set_data(bio, d);
	BIO_set_init(bio, 1);
	SSL_set_bio(d->ssl, bio, bio);
	return 0;
}

int lq_dtls_create(const lq_cert *cert, int role, lq_dtls_output_fn output, void *arg, lq_dtls **out)
{
	lq_dtls *d = lq__calloc(1, sizeof *d);
	if (!d)
		return LQ_ENOMEM;
	*d = (lq_dtls){.role = role, .output = output, .arg = arg, .next = LQ_TIME_NONE, .backoff = FIRST_TIMEOUT, .ssl = SSL_new(cert->ctx)};
	if (!d->ssl || make_bio(d)) {
		lq_dtls_destroy(d);
		return LQ_ENOMEM;
	}
	SSL_set_app_data(d->ssl, d);
	SSL_set_mtu(d->ssl, MTU);
	DTLS_set_timer_cb(d->ssl, timer_cb);
	if (role == LQ_DTLS_SERVER)
		SSL_set_accept_state(d->ssl);
	else
		SSL_set_connect_state(d->ssl);
	*out = d;
	return 0;
}

void lq_dtls_destroy(lq_dtls *d)
{
	if (!d)
		return;
	SSL_free(d->ssl);
	BIO_meth_free(d->method);
	lq__free(d);
}

/* ---- the handshake ---- */

static int fail(lq_dtls *d, const char *why)
{
	snprintf(d->error, sizeof d->error, "%s", why);
	d->state = LQ_DTLS_FAILED;
	d->next = LQ_TIME_NONE;
	return LQ_ECRYPTO;
}

static int fail_ssl(lq_dtls *d)
{
	unsigned long e = ERR_peek_last_error();
	const char *reason = e ? ERR_reason_error_string(e) : NULL;
	return fail(d, reason ? reason : "the peer broke off the DTLS handshake");
}

static const EVP_MD *hash_by_name(const char *name)
{
	static const struct {
		const char *name;
		const EVP_MD *(*md)(void);
	} known[] = {{"sha-256", EVP_sha256}, {"sha-1", EVP_sha1}, {"sha-224", EVP_sha224}, {"sha-384", EVP_sha384}, {"sha-512", EVP_sha512}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcasecmp(name, known[i].name))
			return known[i].md();
	return NULL;
}

/* Open only when both the handshake is done and the certificate is the one that signalling has named. */
static int check_peer(lq_dtls *d)
{
	if (!d->handshaken || !d->hash)
		return 0;
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	X509 *peer = SSL_get1_peer_certificate(d->ssl);
	int ok = peer && X509_digest(peer, d->hash, digest, &len) && len == d->fingerprint_len && !CRYPTO_memcmp(digest, d->fingerprint, len);
	X509_free(peer);
	if (!ok)
		return fail(d, "the peer's certificate does not have the fingerprint of its description");
	if (!SSL_get_selected_srtp_profile(d->ssl))
		return fail(d, "the peer offers no SRTP profile that we know");
	d->state = LQ_DTLS_OPEN;
	return 0;
}

int lq_dtls_set_fingerprint(lq_dtls *d, const char *hash, const uint8_t *fingerprint, size_t len)
{
	const EVP_MD *md = hash_by_name(hash);
	if (!md)
		return LQ_ENOTSUP;
	if (len != (size_t)EVP_MD_get_size(md))
		return LQ_EINVAL;
	if (d->state >= LQ_DTLS_OPEN)
		return LQ_ESTATE;
	d->hash = md;
	memcpy(d->fingerprint, fingerprint, len);
	d->fingerprint_len = len;
	return check_peer(d);
}

/* The timer restarts with a new flight; it is stopped when there is nothing of ours that could have been lost. */
static void set_timer(lq_dtls *d, int new_flight, int64_t now)
{
	struct timeval unused;
	if (d->state != LQ_DTLS_HANDSHAKE || d->handshaken || !DTLSv1_get_timeout(d->ssl, &unused)) {
		d->next = LQ_TIME_NONE;
		return;
	}
	if (new_flight)
		d->backoff = FIRST_TIMEOUT;
	if (new_flight || d->next == LQ_TIME_NONE)
		d->next = now + d->backoff;
}

static int handshake(lq_dtls *d, int64_t now)
{
	uint64_t sent = d->sent;
	ERR_clear_error();
	int r = SSL_do_handshake(d->ssl);
	if (r == 1) {
		d->handshaken = 1;
		d->next = LQ_TIME_NONE;
		return check_peer(d);
	}
	int e = SSL_get_error(d->ssl, r);
	if (e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE)
		return fail_ssl(d);
	set_timer(d, d->sent != sent, now);
	return 0;
}

int lq_dtls_start(lq_dtls *d, int64_t now)
{
	if (d->state != LQ_DTLS_NEW)
		return LQ_ESTATE;
	d->state = LQ_DTLS_HANDSHAKE;
	return d->role == LQ_DTLS_CLIENT ? handshake(d, now) : 0;
}

/* Behind the handshake: the peer repeats its last flight when ours was lost, or says good-bye. Application data is of no use to us. */
static int drain(lq_dtls *d)
{
	uint8_t unused[2048];
	ERR_clear_error();
	while (SSL_read(d->ssl, unused, sizeof unused) > 0) {
	}
	if (SSL_get_shutdown(d->ssl) & SSL_RECEIVED_SHUTDOWN) {
		d->state = LQ_DTLS_CLOSED;
		d->next = LQ_TIME_NONE;
	}
	return 0;
}

/* An encrypted record that is shorter than its nonce and tag is an internal error to OpenSSL, after which the connection is of no more use: anybody could
 * end it so. RFC 6347 §4.1: 13 bytes of header, of which 3 and 4 are the epoch, and 11 and 12 the length of what follows. */
static int may_be_ours(const lq_dtls *d, const uint8_t *data, size_t len)
{
	enum { HEADER = 13, NONCE_AND_TAG = 24, TAG = 16 };
	const SSL_CIPHER *cipher = SSL_get_current_cipher(d->ssl);
	int nid = cipher ? SSL_CIPHER_get_cipher_nid(cipher) : NID_undef;
	size_t least = nid == NID_chacha20_poly1305 ? TAG : NONCE_AND_TAG;
	if (len < HEADER)
		return 0;
	while (len >= HEADER) {
		size_t n = (size_t)data[11] << 8 | data[12];
		if (n > len - HEADER)
			return 1; /* OpenSSL drops what is torn */
		if ((data[3] || data[4]) && n < least)
			return 0;
		data += HEADER + n;
		len -= HEADER + n;
	}
	return 1;
}

int lq_dtls_input(lq_dtls *d, const uint8_t *data, size_t len, int64_t now)
{
	if (d->state == LQ_DTLS_NEW && d->role == LQ_DTLS_SERVER)
		d->state = LQ_DTLS_HANDSHAKE; /* the hello may be faster than our start */
	if (d->state != LQ_DTLS_HANDSHAKE && d->state != LQ_DTLS_OPEN)
		return LQ_ESTATE;
	if (!may_be_ours(d, data, len))
		return 0;
	d->in = data;
	d->in_len = len;
	int r = d->handshaken ? drain(d) : handshake(d, now);
	if (d->handshaken && d->in)
		r = drain(d);
	d->in = NULL;
	return r;
}

int64_t lq_dtls_next(const lq_dtls *d)
{
	return d->next;
}

int lq_dtls_timeout(lq_dtls *d, int64_t now)
{
	if (d->next == LQ_TIME_NONE || now < d->next)
		return 0;
	if (d->openssl_time)
		*d->openssl_time = (struct timeval){.tv_sec = 1};
	d->backoff = d->backoff * 2 < LAST_TIMEOUT ? d->backoff * 2 : LAST_TIMEOUT;
	d->next = now + d->backoff;
	ERR_clear_error();
	return DTLSv1_handle_timeout(d->ssl) < 0 ? fail(d, "no answer to the DTLS handshake") : 0;
}

int lq_dtls_state(const lq_dtls *d)
{
	return d->state;
}

const char *lq_dtls_error(const lq_dtls *d)
{
	return d->error;
}

int lq_dtls_keys(const lq_dtls *d, lq_srtp_keys *out)
{
	if (d->state != LQ_DTLS_OPEN)
		return LQ_ESTATE;
	lq_srtp_keys k = {.profile = (uint16_t)SSL_get_selected_srtp_profile(d->ssl)->id, .key_len = 16};
	k.salt_len = k.profile == LQ_SRTP_AEAD_AES_128_GCM ? 12 : 14;
	uint8_t raw[2 * (16 + 14)]; /* RFC 5764 §4.2: client key, server key, client salt, server salt */
	uint32_t n = 2 * (k.key_len + k.salt_len);
	static const char label[] = "EXTRACTOR-dtls_srtp";
	if (SSL_export_keying_material(d->ssl, raw, n, label, sizeof label - 1, NULL, 0, 0) != 1)
		return LQ_ECRYPTO;
	uint8_t *client = d->role == LQ_DTLS_CLIENT ? k.send : k.receive, *server = d->role == LQ_DTLS_CLIENT ? k.receive : k.send;
	memcpy(client, raw, 16);
	memcpy(server, raw + 16, 16);
	memcpy(client + 16, raw + 32, k.salt_len);
	memcpy(server + 16, raw + 32 + k.salt_len, k.salt_len);
	OPENSSL_cleanse(raw, sizeof raw);
	*out = k;
	return 0;
}

void lq_dtls_close(lq_dtls *d)
{
	if (d->handshaken && d->state == LQ_DTLS_OPEN) {
		ERR_clear_error();
		SSL_shutdown(d->ssl);
	}
	if (d->state != LQ_DTLS_FAILED)
		d->state = LQ_DTLS_CLOSED;
	d->next = LQ_TIME_NONE;
}
