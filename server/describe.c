#include "server/describe.h"

#include <stdio.h>
#include <string.h>

#include <loquat/plugin/errors.h>

#include "base/alloc.h"

void lq__describe_transport(lq_sdp *sdp, const lq__peer *peer, uint64_t session_id, uint64_t version)
{
	const lq__media *media = lq__peer_media(peer);
	sdp->session_id = session_id;
	sdp->session_version = version;
	sdp->ice_lite = 1;
	sdp->end_of_candidates = 1;
	snprintf(sdp->ice_ufrag, sizeof sdp->ice_ufrag, "%s", lq__peer_ufrag(peer));
	snprintf(sdp->ice_pwd, sizeof sdp->ice_pwd, "%s", lq__peer_pwd(peer));
	snprintf(sdp->fingerprint_hash, sizeof sdp->fingerprint_hash, "sha-256");
	memcpy(sdp->fingerprint, lq__peer_fingerprint(peer), 32);
	sdp->fingerprint_len = 32;
	for (uint32_t i = 0; i < lq__media_hosts(media); i++)
		snprintf(sdp->candidates[sdp->n_candidates++], sizeof sdp->candidates[0], "candidate:%u 1 udp %u %s %u typ host", i + 1,
		         (126u << 24) | (65535u - i) << 8 | 255u, lq__media_host(media, i), lq__peer_port(peer));
}

json_t *lq__describe_json(const lq_sdp *sdp)
{
	char *text = lq__malloc(LQ_SDP_MAX_TEXT);
	json_t *json = text && lq_sdp_write(sdp, text, LQ_SDP_MAX_TEXT) > 0 ? json_string(text) : NULL;
	lq__free(text);
	return json;
}

int lq__describe_read(const char *text, const char *place, lq_sdp *out, char *error, size_t error_size)
{
	char why[160] = "";
	int e = lq_sdp_parse(text, strlen(text), out, why, sizeof why);
	if (!e && !out->n_media)
		snprintf(why, sizeof why, "it has no media section");
	else if (!e && (!*out->ice_ufrag || !*out->ice_pwd))
		snprintf(why, sizeof why, "a=ice-ufrag or a=ice-pwd is missing");
	else if (!e && !out->fingerprint_len)
		snprintf(why, sizeof why, "a=fingerprint is missing");
	if (e == LQ_ENOMEM) {
		snprintf(error, error_size, "the server is out of memory");
		return e;
	}
	if (*why)
		snprintf(error, error_size, "%s: %s", place, why);
	return *why ? LQ_EINVAL : 0;
}
