/* codec.vp8.enc and codec.vp9.enc on libvpx itself, set up for calls. FFmpeg's wrapper cannot change the rate of a running encoder;
 * vpx_codec_enc_config_set does, from the next frame on. */
#include <stdlib.h>
#include <string.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#include "../common/encoder_counts.h"
#include "../common/frame_rate.h"
#include "../common/util.h"

#define TICKS 90000 /* a second, as in RTP */

enum { P_BITRATE, P_THREADS, P_SPEED, P_KEY_INTERVAL };

typedef struct encoder {
	const lq_host *host;
	int vp9, threads, speed, key_seconds, open;
	vpx_codec_ctx_t vpx;
	vpx_codec_enc_cfg_t cfg;
	const lq_format *in, *out;
	int64_t bitrate;
	int64_t max_bitrate; /* as the parameter says: the network can only lower it */
	lq__frame_rate rate;
	vpx_codec_pts_t last_ticks;
	int64_t key_pts; /* of the last key frame */
	int want_key, need_config;
	lq__encoder_counts counts;
	uint64_t dropped;
} encoder;

static int create(const lq_host *host, const lq_value *params, void **self, int vp9)
{
	encoder *e = calloc(1, sizeof *e);
	if (!e)
		return LQ_ENOMEM;
	e->host = host;
	e->vp9 = vp9;
	e->bitrate = e->max_bitrate = params[P_BITRATE].i;
	e->threads = (int)params[P_THREADS].i;
	e->speed = (int)params[P_SPEED].i;
	e->key_seconds = (int)params[P_KEY_INTERVAL].i;
	*self = e;
	return 0;
}

static int create_vp8(const lq_host *host, const lq_value *params, void **self)
{
	return create(host, params, self, 0);
}

static int create_vp9(const lq_host *host, const lq_value *params, void **self)
{
	return create(host, params, self, 1);
}

static void close_codec(encoder *e)
{
	if (e->open)
		vpx_codec_destroy(&e->vpx);
	e->open = 0;
}

static void destroy(void *self)
{
	encoder *e = self;
	close_codec(e);
	lq__format_drop(e->host, &e->in);
	lq__format_drop(e->host, &e->out);
	free(e);
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	encoder *e = self;
	if (i)
		return LQ_END;
	*out = port ? lq__encoded_format(e->vp9 ? LQ_CODEC_VP9 : LQ_CODEC_VP8, e->in) : lq__video_format(LQ_CODEC_RAW, LQ_PIXEL_I420, 0, 0);
	return 0;
}

static double fps(const encoder *e)
{
	return e->rate.fps > 0.5 ? e->rate.fps : lq__nominal_fps(e->in);
}

static void set_rate_control(encoder *e)
{
	vpx_codec_enc_cfg_t *c = &e->cfg;
	c->rc_end_usage = VPX_CBR;
	c->rc_target_bitrate = (unsigned)(e->bitrate / 1000);
	c->rc_min_quantizer = 2;
	c->rc_max_quantizer = e->vp9 ? 52 : 56;
	c->rc_undershoot_pct = e->vp9 ? 50 : 100;
	c->rc_overshoot_pct = e->vp9 ? 50 : 15;
	c->rc_buf_initial_sz = 500;
	c->rc_buf_optimal_sz = 600;
	c->rc_buf_sz = 1000;
	c->rc_dropframe_thresh = 30;
	c->rc_resize_allowed = 0;
}

static void set_config(encoder *e)
{
	vpx_codec_enc_cfg_t *c = &e->cfg;
	c->g_w = e->in->width;
	c->g_h = e->in->height;
	c->g_timebase.num = 1;
	c->g_timebase.den = TICKS;
	c->g_threads = (unsigned)e->threads;
	c->g_pass = VPX_RC_ONE_PASS;
	c->g_lag_in_frames = 0;
	c->g_error_resilient = 0;
	c->kf_mode = VPX_KF_DISABLED; /* only when asked for */
	set_rate_control(e);
}

/* 0 chooses what suits the size: slower and better where a picture is small. */
static int speed(const encoder *e)
{
	int small = e->in->width * e->in->height < 352 * 288;
	if (e->speed)
		return e->vp9 ? e->speed : -e->speed;
	return e->vp9 ? (small ? 6 : 7) : (small ? -4 : -6);
}

/* A key frame may take so much of what a frame has on average. */
static void limit_key_frames(encoder *e)
{
	double pct = 600 * 0.5 * fps(e) / 10;
	vpx_codec_control(&e->vpx, VP8E_SET_MAX_INTRA_BITRATE_PCT, (unsigned)(pct < 300 ? 300 : pct));
}

static void set_controls(encoder *e)
{
	vpx_codec_control(&e->vpx, VP8E_SET_CPUUSED, speed(e));
	vpx_codec_control(&e->vpx, VP8E_SET_STATIC_THRESHOLD, 1u);
	vpx_codec_control(&e->vpx, VP8E_SET_NOISE_SENSITIVITY, 0u);
	if (e->vp9) {
		vpx_codec_control(&e->vpx, VP9E_SET_AQ_MODE, 3u);
		vpx_codec_control(&e->vpx, VP9E_SET_ROW_MT, 1u);
		vpx_codec_control(&e->vpx, VP9E_SET_TILE_COLUMNS, e->threads > 1 ? 2 : 0);
		vpx_codec_control(&e->vpx, VP9E_SET_FRAME_PARALLEL_DECODING, 0u);
	} else {
		vpx_codec_control(&e->vpx, VP8E_SET_TOKEN_PARTITIONS, e->threads > 1 ? VP8_TWO_TOKENPARTITION : VP8_ONE_TOKENPARTITION);
	}
	limit_key_frames(e);
}

static int reopen(encoder *e)
{
	vpx_codec_iface_t *iface = e->vp9 ? vpx_codec_vp9_cx() : vpx_codec_vp8_cx();
	close_codec(e);
	lq__frame_rate_reset(&e->rate);
	e->last_ticks = -1;
	e->key_pts = LQ_TIME_NONE;
	vpx_codec_err_t r = vpx_codec_enc_config_default(iface, &e->cfg, 0);
	if (r == VPX_CODEC_OK) {
		set_config(e);
		r = vpx_codec_enc_init(&e->vpx, iface, &e->cfg, 0);
	}
	if (r != VPX_CODEC_OK)
		return e->host->fail(e->host, LQ_EFORMAT, "libvpx cannot encode %ux%u: %s", e->in->width, e->in->height, vpx_codec_err_to_string(r));
	e->open = 1;
	e->need_config = 0;
	set_controls(e);
	return 0;
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	encoder *e = self;
	if (port != 0)
		return 0;
	if (fmt->codec != LQ_CODEC_RAW || fmt->pixel != LQ_PIXEL_I420 || !fmt->width || !fmt->height)
		return e->host->fail(e->host, LQ_EFORMAT, "the encoder takes raw I420 pictures of a known size");
	int same = e->open && e->in->width == fmt->width && e->in->height == fmt->height;
	int r = lq__format_replace(e->host, &e->in, fmt);
	lq_format packet;
	formats(e, 1, 0, &packet);
	r = r ? r : lq__format_replace(e->host, &e->out, &packet);
	return r || same ? r : reopen(e);
}

static void count(encoder *e, const vpx_codec_cx_pkt_t *pkt)
{
	int q = 0;
	vpx_codec_control(&e->vpx, VP8E_GET_LAST_QUANTIZER, &q);
	lq__count_picture(&e->counts, pkt->data.frame.flags & VPX_FRAME_IS_KEY, pkt->data.frame.sz, q);
}

static int submit_packet(encoder *e, const vpx_codec_cx_pkt_t *pkt, const lq_buffer *in, int64_t pts)
{
	int key = (pkt->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
	lq_buffer *buf = e->host->buffer_new(e->host, e->out, (uint32_t)pkt->data.frame.sz);
	if (!buf)
		return LQ_ENOMEM;
	memcpy(buf->planes[0], pkt->data.frame.buf, pkt->data.frame.sz);
	count(e, pkt);
	buf->pts = pts;
	buf->capture_time = in->capture_time;
	buf->duration = in->duration;
	buf->flags = key ? LQ_BUFFER_KEY : 0;
	buf->priority = key ? 2 : pkt->data.frame.flags & VPX_FRAME_IS_DROPPABLE ? 0 : 1;
	if (key)
		e->key_pts = pts;
	return lq__submit(e->host, 1, buf);
}

static void wrap(const encoder *e, const lq_buffer *buf, vpx_image_t *image)
{
	vpx_img_wrap(image, VPX_IMG_FMT_I420, e->in->width, e->in->height, 1, buf->planes[0]);
	for (int i = 0; i < 3; i++) {
		image->planes[i] = buf->planes[i];
		image->stride[i] = (int)buf->strides[i];
	}
}

/* libvpx wants times that grow. */
static vpx_codec_pts_t ticks_of(encoder *e, int64_t pts)
{
	vpx_codec_pts_t t = pts / LQ_SEC * TICKS + pts % LQ_SEC * TICKS / LQ_SEC;
	e->last_ticks = t > e->last_ticks ? t : e->last_ticks + 1;
	return e->last_ticks;
}

static int encode(encoder *e, const lq_buffer *buf)
{
	int64_t start = e->host->now(e->host), pts = buf->pts == LQ_TIME_NONE ? start : buf->pts;
	int due = e->key_seconds && e->key_pts != LQ_TIME_NONE && pts - e->key_pts >= e->key_seconds * LQ_SEC;
	vpx_image_t image;
	if (lq__frame_rate_add(&e->rate, pts))
		limit_key_frames(e);
	if (e->need_config) {
		set_rate_control(e);
		vpx_codec_enc_config_set(&e->vpx, &e->cfg);
		e->need_config = 0;
	}
	wrap(e, buf, &image);
	vpx_enc_frame_flags_t flags = e->want_key || due ? VPX_EFLAG_FORCE_KF : 0;
	vpx_codec_err_t err = vpx_codec_encode(&e->vpx, &image, ticks_of(e, pts), (unsigned long)(TICKS / fps(e)), flags, VPX_DL_REALTIME);
	if (err != VPX_CODEC_OK)
		return e->host->fail(e->host, LQ_EIO, "libvpx cannot encode: %s", vpx_codec_err_to_string(err));
	vpx_codec_iter_t iter = NULL;
	int r = 0, got = 0;
	for (const vpx_codec_cx_pkt_t *pkt; (pkt = vpx_codec_get_cx_data(&e->vpx, &iter));)
		if (pkt->kind == VPX_CODEC_CX_FRAME_PKT && pkt->data.frame.sz) {
			int sent = submit_packet(e, pkt, buf, pts);
			r = r ? r : sent;
			got = 1;
		}
	if (got)
		e->want_key = 0; /* a frame that the rate control left out does not answer the request */
	else
		e->dropped++;
	e->counts.time += e->host->now(e->host) - start;
	return r;
}

static int send(void *self, uint32_t port, lq_buffer *buf)
{
	encoder *e = self;
	int r = 0;
	if ((buf->format != e->in || !e->open) && (r = set_format(e, 0, buf->format)))
		return r;
	if (buf->n_planes)
		r = encode(e, buf);
	if (buf->flags & LQ_BUFFER_EOS)
		lq__submit_eos(e->host, 1, e->out, buf->pts);
	return r;
}

/* Nothing is ever held back; the next frame starts anew. */
static int flush(void *self)
{
	encoder *e = self;
	e->want_key = 1;
	return 0;
}

static int set_param(void *self, uint32_t index, const lq_value *value)
{
	encoder *e = self;
	if (index != P_BITRATE)
		return LQ_ENOTSUP;
	e->bitrate = e->max_bitrate = value->i;
	e->need_config = 1;
	return 0;
}

static int event(void *self, const lq_event *event)
{
	encoder *e = self;
	if (event->type == LQ_EVENT_KEY_FRAME) {
		e->want_key = 1;
	} else if (event->type == LQ_EVENT_TARGET_RATE) {
		e->bitrate = lq__clamp(event->value, 30000, e->max_bitrate);
		e->need_config = 1;
	} else {
		return LQ_ENOTSUP;
	}
	return 0;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const encoder *e = self;
	lq__encoder_stats(&e->counts, e->bitrate, e->rate.fps, fn, arg);
	lq__stat(fn, arg, 0, "framesDropped", (double)e->dropped);
}

static const lq_param_desc params[] = {
	[P_BITRATE] = {"bitrate", LQ_PARAM_INT, LQ_PARAM_RUNTIME, "bit/s", "1500000", 30000, 20000000, NULL, "Rate of the stream; lower where the network carries less."},
	[P_THREADS] = {"threads", LQ_PARAM_INT, 0, NULL, "1", 1, 16, NULL, "Threads of the encoder."},
	[P_SPEED] = {"speed", LQ_PARAM_INT, 0, NULL, "0", 0, 16, NULL, "Higher is faster and worse; 0 chooses by size. VP9 knows up to 9."},
	[P_KEY_INTERVAL] = {"key_interval", LQ_PARAM_INT, 0, "s", "0", 0, 3600, NULL, "Time between key frames; 0: only when asked for."},
};
static const lq_port_desc ports[] = {{"in", LQ_IN, LQ_MEDIA_VIDEO, 0}, {"out", LQ_OUT, LQ_MEDIA_VIDEO, 0}};
static const lq_codec_ops codec_ops = {.send = send, .flush = flush};

#define ENCODER(codec, node_id, text) \
	static const lq_node_ops codec##_ops = {.create = create_##codec, .destroy = destroy, .formats = formats, .set_format = set_format, \
	                                        .set_param = set_param, .event = event, .stats = stats}; \
	static const lq_node_desc codec##_encoder = { \
		.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_CODEC, .id = node_id, .summary = text, .rank = 100, .flags = LQ_NODE_PURE, .ports = ports, \
		.n_ports = LQ__COUNT(ports), .params = params, .n_params = LQ__COUNT(params), .ops = &codec##_ops, .kind_ops = &codec_ops}

ENCODER(vp8, "codec.vp8.enc", "VP8 encoder (libvpx)");
ENCODER(vp9, "codec.vp9.enc", "VP9 encoder (libvpx)");

static const lq_node_desc *const nodes[] = {&vp8_encoder, &vp9_encoder};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "vpx", .version = "0.1", .licence = "Apache-2.0",
	.summary = "VP8 and VP9 encoders on libvpx", .nodes = nodes, .n_nodes = LQ__COUNT(nodes)};
