# The examples against an installation of this build.
EXTRA_DIST += %D%/installed.js %D%/test_examples.js %D%/test_new_plugin.js
if HAVE_NODE
if !SANITIZE
TESTS += %D%/test_examples.js %D%/test_new_plugin.js
# These come last, one after the other: where libtool links anew what it installs, a library of the build is not there for a moment.
%D%/test_examples.log: $(filter-out %D%/test_examples.log %D%/test_new_plugin.log,$(TEST_LOGS))
%D%/test_new_plugin.log: $(filter %D%/test_examples.log,$(TEST_LOGS))
endif
endif
