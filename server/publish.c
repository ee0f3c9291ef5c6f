#include "server/publish.h"

#include <stdio.h>
#include <string.h>

#include <loquat/log.h>
#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>

#include "base/alloc.h"
#include "server/codecs.h"
#include "server/control.h"
#include "server/describe.h"
#include "server/media/media.h"
#include "webrtc/sdp_answer.h"

struct lq__publisher {
	lq__peer *peer;
	uint64_t session_id, version;
};

typedef struct publishing {
	lq__member *member;
	const lq__message *request;
	lq_sdp offer, answer;
	char *error;
	size_t error_size;
} publishing;

static int refuse(publishing *p, uint32_t i, const char *why)
{
	snprintf(p->error, p->error_size, "publish.tracks[%u]: %s", i, why);
	return LQ_EINVAL;
}

/* ---- the offer ---- */

/* The sender's first codec that we can forward, alone with its RTX, is what may be answered. */
static int keep_first_codec(lq_sdp_media *m)
{
	lq_sdp_codec kept[2];
	uint32_t n = 0;
	for (uint32_t i = 0; i < m->n_codecs && !n; i++) {
		uint32_t id = lq_sdp_codec_id(&m->codecs[i]);
		const lq_sdp_codec *c = lq__codec_forwarded(id, m->media) ? lq_sdp_codec_find(m, id) : NULL;
		const lq_sdp_codec *rtx = c ? lq_sdp_rtx_for(m, c->pt) : NULL;
		if (c)
			kept[n++] = *c;
		if (rtx)
			kept[n++] = *rtx;
	}
	memcpy(m->codecs, kept, n * sizeof *kept);
	m->n_codecs = n;
	return n ? 0 : LQ_EFORMAT;
}

static lq_sdp_media *section(lq_sdp *sdp, const char *mid)
{
	for (uint32_t i = 0; i < sdp->n_media; i++)
		if (!strcmp(sdp->media[i].mid, mid))
			return &sdp->media[i];
	return NULL;
}

static int check_layers(publishing *p, uint32_t i);

/* Of tracks that are there already nothing is asked. */
static int check_room(publishing *p, uint32_t i)
{
	const lq__message_track *t = &p->request->tracks[i];
	char why[200];
	uint32_t cameras = 0;
	for (uint32_t k = 0; k < p->request->n_tracks; k++)
		cameras += p->request->tracks[k].media == LQ_MEDIA_VIDEO && p->request->tracks[k].stream != 1;
	LQ__EACH(lq__track, old, &p->member->tracks, link)
		if (old->media == t->media && old->stream == t->stream)
			return 0;
	int e = lq__control_admit(p->member, t->media, t->stream, cameras, why, sizeof why);
	if (e)
		snprintf(p->error, p->error_size, "publish.tracks[%u]: %s", i, why);
	return e;
}

static int check_track(publishing *p, uint32_t i)
{
	const lq__message_track *t = &p->request->tracks[i];
	lq_sdp_media *m = section(&p->offer, t->mid);
	int e;
	for (uint32_t k = 0; k < i; k++) {
		const lq__message_track *o = &p->request->tracks[k];
		if (!strcmp(o->mid, t->mid))
			return refuse(p, i, "its mid is there twice");
		if (o->media == t->media && o->stream == t->stream)
			return refuse(p, i, "a stream has one track of a kind");
	}
	if (!m || !*t->mid)
		return refuse(p, i, "the offer has no section with this mid");
	if (m->media != t->media)
		return refuse(p, i, "its section in the offer is of another kind");
	if (!(m->direction & LQ_SDP_SENDONLY))
		return refuse(p, i, "its section in the offer does not send");
	if (keep_first_codec(m))
		return refuse(p, i, t->media == LQ_MEDIA_AUDIO ? "the offer has no Opus for it" :
		                                                 "the offer has neither H264 (packetization-mode 1) nor VP8 nor VP9 for it");
	e = check_room(p, i);
	return e ? e : check_layers(p, i);
}

/* ---- layers ---- */

/* How to go from one layer to another is known of these codecs. */
static int can_layer(const lq_sdp_media *m)
{
	uint32_t codec = lq_sdp_codec_id(&m->codecs[0]);
	return codec == LQ_CODEC_H264 || codec == LQ_CODEC_VP8;
}

static void put_first(lq_sdp_media *m, uint32_t to, uint32_t from)
{
	lq_sdp_rid rid = m->rids[from];
	memmove(&m->rids[to + 1], &m->rids[to], (from - to) * sizeof rid);
	m->rids[to] = rid;
}

/* The section's encodings become those that the request names, in its order; without a word of them they stay in the order of a=simulcast. */
static int check_layers(publishing *p, uint32_t i)
{
	const lq__message_track *t = &p->request->tracks[i];
	lq_sdp_media *m = section(&p->offer, t->mid);
	if (!can_layer(m)) {
		m->n_rids = m->n_sims = 0;
		return 0;
	}
	for (uint32_t k = 0; k < t->n_layers; k++) {
		uint32_t at = k;
		while (at < m->n_rids && (!m->rids[at].simulcast || m->rids[at].direction != LQ_SDP_SENDONLY || strcmp(m->rids[at].id, t->layers[k].rid)))
			at++;
		if (at == m->n_rids)
			return refuse(p, i, "layers: the offer's a=simulcast sends no such RID, or it is there twice");
		put_first(m, k, at);
	}
	if (t->n_layers)
		m->n_rids = t->n_layers;
	return 0;
}

static int is_requested(const lq__message *request, const char *mid)
{
	for (uint32_t i = 0; i < request->n_tracks; i++)
		if (!strcmp(request->tracks[i].mid, mid))
			return 1;
	return 0;
}

static int make_answer(publishing *p)
{
	static const uint32_t codecs[] = {LQ_CODEC_OPUS, LQ_CODEC_H264, LQ_CODEC_VP8, LQ_CODEC_VP9};
	static const char *const exts[] = {LQ_EXT_MID, LQ_EXT_ABS_CAPTURE_TIME, LQ_EXT_AUDIO_LEVEL, LQ_EXT_RID, LQ_EXT_REPAIRED_RID};
	const lq_sdp_answer_options options = {.codecs = codecs, .n_codecs = 4, .first_only = 1, .rtx = 1, .direction = LQ_SDP_RECVONLY,
	                                       .feedback = LQ_FB_NACK | LQ_FB_PLI | LQ_FB_FIR | LQ_FB_REMB, .exts = exts, .n_exts = 5,
	                                       .max_layers = LQ_LAYERS_MAX, .setup = LQ_SETUP_PASSIVE};
	for (uint32_t i = 0; i < p->offer.n_media; i++)
		if (!is_requested(p->request, p->offer.media[i].mid))
			p->offer.media[i].direction = LQ_SDP_INACTIVE;
	int e = lq_sdp_answer(&p->offer, &options, &p->answer);
	if (e) {
		snprintf(p->error, p->error_size, "publish.sdp: cannot be answered: %s", lq_error_text(e));
		return e;
	}
	if (p->answer.setup != LQ_SETUP_PASSIVE) {
		snprintf(p->error, p->error_size, "publish.sdp: a=setup must be actpass or active");
		return LQ_EINVAL;
	}
	for (uint32_t i = 0; i < p->request->n_tracks; i++)
		if (!lq_sdp_media_alive(lq_sdp_media_by_mid(&p->answer, p->request->tracks[i].mid)))
			return refuse(p, i, "its section in the offer is rejected, not in the BUNDLE group, or lacks a=rtcp-mux");
	return 0;
}

/* ---- the tracks ---- */

static lq__track_config config_of(const publishing *p, const char *mid)
{
	const lq_sdp_media *offered = lq_sdp_media_by_mid(&p->offer, mid), *m = lq_sdp_media_by_mid(&p->answer, mid);
	const lq_sdp_codec *c = &m->codecs[0], *rtx = lq_sdp_rtx_for(m, c->pt);
	lq__track_config config = {.media = m->media, .codec = lq_sdp_codec_id(c), .clock_rate = c->rate, .pt = c->pt};
	config.rtx_pt = rtx ? rtx->pt : 0;
	config.ssrc = offered->n_ssrcs ? offered->ssrcs[0].ssrc : 0;
	config.rtx_ssrc = offered->n_ssrcs ? offered->ssrcs[0].rtx : 0;
	config.mid_ext = lq_sdp_ext_id(m, LQ_EXT_MID);
	config.capture_time_ext = lq_sdp_ext_id(m, LQ_EXT_ABS_CAPTURE_TIME);
	config.level_ext = lq_sdp_ext_id(m, LQ_EXT_AUDIO_LEVEL);
	config.nack = !!(c->feedback & LQ_FB_NACK);
	config.pli = !!(c->feedback & LQ_FB_PLI);
	snprintf(config.mid, sizeof config.mid, "%s", mid);
	return config;
}

static uint32_t repair_of(const lq_sdp_media *m, uint32_t ssrc)
{
	for (uint32_t i = 0; i < m->n_ssrcs; i++)
		if (m->ssrcs[i].ssrc == ssrc)
			return m->ssrcs[i].rtx;
	return 0;
}

/* One for each layer: by the RIDs that were agreed on, or by the sources of a SIM group, which has the smallest first. Returns how many. */
static uint32_t configs_of(const publishing *p, const char *mid, lq__track_config out[LQ_LAYERS_MAX])
{
	const lq_sdp_rid *rids[LQ_LAYERS_MAX];
	const lq_sdp_media *offered = lq_sdp_media_by_mid(&p->offer, mid), *m = lq_sdp_media_by_mid(&p->answer, mid);
	uint32_t n = lq_sdp_layers(m, LQ_SDP_RECVONLY, rids, LQ_LAYERS_MAX), n_sims = n ? 0 : offered->n_sims;
	out[0] = config_of(p, mid);
	n_sims = n_sims < LQ_LAYERS_MAX ? n_sims : LQ_LAYERS_MAX;
	for (uint32_t i = 0; i < n; i++) {
		out[i] = out[0];
		out[i].ssrc = out[i].rtx_ssrc = 0;
		out[i].rid_ext = lq_sdp_ext_id(m, LQ_EXT_RID);
		out[i].repaired_rid_ext = lq_sdp_ext_id(m, LQ_EXT_REPAIRED_RID);
		snprintf(out[i].rid, sizeof out[i].rid, "%s", rids[i]->id);
	}
	for (uint32_t i = 0; i < n_sims; i++) {
		out[i] = out[0];
		out[i].ssrc = offered->sims[offered->n_sims - 1 - i];
		out[i].rtx_ssrc = repair_of(offered, out[i].ssrc);
	}
	return n ? n : n_sims ? n_sims : 1;
}

static int same_layers(const lq__track *t, const lq__track_config *configs, uint32_t n)
{
	if (lq__media_track_layers(t->source) != n)
		return 0;
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(t->layers[i].rid, configs[i].rid))
			return 0;
	return 1;
}

/* What others are told of its size. */
static void note_sizes(lq__track *t, const lq__message_track *r, const lq__track_config *configs, uint32_t n)
{
	t->width = r->width;
	t->height = r->height;
	t->n_layers = n;
	for (uint32_t i = 0; i < n; i++) {
		snprintf(t->layers[i].rid, sizeof t->layers[i].rid, "%s", configs[i].rid);
		t->layers[i].width = i < r->n_layers ? r->layers[i].width : 0;
		t->layers[i].height = i < r->n_layers ? r->layers[i].height : 0;
	}
	if (!t->width && r->n_layers) {
		t->width = r->layers[0].width;
		t->height = r->layers[0].height;
	}
}

static int still_there(const lq__track *t, const publishing *p)
{
	for (uint32_t i = 0; i < p->request->n_tracks; i++) {
		const lq__message_track *r = &p->request->tracks[i];
		if (!strcmp(r->mid, t->mid) && r->media == t->media && r->stream == t->stream) {
			lq__track_config configs[LQ_LAYERS_MAX];
			uint32_t n = configs_of(p, t->mid, configs);
			return configs[0].codec == t->codec && same_layers(t, configs, n);
		}
	}
	return 0;
}

static int open_track(publishing *p, const lq__message_track *r)
{
	lq__track *t;
	lq__track_config configs[LQ_LAYERS_MAX];
	uint32_t n = configs_of(p, r->mid, configs);
	int e = lq__track_create(p->member, r->media, r->stream, r->mid, &t);
	if (e)
		return e;
	t->codec = configs[0].codec;
	note_sizes(t, r, configs, n);
	t->profile = lq__codec_profile(&lq_sdp_media_by_mid(&p->answer, r->mid)->codecs[0]);
	t->source = lq__media_track_open(p->member->publisher->peer, configs, n);
	if (t->source)
		return 0;
	lq__track_remove(t);
	return LQ_ENOMEM;
}

static int apply_tracks(publishing *p)
{
	int e = 0;
	LQ__EACH(lq__track, t, &p->member->tracks, link)
		if (!still_there(t, p))
			lq__track_remove(t);
	for (uint32_t i = 0; !e && i < p->request->n_tracks; i++) {
		const lq__message_track *r = &p->request->tracks[i];
		lq__track *t = lq__track_by_mid(p->member, r->mid);
		lq__track_config configs[LQ_LAYERS_MAX];
		uint32_t n = configs_of(p, r->mid, configs);
		e = t ? lq__media_track_update(t->source, configs) : open_track(p, r);
		if (t)
			note_sizes(t, r, configs, n);
		if (e)
			refuse(p, i, lq_error_text(e));
	}
	return e;
}

/* ---- the whole ---- */

static int open_publisher(struct lq__media *media, publishing *p)
{
	lq__member *m = p->member;
	if (m->publisher)
		return 0;
	lq__publisher *pub = lq__calloc(1, sizeof *pub);
	if (pub)
		pub->peer = lq__peer_open(media, m->room->worker);
	if (!pub || !pub->peer) {
		lq__free(pub);
		snprintf(p->error, p->error_size, "the server has no room for another publisher");
		return LQ_EFULL;
	}
	pub->session_id = (uint64_t)(uintptr_t)strtoull(m->session, NULL, 16) >> 2;
	m->publisher = pub;
	return 0;
}

static json_t *published(publishing *p)
{
	json_t *tracks = json_array();
	for (uint32_t i = 0; i < p->request->n_tracks; i++) {
		const lq__track *t = lq__track_by_mid(p->member, p->request->tracks[i].mid);
		json_array_append_new(tracks, json_pack("{s:s, s:s}", "mid", t->mid, "track", t->id));
	}
	return json_pack("{s:s, s:o, s:o}", "type", "published", "sdp", lq__describe_json(&p->answer), "tracks", tracks);
}

static int apply(struct lq__media *media, publishing *p, json_t **answer)
{
	int e = open_publisher(media, p);
	lq__publisher *pub = p->member->publisher;
	if (!e)
		e = lq__peer_set_remote(pub->peer, p->offer.ice_ufrag, p->offer.fingerprint_hash, p->offer.fingerprint, p->offer.fingerprint_len);
	if (!e)
		e = apply_tracks(p);
	if (e)
		return e;
	lq__describe_transport(&p->answer, pub->peer, pub->session_id, ++pub->version);
	*answer = published(p);
	return *answer ? 0 : LQ_ENOMEM;
}

int lq__publish(struct lq__media *media, lq__member *m, const lq__message *request, json_t **answer, char *error, size_t error_size)
{
	publishing p = {.member = m, .request = request, .error = error, .error_size = error_size};
	if (!lq__member_may_publish(m)) {
		snprintf(error, error_size, "the token does not give the right to publish");
		return LQ_EPERM;
	}
	if (m->audience) {
		snprintf(error, error_size, "the audience does not publish: become a broadcaster first (role)");
		return LQ_EPERM;
	}
	int e = lq__describe_read(request->sdp, "publish.sdp", &p.offer, error, error_size);
	for (uint32_t i = 0; !e && i < request->n_tracks; i++)
		e = check_track(&p, i);
	if (!e)
		e = make_answer(&p);
	if (!e)
		e = apply(media, &p, answer);
	lq_sdp_free(&p.answer);
	lq_sdp_free(&p.offer);
	return e;
}

void lq__publish_announce(lq__member *m)
{
	LQ__EACH(lq__track, t, &m->tracks, link)
		if (!t->announced)
			lq__track_announce(t);
}

void lq__publish_track_leaving(lq__track *t)
{
	if (t->source && t->of)
		lq__media_track_return(t->source);
	else if (t->source)
		lq__media_track_close(t->source);
	t->source = NULL;
}

int lq__publish_track_lend(lq__track *t)
{
	t->source = lq__media_track_lend(t->of->source, t->member->room->worker);
	return t->source ? 0 : LQ_ENOMEM;
}

void lq__publish_close(lq__member *m)
{
	if (!m->publisher)
		return;
	lq__peer_close(m->publisher->peer);
	lq__free(m->publisher);
	m->publisher = NULL;
}

int64_t lq__publish_seen(const lq__member *m)
{
	lq__peer_stats s;
	if (!m->publisher)
		return LQ_TIME_NONE;
	lq__peer_stats_get(m->publisher->peer, &s);
	return s.seen;
}

void lq__publish_figures(const lq__member *m, lq__peer_stats *out)
{
	if (m->publisher)
		lq__peer_stats_get(m->publisher->peer, out);
}

static json_t *layer_stats(const lq__track *t, uint32_t layer)
{
	lq__track_stats s;
	lq__media_track_stats(t->source, layer, &s);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:i}", "packetsReceived", (json_int_t)s.packets_received, "bytesReceived",
	                 (json_int_t)s.bytes_received, "packetsLost", (json_int_t)s.packets_lost, "retransmittedPacketsReceived",
	                 (json_int_t)s.packets_repaired, "keyFramesReceived", (json_int_t)s.key_frames, "nackCount", (json_int_t)s.nacks_sent, "pliCount",
	                 (json_int_t)s.plis_sent, "frameWidth", (int)s.width, "frameHeight", (int)s.height);
}

/* Counts of the layers are summed up; sizes are the best one's. */
static json_t *track_stats(const lq__track *t)
{
	uint32_t n = lq__media_track_layers(t->source);
	json_t *sum = layer_stats(t, 0), *layers = json_array(), *value;
	const char *name;
	for (uint32_t i = 0; i < n; i++) {
		json_t *layer = layer_stats(t, i);
		json_object_foreach(layer, name, value)
			if (i && strncmp(name, "frame", 5))
				json_object_set_new(sum, name, json_integer(json_integer_value(json_object_get(sum, name)) + json_integer_value(value)));
		json_object_set_new(layer, "rid", json_string(t->layers[i].rid));
		json_array_append_new(layers, layer);
	}
	json_object_set_new(sum, "track", json_string(t->id));
	if (n > 1)
		json_object_set(sum, "layers", layers);
	json_decref(layers);
	return sum;
}

json_t *lq__publish_stats(const lq__member *m)
{
	lq__peer_stats s = {0};
	json_t *tracks = json_array();
	if (m->publisher)
		lq__peer_stats_get(m->publisher->peer, &s);
	LQ__EACH(lq__track, t, &m->tracks, link)
		json_array_append_new(tracks, track_stats(t));
	return json_pack("{s:b, s:o}", "open", s.open, "tracks", tracks);
}

json_t *lq__publish_ice_json(const struct lq__media *media, uint32_t worker)
{
	return json_pack("{s:s, s:i}", "host", lq__media_host(media, 0), "port", lq__media_port(media, worker));
}
