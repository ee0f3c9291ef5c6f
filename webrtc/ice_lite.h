/* The server's side of ICE (RFC 8445): a lite agent with one host candidate. It answers checks, follows the nominations of the controlling
 * peer, and knows how fresh the peer's consent is (RFC 7675). Sans-IO, no allocation. */
#ifndef LQ_WEBRTC_ICE_LITE_H
#define LQ_WEBRTC_ICE_LITE_H

#include "stun.h"

#define LQ_ICE_UFRAG_SIZE 17 /* 16 characters and NUL */
#define LQ_ICE_PWD_SIZE 33
#define LQ_ICE_CONSENT INT64_C(30000000000) /* ns without a check after which the peer is gone */

typedef struct lq_ice_lite {
	char ufrag[LQ_ICE_UFRAG_SIZE], pwd[LQ_ICE_PWD_SIZE]; /* ours */
	char remote_ufrag[257];   /* empty: not known yet, any is taken */
	lq_addr selected;         /* where to send; len 0: nowhere yet */
	uint32_t priority;        /* of the selected pair, as the peer's checks said */
	int nominated;            /* the peer has nominated; before, `selected` is the first address that checked well */
	lq_addr rival;            /* nominated with a lower priority since the selected one was last nominated */
	int64_t last_check;       /* time of the last good check, LQ_TIME_NONE */
	uint64_t checks, refused; /* requests answered with success; with an error */
} lq_ice_lite;

/* Random ICE credentials of 16 and 32 characters. 0 or LQ_ECRYPTO (no randomness). */
int lq_ice_credentials(char ufrag[LQ_ICE_UFRAG_SIZE], char pwd[LQ_ICE_PWD_SIZE]);

/* Starts an agent with fresh credentials. */
int lq_ice_lite_init(lq_ice_lite *ice);
/* The peer's ufrag, as its description says: checks with another one are refused from then on. LQ_ERANGE when too long. */
int lq_ice_lite_set_remote(lq_ice_lite *ice, const char *ufrag);

/* Takes a STUN datagram. 0 when it was a good check, LQ_EPARSE for what is no binding request, LQ_EPROTO or LQ_ECRYPTO for one that is refused.
 * *reply_len bytes in `reply` (size >= 256) are to be sent back to `from`, also for refused ones; 0: nothing. *selected_changed is 1 when
 * ice->selected has another value than before. */
int lq_ice_lite_input(lq_ice_lite *ice, const uint8_t *data, size_t len, const lq_addr *from, int64_t now, uint8_t *reply, size_t reply_size,
                      size_t *reply_len, int *selected_changed);

/* When consent ends, LQ_TIME_NONE before the first check. */
int64_t lq_ice_lite_expires(const lq_ice_lite *ice);
int lq_ice_lite_alive(const lq_ice_lite *ice, int64_t now);

#endif
