#include "server/subscribe.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/log.h>
#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>

#include "base/alloc.h"
#include "server/client.h"
#include "server/codecs.h"
#include "server/describe.h"
#include "server/media/media.h"
#include "webrtc/sdp_answer.h"

/* A media section: it stays in the description for ever, with one track after another. */
typedef struct slot {
	uint32_t media, codec, profile;
	uint32_t ssrc, rtx_ssrc;
	uint32_t layer, told; /* LQ_LAYER_*: the wish; what the member was told of last, with its size */
	uint32_t told_width, told_height;
	int tell;             /* it is to be told in any case */
	lq__track *track; /* NULL: inactive */
	lq__forward *forward;
	int offered; /* the offer under way shows it as it is now */
} slot;

struct lq__subscriber {
	lq__peer *peer;
	uint64_t session_id;
	int64_t rev;
	int waiting, dirty; /* an offer is under way; there is something to offer */
	json_t *offer;      /* the one under way */
	uint32_t n_slots, n_offered;
	slot slots[LQ_SDP_MAX_MEDIA];
};

static void mid_of(const lq__subscriber *s, const slot *sl, char out[12])
{
	snprintf(out, 12, "%u", (unsigned)(sl - s->slots));
}

static slot *slot_of(lq__subscriber *s, const lq__track *t)
{
	for (uint32_t i = 0; s && i < s->n_slots; i++)
		if (s->slots[i].track == t)
			return &s->slots[i];
	return NULL;
}

/* ---- what is wanted ---- */

static slot *free_slot(lq__subscriber *s, uint32_t media)
{
	for (uint32_t i = 0; i < s->n_slots; i++)
		if (!s->slots[i].track && s->slots[i].media == media)
			return &s->slots[i];
	return s->n_slots < LQ_SDP_MAX_MEDIA ? &s->slots[s->n_slots++] : NULL;
}

static void put_in(lq__subscriber *s, slot *sl, lq__track *t, uint32_t layer)
{
	uint32_t ssrcs[2] = {0};
	if (RAND_bytes((unsigned char *)ssrcs, sizeof ssrcs) != 1)
		ssrcs[0] = ssrcs[1] = (uint32_t)(s->rev * 2 + 1);
	*sl = (slot){.media = t->media, .codec = t->codec, .profile = t->profile, .ssrc = ssrcs[0] | 1, .rtx_ssrc = ssrcs[1] & ~1u,
	              .layer = layer, .told = LQ_LAYERS_MAX, .track = t};
	s->dirty = 1;
}

static void take_out(lq__subscriber *s, slot *sl)
{
	if (sl->forward)
		lq__forward_close(sl->forward);
	sl->forward = NULL;
	sl->track = NULL;
	sl->offered = 0;
	s->dirty = 1;
}

static int open_subscriber(struct lq__media *media, lq__member *m, char *error, size_t size)
{
	if (m->subscriber)
		return 0;
	lq__subscriber *s = lq__calloc(1, sizeof *s);
	if (s)
		s->peer = lq__peer_open(media, m->room->worker);
	if (!s || !s->peer) {
		lq__free(s);
		snprintf(error, size, "the server has no room for another subscriber");
		return LQ_EFULL;
	}
	s->session_id = strtoull(m->session, NULL, 16) >> 2;
	m->subscriber = s;
	return 0;
}

/* Whether there is a section for each track that is not subscribed yet. */
static int has_room(lq__subscriber *s, lq__track *const *tracks, uint32_t n)
{
	uint32_t left[2] = {0}, fresh = LQ_SDP_MAX_MEDIA - s->n_slots;
	for (uint32_t i = 0; i < s->n_slots; i++)
		left[s->slots[i].media == LQ_MEDIA_VIDEO] += !s->slots[i].track;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t *l = &left[tracks[i]->media == LQ_MEDIA_VIDEO];
		if (slot_of(s, tracks[i]))
			continue;
		if (*l)
			(*l)--;
		else if (fresh)
			fresh--;
		else
			return 0;
	}
	return 1;
}

int lq__subscribe(struct lq__media *media, lq__member *m, lq__track *const *tracks, uint32_t n, uint32_t layer, char *error, size_t error_size)
{
	if (!m->may_subscribe) {
		snprintf(error, error_size, "the token does not give the right to subscribe");
		return LQ_EPERM;
	}
	for (uint32_t i = 0; i < n; i++)
		if (tracks[i]->member == m) {
			snprintf(error, error_size, "subscribe.tracks[%u]: this is your own track", i);
			return LQ_EINVAL;
		}
	int e = open_subscriber(media, m, error, error_size);
	if (e)
		return e;
	if (!has_room(m->subscriber, tracks, n)) {
		snprintf(error, error_size, "subscribe.tracks: at most %d tracks at a time: unsubscribe from others first", LQ_SDP_MAX_MEDIA);
		return LQ_EFULL;
	}
	for (uint32_t i = 0; i < n; i++)
		if (!slot_of(m->subscriber, tracks[i]))
			put_in(m->subscriber, free_slot(m->subscriber, tracks[i]->media), tracks[i], layer);
	return 0;
}

void lq__unsubscribe(lq__member *m, lq__track *const *tracks, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		slot *sl = slot_of(m->subscriber, tracks[i]);
		if (sl)
			take_out(m->subscriber, sl);
	}
}

void lq__unsubscribe_all(lq__member *m)
{
	lq__subscriber *s = m->subscriber;
	for (uint32_t i = 0; s && i < s->n_slots; i++)
		if (s->slots[i].track)
			take_out(s, &s->slots[i]);
	lq__subscribe_offer(m);
}

void lq__subscribe_track_leaving(lq__track *t)
{
	LQ__EACH(lq__member, m, &t->member->room->members, link)
		lq__unsubscribe(m, &t, 1);
}

/* ---- layers ---- */

static slot *slot_of_forward(lq__subscriber *s, const lq__forward *f)
{
	for (uint32_t i = 0; s && i < s->n_slots; i++)
		if (s->slots[i].forward == f)
			return &s->slots[i];
	return NULL;
}

static void on_layer(void *arg, lq__forward *f)
{
	lq__member *m = arg;
	slot *sl = slot_of_forward(m->subscriber, f);
	uint32_t layer, width, height;
	if (!sl || !lq__forward_layer(f, &layer, &width, &height))
		return;
	if (!sl->tell && sl->told == layer && sl->told_width == width && sl->told_height == height)
		return;
	sl->tell = 0;
	sl->told = layer;
	sl->told_width = width;
	sl->told_height = height;
	lq__track_tell_layer(sl->track, m, layer, width, height);
}

int lq__subscribe_layer(lq__member *m, lq__track *t, uint32_t layer)
{
	slot *sl = slot_of(m->subscriber, t);
	if (!sl)
		return LQ_ESTATE;
	sl->layer = layer;
	sl->tell = 1;
	return sl->forward ? lq__forward_wish(sl->forward, layer) : 0;
}

/* ---- offers ---- */

static int describe_slot(const lq__subscriber *s, const slot *sl, lq_sdp *sdp)
{
	lq_sdp_media *m = lq_sdp_add(sdp);
	if (!m)
		return LQ_ENOMEM;
	m->media = sl->media;
	snprintf(m->kind, sizeof m->kind, "%s", lq__kind_name(sl->media));
	snprintf(m->proto, sizeof m->proto, "UDP/TLS/RTP/SAVPF");
	mid_of(s, sl, m->mid);
	m->port = 9;
	m->rtcp_mux = m->rtcp_rsize = 1;
	m->direction = sl->track ? LQ_SDP_SENDONLY : LQ_SDP_INACTIVE;
	lq__codec_offer(sl->codec, sl->profile, m);
	if (sl->track) {
		const lq__track *t = sl->track;
		snprintf(m->msid, sizeof m->msid, "%.100s %s-%s", t->member->user, lq__stream_name(t->stream), lq__kind_name(t->media));
		snprintf(m->cname, sizeof m->cname, "%s", t->member->session);
		m->ssrcs[0].ssrc = sl->ssrc;
		m->ssrcs[0].rtx = sl->media == LQ_MEDIA_VIDEO ? sl->rtx_ssrc : 0;
		m->n_ssrcs = 1;
	}
	return lq_sdp_bundle_add(sdp, m->mid);
}

static json_t *describe(lq__subscriber *s)
{
	lq_sdp sdp = {.setup = LQ_SETUP_ACTPASS};
	int e = 0;
	for (uint32_t i = 0; !e && i < s->n_slots; i++)
		e = describe_slot(s, &s->slots[i], &sdp);
	lq__describe_transport(&sdp, s->peer, s->session_id, (uint64_t)s->rev);
	json_t *json = e ? NULL : lq__describe_json(&sdp);
	lq_sdp_free(&sdp);
	return json;
}

static json_t *offered_tracks(const lq__subscriber *s)
{
	json_t *tracks = json_array();
	for (uint32_t i = 0; i < s->n_slots; i++) {
		const lq__track *t = s->slots[i].track;
		char mid[12];
		mid_of(s, &s->slots[i], mid);
		if (t)
			json_array_append_new(tracks, json_pack("{s:s, s:s, s:s, s:s, s:s}", "mid", mid, "track", t->id, "user", t->member->user, "kind",
			                                        lq__kind_name(t->media), "stream", lq__stream_name(t->stream)));
	}
	return tracks;
}

void lq__subscribe_offer(lq__member *m)
{
	lq__subscriber *s = m->subscriber;
	lq__client *c = m->conn;
	if (!s || !c || !s->dirty || s->waiting)
		return;
	s->rev++;
	json_t *sdp = describe(s);
	json_t *offer = sdp ? json_pack("{s:s, s:o, s:I, s:o}", "type", "offer", "sdp", sdp, "rev", (json_int_t)s->rev, "tracks", offered_tracks(s)) : NULL;
	if (!offer) {
		lq_log(LQ_LOG_ERROR, "room", "no memory for an offer to %s", m->user);
		return; /* it stays dirty: the next change tries again */
	}
	s->dirty = 0;
	s->waiting = 1;
	s->n_offered = s->n_slots;
	for (uint32_t i = 0; i < s->n_slots; i++)
		s->slots[i].offered = 1;
	c->send(c->arg, offer);
	s->offer = offer;
}

void lq__subscribe_resume(lq__member *m)
{
	const lq__subscriber *s = m->subscriber;
	lq__client *c = m->conn;
	if (s && s->waiting)
		c->send(c->arg, s->offer);
	lq__subscribe_offer(m);
}

/* ---- answers ---- */

static void start(lq__member *m, const slot *sl, const lq_sdp_media *a, lq__forward **out)
{
	lq_sdp_media offered = {.media = sl->media};
	lq__forward_config config = {.ssrc = sl->ssrc, .rtx_ssrc = sl->rtx_ssrc};
	lq__codec_offer(sl->codec, sl->profile, &offered);
	config.pt = offered.codecs[0].pt;
	const lq_sdp_codec *rtx = lq_sdp_rtx_for(a, config.pt);
	config.rtx_pt = rtx ? rtx->pt : 0;
	config.mid_ext = lq_sdp_ext_id(a, LQ_EXT_MID);
	config.send_time_ext = lq_sdp_ext_id(a, LQ_EXT_ABS_SEND_TIME);
	config.capture_time_ext = lq_sdp_ext_id(a, LQ_EXT_ABS_CAPTURE_TIME);
	config.level_ext = lq_sdp_ext_id(a, LQ_EXT_AUDIO_LEVEL);
	mid_of(m->subscriber, sl, config.mid);
	snprintf(config.cname, sizeof config.cname, "%s", sl->track->member->session);
	config.layer = sl->layer;
	config.tell = sl->tell;
	config.on_layer = on_layer;
	config.arg = m;
	if (lq_sdp_codec_by_pt(a, config.pt))
		*out = lq__forward_open(m->subscriber->peer, sl->track->source, &config);
}

static void apply(lq__member *m, const lq_sdp *answer)
{
	lq__subscriber *s = m->subscriber;
	for (uint32_t i = 0; i < s->n_offered; i++) {
		slot *sl = &s->slots[i];
		const lq_sdp_media *a = &answer->media[i];
		if (!sl->offered || !sl->track || sl->forward)
			continue;
		if (lq_sdp_media_alive(a) && a->direction & LQ_SDP_RECVONLY)
			start(m, sl, a, &sl->forward);
		if (!sl->forward)
			lq_log(LQ_LOG_INFO, "room", "%s does not take track %s", m->user, sl->track->id);
	}
	s->waiting = 0;
	json_decref(s->offer);
	s->offer = NULL;
}

static int check(const lq__subscriber *s, const lq_sdp *answer, char *error, size_t size)
{
	if (answer->n_media != s->n_offered)
		snprintf(error, size, "answer.sdp: it has %u media sections, the offer has %u", answer->n_media, s->n_offered);
	else if (answer->setup != LQ_SETUP_ACTIVE)
		snprintf(error, size, "answer.sdp: a=setup must be active: the server waits for your DTLS");
	else
		return 0;
	return LQ_EINVAL;
}

int lq__subscribe_answer(lq__member *m, const lq__message *request, char *error, size_t error_size)
{
	lq__subscriber *s = m->subscriber;
	lq_sdp answer;
	if (!s || !s->waiting || request->rev != s->rev) {
		snprintf(error, error_size, "answer.rev: no offer %lld is waiting for an answer", (long long)request->rev);
		return LQ_ESTATE;
	}
	int e = lq__describe_read(request->sdp, "answer.sdp", &answer, error, error_size);
	if (!e)
		e = check(s, &answer, error, error_size);
	if (!e)
		e = lq__peer_set_remote(s->peer, answer.ice_ufrag, answer.fingerprint_hash, answer.fingerprint, answer.fingerprint_len);
	if (!e)
		apply(m, &answer);
	lq_sdp_free(&answer);
	return e;
}

/* ---- the end, figures ---- */

void lq__subscribe_close(lq__member *m)
{
	lq__subscriber *s = m->subscriber;
	if (!s)
		return;
	for (uint32_t i = 0; i < s->n_slots; i++)
		take_out(s, &s->slots[i]);
	lq__peer_close(s->peer);
	json_decref(s->offer);
	lq__free(s);
	m->subscriber = NULL;
}

int64_t lq__subscribe_seen(const lq__member *m)
{
	lq__peer_stats s;
	if (!m->subscriber)
		return LQ_TIME_NONE;
	lq__peer_stats_get(m->subscriber->peer, &s);
	return s.seen;
}

void lq__subscribe_figures(const lq__member *m, lq__peer_stats *out)
{
	if (m->subscriber)
		lq__peer_stats_get(m->subscriber->peer, out);
}

static json_t *slot_stats(const slot *sl)
{
	lq__forward_stats f;
	lq__forward_stats_get(sl->forward, &f);
	uint32_t layer = 0, width = 0, height = 0;
	int known = lq__forward_layer(sl->forward, &layer, &width, &height);
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:s*, s:I}", "track", sl->track->id, "packetsSent", (json_int_t)f.packets_sent, "bytesSent",
	                 (json_int_t)f.bytes_sent, "retransmittedPacketsSent", (json_int_t)f.packets_retransmitted, "nackCount",
	                 (json_int_t)f.nacks_received, "pliCount", (json_int_t)f.plis_received, "layer", known ? lq__layer_name(layer) : NULL,
	                 "layerSwitches", (json_int_t)f.layer_switches);
}

json_t *lq__subscribe_stats(const lq__member *m)
{
	const lq__subscriber *s = m->subscriber;
	lq__peer_stats p = {0};
	json_t *tracks = json_array();
	if (s)
		lq__peer_stats_get(s->peer, &p);
	for (uint32_t i = 0; s && i < s->n_slots; i++)
		if (s->slots[i].forward)
			json_array_append_new(tracks, slot_stats(&s->slots[i]));
	return json_pack("{s:b, s:o}", "open", p.open, "tracks", tracks);
}
