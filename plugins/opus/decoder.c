/* codec.opus.dec: decodes, and fills in what got lost from the next packet's copy (in-band FEC) or by guessing (PLC). */
#include <opus.h>
#include <stdlib.h>
#include <string.h>

#include "../common/util.h"
#include "opus_nodes.h"

#define RATE 48000
#define MAX_FRAME (RATE / 1000 * 120) /* the longest packet */
#define STEP (RATE / 400)             /* libopus conceals in steps of 2.5 ms */
#define MAX_CONCEAL RATE              /* of one marker; a longer gap is none to be filled */

typedef struct decoder {
	const lq_host *host;
	OpusDecoder *opus;
	const lq_format *in, *out;
	int last_frame; /* samples of the last packet */
	int concealing;
	uint64_t packets, errors, samples, concealed, concealment_events, fec_samples;
} decoder;

static int create(const lq_host *host, const lq_value *params, void **self)
{
	decoder *d = calloc(1, sizeof *d);
	if (!d)
		return LQ_ENOMEM;
	d->host = host;
	d->last_frame = RATE / 50;
	*self = d;
	return 0;
}

static void destroy(void *self)
{
	decoder *d = self;
	if (d->opus)
		opus_decoder_destroy(d->opus);
	lq__format_drop(d->host, &d->in);
	lq__format_drop(d->host, &d->out);
	free(d);
}

/* Any packet decodes to one or two channels, so both are offered, the sender's own number first. */
static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	static const uint32_t samples[] = {LQ_SAMPLE_F32, LQ_SAMPLE_S16};
	decoder *d = self;
	if (port == 0) {
		if (i)
			return LQ_END;
		*out = lq__audio_format(LQ_CODEC_OPUS, 0, RATE, 0);
		return 0;
	}
	uint32_t own = d->in && d->in->channels == 1 ? 1 : 2;
	if (i >= 4)
		return LQ_END;
	*out = lq__audio_format(LQ_CODEC_RAW, samples[i % 2], RATE, i < 2 ? own : 3 - own);
	return 0;
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	decoder *d = self;
	if (port == 0)
		return fmt->codec == LQ_CODEC_OPUS ? lq__format_replace(d->host, &d->in, fmt) : LQ_EFORMAT;
	uint32_t before = d->out ? d->out->channels : 0;
	if (fmt->channels < 1 || fmt->channels > 2 || fmt->rate != RATE)
		return d->host->fail(d->host, LQ_EFORMAT, "Opus gives sound of 48000 Hz with 1 or 2 channels");
	int r = lq__format_replace(d->host, &d->out, fmt);
	if (r || before == fmt->channels)
		return r;
	int error;
	OpusDecoder *opus = opus_decoder_create(RATE, (int)fmt->channels, &error);
	if (!opus)
		return d->host->fail(d->host, LQ_ENOMEM, "libopus: %s", opus_strerror(error));
	if (d->opus)
		opus_decoder_destroy(d->opus);
	d->opus = opus;
	return 0;
}

/* Whether a packet carries a copy of the one before it (LBRR, RFC 6716 section 4.2.4): its flag follows the VAD flags. */
static int has_fec(const uint8_t *data, int size)
{
	const uint8_t *frames[48];
	opus_int16 sizes[48];
	if (size < 2 || data[0] & 0x80) /* CELT only */
		return 0;
	int samples = opus_packet_get_samples_per_frame(data, RATE), count = samples > 960 ? samples / 960 : 1;
	if (opus_packet_parse(data, size, NULL, frames, sizes, NULL) < 1 || !sizes[0])
		return 0;
	int fec = frames[0][0] >> (7 - count) & 1;
	if (opus_packet_get_nb_channels(data) == 2)
		fec |= frames[0][0] >> (6 - 2 * count) & 1;
	return fec;
}

/* Decodes `samples` a channel into a new buffer; data NULL conceals, fec takes the copy in `data`. NULL: *error says why. */
static lq_buffer *decode(decoder *d, const uint8_t *data, uint32_t size, int samples, int fec, int *error)
{
	uint32_t bytes = (uint32_t)samples * d->out->channels * lq__sample_size(d->out->sample);
	lq_buffer *pcm = d->host->buffer_new(d->host, d->out, bytes);
	int n;
	if (!pcm) {
		*error = LQ_ENOMEM;
		return NULL;
	}
	if (d->out->sample == LQ_SAMPLE_F32)
		n = opus_decode_float(d->opus, data, (opus_int32)size, (float *)(void *)pcm->planes[0], samples, fec);
	else
		n = opus_decode(d->opus, data, (opus_int32)size, (opus_int16 *)(void *)pcm->planes[0], samples, fec);
	if (n != samples) {
		d->host->buffer_unref(d->host, pcm);
		*error = LQ_EPARSE;
		return NULL;
	}
	pcm->samples = (uint32_t)samples;
	pcm->duration = lq__samples_to_ns(samples, RATE);
	return pcm;
}

static int send_on(decoder *d, lq_buffer *pcm, const lq_buffer *buf, int64_t offset)
{
	pcm->pts = lq__time_add(buf->pts, offset);
	pcm->capture_time = lq__time_add(buf->capture_time, offset);
	pcm->flags = offset ? 0 : buf->flags & LQ_BUFFER_DISCONTINUITY;
	d->samples += pcm->samples;
	return lq__submit(d->host, 1, pcm);
}

/* Fills `samples` in the time of `buf`; data, if any, is the packet after the gap. */
static int conceal(decoder *d, const lq_buffer *buf, int samples, const uint8_t *data, uint32_t size)
{
	int copied = data && size && has_fec(data, (int)size) ? opus_packet_get_nb_samples(data, (opus_int32)size, RATE) : 0;
	int done = 0, r = 0, error = 0;
	copied = copied > 0 && copied <= samples ? copied : 0;
	while (done < samples) {
		int left = samples - done - copied, use_copy = left <= 0;
		int n = use_copy ? copied : left < d->last_frame ? left : d->last_frame;
		lq_buffer *pcm = use_copy ? decode(d, data, size, n, 1, &error) : decode(d, NULL, 0, n, 0, &error);
		if (!pcm)
			return error;
		if (!use_copy) {
			d->concealed += (uint64_t)n;
			d->concealment_events += !d->concealing;
			d->concealing = 1;
		} else {
			d->fec_samples += (uint64_t)n;
		}
		int sent = send_on(d, pcm, buf, lq__samples_to_ns(done, RATE));
		r = r ? r : sent;
		done += n;
	}
	return r;
}

static int lost(decoder *d, const lq_buffer *buf)
{
	int64_t samples = buf->duration > 0 ? lq__ns_to_samples(buf->duration, RATE) : d->last_frame;
	samples = lq__clamp(samples / STEP * STEP, STEP, MAX_CONCEAL);
	return conceal(d, buf, (int)samples, buf->size ? buf->planes[0] : NULL, buf->size);
}

static int packet(decoder *d, const lq_buffer *buf)
{
	int error = 0, samples = opus_packet_get_nb_samples(buf->planes[0], (opus_int32)buf->size, RATE);
	lq_buffer *pcm = NULL;
	if (samples > 0 && samples <= MAX_FRAME)
		pcm = decode(d, buf->planes[0], buf->size, samples, 0, &error);
	if (!pcm) { /* damaged: as good as lost */
		d->errors++;
		return error == LQ_ENOMEM ? error : conceal(d, buf, d->last_frame, NULL, 0);
	}
	d->packets++;
	d->concealing = 0;
	d->last_frame = samples;
	return send_on(d, pcm, buf, 0);
}

static int send(void *self, uint32_t port, lq_buffer *buf)
{
	decoder *d = self;
	int r = 0;
	if (!d->opus)
		return d->host->fail(d->host, LQ_ESTATE, "the decoder's output has no format yet");
	if (buf->flags & LQ_BUFFER_LOST)
		r = lost(d, buf);
	else if (buf->size)
		r = packet(d, buf);
	if (buf->flags & LQ_BUFFER_EOS)
		r = lq__submit_eos(d->host, 1, d->out, buf->pts);
	return r;
}

static int flush(void *self)
{
	decoder *d = self;
	if (d->opus)
		opus_decoder_ctl(d->opus, OPUS_RESET_STATE);
	return 0;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const decoder *d = self;
	lq__stat(fn, arg, 1, "framesDecoded", (double)d->packets);
	lq__stat(fn, arg, 1, "totalSamplesReceived", (double)d->samples);
	lq__stat(fn, arg, 1, "concealedSamples", (double)d->concealed);
	lq__stat(fn, arg, 1, "concealmentEvents", (double)d->concealment_events);
	lq__stat(fn, arg, 1, "fecSamples", (double)d->fec_samples);
	lq__stat(fn, arg, 1, "decodeErrors", (double)d->errors);
}

static const lq_port_desc ports[] = {{"in", LQ_IN, LQ_MEDIA_AUDIO, 0}, {"out", LQ_OUT, LQ_MEDIA_AUDIO, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .set_format = set_format, .stats = stats};
static const lq_codec_ops codec_ops = {.send = send, .flush = flush};

const lq_node_desc lq__opus_decoder = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_CODEC, .id = "codec.opus.dec",
	.summary = "Opus decoder with loss concealment and in-band FEC", .rank = 100, .flags = LQ_NODE_PURE, .ports = ports, .n_ports = LQ__COUNT(ports),
	.ops = &ops, .kind_ops = &codec_ops};
