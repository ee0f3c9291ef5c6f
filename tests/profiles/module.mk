# Profiles: reading, merging, checking, building; every message's text.
if HAVE_CHECK
PROFILE_TESTS = %D%/test_profile %D%/test_profile_build
check_PROGRAMS += $(PROFILE_TESTS)
TESTS += $(PROFILE_TESTS)
PROFILE_KIT = tests/graph/kit.h tests/graph/kit.c tests/graph/kit_nodes.c

%C%_test_profile_SOURCES = %D%/test_profile.c $(PROFILE_KIT)
%C%_test_profile_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_profile_LDADD = libloquat-core.la $(CHECK_LIBS)

%C%_test_profile_build_SOURCES = %D%/test_profile_build.c $(PROFILE_KIT)
%C%_test_profile_build_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_profile_build_LDADD = libloquat-core.la $(CHECK_LIBS)
endif

# Skipped (77) where ajv is missing: npm ci in tests/interop.
if HAVE_NODE
TESTS += %D%/test_schema.js
endif
EXTRA_DIST += %D%/test_schema.js %D%/cases.js
