/* What the parts of the SDP reader share. */
#ifndef LQ_WEBRTC_SDP_ATTR_H
#define LQ_WEBRTC_SDP_ATTR_H

#include "sdp.h"

#define LQ__SDP_MAX_LINE 2000

typedef struct sdp_reader {
	lq_sdp *sdp;
	lq_sdp_media *media; /* NULL: at session level */
	uint32_t line;
	char where[40]; /* "a=rtpmap", for errors */
	char *error;
	size_t error_size;
	/* Session-level values that hold for every section. */
	uint32_t direction, n_exts;
	lq_sdp_ext exts[LQ_SDP_MAX_EXTS];
	/* The section that gave transport values and candidates (its number from 1), 0: none yet. */
	uint32_t ice_of, fingerprint_of, setup_of, candidates_of;
} sdp_reader;

/* Fills the caller's `error`; returns LQ_EPARSE. */
int lq__sdp_fail(sdp_reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Copies a text of `len` characters; an error when it does not fit. */
int lq__sdp_copy(sdp_reader *r, const char *text, size_t len, char *out, size_t size);
/* The next word, its length (0: none). */
size_t lq__sdp_word(const char **p, const char **word);
int lq__sdp_number(const char **p, uint64_t max, uint64_t *out);

/* sdp_simulcast.c: the values of a=rid, a=simulcast and of "a=ssrc-group:SIM". */
int lq__sdp_rid(sdp_reader *r, const char *v);
int lq__sdp_simulcast(sdp_reader *r, const char *v);
int lq__sdp_sim_group(sdp_reader *r, const char *v);
void lq__sdp_complete_rids(lq_sdp_media *m);

/* One a= line, without "a=". */
int lq__sdp_attribute(sdp_reader *r, const char *text);
/* What can be told only at the end. */
int lq__sdp_complete(sdp_reader *r);

#endif
