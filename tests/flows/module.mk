# tests/flows: one conformance program for each published flow, against a real server, with virtual devices.
check_PROGRAMS += %D%/c1
TESTS += %D%/c1
%C%_c1_SOURCES = %D%/c1.c %D%/flow.c %D%/flow.h
%C%_c1_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/include
%C%_c1_LDADD = libloquat.la

if HAVE_CHECK
if PLUGIN_XCB
if PLUGIN_SDL
check_PROGRAMS += %D%/e1
TESTS += %D%/e1
%C%_e1_SOURCES = %D%/e1.c %D%/e1.h %D%/e1_view.c %D%/flow.c %D%/flow.h tests/devices/spawn.c
%C%_e1_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/include
%C%_e1_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(XCB_CFLAGS)
%C%_e1_LDADD = libloquat.la libloquat-framework.la $(CHECK_LIBS) $(XCB_LIBS) -lm
endif
endif
endif
check_PROGRAMS += %D%/r1
TESTS += %D%/r1
%C%_r1_SOURCES = %D%/r1.c %D%/flow.c %D%/flow.h
%C%_r1_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/include
%C%_r1_LDADD = libloquat.la
check_PROGRAMS += %D%/m1 %D%/m1-load
TESTS += %D%/m1
%C%_m1_SOURCES = %D%/m1.c %D%/flow.c %D%/flow.h tests/devices/spawn.c tests/devices/devhost.h tests/sdk/relay.c tests/sdk/relay.h
%C%_m1_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/include
%C%_m1_LDADD = libloquat.la
%C%_m1_load_SOURCES = %D%/m1-load.c
%C%_m1_load_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/include
%C%_m1_load_LDADD = -ldl

check_PROGRAMS += %D%/b1
TESTS += %D%/b1
%C%_b1_SOURCES = %D%/b1.c %D%/flow.c %D%/flow.h tests/sdk/relay.c tests/sdk/relay.h
%C%_b1_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/include
%C%_b1_LDADD = libloquat.la

check_PROGRAMS += %D%/stage
TESTS += %D%/stage
%C%_stage_SOURCES = %D%/stage.c %D%/flow.c %D%/flow.h tests/sdk/relay.c tests/sdk/relay.h
%C%_stage_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/include
%C%_stage_LDADD = libloquat.la
check_PROGRAMS += %D%/churn
TESTS += %D%/churn
%C%_churn_SOURCES = %D%/churn.c %D%/flow.c %D%/flow.h
%C%_churn_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/include
%C%_churn_LDADD = libloquat.la

check_PROGRAMS += %D%/cuts
TESTS += %D%/cuts
%C%_cuts_SOURCES = %D%/cuts.c %D%/flow.c %D%/flow.h tests/sdk/relay.c tests/sdk/relay.h
%C%_cuts_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/include
%C%_cuts_LDADD = libloquat.la -lm
if HAVE_CHECK
if PLUGIN_SDL
if PLUGIN_XCB
check_PROGRAMS += %D%/test_m1_window
TESTS += %D%/test_m1_window
%C%_test_m1_window_SOURCES = %D%/test_m1_window.c tests/sdk/fixture.c tests/sdk/fixture.h tests/sdk/loquatd.c tests/sdk/loquatd.h \
	tests/devices/spawn.c tests/devices/xlook.c tests/devices/xlook.h
%C%_test_m1_window_CPPFLAGS = $(SDK_TEST_CPPFLAGS)
%C%_test_m1_window_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(XCB_CFLAGS)
%C%_test_m1_window_LDADD = $(SDK_TEST_LIBS) $(XCB_LIBS)
endif
endif
endif

EXTRA_DIST += %D%/test_examples.js
if HAVE_NODE
TESTS += %D%/test_examples.js
endif
