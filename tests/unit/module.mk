# Behaviours of the core's parts.
if HAVE_CHECK
check_PROGRAMS += %D%/test_barcode %D%/test_chirp %D%/test_registry
TESTS += %D%/test_barcode %D%/test_chirp %D%/test_registry

%C%_test_registry_SOURCES = %D%/test_registry.c %D%/suite.h
%C%_test_registry_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_registry_LDADD = libloquat-core.la $(CHECK_LIBS)
%C%_test_registry_DEPENDENCIES = libloquat-core.la $(BROKEN_PLUGINS)

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
