#include <string.h>

#include "fuzz.h"
#include "webrtc/rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	lq_rtp rtp, again;
	lq_rtp_ext exts[255];
	uint8_t out[4096];
	size_t n_exts = 0, n;
	lq_packet_classify(data, size);
	if (lq_rtp_parse(data, size, &rtp))
		return 0;
	MUST(rtp.payload >= data && rtp.payload + rtp.payload_len + rtp.padding == data + size);
	for (int id = 1; id < 256; id++) {
		const uint8_t *e = lq_rtp_ext_find(&rtp, (uint8_t)id, &n);
		if (!e)
			continue;
		MUST(e >= rtp.ext && e + n <= rtp.ext + rtp.ext_len && n < 256);
		exts[n_exts++] = (lq_rtp_ext){(uint8_t)id, (uint8_t)n, e};
	}
	size_t header = lq_rtp_write(out, sizeof out, &rtp, exts, n_exts);
	if (!header)
		return 0;
	/* What we write reads back the same. */
	MUST(!lq_rtp_parse(out, header, &again));
	MUST(again.seq == rtp.seq && again.timestamp == rtp.timestamp && again.ssrc == rtp.ssrc && again.marker == rtp.marker);
	for (size_t i = 0; i < n_exts; i++) {
		const uint8_t *e = lq_rtp_ext_find(&again, exts[i].id, &n);
		MUST(e && n == exts[i].len && !memcmp(e, exts[i].data, n));
	}
	return 0;
}
