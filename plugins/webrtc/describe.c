/* Descriptions: the session's SDP with ICE's values, and the other side's for both. */
#include <string.h>

#include "webrtc_node.h"

static int local_ice(lq__webrtc *w, lq__peer *p)
{
	lq__ice_description d;
	const char *lines[LQ__ICE_CANDIDATES];
	int e = lq__ice_describe(p->ice, &d);
	for (uint32_t i = 0; i < d.n; i++)
		lines[i] = d.candidates[i];
	return e ? e : lq_session_set_local_ice(p->session, d.ufrag, d.pwd, lines, d.n);
}

int lq__describe(lq__webrtc *w, uint32_t direction, char *out, size_t size)
{
	lq__peer *p = direction <= LQ_RECEIVE ? w->peers[direction] : NULL;
	if (!p)
		return lq__webrtc_fail(w, LQ_ESTATE, "open comes before describe");
	if (!p->offers && !lq_session_remote(p->session))
		return lq__webrtc_fail(w, LQ_ESTATE, "the other side's offer comes before the answer");
	if (!lq__ice_is_gathered(p->ice)) {
		p->wants_description = 1;
		return LQ_EAGAIN;
	}
	int e = p->offers ? lq__ports_announce(w, direction) : 0;
	if (!e)
		e = local_ice(w, p);
	if (!e)
		e = lq_session_describe(p->session, out, size);
	return e < 0 ? e : 0;
}

static int remote_ice(lq__webrtc *w, lq__peer *p)
{
	const lq_sdp *d = lq_session_remote(p->session);
	if (!strcmp(p->ufrag, d->ice_ufrag))
		return 0; /* a later description of the same connection */
	if (*p->ufrag)
		return lq__webrtc_fail(w, LQ_ENOTSUP, "a=ice-ufrag has changed: close and open again to restart ICE");
	int n = lq__ice_set_remote(p->ice, d->ice_ufrag, d->ice_pwd, d->ice_lite, d->candidates[0], sizeof d->candidates[0], d->n_candidates);
	if (n < 0)
		return lq__webrtc_fail(w, n, "a=ice-ufrag or a=ice-pwd cannot be right");
	if (!n && d->n_candidates)
		w->host->log(w->host, LQ_LOG_WARNING, "none of the other side's %u candidates is a UDP address", d->n_candidates);
	memcpy(p->ufrag, d->ice_ufrag, sizeof p->ufrag);
	return 0;
}

int lq__set_remote(lq__webrtc *w, uint32_t direction, const char *text)
{
	char error[200] = "";
	lq__peer *p = direction <= LQ_RECEIVE ? w->peers[direction] : NULL;
	if (!p)
		return lq__webrtc_fail(w, LQ_ESTATE, "open comes before set_remote");
	int e = lq_session_set_remote(p->session, text, error, sizeof error);
	if (e)
		return lq__webrtc_fail(w, e, "%s", error);
	e = remote_ice(w, p);
	if (!e && p->state == LQ_STATE_NEW)
		lq__peer_state(p, LQ_STATE_CONNECTING, NULL);
	return e;
}
