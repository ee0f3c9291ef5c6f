#include "webrtc/rtcp.h"

#include <loquat/plugin/errors.h>
#include <string.h>

#include "test.h"

static uint8_t b[2000];

static lq_rtcp only(size_t len)
{
	lq_rtcp r;
	size_t pos = 0;
	ck_assert_uint_gt(len, 0);
	ck_assert_uint_eq(len % 4, 0);
	ck_assert_int_eq(lq_rtcp_next(b, len, &pos, &r), 0);
	ck_assert_uint_eq(pos, len);
	ck_assert_int_eq(lq_rtcp_next(b, len, &pos, &r), LQ_END);
	pos = 0;
	ck_assert_int_eq(lq_rtcp_next(b, len, &pos, &r), 0);
	return r;
}

static const lq_report_block blocks[2] = {{1, 255, -5, 0x10001, 90, 0x12345678, 65536}, {2, 0, 0x7FFFFF, 7, 0, 0, 0}};

static void assert_blocks(const lq_rtcp *r)
{
	lq_report_block o;
	for (uint32_t i = 0; i < 2; i++) {
		ck_assert_int_eq(lq_rtcp_block(r, i, &o), 0);
		ck_assert(o.ssrc == blocks[i].ssrc && o.fraction_lost == blocks[i].fraction_lost && o.lost == blocks[i].lost);
		ck_assert(o.highest_seq == blocks[i].highest_seq && o.jitter == blocks[i].jitter);
		ck_assert(o.last_sr == blocks[i].last_sr && o.delay_since_sr == blocks[i].delay_since_sr);
	}
	ck_assert_int_eq(lq_rtcp_block(r, 2, &o), LQ_END);
}

START_TEST(reports_read_back)
{
	const lq_sender_info info = {0x0123456789ABCDEF, 3000, 10, 12000};
	lq_rtcp r = only(lq_rtcp_write_sr(b, sizeof b, 0, 77, &info, blocks, 2));
	ck_assert(r.type == LQ_RTCP_SR && r.ssrc == 77 && r.count == 2);
	ck_assert(r.sender.ntp == info.ntp && r.sender.rtp == 3000 && r.sender.packets == 10 && r.sender.octets == 12000);
	assert_blocks(&r);
	r = only(lq_rtcp_write_rr(b, sizeof b, 0, 78, blocks, 2));
	ck_assert(r.type == LQ_RTCP_RR && r.ssrc == 78);
	assert_blocks(&r);
	r = only(lq_rtcp_write_rr(b, sizeof b, 0, 78, NULL, 0));
	ck_assert_uint_eq(r.count, 0);
}
END_TEST

START_TEST(a_loss_beyond_24_bits_is_clamped)
{
	lq_report_block in = {.lost = 0x7FFFFFFF}, o;
	lq_rtcp r = only(lq_rtcp_write_rr(b, sizeof b, 0, 1, &in, 1));
	lq_rtcp_block(&r, 0, &o);
	ck_assert_int_eq(o.lost, 0x7FFFFF);
	in.lost = -0x7FFFFFFF;
	r = only(lq_rtcp_write_rr(b, sizeof b, 0, 1, &in, 1));
	lq_rtcp_block(&r, 0, &o);
	ck_assert_int_eq(o.lost, -0x800000);
}
END_TEST

START_TEST(a_compound_is_read_piece_by_piece)
{
	const lq_sender_info info = {1, 2, 3, 4};
	static const uint8_t types[] = {LQ_RTCP_SR, LQ_RTCP_SDES, LQ_RTCP_PSFB, LQ_RTCP_BYE};
	lq_rtcp r;
	size_t n = lq_rtcp_write_sr(b, sizeof b, 0, 1, &info, NULL, 0), pos = 0;
	n = lq_rtcp_write_sdes(b, sizeof b, n, 1, "me@here");
	n = lq_rtcp_write_pli(b, sizeof b, n, 1, 9);
	n = lq_rtcp_write_bye(b, sizeof b, n, 1);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(lq_rtcp_next(b, n, &pos, &r), 0);
		ck_assert_uint_eq(r.type, types[i]);
		ck_assert_uint_eq(r.ssrc, 1);
		if (r.type == LQ_RTCP_PSFB)
			ck_assert(r.count == LQ_PSFB_PLI && r.media_ssrc == 9);
	}
	ck_assert_int_eq(lq_rtcp_next(b, n, &pos, &r), LQ_END);
}
END_TEST

START_TEST(the_cname_reads_back_at_every_length)
{
	char name[300], out[300];
	for (size_t len = 1; len < 256; len++) {
		memset(name, 'x', len);
		name[len] = 0;
		lq_rtcp r = only(lq_rtcp_write_sdes(b, sizeof b, 0, 5, name));
		ck_assert_uint_eq(lq_rtcp_cname(&r, out, sizeof out), len);
		ck_assert_str_eq(out, name);
		ck_assert_uint_eq(lq_rtcp_cname(&r, out, 5), len < 4 ? len : 4);
	}
	memcpy(b, "\x81\xCA\0\4\0\0\0\5\2\2me\1\2us\0\0\0\0", 20); /* behind another item */
	lq_rtcp second = only(20);
	ck_assert_uint_eq(lq_rtcp_cname(&second, out, sizeof out), 2);
	ck_assert_str_eq(out, "us");
	b[12] = 3; /* and none */
	second = only(20);
	ck_assert_uint_eq(lq_rtcp_cname(&second, out, sizeof out), 0);
	b[13] = 200;
	second = only(20);
	ck_assert_uint_eq(lq_rtcp_cname(&second, out, sizeof out), 0);
	memset(name, 'x', 299);
	name[299] = 0;
	lq_rtcp r = only(lq_rtcp_write_sdes(b, sizeof b, 0, 5, name));
	ck_assert_uint_eq(lq_rtcp_cname(&r, out, sizeof out), 255);
}
END_TEST

static uint16_t got[600];
static uint32_t n_got;

static void collect(void *arg, uint16_t seq)
{
	got[n_got++] = seq;
}

START_TEST(nacks_read_back)
{
	static const uint16_t seqs[] = {65530, 65531, 65535, 3, 10, 26, 27, 500};
	lq_rtcp r = only(lq_rtcp_write_nack(b, sizeof b, 0, 1, 2, seqs, 8));
	ck_assert(r.type == LQ_RTCP_RTPFB && r.count == LQ_RTPFB_NACK && r.ssrc == 1 && r.media_ssrc == 2);
	ck_assert_uint_eq(r.body_len, 4 * 3); /* 65530 to 10, 26 and 27, 500 */
	n_got = 0;
	ck_assert_int_eq(lq_rtcp_nacks(&r, collect, NULL), 0);
	ck_assert_uint_eq(n_got, 8);
	ck_assert_mem_eq(got, seqs, sizeof seqs);
	ck_assert_uint_eq(lq_rtcp_write_nack(b, sizeof b, 0, 1, 2, seqs, 0), 0);
}
END_TEST

START_TEST(what_is_no_nack_is_told)
{
	lq_rtcp r = only(lq_rtcp_write_pli(b, sizeof b, 0, 1, 2));
	ck_assert_int_eq(lq_rtcp_nacks(&r, collect, NULL), LQ_EPARSE);
	memcpy(b, "\x81\xCD\0\2\0\0\0\1\0\0\0\2", 12); /* a NACK of nothing */
	r = only(12);
	ck_assert_int_eq(lq_rtcp_nacks(&r, collect, NULL), LQ_EPARSE);
}
END_TEST

START_TEST(fir_entries_are_read)
{
	uint32_t ssrc;
	uint8_t seq;
	memcpy(b, "\x84\xCE\0\6\0\0\0\1\0\0\0\0\0\0\0\7\x21\0\0\0\0\0\0\x08\x22\0\0\0", 28);
	lq_rtcp r = only(28);
	ck_assert_int_eq(lq_rtcp_fir(&r, 0, &ssrc, &seq), 0);
	ck_assert(ssrc == 7 && seq == 0x21);
	ck_assert_int_eq(lq_rtcp_fir(&r, 1, &ssrc, &seq), 0);
	ck_assert(ssrc == 8 && seq == 0x22);
	ck_assert_int_eq(lq_rtcp_fir(&r, 2, &ssrc, &seq), LQ_END);
}
END_TEST

START_TEST(remb_keeps_18_bits_of_the_rate)
{
	static const uint64_t rates[] = {0, 1, 262143, 262144, 1500000, 25000000, UINT64_C(1) << 40, UINT64_MAX};
	const uint32_t ssrcs[] = {1, 2, 3};
	uint64_t rate;
	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
		lq_rtcp r = only(lq_rtcp_write_remb(b, sizeof b, 0, 1, rates[i], ssrcs, 3));
		ck_assert_int_eq(lq_rtcp_remb(&r, &rate), 0);
		ck_assert(rate <= rates[i] && rates[i] - rate <= rates[i] >> 17);
	}
	memcpy(b + 17, "\xFF\xFF\xFF", 3); /* 2^63 times 2^18 */
	lq_rtcp r = only(32);
	ck_assert_int_eq(lq_rtcp_remb(&r, &rate), LQ_ENOENT);
	b[16] = 200; /* more SSRCs than there are */
	r = only(32);
	ck_assert_int_eq(lq_rtcp_remb(&r, &rate), LQ_ENOENT);
}
END_TEST

START_TEST(padding_counts_only_at_the_end)
{
	lq_rtcp r;
	size_t pos = 0;
	memcpy(b, "\xA0\xC9\0\2\0\0\0\1\0\0\0\4", 12);
	r = only(12);
	ck_assert_uint_eq(r.body_len, 0);
	memcpy(b + 12, b, 12);
	ck_assert_int_eq(lq_rtcp_next(b, 24, &pos, &r), LQ_EPARSE);
	static const uint8_t wrong[] = {0, 3, 12, 255};
	for (size_t i = 0; i < sizeof wrong; i++) {
		b[11] = wrong[i];
		ck_assert_int_eq(lq_rtcp_next(b, 12, &pos, &r), LQ_EPARSE);
	}
}
END_TEST

START_TEST(broken_packets_are_refused)
{
	static const struct {
		const char *b;
		size_t len;
	} bad[] = {
		{"\x80\xC9\0", 3},                                    /* short */
		{"\x40\xC9\0\1\0\0\0\1", 8},                          /* version 1 */
		{"\x80\x60\0\1\0\0\0\1", 8},                          /* no RTCP type */
		{"\x80\xC9\0\2\0\0\0\1", 8},                          /* longer than the datagram */
		{"\x80\xC9\0\0", 4},                                  /* RR without a sender */
		{"\x81\xC9\0\1\0\0\0\1", 8},                          /* a block is missing */
		{"\x80\xC8\0\1\0\0\0\1", 8},                          /* SR without its sender info */
		{"\x81\xCD\0\1\0\0\0\1", 8},                          /* feedback without its media source */
		{"\x82\xCB\0\1\0\0\0\1", 8},                          /* BYE of two with one */
		{"\x81\xCA\0\1\0\0\0\1", 8},                          /* SDES without an item */
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		lq_rtcp r;
		size_t pos = 0;
		uint8_t *exact = malloc(bad[i].len);
		memcpy(exact, bad[i].b, bad[i].len);
		ck_assert_msg(lq_rtcp_next(exact, bad[i].len, &pos, &r) == LQ_EPARSE, "case %zu", i);
		ck_assert_uint_eq(pos, 0);
		free(exact);
	}
}
END_TEST

START_TEST(writers_refuse_what_does_not_fit)
{
	const lq_sender_info info = {0};
	const uint16_t seqs[] = {1, 100};
	const uint32_t ssrcs[] = {1};
	for (size_t size = 0; size < 4 + 24; size++)
		ck_assert_uint_eq(lq_rtcp_write_sr(b, size, 0, 1, &info, NULL, 0), 0);
	for (size_t size = 0; size < 8 + 48; size++)
		ck_assert_uint_eq(lq_rtcp_write_rr(b, size, 0, 1, blocks, 2), 0);
	for (size_t size = 0; size < 16; size++)
		ck_assert_uint_eq(lq_rtcp_write_sdes(b, size, 0, 1, "abcd"), 0);
	for (size_t size = 0; size < 20; size++)
		ck_assert_uint_eq(lq_rtcp_write_nack(b, size, 0, 1, 2, seqs, 2), 0);
	for (size_t size = 0; size < 24; size++)
		ck_assert_uint_eq(lq_rtcp_write_remb(b, size, 0, 1, 5, ssrcs, 1), 0);
	ck_assert_uint_eq(lq_rtcp_write_pli(b, 11, 0, 1, 2), 0);
	ck_assert_uint_eq(lq_rtcp_write_bye(b, 7, 0, 1), 0);
	ck_assert_uint_eq(lq_rtcp_write_bye(b, 8, 100, 1), 0);
	ck_assert_uint_eq(lq_rtcp_write_rr(b, sizeof b, 0, 1, blocks, 32), 0);
}
END_TEST

RUN_TESTS("rtcp", reports_read_back, a_loss_beyond_24_bits_is_clamped, a_compound_is_read_piece_by_piece, the_cname_reads_back_at_every_length,
          nacks_read_back,
          what_is_no_nack_is_told, fir_entries_are_read, remb_keeps_18_bits_of_the_rate, padding_counts_only_at_the_end,
          broken_packets_are_refused,
          writers_refuse_what_does_not_fit)
