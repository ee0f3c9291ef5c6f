/* capture.url: a live stream (RTMP, SRT, RTSP, HTTP) or a file as a capture, decoded or as it is encoded, whatever each port's other end takes. */
#include "ingest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../avformat/display.h"
#include "broadcast_nodes.h"

enum { P_URL, P_LOOP, P_B_FRAMES, P_TIMEOUT, P_RETRY, P_MODE, P_PASSPHRASE, P_RTSP };
#define RATE 48000

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
		lq__format_drop(in->host, &in->agreed[i]);
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
	pthread_mutex_destroy(&in->lock);
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
	in->opt = (source_options){.url = in->url, .passphrase = in->passphrase, .timeout = p[P_TIMEOUT].i * LQ_MSEC,
	                           .listener = (int)p[P_MODE].i | source_listens(in->url), .rtsp_udp = (int)p[P_RTSP].i, .live = strstr(in->url, "://") != NULL};
	if (in->opt.listener && strncmp(in->url, "srt:", 4) && strncmp(in->url, "rtmp:", 5))
		return in->host->fail(in->host, LQ_EINVAL, "only SRT and RTMP can be waited for");
	return 0;
}

static int prepare(ingest *in, const lq_value *params)
{
	in->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	in->packet = av_packet_alloc();
	in->filtered = av_packet_alloc();
	in->frame = av_frame_alloc();
	int e = in->wake >= 0 && in->packet && in->filtered && in->frame ? take_params(in, params) : LQ_ENOMEM;
	if (e || in->opt.listener) /* it opens when it runs: who knows when somebody calls */
		return e;
	if ((e = source_open(&in->src, &in->opt, &in->stopping)))
		return in->host->fail(in->host, e, "%s", in->src.error);
	if (in->src.tracks[SOURCE_VIDEO].stream && (in->picture.turn = display_turn(in->src.tracks[SOURCE_VIDEO].stream)))
		in->host->log(in->host, LQ_LOG_WARNING, "%s is to be turned by %d degrees, which calls cannot tell: its pictures are only given decoded", in->src.where, in->picture.turn);
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
	in->wake = -1;
	pthread_mutex_init(&in->lock, NULL);
	int e = prepare(in, params);
	if (e) {
		destroy(in);
		return e;
	}
	*self = in;
	return 0;
}

/* ---- formats ---- */

/* What is taken from whoever calls, who is not there yet. */
static int awaited_format(uint32_t port, uint32_t i, lq_format *out)
{
	if (i >= (port == SOURCE_AUDIO ? 4u : 1u))
		return LQ_END;
	*out = port == SOURCE_AUDIO ? lq__audio_format(LQ_CODEC_RAW, i & 1 ? LQ_SAMPLE_S16 : LQ_SAMPLE_F32, RATE, i < 2 ? 2 : 1) : lq__video_format(LQ_CODEC_H264, 0, 0, 0);
	return 0;
}

/* As it is encoded, where that can be carried on. */
static int encoded_format(const ingest *in, uint32_t port, lq_format *out)
{
	const source_track *t = &in->src.tracks[port];
	const AVCodecParameters *par = t->stream->codecpar;
	if (t->codec == LQ_CODEC_NONE || (port == SOURCE_VIDEO && (in->picture.turn || (in->src.b_frames && in->b_frames == B_DECODE))))
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
	AVStream *s = in->src.tracks[port].stream;
	uint32_t w, h, own = port != SOURCE_AUDIO || s->codecpar->ch_layout.nb_channels != 1 ? 2 : 1;
	if (port == SOURCE_AUDIO) /* its own channels first */
		return lq__audio_format(LQ_CODEC_RAW, i & 1 ? LQ_SAMPLE_S16 : LQ_SAMPLE_F32, RATE, i < 2 ? own : 3 - own);
	display_size(s, &w, &h);
	lq_format f = lq__video_format(LQ_CODEC_RAW, LQ_PIXEL_I420, w & ~1u, h & ~1u);
	set_rate(s, &f);
	return f;
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	ingest *in = self;
	if (in->opt.listener)
		return awaited_format(port, i, out);
	if (!in->src.tracks[port].stream)
		return in->host->fail(in->host, LQ_ENOENT, "%s has no %s", in->src.where, port == SOURCE_AUDIO ? "sound" : "picture");
	lq_format f;
	int encoded = encoded_format(in, port, &f);
	if (encoded && !i--) {
		*out = f;
		return 0;
	}
	if (i >= (port == SOURCE_AUDIO ? 4u : 1u))
		return LQ_END;
	*out = raw_format(in, port, i);
	return 0;
}

/* The thread may run already: it takes the format over. */
static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	ingest *in = self;
	pthread_mutex_lock(&in->lock);
	int e = lq__format_replace(in->host, &in->agreed[port], fmt);
	pthread_mutex_unlock(&in->lock);
	atomic_store(&in->fresh, 1);
	eventfd_write(in->wake, 1);
	return e;
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
	in->need_key = 1;
	in->linked[0] = in->linked[1] = 0;
	in->whole = in->agreed[0] || in->agreed[1];
	atomic_fetch_add(&in->connects, !in->opt.listener);
	in->has_thread = !pthread_create(&in->thread, NULL, ingest_work, in);
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
	[P_B_FRAMES] = {"b_frames", LQ_PARAM_CHOICE, 0, NULL, "decode", 0, 0, b_frame_modes, "Pictures with B-frames are only given decoded, or passed on as they are, for what can have them."},
	[P_TIMEOUT] = {"timeout", LQ_PARAM_INT, 0, "ms", "10000", 100, 600000, NULL, "How long connecting may take, and silence that counts as a lost connection."},
	[P_RETRY] = {"retry", LQ_PARAM_INT, 0, "ms", "10000", 500, 600000, NULL, "Longest wait before it connects again."},
	[P_MODE] = {"mode", LQ_PARAM_CHOICE, 0, NULL, "caller", 0, 0, srt_modes, "SRT and RTMP: calls the other side, or waits for its call; as in ?mode=listener and ?listen of the URL. What is waited for has H.264."},
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
