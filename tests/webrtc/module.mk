# tests/webrtc: the protocol, with vectors, virtual clocks and simulated links.
EXTRA_DIST += %D%/test.h %D%/sdp

if HAVE_CHECK
check_PROGRAMS += %D%/test_stun %D%/test_ice_lite %D%/test_rtp %D%/test_rtcp %D%/test_payload %D%/test_sdp %D%/test_sdp_answer
TESTS += %D%/test_stun %D%/test_ice_lite %D%/test_rtp %D%/test_rtcp %D%/test_payload %D%/test_sdp %D%/test_sdp_answer
%C%_test_stun_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_stun_LDADD = libloquat-webrtc.la $(CHECK_LIBS)
%C%_test_ice_lite_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_ice_lite_LDADD = libloquat-webrtc.la $(CHECK_LIBS)
%C%_test_rtp_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_rtp_LDADD = libloquat-webrtc.la $(CHECK_LIBS)
%C%_test_rtcp_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_rtcp_LDADD = libloquat-webrtc.la $(CHECK_LIBS)
%C%_test_payload_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_payload_LDADD = libloquat-webrtc.la $(CHECK_LIBS)
%C%_test_sdp_SOURCES = %D%/test_sdp.c %D%/sdp_kit.c %D%/sdp_kit.h
%C%_test_sdp_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_sdp_LDADD = libloquat-webrtc.la $(CHECK_LIBS)
%C%_test_sdp_answer_SOURCES = %D%/test_sdp_answer.c %D%/sdp_kit.c %D%/sdp_kit.h
%C%_test_sdp_answer_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_sdp_answer_LDADD = libloquat-webrtc.la $(CHECK_LIBS)
endif

if HAVE_CHECK
check_PROGRAMS += %D%/test_dtls
TESTS += %D%/test_dtls
%C%_test_dtls_SOURCES = %D%/test_dtls.c
%C%_test_dtls_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_dtls_LDADD = libloquat-webrtc.la $(CHECK_LIBS)
check_PROGRAMS += %D%/test_srtp
TESTS += %D%/test_srtp
%C%_test_srtp_SOURCES = %D%/test_srtp.c
%C%_test_srtp_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(OPENSSL_CFLAGS)
%C%_test_srtp_LDADD = libloquat-webrtc.la $(OPENSSL_LIBS) $(CHECK_LIBS)
endif

if HAVE_CHECK
check_PROGRAMS += %D%/test_session
TESTS += %D%/test_session
%C%_test_session_SOURCES = %D%/test_session.c %D%/pair.c %D%/pair.h %D%/simlink.c %D%/simlink.h
%C%_test_session_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_session_LDADD = libloquat-webrtc.la $(CHECK_LIBS)
endif

if HAVE_CHECK
check_PROGRAMS += %D%/test_session_parts %D%/test_session_memory
TESTS += %D%/test_session_parts %D%/test_session_memory
%C%_test_session_parts_SOURCES = %D%/test_session_parts.c
%C%_test_session_parts_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_session_parts_LDADD = libloquat-webrtc.la $(CHECK_LIBS)
%C%_test_session_memory_SOURCES = %D%/test_session_memory.c
%C%_test_session_memory_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_session_memory_LDADD = libloquat-webrtc.la $(CHECK_LIBS)
endif

if HAVE_CHECK
check_PROGRAMS += %D%/test_session_wire
TESTS += %D%/test_session_wire
%C%_test_session_wire_SOURCES = %D%/test_session_wire.c %D%/pair.c %D%/pair.h %D%/simlink.c %D%/simlink.h
%C%_test_session_wire_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_session_wire_LDADD = libloquat-webrtc.la $(CHECK_LIBS)
endif
