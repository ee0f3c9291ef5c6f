# tests/flows: one conformance program for each published flow, against a real server, with virtual devices.
check_PROGRAMS += %D%/c1
TESTS += %D%/c1
%C%_c1_SOURCES = %D%/c1.c %D%/flow.c %D%/flow.h
%C%_c1_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/include
%C%_c1_LDADD = libloquat.la

EXTRA_DIST += %D%/test_examples.js
if HAVE_NODE
TESTS += %D%/test_examples.js
endif
