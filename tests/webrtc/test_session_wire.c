/* Sessions that meet packets and descriptions which no session of ours would send: made here, and protected with the pair's own keys. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/plugin/errors.h>
#include <loquat/plugin/event.h>

#include "pair.h"
#include "webrtc/bytes.h"
#include "webrtc/session_internal.h"

static pair p;
static char offer[65536], answer[65536], error[200];

static void open_pair(int audio)
{
	pair_config c = {.forth = {.seed = 1}, .back = {.seed = 2}, .video_codec = LQ_CODEC_VP8, .audio = audio};
	pair_open(&p, &c);
	pair_run(&p, LQ_SEC);
	ck_assert_int_eq(p.state_b, LQ_STATE_CONNECTED);
}

/* A key frame of VP8 in one packet. */
static void inject(uint8_t pt, uint32_t ssrc, uint16_t seq, const uint8_t *payload, size_t len)
{
	_Alignas(4) uint8_t out[LQ_RTP_MAX + LQ_SRTP_OVERHEAD];
	lq_rtp rtp = {.marker = 1, .payload_type = pt, .seq = seq, .timestamp = 5000u + seq * 3000u, .ssrc = ssrc};
	size_t n = lq_rtp_write(out, LQ_RTP_MAX, &rtp, NULL, 0);
	memcpy(out + n, payload, len);
	n += len;
	ck_assert_int_eq(lq_srtp_protect(p.a->srtp, out, &n), 0);
	lq_session_input(p.b, out, n, p.now);
}

static const uint8_t key_frame[] = {0x10, 0x10, 0x20, 0x20, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01, 7, 7, 7, 7, 7, 7, 7, 7, 7};

static double of_b(const char *mid, const char *name)
{
	return pair_stat(p.b, mid, name);
}

START_TEST(stream_is_found_by_ssrc_or_payload_type_and_may_change)
{
	open_pair(1);
	pair_track *v = &p.tracks[1];
	uint8_t pt = p.a->tracks[1]->pt;
	double packets = of_b("1", "packetsReceived"), keys = of_b("1", "keyFramesReceived");
	p.b->n_streams = 0; /* as if nothing had come: no MID in the packet, but the SSRC is in the offer */
	inject(pt, p.a->tracks[1]->ssrc, (uint16_t)(p.a->tracks[1]->send->seq + 5), key_frame, sizeof key_frame);
	ck_assert_double_eq(of_b("1", "packetsReceived"), packets + 1);
	inject(pt, 0x1234567, 1, key_frame, sizeof key_frame); /* by its payload type; it replaces the stream before */
	ck_assert_double_eq(of_b("1", "packetsReceived"), packets + 2);
	ck_assert_double_eq(of_b("1", "keyFramesReceived"), keys + 1);
	inject(pt, 0x1234567, 2, key_frame, sizeof key_frame);
	ck_assert_double_eq(of_b("1", "keyFramesReceived"), keys + 2);
	ck_assert_uint_eq(v->wrong, 2); /* they were handed over, though no camera of ours has made them */
	pair_close(&p);
}
END_TEST

START_TEST(what_belongs_nowhere_is_counted)
{
	open_pair(1);
	double unknown = of_b("", "unknownPackets"), bad = of_b("", "badPackets");
	inject(55, 0x77, 1, key_frame, sizeof key_frame);                     /* a payload type that nobody offered */
	inject(55, p.a->tracks[1]->ssrc, (uint16_t)(p.a->tracks[1]->send->seq + 8), key_frame, sizeof key_frame); /* from a known stream */
	ck_assert_double_eq(of_b("", "unknownPackets"), unknown + 2);
	inject(p.a->tracks[1]->pt, p.a->tracks[1]->ssrc, (uint16_t)(p.a->tracks[1]->send->seq + 9), (const uint8_t *)"\x80", 1); /* no VP8 */
	ck_assert_double_eq(of_b("", "badPackets"), bad + 1);
	inject(p.a->tracks[1]->rtx_pt, p.a->tracks[1]->rtx_ssrc, 7, key_frame, 1); /* padding of RTX */
	inject(p.a->tracks[1]->rtx_pt, p.a->tracks[1]->rtx_ssrc, 8, key_frame, 0);
	ck_assert_double_eq(of_b("1", "retransmittedPacketsReceived"), 0);
	_Alignas(4) uint8_t rtcp[64] = {0x80, 200, 0, 1, 1, 2, 3, 4, 0x80, 201, 9, 9};
	size_t len = 12;
	ck_assert_int_eq(lq_srtp_protect_rtcp(p.a->srtp, rtcp, &len), 0);
	lq_session_input(p.b, rtcp, len, p.now);
	ck_assert_double_eq(of_b("", "badPackets"), bad + 2);
	ck_assert_int_eq(p.state_b, LQ_STATE_CONNECTED);
	pair_close(&p);
}
END_TEST

static void inject_rtcp(uint8_t *data, size_t len)
{
	ck_assert_int_eq(lq_srtp_protect_rtcp(p.b->srtp, data, &len), 0);
	lq_session_input(p.a, data, len, p.now);
}

START_TEST(fir_asks_for_a_key_frame)
{
	open_pair(0);
	_Alignas(4) uint8_t fir[64] = {0x84, 206, 0, 4, 0, 0, 0, 9, 0, 0, 0, 0};
	lq__put32(fir + 12, p.a->tracks[0]->ssrc);
	fir[16] = 1;
	uint32_t keys = p.tracks[0].keys;
	inject_rtcp(fir, 20);
	pair_run(&p, 100 * LQ_MSEC);
	ck_assert_uint_eq(p.tracks[0].keys, keys + 1);
	ck_assert_double_eq(pair_stat(p.a, "1", "firCount"), 1);
	pair_close(&p);
}
END_TEST

static void on_rate(void *arg, uint64_t rate)
{
	((pair *)arg)->rate = rate;
}

START_TEST(remb_is_told)
{
	open_pair(0);
	_Alignas(4) uint8_t remb[128];
	p.a->config.callbacks.rate = on_rate;
	inject_rtcp(remb, lq_rtcp_write_remb(remb, 64, 0, 1, 500000, &p.a->tracks[0]->ssrc, 1));
	ck_assert_uint_ge(p.rate, 490000);
	ck_assert_uint_le(p.rate, 510000);
	pair_close(&p);
}
END_TEST

START_TEST(receiver_may_ask_for_a_key_frame)
{
	open_pair(1);
	uint32_t keys = p.tracks[1].keys;
	ck_assert_int_eq(lq_session_request_key_frame(p.b, "0", p.now), LQ_ENOENT);
	ck_assert_int_eq(lq_session_request_key_frame(p.b, "1", p.now), 0);
	ck_assert_int_eq(lq_session_request_key_frame(p.b, "1", p.now), 0);
	pair_run(&p, 100 * LQ_MSEC);
	ck_assert_uint_eq(p.tracks[1].keys, keys + 1); /* the second of them was answered by the same */
	pair_close(&p);
}
END_TEST

/* ---- descriptions ---- */

static void describe(lq_session *s, char *out)
{
	ck_assert_int_gt(lq_session_describe(s, out, sizeof offer), 0);
}

static void open_unconnected(void)
{
	pair_config c = {.forth = {.seed = 1}, .back = {.seed = 2}};
	pair_open(&p, &c);
	pair_add(&p, "0", LQ_MEDIA_AUDIO, LQ_CODEC_OPUS);
	pair_add(&p, "1", LQ_MEDIA_VIDEO, LQ_CODEC_VP8);
	describe(p.a, offer);
}

static void change(char *text, const char *from, const char *to)
{
	char *at = strstr(text, from);
	ck_assert_ptr_nonnull(at);
	memmove(at + strlen(to), at + strlen(from), strlen(at + strlen(from)) + 1);
	memcpy(at, to, strlen(to));
}

START_TEST(without_rtx_packets_are_sent_again_as_they_are)
{
	open_unconnected();
	ck_assert_int_eq(lq_session_set_remote(p.b, offer, error, sizeof error), 0);
	describe(p.b, answer);
	change(answer, " 97\r\n", "\r\n");
	change(answer, "a=rtpmap:97 rtx/90000\r\n", "");
	change(answer, "a=fmtp:97 apt=96\r\n", "");
	ck_assert_int_eq(lq_session_set_remote(p.a, answer, error, sizeof error), 0);
	pair_connect(&p);
	pair_run(&p, LQ_SEC);
	simlink_set(p.forth, &(simlink_config){.loss = 0.05, .delay = 5 * LQ_MSEC});
	pair_run(&p, 10 * LQ_SEC);
	const pair_track *v = &p.tracks[1];
	ck_assert_uint_eq(v->wrong + v->discontinuities, 0);
	ck_assert_int_eq(v->received, v->last_number - v->first_number + 1);
	ck_assert_double_gt(pair_stat(p.a, "1", "retransmittedPacketsSent"), 0);
	ck_assert_double_eq(of_b("1", "retransmittedPacketsReceived"), 0);
	pair_close(&p);
}
END_TEST

START_TEST(hello_before_the_answer_is_taken)
{
	open_unconnected();
	ck_assert_int_eq(lq_session_connected(p.a, p.now), LQ_ESTATE);
	ck_assert_int_eq(lq_session_set_remote(p.b, offer, error, sizeof error), 0);
	describe(p.b, answer);
	ck_assert_int_eq(lq_session_connected(p.b, p.now), 0);
	pair_run(&p, 500 * LQ_MSEC);
	ck_assert_int_ne(p.state_a, LQ_STATE_CONNECTED); /* the fingerprint is still unknown */
	ck_assert_int_eq(lq_session_set_remote(p.a, answer, error, sizeof error), 0);
	pair_run(&p, 500 * LQ_MSEC);
	ck_assert_int_eq(p.state_a, LQ_STATE_CONNECTED);
	pair_run(&p, LQ_SEC);
	ck_assert_uint_ge(p.tracks[1].received, 25);
	pair_close(&p);
}
END_TEST

START_TEST(wrong_fingerprint_fails_the_session)
{
	open_unconnected();
	ck_assert_int_eq(lq_session_set_remote(p.b, offer, error, sizeof error), 0);
	describe(p.b, answer);
	char *at = strstr(answer, "a=fingerprint:sha-256 ") + 22;
	*at = *at == 'A' ? 'B' : 'A';
	while ((at = strstr(at, "a=fingerprint:sha-256 "))) { /* in each section */
		at += 22;
		*at = *at == 'A' ? 'B' : 'A';
	}
	ck_assert_int_eq(lq_session_set_remote(p.a, answer, error, sizeof error), 0);
	pair_connect(&p);
	pair_run(&p, 5 * LQ_SEC);
	ck_assert_int_eq(p.state_a, LQ_STATE_FAILED);
	ck_assert_str_eq(p.reason_a, "the peer's certificate does not have the fingerprint of its description");
	ck_assert_uint_eq(p.tracks[0].received + p.tracks[1].received, 0);
	pair_close(&p);
}
END_TEST

START_TEST(later_descriptions_must_fit)
{
	open_unconnected();
	ck_assert_int_eq(lq_session_set_remote(p.b, offer, error, sizeof error), 0);
	strcpy(answer, offer);
	for (char *at = answer; (at = strstr(at, "a=ice-pwd:"));)
		at[2] = 'x';
	ck_assert_int_eq(lq_session_set_remote(p.b, answer, error, sizeof error), LQ_EPARSE);
	ck_assert_str_eq(error, "a=ice-ufrag or a=ice-pwd is missing");
	strcpy(answer, offer);
	for (char *at = answer; (at = strstr(at, "a=fingerprint:sha-256 ")); at += 22)
		at[22] = at[22] == 'A' ? 'B' : 'A';
	ck_assert_int_eq(lq_session_set_remote(p.b, answer, error, sizeof error), LQ_EPARSE);
	ck_assert_str_eq(error, "a=fingerprint has changed: a new DTLS connection needs a new session");
	strcpy(answer, offer);
	change(answer, "a=mid:0", "a=mid:x");
	change(answer, "a=mid:1", "a=mid:0");
	change(answer, "BUNDLE 0 1", "BUNDLE x 0");
	ck_assert_int_eq(lq_session_set_remote(p.b, answer, error, sizeof error), LQ_EPARSE);
	ck_assert_str_eq(error, "a=mid:0: was of another kind before");
	/* The first description is good again. */
	ck_assert_int_eq(lq_session_set_remote(p.b, offer, error, sizeof error), 0);
	ck_assert_uint_eq(lq_session_codec(p.b, "1"), LQ_CODEC_VP8);
	pair_close(&p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session on the wire");
	TCase *t = tcase_create("wire");
	tcase_set_timeout(t, 60);
	tcase_add_test(t, stream_is_found_by_ssrc_or_payload_type_and_may_change);
	tcase_add_test(t, what_belongs_nowhere_is_counted);
	tcase_add_test(t, fir_asks_for_a_key_frame);
	tcase_add_test(t, remb_is_told);
	tcase_add_test(t, receiver_may_ask_for_a_key_frame);
	tcase_add_test(t, without_rtx_packets_are_sent_again_as_they_are);
	tcase_add_test(t, hello_before_the_answer_is_taken);
	tcase_add_test(t, wrong_fingerprint_fails_the_session);
	tcase_add_test(t, later_descriptions_must_fit);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
