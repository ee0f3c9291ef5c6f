/* render.file: writes encoded tracks into a file as they are, without encoding anything anew.
 *
 * A file can begin only when all its tracks are known, so packets wait a little: until every linked track has come with one from which decoding
 * can start, or until one of the time limits below. A track that comes or changes later begins a new file, name-2.mkv and so on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "avformat_nodes.h"
#include "codec_info.h"
#include "muxer.h"

enum { P_FILE };
enum { PORT_AUDIO, PORT_VIDEO, MAX_WAITING = 4096, MAX_PARTS = 999, PATH_MAX_LENGTH = 4096 };
#define WAIT_OTHER_KIND LQ_SEC      /* for a track of the other kind to be linked at all */
#define WAIT_READY (5 * LQ_SEC)     /* for a linked track's first key frame */
#define ASK_INTERVAL (500 * LQ_MSEC)

typedef struct track {
	uint32_t port, media;
	int index; /* in the file, -1: not yet */
	AVCodecParameters *par; /* NULL: nothing known yet */
	int64_t asked;
} track;

typedef struct waiting {
	uint32_t port;
	lq_buffer *buf;
} waiting;

typedef struct recorder {
	const lq_host *host;
	char *file;                    /* as the parameter says */
	char part[PATH_MAX_LENGTH];    /* the file being written */
	uint32_t parts;
	muxer mux;
	int running, failed;
	track tracks[MUX_TRACKS];
	uint32_t n_tracks;
	waiting queue[MAX_WAITING];
	uint32_t n_queue;
	int64_t first;                 /* when the first packet of this part came */
	uint64_t packets, bytes, skipped, dropped, errors;
} recorder;

static void drop_queue(recorder *r)
{
	while (r->n_queue)
		r->host->buffer_unref(r->host, r->queue[--r->n_queue].buf);
}

static void forget_parameters(recorder *r)
{
	for (uint32_t i = 0; i < r->n_tracks; i++) {
		avcodec_parameters_free(&r->tracks[i].par);
		r->tracks[i].index = -1;
	}
}

static void destroy(void *self)
{
	recorder *r = self;
	drop_queue(r);
	mux_close(&r->mux, r->part);
	forget_parameters(r);
	free(r->file);
	free(r);
}

static int create(const lq_host *host, const lq_value *params, void **self)
{
	const char *file = params[P_FILE].s;
	if (!mux_container(file))
		return host->fail(host, LQ_ENOTSUP, "%s: no container is known for this name; use .mkv, .webm or .mp4", file);
	recorder *r = calloc(1, sizeof *r);
	if (!r)
		return LQ_ENOMEM;
	r->host = host;
	r->first = LQ_TIME_NONE;
	r->file = strdup(file);
	if (!r->file) {
		free(r);
		return LQ_ENOMEM;
	}
	*self = r;
	return 0;
}

static track *find(recorder *r, uint32_t port)
{
	for (uint32_t i = 0; i < r->n_tracks; i++)
		if (r->tracks[i].port == port)
			return &r->tracks[i];
	return NULL;
}

/* "call.mkv", then "call-2.mkv". */
static int open_part(recorder *r)
{
	const char *dot = strrchr(r->file, '.');
	int stem = (int)(dot - r->file);
	if (r->parts == MAX_PARTS)
		return r->host->fail(r->host, LQ_EFULL, "more than %d parts of %s", MAX_PARTS, r->file);
	r->parts++;
	int n = r->parts == 1 ? snprintf(r->part, sizeof r->part, "%s", r->file)
	                      : snprintf(r->part, sizeof r->part, "%.*s-%u%s", stem, r->file, r->parts, dot);
	if (n >= (int)sizeof r->part)
		return r->host->fail(r->host, LQ_EINVAL, "the file's name is too long");
	return mux_open(&r->mux, r->host, r->part);
}

/* Says once that recording is over; the call goes on. */
static void give_up(recorder *r, int code)
{
	char text[PATH_MAX_LENGTH + 64];
	snprintf(text, sizeof text, "%s: recording stopped", r->part);
	r->failed = 1;
	r->errors++;
	drop_queue(r);
	lq__tell(r->host, LQ_EVENT_ERROR, 0, code, text);
}

/* The file is full of what it can hold: the next one begins. */
static void next_part(recorder *r)
{
	int e;
	drop_queue(r);
	e = mux_close(&r->mux, r->part);
	forget_parameters(r);
	r->first = LQ_TIME_NONE;
	if (!e)
		e = open_part(r);
	if (e)
		give_up(r, e);
}

static int add_port(void *self, uint32_t tmpl, uint32_t port)
{
	recorder *r = self;
	if (r->n_tracks == MUX_TRACKS)
		return r->host->fail(r->host, LQ_EFULL, "a recording has at most %d tracks", MUX_TRACKS);
	if (r->mux.begun && !r->failed)
		next_part(r);
	r->tracks[r->n_tracks++] = (track){.port = port, .media = tmpl == PORT_AUDIO ? LQ_MEDIA_AUDIO : LQ_MEDIA_VIDEO, .index = -1,
	                                   .asked = LQ_TIME_NONE};
	return 0;
}

static void remove_port(void *self, uint32_t port)
{
	recorder *r = self;
	track *t = find(r, port);
	uint32_t kept = 0;
	if (!t)
		return;
	if (!r->mux.begun) { /* its packets will have no track */
		for (uint32_t i = 0; i < r->n_queue; i++)
			if (r->queue[i].port == port)
				r->host->buffer_unref(r->host, r->queue[i].buf);
			else
				r->queue[kept++] = r->queue[i];
		r->n_queue = kept;
	}
	avcodec_parameters_free(&t->par);
	*t = r->tracks[--r->n_tracks];
}

/* The codecs that the container holds. */
static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	static const uint32_t audio[] = {LQ_CODEC_OPUS, LQ_CODEC_AAC}, video[] = {LQ_CODEC_H264, LQ_CODEC_VP8, LQ_CODEC_VP9};
	recorder *r = self;
	track *t = find(r, port);
	int is_audio = t ? t->media == LQ_MEDIA_AUDIO : port == PORT_AUDIO;
	const uint32_t *list = is_audio ? audio : video;
	for (uint32_t k = 0; k < (is_audio ? LQ__COUNT(audio) : LQ__COUNT(video)); k++) {
		if (avformat_query_codec(mux_container(r->file), lq__av_codec(list[k]), FF_COMPLIANCE_NORMAL) != 1 || i--)
			continue;
		*out = is_audio ? lq__audio_format(list[k], 0, 0, 0) : lq__video_format(list[k], 0, 0, 0);
		return 0;
	}
	return LQ_END;
}

static int start(void *self)
{
	recorder *r = self;
	r->parts = 0;
	r->failed = 0;
	r->first = LQ_TIME_NONE;
	int e = open_part(r);
	r->running = !e;
	return e;
}

static void ask_key_frame(recorder *r, track *t, int64_t now)
{
	if (t->media != LQ_MEDIA_VIDEO || (t->asked != LQ_TIME_NONE && now - t->asked < ASK_INTERVAL))
		return;
	t->asked = now;
	lq__ask_key_frame(r->host, t->port);
}

static int write_packet(recorder *r, track *t, const lq_buffer *buf)
{
	if (t->index < 0) { /* not in this part: its key frame will begin the next */
		r->skipped++;
		ask_key_frame(r, t, r->host->now(r->host));
		return 0;
	}
	int e = mux_write(&r->mux, t->index, buf);
	if (!e) {
		r->packets++;
		r->bytes += buf->size;
	}
	return e;
}

static int64_t earliest(const recorder *r)
{
	int64_t t = INT64_MAX;
	for (uint32_t i = 0; i < r->n_queue; i++) {
		int64_t dts = mux_dts(r->queue[i].buf);
		t = dts < t ? dts : t;
	}
	return t;
}

/* All tracks are known as far as they will be: header and what has waited. */
static int begin(recorder *r)
{
	int e = 0;
	for (uint32_t i = 0; i < r->n_tracks && !e; i++) {
		track *t = &r->tracks[i];
		if (!t->par)
			continue;
		t->index = mux_add_track(&r->mux, t->par);
		e = t->index < 0 ? t->index : 0;
	}
	e = e ? e : mux_begin(&r->mux, earliest(r));
	for (uint32_t i = 0; i < r->n_queue && !e; i++) {
		track *t = find(r, r->queue[i].port);
		e = t ? write_packet(r, t, r->queue[i].buf) : 0;
	}
	drop_queue(r);
	return e;
}

static int may_begin(const recorder *r, int64_t now)
{
	uint32_t ready = 0, kinds = 0;
	for (uint32_t i = 0; i < r->n_tracks; i++) {
		ready += r->tracks[i].par != NULL;
		kinds |= r->tracks[i].media;
	}
	if (!ready)
		return 0;
	int64_t waited = now - r->first;
	int all = ready == r->n_tracks, both = kinds == (LQ_MEDIA_AUDIO | LQ_MEDIA_VIDEO);
	return (all && (both || waited >= WAIT_OTHER_KIND)) || waited >= WAIT_READY || r->n_queue == MAX_WAITING;
}

/* Keeps a packet until the file can begin. What comes before a track's first key frame is of no use. */
static int wait(recorder *r, track *t, lq_buffer *buf, int64_t now)
{
	int key = t->media == LQ_MEDIA_AUDIO || buf->flags & LQ_BUFFER_KEY;
	if (!t->par) {
		AVCodecParameters *par = key ? avcodec_parameters_alloc() : NULL;
		int e = par ? lq__codec_parameters(buf, par) : LQ_EAGAIN;
		if (e) {
			avcodec_parameters_free(&par);
			r->skipped++;
			ask_key_frame(r, t, now);
			return e == LQ_EAGAIN ? 0 : e;
		}
		t->par = par;
	}
	if (r->n_queue == MAX_WAITING) {
		r->dropped++;
		return 0;
	}
	r->queue[r->n_queue++] = (waiting){t->port, r->host->buffer_ref(r->host, buf)};
	if (r->first == LQ_TIME_NONE)
		r->first = now;
	return 0;
}

/* A packet of a track that the file does not know, or knows otherwise. */
static int needs_part(const track *t, const lq_buffer *buf)
{
	int key = t->media == LQ_MEDIA_AUDIO || buf->flags & LQ_BUFFER_KEY;
	return key && (t->index < 0 || !t->par || !lq__codec_fits(buf, t->par));
}

static int take(recorder *r, track *t, lq_buffer *buf)
{
	int64_t now = r->host->now(r->host);
	int e = 0;
	if (r->mux.begun && needs_part(t, buf))
		next_part(r);
	if (r->failed)
		return 0;
	if (r->mux.begun)
		return write_packet(r, t, buf);
	e = wait(r, t, buf, now);
	return !e && may_begin(r, now) ? begin(r) : e;
}

static int render(void *self, uint32_t port, lq_buffer *buf)
{
	recorder *r = self;
	track *t = find(r, port);
	if (!t)
		return r->host->fail(r->host, LQ_EINVAL, "the recorder has no track %u", port);
	if (!r->running || r->failed || !buf->size)
		return 0;
	if (buf->flags & LQ_BUFFER_LOST || buf->pts == LQ_TIME_NONE || lq__av_codec(buf->format->codec) == AV_CODEC_ID_NONE) {
		r->skipped++;
		return 0;
	}
	int e = take(r, t, buf);
	if (e)
		give_up(r, e);
	return 0;
}

/* What still waits makes a file, too. */
static void stop(void *self)
{
	recorder *r = self;
	int e = 0;
	if (!r->running)
		return;
	if (!r->failed && !r->mux.begun && r->n_queue)
		e = begin(r);
	int closed = mux_close(&r->mux, r->part);
	drop_queue(r);
	forget_parameters(r);
	r->running = 0;
	if (e || closed)
		give_up(r, e ? e : closed);
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const recorder *r = self;
	lq__stat(fn, arg, 0, "packetsWritten", (double)r->packets);
	lq__stat(fn, arg, 0, "bytesWritten", (double)r->bytes);
	lq__stat(fn, arg, 0, "packetsSkipped", (double)r->skipped);
	lq__stat(fn, arg, 0, "packetsDropped", (double)r->dropped);
	lq__stat(fn, arg, 0, "packetsWaiting", r->n_queue);
	lq__stat(fn, arg, 0, "parts", r->parts);
	lq__stat(fn, arg, 0, "writeErrors", (double)r->errors);
}

static const lq_param_desc params[] = {
	[P_FILE] = {"file", LQ_PARAM_STRING, LQ_PARAM_REQUIRED | LQ_PARAM_FILE, NULL, NULL, 0, 0, NULL,
	            "The file; its ending chooses the container: .mkv, .webm or .mp4."},
};
static const lq_port_desc ports[] = {[PORT_AUDIO] = {"audio", LQ_IN, LQ_MEDIA_AUDIO, LQ_PORT_MANY | LQ_PORT_OPTIONAL},
                                     [PORT_VIDEO] = {"video", LQ_IN, LQ_MEDIA_VIDEO, LQ_PORT_MANY | LQ_PORT_OPTIONAL}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .add_port = add_port, .remove_port = remove_port, .formats = formats,
                                .start = start, .stop = stop, .stats = stats};
static const lq_renderer_ops renderer_ops = {.render = render};

const lq_node_desc lq__recorder = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_RENDERER, .id = "render.file", .summary = "Records encoded tracks into a file", .rank = 100,
	.flags = LQ_NODE_GPL, .ports = ports, .n_ports = LQ__COUNT(ports), .params = params, .n_params = LQ__COUNT(params), .ops = &ops,
	.kind_ops = &renderer_ops};
