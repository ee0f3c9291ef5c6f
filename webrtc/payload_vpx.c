#include "webrtc/payload_vpx.h"

#include <loquat/plugin/errors.h>
#include <string.h>

#include "webrtc/bytes.h"
#include "webrtc/rtp.h"

int lq__vpx_split(lq_payloader *p, const uint8_t *au, size_t len, size_t max, size_t size, lq__vpx_write_fn write, int key, lq_payload_fn fn, void *arg)
{
	uint8_t buf[LQ_RTP_MAX];
	size_t left = len, count = (left + max - size - 1) / (max - size);
	uint16_t id = (uint16_t)(0x8000 | (p->picture_id & 0x7FFF));
	p->picture_id = (uint16_t)((p->picture_id + 1) & 0x7FFF);
	for (size_t i = 0; i < count; i++) {
		size_t n = left / (count - i);
		write(buf, id, (i ? 0 : LQ__VPX_FIRST) | (i + 1 < count ? 0 : LQ__VPX_LAST) | (key ? LQ__VPX_KEY : 0));
		memcpy(buf + size, au, n);
		int e = fn(arg, buf, size + n, i + 1 == count);
		if (e)
			return e;
		au += n;
		left -= n;
	}
	return 0;
}

int lq__vpx_read_id(const uint8_t *p, size_t len, size_t *at, int32_t *id)
{
	if (*at >= len || (p[*at] & 0x80 && *at + 1 >= len))
		return LQ_EPARSE;
	int is_long = p[*at] & 0x80;
	*id = is_long ? lq__get16(p + *at) & 0x7FFF : p[*at];
	*at += is_long ? 2 : 1;
	return 0;
}
