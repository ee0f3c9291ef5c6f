# Behaviours of the core's parts.
if HAVE_CHECK
UNIT_TESTS = %D%/test_base %D%/test_barcode %D%/test_buffer %D%/test_chirp %D%/test_params %D%/test_registry %D%/test_scan
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
EXTRA_DIST += %D%/suite.h

%C%_test_base_SOURCES = %D%/test_base.c
%C%_test_base_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_base_LDADD = libloquat-base.la $(CHECK_LIBS)

%C%_test_buffer_SOURCES = %D%/test_buffer.c
%C%_test_buffer_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_buffer_LDADD = libloquat-core.la $(CHECK_LIBS)

%C%_test_params_SOURCES = %D%/test_params.c
%C%_test_params_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_params_LDADD = libloquat-core.la $(CHECK_LIBS)

%C%_test_registry_SOURCES = %D%/test_registry.c
%C%_test_registry_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_registry_LDADD = libloquat-core.la $(CHECK_LIBS)
%C%_test_registry_DEPENDENCIES = libloquat-core.la loquat-scan $(BROKEN_PLUGINS)

%C%_test_scan_SOURCES = %D%/test_scan.c
%C%_test_scan_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_scan_LDADD = libloquat-core.la $(CHECK_LIBS)
%C%_test_scan_DEPENDENCIES = libloquat-core.la loquat-scan $(BROKEN_PLUGINS)

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

# Every installed header stands alone, in C11 and in C++17.
TESTS += %D%/headers.sh
endif
dist_check_SCRIPTS += %D%/headers.sh
