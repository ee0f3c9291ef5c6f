/* filter.relay's pictures that are decoded and encoded anew. */
#include <string.h>

#include "ffmpeg_nodes.h"
#include "relay.h"

#define BURST 16                /* packets decoded at once while it catches up, */
#define BURST_TIME (15 * LQ_MSEC) /* but for no longer than this: what passes must not wait */
enum { DEFAULT_RATE = 2500000, LEAST_RATE = 200000, MOST_RATE = 20000000 };

static const lq_node_ops *encoder_ops(void)
{
	return lq__h264_encoder.ops;
}

static const lq_codec_ops *encoder_codec_ops(void)
{
	return lq__h264_encoder.kind_ops;
}

/* ---- the encoder ---- */

/* Its packets leave with the format that all others have. */
int relay_take_packet(relay *r, lq_buffer *buf)
{
	lq_buffer *out = buf->size ? r->host->buffer_new(r->host, r->out, buf->size) : NULL;
	int e = out || !buf->size ? 0 : LQ_ENOMEM;
	if (out) {
		memcpy(out->planes[0], buf->planes[0], buf->size);
		lq__buffer_times(out, buf);
		out->dts = LQ_TIME_NONE;
		out->flags = buf->flags & LQ_BUFFER_KEY;
		out->priority = buf->priority;
		r->anew++;
		r->sent = buf->pts;
		e = lq__submit(r->host, RELAY_OUT, out);
	}
	r->host->buffer_unref(r->host, buf);
	return e;
}

/* A little more than the source: it was encoded at leisure. */
static int64_t rate_now(const relay *r)
{
	int64_t rate = r->rate + r->rate / 5;
	return r->bitrate ? r->bitrate : rate ? lq__clamp(rate, LEAST_RATE, MOST_RATE) : DEFAULT_RATE;
}

void relay_set_rate(relay *r)
{
	int64_t rate = rate_now(r), is = r->params[P_BITRATE].i;
	if (!r->encoder || (!r->bitrate && rate < is * 5 / 4 && rate > is * 3 / 4))
		return;
	r->params[P_BITRATE].i = rate;
	encoder_ops()->set_param(r->encoder, P_BITRATE, &r->params[P_BITRATE]);
}

static int open_encoder(relay *r)
{
	if (r->encoder)
		return encoder_ops()->event(r->encoder, &(lq_event){.struct_size = sizeof(lq_event), .type = LQ_EVENT_KEY_FRAME});
	relay_host_init(r);
	r->params[P_BITRATE].i = rate_now(r);
	return encoder_ops()->create(&r->inner, r->params, &r->encoder);
}

/* ---- the decoder ---- */

/* Without B-frames each picture comes with its packet. */
static int open_decoder(relay *r)
{
	const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_H264);
	avcodec_free_context(&r->av);
	r->av = codec ? avcodec_alloc_context3(codec) : NULL;
	r->packet = r->packet ? r->packet : av_packet_alloc();
	r->frame = r->frame ? r->frame : av_frame_alloc();
	if (!r->av || !r->packet || !r->frame)
		return LQ_ENOMEM;
	r->av->flags |= r->unfit ? 0 : AV_CODEC_FLAG_LOW_DELAY;
	r->av->pkt_timebase = lq__av_ns;
	r->av->thread_count = 2;
	r->av->thread_type = FF_THREAD_SLICE;
	return avcodec_open2(r->av, codec, NULL) < 0 ? LQ_ENOLIB : 0;
}

static int set_picture(relay *r)
{
	uint32_t w = (uint32_t)r->frame->width & ~1u, h = (uint32_t)r->frame->height & ~1u;
	if (r->picture.out && r->picture.out->width == w && r->picture.out->height == h)
		return 0;
	lq_format f = lq__video_format(LQ_CODEC_RAW, LQ_PIXEL_I420, w, h);
	return lq__format_replace(r->host, &r->picture.out, &f);
}

/* What has left already is decoded only for what builds on it. */
static int encode_picture(relay *r)
{
	int64_t pts = r->frame->best_effort_timestamp, duration = r->frame->pkt_duration > 0 ? r->frame->pkt_duration : 0;
	if (r->state != RELAY_ANEW || pts == AV_NOPTS_VALUE || (r->sent != LQ_TIME_NONE && pts <= r->sent)) {
		av_frame_unref(r->frame);
		return 0;
	}
	int e = set_picture(r);
	lq_buffer *buf = e ? NULL : make_picture(&r->picture, r->frame);
	av_frame_unref(r->frame);
	if (!buf)
		return e ? e : LQ_ENOMEM;
	buf->pts = buf->capture_time = pts;
	buf->duration = duration;
	e = encoder_codec_ops()->send(r->encoder, 0, buf);
	r->host->buffer_unref(r->host, buf);
	return e;
}

static int take_pictures(relay *r)
{
	int e = 0;
	while (!e && avcodec_receive_frame(r->av, r->frame) >= 0)
		e = encode_picture(r);
	return e;
}

int relay_encode(relay *r, const lq_buffer *buf)
{
	if (av_new_packet(r->packet, (int)buf->size) < 0)
		return LQ_ENOMEM;
	memcpy(r->packet->data, buf->planes[0], buf->size);
	r->packet->pts = buf->pts;
	r->packet->dts = buf->dts == LQ_TIME_NONE ? buf->pts : buf->dts;
	r->packet->duration = buf->duration;
	int sent = avcodec_send_packet(r->av, r->packet);
	av_packet_unref(r->packet);
	r->errors += sent < 0;
	return take_pictures(r);
}

/* ---- spells of it ---- */

int relay_begin(relay *r)
{
	int e = open_decoder(r);
	e = e ? e : open_encoder(r);
	if (e)
		return r->host->fail(r->host, e, "the picture cannot be encoded anew");
	r->state = RELAY_CATCH_UP;
	r->decoded = 0;
	relay_set_rate(r);
	return 0;
}

int relay_catch_up(relay *r)
{
	int64_t begun = r->host->now(r->host);
	int e = 0;
	for (int i = 0; !e && r->decoded < r->n_kept && (r->unfit || (i < BURST && r->host->now(r->host) - begun < BURST_TIME)); i++) {
		if (r->unfit) /* nothing has passed that these would repeat */
			r->state = RELAY_ANEW;
		e = relay_encode(r, r->kept[r->decoded++]);
	}
	if (r->decoded == r->n_kept) {
		r->state = RELAY_ANEW;
		relay_forget(r);
	}
	return e;
}

void relay_end(relay *r)
{
	if (r->state == RELAY_ANEW)
		relay_drain(r);
	r->state = RELAY_PASS;
	r->decoded = 0;
}

void relay_drain(relay *r)
{
	if (r->state != RELAY_ANEW || !r->av)
		return;
	avcodec_send_packet(r->av, NULL);
	take_pictures(r);
	avcodec_flush_buffers(r->av);
}

void relay_finish(relay *r)
{
	if (r->encoder)
		encoder_ops()->destroy(r->encoder);
	avcodec_free_context(&r->av);
	av_packet_free(&r->packet);
	av_frame_free(&r->frame);
	sws_freeContext(r->picture.sws);
	lq__format_drop(r->host, &r->picture.out);
}
