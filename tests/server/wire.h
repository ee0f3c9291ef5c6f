/* What tests do with the inside of a session. */
#ifndef LQ_TESTS_SERVER_WIRE_H
#define LQ_TESTS_SERVER_WIRE_H

#include "webrtc/session.h"

int wire_keys(const lq_session *s, lq_srtp_keys *out);
/* Makes an offer of encodings into one as of a sender that knows no RIDs: a SIM group, the smallest first. */
void wire_group_by_ssrc(const lq_session *s, char *text, size_t size);
void wire_send_all(lq_session *s); /* its encodings, although the answer does not name them */

#endif
