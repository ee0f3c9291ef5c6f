# The examples against an installation of this build.
EXTRA_DIST += %D%/installed.js %D%/test_examples.js
if HAVE_NODE
if !SANITIZE
TESTS += %D%/test_examples.js
# The last of all: where libtool links anew what it installs, a library of the build is not there for a moment.
%D%/test_examples.log: $(filter-out %D%/test_examples.log,$(TEST_LOGS))
endif
endif
