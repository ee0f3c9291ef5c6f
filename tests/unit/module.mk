# Behaviours of the core's parts.
if HAVE_CHECK
check_PROGRAMS += %D%/test_barcode %D%/test_chirp
TESTS += %D%/test_barcode %D%/test_chirp

%C%_test_barcode_SOURCES = %D%/test_barcode.c
%C%_test_barcode_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_barcode_LDADD = libloquat-measure.la $(CHECK_LIBS)

%C%_test_chirp_SOURCES = %D%/test_chirp.c
%C%_test_chirp_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_chirp_LDADD = libloquat-measure.la $(CHECK_LIBS) -lm
if PLUGIN_OPUS
%C%_test_chirp_CFLAGS += $(OPUS_CFLAGS) -DHAVE_OPUS
%C%_test_chirp_LDADD += $(OPUS_LIBS)
endif
endif
