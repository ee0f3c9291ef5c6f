/* Ports: one a track, bound to a mid. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "plugins/common/util.h"
#include "webrtc_node.h"

static const uint32_t audio_codecs[] = {LQ_CODEC_OPUS};
static const uint32_t video_codecs[] = {LQ_CODEC_H264, LQ_CODEC_VP8, LQ_CODEC_VP9};

static const uint32_t *codecs_of(const lq__port *p, uint32_t *n)
{
	*n = p->media == LQ_MEDIA_AUDIO ? LQ__COUNT(audio_codecs) : LQ__COUNT(video_codecs);
	return p->media == LQ_MEDIA_AUDIO ? audio_codecs : video_codecs;
}

int lq__ports_add(lq__webrtc *w, uint32_t tmpl, uint32_t port)
{
	lq__port *p = lq__calloc(1, sizeof *p);
	if (!p)
		return LQ_ENOMEM;
	p->port = port;
	p->tmpl = tmpl;
	p->direction = tmpl <= PORT_VIDEO_IN ? LQ_SEND : LQ_RECEIVE;
	p->media = tmpl == PORT_AUDIO_IN || tmpl == PORT_AUDIO_OUT ? LQ_MEDIA_AUDIO : LQ_MEDIA_VIDEO;
	p->next = w->ports;
	w->ports = p;
	return 0;
}

void lq__port_unbind(lq__webrtc *w, lq__port *p)
{
	if (p->added && p->direction == LQ_SEND && w->peers[LQ_SEND])
		lq_session_remove_track(w->peers[LQ_SEND]->session, p->mid);
	p->added = 0;
	*p->mid = 0;
}

void lq__ports_remove(lq__webrtc *w, uint32_t port)
{
	lq__port **at = &w->ports;
	while (*at && (*at)->port != port)
		at = &(*at)->next;
	lq__port *p = *at;
	if (!p)
		return;
	*at = p->next;
	lq__port_unbind(w, p);
	for (uint32_t i = 0; i < MAX_CODECS; i++)
		lq__format_drop(w->host, &p->formats[i]);
	lq__free(p);
}

lq__port *lq__port_find(const lq__webrtc *w, uint32_t port)
{
	for (lq__port *p = w->ports; p; p = p->next)
		if (p->port == port)
			return p;
	return NULL;
}

lq__port *lq__port_by_mid(const lq__webrtc *w, uint32_t direction, const char *mid)
{
	for (lq__port *p = w->ports; p; p = p->next)
		if (p->direction == direction && !strcmp(p->mid, mid))
			return p;
	return NULL;
}

/* ---- formats ---- */

static lq_format format_of(uint32_t media, uint32_t codec)
{
	lq_format f = media == LQ_MEDIA_AUDIO ? lq__audio_format(codec, LQ_SAMPLE_NONE, 48000, 2) : lq__video_format(codec, LQ_PIXEL_NONE, 0, 0);
	return f;
}

int lq__port_formats(lq__webrtc *w, uint32_t port, uint32_t i, lq_format *out)
{
	const lq__port *p = lq__port_find(w, port);
	if (!p)
		return LQ_ENOENT;
	lq__peer *peer = w->peers[p->direction];
	uint32_t n, negotiated = peer && *p->mid ? lq_session_codec(peer->session, p->mid) : LQ_CODEC_NONE;
	const uint32_t *codecs = codecs_of(p, &n);
	if (negotiated != LQ_CODEC_NONE && p->direction == LQ_RECEIVE) {
		codecs = &negotiated;
		n = 1;
	}
	if (i >= n)
		return LQ_END;
	*out = format_of(p->media, codecs[i]);
	if (p->direction == LQ_SEND)
		out->rate = out->channels = 0; /* whatever the encoder says: Opus tells by itself */
	return 0;
}

/* ---- sending ---- */

size_t lq__port_mid(const lq__port *p)
{
	return strcspn(p->mid, "/");
}

/* In the order in which they were made: the best encoding of a track comes first. */
static lq__port *next_unsaid(const lq__webrtc *w, uint32_t direction)
{
	lq__port *first = NULL;
	for (lq__port *p = w->ports; p; p = p->next)
		if (p->direction == direction && *p->mid && !p->added && (!first || p->port < first->port))
			first = p;
	return first;
}

int lq__ports_announce(lq__webrtc *w, uint32_t direction)
{
	lq_session *s = w->peers[direction]->session;
	for (lq__port *p; (p = next_unsaid(w, direction));) {
		uint32_t n;
		const uint32_t *codecs = codecs_of(p, &n);
		if (p->codec != LQ_CODEC_NONE) {
			codecs = &p->codec;
			n = 1;
		}
		/* One stream: the other side plays its tracks in step. */
		char msid[64];
		snprintf(msid, sizeof msid, "loquat %.*s", (int)lq__port_mid(p), p->mid);
		int e = lq_session_add_track(s, p->mid, p->media, codecs, n, msid);
		if (e)
			return lq__webrtc_fail(w, e, "track %s cannot be offered", p->mid);
		p->added = 1;
	}
	return 0;
}

void lq__port_sends(lq__webrtc *w, lq__port *p, uint32_t codec)
{
	if (p->codec == codec)
		return;
	p->codec = codec;
	lq__peer *peer = w->peers[LQ_SEND];
	if (!p->added || !peer || lq_session_set_codecs(peer->session, p->mid, &codec, 1))
		return;
	lq_event e = {.struct_size = sizeof e, .type = LQ_EVENT_DESCRIPTION, .port = p->port, .direction = LQ_SEND, .value = 1};
	lq__webrtc_tell(w, &e);
}

/* ---- receiving ---- */

static const lq_format *packet_format(lq__webrtc *w, lq__port *p, uint32_t codec)
{
	uint32_t i = 0;
	while (i < MAX_CODECS && p->formats[i] && p->formats[i]->codec != codec)
		i++;
	if (i == MAX_CODECS)
		return NULL;
	lq_format f = format_of(p->media, codec);
	if (!p->formats[i])
		p->formats[i] = w->host->format_new(w->host, &f);
	return p->formats[i];
}

void lq__port_frame(lq__webrtc *w, const lq_session_frame *f)
{
	lq__port *p = lq__port_by_mid(w, LQ_RECEIVE, f->mid);
	if (!p) {
		w->unbound++;
		return;
	}
	const lq_format *fmt = packet_format(w, p, f->codec);
	lq_buffer *buf = fmt ? w->host->buffer_new(w->host, fmt, (uint32_t)f->len) : NULL;
	if (!buf) {
		p->dropped++;
		return;
	}
	if (f->len)
		memcpy(buf->planes[0], f->data, f->len);
	buf->flags = f->flags;
	buf->pts = f->due;
	buf->duration = f->duration;
	buf->capture_time = f->capture_time;
	buf->priority = p->media == LQ_MEDIA_AUDIO || f->flags & LQ_BUFFER_KEY ? 2 : 1;
	if (w->host->submit(w->host, p->port, buf))
		p->dropped++;
}
