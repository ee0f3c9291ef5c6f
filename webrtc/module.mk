# The WebRTC protocol, sans-IO: a private static library for plugins/webrtc and server/.
noinst_LTLIBRARIES += libloquat-webrtc.la
libloquat_webrtc_la_SOURCES = %D%/dtls.h %D%/payload.h %D%/rtcp.h %D%/rtp.h %D%/sdp.h %D%/session.h %D%/srtp.h %D%/stun.h
libloquat_webrtc_la_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS) $(SRTP_CFLAGS)
libloquat_webrtc_la_LIBADD = libloquat-base.la $(OPENSSL_LIBS) $(SRTP_LIBS)

# DTLS, SRTP and the session.
libloquat_webrtc_la_SOURCES += %D%/cert.c %D%/cert.h %D%/dtls.c %D%/srtp.c
