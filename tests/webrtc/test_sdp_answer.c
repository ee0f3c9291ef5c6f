/* What is answered to an offer. */
#include "sdp_kit.h"

#include <stdio.h>

START_TEST(an_answer_takes_as_many_encodings_as_it_may)
{
	static const uint32_t vp8 = LQ_CODEC_VP8;
	static const char *const exts[] = {LQ_EXT_MID, LQ_EXT_RID};
	lq_sdp_answer_options o = {.codecs = &vp8, .n_codecs = 1, .direction = LQ_SDP_RECVONLY, .setup = LQ_SETUP_PASSIVE, .exts = exts, .n_exts = 2};
	lq_sdp a, s = parse_file("chromium-simulcast");
	static const char *const want[] = {"", "q", "q;h", "q;h;f", "q;h;f"};
	for (o.max_layers = 0; o.max_layers < 5; o.max_layers++) {
		ck_assert_int_eq(lq_sdp_answer(&s, &o, &a), 0);
		assert_layers(&a.media[1], LQ_SDP_RECVONLY, want[o.max_layers]);
		assert_layers(&a.media[0], LQ_SDP_RECVONLY, "");
		lq_sdp_free(&a);
	}
	o.n_exts = 1; /* without RIDs in the packets they could not be told apart */
	ck_assert_int_eq(lq_sdp_answer(&s, &o, &a), 0);
	assert_layers(&a.media[1], LQ_SDP_RECVONLY, "");
	lq_sdp_free(&a);
	lq_sdp_free(&s);
}
END_TEST

static const uint32_t codecs[] = {LQ_CODEC_H264, LQ_CODEC_VP8, LQ_CODEC_OPUS};
static const char *const exts[] = {LQ_EXT_MID, LQ_EXT_ABS_SEND_TIME};
static const lq_sdp_answer_options options = {.codecs = codecs, .n_codecs = 3, .rtx = 1, .direction = LQ_SDP_RECVONLY,
                                              .feedback = LQ_FB_NACK | LQ_FB_PLI, .exts = exts, .n_exts = 2, .setup = LQ_SETUP_PASSIVE};

START_TEST(an_answer_mirrors_the_offer)
{
	lq_sdp offer = parse_file("chromium-publish"), answer;
	ck_assert_int_eq(lq_sdp_answer(&offer, &options, &answer), 0);
	ck_assert_uint_eq(answer.n_media, 2);
	ck_assert_str_eq(answer.bundle, "0 1");
	ck_assert_uint_eq(answer.setup, LQ_SETUP_PASSIVE);
	const lq_sdp_media *v = &answer.media[1];
	ck_assert_str_eq(v->mid, "1");
	ck_assert(v->port == 9 && !v->bundle_only && v->rtcp_mux && v->rtcp_rsize);
	ck_assert_uint_eq(v->direction, LQ_SDP_RECVONLY);
	ck_assert_uint_eq(v->n_codecs, 4);
	ck_assert_uint_eq(lq_sdp_codec_id(&v->codecs[0]), LQ_CODEC_H264); /* our preference */
	ck_assert_uint_eq(v->codecs[0].pt, lq_sdp_codec_find(&offer.media[1], LQ_CODEC_H264)->pt);
	ck_assert_uint_eq(v->codecs[1].pt, 96);
	ck_assert_uint_eq(v->codecs[1].feedback, LQ_FB_NACK | LQ_FB_PLI);
	ck_assert_uint_eq(lq_sdp_rtx_for(v, 96)->pt, 97);
	ck_assert_uint_eq(v->n_exts, 2);
	ck_assert_uint_eq(lq_sdp_ext_id(v, LQ_EXT_MID), lq_sdp_ext_id(&offer.media[1], LQ_EXT_MID));
	lq_sdp_free(&answer);
	lq_sdp_answer_options one = options;
	one.first_only = 1;
	one.rtx = 0;
	ck_assert_int_eq(lq_sdp_answer(&offer, &one, &answer), 0);
	ck_assert_uint_eq(answer.media[1].n_codecs, 1);
	lq_sdp_free(&answer);
	lq_sdp_free(&offer);
}
END_TEST

START_TEST(what_cannot_be_taken_is_rejected_in_its_place)
{
	lq_sdp offer = parse_file("chromium-datachannel"), answer;
	static const uint32_t video_only[] = {LQ_CODEC_VP8};
	lq_sdp_answer_options o = options;
	o.codecs = video_only;
	o.n_codecs = 1;
	o.direction = LQ_SDP_SENDONLY;
	ck_assert_int_eq(lq_sdp_answer(&offer, &o, &answer), 0);
	ck_assert_uint_eq(answer.n_media, 3);
	ck_assert(!lq_sdp_media_alive(&answer.media[0]) && answer.media[0].n_codecs == 1);
	ck_assert(lq_sdp_media_alive(&answer.media[1]) && answer.media[1].direction == LQ_SDP_SENDONLY);
	ck_assert(!lq_sdp_media_alive(&answer.media[2]));
	ck_assert_str_eq(answer.bundle, "1");
	ck_assert_int_gt(lq_sdp_write(&answer, sdp_text, sizeof sdp_text), 0);
	ck_assert(strstr(sdp_text, "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n") != NULL);
	ck_assert(strstr(sdp_text, "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\n") != NULL);
	lq_sdp_free(&answer);
	lq_sdp_free(&offer);
}
END_TEST

START_TEST(answering_has_its_errors)
{
	lq_sdp offer = parse_file("chromium-publish"), answer;
	lq_sdp_answer_options o = options;
	o.setup = LQ_SETUP_ACTPASS;
	ck_assert_int_eq(lq_sdp_answer(&offer, &o, &answer), LQ_EINVAL);
	lq_sdp_free(&answer);
	lq__alloc_fail_at(1);
	ck_assert_int_eq(lq_sdp_answer(&offer, &options, &answer), LQ_ENOMEM);
	lq__alloc_fail_at(0);
	lq_sdp_free(&answer);
	ck_assert_ptr_eq(lq_sdp_media_by_mid(&offer, "1"), &offer.media[1]);
	ck_assert_ptr_null(lq_sdp_media_by_mid(&offer, "2"));
	memset(offer.bundle, 'x', sizeof offer.bundle - 3);
	offer.bundle[sizeof offer.bundle - 3] = 0;
	ck_assert_int_eq(lq_sdp_bundle_add(&offer, "ab"), LQ_ENOSPACE);
	ck_assert_uint_eq(strlen(offer.bundle), sizeof offer.bundle - 3);
	ck_assert_int_eq(lq_sdp_bundle_add(&offer, "a"), 0);
	lq_sdp_free(&offer);
}
END_TEST

START_TEST(setup_follows_the_offer_where_it_decides)
{
	static const char one[] = HEAD VIDEO "a=mid:v\r\na=rtcp-mux\r\na=setup:%s\r\na=rtpmap:96 VP8/90000\r\n";
	static const struct {
		const char *offered;
		uint32_t answered;
	} cases[] = {{"actpass", LQ_SETUP_PASSIVE}, {"active", LQ_SETUP_PASSIVE}, {"passive", LQ_SETUP_ACTIVE}};
	lq_sdp answer;
	for (int i = 0; i < 3; i++) {
		snprintf(sdp_text, sizeof sdp_text, one, cases[i].offered);
		lq_sdp offer = parse(sdp_text);
		ck_assert_int_eq(lq_sdp_answer(&offer, &options, &answer), 0);
		ck_assert_uint_eq(answer.setup, cases[i].answered);
		ck_assert(lq_sdp_media_alive(&answer.media[0]) && !answer.bundle[0]); /* one section needs no group */
		lq_sdp_free(&answer);
		lq_sdp_free(&offer);
	}
}
END_TEST

START_TEST(without_mux_or_bundle_a_section_is_rejected)
{
	lq_sdp answer, offer = parse(HEAD VIDEO "a=mid:a\r\na=rtpmap:96 VP8/90000\r\n" VIDEO "a=mid:b\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n" VIDEO
	                                        "a=mid:c\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n");
	ck_assert_int_eq(lq_sdp_answer(&offer, &options, &answer), 0);
	ck_assert(!lq_sdp_media_alive(&answer.media[0]) && lq_sdp_media_alive(&answer.media[1]) && !lq_sdp_media_alive(&answer.media[2]));
	lq_sdp_free(&answer);
	strcpy(offer.bundle, "x c");
	ck_assert_int_eq(lq_sdp_answer(&offer, &options, &answer), 0);
	ck_assert(!lq_sdp_media_alive(&answer.media[1]) && lq_sdp_media_alive(&answer.media[2]));
	ck_assert(lq_sdp_bundled(&offer, "c") && !lq_sdp_bundled(&offer, "x c") && !lq_sdp_bundled(&offer, ""));
	lq_sdp_free(&answer);
	lq_sdp_free(&offer);
}
END_TEST

RUN_TESTS("sdp_answer", an_answer_mirrors_the_offer, an_answer_takes_as_many_encodings_as_it_may,
          what_cannot_be_taken_is_rejected_in_its_place, answering_has_its_errors,
          setup_follows_the_offer_where_it_decides, without_mux_or_bundle_a_section_is_rejected)
