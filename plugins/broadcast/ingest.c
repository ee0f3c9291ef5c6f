/* capture.url: a live stream (RTMP, SRT, RTSP, HTTP) or a file as a capture, decoded or as it is encoded, whatever each port's other end takes.
 *
 * A thread of its own reads. It keeps the source's times: they are mapped to the graph's clock with the smallest delay seen, the same for sound and picture. */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../avformat/convert.h"
#include "broadcast_nodes.h"
#include "source.h"

enum { P_URL, P_LOOP, P_B_FRAMES, P_TIMEOUT, P_RETRY, P_MODE, P_PASSPHRASE, P_RTSP };
enum { B_DECODE, B_PASS };
#define RATE 48000
#define LATE (1500 * LQ_MSEC) /* behind its time by more: the clocks have parted, or the source was held up. MPEG-TS brings its tracks half a second apart */
#define FIRST_RETRY (LQ_SEC / 2)
#define STEADY (10 * LQ_SEC)

typedef struct ingest {
	const lq_host *host;
	source src;
	char *url, *passphrase;
	source_options opt;
	int loop, b_frames;
	int64_t retry;
	const lq_format *out[SOURCE_TRACKS]; /* as negotiated; NULL: nobody listens */
	const lq_format *sent[SOURCE_TRACKS]; /* encoded: with the codec's configuration */
	picture_maker picture;
	sound_maker sound;
	AVPacket *packet, *filtered;
	AVFrame *frame;
	pthread_t thread;
	int has_thread, wake;
	atomic_int stopping;
	/* the thread's */
	int64_t offset;      /* graph time minus source time; LQ_TIME_NONE: not begun */
	int64_t end;         /* source time behind all that was read, for the next lap */
	int64_t last[SOURCE_TRACKS];
	int catching_up;     /* with what came while the source was being looked at */
	int64_t shown;       /* encoded pictures: source time of the last one */
	int broken[SOURCE_TRACKS];
	atomic_ullong packets[SOURCE_TRACKS], frames[SOURCE_TRACKS], errors, connects, jumps, laps, reordered;
} ingest;

/* ---- life ---- */

static void stop(void *self)
{
	ingest *in = self;
	if (!in->has_thread)
		return;
	atomic_store(&in->stopping, 1);
	eventfd_write(in->wake, 1);
	pthread_join(in->thread, NULL);
	in->has_thread = 0;
}

static void destroy(void *self)
{
	ingest *in = self;
	stop(in);
	source_close(&in->src);
	for (int i = 0; i < SOURCE_TRACKS; i++) {
		lq__format_drop(in->host, &in->out[i]);
		lq__format_drop(in->host, &in->sent[i]);
	}
	lq__format_drop(in->host, &in->picture.out);
	lq__format_drop(in->host, &in->sound.out);
	sws_freeContext(in->picture.sws);
	sound_restart(&in->sound);
	av_packet_free(&in->packet);
	av_packet_free(&in->filtered);
	av_frame_free(&in->frame);
	if (in->wake >= 0)
		close(in->wake);
	free(in->url);
	free(in->passphrase);
	free(in);
}

static int take_params(ingest *in, const lq_value *p)
{
	in->url = strdup(p[P_URL].s);
	in->passphrase = strdup(p[P_PASSPHRASE].s);
	in->loop = (int)p[P_LOOP].i;
	in->b_frames = (int)p[P_B_FRAMES].i;
	in->retry = p[P_RETRY].i * LQ_MSEC;
	if (!in->url || !in->passphrase)
		return LQ_ENOMEM;
	in->opt = (source_options){.url = in->url, .passphrase = in->passphrase, .timeout = p[P_TIMEOUT].i * LQ_MSEC, .srt_listener = (int)p[P_MODE].i,
	                           .rtsp_udp = (int)p[P_RTSP].i, .live = strstr(in->url, "://") != NULL};
	return 0;
}

static int prepare(ingest *in, const lq_value *params)
{
	in->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	in->packet = av_packet_alloc();
	in->filtered = av_packet_alloc();
	in->frame = av_frame_alloc();
	int e = in->wake >= 0 && in->packet && in->filtered && in->frame ? take_params(in, params) : LQ_ENOMEM;
	if (e)
		return e;
	if ((e = source_open(&in->src, &in->opt, &in->stopping)))
		return in->host->fail(in->host, e, "%s", in->src.error);
	if (in->src.b_frames && in->b_frames == B_DECODE)
		in->host->log(in->host, LQ_LOG_WARNING, "%s has B-frames, which calls cannot carry: its pictures are only given decoded", in->src.where);
	return 0;
}

static int create(const lq_host *host, const lq_value *params, void **self)
{
	ingest *in = calloc(1, sizeof *in);
	if (!in)
		return LQ_ENOMEM;
	in->host = in->picture.host = in->sound.host = host;
	in->sound.anchor = LQ_TIME_NONE;
	int e = prepare(in, params);
	if (e) {
		destroy(in);
		return e;
	}
	*self = in;
	return 0;
}

/* ---- formats ---- */

/* As it is encoded, where that can be carried on. */
static int encoded_format(const ingest *in, uint32_t port, lq_format *out)
{
	const source_track *t = &in->src.tracks[port];
	const AVCodecParameters *par = t->stream->codecpar;
	if (t->codec == LQ_CODEC_NONE || (port == SOURCE_VIDEO && in->src.b_frames && in->b_frames == B_DECODE))
		return 0;
	*out = port == SOURCE_VIDEO ? lq__video_format(t->codec, 0, (uint32_t)par->width, (uint32_t)par->height)
	                            : lq__audio_format(t->codec, 0, (uint32_t)par->sample_rate, (uint32_t)par->ch_layout.nb_channels);
	return 1;
}

static void set_rate(const AVStream *s, lq_format *f)
{
	AVRational r = s->avg_frame_rate.num > 0 ? s->avg_frame_rate : s->r_frame_rate;
	if (r.num > 0 && r.den > 0 && r.num / r.den <= 240) {
		f->fps_num = (uint32_t)r.num;
		f->fps_den = (uint32_t)r.den;
	}
}

static lq_format raw_format(const ingest *in, uint32_t port, uint32_t i)
{
	const AVStream *s = in->src.tracks[port].stream;
	if (port == SOURCE_AUDIO)
		return lq__audio_format(LQ_CODEC_RAW, i ? LQ_SAMPLE_S16 : LQ_SAMPLE_F32, RATE, s->codecpar->ch_layout.nb_channels == 1 ? 1 : 2);
	lq_format f = lq__video_format(LQ_CODEC_RAW, LQ_PIXEL_I420, (uint32_t)s->codecpar->width & ~1u, (uint32_t)s->codecpar->height & ~1u);
	set_rate(s, &f);
	return f;
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	ingest *in = self;
	if (!in->src.tracks[port].stream)
		return in->host->fail(in->host, LQ_ENOENT, "%s has no %s", in->src.where, port == SOURCE_AUDIO ? "sound" : "picture");
	lq_format f;
	int encoded = encoded_format(in, port, &f);
	if (encoded && !i--) {
		*out = f;
		return 0;
	}
	if (i >= (port == SOURCE_AUDIO ? 2u : 1u))
		return LQ_END;
	*out = raw_format(in, port, i);
	return 0;
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	ingest *in = self;
	int e = lq__format_replace(in->host, &in->out[port], fmt);
	if (!e && fmt->codec == LQ_CODEC_RAW)
		e = lq__format_replace(in->host, port == SOURCE_AUDIO ? &in->sound.out : &in->picture.out, fmt);
	return e;
}

/* ---- times ---- */

static int64_t source_time(const AVStream *s, int64_t t)
{
	return t == AV_NOPTS_VALUE ? LQ_TIME_NONE : av_rescale_q(t, s->time_base, lq__av_ns);
}

static void rest(ingest *in, int64_t ns)
{
	struct pollfd p = {.fd = in->wake, .events = POLLIN};
	if (ns > 0)
		poll(&p, 1, (int)((ns + LQ_MSEC - 1) / LQ_MSEC));
}

/* Where on the graph's clock this moment of the source is. A live source gives the time; a file waits for its own. */
static void follow(ingest *in, int64_t time)
{
	int64_t now = in->host->now(in->host);
	if (in->offset == LQ_TIME_NONE) {
		in->offset = now - time - (in->opt.live ? source_age(&in->src) : 0);
		in->catching_up = 1;
	}
	in->catching_up = in->catching_up && now - (time + in->offset) > LATE;
	if (!in->catching_up && now - (time + in->offset) > LATE) {
		in->offset = now - time;
		atomic_fetch_add(&in->jumps, 1);
	} else if (in->opt.live && now - time < in->offset) {
		in->offset = now - time;
	}
	for (int64_t left; !in->opt.live && !atomic_load(&in->stopping) && (left = time + in->offset - in->host->now(in->host)) > 0;)
		rest(in, left);
}

/* Times never go back. */
static void stamp(ingest *in, int track, lq_buffer *buf, int64_t pts, int64_t duration)
{
	int ordered = buf->dts == LQ_TIME_NONE;
	buf->pts = pts + in->offset;
	if (ordered && in->last[track] != LQ_TIME_NONE && buf->pts <= in->last[track])
		buf->pts = in->last[track] + 1;
	in->last[track] = ordered ? buf->pts : in->last[track];
	buf->duration = duration;
	buf->capture_time = buf->pts;
	if (pts + duration > in->end)
		in->end = pts + duration;
}

/* ---- encoded ---- */

static int set_sent(ingest *in, int track)
{
	lq_format f = *in->out[track];
	f.extra = source_extra(&in->src, track, &f.extra_size);
	return lq__format_replace(in->host, &in->sent[track], &f);
}

/* A picture that is to be shown before one that came earlier: what follows cannot tell, so it must not get it. */
static int is_reordered(ingest *in, int track, const AVPacket *p)
{
	if (track != SOURCE_VIDEO || in->b_frames == B_PASS)
		return 0;
	int64_t pts = source_time(in->src.tracks[track].stream, p->pts), before = in->shown;
	in->shown = pts;
	if (before == LQ_TIME_NONE || pts >= before || before - pts > LQ_SEC)
		return 0;
	if (!atomic_fetch_add(&in->reordered, 1)) {
		char text[WHY_TEXT];
		snprintf(text, sizeof text, "%.120s: B-frames have come, which calls cannot carry; let the source send none, or decode it", in->src.where);
		in->broken[track] = 1;
		lq__tell(in->host, LQ_EVENT_ERROR, SOURCE_VIDEO, LQ_ENOTSUP, text);
	}
	return 1;
}

static int give_packet(ingest *in, int track, const AVPacket *p)
{
	const AVStream *s = in->src.tracks[track].stream;
	int64_t pts = source_time(s, p->pts), dts = source_time(s, p->dts);
	if (is_reordered(in, track, p) || in->broken[track])
		return 0;
	int e = in->sent[track] && (track == SOURCE_VIDEO || in->sent[track]->extra_size) ? 0 : set_sent(in, track);
	lq_buffer *buf = e ? NULL : in->host->buffer_new(in->host, in->sent[track], (uint32_t)p->size);
	if (!buf)
		return LQ_ENOMEM;
	memcpy(buf->planes[0], p->data, (size_t)p->size);
	if (track == SOURCE_VIDEO && in->b_frames == B_PASS && dts != LQ_TIME_NONE)
		buf->dts = dts + in->offset;
	buf->flags = track == SOURCE_AUDIO || p->flags & AV_PKT_FLAG_KEY ? LQ_BUFFER_KEY : 0;
	buf->priority = buf->flags & LQ_BUFFER_KEY ? 2 : 1;
	stamp(in, track, buf, pts, p->duration > 0 ? source_time(s, p->duration) : 0);
	return lq__submit(in->host, (uint32_t)track, buf);
}

static int give_encoded(ingest *in, int track, AVPacket *p)
{
	int e = 0;
	if (!in->src.tracks[track].bsf)
		return give_packet(in, track, p);
	if ((e = source_filter(&in->src, track, p)))
		return e;
	while (!e && !(e = source_encoded(&in->src, track, in->filtered))) {
		e = give_packet(in, track, in->filtered);
		av_packet_unref(in->filtered);
	}
	return e == LQ_EAGAIN ? 0 : e;
}

/* ---- decoded ---- */

static int give_picture(ingest *in, int64_t pts)
{
	int64_t duration = in->frame->pkt_duration > 0 ? source_time(in->src.tracks[SOURCE_VIDEO].stream, in->frame->pkt_duration) : 0;
	lq_buffer *buf = make_picture(&in->picture, in->frame);
	if (!buf)
		return LQ_ENOMEM;
	buf->flags = LQ_BUFFER_KEY;
	buf->priority = 1;
	stamp(in, SOURCE_VIDEO, buf, pts, duration);
	return lq__submit(in->host, SOURCE_VIDEO, buf);
}

static int give_sound(ingest *in, int64_t pts)
{
	lq_buffer *buf;
	int e = make_sound(&in->sound, in->frame, pts, &buf);
	if (e || !buf)
		return e;
	buf->priority = 2;
	stamp(in, SOURCE_AUDIO, buf, buf->pts, buf->duration);
	return lq__submit(in->host, SOURCE_AUDIO, buf);
}

static int give_decoded(ingest *in, int track, const AVPacket *p)
{
	int e = source_decode(&in->src, track, p);
	if (e == LQ_EIO) /* damaged: the next one may do */
		atomic_fetch_add(&in->errors, 1);
	e = e == LQ_EIO ? 0 : e;
	while (!e && !source_decoded(&in->src, track, in->frame)) {
		int64_t pts = source_time(in->src.tracks[track].stream, in->frame->best_effort_timestamp);
		atomic_fetch_add(&in->frames[track], 1);
		e = pts == LQ_TIME_NONE ? 0 : track == SOURCE_VIDEO ? give_picture(in, pts) : give_sound(in, pts);
		av_frame_unref(in->frame);
	}
	return e;
}

/* ---- the thread ---- */

static int take(ingest *in, int track)
{
	const AVStream *s = in->src.tracks[track].stream;
	AVPacket *p = in->packet;
	int64_t time = source_time(s, p->dts != AV_NOPTS_VALUE ? p->dts : p->pts);
	atomic_fetch_add(&in->packets[track], 1);
	if (time == LQ_TIME_NONE || !in->out[track] || in->broken[track])
		return 0;
	if (p->pts == AV_NOPTS_VALUE)
		p->pts = p->dts;
	follow(in, time);
	return in->out[track]->codec == LQ_CODEC_RAW ? give_decoded(in, track, p) : give_encoded(in, track, p);
}

/* Reads until the source ends or fails. */
static int read_all(ingest *in)
{
	int e = 0, track;
	while (!e && !atomic_load(&in->stopping)) {
		if ((e = source_read(&in->src, in->packet, &track)))
			break;
		e = take(in, track);
		if (e)
			snprintf(in->src.error, sizeof in->src.error, "%.150s: cannot be taken on (error %d)", in->src.where, e);
		av_packet_unref(in->packet);
	}
	return atomic_load(&in->stopping) ? 0 : e;
}

static void finish(ingest *in)
{
	for (uint32_t i = 0; i < SOURCE_TRACKS; i++)
		if (in->out[i])
			lq__submit_eos(in->host, i, in->sent[i] && in->out[i]->codec != LQ_CODEC_RAW ? in->sent[i] : in->out[i],
			               in->offset == LQ_TIME_NONE ? in->host->now(in->host) : in->end + in->offset);
	lq__tell(in->host, LQ_EVENT_EOS, SOURCE_VIDEO, 0, NULL);
}

/* The same tracks as before, or those who listen would get what they have not agreed on. */
static int same_tracks(ingest *in, const uint32_t codecs[SOURCE_TRACKS])
{
	for (int i = 0; i < SOURCE_TRACKS; i++)
		if (in->out[i] && (!in->src.tracks[i].stream || (in->out[i]->codec != LQ_CODEC_RAW && in->src.tracks[i].codec != codecs[i])))
			return 0;
	return 1;
}

/* A file from the beginning, or a live source that was lost. Returns 0 when it is there again. */
static int reopen(ingest *in)
{
	uint32_t codecs[SOURCE_TRACKS] = {in->src.tracks[0].codec, in->src.tracks[1].codec};
	source_close(&in->src);
	sound_restart(&in->sound);
	int e = source_open(&in->src, &in->opt, &in->stopping);
	if (e)
		return e;
	atomic_fetch_add(&in->connects, 1);
	in->offset = in->shown = LQ_TIME_NONE;
	for (int i = 0; i < SOURCE_TRACKS; i++)
		lq__format_drop(in->host, &in->sent[i]);
	if (same_tracks(in, codecs))
		return 0;
	snprintf(in->src.error, sizeof in->src.error, "%.120s: it has come back with other tracks", in->src.where);
	return LQ_EFORMAT;
}

/* Until it is there again or we are stopped. */
static void come_back(ingest *in, int e, int64_t *wait)
{
	char text[WHY_TEXT + 40];
	while (e && !atomic_load(&in->stopping)) {
		snprintf(text, sizeof text, "%.200s; trying again in %.1f s", in->src.error, (double)*wait / 1e9);
		lq__tell(in->host, LQ_EVENT_STATE, SOURCE_VIDEO, LQ_STATE_DISCONNECTED, text);
		lq__tell(in->host, LQ_EVENT_WARNING, SOURCE_VIDEO, e, text);
		rest(in, *wait);
		*wait = *wait * 2 < in->retry ? *wait * 2 : in->retry;
		e = atomic_load(&in->stopping) ? 0 : reopen(in);
	}
	if (!atomic_load(&in->stopping))
		lq__tell(in->host, LQ_EVENT_STATE, SOURCE_VIDEO, LQ_STATE_CONNECTED, in->src.where);
}

static void fail(ingest *in, int e)
{
	lq__tell(in->host, LQ_EVENT_ERROR, SOURCE_VIDEO, e, in->src.error);
	finish(in);
}

/* A file's end: once more from the beginning, or over. Returns 0 to go on. */
static int next_lap(ingest *in)
{
	int64_t end = in->end + in->offset;
	int e = in->loop && in->offset != LQ_TIME_NONE ? reopen(in) : LQ_END;
	if (e == LQ_END)
		finish(in);
	else if (e)
		fail(in, e);
	else
		atomic_fetch_add(&in->laps, 1);
	for (int64_t left; !e && !atomic_load(&in->stopping) && (left = end - in->host->now(in->host)) > 0;)
		rest(in, left);
	in->end = 0;
	return e;
}

static void *work(void *arg)
{
	ingest *in = arg;
	int64_t wait = FIRST_RETRY;
	why_listen();
	while (!atomic_load(&in->stopping)) {
		int64_t began = in->host->now(in->host);
		int e = in->src.av ? read_all(in) : LQ_ECONN;
		if (atomic_load(&in->stopping))
			break;
		if (!in->opt.live) {
			if (e != LQ_END) {
				fail(in, e);
				break;
			}
			if (next_lap(in))
				break;
			continue;
		}
		if (in->host->now(in->host) - began > STEADY)
			wait = FIRST_RETRY;
		if (e == LQ_END)
			snprintf(in->src.error, sizeof in->src.error, "%.150s: the stream has ended", in->src.where);
		come_back(in, e == LQ_END ? LQ_ECONN : e, &wait);
	}
	return NULL;
}

static int start(void *self)
{
	ingest *in = self;
	atomic_store(&in->stopping, 0);
	eventfd_t n;
	eventfd_read(in->wake, &n);
	in->offset = in->shown = LQ_TIME_NONE;
	in->last[0] = in->last[1] = LQ_TIME_NONE;
	in->end = 0;
	atomic_fetch_add(&in->connects, 1);
	in->has_thread = !pthread_create(&in->thread, NULL, work, in);
	return in->has_thread ? 0 : in->host->fail(in->host, LQ_ENOMEM, "no thread can be made");
}

/* A key frame cannot be asked for: the source sends them when it likes. */
static int on_event(void *self, const lq_event *event)
{
	return event->type == LQ_EVENT_KEY_FRAME || event->type == LQ_EVENT_TARGET_RATE || event->type == LQ_EVENT_LOSS ? 0 : LQ_ENOTSUP;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	ingest *in = self;
	for (uint32_t i = 0; i < SOURCE_TRACKS; i++) {
		lq__stat(fn, arg, i, "packetsReceived", (double)atomic_load(&in->packets[i]));
		lq__stat(fn, arg, i, "framesDecoded", (double)atomic_load(&in->frames[i]));
	}
	lq__stat(fn, arg, 0, "connections", (double)atomic_load(&in->connects));
	lq__stat(fn, arg, 0, "decodeErrors", (double)atomic_load(&in->errors));
	lq__stat(fn, arg, 0, "jumps", (double)atomic_load(&in->jumps));
	lq__stat(fn, arg, 0, "laps", (double)atomic_load(&in->laps));
	lq__stat(fn, arg, 0, "reorderedPackets", (double)atomic_load(&in->reordered));
}

static const char *const b_frame_modes[] = {"decode", "pass", NULL}, *const srt_modes[] = {"caller", "listener", NULL}, *const rtsp_modes[] = {"tcp", "udp", NULL};
static const lq_param_desc params[] = {
	[P_URL] = {"url", LQ_PARAM_STRING, LQ_PARAM_REQUIRED | LQ_PARAM_SECRET, NULL, NULL, 0, 0, NULL, "rtmp, rtmps, srt, rtsp, http or https, or the path of a file."},
	[P_LOOP] = {"loop", LQ_PARAM_BOOL, 0, NULL, "false", 0, 0, NULL, "A file begins again at its end."},
	[P_B_FRAMES] = {"b_frames", LQ_PARAM_CHOICE, 0, NULL, "decode", 0, 0, b_frame_modes, "Pictures with B-frames are only given decoded, or passed on as they are, for targets that can have them."},
	[P_TIMEOUT] = {"timeout", LQ_PARAM_INT, 0, "ms", "10000", 100, 600000, NULL, "How long connecting may take, and silence that counts as a lost connection."},
	[P_RETRY] = {"retry", LQ_PARAM_INT, 0, "ms", "10000", 500, 600000, NULL, "Longest wait before it connects again."},
	[P_MODE] = {"mode", LQ_PARAM_CHOICE, 0, NULL, "caller", 0, 0, srt_modes, "SRT: calls the other side, or waits for its call."},
	[P_PASSPHRASE] = {"passphrase", LQ_PARAM_STRING, LQ_PARAM_SECRET, NULL, "", 0, 0, NULL, "SRT: decrypts."},
	[P_RTSP] = {"rtsp_transport", LQ_PARAM_CHOICE, 0, NULL, "tcp", 0, 0, rtsp_modes, "RTSP: how media comes."},
};
static const lq_port_desc ports[] = {[SOURCE_VIDEO] = {"video", LQ_OUT, LQ_MEDIA_VIDEO, LQ_PORT_OPTIONAL},
                                     [SOURCE_AUDIO] = {"audio", LQ_OUT, LQ_MEDIA_AUDIO, LQ_PORT_OPTIONAL}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .set_format = set_format, .start = start, .stop = stop,
                                .event = on_event, .stats = stats};
static const lq_capture_ops capture_ops = {0};

const lq_node_desc lq__capture_url = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_CAPTURE, .id = "capture.url", .summary = "A live stream or a file, decoded or as it is encoded", .rank = 100,
	.flags = LQ_NODE_LIVE | LQ_NODE_OWN_THREAD | LQ_NODE_GPL, .ports = ports, .n_ports = LQ__COUNT(ports), .params = params, .n_params = LQ__COUNT(params),
	.ops = &ops, .kind_ops = &capture_ops};
