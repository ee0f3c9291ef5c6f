/* Descriptions: our offer, our answer, and what the other side's say about our tracks. */
#include <stdio.h>
#include <string.h>

#include <loquat/plugin/errors.h>
#include <loquat/plugin/event.h>
#include <loquat/plugin/node.h>

#include "sdp_answer.h"
#include "session_internal.h"

/* In a bundle a payload type means one thing in all sections, so the numbers are fixed. */
typedef struct codec_row {
	uint32_t codec;
	uint8_t pt, rtx_pt, channels;
	uint32_t rate, feedback;
	const char *name, *fmtp;
} codec_row;

#define VIDEO_FB (LQ_FB_NACK | LQ_FB_PLI | LQ_FB_FIR)
#define OFFERED_FB (VIDEO_FB | LQ_FB_REMB)
static const codec_row rows[] = {
	{LQ_CODEC_OPUS, 111, NO_PT, 2, 48000, 0, "opus", "minptime=10;stereo=1;useinbandfec=1"},
	{LQ_CODEC_VP8, 96, 97, 1, 90000, OFFERED_FB, "VP8", ""},
	{LQ_CODEC_VP9, 98, 99, 1, 90000, OFFERED_FB, "VP9", "profile-id=0"},
	{LQ_CODEC_H264, 102, 103, 1, 90000, OFFERED_FB, "H264", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"},
	{LQ_CODEC_PCMU, 0, NO_PT, 1, 8000, 0, "PCMU", ""},
	{LQ_CODEC_PCMA, 8, NO_PT, 1, 8000, 0, "PCMA", ""},
};

static const char *const extensions[] = {LQ_EXT_MID, LQ_EXT_ABS_SEND_TIME, LQ_EXT_ABS_CAPTURE_TIME};
#define N_EXTENSIONS (sizeof extensions / sizeof *extensions)
static const char *const layer_extensions[] = {LQ_EXT_RID, LQ_EXT_REPAIRED_RID};

static const codec_row *row_of(uint32_t codec)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].codec == codec)
			return &rows[i];
	return NULL;
}

int lq_session_set_local_ice(lq_session *s, const char *ufrag, const char *pwd, const char *const *candidates, uint32_t n)
{
	if (strlen(ufrag) >= sizeof s->ufrag || strlen(pwd) >= sizeof s->pwd)
		return LQ_EINVAL;
	strcpy(s->ufrag, ufrag);
	strcpy(s->pwd, pwd);
	s->n_candidates = 0;
	for (uint32_t i = 0; i < n && s->n_candidates < LQ_SDP_MAX_CANDIDATES; i++)
		if (strlen(candidates[i]) < sizeof *s->candidates)
			strcpy(s->candidates[s->n_candidates++], candidates[i]);
	return 0;
}

static void describe_transport(const lq_session *s, lq_sdp *d)
{
	d->session_id = s->session_id;
	d->session_version = s->session_version;
	strcpy(d->ice_ufrag, s->ufrag);
	strcpy(d->ice_pwd, s->pwd);
	memcpy(d->candidates, s->candidates, sizeof d->candidates);
	d->n_candidates = s->n_candidates;
	d->end_of_candidates = 1;
	strcpy(d->fingerprint_hash, "sha-256");
	memcpy(d->fingerprint, lq_cert_fingerprint(s->cert), 32);
	d->fingerprint_len = 32;
}

/* ---- our offer ---- */

static void add_codec(lq_sdp_media *m, const codec_row *r, uint8_t pt, const char *name, const char *fmtp, uint16_t apt)
{
	lq_sdp_codec *c = &m->codecs[m->n_codecs++];
	*c = (lq_sdp_codec){.pt = pt, .channels = r->channels, .apt = apt, .rate = r->rate, .feedback = apt == 0xffff ? r->feedback : 0};
	snprintf(c->name, sizeof c->name, "%s", name);
	snprintf(c->fmtp, sizeof c->fmtp, "%s", fmtp);
}

static void add_codecs(lq_sdp_media *m, const lq__track *t)
{
	for (uint32_t i = 0; i < t->n_wanted; i++) {
		const codec_row *r = row_of(t->wanted[i]);
		if (!r || lq_sdp_codec_by_pt(m, r->pt))
			continue;
		add_codec(m, r, r->pt, r->name, r->fmtp, 0xffff);
		if (r->rtx_pt == NO_PT)
			continue;
		char apt[16];
		snprintf(apt, sizeof apt, "apt=%u", r->pt);
		add_codec(m, r, r->rtx_pt, "rtx", apt, r->pt);
	}
}

static void add_extension(lq_sdp_media *m, const char *uri)
{
	lq_sdp_ext *e = &m->exts[m->n_exts++];
	e->id = (uint8_t)m->n_exts;
	strcpy(e->uri, uri);
}

/* Encodings are told apart by their RIDs; of one alone the SSRC is told. */
static int add_sources(const lq_session *s, const lq__track *t, lq_sdp_media *m)
{
	int e = 0;
	if (!*t->rid) {
		m->ssrcs[m->n_ssrcs].ssrc = t->ssrc;
		m->ssrcs[m->n_ssrcs++].rtx = t->media == LQ_MEDIA_VIDEO ? t->rtx_ssrc : 0;
		return 0;
	}
	for (size_t i = 0; i < 2; i++)
		add_extension(m, layer_extensions[i]);
	for (uint32_t i = 0; !e && i < s->n_tracks; i++)
		if (!s->tracks[i]->removed && !strcmp(s->tracks[i]->mid, t->mid))
			e = lq_sdp_add_layer(m, s->tracks[i]->rid, LQ_SDP_SENDONLY);
	return e;
}

static int offer_track(const lq_session *s, const lq__track *t, lq_sdp *d)
{
	lq_sdp_media *m = lq_sdp_add(d);
	if (!m)
		return LQ_ENOMEM;
	m->media = t->media;
	strcpy(m->kind, t->media == LQ_MEDIA_AUDIO ? "audio" : "video");
	strcpy(m->proto, "UDP/TLS/RTP/SAVPF");
	strcpy(m->mid, t->mid);
	add_codecs(m, t);
	if (!m->n_codecs)
		return LQ_ENOTSUP;
	if (t->removed)
		return 0; /* port 0 */
	m->port = 9;
	int sends = s->config.direction == LQ_SEND;
	m->direction = sends ? LQ_SDP_SENDONLY : LQ_SDP_RECVONLY;
	m->rtcp_mux = m->rtcp_rsize = 1;
	strcpy(m->msid, t->msid);
	strcpy(m->cname, s->cname);
	for (size_t i = 0; i < N_EXTENSIONS; i++)
		add_extension(m, extensions[i]);
	int e = sends ? add_sources(s, t, m) : 0;
	return e ? e : lq_sdp_bundle_add(d, t->mid);
}

/* Sections keep their places for ever: where the first track of a mid was added. */
static int is_section_start(const lq__track *t)
{
	for (uint32_t i = 0; i < t->index; i++)
		if (!strcmp(t->session->tracks[i]->mid, t->mid))
			return 0;
	return 1;
}

static const lq__track *section_track(const lq__track *t)
{
	const lq__track *first = lq__track_first(t);
	return first ? first : t;
}

static int offer(lq_session *s, lq_sdp *d)
{
	d->setup = LQ_SETUP_ACTPASS;
	if (s->dtls) /* stays what it is: RFC 8842 §5.5 */
		d->setup = s->dtls_role == LQ_DTLS_CLIENT ? LQ_SETUP_ACTIVE : LQ_SETUP_PASSIVE;
	for (uint32_t i = 0; i < s->n_tracks; i++) {
		int e = is_section_start(s->tracks[i]) ? offer_track(s, section_track(s->tracks[i]), d) : 0;
		if (e)
			return e;
	}
	return 0;
}

/* ---- our answer ---- */

static const uint32_t playable[] = {LQ_CODEC_H264, LQ_CODEC_VP8, LQ_CODEC_VP9, LQ_CODEC_OPUS};
#define N_PLAYABLE (sizeof playable / sizeof *playable)

static int answer(lq_session *s, lq_sdp *d)
{
	lq_sdp_answer_options o = {.codecs = playable, .n_codecs = N_PLAYABLE, .rtx = 1, .direction = LQ_SDP_RECVONLY, .feedback = VIDEO_FB,
	                           .exts = extensions, .n_exts = N_EXTENSIONS};
	o.setup = s->dtls && s->dtls_role == LQ_DTLS_SERVER ? LQ_SETUP_PASSIVE : LQ_SETUP_ACTIVE;
	return lq_sdp_answer(&s->remote, &o, d);
}

int lq_session_describe(lq_session *s, char *out, size_t size)
{
	lq_sdp d = {0};
	int e = LQ_ESTATE;
	if (*s->ufrag)
		e = s->offers ? offer(s, &d) : s->has_remote ? answer(s, &d) : LQ_ESTATE;
	if (!e) {
		s->session_version++;
		describe_transport(s, &d);
		e = lq_sdp_write(&d, out, size);
	}
	lq_sdp_free(&d);
	return e;
}

/* ---- their description ---- */

static void take_extensions(lq__track *t, const lq_sdp_media *m)
{
	t->ext_mid = lq_sdp_ext_id(m, LQ_EXT_MID);
	t->ext_send_time = lq_sdp_ext_id(m, LQ_EXT_ABS_SEND_TIME);
	t->ext_capture_time = lq_sdp_ext_id(m, LQ_EXT_ABS_CAPTURE_TIME);
	t->ext_rid = *t->rid ? lq_sdp_ext_id(m, LQ_EXT_RID) : 0;
	t->ext_repaired_rid = t->ext_rid ? lq_sdp_ext_id(m, LQ_EXT_REPAIRED_RID) : 0;
}

/* Does the other side want this encoding? */
static int is_taken(const lq__track *t, const lq_sdp_media *m)
{
	const lq_sdp_rid *layers[LQ_SDP_MAX_RIDS];
	uint32_t n = lq_sdp_layers(m, LQ_SDP_RECVONLY, layers, LQ_SDP_MAX_RIDS);
	if (!*t->rid || !n)
		return lq__track_first(t) == t;
	for (uint32_t i = 0; i < n; i++)
		if (!strcmp(layers[i]->id, t->rid))
			return !layers[i]->paused;
	return 0;
}

static int wanted(const lq__track *t, uint32_t codec)
{
	for (uint32_t i = 0; i < t->n_wanted; i++)
		if (t->wanted[i] == codec)
			return 1;
	return 0;
}

static const lq_sdp_codec *first_codec(const lq_sdp_media *m, const lq__track *t)
{
	for (uint32_t i = 0; i < m->n_codecs; i++) {
		uint32_t id = lq_sdp_codec_id(&m->codecs[i]);
		if (id != LQ_CODEC_NONE && lq_sdp_codec_find(m, id) && (!t || wanted(t, id)))
			return lq_sdp_codec_find(m, id);
	}
	return NULL;
}

static void use_codec(lq__track *t, const lq_sdp_media *m, const lq_sdp_codec *c)
{
	const lq_sdp_codec *rtx = lq_sdp_rtx_for(m, c->pt);
	t->codec = lq_sdp_codec_id(c);
	t->rate = c->rate;
	t->feedback = c->feedback;
	t->pt = c->pt;
	t->rtx_pt = rtx ? rtx->pt : NO_PT;
	t->active = 1;
	take_extensions(t, m);
}

static int is_agreed(const lq__track *t, const lq_sdp_media *m)
{
	return t->session->config.direction == LQ_SEND ? m->direction & LQ_SDP_RECVONLY && is_taken(t, m) : (int)(m->direction & LQ_SDP_SENDONLY);
}

int lq__negotiate_answer(lq_session *s, char *error, size_t error_size)
{
	for (uint32_t i = 0; i < s->n_tracks; i++) {
		lq__track *t = s->tracks[i];
		const lq_sdp_media *m = lq_sdp_media_by_mid(&s->remote, t->mid);
		const lq_sdp_codec *c = m && !t->removed && lq_sdp_media_alive(m) && is_agreed(t, m) ? first_codec(m, t) : NULL;
		uint32_t was = t->active ? t->codec : LQ_CODEC_NONE;
		t->remote = m;
		t->active = 0;
		if (!c)
			continue; /* the other side does not want it */
		use_codec(t, m, c);
		if (!t->send && !t->receive && lq__receiver_create(t)) {
			t->active = 0;
			return LQ_ENOMEM;
		}
		if (was != t->codec && s->srtp && t->media == LQ_MEDIA_VIDEO && s->config.callbacks.key_frame_request)
			s->config.callbacks.key_frame_request(s->config.arg, t->name);
	}
	return 0;
}

static int offered_track(lq_session *s, const lq_sdp_media *m, char *error, size_t error_size)
{
	lq__track *t = lq__track_find(s, m->mid);
	const lq_sdp_codec *c = lq_sdp_media_alive(m) && m->direction & LQ_SDP_SENDONLY ? first_codec(m, NULL) : NULL;
	if (!c)
		return 0;
	if (t && t->media != m->media) {
		snprintf(error, error_size, "a=mid:%s: was of another kind before", m->mid);
		return LQ_EPARSE;
	}
	if (!t && s->n_tracks == MAX_TRACKS) {
		snprintf(error, error_size, "a=mid:%s: no more than %d tracks", m->mid, MAX_TRACKS);
		return LQ_EFULL;
	}
	if (!t && !(t = lq__track_add(s, m->mid, m->media)))
		return LQ_ENOMEM;
	t->remote = m;
	snprintf(t->msid, sizeof t->msid, "%s", m->msid);
	use_codec(t, m, c);
	int e = t->receive ? 0 : lq__receiver_create(t);
	t->active = !e;
	return e;
}

int lq__negotiate_offer(lq_session *s, char *error, size_t error_size)
{
	for (uint32_t i = 0; i < s->n_tracks; i++) {
		s->tracks[i]->active = 0;
		s->tracks[i]->remote = NULL;
	}
	int e = 0;
	for (uint32_t i = 0; i < s->remote.n_media && !e; i++)
		if (s->remote.media[i].media != LQ_MEDIA_NONE && s->remote.media[i].mid[0])
			e = offered_track(s, &s->remote.media[i], error, error_size);
	for (uint32_t i = 0; i < s->n_tracks; i++)
		if (!s->tracks[i]->active && s->tracks[i]->receive)
			lq__receiver_close(s->tracks[i]);
	return e;
}

/* Which end of the handshake are we? */
static int dtls_role(const lq_session *s, const lq_sdp *remote)
{
	if (s->offers)
		return remote->setup == LQ_SETUP_PASSIVE ? LQ_DTLS_CLIENT : LQ_DTLS_SERVER;
	return remote->setup == LQ_SETUP_ACTIVE ? LQ_DTLS_SERVER : LQ_DTLS_CLIENT;
}

static int check_remote(const lq_session *s, const lq_sdp *d, char *error, size_t error_size)
{
	const char *what = NULL;
	if (!d->fingerprint_len)
		what = "a=fingerprint is missing";
	else if (!*d->ice_ufrag || !*d->ice_pwd)
		what = "a=ice-ufrag or a=ice-pwd is missing";
	else if (s->offers && d->setup != LQ_SETUP_ACTIVE && d->setup != LQ_SETUP_PASSIVE)
		what = "a=setup of an answer must be active or passive";
	else if (s->has_remote && (d->fingerprint_len != s->remote.fingerprint_len || memcmp(d->fingerprint, s->remote.fingerprint, d->fingerprint_len)))
		what = "a=fingerprint has changed: a new DTLS connection needs a new session";
	if (!what)
		return 0;
	snprintf(error, error_size, "%s", what);
	return LQ_EPARSE;
}

static int connect_dtls(lq_session *s, char *error, size_t error_size)
{
	const lq_sdp *d = &s->remote;
	int role = dtls_role(s, d);
	if (s->dtls && s->dtls_role != role) { /* someone's hello came before the answer, and not the other side's */
		lq_dtls_destroy(s->dtls);
		s->dtls = NULL;
	}
	int e = lq__dtls_open(s, role);
	if (!e && lq_dtls_state(s->dtls) < LQ_DTLS_OPEN)
		e = lq_dtls_set_fingerprint(s->dtls, d->fingerprint_hash, d->fingerprint, d->fingerprint_len);
	if (e)
		snprintf(error, error_size, "a=fingerprint:%s: %s", d->fingerprint_hash,
		         e == LQ_ENOTSUP ? "unknown hash" : e == LQ_EINVAL ? "wrong length" : "does not fit");
	return e;
}

int lq_session_set_remote(lq_session *s, const char *text, char *error, size_t error_size)
{
	char unused[8];
	error = error ? error : unused;
	error_size = error_size ? error_size : sizeof unused;
	lq_sdp d;
	int e = lq_sdp_parse(text, strlen(text), &d, error, error_size);
	if (!e)
		e = check_remote(s, &d, error, error_size);
	if (e) {
		lq_sdp_free(&d);
		return e;
	}
	lq_sdp_free(&s->remote);
	s->remote = d;
	int first = !s->has_remote;
	s->has_remote = 1;
	e = s->offers ? lq__negotiate_answer(s, error, error_size) : lq__negotiate_offer(s, error, error_size);
	return e || !first ? e : connect_dtls(s, error, error_size);
}

const lq_sdp *lq_session_remote(const lq_session *s)
{
	return s->has_remote ? &s->remote : NULL;
}
