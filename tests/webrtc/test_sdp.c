/* Descriptions are read, written, and refused with their reasons. */
#include "sdp_kit.h"

#include <stdio.h>

static const char *const files[] = {"chromium-publish", "chromium-gathered", "chromium-simulcast", "chromium-datachannel", "chromium-answer",
                                    "gstreamer-publish", "gstreamer-h264", "werift-datachannel"};

START_TEST(what_was_read_is_written_so_that_it_reads_the_same)
{
	static char out[64 * 1024];
	lq_sdp a = parse_file(files[_i]);
	int n = lq_sdp_write(&a, out, sizeof out);
	ck_assert_int_gt(n, 0);
	ck_assert_uint_eq(strlen(out), (size_t)n);
	lq_sdp b = parse(out);
	assert_same(&a, &b);
	for (int size = 0; size <= n; size += 97)
		ck_assert_int_eq(lq_sdp_write(&a, out, (size_t)size), LQ_ENOSPACE);
	ck_assert_int_eq(lq_sdp_write(&a, out, (size_t)n), LQ_ENOSPACE);
	ck_assert_int_eq(lq_sdp_write(&a, out, (size_t)n + 1), n);
	lq_sdp_free(&a);
	lq_sdp_free(&b);
}
END_TEST

START_TEST(reads_what_chromium_publishes)
{
	lq_sdp s = parse_file("chromium-publish");
	ck_assert_uint_eq(s.n_media, 2);
	ck_assert_str_eq(s.bundle, "0 1");
	ck_assert(s.trickle && !s.ice_lite && s.setup == LQ_SETUP_ACTPASS);
	ck_assert_str_eq(s.fingerprint_hash, "sha-256");
	ck_assert_uint_eq(s.fingerprint_len, 32);
	ck_assert_uint_eq(strlen(s.ice_ufrag), 4);
	ck_assert_uint_eq(strlen(s.ice_pwd), 24);
	const lq_sdp_media *audio = &s.media[0], *video = &s.media[1];
	ck_assert_uint_eq(audio->media, LQ_MEDIA_AUDIO);
	ck_assert_uint_eq(video->media, LQ_MEDIA_VIDEO);
	ck_assert_str_eq(video->mid, "1");
	ck_assert(video->rtcp_mux && video->rtcp_rsize && !video->bundle_only && lq_sdp_media_alive(video));
	ck_assert_uint_eq(video->direction, LQ_SDP_SENDONLY);
	const lq_sdp_codec *opus = lq_sdp_codec_find(audio, LQ_CODEC_OPUS);
	ck_assert(opus && opus->pt == 111 && opus->rate == 48000 && opus->channels == 2 && opus->feedback == LQ_FB_TWCC);
	const lq_sdp_codec *vp8 = lq_sdp_codec_find(video, LQ_CODEC_VP8);
	ck_assert(vp8 && vp8->pt == 96);
	ck_assert_uint_eq(vp8->feedback, LQ_FB_NACK | LQ_FB_PLI | LQ_FB_FIR | LQ_FB_REMB | LQ_FB_TWCC);
	ck_assert_uint_eq(lq_sdp_rtx_for(video, 96)->pt, 97);
	ck_assert_uint_eq(video->n_ssrcs, 1);
	ck_assert(video->ssrcs[0].ssrc == 1635634338 && video->ssrcs[0].rtx == 3235436955);
	ck_assert_str_eq(video->cname, "Swu2TfZW1JcXFG7n");
	ck_assert_uint_eq(lq_sdp_ext_id(video, LQ_EXT_MID), 4);
	ck_assert_uint_eq(lq_sdp_ext_id(video, LQ_EXT_AUDIO_LEVEL), 0);
	lq_sdp_free(&s);
}
END_TEST

START_TEST(of_h264_constrained_baseline_in_mode_1_is_found)
{
	char value[16];
	lq_sdp s = parse_file("chromium-datachannel");
	const lq_sdp_codec *c = lq_sdp_codec_find(&s.media[1], LQ_CODEC_H264);
	ck_assert(c != NULL);
	ck_assert_uint_eq(c->pt, 108);
	ck_assert_int_eq(lq_sdp_fmtp(c, "Profile-Level-Id", value, sizeof value), 0);
	ck_assert_str_eq(value, "42e01f");
	ck_assert_int_eq(lq_sdp_fmtp(c, "profile", value, sizeof value), LQ_ENOENT);
	ck_assert_int_eq(lq_sdp_fmtp(c, "profile-level-id", value, 6), LQ_ENOSPACE);
	c = lq_sdp_codec_find(&s.media[1], LQ_CODEC_VP9);
	ck_assert_uint_eq(c->pt, 98); /* profile 0 */
	ck_assert(!lq_sdp_codec_find(&s.media[1], LQ_CODEC_OPUS));
	ck_assert(!lq_sdp_codec_find(&s.media[1], LQ_CODEC_NONE));
	ck_assert_uint_eq(s.media[2].media, LQ_MEDIA_NONE);
	ck_assert_str_eq(s.media[2].fmt, "webrtc-datachannel");
	lq_sdp_free(&s);
}
END_TEST

START_TEST(candidates_are_those_of_the_first_section)
{
	lq_sdp s = parse_file("chromium-gathered");
	ck_assert_uint_eq(s.n_candidates, 8);
	ck_assert_str_eq(s.candidates[0], "candidate:968103500 1 udp 2122194687 127.0.0.1 43275 typ host generation 0 network-id 3 network-cost 50");
	lq_sdp_free(&s);
}
END_TEST

START_TEST(reads_what_gstreamer_offers)
{
	static const uint32_t both[] = {LQ_CODEC_H264, LQ_CODEC_VP8, LQ_CODEC_OPUS};
	const lq_sdp_answer_options o = {.codecs = both, .n_codecs = 3, .direction = LQ_SDP_RECVONLY, .setup = LQ_SETUP_PASSIVE};
	lq_sdp a, s = parse_file("gstreamer-publish");
	ck_assert(s.media[1].port == 0 && s.media[1].bundle_only && lq_sdp_media_alive(&s.media[1]));
	ck_assert_str_eq(s.media[0].msid, "user3132557055@localhost webrtctransceiver0"); /* from its ssrc line */
	ck_assert_int_eq(lq_sdp_answer(&s, &o, &a), 0);
	ck_assert(lq_sdp_media_alive(&a.media[0]) && lq_sdp_media_alive(&a.media[1]));
	ck_assert_str_eq(a.bundle, "video0 audio1");
	lq_sdp_free(&a);
	lq_sdp_free(&s);
	s = parse_file("gstreamer-h264"); /* no profile-level-id, no bundle */
	ck_assert_ptr_nonnull(lq_sdp_codec_find(&s.media[0], LQ_CODEC_H264));
	ck_assert_int_eq(lq_sdp_answer(&s, &o, &a), 0);
	ck_assert(lq_sdp_media_alive(&a.media[0]) && !lq_sdp_media_alive(&a.media[1]));
	lq_sdp_free(&a);
	lq_sdp_free(&s);
}
END_TEST

START_TEST(reads_what_werift_offers)
{
	lq_sdp s = parse_file("werift-datachannel");
	ck_assert_uint_eq(s.n_candidates, 2);
	ck_assert(s.end_of_candidates && s.trickle);
	ck_assert_uint_eq(lq_sdp_codec_find(&s.media[1], LQ_CODEC_OPUS)->pt, 96); /* whatever the case of its name */
	ck_assert_uint_eq(lq_sdp_codec_find(&s.media[1], LQ_CODEC_PCMU)->pt, 0);
	lq_sdp_free(&s);
}
END_TEST

START_TEST(session_level_values_hold_for_every_section)
{
	lq_sdp s = parse(HEAD "a=ice-lite\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\na=fingerprint:SHA-256 0a:FF\r\na=sendonly\r\na=extmap:3 urn:x\r\n" VIDEO
	                      "a=recvonly\r\n" VIDEO);
	ck_assert_str_eq(s.ice_ufrag, "u");
	ck_assert(s.ice_lite && s.fingerprint_len == 2 && s.fingerprint[1] == 0xff);
	ck_assert_str_eq(s.fingerprint_hash, "sha-256");
	ck_assert_uint_eq(s.media[0].direction, LQ_SDP_RECVONLY);
	ck_assert_uint_eq(s.media[1].direction, LQ_SDP_SENDONLY);
	ck_assert_uint_eq(lq_sdp_ext_id(&s.media[1], "urn:x"), 3);
	lq_sdp_free(&s);
}
END_TEST

START_TEST(rejected_sections_give_no_transport)
{
	lq_sdp s = parse(HEAD "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\na=ice-ufrag:dead\r\n" VIDEO "a=ice-ufrag:live\r\na=setup:active\r\n");
	ck_assert_str_eq(s.ice_ufrag, "live");
	ck_assert(!lq_sdp_media_alive(&s.media[0]) && lq_sdp_media_alive(&s.media[1]));
	ck_assert_str_eq(s.media[0].codecs[0].name, "PCMU"); /* static payload types need no rtpmap */
	lq_sdp_free(&s);
}
END_TEST

START_TEST(a_section_says_more_than_browsers_do)
{
	lq_sdp s = parse(HEAD "a=fingerprint:sha-1 01\r\na=fingerprint:sha-256 02\r\n" VIDEO "b=TIAS:1\r\nb=AS:900\r\na=inactive\r\na=rtcp-fb:* nack pli\r\n"
	                      "a=rtcp-fb:96 nack\r\na=extmap:4096 urn:far\r\na=extmap:2/sendonly urn:near config\r\na=fingerprint:sha-512 04\r\n"
	                      "a=fingerprint:sha-256 03\r\na=rtpmap:42 x/1\r\na=unheard-of:1\r\n\r\n");
	const lq_sdp_media *m = &s.media[0];
	ck_assert_uint_eq(m->bandwidth, 900);
	ck_assert_uint_eq(m->direction, LQ_SDP_INACTIVE);
	ck_assert_uint_eq(m->codecs[0].feedback, LQ_FB_PLI | LQ_FB_NACK);
	ck_assert_uint_eq(m->codecs[1].feedback, LQ_FB_PLI);
	ck_assert(m->n_exts == 1 && lq_sdp_ext_id(m, "urn:near") == 2);
	ck_assert(s.fingerprint_len == 1 && s.fingerprint[0] == 3); /* its own SHA-256, not the session's */
	ck_assert_str_eq(s.fingerprint_hash, "sha-256");
	lq_sdp_free(&s);
}
END_TEST

START_TEST(sources_and_their_repair_are_paired_in_any_order)
{
	lq_sdp s = parse(HEAD VIDEO "a=ssrc:1 cname:c\r\na=ssrc:2 cname:c\r\na=ssrc:7 cname:c\r\n"
	                            "a=ssrc-group:FID 1 2\r\na=ssrc-group:FID 7 8\r\na=ssrc:8 cname:c\r\n");
	ck_assert_uint_eq(s.media[0].n_ssrcs, 2);
	ck_assert(s.media[0].ssrcs[0].ssrc == 1 && s.media[0].ssrcs[0].rtx == 2);
	ck_assert(s.media[0].ssrcs[1].ssrc == 7 && s.media[0].ssrcs[1].rtx == 8);
	lq_sdp_free(&s);
}
END_TEST

START_TEST(encodings_are_read_in_the_order_of_a_simulcast)
{
	lq_sdp s = parse_file("chromium-simulcast");
	assert_layers(&s.media[1], LQ_SDP_SENDONLY, "q;h;f");
	assert_layers(&s.media[1], LQ_SDP_RECVONLY, "");
	assert_layers(&s.media[0], LQ_SDP_SENDONLY, "");
	lq_sdp_free(&s);
	/* Alternatives, paused ones, both directions, one that has no a=rid, one of the other direction, lines in any order. */
	s = parse(HEAD VIDEO "a=simulcast: recv r1 send b,b2;~a;gone;r2\r\na=rid:x send\r\na=rid:a send pt=96;max-width=640\r\na=rid:b send\r\n"
	                     "a=rid:b2 send max-fps=5\r\na=rid:r1 recv\r\na=rid:r2 recv\r\n");
	const lq_sdp_media *m = &s.media[0];
	assert_layers(m, LQ_SDP_SENDONLY, "b;~a");
	assert_layers(m, LQ_SDP_RECVONLY, "r1");
	ck_assert_uint_eq(m->n_rids, 6);
	ck_assert(lq_sdp_rid_allows(&m->rids[0], 97) && !m->rids[5].simulcast);
	const lq_sdp_rid *layers[2];
	lq_sdp_layers(m, LQ_SDP_SENDONLY, layers, 2);
	ck_assert(lq_sdp_rid_allows(layers[1], 96) && !lq_sdp_rid_allows(layers[1], 97));
	ck_assert_int_gt(lq_sdp_write(&s, sdp_text, sizeof sdp_text), 0);
	ck_assert_msg(strstr(sdp_text, "a=simulcast:recv r1 send b;~a\r\n") && strstr(sdp_text, "a=rid:a send pt=96\r\n"), "%s", sdp_text);
	lq_sdp again = parse(sdp_text);
	assert_same(&s, &again);
	lq_sdp_free(&again);
	lq_sdp_free(&s);
	s = parse(HEAD VIDEO "a=ssrc-group:SIM 3 2 1\r\na=ssrc-group:FID 3 30\r\na=ssrc-group:FID 2 20\r\na=ssrc-group:FID 1 10\r\na=ssrc:3 cname:c\r\n");
	ck_assert(s.media[0].n_sims == 3 && s.media[0].sims[0] == 3 && s.media[0].n_ssrcs == 3);
	ck_assert_int_gt(lq_sdp_write(&s, sdp_text, sizeof sdp_text), 0);
	again = parse(sdp_text);
	assert_same(&s, &again);
	lq_sdp_free(&again);
	lq_sdp_free(&s);
}
END_TEST

START_TEST(errors_name_line_attribute_and_reason)
{
	static const struct {
		const char *text, *error;
	} bad[] = {
		{"", "line 0: text: empty"},
		{"o=- 1 2\r\n", "line 1: o=: the first line must be v=0"},
		{"v=1\r\n", "line 1: v=: the first line must be v=0"},
		{"v=0\r\nhello\r\n", "line 2: syntax: a line is a small letter, '=' and a value"},
		{"v=0\r\n\r\nt=0 0\r\n", "line 2: syntax: an empty line"},
		{"v=0\r\ns=\001\r\n", "line 2: syntax: a control character"},
		{"v=0\r\no=- x 2 IN IP4 0\r\n", "line 2: o=: wants a user name, a session id and a version"},
		{HEAD "m=video x UDP/TLS/RTP/SAVPF 96\r\n", "line 5: m=: the port is a number from 0 to 65535"},
		{HEAD "m=video 70000 UDP/TLS/RTP/SAVPF 96\r\n", "line 5: m=: the port is a number from 0 to 65535"},
		{HEAD "m=video 9 UDP/TLS/RTP/SAVPF\r\n", "line 5: m=: wants at least one format"},
		{HEAD "m=video 9 UDP/TLS/RTP/SAVPF 96 128\r\n", "line 5: m=: a payload type is a number from 0 to 127"},
		{HEAD "m=video 9 UDP/TLS/RTP/SAVPF 96 96\r\n", "line 5: m=: payload type 96 is there twice"},
		{HEAD VIDEO "a=rtpmap:x VP8/90000\r\n", "line 6: a=rtpmap: wants a payload type"},
		{HEAD VIDEO "a=rtpmap:96 VP8\r\n", "line 6: a=rtpmap: wants a clock rate"},
		{HEAD VIDEO "a=rtpmap:96 /90000\r\n", "line 6: a=rtpmap: wants a name of at most 23 characters"},
		{HEAD VIDEO "a=setup:holdconn\r\n", "line 6: a=setup: 'holdconn' is none of actpass, active, passive"},
		{HEAD VIDEO "a=fingerprint:sha-256 0:1\r\n", "line 6: a=fingerprint: wants pairs of hexadecimal digits with colons between"},
		{HEAD VIDEO "a=fingerprint:sha-256 00:\r\n", "line 6: a=fingerprint: wants pairs of hexadecimal digits with colons between"},
		{HEAD VIDEO "a=fingerprint:sha-256\r\n", "line 6: a=fingerprint: wants a hash and its value"},
		{HEAD VIDEO "a=extmap:x urn\r\n", "line 6: a=extmap: wants a number"},
		{HEAD VIDEO "a=extmap:1 urn\r\na=extmap:1 urm\r\n", "line 7: a=extmap: number 1 is there twice"},
		{HEAD VIDEO "a=mid:1\r\n" VIDEO "a=mid:1\r\n", "line 8: a=mid: '1' is there twice"},
		{HEAD VIDEO "a=ssrc:99999999999 cname:x\r\n", "line 6: a=ssrc: wants a number"},
		{HEAD VIDEO "a=ssrc-group:FID 1\r\n", "line 6: a=ssrc-group: FID wants two different sources"},
		{HEAD VIDEO "a=mid:123456789012345678901234567890123\r\n", "line 6: a=mid: 33 characters are more than 32"},
		{HEAD VIDEO "a=rtpmap:96 opus/48000/x\r\n", "line 6: a=rtpmap: the number of channels is a number"},
		{HEAD VIDEO "a=rtcp-fb:x nack\r\n", "line 6: a=rtcp-fb: wants a payload type or *"},
		{HEAD VIDEO "a=fmtp:x a=b\r\n", "line 6: a=fmtp: wants a payload type"},
		{HEAD VIDEO "a=mid:a b\r\n", "line 6: a=mid: wants one word"},
		{HEAD VIDEO "a=extmap:1\r\n", "line 6: a=extmap: wants a URI"},
		{HEAD "m=video 9\r\n", "line 5: m=: the port is a number from 0 to 65535"},
		{HEAD "m=video 9 \r\n", "line 5: m=: wants a protocol of at most 31 characters"},
		{HEAD VIDEO "b=AS:many\r\n", "line 6: b=: wants AS: and kbit/s"},
		{HEAD VIDEO "a=rid:h! send\r\n", "line 6: a=rid: a RID is 1 to 32 letters, digits, '-' or '_'"},
		{HEAD VIDEO "a=rid:123456789012345678901234567890123 send\r\n", "line 6: a=rid: a RID is 1 to 32 letters, digits, '-' or '_'"},
		{HEAD VIDEO "a=rid:h\r\n", "line 6: a=rid: wants a RID and send or recv"},
		{HEAD VIDEO "a=rid:h sendrecv\r\n", "line 6: a=rid: wants a RID and send or recv"},
		{HEAD VIDEO "a=rid:h send\r\na=rid:h recv\r\n", "line 7: a=rid: 'h' is there twice"},
		{HEAD VIDEO "a=rid:h send pt=96,x\r\n", "line 6: a=rid: pt= wants payload types with commas between"},
		{HEAD VIDEO "a=rid:h send pt=200\r\n", "line 6: a=rid: pt= wants payload types with commas between"},
		{HEAD VIDEO "a=simulcast:\r\n", "line 6: a=simulcast: wants send or recv, each with a list of RIDs"},
		{HEAD VIDEO "a=simulcast:send\r\n", "line 6: a=simulcast: wants send or recv, each with a list of RIDs"},
		{HEAD VIDEO "a=simulcast:both h\r\n", "line 6: a=simulcast: wants send or recv, each with a list of RIDs"},
		{HEAD VIDEO "a=simulcast:send a send b\r\n", "line 6: a=simulcast: wants send or recv, each with a list of RIDs"},
		{HEAD VIDEO "a=simulcast:send a;;b\r\n", "line 6: a=simulcast: a RID is 1 to 32 letters, digits, '-' or '_'"},
		{HEAD VIDEO "a=simulcast:send a;b;\r\n", "line 6: a=simulcast: a RID is 1 to 32 letters, digits, '-' or '_'"},
		{HEAD VIDEO "a=simulcast:send a;a\r\n", "line 6: a=simulcast: 'a' is there twice"},
		{HEAD VIDEO "a=simulcast:send a\r\na=simulcast:send b\r\n", "line 7: a=simulcast: is there twice"},
		{HEAD VIDEO "a=ssrc-group:SIM 1 x\r\n", "line 6: a=ssrc-group: SIM wants sources"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		lq_sdp s;
		ck_assert_int_eq(lq_sdp_parse(bad[i].text, strlen(bad[i].text), &s, sdp_error, sizeof sdp_error), LQ_EPARSE);
		ck_assert_str_eq(sdp_error, bad[i].error);
		lq_sdp_free(&s);
		ck_assert_int_eq(lq_sdp_parse(bad[i].text, strlen(bad[i].text), &s, NULL, 0), LQ_EPARSE);
		lq_sdp_free(&s);
	}
}
END_TEST

/* HEAD, VIDEO, and `line` with a rising number n times. */
static int parse_many(const char *line, int n)
{
	lq_sdp s;
	size_t at = (size_t)snprintf(sdp_text, sizeof sdp_text, HEAD "%s", strncmp(line, "m=", 2) ? VIDEO : "");
	for (int i = 1; i <= n; i++) {
		at += (size_t)snprintf(sdp_text + at, sizeof sdp_text - at, line, i);
		at += (size_t)snprintf(sdp_text + at, sizeof sdp_text - at, "\r\n");
	}
	int e = lq_sdp_parse(sdp_text, at, &s, sdp_error, sizeof sdp_error);
	lq_sdp_free(&s);
	return e;
}

START_TEST(every_list_has_a_limit)
{
	static const struct {
		const char *line;
		int max;
	} lists[] = {{"a=extmap:%d urn", LQ_SDP_MAX_EXTS}, {"a=candidate:%d 1 udp 1 127.0.0.1 1 typ host", LQ_SDP_MAX_CANDIDATES},
	             {"a=ssrc:%d cname:x", LQ_SDP_MAX_SSRCS}, {"a=rid:%d send", LQ_SDP_MAX_RIDS},
	             {"m=video %d UDP/TLS/RTP/SAVPF 96", LQ_SDP_MAX_MEDIA}};
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		ck_assert_int_eq(parse_many(lists[i].line, lists[i].max), 0);
		ck_assert_int_eq(parse_many(lists[i].line, lists[i].max + 1), LQ_EPARSE);
		ck_assert_msg(strstr(sdp_error, "more than") != NULL, "%s", sdp_error);
	}
}
END_TEST

START_TEST(lengths_have_limits)
{
	lq_sdp s;
	static char long_text[LQ_SDP_MAX_TEXT + 2];
	memset(long_text, 'x', sizeof long_text);
	ck_assert_int_eq(lq_sdp_parse(long_text, sizeof long_text, &s, sdp_error, sizeof sdp_error), LQ_EPARSE);
	ck_assert_str_eq(sdp_error, "line 0: text: 262146 bytes are more than 262144");
	ck_assert_int_eq(lq_sdp_parse(long_text, 3000, &s, sdp_error, sizeof sdp_error), LQ_EPARSE);
	ck_assert_str_eq(sdp_error, "line 1: syntax: a line of 3000 characters is longer than 2000");
	size_t n = (size_t)snprintf(sdp_text, sizeof sdp_text, HEAD "m=video 9 RTP/AVP");
	for (int pt = 0; pt <= LQ_SDP_MAX_CODECS; pt++)
		n += (size_t)snprintf(sdp_text + n, sizeof sdp_text - n, " %d", pt);
	ck_assert_int_eq(lq_sdp_parse(sdp_text, n, &s, sdp_error, sizeof sdp_error), LQ_EPARSE);
	ck_assert_str_eq(sdp_error, "line 5: m=: more than 48 payload types");
	lq_sdp_free(&s);
	n = (size_t)snprintf(sdp_text, sizeof sdp_text, HEAD VIDEO "a=fingerprint:sha-256 00");
	for (int i = 0; i < 64; i++)
		n += (size_t)snprintf(sdp_text + n, sizeof sdp_text - n, ":00");
	ck_assert_int_eq(lq_sdp_parse(sdp_text, n, &s, sdp_error, sizeof sdp_error), LQ_EPARSE);
	ck_assert_str_eq(sdp_error, "line 6: a=fingerprint: more than 64 bytes");
	lq_sdp_free(&s);
}
END_TEST

START_TEST(truncated_and_mangled_offers_do_no_harm)
{
	lq_sdp s;
	size_t n = load("chromium-publish");
	for (size_t cut = 0; cut < n; cut += 3) {
		char *copy = malloc(cut + 1); /* exact size: a sanitizer sees a read behind the end */
		memcpy(copy, sdp_text, cut);
		if (cut)
			copy[cut / 2] = (char)cut;
		lq_sdp_parse(copy, cut, &s, sdp_error, sizeof sdp_error);
		lq_sdp_free(&s);
		free(copy);
	}
}
END_TEST

START_TEST(running_out_of_memory_is_an_answer)
{
	lq_sdp s;
	size_t n = load("chromium-publish");
	long live = lq__alloc_live();
	for (long at = 1;; at++) {
		lq__alloc_fail_at(at);
		int e = lq_sdp_parse(sdp_text, n, &s, sdp_error, sizeof sdp_error);
		lq__alloc_fail_at(0);
		lq_sdp_free(&s);
		ck_assert_int_eq(lq__alloc_live(), live);
		if (!e)
			break;
		ck_assert_int_eq(e, LQ_ENOMEM);
	}
}
END_TEST

START_TEST(what_we_write_has_what_browsers_want)
{
	lq_sdp s = {.session_id = 7, .session_version = 2, .ice_lite = 1, .end_of_candidates = 1, .setup = LQ_SETUP_ACTPASS,
	            .fingerprint_len = 2, .fingerprint = {1, 0xab}};
	strcpy(s.ice_ufrag, "user");
	strcpy(s.ice_pwd, "password");
	strcpy(s.fingerprint_hash, "sha-256");
	s.n_candidates = 1;
	strcpy(s.candidates[0], "candidate:1 1 udp 2130706431 127.0.0.1 9000 typ host");
	lq_sdp_media *m = lq_sdp_add(&s);
	m->media = LQ_MEDIA_VIDEO;
	m->port = 9;
	m->direction = LQ_SDP_SENDONLY;
	m->rtcp_mux = m->rtcp_rsize = 1;
	strcpy(m->kind, "video");
	strcpy(m->proto, "UDP/TLS/RTP/SAVPF");
	strcpy(m->mid, "v0");
	strcpy(m->msid, "alice cam");
	strcpy(m->cname, "c");
	m->n_codecs = 2;
	m->codecs[0] = (lq_sdp_codec){.pt = 96, .apt = 0xffff, .name = "VP8", .rate = 90000, .feedback = LQ_FB_NACK | LQ_FB_PLI};
	m->codecs[1] = (lq_sdp_codec){.pt = 97, .apt = 96, .name = "rtx", .rate = 90000, .fmtp = "apt=96"};
	m->n_exts = 1;
	m->exts[0] = (lq_sdp_ext){4, LQ_EXT_MID};
	m->n_ssrcs = 1;
	m->ssrcs[0].ssrc = 11;
	m->ssrcs[0].rtx = 12;
	ck_assert_int_eq(lq_sdp_bundle_add(&s, "v0"), 0);
	ck_assert_int_gt(lq_sdp_write(&s, sdp_text, sizeof sdp_text), 0);
	ck_assert_str_eq(sdp_text, "v=0\r\no=- 7 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-lite\r\na=group:BUNDLE v0\r\na=msid-semantic: WMS *\r\n"
	                       "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=candidate:1 1 udp 2130706431 127.0.0.1 9000 typ host\r\n"
	                       "a=end-of-candidates\r\na=ice-ufrag:user\r\na=ice-pwd:password\r\na=fingerprint:sha-256 01:AB\r\n"
	                       "a=setup:actpass\r\na=mid:v0\r\n"
	                       "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=sendonly\r\na=msid:alice cam\r\na=rtcp-mux\r\na=rtcp-rsize\r\n"
	                       "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
	                       "a=ssrc-group:FID 11 12\r\na=ssrc:11 cname:c\r\na=ssrc:12 cname:c\r\n");
	lq_sdp_free(&s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sdp");
	TCase *tc = tcase_create("sdp");
	const TTest *const tests[] = {reads_what_chromium_publishes, of_h264_constrained_baseline_in_mode_1_is_found,
	                              candidates_are_those_of_the_first_section, reads_what_gstreamer_offers,
	                              reads_what_werift_offers, session_level_values_hold_for_every_section,
	                              rejected_sections_give_no_transport, a_section_says_more_than_browsers_do,
	                              lengths_have_limits, sources_and_their_repair_are_paired_in_any_order,
	                              encodings_are_read_in_the_order_of_a_simulcast, errors_name_line_attribute_and_reason,
	                              every_list_has_a_limit, truncated_and_mangled_offers_do_no_harm,
	                              running_out_of_memory_is_an_answer, what_we_write_has_what_browsers_want};
	tcase_add_loop_test(tc, what_was_read_is_written_so_that_it_reads_the_same, 0, sizeof files / sizeof *files);
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
		tcase_add_test(tc, tests[i]);
	tcase_set_timeout(tc, 120);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
