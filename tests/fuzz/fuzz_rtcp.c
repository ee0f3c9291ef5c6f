#include <string.h>

#include "fuzz.h"
#include "webrtc/rtcp.h"

static uint16_t seqs[400];
static uint32_t n_seqs;

static void collect(void *arg, uint16_t seq)
{
	if (n_seqs < sizeof seqs / sizeof *seqs)
		seqs[n_seqs++] = seq;
}

static void read_all(const lq_rtcp *r)
{
	lq_report_block block;
	uint32_t ssrc;
	uint64_t rate;
	uint8_t seq, out[2048];
	char name[300];
	for (uint32_t i = 0; !lq_rtcp_block(r, i, &block); i++)
		MUST(lq_rtcp_write_rr(out, sizeof out, 0, 1, &block, 1) == 32 && !memcmp(out + 8, r->body + 24 * i, 24));
	for (uint32_t i = 0; !lq_rtcp_fir(r, i, &ssrc, &seq); i++)
		MUST(i < 10000);
	if (lq_rtcp_cname(r, name, sizeof name))
		MUST(strlen(name) < 256);
	if (!lq_rtcp_remb(r, &rate))
		MUST(lq_rtcp_write_remb(out, sizeof out, 0, 1, rate, NULL, 0) == 20);
	n_seqs = 0;
	if (!lq_rtcp_nacks(r, collect, NULL))
		MUST(n_seqs && lq_rtcp_write_nack(out, sizeof out, 0, 1, 2, seqs, n_seqs));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t pos = 0, before = 0;
	lq_rtcp r;
	while (!lq_rtcp_next(data, size, &pos, &r)) {
		MUST(pos > before && pos <= size);
		MUST(r.body >= data && r.body + r.body_len <= data + size);
		before = pos;
		read_all(&r);
	}
	return 0;
}
