/* Opus (RFC 7587) and PCM: a packet is a payload. */
#include <loquat/plugin/errors.h>

#include "webrtc/payload_formats.h"

int lq__audio_split(const uint8_t *packet, size_t len, size_t max, lq_payload_fn fn, void *arg)
{
	if (!len)
		return LQ_EPARSE;
	return len <= max ? fn(arg, packet, len, 1) : LQ_ENOSPACE;
}

int lq__audio_inspect(const uint8_t *payload, size_t len, lq_payload_info *out)
{
	if (!len)
		return LQ_EPARSE;
	out->key = out->start = out->end = 1;
	return 0;
}

int lq__audio_join(const uint8_t *payload, size_t len, uint8_t *out, size_t size, size_t *used)
{
	return len && !*used ? lq__payload_append(payload, len, out, size, used) : LQ_EPARSE;
}
