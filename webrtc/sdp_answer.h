/* Answers an offer (RFC 9429 5.3): every media section is mirrored, in its place, taken or rejected. */
#ifndef LQ_WEBRTC_SDP_ANSWER_H
#define LQ_WEBRTC_SDP_ANSWER_H

#include "sdp.h"

typedef struct lq_sdp_answer_options {
	const uint32_t *codecs; /* LQ_CODEC_*, preferred first; at most one entry of the offer is taken for each */
	uint32_t n_codecs;
	int first_only;          /* take the first common codec of each section only, not all of them */
	int rtx;                 /* take RTX for the codecs taken */
	uint32_t direction;      /* what we can do at most: LQ_SDP_RECVONLY for a receiver */
	uint32_t feedback;       /* LQ_FB_* that we can do */
	const char *const *exts; /* URIs of the header extensions that we can do */
	uint32_t n_exts;
	uint32_t max_layers;     /* encodings of one track that we take (RFC 8853); 0: the offer's a=simulcast is not answered, so that it sends one */
	uint32_t setup; /* LQ_SETUP_ACTIVE or _PASSIVE, when the offer leaves the choice (actpass); else the offer decides */
} lq_sdp_answer_options;

/* Fills *answer, which need not be initialised and is freed with lq_sdp_free in either case. A section is rejected (port 0) when it is neither
 * audio nor video, is rejected in the offer, has no rtcp-mux or no mid, is outside of the offer's BUNDLE group (without a group: is not the
 * first), or shares no codec with us. The payload types, extension numbers and mids are the offer's. session_id, session_version, ICE values,
 * fingerprint, candidates, msid and ssrcs of the answer are left empty: the caller fills them in. 0 (also when all sections are rejected),
 * LQ_ENOMEM, or LQ_EINVAL for a setup that cannot be. */
int lq_sdp_answer(const lq_sdp *offer, const lq_sdp_answer_options *options, lq_sdp *answer);

/* 1 when the section is in use: not rejected. */
int lq_sdp_media_alive(const lq_sdp_media *m);
/* The section with this mid, NULL none. */
const lq_sdp_media *lq_sdp_media_by_mid(const lq_sdp *sdp, const char *mid);
/* Appends a mid to the BUNDLE group. LQ_ENOSPACE. */
int lq_sdp_bundle_add(lq_sdp *sdp, const char *mid);
/* 1 when the mid is in the BUNDLE group. */
int lq_sdp_bundled(const lq_sdp *sdp, const char *mid);

#endif
