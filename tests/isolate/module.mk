# Nodes in helper processes: that they work, and what happens when they do not.
if HAVE_CHECK
check_LTLIBRARIES += %D%/isotest.la
%C%_isotest_la_SOURCES = %D%/plugin.c
%C%_isotest_la_LDFLAGS = $(PLUGIN_LINK) -rpath /nowhere

check_PROGRAMS += %D%/liar
%C%_liar_SOURCES = %D%/liar.c
%C%_liar_LDADD = libloquat-core.la

if PLUGIN_FFMPEG
ISOLATE_TESTS = %D%/test_nodes %D%/test_death
check_PROGRAMS += $(ISOLATE_TESTS)
TESTS += $(ISOLATE_TESTS)
ISOLATE_RIG = %D%/rig.c %D%/rig.h

%C%_test_nodes_SOURCES = %D%/test_nodes.c $(ISOLATE_RIG)
%C%_test_nodes_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_nodes_LDADD = libloquat-core.la $(CHECK_LIBS)

%C%_test_death_SOURCES = %D%/test_death.c $(ISOLATE_RIG)
%C%_test_death_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_death_LDADD = libloquat-core.la $(CHECK_LIBS)

if PLUGIN_NICE
check_PROGRAMS += %D%/test_call
TESTS += %D%/test_call
%C%_test_call_SOURCES = %D%/test_call.c tests/sdk/fixture.c tests/sdk/fixture.h tests/sdk/loquatd.c tests/sdk/loquatd.h tests/sdk/watcher.c tests/sdk/watcher.h
%C%_test_call_CPPFLAGS = $(SDK_TEST_CPPFLAGS)
%C%_test_call_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_call_LDADD = $(SDK_TEST_LIBS)
endif
endif
endif
