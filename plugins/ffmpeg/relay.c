/* filter.relay: encoded media from elsewhere, into a call. It leaves as it has come; H.264 that a call cannot have so is decoded and encoded anew: pictures with
 * B-frames or of a kind that browsers do not decode always, others from a request for a key frame, which a recording cannot make, until its next one. */
#include <stdlib.h>
#include <string.h>

#include "ffmpeg_nodes.h"
#include "relay.h"

enum { R_RATE, R_MIN_BITRATE, R_BUFFER, R_KEY_INTERVAL, R_KEY_WAIT };

static const uint32_t codecs[] = {LQ_CODEC_H264, LQ_CODEC_VP8, LQ_CODEC_VP9, LQ_CODEC_OPUS};

static void destroy(void *self)
{
	relay *r = self;
	relay_forget(r);
	relay_finish(r);
	lq__format_drop(r->host, &r->in);
	lq__format_drop(r->host, &r->out);
	free(r);
}

static int create(const lq_host *host, const lq_value *p, void **self)
{
	relay *r = calloc(1, sizeof *r);
	if (!r)
		return LQ_ENOMEM;
	r->host = r->picture.host = host;
	r->sent = r->distance = r->key_time = LQ_TIME_NONE;
	r->bitrate = p[R_RATE].i;
	r->key_wait = p[R_KEY_WAIT].i * LQ_MSEC;
	r->params[P_MIN_BITRATE].i = p[R_MIN_BITRATE].i;
	r->params[P_BUFFER].i = p[R_BUFFER].i;
	r->params[P_KEY_INTERVAL].i = p[R_KEY_INTERVAL].i;
	r->params[P_THREADS].i = 1;
	*self = r;
	return 0;
}

/* ---- formats ---- */

static lq_format plain(const lq_format *f)
{
	return f->media == LQ_MEDIA_AUDIO ? lq__audio_format(f->codec, 0, f->rate, f->channels) : lq__encoded_format(f->codec, f);
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	const relay *r = self;
	if (port == RELAY_OUT && r->in) {
		*out = plain(r->in);
		return i ? LQ_END : 0;
	}
	if (i >= LQ__COUNT(codecs))
		return LQ_END;
	*out = codecs[i] == LQ_CODEC_OPUS ? lq__audio_format(codecs[i], 0, 0, 0) : lq__video_format(codecs[i], 0, 0, 0);
	return 0;
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	relay *r = self;
	if (port == RELAY_OUT)
		return 0;
	lq_format out = plain(fmt);
	int e = lq__format_replace(r->host, &r->in, fmt);
	return e ? e : lq__format_replace(r->host, &r->out, &out);
}

/* ---- the group of pictures ---- */

void relay_forget(relay *r)
{
	for (uint32_t i = 0; i < r->n_kept; i++)
		r->host->buffer_unref(r->host, r->kept[i]);
	r->n_kept = r->decoded = 0;
	r->whole = 0;
}

static void begin_group(relay *r, const lq_buffer *buf)
{
	int64_t span = r->key_time == LQ_TIME_NONE ? 0 : buf->pts - r->key_time;
	if (span > 0) {
		r->distance = span;
		r->rate = (int64_t)((double)r->bytes * 8e9 / (double)span);
	}
	r->unfit = r->seen_unfit && r->unfit;
	r->key_time = buf->pts;
	r->seen_unfit = 0;
	r->bytes = 0;
	relay_forget(r);
	r->whole = 1;
}

/* A group so long that it cannot be kept is decoded before: after that nobody could be given a key frame. */
static int keep(relay *r, lq_buffer *buf)
{
	r->bytes += buf->size;
	if (!r->whole || r->state == RELAY_ANEW)
		return 0;
	if (r->n_kept == RELAY_KEEP || r->bytes > RELAY_BYTES) {
		relay_forget(r);
		r->state = RELAY_PASS;
		return 0;
	}
	r->kept[r->n_kept++] = r->host->buffer_ref(r->host, buf);
	if (r->state != RELAY_PASS || (r->n_kept < RELAY_KEEP / 4 * 3 && r->bytes < RELAY_BYTES / 4 * 3))
		return 0;
	r->spells++;
	return relay_begin(r);
}

static int is_reordered(const relay *r, const lq_buffer *buf)
{
	return (buf->dts != LQ_TIME_NONE && (buf->pts - buf->dts > LQ_MSEC || buf->dts - buf->pts > LQ_MSEC)) ||
	       (r->sent != LQ_TIME_NONE && buf->pts < r->sent && r->sent - buf->pts < LQ_SEC);
}

/* The profile of the first sequence parameter set: up to High it is 4:2:0 with 8 bits. */
static int is_special(const lq_buffer *buf)
{
	const uint8_t *p = buf->planes[0];
	for (uint32_t i = 0; i + 4 < buf->size; i++)
		if (!p[i] && !p[i + 1] && p[i + 2] == 1 && (p[i + 3] & 31) == 7)
			return p[i + 4] > 100 || p[i + 4] == 44;
	return 0;
}

/* Returns why this picture cannot go as it is, NULL: it can. */
static const char *unfit(relay *r, const lq_buffer *buf)
{
	if (is_reordered(r, buf)) {
		r->seen_unfit = 1;
		return "it has B-frames, which a call cannot carry";
	}
	if (buf->flags & LQ_BUFFER_KEY && is_special(buf)) {
		r->seen_unfit = 1;
		return "not every browser decodes it (other than 4:2:0 with 8 bits)";
	}
	return NULL;
}

static int give_up_passing(relay *r, const char *why)
{
	char text[160];
	r->unfit = 1;
	if (r->state == RELAY_ANEW)
		return 0;
	snprintf(text, sizeof text, "the picture is decoded and encoded anew: %s", why);
	lq__tell(r->host, LQ_EVENT_WARNING, RELAY_IN, LQ_ENOTSUP, text);
	relay_end(r);
	return relay_begin(r);
}

/* ---- buffers ---- */

int relay_pass(relay *r, lq_buffer *buf)
{
	lq_buffer *out = r->host->buffer_ref(r->host, buf);
	r->passed++;
	r->sent = buf->pts;
	return lq__submit(r->host, RELAY_OUT, out);
}

/* An access unit in Annex B. What is none cannot be passed on as H.264. */
static int is_unit(const lq_buffer *buf)
{
	const uint8_t *p = buf->planes[0];
	return buf->size > 3 && !p[0] && !p[1] && (p[2] == 1 || (!p[2] && p[3] == 1));
}

static int process_h264(relay *r, lq_buffer *buf)
{
	int e = 0, key = buf->flags & LQ_BUFFER_KEY, was_unfit = r->unfit;
	if (key)
		begin_group(r, buf);
	const char *why = unfit(r, buf);
	if (key && r->state != RELAY_PASS && !r->unfit && !why)
		relay_end(r);
	if (key && was_unfit && why)
		relay_set_rate(r);
	e = keep(r, buf);
	if (!e && why)
		e = give_up_passing(r, why);
	if (e)
		return e;
	if (r->state == RELAY_ANEW)
		return relay_encode(r, buf);
	if (!r->unfit)
		e = relay_pass(r, buf);
	return e || r->state == RELAY_PASS ? e : relay_catch_up(r);
}

static int process(void *self, uint32_t port, lq_buffer *buf)
{
	relay *r = self;
	int e = buf->format == r->in ? 0 : set_format(r, RELAY_IN, buf->format);
	if (e)
		return e;
	int is_h264 = r->in->codec == LQ_CODEC_H264, odd = buf->size && is_h264 && !is_unit(buf);
	r->odd += odd;
	if (buf->size && !odd)
		e = is_h264 && buf->pts != LQ_TIME_NONE ? process_h264(r, buf) : relay_pass(r, buf);
	if (buf->flags & LQ_BUFFER_EOS) {
		relay_drain(r);
		lq__submit_eos(r->host, RELAY_OUT, r->out, buf->pts);
	}
	return e;
}

/* ---- what others want ---- */

static int comes_soon(const relay *r)
{
	return r->distance != LQ_TIME_NONE && r->key_time + r->distance - r->sent <= r->key_wait;
}

static int ask(relay *r, const lq_event *event)
{
	r->asked++;
	if (r->state == RELAY_ANEW)
		return lq__h264_encoder.ops->event(r->encoder, event);
	if (r->state == RELAY_PASS && r->in && r->in->codec == LQ_CODEC_H264 && r->whole && r->n_kept && !comes_soon(r)) {
		r->spells++;
		return relay_begin(r);
	}
	return 0;
}

/* What passes has the rate that it has. */
static int event(void *self, const lq_event *event)
{
	relay *r = self;
	if (event->type == LQ_EVENT_KEY_FRAME)
		return ask(r, event);
	if (event->type == LQ_EVENT_TARGET_RATE)
		return r->encoder ? lq__h264_encoder.ops->event(r->encoder, event) : 0;
	return event->type == LQ_EVENT_LOSS ? 0 : LQ_ENOTSUP;
}

static int set_param(void *self, uint32_t index, const lq_value *value)
{
	relay *r = self;
	if (index != R_RATE)
		return LQ_ENOTSUP;
	r->bitrate = value->i;
	relay_set_rate(r);
	return 0;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const relay *r = self;
	lq__stat(fn, arg, RELAY_OUT, "packetsPassed", (double)r->passed);
	lq__stat(fn, arg, RELAY_OUT, "framesEncodedAnew", (double)r->anew);
	lq__stat(fn, arg, RELAY_OUT, "keyFramesAsked", (double)r->asked);
	lq__stat(fn, arg, RELAY_OUT, "spells", (double)r->spells);
	lq__stat(fn, arg, RELAY_IN, "packetsDropped", (double)r->odd);
	lq__stat(fn, arg, RELAY_IN, "decodeErrors", (double)r->errors);
	if (r->encoder)
		lq__h264_encoder.ops->stats(r->encoder, fn, arg);
	lq__stat(fn, arg, RELAY_IN, "keyFrameDistance", r->distance == LQ_TIME_NONE ? 0 : (double)r->distance / 1e9);
}

static const lq_param_desc params[] = {
	[R_RATE] = {"rate", LQ_PARAM_INT, LQ_PARAM_RUNTIME, "bit/s", "0", 0, 20000000, NULL, "Of pictures that are encoded anew; 0: as much as the source has."},
	[R_MIN_BITRATE] = {"min_bitrate", LQ_PARAM_INT, 0, "bit/s", "30000", 30000, 20000000, NULL, "What the network's estimate does not lower them below."},
	[R_BUFFER] = {"buffer_ms", LQ_PARAM_INT, 0, "ms", "500", 50, 5000, NULL, "How long their rate may be above its mean."},
	[R_KEY_INTERVAL] = {"key_interval", LQ_PARAM_INT, 0, "s", "0", 0, 3600, NULL, "Time between their key frames; 0: only when asked for."},
	[R_KEY_WAIT] = {"key_wait", LQ_PARAM_INT, 0, "ms", "1000", 0, 60000, NULL, "How long whoever asks for a key frame may wait for the source's next one; where that takes longer one is made."},
};
static const lq_port_desc ports[] = {[RELAY_IN] = {"in", LQ_IN, LQ_MEDIA_NONE, 0}, [RELAY_OUT] = {"out", LQ_OUT, LQ_MEDIA_NONE, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .set_format = set_format, .set_param = set_param, .event = event, .stats = stats};
static const lq_filter_ops filter_ops = {.process = process};

const lq_node_desc lq__relay = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_FILTER, .id = "filter.relay", .summary = "Encoded media as it is; H.264 encoded anew where a call needs that", .rank = 100,
	.flags = LQ_NODE_GPL | LQ_NODE_PURE, .ports = ports, .n_ports = LQ__COUNT(ports), .params = params, .n_params = LQ__COUNT(params), .ops = &ops,
	.kind_ops = &filter_ops};
