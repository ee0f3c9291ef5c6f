# tests/fuzz: `make fuzz [FUZZ_SECONDS=60] [FUZZ_TARGETS="stun sdp"]` fuzzes with clang; `make check` runs every target over its seeds.
# A new target: fuzz_NAME.c, corpus/NAME/, an entry in FUZZ_REPLAYS, and its sources in FUZZ_CODE.
FUZZ_REPLAYS = %D%/fuzz_stun %D%/fuzz_rtp %D%/fuzz_rtcp %D%/fuzz_payload %D%/fuzz_sdp %D%/fuzz_protocol %D%/fuzz_client %D%/fuzz_profile %D%/fuzz_scan %D%/fuzz_isolate %D%/fuzz_sei %D%/fuzz_egress
FUZZ_REPLAYS += %D%/fuzz_link
FUZZ_REPLAYS += %D%/fuzz_sets
FUZZ_REPLAYS += %D%/fuzz_srt_url
check_PROGRAMS += $(FUZZ_REPLAYS)
TESTS += $(FUZZ_REPLAYS)
FUZZ_COMMON = %D%/fuzz.h %D%/replay.c
%C%_fuzz_stun_SOURCES = %D%/fuzz_stun.c $(FUZZ_COMMON)
%C%_fuzz_stun_LDADD = libloquat-webrtc.la
%C%_fuzz_rtp_SOURCES = %D%/fuzz_rtp.c $(FUZZ_COMMON)
%C%_fuzz_rtp_LDADD = libloquat-webrtc.la
%C%_fuzz_rtcp_SOURCES = %D%/fuzz_rtcp.c $(FUZZ_COMMON)
%C%_fuzz_rtcp_LDADD = libloquat-webrtc.la
%C%_fuzz_payload_SOURCES = %D%/fuzz_payload.c $(FUZZ_COMMON)
%C%_fuzz_payload_LDADD = libloquat-webrtc.la
%C%_fuzz_sdp_SOURCES = %D%/fuzz_sdp.c $(FUZZ_COMMON)
%C%_fuzz_sdp_LDADD = libloquat-webrtc.la
%C%_fuzz_protocol_SOURCES = %D%/fuzz_protocol.c $(FUZZ_COMMON)
%C%_fuzz_protocol_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
%C%_fuzz_protocol_LDADD = libloquat-server.la $(JANSSON_LIBS)
%C%_fuzz_egress_SOURCES = %D%/fuzz_egress.c $(FUZZ_COMMON)
%C%_fuzz_egress_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
%C%_fuzz_egress_LDADD = libloquat-server.la $(JANSSON_LIBS)
%C%_fuzz_client_SOURCES = %D%/fuzz_client.c $(FUZZ_COMMON)
%C%_fuzz_client_CPPFLAGS = $(SDK_CPPFLAGS)
%C%_fuzz_client_LDADD = libloquat-sdk.la libloquat-framework.la $(LWS_LIBS) $(JANSSON_LIBS)
%C%_fuzz_profile_SOURCES = %D%/fuzz_profile.c $(FUZZ_COMMON)
%C%_fuzz_profile_LDADD = libloquat-framework.la
%C%_fuzz_scan_SOURCES = %D%/fuzz_scan.c $(FUZZ_COMMON)
%C%_fuzz_scan_LDADD = libloquat-core.la
%C%_fuzz_isolate_SOURCES = %D%/fuzz_isolate.c $(FUZZ_COMMON)
%C%_fuzz_isolate_LDADD = libloquat-core.la
%C%_fuzz_sei_SOURCES = %D%/fuzz_sei.c plugins/sei/sei_bits.c plugins/sei/sei_bits.h $(FUZZ_COMMON)
%C%_fuzz_link_SOURCES = %D%/fuzz_link.c plugins/whip/link.c plugins/whip/link.h plugins/webrtc/ice_server.c plugins/webrtc/ice_server.h $(FUZZ_COMMON)
%C%_fuzz_srt_url_SOURCES = %D%/fuzz_srt_url.c plugins/broadcast/srt_url.c plugins/broadcast/srt_url.h $(FUZZ_COMMON)
%C%_fuzz_sets_SOURCES = %D%/fuzz_sets.c plugins/common/parameter_sets.c plugins/common/parameter_sets.h $(FUZZ_COMMON)
EXTRA_DIST += %D%/run %D%/sdp.dict %D%/protocol.dict %D%/profile.dict %D%/corpus

FUZZ_SECONDS = 60
FUZZ_TARGETS =
FUZZ_CODE = $(srcdir)/framework/*/*.c $(srcdir)/plugins/sei/sei_bits.c $(srcdir)/webrtc/*.c $(srcdir)/server/message.c $(srcdir)/server/message_call.c $(srcdir)/server/message_room.c $(srcdir)/server/message_stage.c $(srcdir)/server/reader.c $(srcdir)/sdk/json_text.c $(srcdir)/sdk/protocol.c $(srcdir)/sdk/protocol_fields.c $(srcdir)/sdk/protocol_lists.c $(srcdir)/sdk/protocol_requests.c $(srcdir)/sdk/session_protocol.c $(srcdir)/sdk/names.c
FUZZ_CODE += $(srcdir)/sdk/protocol_egress.c $(srcdir)/server/message_egress.c $(srcdir)/server/egress/json.c $(srcdir)/server/egress/spec.c $(srcdir)/server/egress/status.c $(srcdir)/server/egress/tasks.c $(srcdir)/server/sid.c
FUZZ_CODE += $(srcdir)/plugins/whip/link.c $(srcdir)/plugins/webrtc/ice_server.c
FUZZ_CODE += $(srcdir)/plugins/common/parameter_sets.c
FUZZ_CODE += $(srcdir)/plugins/broadcast/srt_url.c
.PHONY: fuzz
fuzz: config.h
	srcdir='$(srcdir)' FUZZ_SECONDS='$(FUZZ_SECONDS)' LIBS='$(OPENSSL_LIBS) $(SRTP_LIBS) $(JANSSON_LIBS) $(LTDL_LIBS) $(LIBS)' \
	$(srcdir)/%D%/run '$(FUZZ_TARGETS)' "`echo $(FUZZ_CODE)`" -I. $(SDK_CPPFLAGS) $(OPENSSL_CFLAGS) $(SRTP_CFLAGS) $(JANSSON_CFLAGS)

clean-local:
	rm -rf fuzz
