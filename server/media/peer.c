/* A peer's packets: found by ICE user name or by address, STUN answered, DTLS and SRTP undone. */
#include <string.h>

#include <loquat/log.h>
#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>

#include "server/media/track.h"
#include "server/media/worker.h"

/* ---- tables ---- */

static lq__link *addr_bucket(lq__worker *w, const lq_addr *a)
{
	return &w->by_addr[lq_addr_hash(a) % LQ_BUCKETS];
}

static lq__peer_address *find_address(lq__worker *w, const lq_addr *a)
{
	LQ__EACH(lq__peer_address, p, addr_bucket(w, a), link)
		if (lq_addr_equal(&p->addr, a))
			return p;
	return NULL;
}

lq__link *lq__peer_ufrag_bucket(lq__worker *w, const char *ufrag, size_t len)
{
	uint32_t h = 2166136261u;
	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)ufrag[i]) * 16777619u;
	return &w->by_ufrag[h % LQ_BUCKETS];
}

static lq__peer *find_ufrag(lq__worker *w, const char *ufrag, size_t len)
{
	LQ__EACH(lq__peer, p, lq__peer_ufrag_bucket(w, ufrag, len), by_ufrag)
		if (strlen(p->ice.ufrag) == len && !memcmp(p->ice.ufrag, ufrag, len))
			return p;
	return NULL;
}

/* From this address this peer has shown that it knows the password. */
static void bind_address(lq__peer *p, const lq_addr *a)
{
	lq__peer_address *old = find_address(p->worker, a);
	if (old && old->peer == p)
		return;
	if (old) {
		lq__list_remove(&old->link);
		old->addr.len = 0;
	}
	lq__peer_address *slot = &p->addresses[p->next_address++ % LQ_PEER_ADDRESSES];
	lq__list_remove(&slot->link);
	slot->addr = *a;
	lq__list_append(addr_bucket(p->worker, a), &slot->link);
}

/* ---- sending ---- */

int lq__peer_ready(const lq__peer *p)
{
	return p->srtp && p->ice.selected.len;
}

static void send_protected(lq__peer *p, lq__datagram *d, size_t len, int e)
{
	if (e) {
		lq__add(&p->worker->count.dropped_send, 1);
		return;
	}
	lq__add(&p->packets_sent, 1);
	lq__add(&p->bytes_sent, len);
	lq__socket_commit(p->worker, &p->ice.selected, len);
}

void lq__peer_send_rtp(lq__peer *p, lq__datagram *d, size_t len)
{
	int e = lq_srtp_protect(p->srtp, d->data, &len);
	send_protected(p, d, len, e);
}

void lq__peer_send_rtcp(lq__peer *p, lq__datagram *d, size_t len)
{
	int e = lq_srtp_protect_rtcp(p->srtp, d->data, &len);
	send_protected(p, d, len, e);
}

void lq__peer_dtls_output(void *arg, const uint8_t *data, size_t len)
{
	lq__peer *p = arg;
	if (!p->ice.selected.len || len > LQ_DATAGRAM_MAX)
		return;
	memcpy(lq__socket_next(p->worker)->data, data, len);
	lq__socket_commit(p->worker, &p->ice.selected, len);
}

/* ---- receiving ---- */

static void on_stun(lq__worker *w, lq__datagram *d)
{
	lq_stun msg;
	lq__peer *p = NULL;
	size_t reply_len;
	int changed;
	if (!lq_stun_parse(d->data, d->len, &msg) && msg.username) {
		const char *colon = memchr(msg.username, ':', msg.username_len);
		p = find_ufrag(w, msg.username, colon ? (size_t)(colon - msg.username) : msg.username_len);
	}
	if (!p) {
		lq__add(&w->count.dropped_stun, 1);
		return;
	}
	lq__datagram *out = lq__socket_next(w);
	int e = lq_ice_lite_input(&p->ice, d->data, d->len, &d->addr, w->now, out->data, LQ_DATAGRAM_MAX, &reply_len, &changed);
	if (reply_len)
		lq__socket_commit(w, &d->addr, reply_len);
	if (e) {
		lq__add(&w->count.dropped_stun, 1);
		return;
	}
	atomic_store_explicit(&p->seen, w->now, memory_order_relaxed);
	bind_address(p, &d->addr);
	if (p->ice.checks == 1)
		lq_dtls_start(p->dtls, w->now);
}

static void on_dtls_open(lq__peer *p)
{
	lq_srtp_keys keys;
	int e = lq_dtls_keys(p->dtls, &keys);
	if (!e)
		e = lq_srtp_create(&keys, 0, &p->srtp);
	memset(&keys, 0, sizeof keys);
	if (e) {
		lq_log(LQ_LOG_ERROR, "media", "no SRTP for a peer: %s", lq_error_text(e));
		return;
	}
	lq__add(&p->worker->count.dtls_opened, 1);
	atomic_store_explicit(&p->open, 1, memory_order_relaxed);
	LQ__EACH(lq__forward, f, &p->forwards, peer_link)
		lq__forward_begin(f);
}

void lq__peer_dtls_changed(lq__peer *p, int before)
{
	int state = lq_dtls_state(p->dtls);
	if (state == before)
		return;
	if (state == LQ_DTLS_OPEN && !p->srtp)
		on_dtls_open(p);
	if (state == LQ_DTLS_FAILED || state == LQ_DTLS_CLOSED)
		atomic_store_explicit(&p->open, 0, memory_order_relaxed);
	if (state == LQ_DTLS_FAILED) {
		lq__add(&p->worker->count.dtls_failed, 1);
		lq_log(LQ_LOG_WARNING, "media", "DTLS with a peer failed: %s", lq_dtls_error(p->dtls));
	}
}

static void on_dtls(lq__peer *p, lq__datagram *d)
{
	int before = lq_dtls_state(p->dtls);
	if (lq_dtls_input(p->dtls, d->data, d->len, p->worker->now))
		lq__add(&p->worker->count.dropped_malformed, 1);
	lq__peer_dtls_changed(p, before);
}

static void on_media(lq__peer *p, lq__datagram *d, int kind)
{
	lq__worker *w = p->worker;
	size_t len = d->len;
	if (!p->srtp) {
		lq__add(&w->count.dropped_early, 1);
		return;
	}
	if (kind == LQ_PACKET_RTP ? lq_srtp_unprotect(p->srtp, d->data, &len) : lq_srtp_unprotect_rtcp(p->srtp, d->data, &len)) {
		lq__add(&w->count.dropped_auth, 1);
		return;
	}
	atomic_store_explicit(&p->seen, w->now, memory_order_relaxed);
	lq__add(&p->packets_received, 1);
	lq__add(&p->bytes_received, d->len);
	if (kind == LQ_PACKET_RTP)
		lq__track_rtp(p, d->data, len);
	else
		lq__feedback_rtcp(p, d->data, len);
}

void lq__peer_datagram(lq__worker *w, lq__datagram *d)
{
	if (d->len > LQ_DATAGRAM_MAX) {
		lq__add(&w->count.dropped_long, 1);
		return;
	}
	int kind = lq_packet_classify(d->data, d->len);
	if (kind == LQ_PACKET_STUN) {
		on_stun(w, d);
		return;
	}
	lq__peer_address *a = kind == LQ_PACKET_UNKNOWN ? NULL : find_address(w, &d->addr);
	if (!a)
		lq__add(&w->count.dropped_unknown, 1);
	else if (kind == LQ_PACKET_DTLS)
		on_dtls(a->peer, d);
	else
		on_media(a->peer, d, kind);
}

void lq__peer_tick(lq__peer *p)
{
	lq__worker *w = p->worker;
	int64_t next = lq_dtls_next(p->dtls);
	if (next != LQ_TIME_NONE && next <= w->now) {
		int before = lq_dtls_state(p->dtls);
		lq_dtls_timeout(p->dtls, w->now);
		lq__peer_dtls_changed(p, before);
	}
	if (p->ice.selected.len && !lq_ice_lite_alive(&p->ice, w->now))
		p->ice.selected.len = 0; /* it consents no longer: nothing is sent until it checks again */
	if (!lq__peer_ready(p))
		return;
	LQ__EACH(lq__media_track, t, &p->tracks, link)
		lq__track_tick(t);
	if (p->report_at != LQ_TIME_NONE && p->report_at <= w->now)
		lq__feedback_report(p);
}
