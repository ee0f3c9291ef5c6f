#include "webrtc/payload.h"

#include <loquat/plugin/errors.h>
#include <string.h>

#include "webrtc/payload_formats.h"

int lq__payload_append(const uint8_t *data, size_t len, uint8_t *out, size_t size, size_t *used)
{
	if (*used > size || len > size - *used)
		return LQ_ENOSPACE;
	if (len)
		memcpy(out + *used, data, len);
	*used += len;
	return 0;
}

int lq_payload_split(lq_payloader *p, const uint8_t *au, size_t len, int key, size_t max, lq_payload_fn fn, void *arg)
{
	if (max < LQ_PAYLOAD_MIN)
		return LQ_ERANGE;
	if (max > LQ_RTP_MAX)
		max = LQ_RTP_MAX;
	switch (p->codec) {
	case LQ_CODEC_H264:
		return lq__h264_split(au, len, max, fn, arg);
	case LQ_CODEC_VP8:
		return lq__vp8_split(p, au, len, max, fn, arg);
	case LQ_CODEC_VP9:
		return lq__vp9_split(p, au, len, max, fn, arg);
	case LQ_CODEC_OPUS:
	case LQ_CODEC_PCMU:
	case LQ_CODEC_PCMA:
		return lq__audio_split(au, len, max, fn, arg);
	default:
		return LQ_ENOTSUP;
	}
}

int lq_payload_inspect(uint32_t codec, const uint8_t *payload, size_t len, lq_payload_info *out)
{
	memset(out, 0, sizeof *out);
	out->picture_id = out->tl0_index = -1;
	switch (codec) {
	case LQ_CODEC_H264:
		return lq__h264_inspect(payload, len, out);
	case LQ_CODEC_VP8:
		return lq__vp8_inspect(payload, len, out);
	case LQ_CODEC_VP9:
		return lq__vp9_inspect(payload, len, out);
	case LQ_CODEC_OPUS:
	case LQ_CODEC_PCMU:
	case LQ_CODEC_PCMA:
		return lq__audio_inspect(payload, len, out);
	default:
		return LQ_ENOTSUP;
	}
}

int lq_payload_join(lq_unpacker *u, const uint8_t *payload, size_t len, uint8_t *out, size_t size, size_t *used)
{
	switch (u->codec) {
	case LQ_CODEC_H264:
		return lq__h264_join(u, payload, len, out, size, used);
	case LQ_CODEC_VP8:
		return lq__vp8_join(payload, len, out, size, used);
	case LQ_CODEC_VP9:
		return lq__vp9_join(payload, len, out, size, used);
	case LQ_CODEC_OPUS:
	case LQ_CODEC_PCMU:
	case LQ_CODEC_PCMA:
		return lq__audio_join(payload, len, out, size, used);
	default:
		return LQ_ENOTSUP;
	}
}
