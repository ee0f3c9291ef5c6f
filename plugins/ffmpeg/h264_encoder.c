/* codec.h264.enc: x264 through libavcodec, set up for calls.
 *
 * The rate can change while running only because VBV is on from the start, and then only when bit_rate, rc_max_rate and rc_buffer_size
 * change together. With zerolatency x264 counts frames and not time, so the rate is scaled by nominal / real frame rate. */
#include <libavutil/opt.h>
#include <stdlib.h>

#include "../common/av.h"
#include "../common/encoder_counts.h"
#include "../common/frame_rate.h"
#include "ffmpeg_nodes.h"
#include "h264_params.h"
#include "packets.h"

#define N_TIMES 32

typedef struct frame_times {
	int64_t pts, capture_time, duration;
} frame_times;

typedef struct encoder {
	const lq_host *host;
	AVCodecContext *av;
	AVPacket *packet;
	AVFrame *frame;
	const lq_format *in, *out;
	int preset, profile, tune, threads, key_seconds;
	int64_t bitrate;
	int64_t max_bitrate; /* as the parameter says: the network can only lower it */
	int64_t min_bitrate; /* and not below this */
	int buffer_ms;       /* VBV: how far the rate may stray, and for how long */
	lq__frame_rate rate;
	int want_key;
	int64_t last_key; /* pts of the last key frame that was asked for or due */
	frame_times times[N_TIMES];
	uint32_t next_time;
	lq__encoder_counts counts;
} encoder;

static const char *const presets[] = {"auto", "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", NULL};
static const char *const profiles[] = {"baseline", "main", "high", NULL};
static const char *const tunes[] = {"zerolatency", "none", NULL};

static int create(const lq_host *host, const lq_value *params, void **self)
{
	encoder *e = calloc(1, sizeof *e);
	if (!e)
		return LQ_ENOMEM;
	e->host = host;
	e->bitrate = e->max_bitrate = params[P_BITRATE].i;
	e->preset = (int)params[P_PRESET].i;
	e->profile = (int)params[P_PROFILE].i;
	e->tune = (int)params[P_TUNE].i;
	e->threads = (int)params[P_THREADS].i;
	e->key_seconds = (int)params[P_KEY_INTERVAL].i;
	e->min_bitrate = params[P_MIN_BITRATE].i;
	e->buffer_ms = (int)params[P_BUFFER].i;
	e->packet = av_packet_alloc();
	e->frame = av_frame_alloc();
	lq__frame_rate_reset(&e->rate);
	if (!e->packet || !e->frame) {
		av_packet_free(&e->packet);
		av_frame_free(&e->frame);
		free(e);
		return LQ_ENOMEM;
	}
	*self = e;
	return 0;
}

static void destroy(void *self)
{
	encoder *e = self;
	avcodec_free_context(&e->av);
	av_packet_free(&e->packet);
	av_frame_free(&e->frame);
	lq__format_drop(e->host, &e->in);
	lq__format_drop(e->host, &e->out);
	free(e);
}

static int probe(char *text, size_t size)
{
	if (avcodec_find_encoder_by_name("libx264"))
		return 0;
	snprintf(text, size, "this FFmpeg is built without libx264");
	return LQ_ENOLIB;
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	encoder *e = self;
	if (i)
		return LQ_END;
	*out = port ? lq__encoded_format(LQ_CODEC_H264, e->in) : lq__video_format(LQ_CODEC_RAW, LQ_PIXEL_I420, 0, 0);
	return 0;
}

static void apply_rate(encoder *e)
{
	double scale = e->rate.fps > 0.5 ? lq__nominal_fps(e->in) / e->rate.fps : 1;
	if (!e->av)
		return;
	e->av->bit_rate = (int64_t)((double)e->bitrate * (scale > 10 ? 10 : scale < 0.1 ? 0.1 : scale));
	e->av->rc_max_rate = e->av->bit_rate;
	e->av->rc_buffer_size = (int)(e->av->bit_rate * e->buffer_ms / 1000);
}

static void set_options(encoder *e)
{
	AVCodecContext *av = e->av;
	int big = (uint64_t)e->in->width * e->in->height > 1280 * 720;
	av->width = (int)e->in->width;
	av->height = (int)e->in->height;
	av->pix_fmt = AV_PIX_FMT_YUV420P;
	av->time_base = (AVRational){1, 90000};
	av->framerate = e->in->fps_num && e->in->fps_den ? (AVRational){(int)e->in->fps_num, (int)e->in->fps_den} : (AVRational){30, 1};
	av->gop_size = 1 << 24; /* key frames come by time (due_key): frames may be missing */
	av->max_b_frames = 0;
	av->thread_count = e->threads;
	av_opt_set(av->priv_data, "preset", e->preset ? presets[e->preset] : big ? "superfast" : "veryfast", 0);
	av_opt_set(av->priv_data, "profile", profiles[e->profile], 0);
	if (e->tune == 0)
		av_opt_set(av->priv_data, "tune", "zerolatency", 0);
	av_opt_set(av->priv_data, "forced-idr", "1", 0);
	av_opt_set(av->priv_data, "aq-mode", "1", 0);
	av_opt_set(av->priv_data, "x264-params", "scenecut=0:log-level=0", 0); /* no AV_CODEC_FLAG_GLOBAL_HEADER: SPS and PPS with every IDR */
	apply_rate(e);
}

static int reopen(encoder *e)
{
	const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
	avcodec_free_context(&e->av);
	lq__frame_rate_reset(&e->rate);
	e->last_key = LQ_TIME_NONE;
	e->av = codec ? avcodec_alloc_context3(codec) : NULL;
	if (!e->av)
		return e->host->fail(e->host, LQ_ENOLIB, "this FFmpeg is built without libx264");
	set_options(e);
	int r = avcodec_open2(e->av, codec, NULL);
	if (r < 0) {
		avcodec_free_context(&e->av);
		return e->host->fail(e->host, LQ_EFORMAT, "x264 cannot encode %ux%u: %s", e->in->width, e->in->height, lq__av_error(r).s);
	}
	return 0;
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	encoder *e = self;
	if (port != 0)
		return 0;
	if (fmt->codec != LQ_CODEC_RAW || fmt->pixel != LQ_PIXEL_I420 || !fmt->width || !fmt->height)
		return e->host->fail(e->host, LQ_EFORMAT, "the H.264 encoder takes raw I420 pictures of a known size");
	if ((fmt->width | fmt->height) & 1)
		return e->host->fail(e->host, LQ_EFORMAT, "the H.264 encoder needs an even width and height, not %ux%u", fmt->width, fmt->height);
	int r = lq__format_replace(e->host, &e->in, fmt);
	lq_format packet = lq__video_format(LQ_CODEC_H264, 0, fmt->width, fmt->height);
	packet.fps_num = fmt->fps_num;
	packet.fps_den = fmt->fps_den;
	r = r ? r : lq__format_replace(e->host, &e->out, &packet);
	return r ? r : reopen(e);
}

static const frame_times *times_of(const encoder *e, int64_t pts)
{
	for (uint32_t i = 1; i <= N_TIMES; i++) {
		const frame_times *t = &e->times[(e->next_time - i) % N_TIMES];
		if (t->pts != LQ_TIME_NONE && av_rescale_q(t->pts, lq__av_ns, e->av->time_base) == pts)
			return t;
	}
	return NULL;
}

static void count(encoder *e)
{
	size_t size = 0;
	double qp = 0;
	const uint8_t *quality = av_packet_get_side_data(e->packet, AV_PKT_DATA_QUALITY_STATS, &size);
	if (quality && size >= 4)
		qp = (double)(quality[0] | quality[1] << 8 | quality[2] << 16 | quality[3] << 24) / FF_QP2LAMBDA;
	lq__count_picture(&e->counts, e->packet->flags & AV_PKT_FLAG_KEY, (size_t)e->packet->size, qp);
}

static int submit_packet(void *self)
{
	encoder *e = self;
	const frame_times *t = times_of(e, e->packet->pts);
	int key = e->packet->flags & AV_PKT_FLAG_KEY;
	lq_buffer *buf = packet_buffer(e->host, e->out, e->packet);
	if (!buf)
		return LQ_ENOMEM;
	count(e);
	buf->pts = t ? t->pts : LQ_TIME_NONE;
	buf->capture_time = t ? t->capture_time : LQ_TIME_NONE;
	buf->duration = t ? t->duration : 0;
	buf->flags = key ? LQ_BUFFER_KEY : 0;
	buf->priority = key ? 2 : 1;
	return lq__submit(e->host, 1, buf);
}

static int receive(encoder *e)
{
	return packets_receive(e->av, e->packet, submit_packet, e);
}

typedef struct held_buffer {
	const lq_host *host;
	lq_buffer *buf;
} held_buffer;

static void release_held(void *opaque, uint8_t *data)
{
	held_buffer *h = opaque;
	h->host->buffer_unref(h->host, h->buf);
	free(h);
}

/* Lends the picture to libavcodec without a copy. */
static int lend(encoder *e, lq_buffer *buf)
{
	AVFrame *f = e->frame;
	held_buffer *h = malloc(sizeof *h);
	if (!h)
		return LQ_ENOMEM;
	*h = (held_buffer){e->host, e->host->buffer_ref(e->host, buf)};
	f->buf[0] = av_buffer_create(buf->planes[0], (size_t)buf->strides[0] * e->in->height, release_held, h, AV_BUFFER_FLAG_READONLY);
	if (!f->buf[0]) {
		release_held(h, NULL);
		return LQ_ENOMEM;
	}
	for (int i = 0; i < 3; i++) {
		f->data[i] = buf->planes[i];
		f->linesize[i] = (int)buf->strides[i];
	}
	f->format = AV_PIX_FMT_YUV420P;
	f->width = (int)e->in->width;
	f->height = (int)e->in->height;
	return 0;
}

/* Whether this picture has to be a key frame. Half a frame early is nearer than half a frame late. */
static int due_key(encoder *e, int64_t pts)
{
	int64_t half = (int64_t)(0.5e9 / lq__nominal_fps(e->in));
	int key = e->want_key || e->last_key == LQ_TIME_NONE || pts < e->last_key || (e->key_seconds && pts - e->last_key >= e->key_seconds * LQ_SEC - half);
	if (key)
		e->last_key = pts;
	e->want_key = 0;
	return key;
}

static int encode(encoder *e, lq_buffer *buf)
{
	int64_t start = e->host->now(e->host), pts = buf->pts == LQ_TIME_NONE ? start : buf->pts;
	int r = lend(e, buf);
	if (r)
		return r;
	if (lq__frame_rate_add(&e->rate, pts))
		apply_rate(e);
	e->times[e->next_time++ % N_TIMES] = (frame_times){pts, buf->capture_time, buf->duration};
	e->frame->pts = av_rescale_q(pts, lq__av_ns, e->av->time_base);
	e->frame->pict_type = due_key(e, pts) ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
	int sent = avcodec_send_frame(e->av, e->frame);
	av_frame_unref(e->frame);
	if (sent < 0)
		return e->host->fail(e->host, LQ_EIO, "x264 cannot encode: %s", lq__av_error(sent).s);
	r = receive(e);
	e->counts.time += e->host->now(e->host) - start;
	return r;
}

static int drain(encoder *e)
{
	avcodec_send_frame(e->av, NULL);
	return receive(e);
}

/* An encoder that has been drained takes no more frames, so flushing means a new one. */
static int flush(void *self)
{
	encoder *e = self;
	if (!e->av)
		return 0;
	int r = drain(e);
	return r ? r : reopen(e);
}

static int send(void *self, uint32_t port, lq_buffer *buf)
{
	encoder *e = self;
	int r = 0;
	if (buf->format != e->in || !e->av) {
		if (e->av)
			drain(e);
		if ((r = set_format(e, 0, buf->format)))
			return r;
	}
	if (buf->n_planes)
		r = encode(e, buf);
	if (buf->flags & LQ_BUFFER_EOS) {
		flush(e);
		lq__submit_eos(e->host, 1, e->out, buf->pts);
	}
	return r;
}

static int set_param(void *self, uint32_t index, const lq_value *value)
{
	encoder *e = self;
	if (index != P_BITRATE)
		return LQ_ENOTSUP;
	e->bitrate = e->max_bitrate = value->i;
	apply_rate(e);
	return 0;
}

static int event(void *self, const lq_event *event)
{
	encoder *e = self;
	if (event->type == LQ_EVENT_KEY_FRAME) {
		e->want_key = 1;
	} else if (event->type == LQ_EVENT_TARGET_RATE) {
		e->bitrate = lq__clamp(event->value, e->min_bitrate < e->max_bitrate ? e->min_bitrate : e->max_bitrate, e->max_bitrate);
		apply_rate(e);
	} else {
		return LQ_ENOTSUP;
	}
	return 0;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const encoder *e = self;
	lq__encoder_stats(&e->counts, e->bitrate, e->rate.fps, fn, arg);
}

static const lq_param_desc params[] = {
	[P_BITRATE] = {"bitrate", LQ_PARAM_INT, LQ_PARAM_RUNTIME, "bit/s", "1500000", 30000, 20000000, NULL, "Rate of the stream; lower where the network carries less."},
	[P_PRESET] = {"preset", LQ_PARAM_CHOICE, 0, NULL, "auto", 0, 0, presets, "Effort; auto is veryfast up to 1280x720, superfast above."},
	[P_PROFILE] = {"profile", LQ_PARAM_CHOICE, 0, NULL, "baseline", 0, 0, profiles, "Baseline is what every browser decodes."},
	[P_TUNE] = {"tune", LQ_PARAM_CHOICE, 0, NULL, "zerolatency", 0, 0, tunes, "With none the encoder looks ahead, which delays the picture."},
	[P_THREADS] = {"threads", LQ_PARAM_INT, 0, NULL, "1", 0, 16, NULL, "Threads for slices of a picture; 0: one a processor. With more than 1 the same pictures do not give the same bytes each time."},
	[P_KEY_INTERVAL] = {"key_interval", LQ_PARAM_INT, 0, "s", "0", 0, 3600, NULL, "Time between key frames; 0: only when asked for."},
	[P_MIN_BITRATE] = {"min_bitrate", LQ_PARAM_INT, 0, "bit/s", "30000", 30000, 20000000, NULL, "What the network's estimate does not lower it below."},
	[P_BUFFER] = {"buffer_ms", LQ_PARAM_INT, 0, "ms", "200", 50, 5000, NULL, "How long the rate may be above its mean: short for low delay, long for steady pictures."},
};
static const lq_port_desc ports[] = {{"in", LQ_IN, LQ_MEDIA_VIDEO, 0}, {"out", LQ_OUT, LQ_MEDIA_VIDEO, 0}};
static const lq_node_ops ops = {.probe = probe, .create = create, .destroy = destroy, .formats = formats, .set_format = set_format,
                                .set_param = set_param, .event = event, .stats = stats};
static const lq_codec_ops codec_ops = {.send = send, .flush = flush};

const lq_node_desc lq__h264_encoder = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_CODEC, .id = "codec.h264.enc", .summary = "H.264 encoder (x264)", .rank = 100,
	.flags = LQ_NODE_GPL | LQ_NODE_PURE, .ports = ports, .n_ports = LQ__COUNT(ports), .params = params, .n_params = LQ__COUNT(params), .ops = &ops,
	.kind_ops = &codec_ops};
