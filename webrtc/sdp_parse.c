#include "webrtc/sdp.h"

#include <ctype.h>
#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "webrtc/sdp_attr.h"

void lq_sdp_free(lq_sdp *sdp)
{
	lq__free(sdp->media);
	sdp->media = NULL;
	sdp->n_media = 0;
}

lq_sdp_media *lq_sdp_add(lq_sdp *sdp)
{
	/* Room is always a power of two: no need to remember it. */
	uint32_t n = sdp->n_media;
	if (n >= LQ_SDP_MAX_MEDIA)
		return NULL;
	if (!(n & (n - 1))) {
		lq_sdp_media *p = lq__realloc(sdp->media, (n ? 2 * n : 1) * sizeof *p);
		if (!p)
			return NULL;
		sdp->media = p;
	}
	lq_sdp_media *m = &sdp->media[sdp->n_media++];
	memset(m, 0, sizeof *m);
	return m;
}

int lq__sdp_fail(sdp_reader *r, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	char text[160];
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	if (r->error && r->error_size)
		snprintf(r->error, r->error_size, "line %u: %s: %s", r->line, r->where, text);
	return LQ_EPARSE;
}

int lq__sdp_copy(sdp_reader *r, const char *text, size_t len, char *out, size_t size)
{
	if (len >= size)
		return lq__sdp_fail(r, "%zu characters are more than %zu", len, size - 1);
	memcpy(out, text, len);
	out[len] = 0;
	return 0;
}

size_t lq__sdp_word(const char **p, const char **word)
{
	while (**p == ' ')
		(*p)++;
	*word = *p;
	size_t n = strcspn(*p, " ");
	*p += n;
	return n;
}

int lq__sdp_number(const char **p, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;
	const char *s = *p;
	while (*s == ' ')
		s++;
	if (!isdigit((unsigned char)*s))
		return LQ_EPARSE;
	for (; isdigit((unsigned char)*s); s++) {
		uint64_t digit = (uint64_t)(*s - '0');
		if (v > (max - digit) / 10)
			return LQ_EPARSE;
		v = 10 * v + digit;
	}
	*p = s;
	*out = v;
	return 0;
}

static int parse_origin(sdp_reader *r, const char *p)
{
	const char *user;
	if (!lq__sdp_word(&p, &user) || lq__sdp_number(&p, UINT64_MAX, &r->sdp->session_id) || lq__sdp_number(&p, UINT64_MAX, &r->sdp->session_version))
		return lq__sdp_fail(r, "wants a user name, a session id and a version");
	return 0;
}

static void static_codec(lq_sdp_codec *c)
{
	static const struct {
		uint8_t pt;
		const char *name;
	} known[] = {{0, "PCMU"}, {8, "PCMA"}, {9, "G722"}, {13, "CN"}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (known[i].pt == c->pt) {
			snprintf(c->name, sizeof c->name, "%s", known[i].name);
			c->rate = 8000;
			c->channels = 1;
		}
	}
}

static int parse_formats(sdp_reader *r, lq_sdp_media *m, const char *p)
{
	if (!strstr(m->proto, "RTP/")) {
		p += strspn(p, " ");
		return lq__sdp_copy(r, p, strlen(p), m->fmt, sizeof m->fmt);
	}
	while (*(p += strspn(p, " "))) {
		uint64_t pt;
		if (lq__sdp_number(&p, 127, &pt) || (*p && *p != ' '))
			return lq__sdp_fail(r, "a payload type is a number from 0 to 127");
		if (m->n_codecs == LQ_SDP_MAX_CODECS)
			return lq__sdp_fail(r, "more than %d payload types", LQ_SDP_MAX_CODECS);
		if (lq_sdp_codec_by_pt(m, (uint8_t)pt))
			return lq__sdp_fail(r, "payload type %u is there twice", (unsigned)pt);
		lq_sdp_codec *c = &m->codecs[m->n_codecs++];
		c->pt = (uint8_t)pt;
		c->apt = 0xffff;
		static_codec(c);
	}
	return 0;
}

static int parse_media(sdp_reader *r, const char *p)
{
	const char *word;
	uint64_t port, ignored;
	if (r->sdp->n_media == LQ_SDP_MAX_MEDIA)
		return lq__sdp_fail(r, "more than %d media sections", LQ_SDP_MAX_MEDIA);
	lq_sdp_media *m = lq_sdp_add(r->sdp);
	if (!m)
		return LQ_ENOMEM;
	r->media = m;
	m->direction = r->direction;
	size_t n = lq__sdp_word(&p, &word);
	if (!n || lq__sdp_copy(r, word, n, m->kind, sizeof m->kind))
		return lq__sdp_fail(r, "wants a kind of at most %zu characters", sizeof m->kind - 1);
	if (lq__sdp_number(&p, 65535, &port) || (*p == '/' && (p++, lq__sdp_number(&p, 65535, &ignored))) || *p != ' ')
		return lq__sdp_fail(r, "the port is a number from 0 to 65535");
	m->port = (uint16_t)port;
	n = lq__sdp_word(&p, &word);
	if (!n || lq__sdp_copy(r, word, n, m->proto, sizeof m->proto))
		return lq__sdp_fail(r, "wants a protocol of at most %zu characters", sizeof m->proto - 1);
	if (!*(p + strspn(p, " ")))
		return lq__sdp_fail(r, "wants at least one format");
	int rtp = strstr(m->proto, "RTP/") != NULL;
	m->media = !rtp ? LQ_MEDIA_NONE : !strcmp(m->kind, "audio") ? LQ_MEDIA_AUDIO : !strcmp(m->kind, "video") ? LQ_MEDIA_VIDEO : LQ_MEDIA_NONE;
	if (rtp && r->n_exts) {
		m->n_exts = r->n_exts;
		memcpy(m->exts, r->exts, r->n_exts * sizeof *r->exts);
	}
	return parse_formats(r, m, p);
}

static int parse_bandwidth(sdp_reader *r, const char *p)
{
	uint64_t v;
	if (!r->media || strncmp(p, "AS:", 3)) /* others are of no use to us */
		return 0;
	p += 3;
	if (lq__sdp_number(&p, UINT32_MAX, &v) || *p)
		return lq__sdp_fail(r, "wants AS: and kbit/s");
	r->media->bandwidth = (uint32_t)v;
	return 0;
}

static int parse_line(sdp_reader *r, const char *line, size_t len)
{
	if (len < 2 || line[1] != '=' || !islower((unsigned char)line[0])) {
		snprintf(r->where, sizeof r->where, "syntax");
		return lq__sdp_fail(r, "a line is a small letter, '=' and a value");
	}
	snprintf(r->where, sizeof r->where, "%c=", line[0]);
	if (r->line == 1 && (line[0] != 'v' || strcmp(line + 2, "0")))
		return lq__sdp_fail(r, "the first line must be v=0");
	switch (line[0]) {
	case 'o':
		return parse_origin(r, line + 2);
	case 'm':
		return parse_media(r, line + 2);
	case 'b':
		return parse_bandwidth(r, line + 2);
	case 'a':
		return lq__sdp_attribute(r, line + 2);
	default:
		return 0;
	}
}

static int parse_lines(sdp_reader *r, const char *text, size_t len)
{
	char line[LQ__SDP_MAX_LINE + 1];
	for (const char *p = text, *end = text + len; p < end;) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((lf ? lf : end) - p);
		const char *next = lf ? lf + 1 : end;
		if (n && p[n - 1] == '\r')
			n--;
		r->line++;
		snprintf(r->where, sizeof r->where, "syntax");
		if (n > LQ__SDP_MAX_LINE)
			return lq__sdp_fail(r, "a line of %zu characters is longer than %d", n, LQ__SDP_MAX_LINE);
		for (size_t i = 0; i < n; i++)
			if ((unsigned char)p[i] < ' ' && p[i] != '\t')
				return lq__sdp_fail(r, "a control character");
		memcpy(line, p, n);
		line[n] = 0;
		if (n || next < end) {
			int e = n ? parse_line(r, line, n) : lq__sdp_fail(r, "an empty line");
			if (e)
				return e;
		}
		p = next;
	}
	return 0;
}

int lq_sdp_parse(const char *text, size_t len, lq_sdp *out, char *error, size_t error_size)
{
	sdp_reader r = {.sdp = out, .error = error, .error_size = error_size, .direction = LQ_SDP_SENDRECV, .where = "text"};
	memset(out, 0, sizeof *out);
	if (error && error_size)
		error[0] = 0;
	if (len > LQ_SDP_MAX_TEXT)
		return lq__sdp_fail(&r, "%zu bytes are more than %d", len, LQ_SDP_MAX_TEXT);
	if (!len)
		return lq__sdp_fail(&r, "empty");
	int e = parse_lines(&r, text, len);
	if (e == LQ_ENOMEM && error && error_size)
		snprintf(error, error_size, "line %u: out of memory", r.line);
	return e ? e : lq__sdp_complete(&r);
}
