/* SDP (RFC 8866) as WebRTC uses it (JSEP, RFC 9429): parse to a struct, write from it, answer an offer. Sans-IO, no allocation inside the
 * struct: every list has a limit, and what exceeds it is an error. */
#ifndef LQ_WEBRTC_SDP_H
#define LQ_WEBRTC_SDP_H

#include <stddef.h>
#include <stdint.h>

#define LQ_SDP_MAX_MEDIA 64
#define LQ_SDP_MAX_CODECS 48
#define LQ_SDP_MAX_EXTS 24
#define LQ_SDP_MAX_CANDIDATES 24
#define LQ_SDP_MAX_SSRCS 8
#define LQ_SDP_MAX_RIDS 8
#define LQ_SDP_RID_SIZE 33 /* with NUL */
#define LQ_SDP_MAX_TEXT (256 * 1024)

enum { LQ_SDP_INACTIVE = 0, LQ_SDP_SENDONLY = 1, LQ_SDP_RECVONLY = 2, LQ_SDP_SENDRECV = 3 }; /* bit 0 send, bit 1 receive */
enum { LQ_SETUP_NONE = 0, LQ_SETUP_ACTPASS, LQ_SETUP_ACTIVE, LQ_SETUP_PASSIVE };
enum { LQ_FB_NACK = 1u << 0, LQ_FB_PLI = 1u << 1, LQ_FB_FIR = 1u << 2, LQ_FB_REMB = 1u << 3, LQ_FB_TWCC = 1u << 4 };

typedef struct lq_sdp_codec {
	uint8_t pt;
	uint8_t channels;
	uint16_t apt;  /* RTX: the payload type that it repairs; else 0xffff */
	char name[24]; /* "H264", "rtx" */
	uint32_t rate;
	char fmtp[200];
	uint32_t feedback; /* LQ_FB_* */
} lq_sdp_codec;

typedef struct lq_sdp_ext {
	uint8_t id;
	char uri[100];
} lq_sdp_ext;

/* One encoding of a track (RFC 8851). Those of a=simulcast (RFC 8853) come first, in its order; of alternatives only the first is one of them. */
typedef struct lq_sdp_rid {
	char id[LQ_SDP_RID_SIZE];
	uint8_t direction; /* LQ_SDP_SENDONLY or LQ_SDP_RECVONLY: what the describing side does with it */
	uint8_t simulcast; /* its place in a=simulcast, from 1; 0: not there */
	uint8_t paused;    /* there with '~' */
	uint8_t pts[16];   /* a bit for each payload type that pt= allows; all 0: any */
} lq_sdp_rid;

typedef struct lq_sdp_media {
	uint32_t media; /* LQ_MEDIA_AUDIO, _VIDEO; NONE: anything else (rejected in an answer) */
	char kind[16];  /* "audio", "video", "application" */
	char proto[32];
	char fmt[64];  /* the format list of what is not RTP ("webrtc-datachannel"), else empty */
	uint16_t port; /* 0: rejected (unless bundle-only) */
	char mid[33];
	uint32_t direction;
	uint8_t rtcp_mux, rtcp_rsize, bundle_only;
	char msid[130]; /* "stream track" */
	uint32_t n_codecs, n_exts, n_ssrcs;
	lq_sdp_codec codecs[LQ_SDP_MAX_CODECS]; /* in order of preference */
	lq_sdp_ext exts[LQ_SDP_MAX_EXTS];
	struct {
		uint32_t ssrc, rtx; /* rtx from ssrc-group FID; 0 none */
	} ssrcs[LQ_SDP_MAX_SSRCS];
	uint32_t sims[LQ_SDP_MAX_SSRCS], n_sims; /* ssrc-group SIM: the encodings of one track where there are no RIDs, smallest first */
	uint32_t n_rids;
	lq_sdp_rid rids[LQ_SDP_MAX_RIDS];
	char cname[64];
	uint32_t bandwidth; /* b=AS, kbit/s; 0 none */
} lq_sdp_media;

typedef struct lq_sdp {
	uint64_t session_id, session_version;
	char ice_ufrag[257], ice_pwd[257]; /* of the first bundled media or the session */
	uint8_t ice_lite, trickle, end_of_candidates;
	uint32_t setup;
	char fingerprint_hash[16]; /* "sha-256" */
	uint8_t fingerprint[64];
	uint32_t fingerprint_len;
	uint32_t n_candidates;
	char candidates[LQ_SDP_MAX_CANDIDATES][200]; /* "candidate:…" without "a=" */
	char bundle[LQ_SDP_MAX_MEDIA * 8];           /* the mids of a=group:BUNDLE, space separated */
	uint32_t n_media;
	lq_sdp_media *media; /* n_media entries, owned: lq_sdp_free */
} lq_sdp;

/* 0, LQ_EPARSE or LQ_ENOMEM; `error` (may be NULL) gets "line 12: a=rtpmap: …". Free with lq_sdp_free in either case. ICE, DTLS and candidates
 * are those of the first media section that is not rejected and has them: all others are bundled with it. */
int lq_sdp_parse(const char *text, size_t len, lq_sdp *out, char *error, size_t error_size);
void lq_sdp_free(lq_sdp *sdp);
/* A new media section at the end, zeroed; NULL when full or out of memory. Earlier pointers into sdp->media are void then. */
lq_sdp_media *lq_sdp_add(lq_sdp *sdp);
/* Writes with its NUL; returns the length, LQ_ENOSPACE when it does not fit. A section with port 0 that is not bundle-only is written as rejected. */
int lq_sdp_write(const lq_sdp *sdp, char *out, size_t size);

const lq_sdp_codec *lq_sdp_codec_by_pt(const lq_sdp_media *m, uint8_t pt);
/* The first entry for an LQ_CODEC_* that we can work with (H.264: packetization-mode 1, Constrained Baseline, Main or High), NULL none. */
const lq_sdp_codec *lq_sdp_codec_find(const lq_sdp_media *m, uint32_t codec);
uint32_t lq_sdp_codec_id(const lq_sdp_codec *c); /* LQ_CODEC_*; NONE for rtx, red and what we do not know */
const lq_sdp_codec *lq_sdp_rtx_for(const lq_sdp_media *m, uint8_t pt);
/* The value of a parameter of an fmtp line, "level-asymmetry-allowed" and the like. 0, LQ_ENOENT or LQ_ENOSPACE. */
int lq_sdp_fmtp(const lq_sdp_codec *c, const char *name, char *out, size_t size);
uint8_t lq_sdp_ext_id(const lq_sdp_media *m, const char *uri); /* 0: not there */
/* How many encodings of a=simulcast a side sends or receives (LQ_SDP_SENDONLY, LQ_SDP_RECVONLY), and the first `max` of them. */
uint32_t lq_sdp_layers(const lq_sdp_media *m, uint32_t direction, const lq_sdp_rid **out, uint32_t max);
int lq_sdp_rid_allows(const lq_sdp_rid *rid, uint8_t pt);
/* 1 to 32 of a-z A-Z 0-9 - _ */
int lq_sdp_rid_valid(const char *id, size_t len);
/* Appends an encoding to a=simulcast. LQ_ENOSPACE, LQ_EINVAL for no RID. */
int lq_sdp_add_layer(lq_sdp_media *m, const char *id, uint32_t direction);

#define LQ_EXT_MID "urn:ietf:params:rtp-hdrext:sdes:mid"
#define LQ_EXT_RID "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
#define LQ_EXT_REPAIRED_RID "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
#define LQ_EXT_ABS_SEND_TIME "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
#define LQ_EXT_ABS_CAPTURE_TIME "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"
#define LQ_EXT_AUDIO_LEVEL "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
#define LQ_EXT_TWCC "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

#endif
