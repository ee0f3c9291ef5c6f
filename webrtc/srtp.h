/* SRTP and SRTCP (RFC 3711, 7714) on libsrtp2. In place; the buffer must be aligned to 4 bytes and have LQ_SRTP_OVERHEAD spare bytes behind the
 * packet. One thread at a time uses an lq_srtp. */
#ifndef LQ_WEBRTC_SRTP_H
#define LQ_WEBRTC_SRTP_H

#include "dtls.h"

#define LQ_SRTP_OVERHEAD 32

typedef struct lq_srtp lq_srtp;
/* libsrtp's beginning, which is not thread-safe: plugins call this at their own. lq_srtp_create does it where nobody has. */
void lq_srtp_init(void);
/* resend: a packet may be protected a second time and gives the same bytes, for peers without RTX. Another packet with its SSRC and sequence number
 * must never follow then: AES-GCM would lose its secrets. Without it such a packet gets LQ_ECRYPTO. */
int lq_srtp_create(const lq_srtp_keys *keys, int resend, lq_srtp **out);
void lq_srtp_destroy(lq_srtp *srtp);
/* *len is the packet's length before and after. LQ_ECRYPTO when authentication fails or the packet is a replay. */
int lq_srtp_protect(lq_srtp *s, uint8_t *packet, size_t *len);
int lq_srtp_unprotect(lq_srtp *s, uint8_t *packet, size_t *len);
int lq_srtp_protect_rtcp(lq_srtp *s, uint8_t *packet, size_t *len);
int lq_srtp_unprotect_rtcp(lq_srtp *s, uint8_t *packet, size_t *len);

#endif
