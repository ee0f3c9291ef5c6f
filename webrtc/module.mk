# The WebRTC protocol, sans-IO: a private static library for plugins/webrtc and server/.
noinst_LTLIBRARIES += libloquat-webrtc.la
libloquat_webrtc_la_SOURCES = \
	%D%/bytes.h \
	%D%/dtls.h %D%/session.h %D%/srtp.h \
	%D%/stun.h %D%/stun_wire.h %D%/stun.c %D%/stun_build.c %D%/addr.c \
	%D%/ice_lite.h %D%/ice_lite.c \
	%D%/rtp.h %D%/rtp.c \
	%D%/rtcp.h %D%/rtcp.c %D%/rtcp_write.c \
	%D%/payload.h %D%/payload_formats.h %D%/payload.c %D%/payload_audio.c %D%/payload_h264.c %D%/payload_vp8.c %D%/payload_vp9.c %D%/payload_vpx.c %D%/payload_vpx.h %D%/payload_size.c \
	%D%/sdp.h %D%/sdp_attr.h %D%/sdp_parse.c %D%/sdp_attr.c %D%/sdp_simulcast.c %D%/sdp_write.c %D%/sdp_codec.c %D%/sdp_answer.h %D%/sdp_answer.c
libloquat_webrtc_la_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS) $(SRTP_CFLAGS)
libloquat_webrtc_la_LIBADD = libloquat-base.la $(OPENSSL_LIBS) $(SRTP_LIBS)

# DTLS, SRTP and the session.
libloquat_webrtc_la_SOURCES += %D%/cert.c %D%/cert.h %D%/dtls.c %D%/srtp.c
libloquat_webrtc_la_SOURCES += \
	%D%/session_internal.h %D%/session.c %D%/session_sdp.c %D%/session_send.c %D%/session_receive.c %D%/session_play.c %D%/session_rtcp.c \
	%D%/session_stats.c \
	%D%/history.h %D%/history.c %D%/pacer.h %D%/pacer.c %D%/nack.h %D%/nack.c %D%/delay.h %D%/delay.c %D%/sync.h %D%/sync.c \
	%D%/jitter_video.h %D%/jitter_video.c %D%/jitter_audio.h %D%/jitter_audio.c
EXTRA_DIST += %D%/README.md
