# tests/webrtc
if HAVE_CHECK
check_PROGRAMS += %D%/test_dtls
TESTS += %D%/test_dtls
%C%_test_dtls_SOURCES = %D%/test_dtls.c
%C%_test_dtls_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_dtls_LDADD = libloquat-webrtc.la $(CHECK_LIBS)
endif
