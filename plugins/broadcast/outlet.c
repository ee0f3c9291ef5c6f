/* The node that all outlets are: ports, formats, life, figures. */
#include "outlet.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "outlet_node.h"

/* ---- parameters, by name: each kind has those that mean something to it ---- */

static int take_text(char **to, const lq_value *v)
{
	free(*to);
	*to = strdup(v->s);
	return *to ? 0 : LQ_ENOMEM;
}

static int take_param(outlet_options *o, const char *name, const lq_value *v)
{
	const struct { const char *name; char **text; int64_t *ms; int *number; } table[] = {
		{"url", &o->url, NULL, NULL},           {"passphrase", &o->passphrase, NULL, NULL}, {"stream_id", &o->stream_id, NULL, NULL},
		{"ca_file", &o->ca_file, NULL, NULL},   {"mode", NULL, NULL, &o->mode},             {"segment_type", NULL, NULL, &o->segment_type},
		{"tls_verify", NULL, NULL, &o->tls_verify}, {"times", NULL, NULL, &o->capture_clock}, {"tracks", NULL, NULL, &o->tracks}, {"latency", NULL, &o->latency, NULL},
		{"timeout", NULL, &o->timeout, NULL},   {"retry", NULL, &o->retry, NULL},           {"give_up", NULL, &o->give_up, NULL},
		{"buffer", NULL, &o->buffer, NULL},     {"segment", NULL, &o->segment, NULL},       {"window", NULL, NULL, &o->window},
	};
	for (size_t i = 0; i < LQ__COUNT(table); i++) {
		if (strcmp(table[i].name, name))
			continue;
		if (table[i].text)
			return take_text(table[i].text, v);
		if (table[i].ms)
			*table[i].ms = v->i * LQ_MSEC;
		else
			*table[i].number = (int)v->i;
	}
	return 0;
}

static int take_params(outlet_options *o, const lq_node_desc *desc, const lq_value *values)
{
	int e = 0;
	char **texts[] = {&o->url, &o->passphrase, &o->stream_id, &o->ca_file};
	for (size_t i = 0; i < LQ__COUNT(texts) && !e; i++)
		e = (*texts[i] = strdup("")) ? 0 : LQ_ENOMEM;
	for (uint32_t i = 0; i < desc->n_params && !e; i++)
		e = take_param(o, desc->params[i].name, &values[i]);
	return e;
}

/* ---- life ---- */

void outlet_destroy(void *self)
{
	outlet *o = self;
	outlet_stop(o);
	if (o->wake >= 0)
		close(o->wake);
	if (o->room >= 0)
		close(o->room);
	free(o->opt.url);
	free(o->opt.passphrase);
	free(o->opt.stream_id);
	free(o->opt.ca_file);
	free(o);
}

static int use_url(outlet *o)
{
	int e = outlet_check_url(o->host, o->kind, &o->opt);
	why_where(o->opt.url, o->where);
	return e;
}

int outlet_create(const lq_host *host, const lq_node_desc *desc, const outlet_kind *kind, const lq_value *params, void **self)
{
	outlet *o = calloc(1, sizeof *o);
	if (!o)
		return LQ_ENOMEM;
	o->host = host;
	o->kind = kind;
	o->told = LQ_TIME_NONE;
	o->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	o->room = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	o->patient = !kind->network && host->extension(host, LQ_HOST_VIRTUAL_CLOCK);
	int e = o->wake < 0 || o->room < 0 ? LQ_ENOMEM : take_params(&o->opt, desc, params);
	if (!e && *o->opt.url)
		e = use_url(o);
	if (e) {
		outlet_destroy(o);
		return e;
	}
	*self = o;
	return 0;
}

/* ---- ports ---- */

static outlet_track *find(outlet *o, uint32_t port)
{
	for (int i = 0; i < OUTLET_SLOTS; i++)
		if (atomic_load(&o->tracks[i].linked) && atomic_load(&o->tracks[i].port) == port)
			return &o->tracks[i];
	return NULL;
}

int outlet_add_port(void *self, uint32_t tmpl, uint32_t port)
{
	outlet *o = self;
	uint32_t media = tmpl == PORT_AUDIO ? LQ_MEDIA_AUDIO : LQ_MEDIA_VIDEO, n = 0;
	uint32_t max = tmpl == PORT_AUDIO ? o->kind->max_audio : o->kind->max_video;
	outlet_track *t = NULL;
	for (int i = 0; i < OUTLET_SLOTS; i++) {
		outlet_track *at = &o->tracks[i];
		if (!atomic_load(&at->linked))
			t = t ? t : at;
		else
			n += atomic_load(&at->media) == media;
	}
	if (n == max || !t)
		return o->host->fail(o->host, LQ_EFULL, "%s carries at most %u %s track%s", o->kind->name, max, tmpl == PORT_AUDIO ? "audio" : "video",
		                     max == 1 ? "" : "s");
	atomic_store(&t->port, port);
	atomic_store(&t->media, media);
	t->need_key = media == LQ_MEDIA_VIDEO;
	t->asked = LQ_TIME_NONE;
	t->taken = 0;
	atomic_fetch_add(&t->generation, 1);
	atomic_store(&t->linked, 1);
	return 0;
}

void outlet_remove_port(void *self, uint32_t port)
{
	outlet_track *t = find(self, port);
	if (t)
		atomic_store(&t->linked, 0);
}

int outlet_formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	outlet *o = self;
	const outlet_track *t = find(o, port);
	const char *container = o->kind->container(&o->opt);
	int audio = t ? atomic_load(&t->media) == LQ_MEDIA_AUDIO : port == PORT_AUDIO;
	const uint32_t *codecs = outlet_codecs(container ? container : "matroska", audio ? LQ_MEDIA_AUDIO : LQ_MEDIA_VIDEO);
	for (uint32_t k = 0; k <= i; k++)
		if (k == OUTLET_CODECS || !codecs[k])
			return LQ_END;
	*out = audio ? lq__audio_format(codecs[i], 0, 0, 0) : lq__video_format(codecs[i], 0, 0, 0);
	return 0;
}

static int carries(const outlet *o, uint32_t media, uint32_t codec)
{
	const uint32_t *codecs = outlet_codecs(o->kind->container(&o->opt), media);
	for (uint32_t k = 0; k < OUTLET_CODECS && codecs[k]; k++)
		if (codecs[k] == codec)
			return 1;
	return 0;
}

int outlet_set_format(void *self, uint32_t port, const lq_format *fmt)
{
	outlet *o = self;
	if (!*o->opt.url || carries(o, fmt->media, fmt->codec))
		return 0;
	return o->host->fail(o->host, LQ_EFORMAT, "%s does not carry this codec: put another encoder before it", o->kind->name);
}

/* ---- transport ---- */

int outlet_node_start(void *self)
{
	outlet *o = self;
	return *o->opt.url ? outlet_start(o) : 0;
}

void outlet_node_stop(void *self)
{
	outlet_stop(self);
}

static int transport_open(void *self, uint32_t direction, const char *url)
{
	outlet *o = self;
	if (direction != LQ_SEND)
		return o->host->fail(o->host, LQ_ENOTSUP, "%s only sends here; capture.url receives", o->kind->name);
	if (o->has_thread)
		return o->host->fail(o->host, LQ_ESTATE, "it is open already");
	if (url) {
		lq_value v = {.s = url};
		int e = take_text(&o->opt.url, &v);
		e = e ? e : use_url(o);
		if (e)
			return e;
	}
	if (!*o->opt.url)
		return o->host->fail(o->host, LQ_EINVAL, "there is no URL to send to");
	return outlet_start(o);
}

static void transport_close(void *self, uint32_t direction)
{
	if (direction == LQ_SEND)
		outlet_stop(self);
}

static int send(void *self, uint32_t port, lq_buffer *buf)
{
	outlet *o = self;
	outlet_track *t = find(o, port);
	if (!t)
		return o->host->fail(o->host, LQ_EINVAL, "there is no track %u", port);
	if (!buf->size || buf->flags & LQ_BUFFER_LOST || buf->pts == LQ_TIME_NONE)
		return 0;
	if (!carries(o, buf->format->media, buf->format->codec)) {
		if (!o->wrong_codec++)
			lq__tell(o->host, LQ_EVENT_ERROR, port, LQ_EFORMAT, "this codec cannot be carried there: put another encoder before it");
		return 0;
	}
	outlet_admit(o, (uint32_t)(t - o->tracks), buf);
	eventfd_write(o->wake, 1);
	return 0;
}

/* ---- figures ---- */

void outlet_stats(void *self, lq_stat_fn fn, void *arg)
{
	outlet *o = self;
	lq__stat(fn, arg, 0, "packetsSent", (double)atomic_load(&o->packets));
	lq__stat(fn, arg, 0, "bytesSent", (double)atomic_load(&o->bytes));
	lq__stat(fn, arg, 0, "packetsSkipped", (double)atomic_load(&o->skipped));
	lq__stat(fn, arg, 0, "packetsDropped", (double)o->dropped);
	lq__stat(fn, arg, 0, "bytesDropped", (double)o->dropped_bytes);
	lq__stat(fn, arg, 0, "groupsDropped", (double)o->groups);
	lq__stat(fn, arg, 0, "wrongCodec", (double)o->wrong_codec);
	lq__stat(fn, arg, 0, "connections", (double)atomic_load(&o->connects));
	lq__stat(fn, arg, 0, "failures", (double)atomic_load(&o->failures));
	lq__stat(fn, arg, 0, "packetsWaiting", ring_count(&o->ring));
	lq__stat(fn, arg, 0, "state", atomic_load(&o->state));
}

const lq_port_desc outlet_ports[2] = {[PORT_AUDIO] = {"audio", LQ_IN, LQ_MEDIA_AUDIO, LQ_PORT_MANY | LQ_PORT_OPTIONAL},
                                      [PORT_VIDEO] = {"video", LQ_IN, LQ_MEDIA_VIDEO, LQ_PORT_MANY | LQ_PORT_OPTIONAL}};

const lq_transport_ops outlet_transport_ops = {.open = transport_open, .close = transport_close, .send = send};
