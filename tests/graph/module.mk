# Behaviours of the graph engine, shown with nodes that are built into the programs.
if HAVE_CHECK
GRAPH_TESTS = %D%/test_edit %D%/test_edit_failures %D%/test_flow %D%/test_negotiate %D%/test_swaps %D%/test_threads %D%/test_memory
check_PROGRAMS += $(GRAPH_TESTS)
TESTS += $(GRAPH_TESTS)
GRAPH_KIT = %D%/kit.h %D%/kit.c %D%/kit_nodes.c

%C%_test_edit_SOURCES = %D%/test_edit.c %D%/edit_kit.c %D%/edit_kit.h $(GRAPH_KIT)
%C%_test_edit_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_edit_LDADD = libloquat-core.la $(CHECK_LIBS)

%C%_test_edit_failures_SOURCES = %D%/test_edit_failures.c %D%/edit_kit.c %D%/edit_kit.h $(GRAPH_KIT)
%C%_test_edit_failures_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_edit_failures_LDADD = libloquat-core.la $(CHECK_LIBS)

%C%_test_flow_SOURCES = %D%/test_flow.c $(GRAPH_KIT)
%C%_test_flow_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_flow_LDADD = libloquat-core.la $(CHECK_LIBS)

%C%_test_negotiate_SOURCES = %D%/test_negotiate.c $(GRAPH_KIT)
%C%_test_negotiate_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_negotiate_LDADD = libloquat-core.la $(CHECK_LIBS)


%C%_test_swaps_SOURCES = %D%/test_swaps.c $(GRAPH_KIT)
%C%_test_swaps_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_swaps_LDADD = libloquat-core.la $(CHECK_LIBS)

%C%_test_threads_SOURCES = %D%/test_threads.c $(GRAPH_KIT)
%C%_test_threads_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_threads_LDADD = libloquat-core.la $(CHECK_LIBS)

%C%_test_memory_SOURCES = %D%/test_memory.c $(GRAPH_KIT)
%C%_test_memory_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
%C%_test_memory_LDADD = libloquat-core.la $(CHECK_LIBS) $(JANSSON_LIBS)
endif
