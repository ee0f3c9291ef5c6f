#include "srtp.h"

#include <pthread.h>
#include <srtp2/srtp.h>
#include <string.h>

#include <loquat/plugin/errors.h>

#include "base/alloc.h"

#define REPLAY_WINDOW 1024 /* packets: a burst of repairs comes that late */
#define RTP_HEADER 12
#define RTCP_HEADER 8

struct lq_srtp {
	srtp_t send, receive;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
/* What it says is of no use: it also fails where another user of the library in this process was first. Whether it works, srtp_create says. */
static void init(void)
{
	srtp_init();
}

void lq_srtp_init(void)
{
	pthread_once(&once, init);
}

static srtp_t make(const lq_srtp_keys *keys, const uint8_t *key, srtp_ssrc_type_t type, int resend)
{
	uint8_t copy[sizeof keys->send]; /* libsrtp's type is not const */
	memcpy(copy, key, sizeof copy);
	srtp_policy_t policy = {.ssrc = {.type = type}, .key = copy, .window_size = REPLAY_WINDOW, .allow_repeat_tx = resend};
	if (keys->profile == LQ_SRTP_AEAD_AES_128_GCM) {
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
	} else {
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
	}
	srtp_t s = NULL;
	return srtp_create(&s, &policy) == srtp_err_status_ok ? s : NULL;
}

int lq_srtp_create(const lq_srtp_keys *keys, int resend, lq_srtp **out)
{
	if (keys->profile != LQ_SRTP_AEAD_AES_128_GCM && keys->profile != LQ_SRTP_AES_CM_128_HMAC_SHA1_80)
		return LQ_ENOTSUP;
	lq_srtp_init();
	lq_srtp *s = lq__calloc(1, sizeof *s);
	if (!s)
		return LQ_ENOMEM;
	s->send = make(keys, keys->send, ssrc_any_outbound, resend);
	s->receive = make(keys, keys->receive, ssrc_any_inbound, 0);
	if (!s->send || !s->receive) {
		lq_srtp_destroy(s);
		return LQ_ECRYPTO;
	}
	*out = s;
	return 0;
}

void lq_srtp_destroy(lq_srtp *s)
{
	if (!s)
		return;
	if (s->send)
		srtp_dealloc(s->send);
	if (s->receive)
		srtp_dealloc(s->receive);
	lq__free(s);
}

typedef srtp_err_status_t transform(srtp_t, void *, int *);

static int apply(transform *fn, srtp_t s, uint8_t *packet, size_t *len, size_t least)
{
	if (*len < least || *len > UINT16_MAX)
		return LQ_EPARSE;
	int n = (int)*len;
	if (fn(s, packet, &n) != srtp_err_status_ok)
		return LQ_ECRYPTO;
	*len = (size_t)n;
	return 0;
}

int lq_srtp_protect(lq_srtp *s, uint8_t *packet, size_t *len)
{
	return apply(srtp_protect, s->send, packet, len, RTP_HEADER);
}

int lq_srtp_unprotect(lq_srtp *s, uint8_t *packet, size_t *len)
{
	return apply(srtp_unprotect, s->receive, packet, len, RTP_HEADER);
}

int lq_srtp_protect_rtcp(lq_srtp *s, uint8_t *packet, size_t *len)
{
	return apply(srtp_protect_rtcp, s->send, packet, len, RTCP_HEADER);
}

int lq_srtp_unprotect_rtcp(lq_srtp *s, uint8_t *packet, size_t *len)
{
	return apply(srtp_unprotect_rtcp, s->receive, packet, len, RTCP_HEADER);
}
